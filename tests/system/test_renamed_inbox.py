"""
Another client's RENAME INBOX: its mail has another name on the server, and INBOX stays, empty (RFC 9051, 6.3.6). No mailbox is renamed here then: the files
move, no body comes or goes, nothing is lost, nothing is doubled, and no removal is held. Dovecot gives the mailbox that was INBOX its UIDVALIDITY and UIDs
along, and INBOX new ones; others move the messages, or give both anew. Courier refuses the command, and Cyrus 3.6 dies of it: there the messages are moved.
"""
import re

from base import NIGHTLY, OK, PASSWORD, SOME, SystemTest, main, one_in
from makesbase import AtCourier, AtCyrus
from rig import killer
from rig.fill import Wire, small
import test_renamed_there as there

COUNT = 12  # more than a mailbox may have that becomes empty without a word
MANY = 5000
DEATHS = 10


class Inbox(there.Renaming):
    """What each server can do."""

    def rename_inbox(self, to="Old"):
        self.rename(("INBOX", to))

    def given_inbox(self, count=COUNT):
        """@return its messages"""
        mails = [self.corpus.simple("mail %d" % n) for n in range(count)]
        self.client.fill("INBOX", mails)
        self.client.store("INBOX", self.client.uid_of("INBOX", mails[0]), "+", ["\\Seen", "\\Flagged"])
        self.sync()
        self.sync()
        self.assert_same()
        return mails

    def assert_moved(self, mails):
        result = self.sync("--json")
        self.assertEqual(self.bodies(), [], self.evidence())
        self.assertEqual(self.renamed(result), set())
        self.assertEqual([self.maildir.has("Old", m) for m in mails], [True] * len(mails), result)
        self.assertEqual([self.maildir.has("INBOX", m) for m in mails], [False] * len(mails))
        self.assertIn("INBOX", self.maildir.mailboxes())
        self.assertEqual(self.quarantined(), [])
        self.assert_in_sync()

    def test_all_of_it(self):
        mails = self.given_inbox()
        self.rename_inbox()

        self.assert_moved(mails)

        self.assertEqual(self.maildir.find("Old", mails[0]).letters, "FS")

    def test_one_message(self):
        mails = self.given_inbox(1)
        self.rename_inbox()

        self.assert_moved(mails)

    def test_new_mail_and_flags_meanwhile(self):
        mails = self.given_inbox()
        before, after, here = (self.corpus.simple(word) for word in ("came, and was renamed with the others", "came after that", "saved here"))
        self.client.append("INBOX", before.bytes)
        self.rename_inbox()
        self.client.append("INBOX", after.bytes)
        self.client.store("Old", self.client.uid_of("Old", mails[1]), "+", ["\\Answered"])
        self.maildir.flag(self.maildir.find("INBOX", mails[2]), "F")
        self.maildir.put("INBOX", here.lf)

        self.sync()
        bodies = self.bodies()
        self.sync()

        self.assertEqual(len([line for line in bodies if b" APPEND " in line]), 1)
        self.assertTrue(all(self.maildir.has("Old", m) for m in [*mails, before]))
        self.assertTrue(all(self.maildir.has("INBOX", m) for m in (after, here)))
        self.assertEqual(len(self.maildir.files("INBOX")), 2)
        self.assertEqual(self.quarantined(), [])
        self.assertIn("\\Flagged", self.flags_there(mails[2], "Old"))
        self.assertIn("R", self.maildir.find("Old", mails[1]).letters)
        self.assert_in_sync()

    def test_two_laptops(self):
        mails = self.given_inbox()
        other = self.new_account("work", home=self.another_home())
        self.sync(account=other)
        self.sync(account=other)
        self.rename_inbox()

        self.assert_moved(mails)
        self.sync(account=other)

        self.assertEqual(self.bodies(), [])
        self.assert_in_sync(other)

    def test_a_dry_run(self):
        mails = self.given_inbox()
        self.rename_inbox()
        before = self.maildir.snapshot()

        result = self.sync("--dry-run")

        self.assertEqual(self.maildir.snapshot(), before)
        self.assertIn("%d moved here" % COUNT, result.out)
        self.assert_moved(mails)

    def test_a_run_that_only_sends(self):
        mails = self.given_inbox()
        self.rename_inbox()

        self.sync("--push")

        self.assertEqual(self.bodies(), [])
        self.assert_nothing_changed_there()
        self.assert_moved(mails)


class UnsaidTest(Inbox, SystemTest):
    """Dovecot that is not asked for X-GUID."""
    server_options = {"special_use": False}
    account_options = {"disable": ["X-GUID"]}

    def test_equal_ones(self):
        """Which of them is which only their bodies say; their files move all the same."""
        mails = self.given_inbox(6)
        for _ in range(2):
            self.client.append("INBOX", mails[1].bytes)
        self.sync()
        self.sync()
        self.rename_inbox()

        result = self.sync()

        self.assertIn("8 moved here", result.out)
        self.assertEqual(self.maildir.files("INBOX"), [])
        self.assertEqual(self.quarantined(), [])
        self.assert_in_sync()

    def test_twice(self):
        mails = self.given_inbox()
        self.rename_inbox("Older")
        more = [self.corpus.simple("more %d" % n) for n in range(3)]
        self.client.fill("INBOX", more)
        self.rename_inbox()

        self.sync()
        self.sync()

        self.assertTrue(all(self.maildir.has("Older", m) for m in mails))
        self.assertTrue(all(self.maildir.has("Old", m) for m in more))
        self.assertEqual(self.maildir.files("INBOX"), [])
        self.assertEqual(self.quarantined(), [])
        self.assert_in_sync()

    def test_what_is_below_it_goes_along(self):
        """Dovecot's way."""
        mails = self.given_inbox()
        below = self.given("INBOX/Kid")["INBOX/Kid"]
        self.rename_inbox()

        self.sync()

        self.assertEqual(self.bodies(), [])
        self.assertTrue(all(self.maildir.has("Old", m) for m in mails))
        self.assertTrue(all(self.maildir.has("Old/Kid", m) for m in below))
        self.assertEqual(self.quarantined(), [])
        self.assert_in_sync()

    def test_what_was_removed_here_meanwhile_is_there_again(self):
        """No removal is carried to a mailbox that is numbered anew."""
        mails = self.given_inbox()
        self.maildir.delete(self.maildir.find("INBOX", mails[3]))
        self.rename_inbox()

        self.sync()

        self.assertTrue(all(self.maildir.has("Old", m) for m in mails))
        self.assertEqual(len(self.maildir.files("Old")), COUNT)
        self.assert_in_sync()

    def test_what_was_moved_here_meanwhile_stands_in_both(self):
        """It is copied there, and not sent."""
        mails = self.given_inbox()
        self.given("Work")
        self.maildir.move(self.maildir.find("INBOX", mails[3]), "Work")
        self.rename_inbox()

        self.sync()

        self.assertEqual([line for line in self.bodies() if b" APPEND " in line], [])
        self.assertTrue(self.is_there(mails[3], "Work") and self.maildir.has("Work", mails[3]))
        self.assertTrue(all(self.maildir.has("Old", m) for m in mails))
        self.assertEqual(len(self.maildir.files("Old")), COUNT)
        self.assertEqual(self.maildir.files("INBOX"), [])
        self.assert_in_sync()

    def test_where_nobody_looks_at_the_new_name(self):
        """What INBOX lacks waits, and is neither removed here nor sent at once: the server may not have all of it again yet."""
        mails = self.given_inbox()
        self.account.set(mailboxes=["*", "!Old"])
        self.sync()
        self.rename_inbox()

        for _ in range(2):
            result = self.sync(expect=SOME)
            self.assertIn("%d waiting" % COUNT, result.out)
            self.assertEqual(self.bodies(), [])
            self.assertTrue(all(self.maildir.has("INBOX", m) for m in mails))
            self.assert_nothing_changed_there()
        self.account.set(mailboxes=["*"])
        self.assert_moved(mails)

    def test_thousands_cost_no_body_and_few_turns(self):
        with Wire(self.server.port, self.user, PASSWORD) as wire:
            wire.append("INBOX", small(MANY, 600))
        self.through(delay=8)
        self.sync()
        self.sync()
        self.rename_inbox()

        result = self.sync()

        self.assertIn("%d moved here" % MANY, result.out)
        self.assertEqual(self.bodies(), [])
        self.assertLessEqual(self.proxy.stats["turns"], 14, self.evidence())
        self.assertEqual(len(self.maildir.files("Old")), MANY)
        self.assert_same()


@one_in(2)
class SaidTest(UnsaidTest):
    """It says that INBOX is another mailbox now, and which one it was."""
    account_options = {}


@one_in(3)
class PlusPlusTest(UnsaidTest):
    """INBOX is the root."""
    account_options = {"disable": ["X-GUID"], "layout": "maildir++"}


@one_in(2, 1)
class RenumberedTest(UnsaidTest):
    """Its mail has another UIDVALIDITY with another name."""
    test_two_laptops = None  # one of them has another proxy

    def rename_inbox(self, to="Old"):
        super().rename_inbox(to)
        self.through(edit_down=lambda data: re.sub(rb"UIDVALIDITY (\d+)", lambda m: b"UIDVALIDITY %d" % (int(m.group(1)) + 1000), data))


class Moved:
    """The same without the command."""

    def rename_inbox(self, to="Old"):
        self.client.create(to)
        self.client.move("INBOX", [m.uid for m in self.client.messages("INBOX", bodies=False)], to)


class MovedTest(Moved, Inbox, SystemTest):
    server_options = {"special_use": False}
    account_options = {"disable": ["X-GUID"]}


class CourierTest(AtCourier, Moved, Inbox, SystemTest):
    def test_the_command_itself_is_refused_and_changes_nothing(self):
        mails = self.given_inbox()

        with self.assertRaises(RuntimeError):
            self.rename(("INBOX", "Old"))

        self.assertTrue(all(self.is_there(m) for m in mails))
        self.assert_in_sync()


class CyrusTest(AtCyrus, Moved, Inbox, SystemTest):
    def test_the_command_itself_changes_nothing_here(self):
        """The server dies of it, and leaves an empty mailbox of the new name."""
        mails = self.given_inbox()

        with self.assertRaises(self.client.imap.abort):
            self.rename(("INBOX", "Old"))

        self.client = self.new_client()
        self.sync()
        self.assertEqual(self.bodies(), [])
        self.assertTrue(all(self.maildir.has("INBOX", m) for m in mails))
        self.assertEqual(self.maildir.files("Old"), [])
        self.assert_in_sync()


class KilledTest(Inbox, SystemTest):
    """Dead just before and just after each step; the next runs end it, and no mail comes a second time."""
    server_options = {"special_use": False, "users": {"u%03d" % n: PASSWORD for n in range(100)}}
    account_options = {"disable": ["X-GUID"]}

    def die(self, at, after):
        mails = self.given_inbox(3)
        self.rename_inbox()
        result, steps = killer.run(self.home, at, "sync", "work", after=after)
        if at == 0:
            self.check(result, OK)
            return steps
        for _ in range(2):
            self.sync()
            self.assertEqual(self.bodies(), [], steps[-1:])
        self.assertEqual(self.maildir.files("INBOX"), [])
        self.assertEqual(sorted(f.digest for f in self.maildir.files("Old")), sorted(m.digest for m in mails))
        self.assert_same()
        return steps

    def test_killed(self):
        places = [(s, after) for s in self.die(0, False) if not s.sends for after in (False, True)]
        for step, after in places if NIGHTLY else places[::len(places) // (2 * DEATHS) | 1]:  # before and after, in turn
            self.doCleanups()
            self.setUp()
            with self.subTest("%s %s" % ("after" if after else "before", step)):
                self.die(step.number, after)


for name in [name for name in dir(Inbox) if name.startswith("test_")]:
    setattr(KilledTest, name, None)  # told above


if __name__ == "__main__":
    main()
