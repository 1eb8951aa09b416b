"""Connections, and the look-ups before them."""
from generator import capture
from generator.dns import A, address, look_up
from generator.handshakes import Tls13


@capture
def address_nobody_gave(out):
    """The hello is frame 6: the client looked up another host only."""
    look_up(out, "other.example.test", [(A, address("10.9.0.7"), 300)])
    Tls13().run(out)


@capture
def name_nobody_asked_for(out):
    """The hello is frame 6."""
    look_up(out, "front.example.test", [(A, address("10.9.0.2"), 300)])
    Tls13().run(out)


@capture
def name_looked_up(out):
    look_up(out, "www.example.test", [(A, address("10.9.0.2"), 300)])
    Tls13().run(out)


@capture
def answer_of_last_hour(out):
    """The answer is frame 2, the hello 6."""
    look_up(out, "www.example.test", [(A, address("10.9.0.2"), 60)])
    out.wait(3600)
    Tls13().run(out)
