#!/usr/bin/env python3
"""keylog_test.py HELLOTAP [tshark|write]: every sample with a key log, read with it.

What is decrypted (handshake messages of each side in order, alerts, ALPN, certificates by digest) must
be what EXPECTED says, which tshark wrote ("write" does that again); with "tshark" what the installed
tshark says now. All Finished that were seen must be verified, but for those in UNVERIFIED. What is told
must not depend on the number of workers."""
import collections
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", ".."))
EXPECTED = os.path.join(ROOT, "tests", "keylog", "EXPECTED")

# Nothing of these can be checked: one direction alone, records cut short, messages lost; messages of a
# second handshake behind which there is a MAC.
UNVERIFIED = {"capture-one-sided": 1, "capture-short-frames": 1, "weak-null-renegotiation": 2,
              "weak-null-renegotiation-signed": 2, "dtls12-capture-holes": 2,
              "capture-finished-lost": 1}

# What tshark does not read, and hellotap does.
NOT_TSHARK = set(UNVERIFIED) | {"starttls-rdp", "quic-compatible-versions", "quic-v2", "ech-accepted",
                                "dtls12-psk", "dtls12-renegotiation", "dtls13-client-certificate",
                                "dtls13-hello-retry", "dtls13-retransmissions"}

TYPES = {"hello_request": 0, "client_hello": 1, "server_hello": 2, "hello_retry_request": 2,
         "hello_verify_request": 3, "new_session_ticket": 4, "end_of_early_data": 5,
         "encrypted_extensions": 8, "certificate": 11, "server_key_exchange": 12, "certificate_request": 13,
         "server_hello_done": 14, "certificate_verify": 15, "client_key_exchange": 16,
         "finished": 20, "certificate_status": 22, "key_update": 24}


def samples():
    """Captures with a key log beside them: name, capture, key log."""
    folder = os.path.join(ROOT, "samples")
    files = sorted(os.listdir(folder))
    for file in files:
        name, dot, ending = file.partition(".")
        if ending.split(".")[0] in ("pcap", "pcapng", "nano") and name + ".keylog" in files:
            yield name, os.path.join(folder, file), os.path.join(folder, name + ".keylog")


def line_of(said, alerts, alpn, certificates):
    """What is compared of a connection."""
    return "> %s < %s alerts %s alpn %s certificates %s" % (
        ",".join(map(str, said["client"])) or "-", ",".join(map(str, said["server"])) or "-",
        ",".join(alerts) or "-", alpn or "-", ",".join(certificates) or "-")


def of_connection(c):
    """The line of a connection record."""
    said, alerts = {"client": [], "server": []}, []
    tls = c["tls"]
    tls13 = tls.get("version", {}).get("name") == "TLS 1.3"
    for entry in c["timeline"]:
        name = entry["event"].partition("tls.")[2]
        if "absent" in entry or entry.get("encrypted") or entry.get("partial"):
            continue
        if name in TYPES and not (tls13 and name == "certificate_status"):
            said[entry["from"]].append(TYPES[name])
        elif name == "other_handshake":
            said[entry["from"]].append(int(entry["other_handshake"]["message"]["id"], 0))
    if c["protocol"] == "dtls":  # messages may have come in any order
        said = {side: sorted(types) for side, types in said.items()}
    for alert in tls.get("alerts", []):
        if not alert.get("encrypted") and not alert.get("inferred"):
            alerts.append(alert["from"][0] + ":" + alert["description"])
    chains = tls.get("certificates", {})
    digests = [d[:16] for side in ("server", "client") for d in chains.get(side, [])]
    digests += [hashlib.sha256(bytes.fromhex(chains[key])).hexdigest()[:16]
                for key in ("server_raw_key", "client_raw_key") if key in chains]
    return line_of(said, sorted(alerts), tls.get("alpn"), sorted(set(digests)))


def run(hellotap, capture, key_log, workers, *options):
    """The connections of TLS, over TCP, DTLS or QUIC, by the client's port."""
    command = [hellotap, "-f", "json", "--quiet", "--no-ndpi", "--workers", str(workers), "--keylog",
               key_log, *options, capture]
    out = subprocess.run(command, capture_output=True, text=True, check=False)
    records = [json.loads(line) for line in out.stdout.splitlines()]
    return {c["client"]["port"]: c for c in records
            if c["type"] == "connection" and "tls" in c and c["protocol"] in ("tls", "dtls", "quic")}


def told(connections):
    """Lines by port."""
    return {port: of_connection(c) for port, c in connections.items()}


def finished(name, connections):
    """What is wrong with the Finished of these connections."""
    unverified = 0
    for port, c in connections.items():
        for entry in c["timeline"]:
            if entry["event"] == "tls.finished" and "absent" not in entry:
                if entry.get("verified") is False:
                    yield "%s port %d: the %s's Finished is refuted" % (name, port, entry["from"])
                unverified += "verified" not in entry
    if unverified != UNVERIFIED.get(name, 0):
        yield "%s: %d Finished are not verified" % (name, unverified)


def tshark_rows(capture, key_log, protocol):
    """What tshark says of each frame of TLS or DTLS, field by field."""
    fields = ["tcp.srcport", "udp.srcport", "tcp.dstport", "udp.dstport"] + [
        "%s.%s" % (protocol, field) for field in (
            "handshake.type", "alert_message.desc", "handshake.extensions_alpn_str",
            "handshake.certificate")]
    fields += ["dtls.handshake.message_seq"] if protocol == "dtls" else []
    command = ["tshark", "-r", capture, "-o", "tls.keylog_file:" + key_log, "-o",
               "tcp.reassemble_out_of_order:TRUE", "-o",
               "esp.enable_null_encryption_decode_heuristic:TRUE", "-2", "-Y", protocol, "-T", "fields", "-E",
               "separator=;", "-d", "tcp.port==53,tls", "-d", "tcp.port==8444,tls"]
    for field in fields:
        command += ["-e", field]
    out = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    for row in out.splitlines():
        yield (row.split(";") + [""] * len(fields))[:9]


def new_messages(types, numbers, seen):
    """Of the messages of a datagram those that were not there before, in fragments or whole."""
    new = [(n, t) for n, t in zip(numbers.split(","), types) if (n, t) not in seen]
    seen.update(new)
    return sorted({t for n, t in new})


def tshark_lines(capture, key_log):
    """What tshark says, in the same form, by the client's port."""
    protocol = "dtls" if os.path.basename(capture).startswith("dtls") else "tls"
    names = descriptions()
    lines = collections.defaultdict(lambda: [{"client": [], "server": []}, [], "", set()])
    servers, seen = {}, collections.defaultdict(set)
    for *ports, types, alerts, alpn, chain, numbers in tshark_rows(capture, key_log, protocol):
        source, destination = [int((tcp or udp).split(",")[-1])
                               for tcp, udp in (ports[:2], ports[2:])]
        types = [int(t) for t in types.split(",") if t]
        if 1 in types and (destination, source) not in servers:
            servers[(source, destination)] = True
        client = (source, destination) in servers
        port, side = (source, "client") if client else (destination, "server")
        of_port = lines[port]
        if protocol == "dtls":
            types = new_messages(types, numbers, seen[port, side])
        # Tickets come in 1-RTT packets of QUIC, which hellotap does not open.
        of_port[0][side] += [t for t in types if t != 4 or ports[0] or protocol == "dtls"]
        of_port[1] += [side[0] + ":" + names[int(a)] for a in alerts.split(",") if a]
        of_port[2] = alpn if side == "server" and alpn else of_port[2]
        of_port[3] |= {hashlib.sha256(bytes.fromhex(der)).hexdigest()[:16]
                       for der in chain.split(",") if der}
    if protocol == "dtls":
        for said, *_ in lines.values():
            said["client"].sort()
            said["server"].sort()
    return {port: line_of(said, sorted(alerts), alpn, sorted(digests))
            for port, (said, alerts, alpn, digests) in lines.items() if said["client"]}


def descriptions():
    """Names of alerts, by number."""
    path = os.path.join(ROOT, "dissectors", "tls", "registry", "alerts.csv")
    with open(path, encoding="utf-8") as f:
        rows = [line.split(",") for line in f.read().splitlines() if line[:1].isdigit()]
    return {int(row[0], 0): row[1] for row in rows}


def expected():
    """EXPECTED: {name: {port: line}}."""
    out = collections.defaultdict(dict)
    with open(EXPECTED, encoding="utf-8") as f:
        for line in f:
            if not line.startswith("#"):
                name, port, rest = line.rstrip("\n").split(" ", 2)
                out[name][int(port)] = rest
    return out


def write():
    """Writes EXPECTED by tshark."""
    with open(EXPECTED, "w", encoding="utf-8") as f:
        f.write("# By tshark: sample, client's port, handshake messages of the client (>) and the\n"
                "# server (<) by type, alerts, ALPN, SHA-256 of certificates (their beginnings).\n")
        for name, capture, key_log in samples():
            if name not in NOT_TSHARK:
                for port, line in sorted(tshark_lines(capture, key_log).items()):
                    f.write("%s %d %s\n" % (name, port, line))
    return 0


def of_capture(hellotap):
    """Keys that are in the capture itself reach every worker."""
    capture = os.path.join(ROOT, "samples", "format-secrets.pcapng")
    for workers in (1, 4):
        out = subprocess.run([hellotap, "-f", "json", "--quiet", "--no-ndpi", "--workers",
                              str(workers), capture], capture_output=True, text=True, check=False)
        keys = [json.loads(line)["tls"].get("keys", {}) for line in out.stdout.splitlines()
                if '"type":"connection"' in line]
        if [(k.get("source"), k.get("finished")) for k in keys] != [("capture", "verified")]:
            yield "format-secrets, %d workers: %s" % (workers, keys)


# Of handshakes that begin with more than two hellos, or that come twice.
CUT = ("dtls12-ticket", "dtls13-hello-retry", "tls12-renegotiation", "tls13-mlkem-hello-retry")


def frames_of(capture):
    """The header of a pcap file, and its frames with theirs."""
    with open(capture, "rb") as f:
        header, rest = f.read(24), f.read()
    frames = []
    while rest:
        size = 16 + int.from_bytes(rest[8:12], "little")
        frames, rest = frames + [rest[:size]], rest[size:]
    return header, frames


def of_cut_captures(hellotap):
    """Where a capture misses its first frames, or any one, no signature or Finished is refuted."""
    for name in CUT:
        capture = os.path.join(ROOT, "samples", name + ".pcap")
        header, frames = frames_of(capture)
        for i in range(min(len(frames), 20)):
            for what, left in (("from", frames[i + 1:]), ("without", frames[:i] + frames[i + 1:])):
                with tempfile.NamedTemporaryFile(suffix=".pcap") as cut:
                    cut.write(header + b"".join(left))
                    cut.flush()
                    connections = run(hellotap, cut.name, capture[:-4] + "keylog", 1, "--verify")
                for c in connections.values():
                    if [e for e in c["timeline"] if e.get("verified") is False]:
                        yield "%s %s frame %d: something is refuted" % (name, what, i + 1)


def main(hellotap, mode="expected"):
    """0 where all is as it should be."""
    if mode == "write":
        return write()
    if mode == "tshark" and shutil.which("tshark") is None:
        return 77  # not judged
    faults, known = list(of_capture(hellotap)), expected()
    faults += list(of_cut_captures(hellotap)) if mode == "expected" else []
    for name, capture, key_log in samples():
        connections = run(hellotap, capture, key_log, 1)
        lines = told(connections)
        faults += finished(name, connections)
        if lines != told(run(hellotap, capture, key_log, 3)):
            faults.append(name + ": three workers tell it otherwise")
        if name in NOT_TSHARK:
            continue
        wanted = tshark_lines(capture, key_log) if mode == "tshark" else known[name]
        for port in sorted(set(lines) | set(wanted)):
            if lines.get(port) != wanted.get(port):
                faults.append("%s port %d:\n  expected %s\n  got      %s" % (
                    name, port, wanted.get(port), lines.get(port)))
    print("\n".join(faults) or "as expected")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
