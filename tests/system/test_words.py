"""What is said: where another protocol answers, or nobody; why a run was not all it could be; nothing twice."""
import socket

from base import NETWORK, PASSWORD, Account, HomeTest, main
from rig.evil import EvilServer


class GreetingTest(HomeTest):
    def given(self, port, scheme="imap", **keys):
        self.account = Account(self.home, "%s://127.0.0.1:%d" % (scheme, port), "ana", PASSWORD, "at%d" % port, tls="none", **keys)

    def test_what_is_no_mail_server_is_no_connection_and_hints_at_what_it_is(self):
        for scheme, greeting, hint in (("imap", b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n", "with a browser first"),
                                       ("pop3", b"<html><body>Welcome to the hotel\r\n", "with a browser first"),
                                       ("imap", b"+OK POP3 ready\r\n", "A POP server answered"),
                                       ("pop3", b"* OK IMAP ready\r\n", "An IMAP server answered"),
                                       ("imap", b"220 mail.example ESMTP\r\n", "SMTP"),
                                       ("imap", b"SSH-2.0-OpenSSH_9\r\n", "the right port?")):
            for command in ("check", "sync"):
                with self.subTest(greeting=greeting, command=command), EvilServer(greeting=greeting) as server:
                    self.home.accounts.clear()
                    self.given(server.port, scheme)

                    result = self.run_golub(command, self.account.name, "-q", expect=NETWORK)

                    self.assertIn("this is not the greeting of", result.err)
                    self.assertIn(hint, result.err)

    def test_a_server_that_says_nothing_may_expect_tls(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.given(silent.getsockname()[1], timeout=17)

            result = self.run_golub("sync", expect=NETWORK)

        self.assertIn("has said nothing for 15 seconds: does this port expect imaps://?", result.out)
        self.assertIn("Does this port expect imaps://?", result.err)


if __name__ == "__main__":
    main()
