"""A folder of the Maildir that can't be read or written to: it waits by itself, is named, and comes into sync once it is open again."""
import contextlib
import os
import shutil
import subprocess
import unittest

from base import OK, SOME, SystemTest, main

# Root passes by all rights: these two are taken away from the program, and it is like anybody else.
POWERLESS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.getuid() == 0 else ()


def can_be_closed():
    return not POWERLESS or (shutil.which("setpriv") is not None
                             and subprocess.run([*POWERLESS, "true"], capture_output=True, check=False).returncode == 0)


@unittest.skipUnless(can_be_closed(), "root, and setpriv can't take its rights away: no folder can be closed")
class ClosedFolderTest(SystemTest):
    account_options = {"max_delete": "off"}

    def setUp(self):
        super().setUp()
        self.mails, self.number = {}, 0
        for mailbox in ("INBOX", "Work", "Work/Old"):
            self.mails[mailbox] = self.letters(4)
            if mailbox != "INBOX":
                self.client.create(mailbox)
            self.client.fill(mailbox, self.mails[mailbox])
        self.run_it()
        self.assert_same(dates=False)

    def letters(self, count):
        """So many that nobody has anywhere."""
        self.number += count
        return [self.corpus.simple("letter %d" % n, "body %d\r\n" % n) for n in range(self.number - count, self.number)]

    def run_it(self, *options, expect=OK):
        return self.sync(*options, expect=expect, prefix=POWERLESS)

    @contextlib.contextmanager
    def closed(self, *parts, mode=0):
        path = os.path.join(self.account.root, *parts)
        before = os.stat(path).st_mode & 0o7777
        os.chmod(path, mode)
        try:
            yield
        finally:
            os.chmod(path, before)

    def here(self, mailbox):
        return {f.digest for f in self.maildir.files(mailbox)}

    def there(self, mailbox):
        return {m.digest for m in self.client.messages(mailbox)}

    def given_changes(self):
        """Of each kind, on both sides, in the mailboxes that are open."""
        fresh = self.letters(4)
        self.client.fill("INBOX", fresh[:1])
        self.maildir.deliver("INBOX", fresh[1])
        self.client.fill("Work", fresh[2:3])
        self.maildir.flag(self.maildir.find("INBOX", self.mails["INBOX"][3]), add="F")
        return fresh

    def assert_open_again(self):
        """Nothing is doubled, nothing lost, and no later run has more to do."""
        self.run_it()
        self.run_it()
        self.assert_same(dates=False)

    def assert_named(self, result, mailbox="Work"):
        self.assertEqual(result.err.count("golub: work/%s: " % mailbox), 1, result)
        self.assertIn("Permission denied", result.err)
        self.assertRegex(result.err, r"chmod|rights")
        status = self.home.run("status", prefix=POWERLESS).out
        self.assertRegex(status, r"(?m)^work: .*\b%s: .*Permission denied" % mailbox)

    def assert_waits_alone(self, *parts, mode=0):
        fresh = self.given_changes()
        with self.closed(*parts, mode=mode):
            for _ in range(3):
                result = self.run_it("-v", expect=SOME)
            self.assert_named(result)
            self.assertIn(fresh[0].digest, self.here("INBOX"), result)
            self.assertIn(fresh[1].digest, self.there("INBOX"), result)
            flags = [m.flags for m in self.client.messages("INBOX") if m.digest == self.mails["INBOX"][3].digest]
            self.assertIn("\\Flagged", flags[0], result)
            self.assertEqual(len(self.there("Work")), 5, result)
            self.assertEqual(self.client.status("Work/Old")["messages"], 4)
        self.assert_open_again()
        self.assertNotIn("Permission", self.home.run("status", prefix=POWERLESS).out)

    def test_a_folder_that_could_not_be_read_and_is_gone_is_gone_and_no_more(self):
        with self.closed("Work"):
            self.run_it(expect=SOME)
        self.assertIn("work: Work: read: ", self.run_golub("status", "-v").out)
        shutil.rmtree(os.path.join(self.account.root, "Work"))
        self.run_it()
        status = self.run_golub("status", "-v").out
        self.assertIn("its folder is gone here", status)
        self.assertNotIn(": read: ", status)

    def test_a_folder_that_cant_be_entered_waits_alone(self):
        self.assert_waits_alone("Work")

    def test_a_folder_that_cant_be_listed_waits_alone(self):
        self.assert_waits_alone("Work", "cur")

    def assert_file_waits_alone(self, path):
        """A new file of Work is in the way. What is missing elsewhere may be it, but only in the run that finds it first."""
        for mailbox in ("INBOX", "Work"):
            self.maildir.delete(self.maildir.find(mailbox, self.mails[mailbox][0]))
        self.maildir.move(self.maildir.find("INBOX", self.mails["INBOX"][1]), "Work/Old")
        gone, moved = (self.mails["INBOX"][n].digest for n in (0, 1))
        first = self.run_it(expect=SOME)
        self.assertIn(gone, self.there("INBOX"), first)
        self.assertIn("No removal goes to the server in this run", first.err)

        second = self.run_it(expect=SOME)
        self.assertEqual(self.there("INBOX") & {gone, moved}, set(), second)
        self.assertIn(moved, self.there("Work/Old"), second)
        self.assertIn("golub: work/Work: ", second.err)
        self.assertIn("no removal of this mailbox goes to the server", second.err)
        self.assertIn(self.mails["Work"][0].digest, self.there("Work"), "its own waits")
        os.unlink(path)
        self.run_it()
        self.assertNotIn(self.mails["Work"][0].digest, self.there("Work"))
        self.assert_open_again()

    def test_a_new_file_that_cant_be_read_waits_alone(self):
        self.maildir.put("Work", self.corpus.simple("a longer one", "body\r\n" * 99).lf)
        path = max((f.path for f in self.maildir.files("Work")), key=os.path.getctime)
        os.chmod(path, 0)
        self.assert_file_waits_alone(path)

    def test_what_may_be_a_file_that_cant_be_read_is_not_removed_on_the_server(self):
        """There it may be the only copy that anybody can read; and flagged there it does not come a second time."""
        for flag in ("", "\\Flagged"):
            for new_name in (False, True):
                with self.subTest(flag=flag, new_name=new_name):
                    moved = self.corpus.simple("moved %s %s" % (flag, new_name), "a line of the body\r\n" * self.number * 50)
                    self.number += 2
                    self.client.fill("INBOX", [moved])
                    self.run_it()
                    if flag:
                        self.client.store("INBOX", [self.client.uid_of("INBOX", moved)], "+", [flag])
                    self.maildir.move(self.maildir.find("INBOX", moved), "Work", new_name)
                    path = max((f.path for f in self.maildir.files("Work")), key=os.path.getctime)
                    os.chmod(path, 0)
                    for _ in range(4):
                        self.run_it(expect=SOME)
                        self.assertIn(moved.digest, self.there("INBOX"))
                    self.assertIn("its file may be one that can't be read", self.home.run("status", "work").out)
                    os.chmod(path, 0o600)
                    self.run_it()
                    self.assertEqual([name for name in ("INBOX", "Work") if moved.digest in self.there(name)], ["Work"])
                    self.assertEqual(len([f for name in ("INBOX", "Work") for f in self.maildir.files(name) if f.digest == moved.digest]), 1)
                    self.assert_same(dates=False)

    def test_nor_is_what_a_mail_reader_wrote_a_line_into(self):
        moved = self.corpus.simple("moved and labelled", "a line of the body\r\n" * 300)
        self.client.fill("INBOX", [moved])
        self.run_it()
        self.maildir.delete(self.maildir.find("INBOX", moved))
        self.maildir.put("Work", b"X-Label: later\n" + moved.lf)
        path = max((f.path for f in self.maildir.files("Work")), key=os.path.getctime)
        os.chmod(path, 0)
        for _ in range(4):
            self.run_it(expect=SOME)
            self.assertIn(moved.digest, self.there("INBOX"))
        os.chmod(path, 0o600)
        self.run_it()
        self.assertNotIn(moved.digest, self.there("INBOX"))
        self.assertEqual(len(self.there("Work")), 5)

    def test_a_file_whose_name_cant_be_used_waits_alone(self):
        path = os.path.join(self.maildir.folder("Work"), "cur", ":2,S")
        with open(path, "wb") as f:
            f.write(self.letters(1)[0].lf)
        self.assert_file_waits_alone(path)

    def test_the_next_file_that_is_in_the_way_is_waited_for_again(self):
        for letter in self.mails["INBOX"][:2]:
            path = os.path.join(self.maildir.folder("Work"), "cur", ":2,S")
            with open(path, "wb") as f:
                f.write(self.letters(1)[0].lf)
            self.maildir.delete(self.maildir.find("INBOX", letter))
            self.run_it(expect=SOME)
            self.assertIn(letter.digest, self.there("INBOX"))
            os.unlink(path)
            self.run_it()
            self.assertNotIn(letter.digest, self.there("INBOX"))

    def test_a_folder_whose_new_mail_cant_be_listed_waits_alone(self):
        self.maildir.deliver("Work", self.letters(1)[0])
        with self.closed("Work", "new"):
            self.maildir.deliver("INBOX", fresh := self.letters(1)[0])
            self.run_it(expect=SOME)
            self.assertIn(fresh.digest, self.there("INBOX"))
        self.assert_open_again()

    def test_a_folder_that_cant_be_written_to_waits_alone(self):
        for parts in (("Work", "new"), ("Work", "tmp")):
            with self.subTest(parts=parts):
                fresh = self.given_changes()
                with self.closed(*parts, mode=0o555):
                    for _ in range(3):
                        result = self.run_it("-v", expect=SOME)
                    self.assert_named(result)
                    self.assertIn(fresh[0].digest, self.here("INBOX"), result)
                    self.assertIn(fresh[1].digest, self.there("INBOX"), result)
                self.assert_open_again()

    def test_what_was_removed_elsewhere_waits_two_runs_at_most_for_one_that_cant_be_written_to(self):
        self.client.fill("Work", self.letters(1))
        self.client.expunge("INBOX", [self.client.messages("INBOX")[0].uid])
        self.maildir.delete(self.maildir.find("INBOX", self.mails["INBOX"][1]))
        with self.closed("Work", "tmp", mode=0o555):
            for _ in range(3):
                self.run_it(expect=SOME)
            self.assertEqual(len(self.here("INBOX")), 2)
            self.assertEqual(len(self.there("INBOX")), 2)
        self.assert_open_again()

    def test_a_change_of_flags_that_cant_be_written_waits_alone(self):
        self.client.store("Work", [m.uid for m in self.client.messages("Work")[:3]], "+", ["\\Flagged"])
        self.client.fill("INBOX", fresh := self.letters(1))
        with self.closed("Work", "cur", mode=0o555):
            result = self.run_it("-v", expect=SOME)
            self.assert_named(result)
            self.assertIn(fresh[0].digest, self.here("INBOX"), result)
        self.assert_open_again()

    def test_a_removal_that_cant_be_carried_out_here_waits_alone(self):
        self.client.expunge("Work", [m.uid for m in self.client.messages("Work")[:3]])
        self.client.fill("INBOX", fresh := self.letters(1))
        with self.closed("Work", "cur", mode=0o555), self.closed("Work", "new", mode=0o555):
            result = self.run_it("-v", expect=SOME)
            self.assert_named(result)
            self.assertIn(fresh[0].digest, self.here("INBOX"), result)
        self.assert_open_again()

    def test_a_message_that_was_moved_into_it_is_not_removed_there(self):
        self.maildir.move(self.maildir.find("INBOX", self.mails["INBOX"][0]), "Work")
        with self.closed("Work"):
            self.run_it(expect=SOME)
            self.assertIn(self.mails["INBOX"][0].digest, self.there("INBOX"))
        self.assert_open_again()
        self.assertIn(self.mails["INBOX"][0].digest, self.there("Work"))
        self.assertNotIn(self.mails["INBOX"][0].digest, self.there("INBOX"))

    def test_a_message_that_was_moved_into_it_long_ago_comes_up_once(self):
        self.maildir.move(self.maildir.find("INBOX", self.mails["INBOX"][0]), "Work")
        with self.closed("Work"):
            for _ in range(4):
                self.run_it(expect=SOME)
            self.assertEqual(self.run_it("--dry-run", expect=SOME).err.count("golub: work/Work: "), 1)
        self.assert_open_again()
        self.assertEqual([m.digest for m in self.client.messages("Work")].count(self.mails["INBOX"][0].digest), 1)
        self.assertNotIn(self.mails["INBOX"][0].digest, self.there("INBOX"))

    def test_a_message_that_was_moved_out_of_it_is_not_doubled(self):
        self.maildir.move(self.maildir.find("Work", self.mails["Work"][0]), "INBOX")
        with self.closed("Work"):
            for _ in range(2):
                self.run_it(expect=SOME)
        self.assert_open_again()
        self.assertNotIn(self.mails["Work"][0].digest, self.there("Work"))

    def test_what_was_removed_elsewhere_waits_for_it_two_runs_at_most(self):
        self.maildir.delete(self.maildir.find("INBOX", self.mails["INBOX"][0]))
        with self.closed("Work"):
            self.run_it(expect=SOME)
            self.assertEqual(len(self.there("INBOX")), 4)
            for _ in range(2):
                self.run_it(expect=SOME)
            self.assertEqual(len(self.there("INBOX")), 3)
        self.assert_open_again()

    def test_what_no_mailbox_is_known_by_is_named_and_stops_nothing(self):
        os.makedirs(os.path.join(self.account.root, "Drawer", "cur"))
        self.given_changes()
        with self.closed("Drawer"):
            for _ in range(2):
                result = self.run_it("-v", expect=SOME)
            self.assertRegex(result.err, r'folder "Drawer": Permission denied')
            self.assert_same(dates=False)
            self.assertNotIn("Drawer", self.client.mailboxes())

    def test_the_rest_of_a_made_file_system_is_no_folder(self):
        os.makedirs(os.path.join(self.account.root, "lost+found"))
        with self.closed("lost+found"):
            self.run_it()


class VanishingFolderTest(SystemTest):
    """Another program removes a folder, or renames it, while mail for it comes."""

    def given_mail_that_comes(self):
        self.client.create("Box")
        self.client.create("Zed")
        self.sync()
        self.late = [self.corpus.simple("late %d" % n) for n in range(600)]
        self.client.fill("Box", self.late[:400])
        self.client.fill("Zed", self.late[400:])

    def sync_while(self, act):
        acted = []

        def look(data):
            if b"late 399" in data or b"late 300" in data:
                acted.append(acted or act())
            return data

        self.through(edit_down=look)
        result = self.sync(expect=SOME)
        self.assertTrue(acted)
        return result

    def test_a_folder_that_is_removed_keeps_back_its_own_mail_alone(self):
        self.given_mail_that_comes()

        result = self.sync_while(lambda: shutil.rmtree(os.path.join(self.account.root, "Box")))

        self.assertEqual(len(self.maildir.files("Zed")), 200)
        self.assertEqual(result.err.count("work/Box"), 1, result.err)

    def test_a_folder_that_is_renamed_gets_the_rest_in_the_next_runs(self):
        self.given_mail_that_comes()

        self.sync_while(lambda: os.rename(os.path.join(self.account.root, "Box"), os.path.join(self.account.root, "Other")))

        self.assertEqual(len(self.maildir.files("Zed")), 200)
        for _ in range(2):
            self.account.sync()
        self.assert_in_sync()
        self.assertEqual(sum(len(self.maildir.files(m)) for m in self.maildir.mailboxes()), 600)


if __name__ == "__main__":
    main()
