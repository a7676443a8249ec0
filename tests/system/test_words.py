"""What is said: where another protocol answers, or nobody; why a run was not all it could be; nothing twice."""
import os
import re
import socket

from base import NETWORK, OK, PASSWORD, SOME, Account, HomeTest, SystemTest, main
from rig import bent
from rig.evil import EvilServer
from rig.popserver import PopServer


class GreetingTest(HomeTest):
    def given(self, port, scheme="imap", **keys):
        self.account = Account(self.home, "%s://127.0.0.1:%d" % (scheme, port), "ana", PASSWORD, "at%d" % port, tls="none", **keys)

    def test_what_is_no_mail_server_is_no_connection_and_hints_at_what_it_is(self):
        for scheme, greeting, hint in (("imap", b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n", "with a browser first"),
                                       ("pop3", b"<html><body>Welcome to the hotel\r\n", "with a browser first"),
                                       ("imap", b"+OK POP3 ready\r\n", "A POP server answered"),
                                       ("pop3", b"* OK IMAP ready\r\n", "An IMAP server answered"),
                                       ("imap", b"220 mail.example ESMTP\r\n", "SMTP"),
                                       ("imap", b"SSH-2.0-OpenSSH_9\r\n", "the right port?"),
                                       ("imap", b"\0\1\2\r\n", "the right port?")):
            for command in ("check", "sync"):
                with self.subTest(greeting=greeting, command=command), EvilServer(greeting=greeting) as server:
                    self.home.accounts.clear()
                    self.given(server.port, scheme)

                    result = self.run_golub(command, self.account.name, "-q", expect=NETWORK)

                    self.assertIn("this is not the greeting of", result.err)
                    self.assertIn(hint, result.err)

    def test_an_answer_to_the_login_that_is_none_is_no_connection(self):
        with PopServer(rules=[(rb"PASS|AUTH", b"+ERR Server error: Failed to fetch messages\r\n")]) as server:
            self.given(server.port, "pop3")

            result = self.run_golub("import", expect=NETWORK)

        self.assertIn("makes no sense", result.err)

    def test_a_server_that_says_nothing_may_expect_tls(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.given(silent.getsockname()[1], timeout=17)

            result = self.run_golub("sync", expect=NETWORK)

        self.assertIn("has said nothing for 15 seconds: does this port expect imaps://?", result.out)
        self.assertIn("Does this port expect imaps://?", result.err)


class ElsewhereTest(HomeTest):
    """What one side lost may stand in a mailbox that can't be looked at: it waits for one run, and nobody says that all is in sync."""
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(bent.BentServer("Work", capabilities=bent.MODERN))
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, tls="none", timeout=2)
        for n in range(8):
            for mailbox in ("INBOX", "Work"):
                self.server.mailboxes[mailbox].add(b"Subject: %d\r\n\r\nThis is %d of %s.\r\n" % (n, n, mailbox.encode()))
        for _ in range(2):
            self.run_golub("sync")

    def given_two_are_gone_there_and_the_last_one_is_wanted_here(self):
        inbox = self.server.mailboxes["INBOX"]
        for message in inbox.messages[-2:]:
            inbox.expunge(message.uid)
        self.account.maildir.flag(self.account.maildir.find("INBOX", b"Subject: 7\r\n\r\nThis is 7 of INBOX.\r\n"), add="F")
        self.server.mailboxes["Work"].add(b"Subject: new\r\n\r\nnew\r\n")

    def given_work_can_not_be_looked_at(self, answer):
        self.server.bend = lambda ask: answer if ask.command in ("SELECT", "EXAMINE") and ask.mailbox == "Work" else None

    def assert_both_wait(self, result):
        self.assertIn("2 waiting", result.out)
        self.assertNotIn("in sync", result.out)
        self.assertRegex(result.err, r"golub: work[/:].*Work")
        status = self.home.run("status").out
        self.assertRegex(status, r"(?m)^work: INBOX: upload UID 8 .*: it may have moved to Work, which could not be looked at")
        self.assertRegex(status, r"(?m)^work: INBOX: remove-here UID 7 .*: a mailbox (could not be listed|can't be read on the server): Work")

    def test_a_run_over_the_other_one_says_so_where_its_line_ends(self):
        self.given_two_are_gone_there_and_the_last_one_is_wanted_here()
        self.given_work_can_not_be_looked_at([bent.CLOSE])

        self.assert_both_wait(self.run_golub("sync", "work/INBOX", expect=SOME))
        result = self.run_golub("sync", "work/INBOX")

        self.assertIn("1 uploaded, 1 deleted here", result.out)

    def test_a_run_over_the_other_one_says_so_where_it_is_refused(self):
        self.given_two_are_gone_there_and_the_last_one_is_wanted_here()
        self.given_work_can_not_be_looked_at([b"%T NO [SERVERBUG] Internal error\r\n"])

        self.assert_both_wait(self.run_golub("sync", "work/INBOX", expect=SOME))

    def test_a_run_over_all_says_so(self):
        self.given_two_are_gone_there_and_the_last_one_is_wanted_here()
        self.given_work_can_not_be_looked_at([bent.CLOSE])

        self.assert_both_wait(self.run_golub("sync", expect=SOME))
        result = self.run_golub("sync", expect=SOME)

        self.assertIn("1 uploaded, 1 deleted here", result.out)
        self.assertNotIn("INBOX:", self.home.run("status").out)


class OnceTest(HomeTest):
    def test_that_a_uid_is_another_message_is_said_once_although_each_list_tells_it_anew(self):
        server = self.enterContext(bent.BentServer(capabilities=bent.PLAIN))
        for n in range(3):
            server.mailboxes["INBOX"].add(b"Subject: %d\r\n\r\nThis is %d.\r\n" % (n, n))
        Account(self.home, "imap://127.0.0.1:%d" % server.port, tls="none", timeout=5)
        self.run_golub("sync")
        lists = []

        def bend(ask):
            if ask.command != "UID FETCH" or b"INTERNALDATE" not in ask.args:
                return None
            lists.append(ask.args)
            return [re.sub(rb"03-Mar-2026", b"%02d-Apr-2026" % (len(lists) % 29 + 1), part) for part in ask.truth()]
        server.bend = bend

        result = self.home.run("sync")

        self.assertEqual(result.out.count("a UID is another message than it was"), 1, result)


class UndoneTest(SystemTest):
    def test_a_link_that_breaks_says_what_is_still_to_come(self):
        self.client.fill("INBOX", [self.corpus.simple(body="x" * 2000 + "%d\r\n" % n) for n in range(600)])
        passed = [0]

        def cut(data):
            passed[0] += len(data)
            return data if passed[0] < 600000 else b"* BYE down for maintenance\r\n"

        self.account.set(timeout=3)
        self.through(edit_down=cut)

        result = self.sync("--json", expect=NETWORK)

        counts = next(e["counts"] for e in result.of("result") if e.get("account"))
        here = len(self.maildir.files("INBOX"))
        self.assertTrue(0 < here < 600, here)
        self.assertEqual((counts["down_new"], counts["to_come"]), (here, 600 - here))

    def test_what_was_put_off_when_a_link_broke_is_still_to_come(self):
        """The line ends at bodies alone: what was in flight comes last, and the last line's plan is without it."""
        server = self.enterContext(bent.BentServer())
        for n in range(1400):
            server.mailboxes["INBOX"].add(b"Subject: %d\r\n\r\nbody\r\n" % n)
        asked = []

        def cut(ask):
            if ask.command == "UID FETCH" and b"BODY" in ask.args:
                asked.append(ask)
                return None if len(asked) == 1 else [bent.CLOSE]
            return None

        server.bend = cut
        account = self.new_account("bent")
        account.set(server="imap://127.0.0.1:%d" % server.port)

        result = self.home.run("sync", "bent", "--json")

        self.assertEqual(result.code, NETWORK, result)
        counts = next(e["counts"] for e in result.of("result") if e.get("account"))
        here = len(account.maildir.files("INBOX"))
        self.assertTrue(0 < here < 1400, here)
        self.assertEqual((counts["down_new"], counts["to_come"]), (here, 1400 - here))

    def test_what_waits_for_an_answer_is_said_with_its_mailbox_also_quietly(self):
        """An upload whose answer never came is not sent again at once: status 1, and a line that says why."""
        self.given_both_sides([self.corpus.simple()])
        self.maildir.deliver("INBOX", self.corpus.simple(body="x" * 100000))
        self.through(cut_up=60000)
        self.account.sync()
        self.through()

        result = self.sync("-q", expect=SOME)

        self.assertRegex(result.err, r"golub: work/INBOX: .*(not answered|may still be under way)")

    def given_a_removal_that_another_deleted_message_stands_in_the_way_of(self):
        """Without UIDPLUS. The user keeps the message that carries \\Deleted."""
        self.account.set(disable=["UIDPLUS", "MOVE"], max_delete="off")
        uids = self.given_both_sides([self.corpus.simple() for _ in range(3)])
        self.client.store("INBOX", uids[0], "+", ["\\Deleted"])
        self.sync()
        removed = self.client.body("INBOX", uids[1])
        os.unlink(self.maildir.find("INBOX", removed).path)
        return uids

    def test_what_deleted_messages_keep_from_being_removed_is_said_with_the_way_out(self):
        uids = self.given_a_removal_that_another_deleted_message_stands_in_the_way_of()

        result = self.sync(expect=SOME)

        self.assertIn("Expunge those there, take \\Deleted off them, or set `expunge = true`; each run tries again.", result.err)
        self.assertRegex(self.run_golub("status").out, r"remove-there UID 2 .*others there carry .Deleted, .*or set `expunge = true`")
        self.client.store("INBOX", uids[0], "-", ["\\Deleted"])
        self.assertIn("1 deleted there", self.sync().out)
        self.assert_in_sync()

    def test_one_way_out_is_to_expunge(self):
        self.given_a_removal_that_another_deleted_message_stands_in_the_way_of()
        self.sync(expect=SOME)
        self.account.set(expunge=True)

        self.sync()

        self.assertEqual(len(self.client.messages("INBOX")), 1)
        self.assert_in_sync()

    def test_a_file_that_came_from_a_mailbox_that_the_run_leaves_alone_waits_and_that_is_no_trouble(self):
        """Both ways round: a move needs both mailboxes. What waits says for what."""
        self.client.create("Work")
        self.given_both_sides([self.corpus.simple()])
        moved = self.maildir.move(self.maildir.files("INBOX")[0], "Work")

        for mailbox in ("Work", "INBOX"):
            result = self.run_golub("sync", "work/" + mailbox)
            self.assertEqual(result.err, "")
            if mailbox == "Work":
                self.assertRegex(self.run_golub("status").out, r"work: Work: upload .*: it came from INBOX, which this run leaves alone")

        self.assertEqual([f.path for f in self.maildir.files("Work")], [moved.path])
        self.assertIn("1 moved there", self.sync().out)
        self.assertNotRegex(self.run_golub("status").out, "leaves alone")
        self.assert_in_sync()


if __name__ == "__main__":
    main()
