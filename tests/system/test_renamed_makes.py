"""
Renames at servers of other makes, as they are: Cyrus, which says which mailbox is which, and Courier, which says nothing and numbers a mailbox anew with
each name. The stories are Dovecot's: a folder that is renamed here, and, at Cyrus, a mailbox that is renamed there. Without identities: test_renamed_unsaid.py.
"""
from base import main, one_in
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
    """What is removed or moved here between two runs is not carried at once where a mailbox is paired anew."""
    test_ten_thousand_messages_cost_no_body_and_few_turns = None  # test_renamed_unsaid.py has it
    test_a_folder = here.RenamedHereTest.test_a_folder
    test_with_what_is_below_it = here.VerbatimTest.test_with_what_is_below_it
    test_its_case_alone = here.RenamedHereTest.test_its_case_alone
    test_a_chain = here.VerbatimTest.test_a_chain
    test_new_mail_and_removals_and_flags_meanwhile = None
    test_most_of_it_beside_what_was_moved_elsewhere = None
    test_an_empty_one = None  # the journal is at rest one run later

    def test_new_mail_and_flags_meanwhile(self):
        mail = self.given("A", count=4)
        came, saved = self.corpus.simple("came there"), self.corpus.simple("saved here, and longer than the other one")
        self.mv(("A", "B"))
        self.client.append("A", came.bytes)
        self.client.store("A", self.client.uid_of("A", mail["A"][1]), "+", ["\\Flagged"])
        self.maildir.put("B", saved.lf)
        self.maildir.flag(self.maildir.find("B", mail["A"][3]), "R")

        self.account.sync()
        self.sync()

        self.assertEqual(set(self.client.mailboxes()), {"INBOX", "B"})
        self.assertTrue(self.maildir.has("B", came) and self.is_there(saved, "B"))
        self.assertTrue(all(self.is_there(m, "B") and self.maildir.has("B", m) for m in mail["A"]))
        self.assertIn("\\Answered", self.flags_there(mail["A"][3], "B"))
        self.assertEqual(self.quarantined(), [])


if __name__ == "__main__":
    main()
