# shellcheck shell=bash
# The two namespaces, the link between them, and servers that run in the one.

# Ends every process in our namespaces (they are all ours) and the namespaces.
remove_network() {
    local ns pid
    for ns in $client_ns $server_ns $mirror_ns; do
        [ -e "/run/netns/$ns" ] || continue
        for pid in $(ip netns pids "$ns"); do kill -9 "$pid" 2>/dev/null || true; done
    done
    if [ -n "$link_pid" ]; then
        kill "$link_pid" 2>/dev/null || true
        wait "$link_pid" 2>/dev/null || true
    fi
    wait 2>/dev/null || true
    for ns in $client_ns $server_ns $mirror_ns; do
        [ ! -e "/run/netns/$ns" ] || ip netns del "$ns"
    done
    link_pid='' capture_pid='' server_pids=()
}

clean_up() {
    remove_network
    rm -rf "$work" /etc/netns/$client_ns
}
trap clean_up EXIT

add_namespace() {
    ip netns add "$1"
    ip netns exec "$1" sysctl -qw net.ipv6.conf.default.accept_dad=0 \
        net.ipv6.conf.default.router_solicitations=0 net.ipv6.conf.default.accept_ra=0 \
        net.ipv6.conf.default.addr_gen_mode=1
    ip -n "$1" link set lo up
}

# address_interface NS MAC PEER_MAC PEER_IP PEER_IP6 ADDRESS…: neighbours are fixed, so that nobody asks.
address_interface() {
    local ns=$1 mac=$2 peer_mac=$3 peer_ip=$4 peer_ip6=$5 address
    shift 5
    [ "$mac" = none ] || ip -n "$ns" link set eth0 address "$mac"
    ip -n "$ns" link set eth0 mtu 1500 up
    for address in "$@"; do ip -n "$ns" addr add "$address" dev eth0; done
    if [ "$mac" != none ]; then
        ip -n "$ns" neigh replace "$peer_ip" lladdr "$peer_mac" dev eth0 nud permanent
        ip -n "$ns" neigh replace $resolver_ip lladdr "$peer_mac" dev eth0 nud permanent
        ip -n "$ns" neigh replace "$peer_ip6" lladdr "$peer_mac" dev eth0 nud permanent
    fi
}

# network [OPTIONS OF link.py]: a client and a server, 5 ms apart unless told otherwise.
network() {
    local client_mac=02:00:00:00:00:01 server_mac=02:00:00:00:00:02
    remove_network
    rm -f "$work/link"
    add_namespace $client_ns
    add_namespace $server_ns
    case " $* " in *" --mirror "*) add_namespace $mirror_ns ;; esac
    case " $* " in *" --tun "*) client_mac=none server_mac=none ;; esac
    python3 "$lib_dir/link.py" --client $client_ns --server $server_ns "$@" >"$work/link" &
    link_pid=$!
    wait_until "the link" grep -qs ready "$work/link"
    address_interface $client_ns $client_mac $server_mac $server_ip $server_ip6 \
        $client_ip/24 "$client_ip6/64"
    address_interface $server_ns $server_mac $client_mac $client_ip $client_ip6 \
        $server_ip/24 $resolver_ip/24 "$server_ip6/64"
    [ ! -e /run/netns/$mirror_ns ] || ip -n $mirror_ns link set eth0 mtu 1600 up
}

# wait_until WHAT COMMAND…: for up to ten seconds.
wait_until() {
    local what=$1 tries=0
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || fail "$what did not come up"
        sleep 0.05
    done
}

in_client() { timeout 30 ip netns exec $client_ns "$@"; }
in_server() { timeout 30 ip netns exec $server_ns "$@"; }

listens() { ip netns exec $server_ns ss -Hltn "sport = :$1" | grep -q .; }

# serve PORT COMMAND…: runs a server in the background and waits until it listens on the TCP port. Its input
# stays open and empty.
serve() {
    local port=$1
    shift
    ip netns exec $server_ns "$@" >>"$work/server.log" 2>&1 <>"$work/silence" &
    server_pids+=($!)
    wait_until "$1 on port $port" listens "$port"
}

stop_servers() {
    local pid
    for pid in "${server_pids[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    server_pids=()
}
