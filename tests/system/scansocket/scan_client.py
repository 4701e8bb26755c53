# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""What tests of the scan socket share: a configuration, connections, requests
of both protocols, and contents whose verdict is known."""

import array
import io
import os
import pathlib
import socket
import struct
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/system/support"))
# pylint: disable=wrong-import-position
from assayd import PATIENCE_S, Failure  # noqa: E402
from mail_samples import EICAR  # noqa: E402

CLAMAV = (pathlib.Path(os.environ["ASSAY_BUILD"]) /
          "lib/assay/engines/clamav.so").exists()
SKIPPED = 77
DECOMPOSE = 'mime_decompose = true file_base = "FOLDER/tmp"'
THREAT = b"Eicar-Test-Signature.UNOFFICIAL"
OK = b"stream: OK"
FOUND = b"stream: " + THREAT + b" FOUND"
CLEAN_MAIL = b"From: a@example.com\r\nSubject: x\r\n\r\nhello\r\n"


def infected_mail(end=b"\r\n"):
    return end.join((b"From: a@example.com", b"Subject: x", b"", EICAR, b""))


def encrypted_zip():
    """A zip whose only member says that it is encrypted."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", b"nothing to see")
    data = bytearray(out.getvalue())
    data[6] |= 1  # flags of the local header
    data[data.index(b"PK\1\2") + 8] |= 1  # and of the directory
    return bytes(data)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def engine(folder, more="", options=""):
    """Stanzas for one scope with a signature that finds EICAR."""
    (folder / "db").mkdir(exist_ok=True)
    (folder / "tmp").mkdir(mode=0o700, exist_ok=True)
    options = options.replace("FOLDER", str(folder))
    (folder / "db/test.ndb").write_text(
        f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n", encoding="ascii")
    return f"""clamav {{}}
    antivirus "antivirus1" {{ {options}
        clamav "clamav1" {{ signatures = "{folder}/db" }}
    }}
    {more}
    """


def listener(options="", name="scan"):
    return f'Scan_Listener "{name}" {{ Listen = "SOCKET" {options} }}\n'


def connect(where):
    """@param where  a folder with the socket, or a port"""
    if isinstance(where, int):
        return socket.create_connection(("127.0.0.1", where), PATIENCE_S)
    client = socket.socket(socket.AF_UNIX)
    client.connect(f"{where}/s")  # waits for a place, as one with a timeout
    client.settimeout(PATIENCE_S)  # would not
    return client


def send_descriptors(client, data, files):
    client.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                             array.array("i", files))])


def read_all(client):
    """Everything up to the end; a reset is one, too."""
    data = b""
    while True:
        try:
            part = client.recv(65536)
        except ConnectionResetError:
            return data
        except socket.timeout as error:
            raise Failure(f"no end after {data!r}") from error
        if not part:
            return data
        data += part


def read_until(client, end):
    data = b""
    while not data.endswith(end):
        part = client.recv(65536)
        if not part:
            raise Failure(f"the connection ended after {data!r}")
        data += part
    return data


def send_all(client, data):
    """Everything, or as much as the server wants."""
    try:
        client.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass


def talk(where, data, files=()):
    """The answer to a connection's bytes."""
    with connect(where) as client:
        if files:
            send_descriptors(client, data, files)
        else:
            send_all(client, data)
        return read_all(client)


# ---- clamd ------------------------------------------------------------------

def chunk(data):
    return struct.pack(">I", len(data)) + data


def instream(*chunks, command=b"zINSTREAM\0"):
    return (command + b"".join(chunk(part) for part in chunks if part) +
            chunk(b""))


def scan(where, data):
    """The result of one stream."""
    return talk(where, instream(data)).rstrip(b"\0")


# ---- assay ------------------------------------------------------------------

def request(kind="check", lines=(), headers=b"Subject: x\n", body=b"hello\n",
            where=None):
    """@param where  the line that says where the body is; None: inline"""
    out = [f"assay/1 {kind}".encode(), *(line.encode() for line in lines)]
    text = b"".join(line + b"\n" for line in out)
    if headers is not None:
        text += b"headers=%d\n" % len(headers) + headers
    if where is None:
        text += b"body=inline %d\n" % len(body) + body
    else:
        text += where.encode() + b"\n"
    return text + b"end\n"


def decode(value):
    out, i = bytearray(), 0
    while i < len(value):
        if value[i:i + 1] == b"%":
            out.append(int(value[i + 1:i + 3], 16))
            i += 3
        else:
            out.append(value[i])
            i += 1
    return bytes(out).decode("latin-1")


def parse(answer):
    """Its first line, and a list of values for each key."""
    lines = answer.split(b"\n")
    if lines[-2:] != [b"end", b""]:
        raise Failure(f"no whole answer: {answer!r}")
    values = {}
    for line in lines[1:-2]:
        key, _, value = line.partition(b"=")
        values.setdefault(decode(key), []).append(decode(value))
    return lines[0].decode(), values


def ask(server, *arguments, files=(), **options):
    """First line and values of the answer to a request."""
    return parse(talk(server, request(*arguments, **options), files))
