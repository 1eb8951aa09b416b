"""A laboratory for live tests: network namespaces joined by veth, programs that run in them, and
hellotap ($HELLOTAP) listening. Nothing outside the namespaces is touched."""
import ctypes
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

HELLOTAP = os.environ["HELLOTAP"]
# What the service manager is told: frames, dropped, of these by the interface, connections, flows,
# records dropped, kB that waited at most.
STATUS = re.compile(r"STATUS=(\d+) frames, (\d+) dropped \((\d+) by the interface\); "
                    r"(\d+) connections told, (\d+) flows followed; "
                    r"of the output (\d+) records dropped, at most (\d+) kB waiting")
CLONE_NEWNET = 0x40000000
SKIPPED = 77  # as ctest knows it
LIBC = ctypes.CDLL(None, use_errno=True)


def why_not():
    """Why there can be no laboratory here; None where there can."""
    if os.geteuid() != 0:
        return "not root"
    if shutil.which("ip") is None or shutil.which("tcpdump") is None:
        return "no ip (iproute2) or no tcpdump"
    name = f"hellotap-probe-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], stderr=subprocess.DEVNULL, check=False).returncode:
        return "no network namespaces"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return None


def wait_for(condition, what, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s for {what}")


def lines_of(path):
    """The whole lines of a file that may be growing."""
    with open(path, "rb") as f:
        return f.read().split(b"\n")[:-1]


class Hellotap:
    """The program, listening."""

    def __init__(self, lab, where, interfaces, *options, environment=None, stdout=None, **popen):
        self.lab = lab
        self.folder = lab.folder
        self.out = stdout if stdout is not None else open(lab.path(f"stdout-{id(self)}"), "wb+")
        command = [HELLOTAP, "-i", interfaces, "-f", "json", *options]
        self.process = lab.start(where, *command, stdout=self.out, stderr=subprocess.PIPE,
                                 env={**os.environ, **(environment or {})}, **popen)
        self.words = []
        self.reader = threading.Thread(target=self.read_words, daemon=True)
        self.reader.start()
        self.wait_for_words("listening on")

    def read_words(self):
        for line in self.process.stderr:
            self.words.append(line.decode(errors="replace").rstrip("\n"))

    def said(self, words):
        return [line for line in list(self.words) if words in line]

    def wait_for_words(self, words, seconds=20.0):
        wait_for(lambda: self.said(words) or self.process.poll() is not None, repr(words), seconds)
        if not self.said(words):
            raise AssertionError(f"ended with {self.process.returncode}: {self.words}")

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGINT, seconds=30):
        """Ends it, and returns its exit status."""
        if self.process.poll() is None:
            self.send(number)
        status = self.process.wait(seconds)
        self.reader.join(5)
        return status

    def records(self, kind=None, path=None):
        """Of standard output, or of a file; every line must be a record."""
        if path is None:
            self.out.seek(0)
            content = self.out.read()
        else:
            with open(path, "rb") as f:
                content = f.read()
        records = [json.loads(line) for line in content.splitlines()]
        return [r for r in records if kind in (None, r["type"])]

    def end(self):
        self.process.kill()
        self.process.wait()
        self.reader.join(5)
        self.process.stderr.close()
        self.out.close()


class Lab(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="hellotap-live-")
        os.chmod(self.folder, 0o777)  # for those whom hellotap becomes
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.spaces = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_in(self, where, *command, check=True, **more):
        """Runs a program in a namespace (None: here) to its end."""
        prefix = ["ip", "netns", "exec", where] if where else []
        return subprocess.run([*prefix, *command], check=check, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, **more)

    def start(self, where, *command, **more):
        """Starts a program in a namespace; it ends with the test."""
        if where:  # entered here, so that signals go to the program itself
            with self.inside(where):
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **more)
        else:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **more)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def listen(self, where, interfaces, *options, **more):
        program = Hellotap(self, where, interfaces, *options, **more)
        self.addCleanup(program.end)
        return program

    @contextlib.contextmanager
    def inside(self, where):
        """Sockets made, and programs started, inside are of that namespace."""
        with open("/proc/thread-self/ns/net", "rb") as here, \
                open(f"/run/netns/{where}", "rb") as there:
            assert LIBC.setns(there.fileno(), CLONE_NEWNET) == 0
            try:
                yield
            finally:
                assert LIBC.setns(here.fileno(), CLONE_NEWNET) == 0

    def space(self):
        """Makes a namespace with its loopback up; without IPv6, which talks by itself."""
        self.spaces += 1
        name = f"hellotap-{os.getpid()}-{self.spaces}"
        self.run_in(None, "ip", "netns", "add", name)
        self.addCleanup(self.run_in, None, "ip", "netns", "del", name)
        for which in ("all", "default"):
            self.run_in(name, "sh", "-c",
                        f"echo 1 > /proc/sys/net/ipv6/conf/{which}/disable_ipv6")
        self.run_in(name, "ip", "link", "set", "lo", "up")
        return name

    def join(self, one, name_one, two, name_two, addresses=(None, None)):
        """Joins two namespaces by a pair of interfaces."""
        self.run_in(one, "ip", "link", "add", name_one, "type", "veth", "peer", "name", name_two,
                    "netns", two)
        for where, name, address in ((one, name_one, addresses[0]), (two, name_two, addresses[1])):
            if address:
                self.run_in(where, "ip", "address", "add", address, "dev", name)
            self.run_in(where, "ip", "link", "set", name, "up")

    def wait_for_silence(self, where, interface, seconds=3.0, longest=30.0):
        """Until nothing passed for so long: no repetition is still to come."""
        names = [f"/sys/class/net/{interface}/statistics/{way}_packets" for way in ("rx", "tx")]
        before, since, started = None, time.monotonic(), time.monotonic()
        while time.monotonic() - since < seconds and time.monotonic() - started < longest:
            now = self.run_in(where, "cat", *names).stdout
            if now != before:
                before, since = now, time.monotonic()
            time.sleep(0.1)

    def record(self, where, interface):
        """Lets tcpdump write what it sees into a file, and returns its path and how to end it."""
        path = self.path(f"tcpdump-{interface}.pcap")
        process = self.start(where, "tcpdump", "-i", interface, "-w", path, "-U", "-n", "-Z", "root",
                             "--nano", "-B", "65536", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        line = b""
        while b"listening on" not in line:
            line = process.stderr.readline()
            self.assertNotEqual(line, b"", "tcpdump ended")

        def end():
            time.sleep(1.3)  # it lets the kernel keep frames for a second, and then forgets them
            process.send_signal(signal.SIGINT)
            self.assertIn(b"\n0 packets dropped by kernel", process.communicate(timeout=20)[1])
        return path, end

    def certificate(self, name="live.example.com"):
        """A fresh self-signed certificate and key, for the server of that name."""
        key, cert = self.path("key.pem"), self.path("cert.pem")
        self.run_in(None, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert,
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-days", "2")
        return cert, key


def main():
    reason = why_not()
    if reason is not None:
        print(f"skipped: {reason}")
        raise SystemExit(SKIPPED)
    result = unittest.main(module="__main__", exit=False, verbosity=2).result
    if not result.wasSuccessful():
        raise SystemExit(1)
    raise SystemExit(SKIPPED if result.skipped and len(result.skipped) == result.testsRun else 0)
