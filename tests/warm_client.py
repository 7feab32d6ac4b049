"""Asks the process that waits at a socket to run a command line, and ends as that ends; see warm_command.py.

Called as `python -I -S warm_client.py SOCKET ARGUMENT...`. It imports next to nothing, for it is started often.
"""

import json
import os
import socket
import sys

with socket.socket(socket.AF_UNIX) as asking:
    asking.connect(sys.argv[1])
    asked = {"arguments": sys.argv[2:], "folder": os.getcwd()}
    socket.send_fds(asking, [json.dumps(asked).encode()], [0, 1, 2])
    answer = asking.recv(16)
code = int(answer) if answer else 70
sys.exit(code if code >= 0 else 128 - code)
