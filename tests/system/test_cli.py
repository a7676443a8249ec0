"""The command line: words, options, exit status, what is printed where."""
import os
import re
import time

from base import BUSY, CONFIG, OK, PASSWORD, SOME, Account, HomeTest, SystemTest, main
from rig.evil import EvilServer, defaults


class WordsTest(HomeTest):
    def test_help_says_every_command_and_option(self):
        for word in ("--help", "-h"):
            result = self.run_golub(word)
            for needed in ("sync", "status", "check", "--dry-run", "--json", "--pull", "--push", "--confirm-deletes",
                           "--config", "--quiet", "--verbose", "--version"):
                self.assertIn(needed, result.out)
            self.assertEqual(result.err, "")

    def test_version_is_one_line(self):
        self.assertRegex(self.run_golub("--version").out, r"\Agolub \d+\.\d+\.\d+\S*\n\Z")

    def test_words_that_do_not_exist_are_2(self):
        self.home.write_config('account "work" {\n server = "imaps://imap.example.org"\n user = "a"\n'
                               ' password-command = "true"\n maildir = "%s"\n}\n' % self.home.path_of("Mail", "w"))
        for words in (["--no-such"], ["-Z"], ["frobnicate"], ["sync", "--pull", "--push"], ["status", "--no-such"],
                      ["-c"], ["--config"], ["sync", "nobody"], ["status", "nobody"], ["check", "nobody"],
                      ["sync", ""], ["--dry-run=yes", "sync"]):
            with self.subTest(words):
                result = self.run_golub(*words, expect=CONFIG, timeout=20)
                self.assertTrue(result.err.strip())
                self.assertEqual(result.out, "")


class CommandTest(SystemTest):
    def test_an_account_without_a_command_gives_a_hint(self):
        result = self.run_golub("work", expect=CONFIG)

        self.assertIn("golub sync work", result.err)
        self.assertEqual(self.proxy.stats["conns"], 0)

    def test_an_unknown_account_or_mailbox_is_2_before_any_connection(self):
        self.sync()
        self.proxy.reset()

        self.run_golub("sync", "work", "nobody", expect=CONFIG)
        self.run_golub("sync", "work/No/Such", expect=CONFIG)

        self.assertEqual(self.proxy.stats["conns"], 0)

    def test_without_a_word_every_account_is_synced(self):
        self.client.fill("INBOX", self.corpus.messages(3))
        second = self.new_account("second")
        # Both accounts list at the same time. Where the server makes its own mailboxes for the one, it shows them half made to the
        # other, as \Noselect: the next run would bring them.
        self.client.mailboxes()

        self.run_golub()

        self.assert_same()
        self.assert_same(account=second)

    def test_options_may_stand_before_and_after_the_command(self):
        self.client.fill("INBOX", self.corpus.messages(3))

        for words in (("-n", "sync", "work"), ("sync", "-n", "work"), ("sync", "work", "-n")):
            self.run_golub(*words)
            self.assertFalse(os.path.exists(self.account.root))

    def test_another_configuration_can_be_named(self):
        os.rename(self.home.config, self.home.path_of("other.conf"))

        self.run_golub("-c", self.home.path_of("other.conf"), "sync")
        self.run_golub("sync", "--config=" + self.home.path_of("other.conf"))

        self.assert_same()

    def test_quiet_says_nothing_when_all_is_well(self):
        self.client.fill("INBOX", self.corpus.messages(3))

        result = self.sync("--quiet")

        self.assertEqual((result.out, result.err), ("", ""))

    def test_the_summary_names_the_account_and_the_numbers(self):
        self.client.fill("INBOX", self.corpus.messages(7))

        result = self.sync()

        self.assertIn("work", result.out)
        self.assertRegex(result.out, r"\b7\b")
        self.assertEqual(result.err, "")
        self.assertNotIn("\r", result.out)
        self.assertNotIn("\x1b", result.out)

    def test_verbose_names_each_message(self):
        self.client.fill("INBOX", self.corpus.messages(7))

        self.assertGreaterEqual(self.sync("-v").out.count("INBOX"), 7)

    def test_why_a_message_comes_or_goes_is_said(self):
        gone, wanted, away, kept = [self.corpus.simple(name) for name in ("gone", "wanted", "away", "kept")]
        uids = self.given_both_sides([gone, wanted, away, kept])
        self.client.fill("INBOX", self.corpus.messages(1))
        self.maildir.deliver("INBOX", self.corpus.simple("ours").lf)
        self.client.expunge("INBOX", uids[:2])
        self.maildir.flag(self.maildir.find("INBOX", wanted), add="F")
        self.maildir.delete(self.maildir.find("INBOX", away))

        told = self.sync("--dry-run", "-v").out

        self.assertRegex(told, r"would fetch UID \d+.*: new there")
        self.assertRegex(told, r"would upload .*: new here")
        self.assertRegex(told, r"would upload .*: removed there, but wanted here since")
        self.assertRegex(told, r"would remove here UID %d .*: removed there\n" % uids[0])
        self.assertRegex(told, r"would remove on the server UID %d .*: removed here\n" % uids[2])
        self.assertRegex(self.sync("-v").out, r"removed here UID %d .*: removed there\n" % uids[0])

    def test_why_nothing_is_removed_is_said_to_who_asks_for_it(self):
        stays, away = self.corpus.simple("stays"), self.corpus.simple("away")
        self.given_both_sides([stays, away])
        long = os.path.join(self.maildir.folder("INBOX"), "cur", "1." + "y" * 245)
        with open(long, "wb") as f:
            f.write(self.corpus.simple("long name").lf)
        self.maildir.delete(self.maildir.find("INBOX", away))
        why = "nothing is removed on the server in this run: a file has a name that can't be used"

        asked, silent = self.sync("-v", expect=SOME), self.sync(expect=SOME)

        self.assertIn(why, asked.out)
        self.assertNotIn("nothing is removed", silent.out)
        self.assertTrue(self.is_there(away))
        os.remove(long)
        self.assertNotIn("nothing is removed", self.sync("-v").out)
        self.assertFalse(self.is_there(away))

    def test_one_mailbox_alone(self):
        self.client.create("Work/2024")
        self.sync()
        ours, theirs = self.corpus.simple("ours"), self.corpus.simple("theirs")
        self.client.append("Work/2024", ours.bytes)
        self.client.append("INBOX", theirs.bytes)

        self.run_golub("sync", "work/Work/2024")

        self.assertTrue(self.maildir.has("Work/2024", ours))
        self.assertFalse(self.maildir.has("INBOX", theirs))
        self.sync()
        self.assert_in_sync()

    def test_a_file_moved_out_of_the_one_mailbox_is_not_taken_for_a_deletion(self):
        self.client.create("Work")
        mail = self.corpus.simple()
        self.client.append("INBOX", mail.bytes)
        self.sync()
        self.maildir.move(self.maildir.find("INBOX", mail), "Work", rename=True)

        result = self.home.run("sync", "work/INBOX")

        self.assertIn(result.code, (OK, SOME), result)  # the move may have to wait for the other mailbox
        self.assertTrue(self.is_there(mail) or self.is_there(mail, "Work"))
        self.sync()
        self.assertTrue(self.is_there(mail, "Work"))
        self.assert_in_sync()

    def test_status_does_not_connect(self):
        self.client.fill("INBOX", self.corpus.messages(7))
        self.sync()
        self.proxy.reset()

        result = self.run_golub("status")

        self.assertEqual(self.proxy.stats["conns"], 0)
        self.assertIn("work", result.out)
        self.assertRegex(result.out, r"\b7\b")

    def test_status_before_the_first_sync(self):
        self.assertIn("work", self.run_golub("status").out)
        self.assertFalse(os.path.exists(self.account.state))

    def test_check_says_what_the_server_can_and_touches_nothing(self):
        result = self.run_golub("check")

        self.assertRegex(result.out, "QRESYNC")
        self.assert_nothing_changed_there()
        self.assertFalse(os.path.exists(self.account.root))
        self.assertFalse(os.path.exists(self.account.state))

    def test_check_with_a_capability_disabled(self):
        self.account.set(disable=["QRESYNC", "MOVE"])
        self.client.fill("INBOX", self.corpus.messages(2))
        self.sync()

        self.assertFalse([line for line in self.proxy.sent() if re.search(rb"QRESYNC", line)])

    def test_two_at_once_the_second_is_told_6(self):
        self.client.fill("INBOX", self.corpus.messages(3))
        self.through(stall_down=1500)
        first = self.home.start("sync", "work")
        self.addCleanup(first.communicate)
        self.addCleanup(first.kill)
        until = time.monotonic() + 20
        while not self.proxy.stats["stalls"] and time.monotonic() < until:
            time.sleep(0.05)
        self.assertTrue(self.proxy.stats["stalls"])

        result = self.run_golub("sync", "work", expect=BUSY, timeout=20)

        self.assertIn("work", result.err + result.out)
        self.assertEqual(self.proxy.stats["conns"], 1)

    def test_a_full_standard_output_is_no_crash(self):
        self.client.fill("INBOX", self.corpus.messages(3))
        done = self.home.run("sync", "work", prefix=("sh", "-c", 'exec "$@" > /dev/full', "sh"))

        self.check(done, SOME)
        self.assertIn("write standard output: No space left on device", done.err)
        self.assertEqual(self.home.run("status", prefix=("sh", "-c", 'exec "$@" > /dev/full', "sh")).code, SOME)
        self.assertEqual(self.home.run("--json", prefix=("sh", "-c", 'exec "$@" > /dev/full', "sh")).code, SOME)
        self.assert_in_sync()

    def test_descriptors_that_the_starter_closed_are_not_taken_by_the_wire_or_the_lock(self):
        self.client.fill("INBOX", self.corpus.messages(5))

        for closed in ("<&- >&- 2>&-", "2>&-", "<&- 2>&-"):
            with self.subTest(closed):
                self.proxy.reset()
                self.check(self.home.run("sync", "work", "-v", "-v", prefix=("sh", "-c", 'exec "$@" %s' % closed, "sh")), OK)

                self.assertEqual(os.path.getsize(os.path.join(self.account.state, "lock")), 0)
                self.assertNotIn(b"S: ", self.proxy.stream("up"))
        self.assert_in_sync()

    def test_a_limit_on_the_size_of_files_is_an_error_of_one_message(self):
        self.client.fill("INBOX", [self.corpus.simple("small"), self.corpus.big(3_000_000)])

        done = self.home.run("sync", "work", prefix=("bash", "-c", 'ulimit -f 2000 && exec "$@"', "bash"))

        self.check(done, SOME)
        self.assertIn("File too large", done.err)
        self.sync()
        self.assert_in_sync()

    def test_a_journal_that_cannot_grow_says_so(self):
        self.client.fill("INBOX", self.corpus.messages(40))

        done = self.home.run("sync", "work", prefix=("bash", "-c", 'ulimit -f 40 && exec "$@"', "bash"))

        self.check(done, SOME)
        self.assertIn("journal", done.err)
        self.assertIn("Make room", done.err)
        self.sync()
        self.assert_in_sync()

    def test_a_file_that_cannot_be_read_is_named(self):
        self.sync()
        with open(self.maildir.put("INBOX", b"", "S").path, "wb") as file:
            file.truncate(4 << 40)

        done = self.sync(expect=SOME)

        self.assertIn(os.path.basename(file.name).partition(":")[0], done.err)

    def test_a_reader_that_goes_away_loses_no_mail(self):
        self.client.fill("INBOX", self.corpus.messages(30))
        self.home.run("sync", "work", "-v", prefix=("bash", "-c", '"$@" | head -c 1 >/dev/null', "bash"))

        self.sync()
        self.assert_in_sync()


class HostileNameTest(HomeTest):
    def test_a_mailbox_name_prints_no_control_bytes(self):
        name = b"bell \x07 and escape \x1b[31m"
        listed = b'* LIST (\\HasNoChildren) "/" INBOX\r\n* LIST () "/" "' + name + b'"\r\n%T OK done\r\n'
        with EvilServer(default=[(rb"LIST\b", listed), *defaults()]) as server:
            account = Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, tls="none")
            for words in (["sync", "-v"], ["sync", "-n"], ["status", "-v"], ["check", "-v"], ["sync", "-vv"]):
                with self.subTest(words):
                    result = self.home.run(*words)
                    self.assertIn(result.code, (OK, SOME), result)
                    self.assertNotRegex(result.out + result.err, "[\x00-\x08\x0b-\x1f\x7f]")
            self.assertTrue(account.maildir.mailboxes())


if __name__ == "__main__":
    main()
