"""What a server wants its users to read is shown to them."""
from base import OK, PASSWORD, Account, HomeTest, main
from rig.evil import EvilServer, defaults


class AlertTest(HomeTest):
    def test_an_alert_is_shown_once_and_is_no_error(self):
        selected = b"* OK [ALERT] the cellar is flooded\r\n* LIST (\\HasNoChildren) \"/\" INBOX\r\n%T OK done\r\n"
        with EvilServer(default=[(rb"LIST\b", selected), *defaults()]) as server:
            account = Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, "work", tls="none")

            result = account.sync()

        self.assertEqual(result.code, OK, result.err)
        self.assertEqual(result.err.count("the cellar is flooded"), 1, result.err)


if __name__ == "__main__":
    main()
