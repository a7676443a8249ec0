"""Sent mail that the server files itself (`sent`): the mail reader's copy waits for the server's, and goes up where none comes."""
import contextlib
import os
import sqlite3
import time

from base import SystemTest, main
from rig import ahead, killer
from rig.corpus import Mail


class FiledTest(SystemTest):
    account_options = {"sent": "server"}

    def setUp(self):
        super().setUp()
        self.sync()
        self.now = int(time.time())

    def mail(self, subject="lunch?", more=b"", date=0, body=b"At one, as always.\r\n"):
        """What is sent; the mail reader's copy has a Bcc, which the server's has not."""
        return Mail(b"From: Ana <ana@example.org>\r\nTo: John <john@example.com>\r\n%sSubject: %s\r\n"
                    b"Message-ID: <%s@example.org>\r\nDate: Mon, 30 Nov 2026 09:%02d:00 +0100\r\n\r\n%s" %
                    (more, subject.encode(), subject.encode().hex().encode(), date, body), ("\\Seen",), self.now)

    def ours(self, **given):
        return self.mail(more=b"Bcc: Mei <mei@example.com>\r\n", **given)

    def save(self, mail, date=None):
        self.maildir.put("Sent", mail.lf, "S", date or self.now)

    def file_it(self, mail, date=None):
        self.client.append("Sent", mail.bytes, mail.flags, date or self.now)

    def there(self):
        return sorted(m.digest for m in self.client.messages("Sent"))

    def here(self):
        return sorted(f.digest for f in self.maildir.files("Sent"))

    def pending(self):
        return [e for e in self.run_golub("status", "work", "--json").events if e.get("key") == "pending"]

    def set_back(self, seconds):
        """The file was first seen so much earlier."""
        with contextlib.closing(sqlite3.connect(self.account.journal_path())) as journal, journal:
            journal.execute("UPDATE pending SET since = since - ? WHERE detail = 'filed'", (seconds,))

    def test_the_readers_copy_waits_for_ten_minutes_and_goes_up_where_none_comes(self):
        ours = self.ours()
        self.save(ours)
        result = self.sync("--json")
        self.assertEqual(self.there(), [])
        self.assertEqual([e["counts"]["kept_by_policy"] for e in result.of("result") if "account" in e and "counts" in e][:1], [1], result)
        waits, = self.pending()
        self.assertEqual((waits["work"], waits["mailbox"]), ("filed", "Sent"))
        self.assertIn("the server files sent mail itself", waits["why"])

        self.assert_idempotent()
        self.set_back(590)
        self.sync()
        self.assertEqual(self.there(), [])

        self.set_back(20)
        self.sync()
        self.assertEqual(self.there(), [ours.digest])
        self.assertEqual(self.pending(), [])
        self.assert_in_sync()

    def test_the_servers_copy_that_comes_later_is_paired_and_both_keep_their_bytes(self):
        ours, theirs = self.ours(), self.mail()
        self.save(ours)
        self.sync()
        self.file_it(theirs)
        self.client.store("Sent", [self.client.uid_of("Sent", theirs)], "+", ["\\Flagged"])

        self.sync()

        self.assertEqual((self.here(), self.there()), ([ours.digest], [theirs.digest]))
        self.assertEqual(self.maildir.find("Sent", ours).flags, {"\\Seen", "\\Flagged"})
        self.assertEqual(self.pending(), [])
        self.assert_idempotent()
        self.maildir.delete(self.maildir.find("Sent", ours))
        self.sync()
        self.assertEqual((self.here(), self.there()), ([], []), "one message, in other bytes")

    def test_the_servers_copy_that_came_first_is_paired_at_once(self):
        ours, theirs = self.ours(), self.mail()
        self.file_it(theirs)
        self.save(ours)
        self.sync()
        self.assertEqual((self.here(), self.there()), ([ours.digest], [theirs.digest]))

    def given_before(self, theirs, ours):
        """The server's copy was fetched, then the mail reader saved its own, ten minutes ago."""
        self.file_it(theirs)
        self.sync()
        self.save(ours, self.now + 3)
        self.sync()
        self.assertEqual((len(self.here()), len(self.there())), (2, 1))
        self.set_back(700)

    def quarantined(self):
        quarantine = os.path.join(self.account.state, "quarantine")
        return [name for _, _, names in os.walk(quarantine) for name in names]

    def test_the_servers_copy_that_was_fetched_before_gives_way_to_the_readers(self):
        ours, theirs = self.ours(), self.mail()
        self.given_before(theirs, ours)
        self.client.store("Sent", [self.client.uid_of("Sent", theirs)], "+", ["\\Flagged"])

        self.sync()

        self.assertEqual((self.here(), self.there()), ([ours.digest], [theirs.digest]))
        self.assertEqual(self.maildir.find("Sent", ours).flags, {"\\Seen", "\\Flagged"})
        self.assertEqual(len(self.quarantined()), 1)
        self.assertEqual(self.pending(), [])
        self.assert_idempotent()
        self.check(self.run_golub("verify", "work"), 0)
        self.maildir.delete(self.maildir.find("Sent", ours))
        self.sync()
        self.assertEqual((self.here(), self.there()), ([], []), "one message, in other bytes")

    def test_so_it_does_where_the_next_run_is_hours_later(self):
        ours, theirs = self.ours(), self.mail()
        self.given_before(theirs, ours)
        self.sync(env=ahead.by(7200))
        self.assertEqual((self.here(), self.there()), ([ours.digest], [theirs.digest]))

    def test_one_to_which_the_server_wrote_lines_gives_way_too(self):
        ours = self.ours()
        theirs = Mail(self.mail().bytes.replace(b"Subject:", b"X-Server: 1\r\nSubject:"), ("\\Seen",), self.now)
        self.given_before(theirs, ours)
        self.sync()
        self.assertEqual((self.here(), self.there()), ([ours.digest], [theirs.digest]))
        self.assert_idempotent()

    def test_equal_bytes_that_were_fetched_before_are_one_message(self):
        mail = self.mail()
        self.given_before(mail, mail)
        self.sync()
        self.assertEqual((self.here(), self.there()), ([mail.digest], [mail.digest]))
        self.assertFalse(self.maildir.files("Sent")[0].path.split(":2,")[0].endswith(".golub"), "the mail reader's stays")
        self.assert_idempotent()

    def test_two_that_were_fetched_before_are_not_joined(self):
        ours, theirs = self.ours(), [self.mail(body=b"one\r\n"), self.mail(body=b"two\r\n")]
        for mail in theirs:
            self.file_it(mail)
        self.sync()
        self.save(ours)
        self.sync()
        self.set_back(700)
        self.sync()
        self.assertEqual(self.there(), sorted([ours.digest] + [m.digest for m in theirs]))
        self.assertEqual(self.quarantined(), [])
        self.assert_in_sync()

    def test_a_copy_of_what_was_sent_long_ago_is_the_users(self):
        mail = self.mail()
        self.file_it(mail, self.now - 5000)
        self.sync()
        self.save(mail, self.now - 4990)
        self.sync()
        self.set_back(700)
        self.sync()
        self.assertEqual((self.here(), self.there()), ([mail.digest] * 2,) * 2)

    def test_a_copy_with_its_date_is_the_users(self):
        mail = self.mail()
        self.file_it(mail)
        self.sync()
        self.save(mail)
        self.sync()
        self.set_back(700)
        self.sync()
        self.assertEqual((self.here(), self.there()), ([mail.digest] * 2,) * 2)

    def test_one_that_the_user_touched_stays(self):
        ours, theirs = self.ours(), self.mail()
        self.given_before(theirs, ours)
        fetched = self.maildir.find("Sent", theirs)
        os.rename(fetched.path, os.path.join(os.path.dirname(fetched.path), "mine:2,S"))
        self.sync()
        self.assertEqual((self.here(), self.there()), (sorted([ours.digest, theirs.digest]),) * 2)

    def test_where_nothing_is_sent_or_removed_here_both_stay(self):
        for key in ({"push": []}, {"pull": ["new", "flags"]}):
            with self.subTest(**key):
                ours, theirs = self.ours(), self.mail()
                self.given_before(theirs, ours)
                self.account.set(**key)
                self.sync()
                self.assertEqual(self.quarantined(), [])
                self.assertTrue({ours.digest, theirs.digest} <= set(self.here()))
            self.doCleanups()
            self.setUp()

    def test_a_run_of_one_way_leaves_it_to_one_of_both(self):
        ours, theirs = self.ours(), self.mail()
        self.given_before(theirs, ours)
        self.sync("--push")
        self.assertEqual(self.there(), [theirs.digest])
        self.sync()
        self.assertEqual((self.here(), self.there()), ([ours.digest], [theirs.digest]))

    def die(self, at, after):
        ours, theirs = self.ours(), self.mail()
        self.given_before(theirs, ours)
        _, steps = killer.run(self.home, at, "sync", "work", after=after)
        self.assertIn(ours.digest, self.here())
        self.sync()
        self.sync()
        self.assertEqual((self.here(), self.there()), ([ours.digest], [theirs.digest]))
        self.assertEqual(len(self.quarantined()), 1)
        self.assert_idempotent()
        return steps

    def test_killed_at_each_step_one_of_each_is_left(self):
        steps = self.die(0, False)
        for step, after in killer.choose(steps, 14):
            self.doCleanups()
            self.setUp()
            with self.subTest("%s %s" % ("after" if after else "before", step)):
                self.die(step.number, after)

    def test_equal_bytes_are_one_message(self):
        mail = self.mail()
        self.save(mail)
        self.sync()
        self.file_it(mail)
        self.sync()
        self.assertEqual((self.here(), self.there()), ([mail.digest], [mail.digest]))
        self.assert_in_sync()

    def test_two_identical_mails_are_two(self):
        mail = self.mail()
        for second in (0, 2):
            self.save(mail, self.now + second)
        self.sync()
        for second in (1, 3):
            self.file_it(mail, self.now + second)
        self.sync()
        self.assertEqual((self.here(), self.there()), ([mail.digest] * 2,) * 2)
        self.assert_idempotent()

    def test_two_that_fit_are_not_joined(self):
        ours = self.ours()
        theirs = [self.mail(body=b"one\r\n"), self.mail(body=b"two\r\n")]
        self.save(ours)
        self.sync()
        for mail in theirs:
            self.file_it(mail)
        self.sync()
        self.assertEqual(self.there(), sorted(m.digest for m in theirs))
        self.set_back(700)
        self.sync()
        self.assertEqual(self.there(), sorted([ours.digest] + [m.digest for m in theirs]))
        self.assert_in_sync()

    def test_a_message_id_alone_decides_nothing(self):
        ours = self.ours()
        others = [self.mail(date=5),  # another Date
                  Mail(self.mail(subject="lunch?").bytes.replace(b"From: Ana <ana@", b"From: Ana <anna@"), ("\\Seen",), self.now)]
        for other in others:
            with self.subTest(other=other.bytes[:40]):
                self.save(ours)
                self.sync()
                self.file_it(other)
                self.sync()
                self.assertEqual((len(self.here()), len(self.there())), (2, 1))
                for f in self.maildir.files("Sent"):
                    self.maildir.delete(f)
                self.sync()

    def test_what_the_server_filed_hours_apart_is_another(self):
        self.save(self.ours())
        self.sync()
        self.file_it(self.mail(), self.now - 4000)
        self.sync()
        self.assertEqual((len(self.here()), len(self.there())), (2, 1))

    def test_a_clock_that_went_back_holds_nothing_for_ever(self):
        ours = self.ours()
        self.save(ours)
        self.sync()
        self.set_back(-86400)  # it was first seen tomorrow
        self.sync()
        self.set_back(601)
        self.sync()
        self.assertEqual(self.there(), [ours.digest])

    def test_elsewhere_and_under_upload_it_goes_up_at_once(self):
        ours = self.ours()
        self.maildir.put("Archive", ours.lf, "S", self.now)
        self.sync()
        self.assertTrue(self.is_there(ours, "Archive"))
        for sent in ("upload", "auto"):
            self.account.set(sent=sent)
            mail = self.ours(subject=sent)
            self.save(mail)
            self.sync()
            self.assertTrue(self.is_there(mail, "Sent"))
        self.assert_in_sync()

    def said_twice(self, result):
        return [e for e in result.of("mailbox") if e["what"] == "sent-twice"]

    def test_under_upload_a_copy_of_the_servers_that_comes_later_is_said_once(self):
        self.account.set(sent="upload")
        ours, theirs = self.ours(), self.mail()
        self.save(ours)
        self.assertEqual(self.said_twice(self.sync("--json")), [])
        self.file_it(theirs, self.now + 4)
        said, = self.said_twice(self.sync("--json"))
        self.assertEqual(said["mailbox"], "Sent")
        self.assertIn('sent = "server"', said["text"])
        self.assertEqual((self.here(), self.there()), (sorted([ours.digest, theirs.digest]),) * 2)
        for _ in range(2):
            self.assertEqual(self.said_twice(self.sync("--json")), [])
        self.save(self.ours(subject="another"))
        self.assertEqual(self.said_twice(self.sync("--json")), [])
        self.assert_idempotent()

    def test_under_upload_what_the_server_filed_before_is_said_once(self):
        self.account.set(sent="upload")
        self.file_it(self.mail())
        self.sync()
        self.save(self.ours(), self.now + 4)
        said, = self.said_twice(self.sync("--json"))
        self.assertEqual(self.said_twice(self.sync("--json")), [])

    def test_under_upload_other_mail_is_no_twin(self):
        self.account.set(sent="upload")
        self.save(self.ours())
        self.sync()
        self.file_it(self.mail(date=5), self.now + 4)
        self.file_it(self.mail(subject="dinner?"), self.now + 4)
        self.assertEqual(self.said_twice(self.sync("--json")), [])

    def test_what_moves_into_it_waits_for_nothing(self):
        mail = self.mail()
        self.given_both_sides([mail])
        self.maildir.move(self.maildir.find("INBOX", mail), "Sent")
        self.sync()
        self.assertEqual(self.there(), [mail.digest])
        self.assert_in_sync()

    def test_a_dry_run_says_that_nothing_goes_up(self):
        self.save(self.ours())
        result = self.sync("-n", "--json")
        self.assertEqual([e for e in result.of("message") if e["what"] == "uploaded"], [], result)


class OldSentMailTest(SystemTest):
    account_options = {"sent": "server"}

    def test_a_tree_of_old_sent_mail_goes_up_at_once(self):
        old = self.corpus.simple("old")
        self.maildir.create("Sent")
        self.maildir.put("Sent", old.lf, "S", int(time.time()) - 86400)
        self.sync()
        self.assertTrue(self.is_there(old, "Sent"))


if __name__ == "__main__":
    main()
