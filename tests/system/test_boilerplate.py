"""
Mails that programs send (cron of two hosts, receipts without a body): one second, one body, and headers that say that they are two. What was not
answered, or has new UIDs, is not taken for another one of them, and each is once on both sides.
"""
import shutil
import time

from base import main
from rig.corpus import Mail, stamp
from situationbase import SituationTest

DATE = 1500000000


def report(host, body="the backup has ended\r\n", named=True):
    lines = ["From: Cron <cron@%s>" % host, "To: ana@example.org", "Subject: backup of %s" % host, "Date: %s" % stamp(DATE)]
    lines += ["Message-ID: <1@%s>" % host] if named else []
    return Mail(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), (), DATE)


class BoilerplateTest(SituationTest):
    def each_form(self, scene):
        for n, form in enumerate(({}, {"named": False}, {"body": ""}, {"body": "", "named": False})):
            with self.subTest(**form):
                scene(report("host%d1" % n, **form), report("host%d2" % n, **form))

    def then_each_is_once_on_both_sides(self, *mails, mailbox="INBOX"):
        self.settle()
        for mail in mails:
            self.assertEqual(self.count(mail, mailbox), (1, 1), self.evidence())
        self.assert_same()

    def settle(self):
        """What was not answered may still arrive: golub looks again after some seconds."""
        self.again()
        for _ in range(3):
            if self.account.sync("--confirm-deletes").code == 0:
                break
            time.sleep(6)
        self.sync()

    def lose_the_append_while(self, other):
        """The line breaks before our APPEND arrives, and another client brings its own meanwhile."""
        cut = []

        def up(data):
            if b" APPEND " in data and not cut:
                cut.append(True)
                self.proxy.hang_up()
                with self.new_client() as beside:
                    beside.append("INBOX", other.bytes, (), DATE)
                return b""
            return data

        self.proxy.edit["up"] = up
        self.account.sync()
        self.proxy.edit["up"] = None
        self.assertTrue(cut)

    def test_what_was_sent_in_vain_is_not_what_another_client_brought(self):
        def scene(ours, theirs):
            self.maildir.deliver("INBOX", ours.lf, date=DATE)
            self.lose_the_append_while(theirs)
            self.then_each_is_once_on_both_sides(ours, theirs)

        self.each_form(scene)

    def test_what_came_in_its_place_under_new_uids_is_another(self):
        number = iter(range(2000000001, 2000000100))

        def scene(ours, theirs):
            self.replace(ours, theirs)
            self.server.doveadm("mailbox", "update", "-u", self.user, "--uid-validity", str(next(number)), "Work")
            self.then_each_is_once_on_both_sides(ours, theirs, mailbox="Work")

        self.each_form(scene)

    def test_nor_is_it_where_the_journal_was_lost(self):
        def scene(ours, theirs):
            self.replace(ours, theirs)
            shutil.rmtree(self.account.state)
            self.then_each_is_once_on_both_sides(ours, theirs, mailbox="Work")

        self.each_form(scene)

    def replace(self, ours, theirs):
        self.client.append("Work", ours.bytes, (), DATE)
        self.sync()
        self.client.expunge("Work", [m.uid for m in self.client.messages("Work") if m.digest == ours.digest])
        self.client.append("Work", theirs.bytes, (), DATE)
        self.client.close()

    def test_what_is_removed_here_takes_no_other_one_with_it(self):
        ours, theirs = report("host1"), report("host2")
        self.maildir.deliver("INBOX", ours.lf, date=DATE)
        self.lose_the_append_while(theirs)
        self.delete_here(ours)
        self.settle()
        self.assertEqual(self.count(theirs), (1, 1), self.evidence())


if __name__ == "__main__":
    main()
