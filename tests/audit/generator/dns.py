"""DNS over UDP: a query and its answer (RFC 1035)."""
import ipaddress
import struct

from generator.messages import u16, vector

A, AAAA, CNAME, TLSA, HTTPS, CAA = 1, 28, 5, 52, 65, 257
IN = 1
ECH = 5  # the SvcParamKey (RFC 9848)


def name(text):
    return b"".join(vector(1, label.encode()) for label in text.rstrip(".").split(".")) + b"\0"


def address(text):
    return ipaddress.ip_address(text).packed


def https(target=".", priority=1, **parameters):
    """An HTTPS record's data (RFC 9460); parameters by number: p5=b"…"."""
    numbered = sorted((int(key[1:]), value) for key, value in parameters.items())
    return u16(priority) + (b"\0" if target == "." else name(target)) + b"".join(
        u16(key) + vector(2, value) for key, value in numbered)


def ech_config_list(config_id, public_name, key=bytes(32)):
    """An ECHConfigList of one config (RFC 9849 section 4), DHKEM(X25519), HKDF-SHA256, AES-128-GCM."""
    contents = bytes([config_id]) + u16(0x20) + vector(2, key) + vector(2, u16(1) + u16(1)) + \
        b"\0" + vector(1, public_name.encode()) + u16(0)
    return vector(2, u16(0xFE0D) + vector(2, contents))


def tlsa(usage, selector, matching, data):
    """RFC 6698 section 2.1"""
    return bytes([usage, selector, matching]) + data


def caa(tag, value):
    """RFC 8659 section 4.1.1"""
    return b"\0" + vector(1, tag.encode()) + value.encode()


def question(text, kind):
    return name(text) + u16(kind) + u16(IN)


def look_up(capture, text, records, kind=A, client="10.9.0.1:53001", server="10.9.0.53:53",
            rcode=0):
    """Query and answer, two frames; `records` are (type, data, ttl), of that name."""
    ident = struct.unpack(">H", capture.fresh(2))[0]
    capture.udp(client, server, struct.pack(">HHHHHH", ident, 0x0100, 1, 0, 0, 0) +
                question(text, kind))
    answers = b"".join(b"\xc0\x0c" + u16(which) + u16(IN) + struct.pack(">I", ttl) +
                       vector(2, data) for which, data, ttl in records)
    return capture.udp(server, client, struct.pack(">HHHHHH", ident, 0x8180 | rcode, 1,
                                                   len(records), 0, 0) +
                       question(text, kind) + answers)
