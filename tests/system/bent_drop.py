"""One row of the table of bent answers for POP: a maildrop with one message that is bent, imported twice; then the server is well again."""
import re
import time

from bent import Fault
from rig import ahead
from rig.golub import Account, Home
from rig.popserver import Message, PopServer

BENT = 3               # number of the message that is bent
COUNT = 6
SETTLE = 10
DAY = 86400 + 60
TROUBLE = r"\bUIDL|\bRETR|\bTOP|\bLIST\b|\bSTAT\b|\bDELE|message"


class Drop:
    """
    what    the name
    rules   of rig.popserver
    exit    the exit statuses that a run may end with while the server is bent
    spoils  numbers of the messages that need not come while it is bent
    keep    of the account
    says    a pattern that standard error holds where the exit status is not 0
    count   how many messages there are at first
    """

    def __init__(self, what, rules, exit=(1,), spoils=(BENT,), keep="forever", says=TROUBLE, count=COUNT, timeout=2):
        self.what, self.rules, self.exit, self.spoils, self.keep = what, rules, tuple(exit), set(spoils), keep
        self.says, self.count, self.timeout = says, count, timeout


class DropScene:
    def __init__(self, row):
        self.row, self.log, self.bytes, self.aged = row, [], {}, False

    def run(self):
        """@return the words for the table. Raises Fault"""
        with PopServer() as self.server, Home() as self.home:
            self.account = Account(self.home, "pop3://127.0.0.1:%d" % self.server.port, tls="none", timeout=self.row.timeout, keep=self.row.keep)
            self.deliver(range(1, self.row.count + 1))
            bends = []
            for pattern, reply, *times in reversed(self.row.rules):
                self.server.rule(pattern, self.counted(reply, bends), *times)
            self.import_bent(1)
            self.deliver(range(self.row.count + 1, self.row.count + 3))
            self.import_bent(2)
            if not bends:
                raise Fault("nothing was bent")
            self.well()
            return self.told()

    @staticmethod
    def counted(reply, bends):
        def answer(session, line):
            said = reply(session, line) if callable(reply) else reply
            if said is not None:
                bends.append(line)
            return said
        return answer

    def deliver(self, numbers):
        for n in numbers:
            self.bytes[n] = ("From: ana@example.org\r\nTo: bob@example.net\r\nSubject: post %d\r\nMessage-ID: <post.%d@mail.example>\r\n"
                             "Date: Tue, 03 Mar 2026 10:00:00 +0000\r\n\r\nThis is post %d.\r\n.\r\n%s\r\n" % (n, n, n, "word " * n)).encode()
            self.server.drop.append(Message(self.bytes[n]))

    # -- what is where

    def here(self):
        """Numbers of the messages here, one for each file."""
        by_bytes = {data: n for n, data in self.bytes.items()}
        found = []
        for f in self.account.maildir.files("INBOX"):
            data = f.wire()
            if data in by_bytes:
                found.append(by_bytes[data])
            elif not any(whole.startswith(data) for whole in self.bytes.values()):  # a piece came twice: the whole comes beside it
                raise Fault("bytes that nobody wrote are here", law=True)
        return found

    def there(self):
        by_bytes = {data: n for n, data in self.bytes.items()}
        return {by_bytes[m.bytes] for m in self.server.drop}

    def laws(self, when):
        here = self.here()
        for n in self.bytes:
            if here.count(n) > 1:
                raise Fault("%s: message %d is here %d times" % (when, n, here.count(n)), law=True)
            if n not in here and n not in self.there():
                raise Fault("%s: message %d is lost" % (when, n), law=True)

    # -- the runs

    def sync(self):
        try:
            return self.home.run("import", self.account.name, timeout=60, env=ahead.by(DAY) if self.aged else None)
        except AssertionError as e:
            raise Fault(str(e).splitlines()[0]) from None

    def import_bent(self, number):
        run = self.sync()
        self.log.append(run)
        self.laws("bent run %d" % number)
        missing = set(self.bytes) - set(self.here()) - self.row.spoils
        if missing:
            raise Fault("bent run %d: %s did not come" % (number, ", ".join("message %d" % n for n in sorted(missing))))
        if run.code not in self.row.exit:
            raise Fault("exit status %d in bent run %d" % (run.code, number))
        if run.code and not re.search(self.row.says, run.err):
            raise Fault("no sentence that names it in bent run %d" % number)

    def well(self):
        self.server.clear()
        self.aged = True  # what is asked again once a day is due
        until = time.monotonic() + SETTLE
        while True:
            run = self.sync()
            self.laws("with a server that is well again")
            left = self.there() if self.row.keep == "no" else set()
            missing = set(self.bytes) - set(self.here())
            if run.code == 0 and not left and not missing:
                return
            if time.monotonic() > until:
                raise Fault("with a server that is well again: exit status %d, not here: %s, still there: %s" % (
                    run.code, sorted(missing), sorted(left)))
            time.sleep(0.5)

    # -- telling

    def told(self):
        return "exit %s%s" % ("/".join(str(r.code) for r in self.log), "; " + self.sentence() if self.sentence() else "")

    def sentence(self):
        lines = [line for run in self.log for line in run.err.splitlines() if "sent in the clear" not in line]
        return re.sub(r"127\.0\.0\.1:\d+", "SERVER", next((line for line in lines if re.search(self.row.says, line)), lines[0] if lines else ""))


def truth(session, line):
    """The true answer, not sent."""
    parts = []
    session.send = parts.append
    try:
        session.answer(line)
    finally:
        del session.send
    return b"".join(parts)


def of(command, reply, times=None):
    """A rule that is about the bent message, whatever its number is by now."""
    left = [times]

    def answer(session, line):
        number = int(line.split()[1])
        if left[0] == 0 or number > len(session.drop) or b"Subject: post %d\r" % BENT not in session.drop[number - 1].bytes:
            return None
        if left[0] is not None:
            left[0] -= 1
        return reply(session, line) if callable(reply) else reply
    return (command + rb" \d+", answer)


def swap(pattern, by):
    return lambda session, line: re.sub(pattern, by, truth(session, line))
