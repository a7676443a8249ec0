"""Files that are copied, moved, renamed, damaged or written while golub is at work or away."""
import os
import re
import shutil
import time

from base import OK, SOME, SystemTest, main


class FilesTest(SystemTest):
    def setUp(self):
        super().setUp()
        for name in ("Work", "Drafts"):
            if name not in self.client.mailboxes():
                self.client.create(name)
        self.mails = self.corpus.messages(8, edge=False, median=2000)
        for m in self.mails:
            m.flags = ()
        self.client.fill("INBOX", self.mails)
        self.sync()
        self.sync()

    def file(self, n, mailbox="INBOX"):
        return self.maildir.find(mailbox, self.mails[n])

    def copies_there(self, message, mailbox="INBOX"):
        return sum(m.digest == message.digest for m in self.client.messages(mailbox))


class CopyTest(FilesTest):
    def test_a_copy_in_new_is_not_marked_as_its_source_is(self):
        uid = self.client.uid_of("INBOX", self.mails[0])
        for flags in (["\\Flagged"], ["\\Deleted", "\\Flagged", "\\Answered"]):
            with self.subTest(flags=flags):
                self.client.store("INBOX", uid, "+", flags)
                self.sync()
                self.maildir.deliver("Work", self.mails[0].lf, date=self.mails[0].date)

                self.sync()

                self.assertEqual(self.flags_there(self.mails[0], "Work"), frozenset())
                self.assertEqual(self.file(0, "Work").where, "new")
                self.account.set(expunge=True)
                self.sync()
                self.assertTrue(self.is_there(self.mails[0], "Work"))
                self.account.set(expunge=False)
                self.client.expunge("Work", self.client.uid_of("Work", self.mails[0]))
                self.sync()


class MoveTest(FilesTest):
    def moved(self):
        self.maildir.move(self.file(3), "Work")

    def test_a_file_that_moved_is_not_altered_where_nothing_may_go_up(self):
        self.moved()

        result = self.sync("--pull")

        self.assertNotIn("altered", result.out + result.err)
        self.assertFalse(self.maildir.has("INBOX", self.mails[3]))
        self.sync()
        self.assertEqual((self.copies_there(self.mails[3]), self.copies_there(self.mails[3], "Work")), (0, 1))
        self.assert_in_sync()

    def test_a_file_that_moved_is_not_altered_where_no_removal_may_go_up(self):
        self.account.set(push=["new", "flags", "mailboxes"])
        self.moved()

        result = self.sync()

        self.assertNotIn("altered", result.out + result.err)
        self.assertTrue(self.is_there(self.mails[3], "Work") and self.is_there(self.mails[3]))
        self.account.set(push=["new", "flags", "deletes", "mailboxes"])
        self.sync()
        self.assertEqual((self.copies_there(self.mails[3]), self.copies_there(self.mails[3], "Work")), (0, 1))
        self.assert_in_sync()


class LettersTest(FilesTest):
    def given_keywords(self, mailbox, *names):
        path = os.path.join(self.maildir.folder(mailbox), "dovecot-keywords")
        with open(path, "w") as file:
            file.writelines("%d %s\n" % line for line in enumerate(names))

    def when_it_moves_there(self, n):
        self.client.move("INBOX", self.client.uid_of("INBOX", self.mails[n]), "Work")
        self.sync()
        return self.file(n, "Work").info

    def given_letters(self, n, letters):
        file = self.file(n)
        os.rename(file.path, os.path.join(self.maildir.folder("INBOX"), "cur", file.base + ":2," + letters))

    def test_a_keyword_keeps_its_name_in_the_folder_that_it_moves_to(self):
        self.given_keywords("INBOX", "$Important", "$Label1", "Private")
        self.given_keywords("Work", "$Junk", "$important", "$Label1")
        self.given_letters(0, "Sabc")
        self.sync()

        self.assertEqual(self.when_it_moves_there(0), "Sbc")  # $Important, $Label1; nobody there knows Private

    def test_a_keyword_without_a_name_there_stays_behind(self):
        self.given_keywords("INBOX", "$Important")
        self.given_letters(0, "Sa")
        self.sync()

        self.assertEqual(self.when_it_moves_there(0), "S")


class UnansweredTest(FilesTest):
    """The last byte of an APPEND arrives, its answer does not, or arrives late; meanwhile the file gets another name."""

    def given_a_cut_append(self, mail):
        file = self.maildir.put("INBOX", mail.lf, "S", date=mail.date)
        killed = []

        def stop(data):
            if re.search(rb" APPEND ", data) and not killed:
                killed.append(True)
                self.process.kill()
                time.sleep(2)  # the server gets the rest when golub is long dead, and looked again
            return data
        self.through(edit_up=stop)
        self.process = self.home.start("sync", "work")
        self.process.wait()
        self.assertTrue(killed)
        self.account.set(server="imap://127.0.0.1:%d" % self.server.port)
        return file

    def until_settled(self):
        codes = []
        for _ in range(12):
            codes.append(self.account.sync().code)
            if codes[-1] == OK and len(codes) > 2:
                break
            time.sleep(1.5)
        self.assertEqual(codes[-1], OK, codes)
        return codes

    def test_a_file_that_gets_another_name_is_sent_once(self):
        mail = self.corpus.simple("renamed")
        file = self.given_a_cut_append(mail)

        self.maildir.move(file, "INBOX", rename=True)
        self.assertEqual(self.account.sync().code, SOME)

        self.until_settled()
        self.assertEqual(self.copies_there(mail), 1)
        self.assert_same()

    def test_a_file_that_goes_to_another_folder_is_there_once(self):
        mail = self.corpus.simple("moved")
        file = self.given_a_cut_append(mail)

        self.maildir.move(file, "Work", rename=True)
        self.assertEqual(self.account.sync().code, SOME)

        self.until_settled()
        self.assertEqual((self.copies_there(mail), self.copies_there(mail, "Work")), (0, 1))
        self.assert_same()


class DamageTest(FilesTest):
    def given_damage(self, how):
        file = self.file(5)
        with open(file.path, "rb") as whole:
            data = whole.read()
        with open(file.path, "wb") as damaged:
            damaged.write(how(data))
        return how(data)

    def then_it_does_not_travel(self, damage):
        for _ in range(2):
            self.sync(expect=SOME)
        bodies = [self.client.body("INBOX", m.uid) for m in self.client.messages("INBOX")]
        self.assertEqual(len(bodies), len(self.mails))
        self.assertNotIn(damage.replace(b"\n", b"\r\n"), bodies)
        self.assertTrue(self.maildir.has("INBOX", self.mails[5]))  # fetched again, beside it
        self.assertIn(damage, [f.bytes() for f in self.maildir.files("INBOX")])

    def test_damage_does_not_travel_when_the_journal_is_lost(self):
        damage = self.given_damage(lambda data: data[:len(data) // 2])
        shutil.rmtree(self.account.state)

        self.then_it_does_not_travel(damage)

    def test_an_empty_file_is_no_new_mail_when_the_journal_is_lost(self):
        damage = self.given_damage(lambda data: b"")
        shutil.rmtree(self.account.state)

        self.then_it_does_not_travel(damage)


if __name__ == "__main__":
    main()
