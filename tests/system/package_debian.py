"""
The Debian package: it builds in a copy, lintian finds no error and no warning, it holds what it should, and what it holds works.

It builds golub without a cache, and without the tests of the units: the target package-test, or  ctest --test-dir build/release -R package_debian
"""
import gzip
import os
import re
import shutil
import subprocess
import unittest

from base import main
from rig import scratch
from test_install import FIXED, expected

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
NEEDED = ("dpkg-buildpackage", "dh", "lintian")


def in_package():
    """What an installation has, as Debian has it."""
    found = set()
    for path in expected():
        if path.startswith("share/man/"):
            path += ".gz"
        path = path.replace("share/zsh/site-functions/", "share/zsh/vendor-completions/")
        found.add("usr/" + path)
    found -= {"usr/share/doc/golub/LICENSE", "usr/share/doc/golub/CHANGELOG.md"}
    return found | {"usr/share/doc/golub/" + name for name in ("copyright", "changelog.gz", "changelog.Debian.gz")}


class DebianTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        missing = [name for name in NEEDED if not shutil.which(name)]
        if missing:
            raise unittest.SkipTest("not here: " + ", ".join(missing))
        cls.folder = scratch.make("debian")
        cls.addClassCleanup(scratch.remove, cls.folder)
        cls.source = os.path.join(cls.folder, "golub-0.1.0")
        shutil.copytree(TOP, cls.source, ignore=lambda folder, names: {"build", ".git"} & set(names) if folder == TOP else {"__pycache__"})
        cls.built = cls.run_command("dpkg-buildpackage", "-b", "-uc", "-us", cwd=cls.source, DEB_BUILD_OPTIONS="nocheck", CCACHE_DISABLE="1")
        if cls.built.returncode:
            raise AssertionError(cls.built.stdout[-6000:])
        cls.package = cls.one(r"golub_.*\.deb")
        cls.root = os.path.join(cls.folder, "root")
        cls.run_command("dpkg-deb", "-x", cls.package, cls.root, check=True)

    @staticmethod
    def run_command(*words, cwd=None, check=False, **env):
        return subprocess.run(words, cwd=cwd, check=check, env={**os.environ, "LC_ALL": "C.UTF-8", **env}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    @classmethod
    def one(cls, pattern):
        found = [name for name in os.listdir(cls.folder) if re.fullmatch(pattern, name)]
        assert len(found) == 1, found
        return os.path.join(cls.folder, found[0])

    def test_lintian_has_nothing_against_it(self):
        result = self.run_command("lintian", "--allow-root", "--fail-on", "error,warning", self.one(r"golub_.*\.changes"))

        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_it_holds_what_it_should(self):
        self.assertIn("bin/golub", FIXED)
        found, modes = set(), {}
        for line in self.run_command("dpkg-deb", "-c", self.package, check=True).stdout.splitlines():
            mode, owner, path = re.match(r"(\S+) (\S+) +\d+ \S+ \S+ \./(.*)", line).groups()
            modes.setdefault((owner, mode), []).append(path)
            if not path.endswith("/") and path:
                found.add(path)

        self.assertEqual(sorted(found), sorted(in_package()))
        self.assertEqual(set(modes), {("root/root", "drwxr-xr-x"), ("root/root", "-rw-r--r--"), ("root/root", "-rwxr-xr-x")})
        self.assertEqual(modes["root/root", "-rwxr-xr-x"], ["usr/bin/golub"])

    def test_its_units_run_its_program_and_nobody_enables_them(self):
        folder = os.path.join(self.root, "usr", "lib", "systemd", "user")
        for name in os.listdir(folder):
            if name.endswith(".service"):
                with open(os.path.join(folder, name)) as f:
                    self.assertRegex(f.read(), r"(?m)^ExecStart=/usr/bin/golub ")
        scripts = os.path.join(self.folder, "scripts")
        self.run_command("dpkg-deb", "-e", self.package, scripts, check=True)
        with open(os.path.join(scripts, "postinst")) as f:
            for enable in re.findall(r"(?m)^.*\n.*\n.*--user enable .*$", f.read()):
                self.assertIn("was-enabled", enable)  # by the administrator, at an earlier time
        for name in os.listdir(scripts):
            with open(os.path.join(scripts, name)) as f:
                self.assertNotRegex(f.read(), r"systemctl .*(start|enable)")

    def test_it_says_who_keeps_it_and_under_which_license(self):
        with open(os.path.join(TOP, "LICENSE")) as f:
            text = " ".join(f.read().split("\n\n", 2)[2].split())
        with open(os.path.join(self.root, "usr", "share", "doc", "golub", "copyright")) as f:
            self.assertIn(text.split(" THE SOFTWARE")[0], " ".join(f.read().split()))
        with gzip.open(os.path.join(self.root, "usr", "share", "doc", "golub", "changelog.gz"), "rt") as f:
            self.assertIn("# Changelog", f.read())

    def test_its_program_says_nothing_of_where_it_was_built(self):
        with open(os.path.join(self.root, "usr", "bin", "golub"), "rb") as f:
            self.assertNotIn(self.folder.encode(), f.read())

    def test_the_walk_of_debian_tests_succeeds_with_its_program(self):
        if not shutil.which("doveadm"):
            self.skipTest("no Dovecot here")
        path = os.path.join(self.root, "usr", "bin") + ":" + os.environ["PATH"]

        result = self.run_command(os.path.join(self.source, "debian", "tests", "walk"), PATH=path)

        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("yes: both sides are the same", result.stdout)


if __name__ == "__main__":
    main()
