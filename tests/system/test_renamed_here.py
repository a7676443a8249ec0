"""
A folder that was renamed here: its mailbox is renamed on the server, and no body comes or goes. {one, with children, below its own old name, its case
alone, a copy, out of the tree and back, renamed there as well} x {both separators, both layouts} x {killed at each step, answers that are lost}.
"""
import os
import shutil

from base import OK, PASSWORD, SOME, Dying, SystemTest, main, one_in
from rig import killer
from test_renamed_there import Renaming



class RenamingHere(Renaming):
    def mv(self, *pairs):
        """As a person does it, who knows nothing of golub: with all below, where folders stand in each other."""
        for old, new in pairs:
            way = self.maildir.folder("on its way")
            os.rename(self.maildir.folder(old), way)
            os.makedirs(os.path.dirname(self.maildir.folder(new)), exist_ok=True)
            os.rename(way, self.maildir.folder(new))

    def given_removed(self, name):
        """On both sides, by somebody each, at once."""
        shutil.rmtree(self.maildir.folder(name))
        self.client.delete_mailbox(name)

    def renamed_up(self, result):
        return {(e["from"], e["mailbox"]) for e in result.of("mailbox") if e.get("what") == "renamed-there"}

    def uids(self, *mailboxes):
        return {name: sorted(self.client.messages(name, bodies=False)) for name in mailboxes}

    def assert_sent(self, *pairs, expect=OK):
        """The next run renames these on the server, sends and fetches no body, removes nothing, and both sides are the same."""
        files = {os.path.basename(f.path) for m in self.maildir.mailboxes() for f in self.maildir.files(m)}
        folders = sorted(self.maildir.mailboxes())
        result = self.sync("--json", expect=expect)
        self.assertEqual(self.renamed_up(result), set(pairs), result)
        self.assertEqual(self.bodies(), [], self.evidence())
        self.assertEqual(self.quarantined(), [])
        self.assertEqual({os.path.basename(f.path) for m in self.maildir.mailboxes() for f in self.maildir.files(m)}, files)
        self.assertEqual(sorted(self.maildir.mailboxes()), folders)
        self.assert_in_sync()
        return result


class RenamedHereTest(RenamingHere, SystemTest):
    server_options = {"special_use": False}

    def test_a_folder(self):
        self.given("A", "Other")
        before = self.uids("A")
        self.mv(("A", "B"))

        self.assert_sent(("A", "B"))

        self.assertEqual(self.uids("B")["B"], before["A"])
        self.assertNotIn("A", self.client.mailboxes())

    def test_the_name_of_one_that_is_gone_on_both_sides(self):
        """And the next one gets its own, before a run has seen any of that."""
        self.given("A", "B", "C")
        self.given_removed("B")
        self.mv(("A", "B"), ("C", "A"))

        self.assert_sent(("A", "B"), ("C", "A"))

        self.assertNotIn("C", self.client.mailboxes())

    def test_the_name_of_one_whose_folder_went_before_its_mailbox(self):
        self.given("A", "B")
        shutil.rmtree(self.maildir.folder("B"))
        self.sync()
        self.client.delete_mailbox("B")
        self.mv(("A", "B"))

        self.assert_sent(("A", "B"))

    def test_the_name_of_one_that_was_empty(self):
        self.given("A")
        self.client.create("B")
        self.sync(expect=OK)
        self.given_removed("B")
        self.mv(("A", "B"))

        self.assert_sent(("A", "B"))

    def test_the_name_of_one_that_is_gone_where_it_has_another_one_there_and_nothing_says_that_it_is_it(self):
        self.account.set(disable=["X-GUID"], pull=["new", "deletes", "mailboxes", "mailbox-deletes"])
        self.given("A", "B")
        self.given_removed("B")
        self.client.rename_mailbox("A", "X")
        self.mv(("A", "B"))

        self.sync()
        self.assertEqual(self.bodies(), [], self.evidence())
        self.sync()
        self.assert_in_sync()
        self.assertEqual(sorted(self.maildir.mailboxes()), ["INBOX", "X"])

    def test_the_name_of_one_that_is_gone_and_it_is_gone_there_too(self):
        self.account.set(pull=["new", "deletes", "mailboxes", "mailbox-deletes"])
        for seen in (False, True):
            self.given("A", "B")
            self.client.delete_mailbox("A")
            self.client.delete_mailbox("B")
            if seen:
                self.sync()
            shutil.rmtree(self.maildir.folder("B"))
            self.mv(("A", "B"))

            self.sync()
            self.sync()
            self.assert_in_sync()
            self.assertEqual(list(self.maildir.mailboxes()), ["INBOX"])

    def test_its_line_for_people(self):
        self.given("A")
        self.mv(("A", "B"))

        result = self.sync()

        self.assertIn("work/A: renamed on the server to B\n", result.out)
        self.assertIn("1 mailbox renamed there", result.out)

    def test_its_case_alone(self):
        self.given("Foo")
        self.mv(("Foo", "foo"))

        self.assert_sent(("Foo", "foo"))

    def test_two_that_one_run_filled_and_that_changed_places(self):
        """A coarse clock may have given them the same times: each is looked into all the same, and nothing is removed."""
        mail = self.given("A", "B")
        for folder in [self.maildir.folder(name) for name in ("A", "B")]:
            for path in (os.path.join(folder, "cur"), os.path.join(folder, "new"), folder):
                os.utime(path, (1700000000, 1700000000))
        self.sync()
        self.mv(("A", "on"), ("B", "A"), ("on", "B"))

        self.sync()
        self.sync()

        self.assertEqual(self.quarantined(), [])
        self.assert_in_sync()
        self.assertEqual({name: len(self.maildir.files(name)) for name in ("A", "B")}, {"A": 3, "B": 3})
        for name, was in (("A", "B"), ("B", "A")):
            for message in mail[was]:
                self.assertTrue(self.is_there(message, name))

    def test_a_name_with_all_kinds_of_letters(self):
        self.given("A")
        self.mv(("A", "Überschuß & mehr"))

        self.assert_sent(("A", "Überschuß & mehr"))

    def test_below_another_one(self):
        self.given("A", "Other")
        self.mv(("A", "Other/New/A"))

        self.assert_sent(("A", "Other/New/A"))

    def test_out_of_a_parent(self):
        self.given("Parent/A")
        self.mv(("Parent/A", "A"))

        self.assert_sent(("Parent/A", "A"))

    def test_two_of_them(self):
        self.given("A", "B", "Other")
        self.mv(("A", "C"), ("B", "D"))

        self.assert_sent(("A", "C"), ("B", "D"))

    def test_new_mail_and_removals_and_flags_meanwhile(self):
        mail = self.given("A", count=6)
        there, here = self.corpus.simple("came there"), self.corpus.simple("saved here, and longer than the other one")
        self.mv(("A", "B"))
        self.client.append("A", there.bytes)
        self.client.store("A", self.client.uid_of("A", mail["A"][1]), "+", ["\\Flagged"])
        self.client.expunge("A", self.client.uid_of("A", mail["A"][4]))
        self.maildir.put("B", here.lf)
        self.maildir.delete(self.maildir.find("B", mail["A"][2]))
        self.maildir.flag(self.maildir.find("B", mail["A"][3]), "R")

        result = self.sync("--json")

        self.assertEqual(self.renamed_up(result), {("A", "B")})
        self.assertTrue(self.maildir.has("B", there))
        self.assertTrue(self.is_there(here, "B"))
        self.assertEqual([self.is_there(m, "B") for m in mail["A"]], [True, True, False, True, False, True])
        self.assertIn("\\Answered", self.flags_there(mail["A"][3], "B"))
        self.assertEqual(len(self.quarantined()), 1)
        self.assert_in_sync()

    def test_subscriptions_follow(self):
        self.given("A", "Other")
        self.client.subscribe("A")
        self.client.subscribe("Other", yes=False)
        self.mv(("A", "B"), ("Other", "O"))

        self.sync()

        subscribed = self.client.mailboxes(subscribed=True)
        self.assertIn("B", subscribed)
        self.assertNotIn("A", subscribed)
        self.assertNotIn("O", subscribed)
        self.assertNotIn("Other", subscribed)

    def test_a_copy_is_none(self):
        mail = self.given("A")
        shutil.copytree(self.maildir.folder("A"), self.maildir.folder("B"))

        result = self.sync("--json")

        self.assertEqual(self.renamed_up(result), set())
        self.assertTrue(all(self.is_there(m, name) for m in mail["A"] for name in "AB"))
        self.assert_in_sync()

    def test_out_of_the_tree_and_back(self):
        mail = self.given("A", "Other")
        away = self.home.path_of("away")
        os.rename(self.maildir.folder("A"), away)
        result = self.sync()
        self.assertIn("its folder is gone here", result.out)
        self.assertTrue(all(self.is_there(m, "A") for m in mail["A"]))

        os.rename(away, self.maildir.folder("A"))
        self.sync()

        self.assertEqual(self.bodies(), [])
        self.assertTrue(all(self.is_there(m, "A") for m in mail["A"]))
        self.assert_in_sync()

    def test_out_of_the_tree_and_back_under_another_name(self):
        self.given("A", "Other")
        away = self.home.path_of("away")
        os.rename(self.maildir.folder("A"), away)
        self.sync()
        os.rename(away, self.maildir.folder("B"))

        result = self.sync("--json")

        self.assertEqual(self.renamed_up(result), {("A", "B")})
        self.assertEqual(self.bodies(), [])
        self.sync()
        self.assert_in_sync()

    def test_half_of_it_is_none(self):
        """What holds less than two thirds of its files is another folder, and they have moved there."""
        mail = self.given("A", count=6)
        self.maildir.create("B")
        for m in mail["A"][:3]:
            self.maildir.move(self.maildir.find("A", m), "B")
        shutil.rmtree(self.maildir.folder("A"))

        result = self.sync("--json")

        self.assertEqual(self.renamed_up(result), set())
        self.assertEqual(self.bodies(), [])
        self.assertEqual([(self.is_there(m, "A"), self.is_there(m, "B")) for m in mail["A"]], [(False, True)] * 3 + [(True, False)] * 3)

    def test_most_of_it_beside_what_was_moved_elsewhere(self):
        mail = self.given("A", "Other", count=6)
        for m in mail["A"][:3]:
            self.maildir.move(self.maildir.find("A", m), "Other")
        self.mv(("A", "B"))

        result = self.sync("--json")

        self.assertEqual(self.renamed_up(result), {("A", "B")})
        self.assertEqual(self.bodies(), [])
        self.assertEqual([self.is_there(m, "Other") for m in mail["A"]], [True] * 3 + [False] * 3)
        self.assert_in_sync()

    def given_two_at_once(self, a, b, own, of_other):
        """As a first run makes them: their folders are of one age, or nearly. @return their messages"""
        mail = {name: [self.corpus.simple("%s %d" % (name, n)) for n in range(count)] for name, count in ((a, own), (b, of_other))}
        for name in mail:
            self.client.create(name)
            self.client.fill(name, mail[name])
        self.sync()
        self.sync()
        return mail[a], mail[b]

    def given_a_copy(self, name):
        """Of another age than golub knows."""
        shutil.copytree(self.maildir.folder(name), self.maildir.folder("copy"))
        shutil.rmtree(self.maildir.folder(name))
        os.rename(self.maildir.folder("copy"), self.maildir.folder(name))

    def test_with_mail_of_another_one_that_stays_where_it_is(self):
        """Less than two thirds of the other one are left in it: it may be elsewhere, and is not."""
        for copied in (True, False):
            for own, of_other, moved in ((3, 2, 1), (1, 2, 1), (3, 3, 2)):
                with self.subTest(copied=copied, own=own, of_other=of_other, moved=moved):
                    a, b, r = [f"{letter}{own}{of_other}{copied}" for letter in "ABR"]
                    mail, other = self.given_two_at_once(a, b, own, of_other)
                    for m in other[:moved]:
                        self.maildir.move(self.maildir.find(b, m), a)
                    if copied:
                        self.given_a_copy(a)
                    self.mv((a, r))

                    result = self.sync("--json")

                    self.assertEqual(self.renamed_up(result), {(a, r)}, result)
                    self.assertEqual(self.bodies(), [])
                    self.assertTrue(all(self.is_there(m, r) for m in mail + other[:moved]))
                    self.assertTrue(all(self.is_there(m, b) for m in other[moved:]))
                    self.assert_in_sync()

    def test_two_that_became_one_are_not_renamed(self):
        mail = self.given("A", "B")
        self.maildir.create("C")
        for name in "AB":
            for m in mail[name]:
                self.maildir.move(self.maildir.find(name, m), "C")
            shutil.rmtree(self.maildir.folder(name))

        result = self.sync("--json")

        self.assertEqual(self.renamed_up(result), set())
        self.assertTrue(all(self.is_there(m, "C") for name in "AB" for m in mail[name]))

    def test_an_empty_one(self):
        self.given("A", count=0)
        self.mv(("A", "B"))

        self.assert_sent(("A", "B"))

    def test_renamed_there_to_the_same_name(self):
        self.given("A", "Other")
        self.mv(("A", "B"))
        self.rename(("A", "B"))

        result = self.sync("--json")

        self.assertEqual(self.bodies(), [])
        self.assertEqual(self.renamed_up(result), set())
        self.assert_in_sync()

    def test_renamed_there_to_another_name(self):
        self.given("A", "Other")
        self.mv(("A", "B"))
        self.rename(("A", "C"))

        result = self.sync("--json")

        self.assertEqual(self.bodies(), [])
        self.assertEqual(self.renamed_up(result), set())
        self.assertIn("C", self.maildir.mailboxes())
        self.assertNotIn("B", self.maildir.mailboxes())
        self.assertEqual(set(self.client.mailboxes()), {"INBOX", "C", "Other"})
        self.assert_in_sync()

    def test_removed_there(self):
        mail = self.given("A", "Other")
        self.mv(("A", "B"))
        self.client.delete_mailbox("A")

        result = self.sync()

        self.assertIn("it is gone on the server", result.out)
        self.assertEqual(self.bodies(), [])
        self.assertNotIn("B", self.client.mailboxes())
        self.assertTrue(all(self.maildir.has("B", m) for m in mail["A"]))
        self.sync()
        self.assertNotIn("B", self.client.mailboxes())

    def places_changed_beside_one_removed_there(self, *boxes):
        """Each folder gets the next one's name, and the mailbox of the first is removed there: its mail goes up into no other one."""
        mail = self.given(*boxes)
        pairs = list(zip(boxes, boxes[1:] + boxes[:1]))
        before = self.uids(*boxes)
        self.mv(*((old, "on " + old) for old in boxes), *(("on " + old, new) for old, new in pairs))
        self.client.delete_mailbox(boxes[0])

        result = self.sync("--json")

        self.assertEqual(self.renamed_up(result), set(pairs[1:]), result)
        self.assertEqual(self.bodies(), [], self.evidence())
        for old, new in pairs[1:]:
            self.assertEqual(self.uids(new)[new], before[old])
            self.assertTrue(all(self.maildir.has(new, m) for m in mail[old]))
        self.assertNotIn(boxes[1], self.client.mailboxes())
        return mail, pairs

    def assert_first_stays(self, mail, old, new):
        for _ in range(2):
            self.assertIn("nothing new", self.sync().out)
        self.assertTrue(all(self.maildir.has(new, m) for m in mail[old]))
        self.assertEqual([n for n in self.client.mailboxes() if n == new or "golub-" in n], [])
        self.client.create(new)
        self.assertIn("it is there again on both sides", self.sync().out)
        self.sync()
        self.assert_in_sync()

    def test_another_one_takes_the_name_of_a_parent_that_is_removed_there(self):
        """What stands below it there has its old name until it is renamed itself."""
        mail = self.given("A", "A/Kid", "X")
        self.client.delete_mailbox("A")
        self.mv(("A", "C"), ("X", "A"))
        if os.path.isdir(self.maildir.folder("A/Kid")):
            self.skipTest("folders do not stand in each other")
        for _ in range(3):
            result = self.account.sync()
        self.check(result, OK)
        there = {n: {m.digest for m in self.client.messages(n)} for n in self.client.mailboxes()}
        self.assertEqual((there["A"], there["C/Kid"]), ({m.digest for m in mail["X"]}, {m.digest for m in mail["A/Kid"]}))
        self.assertTrue(all(self.maildir.has("C/Kid", m) for m in mail["A/Kid"]))
        self.assertTrue(all(self.maildir.has("C", m) for m in mail["A"]))
        self.assertEqual(self.quarantined(), [])

    def test_two_that_changed_places_one_of_which_is_removed_there(self):
        mail, pairs = self.places_changed_beside_one_removed_there("A", "B")
        self.assert_first_stays(mail, *pairs[0])

    def test_three_that_changed_places_one_of_which_is_removed_there(self):
        mail, pairs = self.places_changed_beside_one_removed_there("A", "B", "C")
        self.assert_first_stays(mail, *pairs[0])

    def test_two_that_changed_places_one_of_which_is_removed_there_and_goes(self):
        self.account.set(pull=["new", "flags", "deletes", "mailboxes", "mailbox-deletes"])
        self.places_changed_beside_one_removed_there("A", "B")
        said = self.sync().out + self.sync().out
        self.assertIn("work/B: ", said)
        self.assertNotIn("golub-", said)
        self.assertNotIn("B", self.maildir.mailboxes())
        self.assert_in_sync()

    def test_another_one_has_that_name_there(self):
        mail = self.given("A", "Other")
        self.mv(("A", "B"))
        self.client.create("B")
        foreign = self.corpus.simple("foreign")
        self.client.append("B", foreign.bytes)

        result = self.sync()
        self.assertIn('its folder was renamed to "B" here, and another mailbox has that name on the server: it gets its name back', result.out)
        self.assertEqual(len(self.bodies()), 1)
        self.assertTrue(all(self.is_there(m, "A") and self.maildir.has("A", m) for m in mail["A"]))
        self.assertTrue(self.maildir.has("B", foreign))
        self.assertNotIn('renamed here to "B"', self.run_golub("status").out)
        self.mv(("A", "C"))
        result = self.sync("--json")
        self.assertEqual(self.renamed_up(result), {("A", "C")})
        self.sync()
        self.assert_in_sync()

    def test_push_without_mailboxes(self):
        mail = self.given("A", "Other")
        self.account.set(push=["new", "flags", "deletes"])
        self.mv(("A", "B"))
        new, here = self.corpus.simple("meanwhile"), self.corpus.simple("saved here, of another length")

        for _ in range(3):
            result = self.sync()
            self.assertEqual(self.bodies(), [])
            self.assertEqual(set(self.maildir.mailboxes()), {"INBOX", "B", "Other"})
            self.assertEqual(set(self.client.mailboxes()), {"INBOX", "A", "Other"})
        self.assertIn('renamed here to "B"', self.run_golub("status").out)
        self.client.append("A", new.bytes)
        self.maildir.put("B", here.lf)
        self.sync()
        self.assertTrue(self.maildir.has("B", new))
        self.assertTrue(self.is_there(here, "A"))
        self.account.set(push=["new", "flags", "deletes", "mailboxes"])
        result = self.sync("--json")
        self.assertEqual(self.renamed_up(result), {("A", "B")})
        self.assertEqual(self.bodies(), [])
        self.assertTrue(all(self.is_there(m, "B") for m in mail["A"]))
        self.assertNotIn("renamed here to", self.run_golub("status").out)
        self.assert_in_sync()

    def test_and_back_before_it_may_go_up(self):
        self.given("A", "Other")
        self.account.set(push=["new", "flags", "deletes"])
        self.mv(("A", "B"))
        self.sync()
        self.mv(("B", "A"))

        self.sync()

        self.assertEqual(self.bodies(), [])
        self.assertNotIn("renamed here to", self.run_golub("status").out)
        self.account.set(push=["new", "flags", "deletes", "mailboxes"])
        self.sync()
        self.assert_in_sync()

    def test_a_run_that_only_pulls(self):
        self.given("A")
        self.mv(("A", "B"))

        self.sync("--pull")
        self.assertIn("A", self.client.mailboxes())
        self.assertEqual(self.bodies(), [])

        self.assert_sent(("A", "B"))

    def test_a_dry_run_says_it_and_changes_nothing(self):
        self.given("A", "Other")
        self.mv(("A", "B"))
        before, rows = self.maildir.snapshot(), self.account.journal_dump()

        result = self.sync("--dry-run")

        self.assertIn("work/A: would be renamed on the server to B\n", result.out)
        self.assertNotIn("would make", result.out)
        self.assertEqual(self.maildir.snapshot(), before)
        self.assertEqual(self.account.journal_dump(), rows)
        self.assertIn("A", self.client.mailboxes())
        self.assert_sent(("A", "B"))

    def test_the_new_name_on_the_command_line(self):
        self.given("A", "Other")
        self.mv(("A", "B"))

        result = self.account.home.run("sync", "work/B")

        self.check(result, OK)
        self.assertIn("B", self.client.mailboxes())
        self.assert_in_sync()

    def test_another_name_on_the_command_line(self):
        self.given("A", "Other")
        self.mv(("A", "B"))

        self.check(self.account.home.run("sync", "work/Other"), OK)

        self.assertIn("A", self.client.mailboxes())
        self.assert_sent(("A", "B"))

    def test_out_of_the_patterns(self):
        mail = self.given("A")
        self.account.set(mailboxes=["*", "!Secret"])
        self.sync()
        self.mv(("A", "Secret"))

        result = self.sync()

        self.assertIn("its folder is gone here", result.out)
        self.assertTrue(all(self.is_there(m, "A") for m in mail["A"]))
        self.assertNotIn("Secret", self.client.mailboxes())

    def test_what_is_left_out_goes_not_along(self):
        mail = self.given("A", "Other")
        self.account.set(mailboxes=["*", "!A/Secret"])
        self.client.create("A/Secret")
        self.sync()
        self.mv(("A", "B"))

        result = self.sync(expect=SOME)

        self.assertIn("A/Secret is left out by `mailboxes`", result.err)
        self.assertEqual(self.bodies(), [])
        self.assertIn("A/Secret", self.client.mailboxes())
        self.assertTrue(all(self.is_there(m, "A") for m in mail["A"]))
        self.assertEqual(set(self.maildir.mailboxes()), {"INBOX", "B", "Other"})

    def test_verify_before_it_went_up(self):
        self.given("A")
        self.mv(("A", "B"))

        self.assert_verified()

    def test_another_laptop_follows(self):
        self.given("A", "Other")
        other = self.new_account("work", home=self.another_home())
        self.sync(account=other)
        self.sync(account=other)
        self.mv(("A", "B"))

        self.assert_sent(("A", "B"))
        self.sync(account=other)
        self.assertEqual(self.bodies(), [])
        self.assert_in_sync(other)

    def test_two_laptops_rename_it_differently(self):
        self.given("A", "Other")
        other = self.new_account("work", home=self.another_home())
        self.sync(account=other)
        self.sync(account=other)
        self.mv(("A", "B"))
        os.rename(other.maildir.folder("A"), other.maildir.folder("C"))

        self.assert_sent(("A", "B"))
        self.sync(account=other)
        self.assertEqual(self.bodies(), [])
        self.assertEqual(set(other.maildir.mailboxes()), {"INBOX", "B", "Other"})
        self.assert_in_sync(other)

    def test_without_identities(self):
        self.account.set(disable=["X-GUID"])
        self.given("A", "Other")
        self.mv(("A", "B"))

        self.assert_sent(("A", "B"))

    def test_ten_thousand_messages_cost_no_body_and_few_turns(self):
        mail = self.corpus.simple("again and again")
        self.client.create("A")
        for _ in range(10):
            self.client.fill("A", [mail] * 1000)
        self.through(delay=8)
        self.sync()
        self.sync()
        quiet = self.turns()
        self.assertGreater(len(self.maildir.files("A")), 9000)
        self.mv(("A", "B"))

        self.sync("--json")

        self.assertEqual(self.bodies(), [])
        self.assertLessEqual(self.proxy.stats["turns"], 10)
        self.assertLessEqual(self.turns(quiet), quiet)
        self.assert_same()


class VerbatimTest(RenamingHere, SystemTest):
    """Folders that stand in each other go along."""
    server_options = {"special_use": False}

    def test_with_what_is_below_it(self):
        self.given("A", "A/Kid", "A/Kid/Deep", "Other")
        self.mv(("A", "B"))

        self.assert_sent(("A", "B"), ("A/Kid", "B/Kid"), ("A/Kid/Deep", "B/Kid/Deep"))

    def test_with_empty_ones(self):
        self.given("A", "A/Kid", "A/Kid/Deep", count=0)
        self.mv(("A", "B"))

        self.assert_sent(("A", "B"), ("A/Kid", "B/Kid"), ("A/Kid/Deep", "B/Kid/Deep"))

    def test_below_its_own_old_name(self):
        self.given("A", "Other")
        self.mv(("A", "X"), ("X", "A/Old"))

        self.assert_sent(("A", "A/Old"))

    def test_one_of_those_below_goes_elsewhere(self):
        self.given("A", "A/Kid", "A/Other")
        self.mv(("A/Kid", "Kid"), ("A", "B"))

        self.assert_sent(("A", "B"), ("A/Kid", "Kid"), ("A/Other", "B/Other"))

    def test_a_chain(self):
        self.given("A", "B", "Other")
        self.mv(("B", "C"), ("A", "D"))

        self.assert_sent(("B", "C"), ("A", "D"))

    def test_a_new_folder_in_it_gets_mail_of_it(self):
        mail = self.given("A")["A"]
        self.mv(("A", "B"))
        self.maildir.create("B/New")
        self.maildir.move(self.maildir.find("B", mail[0]), "B/New")

        self.sync()

        self.assertEqual(self.bodies(), [])
        self.assertEqual(set(self.client.mailboxes()), {"INBOX", "B", "B/New"})
        self.assertEqual([(self.is_there(m, "B"), self.is_there(m, "B/New")) for m in mail], [(False, True)] + 2 * [(True, False)])
        self.sync()
        self.assert_in_sync()


class VerbatimDotTest(VerbatimTest):
    server_options = {"separator": ".", "prefix": "INBOX.", "special_use": False}


@one_in(7)
class VerbatimUnsaidTest(VerbatimTest):
    """Nobody says which mailbox is which: they are renamed when all else is done."""
    account_options = {"disable": ["X-GUID"]}
    test_a_new_folder_in_it_gets_mail_of_it = VerbatimTest.test_a_new_folder_in_it_gets_mail_of_it


@one_in(5)
class SeparatorTest(RenamedHereTest):
    server_options = {"separator": ".", "prefix": "INBOX.", "special_use": False}


@one_in(5, 2)
class PlusPlusTest(RenamedHereTest):
    server_options = {"special_use": False}
    account_options = {"layout": "maildir++"}

    def test_a_parent_without_what_is_below_it(self):
        """On the server that goes along, and comes back."""
        mail = self.given("A", "A/Kid", "Other")
        self.mv(("A", "B"))

        self.assert_sent(("A", "B"))

        self.assertEqual(set(self.client.mailboxes()), {"INBOX", "A/Kid", "B", "Other"})
        self.assertTrue(all(self.is_there(m, "A/Kid") for m in mail["A/Kid"]))

    def test_with_what_is_below_it(self):
        self.given("A", "A/Kid", "Other")
        self.mv(("A", "B"), ("A/Kid", "B/Kid"))

        self.assert_sent(("A", "B"), ("A/Kid", "B/Kid"))


class SpecialTest(RenamingHere, SystemTest):
    def test_a_special_use(self):
        mail = self.given("Other")
        self.sync()
        sent = self.corpus.simple("sent")
        self.client.append("Sent", sent.bytes)
        self.sync()
        self.sync()
        self.mv(("Sent", "Mine"))

        for _ in range(2):
            result = self.sync(expect=SOME)
            self.assertIn("Sent has a special use on the server", result.err)
            self.assertEqual(self.bodies(), [])
            self.assertIn("Mine", self.maildir.mailboxes())
            self.assertNotIn("Sent", self.maildir.mailboxes())
            self.assertNotIn("Mine", self.client.mailboxes())
        self.assertIn('renamed here to "Mine"', self.run_golub("status").out)
        self.assertTrue(self.is_there(sent, "Sent"))
        self.assertTrue(mail)
        self.account.set(map=["Sent=Mine"])
        self.sync()
        self.assertEqual(self.bodies(), [])
        self.assertIn("Mine", self.maildir.mailboxes())
        self.assertNotIn("Mine", self.client.mailboxes())
        self.assertNotIn('renamed here to', self.run_golub("status").out)


class LostAnswerTest(RenamingHere, SystemTest):
    """The line breaks before the answer, in it, and before that of the proof: the mailbox is renamed once, and found again."""
    server_options = {"special_use": False}

    def test_at_each_place_around_the_answer(self):
        self.given("A", "A/Kid", "Other")
        self.through()
        self.mv(("A", "B"))
        self.sync()
        whole = self.proxy.stream("down")
        answer = whole.index(b"OK Rename")
        names = ["B", "C"]
        for place in (-40, -4, 0, 10, 60, 120, 200, 300):
            with self.subTest(place):
                self.through(cut_down=answer + place, times=1)
                self.mv((names[0], names[1]))
                result = self.account.sync("--json")
                self.assertEqual(self.bodies(), [], result)
                self.through()
                self.sync()
                self.assertEqual(self.bodies(), [])
                self.assertEqual(set(self.client.mailboxes()), {"INBOX", names[1], names[1] + "/Kid", "Other"})
                self.assertEqual(self.quarantined(), [])
                self.assert_same()
                names.reverse()

    def test_without_identities(self):
        self.account.set(disable=["X-GUID"])
        self.test_at_each_place_around_the_answer()

    def test_to_a_temporary_name(self):
        self.given("A", "Other")
        self.through()
        self.mv(("A", "X"), ("X", "A/Old"))
        self.sync()
        answer = self.proxy.stream("down").index(b"OK Rename")
        for place, (old, new) in ((-4, ("A/Old", "A/Old/Old")), (0, ("A/Old/Old", "A/Old/Old/Old")), (90, ("A/Old/Old/Old", "A/Old/Old/Old/Old"))):
            with self.subTest(place):
                self.through(cut_down=answer + place, times=1)
                self.mv((old, "X"), ("X", new))
                self.account.sync()
                self.through()
                self.sync()
                self.assertEqual(set(self.client.mailboxes()), {"INBOX", new, "Other"})
                self.assert_same()


class KilledTest(RenamingHere, Dying, SystemTest):
    """Dead just before and just after each step, also between what is sent and its answer; the next runs end it."""
    server_options = {"special_use": False, "users": {"u%03d" % n: PASSWORD for n in range(400)}}
    scenes = {
        "children": (("A", "A/Kid", "Other"), (("A", "B"),)),
        "below": (("A", "Other"), (("A", "X"), ("X", "A/Old"))),
        "two": (("A", "B", "Other"), (("A", "C"), ("B", "D"))),
    }

    identities = True

    def die(self, scene, at, after):
        mailboxes, pairs = self.scenes[scene]
        if not self.identities:
            self.account.set(disable=["X-GUID"])
        self.given(*mailboxes, count=2)
        folders = len(self.maildir.mailboxes())
        self.mv(*pairs)
        result, steps = killer.run(self.home, at, "sync", "work", after=after)
        if at == 0:
            self.check(result, 0)
            return steps
        for _ in range(2):
            self.sync()
            self.assertEqual(self.bodies(), [], "%s, killed %s %s" % (scene, "after" if after else "before", steps[-1:]))
        self.assertEqual(self.quarantined(), [])
        self.assertEqual(len(self.client.mailboxes()), folders)
        self.assertEqual([n for n in self.client.mailboxes() if "golub-rename" in n], [])
        self.assert_same()
        return steps

    def test_with_children(self):
        self.sweep("children")

    def test_below_its_own_old_name(self):
        self.sweep("below")

    def test_two(self):
        self.sweep("two")

    def test_without_identities(self):
        self.identities = False
        self.sweep("two")


class KilledPlusPlusTest(KilledTest):
    """What is below it stays: on the server it goes along, and comes back."""
    account_options = {"layout": "maildir++"}

    def test_below_its_own_old_name(self):
        self.skipTest("the same as with the other layout")

    def test_two(self):
        self.skipTest("the same as with the other layout")

    def test_without_identities(self):
        self.skipTest("the same as with the other layout")


if __name__ == "__main__":
    main()
