"""golub verify: equal is 0, each kind of difference is named, and nothing is changed, whoever is at work meanwhile."""
import json
import os
import re
import shutil
import sqlite3
import threading
import time

from base import BUSY, CONFIG, HELD, LOGIN, NETWORK, HomeTest
from verifybase import OK, SOME, VerifyTest, main, rot


class WordsTest(HomeTest):
    def test_manual_schema_and_program_know_the_same_classes(self):
        def read(*path):
            with open(os.path.join(os.path.dirname(__file__), "..", "..", *path), encoding="utf-8") as f:
                return f.read()
        words = re.findall(r'= "([a-z-]+)"', read("sync", "report", "classes.c"))
        manual = re.search(r"\n\.Ss Verify\n(.*?)\n\.El\n", read("contrib", "man", "golub.1"), re.S).group(1)

        self.assertGreater(len(words), 10)
        self.assertEqual(json.loads(read("contrib", "golub.schema.json"))["$defs"]["class"]["enum"], words)
        self.assertEqual(sorted(w for line in re.findall(r"\n\.It Cm (.*)", manual) for w in line.split(" , ")), sorted(words))


class LevelsTest(VerifyTest):
    def test_a_synced_tree_is_equal(self):
        self.assertEqual(self.found(expect=OK), [])

    def test_people_read_one_line(self):
        result = self.run_golub("verify")

        self.assertRegex(result.out, r"\Awork: equal: 7 mailboxes, 9 messages here, 9 there \(\d+\.\d s\)\n\Z")

    def test_a_file_that_is_gone_is_missing_here(self):
        self.maildir.delete(self.file(2))

        self.assertEqual(self.found(), [("missing-here", "INBOX", self.uids[2])])

    def test_a_message_that_is_gone_there_is_missing_there(self):
        self.client.expunge("INBOX", self.uids[3])

        self.assertEqual(self.found(), [("missing-there", "INBOX", self.uids[3])])

    def test_a_new_file_is_extra_here(self):
        file = self.maildir.deliver("INBOX", self.corpus.simple("ours").lf)

        result = self.verify(expect=SOME)

        self.assertEqual([(e["class"], e["file"]) for e in result.of("verify")],
                         [("extra-here", os.path.basename(getattr(file, "path", file)).split(":")[0])])

    def test_new_mail_there_is_counted_and_no_fault(self):
        self.client.append("INBOX", self.corpus.simple("news").bytes)

        found = self.found(expect=OK)
        people = self.run_golub("verify")

        self.assertEqual([f[:2] for f in found], [("extra-there", "INBOX")])
        self.assertIn("work/INBOX: extra-there, 1 message: ", people.out)
        self.assertIn(", 1 new on the server", people.out)

    def test_a_message_that_the_journal_does_not_know_is_extra_there(self):
        with sqlite3.connect(self.account.journal_path()) as db:
            db.execute("DELETE FROM message WHERE uid = ? AND mailbox = (SELECT id FROM mailbox WHERE name = 'INBOX')",
                       (self.uids[1],))
        db.close()

        self.assertEqual([f for f in self.found() if f[0] == "extra-there"], [("extra-there", "INBOX", self.uids[1])])

    def test_flags_that_one_side_changed(self):
        self.client.store("INBOX", self.uids[0], "+", ["\\Flagged"])
        self.maildir.flag(self.file(1), add="S")

        self.assertEqual(self.found(), [("flags", "INBOX", self.uids[0]), ("flags", "INBOX", self.uids[1])])

    def test_keywords_that_changed_there(self):
        self.client.store("INBOX", self.uids[0], "+", ["blue"])

        self.assertEqual(self.found(), [("keywords", "INBOX", self.uids[0])])

    def test_a_mailbox_that_only_one_side_has(self):
        self.client.create("Theirs")
        self.client.append("Theirs", self.corpus.simple("one").bytes)
        self.assertEqual(self.found(expect=OK), [("extra-there", "Theirs", 0)])

        self.maildir.create("Ours")
        self.assertEqual([f for f in self.found() if f[0] != "extra-there"], [("extra-here", "Ours", 0)])

    def test_a_mailbox_that_is_gone_there_is_one_line(self):
        self.client.delete_mailbox("Work")

        self.assertEqual(self.found(), [("missing-there", "Work", 0)])
        self.sync()
        self.assertEqual(self.found(expect=OK), [("waiting", "Work", 0)])

    def test_a_folder_that_is_gone_here_is_one_line(self):
        os.rename(self.maildir.folder("Work"), self.home.path_of("aside"))

        self.assertEqual(self.found(), [("missing-here", "Work", 0)])

    def test_another_uidvalidity_is_one_line_and_no_list_of_messages(self):
        self.client.delete_mailbox("Work")
        time.sleep(1.1)  # UIDVALIDITY is the time
        self.client.create("Work")

        self.assertEqual(self.found(), [("missing-there", "Work", 0)])

    def test_what_is_held_waits_and_is_no_fault(self):
        many = self.corpus.messages(40, edge=False, median=300)
        self.client.create("Many")
        self.client.fill("Many", many)
        self.sync()
        for m in many[:30]:
            self.maildir.delete(self.maildir.find("Many", m))
        self.sync(expect=HELD)

        found = self.found(expect=OK)

        self.assertEqual({f[:2] for f in found}, {("waiting", "Many")})
        self.assertEqual(len(found), 30)
        self.assertRegex(self.run_golub("verify").out, "work/Many: waiting, 30 messages: golub status work says why\n")

    def test_what_the_policy_keeps_back_waits(self):
        self.maildir.deliver("INBOX", self.corpus.simple("ours").lf)
        self.account.set(push=[])
        self.sync()

        self.assertEqual([f[0] for f in self.found(expect=OK)], ["waiting"])

    def test_one_mailbox_alone(self):
        self.maildir.delete(self.file(2))

        self.assertEqual(self.found(name="work/Work", expect=OK), [])
        self.assertEqual(self.found(name="work/inbox"), [("missing-here", "INBOX", self.uids[2])])
        self.run_golub("verify", "work/Nowhere", expect=CONFIG)

    def test_quiet_says_faults_alone(self):
        self.client.append("INBOX", self.corpus.simple("news").bytes)
        self.assertEqual(self.run_golub("verify", "-q").out, "")
        self.maildir.delete(self.file(2))

        result = self.run_golub("verify", "-q", expect=SOME)

        self.assertEqual(result.out, "")
        self.assertIn("missing-here", result.err)


class ListingTest(VerifyTest):
    def test_a_mailbox_at_whose_listing_the_server_closes_the_connection_is_named_and_the_others_are_compared(self):
        self.client.expunge("INBOX", self.uids[1])
        self.through(edit_up=lambda data: re.sub(rb"EXAMINE \"?Work[^\r]*", b"LOGOUT", data))

        result = self.verify(expect=SOME)

        self.assertEqual(sorted((e["class"], e["mailbox"]) for e in result.of("verify")), [("busy", "Work"), ("missing-there", "INBOX")])

    def test_a_connection_that_breaks_in_a_listing_is_opened_again(self):
        left = [1]

        def once(data):
            new = re.sub(rb"EXAMINE \"?Work[^\r]*", b"LOGOUT", data) if left[0] else data
            left[0] -= new != data
            return new
        self.through(edit_up=once)

        self.assertEqual(self.found(expect=OK), [])
        self.assertEqual(left, [0])


class InventedTest(VerifyTest):
    """What is no difference, or is said already."""

    def test_a_file_that_was_never_sent_and_is_gone(self):
        self.account.set(push=[])
        path = self.maildir.deliver("INBOX", self.corpus.simple("ours").lf)
        self.sync()
        self.assertEqual([f[0] for f in self.found(expect=OK)], ["waiting"])

        os.unlink(getattr(path, "path", path))

        self.assertEqual(self.found(expect=OK), [])

    def test_a_removal_from_here_that_waits_and_was_done_by_hand(self):
        self.account.set(pull=["new", "flags"])
        self.client.expunge("INBOX", self.uids[1])
        self.sync()
        self.assertEqual([f[0] for f in self.found(expect=OK)], ["waiting"])

        self.maildir.delete(self.file(1))

        self.assertEqual(self.found(expect=OK), [])

    def test_a_message_that_both_sides_have_removed(self):
        self.maildir.delete(self.file(2))
        self.client.expunge("INBOX", self.uids[2])

        self.assertEqual(self.found(expect=OK), [])

    def test_what_is_no_message_is_said_once(self):
        """Also where the mailbox is looked at a second time."""
        os.mkdir(os.path.join(self.maildir.folder("Work"), "cur", "odd"))
        self.client.delete_mailbox("Work")
        time.sleep(1.1)  # UIDVALIDITY is the time
        self.client.create("Work")

        self.assertEqual([f[0] for f in self.found()], ["extra-here", "missing-there"])


class ChangingTest(VerifyTest):
    def test_nothing_is_written_while_both_sides_change_all_the_time(self):
        stop = threading.Event()

        def change_here():
            n = 0
            while not stop.is_set():
                n += 1
                for f in self.maildir.files("INBOX"):
                    try:
                        if n % 2:
                            self.maildir.flag(f, add="F")
                        else:
                            self.maildir.flag(f, remove="F")
                    except OSError:
                        pass
                self.maildir.deliver("INBOX", self.corpus.simple("ours %d" % n).lf)

        def change_there():
            client, n = self.new_client(), 0
            while not stop.is_set():
                n += 1
                client.append("INBOX", b"Subject: theirs %d\r\n\r\nx\r\n" % n)
                client.store("INBOX", self.uids[n % 5], "+" if n % 2 else "-", ["\\Answered"])

        threads = [threading.Thread(target=change_here), threading.Thread(target=change_there)]
        rows = self.account.journal_dump()
        for t in threads:
            t.start()
        try:
            for options in ((), ("--bytes",), ("--server",)):
                result = self.home.run_traced("verify", *options)
                self.assertIn(result.code, (OK, SOME), result)
                self.assertEqual([c for c in result.calls if self.home.path_of("Mail") in c or self.account.state in c], [])
        finally:
            stop.set()
            for t in threads:
                t.join()
        self.assertEqual(self.account.journal_dump(), rows)
        self.sync()
        self.sync()
        self.assertEqual(self.found("--server", expect=OK), [])


    def test_a_file_that_is_renamed_all_the_time_is_neither_missing_nor_there_twice(self):
        self.client.fill("Work", self.corpus.messages(400, edge=False, median=300))
        self.sync()
        cur, new = (os.path.join(self.maildir.folder("Work"), sub) for sub in ("cur", "new"))
        stop = threading.Event()

        def rename():
            n = 0
            while not stop.is_set():
                n += 1
                for folder in (cur, new):
                    for name in os.listdir(folder):
                        base, _, letters = name.partition(":2,")
                        target = os.path.join(new, base) if n % 5 == 0 else os.path.join(
                            cur, base + ":2," + ("" if "F" in letters else "F"))
                        os.rename(os.path.join(folder, name), target)

        thread = threading.Thread(target=rename)
        thread.start()
        found = []
        try:
            until = time.monotonic() + 5
            while time.monotonic() < until:
                found += [(e["class"], e["text"]) for e in self.home.run("verify", "work", "--json").of("verify")]
        finally:
            stop.set()
            thread.join()
        self.assertEqual({f for f in found if f[0] not in ("flags", "busy")}, set())


class SituationsTest(VerifyTest):
    def test_nothing_is_written(self):
        self.maildir.delete(self.file(2))
        before, rows = self.maildir.snapshot(), self.account.journal_dump()
        files = sorted(os.listdir(self.account.state))
        self.proxy.reset()

        result = self.check(self.home.run_traced("verify"), SOME)

        self.assert_read_alone(result)
        self.assertEqual(self.maildir.snapshot(), before)
        self.assertEqual(self.account.journal_dump(), rows)
        self.assertEqual(sorted(os.listdir(self.account.state)), files)

    def test_never_synced(self):
        other = self.new_account("other")

        self.run_golub("verify", "other", expect=CONFIG)
        result = self.run_golub("verify")

        self.assertIn("other: never synced", result.out)
        self.assertIn("work: equal", result.out)
        self.assertFalse(os.path.exists(other.state))
        self.assertFalse(os.path.exists(other.root))

    def test_another_golub_is_at_work(self):
        import fcntl
        fd = os.open(self.account.state, os.O_RDONLY)
        self.addCleanup(os.close, fd)
        fcntl.flock(fd, fcntl.LOCK_EX)

        self.run_golub("verify", expect=BUSY)

    def test_no_login_no_connection(self):
        self.home.write("secrets/work", "wrong\n")
        self.run_golub("verify", expect=LOGIN)
        self.proxy.stop()
        self.run_golub("verify", expect=NETWORK)

    def refuse(self, expect, words):
        """It says so before it connects, and touches nothing."""
        before, state = self.maildir.snapshot(), self.state()
        self.proxy.reset()

        result = self.check(self.home.run_traced("verify", "work"), expect)

        self.assertIn(words, result.err)
        self.assert_read_alone(result)
        self.assertEqual((self.maildir.snapshot(), self.state(), self.proxy.stats["conns"]), (before, state, 0))

    def state(self):
        """{path: bytes} of the state folder."""
        found = {}
        for path, _, names in os.walk(self.account.state):
            for name in names:
                with open(os.path.join(path, name), "rb") as f:
                    found[os.path.join(path, name)] = f.read()
        return found

    def test_a_journal_that_is_no_journal(self):
        with open(self.account.journal_path(), "r+b") as f:
            f.write(b"\xff" * 200)

        self.refuse(SOME, "file is not a database. Move the file away")

    def test_a_journal_that_is_cut(self):
        path = self.account.journal_path()
        os.truncate(path, os.path.getsize(path) // 2)

        self.refuse(SOME, "malformed")

    def test_a_journal_of_a_later_version(self):
        with sqlite3.connect(self.account.journal_path()) as db:
            db.execute("PRAGMA user_version = 99")
        db.close()

        self.refuse(CONFIG, "a newer golub wrote it (version 99")

    def test_no_journal(self):
        os.unlink(self.account.journal_path())
        self.refuse(CONFIG, "never synced: there is no journal to compare with")
        shutil.rmtree(self.account.state)
        self.refuse(CONFIG, "never synced: there is no journal to compare with")
        self.assertFalse(os.path.exists(self.account.state))

    def test_a_sync_that_is_under_way(self):
        """It is BUSY while that holds the lock, and compares what it left with --wait."""
        self.client.fill("INBOX", self.corpus.messages(40, edge=False, median=300))
        sync = self.home.start("sync", "work", "--wait", prefix=("strace", "-f", "-o", "/dev/null", "-e", "trace=renameat2", "-e",
                                                       "inject=renameat2:delay_enter=50000"), env={"ASAN_OPTIONS": "detect_leaks=0"})
        waiting = None
        try:
            until = time.monotonic() + 10
            while self.home.run("verify", "work", "-q").code != BUSY and time.monotonic() < until:
                time.sleep(0.01)
            self.assertIsNone(sync.poll())
            waiting = self.run_golub("verify", "work", "--wait")
        finally:
            sync.communicate(timeout=60)
        self.assertEqual(sync.returncode, OK)
        self.assertIn("equal: 7 mailboxes, 49 messages here, 49 there", waiting.out)

    def test_a_root_that_is_missing(self):
        os.rename(self.account.root, self.home.path_of("aside"))

        self.run_golub("verify", expect=CONFIG)


if __name__ == "__main__":
    main()
