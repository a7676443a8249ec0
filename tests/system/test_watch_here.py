"""golub watch: what is done here is on the server soon after."""
import os
import signal

from base import main
from watchbase import WatchTest


class HereTest(WatchTest):
    def test_what_is_done_here_is_on_the_server_soon_after_and_then_it_rests(self):
        old = self.corpus.messages(5)
        self.client.create("Other")
        self.client.fill("INBOX", old)
        watcher = self.watch()

        new = self.corpus.simple()
        self.maildir.deliver("INBOX", new)
        self.until(lambda: self.is_there(new), watcher=watcher)
        self.maildir.flag(self.here(old[0]), add="F")
        self.until(lambda: r"\Flagged" in self.flags_there(old[0]), watcher=watcher)
        self.maildir.move(self.here(old[1]), "Other")
        self.until(lambda: self.is_there(old[1], "Other") and not self.is_there(old[1]), watcher=watcher)
        self.maildir.delete(self.here(old[2]))
        self.until(lambda: not self.is_there(old[2]), watcher=watcher)
        watcher.rests()

        self.assertEqual(self.proxy.stats["conns"], 1)  # one login for all runs
        self.assertEqual(watcher.end()[0], -signal.SIGTERM)
        self.assert_in_sync()

    def test_what_golub_did_itself_leads_to_one_more_run_at_most(self):
        watcher = self.watch()
        for _ in range(3):
            before = watcher.runs()
            self.maildir.deliver("INBOX", self.corpus.simple())
            self.until(lambda: watcher.runs() > before)
            watcher.rests()
            self.assertLessEqual(watcher.runs() - before, 2, watcher.text())

    def test_a_burst_of_5000_files_is_one_run_or_two(self):
        watcher = self.watch()
        messages = [self.corpus.simple(subject=str(n)) for n in range(5000)]
        before = watcher.runs()
        for message in messages:
            self.maildir.put("INBOX", message)
        self.until(lambda: self.client.status("INBOX")["messages"] == 5000, 60, watcher)
        watcher.rests(seconds=60)
        self.assertLessEqual(watcher.runs() - before, 4, watcher.text())  # and what they echo
        watcher.end()
        self.sync()
        self.assert_nothing_changed_there()

    def test_of_a_large_folder_only_the_names_are_looked_at_that_moved(self):
        self.maildir.create("Large")
        for n in range(300):
            self.maildir.put("Large", self.corpus.simple(subject=str(n)))
        self.sync()
        watcher = self.watch()
        file = self.maildir.flag(self.maildir.files("Large")[7], add="F")
        self.until(lambda: any(r"\Flagged" in m.flags for m in self.client.messages("Large")), watcher=watcher)
        self.maildir.put("Large", self.corpus.simple(subject="new"))
        self.until(lambda: self.client.status("Large")["messages"] == 301, watcher=watcher)
        watcher.rests()
        self.assertTrue([row for row in self.account.journal_dump() if "'by names'" in row])  # it was not listed
        self.maildir.delete(file)
        self.until(lambda: self.client.status("Large")["messages"] == 300, watcher=watcher)
        watcher.end()
        self.assert_in_sync()

    def test_a_second_file_of_one_name_goes_up_as_a_message_of_its_own(self):
        old = self.corpus.simple()
        self.maildir.create("INBOX")
        self.maildir.put("INBOX", old)
        watcher = self.watch()
        new = self.corpus.simple()
        with open(self.here(old).path.rpartition(":2,")[0] + ":2,F", "wb") as f:
            f.write(bytes(new))
        self.until(lambda: self.is_there(new), watcher=watcher)
        watcher.rests()
        watcher.end()
        self.assert_in_sync()

    def test_a_file_that_is_written_slowly_in_its_place_is_sent_whole_in_the_end(self):
        self.maildir.create("INBOX")
        watcher = self.watch()
        message = self.corpus.simple(body="line\r\n" * 200)
        with open(os.path.join(self.maildir.folder("INBOX"), "cur", "slow:2,S"), "wb") as f:
            f.write(bytes(message)[:300])
            f.flush()
            self.until(lambda: self.client.status("INBOX")["messages"] == 1, watcher=watcher)
            watcher.rests()
            f.write(bytes(message)[300:])
        self.until(lambda: self.is_there(message), watcher=watcher)
        watcher.rests()
        watcher.end()
        self.assert_in_sync()

    def test_what_is_no_file_is_said_to_be_none_whether_its_folder_is_listed_or_not(self):
        self.maildir.create("INBOX")
        watcher = self.watch()
        self.maildir.put("INBOX", self.corpus.simple())
        self.until(lambda: self.client.status("INBOX")["messages"] == 1, watcher=watcher)
        watcher.rests()
        self.assertTrue([row for row in self.account.journal_dump() if "'by names'" in row])
        os.mkfifo(os.path.join(self.maildir.folder("INBOX"), "cur", "odd:2,S"))
        self.until(lambda: watcher.errors, watcher=watcher)
        self.assertIn("can't use file odd:2,S: not a regular file", watcher.text())

    def test_a_folder_that_is_made_here_and_filled_goes_up(self):
        watcher = self.watch()
        new = self.corpus.simple()
        self.maildir.create("Fresh/Deep")
        self.maildir.put("Fresh/Deep", new)
        self.until(lambda: "Fresh/Deep" in self.client.mailboxes() and self.is_there(new, "Fresh/Deep"), watcher=watcher)
        again = self.corpus.simple()
        self.maildir.put("Fresh/Deep", again)  # it is watched from now on
        self.until(lambda: self.is_there(again, "Fresh/Deep"), watcher=watcher)


if __name__ == "__main__":
    main()
