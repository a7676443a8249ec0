"""Shapes in which OfflineIMAP keeps a tree, and a server that has all of it below INBOX: shapes.py."""
from base import main
from rig.movers import Mbsync, OfflineImap
from shapes import STOP, ShapeTest


class PrefixTest(ShapeTest):
    """A server that has all of it below INBOX."""
    server_options = {"special_use": False, "format": "maildir", "separator": ".", "prefix": "INBOX."}

    def test_folders_below_inbox_are_the_mailboxes_whose_prefix_golub_cuts(self):
        self.given_mail(["A", "A/B", "Вход"])
        self.given_tree(OfflineImap, separator="/")
        self.assertIn("INBOX/A/B", self.folders())

        self.moves_in()

    def test_mbsync_cuts_it_like_golub(self):
        self.given_mail(["A", "A/B", "Вход"])
        self.given_tree(Mbsync)

        self.moves_in()

    def test_flat_folders_of_the_whole_names(self):
        self.given_mail(["A", "A/B", "Вход/2024"])
        self.given_tree(OfflineImap)
        self.assertIn("INBOX.A.B", self.folders())

        self.refused('layout = "flat"')

        self.account.set(layout="flat")
        self.moves_in()


class OfflineImapShapeTest(ShapeTest):
    def test_the_default_separator_is_refused_with_its_key_and_taken_with_it(self):
        self.given_mail()
        self.given_tree(OfflineImap)

        self.refused('layout = "flat"')

        self.account.set(layout="flat")
        result = self.moves_in()
        self.assertIn("OfflineIMAP " + STOP, result.out)

    def test_a_nested_tree_is_taken_as_it_is(self):
        self.given_mail()
        self.given_tree(OfflineImap, separator="/")

        self.moves_in()

    def test_names_in_utf8_are_taken_as_they_are(self):
        self.given_mail()
        self.given_tree(OfflineImap, account="utf8foldernames = yes\n")

        self.refused('layout = "flat"')

        self.account.set(layout="flat")
        self.moves_in()
        self.assertIn("Вход.2024", self.folders())

if __name__ == "__main__":
    main()
