"""Servers that lack this or that, mask what they have, or are full."""
from base import SOME, SystemTest, main


class ManyServersTest(SystemTest):
    """One long scenario at servers that lack this or that."""

    def scenario(self):
        mails = self.corpus.messages(16, edge=False, median=3000)
        for m in mails:
            m.flags = ()
        self.client.create("Work")
        uids = self.client.fill("INBOX", mails)
        if None in uids:
            uids = [self.client.uid_of("INBOX", m) for m in mails]
        self.sync()
        self.assert_in_sync()
        here = self.maildir
        self.client.append("INBOX", self.corpus.simple("news").bytes)
        self.client.store("INBOX", uids[0], "+", ["\\Seen"])
        self.client.move("INBOX", uids[1], "Work")
        self.client.expunge("INBOX", uids[2])
        here.deliver("INBOX", self.corpus.simple("ours").lf)
        here.flag(here.find("INBOX", mails[3]), add="FS")
        here.move(here.find("INBOX", mails[4]), "Work", rename=True)
        here.delete(here.find("INBOX", mails[5]))
        here.copy(here.find("INBOX", mails[6]), "Work")
        for _ in range(2):
            self.sync()
        self.assertFalse(self.is_there(mails[5]) or here.has("INBOX", mails[2]))
        self.assertTrue(self.is_there(mails[4], "Work") and here.has("Work", mails[1]))
        self.assert_in_sync()

    def test_with_condstore_and_no_qresync(self):
        self.account.set(disable=["QRESYNC"])
        self.scenario()

    def test_without_condstore(self):
        self.account.set(disable=["QRESYNC", "CONDSTORE"])
        self.scenario()

    def test_without_move(self):
        self.account.set(disable=["MOVE"])
        self.scenario()

    def test_without_uidplus(self):
        self.account.set(disable=["UIDPLUS"])
        self.scenario()

    def test_without_list_status_and_special_use(self):
        self.account.set(disable=["LIST-STATUS", "SPECIAL-USE", "LIST-EXTENDED"])
        self.scenario()

    def test_without_literals_that_need_no_answer(self):
        self.account.set(disable=["LITERAL+", "LITERAL-", "MULTIAPPEND"])
        self.scenario()

    def test_with_nothing_at_all(self):
        self.account.set(disable=["QRESYNC", "CONDSTORE", "MOVE", "UIDPLUS", "LIST-STATUS", "SPECIAL-USE", "LIST-EXTENDED",
                                  "LITERAL+", "MULTIAPPEND", "ESEARCH", "ENABLE", "UNSELECT", "SASL-IR", "NAMESPACE", "ID"])
        self.scenario()


class MaskedServerTest(ManyServersTest):
    """The same at a server that itself offers less: it then says BAD where a client asks all the same."""
    server_options = {"capability": "IMAP4rev1 UIDPLUS NAMESPACE", "format": "maildir"}

    test_with_condstore_and_no_qresync = test_without_condstore = test_without_move = None
    test_without_list_status_and_special_use = test_without_literals_that_need_no_answer = None


class QuotaTest(SystemTest):
    server_options = {"quota": 60_000}

    def test_what_does_not_fit_stays_here_and_is_said_and_the_rest_goes_on(self):
        self.given_both_sides(self.corpus.messages(3, edge=False, median=1000))
        bulk = self.corpus.big(200_000)
        self.maildir.deliver("INBOX", bulk.lf)
        self.client.append("INBOX", self.corpus.simple("news").bytes)

        result = self.sync(expect=SOME)

        self.assertTrue(self.maildir.has("INBOX", bulk))
        self.assertFalse(self.is_there(bulk))
        self.assertEqual(len(self.maildir.files("INBOX")), 5)
        self.assertRegex((result.out + result.err).lower(), "quota")


if __name__ == "__main__":
    main()
