"""counts RECORDS TRUTH: what the records hold, against what the generator wrote. Fails where they
differ."""
import json
import sys

# What must agree, by the names that the truth file uses.
EXACT = ("frames", "client_hellos", "server_hellos", "chains", "certificates",
         "distinct_certificates", "dns_messages", "dns_transactions", "connections")


def count_tls(counts, record):
    """A hello or a chain of which a part was lost is none: its event is marked partial."""
    partial = {entry["event"] for entry in record.get("timeline", []) if entry.get("partial")}
    tls = record.get("tls", {})
    for name in ("client_hello", "server_hello"):
        counts[f"{name}s"] += name in tls and f"tls.{name}" not in partial
    chain = tls.get("certificates", {}).get("server", [])
    if chain and "tls.certificate" not in partial:
        counts["chains"] += 1
        counts["certificates"] += len(chain)


def count_record(counts, record):
    kind = record["type"]
    if kind == "connection":
        counts["connections"] += 1
        counts["ended"] += record.get("tcp", {}).get("state") in ("closed", "reset")
        count_tls(counts, record)
    elif kind == "certificate":
        counts["distinct_certificates"] += 1
    elif kind == "dns":
        counts["dns_transactions"] += 1
        counts["dns_messages"] += ("query_frame" in record) + ("answer_frame" in record)
    elif kind == "stats":
        counts["frames"] += record["frames"]


def count(path):
    counts = dict.fromkeys(EXACT + ("ended",), 0)
    with open(path, "rb") as records:
        for line in records:
            count_record(counts, json.loads(line))
    return counts


def differences(counts, truth):
    """Lines that say what differs. A flood's SYNs may have records of their own or not; all who
    spoke before it must have theirs, to the end."""
    found = {name: (counts[name], truth[name]) for name in EXACT}
    if truth["flood"] > 0:
        found["connections"] = (counts["ended"], truth["connections"])
    return [f"{name}: {have}, not {want}" for name, (have, want) in found.items() if have != want]


def load(truth):
    with open(truth, encoding="utf-8") as file:
        return json.load(file)


def main(records, truth):
    wrong = differences(count(records), load(truth))
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
