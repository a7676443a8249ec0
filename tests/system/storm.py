"""
Histories on a real Dovecot, drawn from seeds: two golubs with a tree each, a third client, kills, lines that are cut, mailboxes that are numbered
anew. In the end every message is where it should be, once. Longer and slower than the simulator, and with a server that nobody wrote for it.

    storm.py [--first N] [--count N] [--format sdbox|maildir] [--seed N [--skip 3,7] [--verbose]]

A line a history; exit status 1 if one broke a law. Each step has a generator of its own, so that --skip leaves the others as they were.
`cmake --build build/release --target storm`
"""
import argparse
import collections
import os
import random
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from rig.corpus import Corpus  # noqa: E402
from rig.dovecot import Dovecot  # noqa: E402
from rig.golub import Account, Home  # noqa: E402
from rig.imapclient import Client  # noqa: E402
from rig.movers import Mbsync  # noqa: E402
from rig.proxy import Proxy  # noqa: E402

PASSWORD = "correct horse"
MAILBOXES = ("INBOX", "Work", "Old")
FULL = ("IMAP4rev1 SASL-IR LITERAL+ ENABLE IDLE NAMESPACE SPECIAL-USE UIDPLUS MOVE LIST-EXTENDED LIST-STATUS CONDSTORE QRESYNC ESEARCH"
        " UNSELECT")
LACKS = ((), ("UIDPLUS",), ("MOVE",), ("CONDSTORE", "QRESYNC"), ("LIST-STATUS", "LIST-EXTENDED"), ("QRESYNC",),
         ("UIDPLUS", "MOVE", "CONDSTORE", "QRESYNC", "LIST-STATUS"))
STEPS = ("append", "deliver", "flag_there", "flag_here", "remove_there", "remove_here", "move_there", "move_here", "renumber", "renumber",
         "sync", "sync", "sync", "kill", "kill", "cut")
CALLS = ("fdatasync,fsync", "rename,renameat,renameat2", "sendto,sendmsg,write,writev")
ROUNDS, PAUSE = 12, 6  # an unanswered command has settled after half a minute


def id_of(data):
    return re.search(rb"(?im)^Message-ID:\s*(<[^>]+>)", bytes(data)).group(1).decode()


class History:
    def __init__(self, server, user, seed, options):
        self.server, self.user, self.seed, self.options = server, user, seed, options
        self.rng = random.Random(seed)
        self.corpus = Corpus(seed)
        self.client = Client(server.port, user, PASSWORD)
        self.proxy = Proxy(server.port, record=False).start()
        self.closers = [self.proxy.stop]
        self.made, self.moves, self.removed, self.renumbered = set(), collections.Counter(), {}, set()
        self.flagged = set()  # somebody gave it \Flagged: where it stays it is wanted back, whoever removed it elsewhere
        self.validity = 2000000000
        self.log = []

    def say(self, *words):
        self.log.append(" ".join(str(word) for word in words))
        if self.options.verbose:
            print("   ", self.log[-1], flush=True)

    def new(self):
        mail = self.corpus.simple("mail %d" % len(self.made), "body %d\r\n" % len(self.made) * self.rng.randint(1, 30))
        self.made.add(id_of(mail.bytes))
        return mail

    def golub(self, root=None):
        home = Home()
        self.closers.append(home.close)
        more = {"maildir": root} if root else {}
        return Account(home, "imap://127.0.0.1:%d" % self.proxy.port, self.user, PASSWORD, "w", tls="none", **more)

    # -- steps

    def pick_there(self):
        mailbox = self.rng.choice(MAILBOXES)
        messages = self.client.messages(mailbox, bodies=False)
        if not messages:
            return None
        message = self.rng.choice(messages)
        return mailbox, message.uid, id_of(self.client.body(mailbox, message.uid))

    def pick_here(self, maildir):
        mailbox = self.rng.choice(MAILBOXES)
        files = maildir.files(mailbox) if mailbox in maildir.mailboxes() else []
        return (mailbox, self.rng.choice(files)) if files else None

    def append(self, _):
        mail, mailbox = self.new(), self.rng.choice(MAILBOXES)
        self.client.append(mailbox, mail.bytes, mail.flags, mail.date)
        self.say(mailbox, id_of(mail.bytes))

    def deliver(self, account):
        mailbox = self.rng.choice(MAILBOXES)
        if mailbox in account.maildir.mailboxes():
            mail = self.new()
            account.maildir.deliver(mailbox, mail.lf)
            self.say(mailbox, id_of(mail.bytes))

    def flag_there(self, _):
        picked = self.pick_there()
        if picked:
            sign, flag = self.rng.choice("+-"), self.rng.choice(("\\Seen", "\\Flagged", "\\Answered"))
            self.client.store(picked[0], [picked[1]], sign, [flag])
            self.note_flag(picked[0], picked[2], sign, flag)

    def flag_here(self, account):
        picked = self.pick_here(account.maildir)
        if picked:
            act, letter = self.rng.choice(("add", "remove")), self.rng.choice("SFR")
            self.note_flag(picked[0], id_of(picked[1].bytes()), "+" if act == "add" else "-", "\\Flagged" if letter == "F" else letter)
            account.maildir.flag(picked[1], **{act: letter})

    def note_flag(self, mailbox, message, sign, flag):
        if (sign, flag) == ("+", "\\Flagged"):
            self.flagged.add(message)
        self.say(mailbox, message, sign + flag)

    def remove_there(self, _):
        picked = self.pick_there()
        if picked:
            self.client.expunge(picked[0], [picked[1]])
            self.removed[picked[2]] = picked[0]
            self.say(picked[0], picked[2])

    def remove_here(self, account):
        picked = self.pick_here(account.maildir)
        if picked:
            self.removed[id_of(picked[1].bytes())] = picked[0]
            self.say(picked[0], id_of(picked[1].bytes()))
            os.unlink(picked[1].path)

    def move_there(self, _):
        picked = self.pick_there()
        if picked:
            to = self.rng.choice([name for name in MAILBOXES if name != picked[0]])
            self.client.move(picked[0], [picked[1]], to)
            self.moves[picked[2]] += 1
            self.say(picked[0], picked[2], "to", to)

    def move_here(self, account):
        picked = self.pick_here(account.maildir)
        if picked:
            to = self.rng.choice([name for name in MAILBOXES if name != picked[0]])
            if to in account.maildir.mailboxes():
                self.moves[id_of(picked[1].bytes())] += 1
                self.say(picked[0], id_of(picked[1].bytes()), "to", to)
                account.maildir.move(picked[1], to, rename=self.rng.random() < 0.5)

    def refill(self, mailbox):
        """All of it again, perhaps in another order."""
        messages = self.client.messages(mailbox, bodies=False)
        order = messages[::-1] if self.rng.random() < 0.6 else messages
        if mailbox == "INBOX" and self.server.format == "maildir":  # that one can't be renamed away
            for m in order:
                self.client.append(mailbox, self.client.body(mailbox, m.uid), m.flags, m.date)
            self.client.expunge(mailbox, [m.uid for m in messages])
            return
        self.client.rename_mailbox(mailbox, "aside")
        if mailbox != "INBOX":
            self.client.create(mailbox)
        aside = {m.uid: m for m in self.client.messages("aside", bodies=False)}
        for uid in sorted(aside, reverse=order is not messages):
            self.client.append(mailbox, self.client.body("aside", uid), aside[uid].flags, aside[uid].date)
        self.client.delete_mailbox("aside")

    def renumber(self, _):
        mailbox = self.rng.choice(MAILBOXES)
        refills = self.rng.random() < 0.7 and self.client.messages(mailbox, bodies=False)
        if refills:
            self.refill(mailbox)
        self.client.close()
        self.validity += self.rng.randint(1, 9)
        self.server.doveadm("mailbox", "update", "-u", self.user, "--uid-validity", str(self.validity), mailbox)
        self.client = Client(self.server.port, self.user, PASSWORD)
        self.renumbered.add(mailbox)
        self.say(mailbox, "refilled" if refills else "")

    def sync(self, account, *options):
        result = account.sync(*options)
        self.say(result.code, (result.out + result.err).strip().replace("\n", " | ")[:500])
        return result.code

    def kill(self, account):
        call, number = self.rng.choice(CALLS), self.rng.randint(1, 25)
        account.home.run_killed(call, number, "sync", "w")
        self.say(call, number)

    def cut(self, account):
        up = self.rng.random() < 0.5
        self.proxy.cut = {"up": self.rng.randint(100, 3000) if up else None, "down": None if up else self.rng.randint(300, 9000)}
        self.sync(account)
        self.proxy.cut = {"up": None, "down": None}

    # -- a history

    def begin(self):
        """@return the accounts of both golubs"""
        for name in MAILBOXES:
            if name != "INBOX":
                self.client.create(name)
            for _ in range(self.rng.randint(3, 9)):
                mail = self.new()
                self.client.append(name, mail.bytes, mail.flags, mail.date)
        root = None
        if Mbsync.is_here() and self.rng.random() < 0.5:
            mover = Mbsync(self.server, self.user, PASSWORD)
            self.closers.append(mover.close)
            mover.sync()
            root = mover.root
            if self.rng.random() < 0.5:
                self.renumber(None)
        return [self.golub(root), self.golub()]

    def run(self):
        accounts = self.begin()
        for account in accounts:
            self.sync(account)
        for n in range(self.rng.randint(12, 24)):
            self.rng = random.Random("%d %d" % (self.seed, n))
            step, which = self.rng.choice(STEPS), self.rng.randrange(2)
            if n not in self.options.skip:
                self.say("%d: %s %s" % (n, step, "AB"[which]))
                getattr(self, step)(accounts[which])
        quiet = self.settle(accounts)
        return list(self.broken(accounts, quiet))

    def settle(self, accounts):
        for account in accounts:
            account.set(max_delete="off")
        for _ in range(ROUNDS):
            if all([self.settled(account) for account in accounts]):
                return True
            time.sleep(PAUSE)
        return False

    def settled(self, account):
        before = account.maildir.tree(), self.client.tree()
        code = self.sync(account)
        if code == 3:
            code = self.sync(account, "--confirm-deletes")
        return code == 0 and before == (account.maildir.tree(), self.client.tree())

    def there(self):
        self.client.close()
        self.client = Client(self.server.port, self.user, PASSWORD)
        return collections.Counter((name, id_of(self.client.body(name, m.uid))) for name in self.client.mailboxes()
                                   for m in self.client.messages(name, bodies=False))

    def broken(self, accounts, quiet):
        if not quiet:
            yield "not quiet after %d rounds" % ROUNDS
        there = self.there()
        for account, name in zip(accounts, "AB"):
            here = collections.Counter((box, id_of(f.bytes())) for box in account.maildir.mailboxes() for f in account.maildir.files(box))
            if here != there:
                yield "%s differs: here alone %s, there alone %s" % (name, dict(here - there), dict(there - here))
        count = collections.Counter()
        for (_, message), times in there.items():
            count[message] += times
        for message in sorted(self.made):
            if count[message] == 0 and message not in self.removed:
                yield "lost: " + message
            if count[message] > max(1, self.moves[message]):  # each of two moves at once may be meant
                yield "doubled: %s, moved %d times" % (message, self.moves[message])
            where = self.removed.get(message)
            kept = where in self.renumbered or self.moves[message] or message in self.flagged
            if count[message] > 0 and where is not None and not kept:
                yield "came back: %s, removed in %s" % (message, where)

    def close(self):
        self.client.close()
        for closer in reversed(self.closers):
            closer()


def parse():
    parser = argparse.ArgumentParser(description="Histories on a real Dovecot, drawn from seeds.")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--format", default="sdbox", choices=("sdbox", "maildir"))
    parser.add_argument("--skip", default="", help="steps that are left out: 3,7")
    parser.add_argument("--verbose", action="store_true", help="tell what happens")
    options = parser.parse_args()
    options.skip = {int(n) for n in options.skip.split(",") if n}
    return options


def main():
    options = parse()
    seeds = [options.seed] if options.seed is not None else range(options.first, options.first + options.count)
    broken = 0
    for seed in seeds:
        lacks = LACKS[seed % len(LACKS)]
        offered = " ".join(word for word in FULL.split() if word not in lacks)
        with Dovecot(users={"ana": PASSWORD}, capability=offered, format=options.format, special_use=False) as server:
            history = History(server, "ana", seed, options)
            try:
                faults = history.run()
            finally:
                history.close()
        broken += bool(faults)
        print("%d without %s: %s" % (seed, ", ".join(lacks) or "nothing", "; ".join(faults) or "well"), flush=True)
        if faults and not options.verbose:
            print("\n".join("    " + line for line in history.log), flush=True)
    print("%d of %d histories broke a law" % (broken, len(seeds)))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
