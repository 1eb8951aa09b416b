"""Sessions that are resumed otherwise than they were begun: 21 frames of the first, then the second,
whose hellos are in 25 and 26."""
from generator import capture
from generator.handshakes import Tls12
from generator.messages import client_extensions12, replaced

EXTENDED_MASTER_SECRET = 23


def resumed(out, **changes):
    """By its id, with `changes`."""
    session_id = out.fresh(32)
    Tls12(server_session_id=session_id).run(out)
    Tls12(session_id=session_id, server_session_id=session_id, resumed=True, **changes).run(out)


@capture
def resumed_alike(out):
    resumed(out, offer=client_extensions12("WWW.example.test"))


@capture
def resumed_for_another_name(out):
    resumed(out, offer=client_extensions12("other.example.test"))


@capture
def resumed_without_extended_master(out):
    resumed(out, offer=replaced(client_extensions12(), EXTENDED_MASTER_SECRET),
            answer=replaced(Tls12.answer, EXTENDED_MASTER_SECRET))
