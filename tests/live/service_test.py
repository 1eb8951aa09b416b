"""hellotap as a service: signals, outputs that are slow or full, interfaces that come and go, what it
gives up, and what it tells the service manager."""
import json
import os
import pwd
import signal
import socket
import subprocess
import threading
import time
import unittest

import lab

PORT = 4430


class Alone(lab.Lab):
    """One namespace, whose loopback is listened to."""

    def setUp(self):
        super().setUp()
        self.where = self.space()
        self.talked = 0

    def talk(self, num=1, events=None):
        """Connections over loopback, one after the other, each with its FINs."""
        with self.inside(self.where):
            server = socket.create_server(("127.0.0.1", PORT), backlog=64)
        with server:
            for _ in range(num):
                with self.inside(self.where):
                    client = socket.create_connection(("127.0.0.1", PORT))
                with client, server.accept()[0] as peer:
                    client.sendall(b"hello")
                    peer.recv(5)
                self.talked += 1
                if events is not None and events.is_set():
                    return

    def anothers_file(self):
        """In a folder in which nobody may make files, but not replace it; nor is it handed over, as
        root's would be. Of a group, as a folder of all may be one where not even root may open it."""
        folder, path = self.path("sticky"), self.path("sticky/out.jsonl")
        os.mkdir(folder)
        os.chown(folder, 0, pwd.getpwnam("nobody").pw_gid)
        os.chmod(folder, 0o1775)
        with open(path, "wb"):
            os.chown(path, 1, 1)
            os.chmod(path, 0o640)
        return path

    def connections(self, program, path=None):
        return len(program.records("connection", path))


class Signals(Alone):
    def test_sigint_and_sigterm_tell_what_is_open(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number.name):
                program = self.listen(self.where, "lo")
                self.talk(3)
                self.assertEqual(program.stop(number), 0, program.words)
                self.assertEqual(self.connections(program), 3)
                self.assertEqual(program.records()[-1]["type"], "stats")

    def test_a_second_one_ends_it_at_once(self):
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        with os.fdopen(write, "wb") as pipe:
            program = self.listen(self.where, "lo", "--queue", "64M", "-e", stdout=pipe)
            self.talk(400)  # more than the pipe takes
            program.send(signal.SIGINT)
            time.sleep(0.6)  # it waits for its reader, but not for ever
            self.assertIsNone(program.process.poll())
            program.send(signal.SIGTERM)
            self.assertEqual(program.process.wait(2), -signal.SIGTERM)

    def test_sighup_goes_on_in_a_new_file(self):
        first, second = self.path("out.jsonl"), self.path("out.jsonl.1")
        program = self.listen(self.where, "lo", "-o", first, "--user", "nobody")
        self.talk(3)
        lab.wait_for(lambda: self.connections(program, first) == 3, "three records")
        os.rename(first, second)
        program.send(signal.SIGHUP)
        lab.wait_for(lambda: os.path.exists(first), "the new file")
        self.talk(2)
        self.assertEqual(program.stop(), 0, program.words)
        self.assertEqual(self.connections(program, second), 3)
        self.assertEqual(self.connections(program, first), 2)

    def test_sighup_where_no_file_may_be_made(self):
        os.mkdir(self.path("closed"), 0o755)
        path, moved = self.path("closed/out.jsonl"), self.path("closed/moved")
        program = self.listen(self.where, "lo", "-o", path)
        os.rename(path, moved)
        program.send(signal.SIGHUP)
        program.wait_for_words("is not opened anew")
        self.talk(2)
        self.assertEqual(program.stop(), 0, program.words)
        self.assertEqual(self.connections(program, moved), 2)
        self.assertEqual(os.stat(moved).st_uid, 0)

    def test_sighup_where_the_file_cannot_be_opened_again(self):
        path = self.anothers_file()
        program = self.listen(self.where, "lo", "-o", path, "--user", "nobody")
        self.talk(2)
        program.send(signal.SIGHUP)
        program.wait_for_words("cannot be opened anew: Permission denied; written on in the old file")
        self.talk(3)
        lab.wait_for(lambda: self.connections(program, path) == 5, "five records")
        os.rename(path, self.path("sticky/moved"))
        program.send(signal.SIGHUP)
        lab.wait_for(lambda: os.path.exists(path), "the new file")
        self.talk(2)
        self.assertEqual(program.stop(), 0, program.words)
        self.assertEqual(self.connections(program, path), 2)
        self.assertEqual(len(program.said("out.jsonl")), 1, program.words)

    def test_sighup_where_there_is_no_file_to_open_anew(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        for path in (fifo, "/dev/null"):
            with self.subTest(path=path):
                program = self.listen(self.where, "lo", "-o", path)
                program.send(signal.SIGHUP)
                time.sleep(0.3)
                self.talk(1)
                self.assertEqual(program.stop(), 0, program.words)
                self.assertEqual(len(program.words), 1, program.words)

    def test_sigusr1_tells_the_counts(self):
        program = self.listen(self.where, "lo")
        self.talk(2)
        time.sleep(0.3)
        program.send(signal.SIGUSR1)
        program.wait_for_words(" frames, 0 dropped")
        lab.wait_for(lambda: program.records("stats"), "the record")
        self.assertGreater(program.records("stats")[0]["tcp_packets"], 10)
        self.assertEqual(program.records("stats")[0]["flows"], 2)
        self.assertEqual(program.stop(), 0)
        self.assertEqual(len(program.records("stats")), 2)

    def test_stats_come_every_so_often(self):
        program = self.listen(self.where, "lo", "--stats-interval", "1s")
        lab.wait_for(lambda: len(program.records("stats")) >= 2, "two of them", 5)
        first, second = [each["time"] for each in program.records("stats")[:2]]
        self.assertLess(first, second)  # though no frame came
        self.assertEqual(program.stop(), 0)

    def test_what_was_written_before_kill_9_is_whole(self):
        path = self.path("out.jsonl")
        program = self.listen(self.where, "lo", "-e", "-o", path)
        over = threading.Event()
        talker = threading.Thread(target=self.talk, args=(100000, over))
        talker.start()
        lab.wait_for(lambda: os.path.getsize(path) > 200000, "some records")
        program.send(signal.SIGKILL)
        program.process.wait()
        over.set()
        talker.join()
        for line in lab.lines_of(path):  # the last one may be cut
            json.loads(line)
        # And who starts again goes on after the last whole line.
        again = self.listen(self.where, "lo", "-o", path)
        self.talk(1)
        self.assertEqual(again.stop(), 0, again.words)
        self.assertGreater(len(again.records("event", path)), 100)
        self.assertEqual(len(again.records("stats", path)), 1)


class GrowingKeys(Alone):
    """A key log to which programs write while they are listened to."""

    def visit(self, keys):
        self.run_in(self.where, "sh", "-c",
                    f"sleep 0.5 | openssl s_client -connect 127.0.0.1:4433 -keylogfile {keys}")

    def check(self, keys, *options):
        cert, key = self.certificate()
        server = self.start(self.where, "openssl", "s_server", "-accept", "4433", "-cert", cert, "-key", key,
                            "-quiet", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lab.wait_for(lambda: b":4433" in self.run_in(self.where, "ss", "-Hltn").stdout, "the server")
        program = self.listen(self.where, "lo", "--keylog", keys, *options)
        self.visit(keys)
        self.visit(keys)
        self.assertEqual(program.stop(), 0, program.words)
        server.kill()
        told = [c["tls"]["keys"] for c in program.records("connection")]
        self.assertEqual([(k["source"], k["verdict"], k["finished"]) for k in told],
                         [("file", "decrypted", "verified")] * 2)

    def test_a_file(self):
        for options in ((), ("--workers", "3")):
            with self.subTest(options=options):
                keys = self.path("keys" + "".join(options))
                with open(keys, "wb"):
                    pass
                self.check(keys, *options)

    def test_a_fifo_that_nobody_writes_to_yet(self):
        keys = self.path("fifo")
        os.mkfifo(keys)
        self.check(keys)

    def test_one_that_is_replaced(self):
        keys = self.path("keys")
        for name in (keys, keys + ".new"):
            with open(name, "wb"):
                pass
        program = self.listen(self.where, "lo", "--keylog", keys)
        os.rename(keys + ".new", keys)
        program.wait_for_words("removed or replaced")
        self.assertEqual(program.stop(), 0, program.words)

    def test_one_that_is_not_there(self):
        done = self.run_in(self.where, lab.HELLOTAP, "-i", "lo", "--keylog", self.path("nowhere"), check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"make it first", done.stdout)


class Outputs(Alone):
    def test_a_slow_reader_does_not_hold_up_the_capture(self):
        read, write = os.pipe()
        with os.fdopen(write, "wb") as pipe, os.fdopen(read, "rb") as reader:
            program = self.listen(self.where, "lo", "-e", "--queue", "1M", stdout=pipe)
            pipe.close()
            self.talk(1500)  # nobody reads
            program.wait_for_words("records are dropped")
            program.send(signal.SIGUSR1)
            program.wait_for_words(" frames, 0 dropped (0 by the interface)")
            program.send(signal.SIGINT)
            records = [json.loads(line) for line in reader.read().splitlines()]
        self.assertEqual(program.process.wait(20), 3, program.words)
        stats = [r for r in records if r["type"] == "stats"][-1]
        self.assertEqual(stats["connections"] + stats.get("capture_drops", 0), 1500)
        self.assertGreater(stats["output_drops"], 0)
        self.assertLess(len(records), 1500 * 9)

    def test_a_reader_that_goes_away_ends_the_run(self):
        read, write = os.pipe()
        with os.fdopen(write, "wb") as pipe:
            program = self.listen(self.where, "lo", stdout=pipe)
        os.close(read)
        self.talk(3)
        lab.wait_for(lambda: program.process.poll() is not None, "its end", 10)
        program.wait_for_words("nobody reads")
        self.assertEqual(program.process.returncode, 3)

    def test_a_file_of_somebody_elses_text_is_kept(self):
        path = self.path("notes")
        with open(path, "w", encoding="ascii") as f:
            f.write("precious text, no newline")
        program = self.listen(self.where, "lo", "-o", path)
        self.talk(1)
        self.assertEqual(program.stop(), 0, program.words)
        text, *records = lab.lines_of(path)
        self.assertEqual(text, b"precious text, no newline")
        self.assertEqual([json.loads(r)["type"] for r in records], ["connection", "stats"])

    def test_a_full_disk_does_not_hold_up_the_capture(self):
        disk = self.path("disk")
        os.mkdir(disk)
        self.run_in(None, "mount", "-t", "tmpfs", "-o", "size=64k,mode=777", "none", disk)
        self.addCleanup(self.run_in, None, "umount", "-l", disk)
        path, ballast = os.path.join(disk, "out.jsonl"), os.path.join(disk, "ballast")
        with open(ballast, "wb") as f:
            f.write(bytes(32768))
        program = self.listen(self.where, "lo", "-e", "-o", path, "--queue", "1M")
        self.talk(300)
        program.wait_for_words("No space left on device")
        for line in lab.lines_of(path):
            json.loads(line)
        os.truncate(ballast, 0)
        os.remove(ballast)
        before = os.path.getsize(path)
        lab.wait_for(lambda: os.path.getsize(path) > before, "more in the file")
        self.assertIn(program.stop(), (0, 3), program.words)
        records = program.records(None, path)  # every line is whole
        self.assertGreater(len(records), 10)

    def test_a_fifo_whose_readers_come_and_go(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        for sandbox in ("on", "off"):
            with self.subTest(sandbox=sandbox):
                # It says that it listens, though nobody reads yet.
                program = self.listen(self.where, "lo", "-o", fifo, "--sandbox", sandbox)
                self.talk(2)
                program.wait_for_words("fifo: Broken pipe; tried again")
                for talks in (2, 3):
                    with open(fifo, "rb") as reader:
                        for _ in range(talks):
                            self.assertEqual(json.loads(reader.readline())["type"], "connection")
                    self.talk(3)
                    time.sleep(1.5)
                with open(fifo, "rb") as reader:
                    program.send(signal.SIGINT)
                    records = [json.loads(line)["type"] for line in reader]
                self.assertEqual(records, ["connection"] * 3 + ["stats"])
                self.assertEqual(program.process.wait(20), 0, program.words)

    def test_rotation_by_size_loses_nothing(self):
        path = self.path("out.jsonl")
        program = self.listen(self.where, "lo", "-o", path, "--rotate-size", "20k", "--user", "nobody")
        self.talk(100)
        self.assertEqual(program.stop(), 0, program.words)
        files = [self.path(n) for n in os.listdir(self.folder) if n.startswith("out")]
        self.assertGreater(len(files), 3)
        self.assertEqual(sum(self.connections(program, f) for f in files), 100)
        for name in files:
            self.assertLessEqual(os.path.getsize(name), 20480)

    def test_rotation_needs_the_right_to_make_files(self):
        os.mkdir(self.path("closed"), 0o755)
        with self.inside(self.where):
            done = subprocess.run([lab.HELLOTAP, "-i", "lo", "-o", self.path("closed/out.jsonl"),
                                   "--rotate-time", "1d", "--user", "nobody"],
                                  stderr=subprocess.PIPE, timeout=20, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"cannot be rotated", done.stderr)

    def test_rotation_in_a_sticky_folder_needs_a_file_of_ones_own(self):
        path, daemons = self.path("sticky/own.jsonl"), self.anothers_file()
        with self.inside(self.where):
            done = subprocess.run([lab.HELLOTAP, "-i", "lo", "-o", daemons, "--rotate-size", "1M",
                                   "--user", "nobody"],
                                  stderr=subprocess.PIPE, timeout=20, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"cannot be rotated: it is not the file of ", done.stderr)
        program = self.listen(self.where, "lo", "-o", path, "--rotate-size", "20k", "--user", "nobody")
        self.talk(100)
        self.assertEqual(program.stop(), 0, program.words)
        self.assertGreater(len(os.listdir(self.path("sticky"))), 4)


class ComeAndGo(lab.Lab):
    """An interface that goes and comes back, while nobody has the right to open one any more."""

    def setUp(self):
        super().setUp()
        self.one, self.two = self.space(), self.space()
        self.make()

    def make(self):
        self.join(self.one, "v0", self.two, "v1", ("192.0.2.1/24", "192.0.2.2/24"))
        lab.wait_for(lambda: b"state UP" in self.run_in(self.two, "ip", "link", "show", "v1").stdout,
                     "the carrier")

    def talk(self):
        """A connection that is refused."""
        with self.inside(self.one), socket.socket() as s:
            s.settimeout(10)
            self.assertRaises(ConnectionRefusedError, s.connect, ("192.0.2.2", 9))

    def test_down_and_up(self):
        program = self.listen(self.two, "v1")
        self.talk()
        for _ in range(2):
            program.words.clear()
            self.run_in(self.two, "ip", "link", "set", "v1", "down")
            program.wait_for_words("v1: the interface is down")
            self.run_in(self.two, "ip", "link", "set", "v1", "up")
            program.wait_for_words("v1: the interface is up")
            self.talk()
        self.assertEqual(program.stop(), 0, program.words)
        self.assertEqual(len(program.records("connection")), 3)

    def test_the_cable_is_pulled(self):
        program = self.listen(self.two, "v1")
        self.run_in(self.one, "ip", "link", "set", "v0", "down")
        program.wait_for_words("v1: the interface is down, or without a carrier")
        self.run_in(self.one, "ip", "link", "set", "v0", "up")
        program.wait_for_words("v1: the interface is up")
        self.talk()
        self.assertEqual(program.stop(), 0, program.words)
        self.assertEqual(len(program.records("connection")), 1)

    def test_removed_and_made_again(self):
        program = self.listen(self.two, "v1")
        self.talk()
        for _ in range(2):
            program.words.clear()
            self.run_in(self.two, "ip", "link", "del", "v1")
            program.wait_for_words("the interface is gone")
            self.make()
            program.wait_for_words("the interface is back")
            self.talk()
        self.assertEqual(program.stop(), 0, program.words)
        self.assertEqual(len(program.records("connection")), 3)
        self.assertEqual(program.said("promiscuous"), [])


class Protection(Alone):
    def status(self, program):
        with open(f"/proc/{program.process.pid}/status", encoding="ascii") as f:
            return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)

    def test_nothing_is_left_of_root(self):
        for user in ("nobody", "daemon"):
            with self.subTest(user=user):
                entry = pwd.getpwnam(user)
                program = self.listen(self.where, "lo", "--user", user)
                status = self.status(program)
                self.assertEqual(status["Uid"].split(), [str(entry.pw_uid)] * 4)
                self.assertEqual(status["Gid"].split(), [str(entry.pw_gid)] * 4)
                self.assertNotIn("0", status["Groups"].split())
                for which in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                    self.assertEqual(int(status[which], 16), 0, which)
                self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
                # Also of the thread that writes.
                threads = os.listdir(f"/proc/{program.process.pid}/task")
                self.assertGreater(len(threads), 1)
                for thread in threads:
                    with open(f"/proc/{program.process.pid}/task/{thread}/status",
                              encoding="ascii") as f:
                        self.assertIn("Seccomp:\t2\n", f.read())
                self.talk(1)
                self.assertEqual(program.stop(), 0, program.words)

    def test_root_listens_as_somebody_else_unless_told_otherwise(self):
        program = self.listen(self.where, "lo")
        self.assertNotIn("0", self.status(program)["Uid"].split())
        self.assertEqual(program.stop(), 0)
        program = self.listen(self.where, "lo", "--sandbox", "off")
        status = self.status(program)
        self.assertEqual((status["Uid"].split()[0], status["Seccomp"]), ("0", "0"))
        self.assertEqual(program.stop(), 0)

    def test_a_user_that_is_not_there(self):
        with self.inside(self.where):
            done = subprocess.run([lab.HELLOTAP, "-i", "lo", "--user", "no-such-user"],
                                  stderr=subprocess.PIPE, timeout=20, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"no-such-user", done.stderr)


class Manager(Alone):
    """This test is the service manager."""

    def test_it_is_told_how_things_are(self):
        name = f"\0hellotap-manager-{os.getpid()}"
        with self.inside(self.where):  # abstract names belong to a network namespace
            manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(name)
        manager.settimeout(5)
        path = self.path("out.jsonl")
        program = self.listen(self.where, "lo", "-o", path, "--user", "nobody", environment={
            "NOTIFY_SOCKET": "@" + name[1:], "WATCHDOG_USEC": "400000"})
        said = [manager.recv(4096).decode() for _ in range(6)]
        self.assertEqual(said[0], "READY=1")
        self.assertEqual(set(said[1:]), {"WATCHDOG=1"})
        for number, expected in ((signal.SIGHUP, ["RELOADING=1\nMONOTONIC_USEC=", "READY=1"]),
                                 (signal.SIGUSR1, ["STATUS="]), (signal.SIGTERM, ["STOPPING=1"])):
            program.send(number)
            for start in expected:
                text = "WATCHDOG=1"
                while text == "WATCHDOG=1":
                    text = manager.recv(4096).decode()
                self.assertTrue(text.startswith(start), text)
                if start == "STATUS=":
                    self.assertRegex(text, lab.STATUS)
        self.assertEqual(program.process.wait(20), 0, program.words)

    def test_a_reload_without_a_file_changes_nothing(self):
        program = self.listen(self.where, "lo", environment={"NOTIFY_SOCKET": "@nobody"})
        program.send(signal.SIGHUP)
        self.talk(1)
        program.send(signal.SIGHUP)
        self.assertEqual(program.stop(), 0, program.words)
        self.assertEqual(self.connections(program), 1)

    def test_the_journal_gets_priorities(self):
        with self.inside(self.where):
            ours, theirs = socket.socketpair()
        with ours, theirs:
            stat = os.fstat(theirs.fileno())
            program = self.start(
                self.where, lab.HELLOTAP, "-i", "lo", stdout=subprocess.DEVNULL, stderr=theirs,
                env={**os.environ, "JOURNAL_STREAM": f"{stat.st_dev}:{stat.st_ino}"})
            ours.settimeout(10)
            self.assertTrue(ours.recv(4096).startswith(b"<6>listening on lo"))
            program.terminate()
            self.assertEqual(program.wait(20), 0)


if __name__ == "__main__":
    lab.main()
