"""Files that are copied, moved, renamed, damaged or written while golub is at work or away."""
import os
import re
import shutil
import time

from base import HELD, OK, SOME, SystemTest, main


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


class LinkTest(FilesTest):
    """A mail reader renames a file by link and unlink, and golub looks between the two."""

    def setUp(self):
        super().setUp()
        self.message = self.corpus.simple("linked", flags=["\\Seen", "\\Flagged"])
        self.client.fill("Work", [self.message])
        self.sync()
        self.sync()
        self.old = self.maildir.find("Work", self.message).path
        self.new = self.old[:self.old.rindex(",") + 1]

    def test_a_flag_that_is_taken_off_takes_no_message_along(self):
        os.link(self.old, self.new + "S")
        self.sync()
        self.assertEqual(len(self.maildir.files("Work")), 2)
        os.unlink(self.old)

        self.sync()
        self.sync()

        self.assertEqual([m.flags & {"\\Seen", "\\Flagged"} for m in self.client.messages("Work")], [{"\\Seen"}])
        self.assert_in_sync()

    def test_a_flag_that_is_set_is_set(self):
        os.link(self.old, self.new + "FRS")
        self.sync()
        self.assertEqual(len(self.maildir.files("Work")), 2)
        os.unlink(self.old)

        self.sync()

        self.assertEqual([m.flags & {"\\Answered", "\\Flagged"} for m in self.client.messages("Work")], [{"\\Answered", "\\Flagged"}])
        self.assert_in_sync()

    def test_two_names_that_stay_become_one(self):
        os.link(self.old, self.new + "S")
        time.sleep(21)
        self.sync()
        self.assertEqual(len(self.maildir.files("Work")), 1)
        self.assertTrue(self.maildir.has("Work", self.message))
        self.assert_in_sync()


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
    """What letters mean is kept where golub itself writes none."""
    account_options = {"keywords": "journal"}

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

    def test_letters_stay_where_neither_folder_says_what_they_mean(self):
        self.given_letters(0, "Sa")
        self.sync()

        self.assertEqual(self.when_it_moves_there(0), "Sa")


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

    def until_in_sync(self):
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

        self.until_in_sync()
        self.assertEqual(self.copies_there(mail), 1)
        self.assert_same()

    def test_what_moved_on_there_before_it_was_seen_is_there_once(self):
        mail = self.corpus.simple("moved on")
        self.given_a_cut_append(mail)
        while not self.copies_there(mail):
            time.sleep(0.1)
        self.client.move("INBOX", self.client.uid_of("INBOX", mail), "Work")

        self.until_in_sync()

        self.assertEqual((self.copies_there(mail), self.copies_there(mail, "Work")), (0, 1))
        self.assert_same()

    def test_what_moved_on_there_stays_here_where_nothing_may_follow_and_is_not_sent_again(self):
        mail = self.corpus.simple("moved on")
        self.given_a_cut_append(mail)
        while not self.copies_there(mail):
            time.sleep(0.1)
        self.client.move("INBOX", self.client.uid_of("INBOX", mail), "Work")
        self.account.set(pull=["new", "flags", "mailboxes"])

        self.until_in_sync()

        self.assertEqual((self.copies_there(mail), self.copies_there(mail, "Work")), (0, 1))
        self.assertIsNotNone(self.maildir.find("INBOX", mail))
        self.assertIsNotNone(self.maildir.find("Work", mail))
        self.account.set(pull=None)
        self.sync()
        self.assertEqual(self.copies_there(mail), 0)
        self.assert_same()

    def test_a_run_for_one_mailbox_does_not_send_again_what_moved_on_to_another(self):
        mail = self.corpus.simple("moved on")
        self.given_a_cut_append(mail)
        while not self.copies_there(mail):
            time.sleep(0.1)
        self.client.move("INBOX", self.client.uid_of("INBOX", mail), "Work")

        for wait in (0, 7, 0):
            time.sleep(wait)
            result = self.home.run("sync", "work/INBOX")

        self.assertEqual(self.copies_there(mail), 0)
        self.assertEqual(result.code, OK, result)
        self.sync()
        self.assertEqual((self.copies_there(mail), self.copies_there(mail, "Work")), (0, 1))
        self.assert_same()

    def test_a_file_that_goes_to_another_folder_is_there_once(self):
        mail = self.corpus.simple("moved")
        file = self.given_a_cut_append(mail)

        self.maildir.move(file, "Work", rename=True)
        self.assertEqual(self.account.sync().code, SOME)

        self.until_in_sync()
        self.assertEqual((self.copies_there(mail), self.copies_there(mail, "Work")), (0, 1))
        self.assert_same()


class GoneTest(FilesTest):
    def test_a_draft_that_is_gone_when_its_bytes_are_asked_for_is_no_error(self):
        """Another client moved a message to Drafts, and saves it again there while golub reads which one it is."""
        other = self.new_client()
        self.client.move("INBOX", self.client.uid_of("INBOX", self.mails[2]), "Drafts")
        asked = []

        def save_again(data):
            if b"BODY.PEEK[]" in data and not asked:
                asked.append(True)
                other.append("Drafts", self.corpus.simple("again"))
                other.expunge("Drafts", other.uid_of("Drafts", self.mails[2]))
            return data
        self.through(edit_up=save_again)

        result = self.sync()

        self.assertTrue(asked)
        self.assertEqual(result.err, "")
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


class EditTest(FilesTest):
    def bodies(self, mailbox):
        return sorted(self.client.body(mailbox, m.uid) for m in self.client.messages(mailbox))

    def given_draft(self, letters="DS", mailbox="Drafts", subject="draft"):
        mail = self.corpus.simple(subject)
        file = self.maildir.put(mailbox, mail.lf, letters, date=mail.date)
        self.sync()
        self.sync()
        return mail, file

    @staticmethod
    def edit(file, data, in_place=True):
        path = file.path
        if not in_place:
            path += ".tmp"
        with open(path, "wb") as out:
            out.write(data)
        if not in_place:
            os.rename(path, file.path)
        return data.replace(b"\n", b"\r\n")


class DraftTest(EditTest):
    def test_a_draft_that_was_saved_again_replaces_the_one_there(self):
        for in_place in (True, False):
            with self.subTest(in_place=in_place):
                mail, file = self.given_draft(subject="draft %s" % in_place)
                wire = self.edit(file, mail.lf + b"second thoughts\n", in_place)

                result = self.sync()

                self.assertNotIn("held", result.out)
                self.assertIn(wire, self.bodies("Drafts"))
                self.assertNotIn(mail.bytes, self.bodies("Drafts"))
                self.assertIn(mail.lf, self.account.quarantined())
                self.assert_in_sync()

    def test_an_old_version_is_kept_although_the_new_one_went_elsewhere(self):
        mail, file = self.given_draft()
        self.account.set(push=["new", "flags", "mailboxes"])
        self.edit(file, mail.lf + b"second thoughts\n")
        self.sync()
        self.maildir.move(file, "Work")
        self.account.set(push=["new", "flags", "deletes", "mailboxes"])

        self.sync()

        self.assertEqual(self.bodies("Drafts"), [])
        self.assertIn(mail.lf, self.account.quarantined())
        self.assert_same(dates=False)

    def test_an_old_version_that_stands_here_again_is_a_message_like_any_other(self):
        drafts = [self.corpus.simple("draft %d" % n) for n in range(25)]
        files = [self.maildir.put("Drafts", mail.lf, "DS", date=mail.date) for mail in drafts]
        self.sync()
        self.account.set(push=["new", "flags", "mailboxes"])
        for mail, file in zip(drafts, files):
            self.edit(file, mail.lf + b"second thoughts\n")
        self.sync()
        again = [self.maildir.put("Drafts", mail.lf, "DS", date=mail.date) for mail in drafts]
        self.sync()
        self.account.set(push=["new", "flags", "deletes", "mailboxes"])
        self.assertEqual(len(self.bodies("Drafts")), 50)
        for file in again:
            os.unlink(file.path)

        self.sync(expect=HELD)

        self.assertEqual(len(self.bodies("Drafts")), 50)

    def test_a_draft_without_its_flag_is_known_by_its_mailbox(self):
        mail, file = self.given_draft("S")
        wire = self.edit(file, mail.lf + b"second thoughts\n")

        self.sync()

        self.assertEqual(self.bodies("Drafts"), [wire])
        self.assert_in_sync()

    def test_a_draft_that_was_fetched_is_one(self):
        mail = self.corpus.simple("from elsewhere")
        self.client.append("Drafts", mail.bytes, ["\\Draft"], mail.date)
        self.sync()
        wire = self.edit(self.maildir.find("Drafts", mail), mail.lf + b"second thoughts\n")

        self.sync()

        self.assertEqual(self.bodies("Drafts"), [wire])
        self.assert_in_sync()

    def test_a_draft_that_was_edited_here_and_deleted_there_goes_up(self):
        mail, file = self.given_draft()
        wire = self.edit(file, mail.lf + b"second thoughts\n")
        self.client.expunge("Drafts", self.client.uid_of("Drafts", mail))

        result = self.sync()

        self.assertEqual(self.bodies("Drafts"), [wire])
        self.assertIn("both versions stay", result.out)
        self.assert_in_sync()

    def test_a_draft_that_was_edited_on_both_sides_stays_in_both_versions(self):
        mail, file = self.given_draft()
        wire = self.edit(file, mail.lf + b"second thoughts\n")
        self.client.expunge("Drafts", self.client.uid_of("Drafts", mail))
        theirs = mail.bytes + b"third thoughts\r\n"
        self.client.append("Drafts", theirs, ["\\Draft"], mail.date)

        result = self.sync()

        self.assertEqual(self.bodies("Drafts"), sorted([wire, theirs]))
        self.assertIn("both versions stay", result.out)
        self.assert_in_sync()

    def test_without_deletes_the_new_version_goes_up_and_the_old_one_waits(self):
        mail, file = self.given_draft()
        self.account.set(push=["new", "flags", "mailboxes"])
        wire = self.edit(file, mail.lf + b"second thoughts\n")

        self.sync()

        self.assertEqual(self.bodies("Drafts"), sorted([mail.bytes, wire]))
        self.sync()
        self.account.set(push=["new", "flags", "deletes", "mailboxes"])
        self.sync()
        self.assertEqual(self.bodies("Drafts"), [wire])
        self.assertIn(mail.lf, self.account.quarantined())
        self.assert_in_sync()

    def test_a_draft_that_was_edited_and_moved_is_a_move(self):
        mail, file = self.given_draft()
        wire = self.edit(file, mail.lf + b"the final text\n")
        os.rename(file.path, os.path.join(self.maildir.folder("Sent"), "cur", file.base + ":2,S"))

        self.sync()

        self.assertEqual((self.bodies("Drafts"), self.bodies("Sent")), ([], [wire]))
        self.assert_in_sync()

    def test_what_a_replacement_costs_in_turns(self):
        mail, file = self.given_draft()
        self.sync()
        idle = self.proxy.stats["turns"]
        self.edit(file, mail.lf + b"second thoughts\n")

        self.sync()

        print("turns: %d where nothing changed, %d with a draft that was saved again" % (idle, self.proxy.stats["turns"]))
        self.assertLessEqual(self.proxy.stats["turns"], idle + 10)
        self.sync()
        self.assertLessEqual(self.proxy.stats["turns"], idle + 1)  # an answer that comes in two pieces counts twice


class WriterTest(EditTest):
    def given_half(self, mail, share=0.5):
        file = self.maildir.put("INBOX", mail.lf[:int(len(mail.lf) * share)], "S")
        self.sync()
        return file

    def test_a_file_that_was_still_being_written_is_there_whole(self):
        mail = self.corpus.big(200_000)
        file = self.given_half(mail)
        self.assertEqual(len(self.client.messages("INBOX")), len(self.mails) + 1)
        self.edit(file, mail.lf)

        self.sync()

        self.assertEqual(self.copies_there(mail), 1)
        self.assertEqual(len(self.client.messages("INBOX")), len(self.mails) + 1)
        self.assertIn(mail.lf[:len(mail.lf) // 2], self.account.quarantined())
        self.assert_in_sync()

    def test_a_beginning_is_replaced_however_long_the_rest_took(self):
        mail = self.corpus.big(50_000)
        file = self.given_half(mail, 0.1)
        self.edit(file, mail.lf)
        os.utime(file.path, (time.time() + 3600, time.time() + 3600))

        self.sync()

        self.assertEqual(self.copies_there(mail), 1)
        self.assertEqual(len(self.client.messages("INBOX")), len(self.mails) + 1)
        self.assert_same(dates=False)

    def test_a_file_that_was_edited_later_is_altered_and_said(self):
        mail = self.corpus.simple("kept")
        file = self.maildir.put("INBOX", mail.lf, "S", date=mail.date)
        self.sync()
        self.edit(file, b"X" + mail.lf[1:])
        os.utime(file.path, (time.time() + 60, time.time() + 60))

        result = self.sync(expect=SOME)

        self.assertIn(file.base, result.err)
        self.assertEqual(self.copies_there(mail), 1)
        self.sync(expect=SOME)
        self.edit(file, mail.lf)
        os.utime(file.path, (mail.date, mail.date))
        self.sync()
        self.assert_in_sync()

    def test_another_file_that_was_edited_and_moved_is_new_mail_and_the_message_comes_back(self):
        file = self.file(3)
        wire = self.edit(file, self.mails[3].lf + b"edited in place\n")
        self.maildir.move(file, "Work")

        self.sync()

        self.assertEqual(self.bodies("Work"), [wire])
        self.assertTrue(self.is_there(self.mails[3]) and self.maildir.has("INBOX", self.mails[3]))
        self.assert_same()


if __name__ == "__main__":
    main()
