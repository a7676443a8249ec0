"""golub watch, and whoever else is at work: other golubs, other laptops, a service manager, a command of the user's."""
import json
import os
import signal
import socket
import time

import schema_check
from base import BUSY, LOGIN, OK, main
from rig.golub import binary
from watchbase import WatchTest

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contrib", "golub.schema.json")


class BesideTest(WatchTest):
    def test_a_sync_by_hand_works_beside_it_and_releases_what_is_held(self):
        messages = self.corpus.messages(40)
        self.client.fill("INBOX", messages)
        watcher = self.watch()
        for file in self.maildir.files("INBOX")[:35]:
            self.maildir.delete(file)
        watcher.says('"event":"held"')
        watcher.rests()
        lists = [e for e in watcher.events if e["event"] == "held" and "removals" in e]
        self.assertEqual(len(lists), 1, watcher.text())  # said once, however many runs

        self.sync("--confirm-deletes")
        self.assertEqual(self.client.status("INBOX")["messages"], 5)
        for _ in range(5):
            self.sync()
        watcher.rests()
        watcher.end()
        self.assert_in_sync()

    def test_a_second_watcher_says_so_and_leaves_the_account(self):
        watcher = self.watch()
        result = self.home.run("watch", timeout=20)
        self.assertEqual(result.code, BUSY, result)
        self.assertIn("another golub watches this account", result.err)
        self.assertIsNone(watcher.process.poll())

    def test_after_sync_runs_beside_it_one_at_a_time_and_is_told_of_everything(self):
        log = self.home.path_of("log")
        self.account.set(after_sync="echo begin >> '%s'; sleep 1.5; cat \"$GOLUB_CHANGES\" >> '%s'; echo end >> '%s'" % (log, log, log))
        watcher = self.watch()
        messages = [self.corpus.simple(subject="after %d" % n) for n in range(6)]
        for message in messages:
            self.client.append("INBOX", message)
            self.assertLess(self.until(lambda: self.maildir.has("INBOX", message), watcher=watcher), 1.5)  # nothing waits for it
        self.until(lambda: sum("download" in l for l in open(log)) == 6, 15, watcher)
        time.sleep(2)
        lines = [l for l in open(log).read().split("\n") if l in ("begin", "end")]
        self.assertEqual(lines, ["begin", "end"] * (len(lines) // 2))
        self.assertLess(len(lines) // 2, 6)
        watcher.end()
        self.assertEqual([n for n in os.listdir(self.account.state) if n.startswith("changes-")], [])

    def test_a_service_manager_is_told_that_it_is_ready_what_it_does_that_it_lives_and_that_it_ends(self):
        path = self.home.path_of("notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(10)
            told = []
            watcher = self.watch(env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "2000000"})
            until = time.monotonic() + 4
            while time.monotonic() < until or "STATUS=work: by NOTIFY" not in " ".join(told):
                told.append(manager.recv(4096).decode())
            watcher.end()
            told += self.heard(manager)
        self.assertTrue(told[0].startswith("READY=1"), told)
        self.assertGreaterEqual(sum("WATCHDOG=1" in t for t in told), 2, told)
        self.assertEqual(told.count("STOPPING=1"), 1, told)

    @staticmethod
    def heard(manager):
        """What was sent to this socket and is not read yet."""
        told = []
        manager.setblocking(False)
        while True:
            try:
                told.append(manager.recv(4096).decode())
            except BlockingIOError:
                return told

    def test_a_watcher_that_ends_by_itself_tells_the_service_manager_so(self):
        self.account.set(user="nobody")
        path = self.home.path_of("notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            self.assertEqual(self.home.run("watch", env={"NOTIFY_SOCKET": path}, timeout=60).code, LOGIN)
            told = self.heard(manager)
        self.assertEqual(told.count("STOPPING=1"), 1, told)

    def test_a_password_command_that_hangs_is_no_reason_to_kill_the_watcher(self):
        for name in ("first", "second"):  # one command at a time: the second account waits for the first one's
            self.new_account(name).set(password_command="sleep 30")
        path = self.home.path_of("notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            watcher = self.watch("first", "second", rest=False, env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "2000000"})
            watcher.says('"account":"second","state":"running"')
            self.heard(manager)
            time.sleep(5)
            told = self.heard(manager)
            began = time.monotonic()
            watcher.end()
            self.assertLess(time.monotonic() - began, 3)
        self.assertGreaterEqual(told.count("WATCHDOG=1"), 3, told)

    def test_a_command_of_after_sync_may_sync_the_account_itself(self):
        log = self.home.path_of("log")
        self.account.set(after_sync="'%s' -q sync work && echo done >> '%s'" % (binary(), log))
        watcher = self.watch()
        for n in range(2):
            self.client.append("INBOX", self.corpus.simple(subject="from there %d" % n))
            self.until(lambda: os.path.exists(log) and len(open(log).read().split()) > n, 15, watcher)

    def test_status_says_since_when_and_by_what(self):
        self.assertNotIn("watched", self.home.run("status").out + self.sync().out + self.home.run("status").out)
        watcher = self.watch()
        self.assertRegex(self.home.run("status").out, r"work: watched since 20..-..-.. ..:..: by NOTIFY \(since ")
        watcher.end()
        self.assertNotIn("watched", self.home.run("status").out)

    def test_sigusr1_asks_for_a_run(self):
        watcher = self.watch()
        before = watcher.runs()
        watcher.process.send_signal(signal.SIGUSR1)
        self.until(lambda: watcher.runs() == before + 1, watcher=watcher)

    def test_a_signal_ends_it_at_once_and_each_line_is_json_of_the_schema(self):
        watcher = self.watch()
        began = time.monotonic()
        code, out, err = watcher.end(signal.SIGINT)
        self.assertLess(time.monotonic() - began, 3)
        self.assertEqual(code, -signal.SIGINT)
        self.assertEqual(err, "")
        with open(SCHEMA) as f:
            schema = json.load(f)
        for line in out.splitlines():
            self.assertEqual(schema_check.validate(json.loads(line), schema), [], line)

    def test_an_account_that_was_not_in_sync_is_not_counted_as_such_at_the_end(self):
        sick = self.new_account("sick")
        sick.set(user="nobody")
        watcher = self.watch(rest=False)
        watcher.says('"account":"sick","state":"paused"', 60)
        watcher.says('"account":"work","state":"watching"')
        code, out, _ = watcher.end()
        self.assertEqual(code, -signal.SIGTERM)
        self.assertEqual([json.loads(out.splitlines()[-1])[k] for k in ("accounts", "in_sync", "exit")], [2, 1, 1])

    def test_killed_at_any_moment_together_with_a_run_by_hand_nothing_is_lost_or_doubled(self):
        self.client.fill("INBOX", self.corpus.messages(10))
        for number in range(6):
            watcher = self.watch(rest=False)
            watcher.watching()
            for n in range(10):
                self.maildir.deliver("INBOX", self.corpus.simple())
                self.client.append("INBOX", self.corpus.simple())
            time.sleep(0.1 + number * 0.08)
            watcher.kill()
        for _ in range(6):  # an APPEND that was not answered may still be under way for some seconds
            if self.account.sync().code == OK:
                break
            time.sleep(2)
        self.sync()
        self.assertEqual(self.client.status("INBOX")["messages"], 130)
        self.assert_in_sync()

    def test_two_laptops_watch_one_mailbox_and_stay_the_same(self):
        other = self.new_account("work", self.another_home())
        first, second = self.watch(), self.watch(account=other)
        seen = []
        for number in range(30):
            message = self.corpus.simple(subject=str(number))
            (self.maildir, other.maildir)[number % 2].put("INBOX", message)
            seen.append(message)
            if number % 3 == 0:
                self.client.append("INBOX", self.corpus.simple(subject="there %d" % number))
            time.sleep(0.15)
        self.until(lambda: self.client.status("INBOX")["messages"] == 40, 20, first)
        self.until(lambda: len(self.maildir.files("INBOX")) == len(other.maildir.files("INBOX")) == 40, 20, second)
        first.rests()
        second.rests()
        self.assert_same()
        self.assert_same(account=other)


if __name__ == "__main__":
    main()
