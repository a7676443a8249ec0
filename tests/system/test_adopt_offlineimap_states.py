#!/usr/bin/env python3
"""`golub adopt`: which states of OfflineIMAP's are believed, and where they are found."""
import contextlib
import os
import shutil
import sqlite3

from adoptbase import OfflineImapAdoptTest, nightly
from base import BUSY, CONFIG, main
from rig.movers import OfflineImap


class OfflineImapStateTest(OfflineImapAdoptTest):
    def test_a_state_of_a_later_version(self):
        self.given_a_tree()
        self.change("UPDATE metadata SET value = 3 WHERE key = 'db_version'")
        self.then_it_is_compared("later version")

    @nightly
    def test_uids_above_all_that_the_server_gave(self):
        self.given_a_tree()
        self.change("INSERT INTO status VALUES (4000, 'S', 0, '')")
        self.then_it_is_compared("UIDs that the server never gave")

    @nightly
    def test_a_run_that_was_cut_off(self):
        self.given_a_tree()
        with open(self.state_of() + "-journal", "w") as f:
            f.write("x")
        self.then_it_is_compared("cut off")

    @nightly
    def test_a_mailbox_of_which_it_kept_no_uidvalidity(self):
        self.given_a_tree()
        os.unlink(os.path.join(self.mover.folder, "meta", "Repository-R", "FolderValidity", "INBOX"))
        self.then_it_is_compared("UIDVALIDITY")

    @nightly
    def test_what_was_too_large_for_it_comes_with_the_first_sync(self):
        self.given_a_full_account()
        self.given_a_mover(OfflineImap, **self.options)
        with open(self.mover.rc) as f:
            rc = f.read()
        with open(self.mover.rc, "w") as f:
            f.write(rc.replace("[Account A]\n", "[Account A]\nmaxsize = 3000\n"))
        self.mover.sync()
        os.symlink("meta", os.path.join(self.mover.folder, ".offlineimap"))
        small = len(self.tree.files("INBOX"))
        self.assertLess(small, 15)
        self.given_golub()
        self.assertIn("INBOX: %d taken over" % small, self.then_it_is_adopted().out)
        self.sync()
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX")), self.appended()), (15, 15, 0))
        self.assert_idempotent()

    def test_folders_in_one_level(self):
        """As it makes them unless it is told otherwise."""
        self.given_a_full_account()
        self.given_a_mover(OfflineImap)
        self.tree = self.mover.maildir(layout="flat")
        self.mover.sync()
        os.symlink("meta", os.path.join(self.mover.folder, ".offlineimap"))
        self.given_golub(layout="flat")
        self.assertIn("Work/2024: 15 taken over", self.then_it_is_adopted().out)
        self.then_both_sides_go_on()

    def test_another_byte_before_the_flags(self):
        """golub shows and reads flags behind a colon alone."""
        self.given_a_tree(account="maildir-windows-compatible = yes\n")
        self.assertTrue(all("!2," in f.name for f in self.tree.files("INBOX")))
        before = self.state_there()
        self.assertIn("INBOX: 0 taken over from OfflineIMAP, 15 compared", self.adopt().out)
        self.sync()
        self.assertEqual(self.state_there(), before)
        self.assertEqual(len(self.tree.files("INBOX")), 15)

    def test_a_state_that_is_text(self):
        """As the versions before SQLite wrote it."""
        self.given_a_tree()
        for box in ("INBOX", "Work.2024"):
            with contextlib.closing(sqlite3.connect(self.state_of(box))) as db:
                rows = db.execute("SELECT id, flags, mtime, labels FROM status").fetchall()
            os.unlink(self.state_of(box))
            path = os.path.join(self.mover.folder, "meta", "Account-A", "LocalStatus", box)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as f:
                f.write("OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 2\n")
                f.writelines("%d|%s|%d|%s\n" % row for row in rows)
        self.assertIn("INBOX: 15 taken over", self.then_it_is_adopted().out)
        self.then_both_sides_go_on()

    def test_a_lock_that_is_held(self):
        self.given_a_tree()
        with self.lock():
            result = self.adopt(expect=BUSY)
        self.assertIn("OfflineIMAP is at work", result.err)
        self.adopt()

    def test_a_state_that_is_cut_short(self):
        self.given_a_tree()
        with open(self.state_of(), "r+b") as f:
            f.truncate(9000)
        self.then_it_is_compared("cut short")

    def test_two_accounts_of_it_that_fit(self):
        self.given_a_tree()
        meta = os.path.join(self.mover.folder, "meta")
        shutil.copytree(os.path.join(meta, "Account-A"), os.path.join(meta, "Account-B"))
        result = self.adopt(expect=CONFIG)
        self.assertIn("several accounts of OfflineIMAP fit", result.err)
        self.assertIn("INBOX: 15 taken over", self.then_it_is_adopted("--state", os.path.join(meta, "Account-A")).out)

    def test_an_account_of_it_with_other_mail_does_not_fit(self):
        self.given_a_tree()
        meta = os.path.join(self.mover.folder, "meta")
        other = os.path.join(meta, "Account-B", "LocalStatus")
        os.makedirs(other)
        with open(os.path.join(other, "INBOX"), "w") as f:
            f.write("OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 2\n")
            f.write("".join("%d|S|0|\n" % n for n in range(100, 200)))
        self.assertIn("INBOX: 15 taken over", self.then_it_is_adopted().out)

    @nightly
    def test_the_metadata_folder_where_the_user_says(self):
        self.given_a_tree()
        os.unlink(os.path.join(self.mover.folder, ".offlineimap"))
        self.assertIn("nothing to adopt", self.adopt(expect=CONFIG).err)
        self.then_it_is_adopted("--from", "offlineimap", "--state", os.path.join(self.mover.folder, "meta"))


if __name__ == "__main__":
    main()
