#!/bin/bash
# DTLS 1.0 and 1.2: OpenSSL's and GnuTLS's programs with themselves; datagrams lost and out of order on the way.
# Packages: those of lib.sh, gnutls-bin, and for DTLS 1.3 gcc, libnss3-dev, libnss3-tools, pkg-config, firefox-esr
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

# The client renegotiates: a second handshake, encrypted. AES-CCM with tags of 8 bytes.
network
weak=ECDHE-ECDSA-AES128-CCM8@SECLEVEL=0
openssl_serve -dtls1_2 -client_renegotiation -cipher $weak $(identity web)
capture
{ printf 'Once\n' && sleep 0.3 && printf 'R\n' && sleep 0.5; } |
    in_client openssl s_client -connect $server_ip:$port -servername $host -CAfile root.pem \
        -keylogfile "$keylog" -dtls1_2 -cipher $weak >>client.log 2>&1 || true
save dtls12-renegotiation.pcap
expect 4+ "$finished"

# CBC, the MAC before encryption.
network
dtls_serve gnutls-serv --quiet --udp --echo -p $port --x509certfile web.chain.pem --x509keyfile web.key \
    --disable-client-cert --priority NORMAL:%NO_ETM
capture
{ printf 'How do you do?\n' && sleep 0.5; } | SSLKEYLOGFILE=$keylog in_client gnutls-cli --udp -p $port $server_ip \
    --sni-hostname $host --verify-hostname $host --x509cafile root.pem \
    --priority NORMAL:-CIPHER-ALL:+AES-128-CBC:-VERS-ALL:+VERS-DTLS1.2:%NO_ETM >client.log 2>&1 || true
save dtls12-cbc.pcap
expect 1 "dtls.handshake.type == 14"

network
dtls_serve gnutls-serv --quiet --udp --echo -p $port --x509certfile web.chain.pem --x509keyfile web.key
capture
{ printf 'How do you do?\n' && sleep 0.5; } | SSLKEYLOGFILE=$keylog in_client gnutls-cli --udp -p $port $server_ip \
    --sni-hostname $host --verify-hostname $host --x509cafile root.pem >client.log 2>&1 || true
save dtls12-gnutls.pcap
expect 2 "$hello"
expect 2 "$finished"

# DTLS 1.3: NSS with itself, that of Firefox, for Debian's is older than the RFC. Its programs speak no DTLS,
# so one is built here.
nss=${NSS_DIR:-/usr/lib/firefox-esr}
database=sql:$work/nss
mkdir nss
server_certificate large rsa2048
gcc -o dtls13 "$lib_dir/dtls13.c" $(pkg-config --cflags --libs nss)
certutil -N -d "$database" --empty-password
certutil -A -d "$database" -n root -t CT,CT, -i root.pem
for name in large alice; do
    openssl pkcs12 -export -name $name -in $name.pem -inkey $name.key -certfile intermediate.pem \
        -passout pass: -out $name.p12
    pk12util -i $name.p12 -d "$database" -W '' >/dev/null
done

connected() { ip netns exec $server_ns ss -Hun "sport = :$port" | grep -q .; }

# dtls13 SERVER_WORDS CLIENT_WORDS: one association; the key log of it.
dtls13() {
    LD_LIBRARY_PATH=$nss ip netns exec $server_ns "$work/dtls13" server "$database" large $server_ip:$port $client_ip:40000 \
        server.secrets $1 >>server.log 2>&1 &
    server_pids+=($!)
    wait_until "DTLS 1.3" connected
    LD_LIBRARY_PATH=$nss in_client "$work/dtls13" client "$database" alice $client_ip:40000 $server_ip:$port client.secrets $2
    stop_capture
    random=$(tshark -n -r raw.pcap -Y "$hello" -T fields -e dtls.handshake.random 2>/dev/null |
        grep -m 1 . | cut -d , -f 1 | tr -d :)
    sed "s/ / $random /" client.secrets >"$keylog"
}

network
capture
dtls13 "ask ticket" "x25519 update"
save dtls13-client-certificate.pcap
expect 1+ "$hello"

# The server takes no group but P-256: HelloRetryRequest, with a cookie.
network
capture
dtls13 "p256 chacha20" chacha20
save dtls13-hello-retry.pcap
expect 2+ "$hello"

# Of the server's flight a datagram is late and one is lost, of the client's one.
network --udp --hold s1 --hold s3 --lose s4 --lose c2
capture
dtls13 ask x25519
save dtls13-retransmissions.pcap
expect 2+ "dtls.handshake.type == 1"
