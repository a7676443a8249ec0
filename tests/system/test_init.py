"""golub init: a conversation, or options, that ends with an account that has logged in."""
import json
import os
import pty
import select
import signal
import subprocess
import termios
import time

from base import CONFIG, LOGIN, NETWORK, OK, PASSWORD, SOME, HomeTest, main
from rig.dovecot import Dovecot
from rig.evil import EvilServer
from rig.golub import binary
from rig.popserver import PopServer
from rig.tls import Authority
from test_json import SCHEMA
import schema_check


class InitTest(HomeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Dovecot(users={"ana": PASSWORD}, pop3=True)
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()

    def setUp(self):
        super().setUp()
        self.secret = self.home.write("secret", PASSWORD + "\n")
        self.imaps = "imaps://localhost:%d" % self.server.tls_port
        self.pops = "pop3s://localhost:%d" % self.server.pops_port

    def init(self, *options, expect=OK, server=None, given=None, env=None):
        process = self.home.start("init", "--server", server or self.imaps, "--tls-ca-file", self.server.ca, *options, stdin=subprocess.PIPE, env=env)
        out, err = process.communicate(given.encode() if given else None, timeout=60)
        self.assertEqual(process.returncode, expect, (out + err).decode())
        return out.decode(), err.decode()

    def all_of_it(self, *more):
        return ["ana@example.org", "--account", "work", "--maildir", "~/Mail/work", "--password-command", "cat '%s'" % self.secret, *more]

    def config(self):
        with open(self.home.config) as f:
            return f.read()

    # -- by options

    def test_an_account_is_written_that_syncs(self):
        out, _ = self.init(*self.all_of_it())

        self.assertIn("Logged in as ana.", out)  # the local part, after the address was refused
        self.assertIn('user             = "ana"', self.config())
        self.assertEqual(os.stat(self.home.config).st_mode & 0o777, 0o600)
        self.run_golub("sync", "work")

    def test_pop_never_takes_mail_off_the_server_at_once(self):
        self.init(*self.all_of_it("--protocol", "pop"), server=self.pops)

        self.assertIn('keep             = "forever"', self.config())
        self.run_golub("import", "work")
        self.init(*self.all_of_it("--keep", "no"), server=self.pops, expect=CONFIG)

    def test_a_second_account_stands_behind_the_first_and_comments_stay(self):
        self.home.write_config("# mine\naccount work { server = \"imaps://h\" user = u password-command = p maildir = \"~/Mail/other\" } # no end")
        before = self.config()

        out, _ = self.init(*self.all_of_it("--json"))

        self.assertTrue(self.config().startswith(before + "\n\naccount \"work-2\" {"), self.config())
        with open(self.home.config + ".bak") as f:
            self.assertEqual(f.read(), before)
        with open(SCHEMA) as f:
            schema = json.load(f)
        events = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([schema_check.validate(e, schema) for e in events], [[]] * len(events))
        self.assertEqual(events[0], {"v": 1, "event": "init", "account": "work-2", "file": self.home.config, "written": True})

    def test_what_is_missing_is_named(self):
        for left_out in ("--account", "--maildir", "--password-command"):
            words = self.all_of_it()
            at = words.index(left_out)
            _, err = self.init(*words[:at], *words[at + 2:], expect=CONFIG)
            self.assertIn("an answer is missing: " + left_out, err)
        self.assertIn("ADDRESS", self.run_golub("init", "--yes", expect=CONFIG).err)
        self.assertFalse(os.path.exists(self.home.config))

    def test_a_name_that_no_account_can_have_is_said_before_a_password_is_kept_under_it(self):
        for name in (".", "..", "a/b", "-x", "../../evil", "a\nb"):
            with self.subTest(name):
                words = [w for w in self.all_of_it("--secret", "file") if not w.startswith(("--password-command", "cat "))]
                words[words.index("--account") + 1] = name

                _, err = self.init(*words, given="whatever", expect=CONFIG)

                self.assertIn("an account's name can't", err)
                self.assertNotIn("there is a password", err)
        self.assertFalse(os.path.exists(os.path.join(os.path.dirname(self.home.config), "secrets")))

    def test_nothing_is_written_in_a_dry_run(self):
        before = sorted(os.listdir(self.home.path))

        out, _ = self.init("-n", *self.all_of_it())

        self.assertIn('account "work" {', out)
        self.assertFalse(os.path.exists(self.home.config))
        self.assertEqual(sorted(os.listdir(self.home.path)), before)

    def test_a_wrong_password_and_a_closed_server(self):
        self.home.write("secret", "wrong\n")
        self.init(*self.all_of_it(), expect=LOGIN)
        self.init(*self.all_of_it(), server="imaps://localhost:1", expect=NETWORK)
        self.assertFalse(os.path.exists(self.home.config))

    def test_a_login_refused_for_another_reason_is_written_and_said(self):
        authority = Authority(self.home.path_of("tls"))
        certificate = authority.certificate("good")
        imap = {"[UNAVAILABLE] try later": SOME, "[LIMIT] too many": SOME, "[AUTHORIZATIONFAILED] not yours": SOME, "[CONTACTADMIN] call us": SOME,
                "[ALERT] Your account is not enabled for IMAP use": SOME, "[AUTHENTICATIONFAILED] wrong": LOGIN, "[EXPIRED] old": LOGIN, "wrong": LOGIN}
        pop = {"[SYS/TEMP] try later": SOME, "[SYS/PERM] not enabled for POP": SOME, "[AUTH] wrong": LOGIN}
        for words, expected in [*imap.items(), *pop.items()]:
            with self.subTest(words):
                is_pop = words in pop
                server = (PopServer(rules=[(rb"PASS|AUTH PLAIN", ("-ERR %s\r\n" % words).encode())], certificate=certificate, tls=True) if is_pop else
                          EvilServer([(rb"LOGIN |AUTHENTICATE", ("%%T NO %s\r\n" % words).encode())], certificate=certificate, tls=True))
                with server:
                    _, err = self.init(*self.all_of_it("--user", "ana", "--tls-ca-file", authority.ca, *(["--keep", "forever"] if is_pop else [])), expect=expected,
                                       server="%s://localhost:%d" % ("pop3s" if is_pop else "imaps", server.port))
                self.assertIn(words, err)
                self.assertEqual(os.path.exists(self.home.config), expected == SOME)
                if expected == SOME:
                    os.unlink(self.home.config)

    def test_the_json_of_one_that_has_not_logged_in(self):
        authority = Authority(self.home.path_of("tls"))
        with EvilServer([(rb"LOGIN |AUTHENTICATE", b"%T NO [UNAVAILABLE] later\r\n")], certificate=authority.certificate("good"), tls=True) as server:
            out, _ = self.init(*self.all_of_it("--json", "--tls-ca-file", authority.ca), expect=SOME, server="imaps://localhost:%d" % server.port)

        events = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([(e["event"], e.get("written"), e.get("exit")) for e in events],
                         [("init", True, None), ("error", None, None), ("result", None, SOME)])

    def test_a_file_with_the_password(self):
        words = [w for w in self.all_of_it() if not w.startswith(("--password-command", "cat "))]

        self.init(*words, "--secret", "file", given=PASSWORD + "\n")

        kept = os.path.join(os.path.dirname(self.home.config), "secrets", "work")
        self.assertEqual(os.stat(kept).st_mode & 0o777, 0o600)
        self.assertEqual(os.listdir(os.path.dirname(kept)), ["work"])
        self.assertNotIn(PASSWORD, self.config())
        self.run_golub("sync", "work")

    def test_a_password_that_is_kept_under_the_name_already_stays(self):
        words = [w for w in self.all_of_it() if not w.startswith(("--password-command", "cat "))]
        kept = self.home.write("config/golub/secrets/work", "of another account\n")

        _, err = self.init(*words, "--secret", "file", given=PASSWORD + "\n", expect=CONFIG)

        self.assertIn("a password for \"work\" already", err)
        with open(kept) as f:
            self.assertEqual(f.read(), "of another account\n")

    def test_an_empty_configuration_is_as_good_as_none(self):
        self.home.write_config("")

        self.init(*self.all_of_it())

        self.run_golub("sync", "work")

    def test_the_password_is_in_no_command_line_and_in_no_trace(self):
        programs = self.home.path_of("programs")
        self.home.write("programs/pass", "#!/bin/sh\ntr '\\0' ' ' </proc/$$/cmdline >>\"$HOME/seen\"; env >>\"$HOME/seen\"\n"
                        "case $1 in insert) shift 3; mkdir -p \"$HOME/golub\"; cat >\"$HOME/$1\";; show) cat \"$HOME/$2\";; rm) rm \"$HOME/$3\";; esac\n", 0o700)
        words = [w for w in self.all_of_it() if not w.startswith(("--password-command", "cat "))]

        out, err = self.init("-vv", *words, "--secret", "pass", given=PASSWORD + "\n", env={"PATH": programs + ":" + os.environ["PATH"]})

        with open(self.home.path_of("seen")) as f:
            seen = f.read()
        self.assertIn("insert -m -f golub/work", seen)
        self.assertNotIn(PASSWORD, seen + out + err)

    def test_bad_configurations_are_left_alone(self):
        self.home.write_config("account broken {")
        self.init(*self.all_of_it(), expect=CONFIG)
        self.assertEqual(self.config(), "account broken {")
        self.home.write_config("# empty", 0o400)
        self.init(*self.all_of_it(), expect=CONFIG)
        os.unlink(self.home.config)
        real = self.home.write("elsewhere/golub.conf", "# real\n")
        os.symlink(real, self.home.config)
        self.init(*self.all_of_it())
        self.assertTrue(os.path.islink(self.home.config))
        self.assertIn("# real\n\naccount", self.config())

    def test_bad_addresses(self):
        for address in ("@", "ana@", "@example.org", "a b@example.org", "a@" + "x" * 5000, "ana\x1b@example.org"):
            self.init(address, *self.all_of_it()[1:], expect=CONFIG)

    def test_a_provider_that_takes_no_passwords_is_not_asked_for_one(self):
        words = self.all_of_it()
        _, err = self.init("ana@outlook.com", *words[1:5], "--secret", "file", given="never", expect=CONFIG)
        self.assertIn("takes no passwords", err)

    def test_the_comparison(self):
        self.assertIn("by IMAP", self.run_golub("init", "--explain").out.replace("By", "by"))

    # -- in a terminal

    def talk(self, answers, *options, end=OK, **env):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(binary(), [binary(), "init", *options], self.home.environment(TERM="dumb", **env))
        quiet = termios.tcgetattr(terminal)
        quiet[1] &= ~termios.OPOST
        termios.tcsetattr(terminal, termios.TCSANOW, quiet)
        said, told = b"", 0
        for question, answer in answers + [(None, None)]:
            until = time.monotonic() + 30
            while question is None or question.encode() not in said[told:]:
                self.assertLess(time.monotonic(), until, said)
                try:
                    piece = os.read(terminal, 4096) if select.select([terminal], [], [], 0.1)[0] else b""
                except OSError:
                    break
                said += piece
                if question is None and not piece and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                    break
            if question is not None:
                self.assertIn(question.encode(), said[told:])
                told = len(said)
                if callable(answer):
                    answer(pid)
                else:
                    os.write(terminal, answer.encode() + b"\n")
        echo = termios.tcgetattr(terminal)[3] & termios.ECHO
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(status), end, said)
        self.assertTrue(echo)
        self.assertNotIn(b"\x1b", said)
        self.assertNotIn(b"\r", said.replace(b"\r\n", b"\n"))
        return said.decode()

    def test_a_conversation(self):
        said = self.talk([("address", "ana@example.org"), ("Server: ", self.imaps), ("What shall be changed?", "2"),
                          ("File: ", self.server.ca), ("Server [", ""), ("Name [example]: ", "work"), ("Maildir [~/Mail/work]: ", ""),
                          ("Where shall the password be kept?", "1"), ("Password: ", "wrong"), ("What now?", "1"), ("Password: ", PASSWORD),
                          ("Write it?", "1")])

        self.assertNotIn(PASSWORD, said)
        self.assertIn("Written: ", said)
        self.run_golub("sync", "work")

    def to_the_last_question(self, *answers, end):
        return self.talk([("Password: ", PASSWORD), *answers], "ana@example.org", "--server", self.imaps, "--tls-ca-file", self.server.ca,
                         "--account", "work", "--maildir", "~/Mail/work", "--secret", "file", end=end)

    def refused(self, answer, end, *more, options=()):
        return self.talk([("What now?", answer), *more], "ana@example.org", "--server", self.imaps, "--tls-ca-file", self.server.ca,
                         "--account", "work", "--maildir", "~/Mail/work", *options, end=end)

    def test_who_says_so_writes_an_account_that_was_refused(self):
        self.home.write("secret", "wrong\n")
        wrong = ("--password-command", "cat '%s'" % self.secret)
        self.refused("2", LOGIN, options=wrong)
        self.assertFalse(os.path.exists(self.home.config))

        said = self.refused("3", LOGIN, ("Write it?", "1"), options=wrong)

        self.assertIn("It has not logged in yet.", said)
        self.assertIn('user             = "ana@example.org"', self.config())

    def test_who_says_so_writes_an_account_whose_login_was_not_tried(self):
        none = ("--password-command", "false")
        said = self.refused("2", LOGIN, options=none)
        self.assertIn("the login was not tried", said)
        self.refused("3", LOGIN, ("Write it?", "2"), options=none)
        self.assertFalse(os.path.exists(self.home.config))

        self.refused("3", SOME, ("Write it?", "1"), options=none)

        self.assertIn('password-command = "false"', self.config())

    def test_who_says_no_leaves_no_password_behind(self):
        secrets = os.path.join(os.path.dirname(self.home.config), "secrets")
        self.to_the_last_question(("Write it?", "2"), end=OK)
        self.assertEqual(os.listdir(secrets), [])
        self.to_the_last_question(("Write it?", lambda pid: os.kill(pid, signal.SIGINT)), end=-signal.SIGINT)
        self.assertEqual(os.listdir(secrets), [])
        self.assertFalse(os.path.exists(self.home.config))

    def test_a_configuration_that_came_meanwhile_stays(self):
        def create(pid):
            self.home.write_config("# came meanwhile\n")

        self.to_the_last_question(("Write it?", create), ("", "1"), end=CONFIG)

        self.assertEqual(self.config(), "# came meanwhile\n")
        self.assertEqual(os.listdir(os.path.join(os.path.dirname(self.home.config), "secrets")), [])

    def test_two_at_once_lose_no_account(self):
        for before in (None, "# mine\n"):
            if before is not None:
                self.home.write_config(before)
            names = ["a%d" % i for i in range(4)]
            all_of_them = [self.home.start("init", "--server", self.imaps, "--tls-ca-file", self.server.ca, "--user", "ana", "ana@example.org", "--account", name,
                                           "--maildir", "~/Mail/" + name, "--password-command", "cat '%s'" % self.secret, stdin=subprocess.DEVNULL) for name in names]
            for process in all_of_them:
                process.communicate(timeout=60)
            written = [name for name, process in zip(names, all_of_them) if process.returncode == OK]
            self.assertTrue(written)
            self.assertEqual([name for name in names if 'account "%s"' % name in self.config()], written)

    def test_an_interrupt_at_the_password(self):
        self.talk([("Password: ", lambda pid: os.kill(pid, signal.SIGINT))], "ana@example.org", "--server", self.imaps, "--tls-ca-file", self.server.ca,
                  "--account", "work", "--maildir", "~/Mail/work", "--secret", "file", end=-signal.SIGINT)

        self.assertFalse(os.path.exists(self.home.config))


if __name__ == "__main__":
    main()
