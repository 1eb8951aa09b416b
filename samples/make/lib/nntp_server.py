#!/usr/bin/env python3
"""nntp_server.py CHAIN KEY: as much of an NNTP server as STARTTLS needs (RFC 3977, RFC 4642), once."""
import socket
import ssl
import sys

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(*sys.argv[1:])
connection, _ = socket.create_server(("", 119)).accept()
connection.sendall(b"200 news.example.test NNTP ready\r\n")
while line := connection.recv(512):
    command = line.strip().upper()
    if command == b"CAPABILITIES":
        connection.sendall(b"101 Capability list:\r\nVERSION 2\r\nREADER\r\nSTARTTLS\r\n.\r\n")
    elif command == b"STARTTLS":
        connection.sendall(b"382 Continue with TLS negotiation\r\n")
        connection = context.wrap_socket(connection, server_side=True)
    elif command == b"QUIT":
        connection.sendall(b"205 Bye\r\n")
        break
    else:
        connection.sendall(b"500 Unknown command\r\n")
connection.close()
