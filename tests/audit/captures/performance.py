"""What makes handshakes slow."""
from generator import capture
from generator.handshakes import Tls12


class Thinking(Tls12):
    """So many seconds before ServerHello (5)."""
    seconds = 0

    def reply(self):
        self.capture.wait(self.seconds)
        return super().reply()


@capture
def server_thinks_long(out):
    Thinking(seconds=0.4).run(out)


@capture
def server_thinks(out):
    Thinking(seconds=0.2).run(out)
