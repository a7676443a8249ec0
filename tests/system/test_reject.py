"""--reject-deletes: what is held was removed by nobody, and comes back to the side that lost it."""
from base import CONFIG, HELD, SystemTest, main


class RejectTest(SystemTest):
    def given(self, count, mailbox="INBOX"):
        self.mails = [self.corpus.simple("%s %d" % (mailbox, n)) for n in range(count)]
        for n, mail in enumerate(self.mails):
            mail.flags = ("\\Seen", "\\Answered") if n % 2 else ()
        self.uids = self.given_both_sides(self.mails, mailbox)
        return self.mails

    def delete_here(self, count, mailbox="INBOX"):
        for f in self.maildir.files(mailbox)[:count]:
            self.maildir.delete(f)

    def held_id(self, result):
        ids = {e["id"] for e in result.of("held")}
        self.assertEqual(len(ids), 1, result)
        return ids.pop()

    def counts(self, mailbox="INBOX"):
        return len(self.maildir.files(mailbox)), self.client.status(mailbox)["messages"]

    def assert_nothing_is_held(self):
        self.assertNotIn("held as", self.run_golub("status", "work").out)

    def test_what_was_removed_here_comes_back_with_its_flags(self):
        self.given(40)
        before = self.client.tree()
        self.delete_here(30)
        result = self.sync(expect=HELD)
        self.assertIn("--reject-deletes=", result.out)

        self.sync("--reject-deletes")

        self.assertEqual(self.counts(), (40, 40))
        self.assertEqual(self.client.tree(), before)
        self.assert_nothing_is_held()
        self.assert_in_sync()

    def test_what_was_removed_there_goes_up_again_and_is_here_once(self):
        self.given(40)
        before = self.maildir.tree()
        self.client.expunge("INBOX", self.uids[:30])
        held = self.held_id(self.sync("--json", expect=HELD))

        self.sync("--reject-deletes=" + held)

        self.assertEqual(self.counts(), (40, 40))
        self.assertEqual(self.maildir.tree(), before)
        self.assert_nothing_is_held()
        self.assert_in_sync()

    def test_a_later_removal_is_judged_anew(self):
        self.given(40)
        self.delete_here(30)
        first = self.held_id(self.sync("--json", expect=HELD))
        self.sync("--reject-deletes")
        self.delete_here(5)
        self.sync()
        self.assertEqual(self.counts(), (35, 35))
        self.delete_here(30)
        second = self.held_id(self.sync("--json", expect=HELD))
        self.assertNotEqual(first, second)
        self.sync("--confirm-deletes=" + first, expect=CONFIG)

        self.sync("--confirm-deletes=" + second)

        self.assertEqual(self.counts(), (5, 5))
        self.assert_in_sync()

    def test_the_id_brings_back_that_list_alone(self):
        self.given(40)
        self.given(40, "Archive")
        self.delete_here(30)
        first = self.held_id(self.sync("--json", expect=HELD))
        self.delete_here(30, "Archive")
        self.sync(expect=HELD)

        self.sync("--reject-deletes=" + first, expect=HELD)

        self.assertEqual((self.counts(), self.counts("Archive")), ((40, 40), (10, 40)))
        self.sync("--reject-deletes")
        self.assertEqual(self.counts("Archive"), (40, 40))
        self.assert_in_sync()

    def test_one_mailbox_brings_back_its_own(self):
        self.given(40)
        self.given(40, "Archive")
        self.delete_here(30)
        self.delete_here(30, "Archive")
        self.sync(expect=HELD)

        self.run_golub("sync", "work/Archive", "--reject-deletes")

        self.assertEqual((self.counts(), self.counts("Archive")), ((10, 40), (40, 40)))

    def test_a_wrong_id_and_both_words_are_refused(self):
        self.given(40)
        self.delete_here(30)
        self.sync(expect=HELD)

        self.assertIn("reject the held removals of list nosuch", self.sync("--reject-deletes=nosuch", expect=CONFIG).err)
        self.assertIn("contradict", self.sync("--reject-deletes", "--confirm-deletes", expect=CONFIG).err)
        self.assertIn("needs the ID", self.sync("--reject-deletes=", expect=CONFIG).err)
        self.assertEqual(self.counts(), (10, 40))

    def test_a_dry_run_shows_what_would_come_back_and_changes_nothing(self):
        self.given(40)
        self.delete_here(30)
        held = self.held_id(self.sync("--json", expect=HELD))

        result = self.sync("--dry-run", "--reject-deletes")

        self.assertRegex(result.out, "work/INBOX: would fetch 30 ")
        self.assertEqual(self.counts(), (10, 40))
        self.assertIn(held, self.run_golub("status", "work").out)

    def test_where_the_policy_lets_nothing_come_back_it_waits(self):
        self.given(40)
        self.delete_here(30)
        self.sync(expect=HELD)
        self.account.set(pull=["flags", "deletes", "mailboxes"])

        self.sync("--reject-deletes")

        self.assertEqual(self.counts(), (10, 40))
        self.assert_nothing_is_held()
        self.sync()
        self.assertEqual(self.counts(), (10, 40))
        self.account.set(pull=["new", "flags", "deletes", "mailboxes"])
        self.sync()
        self.assertEqual(self.counts(), (40, 40))
        self.assert_in_sync()

    def test_what_both_sides_have_lost_meanwhile_is_over(self):
        self.given(40)
        self.delete_here(30)
        self.sync(expect=HELD)
        self.client.expunge("INBOX", self.uids)

        self.sync("--reject-deletes", expect=HELD)  # the other ten are a mailbox that would become empty

        self.assertEqual(self.counts(), (10, 0))

    def test_a_file_that_came_back_by_itself_is_not_doubled(self):
        mails = self.given(40)
        self.delete_here(30)
        self.sync(expect=HELD)
        gone = [mail for mail in mails if mail.digest not in {f.digest for f in self.maildir.files("INBOX")}]
        for mail in gone:
            self.maildir.deliver("INBOX", mail.lf)

        self.sync("--reject-deletes")

        self.assertEqual(self.counts(), (40, 40))
        self.sync()
        self.assertEqual(self.counts(), (40, 40))

    def test_what_was_moved_meanwhile_is_not_doubled(self):
        """Held here since it vanished there: another client had moved it where golub did not look."""
        self.given(40)
        self.client.create("Elsewhere")
        self.account.set(mailboxes=["*", "!Elsewhere"])
        for uid in self.uids[:30]:
            self.client.move("INBOX", uid, "Elsewhere")
        self.sync(expect=HELD)
        self.account.set(mailboxes=["*"])

        self.sync("--reject-deletes")

        self.sync()
        total = self.counts()[1] + self.counts("Elsewhere")[1]
        self.assertEqual(total, self.counts()[0] + self.counts("Elsewhere")[0])
        self.assertIn(total, (40, 70))  # it is once where it was moved to; and where the user wanted it back, if that was done first


if __name__ == "__main__":
    main()
