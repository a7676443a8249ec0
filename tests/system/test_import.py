"""`golub import` as a user meets it: what comes, what is said, what a second run does, and what is left alone."""
import json
import os
import re
import sqlite3
import time

import schema_check
from base import Client
from popbase import (CONFIG, HELD, LOGIN, OK, PASSWORD, SOME, Account, DovecotTest, file_form, main, popclient)
from rig import in_memory  # noqa: F401

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contrib", "golub.schema.json")


class ImportTest(DovecotTest):
    def test_what_is_on_the_server_is_in_new_and_stays_on_the_server(self):
        mails = self.given(25, edge=True)

        self.import_()

        self.assert_here(self.there())
        self.assertEqual({f.where for f in self.here()}, {"new"})
        self.assertEqual({f.info for f in self.here()}, {""})
        self.assertEqual(self.count_there(), len(mails))
        self.tmp_is_empty()

    def test_a_second_run_fetches_nothing_and_writes_nothing_and_exits_0_when_nothing_is_new(self):
        self.given(12)
        self.import_()
        before, rows = self.account.maildir.snapshot(), self.account.journal_dump()

        result = self.import_()

        self.assertEqual(self.account.maildir.snapshot(), before)
        def mail_rows(dump):
            """Not the folders: their times may have been too young to be trusted."""
            return [r for r in dump if not re.search(r'INTO "?(meta|pop_folder)', r)]
        self.assertEqual(mail_rows(self.account.journal_dump()), mail_rows(rows))
        self.assertEqual([line for line in self.proxy.sent() if re.match(rb"(RETR|TOP|DELE)", line)], [])
        self.assertEqual(result.err, "")

    def test_nothing_new_costs_at_most_8_turns(self):
        self.given(30)
        self.import_()

        self.import_()

        self.assertLessEqual(self.proxy.stats["turns"], 8, self.evidence())
        self.assertEqual(self.proxy.stats["conns"], 1)

    def test_nothing_new_reads_no_more_of_the_journal_than_the_names(self):
        self.given(2000)
        self.import_()
        time.sleep(0.1)  # the folder's time is old enough to be trusted
        self.import_()
        log = self.home.path_of("reads")

        self.import_(env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"},
                     prefix=("strace", "-f", "-y", "-qq", "-s", "1", "-o", log, "-e", "trace=pread64"))

        with open(log) as f:
            reads = sum("/journal.db>" in line for line in f)
        whole = os.path.getsize(self.account.journal_path()) // 4096
        self.assertGreater(whole, 150)
        self.assertLess(reads, whole / 3)

    def test_an_empty_maildrop_is_0(self):
        self.import_()

        self.assertEqual(self.here(), [])
        self.import_()

    def test_new_mail_alone_is_fetched(self):
        old = self.given(10)
        self.import_()
        new = self.drop([self.corpus.simple("new").bytes])

        self.assertEqual(self.downloads(), 1)

        self.assert_here(old + new)
        self.assertEqual(len([line for line in self.proxy.sent() if line.startswith(b"RETR")]), 1)

    def test_what_is_removed_read_or_moved_here_does_not_come_back(self):
        mails = self.given(9)
        self.import_()
        here = self.account.maildir
        here.create("Archive")
        for n in (0, 1, 2):
            here.delete(here.find("INBOX", mails[n]))
        for n in (3, 4):
            here.move(here.find("INBOX", mails[n]), "Archive", rename=True)
        here.flag(here.find("INBOX", mails[5]), add="FS")

        self.assertEqual(self.downloads(), 0)

        self.assert_here(mails[5:])
        self.assert_here(mails[3:5], "Archive")
        self.assertEqual(self.count_there(), 9)

    def test_the_base_name_says_nothing_of_the_server_and_no_two_are_equal(self):
        self.given(20)
        self.import_()

        names = [f.name for f in self.here()]

        self.assertEqual(len(set(names)), 20)
        for name in names:
            self.assertRegex(name, r"\A\d{10}\.[A-Za-z0-9]+\.golub\Z")
            self.assertNotIn(self.user, re.split(r"\W", name))  # three letters may stand in a digest by chance

    def test_a_dry_run_says_what_would_come_and_writes_nothing_anywhere(self):
        self.given(7)
        before = self.snapshot()

        result = self.import_("--dry-run")

        self.assertRegex(result.out, r"\b7\b")
        self.assertEqual(self.snapshot(), before)
        self.assertEqual(self.counts("--dry-run")["down_new"], 7)
        self.assertEqual([line for line in self.proxy.sent() if re.match(rb"(RETR|DELE)", line)], [])

    def test_a_dry_run_says_once_what_bytes_alone_would_tell(self):
        self.account.maildir.create("INBOX")
        for mail in self.given(5):
            self.account.maildir.put("INBOX", b"X-Label: a\n" + file_form(mail))

        result = self.import_("--dry-run")

        self.assertEqual(result.out.count("can be told apart by their bytes alone"), 1, result)

    def test_a_dry_run_over_a_known_maildrop_writes_nothing_and_removes_nothing(self):
        self.given(6)
        self.import_()
        self.given(2)
        self.account.set(keep="no", max_delete="off")
        before = self.snapshot()

        counts = self.counts("--dry-run")

        self.assertEqual(self.snapshot(), before)
        self.assertEqual(counts["down_new"], 2)
        self.assertEqual(self.count_there(), 8)
        self.assertEqual(self.downloads(), 2)

    def test_skip_existing_records_what_is_there_without_fetching_it(self):
        self.given(15)

        counts = self.counts("--skip-existing")

        self.assertEqual((counts["had"], counts["down_new"]), (15, 0))
        self.assertEqual([line for line in self.proxy.sent() if line.startswith((b"RETR", b"DELE"))], [])
        self.assertEqual(self.downloads(), 0)
        new = self.drop([self.corpus.simple("new").bytes])
        self.assertEqual(self.downloads(), 1)
        self.assert_here(new)

    def test_what_skip_existing_recorded_is_not_removed_whatever_keep_says(self):
        self.given(5)
        self.import_("--skip-existing")
        self.account.set(keep="no", max_delete="off")
        new = self.drop([self.corpus.simple("new").bytes])

        self.import_()
        self.import_()

        self.assert_here(new)
        self.assertEqual(self.count_there(), 5)

    def test_skip_existing_in_a_dry_run_writes_nothing(self):
        self.given(5)
        before = self.snapshot()

        self.import_("--skip-existing", "--dry-run")

        self.assertEqual(self.snapshot(), before)
        self.assertEqual(self.downloads(), 5)

    def test_the_summary_names_the_account_and_the_number(self):
        self.given(7)

        result = self.import_()

        self.assertIn("post", result.out)
        self.assertRegex(result.out, r"\b7\b")
        self.assertEqual(result.err, "")

    def test_quiet_says_nothing_when_all_is_well(self):
        self.given(3)

        result = self.import_("--quiet")

        self.assertEqual((result.out, result.err), ("", ""))

    def test_status_tells_without_connecting(self):
        self.given(7)
        self.import_()
        self.proxy.reset()

        result = self.run_golub("status", "post")

        self.assertIn("post", result.out)
        self.assertRegex(result.out, r"\b7\b")
        self.assertEqual(self.proxy.stats["conns"], 0)

    def test_status_tells_what_max_messages_left_there(self):
        self.given(5)
        self.account.set(max_messages=2)
        self.import_()
        self.assertRegex(self.run_golub("status", "post").out, r"left on the server for a later run by max-messages: 3\b")

        self.import_()
        self.import_()

        self.assertNotIn("left", self.run_golub("status", "post").out)

    def test_a_journal_that_cannot_be_used_comes_with_what_a_pop_account_has_to_expect(self):
        mails = self.given(2)
        self.import_()
        with open(self.account.journal_path(), "wb") as f:
            f.write(b"no journal " * 1000)

        result = self.import_(expect=SOME)

        self.assertIn("with deliver-command all that is on the POP server comes again", result.err)
        self.assertIn("--skip-existing", result.err)
        os.unlink(self.account.journal_path() or os.path.join(self.account.state, "journal.db"))
        self.import_()
        self.assert_here(mails)

    def test_check_says_what_the_server_can_do_and_changes_nothing(self):
        def seen():  # the time of the Maildir alone is let off: a probe for colons was made in it and removed
            return [(name, mode, size, None if name == "Mail" else mtime, inode) for name, mode, size, mtime, inode in self.snapshot()]

        self.given(3)
        before = seen()

        result = self.run_golub("check", "post")

        self.assertIn("UIDL", result.out)
        self.assertIn("PIPELINING", result.out)
        self.assertEqual(seen(), before)
        self.assertEqual([line for line in self.proxy.sent() if re.match(rb"(RETR|TOP|DELE)", line)], [])

    def test_every_line_of_json_holds_to_the_schema(self):
        with open(SCHEMA) as f:
            schema = json.load(f)
        self.given(12)
        runs = [self.import_("--json", "--dry-run"), self.import_("--json"), self.import_("--json")]
        self.account.set(keep="no")
        runs += [self.import_("--json", expect=HELD), self.run_golub("--json", "status", "post"),
                 self.run_golub("--json", "check", "post"), self.import_("--json", "--confirm-deletes")]

        for result in runs:
            lines = result.out.splitlines()
            self.assertTrue(lines, result)
            for line in lines:
                problems = schema_check.validate(json.loads(line), schema)
                self.assertFalse(problems, "%s\n%s" % (line, problems))
            self.assertEqual(json.loads(lines[-1])["exit"], result.code)

    def test_max_messages_limits_a_run_and_order_says_which_come_first(self):
        mails = self.given(10)
        self.account.set(max_messages=3)
        self.import_()
        self.assert_here(mails[7:])
        self.import_()
        self.assert_here(mails[4:])

        self.account.set(max_messages=2, order="oldest")
        self.import_()

        self.assert_here(mails[:2] + mails[4:])
        self.account.set(max_messages=None)
        self.import_()
        self.assert_here(mails)

    def test_what_max_size_leaves_there_is_named_and_counts_as_done(self):
        big = self.drop([self.corpus.big(300_000).bytes])
        small = self.given(4)
        self.account.set(max_size=100_000, keep="no")

        counts = self.counts()

        self.assertEqual((counts["down_new"], counts["too_large"]), (4, 1))
        self.assert_here(small)
        self.assertEqual(self.there(), big)
        self.assertRegex(self.import_("-v").out, r"max-size|larger")
        self.account.set(max_size=None)
        self.import_()
        self.assert_here(big + small)

    def test_another_maildrop_in_the_configuration_is_2_and_touches_nothing(self):
        self.given(3)
        self.import_()
        old = dict(self.account.keys)
        self.account.set(user=next(self._users))
        before = self.account.maildir.snapshot()

        result = self.import_(expect=CONFIG)

        self.assertIn("state folder", result.err)
        self.assertEqual(self.account.maildir.snapshot(), before)
        self.account.keys = old
        self.account.set()
        self.import_()

    def test_another_name_of_the_same_server_is_proven_by_its_mail(self):
        self.given(3)
        self.import_()
        self.account.set(server="pop3://localhost:%d" % self.proxy.port)
        self.given(2)

        self.import_()

        self.assertEqual(len(self.here()), 5)
        self.import_()
        self.assertEqual([line for line in self.proxy.sent() if line.startswith((b"TOP", b"RETR"))], [])

    def test_an_imap_account_that_is_turned_into_a_pop_one_does_not_get_its_mail_twice(self):
        self.given(3)
        imap = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, self.user, PASSWORD, "work", tls="none")
        self.run_golub("sync", "work")
        imap.set(server=self.account.keys["server"])
        before = imap.maildir.snapshot()

        for options in ((), ("--dry-run",)):
            result = self.run_golub("import", "work", *options, expect=CONFIG)
            self.assertIn("IMAP", result.err)
            self.assertIn("--skip-existing", result.err)

        self.assertEqual(imap.maildir.snapshot(), before)
        self.assertEqual(self.proxy.stats["conns"], 0)

    def test_another_port_is_fine(self):
        self.given(3)
        self.import_()
        self.through()

        self.assertEqual(self.downloads(), 0)

    def test_a_root_that_is_missing_later_is_2_and_is_not_made_again(self):
        self.given(3)
        self.import_()
        os.rename(self.account.root, self.account.root + ".away")
        self.given(1)

        result = self.import_(expect=CONFIG)

        self.assertTrue(result.err.strip())
        self.assertFalse(os.path.exists(self.account.root))
        os.rename(self.account.root + ".away", self.account.root)
        self.assertEqual(self.downloads(), 1)

    def test_a_root_whose_parent_is_missing_is_2(self):
        self.given(1)
        self.account.set(maildir=self.home.path_of("no", "such"))

        self.import_(expect=CONFIG)

        self.assertFalse(os.path.exists(self.home.path_of("no")))

    def test_a_wrong_password_is_4_and_the_other_account_goes_on(self):
        mails = self.given(3)
        self.pop_account(self.proxy.port, "bad", user=self.user).set(password_command="echo wrong")

        result = self.check(self.home.run("import"), LOGIN)

        self.assertIn("bad", result.err)
        self.assert_here(mails)

    def test_two_runs_at_once_on_one_account_do_nothing_twice(self):
        mails = self.given(60)
        self.through(delay=20)
        first = self.home.start("import", "post")
        while not self.proxy.stats["conns"] and first.poll() is None:
            pass

        second = self.home.run("import", "post")

        out, err = first.communicate(timeout=60)
        self.assertEqual(first.returncode, OK, err)
        self.assertEqual(second.code, 6, second)
        self.assert_here(mails)


class WithImapTest(DovecotTest):
    """POP and IMAP in one configuration: one run does both, POP first."""

    def setUp(self):
        super().setUp()
        self.imap_user = next(self._users)
        self.client = Client(self.server.port, self.imap_user, PASSWORD)
        self.addCleanup(self.client.close)
        self.imap = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, self.imap_user, PASSWORD, "work", tls="none")

    def test_sync_of_a_pop_account_imports_it(self):
        mails = self.given(3)

        self.run_golub("sync", "post")

        self.assert_here(mails)
        self.assertFalse(os.path.exists(self.imap.root))

    def test_import_of_an_imap_account_is_2(self):
        result = self.run_golub("import", "work", expect=CONFIG)

        self.assertIn("work", result.err)

    def test_import_without_a_name_takes_the_pop_accounts_alone(self):
        mails = self.given(3)

        self.run_golub("import")

        self.assert_here(mails)
        self.assertFalse(os.path.exists(self.imap.root))

    def test_what_arrives_in_the_tree_of_an_imap_account_goes_up_with_the_same_sync(self):
        self.client.create("Post")
        self.run_golub("sync", "work")
        mails = self.given(6)
        self.account.set(maildir=self.imap.root, deliver_to="Post")

        self.run_golub()

        there = [m.digest for m in self.client.messages("Post")]
        self.assertEqual(sorted(there), sorted(popclient.digest(m) for m in mails))
        self.run_golub()
        self.assertEqual(len(self.client.messages("Post")), 6)

    def test_a_new_folder_for_it_goes_up_too(self):
        mails = self.given(2)
        self.run_golub("sync", "work")
        self.account.set(maildir=self.imap.root, deliver_to="From POP/Ünï")

        self.run_golub()

        self.assertEqual(sorted(m.digest for m in self.client.messages("From POP/Ünï")), sorted(popclient.digest(m) for m in mails))

    def test_what_is_removed_on_the_imap_side_does_not_come_again_by_pop(self):
        self.run_golub("sync", "work")
        self.given(5)
        self.account.set(maildir=self.imap.root)
        self.run_golub()
        messages = self.client.messages("INBOX")
        self.client.expunge("INBOX", [m.uid for m in messages[:2]])
        self.run_golub()
        self.client.create("Kept")
        self.client.move("INBOX", [messages[2].uid], "Kept")

        self.run_golub()
        self.run_golub()

        self.assertEqual(len(self.client.messages("INBOX")), 2)

    def test_what_a_killed_import_delivered_and_the_imap_side_removed_does_not_come_back(self):
        """Killed between the names and the commit, sent up by the IMAP account, removed elsewhere: the row alone says that it was here."""
        self.run_golub("sync", "work")
        self.given(5)
        self.account.set(maildir=self.imap.root)
        self.run_golub("import", "post")
        db = sqlite3.connect(self.account.journal_path())
        with db:  # what such a death leaves
            db.execute("UPDATE pop SET state = 1, folder = '?', header = NULL, kin = NULL, message_id = NULL, body = NULL")
        db.close()
        self.run_golub("sync", "work")
        messages = self.client.messages("INBOX")
        self.assertEqual(len(messages), 5)
        self.client.expunge("INBOX", [m.uid for m in messages[:3]])
        self.run_golub("sync", "work")

        for _ in range(3):
            self.run_golub()

        self.assertEqual(len(self.client.messages("INBOX")), 2)
        self.assertEqual(len(self.imap.maildir.files("INBOX")), 2)

    def one_mailbox(self, keep):
        """Both accounts have one user's mailbox, under two names of the host, and one tree."""
        mails = self.given(6)
        self.imap.set(server="imap://localhost:%d" % self.server.port, user=self.user, max_delete="off")
        self.account.set(maildir=self.imap.root, keep=keep)
        time.sleep(1.5)  # it lies there before it is fetched
        return mails

    def kept_somewhere(self, mails):
        kept = {popclient.digest(m) for m in self.there()} | {popclient.digest(f.bytes().replace(b"\n", b"\r\n"))
                                                             for f in self.imap.maildir.files("INBOX")}
        self.assertEqual({popclient.digest(m) for m in mails} - kept, set())

    def test_keep_30d_beside_imap_on_the_same_mailbox_removes_nothing_when_it_is_due(self):
        mails = self.one_mailbox("30d")
        for _ in range(2):
            self.run_golub()
        self.pass_days(31)

        mails += self.given(2)
        for _ in range(3):
            result = self.run_golub(expect=SOME)
            self.assertIn("would be removed here, too", result.err)

        self.assertEqual(len(self.there()), 8)
        self.assertEqual(len(self.imap.maildir.files("INBOX")), 8)
        self.kept_somewhere(mails)

    def test_keep_no_beside_imap_on_the_same_mailbox_removes_nothing_once_it_came_back(self):
        mails = self.one_mailbox("no")
        codes = [self.home.run().code for _ in range(4)]
        self.assertEqual(codes[-1], SOME)
        mails += self.given(2)
        for _ in range(2):
            self.run_golub(expect=SOME)

        self.kept_somewhere(mails)
        self.assertEqual(len(self.imap.maildir.files("INBOX")), 8)
        self.assertEqual(len(self.there()), 8)

    def test_mail_that_is_back_under_another_uidl_does_not_stop_an_account_beside_imap_on_another_server(self):
        """A server that was restored, or the same mail sent once more: nobody can tell that from what the IMAP account sent up."""
        self.run_golub("sync", "work")
        mails = self.given(3)
        self.account.set(maildir=self.imap.root, keep="no")
        self.run_golub()
        self.drop(mails[:1])
        new = self.given(2)
        result = self.run_golub(expect=SOME)
        self.assertIn("is there again", result.err)
        self.assertEqual(len(self.client.messages("INBOX")), 5)

        self.remove_there(1)
        self.run_golub()
        self.run_golub()
        self.assertEqual(self.there(), [])
        self.assertEqual(len(self.imap.maildir.files("INBOX")), 5)
        self.kept_somewhere(mails + new)

    def test_keep_30d_beside_imap_on_another_server_removes_when_it_is_due(self):
        self.run_golub("sync", "work")
        mails = self.given(6)
        self.account.set(maildir=self.imap.root, keep="30d")
        self.run_golub()
        self.pass_days(31)

        self.run_golub()

        self.assertEqual(self.there(), [])
        self.assertEqual(len(self.client.messages("INBOX")), 6)
        self.assertEqual(len(self.imap.maildir.files("INBOX")), len(mails))

    def test_a_root_that_is_an_inbox_itself_is_2_before_anything_is_removed(self):
        mails = self.given(3)
        for sub in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(self.account.root, sub))
        self.account.set(keep="no")

        result = self.import_(expect=CONFIG)

        self.assertIn('layout = "maildir++"', result.err)
        self.assertEqual(len(self.there()), len(mails))

    def test_pull_and_push_make_no_difference_to_what_pop_brings(self):
        mails = self.given(2)
        self.run_golub("sync", "post", "--pull")
        self.assert_here(mails)

    def test_a_maildir_plus_plus_tree_gets_its_mail_at_the_root(self):
        mails = self.given(4)
        self.account.set(layout="maildir++")

        self.import_()

        self.assertTrue(os.path.isdir(os.path.join(self.account.root, "new")))
        self.assert_here(mails)
        self.account.set(keep=None)
        self.assertEqual(self.downloads(), 0)


if __name__ == "__main__":
    main()
