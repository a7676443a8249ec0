"""
A private Courier POP3 on the loopback, in a folder of its own, as root or as anybody else.

Courier's mail daemon, courierpop3d, speaks on its standard input and output once somebody is logged in; couriertcpd and
courierpop3login, which stand before it, read /etc and ask the system's authdaemond. Here they are a few lines of Python that give
the answers of courierpop3login and then hand over the connection. So everything that is about mail is Courier's own: numbers,
UIDL, TOP, RETR, DELE, QUIT, the capabilities after login.

Debian's courier-pop can't be installed beside dovecot-pop3d (both provide pop3-server), and it would bring services along. So its
package is only unpacked, with the libraries it needs, below build/courier (GOLUB_COURIER names another folder):

    python3 -m rig.courier [FOLDER]     fetches and unpacks what is not there yet; nothing is installed
"""
import glob
import os
import shutil
import socket
import subprocess
import sys
import threading

if __package__ in (None, ""):
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from rig import scratch  # noqa: E402

PACKAGES = ("courier-pop", "courier-authlib", "libcourier-unicode4", "libidn12")
CAPABILITIES = ("TOP", "USER", "LOGIN-DELAY 10", "PIPELINING", "UIDL", "UTF8 USER", "IMPLEMENTATION Courier Mail Server")


def folder():
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return os.environ.get("GOLUB_COURIER") or os.path.join(top, "build", "courier")


def program(root=None):
    return os.path.join(root or folder(), "usr", "lib", "courier", "courier", "courierpop3d")


def libraries(root=None):
    root = root or folder()
    return ":".join([os.path.join(root, "usr", "lib"), *glob.glob(os.path.join(root, "usr", "lib", "*-linux-*"))])


def fetch(root=None):
    """Download and unpack what is missing. @return None, or why that can't be done"""
    root = root or folder()
    if os.access(program(root), os.X_OK):
        return None
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return "no apt-get here: unpack courierpop3d and its libraries below %s yourself" % root
    work = scratch.make("fetch")
    try:
        done = subprocess.run(["apt-get", "-q", "download", *PACKAGES], cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=300)
        if done.returncode != 0:
            return "apt-get download: " + done.stdout.decode(errors="replace")
        whole = os.path.join(work, "root")
        for package in glob.glob(os.path.join(work, "*.deb")):
            subprocess.run(["dpkg-deb", "-x", package, whole], check=True)
        os.makedirs(os.path.dirname(root), exist_ok=True)
        try:
            shutil.move(whole, root)
        except OSError:
            if not os.access(program(root), os.X_OK):  # else somebody was faster
                raise
        return None
    finally:
        scratch.remove(work)


class Courier:
    """users: {name: password}; the Maildir of each is maildir(name)"""

    def __init__(self, users=None):
        self.users = dict(users or {"ana": "secret"})
        self.folder = scratch.make("courier")
        for user in self.users:
            for name in ("cur", "new", "tmp"):
                os.makedirs(os.path.join(self.maildir(user), name))
        self.log = os.path.join(self.folder, "log")
        self._stopped = False
        self._children, self._threads = [], []
        self._listen = self.port = None

    def maildir(self, user):
        return os.path.join(self.folder, "mail", user)

    def start(self):
        problem = fetch()
        if problem:
            raise RuntimeError(problem)
        self._listen = socket.create_server(("127.0.0.1", 0))
        self._listen.settimeout(0.1)
        self.port = self._listen.getsockname()[1]
        self._spawn(self._accept)
        return self

    def stop(self):
        self._stopped = True
        if self._listen is not None:
            self._listen.close()
        for child in self._children:
            if child.poll() is None:
                child.terminate()
            child.wait()
        for thread in self._threads:
            thread.join(5)
        scratch.remove(self.folder)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def tail(self, lines=15):
        try:
            with open(self.log, errors="replace") as f:
                return "".join(f.readlines()[-lines:])
        except OSError:
            return ""

    def _spawn(self, what, *args):
        thread = threading.Thread(target=what, args=args, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _accept(self):
        while not self._stopped:
            try:
                s, _ = self._listen.accept()
            except socket.timeout:
                continue
            except OSError:
                return
            s.settimeout(None)
            self._spawn(self._serve, s)

    def _serve(self, s):
        with s:
            try:
                user = self._login(s)
            except OSError:
                return
            if user is None:
                return
            environment = {"AUTHENTICATED": user, "AUTHADDR": user, "AUTHACCOUNT": user, "TCPREMOTEIP": "127.0.0.1",
                           "TCPREMOTEPORT": str(s.getpeername()[1]), "PATH": "/usr/bin:/bin",
                           "LD_LIBRARY_PATH": libraries()}
            with open(self.log, "ab") as log:
                child = subprocess.Popen([program(), self.maildir(user)], stdin=s, stdout=s, stderr=log, env=environment)
            self._children.append(child)
        child.wait()

    def _login(self, s):
        """One byte at a time: what comes after the login is courierpop3d's to read. @return the user, None: gone"""
        s.sendall(b"+OK Hello there.\r\n")
        name = None
        while True:
            line = b""
            while not line.endswith(b"\n"):
                byte = s.recv(1)
                if not byte:
                    return None
                line += byte
            word, _, rest = line.strip().partition(b" ")
            if word.upper() == b"CAPA":
                s.sendall(b"+OK Here's what I can do:\r\n" + b"".join(c.encode() + b"\r\n" for c in CAPABILITIES) + b".\r\n")
            elif word.upper() == b"USER":
                name = rest.decode(errors="replace")
                s.sendall(b"+OK Password required.\r\n")
            elif word.upper() == b"PASS" and name is not None and self.users.get(name) == rest.decode(errors="replace"):
                return name
            elif word.upper() == b"QUIT":
                s.sendall(b"+OK Better luck next time.\r\n")
                return None
            else:
                s.sendall(b"-ERR Login failed.\r\n" if word.upper() == b"PASS" else b"-ERR Invalid command.\r\n")


def main():
    problem = fetch(*sys.argv[1:2])
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
