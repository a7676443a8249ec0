"""What system tests at servers of other makes have in common. Where a server can't be had its tests are skipped, and say so."""
import time
import unittest

from rig import courier, cyrus


class AnotherMake:
    """Stands before the class of a SystemTest; a subclass names `fetch` of its rig, and the server's class."""
    server_options = {}

    @classmethod
    def setUpClass(cls):
        problem = cls.fetch()
        if problem:
            raise unittest.SkipTest("The server is not here: " + problem)
        super().setUpClass()

    def made_in_one_second(self, *mailboxes):
        """Both servers take UIDVALIDITY from the clock: these have one. @return their names"""
        for turn in range(20):
            names = ["%s%d" % (name, turn) for name in mailboxes]
            for name in names:
                self.client.create(name)
            if len({self.client.status(name)["uidvalidity"] for name in names}) == 1:
                return names
        self.fail("never in one second")


class AtCyrus(AnotherMake):
    fetch, server_class = staticmethod(cyrus.fetch), cyrus.Cyrus


class AtCourier(AnotherMake):
    fetch, server_class = staticmethod(courier.fetch), courier.CourierImap
    separator, prefix = ".", "INBOX."


class EachInItsSecond:
    """Of a story in which mailboxes are `given`: each has a UIDVALIDITY of its own."""

    def given(self, *mailboxes, count=3):
        mail = {}
        for name in mailboxes:
            mail.update(super().given(name, count=count))
            time.sleep(1.1)
        return mail
