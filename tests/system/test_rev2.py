"""A server that knows IMAP4rev2 alone: names are UTF-8, and what the revision has taken in need not be offered."""
import os

from base import OK, PASSWORD, Account, HomeTest, main
from rig.evil import EvilServer, defaults

REV2 = b"IMAP4rev2 AUTH=PLAIN"


class Rev2Test(HomeTest):
    def test_names_are_utf8_and_the_login_is_one_turn(self):
        made = "Пошта".encode()
        listed = [b'* LIST () "/" INBOX\r\n* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)\r\n']
        status = b'* STATUS "%s" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)\r\n' % made

        def create(line):
            listed.append(b'* LIST () "/" "%s"\r\n' % made + status)
            return b"%T OK done\r\n"

        default = [(rb"CREATE\b", create), (rb"SUBSCRIBE\b", b"%T OK done\r\n"),
                   (rb"LIST\b", lambda line: b"".join(listed) + b"%T OK done\r\n"), *defaults(REV2)]
        with EvilServer(default=default, greeting=b"* OK [CAPABILITY " + REV2 + b"] ready\r\n") as server:
            account = Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, "work", tls="none")
            self.assertEqual(account.sync().code, OK)
            for name in ("cur", "new", "tmp"):
                os.makedirs(os.path.join(account.root, made.decode(), name))

            result = account.sync()

        self.assertEqual(result.code, OK, result.err)
        self.assertIn(b'CREATE "%s"' % made, [c.rstrip() for c in server.commands()])
        self.assertEqual([c for c in server.commands() if c.rstrip() == b"AUTHENTICATE PLAIN"], [])
        self.assertEqual([c for c in server.commands() if c.startswith(b"LSUB")], [])


if __name__ == "__main__":
    main()
