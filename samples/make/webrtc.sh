#!/bin/bash
# WebRTC: two peers in one page of Chromium open a data channel. STUN and DTLS share their ports.
# Packages: those of lib.sh, chromium
. "$(dirname "$0")/lib.sh"

# Two peers that close once a message went both ways.
cat >peers.html <<'END'
<!doctype html>
<title>Two peers</title>
<script>
const a = new RTCPeerConnection(), b = new RTCPeerConnection();
a.onicecandidate = e => e.candidate && b.addIceCandidate(e.candidate);
b.onicecandidate = e => e.candidate && a.addIceCandidate(e.candidate);
const channel = a.createDataChannel("talk");
channel.onopen = () => channel.send("How do you do?");
channel.onmessage = () => setTimeout(() => { a.close(); b.close(); }, 200);
b.ondatachannel = e => { e.channel.onmessage = m => e.channel.send(m.data); };
(async () => {
    await a.setLocalDescription();
    await b.setRemoteDescription(a.localDescription);
    await b.setLocalDescription();
    await a.setRemoteDescription(b.localDescription);
})();
</script>
END

network
ip -n $client_ns route add default via $server_ip # without it there is no address to offer
capture $client_ns -i lo udp
HOME=$work in_client timeout 6 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --disable-default-apps \
    --disable-extensions --user-data-dir="$work/profile" --remote-debugging-port=0 \
    --disable-features=WebRtcHideLocalIpsWithMdns "file://$work/peers.html" >chromium.log 2>&1 || true
save dtls13-webrtc.pcapng
expect 2+ "stun.type == 0x0001"
expect 1 "dtls.handshake.type == 2 and dtls.handshake.extensions.supported_version == 0xfefc"
