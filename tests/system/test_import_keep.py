"""How long mail stays on the server: keep = "forever", "no", "30d", changes between them, and the word that a tightened one needs."""
import os
import shutil

from popbase import CONFIG, HELD, OK, SOME, DovecotTest, ScriptTest, main
from rig import in_memory  # noqa: F401


class KeepTest(DovecotTest):
    def held_id(self, result):
        """The ID of the held list, from --json."""
        ids = {e["id"] for e in result.of("held")}
        self.assertEqual(len(ids), 1, result)
        return ids.pop()

    def removals(self):
        return [line for line in self.proxy.sent() if line.upper().startswith(b"DELE")]

    def test_nothing_is_removed_unless_keep_says_so(self):
        self.given(30)

        for _ in range(3):
            self.import_()
            self.assertEqual(self.removals(), [])
            self.pass_days(10_000)

        self.assertEqual(self.count_there(), 30)

    def test_keep_no_removes_what_is_here_in_the_run_that_fetched_it_and_asks_nobody(self):
        self.account.set(keep="no")
        mails = self.given(40)

        self.import_()

        self.assert_here(mails)
        self.assertEqual(self.count_there(), 0)
        self.assertEqual(self.pop_rows(), [])
        self.assertEqual(self.downloads(), 0)

    def test_keep_no_proves_nothing_that_this_session_fetched(self):
        self.account.set(keep="no")
        self.given(5)

        self.import_()

        self.assertEqual([line for line in self.proxy.sent() if line.startswith(b"TOP")], [])

    def test_keep_30d_removes_what_is_here_for_thirty_days_and_nothing_younger(self):
        self.account.set(keep="30d")
        old = self.given(5)
        self.import_()
        self.assertEqual(self.count_there(), 5)
        self.pass_days(20)
        young = self.given(3)
        self.import_()
        self.assertEqual(self.count_there(), 8)
        self.pass_days(10.1)

        self.import_()

        self.assertEqual(self.there(), young)
        self.assert_here(old + young)
        self.pass_days(20)
        self.import_()
        self.assertEqual(self.count_there(), 0)

    def test_thirty_days_begin_when_it_was_fetched(self):
        self.account.set(keep="30d")
        self.drop([b"Date: Fri, 01 Jan 2010 00:00:00 +0000\r\nSubject: old\r\n\r\nold\r\n"])

        self.import_()
        self.pass_days(29.9)
        self.import_()

        self.assertEqual(self.count_there(), 1)

    def at_the_first(self, command, act):
        """From now on `act` happens before the first such command of a session reaches the server."""
        done = []

        def edit(data):
            if data.upper().startswith(command) and not done:
                done.append(act())
            return data
        self.through(edit_up=edit)

    def test_what_is_lost_here_while_an_import_is_at_work_stays_on_the_server(self):
        self.account.set(keep="30d")
        mails = self.given(6)
        self.import_()
        self.pass_days(31)
        lost = self.here()[:4]
        self.at_the_first(b"TOP", lambda: [os.unlink(f.path) for f in lost])

        self.import_()

        self.assertEqual(len(self.there()), 4)
        self.assert_here([m for m in mails if m not in self.there()])
        self.assertEqual(len(self.removals()), 2)
        self.import_()
        self.assertEqual(self.count_there(), 4)

    def test_a_maildir_that_is_replaced_while_an_import_is_at_work_costs_nothing(self):
        self.account.set(keep="no")
        self.given(2)
        self.import_()
        old = self.home.path_of("Mail", "old")
        mails = self.given(3)

        def replace():
            os.rename(self.account.root, old)
            shutil.copytree(old, self.account.root)
        self.at_the_first(b"RETR", replace)

        result = self.import_(expect=SOME)

        self.assertIn("is not the Maildir any more", result.out)
        self.assertIn("not all could be done in this run: the Maildir was replaced meanwhile", result.err)
        self.assertEqual(self.removals(), [])
        self.assertEqual(self.there(), mails)

    def test_a_quiet_run_that_does_not_do_all_says_why(self):
        self.account.set(keep="no")
        self.given(2)
        self.import_()
        os.rename(self.account.maildir.folder("INBOX"), self.account.maildir.folder("Old"))
        self.given(2)

        result = self.import_("-q", expect=SOME)

        self.assertEqual(result.out, "")
        self.assertIn("the folder that mail is delivered into is another one, or gone", result.err)
        self.import_()
        self.assertEqual(self.there(), [])

    def test_a_removal_in_a_later_session_is_proven_by_the_header_first(self):
        self.account.set(keep="30d")
        self.given(4)
        self.import_()
        self.pass_days(31)

        self.import_()

        sent = self.proxy.sent()
        self.assertEqual(len([line for line in sent if line.startswith(b"TOP")]), 4)
        self.assertLess(max(n for n, line in enumerate(sent) if line.startswith(b"TOP")),
                        min(n for n, line in enumerate(sent) if line.startswith(b"DELE")))
        self.assertEqual(self.count_there(), 0)

    def test_what_is_here_no_more_is_removed_there_after_quarantine_days(self):
        self.account.set(keep="30d")
        mails = self.given(3)
        self.import_()
        here = self.account.maildir
        here.create("Archive")
        here.move(here.find("INBOX", mails[0]), "Archive", rename=True)
        here.delete(here.find("INBOX", mails[1]))
        self.pass_days(31)

        self.import_()

        self.assertEqual(self.there(), mails[:2])  # a file under another name can't be told from one that is gone
        self.assertIn("2 of them are not here any more", self.run_golub("status", "post").out)
        told = self.mail_in_status()
        self.assertEqual((told["missing"], told["due"]), (2, 0)) # they wait
        self.pass_days(29)
        self.import_()
        self.assertEqual(self.there(), mails[:2])
        self.pass_days(2)
        self.import_()
        self.assertEqual(self.count_there(), 0)
        self.assert_here(mails[2:])
        self.assert_here(mails[:1], "Archive")

    def test_from_forever_to_no_is_held_until_the_word_comes(self):
        self.given(3)
        self.import_()
        self.account.set(keep="no")

        for _ in range(2):
            result = self.import_("--json", expect=HELD)
            self.assertEqual(self.removals(), [])
        self.assertEqual(self.count_there(), 3)
        self.assertIn(self.held_id(result), self.run_golub("status", "post").out)
        told = self.mail_in_status()
        self.assertEqual((told["stored"], told["due"], told["held"], told["waiting"]), (3, 0, 3, 0))

        self.import_("--confirm-deletes")

        self.assertEqual(self.count_there(), 0)
        self.assertEqual(len(self.here()), 3)
        self.import_()

    def test_who_rejects_a_held_list_keeps_its_mail_on_the_server_under_the_older_keep(self):
        self.account.set(keep="60d")
        self.given(3)
        self.import_()
        self.account.set(keep="no")
        result = self.import_("--json", expect=HELD)

        self.import_("--reject-deletes=" + self.held_id(result))

        self.assertEqual(self.count_there(), 3)
        mails = self.given(2)
        self.import_()  # what came under the new `keep` goes
        self.assertEqual((self.count_there(), len(self.here())), (3, 3 + len(mails)))
        self.pass_days(61)
        self.import_()
        self.assertEqual(self.count_there(), 0)

    def test_who_rejects_a_list_of_files_that_went_missing_gets_them_again(self):
        self.account.set(keep="30d")
        mails = self.given(40)
        self.import_()
        here = self.account.maildir
        for mail in mails[:30]:
            here.delete(here.find("INBOX", mail))
        self.import_()
        self.pass_days(61)
        self.import_(expect=HELD)

        self.import_("--reject-deletes")

        self.assert_here(mails)
        self.assertEqual(self.count_there(), 30)  # the `keep` of the other ten, which were here all the time, is over
        self.import_()
        self.assert_here(mails)

    def test_the_message_that_holds_says_what_to_do(self):
        self.given(3)
        self.import_()
        self.account.set(keep="no")

        result = self.import_(expect=HELD)

        self.assertIn("--confirm-deletes", result.out + result.err)
        self.assertRegex(result.out + result.err, r"\b3\b")

    def test_new_mail_comes_and_goes_while_old_mail_is_held(self):
        old = self.given(3)
        self.import_()
        self.account.set(keep="no")
        new = self.given(2)

        self.import_(expect=HELD)

        self.assert_here(old + new)
        self.assertEqual(self.there(), old)

    def test_from_30d_to_7d_holds_what_is_due_by_the_new_word_alone(self):
        self.account.set(keep="30d")
        first = self.given(2)
        self.import_()
        self.pass_days(25)
        second = self.given(3)
        self.import_()
        self.pass_days(6)  # the first are due by both, the second by neither yet
        third = self.given(1)
        self.import_()
        self.assertEqual(self.there(), second + third)
        self.pass_days(2)  # second: 8 days
        self.account.set(keep="7d")

        self.import_(expect=HELD)

        self.assertEqual(self.there(), second + third)
        self.import_("--confirm-deletes")
        self.assertEqual(self.there(), third)
        self.assert_here(first + second + third)

    def test_from_no_to_forever_removes_nothing_more(self):
        self.account.set(keep="30d")
        self.given(3)
        self.import_()
        self.pass_days(31)
        self.account.set(keep="forever")

        self.import_()

        self.assertEqual(self.count_there(), 3)

    def test_an_id_releases_its_list(self):
        self.given(3)
        self.import_()
        self.account.set(keep="no")
        held = self.held_id(self.import_("--json", expect=HELD))

        self.import_("--confirm-deletes=" + held)

        self.assertEqual(self.count_there(), 0)

    def test_a_wrong_id_is_2_and_touches_nothing(self):
        self.given(3)
        self.import_()
        self.account.set(keep="no")
        self.import_(expect=HELD)
        self.given(1)
        here = self.account.maildir.snapshot()

        for wrong in ("ffffffff", "1", "zzz"):
            self.import_("--confirm-deletes=" + wrong, expect=CONFIG)

        self.assertEqual(self.removals(), [])
        self.assertEqual(self.account.maildir.snapshot(), here)
        self.assertEqual(self.count_there(), 4)

    def test_what_came_after_the_list_is_judged_anew(self):
        self.account.set(keep="7d")
        self.given(3)
        self.import_()
        self.pass_days(2)
        second = self.given(2)
        self.import_()
        self.pass_days(2)
        self.account.set(keep="3d")
        held = self.held_id(self.import_("--json", expect=HELD))
        self.pass_days(1.5)

        self.import_("--confirm-deletes=" + held, expect=HELD)

        self.assertEqual(self.there(), second)

    def test_a_confirmation_without_anything_held_does_nothing(self):
        self.given(3)
        self.import_()

        self.import_("--confirm-deletes")

        self.assertEqual(self.count_there(), 3)

    def test_max_delete_off_is_without_a_guard(self):
        for word in ("off", "100%"):
            with self.subTest(word):
                self.given(4)
                self.account.set(keep="forever", max_delete=word)
                self.import_()
                self.account.set(keep="no")

                self.import_()

                self.assertEqual(self.count_there(), 0)

    def test_a_dry_run_says_that_it_would_hold(self):
        self.given(3)
        self.import_()
        self.account.set(keep="no")
        before = self.snapshot()

        result = self.import_("--dry-run", expect=HELD)

        self.assertEqual(self.snapshot(), before)
        self.assertIn("3 removals out of 3 messages would be held", result.out)
        self.assertNotIn("--confirm-deletes", result.out)  # there is no list yet that could be confirmed

    def test_what_another_program_removed_there_is_forgotten(self):
        mails = self.given(4)
        self.import_()
        self.remove_there(1, 2)

        self.import_()

        self.assertEqual(len(self.pop_rows()), 2)
        self.assert_here(mails)


class NothingIsRemovedThatIsNotHereTest(ScriptTest):
    def test_removals_count_only_after_quit_and_what_a_cut_left_there_is_removed_by_the_next_run(self):
        for moment in ("after the first DELE", "after the last DELE", "at QUIT", "QUIT refused"):
            with self.subTest(moment):
                self.account = None
                self.home.accounts.clear()
                server = self.serve(self.mails(6), name="a%d" % len(moment), extras={"keep": "no"})
                if moment == "after the first DELE":
                    server.rule(rb"DELE", ["truth", "abort"], 1)
                elif moment == "after the last DELE":
                    server.rule(rb"DELE 6", ["truth", "abort"], 1)
                elif moment == "at QUIT":
                    server.rule(rb"QUIT", "abort", 1)
                else:
                    server.rule(rb"QUIT", [b"-ERR some messages were not removed\r\n", "close"], 1)
                mails = server.contents()

                result = self.home.run("import", self.account.name)

                # A line that breaks is opened again: then the same run removes what that session left there.
                self.assertIn(result.code, (OK, SOME, 5), result)
                self.assertEqual(server.contents(), [] if result.code == OK else mails)
                self.assert_here(mails)
                server.clear()
                self.import_()
                self.assertEqual(server.contents(), [])
                self.assertEqual([line for line in server.asked(rb"RETR")], [])
                self.assert_here(mails)
                self.import_()

    def test_quit_that_was_carried_out_without_an_answer_is_found_out_by_the_next_run(self):
        def vanish(session, _):
            session.commit()
            return "abort"
        server = self.serve(self.mails(5), extras={"keep": "no"})
        mails = server.contents()
        server.rule(rb"QUIT", vanish, 1)

        self.assertIn(self.home.run("import", "post").code, (OK, SOME, 5))
        server.clear()
        self.import_()

        self.assert_here(mails)
        self.assertEqual(self.pop_rows(), [])

    def test_a_dele_that_is_refused_is_named_and_the_others_go(self):
        server = self.serve(self.mails(4), extras={"keep": "no"})
        second = server.contents()[1]
        server.rule(rb"DELE 2\b", b"-ERR this one stays\r\n")

        result = self.import_(expect=SOME)

        self.assertIn("this one stays", result.err + result.out)
        self.assertEqual(server.contents(), [second])
        self.assertNotIn("due to be removed", self.run_golub("status", "post").out)
        told = self.mail_in_status()
        self.assertEqual((told["stored"], told["due"], told["waiting"], told["held"]), (1, 0, 1, 0))
        server.clear()
        self.import_()
        self.assertEqual(server.contents(), [])
        self.assertEqual(len(self.here()), 4)

    def test_without_top_what_an_earlier_session_stored_is_read_whole_before_it_is_removed(self):
        server = self.serve(self.mails(3), capabilities=("UIDL", "USER", "SASL PLAIN"), extras={"keep": "30d"})
        server.rule(rb"TOP", b"-ERR no such command\r\n")
        self.import_()
        self.pass_days(31)

        server.drop[1].bytes = server.drop[1].bytes.replace(b"Subject", b"Subjekt")

        self.import_(expect=SOME)

        self.assertEqual(len(server.contents()), 1)
        self.assertIn(b"Subjekt", server.contents()[0])

    def test_a_reset_of_the_drop_by_another_client_between_two_runs_removes_nothing_else(self):
        """Numbers are of one session: the same number is another message tomorrow."""
        server = self.serve(self.mails(6), extras={"keep": "30d"})
        mails = server.contents()
        self.import_()
        self.pass_days(31)
        del server.drop[0]
        server.drop.reverse()
        new = self.mails(2, "new")
        fresh = type(server.drop[0])
        server.drop[:0] = [fresh(m) for m in new]

        self.import_()

        self.assertEqual(server.contents(), new)
        self.assert_here(mails + new)


if __name__ == "__main__":
    main()
