#!/bin/bash
# Chromium visits a page whose HTTPS record has an ECHConfig: the ClientHello names the cover, not the page. The
# server knows no ECH; it answers as the cover, and Chromium, which can trust that, tries again without.
# Packages: those of lib.sh, chromium libnss3-tools nginx-light knot unbound
. "$(dirname "$0")/lib.sh"

# ech_config ID PUBLIC_NAME: an ECHConfigList (RFC 9849 section 4) of one config, in base64.
ech_config() {
    openssl genpkey -algorithm X25519 -outform DER 2>/dev/null |
        openssl pkey -inform DER -pubout -outform DER 2>/dev/null | tail -c 32 >ech.public
    python3 - "$@" <<'END'
import base64, struct, sys
key = open("ech.public", "rb").read()
name = sys.argv[2].encode()
suites = struct.pack(">HHHH", 1, 1, 1, 3)
contents = struct.pack(">BHH", int(sys.argv[1]), 0x20, len(key)) + key
contents += struct.pack(">H", len(suites)) + suites + struct.pack(">BB", 0, len(name)) + name + b"\0\0"
config = struct.pack(">HH", 0xFE0D, len(contents)) + contents
print(base64.b64encode(struct.pack(">H", len(config)) + config).decode())
END
}

authority ec
server_certificate web ec
cp -r "$lib_dir" lib
echo "brief 300 HTTPS 1 . alpn=h2 ech=$(ech_config 42 shop.example.test)" >>lib/example.test.zone
lib_dir=$work/lib

network
resolver
web_server web
capture
browse https://brief.example.test/
save ech.pcapng
expect 1 "tls.handshake.extensions_server_name == shop.example.test"
expect 1 "tls.handshake.extensions_server_name == brief.example.test"
