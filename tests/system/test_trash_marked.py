"""
What somebody marked \\Deleted on the server goes into the Trash without its mark: golub takes that off right before, and a run that ends between the two
leaves a message which seems to be wanted again. Its removal goes on all the same, and it stands in the Trash once.
"""
import contextlib
import re
import sqlite3

from base import Account, HomeTest, main
from rig import bent, killer
from rig.evil import CLOSE

PLAIN = " ".join(word for word in bent.PLAIN.split() if word != "MOVE")
THROTTLED = [b"%T BAD Request is throttled. Suggested Backoff Time: 1000 milliseconds\r\n"]
BYE = [b"* BYE server is going down\r\n", CLOSE]
DEATHS = 6


class MovedTest(HomeTest):
    capabilities = bent.PLAIN
    way = "UID MOVE"
    expunge = False

    def setUp(self):
        super().setUp()
        self.server = bent.BentServer("Trash", capabilities=self.capabilities).__enter__()
        self.addCleanup(self.server.__exit__)
        self.trash, self.inbox = self.server.mailboxes["Trash"], self.server.mailboxes["INBOX"]
        self.trash.attributes = "\\HasNoChildren \\Trash"
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, "ana", "secret", "work", tls="none", delete="trash",
                               mailboxes=["*", "!special:trash"])
        self.maildir = self.account.maildir
        self.expected = []

    def given_removed(self):
        """Marked on both sides, and then removed here, or by `expunge`."""
        kept, gone = self.corpus.simple("kept %d" % len(self.expected)), self.corpus.simple("gone %d" % len(self.expected))
        self.account.set(expunge=False)
        self.inbox.add(kept.bytes)
        self.inbox.add(gone.bytes, ["\\Seen", "\\Deleted"])
        self.check(self.account.sync(), 0)
        if self.expunge:
            self.account.set(expunge=True)
        else:
            self.maildir.delete(self.maildir.find("INBOX", gone))
        self.expected.append(gone)
        return gone

    def settle(self):
        """An unanswered copy may be under way for five seconds."""
        self.server.bend = None
        for _ in range(4):
            with contextlib.closing(sqlite3.connect(self.account.journal_path())) as journal, journal:
                journal.execute("UPDATE op SET since = since - 60, seen = CASE seen WHEN 0 THEN 0 ELSE seen - 60 END")
            if self.account.sync().code == 0 and not self.maildir.has("INBOX", self.expected[-1]):
                return

    @staticmethod
    def subjects(messages):
        return sorted(re.search(rb"Subject: (.*)\r", m.bytes).group(1) for m in messages)

    def then_each_is_in_the_trash_once(self):
        self.settle()
        self.assertEqual(self.subjects(self.trash.messages), self.subjects(self.expected))
        self.assertFalse([m.flags for m in self.trash.messages if "\\Deleted" in m.flags])
        self.assertFalse([m.uid for m in self.inbox.messages if m.bytes == self.expected[-1].bytes])
        self.assertFalse(self.maildir.has("INBOX", self.expected[-1]))
        self.assertEqual(self.server.errors, [])

    def ending(self, commands, answer, carried_out=False):
        def bend(ask):
            if not (ask.command + " " + ask.args.decode("latin-1")).startswith(commands):
                return None
            if carried_out:
                ask.truth()
            return answer
        return bend

    def test_where_the_server_wants_a_pause_or_ends_the_line_it_still_goes(self):
        for answer in (THROTTLED, BYE, [CLOSE]):
            for carried_out in (False, True):
                with self.subTest(answer=answer, carried_out=carried_out):
                    self.given_removed()
                    self.server.bend = self.ending(self.way, answer, carried_out)
                    self.account.sync()
                    self.then_each_is_in_the_trash_once()

    def test_where_golub_dies_at_any_step_it_still_goes(self):
        self.given_removed()
        _, steps = killer.run(self.home, 0, "sync", "work")
        self.then_each_is_in_the_trash_once()
        for step, after in killer.choose(steps, DEATHS):
            with self.subTest("%s %s" % ("after" if after else "before", step)):
                self.given_removed()
                killer.run(self.home, step.number, "sync", "work", after=after)
                self.then_each_is_in_the_trash_once()

    def given_numbered_anew(self):
        self.inbox.validity += 1
        for message in self.inbox.messages:
            message.uid += 50
        self.inbox.next += 50
        self.inbox.gone.clear()

    def test_where_its_mailbox_has_another_uidvalidity_by_then_it_still_goes(self):
        for carried_out in (False, True):
            with self.subTest(carried_out=carried_out):
                self.given_removed()
                self.server.bend = self.ending(self.way, [CLOSE], carried_out)
                self.account.sync()
                self.given_numbered_anew()
                self.then_each_is_in_the_trash_once()

    def test_where_it_is_refused_and_so_is_its_mark_it_is_tried_again(self):
        gone = self.given_removed()
        refused = self.ending(("UID MOVE", "UID COPY"), [b"%T NO not now\r\n"])
        self.server.bend = lambda ask: [b"%T NO [UNAVAILABLE] later\r\n"] if ask.command == "UID STORE" and b"+FLAGS" in ask.args else refused(ask)
        for _ in range(2):
            self.check(self.account.sync(), 1)
            self.assertEqual([f.flags for f in self.maildir.files("INBOX") if f.digest == gone.digest],
                             [frozenset(("\\Seen", "\\Deleted"))] if self.expunge else [])
        self.then_each_is_in_the_trash_once()

    def test_what_another_client_wants_again_comes_back(self):
        """... where the server refused to move it, and has the mark again."""
        gone = self.given_removed()
        self.server.bend = self.ending(("UID MOVE", "UID COPY"), [b"%T NO not now\r\n"])
        self.account.sync()
        message, = [m for m in self.inbox.messages if m.bytes == gone.bytes]
        self.assertIn("\\Deleted", message.flags)
        self.inbox.flag(message.uid, "-", ["\\Deleted"])
        self.server.bend = None
        for _ in range(2):
            self.check(self.account.sync(), 0)
        self.assertTrue(self.maildir.has("INBOX", gone))
        self.assertEqual(self.trash.messages, [])


class CopiedTest(MovedTest):
    capabilities = PLAIN
    way = "UID COPY"

    def test_where_the_mark_is_not_set_again_it_still_goes(self):
        for answer in (THROTTLED, [CLOSE]):
            with self.subTest(answer=answer):
                gone = self.given_removed()
                uid, = [m.uid for m in self.inbox.messages if m.bytes == gone.bytes]
                self.server.bend = self.ending("UID STORE %d +FLAGS" % uid, answer)
                self.account.sync()
                self.then_each_is_in_the_trash_once()


class ExpungedTest(MovedTest):
    """Both sides show it as \\Deleted, and that is the removal."""
    expunge = True

    test_what_another_client_wants_again_comes_back = None


class ExpungedCopiedTest(ExpungedTest, CopiedTest):
    pass


if __name__ == "__main__":
    main()
