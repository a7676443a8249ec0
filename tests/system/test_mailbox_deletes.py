"""
A mailbox that is gone on one side goes on the other, where `pull` or `push` names "mailbox-deletes". {there, here} x {empty, with mail, many, with mail that
only one side knows, moved elsewhere first, wanted back, children, special, a list that lacks it once, foreign files} x {killed at each step, cut lines}.
"""
import os
import shutil
import statistics

from base import CONFIG, HELD, OK, SOME, Dying, SystemTest, main
from rig import killer

ALL = ["new", "flags", "deletes", "mailboxes", "mailbox-deletes"]


class Deleting:
    def given(self, *mailboxes, count=3):
        mail = {}
        for name in mailboxes:
            self.client.create(name)
            mail[name] = [self.corpus.simple("%s %d" % (name, n)) for n in range(count)]
            self.client.fill(name, mail[name])
        self.sync()
        self.assert_same()
        return mail

    def rm(self, *names):
        for name in names:
            shutil.rmtree(self.maildir.folder(name))

    def what(self, result):
        return [(e["what"], e["mailbox"]) for e in result.of("mailbox")]

    def status(self):
        return self.check(self.account.home.run("status", "work"), OK).out

    def assert_gone(self, name):
        self.assertNotIn(name, self.client.mailboxes(), self.evidence())
        self.assertNotIn(name, self.maildir.mailboxes())
        self.assertEqual([n for n in self.client.mailboxes() if "golub-" in n], [])

    def assert_stays(self, name, count, expect=OK):
        """Whatever the next runs do, both sides have it with all of its mail."""
        self.sync(expect=expect)
        self.sync()
        self.sync()
        self.assertEqual(self.client.status(name)["messages"], count)
        self.assert_in_sync()


class RemovedHereTest(Deleting, SystemTest):
    account_options = {"push": ALL}
    server_options = {"special_use": False}

    def test_without_the_word_it_stays_and_status_tells_the_word(self):
        self.account.set(push=None)
        self.given("A")
        self.rm("A")

        self.sync()
        self.sync()

        self.assertEqual(self.client.status("A")["messages"], 3)
        self.assertNotIn("A", self.maildir.mailboxes())
        self.assertIn('its folder is gone here: what is on the server stays (`push = {..., "mailbox-deletes"}` would delete it there)', self.status())

    def test_a_folder_with_mail(self):
        self.given("A", "Other")
        self.client.subscribe("A")
        self.rm("A")

        result = self.sync("--json")

        self.assert_gone("A")
        self.assertIn(("deleted-there", "A"), self.what(result))
        self.assertNotIn("A", self.client.mailboxes(subscribed=True))
        self.assert_in_sync()

    def test_its_lines_for_people(self):
        self.given("A")
        self.rm("A")

        dry = self.sync("--dry-run")
        self.assertIn("delete the mailbox on the server", dry.out)
        self.assertEqual(self.client.status("A")["messages"], 3)
        result = self.sync()

        self.assertIn("work/A: deleted on the server: its folder is gone here\n", result.out)
        self.assertIn("1 mailbox deleted there", result.out)

    def test_one_that_another_client_renames_a_moment_before_is_no_refusal(self):
        self.given("A")
        self.rm("A")
        other, renamed = self.new_client(), []

        def look(data):
            if b"RENAME " in data and not renamed:
                renamed.append(True)
                other.rename_mailbox("A", "C")
            return data

        self.through(edit_up=look)
        self.account.sync()
        self.assertEqual(renamed, [True])

        result = self.sync()
        self.sync()

        self.assertEqual(result.err, "")
        self.assert_gone("A")
        self.assert_gone("C")  # the same mailbox, which was emptied, and whose folder is gone
        self.assert_in_sync()

    def test_an_empty_one(self):
        self.given("A", count=0)
        self.rm("A")

        self.sync()

        self.assert_gone("A")
        self.assert_in_sync()

    def test_ten_messages_wait_for_the_word(self):
        self.given("A", count=10)
        self.given("B", count=60)
        self.rm("A")

        self.sync(expect=HELD)
        self.assertEqual(self.client.status("A")["messages"], 10)
        self.sync(expect=HELD)
        self.assertIn("it is to go on the server", self.status())
        self.assertIn("held", self.status())
        self.sync("--confirm-deletes")

        self.assert_gone("A")
        self.assert_in_sync()

    def test_ten_messages_whose_bytes_stand_elsewhere_wait_too(self):
        mail = self.given("A", count=10)["A"]
        self.client.create("Copy")
        self.client.fill("Copy", mail)
        self.sync()
        self.rm("A")

        self.sync(expect=HELD)

        self.assertEqual(self.client.status("A")["messages"], 10)

    def test_ten_messages_go_at_once_without_the_guard(self):
        self.account.set(**{"max-delete": "off"})
        self.given("A", count=10)
        self.rm("A")

        self.sync()

        self.assert_gone("A")

    def test_the_other_answer_brings_it_back(self):
        self.given("A", count=12)
        self.rm("A")
        self.sync(expect=HELD)

        self.sync("--reject-deletes")
        self.assert_stays("A", 12)

        self.assertEqual(len(self.maildir.files("A")), 12)

    def test_mail_that_was_never_here_brings_the_folder_back(self):
        self.given("A")
        self.rm("A")
        self.client.append("A", self.corpus.simple("new").bytes)

        result = self.sync("--json")

        self.assertIn(("back", "A"), self.what(result))
        self.assertEqual(len(self.maildir.files("A")), 4)
        self.assert_stays("A", 4)

    def test_one_that_somebody_flagged_brings_the_folder_back(self):
        mail = self.given("A")["A"]
        self.rm("A")
        self.client.store("A", [self.client.uid_of("A", mail[0])], "+", ["\\Flagged"])

        self.sync()

        self.assert_stays("A", 3)

    def test_what_moved_elsewhere_first_is_moved(self):
        mail = self.given("A", "B")["A"]
        for f in self.maildir.files("A"):
            os.rename(f.path, f.path.replace(os.sep + "A" + os.sep, os.sep + "B" + os.sep))
        self.rm("A")

        self.sync()
        self.sync()

        self.assertNotIn(b" APPEND ", self.proxy.stream("up"))
        for message in mail:
            self.assertTrue(self.is_there(message, "B"))
        self.assert_gone("A")
        self.assert_in_sync()

    def test_with_what_stands_below_it(self):
        self.given("A", "A/Kid")
        self.rm("A")

        self.sync()

        self.assert_gone("A")
        self.assert_gone("A/Kid")
        self.assert_in_sync()

    def test_without_what_stands_below_it(self):
        self.given("A", "A/Kid")
        for name in ("cur", "new", "tmp"):
            shutil.rmtree(os.path.join(self.maildir.folder("A"), name))

        self.sync()
        self.sync()

        self.assertEqual(self.client.status("A/Kid")["messages"], 3)
        self.assertEqual(self.client.status("A")["messages"], 0)
        self.assertIn("other mailboxes stand below it on the server", self.status())

    def test_an_empty_directory_is_perhaps_a_disk_that_is_not_mounted(self):
        self.given("A", "Disk/B")
        self.rm("A", "Disk/B")
        os.makedirs(self.maildir.folder("A"))

        self.sync()

        self.assertEqual((self.client.status("A")["messages"], self.client.status("Disk/B")["messages"]), (3, 3))
        self.assertIn("is there, and empty", self.status())
        shutil.rmtree(self.maildir.folder("A"))
        shutil.rmtree(self.maildir.folder("Disk"))
        self.sync()
        self.assert_gone("A")
        self.assert_gone("Disk/B")

    def test_into_the_trash(self):
        self.client.create("Bin")
        self.account.set(delete="trash", special=["trash=Bin"])
        mail = self.given("A")["A"]
        self.rm("A")

        self.sync()
        self.sync()

        self.assert_gone("A")
        for message in mail:
            self.assertTrue(self.is_there(message, "Bin"))

    def test_a_word_that_does_nothing_is_refused(self):
        self.given("A")
        self.rm("A")
        self.account.set(push=["new", "flags", "mailboxes", "mailbox-deletes"])

        result = self.sync(expect=CONFIG)

        self.assertRegex(result.err, r'golub\.conf:\d+: account "work": push: "mailbox-deletes" means nothing without "deletes"')
        self.assertEqual(self.client.status("A")["messages"], 3)

    def test_the_folder_is_back_before_the_word_comes(self):
        self.given("A", count=12)
        kept = os.path.join(self.home.path, "kept")
        shutil.copytree(self.maildir.folder("A"), kept)
        self.rm("A")
        self.sync(expect=HELD)
        shutil.copytree(kept, self.maildir.folder("A"))

        self.assert_stays("A", 12)

    def test_where_it_is_out_of_the_patterns_it_stays(self):
        self.given("A")
        self.account.set(mailboxes=["*", "!A"])
        self.rm("A")

        self.sync()

        self.assertEqual(self.client.status("A")["messages"], 3)

    def test_one_mailbox_alone(self):
        self.given("A", "B")
        self.rm("A", "B")

        self.check(self.account.home.run("sync", "work/A"), OK)

        self.assert_gone("A")
        self.assertEqual(self.client.status("B")["messages"], 3)


class SpecialTest(Deleting, SystemTest):
    account_options = {"push": ALL, "pull": ALL}

    def test_a_special_one_stays(self):
        self.sync()
        name = "Archive" if "Archive" in self.client.mailboxes() else "Sent"
        self.client.fill(name, [self.corpus.simple("kept")])
        self.sync()
        self.rm(name)

        self.sync()

        self.assertEqual(self.client.status(name)["messages"], 1)
        said = self.status()
        self.assertIn("its folder is gone here: what is on the server stays", said)
        self.assertNotIn("mailbox-deletes", said)

    def test_without_deletes_status_tells_both_words(self):
        self.account.set(push=["new", "flags", "mailboxes"])
        self.given("A")
        self.rm("A")

        self.sync()

        self.assertIn('(`push = {..., "deletes", "mailbox-deletes"}` would delete it there)', self.status())


class RemovedThereTest(Deleting, SystemTest):
    account_options = {"pull": ALL}
    server_options = {"special_use": False}

    def assert_kept(self, count, *words, said=1):
        """@param said  so many lines of the second run that misses it say why its folder does not go after all: no other run says it"""
        lines = [[line for line in self.sync().out.splitlines() if "its folder stays here: " in line] for _ in range(3)]
        self.assertEqual([len(of) for of in lines], [0, said, 0])
        self.assertTrue(all(word in line for word in words for line in lines[1]), lines)
        self.assertEqual(len(self.maildir.files("A")), count)
        self.assertEqual(self.quarantined(), [])
        for word in words:
            self.assertIn(word, self.status())

    def test_the_other_answer_makes_a_mailbox_again_that_was_deleted_there(self):
        self.given("A", count=12)
        self.client.delete_mailbox("A")
        self.sync()
        self.sync(expect=HELD)

        result = self.sync("--reject-deletes")

        self.assertIn("12 uploaded, 1 mailbox made there", result.out)
        self.assert_stays("A", 12)
        self.assertEqual(len(self.maildir.files("A")), 12)

    def test_what_is_held_in_it_is_said_where_new_mail_keeps_its_folder(self):
        self.given("A", count=12)
        self.client.delete_mailbox("A")
        self.sync()
        self.sync(expect=HELD)
        self.maildir.deliver("A", self.corpus.simple("ours").lf)

        for word in ((), ("--confirm-deletes",)):
            result = self.sync(*word, expect=SOME)
            self.assertIn("work/A: can't remove the folder of this mailbox: there is mail in its folder that was never on the server; 12 removals in it stay held", result.err)
        self.assertIn('golub sync --reject-deletes "work/A"', result.err)
        self.check(self.home.run("sync", "--reject-deletes", "work/A"), OK)

        self.assert_stays("A", 13)

    def test_without_the_word_it_stays_and_status_tells_the_word(self):
        self.account.set(pull=None)
        self.given("A", "B")
        self.client.delete_mailbox("A")

        self.assert_kept(3, 'what is here stays (`pull = {..., "mailbox-deletes"}` would remove it)', said=0)
        self.assertNotIn("A", self.client.mailboxes())

    def test_it_goes_in_the_second_run_that_misses_it(self):
        self.given("A", "B")
        self.client.delete_mailbox("A")

        self.sync()
        self.assertEqual(len(self.maildir.files("A")), 3)
        self.assertIn("the next run that misses it there, too, removes its folder", self.status())
        result = self.sync("--json")

        self.assert_gone("A")
        self.assertFalse(os.path.exists(self.maildir.folder("A")))
        self.assertEqual(len(self.quarantined()), 3)
        self.assertIn(("deleted-here", "A"), self.what(result))
        self.assert_in_sync()

    def test_a_list_that_lacks_it_once(self):
        self.given("A", "B")
        self.client.delete_mailbox("A")
        self.sync()
        self.client.create("A")
        self.sync()
        self.client.delete_mailbox("A")

        self.sync()

        self.assertIn("A", self.maildir.mailboxes())

    def test_ten_messages_wait_for_the_word(self):
        self.given("A", count=10)
        self.given("B", count=60)
        self.client.delete_mailbox("A")

        self.sync()
        self.sync(expect=HELD)
        self.assertEqual(len(self.maildir.files("A")), 10)
        self.sync("--confirm-deletes")

        self.assert_gone("A")
        self.assertEqual(len(self.quarantined()), 10)
        self.assert_in_sync()

    def test_where_nothing_is_left_but_inbox_the_word_is_needed(self):
        self.given("A", "B")
        self.client.delete_mailbox("A")
        self.client.delete_mailbox("B")

        self.sync()
        self.sync(expect=HELD)
        self.assertEqual(len(self.maildir.files("A")), 3)
        self.sync("--confirm-deletes")

        self.assert_gone("A")
        self.assert_gone("B")

    def test_mail_that_was_never_there_keeps_it(self):
        self.given("A", "B")
        self.client.delete_mailbox("A")
        self.maildir.deliver("A", self.corpus.simple("ours").lf)

        self.assert_kept(4, "mail in its folder that was never on the server")

    def test_an_altered_file_keeps_it(self):
        self.given("A", "B")
        with open(self.maildir.files("A")[0].path, "ab") as f:
            f.write(b"more\n")
        self.client.delete_mailbox("A")

        self.assert_kept(3, "a file in its folder was altered")

    def test_a_foreign_file_keeps_it(self):
        self.given("A", "B")
        self.client.delete_mailbox("A")
        with open(os.path.join(self.maildir.folder("A"), "notes.txt"), "w") as f:
            f.write("mine")

        self.assert_kept(3, '"notes.txt" stands in its folder')

    def test_a_file_in_tmp_keeps_it(self):
        self.given("A", "B")
        self.client.delete_mailbox("A")
        with open(os.path.join(self.maildir.folder("A"), "tmp", "1.half"), "w") as f:
            f.write("half")

        self.assert_kept(3, '"tmp/1.half" stands in its folder')

    def test_what_a_person_wrote_for_dovecot_keeps_it(self):
        self.given("A", "B")
        self.client.delete_mailbox("A")
        with open(os.path.join(self.maildir.folder("A"), "dovecot.sieve"), "w") as f:
            f.write("keep;")

        self.assert_kept(3, '"dovecot.sieve" stands in its folder')

    def test_what_mail_servers_leave_goes_along(self):
        self.given("A", "B")
        self.client.delete_mailbox("A")
        for name in ("dovecot-uidlist", "dovecot.index.log", ".uidvalidity", ".mbsyncstate", "courierimapuiddb"):
            with open(os.path.join(self.maildir.folder("A"), name), "w") as f:
                f.write("3 V1 N1\n" if name == "dovecot-uidlist" else "x")

        self.sync()
        self.sync()

        self.assertFalse(os.path.exists(self.maildir.folder("A")))

    def test_what_stands_below_it_stays(self):
        self.given("A", "A/Kid", "B")
        self.client.delete_mailbox("A")

        self.sync()
        self.sync()

        self.assertNotIn("A", self.maildir.mailboxes())
        self.assertEqual(len(self.maildir.files("A/Kid")), 3)
        self.assertEqual(self.client.status("A/Kid")["messages"], 3)

    def test_what_moved_elsewhere_first_is_moved(self):
        mail = self.given("A", "B")["A"]
        self.client.move("A", [self.client.uid_of("A", m) for m in mail], "B")
        self.client.delete_mailbox("A")

        self.sync()
        self.sync()

        self.assertEqual(len(self.maildir.files("B")), 6)
        self.assert_gone("A")
        self.assert_in_sync()

    def test_one_that_was_flagged_here_keeps_it(self):
        self.given("A", "B")
        self.client.delete_mailbox("A")
        self.maildir.flag(self.maildir.files("A")[0], add="F")

        self.assert_kept(3, "a message in its folder is wanted", said=0)

    def test_it_costs_no_turn_where_nothing_of_it_happens(self):
        self.given("A", "B")
        counts = {}
        for words in (ALL, ALL[:-1]):
            self.account.set(pull=words)
            for _ in range(5):
                self.sync()
                counts.setdefault(len(words), []).append(self.proxy.stats["turns"])

        self.assertEqual(statistics.median_low(counts[5]), statistics.median_low(counts[4]))


class BothTest(Deleting, SystemTest):
    account_options = {"pull": ALL, "push": ALL}
    server_options = {"special_use": False}

    def test_two_laptops(self):
        self.given("A", "B")
        other = self.new_account("work", home=self.another_home())
        self.sync(account=other)
        self.rm("A")

        self.sync()
        self.sync(account=other)
        self.sync(account=other)

        self.assert_gone("A")
        self.assertNotIn("A", other.maildir.mailboxes())
        self.assert_same(account=other)

    def test_on_both_sides_at_once(self):
        self.given("A", "B")
        self.rm("A")
        self.client.delete_mailbox("A")

        self.sync()

        self.assert_in_sync()

    def test_another_one_takes_the_name_of_one_that_is_gone(self):
        """Its folder goes first, and nothing else waits for that."""
        mail = self.given("A", "B", "C")
        self.client.select("INBOX")
        self.client.delete_mailbox("C")
        self.client.rename_mailbox("A", "C")
        self.client.expunge("B", [self.client.uid_of("B", mail["B"][0])])

        for _ in range(3):
            result = self.account.sync()
            self.assertNotIn("made while golub was at work", result.out + result.err)

        self.assertEqual(len(self.maildir.files("B")), 2)
        self.assertEqual(sorted(self.maildir.mailboxes()), ["B", "C", "INBOX"])
        self.assertEqual(len(self.maildir.files("C")), 3)
        self.assertTrue(all(self.maildir.has("C", m) for m in mail["A"]))
        self.sync()
        self.assert_in_sync()

    def test_it_can_be_made_again(self):
        self.given("A", "B")
        self.rm("A")
        self.sync()
        mail = self.corpus.simple("anew")
        self.client.create("A")
        self.client.append("A", mail.bytes)

        self.sync()

        self.assertEqual(len(self.maildir.files("A")), 1)
        self.assert_in_sync()


class PlusPlusTest(Deleting, SystemTest):
    account_options = {"pull": ALL, "push": ALL, "layout": "maildir++"}
    server_options = {"special_use": False, "separator": ".", "prefix": "INBOX."}

    def test_here_and_there(self):
        self.given("A", "B", "C")
        self.rm("A")
        self.client.delete_mailbox("B")

        self.sync()
        self.sync()

        self.assert_gone("A")
        self.assert_gone("B")
        self.assert_in_sync()


class KilledTest(Deleting, Dying, SystemTest):
    """Before and after its steps: the next runs end it, and nothing else goes."""
    account_options = {"pull": ALL, "push": ALL}
    server_options = {"special_use": False}

    def die(self, here, at, after):
        self.given("A", "B", count=2)
        if here:
            self.client.delete_mailbox("A")
            self.sync()
        else:
            self.rm("A")
        result, steps = killer.run(self.home, at, "sync", "work", after=after)
        if at == 0:
            self.check(result, 0)
            return steps
        self.account.sync()
        self.account.sync()
        self.sync()
        self.assert_gone("A")
        self.assertEqual((self.client.status("B")["messages"], len(self.maildir.files("B"))), (2, 2))
        self.assertEqual(len(self.quarantined()), 2 if here else 0)
        self.assert_same()
        return steps

    def test_there(self):
        self.sweep(False)

    def test_here(self):
        self.sweep(True)


if __name__ == "__main__":
    main()
