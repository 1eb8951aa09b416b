"""Messages of SSL 3.0 to TLS 1.3, as bytes. What is not said is as a modern client or server would
have it; every value may be a forbidden one."""
import struct

SSL30, TLS10, TLS11, TLS12, TLS13 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT = 20, 21, 22, 23, 24
(HELLO_REQUEST, CLIENT_HELLO, SERVER_HELLO, NEW_SESSION_TICKET, ENCRYPTED_EXTENSIONS, CERTIFICATE,
 SERVER_KEY_EXCHANGE, CERTIFICATE_REQUEST, SERVER_HELLO_DONE, CERTIFICATE_VERIFY,
 CLIENT_KEY_EXCHANGE, FINISHED, CERTIFICATE_STATUS) = (0, 1, 2, 4, 8, 11, 12, 13, 14, 15, 16, 20, 22)
X25519, P256, P384, FFDHE2048, X25519MLKEM768 = 29, 23, 24, 256, 0x11EC
SHARE_BYTES = {X25519: 32, P256: 65, P384: 97, FFDHE2048: 256, X25519MLKEM768: 1216, 0x0202: 1568}
SERVER_SHARE_BYTES = {X25519MLKEM768: 1120}
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
ECDHE_RSA_AES128_GCM, AES128_GCM = 0xC02F, 0x1301

def u8(value):
    return struct.pack(">B", value)


def u16(value):
    return struct.pack(">H", value)


def u32(value):
    return struct.pack(">I", value)


def vector(width, data):
    """`data` behind its length in `width` bytes."""
    return len(data).to_bytes(width, "big") + data


def list16(values):
    return b"".join(u16(value) for value in values)


def record(kind, fragment, version=TLS12):
    return u8(kind) + u16(version) + vector(2, fragment)


def message(kind, body):
    return u8(kind) + vector(3, body)


def handshake(kind, body, version=TLS12):
    return record(HANDSHAKE, message(kind, body), version)


def alert(level, description, version=TLS12):
    return record(ALERT, u8(level) + u8(description), version)


def change_cipher_spec(version=TLS12):
    return record(CHANGE_CIPHER_SPEC, b"\1", version)


#
# Extensions: (type, content)
#

def server_name(name):
    name = name if isinstance(name, bytes) else name.encode()
    return 0, vector(2, b"\0" + vector(2, name))


def supported_groups(*groups):
    return 10, vector(2, list16(groups))


def point_formats():
    return 11, vector(1, b"\0")


def signature_algorithms(*schemes):
    return 13, vector(2, list16(schemes))


def alpn(*names):
    return 16, vector(2, b"".join(vector(1, name.encode()) for name in names))


def encrypt_then_mac():
    return 22, b""


def extended_master_secret():
    return 23, b""


def session_ticket(ticket=b""):
    return 35, ticket


def pre_shared_key(identity, binder=bytes(32)):
    return 41, vector(2, vector(2, identity) + u32(1000)) + vector(2, vector(1, binder))


def supported_versions(*versions):
    return 43, vector(1, list16(versions))


def psk_modes(*modes):
    return 45, vector(1, bytes(modes))


def key_share(*shares):
    """Of (group, key)."""
    return 51, vector(2, b"".join(u16(group) + vector(2, key) for group, key in shares))


def supported_versions_chosen(version):
    return 43, u16(version)


def key_share_chosen(group, key):
    return 51, u16(group) + vector(2, key)


def renegotiation_info(verify_data=b""):
    return 0xFF01, vector(1, verify_data)


def extensions(items):
    """None where there are none: the block is left out."""
    if items is None:
        return b""
    return vector(2, b"".join(u16(kind) + vector(2, content) for kind, content in items))


def replaced(items, *changes):
    """Extensions with some put in place of those of their type, or taken out where a change is a
    type alone; new ones at the end."""
    for change in changes:
        kind = change[0] if isinstance(change, tuple) else change
        places = [i for i, item in enumerate(items) if item[0] == kind]
        if not isinstance(change, tuple):
            items = [item for item in items if item[0] != kind]
        elif places:
            items = items[:places[0]] + [change] + items[places[0] + 1:]
        else:
            items = items + [change]
    return items


#
# Messages, without their record
#

SIGNATURES = (0x0403, 0x0804, 0x0401, 0x0805, 0x0501)


def client_extensions12(name="www.example.test"):
    return [server_name(name), extended_master_secret(), renegotiation_info(),
            supported_groups(X25519, P256), point_formats(), session_ticket(), alpn("http/1.1"),
            signature_algorithms(*SIGNATURES)]


def client_extensions13(capture, name="www.example.test", groups=(X25519, P256), shares=(X25519,)):
    keys = [(group, capture.fresh(SHARE_BYTES[group])) for group in shares]
    return [server_name(name), supported_groups(*groups), alpn("h2", "http/1.1"),
            signature_algorithms(*SIGNATURES), supported_versions(TLS13), psk_modes(1),
            key_share(*keys)]


def client_hello(random, suites, items, version=TLS12, session_id=b"", compression=b"\0"):
    return message(CLIENT_HELLO, u16(version) + random + vector(1, session_id) +
                   vector(2, list16(suites)) + vector(1, compression) + extensions(items))


def server_hello(random, suite, items, version=TLS12, session_id=b"", compression=0):
    return message(SERVER_HELLO, u16(version) + random + vector(1, session_id) + u16(suite) +
                   u8(compression) + extensions(items))


def certificate(chain):
    return message(CERTIFICATE, vector(3, b"".join(vector(3, der) for der in chain)))


def signature(scheme, value):
    """`scheme` None: before TLS 1.2, where it is not said."""
    return (b"" if scheme is None else u16(scheme)) + vector(2, value)


def ecdhe_exchange(group, point, signed):
    return message(SERVER_KEY_EXCHANGE, b"\3" + u16(group) + vector(1, point) + signed)


def dhe_exchange(prime, generator, public, signed):
    return message(SERVER_KEY_EXCHANGE,
                   vector(2, prime) + vector(2, generator) + vector(2, public) + signed)


def certificate_request(types=b"\1\x40", schemes=SIGNATURES, names=()):
    algorithms = b"" if schemes is None else vector(2, list16(schemes))
    return message(CERTIFICATE_REQUEST, vector(1, types) + algorithms +
                   vector(2, b"".join(vector(2, name) for name in names)))


def new_session_ticket(lifetime_s, ticket):
    return message(NEW_SESSION_TICKET, u32(lifetime_s) + vector(2, ticket))
