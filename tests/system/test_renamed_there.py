"""
A mailbox that was renamed on the server is renamed here: its folder moves, and no body comes or goes. {one, with children, a swap, a circle,
below its own old name, the old name made anew, with new mail and removals meanwhile} x {both separators, both layouts} x {killed at each step}.
"""
import os
import re
import shutil
import statistics

from base import CONFIG, NIGHTLY, OK, PASSWORD, SOME, Dying, SystemTest, main, one_in
from rig import killer



class Renaming:
    """Each test of a scene: what the user does on the server, and what is here afterwards."""
    password = PASSWORD

    def given(self, *mailboxes, count=3):
        """These mailboxes are in sync, and the server has told which is which. @return {mailbox: messages}"""
        mail = {}
        for name in mailboxes:
            self.client.create(name)
            mail[name] = [self.corpus.simple("%s %d" % (name, n)) for n in range(count)]
            self.client.fill(name, mail[name])
        self.sync()
        self.sync()
        self.assert_same()
        return mail

    def rename(self, *pairs):
        for old, new in pairs:
            self.client.rename_mailbox(old, new)

    def bodies(self):
        return [line for line in self.proxy.sent() if b"BODY.PEEK[]" in line.upper() or b" APPEND " in line]

    def renamed(self, result):
        return {(e["from"], e["mailbox"]) for e in result.of("mailbox") if e.get("what") == "renamed-here"}

    def turns(self, enough=0):
        """Of a run with nothing to do. A busy machine cuts or joins what is sent in one go, so that the proxy counts one more or less now and then."""
        counts = []
        while len(counts) < 5 or (statistics.median_low(counts) > enough > 0 and len(counts) < 30):
            self.sync()
            counts.append(self.proxy.stats["turns"])
        return statistics.median_low(counts)

    def assert_followed(self, *pairs, expect=OK, bodies=0):
        """The next run renames these here, fetches nothing, removes nothing, and both sides are the same."""
        files = {os.path.basename(f.path) for m in self.maildir.mailboxes() for f in self.maildir.files(m)}
        result = self.sync("--json", expect=expect)
        self.assertEqual(self.renamed(result), set(pairs), result)
        self.assertEqual(len(self.bodies()), bodies, self.evidence())
        self.assert_nothing_changed_there()
        self.assertEqual(self.quarantined(), [])
        if bodies == 0:
            self.assertEqual({os.path.basename(f.path) for m in self.maildir.mailboxes() for f in self.maildir.files(m)}, files)
        self.assert_in_sync()


class RenamedThereTest(Renaming, SystemTest):
    server_options = {"special_use": False}

    def test_a_mailbox(self):
        self.given("A", "Other")
        self.rename(("A", "B"))

        self.assert_followed(("A", "B"))

        self.assertNotIn("A", self.maildir.mailboxes())

    def test_its_line_for_people(self):
        self.given("A")
        self.rename(("A", "B"))

        result = self.sync()

        self.assertIn("work/A: renamed here to B\n", result.out)
        self.assertIn("1 mailbox renamed here", result.out)

    def test_with_what_is_below_it(self):
        self.given("A", "A/Kid", "A/Kid/Deep", "Other")
        self.rename(("A", "B"))

        self.assert_followed(("A", "B"), ("A/Kid", "B/Kid"), ("A/Kid/Deep", "B/Kid/Deep"))

    def test_into_another_one(self):
        self.given("A", "A/Kid", "Other")
        self.rename(("A", "Other/New/A"))

        self.assert_followed(("A", "Other/New/A"), ("A/Kid", "Other/New/A/Kid"))

    def test_out_of_a_parent_that_is_none(self):
        self.given("Parent/A")
        self.rename(("Parent/A", "A"))

        self.assert_followed(("Parent/A", "A"))

    def test_a_swap(self):
        self.given("A", "B", "A/Kid")
        self.rename(("A", "X"), ("B", "A"), ("X", "B"))

        self.assert_followed(("A", "B"), ("B", "A"), ("A/Kid", "B/Kid"))

    def test_a_circle_of_three(self):
        self.given("A", "B", "C")
        self.rename(("A", "X"), ("C", "A"), ("B", "C"), ("X", "B"))

        self.assert_followed(("A", "B"), ("B", "C"), ("C", "A"))

    def test_a_chain(self):
        self.given("A", "B", "C")
        self.rename(("C", "D"), ("B", "C"), ("A", "B"))

        self.assert_followed(("A", "B"), ("B", "C"), ("C", "D"))

    def test_its_case_alone(self):
        self.given("Foo")
        self.rename(("Foo", "foo"))

        self.assert_followed(("Foo", "foo"))

    def test_below_its_own_old_name(self):
        self.given("A", "Other")
        self.rename(("A", "X"), ("X", "A/Old"))

        self.assert_followed(("A", "A/Old"))

    def test_above_itself(self):
        self.given("A", "A/Old")
        self.rename(("A/Old", "X"), ("A", "Y"), ("X", "A"))

        self.assert_followed(("A/Old", "A"), ("A", "Y"))

    def test_parent_and_child_change_places(self):
        self.given("A", "A/B")
        self.rename(("A/B", "X"), ("A", "Y"), ("X", "B"), ("Y", "B/A"))

        self.assert_followed(("A/B", "B"), ("A", "B/A"))

    def test_to_the_name_of_a_parent_that_is_none(self):
        """What is below it makes way, and comes back."""
        self.given("C/A", "C/A/Kid", "Other")
        self.rename(("C/A", "X"), ("Other", "C"), ("X", "C/A"))

        self.assert_followed(("Other", "C"))

    def test_parents_that_are_none_change_with_what_is_below(self):
        self.given("A/K", "B", "C")
        self.rename(("A/K", "X"), ("B", "A"), ("C", "B"), ("X", "B/K"))

        self.assert_followed(("A/K", "B/K"), ("B", "A"), ("C", "B"))

    def test_a_name_that_only_a_file_can_have(self):
        self.given("Überschuß 100% & more")
        self.rename(("Überschuß 100% & more", "cur"))

        self.assert_followed(("Überschuß 100% & more", "cur"))

    def test_the_old_name_is_made_anew(self):
        self.given("A")
        self.rename(("A", "B"))
        self.client.create("A")
        self.client.fill("A", [self.corpus.simple("of the new A")])

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), {("A", "B")})
        self.assertEqual(len(self.bodies()), 1)
        self.assert_in_sync()

    def test_the_new_name_was_another_ones_that_is_removed(self):
        """What is here of that one stays, as always, and so its folder is in the way."""
        mail = self.given("A", "B")
        self.client.delete_mailbox("B")
        self.rename(("A", "B"))

        result = self.sync(expect=SOME)

        self.assertIn('rename this mailbox here to "B"', result.err)
        self.assertEqual(self.bodies(), [])
        self.assertTrue(all(self.maildir.has("A", m) for m in mail["A"]))
        self.assertTrue(all(self.maildir.has("B", m) for m in mail["B"]))
        new = self.corpus.simple("meanwhile")
        self.client.append("B", new.bytes)
        self.sync(expect=SOME)
        self.assertTrue(self.maildir.has("A", new))
        shutil.rmtree(self.maildir.folder("B"))
        self.sync("--json")
        self.assertTrue(self.maildir.has("B", new))
        self.assert_in_sync()

    def take_name(self, count=0):
        """B is deleted on the server, and A gets its name there."""
        self.given("B", count=count)
        mail = self.given("A")
        self.client.delete_mailbox("B")
        self.rename(("A", "B"))
        return mail

    def test_the_new_name_was_another_ones_that_is_removed_and_was_empty(self):
        mail = self.take_name()

        self.assert_followed(("A", "B"))

        self.assertTrue(all(self.maildir.has("B", m) for m in mail["A"]))
        self.assertNotIn("A", self.maildir.mailboxes())
        self.assertNotIn("gone", self.run_golub("status").out)

    def test_the_new_name_was_another_ones_that_is_emptied_here(self):
        """It was known to be gone before; what is in the way is said with its way out."""
        mail = self.take_name(count=1)
        result = self.sync(expect=SOME)
        self.assertIn("another mailbox's, which is gone on the server, and is not empty", result.err)
        self.assertEqual(len(self.maildir.files("B")), 1)
        os.remove(self.maildir.files("B")[0].path)

        self.assert_followed(("A", "B"))

        self.assertTrue(all(self.maildir.has("B", m) for m in mail["A"]))

    def test_the_new_name_was_an_empty_ones_with_a_foreign_file(self):
        mail = self.take_name()
        notes = os.path.join(self.maildir.folder("B"), "notes")
        with open(notes, "w") as f:
            f.write("notes")

        self.assertIn("is not empty", self.sync(expect=SOME).err)

        self.assertTrue(os.path.exists(notes))
        self.assertTrue(all(self.maildir.has("A", m) for m in mail["A"]))
        os.remove(notes)
        self.assert_followed(("A", "B"))

    def test_the_new_name_was_an_empty_ones_and_a_dry_run(self):
        mail = self.take_name()

        result = self.sync("--dry-run", "--json")

        self.assertEqual(self.renamed(result), {("A", "B")})
        self.assertTrue(os.path.isdir(os.path.join(self.maildir.folder("B"), "cur")))
        self.assertTrue(all(self.maildir.has("A", m) for m in mail["A"]))
        self.assert_followed(("A", "B"))

    def test_new_mail_and_removals_and_flags_meanwhile(self):
        mail = self.given("A", count=6)
        new, here = self.corpus.simple("came after the rename"), self.corpus.simple("saved here, and longer than the other one")
        self.rename(("A", "B"))
        self.client.append("B", new.bytes)
        self.client.expunge("B", self.client.uid_of("B", mail["A"][0]))
        self.client.store("B", self.client.uid_of("B", mail["A"][1]), "+", ["\\Flagged"])
        self.maildir.put("A", here.lf)
        self.maildir.delete(self.maildir.find("A", mail["A"][2]))
        self.maildir.flag(self.maildir.find("A", mail["A"][3]), "R")

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), {("A", "B")})
        fetched = [line for line in self.bodies() if b" UID FETCH %d " % self.client.uid_of("B", new) in line]
        self.assertGreaterEqual(len(fetched), 1)
        self.assertEqual(len(self.bodies()) - len(fetched), 1)  # sent
        self.assertEqual([self.is_there(m, "B") for m in mail["A"]], [False, True, False, True, True, True])
        self.assertTrue(self.is_there(here, "B"))
        self.assertIn("\\Answered", self.flags_there(mail["A"][3], "B"))
        self.assertEqual(len(self.quarantined()), 1)
        self.assert_in_sync()

    def test_with_another_uidvalidity(self):
        """All of it is paired anew, under the new name."""
        self.given("A", "Other")
        self.rename(("A", "B"))
        self.through(edit_down=lambda data: re.sub(rb"UIDVALIDITY (\d+)", lambda m: b"UIDVALIDITY %d" % (int(m.group(1)) + 1000), data))

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), {("A", "B")})
        self.assertEqual(self.bodies(), [])
        self.assertEqual(self.quarantined(), [])
        self.assert_nothing_changed_there()
        self.assert_in_sync()

    def test_moves_between_two_that_were_renamed(self):
        mail = self.given("A", "B")
        self.rename(("A", "C"), ("B", "D"))
        self.client.move("C", self.client.uid_of("C", mail["A"][0]), "D")
        self.maildir.move(self.maildir.find("B", mail["B"][0]), "A")

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), {("A", "C"), ("B", "D")})
        self.assertEqual(self.bodies(), [])
        self.assertTrue(self.maildir.has("D", mail["A"][0]))
        self.assertTrue(self.is_there(mail["B"][0], "C"))
        self.assert_in_sync()

    def test_a_foreign_folder_in_the_way(self):
        mail = self.given("A")
        self.maildir.create("B")
        foreign = self.corpus.simple("foreign")
        self.maildir.put("B", foreign.lf)
        self.rename(("A", "B"))

        for _ in range(2):
            result = self.sync(expect=SOME)
            self.assertIn('work/A: can\'t rename this mailbox here to "B", as on the server: folder "%s" here is in the way'
                          % os.path.basename(self.maildir.folder("B")), result.err)
            self.assertEqual(self.bodies(), [])
            self.assertTrue(all(self.maildir.has("A", m) for m in mail["A"]))
            self.assertEqual(len(self.maildir.files("B")), 1)
            self.assert_nothing_changed_there()
        self.assertIn("here is in the way", self.run_golub("status").out)
        os.rename(self.maildir.folder("B"), self.maildir.folder("Mine"))

        self.sync()

        self.assertTrue(self.is_there(foreign, "Mine"))
        self.assertNotIn("in the way", self.run_golub("status").out)
        self.assert_in_sync()

    def test_something_else_in_the_way_above_itself(self):
        """Its own folder makes way only if nothing else is there: else it would stand under another name for good."""
        mail = self.given("A/B")
        notes = os.path.join(self.maildir.root, "A", "notes")
        with open(notes, "w") as f:
            f.write("notes")
        self.rename(("A/B", "X"), ("X", "A"))

        result = self.sync(expect=SOME)

        self.assertIn('work/A: can\'t rename folder "A/B" to "A", as on the server: something is there already', result.err)
        self.assertTrue(all(self.maildir.has("A/B", m) for m in mail["A/B"]))
        os.remove(notes)
        self.assert_followed(("A/B", "A"))

    def test_something_else_in_the_way(self):
        mail = self.given("A")
        with open(os.path.join(self.maildir.root, "B"), "w") as f:
            f.write("notes")
        self.rename(("A", "B"))

        result = self.sync(expect=SOME)

        self.assertIn('work/B: can\'t rename folder "A" to "B", as on the server: something is there already', result.err)
        self.assertTrue(all(self.maildir.has("A", m) for m in mail["A"]))
        os.remove(os.path.join(self.maildir.root, "B"))
        self.assert_followed(("A", "B"))

    def test_pull_without_mailboxes(self):
        mail = self.given("A")
        self.account.set(pull=["new", "flags", "deletes"])
        new = self.corpus.simple("meanwhile")
        self.rename(("A", "B"))
        self.client.append("B", new.bytes)
        self.client.create("A")

        for _ in range(2):
            self.sync()
            self.assertEqual(set(self.maildir.mailboxes()), {"INBOX", "A"})
            self.assertTrue(all(self.maildir.has("A", m) for m in mail["A"] + [new]))
        self.assertIn("rename this mailbox here to \"B\"", self.run_golub("status").out)
        self.account.set(pull=["new", "flags", "deletes", "mailboxes"])
        self.sync()
        self.assert_in_sync()

    def test_a_run_that_only_sends(self):
        self.given("A")
        self.rename(("A", "B"))

        self.sync("--push")
        self.assertTrue(os.path.isdir(self.maildir.folder("A")))

        self.assert_followed(("A", "B"))

    def test_a_dry_run_says_it_and_moves_nothing(self):
        self.given("A", "A/Kid", "Other")
        self.rename(("A", "B"))
        self.client.create("A")
        before, rows = self.maildir.snapshot(), self.account.journal_dump()

        result = self.sync("--dry-run")

        self.assertIn("work/A: would be renamed here to B\n", result.out)
        self.assertIn("work/A/Kid: would be renamed here to B/Kid\n", result.out)
        self.assertNotIn("fetch", result.out)
        self.assertEqual(self.maildir.snapshot(), before)
        self.assertEqual(self.account.journal_dump(), rows)
        events = self.sync("--dry-run", "--json").of("mailbox")
        self.assertEqual([(e["from"], e["mailbox"], e["dry_run"]) for e in events if e.get("what") == "renamed-here"],
                         [("A", "B", True), ("A/Kid", "B/Kid", True)])
        self.sync()
        self.assert_in_sync()

    def test_the_old_name_on_the_command_line(self):
        self.given("A", "Other")
        self.rename(("A", "B"))
        before = self.maildir.snapshot()

        result = self.account.home.run("sync", "work/A")

        self.check(result, CONFIG)
        self.assertIn("It was renamed to B on the server; `golub sync work` renames it here, too.", result.err)
        self.assertEqual(self.maildir.snapshot(), before)
        self.sync()
        self.check(self.account.home.run("sync", "work/B"), OK)
        self.assert_in_sync()

    def test_out_of_the_patterns(self):
        mail = self.given("A")
        self.account.set(mailboxes=["*", "!Secret"])
        self.sync()
        self.rename(("A", "Secret"))

        result = self.sync()

        self.assertIn("it is gone on the server; what is here stays", result.out)
        self.assertTrue(all(self.maildir.has("A", m) for m in mail["A"]))

    def test_out_of_the_patterns_and_another_one_takes_its_name(self):
        """What the server has under a name that is left out does not go up to what has its name now, and what is removed there stays so."""
        mail = self.given("A", "Other")
        self.account.set(mailboxes=["*", "!Secret", "!Aside"])
        self.client.create("Secret")
        self.client.fill("Secret", [self.corpus.simple("secret")])
        self.sync()
        self.client.expunge("A", self.client.uid_of("A", mail["A"][0]))
        self.rename(("A", "Aside"), ("Secret", "A"))

        for mail_of_other in mail["Other"][:2]:
            self.client.expunge("Other", self.client.uid_of("Other", mail_of_other))  # so that the list is asked for again
            result = self.account.sync()
            self.assertIn("can't make a folder for mailbox A: the folder of that name is another mailbox's, which is called \"Aside\" there now",
                          result.err)
            self.assertEqual(self.proxy.changing(), [])
            self.assertNotIn("made while", result.out)
        self.assertTrue(all(self.maildir.has("A", m) for m in mail["A"]))

        os.rename(self.maildir.folder("A"), self.maildir.folder("Kept"))
        self.sync()
        self.sync()
        self.assertEqual(len(self.maildir.files("A")), 1)
        self.assertEqual(len(self.client.messages("A")), 1)
        self.assertEqual(len(self.maildir.files("Kept")), 3)

    def test_out_of_the_patterns_without_a_folder_and_another_one_takes_its_name(self):
        self.given("A")
        self.account.set(mailboxes=["*", "!Aside"])
        self.sync()
        shutil.rmtree(self.maildir.folder("A"))
        self.rename(("A", "Aside"))
        self.client.create("A")
        self.client.fill("A", [self.corpus.simple("of the new one")])

        self.sync()
        self.sync()

        self.assertEqual(len(self.maildir.files("A")), 1)
        self.assertEqual(len(self.client.messages("A")), 1)

    def swapped_and_one_folder_is_gone(self, before):
        mail = self.given("A", "B")
        shutil.rmtree(self.maildir.folder("B"))
        if before:
            self.sync()
        self.rename(("A", "X"), ("B", "A"), ("X", "B"))

        self.sync()

        self.assertTrue(all(self.maildir.has("B", m) for m in mail["A"]))
        self.assertNotIn("A", self.maildir.mailboxes())
        self.assertEqual(self.client.status("A")["messages"], len(mail["B"]))
        self.assertEqual(self.sync("--json").of("message"), [])

    def test_a_swap_with_one_whose_folder_is_gone_here(self):
        self.swapped_and_one_folder_is_gone(before=False)

    def test_a_swap_with_one_whose_folder_was_gone_here_before(self):
        self.swapped_and_one_folder_is_gone(before=True)

    def test_a_folder_that_is_gone_here(self):
        self.given("A")
        shutil.rmtree(self.maildir.folder("A"))
        self.sync()
        self.rename(("A", "B"))

        self.sync()
        self.sync()

        self.assertEqual(self.bodies(), [])
        self.assertNotIn("B", self.maildir.mailboxes())
        self.assertIn("B", self.client.mailboxes())

    def test_twice_between_two_runs(self):
        self.given("A", "B")
        self.rename(("A", "X"), ("B", "A"), ("X", "Y"))

        self.assert_followed(("A", "Y"), ("B", "A"))

    def test_verify_before_it_is_followed(self):
        self.given("A")
        self.rename(("A", "B"))

        self.assert_verified()

    def test_another_laptop_follows_too(self):
        self.given("A", "A/Kid")
        other = self.new_account("work", home=self.another_home())
        self.sync(account=other)
        self.sync(account=other)
        self.rename(("A", "B"))

        self.assert_followed(("A", "B"), ("A/Kid", "B/Kid"))
        self.sync(account=other)
        self.assertEqual(self.bodies(), [])
        self.assert_in_sync(other)

    def test_ten_thousand_messages_cost_no_body_and_few_turns(self):
        self.given("A", count=1)
        self.client.fill("A", [self.corpus.simple("many %d" % n) for n in range(300)])
        for _ in range(5):
            self.client.copy("A", "1:*", "A")
        self.through(delay=8)
        self.sync()
        self.sync()
        quiet = self.turns()
        self.assertGreater(len(self.maildir.files("A")), 9000)
        self.rename(("A", "B"))

        self.sync("--json")

        self.assertEqual(self.bodies(), [])
        self.assertLessEqual(self.proxy.stats["turns"], 10)
        self.assertLessEqual(self.turns(quiet), quiet)
        self.assert_same()

    def test_after_sync_is_told(self):
        told = self.home.path_of("told")
        self.given("A")
        self.account.set(**{"after-sync": 'printf "%%s" "$GOLUB_MAILBOXES" > %s' % told})
        self.rename(("A", "B"))

        self.sync()

        with open(told) as f:
            self.assertEqual(set(f.read().split("\n")), {"A", "B"})


class PublicTest(Renaming, SystemTest):
    """A name space that is everybody's: whoever renamed it there, it has that name now."""
    server_options = {"special_use": False, "extra": "namespace pub {\n  type = public\n  separator = /\n  prefix = Public/\n"
                      "  location = maildir:~/pub:LAYOUT=fs\n  subscriptions = yes\n  list = children\n}\n"}
    account_options = {"mailboxes": ["*", "Public/*"]}

    def test_one_with_what_is_below_it(self):
        self.given("Public/A", "Public/A/Kid")
        self.rename(("Public/A", "Public/B"))

        self.assert_followed(("Public/A", "Public/B"), ("Public/A/Kid", "Public/B/Kid"))

    def test_into_another_one(self):
        self.given("Public/A", "Public/C")
        self.rename(("Public/A", "Public/C/A"))

        self.assert_followed(("Public/A", "Public/C/A"))


class PublicDotsTest(PublicTest):
    """The prefix of the user's own name space is cut, that of this one stays."""
    server_options = {"special_use": False, "separator": ".", "prefix": "INBOX.", "extra": PublicTest.server_options["extra"].replace("/\n", ".\n")}

    def setUp(self):
        super().setUp()
        self.client.prefix = ""


@one_in(5)
class SeparatorTest(RenamedThereTest):
    server_options = {"separator": ".", "prefix": "INBOX.", "special_use": False}


@one_in(5, 2)
class PlusPlusTest(RenamedThereTest):
    server_options = {"special_use": False}
    account_options = {"layout": "maildir++"}

    def test_something_else_in_the_way(self):
        self.skipTest("the same as with the other layout")

    def test_something_else_in_the_way_above_itself(self):
        self.skipTest("no folder stands in another one")


class KilledTest(Renaming, Dying, SystemTest):
    """Dead just before and just after each step; the next runs end it, and the mail comes no second time."""
    server_options = {"special_use": False, "users": {"u%03d" % n: PASSWORD for n in range(400)}}
    scenes = {
        "children": (("A", "A/Kid", "A/Kid/Deep"), (("A", "B"),)),
        "swap": (("A", "B", "A/Kid"), (("A", "X"), ("B", "A"), ("X", "B"))),
        "circle": (("A", "B", "C"), (("A", "X"), ("C", "A"), ("B", "C"), ("X", "B"))),
        "below": (("A",), (("A", "X"), ("X", "A/Old"))),
        "taken": (("A",), (("A", "B"),)),  # after the B that was there was deleted
        "new": (("A",), (("A", "B"),)),  # to above a folder that is new here
        "left": (("A", "A/Kid"), (("A", "B"),)),  # while A was left out
    }

    def die(self, scene, at, after):
        mailboxes, pairs = self.scenes[scene]
        self.scene = scene
        if scene == "taken":
            self.given("B", count=0)
        self.given(*mailboxes, count=2)
        if scene == "taken":
            self.client.delete_mailbox("B")
        if scene == "new":
            self.maildir.create("B/Kid")
        if scene == "left":
            self.account.set(mailboxes=["*", "!A"])
            self.sync()
        self.rename(*pairs)
        result, steps = killer.run(self.home, at, "sync", "work", after=after)
        if at == 0:
            self.check(result, 0)
            return steps
        for _ in range(2):
            self.sync()
            self.assertEqual(self.bodies(), [], "%s, killed %s %s" % (scene, "after" if after else "before", steps[-1:]))
        self.assertEqual(self.quarantined(), [])
        self.assertEqual([n for n in os.listdir(self.maildir.root) if "golub-rename" in n], [])
        self.assert_same()
        return steps

    def places_to_die(self, steps):
        first = min([s.number for s in steps if "rename" in s.call and "golub-new" not in s.what] or [1])
        places = [(s, after) for s in steps if s.number >= first - 12 and not s.sends for after in (False, True)]
        if NIGHTLY:
            return places
        aside = self.scene == "new"  # a folder goes, or makes way
        few = 4 if self.scene == "left" else self.deaths
        return places[::max(1, len(places) // few)] + [p for p in places if p[0].call == "unlinkat" or (aside and "golub-rename" in p[0].what)]

    def test_with_children(self):
        self.sweep("children")

    def test_a_swap(self):
        self.sweep("swap")

    def test_a_circle(self):
        self.sweep("circle")

    def test_one_that_is_left_out(self):
        self.sweep("left")

    def test_below_its_own_old_name(self):
        self.sweep("below")

    def test_a_name_that_an_empty_one_had(self):
        self.sweep("taken")

    def test_a_name_above_a_folder_that_is_new_here(self):
        self.sweep("new")


class KilledPlusPlusTest(KilledTest):
    account_options = {"layout": "maildir++"}


if __name__ == "__main__":
    main()
