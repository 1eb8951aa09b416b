#!/bin/bash
# Chromium visits a page of nginx: the names it asks for, the connection, TLS 1.3 and HTTP/2. Once by IPv4,
# once with a name that has both kinds of address.
# Packages: those of lib.sh, chromium libnss3-tools nginx-light knot unbound
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec

# visit NAME FILE
visit() {
    network
    # Chromium asks for AAAA only where there is a way to the IPv6 Internet.
    ip -n $client_ns -6 route add default via $server_ip6
    resolver
    web_server web
    capture
    browse "https://$1/"
    save "$2"
    expect 1 "tcp.flags.syn == 1 and tcp.flags.ack == 0"
    expect 3 "dns.flags.response == 0 and dns.qry.name == $1"
    expect 3 "dns.flags.response == 0"
    expect 1 "tls.handshake.type == 1 and tls.handshake.extensions_key_share_group == 0x11ec"
    expect 1 "tls.handshake.type == 2 and tls.handshake.extensions_key_share_group == 0x001d"
}

visit www.example.test page-visit.pcapng
visit dual.example.test page-visit-ipv6.pcapng
expect 1 "ipv6 and tls.handshake.type == 1"
