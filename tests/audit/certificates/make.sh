#!/bin/sh
# Makes the certificates of the made-up captures anew. Their keys are thrown away: nothing is ever
# signed by them but these certificates, so only they are kept.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# issue NAME SUBJECT EXTENSIONS FROM TO ISSUER [key options]; ISSUER - : self-signed
issue() {
    name=$1 subject=$2 extensions=$3 from=$4 to=$5 issuer=$6
    shift 6
    openssl req -new -newkey "${1:-rsa:2048}" ${2:+-pkeyopt "$2"} -nodes -subj "$subject" \
        -keyout "$work/$name.key" -out "$work/$name.csr" 2>/dev/null
    printf '%b' "$extensions" > "$work/$name.ext"
    : > "$work/index.txt"
    printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s\nnew_certs_dir=%s\nrand_serial=yes\n' \
        "$work/index.txt" "$work" > "$work/ca.cnf"
    printf 'default_md=%s\npolicy=p\nunique_subject=no\n[p]\ncommonName=optional\n' \
        "${DIGEST:-sha256}" >> "$work/ca.cnf"
    printf 'organizationName=optional\n' >> "$work/ca.cnf"
    if [ "$issuer" = - ]; then
        set -- -selfsign -keyfile "$work/$name.key"
    else
        set -- -cert "$issuer.pem" -keyfile "$work/$issuer.key"
    fi
    openssl ca -batch -config "$work/ca.cnf" -startdate "$from" -enddate "$to" -notext \
        -extfile "$work/$name.ext" -in "$work/$name.csr" -out "$name.pem" "$@" 2>/dev/null
}

CA='basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
SERVER='basicConstraints=CA:false\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n'
CLIENT='basicConstraints=CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n'

issue root '/O=Audit Test/CN=Audit Test Root' "$CA" 20260101000000Z 20360101000000Z -
issue leaf '/CN=www.example.test' "${SERVER}subjectAltName=DNS:www.example.test\n" \
    20261001000000Z 20261220000000Z root
issue client '/CN=someone' "$CLIENT" 20261001000000Z 20261220000000Z root
