#!/usr/bin/env python3
"""policies_test [FILE…]: policies name only rules that exist, and those that come with the program
name every rule that it has. HELLOTAP is the program."""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What the lists and numbers of a policy forbid fails without being named.
UNNAMED = "policy-"


def existing_rules():
    listing = subprocess.run([os.environ["HELLOTAP"], "--rules"], check=True, text=True,
                             stdout=subprocess.PIPE)
    return {line.split()[0] for line in listing.stdout.splitlines() if line}


def main(paths):
    rules = existing_rules()
    wrong = 0
    for path in paths:
        named = set(json.loads(path.read_text())["rules"])
        for rule in sorted(named - rules):
            wrong += 1
            print(f"{path.name}: no such rule: {rule}")
        for rule in sorted(rules - named):
            if not rule.startswith(UNNAMED):
                wrong += 1
                print(f"{path.name}: does not name {rule}")
    print(f"policies: {len(paths)} files, {len(rules)} rules, {wrong} differences")
    return 1 if wrong or not rules or not paths else 0


if __name__ == "__main__":
    sys.exit(main([pathlib.Path(name) for name in sys.argv[1:]]
                  or sorted(ROOT.glob("src/policy/policies/*.json"))))
