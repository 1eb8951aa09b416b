#!/bin/bash
# What tells of revocation: stapled OCSP responses and, beside the capture, a list of revoked certificates. Readable:
# TLS 1.2. With the root to trust and a list of logs, to judge it by.
# Packages: those of lib.sh, faketime
. "$(dirname "$0")/lib.sh"

authority ec
for name in good revoked old listed; do server_certificate $name ec; done
new_key must.key ec
sign must intermediate "/CN=$host" "subjectAltName=DNS:$host\ntlsfeature=status_request\n"

serial_of() { openssl x509 -in "$1.pem" -noout -serial | cut -d= -f2; }
yesterday=$(date -u -d yesterday +%y%m%d%H%M%SZ)
next_year=$(date -u -d '+1 year' +%y%m%d%H%M%SZ)
for name in good old must; do
    printf 'V\t%s\t\t%s\tunknown\t/CN=%s\n' "$next_year" "$(serial_of $name)" $name
done >index.txt
printf 'R\t%s\t%s,keyCompromise\t%s\tunknown\t/CN=%s\n' "$next_year" "$yesterday" "$(serial_of revoked)" revoked >>index.txt
printf 'R\t%s\t%s,superseded\t%s\tunknown\t/CN=%s\n' "$next_year" "$yesterday" "$(serial_of listed)" listed >>index.txt

# staple NAME [COMMAND…]: a response on the certificate NAME, for a week; COMMAND sets the clock.
staple() {
    local name=$1
    shift
    "$@" openssl ocsp -index index.txt -CA intermediate.pem -rsigner intermediate.pem -rkey intermediate.key \
        -issuer intermediate.pem -cert "$name.pem" -ndays 7 -respout "$name.ocsp" >>ocsp.log 2>&1
}
staple good
staple revoked
staple old faketime '30 days ago'
printf '[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\ndefault_md=sha256\n' >ca.conf
openssl ca -config ca.conf -gencrl -cert intermediate.pem -keyfile intermediate.key -crldays 7 -out crl.pem 2>>ca.log
new_key log.key ec
"$lib_dir/sct.py" good.pem log.key >serverinfo.pem
"$lib_dir/sct.py" --list log.key "Sample Log" >logs.json
printf 'enabled_logs = own\n[own]\ndescription = Sample Log\nkey = %s\n' \
    "$(openssl pkey -in log.key -pubout -outform DER | base64 -w 0)" >logs.conf

# answer NAME OPTIONS…: a connection to a server with the certificate NAME.
answer() {
    local name=$1
    shift
    # shellcheck disable=SC2046 # the options are words
    tls_answer $(identity "$name") -tls1_2 "$@"
    tls_say hello -tls1_2 -status -ct -ctlogfile logs.conf
    stop_servers
}

network
capture
answer good -status_file good.ocsp -serverinfo serverinfo.pem
answer revoked -status_file revoked.ocsp
answer old -status_file old.ocsp
answer must
answer listed
save revocation.pcap
expect 3 "tls.handshake.type == 22"
expect 5 "tls.handshake.type == 11"
expect 1 "tls.handshake.type == 2 and tls.handshake.extension.type == 18"
for file in root.pem crl.pem logs.json; do cp $file "$samples_dir/revocation.$file"; done
