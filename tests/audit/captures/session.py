"""Sessions and the extensions that shape them."""
from generator import capture
from generator.handshakes import Tls12, Tls13
from generator.messages import (HANDSHAKE, client_extensions12, pre_shared_key, psk_modes,
                                replaced)

EARLY_DATA, HEARTBEAT, TRUNCATED_HMAC = 42, 15, 4


@capture
def renegotiation_info_not_answered(out):
    Tls12(answer=replaced(Tls12.answer, 0xFF01)).run(out)


@capture
def renegotiation_not_signalled(out):
    Tls12(offer=replaced(client_extensions12(), 0xFF01),
          answer=replaced(Tls12.answer, 0xFF01)).run(out)


@capture
def ems_not_answered(out):
    Tls12(answer=replaced(Tls12.answer, 23)).run(out)


@capture
def truncated_hmac(out):
    Tls12(suite=0xC013, suites=(0xC013,), offer=replaced(client_extensions12(), (TRUNCATED_HMAC, b"")),
          answer=(*Tls12.answer, (TRUNCATED_HMAC, b""))).run(out)


@capture
def psk_ke_only(out):
    Tls13(changes=(psk_modes(0),)).run(out)


@capture
def early_data_retried(out):
    """0-RTT data, which a HelloRetryRequest refuses."""
    Tls13(changes=((EARLY_DATA, b""), pre_shared_key(out.fresh(100))), early_data=200,
          groups=(29, 23), group=23, retry=23).run(out)


@capture
def ticket_30_days(out):
    Tls12(ticket=30 * 86400).run(out)


@capture
def ticket_2_days(out):
    Tls12(ticket=2 * 86400).run(out)


def renegotiating(out, times, pause):
    """Handshakes inside the session's encryption: both hellos, then each side's Finished."""
    session = Tls12(closed=False)
    c = session.run(out)
    for _ in range(times):
        out.wait(pause)
        c.client(session.protected(HANDSHAKE, 260))
        c.server(session.protected(HANDSHAKE, 1500))
        session.finish(c, c.client)
        session.finish(c, c.server)
    c.close()


@capture
def renegotiated_often(out):
    renegotiating(out, 5, 1)


@capture
def renegotiated_now_and_then(out):
    renegotiating(out, 5, 30)
