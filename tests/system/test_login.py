"""Logging in: mechanisms, passwords of every kind, refusals, and password commands that fail."""
import base64
import time

from base import LOGIN, NETWORK, OK, PASSWORD, Account, HomeTest, SystemTest, main
from rig.dovecot import Dovecot
from rig.evil import EvilServer
from rig.golub import end_by

MECHANISMS = ("plain", "login", "scram-sha-256")
STRANGE = {"quote": 'a"b\\c', "blank": " lead and trail ", "euro": "пароль€", "dollar": "$HOME`x`;'", "brace": "{5}",
           "percent": "100%s%n", "long": "x" * 600}


class LoginTest(SystemTest):
    server_options = {"mechanisms": MECHANISMS}

    def test_the_strongest_mechanism_is_taken_and_the_password_stays_at_home(self):
        self.sync()

        wire = self.proxy.stream("up")
        self.assertIn(b"AUTHENTICATE SCRAM-SHA-256", wire)
        for secret in (PASSWORD.encode(), base64.b64encode(b"\0%s\0%s" % (self.user.encode(), PASSWORD.encode()))):
            self.assertNotIn(secret, wire)

    def test_a_mechanism_can_be_named(self):
        self.account.set(auth=["plain"])
        self.sync()
        self.assertIn(b"AUTHENTICATE PLAIN", self.proxy.stream("up"))

        self.account.set(auth=["login"])
        self.sync()
        self.assertRegex(self.proxy.stream("up"), rb"(?m)^\S+ (AUTHENTICATE )?LOGIN")

    def test_a_wrong_password_is_4_and_says_what_the_server_said(self):
        self.account.set(password_command="echo wrong")

        result = self.sync(expect=LOGIN)

        self.assertIn("Authentication failed", result.err)
        self.assertIn("work", result.err)
        tries = [line for line in self.proxy.sent() if b"AUTHENTICATE" in line or b" LOGIN " in line]
        self.assertLessEqual(len(tries), 2)

    def test_a_first_sync_that_could_not_log_in_can_be_repeated(self):
        self.client.fill("INBOX", self.corpus.messages(5))
        right = self.account.keys["password-command"]
        self.account.set(password_command="echo wrong")
        self.sync(expect=LOGIN)
        self.account.set(password_command=right)

        self.sync()

        self.assert_in_sync()

    def test_a_server_that_lies_in_scram_is_refused(self):
        def lie(data):
            return data.replace(b"+ dj1", b"+ dj1") if b"+ dj" not in data else b"+ " + base64.b64encode(b"v=" + b"A" * 43 + b"=") + b"\r\n"
        self.through(edit_down=lie)

        result = self.account.sync()

        self.assertIn(result.code, (LOGIN, NETWORK), result)

    def test_a_password_command_that_fails_is_4_and_its_errors_are_passed_on(self):
        self.account.set(password_command="echo 'the keyring is locked' >&2; exit 3")

        result = self.sync(expect=LOGIN)

        self.assertIn("the keyring is locked", result.err)
        self.assertIn("3", result.err)

    def test_a_password_command_that_says_nothing_is_4(self):
        self.account.set(password_command="true")

        self.sync(expect=LOGIN)

    def test_a_password_command_that_is_not_there_is_4(self):
        self.account.set(password_command="/nonexistent/keyring")

        self.sync(expect=LOGIN)

    def test_only_the_first_line_of_a_password_command_counts(self):
        self.account.set(password_command="printf 'correct horse\\nuser: x\\nurl: y\\n'")

        self.sync()

    def test_a_password_command_that_hangs_can_be_stopped(self):
        self.account.set(password_command="sleep 300")
        process = self.home.start("sync", "work")
        time.sleep(1)

        code, _, _ = end_by(process, 15, seconds=8)

        self.assertIn(code, (-15, 143))

    def test_an_account_whose_login_is_refused_does_not_stop_the_other(self):
        self.client.fill("INBOX", self.corpus.messages(3))
        bad = self.new_account("bad")
        bad.set(password_command="echo wrong")

        self.run_golub("sync", expect=LOGIN)

        self.assert_same()

    def test_the_wire_log_holds_no_secret_and_no_body(self):
        mail = self.corpus.simple(body="a very private sentence\r\n")
        self.client.append("INBOX", mail.bytes)
        for auth in (["plain"], ["login"], ["scram-sha-256"]):
            self.account.set(auth=auth)
            result = self.sync("-vv")
            text = result.out + result.err
            self.assertRegex(text, "(?i)select")
            self.assertNotIn("private sentence", text)
            for secret in (PASSWORD, base64.b64encode(PASSWORD.encode()).decode(),
                           base64.b64encode(("\0%s\0%s" % (self.user, PASSWORD)).encode()).decode()):
                self.assertNotIn(secret, text)


class StrangePasswordTest(HomeTest):
    def test_any_password_gets_through_by_every_mechanism(self):
        with Dovecot(users=STRANGE, mechanisms=MECHANISMS) as server:
            for user, password in STRANGE.items():
                for auth in ("plain", "login", "scram-sha-256"):
                    with self.subTest(user=user, auth=auth):
                        account = Account(self.home, "imap://127.0.0.1:%d" % server.port, user, password,
                                          user + "-" + auth, tls="none", auth=[auth])
                        self.check(account.home.run("check", account.name), OK)


class ScriptedLoginTest(HomeTest):
    def account_at(self, server, **extras):
        return Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, tls="none", timeout=3, **extras)

    def test_bye_at_the_door_is_a_network_error_with_the_servers_words(self):
        with EvilServer(greeting=b"* BYE too many of you\r\n") as server:
            result = self.check(self.account_at(server).sync(), NETWORK)
            self.assertIn("too many of you", result.err)

    def test_a_server_that_says_nothing_is_left_after_the_timeout(self):
        with EvilServer(greeting=["stall"]) as server:
            result = self.check(self.account_at(server).sync(timeout=20), NETWORK)
            self.assertLess(result.seconds, 15)

    def test_a_server_that_closes_is_a_network_error(self):
        with EvilServer(greeting=["close"]) as server:
            self.check(self.account_at(server).sync(timeout=20), NETWORK)


if __name__ == "__main__":
    main()
