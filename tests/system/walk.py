"""What is tried at every server of another make: the same walk, compared byte for byte and flag for flag on both sides."""
import os
import shutil
import time

from base import OK, SOME, SystemTest
from rig.scenes import SETTLE

DAMAGED = (OK, SOME, 5, -9, 137)  # how a run may end whose line was cut or that was killed


class ServerWalk(SystemTest):
    """A server is a subclass (makesbase.py); load_tests of its file leaves this one out."""
    NESTED = ("Work", "Work/2024", "Lists/garden/old", "Größe & mehr")

    def converge(self, seconds=2 * SETTLE):
        """Runs until one has nothing left to do, as a timer would start them: what was not answered is waited for first."""
        until = time.monotonic() + seconds
        while self.account.sync().code != OK and time.monotonic() < until:
            time.sleep(1)
        self.sync()

    def wait_for_leftovers(self):
        """What killed runs left in tmp/ is too young for a second to be told from a draft in use: the run after that takes it away."""
        until = time.monotonic() + 2 * SETTLE
        maildir = self.account.maildir
        while any(os.listdir(os.path.join(maildir.folder(name), "tmp")) for name in maildir.mailboxes()) and time.monotonic() < until:
            time.sleep(1)
            self.sync()

    def plain(self, count):
        mails = self.corpus.messages(count, edge=False, median=2000)
        for m in mails:
            m.flags = ()
        return mails

    def given(self, mailbox, mails):
        """On the server, and their UIDs by what they are, wherever the server does not tell them."""
        if mailbox not in self.client.mailboxes():
            self.client.create(mailbox)
        self.client.fill(mailbox, mails)
        there = {m.digest: m.uid for m in self.client.messages(mailbox)}
        return [there[m.digest] for m in mails]

    # -- down

    def test_everything_comes_down_and_a_second_run_changes_nothing(self):
        self.client.fill("INBOX", self.corpus.messages(30))
        for name in self.NESTED:
            self.client.create(name)
            self.client.fill(name, self.corpus.messages(4, edge=False))
        self.client.append("Work", self.corpus.big(3_000_000).bytes)

        self.sync()

        self.assertLessEqual({"INBOX", *self.NESTED}, set(self.maildir.mailboxes()))
        self.assert_in_sync()

    # -- up

    def test_everything_goes_up_and_a_second_run_changes_nothing(self):
        self.sync()
        mails = [m for m in self.corpus.messages(40, edge=False)]
        for name in self.NESTED:
            self.maildir.create(name)
        for n, mail in enumerate(mails):
            name = ("INBOX", *self.NESTED)[n % 5]
            if n % 2:
                self.maildir.put(name, mail.lf, ("S", "FS", "RS", "DS", "PS")[n % 5], date=mail.date)
            else:
                self.maildir.deliver(name, mail.lf, date=mail.date)
        self.maildir.put("Work", self.corpus.big(3_000_000).lf)

        self.sync()
        self.sync()  # Cyrus makes Lists and Lists/garden along the way, as mailboxes that may hold mail

        self.assertLessEqual({"INBOX", *self.NESTED}, set(self.client.mailboxes()))
        self.assertEqual(sum(len(self.client.messages(m)) for m in self.client.mailboxes()), len(mails) + 1)
        self.assert_in_sync()

    def test_what_mail_may_be_goes_up_once_and_stays_here_as_it_is(self):
        self.sync()
        odd = self.corpus.odd()
        for mail in odd:
            self.maildir.deliver("INBOX", mail.bytes, date=mail.date)
        before = {f.base: f.bytes() for f in self.maildir.files("INBOX")}

        self.sync()
        self.sync()

        self.assertEqual({f.base: f.bytes() for f in self.maildir.files("INBOX")}, before)
        self.assertEqual(len(self.client.messages("INBOX")), len(odd))
        self.assert_idempotent()

    # -- both ways

    def test_a_mailbox_that_is_renamed_there_loses_nothing(self):
        mails = self.plain(4)
        self.given("Old", mails)
        self.sync()

        self.client.rename_mailbox("Old", "New")
        self.converge()

        self.assertTrue(all(self.maildir.has("New", m) for m in mails))
        self.assertEqual(len(self.client.messages("New")), 4)

    def test_what_happened_on_both_sides_is_on_both_sides(self):
        mails = self.plain(24)
        self.client.create("Work")
        uids = self.given("INBOX", mails)
        self.sync()
        here, there = self.maildir, self.client

        news = self.plain(2)
        there.fill("INBOX", news)
        there.store("INBOX", uids[0:3], "+", ["\\Seen", "\\Flagged"])
        there.store("INBOX", uids[3], "+", ["$Forwarded", "work"])
        there.move("INBOX", uids[4:6], "Work")
        there.expunge("INBOX", uids[6:8])
        there.copy("INBOX", uids[8], "Work")
        sent = self.plain(2)
        here.put("Work", sent[0].lf, "S", date=sent[0].date)
        here.deliver("INBOX", sent[1].lf, date=sent[1].date)
        here.flag(here.find("INBOX", mails[2]), add="R")
        here.flag(here.find("INBOX", mails[9]), add="FPS")
        here.flag(here.find("INBOX", mails[3]), add="S")
        here.move(here.find("INBOX", mails[10]), "Work", rename=True)
        here.move(here.find("INBOX", mails[11]), "Work")
        here.delete(here.find("INBOX", mails[12]))
        here.copy(here.find("INBOX", mails[13]), "Work")
        self.sync()

        self.assert_same()
        self.assertEqual({m.digest for m in there.messages("Work")},
                         {m.digest for m in mails[4:6] + [mails[8], mails[10], mails[11], mails[13], sent[0]]})
        self.assertFalse(any(self.is_there(m) for m in mails[4:8] + mails[10:13]))
        self.assertEqual(self.flags_here(mails[2]), {"\\Seen", "\\Flagged", "\\Answered"})
        self.assertEqual(self.flags_here(mails[3]), {"\\Seen", "$Forwarded"})
        self.assertEqual({f.lower() for f in self.flags_there(mails[9])}, {"\\seen", "\\flagged", "$forwarded"})
        self.assertIn("work", self.flags_there(mails[3]))
        self.assert_in_sync()

        here.flag(here.find("INBOX", mails[9]), remove="FP")
        there.store("INBOX", uids[3], "-", ["$Forwarded"])
        self.sync()
        self.assertEqual(self.flags_there(mails[9]), {"\\Seen"})
        self.assertEqual(self.flags_here(mails[3]), {"\\Seen"})
        self.assert_in_sync()

    def test_a_mailbox_that_is_gone_there_takes_nothing_along_here(self):
        mails = self.plain(3)
        self.given("Work", mails)
        self.given("Kept", self.plain(2))
        self.sync()

        self.client.delete_mailbox("Work")
        self.account.sync()

        self.assertTrue(all(self.maildir.has("Work", m) for m in mails))
        self.assertIn("Work", self.home.run("status").out)

    def test_a_mailbox_that_was_made_anew_under_its_name_is_paired_again(self):
        mails = self.plain(6)
        self.given("Work", mails)
        self.sync()

        self.client.delete_mailbox("Work")
        self.client.create("Work")
        self.client.fill("Work", mails[:5] + self.plain(2))
        self.converge()

        self.assertTrue(all(self.maildir.has("Work", m) for m in mails))
        self.assert_in_sync()

    def test_a_journal_that_is_lost_neither_doubles_nor_loses_a_message(self):
        self.given("Work", self.corpus.messages(8, edge=False))
        self.client.fill("INBOX", self.corpus.messages(20))
        self.sync()
        tree = self.client.tree()
        shutil.rmtree(self.account.state)

        self.converge()

        self.assertEqual(self.client.tree(), tree)
        self.assert_in_sync()

    # -- whatever breaks in between

    def given_work_for_both(self):
        """@return what has to be on both sides in the end, by mailbox"""
        mails = self.plain(16)
        self.client.create("Work")
        uids = self.given("INBOX", mails)
        self.sync()
        here, there = self.maildir, self.client
        news, ours = self.plain(3), self.plain(3)
        there.fill("INBOX", news)
        there.store("INBOX", uids[0:4], "+", ["\\Flagged"])
        there.move("INBOX", uids[4:6], "Work")
        there.expunge("INBOX", uids[6:8])
        for m in ours:
            here.deliver("INBOX", m.lf, date=m.date)
        for m in mails[8:10]:
            here.move(here.find("INBOX", m), "Work", rename=True)
        for m in mails[10:12]:
            here.delete(here.find("INBOX", m))
        here.flag(here.find("INBOX", mails[12]), add="FS")
        return {"INBOX": mails[0:4] + mails[12:16] + news + ours, "Work": mails[4:6] + mails[8:10]}

    def assert_each_once(self, wanted):
        self.assert_same()
        for name, mails in wanted.items():
            self.assertEqual(sorted(m.digest for m in self.client.messages(name)), sorted(m.digest for m in mails))

    def test_lines_that_break_anywhere_lose_and_double_nothing(self):
        wanted = self.given_work_for_both()
        for way in ("down", "up"):
            for n in (700, 1500, 3000, 6000):
                self.through(**{"cut_" + way: n, "times": 1})
                self.assertIn(self.account.sync().code, DAMAGED)
        self.converge()

        self.assert_each_once(wanted)
        self.assert_idempotent()

    def test_runs_that_are_killed_anywhere_lose_and_double_nothing(self):
        wanted = self.given_work_for_both()
        for call, number in (("fdatasync", 2), ("fdatasync", 6), ("renameat2", 1), ("rename", 1), ("sendto", 4), ("write", 12),
                             ("pwrite64", 9), ("fsync", 2)):
            self.assertIn(self.home.run_killed(call, number, "sync", self.account.name).code, DAMAGED)
        self.converge()
        self.wait_for_leftovers()

        self.assert_each_once(wanted)
        self.assert_idempotent()

