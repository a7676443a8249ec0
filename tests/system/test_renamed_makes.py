"""
Renames at servers of other makes, as they are: Cyrus, which says which mailbox is which, and Courier, which says nothing and numbers a mailbox anew with
each name. The stories are Dovecot's: a folder that is renamed here, and, at Cyrus, a mailbox that is renamed there. Without identities: test_renamed_unsaid.py.
"""
from base import SystemTest, main, one_in
from makesbase import AtCourier, AtCyrus, EachInItsSecond
import test_renamed_here as here
import test_renamed_there as there


# What a class names itself runs each time.
@one_in(20)
class HereAtCyrusTest(AtCyrus, here.VerbatimTest, here.RenamedHereTest):
    test_ten_thousand_messages_cost_no_body_and_few_turns = None  # test_renamed_unsaid.py has it
    # It makes a mailbox of each name above another one, which is a folder here one run later, and deletes none that has others below it.
    test_below_another_one = test_below_its_own_old_name = test_another_one_takes_the_name_of_a_parent_that_is_removed_there = None
    test_a_folder = here.RenamedHereTest.test_a_folder
    test_subscriptions_follow = here.RenamedHereTest.test_subscriptions_follow
    test_with_what_is_below_it = here.VerbatimTest.test_with_what_is_below_it
    test_its_case_alone = here.RenamedHereTest.test_its_case_alone
    test_a_chain = here.VerbatimTest.test_a_chain
    test_new_mail_and_removals_and_flags_meanwhile = here.RenamedHereTest.test_new_mail_and_removals_and_flags_meanwhile


@one_in(20)
class ThereAtCyrusTest(AtCyrus, there.RenamedThereTest):
    test_ten_thousand_messages_cost_no_body_and_few_turns = None  # test_renamed_unsaid.py has it
    # It makes a mailbox of each name above another one, and knows no name with `%`.
    test_parents_that_are_none_change_with_what_is_below = test_to_the_name_of_a_parent_that_is_none = None
    test_something_else_in_the_way_above_itself = test_a_name_that_only_a_file_can_have = None
    test_a_circle_of_three = there.RenamedThereTest.test_a_circle_of_three
    test_its_case_alone = there.RenamedThereTest.test_its_case_alone
    test_below_its_own_old_name = there.RenamedThereTest.test_below_its_own_old_name
    test_the_old_name_is_made_anew = there.RenamedThereTest.test_the_old_name_is_made_anew


@one_in(20)
class HereAtCourierTest(AtCourier, EachInItsSecond, here.VerbatimTest, here.RenamedHereTest):
    test_ten_thousand_messages_cost_no_body_and_few_turns = None  # test_renamed_unsaid.py has it
    test_a_folder = here.RenamedHereTest.test_a_folder
    test_with_what_is_below_it = here.VerbatimTest.test_with_what_is_below_it
    test_its_case_alone = here.RenamedHereTest.test_its_case_alone
    test_a_chain = here.VerbatimTest.test_a_chain
    test_an_empty_one = here.RenamedHereTest.test_an_empty_one
    test_new_mail_and_removals_and_flags_meanwhile = here.RenamedHereTest.test_new_mail_and_removals_and_flags_meanwhile
    test_a_new_folder_in_it_gets_mail_of_it = here.VerbatimTest.test_a_new_folder_in_it_gets_mail_of_it


class MeanwhileAtCourierTest(AtCourier, EachInItsSecond, here.RenamingHere, SystemTest):
    """Under its new name a mailbox has other numbers: what was done before that is carried out before that."""

    def given_changes(self):
        """Since the last run: on the server one message came, one went, one lost its flag; the folder has another name here, and lacks a message."""
        mail = self.given("A", count=5)["A"]
        self.client.store("A", self.client.uid_of("A", mail[0]), "+", ["\\Flagged"])
        self.sync()
        self.client.store("A", self.client.uid_of("A", mail[0]), "-", ["\\Flagged"])
        self.client.expunge("A", self.client.uid_of("A", mail[1]))
        new = self.corpus.simple("came there")
        self.client.append("A", new.bytes)
        self.client.select("INBOX")
        self.mv(("A", "B"))
        self.maildir.delete(self.maildir.find("B", mail[2]))
        return mail, new

    def assert_carried_out(self, mail, new):
        self.assertEqual(set(self.client.mailboxes()), {"INBOX", "B"})
        stand = sorted(m.digest for m in [mail[0], mail[3], mail[4], new])
        self.assertEqual(sorted(m.digest for m in self.client.messages("B")), stand)
        self.assertEqual(sorted(f.digest for f in self.maildir.files("B")), stand)
        self.assertNotIn("F", self.flags_here(mail[0], "B"))
        self.assertNotIn("\\Flagged", self.flags_there(mail[0], "B"))

    def die_at_rename(self, before):
        """golub dies as it sends RENAME, or as the answer comes."""
        process, renames = [], []

        def kill(data):
            process[0].kill()
            process[0].wait()
            return b"" if before else data

        def up(data):
            renames.append(b" RENAME " in data)
            return kill(data) if renames[-1] and before else data

        def down(data):
            return kill(data) if any(renames) and not before and process[0].poll() is None else data

        self.through(edit_up=up, edit_down=down)
        process.append(self.home.start("sync", "work"))
        process[0].communicate()
        self.assertEqual(process[0].returncode, -9)
        self.through()

    def test_killed(self):
        """The simulator dies at each step: scenario_renumbered_names."""
        for before in (True, False):
            with self.subTest(before=before):
                mail, new = self.given_changes()
                self.die_at_rename(before)
                self.sync()
                self.sync()
                self.assert_carried_out(mail, new)
                self.assert_in_sync()
            self.doCleanups()
            self.setUp()

    def test_what_the_policy_kept_here_is_not_sent_again(self):
        mail = self.given("A")["A"]
        self.account.set(pull=["new", "flags", "mailboxes"])
        self.client.expunge("A", self.client.uid_of("A", mail[0]))
        self.sync()
        self.client.select("INBOX")
        self.mv(("A", "B"))

        self.sync()
        self.sync()

        self.assertEqual([self.is_there(m, "B") for m in mail], [False, True, True])
        self.assertTrue(all(self.maildir.has("B", m) for m in mail))


if __name__ == "__main__":
    main()
