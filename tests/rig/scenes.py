"""
Scenes of work for one sync, and what has to be true when a sync of such a scene was broken off somewhere: nothing is lost,
nothing is there twice, both sides end as they would have ended without the break, and then nothing is left to do.

A test takes SceneTest together with SystemTest. Messages are small, so that an upload whose answer was lost settles in the
shortest time (five seconds); what has to wait for that is put aside and looked at again when everything else is done.
"""
import os
import shutil
import time

from .imapclient import Client
from .in_memory import NIGHTLY  # noqa: F401 (tests ask scenes for it)
from .stage import Stage

SETTLE = 6.5  # seconds after which a small unanswered command is not waited for any more
ROUNDS = 4    # syncs until everything has to be at rest


def _mails(t, count, what, flags=()):
    return [t.corpus.simple("%s %d" % (what, n), flags=flags) for n in range(count)]


def _both_sides(t, inbox=12, work=4):
    t.mails = _mails(t, inbox, "mail")
    t.work = _mails(t, work, "work", ["\\Seen"])
    for name in ("Work", "Sent", "Archive"):
        t.client.create(name)
    t.uids = t.client.fill("INBOX", t.mails)
    if None in t.uids:
        t.uids = [t.client.uid_of("INBOX", m) for m in t.mails]
    t.client.fill("Work", t.work)
    t.sync()
    t.assert_same()


def pull(t):
    """New mail of every kind, a new mailbox, flags: all of it comes down."""
    _both_sides(t)
    t.client.fill("INBOX", _mails(t, 4, "new") + _mails(t, 2, "seen", ["\\Seen", "\\Flagged"]))
    t.client.append("INBOX", t.corpus.simple("strange", body="one\rtwo\r\n").bytes)
    t.client.fill("Work", _mails(t, 2, "for work"))
    t.client.create("Neu/Ünïcödé")
    t.client.fill("Neu/Ünïcödé", _mails(t, 2, "neu"))
    t.client.store("INBOX", t.uids[:2], "+", ["\\Seen"])
    t.client.store("INBOX", t.uids[2], "+", ["\\Flagged", "$Forwarded"])


def push(t):
    """New mail, a copy, a new folder, flags: all of it goes up."""
    _both_sides(t)
    for mail in _mails(t, 4, "ours"):
        t.maildir.deliver("INBOX", mail.lf, date=mail.date)
    for mail in _mails(t, 2, "sent"):
        t.maildir.put("Sent", mail.lf, "RS", date=mail.date)
    twin = t.corpus.simple("twin")
    for _ in range(2):
        t.maildir.put("Work", twin.lf, "S", date=twin.date)
    t.maildir.create("Projekte/Größe")
    for mail in _mails(t, 2, "projekt"):
        t.maildir.put("Projekte/Größe", mail.lf, "F", date=mail.date)
    here = t.maildir
    here.copy(here.find("INBOX", t.mails[0]), "Work")
    here.flag(here.find("INBOX", t.mails[1]), add="FS")
    here.read(here.find("INBOX", t.mails[2]))


def moves(t):
    """Both ways, under the old name and under a new one, into old mailboxes and into new ones."""
    _both_sides(t)
    here = t.maildir
    here.move(here.find("INBOX", t.mails[0]), "Work")
    here.move(here.find("INBOX", t.mails[1]), "Work", rename=True)
    here.create("Fresh")
    here.flag(here.move(here.find("INBOX", t.mails[2]), "Fresh", rename=True), add="S")
    here.move(here.find("Work", t.work[0]), "INBOX", rename=True)
    t.client.move("INBOX", t.uids[3:5], "Work")
    t.client.create("Later")
    t.client.move("INBOX", t.uids[5], "Later")
    t.client.move("Work", t.client.uid_of("Work", t.work[1]), "INBOX")


def removals(t):
    """Deleted here, deleted there, on both sides, and read by the other side meanwhile."""
    _both_sides(t)
    here = t.maildir
    for n in (0, 1):
        here.delete(here.find("INBOX", t.mails[n]))
    here.delete(here.find("Work", t.work[0]))
    here.delete(here.find("INBOX", t.mails[2]))
    t.client.expunge("INBOX", t.uids[2:5])
    t.client.expunge("Work", t.client.uid_of("Work", t.work[1]))
    t.client.store("INBOX", t.uids[1], "+", ["\\Seen"])
    here.read(here.find("INBOX", t.mails[4]))
    t.kept = [t.mails[3], t.mails[4], t.work[1]]


def new_uidvalidity(t):
    """Two mailboxes are numbered anew, with changes on both sides that have to live through it."""
    _both_sides(t, work=6)
    here = t.maildir
    ours = t.corpus.simple("ours")
    here.deliver("Work", ours.lf, date=ours.date)
    here.read(here.find("INBOX", t.mails[0]))
    t.client.fill("Work", _mails(t, 2, "theirs"))
    t.client.close()
    for mailbox, number in (("INBOX", 7001), ("Work", 7002)):
        t.server.doveadm("mailbox", "update", "-u", t.user, "--uid-validity", str(number), mailbox)
    t.client = t.new_client()


def lost_journal(t):
    """The state folder is gone; both sides moved on a little."""
    _both_sides(t)
    shutil.rmtree(t.account.state)
    here = t.maildir
    ours = t.corpus.simple("ours")
    here.deliver("Work", ours.lf, date=ours.date)
    here.read(here.find("INBOX", t.mails[0]))
    t.client.fill("INBOX", _mails(t, 2, "theirs"))
    twin = t.corpus.simple("on both sides")
    here.put("Archive", twin.lf, "S", date=twin.date)
    t.client.append("Archive", twin.bytes, ["\\Seen"], twin.date)


def everything(t):
    """Something of every kind at once, small: for a sync whose dialogue is cut at many places."""
    _both_sides(t)
    here = t.maildir
    t.client.fill("INBOX", _mails(t, 2, "theirs"))
    t.client.store("INBOX", t.uids[0], "+", ["\\Seen"])
    t.client.move("INBOX", t.uids[1], "Work")
    t.client.expunge("INBOX", t.uids[2])
    t.client.create("Theirs")
    for mail in _mails(t, 2, "ours"):
        here.deliver("INBOX", mail.lf, date=mail.date)
    here.create("Ours")
    here.flag(here.find("INBOX", t.mails[3]), add="FS")
    here.move(here.find("INBOX", t.mails[4]), "Work", rename=True)
    here.delete(here.find("INBOX", t.mails[5]))
    here.copy(here.find("INBOX", t.mails[6]), "Work")
    t.kept = [t.mails[2]]


class SceneTest:
    """Mixin of a SystemTest: given(scene), then attempt(label, break_it) any number of times, then the_rest()."""
    server_options = {"special_use": False}    # what is not looked at only costs time
    account_options = {"auth": ["plain"]}

    def given(self, scene):
        """Set the scene, keep it, and find out how it ends if nobody disturbs."""
        self.kept, self.waiting, self.told = [], [], {}
        self.stage = Stage(self.server, self.user, self.home)
        self.addCleanup(self.stage.close)
        scene(self)
        self.client.close()
        self.beginning = self.stage.keep()
        for _ in range(3):  # what is paired anew first is changed by the next sync
            self.sync()
        with self.look() as client:
            self.end = self.shown_tree(client)
        self.assertEqual(self.maildir.tree(), self.end, "undisturbed, the two sides differ%s" % self.evidence())

    def look(self):
        return Client(self.server.port, self.user, self.password, self.separator, self.prefix)

    def attempt(self, label, break_it):
        """From the beginning, broken by break_it(), to the end."""
        with self.subTest(at=label):
            self.stage.bring(self.beginning)
            self.proxy.reset()
            self.story = ["broken at: %s" % label]
            break_it()
            self.finish(label, 0)

    def the_rest(self):
        """What had to wait for an unanswered command."""
        while self.waiting:
            label, copy, since, story, rounds = self.waiting.pop(0)
            with self.subTest(at=label):
                time.sleep(max(0, since + SETTLE - time.monotonic()))
                self.stage.bring(copy, last=True)
                self.story = story
                self.finish(label, rounds)

    def finish(self, label, rounds):
        while True:
            rounds += 1
            self.proxy.reset()
            result = self.account.sync(env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"})
            self.story.append("sync %d: %s%s" % (rounds, result, self.dialogue()))
            if result.code == 0 and self.is_in_sync(rounds):
                break
            if rounds >= ROUNDS:
                self.fail("no rest after %d syncs\n%s" % (rounds, "\n".join(self.story)))
            if result.code == 1:
                self.waiting.append((label, self.stage.keep(), time.monotonic(), self.story, rounds))
                return
            if result.code != 0:
                self.fail("exit status %d\n%s" % (result.code, "\n".join(self.story)))
        self.told[rounds] = self.told.get(rounds, 0) + 1
        self.assert_nothing_left()

    def is_in_sync(self, rounds):
        """Status 0 says that both sides are in sync; how they should look is known."""
        with self.look() as client:
            there = self.shown_tree(client)
        here = self.maildir.tree()
        if there == here == self.end:
            return True
        lines = []
        for name in sorted(set(there) | set(here) | set(self.end)):
            for side, tree in (("server", there), ("Maildir", here)):
                have, want = tree.get(name), self.end.get(name)
                if have is None or want is None:
                    if have is not want:
                        lines.append("%s: %s has it: %s" % (name, side, have is not None))
                    continue
                for sign, diff in (("too much", have - want), ("missing", want - have)):
                    lines += ["%s: %s at the %s: %d x %s %s %s" % (name, sign, side, n, d[:10], sorted(f), when)
                              for (d, f, when), n in diff.items()]
        self.fail("status 0, but the sides are not as they should be after %d syncs\n%s\n%s" % (
            rounds, "\n".join(lines), "\n".join(self.story)))
        return False

    def assert_nothing_left(self):
        """One more sync changes nothing on either side; what was removed here is in the quarantine."""
        before = self.maildir.snapshot()
        self.proxy.reset()
        result = self.account.sync(env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"})
        self.story.append("one more: %s%s" % (result, self.dialogue()))
        story = "\n".join(self.story)
        self.assertEqual(result.code, 0, story)
        self.assertEqual(self.proxy.changing(), [], story)
        self.assertEqual(self.maildir.snapshot(), before, story)
        self.assertNotIn(b"BODY.PEEK[]", self.proxy.stream("up").upper(), story)
        if self.kept:
            kept = self.account.quarantined()
            for mail in self.kept:
                self.assertIn(mail.lf, kept, "removed here and not in the quarantine\n" + story)
        # What a dead run left in tmp/ is swept when the next message comes into that folder, a moment later at the earliest.
        for path in self.maildir.mailboxes().values():
            self.assertEqual([n for n in os.listdir(os.path.join(path, "tmp")) if not n.startswith("golub-")], [], story)

    def dialogue(self):
        return "".join("%s %r\n" % ("C:" if way == "up" else "S:", data[:1200]) for _, way, data in self.proxy.dialogue[-40:])

    def tell(self, what):
        print("%s; at rest after %s" % (what, ", ".join("%d syncs: %d times" % p for p in sorted(self.told.items()))), flush=True)
