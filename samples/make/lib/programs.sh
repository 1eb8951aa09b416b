# shellcheck shell=bash
# The programs that most samples are made with.

# --- OpenSSL: s_server and s_client ---

# tls_server [-port N] OPTIONS…: answers each GET with a page on its view of the connection, then closes.
tls_server() {
    local port=443
    if [ "${1:-}" = -port ]; then port=$2 && shift 2; fi
    serve "$port" openssl s_server -accept "$port" -www "$@"
}

# identity NAME: the options that give a server the certificate NAME and its chain.
identity() { echo "-cert $1.pem -key $1.key -cert_chain intermediate.pem"; }

# tls_answer OPTIONS…: a server that says nothing by itself.
tls_answer() { serve 443 openssl s_server -accept 443 -quiet "$@"; }

# tls_say TEXT OPTIONS…: one line to the server and, half a second later, the end.
tls_say() {
    local text=$1
    shift
    { printf '%s\n' "$text" && sleep 0.5; } |
        in_client openssl s_client -connect $server_ip:443 -servername $host -CAfile root.pem \
            -keylogfile "$keylog" -quiet -no_ign_eof "$@" >>"$work/client.log" 2>&1 || true
}

# tls_get [-port N] OPTIONS…: one request to the server; how it ends is for the sample to show.
tls_get() {
    local port=443
    if [ "${1:-}" = -port ]; then port=$2 && shift 2; fi
    printf 'GET / HTTP/1.0\r\nHost: %s\r\n\r\n' $host |
        in_client openssl s_client -connect $server_ip:"$port" -servername $host -CAfile root.pem \
            -keylogfile "$keylog" -quiet -ign_eof "$@" >>"$work/client.log" 2>&1 || true
}

# --- DNS: unbound and knotd ---

# resolver: unbound on $resolver_ip, which asks knotd, the name server of example.test, on loopback. Any
# other name is refused. DNS over TLS too, where a certificate "resolver" was made. Packages: knot unbound
resolver() {
    mkdir -p knot
    cp "$lib_dir"/*.zone knot/
    cat >knot.conf <<END
server:
    rundir: $work/knot
    listen: 127.0.0.1@5353
database:
    storage: $work/knot
template:
  - id: default
    storage: $work/knot
    zonefile-sync: -1
zone:
  - domain: example.test
    file: example.test.zone
  - domain: 9.10.in-addr.arpa
    file: 9.10.in-addr.arpa.zone
END
    cat >unbound.conf <<END
server:
    directory: $work
    chroot: ""
    username: ""
    pidfile: $work/unbound.pid
    use-syslog: no
    module-config: iterator
    do-not-query-localhost: no
    interface: $resolver_ip
    access-control: 10.9.0.0/24 allow
    local-zone: . refuse
    local-zone: example.test. transparent
    local-zone: 9.10.in-addr.arpa. transparent
    edns-buffer-size: 1232
    minimal-responses: no
stub-zone:
    name: example.test
    stub-addr: 127.0.0.1@5353
stub-zone:
    name: 9.10.in-addr.arpa
    stub-addr: 127.0.0.1@5353
END
    [ ! -e resolver.pem ] || cat >>unbound.conf <<END
server:
    interface: $resolver_ip@853
    tls-service-key: $work/resolver.key
    tls-service-pem: $work/resolver.chain.pem
END
    serve 5353 knotd -c knot.conf
    serve 53 unbound -d -c unbound.conf
    mkdir -p /etc/netns/$client_ns
    printf 'nameserver %s\noptions timeout:2\n' $resolver_ip >/etc/netns/$client_ns/resolv.conf
}


# --- Web: nginx and Chromium ---

# web_server NAME: nginx on ports 80 and 443 with the certificate NAME. Package: nginx-light
web_server() {
    mkdir -p web
    cat >web/index.html <<END
<!doctype html>
<title>Sample</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<h1>A page to visit</h1>
END
    echo 'h1 { color: teal; }' >web/style.css
    head -c 350000 /dev/urandom >web/download.bin
    cat >nginx.conf <<END
daemon off;
master_process off;
pid $work/nginx.pid;
error_log $work/nginx.log;
events {}
http {
    access_log off;
    client_body_temp_path $work/web/tmp;
    proxy_temp_path $work/web/tmp;
    fastcgi_temp_path $work/web/tmp;
    uwsgi_temp_path $work/web/tmp;
    scgi_temp_path $work/web/tmp;
    types { text/html html; text/css css; }
    default_type application/octet-stream;
    server {
        listen 80;
        listen [::]:80;
        listen 443 ssl http2;
        listen [::]:443 ssl http2;
        server_name $host;
        root $work/web;
        location /slow/ {
            alias $work/web/;
            limit_rate 20k;
        }
        ssl_certificate $work/$1.chain.pem;
        ssl_certificate_key $work/$1.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_tickets on;
    }
}
END
    serve 443 nginx -e "$work/nginx.log" -c "$work/nginx.conf"
}

# browse URL: Chromium fetches the page and ends. Packages: chromium libnss3-tools
browse() {
    local home=$work/home
    rm -rf "$home" profile
    mkdir -p "$home/.pki/nssdb"
    # Without guessing ahead, a visit is one connection; without other hosts, it is about the page only.
    mkdir -p profile/Default
    echo '{"net": {"network_prediction_options": 2}}' >profile/Default/Preferences
    HOME=$home timeout 10 certutil -N -d "sql:$home/.pki/nssdb" --empty-password
    HOME=$home timeout 10 certutil -A -d "sql:$home/.pki/nssdb" -n "Sample Root" -t C,, -i root.pem
    HOME=$home SSLKEYLOGFILE=$keylog in_client chromium --headless --no-sandbox --disable-gpu --disable-quic \
        --no-first-run --disable-background-networking --disable-component-update --disable-sync \
        --disable-default-apps --disable-extensions --user-data-dir="$work/profile" \
        --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE *.example.test' \
        --dump-dom "$1" >page.html 2>chromium.log
    grep -q 'A page to visit' page.html || fail "Chromium did not show the page: $(tail -3 chromium.log)"
}
