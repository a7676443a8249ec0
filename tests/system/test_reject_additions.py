#!/usr/bin/env python3
"""What --reject-additions set apart stays apart: whatever a mail reader writes into it, and whatever it calls it."""
import os

from base import HELD, main
import test_moving_in as moving


class SetApartTest(moving.MovingInTest):
    """Of so many messages the body here is not the one there; neither goes over."""
    OTHER = moving.DoublingTest.OTHER
    given_a_tree_with_other_bytes = moving.DoublingTest.given_a_tree_with_other_bytes
    scanned = staticmethod(moving.DoublingTest.scanned)
    counts = moving.DoublingTest.counts

    def given_what_was_set_apart(self):
        self.given_a_tree_with_other_bytes()
        self.sync(expect=HELD)
        self.sync("--reject-additions")
        self.assertEqual(self.counts(), (self.COUNT, self.COUNT))
        return self.file_with_other_bytes(0)

    def file_with_other_bytes(self, n):
        return [f for f in self.maildir.files("INBOX") if f.wire() == self.scanned(self.messages[n])][0]

    def save(self, file, data, mailbox="INBOX"):
        """As mail readers do: a new file, then the old one goes."""
        self.maildir.put(mailbox, data, "S", file.date)
        os.unlink(file.path)
        return [f for f in self.maildir.files(mailbox) if f.wire() == data][0]

    def then_it_stays_apart(self):
        self.sync()
        self.sync()
        self.assertEqual(self.counts(), (self.COUNT, self.COUNT))
        self.assertEqual(self.appended(), 0)
        self.assert_idempotent()

    def label(self, data, word):
        return data.replace(b"\r\n\r\n", b"\r\nX-Label: " + word + b"\r\n\r\n", 1)

    def test_under_another_name(self):
        file = self.given_what_was_set_apart()
        self.save(file, file.wire())
        self.then_it_stays_apart()

    def test_with_a_label(self):
        file = self.given_what_was_set_apart()
        self.save(file, self.label(file.wire(), b"later"))
        self.then_it_stays_apart()

    def test_with_another_label(self):
        file = self.given_what_was_set_apart()
        plain = file.wire()
        for word in b"later", b"soon", b"never":
            file = self.save(file, self.label(plain, word))
            self.sync()
        self.save(file, plain)
        self.then_it_stays_apart()

    def test_with_a_label_while_the_question_waits(self):
        self.given_a_tree_with_other_bytes()
        self.sync(expect=HELD)
        for n in range(2):
            file = self.file_with_other_bytes(n)
            self.save(file, self.label(file.wire(), b"later"))
        self.sync(expect=HELD)
        self.assertEqual(self.counts(), (self.COUNT, self.COUNT))
        self.sync("--reject-additions")
        self.then_it_stays_apart()

    def test_under_another_name_while_the_question_waits(self):
        self.given_a_tree_with_other_bytes()
        self.sync(expect=HELD)
        for n in range(2):
            file = self.file_with_other_bytes(n)
            self.save(file, file.wire())
        self.sync(expect=HELD)
        self.assertEqual(self.counts(), (self.COUNT, self.COUNT))
        self.sync("--reject-additions")
        self.then_it_stays_apart()

    def test_what_was_edited_is_another_message(self):
        file = self.given_what_was_set_apart()
        self.save(file, file.wire().replace(b"scanned", b"scanned again"))
        self.sync()
        self.assertEqual(self.counts(), (self.COUNT + 1, self.COUNT))  # the one that it was stays on the server alone
        self.assert_idempotent()


if __name__ == "__main__":
    main()
