"""The first sync of an account, and the ones after it that have nothing to do."""
import os
import re
import shutil

from base import CONFIG, SPECIAL_USE, SystemTest, main

OUR_NAME = re.compile(r"\d{10}\.[a-z2-7]{26}\.golub(:2,[A-Za-z]*)?\Z|0\.[a-z2-7]{26}\.golub(:2,[A-Za-z]*)?\Z", re.I)


class FirstSyncTest(SystemTest):
    def given_a_tree(self):
        c = self.client
        for name in ("Work", "Work/2024", "Lists/deep/deeper", "Ünïcödé & Ärger", "Работа"):
            c.create(name)
        c.fill("INBOX", self.corpus.messages(40))
        c.fill("Work/2024", self.corpus.messages(25, edge=False))
        c.fill("Работа", self.corpus.messages(5, edge=False))
        c.fill("Lists/deep/deeper", [self.corpus.big()])

    def test_brings_a_tree_of_mailboxes_byte_for_byte_with_flags_and_dates(self):
        self.given_a_tree()

        self.sync()

        self.assert_same()
        self.assertLessEqual({"INBOX", "Работа", "Work/2024", *SPECIAL_USE}, set(self.maildir.mailboxes()))
        self.assert_nothing_changed_there()

    def test_leaves_a_tree_in_which_the_next_sync_has_nothing_to_do(self):
        self.given_a_tree()
        self.sync()

        self.assert_idempotent()

    def test_puts_unseen_mail_without_flags_into_new_and_all_else_into_cur(self):
        self.client.append("INBOX", self.corpus.simple("unseen").bytes)
        self.client.append("INBOX", self.corpus.simple("seen").bytes, ["\\Seen"])
        self.client.append("INBOX", self.corpus.simple("both").bytes, ["\\Seen", "\\Flagged", "\\Answered", "$Forwarded"])
        self.client.append("INBOX", self.corpus.simple("flagged").bytes, ["\\Flagged"])

        self.sync()

        files = self.maildir.files("INBOX")
        self.assertEqual(sorted((f.where, f.info) for f in files), [("cur", "F"), ("cur", "FPRS"), ("cur", "S"), ("new", "")])
        self.assertNotIn(":", [f for f in files if f.where == "new"][0].name)

    def test_gives_names_that_hold_no_host_and_no_account(self):
        self.client.fill("INBOX", self.corpus.messages(3))
        self.sync()

        for f in self.maildir.files("INBOX"):
            self.assertRegex(f.name, OUR_NAME)

    def test_stores_line_feeds_alone_where_that_can_be_undone_and_the_raw_bytes_elsewhere(self):
        plain = self.corpus.simple(body="one\r\ntwo\r\n")
        strange = self.corpus.simple(body="one\rtwo\r\n")
        self.client.fill("INBOX", [plain, strange])

        self.sync()

        self.assertEqual(self.maildir.find("INBOX", plain).bytes(), plain.lf)
        self.assertEqual(self.maildir.find("INBOX", strange).bytes(), strange.bytes)

    def test_leaves_nothing_in_tmp(self):
        self.client.fill("INBOX", self.corpus.messages(20))
        self.sync()

        for path in self.maildir.mailboxes().values():
            self.assertEqual(os.listdir(os.path.join(path, "tmp")), [])

    def test_does_not_mark_mail_as_read(self):
        mail = self.corpus.simple()
        self.client.fill("INBOX", [mail])
        self.sync()

        self.assertEqual(self.flags_there(mail), frozenset())

    def test_takes_a_full_maildir_up_to_an_empty_server(self):
        os.makedirs(self.account.root)
        for mailbox in ("INBOX", "Privat/Straße", "Lists"):
            self.maildir.create(mailbox)
        for n, mail in enumerate(self.corpus.messages(30)):
            self.maildir.put(("INBOX", "Privat/Straße", "Lists")[n % 3], mail.lf, "FS" if n % 2 else "", date=mail.date)
        self.maildir.deliver("INBOX", self.corpus.simple().lf)
        before = self.maildir.tree()

        self.sync()

        self.assertEqual({k: v for k, v in self.maildir.tree().items() if k in before}, before)
        self.assert_in_sync()

    def test_takes_more_files_up_than_may_be_open_at_once(self):
        os.makedirs(self.account.root)
        self.maildir.create("INBOX")
        for n in range(150):
            self.maildir.deliver("INBOX", self.corpus.simple("mail %d" % n).lf)

        self.sync(prefix=("sh", "-c", 'ulimit -n 64; exec "$@"', "sh"))

        self.assert_in_sync()

    def test_pairs_a_full_maildir_with_a_full_server_without_moving_a_message(self):
        self.client.create("Work")
        self.client.fill("INBOX", self.corpus.messages(40, median=20000))
        self.client.fill("Work", self.corpus.messages(20, edge=False, median=20000))
        self.sync()
        bodies = sum(m.size for m in self.client.messages("INBOX") + self.client.messages("Work"))
        old = self.new_account("old", home=self.another_home())
        shutil.copytree(self.account.root, old.root)
        os.unlink(os.path.join(old.root, ".golub"))
        for name in ("INBOX", "Work"):
            for f in old.maildir.files(name):
                os.rename(f.path, f.path.replace(f.base, old.maildir.fresh_base() + ",U=7"))
        before = old.maildir.tree()

        self.sync(account=old)

        self.assertEqual(old.maildir.tree(), before)
        self.assert_nothing_changed_there()
        self.assertLess(self.proxy.stats["down"], bodies / 3)
        self.assert_in_sync(account=old)

    def test_a_lost_journal_costs_no_message_and_makes_no_double(self):
        self.given_both_sides(self.corpus.messages(40))
        before = self.maildir.tree()
        shutil.rmtree(self.account.state)

        self.sync()

        self.assertEqual(self.maildir.tree(), before)
        self.assert_nothing_changed_there()
        self.assert_in_sync()

    def test_a_dry_run_says_what_it_would_do_and_writes_nothing_anywhere(self):
        self.client.fill("INBOX", self.corpus.messages(5))
        before = self.client.tree()

        result = self.sync("--dry-run", "--json", "-v")

        self.assertFalse(os.path.exists(self.account.root))
        self.assertFalse(os.path.exists(self.account.state))
        self.assertEqual(len([e for e in result.of("message") if e.get("action") == "download"]), 5)
        rows = [e for e in self.sync("--dry-run", "--json").of("mailbox") if e["mailbox"] == "INBOX"]
        self.assertEqual([row["counts"]["down_new"] for row in rows], [5])
        self.assertGreater(rows[0]["counts"]["bytes_down"], 500)
        self.assertRegex(self.sync("--dry-run").out, r"work/INBOX: would make the folder here, fetch 5 \(\d+\.\d MB\)\n")
        self.assert_nothing_changed_there()
        self.assertFalse([line for line in self.proxy.sent() if re.match(rb"\S+ SELECT", line, re.I)])
        self.assertEqual(self.client.tree(), before)

    def test_an_idle_sync_needs_no_more_turns_for_sixty_mailboxes_than_for_six(self):
        self.given_both_sides(self.corpus.messages(3))
        self.sync()
        self.sync()
        few = self.proxy.stats["turns"]
        for n in range(54):
            self.client.create("Lists/list %d" % n)
        self.sync()
        self.sync()
        self.sync()

        self.assertLessEqual(self.proxy.stats["turns"], few)
        self.assertFalse([line for line in self.proxy.sent() if re.match(rb"\S+ (SELECT|EXAMINE)", line, re.I)])


class MaildirPlusPlusTest(SystemTest):
    """The server's own form with prefix and dots, and the flat layout here."""
    server_options = {"format": "maildir", "separator": ".", "prefix": "INBOX."}
    account_options = {"layout": "maildir++"}

    def test_the_prefix_is_cut_once_and_folders_are_flat(self):
        self.client.create("Work/2024")
        self.client.fill("Work/2024", self.corpus.messages(3))
        self.client.fill("INBOX", self.corpus.messages(15))

        self.sync()

        self.assertTrue(os.path.isdir(os.path.join(self.account.root, ".Work.2024", "cur")))
        self.assertTrue(os.path.isdir(os.path.join(self.account.root, "cur")))
        self.assert_in_sync()

    def test_a_folder_made_here_is_made_below_the_prefix(self):
        self.sync()
        self.maildir.create("Reise/Fotos")
        self.maildir.deliver("Reise/Fotos", self.corpus.simple().lf)

        self.sync()

        self.assertIn("Reise/Fotos", self.client.mailboxes())
        self.assert_in_sync()


class FlatTest(SystemTest):
    """One level of folders, as OfflineIMAP makes them."""
    account_options = {"layout": "flat"}

    def test_levels_are_joined_by_dots_and_a_dot_in_a_level_is_escaped(self):
        for name in ("Work/2024", "a.b/c", "INBOX/Sub", "Вход/2024"):
            self.client.create(name)
            self.client.fill(name, self.corpus.messages(2))

        self.sync()

        for folder in ("INBOX", "Work.2024", "a%2Eb.c", "INBOX.Sub", "Вход.2024"):
            self.assertTrue(os.path.isdir(os.path.join(self.account.root, folder, "cur")), folder)
        self.assert_in_sync()

    def test_a_folder_made_here_becomes_a_mailbox_of_as_many_levels(self):
        self.sync()
        self.maildir.create("Reise/Fotos")
        self.maildir.deliver("Reise/Fotos", self.corpus.simple().lf)

        self.sync()

        self.assertIn("Reise/Fotos", self.client.mailboxes())
        self.assert_in_sync()

    def test_the_journal_remembers_the_layout(self):
        self.sync()

        for layout in ("verbatim", "maildir++"):
            self.account.set(layout=layout)
            self.assertIn("its layout is not what it was", self.sync(expect=CONFIG).err)


class PoorServerTest(FirstSyncTest):
    """A server of 2003: nothing but IMAP4rev1."""
    server_options = {"capability": "IMAP4rev1", "format": "mdbox"}

    test_an_idle_sync_needs_no_more_turns_for_sixty_mailboxes_than_for_six = None  # it has no LIST-STATUS


if __name__ == "__main__":
    main()
