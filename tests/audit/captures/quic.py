"""QUIC."""
import struct

from generator import capture
from generator.messages import alpn, client_extensions13, client_hello, replaced, u16
from generator.quic import (DRAFT_29, V1, client_initial, server_initial, transport_parameters,
                            version_information)
from generator.samples import read, spoil

CLIENT, SERVER = "10.9.0.1:40443", "10.9.0.2:443"


@capture
def quic_google(out):
    """Q043: public header (version, connection id), packet number, hash, and in a STREAM frame the
    message CHLO with one tag."""
    value = b"www.example.test"
    chlo = b"CHLO" + struct.pack("<HH", 1, 0) + b"SNI\0" + struct.pack("<I", len(value)) + value
    stream = b"\xa0\x01" + u16(len(chlo)) + chlo
    packet = b"\x09" + out.fresh(8) + b"Q043" + b"\x01" + out.fresh(12) + stream
    out.udp(CLIENT, SERVER, packet + bytes(1350 - len(packet)))


def begin(out, version, chosen, datagram_len=1200, vouched=b"", client=CLIENT):
    """The client's first packet, of one version; the hello in it may speak of another, and vouch for
    a connection id that is not empty, as that of the packet is."""
    source = (0x0F, vouched)
    extension = transport_parameters(source, version_information(chosen, chosen))
    items = replaced(client_extensions13(out), alpn("h3"), extension)
    hello = client_hello(out.fresh(32), (0x1301,), items)
    out.udp(client, SERVER, client_initial(version, out.fresh(8), hello,
                                           datagram_len=datagram_len))


@capture
def quic_draft_29(out):
    begin(out, DRAFT_29, DRAFT_29[0])


@capture
def quic_version_1(out):
    begin(out, V1, V1[0])


@capture
def quic_version_changed(out):
    """The hello says that version 2 was chosen, the packet is of version 1."""
    begin(out, V1, 0x6B3343CF)


@capture
def quic_retry_forged(out):
    read(out, "quic-retry.pcap")
    spoil(out, 2, -1)


@capture
def quic_initial_spoiled(out):
    """The server's Initial, in its middle."""
    read(out, "quic-v1.pcap")
    spoil(out, 2, 42 + 80)


@capture
def quic_initial_small(out):
    begin(out, V1, V1[0], datagram_len=1199)


@capture
def quic_id_not_vouched_for(out):
    """The header's source connection id is empty."""
    begin(out, V1, V1[0], vouched=b"\xc0\xff\xee")


def answer(out, datagrams):
    """The client says 1200 bytes, and the server so many times as much."""
    begin(out, V1, V1[0])
    source = out.fresh(8)
    for number in range(datagrams):
        out.udp(SERVER, CLIENT, server_initial(V1, source, number))


@capture
def quic_amplified(out):
    """Frame 5 is the server's fourth."""
    answer(out, 4)


@capture
def quic_amplified_thrice(out):
    answer(out, 3)
