#!/bin/bash
# TLS where nobody expects it, and something else where TLS is expected.
# Packages: those of lib.sh, curl knot knot-dnsutils unbound
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec
server_certificate resolver ec

for port in 8444 53; do
    network
    capture
    # shellcheck disable=SC2046 # the options are words
    tls_server -port $port $(identity web) -tls1_2
    tls_get -port $port -tls1_2
    save port-$port-tls.pcap
    expect 1+ "tcp.srcport == $port and tcp.payload contains \"Sample Issuing CA\""
done

# DNS over TLS on its own port.
network
resolver
capture
SSLKEYLOGFILE=$keylog in_client kdig +tls-ca=root.pem +tls-hostname=$host @$resolver_ip $host A >answer
grep -q NOERROR answer
save dns-over-tls.pcapng
expect 1 "tcp.srcport == 853 and tls.handshake.type == 2"

network
serve 443 python3 -m http.server 443 --directory /run/netns
capture
in_client curl -s http://$server_ip:443/ -o page
save port-443-http.pcap
expect 1 "tcp.srcport == 443 and tcp.payload contains \"HTTP/1.0 200\""
