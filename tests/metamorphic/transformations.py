"""What may be done to a capture without changing its story, or changing it in a known way.

Each takes the frames and returns others, or None where there is nothing that it could do. The words
say what is not compared after it; stories.py knows them."""
import random
import struct
from dataclasses import replace

from frames import (ETHERNET, FIN, LOOP, NULL, PPP, PROTO_UDP, RAW, RST, SLL, SLL2, SYN, URG, build,
                    checksum, ip_offset, parse, segment, with_checksums, with_id)

ALL = []


def transformation(*ignored):
    def register(function):
        ALL.append((function.__name__, function, frozenset(ignored)))
        return function

    return register


def each(frames, change, whole=False):
    """Every packet that can be rewritten changed, all else as it is; None where it must be all of
    them (`whole`) and is not."""
    if whole and any(parse(f) is None for f in frames):
        return None
    found, out = False, []
    for frame in frames:
        packet = parse(frame)
        made = change(frame, packet) if packet else None
        found |= made is not None
        out += [frame] if made is None else made
    return out if found else None


# What is captured twice


@transformation("copies")
def twice_at_once(frames):
    return [f for frame in frames for f in (frame, frame)]


@transformation("copies")
def twice_with_another_time_to_live(frames):
    def change(frame, packet):
        data, at = bytearray(frame.data), len(packet.link)
        if packet.version == 4:
            data[at + 8] = (data[at + 8] - 1) & 0xFF
            data[at + 10 : at + 12] = b"\0\0"
            data[at + 10 : at + 12] = struct.pack(">H", checksum(bytes(data[at : at + len(packet.ip)])))
        else:
            data[at + 7] = (data[at + 7] - 1) & 0xFF
        return [frame, replace(frame, data=bytes(data), time=frame.time + 10000)]

    return each(frames, change)


@transformation("copies")
def twice_with_a_vlan_tag(frames):
    def change(frame, packet):
        if frame.link != ETHERNET:
            return None
        data = frame.data[:12] + b"\x81\x00\x00\x07" + frame.data[12:]
        return [frame, replace(frame, data=data, length=frame.length + 4, time=frame.time + 10000)]

    return each(frames, change)


@transformation("copies")
def twice_a_millisecond_later(frames):
    late = [replace(f, time=f.time + 10**6) for f in frames]
    return sorted(frames + late, key=lambda f: f.time)


# Segments cut and joined


def cut(frames, sizes):
    def change(frame, packet):
        if not packet.is_tcp or packet.flags & (SYN | RST | URG) or len(packet.payload) < 2:
            return None
        out, at = [], 0
        while at < len(packet.payload):
            end = min(at + sizes(), len(packet.payload))
            out.append(build(frame, segment(packet, at, end, len(out))))
            at = end
        return out

    return each(frames, change)


@transformation("segments")
def segments_of_one_byte(frames):
    return cut(frames, lambda: 1) if sum(len(f.data) for f in frames) < 30000 else None


@transformation("segments")
def segments_of_seven_bytes(frames):
    return cut(frames, lambda: 7)


@transformation("segments")
def segments_of_any_size(frames):
    rng = random.Random(1)
    return cut(frames, lambda: rng.choice((1, 2, 3, 5, 9, 40, 100, 500)))


def follows(first, second):
    return (
        first.is_tcp and second.is_tcp and first.flow == second.flow
        and first.payload and second.payload
        and not first.flags & (SYN | FIN | RST | URG) and not second.flags & (SYN | RST | URG)
        and (first.seq + len(first.payload)) & 0xFFFFFFFF == second.seq
        and len(first.body) + len(second.payload) < 60000
    )


def join(frames, length=None):
    """Neighbours joined; `length` is what the IP header then says, None: the truth."""
    out, last, found = [], None, False
    for frame in frames:
        packet = parse(frame)
        if packet and last and follows(last, packet):
            body = bytearray(last.body + packet.payload)
            body[13] |= packet.flags
            last, found = replace(last, body=bytes(body)), True
            out[-1] = build(frame, last, length=length)
        else:
            last = packet
            out.append(frame)
    return out if found else None


@transformation("segments", "frames", "times")
def segments_joined(frames):
    return join(frames)


@transformation("segments", "frames", "times")
def segments_joined_without_a_length(frames):
    """As a host sees its own with segmentation offload: total length 0."""
    return join(frames, 0)


@transformation("segments", "copies", "frames", "times")
def repeated_with_other_borders(frames):
    """Each segment again, together with what came before and half a segment late."""
    last = {}

    def change(frame, packet):
        if not packet.is_tcp or packet.flags & (SYN | RST | FIN | URG) or not packet.payload:
            return None
        before = last.get(packet.flow)
        last[packet.flow] = packet
        out = [frame]
        if before and follows(before, packet):
            body = before.body + packet.payload[: len(packet.payload) // 2]
            again = segment(replace(before, body=body), len(before.payload) // 2, len(body))
            out = [build(frame, with_id(again, 1000), frame.time), frame]
        half = segment(packet, len(packet.payload) // 3, len(packet.payload), 2000)
        return out + [build(frame, half, frame.time)]

    return each(frames, change)


@transformation("order", "times", "frames")
def neighbours_swapped(frames):
    """Data segments of one direction that follow each other, in the other order."""
    out, at, found = list(frames), 0, False
    while at + 1 < len(out):
        a, b = parse(out[at]), parse(out[at + 1])
        if a and b and follows(a, b):
            out[at], out[at + 1] = (
                replace(out[at + 1], time=out[at].time), replace(out[at], time=out[at + 1].time),
            )
            found = True
            at += 1
        at += 1
    return out if found else None


@transformation("order")
def one_direction_stored_after_the_other(frames):
    ends = {}

    def side(frame):
        packet = parse(frame)
        if packet is None:
            return 0
        return packet.ports[0] != ends.setdefault(frozenset(zip(*packet.flow)), packet.ports[0])

    if any((p := parse(f)) and p.is_udp for f in frames):
        return None
    return sorted(frames, key=side)


# A clock that is wrong: what was said in answer to what stays


@transformation("clock", "times", "order")
def clock_set_back(frames):
    """By a second in the middle of the capture."""
    return frames[: len(frames) // 2] + [
        replace(f, time=f.time - 10**9) for f in frames[len(frames) // 2 :]
    ]


def late(frames, of_client):
    """One side's TCP packets captured 20 ms later than they were, and stored so."""
    sides = client_sides(frames)

    def change(frame, packet):
        if not packet.is_tcp or sides[packet.flow] != of_client:
            return None
        return [replace(frame, time=frame.time + 20 * 10**6)]

    made = each(frames, change)
    return made and sorted(made, key=lambda f: f.time)


@transformation("clock", "times", "order")
def servers_packets_late(frames):
    return late(frames, False)


@transformation("clock", "times", "order", "close")
def clients_packets_late(frames):
    return late(frames, True)


# Fragments


def fragments(frame, packet, size):
    if len(packet.body) <= size:
        return None
    whole = with_checksums(packet)
    if packet.version == 4:
        return fragments_v4(frame, packet, whole[len(packet.ip) :], size)
    return fragments_v6(frame, packet, whole[40:], size)


def fragments_v4(frame, packet, body, size):
    out = []
    for at in range(0, len(body), size):
        ip = bytearray(packet.ip)
        piece = body[at : at + size]
        more = 0x2000 if at + size < len(body) else 0
        ip[2:4] = struct.pack(">H", len(ip) + len(piece))
        ip[4:8] = struct.pack(">HH", (frame.origin * 7919 + 1) & 0xFFFF, more | at // 8)
        ip[10:12] = b"\0\0"
        ip[10:12] = struct.pack(">H", checksum(bytes(ip)))
        data = packet.link + bytes(ip) + piece
        out.append(replace(frame, data=data, length=len(data)))
    return out


def fragments_v6(frame, packet, body, size):
    out = []
    for at in range(0, len(body), size):
        piece = body[at : at + size]
        more = int(at + size < len(body))
        head = struct.pack(">BBHI", packet.proto, 0, at | more, frame.origin)
        ip = bytearray(packet.ip)
        ip[4:7] = struct.pack(">HB", len(head) + len(piece), 44)
        data = packet.link + bytes(ip) + head + piece
        out.append(replace(frame, data=data, length=len(data)))
    return out


@transformation("fragments")
def fragmented(frames):
    return each(frames, lambda f, p: fragments(f, p, 104))


@transformation("fragments")
def fragmented_last_first(frames):
    return each(frames, lambda f, p: (out := fragments(f, p, 496)) and out[::-1])


@transformation("fragments", "copies")
def fragmented_and_repeated(frames):
    return each(frames, lambda f, p: (out := fragments(f, p, 256)) and out + out[:1])


# Link types


def relinked(frames, number, head):
    def change(frame, packet):
        if frame.link == number:
            return None
        return [replace(build(frame, replace(packet, link=head(packet))), link=number)]

    if any(parse(f) is None for f in frames):
        return None
    return each(frames, change)


def ethertype(packet):
    return b"\x08\x00" if packet.version == 4 else b"\x86\xdd"


@transformation("encapsulation")
def linux_cooked(frames):
    head = struct.pack(">HHH8s", 0, 1, 6, b"\2\0\0\0\0\1\0\0")
    return relinked(frames, SLL, lambda p: head + ethertype(p))


@transformation("encapsulation")
def linux_cooked_2(frames):
    tail = struct.pack(">HIHBB8s", 0, 2, 1, 0, 6, b"\2\0\0\0\0\1\0\0")
    return relinked(frames, SLL2, lambda p: ethertype(p) + tail)


@transformation("encapsulation")
def raw(frames):
    return relinked(frames, RAW, lambda p: b"")


@transformation("encapsulation")
def loopback_of_bsd(frames):
    return relinked(frames, NULL, lambda p: struct.pack("<I", 2 if p.version == 4 else 30))


@transformation("encapsulation")
def loopback_of_openbsd(frames):
    return relinked(frames, LOOP, lambda p: struct.pack(">I", 2 if p.version == 4 else 24))


@transformation("encapsulation")
def ppp(frames):
    return relinked(frames, PPP, lambda p: b"\xff\x03\x00" + (b"\x21" if p.version == 4 else b"\x57"))


# Tunnels

MACS = b"\2\0\0\0\0\1\2\0\0\0\0\2"
OUTER_A, OUTER_B = b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02"


def outer_ipv4(proto, body, number=0, backward=False):
    a, b = (OUTER_B, OUTER_A) if backward else (OUTER_A, OUTER_B)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), number & 0xFFFF, 0, 64, proto, 0, a, b)
    return ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + body


def outer_ipv6(proto, body):
    addresses = b"\x20\x01\x0d\xb8" + bytes(11) + b"\1" + b"\x20\x01\x0d\xb8" + bytes(11) + b"\2"
    return struct.pack(">IHBB", 0x60000000, len(body), proto, 64) + addresses + body


def outer_udp(port, body, number=0):
    udp = struct.pack(">HHHH", 50000, port, 8 + len(body), 0)
    return outer_ipv4(PROTO_UDP, udp + body, number)


def wrapped(frames, wrap, inner_ethernet=False):
    """Every frame of Ethernet in others; wrap() gets what is sent inside, its EtherType, a number."""

    def inner(frame):
        at = ip_offset(frame)
        if frame.link != ETHERNET or at is None or len(frame.data) != frame.length:
            return None
        if inner_ethernet:
            return frame.data
        ip = frame.data[at:]  # without padding
        size = struct.unpack(">H", ip[2:4])[0] if ip[0] >> 4 == 4 else 40 + struct.unpack(">H", ip[4:6])[0]
        return ip[:size]

    out = []
    for frame in frames:
        payload = inner(frame)
        if payload is None:
            return None
        kind = frame.data[ip_offset(frame) - 2 : ip_offset(frame)]
        data = wrap(payload, kind, frame.origin)
        out.append(replace(frame, data=data, length=len(data), link=ETHERNET))
    return out


def tunnel(function=None, inner_ethernet=False):
    def register(wrap):
        def change(frames):
            return wrapped(frames, wrap, inner_ethernet)

        ALL.append((wrap.__name__, change, frozenset({"encapsulation"})))
        return wrap

    return register(function) if function else register


def ethernet(kind, body):
    return MACS + kind + body


@tunnel
def in_vlan(ip, kind, _):
    return MACS + b"\x81\x00\x00\x05" + kind + ip


@tunnel
def in_qinq(ip, kind, _):
    return MACS + b"\x88\xa8\x00\x05\x81\x00\x00\x06" + kind + ip


@tunnel
def in_mpls(ip, kind, _):
    return ethernet(b"\x88\x47", b"\x00\x01\x00\x40\x00\x01\x11\x40" + ip)


@tunnel(inner_ethernet=True)
def in_mpls_pseudowire(frame, kind, _):
    return ethernet(b"\x88\x47", b"\x00\x01\x11\x40" + bytes(4) + frame)


@tunnel
def in_pppoe(ip, kind, _):
    proto = b"\x00\x21" if kind == b"\x08\x00" else b"\x00\x57"
    return ethernet(b"\x88\x64", struct.pack(">BBHH", 0x11, 0, 1, len(ip) + 2) + proto + ip)


@tunnel
def in_gre(ip, kind, number):
    return ethernet(b"\x08\x00", outer_ipv4(47, b"\0\0" + kind + ip, number))


@tunnel
def in_gre_with_all_fields(ip, kind, number):
    head = b"\xb0\x00" + kind + bytes(4) + struct.pack(">II", 42, number)
    return ethernet(b"\x08\x00", outer_ipv4(47, head + ip, number))


@tunnel(inner_ethernet=True)
def in_gre_bridge(frame, kind, number):
    return ethernet(b"\x08\x00", outer_ipv4(47, b"\0\0\x65\x58" + frame, number))


@tunnel(inner_ethernet=True)
def in_vxlan(frame, kind, number):
    return ethernet(b"\x08\x00", outer_udp(4789, b"\x08\0\0\0\0\0\x2a\0" + frame, number))


@tunnel(inner_ethernet=True)
def in_geneve(frame, kind, number):
    head = b"\x02\x00\x65\x58\0\0\x2a\0" + b"\x01\x02\x00\x01\0\0\0\0"
    return ethernet(b"\x08\x00", outer_udp(6081, head + frame, number))


@tunnel
def in_geneve_without_ethernet(ip, kind, number):
    return ethernet(b"\x08\x00", outer_udp(6081, b"\0\0" + kind + b"\0\0\x2a\0" + ip, number))


@tunnel
def in_gtp(ip, kind, number):
    head = struct.pack(">BBHI", 0x30, 255, len(ip), 99)
    return ethernet(b"\x08\x00", outer_udp(2152, head + ip, number))


@tunnel
def in_gtp_with_extension(ip, kind, number):
    head = struct.pack(">BBHIHBB", 0x34, 255, len(ip) + 8, 99, 0, 0, 0x85) + b"\x01\x00\x09\x00"
    return ethernet(b"\x08\x00", outer_udp(2152, head + ip, number))


@tunnel
def in_ipv4(ip, kind, number):
    return ethernet(b"\x08\x00", outer_ipv4(4 if kind == b"\x08\x00" else 41, ip, number))


@tunnel
def in_ipv6(ip, kind, _):
    return ethernet(b"\x86\xdd", outer_ipv6(4 if kind == b"\x08\x00" else 41, ip))


@tunnel(inner_ethernet=True)
def in_erspan_1(frame, kind, number):
    return ethernet(b"\x08\x00", outer_ipv4(47, b"\0\0\x88\xbe" + frame, number))


@tunnel(inner_ethernet=True)
def in_erspan_2(frame, kind, number):
    head = b"\x10\x00\x88\xbe" + struct.pack(">I", number) + b"\x10\x05\x00\x01\0\0\0\0"
    return ethernet(b"\x08\x00", outer_ipv4(47, head + frame, number))


@tunnel(inner_ethernet=True)
def in_erspan_3(frame, kind, number):
    head = b"\x10\x00\x22\xeb" + struct.pack(">I", number) + b"\x20\x05\x00\x01" + bytes(8)
    return ethernet(b"\x08\x00", outer_ipv4(47, head + frame, number))


@tunnel(inner_ethernet=True)
def in_etherip(frame, kind, number):
    return ethernet(b"\x08\x00", outer_ipv4(97, b"\x30\x00" + frame, number))


@tunnel(inner_ethernet=True)
def in_vxlan_in_gre_in_vlan(frame, kind, number):
    vxlan = outer_udp(4789, b"\x08\0\0\0\0\0\x2a\0" + frame, number)
    return MACS + b"\x81\x00\x00\x09\x08\x00" + outer_ipv4(47, b"\0\0\x08\x00" + vxlan, number)


@transformation("encapsulation", "frames_of_fragments")
def in_vxlan_fragmented(frames):
    """The outer datagrams cut in fragments, as where a tunnel's packets are too large."""
    inside = wrapped(frames, in_vxlan, True)
    return inside and each(inside, lambda f, p: fragments(f, p, 304))


# Addresses, ports, times


def map_address(address):
    return b"\x20\x01\x0d\xb8" + bytes(8) + address


@transformation("addresses", "encapsulation", "dns")
def ipv6_instead(frames):
    def change(frame, packet):
        if packet.version != 4 or len(packet.ip) != 20 or frame.link != ETHERNET:
            return None
        a, b = packet.addresses
        ip = struct.pack(">IHBB", 0x60000000, 0, packet.proto, packet.ip[8]) + map_address(a) + map_address(b)
        return [build(frame, replace(packet, link=packet.link[:-2] + b"\x86\xdd", ip=ip))]

    return each(frames, change, whole=True)


PORTS = {443: 31443, 8443: 31444, 853: 31853, 993: 31993, 465: 31465, 4433: 31433, 995: 31995}


@transformation("ports")
def other_ports(frames):
    def change(frame, packet):
        ports = [PORTS.get(p, p) for p in packet.ports]
        if ports == list(packet.ports):
            return None
        body = struct.pack(">HH", *ports) + packet.body[4:]
        return [build(frame, replace(packet, body=body))]

    return each(frames, change, whole=True)


@transformation("years")
def years_later(frames):
    return [replace(f, time=f.time + 10 * 365 * 86400 * 10**9) for f in frames]


# What is missing


@transformation("opening")
def without_syn(frames):
    return without(frames, lambda p: p.is_tcp and p.flags & SYN)


def without(frames, unwanted):
    out = [f for f in frames if not ((p := parse(f)) and unwanted(p))]
    return out if out and len(out) < len(frames) else None


@transformation("acks")
def without_bare_acks(frames):
    return without(
        frames,
        lambda p: p.is_tcp and not p.payload and p.flags & (SYN | FIN | RST) == 0,
    )


def client_sides(frames):
    """Who sent the first packet of each flow."""
    sides = {}
    for frame in frames:
        packet = parse(frame)
        if packet and packet.flow not in sides and packet.reverse not in sides:
            sides[packet.flow] = True
            sides[packet.reverse] = False
    return sides


@transformation("client_only")
def client_alone(frames):
    sides = client_sides(frames)
    return without(frames, lambda p: p.is_tcp and not sides[p.flow])


@transformation("server_only")
def server_alone(frames):
    sides = client_sides(frames)
    return without(frames, lambda p: p.is_tcp and sides[p.flow])


@transformation("snaplen")
def application_data_cut(frames):
    """Frames cut within the last application data record in them."""
    left, found, out = {}, False, []
    for frame in frames:
        packet = parse(frame)
        if not packet or not packet.is_tcp:
            out.append(frame)
            continue
        keep = application_data(packet, left)
        if keep is not None and len(packet.payload) - keep > 8:
            found = True
            frame = replace(frame, data=frame.data[: len(packet.link) + len(packet.ip) + packet.header + keep])
        out.append(frame)
    return out if found else None


def application_data(packet, left):
    """The offset in the payload from which on all is the body of one application data record."""
    payload, flow = packet.payload, packet.flow
    state = left.get(flow)  # (next sequence number, bytes of a record still to come, its type)
    if packet.flags & SYN or not payload:
        return None
    if state is None:
        if payload[0] != 22:
            left[flow] = False
            return None
        state = (packet.seq, 0, 0)
    if state is False or state[0] != packet.seq:
        left[flow] = False
        return None
    _, remaining, kind = state
    at, last = 0, 0
    while at < len(payload):
        if remaining == 0:
            if at + 5 > len(payload) or payload[at] not in (20, 21, 22, 23) or payload[at + 1] != 3:
                left[flow] = False
                return None
            kind, remaining = payload[at], struct.unpack(">H", payload[at + 3 : at + 5])[0]
            at += 5
        last = at
        step = min(remaining, len(payload) - at)
        at += step
        remaining -= step
    left[flow] = ((packet.seq + len(payload)) & 0xFFFFFFFF, remaining, kind)
    return last if kind == 23 else None
