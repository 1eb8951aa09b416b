# shellcheck shell=bash
# Capturing, saving in a format, and checking what was saved.

# capture [NAMESPACE [TCPDUMP OPTIONS]]: starts at the client's interface. TCP, UDP and ICMP only: the
# samples are about connections, not about the neighbour discovery of a machine that has just come up.
capture() {
    local ns=${1:-$client_ns}
    [ $# -eq 0 ] || shift
    [ $# -gt 0 ] || set -- -i eth0 tcp or udp or icmp
    rm -f "$work/raw.pcap" "$work/tcpdump.log" "$keylog"
    ip netns exec "$ns" tcpdump -Z root -U -n --immediate-mode --time-stamp-precision=nano \
        -w "$work/raw.pcap" "$@" 2>"$work/tcpdump.log" &
    capture_pid=$!
    wait_until tcpdump grep -qs 'listening on' "$work/tcpdump.log"
}

# Interrupts tcpdump once the last packets have come.
stop_capture() {
    sleep 0.4
    kill -INT "$capture_pid"
    wait "$capture_pid" || true
    capture_pid=
}

# save NAME.pcap|NAME.nano.pcap|NAME.pcapng with .gz, .zst or .lz4 or without: ends the capture, writes the
# sample in the format that its name says and its key log beside it.
save() {
    local name=$1 plain format
    [ -z "$capture_pid" ] || stop_capture
    plain=$work/$(basename "$name" | sed -E 's/\.(gz|zst|lz4)$//')
    case $plain in
    *.nano.pcap) format=nsecpcap ;;
    *.pcap) format=pcap ;;
    *.pcapng) format=pcapng ;;
    esac
    editcap -F $format "$work/raw.pcap" "$plain"
    case $name in
    *.gz) gzip -9nc "$plain" >"$samples_dir/$name" ;;
    *.zst) zstd -q19fc "$plain" >"$samples_dir/$name" ;;
    *.lz4) lz4 -q9c "$plain" >"$samples_dir/$name" ;;
    *) cp "$plain" "$samples_dir/$name" ;;
    esac
    last_capture=$plain
    save_keylog "${name%%.*}"
    echo "$name: $(stat -c %s "$samples_dir/$name") bytes"
}

# store FILE NAME: the file as it is becomes the sample; its key log comes along.
store() {
    cp "$1" "$samples_dir/$2"
    last_capture=$work/$1
    save_keylog "${2%%.*}"
    echo "$2: $(stat -c %s "$samples_dir/$2") bytes"
}

# The key log, where there was a secret, without the file's other lines: some programs write comments into it.
save_keylog() {
    rm -f "$samples_dir/$1.keylog"
    [ -s "$keylog" ] || return 0
    grep -E '^[A-Z0-9_]+ [0-9a-f]+ [0-9a-f]+$' "$keylog" | sort -u >secrets || return 0
    cp secrets "$samples_dir/$1.keylog"
}

# expect COUNT DISPLAY_FILTER: the sample just saved has that many frames of the kind, by tshark, without the
# key log; COUNT may be N+ for N or more.
expect() {
    local wanted=$1 filter=$2 seen
    seen=$(tshark -n -r "$last_capture" -Y "$filter" 2>/dev/null | wc -l)
    case $wanted in
    *+) [ "$seen" -ge "${wanted%+}" ] || fail "$last_capture: $seen frames of '$filter', not $wanted" ;;
    *) [ "$seen" -eq "$wanted" ] || fail "$last_capture: $seen frames of '$filter', not $wanted" ;;
    esac
}
