"""Logging in by a token: what runs when the server refuses one, how often, and what is told where nothing helps."""
import base64
import json
import os
import time

import schema_check
from base import LOGIN, PASSWORD, USERS, Account, HomeTest, SystemTest, main
from popbase import SCHEMA, ImportTest
from rig.evil import EvilServer, defaults
from rig.tokens import TokenDovecot
from rig.watcher import Watcher


class HelperMixin:
    """A program that keeps tokens: a file with the one it would print, and a command that writes down each run and makes a new one."""

    def given_helper(self, account, user, stale="stale-%s", fresh="fresh-%s"):
        self.token, self.ran, self.printed = (self.home.path_of(n) for n in ("token", "ran", "printed"))
        self.stale, self.fresh = stale % user, fresh % user
        self.holds(self.stale)
        self.server.tokens.good[self.fresh] = user
        account.set(auth=["xoauth2"], password_command="echo >> %s; cat %s" % (self.printed, self.token),
                    refresh_command="echo x >> %s; echo %s > %s; echo %s" % (self.ran, self.fresh, self.token, self.fresh))

    def holds(self, token):
        with open(self.token, "w") as f:
            f.write(token + "\n")

    @staticmethod
    def lines(path):
        if not os.path.exists(path):
            return 0
        with open(path) as f:
            return len(f.readlines())

    def runs(self):
        return self.lines(self.ran)

    def tries(self):
        return sum(self.server.tokens.asked.count(t) for t in (self.stale, self.fresh))


class TokenTest(HelperMixin, SystemTest):
    server_class = TokenDovecot

    def setUp(self):
        super().setUp()
        self.given_helper(self.account, self.user)

    def test_a_token_that_was_refused_is_made_anew_once_and_taken(self):
        mail = self.corpus.simple()
        self.client.append("INBOX", mail)
        for auth in ("xoauth2", "oauthbearer"):
            with self.subTest(auth):
                self.holds(self.stale)
                self.account.set(auth=[auth])
                ran, tries = self.runs(), self.tries()

                result = self.sync()

                self.assertEqual(self.runs() - ran, 1)
                self.assertEqual(self.tries() - tries, 2)  # refused, then accepted
                for word in (self.fresh, self.stale):
                    self.assertNotIn(word, result.out + result.err)
        self.assert_in_sync()

    def test_a_good_token_runs_nothing(self):
        self.holds(self.fresh)

        self.sync()

        self.assertEqual((self.runs(), self.lines(self.printed)), (0, 1))

    def test_where_the_new_token_is_refused_too_it_ran_once_and_the_login_failed(self):
        self.server.tokens.good.pop(self.fresh)

        result = self.sync(expect=LOGIN)

        self.assertEqual((self.runs(), self.lines(self.printed), self.tries()), (1, 2, 2))
        self.assertIn("XOAUTH2", result.err)

    def test_a_refresh_that_makes_no_new_token_costs_no_second_try(self):
        self.account.set(refresh_command="echo x >> %s" % self.ran)

        self.sync(expect=LOGIN)

        self.assertEqual((self.runs(), self.lines(self.printed), self.tries()), (1, 2, 1))

    def test_a_refresh_that_fails_is_said_and_its_errors_are_passed_on(self):
        self.account.set(refresh_command="echo x >> %s; echo 'the keeper is not there' >&2; exit 7" % self.ran)

        result = self.sync(expect=LOGIN)

        self.assertEqual((self.runs(), self.tries()), (1, 1))
        self.assertIn("the keeper is not there", result.err)
        self.assertIn("The refresh command failed: it ended with status 7", result.err)

    def test_a_refresh_that_hangs_can_be_stopped(self):
        self.account.set(refresh_command="echo x >> %s; sleep 300" % self.ran)
        process = self.home.start("sync", "work")
        self.addCleanup(process.kill)
        until = time.monotonic() + 20
        while not self.runs() and time.monotonic() < until:
            time.sleep(0.05)

        process.terminate()
        process.communicate(timeout=10)

        self.assertEqual(process.returncode, -15)

    def test_what_it_prints_is_in_no_log(self):
        result = self.sync("-vv")

        for word in (self.fresh, self.stale):
            self.assertNotIn(word, result.out + result.err)

    def test_a_password_that_is_refused_runs_no_refresh(self):
        self.account.set(auth=["plain"], password_command="echo wrong")

        self.sync(expect=LOGIN)

        self.assertEqual(self.runs(), 0)

    def test_check_says_when_it_runs(self):
        result = self.run_golub("check", "work")
        self.assertIn("refresh-command runs once where the server refuses a token", result.out)
        self.account.set(auth=["plain"], password_command="echo '%s'" % PASSWORD)

        result = self.run_golub("check", "work")

        self.assertIn("refresh-command never runs", result.out)

    def test_a_watcher_whose_token_gets_old_gets_a_new_one_by_itself(self):
        self.holds(self.fresh)
        newer = self.fresh + "-2"
        self.account.set(poll=3600, refresh_command="echo x >> %s; echo %s > %s" % (self.ran, newer, self.token))
        watcher = Watcher(self.home, "--json")
        self.addCleanup(watcher.kill)
        watcher.watching()
        watcher.rests()
        self.server.tokens.good.pop(self.fresh)
        self.server.tokens.good[newer] = self.user
        self.assertEqual(self.runs(), 0)

        self.proxy.hang_up()  # the line breaks: it logs in anew, with what it has kept
        mail = self.corpus.simple()
        self.client.append("INBOX", mail)
        until = time.monotonic() + 60
        while not self.maildir.has("INBOX", mail) and time.monotonic() < until:
            time.sleep(0.1)

        self.assertTrue(self.maildir.has("INBOX", mail), watcher.text())
        self.assertEqual(self.runs(), 1)
        watcher.end()


class CauseTest(HomeTest):
    """Servers that tell why, as the two providers do, or a proxy that logs in for us."""

    def fails(self, script, code, words, **keys):
        with open(SCHEMA) as f:
            schema = json.load(f)
        with EvilServer(script, greeting=b"* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 AUTH=PLAIN SASL-IR] ready\r\n",
                        default=defaults(b"IMAP4rev1 UIDPLUS SASL-IR")) as server:
            self.home.accounts.clear()
            Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", "token", tls="none", timeout=5, **keys)
            for command in ("sync", "check"):
                result = self.run_golub(command, "work", "--json", expect=LOGIN)
                errors = result.of("error")
                for event in result.events:
                    self.assertFalse(schema_check.validate(event, schema), event)
                self.assertEqual([e.get("code") for e in errors], [code], result)
                self.assertIn(words, errors[0]["hint"])
                self.assertEqual(errors[0]["kind"], "login")
                self.assertNotIn("\x1b", result.out + result.err)

    def test_the_json_of_a_refusal_is_read(self):
        for said, code, words in (
                ('{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}', "invalid_token", "every 7 days"),
                ('{"status":"401","schemes":"bearer","scope":"mail"}', "invalid_token", "new token"),
                ('{"status":"insufficient_scope"}', "insufficient_scope", "scopes"),
                ('{"error":"invalid_grant","error_description":"\\u001b[2J AADSTS65001: consent"}', "AADSTS65001", "consent")):
            with self.subTest(said):
                self.fails([(rb"AUTHENTICATE XOAUTH2", b"+ " + base64.b64encode(said.encode()) + b"\r\n"),
                            (rb"\Z", b"L1 NO failed\r\n")], code, words, auth=["xoauth2"])

    def test_the_words_of_a_proxy_are_read(self):
        self.fails([(rb"AUTHENTICATE PLAIN", b"%T NO proxy: {'error': 'invalid_grant', 'error_description': 'AADSTS700016'}\r\n")],
                   "AADSTS700016", "tenant", auth=["plain"])

    def test_a_login_that_exchange_takes_and_does_not_mean_is_a_failed_login(self):
        refused = b"%T BAD User is authenticated but not connected.\r\n"
        self.fails([(rb"AUTHENTICATE XOAUTH2", b"%T OK AUTHENTICATE completed.\r\n")] +
                   [(rb"(NAMESPACE|LIST|SELECT|EXAMINE|STATUS|LSUB)\b", refused)] * 12, "not_connected", "IMAP may be off",
                   auth=["xoauth2"])

    def test_a_password_command_that_fails_has_a_code(self):
        self.fails([], "password_command", "run it by hand", auth=["xoauth2"], password_command="exit 3")


class ImportTokenTest(HelperMixin, ImportTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = TokenDovecot(users={u: PASSWORD for u in USERS[:4]}, pop3=True)
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()

    def test_an_import_gets_a_new_token_once(self):
        self.account = self.pop_account(self.server.pop_port)
        self.account.set(user=USERS[0])
        self.given_helper(self.account, USERS[0])

        self.import_()

        self.assertEqual((self.runs(), self.tries()), (1, 2))


if __name__ == "__main__":
    main()
