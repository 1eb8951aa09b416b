"""Handshakes that do not fit the keys of their key log."""
from generator import capture, samples


@capture
def finished_spoiled(out):
    """A bit of the server's verify_data, behind which there are 20 bytes of MAC (RFC 5246 sections
    7.4.9 and 6.2.3.1): the suite encrypts nothing, and what passed is not what the server said."""
    samples.read(out, "weak-null.pcap")
    samples.spoil(out, frame=11, at=-25)
