"""cbom_test.py PRINTER: the bill of materials that hellotap --cbom writes of the samples, a kind at
a time, and the one that `PRINTER --print` writes of a summary with hostile names, are valid by the schema of
CycloneDX 1.7 (schema/README.md); every reference in them leads somewhere; and they are the same
when written again, by several workers. The program is $HELLOTAP."""
import copy
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

import jsonschema

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "..", ".."))
HELLOTAP = os.environ["HELLOTAP"]
OTHERS = ("spdx", "jsf-0.82", "cryptography-defs")


def within(node, place):
    """The schema with references to itself turned into ones to where it lies, and those to another
    file to where that lies."""
    if isinstance(node, list):
        return [within(each, place) for each in node]
    if not isinstance(node, dict):
        return node
    out = {key: within(value, place) for key, value in node.items()}
    if isinstance(node.get("$ref"), str):
        file, _, path = node["$ref"].partition("#")
        out["$ref"] = (f"#/definitions/{file}" if file else place) + path
    return out


def load(name):
    with open(os.path.join(HERE, "schema", f"{name}.SNAPSHOT.schema.json"), encoding="utf-8") as f:
        return json.load(f)


def validator():
    """One schema without references to other files, which no two versions of Python's jsonschema
    resolve in the same way."""
    schema = within(load("bom-1.7"), "#")
    for name in OTHERS:
        file = f"{name}.SNAPSHOT.schema.json"
        other = within(load(name), f"#/definitions/{file}")
        other.pop("$id", None)
        schema["definitions"][file] = other
    return jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())


def faults(checker, bom):
    for error in checker.iter_errors(bom):
        best = jsonschema.exceptions.best_match([error])
        yield "/".join(map(str, best.absolute_path)) + ": " + best.message[:300]


def references(node, key=None):
    """Yields what refers to something else in the bill."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from references(value, name)
    elif isinstance(node, list):
        for each in node:
            yield from references(each, key)
    elif key in ("ref", "dependsOn", "algorithms"):
        yield node


def dangling(bom):
    refs = [each["bom-ref"] for each in bom["components"] + bom["services"]]
    for ref in sorted({r for r in refs if refs.count(r) > 1}):
        yield f"bom-ref {ref} is there twice"
    for ref in sorted(set(references(bom)) - set(refs)):
        yield f"nothing has the bom-ref {ref}"


def check_the_check(checker, bom):
    """What is wrong is found: else all the rest says nothing."""
    wrong = [("bomFormat", "another"), ("components", [{"type": "cryptographic-asset"}]),
             ("serialNumber", "7"), ("unheard-of", 1)]
    asset = next(i for i, c in enumerate(bom["components"]) if "cryptoProperties" in c)
    for key, value in wrong:
        assert list(faults(checker, {**bom, key: value})), f"a wrong {key} is taken"
    for key, value in (("algorithmFamily", "none such"), ("ellipticCurve", "none such")):
        other = copy.deepcopy(bom)
        properties = {"assetType": "algorithm", "algorithmProperties": {key: value}}
        other["components"][asset]["cryptoProperties"] = properties
        assert list(faults(checker, other)), f"a wrong {key} is taken"
    other = copy.deepcopy(bom)
    other["dependencies"].append({"ref": "none such"})
    assert list(dangling(other)), "a reference to nothing is taken"


def written(folder, samples, workers):
    path = os.path.join(folder, "bom.json")
    done = subprocess.run([HELLOTAP, "--workers", workers, "-f", "json", "-o", os.devnull, "--cbom",
                           path, *samples], stderr=subprocess.PIPE, timeout=60, check=False)
    if done.returncode not in (0, 3):
        return None, f"exit status {done.returncode}: {done.stderr.decode()}"
    with open(path, encoding="utf-8") as f:
        return f.read(), None


def check(checker, name, text):
    bom = json.loads(text)
    found = list(faults(checker, bom)) + list(dangling(bom))
    for fault in found[:20]:
        print(f"{name}: {fault}")
    return len(found), bom


def kinds():
    """The samples by the first word of their names: {"tls13": [path, …], …}."""
    out = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "samples", "*"))):
        if path.endswith((".pcap", ".pcapng", ".snoop")):
            out.setdefault(re.match(r"\w+", os.path.basename(path)).group(0), []).append(path)
    return out


def main(printer):
    checker, wrong, assets = validator(), 0, 0
    printed = subprocess.run([printer, "--print"], stdout=subprocess.PIPE, check=True, timeout=60)
    more, bom = check(checker, "the summary made by hand", printed.stdout.decode())
    wrong += more
    check_the_check(checker, bom)
    with tempfile.TemporaryDirectory(prefix="hellotap-cbom-") as folder:
        for kind, samples in kinds().items():
            text, error = written(folder, samples, "1")
            again, _ = written(folder, samples, "3")
            if error is not None or text != again:
                print(f"{kind}: " + (error or "three workers write something else"))
                wrong += 1
                continue
            more, bom = check(checker, kind, text)
            wrong += more
            assets += len(bom["components"])
    print(f"{assets} components, {wrong} wrong")
    return 1 if wrong or not assets else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
