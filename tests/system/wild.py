"""
The walk that every server of another make is taken for: the same steps, each with a user of its own, compared byte for byte on both
sides. The program that is led is golub or, beside it, mbsync (rig.tools).

A step either does what it has to, or raises Trouble with the sentence that the program said.
"""
import collections
import imaplib
import os
import re
import time

from rig.corpus import Corpus
from rig.maildir import FLAGS
from rig.proxy import Proxy

SHOWN = {flag.lower(): flag for flag in FLAGS.values()}
SETTLE = 15  # seconds after which nothing waits any more for a command whose answer was lost
CUTS = (("down", 600), ("down", 2500), ("down", 9000), ("up", 300), ("up", 1200), ("up", 5000))
SHORT = os.environ.get("GOLUB_WALK") == "short"  # a walk each in a few minutes altogether: fewer and smaller messages


class Trouble(Exception):
    """What went wrong in a step, in the program's words where it said any."""


def said(run):
    """What a run that failed said: exit status and its first line on standard error."""
    lines = [re.sub(r"\A(golub: )?(w: )?", "", line) for line in run.err.splitlines() if line.strip() and "sent in the clear" not in line]
    return "exit %d: %s" % (run.code, lines[0] if lines else "not a word")


class Walk:
    STEPS = ()

    def __init__(self, server, tool, seed=1):
        self.server, self.tool_class = server, tool
        self.corpus = Corpus(seed)
        self.tool = self.proxy = self.mate = None
        self.note = ""

    def step(self, name):
        """One step, with a user who has no mail. @return (whether all is well, what there is to say)"""
        self.note = ""
        try:
            self.user = self.server.new_user()
            self.through()
            getattr(self, name.replace("-", "_"))()
            return True, self.note
        except Trouble as e:
            return False, str(e)
        finally:
            self.close()

    def through(self, **options):
        """From now on over a line with these faults."""
        if self.proxy is not None:
            self.proxy.stop()
        self.proxy = Proxy(self.server.port, **options).start()
        if self.tool is None:
            self.tool = self.tool_class(self.server, self.user, self.proxy.port)
        else:
            self.tool.to(self.proxy.port)

    def close(self):
        for what in (self.mate, self.tool):
            if what is not None:
                what.close()
        if self.proxy is not None:
            self.proxy.stop()
        self.tool = self.proxy = self.mate = None

    @property
    def here(self):
        return self.tool.maildir

    # -- what the steps are made of

    def must(self, true, sentence, run=None):
        if not true:
            raise Trouble(sentence if run is None or run.code in self.tool.fine and not run.err else "%s (%s)" % (sentence, said(run)))

    def run(self):
        """One run, however it ends."""
        return self.tool.sync()

    def sync(self):
        run = self.run()
        if run.code not in self.tool.fine:
            raise Trouble(said(run))
        return run

    def settle(self):
        """Runs until both sides are the same: one has to do; what took more is noted."""
        for count in range(1, 4):
            run = self.sync()
            problem = self.difference()
            if problem is None:
                if count > 1:
                    self.note = "%d runs" % count
                return
        self.must(False, problem, run)

    def difference(self, dates=False):
        """@return what differs between the two sides, None: nothing"""
        raise NotImplementedError

    def untouched(self):
        """A run that finds nothing to do and leaves everything as it is."""
        if not self.server.exact:
            self.sync()  # what changed after it was fetched is looked at once more
        before = self.tool.snapshot()
        self.proxy.reset()
        run = self.sync()
        time.sleep(0.05)  # the proxy counts in its own thread
        self.must(self.tool.snapshot() == before, "a run without a change touches files here", run)
        return run

    def plain(self, count):
        mails = self.corpus.messages(count, edge=False, median=2000)
        for m in mails:
            m.flags = ()
        return mails

    def large_mail(self):
        return self.corpus.big(min(self.server.large, 3_000_000) if SHORT else self.server.large)

    def eight_bit_mails(self):
        """Raw 8-bit bytes in the header, as spam and old programs have them."""
        return [m for m in self.corpus.odd() if any(b > 127 for b in m.bytes.partition(b"\r\n\r\n")[0])]


class ImapWalk(Walk):
    STEPS = ("check", "first", "blanks", "cyrillic", "flags", "keyword", "new", "delete", "move", "mailboxes", "large", "eight-bit",
             "unchanged", "cuts")
    FIRST = {"INBOX": 40 if SHORT else 200, "Work": 20 if SHORT else 40, "Work/2024": 10 if SHORT else 30, "Lists/garden/old": 10 if SHORT else 30}

    @property
    def there(self):
        if self.mate is None:
            self.mate = self._second_client()
            self.mate.seen = self.tool.seen
        return self.mate

    def _second_client(self):
        """Where a user has one connection, the last one may not be counted as gone yet."""
        until = time.monotonic() + SETTLE
        while True:
            try:
                return self.server.client(self.user)
            except imaplib.IMAP4.error:
                if not self.server.single or time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def leave(self):
        """The second client goes, and comes back when it is asked for the next time."""
        if self.mate is not None:
            self.mate.close()
            self.mate = None

    def run(self):
        if self.server.single:
            self.leave()
        return super().run()

    def difference(self, dates=False):
        there = self.there.tree(dates)
        here = self.here.tree(dates)
        for name in sorted({*there, *here}):
            if name not in here or name not in there:
                if (there if name in there else here)[name]:
                    return "%s is only %s" % (name, "on the server" if name in there else "here")
                continue
            ours, theirs = collections.Counter(), collections.Counter()
            for tree, shown in ((here[name], ours), (there[name], theirs)):
                for (digest, flags, date), count in tree.items():
                    shown[digest, self._comparable(flags), date] += count
            if ours != theirs:
                return self._told(name, ours, theirs)
        return None

    def _comparable(self, flags):
        known = {SHOWN[f.lower()] for f in flags if f.lower() in SHOWN}
        return frozenset(f for f in known if self.server.keywords or f.startswith("\\"))

    @staticmethod
    def _told(name, ours, theirs):
        def bare(tree, *which):
            return collections.Counter({tuple(k[i] for i in which): 0 for k in tree}) + \
                sum((collections.Counter({tuple(k[i] for i in which): n}) for k, n in tree.items()), collections.Counter())
        if bare(ours, 0) != bare(theirs, 0):
            missing, extra = bare(theirs, 0) - bare(ours, 0), bare(ours, 0) - bare(theirs, 0)
            return "%s: of %d messages there %d are not here, %d are only here" % (name, sum(theirs.values()), sum(missing.values()),
                                                                                 sum(extra.values()))
        if bare(ours, 0, 1) != bare(theirs, 0, 1):
            return "%s: flags differ" % name
        return "%s: dates differ" % name

    def given(self, count, *more):
        """So many messages on both sides, and Work beside INBOX. @return them and their UIDs"""
        mails = self.plain(count)
        for name in ("Work", *more):
            self.there.create(name)
        self.there.fill("INBOX", mails)
        self.settle()
        by = {m.digest: m.uid for m in self.there.messages("INBOX")}
        self.must(all(m.digest in by for m in mails), "the server does not give back what it got")
        return mails, [by[m.digest] for m in mails]

    def has(self, mailbox, mail):
        return any(m.digest == mail.digest for m in self.there.messages(mailbox))

    def flags_there(self, mail):
        found = [m.flags for m in self.there.messages("INBOX") if m.digest == mail.digest]
        self.must(len(found) == 1, "a message is there %d times" % len(found))
        return {f.lower() for f in found[0]}

    # -- the steps

    def check(self):
        run = self.tool.check()
        self.must(run.code in self.tool.fine, said(run))

    def _first(self, names, dates=False):
        for name, count in names.items():
            if name != "INBOX":
                self.there.create(name)
            self.there.fill(name, self.corpus.messages(count, edge=False, median=2000))
        self.settle()
        for name, count in names.items():
            self.must(len(self.here.files(name)) >= count, "%s is not here" % name)
        problem = self.difference(dates=dates and self.server.dates)
        self.must(problem is None, problem)
        self.untouched()

    def first(self):
        self._first(self.FIRST, dates=True)

    def blanks(self):
        self._first({"INBOX": 5, "Two words": 10, "Two words/and more": 5})

    def cyrillic(self):
        self._first({"INBOX": 5, "Почта": 5, "Почта/Счета": 10})

    def flags(self):
        mails, uids = self.given(8)
        self.there.store("INBOX", uids[0:2], "+", ["\\Seen"])
        self.there.store("INBOX", uids[1], "+", ["\\Flagged"])
        self.here.flag(self.here.find("INBOX", mails[2]), add="S")
        self.here.flag(self.here.find("INBOX", mails[3]), add="FRS")
        self.settle()
        self.must(self.here.find("INBOX", mails[1]).flags == {"\\Seen", "\\Flagged"}, "flags of the server do not come down")
        self.must(self.flags_there(mails[2]) == {"\\seen"}, "\\Seen does not go up")
        self.must(self.flags_there(mails[3]) == {"\\seen", "\\flagged", "\\answered"}, "flags do not go up")
        self.there.store("INBOX", uids[1], "-", ["\\Seen"])
        self.here.flag(self.here.find("INBOX", mails[3]), remove="F")
        self.settle()
        self.must(self.here.find("INBOX", mails[1]).flags == {"\\Flagged"}, "a flag that is taken off there stays here")
        self.must(self.flags_there(mails[3]) == {"\\seen", "\\answered"}, "a flag that is taken off here stays there")

    def keyword(self):
        mails, uids = self.given(6)
        self.here.flag(self.here.find("INBOX", mails[1]), add="P")
        if self.server.keywords:
            self.there.store("INBOX", uids[0], "+", ["$Forwarded"])
        else:
            self.note = "the server has none"
        self.settle()
        self.must("P" in self.here.find("INBOX", mails[1]).info, "a keyword that the server can't hold is taken off here")
        if self.server.keywords:
            self.must("P" in self.here.find("INBOX", mails[0]).info, "$Forwarded does not come down")
            self.must("$forwarded" in self.flags_there(mails[1]), "$Forwarded does not go up")

    def new(self):
        self.given(6)
        news, ours = self.plain(3), self.plain(4)
        self.there.fill("INBOX", news)
        for n, mail in enumerate(ours):
            if n % 2:
                self.here.put("Work", mail.lf, "S", date=mail.date)
            else:
                self.here.deliver("INBOX", mail.lf, date=mail.date)
        self.settle()
        self.must(all(self.here.has("INBOX", m) for m in news), "new mail of the server does not come down")
        self.must(all(self.has(("INBOX", "Work")[n % 2], m) for n, m in enumerate(ours)), "new mail does not go up")
        self.untouched()
        self.must(len(self.there.messages("INBOX", bodies=False)) == len(self.here.files("INBOX")), "it goes up a second time")

    def delete(self):
        mails, uids = self.given(12)
        self.there.expunge("INBOX", uids[0:2])
        for mail in mails[2:4]:
            self.here.delete(self.here.find("INBOX", mail))
        self.settle()
        self.must(not any(self.here.has("INBOX", m) for m in mails[0:4]), "what is gone there stays here")
        self.must(not any(self.has("INBOX", m) for m in mails[0:4]), "what is gone here stays there")

    def move(self):
        mails, uids = self.given(12)
        self.there.move("INBOX", uids[0:2], "Work")
        for n, mail in enumerate(mails[2:4]):
            self.here.move(self.here.find("INBOX", mail), "Work", rename=bool(n))
        self.settle()
        self.must(all(self.here.has("Work", m) and not self.here.has("INBOX", m) for m in mails[0:4]), "not moved here")
        self.must(all(self.has("Work", m) and not self.has("INBOX", m) for m in mails[0:4]), "not moved there")
        self.must(len(self.there.messages("Work", bodies=False)) == 4 + self._own("Work"), "moved more than once")

    def _own(self, _mailbox):
        return 0

    def mailboxes(self):
        self.given(6)
        theirs, ours, old = self.plain(2), self.plain(2), self.plain(3)
        self.there.create("Fresh")
        self.there.fill("Fresh", theirs)
        self.there.create("Old")
        self.there.fill("Old", old)
        self.here.create("Mine")
        for mail in ours:
            self.here.deliver("Mine", mail.lf, date=mail.date)
        self.settle()
        self.must(all(self.here.has("Fresh", m) for m in theirs), "a mailbox that was made there is not made here")
        self.must("Mine" in self.there.mailboxes() and all(self.has("Mine", m) for m in ours), "a folder is not made there")
        self.there.rename_mailbox("Old", "New")
        self.there.delete_mailbox("Fresh")
        for _ in range(3):
            self.run()
        self.must(all(self.here.has("New", m) for m in old) and len(self.there.messages("New", bodies=False)) == 3,
                  "what was in a mailbox that is renamed is not in the new one on both sides, once")
        self.must(all(self.here.has("Fresh", m) for m in theirs), "a mailbox that is gone there takes its mail along here")

    def large(self):
        theirs, ours = self.large_mail(), self.large_mail()
        self.there.append("INBOX", theirs.bytes)
        self.settle()
        self.here.put("INBOX", ours.lf, "S")
        self.settle()
        self.must(self.here.has("INBOX", theirs), "the large message does not come down")
        self.must(self.has("INBOX", ours), "the large message does not go up")

    def eight_bit(self):
        self.given(4)
        mails = self.eight_bit_mails()
        ours = [self.here.deliver("INBOX", mail.lf, date=mail.date) for mail in mails[1:]]
        if not self.server.raw_headers:
            self._stays(ours)
            return
        self.there.append("INBOX", mails[0].bytes)
        self.settle()
        self.must(all(self.here.has("INBOX", m) and self.has("INBOX", m) for m in mails), "8-bit headers do not arrive unchanged")

    def _stays(self, files):
        """The server stores something else: the files here stay as they are, and each goes up once."""
        before = {f.base: f.bytes() for f in files}
        for _ in range(2):
            self.sync()
        after = {f.base: f.bytes() for f in self.here.files("INBOX")}
        self.must(before.items() <= after.items(), "files are changed since the server changed its copies")
        self.must(len(after) == len(self.there.messages("INBOX")) == len(files) + 4, "8-bit headers go up more than once, or not at all")
        self.note = "the server changes them"

    def unchanged(self):
        self.given(20)
        self.untouched()
        self.untouched()
        words = sorted({line.split()[1].decode() for line in self.proxy.changing()})
        self.must(not words, "it sends %s although nothing changed" % " ".join(words))
        self.must(b"BODY.PEEK[]" not in self.proxy.stream("up").upper(), "it fetches although nothing changed")
        self.note = "%d turns" % self.proxy.stats["turns"]

    def cuts(self):
        theirs, ours = self.plain(30), self.plain(8)
        self.there.create("Work")
        self.there.fill("INBOX", theirs)
        self.there.fill("Work", self.plain(5))
        own = len(self.there.messages("INBOX", bodies=False)) - len(theirs)
        for way, count in CUTS:
            self.through(**{"cut_" + way: count, "times": 1})
            self._may_break()
            if way == "down" and count == CUTS[2][1]:
                self.through()
                self.run()
                for mail in ours:
                    self.here.deliver("INBOX", mail.lf, date=mail.date)
        self.through()
        until = time.monotonic() + SETTLE
        run = self.run()
        while (run.code not in self.tool.fine or self.difference()) and time.monotonic() < until:
            time.sleep(1)
            run = self.run()
        self.must(run.code in self.tool.fine, said(run))
        problem = self.difference()
        self.must(problem is None, problem)
        self.must(len(self.there.messages("INBOX", bodies=False)) == len(theirs) + len(ours) + own, "a message is there twice or not at all")

    def _may_break(self):
        run = self.run()
        self.must(run.code in self.tool.broken, "a cut line: " + said(run))
