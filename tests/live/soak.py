"""soak.py [MINUTES]: see script/soak.

The load: TLS handshakes by openssl s_time, as many as the machine makes; 1,000 DNS queries a second
for names that do not repeat; every ten seconds 50,000 SYNs from as many addresses, which nobody
answers; and, where the kernel has netem, loss, reordering and repetition.

The test: every second the resident memory, the number of open files and the counts that hellotap
gives its service manager are written down. Three quarters as many minutes as are measured go before
them as warm-up, in which tables fill to their bounds: at this rate within two to six minutes, so less
than eight measured are not judged. From then on the least-squares line through the memory may rise by no
more than 2 % of the mean, or 2 MiB, over the time that it covers, and the number of files may not
change. The output's queue is made small, so that the flood fills it while all is warming up; what is
lost for that is counted."""
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import lab

WARM = 3 / 4  # of what is measured, before it
CLIENT, SERVER = "192.0.2.1", "192.0.2.2"  # documentation addresses, RFC 5737
SYNS, SYNS_EVERY, QUERIES_A_SECOND = 50000, 10, 1000
ROWS, SHORTEST = 15, 8


def line_through(points):
    """The least-squares line: its slope, and the mean of y."""
    n = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread, mean_y


def syn(chance, macs):
    """An Ethernet frame with a SYN from an address that is not there; without checksums, so that the
    server passes over it."""
    source, target = struct.pack("!I", 0x0A000000 + chance.getrandbits(24)), socket.inet_aton(SERVER)
    return (macs + b"\x08\x00" + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, 6, 0, source, target)
            + struct.pack("!HHIIBBHHH", 1024 + chance.randrange(60000), 4431, chance.getrandbits(32),
                          0, 0x50, 2, 65535, 0, 0))


class Soak(lab.Lab):
    minutes = 10.0

    def setUp(self):
        super().setUp()
        self.over = threading.Event()
        self.client, self.server = self.space(), self.space()
        self.join(self.client, "c0", self.server, "s0", (CLIENT + "/24", SERVER + "/24"))
        self.impair()

    def impair(self):
        done = self.run_in(self.client, "tc", "qdisc", "add", "dev", "c0", "root", "netem", "loss",
                           "1%", "duplicate", "1%", "delay", "1ms", "reorder", "95%", check=False)
        if done.returncode != 0:
            print("soak: without loss and reordering: this kernel has no netem")

    def in_background(self, work):
        def run():
            try:
                work()
            except OSError as error:
                if not self.over.is_set():
                    print(f"soak: {work.__name__}: {error}", file=sys.stderr)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.addCleanup(thread.join, 10)
        self.addCleanup(self.over.set)

    # The load.

    def length(self):
        """Seconds in all."""
        return self.minutes * 60 * (1 + WARM)

    def handshakes(self):
        cert, key = self.certificate()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        for port, version in ((4431, "-tls1_2"), (4432, "-tls1_3")):
            self.start(self.server, "nice", "openssl", "s_server", "-accept", str(port), "-cert", cert,
                       "-key", key, "-www", "-quiet", version, **quiet)
            time.sleep(0.5)
            self.start(self.client, "nice", "openssl", "s_time", "-connect", f"{SERVER}:{port}",
                       "-new", "-time", str(int(self.length()) + 60), version, **quiet)

    def answer(self):
        """A name server that knows every name."""
        with self.inside(self.server):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with s:
            s.bind((SERVER, 53))
            s.settimeout(1)
            while not self.over.is_set():
                try:
                    query, who = s.recvfrom(512)
                except TimeoutError:
                    continue
                s.sendto(query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + query[12:] +
                         b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4" + socket.inet_aton(SERVER), who)

    def ask(self):
        chance = random.Random(1)
        while not self.over.is_set():
            with self.inside(self.client):
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with s:
                for _ in range(QUERIES_A_SECOND // 20):
                    name = b"%016x" % chance.getrandbits(64)
                    s.sendto(struct.pack("!HHHHHH", chance.getrandbits(16), 0x100, 1, 0, 0, 0) +
                             b"\x10" + name + b"\x04soak\x07example\0\0\1\0\1", (SERVER, 53))
            self.over.wait(0.05)

    def flood(self):
        chance = random.Random(2)
        with self.inside(self.client):
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            s.bind(("c0", 0))
        macs = []
        for where, name in ((self.server, "s0"), (self.client, "c0")):
            text = self.run_in(where, "cat", f"/sys/class/net/{name}/address").stdout.decode()
            macs.append(bytes.fromhex(text.strip().replace(":", "")))
        with s:
            while not self.over.wait(SYNS_EVERY):
                for _ in range(SYNS):
                    s.send(syn(chance, macs[0] + macs[1]))

    # What is measured.

    def listen_as_service(self):
        name = f"\0hellotap-soak-{os.getpid()}"
        with self.inside(self.server):  # abstract names belong to a network namespace
            self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.bind(name)
        self.manager.setblocking(False)
        self.status = (0,) * lab.STATUS.groups
        self.output = self.path("soak.jsonl")
        self.program = self.listen(
            self.server, "s0", "-o", self.output, "--rotate-size", "8M", "--stats-interval", "1s",
            "--max-flows", "20000", "--max-memory", "64M", "--queue", "4M", "--user", "nobody",
            environment={"NOTIFY_SOCKET": "@" + name[1:], "WATCHDOG_USEC": "2000000"})

    def read_status(self):
        while True:
            try:
                text = self.manager.recv(4096).decode()
            except BlockingIOError:
                return
            if text.startswith("STATUS="):
                self.status = tuple(map(int, lab.STATUS.fullmatch(text).groups()))

    def sample(self, second):
        proc = f"/proc/{self.program.process.pid}"
        with open(proc + "/status", encoding="ascii") as f:
            memory = next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))
        with open(proc + "/stat", encoding="ascii") as f:
            ticks = sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13]))
        self.read_status()
        return (second, memory / 1024, len(os.listdir(proc + "/fd")),
                ticks / os.sysconf("SC_CLK_TCK")) + self.status

    def forget_rotated(self):
        for name in os.listdir(self.folder):
            if name.startswith("soak") and self.path(name) != self.output:
                os.remove(self.path(name))

    def print_row(self, row):
        second, memory, files, cpu, frames, dropped, _, connections, flows, records, waiting = row
        print(f"{second:8.0f} {memory:11.1f} {files:6} {cpu:7.1f} {frames:11} {dropped:9} "
              f"{connections:12} {flows:7} {records:10} {waiting:8}", flush=True)

    def test_memory_and_files_stay_what_they_are(self):
        self.listen_as_service()
        for work in (self.answer, self.ask, self.flood):
            self.in_background(work)
        self.handshakes()
        print("  second  memory/MiB  files   CPU/s      frames   dropped  connections   flows  lost recs  queue/kB")
        rows, started, length = [], time.monotonic(), self.length()
        while time.monotonic() - started < length:
            time.sleep(1)
            self.assertIsNone(self.program.process.poll(), self.program.words)
            rows.append(self.sample(time.monotonic() - started))
            self.forget_rotated()
            if len(rows) > 1 and int(rows[-1][0] * ROWS / length) > int(rows[-2][0] * ROWS / length):
                self.print_row(rows[-1])
        self.read_status()
        lost = self.status[-2] > 0  # records, which the exit status tells of
        self.assertEqual(self.program.stop(signal.SIGTERM), 3 if lost else 0, self.program.words)
        self.judge(rows, length)

    def judge(self, rows, length):
        warm = [row for row in rows if row[0] >= length - self.minutes * 60]
        slope, mean = line_through([(row[0], row[1]) for row in warm])
        rise, most = slope * (warm[-1][0] - warm[0][0]), max(0.02 * mean, 2.0)
        files = sorted({row[2] for row in warm})
        print(f"soak: memory rose by {rise:.2f} MiB over {warm[-1][0] - warm[0][0]:.0f} s (at most "
              f"{most:.2f}), mean {mean:.1f} MiB; open files {files}")
        self.assertGreater(rows[-1][4], 0, "no frames were seen")
        before = [row[7] for row in rows if row[0] < length / 2][-1]
        self.assertGreater(rows[-1][7] - before, max(100, before // 2), "the load let up")
        if self.minutes < SHORTEST:
            print(f"soak: memory is judged after {SHORTEST} minutes at least")
        else:
            self.assertLessEqual(rise, most)
        self.assertLessEqual(files[-1] - files[0], 1, "a file more while it rotates")


if __name__ == "__main__":
    try:
        Soak.minutes = float(sys.argv.pop(1)) if len(sys.argv) > 1 else Soak.minutes
    except ValueError:
        sys.exit("usage: soak [MINUTES]")
    if shutil.which("openssl") is None:
        sys.exit("soak: no openssl")
    lab.main()
