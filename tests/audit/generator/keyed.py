"""A session of TLS 1.3 whose encrypted messages can be read: its secrets are always the same, and a key
log has them (tests/audit/keys/keyed.keylog; `python3 -m generator.keyed` prints it). Only signatures
are none."""
import hashlib
import hmac

from generator.handshakes import Tls13, der
from generator.messages import (APPLICATION_DATA, CERTIFICATE, CERTIFICATE_VERIFY, ENCRYPTED_EXTENSIONS,
                                FINISHED, HANDSHAKE, NEW_SESSION_TICKET, TLS10, change_cipher_spec,
                                message, record, u16, u32, u8, vector)
from generator.quic import expand_label, seal, xored

KEY_UPDATE = 24
CLIENT_RANDOM = hashlib.sha256(b"client random").digest()
LABELS = ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
          "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0")


def secret(label):
    return hashlib.sha256(label.encode()).digest()


class Writer:
    """Seals the records of one side under one secret after another (RFC 8446 sections 5.2, 7.2, 7.3)."""

    def __init__(self, first):
        self.use(first)

    def use(self, new):
        self.secret, self.sequence = new, 0
        self.key, self.iv = expand_label(new, b"key", 16), expand_label(new, b"iv", 12)

    def update(self):
        self.use(expand_label(self.secret, b"traffic upd", 32))

    def record(self, kind, content):
        header = u8(APPLICATION_DATA) + u16(0x0303) + u16(len(content) + 1 + 16)
        nonce = xored(self.iv, self.sequence.to_bytes(12, "big"))
        self.sequence += 1
        return header + seal(self.key, nonce, content + u8(kind), header)


class Keyed13(Tls13):
    """Frames, of a connection that is the capture's first:

        4 ClientHello  5 ServerHello  6 ChangeCipherSpec  7 EncryptedExtensions to Finished
        8 ChangeCipherSpec  9 Finished  10 NewSessionTicket

    then what `later` sends, a function of session and connection."""
    scheme = 0x0804
    certificates = ("leaf",)
    ticket = 7200                 # seconds
    later = None

    def run(self, capture):
        self.capture, self.client_random = capture, CLIENT_RANDOM
        self.session_id = capture.fresh(32)
        self.said = b""
        c = capture.connection(self.server, self.client)
        c.client(record(HANDSHAKE, self.say(self.hello(self.shares)), TLS10))
        answer = self.reply(capture.fresh(32), self.share())
        self.say(answer[5:])
        c.server(answer)
        c.server(change_cipher_spec())
        self.of_client, self.of_server = (Writer(secret(label)) for label in LABELS[:2])
        c.server(self.of_server.record(HANDSHAKE, self.flight()))
        c.client(change_cipher_spec())
        c.client(self.of_client.record(HANDSHAKE, self.finished(self.of_client)))
        self.of_client.use(secret(LABELS[2]))
        self.of_server.use(secret(LABELS[3]))
        c.server(self.of_server.record(HANDSHAKE, self.new_session_ticket()))
        if self.later is not None:
            self.later(self, c)
        c.client(self.of_client.record(APPLICATION_DATA, capture.fresh(100)))
        c.server(self.of_server.record(APPLICATION_DATA, capture.fresh(300)))
        c.close()

    def say(self, body):
        self.said += body
        return body

    def finished(self, writer):
        key = expand_label(writer.secret, b"finished", 32)
        digest = hashlib.sha256(self.said).digest()
        return self.say(message(FINISHED, hmac.new(key, digest, hashlib.sha256).digest()))

    def flight(self):
        entries = b"".join(vector(3, der(name)) + u16(0) for name in self.certificates)
        verify = u16(self.scheme) + vector(2, self.capture.fresh(256))
        at = len(self.said)
        self.say(message(ENCRYPTED_EXTENSIONS, u16(0)))
        self.say(message(CERTIFICATE, b"\0" + vector(3, entries)))
        self.say(message(CERTIFICATE_VERIFY, verify))
        self.finished(self.of_server)
        return self.said[at:]

    def new_session_ticket(self):
        return message(NEW_SESSION_TICKET, u32(self.ticket) + u32(0) + vector(1, b"\0") +
                       vector(2, self.capture.fresh(64)) + u16(0))

    def key_update(self, send, writer):
        send(writer.record(HANDSHAKE, message(KEY_UPDATE, b"\0")))
        writer.update()


if __name__ == "__main__":
    for name in LABELS:
        print(name, CLIENT_RANDOM.hex(), secret(name).hex())
