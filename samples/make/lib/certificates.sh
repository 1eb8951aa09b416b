# shellcheck shell=bash
# Throw-away authorities and certificates. They live as long as the script.

new_key() {
    case $2 in
    ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null ;;
    rsa*) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:"${2#rsa}" -out "$1" 2>/dev/null ;;
    esac
}

# sign NAME ISSUER SUBJECT EXTENSIONS [DIGEST]: a certificate for NAME.key in NAME.pem, by ISSUER's key.
# DAYS_AGO makes it then, for 30 days.
sign() {
    local name=$1 issuer=$2 subject=$3 extensions=$4 digest=${5:-sha256}
    openssl req -new -key "$work/$name.key" -subj "$subject" -out "$work/$name.csr"
    printf '%b' "$extensions" >"$work/$name.ext"
    local days=397 clock=()
    [ -z "${DAYS_AGO:-}" ] || { days=30 && clock=(faketime "$DAYS_AGO days ago"); }
    "${clock[@]}" openssl x509 -req -in "$work/$name.csr" -CA "$work/$issuer.pem" \
        -CAkey "$work/$issuer.key" "-$digest" -set_serial "0x$(openssl rand -hex 15)" -days $days \
        -extfile "$work/$name.ext" -out "$work/$name.pem" 2>/dev/null
}

# A root and an intermediate authority, of the key type given (ec).
authority() {
    local type=${1:-ec}
    local ca='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n'
    new_key "$work/root.key" "$type"
    openssl req -x509 -new -key "$work/root.key" -days 3650 -subj "/O=Sample Trust/CN=Sample Root" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
        -out "$work/root.pem"
    new_key "$work/intermediate.key" "$type"
    sign intermediate root "/O=Sample Trust/CN=Sample Issuing CA" "$ca"
}

# server_certificate NAME [KEY_TYPE [DIGEST]]: for the server's names, by the intermediate authority;
# NAME.chain.pem has the chain as servers want it.
server_certificate() {
    local name=$1 type=${2:-ec} digest=${3:-sha256} extensions
    extensions="basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature"
    case $type in rsa*) extensions+=",keyEncipherment" ;; esac
    extensions+="\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:$host,DNS:dual.example.test"
    extensions+=",DNS:brief.example.test,DNS:shop.example.test,IP:$server_ip"
    extensions+="\nauthorityInfoAccess=OCSP;URI:http://ocsp.example.test/\n"
    new_key "$work/$name.key" "$type"
    sign "$name" intermediate "/CN=$host" "$extensions" "$digest"
    cat "$work/$name.pem" "$work/intermediate.pem" >"$work/$name.chain.pem"
}

client_certificate() {
    new_key "$work/$1.key" ec
    sign "$1" intermediate "/O=Sample Trust/CN=alice" \
        "extendedKeyUsage=clientAuth\nsubjectAltName=email:alice@example.test\n"
}
