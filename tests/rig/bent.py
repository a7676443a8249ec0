"""
An IMAP server in memory that answers as the RFCs say, and each of whose answers a test can bend. What a test does to its mailboxes directly
is what another client did.

`bend` is a function of an Ask. It returns None (the true answer) or a list: bytes, in which b"%T" becomes the tag, and the actions CLOSE
and STALL (say nothing more until the client goes). ask.truth() carries the command out, once, and gives the true answer as a list with one
untagged response each, the tagged one last; a bend that does not call it leaves everything as it is.
"""
import hashlib
import re
import select
import socket
import threading

from .evil import CLOSE, STALL

OLD = "IMAP4rev1 SASL-IR AUTH=PLAIN"
PLAIN = OLD + " UIDPLUS MOVE LITERAL+ NAMESPACE UNSELECT ID"
MODERN = PLAIN + " ENABLE CONDSTORE QRESYNC LIST-EXTENDED LIST-STATUS SPECIAL-USE MULTIAPPEND"
PERMANENT = "\\Answered \\Flagged \\Deleted \\Seen \\Draft"

LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r?\n\Z")
TOKEN = re.compile(rb'\s*("(?:[^"\\]|\\.)*"|\0\d+\0|\([^)]*\)|[^\s()"]+)')
CHANGING = re.compile(r"APPEND|CREATE|DELETE|RENAME|(UID )?(STORE|COPY|MOVE|EXPUNGE)|EXPUNGE|CLOSE|SUBSCRIBE|UNSUBSCRIBE")


class Message:
    def __init__(self, uid, data, flags, date, modseq):
        self.uid, self.bytes, self.flags, self.date, self.modseq = uid, bytes(data), set(flags), date, modseq

    @property
    def digest(self):
        return hashlib.sha256(self.bytes).hexdigest()


class Mailbox:
    def __init__(self, name, validity):
        self.name, self.validity = name, validity
        self.attributes = "\\HasNoChildren"
        self.next, self.modseq = 1, 1
        self.messages, self.gone = [], []  # in order of their UIDs; (UID, modseq) of what is expunged

    def add(self, data, flags=(), date="03-Mar-2026 10:00:00 +0000"):
        self.modseq += 1
        message = Message(self.next, data, flags, date, self.modseq)
        self.next += 1
        self.messages.append(message)
        return message.uid

    def flag(self, uid, sign, flags):
        message = self.of(uid)
        wanted = {"+": message.flags | set(flags), "-": message.flags - set(flags), "": set(flags)}[sign]
        if wanted != message.flags:
            self.modseq += 1
            message.flags, message.modseq = wanted, self.modseq

    def expunge(self, uid):
        """@return the number it had"""
        self.modseq += 1
        number = self.number(uid)
        self.gone.append((uid, self.modseq))
        del self.messages[number - 1]
        return number

    def of(self, uid):
        return self.messages[self.number(uid) - 1]

    def number(self, uid):
        return [m.uid for m in self.messages].index(uid) + 1

    def chosen(self, spec):
        """The messages of a set of UIDs."""
        top = self.messages[-1].uid if self.messages else 1
        ranges = []
        for part in spec.split(","):
            ends = [top if end == "*" else int(end) for end in part.split(":")]
            ranges.append((min(ends), max(ends)))
        return [m for m in self.messages if any(a <= m.uid <= b for a, b in ranges)]


class Ask:
    """One command on its way to its answer. mailbox: name of the one that it is about, None where it is about none or all of them."""

    def __init__(self, session, tag, command, args, literals):
        self.session, self.server = session, session.server
        self.tag, self.command, self.args, self.literals = tag, command, args, literals
        self.words = self._words()
        self.mailbox = session.selected.name if session.selected else None
        if command in ("STATUS", "SELECT", "EXAMINE", "APPEND", "CREATE", "DELETE", "RENAME", "SUBSCRIBE"):
            self.mailbox = self.words[0].decode("utf-8", "replace")
        elif not command.startswith("UID ") and command != "EXPUNGE":
            self.mailbox = None
        self._truth = None

    def truth(self):
        if self._truth is None:
            method = getattr(self.session, "do_" + self.command.lower().replace(" ", "_"), None)
            if not method or self.session.selected is None and self.command.partition(" ")[0] in ("UID", "EXPUNGE"):
                self._truth = [self.bad("not now")]
            else:
                self._truth = method(self)
        return list(self._truth)

    def ok(self, words="done", code=""):
        return ("%s OK %s%s\r\n" % (self.tag, code, words)).encode()

    def no(self, words):
        return ("%s NO %s\r\n" % (self.tag, words)).encode()

    def bad(self, words):
        return ("%s BAD %s\r\n" % (self.tag, words)).encode()

    def _words(self):
        words = []
        for found in TOKEN.finditer(self.args):
            word = found.group(1)
            if word.startswith(b"\0"):
                word = self.literals[int(word.strip(b"\0"))]
            elif word.startswith(b'"'):
                word = re.sub(rb"\\(.)", rb"\1", word[1:-1])
            words.append(word)
        return words


class BentServer:
    def __init__(self, *names, capabilities=PLAIN):
        self.capabilities, self.bend = capabilities, None
        self.greeting = None  # what it says first; None: its capabilities
        self.mailboxes, self.validity = {}, 7
        for name in ("INBOX", *names):
            self.make(name)
        self.asked = []        # (command, arguments) of all connections; secrets are left out
        self.connections, self.errors = 0, []  # errors: what went wrong in here, or in a bend
        self.lock = threading.RLock()
        self._open, self._threads, self._stopped = [], [], False
        self._listen = socket.create_server(("127.0.0.1", 0))
        self._listen.settimeout(0.1)
        self.port = self._listen.getsockname()[1]

    def make(self, name):
        self.validity += 1
        self.mailboxes[name] = Mailbox(name, self.validity)
        return self.mailboxes[name]

    def able(self, capability):
        return capability in self.capabilities.split()

    def changing(self):
        """Commands that may have changed something."""
        return [(command, args) for command, args in self.asked if CHANGING.fullmatch(command)]

    def stopped(self):
        return self._stopped

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
        for thread in self._threads:
            thread.join(2)

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

    def session(self, s):
        """What serves a connection."""
        return Session(self, s)

    def _serve(self, s):
        try:
            self.session(s).run()
        except OSError:
            pass  # the client went
        except Exception as e:  # pylint: disable=broad-except
            self.errors.append(e)
        finally:
            self._open.remove(s)
            s.close()


class Over(Exception):
    """This connection is at its end."""


class Session:
    def __init__(self, server, s):
        self.server, self.socket, self.buffer = server, s, b""
        self.selected, self.enabled = None, False

    def run(self):
        try:
            self.socket.sendall(self.server.greeting or b"* OK [CAPABILITY %s] ready\r\n" % self.server.capabilities.encode())
            while True:
                self.answer(self.command())
        except Over:
            pass

    # -- bytes

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise Over()
        self.buffer += data

    def command(self):
        """One command with its literals, which stand as \\0 number \\0 in its arguments."""
        line, literals = b"", []
        while True:
            while b"\n" not in self.buffer:
                self.more()
            part, self.buffer = self.buffer.split(b"\n", 1)
            part += b"\n"
            literal = LITERAL.search(part)
            if not literal:
                line += part.rstrip(b"\r\n")
                break
            if not literal.group(2):
                self.socket.sendall(b"+ go\r\n")
            size = int(literal.group(1))
            while len(self.buffer) < size:
                self.more()
            line += part[:literal.start()] + b"\0%d\0" % len(literals)
            literals.append(self.buffer[:size])
            self.buffer = self.buffer[size:]
        tag, _, rest = line.partition(b" ")
        command, _, args = rest.partition(b" ")
        if command.upper() == b"UID":
            what, _, args = args.partition(b" ")
            command += b" " + what
        return Ask(self, tag.decode(), command.upper().decode(), args, literals)

    def answer(self, ask):
        self.server.asked.append((ask.command, b"" if ask.command in ("LOGIN", "AUTHENTICATE") else ask.args))
        with self.server.lock:
            parts = self.server.bend(ask) if self.server.bend else None
            if parts is None:
                parts = ask.truth()
        for part in parts:
            if part == CLOSE:
                raise Over()
            if part == STALL:
                self.stall()
            self.socket.sendall(part.replace(b"%T", ask.tag.encode()))
        if ask.command == "LOGOUT":
            raise Over()

    def stall(self):
        while not self.server.stopped():
            if select.select([self.socket], [], [], 0.05)[0] and not self.socket.recv(65536):
                break
        raise Over()

    # -- the truth: any state

    def do_capability(self, ask):
        return [b"* CAPABILITY %s\r\n" % self.server.capabilities.encode(), ask.ok()]

    def do_authenticate(self, ask):
        return [ask.ok("in", "[CAPABILITY %s] " % self.server.capabilities)]

    do_login = do_authenticate

    def do_noop(self, ask):
        return [ask.ok()]

    do_check = do_subscribe = do_noop

    def do_id(self, ask):
        return [b"* ID NIL\r\n", ask.ok()]

    def do_enable(self, ask):
        self.enabled = b"QRESYNC" in ask.args.upper()
        return [b"* ENABLED %s\r\n" % ask.args, ask.ok()]

    def do_namespace(self, ask):
        return [b'* NAMESPACE (("" "/")) NIL NIL\r\n', ask.ok()]

    def do_logout(self, ask):
        return [b"* BYE\r\n", ask.ok()]

    # -- mailboxes

    def quoted(self, name):
        return b'"' + name.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'

    def do_list(self, ask):
        with_status = b"STATUS (" in ask.args
        words = ask.words[1:] if ask.words[0].startswith(b"(") else ask.words
        pattern = words[1].strip(b'()"').decode()
        lines = []
        for mailbox in list(self.server.mailboxes.values()):
            if pattern in ("*", "%", mailbox.name) or pattern.endswith("*") and mailbox.name.startswith(pattern[:-1]):
                lines.append(b'* LIST (%s) "/" %s\r\n' % (mailbox.attributes.encode(), self.quoted(mailbox.name)))
                if with_status:
                    lines.append(self.status(mailbox))
        return lines + [ask.ok()]

    def do_lsub(self, ask):
        return [line.replace(b"* LIST", b"* LSUB", 1) for line in self.do_list(ask)]

    def status(self, mailbox):
        items = "MESSAGES %d UIDNEXT %d UIDVALIDITY %d" % (len(mailbox.messages), mailbox.next, mailbox.validity)
        if self.server.able("CONDSTORE"):
            items += " HIGHESTMODSEQ %d" % mailbox.modseq
        return b"* STATUS %s (%s)\r\n" % (self.quoted(mailbox.name), items.encode())

    def named(self, ask):
        return self.server.mailboxes.get("INBOX" if ask.mailbox.upper() == "INBOX" else ask.mailbox)

    def do_status(self, ask):
        mailbox = self.named(ask)
        return [self.status(mailbox), ask.ok()] if mailbox else [ask.no("[NONEXISTENT] no such mailbox")]

    def do_create(self, ask):
        if self.named(ask):
            return [ask.no("[ALREADYEXISTS] it is there")]
        self.server.make(ask.mailbox)
        return [ask.ok()]

    def do_select(self, ask):
        mailbox = self.selected = self.named(ask)
        if not mailbox:
            return [ask.no("[NONEXISTENT] no such mailbox")]
        permanent = "" if ask.command == "EXAMINE" else PERMANENT + " \\*"
        lines = [b"* FLAGS (%s)\r\n" % PERMANENT.encode(), b"* OK [PERMANENTFLAGS (%s)] ok\r\n" % permanent.encode(),
                 b"* %d EXISTS\r\n" % len(mailbox.messages), b"* 0 RECENT\r\n", b"* OK [UIDVALIDITY %d] ok\r\n" % mailbox.validity,
                 b"* OK [UIDNEXT %d] ok\r\n" % mailbox.next]
        if self.server.able("CONDSTORE"):
            lines.append(b"* OK [HIGHESTMODSEQ %d] ok\r\n" % mailbox.modseq)
        known = re.search(rb"QRESYNC \((\d+) (\d+)", ask.args)
        if known and int(known.group(1)) == mailbox.validity:
            lines += self.since(int(known.group(2)))
        return lines + [ask.ok(code="[READ-ONLY] " if ask.command == "EXAMINE" else "[READ-WRITE] ")]

    do_examine = do_select

    def since(self, modseq):
        """What changed after it, as QRESYNC shows it."""
        gone = [uid for uid, when in self.selected.gone if when > modseq]
        lines = [b"* VANISHED (EARLIER) %s\r\n" % ",".join(map(str, gone)).encode()] if gone else []
        return lines + [self.fetched(m, "UID FLAGS MODSEQ") for m in self.selected.messages if m.modseq > modseq]

    def do_unselect(self, ask):
        self.selected = None
        return [ask.ok()]

    def do_append(self, ask):
        mailbox = self.named(ask)
        if not mailbox:
            return [ask.no("[TRYCREATE] no such mailbox")]
        uids, flags, date = [], [], None
        for found in list(TOKEN.finditer(ask.args))[1:]:
            word = found.group(1)
            if word.startswith(b"("):
                flags = word.strip(b"()").decode().split()
            elif word.startswith(b"\0"):
                uids.append(mailbox.add(ask.literals[int(word.strip(b"\0"))], flags, date or "03-Mar-2026 10:00:00 +0000"))
                flags, date = [], None
            else:
                date = word.strip(b'"').decode()
        code = "[APPENDUID %d %s] " % (mailbox.validity, ",".join(map(str, uids)))
        return [ask.ok(code=code if self.server.able("UIDPLUS") else "")]

    # -- messages of the selected mailbox

    def fetched(self, message, wanted):
        head = message.bytes.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        items = [b"UID %d" % message.uid]
        if "FLAGS" in wanted:
            items.append(b"FLAGS (%s)" % " ".join(sorted(message.flags)).encode())
        if "INTERNALDATE" in wanted:
            items.append(b'INTERNALDATE "%s"' % message.date.encode())
        if "RFC822.SIZE" in wanted:
            items.append(b"RFC822.SIZE %d" % len(message.bytes))
        if "MODSEQ" in wanted or self.enabled and "FLAGS" in wanted:
            items.append(b"MODSEQ (%d)" % message.modseq)
        if "BODY.PEEK[HEADER]" in wanted:
            items.append(b"BODY[HEADER] {%d}\r\n%s" % (len(head), head))
        if "BODY.PEEK[]" in wanted:
            items.append(b"BODY[] {%d}\r\n%s" % (len(message.bytes), message.bytes))
        return b"* %d FETCH (%s)\r\n" % (self.selected.number(message.uid), b" ".join(items))

    def chosen(self, ask):
        """@return messages, what is asked of them"""
        spec, _, rest = ask.args.decode().partition(" ")
        return self.selected.chosen(spec), rest

    def do_uid_fetch(self, ask):
        messages, wanted = self.chosen(ask)
        since = re.search(r"CHANGEDSINCE (\d+)", wanted)
        after = int(since.group(1)) if since else 0
        lines = [self.fetched(m, wanted + " MODSEQ" * bool(since)) for m in messages if m.modseq > after]
        return lines + [ask.ok()]

    def do_uid_store(self, ask):
        messages, rest = self.chosen(ask)
        sign, silent, flags = re.search(r"([+-]?)FLAGS(\.SILENT)? \(?([^)]*)\)?\Z", rest).groups()
        unchanged = re.search(r"UNCHANGEDSINCE (\d+)", rest)
        refused = [m.uid for m in messages if unchanged and m.modseq > int(unchanged.group(1))]
        lines = []
        for message in messages:
            if message.uid not in refused:
                self.selected.flag(message.uid, sign, flags.split())
                if not silent or self.enabled:
                    lines.append(self.fetched(message, "UID MODSEQ" if silent else "UID FLAGS"))
        return lines + [ask.ok(code="[MODIFIED %s] " % ",".join(map(str, refused)) if refused else "")]

    def do_uid_copy(self, ask):
        messages, _ = self.chosen(ask)
        target = self.server.mailboxes.get(ask.words[-1].decode("utf-8", "replace"))
        if not target:
            return [ask.no("[TRYCREATE] no such mailbox")]
        uids = [target.add(m.bytes, m.flags, m.date) for m in messages]
        sets = (target.validity, ",".join(str(m.uid) for m in messages), ",".join(map(str, uids)))
        code = "[COPYUID %d %s %s] " % sets if self.server.able("UIDPLUS") and uids else ""
        lines = [b"* OK %sdone\r\n" % code.encode()] if ask.command == "UID MOVE" else []
        if ask.command == "UID MOVE":
            lines += self.expunged([m.uid for m in messages])
            code = ""
        return lines + [ask.ok(code=code)]

    do_uid_move = do_uid_copy

    def expunged(self, uids):
        numbers = [self.selected.expunge(uid) for uid in uids]
        if self.enabled:
            return [b"* VANISHED %s\r\n" % ",".join(map(str, uids)).encode()] if uids else []
        return [b"* %d EXPUNGE\r\n" % n for n in numbers]

    def do_uid_expunge(self, ask):
        chosen = self.selected.chosen(ask.args.decode())
        return self.expunged([m.uid for m in chosen if "\\Deleted" in m.flags]) + [ask.ok()]

    def do_expunge(self, ask):
        return self.expunged([m.uid for m in self.selected.messages if "\\Deleted" in m.flags]) + [ask.ok()]
