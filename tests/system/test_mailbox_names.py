"""
Which mailbox is which, whatever the provider does to its name: another separator, another prefix, another encoding, another order in
the list. The provider that changes the first two is a Dovecot that is started again with other settings over the same mail.
"""
import os
import shutil
import sqlite3

from base import OK, PASSWORD, SOME, Account, Client, Dovecot, HomeTest, Proxy, SystemTest, main
from rig import evil, in_memory  # noqa: F401
from rig.maildir import Maildir

FORMS = [(".", ""), ("/", ""), (".", "INBOX."), ("/", ""), (".", "INBOX."), (".", "")]


class ProviderTest(SystemTest):
    server_options = {"separator": ".", "special_use": False}

    def as_form(self, separator, prefix):
        self.client.close()
        self.proxy.stop()
        self.server.restart(separator=separator, prefix=prefix)
        self.proxy = Proxy(self.server.port).start()
        self.addCleanup(self.proxy.stop)
        self.account.set(server="imap://127.0.0.1:%d" % self.proxy.port)
        self.client = Client(self.server.port, self.user, PASSWORD, separator, prefix)
        self.addCleanup(self.client.close)

    def test_another_separator_or_prefix_changes_no_mail(self):
        for name in ("Work", "Work/Old", "Lists"):
            self.client.create(name)
            self.client.fill(name, [self.corpus.simple("%s %d" % (name, n)) for n in range(4)])
        self.sync()
        self.assert_same()
        for n, form in enumerate(FORMS[1:]):
            with self.subTest(form):
                self.as_form(*form)

                result = self.sync()

                self.assertEqual(result.err, "")
                sent = [line.upper() for line in self.proxy.sent()]
                self.assertEqual([line for line in sent if b"BODY.PEEK[]" in line or b" APPEND " in line or b"CREATE" in line], [])
                self.assertEqual(sorted(self.maildir.mailboxes()), ["INBOX", "Lists", "Work", "Work/Old"])
                ours, theirs = self.corpus.simple("ours %d" % n), self.corpus.simple("theirs %d" % n)
                self.maildir.deliver("Work/Old", ours.lf, date=ours.date)
                self.client.append("Work", theirs.bytes, theirs.flags, theirs.date)
                self.sync()
                self.assertTrue(self.is_there(ours, "Work/Old"))
                self.assert_in_sync()


class BesideClient(Client):
    """At a server that has mailboxes beside those below its prefix: the former are called as their folders are."""

    def wire(self, name):
        return super().wire(name) if not name.startswith("%41") else '"%s"' % name.replace("%41", "A").replace("/", ".")

    def people(self, wire):
        return super().people(wire) if wire.startswith("INBOX") else wire.replace(".", "/").replace("A", "%41", 1)


class BesideMaildir(Maildir):
    def mailboxes(self):
        return {os.path.relpath(path, self.root): path for path, names, _ in os.walk(self.root) if "cur" in names}


class BesideAccount(Account):
    @property
    def maildir(self):
        return BesideMaildir(self.root)


class BesideTest(SystemTest):
    """`A` that appears when INBOX.A has its name already: two namespaces, of which the server tells one."""
    server_options = {"separator": ".", "prefix": "INBOX.", "special_use": False, "extra":
                      "namespace beside {\n  prefix =\n  separator = .\n  location = sdbox:~/beside\n  hidden = yes\n  list = yes\n}\n"}

    def setUp(self):
        super().setUp()
        self.client.close()
        self.client = BesideClient(self.server.port, self.user, PASSWORD, ".", "INBOX.")
        self.addCleanup(self.client.close)
        self.maildir = self.account.maildir

    def new_account(self, name, home=None, **extras):
        return BesideAccount(self.home, "imap://127.0.0.1:%d" % self.proxy.port, self.user, PASSWORD, name, tls="none")

    def given(self, name, *subjects):
        messages = [self.corpus.simple(subject) for subject in subjects]
        self.client.create(name)
        self.client.fill(name, messages)
        return messages

    def given_both(self):
        self.given("A", "one", "two")
        self.given("A/B", "three")
        self.sync()
        self.given("%41", "four", "five")
        self.given("%41/B", "six")

        result = self.sync()

        self.assertEqual(result.err, "")
        self.assertEqual(result.out.count("has that name here"), 2)
        self.assertEqual(sorted(self.maildir.mailboxes()), ["%41", "%41/B", "A", "A/B", "INBOX"])
        ours, theirs = self.corpus.simple("ours"), self.corpus.simple("theirs")
        self.maildir.deliver("%41", ours.lf, date=ours.date)
        self.client.append("%41/B", theirs.bytes, theirs.flags, theirs.date)
        moved = self.maildir.files("A")[0]
        self.maildir.move(moved, "%41")

        result = self.sync()

        self.assertNotIn("has that name here", result.out)
        self.assertTrue(self.is_there(ours, "%41"))
        self.assert_same()
        return ours

    def test_a_mailbox_whose_name_is_in_use_is_spelled_aside(self):
        self.given_both()

        self.assert_in_sync()

    def test_it_keeps_that_name_when_the_journal_is_lost(self):
        self.given_both()
        shutil.rmtree(self.account.state)

        self.sync()

        sent = [line.upper() for line in self.proxy.sent()]
        self.assertEqual([line for line in sent if b" APPEND " in line or b"CREATE" in line or b"EXPUNGE" in line], [])
        self.assertEqual(sorted(self.maildir.mailboxes()), ["%41", "%41/B", "A", "A/B", "INBOX"])
        self.sync()
        self.assert_in_sync()

    def test_it_keeps_that_name_when_the_other_one_is_removed(self):
        ours = self.given_both()
        self.client.delete_mailbox("A/B")
        self.client.delete_mailbox("A")

        self.sync()

        self.assertEqual(len(self.maildir.files("%41")), 4)
        self.maildir.delete(self.maildir.find("%41", ours))
        self.sync()
        self.assertFalse(self.is_there(ours, "%41"))
        self.assertEqual(sorted(self.client.mailboxes()), ["%41", "%41/B", "INBOX"])

    def test_the_prefix_is_kept_by_one_that_comes_second(self):
        first, = self.given("%41", "one")
        self.sync()
        self.assertEqual(sorted(self.maildir.mailboxes()), ["A", "INBOX"])
        second, = self.given("A", "two")

        self.sync()

        self.assertEqual(sorted(self.maildir.mailboxes()), ["A", "INBOX", "INBOX/A"])
        self.assertTrue(self.maildir.has("A", first))
        self.assertTrue(self.maildir.has("INBOX/A", second))

    def test_a_folder_spelled_aside_that_is_no_mailbox_makes_none(self):
        self.sync()
        self.maildir.create("%41")

        result = self.sync(expect=SOME)

        self.assertIn("%41", result.err)
        self.assertEqual(self.client.mailboxes(), ["INBOX"])


class ListTest(HomeTest):
    """From a server that plays a script: what no Dovecot lists."""

    def sync_with(self, capabilities, *mailboxes):
        """@param mailboxes  name as on the wire, UIDVALIDITY"""
        lines = b'* LIST () "." INBOX\r\n' + b"".join(b'* LIST () "." %s\r\n' % name for name, _ in mailboxes)
        default = [
            (rb"(LIST|LSUB)\b", lines + b"%T OK done\r\n"),
            (rb"NAMESPACE", b'* NAMESPACE (("INBOX." ".")) NIL NIL\r\n%T OK done\r\n'),
            (rb"ENABLE", b"* ENABLED UTF8=ACCEPT\r\n%T OK done\r\n"),
            *((rb"STATUS %s " % name.replace(b'\\', b'\\\\'),
               b"* STATUS %s (MESSAGES 0 UIDNEXT 1 UIDVALIDITY %d)\r\n%%T OK done\r\n" % (name, number))
              for name, number in mailboxes),
            *((rb"(SELECT|EXAMINE) %s" % name,
               b"* 0 EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n* OK [UIDNEXT 1] ok\r\n%%T OK [READ-WRITE] done\r\n" % number)
              for name, number in mailboxes),
            *evil.defaults(capabilities)]
        with evil.EvilServer(default=default) as server:
            if not self.home.accounts:
                Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, tls="none", timeout=5, auth=["plain"])
            account = self.home.accounts[0]
            account.set(server="imap://127.0.0.1:%d" % server.port)
            result = self.check(account.sync(timeout=60), OK)
        self.assertEqual(result.err, "")
        return account, result

    def folders(self, account):
        return sorted(os.path.relpath(path, account.root) for path, names, _ in os.walk(account.root) if "cur" in names)

    def test_names_do_not_depend_on_the_order_of_the_list(self):
        prefixed, plain = (b'"INBOX.A"', 5), (b'"A"', 6)
        for order in ((prefixed, plain), (plain, prefixed)):
            account, _ = self.sync_with(evil.CAPABILITIES + b" NAMESPACE", *order)
            self.assertEqual(self.folders(account), ["A", "INBOX", "INBOX/A"])
            self.assertEqual(self.numbers(account), {"A": 6, "INBOX/A": 5})
            shutil.rmtree(account.root)
            shutil.rmtree(account.state)

    def test_a_mailbox_called_like_the_encoded_name_of_another_stays_itself_when_names_become_utf8(self):
        plain = evil.CAPABILITIES
        utf8 = evil.CAPABILITIES + b" ENABLE UTF8=ACCEPT"
        before = ((b'"&AOk-"', 5), (b'"&-AOk-"', 6))
        after = ((b'"\xc3\xa9"', 5), (b'"&AOk-"', 6))
        for first, second in (((plain, before), (utf8, after)), ((utf8, after), (plain, before))):
            for capabilities, mailboxes in (first, second, second):
                account, result = self.sync_with(capabilities, *mailboxes)
                self.assertNotIn("UIDVALIDITY", result.out)
                self.assertEqual(self.folders(account), ["&AOk-", "INBOX", "\u00e9"])
                self.assertEqual(self.numbers(account), {"\u00e9": 5, "&AOk-": 6})
            shutil.rmtree(account.root)
            shutil.rmtree(account.state)

    def numbers(self, account):
        with sqlite3.connect(account.journal_path()) as db:
            return dict(db.execute("SELECT name, uidvalidity FROM mailbox WHERE name <> 'INBOX'"))


if __name__ == "__main__":
    main()
