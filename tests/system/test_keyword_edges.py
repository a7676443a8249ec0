"""Keywords at their edges: odd words of a server, words that differ by case alone, a folder that can't be written, servers that forget keywords or keep no more."""
import os
import unittest

from base import SOME, Account, HomeTest, main
from lettersbase import LettersTest, letters
from rig.bent import PERMANENT, BentServer, Session
from test_closed_folder import POWERLESS, can_be_closed

LONG = "x" * 200
ODD = ["a]b", "Größe", LONG]


class ForgetfulSession(Session):
    """
    No keyword goes beyond those that its mailbox has: at `most` of them it says so, while somebody is connected. `passing`: those that PERMANENTFLAGS
    lacks are kept for the session alone, as RFC 9051 section 7.1 lets a server do.
    """

    def words(self):
        return sorted({f for m in self.selected.messages for f in m.flags if not f.startswith("\\")})

    def permanent(self):
        words = [w for w in self.words() if w not in self.server.passing]
        star = [] if self.server.wildcard is False or len(words) >= self.server.most else ["\\*"]
        return b"* OK [PERMANENTFLAGS (%s)] ok\r\n" % " ".join([PERMANENT, *words, *star]).encode()

    def do_select(self, ask):
        for mailbox in self.server.mailboxes.values():  # the session before is over
            for m in mailbox.messages:
                m.flags -= self.server.passing
        lines = super().do_select(ask)
        return [self.permanent() if b"[PERMANENTFLAGS" in line else line for line in lines]

    def do_uid_store(self, ask):
        before = set(self.words())
        lines = super().do_uid_store(ask)
        fresh = set(self.words()) - before
        self.server.stored += sorted(fresh)
        if self.server.wildcard is False:
            self.server.passing |= fresh
        while len(self.words()) > self.server.most:  # it says OK, and has no room for it
            lost = fresh.pop()
            for m in self.selected.messages:
                m.flags.discard(lost)
        return [self.permanent(), *lines] if fresh else lines


class ForgetfulServer(BentServer):
    def __init__(self, most=99, wildcard=True):
        self.most, self.wildcard, self.passing, self.stored = most, wildcard, set(), []
        super().__init__()

    def session(self, s):
        return ForgetfulSession(self, s)


class AtServer(HomeTest):
    keys = {"keywords": "letters"}

    def given(self, server, *flags):
        self.server = server.__enter__()
        self.addCleanup(self.server.__exit__)
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, "ana", "secret", "work", tls="none", **self.keys)
        self.maildir, self.inbox = self.account.maildir, self.server.mailboxes["INBOX"]
        self.mails = [self.corpus.simple("mail %d" % n) for n in range(len(flags))]
        for mail, shown in zip(self.mails, flags):
            self.inbox.add(mail.bytes, {"\\Seen", *shown})
        self.sync()

    def sync(self, expect=0):
        self.server.asked.clear()
        result = self.check(self.account.sync(), expect)
        self.assertEqual(self.server.errors, [])
        return result

    def file(self, n):
        return self.maildir.find("INBOX", self.mails[n])

    def table(self):
        with open(os.path.join(self.maildir.folder("INBOX"), "dovecot-keywords"), encoding="utf-8") as f:
            return [line.rstrip("\n").split(" ", 1)[1] for line in f]

    def keyword(self, *words, expect=0):
        return self.check(self.home.run("keyword", *words), expect)

    def there(self, n):
        return sorted(f for f in self.inbox.messages[n].flags if not f.startswith("\\"))

    def changing(self):
        return self.server.changing()


class OddTest(AtServer):
    def test_what_a_server_has_is_shown_and_left_alone_there(self):
        self.given(BentServer(), ODD, ["plain"])
        before = [self.there(0), self.there(1)]

        for _ in range(2):
            self.sync()
            self.assertEqual(self.changing(), [])

        self.assertEqual([self.there(0), self.there(1)], before)
        shown = self.keyword("list").out
        for word in ("a]b", "Größe"):  # no atoms: no server could be asked for them
            self.assertIn(word + ": 1 message, no letter", shown)
        self.assertEqual(sorted(self.table()), ["plain", LONG])
        self.assertEqual(len(letters(self.file(1))), 1)

    def test_one_of_two_hundred_bytes_goes_both_ways(self):
        self.given(BentServer(), [LONG], [])
        self.keyword(self.file(1).path, "+" + LONG)
        self.keyword(self.file(0).path, "-" + LONG)
        self.sync()
        self.assertEqual((self.there(0), self.there(1)), ([], [LONG]))
        self.assertEqual((letters(self.file(0)), letters(self.file(1))), ("", "a"))


class CaseTest(LettersTest):
    """Words are compared without case: Later and later are one."""

    def test_another_spelling_is_no_other_keyword(self):
        self.client.store("INBOX", self.uid(0), "+", ["Later"])
        self.sync()
        self.assertEqual(list(self.table()), ["Later"])
        self.run_golub("keyword", self.file(1).path, "+LATER")
        self.run_golub("keyword", self.file(0).path, "-later")
        self.sync()
        self.assertEqual(list(self.table()), ["Later"])
        self.assertEqual((self.there(0), [w.lower() for w in self.there(1)]), ([], ["later"]))
        self.assertEqual((letters(self.file(0)), letters(self.file(1))), ("", "a"))
        self.assert_in_sync()

    def test_of_two_lines_the_first_one_counts(self):
        self.write_table("later", "Later", "other")
        self.client.store("INBOX", self.uid(0), "+", ["LATER"])
        self.rename(1, add="b")
        self.sync()
        self.assertEqual(letters(self.file(0)), "a")
        self.assertEqual((self.there(1), letters(self.file(1))), ([], "b"))
        self.assertEqual(list(self.table()), ["later", "Later", "other"])


class RootTest(LettersTest):
    """Maildir++: INBOX is the root itself, and its table stands beside cur, as Dovecot has it."""
    account_options = {"keywords": "letters", "layout": "maildir++"}

    def test_it_has_a_table_and_each_folder_its_own(self):
        self.client.create("Work")
        self.client.append("Work", self.corpus.simple("other"), ["\\Seen", "later"])
        self.client.store("INBOX", self.uid(0), "+", ["first"])
        self.client.store("INBOX", self.uid(1), "+", ["first", "later"])
        self.sync()
        self.assertTrue(os.path.exists(os.path.join(self.account.root, "dovecot-keywords")))
        self.assertEqual((self.table(), self.table("Work")), ({"first": "0", "later": "1"}, {"later": "0"}))
        self.assertEqual((letters(self.file(0)), letters(self.file(1))), ("a", "ab"))
        self.rename(2, add="b")
        self.sync()
        self.assertEqual(self.there(2), ["later"])
        self.assert_in_sync()


@unittest.skipUnless(can_be_closed(), "root, and setpriv can't take its rights away: no folder can be closed")
class ReadOnlyTest(LettersTest):
    """A folder whose names may be read and not changed."""

    def test_its_keywords_wait_and_the_others_go_on(self):
        self.client.create("Work")
        self.client.append("Work", self.corpus.simple("other"), ["\\Seen"])
        self.sync()
        folder, inner = self.maildir.folder("Work"), os.path.join(self.maildir.folder("Work"), "cur")
        self.client.store("Work", 1, "+", ["later"])
        self.client.store("INBOX", self.uid(0), "+", ["later"])
        for path in (folder, inner):
            os.chmod(path, 0o555)
        try:
            result = self.sync(expect=SOME, prefix=POWERLESS)
        finally:
            for path in (folder, inner):
                os.chmod(path, 0o755)

        self.assertIn("work/Work", result.err)
        self.assertEqual((self.shown(0), self.table("Work")), (["later"], {}))
        self.sync()
        self.assertEqual(list(self.table("Work")), ["later"])
        self.assertEqual([letters(f) for f in self.maildir.files("Work")], ["a"])
        self.assert_in_sync()


class ForgetfulTest(AtServer):
    """Servers that can't hold every keyword: what they can't stays here, and is no removal."""

    def test_one_that_keeps_no_more_than_two_is_asked_for_the_third_once(self):
        self.given(ForgetfulServer(most=2), [], [], [])
        for n, word in enumerate(("one", "two", "three")):
            self.keyword(self.file(n).path, "+" + word)

        self.sync()
        stored = len(self.server.stored)
        for _ in range(2):
            self.sync()
            self.assertEqual(self.changing(), [])

        self.assertEqual((stored, len(self.server.stored)), (3, 3))  # they go out together: what it said behind the second came too late
        kept = sorted(self.there(0) + self.there(1) + self.there(2))
        self.assertEqual(len(kept), 2)
        self.assertEqual(sorted(len(letters(self.file(n))) for n in range(3)), [1, 1, 1])
        self.assertIn("can't be held there", self.keyword("list").out)
        self.server.most = 99
        self.inbox.add(self.corpus.simple("news").bytes)
        self.sync()
        self.assertEqual(sorted(self.there(0) + self.there(1) + self.there(2)), ["one", "three", "two"])

    def test_one_that_keeps_them_for_the_session_alone_is_not_asked(self):
        self.given(ForgetfulServer(wildcard=False), [], [])
        self.keyword(self.file(0).path, "+later")

        for _ in range(3):
            self.sync()
            self.assertEqual(self.changing(), [])

        self.assertEqual(letters(self.file(0)), "a")
        self.assertIn("can't be held there", self.keyword("list").out)

    def test_what_another_client_has_for_its_session_goes_with_it(self):
        self.given(ForgetfulServer(wildcard=False), [], [])
        self.inbox.flag(1, "+", ["passing"])
        self.server.passing.add("passing")
        for _ in range(3):
            self.sync()
        self.assertEqual(self.there(0), [])
        self.assertEqual(letters(self.file(0)), "")
        self.assertEqual(self.changing(), [])


if __name__ == "__main__":
    main()
