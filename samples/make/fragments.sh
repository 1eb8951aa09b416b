#!/bin/bash
# IP fragments, and packets that were captured twice.
# Packages: those of lib.sh, bind9-dnsutils knot
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec

# Answers of some 3,000 bytes, over a link of 1,280. Of the first over IPv4 the first fragment comes last; of the
# second one is lost, and dig asks again.
name_server() {
    mkdir -p knot
    {
        echo '$ORIGIN example.test.'
        echo '@ 300 SOA ns1 hostmaster 2026010101 7200 3600 1209600 300'
        echo '@ 300 NS ns1'
        echo "ns1 300 A $server_ip"
        for text in $(seq -w 12); do
            printf 'large 300 TXT "Text %s of twelve, %s"\n' "$text" "$(printf ' and on%.0s' $(seq 30))"
        done
    } >knot/example.test.zone
    cat >knot.conf <<END
server:
    rundir: $work/knot
    listen: [ $server_ip@53, $server_ip6@53 ]
    udp-max-payload: 4096
database:
    storage: $work/knot
zone:
  - domain: example.test
    storage: $work/knot
    file: example.test.zone
    zonefile-sync: -1
END
    serve 53 knotd -c knot.conf
}

network --udp --hold s1 --lose s5
ip -n $server_ns link set eth0 mtu 1280
name_server
capture
for server in $server_ip $server_ip $server_ip6; do
    in_client dig +bufsize=4096 +ignore +time=1 +tries=2 @$server large.example.test TXT >>answers
done
save fragments.pcap
expect 3 "dns.flags.response == 1"
expect 11 "ip.flags.mf == 1 or ip.frag_offset > 0 or ipv6.fraghdr"

# A tap at the client and the mirror port of a switch, which tags its copies, in one file.
network --mirror $mirror_ns --vlan 12 --delay-ms 1
capture
ip netns exec $mirror_ns tcpdump -Z root -U -n --immediate-mode --time-stamp-precision=nano -i eth0 \
    -w mirror.pcap vlan and tcp 2>mirror.log &
mirror_pid=$!
wait_until tcpdump grep -qs 'listening on' mirror.log
# shellcheck disable=SC2046 # the options are words
tls_server $(identity web) -tls1_2
tls_get -tls1_2
stop_capture
kill -INT $mirror_pid
wait $mirror_pid || true
mv raw.pcap tap.pcap
mergecap -F nsecpcap -w raw.pcap tap.pcap mirror.pcap
save captured-twice.nano.pcap
expect 2 "tcp.flags.syn == 1 and tcp.flags.ack == 1"
expect 1 "tcp.flags.syn == 1 and tcp.flags.ack == 1 and vlan.id == 12"
