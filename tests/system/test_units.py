"""The units of systemd, installed and on the page about them, read by systemd itself. test_units_run.py starts them."""
import os
import re
import shutil
import subprocess
import unittest

from base import main
from rig.installed import Installed

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
UNITS = ("golub-watch.service", "golub.service", "golub.timer", "golub@.service", "golub@.timer")
HARDER = 70  # systemd-analyze security counts to 100


class UnitsTest(unittest.TestCase):
    def setUp(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("no systemd-analyze here")
        if "GOLUB_BUILD" not in os.environ:
            self.skipTest("GOLUB_BUILD does not name a build folder")
        self.it = Installed().__enter__()
        self.addCleanup(self.it.__exit__)
        self.prefix = self.it.root + "/usr/local"
        result = self.it.run("env", "DESTDIR=", "cmake", "--install", self.it.build, "--prefix", self.prefix)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.folder = self.prefix + "/lib/systemd/user"

    def analyze(self, *words):
        return subprocess.run(["systemd-analyze", *words], env={**os.environ, "XDG_RUNTIME_DIR": self.it.root, "LC_ALL": "C.UTF-8"},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def verify(self, path, *options):
        """It says nothing at all: an unknown key is told and costs no exit status."""
        result = self.analyze(*options, "--man=no", "verify", path)
        self.assertEqual((result.returncode, result.stdout), (0, ""), path)

    def test_systemd_finds_nothing_to_say_about_them(self):
        self.assertEqual(tuple(sorted(os.listdir(self.folder))), UNITS)
        for name in UNITS:
            with self.subTest(name):
                self.verify(os.path.join(self.folder, name.replace("@", "@my-mail")), "--user")

    def test_a_key_that_systemd_does_not_know_would_be_seen(self):
        path = os.path.join(self.folder, "golub.service")
        with open(path, "a") as f:
            f.write("\n[Service]\nKilMode=mixed\n")

        with self.assertRaises(AssertionError):
            self.verify(path, "--user")

    def test_they_are_shut_in_as_far_as_helpers_survive_it(self):
        for name in UNITS:
            if name.endswith(".service"):
                with self.subTest(name):
                    result = self.analyze("--user", "security", "--offline=true", "--no-pager", "--threshold=%d" % HARDER,
                                          os.path.join(self.folder, name))
                    self.assertEqual(result.returncode, 0, result.stdout[-500:])
                    self.assertLess(float(re.search(r"exposure level.*: ([0-9.]+)", result.stdout).group(1)), HARDER / 10)

    def test_a_run_that_is_stopped_ends_in_order_and_a_network_that_is_away_is_no_failure(self):
        for name in ("golub.service", "golub@.service"):
            with open(os.path.join(self.folder, name)) as f:
                lines = f.read().split("\n")
            for line in ("Type=oneshot", "KillMode=mixed", "SuccessExitStatus=5 6 SIGTERM", "UMask=0077"):
                self.assertIn(line, lines)
            self.assertTrue([line for line in lines if line.startswith("ExecStart=%s/bin/golub -qq" % self.prefix)])

    def test_the_units_on_the_page_about_them_are_taken_too(self):
        with open(os.path.join(TOP, "contrib", "doc", "systemd.md")) as f:
            shown = re.findall(r"(?m)^`([^`]+/systemd/(user|system)/([^`]+))`:\n\n((?:    .*\n|\n)+)", f.read())
        self.assertEqual([name for _, _, name, _ in shown], ["golub-notify@.service", "golub-server.service", "golub-server.timer"])
        folder = os.path.join(self.it.root, "units")
        os.mkdir(folder)
        for _, _, name, text in shown:
            text = re.sub(r"(?m)^    ", "", text).replace("/usr/bin/golub", self.prefix + "/bin/golub")
            with open(os.path.join(folder, name), "w") as f:
                f.write(text.replace("/usr/bin/notify-send", "/bin/true"))  # a desktop's
        for _, whose, name, _ in shown:
            with self.subTest(name):
                self.verify(os.path.join(folder, name.replace("@", "@golub.service")), "--" + whose)
        result = self.analyze("security", "--offline=true", "--no-pager", "--threshold=30", os.path.join(folder, "golub-server.service"))
        self.assertEqual(result.returncode, 0, result.stdout[-500:])


if __name__ == "__main__":
    main()
