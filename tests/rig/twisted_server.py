"""
Twisted's IMAP and POP server over Maildirs: the protocols are Twisted's own, mailboxes are the few lines below. Twisted has a
Maildir for POP and none for IMAP.

    twisted_server.py FOLDER IMAP-PORT POP-PORT USER=PASSWORD...

FOLDER/USER/ is the account's root; a mailbox a/b is the folder a/b with cur, new, tmp, and a file `uids`. POP gives out INBOX.
"""
import calendar
import email.parser
import email.policy
import email.utils
import hashlib
import io
import json
import os
import shutil
import sys
import time

from twisted.internet import defer, protocol, reactor
from twisted.mail import imap4, maildir, pop3
from twisted.python import log
from zope.interface import implementer

LETTERS = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen", "T": "\\Deleted"}
SYSTEM = {flag.lower(): letter for letter, flag in LETTERS.items()}
INSIDE = {"cur", "new", "tmp"}


@implementer(imap4.IMessage, imap4.IMessageFile)
class Message:
    def __init__(self, mailbox, base):
        self.mailbox, self.base = mailbox, base

    def getUID(self):
        return self.mailbox.uids[self.base]

    def getFlags(self):
        return self.mailbox.flags_of(self.base)

    def getInternalDate(self):
        when = time.gmtime(os.stat(self.mailbox.path_of(self.base)).st_mtime)
        return time.strftime("%d-%b-%Y %H:%M:%S +0000", when)

    def open(self):
        return open(self.mailbox.path_of(self.base), "rb")

    def getSize(self):
        return os.stat(self.mailbox.path_of(self.base)).st_size

    def _parts(self):
        with self.open() as f:
            data = f.read()
        head, _, body = data.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n", body

    def getHeaders(self, negate, *names):
        parsed = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(self._parts()[0], headersonly=True)
        wanted = {n.lower() if isinstance(n, str) else n.decode().lower() for n in names}
        return {k.lower(): str(v) for k, v in parsed.items() if (k.lower() in wanted) != bool(negate)}

    def getBodyFile(self):
        return io.BytesIO(self._parts()[1])

    def isMultipart(self):
        return False

    def getSubPart(self, part):
        raise IndexError(part)


@implementer(imap4.IMailbox, imap4.ICloseableMailbox)
class Mailbox:
    def __init__(self, path):
        self.path, self.listeners = path, []
        for name in INSIDE:
            os.makedirs(os.path.join(path, name), exist_ok=True)
        self.keywords, self.uids, self.next = {}, {}, 1
        self.validity = int(time.time())
        try:
            with open(os.path.join(path, "uids")) as f:
                self.validity, self.next, self.uids, self.keywords = json.load(f)
        except FileNotFoundError:
            pass
        self.look()

    def save(self):
        with open(os.path.join(self.path, "uids.new"), "w") as f:
            json.dump([self.validity, self.next, self.uids, self.keywords], f)
        os.rename(os.path.join(self.path, "uids.new"), os.path.join(self.path, "uids"))

    def look(self):
        """What others delivered or removed (POP) gets or loses its UID."""
        self.files = {}
        for where in ("new", "cur"):
            for name in os.listdir(os.path.join(self.path, where)):
                self.files[name.partition(":2,")[0]] = os.path.join(self.path, where, name)
        for base in sorted(set(self.files) - set(self.uids)):
            self.uids[base], self.next = self.next, self.next + 1
        self.uids = {base: uid for base, uid in self.uids.items() if base in self.files}
        self.bases = sorted(self.uids, key=self.uids.get)
        self.save()

    def path_of(self, base):
        return self.files[base]

    def flags_of(self, base):
        letters = os.path.basename(self.files[base]).partition(":2,")[2]
        return [LETTERS[c] for c in letters if c in LETTERS] + self.keywords.get(base, [])

    def set_flags(self, base, flags):
        letters = "".join(sorted({SYSTEM[f.lower()] for f in flags if f.lower() in SYSTEM}))
        self.keywords[base] = sorted({f for f in flags if f.lower() not in SYSTEM and f.lower() != "\\recent"})
        to = os.path.join(self.path, "cur", base + ":2," + letters)
        os.rename(self.files[base], to)
        self.files[base] = to

    # IMailboxInfo

    def getFlags(self):
        return sorted({*LETTERS.values(), *(k for words in self.keywords.values() for k in words)})

    def getHierarchicalDelimiter(self):
        return "/"

    # IMailbox

    def getUIDValidity(self):
        return self.validity

    def getUIDNext(self):
        return self.next

    def getUID(self, message):
        return self.uids[self.bases[message - 1]]

    def getMessageCount(self):
        return len(self.bases)

    def getRecentCount(self):
        return 0

    def getUnseenCount(self):
        return sum("\\Seen" not in self.flags_of(base) for base in self.bases)

    def isWriteable(self):
        return True

    def destroy(self):
        for name in (*INSIDE, "uids"):
            path = os.path.join(self.path, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        if not os.listdir(self.path):
            os.rmdir(self.path)

    def requestStatus(self, names):
        return imap4.statusRequestHelper(self, names)

    def addListener(self, listener):
        self.listeners.append(listener)
        return True

    def removeListener(self, listener):
        self.listeners.remove(listener)
        return True

    def close(self):
        pass

    def addMessage(self, message, flags=(), date=None):
        base = "%d.M%dP%d.twisted" % (time.time(), self.next, os.getpid())
        tmp = os.path.join(self.path, "tmp", base)
        with open(tmp, "wb") as f:
            shutil.copyfileobj(message, f)
        if date:
            os.utime(tmp, (_seconds(date), _seconds(date)))
        self.files[base] = os.path.join(self.path, "cur", base + ":2,")
        os.rename(tmp, self.files[base])
        self.uids[base], self.next = self.next, self.next + 1
        self.bases.append(base)
        self.set_flags(base, flags)
        self.save()
        return defer.succeed(None)

    def expunge(self):
        gone = []
        for number in range(len(self.bases), 0, -1):
            base = self.bases[number - 1]
            if "\\Deleted" in self.flags_of(base):
                os.unlink(self.files.pop(base))
                gone.append(number)
                del self.bases[number - 1], self.uids[base]
                self.keywords.pop(base, None)
        self.save()
        return gone

    def _chosen(self, messages, uid):
        messages.last = (self.next - 1 if uid else len(self.bases)) or 1
        for number, base in enumerate(list(self.bases), 1):
            if (self.uids[base] if uid else number) in messages:
                yield number, base

    def fetch(self, messages, uid):
        return [(number, Message(self, base)) for number, base in self._chosen(messages, uid)]

    def store(self, messages, flags, mode, uid):
        result = {}
        for number, base in self._chosen(messages, uid):
            before = set(self.flags_of(base))
            after = set(flags) if mode == 0 else before | set(flags) if mode > 0 else before - set(flags)
            self.set_flags(base, after)
            result[number] = self.flags_of(base)
        self.save()
        return result


def _seconds(date):
    text = date.decode() if isinstance(date, bytes) else date
    parsed = email.utils.parsedate_tz(text.strip().replace("-", " ", 2))
    return calendar.timegm(parsed[:6] + (0, 0, 0)) - (parsed[9] or 0)


@implementer(imap4.IAccount, imap4.INamespacePresenter)
class Account:
    def __init__(self, root):
        self.root, self.mailboxes, self.subscribed = root, {}, set()
        os.makedirs(root, exist_ok=True)
        for path, folders, _ in os.walk(root):
            if INSIDE <= set(folders):
                self.mailboxes[os.path.relpath(path, root)] = Mailbox(path)
            folders[:] = [f for f in folders if f not in INSIDE]
        if "INBOX" not in self.mailboxes:
            self.addMailbox("INBOX")

    @staticmethod
    def _name(name):
        return "INBOX" if name.upper() == "INBOX" else name.rstrip("/")

    def addMailbox(self, name, mbox=None):
        name = self._name(name)
        if name in self.mailboxes or any(part in ("", ".", "..") or part in INSIDE for part in name.split("/")):
            raise imap4.MailboxCollision(name)
        self.mailboxes[name] = mbox or Mailbox(os.path.join(self.root, name))
        return True

    create = addMailbox

    def select(self, name, rw=True):
        mailbox = self.mailboxes.get(self._name(name))
        if mailbox is not None:
            mailbox.look()
        return mailbox

    def delete(self, name):
        name = self._name(name)
        if name == "INBOX" or name not in self.mailboxes:
            raise imap4.MailboxException("No such mailbox")
        self.mailboxes.pop(name).destroy()

    def rename(self, oldname, newname):
        old, new = self._name(oldname), self._name(newname)
        if old not in self.mailboxes:
            raise imap4.NoSuchMailbox(old)
        if new in self.mailboxes or old == "INBOX":
            raise imap4.MailboxCollision(new)
        os.makedirs(os.path.dirname(os.path.join(self.root, new)), exist_ok=True)
        os.rename(os.path.join(self.root, old), os.path.join(self.root, new))
        for name in [n for n in self.mailboxes if n == old or n.startswith(old + "/")]:
            to = new + name[len(old):]
            del self.mailboxes[name]
            self.mailboxes[to] = Mailbox(os.path.join(self.root, to))

    def isSubscribed(self, name):
        return self._name(name) in self.subscribed

    def subscribe(self, name):
        self.subscribed.add(self._name(name))

    def unsubscribe(self, name):
        self.subscribed.discard(self._name(name))

    def listMailboxes(self, ref, wildcard):
        matches = imap4.wildcardToRegexp(ref + wildcard, "/")
        return [(name, box) for name, box in sorted(self.mailboxes.items()) if matches.match(name)]

    def getPersonalNamespaces(self):
        return [[b"", b"/"]]

    def getSharedNamespaces(self):
        return None

    def getOtherNamespaces(self):
        return None

    def getUserNamespaces(self):
        return None


class Imap(imap4.IMAP4Server):
    def connectionMade(self):
        self.transport.setTcpNoDelay(True)
        super().connectionMade()

    def authenticateLogin(self, user, passwd):
        name = user.decode()
        if self.factory.passwords.get(name) != passwd.decode():
            raise imap4.cred.error.UnauthorizedLogin("wrong password")
        return imap4.IAccount, self.factory.account(name), lambda: None


class Maildrop(maildir.MaildirMailbox):
    """Two of Twisted's methods mix text and bytes and fail with Python 3."""

    def __init__(self, path):
        os.makedirs(os.path.join(path, ".Trash", "cur"), exist_ok=True)
        super().__init__(path)

    def getMessage(self, i):
        return open(self.list[i], "rb")

    def getUidl(self, i):
        return hashlib.md5(os.path.basename(self.list[i]).partition(":2,")[0].encode()).hexdigest().encode()


class Pop(pop3.POP3):
    def connectionMade(self):
        self.transport.setTcpNoDelay(True)
        super().connectionMade()

    def authenticateUserPASS(self, user, password):
        name = user.decode()
        if self.factory.passwords.get(name) != password.decode():
            return defer.fail(imap4.cred.error.UnauthorizedLogin())
        self.factory.account(name)
        path = os.path.join(self.factory.folder, name, "INBOX")
        return defer.succeed((pop3.IMailbox, Maildrop(path), lambda: None))


class Factory(protocol.Factory):
    def __init__(self, kind, folder, passwords, accounts):
        self.kind, self.folder, self.passwords, self.accounts = kind, folder, passwords, accounts

    def account(self, name):
        if name not in self.accounts:
            self.accounts[name] = Account(os.path.join(self.folder, name))
        return self.accounts[name]

    def buildProtocol(self, addr):
        made = self.kind()
        made.factory = self
        return made


def main():
    folder, imap_port, pop_port, *users = sys.argv[1:]
    passwords, accounts = dict(u.split("=", 1) for u in users), {}
    log.startLogging(sys.stderr)
    reactor.listenTCP(int(imap_port), Factory(Imap, folder, passwords, accounts), interface="127.0.0.1")
    reactor.listenTCP(int(pop_port), Factory(Pop, folder, passwords, accounts), interface="127.0.0.1")
    reactor.run()


if __name__ == "__main__":
    main()
