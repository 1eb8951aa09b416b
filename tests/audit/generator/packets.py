"""Captures of made-up packets: Ethernet, IPv4 or IPv6, TCP and UDP, as a classic pcap file.

A Capture numbers its frames from 1 as Wireshark does, and its clock goes on by 5 ms a frame. What
sends something returns the number of the (last) frame that carries it."""
import hashlib
import ipaddress
import struct

START = 1_795_176_000  # 2026-11-20 12:00:00 UTC
STEP_NS = 5_000_000
MSS = 1400
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
TCP, UDP = 6, 17


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def endpoint(text):
    """"10.9.0.1:443" or "[fd00::1]:443"."""
    address, _, port = text.rpartition(":")
    return ipaddress.ip_address(address.strip("[]")), int(port)


class Capture:
    def __init__(self, start=START):
        self.frames = []
        self.now_ns = start * 1_000_000_000
        self.ports = 40000
        self.num_fresh = 0

    def fresh(self, length):
        """Bytes that look random and are the same in every run."""
        out = b""
        while len(out) < length:
            self.num_fresh += 1
            out += hashlib.sha256(b"fresh %d" % self.num_fresh).digest()
        return out[:length]

    def wait(self, seconds):
        self.now_ns += int(seconds * 1_000_000_000)

    def packet(self, protocol, source, destination, segment):
        """`segment` has its checksum field zero, at `checksum_at`."""
        checksum_at = 16 if protocol == TCP else 6
        (src, _), (dst, _) = source, destination
        pseudo = src.packed + dst.packed + struct.pack(">II", len(segment), protocol)
        value = checksum(pseudo + segment)
        segment = segment[:checksum_at] + struct.pack(">H", value) + segment[checksum_at + 2:]
        if src.version == 4:
            header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), 0, 0x4000, 64,
                                 protocol, 0, src.packed, dst.packed)
            header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
            ethertype = 0x0800
        else:
            header = struct.pack(">IHBB16s16s", 6 << 28, len(segment), protocol, 64, src.packed,
                                 dst.packed)
            ethertype = 0x86DD
        ethernet = b"\x02\0\0\0\0\x02" + b"\x02\0\0\0\0\x01" + struct.pack(">H", ethertype)
        self.frames.append((self.now_ns, ethernet + header + segment))
        self.now_ns += STEP_NS
        return len(self.frames)

    def udp(self, source, destination, payload):
        source, destination = endpoint(source), endpoint(destination)
        header = struct.pack(">HHHH", source[1], destination[1], 8 + len(payload), 0)
        return self.packet(UDP, source, destination, header + payload)

    def connection(self, server="10.9.0.2:443", client="10.9.0.1", opened=True):
        """A TCP connection, by its handshake; the client's port is a new one if not said."""
        if ":" not in client or client.endswith("]"):
            self.ports += 1
            client = f"{client}:{self.ports}"
        return Connection(self, endpoint(client), endpoint(server), opened)

    def write(self, path):
        with open(path, "wb") as out:
            out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
            for time_ns, frame in self.frames:
                out.write(struct.pack("<IIII", time_ns // 1_000_000_000, time_ns % 1_000_000_000,
                                      len(frame), len(frame)))
                out.write(frame)


class Connection:
    def __init__(self, capture, client, server, opened):
        self.capture = capture
        self.ends = (client, server)
        self.next = [1000, 5000]  # sequence numbers, of client and server
        if opened:
            self.segment(0, SYN)
            self.segment(1, SYN | ACK)
            self.segment(0, ACK)

    def segment(self, side, flags, payload=b""):
        options = b"\x02\x04" + struct.pack(">H", MSS) if flags & SYN else b""
        peer_next = self.next[1 - side] if flags & ACK else 0
        header = struct.pack(">HHIIBBHHH", self.ends[side][1], self.ends[1 - side][1],
                             self.next[side], peer_next, (5 + len(options) // 4) << 4, flags, 65000,
                             0, 0)
        self.next[side] += len(payload) + (1 if flags & (SYN | FIN) else 0)
        return self.capture.packet(TCP, self.ends[side], self.ends[1 - side],
                                   header + options + payload)

    def send(self, side, data):
        frame = 0
        for at in range(0, len(data), MSS):
            frame = self.segment(side, PSH | ACK, data[at:at + MSS])
        return frame

    def client(self, *data):
        return self.send(0, b"".join(data))

    def server(self, *data):
        return self.send(1, b"".join(data))

    def skip(self, side, length):
        """Bytes that were sent and are not in the capture."""
        self.next[side] += length

    def close(self, first=0):
        self.segment(first, FIN | ACK)
        self.segment(1 - first, FIN | ACK)
        return self.segment(first, ACK)

    def reset(self, side=0):
        return self.segment(side, RST | ACK)
