#!/usr/bin/env python3
"""wrap.py KIND IN.pcap OUT.pcap

Puts each Ethernet frame of a capture with nanoseconds into a tunnel, or onto another link, that this machine's kernel
cannot make: gtp, erspan, esp, pppoe, wifi, aggregate, nested. The outer addresses are 192.0.2.1 and 192.0.2.2 (RFC 5737), the
client's end being the first.
"""
import hmac
import ipaddress
import struct
import sys

CLIENT_MAC = bytes.fromhex("020000000001")
ENDS = ipaddress.ip_address("192.0.2.1").packed, ipaddress.ip_address("192.0.2.2").packed
ENDS6 = ipaddress.ip_address("2001:db8::1").packed, ipaddress.ip_address("2001:db8::2").packed
ETHERNET, RADIOTAP = 1, 127
OUTER_MACS = bytes.fromhex("020000000102"), bytes.fromhex("020000000101")


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Wrapper:
    """Layers around one frame at a time; `number` counts the frames, `sender` is 0 for the client's."""

    def __init__(self):
        self.number = 0

    def begin(self, frame):
        self.number += 1
        self.sender = 0 if frame[6:12] == CLIENT_MAC else 1

    def ethernet(self, kind, payload):
        macs = OUTER_MACS if self.sender == 0 else OUTER_MACS[::-1]
        return b"".join(macs) + struct.pack("!H", kind) + payload

    def ipv4(self, protocol, payload):
        ends = ENDS if self.sender == 0 else ENDS[::-1]
        fixed = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(payload), self.number, 0, 64, protocol)
        return fixed + struct.pack("!H", checksum(fixed + b"\0\0" + b"".join(ends))) + b"".join(ends) + payload

    def ipv6(self, protocol, payload):
        ends = ENDS6 if self.sender == 0 else ENDS6[::-1]
        return struct.pack("!IHBB", 0x60000000, len(payload), protocol, 64) + b"".join(ends) + payload

    def udp(self, source, destination, payload):
        return struct.pack("!HHHH", source, destination, 8 + len(payload), 0) + payload

    def gtp(self, frame):
        """3GPP TS 29.281, with the PDU session container of 5G (TS 38.415): the client is the mobile."""
        container = bytes((1, 0x10 if self.sender == 0 else 0x00, 9, 0))
        body = struct.pack("!HBB", 0, 0, 0x85) + container + frame[14:]
        header = struct.pack("!BBHI", 0x34, 0xFF, len(body), 0x1001 if self.sender == 0 else 0x2002)
        return ETHERNET, self.ethernet(0x0800, self.ipv4(17, self.udp(2152, 2152, header + body)))

    def erspan(self, frame):
        """ERSPAN type II, session 100 on VLAN 12: the mirror sends both directions."""
        self.sender = 0
        gre = struct.pack("!HHI", 0x1000, 0x88BE, self.number) + struct.pack("!HHI", 0x100C, 100, 1)
        return ETHERNET, self.ethernet(0x0800, self.ipv4(47, gre + frame))

    def esp(self, frame):
        """RFC 4303 in tunnel mode, with NULL (RFC 2410) and HMAC-SHA-256-128 (RFC 4868)."""
        padding = bytes(range(1, -(len(frame) - 14 + 2) % 4 + 1))
        body = struct.pack("!II", 0x1000 + self.sender, self.number) + frame[14:] + padding
        body += bytes((len(padding), 4))
        check = hmac.new(b"a key of 32 bytes for each of us", body, "sha256").digest()[:16]
        return ETHERNET, self.ethernet(0x0800, self.ipv4(50, body + check))

    def pppoe(self, frame):
        """RFC 2516 behind two VLAN tags: how a subscriber's line comes to the provider."""
        ppp = struct.pack("!H", 0x0021) + frame[14:]
        session = struct.pack("!BBHH", 0x11, 0, 0x0A2B, len(ppp)) + ppp
        return ETHERNET, self.ethernet(0x88A8, struct.pack("!HHHH", 100, 0x8100, 12, 0x8864) + session)

    def wifi(self, frame):
        """IEEE 802.11 QoS data behind radiotap, not encrypted: the client is the station."""
        radiotap = struct.pack("<BBHIBB", 0, 0, 10, 0x6, 0, 12)
        base = bytes.fromhex("020000000003")
        if self.sender == 0:
            header = b"\x88\x01\0\0" + base + frame[6:12] + frame[0:6]
        else:
            header = b"\x88\x02\0\0" + frame[0:6] + base + frame[6:12]
        sequence = struct.pack("<HH", self.number << 4 & 0xFFFF, 0)
        return RADIOTAP, radiotap + header + sequence + bytes.fromhex("aaaa03000000") + frame[12:]

    def aggregate(self, *frames):
        """The same, frames of one direction together in an A-MSDU (IEEE 802.11 section 9.3.2.2.2)."""
        kind, first = self.wifi(frames[0])
        body = b""
        for frame in frames:
            packet = bytes.fromhex("aaaa03000000") + frame[12:]
            body += b"\0" * (-len(body) % 4) + frame[:12] + struct.pack("!H", len(packet)) + packet
        return kind, first[:34] + b"\x80\0" + body

    def nested(self, frame):
        """GENEVE (RFC 8926) in GRE with a key (RFC 2890) in IPv6 behind two MPLS labels (RFC 3032)."""
        geneve = struct.pack("!BBHI", 0, 0, 0x6558, 5001 << 8) + frame
        inner = self.ipv4(17, self.udp(50000, 6081, geneve))
        gre = struct.pack("!HHI", 0x2000, 0x0800, 77) + inner
        labels = struct.pack("!II", 16001 << 12 | 64, 24 << 12 | 0x100 | 64)
        return ETHERNET, self.ethernet(0x8847, labels + self.ipv6(47, gre))


def main():
    kind, source, target = sys.argv[1:]
    with open(source, "rb") as f:
        data = f.read()
    magic, link = struct.unpack_from("<I", data)[0], struct.unpack_from("<I", data, 20)[0]
    if magic not in (0xA1B2C3D4, 0xA1B23C4D) or link != ETHERNET:
        sys.exit("wrap.py: not a little-endian pcap file of Ethernet")
    wrapper, at, out, groups = Wrapper(), 24, [], []
    while at < len(data):
        seconds, fraction, captured, _ = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + captured]
        at += 16 + captured
        together = kind == "aggregate" and groups and groups[-1][2][0][6:12] == frame[6:12]
        if together and len(groups[-1][2]) < 3:
            groups[-1] = seconds, fraction, groups[-1][2] + [frame]
        else:
            groups.append((seconds, fraction, [frame]))
    for seconds, fraction, frames in groups:
        wrapper.begin(frames[0])
        link, wrapped = getattr(wrapper, kind)(*frames)
        out.append(struct.pack("<IIII", seconds, fraction, len(wrapped), len(wrapped)) + wrapped)
    with open(target, "wb") as f:
        f.write(data[:20] + struct.pack("<I", link) + b"".join(out))


if __name__ == "__main__":
    main()
