"""The command line keeps its promises: what is read, what is said where, exit statuses. The program
is $HELLOTAP; the captures are made here."""
import ctypes
import json
import os
import pathlib
import pwd
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import captures

HELLOTAP = os.environ["HELLOTAP"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
PR_CAPBSET_DROP = 24  # prctl(2)
COMPRESSORS = {".gz": ["gzip", "-c"], ".zst": ["zstd", "-qc"], ".lz4": ["lz4", "-qc"]}


def no_override():
    """Permissions hold for root too: without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability)


def compressed(path, suffix):
    return subprocess.run([*COMPRESSORS[suffix], path], stdout=subprocess.PIPE, check=True).stdout


class Run:
    """One run of the program, and its records where it wrote JSON."""

    def __init__(self, *arguments, stdin=b"", **options):
        done = subprocess.run([HELLOTAP, *arguments], input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, check=False, **options)
        self.status = done.returncode
        self.stdout = done.stdout.decode()
        self.stderr = done.stderr.decode()

    def records(self, kind=None):
        records = [json.loads(line) for line in self.stdout.splitlines()]
        return [r for r in records if kind in (None, r["type"])]

    def story(self):
        """The records but for what depends on the name and the size of the file."""
        return [{k: v for k, v in r.items() if k != "source"} for r in self.records()
                if r["type"] != "stats"]


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="hellotap-cli-")
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(content)
        return path

    def good(self, name="good.pcap", **options):
        return self.file(name, captures.pcap(captures.page_visit(**options)))

    def assert_one_line(self, run, *words):
        self.assertEqual(run.stderr.count("\n"), 1, run.stderr)
        for word in words:
            self.assertIn(word, run.stderr)


class Only(unittest.TestCase):
    def chosen(self, *only):
        options = [word for condition in only for word in ("--only", condition)]
        run = Run("-f", "json", *options, *(str(SAMPLES / name) for name in
                                            ("tls10-rsa.pcap", "gnutls-tls13.pcap", "link-ipv6.pcap",
                                             "weak-expired.pcap")))
        self.assertEqual((run.status, run.stderr), (0, ""))
        return sorted({os.path.basename(r.get("source", r["type"])) for r in run.records()
                       if r["type"] not in ("stats", "dns")})

    def test_one_of_several_conditions(self):
        self.assertEqual(self.chosen("tls.version=TLS 1.0 or client.ip=fd00::/8"),
                         ["link-ipv6.pcap", "tls10-rsa.pcap"])
        self.assertEqual(self.chosen("tls.version=TLS 1.0 or tls.version=TLS 1.2",
                                     "client.ip=10.9.0.0/30", "tls.version!=TLS 1.2"),
                         ["tls10-rsa.pcap"])

    def test_words_of_which_all_are_known(self):
        self.assertEqual(self.chosen("timeline.event=tls.certificate_r*"),
                         ["gnutls-tls13.pcap"])
        self.assertEqual(self.chosen("timeline.event!=tcp.SYN", "type=connection"), [])

    def test_more_and_less(self):
        self.assertEqual(self.chosen("tls.version.id<0x0303"), ["tls10-rsa.pcap"])
        self.assertEqual(self.chosen("start>=2026-11-21T04:55:30.795935000Z"), ["link-ipv6.pcap"])
        self.assertEqual(self.chosen("not_after<2026-11-01"), ["weak-expired.pcap"])
        self.assertEqual(self.chosen("not_after<2026-10-01"), [])


class ExitStatus(Folder):
    def test_0_for_a_good_capture_and_nothing_on_stderr(self):
        run = Run("-f", "json", self.good())
        self.assertEqual((run.status, run.stderr), (0, ""))
        self.assertEqual(len(run.records("connection")), 1)

    def test_2_for_wrong_usage_with_words_on_stderr_only(self):
        good = self.good()
        for arguments in ([], ["--no-such-option", good], ["-f", "no-such-format", good],
                          ["-f"], ["-", "-"], ["-o", "", good], ["-i", "any,lo"], ["-i", "lo", "-i", "any"],
                          ["--filter", "tcp and and", good],
                          ["--width", "-1", good], ["-i", "lo", good],
                          ["-f", "brief", "--audit", good], ["-f", "brief", "--inventory", good],
                          ["-f", "brief", "-e", good], ["--only", "tls=x", good],
                          ["--only", "type=conection", good], ["--only", "type!=conection", good],
                          ["--only", "timeline.event=tls.helo", good],
                          ["-e", "--only", "event!=tls.helo", good],
                          ["--only", "findings.id=cert-expird", good],
                          ["--only", "findings.severity=hihg or findings.severity=high", good],
                          ["--only", "duration_ns>1s", good], ["--only", "start>9", good],
                          ["--only", "server_name<9", good], ["--only", "client.ip=::/200", good],
                          ["--only", "tls or ", good], ["--only", "tls or color", good],
                          ["--only", "server.port=80 and client.port=1", good],
                          ["--only", "tls.established=yes", good], ["--only", "server.port=https", good],
                          ["-f", "brief", "--only", "type=dns", good],
                          ["-f", "brief", "--only", "not_after<2026-03-15", good],
                          ["--only", "tls.version.color=x", good]):
            with self.subTest(arguments=arguments):
                run = Run(*arguments)
                self.assertEqual((run.status, run.stdout), (2, ""))
                self.assertNotEqual(run.stderr, "")

    def test_2_says_what_is_wrong_with_an_option(self):
        good = self.good()
        for option, words in (("--ver", "several"), ("--verify=1", "no value"),
                              ("--no-such", "no such option"), ("-x", "no such option; see"),
                              ("-r", "file is named without"), ("-w", "-o FILE"), ("-Y", "--only"),
                              ("--cbom", "standard output"), ("--filter", "named before"),
                              ("--keylog", "named before"), ("--output", "named before")):
            with self.subTest(option=option):
                twice = {"--cbom": ["-"]}.get(option, [good, option, good])
                run = Run(option, *(twice if words in ("standard output", "named before") else []), good)
                self.assertEqual(run.status, 2)
                self.assert_one_line(run, option, words)

    def test_2_for_a_file_beside_what_reads_none(self):
        for option in ("--rules", "--schema", "--interfaces"):
            with self.subTest(option=option):
                run = Run(option, "house.json")
                self.assertEqual((run.status, run.stdout), (2, ""))
                self.assert_one_line(run, option, "house.json", "reads no file")

    def test_3_for_a_file_that_is_no_capture(self):
        for name, content in (("text", b"To whom it may concern: this is no capture.\n"),
                              ("empty", b""), ("one", b"\xa1"), ("zeros", bytes(4096)),
                              ("magic", b"\xd4\xc3\xb2\xa1"), ("gzip", b"\x1f\x8b\x08\x00")):
            with self.subTest(name=name):
                run = Run("-f", "json", self.file(name, content))
                self.assertEqual(run.status, 3)
                self.assertEqual(run.records("connection"), [])
                self.assert_one_line(run, name)

    def test_3_for_a_missing_file_and_the_others_are_still_read(self):
        bad = self.file("bad.pcap", b"no capture at all, just text")
        run = Run("-f", "json", os.path.join(self.folder, "missing.pcap"), bad, self.good())
        self.assertEqual(run.status, 3)
        self.assertEqual(len(run.records("connection")), 1)
        self.assertEqual(run.stderr.count("\n"), 2, run.stderr)
        self.assertIn("missing.pcap", run.stderr)
        self.assertIn("bad.pcap", run.stderr)

    def test_3_for_a_cut_file_which_is_reported_up_to_the_cut(self):
        for make in (captures.pcap, captures.pcapng):
            frames = captures.page_visit()
            whole, before = make(frames), make(frames[:-1])
            for cut in (len(before) + 1, len(before) + 12, len(whole) - 1):
                with self.subTest(make=make.__name__, cut=cut):
                    run = Run("-f", "json", self.file("cut", whole[:cut]))
                    self.assertEqual(run.status, 3)
                    self.assert_one_line(run, "cut")
                    expected = Run("-f", "json", self.file("before", before))
                    self.assertEqual(expected.status, 0)
                    self.assertEqual(run.story(), expected.story())

    def test_3_for_what_the_machine_has_none_left_of(self):
        def no_threads():
            resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
            if os.geteuid() == 0:  # whom the limit does not bind
                os.setgid(pwd.getpwnam("nobody").pw_gid)
                os.setuid(pwd.getpwnam("nobody").pw_uid)

        capture = captures.pcap(captures.page_visit())
        leaks = {"ASAN_OPTIONS": "detect_leaks=0"}  # they are looked for by a thread
        run = Run("--workers", "4", "-", stdin=capture, preexec_fn=no_threads, env={**os.environ, **leaks})
        self.assertEqual(run.status, 3)
        self.assert_one_line(run, "thread")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(os.path.join(self.folder, "manager"))
            limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))
            run = Run("--keylog", self.file("keys", b""), "-", stdin=capture, preexec_fn=limit,
                      env={**os.environ, **leaks, "NOTIFY_SOCKET": manager.getsockname()})
        self.assertEqual(run.status, 3)
        self.assert_one_line(run, "Too many open files")

    def test_not_0_where_the_output_cannot_be_written(self):
        for options in [[], ["-f", "json"], ["--audit"], ["--inventory"]]:
            run = Run("-o", "/dev/full", *options, self.good())
            self.assertEqual(run.status, 3)
            self.assert_one_line(run, "/dev/full", "No space left on device")
        for name, *words in (("no/such", "No such file or directory", "folder has to be made"),
                             ("no/", "Is a directory", "name a file"),
                             (".", "Is a directory", "name a file")):
            run = Run("-o", os.path.join(self.folder, name), self.good())
            self.assertEqual(run.status, 3)
            self.assert_one_line(run, os.path.join(self.folder, name), *words)
            run = Run("--audit", "--cbom", os.path.join(self.folder, name), self.good())
            self.assertEqual(run.status, 3)
            self.assert_one_line(run, os.path.join(self.folder, name), words[0])
        closed = self.file("closed/x", b"")
        os.chmod(os.path.dirname(closed), 0)
        self.addCleanup(os.chmod, os.path.dirname(closed), 0o755)
        run = Run("-o", closed, self.good(), preexec_fn=no_override)
        self.assertEqual(run.status, 3)
        self.assert_one_line(run, closed, "Permission denied", "where this user may write")

    def test_1_for_what_fail_on_names(self):
        house = self.file("house.json", json.dumps({
            "name": "house", "default": "ignore",
            "rules": {"cert-expired": {"verdict": "fail", "severity": "low"},
                      "kex-not-pq": {"verdict": "report"}}}).encode())
        expired = str(SAMPLES / "weak-expired.pcap")
        for what, status in [("high", 0), ("low", 1), ("fail", 1), ("warn", 1)]:
            run = Run(f"--audit={house}", "--fail-on", what, expired)
            self.assertEqual((run.status, run.stderr), (status, ""), what)
        sound = str(SAMPLES / "tls12-rsa.pcap")
        for what in ["info", "warn", "fail"]:  # what is but reported does not count
            self.assertEqual(Run(f"--audit={house}", "--fail-on", what, sound).status, 0, what)

    def test_1970_is_a_date(self):
        run = Run("-f", "json", "--audit", "--as-of", "1970-01-01", str(SAMPLES / "weak-expired.pcap"))
        audit = run.records("audit")[0]
        found = {finding["id"] for finding in audit["findings"]}
        self.assertIn("cert-not-yet-valid", found)
        self.assertNotIn("cert-expired", found)
        self.assertTrue(audit["as_of"].startswith("1970-01-01T00:00:00"))

    def test_files_to_judge_by_that_are_none(self):
        empty, binary = self.file("empty", b""), self.file("binary", os.urandom(3000))
        for option in ["--trust-store", "--crl", "--ct-logs", "--keylog", "--audit"]:
            for path in [self.folder, empty, binary, os.path.join(self.folder, "missing")]:
                options = [f"{option}={path}"]
                run = Run(*options, self.good())
                waits = (option, path) == ("--keylog", empty)
                self.assertEqual(run.status, 0 if waits else 2, options)
                self.assert_one_line(run, path)
        run = Run("--crl", self.folder, self.good())
        self.assert_one_line(run, "Is a directory")

    def test_a_key_log_that_has_no_keys_yet(self):
        unused = b"EXPORTER_SECRET " + b"00" * 32 + b" " + b"00" * 32 + b"\n"
        for lines, status in ((b"# SSL/TLS secrets log file\n\n", 0), (unused, 0),
                              (b"# notes\nno key log at all\n", 2), (b"\n", 0), (b"", 0)):
            with self.subTest(lines=lines):
                path = self.file("keys", lines)
                run = Run("--keylog", path, self.good())
                self.assertEqual(run.status, status)
                self.assert_one_line(run, path)

    def test_a_key_log_of_other_sessions(self):
        keys, other = str(SAMPLES / "tls10-rsa.keylog"), str(SAMPLES / "tls12-rsa.pcap")
        run = Run("-f", "json", "--keylog", keys, other)
        self.assertEqual(run.status, 0)
        self.assert_one_line(run, keys, "no message was decrypted")
        self.assertNotIn("decrypted", run.records("stats")[0])
        run = Run("-f", "json", "--keylog", keys, str(SAMPLES / "tls10-rsa.pcap"))
        self.assertEqual((run.status, run.stderr), (0, ""))
        self.assertGreater(run.records("stats")[0]["decrypted"], 1)

    def test_a_reader_that_goes_away_is_no_crash(self):
        command = f"'{HELLOTAP}' -f json '{self.good()}' | true"
        done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, timeout=60, check=True)
        self.assertNotIn(b"Sanitizer", done.stderr)


class Inputs(Folder):
    def test_every_format_of_file_tells_the_same(self):
        frames = captures.page_visit()
        expected = Run("-f", "json", self.good()).story()
        self.assertGreaterEqual(len(expected), 2)
        for name, content in (("be", captures.pcap(frames, ">")),
                              ("nano", captures.pcap(frames, "<", True)),
                              ("nano-be", captures.pcap(frames, ">", True)),
                              ("ng", captures.pcapng(frames)),
                              ("ng-be", captures.pcapng(frames, ">"))):
            with self.subTest(name=name):
                run = Run("-f", "json", self.file(name, content))
                self.assertEqual((run.status, run.stderr), (0, ""))
                self.assertEqual(run.story(), expected)

    def test_compressed_files_tell_the_same(self):
        plain = self.good("plain.pcap")
        expected = Run("-f", "json", plain).story()
        for suffix in COMPRESSORS:
            with self.subTest(suffix=suffix):
                content = compressed(plain, suffix)
                # Known by what is in it: the name must not matter.
                run = Run("-f", "json", self.file("odd" + suffix[1:], content))
                self.assertEqual((run.status, run.stderr), (0, ""))
                self.assertEqual(run.story(), expected)
                self.assertEqual(Run("-f", "json", "-", stdin=content).story(), expected)

    def test_a_compressed_file_cut_short_is_status_3(self):
        plain = self.good("plain.pcap")
        for suffix in COMPRESSORS:
            with self.subTest(suffix=suffix):
                cut = self.file("cut" + suffix, compressed(plain, suffix)[:-10])
                run = Run("-f", "json", cut)
                self.assertEqual(run.status, 3)
                self.assert_one_line(run, "cut" + suffix)

    def test_standard_input(self):
        path = self.good()
        with open(path, "rb") as f:
            run = Run("-f", "json", "-", stdin=f.read())
        self.assertEqual((run.status, run.stderr), (0, ""))
        self.assertEqual(run.story(), Run("-f", "json", path).story())

    def test_standard_input_that_is_no_capture(self):
        run = Run("-f", "json", "-", stdin=b"")
        self.assertEqual(run.status, 3)
        self.assert_one_line(run)

    def test_several_files_each_with_its_own_frame_numbers(self):
        one, two = self.good("one.pcap"), self.good("two.pcap", port=51515)
        connections = Run("-f", "json", one, two).records("connection")
        self.assertEqual([c["source"] for c in connections], [one, two])
        self.assertEqual([c["tcp"]["syn_frame"] for c in connections], [3, 3])

    def test_a_directory_is_read_whole(self):
        self.good("d/b.pcap")
        self.good("d/a/deep.pcap", port=51515)
        run = Run("-f", "json", os.path.join(self.folder, "d"))
        self.assertEqual(run.status, 0)
        sources = [c["source"] for c in run.records("connection")]
        self.assertEqual([os.path.basename(s) for s in sources], ["deep.pcap", "b.pcap"])

    def test_a_link_in_a_directory_that_leads_out_of_it(self):
        os.makedirs(os.path.join(self.folder, "d/e"))
        os.makedirs(os.path.join(self.folder, "f"))
        os.symlink(self.good(), os.path.join(self.folder, "d/link.pcap"))
        self.good("f/deep.pcap", port=51515)
        os.symlink("../../f", os.path.join(self.folder, "d/e/folder"))
        os.symlink("nowhere", os.path.join(self.folder, "d/dead.pcap"))
        run = Run("-f", "json", os.path.join(self.folder, "d"))
        self.assertEqual((run.status, run.stderr), (0, ""))
        sources = [c["source"] for c in run.records("connection")]
        self.assertEqual([os.path.basename(s) for s in sources], ["deep.pcap", "link.pcap"])

    def test_what_links_lead_to_again_is_told_once(self):
        self.good("d/2026/b.pcap")
        os.symlink("2026", os.path.join(self.folder, "d/latest"))
        os.symlink("..", os.path.join(self.folder, "d/2026/up"))
        os.symlink("b.pcap", os.path.join(self.folder, "d/2026/latest.pcap"))
        connections = Run("-f", "json", os.path.join(self.folder, "d")).records("connection")
        self.assertEqual([c["source"] for c in connections],
                         [os.path.join(self.folder, "d/2026/b.pcap")])

    def test_a_directory_without_any_capture_was_mistaken_for_another(self):
        self.file("notes/readme.txt", b"To whom it may concern.\n")
        os.makedirs(os.path.join(self.folder, "empty"))
        for name in ("notes", "empty"):
            with self.subTest(name=name):
                run = Run("--audit", "--fail-on", "high", os.path.join(self.folder, name))
                self.assertEqual(run.status, 3)
                self.assert_one_line(run, name, "no capture")

    def test_each_that_may_not_be_read_is_named_and_the_others_are_read(self):
        self.good("d/a/closed.pcap")
        self.good("d/b/c/unseen.pcap")
        self.good("d/e/open.pcap")
        self.good("f/unseen.pcap")
        closed = [os.path.join(self.folder, name) for name in ("d/a/closed.pcap", "d/b/c", "d/b", "f")]
        for path in closed:
            os.chmod(path, 0)
            self.addCleanup(os.chmod, path, 0o755)
        folders = [os.path.join(self.folder, name) for name in ("d", "f")]
        run = Run("-f", "json", *folders, preexec_fn=no_override)
        self.assertEqual((run.status, len(run.records("connection"))), (3, 1), run.stderr)
        self.assertEqual(sorted(run.stderr.splitlines()), sorted(
            f"hellotap: {os.path.join(self.folder, path)}: Permission denied"
            for path in ("d/a/closed.pcap", "d/b", "f")))
        self.assertEqual(run.records("stats")[0]["failed_sources"], 3)

    def test_a_file_named_like_an_option(self):
        self.good("-f.pcap")
        run = Run("-f", "json", "--", "-f.pcap", cwd=self.folder)
        self.assertEqual(len(run.records("connection")), 1)

    def test_output_to_a_file(self):
        path, out = self.good(), os.path.join(self.folder, "out.jsonl")
        run = Run("-f", "json", "-o", out, path)
        self.assertEqual((run.status, run.stdout), (0, ""))
        with open(out, encoding="utf-8") as f:
            self.assertEqual(f.read().count('"type":"connection"'), 1)


class Shortened(Folder):
    def test_a_file_that_is_cut_while_it_is_read_is_an_error_and_what_was_read_stands(self):
        second = 10**9
        visits = [captures.pcap(captures.page_visit(10000 + n)[2:], start_ns=n * second)
                  for n in range(5000)]
        content = visits[0][:24] + b"".join(visit[24:] for visit in visits)
        for workers in ("1", "2"):
            with self.subTest(workers=workers):
                path = self.file("cut.pcap", content)
                with subprocess.Popen([HELLOTAP, "-q", "-e", "-f", "json", "--workers", workers,
                                       path], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE) as program:
                    lines = [program.stdout.readline() for _ in range(5000)]
                    os.truncate(path, 100000)  # long before where it waits to write on
                    lines += program.stdout.readlines()
                    err = program.stderr.read()
                self.assertEqual((program.returncode, err.count(b"\n")), (3, 1), err)
                self.assertIn(b"cut.pcap: became shorter while it was read", err)
                records = [json.loads(line) for line in lines]
                self.assertEqual({r["type"] for r in records[:-1]}, {"event", "connection"})
                self.assertEqual(records[-1]["type"], "stats")


class Pipes(Folder):
    """What comes by a pipe while it is captured is told while it comes."""

    def start(self, *arguments):
        program = subprocess.Popen([HELLOTAP, "-q", "-f", "json", *arguments, "-"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(program.communicate)
        self.addCleanup(program.kill)
        limit = threading.Timer(30, program.kill)
        self.addCleanup(limit.cancel)
        limit.start()
        for _ in range(400):  # until it reads
            with open(f"/proc/{program.pid}/status", encoding="ascii") as status:
                if "Seccomp:\t2" in status.read():
                    break
            time.sleep(0.05)
        return program

    def feed(self, program, content):
        program.stdin.write(content)
        program.stdin.flush()

    def test_records_come_before_the_end(self):
        for workers in ("1", "2"):
            with self.subTest(workers=workers):
                program = self.start("--workers", workers)
                frames = captures.page_visit() + captures.page_visit(51515)[2:5]
                self.feed(program, captures.pcap(frames, start_ns=time.time_ns()))
                records = [json.loads(program.stdout.readline()) for _ in range(2)]
                self.assertEqual(sorted(r["type"] for r in records), ["connection", "dns"])
                out, err = program.communicate(timeout=20)
                self.assertEqual((program.returncode, err), (0, b""))
                self.assertEqual([json.loads(line)["type"] for line in out.splitlines()],
                                 ["connection", "stats"])

    def test_what_is_in_the_pipe_at_sigint_is_told(self):
        program, content = self.start(), captures.pcap(captures.page_visit())
        self.feed(program, content[:100])
        time.sleep(0.2)
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(content[100:], timeout=20)
        self.assertEqual((program.returncode, err), (0, b""))
        connections = [r for r in map(json.loads, out.splitlines()) if r["type"] == "connection"]
        self.assertEqual([c["tcp"]["closed_by"] for c in connections], ["client"])

    def test_sigint_ends_what_waits_for_the_first_byte(self):
        program = self.start()
        time.sleep(0.2)
        program.send_signal(signal.SIGINT)
        self.assertEqual(program.wait(timeout=20), 3)

    def test_sigbus_that_was_sent_is_the_end(self):
        program = self.start()
        self.feed(program, captures.pcap(captures.page_visit(), start_ns=time.time_ns()))
        time.sleep(0.2)
        program.send_signal(signal.SIGBUS)
        program.communicate(timeout=20)
        self.assertEqual(program.returncode, -signal.SIGBUS)


class Confined(Folder):
    """Captures are read without privileges, system calls and paths that reading does not need."""

    def status_while_reading(self, *options):
        """What /proc says of the process while it waits for more of standard input."""
        with open(self.good(), "rb") as f, subprocess.Popen(
                [HELLOTAP, "-q", *options, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE) as program:
            program.stdin.write(f.read(64))
            program.stdin.flush()
            text = ""
            for _ in range(200):  # until it has entered what it enters
                with open(f"/proc/{program.pid}/wchan", encoding="ascii") as wchan:
                    waits = "pipe" in wchan.read()
                with open(f"/proc/{program.pid}/status", encoding="ascii") as status:
                    text = status.read()
                if waits or "Seccomp:\t2" in text:
                    break
                time.sleep(0.05)
            program.kill()
            program.communicate()
        return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)

    def test_system_calls_are_filtered(self):
        self.assertEqual(self.status_while_reading()["Seccomp"], "2")

    def test_unless_that_is_switched_off(self):
        self.assertEqual(self.status_while_reading("--sandbox", "off")["Seccomp"], "0")

    def test_another_user_reads_what_that_user_may(self):
        if os.geteuid() != 0:
            self.skipTest("not root")
        path, closed = self.good(), self.good("closed.pcap")
        os.chmod(self.folder, 0o755)
        os.chmod(closed, 0o600)
        run = Run("-f", "json", "--user", "nobody", path)
        self.assertEqual((run.status, len(run.records("connection"))), (0, 1), run.stderr)
        run = Run("-f", "json", "--user", "nobody", closed)
        self.assertEqual((run.status, len(run.records("connection"))), (3, 0))
        self.assert_one_line(run, "closed.pcap", "Permission denied")

    def test_what_is_written_for_another_user_is_that_users(self):
        if os.geteuid() != 0:
            self.skipTest("not root")
        nobody = pwd.getpwnam("nobody").pw_uid
        out, bill = os.path.join(self.folder, "certificates"), os.path.join(self.folder, "bill")
        os.chmod(self.folder, 0o755)
        captured = self.file("weak.pcap", (SAMPLES / "weak-expired.pcap").read_bytes())
        run = Run("--user", "nobody", "--export-certificates", out, "--cbom", bill, captured)
        self.assertEqual((run.status, run.stderr), (0, ""))
        self.assertEqual({os.stat(path).st_uid for path in certificates_in(out) + [out, bill]},
                         {nobody})
        closed = os.path.join(self.folder, "closed")
        os.mkdir(closed, 0o755)
        run = Run("--user", "nobody", "--export-certificates", closed, captured)
        self.assertEqual(run.status, 2)
        self.assert_one_line(run, closed, "Permission denied")

    def test_a_missing_file_is_called_missing(self):
        run = Run("-f", "json", os.path.join(self.folder, "missing.pcap"))
        self.assertEqual(run.status, 3)
        self.assert_one_line(run, "missing.pcap", "No such file")


def certificates_in(folder):
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]


class Outputs(Folder):
    def test_certificates_that_cannot_be_written_are_told_once(self):
        def no_room():  # as on a full disk; SIGXFSZ stays ignored, as Python has it
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        out = os.path.join(self.folder, "certificates")
        run = Run("--export-certificates", out, str(SAMPLES / "pki-chains.pcap"))
        self.assertEqual((run.status, run.stderr), (0, ""))
        written = len(certificates_in(out))
        self.assertGreater(written, 1)
        shutil.rmtree(out)
        run = Run("--export-certificates", out, str(SAMPLES / "pki-chains.pcap"),
                  preexec_fn=no_room, restore_signals=False)
        self.assertEqual((run.status, certificates_in(out)), (3, []))
        self.assert_one_line(run, out, f"{written} certificates could not", "File too large")

    def test_rotation_of_a_file_that_is_read_from_files(self):
        out = os.path.join(self.folder, "out", "x.jsonl")
        os.mkdir(os.path.dirname(out))
        captured = [self.good(f"{port}.pcap", port=port) for port in range(51510, 51530)]
        run = Run("-f", "json", "-o", out, "--rotate-size", "8k", *captured)
        self.assertEqual((run.status, run.stderr), (0, ""))
        names = [os.path.join(os.path.dirname(out), n) for n in os.listdir(os.path.dirname(out))]
        self.assertGreater(len(names), 1)
        records = []
        for name in names:
            with open(name, encoding="utf-8") as f:
                records += [json.loads(line)["type"] for line in f]
        self.assertEqual(records.count("connection"), 20)
        self.assertEqual(records.count("stats"), 1)

    def test_a_standard_stream_that_is_closed_is_no_file_of_ours(self):
        out = os.path.join(self.folder, "out.jsonl")
        for closed in ("2>&-", "<&- 2>&-", "<&- >&- 2>&-"):
            with self.subTest(closed=closed):
                command = f"'{HELLOTAP}' -f json -o {out} missing.pcap '{self.good()}' {closed}"
                self.assertEqual(subprocess.run(["sh", "-c", command], timeout=60, check=False).returncode, 3)
                with open(out, encoding="utf-8") as f:
                    kinds = [json.loads(line)["type"] for line in f]
                self.assertIn("connection", kinds)
        for command, words in ((f"'{HELLOTAP}' -f json '{self.good()}' >&-", b"standard output: Bad file"),
                               (f"'{HELLOTAP}' --version >&-", b"standard output: Bad file"),
                               (f"'{HELLOTAP}' - <&-", b"Bad file descriptor")):
            done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, timeout=60, check=False)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn(words, done.stderr)

    def test_what_was_there_is_overwritten(self):
        out = self.file("out.jsonl", b"what was there\n")
        Run("-f", "json", "-o", out, self.good())
        with open(out, encoding="utf-8") as f:
            self.assertEqual(len([json.loads(line) for line in f]), 3)


class Filter(Folder):
    def kinds(self, expression, content):
        run = Run("-f", "json", "--filter", expression, self.file("capture", content))
        self.assertEqual((run.status, run.stderr), (0, ""))
        return {kind: len(run.records(kind)) for kind in ("connection", "dns")}

    def test_it_applies_to_files(self):
        frames = captures.page_visit()
        for make in (captures.pcap, captures.pcapng):
            with self.subTest(make=make.__name__):
                content = make(frames)
                self.assertEqual(self.kinds("udp", content), {"connection": 0, "dns": 1})
                self.assertEqual(self.kinds("tcp port 443", content), {"connection": 1, "dns": 0})
                self.assertEqual(self.kinds("port 9", content), {"connection": 0, "dns": 0})

    def test_frames_keep_their_numbers(self):
        run = Run("-f", "json", "--filter", "tcp", self.good())
        self.assertEqual(run.records("connection")[0]["tcp"]["syn_frame"], 3)


class Story(Folder):
    """What was put into the capture comes out."""

    def test_the_connection(self):
        run = Run("-f", "json", self.good())
        c = run.records("connection")[0]
        self.assertEqual(c["start"], "2023-11-14T22:13:20.020000000Z")
        self.assertEqual(c["duration_ns"], 60_000_000)
        self.assertEqual((c["client"]["ip"], c["client"]["port"]), (captures.CLIENT, 51514))
        self.assertEqual((c["server"]["ip"], c["server"]["port"]), (captures.SERVER, 443))
        self.assertEqual((c["client"]["packets"], c["server"]["packets"]), (4, 3))
        self.assertEqual((c["client"]["bytes"], c["server"]["bytes"]), (160, 120))
        self.assertEqual(c["roles_from"], "syn")
        expected = {"state": "closed", "syn_frame": 3, "syn_ack_frame": 4, "ack_frame": 5,
                    "rtt_ns": 20_000_000, "rtt_server_ns": 10_000_000, "rtt_client_ns": 10_000_000,
                    "closed_by": "client", "close": "fin"}
        self.assertEqual({k: c["tcp"].get(k) for k in expected}, expected)

    def test_the_dns_answer_is_joined_to_it(self):
        c = Run("-f", "json", self.good()).records("connection")[0]
        expected = {"name": captures.NAME, "address": captures.SERVER, "type": "A",
                    "query_frame": 1, "answer_frame": 2, "rtt_ns": 10_000_000, "ttl_s": 300,
                    "age_ns": 10_000_000, "verdict": "fresh"}
        self.assertEqual({k: c["dns"].get(k) for k in expected}, expected)
        self.assertEqual(c["server_name"], captures.NAME)
        first = c["timeline"][0]
        self.assertEqual((first["event"], first["t_ns"], first["frame"]), ("dns.query", -20_000_000, 1))

    def test_the_dns_record(self):
        d = Run("-f", "json", self.good()).records("dns")[0]
        self.assertEqual(d["question"], {"name": captures.NAME, "type": "A", "class": "IN"})
        self.assertEqual((d["query_frame"], d["answer_frame"], d["rcode"]), (1, 2, "NOERROR"))
        self.assertEqual(d["answers"], [{"name": captures.NAME, "type": "A", "ttl_s": 300,
                                         "data": captures.SERVER}])

    def test_unanswered_and_refused(self):
        up = (captures.CLIENT, captures.SERVER, (1025, 443))
        down = (captures.SERVER, captures.CLIENT, (443, 1025))
        syn = captures.tcp(*up, 1, 0, captures.SYN)
        rst = captures.tcp(*down, 0, 2, captures.RST | captures.ACK)
        for frames, state in (([(0, syn)], "unanswered"), ([(0, syn), (5, rst)], "refused")):
            with self.subTest(state=state):
                run = Run("-f", "json", self.file(state, captures.pcap(frames)))
                self.assertEqual([c["tcp"]["state"] for c in run.records("connection")], [state])

    def test_text_tells_it_too(self):
        run = Run(self.good())
        self.assertEqual((run.status, run.stderr), (0, ""))
        self.assertNotIn("\x1b", run.stdout)
        for word in (captures.NAME, captures.CLIENT, captures.SERVER, "443"):
            self.assertIn(word, run.stdout)
        self.assertIn("\x1b[", Run("--color", "always", self.good()).stdout)

    def test_events_come_one_a_line(self):
        events = Run("-f", "json", "--events", self.good()).records("event")
        names = [e["event"] for e in events]
        self.assertEqual([n for n in names if n.startswith("tcp.")],
                         ["tcp.syn", "tcp.syn_ack", "tcp.ack", "tcp.fin", "tcp.fin"])


class Failures(Folder):
    """Of a failed handshake the audit says what whoever repairs it needs. Frames are tshark's."""

    def findings(self, capture):
        run = Run("--audit", "-f", "json", str(SAMPLES / capture))
        return {f["id"]: f for f in run.records("connection")[0].get("findings", [])}

    def test_an_alert_that_cannot_be_read_after_a_hole_may_be_close_notify(self):
        left, at = bytearray((SAMPLES / "weak-sha1-rsa1024.pcap").read_bytes()), [24]
        for _ in range(12):
            at.append(at[-1] + 16 + int.from_bytes(left[at[-1] + 8:at[-1] + 12], "little"))
        del left[at[10]:at[12]]  # the server's Finished, the first data
        tls = Run("-f", "json", self.file("hole.pcap", left)).records("connection")[0]["tls"]
        self.assertFalse(tls["established"])
        self.assertNotIn("failure", tls)
        self.assertNotIn("handshake-aborted-encrypted-alert",
                         self.findings(os.path.join(self.folder, "hole.pcap")))

    def test_a_client_without_the_certificate_that_the_server_wants(self):
        for capture, basis, frame in (("alert-no-client-certificate.pcap", "observed", 9),
                                      ("alert-no-client-certificate-tls13.pcap", "inferred", 12)):
            with self.subTest(capture=capture):
                found = self.findings(capture)["server-rejects-client-cert"]
                self.assertEqual((found["basis"], found["frames"]), (basis, [frame]))

    def test_a_server_that_answers_by_something_else(self):
        error = b"HTTP/1.0 400 Bad Request\r\n\r\n"
        blamed = {"non-tls-on-tls-port", "handshake-timeout"}
        for answer, rules in ((error, blamed), (b"\x15\3\3\0\2\2\x28", set())):
            with self.subTest(answer=answer):
                found = self.findings(
                    self.file("answered.pcap", captures.pcap(captures.hello_answered(answer))))
                self.assertEqual(blamed & set(found), rules)
                for rule in rules:
                    self.assertIn(f"{len(answer)} bytes", found[rule]["evidence"])

    def test_an_answer_too_short_to_tell_what_it_is(self):
        for answer in (b"\0", b"\x16\3\3\0\x7a\2\0\0", b"\x15\3\3\0\2\2"):
            with self.subTest(answer=answer):
                found = self.findings(
                    self.file("begun.pcap", captures.pcap(captures.hello_answered(answer))))
                self.assertNotIn("non-tls-on-tls-port", found)
                self.assertNotIn("without any TLS", found["handshake-timeout"]["evidence"])

    def test_an_alert_that_answers_nothing_but_an_end(self):
        frames = captures.hello_answered(b"")
        sent = 1001 + len(frames[3][1]) - 54  # behind Ethernet, IPv4 and TCP
        alert = captures.tcp(captures.CLIENT, captures.SERVER, (51514, 443), sent, 9001,
                             captures.ACK, b"\x15\3\1\0\2\2\x32")
        frames[5:] = [(90, alert)]
        found = self.findings(self.file("ended.pcap", captures.pcap(frames)))
        self.assertIn("nothing had come", found["handshake-failure-alert"]["evidence"])
        self.assertNotIn("handshake-timeout", found)
        frames[5:] = [(80, captures.tcp(captures.SERVER, captures.CLIENT, (443, 51514), 9001, sent,
                                        captures.FIN | captures.ACK)), (90, alert)]
        found = self.findings(self.file("closed.pcap", captures.pcap(frames)))["handshake-timeout"]
        self.assertEqual(found["frames"], [4, 6])
        self.assertIn("the server closed the connection amid the handshake, without an alert",
                      found["evidence"])

    def test_an_alert_after_a_server_hello_that_was_lost(self):
        frames = captures.hello_answered(b"")
        sent = 1001 + len(frames[3][1]) - 54  # behind Ethernet, IPv4 and TCP
        alert = captures.tcp(captures.SERVER, captures.CLIENT, (443, 51514), 9201, sent,
                             captures.ACK, b"\x15\3\3\0\2\2\x28")
        frames[5:] = [(90, alert)]
        found = self.findings(self.file("lost.pcap", captures.pcap(frames)))
        self.assertNotIn("ClientHello", found["handshake-failure-alert"]["evidence"])

    def test_what_the_alert_means(self):
        general, refused = "handshake-failure-alert", "server-rejects-client-cert"
        for capture, rule, words in (
                ("alert-handshake-failure.pcap", general, "nothing to accept"),
                ("alert-no-client-certificate.pcap", refused, "shows none"),
                ("alert-protocol-version.pcap", general, "none of the versions")):
            with self.subTest(capture=capture):
                found = self.findings(capture)
                self.assertIn(words, found[rule]["evidence"])
                self.assertEqual({general, refused} & set(found), {rule})  # told once


    def test_an_intermediate_that_nobody_sent(self):
        run = Run("--audit", "-f", "json", "--trust-store", str(SAMPLES / "pki/root.pem"),
                  str(SAMPLES / "pki-chains.pcap"))
        found = [f for c in run.records("connection") for f in c.get("findings", [])
                 if f["id"] == "cert-untrusted-ca" and f["frames"] == [34]]
        # Its leaf is issued by an authority whose certificate is in no capture (samples/make).
        self.assertIn("not sent, nor trusted, is CN=Sample Unseen CA", found[0]["evidence"])
        rule = [r for r in Run("--rules", "-f", "json").records("rule")
                if r["id"] == "cert-untrusted-ca"][0]
        self.assertIn("intermediate", rule["remediation"])


class Words(unittest.TestCase):
    def test_help_and_version_go_to_stdout(self):
        for option, word in (("--help", "usage: hellotap"), ("--version", "hellotap ")):
            run = Run(option)
            self.assertEqual((run.status, run.stderr), (0, ""))
            self.assertIn(word, run.stdout)

    def test_rules_and_what_a_policy_makes_of_them(self):
        lines = Run("--rules").stdout.splitlines()
        rules = Run("--rules", "-f", "json").records("rule")
        self.assertEqual([line.split()[:3] for line in lines],
                         [[r["id"], r["severity"], r["category"]] for r in rules])
        self.assertFalse(any("verdict" in r for r in rules))
        expired = [r for r in rules if r["id"] == "cert-expired"][0]
        self.assertEqual((expired["scope"], expired["severity"]), ("server", "high"))
        self.assertIn("RFC 5280 section 6.1.3", expired["references"])
        policy = json.loads((ROOT / "src/policy/policies/modern.json").read_text())
        for rule in Run("--rules", "--audit=modern", "-f", "json").records("rule"):
            # What its lists and bounds forbid fails; it has not all of them.
            lacks = rule["id"] in {"policy-signature-scheme", "policy-rsa-bits", "policy-dh-bits"}
            asked = policy["rules"].get(rule["id"], "ignore" if lacks else "fail")
            verdict = asked if isinstance(asked, str) else asked["verdict"]
            self.assertEqual(rule["verdict"], verdict, rule["id"])
        self.assertEqual(Run("--rules", "--audit=modern").stdout.splitlines()[0].split()[:2],
                         ["fail", lines[0].split()[0]])
        run = Run("--rules", "--audit=nosuch")
        self.assertEqual((run.status, run.stdout), (2, ""))

    def test_what_is_printed_in_vain_is_status_3(self):
        for option in ["--help", "--version", "--schema", "--rules", "--interfaces"]:
            with open("/dev/full", "wb") as full:
                done = subprocess.run([HELLOTAP, option], stdout=full, stderr=subprocess.PIPE,
                                      timeout=60, check=False)
            self.assertEqual(done.returncode, 3, option)
            self.assertIn(b"standard output: No space left on device\n", done.stderr, option)

    def test_interfaces_are_listed(self):
        run = Run("-D")
        self.assertEqual(run.status, 0, run.stderr)
        if os.geteuid() == 0:
            self.assertIn("lo", run.stdout.split())
        names = {line.split()[0] for line in run.stdout.splitlines()}
        self.assertLessEqual(names, {"any", *os.listdir("/sys/class/net")})

    def test_what_is_no_network_interface_is_not_listened_to(self):
        for names in ("nfqueue", "nflog:7", "any-other,nfqueue:0", "usbmon0", "bluetooth-monitor",
                      "dbus-system"):
            with self.subTest(names=names):
                run = Run("-i", names)
                self.assertEqual((run.status, run.stdout), (2, ""))
                self.assertIn("is no network interface", run.stderr)
        run = Run("-i", "nowhere0")
        self.assertEqual(run.status, 3)
        self.assertIn("nowhere0: no such interface", run.stderr)


class Live(Folder):
    def start(self, *arguments):
        program = subprocess.Popen([HELLOTAP, "-i", "lo", "-f", "json", *arguments],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)
        self.addCleanup(program.stdout.close)
        self.addCleanup(program.stderr.close)
        if b"listening on lo" not in program.stderr.readline():
            self.skipTest("no capturing here")
        return program

    def test_a_connection_on_loopback_until_sigint(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            program = self.start("--filter", f"tcp port {port}")
            with socket.create_connection(("127.0.0.1", port)) as client:
                with server.accept()[0]:
                    client.sendall(b"hello")
            time.sleep(0.5)
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=20)
        self.assertEqual(program.returncode, 0, err)
        connections = [r for r in map(json.loads, out.splitlines()) if r["type"] == "connection"]
        self.assertEqual([c["server"]["port"] for c in connections], [port])
        self.assertEqual(connections[0]["client"]["payload_bytes"], 5)


if __name__ == "__main__":
    unittest.main()
