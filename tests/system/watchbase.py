"""What tests of golub watch share."""
import time

from base import SystemTest
from rig.watcher import Watcher


class WatchTest(SystemTest):
    account_options = {"poll": 3600}

    def watch(self, *args, account=None, rest=True, **more):
        """A watcher that has begun to wait."""
        watcher = Watcher((account or self.account).home, *args, "--json", **more)
        self.addCleanup(watcher.kill)
        if rest:
            watcher.watching()
            watcher.rests()
        return watcher

    def until(self, happened, seconds=5, watcher=None):
        """Wait for it. @return how long that took, in seconds"""
        began = time.monotonic()
        while time.monotonic() < began + seconds:
            if happened():
                return time.monotonic() - began
            time.sleep(0.01)
        self.fail("it did not happen within %.1f s\n%s%s" % (seconds, watcher.text() if watcher else "", self.evidence()))

    def here(self, message, mailbox="INBOX"):
        return self.maildir.find(mailbox, message)
