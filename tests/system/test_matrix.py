"""
Every operation by itself at servers that offer more or less, and in other forms: separator, prefix, storage. The turns that each
operation took are printed as a table, a server a line. One long scenario at a server whose capabilities golub is told not to use:
test_changes.py, ManyServersTest.
"""
import unittest

from base import SystemTest, main
from rig import in_memory  # noqa: F401

ALL = ("IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS THREAD=ORDEREDSUBJECT "
       "MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH "
       "ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE LITERAL+ NOTIFY SPECIAL-USE")
MANY_TURNS = 60  # for one small operation at the poorest server


def without(*names):
    return " ".join(c for c in ALL.split() if c not in names)


class Matrix(SystemTest):
    """One server; its subclasses say which."""
    table = []

    def mail(self, what, flags=()):
        return self.corpus.simple(what, flags=flags)

    def uid(self, mail, mailbox="INBOX"):
        return self.client.uid_of(mailbox, mail)

    def file(self, mail, mailbox="INBOX"):
        return self.maildir.find(mailbox, mail)

    # -- operations: what a user does on one side; given one message that both sides have

    def op_nothing(self, mail):
        pass

    def op_new_down(self, mail):
        self.client.fill("INBOX", [self.mail("down 1"), self.mail("down 2", ["\\Seen"])])

    def op_new_up(self, mail):
        for n in range(3):
            new = self.mail("up %d" % n)
            self.maildir.put("Work", new.lf, "FS", date=new.date)

    def op_flags_down(self, mail):
        self.client.store("INBOX", self.uid(mail), "+", ["\\Seen", "\\Flagged"])

    def op_flags_up(self, mail):
        self.maildir.flag(self.file(mail), add="FS")

    def op_flags_both(self, mail):
        self.client.store("INBOX", self.uid(mail), "+", ["\\Answered"])
        self.maildir.flag(self.file(mail), add="S")

    def op_remove_down(self, mail):
        self.client.expunge("INBOX", self.uid(mail))

    def op_remove_up(self, mail):
        self.maildir.delete(self.file(mail))

    def op_move_down(self, mail):
        self.client.move("INBOX", self.uid(mail), "Work")

    def op_move_up(self, mail):
        self.maildir.move(self.file(mail), "Work")

    def op_move_up_renamed(self, mail):
        self.maildir.move(self.file(mail), "Work", rename=True)

    def op_copy_down(self, mail):
        self.client.copy("INBOX", self.uid(mail), "Work")

    def op_copy_up(self, mail):
        self.maildir.copy(self.file(mail), "Work")

    def op_mailbox_down(self, mail):
        self.client.create("Von/dort")
        self.client.fill("Von/dort", [self.mail("of the new mailbox")])

    def op_mailbox_up(self, mail):
        self.maildir.create("Von/hier & Größe")
        new = self.mail("of the new folder")
        self.maildir.deliver("Von/hier & Größe", new.lf, date=new.date)

    OPERATIONS = ("nothing", "new_down", "new_up", "flags_down", "flags_up", "flags_both", "remove_down", "remove_up", "move_down",
                  "move_up", "move_up_renamed", "copy_down", "copy_up", "mailbox_down", "mailbox_up")

    def test_each_operation_ends_with_both_sides_the_same(self):
        mails = {name: self.mail(name) for name in self.OPERATIONS}
        self.client.create("Work")
        self.client.fill("INBOX", mails.values())
        self.sync()
        turns = ["%d" % self.proxy.stats["turns"]]
        self.assert_same()
        for name in self.OPERATIONS:
            with self.subTest(name):
                getattr(self, "op_" + name)(mails[name])
                self.sync()
                turns.append("%d" % self.proxy.stats["turns"])
                self.assertLess(self.proxy.stats["turns"], MANY_TURNS)
                self.assert_same()
        self.assert_idempotent()
        Matrix.table.append((type(self).__name__, turns))


class Everything(Matrix):
    pass


class EverythingOnMaildir(Matrix):
    server_options = {"format": "maildir"}


class DotsAndPrefix(Matrix):
    server_options = {"format": "maildir", "separator": ".", "prefix": "INBOX."}


class DotsAndPrefixOnSdbox(Matrix):
    server_options = {"separator": ".", "prefix": "INBOX."}


class Imap4rev1Alone(Matrix):
    server_options = {"capability": "IMAP4rev1"}


class NoUidplus(Matrix):
    server_options = {"capability": without("UIDPLUS")}


class NoMove(Matrix):
    server_options = {"capability": without("MOVE")}


class NoMoveNoUidplus(Matrix):
    server_options = {"capability": without("MOVE", "UIDPLUS"), "format": "maildir"}


class NoLiteralPlus(Matrix):
    server_options = {"capability": without("LITERAL+", "MULTIAPPEND")}


class CondstoreAlone(Matrix):
    server_options = {"capability": without("QRESYNC")}


class NeitherCondstoreNorQresync(Matrix):
    server_options = {"capability": without("QRESYNC", "CONDSTORE")}


class NoListStatus(Matrix):
    server_options = {"capability": without("LIST-STATUS", "LIST-EXTENDED")}


def load_tests(loader, _tests, _pattern):
    return unittest.TestSuite(loader.loadTestsFromTestCase(c) for c in Matrix.__subclasses__())


def tearDownModule():
    names = ["first"] + list(Matrix.OPERATIONS)
    print("\nTurns (a turn is a round trip):\n%-28s %s" % ("", " ".join(n.replace("_", "-") for n in names)))
    for server, turns in Matrix.table:
        print("%-28s %s" % (server, " ".join(t.rjust(len(n)) for t, n in zip(turns, names))))


if __name__ == "__main__":
    main()
