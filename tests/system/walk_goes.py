"""Of servers of other makes: a mailbox that goes on one side goes on the other, where "mailbox-deletes" says so (test_mailbox_deletes.py)."""
import os
import shutil

from test_mailbox_deletes import ALL


class MailboxesGo:
    def test_mailboxes_that_go_on_either_side(self):
        for name in ("Gone here", "Gone there", "Below/Gone here", "Stays"):
            self.given(name, self.plain(3))
        self.account.set(pull=ALL, push=ALL)
        self.sync()
        shutil.rmtree(self.maildir.folder("Gone here"))
        shutil.rmtree(self.maildir.folder("Below"))
        self.client.delete_mailbox("Gone there")

        for _ in range(2):
            self.sync()

        left = [n for n in self.client.mailboxes() if "Gone" in n or "golub" in n]
        self.assertEqual(left, [], self.evidence())
        self.assertEqual([n for n in self.maildir.mailboxes() if "Gone" in n], [])
        self.assertEqual((self.client.status("Stays")["messages"], len(self.maildir.files("Stays"))), (3, 3))
        self.assertEqual(len(os.listdir(os.path.join(self.account.state, "quarantine"))), 3)
