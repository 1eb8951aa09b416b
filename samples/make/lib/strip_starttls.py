#!/usr/bin/env python3
"""strip_starttls.py PORT TARGET_PORT: passes connections on to a server on loopback, and writes X over the
word STARTTLS in what it says, as some firewalls do."""
import socket
import sys
import threading


def pass_on(source, target, change):
    while data := source.recv(65536):
        target.sendall(change(data))
    target.shutdown(socket.SHUT_WR)


def main(port, target_port):
    listener = socket.create_server(("", port))
    while True:
        client, _ = listener.accept()
        server = socket.create_connection(("127.0.0.1", target_port))
        threading.Thread(target=pass_on, args=(client, server, bytes), daemon=True).start()
        threading.Thread(target=pass_on, daemon=True,
                         args=(server, client, lambda d: d.replace(b"STARTTLS", b"XXXXXXXX"))).start()


main(*map(int, sys.argv[1:]))
