#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The module for Exim in an Exim that is none, against an assayd that is none:
what is asked, what is done with answers, and every fault in between.

Whatever goes wrong must be LOCAL_SCAN_TEMPREJECT, or DEFER of a function.
"""

import os
import pathlib
import socket
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(os.environ["ASSAY_SOURCE"]) /
                       "tests/system/support"))
# pylint: disable=wrong-import-position
from assayd import Failure, check, check_in, run_tests  # noqa: E402
from fake_assayd import END, HEAD, FakeAssayd, answer, coded, says  # noqa: E402

BUILD = pathlib.Path(os.environ["ASSAY_BUILD"])
HOST = BUILD / "tests/fake_exim"
MODULE = BUILD / "tests/exim/faults/assay_exim.so"
CONFIG = BUILD / "tests/exim/faults/exim.conf"
PATIENCE_S = 60
ID = "1xXymz-0002e2-1G"
ACCEPT, REJECT, TEMPREJECT = "0", "3", "5"
OK, DEFER = "0", "1"
UNCHECKED = "4.3.0 Could not check the message, try again later"
RECEIVED = f"P Received: by mx (Exim) id {ID}"
CLEAN = ("action=continue", "status=clean", "info=")


class Result:
    """What a command printed."""

    def __init__(self, lines):
        self.lines = lines

    def all(self, what):
        return [line[len(what) + 1:] for line in self.lines
                if line.startswith(what + " ")]

    def one(self, what):
        found = self.all(what)
        if len(found) != 1:
            raise Failure(f"want one {what} line: {self.lines!r}")
        return found[0]


class Host:
    """The false Exim, as a context."""

    def __init__(self, folder):
        self.folder = folder
        self.process = None

    def __enter__(self):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [HOST, MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, encoding="latin-1")
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.process.kill()
            self.process.wait()
            return
        self.process.stdin.close()
        check("end of the false Exim", self.process.wait(PATIENCE_S), 0)

    def do(self, *commands):
        """The output of the last command."""
        lines = []
        for command in commands:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            lines = []
            while (line := self.process.stdout.readline()) != ".\n":
                if not line:
                    raise Failure(f"the false Exim ended at {command!r}")
                lines.append(line.rstrip("\n"))
        return Result(lines)

    def begin(self, *commands, name=ID, body="body\n", spool=None, **variables):
        """A message with a spool file."""
        path = self.folder / "spool"
        path.write_text(f"{name}-D\n{body}" if spool is None else spool)
        self.do(f"message {name}", "set sender a@example.org",
                *(f"set {key} {value}" for key, value in variables.items()),
                *(commands or ("rcpt b@example.net",)),
                f"header {RECEIVED}", "header   Subject: hello",
                f"spool {path}")

    def scan(self, *commands, **options):
        self.begin(*commands, **options)
        return self.do("scan")


def configure(folder, *lines):
    CONFIG.write_text("\n".join((f"socket = {folder}/s", *lines)) + "\n")
    CONFIG.chmod(0o644)


def check_unchecked(result, reason):
    """The temporary rejection that every fault must be."""
    check("return", result.one("return"), f"{TEMPREJECT} {UNCHECKED}")
    check_in("log", f"assay: not checked: {reason}", result.one("log 0"))
    check("headers", len(result.all("header")), 2)


def scan_with(folder, behave, *commands, config=(), **options):
    configure(folder, *config)
    with FakeAssayd(folder / "s", behave) as server, Host(folder) as host:
        return host.scan(*commands, **options), server


def test_request_has_everything(folder):
    seen, server = scan_with(
        folder, says(*CLEAN), "rcpt b@example.net", "rcpt c%\x80@example.net",
        "header F From: a@example.org", "header * X-Gone: 1",
        "header   X-Folded: a\\n\tb", host="192.0.2.1", hostname="c.example",
        helo="client.test", port="4711", auth="plain", protocol="esmtpsa",
        interface="192.0.2.9", body="line\n.\nmore")
    check("return", seen.one("return"), f"{ACCEPT} clean")
    request = server.requests[0]
    check("first line", request.first, "assay/1 check")
    check("request", [pair for pair in request.pairs if pair[0] != "headers"], [
        ("client", "Exim 0.0"), ("peer", "192.0.2.1"), ("port", "4711"),
        ("host", "c.example"), ("ehlo", "client.test"),
        ("conn.exim_authenticated_id", "user"),
        ("conn.exim_auth_mechanism", "plain"),
        ("conn.exim_protocol", "esmtpsa"),
        ("conn.exim_interface", "192.0.2.9"),
        ("sender", "a@example.org"), ("rcpt", "b@example.net"),
        ("rcpt", "c%\x80@example.net"), ("id", ID), ("body", "fd 19")])
    # Neither the header of this Exim nor one that is deleted.
    check("headers", request.headers,
          b"From: a@example.org\nX-Folded: a\n\tb\nSubject: hello\n")
    check("body", request.body, b"line\n.\nmore")


def test_null_sender_and_local_mail(folder):
    _, server = scan_with(folder, says(*CLEAN), "rcpt b@example.net", sender="")
    for key in ("sender", "peer", "port", "ehlo", "host"):
        check(key, server.requests[0].get(key), None)


def test_long_id_moves_the_body(folder):
    long_id = "1rZabc-00000000001-0AbC"
    _, server = scan_with(folder, says(*CLEAN), name=long_id)
    check("offset", server.requests[0].offset, 26)
    check("body", server.requests[0].body, b"body\n")


def test_edits_in_their_order(folder):
    seen, _ = scan_with(
        folder,
        says(*CLEAN,
             "edit=" + coded("append X-New one\r\n two"),
             "edit=prepend X-Top first",
             "edit=" + coded("replace subject changed%"),
             "edit=" + coded("append X-New 100%s"),
             "edit=replace X-None none",
             "edit=delete x-gone",
             "edit=append X-Gone again",
             "edit=replace Received mine"),
        "rcpt b@example.net", "header S SUBJECT : first", "header   X-Gone: 1",
        "header   x-gone: 2")
    shown = [line for line in seen.all("header") if line[0] != "*"]
    check("headers", shown, [
        "  X-Top: first\\n", "S subject: changed%\\n", RECEIVED + "\\n",
        "  X-New: one\\n two\\n", "  X-New: 100%s\\n",
        "  X-None: none\\n", "  X-Gone: again\\n", "  Received: mine\\n"])


def test_hundred_recipients(folder):
    names = [f"r{i}@example.net" for i in range(100)]
    seen, server = scan_with(
        folder, says(*CLEAN, *(f"stored={name}" for name in names[1:]),
                     store=HEAD + END),
        *(f"rcpt {name}" for name in names), f"rcpt {names[5]}")
    check("asked for", server.requests[0].all("rcpt"), names + [names[5]])
    check("return", seen.one("return"), f"{ACCEPT} clean")
    check("left", seen.all("rcpt"), names[:1])


def test_many_headers_are_replaced_quickly(folder):
    configure(folder)
    many = ["header   Subject: x"] * 20000
    with FakeAssayd(folder / "s", says(*CLEAN, "edit=replace Subject y")), \
            Host(folder) as host:
        host.process.stdin.write("\n".join(["message " + ID] + many) + "\n")
        host.process.stdin.flush()
        for _ in range(len(many) + 1):
            host.process.stdout.readline()
        path = folder / "spool"
        path.write_text(f"{ID}-D\n")
        seen = host.do("rcpt b@example.net", f"spool {path}", "scan")
        left = [line for line in seen.all("header") if line[0] != "*"]
        check("headers", left, ["  Subject: y\\n"])


STORED = (*CLEAN, "stored=b@example.net")


def test_store_that_fails_is_a_tempreject(folder):
    faults = {
        b"assay/1 error no space\nend\n": "assayd says: no space",
        b"": "assayd closed the connection",
        b"assay/1 ok\n": "assayd closed the connection",
        b"yes\nend\n": 'assayd\'s answer begins with "yes"',
    }
    for data, reason in faults.items():
        seen, _ = scan_with(folder, says(*STORED, store=data))
        check("return", seen.one("return"), TEMPREJECT +
              " 4.3.0 The mailbox cannot be used now, try again later")
        check("log", seen.one("log 0"), f"assay: {reason}")


def test_store_is_the_last_that_is_done(folder):
    """What is stored stays so: an edit that fails behind it would have the
    client send the mail once more."""
    seen, _ = scan_with(folder, says(*STORED, "edit=append X-New one",
                                     store=b"assay/1 error no\nend\n"))
    check_in("edited", "X-New: one\\n", "".join(seen.all("header")))


def test_stored_recipient_that_is_none(folder):
    seen, _ = scan_with(folder, says(*CLEAN, "stored=x@example.net",
                                     store=HEAD + END))
    check("return", seen.one("return"), f"{TEMPREJECT} {UNCHECKED}")
    check_in("log", "who is no recipient", seen.one("log 0"))
    check("recipients", seen.all("rcpt"), ["b@example.net"])


def test_discard_drops_all(folder):
    seen, _ = scan_with(folder, says("action=discard", "status=infected",
                                     "info=X"),
                        "rcpt b@example.net", "rcpt c@example.net")
    check("return", seen.one("return"),
          f"{ACCEPT} discarded by the policy of Assay")
    check("recipients", seen.all("rcpt"), [])
    check_in("log", 'action=discard code=0 status=infected info="X"',
             seen.one("log 0"))


def test_no_recipients_are_not_asked_about(folder):
    seen, server = scan_with(folder, says(*CLEAN), "set port 1")
    check("return", seen.one("return"), f"{ACCEPT} ")
    check("requests", server.requests, [])


def test_refusals(folder):
    seen, _ = scan_with(folder, says("action=reject", "code=554",
                                     "enhanced=5.7.1", "text=infected%3A X"))
    check("return", seen.one("return"), f"{REJECT} 5.7.1 infected: X")
    seen, _ = scan_with(folder, says("action=tempfail", "code=450",
                                     "enhanced=4.2.0", "text=busy"))
    check("return", seen.one("return"), f"{TEMPREJECT} 4.2.0 busy")


REFUSED = (*CLEAN, "refused=c@example.net 550 5.1.1 no such mailbox")


def test_refused_recipient(folder):
    rcpts = ("rcpt b@example.net", "rcpt c@example.net")
    seen, _ = scan_with(folder, says(*REFUSED), *rcpts)
    check("return", seen.one("return"), f"{REJECT} 5.1.1 no such mailbox")
    seen, _ = scan_with(folder, says(*REFUSED), *rcpts,
                        config=("on_refused = drop",))
    check("return", seen.one("return"), f"{ACCEPT} clean")
    check("left", seen.all("rcpt"), ["b@example.net"])
    check("log", seen.one("log 0"), "assay: dropped refused recipient "
          "c@example.net: 550 5.1.1 no such mailbox")


def test_nobody_is_left(folder):
    """All that there were are refused, one of them only once."""
    seen, _ = scan_with(folder, says(*REFUSED), "rcpt c@example.net",
                        "rcpt c@example.net", config=("on_refused = drop",))
    check("return", seen.one("return"), f"{REJECT} 5.1.1 no such mailbox")


def sends(data):
    """A behaviour: these bytes, then the end."""
    return lambda connection, _request: connection.send(data)


NONSENSE = {
    b"": "assayd closed the connection",
    b"assay/1 ok\naction=continue\n": "assayd closed the connection",
    b"assay/1 ok\naction=continue\nend": "assayd closed the connection",
    b"\0\0\0\0": "assayd closed the connection",
    b"assay/1 error no configuration\nend\n": "assayd says: no configuration",
    b"stream: OK\0": "assayd closed the connection",
    b"HTTP/1.1 200 OK\r\n\r\nend\n": "assayd's answer begins with",
    b"assay/2 ok\naction=continue\nend\n": "assayd's answer begins with",
    HEAD + END: "assayd's answer has no action",
    answer("status=clean"): "assayd's answer has no action",
    answer("action=accept"): "assayd's answer has an unknown action",
    answer("action=continue%00"): "line 2 of assayd's answer",
    answer("action=continue", "x"): "line 3 of assayd's answer",
    answer(*CLEAN) + b"more": "assayd sent more than an answer",
    HEAD + b"x=" + b"y" * 70000: "assayd's answer has a line over 65536 bytes",
    HEAD + b"x=y\n" * 100200 + END: "assayd's answer is over 100200 lines",
    HEAD + (b"x=" + b"y" * 65000 + b"\n") * 140:
        "assayd's answer is over 8388608 bytes",
}


def test_nonsense_is_a_tempreject(folder):
    configure(folder)
    for data, reason in NONSENSE.items():
        with FakeAssayd(folder / "s", sends(data)), Host(folder) as host:
            check_unchecked(host.scan(), reason)


def test_edits_that_would_break_the_mail(folder):
    configure(folder)
    for edit in ("append X a\nY: b", "append X a\r\n\r\nbody", "append X:Y a",
                 "move X a", "append X " + "v" * 40000):
        with FakeAssayd(folder / "s", says(*CLEAN, "edit=append A b",
                                           "edit=" + coded(edit))), \
                Host(folder) as host:
            seen = host.scan()
            check("return", seen.one("return"), f"{TEMPREJECT} {UNCHECKED}")
            check_in("log", "Exim cannot carry out the header edit",
                     seen.one("log 0"))
            # The good edit in front of it was not carried out, either.
            check("headers", len(seen.all("header")), 2)


def test_nobody_there(folder):
    configure(folder)
    with Host(folder) as host:
        check_unchecked(host.scan(), f"assayd at {folder}/s: No such file")


def hang(connection, _request):
    connection.line()  # until the client goes


def drip(connection, _request):
    data = answer(*CLEAN)
    for i in range(len(data) - 1):
        connection.send(data[i:i + 1])
    connection.line()


def test_hung_and_dripping_end_at_the_deadline(folder):
    for behave in (hang, drip):
        seen, server = scan_with(folder, behave, config=("timeout = 1",))
        check_unchecked(seen, "assayd did not answer in time")
        check("requests", len(server.requests), 1)


def test_spool_file_faults(folder):
    configure(folder)
    faults = (
        (f"{ID}-D\nbod", "5", "the spool file has 3 bytes of a body of 5"),
        (f"{ID}-D\n", "5", "the spool file has 0 bytes of a body of 5"),
        (f"{ID}-", "5", f"the spool file does not begin with {ID}-D"),
        ("", "5", f"the spool file does not begin with {ID}-D"),
        ("x" * 100, "5", f"the spool file does not begin with {ID}-D"),
    )
    with FakeAssayd(folder / "s", says(*CLEAN)) as server:
        for spool, size, reason in faults:
            with Host(folder) as host:
                check_unchecked(host.scan(spool=spool, size=size), reason)
        with Host(folder) as host:
            host.begin()
            check_unchecked(host.do("unspool", "scan"),
                            "Exim has no spool file open")
        check("requests", server.requests, [])


def test_messages_of_one_connection(folder):
    configure(folder)
    with FakeAssayd(folder / "s", lambda connection, request: connection.send(
            answer("action=continue", "status=" + request.get("id")))) \
            as server, Host(folder) as host:
        for number in range(3):
            name = f"1xXymz-0002e2-{number}G"
            seen = host.scan(name=name)
            check("return", seen.one("return"), f"{ACCEPT} {name}")
        check("requests", len(server.requests), 3)


def test_on_failure_accept(folder):
    configure(folder, "on_failure = accept")
    with Host(folder) as host:
        seen = host.scan()
        check("return", seen.one("return"), f"{ACCEPT} error")
        check_in("log", "assay: accepted unchecked (on_failure = accept): "
                 f"assayd at {folder}/s", seen.one("log 0"))
        host.begin(name="1xXymz-0002e2-2G")
        seen = host.do("call assay_verdict")
        check("verdict", seen.one("yield"), f"{OK} error")
        check_in("log", "assay: unchecked", seen.one("log 0"))
        check("action", host.do("call assay_action").one("yield"),
              f"{OK} continue")
        check("reply", host.do("call assay_reply").one("yield"), f"{OK} ")


def test_on_failure_accept_is_for_assayd_that_is_away(folder):
    """Not for what a sender, or a broken spool, can bring about."""
    configure(folder, "on_failure = accept")
    refuses = sends(b"assay/1 error sender: odd\nend\n")
    with FakeAssayd(folder / "s", refuses), Host(folder) as host:
        check_unchecked(host.scan(), "assayd says: sender: odd")
        host.begin(name="1xXymz-0002e2-2G")
        check("action", host.do("call assay_action").one("yield"),
              f"{DEFER} assayd says: sender: odd")
    with FakeAssayd(folder / "s", says(*CLEAN)), Host(folder) as host:
        check_unchecked(host.scan(size="9"),
                        "the spool file has 5 bytes of a body of 9")
        check_unchecked(host.scan(name="1xXymz-0002e2-2G", spool=""),
                        "the spool file does not begin with")
        check("no message", host.do("message ", "call assay_action")
              .one("yield"), f"{DEFER} there is no message yet")


def test_answer_before_the_end_of_the_request(folder):
    """assayd that does not want the rest says why, and that is the reason."""
    configure(folder, "on_failure = accept")
    path = folder / "s"
    with socket.socket(socket.AF_UNIX) as listener, Host(folder) as host:
        listener.bind(str(path))
        listener.listen(1)

        def serve():
            client, _ = listener.accept()
            client.sendall(b"assay/1 error too much\nend\n")
            client.shutdown(socket.SHUT_RDWR)
            client.close()

        thread = threading.Thread(target=serve)
        thread.start()
        host.begin(*[f"rcpt {'r' * 1000}{i}@example.net" for i in range(1000)])
        check_unchecked(host.do("scan"), "assayd says: too much")
        thread.join()


def test_mistakes_in_the_file(folder):
    for line, reason in (
            ("timout = 5", 'there is no option "timout"'),
            ("timeout = never", 'timeout: "never" is not 1 to 3600 seconds'),
            ("on_failure = accept\nx", '"x" is not name = value')):
        configure(folder, line)
        with FakeAssayd(folder / "s", says(*CLEAN)) as server, \
                Host(folder) as host:
            seen = host.scan()
            check("return", seen.one("return"), f"{TEMPREJECT} {UNCHECKED}")
            check_in("log", reason, seen.one("log 0 panic"))
            host.begin(name="1xXymz-0002e2-2G")
            seen = host.do("call assay_verdict")
            check_in("verdict", reason, seen.one("yield"))
            check("status", seen.one("yield")[0], DEFER)
            check("requests", server.requests, [])


def test_file_that_others_can_write(folder):
    configure(folder)
    CONFIG.chmod(0o666)
    with Host(folder) as host:
        seen = host.scan()
        check("return", seen.one("return"), f"{TEMPREJECT} {UNCHECKED}")
        check_in("log", "that only root can write to", seen.one("log 0 panic"))


def test_option_table_goes_before_the_file(folder):
    configure(folder, "timeout = 3600")
    with FakeAssayd(folder / "other", says(*CLEAN)) as server, \
            FakeAssayd(folder / "s", hang), Host(folder) as host:
        check("names", host.do("option timeout 9", "option on_failure accept",
                               "option connect_timeout 9",
                               f"option socket {folder}/other").lines, [])
        check("return", host.scan().one("return"), f"{ACCEPT} clean")
        check("requests", len(server.requests), 1)
    with Host(folder) as host:
        check("unknown", host.do("option timout 9").lines, ["unknown timout"])
        host.do("option on_failure perhaps")
        seen = host.scan()
        check_in("log", 'on_failure: "perhaps" is not', seen.one("log 0 panic"))


ANSWER = ("action=reject", "code=554", "enhanced=5.7.1", "text=infected",
          "status=infected", "info=Eicar%0A", "mess.score=7", "conn.seen=1",
          "mess.conn.x=2")


def test_functions_share_one_check(folder):
    configure(folder)
    with FakeAssayd(folder / "s", says(*ANSWER)) as server, \
            Host(folder) as host:
        host.begin()
        for call, want in (
                ("assay_verdict", "infected"), ("assay_info", "Eicar\\n"),
                ("assay_action", "reject"), ("assay_context score", "7"),
                ("assay_context mess.score", "7"), ("assay_context none", ""),
                ("assay_context conn.seen", "1"),
                ("assay_reply", "554 5.7.1 infected")):
            check(call, host.do(f"call {call}").one("yield"), f"{OK} {want}")
        check("body", server.requests[0].body, b"body\n")
        check("return", host.do("scan").one("return"), f"{REJECT} 5.7.1 infected")
        check("requests", len(server.requests), 1)


def test_functions_keep_the_way_to_store(folder):
    configure(folder)
    with FakeAssayd(folder / "s", says(*STORED, store=HEAD + END)) as server, \
            Host(folder) as host:
        host.begin("rcpt b@example.net", "rcpt c@example.net")
        check("action", host.do("call assay_action").one("yield"),
              f"{OK} continue")
        seen = host.do("scan")
        check("return", seen.one("return"), f"{ACCEPT} clean")
        check("left", seen.all("rcpt"), ["c@example.net"])
        check("requests", len(server.requests), 1)


def test_functions_take_options(folder):
    configure(folder)
    with FakeAssayd(folder / "other", says(*ANSWER)), Host(folder) as host:
        host.begin()
        check("verdict", host.do(
            f"call assay_verdict socket={folder}/other timeout=7").one("yield"),
            f"{OK} infected")
        host.begin(name="1xXymz-0002e2-2G")
        check("context", host.do(
            f"call assay_context score socket={folder}/other").one("yield"),
            f"{OK} 7")
        host.begin(name="1xXymz-0002e2-3G")
        seen = host.do("call assay_verdict color=red").one("yield")
        check("unknown option", seen, f'{DEFER} there is no option "color"')


def test_functions_fail_for_good(folder):
    """A failure is kept: it costs its time once."""
    configure(folder)
    with FakeAssayd(folder / "s", sends(b"assay/1 error no\nend\n")) as server, \
            Host(folder) as host:
        host.begin()
        for call in ("assay_verdict", "assay_info", "assay_action",
                     "assay_reply", "assay_context x"):
            check(call, host.do(f"call {call}").one("yield"),
                  f"{DEFER} assayd says: no")
        check_unchecked(host.do("scan"), "assayd says: no")
        check("requests", len(server.requests), 1)


def test_functions_want_a_message(folder):
    configure(folder)
    with Host(folder) as host:
        check("verdict", host.do("message ", "call assay_verdict").one("yield"),
              f"{DEFER} there is no message yet")
        check("context", host.do("call assay_context").one("yield"),
              f"{DEFER} assay_context wants the name of a variable")
        check("long name", host.do("call assay_context " + "x" * 300)
              .one("yield"), f"{DEFER} assay_context: the name is too long")


def test_exports_are_these_alone(_folder):
    symbols = subprocess.run(["nm", "-D", "--defined-only", "--format=posix",
                              MODULE], check=True, capture_output=True,
                             text=True).stdout
    names = {line.split()[0] for line in symbols.splitlines()}
    # The sanitizers and gcov have symbols of their own.
    check("exports", {name for name in names if not name.startswith("_")}, {
        "local_scan", "local_scan_version_major", "local_scan_version_minor",
        "local_scan_options", "local_scan_options_count", "assay_verdict",
        "assay_info", "assay_context", "assay_action", "assay_reply"})


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
