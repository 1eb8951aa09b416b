#!/bin/bash
# Chains of certificates with one fault each, by a private authority whose root is pki/root.pem; TLS 1.2, so
# that they can be seen. The server's name says what is wrong.
# Packages: those of lib.sh, faketime
. "$(dirname "$0")/lib.sh"

tls_options="-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256@SECLEVEL=0"

# issue NAME ISSUER SUBJECT EXTENSIONS [KEY_TYPE [DIGEST [DAYS]]]: NAME.pem and NAME.key. WHEN ("60 days ago")
# makes it then.
issue() {
    local name=$1 issuer=$2 subject=$3 extensions=$4 type=${5:-ec} digest=${6:-sha256} days=${7:-90} clock=()
    [ -z "${WHEN:-}" ] || clock=(faketime "$WHEN")
    new_key "$name.key" "$type"
    openssl req -new -key "$name.key" -subj "$subject" -out "$name.csr"
    printf '%b' "$extensions" >"$name.ext"
    "${clock[@]}" openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "$issuer.key" "-$digest" \
        -set_serial "0x$(openssl rand -hex 15)" -days "$days" -extfile "$name.ext" -out "$name.pem" 2>/dev/null
}

# issuing NAME ISSUER [CONSTRAINTS [MORE_EXTENSIONS [DAYS]]]: a CA's certificate.
issuing() {
    local extensions="basicConstraints=critical,CA:TRUE${3:-}\nkeyUsage=critical,keyCertSign,cRLSign\n"
    issue "$1" "$2" "/O=Sample PKI/CN=Sample ${1^} CA" "$extensions${4:-}" ec sha256 "${5:-3650}"
}

# leaf NAME [ISSUER [ALTERNATIVE_NAMES [EXTENSIONS [KEY_TYPE [DIGEST]]]]]: for NAME.example.test, unless other
# names are given; with "none", without any but the common one.
leaf() {
    local name=$1 issuer=${2:-issuing} names=${3:-DNS:$1.example.test} extensions=${4:-}
    local usage='keyUsage=critical,digitalSignature\n' purpose='extendedKeyUsage=serverAuth\n' san=
    [ "$names" = none ] || san="subjectAltName=$names\n"
    case $extensions in *extendedKeyUsage*) purpose= ;; esac
    issue "$name" "$issuer" "/CN=$name.example.test" \
        "basicConstraints=critical,CA:FALSE\n$usage$purpose$san$extensions" "${5:-ec}" "${6:-sha256}"
}

# shows NAME CHAIN_FILES… -- CLIENT_OPTIONS: one connection to a server with that certificate.
shows() {
    local name=$1 chain=()
    shift
    : >"$name.chain"
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        cat "$1.pem" >>"$name.chain"
        shift
    done
    shift || true
    [ ! -s "$name.chain" ] || chain=(-cert_chain "$name.chain")
    [ $# -gt 0 ] || set -- -servername "$name.example.test"
    # shellcheck disable=SC2086 # the options are words
    tls_answer -cert "$name.pem" -key "$name.key" "${chain[@]}" -no_ticket $tls_options
    in_client openssl s_client -connect $server_ip:443 -CAfile root.pem -tls1_2 -cipher ECDHE@SECLEVEL=0 "$@" \
        </dev/null >>client.log 2>&1 || true
    stop_servers
}

new_key root.key ec
openssl req -x509 -new -key root.key -days 7300 -subj "/O=Sample PKI/CN=Sample PKI Root" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -out root.pem
mkdir -p "$samples_dir/pki"
cp root.pem "$samples_dir/pki/root.pem"
issuing issuing root

# --- Chains ---

# root_certificate NAME SUBJECT EXTENSION…: signed by its own key.
root_certificate() {
    local name=$1 subject=$2 extensions=() extension
    shift 2
    for extension in "$@"; do extensions+=(-addext "$extension"); done
    new_key "$name.key" ec
    openssl req -x509 -new -key "$name.key" -days 90 -subj "$subject" "${extensions[@]}" -out "$name.pem"
}

issuing unseen root
WHEN="400 days ago" issuing expired-ca root "" "" 365
issuing shallow root ",pathlen:0"
issuing deep shallow
issuing middle root
issuing low middle
issuing constrained root "" "nameConstraints=critical,permitted;DNS:inside.example.test\n"
root_certificate elsewhere "/O=Elsewhere/CN=Elsewhere Root" basicConstraints=critical,CA:TRUE \
    keyUsage=critical,keyCertSign
leaf good
leaf incomplete
leaf gap unseen
leaf misordered low
leaf superfluous
leaf expired-issuer expired-ca
leaf path-length deep
leaf name-constraints constrained
leaf issued-by-leaf good
leaf unknown-root elsewhere
root_certificate self-signed /CN=self-signed.example.test basicConstraints=critical,CA:FALSE \
    subjectAltName=DNS:self-signed.example.test
issue ca-as-leaf root /CN=ca-as-leaf.example.test "basicConstraints=critical,CA:TRUE\n\
keyUsage=critical,digitalSignature,keyCertSign\nsubjectAltName=DNS:ca-as-leaf.example.test\n"

network
capture
shows good issuing
shows incomplete
shows gap root
shows misordered middle low
shows superfluous middle issuing
shows expired-issuer expired-ca
shows path-length deep shallow
shows name-constraints constrained
shows issued-by-leaf good issuing
shows unknown-root elsewhere
shows self-signed
shows ca-as-leaf
save pki-chains.pcap
expect 12 "tls.handshake.type == 11"

# --- Certificates ---

leaf rsa2048 issuing DNS:rsa2048.example.test "" rsa2048
WHEN="120 days ago" leaf expired
WHEN="30 days" leaf not-yet-valid
leaf rsa1024 issuing DNS:rsa1024.example.test "" rsa1024
leaf sha1 issuing DNS:sha1.example.test "" ec sha1
leaf client-only issuing DNS:client-only.example.test 'extendedKeyUsage=clientAuth\n'
leaf must-staple issuing DNS:must-staple.example.test 'tlsfeature=status_request\n'

network
capture
shows rsa2048 issuing
shows expired issuing
shows not-yet-valid issuing
shows rsa1024 issuing
shows sha1 issuing
shows client-only issuing
shows must-staple issuing -- -servername must-staple.example.test -status
save pki-certificates.pcap
expect 7 "tls.handshake.type == 11"
expect 0 "tls.handshake.type == 22"

# --- Names ---

leaf common-name issuing none
leaf wildcard issuing 'DNS:*.wild.example.test'
leaf partial issuing 'DNS:part*.example.test'
leaf address issuing "IP:$server_ip"
leaf other-address issuing IP:10.9.0.77

network
capture
shows good issuing -- -servername wrong-name.example.test
shows common-name issuing
shows wildcard issuing -- -servername www.wild.example.test
shows wildcard issuing -- -servername deep.www.wild.example.test
shows partial issuing -- -servername partial.example.test
shows address issuing -- -noservername
shows other-address issuing -- -noservername
shows good issuing -- -noservername
save pki-names.pcap
expect 8 "tls.handshake.type == 11"
