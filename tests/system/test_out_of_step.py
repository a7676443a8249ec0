"""A server, or what stands before it, that mixes up what it is asked at once is asked one thing at a time."""
import re

from base import OK, PASSWORD, Account, HomeTest, main
from rig.evil import EvilServer, defaults

LIST = b'* LIST (\\HasNoChildren) "/" INBOX\r\n* LIST (\\HasNoChildren) "/" Work\r\n%T OK done\r\n'
SELECTED = (b"* 1 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 2] ok\r\n%T OK [READ-WRITE] done\r\n")
META = b'* 1 FETCH (UID 1 FLAGS () INTERNALDATE "01-Jan-2020 00:00:00 +0000" RFC822.SIZE 12)\r\n'


class OutOfStepTest(HomeTest):
    def test_a_select_that_is_answered_before_its_turn_is_never_sent_again_together_with_something_else(self):
        held = []

        def fetch(line):
            """On the first connection the first listing is answered behind the next SELECT, as imapproxy does."""
            tag = line.split(b" ", 1)[0]
            if server.connections == 1 and not held:
                held.append(META + tag + b" OK done\r\n")
                return b""
            return (b"* 1 FETCH (UID 1 BODY[] {12}\r\nSubject: a\r\n)\r\n" if b"BODY" in line else META) + tag + b" OK done\r\n"

        with EvilServer(default=[(rb"LIST\b", LIST), (rb"(SELECT|EXAMINE)\b", SELECTED), (rb"UID FETCH", fetch),
                                 *defaults(b"IMAP4rev1 UNSELECT SASL-IR AUTH=PLAIN")]) as server:
            account = Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, "work", tls="none")

            result = account.sync()

        self.assertEqual(result.code, OK, result.err)
        self.assertEqual(server.connections, 2)
        self.assertEqual(len([c for c in server.commands() if re.match(rb"UNSELECT", c)]), 1, "none on the second connection")


if __name__ == "__main__":
    main()
