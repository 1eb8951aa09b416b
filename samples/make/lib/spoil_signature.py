#!/usr/bin/env python3
"""spoil_signature.py IN.pcap OUT.pcap: flips a bit of the server's x25519 share in ServerKeyExchange, as one does who
sits in the middle without the server's key. The TCP checksum is mended by as much."""
import sys

HEAD = bytes.fromhex("03001d20")  # named_curve, x25519, 32 bytes: RFC 8422 section 5.4

data = bytearray(open(sys.argv[1], "rb").read())
places = [i for i in range(len(data) - 40) if data[i:i + 4] == HEAD and data[i - 4] == 12]
if len(places) != 1:
    sys.exit("there is not one ServerKeyExchange with x25519 in %s" % sys.argv[1])
at = places[0] + 4
frame = 24
while frame + 16 + int.from_bytes(data[frame + 8:frame + 12], "little") <= at:
    frame += 16 + int.from_bytes(data[frame + 8:frame + 12], "little")
ip = frame + 16 + 14
tcp = ip + 4 * (data[ip] & 15)
at += (at - tcp) % 2  # the high byte of a word
old = data[at]
data[at] ^= 0x40
sum_ = int.from_bytes(data[tcp + 16:tcp + 18], "big")
# RFC 1624: HC' = ~(~HC + ~m + m')
value = (~sum_ & 0xFFFF) + (~(old << 8) & 0xFFFF) + (data[at] << 8)
while value >> 16:
    value = (value & 0xFFFF) + (value >> 16)
data[tcp + 16:tcp + 18] = (~value & 0xFFFF).to_bytes(2, "big")
open(sys.argv[2], "wb").write(data)
