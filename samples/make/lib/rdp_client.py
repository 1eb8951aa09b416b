#!/usr/bin/env python3
"""rdp_client.py HOST PROTOCOLS: an X.224 Connection Request with these protocols (a number), and TLS if the
server chooses it (MS-RDPBCGR 2.2.1.1, 2.2.1.2)."""
import socket
import ssl
import struct
import sys

connection = socket.create_connection((sys.argv[1], 3389))
connection.sendall(struct.pack(">BBHBBHHBBBHI", 3, 0, 19, 14, 0xE0, 0, 0, 0, 1, 0, 0x0800, 0)[:-4]
                   + struct.pack("<I", int(sys.argv[2])))
answer = connection.recv(19)
if len(answer) == 19 and answer[11] == 2 and answer[15] != 0:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = context.wrap_socket(connection, server_hostname="www.example.test")
connection.close()
