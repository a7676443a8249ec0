"""Flushes of downloads: their order, and what happens where they fail."""
import os
import re
import time

from base import OK, PASSWORD, SystemTest, main
from flushbase import BATCH, OnDisk, is_naming
from rig.fill import Wire, small

COUNT = 700


class FlushTest(OnDisk, SystemTest):
    def setUp(self):
        super().setUp()
        os.makedirs(self.account.root, mode=0o700, exist_ok=True)
        with Wire(self.server.port, self.user, PASSWORD) as wire:
            wire.append("INBOX", small(COUNT))

    def test_a_batch_is_flushed_while_the_next_one_arrives_and_gets_its_names_after_that(self):
        self.needs_syncfs("work")

        result, lines = self.traced_slowly("sync", "work")

        self.check(result, OK)
        self.assert_flushed_meanwhile(lines, COUNT)
        self.assert_in_sync()

    def test_a_batch_whose_flush_failed_gets_no_names_and_is_fetched_again(self):
        self.needs_syncfs("work")

        result, lines = self.traced("sync", "work", "syncfs,fsync,renameat2", "-e", "inject=syncfs:error=EIO:when=1+")

        self.assertNotEqual(result.code, OK, result)
        self.assert_named_after_flush(lines)
        self.sync()
        self.assert_in_sync()

    def test_what_came_whole_before_the_line_broke_is_not_fetched_again(self):
        """Of the batch that is on its way to the disk, and of the one behind it."""
        self.through(cut_down=400 * 700)

        result = self.sync()

        self.assertGreater(self.proxy.stats["cuts"], 0)
        self.assertLessEqual(self.proxy.received().count(b"X-Number: "), COUNT + self.proxy.stats["cuts"], result)
        self.assertEqual(os.listdir(os.path.join(self.account.root, "INBOX", "tmp")), [])
        self.through()
        self.assert_in_sync()

    def given_many_mailboxes(self):
        with Wire(self.server.port, self.user, PASSWORD) as wire:
            for n in range(60):
                wire.command(b"CREATE box%d" % n)
                wire.append("box%d" % n, small(8))
        self.needs_syncfs("work")

    def test_a_folder_whose_flush_failed_has_no_rows(self):
        """The first two flushes but those of threads are for the folders themselves."""
        self.given_many_mailboxes()

        result, _ = self.traced("sync", "work", "syncfs", "-e", "inject=syncfs:error=EIO:when=3+")

        self.assertNotEqual(result.code, OK, result)
        self.sync()
        self.assert_in_sync()

    def test_directories_of_many_folders_are_flushed_together(self):
        self.given_many_mailboxes()

        result, lines = self.traced("sync", "work", "fsync,fdatasync,syncfs")

        self.check(result, OK)
        self.assertEqual([line for line in lines if re.search(r"fsync\(\d+<[^>]*/box\d+/(new|cur)>", line)], [])
        self.assertLess(len(lines), 60, "".join(lines))
        self.assert_same()

    def test_a_run_that_is_killed_while_a_batch_is_flushed_is_taken_up(self):
        self.needs_syncfs("work")

        killed = self.home.run_killed("syncfs", 1, "sync", "work")

        self.assertNotEqual(killed.code, OK)
        time.sleep(2)  # what is younger may be of a run beside this one
        self.sync()

        self.assert_in_sync()

    def test_a_message_that_takes_long_keeps_no_other_from_its_name(self):
        """It is the first one behind a batch: 256 are asked for at a time, from the newest back."""
        self.client.append("INBOX", b"Subject: long\r\n\r\n" + b"a line of a long message\r\n" * 80000)
        with Wire(self.server.port, self.user, PASSWORD) as wire:
            wire.append("INBOX", small(2 * BATCH - 1))
        self.through(mbit=4)

        result, lines = self.traced("sync", "work", "renameat2,pwrite64")

        self.check(result, OK)
        names = [n for n, line in enumerate(lines) if is_naming(line)]
        long = [n for n, line in enumerate(lines) if re.search(r"pwrite64\(\d+<[^>]*/INBOX/tmp/.*, 65536, ", line)]
        self.assertTrue(long)
        self.assertEqual(len(names), COUNT + 2 * BATCH)
        self.assertLess(min(names), max(long))


if __name__ == "__main__":
    main()
