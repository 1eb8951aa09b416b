#!/bin/bash
# Makes all samples anew, in the folder above this one or in SAMPLES_DIR. About three minutes, as root, on
# Debian 12 with the packages that the scripts name:
#   apt-get install bind9-dnsutils chromium curl dnsmasq-base faketime gnutls-bin iproute2 knot \
#       knot-dnsutils libnss3-tools lz4 nftables nginx-light npm openssl procps python3 tcpdump tshark unbound zstd
set -euo pipefail
cd "$(dirname "$0")"
for script in page-visit mlkem programs versions resumption handshakes weak failures tcp links formats \
    ports http dns many; do
    echo "== $script"
    ./$script.sh
done
