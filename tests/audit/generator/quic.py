"""A client's Initial packet of QUIC, protected as RFC 9001 section 5 says: AES-128-GCM with keys that
follow from the connection id. Slow and plain, for a packet or two."""
import hashlib
import hmac

from generator.messages import u16, u32, vector

V1 = 0x00000001, bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
DRAFT_29 = 0xFF00001D, bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")
VERSION_INFORMATION = 0x11


def multiplied(a, b):
    """In the field of AES."""
    out = 0
    while b:
        out ^= a if b & 1 else 0
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return out


def substitution():
    inverse = [0] + [next(x for x in range(256) if multiplied(x, y) == 1) for y in range(1, 256)]
    rotated = [[(x << n | x >> (8 - n)) & 0xFF for n in range(5)] for x in inverse]
    return [r[0] ^ r[1] ^ r[2] ^ r[3] ^ r[4] ^ 0x63 for r in rotated]


SBOX = substitution()
DOUBLE, TRIPLE = ([multiplied(x, n) for x in range(256)] for n in (2, 3))


def round_keys(key):
    words, constant = [key[i:i + 4] for i in range(0, 16, 4)], 1
    for i in range(4, 44):
        word = words[-1]
        if i % 4 == 0:
            word = bytes([SBOX[b] for b in word[1:] + word[:1]])
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = multiplied(constant, 2)
        words.append(xored(words[-4], word))
    return [b"".join(words[i:i + 4]) for i in range(0, 44, 4)]


def xored(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def aes(keys, block):
    state = xored(block, keys[0])
    for number, key in enumerate(keys[1:], 1):
        state = bytes(SBOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16))
        if number < 10:
            state = bytes(
                DOUBLE[column[i]] ^ TRIPLE[column[(i + 1) % 4]] ^ column[(i + 2) % 4] ^
                column[(i + 3) % 4]
                for column in (state[c:c + 4] for c in range(0, 16, 4)) for i in range(4))
        state = xored(state, key)
    return state


def ghash(key, data):
    total, h = 0, int.from_bytes(key, "big")
    for at in range(0, len(data), 16):
        x, v, total = total ^ int.from_bytes(data[at:at + 16], "big"), h, 0
        for bit in range(127, -1, -1):
            total ^= v if x >> bit & 1 else 0
            v = v >> 1 ^ (0xE1 << 120 if v & 1 else 0)
    return total.to_bytes(16, "big")


def padded(data):
    return data + bytes(-len(data) % 16)


def seal(key, nonce, plain, header):
    """AES-128-GCM."""
    keys = round_keys(key)
    stream = b"".join(aes(keys, nonce + u32(2 + i)) for i in range((len(plain) + 15) // 16))
    cipher = xored(plain, stream)
    lengths = (8 * len(header)).to_bytes(8, "big") + (8 * len(cipher)).to_bytes(8, "big")
    tag = ghash(aes(keys, bytes(16)), padded(header) + padded(cipher) + lengths)
    return cipher + xored(tag, aes(keys, nonce + u32(1)))


def expand_label(secret, label, length):
    info = u16(length) + vector(1, b"tls13 " + label) + b"\0"
    return hmac.new(secret, info + b"\1", hashlib.sha256).digest()[:length]


def integer(value):
    """A variable-length integer (RFC 9000 section 16), in two bytes."""
    return u16(0x4000 | value)


def server_initial(version, source, number, datagram_len=1200):
    """A datagram in the form of an Initial that nobody can open, to a client with an empty id; one of
    each number."""
    head = b"\xc0" + u32(version[0]) + b"\0" + vector(1, source) + b"\0"
    length = datagram_len - len(head) - 2
    return head + integer(length) + (hashlib.sha512(source + bytes([number])).digest() * 32)[:length]


def client_initial(version, connection_id, hello, number=0, datagram_len=1200):
    """A datagram of that many bytes. `hello` is the ClientHello message; `version` is V1 or DRAFT_29."""
    wire, salt = version
    initial = hmac.new(salt, connection_id, hashlib.sha256).digest()
    secret = expand_label(initial, b"client in", 32)
    key, iv, mask_key = (expand_label(secret, b"quic " + name, length)
                         for name, length in ((b"key", 16), (b"iv", 12), (b"hp", 16)))
    head = u32(wire) + vector(1, connection_id) + b"\0" + b"\0"
    body = b"\x06\x00" + integer(len(hello)) + hello
    length = datagram_len - 1 - len(head) - 2
    body += bytes(length - 4 - 16 - len(body))
    header = b"\xc3" + head + integer(length) + u32(number)
    nonce = iv[:8] + xored(iv[8:], u32(number))
    sealed = seal(key, nonce, body, header)
    mask = aes(round_keys(mask_key), sealed[:16])
    return bytes([header[0] ^ mask[0] & 0x0F]) + header[1:-4] + xored(header[-4:], mask[1:5]) + \
        sealed


def transport_parameters(*parameters):
    """The extension, of (id, content)."""
    return 0x39, b"".join(integer(kind) + integer(len(content)) + content
                          for kind, content in parameters)


def version_information(chosen, *available):
    return VERSION_INFORMATION, b"".join(u32(version) for version in (chosen, *available))
