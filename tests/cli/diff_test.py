"""hellotap diff keeps its promises: what changed, exit statuses, clear errors. The program is
$HELLOTAP; the inventories are written here."""
import copy
import json
import os
import shutil
import subprocess
import tempfile
import unittest

HELLOTAP = os.environ["HELLOTAP"]


def names(*each):
    return [{"name": name, "connections": 1} for name in each]


def inventory():
    server = {"ip": "10.0.0.1", "port": 443, "transport": "tcp", "name": "www.example.com",
              "profile": {"connections": 3, "versions": names("TLS 1.2", "TLS 1.3"),
                          "cipher_suites": names("TLS_AES_128_GCM_SHA256"), "alpn": names("h2"),
                          "first_seen": "2026-01-01T00:00:00.000000000Z"},
              "certificates": names("aa" * 32)}
    certificate = {"sha256": "aa" * 32, "subject": "CN=www.example.com",
                   "not_after": "2026-04-01T00:00:00Z"}
    client = {"ja4": "t13d1516h2_8daaf6152771_e5627efa2ab1", "num_addresses": 1,
              "profile": {"connections": 3, "versions": names("TLS 1.3")}}
    return {"schema": "hellotap/1", "type": "inventory", "servers": [server], "clients": [client],
            "certificates": [certificate]}


class Diff(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="hellotap-diff-")
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(content if isinstance(content, str) else json.dumps(content) + "\n")
        return path

    def diff(self, older, newer, *options):
        return self.run_it(*options, self.file("old.json", older), self.file("new.json", newer))

    def run_it(self, *arguments, stdin=b""):
        done = subprocess.run([HELLOTAP, "diff", *arguments], input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_0_where_nothing_changed_but_counts_times_and_order(self):
        newer = inventory()
        newer["servers"][0]["profile"]["connections"] = 99
        newer["servers"][0]["profile"]["first_seen"] = "2026-02-02T00:00:00.000000000Z"
        newer["servers"][0]["profile"]["versions"].reverse()
        self.assertEqual(self.diff(inventory(), newer), (0, "nothing changed\n", ""))

    def test_1_and_what_changed_in_words(self):
        newer = inventory()
        newer["servers"][0]["profile"]["versions"] = names("TLS 1.3", "TLS 1.1")
        newer["servers"].append({"ip": "10.0.0.2", "port": 25, "transport": "tcp"})
        newer["clients"] = []
        status, out, err = self.diff(inventory(), newer)
        self.assertEqual((status, err), (1, ""))
        for words in ("TLS 1.2 → TLS 1.1 (weaker)", "+ TLS 1.1", "- TLS 1.2", "+ 10.0.0.2:25",
                      "- t13d1516h2_8daaf6152771_e5627efa2ab1"):
            self.assertIn(words, out)

    def test_each_list_alone_is_a_change(self):
        for key in ("versions", "cipher_suites", "groups", "signature_schemes", "alpn"):
            with self.subTest(key=key):
                newer = inventory()
                newer["servers"][0]["profile"].setdefault(key, []).append(names("another")[0])
                status, out, _ = self.diff(inventory(), newer, "-f", "json")
                self.assertEqual(status, 1)
                (entry,) = json.loads(out)["servers"]
                self.assertEqual(entry["added"], {key: ["another"]})
                self.assertNotIn("removed", entry)
                status, out, _ = self.diff(newer, inventory(), "-f", "json")
                (entry,) = json.loads(out)["servers"]
                self.assertEqual((status, entry["removed"]), (1, {key: ["another"]}))

    def test_a_certificate_that_is_another(self):
        newer = copy.deepcopy(inventory())
        newer["servers"][0]["certificates"] = names("bb" * 32)
        newer["certificates"] = [{"sha256": "bb" * 32, "subject": "CN=new"}]
        status, out, _ = self.diff(inventory(), newer, "-f", "json")
        (entry,) = json.loads(out)["servers"]
        self.assertEqual((status, entry["change"]), (1, "changed"))
        self.assertEqual(entry["added"]["certificates"],
                         [{"sha256": "bb" * 32, "subject": "CN=new"}])
        self.assertEqual(entry["removed"]["certificates"][0]["subject"], "CN=www.example.com")

    def test_what_tls13_encrypts_did_not_go(self):
        older, newer = inventory(), inventory()
        older["servers"][0]["profile"]["versions"] = names("TLS 1.2")
        older["servers"][0]["profile"]["signature_schemes"] = names("rsa_pkcs1_sha256")
        newer["servers"][0]["profile"]["versions"] = names("TLS 1.3")
        newer["servers"][0]["certificates"] = []
        for pair, here, there in (((older, newer), "added", "removed"),
                                  ((newer, older), "removed", "added")):
            status, out, _ = self.diff(*pair, "-f", "json")
            (entry,) = json.loads(out)["servers"]
            self.assertEqual((status, entry[here], entry[there]),
                             (1, {"versions": ["TLS 1.3"]}, {"versions": ["TLS 1.2"]}))
        newer["servers"][0]["profile"]["versions"] = names("TLS 1.2", "TLS 1.3")
        _, out, _ = self.diff(older, newer, "-f", "json")
        (entry,) = json.loads(out)["servers"]
        self.assertEqual(list(entry["removed"]), ["signature_schemes", "certificates"])

    def test_json_where_nothing_changed(self):
        status, out, _ = self.diff(inventory(), inventory(), "-f", "json")
        record = json.loads(out)
        self.assertEqual((status, record["type"], record["changed"], record["servers"]),
                         (0, "inventory_diff", False, []))

    def test_one_of_them_from_a_pipe(self):
        path = self.file("old.json", inventory())
        text = json.dumps(inventory()).encode()
        self.assertEqual(self.run_it(path, "-", stdin=text)[0], 0)

    def test_2_for_wrong_usage(self):
        path = self.file("old.json", inventory())
        for arguments in ([], [path], [path, path, path], ["-f", "csv", path, path],
                          ["--none-such", path, path], ["-f"], ["--width", "x", path, path]):
            with self.subTest(arguments=arguments):
                status, out, err = self.run_it(*arguments)
                self.assertEqual((status, out, err.count("\n")), (2, "", 1), err)

    def test_3_for_what_cannot_be_read(self):
        good = self.file("good.json", inventory())
        missing = os.path.join(self.folder, "missing.json")
        cases = [(missing, "No such file"), (self.folder, "Is a directory"),
                 (self.file("1.json", "no json"), "1.json:1: not JSON"),
                 (self.file("2.json", "{}\n{\"type\":"), "2.json:2: not JSON: it ends too early"),
                 (self.file("3.json", {"type": "stats"}), "no inventory is in it"),
                 (self.file("4.json", {"type": "inventory", "schema": "hellotap/9"}),
                  "another schema")]
        for path, words in cases:
            for pair in ([path, good], [good, path]):
                with self.subTest(words=words, pair=pair):
                    status, out, err = self.run_it(*pair)
                    self.assertEqual((status, out, err.count("\n")), (3, "", 1), err)
                    self.assertIn(words, err)
                    self.assertIn(path, err)


if __name__ == "__main__":
    unittest.main()
