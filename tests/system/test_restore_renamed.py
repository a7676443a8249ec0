"""golub restore after renames: what was removed from a mailbox comes back into that one, whatever it and others are called by now."""
import os
import shutil

from base import main
from restorebase import RestoreTest


class RenamedTest(RestoreTest):
    def setUp(self):
        super().setUp()
        self.client.create("Box")
        self.mails += [self.corpus.simple("Report %d" % n) for n in (4, 5)]
        self.client.fill("Box", self.mails[4:])
        self.sync()
        self.sync()

    def given_removed(self):
        """#4 of Box is in the quarantine."""
        self.expunge(4, mailbox="Box")

    def move_here(self, *pairs):
        for old, new in pairs:
            os.rename(self.maildir.folder(old), self.maildir.folder(new))

    def assert_back_in(self, mailbox):
        self.sync()
        self.assertEqual(self.copies(4, mailbox), (1, 1))
        self.assertEqual(sum(self.copies(4, name) == (1, 1) for name in self.client.mailboxes()), 1)
        self.sync()
        self.assert_same(dates=False)

    def test_a_mailbox_that_was_renamed_here(self):
        self.given_removed()
        self.move_here(("Box", "Renamed"))
        self.sync()

        self.restore("--all", where="work/Renamed")

        self.assert_back_in("Renamed")
        self.assertNotIn("Box", self.client.mailboxes())

    def test_a_mailbox_that_was_renamed_there(self):
        self.given_removed()
        self.client.rename_mailbox("Box", "Renamed")
        self.sync()

        self.assertEqual([e["mailbox"] for e in self.listed()], ["Renamed"])
        self.restore("--all")

        self.assert_back_in("Renamed")
        self.assertNotIn("Box", self.client.mailboxes())

    def test_its_old_name_finds_it_as_long_as_no_other_one_has_that(self):
        self.given_removed()
        self.client.rename_mailbox("Box", "Renamed")
        self.sync()

        self.assertEqual([e["subject"] for e in self.listed(where="work/Box")], ["Report 4"])

        self.client.create("Box")
        self.sync()
        self.assertEqual(self.listed(where="work/Box"), [])
        self.assertEqual([e["subject"] for e in self.listed(where="work/Renamed")], ["Report 4"])

    def test_another_mailbox_has_its_name(self):
        self.given_removed()
        for old, new in (("Box", "Between"), ("Work", "Box"), ("Between", "Work")):
            self.client.rename_mailbox(old, new)
        self.sync()

        self.restore("--all")

        self.assert_back_in("Work")

    def test_a_mailbox_that_is_gone_on_both_sides_is_made_again(self):
        self.given_removed()
        self.client.delete_mailbox("Box")
        self.sync()
        shutil.rmtree(self.maildir.folder("Box"))
        self.sync()

        self.restore("--all")

        self.assert_back_in("Box")


if __name__ == "__main__":
    main()
