# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""What the chaos tests share: where the modules are, the configuration they
run under, file systems of their own, and what must hold after each."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from assayd import (  # noqa: E402
    ASSAY, EX_CONFIG, LISTENER, PATIENCE_S, Failure, check, configure, run,
    wait_for)
from mail_load import REJECTED, Refused, send_one  # noqa: E402
from mail_samples import EICAR_KINDS, TWINS, numbered  # noqa: E402

SIGNATURES = pathlib.Path(os.environ["ASSAY_SOURCE"]) / "conf/demo-signatures"
SKIP = 77
IN_NAMESPACE = "ASSAY_CHAOS_NAMESPACE"
# Numbers of mails that no load reaches.
FAR = 10 ** 9

# Small, so that scans find room on file systems of a megabyte.
SMALL = "max_scansize = 65536 max_filesize = 65536 max_files = 16"

# Where an engine scans: by default in processes with a file system of their own
# for temporary files.
IN_HOST = "isolation = none"


def configuration(base, scope="", engine=SMALL, rest="", decompose=0):
    """assayd with clamav, the demo signatures and a cache."""
    return (LISTENER + 'Control_Listener { Listen = "SOCKETc" }\n'
            'clamav { }\n'
            f'antivirus "av" {{ file_base = "{base}"\n'
            f'  mime_decompose = {decompose} {scope}\n'
            f'  clamav "clamav1" {{ signatures = "{SIGNATURES}" {engine} }}\n'
            f'}}\n{rest}\n')


def console(folder, command):
    """The answer of assayd, decoded."""
    done = subprocess.run(
        [ASSAY, "console", "--json", "-s", f"{folder}/sc", command],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    check(f"{command}: {done.stdout} {done.stderr}", done.returncode, 0)
    return json.loads(done.stdout)


def engine_stats(folder):
    engine, = console(folder, "antivirus:av stats")["engines"]
    return engine


def folder_in(folder, name="base"):
    path = folder / name
    path.mkdir(mode=0o700)
    return path


def in_mount_namespace():
    """Runs this program once more where it may mount; exits with a sentence
    where that is impossible."""
    if os.environ.get(IN_NAMESPACE):
        return
    for options in (["-m"], ["-rm"]):
        tried = subprocess.run(
            ["unshare", *options, "sh", "-c",
             "mount -t tmpfs -o size=1m none /mnt && umount /mnt"],
            capture_output=True, text=True, check=False)
        if tried.returncode == 0:
            os.environ[IN_NAMESPACE] = "1"
            os.execvp("unshare", ["unshare", *options, sys.executable, "-B",
                                  *sys.argv])
    print("skipped: no file system can be mounted here: " + tried.stderr)
    sys.exit(SKIP)


def mount(path, options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", path],
                   check=True)
    os.chmod(path, 0o700)


def _try_remount(path, options):
    return subprocess.run(["mount", "-o", "remount," + options, path],
                          capture_output=True, check=False).returncode == 0


def remount(path, options):
    """Waits for an instant in which no file is being written."""
    wait_for(f"remount {options}", lambda: _try_remount(path, options))


def unmount(path):
    subprocess.run(["umount", "-l", path], check=False)


def start_refused(folder, text):
    """assayd with a configuration that it does not take."""
    done = run("-c", configure(folder, text))
    check("status", done.returncode, EX_CONFIG)
    return done


def left_behind(base):
    """Files below base that are not folders."""
    return [str(path) for path in base.rglob("*") if not path.is_dir()]


def has_recovered(folder, number):
    """Whether infected mails, new ones, are refused in each encoding."""
    for kind in EICAR_KINDS:
        try:
            if send_one(folder, numbered(number, kind))[0] != REJECTED:
                return False
        except (Refused, Failure, OSError):
            return False
    return True


def check_refused(folder, occasion=0):
    """Infected mails, new ones, are refused in each encoding: no scan of them
    is an error.
    @param occasion  a number, another each time"""
    for kind in EICAR_KINDS:
        answer = send_one(folder, numbered(FAR + occasion * TWINS, kind))
        check(kind, answer[0], REJECTED)


def wait_recovered(folder, occasion=0):
    """@param occasion  a number, another each time"""
    number = FAR + occasion * TWINS
    wait_for("recovery", lambda: has_recovered(folder, number))


def resident_kb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise Failure("no VmRSS")


def check_clean_end(assayd, folder, base=None):
    """assayd stops well and leaves nothing behind."""
    check("stop", assayd.stop(), 0)
    check("socket", (folder / "s").exists(), False)
    if base and base.is_dir():
        check("left behind", list(map(str, base.iterdir())), [])


def remove_tree(path):
    shutil.rmtree(path, ignore_errors=True)
