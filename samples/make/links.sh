#!/bin/bash
# The same conversation as it looks on other kinds of link.
# Packages: those of lib.sh
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec

converse() {
    # shellcheck disable=SC2046 # the options are words
    tls_server $(identity web) -tls1_2
    tls_get -tls1_2
}

# The mirror port of a switch, with one VLAN tag and with two.
network --mirror $mirror_ns --vlan 12
capture $mirror_ns -i eth0 vlan
converse
save link-vlan.pcap
expect 1 "vlan.id == 12 and tls.handshake.type == 2"

network --mirror $mirror_ns --vlan 100 --vlan 12
capture $mirror_ns -i eth0 vlan
converse
save link-qinq.pcapng
expect 1 "ieee8021ad.id == 100 and vlan.id == 12 and tls.handshake.type == 2"
cp "$last_capture" qinq.pcapng

# All interfaces at once: Linux cooked captures of both versions.
for version in SLL SLL2; do
    network
    capture $client_ns -i any -y LINUX_$version tcp
    converse
    save link-cooked-v"$([ $version = SLL ] && echo 1 || echo 2)".pcap
    expect 1 "sll and tls.handshake.type == 2"
done
cp "$last_capture" cooked.pcap

# A tunnel interface: IP without anything before it.
network --tun
capture
converse
save link-raw-ip.pcap
expect 1 "tls.handshake.type == 2"
cp "$last_capture" raw-ip.pcap

# IPv6.
network
capture
# shellcheck disable=SC2046
tls_server $(identity web) -tls1_3
printf 'GET / HTTP/1.0\r\n\r\n' | in_client openssl s_client -connect "[$server_ip6]:443" -servername $host \
    -CAfile root.pem -keylogfile "$keylog" -quiet -ign_eof >client.log 2>&1 || true
save link-ipv6.pcap
expect 1 "ipv6 and tls.handshake.type == 2"

# One file with three interfaces of three kinds.
mergecap -F pcapng -I none -w raw.pcap qinq.pcapng cooked.pcap raw-ip.pcap
# mergecap names the kernel that it ran on, which is nobody's business.
perl -pi -e 's/Linux [ -~]+/"Linux" . " " x (length($&) - 5)/e' raw.pcap
rm -f "$keylog"
save link-several.pcapng
expect 3 "tls.handshake.type == 2"
