"""golub watch on Courier: it idles, and has no NOTIFY; the rest is polled."""
import time

from base import main
from makesbase import AtCourier
from watchbase import WatchTest


class CourierTest(AtCourier, WatchTest):
    account_options = {"poll": 60}

    def test_what_is_done_on_either_side_is_on_the_other_one_soon_after(self):
        self.client.create("Work")
        watcher = self.watch()
        said = [e["by"] for e in watcher.events if e.get("state") == "watching"][-1]
        self.assertEqual(said, "idle", watcher.text())
        there, here, elsewhere = (self.corpus.simple() for _ in range(3))
        self.client.append("INBOX", there)
        self.until(lambda: self.maildir.has("INBOX", there), 65, watcher)  # its IDLE tells by FAM, which is not there: by the poll
        self.maildir.deliver("INBOX", here)
        self.until(lambda: self.is_there(here), 10, watcher)
        self.maildir.read(self.maildir.find("INBOX", there))
        self.until(lambda: r"\Seen" in self.flags_there(there), 10, watcher)
        self.client.append("Work", elsewhere)
        self.until(lambda: self.maildir.has("Work", elsewhere), 65, watcher)
        watcher.rests()
        self.assertIsNone(watcher.process.poll())
        watcher.end()
        time.sleep(1)
        self.assert_same()


if __name__ == "__main__":
    main()
