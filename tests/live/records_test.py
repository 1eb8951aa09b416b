"""What is told live is what is told of a file: real programs talk, hellotap listens while tcpdump
writes the same frames into a file, and the records of both are equal.

Left out of the comparison is what cannot be equal: the source's name, and the order of records (live
they come as connections end). Frame numbers are equal, as both listen before the first frame. Times
are equal as the kernel stamps a frame once for all who listen, if anybody has asked it to, but for
TCP that comes straight out of a veth; so the two talk over a wire that is a program, relay.py."""
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import unittest

import lab

NAME = "live.example.com"
CLIENT, SERVER = "192.0.2.1", "192.0.2.2"  # documentation addresses, RFC 5737
SO_TIMESTAMPNS = 35


def of_file(path):
    done = subprocess.run([lab.HELLOTAP, "-q", "-f", "json", path], stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def told(records):
    """What is compared, in an order that does not depend on when it was told."""
    kept = [{k: v for k, v in r.items() if k != "source"} for r in records if r["type"] != "stats"]

    def key(record):
        return record["type"], record.get("tcp", record).get("syn_frame", 0), json.dumps(record)
    return sorted(kept, key=key)


def differences(one, two, where=""):
    """Yields what differs, and how."""
    if isinstance(one, dict) and isinstance(two, dict):
        for key in sorted({*one, *two}):
            yield from differences(one.get(key), two.get(key), f"{where}.{key}")
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        for i, pair in enumerate(zip(one, two)):
            yield from differences(*pair, f"{where}[{i}]")
    elif one != two:
        yield f"{where}: {one!r} live, {two!r} of the file"


@contextlib.contextmanager
def on_one_processor():
    """Who is begun now sends from one: of two frames that two processors hand to two taps at once,
    each tap may have another one first."""
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(every)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, every)


class Conversations(lab.Lab):
    """A client, a server, and what they say to each other."""

    def setUp(self):
        super().setUp()
        self.client, self.server = self.space(), self.space()
        self.cert, self.key = self.certificate(NAME)
        self.stamps = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.stamps.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.addCleanup(self.stamps.close)

    def connect_directly(self):
        self.join(self.client, "c0", self.server, "s0", (CLIENT + "/24", SERVER + "/24"))

    @on_one_processor()
    def connect_by_wire(self, kind):
        """By relay.py, which does to frames what `kind` says; returns its process."""
        if shutil.which("ethtool") is None:
            self.skipTest("no ethtool")
        middle = self.space()
        self.join(self.client, "c0", middle, "m0", (CLIENT + "/24", None))
        self.join(self.server, "s0", middle, "m1", (SERVER + "/24", None))
        for where, name in ((self.client, "c0"), (self.server, "s0")):
            self.run_in(where, "ethtool", "-K", name, "tx", "off", "tso", "off", "gso", "off",
                        "gro", "off")
        relay = self.start(middle, sys.executable,
                           os.path.join(os.path.dirname(os.path.realpath(__file__)), "relay.py"),
                           "m0", "m1", kind, stdout=subprocess.PIPE)
        self.addCleanup(relay.stdout.close)
        self.assertEqual(relay.stdout.readline(), b"ready\n")
        return relay

    def is_open(self, port):
        with self.inside(self.server), socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0

    @on_one_processor()
    def serve(self):
        """Servers that are ready, before anybody listens to the interface."""
        for port, options in ((4431, ["-tls1_2"]), (4432, ["-tls1_3"])):
            self.start(self.server, "openssl", "s_server", "-accept", str(port), "-cert", self.cert,
                       "-key", self.key, "-www", "-quiet", *options,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            lab.wait_for(lambda port=port: self.is_open(port), f"s_server on {port}")
        self.dns = shutil.which("dnsmasq") is not None and shutil.which("dig") is not None
        if self.dns:
            self.start(self.server, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
                       "--no-resolv", "--no-hosts", "--user=root", "--pid-file", "--bind-interfaces",
                       f"--listen-address={SERVER}", f"--address=/{NAME}/{SERVER}", "--local-ttl=300",
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            lab.wait_for(lambda: b" " + SERVER.encode() + b":53 " in
                         self.run_in(self.server, "ss", "-Hlun").stdout, "dnsmasq")
        self.nginx = shutil.which("nginx") is not None
        if self.nginx:
            self.serve_nginx()

    def serve_nginx(self):
        conf = self.path("nginx.conf")
        with open(conf, "w", encoding="utf-8") as f:
            f.write(f"daemon off; master_process off; pid {self.path('nginx.pid')};"
                    "error_log /dev/null; events {} http { access_log off;"
                    f"server {{ listen 443 ssl; ssl_certificate {self.cert};"
                    f"ssl_certificate_key {self.key}; location / {{ return 200 'hello\\n'; }} }} }}")
        self.start(self.server, "nginx", "-c", conf, "-p", self.folder,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lab.wait_for(lambda: self.is_open(443), "nginx")

    @on_one_processor()
    def talk(self, rounds=2):
        """Returns how many connections were made, and queries asked."""
        connections = queries = 0
        for _ in range(rounds):
            if self.dns:
                answer = self.run_in(self.client, "dig", "+short", "+tries=8", "+time=1",
                                     "@" + SERVER, NAME).stdout
                answers = [line for line in answer.decode().splitlines()
                           if not line.startswith(";;")]  # it says so where it asks again
                self.assertEqual(answers, [SERVER])
                queries += 1
            for url in ([f"https://{NAME}/"] if self.nginx else []) + \
                    [f"https://{NAME}:{port}/" for port in (4431, 4432)]:
                host_port = url.split("/")[2].split(":")
                port = host_port[1] if len(host_port) > 1 else "443"
                done = self.run_in(self.client, "curl", "--silent", "--insecure", "--max-time", "30",
                                   "--http1.1", "--resolve", f"{NAME}:{port}:{SERVER}", url)
                self.assertNotEqual(done.stdout, b"")
                connections += 1
            done = self.run_in(self.client, "openssl", "s_client", "-connect", f"{SERVER}:4431",
                               "-servername", NAME)
            self.assertIn(b"Session-ID", done.stdout)
            connections += 1
        # One that is refused.
        with self.inside(self.client), socket.socket() as s:
            s.settimeout(10)
            self.assertRaises(ConnectionRefusedError, s.connect, (SERVER, 9))
        return connections + 1, queries

    def assert_same_story(self, live, file):
        ours, theirs = told(live), told(file)
        self.assertEqual([r["type"] for r in ours], [r["type"] for r in theirs])
        found = [d for pair in zip(ours, theirs) for d in differences(*pair, pair[0]["type"])]
        self.assertEqual(found, [])

    def compare(self, interface):
        program = self.listen(self.server, interface)
        path, end = self.record(self.server, interface)
        connections, queries = self.talk()
        self.wait_for_silence(self.server, interface)
        end()
        self.assertEqual(program.stop(), 0, program.words)
        live, file = program.records(), of_file(path)
        for records in (live, file):
            stats = [r for r in records if r["type"] == "stats"][-1]
            self.assertEqual(stats.get("capture_drops", 0), 0)
        self.assert_same_story(live, file)
        return live, connections, queries


class Files(Conversations):
    def test_the_same_story(self):
        self.connect_by_wire("clean")
        self.serve()
        live, connections, queries = self.compare("s0")
        tcp = [r for r in live if r["type"] == "connection" and r["transport"] == "tcp"]
        self.assertEqual(len(tcp), connections)
        self.assertEqual(len([r for r in live if r["type"] == "dns"]), queries)
        hellos = [r["tls"]["client_hello"] for r in tcp if "tls" in r]
        self.assertEqual(len(hellos), connections - 1)
        self.assertEqual({h.get("server_name") for h in hellos}, {NAME})
        self.assertEqual(len([r for r in live if r["type"] == "certificate"]), 1)
        self.assertEqual(sum(r["tcp"]["state"] == "refused" for r in tcp), 1)
        for r in tcp:
            self.assertEqual(r["capture"]["missing_bytes"], 0)


class Interfaces(Conversations):
    def setUp(self):
        super().setUp()
        self.connect_directly()
        self.serve()

    def test_any_interface(self):
        program = self.listen(self.server, "any", "--filter", f"host {CLIENT}")
        connections, queries = self.talk(1)
        self.assertEqual(program.stop(), 0, program.words)
        records = program.records()
        self.assertEqual(sum(r["type"] == "connection" and r["transport"] == "tcp" for r in records),
                         connections)
        self.assertEqual(sum(r["type"] == "dns" for r in records), queries)

    def test_several_interfaces(self):
        third = self.space()
        self.join(third, "t0", self.server, "s1", ("198.51.100.1/24", "198.51.100.2/24"))
        program = self.listen(self.server, "s0", "-i", "s1")
        for where, address in ((self.client, SERVER), (third, "198.51.100.2")):
            self.run_in(where, "openssl", "s_client", "-connect", f"{address}:4432")
        self.assertEqual(program.stop(), 0, program.words)
        connections = program.records("connection")
        self.assertEqual({c["client"]["ip"] for c in connections}, {CLIENT, "198.51.100.1"})
        self.assertEqual({c["tls"]["version"]["name"] for c in connections}, {"TLS 1.3"})


class Impaired(Conversations):
    """Frames that get lost, come twice, come late: seen as they are, live and in the file."""

    def test_by_a_bad_wire(self):
        relay = self.connect_by_wire("bad")
        self.serve()
        live, connections, queries = self.compare("s0")
        relay.terminate()
        done = dict(word.split("=") for word in relay.stdout.readline().decode().split())
        for kind in ("lost", "twice", "late"):
            self.assertGreater(int(done[kind]), 0)
        self.assertLessEqual(connections, sum(r["type"] == "connection" for r in live))
        self.assertLessEqual(queries, sum(r["type"] == "dns" for r in live))


class Netem(Conversations):
    """The same by the kernel, where it can."""

    def test_by_netem(self):
        self.connect_by_wire("clean")
        netem = self.run_in(self.client, "tc", "qdisc", "add", "dev", "c0", "root", "netem", "delay",
                            "5ms", "2ms", "loss", "2%", "duplicate", "3%", "reorder", "90%",
                            check=False)
        if netem.returncode != 0:
            self.skipTest("this kernel has no netem: " + netem.stdout.decode().strip())
        self.serve()
        self.compare("s0")


if __name__ == "__main__":
    lab.main()
