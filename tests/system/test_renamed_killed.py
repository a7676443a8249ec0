"""
A run that carries a new name is killed just before or just after one of its steps, and more had happened to the mailboxes than that: a name that differs in
case alone, the old name born again, mail that came, went and was flagged on both sides, another UIDVALIDITY, names that go round. The next runs end it: each
message stands once, in the mailbox where a person expects it, and what was removed stays removed. {there, here} x {with identities, without}
"""
import os
import time

from base import OK, PASSWORD, Dying, SystemTest, main, one_in
from makesbase import AtCyrus
from rig import killer
from test_renamed_here import RenamingHere


class KilledThereTest(RenamingHere, Dying, SystemTest):
    server_options = {"special_use": False, "users": {"u%04d" % n: PASSWORD for n in range(4000)}}
    account_options = {"max_delete": "off"}
    deaths = int(os.environ.get("GOLUB_DEATHS", "1"))  # nobody waits for all of these at each step
    numbers_stay = True

    def places_to_die(self, steps):
        return killer.choose(steps, self.deaths)

    def call(self, *pairs):
        """These get new names, one after the other."""
        self.rename(*pairs)

    def born(self, name):
        """@return its mail"""
        self.client.create(name)
        mail = [self.corpus.simple("born again")]
        self.client.fill(name, mail)
        return mail

    def until_quiet(self):
        until = time.monotonic() + 8  # what was not answered may still be under way for some seconds
        while self.account.sync().code != OK and time.monotonic() < until:
            time.sleep(0.5)
        self.sync()

    def die(self, scene, at, after):
        self.removed = 0
        where = scene(self.given("A", "B", "C", count=3))
        result, steps = killer.run(self.home, at, "sync", "work", after=after)
        if at == 0:
            self.check(result, OK)
        self.until_quiet()
        self.assertEqual(sorted(self.client.mailboxes()), sorted(["INBOX", *where]))
        for name, mail in where.items():
            self.assertEqual(sorted(m.digest for m in self.client.messages(name)), sorted(m.digest for m in mail), name)
        if self.numbers_stay:  # else the old places of what was on its way may be there, too
            self.assertEqual(len(self.quarantined()), self.removed)
        self.assert_same()
        return steps

    def case(self, mail):
        self.call(("A", "a"))
        return {"a": mail["A"], "B": mail["B"], "C": mail["C"]}

    def reborn(self, mail):
        self.call(("A", "D"))
        return {"D": mail["A"], "A": self.born("A"), "B": mail["B"], "C": mail["C"]}

    def handed_on(self, mail):
        """Each gets the name that another one had, and the first name is born again."""
        self.call(("B", "D"), ("A", "B"))
        return {"D": mail["B"], "B": mail["A"], "A": self.born("A"), "C": mail["C"]}

    def swap(self, mail):
        self.call(("A", "X"), ("B", "A"), ("X", "B"))
        return {"A": mail["B"], "B": mail["A"], "C": mail["C"]}

    def circle(self, mail):
        self.call(("A", "X"), ("C", "A"), ("B", "C"), ("X", "B"))
        return {"A": mail["C"], "B": mail["A"], "C": mail["B"]}

    def changed(self, mail):
        """On both sides, around the new name."""
        here, there = self.corpus.simple("new here"), self.corpus.simple("new there")
        self.maildir.put("A", here.lf)
        self.client.expunge("A", self.client.uid_of("A", mail["A"][0]))
        self.maildir.delete(self.maildir.find("A", mail["A"][1]))
        self.call(("A", "D"))
        self.client.close()  # A was open in that session
        self.client = self.new_client()
        self.client.fill("D" if "D" in self.client.mailboxes() else "A", [there])
        self.removed = 1 if self.numbers_stay else 0
        return {"D": (mail["A"][2:] if self.numbers_stay else mail["A"]) + [here, there], "B": mail["B"], "C": mail["C"]}

    def test_in_case_alone(self):
        self.sweep(self.case)

    def test_the_old_name_is_born_again(self):
        self.sweep(self.reborn)

    def test_each_gets_the_name_of_another_one_and_the_first_is_born_again(self):
        self.sweep(self.handed_on)

    def test_a_swap(self):
        self.sweep(self.swap)

    def test_a_circle(self):
        self.sweep(self.circle)

    def test_mail_that_changed_on_both_sides(self):
        self.sweep(self.changed)


@one_in(3, 1)
class RenumberedTest(KilledThereTest):
    """Under its new name it has another UIDVALIDITY, too: no gap in its numbers says that anything was removed."""
    numbers_stay = False

    def call(self, *pairs):
        super().call(*pairs)
        self.client.close()
        self.server.doveadm("mailbox", "update", "-u", self.user, "--uid-validity", "90001", pairs[-1][1])
        self.client = self.new_client()


class KilledHereTest(KilledThereTest):
    def call(self, *pairs):
        self.mv(*pairs)

    def born(self, name):
        self.maildir.create(name)
        mail = [self.corpus.simple("born again")]
        self.maildir.put(name, mail[0].lf)
        return mail


class WithoutIdentities:
    def setUp(self):
        super().setUp()
        self.account.set(disable=["X-GUID"])


@one_in(3, 1)
class UnsaidThereTest(WithoutIdentities, KilledThereTest):
    pass


@one_in(3, 2)
class UnsaidHereTest(WithoutIdentities, KilledHereTest):
    pass


@one_in(3)
class AtCyrusTest(AtCyrus, KilledThereTest):
    pass


@one_in(3, 1)
class HereAtCyrusTest(AtCyrus, KilledHereTest):
    pass


if __name__ == "__main__":
    main()
