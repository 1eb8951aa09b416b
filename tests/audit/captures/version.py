"""Versions."""
from generator import capture
from generator.handshakes import Tls12, Tls13
from generator.messages import (SSL30, TLS11, TLS12, TLS13, client_extensions13, record,
                                replaced, alert, supported_versions, HANDSHAKE)

SENTINEL_12 = bytes.fromhex("444f574e47524401")  # RFC 8446 section 4.1.3


@capture
def ssl3(out):
    Tls12(version=SSL30, suite=0x002F, suites=(0x002F, 0x000A), offer=None, answer=None, ticket=None,
          exchange=None).run(out)


@capture
def tls13_draft(out):
    Tls13(version=0x7F1C, changes=(supported_versions(0x7F1C, TLS12),)).run(out)


def offers_tls13(out):
    """TLS 1.3 offered, TLS 1.2 agreed on; the server's random has the sentinel."""
    return Tls12(suites=(0x1301, 0xC02F), server_random=out.fresh(24) + SENTINEL_12,
                 offer=replaced(client_extensions13(out), 16))


@capture
def sentinel_ignored(out):
    offers_tls13(out).run(out)


@capture
def sentinel_obeyed(out):
    session = offers_tls13(out)
    session.capture = out
    c = out.connection()
    c.client(record(HANDSHAKE, session.hello()))
    c.server(record(HANDSHAKE, session.reply()))
    c.client(alert(2, 47))
    c.close()


@capture
def record_version_strange(out):
    """The ServerHello of TLS 1.2 in a record of TLS 1.0."""
    session = Tls12()
    session.capture = out
    c = out.connection()
    c.client(record(HANDSHAKE, session.hello()))
    c.server(record(HANDSHAKE, session.reply(), 0x0301))
    session.full(c)
    session.talk(c)


@capture
def tlcp(out):
    """The suite ECC_SM4_CBC_SM3 in TLS 1.2, as browsers for it speak."""
    Tls12(suite=0xE013, suites=(0xE013, 0xE011), exchange=None).run(out)


@capture
def legacy_versions_not_offered(out):
    Tls13(changes=(supported_versions(TLS13, TLS12),)).run(out)


@capture
def tls12_for_tls13(out):
    """Without the sentinel: a server that knows no TLS 1.3."""
    Tls12(suites=(0x1301, 0xC02F), offer=replaced(client_extensions13(out), 16)).run(out)


@capture
def tls11_chosen(out):
    Tls12(version=TLS11, suite=0xC013, suites=(0xC013,), offer=Tls12.offer[:-1]).run(out)
