"""Shapes in which OfflineIMAP keeps a tree, and a server that has all of it below INBOX: shapes.py."""
import os
import re

from base import CONFIG, main
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

    def test_folders_that_nametrans_named_are_refused_with_what_to_do(self):
        """Taken for mailboxes of their own, all of it would stand on both sides twice."""
        for trans, steps in (("'imap/' + f", 3), ("f.lower()", 2), ("f if f == 'INBOX' else 'INBOX.' + f", 2), ("'gmx'.join(f.split('Work'))", 0)):
            with self.subTest(trans):
                self.user = next(self._users)
                self.client, self.home = self.new_client(), self.another_home()
                self.account = self.new_account("work", maildir=self.home.path_of("Mail"))
                self.maildir = self.account.maildir
                self.given_mail(["Lists", "Work/2024"])
                self.given_tree(OfflineImap, separator="/" if "INBOX." not in trans else ".", nametrans="lambda f: " + trans)

                said = self.refused("OfflineIMAP kept the folder ", "has no folder here", "map = {")

                self.assertEqual(len(re.findall("(?m)^  (?:mkdir .* && )?mv ", said)), steps, said)
                if steps:
                    self.do(said)
                else:
                    self.account.set(map=["Work=gmx"])
                self.moves_in()
                self.assertEqual(self.travelled(), (0, 0), self.evidence())

    def given_folders_that_change_places(self, places, names=("A", "B", "C"), **options):
        self.user = next(self._users)
        self.client, self.home = self.new_client(), self.another_home()
        self.account = self.new_account("work", maildir=self.home.path_of("Mail"))
        self.maildir = self.account.maildir
        self.given_mail(names)
        self.given_tree(OfflineImap, nametrans="lambda f: %r.get(f, f)" % (places,), **options)

    def refused_by_what_is_in_them(self, *words):
        """In each run, a dry one too; no mail is touched, and nothing made."""
        mail, there = self.maildir.tree(), self.sizes()
        folders = self.folders()
        for args in (("sync", "-n", "work"), ("sync", "work"), ("sync", "work")):
            result = self.check(self.home.run(*args), CONFIG)
            for word in words:
                self.assertIn(word, result.err)
            self.assertEqual((self.maildir.tree(), self.sizes(), self.folders()), (mail, there, folders))
            self.assert_nothing_changed_there()

    def test_folders_whose_names_nametrans_exchanged_are_refused_with_the_map_to_write(self):
        """Both names are on both sides; by them alone all of it would stand on both sides twice."""
        self.given_folders_that_change_places({"A": "B", "B": "A"}, separator="/")
        self.refused_by_what_is_in_them("OfflineIMAP kept the mail of mailbox B in the folder A", 'map = {"B=A", "A=B"}')
        self.account.set(map=["B=A", "A=B"])
        self.moves_in()
        self.assertEqual(self.travelled(), (0, 0), self.evidence())

    def test_folders_that_are_given_their_names_are_met(self):
        self.given_folders_that_change_places({"A": "B", "B": "C", "C": "A"})
        self.account.set(layout="flat")
        self.refused_by_what_is_in_them('map = {"C=A", "B=C", "A=B"}')
        for old, new in (("A", "x"), ("B", "A"), ("C", "B"), ("x", "C")):
            os.rename(os.path.join(self.account.root, old), os.path.join(self.account.root, new))
        self.moves_in()
        self.assertEqual(self.travelled(), (0, 0), self.evidence())

    def test_a_few_that_were_moved_since_are_no_reason(self):
        self.given_folders_that_change_places({}, names=("A", "B"), separator="/")
        for old, new in (("A", "B"), ("B", "A")):
            self.client.move(old, [self.client.messages(old)[0].uid], new)
        self.sync()

    def test_folders_that_are_to_be_mailboxes_are_made_there_on_a_word(self):
        self.given_mail(["Lists"])
        self.given_tree(OfflineImap, separator="/", nametrans="lambda f: f.replace('Lists', 'other')")
        self.refused("the folder other")
        self.account.set(layout="verbatim")
        self.sync()
        self.assertIn("other", self.client.mailboxes())

    def test_a_folder_of_its_own_is_no_reason(self):
        """Nobody kept it, though a mailbox has no folder."""
        self.given_mail(["Lists"])
        self.given_tree(OfflineImap, separator="/")
        self.maildir.create("own")
        self.maildir.put("own", bytes(self.corpus.simple("own")), "S")
        self.client.create("new")
        self.client.append("new", self.corpus.simple("new"))
        self.sync()
        self.assertIn("own", self.client.mailboxes())

    def test_a_folder_that_is_left_out_is_no_reason(self):
        """Its mailbox is gone, and one that never had a folder has as much mail: neither concerns the other."""
        self.given_mail(["Lists", "gone"])
        self.given_tree(OfflineImap, separator="/")
        self.client.delete_mailbox("gone")
        self.client.create("new")
        self.client.fill("new", self.corpus.messages(3, edge=False))
        self.account.set(mailboxes=["INBOX", "Lists", "new"])
        self.sync()
        self.assertEqual(len(self.maildir.files("new")), 3)
        self.assertNotIn("gone", self.client.mailboxes())

    def test_a_folder_whose_mailbox_is_gone_is_no_reason(self):
        """Each mailbox that is there has its folder."""
        self.given_mail(["Lists", "gone"])
        self.given_tree(OfflineImap, separator="/")
        self.client.delete_mailbox("gone")
        self.sync()
        self.assertIn("gone", self.client.mailboxes())


if __name__ == "__main__":
    main()
