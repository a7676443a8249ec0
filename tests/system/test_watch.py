"""golub watch: a change on either side is on the other soon after, whoever else is at work."""
import json
import os
import re
import signal
import socket
import time

import schema_check
from base import BUSY, CONFIG, LOGIN, main
from rig.evil import CLOSE, EvilServer
from watchbase import WatchTest

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contrib", "golub.schema.json")


class HereTest(WatchTest):
    def test_what_is_done_here_is_on_the_server_soon_after_and_then_it_rests(self):
        old = self.corpus.messages(5)
        self.client.create("Other")
        self.client.fill("INBOX", old)
        watcher = self.watch()

        new = self.corpus.simple()
        self.maildir.deliver("INBOX", new)
        self.until(lambda: self.is_there(new), watcher=watcher)
        self.maildir.flag(self.here(old[0]), add="F")
        self.until(lambda: r"\Flagged" in self.flags_there(old[0]), watcher=watcher)
        self.maildir.move(self.here(old[1]), "Other")
        self.until(lambda: self.is_there(old[1], "Other") and not self.is_there(old[1]), watcher=watcher)
        self.maildir.delete(self.here(old[2]))
        self.until(lambda: not self.is_there(old[2]), watcher=watcher)
        watcher.rests()

        self.assertEqual(self.proxy.stats["conns"], 1)  # one login for all runs
        self.assertEqual(watcher.end()[0], -signal.SIGTERM)
        self.assert_in_sync()

    def test_what_golub_did_itself_leads_to_one_more_run_at_most(self):
        watcher = self.watch()
        for _ in range(3):
            before = watcher.runs()
            self.maildir.deliver("INBOX", self.corpus.simple())
            self.until(lambda: watcher.runs() > before)
            watcher.rests()
            self.assertLessEqual(watcher.runs() - before, 2, watcher.text())

    def test_a_burst_of_5000_files_is_one_run_or_two(self):
        watcher = self.watch()
        messages = [self.corpus.simple(subject=str(n)) for n in range(5000)]
        before = watcher.runs()
        for message in messages:
            self.maildir.put("INBOX", message)
        self.until(lambda: self.client.status("INBOX")["messages"] == 5000, 60, watcher)
        watcher.rests(seconds=60)
        self.assertLessEqual(watcher.runs() - before, 4, watcher.text())  # and what they echo
        watcher.end()
        self.sync()
        self.assert_nothing_changed_there()

    def test_of_a_large_folder_only_the_names_are_looked_at_that_moved(self):
        self.maildir.create("Large")
        for n in range(300):
            self.maildir.put("Large", self.corpus.simple(subject=str(n)))
        self.sync()
        watcher = self.watch()
        file = self.maildir.flag(self.maildir.files("Large")[7], add="F")
        self.until(lambda: any(r"\Flagged" in m.flags for m in self.client.messages("Large")), watcher=watcher)
        self.maildir.put("Large", self.corpus.simple(subject="new"))
        self.until(lambda: self.client.status("Large")["messages"] == 301, watcher=watcher)
        watcher.rests()
        self.assertTrue([row for row in self.account.journal_dump() if "'by names'" in row])  # it was not listed
        self.maildir.delete(file)
        self.until(lambda: self.client.status("Large")["messages"] == 300, watcher=watcher)
        watcher.end()
        self.assert_in_sync()

    def test_a_second_file_of_one_name_goes_up_as_a_message_of_its_own(self):
        old = self.corpus.simple()
        self.maildir.create("INBOX")
        self.maildir.put("INBOX", old)
        watcher = self.watch()
        new = self.corpus.simple()
        with open(self.here(old).path.rpartition(":2,")[0] + ":2,F", "wb") as f:
            f.write(bytes(new))
        self.until(lambda: self.is_there(new), watcher=watcher)
        watcher.rests()
        watcher.end()
        self.assert_in_sync()

    def test_a_folder_that_is_made_here_and_filled_goes_up(self):
        watcher = self.watch()
        new = self.corpus.simple()
        self.maildir.create("Fresh/Deep")
        self.maildir.put("Fresh/Deep", new)
        self.until(lambda: "Fresh/Deep" in self.client.mailboxes() and self.is_there(new, "Fresh/Deep"), watcher=watcher)
        again = self.corpus.simple()
        self.maildir.put("Fresh/Deep", again)  # it is watched from now on
        self.until(lambda: self.is_there(again, "Fresh/Deep"), watcher=watcher)


class ThereTest(WatchTest):
    def everything_there_comes(self, watcher, seconds=5, mailbox="INBOX"):
        first, second = self.corpus.simple(), self.corpus.simple()
        uid = self.client.append(mailbox, first)
        self.until(lambda: self.maildir.has(mailbox, first), seconds, watcher)
        self.client.append(mailbox, second)
        self.until(lambda: self.maildir.has(mailbox, second), seconds, watcher)
        self.client.store(mailbox, [uid], "+", [r"\Flagged"])
        self.until(lambda: r"\Flagged" in self.flags_here(first, mailbox), seconds, watcher)
        self.client.expunge(mailbox, [uid])
        self.until(lambda: not self.maildir.has(mailbox, first), seconds, watcher)

    def test_by_notify_every_mailbox_is_heard_of(self):
        self.client.create("Other")
        watcher = self.watch()
        self.assertEqual([e["by"] for e in watcher.events if e.get("state") == "watching"][-1], "notify")
        self.everything_there_comes(watcher)
        self.everything_there_comes(watcher, mailbox="Other")
        self.client.create("Made there")
        self.until(lambda: "Made there" in self.maildir.mailboxes(), watcher=watcher)
        watcher.rests()
        self.assertEqual(self.proxy.stats["conns"], 1)
        watcher.end()
        self.assert_in_sync()

    def test_by_idle_the_inbox_is_heard_of_and_the_rest_is_polled(self):
        self.client.create("Other")
        self.account.set(disable=["NOTIFY"], poll=60)
        watcher = self.watch()
        self.assertEqual([e["by"] for e in watcher.events if e.get("state") == "watching"][-1], "idle")
        self.everything_there_comes(watcher)
        other = self.corpus.simple()
        self.client.append("Other", other)
        self.until(lambda: self.maildir.has("Other", other), 63, watcher)

    def test_with_more_connections_more_mailboxes_are_idled_on(self):
        self.client.create("Other")
        self.account.set(disable=["NOTIFY"], connections=3, watch=["INBOX", "Other"])
        watcher = self.watch()
        self.everything_there_comes(watcher)
        self.everything_there_comes(watcher, mailbox="Other")
        watcher.rests()
        self.assertEqual(self.proxy.stats["conns"], 2)

    def test_without_both_it_is_polled(self):
        self.account.set(disable=["NOTIFY", "IDLE"], poll=60)
        watcher = self.watch()
        self.assertEqual([e["by"] for e in watcher.events if e.get("state") == "watching"][-1], "poll")
        new = self.corpus.simple()
        self.client.append("INBOX", new)
        self.until(lambda: self.maildir.has("INBOX", new), 63, watcher)
        self.assertEqual(self.proxy.stats["conns"], 1)

    def test_a_line_that_is_cut_is_opened_again_and_what_came_meanwhile_is_seen(self):
        watcher = self.watch()
        port = self.proxy.port
        self.proxy.stop()
        new = self.corpus.simple()
        self.client.append("INBOX", new)
        watcher.says('"state":"offline"')
        self.proxy = type(self.proxy)(self.server.port, listen=port).start()
        self.addCleanup(self.proxy.stop)
        self.until(lambda: self.maildir.has("INBOX", new), 20, watcher)
        self.everything_there_comes(watcher)

    def test_a_change_right_after_a_run_is_seen_without_the_poll(self):
        watcher = self.watch()
        for number in range(20):
            here, there = self.corpus.simple(), self.corpus.simple()
            self.maildir.deliver("INBOX", here)
            runs = watcher.runs()
            self.until(lambda: watcher.runs() > runs)
            time.sleep(number * 0.005)
            self.client.append("INBOX", there)
            self.until(lambda: self.maildir.has("INBOX", there) and self.is_there(here), watcher=watcher)


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
            manager.settimeout(0.2)
            while "STOPPING=1" not in " ".join(told):
                told.append(manager.recv(4096).decode())
        self.assertTrue(told[0].startswith("READY=1"), told)
        self.assertGreaterEqual(sum("WATCHDOG=1" in t for t in told), 2, told)

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


class TroubleTest(WatchTest):
    def test_a_root_that_goes_and_comes_back_pauses_the_account_without_connecting(self):
        watcher = self.watch()
        connections = self.proxy.stats["conns"]
        away = self.account.root + ".away"
        os.rename(self.account.root, away)
        watcher.says('"state":"paused"')
        self.assertEqual(self.proxy.stats["conns"], connections)
        os.rename(away, self.account.root)
        new = self.corpus.simple()
        self.client.append("INBOX", new)
        self.until(lambda: self.maildir.has("INBOX", new), 40, watcher)

    def test_an_account_that_never_could_ends_the_watcher_with_its_status(self):
        self.account.set(user="nobody")
        result = self.home.run("watch", timeout=60)
        self.assertEqual(result.code, LOGIN, result)

    def test_a_sick_account_does_not_stop_a_healthy_one(self):
        sick = self.new_account("sick")
        sick.set(user="nobody")
        watcher = self.watch(rest=False)
        watcher.says('"account":"sick","state":"paused"', 60)
        new = self.corpus.simple()
        self.client.append("INBOX", new)
        self.until(lambda: self.maildir.has("INBOX", new), 20, watcher)
        self.assertIsNone(watcher.process.poll())

    def test_a_server_that_closes_at_once_for_ever_is_asked_less_and_less_and_said_once(self):
        with EvilServer([(rb".", CLOSE)]) as server:
            self.account.set(server="imap://127.0.0.1:%d" % server.port)
            watcher = self.watch(rest=False)
            time.sleep(12)
            self.assertLessEqual(len([e for e in watcher.events if e.get("state") == "running"]), 5, watcher.text())
            self.assertEqual(len([l for _, l in watcher.errors]), 1, watcher.text())
            watcher.end()

    def test_a_message_whose_way_up_was_cut_goes_up_soon_after_and_not_with_the_poll(self):
        cuts = []

        def cut(data):
            if re.search(rb"\S+ APPEND ", data) and not cuts:
                cuts.append(data)
                raise ConnectionResetError
            return data
        self.through(edit_up=cut)
        watcher = self.watch()
        new = self.corpus.simple()
        self.maildir.deliver("INBOX", new)
        self.until(lambda: self.is_there(new), 30, watcher)
        self.assertTrue(cuts)
        watcher.rests()
        self.assertEqual(self.client.status("INBOX")["messages"], 1)

    def test_a_server_that_cuts_whoever_listens_is_asked_less_and_less(self):
        self.account.set(disable=["NOTIFY"])
        self.through(edit_down=lambda data: data.replace(b"+ idling\r\n", b"* BYE go away\r\n"))
        watcher = self.watch(rest=False)
        time.sleep(12)
        self.assertLessEqual(self.proxy.stats["conns"], 6, watcher.text())

    def test_a_refused_idle_is_told_as_it_is_and_not_asked_for_again(self):
        self.account.set(disable=["NOTIFY"])
        self.through(edit_up=lambda data: data.replace(b" IDLE\r\n", b" IDLX\r\n"))
        watcher = self.watch()
        self.assertEqual([e["by"] for e in watcher.events if e.get("state") == "watching"][-1], "poll", watcher.text())
        self.assertRegex(self.home.run("status").out, r"work: watched since .*: every 3600 s \(since ")
        watcher.process.send_signal(signal.SIGUSR1)
        watcher.rests()
        self.assertEqual(len(re.findall(rb" IDLX\r\n", self.proxy.stream("up"))) + self.proxy.stream("up").count(b" IDLE\r\n"), 1)
        self.assertEqual(self.proxy.stats["conns"], 1)

    def test_a_login_refused_because_of_others_does_not_end_it_at_the_start(self):
        answer = rb"\1 NO [AUTHENTICATIONFAILED] Too many simultaneous connections\r\n"
        self.through(edit_down=lambda data: re.sub(rb"(\S+) OK [^\r]*Logged in\r\n", answer, data))
        watcher = self.watch(rest=False)
        watcher.says('"state":"paused"')
        time.sleep(1)
        self.assertIsNone(watcher.process.poll())
        retry = [e["retry"] for e in watcher.events if e.get("state") == "paused"]
        self.assertEqual(len(retry), 1)
        self.assertLessEqual(retry[0], 60)

    def test_an_option_that_means_nothing_is_refused(self):
        for option in ("--dry-run", "--pull", "--wait", "--confirm-deletes"):
            result = self.run_golub("watch", option, expect=CONFIG)
            self.assertIn(option, result.err)
        self.assertIn("account", self.run_golub("watch", "work/INBOX", expect=CONFIG).err)


if __name__ == "__main__":
    main()
