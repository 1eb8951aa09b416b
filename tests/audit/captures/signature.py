"""Signatures of key exchanges."""
from generator import capture
from generator.handshakes import Tls12
from generator.messages import client_extensions12, replaced, signature_algorithms


@capture
def signed_md5(out):
    Tls12(scheme=0x0101, offer=replaced(client_extensions12(),
                                        signature_algorithms(0x0101, 0x0804))).run(out)


@capture
def signed_sha1(out):
    Tls12(scheme=0x0201, offer=replaced(client_extensions12(),
                                        signature_algorithms(0x0804, 0x0201))).run(out)


@capture
def signed_mldsa(out):
    Tls12(scheme=0x0905, offer=replaced(client_extensions12(),
                                        signature_algorithms(0x0905, 0x0804))).run(out)


@capture
def signature_algorithms_missing(out):
    Tls12(offer=replaced(client_extensions12(), 13)).run(out)
