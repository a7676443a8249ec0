"""What the configuration keeps back: --pull, --push, the lists `pull`, `push` and `mailboxes`, and `expunge`."""
import os

from base import CONFIG, NETWORK, main
from test_changes import ChangesTest


class PolicyTest(ChangesTest):
    def test_pull_sends_nothing_up_and_the_next_sync_does(self):
        self.maildir.deliver("INBOX", self.corpus.simple("ours").lf)
        self.maildir.delete(self.file(0))
        self.maildir.read(self.file(1))
        news = self.corpus.simple("news")
        self.client.append("INBOX", news.bytes)

        self.sync("--pull")
        self.assert_nothing_changed_there()
        self.assertTrue(self.maildir.has("INBOX", news))
        self.assertFalse(self.here(0), "what was deleted here is not fetched again")

        self.sync()
        self.assertFalse(self.there(0))
        self.assert_in_sync()

    def test_push_brings_nothing_down_and_the_next_sync_does(self):
        ours = self.corpus.simple("ours")
        self.maildir.deliver("INBOX", ours.lf)
        self.client.append("INBOX", self.corpus.simple("news").bytes)
        self.client.expunge("INBOX", self.uid(0))
        self.client.store("INBOX", self.uid(1), "+", ["\\Seen"])
        before = {f.name for f in self.maildir.files("INBOX")}

        self.sync("--push")
        self.assertEqual({f.name for f in self.maildir.files("INBOX")}, before)
        self.assertTrue(self.is_there(ours))

        self.sync()
        self.assertFalse(self.here(0))
        self.assert_in_sync()

    def test_without_deletes_in_push_a_deletion_stays_here(self):
        self.account.set(push=["new", "flags", "mailboxes"])
        self.maildir.delete(self.file(0))
        self.maildir.read(self.file(1))

        self.sync()

        self.assertTrue(self.there(0))
        self.assertFalse(self.here(0))
        self.assertEqual(self.flags_there(self.mails[1]), {"\\Seen"})

    def test_expunge_removes_what_is_marked_as_deleted_on_both_sides(self):
        self.account.set(expunge=True)
        self.maildir.flag(self.file(0), add="ST")
        self.client.store("INBOX", self.uid(1), "+", ["\\Deleted"])

        for _ in range(2):
            self.sync()

        self.assertFalse(self.there(0) or self.there(1) or self.here(0) or self.here(1))
        self.assert_in_sync()

    def test_mailboxes_outside_the_patterns_are_left_alone_on_both_sides(self):
        self.client.create("Lists")
        self.client.append("Lists", self.corpus.simple().bytes)
        self.account.set(mailboxes=["*", "!Lists", "!special:junk"])

        self.sync()

        self.assertNotIn("Lists", self.maildir.mailboxes())
        self.assertIn("Work", self.maildir.mailboxes())

    def test_what_moved_there_and_got_another_name_here_is_not_sent_again_after_a_push(self):
        uid, *_ = self.given_both_sides([self.corpus.simple("draft")], "Drafts")  # where bodies are read
        file, *_ = self.maildir.files("Drafts")
        self.client.move("Drafts", uid, "Work")
        self.sync("--push")
        os.rename(file.path, os.path.join(self.maildir.folder("Drafts"), "cur", "another.name:2,S"))

        self.sync()

        self.assertEqual(len(self.maildir.files("Work")), 1)
        self.assertFalse(self.maildir.files("Drafts"))
        self.assert_in_sync()

    # -- flagged on one side, moved on the other: never twice, and the flag is where the message is

    def given_flagged_here_and_moved_there(self):
        self.maildir.flag(self.file(0), add="F")
        self.client.move("INBOX", self.uid(0), "Work")

    def given_moved_here_and_flagged_there(self):
        self.client.store("INBOX", self.uid(0), "+", ["\\Flagged"])
        self.maildir.move(self.file(0), "Work")

    def then_it_is_once_in_work_and_flagged(self):
        self.sync()
        self.sync()
        self.assertEqual((self.there(0), self.here(0)), (False, False))
        self.assertEqual((self.flags_there(self.mails[0], "Work"), self.file(0, "Work").info), ({"\\Flagged"}, "F"))
        self.assert_in_sync()

    def test_what_is_flagged_here_and_moved_there_is_not_sent_again_without_pull_deletes(self):
        for pull in (["new", "flags", "mailboxes"], ["new"]):
            with self.subTest(pull=pull):
                self.account.set(pull=pull)
                self.given_flagged_here_and_moved_there()

                self.sync()

                self.assertEqual((self.there(0), self.there(0, "Work")), (False, True))
                self.assertEqual(self.flags_there(self.mails[0], "Work"), {"\\Flagged"})
                self.assertTrue(self.here(0), "it may not go")
                self.account.set(pull=None)
                self.then_it_is_once_in_work_and_flagged()
                self.client.move("Work", self.uid(0, "Work"), "INBOX")
                self.client.store("INBOX", self.uid(0), "-", ["\\Flagged"])
                self.sync()

    def test_what_is_flagged_here_and_moved_there_is_not_sent_again_by_a_push(self):
        self.given_flagged_here_and_moved_there()

        self.sync("--push")

        self.assertEqual((self.there(0), self.there(0, "Work")), (False, True))
        self.assertEqual(self.flags_there(self.mails[0], "Work"), {"\\Flagged"})
        self.then_it_is_once_in_work_and_flagged()

    def test_what_is_flagged_here_and_moved_there_is_not_sent_again_by_a_run_for_one_mailbox(self):
        self.given_flagged_here_and_moved_there()

        self.run_golub("sync", "work/INBOX")

        self.assertEqual((self.there(0), self.there(0, "Work")), (False, True))
        self.then_it_is_once_in_work_and_flagged()

    def test_what_was_fetched_from_its_new_place_is_not_sent_again_when_it_is_flagged_in_the_old_one(self):
        self.account.set(pull=["new", "flags", "mailboxes"])
        self.client.move("INBOX", self.uid(0), "Work")
        self.sync()
        self.maildir.flag(self.file(0), add="F")

        self.sync()

        self.assertEqual((self.there(0), self.there(0, "Work")), (False, True))
        self.account.set(pull=None)
        self.then_it_is_once_in_work_and_flagged()

    def test_what_is_moved_here_and_flagged_there_is_not_fetched_again_without_push_deletes(self):
        self.account.set(push=["new", "flags", "mailboxes"])
        self.given_moved_here_and_flagged_there()

        self.sync()

        self.assertEqual((self.here(0), self.here(0, "Work")), (False, True))
        self.assertEqual(self.file(0, "Work").info, "F")
        self.account.set(push=None)
        self.then_it_is_once_in_work_and_flagged()

    def test_what_is_moved_here_and_flagged_there_is_not_fetched_again_by_a_pull(self):
        self.given_moved_here_and_flagged_there()

        self.sync("--pull")

        self.assertEqual((self.here(0), self.here(0, "Work")), (False, True))
        self.then_it_is_once_in_work_and_flagged()

    def test_what_is_moved_here_and_flagged_there_is_not_fetched_again_by_a_run_for_one_mailbox(self):
        self.given_moved_here_and_flagged_there()

        self.run_golub("sync", "work/INBOX")

        self.assertEqual((self.here(0), self.here(0, "Work")), (False, True))
        self.then_it_is_once_in_work_and_flagged()

    def test_what_was_flagged_here_and_deleted_there_comes_back_in_a_run_for_one_mailbox(self):
        self.maildir.flag(self.file(0), add="F")
        self.client.expunge("INBOX", self.uid(0))
        self.client.append("Work", self.corpus.simple("elsewhere").bytes)

        self.run_golub("sync", "work/INBOX")

        self.assertTrue(self.there(0))
        self.sync()
        self.assert_in_sync()

    def given_left_out(self, leave, come_back):
        """While a mailbox is out of the patterns its files are removed here."""
        lists = [self.corpus.simple("list %d" % n) for n in range(8)]
        self.given_both_sides(lists, "Lists")
        leave()
        self.sync()
        for f in self.maildir.files("Lists"):
            self.maildir.delete(f)
        self.sync()
        come_back()

        self.sync()

        self.assertEqual(self.client.status("Lists")["messages"], 8)
        self.assertEqual(len(self.maildir.files("Lists")), 8)
        self.assert_in_sync()

    def test_a_mailbox_that_comes_back_into_the_patterns_is_met_for_the_first_time(self):
        self.given_left_out(lambda: self.account.set(mailboxes=["*", "!Lists"]),
                            lambda: self.account.set(mailboxes=None))

    def test_a_mailbox_that_is_subscribed_again_is_met_for_the_first_time(self):
        self.account.set(mailboxes=["subscribed", "INBOX"])
        self.client.subscribe("Lists")
        self.given_left_out(lambda: self.client.subscribe("Lists", False), lambda: self.client.subscribe("Lists"))

    def test_a_run_that_did_not_reach_the_server_left_a_mailbox_out_all_the_same(self):
        self.given_both_sides([self.corpus.simple("list %d" % n) for n in range(8)], "Lists")
        self.account.set(mailboxes=["*", "!Lists"], tunnel="false")
        self.sync(expect=NETWORK)
        for f in self.maildir.files("Lists"):
            self.maildir.delete(f)
        self.account.set(mailboxes=None, tunnel=None)

        self.sync()

        self.assertEqual(self.client.status("Lists")["messages"], 8)
        self.assert_in_sync()

    def test_patterns_that_choose_nothing_are_2_and_nothing_is_forgotten(self):
        self.maildir.delete(self.file(0))
        self.account.set(mailboxes=["INBX"])

        for command in (("sync",), ("sync", "--dry-run"), ("check",)):
            self.assertIn("fits none", self.run_golub(*command, "work", expect=2).err)
        self.assert_nothing_changed_there()
        self.account.set(mailboxes=None)
        self.sync()

        self.assertFalse(self.here(0) or self.there(0), "it was deleted, before and after the mistake")
        self.assert_in_sync()

    def test_a_mailbox_that_is_asked_for_and_not_chosen_is_2(self):
        self.account.set(mailboxes=["*", "!Lists"])
        self.client.create("Lists")
        self.client.append("Lists", self.corpus.simple().bytes)
        self.sync()
        for here in (False, True):  # where there is no folder either, it is not known at all
            if here:
                self.maildir.create("Lists")
            with self.subTest(here=here):
                result = self.run_golub("sync", "work/Lists", expect=CONFIG)
                self.assertIn("mailbox Lists", result.err)
        self.assertIn("`mailboxes` does not choose it", result.err)

    def test_a_pattern_that_fits_nothing_is_said(self):
        self.account.set(mailboxes=["INBOX", "Wrok", "!Nowhere", "Work"])

        for command in ("sync", "check"):
            said = self.run_golub(command, "work")
            self.assertIn('"Wrok"', said.out)
            self.assertNotIn("Nowhere", said.out)

    def test_what_was_removed_there_while_a_mailbox_was_left_out_stays_here(self):
        uids = self.given_both_sides([self.corpus.simple("list %d" % n) for n in range(8)], "Lists")
        self.account.set(mailboxes=["*", "!Lists"])
        self.sync()
        self.client.expunge("Lists", uids[:3])
        self.account.set(mailboxes=None)

        self.sync()

        self.assertEqual(len(self.maildir.files("Lists")), 8)
        self.assertEqual(self.client.status("Lists")["messages"], 8)
        self.assert_in_sync()


if __name__ == "__main__":
    main()
