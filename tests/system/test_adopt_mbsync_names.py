#!/usr/bin/env python3
"""`golub adopt`: names that mbsync gave to files in one folder, and that a mail reader carried to another one; mailboxes that changed names there since."""
import os
import re
import shutil

from adoptbase import MbsyncAdoptTest
from base import CONFIG, HELD, SOME, main


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


class ChangedPlacesTest(MbsyncAdoptTest):
    """Mailboxes that changed names on the server between mbsync's last run and adopt: both names stay on both sides, each with other mail."""

    def given_a_swap(self, counts=(3, 4), **mover):
        self.client.fill("INBOX", self.corpus.messages(2, edge=False))
        for name, count in zip("AB", counts):
            self.client.create(name)
            self.client.fill(name, [self.corpus.simple("%s %d" % (name, n), body="Body %s.\r\n" % ("y" * (n + 1) * ord(name))) for n in range(count)])
        self.given_a_mover(self.kind, **mover)
        self.mover.sync()
        self.given_golub()
        for old, new in (("A", "x"), ("B", "A"), ("x", "B")):
            self.client.rename_mailbox(old, new)

    def refused(self, *words):
        """By adopt, by each sync, by a dry one too; nothing is made or touched."""
        there, here = self.state_there(), self.names_here()
        for args in (("adopt", "moved"), ("-n", "adopt", "moved"), ("sync", "-n", "moved"), ("sync", "moved"), ("adopt", "moved")):
            self.proxy.reset()
            result = self.check(self.home.run(*args, env={"HOME": self.mover.folder}), CONFIG)
            for word in words:
                self.assertIn(word, result.err)
            self.assertNotIn("taken over", result.out)
            self.assertEqual((self.state_there(), self.names_here()), (there, here))
            self.assert_nothing_changed_there()

    def then_nothing_travels(self):
        counts = self.counts_there()
        self.sync()
        self.assertEqual((self.counts_there(), self.appended(), self.bodies()), (counts, 0, 0), self.evidence())
        self.assert_idempotent()

    def test_they_are_refused_with_the_map_to_write(self):
        self.given_a_swap()
        self.refused("mbsync kept the mail of mailbox B in the folder A", 'map = {"B=A", "A=B"}')

        self.account.set(map=["B=A", "A=B"])
        result = self.adopt()

        self.assertIn("A: 4 taken over from mbsync", result.out)
        self.assertIn("B: 3 taken over from mbsync", result.out)
        self.then_nothing_travels()

    def test_folders_that_are_given_their_names_are_taken_over(self):
        self.given_a_swap()
        self.refused("mbsync kept the mail of mailbox B in the folder A")
        for old, new in (("A", "x"), ("B", "A"), ("x", "B")):
            os.rename(self.tree.folder(old), self.tree.folder(new))

        self.assertIn("A: 4 taken over from mbsync", self.adopt().out)
        self.then_nothing_travels()

    def test_one_that_changed_places_with_an_empty_one_is_refused(self):
        self.given_a_swap((3, 0))
        self.refused("mbsync kept the mail of mailbox B in the folder A", "give the folders the names of their mailboxes")

    def test_states_in_the_usual_place_say_it(self):
        self.given_a_swap(state="")
        self.refused("mbsync kept the mail of mailbox B in the folder A", 'map = {"B=A", "A=B"}')

    def test_a_uidvalidity_that_no_mailbox_has_is_compared(self):
        self.given_a_swap()
        for old, new in (("A", "x"), ("B", "A"), ("x", "B")):
            self.client.rename_mailbox(old, new)
        self.set_validity("A", 4711)

        result = self.adopt(expect=SOME)

        self.assertIn("UIDVALIDITY is not the server's", result.err)
        self.assertIn("B: 4 taken over from mbsync", result.out)
        self.then_nothing_travels()


if __name__ == "__main__":
    main()
