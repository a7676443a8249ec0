"""
A signal to golub and to all that it started, at one moment: systemd's default and the cancel of a batch system. The commands end first,
last or between; the run is interrupted, its end is golub's, and no failure of a command is told.
"""
import json
import os
import signal
import time

from base import OK, SystemTest, main
from popbase import DovecotTest

ORDERS = {"golub first": False, "its commands first": True}
RELAY = "exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/%d; cat <&3 & cat >&3'"


def descendants(pid):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry) as file:
                    if int(file.read().rpartition(")")[2].split()[1]) == pid:
                        found += [int(entry), *descendants(int(entry))]
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def runs(pid, words):
    """Whether a process that golub started, or one of that, was called with these words."""
    for found in descendants(pid):
        try:
            with open("/proc/%d/cmdline" % found, "rb") as file:
                if words in file.read().replace(b"\0", b" ").decode():
                    return True
        except (FileNotFoundError, ProcessLookupError):
            continue
    return False


def end_group(process, number, commands_first, pause=0.0):
    """As systemd does: each process of the control group in turn. @return (exit status as Popen gives it, out, err)"""
    victims = descendants(process.pid)
    assert victims, "no command was running"
    for pid in [*victims, process.pid] if commands_first else [process.pid, *victims]:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
        time.sleep(pause)
    out, err = process.communicate(timeout=20)
    return process.returncode, out.decode(), err.decode()


class GroupMixin:
    def assert_interrupted(self, process, commands_first, number=signal.SIGTERM, pause=0.0):
        code, out, err = end_group(process, number, commands_first, pause)

        last = json.loads(out.splitlines()[-1])
        self.assertEqual(code, -number, out + err)
        self.assertEqual((last["exit"], last["signal"]), (1, number), out)
        self.assertNotIn('"event":"error"', out.replace(" ", ""))
        self.assertNotIn("signal %d" % number, err)
        self.assertTrue(all(e["interrupted"] for e in map(json.loads, out.splitlines()) if "interrupted" in e), out)
        return out

    def started(self, *args, command="sleep 30", when=lambda: True):
        """@param command words of the command to wait for: another one, a password's, may come and go before it"""
        process = self.home.start(*args, "--json")
        until = time.monotonic() + 30
        while not (runs(process.pid, command) and when()) and time.monotonic() < until and process.poll() is None:
            time.sleep(0.02)
        self.assertIsNone(process.poll(), "it was over before the signal")
        return process

    def in_each_order(self):
        for name, commands_first in ORDERS.items():
            for number in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(name, number=number):
                    yield commands_first, number


class SyncGroupTest(GroupMixin, SystemTest):
    def test_a_tunnel_that_never_greets_is_no_error(self):
        self.account.set(tunnel="sleep 30")
        for commands_first, number in self.in_each_order():
            self.assert_interrupted(self.started("sync", "work"), commands_first, number)

    def test_a_tunnel_that_ends_a_moment_before_golub_hears_of_it_is_no_error(self):
        self.account.set(tunnel="sleep 30")

        self.assert_interrupted(self.started("sync", "work"), True, pause=0.02)

    def test_a_tunnel_in_the_middle_of_a_sync_is_no_error_and_the_next_sync_goes_on(self):
        mails = self.corpus.messages(200, median=20000)
        self.client.fill("INBOX", mails)
        for commands_first in ORDERS.values():
            with self.subTest(commands_first=commands_first):
                self.through(mbit=8, delay=5)
                self.account.set(tunnel=RELAY % self.proxy.port)
                process = self.started("sync", "work", command="cat", when=lambda: self.proxy.stats["down"] > 200_000)
                self.assert_interrupted(process, commands_first)
        self.account.set(tunnel=None)
        self.through()

        self.sync()

        self.assert_in_sync()

    def test_a_tunnel_that_carries_tls_is_no_error(self):
        self.account.set(server="imaps://127.0.0.1:1", tls=None, tunnel="sleep 30")
        for commands_first, number in self.in_each_order():
            self.assert_interrupted(self.started("sync", "work"), commands_first, number)

    def test_a_password_command_is_no_error(self):
        self.account.set(password_command="sleep 30")
        for commands_first, number in self.in_each_order():
            self.assert_interrupted(self.started("sync", "work"), commands_first, number)

    def test_a_check_and_a_verify_end_in_the_same_way(self):
        self.sync()
        self.account.set(tunnel="sleep 30")
        for command in ("check", "verify"):
            for commands_first in ORDERS.values():
                with self.subTest(command, commands_first=commands_first):
                    process = self.started(command, "work")
                    code, out, err = end_group(process, signal.SIGTERM, commands_first)
                    self.assertEqual(code, -signal.SIGTERM, out + err)
                    self.assertNotIn('"kind":"network"', out.replace(" ", ""))

    def test_an_after_sync_that_was_ended_is_not_told(self):
        for commands_first in ORDERS.values():
            with self.subTest(commands_first=commands_first):
                self.client.append("INBOX", self.corpus.simple("news").bytes)
                self.account.set(after_sync="sleep 30")
                process = self.started("sync", "work")
                code, out, err = end_group(process, signal.SIGTERM, commands_first)
                self.assertEqual(code, -signal.SIGTERM, out + err)
                self.assertNotIn("after-sync", out + err)

    def test_a_tunnel_that_ends_by_itself_is_an_error_as_before(self):
        self.account.set(tunnel="kill -TERM $$")

        result = self.home.run("sync", "work")

        self.assertEqual(result.code, 5, result)
        self.assertIn("the tunnel command was ended by signal 15", result.err)


class ImportGroupTest(GroupMixin, DovecotTest):
    def test_a_tunnel_is_no_error(self):
        self.account.set(tunnel="sleep 30")
        for commands_first, number in self.in_each_order():
            self.assert_interrupted(self.started("import"), commands_first, number)

    def test_a_deliver_command_is_no_error_and_its_message_comes_with_the_next_import(self):
        self.given(2)
        for commands_first in ORDERS.values():
            with self.subTest(commands_first=commands_first):
                self.account.set(deliver_command="sleep 30")
                process = self.started("import")
                time.sleep(0.3)
                self.assert_interrupted(process, commands_first)
        delivered = self.home.path_of("delivered")
        self.account.set(deliver_command="cat >> '%s'; echo end >> '%s'" % (delivered, delivered))

        result = self.home.run("import")

        self.assertEqual(result.code, OK, result)
        with open(delivered) as file:
            self.assertEqual(file.read().splitlines().count("end"), 2)


if __name__ == "__main__":
    main()
