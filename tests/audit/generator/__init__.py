"""Made-up captures, for what no real program can easily be made to do.

A capture is a function in captures/*.py that takes an empty Capture and fills it; the decorator
@capture makes of its name the file's, with dashes for underscores:

    @capture
    def ssl3(out):
        Tls12(version=SSL30, suite=0x0005, ...).run(out)

It is deterministic, so its author knows the number of every frame: handshakes.py says which frame
is what; what out.client() and the like send, they return the number of."""
CAPTURES = {}


def capture(function):
    name = function.__name__.replace("_", "-")
    if name in CAPTURES:
        raise ValueError(f"two captures are called {name}")
    CAPTURES[name] = function
    return function
