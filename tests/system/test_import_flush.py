"""Flushes of an import: their order, and what happens where they fail."""
import os

from flushbase import OnDisk
from popbase import OK, ScriptTest, main


class FlushTest(OnDisk, ScriptTest):
    def serve(self, mails, **options):
        server = super().serve(mails, **options)
        os.makedirs(self.account.root, mode=0o700, exist_ok=True)
        return server

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

    def test_a_batch_is_flushed_while_the_next_one_arrives_and_gets_its_names_after_that(self):
        mails = self.mails(700)
        self.serve(mails)
        self.needs_syncfs("post")

        result, lines = self.traced_slowly("import", "post")

        self.check(result, OK)
        self.assert_here(mails)
        self.assert_flushed_meanwhile(lines, len(mails))

    def test_a_batch_whose_flush_failed_gets_no_names(self):
        """What arrived after it was flushed file by file: the kernel's word about the whole is worth nothing from then on."""
        mails = self.mails(600)
        server = self.serve(mails, extras={"keep": "no"})
        self.needs_syncfs("post")

        for when in ("1", "1+"):  # each flush is a thread's first: strace counts each thread by itself
            result, lines = self.traced("import", "post", "syncfs,fsync,renameat2", "-e", "inject=syncfs:error=EIO:when=" + when)

            self.assertNotEqual(result.code, OK, result)
            self.assert_named_after_flush(lines)
            self.assertEqual(len(server.contents()), len(mails))
        server.clear()
        self.import_()

        self.assert_here(mails)
        self.assertEqual(server.contents(), [])


if __name__ == "__main__":
    main()
