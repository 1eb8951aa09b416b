#!/bin/bash
# SSL 2.0, which nothing speaks any more but lib/ssl2.py, and its hello to a server of TLS.
# Packages: those of lib.sh
. "$(dirname "$0")/lib.sh"

authority rsa2048
server_certificate web rsa2048

for kind in rc4 export; do
    network
    serve 443 python3 "$lib_dir/ssl2.py" server web.pem web.key
    capture
    in_client python3 "$lib_dir/ssl2.py" client $server_ip 443 $kind >page
    grep -q 1995 page
    save ssl2-$kind.pcap
    expect 1 "tls.record.version == 2 && tls.handshake.type == 2"
done

network
# shellcheck disable=SC2046 # the options are words
tls_server $(identity web) -tls1_2 -cipher DEFAULT@SECLEVEL=0
capture
in_client python3 "$lib_dir/ssl2.py" hello $server_ip
save ssl2-hello-tls12.pcap
expect 1 "tls.record.version == 2 && tls.handshake.version == 0x0303"
