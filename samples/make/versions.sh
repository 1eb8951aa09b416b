#!/bin/bash
# TLS 1.0 to 1.3, one connection each, with the ways to exchange keys that each version has.
# Packages: those of lib.sh, gzip, zstd
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate ecdsa ec
server_certificate rsa rsa2048

# sample FILE IDENTITY VERSION CIPHER SUITE [SERVER OPTIONS…]: SUITE is the number that tshark must see.
sample() {
    local file=$1 certificate=$2 version=$3 cipher=$4 suite=$5
    shift 5
    network
    capture
    # shellcheck disable=SC2046 # the options are words
    tls_server $(identity "$certificate") "-$version" -cipher "$cipher@SECLEVEL=0" "$@"
    tls_get "-$version" -cipher "$cipher@SECLEVEL=0"
    save "$file"
    expect 1 "tls.handshake.type == 1"
    expect 1 "tls.handshake.type == 2 and tls.handshake.ciphersuite == $suite"
    expect 2 "tcp.flags.fin == 1"
}

sample tls10-rsa.pcap rsa tls1 AES128-SHA 0x002f
sample tls10-dhe.pcap rsa tls1 DHE-RSA-AES256-SHA 0x0039
sample tls11-ecdhe.pcap rsa tls1_1 ECDHE-RSA-AES128-SHA 0xc013
sample tls12-rsa.pcap rsa tls1_2 AES256-GCM-SHA384 0x009d
sample tls12-dhe.pcap.gz rsa tls1_2 DHE-RSA-AES128-GCM-SHA256 0x009e
sample tls12-ecdhe-rsa.pcap.zst rsa tls1_2 ECDHE-RSA-AES128-GCM-SHA256 0xc02f
sample tls12-ecdhe-ecdsa.pcapng ecdsa tls1_2 ECDHE-ECDSA-CHACHA20-POLY1305 0xcca9 -groups P-256
expect 1 "tls.handshake.server_named_curve == 0x0017"

# TLS 1.3 names its suites by another option.
tls13() {
    network
    capture
    # shellcheck disable=SC2046
    tls_server $(identity ecdsa) -tls1_3 -ciphersuites "$2"
    tls_get -tls1_3
    save "$1"
    expect 1 "tls.handshake.type == 2 and tls.handshake.ciphersuite == $3"
    expect 1 "tls.handshake.type == 2 and tls.handshake.extensions.supported_version == 0x0304"
}

tls13 tls13.pcapng TLS_AES_256_GCM_SHA384 0x1302
tls13 tls13-chacha20.nano.pcap TLS_CHACHA20_POLY1305_SHA256 0x1303
