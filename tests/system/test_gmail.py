"""Gmail's ways (rig/gmail.py): labels, All Mail, the Trash, what expunging does there and what it does not."""
import time

from base import HELD, SOME, Account, HomeTest, main
from rig import ahead, killer
from rig.corpus import Mail
from rig.gmail import GERMAN, GmailServer

NEAR = {"mailboxes": ["*"]}
WITH_ALL = {"mailboxes": ["*", "special:all"]}


class Gmail(HomeTest):
    keys = {}
    options = {}

    def setUp(self):
        super().setUp()
        self.server = GmailServer("Work", "Lists", **self.options).__enter__()
        self.addCleanup(self.server.__exit__)
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, "ana", "secret", "work", tls="none", **{**NEAR, **self.keys})
        self.maildir = self.account.maildir
        self.all = self.server.names["all"]
        self.trash = self.server.names["trash"]

    def given(self, *labels, subject="mail"):
        mail = self.corpus.simple(subject)
        self.server.deliver(mail.bytes, *labels)
        self.sync()
        return mail

    def sync(self, *options, expect=0, **more):
        self.server.asked.clear()
        result = self.check(self.account.sync(*options, **more), expect)
        self.assertEqual(self.server.errors, [])
        return result

    def delete(self, mail, *mailboxes):
        for mailbox in mailboxes:
            self.maildir.delete(self.maildir.find(mailbox, mail))

    def fetched(self):
        return sum(b"BODY.PEEK[]" in args for command, args in self.server.asked if command == "UID FETCH")

    def assert_quiet(self):
        self.sync()
        self.sync()
        self.assertEqual(self.server.changing(), [])


class LabelTest(Gmail):
    def test_what_still_has_another_label_only_loses_this_one(self):
        mail = self.given("INBOX", "Work")
        self.delete(mail, "INBOX")
        self.sync()
        self.assertEqual(self.server.where(mail.bytes), sorted(["Work", self.all]))
        self.assertTrue(self.maildir.has("Work", mail))
        self.assert_quiet()

    def test_what_has_no_other_label_goes_to_the_trash(self):
        mail = self.given("INBOX")
        self.delete(mail, "INBOX")
        self.sync()
        self.assertEqual(self.server.where(mail.bytes), [self.trash])
        self.assert_quiet()

    def test_all_labels_at_once_end_in_the_trash(self):
        mail, other = self.given("INBOX", "Work", "Lists"), self.given("INBOX", "Work", subject="other")
        self.delete(mail, "INBOX", "Work", "Lists")
        self.delete(other, "Work")
        for _ in range(2):
            self.sync()
        self.assertEqual(self.server.where(mail.bytes), [self.trash])
        self.assertEqual(self.server.where(other.bytes), sorted(["INBOX", self.all]))
        self.assert_quiet()

    def test_what_is_deleted_in_the_trash_is_gone(self):
        mail = self.given("INBOX")
        self.delete(mail, "INBOX")
        self.sync()
        self.delete(mail, self.trash)
        self.sync()
        self.assertEqual(self.server.where(mail.bytes), [])
        self.assert_quiet()

    def test_a_label_in_the_trash_alone_is_no_other_label(self):
        mail = self.given("INBOX", self.server.names["junk"])
        self.delete(mail, "INBOX")
        self.sync()
        self.assertIn(self.trash, self.server.where(mail.bytes))

    def test_a_mark_is_kept_here_and_takes_no_label_off(self):
        mail = self.given("INBOX", "Work")
        self.maildir.flag(self.maildir.find("INBOX", mail), add="FT")
        result = self.sync()
        self.assertIn("marked as deleted here (T) is not marked there", result.out + result.err)
        self.assertEqual(self.server.where(mail.bytes), sorted(["INBOX", "Work", self.all]))
        self.assertEqual([m.flags for m in self.server.mailboxes["INBOX"].messages], [{"\\Flagged"}])
        self.assert_quiet()

    def test_a_mark_from_before_is_a_removal_once_expunge_is_set(self):
        mail = self.given("INBOX")
        self.maildir.flag(self.maildir.find("INBOX", mail), add="ST")
        said = [("marked as deleted here (T)" in result.out + result.err) for result in (self.sync() for _ in range(3))]
        self.assertEqual(said, [True, False, False])
        waits, = [e for e in self.run_golub("status", "work", "--json").events if e.get("key") == "pending"]
        self.assertIn("set `expunge`", waits["why"])
        self.account.set(expunge=True)
        for _ in range(3):
            self.sync()
        self.assertEqual(self.server.where(mail.bytes), [self.trash])
        self.assertFalse(self.maildir.has("INBOX", mail))
        self.assert_quiet()

    def test_a_mark_that_is_taken_off_again_waits_for_nothing(self):
        mail = self.given("INBOX")
        self.maildir.flag(self.maildir.find("INBOX", mail), add="ST")
        self.sync()
        self.maildir.flag(self.maildir.find("INBOX", mail), remove="T")
        self.sync()
        self.assertEqual([e for e in self.run_golub("status", "work", "--json").events if e.get("key") == "pending"], [])
        self.account.set(expunge=True)
        self.sync()
        self.assertEqual(self.server.where(mail.bytes), sorted(["INBOX", self.all]))

    def test_with_expunge_the_mark_is_a_removal(self):
        mail = self.given("INBOX")
        self.account.set(expunge=True)
        self.maildir.flag(self.maildir.find("INBOX", mail), add="ST")
        for _ in range(3):
            self.sync()
        self.assertEqual(self.server.where(mail.bytes), [self.trash])
        self.assertTrue(self.maildir.has(self.trash, mail))

    def test_expunge_is_what_the_user_may_say_and_leaves_it_in_all_mail(self):
        """Whatever Gmail is set to do with what is expunged from its last label."""
        self.account.set(delete="expunge")
        mail, other = self.given("INBOX"), self.given("INBOX", "Work", subject="other")
        self.delete(mail, "INBOX")
        self.delete(other, "INBOX")
        self.sync()
        self.assertEqual(self.server.where(mail.bytes), [self.all])
        self.assertEqual(self.server.where(other.bytes), sorted(["Work", self.all]))
        self.assert_quiet()

    def test_expunge_in_the_trash_is_for_ever(self):
        self.account.set(delete="expunge")
        mail = self.given(self.trash)
        self.delete(mail, self.trash)
        self.sync()
        self.assertEqual(self.server.where(mail.bytes), [])

    def test_expunge_without_move_takes_the_last_label_to_the_trash(self):
        self.account.set(delete="expunge")
        self.server.capabilities = self.server.capabilities.replace(" MOVE", "")
        mail, other = self.given("INBOX"), self.given("INBOX", "Work", subject="other")
        self.delete(mail, "INBOX")
        self.delete(other, "INBOX")
        for _ in range(3):
            self.sync()
        self.assertEqual(self.server.where(mail.bytes), [self.trash])
        self.assertEqual(self.server.where(other.bytes), sorted(["Work", self.all]))

    def test_expunge_where_all_mail_and_the_trash_are_hidden_waits(self):
        self.account.set(delete="expunge", mailboxes=["*", "![Gmail]*"])
        mail = self.given("INBOX")
        for use in ("all", "trash"):
            self.server.mailboxes[self.server.names[use]].attributes = "\\HasNoChildren"
        self.delete(mail, "INBOX")
        result = self.sync(expect=SOME)
        self.assertIn("let Gmail show it, or All Mail", result.err)
        self.assertEqual(self.server.where(mail.bytes), sorted(["INBOX", self.all]))

    def test_a_label_that_another_client_makes_the_last_one_meanwhile_is_not_expunged(self):
        mail = self.given("INBOX", "Work")

        def meanwhile(ask):
            work = self.server.mailboxes["Work"]
            if ask.command in ("UID STORE", "UID EXPUNGE", "UID MOVE") and work.messages:
                work.expunge(work.messages[0].uid)
        self.server.bend = meanwhile
        self.delete(mail, "INBOX")
        self.sync()
        self.assertEqual(self.server.where(mail.bytes), [self.all])

    def test_no_label_goes_before_the_message_is_in_the_trash(self):
        """What can't go to the Trash now keeps all of its labels."""
        mail = self.given("INBOX", "Work")
        self.server.bend = lambda ask: [b"%T NO [UNAVAILABLE] not now\r\n"] if self.trash.encode() in ask.args and ask.command in ("UID MOVE", "UID COPY") else None
        self.delete(mail, "INBOX", "Work")
        self.sync(expect=SOME)
        self.assertEqual(self.server.where(mail.bytes), sorted(["INBOX", "Work", self.all]))
        self.assertEqual([m.flags for m in self.server.mailboxes["Work"].messages], [set()])
        self.server.bend = None
        for _ in range(2):
            self.sync()
        self.assertEqual(self.server.where(mail.bytes), [self.trash])
        self.assert_quiet()

    def test_rows_of_an_earlier_version_are_known_by_their_bytes(self):
        import sqlite3
        mail = self.given("INBOX", "Work")
        journal = sqlite3.connect(self.account.journal_path())
        with journal:
            journal.execute("DELETE FROM gmail")
        journal.close()
        self.delete(mail, "INBOX")
        self.sync()
        self.assertEqual(self.server.where(mail.bytes), sorted(["Work", self.all]))


    def given_twice(self):
        """Two messages of the same bytes, each under a label of its own."""
        mail = self.corpus.simple("twice")
        self.server.deliver(mail.bytes, "INBOX")
        self.server.deliver(mail.bytes, "Work")
        self.sync()
        return mail

    def test_equal_bytes_of_another_message_are_no_other_label(self):
        mail = self.given_twice()
        self.delete(mail, "INBOX")
        self.sync()
        self.assertEqual(self.server.where(mail.bytes), sorted(["Work", self.all, self.trash]))
        self.assert_quiet()

    def test_equal_bytes_in_rows_of_an_earlier_version_are_asked_for(self):
        import sqlite3
        mail = self.given_twice()
        journal = sqlite3.connect(self.account.journal_path())
        with journal:
            journal.execute("DELETE FROM gmail")
        journal.close()
        self.delete(mail, "INBOX")
        self.sync()
        self.assertEqual(self.server.where(mail.bytes), sorted(["Work", self.all, self.trash]))
        self.assert_quiet()


class LabelTrashTest(LabelTest):
    options = {"behaviour": "trash"}


class LabelMarkTest(LabelTest):
    options = {"auto_expunge": False, "behaviour": "trash"}


class LabelForeverTest(LabelTest):
    options = {"behaviour": "deleteForever"}


class LabelKeptForeverTest(LabelTest):
    options = {"auto_expunge": False, "behaviour": "deleteForever"}


class LabelGermanTest(LabelTest):
    options = {"auto_expunge": False, "names": GERMAN}


class AllMailTest(Gmail):
    keys = WITH_ALL

    def test_a_deletion_outside_takes_the_label_off(self):
        mail = self.given("INBOX")
        self.delete(mail, "INBOX")
        self.sync()
        self.assert_archived(mail)

    def assert_archived(self, mail):
        self.assertEqual(self.server.where(mail.bytes), [self.all])
        self.assertTrue(self.maildir.has(self.all, mail))
        self.assertFalse(self.maildir.has(self.trash, mail))
        self.assert_quiet()

    def test_all_labels_taken_off_at_once_leave_it_in_all_mail(self):
        mail = self.given("INBOX", "Work")
        self.delete(mail, "INBOX", "Work")
        self.sync()
        self.assert_archived(mail)

    def test_one_label_after_the_other_leaves_it_in_all_mail(self):
        mail = self.given("INBOX", "Work")
        self.delete(mail, "INBOX")
        self.sync()
        self.assertEqual(self.server.where(mail.bytes), sorted(["Work", self.all]))
        self.delete(mail, "Work")
        self.sync()
        self.assert_archived(mail)

    def test_without_move_the_last_label_takes_it_to_the_trash(self):
        mail = self.given("INBOX")
        self.server.capabilities = self.server.capabilities.replace(" MOVE", "")
        self.delete(mail, "INBOX")
        for _ in range(3):
            self.sync()
        self.assertEqual(self.server.where(mail.bytes), [self.trash])
        self.assert_quiet()

    def test_one_in_all_mail_goes_to_the_trash_and_out_of_all_labels(self):
        mail = self.given("INBOX", "Work")
        self.delete(mail, self.all)
        for _ in range(2):
            self.sync()
        self.assertEqual(self.server.where(mail.bytes), [self.trash])
        self.assertFalse(self.maildir.has("INBOX", mail) or self.maildir.has("Work", mail))
        self.assert_quiet()

    def test_what_the_server_keeps_is_said_and_not_asked_for_in_a_loop(self):
        self.account.set(delete="expunge")
        mail = self.given("INBOX")
        self.delete(mail, self.all)
        self.sync(expect=SOME)
        self.assertLessEqual(sum(command == "UID EXPUNGE" for command, _ in self.server.asked), 1)
        waits, = [e for e in self.run_golub("status", "work", "--json").events if e.get("key") == "pending"]
        self.assertIn("the server kept it", waits["why"])
        self.assertEqual(self.server.where(mail.bytes), sorted(["INBOX", self.all]))

    def test_a_message_travels_once(self):
        mail = self.corpus.simple("once")
        self.server.deliver(mail.bytes, "INBOX", "Work")
        self.sync()
        self.assertEqual([self.maildir.has(name, mail) for name in ("INBOX", "Work", self.all)], [True] * 3)
        self.assertEqual(self.server.bodies, 1)
        self.assert_quiet()
        more = self.corpus.simple("more")
        self.server.deliver(more.bytes, "INBOX", "Lists")
        self.sync()
        self.assertEqual([self.maildir.has(name, more) for name in ("INBOX", "Lists", self.all)], [True] * 3)
        self.assertEqual(self.server.bodies, 2)

    def test_a_label_that_comes_later_brings_no_body(self):
        mails = [self.corpus.simple("mail %d" % n) for n in range(20)]
        names = [self.server.deliver(mail.bytes, "INBOX") for mail in mails]
        self.sync()
        self.assertEqual(self.server.bodies, 20)
        for mail, name in zip(mails, names):
            self.server.put(self.server.mailboxes["Work"], name, mail.bytes, ["\\Flagged"], "03-Mar-2026 10:00:00 +0000")
        result = self.sync("--json")
        self.assertEqual(self.server.bodies, 20)
        self.assertEqual(sum(self.maildir.has("Work", mail) for mail in mails), 20)
        self.assertEqual({frozenset(f.flags) for f in self.maildir.files("Work")}, {frozenset({"\\Flagged"})})
        self.assertEqual(len([e for e in result.of("message") if e["action"] == "download"]), 20, result)
        self.assert_quiet()
        self.run_golub("verify", "work", "--bytes", "--server")

    def test_a_file_that_was_changed_here_is_no_source_of_it(self):
        mail = self.given("INBOX")
        sent = self.server.bodies
        for name in ("INBOX", self.all):
            f = self.maildir.find(name, mail)
            with open(f.path, "r+b") as file:
                file.write(b"f")  # of as many bytes
        self.server.put(self.server.mailboxes["Work"], self.server.last, mail.bytes, [], "03-Mar-2026 10:00:00 +0000")
        self.account.sync()
        self.assertTrue(self.maildir.has("Work", mail))
        self.assertEqual(self.server.bodies, sent + 1)

    def test_bytes_of_another_message_are_no_source(self):
        """Equal size, and another X-GM-MSGID."""
        mail, other = self.given("INBOX"), self.corpus.simple("mial")
        self.assertEqual(len(mail.bytes), len(other.bytes))
        self.server.deliver(other.bytes, "Work")
        self.sync()
        self.assertTrue(self.maildir.has("Work", other))


class AllMailMarkTest(AllMailTest):
    options = {"auto_expunge": False}


class AllMailMarkTrashTest(AllMailTest):
    options = {"auto_expunge": False, "behaviour": "trash"}


class AllMailTrashTest(AllMailTest):
    options = {"behaviour": "trash"}


class AllMailForeverTest(AllMailTest):
    options = {"behaviour": "deleteForever"}


class AllMailKeptForeverTest(AllMailTest):
    options = {"auto_expunge": False, "behaviour": "deleteForever"}


class SwallowedTest(Gmail):
    def test_a_second_copy_that_is_swallowed_is_one_message(self):
        mail = self.given("INBOX")
        self.maildir.put("INBOX", mail.lf, "S")
        for _ in range(4):
            self.account.sync()
        self.assertEqual(self.server.where(mail.bytes), sorted(["INBOX", self.all]))

    def test_a_copy_into_another_folder_is_a_label(self):
        mail = self.given("INBOX")
        self.maildir.copy(self.maildir.find("INBOX", mail), "Work")
        self.sync()
        self.assertEqual(self.server.where(mail.bytes), sorted(["INBOX", "Work", self.all]))
        self.assert_quiet()

    def test_sent_mail_waits_for_its_copy(self):
        sent = self.server.names["sent"]
        self.sync()
        mail = self.corpus.simple("sent")
        self.maildir.put(sent, mail.lf, "S", int(time.time()))
        self.sync()
        self.assertEqual(self.server.where(mail.bytes), [])


class SentTest(Gmail):
    """What is sent through Gmail stands in Sent Mail and All Mail by itself, without its Bcc; the mail reader's copy is that message, and keeps its bytes."""

    def setUp(self):
        super().setUp()
        self.sent, self.now = self.server.names["sent"], int(time.time())
        self.sync()

    def mail(self, more=b"", body=b"At one, as always.\r\n"):
        return Mail(b"From: Ana <ana@example.org>\r\nTo: John <john@example.com>\r\n%sSubject: lunch?\r\nMessage-ID: <lunch@example.org>\r\n"
                    b"Date: %s\r\n\r\n%s" % (more, time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(self.now)).encode(), body), ("\\Seen",), self.now)

    def ours(self):
        return self.mail(b"Bcc: Mei <mei@example.com>\r\n")

    def save(self, mail):
        self.maildir.put(self.sent, mail.lf, "S", self.now)

    def file_it(self, mail):
        """Gmail does, once it has sent it."""
        date = time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(self.now + 2))
        return self.server.deliver(mail.bytes, self.sent, flags=("\\Seen",), date=date)

    def assert_one_message(self, ours, theirs):
        self.assertEqual(self.server.where(ours.bytes), [])
        self.assertEqual(self.server.where(theirs.bytes), sorted([self.sent, self.all]))
        self.assertEqual([f.digest for f in self.maildir.files(self.sent)], [ours.digest])
        self.assertEqual([command for command, _ in self.server.asked if command == "APPEND"], [])

    def test_its_copy_comes_later(self):
        ours, theirs = self.ours(), self.mail()
        self.save(ours)
        self.sync()
        self.file_it(theirs)

        self.sync()

        self.assertEqual(self.fetched(), 0)
        self.assert_one_message(ours, theirs)
        self.sync("--json", env=ahead.by(3600))
        self.assert_one_message(ours, theirs)
        self.assert_quiet()

    def test_its_copy_came_first(self):
        ours, theirs = self.ours(), self.mail()
        self.file_it(theirs)
        self.save(ours)

        self.sync()

        self.assert_one_message(ours, theirs)
        self.assert_quiet()

    def test_its_copy_was_fetched_before_the_mail_reader_saved_its_own(self):
        ours, theirs = self.ours(), self.mail()
        self.file_it(theirs)
        self.sync()
        self.save(ours)
        self.sync()

        self.sync(env=ahead.by(700))

        self.assert_one_message(ours, theirs)
        self.assert_quiet()

    def test_equal_bytes_are_one_message(self):
        mail = self.mail()
        self.save(mail)
        self.sync()
        self.file_it(mail)

        self.sync()

        self.assertEqual(self.server.where(mail.bytes), sorted([self.sent, self.all]))
        self.assertEqual([f.digest for f in self.maildir.files(self.sent)], [mail.digest])
        self.assert_quiet()

    def test_what_is_flagged_and_deleted_afterwards_is_that_message(self):
        ours, theirs = self.ours(), self.mail()
        self.save(ours)
        self.sync()
        self.file_it(theirs)
        self.sync()

        self.maildir.flag(self.maildir.find(self.sent, ours), add="FS")
        self.sync()
        self.assertEqual([m.flags for m in self.server.box("sent").messages], [{"\\Flagged", "\\Seen"}])
        self.delete(ours, self.sent)
        self.sync()

        self.assertEqual(self.server.where(theirs.bytes), [self.trash])
        self.assertEqual(self.server.where(ours.bytes), [])
        self.assert_quiet()

    def test_where_all_mail_is_synced_that_has_gmails_bytes(self):
        self.account.set(**WITH_ALL)
        ours, theirs = self.ours(), self.mail()
        self.save(ours)
        self.sync()
        self.file_it(theirs)

        for _ in range(2):
            self.sync()

        self.assert_one_message(ours, theirs)
        self.assertEqual([f.digest for f in self.maildir.files(self.all)], [theirs.digest])
        self.assert_quiet()

    def test_another_mail_with_its_message_id_is_not_its_copy(self):
        """It waits on for its own, and goes up where none comes."""
        ours = self.ours()
        theirs = Mail(self.mail().bytes.replace(b"Subject: lunch?", b"Subject: supper?"), ("\\Seen",), self.now)
        self.save(ours)
        self.sync()
        self.file_it(theirs)
        self.sync()
        self.assertEqual(self.server.where(ours.bytes), [])
        self.assertEqual(len(self.maildir.files(self.sent)), 2)

        self.sync(env=ahead.by(700))

        self.assertEqual(self.server.where(ours.bytes), sorted([self.sent, self.all]))
        self.assertEqual(self.server.where(theirs.bytes), sorted([self.sent, self.all]))
        self.assert_quiet()

    def test_where_none_comes_it_goes_up_once(self):
        ours = self.ours()
        self.save(ours)
        self.sync()
        self.sync()
        self.assertEqual(self.server.where(ours.bytes), [])

        self.sync(env=ahead.by(700))

        self.assertEqual(self.server.where(ours.bytes), sorted([self.sent, self.all]))
        self.assert_quiet()


class KilledTest(Gmail):
    """A run dies at each of its steps, where what is expunged from its last label is gone for ever."""
    options = {"behaviour": "deleteForever"}

    def die(self, at, after, keys, ends):
        self.account.set(**keys)
        mail, other = self.given("INBOX", "Work"), self.given("INBOX", "Work", subject="other")
        self.delete(mail, "INBOX", "Work")
        self.delete(other, "Work")
        _, steps = killer.run(self.home, at, "sync", "work", after=after)
        for _ in range(3):
            self.account.sync()
        self.assertEqual(self.server.where(mail.bytes), [self.server.names[ends]])
        self.assertEqual(self.server.where(other.bytes), sorted(["INBOX", self.all]))
        self.assert_quiet()
        return steps

    def killed(self, keys, ends):
        steps = self.die(0, False, keys, ends)
        for step, after in killer.choose(steps, 10):
            self.doCleanups()
            self.setUp()
            with self.subTest("%s %s" % ("after" if after else "before", step)):
                self.die(step.number, after, keys, ends)

    def test_on_the_way_to_the_trash(self):
        self.killed({}, "trash")

    def test_on_the_way_to_all_mail(self):
        self.killed(WITH_ALL, "all")

    def test_where_the_user_says_expunge(self):
        self.killed({"delete": "expunge"}, "all")


class DeletedLabelTest(Gmail):
    """All Mail holds what a label held, with its sizes and dates, and is no new name of that label."""

    def test_a_label_that_is_deleted_is_not_renamed(self):
        mail = self.given("Work")
        self.given("INBOX", subject="other")
        self.sync()
        del self.server.mailboxes["Work"]

        result = self.sync()

        self.assertNotIn("renamed", result.out)
        self.assertIn("work/Work: it is gone on the server; what is here stays", result.out)
        self.assertTrue(self.maildir.has("Work", mail))
        self.assert_quiet()


class LimitTest(Gmail):
    def test_a_limit_of_a_thousand_is_held(self):
        for n in range(1400):
            self.server.deliver(self.corpus.simple("mail %d" % n).bytes, "INBOX")
        self.sync()
        self.server.limit = 1000
        self.server.deliver(self.corpus.simple("news").bytes, "INBOX")
        self.sync(expect=HELD)
        self.assertEqual(len(self.maildir.files("INBOX")), 1401)
        self.assertEqual(len(self.server.mailboxes["INBOX"].messages), 1401)


if __name__ == "__main__":
    main()
