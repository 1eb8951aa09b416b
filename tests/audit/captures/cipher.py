"""Cipher suites that were agreed on, and those offered."""
from generator import capture
from generator.handshakes import Tls12, Tls13
from generator.messages import (APPLICATION_DATA, SERVER_KEY_EXCHANGE, alpn, client_extensions12,
                                message, pre_shared_key, psk_modes, replaced, signature, u16, vector)


def static(out, suite, **more):
    """A suite without ServerKeyExchange."""
    Tls12(suite=suite, suites=(suite, 0xC02F), exchange=None, **more).run(out)


@capture
def export_rsa(out):
    """RSA_EXPORT, whose short key comes in ServerKeyExchange."""
    exchange = message(SERVER_KEY_EXCHANGE, vector(2, b"\xc1" * 64) + vector(2, b"\1\0\1") +
                       signature(None, out.fresh(256)))
    Tls12(version=0x0301, suite=0x0003, suites=(0x0003, 0x0005), exchange=exchange).run(out)


@capture
def des(out):
    static(out, 0x0009)


@capture
def static_dh(out):
    static(out, 0xC025)


@capture
def rc4_md5(out):
    static(out, 0x0004)


@capture
def ccm8(out):
    Tls13(suite=0x1305, suites=(0x1305, 0x1301)).run(out)


@capture
def unregistered(out):
    """A code point of nobody."""
    Tls12(suite=0xFE77, suites=(0xFE77, 0xC02F)).run(out)


@capture
def compression(out):
    Tls12(compressions=b"\1\0", compression=1).run(out)


@capture
def h2_with_cbc(out):
    Tls12(suite=0xC013, suites=(0xC013, 0xC02F), offer=replaced(client_extensions12(), alpn("h2")),
          answer=(*Tls12.answer, alpn("h2"))).run(out)


@capture
def h2_with_gcm(out):
    Tls12(offer=replaced(client_extensions12(), alpn("h2")),
          answer=(*Tls12.answer, alpn("h2"))).run(out)


@capture
def psk_alone(out):
    """TLS 1.3 resumed without key exchange."""
    Tls13(group=None, changes=(psk_modes(0), pre_shared_key(out.fresh(100))),
          answer=((41, u16(0)),)).run(out)


@capture
def offers_weak_first(out):
    Tls12(suites=(0x002F, 0xC02F)).run(out)


@capture
def offers_export(out):
    Tls12(suites=(0xC02F, 0x0003)).run(out)


@capture
def offers_anonymous_mail(out):
    """What mail servers do among themselves."""
    Tls12(suites=(0xC02F, 0xC018), server="10.9.0.2:25").run(out)


def talking_cbc(out, *lengths):
    """TLS 1.0 with AES-128 in CBC and HMAC-SHA1; what the client sends is in frames 15 and so on."""
    session = Tls12(version=0x0301, suite=0x002F, suites=(0x002F,), exchange=None, data=(),
                    closed=False)
    c = session.run(out)
    for length in lengths:
        c.client(session.protected(APPLICATION_DATA, length))
    c.server(session.protected(APPLICATION_DATA, 608))
    c.close()


@capture
def records_unsplit(out):
    """The first one need not be split; frames 14 to 16 have them."""
    talking_cbc(out, 320, 480, 480)


@capture
def records_split(out):
    """One byte, then the rest; of a long write the rest in pieces of the greatest length. The first
    write is not split, as some clients have it."""
    talking_cbc(out, 320, 32, 480, 32, 16416, 16416, 480)
