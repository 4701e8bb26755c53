# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""A private Exim on a port of the loopback address, with snippets of
docs/EXIM.md as its configuration, and SMTP clients for it."""

import base64
import os
import pathlib
import re
import shutil
import smtplib
import socket
import subprocess

from assayd import PATIENCE_S, Failure, check, wait_for

SOURCE = pathlib.Path(os.environ["ASSAY_SOURCE"])
BUILD = pathlib.Path(os.environ["ASSAY_BUILD"])
TOOL = SOURCE / "tests/system/support/private_exim.sh"
MODULE = BUILD / "tests/exim/real/assay_exim.so"
# Compiled in: where Exim's user gets, whoever owns the folder of the build.
CONFIG = pathlib.Path(os.environ["ASSAY_EXIM_CONFIG"])
USER = "Debian-exim"
# Preloaded in front, when the module was built with it.
SANITIZER = os.environ.get("ASSAY_EXIM_PRELOAD", "")
INSTALLED = "/usr/local/lib/assay/exim/assay_exim.so"

SNIPPET = re.compile(r"<!-- test: (\w+) -->\n```\n(.*?)```\n", re.S)


def tool(*arguments):
    done = subprocess.run([TOOL, *map(str, arguments)], text=True,
                          stdout=subprocess.PIPE, check=False)
    return done.returncode, done.stdout.strip()


def snippets():
    """What the guide tells administrators to write, by name."""
    return dict(SNIPPET.findall((SOURCE / "docs/EXIM.md").read_text()))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def configure(*lines):
    """The options of the module."""
    CONFIG.write_text("\n".join(lines) + "\n")
    CONFIG.chmod(0o644)


BEGIN, END = "--- begin of a mail", "--- end of a mail"

FRAME = """
exim_path = {folder}/exim4
exim_user = {user}
exim_group = {user}
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/spool/pid
notifier_socket =
primary_hostname = mx.example.test
qualify_domain = example.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts =
host_lookup =
rfc1413_hosts =
hosts_treat_as_local =
smtp_accept_max = 50
smtp_accept_max_per_connection = 100
chunking_advertise_hosts = *
message_size_limit = 50M
# For nss_wrapper, which alone knows the user of this Exim.
keep_environment = LD_PRELOAD : ^NSS_WRAPPER_ : ^ASAN_ : ^UBSAN_
acl_smtp_rcpt = accept
{main}
begin acl
{acl}
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}{{secret}}}}
  server_set_id = $auth2
begin routers
all:
  driver = accept
  transport = all_mail
begin transports
all_mail:
  driver = appendfile
# Not a Maildir: Exim 4.96 writes mails without their body to one when they came
# by BDAT and spool_wireformat is on.
  file = {folder}/mail/mbox
  message_prefix = {begin}\\n
  message_suffix = {end}\\n
  envelope_to_add
  use_lockfile = false
  lock_fcntl_timeout = 60s
  user = {user}
begin retry
* * F,1h,5m
"""


class Exim:
    """The daemon, as a context."""

    def __init__(self, folder, main="", acl="", name="exim"):
        self.folder = folder / name
        self.port = free_port()
        self.process = None
        self.folder.mkdir()
        status, text = tool("get", BUILD / "private-exim", self.folder)
        if status != 0:
            raise Failure(f"Debian's Exim cannot be had: {text}")
        number = int(tool("users", self.folder, USER)[1])
        for part in ("spool", "log", "mail"):
            (self.folder / part).mkdir()
            os.chown(self.folder / part, number, number)
        shutil.copy(MODULE, self.folder / "assay_exim.so")
        self.config = self.folder / "exim.conf"
        text = FRAME.format(folder=self.folder, user=USER, port=self.port,
                            main=main, acl=acl, begin=BEGIN, end=END)
        self.config.write_text(
            text.replace(INSTALLED, f"{self.folder}/assay_exim.so"))
        preload = [SANITIZER] if SANITIZER else []
        # Exim itself frees nothing at its end.
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        self.environment = {
            **os.environ, "ASAN_OPTIONS": sanitizer,
            "LD_PRELOAD": " ".join([*preload, "libnss_wrapper.so"]),
            "NSS_WRAPPER_PASSWD": f"{self.folder}/passwd",
            "NSS_WRAPPER_GROUP": f"{self.folder}/group"}

    def command(self, *arguments):
        return [str(self.folder / "exim4"), "-C", str(self.config), *arguments]

    def __enter__(self):
        with (self.folder / "output").open("w") as output:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen(
                self.command("-bdf"), stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, env=self.environment)
        try:
            wait_for("Exim's port", self.answers)
        except Failure as failure:
            self.__exit__(Failure, failure, None)
            raise Failure((self.folder / "output").read_text()) from failure
        return self

    def __exit__(self, kind, value, trace):
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        if kind is not None:
            print("--- Exim's log", self.log()[-3000:], self.log("panic"),
                  sep="\n")

    def answers(self):
        if self.process.poll() is not None:
            raise Failure(f"Exim ended: {(self.folder / 'output').read_text()}")
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def log(self, which="main"):
        path = self.folder / f"log/{which}log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def panics(self):
        """The panic log, without what it says about -C."""
        return [line for line in self.log("panic").splitlines()
                if "lost privilege for using -C" not in line]

    def wait_log(self, text, which="main"):
        wait_for(f"{text!r} in Exim's log", lambda: text in self.log(which))

    def mails(self):
        """What was delivered."""
        path = self.folder / "mail/mbox"
        text = path.read_bytes() if path.exists() else b""
        parts = text.split(BEGIN.encode() + b"\n")[1:]
        end = END.encode() + b"\n"
        return [part.removesuffix(end) for part in parts
                if part.endswith(end)]

    def mail(self, mark):
        """The delivered mail with this text in it, when it is there."""
        return wait_for(f"mail {mark!r}", lambda: next(
            (one for one in self.mails() if mark.encode() in one), None))

    def client(self, user=None):
        client = smtplib.SMTP("127.0.0.1", self.port, timeout=PATIENCE_S)
        client.ehlo("client.test")
        if user:
            secret = base64.b64encode(f"\0{user}\0secret".encode()).decode()
            check("AUTH", client.docmd("AUTH", f"PLAIN {secret}")[0], 235)
        return client

    def send(self, data, *rcpts, user=None):
        """The answer to a mail, as one text."""
        client = self.client(user)
        try:
            return transact(client, data, *rcpts)
        finally:
            client.close()

    def local(self, data):
        """The answer to a mail that comes by -bs."""
        lines = [b"EHLO client.test", b"MAIL FROM:<a@example.com>",
                 b"RCPT TO:<b@example.org>", b"DATA", data + b".", b"QUIT", b""]
        done = subprocess.run(
            self.command("-bs"), input=b"\r\n".join(lines), check=False,
            stdout=subprocess.PIPE, env=self.environment, timeout=PATIENCE_S)
        return done.stdout.decode().splitlines()[-2]

    def sendmail(self, data):
        """Exit status of a mail from the command line, and what it printed."""
        done = subprocess.run(
            self.command("-oep", "-i", "b@example.org"), input=data,
            check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=self.environment, timeout=PATIENCE_S)
        return done.returncode, done.stdout.decode("ascii", "replace")


def begin(client, *rcpts):
    check("MAIL", client.mail("a@example.com")[0], 250)
    for rcpt in rcpts or ("b@example.org",):
        check("RCPT", client.rcpt(rcpt)[0], 250)


def transact(client, data, *rcpts):
    begin(client, *rcpts)
    code, text = client.data(data)
    return f"{code} {text.decode('ascii', 'replace')}"


def chunked(client, data, size=1000):
    """The answer to the last of several BDAT commands."""
    begin(client)
    for at in range(0, len(data), size):
        chunk = data[at:at + size]
        last = " LAST" if at + size >= len(data) else ""
        client.send(b"BDAT %d%s\r\n%s" % (len(chunk), last.encode(), chunk))
        code, text = client.getreply()
    return f"{code} {text.decode('ascii', 'replace')}"
