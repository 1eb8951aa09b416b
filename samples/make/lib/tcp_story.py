#!/usr/bin/env python3
"""One side of a small TCP conversation: tcp_story.py SIDE STORY [TIME].

Both sides run the same story; what has to happen at once happens at TIME, on the clock they share.
"""

import socket
import struct
import sys
import time

CLIENT, SERVER, PORT = "10.9.0.1", "10.9.0.2", 7000


def connected(side):
    """The connection, set up in the usual way."""
    if side == "server":
        return socket.create_server((SERVER, PORT)).accept()[0]
    return socket.create_connection((SERVER, PORT))


def wait_for(moment):
    time.sleep(max(0.0, float(moment) - time.time()))


def half_close(side, _moment):
    """The client is done asking, and says so, before the server has begun to answer."""
    connection = connected(side)
    if side == "client":
        connection.sendall(b"all of the question\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1000):
            pass
    else:
        while connection.recv(1000):
            pass
        time.sleep(0.1)
        connection.sendall(b"all of the answer\n")
    connection.close()


def simultaneous_close(side, moment):
    """Both close at the same moment, and the FINs cross."""
    connection = connected(side)
    connection.sendall(b"hello\n")
    connection.recv(1000)
    wait_for(moment)
    connection.close()


def simultaneous_open(side, moment):
    """Both connect at the same moment, and the SYNs cross."""
    here, there = (CLIENT, SERVER) if side == "client" else (SERVER, CLIENT)
    connection = socket.socket()
    connection.bind((here, PORT))
    wait_for(moment)
    connection.connect((there, PORT))
    connection.sendall(b"hello\n")
    connection.recv(1000)
    if side == "client":
        connection.close()
    else:
        connection.recv(1000)
        connection.close()


def server_resets(side, _moment):
    """The server throws the connection away."""
    connection = connected(side)
    if side == "client":
        connection.sendall(b"a question\n")
        try:
            connection.recv(1000)
        except ConnectionResetError:
            pass
    else:
        connection.recv(1000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


STORIES = {story.__name__: story for story in (half_close, simultaneous_close, simultaneous_open, server_resets)}

if __name__ == "__main__":
    STORIES[sys.argv[2]](sys.argv[1], sys.argv[3])
