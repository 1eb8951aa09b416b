#!/usr/bin/env python3
"""ssl2.py server CERT.pem KEY.pem [PORT] | client HOST [PORT] [KIND] | hello HOST [PORT]

Both ends of SSL 2.0 (K. Hickman, "The SSL Protocol", 1995), which no library speaks any more: RC4 with 128 bits, or
with 40 (export). `hello` sends the same ClientHello in SSL 2.0's form, for TLS 1.2, to a server of TLS and goes away
when it was answered (RFC 5246 appendix E.2).
"""
import hashlib
import os
import socket
import subprocess
import sys

RC4, EXPORT_RC4 = bytes.fromhex("010080"), bytes.fromhex("020080")
SPECS = bytes.fromhex("0700c0") + RC4 + EXPORT_RC4
TLS_SPECS = bytes.fromhex("00009c00c02f00002f00000a0000ff")
CLIENT_HELLO, CLIENT_MASTER_KEY, CLIENT_FINISHED, SERVER_HELLO, SERVER_VERIFY, SERVER_FINISHED = 1, 2, 3, 4, 5, 6


def u16(n):
    return n.to_bytes(2, "big")


class Cipher:
    """RC4, and the sequence number that the MAC needs."""

    def __init__(self, key):
        self.key, self.sequence, self.i, self.j = key, 0, 0, 0
        self.s = list(range(256))
        j = 0
        for i in range(256):
            j = (j + self.s[i] + key[i % len(key)]) & 255
            self.s[i], self.s[j] = self.s[j], self.s[i]

    def crypt(self, data):
        out = bytearray()
        for byte in data:
            self.i = (self.i + 1) & 255
            self.j = (self.j + self.s[self.i]) & 255
            self.s[self.i], self.s[self.j] = self.s[self.j], self.s[self.i]
            out.append(byte ^ self.s[(self.s[self.i] + self.s[self.j]) & 255])
        return bytes(out)

    def mac(self, data, sequence):
        return hashlib.md5(self.key + data + sequence.to_bytes(4, "big")).digest()


class Peer:
    def __init__(self, sock):
        self.sock, self.out, self.into, self.sent, self.received = sock, None, None, 0, 0

    def send(self, message):
        if self.out:
            message = self.out.crypt(self.out.mac(message, self.sent) + message)
        self.sent += 1
        self.sock.sendall(u16(0x8000 | len(message)) + message)

    def take(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def receive(self):
        message = self.take(int.from_bytes(self.take(2), "big") & 0x7FFF)
        if self.into:
            message = self.into.crypt(message)
            mac, message = message[:16], message[16:]
            assert mac == self.into.mac(message, self.received)
        self.received += 1
        return message

    def keys(self, master, challenge, connection_id, client):
        material = [hashlib.md5(master + n + challenge + connection_id).digest() for n in (b"0", b"1")]
        read, write = material if client else material[::-1]
        self.into, self.out = Cipher(read), Cipher(write)


def openssl(*arguments, data=b""):
    return subprocess.run(("openssl",) + arguments, input=data, stdout=subprocess.PIPE, check=True).stdout


def hello(version, specs, challenge):
    return bytes([CLIENT_HELLO]) + u16(version) + u16(len(specs)) + u16(0) + u16(len(challenge)) + specs + challenge


def server(certificate, key, port):
    der = openssl("x509", "-in", certificate, "-outform", "DER")
    with socket.create_server(("", port)) as listener:
        while True:
            sock, _ = listener.accept()
            with sock:
                serve(Peer(sock), der, key)


def serve(peer, der, key):
    message = peer.receive()
    specs_len, challenge = int.from_bytes(message[3:5], "big"), message[-int.from_bytes(message[7:9], "big"):]
    offered = message[9:9 + specs_len]
    common = b"".join(offered[i:i + 3] for i in range(0, specs_len, 3) if offered[i:i + 3] in (RC4, EXPORT_RC4))
    connection_id = os.urandom(16)
    peer.send(bytes([SERVER_HELLO, 0, 1]) + u16(2) + u16(len(der)) + u16(len(common)) + u16(16) + der + common +
              connection_id)
    message = peer.receive()
    clear, encrypted = int.from_bytes(message[4:6], "big"), int.from_bytes(message[6:8], "big")
    secret = openssl("pkeyutl", "-decrypt", "-inkey", key, data=message[10 + clear:10 + clear + encrypted])
    peer.keys(message[10:10 + clear] + secret, challenge, connection_id, False)
    peer.send(bytes([SERVER_VERIFY]) + challenge)
    assert peer.receive() == bytes([CLIENT_FINISHED]) + connection_id
    peer.send(bytes([SERVER_FINISHED]) + os.urandom(16))
    assert peer.receive().startswith(b"GET ")
    peer.send(b"HTTP/1.0 200 OK\r\n\r\nhello from 1995\n")


def client(host, port, kind):
    with socket.create_connection((host, port)) as sock:
        peer, challenge = Peer(sock), os.urandom(16)
        peer.send(hello(2, SPECS, challenge))
        message = peer.receive()
        length, specs_len = int.from_bytes(message[5:7], "big"), int.from_bytes(message[7:9], "big")
        connection_id = message[11 + length + specs_len:]
        with open("ssl2-server.der", "wb") as f:
            f.write(message[11:11 + length])
        master = os.urandom(16)
        clear = master[:11] if kind == EXPORT_RC4 else b""
        encrypted = openssl("pkeyutl", "-encrypt", "-certin", "-inkey", "ssl2-server.der", "-keyform", "DER",
                            data=master[len(clear):])
        peer.send(bytes([CLIENT_MASTER_KEY]) + kind + u16(len(clear)) + u16(len(encrypted)) + u16(0) + clear +
                  encrypted)
        peer.keys(master, challenge, connection_id, True)
        peer.send(bytes([CLIENT_FINISHED]) + connection_id)
        assert peer.receive() == bytes([SERVER_VERIFY]) + challenge
        assert peer.receive()[0] == SERVER_FINISHED
        peer.send(b"GET / HTTP/1.0\r\n\r\n")
        print(peer.receive().decode())


def old_hello(host, port):
    """ClientHello of TLS 1.2 in SSL 2.0's form; a fatal alert (user_canceled) ends it."""
    with socket.create_connection((host, port)) as sock:
        peer = Peer(sock)
        peer.send(hello(0x0303, TLS_SPECS + SPECS, os.urandom(32)))
        while sock.recv(65536)[-9:-4] != bytes.fromhex("1603030004"):
            pass
        sock.sendall(bytes.fromhex("1503030002025a"))


if __name__ == "__main__":
    what, rest = sys.argv[1], sys.argv[2:]
    if what == "server":
        server(rest[0], rest[1], int((rest[2:] or [443])[0]))
    elif what == "client":
        client(rest[0], int((rest[1:] or [443])[0]), EXPORT_RC4 if rest[2:] == ["export"] else RC4)
    else:
        old_hello(rest[0], int((rest[1:] or [443])[0]))
