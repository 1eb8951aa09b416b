"""Certificates (RFC 5280) made up field by field, so that each may be wrong. All are signed by one
authority, whose key is no secret: it is here."""
import base64
import hashlib

P = int(
    "d09ef3d0cc91ac75f8a64c217ebd52602338ee08e2dfba047df58f659dc875d585051de8facc43b399eb4e35"
    "d65dd6dd99e3cfb042b0fa9e26c52543322f628be6f8074ea60086f246e267c400bd3cca0789778122c7df32"
    "e9c85995bcf1b2e98f765c00228f28a01473ab448cefa45146427c588024d0d9eb53b45bc21faeed", 16)
Q = int(
    "dc53d246bed082d056eeed1d90ed5e8902d01a315b3715294bd036b2855092990e7f34f702876e765cf7d3be"
    "c4d57fd754a2ef58ec338b596cc62bfd439ff7ef8ae9e1385b5fe12a442f70a7fe29baa16028cdaae85b84e1"
    "f5617e2e71306297cd0cece8d2b194ccc989a38bad961c919aa72175c45a53e5f96e6577f25ddb43", 16)
E_RSA = 65537
KEY_BYTES = 256

INTEGER, BIT_STRING, OCTET_STRING, NULL, OBJECT, UTF8, SEQUENCE, SET, UTC_TIME = \
    2, 3, 4, 5, 6, 12, 0x30, 0x31, 0x17
COMMON_NAME, ORGANIZATION = "2.5.4.3", "2.5.4.10"
SHA256_RSA, SHA1_RSA, MD5_RSA = (f"1.2.840.113549.1.1.{n}" for n in (11, 5, 4))
MLDSA65 = "2.16.840.1.101.3.4.3.18"
BASIC_CONSTRAINTS, KEY_USAGE, NAMES, EXTENDED_USAGE = \
    "2.5.29.19", "2.5.29.15", "2.5.29.17", "2.5.29.37"
REVOCATION_LISTS, AUTHORITY_ACCESS, TIMESTAMPS = \
    "2.5.29.31", "1.3.6.1.5.5.7.1.1", "1.3.6.1.4.1.11129.2.4.2"
SERVER_AUTH, CLIENT_AUTH = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
DIGITAL_SIGNATURE, KEY_ENCIPHERMENT, KEY_CERT_SIGN = 0x80, 0x20, 0x04


def der(tag, *parts):
    content = b"".join(parts)
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def integer(value):
    return der(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(text):
    first, second, *rest = (int(part) for part in text.split("."))
    out = b""
    for arc in (40 * first + second, *rest):
        coded = [arc & 127]
        while arc > 127:
            arc >>= 7
            coded.insert(0, 128 | arc & 127)
        out += bytes(coded)
    return der(OBJECT, out)


def bits(content):
    return der(BIT_STRING, b"\0", content)


def algorithm(name, *parameters):
    return der(SEQUENCE, oid(name), *(parameters or (der(NULL),)))


def distinguished(common_name=None, organization=None):
    pairs = ((ORGANIZATION, organization), (COMMON_NAME, common_name))
    return der(SEQUENCE, *(der(SET, der(SEQUENCE, oid(kind), der(UTF8, text.encode())))
                           for kind, text in pairs if text))


#
# Keys: SubjectPublicKeyInfo
#

def rsa(modulus=None, exponent=E_RSA):
    """Without a modulus one that nobody knows the factors of."""
    if modulus is None:
        digests = (hashlib.sha256(b"modulus %d" % i).digest() for i in range(KEY_BYTES // 32))
        modulus = int.from_bytes(b"".join(digests), "big") | 1 | 1 << 8 * KEY_BYTES - 1
    return der(SEQUENCE, algorithm("1.2.840.113549.1.1.1"),
               bits(der(SEQUENCE, integer(modulus), integer(exponent))))


def elliptic(curve, point):
    return der(SEQUENCE, algorithm("1.2.840.10045.2.1", oid(curve)), bits(b"\4" + point))


def dsa(prime, order):
    return der(SEQUENCE, algorithm("1.2.840.10040.4.1",
                                   der(SEQUENCE, integer(prime), integer(order), integer(2))),
               bits(integer(4)))


def other_key(kind, content):
    return der(SEQUENCE, der(SEQUENCE, oid(kind)), bits(content))


#
# Extensions: (kind, critical, content)
#

def names(*texts):
    """As they are, also with a NUL in them."""
    return NAMES, False, der(SEQUENCE, *(der(0x82, text.encode()) for text in texts))


def constraints(is_ca=False):
    return BASIC_CONSTRAINTS, True, der(SEQUENCE, der(1, b"\xff") if is_ca else b"")


def key_usage(mask=DIGITAL_SIGNATURE | KEY_ENCIPHERMENT):
    return KEY_USAGE, True, der(BIT_STRING, b"\0", bytes([mask]))


def extended_usage(*purposes):
    return EXTENDED_USAGE, False, der(SEQUENCE, *(oid(purpose) for purpose in purposes))


def revocation_list(uri="http://crl.example.test/"):
    name = der(0x86, uri.encode())
    return REVOCATION_LISTS, False, der(SEQUENCE, der(SEQUENCE, der(0xA0, der(0xA0, name))))


def timestamps(number):
    """Signed certificate timestamps (RFC 6962 section 3.3) that no log signed."""
    time_ms = (1_790_000_000_000).to_bytes(8, "big")
    one = b"\0" + bytes(32) + time_ms + b"\0\0" + b"\4\3" + b"\0\x08" + bytes(8)
    entries = b"".join(len(one).to_bytes(2, "big") + one for _ in range(number))
    return TIMESTAMPS, False, der(OCTET_STRING, len(entries).to_bytes(2, "big") + entries)


SERVER = (constraints(), key_usage(), extended_usage(SERVER_AUTH), revocation_list())


def changed(*extensions):
    """A server's, but for these."""
    kinds = [kind for kind, _, _ in extensions]
    return tuple(e for e in SERVER if e[0] not in kinds) + extensions


def sign(content):
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2)."""
    digest = der(SEQUENCE, algorithm("2.16.840.1.101.3.4.2.1"),
                 der(OCTET_STRING, hashlib.sha256(content).digest()))
    padded = b"\0\1" + b"\xff" * (KEY_BYTES - len(digest) - 3) + b"\0" + digest
    private = pow(E_RSA, -1, (P - 1) * (Q - 1))
    return pow(int.from_bytes(padded, "big"), private, P * Q).to_bytes(KEY_BYTES, "big")


AUTHORITY = distinguished("Made-up Authority")


def certificate(subject=None, extensions=None, key=None, serial=0x5EED5EED5EED5EED5EED, version=3,
                valid=("261001000000Z", "261220000000Z"), issuer=AUTHORITY, inner=SHA256_RSA,
                outer=SHA256_RSA):
    """DER. Where `outer`, the algorithm said of the signature, is another than the real one, nobody
    can verify it."""
    subject = distinguished("www.example.test") if subject is None else subject
    extensions = SERVER + (names("www.example.test"),) if extensions is None else extensions
    listed = [der(SEQUENCE, oid(kind), der(1, b"\xff") if critical else b"",
                  der(OCTET_STRING, content)) for kind, critical, content in extensions]
    content = der(
        SEQUENCE, der(0xA0, integer(version - 1)) if version > 1 else b"", integer(serial),
        algorithm(inner), issuer, der(SEQUENCE, *(der(UTC_TIME, at.encode()) for at in valid)),
        subject, key or rsa(), der(0xA3, der(SEQUENCE, *listed)) if listed else b"")
    return der(SEQUENCE, content, algorithm(outer), bits(sign(content)))


def root():
    """The authority's own."""
    return certificate(AUTHORITY, (constraints(True), key_usage(KEY_CERT_SIGN)), rsa(P * Q),
                       valid=("260101000000Z", "360101000000Z"))


def pem(certificate_der):
    text = base64.encodebytes(certificate_der).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"
