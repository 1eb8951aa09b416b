"""Samples, to be spoiled: a classic pcap file of the source tree, read into a Capture."""
import os
import struct

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", ".."))
UNITS = {b"\xd4\xc3\xb2\xa1": 1000, b"\x4d\x3c\xb2\xa1": 1}  # nanoseconds, by magic number


def read(capture, name):
    """Appends the frames of samples/NAME."""
    with open(os.path.join(ROOT, "samples", name), "rb") as f:
        data = f.read()
    unit, at = UNITS[data[:4]], 24
    while at < len(data):
        seconds, fraction, length, _ = struct.unpack_from("<IIII", data, at)
        capture.frames.append((seconds * 1_000_000_000 + fraction * unit,
                               data[at + 16:at + 16 + length]))
        at += 16 + length


def spoil(capture, frame, at):
    """Flips a bit of a frame's byte, counted from its end where `at` is negative."""
    time_ns, data = capture.frames[frame - 1]
    data = bytearray(data)
    data[at] ^= 1
    capture.frames[frame - 1] = (time_ns, bytes(data))
