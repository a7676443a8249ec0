"""
A POP server that lies, breaks off, stalls and floods, and one that can't deliver a message: nothing is lost, nothing is there
twice, nothing goes that is not here, the user reads what happened, and the next run goes on.
"""
import os
import re

from popbase import LOGIN, NETWORK, OK, SOME, DovecotTest, ScriptTest, main
from rig import in_memory  # noqa: F401
from rig.popserver import CLOSE, END, Message, stuffed


class OneMessageTest(ScriptTest):
    """Something is wrong with one message."""

    def test_a_message_that_the_server_cannot_deliver_is_named_and_the_others_come(self):
        """Lesson: a corrupt message must not stop the session."""
        server = self.serve(self.mails(9), extras={"keep": "no"})
        mails = server.contents()
        server.rule(rb"RETR (4|7)\b", b"-ERR the file is damaged \x1b[2J\r\n")

        result = self.import_(expect=SOME)

        self.assertIn("the file is damaged", result.err + result.out)
        self.say_nothing_strange(result)
        bad = [mails[3], mails[6]]
        self.assert_here([m for m in mails if m not in bad])
        self.assertEqual(server.contents(), bad)
        self.assertIn("the file is damaged", self.home.run("status", "post").out)
        server.clear()
        self.import_()
        self.assert_here(mails)
        self.assertEqual(server.contents(), [])

    def test_err_in_the_middle_of_pipelined_answers_belongs_to_its_own_message(self):
        server = self.serve(self.mails(40))
        for n in range(2, 41, 5):
            server.rule(rb"RETR %d\b" % n, b"-ERR no\r\n")
        mails = server.contents()

        self.import_(expect=SOME)

        self.assert_here([m for n, m in enumerate(mails, 1) if n % 5 != 2])

    def test_all_messages_refused_is_1_and_not_a_loss(self):
        server = self.serve(self.mails(5), extras={"keep": "no"})
        server.rule(rb"RETR", b"-ERR no\r\n")

        self.import_(expect=SOME)

        self.assertEqual(self.here(), [])
        self.assert_nothing_marked()

    def test_a_message_that_is_gone_when_it_is_asked_for_comes_no_more_and_stops_nobody(self):
        server = self.serve(self.mails(5))
        mails = server.contents()
        server.rule(rb"RETR 2\b", b"-ERR no such message\r\n")
        self.import_(expect=SOME)
        server.clear()
        del server.drop[1]

        self.import_()

        self.assert_here(mails[:1] + mails[2:])

    def test_a_server_that_refuses_top_for_one_message_removes_the_others(self):
        server = self.serve(self.mails(4), extras={"keep": "30d"})
        mails = server.contents()
        self.import_()
        self.pass_days(31)
        server.rule(rb"TOP 2\b", b"-ERR damaged\r\n")

        result = self.home.run("import", "post")

        self.assertIn(result.code, (OK, SOME), result)
        self.assertEqual(server.contents(), [mails[1]])

    def test_another_header_than_the_stored_one_is_not_removed(self):
        server = self.serve(self.mails(3), extras={"keep": "30d"})
        mails = server.contents()
        self.import_()
        self.pass_days(31)
        server.rule(rb"TOP 2\b", b"+OK\r\n" + stuffed(b"Subject: somebody else's\r\n\r\n"))

        self.home.run("import", "post")

        self.assertEqual(server.contents(), [mails[1]])


class BrokenLineTest(ScriptTest):
    """The connection or the server's nerve breaks off."""

    def no_loss(self, mails):
        here = [f.wire() for f in self.here()]
        for mail in mails:
            self.assertTrue(mail in here or mail in self.server.contents(), "a message is neither here nor there")
            self.assertLessEqual(here.count(mail), 1)
        for wire in here:
            self.assertIn(wire, mails, "a part of a message has a name")

    def part(self, session, line):
        return b"+OK\r\n" + stuffed(session.drop[int(line.split()[1]) - 1].bytes)[:-7]

    def test_retr_that_stops_in_the_middle_leaves_no_part_of_a_message(self):
        for end in ("abort", "close", "stall"):
            for n in (1, 5, 8):
                with self.subTest(end=end, n=n):
                    self.account, self.home.accounts = None, []
                    self.broken_as(end, n)

    def broken_as(self, end, n):
        server = self.serve(self.mails(8), name="b%s%d" % (end, n), extras={"keep": "no", "timeout": 2})
        mails = server.contents()
        server.rule(rb"RETR %d\b" % n, [self.part, end], 1)

        result = self.home.run("import", self.account.name, timeout=60)

        self.assertEqual(result.code, OK, result)  # the line is opened again inside the run
        self.no_loss(mails)
        server.clear()
        self.import_()
        self.assert_here(mails)
        self.assertEqual(server.contents(), [])

    def test_nothing_is_removed_after_an_answer_was_lost_track_of(self):
        server = self.serve(self.mails(6), extras={"keep": "no", "timeout": 2})
        server.rule(rb"RETR 4\b", lambda s, line: b"+OK\r\nno terminator here\r\n", 1)

        self.assertIn(self.home.run("import", "post", timeout=60).code, (OK, NETWORK, SOME))

        gone = [m.bytes for m in server.removed]
        here = [f.wire() for f in self.here()]
        for mail in gone:
            self.assertIn(mail, here)

    def test_an_answer_that_is_neither_ok_nor_err_ends_the_session(self):
        for answer in (b"OK\r\n", b"* OK\r\n", b"\r\n", b"+OKAY\r\n", b"\0\0\0\r\n"):
            with self.subTest(answer):
                self.account, self.home.accounts = None, []
                server = self.serve(self.mails(3), name="n%d" % abs(hash(answer)), extras={"keep": "no", "timeout": 2})
                mails = server.contents()
                server.rule(rb"RETR 2\b", answer, 1)

                result = self.home.run("import", self.account.name, timeout=60)

                self.assertNotEqual(result.code, OK)
                self.no_loss(mails)
                server.clear()
                self.import_()
                self.assert_here(mails)

    def test_a_line_without_end_is_an_error_and_takes_no_memory(self):
        endless = b"x" * 3_000_000
        for pattern in (rb"CAPA", rb"UIDL", rb"STAT", rb"LIST", rb"DELE"):
            with self.subTest(pattern):
                self.account, self.home.accounts = None, []
                server = self.serve(self.mails(3), name="e" + pattern.decode().lower(), extras={"keep": "no", "timeout": 2})
                mails = server.contents()
                server.rule(pattern, [b"+OK " + endless, "stall"])

                result = self.home.run("import", self.account.name, timeout=60)

                self.assertNotEqual(result.code, LOGIN, result)
                self.assertLess(len(result.err), 10_000)
                self.no_loss(mails)
                server.clear()
                self.import_()
                self.assert_here(mails)

    def test_a_message_without_end_is_given_up_when_it_is_new_and_when_it_is_compared(self):
        def without_end(session, _):
            session.send(b"+OK\r\n")
            for _ in range(300):
                session.send((b"x" * 1022 + b"\r\n") * 1024)

        server = self.serve(self.mails(3), extras={"max_size": 100_000})
        self.import_()
        for uidl in (server.drop[1].uidl, b"another"):  # two have one name: their bytes tell which is which
            server.clear()
            server.drop[0].uidl = uidl
            server.rule(rb"RETR 1", [without_end, CLOSE])
            if uidl == b"another":
                server.drop[0] = Message(self.mails(1)[0], uidl)

            result = self.import_(expect=SOME)

            self.assertIn("it does not end", result.err)

    def test_a_greeting_without_end_is_an_error(self):
        self.serve(self.mails(1), greeting=[b"+OK " + b"x" * 3_000_000, "stall"], extras={"timeout": 2})

        result = self.home.run("import", "post", timeout=60)

        self.assertIn(result.code, (NETWORK, SOME), result)
        self.assertLess(len(result.err), 10_000)

    def test_a_capa_without_end_is_left(self):
        server = self.serve(self.mails(1), extras={"timeout": 2})
        server.rule(rb"CAPA", [b"+OK\r\n" + b"X-LINE\r\n" * 500_000, "stall"])

        result = self.home.run("import", "post", timeout=60)

        self.assertIn(result.code, (NETWORK, SOME), result)

    def test_a_server_that_trickles_is_waited_for_as_long_as_something_comes(self):
        mails = self.mails(2)
        server = self.serve(mails, extras={"timeout": 2})
        server.rule(rb"RETR 1\b", lambda s, _: [b"+OK\r\n", ("sleep", 1.2), stuffed(mails[0])[:50], ("sleep", 1.2),
                                                stuffed(mails[0])[50:]])

        self.import_(timeout=60)

        self.assert_here(mails)

    def test_bytes_after_the_answer_to_quit_bring_and_remove_nothing(self):
        server = self.serve(self.mails(2), extras={"keep": "no"})
        mails = server.contents()
        server.rule(rb"QUIT", lambda s, _: s.commit() or [b"+OK bye\r\n-ERR what?\r\n+OK\r\n", "close"], 1)

        self.assertIn(self.home.run("import", "post").code, (OK, NETWORK))

        self.assert_here(mails)
        self.import_()
        self.assert_here(mails)
        self.assertEqual(self.pop_rows(), [])

    def test_a_message_nobody_asked_for_is_no_answer_to_the_next_command(self):
        """More answers than commands: what belongs to which message can't be known any more."""
        mails = self.mails(5)
        server = self.serve(mails, extras={"keep": "no", "timeout": 2})
        server.rule(rb"RETR 2\b", lambda s, _: b"+OK\r\n" + stuffed(mails[1]) + b"+OK\r\n" + stuffed(b"Subject: not asked for\r\n\r\nx\r\n"), 1)

        self.home.run("import", "post", timeout=60)

        here = [f.wire() for f in self.here()]
        for gone in server.removed:
            self.assertIn(gone.bytes, here)
        server.clear()
        self.import_()
        for mail in mails:
            self.assertIn(mail, [f.wire() for f in self.here()])

    def test_numbers_out_of_range_in_a_list_of_sizes_are_ignored_and_harm_nothing(self):
        for text in (b"7 10\r\n", b"0 10\r\n", b"1 -5\r\n", b"1 18446744073709551615\r\n", b"1 99999999999999999999999\r\n", b"x y\r\n", b"\r\n", b"1\r\n"):
            with self.subTest(text):
                self.account, self.home.accounts = None, []
                server = self.serve(self.mails(3), name="l%d" % abs(hash(text)), extras={"max_size": 100_000, "timeout": 2})
                mails = server.contents()
                server.rule(rb"LIST", b"+OK\r\n" + text + END)

                self.import_(timeout=60)

                self.assert_here(mails)
                server.clear()
                self.assertEqual(self.downloads(), 0)

    def test_a_line_of_uidl_without_a_number_is_named_and_the_others_come(self):
        for text in (b"hello\r\n", b"\r\n", b"0 x\r\n", b"4294967297 x\r\n"):
            with self.subTest(text):
                self.account, self.home.accounts = None, []
                server = self.serve(self.mails(3), name="u%d" % abs(hash(text)), extras={"keep": "no"})
                mails = server.contents()
                first, third = (server.drop[n].uidl for n in (0, 2))
                server.rule(rb"UIDL", b"+OK\r\n1 %s\r\n%s3 %s\r\n.\r\n" % (first, text, third))

                result = self.import_(expect=SOME)

                self.assertIn("no message number (1 such)", result.err)
                self.assert_here([mails[0], mails[2]])
                self.assertEqual(server.contents(), [mails[1]])
                server.clear()
                self.import_()
                self.assert_here(mails)

    def test_a_stat_that_lies_costs_no_message(self):
        for stat in (b"+OK 0 0\r\n", b"+OK 4294967295 18446744073709551615\r\n", b"+OK\r\n", b"+OK -1 -1\r\n", b"+OK x\r\n",
                     b"-ERR no\r\n"):
            with self.subTest(stat):
                self.account, self.home.accounts = None, []
                server = self.serve(self.mails(4), name="s%d" % abs(hash(stat)), extras={"timeout": 2})
                mails = server.contents()
                server.rule(rb"STAT", stat)

                self.home.run("import", self.account.name, timeout=60)

                server.clear()
                self.import_()
                self.assert_here(mails)


class CutTest(DovecotTest):
    """A real server behind a line that is cut after each so many bytes."""
    account_options = {"keep": "no", "auth": ["plain"]}

    def cut(self, **options):
        mails = self.given(10)
        self.through(times=1, **options)

        result = self.home.run("import", "post", timeout=60)

        if self.proxy.stats["cuts"]:
            self.assertIn(result.code, (OK, NETWORK, SOME), "%s%s" % (result, self.evidence()))
        self.through()
        self.import_()
        self.assertEqual(self.count_there(), 0)
        self.assert_here(mails)
        self.import_()
        self.assert_here(mails)

    def fresh(self):
        """Another user with another account, since each cut begins anew."""
        self.user = next(self._users)
        self.home.accounts.clear()
        self.account = self.pop_account(self.proxy.port, user=self.user, maildir=self.home.path_of("Mail", self.user),
                                        state=self.home.path_of("state", self.user), **self.account_options)

    def test_the_line_is_cut_after_so_many_bytes_from_the_server(self):
        for n in (1, 60, 150, 250, 400, 600, 900, 2000, 5000, 9000, 14000, 16000, 18000, 20000):
            with self.subTest(bytes=n):
                self.fresh()
                self.cut(cut_down=n)

    def test_the_line_is_cut_after_so_many_bytes_to_the_server(self):
        for n in (1, 10, 40, 60, 80, 100, 130, 160, 180, 200, 220, 240, 260, 280, 300):
            with self.subTest(bytes=n):
                self.fresh()
                self.cut(cut_up=n)


class TextTest(ScriptTest):
    """What the server says reaches the terminal, the journal and file names as text, never as anything else."""

    def test_words_of_the_server_are_shown_without_control_bytes_and_without_end(self):
        words = b"\x1b]0;owned\x07\x9b2J" + b"long " * 400 + b"\t\xff\xfe\r"
        server = self.serve(self.mails(2), capabilities=("TOP", "UIDL", "USER", "IMPLEMENTATION \x1b[31mred"))
        server.rule(rb"RETR 1\b", b"-ERR " + words + b"\n")

        runs = [self.import_("-v", expect=SOME), self.home.run("status", "post"), self.home.run("check", "post"),
                self.home.run("import", "post", "-vv")]

        for result in runs:
            self.say_nothing_strange(result)
            self.assertLess(len(result.err), 50_000)

    def test_no_uidl_and_no_header_leads_out_of_the_folder(self):
        server = self.serve([b"Message-ID: <../../../../tmp/golub-was-here>\r\n\r\nx\r\n"])
        server.drop[0].uidl = b"../../../../../tmp/golub-was-here"

        self.import_()

        self.assertEqual(len(self.here()), 1)
        self.assertFalse(os.path.exists("/tmp/golub-was-here"))
        self.assertTrue(re.match(r"[0-9A-Za-z.]+\Z", self.here()[0].name))


if __name__ == "__main__":
    main()
