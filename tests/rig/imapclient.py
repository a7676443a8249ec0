"""A second mail client on the server, on imaplib: what another laptop or a phone would do. Mailbox names are UTF-8."""
import base64
import collections
import hashlib
import imaplib
import re
import socket
import time

imaplib._MAXLINE = 50_000_000  # one line may list many thousand messages

Message = collections.namedtuple("Message", "uid flags date digest size")


def to_utf7(name):
    """Modified UTF-7 of RFC 3501, section 5.1.3."""
    out, run = [], ""

    def flush():
        nonlocal run
        if run:
            text = base64.b64encode(run.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
            out.append("&" + text + "-")
            run = ""
    for c in name:
        if " " <= c <= "~":
            flush()
            out.append("&-" if c == "&" else c)
        else:
            run += c
    flush()
    return "".join(out)


def from_utf7(name):
    def decode(m):
        if not m.group(1):
            return "&"
        text = m.group(1).replace(",", "/")
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode("utf-16-be")
    return re.sub("&([^-]*)-", decode, name)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Client:
    """
    prefix and separator: of the personal namespace, cut from and added to names, so that a test speaks of "Work/2024"
    whatever the server's form is.
    """

    def __init__(self, port, user, password="secret", separator="/", prefix=""):
        self.separator, self.prefix = separator, prefix
        self.imap = imaplib.IMAP4("127.0.0.1", port, timeout=60)
        self.imap.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a literal goes out in three pieces
        self.imap.login(user, password)
        self.imap._get_capabilities()  # what it offers now, not what it offered before login
        self._selected = None

    def close(self):
        try:
            self.imap.logout()
        except (OSError, imaplib.IMAP4.error):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # -- plumbing

    def _ok(self, answer):
        kind, data = answer
        if kind != "OK":
            raise RuntimeError("server said %s %r" % (kind, data))
        return data

    def wire(self, name):
        """Name for people to the server's, quoted."""
        if name.upper() == "INBOX":
            return '"INBOX"'
        return quoted(to_utf7(self.prefix + name.replace("/", self.separator)))

    def people(self, wire):
        name = from_utf7(wire)
        if name.upper() == "INBOX":
            return "INBOX"
        if self.prefix and name.startswith(self.prefix):
            name = name[len(self.prefix):]
        return name.replace(self.separator, "/")

    def select(self, mailbox, readonly=False):
        self._ok(self.imap.select(self.wire(mailbox), readonly))
        self._selected = mailbox

    def _leave(self):
        """No mailbox is selected afterwards, and nothing was expunged: CLOSE leaves one that was opened to read as it is."""
        if self._selected is None:
            return
        if "UNSELECT" in self.imap.capabilities:
            self._ok(self.imap.unselect())
        else:
            self.select(self._selected, readonly=True)
            self._ok(self.imap.close())
        self._selected = None

    def uid(self, mailbox, command, *args):
        self.select(mailbox)
        return self._ok(self.imap.uid(command, *args))

    # -- what a user does

    def create(self, mailbox):
        self._ok(self.imap.create(self.wire(mailbox)))
        self._ok(self.imap.subscribe(self.wire(mailbox)))

    def subscribe(self, mailbox, yes=True):
        (self.imap.subscribe if yes else self.imap.unsubscribe)(self.wire(mailbox))

    def delete_mailbox(self, mailbox):
        self._leave()
        self._ok(self.imap.delete(self.wire(mailbox)))

    def rename_mailbox(self, old, new):
        self._ok(self.imap.rename(self.wire(old), self.wire(new)))

    def append(self, mailbox, message, flags=(), date=None):
        """date: seconds since 1970. @return the UID, where the server tells it"""
        when = imaplib.Time2Internaldate(time.gmtime(date) if date is not None else time.time())
        if date is not None:
            when = time.strftime('"%d-%b-%Y %H:%M:%S +0000"', time.gmtime(date))
        # imaplib rewrites line ends of a literal; we want our bytes on the server as they are.
        self.imap.literal = bytes(message)
        kind, data = self.imap._simple_command("APPEND", self.wire(mailbox), "(" + " ".join(flags) + ")", when)
        self._ok((kind, data))
        found = re.search(rb"APPENDUID \d+ (\d+)", b" ".join(d for d in data if d))
        return int(found.group(1)) if found else None

    def fill(self, mailbox, messages):
        """Append corpus messages (anything with .bytes, .flags, .date)."""
        return [self.append(mailbox, m.bytes, m.flags, m.date) for m in messages]

    def store(self, mailbox, uids, change, flags):
        """store("INBOX", 3, "+", ["\\\\Seen"])"""
        self.uid(mailbox, "STORE", _set(uids), change + "FLAGS.SILENT", "(" + " ".join(flags) + ")")

    def expunge(self, mailbox, uids):
        """The user deletes for good: \\Deleted and EXPUNGE of these alone."""
        self.store(mailbox, uids, "+", ["\\Deleted"])
        if "UIDPLUS" in self.imap.capabilities:
            self._ok(self.imap.uid("EXPUNGE", _set(uids)))
        else:
            self._ok(self.imap.expunge())

    def move(self, mailbox, uids, to):
        if "MOVE" in self.imap.capabilities:
            self.uid(mailbox, "MOVE", _set(uids), self.wire(to))
        else:
            self.copy(mailbox, uids, to)
            self.expunge(mailbox, uids)

    def copy(self, mailbox, uids, to):
        self.uid(mailbox, "COPY", _set(uids), self.wire(to))

    # -- what a test looks at

    def mailboxes(self, subscribed=False):
        names = []
        for line in self._ok(self.imap.lsub() if subscribed else self.imap.list()):
            if line is None:
                continue
            literal = isinstance(line, tuple)
            text = (line[0] if literal else line).decode("utf-8", "surrogateescape")
            found = re.match(r'\(([^)]*)\) (?:NIL|"(?:\\.|[^"])*") (.*)\Z', text, re.S)
            if "\\noselect" in found.group(1).lower() or "\\nonexistent" in found.group(1).lower():
                continue
            name = line[1].decode() if literal else found.group(2)
            if not literal and name.startswith('"'):
                name = re.sub(r"\\(.)", r"\1", name[1:-1])
            names.append(self.people(name))
        return sorted(names)

    def messages(self, mailbox, bodies=True):
        """All messages of a mailbox, by UID. \\Recent is left out."""
        self.select(mailbox, readonly=True)
        what = "(UID FLAGS INTERNALDATE RFC822.SIZE%s)" % (" BODY.PEEK[]" if bodies else "")
        found = []
        for part in self._ok(self.imap.uid("FETCH", "1:*", what)):
            if part is None or part == b")":
                continue
            if isinstance(part, tuple):
                head, body = part
            elif b"UID" in part:
                head, body = part, None
            else:  # what stands after a body: parenthesis or late items
                continue
            found.append(self._message(head, body))
        self._leave()
        return sorted(found)

    @staticmethod
    def _message(head, body):
        flags = re.search(rb"FLAGS \(([^)]*)\)", head).group(1).decode().split()
        date = re.search(rb'INTERNALDATE "([^"]*)"', head).group(1).decode()
        return Message(int(re.search(rb"UID (\d+)", head).group(1)), frozenset(f for f in flags if f != "\\Recent"),
                       instant(date), hashlib.sha256(body).hexdigest() if body is not None else None,
                       int(re.search(rb"RFC822.SIZE (\d+)", head).group(1)))

    def body(self, mailbox, uid):
        self.select(mailbox, readonly=True)
        for part in self._ok(self.imap.uid("FETCH", str(uid), "(BODY.PEEK[])")):
            if isinstance(part, tuple):
                return part[1]
        return None

    def uid_of(self, mailbox, message):
        """The UID of the message with these bytes (the highest, if there are more); None if it is not there."""
        digest = hashlib.sha256(bytes(message)).hexdigest()
        uids = [m.uid for m in self.messages(mailbox) if m.digest == digest]
        return max(uids) if uids else None

    def tree(self, dates=True):
        """{mailbox: multiset of (sha256, flags, date)}: compare with the Maildir's tree()."""
        return {name: collections.Counter((m.digest, m.flags, m.date if dates else None) for m in self.messages(name))
                for name in self.mailboxes()}

    def status(self, mailbox):
        self._leave()  # of the mailbox that is selected a server may tell what it told last
        data = self._ok(self.imap.status(self.wire(mailbox), "(MESSAGES UIDNEXT UIDVALIDITY)"))[0].decode()
        return {k.lower(): int(v) for k, v in re.findall(r"(MESSAGES|UIDNEXT|UIDVALIDITY) (\d+)", data)}


def _set(uids):
    return ",".join(map(str, uids)) if isinstance(uids, (list, tuple, set)) else str(uids)


def instant(date):
    """INTERNALDATE's text to seconds since 1970."""
    return int(time.mktime(imaplib.Internaldate2tuple(b'INTERNALDATE "%s"' % date.encode())))
