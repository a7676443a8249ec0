"""
A mailbox whose UIDs mean nothing any more: it was numbered anew, or deleted and made again. What is there is paired by content, by a header where
that suffices; nothing is removed on the word of a gap.
"""
import re
import shutil
import sqlite3

from base import CONFIG, HELD, SOME, main
from situationbase import SituationTest


class UidvalidityTest(SituationTest):
    def renumber(self, mailbox="INBOX", number=90001):
        self.client.close()
        self.server.doveadm("mailbox", "update", "-u", self.user, "--uid-validity", str(number), mailbox)
        self.again()

    def test_a_mailbox_numbered_anew_is_paired_without_a_body_and_what_is_unmatched_travels(self):
        theirs = self.arrive()
        ours = self.deliver()
        self.maildir.flag(self.maildir.find("INBOX", self.mails[0]), add="FS")
        self.client.store("INBOX", self.uids[1], "+", ["\\Answered"])
        self.renumber()

        self.sync_without_removals()

        self.assertEqual(len(self.sent_bodies()), 1)
        self.assertEqual((self.count(theirs), self.count(ours)), ((1, 1), (1, 1)))
        self.assert_rest()
        self.assertEqual(self.flags_there(self.mails[0]), {"\\Seen", "\\Flagged"})
        self.assertEqual(self.flags_here(self.mails[1]), {"\\Answered"})

    def test_what_is_missing_on_one_side_of_a_mailbox_numbered_anew_comes_back(self):
        self.delete_here(self.mails[0])
        self.client.expunge("INBOX", self.uids[1])
        self.renumber()

        self.sync_without_removals()

        self.assert_rest()
        self.assertEqual((self.count(self.mails[0]), self.count(self.mails[1])), ((1, 1), (1, 1)))

    def test_a_mailbox_numbered_anew_in_two_runs_on_end_says_nothing_of_what_was_removed_elsewhere(self):
        """Its UIDVALIDITY grows, as it does where a mailbox is made again: the server did not go back."""
        for step in (1, 2):
            self.renumber("Work", self.client.status("Work")["uidvalidity"] + step)
            if step == 2:
                self.client.expunge("INBOX", self.uids[-1:])
            self.sync()
        self.sync()
        self.assertEqual(self.count(self.mails[-1]), (0, 0), self.evidence())
        self.assert_same()

    def moved_out_behind_a_line_that_breaks(self, times):
        """Another client moved a message to Job before INBOX was numbered anew; the line breaks so often when something of Job's mail is asked for."""
        self.client.create("Job")
        self.sync()
        self.client.move("INBOX", self.uids[:1], "Job")
        self.renumber()
        broken = []

        def break_it(data):
            asked = b'"Job"' in data and b"BODY.PEEK[" in data and len(broken) < times
            self.proxy.cut["up"] = 0 if asked else None
            broken.extend([data] * asked)
            return data
        self.through(edit_up=break_it)
        return broken

    def assert_moved_alone(self):
        self.through()
        self.sync()
        self.assertEqual(self.count(self.mails[0], "Job"), (1, 1), self.evidence())
        self.assertEqual(self.count(self.mails[0]), (0, 0))
        self.assert_same()

    def test_what_moved_out_of_a_mailbox_numbered_anew_is_not_sent_where_the_line_breaks_at_its_header(self):
        """A header that was in flight when the line broke is asked for last: until then the message may be any that is left over."""
        broken = self.moved_out_behind_a_line_that_breaks(1)

        self.sync()

        self.assertTrue(broken)
        self.assert_moved_alone()

    def test_nor_is_it_in_the_first_run_in_which_its_header_can_not_be_read(self):
        broken = self.moved_out_behind_a_line_that_breaks(99)

        self.sync(expect=SOME)

        self.assertGreater(len(broken), 1)
        self.assertEqual(self.count(self.mails[0])[0], 0, self.evidence())
        self.assert_moved_alone()

    def test_where_it_can_not_be_read_in_two_runs_on_end_what_is_left_over_waits_no_longer(self):
        self.moved_out_behind_a_line_that_breaks(99)

        self.sync(expect=SOME)
        self.sync(expect=SOME)

        self.assertEqual(self.count(self.mails[0]), (1, 1), self.evidence())

    def made_again(self, mailbox, mails, flags=True):
        """Deleted, and made again with these messages: a new UIDVALIDITY."""
        self.client.delete_mailbox(mailbox)
        self.client.create(mailbox)
        for mail in mails:
            self.client.append(mailbox, mail.bytes, mail.flags if flags else (), mail.date)

    def test_a_mailbox_that_was_deleted_and_made_again_with_other_mail_loses_none_of_either(self):
        self.made_again("Work", self.work[10:])
        theirs = self.arrive("of the new mailbox", "Work")

        self.sync_without_removals()

        self.assert_rest()
        self.assertEqual(len(self.maildir.files("Work")), 13)
        self.assertEqual(self.count(theirs, "Work"), (1, 1))

    def test_flags_that_the_server_lost_with_its_uids_are_set_there_again(self):
        self.made_again("Work", self.work, flags=False)

        self.sync_without_removals()

        self.assertEqual({frozenset(m.flags) for m in self.client.messages("Work")}, {frozenset(["\\Seen"])})
        self.assert_rest()

    def test_where_the_server_kept_flags_one_that_was_taken_off_there_is_taken_off_here(self):
        self.client.store("Work", [self.client.uid_of("Work", self.work[0])], "-", ["\\Seen"])
        self.renumber("Work")

        self.sync_without_removals()

        self.assertEqual(self.flags_here(self.work[0], "Work"), set())
        self.assertEqual(self.flags_here(self.work[1], "Work"), {"\\Seen"})

    def test_removals_that_wait_for_a_word_still_wait_under_another_uidvalidity(self):
        self.client.expunge("INBOX", self.uids)
        for mail in self.work:
            self.delete_here(mail, "Work")
        self.sync(expect=HELD)
        self.renumber("INBOX")
        self.renumber("Work", 90002)

        self.sync(expect=HELD)

        self.assertEqual(self.sent_bodies() + self.fetched_bodies(), [])
        self.sync(expect=HELD)
        self.assertEqual(self.count(self.mails[0]), (0, 1))
        self.assertEqual(self.count(self.work[0], "Work"), (1, 0))
        self.sync("--confirm-deletes")
        self.sync()
        self.assert_same()
        self.assertEqual((self.count(self.mails[0]), self.count(self.work[0], "Work")), ((0, 0), (0, 0)))

    def test_removals_that_the_policy_keeps_back_are_no_new_mail_under_another_uidvalidity(self):
        self.account.set(pull=["new", "flags", "mailboxes"])
        self.client.expunge("INBOX", self.uids[:3])
        self.sync()
        self.renumber()

        self.sync()
        self.sync()

        self.assertEqual(self.sent_bodies(), [])
        self.assertEqual(self.count(self.mails[0]), (0, 1))

    def test_mail_is_not_doubled_while_the_provider_fills_a_mailbox_again(self):
        self.made_again("Work", self.work[:1])

        result = self.sync(expect=SOME)

        self.assertIn("11 of 12", result.out)
        self.assertEqual(self.sent_bodies(), [])
        for mail in self.work[1:]:
            self.client.append("Work", mail.bytes, mail.flags, mail.date)
        self.sync()
        self.assertEqual(self.sent_bodies(), [])
        self.assert_rest()

    def test_a_mailbox_made_again_right_before_a_store_gets_no_flag_of_the_old_one(self):
        """Work goes when golub turns to it with its flags; INBOX has one to be set as well, so that both could ride in one turn."""
        for mailbox, flags, mail in (("INBOX", "F", self.mails[3]), ("Work", "T", self.work[3]), ("Work", "F", self.work[4])):
            self.maildir.flag(self.maildir.find(mailbox, mail), add=flags)
        others = [self.corpus.simple("other %d" % n) for n in range(12)]
        done = []

        def make_again(data):
            if not done and re.search(rb" SELECT \"?Work", data):
                done.append(1)
                client = self.new_client()
                client.delete_mailbox("Work")
                client.create("Work")
                client.fill("Work", others + self.work[5:8])
                client.close()
            return data

        self.through(edit_up=make_again)
        self.account.sync()

        self.assertTrue(done)
        self.assert_rest()
        for mail in others:
            self.assertEqual(self.flags_there(mail, "Work"), set())
        self.assertEqual(self.flags_there(self.work[3], "Work"), {"\\Seen", "\\Deleted"})
        self.assertEqual(self.flags_there(self.mails[3]), {"\\Flagged"})

    def given_a_mailbox_that_nobody_fills_any_more(self):
        """An hour later nothing has changed. @return the ID of the list of what is held"""
        self.made_again("Work", self.work[:1])
        self.sync(expect=SOME)
        with sqlite3.connect(self.account.journal_path()) as journal:
            journal.execute("UPDATE mailbox SET missing_since = missing_since - 3600 WHERE missing <> 0")
        journal.close()
        result = self.sync(expect=HELD)
        self.assertEqual(self.sent_bodies(), [])
        return re.search(r"--confirm-additions=(\w+)", result.out).group(1)

    def test_what_is_missing_for_an_hour_is_held_and_goes_up_at_a_word(self):
        list_id = self.given_a_mailbox_that_nobody_fills_any_more()
        self.assertIn(list_id, self.run_golub("status", "work").out)
        self.run_golub("sync", "--confirm-additions=nosuch", "work", expect=CONFIG)
        self.sync(expect=HELD)

        self.sync("--confirm-additions=" + list_id)

        self.assertEqual(len(self.client.messages("Work")), 12)
        self.assert_rest()

    def test_what_is_missing_may_be_kept_here_alone_for_good(self):
        self.given_a_mailbox_that_nobody_fills_any_more()

        self.sync("--reject-additions")

        self.sync()
        self.assertEqual(self.sent_bodies(), [])
        self.assertEqual(len(self.client.messages("Work")), 1)
        self.assertEqual(len(self.maildir.files("Work")), 12)

    def test_the_word_makes_a_mailbox_again_that_has_gone_meanwhile(self):
        self.given_a_mailbox_that_nobody_fills_any_more()
        self.client.delete_mailbox("Work")
        self.sync()
        self.account.set(push=["new", "flags", "deletes"])

        forbidden = self.sync("--confirm-additions", expect=SOME)

        self.assertIn('`push` lacks "mailboxes"', forbidden.err)
        self.assertNotIn("Work", self.client.mailboxes())
        self.account.set(push=["new", "flags", "deletes", "mailboxes"])
        foreseen = self.sync("--confirm-additions", "--dry-run")
        result = self.sync("--confirm-additions")
        for done in (foreseen, result):
            self.assertIn("12 uploaded, 1 mailbox made there", done.out)
            self.assertNotIn("they wait", done.out)
        self.assertEqual(len(self.client.messages("Work")), 12)
        self.assert_rest()


class HeaderTest(SituationTest):
    """Two messages whose headers, sizes and dates are equal and whose bodies are not."""

    def setUp(self):
        super().setUp()
        ours = self.corpus.simple("the same header")
        self.here, self.there = ours.bytes, ours.bytes[:-4] + b"XX\r\n"
        self.assertNotEqual(self.here, self.there)

    def given_pair(self, mailbox):
        self.client.append(mailbox, self.there, date=1600000000)
        self.maildir.put(mailbox, self.here.replace(b"\r\n", b"\n"), date=1600000000)
        shutil.rmtree(self.account.state)
        self.sync()

    def bodies_there(self, mailbox):
        return sorted(self.client.body(mailbox, m.uid) for m in self.client.messages(mailbox))

    def test_before_a_removal_rests_on_a_header_the_body_is_read_and_other_mail_stays(self):
        self.given_pair("INBOX")
        self.assertEqual(self.sent_bodies(), [])
        for file in self.maildir.files("INBOX"):
            if file.wire() == self.here:
                self.maildir.delete(file)

        self.sync()
        self.sync()

        self.assertIn(self.there, [self.client.body("INBOX", m.uid) for m in self.client.messages("INBOX")])
        self.assertIn(self.there, [file.wire() for file in self.maildir.files("INBOX")])

    def test_in_drafts_a_header_proves_nothing(self):
        self.given_pair("Drafts")

        self.assertEqual(self.bodies_there("Drafts"), sorted([self.here, self.there]))
        self.assertEqual(sorted(file.wire() for file in self.maildir.files("Drafts")), sorted([self.here, self.there]))

    def test_a_mark_for_removal_is_not_set_on_another_message(self):
        self.given_pair("INBOX")
        for file in self.maildir.files("INBOX"):
            if file.wire() == self.here:
                self.maildir.flag(file, add="T")

        self.sync()
        self.sync()

        for message in self.client.messages("INBOX"):
            if self.client.body("INBOX", message.uid) == self.there:
                self.assertNotIn("\\Deleted", message.flags)
        self.assertIn(self.there, [file.wire() for file in self.maildir.files("INBOX")])
        self.assertIn(self.here, [self.client.body("INBOX", m.uid) for m in self.client.messages("INBOX")])


if __name__ == "__main__":
    main()
