#!/usr/bin/env python3
"""rebind.py PORT SERVER: a NAT for one client of SERVER's UDP port 443, at 127.0.0.1:PORT, that binds anew.

From the server's first answer on, what the client says leaves by another port. Both ports let answers in.
"""
import select
import socket
import sys


def relay(inside, outside, server):
    client = None
    answered = False
    while True:
        ready, _, _ = select.select([inside, *outside], [], [])
        for s in ready:
            datagram, sender = s.recvfrom(65535)
            if s is not inside:
                answered = True
                inside.sendto(datagram, client)
                continue
            client = sender
            outside[1 if answered else 0].sendto(datagram, server)


def main():
    inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    inside.bind(("127.0.0.1", int(sys.argv[1])))
    outside = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for s in outside:
        s.bind(("0.0.0.0", 0))
    relay(inside, outside, (sys.argv[2], 443))


if __name__ == "__main__":
    main()
