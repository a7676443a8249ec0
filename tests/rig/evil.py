"""
A server that plays a script: for hostile, broken and rare answers that no real server gives on demand.

A script is a list of steps, played for each connection anew:
    (regex, reply)   wait for a command line that matches (case ignored), send the reply
`reply` is bytes, a function of the command line that makes them, or a list of these and actions; b"%T" in bytes becomes
the command's tag. Actions: CLOSE (orderly), ABORT
(reset), STALL (say nothing more, keep the connection), STARTTLS (hand over to TLS), ("sleep", seconds), ("trickle", bytes):
one byte a segment.
A command that no step waits for is answered from `defaults`; the script's step is tried first. When the script is at its end
the defaults go on alone.
"""
import re
import socket
import ssl
import threading
import time

CLOSE, ABORT, STALL, STARTTLS = "close", "abort", "stall", "starttls"

GREETING = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n"
CAPABILITIES = b"IMAP4rev1 UIDPLUS SASL-IR AUTH=PLAIN"

LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n\Z")


def defaults(capabilities=CAPABILITIES):
    """What a plain, friendly and empty server says."""
    return [
        (rb"CAPABILITY", b"* CAPABILITY " + capabilities + b"\r\n%T OK done\r\n"),
        (rb"LOGIN ", b"%T OK [CAPABILITY " + capabilities + b"] in\r\n"),
        (rb"AUTHENTICATE PLAIN \S", b"%T OK [CAPABILITY " + capabilities + b"] in\r\n"),
        (rb"(NOOP|CHECK|UNSELECT|ENABLE|ID)\b", b"%T OK done\r\n"),
        (rb"NAMESPACE", b'* NAMESPACE (("" "/")) NIL NIL\r\n%T OK done\r\n'),
        (rb"LIST\b", b'* LIST (\\HasNoChildren) "/" INBOX\r\n%T OK done\r\n'),
        (rb"LSUB\b", b'* LSUB () "/" INBOX\r\n%T OK done\r\n'),
        (rb"STATUS\b", b"* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)\r\n%T OK done\r\n"),
        (rb"(SELECT|EXAMINE)\b", b"* 0 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft)\r\n"
         b"* OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft \\*)] ok\r\n"
         b"* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 1] ok\r\n%T OK [READ-WRITE] done\r\n"),
        (rb"(UID )?(FETCH|STORE|SEARCH)\b", b"%T OK done\r\n"),
        (rb"LOGOUT", [b"* BYE\r\n%T OK done\r\n", CLOSE]),
    ]


class EvilServer:
    """
    certificate  (file, key): TLS from the first byte, or after STARTTLS
    tls          from the first byte
    """

    def __init__(self, script=(), greeting=GREETING, default=None, certificate=None, tls=False):
        self.script, self.greeting = list(script), greeting
        self.default = defaults() if default is None else default
        self.tls = tls
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        self.lines = []        # every command line, as it came, literals cut out
        self.connections = 0
        self.handshakes = 0    # TLS handshakes that were completed
        self.errors = []       # exceptions of the server's side
        self._open = []
        self._listen = socket.create_server(("127.0.0.1", 0))
        self._listen.settimeout(0.1)  # accept() is not woken when the socket is closed
        self.port = self._listen.getsockname()[1]
        self._stopped = False
        self._threads = []

    def __enter__(self):
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        self._threads.append(thread)
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

    def commands(self):
        """Command lines without their tags."""
        return [line.split(b" ", 1)[-1] for line in self.lines]

    # -- a connection

    def _accept(self):
        while not self._stopped:
            try:
                s, _ = self._listen.accept()
            except socket.timeout:
                continue
            except OSError:
                return
            s.settimeout(None)
            self.connections += 1
            self._open.append(s)
            thread = threading.Thread(target=self._serve, args=(s,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, s):
        try:
            if self.tls:
                s = self._wrap(s)
            if not self._reply(s, self.greeting, b"*"):
                return
            steps, buffer = list(self.script), b""
            while True:
                line, buffer = self._line(s, buffer)
                if line is None:
                    return
                self.lines.append(line)
                reply = self._answer(steps, line)
                tag = line.split(b" ", 1)[0]
                if reply is STARTTLS or isinstance(reply, list) and STARTTLS in reply:
                    before = reply[:reply.index(STARTTLS)] if isinstance(reply, list) else []
                    if before and not self._reply(s, before, tag):
                        return
                    s = self._wrap(s)
                    rest = reply[reply.index(STARTTLS) + 1:] if isinstance(reply, list) else []
                    if rest and not self._reply(s, rest, tag):
                        return
                    continue
                if not self._reply(s, reply, tag, line):
                    return
        except (OSError, ssl.SSLError) as e:
            self.errors.append(e)
        finally:
            try:
                s.close()
            except OSError:
                pass

    def _wrap(self, s):
        wrapped = self.context.wrap_socket(s, server_side=True)
        self.handshakes += 1
        self._open.append(wrapped)
        return wrapped

    def _line(self, s, buffer):
        """One command with its literals; asks for synchronising ones. @return (line or None, what came after it)"""
        line = b""
        while True:
            while b"\n" not in buffer:
                data = s.recv(65536)
                if not data:
                    return None, b""
                buffer += data
            part, buffer = buffer.split(b"\n", 1)
            line += part + b"\n"
            literal = LITERAL.search(line)
            if not literal:
                return line.rstrip(b"\r\n"), buffer
            if not literal.group(2):
                s.sendall(b"+ go\r\n")
            size = int(literal.group(1))
            while len(buffer) < size:
                data = s.recv(65536)
                if not data:
                    return None, b""
                buffer += data
            buffer = buffer[size:]
            line = line.rstrip(b"\r\n") + b" "

    def _answer(self, steps, line):
        command = line.split(b" ", 1)[-1]
        if steps and re.match(steps[0][0], command, re.I):
            return steps.pop(0)[1]
        for pattern, reply in self.default:
            if re.match(pattern, command, re.I):
                return reply
        return b"%T BAD what?\r\n"

    def _reply(self, s, reply, tag, line=b""):
        """@return False: this connection is over"""
        for part in reply if isinstance(reply, list) else [reply]:
            if callable(part):
                part = part(line)
            if part == CLOSE:
                return False
            if part == ABORT:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                return False
            if part == STALL:
                while not self._stopped:
                    time.sleep(0.05)
                return False
            if isinstance(part, tuple) and part[0] == "sleep":
                time.sleep(part[1])
            elif isinstance(part, tuple) and part[0] == "trickle":
                for byte in part[1].replace(b"%T", tag):
                    s.sendall(bytes([byte]))
            else:
                s.sendall(part.replace(b"%T", tag))
        return True
