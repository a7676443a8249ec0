"""
Two laptops and another client, a mailbox that goes, and what else happens to it: each pair of steps, with or without runs in between, and
"mailbox-deletes" on both laptops or on one. And what one laptop sees of it while the other one changes names there.
"""
import itertools
import os
import random
import re
import shutil
import sqlite3

from base import HELD, NIGHTLY, OK, PASSWORD, SOME, SystemTest, main
from makesbase import AtCourier
from test_mailbox_deletes import ALL, Deleting

SHORT = 5  # pairs of each kind; all of them where GOLUB_NIGHTLY is set


class Laptops(Deleting):
    def setUp(self):
        super().setUp()
        self.other = self.new_account("work", home=self.another_home())

    def given_all(self, **mailboxes):
        for name, count in mailboxes.items():
            self.client.create(name)
            self.client.fill(name, [self.corpus.simple("%s %d" % (name, n)) for n in range(count)])
        for account in (self.account, self.other, self.account):
            self.sync(account=account)

    def files_of(self, account):
        return [f for name in account.maildir.mailboxes() for f in account.maildir.files(name)]

    def there(self):
        return [m.digest for name in self.client.mailboxes() for m in self.client.messages(name)]


class PairsTest(Laptops, SystemTest):
    server_options = {"special_use": False, "users": {"u%03d" % n: PASSWORD for n in range(600)}}  # one for each pair
    STEPS = "rm1 rm2 delete remake new1 new2 new-there rename1 rename-there".split()

    def again(self):
        self.doCleanups()
        self.setUp()

    def step(self, name):
        """What cannot be done any more is not done. @return whether it was done"""
        account = self.other if name.endswith("2") else self.account
        folder = account.maildir.folder("A")
        here, there = "A" in account.maildir.mailboxes(), "A" in self.client.mailboxes()
        if name in ("rm1", "rm2") and here:
            self.gone += [f.digest for f in account.maildir.files("A")]
            shutil.rmtree(folder)
        elif name == "delete" and there:
            self.gone += [m.digest for m in self.client.messages("A")]
            self.client.delete_mailbox("A")
        elif name == "remake" and there:
            self.step("delete")
            self.client.create("A")
            self.put_there()
        elif name in ("new1", "new2") and here:
            self.number += 1
            mail = self.corpus.simple("new here %d" % self.number)
            self.mine.add(mail.digest)
            account.maildir.deliver("A", mail.lf)
        elif name == "new-there" and there:
            self.put_there()
        elif name == "rename1" and here:
            os.rename(folder, account.maildir.folder("R"))
        elif name == "rename-there" and there:
            self.client.rename_mailbox("A", "S")
        else:
            return False
        return True

    def put_there(self):
        self.number += 1
        mail = self.corpus.simple("new there %d" % self.number)
        self.mine.add(mail.digest)
        self.client.append("A", mail.bytes)

    def play(self, first, second, between, both):
        self.gone, self.mine, self.number = [], set(), 0
        self.account.set(pull=ALL, push=ALL)
        self.other.set(**({"pull": ALL, "push": ALL} if both else {"pull": None, "push": None}))
        self.given_all(A=2, B=1)
        self.step(first)
        if between:
            self.account.sync()
            self.other.sync()
        if not self.step(second):
            return False
        for account in (self.account, self.other) * 4:
            self.assertIn(account.sync().code, (OK, SOME, HELD))
        # Nothing is under way any more, and nobody's new mail is lost.
        for account in (self.account, self.other):
            self.proxy.reset()
            result = account.sync()
            self.assertEqual(self.proxy.changing(), [], self.evidence())
            self.assertEqual(result.code, OK, result)
        self.assertEqual([n for n in self.client.mailboxes() if "golub-" in n], [])
        there = self.there()
        self.assertEqual(len(there), len(set(there)))
        everywhere = set(there) | {f.digest for a in (self.account, self.other) for f in self.files_of(a)}
        everywhere |= {d for d in self.mine if d in self.gone}
        self.assertEqual(self.mine - everywhere, set(), self.evidence())
        return True

    def sweep(self, between, both):
        pairs = [(a, b) for a, b in itertools.product(self.STEPS, self.STEPS) if a != b and {a, b} & {"rm1", "rm2", "delete", "remake"}]
        played, most = 0, len(pairs) if NIGHTLY else SHORT
        random.Random(2 * between + both).shuffle(pairs)
        for first, second in pairs:
            if played == most:
                break
            self.again()
            with self.subTest("%s, %s" % (first, second)):
                played += self.play(first, second, between, both)
        self.assertGreaterEqual(played, SHORT)

    def test_both_with_runs_between(self):
        self.sweep(True, True)

    def test_both_without(self):
        self.sweep(False, True)

    def test_one_with_runs_between(self):
        self.sweep(True, False)

    def test_one_without(self):
        self.sweep(False, False)


class ChangingPlacesTest(Laptops, SystemTest):
    """One laptop dies between two RENAMEs, and the other one looks: the server tells no identities."""
    account_options = {"pull": ALL, "push": ALL, "disable": ["X-GUID"]}
    server_options = {"special_use": False}

    def kill_at(self, account, number):
        """A run of this laptop that dies as it sends its RENAME of this number."""
        process, renames = [], []

        def look(data):
            renames.append(data.count(b"RENAME "))
            if not process or sum(renames) < number or process[0].poll() is not None:
                return data
            process[0].kill()
            process[0].wait()
            return b""

        self.through(edit_up=look)
        self.other.set(server=self.account.keys["server"])
        process.append(account.home.start("sync", "work"))
        process[0].communicate()
        self.assertEqual(process[0].returncode, -9)

    def given_a_name_for_a_moment(self):
        """A/Old was A, and is called golub-rename-N."""
        self.given_all(A=3, B=2)
        self.change_places()

    def change_places(self):
        self.move_below()
        self.kill_at(self.account, 2)
        self.assertEqual(len([n for n in self.client.mailboxes() if "golub-rename-" in n]), 1)

    def move_below(self):
        away = self.maildir.folder("away")
        os.rename(self.maildir.folder("A"), away)
        os.mkdir(self.maildir.folder("A"))
        os.rename(away, self.maildir.folder("A/Old"))

    def assert_each_once(self, account):
        self.assertEqual(sorted(account.maildir.mailboxes()), ["A/Old", "B", "INBOX"])
        self.assertEqual(account.sync().code, OK)
        self.assert_same(dates=False, account=account)

    def assert_followed(self):
        """Into the name for a moment, and out of it."""
        self.given_a_name_for_a_moment()
        self.proxy.reset()

        for _ in range(3):
            result = self.other.sync()
            self.assertEqual(result.code, OK)
            self.assertNotIn("gone on the server", result.out)
            self.assertEqual(len(self.files_of(self.other)), 5)
        self.assertEqual([line for line in self.proxy.sent() if b"BODY.PEEK[]" in line], [])

        for account in (self.account, self.other) * 3:
            account.sync()
        self.assert_each_once(self.other)

    def test_what_has_it_is_followed(self):
        self.assert_followed()

    def test_what_has_it_and_is_left_out_by_that_name_is_left_alone(self):
        self.other.set(mailboxes=["INBOX", "A", "A/*", "B"])
        self.given_a_name_for_a_moment()

        result = self.other.sync()

        self.assertNotIn("gone on the server", result.out)
        self.assertIn("work/A: can't tell what this mailbox is called there now", result.err)
        for account in (self.account, self.other) * 2:
            account.sync()
        self.assert_each_once(self.other)

    def test_a_rename_of_its_own_makes_no_mailbox_of_another_laptops(self):
        """Not even where both know it by one number."""
        self.given_all(A=1)
        os.rename(self.other.maildir.folder("A"), self.other.maildir.folder("C"))
        self.kill_at(self.other, 1)
        with sqlite3.connect(self.other.journal_path()) as journal:
            number, = journal.execute("SELECT mailbox FROM op").fetchone()
        self.client.create("golub-rename-%d" % number)

        self.other.sync()

        self.assertNotIn("golub-rename-%d" % number, self.other.maildir.mailboxes())
        self.assertIn("C", self.client.mailboxes())

    def test_a_rename_of_its_own_is_not_asked_for_while_it_is_left_alone(self):
        self.other.set(mailboxes=["INBOX", "A", "A/*", "B", "C"])
        self.given_all(A=3, B=2)
        os.rename(self.other.maildir.folder("A"), self.other.maildir.folder("C"))
        self.kill_at(self.other, 1)
        self.other.set(server=self.account.keys["server"])
        self.change_places()
        self.through()
        self.other.set(server=self.account.keys["server"])

        result = self.other.sync()

        self.assertIn("work/A: can't tell what this mailbox is called there now", result.err)
        self.assertNotIn("after it was renamed", result.err)
        with sqlite3.connect(self.other.journal_path()) as journal:
            self.assertEqual(len(journal.execute("SELECT mailbox FROM op").fetchall()), 1)

    def test_one_that_is_gone_is_not_another_laptops_though_its_name_is_such_a_one(self):
        """One that took its place is to have its name, and is not renamed yet."""
        self.other.set(pull=["new", "flags", "deletes", "mailboxes"])
        self.given_all(A=3, B=2)
        away = self.other.maildir.folder("away")
        os.rename(self.other.maildir.folder("A"), away)
        os.rename(self.other.maildir.folder("B"), self.other.maildir.folder("A"))
        os.rename(away, self.other.maildir.folder("B"))
        self.client.delete_mailbox("A")
        self.kill_at(self.other, 1)
        with sqlite3.connect(self.other.journal_path()) as journal:
            name, = journal.execute("SELECT name FROM mailbox WHERE name LIKE 'golub-rename-%'").fetchone()
        self.client.create(name)
        mail = self.corpus.simple("another laptop's")
        self.client.append(name, mail.bytes)

        for _ in range(3):
            self.assertNotIn("there again on both sides", self.other.sync().out)

        self.assertEqual(sorted(self.other.maildir.mailboxes()), ["A", "B", "INBOX"])
        self.assertFalse(self.other.maildir.has("B", mail))
        self.assertEqual(len(self.files_of(self.other)), 5)
        self.assertEqual(self.client.status(name)["messages"], 1)
        self.assertEqual(self.client.status("A")["messages"], 2)

    # -- of three that change places one waits for its own name, and another one has the name that it had

    def given_a_name_that_changed_hands(self):
        """A/Old was A, and is called golub-rename-N; A was B."""
        self.given_all(A=3, B=2)
        away = self.maildir.folder("away")
        os.rename(self.maildir.folder("A"), away)
        os.rename(self.maildir.folder("B"), self.maildir.folder("A"))
        os.rename(away, self.maildir.folder("A/Old"))
        self.kill_at(self.account, 3)
        self.assertEqual(sorted(n[:13] for n in self.client.mailboxes()), ["A", "INBOX", "golub-rename-"])

    def assert_changed_hands(self, code):
        self.proxy.reset()
        result = self.other.sync()
        self.assertEqual(result.code, code)
        self.assertNotIn("UIDVALIDITY", result.out)
        self.assertNotIn("gone on the server", result.out)
        self.assertEqual(self.proxy.changing(), [], self.evidence())
        for account in (self.account, self.other) * 2:
            account.sync()
        self.assertEqual(sorted(self.other.maildir.mailboxes()), ["A", "A/Old", "INBOX"])
        self.assertEqual(self.client.status("A")["messages"], 2)
        self.assertEqual(self.client.status("A/Old")["messages"], 3)
        self.assertEqual(self.other.sync().code, OK)
        self.assert_same(dates=False, account=self.other)

    def test_another_one_has_the_name_that_it_had(self):
        self.given_a_name_that_changed_hands()
        self.assert_changed_hands(OK)

    def test_another_one_has_the_name_that_it_had_and_the_new_one_is_left_out(self):
        self.other.set(mailboxes=["INBOX", "A", "A/*", "B"])
        self.given_a_name_that_changed_hands()
        self.assert_changed_hands(SOME)

    # -- to one who does not know the mailbox it is none

    def test_a_name_for_a_moment_is_no_mailbox(self):
        self.given_a_name_for_a_moment()
        third = self.new_account("work", home=self.another_home())

        for _ in range(3):
            third.sync()
            self.assertEqual(sorted(third.maildir.mailboxes()), ["B", "INBOX"])
        for account in (self.account, third) * 3:
            account.sync()

        self.assertEqual(sorted(self.client.mailboxes()), ["A/Old", "B", "INBOX"])
        self.assertEqual(self.client.status("A/Old")["messages"], 3)
        self.assert_each_once(self.account)
        self.assert_each_once(third)

    def passing(self, seconds):
        """So much later, for the names that are known."""
        with sqlite3.connect(self.other.journal_path()) as journal:
            words = journal.execute("SELECT v FROM meta WHERE k = 'passing'").fetchone()[0].split()
            words[1::2] = [str(int(since) + seconds) for since in words[1::2]]
            journal.execute("UPDATE meta SET v = ? WHERE k = 'passing'", (" ".join(words),))
            self.assertGreater(len(words), 1)

    def made(self, name):
        self.other.sync()
        return name in self.other.maildir.mailboxes()

    def test_each_name_for_a_moment_has_its_day(self):
        self.given_all(B=1)
        self.client.create("golub-rename-101")
        self.assertFalse(self.made("golub-rename-101"))
        self.passing(-2 * 86400)
        self.assertTrue(self.made("golub-rename-101"), "what nobody takes away in a day is a mailbox")
        self.other.sync()
        self.client.create("golub-rename-102")
        self.assertFalse(self.made("golub-rename-102"))

    def test_one_that_is_left_out_ends_no_day_but_its_own(self):
        self.given_all(B=1)
        self.other.set(mailboxes=["*", "!golub-rename-7"])
        self.client.create("golub-rename-7")
        self.assertFalse(self.made("golub-rename-7"))
        self.passing(-2 * 86400)
        self.assertFalse(self.made("golub-rename-7"))
        self.client.create("golub-rename-101")
        self.assertFalse(self.made("golub-rename-101"))
        self.client.delete_mailbox("B")
        self.client.delete_mailbox("golub-rename-101")
        self.other.sync()
        self.other.sync()
        self.assertEqual(list(self.other.maildir.mailboxes()), ["INBOX"], "it keeps nothing back any more")

    def test_a_clock_that_goes_back_begins_the_day_anew(self):
        self.given_all(B=1)
        self.client.create("golub-rename-101")
        self.assertFalse(self.made("golub-rename-101"))
        self.passing(10 * 86400)
        self.assertFalse(self.made("golub-rename-101"))
        self.passing(-2 * 86400)
        self.assertTrue(self.made("golub-rename-101"))


class CourierTest(AtCourier, Laptops, SystemTest):
    """It gives another UIDVALIDITY with each name."""
    account_options = {"pull": ALL, "push": ALL}
    kill_at = ChangingPlacesTest.kill_at
    given_a_name_for_a_moment = ChangingPlacesTest.given_a_name_for_a_moment
    change_places, move_below = ChangingPlacesTest.change_places, ChangingPlacesTest.move_below
    assert_followed, assert_each_once = ChangingPlacesTest.assert_followed, ChangingPlacesTest.assert_each_once

    def test_what_has_it_is_followed(self):
        self.assert_followed()

    def test_an_answer_that_was_lost_leaves_no_such_name(self):
        """Its numbers are others since: that it was asked for, and that its old name is gone, tells that it is the same one."""
        self.given_all(A=3, B=2)
        process, renamed = [], []

        def up(data):
            renamed.extend(re.findall(rb"(g\d+ )RENAME ", data))
            return data

        def down(data):
            if not process or process[0].poll() is not None or not any(tag in data for tag in renamed):
                return data
            process[0].kill()
            process[0].wait()
            return b""

        self.move_below()
        self.through(edit_up=up, edit_down=down)
        process.append(self.account.home.start("sync", "work"))
        process[0].communicate()
        self.assertEqual(len([n for n in self.client.mailboxes() if "golub-rename-" in n]), 1)
        self.through()
        self.other.set(server=self.account.keys["server"])

        result = self.account.sync()

        self.assertNotIn("gone on the server", result.out)
        self.assertEqual(sorted(self.client.mailboxes()), ["A/Old", "B", "INBOX"])
        self.assertEqual([line for line in self.proxy.sent() if b"BODY.PEEK[]" in line or b"APPEND" in line], [])
        for account in (self.other, self.account):
            account.sync()
            self.assert_each_once(account)

    def test_what_has_it_is_left_alone_where_that_name_is_left_out(self):
        ChangingPlacesTest.test_what_has_it_and_is_left_out_by_that_name_is_left_alone(self)


if __name__ == "__main__":
    main()
