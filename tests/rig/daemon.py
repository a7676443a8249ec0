"""
A server of another make as one process of its own on the loopback: unpacked below build/servers, never installed, in a folder that
goes with it, and stopped by its id. A subclass says what it is made of, how it is started and how it greets.
"""
import os
import shutil
import signal
import socket
import subprocess
import time

from . import scratch, unpack
from .imapclient import Client

START_TRIES = 4  # another program may take a port between our look and the server's
PASSWORD = "secret"
USERS = ["u%02d" % n for n in range(60)]


class PlainClient(Client):
    """Believes less of what a server says that it can do, and reads what others say otherwise."""

    keywords = True
    seen = staticmethod(lambda body: body)  # what of a message is compared

    def _message(self, head, body):
        return Client._message(head, body if body is None else self.seen(body))

    def move(self, mailbox, uids, to):
        self.copy(mailbox, uids, to)
        self.expunge(mailbox, uids)

    def append(self, mailbox, message, flags=(), date=None):
        return super().append(mailbox, message, [f for f in flags if self.keywords or f.startswith("\\")], date)


class NotHere(Exception):
    """The server can't be had: its tests are skipped, and say so."""


class Server:
    """What a walk has to know of a server, whoever starts it."""
    name = None          # of its folder below build/servers
    wrong = ""           # what it does otherwise than others, for the table
    protocol = "imap"    # or pop
    walk = None          # of walk_servers.py, where it is not the protocol's
    steps = None         # of the walk that make sense here, None: all
    more = ()            # steps of its own
    tls = False          # it listens with TLS from the start
    password = PASSWORD
    account = {}         # keys of golub.conf
    beside = ("SSLType None", "AuthMechs LOGIN")  # lines of mbsync's configuration
    separator, prefix = "/", ""
    keywords = True      # it keeps any keyword
    large = 20_000_000   # bytes of the largest message
    exact = True         # it gives out what was delivered to it
    raw_headers = True   # it keeps 8-bit bytes in a header
    dates = True         # it keeps the date of what it is given
    single = False       # it takes one connection of a user at a time
    port = None

    def __init__(self):
        self._users = iter(USERS)

    @property
    def scheme(self):
        return {"imap": "imap", "pop": "pop3"}[self.protocol] + ("s" if self.tls else "")

    @property
    def direct(self):
        """The port of a second client, which needs no way around."""
        return self.port

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def new_user(self):
        """@return the name of somebody who has no mail yet"""
        return next(self._users)

    def client(self, user):
        client = PlainClient(self.direct, user, self.password, self.separator, self.prefix)
        client.keywords = self.keywords
        return client

    def deliver(self, user, messages):
        """For POP: put messages (bytes in wire form) into the maildrop."""
        raise NotImplementedError


class Daemon(Server):
    packages = ()        # Debian's
    programs = ()        # below its folder, each has to load
    greeting = b"* OK"
    ports = 1            # how many it listens on; the first one greets

    def __init__(self):
        super().__init__()
        self.folder = scratch.make("server")
        os.chmod(self.folder, 0o755)
        self.log = os.path.join(self.folder, "log")
        self.process, self.all_ports = None, []

    # -- where it comes from

    @classmethod
    def root(cls):
        return os.path.join(os.environ.get("GOLUB_SERVERS") or os.path.join(unpack.TOP, "build", "servers"), cls.name)

    @classmethod
    def fetch(cls):
        """Download and unpack what is missing; raises NotHere"""
        problem = unpack.fetch(cls.root(), cls.packages, cls.programs, cls.finish)
        if problem:
            raise NotHere(problem)

    @staticmethod
    def finish(root):
        """What is left to do in the folder that was unpacked."""

    # -- life

    def command(self):
        raise NotImplementedError

    def configure(self):
        """Write what it reads, once its ports are known."""

    def environment(self):
        return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LD_LIBRARY_PATH": unpack.libraries(self.root()), "HOME": self.folder, "TZ": "UTC"}

    def start(self):
        """Start and wait until it answers. @return self"""
        self.fetch()
        for _ in range(START_TRIES):
            self.all_ports = scratch.free_ports(self.ports)
            self.port = self.all_ports[0]
            self.configure()
            self._spawn()
            if self.answers():
                return self
            self.end()
        raise RuntimeError("%s did not start\n%s" % (self.name, self.tail()))

    def _spawn(self):
        command = self.command()
        if shutil.which("setpriv"):  # a test that is killed takes its server along
            command = ["setpriv", "--pdeathsig", "TERM"] + command
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment(),
                                            cwd=self.folder, start_new_session=True)

    def answers(self, seconds=20):
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
                    if s.recv(100).startswith(self.greeting):
                        return True
            except OSError:
                pass
            time.sleep(0.05)
        return False

    def end(self):
        """The process first; then whoever of its session is left."""
        if self.process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(timeout=10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass
        self.process.wait()
        self.process = None

    def stop(self):
        """Stop, wait, and remove the folder. May be called twice."""
        self.end()
        scratch.remove(self.folder)

    def tail(self, lines=15):
        try:
            with open(self.log, errors="replace") as f:
                return "".join(f.readlines()[-lines:])
        except OSError:
            return ""

    def again(self, user):
        """For servers of one user that keep all in memory: a new one has forgotten everything. @return the user"""
        self.end()
        self._spawn()
        if not self.answers():
            raise RuntimeError("%s did not start again\n%s" % (self.name, self.tail()))
        return user
