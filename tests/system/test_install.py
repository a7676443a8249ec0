"""`cmake --install` and the target uninstall: what goes where, what is said where it can't, and that nothing stays."""
import glob
import os
import shutil
import stat
import subprocess
import unittest

from base import main
from rig.installed import Installed

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FIXED = """
bin/golub
lib/systemd/user/golub-watch.service
lib/systemd/user/golub.service
lib/systemd/user/golub.timer
lib/systemd/user/golub@.service
lib/systemd/user/golub@.timer
share/bash-completion/completions/golub
share/doc/golub/CHANGELOG.md
share/doc/golub/LICENSE
share/doc/golub/README.md
share/doc/golub/after-sync.md
share/doc/golub/architecture.md
share/doc/golub/correctness.md
share/doc/golub/examples/golub.conf
share/doc/golub/golub.schema.json
share/doc/golub/moving-in.md
share/doc/golub/performance.md
share/doc/golub/performance.svg
share/doc/golub/protocol.md
share/doc/golub/recipes/README.md
share/doc/golub/systemd.md
share/fish/vendor_completions.d/golub.fish
share/man/man1/golub.1
share/man/man5/golub.conf.5
share/man/man7/golub-firstaid.7
share/man/man7/golub-moving.7
share/zsh/site-functions/_golub
""".split()


def found(pattern, into):
    """What comes by itself: each file of this kind, where it goes."""
    return {into + os.path.basename(path) for path in glob.glob(os.path.join(TOP, "contrib", pattern))}


def expected():
    pages = {"share/man/man%s/%s" % (path[-1], os.path.basename(path)) for path in glob.glob(os.path.join(TOP, "contrib", "man", "*"))}
    documents = found("doc/*.md", "share/doc/golub/") - {"share/doc/golub/CONTRIBUTING.md", "share/doc/golub/testing.md"}
    return set(FIXED) | pages | documents | found("doc/*.svg", "share/doc/golub/") | found("recipes/*", "share/doc/golub/recipes/")


class InstallTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        if "GOLUB_BUILD" not in os.environ:
            self.skipTest("GOLUB_BUILD does not name a build folder")
        self.it = Installed().__enter__()
        self.addCleanup(self.it.__exit__)

    def done(self, result):
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result

    def test_all_of_it_is_where_it_belongs_and_works_and_goes_again(self):
        self.done(self.it.install())

        self.assertEqual([f for f in self.it.files() if not f.endswith("/")], sorted(expected()))
        out = self.done(subprocess.run([self.it.path("bin", "golub"), "--version"], capture_output=True, text=True)).stdout
        self.assertRegex(out, r"^golub [0-9]+\.[0-9]+\.[0-9]+\n$")
        for name in self.it.files():
            mode = os.stat(self.it.root + name if name[0] == "/" else self.it.path(name)).st_mode
            self.assertEqual(stat.S_IMODE(mode), 0o755 if stat.S_ISDIR(mode) or name == "bin/golub" else 0o644, name)

        self.done(self.it.uninstall())
        self.assertEqual(self.it.files(), [])

    def test_what_others_have_there_stays(self):
        for name in ("bin/other", "share/man/man1/other.1", "share/doc/golub/mine"):
            os.makedirs(os.path.dirname(self.it.path(name)), exist_ok=True)
            open(self.it.path(name), "w").close()
        os.makedirs(self.it.path("lib", "systemd", "user"))
        before = self.it.files()

        self.done(self.it.install())
        self.done(self.it.install())  # once more, over itself
        self.done(self.it.uninstall())

        self.assertEqual(self.it.files(), before)

    def test_the_pages_are_read_without_a_warning(self):
        if not shutil.which("man"):
            self.skipTest("no man here")
        self.done(self.it.install())

        for page in (f for f in self.it.files() if f.startswith("share/man/") and not f.endswith("/")):
            result = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", self.it.path(page)], capture_output=True,
                                    text=True, env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100"})
            self.assertEqual((result.returncode, result.stderr), (0, ""), page)

    def test_the_units_run_the_program_that_was_installed(self):
        for prefix, shown in (("/usr", "/usr/bin/golub"), ("/opt/my mail 100%", '"/opt/my mail 100%%/bin/golub"')):
            self.done(self.it.install(prefix))

            units = glob.glob(glob.escape(self.it.root + prefix) + "/lib/systemd/user/*")
            self.assertTrue(units)
            for path in units:
                with open(path) as f:
                    text = f.read()
                self.assertNotIn("@GOLUB@", text)
                for line in text.split("\n"):
                    if line.startswith("ExecStart="):
                        self.assertTrue(line.startswith("ExecStart=%s " % shown), line)

    def test_the_program_says_nothing_of_where_it_was_built(self):
        with open(os.path.join(os.environ["GOLUB_BUILD"], "CMakeCache.txt")) as f:
            cache = f.read()
        if "CMAKE_BUILD_TYPE:STRING=Release" not in cache:
            self.skipTest("only what is released; a debugger wants the paths")
        self.done(self.it.install())

        with open(self.it.path("bin", "golub"), "rb") as f:
            self.assertNotIn(os.path.realpath(TOP).encode(), f.read())

    def test_where_it_may_not_be_written_nothing_is_half_done(self):
        open(os.path.join(self.it.root, "file"), "w").close()

        result = self.it.install("/file/there")

        self.assertNotEqual(result.returncode, 0)
        self.assertIn("can't be written to, and nothing was installed", " ".join(result.stderr.split()))
        self.assertEqual(self.it.files(), ["/file"])

    def test_a_prefix_that_a_unit_cant_carry_is_refused_before_anything_is_done(self):
        for prefix in ('/a"b', "/a'b", "/a\\b"):
            with self.subTest(prefix):
                result = self.it.install(prefix)

                self.assertNotEqual(result.returncode, 0)
                self.assertIn("nothing was installed", " ".join(result.stderr.split()))
                self.assertEqual(self.it.files(), [])

    def test_without_an_installation_there_is_nothing_to_uninstall(self):
        result = self.it.uninstall()

        self.assertNotEqual(result.returncode, 0)
        self.assertIn("Nothing was installed from here", result.stdout + result.stderr)


if __name__ == "__main__":
    main()
