"""Flushes on the real disk: in memory nothing is flushed in one go. Comes before the class of the test, whose home it moves."""
import re
import tempfile
from unittest import mock

BATCH = 256  # messages


def is_naming(line):
    return re.search(r'renameat2\(.*"golub-.*\.golub', line) is not None


class OnDisk:
    def setUp(self):
        """On a disk: TMPDIR may be memory."""
        with mock.patch.object(tempfile, "tempdir", "/var/tmp"):
            super().setUp()

    def needs_syncfs(self, account):
        said = self.home.run("check", account).out
        if "one syncfs flushes a whole batch" not in said:
            self.skipTest("on this file system each message is flushed by itself: " + said)

    def traced(self, command, account, calls, *inject):
        """A run under strace. @return its result and the lines of the trace"""
        log = self.home.path_of("trace")
        result = self.home.run(command, account, env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"}, prefix=(
            "strace", "-f", "-y", "-qq", "-s", "200", "-o", log, "-e", "trace=" + calls, *inject))
        with open(log, errors="replace") as f:
            return result, f.readlines()

    def traced_slowly(self, command, account):
        """The same, where each flush takes its time."""
        return self.traced(command, account, "syncfs,renameat2,openat", "-e", "inject=syncfs:delay_enter=200000")

    def assert_flushed_meanwhile(self, lines, count):
        """`count` messages got names, none before its batch was flushed; and others arrived while it was."""
        begun = ended = named = arrived_meanwhile = 0
        for line in lines:
            begun += "syncfs(" in line
            ended += re.search(r"syncfs(\(.*\)| resumed>\)) += 0", line) is not None
            named += is_naming(line)
            arrived_meanwhile += begun > ended and "O_CREAT" in line and '"golub-' in line
            self.assertLessEqual(named, BATCH * ended, line)
        self.assertEqual(named, count)
        self.assertGreater(arrived_meanwhile, 10)

    def assert_named_after_flush(self, lines):
        """Where each syncfs failed: no more names than messages that were flushed by themselves."""
        self.assertTrue(any("syncfs(" in line for line in lines))
        flushed = sum(re.search(r"fsync\(.*/INBOX/tmp/[a-z]+-[^>]*>\) += 0", line) is not None for line in lines)
        self.assertLessEqual(sum(is_naming(line) for line in lines), flushed)
