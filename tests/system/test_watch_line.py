"""golub watch on lines that die: what happened meanwhile is there soon after."""
import os
import shutil
import subprocess
import sys
import time
import unittest

from base import main
from watchbase import WatchTest

INSIDE = "GOLUB_IN_NETWORK"  # set in a network namespace of the test's own


class Line(WatchTest):
    account_options = {"poll": 86400, "timeout": 3}

    def everything_comes(self, watcher, seconds=5):
        there, here = self.corpus.simple(), self.corpus.simple()
        self.client.append("INBOX", there)
        self.until(lambda: self.maildir.has("INBOX", there), seconds, watcher)
        self.maildir.deliver("INBOX", here)
        self.until(lambda: self.is_there(here), seconds, watcher)

    def nothing_passes_and_mail_comes(self):
        """@return a message that came while nothing passed; now other connections are well again"""
        self.proxy.swallows = True
        missed = self.corpus.simple()
        self.client.append("INBOX", missed)
        time.sleep(1)  # Dovecot tells it within half of that
        return missed


class LineTest(Line):
    def what_swallows_is_found_by_the_next_run(self):
        watcher = self.watch()
        missed, here = self.nothing_passes_and_mail_comes(), self.corpus.simple()
        self.maildir.deliver("INBOX", here)
        began = time.monotonic()
        watcher.says('"state":"offline"', 15)
        self.assertLess(time.monotonic() - began, 2 * 3 + 2)  # no answer on the line, and none on the one that the run opens
        time.sleep(4)  # a try that gets no greeting
        self.proxy.swallows = False
        self.until(lambda: self.maildir.has("INBOX", missed) and self.is_there(here), 15, watcher)
        self.everything_comes(watcher)
        watcher.end()
        self.assert_in_sync()

    def test_a_line_that_swallows_everything_is_found_by_the_next_run_by_notify(self):
        self.what_swallows_is_found_by_the_next_run()

    def test_a_line_that_swallows_everything_is_found_by_the_next_run_by_idle(self):
        self.account.set(disable=["NOTIFY"])
        self.what_swallows_is_found_by_the_next_run()

    def test_a_line_that_swallows_everything_is_found_by_the_poll_where_nothing_happens_here(self):
        self.account.set(poll=60)
        watcher = self.watch()
        missed = self.nothing_passes_and_mail_comes()
        self.proxy.swallows = False
        self.until(lambda: self.maildir.has("INBOX", missed), 60 + 3 + 5, watcher)

    def test_a_line_that_is_reset_is_opened_again(self):
        watcher = self.watch()
        self.proxy.edit["down"] = lambda data: b""
        missed = self.corpus.simple()
        self.client.append("INBOX", missed)
        time.sleep(1)
        self.proxy.edit["down"] = None
        self.proxy.hang_up()
        self.until(lambda: self.maildir.has("INBOX", missed), 5, watcher)
        self.everything_comes(watcher)

    def test_a_server_that_is_started_again_on_its_port_is_watched_again(self):
        self.account.set(server="imap://127.0.0.1:%d" % self.server.port)
        watcher = self.watch()
        self.server.pause()
        watcher.says('"state":"offline"')
        here, there = self.corpus.simple(), self.corpus.simple()
        self.maildir.deliver("INBOX", here)
        time.sleep(3)
        self.server.start(same_ports=True)
        self.client = self.new_client()
        self.client.append("INBOX", there)
        self.until(lambda: self.maildir.has("INBOX", there) and self.is_there(here), 20, watcher)
        self.everything_comes(watcher)


@unittest.skipUnless(os.environ.get(INSIDE), "run by NetworkTest")
class InsideTest(Line):
    """In a network namespace, whose addresses and links the test changes."""

    def test_a_new_address_is_a_reason_to_ask_whether_the_line_lives(self):
        watcher = self.watch()
        missed = self.nothing_passes_and_mail_comes()
        self.proxy.swallows = False
        time.sleep(2)
        self.assertFalse(self.maildir.has("INBOX", missed))
        subprocess.run(["ip", "address", "add", "10.99.0.1/32", "dev", "lo"], check=True)
        self.until(lambda: self.maildir.has("INBOX", missed), 2 + 5 + 3, watcher)
        self.everything_comes(watcher)

    def test_a_new_address_is_none_to_open_a_line_that_lives_again(self):
        watcher = self.watch()
        subprocess.run(["ip", "address", "add", "10.99.0.2/32", "dev", "lo"], check=True)
        time.sleep(4)
        self.everything_comes(watcher)
        self.assertEqual(self.proxy.stats["conns"], 1)

    def test_a_link_that_went_down_is_used_at_once_when_it_is_up_again(self):
        subprocess.run(["ip", "address", "add", "10.99.0.3/32", "dev", "lo"], check=True)  # 127.0.0.1 leads nowhere
        watcher = self.watch()
        subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
        try:
            watcher.says('"state":"offline"', 15)
            time.sleep(20)  # its pauses have grown
            path = os.path.join(self.server.folder, "missed")
            with open(path, "wb") as f:
                f.write(bytes(self.corpus.simple()))
            self.server.doveadm("save", "-u", self.user, path)
        finally:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        self.until(lambda: self.maildir.files("INBOX"), 2 + 3 + 5, watcher)
        self.client = self.new_client()
        self.everything_comes(watcher)


class NetworkTest(unittest.TestCase):
    def test_what_changes_of_the_network_is_told_by_the_system(self):
        unshare = shutil.which("unshare")
        if os.getuid() != 0 or unshare is None or subprocess.run([unshare, "-n", "true"], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("no network namespace can be made here")
        if shutil.which("ip") is None:
            self.skipTest("there is no ip (iproute2), which sets addresses and links")
        inside = "ip link set lo up && exec '%s' -B '%s' InsideTest" % (sys.executable, os.path.abspath(__file__))
        done = subprocess.run([unshare, "-n", "sh", "-c", inside], env=dict(os.environ, **{INSIDE: "1"}), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    main()
