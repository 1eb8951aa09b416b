#!/bin/bash
# About a megabyte: 135 visits by curl, some of them one after another and some at once, and a download.
# Packages: those of lib.sh, curl knot nginx-light unbound
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec

network
resolver
web_server web
capture
for _ in $(seq 1 45); do
    in_client curl -s --cacert root.pem https://$host/ -o page
    in_client curl -s --cacert root.pem --tls-max 1.2 https://shop.example.test/ -o page
    in_client curl -s http://brief.example.test/ -o page &
done
in_client curl -s --cacert root.pem https://$host/download.bin -o page
sleep 0.5
save many.pcapng
expect 91 "tls.handshake.type == 1"
