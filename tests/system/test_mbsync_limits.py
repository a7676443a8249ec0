#!/usr/bin/env python3
"""mbsync with limits (MaxMessages, MaxSize) in turn with golub: what it takes away here nobody removed, and what it can't see it carries again."""
import contextlib
import os
import shutil
import sqlite3
import time

from adoptbase import MbsyncAdoptTest
from base import HELD, main

LIMIT = "MaxMessages 5\nExpireUnread yes\n"


class MbsyncLimitTest(MbsyncAdoptTest):
    def limit(self, channel=LIMIT):
        self.mover.options["channel"] = channel
        self.mover.configure()

    def turn(self, *options, expect=0):
        """mbsync, then golub. @return what golub said"""
        self.mover.sync()
        self.left = self.mail_here()
        self.proxy.reset()
        return self.check(self.home.run("sync", *options, self.account.name, env={"HOME": self.mover.folder}), expect)

    def mail_there(self):
        return {name: sorted(m.digest for m in self.client.messages(name)) for name in self.client.mailboxes()}

    def new_there(self, count=2):
        for _ in range(count):
            self.messages.append(self.corpus.simple("new there"))
            self.client.append("INBOX", self.messages[-1])

    def test_what_it_lets_go_stays_on_the_server(self):
        """With and without adopt; the limit was there, or comes later; its states are in the folders, or in its own."""
        for adopt, before, state in ((True, LIMIT, "*"), (True, "", "*"), (True, "", ""), (True, LIMIT, "own"), (False, "", "*"), (False, "", "")):
            with self.subTest(adopt=adopt, before=before, state=state):
                self.user = next(self._users)
                self.client, self.home = self.new_client(), self.another_home()
                self.given_a_full_account()
                self.given_a_mover(self.kind)
                if state == "own":
                    state = os.path.join(self.mover.folder, "states", "work-")
                    os.mkdir(os.path.dirname(state))
                self.mover.options.update(state=state, channel=before)
                self.mover.configure()
                self.mover.sync()
                self.given_golub()
                if adopt:
                    self.adopt(*(("--state", os.path.dirname(state)) if len(state) > 1 else ()))
                self.check(self.home.run("sync", self.account.name, env={"HOME": self.mover.folder}), 0)
                self.limit()
                for n in range(3):
                    self.new_there()
                    there = self.mail_there()
                    said = self.turn()
                    if n == 0:
                        self.assertRegex(said.out, r"mbsync let \d+ messages? go here \(MaxMessages\): (they|it) stays? on the server alone")
                    self.assertEqual(self.mail_there(), there)
                    self.assertEqual(self.mail_here(), self.left)
                self.assertIn("mbsync let it go (MaxMessages, or long ago): it stays on the server alone", self.status())
                self.assert_idempotent()

    def test_what_it_brings_back_is_no_new_mail(self):
        """Flagged there, a message is fetched by mbsync again, under another UID here."""
        self.given_a_tree()
        self.adopt()
        self.sync()
        self.limit()
        self.new_there()
        self.turn()
        gone = [m for m in self.messages[::2] if not any(bytes(m).split(b"\r\n\r\n", 1)[1] in f.wire() for f in self.tree.files("INBOX"))]
        count = len(self.client.messages("INBOX"))
        self.client.store("INBOX", [self.uid_of(gone[0])], "+", ["\\Flagged"])
        self.turn()
        self.turn()
        self.assertEqual(len(self.client.messages("INBOX")), count)
        self.assertEqual(self.mail_here(), self.left)
        self.assert_idempotent()

    def test_what_its_user_removes_beside_it_is_removed(self):
        self.given_a_tree(channel=LIMIT)
        self.adopt()
        self.sync()
        for before_mbsync in (True, False):
            file = self.tree.files("INBOX")[-1]
            count = len(self.client.messages("INBOX"))
            if before_mbsync:
                os.unlink(file.path)
                self.turn()
            else:
                self.new_there(1)
                self.turn()
                os.unlink(file.path)
                count += 1
                self.sync()
            self.assertEqual(len(self.client.messages("INBOX")), count - 1)

    def test_without_limits_nothing_waits(self):
        """Also what golub brought itself, and what mbsync then took for new."""
        self.given_a_tree()
        self.adopt()
        self.sync()
        self.new_there()
        self.sync()
        own = [f for f in self.tree.files("INBOX") if f.base.endswith(".golub")]
        count = len(self.client.messages("INBOX"))
        os.unlink(own[0].path)
        os.unlink([f for f in self.tree.files("INBOX") if ",U=" in f.base][0].path)
        self.client.append("Work/2024", self.corpus.simple("trace"))
        self.sync()
        self.assertEqual(len(self.client.messages("INBOX")), count - 2)
        self.turn()

    def test_what_it_may_have_taken_away_is_held(self):
        """Its states are nowhere to be found."""
        self.given_a_full_account()
        self.given_a_mover(self.kind)
        state = os.path.join(self.mover.folder, "states")
        os.mkdir(state)
        self.mover.options.update(state=os.path.join(state, "work-"), channel=LIMIT)
        self.limit("")
        self.mover.sync()
        self.given_golub()
        self.sync()
        self.limit()
        self.new_there()
        there = self.mail_there()
        said = self.turn(expect=HELD)
        self.assertEqual(self.mail_there(), there)
        self.assertIn("mbsync was at work here, and may have taken them away itself", said.out + said.err)
        self.assertIn("perhaps mbsync took it away here, and nobody removed it", self.status())
        self.sync(expect=HELD)
        self.sync("--reject-deletes")
        self.assertEqual(self.mail_there(), there)
        self.assertEqual(len(self.tree.files("INBOX")), len(there["INBOX"]))
        with contextlib.closing(sqlite3.connect("file:%s/journal.db?mode=ro" % self.account.state, uri=True)) as journal:
            self.assertEqual(journal.execute("SELECT count(*) FROM message WHERE facts & 0x20000000").fetchone(), (0,), "what it may have taken away is here")

    def given_a_state_that_is_nowhere_to_be_found(self):
        self.given_a_full_account()
        self.given_a_mover(self.kind)
        state = os.path.join(self.mover.folder, "states")
        os.mkdir(state)
        self.mover.options.update(state=os.path.join(state, "work-"), channel=LIMIT)
        self.limit("")
        self.mover.sync()
        self.given_golub()
        self.sync()

    def test_another_folders_clock_says_nothing_of_this_one(self):
        """It was ahead when mbsync wrote there, or a later run of mbsync's is known of; each folder has its own time."""
        for ahead in (3, 86400):
            with self.subTest(ahead):
                self.user = next(self._users)
                self.client, self.home = self.new_client(), self.another_home()
                self.given_a_state_that_is_nowhere_to_be_found()
                later = time.time() + ahead
                os.utime(os.path.join(self.mover.root, "Work/2024/.uidvalidity"), (later, later))
                self.tree.flag(self.tree.files("Work/2024")[0], add="F")
                self.sync()
                self.limit()
                self.new_there()
                there = self.mail_there()
                self.mover.sync()
                time.sleep(4 if ahead < 10 else 0)
                self.sync(expect=HELD)
                self.assertEqual(self.mail_there(), there)

    def test_a_state_that_mbsync_left_behind_says_nothing(self):
        """It keeps another one by now, which golub does not find; the one beside the mail knows of no limit."""
        self.given_a_tree()
        self.adopt()
        self.sync()
        states = os.path.join(self.mover.folder, "states")
        os.mkdir(states)
        for mailbox in ("INBOX", "Work/2024"):
            shutil.copy(os.path.join(self.mover.root, mailbox, ".mbsyncstate"), os.path.join(states, "work-" + mailbox.replace("/", "!")))
        self.mover.options.update(state=os.path.join(states, "work-"))
        self.limit()
        self.new_there()
        there = self.mail_there()

        self.turn(expect=HELD)

        self.assertLess(len(self.mail_here()["INBOX"]), len(there["INBOX"]))
        self.assertEqual(self.mail_there(), there)

    # -- what golub brought beyond the limit mbsync sends up once more

    def given_what_was_sent_again(self, channel="MaxMessages 5\nExpireUnread yes\n", then=""):
        """@return (a message, its UID, its copy's UID); its file here is paired with the first"""
        self.given_a_tree(channel=channel)
        self.sync()
        self.limit(then)
        self.said = self.turn()
        for message in self.messages[::2]:
            mark = bytes(message).split(b"\r\n\r\n", 1)[1]
            uids = [m.uid for m in self.client.messages("INBOX") if self.client.body("INBOX", m.uid).endswith(mark)]
            if len(uids) == 2 and mark:
                return message, *uids
        self.fail("nothing was sent up once more")

    def files_of(self, message):
        mark = bytes(message).split(b"\r\n\r\n", 1)[1]
        return [f for f in self.tree.files("INBOX") if f.wire().endswith(mark)]

    def test_what_golub_brought_beyond_its_limits_does_not_grow(self):
        """Each such message is there twice and here once, however often both run, with the limit or without."""
        for channel, then in ((LIMIT, ""), ("MaxSize 1k\n", "")):
            with self.subTest(channel):
                self.user = next(self._users)
                self.client, self.home = self.new_client(), self.another_home()
                self.given_what_was_sent_again(channel, then)
                self.assertRegex(self.said.out, "mbsync sent up once more what was there already: [0-9]+ copies stay on the server alone")
                self.assertEqual((self.mail_here(), self.bodies() > 0), (self.left, True))
                there = self.mail_there()
                for _ in range(3):
                    self.turn()
                    self.assertEqual((self.mail_here(), self.mail_there()), (self.left, there))
                self.assertIn("mbsync sent up once more what is there already: this copy stays on the server alone", self.status())
                self.assert_idempotent()

    def test_a_copy_that_a_person_made_comes(self):
        """Of the message, and of mbsync's copy of it."""
        message, uid, copy = self.given_what_was_sent_again()
        self.client.copy("INBOX", [uid], "INBOX")
        self.sync()
        self.assertEqual(len(self.files_of(message)), 2)
        self.client.copy("INBOX", [copy], "INBOX")
        self.sync()
        self.assertEqual(len(self.files_of(message)), 3)
        self.assert_idempotent()

    def test_one_of_the_two_is_removed_there(self):
        """The other one and the file stay, until that is removed, too."""
        message, uid, copy = self.given_what_was_sent_again()
        self.client.expunge("INBOX", [uid])
        self.sync()
        self.assertEqual(len(self.files_of(message)), 1)
        self.turn()
        self.assertEqual(len(self.files_of(message)), 1)
        self.assertIn(copy, [m.uid for m in self.client.messages("INBOX")])
        self.client.store("INBOX", [copy], "+", ["\\Flagged"])
        self.sync()
        self.assertIn("\\Flagged", self.files_of(message)[0].flags)
        self.client.expunge("INBOX", [copy])
        self.sync()
        self.assertEqual(self.files_of(message), [])

    def test_mbsyncs_copy_is_removed_there(self):
        """mbsync takes the file away for it. Nobody removed the message."""
        for between in (False, True):
            with self.subTest(between):
                self.user = next(self._users)
                self.client, self.home = self.new_client(), self.another_home()
                message, uid, copy = self.given_what_was_sent_again()
                self.client.expunge("INBOX", [copy])
                if between:
                    self.sync()
                self.turn(expect=HELD)
                self.assertEqual(self.files_of(message), [])
                self.assertIn(uid, [m.uid for m in self.client.messages("INBOX")])
                self.sync("--reject-deletes")
                self.assertEqual(len(self.files_of(message)), 1)
                self.assertIn(uid, [m.uid for m in self.client.messages("INBOX")])

    def test_the_file_of_both_is_removed_here(self):
        message, uid, copy = self.given_what_was_sent_again()
        os.unlink(self.files_of(message)[0].path)
        self.sync()
        self.assertNotIn(uid, [m.uid for m in self.client.messages("INBOX")])
        self.turn()
        self.assertNotIn(copy, [m.uid for m in self.client.messages("INBOX")])
        self.assertEqual(self.files_of(message), [])
        self.assert_idempotent()


del MbsyncAdoptTest

if __name__ == "__main__":
    main()
