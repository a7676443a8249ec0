"""Every kind of change in each direction, both at once, and the conflicts between them."""
import os
import re

from base import HELD, OK, SOME, SystemTest, main

BULK = 300_000  # bytes of a message that must not travel
SMALL = 60_000  # what a sync without bodies may cost


class ChangesTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.client.create("Work")
        self.mails = self.corpus.messages(8, edge=False, median=2000)
        for m in self.mails:
            m.flags = ()
        self.client.fill("INBOX", self.mails)
        self.sync()

    def uid(self, n, mailbox="INBOX"):
        return self.client.uid_of(mailbox, self.mails[n])

    def file(self, n, mailbox="INBOX"):
        return self.maildir.find(mailbox, self.mails[n])

    def here(self, n, mailbox="INBOX"):
        return self.maildir.has(mailbox, self.mails[n])

    def there(self, n, mailbox="INBOX"):
        return self.is_there(self.mails[n], mailbox)


class DownTest(ChangesTest):
    def test_new_mail_comes_down(self):
        mail = self.corpus.simple("news")
        self.client.append("INBOX", mail.bytes, date=mail.date)

        self.sync()

        self.assertEqual(self.maildir.find("INBOX", mail).where, "new")
        self.assert_in_sync()

    def test_flags_that_were_set_there_are_set_here(self):
        self.client.store("INBOX", self.uid(0), "+", ["\\Seen", "\\Answered", "$Forwarded"])
        self.client.store("INBOX", self.uid(1), "+", ["\\Draft", "\\Deleted", "\\Flagged"])

        self.sync()

        self.assertEqual((self.file(0).where, self.file(0).info), ("cur", "PRS"))
        self.assertEqual(self.file(1).info, "DFT")
        self.assert_in_sync()

    def test_flags_that_were_taken_off_there_go_here(self):
        self.client.store("INBOX", self.uid(0), "+", ["\\Seen", "\\Flagged"])
        self.sync()
        self.client.store("INBOX", self.uid(0), "-", ["\\Flagged"])

        self.sync()

        self.assertEqual(self.file(0).info, "S")
        self.assert_in_sync()

    def test_mail_that_was_expunged_there_goes_here_and_into_the_quarantine(self):
        self.client.expunge("INBOX", self.uid(0))

        self.sync()

        self.assertFalse(self.here(0))
        self.assertIn(self.mails[0].lf, self.account.quarantined())
        self.assert_in_sync()

    def test_a_move_there_is_a_move_here_and_the_bytes_stay_at_home(self):
        bulk = self.corpus.big(BULK)
        uid = self.client.append("INBOX", bulk.bytes, ["\\Seen"], bulk.date)
        self.sync()
        inode = os.stat(self.maildir.find("INBOX", bulk).path).st_ino
        self.client.move("INBOX", uid, "Work")

        self.sync()

        self.assertFalse(self.maildir.has("INBOX", bulk))
        self.assertEqual(os.stat(self.maildir.find("Work", bulk).path).st_ino, inode)
        self.assertLess(self.proxy.stats["down"] + self.proxy.stats["up"], SMALL)
        self.assert_in_sync()

    def test_a_copy_there_is_a_copy_here(self):
        self.client.copy("INBOX", self.uid(0), "Work")

        self.sync()

        self.assertTrue(self.here(0) and self.here(0, "Work"))
        self.assert_in_sync()

    def test_equal_messages_are_counted_not_merged(self):
        twin = self.corpus.simple("twin")
        for _ in range(3):
            self.client.append("INBOX", twin.bytes, date=twin.date)
        self.sync()
        self.assert_same()
        self.client.expunge("INBOX", self.client.uid_of("INBOX", twin))

        self.sync()

        self.assertEqual(sum(f.digest == twin.digest for f in self.maildir.files("INBOX")), 2)
        self.assert_in_sync()

    def test_a_mailbox_that_was_made_there_is_made_here(self):
        self.client.create("Neu/Jahr ☃")
        self.client.append("Neu/Jahr ☃", self.corpus.simple().bytes)

        self.sync()

        self.assertIn("Neu/Jahr ☃", self.maildir.mailboxes())
        self.assert_in_sync()


class UpTest(ChangesTest):
    def test_mail_that_was_delivered_here_goes_up(self):
        mail = self.corpus.simple("local delivery")
        self.maildir.deliver("INBOX", mail.lf, date=mail.date)

        self.sync()

        self.assertEqual(self.flags_there(mail), frozenset())
        self.assert_in_sync()

    def test_a_sent_copy_goes_up_with_its_flags_and_its_date(self):
        mail = self.corpus.simple("sent")
        self.maildir.put("Sent", mail.lf, "RS", date=mail.date)

        self.sync()

        found = [m for m in self.client.messages("Sent") if m.digest == mail.digest]
        self.assertEqual([(m.flags, m.date) for m in found], [(frozenset(["\\Seen", "\\Answered"]), mail.date)])
        self.assert_in_sync()

    def test_many_messages_go_up_in_few_turns(self):
        for n in range(120):
            self.maildir.put("Work", self.corpus.simple("bulk %d" % n).lf)

        self.sync()

        self.assertLess(self.proxy.stats["turns"], 40)
        self.assert_in_sync()

    def test_reading_here_is_seen_there(self):
        self.maildir.read(self.file(0))

        self.sync()

        self.assertEqual(self.flags_there(self.mails[0]), {"\\Seen"})
        self.assert_in_sync()

    def test_opening_a_folder_without_reading_changes_nothing_there(self):
        for n in range(8):
            self.maildir.flag(self.file(n))  # new/ to cur/ with an empty suffix, as mail readers do

        self.sync()

        self.assert_nothing_changed_there()
        self.assert_in_sync()

    def test_flags_here_are_set_and_cleared_there(self):
        self.maildir.flag(self.file(0), add="FPRDT")
        self.sync()
        self.assertEqual(self.flags_there(self.mails[0]), {"\\Flagged", "$Forwarded", "\\Answered", "\\Draft", "\\Deleted"})
        self.maildir.flag(self.file(0), add="S", remove="FPRD")

        self.sync()

        self.assertEqual(self.flags_there(self.mails[0]), {"\\Seen", "\\Deleted"})
        self.assertTrue(self.there(0), "\\Deleted alone removes nothing")
        self.assert_in_sync()

    def test_marked_as_new_again_takes_seen_away_and_nothing_else(self):
        self.maildir.flag(self.file(0), add="FS")
        self.sync()
        self.maildir.back_to_new(self.file(0))

        self.sync()

        self.assertEqual(self.flags_there(self.mails[0]), {"\\Flagged"})
        self.assert_idempotent()

    def test_a_deleted_file_is_expunged_there(self):
        self.maildir.delete(self.file(0))

        self.sync()

        self.assertFalse(self.there(0))
        self.assert_in_sync()

    def test_only_that_message_is_expunged_and_not_what_others_marked(self):
        self.client.store("INBOX", self.uid(1), "+", ["\\Deleted"])
        self.maildir.delete(self.file(0))

        self.sync()

        self.assertFalse(self.there(0))
        self.assertTrue(self.there(1))
        self.assert_in_sync()

    def move_up(self, **how):
        bulk = self.corpus.big(BULK)
        self.client.append("INBOX", bulk.bytes, ["\\Seen", "$Label7"], bulk.date)
        self.sync()
        self.maildir.move(self.maildir.find("INBOX", bulk), "Work", **how)

        self.sync()

        self.assertFalse(self.is_there(bulk))
        self.assertEqual(self.flags_there(bulk, "Work"), {"\\Seen", "$Label7"})
        self.assertLess(self.proxy.stats["down"] + self.proxy.stats["up"], SMALL)
        self.assert_in_sync()

    def test_a_move_that_keeps_the_base_name_is_a_move_there_without_the_bytes(self):
        self.move_up()

    def test_a_move_under_a_new_name_is_a_move_there_without_the_bytes(self):
        self.move_up(rename=True)

    def test_a_move_with_a_change_of_flags_carries_both(self):
        f = self.maildir.move(self.file(0), "Work", rename=True)
        self.maildir.flag(f, add="FS")

        self.sync()

        self.assertEqual(self.flags_there(self.mails[0], "Work"), {"\\Seen", "\\Flagged"})
        self.assertFalse(self.there(0))
        self.assert_in_sync()

    def test_there_and_back_is_no_change(self):
        f = self.maildir.move(self.file(0), "Work")
        self.maildir.move(f, "INBOX")

        self.sync()

        self.assert_nothing_changed_there()
        self.assert_in_sync()

    def test_a_copy_is_a_copy_there_and_keeps_its_keywords(self):
        bulk = self.corpus.big(BULK)
        self.client.append("INBOX", bulk.bytes, ["\\Seen"], bulk.date)
        self.sync()
        self.maildir.copy(self.maildir.find("INBOX", bulk), "Work")

        self.sync()

        self.assertTrue(self.is_there(bulk) and self.is_there(bulk, "Work"))
        self.assertLess(self.proxy.stats["down"] + self.proxy.stats["up"], SMALL)
        self.assert_in_sync()

    def test_a_new_name_in_the_same_folder_is_nothing_to_the_server(self):
        f = self.file(0)
        os.rename(f.path, os.path.join(os.path.dirname(f.path), self.maildir.fresh_base()))

        self.sync()

        self.assert_nothing_changed_there()
        self.assertEqual(len(self.maildir.files("INBOX")), 8)
        self.assert_in_sync()

    def test_a_folder_that_was_made_here_is_made_there(self):
        self.maildir.create("Projekte/Größe")
        mail = self.corpus.simple()
        self.maildir.deliver("Projekte/Größe", mail.lf)

        self.sync()

        self.assertTrue(self.is_there(mail, "Projekte/Größe"))
        self.assert_in_sync()

    def test_a_new_folder_can_be_filled_by_a_move(self):
        self.maildir.create("Fresh")
        self.maildir.move(self.file(0), "Fresh")

        self.sync()

        self.assertTrue(self.there(0, "Fresh"))
        self.assertFalse(self.there(0))
        self.assert_in_sync()

    def test_a_file_with_a_nul_is_refused_and_said_and_the_rest_goes_up(self):
        self.maildir.deliver("INBOX", b"Subject: nul\n\nbefore\0after\n")
        good = self.corpus.simple("good")
        self.maildir.deliver("INBOX", good.lf)

        result = self.sync(expect=SOME)

        self.assertTrue(self.is_there(good))
        self.assertIn("NUL", result.out + result.err)
        self.assertEqual(len(self.maildir.files("INBOX")), 10)

    def rot(self, file):
        with open(file.path, "r+b") as out:
            out.seek(10)
            out.write(b"XXXX")

    def test_a_file_whose_bytes_changed_under_its_name_is_not_sent_when_its_flags_are(self):
        self.rot(self.file(0))
        self.maildir.flag(self.maildir.files("INBOX")[0], add="F")

        self.account.sync()

        self.assertTrue(self.there(0))
        self.assertFalse(any(line for line in self.proxy.sent() if b"APPEND" in line))

    def test_bytes_that_changed_in_a_file_that_moved_do_not_replace_the_message_there(self):
        file = self.file(0)
        self.rot(file)
        self.maildir.move(file, "Work")

        self.account.sync()

        self.assertTrue(self.there(0) or self.there(0, "Work"), self.evidence())
        self.assertTrue(any(b"XXXX" in x.bytes() for x in self.maildir.files("Work") + self.maildir.files("INBOX")))

    def test_a_file_whose_bytes_changed_is_not_removed_with_its_message(self):
        file = self.file(0)
        self.rot(file)
        self.client.expunge("INBOX", self.uid(0))

        result = self.sync(expect=SOME)

        self.assertTrue(os.path.exists(file.path))
        self.assertIn("INBOX", result.out + result.err)

    def test_files_of_others_are_left_alone(self):
        for name in (".notmuch/xapian/x", "INBOX/dovecot-uidlist", "INBOX/.uidvalidity", "INBOX/tmp/1.2.3"):
            path = os.path.join(self.account.root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as f:
                f.write("theirs")

        self.sync()

        self.assertTrue(os.path.exists(os.path.join(self.account.root, "INBOX/tmp/1.2.3")))
        self.assertTrue(os.path.exists(os.path.join(self.account.root, ".notmuch/xapian/x")))
        self.assert_in_sync()


class BothTest(ChangesTest):
    def test_different_messages_on_both_sides_at_once(self):
        self.client.append("INBOX", self.corpus.simple("theirs").bytes)
        self.client.expunge("INBOX", self.uid(0))
        self.client.move("INBOX", self.uid(1), "Work")
        self.client.store("INBOX", self.uid(2), "+", ["\\Seen"])
        self.maildir.deliver("INBOX", self.corpus.simple("ours").lf)
        self.maildir.delete(self.file(3))
        self.maildir.move(self.file(4), "Work", rename=True)
        self.maildir.read(self.file(5))

        self.sync()

        self.assertEqual([self.here(n) for n in range(6)], [False, False, True, False, False, True])
        self.assertEqual([self.there(n) for n in range(6)], [False, False, True, False, False, True])
        self.assertTrue(self.here(1, "Work") and self.there(4, "Work"))
        self.assert_in_sync()

    def test_different_flags_of_one_message_both_stay(self):
        self.client.store("INBOX", self.uid(0), "+", ["\\Answered"])
        self.maildir.flag(self.file(0), add="F")

        self.sync()

        self.assertEqual(self.flags_there(self.mails[0]), {"\\Answered", "\\Flagged"})
        self.assert_in_sync()

    def test_a_flag_set_here_and_another_taken_off_there(self):
        self.client.store("INBOX", self.uid(0), "+", ["\\Flagged"])
        self.sync()
        self.client.store("INBOX", self.uid(0), "-", ["\\Flagged"])
        self.maildir.read(self.file(0))

        self.sync()

        self.assertEqual(self.flags_there(self.mails[0]), {"\\Seen"})
        self.assert_in_sync()

    def test_gone_on_both_sides_is_gone(self):
        self.client.expunge("INBOX", self.uid(0))
        self.maildir.delete(self.file(0))

        self.sync()

        self.assert_in_sync()

    def test_moved_to_the_same_mailbox_on_both_sides_is_one_message_there(self):
        self.client.move("INBOX", self.uid(0), "Work")
        self.maildir.move(self.file(0), "Work", rename=True)

        self.sync()

        self.assertEqual(len(self.maildir.files("Work")), 1)
        self.assert_in_sync()

    def test_moved_to_different_mailboxes_nothing_is_lost(self):
        self.client.move("INBOX", self.uid(0), "Work")
        self.maildir.move(self.file(0), "Archive")

        result = self.sync()
        self.assertIn("INBOX: 1 message was moved to one place here and to another on the server (Archive, Work)", result.out)
        self.assertNotIn("another on the server", self.sync().out)

        self.assertTrue(self.here(0, "Work") or self.here(0, "Archive"))
        self.assertFalse(self.here(0))
        self.assert_in_sync()

    def test_deleted_here_and_read_there_is_deleted(self):
        self.maildir.delete(self.file(0))
        self.client.store("INBOX", self.uid(0), "+", ["\\Seen"])

        self.sync()

        self.assertFalse(self.there(0))
        self.assert_in_sync()

    def test_deleted_here_and_flagged_there_comes_back(self):
        self.maildir.delete(self.file(0))
        self.client.store("INBOX", self.uid(0), "+", ["\\Flagged"])

        self.sync()

        self.assertTrue(self.here(0) and self.there(0))
        self.assertEqual(self.flags_here(self.mails[0]), {"\\Flagged"})
        self.assert_in_sync()

    def test_deleted_there_and_read_here_is_deleted(self):
        self.client.expunge("INBOX", self.uid(0))
        self.maildir.read(self.file(0))

        self.sync()

        self.assertFalse(self.here(0))
        self.assert_in_sync()

    def test_deleted_there_and_flagged_here_comes_back(self):
        self.client.expunge("INBOX", self.uid(0))
        self.maildir.flag(self.file(0), add="F")

        self.sync()

        self.assertTrue(self.here(0) and self.there(0))
        self.assert_in_sync()

    def test_keywords_of_the_server_outlive_everything_done_here(self):
        self.client.store("INBOX", self.uid(0), "+", ["$Label1", "NonJunk"])
        self.client.store("INBOX", self.uid(1), "+", ["$MDNSent"])
        self.sync()
        self.assert_nothing_changed_there()
        self.maildir.flag(self.file(0), add="FS")
        self.sync()
        self.maildir.flag(self.file(0), remove="F")
        self.maildir.move(self.file(1), "Work", rename=True)

        self.sync()

        self.assertEqual(self.flags_there(self.mails[0]), {"$Label1", "NonJunk", "\\Seen"})
        self.assertEqual(self.flags_there(self.mails[1], "Work"), {"$MDNSent"})
        self.assert_in_sync()

    def test_a_new_uidvalidity_costs_no_transfer_and_no_message(self):
        self.client.delete_mailbox("Work")
        self.client.create("Work")
        mails = self.corpus.messages(12, edge=False, median=20000)
        self.client.fill("Work", mails)
        self.sync()
        self.maildir.deliver("Work", self.corpus.simple("written meanwhile").lf)
        self.server.doveadm("mailbox", "update", "-u", self.user, "--uid-validity", "77777", "Work")
        self.client.close()
        self.client = self.new_client()

        for _ in range(2):
            self.sync()

        self.assertEqual(len(self.maildir.files("Work")), 13)
        self.assert_in_sync()

    def test_a_mailbox_that_is_gone_there_is_neither_made_again_nor_emptied_here(self):
        mail = self.corpus.simple()
        self.client.append("Work", mail.bytes)
        self.sync()
        self.client.delete_mailbox("Work")

        self.sync()
        self.sync()

        self.assertTrue(self.maildir.has("Work", mail))
        self.assertNotIn("Work", self.client.mailboxes())
        self.assertIn("Work", self.run_golub("status", "work").out)

    def test_a_folder_that_is_gone_here_is_neither_made_again_nor_emptied_there(self):
        mail = self.corpus.simple()
        self.client.append("Work", mail.bytes)
        self.sync()
        folder = self.maildir.folder("Work")
        os.rename(folder, self.home.path_of("away"))

        self.sync()
        self.sync()

        self.assertTrue(self.is_there(mail, "Work"))
        self.assertFalse(os.path.exists(folder))
        self.assertIn("Work", self.run_golub("status", "work").out)

    def test_two_laptops_and_a_server_come_to_rest_in_the_same_state(self):
        other = self.new_account("other", home=self.another_home())
        self.sync(account=other)
        self.maildir.read(self.file(0))
        self.maildir.delete(self.file(1))
        there = other.maildir
        there.flag(there.find("INBOX", self.mails[0]), add="F")
        there.move(there.find("INBOX", self.mails[2]), "Work", rename=True)
        there.put("Sent", self.corpus.simple("from the other").lf)

        for account in (self.account, other, self.account, other):
            self.sync(account=account)

        self.assert_in_sync()
        self.assert_in_sync(account=other)


class ExpungeTest(ChangesTest):
    """With `expunge`: a dry run says what the real one then does."""

    def setUp(self):
        super().setUp()
        self.account.set(expunge=True)

    def counts(self, *options, expect=OK):
        counts = [e for e in self.sync("--json", *options, expect=expect).of("result") if "counts" in e][0]["counts"]
        return {name: count for name, count in counts.items() if count and name.startswith(("up", "down", "held"))}

    def test_a_dry_run_foresees_what_goes_once_its_flag_is_carried(self):
        self.maildir.flag(self.file(0), add="T")
        self.client.store("INBOX", self.uid(1), "+", ["\\Deleted"])

        foreseen = self.counts("--dry-run")

        self.assertEqual(foreseen, {"up_flags": 1, "down_flags": 1, "up_removed": 2, "down_removed": 2})
        self.assertEqual(self.counts(), foreseen)
        self.assert_in_sync()

    def test_a_dry_run_foresees_what_goes_once_its_twin_has_its_flag(self):
        twin = self.corpus.simple("twin")
        self.client.fill("Work", [twin, twin])
        self.sync()
        os.unlink(self.maildir.files("Work")[0].path)
        self.client.store("Work", [m.uid for m in self.client.messages("Work")], "+", ["\\Flagged"])

        foreseen = self.counts("--dry-run")

        self.assertEqual(foreseen["up_removed"], 1, foreseen)
        self.assertEqual(self.counts(), foreseen)
        self.assertEqual(self.client.status("Work")["messages"], 1)
        self.assert_in_sync()

    def test_a_dry_run_foresees_what_would_be_held(self):
        more = [self.corpus.simple("more %d" % n) for n in range(30)]
        self.client.fill("Work", more)
        self.sync()
        for file in self.maildir.files("Work")[:25]:
            self.maildir.flag(file, add="T")

        foreseen = self.counts("--dry-run", expect=HELD)

        self.assertEqual(foreseen, {"up_flags": 25, "held": 25})
        self.assertEqual(self.counts(expect=HELD), foreseen)

    def test_what_both_sides_marked_goes_in_one_run(self):
        self.maildir.flag(self.file(0), add="T")
        self.client.store("INBOX", self.uid(0), "+", ["\\Deleted"])

        foreseen = self.counts("--dry-run")

        self.assertEqual(foreseen, {"up_removed": 1, "down_removed": 1})
        self.assertEqual(self.counts(), foreseen)
        self.assert_in_sync()

    def test_what_is_only_removed_there_is_told_so(self):
        self.account.set(pull=["new", "flags"])
        self.maildir.flag(self.file(0), add="T")

        foreseen = self.counts("--dry-run")

        self.assertEqual(foreseen, {"up_flags": 1, "up_removed": 1})
        self.assertEqual(self.counts(), foreseen)


class CountTest(ChangesTest):
    def test_only_the_mailboxes_that_were_named_are_in_sync(self):
        self.client.append("Work", self.corpus.simple("news").bytes)

        self.assertIn("nothing new, 1 mailbox in sync", self.run_golub("sync", "work/INBOX").out)

    def test_a_dry_run_tells_what_is_copied_on_the_server_from_what_is_sent(self):
        """Also what a mail reader saved with lines of its own."""
        self.maildir.put("Work", self.mails[0].lf)
        self.maildir.put("Work", self.mails[1].lf.replace(b"\n\n", b"\nContent-Length: 5\nLines: 1\n\n", 1))
        self.maildir.put("Work", self.corpus.simple("new").lf)

        foreseen = self.sync("--dry-run", "--json").of("result")[0]["counts"]
        self.assertIn("upload 1", self.sync("--dry-run").out)
        done = self.sync("--json").of("result")[0]["counts"]

        for name in ("up_copied", "up_new", "bytes_up"):
            self.assertEqual(foreseen[name], done[name], name)
        self.assertEqual((done["up_copied"], done["up_new"]), (2, 1))

    def test_a_dry_run_counts_the_mailbox_that_it_would_make(self):
        self.maildir.create("Neu")

        foreseen = self.sync("--dry-run").out

        self.assertEqual(*(re.search(r"(\d+) mailboxes(?! made)", out)[1] for out in (foreseen, self.sync().out)))

    def test_each_of_several_changes_of_flags_is_counted_and_nothing_is_listed_anew(self):
        for n, letter in enumerate("SFRT"):
            self.maildir.flag(self.file(n), add=letter)

        result = self.sync()

        self.assertIn("4 flags changed there", result.out)
        self.assertFalse([line for line in self.proxy.sent() if b"UID FETCH 1:*" in line])
        self.assert_in_sync()


if __name__ == "__main__":
    main()
