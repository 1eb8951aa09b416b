"""What is wrong with the capture itself."""
import ipaddress

from generator import capture, samples
from generator.handshakes import Tls12
from generator.x509 import SERVER, certificate, distinguished, names, timestamps

DAY_NS = 86400 * 1_000_000_000


@capture
def keys_of_public_server(out):
    """samples/tls12-rsa.pcap with a server at 192.0.2.2 (RFC 5737); the ServerHello is frame 6."""
    samples.read(out, "tls12-rsa.pcap")
    private, public = (ipaddress.ip_address(a).packed for a in ("10.9.0.2", "192.0.2.2"))
    out.frames = [(at, frame[:26] + frame[26:34].replace(private, public) + frame[34:])
                  for at, frame in out.frames]


def shown_by(out, number, years=0):
    """A server of its own with a certificate of that many years ago, in 21 frames."""
    name = f"www{number}.example.com"
    valid = [f"{26 - years}{day}000000Z" for day in ("1001", "1220")]
    Tls12(server=f"10.9.0.{number}:443", certificates=(
        certificate(distinguished(name), SERVER + (names(name), timestamps(3)), valid=valid,
                    issuer=distinguished(f"Made-up Authority {number % 2}")),)).run(out)


@capture
def clock_before_certificates(out):
    """The hellos are 4 and 5, the first certificate 6, on a day before logs and authorities signed
    any."""
    out.now_ns -= 300 * DAY_NS
    for i in range(6):
        shown_by(out, 10 + i)


@capture
def few_expired(out):
    for i in range(6):
        shown_by(out, 10 + i, years=1 if i < 3 else 0)
