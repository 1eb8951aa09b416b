"""What DNS says of a service, and what client and server then do. Each look-up is two frames, of
which the answer is the second; the address comes after what is looked at."""
import hashlib

from captures.extension import outer_hello
from captures.quic import SERVER, answer, begin
from generator import capture
from generator.dns import (A, CAA, HTTPS, TLSA, address, caa, ech_config_list, https, look_up, tlsa)
from generator.handshakes import Tls12, Tls13, der
from generator.messages import alpn, client_extensions12, replaced, server_name, vector
from generator.quic import V1
from generator.x509 import certificate, distinguished

NAME = "www.example.test"


def told(out, kind, *data, name=NAME):
    """The answer is frame 2, the first frame of what comes then 5."""
    look_up(out, name, [(kind, each, 300) for each in data], kind)
    look_up(out, NAME, [(A, address("10.9.0.2"), 300)], A, "10.9.0.1:53002")


def told_of_ech(out):
    told(out, HTTPS, https(p5=ech_config_list(7, "cover.example.test")))


@capture
def ech_left_alone(out):
    """The hello is frame 8."""
    told_of_ech(out)
    Tls13().run(out)


@capture
def ech_or_grease(out):
    told_of_ech(out)
    Tls13(changes=(outer_hello(out, 9),)).run(out)


def chosen_h2(out, *listed):
    told(out, HTTPS, https(p1=b"".join(vector(1, each.encode()) for each in listed)))
    Tls12(offer=replaced(client_extensions12(), alpn("h2", "http/1.1")),
          answer=(*Tls12.answer, alpn("h2"))).run(out)


@capture
def alpn_not_listed(out):
    """ServerHello is frame 9."""
    chosen_h2(out, "h3")


@capture
def alpn_listed(out):
    chosen_h2(out, "h3", "h2")


def pinned(out, *records):
    told(out, TLSA, *records, name="_443._tcp." + NAME)
    Tls12().run(out)


@capture
def tlsa_of_another(out):
    """The certificate is frame 10."""
    pinned(out, tlsa(3, 0, 1, bytes(32)), tlsa(2, 1, 1, bytes(32)))


@capture
def tlsa_fits(out):
    pinned(out, tlsa(3, 0, 1, bytes(32)), tlsa(3, 0, 1, hashlib.sha256(der("leaf")).digest()))


def issued(out, domain):
    """The certificate is frame 10."""
    told(out, CAA, caa("issue", domain))
    Tls12(certificates=(certificate(issuer=distinguished("R3", "Let's Encrypt")),)).run(out)


@capture
def caa_names_another(out):
    issued(out, "ca.example.net")


@capture
def caa_names_issuer(out):
    issued(out, "letsencrypt.org; validationmethods=dns-01")


@capture
def quic_unanswered_then_tcp(out):
    """Initial in 1, the hellos in 5 and 6."""
    begin(out, V1, V1[0])
    out.wait(0.3)
    Tls13().run(out)


@capture
def quic_answered_then_tcp(out):
    """The answer to a second one, which goes on by Handshake and 1-RTT packets, was not captured."""
    answer(out, 2)
    other, server_id = "10.9.0.1:40444", out.fresh(8)
    begin(out, V1, V1[0], client=other)
    out.udp(other, SERVER, b"\xe0\x00\x00\x00\x01\x08" + server_id + b"\x00\x40\x40" +
            out.fresh(64))
    out.udp(other, SERVER, b"\x40" + server_id + out.fresh(64))
    Tls13().run(out)


def told_of_h3(out):
    told(out, HTTPS, https(p1=b"\x02h3\x02h2"))


@capture
def h3_ignored(out):
    """The hellos are 8 and 9."""
    told_of_h3(out)
    Tls13().run(out)


@capture
def h3_tried(out):
    told_of_h3(out)
    begin(out, V1, V1[0])
    Tls13().run(out)


@capture
def looked_up_outside(out):
    look_up(out, NAME, [(A, address("10.9.0.2"), 300)], server="9.9.9.9:53")


@capture
def ech_tried_again(out):
    """The configuration of id 7 is that of DNS: hellos in 6 and 7. Nothing comes of it; in 21 and 22
    the client comes with one that was not in DNS."""
    config = ech_config_list(7, "cover.example.test")
    look_up(out, "hidden.example.test", [(HTTPS, https(p5=config), 300)], HTTPS)
    for config_id, data in ((7, (0, 0)), (9, (300, 600))):
        Tls13(changes=(server_name("cover.example.test"), outer_hello(out, config_id)),
              data=data).run(out)
