"""What servers and clients show, each wrong in one way; by generator/x509.py."""
from generator import capture
from generator.handshakes import Tls12
from generator.messages import certificate_request
from generator.x509 import (CLIENT_AUTH, DIGITAL_SIGNATURE, KEY_ENCIPHERMENT, MD5_RSA, MLDSA65,
                            SERVER, SERVER_AUTH, SHA1_RSA, certificate, changed, der,
                            distinguished, dsa, elliptic, extended_usage, key_usage, names,
                            other_key, rsa, timestamps)

NAMED = names("www.example.com")
P192 = ("1.2.840.10045.3.1.1", "188DA80EB03090F67CBF20EB43A18800F4FF0AFD82FF1012"
                               "07192B95FFC8DA78631011ED6B24CDD573F977A11E794811")  # and its base
P256 = ("1.2.840.10045.3.1.7", "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
                               "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5")


def shown(out, **fields):
    """In frame 6, by a session with nothing else wrong."""
    Tls12(certificates=(certificate(**fields),)).run(out)


@capture
def certificate_sound(out):
    """As one of the public web would be, if its authority were one."""
    shown(out, extensions=SERVER + (NAMED, timestamps(3)))


@capture
def certificate_of_three_years(out):
    shown(out, valid=("260501000000Z", "290501000000Z"))


@capture
def certificate_unlogged(out):
    shown(out, extensions=SERVER + (NAMED,))


@capture
def certificate_logged_once(out):
    shown(out, extensions=SERVER + (NAMED, timestamps(1)))


@capture
def certificate_for_internal_name(out):
    shown(out, extensions=SERVER + (names("printer.corp"), timestamps(3)))


@capture
def certificate_for_both_sides(out):
    shown(out, extensions=changed(extended_usage(SERVER_AUTH, CLIENT_AUTH), NAMED, timestamps(3)))


@capture
def certificate_exponent_3(out):
    shown(out, key=rsa(exponent=3))


@capture
def certificate_p192(out):
    shown(out, key=elliptic(P192[0], bytes.fromhex(P192[1])))


@capture
def certificate_p256_for_rsa(out):
    shown(out, key=elliptic(P256[0], bytes.fromhex(P256[1])))


@capture
def certificate_dsa(out):
    shown(out, key=dsa((1 << 1024) - 105, (1 << 160) - 47))


@capture
def certificate_roca(out):
    """The modulus is a power of 65537 by the product of the first 39 primes (CVE-2017-15361)."""
    primes = [n for n in range(2, 168) if all(n % d for d in range(2, n))]
    product = 1
    for prime in primes:
        product *= prime
    modulus = pow(65537, 12345, product)
    shown(out, key=rsa(modulus + ((1 << 2047) // product + 1) * product))


@capture
def certificate_close_factors(out):
    """Fermat's method does not ask whether they are prime."""
    factor = (1 << 1023) + (1 << 1022) + 12345
    shown(out, key=rsa(factor * (factor + 2)))


@capture
def certificate_mldsa(out):
    shown(out, key=other_key(MLDSA65, bytes(1952)))


@capture
def certificate_md5(out):
    shown(out, inner=MD5_RSA, outer=MD5_RSA)


@capture
def certificate_two_algorithms(out):
    shown(out, inner=SHA1_RSA)


@capture
def certificate_usage_of_rsa(out):
    shown(out, extensions=changed(key_usage(KEY_ENCIPHERMENT), names("www.example.test")))


@capture
def certificate_usage_of_signatures(out):
    """With static RSA, whose key only signs."""
    Tls12(suite=0x009C, suites=(0x009C, 0xC02F), exchange=None, certificates=(certificate(
        extensions=changed(key_usage(DIGITAL_SIGNATURE), names("www.example.test"))),)).run(out)


@capture
def certificate_serial_zero(out):
    shown(out, serial=0)


@capture
def certificate_version_1(out):
    shown(out, version=1, extensions=())


@capture
def certificate_name_with_nul(out):
    shown(out, extensions=SERVER + (names("www.example.test\0.evil.test"),))


@capture
def certificate_no_der(out):
    Tls12(certificates=(der(0x30, b"\2\1\1"),)).run(out)


@capture
def certificate_of_default(out):
    shown(out, subject=distinguished("www.example.test", "Internet Widgits Pty Ltd"))


@capture
def certificate_large(out):
    many = [f"host-{n}.example.test" for n in range(500)]
    shown(out, extensions=SERVER + (names("www.example.test", *many),))


@capture
def certificate_of_client_expired(out):
    """In frame 10."""
    old = certificate(distinguished("someone"), changed(extended_usage(CLIENT_AUTH)),
                      valid=("250101000000Z", "260101000000Z"))
    Tls12(request=certificate_request(), client_certificates=(old,)).run(out)
