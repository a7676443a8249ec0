"""
A private Courier POP3 or IMAP on the loopback, in a folder of its own, as root or as anybody else.

Courier's mail daemons, courierpop3d and imapd, speak on their standard input and output once somebody is logged in; couriertcpd and
the login programs, which stand before them, read /etc and ask the system's authdaemond. Here they are a few lines of Python that
give the answers of the login programs and then hand over the connection. So everything that is about mail is Courier's own: UIDs
and UIDL, what is fetched, stored and removed, the capabilities after login.

Debian's packages can't be installed beside Dovecot's (both provide pop3-server and imap-server), and they would bring services along.
So they are only unpacked, with the libraries they need, below build/courier (GOLUB_COURIER names another folder). One library, libfam,
is built here and says that there is no such service: no_fam.c.

    python3 -m rig.courier [FOLDER]     fetches and unpacks what is not there yet; nothing is installed
"""
import os
import re
import socket
import subprocess
import sys
import threading

if __package__ in (None, ""):
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from rig import scratch, unpack  # noqa: E402

PACKAGES = ("courier-pop", "courier-imap", "courier-authlib", "libcourier-unicode4", "libidn12")
POP3D, IMAPD, LIBFAM = "usr/lib/courier/courier/courierpop3d", "usr/bin/imapd", "usr/lib/libfam.so.0"
POP_CAPABILITIES = ("TOP", "USER", "LOGIN-DELAY 10", "PIPELINING", "UIDL", "UTF8 USER", "IMPLEMENTATION Courier Mail Server")
NOBODY = "nobody"  # the first conversation is with this user
GREETING_SECONDS = 20
# Of Debian's /etc/courier/imapd, except that old mail in Trash stays where it is.
IMAP_SETTINGS = {
    "IMAP_CAPABILITY": "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE",
    "IMAP_KEYWORDS": "1", "IMAP_ACL": "1", "IMAP_IDLE_TIMEOUT": "60", "IMAP_MAILBOX_SANITY_CHECK": "1", "IMAP_USELOCKS": "1",
    "IMAP_OBSOLETE_CLIENT": "0", "IMAP_CHECK_ALL_FOLDERS": "0", "IMAP_TRASHFOLDERNAME": "Trash", "IMAP_MOVE_EXPUNGE_TO_TRASH": "0",
    "PROTOCOL": "IMAP"}


def folder():
    return os.environ.get("GOLUB_COURIER") or os.path.join(unpack.TOP, "build", "courier")


def fetch(root=None):
    """Download and unpack what is missing. @return None, or why that can't be done"""
    return unpack.fetch(root or folder(), PACKAGES, (POP3D, IMAPD, LIBFAM), _build_libfam)


def _build_libfam(root):
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "no_fam.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wl,-soname,libfam.so.0", "-o", os.path.join(root, LIBFAM), source], check=True)


class Courier:
    """What both protocols share. users: {name: password}; the Maildir of each is maildir(name)"""
    program = None  # below folder()
    greeting = None  # how what it says first begins

    def __init__(self, users=None):
        self.users = dict(users or {"ana": "secret"})
        self.folder = scratch.make("courier")
        for user in self.users:
            self._make_maildir(user)
        self.log = os.path.join(self.folder, "log")
        self._stopped = False
        self._children, self._threads = [], []
        self._listen = self.port = None

    def _make_maildir(self, user):
        for name in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(self.maildir(user), name))

    def maildir(self, user):
        return os.path.join(self.folder, "mail", user, "Maildir")

    def start(self):
        problem = fetch()
        if problem:
            raise RuntimeError(problem)
        self._greet()
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
            self._end(child)
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
            child = self._hand_over(s, user, s.getpeername()[1])
        child.wait()

    def _hand_over(self, s, user, port):
        """The mail daemon takes the connection of a user who is logged in."""
        environment = {"AUTHENTICATED": user, "AUTHADDR": user, "AUTHACCOUNT": user, "TCPREMOTEIP": "127.0.0.1",
                       "TCPREMOTEPORT": str(port), "PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": unpack.libraries(folder()),
                       **self.environment()}
        with open(self.log, "ab") as log:
            child = subprocess.Popen([os.path.join(folder(), self.program), self.maildir(user)], stdin=s, stdout=s, stderr=log,
                                     env=environment, cwd=os.path.dirname(self.maildir(user)))
        self._children.append(child)
        return child

    @staticmethod
    def _end(child):
        """One that does not hear SIGTERM is not waited for until a test's time is over."""
        if child.poll() is None:
            child.terminate()
        try:
            child.wait(GREETING_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _greet(self):
        """Let the mail daemon answer once, over a Maildir that nobody uses: what fails here is the rig, no test."""
        self._make_maildir(NOBODY)
        ours, its = socket.socketpair()
        with ours:
            with its:
                child = self._hand_over(its, NOBODY, 0)
            ours.settimeout(GREETING_SECONDS)
            try:
                answer = ours.recv(1000)
            except OSError as e:
                answer = str(e).encode()
        self._end(child)
        if not answer.startswith(self.greeting):
            raise RuntimeError("%s does not answer: %r\n%s" % (self.program, answer, self.tail()))

    def environment(self):
        """What the login program tells the mail daemon, besides who it is."""
        return {}

    @staticmethod
    def _line(s):
        """One byte at a time: what comes after the login is the mail daemon's to read. @return the line, None: gone"""
        line = b""
        while not line.endswith(b"\n"):
            byte = s.recv(1)
            if not byte:
                return None
            line += byte
        return line.strip()


class CourierPop(Courier):
    program, greeting = POP3D, b"+OK"

    def _login(self, s):
        """@return the user, None: gone"""
        s.sendall(b"+OK Hello there.\r\n")
        name = None
        while True:
            line = self._line(s)
            if line is None:
                return None
            word, _, rest = line.partition(b" ")
            if word.upper() == b"CAPA":
                s.sendall(b"+OK Here's what I can do:\r\n" + b"".join(c.encode() + b"\r\n" for c in POP_CAPABILITIES) + b".\r\n")
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


class CourierImap(Courier):
    """settings: what differs from IMAP_SETTINGS"""
    program, greeting = IMAPD, b"* OK"

    def __init__(self, users=None, **settings):
        super().__init__(users)
        self.settings = {**IMAP_SETTINGS, **settings}
        self._tag = threading.local()

    def environment(self):
        # imapd itself gives the answer to LOGIN
        return {**self.settings, "IMAPLOGINTAG": getattr(self._tag, "value", "greeting")}

    def _login(self, s):
        """@return the user, None: gone"""
        capability = b"CAPABILITY " + self.settings["IMAP_CAPABILITY"].encode()
        s.sendall(b"* OK [" + capability + b"] Courier-IMAP ready. Copyright 1998-2022 Double Precision, Inc.  "
                  b"See COPYING for distribution information.\r\n")
        while True:
            line = self._command(s)
            if line is None:
                return None
            tag, _, rest = line.partition(b" ")
            word, _, rest = rest.partition(b" ")
            if word.upper() == b"LOGIN":
                user, password = self._words(rest)
                if self.users.get(user) == password:
                    self._tag.value = tag.decode()
                    return user
                s.sendall(tag + b" NO Login failed.\r\n")
            elif word.upper() == b"CAPABILITY":
                s.sendall(b"* " + capability + b"\r\n" + tag + b" OK CAPABILITY completed\r\n")
            elif word.upper() == b"LOGOUT":
                s.sendall(b"* BYE Courier-IMAP server shutting down\r\n" + tag + b" OK LOGOUT completed\r\n")
                return None
            else:
                s.sendall(tag + (b" OK NOOP completed\r\n" if word.upper() == b"NOOP" else b" NO Error in IMAP command.\r\n"))

    def _command(self, s):
        """A line; literals in it become quoted strings."""
        line = self._line(s)
        while line is not None:
            found = re.search(rb"\{(\d+)\+?\}\Z", line)
            if not found:
                return line
            if not found.group(0).endswith(b"+}"):
                s.sendall(b"+ OK\r\n")
            literal = b"".join(s.recv(1) for _ in range(int(found.group(1))))
            rest = self._line(s)
            line = None if rest is None else line[:found.start()] + b'"' + re.sub(rb'([\\"])', rb"\\\1", literal) + b'"' + rest
        return None

    @staticmethod
    def _words(rest):
        """@return two words of a LOGIN; empty ones where there are not two"""
        found = [w[1:-1] if w.startswith(b'"') else w for w in re.findall(rb'"(?:\\.|[^"\\])*"|\S+', rest)]
        words = [re.sub(rb"\\(.)", rb"\1", w).decode(errors="replace") for w in found]
        return words if len(words) == 2 else ("", "")


def main():
    problem = fetch(*sys.argv[1:2])
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
