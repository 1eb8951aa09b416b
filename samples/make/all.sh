#!/bin/bash
# Makes all samples anew, in the folder above this one or in SAMPLES_DIR. About three minutes, as root, on
# Debian 12 with the packages that the scripts name:
#   apt-get install avahi-daemon bind9-dnsutils caddy chromium curl dante-server dnsmasq-base \
#       dovecot-imapd dovecot-managesieved dovecot-pop3d faketime gnutls-bin haproxy iproute2 knot \
#       knot-dnsutils libnss3-tools llmnrd lz4 mariadb-client mariadb-server microsocks nftables \
#       nginx-light ngtcp2-client ngtcp2-server npm openssl openvpn postfix postgresql procps prosody python3 \
#       slapd tcpdump tinyproxy tshark unbound vsftpd xrdp zstd
# ech-accepted, which wants programs of Debian 13 too, is not among them.
set -euo pipefail
cd "$(dirname "$0")"
for script in page-visit mlkem programs versions resumption handshakes revocation extensions ech weak pki ssl2 failures tcp links tunnels formats \
    ports http dns dns-extensions dtls webrtc quic fragments many starttls proxies openvpn; do
    echo "== $script"
    ./$script.sh
done
