#!/bin/bash
# A conversation in tunnels: by the kernel where it can make them, else wrapped frame by frame.
# Packages: those of lib.sh
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec

converse() {
    # shellcheck disable=SC2046 # the options are words
    tls_server $(identity web) -tls1_2
    tls_get -tls1_2
}

# tunnel_interface NS NUMBER REMOTE: 10.10.0.NUMBER on the end of a VXLAN tunnel; the neighbour is fixed.
tunnel_interface() {
    local ns=$1 number=$2 remote=$3 other=$((3 - $2))
    ip -n "$ns" link add vx0 address 02:00:00:00:01:0"$number" type vxlan id 42 remote "$remote" dstport 4789 dev eth0
    ip -n "$ns" link set vx0 mtu 1450 up
    ip -n "$ns" addr add 10.10.0."$number"/24 dev vx0
    ip -n "$ns" neigh replace 10.10.0.$other lladdr 02:00:00:00:01:0$other dev vx0 nud permanent
}

network
tunnel_interface $client_ns 1 $server_ip
tunnel_interface $server_ns 2 $client_ip
outer_ip=$server_ip server_ip=10.10.0.2
capture $client_ns -i eth0 udp port 4789
converse
server_ip=$outer_ip
save tunnel-vxlan.pcap
expect 1 "vxlan.vni == 42 and tls.handshake.type == 2"

network
capture
converse
stop_capture
for kind in gtp erspan esp pppoe wifi aggregate nested; do
    python3 "$lib_dir/wrap.py" $kind raw.pcap $kind.pcap
    store $kind.pcap tunnel-$kind.pcap
    case $kind in
    gtp) expect 1 "gtp.teid == 0x2002 and gtp.ext_hdr and tls.handshake.type == 2" ;;
    erspan) expect 1 "erspan.spanid == 100 and tls.handshake.type == 2" ;;
    # tshark takes ESP for unencrypted where it is told to look.
    esp) expect 10+ "esp.spi == 0x1001" ;;
    pppoe) expect 1 "pppoe.session_id == 0x0a2b and vlan.id == 12 and tls.handshake.type == 2" ;;
    wifi) expect 1 "wlan and tls.handshake.type == 2" ;;
    aggregate) expect 1 "wlan_aggregate.a_mdsu.subframe and tls.handshake.type == 2" ;;
    nested) expect 1 "mpls.label == 24 and gre.key == 77 and geneve.vni == 5001 and tls.handshake.type == 2" ;;
    esac
done
