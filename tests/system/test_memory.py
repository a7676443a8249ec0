"""Memory runs out, once, anywhere: what is said is that, never a password, a server or a journal that would be wrong; and nothing is lost."""
import os
import re
import unittest

from base import OK, PASSWORD, Account, SystemTest, main
from rig import scarce
from rig.golub import binary
from rig.popserver import PopServer

PLACES = int(os.environ.get("GOLUB_PLACES", "20"))  # a run each


@unittest.skipIf(b"__asan_init" in open(binary(), "rb").read(), "a sanitizer has an allocator of its own")
class MemoryTest(SystemTest):
    server_options = {"mechanisms": ("plain", "login", "scram-sha-256")}

    def judge(self, result, log):
        """@return what was wrong, or None"""
        if result.code == 0 or (re.search("memory|start a thread", result.err) and result.code in (1, 2)):
            return None
        if result.code < 0 and re.search(r"lib(scram|sasl2|crypto|confuse)", log):
            return None  # they write to where they got nothing
        return "%s\n%s" % (result, log)

    def sweep(self, *args, first=0.0, last=1.0):
        """Runs that fail in this part of their places. The first one tells how many there are."""
        _, log = scarce.run(self.home, 0, *args)
        total = int(re.search(r"total (\d+)", log).group(1))
        wrong = {}
        for i in range(PLACES):
            place = 1 + int(total * (first + (last - first) * i / PLACES))
            self.change(i)
            result, log = scarce.run(self.home, place, *args)
            what = self.judge(result, log)
            if what:
                wrong[place] = what
        self.assertEqual(wrong, {})

    def change(self, number):
        """Something to do for each run."""
        self.client.fill("INBOX", [self.corpus.simple(body="there %d\r\n" % number)])
        if os.path.isdir(self.account.root):
            self.maildir.deliver("INBOX", self.corpus.simple(body="here %d\r\n" % number))

    def test_a_sync_says_so_wherever_it_is(self):
        self.sync()

        self.sweep("sync", "work")

        self.sync()
        self.sync()
        self.assert_same()

    def test_a_login_that_lacks_memory_is_not_refused(self):
        self.account.set(auth=["scram-sha-256"])
        self.sync()

        self.sweep("sync", "work", first=0.325, last=0.345)  # libetpan, libsasl2 and OpenSSL put the answer together
        self.sweep("sync", "work", first=0.77, last=0.83)

        self.sync()
        self.sync()
        self.assert_same()

    def test_below_a_limit_of_the_address_space_a_run_is_over_soon(self):
        """As `ulimit -v` sets it: below what golub needs, about there, and above."""
        self.sync()
        codes = []
        for limit in range(30000, 90000, 4000):
            self.client.fill("INBOX", [self.corpus.simple(body="%d\r\n" % limit)])

            result = self.home.run("sync", "work", timeout=20, prefix=("sh", "-c", 'ulimit -v "$0" && exec "$@"', str(limit)))

            codes.append(result.code)
            self.assertIsNone(self.judge(result, "libcrypto"), "%d KiB" % limit)  # libcrypto does not look at what it gets
        self.assertIn(0, codes)

    def test_an_import_says_so_wherever_it_is(self):
        server = self.enterContext(PopServer([bytes(self.corpus.simple(body="%d\r\n" % n)) for n in range(5)]))
        Account(self.home, "pop3://127.0.0.1:%d" % server.port, "ana", PASSWORD, "post", tls="none")

        self.sweep("import", "post")

        self.run_golub("import", "post", expect=OK)


if __name__ == "__main__":
    main()
