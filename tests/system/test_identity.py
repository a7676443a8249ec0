"""Which mailbox it is, whatever it is called: what the server tells of that is in the journal, and costs no turn."""
import os
import sqlite3

from base import PASSWORD, SystemTest, main


class IdentityTest(SystemTest):
    password = PASSWORD

    def told(self):
        with sqlite3.connect(self.account.journal_path()) as db:
            found = dict(db.execute("SELECT name, objectid FROM mailbox"))
        db.close()
        return found

    def asked(self):
        return [line for line in self.proxy.sent() if b" LIST " in line]

    def settled(self):
        self.client.create("Work")
        self.client.append("Work", self.corpus.simple("one").bytes)
        self.through(delay=8)
        self.sync()
        self.sync()
        self.sync()

    def test_x_guid_rides_in_the_list(self):
        self.settled()
        turns = self.proxy.stats["turns"]
        told = self.told()

        self.assertEqual({value[0] for value in told.values()}, {"G"})
        self.assertEqual(len(set(told.values())), len(told))
        self.assertEqual(len(self.asked()), 1)

        self.account.set(disable=("X-GUID",))
        self.sync()
        self.assertNotIn(b"X-GUID", b"".join(self.asked()))
        self.assertEqual(self.proxy.stats["turns"], turns)
        self.assertEqual(self.told(), told)  # what was known is not forgotten

    def test_it_is_the_same_after_a_rename_and_another_one_after_delete_and_create(self):
        self.settled()
        before = self.told()["Work"]

        self.client.rename_mailbox("Work", "Play")
        self.client.create("Work")
        self.sync()

        self.assertEqual(self.told()["Play"], before)
        self.assertNotEqual(self.told()["Work"], before)


if __name__ == "__main__":
    main()
