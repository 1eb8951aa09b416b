#!/usr/bin/env python3
"""sct.py CERTIFICATE KEY: what OpenSSL takes as -serverinfo, with a signed certificate timestamp that a log with
this key would give for the certificate (RFC 6962 section 3.2); and sct.py --list KEY NAME: a list of logs, in the
JSON of browser vendors, with that log alone."""
import base64
import hashlib
import json
import struct
import subprocess
import sys
import time


def public_key(key):
    return subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], check=True,
                          stdout=subprocess.PIPE).stdout


def serverinfo(certificate, key):
    der = subprocess.run(["openssl", "x509", "-in", certificate, "-outform", "DER"], check=True,
                         stdout=subprocess.PIPE).stdout
    now = struct.pack(">Q", int(time.time() * 1000))
    x509_entry = b"\0\0" + len(der).to_bytes(3, "big") + der
    signed = b"\0\0" + now + x509_entry + b"\0\0"
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=signed, check=True,
                               stdout=subprocess.PIPE).stdout
    sct = b"\0" + hashlib.sha256(public_key(key)).digest() + now + b"\0\0"
    sct += struct.pack(">HH", 0x0403, len(signature)) + signature
    body = struct.pack(">HH", len(sct) + 2, len(sct)) + sct
    print("-----BEGIN SERVERINFO FOR SCT-----")
    print(base64.b64encode(struct.pack(">HH", 18, len(body)) + body).decode())
    print("-----END SERVERINFO FOR SCT-----")


def log_list(key, name):
    spki = public_key(key)
    log = {"description": name, "log_id": base64.b64encode(hashlib.sha256(spki).digest()).decode(),
           "key": base64.b64encode(spki).decode(), "mmd": 86400, "url": "https://log.example.test/",
           "state": {"usable": {"timestamp": "2026-01-01T00:00:00Z"}}}
    print(json.dumps({"operators": [{"name": "Sample Trust", "email": [], "logs": [log]}]}, indent=2))


if sys.argv[1] == "--list":
    log_list(*sys.argv[2:])
else:
    serverinfo(*sys.argv[1:])
