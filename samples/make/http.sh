#!/bin/bash
# HTTP without TLS: the name, the connection, two requests on it.
# Packages: those of lib.sh, curl knot nginx-light unbound
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec

network
resolver
web_server web
capture
in_client curl -sS http://$host/ http://$host/style.css >page
save http.pcap
expect 2 http.request
expect 1 "tcp.flags.syn == 1 and tcp.flags.ack == 0"

# What must not be sent so: credentials and a cookie.
capture
in_client curl -sS -u someone:not-a-secret -b session=0123456789 http://$host/ >page
save http-credentials.pcap
expect 1 http.authorization
expect 1 http.cookie
