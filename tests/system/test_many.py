"""Many accounts in one run, several runs at once, and what cron is told. GOLUB_NIGHTLY=1: 200 accounts."""
import fcntl
import json
import os
import time

from base import BUSY, CONFIG, HELD, LOGIN, NETWORK, OK, PASSWORD, SOME, SystemTest, USERS, main
from rig import scenes

COUNT = 200 if scenes.NIGHTLY else 30


class ManyTest(SystemTest):
    server_options = {"users": {**{u: PASSWORD for u in USERS}, **{"v%03d" % n: PASSWORD for n in range(COUNT)}}}

    def given_accounts(self, count):
        accounts = []
        for n in range(count):
            self.user = "v%03d" % n
            accounts.append(self.new_account("a%03d" % n))
        return accounts

    def test_many_accounts_of_which_one_is_refused(self):
        accounts = self.given_accounts(COUNT)
        accounts[7].set(**{"password-command": "echo wrong"})

        result = self.home.run("sync", *[a.name for a in accounts], timeout=300)

        self.check(result, LOGIN)
        self.assertEqual(result.out.splitlines()[-1], "%d accounts: %d in sync, 1 login refused (a007)" % (COUNT, COUNT - 1))
        last = json.loads(self.home.run("sync", "--json", *[a.name for a in accounts], timeout=300).out.splitlines()[-1])
        self.assertEqual((last["exit"], last["accounts"], last["in_sync"]), (LOGIN, COUNT, COUNT - 1))

    def test_a_word_that_is_no_command_is_told_from_an_account(self):
        self.assertIn("golub sync work", self.home.run("work").err)
        wrong = self.run_golub("wrok", expect=CONFIG).err
        self.assertRegex(wrong, "neither a command nor an account: wrok. Commands: sync, import, status.*Accounts: work")
        self.home.write_config("nonsense")
        self.assertIn("unknown command: wrok", self.run_golub("wrok", expect=CONFIG).err)

    def test_one_account_has_no_line_for_all(self):
        self.assertNotIn("accounts:", self.sync().out)

    def most_at_once(self, accounts, *options):
        most, open_ones = 0, set()
        self.proxy.reset()
        self.check(self.home.run("sync", *options, *[a.name for a in accounts], timeout=120), OK)
        for connection, way, data in self.proxy.dialogue:
            if data.startswith(b"* OK [CAPABILITY"):
                open_ones.add(connection)
                most = max(most, len(open_ones))
            if b"LOGOUT" in data and way == "up":
                open_ones.discard(connection)
        return most

    def test_eight_accounts_are_at_work_at_once_or_as_many_as_the_user_says(self):
        self.through(delay=40)
        slack = 1  # a LOGOUT may still be on its way through the proxy while the next account connects
        accounts = self.given_accounts(12)
        self.assertLessEqual(self.most_at_once(accounts), 8 + slack)
        self.assertLessEqual(self.most_at_once(accounts, "--jobs", "1"), 1 + slack)
        self.through(delay=150)  # so long that they are at work together, although they begin one after the other
        for account in accounts:
            account.set(server=self.account.keys["server"])
        self.assertGreater(self.most_at_once(accounts, "--jobs", "12"), 1 + slack)

    def start_a_slow_run(self):
        self.client.fill("INBOX", self.corpus.messages(3))
        self.through(stall_down=1500)
        first = self.home.start("sync", "work")
        self.addCleanup(first.communicate)
        self.addCleanup(first.kill)
        until = time.monotonic() + 20
        while not self.proxy.stats["stalls"] and time.monotonic() < until:
            time.sleep(0.05)
        self.assertTrue(self.proxy.stats["stalls"])
        return first

    def test_wait_waits_for_another_golub_and_gives_up_after_its_time(self):
        first = self.start_a_slow_run()
        begin = time.monotonic()
        result = self.sync("--wait=2s", expect=BUSY)
        self.assertGreaterEqual(time.monotonic() - begin, 2)
        self.assertIn("another golub is at work: waiting", result.out)

        second = self.home.start("sync", "--wait", "work")
        self.addCleanup(second.communicate)
        self.addCleanup(second.kill)
        time.sleep(1)
        self.assertIsNone(second.poll())
        self.through()
        first.kill()

        self.assertIn(second.wait(60), (OK, NETWORK))  # it was given the port of before, or that of now

    def test_a_golub_with_another_state_folder_is_waited_for_and_leaves_no_trace(self):
        self.sync()
        before = self.run_golub("status", "--json").out
        tree = os.open(self.account.root, os.O_RDONLY)
        self.addCleanup(os.close, tree)
        fcntl.flock(tree, fcntl.LOCK_EX)

        self.assertIn("another golub is at work", self.sync(expect=BUSY).err)
        begin = time.monotonic()
        self.assertIn("another golub is at work: waiting", self.sync("--wait=1s", expect=BUSY).out)
        self.assertGreaterEqual(time.monotonic() - begin, 1)

        self.assertEqual(self.run_golub("status", "--json").out, before)
        self.run_golub("restore", "work")  # a list needs no tree
        second = self.home.start("sync", "--wait", "work")
        self.addCleanup(second.communicate)
        self.addCleanup(second.kill)
        time.sleep(0.5)
        self.assertIsNone(second.poll())
        fcntl.flock(tree, fcntl.LOCK_UN)
        self.assertEqual(second.wait(20), OK)

    def test_twice_quiet_says_nothing_of_what_passes_by_itself(self):
        self.account.set(server="imap://127.0.0.1:1")
        self.assertIn("127.0.0.1", self.sync("-q", expect=NETWORK).err)
        self.assertEqual(self.sync("-qq", expect=NETWORK).err, "")
        self.assertEqual(self.sync("-q", "-q", expect=NETWORK).err, "")
        self.start_a_slow_run()
        self.assertIn("another golub", self.sync("-q", expect=BUSY).err)
        self.assertEqual(self.sync("-qq", expect=BUSY).err, "")

    def test_twice_quiet_says_what_a_person_has_to_answer(self):
        self.given_both_sides([self.corpus.simple("mail %d" % n) for n in range(40)])
        for f in self.maildir.files("INBOX")[:30]:
            self.maildir.delete(f)
        for _ in range(2):
            self.assertIn("--confirm-deletes", self.sync("-qq", expect=HELD).err)
        self.account.set(**{"password-command": "echo wrong"})
        for _ in range(2):
            self.assertIn("log", self.sync("-qq", expect=LOGIN).err)

    def test_twice_quiet_says_a_line_once_a_day(self):
        self.sync()
        self.maildir.deliver("INBOX", self.corpus.simple("no server takes this").lf + b"\0\n")
        first = self.sync("-qq", expect=SOME)
        self.assertNotEqual(first.err, "")

        self.assertEqual(self.sync("-qq", expect=SOME).err, "")
        self.assertEqual(self.sync("-q", expect=SOME).err, first.err)
        path = os.path.join(self.account.state, "outcome.json")
        with open(path) as f:
            outcome = json.load(f)
        for line in outcome["lines"]:
            line["since"] -= 86400
        with open(path, "w") as f:
            json.dump(outcome, f)
        self.assertEqual(self.sync("-qq", expect=SOME).err, first.err)
        self.assertEqual(self.sync("-qq", expect=SOME).err, "")


if __name__ == "__main__":
    main()
