"""What golub verify says comes next is what the next sync does, whatever `pull`, `push` and `delete` are; and the commands that it names can be run."""
import os
import re
import subprocess
import unittest

from test_closed_folder import POWERLESS, can_be_closed
from verifybase import OK, SOME, VerifyTest, main, rot

ARCHIVE = {"pull": ["new", "flags", "mailboxes"], "push": []}
UPLOAD = {"pull": [], "push": ["new", "flags", "mailboxes"]}
ALL = ["new", "flags", "deletes", "mailboxes", "mailbox-deletes"]


class WordsTest(VerifyTest):
    def said(self, expect, *options):
        """{mailbox/UID or file or "": [(class, text)]}"""
        said = {}
        for e in self.verify(*options, expect=expect).of("verify"):
            key = (e["mailbox"], e.get("uid", 0)) if e.get("mailbox") else None
            said.setdefault(key, []).append((e["class"], e["text"]))
        return said

    def one(self, expect, *options):
        """The text of the only thing that is said, and its class."""
        (event,) = self.verify(*options, expect=expect).of("verify")
        return event["class"], event["text"]

    def both_sides(self):
        """Everything that one may change, on both sides: UIDs 1 and 2 are gone, 3 and 4 changed."""
        uids = self.uids
        self.client.expunge("INBOX", uids[0])
        self.maildir.delete(self.file(1))
        self.client.store("INBOX", uids[2], "+", ["\\Flagged"])
        self.maildir.flag(self.file(3), add="S")
        self.maildir.deliver("INBOX", self.corpus.simple("ours").lf)
        self.client.append("INBOX", self.corpus.simple("theirs").bytes)
        self.maildir.create("Ours")
        self.maildir.deliver("Ours", self.corpus.simple("ours, too").lf)
        self.client.create("Theirs")
        self.client.append("Theirs", self.corpus.simple("theirs, too").bytes)


class PolicyTest(WordsTest):
    def test_what_an_archive_keeps_is_no_fault_before_a_sync_and_after_it(self):
        self.account.set(**ARCHIVE)
        self.sync()
        self.both_sides()

        before = self.said(SOME)
        self.assertEqual(before.pop(("INBOX", self.uids[2])), [("flags", "changed on the server since the last sync: the next one carries that over")])
        self.assertEqual([c for c, _ in before.pop(("Theirs", 0))], ["extra-there"])
        there = {key: texts for key, texts in before.items() if texts[0][0] == "extra-there"}
        waits = {key: texts for key, texts in before.items() if key not in there}
        self.assertEqual([len(there), {c for texts in waits.values() for c, _ in texts}], [1, {"waiting"}])
        self.assertIn('`pull` lacks "deletes"', waits[("INBOX", self.uids[0])][0][1])
        self.assertIn('`push` lacks "deletes"', waits[("INBOX", self.uids[1])][0][1])
        self.assertIn('`push` lacks "flags"', waits[("INBOX", self.uids[3])][0][1])
        self.assertIn('`push` lacks "new"', waits[("INBOX", 0)][0][1])
        self.assertIn('`push` lacks "mailboxes"', waits[("Ours", 0)][0][1])
        for texts in waits.values():
            self.assertNotRegex(texts[0][1], "the next one|golub sync makes")

        server = self.client.tree()
        self.sync()
        after = self.said(OK)
        self.assertEqual({c for texts in after.values() for c, _ in texts}, {"waiting"})
        self.assertEqual(set(after), set(waits))
        self.assertEqual(self.client.tree(), server)

    def test_people_are_told_once_for_each_kind(self):
        self.account.set(**ARCHIVE)
        self.client.expunge("INBOX", "%d:%d" % (self.uids[0], self.uids[2]))
        self.maildir.delete(self.file(4))

        result = self.run_golub("verify", "work", expect=OK)

        self.assertIn('work/INBOX: waiting, 3 messages: gone on the server since the last sync: `pull` lacks "deletes", ', result.out)
        self.assertIn('work/INBOX: waiting, 1 message: the file is gone since the last sync: `push` lacks "deletes", ', result.out)
        self.assertNotIn("golub status", result.out)
        self.assertRegex(result.out, r"(?m)^work: equal: .*, 4 waiting")

    def test_what_an_upload_keeps_is_no_fault_before_a_sync_and_after_it(self):
        self.account.set(**UPLOAD)
        self.sync()
        self.both_sides()

        before = self.said(SOME)
        self.assertEqual({key[0] if key[1] == 0 else key[1] for key, texts in before.items() if texts[0][0] not in ("waiting", "extra-there")},
                         {self.uids[3], "INBOX", "Ours"})  # a flag, a file and a folder that go up
        self.assertIn('`pull` lacks "deletes"', before[("INBOX", self.uids[0])][0][1])
        self.assertIn('`push` lacks "deletes"', before[("INBOX", self.uids[1])][0][1])
        self.assertIn('`pull` lacks "flags"', before[("INBOX", self.uids[2])][0][1])
        self.assertIn('`pull` lacks "mailboxes"', before[("Theirs", 0)][0][1])
        (new,) = [texts for key, texts in before.items() if key[0] == "INBOX" and texts[0][0] == "extra-there"]
        self.assertIn('`pull` lacks "new"', new[0][1])
        self.assertIn('extra-there, 1 message: new on the server since the last sync: `pull` lacks "new"', self.run_golub("verify", expect=SOME).out)

        self.sync()
        self.assertEqual({c for texts in self.said(OK).values() for c, _ in texts} - {"extra-there"}, {"waiting"})

    def test_a_folder_goes_up_and_its_mail_does_not(self):
        self.account.set(push=["mailboxes"])
        self.maildir.create("Ours")
        self.maildir.deliver("Ours", self.corpus.simple("ours").lf)

        self.assertEqual(self.one(SOME), ("extra-here", 'a folder that no sync has met yet: golub sync makes it on the server, '
                                          'and sends nothing of it (`push` lacks "new")'))

    def test_what_is_gone_with_its_mailbox_in_an_archive(self):
        self.account.set(**ARCHIVE)
        self.client.delete_mailbox("Work")

        kind, text = self.one(OK)

        self.assertEqual((kind, text), ("waiting", 'the mailbox is not on the server: `pull` lacks "deletes", so what is here stays'))

    def test_a_folder_that_is_gone_in_an_archive(self):
        self.account.set(**ARCHIVE)
        os.rename(self.maildir.folder("Work"), self.home.path_of("aside"))

        kind, text = self.one(OK)

        self.assertEqual((kind, text), ("waiting", 'its folder is not here: `push` lacks "deletes", so what is on the server stays'))


class TrashedTest(WordsTest):
    server_options = {"special_use": {"Bin": "Trash"}}
    account_options = {"delete": "trash"}

    def test_what_is_removed_here_goes_into_the_trash(self):
        self.maildir.delete(self.file(1))

        kind, text = self.one(SOME)
        self.sync()

        self.assertEqual(kind, "missing-here")
        self.assertIn("the next one moves it into the Trash there", text)
        self.assertEqual(len(self.client.messages("Bin")), 1)

    def test_what_is_removed_in_the_trash_goes_for_good(self):
        self.client.fill("Bin", [self.corpus.simple("old")])
        self.sync()
        self.maildir.delete(self.maildir.files("Bin")[0])

        _, text = self.one(SOME)
        self.sync()

        self.assertIn("the next one removes it on the server, too", text)
        self.assertEqual(self.client.messages("Bin"), [])


class MailboxTest(WordsTest):
    account_options = {"pull": ALL, "push": ALL}
    server_options = {"special_use": False}

    def test_a_mailbox_that_is_gone_there_takes_its_folder_along(self):
        self.client.delete_mailbox("Work")

        kind, text = self.one(SOME)
        self.sync()
        self.sync()

        self.assertEqual(kind, "missing-there")
        self.assertIn("the second golub sync that misses it removes its folder here, and what it holds goes into the quarantine", text)
        self.assertFalse(os.path.isdir(self.maildir.folder("Work")))

    def test_a_folder_that_is_gone_here_takes_its_mailbox_along(self):
        os.rename(self.maildir.folder("Work"), self.home.path_of("aside"))

        kind, text = self.one(SOME)
        self.sync()

        self.assertEqual(kind, "missing-here")
        self.assertIn("golub sync removes the mailbox on the server", text)
        self.assertNotIn("Work", self.client.mailboxes())

    def test_where_the_word_came_after_it_was_gone(self):
        self.account.set(pull=None)
        self.client.delete_mailbox("Work")
        self.sync()
        self.assertEqual(self.one(OK), ("waiting", "the mailbox is gone on the server, what is here stays"))
        self.account.set(pull=ALL)

        self.assertIn("removes its folder here", self.one(OK)[1])


class CommandTest(WordsTest):
    def command(self, text):
        (command,) = re.findall(r"`(golub restore .*)`", text)
        environment = dict(os.environ, HOME=self.home.path, XDG_STATE_HOME=self.home.path_of("state"), XDG_CONFIG_HOME=os.path.dirname(os.path.dirname(self.home.config)))
        done = subprocess.run(["sh", "-c", command.replace("golub", '"$GOLUB_BIN"', 1)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        self.assertEqual(done.returncode, OK, command + "\n" + done.stdout)

    def test_the_command_that_brings_an_altered_file_back_can_be_copied(self):
        self.client.create("It's old mail")
        mail = self.corpus.simple("old")
        self.client.fill("It's old mail", [mail])
        self.sync()
        file = self.maildir.find("It's old mail", mail)
        for keep_time in (True, False):  # bit rot, or somebody's work
            rot(file.path, keep_time=keep_time)

            kind, text = self.one(SOME, "--bytes")
            self.assertEqual(kind, "damaged" if keep_time else "altered")
            self.command(text)

            self.assertEqual(self.found("--bytes", expect=OK), [])
            file = self.maildir.find("It's old mail", mail)

    def test_and_names_the_file_as_it_is_called_by_now(self):
        path = self.file(2).path
        rot(path)
        os.rename(path, path.split(":2,")[0] + ":2,F")

        texts = [e["text"] for e in self.verify("--bytes", expect=SOME).of("verify") if e["class"] == "damaged"]

        self.assertEqual(len(texts), 1)
        self.command(texts[0])

    def test_the_command_that_brings_a_removed_message_back(self):
        self.client.expunge("INBOX", self.uids[0])

        kind, text = self.one(SOME)
        self.assertEqual(kind, "missing-there")
        self.assertIn("golub restore work brings it back", text)

    @unittest.skipUnless(can_be_closed(), "root, and setpriv can't take its rights away: no file can be closed")
    def test_a_file_that_cant_be_read(self):
        path = self.file(2).path
        os.chmod(path, 0)

        (event,) = self.check(self.home.run("verify", "work", "--json", "--bytes", prefix=POWERLESS), SOME).of("verify")

        self.assertEqual((event["class"], event["uid"]), ("damaged", self.uids[2]))
        self.assertIn("it can't be read (Permission denied): let golub's user read it", event["text"])
        os.chmod(path, 0o600)
        self.assertEqual(self.found("--bytes", expect=OK), [])

    def test_a_file_that_left_the_quarantine(self):
        self.client.expunge("INBOX", self.uids[0])
        self.sync()
        folder = os.path.join(self.account.state, "quarantine")
        (name,) = os.listdir(folder)
        os.unlink(os.path.join(folder, name))

        kind, text = self.one(SOME)

        self.assertEqual(kind, "quarantine-damaged")
        self.assertIn("only a backup of %s/quarantine has it" % self.account.state, text)


if __name__ == "__main__":
    main()
