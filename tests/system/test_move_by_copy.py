"""A server without MOVE: what another client changes about a message after golub has copied it, and before it is removed from where it was."""
from base import SystemTest, main
from storm import FULL


class MoveByCopyTest(SystemTest):
    server_options = {"capability": " ".join(word for word in FULL.split() if word != "MOVE"), "special_use": False}

    def setUp(self):
        super().setUp()
        self.client.create("Work")
        self.moved, rest = self.corpus.simple("moved", flags=["\\Answered"]), self.corpus.simple("rest")
        self.client.fill("INBOX", [self.moved, rest])
        self.sync()
        self.maildir.move(self.maildir.find("INBOX", self.moved), "Work")

    def sync_while(self, act):
        """Another client acts as the answer to COPY is on its way."""
        other, copied = self.new_client(), []

        def look(data):
            if b"COPYUID" in data and not copied:
                copied.append(True)
                other.select("INBOX")
                act(other)
            return data

        self.through(edit_down=look)
        self.account.sync()
        self.assertEqual(copied, [True])
        self.sync()

    def then_it_shows(self, flags, letters):
        self.assertFalse(self.is_there(self.moved, "INBOX"))
        self.assertEqual([m.flags & {"\\Seen", "\\Answered", "\\Deleted"} for m in self.client.messages("Work")], [flags])
        self.assertEqual([f.letters for f in self.maildir.files("Work")], [letters])
        self.assert_in_sync()

    def test_a_flag_that_is_set_is_set_where_it_went(self):
        self.sync_while(lambda other: other.store("INBOX", [1], "+", ["\\Seen"]))
        self.then_it_shows({"\\Seen", "\\Answered"}, "RS")

    def test_a_flag_that_is_taken_off_is_taken_off_where_it_went(self):
        self.sync_while(lambda other: other.store("INBOX", [1], "-", ["\\Answered"]))
        self.then_it_shows(set(), "")


if __name__ == "__main__":
    main()
