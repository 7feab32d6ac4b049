"""Asks the server of `tests/forked.py` to run a command with the standard streams of this process: ADDRESS ARGUMENT...

It imports as little as can be: it is started once for each command that a page has.
"""

import os
import socket
import sys

address, *arguments = sys.argv[1:]
words = [os.getcwd(), str(len(arguments)), *arguments, *(f"{name}={value}" for name, value in os.environ.items())]
payload = "\0".join(words).encode(errors="surrogateescape")
with socket.socket(socket.AF_UNIX) as server:
    server.connect(address)
    socket.send_fds(server, [len(payload).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(payload)
    answer = server.recv(8)
sys.exit(int(answer) if answer else 137)
