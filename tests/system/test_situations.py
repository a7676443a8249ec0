"""
Situations in which one of the three (server, Maildir, journal) is not what the others remember: lost, restored from a backup, copied, gone and
back, empty. What is there is paired by content; nothing is removed on the word of a gap.

UIDs that mean nothing any more: test_renumbered.py. A server that was set back: test_set_back.py. A root that is missing, empty or foreign, and a
changed root, user or layout: test_guard.py.
"""
import os
import re
import shutil

from base import CONFIG, HELD, SOME, Client, main
from rig.maildir import Maildir
from situationbase import SituationTest


class ElsewhereTest(SituationTest):
    """What left a mailbox in a way that shows no removal is looked for in all the others before it is sent."""

    def assert_none_twice(self):
        there = [m.digest for box in self.client.mailboxes() for m in self.client.messages(box)]
        here = [f.digest for box in self.maildir.mailboxes() for f in self.maildir.files(box)]
        self.assertEqual(len(there), len(set(there)))
        self.assertEqual(sorted(there), sorted(here))

    def test_mailboxes_that_changed_their_names_on_the_server_change_them_here(self):
        self.client.create("Other")
        others = [self.corpus.simple("other %d" % n) for n in range(12)]
        self.client.fill("Other", others)
        self.sync()
        self.account.set(disable=["X-GUID"])  # else they are known by it
        for old, new in (("Work", "Between"), ("Other", "Work"), ("Between", "Other")):
            self.client.rename_mailbox(old, new)

        self.sync()

        self.assertEqual(self.sent_bodies() + self.fetched_bodies(), [])
        self.sync()
        self.assert_same()
        self.assert_none_twice()

    def test_a_mailbox_that_was_renamed_and_made_again_is_not_sent_again(self):
        self.account.set(disable=["X-GUID"])  # it is a new one then
        self.client.rename_mailbox("Work", "Work 2025")
        self.client.create("Work")
        self.arrive("fresh", "Work")

        self.sync()

        self.assertEqual(self.sent_bodies(), [])
        self.sync()
        self.assert_same()
        self.assert_none_twice()

    def test_a_run_for_one_mailbox_does_not_send_what_another_one_may_have(self):
        self.account.set(disable=["X-GUID"])  # it is a new one then
        few = [self.corpus.simple("few %d" % n) for n in range(3)]  # so few that none of them waits for another reason
        self.client.create("Few")
        self.client.fill("Few", few)
        self.sync()
        self.client.create("Few 2025")
        self.client.copy("Few", "1:*", "Few 2025")
        self.client.delete_mailbox("Few")
        self.client.create("Few")
        self.proxy.reset()

        self.run_golub("sync", "work/Few", expect=SOME)

        self.assertEqual(self.sent_bodies(), [])
        self.sync()
        self.assert_same()
        self.assert_none_twice()

    def test_what_moved_while_its_folder_was_away_is_moved_and_what_was_removed_comes_again(self):
        away = self.home.path_of("away")
        os.rename(self.maildir.folder("Work"), away)
        uids = [self.client.uid_of("Work", mail) for mail in self.work[:4]]
        self.client.move("Work", uids[:2], "Archive")
        self.client.expunge("Work", uids[2:])
        self.sync()
        os.rename(away, self.maildir.folder("Work"))

        self.sync()
        self.sync()

        self.assert_same()
        self.assert_none_twice()
        self.assertEqual(self.count(self.work[0], "Work"), (0, 0))
        self.assertEqual(self.count(self.work[2], "Work"), (1, 1))

    def test_what_moved_while_its_mailbox_was_away_is_moved_and_what_was_removed_comes_again(self):
        self.client.rename_mailbox("Work", "Hidden")
        self.account.set(mailboxes=["*", "!Hidden"])
        for mail in self.work[:2]:
            self.maildir.move(self.maildir.find("Work", mail), "Archive", rename=True)
        for mail in self.work[2:4]:
            self.delete_here(mail, "Work")
        self.sync()
        self.client.rename_mailbox("Hidden", "Work")

        self.sync()
        self.sync()

        self.assert_same()
        self.assert_none_twice()
        self.assertEqual(self.count(self.work[0], "Work"), (0, 0))
        self.assertEqual(self.count(self.work[2], "Work"), (1, 1))

    def test_folders_that_change_their_names_here_are_no_copies(self):
        others = [self.corpus.simple("other %d" % n) for n in range(12)]
        self.given_both_sides(others, "Other")
        here, other, between = (self.maildir.folder(name) for name in ("Work", "Other", "Between"))
        for old, new in ((here, between), (other, here), (between, other)):
            os.rename(old, new)

        self.sync()
        self.sync()

        self.assert_same()
        self.assert_none_twice()
        self.assertEqual(self.count(self.work[0], "Other"), (1, 1))
        self.assertEqual(self.count(others[0], "Work"), (1, 1))

    def test_folders_that_were_made_at_once_change_their_names(self):
        """Most clocks of file systems tick so slowly that they have one birth time."""
        for name in ("Left", "Right"):
            self.client.create(name)
            self.client.fill(name, [self.corpus.simple("%s %d" % (name, n)) for n in range(3)])
        self.sync()
        left, right, between = (self.maildir.folder(name) for name in ("Left", "Right", "Between"))
        for old, new in ((left, between), (right, left), (between, right)):
            os.rename(old, new)

        self.sync()

        self.assert_same()
        self.assert_none_twice()

    def test_a_folder_that_gets_a_new_name_here_and_is_made_again_is_no_copy(self):
        os.rename(self.maildir.folder("Work"), self.maildir.folder("Work-2025"))
        for part in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(self.maildir.folder("Work"), part))

        self.sync()
        self.sync()

        self.assert_same()
        self.assert_none_twice()
        self.assertEqual(self.count(self.work[0], "Work-2025"), (1, 1))

    def test_what_was_known_before_its_folder_was_away_and_came_meanwhile_is_moved(self):
        uids = [self.client.uid_of("Work", mail) for mail in self.work[:2]]
        self.client.move("Work", uids, "Archive")
        self.sync("--push")
        away = self.home.path_of("away")
        os.rename(self.maildir.folder("Work"), away)
        self.sync()
        os.rename(away, self.maildir.folder("Work"))

        self.sync()
        self.sync()

        self.assert_same()
        self.assert_none_twice()
        self.assertEqual(self.count(self.work[0], "Work"), (0, 0))

    def test_what_was_known_before_its_mailbox_was_away_and_went_up_meanwhile_is_moved(self):
        for mail in self.work[:2]:
            self.maildir.move(self.maildir.find("Work", mail), "Archive", rename=True)
        self.sync("--pull")
        self.client.rename_mailbox("Work", "Hidden")
        self.account.set(mailboxes=["*", "!Hidden"])
        self.sync()
        self.client.rename_mailbox("Hidden", "Work")

        self.sync()
        self.sync()

        self.assert_same()
        self.assert_none_twice()
        self.assertEqual(self.count(self.work[0], "Work"), (0, 0))


class JournalTest(SituationTest):
    def test_a_lost_journal_is_a_first_meeting_that_removes_nothing(self):
        theirs, ours = self.arrive(), self.deliver()
        self.delete_here(self.mails[0])
        self.client.expunge("INBOX", self.uids[1])
        shutil.rmtree(self.account.state)

        self.sync_without_removals()

        self.assert_rest()
        for mail in (self.mails[0], self.mails[1], theirs, ours):
            self.assertEqual(self.count(mail), (1, 1))

    def test_a_journal_older_than_the_maildir_costs_no_message_and_makes_no_double(self):
        yesterday = self.home.path_of("yesterday")
        shutil.copytree(self.account.state, yesterday, copy_function=shutil.copy2)
        theirs, ours = self.arrive(), self.deliver("ours", "Work")
        self.delete_here(self.mails[0])
        self.client.expunge("INBOX", self.uids[1])
        self.maildir.move(self.maildir.find("INBOX", self.mails[2]), "Work", rename=True)
        self.maildir.read(self.maildir.find("INBOX", self.mails[3]))
        self.sync()
        self.assert_same()
        shutil.rmtree(self.account.state)
        shutil.copytree(yesterday, self.account.state, copy_function=shutil.copy2)

        self.sync_without_removals()

        self.assertEqual(self.sent_bodies(), [])
        self.assert_rest()
        self.assertEqual((self.count(theirs), self.count(ours, "Work"), self.count(self.mails[2], "Work")), ((1, 1),) * 3)
        self.assertEqual(self.flags_there(self.mails[3]), {"\\Seen"})
        self.assertEqual((self.count(self.mails[0]), self.count(self.mails[1])), ((0, 0), (0, 0)))

    def test_what_moved_since_an_older_journal_moves_there_too(self):
        yesterday = self.home.path_of("yesterday")
        shutil.copytree(self.account.state, yesterday, copy_function=shutil.copy2)
        self.arrive()
        self.sync()
        shutil.rmtree(self.account.state)
        os.rename(yesterday, self.account.state)
        self.maildir.move(self.maildir.find("INBOX", self.mails[0]), "Work", rename=True)

        self.sync(expect=SOME)  # nothing is removed before both are of one run
        self.assertEqual(self.sent_bodies(), [])
        self.sync()

        self.assertEqual((self.count(self.mails[0]), self.count(self.mails[0], "Work")), ((0, 0), (1, 1)))
        self.assert_in_sync()

    def test_after_an_older_journal_deletions_work_again(self):
        yesterday = self.home.path_of("yesterday")
        shutil.copytree(self.account.state, yesterday, copy_function=shutil.copy2)
        self.arrive()
        self.sync()
        shutil.rmtree(self.account.state)
        os.rename(yesterday, self.account.state)
        self.sync_without_removals()
        self.delete_here(self.mails[0])

        self.sync()

        self.assertEqual(self.count(self.mails[0]), (0, 0))
        self.assert_in_sync()


class MaildirTest(SituationTest):
    def test_an_older_maildir_gets_what_it_lacks_and_removes_nothing(self):
        self.deliver("first, so that there is a mark of two runs")
        self.sync()
        yesterday = self.home.path_of("yesterday")
        shutil.copytree(self.account.root, yesterday, copy_function=shutil.copy2)
        theirs, ours = self.arrive(), self.deliver("ours", "Work")
        self.client.create("Later")
        later = self.arrive("later", "Later")
        self.maildir.move(self.maildir.find("INBOX", self.mails[2]), "Work", rename=True)
        self.maildir.read(self.maildir.find("INBOX", self.mails[3]))
        self.sync()
        self.assert_same()
        shutil.rmtree(self.account.root)
        os.rename(yesterday, self.account.root)

        self.sync_without_removals(expect=(0, SOME))

        self.assertEqual((self.count(theirs), self.count(ours, "Work"), self.count(later, "Later")), ((1, 1),) * 3)
        self.assertEqual(self.count(self.mails[2], "Work"), (1, 1))
        self.assert_rest()

    def test_an_older_maildir_removes_nothing_from_a_mailbox_that_could_not_be_read_in_the_first_run_after_it(self):
        self.deliver("first")
        self.sync()
        yesterday = self.home.path_of("yesterday")
        shutil.copytree(self.account.root, yesterday, copy_function=shutil.copy2)
        theirs = [self.arrive("theirs", "Work") for _ in range(3)]
        self.sync()
        shutil.rmtree(self.account.root)
        os.rename(yesterday, self.account.root)
        self.arrive("something to do in the first run")
        self.client.close()
        box = os.path.join(self.stage.mail, "mailboxes", "Work", "dbox-Mails")
        os.chmod(box, 0)
        self.sync_without_removals(expect=(SOME,))
        os.chmod(box, 0o700)
        self.client = self.new_client()

        self.sync_without_removals(expect=(0, SOME))

        for mail in theirs:
            self.assertEqual(self.count(mail, "Work"), (1, 1))
        self.assert_rest()

    def test_a_maildir_without_its_mark_is_refused(self):
        os.unlink(os.path.join(self.account.root, ".golub"))

        result = self.sync(expect=CONFIG)

        self.assertEqual(self.proxy.sent(), [])
        self.assertIn(".golub", result.err)

    def test_a_maildir_whose_folders_are_all_gone_but_not_its_mark_empties_nothing(self):
        for name in self.maildir.mailboxes():
            shutil.rmtree(self.maildir.folder(name), ignore_errors=True)

        self.sync_without_removals(expect=(0, SOME, CONFIG))

        self.assertEqual(len(self.client.messages("INBOX")), 14)
        self.assertEqual(len(self.client.messages("Work")), 12)

    def test_a_maildir_that_was_copied_to_another_laptop_is_paired_there(self):
        theirs, ours = self.arrive(), self.deliver()
        other = self.new_account("work", home=self.another_home())
        shutil.copytree(self.account.root, other.root, copy_function=shutil.copy2)
        self.sync()

        self.sync(account=other)
        self.sync(account=other)

        self.assertEqual(self.sent_bodies(), [])
        self.assert_in_sync(other)
        self.assert_rest()
        self.assertEqual(self.count(theirs), (1, 1))
        self.assertEqual(self.count(ours), (1, 1))

    def test_a_home_that_was_copied_with_its_journal_is_one_more_client(self):
        clone = self.another_home()
        other = self.new_account("work", home=clone)
        shutil.copytree(self.account.root, other.root, copy_function=shutil.copy2)
        os.makedirs(os.path.dirname(other.state), exist_ok=True)
        shutil.copytree(self.account.state, other.state, copy_function=shutil.copy2)

        # The journal knows where its Maildir stood.
        result = self.sync(account=other, expect=CONFIG)
        self.assertIn("state folder", result.err)
        shutil.rmtree(other.state)
        self.delete_here(self.mails[0])
        self.sync()
        self.sync(account=other)

        self.assert_rest()

    def test_a_mark_that_somebody_wrote_into_is_refused_with_a_sentence(self):
        with open(os.path.join(self.account.root, ".golub"), "w") as f:
            f.write("golub 1\naccount zzz\n")

        result = self.sync(expect=CONFIG)

        self.assertIn(".golub", result.err)
        self.assertEqual(self.client.status("INBOX")["messages"], 14)


class GoneAndBackTest(SituationTest):
    def test_a_mailbox_that_was_gone_there_and_is_back_is_paired_and_nothing_is_removed(self):
        self.client.rename_mailbox("Work", "Hidden")
        self.account.set(mailboxes=["*", "!Hidden"])
        self.sync()
        self.assertEqual(len(self.maildir.files("Work")), 12)
        waiting = self.deliver("while it was gone", "Work")
        self.sync()
        self.assertNotIn("Work", self.client.mailboxes())
        self.delete_here(self.work[0], "Work")
        self.client.rename_mailbox("Hidden", "Work")
        theirs = self.arrive("theirs", "Work")
        self.again()

        self.sync_without_removals()

        self.assertEqual(len(self.sent_bodies()), 1)
        self.assert_rest()
        for mail in (waiting, theirs, self.work[0]):
            self.assertEqual(self.count(mail, "Work"), (1, 1))

    def test_a_folder_that_was_gone_here_and_is_back_is_paired_and_nothing_is_removed(self):
        away = self.home.path_of("away")
        os.rename(self.maildir.folder("Work"), away)
        self.sync()
        theirs = self.arrive("while it was gone", "Work")
        self.client.expunge("Work", self.client.uid_of("Work", self.work[0]))
        self.sync()
        self.assertFalse(os.path.exists(self.maildir.folder("Work")))
        os.unlink(os.path.join(away, "cur", os.listdir(os.path.join(away, "cur"))[5]))
        os.rename(away, self.maildir.folder("Work"))

        self.sync_without_removals()

        self.assert_rest()
        self.assertEqual(self.count(theirs, "Work"), (1, 1))
        self.assertEqual(len(self.maildir.files("Work")), 13)

    def test_a_folder_that_came_back_empty_is_filled_again(self):
        shutil.rmtree(self.maildir.folder("Work"))
        self.sync()
        self.maildir.create("Work")

        self.sync_without_removals()

        self.assertEqual(len(self.maildir.files("Work")), 12)
        self.assert_rest()

    def test_what_is_gone_on_both_sides_is_forgotten(self):
        shutil.rmtree(self.maildir.folder("Work"))
        self.client.delete_mailbox("Work")

        self.sync()

        self.assert_rest()
        self.assertNotIn("Work", self.run_golub("status", "work").out)


class ServerTest(SituationTest):
    def test_an_emptied_account_is_held_by_the_guard(self):
        self.client.expunge("INBOX", self.uids)
        self.client.expunge("Work", "1:*")

        self.sync(expect=HELD)
        self.sync(expect=HELD)

        self.assertEqual((len(self.maildir.files("INBOX")), len(self.maildir.files("Work"))), (14, 12))

    def edited(self, edit):
        self.through(edit_down=edit)

    def test_a_list_without_inbox_is_an_error_and_nothing_is_concluded(self):
        for what, pattern in (("empty", rb"\* (LIST|LSUB|STATUS) [^\n]*\n"),
                              ("without INBOX", rb"\* (LIST|LSUB|STATUS) [^\n]*INBOX[^\n]*\n")):
            with self.subTest(what):
                before = self.maildir.snapshot()
                self.edited(lambda data: re.sub(pattern, b"", data))
                self.delete_here(self.mails[0]) if what == "empty" else None
                before = self.maildir.snapshot()

                result = self.account.sync()

                self.assertIn(result.code, (1, 5), result)
                self.assertIn("LIST", result.err.upper())
                self.assertEqual(self.proxy.changing(), [])
                self.assertEqual(self.maildir.snapshot(), before)
        self.through()
        self.sync()
        self.assertEqual(self.count(self.mails[0]), (0, 0))
        self.assert_in_sync()

    def test_a_list_that_lacks_a_mailbox_once_costs_nothing(self):
        self.edited(lambda data: re.sub(rb"\* (LIST|STATUS) [^\n]*Work[^\n]*\n", b"", data))
        self.sync_without_removals()
        self.assertEqual(len(self.maildir.files("Work")), 12)
        self.through()

        self.sync_without_removals()

        self.assertEqual((self.sent_bodies(), self.fetched_bodies()), ([], []))
        self.assert_rest()


class ConfigurationTest(SituationTest):
    def test_another_host_name_is_refused_and_a_move_to_it_is_a_first_meeting(self):
        self.account.set(server="imap://localhost:%d" % self.proxy.port)
        result = self.sync(expect=CONFIG)
        self.assertEqual(self.proxy.sent(), [])
        self.assertIn("state folder", result.err)
        shutil.rmtree(self.account.state)
        result = self.sync(expect=CONFIG)  # the mark is of the old host still
        self.assertIn(".golub", result.err)
        os.unlink(os.path.join(self.account.root, ".golub"))

        self.sync_without_removals()

        self.assertEqual((self.sent_bodies(), self.fetched_bodies()), ([], []))
        self.assert_rest()

    def test_after_a_refusal_the_old_values_work_as_if_nothing_had_been(self):
        for keys, old in (({"server": "imap://localhost:%d" % self.proxy.port}, {"server": self.account.keys["server"]}),
                          ({"layout": "maildir++"}, {"layout": "verbatim"}),
                          ({"maildir": self.home.path_of("Mail", "other")}, {"maildir": self.account.root})):
            with self.subTest(**keys):
                rows = self.account.journal_dump()
                self.account.set(**keys)
                self.sync(expect=CONFIG)
                self.account.set(**old)
                self.assertEqual(self.account.journal_dump(), rows)
        self.assert_in_sync()

    def test_a_layout_can_be_changed_by_starting_anew(self):
        shutil.rmtree(self.account.state)
        os.rename(self.account.root, self.account.root + ".old")
        self.account.set(layout="maildir++")
        self.maildir = Maildir(self.account.root, "maildir++")

        self.sync()

        self.assert_in_sync()

    def test_two_accounts_with_one_root_are_refused_before_anything_is_touched(self):
        with Client(self.server.port, self.user, "correct horse"):
            self.new_account("second", maildir=self.account.root)

        self.run_golub("sync", expect=CONFIG)

        self.assertEqual(self.proxy.sent()[len(self.proxy.sent()):], [])
        self.assertEqual(self.client.status("INBOX")["messages"], 14)


if __name__ == "__main__":
    main()
