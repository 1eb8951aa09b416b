#!/usr/bin/env python3
"""scts.py FOLDER ISSUER ISSUER_KEY: a log of Certificate Transparency, a list of logs that names it,
and SCTs by it, made by RFC 6962 section 3.2: embedded in a certificate, for the extension of TLS, and in
an OCSP response."""
import base64
import datetime
import hashlib
import json
import os
import struct
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier

DER = serialization.Encoding.DER
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
EMBEDDED = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
TIME_MS = 1767225600123  # 2026-01-01T00:00:00.123Z


class Log:
    def __init__(self, name, key):
        self.name, self.key = name, key
        self.spki = key.public_key().public_bytes(DER, SPKI)
        self.id = hashlib.sha256(self.spki).digest()

    def sign(self, entry, extensions=b""):
        head = struct.pack(">BBQ", 0, 0, TIME_MS)
        tail = struct.pack(">H", len(extensions)) + extensions
        if isinstance(self.key, rsa.RSAPrivateKey):
            kind, signature = 1, self.key.sign(head + entry + tail, padding.PKCS1v15(), hashes.SHA256())
        else:
            kind, signature = 3, self.key.sign(head + entry + tail, ec.ECDSA(hashes.SHA256()))
        return (b"\0" + self.id + head[2:] + tail + struct.pack(">BBH", 4, kind, len(signature)) + signature)


def sct_list(scts):
    body = b"".join(struct.pack(">H", len(s)) + s for s in scts)
    return struct.pack(">H", len(body)) + body


def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size, "big") + body


def vector(body):
    return len(body).to_bytes(3, "big") + body


def der_oid(dotted):
    numbers = [int(n) for n in dotted.split(".")]
    out = bytes([numbers[0] * 40 + numbers[1]])
    for number in numbers[2:]:
        septets = [number & 127]
        while number > 127:
            number >>= 7
            septets.insert(0, number & 127 | 128)
        out += bytes(septets)
    return tlv(6, out)


def certificate(issuer, issuer_key, key, extra=None):
    builder = (x509.CertificateBuilder()
               .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "logged.example")]))
               .issuer_name(issuer.subject).public_key(key.public_key()).serial_number(0x8010)
               .not_valid_before(datetime.datetime(2026, 1, 1))
               .not_valid_after(datetime.datetime(2026, 4, 1))
               .add_extension(x509.BasicConstraints(False, None), critical=True))
    if extra is not None:
        builder = builder.add_extension(x509.UnrecognizedExtension(EMBEDDED, tlv(4, extra)), critical=False)
    return builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("logged.example")]),
                                 critical=False).sign(issuer_key, hashes.SHA256())


def ocsp_response(issuer, issuer_key, leaf, scts):
    """RFC 6960 section 4.2.1, good, with a list of SCTs in its single extensions."""
    null = tlv(5)
    name_hash = hashlib.sha1(issuer.subject.public_bytes()).digest()
    bits = issuer.public_key().public_bytes(serialization.Encoding.X962,
                                            serialization.PublicFormat.UncompressedPoint)
    serial = leaf.serial_number.to_bytes(3, "big").lstrip(b"\0")
    serial = b"\0" + serial if serial[0] & 128 else serial
    cert_id = tlv(0x30, tlv(0x30, der_oid("1.3.14.3.2.26"), null), tlv(4, name_hash),
                  tlv(4, hashlib.sha1(bits).digest()), tlv(2, serial))
    extension = tlv(0x30, der_oid("1.3.6.1.4.1.11129.2.4.5"), tlv(4, tlv(4, scts)))
    single = tlv(0x30, cert_id, tlv(0x80), tlv(0x18, b"20260301120000Z"),
                 tlv(0xA0, tlv(0x18, b"20260308120000Z")), tlv(0xA1, tlv(0x30, extension)))
    data = tlv(0x30, tlv(0xA1, issuer.subject.public_bytes()), tlv(0x18, b"20260301120000Z"),
               tlv(0x30, single))
    signature = issuer_key.sign(data, ec.ECDSA(hashes.SHA256()))
    basic = tlv(0x30, data, tlv(0x30, der_oid("1.2.840.10045.4.3.2")), tlv(3, b"\0" + signature))
    return tlv(0x30, tlv(10, b"\0"), tlv(0xA0, tlv(
        0x30, der_oid("1.3.6.1.5.5.7.48.1.1"), tlv(4, basic))))


def log_list(logs):
    def entry(log, state):
        return {"description": log.name, "log_id": base64.b64encode(log.id).decode(),
                "key": base64.b64encode(log.spki).decode(), "url": "https://log.example/", "mmd": 86400,
                "state": {state: {"timestamp": "2025-01-01T00:00:00Z"}}}
    return {"version": "1", "operators": [
        {"name": "Example Operator", "email": [], "logs": [entry(logs[0], "usable")]},
        {"name": "Other Operator", "email": [], "logs": [],
         "tiled_logs": [entry(logs[1], "readonly")]}]}


def main(folder, issuer_file, issuer_key_file):
    def write(name, data):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)

    issuer = x509.load_pem_x509_certificate(open(issuer_file, "rb").read())
    issuer_key = serialization.load_pem_private_key(open(issuer_key_file, "rb").read(), None)
    first = Log("Example 2026", ec.generate_private_key(ec.SECP256R1()))
    second = Log("Other 2026", rsa.generate_private_key(65537, 2048))
    unlisted = Log("Unlisted", ec.generate_private_key(ec.SECP256R1()))

    key = ec.generate_private_key(ec.SECP256R1())
    key_hash = hashlib.sha256(issuer.public_key().public_bytes(DER, SPKI)).digest()
    before = certificate(issuer, issuer_key, key)
    precert = struct.pack(">H", 1) + key_hash + vector(before.tbs_certificate_bytes)
    scts = [first.sign(precert), second.sign(precert, b"\1\2\3"), unlisted.sign(precert)]
    leaf = certificate(issuer, issuer_key, key, sct_list(scts))
    write("logged.der", leaf.public_bytes(DER))

    entry = struct.pack(">H", 0) + vector(leaf.public_bytes(DER))
    spoilt = bytearray(second.sign(entry))
    spoilt[40] ^= 1  # of the timestamp
    write("extension.scts", sct_list([first.sign(entry), bytes(spoilt)]))
    write("logged.ocsp", ocsp_response(issuer, issuer_key, leaf, sct_list([first.sign(entry)])))
    with open(os.path.join(folder, "logs.json"), "w") as file:
        json.dump(log_list([first, second]), file, indent=2)
        file.write("\n")


main(*sys.argv[1:])
