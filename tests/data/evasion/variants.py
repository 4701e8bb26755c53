# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Ways to hide a file in a mail so that one reader sees it and another does
not, after public descriptions: RFC 2231 and parser notes, the fixtures of
mail scanners, papers on MIME ambiguities. Each function makes a message
around the bytes of a file."""
import base64
import binascii
import quopri
import struct

TOP = (b"From: Sender <sender@example.org>\r\n"
       b"To: recipient@example.net\r\n"
       b"Subject: Report\r\n"
       b"Date: Mon, 2 Nov 2026 10:00:00 +0000\r\n"
       b"Message-ID: <1@example.org>\r\n"
       b"MIME-Version: 1.0\r\n")
TEXT = b"Content-Type: text/plain\r\n\r\nPlease see the file.\r\n"
APP = b"Content-Type: application/octet-stream; name=report.com\r\n"
B64 = b"Content-Transfer-Encoding: base64\r\n"
QP = b"Content-Transfer-Encoding: quoted-printable\r\n"

VARIANTS = {}


def variant(function):
    VARIANTS[function.__name__.replace("_", "-")] = function
    return function


# ---- pieces ---------------------------------------------------------------


def b64(data, width=76):
    text = base64.b64encode(data)
    return b"".join(text[i:i + width] + b"\r\n"
                    for i in range(0, len(text), width))


def hex_qp(data, lower=False):
    form = "=%02x" if lower else "=%02X"
    text = "".join(form % byte for byte in data).encode()
    return b"".join(text[i:i + 72] + b"=\r\n" for i in range(0, len(text), 72))


def part(data, head=APP + B64):
    return head + b"\r\n" + b64(data)


def mixed(parts, boundary=b"b1", kind=b"mixed", end=True):
    body = b"".join(b"--" + boundary + b"\r\n" + p for p in parts)
    return body + (b"--" + boundary + b"--\r\n" if end else b"")


def multi(data, type_header, boundary=b"b1", head=APP + B64):
    return (TOP + type_header + b"\r\n" +
            mixed([TEXT, part(data, head)], boundary))


def typed(params):
    return b"Content-Type: multipart/mixed" + params + b"\r\n"


def uu(data, begin=b"begin 644 report.com", end=b"`\r\nend\r\n"):
    lines = [begin + b"\r\n"]
    for i in range(0, len(data), 45):
        lines.append(binascii.b2a_uu(data[i:i + 45]).rstrip(b"\n") + b"\r\n")
    return b"".join(lines) + end


def yenc(data):
    out = bytearray()
    for byte in data:
        c = (byte + 42) & 255
        if c in (0, 10, 13, 61):
            out += bytes((61, (c + 64) & 255))
        else:
            out.append(c)
    return (b"=ybegin line=128 size=%d name=report.com\r\n" % len(data) +
            bytes(out) + b"\r\n=yend size=%d\r\n" % len(data))


HQX = (b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUV"
       b"XYZ[`abcdefhijklmpqr")


def crc(data):
    return struct.pack(">H", binascii.crc_hqx(data, 0))


def binhex(data):
    name = b"report.com"
    head = (bytes([len(name)]) + name + b"\0TEXTttxt\0\0" +
            struct.pack(">II", len(data), 0))
    raw = head + crc(head) + data + crc(data) + crc(b"")
    raw = raw.replace(b"\x90", b"\x90\0")
    bits = "".join(format(byte, "08b") for byte in raw)
    bits += "0" * (-len(bits) % 6)
    text = bytes(HQX[int(bits[i:i + 6], 2)] for i in range(0, len(bits), 6))
    text = b":" + text + b":"
    return (b"(This file must be converted with BinHex 4.0)\r\n\r\n" +
            b"".join(text[i:i + 64] + b"\r\n"
                     for i in range(0, len(text), 64)))


def tnef_attribute(level, number, kind, data):
    return (struct.pack("<BHHI", level, number, kind, len(data)) + data +
            struct.pack("<H", sum(data) & 0xffff))


def tnef(data, as_property=False):
    out = struct.pack("<IH", 0x223e9f78, 1)
    out += tnef_attribute(1, 0x9006, 8, b"\0\0\1\0")
    out += tnef_attribute(2, 0x9002, 6, b"\0" * 14)
    out += tnef_attribute(2, 0x8010, 1, b"REPORT.COM\0")
    if as_property:
        pad = b"\0" * (-len(data) % 4)
        prop = (struct.pack("<IHHII", 1, 0x0102, 0x3701, 1, len(data)) + data +
                pad)
        return out + tnef_attribute(2, 0x9005, 6, prop)
    return out + tnef_attribute(2, 0x800f, 6, data)


# ---- types ------------------------------------------------------------------


@variant
def type_twice_multipart_last(d):
    return multi(d, b"Content-Type: text/plain\r\n" + typed(b"; boundary=b1"))


@variant
def type_twice_multipart_first(d):
    return multi(d, typed(b"; boundary=b1") + b"Content-Type: text/plain\r\n")


@variant
def type_twice_other_boundary(d):
    return multi(d, typed(b"; boundary=zz") + typed(b"; boundary=b1"))


@variant
def type_three_times(d):
    return multi(d, typed(b"; boundary=x") + typed(b"; boundary=b1") +
                 typed(b"; boundary=y"))


@variant
def type_without_slash(d):
    return multi(d, b"Content-Type: multipart; boundary=b1\r\n")


@variant
def type_with_blanks_in_it(d):
    return multi(d, b"Content-Type: multipart / mixed; boundary=b1\r\n")


@variant
def type_without_semicolon(d):
    return multi(d, b"Content-Type: multipart/mixed boundary=b1\r\n")


@variant
def type_after_comment(d):
    return multi(d, b"Content-Type: (x) multipart/mixed; boundary=b1\r\n")


@variant
def type_quoted(d):
    return multi(d, b"Content-Type: \"multipart/mixed\"; boundary=b1\r\n")


@variant
def type_text_with_boundary(d):
    return multi(d, b"Content-Type: text/plain; boundary=b1\r\n")


@variant
def type_unknown_multipart(d):
    return multi(d, b"Content-Type: multipart/x-unknown; boundary=b1\r\n")


@variant
def type_upper_case(d):
    return multi(d, b"CONTENT-TYPE: MULTIPART/MIXED; BOUNDARY=b1\r\n")


@variant
def type_on_next_line(d):
    return multi(d, b"Content-Type:\r\n multipart/mixed;\r\n boundary=b1\r\n")


@variant
def type_missing(d):
    return TOP + b"\r\n" + mixed([TEXT, part(d)])


# ---- boundaries ---------------------------------------------------------------


@variant
def boundary_twice_last(d):
    return multi(d, typed(b"; boundary=zz; boundary=b1"))


@variant
def boundary_twice_first(d):
    return multi(d, typed(b"; boundary=b1; boundary=zz"))


@variant
def boundary_plain_and_extended(d):
    return multi(d, typed(b"; boundary=b1; boundary*=us-ascii''zz"))


@variant
def boundary_extended_and_plain(d):
    return multi(d, typed(b"; boundary=zz; boundary*=us-ascii''b1"))


@variant
def boundary_sections(d):
    return multi(d, typed(b"; boundary*0=b; boundary*1=1"))


@variant
def boundary_sections_and_plain(d):
    return multi(d, typed(b"; boundary=b1; boundary*0=z; boundary*1=z"))


@variant
def boundary_sections_out_of_order(d):
    return multi(d, typed(b"; boundary*1=1; boundary*0=b"))


@variant
def boundary_percent(d):
    return multi(d, typed(b"; boundary*=''%62%31"))


@variant
def boundary_percent_not_extended(d):
    return multi(d, typed(b"; boundary=\"b%31\""))


@variant
def boundary_comment_behind(d):
    return multi(d, typed(b"; boundary=b1(comment)"))


@variant
def boundary_comment_kept(d):
    return multi(d, typed(b"; boundary=b1(c)"), b"b1(c)")


@variant
def boundary_in_comment(d):
    return multi(d, typed(b"; (boundary=zz) boundary=b1"))


@variant
def boundary_only_in_comment(d):
    return multi(d, typed(b" (; boundary=b1)"))


@variant
def boundary_quote_not_closed(d):
    return multi(d, typed(b"; boundary=\"b1"))


@variant
def boundary_quotes_kept(d):
    return multi(d, typed(b"; boundary=\"b1\""), b"\"b1\"")


@variant
def boundary_text_behind_quotes(d):
    return multi(d, typed(b"; boundary=\"b1\"x"))


@variant
def boundary_text_behind_quotes_joined(d):
    return multi(d, typed(b"; boundary=\"b\"1"))


@variant
def boundary_blank_in_it(d):
    return multi(d, typed(b"; boundary=b1 x"))


@variant
def boundary_blank_kept(d):
    return multi(d, typed(b"; boundary=b1 x"), b"b1 x")


@variant
def boundary_backslash(d):
    return multi(d, typed(b"; boundary=\"b\\1\""))


@variant
def boundary_semicolon_in_quotes(d):
    return multi(d, typed(b"; boundary=\"b1;x\""), b"b1;x")


@variant
def boundary_encoded_word(d):
    return multi(d, typed(b"; boundary=\"=?us-ascii?Q?b1?=\""))


@variant
def boundary_missing(d):
    return multi(d, typed(b""))


@variant
def boundary_empty(d):
    return multi(d, typed(b"; boundary=\"\""))


@variant
def boundary_of_dashes(d):
    return multi(d, typed(b"; boundary=\"--\""), b"--")


@variant
def boundary_other_than_said(d):
    return multi(d, typed(b"; boundary=zz"))


@variant
def boundary_as_prefix(d):
    return multi(d, typed(b"; boundary=b1"), b"b1xyz")


@variant
def boundary_other_case(d):
    return multi(d, typed(b"; boundary=aB1"), b"Ab1")


@variant
def boundary_indented(d):
    return (TOP + typed(b"; boundary=b1") + b"\r\n" +
            b" --b1\r\n" + part(d) + b" --b1--\r\n")


@variant
def boundary_blanks_behind(d):
    return multi(d, typed(b"; boundary=b1")).replace(
        b"--b1\r\n", b"--b1 \t\r\n")


@variant
def boundary_of_a_thousand(d):
    return multi(d, typed(b"; boundary=" + b"x" * 900), b"x" * 900)


@variant
def boundary_same_for_inner(d):
    inner = typed(b"; boundary=b1") + b"\r\n" + mixed([TEXT, part(d)])
    return TOP + typed(b"; boundary=b1") + b"\r\n" + mixed([inner, TEXT])


@variant
def boundary_inner_extends_outer(d):
    inner = typed(b"; boundary=b1b") + b"\r\n" + mixed([part(d)], b"b1b")
    return TOP + typed(b"; boundary=b1") + b"\r\n" + mixed([inner, TEXT])


# ---- outside of parts ----------------------------------------------------------


@variant
def preamble_part(d):
    return (TOP + typed(b"; boundary=b1") + b"\r\n--zz\r\n" + part(d) +
            b"--zz--\r\n" + mixed([TEXT]))


@variant
def preamble_headers(d):
    return TOP + typed(b"; boundary=b1") + b"\r\n" + part(d) + mixed([TEXT])


@variant
def preamble_uuencode(d):
    return TOP + typed(b"; boundary=b1") + b"\r\n" + uu(d) + mixed([TEXT])


@variant
def preamble_raw(d):
    return TOP + typed(b"; boundary=b1") + b"\r\n" + d + b"\r\n" + mixed([TEXT])


@variant
def preamble_bare_base64(d):
    return (TOP + typed(b"; boundary=b1") + b"\r\n" + b64(d) + mixed([TEXT]))


@variant
def epilogue_part(d):
    return multi(b"x", typed(b"; boundary=b1")) + mixed([part(d)])


@variant
def epilogue_other_boundary(d):
    return multi(b"x", typed(b"; boundary=b1")) + mixed([part(d)], b"zz")


@variant
def epilogue_uuencode(d):
    return multi(b"x", typed(b"; boundary=b1")) + uu(d)


@variant
def final_boundary_missing(d):
    return (TOP + typed(b"; boundary=b1") + b"\r\n" +
            mixed([TEXT, part(d)], end=False))


@variant
def final_boundary_first(d):
    return (TOP + typed(b"; boundary=b1") + b"\r\n--b1--\r\n" +
            mixed([TEXT, part(d)]))


# ---- headers ---------------------------------------------------------------


@variant
def blank_before_colon(d):
    return multi(d, b"Content-Type : multipart/mixed; boundary=b1\r\n")


@variant
def blank_before_colon_of_part(d):
    return multi(d, typed(b"; boundary=b1"), head=APP +
                 b"Content-Transfer-Encoding : base64\r\n")


@variant
def bare_cr_before_type(d):
    return multi(d, b"X-Mine: x\r" + typed(b"; boundary=b1"))


@variant
def bare_cr_in_part(d):
    return multi(d, typed(b"; boundary=b1")).replace(
        b"--b1\r\n" + APP, b"--b1\r" + APP.replace(b"\r\n", b"\r"))


@variant
def bare_cr_only(d):
    return multi(d, typed(b"; boundary=b1")).replace(b"\r\n", b"\r")


@variant
def bare_lf_mixed(d):
    return multi(d, typed(b"; boundary=b1")).replace(b"--b1\r\n", b"--b1\n")


@variant
def bare_lf_hides_header(d):
    return multi(d, typed(b"; boundary=b1"), head=APP + b"X: y\n" + B64)


@variant
def double_cr(d):
    return multi(d, typed(b"; boundary=b1")).replace(b"\r\n", b"\r\r\n")


@variant
def nul_in_name(d):
    return multi(d, b"Content\0-Type: multipart/mixed; boundary=b1\r\n")


@variant
def nul_in_boundary(d):
    return multi(d, typed(b"; boundary=b\x001"))


@variant
def nul_ends_boundary(d):
    return multi(d, typed(b"; boundary=\"b1\0zz\""))


@variant
def nul_in_encoding(d):
    return multi(d, typed(b"; boundary=b1"), head=APP +
                 b"Content-Transfer-Encoding: ba\0se64\r\n")


@variant
def nul_in_boundary_line(d):
    return multi(d, typed(b"; boundary=b1")).replace(
        b"--b1\r\n" + APP, b"--b\x001\r\n" + APP)


@variant
def junk_line_in_header(d):
    return multi(d, b"this is no header\r\n" + typed(b"; boundary=b1"))


@variant
def junk_line_in_part_header(d):
    return multi(d, typed(b"; boundary=b1"), head=APP + b"junk\r\n" + B64)


@variant
def blank_line_in_header(d):
    return multi(d, b"X-Mine: y\r\n \r\n" + typed(b"; boundary=b1"))


@variant
def blank_line_ends_header(d):
    return (TOP + typed(b"; boundary=b1") + b" \t\r\n" +
            mixed([TEXT, APP + B64 + b" \r\n" + b64(d)]))


@variant
def empty_line_before_part_header(d):
    return multi(d, typed(b"; boundary=b1")).replace(
        b"--b1\r\n" + APP, b"--b1\r\n\r\n" + APP)


@variant
def header_begins_with_fold(d):
    return multi(d, typed(b"; boundary=b1")).replace(
        b"--b1\r\n" + APP, b"--b1\r\n X: y\r\n" + APP)


# ---- encodings -------------------------------------------------------------


def encoded(data, header, body):
    return multi(data, typed(b"; boundary=b1")).replace(
        B64 + b"\r\n" + b64(data), header + b"\r\n" + body)


def encoding_variant(name, header, body):
    VARIANTS[name] = lambda d: encoded(d, header, body(d))


CTE = b"Content-Transfer-Encoding: "
encoding_variant("encoding-twice-last", CTE + b"7bit\r\n" + B64, b64)
encoding_variant("encoding-twice-first", B64 + CTE + b"7bit\r\n", b64)
encoding_variant("encoding-twice-qp", CTE + b"base64\r\n" + QP, hex_qp)
encoding_variant("encoding-unknown-word", CTE + b"x-base64x\r\n", b64)
encoding_variant("encoding-two-words", CTE + b"7bit base64\r\n", b64)
encoding_variant("encoding-blank-in-word", CTE + b"base 64\r\n", b64)
encoding_variant("encoding-quoted", CTE + b"\"base64\"\r\n", b64)
encoding_variant("encoding-comment-first", CTE + b"(x) base64\r\n", b64)
encoding_variant("encoding-comment-inside", CTE + b"base(x)64\r\n", b64)
encoding_variant("encoding-with-semicolon", CTE + b"base64; x=y\r\n", b64)
encoding_variant("encoding-folded", CTE + b"\r\n base64\r\n", b64)
encoding_variant("encoding-mixed-case", CTE + b"BaSe64\r\n", b64)
encoding_variant("encoding-missing", b"", b64)
encoding_variant("encoding-says-qp", QP, b64)
encoding_variant("encoding-says-base64-is-qp", B64, hex_qp)
encoding_variant("encoding-says-base64-is-raw", B64, lambda d: d + b"\r\n")
encoding_variant("encoding-says-7bit-is-qp", CTE + b"7bit\r\n", hex_qp)
encoding_variant("encoding-x-uuencode", CTE + b"x-uuencode\r\n", uu)
encoding_variant("encoding-uuencode-without-begin", CTE + b"x-uuencode\r\n",
                 lambda d: uu(d).split(b"\r\n", 1)[1])
encoding_variant("encoding-yenc", CTE + b"x-yenc\r\n", yenc)
encoding_variant("encoding-binhex", CTE + b"x-binhex40\r\n", binhex)


def split_b64(d):
    return base64.b64encode(d[:20]) + base64.b64encode(d[20:])


encoding_variant("base64-padding-inside", B64, lambda d: split_b64(d) + b"\r\n")
encoding_variant("base64-padding-between-lines", B64,
                 lambda d: base64.b64encode(d[:20]) + b"\r\n" + b64(d[20:]))
encoding_variant("base64-decoy-before-padding", B64,
                 lambda d: b"QQ==\r\n" + b64(d))
encoding_variant("base64-padding-ignored", B64,
                 lambda d: b64(d)[:9] + b"=" + b64(d)[9:])
encoding_variant("base64-padding-missing", B64,
                 lambda d: b64(d).replace(b"=", b""))
encoding_variant("base64-padding-first", B64, lambda d: b"====\r\n" + b64(d))
encoding_variant("base64-junk-characters", B64,
                 lambda d: b"!*".join(b64(d)[i:i + 5]
                                      for i in range(0, len(b64(d)), 5)))
encoding_variant("base64-junk-lines", B64,
                 lambda d: b"--- not base64 ---\r\n" + b64(d))
encoding_variant("base64-junk-behind", B64,
                 lambda d: b64(d) + b"_____\r\nlist footer, not data\r\n")
encoding_variant("base64-one-per-line", B64, lambda d: b64(d, 1))
encoding_variant("base64-odd-lines", B64,
                 lambda d: b"".join(base64.b64encode(d)[i:i + 4] + b"A\r\n"
                                    for i in range(0, 92, 4)))
encoding_variant("base64-long-line", B64, lambda d: b64(d * 20, 4000))
encoding_variant("base64-high-bytes", B64,
                 lambda d: b64(d)[:8] + b"\xff\xe9" + b64(d)[8:])
encoding_variant("base64-nul-inside", B64,
                 lambda d: b64(d)[:8] + b"\0" + b64(d)[8:])
encoding_variant("qp-lower-case", QP, lambda d: hex_qp(d, True))
encoding_variant("qp-plain", QP, lambda d: quopri.encodestring(d) + b"\r\n")
encoding_variant("qp-blanks-behind-break", QP,
                 lambda d: hex_qp(d).replace(b"=\r\n", b"= \t\r\n"))
encoding_variant("qp-bare-cr-break", QP,
                 lambda d: hex_qp(d).replace(b"=\r\n", b"=\r"))
encoding_variant("qp-equals-signs", QP,
                 lambda d: d.replace(b"!", b"=!").replace(b"+", b"=+"))


# ---- files in text -----------------------------------------------------------


def in_text(name, body):
    VARIANTS[name] = lambda d: (TOP + b"Content-Type: text/plain\r\n\r\n"
                                b"Here it is:\r\n\r\n" + body(d) +
                                b"\r\nRegards\r\n")


in_text("text-uuencode", uu)
in_text("text-uuencode-without-end", lambda d: uu(d, end=b""))
in_text("text-uuencode-odd-begin",
        lambda d: uu(d, begin=b"BEGIN  0755  report.com"))
in_text("text-uuencode-without-name", lambda d: uu(d, begin=b"begin 644"))
in_text("text-uuencode-second",
        lambda d: uu(b"first file", end=b"") + uu(d))
in_text("text-uuencode-base64",
        lambda d: b"begin-base64 644 report.com\r\n" + b64(d) + b"====\r\n")
in_text("text-yenc", yenc)
in_text("text-yenc-part",
        lambda d: yenc(d).replace(b"report.com\r\n",
                                  b"report.com\r\n=ypart begin=1 end=68\r\n"))
in_text("text-binhex", binhex)
in_text("text-message", lambda d: b"----- Original message -----\r\n\r\n" +
        multi(d, typed(b"; boundary=b9"), b"b9"))
in_text("text-part", lambda d: b"\r\n" + part(d))
in_text("text-multipart-body", lambda d: mixed([TEXT, part(d)], b"b9"))


@variant
def uuencode_without_mime(d):
    return (b"From: a@example.org\r\nSubject: x\r\n\r\n" + uu(d))


@variant
def uuencode_in_html(d):
    return (TOP + b"Content-Type: text/html\r\n\r\n<pre>\r\n" + uu(d) +
            b"</pre>\r\n")


@variant
def uuencode_encoded_in_base64(d):
    return multi(uu(d), typed(b"; boundary=b1"),
                 head=b"Content-Type: text/plain\r\n" + B64)


@variant
def tnef_attachment(d):
    return multi(tnef(d), typed(b"; boundary=b1"),
                 head=b"Content-Type: application/ms-tnef; "
                      b"name=winmail.dat\r\n" + B64)


@variant
def tnef_property(d):
    return multi(tnef(d, True), typed(b"; boundary=b1"),
                 head=b"Content-Type: application/ms-tnef\r\n" + B64)


@variant
def tnef_under_other_type(d):
    return multi(tnef(d), typed(b"; boundary=b1"),
                 head=b"Content-Type: image/png\r\n" + B64)


@variant
def binhex_type(d):
    return multi(d, typed(b"; boundary=b1")).replace(
        APP + B64 + b"\r\n" + b64(d),
        b"Content-Type: application/mac-binhex40\r\n\r\n" + binhex(d))


# ---- charsets -------------------------------------------------------------


def charset_variant(name, charset, encode):
    VARIANTS[name] = lambda d: multi(
        encode(d.decode("ascii")), typed(b"; boundary=b1"),
        head=b"Content-Type: text/plain; charset=" + charset + b"\r\n" + B64)


charset_variant("charset-utf-7", b"utf-7", lambda t: t.encode("utf-7"))
charset_variant("charset-utf-16", b"UTF-16", lambda t: t.encode("utf-16"))
charset_variant("charset-utf-16le", b"utf-16le",
                lambda t: t.encode("utf-16-le"))
charset_variant("charset-utf-16be", b"utf-16be",
                lambda t: t.encode("utf-16-be"))
charset_variant("charset-utf-32", b"utf-32", lambda t: t.encode("utf-32"))
charset_variant("charset-hidden-utf-16", b"us-ascii",
                lambda t: t.encode("utf-16"))


# ---- messages in messages ----------------------------------------------------


@variant
def message_in_base64(d):
    inner = multi(d, typed(b"; boundary=b2"), b"b2")
    return multi(inner, typed(b"; boundary=b1"),
                 head=b"Content-Type: message/rfc822\r\n" + B64)


@variant
def message_in_qp(d):
    inner = multi(d, typed(b"; boundary=b2"), b"b2")
    return multi(d, typed(b"; boundary=b1")).replace(
        APP + B64 + b"\r\n" + b64(d),
        b"Content-Type: message/rfc822\r\n" + QP + b"\r\n" + hex_qp(inner))


@variant
def message_in_base64_twice(d):
    inner = message_in_base64(d)
    return multi(inner, typed(b"; boundary=b1"),
                 head=b"Content-Type: message/rfc822\r\n" + B64)


@variant
def message_partial(d):
    inner = multi(d, typed(b"; boundary=b2"), b"b2")
    return (TOP + b"Content-Type: message/partial; number=1; total=2; id=x"
            b"\r\n\r\n" + inner)


@variant
def message_partial_second(d):
    return (TOP + b"Content-Type: message/partial; number=2; total=2; id=x"
            b"\r\n\r\n" + b64(d))


@variant
def message_external_body(d):
    return multi(d, typed(b"; boundary=b1"),
                 head=b"Content-Type: message/external-body; "
                      b"access-type=x\r\n\r\n" + APP + B64)


@variant
def message_news(d):
    inner = multi(d, typed(b"; boundary=b2"), b"b2")
    return TOP + b"Content-Type: message/news\r\n\r\n" + inner


@variant
def multipart_in_base64(d):
    body = mixed([TEXT, part(d)])
    return TOP + typed(b"; boundary=b1") + B64 + b"\r\n" + b64(body)


@variant
def digest_default_type(d):
    inner = b"Subject: x\r\n" + APP + B64 + b"\r\n" + b64(d)
    return (TOP + b"Content-Type: multipart/digest; boundary=b1\r\n\r\n" +
            mixed([b"\r\n" + inner]))


@variant
def nested_twelve_deep(d):
    body = part(d)
    for depth in range(12):
        boundary = b"n%d" % depth
        body = (typed(b"; boundary=" + boundary) + b"\r\n" +
                mixed([body], boundary))
    return TOP + body


@variant
def signed_second_part(d):
    return (TOP + b"Content-Type: multipart/signed; boundary=b1\r\n\r\n" +
            mixed([TEXT, part(d)]))


@variant
def name_in_encoded_word(d):
    return multi(d, typed(b"; boundary=b1"), head=B64 +
                 b"Content-Type: image/png\r\nContent-Disposition: attachment;"
                 b" filename=\"=?utf-8?B?cmVwb3J0LmNvbQ==?=\"\r\n")


@variant
def name_in_sections(d):
    return multi(d, typed(b"; boundary=b1"), head=B64 +
                 b"Content-Type: image/png\r\nContent-Disposition: attachment;"
                 b" filename*0*=utf-8''rep%6Frt; filename*1=.com\r\n")
