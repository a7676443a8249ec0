"""golub watch where something is wrong: roots, logins, servers."""
import contextlib
import os
import re
import signal
import subprocess
import time

from base import CONFIG, LOGIN, OK, main
from rig.evil import CLOSE, EvilServer
from watchbase import WatchTest


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

    def test_a_disk_that_is_full_is_said_once_and_what_waited_comes_when_there_is_room(self):
        self.full_disk(self.account.root)

    def test_the_same_where_the_state_folder_is_on_it(self):
        self.full_disk(self.account.state)

    def full_disk(self, path):
        """On a real small file system."""
        os.makedirs(path)
        if os.getuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=700", "tmpfs", path],
                                              stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", path])
        watcher = self.watch()
        filler = os.path.join(path, "filler")
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as f:
            while True:
                f.write(bytes(4096))
        mails = [self.corpus.simple(subject="no room %d" % n, body="x" * 70000 + "\r\n") for n in range(3)]
        for mail in mails:
            self.client.append("INBOX", mail)
        watcher.says('"state":"paused"')
        time.sleep(35)  # it has looked once more
        states = watcher.states()
        self.assertEqual(states[states.index("paused"):], ["paused", "running", "paused"], watcher.text())
        said = [l for _, l in watcher.errors]
        self.assertEqual(len(said), len(set(said)), watcher.text())  # each thing once, however many runs
        self.assertIn("oom on" if path == self.account.state else "no space", "".join(said))
        os.unlink(filler)
        self.until(lambda: all(self.maildir.has("INBOX", m) for m in mails), 40, watcher)
        watcher.rests(seconds=40)
        watcher.end()
        self.assert_in_sync()

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
