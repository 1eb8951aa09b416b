"""Sessions with nothing wrong, which most rules must not find anything in."""
from generator import capture
from generator.handshakes import Tls12, Tls13
from generator.messages import X25519MLKEM768


@capture
def sound_tls12(out):
    Tls12().run(out)


@capture
def sound_tls12_resumed(out):
    Tls12(resumed=True).run(out)


@capture
def sound_tls13(out):
    Tls13().run(out)


@capture
def sound_tls13_mlkem(out):
    Tls13(groups=(X25519MLKEM768, 29), shares=(X25519MLKEM768, 29), group=X25519MLKEM768).run(out)


@capture
def sound_tls13_retry(out):
    Tls13(groups=(29, 23), shares=(29,), group=23, retry=23).run(out)
