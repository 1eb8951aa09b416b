#!/bin/bash
# What a handshake may hold besides: client certificates, a HelloRetryRequest, a stapled OCSP response,
# pre-shared keys, a renegotiation, a key update, small records and small segments.
# Packages: those of lib.sh
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec
server_certificate rsa rsa2048
client_certificate alice

start() {
    network
    capture
}

# Client certificates: to be seen in TLS 1.2, encrypted in TLS 1.3.
for version in 1_2 1_3; do
    start
    # shellcheck disable=SC2046 # the options are words
    tls_server $(identity web) -tls$version -Verify 2 -CAfile root.pem -verify_return_error
    tls_get -tls$version -cert alice.pem -key alice.key -cert_chain intermediate.pem
    save tls${version/_/}-client-certificate.pcap
    case $version in
    1_2) expect 1 "tls.handshake.type == 13" && expect 1 "tls.handshake.type == 15" ;;
    1_3) expect 1 "tls.handshake.type == 2" ;;
    esac
done

# The same, but for a bit of the server's key share, as if somebody sat in the middle.
"$lib_dir/spoil_signature.py" "$samples_dir/tls12-client-certificate.pcap" spoilt.pcap
store spoilt.pcap tls12-signature-wrong.pcap

# The client's first share is of a group that the server does not take.
start
# shellcheck disable=SC2046
tls_server $(identity web) -tls1_3 -groups P-384
tls_get -tls1_3 -groups X25519:P-384
save tls13-hello-retry.pcapng
expect 2 "tls.handshake.type == 1"
expect 2 "tls.handshake.type == 2"

# A stapled OCSP response, readable in TLS 1.2.
serial=$(openssl x509 -in web.pem -noout -serial | cut -d= -f2)
printf 'V\t%s\t\t%s\tunknown\t/CN=%s\n' "$(date -u -d '+1 year' +%y%m%d%H%M%SZ)" "$serial" $host >index.txt
openssl ocsp -index index.txt -CA intermediate.pem -rsigner intermediate.pem -rkey intermediate.key \
    -issuer intermediate.pem -cert web.pem -ndays 7 -respout ocsp.der >ocsp.log 2>&1
for version in 1_2 1_3; do
    start
    # shellcheck disable=SC2046
    tls_server $(identity web) -tls$version -status_file ocsp.der
    tls_get -tls$version -status
    save tls${version/_/}-ocsp-stapling.pcap
    [ $version = 1_3 ] || expect 1 "tls.handshake.type == 22"
    expect 1 "tls.handshake.type == 1 and tls.handshake.extension.type == 5"
done

psk=00112233445566778899aabbccddeeff

# Pre-shared keys, alone and with the other key exchanges; with and without a certificate.
start
for cipher in PSK-AES128-GCM-SHA256 DHE-PSK-AES128-GCM-SHA256 ECDHE-PSK-AES128-CBC-SHA256 \
    RSA-PSK-AES256-GCM-SHA384; do
    # shellcheck disable=SC2046
    tls_server $(identity rsa) -tls1_2 -cipher $cipher@SECLEVEL=0 \
        -psk_hint "the usual" -psk $psk
    tls_get -tls1_2 -cipher $cipher@SECLEVEL=0 -psk_identity alice -psk $psk
    stop_servers
done
save tls12-psk.pcap
expect 4 "tls.handshake.type == 2"
expect 1 "tls.handshake.type == 11"

start
# shellcheck disable=SC2046
tls_server $(identity web) -tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256 \
    -psk_identity alice -psk $psk
tls_get -tls1_3 -psk_identity alice -psk $psk
save tls13-external-psk.pcap
expect 1 "tls.handshake.type == 2 and tls.handshake.extension.type == 41"

# commands TEXT OPTIONS…: like tls_say, with s_client's commands: R renegotiates, K updates the keys.
commands() {
    local text=$1
    shift
    { sleep 0.4 && echo "$text" && sleep 0.4 && echo "after it" && sleep 0.4; } |
        in_client openssl s_client -connect $server_ip:443 -servername $host -CAfile root.pem \
            -keylogfile "$keylog" "$@" >>client.log 2>&1 || true
}

start
# shellcheck disable=SC2046
tls_answer $(identity web) -tls1_2 -client_renegotiation
commands R -tls1_2
save tls12-renegotiation.pcap
expect 1 "tls.handshake.type == 2"
expect 4+ "tls.record.content_type == 22"

start
# shellcheck disable=SC2046
tls_answer $(identity rsa) -tls1_2 -client_renegotiation -cipher NULL-SHA256@SECLEVEL=0
commands R -tls1_2 -cipher NULL-SHA256@SECLEVEL=0
save weak-null-renegotiation.pcap
expect 2 "tls.handshake.type == 1"

start
# shellcheck disable=SC2046
tls_answer $(identity rsa) -tls1_2 -client_renegotiation -cipher ECDHE-RSA-NULL-SHA@SECLEVEL=0
commands R -tls1_2 -cipher ECDHE-RSA-NULL-SHA@SECLEVEL=0
save weak-null-renegotiation-signed.pcap
expect 2 "tls.handshake.type == 12"

start
# shellcheck disable=SC2046
tls_answer $(identity web) -tls1_3
commands K -tls1_3
save tls13-key-update.pcap
expect 1 "tls.handshake.type == 2"

# Records of 512 bytes, so that the certificate message spans several.
start
# shellcheck disable=SC2046
tls_server $(identity rsa) -tls1_2 -max_send_frag 512
tls_get -tls1_2 -maxfraglen 512
save tls12-small-records.pcap
expect 1 "tls.handshake.type == 11"

# Segments of up to 100 bytes, so that every message spans several.
start
ip -n $server_ns route change 10.9.0.0/24 dev eth0 advmss 100
ip -n $client_ns route change 10.9.0.0/24 dev eth0 advmss 100
# shellcheck disable=SC2046
tls_server $(identity web) -tls1_2
tls_get -tls1_2
save tls12-small-segments.pcap
expect 1 "tls.handshake.type == 11"

# A server that could do TLS 1.3 marks its random when it agrees on less.
start
# shellcheck disable=SC2046
tls_server $(identity web)
tls_get -tls1_2
save tls12-downgrade-sentinel.pcap
expect 1 "tls.handshake.type == 2 and tls.handshake.random contains 44:4f:57:4e:47:52:44:01"
