"""Whole sessions, a frame a message, as the tables of frames below say. What is encrypted is bytes
that only have the right length; signatures are no signatures."""
import base64
import os

from generator.messages import *  # pylint: disable=wildcard-import,unused-wildcard-import

CERTIFICATES = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))),
                            "certificates")


def der(name):
    """The certificate certificates/NAME.pem."""
    with open(os.path.join(CERTIFICATES, name + ".pem"), encoding="ascii") as f:
        text = f.read()
    body = text.split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0]
    return base64.b64decode(body)


class Settings:
    """Class attributes are the defaults; what is given takes their place."""

    def __init__(self, **given):
        for name, value in given.items():
            if not hasattr(self, name):
                raise TypeError(f"no setting {name}")
            setattr(self, name, value)


class Tls12(Settings):
    """A session of SSL 3.0 to TLS 1.2. Frames, of a connection that is the capture's first:

        full      4 ClientHello  5 ServerHello  6 Certificate  7 ServerKeyExchange
                  8 ServerHelloDone  9 ClientKeyExchange  10 ChangeCipherSpec  11 Finished
                  12 NewSessionTicket  13 ChangeCipherSpec  14 Finished  15, 16 data
                  17, 18 close_notify
        resumed   4 ClientHello  5 ServerHello  6 ChangeCipherSpec  7 Finished
                  8 ChangeCipherSpec  9 Finished  10, 11 data  12, 13 close_notify

    A message that is not sent (exchange=None, ticket=None, no certificates) has no frame; a
    CertificateRequest comes before ServerHelloDone, a client's Certificate after it."""
    version = TLS12
    suite = ECDHE_RSA_AES128_GCM
    suites = (0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8)
    hello_version = None          # of ClientHello; None: `version`
    offer = client_extensions12()  # the extensions of ClientHello; None: no block
    answer = (renegotiation_info(), extended_master_secret(), session_ticket(), point_formats())
    client_random = server_random = None
    session_id = server_session_id = b""
    compressions = b"\0"
    compression = 0
    certificates = ("leaf",)      # of certificates/, or DER
    exchange = "ecdhe"            # or a ServerKeyExchange, or None
    group = X25519
    scheme = 0x0804               # that signs the exchange; None: before TLS 1.2
    request = None                # a CertificateRequest
    client_certificates = None
    client_exchange = None
    ticket = 7200                 # lifetime hint of the NewSessionTicket; None: none
    ticket_key = b""              # the name of the key that encrypts it
    resumed = False
    data = (300, 600)             # bytes of application data of client and server
    closed = True
    server = "10.9.0.2:443"
    client = "10.9.0.1"

    def chain(self, names):
        return [name if isinstance(name, bytes) else der(name) for name in names]

    def wrapped(self, body, kind=HANDSHAKE):
        return record(kind, body, self.version)

    def protected(self, kind, length):
        return self.wrapped(self.capture.fresh(length), kind)

    def hello(self):
        random = self.client_random or self.capture.fresh(32)
        return client_hello(random, self.suites, self.offer, self.hello_version or self.version,
                            self.session_id, self.compressions)

    def reply(self):
        random = self.server_random or self.capture.fresh(32)
        return server_hello(random, self.suite, self.answer, self.version, self.server_session_id,
                            self.compression)

    def key_exchange(self):
        if self.exchange == "ecdhe":
            scheme = self.scheme if self.version >= TLS12 else None
            return ecdhe_exchange(self.group, self.capture.fresh(SHARE_BYTES.get(self.group, 65)),
                                  signature(scheme, self.capture.fresh(256)))
        return self.exchange

    def client_share(self):
        """A point, or what RSA encrypts, or a number of a finite field."""
        if self.client_exchange is not None:
            return self.client_exchange
        return vector(1, self.capture.fresh(32)) if self.exchange == "ecdhe" else \
            vector(2, self.capture.fresh(256))

    def run(self, capture):
        self.capture = capture
        c = capture.connection(self.server, self.client)
        c.client(record(HANDSHAKE, self.hello(), min(self.version, TLS10)))
        c.server(self.wrapped(self.reply()))
        if self.resumed:
            self.finish(c, c.server)
            self.finish(c, c.client)
        else:
            self.full(c)
        self.talk(c)
        return c

    def full(self, c):
        if self.certificates:
            c.server(self.wrapped(certificate(self.chain(self.certificates))))
        for body in (self.key_exchange(), self.request, message(SERVER_HELLO_DONE, b"")):
            if body is not None:
                c.server(self.wrapped(body))
        if self.client_certificates is not None:
            c.client(self.wrapped(certificate(self.chain(self.client_certificates))))
        c.client(self.wrapped(message(CLIENT_KEY_EXCHANGE, self.client_share())))
        self.finish(c, c.client)
        if self.ticket is not None:
            content = self.ticket_key + self.capture.fresh(176 - len(self.ticket_key))
            c.server(self.wrapped(new_session_ticket(self.ticket, content)))
        self.finish(c, c.server)

    def finish(self, _, send):
        send(change_cipher_spec(self.version))
        send(self.protected(HANDSHAKE, 40))

    def talk(self, c):
        for send, length in zip((c.client, c.server), self.data):
            if length:
                send(self.protected(APPLICATION_DATA, length))
        if self.closed:
            c.client(self.protected(ALERT, 26))
            c.server(self.protected(ALERT, 26))
            c.close()


class Tls13(Settings):
    """A session of TLS 1.3. Frames, of a connection that is the capture's first:

        4 ClientHello  5 ServerHello  6 ChangeCipherSpec  7 EncryptedExtensions to Finished
        8 ChangeCipherSpec  9 Finished  10 tickets  11, 12 data  13, 14 close_notify

    With a retry, 5 is HelloRetryRequest, 6 the second ClientHello, 7 ServerHello, and so on."""
    suite = AES128_GCM
    suites = (0x1301, 0x1302, 0x1303)
    version = TLS13
    groups = (X25519, P256)
    shares = (X25519,)
    group = X25519                # of the server's share; None: it has none
    changes = ()                  # to the extensions of ClientHello
    answer = ()                   # more extensions of ServerHello
    answer_version = TLS12        # ServerHello's legacy_version
    hello_version = TLS12
    compressions = b"\0"
    client_random = server_random = None
    retry = None                  # the group that a HelloRetryRequest asks for
    early_data = 0                # bytes, after ClientHello
    client_flight = ()            # records before the one of Finished
    data = (300, 600)
    closed = True
    server = "10.9.0.2:443"
    client = "10.9.0.1"

    def hello(self, shares):
        items = replaced(client_extensions13(self.capture, groups=self.groups, shares=shares),
                         *self.changes)
        return client_hello(self.client_random, self.suites, items, self.hello_version,
                            self.session_id, self.compressions)

    def reply(self, random, share):
        items = [supported_versions_chosen(self.version), *share, *self.answer]
        return record(HANDSHAKE, server_hello(random, self.suite, items, self.answer_version,
                                              self.session_id))

    def share(self):
        if self.group is None:
            return []
        length = SERVER_SHARE_BYTES.get(self.group) or SHARE_BYTES[self.group]
        return [key_share_chosen(self.group, self.capture.fresh(length))]

    def data_record(self, length):
        return record(APPLICATION_DATA, self.capture.fresh(length))

    def run(self, capture):
        self.capture = capture
        self.client_random = self.client_random or capture.fresh(32)
        self.session_id = capture.fresh(32)
        c = capture.connection(self.server, self.client)
        c.client(record(HANDSHAKE, self.hello(self.shares), TLS10))
        if self.early_data:
            c.client(self.data_record(self.early_data))
        if self.retry is not None:
            c.server(self.reply(RETRY_RANDOM, [(51, u16(self.retry))]))
            c.client(record(HANDSHAKE, self.hello((self.retry,))))
        c.server(self.reply(self.server_random or capture.fresh(32), self.share()))
        c.server(change_cipher_spec())
        c.server(self.data_record(1200))
        c.client(change_cipher_spec())
        c.client(*(self.data_record(length) for length in (*self.client_flight, 53)))
        self.talk(c)
        return c

    def talk(self, c):
        c.server(self.data_record(234), self.data_record(234))
        for send, length in zip((c.client, c.server), self.data):
            if length:
                send(self.data_record(length))
        if self.closed:
            c.client(self.data_record(19))
            c.server(self.data_record(19))
            c.close()
