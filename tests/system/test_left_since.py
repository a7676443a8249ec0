"""Files that are moved to another folder while a run is at work, which has listed their old folder and not the new one yet: moved, and no copies."""
import shutil

from base import SystemTest, main

COUNT = 5


class LeftSinceTest(SystemTest):
    server_options = {"special_use": False}

    def given(self):
        self.client.create("Work")
        self.mails = [self.corpus.simple("mail %d" % n) for n in range(COUNT)]
        self.client.fill("Work", self.mails)
        self.sync()
        self.assert_same()
        self.client.fill("INBOX", [self.corpus.simple("new there")])
        self.maildir.deliver("INBOX", self.corpus.simple("new here"))

    def at_command(self, number, do, like=b""):
        """`do` happens when the run sends this command, the first of these being 1, on its way."""
        seen = []

        def look(data):
            if like in data:
                seen.append(data)
                if len(seen) == number:
                    do()
            return data

        self.through(edit_up=look)
        self.account.sync()
        self.assertGreaterEqual(len(seen), number)

    def assert_moved(self, mailbox):
        self.sync()
        self.sync()
        there = {name: {m.digest for m in self.client.messages(name)} for name in self.client.mailboxes()}
        for mail in self.mails:
            self.assertEqual([name for name in there if mail.digest in there[name]], [mailbox])

    def move_all(self, mailbox="Work", to="INBOX"):
        for file in self.maildir.files(mailbox):
            self.maildir.move(file, to)

    def move_all_and_remove(self, mailbox="Work", to="INBOX"):
        self.move_all(mailbox, to)
        shutil.rmtree(self.maildir.folder(mailbox))

    def make_and_fill(self):
        self.maildir.create("New")
        self.move_all("Other", "New")

    def test_all_of_a_folder_that_is_removed_then(self):
        for number in (1, 2, 3):
            with self.subTest(number):
                self.given()
                self.at_command(number, self.move_all_and_remove)
                self.assert_moved("INBOX")
                self.client.delete_mailbox("Work")
                self.sync()

    def test_all_of_a_folder_that_stays(self):
        self.given()
        self.at_command(2, self.move_all)
        self.assert_moved("INBOX")
        self.assert_in_sync()

    def test_what_waited_in_a_folder_that_goes_as_well(self):
        """Out of a folder that is gone into another one, where it waits; and from there, while a run is at work, to a third one."""
        self.given()
        for name in ("Later", "Other"):
            self.client.create(name)
            self.client.fill(name, [self.corpus.simple("of %s" % name)])
        self.sync()
        self.move_all_and_remove("Work", "Later")
        self.at_command(1, self.make_and_fill, b"FETCH")  # nothing moves in this run
        self.at_command(1, lambda: self.move_all_and_remove("Later", "New"), b"SUBSCRIBE")

        self.assert_moved("New")


class WithoutMoveTest(LeftSinceTest):
    server_options = {"special_use": False, "capability": "IMAP4rev1 UIDPLUS LITERAL+ IDLE"}


if __name__ == "__main__":
    main()
