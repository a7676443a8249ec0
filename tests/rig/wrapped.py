"""Courier and Cyrus, whose own rigs are courier.py and cyrus.py, as servers of the walk."""
from . import courier, cyrus
from .daemon import PASSWORD, USERS, NotHere, Server
from .servers import deliver


class Wrapped(Server):
    kind = None  # of the rig
    where = None  # the rig's module

    @classmethod
    def fetch(cls):
        problem = cls.where.fetch()
        if problem:
            raise NotHere(problem)

    def options(self):
        return {}

    def start(self):
        self.fetch()
        self.server = self.kind(users={u: PASSWORD for u in USERS}, **self.options())
        self.server.start()
        self.port, self.folder = self.server.port, self.server.folder
        return self

    def stop(self):
        self.server.stop()

    def tail(self, lines=15):
        return self.server.tail(lines)


class CourierImap(Wrapped):
    kind, where = courier.CourierImap, courier
    separator, prefix = ".", "INBOX."
    wrong = "everything below INBOX., no LITERAL+, MOVE or CONDSTORE"


class CourierPop(Wrapped):
    kind, where = courier.CourierPop, courier
    protocol = "pop"

    def deliver(self, user, messages):
        deliver(self.server.maildir(user), [bytes(m).replace(b"\r\n", b"\n") for m in messages])


class Cyrus(Wrapped):
    kind, where = cyrus.Cyrus, cyrus
    raw_headers = False
    wrong = "8 bits in a header become X"


ALL = (CourierImap, CourierPop, Cyrus)
