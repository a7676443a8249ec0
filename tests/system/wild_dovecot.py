"""The walk for Dovecot with what people add to it: what is special is a step of its own."""
import time

from wild import ImapWalk


class DovecotWalk(ImapWalk):
    """What is special, by server."""

    def damaged(self):
        """One message that can't be read keeps nothing else, and is named."""
        mails = self.plain(30)
        self.there.create("Work")
        self.there.fill("INBOX", mails)
        self.there.fill("Work", self.plain(4))
        self.there.messages("INBOX", bodies=False)
        self.leave()
        self.server.damage(self.user)
        for _ in range(3):
            run = self.run()
        here = sum(self.here.has("INBOX", m) for m in mails)
        self.must(here >= 29, "one message can't be read and %d of 29 others are here" % here, run)
        self.must(len(self.here.files("Work")) == 4, "one message can't be read and another mailbox is not here", run)
        ours = self.plain(1)[0]
        self.here.deliver("Work", ours.lf)
        run = self.run()
        self.must(self.has("Work", ours), "one message can't be read and new mail does not go up", run)
        self.must(run.code == 0 or "INBOX" in run.err, "the message that can't be read is not named", run)

    def shared(self):
        other = self.server.new_user()
        with self.server.client(other) as theirs:
            theirs.create("Project")
            mails = self.plain(5)
            theirs.fill("Project", mails)
            theirs.imap.setacl("Project", self.user, "lr")
        self.there.fill("INBOX", self.plain(3))
        self.sync()
        name = "shared/%s/Project" % other
        self.must(name in self.there.mailboxes(), "the server does not show the shared mailbox")
        self.must(len(self.here.files("INBOX")) == 3, "INBOX is not here")
        self._read_only(name, mails)

    def readonly(self):
        mails = self.plain(5)
        with self.server.client(self.server.KEEPER) as keeper:
            name = "Public/News for " + self.user
            keeper.create(name)
            keeper.fill(name, mails)
        self.there.fill("INBOX", self.plain(3))
        self._read_only(name, mails)

    def _read_only(self, name, mails):
        """Its mail comes; nothing that happens here stops the rest."""
        run = self.sync()
        self.must(name in self.here.mailboxes(), "a mailbox of a name space that a pattern names does not come", run)
        self.must(all(self.here.has(name, m) for m in mails), "mail of a read-only mailbox does not come", run)
        self.here.flag(self.here.find(name, mails[0]), add="F")
        self.here.delete(self.here.find(name, mails[1]))
        self.here.deliver(name, self.plain(1)[0].lf)
        ours = self.plain(1)[0]
        self.here.deliver("INBOX", ours.lf)
        for _ in range(2):
            run = self.run()
        self.must(run.code in (0, 1), "a read-only mailbox stops the run", run)
        self.must(self.has("INBOX", ours), "a read-only mailbox keeps new mail of INBOX from going up", run)
        there = {m.digest for m in self.there.messages(name)}
        self.must({m.digest for m in mails} <= there, "a read-only mailbox lost mail")
        self.proxy.reset()
        self.run()
        time.sleep(0.05)
        appended = [line for line in self.proxy.changing() if b"APPEND" in line.upper()]
        self.must(not appended, "it sends to a mailbox that takes nothing, in each run: %d times" % len(appended))

    def full(self):
        self.given(4)
        ours, small = self.corpus.big(4_000_000), self.plain(2)
        self.here.deliver("INBOX", ours.lf)
        for mail in small:
            self.here.deliver("INBOX", mail.lf)
        self.there.append("INBOX", self.plain(1)[0].bytes)
        run = self.run()
        self.must(run.code == 1, "what has no room on the server is not exit 1", run)
        self.must("quota" in (run.err + run.out).lower(), "the quota is not named", run)
        run = self.run()
        self.must(all(self.has("INBOX", m) for m in small), "a large message without room keeps small ones here in the next run, too", run)
        self.must(len(self.here.files("INBOX")) == 8, "a full server keeps its new mail from coming down", run)
        self.proxy.reset()
        self.run()
        time.sleep(0.05)
        self.must(self.proxy.stats["up"] < 100_000, "what has no room goes up again in each run: %d bytes" % self.proxy.stats["up"])

    def virtual(self):
        mails, _ = self.given(6)
        self.here.flag(self.here.find("INBOX", mails[0]), add="F")
        self.here.delete(self.here.find("INBOX", mails[1]))
        self.settle()
        self.must(not self.has("INBOX", mails[1]) and "\\flagged" in self.flags_there(mails[0]), "a change does not go up")
        self.must(len(self.there.messages("INBOX", bodies=False)) == 5, "INBOX got mail of the virtual mailbox")

    def busy(self):
        """A login that is refused since somebody else is there is trouble of the server, no wrong password; the next run goes well."""
        self.there.fill("INBOX", self.plain(2))
        run = self.tool.sync()  # with the second client still there
        self.must(run.code != 0, "the server takes a second connection")
        self.must(run.code == (5 if self.tool.name == "golub" else 1) and "connections" in run.err, "a login too many", run)
        self.settle()

    def idle(self):
        """Another client is in IDLE and put away; what comes up meanwhile wakes it, and it is told."""
        self.given(3)
        self.there.select("INBOX")
        imap = self.there.imap
        imap.send(b"idle IDLE\r\n")
        self.must(imap.readline().startswith(b"+"), "the server does not idle")
        self.must(self.server.at_work(), "the server has no session")
        until = time.monotonic() + 10  # it hibernates after one second
        while self.server.at_work() and time.monotonic() < until:
            time.sleep(0.1)
        self.must(not self.server.at_work(), "the server does not put the idle connection away")
        ours = self.plain(1)[0]
        self.here.deliver("INBOX", ours.lf, date=ours.date)
        self.sync()
        line = b""
        while b"EXISTS" not in line and not line.startswith(b"idle "):
            line = imap.readline()
            self.must(line, "the connection of the other client is gone")
        self.must(line.startswith(b"* 4 EXISTS"), "the other client is told %r" % line)
        imap.send(b"DONE\r\n")
        while not line.startswith(b"idle "):
            line = imap.readline()
        self.leave()
        self.settle()
        self.must(self.has("INBOX", ours), "new mail does not go up")
