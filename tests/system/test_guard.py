"""The guard: many removals at once are held, on both sides, and wait for a word."""
import os

from base import CONFIG, HELD, SystemTest, main


class GuardTest(SystemTest):
    def given(self, count, mailbox="INBOX"):
        self.mails = [self.corpus.simple("mail %d" % n) for n in range(count)]
        self.uids = self.given_both_sides(self.mails, mailbox)

    def delete_here(self, count, mailbox="INBOX"):
        for f in self.maildir.files(mailbox)[:count]:
            self.maildir.delete(f)

    def held_id(self, result):
        ids = {e["id"] for e in result.of("held")}
        self.assertEqual(len(ids), 1, result)
        return ids.pop()

    def count_there(self, mailbox="INBOX"):
        return self.client.status(mailbox)["messages"]

    def test_many_deletions_here_are_held_and_everything_else_goes_on(self):
        self.given(60)
        self.delete_here(25)
        self.maildir.deliver("INBOX", self.corpus.simple("ours").lf)
        self.client.append("INBOX", self.corpus.simple("theirs").bytes)

        self.sync(expect=HELD)

        self.assertEqual(self.count_there(), 62)
        self.assertEqual(len(self.maildir.files("INBOX")), 37)

    def test_many_deletions_there_are_held(self):
        self.given(60)
        self.client.expunge("INBOX", self.uids[:25])

        self.sync(expect=HELD)

        self.assertEqual(len(self.maildir.files("INBOX")), 60)

    def test_what_is_held_stays_held_until_the_word_comes(self):
        self.given(60)
        self.delete_here(25)
        self.sync(expect=HELD)

        result = self.sync(expect=HELD)
        self.assertEqual(self.count_there(), 60)
        self.assertIn("--confirm-deletes", result.out + result.err)

        self.sync("--confirm-deletes")
        self.assertEqual(self.count_there(), 35)
        self.assert_in_sync()

    def test_the_id_releases_the_list_and_a_wrong_id_nothing(self):
        self.given(60)
        self.client.expunge("INBOX", self.uids[:25])
        held = self.held_id(self.sync("--json", expect=HELD))

        self.sync("--confirm-deletes=nosuchid", expect=CONFIG)
        self.assertEqual(len(self.maildir.files("INBOX")), 60)

        self.sync("--confirm-deletes=" + held)
        self.assertEqual(len(self.maildir.files("INBOX")), 35)
        self.assert_in_sync()

    def given_two_mailboxes(self):
        self.given(60)
        self.given_both_sides([self.corpus.simple("old %d" % n) for n in range(60)], "Archive")
        self.delete_here(30)
        return self.held_id(self.sync("--json", expect=HELD))

    def test_the_word_lets_nothing_go_that_was_removed_since(self):
        self.given_two_mailboxes()
        self.delete_here(50, "Archive")

        result = self.sync("--confirm-deletes", expect=HELD)

        self.assertIn("50 removals", result.out)
        self.assertEqual((self.count_there(), self.count_there("Archive")), (30, 60))
        self.sync("--confirm-deletes")
        self.assertEqual((self.count_there(), self.count_there("Archive")), (30, 10))
        self.assert_in_sync()

    def test_the_id_lets_nothing_of_another_list_go(self):
        first = self.given_two_mailboxes()
        self.delete_here(50, "Archive")
        second = self.held_id(self.sync("--json", expect=HELD))
        self.assertNotEqual(first, second)

        self.sync("--confirm-deletes=" + first, expect=HELD)

        self.assertEqual((self.count_there(), self.count_there("Archive")), (30, 60))

    def test_the_word_for_one_mailbox_is_none_for_the_others(self):
        self.given_two_mailboxes()
        self.delete_here(50, "Archive")
        self.sync(expect=HELD)

        self.run_golub("sync", "work/Archive", "--confirm-deletes")

        self.assertEqual((self.count_there(), self.count_there("Archive")), (60, 10))

    def test_an_id_stays_good_when_the_list_grows(self):
        self.given(60)
        self.delete_here(25)
        first = self.held_id(self.sync("--json", expect=HELD))
        self.delete_here(5)
        self.assertNotEqual(self.held_id(self.sync("--json", expect=HELD)), first)

        self.sync("--confirm-deletes=" + first, expect=HELD)

        self.assertEqual(self.count_there(), 35)  # five were shown later
        self.assertIn("held", self.run_golub("status", "work").out)
        self.sync("--confirm-deletes")
        self.assertEqual(self.count_there(), 30)
        self.assert_in_sync()

    def test_mail_that_arrives_lets_nothing_go_that_is_held(self):
        self.given(60)
        self.delete_here(25)
        self.sync(expect=HELD)
        for n in range(60):
            self.client.append("INBOX", self.corpus.simple("more %d" % n).bytes)

        self.sync(expect=HELD)

        self.assertEqual(self.count_there(), 120)

    def test_a_word_does_not_outlive_the_removal(self):
        self.given(60)
        away = self.home.path_of("away")
        os.mkdir(away)
        files = self.maildir.files("INBOX")[:25]
        for f in files:
            os.rename(f.path, os.path.join(away, f.name))
        held = self.held_id(self.sync("--json", expect=HELD))
        for f in files:
            os.rename(os.path.join(away, f.name), f.path)
        self.sync()

        self.sync("--confirm-deletes=" + held, expect=CONFIG)

    def test_each_held_removal_is_listed(self):
        self.given(60)
        self.delete_here(25)

        result = self.sync("--json", expect=HELD)

        removals = [e for e in result.of("held") if "side" in e]
        self.assertEqual([(e["mailbox"], e["side"]) for e in removals], [("INBOX", "there")] * 25)

    def test_status_names_the_list(self):
        self.given(60)
        self.delete_here(25)
        held = self.held_id(self.sync("--json", expect=HELD))

        self.assertIn(held, self.run_golub("status", "work").out)

    def test_a_dry_run_says_3_and_holds_nothing(self):
        self.given(60)
        self.delete_here(25)
        rows = self.account.journal_dump()

        self.sync("--dry-run", expect=HELD)

        self.assertEqual(self.account.journal_dump(), rows)
        self.assertEqual(self.count_there(), 60)

    def test_a_user_who_brings_the_mail_back_has_nothing_held(self):
        self.given(60)
        away = self.home.path_of("away")
        os.mkdir(away)
        files = self.maildir.files("INBOX")[:25]
        for f in files:
            os.rename(f.path, os.path.join(away, f.name))
        self.sync(expect=HELD)
        for f in files:
            os.rename(os.path.join(away, f.name), f.path)

        self.sync()

        self.assertEqual(self.count_there(), 60)
        self.assert_in_sync()

    def test_few_deletions_of_a_big_mailbox_go_through(self):
        self.given(120)
        self.delete_here(30)  # exactly a quarter

        self.sync()

        self.assertEqual(self.count_there(), 90)
        self.assert_in_sync()

    def test_twenty_deletions_are_never_many(self):
        self.given(30)
        self.delete_here(20)

        self.sync()

        self.assertEqual(self.count_there(), 10)

    def test_a_mailbox_of_ten_is_not_emptied(self):
        self.given(10)
        self.delete_here(10)

        self.sync(expect=HELD)

        self.assertEqual(self.count_there(), 10)

    def test_a_mailbox_of_nine_may_be_emptied(self):
        self.given(9)
        self.delete_here(9)

        self.sync()

        self.assertEqual(self.count_there(), 0)
        self.assert_in_sync()

    def test_the_trash_may_be_emptied(self):
        self.given(15, "Trash")
        self.delete_here(15, "Trash")

        self.sync()

        self.assertEqual(self.count_there("Trash"), 0)
        self.assert_in_sync()

    def test_moves_are_no_removals(self):
        self.given(60)
        for f in self.maildir.files("INBOX")[:40]:
            self.maildir.move(f, "Archive", rename=True)

        self.sync()

        self.assertEqual((self.count_there(), self.count_there("Archive")), (20, 40))
        self.assert_in_sync()

    def test_moves_there_are_no_removals(self):
        self.given(60)
        self.client.move("INBOX", self.uids[:40], "Archive")

        self.sync()

        self.assertEqual(len(self.maildir.files("Archive")), 40)
        self.assert_in_sync()

    def test_many_mailboxes_of_few_deletions_each_are_many_for_the_account(self):
        for n in range(7):
            self.client.create("L%d" % n)
            for k in range(40):
                self.client.append("L%d" % n, self.corpus.simple("%d %d" % (n, k)).bytes)
        self.sync()
        for n in range(7):
            self.delete_here(20, "L%d" % n)

        self.sync(expect=HELD)

        self.assertEqual([self.count_there("L%d" % n) for n in range(7)], [40] * 7)

    def test_twins_that_go_together_are_held(self):
        self.account.set(expunge=True)
        self.given(60)
        twins = self.given_both_sides(self.mails, "Archive")
        self.client.store("INBOX", self.uids, "+", ["\\Deleted"])
        self.client.store("Archive", twins, "+", ["\\Deleted"])

        self.sync(expect=HELD)

        self.assertEqual((self.count_there(), self.count_there("Archive")), (60, 60))
        self.assertEqual((len(self.maildir.files("INBOX")), len(self.maildir.files("Archive"))), (60, 60))

    def test_what_has_a_twin_that_stays_is_not_counted(self):
        self.given(60)
        self.given_both_sides(self.mails, "Archive")
        self.delete_here(40)

        self.sync()

        self.assertEqual((self.count_there(), self.count_there("Archive")), (20, 60))
        self.assert_in_sync()

    def test_a_twin_in_a_mailbox_that_was_not_looked_at_is_no_twin(self):
        self.given(60)
        twins = self.given_both_sides(self.mails, "Archive")
        self.client.expunge("Archive", twins)
        self.client.expunge("INBOX", self.uids)

        self.run_golub("sync", "work/INBOX", expect=HELD)

        self.assertEqual(len(self.maildir.files("INBOX")), 60)

    def test_a_twin_on_one_side_alone_is_no_twin(self):
        self.account.set(push=["new", "flags", "mailboxes"])
        self.given(60)
        self.given_both_sides(self.mails, "Archive")
        self.delete_here(60, "Archive")  # waits: it may not go up
        self.client.expunge("INBOX", self.uids)

        self.sync(expect=HELD)

        self.assertEqual(len(self.maildir.files("INBOX")), 60)

    def test_off_is_without_a_guard(self):
        self.account.set(max_delete="off")
        self.given(30)
        self.delete_here(30)

        self.sync()

        self.assertEqual(self.count_there(), 0)

    def test_a_share_of_one_hundred_lets_a_mailbox_be_emptied(self):
        self.account.set(max_delete="100%")
        self.given(30)
        self.delete_here(30)

        self.sync()

        self.assertEqual(self.count_there(), 0)

    def test_what_golub_removes_here_is_in_the_quarantine(self):
        self.given(12)
        self.client.expunge("INBOX", self.uids[:4])

        self.sync()

        kept = self.account.quarantined()
        for mail in self.mails[:4]:
            self.assertIn(mail.lf, kept)


class RootTest(SystemTest):
    """A tree that is not what it was: nothing may be removed on its word."""

    def setUp(self):
        super().setUp()
        self.mails = self.corpus.messages(12)
        self.given_both_sides(self.mails)

    def refused(self):
        result = self.sync(expect=CONFIG)

        self.assert_nothing_changed_there()
        self.assertEqual(self.client.status("INBOX")["messages"], 12)
        self.assertTrue(result.err.strip(), "a sentence what to do")

    def test_a_missing_root_is_refused_and_not_made_again(self):
        os.rename(self.account.root, self.account.root + ".away")

        self.refused()

        self.assertFalse(os.path.exists(self.account.root))

    def test_an_empty_root_is_refused(self):
        os.rename(self.account.root, self.account.root + ".away")
        os.mkdir(self.account.root)

        self.refused()

    def test_a_root_with_the_mark_of_another_account_is_refused(self):
        self.user = next(self._users)
        other = self.new_account("other", home=self.another_home())
        self.sync(account=other)
        os.rename(self.account.root, self.account.root + ".away")
        os.rename(other.root, self.account.root)

        self.refused()

    def test_another_root_in_the_configuration_is_refused(self):
        os.mkdir(self.home.path_of("Mail", "elsewhere"))
        self.account.set(maildir=self.home.path_of("Mail", "elsewhere"))

        self.refused()

    def test_another_layout_in_the_configuration_is_refused(self):
        self.account.set(layout="maildir++")

        self.refused()

    def test_another_user_in_the_configuration_is_refused(self):
        self.account.set(user=next(self._users))

        self.refused()

    def test_another_port_is_fine(self):
        self.through()

        self.sync()

        self.assert_in_sync()


if __name__ == "__main__":
    main()
