"""State folders: one golub at a time on an account and on a Maildir, and one state folder for a Maildir."""
import os
import shutil
import time

from base import BUSY, CONFIG, SystemTest, main


class StateTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.mails = [self.corpus.simple("mail %d" % n) for n in range(6)]
        self.client.create("Work")
        self.client.fill("INBOX", self.mails)
        self.sync()
        self.assert_same()

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


if __name__ == "__main__":
    main()
