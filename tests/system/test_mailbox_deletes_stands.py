"""
A folder that a person renamed here to what golub takes for no mailbox, where `push` names "mailbox-deletes": most of its mail stands here, and nobody removed it.
{a name that does not come back from its spelling, one that `map` refuses, one that the layout looks for nothing under, below a hidden directory, without tmp/} x
{the three layouts, with and without the word, with and without a guard, empty}.
"""
import os

from base import HELD, OK, SOME, SystemTest, main
from test_mailbox_deletes import ALL, Deleting


class Standing(Deleting):
    server_options = {"special_use": False}
    layout = "verbatim"
    names = ()    # that are no mailbox's, and of which nothing is said
    odd = ("Work%",)  # ... and that are

    def setUp(self):
        super().setUp()
        self.account.set(push=ALL)

    def path(self, name):
        return os.path.join(self.account.root, name)

    def given_renamed(self, name, count=3, **keys):
        self.account.set(**keys)
        self.given("Work", "Other", count=count)
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        os.rename(self.maildir.folder("Work"), self.path(name))

    def back(self, name):
        os.rename(self.path(name), self.maildir.folder("Work"))

    def each(self, *more):
        """Each of these names in a home of its own. @return also with which status its runs end"""
        for number, (name, expect) in enumerate([(n, HELD) for n in self.names] + [(n, SOME) for n in self.odd] + list(more)):
            if number != 0:
                self.doCleanups()
                self.setUp()
            yield name, expect

    def assert_stands(self, name, expect, runs=2, count=3):
        for _ in range(runs):
            result = self.sync(expect=expect)
            self.assertIn('work/Work: most of its mail stands in folder "%s" here' % name, result.out)
            self.assertIn("waits for --confirm-deletes", result.out)
            self.assertEqual(self.client.status("Work")["messages"], count)

    def test_nothing_of_it_goes_without_a_word(self):
        for name, expect in self.each():
            self.given_renamed(name)

            self.assert_stands(name, expect)

            self.assertIn("stands here in a folder that is not synced", self.status())
            self.back(name)
            self.assert_stays("Work", 3)

    def test_the_word_lets_it_go(self):
        for name, expect in self.each():
            self.given_renamed(name)
            self.assert_stands(name, expect, runs=1)

            self.account.sync("--confirm-deletes")

            self.assert_gone("Work")
            self.assertEqual(len(os.listdir(os.path.join(self.path(name), "cur"))) + len(os.listdir(os.path.join(self.path(name), "new"))), 3)

    def test_without_a_guard_it_stays(self):
        for name, expect in self.each():
            self.given_renamed(name, **{"max-delete": "off"})

            for _ in range(2):
                self.sync(expect=OK if expect == HELD else SOME)
                self.assertEqual(self.client.status("Work")["messages"], 3)

            self.assertIn('most of its mail stands in folder "%s" here' % name, self.status())

    def test_an_empty_one_stays(self):
        for name, expect in self.each():
            self.given_renamed(name, count=0)

            for _ in range(2):
                self.sync(expect=OK if expect == HELD else SOME)
                self.assertIn("Work", self.client.mailboxes())

            self.assertIn('its folder is called "%s" here' % name, self.status())
            self.back(name)
            self.assert_stays("Work", 0)

    def test_where_mailboxes_do_not_go_nothing_goes(self):
        for name, expect in self.each():
            self.given_renamed(name, push=None)

            for _ in range(3):
                self.sync(expect=OK if expect == HELD else SOME)
                self.assertEqual(self.client.status("Work")["messages"], 3)

            self.back(name)
            self.assert_stays("Work", 3)


class VerbatimTest(Standing, SystemTest):
    names = (".Work", ".old/Work")

    def test_one_whose_name_map_refuses(self):
        self.given("Work", "Other")
        self.client.create("Sent")
        self.account.set(map=["Sent=Outbox"])
        self.sync()
        os.rename(self.maildir.folder("Work"), self.path("Sent"))

        self.assert_stands("Sent", SOME)

        self.back("Sent")
        self.sync()
        self.sync()
        self.assertEqual((self.client.status("Work")["messages"], len(self.maildir.files("Work"))), (3, 3))

    def test_its_own_without_tmp(self):
        """Programs that keep no empty directories lose them."""
        self.given("Work", "Other")
        os.rmdir(os.path.join(self.maildir.folder("Work"), "tmp"))

        self.assert_stands("Work", HELD)

        os.mkdir(os.path.join(self.maildir.folder("Work"), "tmp"))
        self.assert_stays("Work", 3)

    def test_with_what_stands_below_it(self):
        self.given("Work", "Work/Kid", "Other")
        os.rename(self.maildir.folder("Work"), self.path(".Work"))

        self.sync(expect=HELD)

        self.assertEqual((self.client.status("Work")["messages"], self.client.status("Work/Kid")["messages"]), (3, 3))
        os.rename(self.path(".Work"), self.maildir.folder("Work"))
        self.assert_stays("Work", 3)
        self.assertEqual(self.client.status("Work/Kid")["messages"], 3)

    def test_one_of_its_files_alone(self):
        self.given("Work", "Other")
        os.makedirs(self.path(".Work/cur"))
        f = self.maildir.files("Work")[0]
        os.rename(f.path, os.path.join(self.path(".Work/cur"), os.path.basename(f.path)))
        self.rm("Work")

        self.sync()

        self.assert_gone("Work")

    def test_a_dry_run_says_it_too(self):
        self.given_renamed(".Work")

        result = self.sync("--dry-run", expect=HELD)

        self.assertIn('most of its mail stands in folder ".Work" here', result.out)


class PlusPlusTest(Standing, SystemTest):
    account_options = {"layout": "maildir++"}
    names = ("Work-old", "Archive/Work")
    odd = (".Work%",)


class FlatTest(Standing, SystemTest):
    account_options = {"layout": "flat"}
    names = (".Work", "Archive/Work")



if __name__ == "__main__":
    main()
