"""
The newcomer's walk: a private server with mail, a sync, changes on both sides, a sync, nothing to do. Told in plain words with
the numbers of this run, and checked: exit status 1 if anything is not as it is told.

    tour.py GOLUB       the temporary folder with the Maildir stays; the server goes
"""
import collections
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from rig.corpus import Corpus  # noqa: E402
from rig.dovecot import Dovecot  # noqa: E402
from rig.imapclient import Client  # noqa: E402
from rig.maildir import FLAGS, Maildir  # noqa: E402
from rig.proxy import Proxy  # noqa: E402

MAILBOXES = {"INBOX": 400, "Work/2024": 320, "Lists/garden": 300}
BULK = 2_000_000


class Tour:
    def __init__(self, golub, folder):
        self.golub, self.folder = golub, folder
        self.maildir = Maildir(os.path.join(folder, "Mail"))
        self.conf = os.path.join(folder, "golub.conf")
        self.problems = []

    def configure(self, port, ca):
        ca = shutil.copy(ca, os.path.join(self.folder, "ca.pem"))  # the server's folder goes, `golub status` still works
        text = ('account "trial" {\n'
                '    server           = "imaps://127.0.0.1:%d"\n'
                '    user             = "ana"\n'
                '    password-command = "echo secret"\n'
                '    maildir          = "%s"\n'
                '    tls-ca-file      = "%s"\n'
                '    state            = "%s"\n'
                '}\n' % (port, self.maildir.root, ca, os.path.join(self.folder, "state")))
        with open(os.open(self.conf, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
            f.write(text)

    def sync(self, proxy):
        """One sync, shown as it is. @return seconds"""
        proxy.reset()
        command = [self.golub, "-c", self.conf, "sync"]
        print("\n$ %s" % " ".join(command), flush=True)
        began = time.monotonic()
        code = subprocess.run(command, stdin=subprocess.DEVNULL).returncode
        seconds = time.monotonic() - began
        if code != 0:
            self.problems.append("golub sync ended with %d" % code)
        time.sleep(0.05)  # the proxy counts in its own thread
        return seconds

    def expect(self, sentence, true):
        print("  %s %s" % ("yes:" if true else "NO: ", sentence), flush=True)
        if not true:
            self.problems.append(sentence)

    def same(self, client):
        shown = {f.lower(): f for f in FLAGS.values()}
        there = {}
        for name, messages in client.tree().items():
            there[name] = collections.Counter()
            for (digest, flags, date), count in messages.items():
                there[name][digest, frozenset(shown[f.lower()] for f in flags if f.lower() in shown), date] += count
        return there == self.maildir.tree()

    def first(self, client, proxy, mails):
        seconds = self.sync(proxy)
        count, size = sum(map(len, mails.values())), sum(len(m.bytes) for part in mails.values() for m in part)
        print("%d messages (%.1f MB) of %d mailboxes came down in %.2f s and %d round trips."
              % (count, size / 1e6, len(client.mailboxes()), seconds, proxy.stats["turns"]))
        self.expect("every message is here byte for byte, with its flags and its date", self.same(client))

    def changes(self, client, mails, uids):
        here = self.maildir
        inbox = mails["INBOX"]
        print("\nNow both sides change. Here, as a mail reader would do it:")
        for mail in inbox[20:30]:
            here.read(here.find("INBOX", mail))
        print("  10 messages of INBOX are read, 5 are deleted, 3 are moved to Work/2024, one of them of 2 MB")
        for mail in inbox[30:35]:
            here.delete(here.find("INBOX", mail))
        for mail in inbox[35:37] + [inbox[-1]]:
            here.move(here.find("INBOX", mail), "Work/2024", rename=True)
        sent = Corpus(77).simple("Re: the roof", "We start on Monday.\r\n")
        here.put("Sent", sent.lf, "S", date=sent.date)
        print("  a sent copy is put into Sent")
        print("On the server, as a telephone would do it:")
        client.store("INBOX", uids["INBOX"][40:44], "+", ["\\Flagged"])
        client.expunge("INBOX", uids["INBOX"][50:56])
        client.move("INBOX", uids["INBOX"][60:62], "Archive")
        news = Corpus(78).messages(2, edge=False)
        client.fill("INBOX", news)
        print("  4 messages are flagged, 6 are deleted, 2 are moved to Archive, 2 new ones arrive")
        return sent, news

    def second(self, client, proxy, mails, sent, news):
        here, inbox = self.maildir, mails["INBOX"]
        seconds = self.sync(proxy)
        moved = proxy.stats["up"] + proxy.stats["down"]
        print("That took %.2f s, %d round trips and %d kB on the wire." % (seconds, proxy.stats["turns"], moved // 1000))
        there = {m.digest: m for m in client.messages("INBOX")}
        self.expect("the 10 messages that were read here are \\Seen there",
                    all("\\Seen" in there[m.digest].flags for m in inbox[20:30]))
        self.expect("the 5 that were deleted here are gone there", not any(m.digest in there for m in inbox[30:35]))
        work = {m.digest for m in client.messages("Work/2024")}
        self.expect("the 3 that were moved here are in Work/2024 there, and the 2 MB stayed at home",
                    all(m.digest in work and m.digest not in there for m in inbox[35:37] + [inbox[-1]]) and moved < BULK / 4)
        self.expect("the sent copy is there", client.uid_of("Sent", sent) is not None)
        local = {f.digest: f for f in here.files("INBOX")}
        self.expect("the 4 that were flagged there are flagged here",
                    all("\\Flagged" in local[m.digest].flags for m in inbox[40:44]))
        self.expect("the 6 that were deleted there are gone here, and kept in the quarantine for 30 days",
                    not any(m.digest in local for m in inbox[50:56]) and self.in_quarantine(inbox[50:56]))
        self.expect("the 2 that were moved there are in Archive here",
                    all(here.has("Archive", m) and m.digest not in local for m in inbox[60:62]))
        self.expect("the 2 new ones are here", all(m.digest in local for m in news))
        self.expect("both sides are the same", self.same(client))

    def in_quarantine(self, mails):
        kept = set()
        for folder, _, names in os.walk(os.path.join(self.folder, "state")):
            for name in names:
                with open(os.path.join(folder, name), "rb") as f:
                    kept.add(f.read())
        return all(m.bytes in kept or m.lf in kept for m in mails)

    def third(self, client, proxy):
        before = self.maildir.snapshot()
        seconds = self.sync(proxy)
        print("Nothing had changed: %.2f s, %d round trips, %d bytes." %
              (seconds, proxy.stats["turns"], proxy.stats["up"] + proxy.stats["down"]))
        self.expect("and no file was touched", self.maildir.snapshot() == before and self.same(client))

    def walk(self):
        corpus = Corpus(2024)
        with Dovecot(users={"ana": "secret"}) as server, Proxy(server.tls_port, record=False) as proxy, \
                Client(server.port, "ana", "secret") as client:
            print("A private Dovecot runs on the loopback for as long as this takes.")
            mails, uids = {}, {}
            for name, count in MAILBOXES.items():
                if name != "INBOX":
                    client.create(name)
                mails[name] = corpus.messages(count, edge=name == "INBOX")
            mails["INBOX"].append(corpus.big(BULK))
            for mail in mails["INBOX"][20:30] + mails["INBOX"][40:44]:
                mail.flags = ()
            for name in mails:
                uids[name] = client.fill(name, mails[name])
            print("It holds %s." % ", ".join("%d messages in %s" % (len(m), n) for n, m in mails.items()))
            self.configure(proxy.port, server.ca)
            self.first(client, proxy, mails)
            if self.problems:
                return
            sent, news = self.changes(client, mails, uids)
            self.second(client, proxy, mails, sent, news)
            self.third(client, proxy)
            self.log(server)

    @staticmethod
    def log(server):
        """What the server complained about; its log goes with it."""
        for line in server.tail(500).splitlines():
            if re.search(r": (Error|Panic|Fatal): ", line):
                print("  the server's log: " + line)


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))  # so that the server is stopped on the way out
    tour = Tour(os.path.abspath(sys.argv[1]), tempfile.mkdtemp(prefix="golub-try-"))
    try:
        tour.walk()
    except AssertionError as e:
        tour.problems.append(str(e))
    except KeyboardInterrupt:
        print("\nInterrupted; the server is stopped.")
        return 130
    print("\nThe server is stopped. To look around:")
    print("  %s   the Maildir (mutt -f %s/INBOX)" % (tour.maildir.root, tour.maildir.root))
    print("  %s   the configuration" % tour.conf)
    print("  %s   the journal, and in the quarantine the mail that was removed" % os.path.join(tour.folder, "state"))
    print("  %s -c %s status   what the journal knows" % (tour.golub, tour.conf))
    print("  rm -r %s   when you have seen enough" % tour.folder)
    print("For your own account:  sh contrib/try.sh --mine")
    if tour.problems:
        print("\nThis is not as it should be:\n  " + "\n  ".join(tour.problems), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
