"""Captures as lists of frames: read, written, taken apart and put together again."""
import gzip
import struct
from dataclasses import dataclass, replace

from generator.packets import checksum

ETHERNET, NULL, PPP, RAW, LOOP, SLL, SLL2 = 1, 0, 9, 101, 108, 113, 276
PROTO_TCP, PROTO_UDP = 6, 17
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


@dataclass
class Frame:
    time: int  # ns
    link: int
    data: bytes
    length: int  # on the wire
    origin: int  # number of the frame that it was made of


class Unreadable(Exception):
    """Not a capture that this reader knows; it knows what the samples need, hellotap more."""


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    try:
        return read_pcapng(data) if data[:4] == b"\n\r\r\n" else read_pcap(data)
    except struct.error as error:
        raise Unreadable(str(error)) from error


def read_pcap(data):
    magics = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}
    order = next((o for o in "<>" if struct.unpack(o + "I", data[:4])[0] in magics), None)
    if order is None:
        raise Unreadable("magic")
    unit = magics[struct.unpack(order + "I", data[:4])[0]]
    link = struct.unpack(order + "I", data[20:24])[0] & 0xFFFF
    frames, at = [], 24
    while at < len(data):
        sec, frac, kept, length = struct.unpack(order + "4I", data[at : at + 16])
        at += 16
        if at + kept > len(data):
            raise Unreadable("cut")
        frames.append(
            Frame(sec * 10**9 + frac * unit, link, data[at : at + kept], length, len(frames) + 1)
        )
        at += kept
    return frames


def read_pcapng(data):
    frames, interfaces, at, order = [], [], 0, "<"
    while at < len(data):
        if data[at : at + 4] == b"\n\r\r\n":
            order = "<" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, size = struct.unpack(order + "II", data[at : at + 8])
        body = data[at + 8 : at + size - 4]
        if kind == 1:
            interfaces.append(read_interface(body, order))
        elif kind == 6:
            number, high, low, kept, length = struct.unpack(order + "5I", body[:20])
            link, units = interfaces[number]
            time = ((high << 32) + low) * 10**9 // units
            frames.append(Frame(time, link, body[20 : 20 + kept], length, len(frames) + 1))
        elif kind in (2, 3):
            raise Unreadable("simple or obsolete packet block")
        at += size
    return frames


def read_interface(body, order):
    link, units, at = struct.unpack(order + "H", body[:2])[0], 10**6, 8
    while at + 4 <= len(body):
        code, size = struct.unpack(order + "HH", body[at : at + 4])
        if code == 9:
            power = body[at + 4]
            units = 2 ** (power & 0x7F) if power & 0x80 else 10**power
        if code == 14:
            raise Unreadable("times with an offset")
        at += 4 + (size + 3) // 4 * 4
        if code == 0:
            break
    return link, units


def write_pcap(path, frames, order="<", magic=0xA1B23C4D):
    unit = 1 if magic == 0xA1B23C4D else 1000
    link = frames[0].link if frames else ETHERNET
    with open(path, "wb") as file:
        file.write(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link))
        for f in frames:
            sec, frac = divmod(f.time, 10**9)
            file.write(
                struct.pack(order + "4I", sec & 0xFFFFFFFF, frac // unit, len(f.data), f.length)
            )
            file.write(f.data)


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def write_pcapng(path, frames, order="<"):
    links = sorted({f.link for f in frames}) or [ETHERNET]
    with open(path, "wb") as file:
        file.write(block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)))
        for link in links:
            options = struct.pack(order + "HHB3xHH", 9, 1, 9, 0, 0)
            file.write(block(order, 1, struct.pack(order + "HHI", link, 0, 0) + options))
        for f in frames:
            head = struct.pack(
                order + "5I",
                links.index(f.link),
                f.time >> 32,
                f.time & 0xFFFFFFFF,
                len(f.data),
                f.length,
            )
            file.write(block(order, 6, head + f.data))


def write(path, frames):
    if len({f.link for f in frames}) > 1:
        write_pcapng(path, frames)
    else:
        write_pcap(path, frames)


# Packets


@dataclass
class Packet:
    """An IP packet that is whole, no fragment, and directly on its link layer."""

    link: bytes  # what stands before IP
    ip: bytes  # header, IPv6 extension headers too
    proto: int
    body: bytes  # from the transport header to the end of the datagram

    @property
    def version(self):
        return self.ip[0] >> 4

    @property
    def addresses(self):
        return (self.ip[12:16], self.ip[16:20]) if self.version == 4 else (self.ip[8:24], self.ip[24:40])

    @property
    def ports(self):
        return struct.unpack(">HH", self.body[:4])

    @property
    def is_tcp(self):
        return self.proto == PROTO_TCP and len(self.body) >= 20 and 20 <= self.header <= len(self.body)

    @property
    def is_udp(self):
        return self.proto == PROTO_UDP and len(self.body) >= 8

    @property
    def header(self):
        return (self.body[12] >> 4) * 4 if self.proto == PROTO_TCP else 8

    @property
    def payload(self):
        return self.body[self.header :]

    @property
    def seq(self):
        return struct.unpack(">I", self.body[4:8])[0]

    @property
    def flags(self):
        return self.body[13]

    @property
    def flow(self):
        return self.addresses, self.ports

    @property
    def reverse(self):
        (a, b), (p, q) = self.flow
        return (b, a), (q, p)


def ip_offset(frame):
    data = frame.data
    if frame.link == ETHERNET:
        at = 12
        while data[at : at + 2] in (b"\x81\x00", b"\x88\xa8") and at < 32:
            at += 4
        return at + 2 if data[at : at + 2] in (b"\x08\x00", b"\x86\xdd") else None
    if frame.link in (RAW, 228, 229):
        return 0
    if frame.link in (NULL, LOOP):
        return 4
    if frame.link == SLL:
        return 16 if data[14:16] in (b"\x08\x00", b"\x86\xdd") else None
    if frame.link == SLL2:
        return 20 if data[0:2] in (b"\x08\x00", b"\x86\xdd") else None
    return None


def parse(frame):
    """The packet of a frame, None where there is none that can be rewritten."""
    at = ip_offset(frame)
    if at is None or len(frame.data) < at + 20:
        return None
    ip = frame.data[at:]
    if ip[0] >> 4 == 4:
        header, total = (ip[0] & 15) * 4, struct.unpack(">H", ip[2:4])[0]
        fragment = struct.unpack(">H", ip[6:8])[0] & 0x3FFF
        if header < 20 or fragment or total < header or total > len(ip):
            return None
        packet = Packet(frame.data[:at], ip[:header], ip[9], ip[header:total])
    elif ip[0] >> 4 == 6 and len(ip) >= 40:
        total = 40 + struct.unpack(">H", ip[4:6])[0]
        if total > len(ip) or ip[6] not in (PROTO_TCP, PROTO_UDP):
            return None
        packet = Packet(frame.data[:at], ip[:40], ip[6], ip[40:total])
    else:
        return None
    return packet if packet.is_tcp or packet.is_udp else None


def with_checksums(packet, length=None):
    """The packet's bytes, lengths and checksums right."""
    ip, body = bytearray(packet.ip), bytearray(packet.body)
    at = 16 if packet.proto == PROTO_TCP else 6
    if packet.proto == PROTO_UDP:
        body[4:6] = struct.pack(">H", len(body))
    body[at : at + 2] = b"\0\0"
    pseudo = b"".join(packet.addresses) + struct.pack(">II", len(body), packet.proto)
    body[at : at + 2] = struct.pack(">H", checksum(pseudo + bytes(body)) or 0xFFFF)
    if packet.version == 4:
        ip[2:4] = struct.pack(">H", len(ip) + len(body) if length is None else length)
        ip[10:12] = b"\0\0"
        ip[10:12] = struct.pack(">H", checksum(bytes(ip)))
    else:
        ip[4:6] = struct.pack(">H", len(body) if length is None else length)
    return bytes(ip) + bytes(body)


def build(frame, packet, time=None, length=None):
    data = packet.link + with_checksums(packet, length)
    return replace(frame, data=data, length=len(data), time=frame.time if time is None else time)


def segment(packet, begin, end, number=0):
    """The packet with these bytes of its payload only."""
    body = bytearray(packet.body[: packet.header])
    body[4:8] = struct.pack(">I", (packet.seq + begin) & 0xFFFFFFFF)
    if end < len(packet.payload):
        body[13] &= ~(FIN | PSH) & 0xFF
    return with_id(replace(packet, body=bytes(body) + packet.payload[begin:end]), number)


def with_id(packet, number):
    """An IPv4 identification so much further on."""
    if packet.version != 4 or number == 0:
        return packet
    ip = bytearray(packet.ip)
    ip[4:6] = struct.pack(">H", (struct.unpack(">H", ip[4:6])[0] + number) & 0xFFFF)
    return replace(packet, ip=bytes(ip))
