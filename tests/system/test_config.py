"""Configurations that are wrong: exit 2, a sentence with file and line, and nothing touched."""
import os

from base import CONFIG, NETWORK, OK, PASSWORD, Account, HomeTest, main
from rig.evil import EvilServer

FOUR = '''account "work" {
    server           = "imaps://imap.example.org"
    user             = "ana@example.org"
    password-command = "echo secret"
    maildir          = "%s"
%s}
'''


class ConfigTest(HomeTest):
    def four(self, more=""):
        return FOUR % (self.home.path_of("Mail", "work"), "".join("    %s\n" % line for line in more.splitlines()))

    def refused(self, text, line=None, *args):
        """@return what it said"""
        self.home.write_config(text)
        result = self.check(self.home.run(*(args or ("sync",)), timeout=20), CONFIG)
        self.assertTrue(result.err.strip(), "nothing was said")
        if line is not None:
            self.assertRegex(result.err, r"golub\.conf:%d\b" % line)
        self.assertFalse(os.path.exists(self.home.path_of("state", "golub")), "state was touched")
        self.assertEqual(os.listdir(self.home.path_of("Mail")), [])
        return result.err

    def test_no_configuration_at_all(self):
        result = self.run_golub("sync", expect=CONFIG)

        self.assertIn("golub.conf", result.err)

    def test_a_configuration_without_an_account(self):
        self.refused("# nothing\n")

    def test_an_unknown_key_is_named_with_its_line(self):
        self.assertIn("colour", self.refused(self.four('colour = "red"'), 6))

    def test_values_of_the_wrong_kind_or_out_of_range(self):
        for line in ('timeout = "soon"', "timeout = 0", "timeout = -5", "timeout = 99999999999999999999", "connections = 0",
                     "connections = 5", 'layout = "mbox"', 'max-delete = "many"', 'max-delete = "101%"', 'max-delete = "-1%"',
                     'auth = {"telepathy"}', 'tls = "maybe"', "quarantine-days = -1", 'fsync = "sometimes"',
                     'tls-fingerprint = {"abc"}', 'pull = {"everything"}', 'mailboxes = {"special:nothing"}',
                     'tls-ca-file = "/nonexistent/ca.pem"', 'expunge = "perhaps"'):
            with self.subTest(line):
                self.refused(self.four(line), 6)

    def test_patterns_maps_and_special_words_that_collide_or_leave_the_root(self):
        for line in ('mailboxes = {""}', 'mailboxes = {"!"}', 'mailboxes = {"/etc"}', 'mailboxes = {"a//b"}', 'mailboxes = {"!special:inbox"}',
                     'map = {"Sent=../Sent"}', 'map = {"Sent=/etc"}', 'map = {"Sent"}', 'map = {"A=X", "B=X"}', 'map = {"A=X", "B=X/Y"}',
                     'map = {"A=X", "A=Y"}', 'map = {"special:spam=X"}', 'special = {"spam=Junk"}', 'special = {"trash"}',
                     'special = {"trash=A", "trash=B"}', 'special = {"trash=A", "sent=A"}'):
            with self.subTest(line):
                self.refused(self.four(line), 6)

    def test_servers_that_cannot_be(self):
        for server in ("", "imap.example.org", "http://imap.example.org", "imaps://", "imaps://h:0", "imaps://h:65536",
                       "imaps://h:x", "imaps://h/path", "imaps://user@h", "imaps://h h", "imaps://h\\nX"):
            with self.subTest(server):
                self.refused(self.four().replace("imaps://imap.example.org", server))

    def test_a_missing_key_is_named(self):
        for key in ("server", "user", "password-command", "maildir"):
            with self.subTest(key):
                text = "\n".join(x for x in self.four().splitlines() if not x.strip().startswith(key + " "))
                self.assertIn(key, self.refused(text))

    def test_syntax_errors_have_a_line(self):
        self.refused(self.four() + "account {{{\n")
        self.refused('account "work" {\n    server = \n}\n')

    def test_a_file_that_is_cut_off_before_its_end_is_not_taken_for_the_whole(self):
        self.refused(self.four().rstrip("}\n"))

    def test_two_accounts_of_one_name(self):
        self.refused(self.four() + self.four(), 7)

    def test_account_names_that_would_leave_the_state_folder(self):
        for name in ("../x", "a/b", "", ".", ".."):
            with self.subTest(name):
                self.refused(self.four().replace('"work"', '"%s"' % name))

    def two(self, first, second, more=""):
        return "".join(self.four(more).replace('"work"', '"%s"' % n).replace(self.home.path_of("Mail", "work"), root)
                       for n, root in (("a", first), ("b", second)))

    def test_equal_and_nested_roots(self):
        mail = self.home.path_of("Mail")
        for first, second in ((mail + "/x", mail + "/x"), (mail + "/x", mail + "/x/"), (mail + "/x", mail + "/x/y"),
                              (mail + "/x/y", mail + "/x"), (mail + "/x", mail + "/./z/../x")):
            with self.subTest(second):
                self.refused(self.two(first, second))

    def test_one_state_folder_for_two_accounts(self):
        mail = self.home.path_of("Mail")
        self.refused(self.two(mail + "/a", mail + "/b", 'state = "%s"' % self.home.path_of("one")))

    def test_a_file_that_others_may_write(self):
        for mode in (0o666, 0o620, 0o602):
            with self.subTest(oct(mode)):
                self.home.write_config(self.four(), mode=mode)
                result = self.run_golub("sync", expect=CONFIG, timeout=20)
                self.assertIn("golub.conf", result.err)

    def test_a_configuration_that_is_a_folder_or_not_text(self):
        self.refused("\0\1\2\3")
        os.unlink(self.home.config)
        os.mkdir(self.home.config)
        self.run_golub("sync", expect=CONFIG, timeout=20)

    def test_a_file_that_is_named_and_not_there(self):
        self.run_golub("-c", "/nonexistent/golub.conf", "sync", expect=CONFIG)

    def test_a_maildir_whose_parent_is_not_there(self):
        with EvilServer() as server:
            Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, tls="none",
                    maildir=self.home.path_of("no", "such", "work"))
            self.run_golub("sync", expect=CONFIG)
            self.assertFalse(os.path.exists(self.home.path_of("no")))


class ValuesTest(HomeTest):
    """What the rules say about values, seen through a run."""

    def test_defaults_are_for_every_account_and_an_account_may_differ(self):
        with EvilServer(greeting=["stall"]) as server:
            account = Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, tls="none")
            self.home.write_config("defaults {\n    timeout = 1\n}\n" + account.block())
            result = self.run_golub("sync", expect=NETWORK, timeout=20)
            self.assertLess(result.seconds, 10)

    def test_tilde_and_relative_paths(self):
        with EvilServer() as server:
            account = Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, tls="none")
            account.set(maildir="~/Mail/tilde")
            self.run_golub("sync")
            self.assertTrue(os.path.isdir(self.home.path_of("Mail", "tilde", "INBOX", "cur")))
            account.set(maildir="beside", state="state-beside")
            self.run_golub("sync")
            self.assertTrue(os.path.isdir(os.path.join(os.path.dirname(self.home.config), "beside", "INBOX", "cur")))
            self.assertTrue(os.path.isdir(os.path.join(os.path.dirname(self.home.config), "state-beside")))

    def test_the_environment_in_values(self):
        with EvilServer() as server:
            account = Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, tls="none")
            text = account.block().replace('"ana"', '"${PIGEON}"')
            self.home.write_config(text)
            self.check(self.home.run("sync", env={"PIGEON": "golub"}), OK)
            self.assertTrue(any(b"LOGIN" in line or b"AUTHENTICATE" in line for line in server.lines))

    def test_state_is_for_the_owner_alone(self):
        with EvilServer() as server:
            account = Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, tls="none")
            self.run_golub("sync")
            self.assertEqual(os.stat(account.state).st_mode & 0o077, 0)
            self.assertEqual(os.stat(account.journal_path()).st_mode & 0o077, 0)


if __name__ == "__main__":
    main()
