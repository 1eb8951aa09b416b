"""Servers and clients that do what the RFCs forbid. A finding names both hellos where it compares
them: frames 4 and 5."""
from captures.failure import Begun
from captures.quic import CLIENT, SERVER
from generator import capture
from generator.handshakes import Tls12, Tls13
from generator.messages import (CERTIFICATE_STATUS, CLIENT_KEY_EXCHANGE, HANDSHAKE,
                                SERVER_HELLO_DONE, TLS10, TLS11, TLS12, TLS13, alert, alpn,
                                certificate, change_cipher_spec, client_extensions12,
                                client_extensions13, client_hello, handshake,
                                key_share_chosen, message, pre_shared_key, psk_modes, record,
                                renegotiation_info, replaced, signature_algorithms,
                                supported_groups, supported_versions, u16, vector)
from generator.quic import V1, client_initial, transport_parameters

GREASE = 0x1A1A


@capture
def suite_not_offered(out):
    Tls12(suites=(0xC02B, 0xC02C)).run(out)


@capture
def version_not_offered(out):
    Tls12(version=TLS12, hello_version=TLS11).run(out)


@capture
def group_not_offered(out):
    Tls12(offer=replaced(client_extensions12(), supported_groups(23))).run(out)


@capture
def key_share_not_offered(out):
    Tls13(groups=(29, 23), shares=(23,), group=29).run(out)


@capture
def signature_not_offered(out):
    Tls12(scheme=0x0501, offer=replaced(client_extensions12(),
                                        signature_algorithms(0x0804, 0x0403))).run(out)


@capture
def extension_not_offered(out):
    Tls12(answer=(*Tls12.answer, (22, b""))).run(out)


@capture
def extension_misplaced(out):
    Tls13(answer=(alpn("h2"),)).run(out)


@capture
def extension_twice(out):
    Tls12(offer=client_extensions12() + [renegotiation_info()]).run(out)


@capture
def grease_chosen(out):
    Tls12(suite=GREASE, suites=(GREASE, 0xC02F)).run(out)


@capture
def groups_missing(out):
    Tls13(changes=(10,), answer=()).run(out)


@capture
def psk_before_the_end(out):
    """Behind it comes what was not there before."""
    Tls13(changes=(pre_shared_key(out.fresh(100)), (0x3374, b""))).run(out)


@capture
def psk_at_the_end(out):
    Tls13(changes=(psk_modes(1), pre_shared_key(out.fresh(100)))).run(out)


class Forgetful(Tls13):
    """Its server makes up a session id."""

    def reply(self, random, share):
        kept, self.session_id = self.session_id, bytes(32)
        reply = super().reply(random, share)
        self.session_id = kept
        return reply


@capture
def session_id_made_up(out):
    Forgetful().run(out)


@capture
def compression_not_offered(out):
    Tls12(compression=1).run(out)


@capture
def alpn_not_offered(out):
    Tls12(answer=(*Tls12.answer, alpn("h3"))).run(out)


@capture
def psk_out_of_range(out):
    Tls13(changes=(psk_modes(1), pre_shared_key(out.fresh(100))), answer=((41, u16(3)),)).run(out)


@capture
def downgrade_said(out):
    """Both speak TLS 1.3, says ServerHello's random."""
    Tls12(offer=client_extensions12() + [supported_versions(TLS13, TLS12), (51, vector(2, b""))],
          server_random=out.fresh(24) + b"DOWNGRD\1").run(out)


class Retrying(Tls13):
    """Says HelloRetryRequest in 5; 6 is the second hello."""

    def retried(self, out, first, second):
        self.capture, self.client_random, self.session_id = out, out.fresh(32), out.fresh(32)
        retry_random = bytes.fromhex(
            "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
        c = out.connection()
        c.client(record(HANDSHAKE, self.hello(self.shares), TLS10))
        c.server(self.reply(retry_random, [(51, u16(self.retry))]))
        c.client(record(HANDSHAKE, self.hello((self.retry,)), TLS10))
        self.suite = first
        if second:
            c.server(self.reply(retry_random, [(51, u16(self.retry))]))
            c.client(record(HANDSHAKE, self.hello((self.retry,)), TLS10))
        c.server(self.reply(out.fresh(32), [key_share_chosen(self.retry, out.fresh(65))]))
        c.close()


@capture
def retried_twice(out):
    """5 and 7."""
    Retrying(groups=(29, 23), retry=23).retried(out, 0x1301, True)


@capture
def retried_with_another_suite(out):
    """5 and 7."""
    Retrying(groups=(29, 23), retry=23).retried(out, 0x1302, False)


@capture
def retried_for_nothing(out):
    Tls13(groups=(29, 23), shares=(29, 23), group=23, retry=23).run(out)


@capture
def changed_twice_in_tls13(out):
    """8 and 9."""
    session = Tls13()
    session.capture, session.client_random, session.session_id = out, out.fresh(32), out.fresh(32)
    c = out.connection()
    c.client(record(HANDSHAKE, session.hello(session.shares), TLS10))
    c.server(session.reply(out.fresh(32), session.share()))
    c.server(change_cipher_spec())
    c.server(session.data_record(900))
    c.client(change_cipher_spec())
    c.client(change_cipher_spec())
    c.client(session.data_record(53))
    c.close()


@capture
def change_before_keys(out):
    """9, where ClientKeyExchange should be."""
    c = Begun().begin(out, "done")
    c.client(change_cipher_spec())
    c.client(handshake(CLIENT_KEY_EXCHANGE, vector(1, out.fresh(32))))
    c.close()


@capture
def done_before_exchange(out):
    """7 before 8."""
    session = Begun()
    c = session.begin(out, "reply")
    c.server(session.wrapped(certificate(session.chain(("leaf",)))))
    c.server(handshake(SERVER_HELLO_DONE, b""))
    c.server(session.wrapped(session.key_exchange()))
    c.close()


@capture
def exchange_skipped(out):
    """ECDHE without ServerKeyExchange."""
    Tls12(exchange=None).run(out)


@capture
def exchange_for_rsa(out):
    """7, with a suite that has none."""
    Tls12(suite=0x009C, suites=(0x009C, 0xC02F)).run(out)


def said_between(out, body):
    """Behind Certificate, in 7."""
    session = Begun()
    c = session.begin(out, "reply")
    c.server(session.wrapped(certificate(session.chain(("leaf",)))))
    c.server(session.wrapped(body))
    c.server(session.wrapped(session.key_exchange()))
    c.server(handshake(SERVER_HELLO_DONE, b""))
    c.close()


@capture
def status_not_announced(out):
    said_between(out, message(CERTIFICATE_STATUS, b"\1" + vector(3, b"\x30\x03\x0a\x01\x06")))


@capture
def ticket_not_announced(out):
    Tls12(answer=(renegotiation_info(),)).run(out)


@capture
def certificate_uninvited(out):
    """9."""
    Tls12(client_certificates=("client",)).run(out)


@capture
def spoken_after_alert(out):
    """The alert is 9, what came after it 10."""
    c = Begun().begin(out, "done")
    c.client(alert(2, 40))
    c.client(handshake(CLIENT_KEY_EXCHANGE, vector(1, out.fresh(32))))
    c.close()


def over_quic(out, session_id):
    """The hello is in 1; of the server's answer only is told that there is one."""
    items = replaced(client_extensions13(out), alpn("h3"), transport_parameters((0x0F, b"")))
    hello = client_hello(out.fresh(32), (0x1301,), items, session_id=session_id)
    out.udp(CLIENT, SERVER, client_initial(V1, out.fresh(8), hello))
    out.udp(SERVER, CLIENT, b"\x40" + out.fresh(60))


@capture
def quic_with_session_id(out):
    over_quic(out, out.fresh(32))


@capture
def quic_without_session_id(out):
    over_quic(out, b"")


@capture
def renegotiated_without_protection(out):
    """By a server whose ServerHello (5) has no renegotiation_info."""
    session = Tls12(offer=replaced(client_extensions12(), 0xFF01), answer=(), ticket=None,
                    closed=False)
    c = session.run(out)
    for send in (c.client, c.server, c.client):
        send(session.protected(HANDSHAKE, 200))
    session.finish(c, c.client)
    session.finish(c, c.server)
    c.close()


@capture
def hello_contradicts_itself(out):
    """4: its list of suites is longer than it."""
    c = out.connection()
    c.client(handshake(1, u16(TLS12) + bytes(32) + b"\0" + u16(200) + bytes(10), TLS10))
    c.server(alert(2, 50))
    c.close(1)


@capture
def record_too_long(out):
    """Of Certificate, in twelve segments up to 17."""
    Tls12(certificates=(bytes(1 << 14),)).run(out)


@capture
def record_empty(out):
    """Of handshake messages, in ClientKeyExchange's place (9)."""
    c = Begun().begin(out, "done")
    c.client(record(HANDSHAKE, b""))
    c.close()
