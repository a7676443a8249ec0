"""Servers that answer for so many messages at a time, or show so many (none of the distribution does: a script plays one); few descriptors."""
import re

from base import OK, PASSWORD, Account, HomeTest, SystemTest, main
from rig.popserver import PopServer
from rig.evil import EvilServer, defaults
from rig import in_memory  # noqa: F401

LIMIT = 3


class Mailbox:
    """INBOX with one message a UID, listed from the newest down, `limit` a command; of the newest `view` alone."""

    def __init__(self, count, says_uid=True, word=b"UIDFETCH", upwards=True, limit=LIMIT, view=None):
        self.all = {}
        self.grow(count)
        self.says_uid, self.word, self.upwards, self.limit, self.view = says_uid, word, upwards, limit, view

    def grow(self, count):
        for uid in range(len(self.all) + 1, len(self.all) + count + 1):
            self.all[uid] = b"Message-ID: <%d@example>\r\nSubject: %d\r\n\r\nbody %d\r\n" % (uid, uid, uid)

    @property
    def messages(self):
        return {uid: self.all[uid] for uid in sorted(self.all)[-self.view:]} if self.view else self.all

    def select(self, _line):
        return (b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT %d] ok\r\n* OK [PERMANENTFLAGS (\\Seen)] ok\r\n"
                b"%%T OK [READ-WRITE] done\r\n" % (len(self.messages), max(self.messages) + 1))

    def status(self, _line):
        return (b"* STATUS INBOX (MESSAGES %d UIDNEXT %d UIDVALIDITY 7)\r\n%%T OK done\r\n"
                % (len(self.messages), max(self.messages) + 1))

    def fetch(self, line):
        messages, limit = self.messages, self.limit
        ranges, items = re.search(rb"UID FETCH (\S+) \((.*)\)", line).groups()
        wanted = set()
        for part in ranges.split(b","):
            first, _, last = part.partition(b":")
            last = max(messages) if last == b"*" else int(last or first)
            wanted |= {uid for uid in messages if int(first) <= uid <= last}
        wanted, end = sorted(wanted), b"%T OK done\r\n"
        if b"BODY" not in items and len(wanted) > limit:
            wanted = wanted[-limit:]
            end = b"%%T OK [MESSAGELIMIT %d%s] partial\r\n" % (limit, b" %d" % wanted[0] if self.says_uid else b"")
        answer, numbers = b"", {uid: number for number, uid in enumerate(sorted(messages), 1)}
        for uid in wanted if self.upwards else reversed(wanted):
            body = messages[uid]
            if b"BODY" in items:
                part = body.split(b"\r\n\r\n")[0] + b"\r\n\r\n" if b"HEADER" in items else body
                section = b"HEADER" if b"HEADER" in items else b""
                what = b"BODY[%s] {%d}\r\n%s" % (section, len(part), part)
            else:
                what = b"FLAGS ()"
                if b"SIZE" in items:
                    what += b" RFC822.SIZE %d" % len(body)
                if b"DATE" in items:
                    what += b' INTERNALDATE "01-Jan-2020 00:00:00 +0000"'
            number = uid if self.word == b"UIDFETCH" else numbers[uid]
            answer += b"* %d %s (UID %d %s)\r\n" % (number, self.word, uid, what)
        return answer + end

    def server(self, capabilities):
        script = [(rb"ENABLE", b"* ENABLED UIDONLY\r\n%T OK done\r\n"), (rb"(SELECT|EXAMINE)\b", self.select),
                  (rb"STATUS\b", self.status), (rb"UID FETCH\b", self.fetch)]
        return EvilServer(default=script + defaults(b"IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS " + capabilities))


class LimitTest(HomeTest):
    def given(self, mailbox, capabilities):
        self.server = self.enterContext(mailbox.server(capabilities))
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, "ana", PASSWORD, tls="none")

    def here(self):
        return sorted(re.search(rb"<(\d+)@", f.wire()).group(1).decode() for f in self.account.maildir.files("INBOX"))

    def test_what_is_below_the_limit_is_read_on(self):
        for capabilities, word in ((b"ENABLE UIDONLY MESSAGELIMIT=3", b"UIDFETCH"), (b"MESSAGELIMIT=3", b"FETCH")):
            with self.subTest(word):
                self.setUp()
                mailbox = Mailbox(10, word=word, upwards=word == b"UIDFETCH")
                self.given(mailbox, capabilities)
                for _ in range(2):
                    self.run_golub("sync", "work", expect=OK)
                    self.assertEqual(len(self.here()), 10)
                enabled = [line for line in self.server.lines if b"ENABLE" in line]
                self.assertEqual(bool(enabled), word == b"UIDFETCH")

                del mailbox.messages[4]  # removed by another client

                self.run_golub("sync", "work", expect=OK)
                self.assertEqual(len(self.here()), 9)
                self.assertNotIn("4", self.here())

    def test_a_listing_that_is_cut_for_good_is_a_limited_view(self):
        mailbox = Mailbox(5, says_uid=False, word=b"FETCH")
        self.given(mailbox, b"MESSAGELIMIT=3")
        first = self.run_golub("sync", "work", expect=OK)
        self.assertIn("shows only the newest 3", first.out)
        self.assertEqual(self.here(), ["3", "4", "5"])
        mailbox.messages[6] = b"Message-ID: <6@example>\r\n\r\nnew\r\n"

        self.run_golub("sync", "work", expect=OK)

        self.assertEqual(self.here(), ["3", "4", "5", "6"])
        self.assertIn("1", self.run_golub("status", "work").out)

    def test_a_mailbox_that_grows_up_to_a_limit_of_the_large_providers_is_a_limited_view(self):
        mailbox = Mailbox(996, word=b"FETCH", limit=5000, view=1000)
        self.given(mailbox, b"")
        self.run_golub("sync", "work", expect=OK)
        mailbox.grow(10)

        self.run_golub("sync", "work", expect=OK)

        self.assertEqual(len(self.here()), 1006)

    def test_a_limit_that_the_user_made_larger_is_one(self):
        """At some providers a setting says how many are shown: what is below them is not gone because more are."""
        mailbox = Mailbox(1000, word=b"FETCH", limit=5000, view=1000)
        self.given(mailbox, b"")
        for _ in range(3):
            self.run_golub("sync", "work", expect=OK)
            mailbox.grow(510)
        mailbox.view = 2000

        self.run_golub("sync", "work", expect=OK)

        self.assertEqual(len(self.here()), 2530)
        del mailbox.all[2]
        mailbox.view = None
        self.run_golub("sync", "work", expect=OK)
        self.assertEqual(len(self.here()), 2529)


def few(hard, soft=None):
    """In front of a command: no more than so many files may be open."""
    return ("sh", "-c", 'ulimit -Sn "$0" && ulimit -Hn "$1" && shift && exec "$@"', str(soft or hard), str(hard))


class DescriptorsTest(SystemTest):
    def given_accounts(self, count, messages):
        """Accounts of the same user, with so much mail in INBOX."""
        self.client.fill("INBOX", [self.corpus.simple(body="%d\r\n" % n) for n in range(messages)])
        return [self.account] + [self.new_account("more%d" % n) for n in range(count - 1)]

    def here(self, account):
        return len(account.maildir.files("INBOX"))

    def test_one_account_that_may_open_little_gets_all_its_mail(self):
        self.given_accounts(1, 300)

        self.run_golub("sync", prefix=few(128), expect=OK)

        self.assert_same()

    def test_accounts_share_what_there_is(self):
        accounts = self.given_accounts(8, 300)

        self.run_golub("sync", prefix=few(512), expect=OK)

        self.assertEqual([self.here(account) for account in accounts], [300] * 8)

    def test_what_does_not_reach_for_all_accounts_serves_one_after_the_other(self):
        accounts = self.given_accounts(6, 40)

        self.run_golub("sync", prefix=few(100), expect=OK)

        self.assertEqual([self.here(account) for account in accounts], [40] * 6)

    def test_the_hard_limit_is_what_counts(self):
        accounts = self.given_accounts(8, 300)

        self.run_golub("sync", prefix=few(4096, 16), expect=OK)

        self.assertEqual([self.here(account) for account in accounts], [300] * 8)

    def test_a_command_gets_the_limit_that_golub_was_started_with(self):
        self.account.set(password_command="ulimit -Sn > '%s'; echo '%s'" % (self.home.path_of("limit"), PASSWORD))

        self.run_golub("sync", prefix=few(4096, 300), expect=OK)

        with open(self.home.path_of("limit"), encoding="ascii") as f:
            self.assertEqual(f.read().strip(), "300")

    def test_new_files_go_up_however_few_may_be_open(self):
        self.sync()
        for n in range(300):
            self.maildir.deliver("INBOX", self.corpus.simple(body="%d\r\n" % n))

        self.run_golub("sync", prefix=few(100), expect=OK)

        self.assert_same()

    def test_mailboxes_in_great_number_need_no_more(self):
        for box in range(60):
            self.client.create("box%02d" % box)
            self.client.fill("box%02d" % box, [self.corpus.simple(body="%d %d\r\n" % (box, n)) for n in range(2)])

        self.run_golub("sync", prefix=few(128), expect=OK)

        self.assert_same()

    def lowered(self, account, most):
        """From its login on golub may open so few files, although it counted on more: as if other programs had taken what the system has."""
        account.set(password_command="prlimit --pid $PPID --nofile=%d: && echo '%s'" % (most, PASSWORD))

    def test_where_none_is_left_what_came_is_delivered_and_the_rest_comes(self):
        self.given_accounts(1, 300)
        self.lowered(self.account, 50)

        self.run_golub("sync", expect=OK)

        self.assert_same()

    def test_where_none_is_left_what_is_open_is_sent_and_the_rest_goes(self):
        self.sync()
        for n in range(300):
            self.maildir.deliver("INBOX", self.corpus.simple(body="%d\r\n" % n))
        self.lowered(self.account, 50)

        self.run_golub("sync", expect=OK)

        self.assert_same()

    def test_where_none_is_left_an_import_delivers_what_came(self):
        server = self.enterContext(PopServer([bytes(self.corpus.simple(body="%d\r\n" % n)) for n in range(300)]))
        post = Account(self.home, "pop3://127.0.0.1:%d" % server.port, "ana", PASSWORD, "post", tls="none")
        self.lowered(post, 50)

        self.run_golub("import", "post", expect=OK)

        self.assertEqual(self.here(post), 300)

    def test_an_import_needs_no_more_either(self):
        server = self.enterContext(PopServer([bytes(self.corpus.simple(body="%d\r\n" % n)) for n in range(300)]))
        post = Account(self.home, "pop3://127.0.0.1:%d" % server.port, "ana", PASSWORD, "post", tls="none")

        self.run_golub("import", "post", prefix=few(100), expect=OK)

        self.assertEqual(self.here(post), 300)


if __name__ == "__main__":
    main()
