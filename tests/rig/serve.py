"""
One of the servers by itself, until SIGTERM or Ctrl-C:     python3 -m rig.serve Mailutils
It prints what a client needs.
"""
import signal
import sys
import time

from . import makes


def main():
    if sys.argv[1:2] == [] or sys.argv[1] not in makes.ALL:
        print("one of " + " ".join(makes.ALL), file=sys.stderr)
        return 2
    stop = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.append(1))
    with makes.ALL[sys.argv[1]]() as server:
        print("%s://127.0.0.1:%d user %s password %s folder %s %s" % (server.scheme, server.port, server.new_user(), server.password,
                                                                      server.folder, server.account or ""), flush=True)
        while not stop:
            time.sleep(0.2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
