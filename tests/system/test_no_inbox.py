"""An account without INBOX is one like any other, but an INBOX that went is a failure of the list."""
from base import OK, PASSWORD, SOME, Account, HomeTest, main
from rig.evil import EvilServer, defaults

WORK, INBOX = b'* LIST (\\HasNoChildren) "/" Work\r\n', b'* LIST (\\HasNoChildren) "/" INBOX\r\n'
EMPTY = b"* STATUS %s (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)\r\n%%T OK done\r\n"


class NoInboxTest(HomeTest):
    def syncs(self, *lists):
        """One run after the other, each with its list; their exit statuses."""
        now = {}
        status = lambda line: EMPTY % (b"Work" if b"Work" in line else b"INBOX")
        with EvilServer(default=[(rb"LIST\b", lambda line: now["list"] + b"%T OK done\r\n"), (rb"STATUS\b", status), *defaults()]) as server:
            account = Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, "work", tls="none")
            codes = []
            for each in lists:
                now["list"] = each
                result = account.sync()
                codes.append(result.code)
                self.said = result.err
        return codes

    def test_an_account_that_never_had_one_is_synced_as_long_as_something_known_is_listed(self):
        self.assertEqual(self.syncs(WORK, WORK, b'* LIST () "/" Else\r\n'), [OK, OK, SOME])
        self.assertIn("neither INBOX nor any mailbox that is known", self.said)

    def test_a_list_without_anything_is_believed_at_no_first_meeting(self):
        self.assertEqual(self.syncs(b""), [SOME])
        self.assertIn("the server's list is empty", self.said)

    def test_an_inbox_that_was_there_is_not_gone(self):
        self.assertEqual(self.syncs(INBOX + WORK, WORK), [OK, SOME])
        self.assertIn("the server's list has no INBOX", self.said)


if __name__ == "__main__":
    main()
