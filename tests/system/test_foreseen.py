"""A dry run prints what a sync then does: mailboxes that are gone here, or renamed there, and moves on a server without MOVE."""
import shutil

from base import OK, SystemTest, main
from storm import FULL
from test_mailbox_deletes import ALL


class Foreseen(SystemTest):
    def setUp(self):
        super().setUp()
        for name in ("A", "B"):
            self.client.create(name)
            self.client.fill(name, [self.corpus.simple("%s %d" % (name, n)) for n in range(2)])
        self.sync()
        self.sync()

    def what(self, *options):
        counts = next(e["counts"] for e in self.sync("--json", *options, expect=OK).of("result") if "counts" in e)
        return {name: n for name, n in counts.items() if n and name.startswith(("up", "down", "held", "mailboxes_"))}

    def assert_foreseen(self, **counts):
        foreseen = self.what("--dry-run")
        self.assertEqual(foreseen, counts)
        self.assertEqual(self.what(), counts)
        self.sync()
        self.assert_nothing_changed_there()

    def gone_here(self, name):
        shutil.rmtree(self.maildir.folder(name))


class GoingTest(Foreseen):
    """A folder is gone here, and its mailbox is to go: that is not hidden behind another name that the server has for it."""
    account_options = {"push": ALL}

    def test_the_mailbox_goes(self):
        self.gone_here("B")
        self.client.rename_mailbox("B", "R")
        self.assert_foreseen(up_removed=2, mailboxes_deleted_there=1)
        self.assertNotIn("R", self.client.mailboxes())

    def test_what_comes_with_a_folder_that_is_made_again(self):
        self.gone_here("B")
        self.client.append("B", self.corpus.simple("news"))
        self.assert_foreseen(down_new=3, mailboxes_made_here=1)


class RenamedThereTest(Foreseen):
    def test_a_mailbox_whose_folder_is_gone_stays(self):
        self.gone_here("B")
        self.client.rename_mailbox("B", "R")
        self.assert_foreseen()
        self.assertIn("R", self.client.mailboxes())

    def test_one_that_is_here_is_renamed(self):
        self.client.rename_mailbox("B", "R")
        self.assert_foreseen(mailboxes_renamed_here=1)


class ByCopyTest(Foreseen):
    server_options = {"capability": " ".join(word for word in FULL.split() if word != "MOVE"), "special_use": False}

    def test_a_move_is_a_copy_and_a_removal(self):
        self.maildir.move(self.maildir.files("A")[0], "B")
        self.assert_foreseen(up_copied=1, up_removed=1)


if __name__ == "__main__":
    main()
