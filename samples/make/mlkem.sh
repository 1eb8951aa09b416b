#!/bin/bash
# TLS 1.3 with hybrid post-quantum key exchange really agreed on: node 24 brings OpenSSL 3.5. NODE may name
# such a node; otherwise it comes from the npm registry, whose package "node" holds the program.
# Packages: those of lib.sh, chromium libnss3-tools knot npm unbound
. "$(dirname "$0")/lib.sh"

if [ -z "${NODE:-}" ]; then
    npm install --silent --no-audit --no-fund --prefix "$work" node@24 >/dev/null
    NODE=$work/node_modules/node/bin/node
fi

authority ec
server_certificate web ec

# node_server GROUPS: HTTP/2 and HTTP/1.1 on port 443.
node_server() {
    cat >server.js <<END
const fs = require("fs");
const options = {
  key: fs.readFileSync("web.key"), cert: fs.readFileSync("web.chain.pem"),
  allowHTTP1: true, ecdhCurve: "$1",
};
const page = '<!doctype html><title>Sample</title><link rel="icon" href="data:,"><h1>A page to visit</h1>';
require("http2").createSecureServer(options, (request, response) => {
  response.writeHead(200, { "content-type": "text/html" });
  response.end(page);
}).listen(443, "0.0.0.0");
END
    serve 443 "$NODE" server.js
}

# node_get GROUPS: one request by node's own client, over HTTP/1.1.
node_get() {
    cat >client.js <<END
const fs = require("fs");
require("https").get({
  host: "$server_ip", servername: "$host", headers: { host: "$host", connection: "close" }, path: "/",
  ca: fs.readFileSync("root.pem"), ecdhCurve: "$1", ALPNProtocols: ["http/1.1"],
}, (response) => response.resume()).end();
END
    in_client env NODE_NO_WARNINGS=1 "$NODE" --tls-keylog="$keylog" client.js
}

network
resolver
node_server X25519MLKEM768:X25519
capture
browse https://$host/
save tls13-mlkem.pcapng
expect 1 "tls.handshake.type == 2 and tls.handshake.extensions_key_share_group == 0x11ec"
expect 2 "dns.flags.response == 0"

# The client offers a share that the server does not take, and is asked for a hybrid one.
network
node_server SecP256r1MLKEM768
capture
node_get X25519:SecP256r1MLKEM768
save tls13-mlkem-hello-retry.pcap
expect 2 "tls.handshake.type == 1"
expect 2 "tls.handshake.type == 2 and tls.handshake.extensions_key_share_selected_group == 0x11eb or \
    tls.handshake.type == 2 and tls.handshake.extensions_key_share_group == 0x11eb"
