#!/usr/bin/env python3
"""`golub adopt`: names that mbsync gave to files in one folder, and that a mail reader carried to another one."""
import os
import re
import shutil

from adoptbase import MbsyncAdoptTest
from base import HELD, main


class CarriedNameTest(MbsyncAdoptTest):
    def given_equals(self):
        """Two messages of one size that have the same UID here, each in its folder."""
        self.messages = [self.corpus.simple("alpha %d" % n, body="Body %d.\r\n" % n) for n in range(8)]
        self.client.create("Work/2024")
        self.client.fill("INBOX", self.messages[:4])
        self.client.fill("Work/2024", self.messages[4:])
        self.given_a_mover(self.kind)
        self.mover.sync()
        self.given_golub()
        file = self.file_of(self.messages[1])
        uid = re.search(r",U=\d+", file.name).group(0)
        other = next(f for f in self.tree.files("Work/2024") if uid + ":" in f.name)
        self.assertEqual(len(file.bytes()), len(other.bytes()))
        near = int(re.search(r",U=(\d+)", other.name).group(1))  # the UID there, too: nothing else was ever in it
        return file, other, next(m for m in self.messages[4:] if self.uid_of(m, "Work/2024") == near)

    def then_the_removed_one_is_back_and_the_carried_one_arrives(self, there):
        """What stands under the name's UID on the server is another message: both are there afterwards."""
        self.sync()
        self.assertIsNotNone(self.uid_of(there, "Work/2024"))
        self.assertIsNotNone(self.uid_of(self.messages[1], "Work/2024"))
        self.file_of(there, "Work/2024")
        self.file_of(self.messages[1], "Work/2024")
        self.assertEqual((self.counts_there()["Work/2024"], len(self.tree.files("Work/2024"))), (5, 5))
        self.assert_idempotent()

    def test_moved_over_one_that_was_removed(self):
        file, other, there = self.given_equals()
        os.unlink(other.path)
        os.rename(file.path, os.path.join(self.tree.folder("Work/2024"), "cur", file.name))

        result = self.adopt()

        self.assertIn("Work/2024: 3 taken over from mbsync, 1 compared", result.out)
        self.then_the_removed_one_is_back_and_the_carried_one_arrives(there)
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX"))), (3, 3))

    def test_moved_over_one_that_was_removed_on_both_sides(self):
        file, other, there = self.given_equals()
        os.unlink(other.path)
        self.client.expunge("Work/2024", [self.uid_of(there, "Work/2024")])
        os.rename(file.path, os.path.join(self.tree.folder("Work/2024"), "cur", file.name))

        self.adopt()
        self.sync()

        self.assertIsNone(self.uid_of(self.messages[1]))
        self.assertIsNotNone(self.uid_of(self.messages[1], "Work/2024"))
        self.assertEqual((self.counts_there()["Work/2024"], len(self.tree.files("Work/2024"))), (4, 4))
        self.assert_idempotent()

    def test_copied_over_one_that_was_removed(self):
        file, other, there = self.given_equals()
        os.unlink(other.path)
        shutil.copy2(file.path, os.path.join(self.tree.folder("Work/2024"), "cur", file.name))

        result = self.adopt()

        self.assertIn("INBOX: 4 taken over from mbsync", result.out)
        self.assertIn("Work/2024: 3 taken over from mbsync, 1 compared", result.out)
        self.then_the_removed_one_is_back_and_the_carried_one_arrives(there)
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX"))), (4, 4))

    def test_moved_while_another_mailbox_was_taken_over_before(self):
        """An adopt that was cut off left the first mailbox with rows of golub's."""
        file, other, there = self.given_equals()
        os.unlink(other.path)
        os.rename(file.path, os.path.join(self.tree.folder("Work/2024"), "cur", file.name))
        self.account.set(mailboxes=["INBOX"])
        self.adopt(expect=HELD)
        self.account.set(mailboxes=None)

        result = self.adopt()

        self.assertIn("Work/2024: 3 taken over from mbsync, 1 compared", result.out)
        self.then_the_removed_one_is_back_and_the_carried_one_arrives(there)

    def test_another_byte_before_the_flags(self):
        """golub shows and reads flags behind a colon alone."""
        self.given_a_full_account()
        self.given_a_mover(self.kind, near="InfoDelimiter ;\n")
        self.mover.sync()
        self.given_golub()
        self.assertTrue(all(";2," in f.name for f in self.tree.files("INBOX")))
        before = self.state_there()

        result = self.adopt()

        self.assertIn("INBOX: 0 taken over from mbsync, 15 compared", result.out)
        self.sync()
        self.assertEqual(self.state_there(), before)
        self.assertEqual(len(self.tree.files("INBOX")), 15)


if __name__ == "__main__":
    main()
