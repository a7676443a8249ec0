"""What a server wants its users to read is shown to them."""
from base import LOGIN, OK, PASSWORD, Account, HomeTest, main
from rig.evil import EvilServer, defaults


class AlertTest(HomeTest):
    def test_an_alert_is_shown_once_and_is_no_error(self):
        selected = b"* OK [ALERT] the cellar is flooded\r\n* LIST (\\HasNoChildren) \"/\" INBOX\r\n%T OK done\r\n"
        with EvilServer(default=[(rb"LIST\b", selected), *defaults()]) as server:
            account = Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, "work", tls="none")

            result = account.sync()

        self.assertEqual(result.code, OK, result.err)
        self.assertEqual(result.err.count("the cellar is flooded"), 1, result.err)

    def test_all_alerts_are_shown_once_each_wherever_they_come(self):
        greeting = b"* OK [ALERT] the roof is leaking\r\n"
        logged_in = (b"* OK [ALERT] mind the step\r\n* OK [ALERT] mind the step\r\n"
                     b"%T OK [WEBALERT https://example.org/1] read this page\r\n")
        listed = (b"* OK [ALERT] the cellar is flooded\r\n* NO [ALERT] mind the step\r\n"
                  b"* LIST () \"/\" INBOX\r\n%T OK [ALERT] that was all\r\n")
        shown = ("[ALERT] the roof is leaking", "[ALERT] mind the step", "[WEBALERT https://example.org/1] read this page",
                 "[ALERT] the cellar is flooded", "[ALERT] that was all")
        with EvilServer(default=[(rb"AUTHENTICATE|LOGIN", logged_in), (rb"LIST\b", listed), *defaults()], greeting=greeting) as server:
            account = Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, "work", tls="none")

            for run in (account.sync, lambda: self.home.run("check", "work")):
                result = run()

                self.assertEqual(result.code, OK, result.err)
                for text in shown:
                    self.assertEqual(result.err.count(text), 1, text + " in " + result.err)

    def test_an_alert_of_a_refused_login_is_shown_with_what_came_before_it(self):
        refused = b"* NO [WEBALERT https://example.org/2] log in there\r\n%T NO [ALERT] not from here\r\n"
        with EvilServer(default=[(rb"AUTHENTICATE|LOGIN", refused), *defaults()]) as server:
            account = Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, "work", tls="none")

            result = account.sync()

        self.assertEqual(result.code, LOGIN, result.err)
        for text in ("[WEBALERT https://example.org/2] log in there", "[ALERT] not from here"):
            self.assertEqual(result.err.count(text), 1, text + " in " + result.err)


if __name__ == "__main__":
    main()
