#!/usr/bin/env python3
"""`golub import --adopt`: what getmail, mpop and fetchmail have fetched is not fetched again, and nothing is asked for but the lists."""
import fcntl
import os
import re
import shutil

from popbase import BUSY, CONFIG, HELD, PASSWORD, SOME, DovecotTest, ScriptTest, main, popclient
from rig.fetchers import Fetchmail, Getmail, Mpop
from rig.popserver import Message

QUIET = rb"(CAPA|USER|PASS|AUTH|STAT|LIST|UIDL|QUIT|NOOP)\b"


class Adopting:
    """Of one program: `kind`."""
    kind = None

    def given_a_program(self, **options):
        if not self.kind.is_here():
            self.skipTest("%s is not installed" % self.kind.program)
        self.fetcher = self.kind(self.server.pop_port, self.user, PASSWORD, **options)
        self.addCleanup(self.fetcher.close)
        return self.fetcher

    def adopt(self, *options, path=None, **more):
        return self.import_("--adopt", path or self.fetcher.list, *options, **more)

    def names(self):
        return sorted((f.name, f.digest) for f in self.here())

    def assert_only_lists(self):
        asked = [line for line in self.proxy.sent() if not re.match(QUIET, line, re.I) and not re.match(rb"[A-Za-z0-9+/=]*$", line)]
        self.assertEqual(asked, [], self.evidence())

    def test_what_it_has_is_had_and_only_what_comes_later_is_fetched(self):
        mails = self.given(12)
        fetcher = self.given_a_program()
        fetcher.fetch()
        self.remove_there(3, 7)
        mails += self.given(3)

        result = self.adopt()

        self.assertIn("10 recorded, 3 on the server are new, 2 are no longer there", result.out)
        self.assert_only_lists()
        self.assertEqual(self.here(), [])
        self.import_()
        self.assert_here([m for m in self.there() if popclient.digest(m) in {popclient.digest(n) for n in self.there()[-3:]}])
        self.assertEqual(self.count_there(), 13)

    def test_it_may_go_on_for_a_while(self):
        self.given(5)
        fetcher = self.given_a_program()
        fetcher.fetch()
        self.adopt()
        self.given(2)
        fetcher.fetch()

        self.assertIn("7 recorded, 0 on the server are new, 0 are no longer there", self.adopt().out)
        self.import_()
        self.assertEqual(self.here(), [])

    def test_a_dry_run_says_the_same_and_writes_nothing(self):
        self.given(4)
        fetcher = self.given_a_program()
        fetcher.fetch()
        before = self.snapshot()

        result = self.adopt("-n")

        self.assertIn("4 recorded, 0 on the server are new, 0 are no longer there", result.out)
        self.assertEqual(self.snapshot(), before)
        self.assert_only_lists()

    def test_what_is_had_stays_on_the_server_whatever_keep_says(self):
        self.given(4)
        self.account.set(keep="no")
        fetcher = self.given_a_program()
        fetcher.fetch()
        self.adopt()
        self.import_()
        self.assertEqual((self.here(), self.count_there()), ([], 4))

    def test_its_list_stays_as_it_is(self):
        self.given(4)
        fetcher = self.given_a_program()
        fetcher.fetch()
        before = (fetcher.lines(), os.stat(fetcher.list).st_mtime_ns)
        self.adopt()
        self.assertEqual((fetcher.lines(), os.stat(fetcher.list).st_mtime_ns), before)

    def test_a_list_that_is_cut_short_is_not_believed(self):
        self.given(4)
        fetcher = self.given_a_program()
        fetcher.fetch()
        data = b"".join(fetcher.lines())
        with open(fetcher.list, "wb") as f:
            f.write(data[:-3])

        result = self.adopt(expect=CONFIG)

        self.assertIn("cut short", result.err)
        self.assertEqual(self.proxy.stats["conns"], 0)
        self.assertIn("4 new here", self.import_().out)

    def test_the_list_of_another_maildrop_is_refused(self):
        self.given(4)
        fetcher = self.given_a_program()
        fetcher.fetch()
        other = self.pop_account(self.proxy.port, name="other", user="ana", home=self.home)

        result = self.check(self.home.run("import", other.name, "--adopt", fetcher.list), CONFIG)

        self.assertIn("ana at 127.0.0.1", result.err)
        self.assertEqual(self.proxy.stats["conns"], 0)

    def test_what_it_brought_and_did_not_write_down_does_not_come_twice(self):
        """It was killed, or its list is lost; and it wrote lines of its own into what it brought, and folded others."""
        self.account.maildir.create("INBOX")
        ordinary = self.given(3)
        head = b"From: Ana <ana@example.org>\r\nTo: bo@example.org\r\nDate: Tue, 3 Mar 2026 10:00:00 +0000\r\nMessage-ID: <%d@example.org>\r\n"
        received = b"Received: from mx.example.org by pop.example.org with ESMTP id 1;\r\n\tTue, 3 Mar 2026 10:00:00 +0000\r\n"
        self.drop([head % 1 + b"Subject: no way\r\n\r\none\r\n", received + head % 2 + b"Subject: " + b"long " * 30 + b"line\r\n\r\ntwo\r\n",
                   received + head % 3 + b"X-Long: " + b"a-b;c,d " * 40 + b"\r\nSubject:\r\n folded\r\n\tby others\r\n\r\nthree\r\n"])
        self.given_a_program(into=self.account.maildir.folder("INBOX")).fetch()
        before = self.names()

        result = self.import_()

        self.assertIn("%d files here have headers of messages" % (len(ordinary) + 3), result.out)
        self.assertEqual(self.names(), before)
        self.assertEqual([line for line in self.proxy.sent() if line.startswith(b"DELE")], [])
        self.account.set(keep="no")
        self.import_(expect=HELD)
        self.import_("--confirm-deletes")
        self.assertEqual((self.count_there(), self.names()), (0, before))

    def test_json(self):
        self.given(4)
        fetcher = self.given_a_program()
        fetcher.fetch()
        result = self.adopt("--json")
        self.assertEqual([e["text"] for e in result.of("message") if e["key"] == "adopted"],
                         ["4 recorded, 0 on the server are new, 0 are no longer there"])
        self.assertEqual([e["counts"]["had"] for e in result.of("result") if "account" in e], [4])


class GetmailTest(Adopting, DovecotTest):
    kind = Getmail

    def test_headers_of_parts_that_it_folded_do_not_bring_a_message_twice(self):
        long, folds = b"a word; " * 30, b"name=\"%s\"" % (b"long file name " * 20)
        part = b"--out\r\nContent-Type: application/x-y; " + folds + b"\r\n\r\nattached, not folded: " + long + b"\r\n"
        inner = (b"--out\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\nContent-Type: text/plain; " + folds +
                 b"\r\n\r\ninner\r\n--in\r\nContent-Type: message/rfc822\r\n\r\nSubject: " + long + b"\r\n\r\nforwarded\r\n--in--\r\n")
        head = (b"From: a@example.org\r\nDate: Tue, 3 Mar 2026 10:00:00 +0000\r\nMessage-ID: <parts-%d@example.org>\r\nMIME-Version: 1.0\r\n"
                b"Content-Type: multipart/mixed; boundary=\"out\"\r\n\r\nfor old readers\r\n")
        self.drop([head % n + part + inner * (n % 2) + b"--out--\r\n" for n in range(6)])
        self.assert_nothing_comes_twice(6)

    def test_a_boundary_with_blanks_and_the_messages_of_a_digest_are_folded_and_known(self):
        folds = b"name=\"%s\"" % (b"long file name " * 20)
        head = (b"From: a@example.org\r\nDate: Tue, 3 Mar 2026 10:00:00 +0000\r\nMessage-ID: <rare-%d@example.org>\r\nMIME-Version: 1.0\r\n"
                b"Content-Type: multipart/%s; boundary=\"one two\"\r\n\r\n--one two\r\n%s--one two--\r\n")
        part = b"Content-Type: text/plain; " + folds + b"\r\n\r\ntext\r\n"
        digest = b"\r\nSubject: " + b"a word; " * 30 + b"\r\n\r\nof a list\r\n"
        self.drop([head % (n, b"digest" if n % 2 else b"mixed", digest if n % 2 else part) for n in range(4)])
        self.assert_nothing_comes_twice(4)

    def assert_nothing_comes_twice(self, count):
        self.account.maildir.create("INBOX")
        fetcher = self.given_a_program(into=self.account.maildir.folder("INBOX"))
        fetcher.fetch()
        before = self.names()
        self.assertEqual(len(before), count)
        self.assertFalse({m.digest for m in self.here()} & {popclient.digest(m) for m in self.there()}, "getmail folded nothing")

        self.import_()

        self.assertEqual(self.names(), before)
        self.account.set(keep="no")
        self.import_(expect=HELD)
        self.import_("--confirm-deletes")
        self.assertEqual((self.count_there(), self.names()), (0, before))

    def test_a_renamed_list_needs_a_word(self):
        self.given(4)
        fetcher = self.given_a_program()
        fetcher.fetch()
        copy = os.path.join(fetcher.folder, "seen")
        shutil.copy(fetcher.list, copy)

        self.assertIn("--adopt-as getmail", self.adopt(path=copy, expect=CONFIG).err)
        self.assertIn("4 recorded", self.adopt("--adopt-as", "getmail", path=copy).out)


class MpopTest(Adopting, DovecotTest):
    kind = Mpop

    def test_a_list_that_is_locked_is_left(self):
        self.given(4)
        fetcher = self.given_a_program()
        fetcher.fetch()
        with open(fetcher.list, "r+b") as f:
            fcntl.lockf(f, fcntl.LOCK_EX)
            result = self.adopt(expect=BUSY)
        self.assertIn("mpop is at work", result.err)
        self.assertEqual(self.proxy.stats["conns"], 0)


class FetchmailTest(Adopting, DovecotTest):
    kind = Fetchmail

    def test_several_maildrops_in_one_list(self):
        self.given(4)
        fetcher = self.given_a_program()
        fetcher.fetch()
        lines = fetcher.lines()
        with open(fetcher.list, "wb") as f:
            f.write(b"somebody@elsewhere.example x1\n" + b"".join(lines) + b"somebody@elsewhere.example x2\n")
        self.assertIn("4 recorded, 0 on the server are new, 0 are no longer there", self.adopt().out)


class FileTest(ScriptTest):
    """A file, whatever wrote it."""
    def given_a_list(self, text):
        path = os.path.join(self.home.path, "list")
        with open(path, "wb") as f:
            f.write(text)
        return path

    def test_a_file_that_is_none_of_these_is_refused_before_anything(self):
        self.serve(self.mails(2))
        for text, words in ((b"", "it is empty"), (b"# This file was generated by mpop\n#\n", "it is empty"), (b"Subject: x\n", "no list of getmail's"), (b"\0\0\n", "time")):
            result = self.import_("--adopt", self.given_a_list(text), expect=CONFIG)
            self.assertIn(words, result.err)
        self.assertIn("No such file", self.import_("--adopt", "/nowhere/list", expect=CONFIG).err)
        self.assertEqual(self.server.lines, [])
        self.assertEqual(self.here(), [])

    def test_a_server_without_uidl_has_nothing_to_compare(self):
        self.serve(self.mails(2), capabilities=("TOP", "USER", "SASL PLAIN"), rules=[(rb"UIDL", b"-ERR no such command\r\n")])
        result = self.import_("--adopt", self.given_a_list(b"ana@127.0.0.1 a\n"), expect=CONFIG)
        self.assertIn("no UIDL", result.err)
        self.assertEqual(self.server.asked(rb"(TOP|RETR|DELE)\b"), [])

    def uidls(self):
        return [m.uidl for m in self.server.drop]

    def test_only_what_is_named_is_had(self):
        self.serve(self.mails(4))
        path = self.given_a_list(b"".join(b"ana@127.0.0.1 %s\n" % u for u in self.uidls()[:3]))

        self.assertIn("3 recorded, 1 on the server is new, 0 are no longer there", self.import_("--adopt", path).out)

        self.import_()
        self.assert_here([self.server.drop[3].bytes])
        self.assertEqual(self.server.asked(rb"DELE"), [])

    def test_what_an_import_left_as_too_large_is_had(self):
        mails = self.mails(3)
        mails[1] += b"x" * 3000 + b"\r\n"
        self.serve(mails, extras={"max-size": 2000, "keep": "no"})
        self.import_()
        path = self.given_a_list(b"".join(b"ana@127.0.0.1 %s\n" % u for u in self.uidls()))
        self.assertIn("1 recorded as had", self.import_("--adopt", path).out)
        self.account.set(**{"max-size": None})
        self.import_()
        self.assertEqual((len(self.here()), self.server.contents()), (2, [mails[1]]))

    def test_what_an_import_only_began_is_had(self):
        self.serve(self.mails(4), extras={"keep": "no"})
        self.server.rule(rb"RETR", b"-ERR not now\r\n")
        self.import_(expect=SOME)
        self.assertEqual({r["state"] for r in self.pop_rows()}, {1})
        self.server.rules = []
        path = self.given_a_list(b"".join(b"ana@127.0.0.1 %s\n" % u for u in self.uidls()[:3]))
        self.assertIn("3 recorded as had", self.import_("--adopt", path).out)
        self.import_()
        self.assertEqual((len(self.here()), len(self.server.drop)), (1, 3))

    def test_what_is_had_stays_had_under_other_names_also_before_new_mail_came(self):
        """Its headers are read by the imports in between, though they bring nothing."""
        self.serve(self.mails(4), extras={"keep": "no"})
        path = self.given_a_list(b"".join(b"ana@127.0.0.1 %s\n" % u for u in self.uidls()))
        self.import_("--adopt", path)
        self.import_()
        asked = len(self.server.asked(rb"TOP"))
        self.import_()
        self.assertEqual(len(self.server.asked(rb"TOP")), asked)
        for n, message in enumerate(self.server.drop):
            message.uidl = b"other-%d" % n

        for _ in range(2):
            self.import_()

        self.assertEqual((self.here(), len(self.server.drop)), ([], 4))

    def test_no_other_maildrops_list_is_taken(self):
        self.serve(self.mails(2))
        for owner in (b"ana@127.0.0.2", b"bo@127.0.0.1"):
            path = self.given_a_list(b"".join(b"%s %s\n" % (owner, u) for u in self.uidls()))
            self.assertIn("at 127.0.0.", self.import_("--adopt", path, expect=CONFIG).err)
        self.assertEqual(self.server.lines, [])

    def test_files_that_are_here_are_not_compared_with_what_is_had(self):
        mails = self.mails(3)
        self.serve(mails)
        self.account.maildir.create("INBOX")
        for mail in mails:
            self.account.maildir.put("INBOX", mail)
        path = self.given_a_list(b"ana@127.0.0.1 %s\n" % self.uidls()[0])

        self.import_("--adopt", path)

        self.assertEqual(self.server.asked(rb"TOP|RETR"), [])
        self.import_()
        self.assertEqual(len(self.here()), 3)

    def test_getmail_has_no_slash_in_a_name(self):
        self.serve([Message(m, b"a/%d" % n) for n, m in enumerate(self.mails(2))])
        path = self.given_a_list(b"a-0\0001700000000\na-1\0001700000000\n")
        self.assertIn("2 recorded", self.import_("--adopt", path, "--adopt-as", "getmail").out)

    def test_a_list_that_changes_while_it_is_compared_is_left(self):
        self.serve(self.mails(2))
        path = self.given_a_list(b"ana@127.0.0.1 %s\n" % self.uidls()[0])

        def on_uidl(session, line):
            with open(path, "ab") as f:
                f.write(b"ana@127.0.0.1 %s\n" % self.uidls()[1])
        self.server.rule(rb"UIDL$", on_uidl, times=1)

        self.assertIn("fetchmail is at work", self.import_("--adopt", path, expect=BUSY).err)

        self.assertIn("2 recorded", self.import_("--adopt", path).out)

    def test_large_numbers_are_easy_to_read(self):
        self.serve(self.mails(1))
        entries = b"".join(b"ana@127.0.0.1 gone%d\n" % n for n in range(1234))
        self.assertIn("0 recorded, 1 on the server is new, 1,234 are no longer there", self.import_("--adopt", self.given_a_list(entries)).out)


if __name__ == "__main__":
    main()
