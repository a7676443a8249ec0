"""
Gives each connection to a program of its own, as inetd does:     inetd.py PORT PROGRAM [ARGUMENT...]
"""
import os
import signal
import socket
import sys


def main():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=50)
    while True:
        connection, _ = listener.accept()
        with connection:
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.dup2(connection.fileno(), 0)
                os.dup2(connection.fileno(), 1)
                os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
