"""What hellotap tells of a capture, in a form in which two runs can be compared."""
import collections
import ipaddress
import json
import subprocess

# Connections have an id by their place in the capture; its quality is what changes; the label is a
# library's guess.
NEVER_COMPARED = {"source", "capture", "app", "id", "connection"}

# What each word takes out of the comparison.
DROPPED = {
    "encapsulation": {"encapsulation"},
    "copies": {"repeat_frames", "end", "duration_ns", "packets", "bytes"},  # bare RSTs are no copies
    "segments": {"packets", "bytes", "payload_bytes"},
    "fragments": {"bytes"},
    "addresses": {"community_id", "bytes", "dns", "server_name", "verdict"},
    "ports": {"community_id", "roles_from"},
    "frames": {"frame", "frames"},
    "acks": {"packets", "bytes", "ack_frame", "end", "duration_ns", "rtt_client_ns", "rtt_ns"},
    "opening": {"packets", "bytes", "tcp", "roles_from"},
    "close": {"closed_by"},  # where both sides close at once
    "clock": {"dns", "verdict", "timing", "findings", "roles_from"},
}
NO_TIMES = {"times", "years", "opening"}
NO_ORDER = {"order", "times", "segments"}

MAPPED = ipaddress.ip_network("2001:db8::/96")  # where transformations.py puts IPv4


class Failed(Exception):
    """hellotap did not end as it should."""


def run(program, path, *options, stdin=None):
    """The records of connections, DNS and certificates."""
    done = subprocess.run([program, "-q", "-f", "json", "--no-ndpi", *options, path], stdin=stdin,
                          capture_output=True, timeout=300, check=False)
    if done.returncode not in (0, 3) or b"Sanitizer" in done.stderr:
        raise Failed(f"exit status {done.returncode}: {done.stderr.decode()[:2000]}")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    return [r for r in records if r["type"] in ("connection", "dns", "certificate")]


def is_time(name):
    return name in ("start", "end", "first_seen") or name.endswith("_ns")


def is_frame(name):
    return name in ("frame", "frames") or name.endswith(("_frame", "_frames"))


def original(member, origins):
    """Frames by the numbers that they had before."""
    if isinstance(member, list):
        return sorted({original(number, origins) for number in member})
    return origins[member - 1] if origins else member


def address(text, ports):
    """As it was, of what may have been mapped; of a party, its port too."""
    ip = ipaddress.ip_address(text["ip"])
    ip = ipaddress.ip_address(ip.packed[12:]) if ip in MAPPED else ip
    return dict(text, ip=str(ip), port=ports.get(text.get("port"), text.get("port")))


def normal(value, ignored, drop, origins):
    """Without what is not compared."""
    if isinstance(value, list):
        return [normal(v, ignored, drop, origins) for v in value]
    if not isinstance(value, dict):
        return value
    out = {}
    for name, member in value.items():
        hidden = (is_time(name) and ignored & NO_TIMES) or (is_frame(name) and "frames" in ignored)
        if name in drop or hidden:
            continue
        if is_frame(name):
            member = original(member, origins)
        out[name] = normal(member, ignored, drop, origins)
    return out


def timeline(entries, ignored):
    if ignored & {"opening", "acks"}:
        entries = [e for e in entries if not e["event"].startswith("tcp.")]
    if ignored & {"addresses", "clock"}:
        entries = [e for e in entries if not e["event"].startswith("dns.")]
    if ignored & NO_ORDER:
        entries = sorted(entries, key=lambda e: json.dumps(e, sort_keys=True))
    return entries


def hellos(record, wanted):
    """Of a connection of which one side is seen, what that side's hellos say."""
    tls = record.get("tls", {})
    ends = {side: {n: record[side][n] for n in ("ip", "port")} for side in ("client", "server")}
    return {"type": record["type"]} | ends | {name: tls[name] for name in wanted if name in tls}


def story(records, ignored, origins=None, ports=None):
    """The records as they are compared; `origins`: what each frame was made of; `ports`: their
    numbers before."""
    drop = NEVER_COMPARED.union(*(DROPPED.get(word, ()) for word in ignored))
    out = []
    if "clock" in ignored:  # of datagrams nothing but time tells what came first
        records = [r for r in records if r["type"] != "dns" and r.get("transport") != "udp"]
    for record in records:
        told = normal(record, ignored, drop, origins)
        for side in ("client", "server"):
            if "ip" in told.get(side, {}):
                told[side] = address(told[side], ports or {})
        if "timeline" in told:
            told["timeline"] = timeline(told["timeline"], ignored)
        if "order" in ignored and "alerts" in told.get("tls", {}):
            told["tls"]["alerts"].sort(key=lambda alert: alert["from"])
        out.append(told)
    return out


def party(record):
    ends = [(record[s]["ip"], record[s].get("port")) for s in ("client", "server")]
    return tuple(ends) if record["type"] == "dns" else tuple(sorted(ends))


def key(record):
    if record["type"] == "certificate":
        return "certificate", record["sha256"]
    if record["type"] == "dns":
        return "dns", party(record), record.get("id"), json.dumps(record.get("question"))
    return "connection", party(record)


def differences(before, after):
    """(where, of what, what it was, what it is) for all that differs."""
    groups = collections.defaultdict(lambda: ([], []))
    for side, records in enumerate((before, after)):
        for record in records:
            groups[key(record)][side].append(record)
    for name, (old, new) in groups.items():
        for a, b in zip(old, new):
            yield from ((name[0] + path, name, x, y) for path, x, y in compare(a, b, ""))
        for record in old[len(new):]:
            yield name[0] + ": gone", name, record, None
        for record in new[len(old):]:
            yield name[0] + ": new", name, None, record


def compare(a, b, path):
    """The smallest members that differ; of lists only what is in one of them."""
    if isinstance(a, dict) and isinstance(b, dict):
        for name in sorted(a.keys() | b.keys()):
            yield from compare(a.get(name), b.get(name), f"{path}.{name}")
    elif a != b and isinstance(a, list) and isinstance(b, list):
        only_a, only_b = [x for x in a if x not in b], [x for x in b if x not in a]
        yield (path, only_a, only_b) if only_a or only_b else (f"{path}: order", a, b)
    elif a != b:
        yield path, a, b
