"""Flushes of an import: their order, and what happens where they fail. On the real disk: in memory nothing is flushed in one go."""
import os
import re
import tempfile
from unittest import mock

from popbase import OK, ScriptTest, main


def is_naming(line):
    return re.search(r'renameat2\(.*"golub-.*\.golub"', line) is not None


class FlushTest(ScriptTest):
    def setUp(self):
        """On a disk: TMPDIR may be memory."""
        with mock.patch.object(tempfile, "tempdir", "/var/tmp"):
            super().setUp()

    def needs_syncfs(self):
        os.makedirs(self.account.root, mode=0o700)
        said = self.home.run("check", "post").out
        if "one syncfs flushes a whole batch" not in said:
            self.skipTest("on this file system each message is flushed by itself: " + said)

    def test_a_flush_that_fails_keeps_the_message_there(self):
        mails = self.mails(5)
        server = self.serve(mails, extras={"keep": "no"})

        for call in ("fsync", "fdatasync"):
            self.home.run_failing(call, "EIO", "1+", "import", "post")
            self.assertEqual(server.contents(), mails, call)
        server.clear()
        self.import_()

        self.assert_here(mails)
        self.assertEqual(server.contents(), [])

    def traced(self, calls, *inject):
        """An import under strace. @return its result and the lines of the trace"""
        log = self.home.path_of("trace")
        result = self.home.run("import", "post", env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"}, prefix=(
            "strace", "-f", "-y", "-qq", "-s", "200", "-o", log, "-e", "trace=" + calls, *inject))
        with open(log, errors="replace") as f:
            return result, f.readlines()

    def test_a_batch_is_flushed_while_the_next_one_arrives_and_gets_its_names_after_that(self):
        mails = self.mails(700)
        self.serve(mails)
        self.needs_syncfs()

        result, lines = self.traced("syncfs,renameat2,openat", "-e", "inject=syncfs:delay_enter=200000")

        self.check(result, OK)
        self.assert_here(mails)
        begun = ended = named = arrived_meanwhile = 0
        for line in lines:
            begun += "syncfs(" in line
            ended += re.search(r"syncfs(\(.*\)| resumed>\)) += 0", line) is not None
            named += is_naming(line)
            arrived_meanwhile += begun > ended and "O_CREAT" in line and '"golub-' in line
            self.assertLessEqual(named, 256 * ended, line)
        self.assertEqual(named, len(mails))
        self.assertGreater(arrived_meanwhile, 10)

    def test_a_batch_whose_flush_failed_gets_no_names(self):
        """What arrived after it was flushed file by file: the kernel's word about the whole is worth nothing from then on."""
        mails = self.mails(600)
        server = self.serve(mails, extras={"keep": "no"})
        self.needs_syncfs()

        for when in ("1", "1+"):  # each flush is a thread's first: strace counts each thread by itself
            result, lines = self.traced("syncfs,fsync,renameat2", "-e", "inject=syncfs:error=EIO:when=" + when)

            self.assertNotEqual(result.code, OK, result)
            self.assertTrue(any("syncfs(" in line for line in lines))
            flushed = sum(re.search(r"fsync\(.*/INBOX/tmp/golub-[^>]*>\) += 0", line) is not None for line in lines)
            self.assertLessEqual(sum(is_naming(line) for line in lines), flushed)
            self.assertEqual(len(server.contents()), len(mails))
        server.clear()
        self.import_()

        self.assert_here(mails)
        self.assertEqual(server.contents(), [])


if __name__ == "__main__":
    main()
