"""Interruptions of every kind: signals, kills between any two steps, connections that are cut. Nothing is lost or doubled."""
import json
import os
import select
import signal
import termios
import time

from base import NETWORK, OK, PASSWORD, SOME, Account, HomeTest, SystemTest, main
from rig import scenes
from rig.evil import EvilServer, defaults
from rig.golub import end_by

GIGABYTE = 1 << 30


def wait_for(happened, seconds=30):
    until = time.monotonic() + seconds
    while not happened() and time.monotonic() < until:
        time.sleep(0.02)


class SignalTest(SystemTest):
    def interrupted(self, number):
        self.client.fill("INBOX", self.corpus.messages(300, median=20000))
        self.through(mbit=8, delay=5)
        process = self.home.start("sync", "work")
        until = time.monotonic() + 60
        while self.proxy.stats["down"] < 400_000 and time.monotonic() < until:
            time.sleep(0.02)
        self.assertIsNone(process.poll(), "it was over before the signal")

        began = time.monotonic()
        code, out, err = end_by(process, number, seconds=20)

        self.assertLess(time.monotonic() - began, 8)
        self.assertIn(code, (-number, 128 + number), out + err)
        self.assertIn("interrupted", out + err)
        return process

    def test_the_first_signal_ends_in_order_and_the_next_sync_goes_on(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                self.setUp()
                self.interrupted(number)
                have = len(self.maildir.files("INBOX"))
                self.assertLess(have, 300)
                self.through()

                self.sync()

                bodies = self.proxy.sent()
                self.assertTrue(bodies)
                self.assert_in_sync()

    def test_json_names_the_signal_in_its_last_line(self):
        self.client.fill("INBOX", self.corpus.messages(20))
        self.through(stall_down=3000)
        process = self.home.start("sync", "work", "--json")
        until = time.monotonic() + 20
        while not self.proxy.stats["stalls"] and time.monotonic() < until:
            time.sleep(0.02)

        code, out, err = end_by(process, signal.SIGTERM, seconds=20)

        self.assertEqual(code, -signal.SIGTERM, out + err)
        self.assertEqual(json.loads(out.strip().splitlines()[-1]),
                         {"v": 1, "event": "result", "accounts": 1, "in_sync": 0, "exit": 1, "signal": 15})

    def test_what_was_already_here_is_not_fetched_again(self):
        self.interrupted(signal.SIGTERM)
        have = sum(len(f.wire()) for f in self.maildir.files("INBOX"))
        self.assertGreater(have, 0)
        total = sum(m.size for m in self.client.messages("INBOX", bodies=False))
        self.through()

        self.sync()

        self.assertLess(self.proxy.stats["down"], total - have / 2 + 200_000)
        self.assert_in_sync()

    def test_the_first_signal_is_said_at_once_on_a_terminal_and_nowhere_else(self):
        said = b"stopping; once more stops at once"
        self.client.fill("INBOX", self.corpus.messages(20))
        for stopped in (False, True):
            with self.subTest(stopped=stopped):
                self.through(stall_down=3000)
                ours, theirs = os.openpty()
                if stopped:
                    termios.tcflow(theirs, termios.TCOOFF)
                process = self.home.start("sync", "work", "--json", stderr=theirs)
                os.close(theirs)
                wait_for(lambda: self.proxy.stats["stalls"])
                process.send_signal(signal.SIGINT)
                if stopped:
                    time.sleep(1)  # two at once would be one
                else:
                    seen = b""
                    until = time.monotonic() + 2
                    while said not in seen and time.monotonic() < until and select.select([ours], [], [], 0.2)[0]:
                        seen += os.read(ours, 1000)
                    self.assertIn(said, seen)
                    self.assertIsNone(process.poll(), "it was said when it was over")

                code, out, _ = end_by(process, signal.SIGINT, seconds=3)

                self.assertEqual(code, -signal.SIGINT)
                self.assertNotIn(said.decode(), out)
                os.close(ours)
        self.through(stall_down=3000)
        process = self.home.start("sync", "work")
        wait_for(lambda: self.proxy.stats["stalls"])
        self.assertNotIn(said.decode(), "".join(end_by(process, signal.SIGTERM)[1:]))

    def test_a_second_signal_ends_at_once(self):
        self.client.fill("INBOX", self.corpus.messages(20))
        self.through(stall_down=3000)
        process = self.home.start("sync", "work")
        until = time.monotonic() + 20
        while not self.proxy.stats["stalls"] and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        began = time.monotonic()

        if process.poll() is None:
            code, _, _ = end_by(process, signal.SIGINT, seconds=10)
        else:
            code = process.returncode
            process.communicate()

        self.assertLess(time.monotonic() - began, 2)
        self.assertIn(code, (-signal.SIGINT, 128 + signal.SIGINT))
        self.through()
        self.sync()
        self.assert_in_sync()


class PatienceTest(HomeTest):
    """The first signal ends a run within five seconds, whatever a file or a server does."""

    def end(self, process):
        """@return seconds until it was over"""
        self.assertIsNone(process.poll(), "it was over before the signal")
        began = time.monotonic()
        code, out, err = end_by(process, signal.SIGTERM, seconds=30)
        self.assertIn(code, (-signal.SIGTERM, 128 + signal.SIGTERM), out + err)
        self.assertIn("interrupted", out + err)
        return time.monotonic() - began

    def given_account(self, server):
        return Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, tls="none")

    def given_file(self, account, size):
        """In cur/ of INBOX, with a hole of that size."""
        account.maildir.put("INBOX", b"Subject: a hole\n\n")
        path, = [f.path for f in account.maildir.files("INBOX")]
        os.truncate(path, size)
        return path

    def test_a_file_that_takes_minutes_to_read(self):
        with EvilServer(default=defaults()) as server:
            account = self.given_account(server)
            self.check(account.sync(), OK)
            self.given_file(account, 900 * GIGABYTE)
            process = self.home.start("sync", "work")
            wait_for(lambda: "/cur/" in self.open_files(process.pid))

            self.assertLess(self.end(process), 5)

    def test_a_file_that_is_larger_than_any_message_is_named_and_not_read(self):
        with EvilServer(default=defaults()) as server:
            account = self.given_account(server)
            self.check(account.sync(), OK)
            self.given_file(account, 4096 * GIGABYTE)

            result = account.sync()

            self.check(result, SOME)
            self.assertIn("File too large", result.err)
            self.assertLess(result.seconds, 20)

    def test_a_server_that_talks_without_end(self):
        def talk(_line):
            flooding.append(True)
            return b"* 5 EXISTS\r\n" * 50_000

        flooding = []
        flood = [(r"LIST\b".encode(), [talk] * 100_000)]
        with EvilServer(default=flood + defaults()) as server:
            self.given_account(server)
            process = self.home.start("sync", "work")
            wait_for(lambda: len(flooding) > 3)

            self.assertLess(self.end(process), 6.5)

    @staticmethod
    def open_files(pid):
        folder = "/proc/%d/fd" % pid
        links = []
        for fd in os.listdir(folder):
            try:
                links.append(os.readlink(os.path.join(folder, fd)))
            except OSError:
                pass
        return "\n".join(links)


class KillTest(SystemTest):
    """SIGKILL before the n-th call of a kind, in a sync that has something of everything to do; then a clean run."""

    def given_work(self):
        mails = self.corpus.messages(12, edge=False, median=1500)
        for m in mails:
            m.flags = ()
        self.client.create("Work")
        uids = self.client.fill("INBOX", mails)
        self.sync()
        here = self.maildir
        self.news = self.corpus.simple("news")
        self.ours = self.corpus.simple("ours")
        self.client.append("INBOX", self.news.bytes)
        self.client.store("INBOX", uids[0], "+", ["\\Seen"])
        self.client.move("INBOX", uids[1], "Work")
        self.client.expunge("INBOX", uids[2])
        here.deliver("INBOX", self.ours.lf)
        here.flag(here.find("INBOX", mails[3]), add="FS")
        here.move(here.find("INBOX", mails[4]), "Work", rename=True)
        here.delete(here.find("INBOX", mails[5]))
        here.copy(here.find("INBOX", mails[6]), "Work")
        self.mails = mails

    def assert_all_there_once(self):
        for mail, mailbox in [(self.news, "INBOX"), (self.ours, "INBOX"), (self.mails[1], "Work"), (self.mails[4], "Work"),
                              (self.mails[6], "Work"), (self.mails[6], "INBOX"), *((m, "INBOX") for m in self.mails[7:])]:
            self.assertEqual(sum(m.digest == mail.digest for m in self.client.messages(mailbox)), 1)
        self.assertEqual(len(self.client.messages("INBOX")), 10)
        self.assertEqual(len(self.client.messages("Work")), 3)

    def sweep(self, call, numbers):
        survived = False
        for n in numbers:
            if survived:
                break
            with self.subTest(call=call, n=n):
                self.setUp()
                self.given_work()
                result = self.home.run_killed(call, n, "sync", "work")
                survived = result.code == 0
                self.recover()
                self.assert_all_there_once()
                self.assert_in_sync()
                self.doCleanups()

    @staticmethod
    def some(places):
        """Each of them takes seconds: by day every second one will do."""
        return places if scenes.NIGHTLY else places[::3]

    def recover(self):
        """Runs until it is in sync; an upload whose answer was lost may have to wait until the command can't be running any more."""
        until = time.monotonic() + 45
        while True:
            result = self.account.sync()
            if result.code == 0:
                return
            self.assertEqual(result.code, SOME, result)
            self.assertLess(time.monotonic(), until, "it never comes in sync\n%s" % result)
            time.sleep(1)

    def test_killed_before_a_name_changes(self):
        self.sweep("renameat2", (1, 3, 6))

    def test_killed_before_a_flush(self):
        self.sweep("fsync", (2, 6, 12))

    def test_killed_before_a_row_is_made_durable(self):
        self.sweep("fdatasync", self.some((1, 3, 5, 8, 13, 20)))

    def test_killed_before_a_file_goes(self):
        self.sweep("unlinkat", (1, 2))

    def test_killed_in_the_middle_of_the_dialogue(self):
        self.sweep("sendto", (2, 5, 11))
        self.sweep("write", (5, 14))


class CutTest(KillTest):
    test_killed_before_a_name_changes = test_killed_before_a_flush = test_killed_before_a_row_is_made_durable = None
    test_killed_before_a_file_goes = test_killed_in_the_middle_of_the_dialogue = None

    def cut(self, **options):
        self.given_work()
        self.through(times=1, **options)
        result = self.account.sync()
        if self.proxy.stats["cuts"]:
            self.assertIn(result.code, (NETWORK, SOME, OK), "%s%s" % (result, self.evidence()))
        self.recover()
        self.assert_all_there_once()
        self.assert_in_sync()

    def test_the_connection_is_cut_after_so_many_bytes_from_the_server(self):
        for n in self.some((900, 1, 2200, 4000, 9000, 6000)):
            with self.subTest(bytes=n):
                self.setUp()
                self.cut(cut_down=n)
                self.doCleanups()

    def test_the_connection_is_cut_after_so_many_bytes_to_the_server(self):
        for n in self.some((300, 1, 1100, 700, 1900, 1500)):
            with self.subTest(bytes=n):
                self.setUp()
                self.cut(cut_up=n)
                self.doCleanups()

    def test_a_server_that_falls_silent_is_left_after_the_timeout(self):
        self.account.set(timeout=2)
        self.given_work()
        self.through(stall_down=2500, times=1)

        result = self.account.sync(timeout=60)

        self.assertIn(result.code, (NETWORK, SOME, OK), result)
        self.assertLess(result.seconds, 30)
        self.recover()
        self.assert_all_there_once()
        self.assert_in_sync()


if __name__ == "__main__":
    main()
