"""Courier IMAP: everything below "INBOX.", dots between levels, UIDPLUS and hardly anything else."""
import os
import shutil
import time
import unittest

import test_matrix
from base import PASSWORD, main
from makesbase import AtCourier
from rig import courier, scratch, unpack
from rig.movers import Mbsync
from walk import ServerWalk
from walk_goes import MailboxesGo


class CourierWalk(AtCourier, MailboxesGo, ServerWalk):
    def test_the_server_takes_a_message_without_waiting_for_a_service_that_is_not_there(self):
        started = time.monotonic()
        for mail in self.plain(3):
            self.client.append("INBOX", mail.bytes)

        self.assertLess(time.monotonic() - started, 5)

    def test_a_folder_that_moves_below_its_own_name(self):
        """It gets another name for a moment, and a UIDVALIDITY with each."""
        self.given("A", self.plain(3))
        self.given("A/Kid", self.plain(2))
        self.given("B", self.plain(2))
        self.sync()
        away = self.maildir.folder("away")
        os.rename(self.maildir.folder("A"), away)
        os.mkdir(self.maildir.folder("A"))
        os.rename(away, self.maildir.folder("A/Old"))

        for _ in range(3):
            self.account.sync()
        self.sync()

        self.assertEqual(sorted(self.client.mailboxes()), ["A/Old", "A/Old/Kid", "B", "INBOX"])
        self.assertEqual([self.client.status(n)["messages"] for n in ("A/Old", "A/Old/Kid", "B")], [3, 2, 2])
        self.assertEqual({n: len(self.maildir.files(n)) for n in self.maildir.mailboxes()}, {"A/Old": 3, "A/Old/Kid": 2, "B": 2, "INBOX": 0})

    def test_two_folders_that_change_places_and_one_below(self):
        self.given("A", self.plain(2))
        self.given("A/Kid", self.plain(1))
        self.given("B", self.plain(3))
        self.sync()
        folder = self.maildir.folder
        os.rename(folder("A"), folder("away"))
        os.rename(folder("B"), folder("A"))
        os.rename(folder("away"), folder("B"))

        for _ in range(3):
            self.account.sync()
        self.sync()

        self.assertEqual({n: self.client.status(n)["messages"] for n in self.client.mailboxes()}, {"A": 3, "B": 2, "B/Kid": 1, "INBOX": 0})
        self.assertEqual({n: len(self.maildir.files(n)) for n in self.maildir.mailboxes()}, {"A": 3, "B": 2, "B/Kid": 1, "INBOX": 0})

    def test_a_tree_that_mbsync_kept_moves_in_without_a_body(self):
        if not Mbsync.is_here():
            self.skipTest("mbsync is not installed")
        self.client.fill("INBOX", self.plain(12))
        self.given("Work", self.plain(8))
        there = {name: len(self.client.messages(name)) for name in ("INBOX", "Work")}
        mover = Mbsync(self.server, self.user, PASSWORD)
        self.addCleanup(mover.close)
        mover.sync()
        before = self.names(mover.root)
        self.assertEqual(len(before), 20)
        self.account = self.new_account("moved", maildir=mover.root)
        self.proxy.reset()

        self.sync()

        up = self.proxy.stream("up").upper()
        self.assertEqual((up.count(b"BODY.PEEK[]"), up.count(b" APPEND ")), (0, 0), self.evidence())
        self.assertEqual((self.names(mover.root), {name: len(self.client.messages(name)) for name in there}), (before, there))
        self.assert_idempotent()

    @staticmethod
    def names(root):
        """Every file with mail in it."""
        return sorted(os.path.join(path, name) for path, _, files in os.walk(root) for name in files if os.path.basename(path) in ("cur", "new"))

    def test_a_server_whose_libraries_are_missing_is_an_error_and_no_test_that_is_skipped(self):
        alone = scratch.make("alone")
        self.addCleanup(scratch.remove, alone)
        os.makedirs(os.path.join(alone, "usr", "bin"))
        shutil.copy2(os.path.join(courier.folder(), courier.IMAPD), os.path.join(alone, courier.IMAPD))

        with self.assertRaisesRegex(RuntimeError, "libfam.so.0 => not found"):
            unpack.fetch(alone, courier.PACKAGES, (courier.IMAPD,))


class CourierMatrix(CourierWalk, test_matrix.Matrix):
    pass


def load_tests(loader, _tests, _pattern):
    return unittest.TestSuite([loader.loadTestsFromTestCase(CourierWalk),
                               CourierMatrix("test_each_operation_ends_with_both_sides_the_same")])


if __name__ == "__main__":
    main()
