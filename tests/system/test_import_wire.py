"""POP on the wire: TLS before any secret, every way to log in, and servers that are busy, locked or short of words."""
import base64
import re
import time

from popbase import (CONFIG, DAY, LOGIN, NETWORK, OK, PASSWORD, SOME, DovecotTest, ScriptTest, main, popclient)
from rig import ahead, in_memory  # noqa: F401
from rig.popserver import CLOSE, STALL
from rig.tls import Authority

TOKEN = "ya29.a0AfH6SMBvery-secret-token"


class DovecotWireTest(DovecotTest):
    server_options = {"mechanisms": ("plain", "login", "scram-sha-256", "cram-md5", "apop")}

    def secret_forms(self):
        return [PASSWORD.encode(), base64.b64encode(PASSWORD.encode()),
                base64.b64encode(b"\0%s\0%s" % (self.user.encode(), PASSWORD.encode()))]

    def assert_no_secret_on_the_wire(self):
        for secret in self.secret_forms():
            self.assertNotIn(secret, self.proxy.stream("up"))

    def test_pop3s_with_the_authority_named_imports(self):
        mails = self.given(5)
        self.account.set(server="pop3s://localhost:%d" % self.server.pops_port, tls=None, tls_ca_file=self.server.ca)

        self.import_()

        self.assert_here(mails)

    def test_stls_imports_and_says_no_secret_in_the_clear(self):
        mails = self.given(5)
        self.account.set(server="pop3://localhost:%d" % self.proxy.port, tls=None, tls_ca_file=self.server.ca, auth=["plain"])

        self.import_()

        self.assert_here(mails)
        self.assertIn(b"STLS\r\n", self.proxy.stream("up"))
        self.assert_no_secret_on_the_wire()
        self.assertNotIn(self.user.encode(), self.proxy.stream("up"))

    def test_a_certificate_that_nobody_vouches_for_is_refused(self):
        for server in ("pop3s://localhost:%d" % self.server.pops_port, "pop3://localhost:%d" % self.server.pop_port):
            with self.subTest(server):
                self.account.set(server=server, tls=None)

                result = self.import_(expect=NETWORK)

                self.assertRegex(result.err, "(?i)certificate")

    def test_a_fingerprint_suffices(self):
        mails = self.given(2)
        self.account.set(server="pop3s://127.0.0.1:%d" % self.server.pops_port, tls=None,
                         tls_fingerprint=Authority.fingerprint(self.server.certificate))

        self.import_()

        self.assert_here(mails)

    def test_plain_text_beyond_the_loopback_is_refused_before_any_connection(self):
        self.account.set(server="pop3://mail.example.org")

        result = self.import_(expect=CONFIG)

        self.assertRegex(result.err, "plain")

    def test_auto_takes_scram_and_the_password_stays_at_home(self):
        self.given(1)

        self.import_()

        self.assertIn(b"AUTH SCRAM-SHA-256", self.proxy.stream("up"))
        self.assert_no_secret_on_the_wire()

    def test_each_mechanism_that_is_named_logs_in(self):
        for auth, seen in (("plain", rb"AUTH PLAIN"), ("scram-sha-256", rb"AUTH SCRAM-SHA-256"), ("cram-md5", rb"AUTH CRAM-MD5"),
                           ("login", rb"(?:AUTH LOGIN|USER )"), ("apop", rb"APOP %s [0-9a-f]{32}\r\n" % self.user.encode())):
            with self.subTest(auth):
                self.account.set(auth=[auth])

                self.import_()

                self.assertRegex(self.proxy.stream("up"), seen)

    def test_apop_is_never_taken_unless_it_is_named(self):
        """A greeting with a time stamp is no reason: its digest is MD5, and the server chooses what is hashed."""
        self.through(edit_down=lambda data: re.sub(rb"SASL [^\r]*", b"SASL X-NONE", data).replace(b"USER\r\n", b""))

        self.home.run("import", "post")

        self.assertIn(b"X-NONE", self.proxy.received())
        self.assertNotIn(b"APOP", self.proxy.stream("up"))

    def test_a_wrong_password_is_4_with_the_servers_words_and_is_not_tried_again(self):
        for auth in (["plain"], ["scram-sha-256"], ["apop"], None):
            with self.subTest(auth):
                self.account.set(auth=auth, password_command="echo wrong")

                result = self.import_(expect=LOGIN)

                self.assertIn("post", result.err)
                self.assertRegex(result.err, "(?i)authentication failed")
                self.assertLessEqual(self.proxy.stats["conns"], 1)

    def test_capabilities_are_asked_again_after_login(self):
        self.given(1)

        self.import_()

        sent = self.proxy.sent()
        login = next(n for n, line in enumerate(sent) if line.startswith((b"AUTH", b"USER", b"PASS")))
        self.assertIn(b"CAPA", sent[login:])

    def test_commands_go_in_one_stream_where_pipelining_is_offered(self):
        self.given(100)
        self.import_()
        self.assertLessEqual(self.proxy.stats["turns"], 30, self.evidence())

    def test_without_pipelining_no_command_is_sent_before_the_last_answer(self):
        mails = self.given(20)
        self.through(edit_down=lambda data: data.replace(b"PIPELINING\r\n", b""))

        self.import_()

        self.assert_here(mails)
        for _, way, data in self.proxy.dialogue:
            if way == "up":
                self.assertLessEqual(data.count(b"\r\n"), 1, data)

    def test_the_wire_log_holds_no_secret_and_no_body(self):
        self.drop([self.corpus.simple(body="a very private sentence\r\n").bytes])
        for auth in (["plain"], ["login"], ["apop"], ["scram-sha-256"]):
            with self.subTest(auth):
                self.account.set(auth=auth)
                result = self.import_("-vv")
                text = result.out + result.err
                self.assertRegex(text, "UIDL")
                self.assertNotIn("private sentence", text)
                for secret in self.secret_forms():
                    self.assertNotIn(secret.decode(), text)

    def test_a_session_that_ends_meanwhile_is_waited_for(self):
        """Dovecot itself waits ten seconds before it says [IN-USE]."""
        self.account.set(timeout=60)
        mails = self.given(2)
        other = popclient.PopClient(self.server.pop_port, self.user, PASSWORD)
        process = self.home.start("import", "post")
        time.sleep(1.5)
        other.quit()

        out, err = process.communicate(timeout=60)

        self.assertEqual(process.returncode, OK, out + err)
        self.assert_here(mails)

    def test_a_tunnel_is_a_connection(self):
        mails = self.given(2)
        self.account.set(tunnel="bash -c 'exec 3<>/dev/tcp/127.0.0.1/%d; cat <&3 & exec cat >&3'" % self.server.pop_port)

        self.import_()

        self.assert_here(mails)

    def test_a_server_that_falls_silent_is_left_after_the_timeout(self):
        self.given(5)
        self.account.set(timeout=2)
        for limit in (10, 400, 3000):
            with self.subTest(limit):
                self.through(stall_down=limit)
                result = self.home.run("import", "post", timeout=60)
                self.assertIn(result.code, (NETWORK, 1), result)
                self.assertLess(result.seconds, 45, "three further lines on end, behind 1, 2 and 4 s, each silent for 2 s")
        self.through()
        self.import_(env=ahead.by(DAY + 60))  # what was too long for such a line is asked for again once a day
        self.assertEqual(len(self.here()), 5)


class ScriptedLoginTest(ScriptTest):
    """What no server here does on demand."""

    def test_stls_that_is_not_offered_is_5_and_no_secret_is_said(self):
        server = self.serve(self.mails(1), extras={"tls": None})

        result = self.import_(expect=NETWORK)

        self.assertRegex(result.err, "STLS")
        self.assertEqual(server.asked(rb"(USER|PASS|AUTH|APOP)"), [])

    def test_stls_that_is_refused_is_5_and_no_secret_is_said(self):
        server = self.serve(self.mails(1), capabilities=("STLS", "UIDL", "TOP", "USER"), extras={"tls": None})
        server.rule(rb"STLS", b"-ERR not today\r\n")

        result = self.import_(expect=NETWORK)

        self.assertIn("not today", result.err)
        self.assertEqual(server.asked(rb"(USER|PASS|AUTH|APOP)"), [])

    def test_what_comes_with_the_answer_to_stls_is_never_taken_for_an_answer_inside_of_tls(self):
        authority = Authority(self.home.path_of("tls"))
        server = self.serve(self.mails(1), capabilities=("STLS", "UIDL", "TOP", "USER"), certificate=authority.certificate("server"),
                            extras={"tls": None, "tls_ca_file": authority.ca})
        self.account.set(server="pop3://localhost:%d" % server.port)
        server.rule(rb"STLS", [b"+OK begin\r\n+OK\r\nSASL PLAIN\r\n.\r\n", "starttls"])

        self.import_(expect=NETWORK)

        self.assertEqual(server.asked(rb"(USER|PASS|AUTH|APOP)"), [])

    def test_capabilities_before_tls_are_not_believed_afterwards(self):
        authority = Authority(self.home.path_of("tls"))
        server = self.serve(self.mails(2), capabilities=("STLS", "UIDL", "TOP", "USER", "SASL PLAIN"),
                            certificate=authority.certificate("server"), extras={"tls": None, "tls_ca_file": authority.ca})
        self.account.set(server="pop3://localhost:%d" % server.port)

        self.import_()

        after = server.lines[server.lines.index(b"STLS") + 1:]
        self.assertEqual(after[0], b"CAPA")

    def challenge(self, session, line):
        """Logs in with what comes after an empty challenge alone, as Office 365 does."""
        if line.split(b" ", 2)[2:]:
            return b"-ERR Protocol error. Connection is closed. 10\r\n"
        session.send(b"+ \r\n")
        self.said = base64.b64decode(session.line())
        session.open_drop()
        return b""

    def test_xoauth2_in_two_steps_as_office_365_insists(self):
        """Lesson: Office 365 refuses the token on the AUTH line."""
        server = self.serve(self.mails(2), capabilities=("TOP", "UIDL", "SASL XOAUTH2"), extras={"auth": ["xoauth2"]})
        self.account.set(password_command="echo " + TOKEN)
        server.rule(rb"AUTH XOAUTH2", self.challenge)

        self.import_()

        self.assertEqual(self.said, b"user=ana\1auth=Bearer %s\1\1" % TOKEN.encode())
        self.assertEqual(len(self.here()), 2)

    def test_a_refused_token_is_4_with_what_the_server_said(self):
        server = self.serve(self.mails(1), capabilities=("TOP", "UIDL", "SASL XOAUTH2"), extras={"auth": ["xoauth2"]})
        self.account.set(password_command="echo " + TOKEN)

        def refuse(session, line):
            if not line.split(b" ", 2)[2:]:
                session.send(b"+ \r\n")
                session.line()
            session.send(b"+ " + base64.b64encode(b'{"status":"400","schemes":"Bearer"}') + b"\r\n")
            session.line()
            return b"-ERR the token has expired\r\n"
        server.rule(rb"AUTH XOAUTH2", refuse)

        result = self.import_(expect=LOGIN)

        self.assertIn("the token has expired", result.err)
        self.assertNotIn(TOKEN, result.err + result.out)

    def test_oauthbearer_says_host_port_and_token(self):
        server = self.serve(self.mails(2), capabilities=("TOP", "UIDL", "SASL OAUTHBEARER"), extras={"auth": ["oauthbearer"]})
        self.account.set(password_command="echo " + TOKEN)
        said = []

        def bearer(session, line):
            initial = line.split(b" ", 2)[2:]
            if not initial:
                session.send(b"+ \r\n")
                initial = [session.line()]
            said.append(base64.b64decode(initial[0]))
            session.open_drop()
            return b""
        server.rule(rb"AUTH OAUTHBEARER", bearer)

        self.import_()

        self.assertTrue(said[0].startswith(b"n,a=ana,\1"), said)
        self.assertIn(b"host=127.0.0.1\1port=%d\1auth=Bearer %s\1\1" % (server.port, TOKEN.encode()), said[0])

    def test_user_and_pass_where_the_server_has_no_capa_at_all(self):
        server = self.serve(self.mails(3), capabilities=None)

        self.import_()

        self.assertEqual(len(self.here()), 3)
        self.assertTrue(server.asked(rb"USER ana"))
        self.import_()
        self.assertEqual(len(server.asked(rb"RETR")), 3)

    def test_pass_takes_a_password_with_blanks_as_it_stands(self):
        self.serve(self.mails(1), capabilities=("UIDL", "TOP", "USER"), password=" two  blanks ")
        self.account.set(password_command="printf '%s\\n' ' two  blanks '")

        self.import_()

    def test_a_password_with_a_line_end_inside_never_becomes_a_command(self):
        server = self.serve(self.mails(1), capabilities=("UIDL", "TOP", "USER"))
        self.account.set(password_command="printf 'secret\\rDELE 1\\n'", user="ana\rDELE 1")

        result = self.home.run("import", "post")

        self.assertNotEqual(result.code, OK)
        for line in server.lines:
            self.assertNotIn(b"\r", line)
            self.assertNotIn(b"DELE", line)

    def test_a_maildrop_that_another_session_holds_is_5_and_no_refused_login(self):
        server = self.serve(self.mails(2), capabilities=("UIDL", "TOP", "USER", "RESP-CODES"))
        server.rule(rb"PASS", b"-ERR [IN-USE] do you have another POP session running?\r\n")

        result = self.import_(expect=NETWORK, timeout=60)

        self.assertIn("another POP session running", result.err)
        self.assertGreater(server.connections, 1, "it was not tried again")
        self.assertLessEqual(server.connections, 8, "a tight loop")
        self.assertLess(result.seconds, 30)
        self.assertRegex(result.out + result.err, "(?i)wait|again")

    def test_a_maildrop_that_is_free_again_soon_is_waited_for(self):
        """A session of ours that was cut a moment ago may still hold it."""
        server = self.serve(self.mails(2), capabilities=("UIDL", "TOP", "USER", "RESP-CODES"))
        server.rule(rb"PASS", b"-ERR [IN-USE] locked\r\n", 2)

        result = self.import_(timeout=60)

        self.assertEqual(len(self.here()), 2)
        self.assertRegex(result.out + result.err, "(?i)wait|again")

    def test_login_delay_is_respected_and_said_and_no_refused_login(self):
        server = self.serve(self.mails(1), capabilities=("UIDL", "TOP", "USER", "RESP-CODES", "LOGIN-DELAY 3"))
        for word in (rb"PASS", rb"AUTH"):
            server.rule(word, b"-ERR [LOGIN-DELAY] minimum time between mail checks violated\r\n")

        result = self.import_(expect=NETWORK, timeout=60)

        self.assertIn("minimum time between mail checks", result.err)
        self.assertLessEqual(server.connections, 8, "a tight loop")
        self.assertLess(result.seconds, 30)

    def test_login_delay_that_is_over_soon_is_waited_for(self):
        server = self.serve(self.mails(2), capabilities=("UIDL", "TOP", "USER", "RESP-CODES", "LOGIN-DELAY 2"))
        server.rule(rb"PASS", b"-ERR [LOGIN-DELAY] not yet\r\n", 1)

        result = self.import_(timeout=60)

        self.assertEqual(len(self.here()), 2)
        self.assertGreater(result.seconds, 0.5)
        self.assertRegex(result.out + result.err, "(?i)wait|again")

    def test_a_server_in_trouble_is_5_and_no_refused_login(self):
        for code in (b"[SYS/TEMP]", b"[SYS/PERM]", b"[IN-USE]"):
            with self.subTest(code):
                server = self.serve(self.mails(1), capabilities=("UIDL", "TOP", "USER", "RESP-CODES", "AUTH-RESP-CODE"))
                server.rule(rb"PASS", b"-ERR %s the disk is on fire\r\n" % code)

                result = self.home.run("import", "post", timeout=60)

                self.assertEqual(result.code, NETWORK, result)
                self.assertIn("the disk is on fire", result.err)

    def test_err_at_the_door_and_a_silent_door_and_a_closed_one_are_no_login(self):
        for greeting, words in ((b"-ERR too many of you\r\n", "too many of you"), ([STALL], ""), ([CLOSE], ""),
                                (b"220 this is SMTP\r\n", "SMTP"), (b"\0\xff\x1b[2J\r\n", "")):
            with self.subTest(greeting=greeting):
                self.serve(self.mails(1), greeting=greeting, extras={"timeout": 2})
                self.account.set(timeout=2)

                result = self.home.run("import", "post", timeout=60)

                self.assertIn(result.code, (NETWORK, SOME), result)
                self.assertIn(words, result.err)
                self.say_nothing_strange(result)

    def test_a_maildrop_that_the_server_closes_after_login_is_5(self):
        server = self.serve(self.mails(1))
        server.rule(rb"UIDL", [CLOSE])

        self.import_(expect=NETWORK)


if __name__ == "__main__":
    main()
