#!/usr/bin/env python3
"""`golub adopt`: the state that mbsync left is the Base."""
import os

from adoptbase import MbsyncAdoptTest, Moved
from base import HELD, main


class MbsyncTest(Moved, MbsyncAdoptTest):
    def test_what_a_mail_reader_saved_with_lines_of_its_own_is_the_message_it_was(self):
        """A label that was edited is a new file without the other program's UID; a saved message has two lines more."""
        self.given_a_tree()
        for message, mailbox, lines in ((self.messages[4], "INBOX", b"X-Label: later"), (self.messages[6], "Work/2024", b"Content-Length: 345\nLines: 12")):
            file = self.file_of(message)
            self.client.store("INBOX", [self.uid_of(message)], "+", ["$label1"])
            self.tree.put(mailbox, file.bytes().replace(b"\n\n", b"\n" + lines + b"\n\n", 1), "S", file.date)
            os.unlink(file.path)
        self.adopt()
        self.sync()
        self.assertEqual((self.counts_there()["INBOX"], self.counts_there()["Work/2024"], self.appended()), (14, 16, 0))
        self.assertEqual((len(self.tree.files("INBOX")), len(self.tree.files("Work/2024"))), (14, 16))
        for message, mailbox in ((self.messages[4], "INBOX"), (self.messages[6], "Work/2024")):
            moved = [m for m in self.client.messages(mailbox) if m.uid == self.uid_of(message, mailbox)]
            self.assertIn("$label1", [f.lower() for f in moved[0].flags])
        self.assert_idempotent()

    def test_bodies_that_are_too_much_for_one_run_are_read_by_the_next(self):
        """What waits to be removed there is known again by its body alone."""
        large = [self.corpus.simple("large", ("%d" % n) * 900 + "\r\n" + ("x" * 900 + "\r\n") * 14000) for n in range(3)]
        self.given_a_full_account(2)
        self.client.fill("INBOX", large)
        self.given_a_mover(self.kind, **self.options)
        self.mover.sync()
        self.given_golub()
        for message in large:
            os.unlink(self.file_of(message).path)
        self.adopt(expect=HELD)
        read = [self.bodies() > 0]  # of two: one question
        for _ in range(2):
            self.proxy.reset()
            self.sync(expect=HELD)
            read.append(self.bodies() > 0)
        self.assertEqual(read, [True, True, False])

    def test_a_draft_that_was_saved_again_in_its_place_is_not_what_it_was(self):
        """It has the size that it had. Taken for the old version, it would go when that does."""
        self.given_a_full_account()
        draft = self.corpus.simple("Draft", "one\r\n", ("\\Draft",))
        self.client.append("Drafts", draft, draft.flags)
        self.given_a_mover(self.kind, **self.options)
        self.mover.sync()
        self.given_golub()
        file = self.file_of(draft, "Drafts")
        edited = file.bytes().replace(b"\none\n", b"\ntwo\n")
        with open(file.path, "wb") as f:
            f.write(edited)

        self.adopt()
        self.sync()
        self.client.expunge("Drafts", [self.client.uid_of("Drafts", draft)])
        self.sync()

        self.assertIn(edited, [f.bytes() for f in self.tree.files("Drafts")])
        self.assertIn(edited.replace(b"\n", b"\r\n"), [self.client.body("Drafts", m.uid) for m in self.client.messages("Drafts")])
        self.assert_idempotent()

    def test_a_draft_that_was_edited_there_is_another(self):
        """Same header, a body of the same length: with either word no version is lost, and none stands twice."""
        for word in ("--confirm-deletes", "--reject-deletes"):
            with self.subTest(word):
                self.user = next(self._users)
                self.client = self.new_client()
                self.home = self.another_home()
                draft = self.corpus.simple("draft", "one\r\n")
                self.client.append("Drafts", draft)
                self.given_a_tree()
                uid = self.client.messages("Drafts")[0].uid
                self.client.append("Drafts", bytes(draft).replace(b"\r\none\r\n", b"\r\ntwo\r\n"))
                self.client.expunge("Drafts", [uid])
                self.adopt(expect=HELD)
                self.sync(expect=HELD)

                self.sync(word)

                bodies = [b"two"] if word == "--confirm-deletes" else [b"one", b"two"]
                self.assertEqual(sorted(f.wire().split()[-1] for f in self.tree.files("Drafts")), bodies)
                self.assertEqual(sorted(self.client.body("Drafts", m.uid).split()[-1] for m in self.client.messages("Drafts")), bodies)
                self.assertEqual(len(self.quarantine()), 2 - len(bodies))
                self.assert_idempotent()

    def test_what_another_laptop_of_its_sent_back_is_in_its_place(self):
        """It moved there; a laptop that took nothing over sent its own copy up again, with another line of mbsync's. One waits for nobody."""
        self.given_a_tree()
        message = self.messages[4]
        self.client.move("INBOX", [self.uid_of(message)], "Work/2024")
        again = bytes(message).replace(b"\r\n\r\n", b"\r\nX-TUID: abcdefgh1234\r\n\r\n", 1)
        self.client.append("INBOX", again, ["\\Flagged"])

        self.adopt()
        self.sync()

        self.assertEqual((self.counts_there()["INBOX"], self.counts_there()["Work/2024"], self.appended()), (15, 16, 0))
        self.assertEqual((len(self.tree.files("INBOX")), len(self.tree.files("Work/2024"))), (15, 16))
        self.assertIn("F", self.file_of(message).letters)
        self.assert_idempotent()

    def test_what_waits_for_a_word_is_said_to_wait_for_that_alone(self):
        """Its bytes are wanted before it is removed there, and that ends the line each time."""
        self.given_a_tree()
        os.unlink(self.file_of(self.messages[4]).path)
        self.adopt(expect=HELD)
        self.through(edit_up=lambda data: b"x LOGOUT\r\n" if b"BODY.PEEK[]" in data else data)
        self.account.sync("--confirm-deletes")
        self.assertIsNotNone(self.uid_of(self.messages[4]))

        for _ in range(3):
            again = self.sync(expect=HELD)
            self.assertNotIn("asked for again", again.err)


if __name__ == "__main__":
    main()
