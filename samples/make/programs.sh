#!/bin/bash
# The same conversation by other programs: curl with nginx, GnuTLS with itself.
# Packages: those of lib.sh, curl gnutls-bin knot nginx-light unbound zstd
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec
server_certificate rsa rsa2048

network
resolver
web_server web
capture
SSLKEYLOGFILE=$keylog in_client curl -sS --cacert root.pem https://$host/ -o page
save curl-nginx.pcapng
expect 1 "tls.handshake.type == 2 and tls.handshake.extensions.supported_version == 0x0304"
expect 2 "dns.flags.response == 0"

# gnutls FILE PRIORITY SUITE
gnutls() {
    network
    capture
    serve 443 gnutls-serv --quiet --http -p 443 --x509certfile rsa.chain.pem --x509keyfile rsa.key \
        --priority "$2"
    printf 'GET / HTTP/1.0\r\n\r\n' | SSLKEYLOGFILE=$keylog in_client gnutls-cli -p 443 $server_ip \
        --sni-hostname $host --verify-hostname $host --x509cafile root.pem --priority "$2" >client.log 2>&1
    save "$1"
    expect 1 "tls.handshake.type == 2 and tls.handshake.ciphersuite == $3"
}

gnutls gnutls-tls13.pcap NORMAL 0x1302
gnutls gnutls-tls12-dhe.pcap 'NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA' 0x009f
