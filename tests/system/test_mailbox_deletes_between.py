"""
A mailbox that goes (test_mailbox_deletes.py), and what comes in between: {a mailbox below it, mail, another one of its name, its folder, another policy}
x {in the moment of its RENAME, after a run that died}; a symbolic link in its place; a folder that can't be looked into, or does not go.
"""
import contextlib
import os
import re
import shutil
import sqlite3
import unittest

from base import HELD, OK, SOME, SystemTest, main
from rig import ahead, killer
from test_closed_folder import POWERLESS, can_be_closed
from test_mailbox_deletes import ALL, Deleting

DAY = 86400


class Between(Deleting):
    def intents(self):
        with contextlib.closing(sqlite3.connect(self.account.journal_path())) as db:
            return db.execute("SELECT count(*) FROM op").fetchone()[0]

    def busy(self):
        """A run in which something, as a mount, stands in the way of each rmdir in the folder."""
        return self.home.run("sync", "work", env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"},
                             prefix=("strace", "-f", "-qq", "-o", "/dev/null", "-P", self.maildir.folder("A"),
                                     "-e", "trace=unlinkat", "-e", "inject=unlinkat:error=EBUSY:when=1+"))

    def asides(self):
        return [n for n in self.client.mailboxes() if "golub-delete-" in n]


class MeanwhileTest(Between, SystemTest):
    account_options = {"push": ALL}
    server_options = {"special_use": False}

    def at_first(self, word, do):
        """Once golub sends this word, and before the server has it."""
        done = []

        def look(data):
            if word in data and not done:
                done.append(True)
                do()
            return data

        self.through(edit_up=look)
        return done

    def test_one_that_is_made_below_it_is_not_carried_along(self):
        self.given("A")
        self.rm("A")
        other, mail = self.new_client(), self.corpus.simple("kid's")

        def make():
            other.create("A/Kid")
            other.append("A/Kid", mail.bytes)

        done = self.at_first(b"RENAME ", make)
        self.sync(expect=SOME)
        self.assertEqual(done, [True])

        self.sync()
        self.sync()

        self.assertEqual(self.asides(), [])
        self.assertTrue(self.is_there(mail, "A/Kid"))
        self.assertEqual(len(self.maildir.files("A/Kid")), 1)
        self.assertIn("A", self.client.mailboxes())

    def test_one_that_is_made_below_its_other_name_is_handed_back(self):
        self.given("A")
        self.rm("A")
        other, mail = self.new_client(), self.corpus.simple("kid's")

        def make():
            aside = next(n for n in other.mailboxes() if "golub-delete-" in n)
            other.create(aside + "/Kid")
            other.append(aside + "/Kid", mail.bytes)

        done = self.at_first(b"DELETE ", make)
        self.sync()
        self.assertEqual(done, [True])

        self.sync()

        self.assertEqual(self.asides(), [])
        self.assertTrue(self.is_there(mail, "A/Kid"))
        self.assertEqual(len(self.maildir.files("A/Kid")), 1)

    def test_mail_that_comes_in_the_moment_of_its_delete_is_said(self):
        self.given("A")
        self.rm("A")
        other, mail = self.new_client(), self.corpus.simple("late")

        def fill():
            other.append(next(n for n in other.mailboxes() if "golub-delete-" in n), mail.bytes)

        done = self.at_first(b"DELETE ", fill)
        result = self.sync(expect=SOME)

        self.assertEqual(done, [True])
        self.assertIn("keep mail that came in the moment when this mailbox was deleted: it went with the mailbox", result.err)
        self.assert_gone("A")
        self.assert_in_sync()


class DiedTest(Between, SystemTest):
    """It has its other name, and golub died."""
    account_options = {"push": ALL}
    server_options = {"special_use": False}

    def setUp(self):
        super().setUp()
        self.given("A")
        self.rm("A")
        process = []

        def look(data):
            if b"DELETE " not in data or process[0].poll() is not None:
                return data
            process[0].kill()
            process[0].wait()
            return b""

        self.through(edit_up=look)
        process.append(self.home.start("sync", "work"))
        process[0].communicate()
        self.through()
        self.assertEqual((len(self.asides()), self.intents()), (1, 1))

    def assert_settled(self):
        self.assertEqual((self.asides(), self.intents()), ([], 0))
        self.assert_in_sync()

    def test_nothing_happened(self):
        result = self.sync()

        self.assertIn("work/A: deleted on the server: its folder is gone here\n", result.out)
        self.assert_gone("A")
        self.assert_settled()

    def test_its_folder_is_here_again(self):
        self.maildir.create("A")
        self.maildir.deliver("A", self.corpus.simple("ours").lf)

        result = self.sync()

        self.assertNotIn("deleted on the server", result.out)
        self.assertEqual(self.client.status("A")["messages"], 1)
        self.assert_settled()

    def test_its_folder_is_here_again_and_another_one_has_its_name(self):
        mail = self.corpus.simple("theirs")
        self.maildir.create("A")
        self.client.create("A")
        self.client.append("A", mail.bytes)

        result = self.sync()

        self.assertNotIn("deleted on the server", result.out)
        self.assertEqual(len(self.maildir.files("A")), 1)
        self.assertTrue(self.is_there(mail, "A"))
        self.assert_settled()

    def test_mail_came_to_it(self):
        self.client.append(self.asides()[0], self.corpus.simple("late").bytes)

        self.sync()

        self.assertEqual(len(self.maildir.files("A")), 1)
        self.assert_settled()

    def test_mail_came_to_it_and_another_one_has_its_name(self):
        aside, mail = self.asides()[0], self.corpus.simple("late")
        self.client.append(aside, mail.bytes)
        self.client.create("A")

        result = self.sync(expect=SOME)
        self.assertIn("give this mailbox its name back, which is " + aside, result.err)
        self.sync()
        self.assertEqual(len(self.maildir.files(aside)), 1)
        self.client.rename_mailbox(aside, "B")
        self.sync()

        self.assertTrue(self.is_there(mail, "B"))
        self.assertEqual(sorted(self.maildir.mailboxes()), ["A", "B", "INBOX"])
        self.assert_settled()

    def test_one_was_made_below_it(self):
        mail = self.corpus.simple("kid's")
        self.client.create(self.asides()[0] + "/Kid")
        self.client.append(self.asides()[0] + "/Kid", mail.bytes)

        self.sync()
        self.sync()

        self.assertTrue(self.is_there(mail, "A/Kid"))
        self.assertEqual((self.asides(), self.intents()), ([], 0))

    def test_it_went_and_only_one_below_it_is_left(self):
        """... whose name somebody gave to another one, too."""
        aside, mail = self.asides()[0], self.corpus.simple("kid's")
        self.client.create(aside + "/Kid")
        self.client.append(aside + "/Kid", mail.bytes)
        self.client.delete_mailbox(aside)
        self.client.create("A")
        self.client.create("A/Kid")

        result = self.sync(expect=SOME)

        self.assertIn(f"give what came below this mailbox its name back, which is below {aside} now", result.err)
        self.assertNotIn("give this mailbox its name back", result.err)
        self.sync()
        self.assertEqual(len(self.maildir.files(aside + "/Kid")), 1)
        self.assertEqual(self.intents(), 0)
        self.assert_in_sync()

    def test_it_went_and_another_one_has_its_name(self):
        self.client.delete_mailbox(self.asides()[0])
        self.client.create("A")

        self.sync()
        self.sync()

        self.assertEqual(sorted(self.maildir.mailboxes()), ["A", "INBOX"])
        self.assert_settled()

    def test_the_key_was_taken_out(self):
        self.taken_back(None)

    def test_the_word_was_taken_back(self):
        self.taken_back(["new", "flags", "mailboxes", "deletes"])

    def taken_back(self, words):
        self.account.set(push=words)
        self.sync()
        self.assertEqual((self.asides(), self.intents()), ([], 0))
        self.assertIn("A", self.client.mailboxes())
        self.account.set(push=ALL)
        self.sync()

        self.assert_gone("A")
        self.assert_settled()


class RefusedTest(Between, SystemTest):
    """The server says no."""
    account_options = {"push": ALL}
    server_options = {"special_use": False}

    def given_refused(self, edit):
        self.given("A", "Other")
        self.rm("A")
        self.through(edit_up=edit)
        self.assert_told()
        self.assertTrue(self.asked())

    def asked(self):
        return [line for line in self.proxy.sent() if b" RENAME " in line or b" DELETE " in line]

    def assert_told(self, later=0):
        self.assertRegex(self.sync(expect=SOME, env=ahead.by(later)).err, r"work/A: can't delete this mailbox on the server: the server says: \S")
        self.assertEqual((set(self.client.mailboxes()), self.client.status("A")["messages"]), ({"INBOX", "A", "Other"}, 0))

    def is_asked_again_once_on_each_day(self):
        for day in (1, 2, 3):
            self.assert_told(day * DAY - 600)
            self.assertEqual(self.asked(), [], day)
            self.assert_told(day * DAY + 60)
            self.assertTrue(self.asked(), day)
            self.assert_told(day * DAY + 120)
            self.assertEqual(self.asked(), [], day)
        self.through()

        self.sync(env=ahead.by(4 * DAY + 180))

        self.assert_gone("A")
        self.assertNotIn("delete-there", self.status())

    def test_the_name_between_is_asked_for_again_once_on_each_day(self):
        self.given_refused(lambda data: re.sub(rb'RENAME "?A"? "?golub-delete-[-\d]+"?', b"RENAME A Other", data))
        self.is_asked_again_once_on_each_day()

    def test_its_deletion_is_asked_for_again_once_on_each_day(self):
        self.given_refused(lambda data: re.sub(rb'DELETE "?golub-delete-[-\d]+"?', b"DELETE INBOX", data))
        self.is_asked_again_once_on_each_day()


class KeptBackTest(Between, SystemTest):
    """Gone while the configuration let no mailbox go: the day when it is named decides nothing about what was lost before."""
    server_options = {"special_use": False}

    def test_there(self):
        self.given("A", "B")
        self.rm("A")
        self.sync()
        self.sync()
        self.account.set(push=ALL)

        self.sync(expect=HELD)
        self.sync(expect=HELD)
        self.assertEqual(self.client.status("A")["messages"], 3)
        self.sync("--confirm-deletes")

        self.assert_gone("A")
        self.rm("B")
        self.sync()
        self.assert_gone("B")

    def test_here(self):
        self.given("A", "B", "C")
        self.client.delete_mailbox("A")
        self.sync()
        self.account.set(pull=ALL)

        self.sync()
        self.sync(expect=HELD)
        self.sync(expect=HELD)
        self.assertEqual(len(self.maildir.files("A")), 3)
        self.sync("--confirm-deletes")

        self.assert_gone("A")
        self.client.delete_mailbox("B")
        self.sync()
        self.sync()
        self.assert_gone("B")

    def test_the_way_out_that_golub_policies_names(self):
        """Kept here, and a mailbox of that name is made there: it has all of it."""
        self.given("A", "B")
        self.client.delete_mailbox("A")
        self.sync()
        self.maildir.deliver("A", self.corpus.simple("ours").lf)
        self.sync("--reject-deletes")
        self.assertNotIn("A", self.client.mailboxes())
        self.client.create("A")

        self.sync()
        self.sync()

        self.assertEqual(self.client.status("A")["messages"], 4)
        self.assert_in_sync()

    def test_what_keeps_it_longer(self):
        self.given("A", "B")
        notes = os.path.join(self.maildir.folder("A"), "notes.txt")
        self.client.delete_mailbox("A")
        self.sync()
        with open(notes, "w") as f:
            f.write("mine")
        self.account.set(pull=ALL)
        for _ in range(3):
            self.sync()
        os.unlink(notes)

        self.sync(expect=HELD)

        self.assertEqual(len(self.maildir.files("A")), 3)

    def test_the_other_answer(self):
        self.given("A", "B")
        self.rm("A")
        self.sync()
        self.account.set(push=ALL)
        self.sync(expect=HELD)

        self.sync("--reject-deletes")

        self.assertEqual(len(self.maildir.files("A")), 3)
        self.assert_stays("A", 3)

    def test_one_folder_alone_does_not_end_it(self):
        self.given("A", "B")
        self.rm("A")
        self.sync()
        self.account.set(push=ALL)
        self.sync("--pull")
        self.check(self.home.run("sync", "work/B"), OK)

        self.sync(expect=HELD)

    def test_without_the_guard(self):
        self.account.set(**{"max-delete": "off"})
        self.given("A", "B")
        self.rm("A")
        self.sync()
        self.account.set(push=ALL)

        self.sync()

        self.assert_gone("A")


class RenamedTest(Between, SystemTest):
    """Its folder got another name here, and it goes there, before golub saw either."""
    account_options = {"push": ALL, "pull": ALL}
    server_options = {"special_use": False}

    def given_both(self):
        self.given("A", "B")
        os.rename(self.maildir.folder("A"), self.maildir.folder("R"))
        self.client.delete_mailbox("A")

    def test_it_goes_in_the_second_run(self):
        self.given_both()

        self.sync()
        self.assertEqual(len(self.maildir.files("R")), 3)
        self.sync()

        self.assertEqual(sorted(self.maildir.mailboxes()), ["B", "INBOX"])
        self.assertEqual(len(self.quarantined()), 3)
        self.assert_in_sync()

    def test_it_goes_though_another_one_has_its_old_name_there(self):
        """What has that name is another mailbox: the proof that this one is gone."""
        self.given_both()
        self.sync()
        other = self.corpus.simple("another one")
        self.client.create("A")
        self.client.append("A", other.bytes)

        self.sync()
        self.sync()

        self.assertEqual(sorted(self.maildir.mailboxes()), ["A", "B", "INBOX"])
        self.assertTrue(self.maildir.has("A", other))
        self.assertEqual(len(self.quarantined()), 3)
        self.assert_in_sync()

    def test_its_old_name_is_free(self):
        """Renamed there at the same time, where nothing tells that it is the same one; and another folder takes its name here."""
        self.account.set(pull=None, push=None, disable=["X-GUID"])
        mail = self.given("A", "B")
        self.client.rename_mailbox("A", "Q")
        os.rename(self.maildir.folder("A"), self.maildir.folder("Z"))
        os.rename(self.maildir.folder("B"), self.maildir.folder("A"))

        for _ in range(3):
            self.account.sync()
        result = self.sync()

        self.assertEqual(result.err, "")
        self.assertEqual(sorted(self.client.mailboxes())[:2], ["A", "INBOX"])
        self.assertEqual(self.client.status("A")["messages"], 3)
        for message in mail["B"]:
            self.assertTrue(self.is_there(message, "A"))
        self.assertEqual(len([m for n in self.client.mailboxes() for m in self.client.messages(n)]), 6)
        self.assertEqual(len(self.maildir.files("A")), 3)

    def test_without_the_word_it_has_its_new_name(self):
        self.account.set(pull=None, push=None)
        self.given_both()

        result = self.sync()
        self.sync()

        self.assertIn("work/R: it is gone on the server; what is here stays\n", result.out)
        self.assertRegex(self.status(), r"work: R +3 ")
        self.assertNotRegex(self.status(), r"work: A +3 ")


class LeftOutTest(Between, SystemTest):
    """Its folder gets a name that `mailboxes` leaves out."""
    account_options = {"push": ALL, "pull": ALL, "mailboxes": ["*", "!X*"]}
    server_options = {"special_use": False}

    def test_it_waits_for_the_word(self):
        self.given("A", "B")
        os.rename(self.maildir.folder("A"), self.maildir.folder("X1"))

        for _ in range(2):
            self.sync(expect=HELD)
            self.assertEqual(self.client.status("A")["messages"], 3)
        self.sync("--confirm-deletes")

        self.assert_gone("A")
        self.assertEqual(len(self.maildir.files("X1")), 3)

    def test_and_its_old_one_again(self):
        self.given("A", "B")
        os.rename(self.maildir.folder("A"), self.maildir.folder("X1"))
        self.sync(expect=HELD)
        os.rename(self.maildir.folder("X1"), self.maildir.folder("A"))

        self.assert_stays("A", 3)

    def assert_stays_though_renamed_there(self):
        """It is not gone: it has a name that is not followed, and gets that here once it is let in."""
        self.given("A", "B")
        self.client.select("INBOX")
        self.client.rename_mailbox("A", "X1")

        for _ in range(4):
            self.sync()
            self.assertEqual(len(self.maildir.files("A")), 3)
        self.assertIn("which `mailboxes` leaves out", self.status())
        self.account.set(mailboxes=None)
        self.sync()
        self.sync()

        self.assertEqual(sorted(self.maildir.mailboxes()), ["B", "INBOX", "X1"])
        self.assertEqual(self.quarantined(), [])
        self.assert_in_sync()

    def test_renamed_there(self):
        self.assert_stays_though_renamed_there()

    def test_renamed_there_where_nobody_says_what_it_is(self):
        self.account.set(disable=["X-GUID"])
        self.assert_stays_though_renamed_there()

    def test_one_of_its_files_alone(self):
        self.given("A", "B")
        self.maildir.create("X1")
        f = self.maildir.files("A")[0]
        os.rename(f.path, os.path.join(self.maildir.folder("X1"), "cur", os.path.basename(f.path)))
        self.rm("A")

        self.sync()

        self.assert_gone("A")


class MovedAwayTest(Between, SystemTest):
    """Its mail moved elsewhere there before it went; golub dies each time just after one of the first names of a moved file went."""
    server_options = {"special_use": False}

    def rows(self):
        with contextlib.closing(sqlite3.connect(self.account.journal_path())) as db:
            return db.execute("SELECT count(*) FROM message JOIN mailbox ON mailbox.id = message.mailbox "
                              "WHERE mailbox.name = 'A' AND message.base <> ''").fetchone()[0]

    def die(self, at):
        mail = self.given("A", "B", count=2)["A"]
        self.client.move("A", [self.client.uid_of("A", m) for m in mail], "B")
        self.client.delete_mailbox("A")
        _, steps = killer.run(self.home, at, "sync", "work", after=True)
        return [s for s in steps if s.call.startswith("unlink") and os.sep + "A" + os.sep in s.what]

    def test_no_row_without_a_file_stays(self):
        steps = self.die(0)
        self.assertNotEqual(steps, [])
        for step in steps:
            self.doCleanups()
            self.setUp()
            with self.subTest(step):
                self.die(step.number)

                self.account.sync()
                self.account.sync()

                self.assertEqual((len(self.maildir.files("A")), len(self.maildir.files("B"))), (0, 4))
                self.assertEqual(self.rows(), 0)


class LinkTest(Between, SystemTest):
    """Links are not followed; who puts one in place of a folder has moved that, and did not remove it."""
    account_options = {"push": ALL, "pull": ALL}
    server_options = {"special_use": False}

    def test_in_place_of_its_folder(self):
        self.given("A", "Disk/B")
        away = os.path.join(self.home.path, "away")
        os.mkdir(away)
        for name in ("A", "Disk"):
            os.rename(os.path.join(self.account.root, name), os.path.join(away, name))
            os.symlink(os.path.join(away, name), os.path.join(self.account.root, name))

        for _ in range(3):
            self.sync()
            self.assertEqual((self.client.status("A")["messages"], self.client.status("Disk/B")["messages"]), (3, 3))
        self.assertEqual(self.status().count("a symbolic link, which is not followed, or a file stands in place of its folder"), 2)
        os.unlink(os.path.join(self.account.root, "A"))
        os.unlink(os.path.join(self.account.root, "Disk"))
        os.rename(os.path.join(away, "Disk"), os.path.join(self.account.root, "Disk"))
        self.sync()

        self.assert_gone("A")
        self.assertEqual(len(self.maildir.files("Disk/B")), 3)
        self.assert_in_sync()


@unittest.skipUnless(can_be_closed(), "root, and setpriv can't take its rights away: no folder can be closed")
class ClosedTest(Between, SystemTest):
    account_options = {"push": ALL, "pull": ALL}
    server_options = {"special_use": False}

    def test_a_directory_that_cannot_be_looked_into_keeps_its_mailbox_alone(self):
        self.given("A", "B")
        tmp = os.path.join(self.maildir.folder("A"), "tmp")
        self.client.delete_mailbox("A")
        self.sync()
        os.chmod(tmp, 0)
        self.client.append("B", self.corpus.simple("new").bytes)

        for _ in range(2):
            result = self.sync(expect=SOME, prefix=POWERLESS)
            self.assertIn("A", result.err)
            self.assertIn("Permission denied", result.err)
            self.assertEqual((len(self.maildir.files("A")), len(self.maildir.files("B"))), (3, 4))
        self.assertIn("look into folder", self.status())
        os.chmod(tmp, 0o700)
        self.sync()

        self.assert_gone("A")
        self.assert_in_sync()

    def test_a_folder_that_does_not_go_has_one_intent(self):
        self.given("A", "B", count=0)
        self.client.delete_mailbox("A")
        self.sync()

        for _ in range(3):
            result = self.check(self.busy(), SOME)
            self.assertIn("remove folder", result.err)
            self.assertEqual(self.intents(), 1)
        self.sync()

        self.assert_gone("A")
        self.assertFalse(os.path.exists(self.maildir.folder("A")))
        self.assertEqual(self.intents(), 0)
        self.assert_in_sync()

    def test_a_link_that_came_in_place_of_a_folder_stays(self):
        self.given("A", "B", count=0)
        self.client.delete_mailbox("A")
        self.sync()
        away = os.path.join(self.home.path, "away")
        self.check(self.busy(), SOME)
        shutil.move(self.maildir.folder("A"), away)
        os.symlink(away, self.maildir.folder("A"))

        self.sync()
        self.sync()

        self.assertTrue(os.path.islink(self.maildir.folder("A")))
        self.assertEqual(sorted(os.listdir(away)), ["cur", "new", "tmp"])
        self.assertEqual(self.intents(), 0)


if __name__ == "__main__":
    main()
