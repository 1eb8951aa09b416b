#!/bin/bash
# Handshakes that fail, each with the alert that says why, and connections that end before their time.
# Packages: those of lib.sh, curl faketime nginx-light
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec
server_certificate rsa rsa2048
DAYS_AGO=60 server_certificate expired ec

# refused FILE ALERT SERVER_OPTIONS CLIENT_OPTIONS: ALERT is the number to be seen, or "encrypted".
refused() {
    network
    capture
    # shellcheck disable=SC2086 # the options are words
    tls_server $3
    # shellcheck disable=SC2086
    tls_get $4
    save "$1"
    case $2 in
    encrypted) expect 1+ "tls.record.opaque_type == 23" ;;
    *) expect 1 "tls.alert_message.desc == $2" ;;
    esac
}

web=$(identity web)
refused alert-handshake-failure.pcap 40 "$web -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256" \
    "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256"
refused alert-protocol-version.pcap 70 "$web -tls1_3" -tls1_2
refused alert-unknown-ca.pcap 48 "$web -tls1_2" "-tls1_2 -CAfile web.pem -verify_return_error"
# OpenSSL's client has not taken up its keys by then: the alert is to be read in TLS 1.3 too.
refused alert-unknown-ca-tls13.pcap 48 "$web -tls1_3" "-tls1_3 -CAfile web.pem -verify_return_error"
refused alert-certificate-expired.pcap 45 "$(identity expired) -tls1_2" "-tls1_2 -verify_return_error"
refused alert-inappropriate-fallback.pcap 86 "$web" "-tls1_2 -fallback_scsv"
refused alert-unrecognized-name.pcap 112 \
    "$web -tls1_2 -servername other.example.test -servername_fatal -cert2 rsa.pem -key2 rsa.key" -tls1_2
refused alert-no-client-certificate.pcap 40 "$web -tls1_2 -Verify 1 -verify_return_error" -tls1_2
refused alert-no-client-certificate-tls13.pcap encrypted "$web -tls1_3 -Verify 1 -verify_return_error" -tls1_3

# nginx does not talk to those who offer only other protocols.
network
web_server web
capture
tls_get -tls1_2 -alpn unheard-of
save alert-no-application-protocol.pcap
expect 1 "tls.alert_message.desc == 120"

# A client that speaks HTTP where TLS is spoken.
network
# shellcheck disable=SC2046
tls_server $(identity web)
capture
in_client curl -s http://$server_ip:443/ -o page || true
save not-tls-to-tls-port.pcap
expect 1 "tcp.payload contains \"GET /\""

# The server is killed in the middle of its answer: FIN, but no close_notify.
network
web_server web
capture
SSLKEYLOGFILE=$keylog in_client curl -s --cacert root.pem --http1.1 \
    --resolve $host:443:$server_ip https://$host/slow/download.bin -o page &
download=$!
sleep 0.5
{ kill -9 "${server_pids[-1]}" && wait "${server_pids[-1]}"; } 2>/dev/null || true
wait $download || true
save close-truncated.pcap
expect 1+ "tcp.flags.fin == 1 and ip.src == $server_ip"

# The client is killed with data unread: RST.
network
web_server web
capture
SSLKEYLOGFILE=$keylog in_client curl -s --cacert root.pem --http1.1 --limit-rate 1k --max-time 0.5 \
    -r 0-70000 --resolve $host:443:$server_ip https://$host/download.bin -o page || true
save close-reset.pcap
expect 1+ "tcp.flags.reset == 1 and ip.src == $client_ip"

# Both sides leave without close_notify, as many programs do.
network
capture
cat >bare.py <<'END'
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if sys.argv[1] == "server" else ssl.PROTOCOL_TLS_CLIENT)
if sys.argv[1] == "server":
    context.load_cert_chain("web.chain.pem", "web.key")
    listener = socket.create_server(("", 443))
    connection = context.wrap_socket(listener.accept()[0], server_side=True)
    connection.recv(100)
    connection.send(b"an answer")
    connection.recv(100)
else:
    context.load_verify_locations("root.pem")
    context.keylog_filename = sys.argv[2]
    connection = context.wrap_socket(socket.create_connection(("10.9.0.2", 443)),
                                     server_hostname="www.example.test")
    connection.send(b"a question")
    connection.recv(100)
connection.detach()
END
serve 443 python3 bare.py server
in_client python3 bare.py client "$keylog"
save close-without-notify.pcap
expect 2 "tcp.flags.fin == 1"
