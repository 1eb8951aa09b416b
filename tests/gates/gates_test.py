"""The gates refuse what they should: each is run on a small tree made bad on purpose."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
TABLE = """# Architecture
## Who may include whom
| folder | may include | third party |
|---|---|---|
| `base` | | |
| `event` | `base` | |
| `capture` | `base` | `pcap.h` in `live.c`, `zlib.h` |
| `dissectors/*` | `base` `event` | |
| `run` | `base` `event` `capture` `dissectors/*` | |

## Another section
| `event` | `run` | |
"""
GOOD = {
    "src/README.md": TABLE,
    "src/base/bytes.h": "#include <stdint.h>\n",
    "src/event/event.h": '#include "base/bytes.h"\n#include <sys/types.h>\n',
    "src/capture/live.c": '#include "base/bytes.h"\n#include <pcap.h>\n#include <zlib.h>\n',
    "dissectors/dns/dns.h": "",
    "dissectors/tls/tls.h": '#include "event/event.h"\n',
    "dissectors/tls/tls.c": '#include "tls.h"\n#include "tls/tls.h"\n',
    "src/run/engine.c": '#include "tls/tls.h"\n',
}


def function(lines):
    """A function of that many lines."""
    return "int f(int x)\n{\n" + "    x++;\n" * (lines - 4) + "    return x;\n}\n"


class Gates(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="hellotap-gates-")
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, files):
        for name, text in files.items():
            path = os.path.join(self.root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)

    def gate(self, name, *arguments):
        run = subprocess.run([sys.executable, os.path.join(HERE, name), *(arguments or [self.root])],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             check=False)
        return run.returncode, run.stdout

    def refuses(self, gate, files, *words):
        self.write(files)
        status, said = self.gate(gate)
        self.assertEqual(status, 1, said)
        for word in words:
            self.assertIn(word, said)

    def accepts(self, gate, files):
        self.write(files)
        status, said = self.gate(gate)
        self.assertEqual(status, 0, said)

    # layering

    def test_layering_accepts_what_the_table_allows(self):
        self.accepts("layering", GOOD)

    def test_layering_refuses_an_include_upwards(self):
        self.refuses("layering", {**GOOD, "src/base/bytes.c": '\n# include "event/event.h"\n'},
                     "src/base/bytes.c:2", "base may not include event")

    def test_layering_refuses_a_sibling_dissector(self):
        self.refuses("layering", {**GOOD, "dissectors/dns/dns.c": '#include "tls/tls.h"\n'},
                     "dissectors/dns may not include dissectors/tls")

    def test_layering_refuses_a_way_round_by_dots(self):
        self.refuses("layering", {**GOOD, "dissectors/dns/dns.c": '#include "../tls/tls.h"\n'},
                     "dissectors/dns may not include dissectors/tls")

    def test_layering_refuses_a_third_party_header_elsewhere(self):
        self.refuses("layering", {**GOOD, "src/capture/file.c": "#include <pcap.h>\n"}, "<pcap.h>")

    def test_layering_refuses_a_third_party_header_in_a_header(self):
        self.refuses("layering", {**GOOD, "src/capture/file.h": "#include <zlib.h>\n"}, "<zlib.h>")

    def test_layering_refuses_a_third_party_header_in_quotes(self):
        self.refuses("layering", {**GOOD, "src/base/a.c": '#include "openssl/evp.h"\n'}, "openssl")

    def test_layering_refuses_a_folder_without_a_row(self):
        self.refuses("layering", {**GOOD, "src/cli/main.c": ""}, "no row for cli")

    def test_layering_refuses_a_table_with_a_circle(self):
        table = TABLE.replace("| `base` | | |", "| `base` | `run` | |")
        self.refuses("layering", {**GOOD, "src/README.md": table}, "not above it")

    # sizes

    def test_sizes_accepts_60_lines(self):
        self.accepts("sizes", {"src/base/a.c": function(60)})

    def test_sizes_refuses_61_lines(self):
        self.refuses("sizes", {"src/base/a.c": function(61)}, "f has 61 lines")

    def test_sizes_refuses_a_file_of_601_lines(self):
        self.refuses("sizes", {"src/base/a.c": function(10) + "\n" * 591}, "601 lines")

    # banned

    def test_banned_refuses_a_call(self):
        self.refuses("banned", {"src/base/a.c": "/* a\n */ int f(char *s) { return atoi (s); }\n"},
                     "src/base/a.c:2", "atoi")

    def test_banned_accepts_a_mention(self):
        self.accepts("banned", {"src/base/a.c": '/* no atoi() */ const char *s = "gets(x)"; '
                                                "int targets(void);\n"})

    # globals

    def library(self, code):
        self.write({"a.c": code})
        compiler = os.environ.get("CC", "cc")
        inside = {"cwd": self.root, "check": True}
        subprocess.run([compiler, "-O2", "-fPIC", "-c", "a.c", "-o", "a.o"], **inside)
        subprocess.run(["ar", "rcs", "liba.a", "a.o"], **inside)
        return self.gate("globals", os.path.join(self.root, "liba.a"))

    def test_globals_accepts_constants(self):
        status, said = self.library("static const char *const a[] = {\"x\"};\n"
                                    "const char *const *f(void) { return a; }\n")
        self.assertEqual(status, 0, said)

    def test_globals_refuses_a_counter_in_a_function(self):
        status, said = self.library("int f(void) { static int hits; return ++hits; }\n")
        self.assertEqual(status, 1)
        self.assertIn("hits", said)

    def test_globals_refuses_an_initialised_variable(self):
        status, said = self.library("int level = 3;\n")
        self.assertEqual(status, 1)
        self.assertIn("level", said)

    # format

    def test_format_refuses_a_wrong_indent(self):
        status, _ = self.gate("format")
        if status == 77:
            self.skipTest("another clang-format")
        self.refuses("format", {".clang-format": "BasedOnStyle: LLVM\n",
                                "src/base/a.c": "int  f(void);\n"})


if __name__ == "__main__":
    unittest.main()
