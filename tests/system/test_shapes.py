"""Shapes in which mbsync keeps a tree: shapes.py."""
import os

from base import SOME, main
from rig.movers import Mbsync
from shapes import STOP, ShapeTest


class MbsyncShapeTest(ShapeTest):
    def test_verbatim_folders_are_taken_as_they_are(self):
        self.given_mail()
        self.given_tree(Mbsync)

        result = self.moves_in()

        self.assertIn("work/Вход: its folder is &BBIERQQ+BDQ-, as another program named it", result.out)
        self.assertIn("mbsync " + STOP, result.out)

    def test_an_inbox_that_the_user_wrote_in_small_letters_is_inbox(self):
        self.given_mail(["A", "INBOX/Sub"])
        self.given_tree(Mbsync, inbox="Inbox")

        self.moves_in()

        self.assertIn("Inbox/Sub", self.folders())

    def test_an_inbox_of_another_name_is_refused_and_taken_with_map(self):
        self.given_mail(["A"])
        self.given_tree(Mbsync, inbox="OUT")

        self.refused("mbsync kept the folder OUT", "its mailbox INBOX has no folder here", 'map = {"MAILBOX=OUT"}')

        self.account.set(map=["INBOX=OUT"])
        self.moves_in()

    def test_names_that_mbsync_does_not_escape_are_taken_as_they_are(self):
        self.given_mail(["50%", "a~", "tail.", "A/~b", "A/b "])
        self.given_tree(Mbsync)

        self.moves_in()

    def test_a_new_mailbox_beside_them_is_named_by_our_rules(self):
        self.given_mail()
        self.given_tree(Mbsync)
        self.moves_in()
        self.client.create("Вход/new")

        self.sync()

        self.assertIn("Вход/%6Eew", self.folders())
        self.assertEqual(set(self.client.mailboxes()), self.names | {"Вход/new"})

    def test_one_whose_mailbox_is_gone_is_made_there_by_the_name_that_it_had(self):
        """mbsync leaves the folder of a mailbox that somebody removed, unless it is told otherwise."""
        self.given_mail(["A", "Вход", "Вход/2024"])
        self.given_tree(Mbsync)
        for name in ("Вход/2024", "Вход"):
            self.client.delete_mailbox(name)
        folders = self.folders()

        for _ in range(2):
            self.sync()

            self.assertEqual(set(self.client.mailboxes()), self.names)
            self.assertEqual(self.folders(), folders)
            self.assertEqual(self.sizes(), {name: 3 for name in self.names})

    def test_a_second_folder_of_a_mailbox_is_not_made_a_mailbox(self):
        self.given_mail(["Вход"])
        self.given_tree(Mbsync)
        self.moves_in()
        self.account.set(state=self.home.path_of("another-state"))  # a journal that knows nothing
        self.maildir.create("Вход")
        self.maildir.deliver("Вход", self.corpus.simple())

        result = self.sync(expect=SOME)

        self.assertIn("second folder", result.err)
        self.assertEqual(set(self.client.mailboxes()), self.names)

    def test_folders_that_are_left_out_are_not_made_there_under_their_folders_names(self):
        self.given_mail()
        self.given_tree(Mbsync)
        self.account.set(mailboxes=["*", "!Вход*"])

        self.moves_in()
        self.account.set(mailboxes=None)

        self.moves_in()

    def test_maildir_plus_plus_is_refused_with_its_key_and_taken_with_it(self):
        self.given_mail()
        self.given_tree(Mbsync, subfolders="Maildir++")

        self.refused('layout = "maildir++"', "its root is INBOX itself")

        self.account.set(layout="maildir++")
        self.moves_in()
        self.assertIn("..Sub", self.folders())

    def test_maildir_plus_plus_with_inbox_alone_is_told_too(self):
        self.given_mail([])
        self.given_tree(Mbsync, subfolders="Maildir++")

        self.refused('layout = "maildir++"')

        self.account.set(layout="maildir++")
        self.moves_in()

    def test_legacy_is_refused_with_what_is_to_be_renamed(self):
        self.given_mail(["A", "A/B", "A/B/C", "INBOX/Sub"])
        self.given_tree(Mbsync, subfolders="Legacy")

        said = self.refused("Legacy", "mv 'A/.B' 'A/B'")

        self.assertEqual(self.do(said)[1:], ["mv 'A/.B' 'A/B'", "mv 'A/B/.C' 'A/B/C'", "mv 'INBOX/.Sub' 'INBOX/Sub'"])
        self.moves_in()

    def test_legacy_with_a_level_that_is_no_mailbox(self):
        self.given_mail(["A/B/C", "A/B/D"])
        self.given_tree(Mbsync, subfolders="Legacy")

        self.do(self.refused("Legacy"))

        self.moves_in()

    def test_legacy_with_inbox_in_the_root(self):
        self.given_mail()
        self.given_tree(Mbsync, subfolders="Legacy", inbox="")

        self.do(self.refused("Legacy"))

        self.moves_in()
        self.assertIn("INBOX/Sub", self.folders())

    def test_inbox_in_the_root_with_plain_folders_is_refused_with_the_lines_that_move_it(self):
        self.given_mail()
        self.given_tree(Mbsync, inbox="")

        said = self.refused("root is INBOX itself")

        lines = self.do(said)
        self.assertEqual(lines[1:3], ["mkdir -p INBOX", "mv cur new tmp .mbsyncstate .uidvalidity INBOX/"])
        self.assertIn("mv 'Sub' 'INBOX/Sub'", lines)
        self.moves_in()
        self.assertTrue(os.path.exists(os.path.join(self.account.root, "INBOX/.mbsyncstate")))

    def test_what_was_moved_is_mbsyncs_still(self):
        self.given_mail(["A"])
        mover = self.given_tree(Mbsync, inbox="")
        self.do(self.refused("root is INBOX itself"))
        mover.options["inbox"] = "INBOX"
        mover.configure()

        mover.sync()

        self.assertEqual(self.sizes(), {"INBOX": 3, "A": 3})
        self.assertEqual(len(self.maildir.files("INBOX")), 3)

    def test_an_inbox_outside_the_root_is_moved_by_hand(self):
        self.given_mail(["A"])
        outside = self.home.path_of("Outside")
        self.given_tree(Mbsync, inbox=outside)

        os.rename(outside, os.path.join(self.account.root, "INBOX"))  # as the manual says

        self.moves_in()

    def test_a_flattened_tree_is_refused_with_its_key_and_taken_with_it(self):
        self.given_mail()
        self.given_tree(Mbsync, flatten=".")

        self.refused('layout = "flat"', "the dots in its folder")

        self.account.set(layout="flat")
        self.moves_in()

    def test_a_flattened_tree_with_inbox_in_the_root(self):
        self.given_mail()
        self.given_tree(Mbsync, flatten=".", inbox="")

        self.do(self.refused('layout = "flat"', "root is INBOX itself"))

        self.account.set(layout="flat")
        self.moves_in()

    def test_a_tree_flattened_by_another_character_is_refused_with_what_is_to_be_renamed(self):
        self.given_mail(["A/B", "a-b/c", "-d/e", "INBOX/Sub", "Вход/2024"])
        self.given_tree(Mbsync, flatten="_")

        lines = self.do(self.refused("whose levels it joins"))

        self.assertLessEqual({"mkdir -p 'A' && mv 'A_B' 'A/B'", "mkdir -p './-d' && mv './-d_e' './-d/e'"}, set(lines))
        self.moves_in()

    def test_where_a_layout_is_named_nobody_asks(self):
        self.given_mail(["A/B"])
        self.given_tree(Mbsync, flatten=".")
        self.account.set(layout="verbatim")

        self.sync()

        self.assertIn("A.B", self.client.mailboxes())  # as somebody wanted it

    def test_after_the_first_meeting_nobody_asks(self):
        self.given_mail([])
        self.sync()
        self.client.create("A/B")
        self.maildir.create("A.B")

        self.sync()

        self.assertLessEqual({"A/B", "A.B"}, set(self.client.mailboxes()))
        self.assertLessEqual({"A/B", "A.B"}, self.folders())

    def test_a_folder_with_dots_that_is_a_mailbox_of_one_level_is_no_other_shape(self):
        self.given_mail(["a.b", "a/b"])
        self.given_tree(Mbsync)

        self.moves_in()

if __name__ == "__main__":
    main()
