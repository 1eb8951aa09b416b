#!/bin/bash
# DNS: one query of each kind, over UDP and TCP, with what goes wrong; and how connections follow answers.
# Packages: those of lib.sh, bind9-dnsutils curl dnsmasq-base knot nginx-light unbound
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec

# ask OPTIONS…
ask() { in_client dig +time=1 +tries=1 @$resolver_ip "$@" >>answers 2>&1 || true; }

network
resolver
ip -n $client_ns neigh replace 10.9.0.99 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
capture
ask www.example.test A
ask dual.example.test AAAA
ask shop.example.test A
for type in NS MX TXT SOA CAA; do ask example.test $type; done
ask -x $server_ip
ask _imaps._tcp.example.test SRV
for name in www dual alias svc; do ask $name.example.test HTTPS; done
ask +noedns www.example.test A                # no EDNS
ask +dnssec +subnet=192.0.2.0/24 +nsid www.example.test A # EDNS with options
ask nowhere.example.test A                    # NXDOMAIN
ask mail1.example.test AAAA                   # a name without such data
ask www.example.com A                         # REFUSED
ask +noedns big.example.test TXT              # truncated, then over TCP
ask +tcp +keepopen www.example.test A shop.example.test A # two on one connection
in_client dig +time=1 +tries=2 @10.9.0.99 www.example.test >>answers || true # unanswered, twice
in_client dig +time=1 +tries=1 @$server_ip www.example.test >>answers || true # port unreachable
save dns.pcap
expect 1 "dns.flags.truncated == 1"
expect 1 "dns.flags.response == 1 and dns.flags.rcode == 3"
expect 1 "dns.flags.response == 1 and dns.flags.rcode == 5"
expect 3+ "dns.flags.response == 1 and tcp"
expect 4 "dns.flags.response == 1 and dns.qry.type == 65"
expect 2 "dns.flags.response == 0 and ip.dst == 10.9.0.99"

# A forwarder of the kind that home routers have.
network
serve 53 dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file= \
    --listen-address=$resolver_ip --bind-interfaces --local=/test/ --local-ttl=60 \
    --host-record=www.example.test,$server_ip,$server_ip6 --cname=shop.example.test,www.example.test \
    --mx-host=example.test,mail1.example.test,10 --txt-record=example.test,"v=spf1 mx -all"
capture
ask www.example.test A
ask www.example.test AAAA
ask shop.example.test A
ask example.test MX
ask nowhere.example.test A
save dns-dnsmasq.pcap
expect 5 "dns.flags.response == 1"

# Connections to an address: right after the answer; within its TTL; beyond it; by another client, which did
# not ask; under a name that nobody asked for; without a name.
network
resolver
web_server web
ip -n $client_ns addr add 10.9.0.3/24 dev eth0
ip -n $server_ns neigh replace 10.9.0.3 lladdr 02:00:00:00:00:01 dev eth0 nud permanent
# visit URL OPTIONS…: OPTIONS may give the address in place of a look-up.
visit() { SSLKEYLOGFILE=$keylog in_client curl -s --cacert root.pem "$@" -o page || true; }
capture
visit -4 https://brief.example.test/
sleep 1
visit --resolve brief.example.test:443:$server_ip https://brief.example.test/
sleep 2
visit --resolve brief.example.test:443:$server_ip https://brief.example.test/
visit --interface 10.9.0.3 --resolve brief.example.test:443:$server_ip https://brief.example.test/
visit --resolve $host:443:$server_ip https://$host/
visit https://$server_ip/
save dns-verdicts.pcapng
expect 6 "tls.handshake.type == 1"
expect 1 "dns.flags.response == 0"
