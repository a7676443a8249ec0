"""TLS: what is trusted, what is refused, and that nothing secret is said before it stands."""
import base64
import os
import signal
import ssl
import threading

from base import CONFIG, LOGIN, NETWORK, OK, PASSWORD, Account, HomeTest, SystemTest, main
from rig import scratch
from rig.dovecot import Dovecot
from rig.evil import CAPABILITIES, STARTTLS, EvilServer
from rig.golub import end_by
from rig.proxy import Proxy
from rig.tls import Authority


class TlsTest(SystemTest):
    """A real server behind its own authority."""

    def account_at(self, server, **extras):
        return Account(self.home, server, self.user, PASSWORD, "tls", **extras)

    def test_imaps_with_the_authority_named_syncs(self):
        self.client.fill("INBOX", self.corpus.messages(20))
        account = self.account_at("imaps://localhost:%d" % self.server.tls_port, tls_ca_file=self.server.ca)

        self.sync(account=account)

        self.assert_same(account=account)

    def test_a_client_certificate_logs_in_without_a_password(self):
        server = Dovecot(users={"localhost": "unused"}, mechanisms=("external",))  # a certificate of the rig bears that name
        server.extra = ("ssl_ca = <%s\nssl_verify_client_cert = yes\nssl_require_crl = no\nauth_ssl_username_from_cert = yes\n"
                        "passdb {\n  driver = static\n  args = nopassword=yes\n}\n" % server.ca)
        with server:
            certificate, key = server.authority.certificate("client")
            account = Account(self.home, "imaps://localhost:%d" % server.tls_port, "localhost", name="certificate", auth=["external"], password_command=None,
                              tls_ca_file=server.ca, tls_client_cert=certificate, tls_client_key=key)

            self.sync(account=account)

            account.set(tls_client_cert=None, tls_client_key=None)
            self.sync(account=account, expect=LOGIN)

    def test_the_next_run_takes_up_the_session_of_the_last_one_and_a_dry_run_leaves_it_alone(self):
        proxy = Proxy(self.server.tls_port).start()
        self.addCleanup(proxy.stop)
        account = self.account_at("imaps://localhost:%d" % proxy.port, tls_ca_file=self.server.ca)
        ticket = os.path.join(account.state, "tls-session")

        def down(*arguments):
            proxy.reset()
            self.sync(*arguments, account=account)
            return proxy.stats["down"]

        down()
        kept = os.stat(ticket)
        self.assertEqual(kept.st_mode & 0o777, 0o600)
        dry = down("--dry-run")
        self.assertEqual(os.stat(ticket).st_mtime_ns, kept.st_mtime_ns)
        taken_up = down()
        os.remove(ticket)
        whole = down()
        self.assertGreater(whole, taken_up + 400, "the server's certificate has some hundred bytes")
        self.assertGreater(dry, taken_up + 400)

    def test_who_hangs_up_on_a_ticket_keeps_no_run_from_its_work(self):
        account = self.account_at("imaps://localhost", tls_ca_file=self.server.ca)
        for scheme, port in (("imaps", self.server.tls_port), ("imap", self.server.port)):
            for breaks in (True, False):
                with self.subTest(scheme=scheme, breaks=breaks):
                    self.ticket_is_refused(account, scheme, port, breaks)

    def ticket_is_refused(self, account, scheme, port, breaks):
        proxy = Proxy(port).start()
        self.addCleanup(proxy.stop)
        account.set(server="%s://localhost:%d" % (scheme, proxy.port))
        shown = []

        def choke(data):
            if data[:1] != b"\x16" or data[5:6] != b"\x01" or len(data) < 480:  # a ClientHello with a ticket is long
                return data
            shown.append(len(data))
            if breaks:
                proxy.hang_up()
                return b""
            return data[:-20] + bytes(20)  # the binder at its end is none
        proxy.edit["up"] = choke
        for _ in range(4):
            self.sync(account=account)
        self.assertEqual(len(shown), 1, shown)

    def test_a_handshake_that_is_stopped_here_says_nothing_of_the_ticket(self):
        proxy = Proxy(self.server.tls_port).start()
        self.addCleanup(proxy.stop)
        account = self.account_at("imaps://localhost:%d" % proxy.port, tls_ca_file=self.server.ca)
        ticket = os.path.join(account.state, "tls-session")
        self.sync(account=account)
        size = os.path.getsize(ticket)
        came = threading.Event()

        def swallow(data):
            came.set()
            return b""

        proxy.edit["up"] = swallow
        process = self.home.start("sync", account.name)
        self.assertTrue(came.wait(20))
        end_by(process, signal.SIGINT)

        self.assertFalse(os.path.exists(ticket), "a mark, and for how long no ticket is shown")
        proxy.edit["up"] = None
        self.sync(account=account)
        self.assertGreater(os.path.getsize(ticket), size // 2)

    def test_starttls_syncs_and_the_password_is_not_on_the_wire(self):
        self.client.fill("INBOX", self.corpus.messages(20))
        account = self.account_at("imap://localhost:%d" % self.proxy.port, tls_ca_file=self.server.ca, auth=["plain"])

        self.sync(account=account)

        self.assert_same(account=account)
        wire = self.proxy.stream("up")
        self.assertIn(b"STARTTLS", wire)
        for secret in (PASSWORD.encode(), base64.b64encode(b"\0%s\0%s" % (self.user.encode(), PASSWORD.encode()))):
            self.assertNotIn(secret, wire)

    def test_an_address_in_the_certificate_counts_as_a_name(self):
        account = self.account_at("imaps://127.0.0.1:%d" % self.server.tls_port, tls_ca_file=self.server.ca)

        self.sync(account=account)

    def test_the_fingerprint_of_the_key_suffices_alone(self):
        pin = self.server.authority.fingerprint(self.server.certificate)
        account = self.account_at("imaps://localhost:%d" % self.server.tls_port, tls_fingerprint=["0" * 64, pin])

        self.sync(account=account)

    def test_a_fingerprint_suffices_where_the_name_is_another(self):
        pin = self.server.authority.fingerprint(self.server.certificate)
        account = self.account_at("imaps://127.0.0.2:%d" % self.proxy.port, tls_fingerprint=[pin])
        # The server listens on 127.0.0.1 alone: nothing answers there, and that is a network error, not a crash.
        self.sync(account=account, expect=NETWORK)

    def test_another_fingerprint_is_refused_and_the_one_that_was_seen_is_printed(self):
        pin = self.server.authority.fingerprint(self.server.certificate)
        account = self.account_at("imaps://localhost:%d" % self.server.tls_port, tls_ca_file=self.server.ca,
                                  tls_fingerprint=["0" * 64])

        result = self.sync(account=account, expect=NETWORK)

        self.assertIn(pin, result.err.lower())


class UntrustedTest(HomeTest):
    """Servers that must not hear a password."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = scratch.make("tls")
        cls.addClassCleanup(scratch.remove, cls.folder)
        cls.authority = Authority(os.path.join(cls.folder, "tls"))
        cls.good = cls.authority.certificate("good")
        cls.expired = cls.authority.certificate("expired", expired=True)
        cls.other_name = cls.authority.certificate("other", san="DNS:imap.example.org")
        cls.self_signed = cls.authority.certificate("self", self_signed=True)

    def account_at(self, server, scheme="imaps", **extras):
        self.home.accounts.clear()
        extras = {"tls_ca_file": self.authority.ca, "timeout": 5, **extras}
        return Account(self.home, "%s://127.0.0.1:%d" % (scheme, server.port), "ana", PASSWORD, **extras)

    def sync_refused(self, server, expect=NETWORK, **extras):
        account = self.account_at(server, **extras)

        result = self.check(account.sync(), expect)

        heard = b"\n".join(server.lines).upper()
        self.assertNotIn(b"LOGIN", heard)
        self.assertNotIn(b"AUTHENTICATE", heard)
        self.assertTrue(result.err.strip())
        self.assertFalse(account.maildir.mailboxes())
        return result

    def test_a_good_certificate_is_accepted_here_so_the_refusals_mean_something(self):
        with EvilServer(certificate=self.good, tls=True) as server:
            self.check(self.account_at(server).sync(), OK)
            self.assertTrue(server.handshakes)

    def test_an_authority_that_is_not_known(self):
        with EvilServer(certificate=self.good, tls=True) as server:
            result = self.sync_refused(server, tls_ca_file=None)
            self.assertIn("compare it with the provider's own words first", result.err)
            self.assertIn(self.authority.fingerprint(self.good[0]), result.err)

    def test_a_certificate_signed_by_itself(self):
        with EvilServer(certificate=self.self_signed, tls=True) as server:
            self.sync_refused(server)

    def test_a_certificate_of_another_name(self):
        with EvilServer(certificate=self.other_name, tls=True) as server:
            result = self.sync_refused(server)
            self.assertIn("it is for imap.example.org", result.err)
            self.assertNotIn("tls-fingerprint", result.err)

    def test_only_the_list_of_names_counts_and_a_star_only_for_a_whole_label(self):
        for number, (san, code) in enumerate((("DNS:mail.foo.test", OK), ("DNS:*.foo.test", OK), ("", NETWORK), ("email:ana@foo.test", NETWORK),
                                              ("DNS:m*.foo.test,DNS:*l.foo.test,DNS:m*l.foo.test", NETWORK))):
            certificate = self.authority.certificate("name%d" % number, san=san, subject="mail.foo.test")
            with self.subTest(san), EvilServer(certificate=certificate, tls=True) as server:
                self.home.accounts.clear()
                account = Account(self.home, "imaps://mail.foo.test", "ana", PASSWORD, tls_ca_file=self.authority.ca, timeout=5,
                                  tunnel="bash -c 'exec 3<>/dev/tcp/127.0.0.1/%d; cat <&3 & exec cat >&3'" % server.port)
                result = self.check(account.sync(), code)
                self.assertNotIn("tls-fingerprint", result.err)

    def test_a_certificate_that_is_not_yet_valid(self):
        with EvilServer(certificate=self.authority.certificate("early", early=True), tls=True) as server:
            result = self.sync_refused(server)
            self.assertRegex(result.err, "not yet valid: it is for 2045-01-01 00:00 to 2049-01-01 00:00, and this machine's clock says 20")
            self.assertNotIn("tls-fingerprint", result.err)

    def test_tls_1_2_without_forward_secrecy(self):
        rsa = self.authority.certificate("rsa", rsa=True)
        for ciphers, code in (("AES128-GCM-SHA256:AES256-SHA256:AES128-SHA", NETWORK), ("ECDHE-RSA-AES128-GCM-SHA256", OK),
                              ("AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256", OK)):
            with self.subTest(ciphers), EvilServer(certificate=rsa, tls=True) as server:
                server.context.maximum_version = ssl.TLSVersion.TLSv1_2
                server.context.set_ciphers(ciphers)
                result = self.check(self.account_at(server).sync(), code)
                if code != OK:
                    self.assertIn("forward secrecy", result.err)
                    self.assertFalse(server.handshakes)

    def test_a_certificate_that_has_expired(self):
        with EvilServer(certificate=self.expired, tls=True) as server:
            result = self.sync_refused(server)
            self.assertRegex(result.err, "(?i)expired: it is for 2020-01-01 00:00 to 2020-02-01 00:00, and this machine's clock says 20")
            self.assertNotIn("tls-fingerprint", result.err)

    def test_an_unknown_issuer_is_no_reason_to_offer_the_fingerprint_of_a_wrong_date_or_name(self):
        for number, (wrong, words) in enumerate((({"expired": True}, "has expired: it is for 2020-01-01"), ({"early": True}, "not yet valid"),
                                                 ({"san": "DNS:imap.example.org"}, "it is for imap.example.org"))):
            certificate = self.authority.certificate("alone%d" % number, **wrong)
            with self.subTest(words), EvilServer(certificate=certificate, tls=True) as server:
                result = self.sync_refused(server, tls_ca_file=self.self_signed[0])
                self.assertIn(words, result.err)
                self.assertNotIn("tls-fingerprint", result.err)

    def test_an_old_version_of_tls(self):
        with EvilServer(certificate=self.good, tls=True) as server:
            server.context.set_ciphers("ALL:@SECLEVEL=0")
            server.context.minimum_version = ssl.TLSVersion.TLSv1
            server.context.maximum_version = ssl.TLSVersion.TLSv1_1
            self.sync_refused(server)

    def test_a_server_that_speaks_no_tls_on_the_tls_port(self):
        with EvilServer() as server:
            self.sync_refused(server)

    def test_starttls_that_is_not_offered(self):
        with EvilServer() as server:
            self.sync_refused(server, scheme="imap")

    def test_starttls_that_is_offered_and_then_refused(self):
        greeting = b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hi\r\n"
        for answer in (b"%T NO not now\r\n", b"%T BAD what\r\n"):
            with EvilServer([(rb"STARTTLS", answer)], greeting=greeting) as server:
                self.sync_refused(server, scheme="imap")

    def test_starttls_with_a_bad_certificate(self):
        greeting = b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hi\r\n"
        with EvilServer([(rb"STARTTLS", [b"%T OK go\r\n", STARTTLS])], greeting=greeting, certificate=self.self_signed) as server:
            self.sync_refused(server, scheme="imap")

    def test_a_greeting_that_says_already_logged_in_before_tls(self):
        with EvilServer(greeting=b"* PREAUTH [CAPABILITY IMAP4rev1] welcome\r\n") as server:
            self.sync_refused(server, scheme="imap")

    def test_text_slipped_in_before_the_handshake_is_not_believed(self):
        greeting = b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n"
        slipped = b"%T OK go\r\n* CAPABILITY IMAP4rev1 X-SLIPPED-IN AUTH=PLAIN\r\n"
        with EvilServer([(rb"STARTTLS", [slipped, STARTTLS])], greeting=greeting, certificate=self.good) as server:
            self.account_at(server, scheme="imap")
            result = self.home.run("check", "work")
            self.assertNotIn("X-SLIPPED-IN", result.out)
            self.assertIn(result.code, (OK, NETWORK))

    def test_capabilities_from_before_tls_are_asked_for_again(self):
        greeting = b"* OK [CAPABILITY IMAP4rev1 STARTTLS X-BEFORE AUTH=PLAIN] hi\r\n"
        with EvilServer([(rb"STARTTLS", [b"%T OK go\r\n", STARTTLS]),
                         (rb"CAPABILITY", b"* CAPABILITY " + CAPABILITIES + b"\r\n%T OK done\r\n")],
                        greeting=greeting, certificate=self.good) as server:
            self.account_at(server, scheme="imap")
            result = self.run_golub("check", "work")
            self.assertNotIn("X-BEFORE", result.out)

    def test_plain_text_is_refused_off_the_loopback_before_any_connection(self):
        Account(self.home, "imap://imap.example.org", "ana", PASSWORD, tls="none")

        result = self.run_golub("sync", "work", expect=CONFIG, timeout=20)

        self.assertIn("allow-plaintext", result.err)

    def test_a_server_that_is_not_there(self):
        port = scratch.free_ports(1)[0]
        Account(self.home, "imaps://127.0.0.1:%d" % port, "ana", PASSWORD)

        result = self.run_golub("sync", "work", expect=NETWORK, timeout=20)

        self.assertIn("127.0.0.1", result.err)


if __name__ == "__main__":
    main()
