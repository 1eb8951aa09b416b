#!/bin/bash
# How TCP connections begin, end and fail to, and what captures lack.
# Packages: those of lib.sh, curl lz4 nftables nginx-light
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec

# story FILE STORY: both sides of tcp_story.py; what happens at once happens in a second. The link is
# slow, so that what is sent meanwhile crosses.
story() {
    local moment server
    network --delay-ms 40
    capture
    moment=$(python3 -c 'import time; print(time.time() + 1)')
    in_server python3 "$lib_dir/tcp_story.py" server "$2" "$moment" &
    server=$!
    [ "$2" = simultaneous_open ] || wait_until "the server" listens 7000
    in_client python3 "$lib_dir/tcp_story.py" client "$2" "$moment"
    wait $server
    save "$1"
}

story tcp-half-close.pcap half_close
expect 2 "tcp.flags.fin == 1"
story tcp-simultaneous-close.pcap simultaneous_close
expect 2 "tcp.flags.fin == 1"
story tcp-simultaneous-open.pcap simultaneous_open
expect 2 "tcp.flags.syn == 1 and tcp.seq_raw and not tcp.flags.ack == 1"
story tcp-server-reset.pcap server_resets
expect 1 "tcp.flags.reset == 1 and ip.src == $server_ip"

# Nobody listens.
network
capture
in_client curl -s http://$server_ip:81/ || true
save tcp-refused.pcap
expect 1 "tcp.flags.reset == 1"

# Nobody is there.
network
ip -n $client_ns neigh replace 10.9.0.99 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
capture
in_client curl -s --connect-timeout 4 https://10.9.0.99/ || true
save tcp-unanswered.pcap
expect 3+ "tcp.flags.syn == 1"

# A filter on the way says no.
network
in_server nft -f - <<'END'
table inet filter {
    chain input {
        type filter hook input priority filter;
        tcp dport 443 reject with icmpx admin-prohibited
    }
}
END
capture
in_client curl -s --connect-timeout 2 https://$server_ip/ || true
save tcp-prohibited.pcap
expect 1+ "icmp.type == 3"

# conversation FILE [OPTIONS OF link.py]: TLS 1.3 with OpenSSL over a link that does what the options say.
conversation() {
    local file=$1
    shift
    network "$@"
    capture
    # shellcheck disable=SC2046 # the options are words
    tls_server $(identity web) -tls1_3
    tls_get -tls1_3
    save "$file"
    expect 1+ "tls.handshake.type == 2"
}

conversation tcp-syn-lost.pcap --lose c1
expect 2 "tcp.flags.syn == 1 and tcp.flags.ack == 0"
conversation tcp-segments-lost.pcap --lose c3 --lose s3 --lose s7
expect 1+ "tcp.analysis.retransmission"
conversation tcp-segments-reordered.pcap --hold s3 --hold s6
expect 1+ "tcp.analysis.out_of_order or tcp.analysis.lost_segment"
conversation tcp-segments-repeated.pcap --repeat s3 --repeat s6
expect 2+ "tcp.analysis.retransmission or tcp.analysis.duplicate_ack"

# Captures that do not have it all: the first 128 bytes of each frame, one direction, the later part.
for lack in short-frames:"-s 128 -i eth0 tcp" one-sided:"-i eth0 src host $client_ip"; do
    network
    # shellcheck disable=SC2086 # the options are words
    capture $client_ns ${lack#*:}
    # shellcheck disable=SC2046
    tls_server $(identity web) -tls1_2
    tls_get -tls1_2
    save capture-"${lack%%:*}".pcap
    expect 1+ tcp
done

# A capture that misses what the server encrypted of the handshake: it comes in small segments, of which
# the first ends with ChangeCipherSpec.
network
ip -n $client_ns route replace $server_ip dev eth0 advmss 145
capture
# shellcheck disable=SC2046
tls_server $(identity web) -tls1_3
tls_get -tls1_3
stop_capture
asked=$(tshark -r raw.pcap -T fields -e frame.number -Y "ip.src == $client_ip and tls" | sed -n 2p)
lost=$(tshark -r raw.pcap -T fields -e frame.number \
    -Y "frame.number < $asked and ip.src == $server_ip and tcp.seq > 1 and tcp.len > 0")
# shellcheck disable=SC2086 # the numbers are words
editcap raw.pcap holes.pcap $lost
mv holes.pcap raw.pcap
save capture-finished-lost.pcap
expect 1 "tls.handshake.type == 2"

network
web_server web
in_client curl -s --cacert root.pem --http1.1 -r 0-60000 \
    --resolve $host:443:$server_ip https://$host/slow/download.bin -o page &
download=$!
sleep 0.4
capture
wait $download || true
save capture-late.pcap.lz4
expect 0 "tls.handshake.type == 1"
expect 1+ "tcp.flags.fin == 1"
