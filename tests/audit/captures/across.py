"""What more than one connection shows. The frames of the second are those of the first, and 21 more
for a session of TLS 1.2, 17 more for one of TLS 1.3."""
from generator import capture
from generator.handshakes import Tls12, Tls13
from generator.messages import (APPLICATION_DATA, CLIENT_KEY_EXCHANGE, HANDSHAKE,
                                SERVER_HELLO_DONE, TLS10, X25519, X25519MLKEM768, alert,
                                certificate, client_extensions12, client_hello, ecdhe_exchange,
                                handshake, key_share, pre_shared_key, record, signature, vector)
from generator.x509 import P, SERVER, certificate as made_up, distinguished, names, rsa

DAY = 86400


@capture
def two_sessions_tls12(out):
    Tls12().run(out)
    Tls12().run(out)


@capture
def two_sessions_tls13(out):
    Tls13().run(out)
    Tls13().run(out)


@capture
def random_again(out):
    """The server's, in 5 and 22."""
    random = out.fresh(32)
    Tls13(server_random=random).run(out)
    Tls13(server_random=random).run(out)


@capture
def key_share_again(out):
    """The client's, in 4 and 21."""
    share = key_share((X25519, out.fresh(32)))
    Tls13(changes=(share,)).run(out)
    Tls13(changes=(share,)).run(out)


@capture
def dh_value_again(out):
    """In 7 and 28."""
    point = out.fresh(32)
    for _ in range(2):
        Tls12(exchange=ecdhe_exchange(X25519, point, signature(0x0804, out.fresh(256))),
              client_exchange=vector(1, out.fresh(32))).run(out)


@capture
def ticket_shown_twice(out):
    """In 4 and 21."""
    ticket = pre_shared_key(out.fresh(100))
    Tls13(changes=(ticket,)).run(out)
    Tls13(changes=(ticket,)).run(out)


@capture
def ticket_key_of_8_days(out):
    """In 12 and 33."""
    key = out.fresh(16)
    Tls12(ticket_key=key).run(out)
    out.wait(8 * DAY)
    Tls12(ticket_key=key).run(out)


@capture
def ticket_key_changed(out):
    Tls12(ticket_key=out.fresh(16)).run(out)
    out.wait(8 * DAY)
    Tls12(ticket_key=out.fresh(16)).run(out)


@capture
def weaker_suite(out):
    """The first session shows what the server can do."""
    Tls12(suites=(0xC02F, 0x002F)).run(out)
    Tls12(suites=(0xC02F, 0x002F), suite=0x002F, exchange=None).run(out)


def refused(out, description=40):
    session = Tls12()
    session.capture = out
    c = out.connection()
    c.client(record(HANDSHAKE, session.hello(), TLS10))
    c.server(alert(2, description))
    c.close(1)


@capture
def many_refused(out):
    """8 frames each; hellos in 4 and 12."""
    for _ in range(20):
        refused(out)


@capture
def few_refused(out):
    for i in range(20):
        if i % 5:
            Tls12().run(out)
        else:
            refused(out)


class Pausing(Tls12):
    """Thinks for so many seconds before ServerHello."""
    pause = 0

    def reply(self):
        self.capture.wait(self.pause)
        return super().reply()


@capture
def one_slow_handshake(out):
    """The third: 46, 47."""
    for i in range(30):
        Pausing(pause=2 if i == 2 else 0.02).run(out)


@capture
def no_slow_handshake(out):
    for i in range(30):
        Pausing(pause=0.4 if i == 2 else 0.02).run(out)


class Bulk(Tls12):
    """Some megabytes from the server, in records of 16,000 bytes."""
    records = 0

    def talk(self, c):
        for _ in range(self.records):
            c.server(record(APPLICATION_DATA, bytes(16000)))
        super().talk(c)


def by_3des(out, records):
    Bulk(suite=0x000A, suites=(0x000A,), exchange=None, records=records).run(out)


@capture
def much_by_3des(out):
    by_3des(out, 600)


@capture
def little_by_3des(out):
    by_3des(out, 3)


def hello13(out, groups=(X25519,), shares=(X25519,)):
    session = Tls13(groups=groups, shares=shares, client_random=out.fresh(32))
    session.capture, session.session_id = out, out.fresh(32)
    return record(HANDSHAKE, session.hello(shares), TLS10)


@capture
def newer_hello_reset(out):
    """Hello in 4, reset in 5; the next connection's hellos in 9 and 10."""
    c = out.connection()
    c.client(hello13(out))
    c.reset(1)
    Tls12().run(out)


@capture
def large_hello_reset(out):
    """Hello in 4 and 5, reset in 6; the next connection's hellos in 10 and 11."""
    c = out.connection()
    c.client(hello13(out, (X25519MLKEM768, X25519), (X25519MLKEM768, X25519)))
    c.reset(1)
    Tls13().run(out)


@capture
def large_hello_unanswered(out):
    """As above, but nobody answers; the client gives up in 6 to 8, hellos in 12 and 13."""
    c = out.connection()
    c.client(hello13(out, (X25519MLKEM768, X25519), (X25519MLKEM768, X25519)))
    out.wait(3)
    c.close()
    Tls13().run(out)


def mail(out):
    c = out.connection("10.9.0.2:587")
    c.server(b"220 mail.example.test ESMTP\r\n")
    c.client(b"EHLO client.example.test\r\n")
    c.server(b"250-mail.example.test\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n")
    return c


@capture
def mail_in_clear_after_failure(out):
    """The handshake's hello in 9, refused in 10; credentials in the next connection, in 20."""
    c = mail(out)
    c.client(b"STARTTLS\r\n")
    c.server(b"220 2.0.0 go ahead\r\n")
    c.client(record(HANDSHAKE, client_hello(out.fresh(32), (0xC02F,), client_extensions12()),
                    TLS10))
    c.server(alert(2, 40))
    c.close(1)
    c = mail(out)
    c.client(b"AUTH PLAIN AGEAYg==\r\n")
    c.server(b"235 2.7.0 yes\r\n")
    c.close()


@capture
def full_handshakes(out):
    for _ in range(5):
        Tls12().run(out)


@capture
def oracle_probed(out):
    """12 frames each: hellos in 4 and 5, 16 and 17."""
    session = Tls12(suite=0x002F, suites=(0x002F,))
    session.capture = out
    for _ in range(20):
        c = out.connection()
        c.client(record(HANDSHAKE, session.hello(), TLS10))
        c.server(session.wrapped(session.reply()))
        c.server(session.wrapped(certificate(session.chain(("leaf",)))))
        c.server(handshake(SERVER_HELLO_DONE, b""))
        c.client(handshake(CLIENT_KEY_EXCHANGE, vector(2, out.fresh(256))))
        c.server(alert(2, 51))
        c.close(1)


def showing(out, server, name, **fields):
    """A session with a server of that address and name, which shows a certificate of its own."""
    Tls12(server=server, offer=client_extensions12(name),
          certificates=(made_up(distinguished(name), SERVER + (names(name),), **fields),)).run(out)


@capture
def prime_in_common(out):
    """2^521 - 1 and 2^607 - 1 are primes of Mersenne's."""
    showing(out, "10.9.0.2:443", "one.example.test", key=rsa(P * (2**521 - 1)))
    showing(out, "10.9.0.3:443", "two.example.test", key=rsa(P * (2**607 - 1)))


@capture
def key_of_two_names(out):
    showing(out, "10.9.0.2:443", "www.example.com")
    showing(out, "10.9.0.3:443", "www.example.org", serial=0x7EED5EED5EED5EED5EED)


@capture
def renewed(out):
    """The same name and key."""
    showing(out, "10.9.0.2:443", "www.example.com")
    showing(out, "10.9.0.2:443", "www.example.com", serial=0x7EED5EED5EED5EED5EED)


@capture
def one_issuer_for_all(out):
    for i, name in enumerate(("www.example.com", "www.example.org", "www.example.net")):
        showing(out, f"10.9.0.{i + 2}:443", name)


@capture
def one_issuer_for_one(out):
    for i, name in enumerate(("www.example.com", "mail.example.com", "example.com")):
        showing(out, f"10.9.0.{i + 2}:443", name)


@capture
def nothing_in_common(out):
    """After a session of 21 frames two that are refused, of 8 each: hellos in 25 and 33."""
    Tls12().run(out)
    for description, changes in ((40, {"suites": (0xC009, 0x002F)}), (70, {"version": 0x0302})):
        session = Tls12(**changes)
        session.capture = out
        c = out.connection()
        c.client(record(HANDSHAKE, session.hello(), TLS10))
        c.server(alert(2, description))
        c.close(1)


def telling_time(out, sessions, ahead):
    """Servers whose random begins with the time, some seconds ahead."""
    for _ in range(sessions):
        now = out.now_ns // 1_000_000_000 + ahead
        Tls12(server_random=now.to_bytes(4, "big") + out.fresh(28)).run(out)


@capture
def random_with_time(out):
    telling_time(out, 3, 5)


@capture
def random_with_time_of_last_month(out):
    """No clock that is kept."""
    telling_time(out, 3, -30 * DAY)
