"""Where mail goes: folders, several accounts into one inbox, a deliver-command, disks that are full and folders that are closed."""
import os
import subprocess
import sys
import time

from popbase import CONFIG, OK, SOME, DovecotTest, ScriptTest, file_form, main, popclient
from rig import in_memory  # noqa: F401


class FolderTest(DovecotTest):
    def test_deliver_to_names_a_folder_that_is_made_where_it_is_missing(self):
        mails = self.given(4)
        self.account.set(deliver_to="Lists/C")

        self.import_()

        self.assert_here(mails, "Lists/C")
        self.assertEqual(self.account.maildir.files("INBOX"), [])

    def test_a_changed_deliver_to_brings_nothing_twice(self):
        mails = self.given(4)
        self.import_()
        self.account.set(deliver_to="Elsewhere")
        new = self.drop([self.corpus.simple("new").bytes])

        self.import_()

        self.assert_here(mails)
        self.assert_here(new, "Elsewhere")

    def test_a_name_that_leads_out_of_the_root_is_2(self):
        for name in ("../x", "a/../../b", "", "/tmp/golub-was-here", "cur", "a//b", "."):
            with self.subTest(name):
                self.given(1)
                self.account.set(deliver_to=name)

                result = self.home.run("import", "post")

                self.assertIn(result.code, (OK, CONFIG), result)
                self.assertEqual(sorted(os.listdir(self.home.path_of("Mail"))) in ([], ["post"]), True)
                self.assertFalse(os.path.exists("/tmp/golub-was-here"))

    def test_several_accounts_into_one_inbox_at_the_same_time(self):
        users = [self.user, *(next(self._users) for _ in range(4))]
        everything = []
        for n, user in enumerate(users):
            mails = [m.bytes for m in self.corpus.messages(40, edge=False, median=1500)]
            self.server.drop(user, mails)
            everything += mails
            if n:
                self.pop_account(self.server.pop_port, "more%d" % n, user=user, maildir=self.account.root, keep="no")

        self.check(self.home.run("import"), OK)

        self.assert_here(everything)
        self.tmp_is_empty()
        self.check(self.home.run("import"), OK)
        self.assert_here(everything)

    def test_two_accounts_that_hold_the_same_message_bring_it_twice(self):
        """Two mailboxes are two mailboxes: what to do with two copies is the reader's business."""
        other = next(self._users)
        mails = self.given(3)
        self.server.drop(other, mails)
        self.through(delay=200)  # both look for what is here already before either has brought anything
        self.pop_account(self.proxy.port, "other", user=other, maildir=self.account.root)

        self.check(self.home.run("import"), OK)

        self.assert_here(mails + mails)

    def test_others_files_in_the_tree_are_left_alone(self):
        self.given(2)
        self.import_()
        os.mkdir(os.path.join(self.account.root, "INBOX", ".notmuch"))
        for name in ("dovecot-uidlist", ".uidvalidity", "tmp/1234.other.host"):
            with open(os.path.join(self.account.root, "INBOX", name), "w") as f:
                f.write("theirs")
        self.given(2)

        self.import_()

        for name in ("dovecot-uidlist", ".uidvalidity", "tmp/1234.other.host"):
            with open(os.path.join(self.account.root, "INBOX", name)) as f:
                self.assertEqual(f.read(), "theirs")


class CommandTest(DovecotTest):
    """deliver-command: exit status decides; at least once."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.home.path_of("mda"))
        self.box = self.home.path_of("mda")

    def command(self, text):
        script = self.home.write("deliver.sh", "#!/bin/sh\n" + text, 0o700)
        self.account.set(deliver_command="'%s' '%s'" % (script, self.box))

    KEEP_IT = 'f=$(mktemp "$1/XXXXXXXX") && cat >"$f"\n'

    def handed_over(self):
        found = []
        for name in sorted(os.listdir(self.box)):
            with open(os.path.join(self.box, name), "rb") as f:
                found.append(f.read())
        return found

    def assert_handed_over(self, mails):
        self.assertEqual(sorted(self.handed_over()), sorted(file_form(m) for m in mails))

    def test_each_message_goes_to_the_command_and_none_into_the_maildir(self):
        mails = self.given(8)
        self.command(self.KEEP_IT)

        self.import_()

        self.assert_handed_over(mails)
        self.assertEqual(self.here(), [])
        self.assertEqual(self.downloads(), 0)

    def test_no_maildir_is_needed_beside_a_command(self):
        mails = self.given(2)
        self.command(self.KEEP_IT)
        self.account.set(maildir=None)

        self.import_()

        self.assert_handed_over(mails)

    def test_keep_no_removes_what_the_command_took(self):
        mails = self.given(4)
        self.command(self.KEEP_IT)
        self.account.set(keep="no")

        self.import_()

        self.assert_handed_over(mails)
        self.assertEqual(self.count_there(), 0)

    def test_75_keeps_the_message_for_later_and_the_others_go_on(self):
        mails = self.given(4)
        self.account.set(keep="no")
        self.command('f=$(mktemp "$1/XXXXXXXX") && cat >"$f"\nif grep -q "%s" "$f"; then rm "$f"; exit 75; fi\n' % self.mark(mails[1]))

        result = self.import_(expect=SOME)

        self.assertIn("75", result.err + result.out)
        self.assert_handed_over(mails[:1] + mails[2:])
        self.assertEqual(self.there(), [mails[1]])
        self.command(self.KEEP_IT)
        self.import_()
        self.assert_handed_over(mails)
        self.assertEqual(self.count_there(), 0)

    @staticmethod
    def mark(mail):
        """Its Message-ID, as grep -q takes it; answers name it too, in other lines."""
        return "^Message-ID: <" + mail.split(b"Message-ID: <")[1].split(b">")[0].decode()

    def test_any_other_failure_keeps_it_too(self):
        for word in ("exit 1", "exit 67", "exit 127", "kill -9 $$", "kill -15 $$"):
            with self.subTest(word):
                self.user = next(self._users)
                account = self.pop_account(self.server.pop_port, "x" + "".join(c for c in word if c.isalnum()), user=self.user,
                                           keep="no")
                self.given(2)
                script = self.home.write("deliver.sh", "#!/bin/sh\ncat >/dev/null\n%s\n" % word, 0o700)
                account.set(deliver_command="'%s' x" % script)

                result = self.import_(expect=SOME, account=account)

                for number in (1, 2):
                    self.assertRegex(result.err, r"message %d \(UIDL [!-~]+\)" % number)
                self.assertEqual(self.count_there(), 2)

    def test_a_command_that_reads_nothing_and_says_0_has_taken_it(self):
        self.given(3)
        self.account.set(keep="no", deliver_command="exit 0")

        self.import_()

        self.assertEqual(self.count_there(), 0)

    def test_a_command_that_reads_half_of_a_big_message_ends_nothing_but_itself(self):
        self.drop([self.corpus.big(3_000_000).bytes])
        self.given(1)
        self.account.set(deliver_command="head -c 1000 >/dev/null")

        self.import_()

        self.assertEqual(self.downloads(), 0)

    def test_a_big_message_reaches_the_command_whole(self):
        mails = self.drop([self.corpus.big(3_000_000).bytes])
        self.command(self.KEEP_IT)

        self.import_()

        self.assert_handed_over(mails)

    def test_the_command_has_no_descriptor_of_ours(self):
        self.given(1)
        self.command('cat >/dev/null\nls -l /proc/$$/fd >"$1/fds"\n')

        self.import_()

        text = self.handed_over()[0].decode()
        self.assertNotIn("socket:", text)
        self.assertNotIn("journal", text)

    def test_who_started_golub_may_have_ignored_the_end_of_children(self):
        """The exit status of a child that is ignored is lost, and what the command took would come again with each run."""
        mails = self.given(2)
        self.command(self.KEEP_IT)

        self.import_(prefix=(sys.executable, "-c", "import os, signal, sys\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
                             "os.execv(sys.argv[1], sys.argv[1:])"))

        self.assert_handed_over(mails)

    def test_a_killed_run_hands_over_again_and_loses_nothing(self):
        """At least once."""
        mails = self.given(6)
        self.account.set(keep="no")
        self.command('n=$(ls "$1" | wc -l)\nf=$(mktemp "$1/XXXXXXXX") && cat >"$f"\n[ "$n" -ge 2 ] && [ "$n" -lt 4 ] && kill -9 $PPID\n'
                     "exit 0\n")
        first = self.home.run("import", "post")
        self.command(self.KEEP_IT)

        self.import_()

        have = self.handed_over()
        for mail in mails:
            self.assertIn(file_form(mail), have)
        self.assertLessEqual(len(have), len(mails) + 4, first)
        self.assertEqual(self.count_there(), 0)
        self.assertEqual(self.downloads(), 0)


class DiskTest(ScriptTest):
    """No room, no right: said, nothing removed that is not durable here, and the next run goes on."""

    def assert_nothing_lost(self, mails):
        """Each is on the server or here."""
        have = {popclient.digest(f.bytes()) for f in self.here()}
        there = {popclient.digest(file_form(m)) for m in self.server.contents()}
        for mail in mails:
            self.assertIn(popclient.digest(file_form(mail)), have | there)

    def test_a_full_disk_is_said_and_removes_nothing_that_is_not_here(self):
        self.tmpfs(self.account_root(), "2m")
        mails = [self.corpus.big(150_000).bytes for _ in range(30)] + self.mails(4)
        server = self.serve(mails, extras={"keep": "no"})

        result = self.import_(expect=SOME)

        self.assertRegex(result.err, "(?i)(no space|full).* run golub again")
        self.assert_nothing_lost(mails)
        self.assertGreater(len(server.contents()), 10)
        subprocess.run(["mount", "-o", "remount,size=64m", self.account_root()], check=True)
        self.import_()
        self.assert_here(mails)
        self.assertEqual(server.contents(), [])

    def account_root(self):
        return self.home.path_of("Mail", "post")

    def test_a_full_disk_for_the_journal_is_said_and_removes_nothing_that_is_not_here(self):
        state = self.home.path_of("state", "golub", "post")
        os.makedirs(os.path.dirname(state), exist_ok=True)
        self.tmpfs(state, "256k")
        mails = self.mails(2000)
        server = self.serve(mails, extras={"keep": "no"})

        result = self.home.run("import", "post")

        if result.code != OK:
            self.assertRegex(result.err, "(?i)no space|full")
        self.assert_nothing_lost(mails)
        subprocess.run(["mount", "-o", "remount,size=64m", state], check=True)
        server.clear()
        self.import_()
        self.assert_here(mails)

    def test_an_unwritable_folder_is_said_and_removes_nothing(self):
        mails = self.mails(3)
        server = self.serve(mails, extras={"keep": "no", "deliver_to": "Closed"})
        self.tmpfs(self.account_root(), "1m")
        self.account.maildir.create("Closed")
        subprocess.run(["mount", "-o", "remount,ro", self.account_root()], check=True)

        result = self.home.run("import", "post")

        self.assertIn(result.code, (SOME, CONFIG), result)
        self.assertRegex(result.err, "(?i)read-only.* run golub again; .* still on the server")
        self.assertEqual(server.contents(), mails)
        self.assert_nothing_marked()
        subprocess.run(["mount", "-o", "remount,rw", self.account_root()], check=True)
        self.import_()
        self.assert_here(mails, "Closed")

    def test_a_folder_whose_new_is_a_link_elsewhere_is_not_followed(self):
        mails = self.mails(2)
        server = self.serve(mails, extras={"keep": "no"})
        elsewhere = self.home.path_of("elsewhere")
        os.makedirs(elsewhere)
        self.account.maildir.create("INBOX")
        os.rmdir(os.path.join(self.account.root, "INBOX", "new"))
        os.symlink(elsewhere, os.path.join(self.account.root, "INBOX", "new"))

        result = self.home.run("import", "post")

        self.assertNotEqual(result.code, OK)
        self.assertEqual(os.listdir(elsewhere), [])
        self.assertEqual(server.contents(), mails)

    def test_a_rename_that_fails_keeps_the_message_there(self):
        mails = self.mails(5)
        server = self.serve(mails, extras={"keep": "no"})

        for when in ("1", "3", "1+"):
            self.home.run_failing("renameat2", "ENOSPC", when, "import", "post")
            self.assert_nothing_lost(mails)
        self.import_()

        self.assert_here(mails)
        self.assertEqual(server.contents(), [])


class SignalTest(DovecotTest):
    def test_the_first_signal_ends_in_order_and_what_came_is_not_fetched_again(self):
        self.account.set(keep="no")
        mails = self.given(300, median=20000)
        self.through(mbit=8, delay=5)
        process = self.home.start("import", "post")
        until = time.monotonic() + 60
        while self.proxy.stats["down"] < 600_000 and time.monotonic() < until:
            time.sleep(0.02)
        self.assertIsNone(process.poll(), "it was over before the signal")
        began = time.monotonic()
        process.terminate()

        out, err = process.communicate(timeout=20)

        self.assertLess(time.monotonic() - began, 8)
        self.assertIn(process.returncode, (-15, 143), out + err)
        self.assertIn(b"interrupted", out + err)
        came = len(self.here())
        self.assertGreater(came, 0)
        self.assertLess(came, 300)
        self.through()
        self.assertEqual(self.downloads(), 300 - came)
        self.assert_here(mails)
        self.assertEqual(self.count_there(), 0)


if __name__ == "__main__":
    main()
