"""Messages at which a POP server ends the line: each stops itself only, is named, and is asked for again once a day, last."""
import re
import sqlite3

from popbase import DAY, LOGIN, NETWORK, OK, SOME, ScriptTest, main
from rig import in_memory  # noqa: F401
from rig.popserver import ABORT, CLOSE, STALL


class SuspectTest(ScriptTest):
    def break_at(self, message, reply, command=rb"RETR"):
        """Whatever its number is in a session."""
        def answer(session, line):
            number = int(line.split(b" ")[1])
            return reply if session.drop[number - 1] is message else None

        self.server.rule(command + rb" \d+", answer)

    def asked_for(self, message):
        return [line for line in self.server.asked(rb"RETR") if line == b"RETR %d" % (self.server.drop.index(message) + 1)]

    def a_day_goes_by(self):
        db = sqlite3.connect(self.account.journal_path())
        with db:
            (text,) = db.execute("SELECT v FROM meta WHERE k = 'suspects'").fetchone()
            text = re.sub(r"(?m)^(\d+) (\d+)", lambda m: "%s %d" % (m[1], int(m[2]) - DAY - 60), text)
            db.execute("UPDATE meta SET v = ? WHERE k = 'suspects'", (text,))
        db.close()

    def check_one(self, reply, **extras):
        mails = self.mails(9)
        server = self.serve(mails, extras=extras)
        bad = server.drop[6]  # newest first: there is mail on either side of it
        self.break_at(bad, reply)

        result = self.import_(expect=SOME)

        self.assert_here([m for m in mails if m != bad.bytes])
        self.assertIn("(UIDL %s, %d bytes)" % (bad.uidl.decode(), len(bad.bytes)), result.err)
        self.assertEqual(self.asked_for(bad), [b"RETR 7"] * 2)
        self.assertEqual(server.asked(rb"RETR")[-1], b"RETR 7")
        status = self.home.run("status", "post")
        self.assertIn("unreadable on the server (%d bytes)" % len(bad.bytes), status.out)
        return mails, bad

    def test_a_line_that_ends_before_an_answer_stops_one_message(self):
        self.check_one([CLOSE])

    def test_a_line_that_ends_in_a_message_stops_one_message(self):
        self.check_one([b"+OK\r\nSubject: ", CLOSE])

    def test_a_line_that_is_reset_stops_one_message(self):
        self.check_one([ABORT])

    def test_silence_stops_one_message(self):
        self.check_one([STALL], timeout=1)

    def test_a_message_without_end_stops_one_message(self):
        def without_end(session, _):
            for _ in range(300):
                session.send((b"x" * 1022 + b"\r\n") * 1024)

        self.check_one([b"+OK\r\n", without_end, CLOSE], max_size=100_000)

    def test_what_is_no_answer_stops_one_message(self):
        self.check_one([b"* OK what\r\n", CLOSE])

    def test_it_is_asked_for_once_a_day_and_last_and_comes_when_the_server_is_well(self):
        mails, bad = self.check_one([CLOSE])
        self.server.lines = []
        more = self.mails(2)
        self.server.drop += [type(bad)(m) for m in more]

        self.import_(expect=SOME)

        self.assertEqual(self.asked_for(bad), [])
        self.assert_here([m for m in mails + more if m != bad.bytes])
        self.a_day_goes_by()
        self.import_(expect=SOME)
        self.assertEqual(self.asked_for(bad), [b"RETR 7"])
        self.server.clear()
        self.import_(expect=SOME)
        self.assertEqual(self.asked_for(bad), [])
        self.a_day_goes_by()
        self.import_(expect=OK)
        self.assert_here(mails + more)

    def test_with_keep_no_all_others_leave_the_server(self):
        mails = self.mails(9)
        server = self.serve(mails, extras={"keep": "no"})
        bad = server.drop[6]
        self.break_at(bad, [CLOSE])

        self.import_(expect=SOME)

        self.assert_here([m for m in mails if m != bad.bytes])
        self.assertEqual(server.drop, [bad])

    def test_a_line_that_broke_once_is_nobodys_fault(self):
        mails = self.mails(9)
        server = self.serve(mails)
        server.rule(rb"RETR 7", [CLOSE], 1)

        self.import_(expect=OK)

        self.assert_here(mails)

    def test_a_line_that_breaks_three_times_without_a_message_is_5(self):
        server = self.serve(self.mails(3))
        server.rule(rb"UIDL", [CLOSE])

        self.import_(expect=NETWORK)

        self.assertEqual(server.connections, 4)

    def test_a_login_that_is_refused_after_a_break_is_not_tried_again(self):
        server = self.serve(self.mails(9))
        server.rule(rb"RETR 7", [CLOSE])

        def enough(session, _):
            return b"-ERR [AUTH] no\r\n" if session.server.connections > 1 else None

        server.rule(rb"(AUTH|PASS)", enough)

        self.import_(expect=LOGIN)

        self.assertLessEqual(server.connections, 3)  # a refused secret is asked for once more


if __name__ == "__main__":
    main()
