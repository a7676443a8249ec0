"""
Keywords in file names: letters a to z, and the folder's dovecot-keywords that says what each means. With files renamed by hand, and with a real Dovecot
that serves the same tree.
"""
import os
import shutil
import sqlite3
import subprocess
import unittest

import base
from base import SystemTest, main
from lettersbase import LettersTest, letters
from rig.fill import Wire, small
from rig.neomutt import Neomutt
from rig.served import Served

MANY = 5000


class DownTest(LettersTest):
    def test_what_the_server_shows_stands_in_the_name(self):
        self.client.store("INBOX", self.uid(0), "+", ["later", "$Junk"])
        self.client.store("INBOX", self.uid(1), "+", ["later"])

        self.sync()

        self.assertEqual(self.shown(0), ["$Junk", "later"])
        self.assertEqual(self.shown(1), ["later"])
        self.assertEqual(self.shown(2), [])
        self.assertEqual(self.stores(), [])
        self.assert_in_sync()
        self.client.store("INBOX", self.uid(0), "-", ["later"])
        self.sync()
        self.assertEqual(self.shown(0), ["$Junk"])
        self.assertEqual(self.there(0), ["$Junk"])
        self.assertEqual(self.rows("SELECT * FROM letter"), [])
        self.assert_in_sync()

    def test_mail_that_comes_is_delivered_with_them_and_unseen_mail_waits_in_new(self):
        seen, unseen = self.corpus.simple("seen"), self.corpus.simple("unseen")
        self.mails += [seen, unseen]
        self.client.append("INBOX", seen, ["\\Seen", "later"])
        self.client.append("INBOX", unseen, ["later"])

        self.sync()

        self.assertEqual(self.shown(6), ["later"])
        self.assertIn("/new/", self.file(7).path)
        self.assert_in_sync()
        path = self.file(7).path
        os.rename(path, path.replace("/new/", "/cur/") + ":2,S")
        self.sync()
        self.assertEqual(self.shown(7), ["later"])
        self.assertEqual(self.there(7), ["later"])
        self.assert_in_sync()

    def test_twenty_six_get_a_letter_and_those_that_most_messages_have_first(self):
        words = ["w%02d" % n for n in range(30)]
        for n in range(self.count):
            self.client.store("INBOX", self.uid(n), "+", words if n == 0 else ["w29"])

        self.sync()

        self.assertEqual(len(self.table()), 26)
        self.assertEqual(self.letter("w29"), "a")
        self.assertEqual(len(self.shown(0)), 26)
        self.assertEqual(self.shown(1), ["w29"])
        self.assertIn("4 keywords have no letter (26 are taken): w25 w26 w27 w28", self.run_golub("status").out)
        listed = self.run_golub("keyword", "list").out
        self.assertIn("work: w28: 1 message, no letter\n", listed)
        self.assertIn("work: w29: 6 messages, letter a\n", listed)
        self.assertEqual(self.there(0), words)
        self.assert_in_sync()

    def test_a_line_that_is_no_keyword_takes_a_letter_and_what_is_to_have_none_is_not_counted(self):
        self.account.set(keywords_skip=["skipped"])
        self.write_table(*["w%02d" % n for n in range(25)], "two words")
        self.client.store("INBOX", self.uid(0), "+", ["beyond", "skipped"])
        self.sync()
        self.assertIn("1 keyword has no letter (26 are taken): beyond", self.run_golub("status").out)

    def test_some_get_no_letter_by_the_configuration(self):
        self.account.set(keywords_skip=["NonJunk", "$label*"])
        self.client.store("INBOX", self.uid(0), "+", ["nonjunk", "$Label1", "later", "$Lab"])

        self.sync()

        self.assertEqual(self.shown(0), ["$Lab", "later"])

    def test_an_upgrade_renames_nothing(self):
        self.account.set(keywords="journal")
        for n in range(self.count):
            self.client.store("INBOX", self.uid(n), "+", ["later"])
        self.sync()
        before = self.maildir.snapshot()
        with sqlite3.connect(self.account.journal_path()) as journal:  # as the version before left it
            journal.execute("DELETE FROM letter")
            journal.execute("DELETE FROM lettered")
        self.account.set(keywords="letters")

        self.sync()

        self.assertEqual(self.maildir.snapshot(), before)
        self.client.store("INBOX", self.uid(2), "+", ["new"])
        self.sync()
        self.assertEqual([n for n in range(self.count) if self.shown(n)], [2])
        self.assertEqual(self.shown(2), ["later", "new"])
        self.assertIn("INBOX: 6 messages with keywords", self.run_golub("keyword", "--write", "work/INBOX").out)
        self.sync()
        self.assertEqual([self.shown(n) for n in range(self.count)], [["later", "new"] if n == 2 else ["later"] for n in range(self.count)])
        self.assert_in_sync()

    def test_who_holds_the_lock_of_the_table_is_not_disturbed(self):
        with open(self.path("dovecot-uidlist.lock"), "w") as f:
            f.write("1:elsewhere")
        self.client.store("INBOX", self.uid(0), "+", ["later"])

        self.sync()

        self.assertEqual(self.shown(0), [])
        os.unlink(f.name)
        self.sync()
        self.assertEqual(self.shown(0), ["later"])

    def test_without_flags_to_come_down_no_name_changes(self):
        self.account.set(pull=["new", "deletes"])
        self.client.store("INBOX", self.uid(0), "+", ["later"])
        self.sync()
        self.assertEqual(self.shown(0), [])

    def test_mail_that_came_without_its_flags_gets_its_letters_once_they_may_come_down(self):
        self.client.create("Work")
        self.client.append("Work", self.corpus.simple("first"), ["\\Seen", "later"])
        for _ in range(3):
            self.sync()
        self.account.set(pull=["new", "deletes"])
        self.mails.append(self.corpus.simple("new"))
        self.client.append("Work", self.mails[-1], ["\\Seen", "later"])
        self.sync()
        self.assertEqual(self.shown(6, "Work"), [])

        self.account.set(pull=["new", "flags", "deletes", "mailboxes"])
        self.sync()

        self.assertEqual(self.shown(6, "Work"), ["later"])
        self.assertEqual(self.there(6, "Work"), ["later"])
        self.assertEqual(self.rows("SELECT * FROM letter"), [])

    def test_a_message_that_moved_there_takes_its_letters_by_their_names(self):
        self.client.create("Work")
        self.client.append("Work", self.corpus.simple("other"), ["\\Seen", "first"])
        self.client.store("INBOX", self.uid(0), "+", ["later"])
        self.sync()
        self.assertEqual((self.letter("later"), self.letter("first", "Work")), ("a", "a"))

        self.client.move("INBOX", self.uid(0), "Work")
        self.sync()

        self.assertEqual(self.shown(0, "Work"), ["later"])
        self.assertEqual(self.letter("later", "Work"), "b")
        self.assertEqual(self.there(0, "Work"), ["later"])
        self.assert_in_sync()


class UpTest(LettersTest):
    def test_a_letter_that_came_goes_up(self):
        self.write_table("later", "ToDo")
        self.rename(0, add="ab")
        self.rename(1, add="b")

        self.sync()

        self.assertEqual(self.there(0), ["ToDo", "later"])
        self.assertEqual(self.there(1), ["ToDo"])
        self.assert_in_sync()

    def test_a_letter_without_a_line_is_nobodys_and_stays(self):
        self.rename(0, add="q")
        self.sync()
        self.assertEqual(self.there(0), [])
        self.client.store("INBOX", self.uid(0), "+", ["later"])
        self.sync()
        self.assertEqual(letters(self.file(0)), "aq")
        self.write_table("later", *("x%d" % n for n in range(1, 17)))
        self.sync()
        self.assertEqual(self.there(0), ["later", "x16"])

    def test_a_letter_that_vanished_is_no_removal_unless_the_configuration_says_so(self):
        for removals, left in (("auto", ["later"]), ("no", ["later"]), ("yes", [])):
            with self.subTest(removals=removals):
                self.account.set(keyword_removals=removals)
                self.client.store("INBOX", self.uid(0), "-", ["later"])
                self.sync()
                self.client.store("INBOX", self.uid(0), "+", ["later"])
                self.sync()
                self.assertEqual(self.shown(0), ["later"])
                self.rename(0, remove=self.letter("later"))

                self.sync()

                self.assertEqual(self.there(0), left)
                self.assertEqual(self.shown(0), [])
                self.assert_in_sync()

    def test_what_a_mail_reader_cut_off_with_a_flag_is_no_removal_anywhere(self):
        self.account.set(keyword_removals="yes")
        words = ["one", "three", "two"]
        self.client.store("INBOX", self.uid(0), "+", words)
        self.client.store("INBOX", self.uid(1), "+", words)
        self.sync()
        self.rename(0, add="F", remove="abc")
        self.rename(1, add="F", remove="bc")

        self.sync()

        for n in (0, 1):
            self.assertEqual(self.there(n), words)
            self.assertIn("\\Flagged", self.flags_there(self.mails[n]))
        self.assertEqual((letters(self.file(0)), letters(self.file(1))), ("", "a"))  # no ping-pong
        self.assert_in_sync()
        self.client.store("INBOX", self.uid(0), "+", ["four"])
        self.sync()
        self.assertEqual(self.shown(0), [])
        self.client.store("INBOX", self.uid(0), "-", ["\\Flagged"])  # with another rename they come again
        self.sync()
        self.assertEqual(self.shown(0), ["four", *words])
        self.assertEqual(self.there(0), ["four", *words])

    def test_a_table_that_means_something_else_now_is_no_change(self):
        self.client.store("INBOX", self.uid(0), "+", ["later"])
        self.client.store("INBOX", self.uid(1), "+", ["later", "ToDo"])
        self.sync()
        old = {n: letters(self.file(n)) for n in range(2)}
        self.write_table("foreign", "other")

        result = self.sync()

        self.assertIn("mean other keywords", result.out + result.err)
        self.assertEqual((self.there(0), self.there(1)), (["later"], ["ToDo", "later"]))
        self.assertEqual({n: letters(self.file(n)) for n in range(2)}, old)
        self.assert_in_sync()
        os.unlink(self.path("dovecot-keywords"))
        self.sync()
        self.assertEqual((self.there(0), self.there(1)), (["later"], ["ToDo", "later"]))

    def test_new_files_bring_theirs(self):
        self.write_table("later")
        mail = self.corpus.simple("new")
        self.mails.append(mail)
        self.maildir.put("INBOX", mail.lf, "Sa")

        self.sync()

        self.assertEqual(self.there(6), ["later"])
        self.assert_in_sync()

    def test_a_file_that_was_moved_as_it_is_brings_no_foreign_keyword(self):
        self.client.create("Work")
        self.sync()
        self.client.store("INBOX", self.uid(0), "+", ["later"])
        self.sync()
        self.write_table("foreign", mailbox="Work")
        self.maildir.move(self.file(0), "Work")

        self.sync()
        self.sync()

        self.assertEqual(self.there(0, "Work"), ["later"])

    def test_forwarded_may_have_a_letter(self):
        self.write_table("$Forwarded")
        self.rename(0, add="a")
        self.sync()
        self.assertEqual(self.there(0), ["$Forwarded"])
        self.client.store("INBOX", self.uid(0), "-", ["$Forwarded"])
        self.sync()
        self.assertEqual(self.file(0).letters, "S")
        self.assertEqual(self.there(0), [])
        self.client.store("INBOX", self.uid(1), "+", ["$Forwarded"])
        self.sync()
        self.assertEqual(self.file(1).letters, "PSa")

    def test_what_is_no_table_is_said_and_left_alone(self):
        with open(self.path("dovecot-keywords"), "w") as f:
            f.write("\n" * 70000)
        self.rename(0, add="a")

        result = self.sync(expect=1)

        self.assertIn("dovecot-keywords", result.err)
        self.assertEqual(self.there(0), [])


class BothTest(LettersTest):
    def test_each_side_changed_another_one(self):
        self.client.store("INBOX", self.uid(0), "+", ["old"])
        self.sync()
        self.account.set(keyword_removals="yes")
        self.write_table("old", "mine")
        self.rename(0, add="b", remove="a")
        self.client.store("INBOX", self.uid(0), "+", ["theirs"])

        self.sync()

        self.assertEqual(self.there(0), ["mine", "theirs"])
        self.assertEqual(self.shown(0), ["mine", "theirs"])
        self.assert_in_sync()

    def test_what_golub_keyword_says_stands_in_the_name(self):
        self.run_golub("keyword", self.file(0).path, "+later")
        self.sync()
        self.assertEqual(self.shown(0), ["later"])
        self.assertEqual(self.there(0), ["later"])
        self.run_golub("keyword", self.file(0).path, "-later")
        self.sync()
        self.assertEqual((self.shown(0), self.there(0)), ([], []))
        self.assert_in_sync()


class AutoTest(LettersTest):
    account_options = {}

    def test_a_folder_without_a_table_has_none(self):
        self.client.store("INBOX", self.uid(0), "+", ["later"])
        self.sync()
        self.assertEqual((self.table(), letters(self.file(0))), ({}, ""))
        self.assertIn("names show no keywords here", self.run_golub("keyword", "--write", expect=2).err)
        self.rename(0, add="a")
        self.sync()
        self.assertEqual(self.there(0), ["later"])

    def test_one_with_a_table_has(self):
        self.write_table("mine")
        self.rename(0, add="a")
        self.sync()
        self.assertEqual(self.there(0), ["mine"])
        self.client.store("INBOX", self.uid(0), "+", ["later"])
        self.sync()
        self.assertEqual(self.shown(0), ["later", "mine"])


@unittest.skipUnless(Served.is_here(), "there is no doveadm")
class ServedTest(LettersTest):
    """A real Dovecot serves the tree that golub keeps."""
    account_options = {}

    def setUp(self):
        super().setUp()
        self.local = Served(self.maildir.root)
        self.addCleanup(self.local.close)
        self.local.keywords("INBOX")  # it makes its list

    def local_keywords(self, n):
        return self.local.keywords("INBOX")["mail %d" % n]

    def change(self, n, what, *words):
        self.local.change(what, words, "INBOX", "header", "subject", "mail %d" % n)

    def test_both_ways(self):
        self.sync()
        self.change(0, "add", "mine", "$Junk")
        self.client.store("INBOX", self.uid(1), "+", ["theirs"])

        self.sync()

        self.assertEqual(self.there(0), ["$Junk", "mine"])
        self.assertEqual(self.local_keywords(1), ["theirs"])
        self.assert_in_sync()
        self.change(0, "remove", "$junk")
        self.change(1, "add", "mine")
        self.client.store("INBOX", self.uid(1), "-", ["theirs"])
        self.sync()
        self.assertEqual((self.there(0), self.there(1)), (["mine"], ["mine"]))
        self.assertEqual((self.local_keywords(0), self.local_keywords(1)), (["mine"], ["mine"]))
        self.assertNotIn("unknown", " ".join(self.table()))
        self.assert_in_sync()

    def test_more_than_there_are_letters(self):
        words = ["w%02d" % n for n in range(30)]
        self.client.store("INBOX", self.uid(0), "+", words)
        self.sync()
        self.assertEqual(len(self.local_keywords(0)), 26)
        self.change(0, "add", "beyond")
        self.sync()
        self.assertEqual(self.there(0), words)
        self.assertEqual([w for w in self.local_keywords(0) if w.startswith("unknown")], [])

    def test_forwarded(self):
        self.sync()
        self.change(0, "add", "$Forwarded")
        self.client.store("INBOX", self.uid(1), "+", ["$Forwarded"])
        self.sync()
        self.assertEqual(self.there(0), ["$Forwarded"])
        self.assertEqual(self.local_keywords(1), ["$Forwarded"])

    def test_its_first_meeting_with_a_tree_that_had_keywords_before(self):
        self.change(0, "add", "mine")
        self.sync()
        self.assertEqual(self.there(0), ["mine"])

    def test_mail_that_it_moves_keeps_its_keywords(self):
        self.client.create("Work")
        self.sync()
        self.change(0, "add", "mine")
        self.client.store("INBOX", self.uid(0), "+", ["$Forwarded"])
        self.sync()
        self.local.doveadm("move", "Work", "mailbox", "INBOX", "header", "subject", "mail 0")
        self.sync()
        self.sync()
        self.assertEqual(self.there(0, "Work"), ["$Forwarded", "mine"])
        self.assertIn("P", self.file(0, "Work").letters)
        self.assertEqual(self.local.keywords("Work")["mail 0"], ["mine"])


class ReadersTest(LettersTest):
    """Real mail readers that do not know letters, in a folder where removals are believed: what they cut off is no removal."""
    account_options = {"keywords": "letters", "keyword_removals": "yes"}
    words = ["w%02d" % n for n in range(14)]

    def given_letters(self):
        self.client.store("INBOX", self.uid(0), "+", self.words)
        self.sync()
        self.assertEqual(self.shown(0), self.words)

    def then_nothing_was_taken_off(self, flag):
        self.sync()
        self.assertEqual(self.there(0), self.words)
        self.assertIn(flag, self.flags_there(self.mails[0]))
        self.assert_in_sync()

    @unittest.skipUnless(Neomutt.is_here(), "there is no neomutt")
    def test_neomutt(self):
        self.given_letters()
        mutt = Neomutt(self.maildir.root)
        self.addCleanup(mutt.close)
        mutt.at("mail 0")
        mutt.keys("F", "$", quiet=0.5)

        self.assertIn("F", self.file(0).letters)
        if len(letters(self.file(0))) < len(self.words):  # before neomutt 2024
            self.assertEqual(self.file(0).letters, "FSabcdefghij")
        self.then_nothing_was_taken_off("\\Flagged")

    @unittest.skipUnless(shutil.which("mu"), "there is no mu")
    def test_mu(self):
        self.given_letters()
        env = self.home.environment()
        for words in (("init", "--maildir=" + self.maildir.root), ("index", "--quiet")):
            subprocess.run(["mu", *words], env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        path = self.file(0).path
        found = subprocess.run(["mu", "find", "--fields", "l i", "subject:mail 0"], env=env, check=True, stdout=subprocess.PIPE).stdout.decode()
        msgid = next(line.split(" ")[-1] for line in found.splitlines() if path in line)
        subprocess.run(["mu", "server"], env=env, input='(move :msgid "%s" :flags "+F")\n' % msgid, text=True, timeout=30,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)

        self.assertIn("F", self.file(0).letters)
        self.assertEqual(letters(self.file(0)), "")
        self.then_nothing_was_taken_off("\\Flagged")

    @unittest.skipUnless(shutil.which("notmuch"), "there is no notmuch")
    def test_notmuch(self):
        self.given_letters()
        config = self.home.write("notmuch", "[database]\npath=%s\n[maildir]\nsynchronize_flags=true\n[new]\ntags=\n" % self.maildir.root)
        env = self.home.environment(NOTMUCH_CONFIG=config)
        for words in (("new", "--quiet"), ("tag", "+flagged", "--", 'subject:"mail 0"')):
            subprocess.run(["notmuch", *words], env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        self.assertIn("F", self.file(0).letters)
        self.assertEqual(self.shown(0), self.words)  # it keeps them
        self.then_nothing_was_taken_off("\\Flagged")


class ManyTest(SystemTest):
    server_options = {"special_use": False}
    account_options = {"keywords": "letters"}

    def given_many(self):
        self.through(delay=8)
        with Wire(self.server.port, self.user, base.PASSWORD) as wire:
            wire.append("INBOX", small(MANY, 600))
        self.sync()

    def test_five_thousand_messages_get_one_keyword_in_six_turns_either_way(self):
        self.given_many()
        for file in self.maildir.files("INBOX"):
            if "/new/" in file.path:
                self.maildir.flag(file, add="S")
        self.sync()
        self.sync()
        with open(os.path.join(self.maildir.folder("INBOX"), "dovecot-keywords"), "w") as f:
            f.write("0 later\n")
        for file in self.maildir.files("INBOX"):
            os.rename(file.path, file.path + "a")

        result = self.sync()

        self.assertIn("5000 keywords changed there", result.out)
        self.assertLessEqual(self.proxy.stats["turns"], 6, self.proxy.sent())
        self.assertEqual(sum("later" in m.flags for m in self.client.messages("INBOX", bodies=False)), MANY)
        self.sync()
        self.assertLessEqual(self.proxy.stats["turns"], 3)
        self.assert_nothing_changed_there()
        with Wire(self.server.port, self.user, base.PASSWORD) as wire:
            wire.command(b"SELECT INBOX")
            wire.command(b"UID STORE 1:* +FLAGS.SILENT (down)")
        self.sync()
        self.assertLessEqual(self.proxy.stats["turns"], 6, self.proxy.sent())
        self.assertEqual(len({f.letters for f in self.maildir.files("INBOX")}), 1)
        self.assertIn("ab", next(iter(self.maildir.files("INBOX"))).letters)
        self.assert_nothing_changed_there()
        self.sync()
        self.sync()
        self.assertLessEqual(self.proxy.stats["turns"], 3)


if __name__ == "__main__":
    main()
