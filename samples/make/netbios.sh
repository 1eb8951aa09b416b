#!/bin/bash
# NetBIOS names: registered, asked for by broadcast and of a name server, found, not found, released; the
# status of a node. Whom a broadcast asks answers from an address of its own.
# Packages: those of lib.sh, samba samba-common-bin
. "$(dirname "$0")/lib.sh"

# node NAMESPACE NAME OPTION…: a NetBIOS node that keeps all it has in a folder of its own.
node() {
    local ns=$1 name=$2
    shift 2
    mkdir -p "$work/$name"
    {
        printf '[global]\nnetbios name = %s\nworkgroup = EXAMPLE\ninterfaces = eth0\n' "$name"
        printf 'bind interfaces only = yes\nprivate dir = %s\n' "$work/$name"
        printf '%s directory = %s\n' lock "$work/$name" state "$work/$name" cache "$work/$name" \
            pid "$work/$name" ncalrpc "$work/$name"
        printf '%s\n' "$@"
    } >"$name.conf"
    ip netns exec "$ns" nmbd -F --no-process-group -s "$work/$name.conf" -l "$work/$name" \
        >>"$work/server.log" 2>&1 &
    server_pids+=($!)
}

look_up() { in_client nmblookup -s laptop.conf "$@" >>answers 2>&1 || true; }

network
ip -n $client_ns addr change $client_ip/24 broadcast 10.9.0.255 dev eth0
ip -n $server_ns addr change $server_ip/24 broadcast 10.9.0.255 dev eth0
capture $client_ns -i eth0 udp port 137
node $server_ns files "wins support = yes"
sleep 6
node $client_ns laptop "wins server = $server_ip"
sleep 6
look_up files
look_up nobody
look_up -U $server_ip --recursion files
look_up -U $server_ip --recursion nobody
look_up -A $server_ip
kill "${server_pids[-1]}"
sleep 2
save dns-netbios.pcap
expect 10+ "nbns.flags.response == 1"
expect 1+ "nbns.flags.response == 0 and nbns.flags.opcode == 6"
expect 1+ "nbns.type == 33 and nbns.flags.response == 1"
expect 1 "nbns.flags.response == 1 and nbns.flags.rcode == 3"
