"""golub restore: what a sync removed here comes back, once, and goes up with the next sync."""
import fcntl
import json
import os
import re
import shutil
import sqlite3
import subprocess
import time

from base import BUSY, CONFIG, OK, SOME, HomeTest, main
from restorebase import RestoreTest


class ListTest(RestoreTest):
    def test_a_person_finds_it_by_its_name(self):
        self.expunge(0)

        self.assertRegex(self.kept()[0], r"^%s_Report_0_[a-z2-7]{13}$" % time.strftime("%Y-%m-%d", time.gmtime()))

    def test_the_list_says_what_when_and_why(self):
        self.expunge(0, 1)

        out = self.restore().out

        self.assertRegex(out, r"(?m)^work:    ID  removed +run  mailbox +from +subject +size  why$")
        self.assertRegex(out, r"(?m)^work: +1  \d{4}-\d\d-\d\d \d\d:\d\d +\d+  INBOX +Ana +Report 0 +\d+ B  deleted on the server$")
        self.assertRegex(out, r"(?m)^work: 2 messages, \d+ B, kept 30 days each\. To put back: golub restore work ID")

    def test_an_empty_quarantine_is_said(self):
        self.assertIn("the quarantine is empty (%s/quarantine)" % self.account.state, self.restore().out)
        self.expunge(0)
        self.assertIn("nothing of that is among the 1 message in the quarantine (%s/quarantine)" % self.account.state, self.restore("--since", "2099-01-01").out)

    def test_json_has_numbers(self):
        began = int(time.time())
        self.expunge(1)

        event, = self.listed()

        self.assertEqual((event["id"], event["mailbox"], event["subject"], event["from"], event["why"]),
                         (1, "INBOX", "Report 1", "Ana <ana@example.org>", "deleted on the server"))
        self.assertEqual((event["size"], event["uid"], event["file"]), (len(self.mails[1].bytes), 2, self.kept()[0]))
        self.assertTrue(began <= event["removed"] <= time.time())
        self.assertGreater(event["run"], 0)

    def test_it_can_be_narrowed(self):
        self.expunge(0)
        self.expunge(1)
        self.maildir.move(self.maildir.find("INBOX", self.mails[2]), "Work")
        self.sync()
        self.expunge(2, mailbox="Work")

        self.assertEqual([e["subject"] for e in self.listed(where="work/Work")], ["Report 2"])
        self.assertEqual([e["subject"] for e in self.listed("--run", "last")], ["Report 2"])
        first = self.listed()[0]
        self.assertEqual([e["id"] for e in self.listed("--run", str(first["run"]))], [first["id"]])
        self.assertEqual(len(self.listed("--since", "1d")), 3)
        self.assertEqual(len(self.listed("--since", time.strftime("%Y-%m-%d", time.gmtime(time.time() + 2 * 86400)))), 0)
        self.assertEqual([e["subject"] for e in self.listed("--run", "last", where="work/inbox")], [])
        self.assertEqual([e["subject"] for e in self.listed(where="work/Inbox")], ["Report 0", "Report 1"])
        self.restore("--since", "yesterday", expect=CONFIG)
        self.restore("--since", "2026-02-30", expect=CONFIG)
        self.restore("--run", "first", expect=CONFIG)
        self.restore(where="work/Nowhere", expect=CONFIG)

    def test_a_list_writes_nothing(self):
        self.expunge(0)
        before = self.account.journal_dump(), self.kept(), self.maildir.snapshot()

        result = self.home.run_traced("restore", "work")

        self.assertEqual(result.code, OK, result)
        self.assertEqual([c for c in result.calls if self.home.path in c], [])
        self.assertEqual((self.account.journal_dump(), self.kept(), self.maildir.snapshot()), before)


class PutBackTest(RestoreTest):
    def test_it_comes_back_as_it_was_and_goes_up_once(self):
        self.expunge(0, 1)

        result = self.restore(self.id_of(1))

        self.assertRegex(result.out, r'(?m)^work: 2: "Report 1" from Ana is put back into INBOX$')
        self.assertRegex(result.out, r"(?m)^work: 1 message \(\d+ B\) put back; the next `golub sync work` takes it to the server$")
        file = self.maildir.find("INBOX", self.mails[1])
        self.assertEqual((file.where, file.info, file.date), ("cur", "FS", self.mails[1].date))
        self.assertEqual(len(self.kept()), 2)  # it leaves the quarantine when its days are over
        self.sync()
        self.assertEqual(self.copies(1), (1, 1))
        self.assertEqual(self.flags_there(self.mails[1]), {"\\Seen", "\\Flagged"})
        self.assertEqual(self.copies(0), (0, 0))
        self.assert_in_sync()

    def test_what_was_new_is_new_again(self):
        self.expunge(0)
        self.restore("1")

        self.assertEqual(self.maildir.find("INBOX", self.mails[0]).where, "new")

    def test_a_second_restore_says_that_it_is_back(self):
        self.expunge(0)
        self.restore("1")

        self.assertIn("; put back ", self.restore().out)

        self.assertRegex(self.restore("1").out, r'1: "Report 0" from Ana is back already in INBOX')
        self.assertEqual(self.copies(0), (1, 0))
        self.assertIn("; put back ", self.restore().out)
        self.sync()
        self.assertRegex(self.restore("1").out, "is back already")
        self.assertEqual(self.copies(0), (1, 1))
        self.assert_in_sync()

    def test_where_it_was_removed_again_it_comes_back_again(self):
        self.expunge(0)
        self.restore("1")
        self.sync()
        self.expunge(0)

        self.restore("1")

        self.assertEqual(self.copies(0), (1, 0))

    def test_all_of_a_mailbox(self):
        self.expunge(0, 1, 3)

        out = self.restore("--all", where="work/INBOX").out

        self.assertRegex(out, r"^work: 3 messages \(\d+ B\) put back; the next")
        self.sync()
        for n in (0, 1, 3):
            self.assertEqual(self.copies(n), (1, 1))
        self.assertRegex(self.restore("--all").out, "0 messages put back, 3 are back already")
        self.assert_in_sync()

    def test_what_the_server_still_has_is_paired(self):
        self.expunge(0)
        self.client.append("INBOX", self.mails[0].bytes, (), self.mails[0].date)  # it has it again, and nobody synced

        self.restore("1")
        self.sync()

        self.assertEqual(self.copies(0), (1, 1))
        self.assertNotIn(b"APPEND", self.proxy.stream("up").upper())
        self.assert_in_sync()

    def test_a_dry_run_says_it_and_does_nothing(self):
        self.expunge(0)
        before = self.account.journal_dump(), self.maildir.snapshot()

        result = self.home.run_traced("restore", "work", "1", "--dry-run")

        self.assertEqual(result.code, OK, result)
        self.assertRegex(result.out, '1: "Report 0" from Ana would be put back into INBOX')
        self.assertEqual([c for c in result.calls if self.home.path in c], [])
        self.assertEqual((self.account.journal_dump(), self.maildir.snapshot()), before)

    def test_json_tells_each_outcome(self):
        self.expunge(0, 1)
        self.restore("1")

        events = self.events("--all")

        self.assertEqual(sorted((e["id"], e["outcome"], e["to"]) for e in events if e["event"] == "restore"),
                         [(1, "back_already", "INBOX"), (2, "put_back", "INBOX")])
        self.assertEqual(events[-1]["exit"], 0)

    def test_into_another_mailbox(self):
        self.expunge(0)

        self.restore("1", "--to", "Work")
        self.sync()

        self.assertEqual((self.copies(0, "Work"), self.copies(0)), ((1, 1), (0, 0)))
        self.assert_in_sync()

    def test_inbox_is_inbox_however_it_is_written(self):
        self.expunge(0, 1)

        self.restore("1", where="work/inbox")
        self.restore("2", "--to", "inbox")
        self.restore("--all", where="work/Inbox")

        self.assertEqual((self.copies(0), self.copies(1)), ((1, 0), (1, 0)))
        self.assertIn("INBOX/Sub", self.restore("1", "--to", "inbox/Sub").out)
        self.assertNotIn("inbox", os.listdir(self.account.root))

    def test_into_a_mailbox_that_is_made_for_it(self):
        self.expunge(0)

        self.restore("1", "--to", "Back/Gr\u00fc\u00dfe")
        self.sync()

        self.assertIn("Back/Gr\u00fc\u00dfe", self.client.mailboxes())
        self.assertEqual(self.copies(0, "Back/Gr\u00fc\u00dfe"), (1, 1))
        self.assert_in_sync()

    def test_into_a_folder_that_is_no_accounts(self):
        self.expunge(0, 1)
        before = self.account.journal_dump(), self.maildir.snapshot()

        self.restore("--all", "--to-dir", "out")  # relative: to where it was called

        self.assertEqual((self.account.journal_dump(), self.maildir.snapshot()), before)
        names = os.listdir(self.home.path_of("out", "cur")) + os.listdir(self.home.path_of("out", "new"))
        self.assertEqual(len(names), 2)
        self.assertTrue([n for n in names if n.endswith(":2,FS")])
        self.assertRegex(self.restore("--all", "--to-dir", self.home.path_of("out")).out, "2 are back already")
        self.restore("1", "--to-dir", self.home.path_of("no/such/dir"), expect=CONFIG)

    def test_a_folder_of_an_account_is_no_target_of_to_dir(self):
        self.expunge(0)
        other = self.new_account("other")
        os.symlink(self.account.root, self.home.path_of("link"))
        before = self.maildir.snapshot()
        inbox = os.path.join(self.account.root, "INBOX")
        for folder in (self.account.root, inbox, os.path.join(inbox, "cur"), os.path.join(inbox, "none"), other.root,
                       os.path.join(self.account.state, "quarantine"), self.home.path_of("link", "INBOX", "..", "Work")):
            self.assertIn("is no account's", self.restore("1", "--to-dir", folder, expect=CONFIG).err, folder)

        self.assertEqual(self.maildir.snapshot(), before)
        self.assertEqual(len(self.kept()), 1)
        self.assertFalse(os.path.exists(other.root))
        self.restore("1", "--to-dir", self.account.root + "-2")
        self.assert_in_sync()

    def test_in_maildirpp_and_flat(self):
        for layout in ("maildir++", "flat"):
            with self.subTest(layout):
                account = self.new_account("other" + layout[0], layout=layout)
                self.sync(account=account)
                self.client.create("A/" + layout[0])
                uid = self.client.append("A/" + layout[0], self.mails[0].bytes, (), self.mails[0].date)
                self.sync(account=account)
                self.client.expunge("A/" + layout[0], uid)
                self.sync(account=account)

                self.restore("--all", where=account.name)
                self.sync(account=account)

                self.assertTrue(account.maildir.has("A/" + layout[0], self.mails[0]))
                self.assertIsNotNone(self.client.uid_of("A/" + layout[0], self.mails[0]))

    def keywords_there(self, n, mailbox="INBOX"):
        message, = [m for m in self.client.messages(mailbox) if m.digest == self.mails[n].digest]
        return {flag for flag in message.flags if not flag.startswith("\\")}

    def test_keywords_come_back(self):
        for n in (0, 1, 2):
            self.client.store("INBOX", self.client.uid_of("INBOX", self.mails[n]), "+", ["blue", "$Label%d" % n])
        self.sync()
        self.expunge(0, 1, 2)

        self.restore(self.id_of(0))
        self.restore(self.id_of(1), "--to", "Work")
        self.restore(self.id_of(2))
        self.maildir.move(self.maildir.find("INBOX", self.mails[2]), "Work")
        self.sync()

        self.assertEqual(self.keywords_there(0), {"blue", "$Label0"})
        self.assertEqual(self.keywords_there(1, "Work"), {"blue", "$Label1"})
        self.assertEqual(self.keywords_there(2, "Work"), {"blue", "$Label2"})
        self.assert_in_sync()

    def test_keywords_come_back_after_a_run_that_was_killed(self):
        self.client.store("INBOX", self.client.uid_of("INBOX", self.mails[0]), "+", ["blue"])
        self.sync()
        self.expunge(0)
        delivered = 0
        for count in range(1, 9):
            for file in self.maildir.files("INBOX"):
                if file.digest == self.mails[0].digest:
                    os.unlink(file.path)
            self.home.run_killed("fdatasync", count, "restore", "work", "1")
            delivered += self.maildir.has("INBOX", self.mails[0])
            self.restore("1")
        self.sync()

        self.assertGreater(delivered, 0)
        self.assertEqual(self.keywords_there(0), {"blue"})
        self.assertEqual(self.copies(0), (1, 1))
        self.assert_in_sync()

    def test_keyword_letters_stay_in_their_folder(self):
        file = self.maildir.find("INBOX", self.mails[0])
        os.rename(file.path, os.path.join(os.path.dirname(file.path).replace("/new", "/cur"),
                                          os.path.basename(file.path).split(":")[0] + ":2,Sab"))
        self.sync()
        self.expunge(0)

        self.restore("1")
        self.restore("1", "--to", "Work")

        self.assertTrue(self.maildir.find("INBOX", self.mails[0]).path.endswith(":2,Sab"))
        self.assertTrue(self.maildir.find("Work", self.mails[0]).path.endswith(":2,S"))


class EdgeTest(RestoreTest):
    def mount(self, path, *options):
        os.makedirs(path, exist_ok=True)
        done = subprocess.run(["mount", *options, path], capture_output=True)
        if done.returncode != 0:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", path])
        return path

    def test_an_unknown_id_changes_nothing(self):
        self.expunge(0)
        before = self.account.journal_dump(), self.maildir.snapshot()

        result = self.restore("1", "99", expect=CONFIG)

        self.assertIn("unknown ID: 99. `golub restore work` lists what is in the quarantine", result.err)
        self.assertEqual((self.account.journal_dump(), self.maildir.snapshot()), before)
        self.restore("x", expect=CONFIG)

    def test_a_damaged_file_stays_and_the_rest_comes_back(self):
        self.expunge(0, 1)
        name = [n for n in self.kept() if "Report_0" in n][0]
        with open(os.path.join(self.account.state, "quarantine", name), "r+b") as f:
            f.seek(20)
            f.write(b"\0")

        result = self.restore("--all", expect=SOME)

        self.assertIn("put back message 1: its file in the quarantine is damaged", result.err)
        self.assertEqual((self.copies(0), self.copies(1)), ((0, 0), (1, 0)))
        self.assertEqual(len(self.kept()), 2)
        self.assertEqual([e["outcome"] for e in self.listed("1", expect=SOME)], ["damaged"])

    def twins(self, count):
        """So many messages with the same bytes, in the quarantine beside another one."""
        twin = self.corpus.simple("Twin")
        for _ in range(count):
            self.client.append("INBOX", twin.bytes)
        self.sync()
        for uid in [m.uid for m in self.client.messages("INBOX") if m.digest == twin.digest]:
            self.client.expunge("INBOX", uid)
        self.expunge(0)
        return twin

    def numbers(self, out):
        return re.findall(r"\d+(?= (?:messages?|(?:is|are) back|could not))", out)

    def test_a_dry_run_counts_twins_as_the_real_one(self):
        twin = self.twins(3)
        name = [n for n in self.kept() if "Twin" in n]
        first = [e["file"] for e in self.listed() if e["file"] in name][0]
        with open(os.path.join(self.account.state, "quarantine", first), "r+b") as f:
            f.write(b"X")

        dry = self.restore("--all", "--dry-run", expect=SOME)
        real = self.restore("--all", expect=SOME)

        self.assertEqual(self.numbers(dry.out), self.numbers(real.out))
        self.assertEqual(self.numbers(real.out), ["2", "1", "1"])
        self.assertEqual(sum(f.digest == twin.digest for f in self.maildir.files("INBOX")), 1)

    def test_of_twins_whose_first_was_not_delivered_one_comes(self):
        twin = self.twins(3)

        self.home.run_failing("renameat2", "EIO", "1", "restore", "work", *[str(e["id"]) for e in self.listed() if e["subject"] == "Twin"])

        self.assertEqual(sum(f.digest == twin.digest for f in self.maildir.files("INBOX")), 1)

    def test_a_mailbox_without_a_folder_stops_itself_only(self):
        self.expunge(0, 1)
        with sqlite3.connect(self.account.journal_path()) as db:
            db.execute("UPDATE quarantine SET mailbox = ?, mailbox_id = NULL WHERE id = 1", ("x" * 300,))
        db.close()

        for words in (("--all", "--dry-run"), ("--all",)):
            self.assertIn("x" * 100, self.restore(*words, expect=SOME).err)

        self.assertEqual((self.copies(0), self.copies(1)), ((0, 0), (1, 0)))
        self.restore("2", "--to", "x" * 300, expect=CONFIG)

    def test_a_file_that_grew_takes_no_room_from_the_others(self):
        self.account.set(maildir=self.mount(self.home.path_of("small"), "-t", "tmpfs", "-o", "size=4m", "tmpfs"))
        self.account.root = self.home.path_of("small")
        shutil.rmtree(self.account.state)
        self.sync()
        for n in (0, 1):
            self.client.expunge("INBOX", self.client.uid_of("INBOX", self.mails[n]))
        self.sync()
        name = [n for n in self.kept() if "Report_0" in n][0]
        os.truncate(os.path.join(self.account.state, "quarantine", name), 50_000_000)

        result = self.restore("1", "2", expect=SOME)

        self.assertIn("its file in the quarantine is damaged", result.err)
        self.assertEqual(len([f for f in self.account.maildir.files("INBOX") if f.digest == self.mails[1].digest]), 1)

    def test_beside_a_file_that_was_altered_nothing_is_doubled(self):
        self.expunge(0)
        self.client.append("INBOX", self.mails[0].bytes, (), self.mails[0].date)
        self.sync()
        path = self.maildir.find("INBOX", self.mails[0]).path
        for text in (b"scribble\n", b"longer than twice the message\n" * 50):
            with open(path, "ab") as f:
                f.write(text)
            self.account.sync()

            result = self.restore("1", expect=SOME)

            self.assertIn("put back message 1: the server has it, and its file here was changed", result.err)
            self.account.sync()
            self.assertEqual(self.copies(0), (0, 1))
        self.restore("--altered", path)
        self.assertRegex(self.restore("1").out, "is back already")
        self.sync()
        self.assertEqual(self.copies(0), (1, 1))

    def test_a_file_that_is_gone_is_said(self):
        self.expunge(0)
        os.unlink(os.path.join(self.account.state, "quarantine", self.kept()[0]))

        self.assertIn("its file is not in the quarantine any more", self.restore("1", expect=SOME).err)
        self.assertIn("(its file is gone)", self.restore().out)
        shutil.rmtree(os.path.join(self.account.state, "quarantine"))
        unmounted = "%s/quarantine is not there: is the disk that it is on mounted?" % self.account.state
        self.assertIn(unmounted, self.restore("1", expect=SOME).err)
        self.assertIn(unmounted, self.restore().out)

    def test_another_golub_at_work(self):
        self.expunge(0)
        state = os.open(self.account.state, os.O_RDONLY)
        self.addCleanup(os.close, state)
        fcntl.flock(state, fcntl.LOCK_EX)

        self.restore("1", expect=BUSY)
        self.restore(expect=BUSY)

        self.assertEqual(self.copies(0), (0, 0))

    def test_a_journal_of_a_later_version_is_left_alone(self):
        self.expunge(0)
        with sqlite3.connect(self.account.journal_path()) as db:
            db.execute("PRAGMA user_version = 999")
        db.close()

        self.assertIn("a newer golub wrote it", self.restore("1", expect=CONFIG).err)
        self.assertIn("a newer golub wrote it", self.restore(expect=CONFIG).err)
        self.assertFalse(self.maildir.has("INBOX", self.mails[0]))

    def test_rows_of_an_earlier_version_can_be_put_back(self):
        self.expunge(0, 1)
        with sqlite3.connect(self.account.journal_path()) as db:
            db.execute("UPDATE quarantine SET wire = NULL, flags = NULL, date = NULL, run = 0")
        db.close()

        self.restore("--all")

        file = self.maildir.find("INBOX", self.mails[1])
        self.assertEqual((file.info, file.date), ("FS", self.mails[1].date))
        self.assertRegex(self.restore("--all").out, "2 are back already")
        self.sync()
        self.assertEqual((self.copies(0), self.copies(1)), ((1, 1), (1, 1)))

    def test_the_last_run_is_not_that_of_an_earlier_version(self):
        self.expunge(0, 1)
        with sqlite3.connect(self.account.journal_path()) as db:
            db.execute("UPDATE quarantine SET run = 0")
        db.close()

        self.assertEqual(self.listed("--run", "last"), [])
        self.restore("--all", "--run", "last")

        self.assertEqual(self.copies(0), (0, 0))
        self.expunge(2)
        self.assertEqual([e["subject"] for e in self.listed("--run", "last")], ["Report 2"])

    def test_its_mailbox_was_deleted_on_the_server(self):
        self.client.append("Work", self.mails[0].bytes, (), self.mails[0].date)
        self.sync()
        self.client.expunge("Work", self.client.uid_of("Work", self.mails[0]))
        self.sync()
        self.client.delete_mailbox("Work")
        self.sync()

        result = self.restore("--all", where="work/Work")

        self.assertIn("it is gone on the server: what is put back into it stays here", result.out)
        self.assertNotIn("takes it to the server", result.out)
        self.assertEqual(sum(f.digest == self.mails[0].digest for f in self.maildir.files("Work")), 1)
        self.sync()
        self.assertTrue(self.maildir.has("Work", self.mails[0]))

    def test_only_what_the_next_sync_sends_is_promised_to_go_up(self):
        self.client.append("Work", self.mails[0].bytes, (), self.mails[0].date)
        self.sync()
        self.client.expunge("Work", self.client.uid_of("Work", self.mails[0]))
        self.expunge(1, 2)
        self.client.delete_mailbox("Work")
        self.sync()

        self.assertIn("3 messages", result := self.restore("--all").out)
        self.assertIn("takes 2 of them to the server", result)
        self.sync()
        self.account.set(push=["flags"])
        self.client.expunge("INBOX", self.client.uid_of("INBOX", self.mails[3]))
        self.sync()
        self.assertNotIn("to the server", self.restore(self.id_of(3)).out)

    def test_its_mailbox_is_gone_on_both_sides(self):
        self.client.append("Work", self.mails[0].bytes, (), self.mails[0].date)
        self.sync()
        self.client.expunge("Work", self.client.uid_of("Work", self.mails[0]))
        self.sync()
        self.client.delete_mailbox("Work")
        shutil.rmtree(os.path.join(self.account.root, "Work"))
        self.sync()

        self.restore("--all", where="work/Work")
        self.sync()

        self.assertIn("Work", self.client.mailboxes())
        self.assertEqual(self.copies(0, "Work"), (1, 1))
        self.assert_in_sync()

    def test_a_file_stands_where_its_folder_should(self):
        self.client.append("Work", self.mails[0].bytes, (), self.mails[0].date)
        self.sync()
        self.client.expunge("Work", self.client.uid_of("Work", self.mails[0]))
        self.sync()
        self.expunge(1)
        self.client.delete_mailbox("Work")
        shutil.rmtree(os.path.join(self.account.root, "Work"))
        self.sync()
        self.home.write(os.path.join(self.account.root, "Work"), "taken")

        result = self.restore("--all", expect=SOME)

        self.assertIn("work/Work", result.err)
        self.assertEqual(self.copies(1), (1, 0))  # the rest came back
        with open(os.path.join(self.account.root, "Work")) as f:
            self.assertEqual(f.read(), "taken")

    def test_a_full_disk_stops_it_and_loses_nothing(self):
        big = [self.corpus.big(150_000) for _ in range(6)]
        self.account.set(maildir=self.mount(self.home.path_of("small"), "-t", "tmpfs", "-o", "size=8m", "tmpfs"))
        self.account.root = self.home.path_of("small")
        shutil.rmtree(self.account.state)
        self.client.fill("INBOX", big)
        self.sync()
        for mail in big:
            self.client.expunge("INBOX", self.client.uid_of("INBOX", mail))
        self.sync()
        filler = os.path.join(self.account.root, ".filler")
        free = os.statvfs(self.account.root).f_bavail * os.statvfs(self.account.root).f_frsize
        with open(filler, "wb") as f:
            os.posix_fallocate(f.fileno(), 0, free - 400_000)

        result = self.restore("--all", expect=SOME)

        self.assertIn("No space left on device", result.err)
        self.assertEqual(os.listdir(os.path.join(self.account.root, "INBOX", "tmp")), [])
        os.unlink(filler)
        self.restore("--all")
        self.sync()
        for mail in big:
            self.assertEqual(sum(f.digest == mail.digest for f in self.account.maildir.files("INBOX")), 1)
        self.assert_in_sync()

    def test_a_quarantine_on_another_file_system(self):
        self.mount(os.path.join(self.account.state, "quarantine"), "-t", "tmpfs", "-o", "size=4m", "tmpfs")
        self.expunge(0, 1)

        self.restore("--all")
        self.sync()

        self.assertEqual((self.copies(0), self.copies(1)), ((1, 1), (1, 1)))
        self.assert_in_sync()

    def test_another_tree_in_its_place_is_left_alone(self):
        self.expunge(0)
        os.rename(self.account.root, self.account.root + ".away")

        self.assertIn("missing or empty", self.restore("1", expect=CONFIG).err)
        os.makedirs(os.path.join(self.account.root, "INBOX", "cur"))
        self.assertIn(".golub in the Maildir is not this account's", self.restore("1", expect=CONFIG).err)
        self.assertEqual(os.listdir(os.path.join(self.account.root, "INBOX")), ["cur"])

    def test_a_run_that_is_killed_is_made_good_by_the_next_one(self):
        self.expunge(0, 1)
        for call, count in (("renameat2", 1), ("renameat2", 2), ("fdatasync", 1), ("fsync", 1), ("fsync", 2), ("pwrite64", 1)):
            with self.subTest("%s %d" % (call, count)):
                self.home.run_killed(call, count, "restore", "work", "--all")
                self.restore("--all")
                self.assertEqual((self.copies(0), self.copies(1)), ((1, 0), (1, 0)))
                for n in (0, 1):
                    os.unlink(self.maildir.find("INBOX", self.mails[n]).path)
        self.restore("--all")
        self.sync()
        self.assertEqual((self.copies(0), self.copies(1)), ((1, 1), (1, 1)))
        self.assert_in_sync()


class SizeTest(RestoreTest):
    def grow_old(self, *ids):
        """They came two days before, by the time that counts."""
        with sqlite3.connect(self.account.journal_path()) as db:
            for number in ids:
                db.execute("UPDATE quarantine SET counted = counted - 2 * 86400 - %d WHERE id = ?" % (10 - number), (number,))
        db.close()

    def test_beyond_its_size_the_oldest_go_first_and_none_of_today(self):
        self.expunge(0, 1, 2)
        self.grow_old(1, 2)
        self.account.set(quarantine_size="400")  # two messages, not three

        self.assertRegex(self.sync().out, r"1 removed from the quarantine \(quarantine-size\)")
        self.assertEqual([e["id"] for e in self.listed()], [2, 3])
        self.assertEqual(len(self.kept()), 2)
        self.account.set(quarantine_size="1")
        counts = [json.loads(line) for line in self.sync("--json").out.splitlines()][-2]["counts"]
        self.assertEqual(counts["let_go"], 1)
        self.assertEqual([e["id"] for e in self.listed()], [3])  # of today
        self.assertNotIn("quarantine-size", self.sync().out)
        self.assert_idempotent()

    def test_off_is_any_size(self):
        self.expunge(0)
        self.grow_old(1)
        self.account.set(quarantine_size="off")

        self.sync()

        self.assertEqual(len(self.kept()), 1)


class WithoutServerTest(HomeTest):
    CONFIG = ('account "work" {\n server = "imap://127.0.0.1:1"\n user = "a"\n password-command = "echo x"\n tls = "none"\n maildir = "Mail/work"\n}\n'
              'account "old" {\n server = "pop3://127.0.0.1:1"\n user = "a"\n password-command = "echo x"\n tls = "none"\n maildir = "Mail/old"\n}\n')

    def test_without_a_journal_there_is_nothing_and_nothing_is_made(self):
        self.home.write_config(self.CONFIG)

        for words in ((), ("1",), ("--all",)):
            result = self.run_golub("restore", "work", *words, expect=CONFIG)
            self.assertIn("there is no journal", result.err)
        self.assertEqual(os.listdir(self.home.path_of("state")), [])

    def test_a_pop_account_has_no_quarantine(self):
        self.home.write_config(self.CONFIG)

        self.assertIn("an import removes nothing here", self.run_golub("restore", "old", expect=CONFIG).err)

    def test_an_account_must_be_named(self):
        self.home.write_config(self.CONFIG)

        self.assertIn("restore takes one account", self.run_golub("restore", expect=CONFIG).err)
        self.run_golub("restore", "nobody", expect=CONFIG)


if __name__ == "__main__":
    main()
