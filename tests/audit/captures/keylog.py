"""Handshakes that do not fit the keys of their key log."""
from generator import capture, samples
from generator.keyed import Keyed13


@capture
def finished_spoiled(out):
    """A bit of the server's verify_data, behind which there are 20 bytes of MAC (RFC 5246 sections
    7.4.9 and 6.2.3.1): the suite encrypts nothing, and what passed is not what the server said."""
    samples.read(out, "weak-null.pcap")
    samples.spoil(out, frame=11, at=-25)


@capture
def keyed(out):
    Keyed13().run(out)


@capture
def keyed_sha1(out):
    """CertificateVerify by ecdsa_sha1."""
    Keyed13(scheme=0x0203).run(out)


@capture
def keyed_ticket_30_days(out):
    Keyed13(ticket=30 * 86400).run(out)


def updating(times, pause):
    def later(session, c):
        for _ in range(times):
            session.key_update(c.client, session.of_client)
            session.capture.wait(pause)
    return later


@capture
def keys_updated_often(out):
    """Forty times in as many seconds, in frames 11 to 50."""
    Keyed13(later=updating(40, 1)).run(out)


@capture
def keys_updated_slowly(out):
    Keyed13(later=updating(40, 2)).run(out)
