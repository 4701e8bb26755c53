#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The assay protocol of the scan socket: what a request says reaches the
policy, and what the policy says is the answer."""

import base64
import pathlib
import shutil
import signal
import sys
import tempfile

import scan_client as base
from assayd import (LUA, Assayd, check, check_in, run_tests, script, wait_for)
from scan_client import (EICAR, ask, connect, parse, read_all, read_until,
                         request, send_descriptors, talk)

HERE = pathlib.Path(__file__).resolve().parent
ENVELOPE = ("client=test 1", "peer=192.0.2.1", "port=25", "host=h.test",
            "ehlo=e.test", "sender=a@example.com", "sender_args=SIZE=1",
            "rcpt=b@example.org", "id=1-2")


def serve(folder, more="", options="", module="envelope"):
    """assayd with a policy after an antivirus scope."""
    shutil.copy(HERE / f"policy/{module}.lua", folder)
    text = base.listener(options) + base.engine(folder, more)
    if LUA:
        text += script(module)
    return Assayd(folder, text=text)


def values_of(folder, *more, **options):
    """The values of a check that was answered."""
    first, values = ask(folder, "check", (*ENVELOPE, *more), **options)
    check("first line", first, "assay/1 ok")
    return values


def refusal(values):
    """What the SMTP client is to be told."""
    return (values["action"][0], values["code"][0], values["enhanced"][0],
            values["text"][0])


def error_of(folder, data, files=()):
    first, values = parse(talk(folder, data, files))
    check("first line", first[:14], "assay/1 error ")
    check("nothing else", values, {})
    return base.decode(first[14:].encode("latin-1"))


def test_clean_and_infected(folder):
    with serve(folder) as assayd:
        values = values_of(folder)
        check("clean", refusal(values), ("continue", "0", "", ""))
        check("status", values["status"], ["clean"])
        check("disconnect", values["disconnect"], ["0"])
        check_in("epoch", "clamav-", values["epoch"][0])
        values = values_of(folder, body=EICAR + b"\n")
        check("infected", refusal(values)[:3], ("reject", "550", "5.7.1"))
        check("status", values["status"], ["infected"])
        check("info", values["info"], [base.THREAT.decode()])
        check("engine", values["engine"], ["clamav"])
        check("scope", values["scope"], ["antivirus1"])
        log = assayd.log.read_text()
        check_in("log", 'protocol=assay kind=check client="test 1" id="1-2" '
                 'size=', log)
        check_in("log", "id=1-2 peer=192.0.2.1:25", log)
        check("stop", assayd.stop(), 0)


def test_scan_is_a_verdict_alone(folder):
    whole = base.infected_mail(b"\n")
    with serve(folder) as assayd:
        for data, wanted in ((b"x\n", "clean"), (EICAR, "infected")):
            first, values = ask(folder, "scan", body=data)
            check("first", first, "assay/1 ok")
            check("status", values["status"], [wanted])
            check("no disposition", "action" in values, False)
        first, values = ask(folder, "scan", headers=None, body=whole)
        check("without headers", values["status"], ["infected"])
        for name, wanted in (("clamav", "infected"), ("clamav1", "infected"),
                             ("nothing", "no-engine")):
            first, values = ask(folder, "scan", (f"engine={name}",), body=EICAR)
            check(name, values["status"], [wanted])
        locked = base64.encodebytes(base.encrypted_zip())
        headers = (b"Content-Type: application/zip\n"
                   b"Content-Transfer-Encoding: base64\n")
        first, values = ask(folder, "scan", headers=headers, body=locked)
        check("encrypted", (values["status"], values["reason"]),
              (["unscannable"], ["encrypted"]))
        check("stop", assayd.stop(), 0)


def test_variables_reach_the_policy_and_come_back(folder):
    if not LUA:
        return
    with serve(folder) as assayd:
        values = values_of(folder, "conn.k=1%0A2", "mess.a%3Db=c",
                           headers=b"Subject: of mine\n")
        check("conn", values["conn.k"], ["1\n2"])
        check("mess", values["mess.a=b"], ["c"])
        check("policy", values["mess.subject"], ["of mine"])
        check("sender", values["conn.sender_seen"],
              ["<a@example.com> SIZE=1"])
        check("stop", assayd.stop(), 0)


def test_edits_come_back(folder):
    if not LUA:
        return
    with serve(folder) as assayd:
        values = values_of(folder, "mess.wish=edit",
                           headers=b"Subject: old\nX-Gone: 1\n")
        edits = values["edit"]
        for wanted in ("append X-Added one\r\n two", "prepend X-First 50%",
                       "replace Subject new", "delete X-Gone "):
            check_in("edits", wanted, edits)
        check("stop", assayd.stop(), 0)


def test_first_refusal_is_the_answer(folder):
    """Of whichever phase, and nothing runs after it."""
    if not LUA:
        return
    others = [line for line in ENVELOPE if not line.startswith(("ehlo",
                                                                "sender="))]
    cases = [
        (["conn.refuse=connect"], ("tempfail", "421", "4.3.2", "not today")),
        (["ehlo=refused.test"], ("reject", "550", "5.7.1", "bad name")),
        (["sender=refused@x"], ("tempfail", "451", "4.7.1", "later")),
        (["mess.wish=reject"], ("reject", "554", "5.6.0", "Seen")),
        (["mess.wish=discard"], ("discard", "250", "", "unwanted")),
    ]
    with serve(folder) as assayd:
        for lines, wanted in cases:
            first, values = ask(folder, "check", (*others, *lines))
            check(lines, first, "assay/1 ok")
            got = refusal(values)
            if wanted[0] == "discard":
                got, wanted = got[0], wanted[0]
            check(lines, got, wanted)
            check("ends the connection", values["disconnect"],
                  ["1" if "conn.refuse=connect" in lines else "0"])
        check("stop", assayd.stop(), 0)


def test_refused_recipients(folder):
    """Some: the message goes on. All: that is the answer."""
    if not LUA:
        return
    unknown = "550 5.1.1 No such user, 100% sure"
    with serve(folder) as assayd:
        values = values_of(folder, "rcpt=nobody@x", 'rcpt="later@ y"@z')
        check("some", values["action"], ["continue"])
        check("refused", values["refused"],
              [f"nobody@x {unknown}",
               '"later@ y"@z 450 4.2.1 mailbox is busy'])
        raw = talk(folder, request("check", (*ENVELOPE, 'rcpt="later@ y"@z')))
        check_in("a blank is coded", b'\nrefused="later@%20y"@z 450 ', raw)
        alone = [line for line in ENVELOPE if not line.startswith("rcpt")]
        _, values = ask(folder, "check", (*alone, "rcpt=nobody@x"))
        check("all", refusal(values), ("reject", "550", "5.1.1",
                                       "No such user, 100% sure"))
        _, values = ask(folder, "check", (*alone, "rcpt=nobody@x",
                                          "rcpt=later@x", "rcpt=nobody@y"))
        check("one of all may come again", refusal(values)[:2],
              ("tempfail", "450"))
        check("nothing was scanned", values["status"], ["no-engine"])
        _, values = ask(folder, "check", alone)
        check("without any", values["action"], ["continue"])
        check("stop", assayd.stop(), 0)


def test_body_by_descriptor(folder):
    """From its offset, with CRLF, wherever in the request it is sent."""
    data = b"1abcde-000001-AB-D\n" + EICAR + b"\n"
    lines = request("check", ENVELOPE, where="body=fd 19")
    with serve(folder) as assayd, tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        for at in (0, 1, 20, len(lines) - 5, len(lines) - 1):
            with connect(folder) as client:
                client.sendall(lines[:at])
                send_descriptors(client, lines[at:at + 1], [file.fileno()])
                base.send_all(client, lines[at + 1:])
                _, values = parse(read_all(client))
                check(f"beside byte {at}", values["status"], ["infected"])
        fd = file.fileno()
        _, values = ask(folder, "scan", where=f"body=fd {len(data)}",
                        files=[fd])
        check("empty body", values["status"], ["clean"])
        for wanted, where, files in (
                ("no descriptor came for the body", "body=fd 0", []),
                ("more than one descriptor came", "body=fd 0", [fd, fd]),
                ("a descriptor came, and no body=fd", None, [fd])):
            got = error_of(folder, request("scan", where=where), files)
            check("error", got, wanted)
        error_of(folder, request("scan", where="body=fd 999999"), [fd])
        with open("/dev/zero", "rb") as device:
            check("device", error_of(folder, request("scan",
                                                     where="body=fd 0"),
                                     [device.fileno()]),
                  "the body is not a regular file")
        check("stop", assayd.stop(), 0)


def test_any_split(folder):
    """The same answer, and none for a part."""
    data = request("scan", ENVELOPE, body=EICAR)
    with serve(folder) as assayd:
        whole = talk(folder, data)
        check("status", parse(whole)[1]["status"], ["infected"])
        for at in range(1, len(data)):
            with connect(folder) as client:
                client.sendall(data[:at])
                client.sendall(data[at:])
                check(f"split at {at}", read_all(client), whole)
            with connect(folder) as client:
                client.sendall(data[:at])
                client.shutdown(2 if at % 2 else 1)
                if at % 2 == 0:
                    check(f"cut at {at}", read_all(client), b"")
        check("stop", assayd.stop(), 0)


def test_what_is_not_understood_is_an_error(folder):
    """And never an answer."""
    cases = [
        (b"assay/2 check\n", "this is assay/1"),
        (b"anything\n", "this is assay/1"),
        (b"assay/1 quit\n", "a request is check or scan"),
        (b"assay/1 check\nwhat=1\n", "what: no such key"),
        (b"assay/1 check\nrcpt=\xff\n",
         "rcpt: the value is not coded with %XX"),
        (b"assay/1 check\nend\n", "there is no body"),
        (b"assay/1 check\npeer=" + b"x" * 70000,
         "a line has at most 65536 bytes"),
        (request("check", ("peer=localhost",)), "peer: not an IP address"),
        (request("check", headers=b"A: b\n\nC: d\n"),
         "there is an empty line in the headers"),
        (request("check", headers=b"\r\nA: b\n"),
         "there is an empty line in the headers"),
    ]
    with serve(folder) as assayd:
        for data, wanted in cases:
            check(data[:40], error_of(folder, data), wanted)
        # Nor is it one in the log.
        log = assayd.log.read_text()
        check("log", log.count(" scan.fault "), len(cases))
        check("log", log.count(" scan.request "), 0)
        check("IPv6", ask(folder, "check", ("peer=IPv6:::1",))[0],
              "assay/1 ok")
        # What an SMTP client sends, it cannot keep a mail from being checked
        # with.
        odd = "=%22a%01%0D%0Ab%22@example.org"
        check("control characters",
              ask(folder, "check", [key + odd for key in (
                  "ehlo", "host", "sender", "sender_args", "rcpt")])[0],
              "assay/1 ok")
        check("stop", assayd.stop(), 0)


def test_limits(folder):
    """A message that never fits is refused for good."""
    too_large = ("reject", "552", "5.3.4", "Message is too large")
    with serve(folder, options="max_size = 100000 read_timeout = 2") as assayd:
        for kind in ("check", "scan"):
            for data in (request(kind, where="body=inline 4294967295"),
                         f"assay/1 {kind}\nheaders=1048577\n".encode()):
                _, values = parse(talk(folder, data))
                check("announced", refusal(values), too_large)
                check("status", values["status"], ["unscannable"])
        with tempfile.TemporaryFile() as file:
            file.truncate(200000)
            _, values = ask(folder, where="body=fd 0", files=[file.fileno()])
            check("file", refusal(values), too_large)
        check("log", assayd.log.read_text().count("larger than max_size"), 5)
        check("slow", error_of(folder, b"assay/1 check\nrcpt=a"),
              "the request did not arrive in time")
        check("stop", assayd.stop(), 0)


def test_memory_of_all(folder):
    """Bytes inline, texts, and the copy of a file that a message has."""
    why = "all clients together have sent more than max_memory"
    with serve(folder, options="max_memory = 50000") as assayd:
        with tempfile.TemporaryFile() as file:
            file.truncate(60000)
            check("file", error_of(folder, request(where="body=fd 0"),
                                   [file.fileno()]), why)
        check("inline", error_of(folder, request(body=b"x" * 60000)), why)
        check("texts", error_of(folder, request(
            "check", [f"rcpt=user{number}@example.org"
                      for number in range(4000)])), why)
        check("given back", ask(folder, "scan", body=b"x" * 5000)[0],
              "assay/1 ok")
        check("stop", assayd.stop(), 0)


def test_many_recipients(folder):
    lines = [f"rcpt=user{number}@example.org" for number in range(20000)]
    with serve(folder) as assayd:
        values = values_of(folder, *lines)
        check("answer", values["action"], ["continue"])
        check_in("log", "recipients=20001 ", assayd.log.read_text())
        check("stop", assayd.stop(), 0)


def maildir(folder):
    mailbox = folder / "mail/msi.local/alice"
    for name in ("tmp", "new", "cur"):
        (mailbox / name).mkdir(parents=True)
    return mailbox, f"""maildir "maildir1" {{
        basedir = "{folder}/mail"
        domains = ( "msi.local" ) }}"""


def test_store(folder):
    """Recipients with a Maildir: kept when asked to, else left to the MTA."""
    mailbox, stanza = maildir(folder)
    data = request("check", (*ENVELOPE, "rcpt=alice@msi.local"))
    with serve(folder, stanza, "read_timeout = 2") as assayd:
        with connect(folder) as client:
            client.sendall(data)
            _, values = parse(read_until(client, b"\nend\n"))
            check("stored", values["stored"], ["alice@msi.local"])
            check("not yet", list((mailbox / "new").iterdir()), [])
            client.sendall(b"store\n")
            check("store", read_all(client), b"assay/1 ok\nend\n")
        kept = [path.read_bytes() for path in (mailbox / "new").iterdir()]
        check("mails", len(kept), 1)
        check_in("mail", b"Subject: x\n", kept[0])
        with connect(folder) as client:  # one that cannot
            client.sendall(data)
            read_until(client, b"\nend\n")
        with connect(folder) as client:
            client.sendall(data)
            read_until(client, b"\nend\n")
            client.sendall(b"other\n")
            check("other", read_all(client),
                  b"assay/1 error only store may follow\nend\n")
        check("silence", parse(talk(folder, data))[0], "assay/1 ok")
        check("one mail", len(list((mailbox / "new").iterdir())), 1)
        check("left over", list((mailbox / "tmp").iterdir()), [])
        with connect(folder) as client:
            client.sendall(data)
            read_until(client, b"\nend\n")
            shutil.rmtree(mailbox)
            client.sendall(b"store\n")
            check("no mailbox", read_all(client)[:14], b"assay/1 error ")
        check("stop", assayd.stop(), 0)


def test_no_policy_over_tcp(folder):
    """A verdict there is, but nothing that could change anything."""
    port = base.free_port()
    text = (f'Scan_Listener "tcp" {{ Listen = "inet:{port}@127.0.0.1" }}\n' +
            base.engine(folder))
    with Assayd(folder, text=text) as assayd:
        check("check", error_of(port, request("check", ENVELOPE)),
              "check is for unix sockets only")
        _, values = ask(port, "scan", body=EICAR)
        check("scan", values["status"], ["infected"])
        check("stop", assayd.stop(), 0)


def test_reload_between_requests(folder):
    with serve(folder) as assayd:
        check("before", values_of(folder)["action"], ["continue"])
        assayd.process.send_signal(signal.SIGUSR1)
        wait_for("reload", lambda: "assayd.reload " in
                 assayd.log.read_text())
        check("after", values_of(folder, body=EICAR)["action"], ["reject"])
        check("stop", assayd.stop(), 0)


if __name__ == "__main__":
    if not base.CLAMAV:
        print("skipped: built without the engine clamav")
        sys.exit(base.SKIPPED)
    sys.exit(run_tests(globals()))
