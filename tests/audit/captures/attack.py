"""What nobody sends who means well."""
from captures.failure import Begun
from generator import capture
from generator.handshakes import Tls12
from generator.messages import HEARTBEAT, record, u16, u8


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
