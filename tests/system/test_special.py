"""`special`: what a mailbox is for, said by the user, by the server, or guessed by its name."""
import json
import os

from base import CONFIG, HELD, SOME, SystemTest, main


class SaidByNobodyTest(SystemTest):
    """A server without SPECIAL-USE, whose mailboxes are called as people call them."""

    server_options = {"special_use": False}

    def special(self):
        return {event["mailbox"]: event.get("special", "") for event in map(json.loads, self.run_golub("check", "work", "--json").out.splitlines())
                if event["event"] == "check" and "mailbox" in event}

    def given_synced(self, name, count=12):
        self.client.create(name)
        mails = self.corpus.messages(count)
        self.client.fill(name, mails)
        self.sync()
        return mails

    def empty(self, mailbox):
        self.client.expunge(mailbox, [m.uid for m in self.client.messages(mailbox, bodies=False)])

    def test_the_users_word_lets_a_trash_be_emptied(self):
        self.given_synced("Papierkorb")
        self.account.set(special=["trash=Papierkorb"])
        self.empty("Papierkorb")

        self.sync()

        self.assertFalse(self.maildir.files("Papierkorb"))

    def test_a_name_alone_lets_nothing_be_emptied(self):
        self.given_synced("Trash")
        self.empty("Trash")

        self.sync(expect=HELD)
        self.assertEqual(len(self.maildir.files("Trash")), 12)

    def test_patterns_go_by_the_name_where_nobody_says_more(self):
        self.given_synced("Spam", 1)
        self.client.create("Lists")
        self.account.set(mailboxes=["*", "!special:junk"])
        self.client.fill("Spam", self.corpus.messages(1))

        self.assertIn("work/Spam: `mailboxes` does not choose it any more", self.sync().out)
        self.assertEqual(len(self.maildir.files("Spam")), 1)

        self.account.set(special=["junk=Lists"])
        self.sync()
        self.assertEqual(len(self.maildir.files("Spam")), 2)

    def test_restore_says_what_is_left_out_by_its_name(self):
        mails = self.given_synced("Spam", 2)
        self.client.expunge("Spam", self.client.uid_of("Spam", mails[0]))
        self.sync()
        self.account.set(mailboxes=["*", "!special:junk"])

        out = self.run_golub("restore", "work/Spam", "--all").out

        self.assertIn("`mailboxes` leaves it out: what is put back into it does not go up", out)

    def test_what_is_chosen_by_its_name_stays_chosen(self):
        """... although its row does not say it, and the patterns are first asked without the server."""
        mails = self.given_synced("Trash", 3)
        self.account.set(mailboxes=["INBOX", "special:trash"])
        self.sync()
        self.client.store("Trash", self.client.uid_of("Trash", mails[0]), "+", ["\\Seen"])

        out = self.sync().out

        self.assertNotIn("does not choose", out)
        self.assertEqual(self.maildir.find("Trash", mails[0]).letters, "S")

    def test_check_tells_which_and_why(self):
        for name in ("Papierkorb", "Gesendet", "Spam", "Junk", "Kram"):
            self.client.create(name)
        self.account.set(special=["trash=Kram", "archive=Nirgends"])

        out = self.run_golub("check", "work").out

        self.assertIn("work: special use: Sent seems to be Gesendet, Trash is Kram, as `special` says; the server names no mailbox for Drafts, Junk, Archive\n", out)
        self.assertIn('only its name says that Gesendet is for Sent, and nothing is removed for that: if it is, write special = {"sent=Gesendet"}\n', out)
        self.assertIn("`special` names Nirgends for Archive, and the server has no such mailbox\n", out)
        self.assertEqual(self.special()["Kram"], "\\Trash")
        self.assertEqual(self.special()["Gesendet"], "")
        self.assertIn("`special` names Nirgends for archive, and there is no such mailbox", self.sync().out)

    def test_drafts_are_what_the_user_says(self):
        self.client.create("Kladde 2")
        self.account.set(special=["drafts=Kladde 2"])
        draft = self.corpus.simple("draft")
        self.sync()
        self.maildir.put("Kladde 2", draft.lf, "DS")
        self.sync()
        file, *_ = self.maildir.files("Kladde 2")

        with open(file.path, "ab") as f:
            f.write(b"and more\n")
        self.sync()

        (message,) = self.client.messages("Kladde 2")
        self.assertTrue(self.client.body("Kladde 2", message.uid).endswith(b"and more\r\n"))

    def test_a_folder_that_is_for_something_is_not_renamed_there(self):
        """... by the user's word alone; a name that is only usual is a name like any other."""
        for name in ("Kram", "Spam"):
            self.given_synced(name, 3)
        self.account.set(special=["trash=Kram"])
        for name in ("Kram", "Spam"):
            os.rename(self.maildir.folder(name), self.maildir.folder(name + " 2"))

        result = self.sync(expect=SOME)

        self.assertRegex(result.err, "rename this mailbox to \"Kram 2\" on the server, as its folder here: Kram has a special use")
        self.assertNotIn(b"APPEND", self.proxy.stream("up"))
        self.assertIn("Kram", self.client.mailboxes())
        self.assertIn("Spam 2", self.client.mailboxes())
        self.account.set(map=["special:trash=Kram 2"])
        self.sync()
        self.assertEqual(len(self.maildir.files("Kram 2")), 3)
        self.assertIn("Kram", self.client.mailboxes())

    def test_what_can_not_be_is_refused_with_its_line(self):
        for words in (["bin=x"], ["trash"], ["trash="], ["trash=a//b"], ["trash=INBOX"], ["trash=a", "trash=b"], ["trash=a", "junk=a"]):
            with self.subTest(words):
                self.account.set(special=words)
                result = self.run_golub("sync", expect=CONFIG)
                self.assertRegex(result.err, r"golub\.conf:\d+: account \"work\": special: ")


class TwoTrashesTest(SystemTest):
    server_options = {"special_use": {"Trash": "Trash", "Deleted": "Trash", "Junk": "Junk"}}

    def test_two_of_one_attribute_are_none_until_the_user_says_which(self):
        out = self.run_golub("check", "work").out
        self.assertIn('several mailboxes are \\Trash, so that none is the one for it: say which, special = {"trash=MAILBOX"}\n', out)

        self.account.set(special=["trash=Deleted"])
        out = self.run_golub("check", "work").out

        self.assertIn("Trash is Deleted, as `special` says", out)
        self.assertNotIn("several mailboxes", out)
        self.assertNotIn("Trash is Trash", out)


class LabelsTest(SystemTest):
    """A server whose mailboxes are labels: what is in \\All stands in another one, too."""

    server_options = {"special_use": {"All": "All", "Starred": "Flagged", "Bin": "Trash"},
                      "capability": "IMAP4rev1 SASL-IR ID ENABLE IDLE UNSELECT NAMESPACE UIDPLUS LIST-EXTENDED CONDSTORE QRESYNC LIST-STATUS SPECIAL-USE MOVE "
                                    "LITERAL+ X-GM-EXT-1"}
    account_options = {"disable": ["X-GM-EXT-1"]}  # as an earlier version took it

    def setUp(self):
        super().setUp()
        self.client.create("Lists/golub")
        for mailbox in ("INBOX", "All", "Starred", "Lists/golub"):
            self.client.fill(mailbox, self.corpus.messages(2))

    def chosen(self, *options):
        out = self.run_golub("check", "work", *options).out
        return {line.split(":")[0][5:] for line in out.splitlines() if line.startswith("work/") and ": left out" not in line}, out

    def test_wildcards_leave_out_what_stands_elsewhere_too(self):
        everything = {"INBOX", "All", "Starred", "Bin", "Lists/golub"}
        rest = everything - {"All", "Starred"}
        self.assertEqual(self.chosen()[0], everything)

        self.account.set(disable=[])
        for patterns, chosen in ((None, rest), (["*"], rest), (["*", "special:all"], rest | {"All"}), (["*", "Starred"], rest | {"Starred"}),
                                 (["!Lists*"], rest - {"Lists/golub"}), (["%", "A*"], rest - {"Lists/golub"}), (["INBOX", "subscribed"], None)):
            with self.subTest(patterns):
                self.account.set(mailboxes=patterns)
                found, out = self.chosen()
                self.assertEqual(found if chosen else found & {"All", "Starred"}, chosen or set())
                self.assertEqual("left out because what they hold stands in other mailboxes, too" in out, not {"All", "Starred"} <= found)

    def test_what_an_earlier_version_fetched_stays_and_is_told_once(self):
        self.sync()
        before = [f.name for f in self.maildir.files("All")]
        self.client.expunge("All", [m.uid for m in self.client.messages("All", bodies=False)])

        self.account.set(disable=[])
        out = self.sync().out
        again = self.sync().out

        self.assertRegex(out, "work/All: what it holds stands in other mailboxes, too, and `mailboxes` chooses it only by its name")
        self.assertNotIn("All", again)
        self.assertEqual([f.name for f in self.maildir.files("All")], before)


if __name__ == "__main__":
    main()
