"""relay.py ONE TWO clean|bad: a wire between two interfaces. A bad one loses some frames of a
hundred, passes some twice, and some late, so that others overtake them; always the same ones. What
it did is written to standard output when it ends."""
import random
import select
import signal
import socket
import sys

SEED, LOST, TWICE, LATE = 7, 0.03, 0.03, 0.08
ETH_P_ALL, SOL_PACKET, PACKET_IGNORE_OUTGOING = 3, 263, 23
LATE_SECONDS = 0.003


def open_on(interface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    s.bind((interface, 0))
    return s


def main(one, two, bad):
    chance = random.Random(SEED)
    sockets = [open_on(one), open_on(two)]
    held = []  # frames that are overtaken: (where to, frame)
    done = {"passed": 0, "lost": 0, "twice": 0, "late": 0}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print("ready", flush=True)
    try:
        while True:
            ready = select.select(sockets, [], [], LATE_SECONDS if held else None)[0]
            release, held = held, []
            for s in ready:
                frame = s.recv(65536)
                out = sockets[1 - sockets.index(s)]
                throw = chance.random()
                kind = ("lost" if throw < LOST else "twice" if throw < LOST + TWICE else
                        "late" if throw < LOST + TWICE + LATE else "passed")
                if not bad or frame[12:14] == b"\x08\x06":  # ARP is left alone
                    kind = "passed"
                done[kind] += 1
                if kind == "late":
                    held.append((out, frame))
                for _ in range({"lost": 0, "late": 0, "passed": 1, "twice": 2}[kind]):
                    out.send(frame)
            for out, frame in release:
                out.send(frame)
    except KeyboardInterrupt:
        print(*(f"{k}={v}" for k, v in done.items()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3] == "bad")
