"""
Keywords in file names that nobody took off stay on the server, and those that nobody set don't come there: what mail readers cut off, folders where a letter
means something else, a table that can't be read or is half written.
"""
import os
import sqlite3
import unittest

from base import main
from lettersbase import LettersTest, letters


class ForwardedTest(LettersTest):
    """$Forwarded by its letter alone, as a Dovecot over the tree writes it: it knows no P."""

    def given_forwarded(self, *others):
        self.write_table("$Forwarded", *others)
        self.rename(0, add="a")
        for word in others:
            self.client.store("INBOX", self.uid(0), "+", [word])
        self.sync()
        self.assertIn("$Forwarded", self.there(0))
        self.assertNotIn("P", self.file(0).letters)

    def test_a_reader_that_strips_letters_takes_it_off_nowhere(self):
        for removals in ("auto", "yes"):
            with self.subTest(removals=removals):
                self.account.set(keyword_removals=removals)
                self.given_forwarded("b")
                self.rename(0, add="F", remove="ab")  # mu

                self.sync()

                self.assertEqual(self.there(0), ["$Forwarded", "b"])
                self.assertIn("\\Flagged", self.flags_there(self.mails[0]))
                self.assertIn("P", self.file(0).letters)
                self.assert_in_sync()
                self.client.store("INBOX", self.uid(0), "-", ["\\Flagged", "$Forwarded", "b"])
                self.sync()
                self.assertEqual(self.file(0).letters, "S")

    def test_a_reader_that_drops_p_with_the_letters_takes_it_off_nowhere(self):
        self.given_forwarded("b")
        self.rename(0, add="P")
        self.sync()
        self.rename(0, add="R", remove="Pab")

        self.sync()

        self.assertEqual(self.there(0), ["$Forwarded", "b"])
        self.assertIn("P", self.file(0).letters)

    def test_a_reader_that_knows_no_p_takes_it_off_nowhere(self):
        for keywords in ("letters", "off"):
            with self.subTest(keywords=keywords):
                self.account.set(keywords=keywords)
                self.client.store("INBOX", self.uid(1), "+", ["$Forwarded"])
                self.client.store("INBOX", self.uid(1), "-", ["\\Flagged"])
                self.sync()
                self.assertEqual(self.file(1).letters, "PS")
                self.rename(1, add="F", remove="P")  # Evolution

                self.sync()

                self.assertEqual(self.there(1), ["$Forwarded"])
                self.assertEqual(self.file(1).letters, "FPS")
                self.assert_in_sync()

    def test_who_takes_off_p_means_it(self):
        self.given_forwarded()
        self.rename(0, add="P")
        self.sync()
        self.rename(0, remove="Pa")
        self.sync()
        self.assertEqual(self.there(0), [])

    def test_a_letter_that_vanished_is_a_removal_only_where_that_is_believed(self):
        self.given_forwarded()
        self.rename(0, remove="a")
        self.sync()
        self.assertEqual(self.there(0), ["$Forwarded"])
        self.assertEqual(self.file(0).letters, "PSa")
        self.account.set(keyword_removals="yes")
        self.rename(0, remove="P")
        self.sync()
        self.assertEqual(self.there(0), ["$Forwarded"])
        self.rename(0, remove="a")
        self.sync()
        self.assertEqual(self.there(0), [])

    def test_a_table_without_its_line_or_with_another_word_takes_it_off_nowhere(self):
        for words in ((), ("foreign",)):
            with self.subTest(words=words):
                self.given_forwarded()
                self.write_table(*words)
                self.rename(0, add="R")
                self.sync()
                self.assertEqual(self.there(0), ["$Forwarded"])
                self.rename(0, remove="PRa")
                self.client.store("INBOX", self.uid(0), "-", ["$Forwarded"])
                self.sync()

    def test_in_another_folder_where_the_letter_means_nothing_it_stays(self):
        for rename in (False, True):
            for table in ((), ("foreign",)):
                with self.subTest(rename=rename, table=table):
                    n = 2 * rename + len(table)
                    self.client.create("Work%d" % n)
                    self.sync()
                    self.write_table("$Forwarded")
                    self.rename(n, add="a")
                    self.sync()
                    self.write_table(*table, mailbox="Work%d" % n)
                    self.maildir.move(self.file(n), "Work%d" % n, rename)

                    self.sync()

                    self.assertEqual(self.there(n, "Work%d" % n), ["$Forwarded"])
                    self.assertEqual(self.shown(n, "Work%d" % n), [])

    def test_a_file_with_another_name_and_without_letters_keeps_it(self):
        self.given_forwarded()
        self.maildir.move(self.file(0), "INBOX", rename=True)
        self.rename(0, remove="a")
        self.sync()
        self.assertEqual(self.there(0), ["$Forwarded"])
        self.assertIn("P", self.file(0).letters)

    def test_a_file_with_another_name_keeps_it(self):
        self.given_forwarded()
        self.maildir.move(self.file(0), "INBOX", rename=True)
        self.sync()
        self.assertEqual(self.there(0), ["$Forwarded"])


class ChangedTest(LettersTest):
    """A line of the table has another word."""

    def test_a_letter_whose_line_becomes_forwarded_says_nothing_of_it(self):
        self.write_table("mine")
        self.rename(0, add="a")
        self.sync()
        self.sync()
        self.write_table("$Forwarded")
        self.sync()
        self.rename(0, add="F")

        self.sync()
        self.sync()

        self.assertNotIn("$Forwarded", self.there(0))


class StripperTest(LettersTest):
    """A mail reader that knows no letters works in a folder that a Dovecot serves, and has done so twice since the last run: no flag tells."""

    def given_keywords(self):
        open(self.path("dovecot-uidlist"), "w").close()
        self.write_table("first", "later")
        for n in range(3):
            self.rename(n, add="ab")
        self.sync()

    def test_once_it_is_known_letters_that_all_went_are_no_removal(self):
        self.given_keywords()
        self.rename(0, add="F", remove="ab")
        self.sync()
        self.rename(1, remove="ab")

        self.sync()

        self.assertEqual((self.there(0), self.there(1)), (["first", "later"],) * 2)
        self.assertEqual(letters(self.file(1)), "ab")
        self.assert_in_sync()

    def test_a_name_that_was_cut_to_fifteen_bytes_takes_nothing_off(self):
        open(self.path("dovecot-uidlist"), "w").close()
        words = ["w%02d" % n for n in range(11)]
        self.write_table(*words)
        self.rename(0, add="abcdefghijk")
        self.sync()
        self.assertEqual(self.there(0), words)
        self.rename(0, add="F", remove="k")  # an older neomutt

        self.sync()

        self.assertEqual(self.there(0), words)
        self.rename(0, remove="j")
        self.sync()
        self.assertEqual(self.there(0), [w for w in words if w not in ("w09",)])

    def test_one_that_went_is_a_removal_all_the_same(self):
        self.given_keywords()
        self.rename(0, add="F", remove="ab")
        self.sync()
        self.rename(1, remove="a")
        self.sync()
        self.rename(1, remove="b")
        self.sync()
        self.assertEqual(self.there(1), [])

    def given_it_was_seen_in_ten_years(self):
        """By a run whose clock was wrong."""
        self.rename(0, add="F", remove="ab")
        self.sync()
        with sqlite3.connect(self.account.journal_path()) as journal:
            journal.execute("UPDATE lettered SET stripped = stripped + 10 * 365 * 86400 WHERE stripped <> 0")
            self.assertEqual(journal.execute("SELECT changes()").fetchone(), (1,))

    def after_its_days(self):
        self.sync()
        with sqlite3.connect(self.account.journal_path()) as journal:
            journal.execute("UPDATE lettered SET stripped = stripped - 31 * 86400 WHERE stripped <> 0")

    def test_what_was_seen_under_a_wrong_clock_counts_as_seen_now(self):
        self.given_keywords()
        self.given_it_was_seen_in_ten_years()
        self.rename(1, remove="ab")
        self.sync()
        self.assertEqual(len(self.there(1)), 2)

    def test_and_keeps_no_removal_back_after_its_days(self):
        self.given_keywords()
        self.given_it_was_seen_in_ten_years()
        self.after_its_days()
        self.rename(1, remove="ab")
        self.sync()
        self.assertEqual(self.there(1), [])

    def test_nor_does_it_keep_letters_from_names_then(self):
        self.given_keywords()
        self.given_it_was_seen_in_ten_years()
        self.after_its_days()
        os.unlink(self.path("dovecot-uidlist"))
        self.client.store("INBOX", self.uid(2), "-", ["later"])
        self.sync()
        self.assertEqual(letters(self.file(2)), "a")

    def test_where_none_is_known_all_of_them_may_be_taken_off(self):
        self.given_keywords()
        self.rename(1, remove="ab")
        self.sync()
        self.assertEqual(self.there(1), [])


class UnreadTest(LettersTest):
    """The folder's table can't be read in one run, or is half written."""

    def given_no_table(self):
        os.rename(self.path("dovecot-keywords"), self.path("aside"))
        os.mkdir(self.path("dovecot-keywords"))  # for root, too, one that can't be read

    def when_it_is_back(self):
        os.rmdir(self.path("dovecot-keywords"))
        os.rename(self.path("aside"), self.path("dovecot-keywords"))

    def test_what_was_set_meanwhile_goes_up_when_it_can_be_read_again(self):
        self.write_table("later", "mine")
        self.rename(0, add="a")
        self.sync()
        self.given_no_table()
        self.rename(0, add="b")
        self.rename(1, add="a")
        self.mails.append(self.corpus.simple("new"))
        self.maildir.put("INBOX", self.mails[6].lf, "Sb")

        result = self.sync(expect=1)

        self.assertIn("dovecot-keywords", result.err)
        self.assertIn("Mend or remove that file", result.err)
        self.assertEqual((self.there(0), self.there(1)), (["later"], []))
        self.when_it_is_back()
        self.sync()
        self.assertEqual((self.there(0), self.there(1), self.there(6)), (["later", "mine"], ["later"], ["mine"]))
        self.assertEqual((letters(self.file(0)), letters(self.file(1))), ("ab", "a"))
        self.assert_in_sync()

    def test_what_was_set_meanwhile_is_nobodys_where_other_words_stand_in_it_then(self):
        self.write_table("later", "mine")
        self.rename(0, add="a")
        self.sync()
        self.given_no_table()
        self.rename(1, add="a")
        self.mails.append(self.corpus.simple("new"))
        self.maildir.put("INBOX", self.mails[6].lf, "Sb")
        self.sync(expect=1)
        self.when_it_is_back()
        self.write_table("foreign", "other", "mine")

        self.sync()
        self.sync()

        self.assertEqual((self.there(0), self.there(1), self.there(6)), (["later"], [], []))
        self.assertEqual((letters(self.file(1)), letters(self.file(6))), ("a", "b"))
        self.rename(1, add="c")
        self.sync()
        self.assertEqual(self.there(1), ["mine"])

    def test_what_was_taken_off_there_meanwhile_is_not_set_again(self):
        self.write_table("later", "mine")
        self.rename(0, add="a")
        self.sync()
        self.given_no_table()
        self.rename(0, add="b")
        self.client.store("INBOX", self.uid(0), "-", ["later"])
        self.sync(expect=1)
        self.when_it_is_back()
        self.sync()
        self.assertEqual(self.there(0), ["mine"])
        self.assertEqual(self.shown(0), ["mine"])

    def test_what_vanished_meanwhile_is_no_removal(self):
        self.write_table("$Forwarded", "later")
        self.rename(0, add="ab")
        self.sync()
        self.account.set(keyword_removals="yes")
        self.given_no_table()
        self.rename(0, remove="a")
        self.rename(0, remove="b")
        self.sync(expect=1)
        self.when_it_is_back()
        self.sync()
        self.assertEqual(self.there(0), ["$Forwarded", "later"])
        self.assertEqual(self.shown(0), ["$Forwarded", "later"])

    def test_what_was_set_while_golub_was_to_use_no_letters_goes_up_when_it_is_to_again(self):
        self.write_table("later")
        self.rename(0, add="a")
        self.sync()
        for n, mode in ((1, "journal"), (2, "off")):
            with self.subTest(mode=mode):
                self.account.set(keywords=mode)
                self.rename(n, add="a")
                self.mails.append(self.corpus.simple(mode))
                self.maildir.put("INBOX", self.mails[-1].lf, "Sa")
                self.sync()
                self.sync()
                self.assertEqual((self.there(n), self.there(-1)), ([], []))
                self.account.set(keywords="letters")

                self.sync()

                self.assertEqual((self.there(n), self.there(-1)), (["later"], ["later"]))
                self.assertEqual((self.shown(n), self.shown(-1)), (["later"], ["later"]))
                self.assert_in_sync()

    def test_a_line_that_is_lost_for_one_run_means_the_same_when_it_is_back(self):
        self.write_table("first", "later")
        self.rename(0, add="b")
        self.sync()
        self.write_table("first")
        self.rename(1, add="b")
        self.client.store("INBOX", self.uid(2), "+", ["first"])
        self.sync()
        self.assertEqual((self.there(0), self.there(1)), (["later"], []))
        self.write_table("first", "later")

        self.sync()

        self.assertEqual((self.there(0), self.there(1)), (["later"], ["later"]))
        self.assert_in_sync()

    def test_what_was_taken_off_there_while_a_line_was_lost_is_not_set_again(self):
        self.write_table("first", "later")
        self.rename(0, add="b")
        self.sync()
        self.write_table("first")
        self.client.store("INBOX", self.uid(0), "-", ["later"])
        self.sync()
        self.write_table("first", "later")
        self.sync()
        self.assertEqual(self.there(0), [])
        self.assertEqual(letters(self.file(0)), "")

    def test_another_word_in_a_line_that_was_lost_is_nobodys_keyword(self):
        self.write_table("first", "later")
        self.rename(0, add="b")
        self.sync()
        self.write_table("first")
        self.sync()
        self.sync()
        self.write_table("first", "foreign")

        result = self.sync()

        self.assertEqual(self.there(0), ["later"])
        self.assertIn("mean other keywords", result.out + result.err)

    def test_a_table_that_was_away_for_one_run_and_has_other_words_is_no_change(self):
        self.account.set(keywords="auto")
        self.write_table("first", "later")
        self.rename(0, add="b")
        self.sync()
        self.assertEqual(self.there(0), ["later"])
        os.unlink(self.path("dovecot-keywords"))
        self.sync()
        self.write_table("foreign", "other")
        self.sync()
        self.assertEqual(self.there(0), ["later"])


class MovedTest(LettersTest):
    """Files that go to a folder where letters mean something else."""

    def setUp(self):
        super().setUp()
        self.client.create("Work")
        self.sync()
        self.write_table("later", "mine")
        self.write_table("foreign", "other", "later", mailbox="Work")
        self.rename(0, add="a")
        self.rename(1, add="a")
        self.sync()
        self.assertEqual(self.there(0), ["later"])

    def then_it_has(self, n, *words, mailbox="Work"):
        self.sync()
        self.assertEqual(self.there(n, mailbox), sorted(words))
        self.assertEqual(self.shown(n, mailbox), [w for w in sorted(words) if w in self.table(mailbox)])
        self.assert_in_sync()

    def test_what_a_file_shows_that_was_moved_as_it_is_stays_what_it_was(self):
        for n, rename in ((0, False), (1, True)):
            with self.subTest(rename=rename):
                self.maildir.move(self.file(n), "Work", rename)
                self.then_it_has(n, "later")

    def test_nor_is_it_read_by_other_lines_where_golub_was_to_use_no_letters_meanwhile(self):
        for n, rename in ((0, False), (1, True)):
            with self.subTest(rename=rename):
                self.account.set(keywords="off" if rename else "journal")
                self.maildir.move(self.file(n), "Work", rename)
                self.sync()
                self.sync()
                self.account.set(keywords="letters")
                self.sync()
                self.then_it_has(n, "later")

    def test_a_letter_that_was_set_before_the_file_was_moved_is_not_lost(self):
        self.client.create("Other")
        self.sync()
        self.write_table("foreign", mailbox="Other")
        for n, rename in ((0, False), (1, True)):
            with self.subTest(rename=rename):
                self.rename(n, add="b")
                self.maildir.move(self.file(n), "Other", rename)
                self.then_it_has(n, "later", "mine", mailbox="Other")

    def test_one_that_was_translated_is_believed(self):
        for n, rename in ((0, False), (1, True)):
            with self.subTest(rename=rename):
                self.rename(n, add="bc", remove="a")
                self.maildir.move(self.file(n), "Work", rename)
                self.then_it_has(n, "later", "other")

    def test_what_may_mean_either_is_not_believed(self):
        for n, had in ((0, ["later"]), (2, [])):
            with self.subTest(n=n):
                self.maildir.move(self.file(n), "Work")
                self.rename(n, add="b", mailbox="Work")
                self.then_it_has(n, *had)

    def test_of_the_same_letters_one_that_was_set_before_is_not_lost(self):
        self.write_table("later", "mine", mailbox="Work")
        self.sync()
        for n, rename in ((2, False), (3, True)):
            with self.subTest(rename=rename):
                self.rename(n, add="b")
                self.maildir.move(self.file(n), "Work", rename)
                self.then_it_has(n, "mine")

    def test_a_copy_brings_no_foreign_keyword(self):
        self.maildir.copy(self.file(0), "Work")
        self.then_it_has(0, "later")
        self.assertEqual(self.there(0), ["later"])

    def test_of_a_file_that_is_sent_again_from_another_folder_what_it_showed_is_all(self):
        self.mails.append(self.corpus.simple("theirs"))
        self.client.append("INBOX", self.mails[6], ["\\Seen", "later"])
        self.sync()
        self.assertIn(".golub:2,", self.file(6).path)
        self.client.expunge("INBOX", self.uid(6))
        self.maildir.move(self.file(6), "Work")
        self.then_it_has(6, "later")

    def test_a_letter_that_came_with_another_name_in_the_same_folder_is_not_lost(self):
        self.rename(0, add="b")
        self.maildir.move(self.file(0), "INBOX", rename=True)
        self.sync()
        self.assertEqual(self.there(0), ["later", "mine"])
        self.assert_in_sync()

    def test_what_the_server_took_off_is_not_set_by_another_name(self):
        self.client.store("INBOX", self.uid(0), "-", ["later"])
        self.rename(0, add="b")
        self.maildir.move(self.file(0), "INBOX", rename=True)
        self.sync()
        self.assertEqual(self.there(0), ["mine"])
        self.assertEqual(self.shown(0), ["mine"])


class MovedThereTest(LettersTest):
    """What was set or taken off here goes along where the server has moved the message before the next run, as flags do."""

    def setUp(self):
        super().setUp()
        self.client.create("Work")
        self.write_table("later", "mine")
        self.rename(1, add="a")
        self.sync()
        self.write_table("foreign", "mine", "other", mailbox="Work")
        self.sync()

    def then_it_has(self, n, *words, mailbox="Work"):
        self.sync()
        self.assertEqual(self.there(n, mailbox), sorted(words))
        self.assertEqual(self.shown(n, mailbox), sorted(words))
        self.assert_in_sync()
        self.assertEqual(self.rows("SELECT word FROM keyword"), [])

    def test_a_letter_that_was_set_is_not_lost(self):
        for n, how in enumerate(("move", "copy")):
            with self.subTest(how=how):
                self.rename(n + 2, add="Fab")
                if how == "move":
                    self.client.move("INBOX", self.uid(n + 2), "Work")
                else:
                    self.client.copy("INBOX", self.uid(n + 2), "Work")
                    self.client.expunge("INBOX", self.uid(n + 2))
                self.then_it_has(n + 2, "later", "mine")
                self.assertIn("\\Flagged", self.flags_there(self.mails[n + 2], "Work"))

    def test_it_goes_to_a_new_mailbox(self):
        self.client.create("New")
        self.rename(0, add="b")
        self.client.move("INBOX", self.uid(0), "New")
        self.then_it_has(0, "mine", mailbox="New")

    def test_what_was_said_by_command_shows_in_the_new_name(self):
        self.check(self.home.run("keyword", self.file(3).path, "+later"), 0)
        self.client.move("INBOX", self.uid(3), "Work")
        self.then_it_has(3, "later")

    def test_one_that_was_taken_off_stays_so_where_that_is_believed(self):
        self.account.set(keyword_removals="yes")
        self.rename(1, add="b", remove="a")
        self.client.move("INBOX", self.uid(1), "Work")
        self.then_it_has(1, "mine")

    def test_one_of_two_equal_messages_takes_its_own_along(self):
        self.maildir.copy(self.file(2), "Work")
        self.sync()
        self.client.create("New")
        self.rename(2, add="b")
        self.client.move("INBOX", self.uid(2), "New")
        self.then_it_has(2, "mine", mailbox="New")
        self.assertEqual(self.there(2, "Work"), [])


class BegunTest(LettersTest):
    def test_a_name_that_was_never_given_says_nothing_for_ever(self):
        self.write_table("later")
        self.sync()
        with sqlite3.connect(self.account.journal_path()) as journal:  # as a run leaves it that was cut off before the rename
            row = journal.execute("SELECT mailbox, id FROM message WHERE uid = ?", (self.uid(0),)).fetchone()
            journal.execute("INSERT INTO letter (kind, mailbox, message) VALUES (1, ?, ?)", row)
            journal.execute("INSERT INTO letter (kind, mailbox, message, info) VALUES (3, ?, ?, 'c:2,Sa')", row)
        self.sync()
        self.assertEqual(self.rows("SELECT * FROM letter"), [])
        self.rename(0, add="a")

        self.sync()

        self.assertEqual(self.there(0), ["later"])


    @unittest.skipUnless(os.path.exists("/usr/bin/strace"), "there is no strace")
    def test_a_name_that_golub_was_giving_when_it_was_killed_takes_nothing_off(self):
        self.account.set(keyword_removals="yes")
        self.client.store("INBOX", self.uid(0), "+", ["later"])
        self.sync()
        self.assertEqual(self.file(0).letters, "Sa")
        self.client.store("INBOX", self.uid(0), "-", ["later"])
        self.account.sync(prefix=("strace", "-f", "-qq", "-o", "/dev/null", "-P", self.path("cur"), "-e", "trace=fsync,fdatasync",
                                  "-e", "inject=fsync,fdatasync:signal=SIGKILL:when=1"))
        self.assertEqual(self.file(0).letters, "S")  # given, and not written down
        self.client.store("INBOX", self.uid(0), "+", ["later"])

        self.sync()

        self.assertEqual(self.there(0), ["later"])
        self.assertEqual(self.shown(0), ["later"])


@unittest.skipUnless(os.path.exists("/usr/bin/strace"), "there is no strace")
class EconomyTest(LettersTest):
    count = 40

    def test_a_table_is_read_once_a_mailbox_whatever_letters_names_show(self):
        self.write_table("later")
        for n in range(self.count):
            self.rename(n, add="q")
        log = self.home.path_of("trace")

        self.check(self.account.sync(prefix=("strace", "-f", "-qq", "-o", log, "-e", "trace=openat"),
                                     env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"}), 0)

        with open(log) as f:
            opened = sum('"dovecot-keywords"' in line for line in f)
        self.assertLessEqual(opened, 4)


if __name__ == "__main__":
    main()
