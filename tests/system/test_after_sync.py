"""after-sync: a command that is run when something changed here, told what in its environment."""
import json
import os
import signal

import subprocess
import time

from base import OK, PASSWORD, SOME, SystemTest, main
from popbase import SCHEMA, DovecotTest, schema_check
from rig.golub import end_by


class Told:
    """What a command wrote down of each of its runs."""

    def __init__(self, home, after=":"):
        self.folder = home.path_of("told")
        os.makedirs(self.folder)
        self.script = home.write("after.sh", """#!/bin/sh
n=$(ls '%s' | wc -l); to='%s'/$n; mkdir $to
env >$to/env; pwd >$to/pwd; ls -l /proc/self/fd >$to/fds; stat -c %%a "$GOLUB_CHANGES" >$to/mode
cat "$GOLUB_CHANGES" >$to/changes; printf '%%s' "$GOLUB_MAILBOXES" >$to/mailboxes; printf '%%s' "$GOLUB_CHANGES" >$to/path
%s
""" % (self.folder, self.folder, after), 0o700)

    @property
    def count(self):
        return len(os.listdir(self.folder))

    def read(self, name, run=-1):
        with open(os.path.join(self.folder, str(run % self.count), name)) as f:
            return f.read()

    def mailboxes(self, run=-1):
        return sorted(self.read("mailboxes", run).split("\n"))

    def changes(self, run=-1):
        with open(SCHEMA) as f:
            schema = json.load(f)
        lines = [json.loads(line) for line in self.read("changes", run).splitlines()]
        for line in lines:
            assert not schema_check.validate(line, schema), line
        return sorted((line["action"], line["mailbox"]) for line in lines)


def wait_for(happened, seconds=20):
    until = time.monotonic() + seconds
    while not happened() and time.monotonic() < until:
        time.sleep(0.02)
    return happened()


class AfterSyncTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.told = Told(self.home)
        self.account.set(after_sync=self.told.script)
        self.mails = self.corpus.messages(6, edge=False, median=1000)
        for m in self.mails:
            m.flags = ()

    def given_in_sync(self):
        self.client.create("Work")
        self.client.fill("INBOX", self.mails[:4])
        self.client.fill("Work", self.mails[4:])
        self.sync()

    def leftovers(self):
        return [name for name in os.listdir(self.account.state) if name.startswith("changes-")]

    def test_new_mail_is_told_with_its_mailboxes_and_a_file_that_is_removed(self):
        self.given_in_sync()

        self.assertEqual(self.told.count, 1)
        self.assertEqual(self.told.mailboxes(), ["INBOX", "Work"])
        self.assertEqual(self.told.changes(), [("download", "INBOX")] * 4 + [("download", "Work")] * 2)
        self.assertEqual(self.told.read("mode").strip(), "600")
        self.assertTrue(self.told.read("path").startswith(self.account.state + "/"))
        self.assertFalse(os.path.exists(self.told.read("path")))
        self.assertEqual(self.leftovers(), [])
        self.assertIn("GOLUB_ACCOUNT=work\n", self.told.read("env"))

    def test_flags_moves_and_removals_that_come_down_are_told(self):
        self.given_in_sync()
        self.client.create("Kept")
        self.sync()
        before = self.told.count
        self.client.store("INBOX", self.client.uid_of("INBOX", self.mails[0]), "+", ["\\Seen"])
        self.client.move("INBOX", self.client.uid_of("INBOX", self.mails[1]), "Kept")
        self.client.store("Work", self.client.uid_of("Work", self.mails[4]), "+", ["\\Deleted"])
        self.client.expunge("Work", self.client.uid_of("Work", self.mails[4]))

        self.sync()

        self.assertEqual(self.told.count, before + 1)
        self.assertEqual(self.told.changes(), [("flags-here", "INBOX"), ("move-here", "Kept"), ("remove-here", "Work")])
        self.assertEqual(self.told.mailboxes(), ["INBOX", "Kept", "Work"])

    def test_what_only_goes_up_and_a_run_without_changes_and_a_dry_run_run_nothing(self):
        self.given_in_sync()
        mail = self.corpus.simple("written here")
        self.maildir.put("INBOX", mail.bytes)
        self.sync()
        self.sync()
        self.client.append("INBOX", self.corpus.simple("dry").bytes)
        self.sync("--dry-run")
        self.assertEqual(self.told.count, 1)

        self.sync("--quiet")
        self.assertEqual(self.told.count, 2)

    def test_its_failure_is_said_and_changes_no_exit_status_nor_the_account_s_record(self):
        self.account.set(after_sync="echo to out; echo to err >&2; exit 3")
        self.client.fill("INBOX", self.mails)

        result = self.sync("--json")

        self.assertIn("to out", result.err)
        self.assertIn("to err", result.err)
        self.assertNotIn("to out", result.out)
        self.assertTrue(any("status 3" in e["what"] for e in result.of("error")), result)
        self.assertNotIn("after-sync", self.run_golub("status").out)
        self.account.set(after_sync="kill -9 $$")
        self.client.append("INBOX", self.corpus.simple("more").bytes)
        self.assertIn("after-sync was ended by signal 9", self.sync().err)
        self.account.set(after_sync="/no/such/command")
        self.client.append("INBOX", self.corpus.simple("yet more").bytes)
        self.assertIn("after-sync ended with status 127", self.sync().err)

    def test_it_gets_golub_s_environment_and_no_secret_and_no_descriptor(self):
        self.client.fill("INBOX", self.mails)

        self.sync(env={"GOLUB_CHANGES": "/of/somebody/else", "MINE": "yes"})

        env = self.told.read("env")
        self.assertNotIn(PASSWORD, env)
        self.assertNotIn("/of/somebody/else", env)
        self.assertIn("MINE=yes\n", env)
        self.assertEqual(sorted(line.split("=")[0] for line in env.splitlines() if line.startswith("GOLUB_")),
                         ["GOLUB_ACCOUNT", "GOLUB_CHANGES", "GOLUB_MAILBOXES"])
        fds = [line.split(" -> ")[1] for line in self.told.read("fds").splitlines() if " -> " in line]
        self.assertFalse([fd for fd in fds if "journal" in fd or "lock" in fd or "socket" in fd], fds)

    def test_the_run_lock_is_free_while_it_runs(self):
        inner = Told(self.another_home(), "exit 0")
        self.account.set(after_sync="[ -e inner ] || { touch inner; '%s' sync work >inner 2>&1; echo $? >>inner; }; %s" %
                         (os.environ["GOLUB_BIN"], inner.script))
        self.client.fill("INBOX", self.mails)

        self.sync()

        with open(self.home.path_of("inner")) as f:
            self.assertEqual(f.read().splitlines()[-1], "0")
        self.assertEqual(inner.count, 1)

    def test_a_second_run_waits_for_the_command_of_the_first(self):
        log = self.home.path_of("log")
        self.account.set(after_sync="echo begin >>'%s'; sleep 1; echo end >>'%s'" % (log, log))
        self.client.fill("INBOX", self.mails[:3])
        first = self.home.start("sync", "work")
        self.assertTrue(wait_for(lambda: os.path.exists(log)))
        self.client.fill("INBOX", self.mails[3:])

        self.sync()

        first.communicate(timeout=20)
        with open(log) as f:
            self.assertEqual(f.read().split(), ["begin", "end"] * 2)

    def test_a_signal_ends_it_at_once_and_all_that_it_started(self):
        mark = self.home.path_of("mark")
        self.account.set(after_sync="touch '%s'; sleep 321.5 & wait" % mark)
        self.client.fill("INBOX", self.mails)
        process = self.home.start("sync", "work")
        self.assertTrue(wait_for(lambda: os.path.exists(mark)))
        began = time.monotonic()

        code, out, err = end_by(process, signal.SIGTERM, seconds=20)

        self.assertLess(time.monotonic() - began, 4)
        self.assertIn(code, (-signal.SIGTERM, 128 + signal.SIGTERM), out + err)
        self.assertEqual(subprocess.run(["pgrep", "-f", "sleep 321.5"], stdout=subprocess.PIPE, check=False).stdout, b"")
        self.assertEqual(self.leftovers(), [])
        self.assertEqual(len(self.maildir.files("INBOX")), 6)

    def test_what_a_killed_golub_left_is_removed_by_the_next_that_changes_something(self):
        pid = self.home.path_of("pid")
        self.account.set(after_sync="echo $$ >'%s.new'; mv '%s.new' '%s'; exec >/dev/null 2>&1 sleep 30" % (pid, pid, pid))
        self.client.fill("INBOX", self.mails)
        process = self.home.start("sync", "work")
        self.assertTrue(wait_for(lambda: os.path.exists(pid)))
        end_by(process, signal.SIGKILL)
        with open(pid) as f:
            os.kill(int(f.read()), signal.SIGKILL)
        left = self.leftovers()
        self.assertEqual(len(left), 1)
        self.account.set(after_sync=self.told.script)
        self.sync(expect=OK)
        self.client.append("INBOX", self.corpus.simple("more").bytes)

        self.sync()

        self.assertEqual(self.leftovers(), [])

    def test_an_unchanged_run_writes_no_more_with_it(self):
        self.given_in_sync()
        names = sorted(os.listdir(self.account.state))

        self.sync()

        self.assertEqual(sorted(os.listdir(self.account.state)), names)

    def test_an_empty_command_is_2(self):
        self.account.set(after_sync="")
        self.assertIn("after-sync", self.sync(expect=2).err)


class AfterImportTest(DovecotTest):
    def test_an_import_runs_it_too_also_within_a_sync(self):
        told = Told(self.home)
        self.account.set(after_sync=told.script, deliver_to="Lists/C")
        self.given(3)

        self.import_()

        self.assertEqual(told.changes(), [("download", "Lists/C")] * 3)
        self.assertEqual(told.mailboxes(), ["Lists/C"])
        self.import_()
        self.given(1)
        self.check(self.home.run("sync", "post"), OK)
        self.assertEqual(told.count, 2)


if __name__ == "__main__":
    main()
