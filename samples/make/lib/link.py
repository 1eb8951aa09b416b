#!/usr/bin/env python3
"""A network cable between two namespaces, in userland.

Makes one interface (eth0) in each of two network namespaces and carries what is sent on one to the other,
as a link with a delay would. It can lose, repeat or hold back chosen TCP segments, and it can show a copy of
every frame with VLAN tags on a mirror interface, as the mirror port of a switch does. It needs nothing of
the kernel but tun/tap, where VLAN interfaces and netem may be missing.

Segments are chosen by side and number: c3 is the third TCP segment (with --udp, UDP datagram) that the
client sent, s1 the first that the server sent.
"""

import argparse
import contextlib
import fcntl
import heapq
import itertools
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_TAP, IFF_NO_PI = 0x0001, 0x0002, 0x1000
ETH_VLAN, ETH_QINQ = 0x8100, 0x88A8
LARGEST_FRAME = 65536
TCP, UDP = 6, 17


def open_interface(name, tun):
    """A new tun or tap interface in this namespace; it lives as long as the descriptor."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    flags = (IFF_TUN if tun else IFF_TAP) | IFF_NO_PI
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
    return fd


def move(name, namespace, as_name):
    """Moves an interface into a namespace under its name there."""
    subprocess.run(["ip", "link", "set", name, "netns", namespace, "name", as_name], check=True)


def send(fd, frame):
    """Sends a frame; one to an interface that is down is lost, as on any cable."""
    with contextlib.suppress(OSError):
        os.write(fd, frame)


def carries(protocol, frame, tun):
    """Whether the frame carries the IP protocol right after its IPv4 or IPv6 header."""
    packet = frame if tun else frame[14:]
    if len(packet) < 28:
        return False
    return (packet[9] if packet[0] >> 4 == 4 else packet[6]) == protocol


def tagged(frame, vlans):
    """The frame with 802.1Q tags, the outermost first; of two tags the outer is an 802.1ad service tag."""
    tags = b""
    for depth, vlan in enumerate(vlans):
        outer_of_two = depth == 0 and len(vlans) > 1
        tags += struct.pack("!HH", ETH_QINQ if outer_of_two else ETH_VLAN, vlan)
    return frame[:12] + tags + frame[12:]


class Link:
    """Carries frames between two interfaces with a delay, and does to chosen segments what was asked."""

    def __init__(self, client, server, mirror, options):
        self.peers = {client: server, server: client}
        self.sides = {client: "c", server: "s"}
        self.counts = {client: 0, server: 0}
        self.mirror = mirror
        self.options = options
        self.queue = []
        self.order = itertools.count()

    def later(self, delay_ms, fd, frame):
        """Queues a frame; those with the same delay leave in the order they came."""
        due = time.monotonic() + delay_ms / 1000
        heapq.heappush(self.queue, (due, next(self.order), fd, frame))

    def segment(self, fd, frame):
        """The segment's name, such as c3, or None when the frame is of another protocol."""
        if not carries(UDP if self.options.udp else TCP, frame, self.options.tun):
            return None
        self.counts[fd] += 1
        return f"{self.sides[fd]}{self.counts[fd]}"

    def carry(self, fd):
        """Takes one frame from an interface and queues it for the other."""
        frame = os.read(fd, LARGEST_FRAME)
        if self.mirror is not None:
            send(self.mirror, tagged(frame, self.options.vlan))
        name = self.segment(fd, frame)
        if name in self.options.lose:
            return
        delay = self.options.delay_ms
        if name in self.options.hold:
            delay += self.options.hold_ms
        self.later(delay, self.peers[fd], frame)
        if name in self.options.repeat:
            self.later(delay, self.peers[fd], frame)

    def deliver(self):
        """Sends what is due; returns the seconds until the next is, or None."""
        while self.queue:
            wait = self.queue[0][0] - time.monotonic()
            if wait > 0:
                return wait
            _, _, fd, frame = heapq.heappop(self.queue)
            send(fd, frame)
        return None

    def run(self):
        """Carries frames until the process is ended."""
        fds = list(self.peers)
        while True:
            wait = self.deliver()
            for fd in select.select(fds, [], [], wait)[0]:
                self.carry(fd)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--client", required=True, help="the client's namespace")
    parser.add_argument("--server", required=True, help="the server's namespace")
    parser.add_argument("--mirror", help="the namespace that gets the mirror port, eth0 too")
    parser.add_argument("--vlan", type=int, action="append", default=[], help="tag on the mirror port")
    parser.add_argument("--udp", action="store_true", help="choose UDP datagrams, not TCP segments")
    parser.add_argument("--tun", action="store_true", help="raw IP in place of Ethernet")
    parser.add_argument("--delay-ms", type=float, default=5.0, help="one way")
    parser.add_argument("--hold-ms", type=float, default=2.0, help="more delay for held segments")
    for action in ("lose", "hold", "repeat"):
        parser.add_argument(f"--{action}", action="append", default=[], metavar="c1")
    return parser.parse_args()


def main():
    options = parse_options()
    client = open_interface("ht-link-c", options.tun)
    server = open_interface("ht-link-s", options.tun)
    move("ht-link-c", options.client, "eth0")
    move("ht-link-s", options.server, "eth0")
    mirror = None
    if options.mirror:
        mirror = open_interface("ht-link-m", False)
        move("ht-link-m", options.mirror, "eth0")
    print("ready", flush=True)
    Link(client, server, mirror, options).run()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
