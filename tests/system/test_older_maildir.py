"""
A Maildir that comes back from a backup of before a run which changed no mail here: it is known as an older one, and its names, folders and flags are nobody's
wish. {renamed here, there, on both sides, made there, flags that both sides got} x {mail that came since, that went since}. Renamed here by a run that was killed.
"""
import os
import shutil
import subprocess

from base import SystemTest, main
from lettersbase import LettersTest
from test_renamed_there import Renaming


class Backup:
    def keep(self):
        self.kept = self.home.path_of("kept")
        subprocess.run(["cp", "-a", self.account.root, self.kept], check=True)

    def bring_back(self):
        shutil.rmtree(self.account.root)
        subprocess.run(["cp", "-a", self.kept, self.account.root], check=True)


class Since(Backup, Renaming):
    def given_backup(self, *mailboxes, count=3):
        mail = self.given(*mailboxes, count=count)
        self.keep()
        return mail

    def mv(self, old, new):
        os.rename(self.maildir.folder(old), self.maildir.folder(new))


class RenamedSinceTest(Since, SystemTest):
    """Its folders get the names that their mailboxes have."""
    server_options = {"special_use": False}
    account_options = {"max_delete": "off"}

    def grow(self, *mailboxes):
        """Half of the mail there came after the backup."""
        for name in mailboxes:
            self.client.fill(name, [self.corpus.simple("later in %s %d" % (name, n)) for n in range(4)])
        self.sync()

    def assert_as_on_the_server(self, mailboxes, more=0):
        before = {name: self.client.status(name)["messages"] + (more if name == "M" else 0) for name in mailboxes}
        for _ in range(3):
            self.sync()
        self.assertEqual(sorted(self.client.mailboxes()), sorted(["INBOX", *mailboxes]))
        self.assertEqual({name: self.client.status(name)["messages"] for name in mailboxes}, before)
        self.assert_in_sync()

    def test_one_that_was_renamed_there(self):
        self.given_backup("A", "B")
        self.rename(("A", "M"))
        self.sync()
        self.grow("M")
        self.bring_back()

        self.assert_as_on_the_server(["B", "M"])

    def test_one_that_was_renamed_here(self):
        self.given_backup("A", "B")
        self.mv("A", "M")
        self.sync()
        self.grow("M")
        self.bring_back()

        self.assert_as_on_the_server(["B", "M"])

    def test_two_that_changed_places(self):
        self.given_backup("A", "B")
        self.rename(("A", "on"), ("B", "A"), ("on", "B"))
        self.sync()
        self.grow("A", "B")
        self.bring_back()

        self.assert_as_on_the_server(["A", "B"])

    def test_renamed_here_and_nothing_else(self):
        self.given_backup("A", "B")
        self.mv("A", "M")
        self.sync()
        self.bring_back()

        self.assert_as_on_the_server(["B", "M"])

    def test_renamed_on_both_sides_and_nothing_else(self):
        self.given_backup("A", "B")
        self.rename(("A", "M"))
        self.mv("A", "M")
        self.sync()
        self.bring_back()

        self.assert_as_on_the_server(["B", "M"])

    def test_two_that_changed_places_on_both_sides_and_nothing_else(self):
        self.given_backup("A", "B")
        self.rename(("A", "on"), ("B", "A"), ("on", "B"))
        for old, new in (("A", "on"), ("B", "A"), ("on", "B")):
            self.mv(old, new)
        self.sync()
        before = {name: sorted(self.client.messages(name, bodies=False)) for name in "AB"}
        self.bring_back()

        self.assert_as_on_the_server(["A", "B"])
        self.assertEqual({name: sorted(self.client.messages(name, bodies=False)) for name in "AB"}, before)

    def test_most_of_its_mail_was_removed_since(self):
        """What was removed comes again, once; nothing is there twice."""
        mail = self.given_backup("A", "B", count=9)["A"]
        self.rename(("A", "M"))
        self.sync()
        for m in mail[:7]:
            self.client.expunge("M", self.client.uid_of("M", m))
        self.sync()
        self.bring_back()

        self.assert_as_on_the_server(["B", "M"], more=7)


class CutOffSinceTest(Since, SystemTest):
    """The run that renames there is killed before it reads an answer: the journal still has the name of before."""
    server_options = {"special_use": False}

    def killed_at_rename(self, number):
        seen = []

        def kill(data):
            seen.extend([data] * data.count(b"OK Rename"))
            if len(seen) >= number:
                process.kill()
                return b""
            return data

        self.through(edit_down=kill)
        process = self.home.start("sync", "work")
        process.communicate(timeout=60)
        self.through()
        self.assertEqual(len(seen), number, self.evidence())
        self.assertNotIn("golub-rename", self.home.run("status", "work").out)

    def assert_equal_names(self, *mailboxes):
        for _ in range(3):
            result = self.sync("-v")
            self.assertNotIn("golub-rename", result.out + result.err + self.home.run("status", "work").out, "no name that people know")
        self.assertEqual(sorted(self.client.mailboxes()), sorted(["INBOX", *mailboxes]), result)
        self.assertEqual(sorted(self.maildir.mailboxes()), sorted(["INBOX", *mailboxes]), result)
        self.assertEqual(self.quarantined(), [])
        self.assert_in_sync()

    def test_a_folder_follows_to_the_name_that_its_mailbox_has_there(self):
        self.given_backup("A", "A/Kid", "Other")
        self.mv("A", "M")
        self.killed_at_rename(1)
        self.bring_back()

        self.assert_equal_names("M", "M/Kid", "Other")

    def test_a_chain_that_never_went_out(self):
        """Each folder of before stands at the path of another one by the journal: their files tell."""
        mail = self.given_backup("A", "C")
        self.mv("C", "B")
        self.mv("A", "C")

        def kill(data):
            if b" RENAME " not in data:
                return data
            process.kill()
            return b""

        self.through(edit_up=kill)
        process = self.home.start("sync", "work")
        process.communicate(timeout=60)
        self.through()
        self.bring_back()

        self.assert_equal_names("A", "C")
        for name in ("A", "C"):
            self.assertEqual(len(self.client.messages(name)), len(mail[name]))

    def changed_places(self, number, *names):
        """A name for a while is nobody's: where both have left it the rest is done, else the first one goes back."""
        self.given_backup("A", "A/Kid", "B")
        for old, new in (("A", "on"), ("B", "A"), ("on", "B")):
            self.mv(old, new)
        self.killed_at_rename(number)
        self.bring_back()

        self.assert_equal_names(*names)

    def test_one_has_its_name_for_a_while(self):
        self.changed_places(1, "A", "A/Kid", "B")

    def test_and_the_other_one_its_own(self):
        self.changed_places(2, "A", "B", "B/Kid")

    def test_and_both(self):
        self.changed_places(3, "A", "B", "B/Kid")

    def test_a_child_that_went_out_of_a_folder_with_another_name(self):
        """What the folder of before is to be called is known once it is known what became of the last RENAME."""
        self.given_backup("A", "A/Kid", "Other")
        self.mv("A", "M")
        self.mv("M/Kid", "A")
        self.killed_at_rename(2)
        self.bring_back()

        self.assert_equal_names("A", "M", "Other")

    def test_a_circle_of_three_goes_back_to_where_it_came_from(self):
        """The first one has a name for a while, the second its new one, and the third, which never went, the one that the first waits for."""
        for number in (1, 2, 3):
            with self.subTest(number):
                mail = self.given_backup("A", "C", "E")
                for old, new in (("A", "on"), ("C", "A"), ("E", "C"), ("on", "E")):
                    self.mv(old, new)
                self.killed_at_rename(number)
                self.bring_back()

                self.assert_equal_names("A", "C", "E")
                if number < 3:
                    self.assertEqual([len(self.client.messages(name)) for name in mail], [len(m) for m in mail.values()])
                    self.assertTrue(all(self.is_there(mail[name][0], name) for name in mail))
            self.doCleanups()
            self.setUp()

    def test_one_that_was_renamed_back_here_goes_back_there(self):
        self.given("A", "A/Kid", "Other")
        self.mv("A", "M")
        self.killed_at_rename(1)
        self.mv("M", "A")

        self.assert_equal_names("A", "A/Kid", "Other")


class MadeSinceTest(Since, SystemTest):
    """Its folder is not here, and nobody removed it."""
    account_options = {"push": ["new", "flags", "deletes", "mailboxes", "mailbox-deletes"]}

    def test_a_mailbox_that_was_made_there(self):
        self.given_backup("A")
        self.maildir.create("New")
        self.sync()
        self.bring_back()

        self.sync()
        self.sync()

        self.assertIn("New", self.client.mailboxes())
        self.assertIn("New", self.maildir.mailboxes())


class FlagsSinceTest(Since, SystemTest):
    def test_flags_that_both_sides_got(self):
        """Nothing had to be carried, and nobody took them off since."""
        mail = self.given_backup("A")["A"]
        self.client.store("A", self.client.uid_of("A", mail[0]), "+", ["\\Flagged"])
        self.maildir.flag(self.maildir.find("A", mail[0]), "F")
        self.sync()
        self.bring_back()

        self.sync()
        self.sync()

        self.assertIn("\\Flagged", self.flags_there(mail[0], "A"))
        self.assert_in_sync()

class KeywordsSinceTest(Backup, LettersTest):
    account_options = {"keywords": "letters", "keyword_removals": "yes"}

    def test_a_keyword_that_both_sides_got(self):
        """... of which a name in the older Maildir has no letter."""
        self.client.store("INBOX", self.uid(0), "+", ["later"])
        self.sync()
        self.keep()
        self.client.store("INBOX", self.uid(1), "+", ["later"])
        self.rename(1, add=self.letter("later"))
        self.sync()
        self.bring_back()

        self.sync()
        self.sync()

        self.assertEqual(self.there(1), ["later"])
        self.assert_in_sync()


if __name__ == "__main__":
    main()
