#!/bin/bash
# TLS through proxies: HTTP CONNECT, SOCKS, the PROXY protocol.
# Packages: those of lib.sh, curl dante-server haproxy microsocks tinyproxy
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec
cat web.chain.pem web.key >web.both.pem

# fetch OPTIONS…: curl asks for the page of a server that the proxy finds by its name.
fetch() {
    SSLKEYLOGFILE=$keylog in_client curl -sS --cacert root.pem -o page "$@" >>client.log 2>&1 || true
}

# The proxy's look-up of the name stays in its namespace.
origin() {
    mkdir -p /etc/netns/$server_ns
    echo "$server_ip $host" >/etc/netns/$server_ns/hosts
    # shellcheck disable=SC2046 # options
    tls_server $(identity web)
}

remove_hosts() { rm -rf /etc/netns/$server_ns; }
trap 'remove_hosts; clean_up' EXIT

network && origin
cat >tinyproxy.conf <<END
Port 8888
Listen $server_ip
Timeout 10
BasicAuth alice secret
LogLevel Critical
DisableViaHeader Yes
END
serve 8888 tinyproxy -d -c tinyproxy.conf
capture
fetch --proxy http://$server_ip:8888 --proxy-anyauth --proxy-user alice:secret https://$host/
save proxy-connect.pcap
expect 2 'http.request.method == "CONNECT"'
expect 1 "http.response.code == 407"

network && origin
serve 1080 microsocks -i $server_ip -p 1080 -u alice -P secret
capture
fetch --socks5-hostname alice:secret@$server_ip:1080 https://$host/
save proxy-socks5.pcap
expect 1+ "socks.version == 5"
expect 1 "tls.handshake.type == 2"

network && origin
cat >danted.conf <<END
logoutput: stderr
internal: eth0 port = 1080
external: eth0
socksmethod: none
clientmethod: none
user.privileged: root
user.unprivileged: nobody
client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
END
serve 1080 danted -f danted.conf -p "$work/danted.pid"
capture
fetch --socks4 $server_ip:1080 --resolve $host:443:$server_ip https://$host/
fetch --socks4a $server_ip:1080 https://$host/ # danted takes 0.0.0.1 for an address
save proxy-socks4.pcap
expect 2+ "socks.version == 4"
expect 1 "tls.handshake.type == 2"

# passes_on NAME OPTIONS…: haproxy, beside the client, passes a connection on to another with a header.
passes_on() {
    local name=$1
    shift
    network
    cat >server.cfg <<END
defaults
    mode tcp
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend f
    bind $server_ip:443 accept-proxy ssl crt $work/web.both.pem
    mode http
    http-request return status 200 content-type text/plain string hello
END
    cat >client.cfg <<END
defaults
    mode tcp
    timeout client 5s
    timeout server 5s
    timeout connect 5s
listen l
    bind 127.0.0.1:443
    tcp-request inspect-delay 1s
    tcp-request content accept if { req.ssl_hello_type 1 }
    server s $server_ip:443 $*
END
    serve 443 haproxy -db -f server.cfg
    ip netns exec $client_ns haproxy -db -f client.cfg >>client.log 2>&1 &
    sleep 0.5
    capture
    fetch --connect-to ::127.0.0.1:443 https://$host/
    save "$name"
    expect 1 "tls.handshake.type == 2"
}

passes_on proxy-v1.pcap send-proxy
expect 1 'tcp contains "PROXY TCP4"'
passes_on proxy-v2.pcap send-proxy-v2 proxy-v2-options crc32c,authority
expect 1 'tcp contains "QUIT"'
