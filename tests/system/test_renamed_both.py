"""
Both sides rename the same mailboxes, each as it likes: chains, circles, names that others have just left, below and above each other. The server's names
count where the two contradict; nothing stands anywhere twice, nothing is lost, no body travels, and both sides come to rest.
"""
import os
import random
import re

from base import PASSWORD, SOME, SystemTest, main, one_in
from makesbase import AtCourier, AtCyrus, EachInItsSecond
from rig import killer
from test_renamed_chains import BesideEachOther, Chains
from test_renamed_there import Renaming

FIRST = int(os.environ.get("GOLUB_FIRST", "1"))
COUNT = int(os.environ.get("GOLUB_COUNT", "200" if os.environ.get("GOLUB_NIGHTLY") else "15"))


class RenamedByBothTest(SystemTest):
    server_options = {"special_use": False, "users": {"u%05d" % n: PASSWORD for n in range(3000)}}
    first = FIRST
    flat = ["P", "Q", "R", "S"]
    nested = ["P", "Q", "R", "S", "P/K", "Q/K"]

    bodies = Renaming.bodies

    def given(self, names):
        self.mail = {}
        for name in names:
            self.client.create(name)
            self.mail[name] = [self.corpus.simple("%s %d" % (name, n)) for n in range(2)]
            self.client.fill(name, self.mail[name])
        self.sync()
        self.sync()
        self.assert_same()
        self.proxy.reset()

    def rename_there(self, names, to):
        for name in sorted(names, key=lambda n: -n.count("/")):
            self.client.rename_mailbox(name, "Aside%d" % names.index(name))
        for name in sorted(to, key=lambda n: n.count("/")):
            self.client.rename_mailbox("Aside%d" % to.index(name), name)

    def rename_here(self, names, to):
        way = lambda n: os.path.join(self.maildir.root, ".aside%d" % n)
        for name in sorted(names, key=lambda n: -n.count("/")):
            os.rename(self.maildir.folder(name), way(names.index(name)))
        for name in names:
            parent = os.path.join(self.maildir.root, name.split("/")[0])
            if os.path.isdir(parent) and not os.listdir(parent):
                os.rmdir(parent)
        for name in sorted(to, key=lambda n: n.count("/")):
            os.makedirs(os.path.dirname(self.maildir.folder(name)), exist_ok=True)
            os.rename(way(to.index(name)), self.maildir.folder(name))

    def assert_same_mail(self):
        """Where a folder got the name of a parent that is no mailbox there, what was its mailbox stays, empty."""
        there, here = self.client.tree(), self.maildir.tree()
        for name in set(there) - set(here):
            self.assertEqual(sum(there.pop(name).values()), 0, name)
        self.assertEqual({name: sorted(d for d, _, _ in held.elements()) for name, held in there.items()},
                         {name: sorted(d for d, _, _ in held.elements()) for name, held in here.items()})

    def die(self):
        at, after = self.random.randint(1, 80), self.random.random() < 0.5
        result, steps = killer.run(self.home, at, "sync", "work", after=after)
        self.story.append("killed %s %s, exit %d" % ("after" if after else "before", steps[-1:], result.code))

    def play(self, kills):
        pool = self.flat if self.random.random() < 0.6 else self.nested
        names, there, here = (self.random.sample(pool, 3) for _ in range(3))
        self.story = ["given %s" % names]
        self.given(names)
        self.rename_there(names, there)
        self.story.append("there %s" % there)
        if self.random.random() < 0.85:
            self.rename_here(names, here)
            self.story.append("here %s" % here)
        for _ in range(kills):
            self.die()
        result = self.account.sync()
        self.story.append(result.out + result.err)
        self.check(self.account.sync(), 0)
        self.assertEqual(self.bodies(), [])
        self.assert_same_mail()
        self.assertEqual([path for path, _, _ in os.walk(self.maildir.root) if "golub-rename" in path], [])
        # Where no new name was made here it is no rename here: the messages that changed places are moved as well.
        for name, to, wish in zip(names, there, here) if set(here) - set(names) else ():
            for message in self.mail[name]:
                places = [m for m in self.client.mailboxes() if self.is_there(message, m)]
                self.assertIn(places, [[to]] if to != name else [[name], [wish]], "the server's name counts, where it is a new one")
        quarantine = os.path.join(self.account.state, "quarantine")
        self.assertEqual(os.path.isdir(quarantine) and os.listdir(quarantine) or [], [])

    def play_all(self, first, kills, count=COUNT):
        for seed in range(first, first + count):
            self.random = random.Random(seed)
            with self.subTest(seed):
                try:
                    self.play(kills)
                except AssertionError as e:
                    raise AssertionError("%s\n%s" % ("\n".join(self.story), e)) from e
            self.doCleanups()
            self.setUp()

    def test_each_side_as_it_likes(self):
        self.play_all(self.first, 0)

    def test_killed_meanwhile(self):
        self.play_all(self.first + 5000, 2)


class WithoutIdentitiesTest(RenamedByBothTest):
    account_options = {"disable": ["X-GUID"]}
    first = FIRST + 40000

    def test_killed_after_a_folder_had_given_up_its_name(self):
        """What has its mailbox's name back in the journal, and stands where it stood, is in nobody's way."""
        self.play_all(45428, 2, 2)


class PlusPlusTest(RenamedByBothTest):
    account_options = {"layout": "maildir++"}
    first = FIRST + 20000
    nested = RenamedByBothTest.flat


class SameOnBothSidesTest(Chains, SystemTest):
    """Folders that changed places here as their mailboxes did on the server: nothing is left to be done."""
    server_options = {"special_use": False}

    def there(self, *pairs):
        for old, new in pairs:
            self.client.rename_mailbox(old, "on its way")
            self.client.rename_mailbox("on its way", new)

    def both(self, *pairs):
        self.there(*pairs)
        self.mv(*pairs)

    def assert_nothing_moves(self, *mailboxes):
        """The server keeps all UIDs; no folder and no file goes anywhere."""
        uids, files = self.uids(*mailboxes), {m: sorted(os.path.basename(f.path) for f in self.maildir.files(m)) for m in mailboxes}
        self.assert_no_body()
        self.assertEqual(self.uids(*mailboxes), uids, self.evidence())
        self.assertEqual({m: sorted(os.path.basename(f.path) for f in self.maildir.files(m)) for m in mailboxes}, files)
        self.assert_rest()

    def test_a_swap(self):
        mail = self.given("P", "Q")
        self.both(("P", "on"), ("Q", "P"), ("on", "Q"))

        self.assert_nothing_moves("P", "Q")

        self.assert_in("Q", mail["P"])
        self.assert_in("P", mail["Q"])

    def test_a_circle_of_three(self):
        mail = self.given("P", "Q", "R")
        self.both(("P", "on"), ("R", "P"), ("Q", "R"), ("on", "Q"))

        self.assert_nothing_moves("P", "Q", "R")

        for old, new in (("P", "Q"), ("Q", "R"), ("R", "P")):
            self.assert_in(new, mail[old])

    def test_children_of_both_go_along(self):
        mail = self.given("P", "P/K", "Q", "Q/K")
        self.both(("P", "on"), ("Q", "P"), ("on", "Q"))

        self.assert_nothing_moves("P", "P/K", "Q", "Q/K")

        for old, new in (("P", "Q"), ("Q", "P"), ("P/K", "Q/K"), ("Q/K", "P/K")):
            self.assert_in(new, mail[old])

    def test_a_child_of_one_goes_along(self):
        mail = self.given("P", "P/K", "Q")
        self.both(("P", "on"), ("Q", "P"), ("on", "Q"))

        self.assert_nothing_moves("P", "Q", "Q/K")

        for old, new in (("P", "Q"), ("Q", "P"), ("P/K", "Q/K")):
            self.assert_in(new, mail[old])

    def test_one_is_empty(self):
        mail = self.given("P")
        self.client.create("Q")
        self.sync()
        self.both(("P", "on"), ("Q", "P"), ("on", "Q"))

        self.assert_nothing_moves("P", "Q")

        self.assert_in("Q", mail["P"])

    def test_what_was_expunged_meanwhile_stays_away_and_what_came_stays_where_it_is(self):
        mail = self.given("P", "Q")
        self.both(("P", "on"), ("Q", "P"), ("on", "Q"))
        gone, new = mail["P"][0], self.corpus.simple("new")
        self.client.expunge("Q", [self.client.uid_of("Q", gone)])
        self.client.fill("P", [new])
        uids = self.uids("P", "Q")

        self.sync()

        self.assertEqual(self.uids("P", "Q"), uids)
        self.assertFalse(self.is_there(gone, "P") or self.is_there(gone, "Q"))
        self.assert_in("Q", mail["P"][1:])
        self.assert_in("P", mail["Q"] + [new])
        self.assert_rest()

    def test_what_was_removed_here_meanwhile_is_removed_there(self):
        mail = self.given("P", "Q")
        self.both(("P", "on"), ("Q", "P"), ("on", "Q"))
        os.unlink(self.maildir.find("Q", mail["P"][0]).path)

        self.sync()

        self.assertFalse(self.is_there(mail["P"][0], "P") or self.is_there(mail["P"][0], "Q"))
        self.assert_in("Q", mail["P"][1:])
        self.assert_in("P", mail["Q"])
        self.assert_rest()

    def test_a_chain(self):
        mail = self.given("P", "Q")
        self.both(("P", "R"), ("Q", "P"))

        self.assert_nothing_moves("P", "R")

        self.assert_in("R", mail["P"])
        self.assert_in("P", mail["Q"])

    def test_a_chain_of_three(self):
        mail = self.given("P", "Q", "R")
        self.both(("P", "S"), ("Q", "P"), ("R", "Q"))

        self.assert_nothing_moves("P", "Q", "S")

        for old, new in (("P", "S"), ("Q", "P"), ("R", "Q")):
            self.assert_in(new, mail[old])

    def test_a_chain_in_which_case_alone_changes(self):
        mail = self.given("P", "Q")
        self.both(("P", "p"), ("Q", "P"))

        self.assert_nothing_moves("P", "p")

        self.assert_in("p", mail["P"])
        self.assert_in("P", mail["Q"])

    def test_below_its_own_old_name(self):
        mail = self.given("P", "Q")
        self.both(("P", "P/Old"))

        self.assert_nothing_moves("P/Old", "Q")

        self.assert_in("P/Old", mail["P"])

    def test_a_chain_and_what_came_and_was_expunged_and_moved_meanwhile(self):
        mail = self.given("P", "Q")
        self.both(("P", "R"), ("Q", "P"))
        gone, on, new = mail["P"][0], mail["P"][1], [self.corpus.simple("new %d" % n) for n in range(2)]
        self.client.copy("R", str(self.client.uid_of("R", on)), "P")
        self.client.expunge("R", [self.client.uid_of("R", m) for m in (gone, on)])
        self.client.fill("P", new[:1])
        self.client.fill("R", new[1:])
        uids = self.uids("P", "R")

        self.sync()

        self.assertEqual(self.uids("P", "R"), uids, self.evidence())
        self.assertFalse(self.is_there(gone, "P") or self.is_there(gone, "R"))
        self.assert_in("R", mail["P"][2:] + new[1:])
        self.assert_in("P", mail["Q"] + [on] + new[:1])
        self.assert_rest()

    def test_a_chain_and_another_name_there(self):
        """The server's name counts."""
        mail = self.given("P", "Q")
        self.there(("P", "S"), ("Q", "P"))
        self.mv(("P", "R"), ("Q", "P"))

        self.assert_no_body()

        self.assert_in("S", mail["P"])
        self.assert_in("P", mail["Q"])
        self.assertNotIn("R", [*self.client.mailboxes(), *self.maildir.mailboxes()])
        self.assert_rest()

    def test_a_name_that_each_side_gave_to_another_one(self):
        mail = self.given("P", "Q")
        self.there(("P", "R"))
        self.mv(("Q", "R"))

        self.assert_no_body()

        self.assert_in("R", mail["P"])
        self.assert_in("Q", mail["Q"])
        self.assert_rest()

    def test_two_chains_that_contradict(self):
        """The name that is new there is not the one of which the folder has it here."""
        mail = self.given("P", "Q", "R")
        self.there(("P", "S"), ("Q", "P"), ("R", "Q"))
        self.mv(("R", "S"), ("Q", "R"), ("P", "Q"))

        self.assert_no_body()

        for old, new in (("P", "S"), ("Q", "P"), ("R", "Q")):
            self.assert_in(new, mail[old])
        self.assertNotIn("R", self.maildir.mailboxes())
        self.assert_rest()

    def test_a_chain_where_nothing_is_renamed_here(self):
        """Nothing is to be: the folders have their names."""
        mail = self.given("P", "Q")
        self.account.set(pull=["new", "flags", "deletes"])
        self.both(("P", "R"), ("Q", "P"))

        self.assert_nothing_moves("P", "R")

        self.assert_in("R", mail["P"])
        self.assert_in("P", mail["Q"])
        self.assertNotIn("rename", self.run_golub("status").out)

    def test_its_old_name_is_another_ones_and_it_is_gone(self):
        """Nothing of it goes into that one, and nobody renames that one."""
        mail = self.given("P", "Q")
        self.client.select("INBOX")
        self.client.delete_mailbox("P")
        self.there(("Q", "P"))
        self.mv(("P", "R"))

        self.assert_no_body()

        self.assert_in("P", mail["Q"])
        self.assertEqual(self.places(mail["P"]), [([], ["R"])] * len(mail["P"]))
        self.assertNotIn("R", self.client.mailboxes())
        self.assert_rest()

    def test_its_old_name_was_made_anew_by_another_client(self):
        mail = self.given("P", "Q")
        self.client.select("INBOX")
        self.client.delete_mailbox("P")
        self.client.create("P")
        new = self.corpus.simple("of the new one")
        self.client.fill("P", [new])
        self.mv(("P", "R"))

        self.sync()

        self.assert_in("P", [new])
        self.assertEqual(self.places(mail["P"]), [([], ["R"])] * len(mail["P"]))
        self.assert_rest()

    def given_a_new_folder_at(self, mailbox, *messages):
        self.maildir.create(mailbox)
        for message in messages:
            self.maildir.put(mailbox, message.lf)

    def test_a_new_folder_has_the_old_name(self):
        """It is a new mailbox."""
        mail = self.given("P", "Q")
        self.both(("P", "R"))
        new = self.corpus.simple("in the new folder")
        self.given_a_new_folder_at("P", new)

        self.sync()

        self.assert_in("R", mail["P"])
        self.assert_in("P", [new])
        self.assert_rest()

    def test_new_folders_have_the_old_names_and_one_is_empty(self):
        mail = self.given("P", "P/K", "Q")
        self.both(("P", "R"))
        new = self.corpus.simple("in the new folder")
        self.given_a_new_folder_at("P")
        self.given_a_new_folder_at("P/K", new)

        self.sync()

        self.assert_in("R", mail["P"])
        self.assert_in("R/K", mail["P/K"])
        self.assert_in("P/K", [new])
        self.assertEqual(sum(self.client.tree()["P"].values()), 0)
        self.assert_rest()

    def test_a_new_folder_has_the_old_name_where_nothing_is_renamed_here(self):
        """Nothing is to be: the one that was renamed has its new name already."""
        mail = self.given("P", "Q")
        self.account.set(pull=["new", "flags", "deletes"])
        self.both(("P", "R"))
        new = self.corpus.simple("in the new folder")
        self.given_a_new_folder_at("P", new)

        self.sync()

        self.assert_in("R", mail["P"])
        self.assert_in("P", [new])
        self.assert_rest()

    def test_mail_that_a_reader_moved_is_no_folder_that_did(self):
        mail = self.given("P", "Q")
        self.there(("P", "on"), ("Q", "P"), ("on", "Q"))
        self.move_out("P", mail["P"][:1], to="Q")

        self.assert_no_body()

        self.assert_in("Q", mail["P"][1:])
        self.assert_in("P", mail["Q"] + mail["P"][:1])
        self.assert_rest()


class SameWithoutIdentitiesTest(SameOnBothSidesTest):
    account_options = {"disable": ["X-GUID"]}

    def test_a_uidvalidity_that_changes_meanwhile(self):
        """All of its mail is there under its old name: its folder alone was renamed."""
        mail = self.given("P", "Q")
        self.mv(("P", "R"))
        self.through(edit_down=lambda data: re.sub(rb"UIDVALIDITY (\d+)", lambda m: b"UIDVALIDITY %d" % (int(m.group(1)) + 1000), data))

        self.assert_no_body()

        self.assert_in("R", mail["P"])
        self.assertNotIn("P", self.client.mailboxes())
        self.assert_rest()


@one_in(3)
class SameAtCyrusTest(AtCyrus, EachInItsSecond, SameOnBothSidesTest):
    """Nothing tells its mailboxes apart but their mail."""
    account_options = {"disable": ["OBJECTID"]}

    def test_a_chain_of_two_that_were_made_in_one_second(self):
        """One UIDVALIDITY, UIDNEXT and count."""
        p, q = names = self.made_in_one_second("P", "Q")
        mail = {name: [self.corpus.simple("%s %d" % (name, n)) for n in range(3)] for name in names}
        for name in names:
            self.client.fill(name, mail[name])
        self.sync()
        self.sync()
        self.both((p, "R"), (q, p))

        self.assert_nothing_moves(p, "R")

        self.assert_in("R", mail[p])
        self.assert_in(p, mail[q])


@one_in(2)
class SameAtCourierTest(AtCourier, EachInItsSecond, SameOnBothSidesTest):
    """Each name has another UIDVALIDITY there, with other UIDs: nothing that is missing on one side counts as removed or moved then."""

    def test_one_above_another_that_is_looked_at(self):
        """The server renames nothing that is open, nor what stands above it."""
        mail = self.given("P", "Q")
        self.client.select("INBOX")
        self.there(("P", "Q/P"))
        self.mv(("Q", "R"))

        self.assert_no_body()
        self.assert_no_body()

        self.assert_in("R", mail["Q"])
        self.assert_in("Q/P", mail["P"])

    test_a_chain_and_what_came_and_was_expunged_and_moved_meanwhile = None
    test_what_was_expunged_meanwhile_stays_away_and_what_came_stays_where_it_is = None
    test_what_was_removed_here_meanwhile_is_removed_there = None
    test_mail_that_a_reader_moved_is_no_folder_that_did = None


@one_in(3, 1)
class SameInPlusPlusTest(BesideEachOther, SameOnBothSidesTest):
    pass


class NameOfOneThatIsGoneTest(Chains, SystemTest):
    """A folder was renamed here, and its mailbox deleted there: what others make there under its old name is another mailbox."""
    server_options = {"special_use": False}

    def setUp(self):
        super().setUp()
        self.mail = self.given("P", "P/K", "Other")
        self.mv(("P", "Kept"))
        self.client.select("INBOX")
        self.put_away()
        result = self.sync()
        self.assertIn("Kept: it is gone on the server", result.out)
        self.assertIn("Kept/K: it is gone on the server", result.out)

    def put_away(self):
        self.client.delete_mailbox("P/K")
        self.client.delete_mailbox("P")

    def make_anew(self, name="P"):
        self.client.create(name)
        message = self.corpus.simple("what somebody else put into " + name)
        self.client.fill(name, [message])
        return message

    def sent(self):
        return [line for line in self.proxy.sent() if b" APPEND " in line.upper() or b" RENAME " in line.upper()]

    def assert_left(self):
        """What was deleted there is here alone, under the name that it got here."""
        self.assertEqual(self.sent(), [])
        for name in ("P", "P/K"):
            self.assertEqual(self.places(self.mail[name]), [([], [name.replace("P", "Kept")])] * len(self.mail[name]), self.evidence())
        self.assertEqual([name for name in self.client.mailboxes() if name.startswith("Kept")], [])
        self.assert_rest()

    def assert_apart(self, message, name="P"):
        self.assertEqual(self.places([message]), [([name], [name])], self.evidence())
        self.assert_left()

    def test_a_new_mailbox(self):
        message = self.make_anew()
        foreseen = self.sync("--dry-run")
        self.assertNotIn("Kept", foreseen.out)
        self.sync()

        self.assert_apart(message)
        self.assertIn("Kept", self.run_golub("status").out)

    def test_a_new_child(self):
        message = self.make_anew("P/K")
        self.sync()

        self.assert_apart(message, "P/K")

    def test_both_are_made_anew_one_after_the_other(self):
        for name in ("P", "P/K"):
            message = self.make_anew(name)
            self.sync()

            self.assert_apart(message, name)

    def test_a_new_mailbox_and_a_new_folder(self):
        message = self.make_anew()
        self.maildir.create("P")
        self.account.sync()  # one that the row of the other one still had, as far as the folders tell

        self.sync()
        self.assert_apart(message)

    def test_another_one_was_renamed_to_it(self):
        self.client.rename_mailbox("Other", "P")
        self.sync()

        self.assertEqual(self.places(self.mail["Other"]), [(["P"], ["P"])] * len(self.mail["Other"]), self.evidence())
        self.assert_left()


class NameOfOneThatIsGoneWithoutIdentitiesTest(NameOfOneThatIsGoneTest):
    account_options = {"disable": ["X-GUID"]}


class OnlyHiddenTest(Chains, SystemTest):
    """The same mailbox is there again under its old name: it is the one whose folder was renamed here."""
    server_options = {"special_use": False}

    def test_it_gets_the_name_of_its_folder(self):
        mail = self.given("P", "Other")
        place = os.path.join(self.server.folder, "mail", self.user, "mailboxes", "P")
        self.mv(("P", "Kept"))
        away = os.path.join(self.server.folder, "mail", self.user, "hidden")
        os.rename(place, away)
        result = self.sync()
        self.assertIn("Kept: it is gone on the server", result.out)
        os.rename(away, place)

        self.assert_no_body()

        self.assert_in("Kept", mail["P"])
        self.assert_rest()


class SameWithAMapTest(Chains, SystemTest):
    server_options = {"special_use": False}
    account_options = {"map": ["Q=Far"]}

    def test_a_swap(self):
        mail = {name: [self.corpus.simple("%s %d" % (name, n)) for n in range(3)] for name in ("P", "Q")}
        for name in mail:
            self.client.create(name)
            self.client.fill(name, mail[name])
        self.sync()
        self.sync()
        self.proxy.reset()
        for old, new in (("P", "on"), ("Q", "P"), ("on", "Q")):
            self.client.rename_mailbox(old, new)
        self.mv(("P", "on"), ("Far", "P"), ("on", "Far"))
        uids = self.uids("P", "Q")

        self.assert_no_body()

        self.assertEqual(self.uids("P", "Q"), uids)
        self.assertEqual(self.places(mail["P"]), [(["Q"], ["Far"])] * len(mail["P"]))
        self.assertEqual(self.places(mail["Q"]), [(["P"], ["P"])] * len(mail["Q"]))
        self.assert_rest()


class MadeThereTest(SystemTest):
    """A mailbox is made there under the name that a folder gets here."""
    server_options = {"special_use": False}

    def test_the_new_one_has_the_name_and_the_folder_gets_its_own_back(self):
        self.client.create("A")
        mail, new = self.corpus.simple("of A"), self.corpus.simple("of the new one")
        self.client.fill("A", [mail])
        self.sync()
        self.sync()
        os.rename(self.maildir.folder("A"), self.maildir.folder("Q"))
        self.client.create("Q")
        self.client.fill("Q", [new])

        result = self.sync()

        self.assertIn("work/A: its folder was renamed to \"Q\" here, and another mailbox has that name on the server: it gets its name back", result.out)
        self.assertTrue(self.maildir.has("A", mail) and self.maildir.has("Q", new))
        self.assertNotIn(b" RENAME ", b"\n".join(self.proxy.sent()))
        self.assert_in_sync()


    def test_where_folders_keep_the_names_that_people_give_them_it_waits(self):
        """It is to stand below its own name: it would get another one for a while, and then not this one."""
        self.client.create("A")
        self.client.fill("A", [self.corpus.simple("of A")])
        self.sync()
        self.sync()
        self.account.set(pull=["new", "flags", "deletes"])
        os.rename(self.maildir.folder("A"), self.maildir.folder("Aside"))
        os.mkdir(self.maildir.folder("A"))
        os.rename(self.maildir.folder("Aside"), self.maildir.folder("A/Q"))
        self.client.create("A/Q")

        for _ in range(2):
            result = self.sync(expect=SOME)
            self.assertIn("another mailbox has that name", result.err)

        self.assertNotIn(b" RENAME ", b"\n".join(self.proxy.sent()))
        self.assertEqual(sorted(self.client.mailboxes()), ["A", "A/Q", "INBOX"])


class MadeThereUnsaidTest(MadeThereTest):
    account_options = {"disable": ["X-GUID"]}


if __name__ == "__main__":
    main()
