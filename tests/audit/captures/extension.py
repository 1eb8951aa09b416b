"""Extensions, and what they betray."""
from generator import capture
from generator.dns import A, HTTPS, address, ech_config_list, https, look_up
from generator.handshakes import Tls12, Tls13
from generator.messages import alpn, certificate_request, server_name, u16, vector


def named(out, name, server="10.9.0.2:443"):
    Tls13(changes=(server_name(name),), server=server).run(out)


@capture
def sni_none(out):
    """Though the client had looked the name up."""
    look_up(out, "www.example.test", [(A, address("10.9.0.2"), 300)])
    Tls13(changes=(0,)).run(out)


@capture
def sni_address(out):
    named(out, "203.0.113.7")


@capture
def sni_with_nul(out):
    named(out, b"www.example.test\0.evil.test")


@capture
def sni_internal_outside(out):
    named(out, "printer.corp", "203.0.113.7:443")


@capture
def sni_public_outside(out):
    named(out, "www.example.test", "203.0.113.7:443")


@capture
def alpn_none(out):
    Tls13(changes=(16,)).run(out)


@capture
def alpn_answered(out):
    Tls12(answer=(*Tls12.answer, alpn("http/1.1"))).run(out)


@capture
def web_to_mail(out):
    Tls13(changes=(alpn("http/1.1"),), server="10.9.0.2:993").run(out)


@capture
def mail_to_mail(out):
    Tls13(changes=(alpn("imap"),), server="10.9.0.2:993").run(out)


@capture
def esni_draft(out):
    Tls13(changes=((0xFFCE, u16(0x1301) + u16(29) + vector(2, out.fresh(32)) +
                    vector(2, out.fresh(32)) + vector(2, out.fresh(292))),)).run(out)


def outer_hello(out, config_id):
    return 0xFE0D, b"\0" + u16(1) + u16(1) + bytes([config_id]) + vector(2, out.fresh(32)) + \
        vector(2, out.fresh(208))


def ech(out, name):
    """An ECHConfig for cover.example.test, ECH by it, to the address of `name`."""
    config = ech_config_list(7, "cover.example.test")
    look_up(out, "hidden.example.test", [(HTTPS, https(p5=config), 300)], HTTPS)
    look_up(out, name, [(A, address("10.9.0.2"), 300)], A, "10.9.0.1:53002")
    Tls13(changes=(server_name("cover.example.test"), outer_hello(out, 7))).run(out)


@capture
def ech_hidden_name_looked_up(out):
    ech(out, "hidden.example.test")


@capture
def ech_cover_name_looked_up(out):
    ech(out, "cover.example.test")


@capture
def client_certificate_none(out):
    """One is asked for, by no authority; none is given."""
    Tls12(request=certificate_request(), client_certificates=()).run(out)


@capture
def client_certificate_shown(out):
    names = (bytes.fromhex("301a3118301606035504030c0f417564697420546573742052") + b"oot",)
    Tls12(request=certificate_request(names=names), client_certificates=("client",)).run(out)
