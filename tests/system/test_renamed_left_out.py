"""
A folder whose mailbox `mailboxes` leaves out is renamed here to a name that it does not leave out: {alone, with its parent, before the run that leaves it out,
one of two, its copy} x {both layouts}, and the ways out. Its mail is on the server, and never goes up again.
"""
import os
import shutil
import subprocess

from base import OK, SOME, SystemTest, main
from test_renamed_here import RenamingHere


class LeftOut(RenamingHere):
    def given_left_out(self, *names, runs=1):
        mail = self.given("A", "A/K", "A/L", "Other")
        self.leave_out(*names, runs=runs)
        return mail

    def leave_out(self, *names, runs=1):
        self.account.set(mailboxes=["*"] + ["!" + name for name in names])
        for _ in range(runs):
            self.sync()

    def born(self, name):
        folder = self.maildir.folder(name)
        return subprocess.run(["stat", "-c", "%w", folder, os.path.join(folder, "cur"), os.path.join(folder, "new")],
                              stdout=subprocess.PIPE, check=True).stdout

    def given_of_one_age(self, *names, count=3):
        """
        Folders that were made at once, whatever the file system: it gives all that is made in one tick of its clock one time of birth, and a run that makes
        them takes longer than a tick where it has to wait for a disk.
        """
        for _ in range(100):
            for name in names:
                shutil.rmtree(self.maildir.folder(name), ignore_errors=True)
            for name in names:
                os.makedirs(os.path.dirname(self.maildir.folder(name)), exist_ok=True)
            for part in ("", "cur", "new", "tmp"):
                for name in names:
                    os.mkdir(os.path.join(self.maildir.folder(name), part))
            if len({self.born(name) for name in names}) == 1:
                break
        else:
            self.fail("100 times these folders were not made in one tick of the clock")
        mail = {name: [self.corpus.simple("%s %d" % (name, n)) for n in range(count)] for name in names}
        for name in names:
            for message in mail[name]:
                self.maildir.put(name, message.lf)
        self.sync()
        self.sync()
        self.assert_same()
        return mail

    def assert_held(self, *pairs, runs=2):
        """No run makes a mailbox for these folders, or sends anything; both names are said."""
        for _ in range(runs):
            result = self.sync(expect=SOME)
            for left, new in pairs:
                self.assertIn("%s: can't make this mailbox on the server: its folder is that of mailbox %s," % (new, left), result.err)
                self.assertIn("let mailbox %s in" % left, result.err)
                self.assertNotIn(new, self.client.mailboxes())
            self.assertEqual(self.bodies(), [], self.evidence())

    def let_in(self, old, new):
        """It is met in its folder, and called as that is."""
        self.account.set(mailboxes=None)
        before = self.client.messages(old, bodies=False)

        self.sync()
        self.assertEqual([line for line in self.bodies() if b" APPEND " in line], [])
        self.sync()

        self.assertEqual(self.renamed_up(self.sync("--json")), set())
        self.assertNotIn(old, self.client.mailboxes())
        self.assertEqual(sorted(self.client.messages(new, bodies=False)), sorted(before))
        self.assertEqual(len(self.maildir.files(new)), 3)
        self.assertFalse(os.path.isdir(self.maildir.folder(old)))
        self.assert_in_sync()


class RenamedLeftOutTest(LeftOut, SystemTest):
    server_options = {"special_use": False}

    def test_alone(self):
        mail = self.given_left_out("A/K", runs=2)
        self.mv(("A/K", "R"))

        self.assert_held(("A/K", "R"))

        self.assertTrue(all(self.is_there(m, "A/K") for m in mail["A/K"]))

    def test_in_the_run_that_leaves_it_out(self):
        self.given_left_out("A/K", runs=0)
        self.mv(("A/K", "R"))

        self.assert_held(("A/K", "R"))

    def test_with_its_parent(self):
        self.given_left_out("A/K")
        self.mv(("A", "R"))

        self.assert_held(("A/K", "R/K"))

    def test_two_of_them(self):
        self.given_left_out("A/K", "A/L")
        self.mv(("A", "R"))

        self.assert_held(("A/K", "R/K"), ("A/L", "R/L"))

    def test_a_dry_run_says_it_too(self):
        self.given_left_out("A/K")
        self.mv(("A/K", "R"))

        result = self.run_golub("sync", "--dry-run", "work", expect=SOME)

        self.assertIn("its folder is that of mailbox A/K", result.err)
        self.assertNotIn("made on the server", result.out)

    def test_back_under_its_name(self):
        self.given_left_out("A/K")
        self.mv(("A/K", "R"))
        self.assert_held(("A/K", "R"), runs=1)
        self.mv(("R", "A/K"))

        self.sync()
        self.account.set(mailboxes=None)
        self.sync()

        self.assertEqual(self.client.status("A/K")["messages"], 3)
        self.assertEqual(len(self.maildir.files("A/K")), 3)
        self.assert_in_sync()

    def test_left_out_under_its_new_name_too(self):
        self.given_left_out("A/K")
        self.mv(("A/K", "R"))
        self.assert_held(("A/K", "R"), runs=1)
        self.account.set(mailboxes=["*", "!A/K", "!R"])

        self.sync()

        self.assertNotIn("R", self.client.mailboxes())

    def test_let_in(self):
        self.given_left_out("A/K")
        self.mv(("A/K", "R"))
        self.assert_held(("A/K", "R"), runs=1)

        self.let_in("A/K", "R")

    def test_let_in_before_any_run_saw_it(self):
        self.given_left_out("A/K")
        self.mv(("A/K", "R"))

        self.let_in("A/K", "R")

    def test_let_in_with_its_parent(self):
        self.given_left_out("A/K")
        self.mv(("A", "R"))
        self.assert_held(("A/K", "R/K"), runs=1)

        self.let_in("A/K", "R/K")

    def test_let_in_where_another_one_lost_its_folder(self):
        """Both are of one age: it may be either, and only a person knows."""
        self.given("A", "A/K")
        self.given_of_one_age("A/L", "Other")
        self.leave_out("A/L", "Other")
        shutil.rmtree(self.maildir.folder("A/L"))
        self.mv(("Other", "R"))
        self.account.set(mailboxes=None)

        for _ in range(2):
            result = self.sync(expect=SOME)
            self.assertIn("R: can't make this mailbox on the server: its folder was renamed here while `mailboxes` left its mailbox out", result.err)
            self.assertEqual(self.bodies(), [], self.evidence())

        self.mv(("R", "Other"))
        self.sync()
        self.sync()
        self.assertEqual(self.client.mailboxes(), sorted(["INBOX", "A", "A/K", "A/L", "Other"]))
        self.assertEqual([len(self.maildir.files(name)) for name in ("A/L", "Other")], [3, 3])
        self.assert_in_sync()

    def test_let_in_where_an_older_one_lost_its_folder(self):
        self.given("A/L")
        self.given("Other")
        self.assertNotEqual(self.born("A/L"), self.born("Other"))
        self.leave_out("A/L", "Other")
        shutil.rmtree(self.maildir.folder("A/L"))
        self.mv(("Other", "R"))

        self.let_in("Other", "R")

        self.assertEqual(len(self.maildir.files("A/L")), 3)

    def test_let_in_with_its_parent_where_another_one_lost_its_folder(self):
        self.given_left_out("A/K", "Other")
        shutil.rmtree(self.maildir.folder("Other"))
        self.mv(("A", "R"))

        self.let_in("A/K", "R/K")

    def test_a_copy_is_a_new_one(self):
        self.given_left_out("A/K")
        shutil.copytree(self.maildir.folder("A/K"), self.maildir.folder("R"))

        self.sync(expect=OK)

        self.assertEqual(self.client.status("R")["messages"], 3)

    def test_a_copy_of_one_that_is_gone_is_a_new_one(self):
        self.given_left_out("A/K")
        shutil.copytree(self.maildir.folder("A/K"), self.maildir.folder("R"))
        shutil.rmtree(self.maildir.folder("A/K"))

        self.sync(expect=OK)

        self.assertEqual(self.client.status("R")["messages"], 3)

    def test_one_whose_mailbox_is_gone_there_is_a_new_one(self):
        self.given_left_out("Other")
        self.client.delete_mailbox("Other")
        self.mv(("Other", "R"))

        self.sync(expect=OK)

        self.assertEqual(self.client.status("R")["messages"], 3)


class PlusPlusTest(LeftOut, SystemTest):
    account_options = {"layout": "maildir++"}
    server_options = {"special_use": False}

    def test_with_its_parent_and_let_in(self):
        self.given_left_out("A/K")
        self.mv(("A", "R"), ("A/K", "R/K"), ("A/L", "R/L"))
        self.assert_held(("A/K", "R/K"), runs=1)

        self.let_in("A/K", "R/K")


if __name__ == "__main__":
    main()
