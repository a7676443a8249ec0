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

    def given_it_came_back_from_another_laptop(self):
        """Thirty vanished there, and the other laptop brought them back: they have new UIDs. This one has not synced since."""
        mails = self.given(40)
        other = self.new_account("other", home=self.another_home())
        self.sync(account=other)
        self.client.expunge("INBOX", self.uids[:30])
        self.sync(account=other, expect=HELD)
        self.sync("--reject-deletes", account=other)
        self.assertEqual(self.client.status("INBOX")["messages"], 40)
        return mails, other

    def assert_all_in_archive(self, mails, other):
        for account in (self.account, other, self.account):
            self.sync(account=account)
        self.assertEqual((self.counts(), self.counts("Archive")), ((10, 10), (30, 30)))
        self.assertEqual(sorted(m.digest for m in self.client.messages("Archive")), sorted(m.digest for m in mails[:30]))
        self.assertEqual((len(other.maildir.files("INBOX")), len(other.maildir.files("Archive"))), (10, 30))

    def test_what_another_laptop_brought_back_follows_its_file_to_where_it_was_moved_here(self):
        mails, other = self.given_it_came_back_from_another_laptop()
        for n, mail in enumerate(mails[:30]):
            self.maildir.move(self.maildir.find("INBOX", mail), "Archive", rename=n % 2)

        self.sync()

        self.assertNotIn(b"APPEND", self.proxy.stream("up").upper())
        self.assert_all_in_archive(mails, other)
        self.assert_in_sync()
        self.assert_in_sync(account=other)

    def test_and_where_a_mail_reader_saved_it_with_lines_of_its_own(self):
        mails, other = self.given_it_came_back_from_another_laptop()
        for mail in mails[:30]:
            file = self.maildir.find("INBOX", mail)
            data = file.wire().replace(b"\r\n\r\n", b"\r\nContent-Length: 8\r\nLines: 1\r\n\r\n", 1)
            self.maildir.delete(file)
            self.maildir.put("Archive", data, file.info)

        self.sync()

        self.assert_all_in_archive(mails, other)
        self.assert_idempotent()

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
