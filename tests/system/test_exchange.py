"""Exchange's ways (rig/exchange.py): nobody says what its mailboxes are for, no keywords, errors that end the line, sent mail that it files itself."""
import contextlib
import sqlite3
import time

from base import SOME, Account, HomeTest, main
from rig.corpus import Mail
from rig.exchange import ERRORS_MAX, SUBSTITUTE, ExchangeServer

SPECIAL = ["trash=Éléments supprimés", "sent=Éléments envoyés", "drafts=Brouillons"]


class Exchange(HomeTest):
    keys = {}
    options = {}

    def setUp(self):
        super().setUp()
        self.server = ExchangeServer("Clients", **self.options).__enter__()
        self.addCleanup(self.server.__exit__)
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, "ana", "secret", "work", tls="none", **self.keys)
        self.maildir = self.account.maildir
        self.inbox, self.trash, self.sent = self.server.mailboxes["INBOX"], self.server.box("trash"), self.server.box("sent")

    def given(self, count=4):
        mails = [self.corpus.simple("mail %d" % n) for n in range(count)]
        for mail in mails:
            self.inbox.add(mail.bytes)
        self.sync()
        return mails

    def sync(self, *options, expect=0):
        self.server.asked.clear()
        result = self.check(self.account.sync(*options), expect)
        self.assertEqual(self.server.errors, [])
        return result

    def there(self, mailbox):
        return [m.bytes for m in mailbox.messages]

    def assert_quiet(self):
        self.sync()
        self.sync()
        self.assertEqual(self.server.changing(), [])


class WithoutSpecialUseTest(Exchange):
    keys = {"delete": "trash"}

    def test_a_removal_waits_until_the_trash_is_named_and_goes_there_then(self):
        mails = self.given()
        self.maildir.delete(self.maildir.find("INBOX", mails[1]))
        result = self.sync(expect=SOME)
        self.assertIn('special = {"trash=NAME"}', result.err)
        self.assertEqual(len(self.inbox.messages), 4)

        self.account.set(special=SPECIAL)
        self.sync()
        self.assertEqual(self.there(self.trash), [mails[1].bytes])
        self.assertEqual(len(self.inbox.messages), 3)
        self.assert_quiet()

    def test_check_says_what_is_not_known_and_who_files_sent_mail(self):
        result = self.run_golub("check", "work")
        self.assertIn("sent mail: the server files it itself", result.out)
        self.assertIn("trash=NAME", result.out)


class TrashTest(Exchange):
    keys = {"delete": "trash", "special": SPECIAL}

    def test_many_go_to_the_trash_in_lines_that_it_takes(self):
        mails = self.given(600)
        for mail in mails[::2]:
            self.maildir.delete(self.maildir.find("INBOX", mail))
        self.sync(expect=3)
        self.sync("--confirm-deletes")
        self.assertEqual(sorted(self.there(self.trash)), sorted(mail.bytes for mail in mails[::2]))
        self.assertLess(self.server.longest, 10239)
        self.assert_quiet()


class TrashByCopyTest(TrashTest):
    options = {"trash_moves": False}


class LinesTest(Exchange):
    """No command is longer than what RFC 9051 section 4 advises to take, whatever the UIDs are and the names: servers refuse such lines, or end them."""
    keys = {"delete": "trash", "special": SPECIAL}
    long_name = "/".join(['"' * 240] * 4)

    def setUp(self):
        super().setUp()
        self.server.make(self.long_name)

    def given_far_apart(self, count):
        self.inbox.next = 4_000_000_000
        mails = [self.corpus.simple("mail %d" % n) for n in range(count)]
        for mail in mails:
            self.inbox.add(mail.bytes)
            self.inbox.next += 1
        self.sync()
        return {file.digest: file for file in self.maildir.files("INBOX")}, mails

    def then_no_line_is_long(self):
        self.assertGreater(self.server.longest, 2500)
        self.assertLessEqual(self.server.longest, 8192)

    def test_of_flags_removals_and_bodies(self):
        files, mails = self.given_far_apart(1400)
        for mail in mails[::2]:
            self.maildir.flag(files[mail.digest], add="F")
        for mail in mails[1::2]:
            self.maildir.delete(files[mail.digest])
        self.sync(expect=3)
        self.sync("--confirm-deletes")
        self.assertEqual({frozenset(m.flags) for m in self.inbox.messages}, {frozenset({"\\Flagged"})})
        self.assertEqual((len(self.inbox.messages), len(self.trash.messages)), (700, 700))
        self.then_no_line_is_long()

    def test_of_a_move_to_a_mailbox_with_a_long_name(self):
        files, mails = self.given_far_apart(700)
        for mail in mails:
            self.maildir.move(files[mail.digest], self.long_name)
        self.sync()
        self.assertEqual(len(self.server.mailboxes[self.long_name].messages), 700)
        self.then_no_line_is_long()


class FlagsTest(Exchange):
    keys = {"special": SPECIAL}

    def test_a_flag_that_append_forgets_is_stored_and_not_taken_off_here(self):
        mail = self.corpus.simple("new")
        self.sync()
        self.maildir.put("INBOX", mail.lf, "FS")
        for _ in range(2):
            self.sync()
        self.assertEqual([m.flags for m in self.inbox.messages], [{"\\Seen", "\\Flagged"}])
        self.assertEqual(self.maildir.find("INBOX", mail).flags, {"\\Seen", "\\Flagged"})
        self.assert_quiet()

    def test_keywords_are_not_sent_and_stay_here(self):
        mails = self.given(12)
        paths = [self.maildir.find("INBOX", mail).path for mail in mails]
        for n, path in enumerate(paths):
            self.run_golub("keyword", path, "+word%d" % n)
        for _ in range(2):
            self.sync()
            self.assertFalse([args for command, args in self.server.asked if command == "UID STORE" and b"word" in args])
        self.assertIn("word3", self.run_golub("keyword", self.maildir.find("INBOX", mails[3]).path).out)
        self.assert_quiet()

    def test_a_name_that_is_reserved_is_said_and_the_others_go_on(self):
        self.given(1)
        for name in ("Files", "Projects"):
            self.maildir.create(name)
        self.maildir.put("Files", self.corpus.simple("filed").lf)
        self.maildir.put("Projects", self.corpus.simple("project").lf)
        result = self.sync(expect=SOME)
        self.assertIn("Folder name is reserved", result.err)
        self.assertIn("Files", result.err)
        self.assertEqual(len(self.server.mailboxes["Projects"].messages), 1)

    def test_a_pause_that_it_asks_for_is_kept_and_everything_goes_up_in_the_end(self):
        self.sync()
        mails = [self.corpus.simple("up %d" % n) for n in range(5)]
        for mail in mails:
            self.maildir.put("INBOX", mail.lf)
        self.server.throttle = 1
        before = self.server.connections
        result = self.account.sync()
        self.assertNotEqual(result.code, 0, result)
        self.assertIn("throttled", result.err + result.out)
        self.assertLessEqual(self.server.connections - before, 3)
        self.server.throttle = None
        for _ in range(4):
            self.age_ops()
            if self.account.sync().code == 0:
                break
        self.assertEqual(sorted(self.there(self.inbox)), sorted(mail.bytes for mail in mails))

    def age_ops(self):
        """What was not answered is perhaps under way for some seconds."""
        with contextlib.closing(sqlite3.connect(self.account.journal_path())) as journal, journal:
            journal.execute("UPDATE op SET since = since - 60, seen = CASE seen WHEN 0 THEN 0 ELSE seen - 60 END")

    def test_a_body_that_it_can_not_show_comes_as_its_own_words(self):
        mails = self.given(2)
        entry = self.corpus.simple("meeting at ten, with a long agenda")
        self.inbox.add(entry.bytes)
        self.server.odd.add(entry.bytes)
        for _ in range(2):
            self.account.sync()
        self.assertEqual(self.server.errors, [])
        shown = [f.wire() for f in self.maildir.files("INBOX")]
        self.assertTrue(all(mail.bytes in shown for mail in mails))
        self.assertTrue(any(SUBSTITUTE in data for data in shown))
        self.assertEqual(len(self.inbox.messages), 3)

    def test_errors_do_not_come_to_ten(self):
        self.given(3)
        for path in [f.path for f in self.maildir.files("INBOX")]:
            self.run_golub("keyword", path, "+word")
        self.assert_quiet()
        self.assertLess(self.server.most_wrong, ERRORS_MAX)


class SentTest(Exchange):
    keys = {"special": SPECIAL}

    def setUp(self):
        super().setUp()
        self.sync()
        self.now = int(time.time())

    def message(self, subject):
        return Mail(b"From: Ana <ana@example.org>\r\nTo: John <john@example.com>\r\nBcc: Mei <mei@example.com>\r\nSubject: %s\r\n"
                    b"Message-ID: <%s@example.org>\r\nDate: Mon, 30 Nov 2026 09:00:00 +0100\r\n\r\nAt one.\r\n" %
                    (subject, subject), ("\\Seen",), self.now)

    def date(self):
        return time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(self.now))

    def test_its_copy_and_that_of_the_mail_reader_are_one(self):
        for first in ("server", "reader"):
            with self.subTest(first):
                mail = self.message(first.encode())
                if first == "server":
                    self.server.send(mail.bytes, self.date())
                self.maildir.put("Éléments envoyés", mail.lf, "S", self.now)
                self.sync()
                if first == "reader":
                    self.assertNotIn(mail.bytes, self.there(self.sent))
                    self.server.send(mail.bytes, self.date())
                    self.sync()
        self.assertEqual(len(self.sent.messages), 2)
        self.assertEqual(len(self.maildir.files("Éléments envoyés")), 2)
        self.assertTrue(all(b"Bcc" in f.bytes() for f in self.maildir.files("Éléments envoyés")))
        self.assertFalse(any(b"Bcc" in data for data in self.there(self.sent)))
        self.assert_quiet()


if __name__ == "__main__":
    main()
