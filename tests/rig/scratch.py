"""Temporary folders that go away with the test, and ports that are free."""
import os
import shutil
import socket
import tempfile

SOCKET_PATH_ROOM = 60  # bytes: a Unix socket's path holds 108, a server appends its own names below the folder


def make(prefix):
    """A new folder. Below /tmp where TMPDIR is too long for the sockets of a server."""
    base = tempfile.gettempdir()
    if len(base) > SOCKET_PATH_ROOM:
        base = "/tmp"
    return tempfile.mkdtemp(prefix="golub-" + prefix + "-", dir=base)


def remove(path):
    """Remove a folder whatever its modes are. GOLUB_KEEP=1 keeps it for a look."""
    if not path or os.environ.get("GOLUB_KEEP"):
        return
    for folder, _, _ in os.walk(path):
        if not os.access(folder, os.W_OK | os.X_OK):
            os.chmod(folder, 0o700)
    shutil.rmtree(path, ignore_errors=True)


def free_ports(count):
    """Ports of the loopback that nobody listens on now. Another program may take one before we do: callers try again."""
    sockets = []
    try:
        for _ in range(count):
            s = socket.socket()
            s.bind(("127.0.0.1", 0))
            sockets.append(s)
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()
