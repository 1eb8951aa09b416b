#!/bin/bash
# Extensions of both hellos that programs seldom send: readable, with TLS 1.2, and once more with TLS 1.3.
# Packages: those of lib.sh, gnutls-bin
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec
server_certificate rsa rsa2048
new_key alone.key ec
for key in rsa alone; do openssl pkey -in $key.key -pubout -out $key.public; done

# Any signature will do: who connects does not know the log.
python3 - >serverinfo.pem <<'END'
import base64, struct, hashlib
signature = bytes.fromhex("3006020101020101")
sct = b"\0" + hashlib.sha256(b"a log").digest() + struct.pack(">Q", 1577836800123) + b"\0\0"
sct += struct.pack(">HH", 0x0403, len(signature)) + signature
body = struct.pack(">HH", len(sct) + 2, len(sct)) + sct
extension = struct.pack(">HH", 18, len(body)) + body
print("-----BEGIN SERVERINFO FOR SCT-----")
print(base64.b64encode(extension).decode())
print("-----END SERVERINFO FOR SCT-----")
END

# s_client wants to know a log before it asks for timestamps.
cat >logs.conf <<END
enabled_logs = own
[own]
description = A log
key = $(openssl pkey -in web.key -pubout -outform DER | base64 -w 0)
END

network
capture
# shellcheck disable=SC2046
tls_server $(identity web) -tls1_2 -serverinfo serverinfo.pem -nextprotoneg h2,http/1.1
tls_get -tls1_2 -ct -ctlogfile logs.conf -maxfraglen 1024 -nextprotoneg h2 -status -servername $host \
    -requestCAfile root.pem
save extensions-openssl.pcap
expect 1 "tls.handshake.type == 2 and tls.handshake.extension.type == 18"
expect 1 "tls.handshake.type == 2 and tls.handshake.extension.type == 13172"
expect 1 "tls.handshake.type == 2 and tls.handshake.extension.type == 1"

network
capture
tls='NORMAL:-VERS-ALL:+VERS-TLS1.2:+CTYPE-ALL'
serve 443 gnutls-serv --quiet --http -p 443 --rawpkkeyfile rsa.key --rawpkfile rsa.public --heartbeat \
    --recordsize 2048 --priority "$tls:-CTYPE-SRV-ALL:+CTYPE-SRV-RAWPK"
printf 'GET / HTTP/1.0\r\n\r\n' | SSLKEYLOGFILE=$keylog in_client gnutls-cli -p 443 $server_ip \
    --sni-hostname $host --insecure --heartbeat --recordsize 4096 --srtp-profiles SRTP_AES128_CM_HMAC_SHA1_80 \
    --priority "$tls" >client.log 2>&1 || true
save extensions-gnutls.pcap
expect 1 "tls.handshake.type == 2 and tls.handshake.extension.type == 20"
expect 1 "tls.handshake.type == 2 and tls.handshake.extension.type == 28"

# No certificates at all: both sides show a bare key and sign with it.
network
capture
tls='NORMAL:-VERS-ALL:+VERS-TLS1.3:-CTYPE-ALL:+CTYPE-RAWPK'
serve 443 gnutls-serv --quiet --http -p 443 --rawpkkeyfile rsa.key --rawpkfile rsa.public --require-client-cert \
    --priority "$tls"
printf 'GET / HTTP/1.0\r\n\r\n' | SSLKEYLOGFILE=$keylog in_client gnutls-cli -p 443 $server_ip \
    --sni-hostname $host --insecure --rawpkkeyfile alone.key --rawpkfile alone.public --priority "$tls" \
    >client.log 2>&1 || true
save raw-public-keys.pcap
expect 1 "tls.handshake.type == 1 and tls.handshake.extension.type == 19 and tls.handshake.extension.type == 20"
