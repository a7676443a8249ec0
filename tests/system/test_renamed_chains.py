"""
Folders that changed their places here, and folders that were emptied before they went: what stood in them is nowhere twice, and no body travels.
{a chain, a circle, all of it moved out and the folder removed, or renamed} x {both layouts, servers without MOVE, without birth times, killed}.
"""
import os
import shutil
import time

from base import OK, PASSWORD, SOME, Dying, SystemTest, main, one_in
from rig import killer
from test_renamed_here import RenamingHere



class Chains(RenamingHere):
    def move_out(self, mailbox, messages, to="INBOX"):
        for message in messages:
            self.maildir.move(self.maildir.find(mailbox, message), to)

    def remove(self, mailbox):
        shutil.rmtree(self.maildir.folder(mailbox))

    def places(self, messages):
        """[(mailboxes there, mailboxes here)] of each of them, as often as it stands there."""
        sides = self.client.tree(dates=False), self.maildir.tree(dates=False)
        return [tuple(sorted(name for name, held in side.items() for one, n in held.items() for _ in range(n) if one[0] == message.digest)
                      for side in sides) for message in messages]

    def assert_in(self, mailbox, messages, left=()):
        """Each stands there once, on both sides; but for those that are left on the server alone."""
        for message, place in zip(messages, self.places(messages)):
            self.assertEqual(place, ([mailbox], [] if message in left else [mailbox]), self.evidence())

    def fold(self, old, new, *below):
        """Into a folder that stands above others already, as one that is no mailbox."""
        os.makedirs(self.maildir.folder(new), exist_ok=True)
        for name in ("cur", "new", "tmp", *below):
            os.rename(os.path.join(self.maildir.folder(old), name), os.path.join(self.maildir.folder(new), name))
        shutil.rmtree(self.maildir.folder(old))

    def assert_no_body(self, expect=OK):
        result = self.sync("--json", expect=expect)
        self.assertEqual(self.bodies(), [], result)
        self.assertEqual(self.quarantined(), [])
        return result

    def assert_rest(self):
        for _ in range(2):
            result = self.sync()
            self.assertIn("nothing new", result.out)


class BesideEachOther:
    """In this layout a folder's children stand beside it: they are renamed one by one, as a mail reader does."""
    account_options = {"layout": "maildir++"}

    def mv(self, *pairs):
        for old, new in pairs:
            below = [name for name in self.maildir.mailboxes() if name.startswith(old + "/")]
            super().mv((old, new), *((name, new + name[len(old):]) for name in below))


class ChainTest(Chains, SystemTest):
    foreseen = ["would move 3 on the server"]  # of a dry run
    server_options = {"special_use": False}

    def test_a_shift_by_one(self):
        mail = self.given("X", "Y")
        self.mv(("Y", "Z"), ("X", "Y"))

        self.assert_no_body()

        self.assert_in("Y", mail["X"])
        self.assert_in("Z", mail["Y"])
        self.assert_rest()

    def test_a_shift_of_three(self):
        mail = self.given("W", "X", "Y", "Other")
        self.mv(("Y", "Z"), ("X", "Y"), ("W", "X"))

        result = self.assert_no_body()

        self.assertEqual(self.renamed_up(result), {("W", "X"), ("X", "Y"), ("Y", "Z")})
        for old, new in (("W", "X"), ("X", "Y"), ("Y", "Z")):
            self.assert_in(new, mail[old])
        self.assert_in_sync()

    def test_a_circle_beside_a_new_name(self):
        mail = self.given("P", "Q", "R", "S")
        self.mv(("P", "on"), ("R", "P"), ("Q", "R"), ("on", "Q"), ("S", "T"))

        self.assert_no_body()

        for old, new in (("P", "Q"), ("Q", "R"), ("R", "P"), ("S", "T")):
            self.assert_in(new, mail[old])
        self.assert_in_sync()

    def test_a_path_whose_mailbox_stays(self):
        """X in the place of Y, whose folder was thrown away: Y's messages go, and X's are in Y."""
        mail = self.given("X", "Y", "Other", count=4)
        self.remove("Y")
        self.mv(("X", "Y"), ("Other", "New"))

        result = self.sync("--json")

        self.assertEqual(self.bodies(), [])
        self.assertEqual(self.renamed_up(result), {("Other", "New")})
        self.assert_in("Y", mail["X"])
        self.assertEqual([place for place in self.places(mail["Y"]) if place != ([], [])], [])

    def test_a_shift_with_new_mail_on_both_sides(self):
        mail = self.given("X", "Y", "Other")
        new = self.corpus.simple("came to Y meanwhile")
        saved = self.corpus.simple("saved in what was X, and longer")
        self.mv(("Y", "Z"), ("X", "Y"))
        self.client.append("Y", new.bytes)
        self.maildir.put("Y", saved.lf)

        self.sync()

        self.assert_in("Y", mail["X"] + [saved])
        self.assert_in("Z", mail["Y"])
        self.assertEqual(len(self.places([new])[0][0]), 1)
        self.assertEqual(len(self.places([new])[0][1]), 1)
        self.assert_rest()

    def test_all_of_it_moved_out_and_the_folder_removed(self):
        mail = self.given("X", "Other")
        self.move_out("X", mail["X"])
        self.remove("X")

        self.assert_no_body()

        self.assert_in("INBOX", mail["X"])
        self.assert_rest()
        self.assert_verified()

    def test_some_of_it_moved_out_and_the_folder_removed(self):
        mail = self.given("X", "Other", count=4)
        self.move_out("X", mail["X"][:2], "Other")
        self.remove("X")

        self.assert_no_body()

        self.assert_in("Other", mail["X"][:2])
        self.assert_in("X", mail["X"][2:], left=mail["X"])
        self.assert_rest()

    def test_moved_out_of_a_folder_that_was_removed_before(self):
        mail = self.given("X", "Other")
        away = self.home.path_of("away")
        os.rename(self.maildir.folder("X"), away)
        self.sync()
        for name in os.listdir(os.path.join(away, "cur")):
            os.rename(os.path.join(away, "cur", name), os.path.join(self.maildir.folder("Other"), "cur", name))
        for name in os.listdir(os.path.join(away, "new")):
            os.rename(os.path.join(away, "new", name), os.path.join(self.maildir.folder("Other"), "new", name))

        self.assert_no_body()

        self.assert_in("Other", mail["X"])
        self.assert_rest()

    def test_new_mail_in_a_mailbox_whose_folder_is_gone_is_said_each_time(self):
        self.given("X", "Other")
        away = self.home.path_of("away")
        os.rename(self.maildir.folder("X"), away)
        self.sync()
        said = "its folder is gone here, and new mail came to it on the server"
        new = [self.corpus.simple("new %d" % n) for n in range(2)]

        for message in new:
            self.client.append("X", message.bytes)
            self.assertIn(said, self.sync().out)
            self.assertNotIn(said, self.sync().out)
            self.assertIn(said, self.run_golub("status").out)

        os.rename(away, self.maildir.folder("X"))
        self.sync()
        self.assertTrue(all(self.maildir.has("X", message) for message in new))
        self.assertNotIn(said, self.run_golub("status").out)
        self.assert_in_sync()

    def test_with_flags_that_changed_meanwhile_there_and_here(self):
        mail = self.given("X", "Other")
        self.move_out("X", mail["X"])
        self.remove("X")
        self.maildir.flag(self.maildir.find("INBOX", mail["X"][0]), "R")
        self.client.store("X", self.client.uid_of("X", mail["X"][1]), "+", ["\\Flagged"])

        self.assert_no_body()

        self.assert_in("INBOX", mail["X"])
        self.assertIn("\\Answered", self.flags_there(mail["X"][0]))
        self.assertIn("\\Flagged", self.flags_here(mail["X"][1]))
        self.assert_rest()

    def test_one_of_them_moved_there_as_well(self):
        mail = self.given("X", "Other")
        self.move_out("X", mail["X"])
        self.remove("X")
        self.client.move("X", self.client.uid_of("X", mail["X"][0]), "Other")

        self.sync()

        self.assert_in("INBOX", mail["X"][1:])
        self.sync()
        there, here = self.places(mail["X"][:1])[0]
        self.assertEqual(there, here)

    def test_copied_out_and_the_folder_removed(self):
        """Copies in two folders, of what stood in one: one of them is that one, the other is a copy on the server."""
        mail = self.given("X", "Other")
        for message in mail["X"]:
            self.maildir.copy(self.maildir.find("X", message), "INBOX")
        self.move_out("X", mail["X"], "Other")
        self.remove("X")

        self.assert_no_body()

        for there, here in self.places(mail["X"]):
            self.assertEqual((there, here), (["INBOX", "Other"], ["INBOX", "Other"]))
        self.assert_rest()

    def test_policy_keeps_what_stood_there(self):
        mail = self.given("X", "Other")
        self.account.set(push=["new", "flags", "mailboxes"])
        self.sync()
        self.move_out("X", mail["X"])
        self.remove("X")

        self.assert_no_body()

        for there, here in self.places(mail["X"]):
            self.assertEqual((there, here), (["INBOX", "X"], ["INBOX"]))
        self.assert_rest()

    def test_its_mailbox_not_named_on_the_command_line(self):
        mail = self.given("X", "Other")
        self.move_out("X", mail["X"])
        self.remove("X")

        self.check(self.account.home.run("sync", "work/INBOX"), OK)

        self.assertEqual(self.bodies(), [])
        self.assertTrue(all(self.is_there(m, "X") for m in mail["X"]))
        self.assert_no_body()
        self.assert_in("INBOX", mail["X"])

    def test_a_dry_run_says_it(self):
        mail = self.given("X", "Other")
        self.move_out("X", mail["X"])
        self.remove("X")
        before, rows = self.maildir.snapshot(), self.account.journal_dump()

        result = self.sync("--dry-run")

        for words in self.foreseen:
            self.assertIn(words, result.out)
        self.assertEqual(self.maildir.snapshot(), before)
        self.assertEqual(self.account.journal_dump(), rows)
        self.assertTrue(all(self.is_there(m, "X") for m in mail["X"]))

    def test_the_folder_comes_back_with_copies(self):
        """What was moved out of it stays there; what it holds again goes up as new."""
        mail = self.given("X", "Other")
        away = self.home.path_of("away")
        shutil.copytree(self.maildir.folder("X"), away)
        self.move_out("X", mail["X"][:2])
        self.remove("X")
        self.sync()
        os.rename(away, self.maildir.folder("X"))

        self.sync()

        for there, here in self.places(mail["X"]):
            self.assertEqual(there, here)
            self.assertIn("X", there)
        self.assert_in_sync()

    def test_all_of_it_moved_out_and_the_folder_renamed(self):
        mail = self.given("X", "Other")
        self.move_out("X", mail["X"])
        self.mv(("X", "Z"))

        result = self.assert_no_body()

        self.assertEqual(self.renamed_up(result), {("X", "Z")})
        self.assert_in("INBOX", mail["X"])
        self.assert_in_sync()

    def test_emptied_and_renamed_and_new_mail_comes_to_it(self):
        mail = self.given("X", "Other", count=1)
        self.maildir.delete(self.maildir.find("X", mail["X"][0]))
        self.mv(("X", "Z"))
        new = self.corpus.simple("new in X")
        self.client.append("X", new.bytes)

        self.sync()

        self.assert_in("Z", [new])
        self.assert_in_sync()


class ExchangedTest(Chains, SystemTest):
    """Folders change places, and all their names were there before: their mailboxes change names on the server."""
    server_options = {"special_use": False}

    def exchange(self, *boxes):
        """Each folder gets the next one's name. @return {(old, new)}"""
        pairs = list(zip(boxes, boxes[1:] + boxes[:1]))
        self.mv(*((old, "on " + old) for old in boxes), *(("on " + old, new) for old, new in pairs))
        return set(pairs)

    def assert_exchanged(self, mail, pairs):
        result = self.assert_no_body()
        self.assertEqual(self.renamed_up(result), pairs, result)
        for old, new in pairs:
            self.assert_in(new, mail[old])
        self.assert_in_sync()

    def test_two(self):
        mail = self.given("A", "B", "Other")
        self.assert_exchanged(mail, self.exchange("A", "B"))

    def test_three(self):
        mail = self.given("A", "B", "C")
        self.assert_exchanged(mail, self.exchange("A", "B", "C"))

    def test_two_with_all_below_them(self):
        mail = self.given("A", "A/Kid", "B", "Other")
        self.exchange("A", "B")
        self.assert_no_body()
        for old, new in (("A", "B"), ("A/Kid", "B/Kid"), ("B", "A")):
            self.assert_in(new, mail[old])
        self.assert_in_sync()

    def test_and_back(self):
        mail = self.given("A", "B")
        self.assert_exchanged(mail, self.exchange("A", "B"))
        self.assert_exchanged({"A": mail["B"], "B": mail["A"]}, self.exchange("B", "A"))

    def test_where_nothing_is_removed_there(self):
        for push in (["new", "flags", "mailboxes"], ["new", "mailboxes"]):
            with self.subTest(push):
                mail = self.given("A", "B")
                self.account.set(pull=[], push=push)
                self.sync()
                pairs = self.exchange("A", "B")
                result = self.assert_no_body()
                self.assertEqual(self.renamed_up(result), pairs, result)
                for old, new in pairs:
                    self.assert_in(new, mail[old])
                self.assert_rest()
            self.doCleanups()
            self.setUp()

    def test_where_no_mailbox_is_renamed_there(self):
        """Nothing is copied: the folders are said, and stay in sync with the mailboxes that they were."""
        mail = self.given("A", "B")
        self.account.set(push=["new", "flags"])
        self.exchange("A", "B")
        result = self.assert_no_body()
        self.assertEqual(self.renamed_up(result), set(), result)
        for old, new in (("A", "B"), ("B", "A")):
            for place in self.places(mail[old]):
                self.assertEqual(place, ([old], [new]), self.evidence())
            self.assertIn('renamed here to "%s": `push` lacks "mailboxes"' % new, self.run_golub("status").out)
        self.assert_rest()
        self.exchange("A", "B")
        self.sync()
        self.assertNotIn("renamed here to", self.run_golub("status").out)
        self.assert_in_sync()

    def test_one_of_them_holds_a_message_that_was_removed_there(self):
        """It is gone: the folder was renamed, and nobody moved that message."""
        mail = self.given("A", "B")
        self.client.expunge("A", self.client.uid_of("A", mail["A"][0]))
        self.exchange("A", "B")
        result = self.sync("--json")
        self.assertEqual(self.renamed_up(result), {("A", "B"), ("B", "A")}, result)
        self.assertEqual(self.places(mail["A"][:1]), [([], [])])
        self.assert_in("B", mail["A"][1:])
        self.assert_in("A", mail["B"])
        self.assert_in_sync()

    def test_new_mail_on_both_sides(self):
        mail = self.given("A", "B")
        new, saved = self.corpus.simple("came to A"), self.corpus.simple("saved in what is A now, and longer")
        self.exchange("A", "B")
        self.client.append("A", new.bytes)
        self.maildir.put("A", saved.lf)
        self.sync()
        self.assert_in("B", mail["A"] + [new])
        self.assert_in("A", mail["B"] + [saved])
        self.assert_in_sync()

    def test_a_keyword_letter_that_was_set_meanwhile(self):
        """It is one of the table that was beside it, and the table goes along."""
        self.account.set(keywords="letters")
        mail = self.given("A", "B")
        for name, word in (("A", "first"), ("B", "other")):
            file = self.maildir.flag(self.maildir.find(name, mail[name][0]), add="S")
            self.check(self.run_golub("keyword", file.path, "+" + word), OK)
        self.sync()
        self.maildir.flag(self.maildir.find("A", mail["A"][1]), add="Sa")
        self.exchange("A", "B")
        result = self.sync()
        self.assertNotIn("dovecot-keywords", result.out)
        for name, number, words in (("B", 0, ["first"]), ("B", 1, ["first"]), ("A", 0, ["other"])):
            message = mail["A" if name == "B" else "B"][number]
            self.assertEqual([f for f in self.flags_there(message, name) if not f.startswith("\\")], words)
        self.assert_rest()

    def test_mail_that_a_reader_moved_is_no_folder_that_did(self):
        mail = self.given("A", "B")
        self.move_out("A", mail["A"][:2], to="B")
        self.move_out("B", mail["B"][:1], to="A")
        result = self.assert_no_body()
        self.assertEqual(self.renamed_up(result), set(), result)
        self.assert_in("B", mail["A"][:2] + mail["B"][1:])
        self.assert_in("A", mail["A"][2:] + mail["B"][:1])
        self.assert_in_sync()

    def test_a_dry_run_says_it(self):
        self.given("A", "B")
        self.exchange("A", "B")
        before, rows = self.maildir.snapshot(), self.account.journal_dump()
        result = self.sync("--dry-run")
        self.assertIn("work/A: would be renamed on the server to B", result.out)
        self.assertEqual(self.maildir.snapshot(), before)
        self.assertEqual(self.account.journal_dump(), rows)


@one_in(3, 1)
class ExchangedWithoutIdentitiesTest(ExchangedTest):
    account_options = {"disable": ["X-GUID"]}


@one_in(3, 2)
class ExchangedPlusPlusTest(BesideEachOther, ExchangedTest):
    pass


@one_in(3)
class SeparatorTest(ChainTest):
    server_options = {"separator": ".", "prefix": "INBOX.", "special_use": False}


@one_in(3, 1)
class PlusPlusTest(ChainTest):
    server_options = {"special_use": False}
    account_options = {"layout": "maildir++"}


@one_in(3, 2)
class WithoutMoveTest(ChainTest):
    """A move is a copy and a removal."""
    foreseen = ["would copy 3 on the server", "would remove 3 on the server"]
    server_options = {"special_use": False}

    def setUp(self):
        super().setUp()
        self.account.set(disable=["MOVE"])


class KilledTest(Chains, Dying, SystemTest):
    """Dead just before and just after each step, also between what is sent and its answer."""
    server_options = {"special_use": False, "users": {"u%03d" % n: PASSWORD for n in range(400)}}
    disable = []

    def die(self, act, at, after):
        self.account.set(disable=self.disable)
        mail = self.given("X", "Y", count=2)
        where = act(mail)
        result, steps = killer.run(self.home, at, "sync", "work", after=after)
        if at == 0:
            self.check(result, OK)
            return steps
        until = time.monotonic() + 8  # what was not answered may still be under way for some seconds
        while self.account.sync().code != OK and time.monotonic() < until:
            time.sleep(0.5)
        self.sync()
        for name, messages in where.items():
            self.assert_in(name, messages)
        self.assertEqual(self.quarantined(), [])
        return steps

    def shift(self, mail):
        self.mv(("Y", "Z"), ("X", "Y"))
        return {"Y": mail["X"], "Z": mail["Y"]}

    def empty(self, mail):
        self.move_out("X", mail["X"])
        self.remove("X")
        return {"INBOX": mail["X"], "Y": mail["Y"]}

    def lift(self, mail):
        """P/C stands above P/C/A there, and is no mailbox: that one has another name for a moment."""
        below = self.given("P/C/A", count=2)["P/C/A"]
        self.fold("X", "P/C")
        self.mv(("Y", "X"))
        return {"P/C": mail["X"], "P/C/A": below, "X": mail["Y"]}

    def test_a_shift(self):
        self.sweep(self.shift)

    def test_a_name_above_others(self):
        self.sweep(self.lift)

    def test_all_moved_out(self):
        self.sweep(self.empty)

    def test_all_moved_out_without_move(self):
        self.disable = ["MOVE"]
        self.sweep(self.empty)


class MeanwhileTest(Chains, SystemTest):
    """Another client renames the mailbox when golub has listed all of them: that is no fault of what was to go there."""
    server_options = {"special_use": False}

    def rename_before(self, command):
        left = [1]

        def edit(data):
            if command in data and left:
                left.pop()
                self.client.rename_mailbox("A", "B")
            return data

        self.through(edit_up=edit)

    def test_new_mail_is_stored_by_the_next_run(self):
        self.given("A", "Other")
        new = self.corpus.simple("new here")
        self.rename_before(b" APPEND ")
        self.maildir.put("A", new.lf)

        result = self.sync(expect=SOME)

        self.assertIn("The next run tries again.", result.err)
        self.through()
        self.sync()
        self.assert_in("B", [new])
        self.assert_in_sync()

    def test_what_was_moved_there_follows_in_the_next_run(self):
        mail = self.given("A", "Other")
        self.rename_before(b"MOVE ")
        self.maildir.move(self.maildir.find("Other", mail["Other"][0]), "A")

        self.account.sync()

        self.through()
        self.sync()
        self.assertEqual(self.bodies(), [])
        self.assert_in("B", mail["Other"][:1])
        self.assert_in_sync()


class MadeTest(Chains, SystemTest):
    """golub made a mailbox there, and its run ended before anything was stored in it; another client renames it, and gives its name away."""
    server_options = {"special_use": False}

    def given_made(self):
        mail, made = self.given("A", "B"), []
        mail["H"] = [self.corpus.simple("new in H")]
        self.maildir.create("H")
        self.maildir.put("H", mail["H"][0].lf)

        def edit(data):
            if made:
                return b"x LOGOUT\r\n"
            made.extend([data] if b" CREATE " in data else [])
            return data

        self.through(edit_up=edit)
        self.account.sync()
        self.through()
        self.assertTrue(made and "H" in self.client.mailboxes())
        self.client.rename_mailbox("H", "away")
        return mail

    def test_its_name_is_another_ones(self):
        mail = self.given_made()
        self.client.rename_mailbox("A", "H")
        self.account.sync()
        self.mv(("H", "H2"))

        self.account.sync()
        self.sync()

        self.assert_in("H", mail["A"])
        self.assert_in("H2", mail["H"])
        self.assert_rest()
        self.assert_in_sync()

    def test_its_folder_alone_gets_another_name(self):
        mail = self.given_made()
        self.account.sync()
        self.mv(("H", "H2"))

        self.account.sync()
        self.sync()

        self.assert_in("H2", mail["H"])
        self.assert_rest()


class MadeWithoutIdentitiesTest(MadeTest):
    account_options = {"disable": ["X-GUID"]}
    test_its_name_is_another_ones = None  # nothing of a mailbox without mail tells that what has its name is another one


class ParentTest(Chains, SystemTest):
    """The name is that of a parent on the server, and of no mailbox."""
    server_options = {"special_use": False}

    def given_parent(self, *below):
        mail = self.given("X", "P", "P/C/A", *("X/" + name for name in below))
        self.fold("X", "P/C", *below)
        return mail

    def test_what_stands_below_it_is_renamed_in_the_same_run(self):
        mail = self.given_parent("Kid")

        self.assertNotIn("keeps its name", self.sync().err)

        self.assert_in("P/C", mail["X"])
        self.assert_in("P/C/Kid", mail["X/Kid"])
        self.assert_rest()

    def test_it_is_made_and_what_moved_follows(self):
        mail = self.given_parent()

        self.assertIn("it is made one", str(self.assert_no_body()))

        self.assert_in("P/C", mail["X"])
        self.assert_in("P/C/A", mail["P/C/A"])
        self.assert_rest()

    def put_into(self, old, new):
        """The mailbox alone, without what stands below either."""
        for name in ("cur", "new", "tmp"):
            os.makedirs(self.maildir.folder(new), exist_ok=True)
            os.rename(os.path.join(self.maildir.folder(old), name), os.path.join(self.maildir.folder(new), name))

    def test_the_mailbox_that_had_the_name_is_gone_there(self):
        mail = self.given("A", "A/Kid", "X")
        self.client.delete_mailbox("A")
        self.put_into("A", "C")
        self.put_into("X", "A")
        os.rmdir(self.maildir.folder("X"))

        result = self.sync()

        self.assertIn("it is made one", result.out)
        self.assert_in("A", mail["X"])
        self.assert_in("A/Kid", mail["A/Kid"])
        self.assertTrue(all(self.maildir.has("C", message) for message in mail["A"]))
        self.assert_rest()

    def test_another_one_takes_its_old_name(self):
        """No folder is left to leave its messages behind: what stands below its new name has another one for a moment."""
        mail = self.given("Y")
        mail.update(self.given_parent())
        self.mv(("Y", "X"))

        self.assert_no_body()

        self.assert_in("P/C", mail["X"])
        self.assert_in("P/C/A", mail["P/C/A"])
        self.assert_in("X", mail["Y"])
        self.assert_rest()

    def test_what_it_is_called_where_what_stands_below_is_left_out(self):
        mail = self.given("Y")
        self.given_parent()
        self.account.set(mailboxes=["*", "!P/C/A"])
        self.mv(("Y", "X"))

        for _ in range(2):
            self.assertIn("there that name only stands above others, and is no mailbox", self.sync(expect=SOME).err)

        self.assertTrue(all(self.maildir.has("X", message) for message in mail["Y"]))

    def test_it_changes_places_with_what_stands_below(self):
        mail = self.given("X", "P/Kid")
        self.mv(("P/Kid", "on"))
        os.rmdir(self.maildir.folder("P"))
        self.mv(("X", "P"), ("on", "X"))

        self.assert_no_body()

        self.assert_in("P", mail["X"])
        self.assert_in("X", mail["P/Kid"])
        self.assert_rest()


if __name__ == "__main__":
    main()
