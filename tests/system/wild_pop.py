"""The walk of wild.py for POP servers: `golub import`, pulled one way. There is nobody beside golub: mbsync does no POP."""
import collections
import hashlib
import time

from rig import popclient
from wild import SETTLE, SHORT, Walk, said


class PopWalk(Walk):
    STEPS = ("check", "first", "new", "unchanged", "large", "eight-bit", "keep", "cuts")
    CUTS = (("down", 300), ("down", 5000), ("down", 40000), ("up", 60), ("up", 200))

    def drop(self, mails):
        self.server.deliver(self.user, mails)
        return mails

    def there(self):
        """Digests of what the server gives out."""
        return [hashlib.sha256(m).hexdigest() for m in popclient.messages(self.server.port, self.user, self.server.password)]

    def local(self):
        return [f.digest for f in self.here.files("INBOX")]

    def difference(self, dates=False):
        there, ours = collections.Counter(self.there()), collections.Counter(self.local())
        if there == ours:
            return None
        return "of %d messages there %d are not here, %d are only here" % (sum(there.values()), sum((there - ours).values()),
                                                                           sum((ours - there).values()))

    def run(self):
        return self.tool.pull()

    def all_here(self, mails):
        self.must(not self.server.exact or set(m.digest for m in mails) <= set(self.local()), "bytes differ from what was delivered to the server")

    # -- the steps

    def check(self):
        self.drop(self.plain(1))
        run = self.tool.check()
        self.must(run.code in self.tool.fine, said(run))

    def first(self):
        mails = self.drop(self.plain(80 if SHORT else 300))
        self.settle()
        self.must(len(self.local()) == len(mails), "%d of %d are here" % (len(self.local()), len(mails)))
        self.all_here(mails)
        self.untouched()

    def new(self):
        self.drop(self.plain(5))
        self.settle()
        mails = self.drop(self.plain(3))
        self.settle()
        self.must(len(self.local()) == 8, "%d of 8 are here" % len(self.local()))
        self.all_here(mails)

    def unchanged(self):
        self.drop(self.plain(20))
        self.settle()
        self.untouched()
        self.untouched()
        self.must(not any(line.upper().startswith((b"RETR", b"TOP", b"DELE")) for line in self.proxy.sent()), "it reads although nothing changed")
        self.note = "%d turns" % self.proxy.stats["turns"]

    def large(self):
        mails = self.drop([self.large_mail()])
        self.settle()
        self.all_here(mails)

    def eight_bit(self):
        mails = self.drop(self.eight_bit_mails())
        self.settle()
        self.all_here(mails)

    def keep(self):
        self.tool.account.set(keep="no")
        self.drop(self.plain(6))
        for _ in range(2):
            run = self.sync()
        self.must(len(self.there()) == 0 and len(self.local()) == 6, "%d stay on the server, %d are here of 6"
                  % (len(self.there()), len(self.local())), run)

    def equal(self):
        """Messages that get one UIDL: both come, neither is removed, and status says why."""
        self.tool.account.set(keep="no")
        self.drop([b"From: a@example.org\r\nSubject: %d\r\n\r\nbody %d\r\n" % (n, n) for n in range(3)] + self.plain(2))
        for _ in range(2):
            run = self.run()
        self.must(len(self.local()) == 5, "of 5 messages %d are here, three of which have one UIDL" % len(self.local()), run)
        status = self.tool.status()
        left = len(self.there())
        self.must(left == 0 or "UIDL" in status.out + run.err, "%d stay on the server, and status does not say why" % left, run)
        self.note = "%d stay there" % left

    def cuts(self):
        mails = self.drop(self.plain(40))
        for way, count in self.CUTS:
            self.through(**{"cut_" + way: count, "times": 1})
            run = self.run()
            self.must(run.code in self.tool.broken, "a cut line: " + said(run))
        self.through()
        until = time.monotonic() + SETTLE
        run = self.run()
        while (run.code not in self.tool.fine or self.difference()) and time.monotonic() < until:
            time.sleep(1)
            run = self.run()
        self.must(run.code in self.tool.fine, said(run))
        problem = self.difference()
        self.must(problem is None, problem)
        self.all_here(mails)
