#!/usr/bin/env python3
"""
Trees that Debian's mbsync and OfflineIMAP kept, of a server that numbered its messages anew: before golub's first run, between `golub adopt` and
that run, and between two later ones while both programs take turns. What the other program's state says of the old numbers is not believed.
"""
import collections
import os
import re

from adoptbase import AdoptTest, MbsyncAdoptTest, OfflineImapAdoptTest
from base import CONFIG, HELD, main
from rig.movers import Mbsync

INBOX, WORK = "INBOX", "Work/2024"


def id_of(data):
    return re.search(rb"(?im)^Message-ID:\s*(<[^>]+>)", bytes(data)).group(1)


class Refilled:
    """The mailboxes were made again, and filled in the other order: each UID that the state names is another message's."""

    def renumber(self, *mailboxes):
        for mailbox in mailboxes or (INBOX, WORK):
            before = self.client.status(mailbox)["uidvalidity"]
            self.client.rename_mailbox(mailbox, "aside")
            if mailbox != INBOX:
                self.client.create(mailbox)
            for m in reversed(self.client.messages("aside", bodies=False)):
                self.client.append(mailbox, self.client.body("aside", m.uid), m.flags, m.date)
            self.client.delete_mailbox("aside")
            self.assertNotEqual(self.client.status(mailbox)["uidvalidity"], before)


class Lost:
    """The server lost its list of numbers and counts again: the UIDs are those that the state names, or other ones, and mean something else."""
    server_options = {"format": "maildir", "special_use": False, "separator": "."}
    separator = "."

    def renumber(self, *mailboxes):
        before = {mailbox: self.client.status(mailbox)["uidvalidity"] for mailbox in (INBOX, WORK)}
        self.client.close()
        for path, _, names in os.walk(os.path.join(self.server.folder, "mail", self.user)):
            for name in names:
                if name.startswith(("dovecot-uidlist", "dovecot.index")):
                    os.unlink(os.path.join(path, name))
        self.client = self.new_client()
        for mailbox, old in before.items():
            self.assertNotEqual(self.client.status(mailbox)["uidvalidity"], old)


class Renumbered:
    """What is asked of either program, in either way of numbering anew."""
    COUNT = 24
    keys = {}

    def given_golub(self, **keys):
        super().given_golub(**{**self.keys, **keys})
        self.tree = self.maildir

    def there(self, mailbox):
        return collections.Counter(id_of(self.client.body(mailbox, m.uid)) for m in self.client.messages(mailbox, bodies=False))

    def here(self, mailbox):
        return collections.Counter(id_of(f.bytes()) for f in self.tree.files(mailbox))

    def assert_each_once(self, more=(), less=()):
        for mailbox, messages in ((INBOX, self.messages[::2]), (WORK, self.messages[1::2])):
            expected = collections.Counter(id_of(m) for m in (*messages, *(m for m, where in more if where == mailbox)) if m not in less)
            self.assertEqual(self.there(mailbox), expected, "on the server, %s" % mailbox)
            self.assertEqual(self.here(mailbox), expected, "here, %s" % mailbox)

    def then_nothing_travels(self, **more):
        """In this run, and nothing happens in the next ones."""
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
        self.assert_each_once(**more)
        self.assertEqual(self.quarantine(), [])
        self.assert_idempotent()

    def test_before_the_first_run(self):
        self.given_a_tree()
        self.renumber()
        self.then_nothing_travels()

    def test_nothing_is_adopted_from_a_state_of_other_numbers(self):
        self.given_a_tree()
        self.renumber()
        before = self.names_here()
        result = self.adopt(expect=CONFIG)
        self.assertIn("UIDVALIDITY", result.err)
        self.assertNotIn("taken over from", result.out)
        self.assert_silent()
        self.assertEqual(self.names_here(), before)
        self.then_nothing_travels()

    def test_between_adopt_and_the_first_run(self):
        self.given_a_tree()
        self.adopt()
        self.renumber()
        self.then_nothing_travels()

    def given_removals_that_wait(self):
        """@return what was removed here, and there, before `golub adopt`"""
        self.given_a_tree()
        here, there = self.messages[2], self.messages[4]
        os.unlink(self.file_of(here).path)
        self.client.expunge(INBOX, [self.uid_of(there)])
        self.adopt(expect=HELD)
        return here, there

    def then_both_wait(self, here, there, read=1):
        """read: bodies that say where the message is under its new number, which golub never had a file of"""
        held = self.sync(expect=HELD)
        self.assertIn("2 removals", held.out)
        self.assertEqual((self.bodies(), self.appended(), self.uid_of(there)), (read, 0, None), self.evidence())
        self.assertIsNotNone(self.uid_of(here))
        self.assertEqual(self.here(INBOX), collections.Counter(id_of(m) for m in self.messages[::2] if m is not here))

    def test_removals_of_before_adopt_still_wait_under_other_numbers(self):
        """golub never had the file that is gone: the body there, which it read, says which message that was."""
        here, there = self.given_removals_that_wait()
        for _ in range(2):
            self.renumber()
            for read in (1, 0):
                self.then_both_wait(here, there, read)
        self.sync("--confirm-deletes")
        self.assert_each_once(less=[here, there])
        self.assertEqual(len(self.quarantine()), 2)
        self.assert_idempotent()

    def test_a_removal_of_before_adopt_is_rejected_under_other_numbers(self):
        here, there = self.given_removals_that_wait()
        self.renumber()
        self.then_both_wait(here, there)
        self.sync("--reject-deletes")
        self.sync()
        self.assert_each_once()
        self.assert_idempotent()

    def test_what_was_removed_before_comes_back_where_nothing_is_adopted(self):
        self.given_a_tree()
        os.unlink(self.file_of(self.messages[2]).path)
        self.client.expunge(INBOX, [self.uid_of(self.messages[4])])
        self.renumber()
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (1, 1), self.evidence())
        self.assert_each_once()
        self.assert_idempotent()

    def test_between_later_runs_of_both(self):
        """What the other program makes of the new numbers is its own affair: it may refuse them. golub adds nothing to it."""
        self.given_a_tree()
        self.sync()
        more = []
        for n in range(3):
            self.renumber()
            for mailbox, put in ((INBOX, self.client.append), (WORK, self.tree.deliver)):
                more.append((self.corpus.simple("%d, new in %s" % (n, mailbox)), mailbox))
                put(*more[-1][::-1])
            self.mover.sync(check=False)
            grown = {mailbox: (self.there(mailbox), self.here(mailbox)) for mailbox in (INBOX, WORK)}
            self.sync()
            for mailbox, (there, here) in grown.items():
                self.assertEqual(self.there(mailbox), there | here, self.evidence())
                self.assertEqual(self.here(mailbox), there | here, self.evidence())
            self.mover.sync(check=False)
            self.sync()
            self.assert_each_once(more)
        self.assertEqual(self.quarantine(), [])
        self.assert_idempotent()


class Limited:
    """What mbsync's limits let go, or stood in for, stays where it is."""
    keys = {}

    def given_golub(self, **keys):
        super().given_golub(**{**self.keys, **keys})
        self.tree = self.maildir

    def given_limits(self, channel):
        self.given_a_full_account()
        self.given_a_mover(Mbsync, channel=channel, **getattr(self, "options", {}))
        self.mover.sync()
        self.given_golub()
        self.adopt()
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())

    def reasons(self):
        """So many messages of which status says what the other program did with them."""
        return len(re.findall(r": mbsync (?:let|left) ", self.status()))

    def then_it_stays_apart(self):
        before, reasons = (self.counts_there()[INBOX], len(self.tree.files(INBOX))), self.reasons()
        self.assertGreater(reasons, 0)
        for _ in range(2):
            self.renumber()
            for _ in range(2):
                self.sync()
                self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
                self.assertEqual((self.counts_there()[INBOX], len(self.tree.files(INBOX))), before)
                self.assertEqual(self.reasons(), reasons)
        self.client.append(INBOX, self.corpus.simple("new there"))
        self.sync()
        self.assertEqual((self.counts_there()[INBOX], len(self.tree.files(INBOX))), (before[0] + 1, before[1] + 1))

    def test_messages_that_it_let_go(self):
        self.given_limits("MaxMessages 5\nExpireUnread yes\n")
        self.assertLess(len(self.tree.files(INBOX)), self.counts_there()[INBOX])
        self.then_it_stays_apart()

    def test_messages_that_were_too_large(self):
        self.given_limits("MaxSize 3k\n")
        self.then_it_stays_apart()


class MbsyncLimitedRefilledTest(Refilled, Limited, MbsyncAdoptTest):
    pass


class MbsyncLimitedLostTest(Lost, Limited, MbsyncAdoptTest):
    options, keys = {"subfolders": "Maildir++"}, {"layout": "maildir++"}


class MbsyncRefilledTest(Refilled, Renumbered, MbsyncAdoptTest):
    pass


class MbsyncLostTest(Lost, Renumbered, MbsyncAdoptTest):
    options, keys = {"subfolders": "Maildir++"}, {"layout": "maildir++"}


class OfflineImapRefilledTest(Refilled, Renumbered, OfflineImapAdoptTest):
    pass


class OfflineImapLostTest(Lost, Renumbered, OfflineImapAdoptTest):
    options, keys = {}, {"layout": "flat"}


if __name__ == "__main__":
    main()
