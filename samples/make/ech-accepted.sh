#!/bin/bash
# Encrypted ClientHello that the server accepts: NSS with itself, by tstclnt and selfserv. Debian's libraries of NSS
# write no key log; Firefox's do, a client's with ECH_SECRET. selfserv is Debian 13's, for that of Debian 12 cannot make
# a key for ECH: its packages libc6 libnspr4 libnss3 libnss3-tools libsqlite3-0 zlib1g are unpacked into $NSS_ROOT.
# Packages: those of lib.sh, firefox-esr libnss3-tools
. "$(dirname "$0")/lib.sh"

firefox=${FIREFOX:-/usr/lib/firefox-esr}
nss_root=${NSS_ROOT:?is where the NSS of Debian 13 lies}

# nss_server NAME PORT OPTIONS…: selfserv, which makes a key of its own for ECH under the cover shop.example.test, and
# writes its ECHConfigList where NAME.log has it.
nss_server() {
    local name=$1 port=$2
    shift 2
    cat >"$name.sh" <<END
exec $nss_root/usr/lib64/ld-linux-x86-64.so.2 --library-path $firefox:$nss_root/usr/lib/x86_64-linux-gnu \
    $nss_root/usr/bin/selfserv -d sql:db -n web -p $port -V tls1.3:tls1.3 -X publicname:shop.example.test $*
END
    serve "$port" script -qfc "sh $name.sh" "$name.log" # a terminal, for which it does not wait to write
}

configs_of() { grep -ao 'A[A-Za-z0-9+/=]\{60,\}' "$1.log" | head -1; }

# nss_get OPTIONS…: one request for the page of brief.example.test. It does not end when the server does.
nss_get() {
    printf 'GET / HTTP/1.0\r\n\r\n' |
        SSLKEYLOGFILE=$keylog LD_LIBRARY_PATH=$firefox in_client timeout 0.5 tstclnt -d sql:db -4 -h $server_ip \
            -p 443 -a brief.example.test -o -V tls1.3:tls1.3 "$@" >>"$work/client.log" 2>&1 || true
}

authority ec
server_certificate web ec
openssl pkcs12 -export -in web.pem -inkey web.key -certfile intermediate.pem -name web -passout pass: -out web.p12
mkdir db
certutil -N -d sql:db --empty-password
certutil -A -d sql:db -n root -t C,, -i root.pem
certutil -A -d sql:db -n intermediate -t ,, -i intermediate.pem
pk12util -d sql:db -i web.p12 -W '' >/dev/null

network
nss_server earlier 4433
nss_server now 443 -I P256
capture
nss_get -N "$(configs_of now)" -I P256        # accepted
nss_get -N "$(configs_of now)" -I x25519,P256 # accepted, with a HelloRetryRequest between
nss_get -N "$(configs_of earlier)" -I P256    # rejected
nss_get -i 100 -I P256                        # for show (GREASE)
save ech-accepted.pcap
expect 5 "tls.handshake.type == 1"
expect 4 "tls.handshake.extensions_server_name == shop.example.test"
expect 1 "tls.handshake.extensions_server_name == brief.example.test"

# As programs write it that do not know these labels.
grep -v '^ECH_' "$samples_dir/ech-accepted.keylog" >"$samples_dir/ech-accepted.other.keylog"
