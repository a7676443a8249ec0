"""
Two builds of a release in two folders are the same program, bit for bit; and what the options of a build are about.

It builds golub three times without ccache: the target package-test, or  ctest --test-dir build/release -R package_reproducible
"""
import json
import os
import re
import shutil
import subprocess
import unittest

from base import main
from rig import scratch

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
PARTS = ("CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "CHANGELOG.md", "contrib", "store", "sync", "config")


class ReproducibleTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = scratch.make("reproducible")
        self.addCleanup(scratch.remove, self.folder)

    def run_command(self, *words, fails=False, **env):
        result = subprocess.run(words, env={**os.environ, "CCACHE_DISABLE": "1", **env}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
        if fails != (result.returncode != 0):
            self.fail("%s\n%s" % (" ".join(words), result.stdout[-4000:]))
        return result.stdout

    def source(self, *names):
        top = os.path.join(self.folder, *names)
        os.makedirs(top)
        for part in PARTS:
            path = os.path.join(TOP, part)
            (shutil.copytree if os.path.isdir(path) else shutil.copy)(path, os.path.join(top, part))
        return top

    def configure(self, top, build, *options, **env):
        self.run_command("cmake", "-G", "Ninja", "-S", top, "-B", build, "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_TESTING=OFF", *options, **env)

    def build(self, top, build, *options, jobs=2, **env):
        self.configure(top, build, *options, **env)
        self.run_command("cmake", "--build", build, "-j", str(jobs), "--target", "golub", **env)
        with open(os.path.join(build, "config", "golub"), "rb") as f:
            return f.read()

    def flags(self, build):
        """What every file of C is compiled with."""
        with open(os.path.join(build, "compile_commands.json")) as f:
            commands = [set(entry["command"].split()) for entry in json.load(f)]
        return set.intersection(*commands)

    def test_two_folders_two_days_and_two_languages_make_one_program(self):
        here = self.source("one")
        there = self.source("a much longer way", "two")

        one = self.build(here, os.path.join(here, "build"), TZ="UTC", LC_ALL="C", SOURCE_DATE_EPOCH="1")
        two = self.build(there, os.path.join(self.folder, "elsewhere"), jobs=1, TZ="Asia/Tokyo", LC_ALL="C.UTF-8",
                         SOURCE_DATE_EPOCH="1700000000")

        for path in (self.folder, os.path.basename(self.folder)):
            self.assertNotIn(path.encode(), one)
            self.assertNotIn(path.encode(), two)
        self.assertTrue(one == two, "two builds differ: %d and %d bytes" % (len(one), len(two)))
        self.hardened(os.path.join(here, "build", "config", "golub"))

    def hardened(self, path):
        """Position independent, bound at the start, with no stack to run, and checked calls."""
        header, dynamic, segments, symbols = (self.run_command("readelf", "-W", o, path) for o in ("-h", "-d", "-l", "--dyn-syms"))
        self.assertRegex(header, r"Type:\s+DYN")
        self.assertRegex(dynamic, r"BIND_NOW|\bNOW\b")
        self.assertIn("GNU_RELRO", segments)
        self.assertRegex(segments, r"GNU_STACK.* RW ")
        self.assertIn("__stack_chk_fail", symbols)
        self.assertTrue(re.search(r"__\w+_chk", symbols))

    def test_errors_and_hardening_are_options(self):
        top, plain = self.source("source"), os.path.join(self.folder, "plain")
        usual = os.path.join(self.folder, "usual")
        self.configure(top, usual, CFLAGS="-Wpadded")  # a warning that another compiler may know
        self.configure(top, plain, "-DGOLUB_WERROR=OFF", "-DGOLUB_HARDEN=OFF", CFLAGS="-Wpadded")

        self.assertIn("-Werror", self.flags(usual))
        self.assertIn("-fstack-protector-strong", self.flags(usual))
        self.assertNotIn("-Werror", self.flags(plain))
        self.assertFalse(self.flags(plain) & {"-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-fPIE"})
        self.assertIn("Werror", self.run_command("cmake", "--build", usual, "--target", "store_base", fails=True))
        self.run_command("cmake", "--build", plain, "-j", "2", "--target", "store_base")


if __name__ == "__main__":
    main()
