#!/usr/bin/env python3
"""Trees that other programs filled are taken over: nothing is doubled, and no body travels."""
import collections
import datetime
import email.header
import email.utils
import json
import os
import re
import shutil

from base import CONFIG, HELD, OK, PASSWORD, SOME, SystemTest, main
from rig.corpus import Mail
from rig.movers import Mbsync, OfflineImap


class MovingInTest(SystemTest):
    COUNT = 30

    def mover(self, kind, **options):
        if not kind.is_here():
            self.skipTest("%s is not installed" % kind.program)
        mover = kind(self.server, self.user, PASSWORD, **options)
        self.addCleanup(mover.close)
        return mover

    def given_a_full_account(self):
        messages = self.corpus.messages(self.COUNT, edge=False)
        self.client.create("Work/2024")
        self.client.fill("INBOX", messages[::2])
        self.client.fill("Work/2024", messages[1::2])
        return messages

    def counts_there(self):
        return {name: len(self.client.messages(name)) for name in self.client.mailboxes()}

    @staticmethod
    def bytes_of(mover):
        """{mailbox: multiset of digests}; flags that the other program does not carry may come."""
        return {name: collections.Counter(f.digest for f in mover.maildir().files(name)) for name in mover.maildir().mailboxes()}

    def bodies(self):
        return self.proxy.stream("up").upper().count(b"BODY.PEEK[]")

    def appended(self):
        return self.proxy.stream("up").upper().count(b" APPEND ")

    def file_of(self, message, mailbox):
        """The file that the other program made of it."""
        mark = [line for line in bytes(message).split(b"\r\n") if line.lower().startswith(b"message-id:")][0]
        found = [f for f in self.maildir.files(mailbox) if mark in f.wire()]
        self.assertEqual(len(found), 1, "%d files of %r in %s" % (len(found), mark, mailbox))
        return found[0]

    def quarantine(self):
        folder = os.path.join(self.account.state, "quarantine")
        found = {}
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            with open(os.path.join(folder, name), "rb") as f:
                found[name] = f.read()
        return found

    def point_golub_at(self, mover, **keys):
        self.account = self.new_account("moved", maildir=mover.root, **keys)
        self.maildir = self.account.maildir

    def then_it_is_taken_over(self, mover):
        before_there, before_here = self.counts_there(), self.bytes_of(mover)
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
        self.assertEqual(self.counts_there(), before_there)
        self.assertEqual(self.bytes_of(mover), before_here)
        self.assert_idempotent()


class MbsyncTest(MovingInTest):
    def test_a_tree_that_was_pulled_is_taken_over(self):
        self.given_a_full_account()
        mover = self.mover(Mbsync)
        mover.sync()
        self.point_golub_at(mover)
        self.then_it_is_taken_over(mover)

    def test_mail_that_was_pushed_is_taken_over(self):
        self.given_a_full_account()
        mover = self.mover(Mbsync)
        mover.sync()
        for message in self.corpus.messages(5, edge=False):
            mover.maildir().deliver("INBOX", message)
        mover.sync()
        self.point_golub_at(mover)
        self.then_it_is_taken_over(mover)

    def given_a_tree_that_was_taken_over(self):
        messages = self.given_a_full_account()
        mover = self.mover(Mbsync)
        mover.sync()
        self.point_golub_at(mover)
        self.sync()
        return messages

    def test_status_counts_them_in_each_mailbox(self):
        messages = self.given_a_tree_that_was_taken_over()
        half = self.COUNT // 2
        line = r"INBOX +%d +%d +0 +0  %d paired in other bytes"
        self.assertRegex(self.home.run("status", self.account.name).out, line % (half, half, half))
        os.unlink(self.file_of(messages[4], "INBOX").path)
        self.client.append("INBOX", self.corpus.simple("the same on both sides"))
        self.sync()
        self.assertRegex(self.home.run("status", self.account.name).out, line % (half, half, half - 1))
        lines = [json.loads(text) for text in self.home.run("--json", "status", self.account.name).out.splitlines()]
        self.assertIn("%d paired in other bytes" % (half - 1), [event.get("text") for event in lines if event.get("mailbox") == "INBOX"])

    def test_what_is_removed_here_goes_there_and_its_bytes_are_kept(self):
        messages = self.given_a_tree_that_was_taken_over()
        os.unlink(self.file_of(messages[4], "INBOX").path)
        self.sync()
        self.assertIsNone(self.client.uid_of("INBOX", messages[4]))
        self.assertEqual(self.counts_there()["INBOX"], self.COUNT // 2 - 1)
        self.assertIn(bytes(messages[4]).replace(b"\r\n", b"\n"), [d.replace(b"\r\n", b"\n") for d in self.quarantine().values()])
        self.assert_idempotent()

    def test_what_is_removed_there_goes_here_and_its_bytes_are_kept(self):
        messages = self.given_a_tree_that_was_taken_over()
        before = self.file_of(messages[4], "INBOX").bytes()
        self.client.expunge("INBOX", [self.client.uid_of("INBOX", messages[4])])
        self.sync()
        self.assertEqual(len(self.maildir.files("INBOX")), self.COUNT // 2 - 1)
        self.assertIn(before, self.quarantine().values())
        self.assert_idempotent()

    def test_what_moves_there_moves_here_as_it_is(self):
        messages = self.given_a_tree_that_was_taken_over()
        before = self.file_of(messages[4], "INBOX").bytes()
        self.client.move("INBOX", [self.client.uid_of("INBOX", messages[4])], "Work/2024")
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
        self.assertEqual(self.file_of(messages[4], "Work/2024").bytes(), before)
        self.assert_idempotent()
        os.unlink(self.file_of(messages[4], "Work/2024").path)
        self.sync()
        self.assertIsNone(self.client.uid_of("Work/2024", messages[4]))
        self.assertTrue(any(b"X-TUID" not in data for data in self.quarantine().values()))

    def test_what_moves_here_moves_there_as_it_is(self):
        messages = self.given_a_tree_that_was_taken_over()
        file = self.file_of(messages[4], "INBOX")
        self.client.store("INBOX", [self.client.uid_of("INBOX", messages[4])], "+", ["$label1"])
        os.rename(file.path, os.path.join(self.maildir.folder("Work/2024"), "cur", file.name))
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
        self.assertIn("$label1", [f.lower() for f in self.flags_there(messages[4], "Work/2024")])
        self.assert_idempotent()

    def test_flags_go_both_ways(self):
        messages = self.given_a_tree_that_was_taken_over()
        uid = self.client.uid_of("INBOX", messages[4])
        self.client.store("INBOX", [uid], "+", ["\\Answered"])
        file = self.file_of(messages[6], "INBOX")
        os.rename(file.path, os.path.join(self.maildir.folder("INBOX"), "cur", file.base + ":2,F"))
        self.sync()
        self.assertIn("\\Answered", self.file_of(messages[4], "INBOX").flags)
        self.assertIn("\\Flagged", self.flags_there(messages[6]))
        self.assert_idempotent()


def recoded(data):
    """Encoded words as 8-bit text."""
    head, _, body = data.partition(b"\r\n\r\n")
    lines = []
    for line in head.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if name in (b"From", b"Subject"):
            value = b" " + str(email.header.make_header(email.header.decode_header(value.decode()))).encode()
        lines.append(name + colon + value)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


REWRITES = {
    "recoded": recoded,
    "refolded": lambda data: re.sub(rb"(?m)^(Subject|From|Date): ", rb"\1:\r\n ", data, count=3),
    "a line dropped": lambda data: re.sub(rb"(?m)^To: .*\r\n", b"", data, count=1),
    "a line added": lambda data: b"X-Server: was here\r\n" + data,
    "another zone": lambda data: re.sub(rb"(?m)^Date: .*\r\n", lambda m: b"Date: " + email.utils.format_datetime(
        email.utils.parsedate_to_datetime(m.group()[6:].strip().decode()).astimezone(
            datetime.timezone(datetime.timedelta(hours=5)))).encode() + b"\r\n", data, count=1),
}


class RewrittenTest(MovingInTest):
    """Messages whose bytes a server, or a program, has rewritten, and a journal that is gone."""

    def given_rewritten(self, way):
        self.messages = self.corpus.messages(self.COUNT, edge=False)
        self.client.fill("INBOX", self.messages)
        self.maildir.create("INBOX")
        changed = 0
        for message in self.messages:
            data = REWRITES[way](bytes(message))
            changed += data != bytes(message)
            self.maildir.put("INBOX", data)
        self.assertGreater(changed, 0)

    def test_they_are_what_they_were(self):
        for way in REWRITES:
            with self.subTest(way):
                self.user = next(self._users)
                self.client = self.new_client()
                self.account = self.new_account(way.replace(" ", "-"))
                self.maildir = self.account.maildir
                self.given_rewritten(way)
                before = [f.digest for f in self.maildir.files("INBOX")]
                for _ in range(2):
                    self.sync()
                    self.assertEqual(self.appended(), 0, self.evidence())
                    self.assertEqual(len(self.client.messages("INBOX")), self.COUNT)
                    self.assertEqual(sorted(f.digest for f in self.maildir.files("INBOX")), sorted(before))
                    shutil.rmtree(self.account.state)
                self.sync()
                self.assert_idempotent()

    def test_what_is_removed_here_is_kept_as_it_was_there(self):
        self.given_rewritten("recoded")
        self.sync()
        file = self.file_of(self.messages[3], "INBOX")
        os.unlink(file.path)
        self.sync()
        self.assertEqual(len(self.client.messages("INBOX")), self.COUNT - 1)
        self.assertIn(bytes(self.messages[3]).replace(b"\r\n", b"\n"), [d.replace(b"\r\n", b"\n") for d in self.quarantine().values()])


class NearTest(MovingInTest):
    """A UID has the header of one file and the body of another, which has lines of a mail reader: that is the one."""
    FIRST = b"From: ana@example.org\r\nSubject: One\r\nMessage-ID: <one@mail.example>\r\n\r\nfirst.\r\n"
    LABELLED = FIRST.replace(b"\r\n\r\n", b"\r\nX-Label: a\r\n\r\n")
    SECOND = FIRST.replace(b"first", b"other")

    def given_them_in(self, mailbox):
        self.client.append(mailbox, self.FIRST)
        self.maildir.put(mailbox, self.LABELLED)
        self.maildir.put(mailbox, self.SECOND)

    def given_lines_of_the_way(self, had_id=True):
        """All three came the same way, as their headers say."""
        for name in "FIRST", "LABELLED", "SECOND":
            way = b"Received: from a.example by b.example; Mon, 13 Nov 2023 12:00:00 +0000\r\n" + getattr(NearTest, name)
            setattr(self, name, way if had_id else way.replace(b"Message-ID: <one@mail.example>\r\n", b""))

    def then_each_is_once_on_each_side(self, mailbox, others=0):
        there = sorted(self.client.body(mailbox, m.uid) for m in self.client.messages(mailbox))
        here = sorted(f.bytes() for f in self.maildir.files(mailbox))
        self.assertEqual([body for body in there if b"One" in body], [self.FIRST, self.SECOND])
        self.assertEqual([body for body in here if b"One" in body], sorted([self.LABELLED, self.SECOND]))
        self.assertEqual((len(there), len(here)), (2 + others, 2 + others))
        self.assert_idempotent()

    def test_a_header_that_two_files_share_but_for_a_line_says_nothing_of_bodies(self):
        self.maildir.create("INBOX")
        self.given_them_in("INBOX")

        self.sync()

        self.then_each_is_once_on_each_side("INBOX")

    def test_nor_do_lines_of_the_way_that_both_have(self):
        for had_id in True, False:
            with self.subTest(had_id=had_id):
                box = "Box%d" % had_id
                self.account = self.new_account(box.lower(), mailboxes=[box])
                self.maildir = self.account.maildir
                self.given_lines_of_the_way(had_id)
                self.client.create(box)
                self.maildir.create(box)
                self.given_them_in(box)

                self.sync()

                self.then_each_is_once_on_each_side(box)

    def test_nor_in_a_mailbox_of_an_account_that_is_known(self):
        self.client.fill("INBOX", self.corpus.messages(3, edge=False))
        self.sync()
        self.client.create("Late")
        self.maildir.create("Late")
        self.given_them_in("Late")
        self.given_them_in("INBOX")

        self.sync()

        self.then_each_is_once_on_each_side("Late")
        self.then_each_is_once_on_each_side("INBOX", 3)


class MailReaderTest(MovingInTest):
    """Mail readers that write lines of their own into what they move or label."""

    def given_a_message(self, extra=b""):
        self.message = self.corpus.simple("one of them")
        self.client.create("Work")
        body = bytes(self.message).replace(b"\r\n\r\n", b"\r\n" + extra + b"\r\n", 1)
        self.client.append("INBOX", Mail(body, ("\\Seen",), self.message.date))
        self.uid = self.client.messages("INBOX")[-1].uid
        self.client.store("INBOX", [self.uid], "+", ["$label1"])
        self.client.fill("INBOX", self.corpus.messages(5, edge=False))
        self.sync()
        return body

    def given_its_own_user(self):
        self.user = next(self._users)
        self.client = self.new_client()
        self.account = self.new_account(self.user)
        self.maildir = self.account.maildir

    def up(self):
        return self.proxy.stream("up").upper()

    def save_with(self, lines, to, body=None):
        """As neomutt saves it: another name, and lines at the end of the header."""
        file = [f for f in self.maildir.files("INBOX") if b"one of them" in f.wire()][0]
        data = (body or file.wire()).replace(b"\r\n\r\n", b"\r\n" + lines + b"\r\n", 1)
        os.unlink(file.path)
        return self.maildir.put(to, data, "S")

    def one_there(self, mailbox):
        found = [(self.client.body(mailbox, m.uid), m.flags) for m in self.client.messages(mailbox)]
        found = [(body, flags) for body, flags in found if b"one of them" in body]
        self.assertEqual(len(found), 1, "%s: %r" % (mailbox, found))
        return found[0]

    def test_a_move_with_added_lines_is_a_move(self):
        before = self.given_a_message()
        saved = self.save_with(b"Content-Length: 8\r\nLines: 1\r\n", "Work").bytes()
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
        body, flags = self.one_there("Work")
        self.assertEqual(body, before)
        self.assertIn("$label1", [f.lower() for f in flags])
        self.assertEqual([f.bytes() for f in self.maildir.files("Work")], [saved])
        self.assertEqual(len(self.client.messages("INBOX")), 5)
        self.assert_idempotent()

    def test_a_run_between_a_save_and_the_removal_that_goes_with_it_keeps_the_keywords(self):
        """A mail reader that saves to another folder removes what it saved when the user says so."""
        for extra in b"", b"Return-Path: <a@example.org>\r\n":
            with self.subTest(extra=extra):
                self.given_its_own_user()
                before = self.given_a_message(extra)
                file = [f for f in self.maildir.files("INBOX") if b"one of them" in f.wire()][0]
                kept = file.bytes()
                self.save_with(b"Content-Length: 8\r\nLines: 1\r\n", "Work")
                with open(file.path, "wb") as f:
                    f.write(kept)
                os.utime(file.path, (self.message.date, self.message.date))
                self.sync()
                self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
                os.unlink(file.path)
                self.sync()
                body, flags = self.one_there("Work")
                self.assertEqual(body, before)
                self.assertIn("$label1", [f.lower() for f in flags])
                self.assertEqual(len(self.client.messages("INBOX")), 5)
                self.assert_idempotent()
                self.assert_verified()

    def test_lines_that_came_with_a_message_are_no_lines_of_the_reader(self):
        before = self.given_a_message(b"Return-Path: <a@example.org>\r\nDelivered-To: b@example.org\r\n")
        self.save_with(b"Content-Length: 8\r\nLines: 1\r\n", "Work")
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
        self.assertLessEqual(self.up().count(b"BODY.PEEK[HEADER]"), 1)  # before the move: is the UID still that message's?
        self.assertEqual(self.one_there("Work")[0], before)
        self.assert_idempotent()

    def test_a_label_is_a_new_name_of_the_message(self):
        before = self.given_a_message()
        saved = self.save_with(b"X-Label: work\r\n", "INBOX").bytes()
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
        self.assertEqual(self.one_there("INBOX")[0], before)
        self.assertIn(saved, [f.bytes() for f in self.maildir.files("INBOX")])
        self.assert_idempotent()

    def test_a_label_does_not_undo_a_move_there(self):
        before = self.given_a_message()
        saved = self.save_with(b"X-Label: work\r\n", "INBOX").bytes()
        self.client.move("INBOX", self.uid, "Work")
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
        body, flags = self.one_there("Work")
        self.assertEqual(body, before)
        self.assertIn("$label1", [f.lower() for f in flags])
        self.assertEqual([f.bytes() for f in self.maildir.files("Work")], [saved])
        self.assertEqual((len(self.client.messages("INBOX")), len(self.maildir.files("INBOX"))), (5, 5))
        self.assert_idempotent()

    def given_a_label(self):
        before = self.given_a_message()
        self.save_with(b"X-Label: work\r\n", "INBOX")
        self.sync()
        return before, [f for f in self.maildir.files("INBOX") if b"one of them" in f.wire()][0]

    def moves_there_while_its_label_becomes(self, other):
        """The file's first label is not on the server: only what came there in its new place tells that it is the same message."""
        before, file = self.given_a_label()
        data = file.wire().replace(b"X-Label: work\r\n", other)
        self.maildir.delete(file)
        saved = self.maildir.put("INBOX", data, "S").bytes()
        self.client.move("INBOX", self.uid, "Work")
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (1, 0), self.evidence())
        body, flags = self.one_there("Work")
        self.assertEqual(body, before)
        self.assertIn("$label1", [f.lower() for f in flags])
        self.assertEqual([f.bytes() for f in self.maildir.files("Work")], [saved])
        self.assertEqual((len(self.client.messages("INBOX")), len(self.maildir.files("INBOX"))), (5, 5))
        self.assert_idempotent()

    def test_another_label_does_not_undo_a_move_there(self):
        self.moves_there_while_its_label_becomes(b"X-Label: work,\r\n home\r\n")

    def test_nor_does_the_label_that_goes(self):
        self.moves_there_while_its_label_becomes(b"")

    def test_what_was_edited_and_labelled_is_another_message_than_what_moved_there(self):
        before, file = self.given_a_label()
        data = file.wire().replace(b"X-Label: work\r\n", b"X-Label: home\r\n") + b"Edited.\r\n"
        self.maildir.delete(file)
        saved = self.maildir.put("INBOX", data, "S").bytes()
        self.client.move("INBOX", self.uid, "Work")
        self.sync()
        self.assertEqual(self.one_there("Work")[0], before)
        self.assertEqual(self.one_there("INBOX")[0], data)
        self.assertIn(saved, [f.bytes() for f in self.maildir.files("INBOX")])
        self.assert_idempotent()

    def test_a_label_and_a_removal_there_leave_it_in_the_quarantine(self):
        self.given_a_message()
        saved = self.save_with(b"X-Label: work\r\n", "INBOX").bytes()
        self.client.expunge("INBOX", self.uid)
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
        self.assertEqual((len(self.client.messages("INBOX")), len(self.maildir.files("INBOX"))), (5, 5))
        self.assertIn(saved, self.account.quarantined())
        self.assert_idempotent()

    def test_what_is_saved_to_one_place_and_moved_there_to_another_is_said(self):
        self.given_a_message()
        self.save_with(b"Content-Length: 8\r\nLines: 1\r\n", "Work")
        self.client.move("INBOX", self.uid, "Archive")
        result = self.sync()
        self.assertIn("INBOX: 1 message was moved to one place here and to another on the server (Work, Archive)", result.out)
        self.one_there("Work")
        self.one_there("Archive")
        self.assert_idempotent()

    def test_a_line_that_changes_is_told_by_the_server(self):
        before = self.given_a_message(b"X-Label: home\r\nX-Keywords: a\r\n")
        file = [f for f in self.maildir.files("INBOX") if b"one of them" in f.wire()][0]
        data = file.wire().replace(b"X-Label: home", b"X-Label: work, too")
        os.unlink(file.path)
        self.maildir.put("Work", data, "S")
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (1, 0), self.evidence())
        self.assertEqual(self.one_there("Work")[0], before)
        self.assert_idempotent()

    def given_lines_in_its_place(self):
        """As by rsync from another laptop, whose file of this name has lines of another program."""
        file = [f for f in self.maildir.files("INBOX") if b"one of them" in f.wire()][0]
        data = file.wire().replace(b"\r\n\r\n", b"\r\nX-TUID: abcdefghijkl\r\nX-Label: work\r\n\r\n", 1)
        with open(file.path + "~", "wb") as f:
            f.write(data)
        os.utime(file.path + "~", (file.date, file.date))
        os.rename(file.path + "~", file.path)
        return data

    def test_a_file_with_such_lines_in_its_place_moves_as_it_is(self):
        self.given_a_message(b"Return-Path: <a@example.org>\r\n")
        data = self.given_lines_in_its_place()
        self.client.move("INBOX", [self.uid], "Work")
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
        self.assertEqual([f.bytes() for f in self.maildir.files("Work")], [data])
        self.assertEqual(len(self.maildir.files("INBOX")), 5)
        self.assert_idempotent()
        self.assert_verified()

    def test_a_file_with_such_lines_in_its_place_is_removed_and_kept(self):
        self.given_a_message()
        data = self.given_lines_in_its_place()
        self.client.expunge("INBOX", [self.uid])
        self.sync()
        self.assertEqual(len(self.maildir.files("INBOX")), 5)
        self.assertIn(data, self.quarantine().values())
        self.assert_idempotent()
        self.assert_verified()

    def test_a_file_that_has_other_lines_each_time_moves_and_goes(self):
        for last in ("move", "removal", "edit"):
            with self.subTest(last=last):
                self.given_its_own_user()
                self.given_a_message()
                data = self.given_lines_in_its_place()
                self.client.move("INBOX", [self.uid], "Work")
                self.sync()
                file = [f for f in self.maildir.files("Work") if f.bytes() == data][0]
                data = data.replace(b"X-Label: work\r\n", b"Status: RO\r\nX-Keywords: a b\r\n").replace(b"abcdef", b"ghijkl")
                if last == "edit":
                    data = data.replace(b"Hello.", b"Hallo.")
                with open(file.path, "wb") as f:
                    f.write(data)
                uid = self.client.messages("Work")[0].uid
                if last == "removal":
                    self.client.expunge("Work", [uid])
                else:
                    self.client.move("Work", [uid], "INBOX")

                self.sync(expect=SOME if last == "edit" else OK)

                self.assertEqual([f.bytes() for f in self.maildir.files("Work")], [data] if last == "edit" else [], self.evidence())
                if last == "move":
                    self.assertIn(data, [f.bytes() for f in self.maildir.files("INBOX")])
                if last == "removal":
                    self.assertIn(data, self.quarantine().values())
                if last != "edit":
                    self.assert_idempotent()
                    self.assert_verified()

    def test_a_file_that_was_edited_in_its_place_stays(self):
        self.given_a_message()
        file = [f for f in self.maildir.files("INBOX") if b"one of them" in f.wire()][0]
        data = self.given_lines_in_its_place().replace(b"Hello.", b"Hallo.")
        with open(file.path, "wb") as f:
            f.write(data)
        self.client.expunge("INBOX", [self.uid])
        self.sync(expect=SOME)
        self.assertIn(data, [f.bytes() for f in self.maildir.files("INBOX")])

    def test_what_was_edited_is_another_message(self):
        before = self.given_a_message()
        self.save_with(b"Content-Length: 8\r\n", "Work", before.replace(b"Hello.", b"Hallo."))
        self.sync()
        self.assertIn(b"Hallo.", self.one_there("Work")[0])
        self.assertEqual(len(self.client.messages("INBOX")), 5)
        self.assert_idempotent()


class DoublingTest(MovingInTest):
    """Messages that may be the same in other bytes are on both sides."""
    OTHER = 12

    def given_a_tree_with_other_bytes(self, other=OTHER, mailbox="INBOX"):
        """Of so many messages the body here is not the one there."""
        self.messages = self.corpus.messages(self.COUNT, edge=False)
        self.client.fill(mailbox, self.messages)
        self.maildir.create(mailbox)
        for n, message in enumerate(self.messages):
            self.maildir.put(mailbox, self.scanned(message) if n < other else bytes(message))

    @staticmethod
    def scanned(message):
        return bytes(message).replace(b"\r\n\r\n", b"\r\n\r\nscanned\r\n", 1)

    def counts(self, mailbox="INBOX"):
        return self.counts_there()[mailbox], len(self.maildir.files(mailbox))

    def list_id(self, result):
        return re.search(r"--confirm-additions=(\S+)", result.out + result.err).group(1)

    def test_nothing_is_added_to_either_side_until_the_user_says_so(self):
        self.given_a_tree_with_other_bytes()
        first = self.sync(expect=HELD)
        self.assertEqual(self.counts(), (self.COUNT, self.COUNT))
        self.assertEqual(first.out.count("such as: "), 3, first)
        self.assertIn("differs in its body", first.out)
        for _ in range(2):
            again = self.sync(expect=HELD)
            self.assertEqual(self.list_id(again), self.list_id(first))
            self.assertEqual(self.counts(), (self.COUNT, self.COUNT))
            self.assertNotIn(b"BODY.PEEK[]", self.proxy.stream("up").upper())
        self.assertIn("waits for --confirm-additions", self.home.run("status", self.account.name).out)

    def test_a_footer_that_each_file_has_is_asked_for_and_no_failure(self):
        """What the server has is the beginning of the file: that alone is not to be said beside the question."""
        self.scanned = lambda message: bytes(message) + b"-- \r\nscanned\r\n"
        self.given_a_tree_with_other_bytes()
        first = self.sync(expect=HELD)
        self.assertEqual(first.err, "")
        self.assertEqual(self.counts(), (self.COUNT, self.COUNT))
        self.sync("--confirm-additions=" + self.list_id(first))
        self.assertEqual(self.counts(), (self.COUNT + self.OTHER, self.COUNT + self.OTHER))
        self.assert_idempotent()

    def test_a_line_that_breaks_before_bodies_are_read_asks_nobody(self):
        self.messages = self.corpus.messages(self.COUNT, edge=False)
        if "Drafts" not in self.client.mailboxes():
            self.client.create("Drafts")
        self.client.fill("Drafts", self.messages)
        self.maildir.create("Drafts")
        for message in self.messages:
            self.maildir.put("Drafts", bytes(message).replace(b"\r\n\r\n", b"\r\nX-TUID: abcdefghijkl\r\n\r\n", 1))

        def edit(data):
            if b"BODY.PEEK[]" in data.upper():
                self.proxy.cut["up"] = 1
            return data
        self.through(edit_up=edit, times=1)

        self.sync()

        self.assertEqual(self.proxy.stats["cuts"], 1)
        self.assertEqual(self.counts("Drafts"), (self.COUNT, self.COUNT))
        self.assert_idempotent()

    def test_what_could_not_be_read_is_judged_when_it_is_read(self):
        self.given_a_tree_with_other_bytes()
        self.through(edit_up=lambda data: data.replace(b"BODY.PEEK[]", b"BODY.PEEK[!"))
        self.sync(expect=SOME)
        self.assertEqual(self.counts(), (self.COUNT, self.COUNT))
        self.through()

        self.list_id(self.sync(expect=HELD))

        self.assertEqual(self.counts(), (self.COUNT, self.COUNT))

    def test_the_word_adds_them_to_both_sides(self):
        self.given_a_tree_with_other_bytes()
        wrong = self.sync("--confirm-additions=nosuch", expect=CONFIG)
        self.assertIn("nosuch", wrong.err)
        name = self.list_id(self.sync(expect=HELD))
        self.sync("--confirm-additions=" + name)
        self.assertEqual(self.counts(), (self.COUNT + self.OTHER, self.COUNT + self.OTHER))
        self.assert_same(dates=False)
        self.assert_idempotent()

    def test_rejected_both_sides_stay_as_they_are_for_good(self):
        self.given_a_tree_with_other_bytes()
        name = self.list_id(self.sync(expect=HELD))
        self.sync("--reject-additions=" + name)
        self.assertEqual(self.counts(), (self.COUNT, self.COUNT))
        self.assert_idempotent()
        self.client.append("INBOX", self.corpus.simple("new there"))
        self.maildir.deliver("INBOX", self.corpus.simple("new here"))
        self.sync()
        self.assertEqual(self.counts(), (self.COUNT + 2, self.COUNT + 2))

    def test_new_mail_comes_while_they_wait(self):
        self.given_a_tree_with_other_bytes()
        self.sync(expect=HELD)
        self.client.append("INBOX", self.corpus.simple("new there"))
        self.maildir.deliver("INBOX", self.corpus.simple("new here"))
        self.sync(expect=HELD)
        self.assertEqual(self.counts(), (self.COUNT + 2, self.COUNT + 2))

    def test_a_few_are_two_messages_each(self):
        self.given_a_tree_with_other_bytes(other=10)
        self.sync()
        self.assertEqual(self.counts(), (self.COUNT + 10, self.COUNT + 10))

    def test_where_only_one_side_gets_mail_nothing_waits(self):
        self.given_a_tree_with_other_bytes()
        self.account.set(push=["flags"])
        self.sync()
        self.assertEqual(self.counts(), (self.COUNT, self.COUNT + self.OTHER))

    def test_a_configuration_that_went_one_way_at_first_is_no_way_around_it(self):
        """What may not go up (come down) in the first run is asked about when it may."""
        both = ["new", "flags", "deletes", "mailboxes"]
        for way, word in (("push", "confirm"), ("pull", "confirm"), ("push", "reject"), ("pull", "reject")):
            with self.subTest(way=way, word=word):
                box = "Box-%s-%s" % (way, word)
                self.account = self.new_account(box.lower())
                self.maildir = self.account.maildir
                self.client.create(box)
                self.account.set(mailboxes=[box], **{way: ["mailboxes"]})
                self.given_a_tree_with_other_bytes(mailbox=box)
                first = (self.COUNT, self.COUNT + self.OTHER) if way == "push" else (self.COUNT + self.OTHER, self.COUNT)
                for _ in range(2):
                    self.sync()
                self.maildir.deliver(box, self.corpus.simple("new here"))
                self.client.append(box, self.corpus.simple("new there"))
                self.sync()
                self.account.set(**{way: both})

                name = self.list_id(self.sync(expect=HELD))
                self.assertEqual(self.list_id(self.sync(expect=HELD)), name)

                self.assertEqual(self.counts(box), (first[0] + 2, first[1] + 2))
                self.sync("--%s-additions=%s" % (word, name))
                self.sync()
                self.sync()
                last = (self.COUNT + self.OTHER,) * 2 if word == "confirm" else first
                self.assertEqual(self.counts(box), (last[0] + 2, last[1] + 2))

    def test_a_run_that_goes_one_way_is_no_way_around_it(self):
        """What came down would be paired, and the next run would send all the files."""
        for way in "--pull", "--push":
            with self.subTest(way=way):
                self.account = self.new_account("work" + way)
                self.maildir = self.account.maildir
                self.client.create("Box" + way)
                self.account.set(mailboxes=["Box" + way])
                self.given_a_tree_with_other_bytes(mailbox="Box" + way)
                name = self.list_id(self.sync(way, expect=HELD))
                self.assertEqual(self.list_id(self.sync(expect=HELD)), name)
                self.assertEqual(self.counts("Box" + way), (self.COUNT, self.COUNT))
                self.sync(way, "--confirm-additions=" + name)
                self.sync()
                self.assertEqual(self.counts("Box" + way), (self.COUNT + self.OTHER, self.COUNT + self.OTHER))

    def test_a_lost_journal_is_a_first_meeting(self):
        self.given_a_tree_with_other_bytes(other=0)
        self.sync()
        for n, file in enumerate(self.maildir.files("INBOX")):
            if n < self.OTHER:
                data = self.scanned(file.wire())
                os.unlink(file.path)
                self.maildir.put("INBOX", data)
        shutil.rmtree(self.account.state)
        self.sync(expect=HELD)
        self.assertEqual(self.counts(), (self.COUNT, self.COUNT))

    def test_a_dry_run_says_what_would_be_held(self):
        self.given_a_tree_with_other_bytes()
        self.assertIn("would be held", self.sync("-n", expect=HELD).out)
        self.assertEqual(self.counts(), (self.COUNT, self.COUNT))


class OfflineImapTest(MovingInTest):
    def test_a_tree_of_nested_folders_is_taken_over(self):
        self.given_a_full_account()
        mover = self.mover(OfflineImap, separator="/")
        mover.sync()
        self.point_golub_at(mover)
        self.then_it_is_taken_over(mover)


if __name__ == "__main__":
    main()
