#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""A minimal MTA that loads Assay.

The build is installed into a temporary prefix, the MTA of tests/data/outside-mta
is compiled with the headers there and nothing else, and gets libassay with
dlopen(). Real messages go through it in both forms of the phases, in each way
of handing a message over, while it reloads, while clients go away, and until
SIGTERM; then nothing may be left.
"""

import os
import pathlib
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(os.environ["ASSAY_SOURCE"])
BUILD = pathlib.Path(os.environ["ASSAY_BUILD"])
HERE = pathlib.Path(__file__).parent
MTA = SOURCE / "tests/data/outside-mta"
PATIENCE_S = 60
CLIENTS = 24
ROUNDS = 3

# The test file of the antivirus makers, never in one piece in our files.
EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$"
         b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")

SCRIPT = 'scriptlet "scriptlet" {{ script "policy" {{ source = "policy" }} }}\n'
ENGINES = """
clamav {{}}
antivirus "antivirus1" {{
    enabled = false
    clamav "clamav1" {{
        signatures = "{signatures}"
        max_concurrency = 2
    }}
}}
maildir "kept" {{
    basedir = "{folder}/kept"
    domain = "kept.test"
    createusers = true
}}
"""


class Failure(Exception):
    """A check that did not hold."""


def check(what, got, want):
    if got != want:
        raise Failure(f"{what}: got {got!r}, want {want!r}")


def check_in(what, part, whole):
    if part not in whole:
        raise Failure(f"{what}: no {part!r} in {whole!r}")


def wait_for(what, condition):
    """The first true value of condition()."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise Failure(f"{what}: not within {PATIENCE_S} s")


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **options)
    if done.returncode != 0:
        raise Failure(f"{command[0]}: {done.stdout}")
    return done.stdout


def cached(name):
    """A variable of the build."""
    text = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
    return re.search(rf"^{name}:\w+=(.*)$", text, re.MULTILINE)[1]


def install(folder):
    """The prefix."""
    run("cmake", "--install", BUILD, "--prefix", "/opt/assay",
        env={**os.environ, "DESTDIR": str(folder)})
    return folder / "opt/assay"


def compile_with_headers(prefix, program, *sources):
    sanitizers = cached("ASSAY_SANITIZE").replace(";", ",")
    flags = run("pkg-config", "--cflags", "assay",
                env={**os.environ,
                     "PKG_CONFIG_PATH": f"{prefix}/lib/pkgconfig"}).split()
    if sanitizers:
        flags += [f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all"]
    run(cached("CMAKE_C_COMPILER"), "-std=c11", "-D_GNU_SOURCE", "-g", "-Wall",
        "-Wextra", "-Werror", *flags, *sources, "-pthread", "-ldl", "-o",
        program)
    if "libassay" in run("ldd", program):
        raise Failure(f"{program} is linked with libassay")
    return program


def the_guide_is_true(prefix, folder):
    """The code of docs/HOST_GUIDE.md is a program; in both of its forms."""
    guide = (SOURCE / "docs/HOST_GUIDE.md").read_text(encoding="utf-8")
    source = folder / "ask.c"
    source.write_text("\n".join(re.findall(r"^```c\n(.*?)^```$", guide,
                                           re.MULTILINE | re.DOTALL)))
    program = compile_with_headers(prefix, folder / "ask", source)
    configuration = folder / "assay.conf"
    (folder / "kept").mkdir()
    configuration.write_text((
        "virus_headers = on\n" + ENGINES.replace("enabled = false", "")).format(
            signatures=SOURCE / "conf/demo-signatures", folder=folder))
    for name, message, want in (
            ("clean", mail("clean"), "continue 0"),
            ("infected", mail("infected", EICAR), "reject 550 5.7.1")):
        path = folder / name
        path.write_bytes(message)
        for form in ([], ["loop"]):
            output = run(program, prefix / "lib/libassay.so.0", configuration,
                         path, *form)
            check_in(f"{name} {form}", f"\n{want}", "\n" + output)
            check(f"edits of {name} {form}", "X-Virus-Status: Clean" in output,
                  name == "clean" and not form)
    configuration.write_text("max_message_size = 1024\n" +
                             configuration.read_text())
    (folder / "large").write_bytes(mail("large", b"x" * 1024))
    for form in ([], ["loop"]):
        asked = subprocess.run(
            [program, prefix / "lib/libassay.so.0", configuration,
             folder / "large", *form], text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        check(f"too large {form}", (asked.returncode, asked.stdout), (1, ""))
        check_in(f"too large {form}", "message is over 1024 bytes", asked.stderr)


class Mta:
    """The minimal MTA, as a context."""

    def __init__(self, program, prefix, root, *how, engines=True):
        self.how = " ".join(how)
        self.engines = engines
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=root))
        self.spool = self.folder / "spool"
        self.spool.mkdir()
        (self.folder / "kept").mkdir()
        self.write_policy("1")
        configuration = self.folder / "assay.conf"
        configuration.write_text((SCRIPT + (ENGINES if engines else "")).format(
            signatures=SOURCE / "conf/demo-signatures", folder=self.folder))
        self.log = self.folder / "log"
        with self.log.open("w") as log:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen(
                [program, prefix / "lib/libassay.so.0", configuration,
                 self.spool, *how],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                text=True)
        ready = re.fullmatch(r"port (\d+) pid (\d+)\n",
                             self.process.stdout.readline())
        if not ready:
            raise Failure(f"{self.how}: does not serve: "
                          f"{self.log.read_text()}")
        self.port, self.pid = map(int, ready.groups())

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        if kind:
            print(f"--- log ({self.how})", self.log.read_text()[-8000:])

    def write_policy(self, generation):
        text = (HERE / "policy.lua").read_text(encoding="ascii")
        draft = self.folder / "draft"
        draft.write_text(text.replace("GENERATION", generation))
        draft.rename(self.folder / "policy.lua")

    def signal(self, number):
        os.kill(self.pid, number)

    def client(self):
        return smtplib.SMTP("127.0.0.1", self.port, timeout=PATIENCE_S)

    def delivered(self):
        return sorted(self.spool.glob("*.env"))

    def delivered_last(self):
        return max(self.delivered(), key=lambda path: int(path.stem))

    def end(self):
        """SIGTERM; checks that nothing is left."""
        self.signal(signal.SIGTERM)
        output = self.process.stdout.read()
        check(f"{self.how}: exit status", self.process.wait(PATIENCE_S), 0)
        # The engine clamav stays loaded, and with it what it needs.
        stays = self.engines or os.environ.get("ASSAY_KEEP_MODULES")
        check(f"{self.how}: at the end", output,
              "nothing is left" + (", but libassay\n" if stays else "\n"))
        for word in ("Sanitizer", "runtime error"):
            if word in self.log.read_text():
                raise Failure(f"{word}: {self.log.read_text()}")


def mail(subject, body=b"hello\r\n..dots\r\n.\r\nend"):
    return (f"Subject: {subject}\r\nX-Folded: one\r\n two\r\n\r\n".encode() +
            body + b"\r\n")


def send(smtp, message, recipient="c@d.test"):
    """The answer to the first command that is refused, or to the data."""
    for answer in (smtp.mail("a@b.test"), smtp.rcpt(recipient)):
        if answer[0] != 250:
            smtp.rset()
            return answer
    return smtp.data(message)


def clean_mail_is_accepted_with_the_edits(mta):
    with mta.client() as smtp:
        smtp.ehlo("client.test")
        check("answer", send(smtp, mail("clean"))[0], 250)
    envelope, = mta.delivered()
    text = envelope.read_text()
    for line in ("from=a@b.test\nto=c@d.test\n", "\nverdict=clean\n",
                 "\nsays=hello minimal\n", "edit=1 X-First: of all\n",
                 "edit=0 X-Policy: 1\n"):
        check_in("envelope", line, text)
    check("mail", envelope.with_suffix(".eml").read_bytes(),
          b"X-First: of all\r\n" +
          mail("clean").replace(b"two\r\n\r\n", b"two\r\nX-Policy: 1\r\n\r\n"))


def each_answer_is_the_policys(mta):
    infected = mail("infected", EICAR)
    with mta.client() as smtp:
        smtp.ehlo("client.test")
        code, text = send(smtp, infected)
        check("infected", code, 550)
        check_in("infected", b"5.7.1 This house takes no Eicar", text)
        check("later", send(smtp, mail("later")),
              (451, b"4.3.2 Come back later"))
        check("unknown", send(smtp, mail("clean"), "nobody@d.test"),
              (550, b"5.1.1 No such user"))
        check("dropped", send(smtp, mail("drop"))[0], 250)
        check("on the same connection", send(smtp, mail("clean"))[0], 250)
        check("broken", send(smtp, mail("broken"))[0], 421)
        check("after 421", smtp.sock and smtp.sock.recv(1), b"")
    check("delivered", len(mta.delivered()), 2)


def mail_for_a_maildir_is_stored_by_assay(mta):
    with mta.client() as smtp:
        smtp.ehlo("client.test")
        check("answer", send(smtp, mail("clean"), "user@kept.test")[0], 250)
    stored, = mta.folder.glob("kept/**/new/*")
    check_in("stored", b"X-Policy: 1\n", stored.read_bytes())
    check("delivered by the MTA", len(mta.delivered()), 2)
    with mta.client() as smtp:
        smtp.ehlo("client.test")
        smtp.mail("a@b.test")
        for recipient in ("user@kept.test", "c@d.test", "user@kept.test"):
            check(recipient, smtp.rcpt(recipient)[0], 250)
        check("answer", smtp.data(mail("clean"))[0], 250)
    check("stored again", len(list(mta.folder.glob("kept/**/new/*"))), 2)
    check_in("recipients", "from=a@b.test\nto=c@d.test\nverdict",
             mta.delivered_last().read_text())


def dropped_clients_leave_nothing(mta):
    """In DATA, behind its end while engines scan, and right away."""
    before = b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n"
    for last in (b"", before[:20], before + b"Subject: half",
                 before + mail("drop") + b".\r\n",
                 before + mail("later", b"x" * 500000) + b".\r\n"):
        with socket.create_connection(("127.0.0.1", mta.port),
                                      timeout=PATIENCE_S) as connection:
            connection.sendall(last)
    with mta.client() as smtp:
        smtp.ehlo("client.test")
        check("after it", send(smtp, mail("later"))[0], 451)
    check("delivered", len(mta.delivered()), 3)


def without_engines_libassay_is_unloaded(mta):
    with mta.client() as smtp:
        smtp.ehlo("client.test")
        code, text = send(smtp, mail("clean"))
        check("answer", code, 451)
        check_in("answer", b"4.7.1 Not scanned", text)
    mta.end()


class Load:
    """Clients that send what is clean, infected and refused in turn."""

    def __init__(self, mta, rounds):
        self.mta = mta
        self.rounds = rounds
        self.accepted = 0
        self.wrong = []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.converse)
                        for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def converse(self):
        try:
            with self.mta.client() as smtp:
                smtp.ehlo("load.test")
                for _ in range(self.rounds):
                    self.send_all(smtp)
        except (OSError, smtplib.SMTPException) as error:
            with self.lock:
                self.wrong.append(error)

    def send_all(self, smtp):
        for subject, body, want in (("clean", b"x", 250),
                                    ("infected", EICAR, 550),
                                    ("later", b"y", 451)):
            code = send(smtp, mail(subject, body))[0]
            with self.lock:
                if code != want:
                    self.wrong.append((subject, code))
                self.accepted += code == 250

    def join(self):
        for thread in self.threads:
            thread.join()


def reload_under_load_loses_nothing(mta):
    before = len(mta.delivered())
    load = Load(mta, ROUNDS)
    mta.write_policy("2")
    mta.signal(signal.SIGHUP)
    wait_for("reload", lambda: "mta: reload: ok" in mta.log.read_text())
    load.join()
    check("wrong answers", load.wrong, [])
    check("accepted", load.accepted, CLIENTS * ROUNDS)
    check("delivered", len(mta.delivered()) - before, CLIENTS * ROUNDS)
    with mta.client() as smtp:
        smtp.ehlo("client.test")
        check("answer", send(smtp, mail("clean"))[0], 250)
    check_in("the new policy", "edit=0 X-Policy: 2\n",
             mta.delivered_last().read_text())


def sigterm_under_load_ends_well(mta):
    """What was accepted is in the spool, and nothing is left."""
    before = len(mta.delivered())
    load = Load(mta, 1000)
    wait_for("some mail", lambda: load.accepted > CLIENTS)
    mta.end()
    load.join()
    delivered = len(mta.delivered()) - before
    if not load.accepted <= delivered <= load.accepted + CLIENTS:
        raise Failure(f"{load.accepted} accepted, {delivered} delivered")


# In this order: each counts on what the spool has then.
STEPS = (clean_mail_is_accepted_with_the_edits, each_answer_is_the_policys,
         mail_for_a_maildir_is_stored_by_assay, dropped_clients_leave_nothing,
         reload_under_load_loses_nothing, sigterm_under_load_ends_well)
HOW = (("threads", "pieces"), ("events", "buffer"),
       ("events", "headers", "fork"), ("threads", "descriptor", "fork"),
       ("events", "text"))


def main():
    root = pathlib.Path(tempfile.mkdtemp(prefix="assay-plugin."))
    try:
        prefix = install(root)
        the_guide_is_true(prefix, root)
        program = compile_with_headers(prefix, root / "minimal_mta",
                                       *sorted(MTA.glob("*.c")))
        for number, how in enumerate(HOW):
            begin = time.monotonic()
            with Mta(program, prefix, root, *how) as mta:
                # The whole story for each form; for the other ways its
                # beginning and its end.
                for step in STEPS if number < 2 else (*STEPS[:2], STEPS[-1]):
                    step(mta)
            print(f"{' '.join(how)}: good in {time.monotonic() - begin:.1f} s")
        with Mta(program, prefix, root, *HOW[1], engines=False) as mta:
            without_engines_libassay_is_unloaded(mta)
    except Failure as failure:
        print(f"FAILED: {failure}")
        return 1
    finally:
        shutil.rmtree(root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
