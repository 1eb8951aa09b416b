#!/bin/bash
# QUIC, by ngtcp2 (with GnuTLS) on both sides, by quic-go in Caddy and by Chromium: its versions and how one is
# agreed on, Retry, HelloRetryRequest, 0-RTT, a refused handshake, a client that moves, a hello in several
# datagrams.
# Packages: those of lib.sh, ngtcp2-client ngtcp2-server caddy chromium
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec
mkdir -p htdocs
echo 'A page to visit' >htdocs/index.html

listens_udp() { ip netns exec $server_ns ss -Hlun "sport = :$1" | grep -q .; }

# quic_serve OPTIONS…: HTTP/3 on port 443.
quic_serve() {
    ip netns exec $server_ns gtlsserver -q -d htdocs "$@" $server_ip 443 web.key web.chain.pem \
        >>"$work/server.log" 2>&1 &
    server_pids+=($!)
    wait_until "gtlsserver" listens_udp 443
}

# quic_get OPTIONS…: one request; how it ends is for the sample to show.
quic_get() {
    in_client env SSLKEYLOGFILE="$keylog" gtlsclient -q --no-pmtud --exit-on-all-streams-close \
        "$@" $host 443 https://$host/index.html >>"$work/client.log" 2>&1 || true
}

v1=0x00000001
# Version 2 as its last drafts number it; tshark 4.0 knows neither, so packets of it are found by these bytes.
v2='udp.payload[1:4] == 70:9a:50:c4'

mkdir -p /etc/netns/$client_ns
echo "$server_ip $host" >/etc/netns/$client_ns/hosts

network
quic_serve
capture
quic_get
save quic-v1.pcap
expect 1+ "quic.version == $v1 and tls.handshake.type == 2"

network
quic_serve --preferred-versions=v2draft,v1
capture
quic_get --version=v2draft
save quic-v2.pcap
expect 1+ "$v2 and udp.srcport == 443"

# RFC 9368: the client begins in version 1 and offers version 2, which the server prefers.
network
quic_serve --preferred-versions=v2draft,v1
capture
quic_get --version=v1 --other-versions=v2draft,v1
save quic-compatible-versions.pcap
expect 1+ "quic.version == $v1 and tls.handshake.type == 1"
expect 1+ "$v2 and udp.srcport == 443"

network
quic_serve
capture
quic_get --version=0x1a2a3a4a
save quic-version-negotiation.pcap
expect 1+ "quic.version == 0"

network
quic_serve --validate-addr
capture
quic_get
save quic-retry.pcap
expect 1 "quic.long.packet_type == 3"

network
quic_serve --groups=-GROUP-ALL:+GROUP-SECP384R1
capture
quic_get --groups=-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1
save quic-hello-retry.pcap
expect 2+ "tls.handshake.type == 1"

# The first connection, which brings the ticket and a token, is not captured.
network
quic_serve
quic_get --session-file=session --tp-file=parameters --token-file=token
capture
quic_get --session-file=session --tp-file=parameters --token-file=token
save quic-early-data.pcap
expect 1+ "quic.long.packet_type == 1"

# No cipher suite in common.
network
quic_serve --ciphers=NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM
capture
quic_get --ciphers=NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305
save quic-alert-handshake-failure.pcap
expect 1 "quic.cc.error_code == 0x128"

# The client moves to another port, then closes there.
network
quic_serve
capture
quic_get --change-local-addr=20ms --delay-stream=60ms
save quic-migration.pcap

# The same without the client's knowledge, as when a NAT binds anew: the connection ids stay.
network
quic_serve
capture
quic_get --change-local-addr=20ms --nat-rebinding --delay-stream=60ms
save quic-rebinding.pcap
expect 1+ "udp.dstport == 443 and udp.stream == 1"

# The server prefers to be addressed at another port once the handshake is done (RFC 9000 section 9.6).
network
quic_serve --preferred-ipv4-addr=$server_ip:4433
capture
quic_get --delay-stream=60ms
save quic-preferred-address.pcap
expect 1+ "udp.dstport == 4433"

cat >caddy.json <<JSON
{"admin": {"disabled": true}, "logging": {"logs": {"default": {"level": "ERROR"}}},
 "apps": {"http": {"servers": {"web": {"listen": [":443"], "automatic_https": {"disable": true},
   "routes": [{"handle": [{"handler": "file_server", "root": "htdocs"}]}],
   "tls_connection_policies": [{}]}}},
  "tls": {"certificates": {"load_files": [{"certificate": "web.chain.pem", "key": "web.key"}]}}}}
JSON
network
HOME=$work serve 443 caddy run --config caddy.json
capture
quic_get
save quic-caddy.pcap
expect 1+ "quic.version == $v1 and tls.handshake.type == 2"

# A NAT binds anew between the server's first flight and the client's answer.
network
HOME=$work serve 443 caddy run --config caddy.json
capture
echo "127.0.0.1 $host" >/etc/netns/$client_ns/hosts
in_client python3 "$lib_dir/rebind.py" 4430 $server_ip &
server_pids+=($!)
wait_until "rebind.py" in_client ss -Hlun "sport = :4430"
in_client env SSLKEYLOGFILE="$keylog" gtlsclient -q --no-pmtud --exit-on-all-streams-close \
    $host 4430 https://$host/index.html >>"$work/client.log" 2>&1 || true
echo "$server_ip $host" >/etc/netns/$client_ns/hosts
save quic-rebinding-in-handshake.pcap
expect 1+ "quic.long.packet_type == 2 and udp.dstport == 443 and udp.stream == 1"

# Chromium cuts its hello, which has a post-quantum share, into many pieces over two datagrams. It takes no
# authority of the user's for QUIC, but a key that it is told.
network
HOME=$work serve 443 caddy run --config caddy.json
pin=$(openssl pkey -in web.key -pubout -outform der | openssl dgst -sha256 -binary | base64)
capture $client_ns -i eth0 udp
HOME=$work SSLKEYLOGFILE=$keylog in_client chromium --headless --no-sandbox --disable-gpu --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --disable-default-apps \
    --disable-extensions --user-data-dir="$work/profile" --enable-quic --origin-to-force-quic-on=$host:443 \
    --ignore-certificate-errors-spki-list="$pin" --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE *.example.test' \
    --dump-dom https://$host/ >page.html 2>chromium.log
grep -q 'A page to visit' page.html || fail "Chromium did not show the page: $(tail -3 chromium.log)"
save quic-chromium.pcap
expect 1+ "quic.version == $v1 and tls.handshake.type == 2"
