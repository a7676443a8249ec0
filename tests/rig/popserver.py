"""
A POP3 server in memory, with a maildrop that behaves as RFC 1939 says until a test tells it otherwise.

A rule is (regex, reply) or (regex, reply, times): the first rule that matches a command line (case ignored) and has times left
answers it, all others get the true answer. A reply is bytes, a function (session, line) that returns bytes or None for the
true answer, an action, or a list of these. Actions: TRUTH (the true answer), CLOSE (orderly), ABORT (reset), STALL (say nothing
more, keep the connection), STARTTLS, ("sleep", seconds), ("trickle", bytes): one byte a segment.
What is marked by DELE goes with QUIT alone, and the maildrop is locked for one session, as the standard wants.
"""
import base64
import hashlib
import re
import select
import socket
import ssl
import threading
import time

from .evil import ABORT, CLOSE, STALL, STARTTLS

TRUTH = "truth"
CAPABILITIES = ("TOP", "UIDL", "USER", "SASL PLAIN", "RESP-CODES", "PIPELINING")
GREETING = b"+OK ready\r\n"
END = b".\r\n"


def stuffed(data):
    """A message as a multi-line answer: dots doubled after each CR LF, a final line end, the terminator."""
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    return re.sub(rb"(\A|\r\n)\.", rb"\1..", data) + END


def head_of(data):
    """What TOP n 0 shows."""
    head, blank, _ = data.partition(b"\r\n\r\n")
    return head + blank if blank else data


class Message:
    """uidl: bytes, invented from a counter if None"""
    _count = 0

    def __init__(self, data, uidl=None):
        Message._count += 1
        self.bytes = bytes(data)
        self.uidl = b"uidl%06d" % Message._count if uidl is None else uidl

    @property
    def digest(self):
        return hashlib.sha256(self.bytes).hexdigest()


class PopServer:
    """
    messages      bytes in wire form, or Message
    capabilities  lines of CAPA; None: the server does not know CAPA
    certificate   (file, key); tls: from the first byte
    password      what PASS and AUTH PLAIN must say; None: anything goes
    chunk         bytes a segment of what is sent, 0: as it comes
    """

    def __init__(self, messages=(), rules=(), greeting=GREETING, capabilities=CAPABILITIES, certificate=None, tls=False,
                 password=None, chunk=0):
        self.drop = [m if isinstance(m, Message) else Message(m) for m in messages]
        self.rules = []
        for rule in rules:
            self.rule(*rule)
        self.greeting, self.capabilities, self.password, self.chunk = greeting, capabilities, password, chunk
        self.tls, self.context = tls, None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        self.lines = []      # every command line of every session
        self.removed = []    # messages that went with a QUIT
        self.connections = self.handshakes = 0
        self.errors = []
        self.lock = threading.Lock()  # the maildrop's
        self._open, self._threads, self._stopped = [], [], False
        self._listen = socket.create_server(("127.0.0.1", 0))
        self._listen.settimeout(0.1)
        self.port = self._listen.getsockname()[1]

    # -- what a test says and asks

    def rule(self, pattern, reply, times=None):
        """One more rule, tried before those there are."""
        self.rules.insert(0, [re.compile(pattern, re.I), reply, times])

    def clear(self):
        """Back to the truth, and forget what was asked."""
        self.rules, self.lines = [], []

    def asked(self, pattern):
        """Command lines that match."""
        return [line for line in self.lines if re.match(pattern, line, re.I)]

    def contents(self):
        return [m.bytes for m in self.drop]

    # -- life

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *_):
        self._stopped = True
        self._listen.close()
        for s in list(self._open):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()
        for t in self._threads:
            t.join(2)

    def _start(self, what, *args):
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
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            self._open.append(s)
            self._start(self._serve, s)

    def _serve(self, s):
        session = Session(self, s)
        try:
            session.run()
        except (OSError, ssl.SSLError) as e:
            self.errors.append(e)
        finally:
            session.unlock()
            try:
                session.socket.close()
            except OSError:
                pass

    def stopped(self):
        return self._stopped


class Over(Exception):
    """This connection is at its end."""


class Session:
    """One connection. Rules that are functions may call line() and send() themselves."""

    def __init__(self, server, s):
        self.server, self.socket = server, s
        self.buffer = b""
        self.user = None
        self.drop, self.marked = None, set()  # after login
        self.locked = False

    def run(self):
        try:
            if self.server.tls:
                self.start_tls()
            self.reply(self.server.greeting)
            while True:
                line = self.line()
                self.server.lines.append(line)
                self.reply(self.find(line), line)
        except Over:
            pass

    def find(self, line):
        for rule in self.server.rules:
            pattern, reply, times = rule
            if pattern.match(line) and times != 0:
                if times is not None:
                    rule[2] -= 1
                return reply
        return TRUTH

    def unlock(self):
        if self.locked:
            self.locked = False
            self.server.lock.release()

    # -- bytes

    def line(self):
        while b"\n" not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                raise Over()
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def send(self, data):
        size = self.server.chunk or len(data) or 1
        for at in range(0, len(data), size):
            self.socket.sendall(data[at:at + size])

    def start_tls(self):
        self.socket = self.server.context.wrap_socket(self.socket, server_side=True)
        self.server._open.append(self.socket)
        self.server.handshakes += 1
        self.buffer = b""

    def reply(self, reply, line=b""):
        for part in reply if isinstance(reply, list) else [reply]:
            if callable(part):
                part = part(self, line)
                if part is None:
                    part = TRUTH
            if isinstance(part, bytes):
                self.send(part)
            elif isinstance(part, list):
                self.reply(part, line)
            elif part == TRUTH:
                self.answer(line)
            elif part == CLOSE:
                raise Over()
            elif part == ABORT:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                raise Over()
            elif part == STALL:
                self.stall()
            elif part == STARTTLS:
                self.start_tls()
            elif part[0] == "sleep":
                time.sleep(part[1])
            else:
                for byte in part[1]:
                    self.socket.sendall(bytes([byte]))

    def stall(self):
        """Until the client goes, or the test is over."""
        while not self.server.stopped():
            if select.select([self.socket], [], [], 0.05)[0] and not self.socket.recv(65536):
                break
        raise Over()

    # -- the truth

    def answer(self, line):
        word, _, rest = line.partition(b" ")
        method = getattr(self, "do_" + word.decode("ascii", "replace").lower(), None)
        if method is None or self.drop is None and word.upper() not in (b"CAPA", b"USER", b"PASS", b"AUTH", b"STLS", b"QUIT"):
            self.send(b"-ERR what?\r\n")
            return
        method(rest)

    def do_capa(self, _):
        if self.server.capabilities is None:
            self.send(b"-ERR unknown command\r\n")
        else:
            self.send(b"+OK\r\n" + b"".join(c.encode() + b"\r\n" for c in self.server.capabilities) + END)

    def do_stls(self, _):
        if self.server.context is None:
            self.send(b"-ERR no TLS here\r\n")
        else:
            self.send(b"+OK begin\r\n")
            self.start_tls()

    def do_user(self, rest):
        self.user = rest
        self.send(b"+OK\r\n")

    def do_pass(self, rest):
        self.enter(rest)

    def do_auth(self, rest):
        kind, _, initial = rest.partition(b" ")
        if kind.upper() != b"PLAIN":
            self.send(b"-ERR no such mechanism\r\n")
            return
        if not initial:
            self.send(b"+ \r\n")
            initial = self.line()
        try:
            self.enter(base64.b64decode(initial, validate=True).split(b"\0")[2])
        except (ValueError, IndexError):
            self.send(b"-ERR broken response\r\n")

    def enter(self, password):
        """The password was said; lock the maildrop."""
        wanted = self.server.password
        if wanted is not None and password != wanted.encode():
            self.send(b"-ERR [AUTH] no\r\n")
        else:
            self.open_drop()

    def open_drop(self, words=b"in"):
        if not self.server.lock.acquire(timeout=3):  # a session that was cut may take a moment to notice
            self.send(b"-ERR [IN-USE] the maildrop is locked by another session\r\n")
            return
        self.locked = True
        self.drop = list(self.server.drop)
        self.send(b"+OK " + words + b"\r\n")

    def number(self, text):
        """The message of that number that is not marked, None if there is none."""
        if not text.isdigit() or not 1 <= int(text) <= len(self.drop) or int(text) in self.marked:
            self.send(b"-ERR no such message\r\n")
            return None
        return self.drop[int(text) - 1]

    def living(self):
        return [(n, m) for n, m in enumerate(self.drop, 1) if n not in self.marked]

    def do_stat(self, _):
        living = self.living()
        self.send(b"+OK %d %d\r\n" % (len(living), sum(len(m.bytes) for _, m in living)))

    def listing(self, rest, show):
        if rest:
            m = self.number(rest)
            if m is not None:
                self.send(b"+OK %s %s\r\n" % (rest, show(m)))
            return
        self.send(b"+OK\r\n" + b"".join(b"%d %s\r\n" % (n, show(m)) for n, m in self.living()) + END)

    def do_list(self, rest):
        self.listing(rest, lambda m: b"%d" % len(m.bytes))

    def do_uidl(self, rest):
        self.listing(rest, lambda m: m.uidl)

    def do_retr(self, rest):
        m = self.number(rest)
        if m is not None:
            self.send(b"+OK %d octets\r\n" % len(m.bytes) + (stuffed(m.bytes) if m.bytes else END))

    def do_top(self, rest):
        m = self.number(rest.split(b" ")[0])
        if m is not None:
            self.send(b"+OK\r\n" + stuffed(head_of(m.bytes)))

    def do_dele(self, rest):
        if self.number(rest) is not None:
            self.marked.add(int(rest))
            self.send(b"+OK marked\r\n")

    def do_rset(self, _):
        self.marked = set()
        self.send(b"+OK\r\n")

    def do_noop(self, _):
        self.send(b"+OK\r\n")

    def do_quit(self, _):
        if self.drop is not None:
            self.commit()
        self.send(b"+OK bye\r\n")
        raise Over()

    def commit(self):
        """What was marked goes."""
        gone = [self.drop[n - 1] for n in sorted(self.marked)]
        self.server.drop = [m for m in self.server.drop if m not in gone]
        self.server.removed += gone
        self.unlock()
