"""A line that breaks is opened again inside the run: cut once, cut each time, silent."""
import re
import time

from base import NETWORK, OK, PASSWORD, SOME, SystemTest, main
from rig.fill import Wire, small
from rig.steps import Steps
from rig import in_memory  # noqa: F401


class BrokenLineTest(SystemTest):
    """Through a proxy that cuts, to a Dovecot."""

    def given_mail(self, count=40):
        self.client.create("Archive/Old")
        for mailbox in ("INBOX", "Archive/Old"):
            self.client.fill(mailbox, [self.corpus.simple("mail %d" % n, "x" * 1500 + "\r\n") for n in range(count)])

    def test_cut_once_while_bodies_come_it_ends_as_if_nothing_had_happened(self):
        self.given_mail()
        self.through(cut_down=20000, times=1)

        self.sync(expect=OK)

        self.assertEqual(self.proxy.stats["conns"], 2)
        self.assert_same()

    def test_each_line_that_brings_something_is_worth_the_next_one(self):
        self.given_mail()
        self.through(cut_down=30000, times=8)

        self.sync(expect=OK)

        self.assertGreater(self.proxy.stats["conns"], 4)
        self.assert_same()

    def test_new_mail_goes_up_once_whichever_line_breaks(self):
        self.given_mail(4)
        self.sync()
        for message in self.corpus.messages(6):
            self.maildir.deliver("INBOX", message)
        self.through(cut_up=900, times=1)

        self.account.sync()
        time.sleep(6)  # what was not answered has settled

        self.sync(expect=OK)
        self.assert_same(dates=False)
        self.assertEqual(self.client.status("INBOX")["messages"], 10)

    def sync_until_it_has_settled(self):
        """The runs before that wait for what was not answered, and do nothing."""
        for _ in range(60):
            self.through(delay=8)
            result = self.account.sync()
            if result.code == OK:
                return
            self.assertIn("may still be under way", result.err)
            time.sleep(1)
        self.fail("it waits for ever\n%s" % result)

    def test_a_batch_that_was_not_answered_goes_up_together_once_it_has_settled(self):
        self.sync()
        for n, data in enumerate(small(400, 600)):
            self.maildir.put("INBOX", data.replace(b"\r\n", b"\n"), "S", 1600000000 + n * 61)
        self.through(cut_up=100_000, times=1)  # in the first of two groups
        self.account.sync()
        self.assertEqual(self.client.status("INBOX")["messages"], 0)

        self.sync_until_it_has_settled()

        self.assertLess(self.proxy.stats["turns"], 30)
        self.assertEqual(self.client.status("INBOX")["messages"], 400)
        self.assert_same()

    def test_a_batch_of_moves_that_was_not_answered_is_asked_for_together_once_it_has_settled(self):
        self.client.create("Work")
        with Wire(self.server.port, self.user, PASSWORD) as wire:
            wire.append("INBOX", small(300, 600))
        self.sync()
        self.sync()
        for file in self.maildir.files("INBOX"):
            self.maildir.move(file, "Work", rename=True)
        cut = []

        def lose(data):
            if b"UID MOVE" not in data or cut:
                return data
            cut.append(data)
            self.proxy.hang_up()
            return b""

        self.through(edit_up=lose)
        self.account.sync()
        self.assertTrue(cut)
        self.assertEqual(self.client.status("Work")["messages"], 0)

        self.sync_until_it_has_settled()

        self.assertLess(self.proxy.stats["turns"], 60)
        self.assertEqual(self.client.status("Work")["messages"], 300)
        self.assert_same()

    def test_a_line_that_broke_three_times_is_opened_once_more(self):
        self.given_mail(4)
        self.through(cut_down=1050, times=3)

        self.sync(expect=OK)

        self.assertEqual(self.proxy.stats["conns"], 4)
        self.assert_same()

    def test_three_more_lines_that_bring_nothing_end_the_run(self):
        self.given_mail()
        self.through(cut_down=1050)

        result = self.sync(expect=NETWORK)

        self.assertEqual(self.proxy.stats["conns"], 4)
        self.assertGreater(result.seconds, 7, "1, 2 and 4 s in between")
        self.assertEqual(len(result.err.strip().splitlines()), 1, result)

    def test_what_was_asked_of_which_mailbox_is_said_when_no_line_goes_on(self):
        self.client.fill("INBOX", [self.corpus.simple("one")])
        self.through(edit_down=lambda data: data if b"* FLAGS" not in data else b"* BYE not this one\r\n")

        result = self.sync("-v", expect=SOME)

        self.assertRegex(result.out + result.err, r"broke \(INBOX: go on: the server said goodbye after SELECT: not this one\)")
        self.assertRegex(result.err, r"work/INBOX: .*not this one")

    def moved_while_the_line_breaks(self, times):
        """Another client has read a message that is moved here, and the line breaks so often where its old place is listed. @return flags"""
        moved = self.corpus.simple("moved")
        self.client.create("Work")
        self.given_both_sides([moved, self.corpus.simple("rest")])
        self.client.store("INBOX", [1], "+", ["\\Seen"])
        self.maildir.move(self.maildir.find("INBOX", moved), "Work")
        broke = []

        def cut(data):
            if b'SELECT "INBOX"' not in data or len(broke) == times:
                return data
            broke.append(True)
            self.proxy.hang_up()
            return b""

        self.through(edit_up=cut)
        self.account.sync()
        self.assertEqual(len(broke), times)
        self.through()
        self.account.sync()
        self.assertFalse(self.is_there(moved))
        return self.flags_there(moved, "Work")

    def test_flags_of_what_moves_are_kept_where_its_old_place_is_listed_last(self):
        flags = self.moved_while_the_line_breaks(1)

        self.assertIn("\\Seen", flags)
        self.assert_same()

    def test_and_where_it_could_not_be_listed_in_that_run(self):
        for times in (2, 3):
            with self.subTest(times=times):
                self.assertIn("\\Seen", self.moved_while_the_line_breaks(times))
                self.assert_same()
                self.user = next(self._users)
                self.client = self.new_client()
                self.account = self.new_account("work", home=self.another_home())
                self.maildir = self.account.maildir

    def flagged_here_and_moved_there(self, edit_up=None, port=None, letter="F", flag="\\Flagged"):
        """One run with this in the way, one without."""
        moved = self.corpus.simple("moved")
        for mailbox in ("Work", "Old"):
            self.client.create(mailbox)
        self.given_both_sides([moved, self.corpus.simple("rest")], "Work")
        self.client.move("Work", [1], "Old")
        self.maildir.flag(self.maildir.find("Work", moved), add=letter)
        self.through(edit_up=edit_up)
        if port is not None:
            self.account.set(server="imap://127.0.0.1:%d" % port)
            for _ in range(3):
                self.account.sync(timeout=30)
        self.account.sync(timeout=30)
        self.through()
        self.account.sync()
        self.sync()
        self.assertEqual(len([f for box in ("Work", "Old") for f in self.maildir.files(box) if f.digest == moved.digest]), 1)
        self.assertFalse(self.is_there(moved, "Work"))
        self.assertIn(flag, self.flags_there(moved, "Old"))
        self.assert_same()

    def test_what_somebody_wants_has_moved_and_comes_up_no_second_time_where_the_line_breaks_at_its_header(self):
        broke = []

        def cut(data):
            if b"BODY.PEEK[HEADER]" not in data or broke:
                return data
            broke.append(True)
            self.proxy.hang_up()
            return b""

        self.flagged_here_and_moved_there(edit_up=cut)
        self.assertTrue(broke)

    def refused_and_moved_there(self, **more):
        """Its header and its body are refused in three runs."""
        refused = []

        def refuse(command, lines):
            if b"BODY.PEEK" not in command.upper():
                return lines
            refused.append(command)
            return [lines[-1].split()[0] + b" NO [UNAVAILABLE] Try again later\r\n"]

        with Steps(self.server.port, answer=refuse) as steps:
            self.flagged_here_and_moved_there(port=steps.port, **more)
        self.assertTrue(refused)

    def test_nor_where_the_server_refuses_its_header(self):
        self.refused_and_moved_there()

    def test_what_was_seen_here_and_moved_there_keeps_that_though_its_header_is_refused_in_several_runs(self):
        self.refused_and_moved_there(letter="S", flag="\\Seen")

    def test_no_flag_goes_to_another_message_of_its_uid_where_sizes_are_not_listed_any_more(self):
        """The mailbox is made anew, with its UIDs and its UIDVALIDITY, and equal dates, as the line breaks where it is listed."""
        letters = [self.corpus.simple("letter %d" % n, date=1500000000) for n in range(6)]
        others = [self.corpus.simple("another %d" % n, "longer " * (n + 3) + "\r\n", date=1500000000) for n in range(6)]
        self.given_both_sides(letters[:5], "Work")
        validity = self.client.status("Work")["uidvalidity"]
        self.client.fill("Work", letters[5:])
        self.maildir.flag(self.maildir.find("Work", letters[1]), add="S")
        self.maildir.flag(self.maildir.find("Work", letters[3]), add="F")
        broke = []

        def swap(data):
            if b'SELECT "Work"' not in data or broke:
                return data
            broke.append(True)
            other = self.new_client()
            other.rename_mailbox("Work", "aside")
            other.create("Work")
            other.fill("Work", others)
            other.delete_mailbox("aside")
            self.server.doveadm("mailbox", "update", "-u", self.user, "--uid-validity", str(validity), "--min-next-uid", "7", "Work")
            self.proxy.hang_up()
            return b""

        self.through(edit_up=swap)
        self.account.sync()
        self.assertTrue(broke)

        self.assertEqual([m.flags & {"\\Seen", "\\Flagged"} for m in self.client.messages("Work") if m.digest in {o.digest for o in others}],
                         [frozenset()] * 6)
        self.account.sync()
        self.assertLessEqual({o.digest for o in others}, {f.digest for f in self.maildir.files("Work")})

    def given_two_mailboxes_that_end_the_line(self, cut):
        """@param cut  what becomes of an answer that holds a goodbye"""
        for mailbox in ("Job", "Third", "Work"):
            self.client.create(mailbox)
            self.client.fill(mailbox, self.corpus.messages(3))
        command = re.compile(rb'(\w+) (?:SELECT|EXAMINE) "?(?:Job|Work)\b[^\r]*')
        self.through(edit_up=lambda data: command.sub(rb"\1 LOGOUT", data),
                     edit_down=lambda data: cut(data) if b"* BYE" in data else data)

    def assert_both_are_settled_in_one_run(self):
        result = self.sync("-v", expect=SOME)

        for mailbox in ("Job", "Work"):
            self.assertEqual(result.err.count("golub: work/%s: can't list the messages of this mailbox: " % mailbox), 1, result)
        self.assertEqual(len(self.maildir.files("Third")), 3, result)

    def test_two_mailboxes_that_end_the_line_with_a_word_are_settled_in_one_run(self):
        self.given_two_mailboxes_that_end_the_line(lambda data: data)
        self.assert_both_are_settled_in_one_run()

    def test_two_mailboxes_that_end_the_line_without_a_word_are_settled_in_one_run(self):
        self.given_two_mailboxes_that_end_the_line(lambda data: data[:data.index(b"* BYE")])
        self.assert_both_are_settled_in_one_run()

    def given_a_line_that_ends_after(self, count):
        """Two mailboxes are too long for it, one is not."""
        for mailbox, messages in (("Long", 300), ("Longer", 400), ("Short", 5)):
            self.client.create(mailbox)
            self.client.fill(mailbox, [self.corpus.simple("mail %d" % n) for n in range(messages)])
        self.through(cut_down=count)

    def test_a_line_that_ends_at_the_same_byte_each_time_makes_no_mailbox_unreadable(self):
        self.given_a_line_that_ends_after(15000)

        for _ in range(2):
            result = self.sync(expect=NETWORK)

            self.assertIn("about 15000 bytes", result.err)
            self.assertNotIn("unreadable", result.out + result.err + self.run_golub("status", "work").out)
        self.assertEqual(len(self.maildir.files("Short")), 5)
        self.through()
        self.sync(expect=OK)
        self.assert_same()

    def then_it_is_left_out(self, answer):
        """This answer is a BYE. Each of the first two runs finds out, and goes on; the third one knows."""
        self.given_mail(3)
        self.through(edit_down=lambda data: data if answer not in data else b"* BYE not that\r\n")

        for lines in (2, 2, 1):
            self.sync(expect=OK)

            self.assertEqual(self.proxy.stats["conns"], lines)
            self.assert_same()

    def test_an_ENABLE_that_ends_the_line_is_left_out(self):
        self.then_it_is_left_out(b"* ENABLED")

    def test_an_ID_that_ends_the_line_is_left_out(self):
        self.then_it_is_left_out(b"* ID ")

    def test_an_LSUB_that_ends_the_line_is_left_out(self):
        self.account.set(disable=["LIST-EXTENDED", "LIST-STATUS"])
        self.then_it_is_left_out(b"Lsub completed")

    def test_a_NAMESPACE_that_ends_the_line_is_named_and_can_be_left_out(self):
        self.given_mail(3)
        self.through(edit_down=lambda data: data if b"* NAMESPACE" not in data else b"* BYE not that\r\n")

        result = self.sync(expect=NETWORK)

        self.assertRegex(result.err, r"after NAMESPACE: not that.*disable = \{\"NAMESPACE\"\}")
        self.account.set(disable=["NAMESPACE"])
        self.sync(expect=OK)
        self.assert_same()

    def test_silence_beyond_the_time_limit_counts_the_same(self):
        self.given_mail()
        self.through(stall_down=20000, times=1)
        self.account.set(timeout=2)

        self.sync(expect=OK)

        self.assertEqual(self.proxy.stats["conns"], 2)
        self.assert_same()


if __name__ == "__main__":
    main()
