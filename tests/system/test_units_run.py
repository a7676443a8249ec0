"""The units of systemd, installed, started and stopped by a systemd of a user, against Dovecot."""
import os
import time
import unittest

from base import SystemTest, main
from rig import usermanager
from rig.installed import Installed

REASON = usermanager.can_not() or ("" if "GOLUB_BUILD" in os.environ else "GOLUB_BUILD does not name a build folder")


@unittest.skipIf(REASON, REASON)
class UnitsRunTest(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.it = Installed().__enter__()
        cls.addClassCleanup(cls.it.__exit__)
        cls.prefix = cls.it.root + "/usr/local"
        done = cls.it.run("env", "DESTDIR=", "cmake", "--install", cls.it.build, "--prefix", cls.prefix)
        if done.returncode:
            raise RuntimeError(done.stderr)

    def setUp(self):
        super().setUp()
        # a leak checker needs ptrace, which the units take away
        self.manager = usermanager.UserManager(self.home.path, self.prefix + "/lib/systemd/user", **{
            name: value for name, value in self.home.environment(ASAN_OPTIONS="detect_leaks=0").items() if not name.startswith("GOLUB_")})
        self.addCleanup(self.manager.close)

    def evidence(self):
        return super().evidence() + "\n--- systemd\n" + self.manager.tail()

    def until(self, happened, seconds=20):
        until = time.monotonic() + seconds
        while not happened():
            self.assertLess(time.monotonic(), until, self.evidence())
            time.sleep(0.05)

    def deliver(self):
        message = self.corpus.simple()
        self.client.append("INBOX", message)
        return message

    def came(self, message):
        try:
            return self.maildir.find("INBOX", message)
        except AssertionError:
            return None

    def state(self, unit):
        return self.manager.show(unit, "ActiveState", "Result")

    def ended(self, unit):
        return self.state(unit) == ("inactive", "success")

    def last_status(self):
        return self.run_golub("status", "--json", "work").of("status")[0]["last_status"]

    def slow(self):
        """A login that takes long. @return whether it is under way"""
        begun = self.home.path_of("begun")
        self.account.set(**{"password-command": "touch '%s'; sleep 50" % begun})
        return lambda: os.path.exists(begun)

    def test_a_run_of_all_accounts_and_of_one(self):
        for unit in ("golub.service", "golub@work.service"):
            message = self.deliver()

            self.manager.ctl("start", unit)

            self.assertTrue(self.maildir.find("INBOX", message), self.evidence())
            self.assertEqual(self.state(unit), ("inactive", "success"))

    def test_no_network_is_no_failure(self):
        self.account.set(server="imap://127.0.0.1:1")

        self.manager.ctl("start", "golub.service")

        self.assertEqual(self.state("golub.service"), ("inactive", "success"))
        self.assertEqual(self.last_status(), 5)
        self.assertEqual(self.manager.ctl("--failed", "-q"), "")

    def test_a_refused_login_and_a_wrong_configuration_are(self):
        self.account.set(**{"password-command": "false"})
        self.manager.ctl("start", "golub.service", check=False)
        self.assertEqual(self.manager.show("golub.service", "ActiveState", "Result", "ExecMainStatus"), ("failed", "exit-code", "4"))

        self.home.write_config("accnt {")
        self.manager.ctl("start", "golub.service", check=False)
        self.assertEqual(self.manager.show("golub.service", "ActiveState", "Result", "ExecMainStatus"), ("failed", "exit-code", "2"))

    def test_a_run_that_is_stopped_ends_in_order(self):
        under_way = self.slow()
        self.manager.ctl("start", "--no-block", "golub.service")
        self.until(under_way)
        began = time.monotonic()

        self.manager.ctl("stop", "golub.service")

        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(self.state("golub.service"), ("inactive", "success"))

    def test_the_timer_starts_it_again_and_again(self):
        self.manager.add("golub.timer", "[Timer]\nOnStartupSec=\nOnActiveSec=0\nOnUnitInactiveSec=1s\nRandomizedDelaySec=0\nAccuracySec=10ms\n")
        for _ in range(2):
            message = self.deliver()
            self.manager.ctl("start", "golub.timer")
            self.until(lambda: self.came(message))
        self.account.set(server="imap://127.0.0.1:1")
        self.until(lambda: self.last_status() == 5)
        self.assertEqual(self.manager.show("golub.timer", "ActiveState", "Result"), ("active", "success"))

        self.manager.ctl("stop", "golub.timer")

        self.until(lambda: self.ended("golub.service"))
        self.assertEqual(self.state("golub.timer"), ("inactive", "success"))

    def test_a_watcher_says_when_it_is_there_and_ends_in_order(self):
        before = self.deliver()

        self.manager.ctl("start", "golub-watch.service")  # returns once it has said so

        self.assertEqual(self.state("golub-watch.service"), ("active", "success"))
        self.until(lambda: self.came(before))
        after = self.deliver()
        self.until(lambda: self.came(after))
        self.assertNotEqual(self.manager.show("golub-watch.service", "StatusText"), ("",))
        self.manager.ctl("reload", "golub-watch.service")
        self.assertEqual(self.state("golub-watch.service"), ("active", "success"))

        self.manager.ctl("stop", "golub-watch.service")

        self.assertEqual(self.manager.show("golub-watch.service", "ActiveState", "Result", "NRestarts"), ("inactive", "success", "0"))

    def test_a_watcher_that_is_stopped_in_a_run_and_one_without_a_network_end_in_order(self):
        self.account.set(server="imap://127.0.0.1:1")
        self.manager.ctl("start", "golub-watch.service")
        self.assertEqual(self.state("golub-watch.service"), ("active", "success"))
        self.manager.ctl("stop", "golub-watch.service")
        self.assertEqual(self.state("golub-watch.service"), ("inactive", "success"))

        self.account.set(server="imap://127.0.0.1:%d" % self.proxy.port)
        under_way = self.slow()
        self.manager.ctl("start", "--no-block", "golub-watch.service")
        self.until(under_way)
        self.manager.ctl("stop", "golub-watch.service")
        self.assertEqual(self.state("golub-watch.service"), ("inactive", "success"))


if __name__ == "__main__":
    main()
