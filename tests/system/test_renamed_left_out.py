"""
A mailbox that `mailboxes` leaves out for a while. {its folder renamed here to a name that is not left out: alone, with its parent, before the run that leaves
it out, one of two, its copy; folders that change places; renamed on the server; another `map`} x {both layouts}, and the ways out. Its mail is on the server, and
never goes up again, nor into another one.
"""
import os
import shutil
import sqlite3
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

    def given_one_that_lost_its_folder(self, count):
        self.given("A", "A/K")
        self.given_of_one_age("A/L", "Other", count=count)
        self.leave_out("A/L", "Other")
        shutil.rmtree(self.maildir.folder("A/L"))
        self.mv(("Other", "R"))

    def test_let_in_where_another_one_of_its_age_lost_its_folder(self):
        """The names of its files tell."""
        self.given_one_that_lost_its_folder(3)

        self.let_in("Other", "R")

        self.assertEqual(len(self.maildir.files("A/L")), 3)

    def test_let_in_where_another_one_of_its_age_and_without_mail_lost_its_folder(self):
        self.given_one_that_lost_its_folder(0)

        self.assert_asked(0)

    def test_let_in_where_an_earlier_version_noted_its_age_alone(self):
        self.given_one_that_lost_its_folder(3)
        journal = sqlite3.connect(self.account.journal_path())
        with journal:
            self.assertEqual(journal.execute("UPDATE meta SET v = substr(v, 1, instr(v, ' ') - 1) WHERE k LIKE 'left-out %'").rowcount, 2)
        journal.close()

        self.assert_asked(3)

    def assert_asked(self, count):
        """It may be either, and only a person knows."""
        self.account.set(mailboxes=None)

        for _ in range(2):
            result = self.sync(expect=SOME)
            self.assertIn("R: can't make this mailbox on the server: its folder was renamed here while `mailboxes` left its mailbox out", result.err)
            self.assertEqual(self.bodies(), [], self.evidence())

        self.mv(("R", "Other"))
        self.sync()
        self.sync()
        self.assertEqual(self.client.mailboxes(), sorted(["INBOX", "A", "A/K", "A/L", "Other"]))
        self.assertEqual([len(self.maildir.files(name)) for name in ("A/L", "Other")], [count, count])
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

    def test_let_in_where_one_of_its_age_lost_its_folder_that_is_chosen(self):
        self.given("A")
        self.given_of_one_age("A/L", "Other")
        shutil.rmtree(self.maildir.folder("A/L"))
        self.sync()
        self.leave_out("Other")
        self.account.set(mailboxes=None)

        self.sync()

        self.assertEqual(self.bodies(), [], self.evidence())
        self.assertFalse(os.path.exists(self.maildir.folder("A/L")))
        self.assertEqual(len(self.maildir.files("Other")), 3)

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


class Waiting(LeftOut):
    def assert_waits(self, *said, runs=2):
        """Nothing travels, and these lines say why."""
        there, here = self.uids(*self.client.mailboxes()), self.maildir.tree()
        for _ in range(runs):
            result = self.sync(expect=SOME)
            for line in said:
                self.assertIn(line, result.err)
            self.assertEqual(self.bodies(), [], self.evidence())
        self.assertEqual(self.uids(*self.client.mailboxes()), there)
        self.assertEqual(self.maildir.tree(), here)

    def assert_as_given(self, mail):
        self.sync()
        self.assertEqual(self.bodies(), [])
        self.sync()
        self.assert_in_sync()
        self.assertEqual(self.quarantined(), [])
        self.assertEqual(sorted(n for n in self.client.mailboxes() if n != "INBOX"), sorted(mail))
        for name, messages in mail.items():
            self.assertEqual(len(self.maildir.files(name)), len(messages))
            self.assertTrue(all(self.maildir.has(name, m) for m in messages))

    def let_all_in(self):
        self.account.set(mailboxes=None)

    def swap(self, a, b):
        self.mv((a, "on"), (b, a), ("on", b))


ANOTHERS = "%s: can't sync this mailbox: what stands at its place here is the folder of mailbox %s, which `mailboxes` left out"


class ChangedPlacesTest(Waiting, SystemTest):
    """The folder of one that is left out stands at another one's path."""
    server_options = {"special_use": False}

    def test_two_that_are_let_in(self):
        mail = self.given_left_out("A/K", "Other")
        self.swap("A/K", "Other")
        self.sync()
        self.let_all_in()

        self.assert_waits(ANOTHERS % ("A/K", "Other"), ANOTHERS % ("Other", "A/K"))

        self.swap("A/K", "Other")
        self.assert_as_given(mail)

    def test_two_of_one_age(self):
        self.given("A")
        mail = self.given_of_one_age("A/L", "Other")
        self.leave_out("A/L", "Other")
        self.swap("A/L", "Other")
        self.let_all_in()

        self.assert_waits(ANOTHERS % ("A/L", "Other"), ANOTHERS % ("Other", "A/L"))

        self.swap("A/L", "Other")
        self.sync()
        self.assertEqual(self.bodies(), [])
        self.assertTrue(all(self.is_there(m, name) for name in mail for m in mail[name]))

    def test_one_of_two_is_let_in(self):
        mail = self.given_left_out("A/K", "Other")
        self.swap("A/K", "Other")
        self.account.set(mailboxes=["*", "!A/K"])

        self.assert_waits(ANOTHERS % ("Other", "A/K"))

        self.swap("A/K", "Other")
        self.sync()
        self.let_all_in()
        self.assert_as_given(mail)

    def test_with_one_that_is_chosen(self):
        mail = self.given_left_out("A/K")
        self.swap("A/K", "Other")
        came = self.corpus.simple("came meanwhile")
        self.client.append("Other", came.bytes)

        self.assert_waits(ANOTHERS % ("Other", "A/K"))
        self.let_all_in()
        self.assert_waits(ANOTHERS % ("Other", "A/K"), "A/K: can't find the folder of this mailbox: its own one")

        self.swap("A/K", "Other")
        self.sync()
        self.assertTrue(self.maildir.has("Other", came))
        mail["Other"].append(came)
        self.assert_as_given(mail)

    def test_with_one_that_is_chosen_and_of_one_age(self):
        self.given("A")
        mail = self.given_of_one_age("A/L", "Other")
        self.leave_out("A/L")
        self.swap("A/L", "Other")

        self.assert_waits(ANOTHERS % ("Other", "A/L"))

        self.swap("A/L", "Other")
        self.sync()
        self.assertEqual(self.bodies(), [])
        self.assertTrue(all(self.is_there(m, name) for name in mail for m in mail[name]))

    def test_into_the_place_of_one_that_is_chosen(self):
        """Its own folder has gone, and is no new mailbox."""
        mail = self.given_left_out("A/K")
        self.mv(("Other", "R"), ("A/K", "Other"))

        self.assert_waits(ANOTHERS % ("Other", "A/K"))

        self.mv(("Other", "A/K"), ("R", "Other"))
        self.sync()
        self.let_all_in()
        self.assert_as_given(mail)

    def test_into_the_place_of_one_that_is_chosen_and_of_one_age_and_let_in(self):
        """The folder that had to go is of its age, and not its own."""
        self.given("A")
        mail = self.given_of_one_age("A/L", "Other")
        self.leave_out("A/L")
        self.mv(("Other", "R"), ("A/L", "Other"))
        self.let_all_in()

        self.assert_waits(ANOTHERS % ("Other", "A/L"), "A/L: can't find the folder of this mailbox", "R: can't make this mailbox on the server")

        self.mv(("Other", "A/L"), ("R", "Other"))
        self.sync()
        self.assertEqual(self.bodies(), [])
        self.assertTrue(all(self.is_there(m, name) for name in mail for m in mail[name]))

    def test_mail_that_moved_into_one_that_is_chosen_is_new_mail_there(self):
        mail = self.given_left_out("A/K")
        for file in self.maildir.files("A/K"):
            self.maildir.move(file, "Other")

        self.sync(expect=OK)

        self.assertTrue(all(self.is_there(m, "Other") for m in mail["A/K"] + mail["Other"]))

    def test_a_new_folder_at_its_place(self):
        mail = self.given_left_out("A/K")
        self.mv(("A/K", "R"))
        self.maildir.create("A/K")
        self.let_all_in()

        self.assert_waits("A/K: can't find the folder of this mailbox: its own one, from before `mailboxes` left it out, is \"R\", and another one "
                          "stands at its place")

        shutil.rmtree(self.maildir.folder("A/K"))
        self.mv(("R", "A/K"))
        self.assert_as_given(mail)

    def test_a_copy_of_the_whole_tree_is_what_its_names_say(self):
        mail = self.given_left_out("A/K", "Other")
        for name in ("A/K", "Other"):
            shutil.copytree(self.maildir.folder(name), self.maildir.folder("copy"))
            shutil.rmtree(self.maildir.folder(name))
            os.rename(self.maildir.folder("copy"), self.maildir.folder(name))
        self.let_all_in()

        self.assert_as_given(mail)


class RenamedThereMeanwhileTest(Waiting, SystemTest):
    """The server says which mailbox it is, whatever it is called by now."""
    server_options = {"special_use": False}

    def followed(self, mail, *pairs):
        for old, new in pairs:
            mail[new] = mail.pop(old)
        self.assert_as_given(mail)

    def test_to_a_name_that_is_chosen(self):
        mail = self.given_left_out("A/K")
        self.rename(("A/K", "R"))

        self.followed(mail, ("A/K", "R"))

    def test_its_line_for_people(self):
        self.given_left_out("A/K")
        self.rename(("A/K", "R"))

        self.assertIn("work/A/K: would be renamed here to R\n", self.run_golub("sync", "--dry-run", "work").out)
        self.assertIn("work/A/K: renamed here to R\n", self.sync().out)

    def test_let_in_later(self):
        mail = self.given_left_out("A/K", "R")
        self.rename(("A/K", "R"))
        self.sync()
        self.let_all_in()

        self.followed(mail, ("A/K", "R"))

    def test_with_what_is_below_it(self):
        mail = self.given("A", "A/K", "Other")
        self.leave_out("A")
        self.rename(("A", "R"))

        self.followed(mail, ("A", "R"), ("A/K", "R/K"))

    def test_a_chain(self):
        mail = self.given_left_out("A/K", "Other", "R")
        self.rename(("A/K", "R"), ("Other", "A/K"))
        self.let_all_in()

        self.followed(mail, ("A/K", "R"), ("Other", "A/K"))

    def test_a_swap(self):
        mail = self.given_left_out("A/K", "Other")
        self.rename(("A/K", "on"), ("Other", "A/K"), ("on", "Other"))
        self.let_all_in()

        self.assert_waits(ANOTHERS % ("A/K", "Other"), ANOTHERS % ("Other", "A/K"))

        self.swap("A/K", "Other")
        mail["A/K"], mail["Other"] = mail["Other"], mail["A/K"]
        self.assert_as_given(mail)

    def test_here_too(self):
        """The server's name counts."""
        mail = self.given_left_out("A/K", "R", "S")
        self.rename(("A/K", "R"))
        self.mv(("A/K", "S"))
        self.let_all_in()

        self.followed(mail, ("A/K", "R"))

    def test_where_pull_makes_no_folders(self):
        mail = self.given_left_out("A/K")
        self.account.set(pull=["new", "flags"])
        self.rename(("A/K", "R"))
        self.sync()
        self.let_all_in()

        self.assert_waits("A/K: can't make this mailbox on the server: its folder is that of mailbox A/K, which `mailboxes` left out, and which the server "
                          "calls R now")

        self.mv(("A/K", "R"))
        self.followed(mail, ("A/K", "R"))


class NumbersTest(Waiting, SystemTest):
    """Nothing but UIDVALIDITY and UIDNEXT says which mailbox it is: a person does."""
    server_options = {"special_use": False}
    account_options = {"disable": ["X-GUID"]}

    def test_to_a_name_that_is_chosen(self):
        mail = self.given_left_out("A/K")
        self.rename(("A/K", "R"))

        self.assert_waits("R: can't find the folder of this mailbox: perhaps it is mailbox A/K, which `mailboxes` left out, under another name")

        self.mv(("A/K", "R"))
        mail["R"] = mail.pop("A/K")
        self.sync()
        self.let_all_in()
        self.assert_as_given(mail)

    def test_it_is_another_one(self):
        self.given_left_out("A/K")
        self.rename(("A/K", "R"))
        self.assert_waits("R: can't find the folder", runs=1)
        away = os.path.join(os.path.dirname(self.maildir.root), "away")
        os.rename(self.maildir.folder("A/K"), away)
        self.sync()
        os.rename(away, self.maildir.folder("A/K"))
        self.let_all_in()

        self.sync(expect=OK)

        self.assertEqual((len(self.maildir.files("A/K")), len(self.maildir.files("R"))), (3, 3))


class AnotherMapTest(Waiting, SystemTest):
    """`map` changes while it is left out: no person renamed anything."""
    server_options = {"special_use": False}

    def changed(self, before, after):
        self.account.set(map=before)
        mail = {name: self.corpus.simple(name) for name in ("A", "Other")}
        for name in mail:
            self.client.create(name)
            self.client.fill(name, [mail[name]])
        self.sync()
        self.account.set(mailboxes=["*", "!Other"])
        self.sync()
        self.account.set(map=after)
        self.sync(expect=OK)
        self.sync(expect=OK)
        self.let_all_in()
        result = self.sync("--json", expect=OK)
        self.assertEqual((self.renamed_up(result), self.bodies()), (set(), []))
        self.sync()
        self.assertEqual(self.client.mailboxes(), ["A", "INBOX", "Other"])
        self.assertTrue(self.is_there(mail["Other"], "Other"))
        self.assertEqual(self.bodies(), [])

    def test_taken_out(self):
        self.changed(["Other=Else"], None)

        self.assertEqual(sorted(self.maildir.mailboxes()), ["A", "INBOX", "Other"])
        self.assert_in_sync()

    def test_put_in(self):
        self.changed(None, ["Other=Else"])

        self.assertEqual(sorted(self.maildir.mailboxes()), ["A", "Else", "INBOX"])

    def test_another_name(self):
        self.changed(["Other=Else"], ["Other=Elsewhere"])

        self.assertEqual(sorted(self.maildir.mailboxes()), ["A", "Elsewhere", "INBOX"])


class PlusPlusTest(Waiting, SystemTest):
    account_options = {"layout": "maildir++"}
    server_options = {"special_use": False}

    def test_with_its_parent_and_let_in(self):
        self.given_left_out("A/K")
        self.mv(("A", "R"), ("A/K", "R/K"), ("A/L", "R/L"))
        self.assert_held(("A/K", "R/K"), runs=1)

        self.let_in("A/K", "R/K")

    def test_renamed_there_with_what_is_below_it(self):
        mail = self.given("A", "A/K", "Other")
        self.leave_out("A")
        self.rename(("A", "R"))
        mail["R"], mail["R/K"] = mail.pop("A"), mail.pop("A/K")

        self.assert_as_given(mail)


if __name__ == "__main__":
    main()
