"""Captures made byte by byte, so that what must be found in them is known beforehand."""
import ipaddress
import struct

CLIENT, SERVER, RESOLVER = "10.0.0.5", "93.184.216.34", "10.0.0.53"
NAME = "www.example.com"
START_NS = 1_700_000_000_000_000_000
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def ipv4(source, target, protocol, payload):
    def header(check):
        return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0x4000, 64, protocol,
                           check, ipaddress.ip_address(source).packed,
                           ipaddress.ip_address(target).packed)
    return header(checksum(header(0))) + payload


def ethernet(packet):
    return bytes.fromhex("020000000001" "020000000002" "0800") + packet


def tcp(source, target, ports, sequence, acknowledged, flags, payload=b""):
    header = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, 5 << 4, flags, 65535, 0, 0)
    return ethernet(ipv4(source, target, 6, header + payload))


def udp(source, target, ports, payload):
    header = struct.pack(">HHHH", *ports, 8 + len(payload), 0)
    return ethernet(ipv4(source, target, 17, header + payload))


def dns_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def dns_query(port=45353):
    message = struct.pack(">HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0) + dns_name(NAME) + b"\0\1\0\1"
    return udp(CLIENT, RESOLVER, (port, 53), message)


def dns_answer(port=45353):
    message = (struct.pack(">HHHHHH", 0x1234, 0x8180, 1, 1, 0, 0) + dns_name(NAME) + b"\0\1\0\1"
               + struct.pack(">HHHIH4s", 0xC00C, 1, 1, 300, 4, ipaddress.ip_address(SERVER).packed))
    return udp(RESOLVER, CLIENT, (53, port), message)


def page_visit(port=51514):
    """A name looked up, a connection opened and closed: (milliseconds since the start, frame)."""
    up, down = (CLIENT, SERVER, (port, 443)), (SERVER, CLIENT, (443, port))
    frames = [
        dns_query(), dns_answer(),
        tcp(*up, 1000, 0, SYN), tcp(*down, 9000, 1001, SYN | ACK), tcp(*up, 1001, 9001, ACK),
        tcp(*up, 1001, 9001, FIN | ACK), tcp(*down, 9001, 1002, ACK),
        tcp(*down, 9001, 1002, FIN | ACK), tcp(*up, 1002, 9002, ACK),
    ]
    return [(10 * n, frame) for n, frame in enumerate(frames)]


def hello_answered(answer, port=51514):
    """A ClientHello of TLS 1.2, and what the server says to it."""
    up, down = (CLIENT, SERVER, (port, 443)), (SERVER, CLIENT, (443, port))
    body = b"\x03\x03" + bytes(range(32)) + b"\0" + b"\0\2\x13\1" + b"\1\0"
    hello = b"\x16\3\1" + struct.pack(">HBBH", len(body) + 4, 1, 0, len(body)) + body
    sent, said = 1001 + len(hello), 9001 + len(answer)
    frames = [
        tcp(*up, 1000, 0, SYN), tcp(*down, 9000, 1001, SYN | ACK), tcp(*up, 1001, 9001, ACK),
        tcp(*up, 1001, 9001, ACK, hello), tcp(*down, 9001, sent, ACK, answer),
        tcp(*up, sent, said, FIN | ACK), tcp(*down, said, sent + 1, FIN | ACK),
        tcp(*up, sent + 1, said + 1, ACK),
    ]
    return [(10 * n, frame) for n, frame in enumerate(frames)]


def pcap(frames, order="<", nanoseconds=False, link_type=1, start_ns=START_NS):
    out = struct.pack(order + "IHHiIII", 0xA1B23C4D if nanoseconds else 0xA1B2C3D4, 2, 4, 0, 0,
                      262144, link_type)
    for milliseconds, frame in frames:
        second, rest = divmod(start_ns + milliseconds * 1_000_000, 1_000_000_000)
        out += struct.pack(order + "IIII", second, rest if nanoseconds else rest // 1000,
                           len(frame), len(frame)) + frame
    return out


def pcapng_block(order, kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def pcapng(frames, order="<"):
    out = pcapng_block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    out += pcapng_block(order, 1, struct.pack(order + "HHI", 1, 0, 262144))
    for milliseconds, frame in frames:
        ticks = START_NS // 1000 + milliseconds * 1000
        out += pcapng_block(order, 6, struct.pack(order + "IIIII", 0, ticks >> 32,
                                                  ticks & 0xFFFFFFFF, len(frame), len(frame))
                            + frame)
    return out
