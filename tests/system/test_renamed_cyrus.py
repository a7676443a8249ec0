"""
Cyrus says which mailbox is which, in a list of its own. What it makes in one second has one UIDVALIDITY: mailboxes that are alike in all else, too, are
told apart by that alone.
"""
import os
import re
import shutil

from base import SOME, SystemTest, main
from makesbase import AtCyrus
from rig.steps import Steps
import test_renamed_there as there
import test_renamed_unsaid as unsaid


class CyrusTest(AtCyrus, unsaid.Other, there.Renaming, SystemTest):
    def given(self, *mailboxes, count=3):
        return there.Renaming.given(self, *mailboxes, count=count)

    def given_alike(self):
        """A and B: one UIDVALIDITY, and messages of one size and one date."""
        names = self.made_in_one_second("A", "B")
        for name in names:
            for n in range(3):
                self.client.append(name, b"Subject: report\r\n\r\n%s %d\r\n" % (name[:1].encode(), n),
                                   date=1704110400)
        self.sync()
        self.sync()
        self.was = {name: self.mail_here(name) for name in names}
        return names

    def mail_here(self, folder):
        return sorted(f.digest for f in self.maildir.files(folder))

    def test_a_swap_of_two_that_are_alike(self):
        a, b = self.given_alike()
        self.rename((a, "X"), (b, a), ("X", b))

        self.assert_followed((a, b), (b, a))

        self.assertEqual((self.mail_here(a), self.mail_here(b)), (self.was[b], self.was[a]))

    def through_a_swap_behind_the_list(self, a, b, before=1, command=b" SELECT "):
        """@param before  which of these commands. @return [True] once it was"""
        other, did, seen = self.new_client(), [], []

        def look(data):
            if command in data:
                seen.append(data)
            if len(seen) == before and not did:
                did.append(True)
                for old, new in ((a, "X"), (b, a), ("X", b)):
                    other.rename_mailbox(old, new)
            return data
        self.through(edit_up=look)
        return did

    def test_a_swap_of_two_that_are_alike_behind_the_list(self):
        """SELECT says which mailbox it opened: what is in it is not that of the other one."""
        a, b = self.given_alike()
        self.maildir.deliver(a, b"Subject: ours\n\nnew\n")
        self.client.append(b, b"Subject: theirs\r\n\r\nnew\r\n")
        did = self.through_a_swap_behind_the_list(a, b)

        result = self.sync(expect=SOME)

        self.assertTrue(did)
        self.assertIn("another mailbox has its name since the mailboxes were listed", result.err)
        self.sync()
        self.assertEqual((len(self.client.messages(a)), len(self.client.messages(b))), (4, 4))
        self.assertTrue(set(self.was[a]) <= set(self.mail_here(b)) and set(self.was[b]) <= set(self.mail_here(a)))
        self.assert_in_sync()

    def test_what_went_from_one_of_two_that_change_names_behind_the_list(self):
        """Of what is shown, flagged or gone in the other one nothing is taken, nor is it said that the server went back."""
        for given in (self.given_unlike, self.given_alike):
            with self.subTest(given.__name__):
                self.change_names_behind_the_list(*given())
            self.doCleanups()
            self.setUp()

    def change_names_behind_the_list(self, a, b):
        self.client.expunge(b, 2)
        self.client.store(b, 1, "+", ["\\Flagged"])
        self.sync()
        self.client.append("INBOX", b"Subject: the last one\r\n\r\nx\r\n")
        self.sync()
        was = {name: self.mail_here(name) for name in (a, b)}
        for name in (a, b):
            self.client.append(name, b"Subject: theirs\r\n\r\nnew\r\n")
        self.client.expunge("INBOX", 1)
        did = self.through_a_swap_behind_the_list(a, b)

        result = self.sync(expect=SOME)

        self.assertTrue(did)
        self.assertNotIn("paired again", result.out)
        result = self.sync()
        self.assertIn("1 deleted here", result.out)  # that of INBOX
        self.assertTrue(set(was[a]) <= set(self.mail_here(b)) and set(was[b]) <= set(self.mail_here(a)))
        self.assertEqual(self.client.messages("INBOX"), [])
        self.assertEqual(sorted("F" in f.letters for f in self.maildir.files(b)), [False] * 4)
        self.assert_in_sync()

    def test_two_change_names_before_something_of_one_is_changed(self):
        """What was removed, flagged or moved is that message and no other one, though all its numbers fit."""
        def remove(a, b):
            self.maildir.delete(self.maildir.files(b)[0])
            return {a: 3, b: 2}, 0

        def flag(a, b):
            self.maildir.flag(self.maildir.files(b)[0], "F")
            return {a: 3, b: 3}, 1

        def move(a, b):
            self.maildir.move(self.maildir.files(b)[0], "INBOX")
            return {a: 3, b: 2}, 0

        def remove_and_make(a, b):
            self.maildir.create("Made in the same run")
            return remove(a, b)
        for act in (remove, flag, move, remove_and_make):
            for before in (1, 2):
                with self.subTest("%s, SELECT %d" % (act.__name__, before)):
                    a, b = self.given_alike()
                    counts, flagged = act(a, b)
                    did = self.through_a_swap_behind_the_list(a, b, before)
                    self.account.sync()
                    if did:
                        a, b = b, a
                        counts = {b: counts[a], a: counts[b]}
                    for _ in range(2):
                        self.account.sync()
                    self.assertEqual({name: len(self.client.messages(name)) for name in counts}, counts)
                    self.assertEqual([sum("\\Flagged" in m.flags for m in self.client.messages(name)) for name in (a, b)], [0, flagged])
                    self.assert_in_sync()
                self.doCleanups()
                self.setUp()

    def test_a_name_that_golub_gave_changes_hands_before_something_of_another_one_is_removed(self):
        for before in (1, 2):
            with self.subTest("SELECT %d" % before):
                a, b = self.given_alike()
                os.rename(self.maildir.folder(a), self.maildir.folder("Renamed"))
                self.maildir.delete(self.maildir.files(b)[0])
                did = self.through_a_swap_behind_the_list("Renamed", b, before)
                self.account.sync()
                self.assertTrue(did)
                for _ in range(2):
                    self.account.sync()

                self.assertEqual((len(self.client.messages("Renamed")), len(self.client.messages(b))), (2, 3))
                self.assert_in_sync()
            self.doCleanups()
            self.setUp()

    def test_two_change_names_where_the_list_could_not_be_asked_which_one_is_which(self):
        """The line ended at that list, and what was told of both in runs before counts: what was removed is that message, and no other one."""
        for before in (1, 2):
            with self.subTest("SELECT %d" % before):
                a, b = self.given_alike()
                self.maildir.delete(self.maildir.files(b)[0])
                other, cut, selects = self.new_client(), [], []

                def look(moment, command):
                    if moment == "before" and not cut and b"MAILBOXID" in command:
                        cut.append(command)
                        raise EOFError
                    selects.extend([command] if moment == "before" and command.startswith(b"SELECT ") else [])
                    if moment == "before" and len(selects) == before:
                        selects.append(command)
                        for old, new_name in ((a, "X"), (b, a), ("X", b)):
                            other.rename_mailbox(old, new_name)
                with Steps(self.server.port, look) as steps:
                    self.account.set(server="imap://127.0.0.1:%d" % steps.port)
                    self.account.sync()
                self.assertTrue(cut and len(selects) > before)
                self.through()
                for _ in range(3):
                    self.account.sync()

                self.assertEqual((len(self.client.messages(a)), len(self.client.messages(b))), (2, 3))
                self.assert_in_sync()
            self.doCleanups()
            self.setUp()

    def test_names_that_change_hands_behind_the_list_in_two_runs_on_end(self):
        """The list of the second run says something else than that of the first: SELECT does not say what it did, and is believed."""
        a, b = self.given_unlike()
        was = {name: self.mail_here(name) for name in (a, b)}
        for n in range(2):
            for name in (a, b):
                self.client.append(name, b"Subject: theirs %d\r\n\r\nnew in %s\r\n" % (n, name.encode()))
            did = self.through_a_swap_behind_the_list(a, b)
            self.sync(expect=SOME)
            self.assertTrue(did)
        self.sync()

        for name in (a, b):
            self.assertTrue(set(was[name]) <= set(self.mail_here(name)), "it is called as it was before")
        self.assert_in_sync()

    def test_two_change_names_before_new_mail_is_stored(self):
        """It came to one of the two, and is not sent to the other one as well."""
        a, b = self.given_alike()
        new = self.corpus.simple("new here")
        self.maildir.put(b, new.lf)
        did = self.through_a_swap_behind_the_list(a, b, command=b" APPEND ")

        self.account.sync()
        self.assertTrue(did)
        for _ in range(3):
            self.sync()

        self.assertEqual(sum(self.is_there(new, name) for name in (a, b)), 1)
        self.assertEqual(len(self.client.messages(a)) + len(self.client.messages(b)), 7)
        self.assert_in_sync()

    def test_two_change_names_before_the_list_that_is_asked_for_once_more(self):
        """All that is known of a name is known of the mailbox that the first list gave it to."""
        a, b, e = self.made_in_one_second("A", "B", "E")
        mail = {name: [self.corpus.simple("%s %d" % (name, n)) for n in range(3)] for name in (a, b, e)}
        for name in mail:
            self.client.fill(name, mail[name])
        self.sync()
        self.sync()
        new = self.corpus.simple("new in A")
        self.client.append(a, new.bytes)
        self.client.move(e, 2, b)
        other, seen = self.new_client(), []

        def look(moment, command):
            if moment == "before" and b"(UIDVALIDITY MAILBOXID)" in command:
                seen.append(command)
            if moment == "before" and len(seen) == 2:
                seen.append(command)
                for old, new_name in ((a, "X"), (b, a), ("X", b)):
                    other.rename_mailbox(old, new_name)
        with Steps(self.server.port, look) as steps:
            self.account.set(server="imap://127.0.0.1:%d" % steps.port)
            self.account.sync()
        self.assertEqual(len(seen), 3)
        self.through()
        self.account.sync()
        self.sync()

        self.assertTrue(self.is_there(mail[e][1], a) and self.is_there(new, b))
        self.assert_in_sync()

    def test_what_changes_in_mailboxes_whose_folders_changed_names(self):
        """The names that golub gives there in the same run are no other client's."""
        a, b = self.given_alike()
        os.rename(self.maildir.folder(a), self.maildir.folder("X"))
        os.rename(self.maildir.folder(b), self.maildir.folder(a))
        os.rename(self.maildir.folder("X"), self.maildir.folder(b))
        self.maildir.delete(self.maildir.files(a)[0])
        self.maildir.flag(self.maildir.files(b)[0], "F")

        self.sync()

        self.assertEqual((len(self.client.messages(a)), len(self.client.messages(b))), (2, 3))
        self.assert_in_sync()

    def given_unlike(self):
        """One UIDVALIDITY, and messages of other sizes."""
        a, b = self.made_in_one_second("A", "B")
        for n in range(3):
            self.client.append(a, b"Subject: short %d\r\n\r\nshort\r\n" % n)
            self.client.append(b, b"Subject: quite long %d\r\n\r\nlong\r\n" % n)
        self.sync()
        self.sync()
        return a, b

    def swap_with_new_mail(self, a, b):
        self.rename((a, "X"), (b, a), ("X", b))
        for name in (a, b):
            self.client.append(name, b"Subject: theirs\r\n\r\nnew in %s\r\n" % name.encode())

    def test_a_swap_that_no_list_may_tell_of(self):
        """What SELECT says counts against what a list of this run told, and against nothing older."""
        a, b = self.given_unlike()
        self.account.set(disable=["OBJECTID"])
        self.sync()
        self.swap_with_new_mail(a, b)

        self.sync()

        self.assertEqual([len(self.client.messages(name)) for name in (a, b)], [4, 4])
        self.assert_in_sync()

    def test_a_swap_after_lines_that_broke_at_the_list_that_tells(self):
        """What SELECT says is told with a way out, and the next run asks the list again."""
        a, b = self.given_unlike()

        def hang_up(data):
            if b" LIST " in data and b"MAILBOXID" in data:
                self.proxy.hang_up()
            return data
        self.through(edit_up=hang_up)
        for _ in range(2):
            self.sync()
        self.swap_with_new_mail(a, b)

        result = self.sync(expect=SOME)
        self.assertIn("rename its folder here as well", result.err)
        self.through()
        self.sync()

        self.assertEqual([len(self.client.messages(name)) for name in (a, b)], [4, 4])
        self.assert_in_sync()

    def test_a_server_whose_select_always_names_another_mailbox(self):
        """... says nothing true by the second run."""
        a, b = self.given_alike()
        ids = dict(re.findall(rb"STATUS (\S+) \([^\r\n]*MAILBOXID \(([^)]*)\)", self.proxy.stream("down")))
        said = {id: ids[b.encode()] for id in ids.values()}
        self.through(edit_down=lambda data: re.sub(rb"OK \[MAILBOXID \(([^)]*)\)\]", lambda m: b"OK [MAILBOXID (%s)]" % said[m.group(1)], data))
        self.maildir.deliver(a, b"Subject: ours\n\nnew\n")
        self.client.append(a, b"Subject: theirs\r\n\r\nnew\r\n")

        result = self.sync(expect=SOME)
        self.assertIn("another mailbox has its name since the mailboxes were listed", result.err)
        for _ in range(2):
            self.sync()

        self.assertEqual((len(self.client.messages(a)), len(self.client.messages(b))), (5, 3))
        self.assert_in_sync()

    def test_what_is_removed_and_flagged_here_after_a_swap_of_two_that_are_alike(self):
        a, b = self.given_alike()
        files = sorted(self.maildir.files(a), key=lambda f: f.path)
        gone, flagged = (f.digest for f in files[:2])
        os.unlink(files[0].path)
        self.maildir.flag(files[1], "F")
        self.rename((a, "X"), (b, a), ("X", b))

        self.sync()
        self.sync()

        there = {m.digest: m.flags for m in self.client.messages(b)}
        self.assertNotIn(gone, there)
        self.assertIn("\\Flagged", there[flagged])
        self.assertEqual(len(self.client.messages(a)), 3)
        self.assert_in_sync()

    def test_a_swap_with_one_that_is_left_out_and_a_line_that_breaks_before_the_list_once_it_is_let_in(self):
        """The next line does not ask which is which, and their numbers are the same."""
        a, b = self.given_alike()
        self.account.set(mailboxes=["*", "!" + b])
        self.sync()
        answers = self.proxy.stream("down")
        self.rename((a, "X"), (b, a), ("X", b))
        self.sync(expect=SOME)
        self.account.set(mailboxes=None)
        self.through(cut_down=answers.index(b"* LIST"), times=1)

        result = self.sync(expect=SOME)

        self.assertIn("work/%s: can't tell what this mailbox is called there now" % a, result.err)
        self.assertIn("work/%s: can't sync this mailbox: the server did not say which of its mailboxes is which" % b, result.err)
        self.assertEqual(self.bodies(), [])
        self.assertEqual((self.mail_here(a), self.mail_here(b)), (self.was[a], self.was[b]))

    def test_the_same_chain_on_both_sides(self):
        mail = self.given("B", "D")
        self.rename(("B", "E"), ("D", "B"))
        for old, new in (("B", "E"), ("D", "B")):
            os.rename(self.maildir.folder(old), self.maildir.folder(new))

        self.sync()

        self.assertEqual(self.bodies(), [])
        self.assert_in_sync()
        self.assertTrue(all(self.maildir.has("E", m) for m in mail["B"]))

    def test_one_that_is_deleted_there_and_whose_name_another_one_takes(self):
        a, b = self.given_alike()
        self.client.delete_mailbox(a)
        self.rename((b, a))

        result = self.account.sync()

        self.assertIn("it is gone on the server; what is here stays", result.out)
        self.assertEqual(self.mail_here(a), self.was[a])
        self.assertEqual(len(self.client.messages(a)), 3)
        shutil.rmtree(self.maildir.folder(a))
        self.sync()
        self.assertEqual(self.mail_here(a), self.was[b])

    def test_renamed_here_with_a_child_that_is_removed_and_made_anew(self):
        """The old child goes first: the new one would make the name of the parent, which another mailbox is to get."""
        mail = self.given("A", "A/Kid", "Other")
        self.account.set(push=["new", "flags", "deletes", "mailboxes", "mailbox-deletes"], max_delete="off")
        shutil.rmtree(self.maildir.folder("A/Kid"))
        os.rename(self.maildir.folder("A"), self.maildir.folder("B"))
        self.maildir.create("B/Kid")
        new = self.corpus.simple("in the new one")
        self.maildir.put("B/Kid", new.lf)

        first = self.sync(expect=SOME)
        self.sync()

        self.assertIn("what stands below it, and is to be deleted, goes first", first.err)
        self.assertEqual(sorted(self.client.mailboxes()), ["B", "B/Kid", "INBOX", "Other"])
        self.assertEqual(self.mail_here("B"), sorted(m.digest for m in mail["A"]))
        self.assertEqual([m.digest for m in self.client.messages("B/Kid")], [new.digest])
        self.assert_in_sync()

    def test_no_change_costs_three_turns(self):
        self.given("A", "B")
        self.through(delay=8)

        self.assertEqual(self.turns(3), 3)


if __name__ == "__main__":
    main()
