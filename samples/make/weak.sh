#!/bin/bash
# What an audit should find: anonymous key exchange, no encryption, old ciphers, small keys, SHA-1.
# Packages: those of lib.sh, faketime gnutls-bin
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate rsa rsa2048

# weak FILE SUITE CERTIFICATE_OPTIONS SERVER_OPTIONS CLIENT_OPTIONS
weak() {
    network
    capture
    # shellcheck disable=SC2086 # the options are words
    tls_server $3 $4
    # shellcheck disable=SC2086
    tls_get $5
    save "$1"
    expect 1 "tls.handshake.type == 2 and tls.handshake.ciphersuite == $2"
    expect 1+ "tls.record.content_type == 23 or tls.record.opaque_type == 23"
}

rsa=$(identity rsa)
weak weak-anonymous-dh.pcap 0x00a7 -nocert "-tls1_2 -cipher ADH-AES256-GCM-SHA384@SECLEVEL=0" \
    "-tls1_2 -cipher ADH-AES256-GCM-SHA384@SECLEVEL=0"
weak weak-anonymous-ecdh.pcap 0xc018 -nocert "-tls1 -cipher AECDH-AES128-SHA@SECLEVEL=0" \
    "-tls1 -cipher AECDH-AES128-SHA@SECLEVEL=0"
weak weak-null.pcap 0xc010 "$rsa" "-tls1_2 -cipher ECDHE-RSA-NULL-SHA@SECLEVEL=0" \
    "-tls1_2 -cipher ECDHE-RSA-NULL-SHA@SECLEVEL=0"
weak weak-self-signed.pcap 0x1302 "-cert root.pem -key root.key" "" ""

# Of RC4 and 3DES Debian's OpenSSL knows nothing more.
for cipher in arcfour:ARCFOUR-128:0x0005 3des:3DES-CBC:0x000a; do
    IFS=: read -r name algorithm suite <<<"$cipher"
    network
    capture
    priority="NORMAL:-VERS-ALL:+VERS-TLS1.0:-KX-ALL:+RSA:-CIPHER-ALL:+$algorithm:-MAC-ALL:+SHA1"
    serve 443 gnutls-serv --quiet --http -p 443 --x509certfile rsa.chain.pem --x509keyfile rsa.key \
        --priority "$priority"
    printf 'GET / HTTP/1.0\r\n\r\n' | SSLKEYLOGFILE=$keylog in_client gnutls-cli -p 443 $server_ip \
        --sni-hostname $host --x509cafile root.pem --insecure --priority "$priority" >client.log 2>&1
    save weak-"${name/arcfour/rc4}".pcap
    expect 1 "tls.handshake.type == 2 and tls.handshake.ciphersuite == $suite"
done

DAYS_AGO=60 server_certificate expired ec
weak weak-expired.pcap 0xc02b "$(identity expired)" -tls1_2 "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256"

authority rsa1024
server_certificate sha1 rsa1024 sha1
weak weak-sha1-rsa1024.pcap 0xc014 "$(identity sha1)" "-tls1_2 -cipher ECDHE-RSA-AES256-SHA@SECLEVEL=0" \
    "-tls1_2 -cipher ECDHE-RSA-AES256-SHA@SECLEVEL=0"
