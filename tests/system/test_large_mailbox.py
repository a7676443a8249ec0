"""What a run takes does not grow with the mailbox, only with what is done at once."""
import itertools
import unittest

from base import PASSWORD, SystemTest, main
from rig.fill import Wire, small
from rig.golub import binary

FEW, MANY = 9_000, 36_000  # both above what is planned at once
MEASURE = ("python3", "-c", "import sys,resource,subprocess\nr=subprocess.run(sys.argv[2:]).returncode\n"
           "open(sys.argv[1],'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))\nsys.exit(r)")


@unittest.skipIf(b"__asan_init" in open(binary(), "rb").read(), "a sanitizer has an allocator of its own")
class LargeMailboxTest(SystemTest):
    account_options = {"fsync": False}

    def resident(self, account):
        """@return kB of a sync of everything"""
        account.set(server="imap://127.0.0.1:%d" % self.server.port)  # nothing is recorded
        usage = self.home.path_of("usage")
        self.sync(account=account, prefix=(*MEASURE, usage), timeout=400)
        with open(usage) as f:
            return int(f.read())

    def test_a_first_sync_of_four_times_as_many_messages_takes_no_more_memory(self):
        messages = small(MANY, 300)
        residents = []
        for count, account in ((FEW, self.account), (MANY - FEW, self.new_account("work", self.another_home()))):
            with Wire(self.server.port, self.user, PASSWORD) as wire:
                wire.append("INBOX", itertools.islice(messages, count))
            residents.append(self.resident(account))

        self.assertLess(residents[1] - residents[0], 1500, "kB, %d and %d" % tuple(residents))
        self.assertEqual(len(account.maildir.files("INBOX")), MANY)


if __name__ == "__main__":
    main()
