"""golub restore --altered: the server's version of a message whose file was changed under its name."""
import contextlib
import os
import sqlite3
import time

from base import CONFIG, SOME, main
from restorebase import RestoreTest


class AlteredTest(RestoreTest):
    def alter(self, n, mailbox="INBOX"):
        """Its bytes are changed under its name. @return its path"""
        path = self.maildir.find(mailbox, self.mails[n]).path
        with open(path, "ab") as f:
            f.write(b"scribble\n")
        return path

    def test_the_servers_version_comes_back_and_the_other_is_kept(self):
        path = self.alter(1)
        with open(path, "rb") as f:
            scribbled = f.read()

        result = self.restore("--altered", path)

        self.assertEqual(self.copies(1), (1, 1))
        self.assertIn("S", self.maildir.find("INBOX", self.mails[1]).info)
        self.assertIn(scribbled, self.account.quarantined())
        self.assertRegex(result.out, r"1 new here")
        event, = self.listed()
        self.assertEqual(event["why"], "altered here; the server's version was asked for")
        self.assertIn("went to the quarantine as %s\n" % self.kept()[0], result.out)
        self.sync()
        self.assert_in_sync()

    def test_one_that_a_run_has_named_is_settled_by_it(self):
        path = self.alter(0)
        self.client.store("INBOX", self.client.uid_of("INBOX", self.mails[0]), "+", ["\\Seen"])
        self.client.expunge("INBOX", self.client.uid_of("INBOX", self.mails[1]))
        self.sync()  # flags do not touch the bytes
        self.maildir.move(self.maildir.find("INBOX", self.mails[2]), "Work")
        news = self.corpus.simple("news")
        self.client.append("INBOX", news.bytes)

        here = [f.path for f in self.maildir.files("INBOX") if os.path.basename(f.path).split(":")[0] == os.path.basename(path).split(":")[0]]
        self.restore("--altered", os.path.relpath(here[0], self.home.path))

        self.assertEqual(self.copies(0), (1, 1))
        self.assertEqual(self.copies(2), (0, 1))  # the move is the next sync's
        self.assertFalse(self.maildir.has("INBOX", news))  # and so is what is new
        self.sync()
        self.assertEqual((self.copies(2), self.copies(2, "Work")), ((0, 0), (1, 1)))
        self.assert_in_sync()

    def test_what_else_is_outstanding_is_not_written_down_as_kept_back(self):
        path = self.alter(1)
        other = self.alter(0)
        self.maildir.flag(self.maildir.find("INBOX", self.mails[2]), "F")
        self.client.store("INBOX", self.client.uid_of("INBOX", self.mails[3]), "+", ["\\Answered"])
        os.unlink(self.maildir.find("Work", self.stays).path)

        self.restore("--altered", path)

        self.assertEqual(self.pending(), [])
        self.run_golub("verify", "work", expect=SOME)
        self.assertEqual(self.copies(1), (1, 1))
        os.unlink(other)
        self.sync()
        self.assertEqual(self.flags_there(self.mails[2]), {"\\Flagged"})
        self.assertEqual(self.client.messages("Work"), [])

    def pending(self):
        with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % self.account.journal_path(), uri=True)) as db:
            return db.execute("SELECT kind, detail, why FROM pending").fetchall()

    def test_one_that_is_not_altered_stays(self):
        path = self.maildir.find("INBOX", self.mails[0]).path

        self.assertIn("is not altered", self.restore("--altered", path).out)

        self.assertTrue(os.path.exists(path))
        self.assertEqual(self.kept(), [])

    def test_what_is_no_message_changes_nothing_and_connects_to_nothing(self):
        path = self.alter(0)
        new = self.maildir.deliver("INBOX", b"From: a\n\nnew\n")
        self.proxy.reset()
        connections = self.proxy.stats["conns"]

        for other in (new.path if hasattr(new, "path") else new, self.home.write("elsewhere/cur/x", "x"), path + "x",
                      os.path.join(self.account.root, ".golub")):
            self.restore("--altered", path, other, expect=CONFIG)

        self.assertEqual(self.proxy.stats["conns"], connections)
        self.assertTrue(os.path.exists(path))

    def test_one_whose_message_is_gone_on_the_server_stays(self):
        path = self.alter(0)
        self.client.expunge("INBOX", self.client.uid_of("INBOX", self.mails[0]))

        self.assertIn("the server does not have its message", self.restore("--altered", path, expect=SOME).err)

        self.assertTrue(os.path.exists(path))
        self.assertEqual(self.kept(), [])

    def test_without_a_server_or_a_login_it_stays(self):
        path = self.alter(0)
        server = self.account.keys["server"]
        self.account.set(server="imap://127.0.0.1:1")
        self.restore("--altered", path, expect=5)
        self.account.set(server=server, **{"password-command": "echo wrong"})
        self.restore("--altered", path, expect=4)

        self.assertTrue(os.path.exists(path))
        self.assertEqual(self.kept(), [])

    def test_a_run_that_is_killed_removes_nothing_on_the_server(self):
        for call, count in (("renameat2", 1), ("renameat2", 2), ("fsync", 3), ("fsync", 4), ("fsync", 5), ("fdatasync", 2), ("fdatasync", 3),
                            ("fdatasync", 4), ("fdatasync", 5), ("fdatasync", 6)):
            with self.subTest("%s %d" % (call, count)):
                path = self.alter(1)
                with open(path, "rb") as f:
                    scribbled = f.read()

                self.home.run_killed(call, count, "restore", "work", "--altered", path)

                self.assertTrue(os.path.exists(path) or scribbled in self.account.quarantined())
                self.account.sync()
                self.assertEqual(sorted(e["file"] for e in self.listed()), self.kept())
                self.assertTrue(self.is_there(self.mails[1]))
                if not self.maildir.has("INBOX", self.mails[1]):
                    self.restore("--altered", path)
                self.sync()
                self.assertEqual(self.copies(1), (1, 1))
                self.assertEqual(len(self.maildir.files("INBOX")), 4)
        self.assert_in_sync()

    def test_one_that_could_not_be_moved_is_not_in_the_list(self):
        path = self.alter(1)

        self.home.run_failing("renameat2", "EIO", "1+", "restore", "work", "--altered", path)

        self.assertTrue(os.path.exists(path))
        self.assertEqual(self.listed(), [])
        self.restore("--altered", path)
        self.assertEqual([e["file"] for e in self.listed()], self.kept())

    def test_a_killed_one_that_is_asked_for_again_is_in_the_list_once(self):
        path = self.alter(1)
        for count in range(1, 12):
            self.home.run_killed("renameat2", count, "restore", "work", "--altered", path)
            if not os.path.exists(path):
                break
            time.sleep(1.1)  # its name in the quarantine depends on the time

        self.assertFalse(os.path.exists(path))
        self.assertEqual([e["file"] for e in self.listed()], self.kept())

    def test_a_dry_run_only_says_it(self):
        path = self.alter(0)
        before = self.maildir.snapshot(), self.account.journal_dump()

        self.assertIn("would fetch", self.restore("--altered", path, "--dry-run", "-v").out)

        self.assertEqual((self.maildir.snapshot(), self.account.journal_dump()), before)


if __name__ == "__main__":
    main()
