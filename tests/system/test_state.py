"""State folders: one golub at a time on an account and on a Maildir, and one state folder for a Maildir."""
import os
import shutil
import time

from base import BUSY, CONFIG, HELD, SystemTest, main


class Scene(SystemTest):
    def setUp(self):
        super().setUp()
        self.mails = [self.corpus.simple("mail %d" % n) for n in range(6)]
        self.client.create("Work")
        self.client.fill("INBOX", self.mails)
        self.sync()
        self.assert_same()


class StateTest(Scene):
    def elsewhere(self):
        """The environment of a cron job that has another idea of where state is."""
        return {"XDG_STATE_HOME": self.home.path_of("elsewhere")}

    def mark(self):
        with open(os.path.join(self.account.root, ".golub")) as f:
            return f.read()

    def at_work(self):
        """A run that waits for its server. @return its process"""
        self.through(stall_down=1500)
        process = self.home.start("sync", "work")
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        until = time.monotonic() + 20
        while not self.proxy.stats["stalls"] and time.monotonic() < until:
            time.sleep(0.05)
        self.assertTrue(self.proxy.stats["stalls"])
        return process

    def test_a_lock_that_is_removed_while_a_run_works_lets_nobody_in(self):
        for n in range(3):
            self.client.append("INBOX", self.corpus.simple("new %d" % n).bytes)
        self.at_work()
        os.unlink(os.path.join(self.account.state, "lock"))

        self.run_golub("sync", "work", expect=BUSY, timeout=20)

        self.assertEqual(self.proxy.stats["conns"], 1)

    def test_another_state_folder_waits_while_a_run_works_in_the_maildir(self):
        for n in range(3):
            self.client.append("INBOX", self.corpus.simple("new %d" % n).bytes)
        self.at_work()

        result = self.run_golub("sync", "work", expect=BUSY, timeout=20, env=self.elsewhere())

        self.assertIn(self.account.root, result.err + result.out)
        self.assertEqual(self.proxy.stats["conns"], 1)

    def test_a_second_state_folder_takes_over_and_the_first_one_is_told_which_and_where(self):
        self.run_golub("sync", "work", env=self.elsewhere())
        self.maildir.move(self.maildir.find("INBOX", self.mails[0]), "Work", rename=False)
        self.maildir.delete(self.maildir.find("INBOX", self.mails[1]))
        self.proxy.reset()

        for _ in range(2):
            result = self.sync(expect=CONFIG)
            self.assertIn(self.home.path_of("elsewhere", "golub", "work"), result.err)
            self.assertEqual(self.proxy.sent(), [])
        self.run_golub("sync", "work", env=self.elsewhere())

        self.assert_same()
        self.assertEqual(len(self.client.messages("INBOX")), 4)
        self.assertEqual(len(self.client.messages("Work")), 1)
        # The way back that the refusal tells: the next run pairs both sides and deletes nothing.
        for name in os.listdir(self.account.state):
            if name.startswith("journal"):
                os.unlink(os.path.join(self.account.state, name))
        self.sync()
        self.assert_in_sync()
        self.assertEqual(len(self.client.messages("INBOX")), 4)

    def test_a_state_folder_that_was_moved_stays_itself(self):
        os.makedirs(self.home.path_of("elsewhere", "golub"))
        shutil.move(self.account.state, self.home.path_of("elsewhere", "golub", "work"))
        self.maildir.delete(self.maildir.find("INBOX", self.mails[1]))

        self.run_golub("sync", "work", env=self.elsewhere())

        self.assertEqual(len(self.client.messages("INBOX")), 5)
        self.assertIn(self.home.path_of("elsewhere", "golub", "work"), self.mark())

    def test_the_mark_of_an_earlier_version_is_taken_by_the_journal_that_it_agrees_with(self):
        old = self.mark().replace("golub 2", "golub 1")
        with open(os.path.join(self.account.root, ".golub"), "w") as f:
            f.write(old[:old.index("state ")])

        self.sync()

        self.assertIn("golub 2", self.mark())
        self.assert_in_sync()


class TreeTest(Scene):
    """The tree is not the one that golub left: copied, or out of a backup."""

    def setUp(self):
        super().setUp()
        self.more = [self.corpus.simple("work %d" % n) for n in range(30)]
        self.client.fill("Work", self.more)
        self.sync()
        self.sync()

    def counts_there(self):
        return [len(self.client.messages(name)) for name in ("INBOX", "Work")]

    def copied(self, old, folder, names):
        for name in names:
            shutil.copy2(os.path.join(old, folder, name), os.path.join(self.account.root, folder, name))

    def test_a_tree_that_is_still_being_copied_removes_nothing_unheld(self):
        old = self.account.root + ".old"
        os.rename(self.account.root, old)
        late = []
        for folder, _, names in sorted(os.walk(old)):
            folder = os.path.relpath(folder, old)
            os.makedirs(os.path.join(self.account.root, folder), exist_ok=True)
            names = sorted(names)
            half = names if folder == "." else names[:len(names) * 2 // 3]
            self.copied(old, folder, half)
            late.append((folder, names[len(half):]))

        for _ in range(2):
            result = self.sync("--json", expect=HELD)
            self.assertEqual(self.counts_there(), [6, 30])
        self.assertEqual({e["reason"] for e in result.of("held")} | {"copied"}, {"copied"})
        self.assertIn("copied", self.run_golub("status", "work").out)
        for folder, names in late:
            self.copied(old, folder, names)

        self.sync()
        self.assertEqual(self.counts_there(), [6, 30])
        self.assert_in_sync()
        self.maildir.delete(self.maildir.find("Work", self.more[0]))
        self.sync()
        self.assertEqual(self.counts_there(), [6, 29])

    def backup_around_a_run(self, in_place):
        """The backup program reads INBOX/, golub runs, the backup program reads all else. The whole is restored."""
        backup = self.home.path_of("backup")
        shutil.copytree(os.path.join(self.account.root, "INBOX"), os.path.join(backup, "mail", "INBOX"))
        times = {sub: os.stat(os.path.join(self.account.root, "INBOX", sub)).st_mtime_ns for sub in ("", "cur", "new")}
        self.client.fill("INBOX", [self.corpus.simple("meanwhile %d" % n) for n in range(4)])
        time.sleep(0.05)
        self.sync()
        self.assertEqual(self.counts_there(), [10, 30])
        if not in_place:
            for name in os.listdir(self.account.root):
                path = os.path.join(self.account.root, name)
                if name != "INBOX":
                    (shutil.copytree if os.path.isdir(path) else shutil.copy2)(path, os.path.join(backup, "mail", name))
            shutil.rmtree(self.account.root)
            shutil.copytree(os.path.join(backup, "mail"), self.account.root)
            return
        for sub in ("cur", "new"):
            there = os.path.join(self.account.root, "INBOX", sub)
            for name in os.listdir(there):
                if not os.path.exists(os.path.join(backup, "mail", "INBOX", sub, name)):
                    os.unlink(os.path.join(there, name))
        for sub, ns in times.items():
            os.utime(os.path.join(self.account.root, "INBOX", sub), ns=(ns, ns))

    def test_a_backup_that_was_read_while_golub_ran_and_is_restored_whole_removes_nothing_unheld(self):
        for in_place in (False, True):
            with self.subTest(in_place=in_place):
                self.backup_around_a_run(in_place)

                self.sync(expect=HELD)
                self.maildir.deliver("INBOX", self.corpus.simple("anything").lf)
                for _ in range(2):
                    self.sync(expect=HELD)

                self.assertEqual(self.counts_there(), [11, 30])
                self.doCleanups()
                self.setUp()

    def test_what_is_held_for_a_copy_goes_with_the_word(self):
        old = self.account.root + ".old"
        os.rename(self.account.root, old)
        shutil.copytree(old, self.account.root)
        self.maildir.delete(self.maildir.find("Work", self.more[0]))
        self.sync(expect=HELD)
        self.assertEqual(self.counts_there(), [6, 30])

        self.sync("--confirm-deletes")

        self.assertEqual(self.counts_there(), [6, 29])
        self.assert_in_sync()


class PowerCutTest(Scene):
    """fsync = false: what the journal names may not be on the disk after a power cut, which another boot follows."""

    def setUp(self):
        super().setUp()
        self.account.set(fsync=False)
        self.sync()
        before = {f.base for f in self.maildir.files("INBOX")}
        self.client.fill("INBOX", [self.corpus.simple("late %d" % n) for n in range(5)])
        self.sync()
        self.late = [f for f in self.maildir.files("INBOX") if f.base not in before]
        self.assertEqual(len(self.late), 5)

    def another_boot(self):
        """A prefix under which the system is another boot."""
        boot = self.home.write("boot", "00000000-0000-4000-8000-%012d\n" % 1)
        prefix = ("unshare", "-m", "sh", "-c",
                  'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"', boot)
        if self.home.run("--version", prefix=prefix).code != 0:
            self.skipTest("no other boot can be shown here")
        return prefix

    def test_what_a_power_cut_took_is_fetched_again_and_not_removed_from_the_server(self):
        for f in self.late[:4]:
            self.maildir.delete(f)

        self.check(self.account.sync(prefix=self.another_boot()), 0)

        self.assertEqual(len(self.client.messages("INBOX")), 11)
        self.assert_same()

    def test_contents_that_a_power_cut_took_are_fetched_again(self):
        for f, damage in zip(self.late, (b"", bytes(300), b"Subject: half\n\nline\n" + bytes(100), b"a line\n" * 4096)):
            with open(f.path, "wb") as out:
                out.write(damage)

        self.check(self.account.sync(prefix=self.another_boot()), 0)

        self.assertEqual(len(self.client.messages("INBOX")), 11)
        self.assert_same()
        self.sync()
        self.assert_same()

    def test_what_the_user_removes_in_the_same_boot_is_removed_from_the_server(self):
        self.maildir.delete(self.late[0])

        self.sync()

        self.assertEqual(len(self.client.messages("INBOX")), 10)
        self.assert_in_sync()

    def test_a_later_run_flushes_once_and_then_another_boot_changes_nothing(self):
        result = self.account.sync_traced(flushes=True)
        self.assertEqual(len([c for c in result.calls if c.startswith("syncfs") or " syncfs(" in c]), 1, result.calls)
        result = self.account.sync_traced(flushes=True)
        self.assertEqual([c for c in result.calls if "syncfs(" in c], [])
        self.maildir.delete(self.late[0])

        self.check(self.account.sync(prefix=self.another_boot()), 0)

        self.assertEqual(len(self.client.messages("INBOX")), 10)


if __name__ == "__main__":
    main()
