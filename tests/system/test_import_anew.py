"""Starting over with a POP account, as the manual says it: the state folder is lost, the account renamed, mail gets other UIDLs."""
import os
import re
import shutil

from popbase import SOME, DovecotTest, ScriptTest, main
from rig import in_memory  # noqa: F401


class AnewTest(DovecotTest):
    def asked(self, command):
        return [line for line in self.proxy.sent() if line.upper().startswith(command)]

    def lose_state(self):
        shutil.rmtree(self.account.state)

    def rename_account(self, name):
        self.account.name = name
        self.account.set()

    def readers_mail_opened_by(self, account):
        """How many files that no import named one import opens."""
        log = self.home.path_of("opened")
        self.import_(account=account, env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"},
                     prefix=("strace", "-f", "-qq", "-o", log, "-e", "trace=openat"))
        with open(log) as f:
            return len({line.split('"')[1] for line in f if ":2," in line and ".golub" not in line})

    def test_without_its_state_folder_what_is_here_is_known_by_its_header_wherever_it_lies(self):
        self.given(6)
        self.import_()
        read, moved = self.here()[:2]
        other = self.account.maildir.folder("Other")
        for part in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(other, part))
        folder = self.account.maildir.folder("INBOX")
        os.rename(read.path, os.path.join(folder, "cur", os.path.basename(read.path) + ":2,S"))
        os.rename(moved.path, os.path.join(other, "cur", "of-a-mail-reader:2,S"))
        self.lose_state()

        self.import_()

        self.assertEqual(self.asked(b"RETR"), [])
        self.assertEqual(len(self.here()) + len(self.here("Other")), 6)
        self.given(1)
        self.assertEqual(self.downloads(), 1)

    def test_without_its_state_folder_what_was_removed_here_comes_once_more(self):
        self.given(4)
        self.import_()
        os.unlink(self.here()[0].path)
        self.import_()
        self.assertEqual(len(self.here()), 3)
        self.lose_state()

        self.assertEqual(self.downloads(), 1)

    def test_an_account_under_another_name_fetches_nothing_that_is_here(self):
        mails = self.given(5)
        self.import_()
        self.account.set(maildir=self.account.root)
        self.rename_account("letters")

        self.import_()

        self.assertEqual(self.asked(b"RETR"), [])
        self.assert_here(mails)

    def test_of_two_accounts_that_import_into_one_tree_none_takes_what_the_other_brought_for_a_lost_journal(self):
        """Whose journal seems to be older than the tree reads all of it, for days."""
        user = next(self._users)
        other = self.pop_account(self.server.pop_port, name="work", user=user, maildir=self.account.root)
        self.given(1)
        self.server.drop(user, [self.corpus.simple("first at work").bytes])
        self.import_()
        for n in range(20):
            self.account.maildir.put("INBOX", self.corpus.simple("saved %d" % n))
        self.assertGreater(self.readers_mail_opened_by(other), 0, "a first run looks at all files")
        for n in range(2):
            self.given(2)
            self.server.drop(user, [self.corpus.simple("at work %d" % n).bytes])

            self.assertEqual([self.readers_mail_opened_by(a) for a in (self.account, other)], [0, 0])
        self.assertEqual(len(self.here()), 20 + 5 + 3)

    def test_a_state_folder_that_is_renamed_with_the_account_goes_on(self):
        self.given(5)
        self.import_()
        os.unlink(self.here()[0].path)
        self.import_()
        old = self.account.state
        self.rename_account("letters")
        os.rename(old, self.account.state)

        self.import_()

        self.assertEqual(self.asked(b"RETR") + self.asked(b"TOP"), [])
        self.assertEqual(len(self.here()), 4)

    def test_days_of_keep_begin_anew_and_no_needs_none(self):
        self.account.set(keep="30d")
        mails = self.given(3)
        self.import_()
        self.pass_days(29)
        self.lose_state()
        self.import_()
        self.pass_days(2)
        self.import_()
        self.assertEqual(self.count_there(), 3)
        self.account.set(keep="no")
        self.lose_state()

        self.import_()

        self.assertEqual(len(self.asked(b"RETR")), 3)
        self.assert_here(mails)
        self.assertEqual(self.count_there(), 0)

    def test_begun_with_skip_existing_nothing_of_it_comes_or_goes(self):
        self.account.set(keep="no", max_delete="off")
        self.given(3)
        self.import_("--skip-existing")
        self.lose_state()
        self.import_("--skip-existing")
        new = self.given(1)

        for _ in range(2):
            self.import_()

        self.assert_here(new)
        self.assertEqual(self.count_there(), 3)

    def test_other_uidls_bring_nothing_a_second_time(self):
        mails = self.given(20)
        self.import_()
        self.through(edit_down=lambda data: re.sub(rb"(?m)^(\d+ )([0-9a-f]{16}\r)", rb"\1x\2", data))

        result = self.import_()

        self.assertIn("4 messages on the server have another UIDL", result.out)
        self.assertEqual(len(self.asked(b"RETR")), 16)  # the last ones are small and may be new
        self.assert_here(mails)
        self.import_()
        self.assertEqual(self.asked(b"TOP"), [])


class ShortTest(ScriptTest):
    def test_what_comes_far_too_short_twice_is_kept_and_never_removed(self):
        self.serve([b"Subject: short\r\n\r\nshort\r\n"], rules=[(rb"LIST$", b"+OK\r\n1 7127\r\n.\r\n")], extras={"keep": "no"})
        self.import_(expect=SOME)
        self.assertEqual(self.here(), [])
        self.import_(expect=SOME)
        self.assertEqual(len(self.here()), 1)
        self.import_(expect=SOME)
        self.assertEqual(len(self.here()), 1)
        self.assert_nothing_marked()


if __name__ == "__main__":
    main()
