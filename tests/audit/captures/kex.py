"""Key exchanges."""
from generator import capture
from generator.handshakes import Tls12, Tls13
from generator.messages import (SERVER_KEY_EXCHANGE, X25519, X25519MLKEM768, certificate_request,
                                client_extensions12, dhe_exchange, key_share, message, replaced,
                                signature, supported_groups, vector)

# The 512-bit prime of Apache's mod_ssl 2.2 (weakdh.org), and the second Oakley group (RFC 2409).
PRIME_512 = bytes.fromhex(
    "9fdb8b8a004544f0045f1737d0ba2e0b274cdf1a9f588218fb435316a16e3741"
    "71fd19d8d8f37c39bf863fd60e3e300680a3030c6e4c3757d08f70e6aa871033")
PRIME_1024 = bytes.fromhex(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74"
    "020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
    "4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff")
PRIME_5114 = bytes.fromhex(
    "b10b8f96a080e01dde92de5eae5d54ec52c99fbcfb06a3c69a6a9dca52d23b61"
    "6073e28675a23d189838ef1e2ee652c013ecb4aea906112324975c3cd49b83bf"
    "accbdd7d90c4bd7098488e9c219a73724effd6fae5644738faa31a4ff55bccc0"
    "a151af5f0dc8b4bd45bf37df365c1a65e68cfda76d4da708df1fb2bc2e4a4371")


def dhe(out, prime, of_server=None, of_client=None, generator=b"\2"):
    """Both values are less than the prime if not given."""
    def less():
        return b"\1" + out.fresh(len(prime) - 1)
    exchange = dhe_exchange(prime, generator, of_server or less(),
                            signature(0x0804, out.fresh(256)))
    Tls12(suite=0x009E, suites=(0x009E, 0x009F), exchange=exchange,
          client_exchange=vector(2, of_client or less())).run(out)


@capture
def dh_512(out):
    dhe(out, PRIME_512)


@capture
def dh_1024(out):
    dhe(out, PRIME_1024)


@capture
def dh_of_its_own(out):
    """2048 bits that nobody else has; and no prime."""
    dhe(out, b"\xe5" + out.fresh(254) + b"\x4b")


@capture
def dh_value_one(out):
    dhe(out, PRIME_1024, of_server=bytes(127) + b"\1")


@capture
def dh_client_before_prime(out):
    """The client's is p-1."""
    dhe(out, PRIME_1024, of_client=PRIME_1024[:-1] + b"\xfe")


@capture
def dh_generator_one(out):
    dhe(out, PRIME_1024, generator=b"\1")


@capture
def dh_subgroup(out):
    """The prime of RFC 5114 section 2.1."""
    dhe(out, PRIME_5114)


@capture
def point_of_low_order(out):
    """A share of X25519 that makes every secret zero (RFC 7748 section 6.1)."""
    Tls13(changes=(key_share((X25519, bytes(32))),)).run(out)


@capture
def point_of_low_order_in_hybrid(out):
    share = out.fresh(1184) + b"\1" + bytes(31)
    Tls13(groups=(X25519MLKEM768, X25519), shares=(X25519MLKEM768,), group=X25519MLKEM768,
          changes=(key_share((X25519MLKEM768, share)),)).run(out)


@capture
def point_off_curve(out):
    """65 bytes that are no point of secp256r1, by the server."""
    on_curve(out, 23)


@capture
def share_too_short(out):
    Tls13(changes=(key_share((X25519, out.fresh(31))),)).run(out)


def on_curve(out, group):
    Tls12(group=group, offer=replaced(client_extensions12(),
                                      supported_groups(group, X25519))).run(out)


@capture
def curve_secp192r1(out):
    on_curve(out, 19)


@capture
def curve_sect283k1(out):
    on_curve(out, 9)


@capture
def curve_of_its_own(out):
    """explicit_prime (RFC 4492 section 5.4): prime, curve, base, order, cofactor, then the point."""
    number = out.fresh(32)
    body = b"\1" + vector(1, number) + 2 * vector(1, number) + vector(1, b"\4" + 2 * number) + \
        vector(1, number) + vector(1, b"\1") + vector(1, b"\4" + out.fresh(64)) + \
        signature(0x0804, out.fresh(256))
    Tls12(exchange=message(SERVER_KEY_EXCHANGE, body)).run(out)


@capture
def pq_not_taken(out):
    Tls13(groups=(X25519MLKEM768, X25519), shares=(X25519MLKEM768, X25519)).run(out)


@capture
def kyber_draft(out):
    """X25519Kyber768Draft00 offered."""
    Tls13(groups=(0x6399, X25519)).run(out)


@capture
def mlkem_alone(out):
    Tls13(groups=(0x0202, X25519), shares=(X25519, 0x0202), group=0x0202).run(out)


@capture
def asks_for_fixed_dh(out):
    Tls12(request=certificate_request(b"\1\2\3\4\x40"), client_certificates=()).run(out)


@capture
def asks_for_signatures(out):
    Tls12(request=certificate_request(b"\1\x40"), client_certificates=()).run(out)
