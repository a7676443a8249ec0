"""What must hold for `golub adopt`, whichever program kept the tree: its state is the Base. Nothing is compared that it proves, and what was removed meanwhile waits."""
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import sqlite3
import unittest

import schema_check
from base import BUSY, CONFIG, HELD, OK, PASSWORD, SOME, SystemTest
from rig.in_memory import NIGHTLY
from rig.movers import Mbsync, OfflineImap

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contrib", "golub.schema.json")


def nightly(test):
    """Both programs are slow to fill a tree: an ordinary run has what no other test sees."""
    return unittest.skipUnless(NIGHTLY, "only with GOLUB_NIGHTLY=1")(test)


class AdoptTest(SystemTest):
    COUNT = 30
    kind, options = None, {}  # of the program

    def state_of(self, mailbox="INBOX"):
        """Path of the file in which the program keeps its state."""
        raise NotImplementedError

    def lock(self):
        """Open and held, as while the program is at work."""
        raise NotImplementedError

    def set_validity(self, mailbox, validity):
        """As if the state were of a mailbox there that has this one."""
        raise NotImplementedError

    def given_a_mover(self, kind, **options):
        if not kind.is_here():
            self.skipTest("%s is not installed" % kind.program)
        self.mover = kind(self.server, self.user, PASSWORD, **options)
        self.addCleanup(self.mover.close)
        self.tree = self.mover.maildir()
        return self.mover

    def given_a_full_account(self, count=None):
        self.messages = self.corpus.messages(count or self.COUNT, edge=False)
        self.client.create("Work/2024")
        self.client.fill("INBOX", self.messages[::2])
        self.client.fill("Work/2024", self.messages[1::2])

    def given_a_tree(self, **more):
        self.given_a_full_account()
        self.given_a_mover(self.kind, **{**self.options, **more})
        self.mover.sync()
        self.given_golub()

    def given_golub(self, **keys):
        self.account = self.new_account("moved", maildir=self.mover.root, **keys)
        self.maildir = self.account.maildir

    def meanwhile(self, act):
        """When golub first opens a mailbox: it has read the states by then."""
        left = [act]

        def edit(data):
            if b" SELECT " in data.upper() and left:
                left.pop()()
            return data
        self.through(edit_up=edit)

    def adopt(self, *options, expect=OK):
        self.proxy.reset()
        return self.check(self.home.run("adopt", self.account.name, *options, env={"HOME": self.mover.folder}), expect)

    def status(self):
        return self.home.run("status", self.account.name).out

    # -- what is there

    def counts_there(self):
        return {name: len(self.client.messages(name)) for name in self.client.mailboxes()}

    def state_there(self):
        return {name: sorted((m.uid, m.flags, m.digest) for m in self.client.messages(name)) for name in self.client.mailboxes()}

    def names_here(self):
        """All files of the other program's and all mail, with what is in them; golub's mark is golub's."""
        found = {}
        for path, _, files in os.walk(self.mover.root):
            for name in files:
                if name == ".golub":
                    continue
                with open(os.path.join(path, name), "rb") as f:
                    found[os.path.relpath(os.path.join(path, name), self.mover.root)] = hashlib.sha256(f.read()).hexdigest()
        return found

    def mail_here(self):
        """What is here, whatever flags its names show."""
        return {name: sorted(f.digest for f in self.tree.files(name)) for name in self.tree.mailboxes()}

    def up(self):
        return self.proxy.stream("up").upper()

    def bodies(self):
        return self.up().count(b"BODY.PEEK[]")

    def headers(self):
        return sum(line.count(b",") + 1 for line in re.findall(rb"UID FETCH (\S+) [^\r]*BODY\.PEEK\[HEADER\]", self.up()))

    def appended(self):
        return self.up().count(b" APPEND ")

    def assert_silent(self, shown=0, waiting=0):
        """Nothing but lists: nothing sent or changed, no header but of what is held and shown, and no body but of what waits to be removed there."""
        self.assertEqual((self.bodies(), self.appended()), (waiting, 0), self.evidence())
        self.assertLessEqual(self.headers(), shown, self.evidence())
        self.assert_nothing_changed_there()

    def file_of(self, message, mailbox="INBOX"):
        mark = [line for line in bytes(message).split(b"\r\n") if line.lower().startswith(b"message-id:")][0]
        found = [f for f in self.tree.files(mailbox) if mark in f.wire()]
        self.assertEqual(len(found), 1, "%d files of %r in %s" % (len(found), mark, mailbox))
        return found[0]

    def uid_of(self, message, mailbox="INBOX"):
        """Also where its copy there has lines of the other program's."""
        mark = [line for line in bytes(message).split(b"\r\n") if line.lower().startswith(b"message-id:")][0]
        found = [m.uid for m in self.client.messages(mailbox) if mark in self.client.body(mailbox, m.uid)]
        return found[0] if found else None

    def quarantine(self):
        folder = os.path.join(self.account.state, "quarantine")
        found = []
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            with open(os.path.join(folder, name), "rb") as f:
                found.append(f.read())
        return found

    # -- what must hold

    def then_it_is_adopted(self, *options, expect=OK):
        """Both sides stay as they are, nothing is read, and the sync that follows finds nothing to do."""
        before_there, before_here = self.state_there(), self.names_here()
        result = self.adopt(*options, expect=expect)
        self.assert_silent(shown=3 if expect == HELD else 0, waiting=1 if expect == HELD else 0)
        self.assertEqual(self.state_there(), before_there)
        self.assertEqual(self.names_here(), before_here)
        return result

    def then_both_sides_go_on(self):
        """One change a side arrives on the other."""
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
        self.assert_idempotent()
        there, here = self.corpus.simple("new there"), self.corpus.simple("new here")
        self.client.append("INBOX", there)
        self.tree.deliver("Work/2024", here)
        self.client.store("INBOX", [self.uid_of(self.messages[0])], "+", ["\\Answered"])
        file = self.file_of(self.messages[2])
        self.tree.flag(file, add="F")
        counts = self.counts_there()

        self.sync()

        counts["Work/2024"] += 1
        self.assertEqual(self.counts_there(), counts)
        self.assertTrue(self.tree.has("INBOX", there))
        self.assertTrue(self.is_there(here, "Work/2024"))
        self.assertIn("\\Answered", self.file_of(self.messages[0]).flags)
        self.assertIn("\\Flagged", [m.flags for m in self.client.messages("INBOX") if m.uid == self.uid_of(self.messages[2])][0])
        self.assert_idempotent()

    def then_it_is_compared(self, words):
        """INBOX alone: its state says nothing."""
        result = self.adopt(expect=SOME)
        self.assertIn(words, result.err)
        self.assertNotIn("INBOX: 15 taken over", result.out)
        self.assertIn("Work/2024: 15 taken over", result.out)
        self.sync()
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX")), self.appended()), (15, 15, 0))
        self.assert_idempotent()


class Moved:
    """What must hold for either program."""

    def test_what_is_in_sync_is_in_sync(self):
        self.given_a_tree()
        result = self.then_it_is_adopted()
        self.assertIn("INBOX: 15 taken over", result.out)
        self.assertIn("already", self.adopt(expect=CONFIG).err)
        self.then_both_sides_go_on()

    @nightly
    def test_what_was_pushed_and_flagged(self):
        self.given_a_tree()
        for n, message in enumerate(self.corpus.messages(5, edge=False)):
            self.tree.deliver("INBOX", message)
            self.messages.append(message)
        self.tree.flag(self.file_of(self.messages[4]), add="RS")
        self.client.store("INBOX", [self.uid_of(self.messages[6])], "+", ["\\Flagged"])
        self.mover.sync()
        self.then_it_is_adopted()
        self.then_both_sides_go_on()

    def test_flags_that_changed_since_its_last_run_go_over(self):
        self.given_a_tree()
        seen = next(m for m in self.messages[::2] if "S" in self.file_of(m).letters)
        self.tree.flag(self.file_of(seen), remove="S")
        self.client.store("INBOX", [self.uid_of(self.messages[4])], "-", ["\\Seen", "\\Flagged"])
        self.client.store("INBOX", [self.uid_of(self.messages[6])], "+", ["\\Answered"])
        self.then_it_is_adopted()

        self.sync()

        self.assertNotIn("\\Seen", [m.flags for m in self.client.messages("INBOX") if m.uid == self.uid_of(seen)][0])
        self.assertNotIn("F", self.file_of(self.messages[4]).letters)
        self.assertIn("R", self.file_of(self.messages[6]).letters)
        self.assert_idempotent()

    def test_what_was_removed_since_its_last_run_waits_for_a_word(self):
        self.given_a_tree()
        here, there = self.messages[4], self.messages[6]
        os.unlink(self.file_of(here).path)
        self.client.expunge("INBOX", [self.uid_of(there)])
        before = self.counts_there()

        result = self.then_it_is_adopted(expect=HELD)

        self.assertIn("1 removed here since its last run, 1 removed on the server", result.out)
        name = re.search(r"--confirm-deletes=(\S+)", result.out + result.err).group(1)
        for _ in range(2):
            again = self.sync(expect=HELD)
            self.assertIn(name, again.out + again.err)
            self.assertEqual((self.counts_there(), len(self.tree.files("INBOX"))), (before, 14))
        self.assertIn("another program's state says", self.status())

        self.sync("--confirm-deletes=" + name)

        self.assertIsNone(self.uid_of(here))
        self.assertEqual(len(self.tree.files("INBOX")), 13)
        kept = [data.replace(b"\r\n", b"\n") for data in self.quarantine()]
        self.assertEqual(len(kept), 2)
        self.assertIn(bytes(here).replace(b"\r\n", b"\n"), kept)
        self.assert_idempotent()

    def test_what_was_wanted_back_is_a_message_as_any_other(self):
        """With the word of the user nothing of what the other program knew is left: the next removal of it is an ordinary one."""
        self.given_a_tree()
        for message in (self.messages[4], self.messages[6]):
            self.client.expunge("INBOX", [self.uid_of(message)])
        os.unlink(self.file_of(self.messages[8]).path)
        self.adopt(expect=HELD)
        self.sync("--reject-deletes")
        self.assert_idempotent()
        self.check(self.home.run("verify", self.account.name), OK)

        self.client.expunge("INBOX", [self.uid_of(self.messages[4]), self.uid_of(self.messages[8])])
        os.unlink(self.file_of(self.messages[6]).path)
        self.sync()

        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX"))), (12, 12))
        self.check(self.home.run("verify", self.account.name), OK)
        self.assert_idempotent()

    def test_all_removals_are_held_whatever_the_guard_says(self):
        self.given_a_tree()
        self.account.set(**{"max-delete": "off"})
        os.unlink(self.file_of(self.messages[4]).path)
        self.adopt(expect=HELD)
        self.sync(expect=HELD)
        self.assertIsNotNone(self.uid_of(self.messages[4]))

    @nightly
    def test_what_is_wanted_since_comes_back(self):
        self.given_a_tree()
        message = next(m for m in self.messages[::2] if "F" not in self.file_of(m).letters)
        os.unlink(self.file_of(message).path)
        self.client.store("INBOX", [self.uid_of(message)], "+", ["\\Flagged"])
        self.adopt()
        self.sync()
        self.assertIsNotNone(self.uid_of(message))
        self.assertEqual(len(self.tree.files("INBOX")), 15)
        self.assert_idempotent()

    @nightly
    def test_what_is_new_on_either_side_is_exchanged_by_the_next_sync(self):
        self.given_a_tree()
        there, here = self.corpus.simple("new there"), self.corpus.simple("new here")
        self.client.append("INBOX", there, date=there.date)  # what arrived in one second on both sides is compared
        self.tree.deliver("INBOX", here)
        before_here = self.names_here()
        self.adopt()
        self.assertEqual((self.bodies(), self.appended()), (0, 0))
        self.assertEqual(self.names_here(), before_here)
        self.sync()
        self.assertTrue(self.tree.has("INBOX", there))
        self.assertTrue(self.is_there(here))
        self.assertEqual(self.counts_there()["INBOX"], 17)
        self.assert_idempotent()

    @nightly
    def test_a_file_under_a_new_name_is_the_message_it_was(self):
        self.given_a_tree()
        file = self.file_of(self.messages[4])
        os.rename(file.path, os.path.join(self.tree.folder("INBOX"), "cur", self.tree.fresh_base() + ":2,S"))
        self.adopt()
        self.sync()
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX")), self.appended()), (15, 15, 0))
        self.assert_idempotent()

    def test_a_file_that_moved_to_another_folder_moves_there(self):
        self.given_a_tree()
        file = self.file_of(self.messages[4])
        self.client.store("INBOX", [self.uid_of(self.messages[4])], "+", ["$label1"])
        os.rename(file.path, os.path.join(self.tree.folder("Work/2024"), "cur", file.name))
        self.adopt()
        self.sync()
        self.assertEqual((self.counts_there()["INBOX"], self.counts_there()["Work/2024"], self.appended()), (14, 16, 0))
        moved = [m for m in self.client.messages("Work/2024") if m.uid == self.uid_of(self.messages[4], "Work/2024")]
        self.assertIn("$label1", [f.lower() for f in moved[0].flags])
        self.assert_idempotent()

    def test_a_file_that_moved_moves_there_by_a_copy(self):
        """The server has no MOVE. What is left of it waits for no word, and a flag that came before the copy goes along."""
        for flag in (False, True):
            with self.subTest(flag=flag):
                self.another_account()
                self.given_a_tree()
                self.account.set(disable=["MOVE"])
                message = self.messages[4]
                file = self.file_of(message)
                os.rename(file.path, os.path.join(self.tree.folder("Work/2024"), "cur", file.name))
                self.adopt()
                left = [1]

                def edit(data, message=message, left=left, flag=flag):
                    if b" COPY " in data and left:
                        left.pop()
                        if flag:
                            with self.new_client() as other:
                                uid = next(m.uid for m in other.messages("INBOX") if bytes(message)[-60:] in other.body("INBOX", m.uid))
                                other.store("INBOX", [uid], "+", ["\\Flagged"])
                    return data
                self.through(edit_up=edit)
                self.sync()
                self.through()
                self.sync()

                self.assertFalse(left)
                self.assertEqual((self.counts_there()["INBOX"], self.counts_there()["Work/2024"]), (14, 16))
                self.assertEqual((len(self.tree.files("INBOX")), len(self.tree.files("Work/2024"))), (14, 16))
                if flag:
                    self.assertIn("F", self.file_of(message, "Work/2024").letters)
                self.assert_idempotent()

    def test_what_moved_there_moves_here(self):
        self.given_a_tree()
        self.client.move("INBOX", [self.uid_of(self.messages[4])], "Work/2024")
        self.adopt()
        self.sync()
        self.assertEqual((len(self.tree.files("INBOX")), len(self.tree.files("Work/2024"))), (14, 16))
        self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
        self.assert_idempotent()

    def test_what_changed_its_shape_there_waits_for_nobody(self):
        """Another client edited a label, saved with two lines more, or sent again what nothing names: the old UID is gone, and the message is there."""
        draft, nameless = (self.corpus.simple(subject, body) for subject, body in (("draft", "one\r\n"), ("nameless", "two\r\n")))
        nameless = re.sub(rb"(?m)^(Message-ID|Received):.*(\r\n[ \t].*)*\r\n", b"", bytes(nameless))
        self.client.append("Drafts", draft)
        self.client.append("INBOX", nameless)
        self.given_a_tree()
        changed = [("INBOX", self.uid_of(self.messages[4]), b"X-Label: later\r\n"), ("INBOX", self.uid_of(self.messages[6]), b"Content-Length: 345\r\nLines: 12\r\n"),
                   ("Drafts", self.uid_of(draft, "Drafts"), b""), ("INBOX", self.client.messages("INBOX")[0].uid, b"X-Label: later\r\n")]
        for mailbox, uid, lines in changed:
            data = self.client.body(mailbox, uid)
            self.client.append(mailbox, data.replace(b"\r\n\r\n", b"\r\n" + lines + b"\r\n", 1), ["\\Answered"])
            self.client.expunge(mailbox, [uid])
        there, here = self.counts_there(), self.mail_here()

        self.adopt()
        self.sync()

        self.assertEqual((self.counts_there(), self.mail_here(), self.appended()), (there, here, 0))
        self.assertIn("R", self.file_of(self.messages[4]).letters)
        self.assert_idempotent()

    def given_alike_messages(self):
        """One header, with a Message-ID, and four bodies. The first is removed on one side in a test, the second one is not."""
        header = b"From: cron <root@example.org>\r\nSubject: report\r\nDate: Mon, 02 Jan 2017 03:04:05 +0000\r\nMessage-ID: <same@example.org>\r\n\r\n"
        self.client.create("Reports")
        for n in range(4):
            self.client.append("Reports", header + b"report number %d\r\n" % n, date=1483326245 + n)
        self.given_a_tree()

    def reports_here(self):
        return sorted(int(f.bytes().split()[-1]) for f in self.tree.files("Reports"))

    def reports_there(self):
        return sorted(int(self.client.body("Reports", m.uid).split()[-1]) for m in self.client.messages("Reports"))

    def test_a_new_uid_of_what_is_alike_is_not_that_of_what_was_removed(self):
        """Another client gives the second one a label, moves it away and back, or copies it: which one that is only its body says."""
        def label(uid):
            self.save_anew_there("Reports", uid, lambda data: data.replace(b"\r\n\r\n", b"\r\nX-Label: later\r\n\r\n", 1))

        def move_and_back(uid):
            self.client.move("Reports", [uid], "Work/2024")
            self.client.move("Work/2024", [self.client.messages("Work/2024")[-1].uid], "Reports")

        def copy(uid):
            self.client.copy("Reports", [uid], "Reports")

        for change, left in ((label, [1, 2, 3]), (move_and_back, [1, 2, 3]), (copy, [1, 1, 2, 3])):
            with self.subTest(change.__name__):
                self.another_account()
                self.given_alike_messages()
                first, second = [m.uid for m in self.client.messages("Reports")][:2]
                self.client.expunge("Reports", [first])
                self.adopt(expect=HELD)
                change(second)

                self.sync(expect=HELD)

                self.assertEqual((self.reports_here(), self.reports_there()), ([0, *left], left))
                self.sync("--confirm-deletes")
                self.assertEqual((self.reports_here(), self.reports_there()), (left, left))
                self.assert_idempotent()

    def test_what_is_alike_on_both_sides_is_told_by_its_body_also_beside_what_the_state_knows(self):
        """Here the second one got a new name, and there the third one a new UID: nothing of the state is left of either, and they are two messages."""
        def rename(file):
            os.rename(file.path, os.path.join(self.tree.folder("Reports"), "cur", self.tree.fresh_base() + ":2,S"))

        def label(file):
            self.tree.put("Reports", file.bytes().replace(b"\n\n", b"\nX-Label: later\n\n", 1), "S", file.date)
            os.unlink(file.path)

        for change in (rename, label):
            with self.subTest(change.__name__):
                self.another_account()
                self.given_alike_messages()
                third = [m.uid for m in self.client.messages("Reports")][2]
                change([f for f in self.tree.files("Reports") if f.bytes().endswith(b"number 1\n")][0])
                self.save_anew_there("Reports", third, lambda data: data.replace(b"\r\n\r\n", b"\r\nX-Label: sooner\r\n\r\n", 1))

                self.adopt()
                self.sync()

                self.assertEqual((self.reports_here(), self.reports_there()), ([0, 1, 2, 3], [0, 1, 2, 3]))
                self.assert_idempotent()

    def test_equal_drafts_are_as_many_as_there_are_when_the_state_is_taken_over_again(self):
        """Among drafts golub pairs by the bytes, and moves another UID than the state would have it: that is no removal on either side."""
        draft = self.corpus.simple("draft", "one\r\n")
        for n in range(3):
            self.client.append("Drafts", draft, date=1483326245 + n)
        self.given_a_tree()
        self.adopt()
        self.sync()
        file = self.tree.files("Drafts")[0]
        self.tree.move(file, "INBOX", rename=True)
        self.sync()
        shutil.rmtree(self.account.state)
        os.unlink(os.path.join(self.mover.root, ".golub"))
        before = self.counts_there()

        self.adopt()
        self.sync()

        self.assertEqual((self.counts_there(), {name: len(files) for name, files in self.mail_here().items()}), (before, before))
        self.assert_idempotent()

    def test_what_is_flagged_on_both_sides_and_compared_goes_where_it_is_removed(self):
        """Drafts are compared when the state is taken over. Nobody flagged them after that."""
        for here in (False, True):
            with self.subTest(here=here):
                self.another_account()
                drafts = [self.corpus.simple("draft %d" % n, "text\r\n") for n in range(4)]
                for draft in drafts:
                    self.client.append("Drafts", draft, ["\\Flagged"])
                self.given_a_tree()
                self.adopt()
                if here:
                    os.unlink(self.file_of(drafts[0], "Drafts").path)
                else:
                    self.client.expunge("Drafts", [self.uid_of(drafts[0], "Drafts")])

                self.sync()

                self.assertEqual((self.counts_there()["Drafts"], len(self.tree.files("Drafts"))), (3, 3))
                self.assert_idempotent()

    def test_what_is_alike_and_saved_anew_does_not_wait_for_what_was_removed_here(self):
        """Both are gone under the UIDs that they had, and one is there: it is the one that nobody removed."""
        self.given_alike_messages()
        first, second = [m.uid for m in self.client.messages("Reports")][:2]
        os.unlink([f for f in self.tree.files("Reports") if f.bytes().endswith(b"number 0\n")][0].path)
        self.adopt(expect=HELD)
        self.save_anew_there("Reports", second, lambda data: data.replace(b"\r\n\r\n", b"\r\nX-Label: later\r\n\r\n", 1))
        self.client.expunge("Reports", [first])

        self.sync()

        self.assertEqual((self.reports_here(), self.reports_there()), ([1, 2, 3], [1, 2, 3]))
        self.assert_idempotent()

    def given_removals_that_wait(self):
        """Of an ordinary message, one more, a draft, and what nothing names. @return (mailbox, message) of each"""
        draft, nameless = (self.corpus.simple(subject, body) for subject, body in (("draft", "one\r\n"), ("nameless", "two\r\n")))
        nameless = re.sub(rb"(?m)^(Message-ID|Received):.*(\r\n[ \t].*)*\r\n", b"", bytes(nameless))
        self.client.append("Drafts", draft)
        self.client.append("INBOX", nameless)
        self.given_a_tree()
        for mailbox, message in (("INBOX", self.messages[4]), ("INBOX", self.messages[6]), ("Drafts", draft)):
            os.unlink(self.file_of(message, mailbox).path)
        os.unlink([f for f in self.tree.files("INBOX") if b"Subject: nameless" in f.wire()][0].path)
        self.adopt(expect=HELD)
        return [("INBOX", self.uid_of(self.messages[4])), ("INBOX", self.uid_of(self.messages[6])), ("Drafts", self.uid_of(draft, "Drafts")),
                ("INBOX", self.client.messages("INBOX")[0].uid)]

    def save_anew_there(self, mailbox, uid, edit):
        self.client.append(mailbox, edit(self.client.body(mailbox, uid)))
        self.client.expunge(mailbox, [uid])

    def another_account(self):
        self.user = next(self._users)
        self.client = self.new_client()
        self.home = self.another_home()

    def test_a_removal_waits_on_where_another_client_saves_its_message_anew(self):
        """With a label, two lines more, or as it was: what was removed here does not come back as new mail."""
        for word in ("--confirm-deletes", "--reject-deletes"):
            with self.subTest(word):
                self.another_account()
                removed = self.given_removals_that_wait()
                for (mailbox, uid), lines in zip(removed, (b"X-Label: later\r\n", b"Content-Length: 345\r\nLines: 12\r\n", b"", b"X-Label: later\r\n")):
                    self.save_anew_there(mailbox, uid, lambda data, lines=lines: data.replace(b"\r\n\r\n", b"\r\n" + lines + b"\r\n", 1))
                there, here = self.counts_there(), self.mail_here()
                for _ in range(2):
                    self.sync(expect=HELD)
                    self.assertEqual((self.counts_there(), self.mail_here()), (there, here))

                self.sync(word)

                confirmed = word == "--confirm-deletes"
                left = {**there, "INBOX": there["INBOX"] - 3, "Drafts": 0} if confirmed else there
                self.assertEqual(self.counts_there(), left)
                self.assertEqual({name: len(files) for name, files in self.mail_here().items()}, left)
                self.assertEqual(len(self.quarantine()), 4 if confirmed else 0)
                self.assert_idempotent()

    def test_what_another_client_edits_while_its_removal_waits_is_another_message(self):
        """Its header is the same, and its body is not: with the old message its removal ends, and the new one comes."""
        removed = self.given_removals_that_wait()
        for (mailbox, uid), body in zip(removed, (b"\r\ncut short\r\n", b"\r\ncut short\r\n", b"\r\ntwo\r\n", b"\r\none\r\n")):
            self.save_anew_there(mailbox, uid, lambda data, body=body: data[:data.index(b"\r\n\r\n") + 2] + body)

        self.sync()

        there = self.counts_there()
        self.assertEqual((there["INBOX"], there["Drafts"]), (16, 1))
        self.assertEqual({name: len(files) for name, files in self.mail_here().items()}, there)
        self.assert_idempotent()

    def edit_there(self, removed, keep_date):
        """In as many bytes, under the same header: who writes it down anew may keep the date of the old one."""
        for mailbox, uid in removed:
            data = bytearray(self.client.body(mailbox, uid))
            letter = [at for at, byte in enumerate(data) if chr(byte).islower()][-1]
            self.assertGreater(letter, data.index(b"\r\n\r\n"))
            data[letter] ^= 0x20
            date = [m.date for m in self.client.messages(mailbox) if m.uid == uid][0]
            self.client.append(mailbox, data, (), date if keep_date else None)
            self.client.expunge(mailbox, [uid])

    def test_an_edit_of_the_same_length_while_its_removal_waits_is_another_message(self):
        """Nothing but its body tells."""
        for keep_date, when in ((False, "before"), (True, "after"), (True, "with the word"), (False, "with the word")):
            with self.subTest(keep_date=keep_date, when=when):
                self.another_account()
                removed = self.given_removals_that_wait()
                if when != "before":
                    self.sync(expect=HELD)
                self.edit_there(removed, keep_date)
                there = self.counts_there()
                if when != "with the word":
                    self.sync()

                self.sync("--confirm-deletes")

                self.assertEqual(self.counts_there(), there)
                self.assertEqual({name: len(files) for name, files in self.mail_here().items()}, there)
                self.assert_idempotent()

    def test_what_waits_and_is_put_back_here_waits_no_longer(self):
        """Out of a backup, or by an undelete of the mail reader: nobody removed it."""
        removed = self.given_removals_that_wait()
        for mailbox, uid in removed:
            self.tree.put(mailbox, self.client.body(mailbox, uid).replace(b"\r\n", b"\n"), "")
        there = self.counts_there()

        self.sync()

        self.assertEqual(self.counts_there(), there)
        self.assertEqual({name: len(files) for name, files in self.mail_here().items()}, there)
        self.assertNotIn("is held", self.home.run("status").out)
        self.sync("--reject-deletes")
        self.assertEqual(self.home.run("verify").code, OK)
        self.assert_idempotent()

    @nightly
    def test_a_name_that_was_copied_is_compared(self):
        self.given_a_tree()
        file = self.file_of(self.messages[4])
        uid = re.search(r",U=(\d+)", file.name).group(1)
        other = self.file_of(self.messages[6])
        os.rename(other.path, re.sub(r",U=\d+", ",U=" + uid, other.path))
        self.adopt()
        self.sync()
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX")), self.appended()), (15, 15, 0))
        self.assert_idempotent()

    @nightly
    def test_a_file_that_was_copied_to_another_folder_goes_there_too(self):
        """Its name says a UID that is another message's there."""
        self.given_a_tree()
        file = self.file_of(self.messages[4])
        shutil.copy2(file.path, os.path.join(self.tree.folder("Work/2024"), "cur", file.name))
        self.adopt()
        self.sync()
        self.assertEqual((self.counts_there()["INBOX"], self.counts_there()["Work/2024"]), (15, 16))
        self.assertEqual((len(self.tree.files("INBOX")), len(self.tree.files("Work/2024"))), (15, 16))
        self.assert_idempotent()

    @nightly
    def test_removals_that_wait_outlive_a_new_uidvalidity(self):
        self.given_a_tree()
        here, there = self.messages[5], self.messages[7]
        os.unlink(self.file_of(here, "Work/2024").path)
        self.client.expunge("Work/2024", [self.uid_of(there, "Work/2024")])
        self.adopt(expect=HELD)
        left = [self.client.body("Work/2024", m.uid) for m in self.client.messages("Work/2024")]
        self.client.delete_mailbox("Work/2024")
        self.client.create("Work/2024")
        for body in left:
            self.client.append("Work/2024", body)
        for _ in range(2):
            self.sync(expect=HELD)
            self.assertEqual(self.appended(), 0, self.evidence())
            self.assertEqual(self.counts_there()["Work/2024"], 14)
        self.sync("--confirm-deletes")
        self.assertEqual(self.counts_there()["Work/2024"], len(self.tree.files("Work/2024")))
        self.assertIsNone(self.uid_of(there, "Work/2024"))
        self.assert_idempotent()

    def test_a_new_uidvalidity_is_compared(self):
        self.given_a_tree()
        old = {name: [self.client.body(name, m.uid) for m in self.client.messages(name)] for name in ("INBOX", "Work/2024")}
        self.client.delete_mailbox("Work/2024")
        self.client.create("Work/2024")
        for body in old["Work/2024"]:
            self.client.append("Work/2024", body)
        result = self.adopt(expect=SOME)
        self.assertIn("UIDVALIDITY", result.err)
        self.assertIn("INBOX: 15 taken over", result.out)
        self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
        self.sync()
        self.assertEqual((self.counts_there()["Work/2024"], len(self.tree.files("Work/2024"))), (15, 15))
        self.assert_idempotent()

    @nightly
    def test_the_state_of_another_server_is_not_taken(self):
        self.given_a_tree()
        self.user = next(self._users)
        self.client = self.new_client()
        self.client.fill("INBOX", self.corpus.messages(self.COUNT, edge=False))
        self.home = self.another_home()
        self.account = self.new_account("another", maildir=self.mover.root)
        before = self.names_here()
        result = self.adopt(expect=CONFIG)
        self.assertIn("nothing to adopt", result.err)
        self.assertEqual(self.names_here(), before)

    def test_the_state_of_another_account_whose_uids_fit_is_not_taken(self):
        self.given_a_tree()
        self.user = next(self._users)
        self.client = self.new_client()
        self.client.create("Work/2024")
        for mailbox in ("INBOX", "Work/2024"):
            self.client.fill(mailbox, self.corpus.messages(self.COUNT // 2, edge=False))
            self.set_validity(mailbox, self.client.status(mailbox)["uidvalidity"])
        self.home = self.another_home()
        self.account = self.new_account("another", maildir=self.mover.root)
        before = self.names_here()
        result = self.adopt(expect=CONFIG)
        self.assertIn("of another account", result.err)
        self.assertNotIn("taken over from", result.out)
        self.assertEqual(self.names_here(), before)
        self.assert_nothing_changed_there()

    def test_a_state_that_changes_while_it_is_read(self):
        self.given_a_tree()
        path = self.state_of()

        def change():
            shutil.copy(path, path + "x")
            os.rename(path + "x", path)
        self.meanwhile(change)
        self.then_it_is_compared("changed while it was read")

    def test_a_program_that_begins_meanwhile(self):
        self.given_a_tree()
        held = []
        self.meanwhile(lambda: held.append(self.lock()))
        before = self.mail_here()
        result = self.adopt(expect=BUSY)
        held.pop().close()
        self.assertIn("is at work", result.err)
        self.assertNotIn("taken over from", result.out)
        self.assertEqual(self.mail_here(), before)
        self.assert_silent()
        self.adopt()

    def test_a_dry_run_says_the_same_and_changes_nothing(self):
        self.given_a_tree()
        os.unlink(self.file_of(self.messages[4]).path)
        before = self.maildir.snapshot()
        result = self.adopt("-n", expect=HELD)
        self.assertIn("INBOX: 14 taken over", result.out)
        self.assertIn("1 removed here since its last run", result.out)
        self.assertEqual(self.maildir.snapshot(), before)
        self.assertFalse(os.path.exists(os.path.join(self.account.state, "journal.db")))
        self.assertNotIn(b" SELECT ", self.up())

    @nightly
    def test_what_is_removed_later_is_proven_by_its_body(self):
        self.given_a_tree()
        self.adopt()
        self.sync()
        here, there = self.messages[4], self.messages[6]
        os.unlink(self.file_of(here).path)
        self.client.expunge("INBOX", [self.uid_of(there)])
        self.sync()
        self.assertGreaterEqual(self.bodies(), 1)
        self.assertEqual((self.uid_of(here), self.counts_there()["INBOX"], len(self.tree.files("INBOX"))), (None, 13, 13))
        self.assert_idempotent()

    @nightly
    def test_what_it_pushed_may_be_removed_later(self):
        self.given_a_tree()
        here, there = self.corpus.messages(2, edge=False)
        for message in (here, there):
            self.tree.deliver("INBOX", message)
        self.mover.sync()
        self.adopt()
        self.sync()
        os.unlink(self.file_of(here).path)
        self.client.expunge("INBOX", [self.uid_of(there)])
        self.sync()
        self.assertEqual((self.uid_of(here), self.counts_there()["INBOX"], len(self.tree.files("INBOX"))), (None, 15, 15))
        self.assertEqual(self.appended(), 0)
        self.assert_idempotent()

    def test_what_only_seemed_to_be_the_message_is_not_removed(self):
        """Another message of the same size stands under the UID that the state names."""
        self.given_a_tree()
        message = self.messages[4]
        file = self.file_of(message)
        with open(file.path, "rb") as f:
            data = f.read()
        with open(file.path, "wb") as f:
            f.write(data[:-20] + re.sub(rb"[^\n]", b"~", data[-20:]))  # as many lines: the size on the wire is the same
        self.assertIn("INBOX: 15 taken over", self.adopt().out)
        self.sync()
        self.assertEqual(self.bodies(), 0)
        os.unlink(file.path)
        self.sync()
        self.assertIsNotNone(self.uid_of(message))
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX"))), (15, 15))
        self.assert_idempotent()

    @nightly
    def test_cut_off_it_goes_on_where_it_was(self):
        self.given_a_tree()
        os.unlink(self.file_of(self.messages[4]).path)
        there, here = self.counts_there(), self.mail_here()
        for n in (2, 4, 7, 9, 11):
            self.home.run_killed("fdatasync,fsync", n, "adopt", self.account.name, env={"HOME": self.mover.folder})
        result = self.home.run("adopt", self.account.name, env={"HOME": self.mover.folder})
        self.assertTrue(result.code == HELD or "already" in result.err, result)  # all of it was taken over before the last one died
        self.proxy.reset()
        held = self.sync(expect=HELD)
        self.assertIn("1 removal", held.out)
        self.assertEqual((self.bodies(), self.appended()), (0, 0))
        self.assertEqual((self.counts_there(), self.mail_here()), (there, here))

    @nightly
    def test_the_other_program_goes_on_from_where_it_was(self):
        self.given_a_tree()
        self.adopt()
        self.sync()
        self.tree.flag(self.file_of(self.messages[4]), add="RS")
        self.client.expunge("INBOX", [self.uid_of(self.messages[6])])
        self.sync()
        self.mover.sync()
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX"))), (14, 14))
        self.assertIn("\\Answered", [m.flags for m in self.client.messages("INBOX") if m.uid == self.uid_of(self.messages[4])][0])
        self.sync()
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX")), self.appended()), (14, 14, 0))

    @nightly
    def test_in_turn_nothing_grows(self):
        """New mail is carried first by the other program."""
        self.given_a_tree()
        self.adopt()
        self.sync()
        for n in range(1, 11):
            self.client.append("INBOX", self.corpus.simple("there %d" % n))
            self.tree.deliver("INBOX", self.corpus.simple("here %d" % n))
            self.mover.sync()
            self.sync()
            self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX"))), (15 + 2 * n, 15 + 2 * n))
            self.assertEqual(self.appended(), 0, self.evidence())
            self.assertLessEqual(self.bodies(), 2, self.evidence())  # what is new on both sides of a settled mailbox is told by its body
        self.mover.sync()
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX"))), (35, 35))
        self.assert_idempotent()

    @nightly
    def test_a_place_without_a_state(self):
        self.given_a_tree()
        os.mkdir(os.path.join(self.mover.folder, "nothing"))
        self.assertIn("holds no state", self.adopt("--state", os.path.join(self.mover.folder, "nothing"), expect=CONFIG).err)
        self.assertIn("No such file", self.adopt("--state", os.path.join(self.mover.folder, "nowhere"), expect=CONFIG).err)

    def test_json(self):
        self.given_a_tree()
        os.unlink(self.file_of(self.messages[4]).path)
        result = self.adopt("--json", expect=HELD)
        with open(SCHEMA) as f:
            schema = json.load(f)
        for line in result.events:
            self.assertEqual(schema_check.validate(line, schema), [], line)
        adopted = {e["mailbox"]: e["text"] for e in result.of("mailbox") if e["what"] == "adopted"}
        self.assertTrue(adopted["INBOX"].startswith("14 taken over"))
        self.assertEqual([e["counts"]["paired"] for e in result.of("result") if "account" in e], [29])
        self.assertEqual([e["reason"] for e in result.of("held")], ["adopted"] * 2)


class MbsyncAdoptTest(AdoptTest):
    kind = Mbsync

    def state_of(self, mailbox="INBOX"):
        return os.path.join(self.tree.folder(mailbox), ".mbsyncstate")

    def rewrite(self, change, mailbox="INBOX"):
        with open(self.state_of(mailbox)) as f:
            text = f.read()
        with open(self.state_of(mailbox), "w") as f:
            f.write(change(text))

    def lock(self):
        file = open(self.state_of() + ".lock", "w")
        fcntl.lockf(file, fcntl.LOCK_EX)
        return file

    def set_validity(self, mailbox, validity):
        self.rewrite(lambda text: re.sub("FarUidValidity .*", "FarUidValidity %d" % validity, text), mailbox)


class OfflineImapAdoptTest(AdoptTest):
    kind, options = OfflineImap, {"separator": "/"}

    def given_a_tree(self, **more):
        super().given_a_tree(**more)
        os.symlink("meta", os.path.join(self.mover.folder, ".offlineimap"))

    def state_of(self, mailbox="INBOX"):
        return os.path.join(self.mover.folder, "meta", "Account-A", "LocalStatus-sqlite", mailbox.replace("/", "."))

    def lock(self):
        file = open(os.path.join(self.mover.folder, "meta", "A.lock"), "w")
        fcntl.flock(file, fcntl.LOCK_EX)
        return file

    def set_validity(self, mailbox, validity):
        with open(os.path.join(self.mover.folder, "meta", "Repository-R", "FolderValidity", mailbox.replace("/", ".")), "w") as f:
            f.write("%d\n" % validity)

    def change(self, sql):
        with contextlib.closing(sqlite3.connect(self.state_of())) as db, db:
            db.execute(sql)
