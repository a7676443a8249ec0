"""Unique-ids as servers really give them: repeated, used again, missing, malformed, by the hundred thousand."""
import collections
import os
import shutil
import time

from popbase import NETWORK, OK, SOME, ScriptTest, main
from rig import in_memory  # noqa: F401
from rig.popserver import END, Message


class UidlTest(ScriptTest):
    def test_state_is_kept_for_each_message_and_a_run_that_died_fetches_the_rest_alone(self):
        """Lesson: a state that is written once a run fetches everything again after a crash."""
        server = self.serve(self.mails(400))
        server.rule(rb"RETR 150\b", "close", 1)
        self.account.set(order="oldest")

        self.import_(expect=OK)

        self.assert_here(server.contents())
        asked = server.asked(rb"RETR")
        # A server that ends the line while commands lie unread takes the last answers back on their way (a reset): not those.
        self.assertEqual([asked.count(b"RETR %d" % n) for n in range(1, 101)], [1] * 100)

    def test_lists_that_are_shorter_than_what_stat_counts_are_said(self):
        server = self.serve(self.mails(5))
        server.rule(rb"STAT$", b"+OK 7 9000\r\n")

        for _ in range(2):
            result = self.import_(expect=OK)
            self.assertIn("STAT says 7 messages, UIDL lists 5, LIST 5: none counts as gone in this run", result.out)

        self.assert_here(server.contents())

    def test_a_repeated_uidl_is_fetched_for_each_message_and_never_removed_while_it_is_repeated(self):
        """Lesson: a UIDL may not be unique."""
        twins = [Message(m, b"same") for m in self.mails(3, "twin")]
        server = self.serve(twins + [Message(m) for m in self.mails(2)], extras={"keep": "no"})
        mails = server.contents()

        result = self.home.run("import", "post")

        self.assertIn(result.code, (OK, SOME), result)
        self.assert_here(mails)
        self.assertEqual(server.contents(), [m.bytes for m in twins])
        self.assertIn(self.home.run("import", "post").code, (OK, SOME))
        self.assert_here(mails)
        del server.drop[1:]
        self.home.run("import", "post")
        self.home.run("import", "post")
        self.assert_here(mails)
        self.assertEqual(server.contents(), [], "a UIDL that is not repeated any more")

    def test_equal_messages_under_a_repeated_uidl_are_as_many_here_as_there(self):
        """RFC 1939 lets a server repeat a UIDL for equal messages."""
        mail = self.mails(1)[0]
        server = self.serve([Message(mail, b"same") for _ in range(3)])

        self.home.run("import", "post")
        self.home.run("import", "post")

        self.assert_here([mail] * 3)
        server.drop.append(Message(mail, b"same"))
        self.home.run("import", "post")
        self.home.run("import", "post")
        self.assert_here([mail] * 4)

    def test_a_uidl_that_becomes_repeated_is_not_removed_and_the_newcomer_comes(self):
        server = self.serve([Message(self.mails(1)[0], b"same")], extras={"keep": "30d"})
        first = server.contents()
        self.import_()
        self.pass_days(31)
        second = self.mails(1, "second")
        server.drop.append(Message(second[0], b"same"))

        self.home.run("import", "post")
        self.home.run("import", "post")

        self.assert_here(first + second)
        self.assertEqual(server.asked(rb"DELE"), [])

    def test_a_uidl_that_is_used_again_at_once_is_new_mail_and_is_not_removed_as_the_old_one(self):
        server = self.serve([Message(self.mails(1)[0], b"again")], extras={"keep": "30d"})
        old = server.contents()
        self.import_()
        self.pass_days(31)
        new = self.mails(1, "another")
        server.drop = [Message(new[0], b"again")]

        self.home.run("import", "post")
        self.import_()

        self.assert_here(old + new)
        self.assertEqual(server.contents(), new)

    def test_a_uidl_that_was_gone_and_is_used_again_is_new_mail(self):
        server = self.serve([Message(m, b"n%d" % n) for n, m in enumerate(self.mails(3))])
        old = server.contents()
        self.import_()
        away = server.drop.pop(0)
        self.import_()
        new = self.mails(1, "another")
        server.drop.append(Message(new[0], away.uidl))

        self.import_()

        self.assert_here(old + new)

    def test_an_incomplete_list_forgets_nothing(self):
        """A list that breaks off proves no absence."""
        server = self.serve(self.mails(6))
        mails = server.contents()
        self.import_()
        server.rule(rb"UIDL", [lambda s, _: b"+OK\r\n1 %s\r\n" % s.drop[0].uidl, "close"])
        self.import_(expect=NETWORK)
        server.clear()

        self.assertEqual(self.downloads(), 0)

        self.assert_here(mails)

    def test_a_list_that_stat_contradicts_forgets_nothing_that_would_come_twice(self):
        """An empty list of a server in trouble, then the true one again."""
        server = self.serve(self.mails(6))
        mails = server.contents()
        self.import_()
        server.rule(rb"UIDL", b"+OK\r\n.\r\n", 1)

        self.home.run("import", "post")
        server.clear()
        self.import_()

        self.assert_here(mails)

    def test_without_uidl_messages_are_known_by_their_header_and_nothing_is_removed(self):
        """Lesson: UIDL may be missing; then a digest of TOP 0 tells, and deleting is refused."""
        server = self.serve(self.mails(5), capabilities=("TOP", "USER", "SASL PLAIN"), extras={"keep": "no"})
        server.rule(rb"UIDL", b"-ERR unknown command\r\n")
        mails = server.contents()

        first = self.home.run("import", "post")
        self.assertIn(first.code, (OK, SOME), first)
        self.assertRegex(first.out + first.err + self.home.run("status", "post").out, "UIDL")
        server.lines = []
        again = self.home.run("import", "post")

        self.assertIn(again.code, (OK, SOME), again)
        self.assert_here(mails)
        self.assertEqual(server.asked(rb"(RETR|DELE)"), [])
        del server.drop[2]
        more = self.mails(2, "more")
        server.drop += [Message(m) for m in more]
        self.home.run("import", "post")
        self.assert_here(mails + more)
        self.assertEqual(len(server.asked(rb"RETR")), 2)
        self.assertEqual(server.asked(rb"DELE"), [])

    def test_without_uidl_equal_headers_are_counted(self):
        head = b"From: a@example.org\r\nSubject: same\r\n\r\n"
        bodies = [head + b"body %d\r\n" % n for n in range(3)]
        server = self.serve(bodies, capabilities=("TOP", "USER"))
        server.rule(rb"UIDL", b"-ERR unknown command\r\n")

        for _ in range(3):
            self.home.run("import", "post")

        self.assert_here(bodies)

    def test_without_uidl_and_top_messages_are_known_by_their_bytes(self):
        server = self.serve(self.mails(4), capabilities=None, extras={"keep": "no"})
        for word in (rb"UIDL", rb"TOP"):
            server.rule(word, b"-ERR unknown command\r\n")
        mails = server.contents()

        for _ in range(3):
            self.assertIn(self.home.run("import", "post").code, (OK, SOME))

        self.assert_here(mails)
        more = self.mails(1, "more")
        server.drop += [Message(m) for m in more]
        self.home.run("import", "post")
        self.assert_here(mails + more)
        self.assertEqual(server.asked(rb"DELE"), [])
        self.assertNotIn("due", self.run_golub("status", "post").out)
        self.assertNotRegex(self.run_golub("check", "post").out, r"(UIDL|TOP) +yes")

    def test_a_malformed_line_of_a_list_is_an_error_and_nothing_is_removed_or_forgotten(self):
        named = ("a blank inside", "control byte", "8 bit", "NUL", "too long", "DEL", "an escape sequence")
        for what, line in {"no UIDL": b"1\r\n", "a blank inside": b"1 a b\r\n", "number 0": b"0 x\r\n",
                           "no number": b"one x\r\n", "out of range": b"4294967296 x\r\n", "huge": b"99999999999999999999 x\r\n",
                           "negative": b"-1 x\r\n", "control byte": b"1 a\x01b\r\n", "8 bit": b"1 a\xffb\r\n", "NUL": b"1 a\0b\r\n",
                           "too long": b"1 " + b"u" * 600 + b"\r\n", "told twice": b"1 a\r\n1 b\r\n", "DEL": b"1 a\x7f\r\n",
                           "an escape sequence": b"1 \x1b[2J\r\n"}.items():
            with self.subTest(what):
                self.account, self.home.accounts = None, []
                server = self.serve(self.mails(4), name="m" + "".join(c for c in what if c.isalnum()), extras={"keep": "30d"})
                mails = server.contents()
                self.import_()
                self.pass_days(31)
                server.clear()
                server.rule(rb"UIDL", b"+OK\r\n" + line + END)

                result = self.home.run("import", self.account.name, timeout=60)

                self.assertIn(result.code, (NETWORK, SOME), result)
                self.assertTrue(result.err.strip())
                self.say_nothing_strange(result)
                # Its bytes are a name all the same, and what was here and is proven may go: message 1, and no other.
                self.assertLessEqual(set(server.asked(rb"DELE")), {b"DELE 1"} if what in named else set())
                server.clear()
                self.import_()
                self.assert_here(mails)

    def test_seventy_characters_of_every_kind_are_a_uidl(self):
        uidls = [bytes(range(0x21, 0x67)), bytes(range(0x39, 0x7f)), b"';DROP/**/TABLE/**/pop;--", b"%s%n%d", b"../../x", b"=", b"."]
        server = self.serve([Message(m, uidls[n]) for n, m in enumerate(self.mails(len(uidls)))], extras={"keep": "30d"})
        mails = server.contents()
        self.import_()
        self.assertEqual(self.downloads(), 0)
        self.pass_days(31)

        self.import_()

        self.assert_here(mails)
        self.assertEqual(server.contents(), [])

    def test_numbers_in_any_order_are_numbers(self):
        server = self.serve(self.mails(9))
        server.rule(rb"UIDL", lambda s, _: b"+OK\r\n" + b"".join(b"%d %s\r\n" % (n, m.uidl) for n, m in reversed(s.living())) + END)

        self.import_()

        self.assert_here(server.contents())

    def test_a_list_of_a_hundred_thousand_lines_takes_little_memory_and_time(self):
        server = self.serve(self.mails(1))
        listing = b"+OK\r\n" + b"".join(b"%d u%039d\r\n" % (n, n) for n in range(1, 100_001)) + END
        server.rule(rb"STAT", b"+OK 100000 800000000\r\n")
        server.rule(rb"UIDL", listing)

        began = time.monotonic()
        self.import_("--skip-existing", timeout=300)
        self.import_(timeout=300)
        self.assertLess(time.monotonic() - began, 120)

        usage = self.home.path_of("usage")
        prefix = ("python3", "-c", "import sys,resource,subprocess\nr=subprocess.run(sys.argv[2:]).returncode\n"
                  "open(sys.argv[1],'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))\nsys.exit(r)", usage)
        self.import_(prefix=prefix, timeout=300)
        with open(os.environ["GOLUB_BIN"], "rb") as f:
            if b"__asan_init" not in f.read():
                with open(usage) as text:
                    self.assertLess(int(text.read()), 24 * 1024)
        self.assertEqual(server.asked(rb"RETR"), [])
        self.assertLessEqual(len(server.asked(rb"TOP")), 2 * 256)  # headers of what is had, a batch a run


def alike(*numbers, head=b"Message-ID: <%d@example.org>\r\nSubject: report %d\r\n"):
    """Messages of one size; where `head` has no number they have one header, too."""
    return [(head.replace(b"%d", b"%03d" % n) + b"\r\nreport %03d\r\n" % n) for n in numbers]


class SameOnesTest(ScriptTest):
    """Names, headers, journals that don't say which message it is: the bytes do."""

    def lose_journal(self):
        shutil.rmtree(self.account.state)

    def test_bare_line_feeds_bring_nothing_twice_when_the_journal_is_lost(self):
        """Their file has a CR before each LF when it is read, the server's bytes have not."""
        head, body = b"Message-ID: <%d@example.org>\r\n", b"\r\none\ntwo\r\n\nthree\n\r\n"
        server = self.serve([Message(head % 1 + body), Message(head % 2 + b"X-A: one\n two\r\n" + body),
                             Message(head % 3 + b"X-A: one\n two\r\n\r\nthree\r\n"),
                             Message(head % 4 + b"\r\n" + b"x" * 70000 + b"\n\r\n\n" + b"y" * 70000 + b"\n\r\n")])
        mails = server.contents()
        self.import_()
        self.lose_journal()

        self.import_()

        self.assert_here(mails)
        for message in server.drop[:2]:
            message.uidl += b"-anew"
            self.import_()
            self.assert_here(mails)

    def test_a_message_with_the_header_of_a_file_is_fetched_when_the_journal_is_lost(self):
        """A program that gives each of its reports one header: another size is another report."""
        old, new = alike(1, head=b"Message-ID: <r@example.org>\r\n") + [b"Message-ID: <r@example.org>\r\n\r\nlonger\r\n" * 2]
        server = self.serve([Message(old)])
        self.import_()
        self.lose_journal()
        server.drop = [Message(new)]

        self.import_()

        self.assert_here([old, new])
        self.import_()
        self.assert_here([old, new])

    def test_names_that_move_on_among_messages_of_one_header(self):
        """A server that names messages by their numbers, after a removal at its beginning."""
        for head in (b"", b"Message-ID: <r@example.org>\r\n"):
            with self.subTest(head=head):
                server = self.serve([Message(m, b"n%d" % n) for n, m in enumerate(alike(1, 2, head=head) + alike(3, 4))])
                mails = server.contents()
                self.import_()
                for n, message in enumerate(server.drop):
                    message.uidl = b"n%d" % (n + 1)

                self.import_()

                self.assert_here(mails)
                self.import_()
                self.assert_here(mails)
                self.lose_journal()
                shutil.rmtree(self.account.maildir.folder("INBOX"))

    def test_names_that_move_on_among_messages_of_one_size_are_found_out_by_one_that_has_none(self):
        """With a journal that knows only some of them, and no name that stands for another size."""
        server = self.serve([Message(m, b"n%d" % n) for n, m in enumerate(alike(1, 2, 3))])
        mails = server.contents()
        self.import_()
        for n, message in enumerate(server.drop):
            message.uidl = b"n%d" % (n + 1)

        self.import_()

        self.assert_here(mails)

    def test_what_is_fetched_to_be_compared_and_comes_short_is_compared_again(self):
        """Its row was begun, and that says nothing of what is here."""
        server = self.serve([Message(m) for m in alike(1, 2, head=b"Subject: report\r\n")])
        mails = server.contents()
        self.import_()
        self.lose_journal()
        server.rule(rb"RETR 2\b", b"+OK\r\n" + END, 1)
        self.import_(expect=SOME)
        self.assert_here(mails)

        self.import_()

        self.assert_here(mails)
        server.clear()
        server.drop[0].uidl += b"-anew"
        server.rule(rb"RETR 1\b", b"+OK\r\n" + END, 1)
        self.import_(expect=SOME)
        self.import_()
        self.assert_here(mails)
        self.assertIn("nothing new", self.import_().out)

    def test_where_names_move_on_a_kin_of_the_row_of_a_name_may_be_a_copy_and_the_row_another_ones(self):
        """The header line that was added to a copy is one that does not count, and its body is another."""
        head = b"Message-ID: <r@example.org>\r\nSubject: report\r\n"
        one, two = head + b"\r\nthe first\r\n", b"Status: RO\r\n" + head + b"\r\nthe second one\r\n"
        server = self.serve([Message(m, b"n%d" % n) for n, m in enumerate(alike(1) + [one, two] + alike(22222))])
        mails = server.contents()
        self.import_()
        server.drop.pop(0)
        for n, message in enumerate(server.drop):
            message.uidl = b"n%d" % n

        self.import_()

        self.assert_here(mails)
        self.import_()
        self.assert_here(mails)

    def test_a_name_that_goes_back_to_the_message_that_had_it_before_proves_as_much(self):
        """A server that names messages by their numbers and lists now these of them and now those."""
        short, = alike(1, head=b"Message-ID: <%d@example.org>\r\n")
        one, other = alike(2, 3)
        server = self.serve()
        for listed in ([short, other], [one, other], [short, one, other], [short, one, other]):
            server.drop = [Message(m, b"n%d" % n) for n, m in enumerate(listed)]
            self.import_()

        self.assert_here([short, one, other])

    def save_elsewhere(self):
        """As a mail reader does that gives each a name of its own."""
        saved, new = (self.account.maildir.folder(name) for name in ("Saved", "INBOX/new"))
        for place in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(saved, place))
        for n, name in enumerate(os.listdir(new)):
            os.rename(os.path.join(new, name), os.path.join(saved, "cur", "%d.R%d.reader:2,S" % (time.time(), n)))

    def test_one_file_shows_that_the_journal_is_older_and_the_others_are_looked_for_under_any_name(self):
        server = self.serve([Message(m) for m in self.mails(3)])
        self.import_()
        self.import_()
        shutil.copytree(self.account.state, self.account.state + ".old")
        server.drop += [Message(m) for m in self.mails(4, "later")]
        self.import_()
        self.save_elsewhere()
        server.drop += [Message(m) for m in self.mails(1, "last")]
        self.import_()
        self.lose_journal()
        os.rename(self.account.state + ".old", self.account.state)

        self.import_()

        self.assertEqual(len(self.here()), 1)
        self.assertEqual(len(self.here("Saved")), 7)

    def test_a_lost_journal_of_a_server_without_top_brings_nothing_a_second_time(self):
        """With names, and without: what is new is fetched and compared with the files."""
        for which in (rb"TOP\b", rb"(TOP|UIDL)\b"):
            with self.subTest(refused=which):
                server = self.serve(self.mails(3), capabilities=("USER", "PIPELINING"))
                server.rule(which, b"-ERR what\r\n")
                mails = server.contents()
                self.import_()
                self.lose_journal()
                server.drop += [Message(m) for m in self.mails(1, "since")]

                self.import_()

                self.assert_here(mails + server.contents()[3:])
                self.import_()
                self.assert_here(mails + server.contents()[3:])
                self.lose_journal()
                shutil.rmtree(self.account.maildir.folder("INBOX"))

    def test_a_window_of_new_mail_is_no_new_numbering_and_a_report_like_an_old_one_comes(self):
        """One header for each report of a program; what is listed for once is the newest alone."""
        head = b"Message-ID: <r@example.org>\r\nSubject: report\r\n"
        for report in (b"\r\nanother one\r\n", b"\r\none\r\n"):
            with self.subTest(report=report):
                server = self.serve([Message(m) for m in self.mails(4) + [head + b"\r\nold\r\n"]])
                self.import_()
                old = server.drop
                server.drop = [Message(m) for m in self.mails(3, "later") + [head + report]]

                self.import_()

                server.drop = old + server.drop
                mails = server.contents()
                self.assert_here(mails)
                self.import_()
                self.assert_here(mails)
                self.lose_journal()
                shutil.rmtree(self.account.maildir.folder("INBOX"))

    def test_a_report_of_another_size_comes_though_all_names_change(self):
        head = b"Message-ID: <r@example.org>\r\nSubject: report\r\n"
        server = self.serve([Message(m) for m in self.mails(4) + [head + b"\r\nold\r\n"]])
        mails = server.contents()
        self.import_()
        server.drop = [Message(m) for m in mails[:4] + [head + b"\r\nanother one\r\n"]]

        self.import_()

        self.assert_here(mails + server.contents()[4:])


class CountTest(ScriptTest):
    def test_a_message_for_each_number_whatever_happened(self):
        """A maildrop that changes between runs in every way at once: each message that ever was is here once."""
        server = self.serve(self.mails(12), extras={"keep": "forever"})
        ever = collections.Counter(server.contents())
        for step in range(6):
            self.import_()
            if server.drop:
                server.drop.pop(step % len(server.drop))
            fresh = self.mails(2, "step %d" % step)
            ever.update(fresh)
            server.drop[step % 3:0] = [Message(m) for m in fresh]
            server.drop.reverse()

        self.import_()

        self.assert_here(ever.elements())


if __name__ == "__main__":
    main()
