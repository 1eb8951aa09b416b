#!/bin/bash
# DTLS 1.0 and 1.2: OpenSSL's and GnuTLS's programs with themselves; datagrams lost and out of order on the way.
# Packages: those of lib.sh, gnutls-bin
# shellcheck disable=SC2046 # the words of identity are options
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec
client_certificate alice

port=4433
hears() { ip netns exec $server_ns ss -Hlun "sport = :$1" | grep -q .; }

# dtls_serve COMMAND…: runs a server in the background and waits until it has its UDP port.
dtls_serve() {
    ip netns exec $server_ns "$@" >>"$work/server.log" 2>&1 <>"$work/silence" &
    server_pids+=($!)
    wait_until "$1 on UDP port $port" hears $port
}

openssl_serve() { dtls_serve openssl s_server -accept $port -quiet "$@"; }

# dtls_say OPTIONS…: one line to the server and, half a second later, the end.
dtls_say() {
    { printf 'How do you do?\n' && sleep 0.5; } |
        in_client openssl s_client -connect $server_ip:$port -servername $host -CAfile root.pem \
            -keylogfile "$keylog" -quiet -no_ign_eof "$@" >>"$work/client.log" 2>&1 || true
}

hello="dtls.handshake.type == 1"
finished="dtls.record.epoch == 1 and dtls.record.content_type == 22"

network
openssl_serve -dtls1_2 -listen $(identity web)
capture
dtls_say -dtls1_2
save dtls12-cookie.pcap
expect 2 "$hello"
expect 1 "dtls.handshake.type == 3"

# Small datagrams: the certificates come in fragments.
network
openssl_serve -dtls1 -mtu 300 -cipher ALL:@SECLEVEL=0 $(identity web)
capture
dtls_say -dtls1 -mtu 300 -cipher ALL:@SECLEVEL=0
save dtls10-fragments.pcap
expect 5+ "dtls.handshake.type == 11 and dtls.handshake.fragment_length < 300"

# Of the server's flight some datagrams are late and one is lost, and so is the client's ClientHello with the
# cookie: both sides say it again.
network --udp --hold s3 --hold s5 --lose s6 --lose c2
openssl_serve -dtls1_2 -mtu 300 $(identity web)
capture
dtls_say -dtls1_2 -mtu 300
save dtls12-retransmissions.pcap
expect 3 "$hello"
expect 2 "dtls.handshake.type == 2"

# A capture that misses the Certificate's second fragment and the messages after it.
network
openssl_serve -dtls1_2 -mtu 300 $(identity web)
capture
dtls_say -dtls1_2 -mtu 300
stop_capture
editcap raw.pcap holes.pcap 6 9
mv holes.pcap raw.pcap
save dtls12-capture-holes.pcap
expect 0 "dtls.handshake.type == 14"

network
openssl_serve -dtls1_2 -verify 1 $(identity web)
capture
dtls_say -dtls1_2 -cert alice.pem -key alice.key -cert_chain intermediate.pem \
    -use_srtp SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80
save dtls12-client-certificate.pcap
expect 1 "dtls.handshake.type == 15"

network
openssl_serve -dtls1_2 $(identity web)
capture
dtls_say -dtls1_2 -sess_out session
dtls_say -dtls1_2 -sess_in session
save dtls12-ticket.pcap
expect 4 "$finished"
expect 1 "dtls.handshake.type == 14"

network
openssl_serve -dtls1_2 -nocert -psk 0123456789abcdef
capture
dtls_say -dtls1_2 -psk 0123456789abcdef -psk_identity thing -cipher ECDHE-PSK-CHACHA20-POLY1305
save dtls12-psk.pcap
expect 2 "$finished"

network
openssl_serve -dtls1_2 -nocert -psk 0123456789abcdef
capture
dtls_say -dtls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256
save dtls12-alert.pcap
expect 1 "dtls.alert_message.desc == 40"

network
dtls_serve gnutls-serv --quiet --udp --echo -p $port --x509certfile web.chain.pem --x509keyfile web.key
capture
{ printf 'How do you do?\n' && sleep 0.5; } | SSLKEYLOGFILE=$keylog in_client gnutls-cli --udp -p $port $server_ip \
    --sni-hostname $host --verify-hostname $host --x509cafile root.pem >client.log 2>&1 || true
save dtls12-gnutls.pcap
expect 2 "$hello"
expect 2 "$finished"
