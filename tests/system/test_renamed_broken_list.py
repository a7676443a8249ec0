"""
A mailbox was renamed on the server, and a list of the next runs is refused, breaks off, lacks a part, or does not say what each mailbox is. What is
known is kept until a whole list tells more: no body comes twice, nothing goes up, and both sides are the same in the end.
"""
import os
import re
import shutil
import sqlite3

from base import OK, SOME, SystemTest, main
from test_renamed_there import Renaming

GUID = re.compile(rb" X-GUID [0-9a-f]{32}")
LISTED = re.compile(rb"\* LIST [^\r]*\r\n\* STATUS [^\r]*\r\n")


class Bender:
    """What a list looks like on its way down; `left`: so many answers are bent, None: all of them."""

    def __init__(self, bend, left=None):
        self.bend, self.left = bend, left

    def __call__(self, data):
        if self.left == 0 or b"* LIST " not in data:
            return data
        bent = self.bend(data)
        if bent != data and self.left is not None:
            self.left -= 1
        return bent


def refused(data):
    """An answer that has no list."""
    tag = re.findall(rb"^(\S+) OK (?:\[[^\]]*\] )?List completed", data, re.M)
    return re.sub(rb"\* (?:LIST|STATUS) [^\r]*\r\n", b"", data).replace(tag[0] + b" OK", tag[0] + b" NO") if tag else data


def bad(data):
    return refused(data).replace(b" NO List", b" BAD List").replace(b" NO [", b" BAD [")


def without_identities(data):
    return GUID.sub(b"", data)


def without_one(name):
    """The identity of one mailbox is missing."""
    return lambda data: re.sub(rb"(\* STATUS \"?%s\"? [^\r]*) X-GUID [0-9a-f]{32}" % name, rb"\1", data)


def without_status(name):
    return lambda data: re.sub(rb"\* STATUS \"?%s\"? [^\r]*\r\n" % name, b"", data)


def without_mailbox(name):
    return lambda data: re.sub(rb"\* (?:LIST \([^)]*\) \"?.\"?|STATUS) \"?%s\"?(?: [^\r]*)?\r\n" % name, b"", data)


def garbled(name):
    """A line of which nobody knows whose it is."""
    return lambda data: re.sub(rb"\* LIST (\([^)]*\) \"?.\"?) \"?%s\"?\r\n" % name, rb"* LIST \1 (\r\n",
                               re.sub(rb"\* STATUS \"?%s\"? [^\r]*\r\n" % name, b"", data))


def twice(name, other):
    """Its identity is another one's, too, as if it were renamed while the server lists them."""
    return lambda data: re.sub(rb"(\* LIST \([^)]*\) \"?.\"? )(\"?%s\"?\r\n\* STATUS )\"?%s\"?( [^\r]*\r\n)" % (name, name),
                               lambda m: m.group(0) + m.group(1) + other + b"\r\n* STATUS " + other + m.group(3), data)


def by_place(data):
    """A server whose identities are places in its list."""
    guids = sorted(re.findall(rb"\* STATUS (\S+) \([^\r]*X-GUID ([0-9a-f]{32})", data))
    for place, (_, guid) in enumerate(guids):
        data = data.replace(guid, b"%032d" % place)
    return data


class BrokenListTest(Renaming, SystemTest):
    server_options = {"special_use": False}

    def bent(self, bend, left=None):
        self.through(edit_down=Bender(bend, left))

    def settle(self, *pairs, bodies=0):
        """From now on all lists are whole: it comes to rest, and nothing was done twice."""
        self.through()
        sent = []
        for _ in range(3):
            result = self.account.sync("--json")
            sent += self.bodies()
            self.proxy.reset()
        self.check(result, OK)
        self.assertEqual(len(sent), bodies, sent)
        self.assertEqual(self.quarantined(), [])
        self.assertEqual([n for n in os.listdir(self.maildir.root) if "golub-rename" in n], [])
        self.assert_same()
        self.assert_verified()

    def run_bent(self, times=1):
        for _ in range(times):
            self.proxy.reset()
            result = self.account.sync()
            self.assertEqual(self.bodies(), [], result)
            self.assert_nothing_changed_there()
        return result

    def scene(self, bend, left=None, times=1, expect=None, reborn=False):
        self.given("A", "A/Kid", "Other")
        self.rename(("A", "B"))
        if reborn:
            self.client.create("A")
        self.bent(bend, left)
        result = self.run_bent(times)
        if expect is not None:
            self.check(result, expect)
        self.settle()
        return result

    def test_no(self):
        self.scene(refused, 1)

    def test_no_each_time(self):
        self.scene(refused, None, times=2)

    def test_bad(self):
        self.scene(bad, 1)

    def test_bad_three_runs(self):
        self.scene(bad, None, times=3)

    def test_no_identities(self):
        result = self.scene(without_identities, expect=SOME)

        self.assertIn('work/A: can\'t tell whether this mailbox is called "B" there now: the server did not say which of its mailboxes is which', result.err)

    def test_no_identities_in_four_runs(self):
        self.scene(without_identities, times=4, expect=SOME)

    def test_no_identities_and_the_old_name_made_anew(self):
        self.given("A", "Other")
        self.rename(("A", "B"))
        self.client.create("A")
        self.bent(without_one(b"A"))
        self.run_bent(2)
        self.settle()

    def test_the_identity_of_the_new_name_is_missing(self):
        self.scene(without_one(b"B"), times=2, expect=SOME)

    def test_the_status_of_the_new_name_is_missing(self):
        self.scene(without_status(b"B"), times=2, expect=SOME)

    def test_the_new_name_is_missing(self):
        self.given("A", "Other")
        self.rename(("A", "B"))
        self.bent(without_mailbox(b"B"))
        self.run_bent(2)
        self.settle()

    def test_a_line_that_can_t_be_read(self):
        self.given("A", "Other", "C")
        self.rename(("A", "B"))
        self.bent(garbled(b"C"))
        self.run_bent(2)
        self.settle()

    def test_the_line_of_the_new_name_can_t_be_read(self):
        self.given("A", "Other")
        self.rename(("A", "B"))
        self.bent(garbled(b"B"))
        self.run_bent(2)
        self.settle()

    def test_the_line_is_cut_at_each_place_of_the_list(self):
        """Once, and the run goes on over a new line; at a few of them each time: then it waits and gives up, which takes seconds."""
        self.given("A", "A/Kid", "Other")
        self.through()
        self.sync()
        whole = self.proxy.stream("down")
        first, last = whole.index(b"* LIST"), whole.rindex(b"* STATUS") + 200
        names, at = ["A", "B"], 0
        for number, place in enumerate(range(first - 2, last, max(1, (last - first) // 12))):
            self.rename((names[at], names[1 - at]))
            at = 1 - at
            with self.subTest(place):
                self.through(cut_down=place, times=1)
                self.run_bent()
                if number % 6 == 1 or os.environ.get("GOLUB_NIGHTLY"):
                    self.through(cut_down=place)
                    self.run_bent()
                self.settle()

    def test_the_list_fails_in_the_run_after_it_was_followed(self):
        self.given("A", "Other")
        self.rename(("A", "B"))
        self.sync()
        for bend in (refused, without_identities, without_mailbox(b"B"), without_one(b"B")):
            self.bent(bend)
            self.run_bent()
        self.rename(("B", "C"))
        self.bent(without_identities)
        self.run_bent()
        self.settle()

    def test_a_swap_without_identities(self):
        """UIDVALIDITY tells that it is another mailbox under each name; its mail is paired, or moves, and nothing travels."""
        self.given("A", "B")
        self.rename(("A", "X"), ("B", "A"), ("X", "B"))
        self.bent(without_identities)
        self.account.sync()
        self.settle()

    def test_a_swap_and_a_line_that_breaks_before_the_list(self):
        """It is asked with less on the next line: what was removed and moved here waits for a list that says which mailbox is which."""
        mail = self.given("A", "B")
        self.sync()
        answers = self.proxy.stream("down")
        self.rename(("A", "X"), ("B", "A"), ("X", "B"))
        self.maildir.delete(self.maildir.find("A", mail["A"][0]))
        self.maildir.move(self.maildir.find("B", mail["B"][0]), "INBOX")
        self.through(cut_down=answers.index(b"* LIST"), times=1)

        result = self.sync(expect=SOME)

        self.assertIn("work/A: can't tell what this mailbox is called there now", result.err)
        self.sync()
        self.assertEqual((self.is_there(mail["A"][0], "B"), self.is_there(mail["B"][0], "A"), self.is_there(mail["B"][0], "INBOX")), (False, False, True))
        self.assertEqual(self.bodies(), [])
        self.assert_same()

    def test_renamed_here_by_hand_as_it_says(self):
        self.given("A", "Other")
        self.rename(("A", "B"))
        self.bent(without_identities)
        self.run_bent(2)
        os.rename(self.maildir.folder("A"), self.maildir.folder("B"))
        self.account.sync()
        self.assertEqual(self.bodies(), [])
        self.check(self.account.sync(), OK)
        self.settle()

    def test_a_new_mailbox_meanwhile_is_made(self):
        self.given("A", "Other")
        self.rename(("A", "B"))
        self.client.create("New")
        new = self.corpus.simple("new")
        self.client.append("New", new.bytes)
        self.bent(without_identities)
        self.check(self.account.sync(), SOME)
        self.assertTrue(self.maildir.has("New", new))
        self.assertNotIn("B", self.maildir.mailboxes())
        self.settle()

    def test_a_list_that_leaves_it_open_and_the_line_breaks_behind_it(self):
        """The next one tells it."""
        self.given("A", "C", "Other")
        with sqlite3.connect(self.account.journal_path()) as db:
            db.execute("UPDATE mailbox SET objectid = '' WHERE name = 'C'")  # by its mail alone, for which the server is asked
        db.close()
        self.rename(("C", "D"))
        broken = []

        def look(data):
            if b"FETCH " not in data or broken:
                return data
            broken.append(self.proxy.hang_up())
            return b""

        self.through(edit_up=look, edit_down=Bender(twice(b"A", b"Z"), 1))

        result = self.account.sync()

        self.assertEqual(len(broken), 1)
        self.check(result, OK)
        self.assertNotIn("can't tell", result.err)
        self.settle()

    def test_removed_there_while_nothing_is_told(self):
        """What is gone waits while something new may be it; it is gone once a list tells that it is not."""
        self.given("A", "Other")
        self.client.delete_mailbox("A")
        self.client.create("Fresh")
        self.bent(without_identities)
        self.check(self.run_bent(), SOME)
        self.assertNotIn("Fresh", self.maildir.mailboxes())
        self.through()
        result = self.sync()
        self.assertIn("it is gone on the server", result.out)
        self.assertIn("Fresh", self.maildir.mailboxes())

    def test_identities_that_are_places_in_the_list(self):
        """One more is made, and all behind it seem to be others: the numbers under the old names tell that they are not."""
        self.through(edit_down=by_place)
        self.given("A", "B", "C")
        self.client.create("AA")

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), set())
        self.assertEqual(self.bodies(), [])
        self.assert_in_sync()

    def test_identities_that_are_places_in_the_list_while_one_is_left_out(self):
        self.through(edit_down=by_place)
        self.given("A", "B", "C")
        self.account.set(mailboxes=["*", "!B"])
        self.sync()
        self.client.create("AA")
        self.account.set(mailboxes=None)

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), set())
        self.assertEqual(self.bodies(), [])
        self.assert_in_sync()

    def test_one_uidvalidity_for_all_while_one_is_left_out(self):
        """It asks nothing."""
        self.through(edit_down=lambda data: re.sub(rb"UIDVALIDITY \d+", b"UIDVALIDITY 7", without_identities(data)))
        self.given("A", "Other")
        self.account.set(mailboxes=["*", "!A"])
        self.sync()
        self.client.delete_mailbox("A")
        self.client.create("Fresh")
        self.client.fill("Fresh", [self.corpus.simple("fresh %d" % n) for n in range(5)])

        self.sync(expect=OK)

        self.assertEqual((len(self.maildir.files("Fresh")), len(self.maildir.files("A"))), (5, 3))

    def test_one_uidvalidity_for_all(self):
        """It proves nothing: one is gone, and another one is new."""
        self.through(edit_down=lambda data: re.sub(rb"UIDVALIDITY \d+", b"UIDVALIDITY 7", data))
        self.given("A", "Other")
        self.client.delete_mailbox("A")
        self.client.create("Fresh")
        self.client.fill("Fresh", [self.corpus.simple("fresh %d" % n) for n in range(5)])

        result = self.sync("--json")

        self.assertEqual(self.renamed(result), set())
        self.assertIn("Fresh", self.maildir.mailboxes())
        self.assertEqual(len(self.maildir.files("Fresh")), 5)
        self.assertEqual(len(self.maildir.files("A")), 3)


class TwiceTest(Renaming, SystemTest):
    """An earlier version, or a list that could not tell, made the mailbox stand here twice: rows of both, and both folders."""
    server_options = {"special_use": False}

    def journal(self, statement):
        with sqlite3.connect(self.account.journal_path()) as db:
            rows = db.execute(statement).fetchall()
        db.close()
        return rows

    def test_both_folders_are_here(self):
        mail = self.given("A", "Other")
        self.rename(("A", "B"))
        self.journal("UPDATE mailbox SET objectid = '' WHERE name = 'A'")
        self.journal("UPDATE message SET date = date + 1")  # nor does its mail tell which it is
        self.sync()
        self.journal("UPDATE message SET date = date - 1 WHERE mailbox = (SELECT id FROM mailbox WHERE name = 'A')")
        self.sync()
        self.assertTrue(all(self.maildir.has(name, m) for m in mail["A"] for name in "AB"))
        guid = self.journal("SELECT objectid FROM mailbox WHERE name = 'B'")[0][0]
        self.journal("UPDATE mailbox SET objectid = '%s' WHERE name = 'A'" % guid)
        for known in (guid, ""):
            self.journal("UPDATE mailbox SET objectid = '%s' WHERE name = 'B'" % known)
            result = self.sync()
            self.assertEqual(self.bodies(), [])
            self.assert_nothing_changed_there()
        self.assertNotIn("the server calls it", result.out)  # said once
        new, here = self.corpus.simple("new there"), self.corpus.simple("new here, of another length")
        self.client.append("B", new.bytes)
        self.maildir.put("B", here.lf)
        self.sync()
        self.assertTrue(self.maildir.has("B", new))
        self.assertTrue(self.is_there(here, "B"))
        self.assertTrue(all(self.maildir.has("A", m) for m in mail["A"]))
        self.assertIn('the server calls it "B" now', self.run_golub("status").out)
        self.rename(("B", "C"))
        result = self.sync("--json")
        self.assertEqual(self.renamed(result), {("B", "C")})
        self.assertEqual(self.bodies(), [])
        shutil.rmtree(self.maildir.folder("A"))
        self.sync()
        self.sync()
        self.assert_same()
        self.assertNotIn("the server calls it", self.run_golub("status").out)


if __name__ == "__main__":
    main()
