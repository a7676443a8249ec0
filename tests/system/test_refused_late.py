"""A server that gives up an answer to APPEND, and stores the message all the same, some seconds later."""
import contextlib
import os
import re
import sqlite3
import unittest

from base import OK, SOME, main
from rig import bent, in_memory  # noqa: F401
from rig.golub import Account, Home

REFUSALS = (b"%T NO [UNAVAILABLE] Backend timed out\r\n", b"%T NO [SERVERBUG] Internal error occurred\r\n", b"%T NO Try again\r\n")


class RefusedLateTest(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(bent.BentServer(capabilities=bent.MODERN))
        self.home = self.enterContext(Home())
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, tls="none", timeout=5)
        self.box = self.server.mailboxes["INBOX"]
        self.box.add(b"Subject: first\r\n\r\nThis was there.\r\n")
        self.sync(OK)

    def sync(self, code):
        result = self.home.run("sync")
        self.assertEqual(result.code, code, result)
        return result

    def given_one_refused(self, words):
        """@return what the server was sent"""
        sent = []

        def refuse(ask):
            if ask.command != "APPEND":
                return None
            sent.append(ask.literals[-1])
            return [words]

        path = os.path.join(self.account.maildir.root, "INBOX", "cur", "%d.new:2,S" % len(self.box.messages))
        with open(path, "wb") as f:
            f.write(b"Subject: late %d\n\nThis is new.\n" % len(self.box.messages))
        self.server.bend = refuse
        self.sync(SOME)
        return sent

    def test_what_it_stores_later_is_looked_for_before_it_is_sent_again(self):
        for words in REFUSALS:
            with self.subTest(words=words):
                sent = self.given_one_refused(words)
                result = self.sync(SOME)  # at once
                self.assertEqual(len(sent), 1, "it may be under way still")
                self.assertIn("store a new message on the server: " + words.decode()[6:].strip(), result.err)

                self.server.bend = None
                self.box.add(sent[0], ("\\Seen",))
                self.sync(OK)
                self.assertEqual(self.box.messages[-1].bytes, sent[0])
                self.assertEqual([m.bytes for m in self.box.messages].count(sent[0]), 1)

    def test_a_draft_of_which_it_took_no_version_leaves_none_in_the_trash_once_it_takes_the_next(self):
        for name in ("Drafts", "Trash"):
            self.server.make(name)
        draft = b"Message-ID: <draft@here>\r\n\r\nversion 1\r\n"
        self.server.mailboxes["Drafts"].add(draft, ("\\Seen", "\\Draft"))
        self.account.set(delete="trash", special=["trash=Trash", "drafts=Drafts"])
        self.sync(OK)
        for version, refused in ((b"2", True), (b"3", False)):
            os.unlink(self.account.maildir.files("Drafts")[0].path)
            self.account.maildir.put("Drafts", draft.replace(b"\r\n", b"\n").replace(b"1", version), "DS")
            self.server.bend = lambda ask, refused=refused: [REFUSALS[0]] if refused and ask.command == "APPEND" else None
            self.home.run("sync")
        self.home.run("sync")

        self.assertEqual([m.bytes[-3:-2] for m in self.server.mailboxes["Drafts"].messages], [b"3"])
        self.assertEqual(self.server.mailboxes["Trash"].messages, [])

    def test_a_group_that_it_has_no_time_for_is_not_sent_again_in_parts(self):
        for n in range(4):
            with open(os.path.join(self.account.maildir.root, "INBOX", "cur", "%d.group:2,S" % n), "wb") as f:
                f.write(b"Subject: group %d\n\n%s\n" % (n, b"x" * n))
        sent = self.given_one_refused(b"%T NO [UNAVAILABLE] Backend timed out\r\n")
        self.assertEqual(len(sent), 1)

    def test_where_no_uidnext_is_told_each_goes_by_itself_after_its_group_was_refused(self):
        """Nobody can tell whether something of the group was stored: it is looked for first. One of them is damaged."""
        for n in range(6):
            with open(os.path.join(self.account.maildir.root, "INBOX", "cur", "%d.part:2,S" % n), "wb") as f:
                f.write(b"Subject: part %d\n\n%s\n" % (n, b"x" * n))

        def bend(ask):
            if ask.command == "APPEND" and any(b"part 3" in literal for literal in ask.literals):
                return [b"%T NO Can't read it\r\n"]
            return [re.sub(rb"\* OK \[UIDNEXT \d+\]", b"* OK [X]", re.sub(rb"UIDNEXT \d+ ?", b"", line)
                           if line.startswith(b"* STATUS") else line) for line in ask.truth() if isinstance(line, bytes)]

        self.server.bend = bend
        for _ in range(3):
            self.sync(SOME)
            with contextlib.closing(sqlite3.connect(self.account.journal_path())) as journal, journal:
                journal.execute("UPDATE op SET since = since - 60, seen = CASE seen WHEN 0 THEN 0 ELSE seen - 60 END")
        self.assertEqual(sorted(m.bytes.split()[2] for m in self.box.messages if b"part" in m.bytes), [b"0", b"1", b"2", b"4", b"5"])

    def test_where_its_file_is_moved_meanwhile_it_follows(self):
        self.server.make("Work")
        self.sync(OK)
        sent = self.given_one_refused(REFUSALS[0])
        self.account.maildir.move(next(f for f in self.account.maildir.files("INBOX") if b"late" in f.bytes()), "Work")
        self.sync(SOME)
        self.assertEqual(len(sent), 1)

        self.server.bend = None
        self.box.add(sent[0], ("\\Seen",))
        self.sync(OK)
        self.sync(OK)
        self.assertEqual([m.bytes for name in ("INBOX", "Work") for m in self.server.mailboxes[name].messages].count(sent[0]), 1)
        self.assertEqual(len(self.account.maildir.files("Work")), 1)


if __name__ == "__main__":
    main()
