"""One walk through the program, in the order a newcomer takes it: first sync, changes on both sides, sync, nothing to do."""
from base import SystemTest, main


class SmokeTest(SystemTest):
    def test_a_first_sync_changes_on_both_sides_and_a_quiet_end(self):
        self.run_golub("--version")
        mails = self.corpus.messages(60)
        self.client.create("Archive/2024")
        uids = self.client.fill("INBOX", mails)
        self.run_golub("check", "work")
        self.sync()
        self.assert_same()

        here = self.maildir
        here.read(here.find("INBOX", mails[20]))
        here.delete(here.find("INBOX", mails[21]))
        here.move(here.find("INBOX", mails[22]), "Archive/2024", rename=True)
        here.put("Sent", self.corpus.simple("a sent copy").lf, "S")
        self.client.store("INBOX", uids[30], "+", ["\\Flagged"])
        self.client.expunge("INBOX", uids[31])
        self.client.move("INBOX", uids[32], "Archive/2024")
        self.client.append("INBOX", self.corpus.simple("new mail").bytes)
        self.sync()

        self.assertFalse(self.is_there(mails[21]))
        self.assertTrue(self.is_there(mails[22], "Archive/2024"))
        self.assertFalse(here.has("INBOX", mails[31]))
        self.assertTrue(here.has("Archive/2024", mails[32]))
        self.assert_in_sync()
        self.run_golub("status", "work")


if __name__ == "__main__":
    main()
