#!/bin/bash
# Connections that go on with an earlier one's secrets: the full handshake first, then the short one.
# Packages: those of lib.sh, lz4
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec

# resume FILE SERVER_OPTIONS CLIENT_OPTIONS
resume() {
    network
    capture
    rm -f session.pem
    # shellcheck disable=SC2046,SC2086 # the options are words
    tls_server $(identity web) $2
    # shellcheck disable=SC2086
    tls_get $3 -sess_out session.pem
    # shellcheck disable=SC2086
    tls_get $3 -sess_in session.pem
    save "$1"
    expect 2 "tls.handshake.type == 2"
}

resume tls12-session-id.pcap "-no_ticket" "-tls1_2"
expect 1 "tls.handshake.type == 11"
expect 0 "tls.handshake.type == 4"
resume tls12-ticket.pcap.lz4 "" "-tls1_2"
expect 1 "tls.handshake.type == 11"
expect 1 "tls.handshake.type == 4"
resume tls13-psk.pcapng "" "-tls1_3"
expect 1 "tls.handshake.type == 1 and tls.handshake.extension.type == 41"
expect 1 "tls.handshake.type == 2 and tls.handshake.extension.type == 41"

# The client sends its request with its hello, protected by what the earlier connection left.
network
capture
# shellcheck disable=SC2046
tls_answer $(identity web) -tls1_3 -early_data -max_early_data 16384
tls_say "the first connection" -tls1_3 -sess_out session.pem
echo "data before the handshake is over" >early
tls_say "data after it" -tls1_3 -sess_in session.pem -early_data early
save tls13-early-data.pcapng
expect 1 "tls.handshake.type == 1 and tls.handshake.extension.type == 42"

# The server knows the ticket no more and does the full handshake; the early data is lost.
network
capture
# shellcheck disable=SC2046
tls_answer $(identity web) -tls1_3 -early_data -max_early_data 16384
tls_say "the first connection" -tls1_3 -sess_out session.pem
stop_servers
# shellcheck disable=SC2046
tls_answer $(identity web) -tls1_3
tls_say "data after it" -tls1_3 -sess_in session.pem -early_data early
save tls13-early-data-refused.pcapng
expect 1 "tls.handshake.type == 1 and tls.handshake.extension.type == 42"
expect 0 "tls.handshake.type == 2 and tls.handshake.extension.type == 41"
