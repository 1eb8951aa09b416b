"""Nonces, randoms and public values."""
from generator import capture
from generator.handshakes import Tls12, Tls13
from generator.messages import APPLICATION_DATA


def talking(out):
    """A session that goes on after its fourteen frames; what it says of itself has nonces too."""
    session = Tls12(data=(), closed=False)
    c = session.run(out)

    def say(send, nonce):
        send(session.wrapped(nonce.to_bytes(8, "big") + out.fresh(40), APPLICATION_DATA))
    return session, c, say


@capture
def nonce_again(out):
    """A counter that begins again, without new keys: frames 15 to 19."""
    _, c, say = talking(out)
    for nonce in (1, 2, 3, 4, 1):
        say(c.client, nonce)
    c.close()


@capture
def nonces_of_the_server_alike(out):
    """Always the same: frames 15 to 17."""
    _, c, say = talking(out)
    for _ in range(3):
        say(c.server, 0)
    c.close()


@capture
def nonces_counted(out):
    """From 1, and under the keys of a renegotiation from 1 again."""
    session, c, say = talking(out)
    for _ in range(2):
        for nonce in range(1, 9):
            say(c.client, nonce)
            say(c.server, nonce)
        session.finish(c, c.client)
        session.finish(c, c.server)
    c.close()


@capture
def nonces_at_random(out):
    """Twenty, frames 15 to 34."""
    session, c, _ = talking(out)
    for _ in range(20):
        c.client(session.protected(APPLICATION_DATA, 48))
    c.close()


@capture
def random_counted(out):
    """0102…20 by the server, as from a demonstration."""
    Tls13(server_random=bytes(range(1, 33))).run(out)


@capture
def random_of_few_bytes(out):
    """Text from a random number generator of eight letters."""
    Tls12(client_random=out.fresh(4) + b"abcdabcefghabcefghdabcefghab").run(out)


@capture
def random_with_sentinel(out):
    """The server's random ends in what RFC 8446 section 4.1.3 asks for, after five alike bytes."""
    Tls12(server_random=out.fresh(19) + bytes(5) + bytes.fromhex("444f574e47524401")).run(out)
