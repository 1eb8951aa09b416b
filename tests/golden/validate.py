"""validate.py STRICT: the JSON Schema (hellotap --schema) says what was promised and what hellotap
writes. Three things are checked: the schema accepts the records in contract.jsonl, whose names and
types were fixed before the program was written, knows every name in them, and refuses them once a
type is wrong; every JSON line of the golden files is valid by STRICT, the same schema where names
that it does not know are refused; and so is every line written for the samples, with --events too.
The program is $HELLOTAP."""
import copy
import glob
import json
import os
import subprocess
import sys

import jsonschema

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "..", ".."))
CAPTURES = (".pcap", ".pcapng", ".gz", ".zst", ".lz4", ".snoop")


def public_schema():
    done = subprocess.run([os.environ["HELLOTAP"], "--schema"], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


class Checker:
    def __init__(self, schema):
        jsonschema.Draft202012Validator.check_schema(schema)
        self.validator = jsonschema.Draft202012Validator(schema)
        self.lines, self.wrong = 0, 0

    def fail(self, text):
        self.wrong += 1
        if self.wrong <= 20:
            print(text)

    def line(self, where, text):
        self.lines += 1
        try:
            record = json.loads(text)
        except ValueError as error:
            self.fail(f"{where}: no JSON: {error}: {text[:200]}")
            return
        for error in self.validator.iter_errors(record):
            best = jsonschema.exceptions.best_match([error])
            path = "/".join(map(str, best.absolute_path))
            self.fail(f"{where}: {record.get('type')}: {path}: {best.message[:300]}")

    def text(self, where, text):
        for number, line in enumerate(text.splitlines(), 1):
            if line.startswith("--- stderr"):
                break
            self.line(f"{where}:{number}", line)

    def total(self, name):
        print(f"{name}: {self.lines} lines, {self.wrong} wrong")
        return self.wrong


def alternatives(schema, node):
    """The subschemas that may apply where `node` does: itself, and what it refers to."""
    if not isinstance(node, dict):
        return
    yield node
    if "$ref" in node:
        target = schema
        for part in node["$ref"].lstrip("#/").split("/"):
            target = target[part]
        yield from alternatives(schema, target)
    for key in ("anyOf", "oneOf", "allOf"):
        for part in node.get(key, []):
            yield from alternatives(schema, part)
    for key in ("if", "then", "else"):
        yield from alternatives(schema, node.get(key))


def unknown_names(schema, nodes, value, path=""):
    """Yields the paths in `value` that none of the schema's nodes describes."""
    nodes = [a for n in nodes for a in alternatives(schema, n)]
    if isinstance(value, dict):
        for key, inner in value.items():
            below = [n["properties"][key] for n in nodes if key in n.get("properties", {})]
            if not below:
                yield f"{path}/{key}"
            else:
                yield from unknown_names(schema, below, inner, f"{path}/{key}")
    elif isinstance(value, list):
        items = [n["items"] for n in nodes if isinstance(n.get("items"), dict)]
        for inner in value[:1]:
            yield from unknown_names(schema, items, inner, f"{path}[]")


def leaves(value, path=()):
    """The paths to everything that is neither object nor array."""
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, path + (key,))
    else:
        yield path


def with_wrong_type(record, path):
    """A copy in which there is an object instead of the value."""
    wrong = copy.deepcopy(record)
    inner = wrong
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = {"no": "value of ours"}
    return wrong


def check_contract(schema):
    checker = Checker(schema)
    with open(os.path.join(HERE, "contract.jsonl"), encoding="utf-8") as f:
        text = f.read()
    checker.text("contract.jsonl", text)
    for record in map(json.loads, text.splitlines()):
        for path in unknown_names(schema, [schema], record):
            checker.fail(f"contract: {record['type']}: the schema does not know {path}")
        for path in leaves(record):
            if checker.validator.is_valid(with_wrong_type(record, path)):
                checker.fail(f"contract: {record['type']}: any type passes for "
                             + "/".join(map(str, path)))
    return checker.total("contract")


def check_samples(checker):
    program = os.environ["HELLOTAP"]
    samples = sorted(p for p in glob.glob(os.path.join(ROOT, "samples", "*"))
                     if p.endswith(CAPTURES))
    for sample in samples:
        for options in (["-f", "json"], ["-f", "json", "--events"]):
            done = subprocess.run([program, *options, sample], stdout=subprocess.PIPE,
                                  timeout=60, check=False)
            name = os.path.relpath(sample, ROOT)
            if done.returncode not in (0, 3):
                checker.fail(f"{name}: exit status {done.returncode}")
            checker.text(name, done.stdout.decode("utf-8"))
    if not samples:
        checker.fail("there are no samples")


def check_goldens(checker):
    for path in sorted(glob.glob(os.path.join(HERE, "*.out"))):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if text.startswith("{"):
            checker.text(os.path.basename(path), text)


def main(strict):
    wrong = check_contract(public_schema())
    with open(strict, encoding="utf-8") as f:
        checker = Checker(json.load(f))
    check_goldens(checker)
    check_samples(checker)
    return 1 if wrong + checker.total("goldens and samples") else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
