#!/bin/bash
# Capture files with something in them besides packets, or not all of it.
# Packages: those of lib.sh
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec

network
capture
# shellcheck disable=SC2046 # the options are words
tls_server $(identity web) -tls1_3
tls_get -tls1_3
stop_capture

# The secrets in the capture itself, and a comment on the whole.
cp raw.pcap whole.pcap
editcap -F pcapng --capture-comment "One visit, with its secrets" --inject-secrets tls,"$keylog" \
    whole.pcap with-secrets.pcapng
store with-secrets.pcapng format-secrets.pcapng

# Two sections, each with its own interface: what concatenation makes.
editcap -F pcapng whole.pcap first.pcapng
editcap -F pcapng -t 60 whole.pcap second.pcapng
cat first.pcapng second.pcapng >sections.pcapng
store sections.pcapng format-sections.pcapng

# The end is missing, in the middle of a packet.
editcap -F pcap whole.pcap plain.pcap
head -c 5000 plain.pcap >cut.pcap
store cut.pcap format-cut.pcap

# As Solaris captures.
editcap -F snoop whole.pcap whole.snoop
store whole.snoop format-snoop.snoop
