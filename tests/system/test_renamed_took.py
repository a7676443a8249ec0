"""
A folder was renamed here, and its mailbox there, to the same name; what stood below it did not go along. {deleted there by another client, moved elsewhere, still
there, below the new name already} x {a server that says which mailbox is which, one that does not} x {layouts in which what stands below keeps its path}.
"""
import re
import shutil

from base import OK, SystemTest, main
from test_renamed_here import RenamingHere


class Took(RenamingHere):
    server_options = {"special_use": False}

    def given_one_below_the_new_name(self):
        """A and A/x are in sync; B/x is on the server alone, since its folder was removed here, and there is no B."""
        mail = self.given("A", "A/x", "B/x")
        shutil.rmtree(self.maildir.folder("B/x"))
        self.sync()
        self.mv(("A", "B"))
        return mail

    def rename_there(self):
        """Dovecot gives no name below which something stands: that is elsewhere for a moment."""
        self.rename(("B/x", "T"), ("A", "B"), ("T", "B/x"))

    def assert_left_alone(self, mail):
        """B is A, and B/x is what it was: neither gets another name, nor anybody else's mail."""
        uids = self.client.messages("B/x", bodies=False)
        for _ in range(3):
            result = self.sync("--json")
            self.assertEqual(self.renamed_up(result), set())
            self.assertEqual(self.bodies(), [], self.evidence())
            self.assertEqual(sorted(self.client.messages("B/x", bodies=False)), sorted(uids))
        for message in mail["A"]:
            self.assertTrue(self.is_there(message, "B") and self.maildir.has("B", message))
        for message in mail["B/x"]:
            self.assertTrue(self.is_there(message, "B/x"))
        self.assertEqual(len(self.client.messages("B", bodies=False)), 3)
        self.assertNotIn("B/x", self.maildir.mailboxes())
        self.assertRegex(self.run_golub("status", "work").out, r"(?m)^work: B/x .*its folder is gone here")
        self.assertEqual(self.quarantined(), [])

    def test_deleted_there_and_another_one_has_the_name_that_it_would_get(self):
        mail = self.given_one_below_the_new_name()
        self.client.delete_mailbox("A/x")
        self.rename_there()

        self.assert_left_alone(mail)

        self.assertNotIn("A/x", self.client.mailboxes())
        self.assertTrue(all(self.maildir.has("A/x", m) for m in mail["A/x"]))

    def test_moved_elsewhere_and_another_one_has_the_name_that_it_would_get(self):
        mail = self.given_one_below_the_new_name()
        self.rename(("A/x", "C"))
        self.rename_there()

        self.assert_left_alone(mail)

        self.assertTrue(all(self.is_there(m, "C") and self.maildir.has("C", m) for m in mail["A/x"]))

    def test_what_stands_below_went_along(self):
        mail = self.given("A", "A/x", "Other")
        self.mv(("A", "B"))
        self.rename(("A", "B"))

        for _ in range(2):
            self.sync(expect=OK)
            self.assertEqual(self.bodies(), [], self.evidence())

        for name, message in [("A", m) for m in mail["A"]] + [("A/x", m) for m in mail["A/x"]]:
            new = name.replace("A", "B", 1) if name == "A" else name
            self.assertTrue(self.is_there(message, new) and self.maildir.has(new, message))
        self.assert_in_sync()


class PlusPlusTest(Took, SystemTest):
    account_options = {"layout": "maildir++"}


class UnsaidTest(Took, SystemTest):
    account_options = {"layout": "maildir++", "disable": ["X-GUID"]}


class OneNumberTest(Took, SystemTest):
    """All mailboxes have one UIDVALIDITY."""
    account_options = {"layout": "maildir++", "disable": ["X-GUID"]}

    def setUp(self):
        super().setUp()
        self.through(edit_down=lambda data: re.sub(rb"(UIDVALIDITY|APPENDUID|COPYUID) \d+", rb"\1 7", data))


class FlatTest(Took, SystemTest):
    account_options = {"layout": "flat", "disable": ["X-GUID"]}


if __name__ == "__main__":
    main()
