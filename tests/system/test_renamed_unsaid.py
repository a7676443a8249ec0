"""
A mailbox was renamed on a server that never says which mailbox is which: UIDVALIDITY, UIDNEXT, every UID with its size and date, and a few headers say it.
What only looks like it is no rename: both are there then, and nothing is removed. The scenes are those of servers that say it.
"""
import os
import re
import shutil

from base import PASSWORD, SOME, SystemTest, main
from makesbase import AtCourier, AtCyrus, EachInItsSecond
import test_renamed_there as there


class UnsaidTest(there.RenamedThereTest):
    """Dovecot that is not asked for X-GUID."""
    account_options = {"disable": ["X-GUID"]}

    def test_a_folder_that_is_gone_here(self):
        """Nothing tells that what is new there is what it was: it comes again."""
        mail = self.given("A")
        shutil.rmtree(self.maildir.folder("A"))
        self.sync()
        self.rename(("A", "B"))

        self.sync()

        self.assertTrue(all(self.maildir.has("B", m) for m in mail["A"]))
        self.assertIn("B", self.client.mailboxes())
        self.assert_nothing_changed_there()

    def test_with_another_uidvalidity_and_a_message_less(self):
        """It is no rename: what stands in the new one moves there, and what is gone stays here."""
        mail = self.given("A", "Other")
        self.rename(("A", "B"))
        self.client.expunge("B", self.client.uid_of("B", mail["A"][0]))
        self.through(edit_down=lambda data: re.sub(rb"UIDVALIDITY (\d+)", lambda m: b"UIDVALIDITY %d" % (int(m.group(1)) + 1000), data))

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), set())
        self.assertTrue(self.maildir.has("A", mail["A"][0]))
        self.assertEqual([self.maildir.has("B", m) for m in mail["A"]], [False, True, True])
        self.assertEqual(self.quarantined(), [])
        self.assert_nothing_changed_there()

    # -- the new name is another one's, of which nobody says that it is gone: both are paired by content under the names that they have

    def assert_paired(self, mail):
        self.sync()
        self.assertTrue(all(self.is_there(m, "B") and self.maildir.has("B", m) for m in mail["A"]))
        self.assertEqual(self.quarantined(), [])

    def test_the_new_name_was_another_ones_that_is_removed(self):
        mail = self.given("A", "B")
        self.client.delete_mailbox("B")
        self.rename(("A", "B"))

        self.assert_paired(mail)

        self.assertTrue(all(self.maildir.has("B", m) for m in mail["A"] + mail["B"]))

    def test_the_new_name_was_another_ones_that_is_emptied_here(self):
        mail = self.take_name(count=1)

        self.assert_paired(mail)

    def test_the_new_name_was_an_empty_ones_with_a_foreign_file(self):
        mail = self.take_name()
        notes = os.path.join(self.maildir.folder("B"), "notes")
        with open(notes, "w") as f:
            f.write("notes")

        self.assert_paired(mail)

        self.assertTrue(os.path.exists(notes))

    # -- what is no rename

    def test_an_empty_one(self):
        self.given("A", "Other", count=0)
        self.rename(("A", "B"))

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), set())
        self.assertLessEqual({"A", "B"}, set(self.maildir.mailboxes()))

    def test_another_one_with_copies_of_all_its_mail(self):
        """Nothing tells it from a server that gives another UIDVALIDITY with another name, and nobody would: it has all that the first one had."""
        self.given("A")
        self.client.create("B")
        self.client.copy("A", "1:*", "B")
        self.client.delete_mailbox("A")

        self.assert_followed(("A", "B"))

    def test_another_one_with_copies_of_some_of_its_mail(self):
        mail = self.given("A")
        self.client.create("B")
        self.client.copy("A", "1:2", "B")
        self.client.delete_mailbox("A")

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), set())
        self.assertTrue(self.maildir.has("A", mail["A"][2]))
        self.assertEqual([self.maildir.has("B", m) for m in mail["A"]], [True, True, False])
        self.assertEqual(self.quarantined(), [])

    def test_nothing_is_asked_where_nothing_was_renamed(self):
        self.given("A", "Other")
        self.client.create("New")
        self.client.fill("New", [self.corpus.simple("new")])
        self.client.append("A", self.corpus.simple("more").bytes)

        self.sync()

        looks = [line for line in self.proxy.sent() if re.search(rb" UID FETCH \S+ ", line) and b"BODY.PEEK[]" not in line]
        self.assertEqual(len([line for line in looks if re.search(rb" FETCH 1:(\*|4294967295) ", line)]), 1, self.evidence())  # New, which is listed
        self.assertFalse([line for line in looks if b"HEADER" in line], self.evidence())

    def test_a_flag_that_another_client_sets_while_its_mail_is_listed(self):
        """The server says so between the lines of the list, with flags alone."""
        self.given("A", "Other")
        self.rename(("A", "B"))
        self.through(edit_down=lambda data: re.sub(rb"\* 2 FETCH \(UID 2 [^\r]*RFC822\.SIZE ", lambda m: b"* 1 FETCH (UID 1 FLAGS ())\r\n" + m.group(0), data))

        self.assert_followed(("A", "B"))

    def test_a_name_that_the_server_does_not_open_now_waits(self):
        """It may be the one that was renamed: neither is touched, and it is said; then it is."""
        mail = self.given("A", "Other")
        self.rename(("A", "B"))
        self.through(edit_up=lambda data: re.sub(rb"(SELECT|EXAMINE) \"?B\"?(?=[ \r])", rb"\1 C", data),
                     edit_down=lambda data: data.replace(b"Mailbox doesn't exist", b"[UNAVAILABLE] Later"))

        result = self.sync(expect=SOME)

        self.assertIn("work/A: can't tell what this mailbox is called there now", result.err)
        self.assertNotIn("B", self.maildir.mailboxes())
        self.assertTrue(all(self.maildir.has("A", m) for m in mail["A"]))
        self.through()
        self.assert_followed(("A", "B"))


class KilledTest(there.KilledTest):
    account_options = {"disable": ["X-GUID"]}
    test_one_that_is_left_out = None  # numbers alone are no proof, and a person is asked (test_renamed_left_out)


class BareTest(there.Renaming, SystemTest):
    """Nothing but IMAP4rev1: the numbers of each mailbox are asked for one by one, and nothing else tells them apart."""
    server_options = {"special_use": False, "capability": "IMAP4rev1"}
    account_options = {"disable": ["X-GUID"]}

    def test_a_line_that_breaks_among_the_numbers_is_no_reason_to_do_without_them(self):
        mail = self.given("A", "B")
        self.sync()
        answers = self.proxy.stream("down")
        self.rename(("A", "T"), ("B", "A"), ("T", "B"))
        self.maildir.delete(self.maildir.find("A", mail["A"][0]))
        self.through(cut_down=answers.index(b"UIDVALIDITY", answers.index(b"* STATUS")), times=1)

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), {("A", "B"), ("B", "A")}, self.evidence())
        self.assertEqual(self.client.status("B")["messages"], 2)
        self.assert_same()

    def not_told(self, *pairs):
        """The numbers of A are refused once, in the run after these were renamed there; a message of A was removed here."""
        mail = self.given("A", "B")
        self.rename(*pairs)
        self.maildir.delete(self.maildir.find("A", mail["A"][0]))
        self.through(edit_up=lambda data: re.sub(rb'STATUS "?A"? ', b'STATUS "nosuch" ', data))
        waiting = self.sync(expect=SOME)
        self.assertIn("does not tell the numbers", waiting.err)
        self.assertEqual(self.bodies(), [])
        self.through()
        return self.sync("--json")

    def test_what_the_numbers_of_a_name_may_tell_waits_while_they_are_refused(self):
        result = self.not_told(("A", "N"), ("B", "A"))

        self.assertEqual(self.renamed(result), {("A", "N"), ("B", "A")}, self.evidence())
        self.assertEqual(self.client.status("N")["messages"], 2)
        self.assert_same()

    def test_so_do_two_that_changed_places(self):
        result = self.not_told(("A", "T"), ("B", "A"), ("T", "B"))

        self.assertEqual(self.renamed(result), {("A", "B"), ("B", "A")}, self.evidence())
        self.assertEqual(self.client.status("B")["messages"], 2)
        self.assert_same()

    def test_a_mailbox_at_whose_numbers_each_line_ends_is_looked_at_itself(self):
        mail = self.given("A", "B")
        self.through(edit_up=lambda data: re.sub(rb'STATUS "?B"? .*', b"LOGOUT", data))
        self.client.fill("B", [self.corpus.simple("more")])
        self.client.expunge("A", self.client.uid_of("A", mail["A"][0]))

        self.sync()

        self.assert_same()


class Other(EachInItsSecond):
    """A server of another make: nothing that it says is masked."""
    enough = 10  # turns

    def fill_with_many(self):
        self.client.fill("A", [self.corpus.simple("many %d" % n) for n in range(312)])
        for _ in range(5):
            self.client.copy("A", "1:*", "A")

    def test_one_message(self):
        self.given("A", "Other", count=1)
        self.rename(("A", "B"))

        self.assert_followed(("A", "B"))

    test_with_what_is_below_it = there.RenamedThereTest.test_with_what_is_below_it

    def test_ten_thousand_messages_cost_no_body_and_few_turns(self):
        self.given("A", count=1)
        self.fill_with_many()
        self.through(delay=8)
        self.sync()
        self.sync()
        quiet = self.turns()
        self.assertGreater(len(self.maildir.files("A")), 9000)
        self.client.select("INBOX")  # Courier renames nothing that somebody has open
        self.rename(("A", "B"))

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), {("A", "B")}, result.out[:2000])
        self.assertEqual(len(self.bodies()), 0, result.out[:2000])
        self.assertLessEqual(self.proxy.stats["turns"], self.enough)
        self.assertLessEqual(self.turns(quiet), quiet)
        self.assert_same()


class CourierTest(AtCourier, Other, there.Renaming, SystemTest):
    """It gives another UIDVALIDITY, and UIDs anew, with another name."""
    enough = 13  # all headers are read, in two turns; the SELECT with the old UIDVALIDITY is one in vain

    def folder(self, name):
        return os.path.join(self.server.maildir(self.user), "." + name)

    def fill_with_many(self):
        """Of equal ones the bodies would say which is which: they are paired anew."""
        for n in range(10000):
            with open(os.path.join(self.folder("A"), "cur", "%d.M%d.many:2,S" % (1400000000 + n, n)), "wb") as f:
                f.write(self.corpus.simple("many %d" % n).lf)

    def test_very_many_below_it(self):
        """Each is compared with what has its last level: with all of them they are more pairs than are looked at."""
        names = ["A/%d" % n for n in range(80)]
        there.Renaming.given(self, "A", *names, count=1)
        self.rename(("A", "B"))

        self.assert_followed(("A", "B"), *((name, "B" + name[1:]) for name in names))

    def test_new_mail_and_flags_meanwhile(self):
        mail = self.given("A", count=4)
        new = self.corpus.simple("came after the rename")
        self.rename(("A", "B"))
        self.client.append("B", new.bytes)
        self.client.store("B", self.client.uid_of("B", mail["A"][1]), "+", ["\\Flagged"])
        self.maildir.flag(self.maildir.find("A", mail["A"][2]), "R")

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), {("A", "B")})
        self.assertEqual(len(self.bodies()), 1, self.evidence())
        self.assertIn("\\Answered", self.flags_there(mail["A"][2], "B"))
        self.assertEqual(self.quarantined(), [])
        self.assert_in_sync()

    def test_one_with_gaps(self):
        """All UIDs are others then."""
        mail = self.given("A", count=6)
        for n in (0, 3):
            self.client.expunge("A", self.client.uid_of("A", mail["A"][n]))
        self.sync()
        self.client.select("INBOX")
        self.rename(("A", "B"))

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), {("A", "B")})
        self.assertEqual(self.bodies(), [])
        self.assert_nothing_changed_there()
        self.assertEqual([self.maildir.has("B", m) for m in mail["A"]], [False, True, True, False, True, True])

    def test_a_message_less(self):
        """What is gone of it would be sent again, where all of it is paired anew: so the folder stays with it, and all else moves to the new one."""
        mail = self.given("A", count=3)
        self.rename(("A", "B"))
        self.client.expunge("B", self.client.uid_of("B", mail["A"][2]))

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), set())
        self.assertEqual([self.maildir.has("B", m) for m in mail["A"]], [True, True, False])
        self.assertTrue(self.maildir.has("A", mail["A"][2]))
        self.assertFalse(self.is_there(mail["A"][2], "B"))
        self.assertEqual(self.quarantined(), [])
        self.assert_nothing_changed_there()

    def test_two_that_are_it(self):
        """Somebody copied its folder on the server: which one it is nobody can tell."""
        mail = self.given("A")
        self.rename(("A", "B"))
        shutil.copytree(self.folder("B"), self.folder("C"))

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), set())
        self.assertTrue(all(self.maildir.has(name, m) for name in "BC" for m in mail["A"]))
        self.assertEqual(self.quarantined(), [])
        self.assert_nothing_changed_there()

    def change(self, name, which, edit):
        """The nth file of a folder of the server; its size, its date and its UID stay."""
        folder = os.path.join(self.folder(name), "cur")
        path = os.path.join(folder, sorted(os.listdir(folder))[which])
        before = os.stat(path)
        with open(path, "rb") as f:
            data = f.read()
        changed = edit(data)
        self.assertEqual((len(changed), changed != data), (len(data), True))
        with open(path, "wb") as f:
            f.write(changed)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def test_another_one_whose_only_message_has_its_size_and_date(self):
        """As of two mailboxes of one second, into which a script stored reports of one length."""
        self.given("A", "Other", count=1)
        self.rename(("A", "B"))
        self.change("B", 0, lambda data: re.sub(rb"(?m)^(Subject: ).", rb"\1Z", data, 1))

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), set())
        self.assertEqual(len(self.maildir.files("A")), 1)
        self.assertEqual(len(self.maildir.files("B")), 1)
        self.assertNotEqual(self.maildir.files("A")[0].digest, self.maildir.files("B")[0].digest)
        self.assertEqual(self.quarantined(), [])

    def test_another_one_with_all_but_one_message_of_it(self):
        """The numbers of the list fit, and each header that is read is the one that it was."""
        self.given("A", count=9)
        self.rename(("A", "B"))
        folder = os.path.join(self.folder("B"), "cur")
        first = os.path.join(folder, sorted(os.listdir(folder))[0])
        os.utime(first, (1500000000, 1500000000))

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), set())
        self.assertEqual(len(self.maildir.files("B")), 9)
        self.assertEqual(self.quarantined(), [])


class CyrusTest(AtCyrus, Other, there.Renaming, SystemTest):
    """Not asked for MAILBOXID, as an older one has none. UIDVALIDITY and UIDs stay."""
    account_options = {"disable": ["OBJECTID"]}

    def test_a_swap(self):
        self.given("A", "B")
        self.rename(("A", "X"), ("B", "A"), ("X", "B"))

        self.assert_followed(("A", "B"), ("B", "A"))

    def given_of_one_second(self, *mailboxes):
        """One UIDVALIDITY, UIDNEXT and count."""
        names = self.made_in_one_second(*mailboxes)
        self.mails = [self.corpus.simple("%s %d" % (name, n), "body %d" % n) for name in names for n in range(3)]
        for k, name in enumerate(names):
            self.client.fill(name, self.mails[3 * k:3 * k + 3])
        self.sync()
        self.assert_same()
        return names

    def assert_each_once(self):
        self.sync()
        self.sync()
        self.assert_in_sync()
        there = [m.digest for name in self.client.mailboxes() for m in self.client.messages(name)]
        self.assertEqual(sorted(there), sorted(m.digest for m in self.mails), self.evidence())

    def test_a_swap_of_two_that_no_number_tells_apart(self):
        a, b = self.given_of_one_second("A", "B")
        self.rename((a, "X"), (b, a), ("X", b))

        self.assert_each_once()

    def test_a_circle_of_three_that_no_number_tells_apart(self):
        a, b, c = self.given_of_one_second("A", "B", "C")
        self.rename((a, "X"), (c, a), (b, c), ("X", b))

        self.assert_each_once()

    test_a_circle_of_three = there.RenamedThereTest.test_a_circle_of_three
    test_the_old_name_is_made_anew = there.RenamedThereTest.test_the_old_name_is_made_anew

    def test_new_mail_removals_and_flags_meanwhile(self):
        mail = self.given("A", count=4)
        new = self.corpus.simple("came after the rename")
        self.rename(("A", "B"))
        self.client.append("B", new.bytes)
        self.client.expunge("B", self.client.uid_of("B", mail["A"][3]))
        self.client.store("B", self.client.uid_of("B", mail["A"][1]), "+", ["\\Flagged"])
        self.maildir.flag(self.maildir.find("A", mail["A"][2]), "R")

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), {("A", "B")})
        self.assertEqual(len(self.bodies()), 1, self.evidence())
        self.assertIn("\\Answered", self.flags_there(mail["A"][2], "B"))
        self.assertEqual(len(self.quarantined()), 1)
        self.assert_in_sync()


class MadeInItsPlaceTest(there.Renaming, SystemTest):
    """A mailbox that is gone there; what it had has left its folder here, and new mail stands in that, or in one that was made in its place."""
    server_options = {"special_use": False}
    account_options = {"disable": ["X-GUID"]}

    def test_the_new_mail_goes_up_where_both_sides_renamed_it(self):
        self.given("A", "Other")
        os.rename(self.maildir.folder("A"), self.maildir.folder("N"))
        self.maildir.create("A")
        new = self.corpus.simple("new")
        self.maildir.put("A", new.lf)
        self.account.set(push=["flags"])
        self.sync()
        self.rename(("A", "N"))
        self.account.set(push=["new", "flags", "deletes", "mailboxes"])

        for _ in range(3):
            self.sync()

        self.assertEqual(sorted(self.client.mailboxes()), ["A", "INBOX", "N", "Other"])
        self.assertIsNotNone(self.client.uid_of("A", new), self.evidence())
        self.assertEqual(len(self.client.messages("N")), 3)
        self.assert_in_sync()

    def test_what_it_had_keeps_it_as_it_is(self):
        mail = self.given("A", "Other")
        self.maildir.delete(self.maildir.find("A", mail["A"][0]))
        self.maildir.put("A", self.corpus.simple("new").lf)
        self.client.delete_mailbox("A")

        for _ in range(3):
            self.sync()

        self.assertEqual(sorted(self.client.mailboxes()), ["INBOX", "Other"])
        self.assertEqual(len(self.maildir.files("A")), 3)


if __name__ == "__main__":
    main()
