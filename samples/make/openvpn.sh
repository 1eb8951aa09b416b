#!/bin/bash
# OpenVPN over TCP and UDP, its control channel with a HMAC, encrypted, and as it is.
# Packages: those of lib.sh, openvpn
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec
client_certificate alice
openvpn --genkey secret static.key

port=1194
hears() { ip netns exec $server_ns ss -Hln"$1" "sport = :$port" | grep -q .; }

# vpn_serve PROTOCOL OPTIONS…: a server without addresses to give away; its tunnel has two ends.
vpn_serve() {
    local protocol=$1
    shift
    ip netns exec $server_ns openvpn --dev tun --ifconfig 10.8.0.1 10.8.0.2 --port $port --tls-server --dh none \
        --ca chain.pem --cert web.pem --key web.key --verb 3 "$@" >>"$work/server.log" 2>&1 <>"$work/silence" &
    server_pids+=($!)
    wait_until "openvpn on port $port" hears "$protocol"
}

# vpn_visit OPTIONS…: a datagram through the tunnel and its answer, then, after $stay seconds, the end.
stay=0.3
vpn_visit() {
    rm -f client.log
    ip netns exec $client_ns openvpn --dev tun --ifconfig 10.8.0.2 10.8.0.1 --nobind --tls-client \
        --ca chain.pem --cert alice.pem --key alice.key --verb 3 "$@" >client.log 2>&1 <>"$work/silence" &
    local client=$!
    wait_until "the tunnel" grep -q 'Initialization Sequence Completed' client.log
    sleep 0.5
    in_client bash -c 'echo hello >/dev/udp/10.8.0.1/9' # port unreachable comes back
    sleep $stay
    kill "$client"
    wait "$client" || true
}

cat root.pem intermediate.pem >chain.pem

network
vpn_serve t --proto tcp4-server --tls-auth static.key 0 --auth SHA256 --tls-version-max 1.2
capture $client_ns -i eth0 tcp or udp
vpn_visit --proto tcp4-client --remote $server_ip $port --tls-auth static.key 1 --auth SHA256
save openvpn-tcp-tls-auth.pcap
expect 2 "openvpn.opcode == 7 || openvpn.opcode == 8"

# The first datagram of the server's flight comes after the second; one of the client's is lost, and said again.
network --udp --hold s2 --lose c4
vpn_serve u --proto udp4
capture $client_ns -i eth0 tcp or udp
vpn_visit --proto udp4 --remote $server_ip $port
save openvpn-udp.pcap
expect 1 "tls.handshake.type == 1"

network
vpn_serve u --proto udp4 --tls-crypt static.key
capture $client_ns -i eth0 tcp or udp
vpn_visit --proto udp4 --remote $server_ip $port --tls-crypt static.key
save openvpn-tls-crypt.pcap
expect 0 "tls.handshake.type == 1"

# New keys after some seconds: a soft reset, and another TLS session, which OpenVPN 2.6 encrypts with keys of the
# first.
network
vpn_serve u --proto udp4 --reneg-sec 0
capture $client_ns -i eth0 tcp or udp
stay=2
vpn_visit --proto udp4 --remote $server_ip $port --reneg-sec 2
save openvpn-renewal.pcap
expect 2+ "openvpn.opcode == 3"
