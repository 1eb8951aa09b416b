"""What nobody sends who means well."""
from captures.failure import Begun
from generator import capture, x509
from generator.handshakes import Tls12
from generator.messages import HEARTBEAT, client_extensions12, record, replaced, u16, u8


def heartbeat(kind, length, content):
    return record(HEARTBEAT, u8(kind) + u16(length) + content)


@capture
def heartbleed(out):
    """Asked in 9, answered in 10."""
    c = Begun().begin(out, "done")
    c.client(heartbeat(1, 0x4000, b""))
    c.server(heartbeat(2, 0x4000, out.fresh(1000)))
    c.close()


@capture
def heartbeats(out):
    """Honest ones, 9 and 10."""
    c = Begun().begin(out, "done")
    c.client(heartbeat(1, 4, b"ping" + bytes(16)))
    c.server(heartbeat(2, 4, b"ping" + bytes(16)))
    c.close()


@capture
def ticketbleed(out):
    """An id of one byte comes back with 31 more (CVE-2016-9244)."""
    Tls12(session_id=b"\x7f", server_session_id=b"\x7f" + out.fresh(31), resumed=True).run(out)


@capture
def session_resumed(out):
    session_id = out.fresh(32)
    Tls12(session_id=session_id, server_session_id=session_id, resumed=True).run(out)


def to_public(out, offer):
    """A certificate signed by itself, for ten years, in 6."""
    Tls12(server="192.0.2.2:443", offer=offer, certificates=(x509.certificate(
        x509.AUTHORITY, key=x509.rsa(x509.P * x509.Q),
        valid=("260101000000Z", "360101000000Z")),)).run(out)


@capture
def like_malware(out):
    """Nor does the hello (4) say whom it asks for."""
    to_public(out, replaced(client_extensions12(), 0))


@capture
def like_a_device(out):
    to_public(out, client_extensions12())
