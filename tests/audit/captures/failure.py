"""Handshakes that fail, and connections that end badly."""
from generator import capture
from generator.handshakes import Tls12, Tls13
from generator.messages import (CLIENT_KEY_EXCHANGE, HANDSHAKE, SERVER_HELLO_DONE, TLS10, alert,
                                certificate, certificate_request, change_cipher_spec, handshake,
                                record, vector)


class Begun(Tls12):
    """TLS 1.2 up to `until`: "hello" (4), "reply" (5), "done" (8)."""

    def begin(self, out, until):
        self.capture = out
        c = out.connection(self.server, self.client)
        c.client(record(HANDSHAKE, self.hello(), TLS10))
        if until != "hello":
            c.server(self.wrapped(self.reply()))
        if until == "done":
            c.server(self.wrapped(certificate(self.chain(self.certificates))))
            c.server(self.wrapped(self.key_exchange()))
            if self.request is not None:
                c.server(self.wrapped(self.request))
            c.server(handshake(SERVER_HELLO_DONE, b""))
        return c


@capture
def aborted_in_the_dark(out):
    """In place of the client's Finished an alert (9)."""
    session = Tls13()
    session.capture, session.client_random, session.session_id = out, out.fresh(32), out.fresh(32)
    c = out.connection()
    c.client(record(HANDSHAKE, session.hello(session.shares), TLS10))
    c.server(session.reply(out.fresh(32), session.share()))
    c.server(change_cipher_spec())
    c.server(session.data_record(900))
    c.client(change_cipher_spec())
    c.client(session.data_record(2 + 1 + 16))
    c.close()


@capture
def server_rejects_certificate(out):
    """By bad_certificate (12), after the client's Certificate (10)."""
    session = Begun(request=certificate_request(), client_certificates=("client",))
    c = session.begin(out, "done")
    c.client(session.wrapped(certificate(session.chain(("client",)))))
    c.client(handshake(CLIENT_KEY_EXCHANGE, vector(1, out.fresh(32))))
    c.server(alert(2, 42))
    c.close(1)


class Quiet(Tls13):
    """The client shows a certificate, and says what it has to; its server has nothing to say."""
    waits = 0  # the server, before it closes by itself; 0: the client closes

    def talk(self, c):
        c.client(self.data_record(300))
        if self.waits:
            self.capture.wait(self.waits)
        else:
            c.client(self.data_record(19))
        c.server(self.data_record(19))
        c.close(1 if self.waits else 0)


@capture
def quiet_servers(out):
    """Their close_notify, all that they send after the handshake, is no answer to Finished."""
    for waits in (0, 3):
        Quiet(waits=waits, client_flight=(800, 160)).run(out)


@capture
def reset_after_hello(out):
    Begun().begin(out, "hello").reset(1)


@capture
def reset_after_data(out):
    c = Tls12(closed=False).run(out)
    c.reset(1)


@capture
def stalled_after_reply(out):
    """12 seconds between ServerHello (5) and Certificate."""
    session = Begun()
    c = session.begin(out, "reply")
    out.wait(12)
    c.server(session.wrapped(certificate(session.chain(session.certificates))))
    session.exchange, session.certificates = None, ()
    session.full(c)
    session.talk(c)


@capture
def alert_after_data(out):
    """bad_record_mac, in clear (17)."""
    c = Tls12(closed=False).run(out)
    c.client(alert(2, 20))
    c.close()


@capture
def warnings_in_handshake(out):
    """Ten of them (6 to 15)."""
    c = Begun().begin(out, "reply")
    for _ in range(10):
        c.client(alert(1, 90))
    c.close()


@capture
def closed_without_notify(out):
    c = Tls12(closed=False).run(out)
    c.close(1)

