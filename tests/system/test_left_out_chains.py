"""
Several names move at once, one of them that of a mailbox which `mailboxes` leaves out. {a circle of three, of four, a chain to a new name, to what is left out, folders of
one age} x {another one is left out before that is put right, or none is}: nothing is read in another one's folder, in any run, and all waits until
a person has put the folders back.
"""
import shutil

from base import SOME, SystemTest, main
from test_renamed_left_out import Waiting

STRANGE = "%s: can't sync this mailbox: what stands at its place here is the folder of "  # nothing says of which, where several were made at once


class ChainsHere(Waiting):
    server_options = {"special_use": False}

    def circle(self, *names):
        """The folder of each goes to the place of the next."""
        self.mv((names[-1], "on"), *reversed(list(zip(names, names[1:]))), ("on", names[0]))

    def put_back(self, mail, *names):
        self.circle(*reversed(names))
        self.sync()
        self.let_all_in()
        self.assert_as_given(mail)

    def leave_out_too(self, *names):
        self.account.set(mailboxes=["*"] + ["!" + name for name in names])


class CirclesTest(ChainsHere, SystemTest):
    def given_a_circle(self, *names):
        mail = self.given("Other")
        for name in names:
            mail.update(self.given(name))
        self.leave_out(names[-1])
        self.circle(*names)
        return mail

    def test_another_one_is_left_out_after_it(self):
        mail = self.given_a_circle("X", "Z", "Y")
        self.assert_waits(STRANGE % "X", STRANGE % "Z", runs=1)

        self.leave_out_too("X", "Y")

        self.assert_waits(STRANGE % "Z")
        self.put_back(mail, "X", "Z", "Y")

    def test_another_one_is_left_out_instead(self):
        mail = self.given_a_circle("X", "Z", "Y")
        self.assert_waits(STRANGE % "X", STRANGE % "Z", runs=1)

        self.leave_out_too("X")

        self.assert_waits(STRANGE % "Z", "Y: can't find the folder of this mailbox: its own one")
        self.put_back(mail, "X", "Z", "Y")

    def test_of_four(self):
        mail = self.given_a_circle("X", "Z", "W", "Y")
        self.assert_waits(STRANGE % "X", STRANGE % "Z", STRANGE % "W")

        self.leave_out_too("X", "Y")

        self.assert_waits(STRANGE % "Z", STRANGE % "W")
        self.put_back(mail, "X", "Z", "W", "Y")

    def test_of_one_age(self):
        mail = {**self.given("Y"), **self.given_of_one_age("X", "Z")}
        self.leave_out("Y")
        self.circle("X", "Z", "Y")
        self.assert_waits(STRANGE % "X", STRANGE % "Z", runs=1)

        self.leave_out_too("X", "Y")

        self.assert_waits(STRANGE % "Z")
        self.put_back(mail, "X", "Z", "Y")


class ChainsTest(ChainsHere, SystemTest):
    def test_to_a_new_name(self):
        mail = {**self.given("X"), **self.given("Z"), **self.given("Y")}  # one age would say less of who is where
        self.leave_out("Y")
        self.mv(("Z", "Q"), ("X", "Z"), ("Y", "X"))

        self.assert_waits(STRANGE % "X", STRANGE % "Z", "Q: can't make this mailbox on the server: its folder is that of mailbox")

        self.mv(("X", "Y"), ("Z", "X"), ("Q", "Z"))
        self.sync()
        self.let_all_in()
        self.assert_as_given(mail)

    def test_to_the_place_of_one_that_is_left_out_and_has_no_folder(self):
        mail = self.given("X")
        mail.update(self.given("Z"))
        mail.update(self.given("Y"))
        self.assertEqual(len({self.born(name) for name in mail}), 3)
        self.to_the_place_of_one_without_a_folder(mail)

    def test_to_the_place_of_one_that_is_left_out_and_of_its_age(self):
        self.to_the_place_of_one_without_a_folder({**self.given("X"), **self.given_of_one_age("Z", "Y")})

    def to_the_place_of_one_without_a_folder(self, mail):
        self.leave_out("Y")
        shutil.rmtree(self.maildir.folder("Y"))
        self.mv(("Z", "Y"), ("X", "Z"))

        self.assert_waits(STRANGE % "Z")

        self.mv(("Z", "X"), ("Y", "Z"))
        self.sync()
        self.let_all_in()
        self.sync()
        self.assert_as_given(mail)


class RenamedThereTest(ChainsHere, SystemTest):
    def test_one_that_changed_places_here(self):
        mail = {**self.given("Y"), **self.given("Z")}
        self.leave_out("Z")
        self.swap("Y", "Z")
        self.rename(("Z", "P"))
        self.let_all_in()

        self.assert_waits(STRANGE % "Y", "P: can't find the folder of this mailbox", "Z: can't make this mailbox on the server: its folder is that of mailbox Y")

        self.swap("Y", "Z")
        mail["P"] = mail.pop("Z")
        self.assert_as_given(mail)

    def given_names_that_changed_there(self):
        mail = {**self.given("X"), **self.given("Y")}
        self.leave_out("Y")
        self.rename(("X", "on"), ("Y", "X"), ("on", "Y"))
        self.mv(("Y", "P"))
        mail["X"], mail["Y"] = mail["Y"], mail["X"]
        return mail

    def test_two_that_changed_names_and_its_folder_is_renamed_here(self):
        mail = self.given_names_that_changed_there()

        self.assert_waits("P: can't make this mailbox on the server: its folder is that of mailbox Y, which `mailboxes` left out")

        self.let_all_in()
        self.assert_as_given(mail)

    def test_two_that_changed_names_and_a_line_that_breaks_before_the_list_once_it_is_let_in(self):
        mail = {**self.given("X"), **self.given("Y")}
        self.leave_out("Y")
        answers = self.proxy.stream("down")
        self.rename(("X", "on"), ("Y", "X"), ("on", "Y"))
        self.sync(expect=SOME)
        self.let_all_in()
        self.through(cut_down=answers.index(b"* LIST"), times=1)

        result = self.sync(expect=SOME)

        self.assertIn("work/X: can't tell what this mailbox is called there now", result.err)
        self.assertEqual(self.bodies(), [])
        self.assert_waits("X: can't rename this mailbox here to \"Y\", as on the server: folder \"Y\" here is in the way", runs=1)
        self.mv(("Y", "P"))
        mail["X"], mail["Y"] = mail["Y"], mail["X"]
        self.assert_as_given(mail)

    def test_its_new_name_is_still_that_of_a_folder_here(self):
        mail = {**self.given("X"), **self.given("Z"), **self.given("W")}
        self.leave_out("Z")
        self.rename(("X", "on"), ("Z", "X"), ("on", "Z"))
        self.swap("W", "X")
        self.sync(expect=SOME)
        self.sync(expect=SOME)
        self.let_all_in()

        self.assert_waits("Z: can't sync this mailbox: what stands at its place here is the folder of another one, which was called Z")

        self.circle("X", "W", "Z")
        self.assert_waits(STRANGE % "W", runs=1)
        self.circle("Z", "W", "X")
        shutil.rmtree(self.maildir.folder("W"))  # as the line about that one advises: what was in it is in Z on the server
        mail["X"], mail["Z"] = mail["Z"], mail["X"]
        self.sync(expect=SOME)
        self.sync()
        self.sync()
        self.assert_as_given(mail)

    def test_what_has_its_name_by_then_is_left_out_too(self):
        mail = self.given_names_that_changed_there()
        self.leave_out_too("X")
        self.sync(expect=SOME)
        self.leave_out_too("X", "Y")

        self.assert_waits("P: can't make this mailbox on the server: its folder is that of mailbox Y, which `mailboxes` left out, and which the server calls X now")

        self.let_all_in()
        self.assert_as_given(mail)


class NumbersTest(ChainsHere, SystemTest):
    account_options = {"disable": ["X-GUID"]}

    def test_two_that_changed_names_and_its_folder_is_renamed_here(self):
        mail = {**self.given("X"), **self.given("Y")}
        self.leave_out("Y")
        self.rename(("X", "on"), ("Y", "X"), ("on", "Y"))
        self.mv(("Y", "P"))
        mail["X"], mail["Y"] = mail["Y"], mail["X"]
        self.let_all_in()
        self.sync(expect=SOME)

        self.assert_waits("X: can't find the folder of this mailbox: perhaps it is mailbox Y, which `mailboxes` left out, under another name")

        self.mv(("P", "X"))
        self.assert_as_given(mail)


class ChildrenTest(ChainsHere, SystemTest):
    def test_one_that_is_chosen_where_its_parent_changed_places_with_one_that_is_renamed_there(self):
        mail = {**self.given("X", "X/K"), **self.given("Z")}
        self.leave_out("X")
        self.swap("X", "Z")
        self.rename(("Z", "P"))
        self.let_all_in()
        self.sync(expect=SOME)

        self.assert_waits("X: can't find the folder of this mailbox: its own one, from before `mailboxes` left it out, is \"Z\"")

        self.mv(("Z", "X"))
        mail["P"] = mail.pop("Z")
        self.assert_as_given(mail)

    def test_one_that_is_left_out_where_its_parent_gets_the_name_of_another_one(self):
        mail = self.given("X", "X/K", "W")
        self.leave_out("X/K")
        self.mv(("W", "Q"), ("X", "W"))
        self.sync(expect=SOME)
        self.let_all_in()

        self.assert_as_given({"Q": mail["W"], "W": mail["X"], "W/K": mail["X/K"]})


if __name__ == "__main__":
    main()
