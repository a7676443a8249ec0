"""
Several names move at once, one of them that of a mailbox which `mailboxes` leaves out. {a circle of three, of four, a chain to a new name, to what is left out, folders of
one age} x {another one is left out before that is put right, or none is}: nothing is read in another one's folder, in any run, and all waits until
a person has put the folders back.
"""
import shutil

from base import SystemTest, main
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
        mail = self.given("X", "Z", "Y")
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


if __name__ == "__main__":
    main()
