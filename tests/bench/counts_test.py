"""counts_test GENERATE SAMPLES: small captures of the benchmark; $HELLOTAP must find in them what
was written, and the same seed must give the same capture."""
import filecmp
import os
import subprocess
import sys
import tempfile

import counts

SCENARIOS = ("handshakes", "bulk", "mixed", "synflood", "concurrent")
SCALE = "0.001"


def generate(program, samples, scenario, path, seed):
    subprocess.run([program, "--scale", SCALE, "--seed", str(seed), samples, scenario, path],
                   check=True)


def check(program, samples, scenario, folder):
    path = os.path.join(folder, scenario)
    generate(program, samples, scenario, f"{path}.pcap", 1)
    generate(program, samples, scenario, f"{path}.again", 1)
    generate(program, samples, scenario, f"{path}.other", 2)
    wrong = []
    if not filecmp.cmp(f"{path}.pcap", f"{path}.again", shallow=False):
        wrong.append("the same seed gives another capture")
    if filecmp.cmp(f"{path}.pcap", f"{path}.other", shallow=False):
        wrong.append("another seed gives the same capture")
    subprocess.run([os.environ["HELLOTAP"], "-q", "-f", "json", "-o", f"{path}.jsonl",
                    f"{path}.pcap"], check=True)
    found = counts.count(f"{path}.jsonl")
    return wrong + counts.differences(found, counts.load(f"{path}.pcap.truth.json"))


def main(program, samples):
    failed = False
    for scenario in SCENARIOS:
        with tempfile.TemporaryDirectory() as folder:
            for line in check(program, samples, scenario, folder):
                print(f"{scenario}: {line}")
                failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
