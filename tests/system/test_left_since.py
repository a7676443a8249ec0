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

    def at_command(self, number, do):
        """`do` happens when the run of that number sends this command, the first being 1, on its way."""
        seen = []

        def look(data):
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

    def move_all(self):
        for file in self.maildir.files("Work"):
            self.maildir.move(file, "INBOX")

    def move_all_and_remove(self):
        self.move_all()
        shutil.rmtree(self.maildir.folder("Work"))

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


if __name__ == "__main__":
    main()
