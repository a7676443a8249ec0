"""`map`: mailboxes whose folders are called otherwise here, in every layout, by every command."""
import os
import shutil

from base import CONFIG, OK, PASSWORD, SOME, Account, SystemTest, main, only_shown
from makesbase import AtCourier, AtCyrus


class Mapped(SystemTest):
    server_options = {"special_use": {"Gesendete Objekte": "Sent", "Papierkorb": "Trash"}}
    account_options = {"map": ["special:sent=Sent", "Listen=Lists", "Listen/alt=Old/Lists"]}
    sides = {"Gesendete Objekte": "Sent", "Listen/alt": "Old/Lists", "Listen": "Lists"}

    def here(self, mailbox):
        """The name of its folder."""
        for left in sorted(self.sides, key=len, reverse=True):
            if mailbox == left or mailbox.startswith(left + "/"):
                return self.sides[left] + mailbox[len(left):]
        return mailbox

    def assert_same(self, dates=True, account=None):
        there = {self.here(mailbox): messages for mailbox, messages in only_shown(self.client.tree(dates)).items()}
        self.assertEqual((account or self.account).maildir.tree(dates), there)

    def given_mail(self):
        self.sent, self.list, self.old, self.one = (self.corpus.simple(word) for word in ("sent", "list", "old", "one"))
        for mailbox in ("Listen", "Listen/alt", "Listen/alt/2019", "Listen/neu"):
            self.client.create(mailbox)
        for mailbox, mail in (("Gesendete Objekte", self.sent), ("Listen/neu", self.list), ("Listen/alt/2019", self.old), ("INBOX", self.one)):
            self.client.fill(mailbox, [mail])


class MapTest(Mapped):
    def test_both_ways_and_what_is_below_follows(self):
        self.given_mail()
        self.sync()
        self.assert_in_sync()
        self.assertLessEqual({"Sent", "Lists", "Lists/neu", "Old/Lists/2019", "Papierkorb"}, set(self.maildir.mailboxes()))

        ours = self.corpus.simple("ours")
        self.maildir.put("Sent", ours.lf)
        self.maildir.create("Lists/golub")
        self.maildir.put("Lists/golub", self.corpus.simple("more").lf)
        self.maildir.move(self.maildir.find("Lists/neu", self.list), "Old/Lists/2019")
        self.sync()

        self.assertTrue(self.is_there(ours, "Gesendete Objekte"))
        self.assertTrue(self.is_there(self.list, "Listen/alt/2019"))
        self.assertIn("Listen/golub", self.client.mailboxes())
        self.assertNotIn("Lists", self.client.mailboxes())
        self.assertNotIn(b"APPEND Listen/alt", self.proxy.stream("up"), "it was moved there")
        self.assert_in_sync()

    def test_commands_and_patterns_go_by_the_servers_name(self):
        self.given_mail()
        self.account.set(mailboxes=["INBOX", "Listen/*", "special:sent"])
        self.sync()
        self.assertEqual(set(self.maildir.mailboxes()), {"INBOX", "Lists/neu", "Old/Lists", "Old/Lists/2019", "Sent"})
        self.assertIn("work: Gesendete Objekte ", self.run_golub("status", "work").out)

        self.client.fill("Gesendete Objekte", [self.corpus.simple("again")])
        self.check(self.home.run("sync", "work/Gesendete Objekte"), OK)
        self.assertEqual(len(self.maildir.files("Sent")), 2)
        self.assertRegex(self.check(self.home.run("sync", "work/Sent"), CONFIG).err, "find mailbox Sent")

        self.maildir.delete(self.maildir.find("Sent", self.sent))
        self.account.set(push=["new", "flags"])
        self.client.expunge("Gesendete Objekte", self.client.uid_of("Gesendete Objekte", self.sent))
        file = self.maildir.files("Sent")[0]
        self.run_golub("keyword", file.path, "+later")
        self.assertIn("later", self.run_golub("keyword", "list", "work/Gesendete Objekte").out)

    def test_what_was_removed_comes_back_to_its_folder(self):
        self.given_mail()
        self.sync()
        self.client.expunge("Gesendete Objekte", self.client.uid_of("Gesendete Objekte", self.sent))
        self.sync()
        self.assertFalse(self.maildir.files("Sent"))

        self.run_golub("restore", "work/Gesendete Objekte", "--all")
        self.assertTrue(self.maildir.has("Sent", self.sent))
        self.sync()
        self.assert_in_sync()

        self.client.expunge("Gesendete Objekte", self.client.uid_of("Gesendete Objekte", self.sent))
        self.sync()
        self.run_golub("restore", "work/Gesendete Objekte", "--all", "--to", "Listen/neu2")
        self.assertTrue(self.maildir.has("Lists/neu2", self.sent))

    def test_a_lost_journal_pairs_by_the_map(self):
        self.given_mail()
        self.sync()
        shutil.rmtree(self.account.state)

        self.sync()

        self.assertNotIn(b"APPEND", self.proxy.stream("up"))
        self.assertNotIn(b"CREATE", self.proxy.stream("up"))
        self.assert_in_sync()

    def test_a_tree_that_is_called_so_already_is_met(self):
        self.given_mail()
        for folder in ("Sent", "Lists/neu"):
            self.maildir.create(folder)
        self.maildir.put("Sent", self.sent.lf, date=self.sent.date)
        self.maildir.put("Lists/neu", self.corpus.simple("ours").lf)

        self.sync()

        self.assertEqual(len(self.maildir.files("Sent")), 1)
        self.assertNotIn("Lists", self.client.mailboxes())
        self.assertNotIn("Sent", self.client.mailboxes())
        self.assert_in_sync()

    def test_a_special_use_that_nobody_tells_stays_what_it_was(self):
        self.given_mail()
        self.sync()
        self.account.set(disable=["SPECIAL-USE", "LIST-EXTENDED", "LIST-STATUS"])

        self.sync()
        self.maildir.put("Sent", self.corpus.simple("ours").lf)
        self.sync()

        self.assertNotIn("Sent", self.client.mailboxes())
        self.assertNotIn("Gesendete Objekte", self.maildir.mailboxes())
        self.assert_same()

    def test_a_mailbox_with_the_local_name_is_refused_by_both_names_and_the_others_go_on(self):
        self.given_mail()
        self.sync()
        self.client.create("Sent")
        self.client.fill("Sent", self.corpus.messages(2))
        self.client.fill("INBOX", [self.corpus.simple("news")])

        result = self.sync(expect=SOME)

        self.assertIn("give mailbox Sent a folder: `map` gives Sent to mailbox Gesendete Objekte", result.err)
        self.assertEqual((len(self.maildir.files("Sent")), len(self.maildir.files("INBOX"))), (1, 2))
        self.client.rename_mailbox("Sent", "Sent 2")
        self.sync()
        self.assert_in_sync()

    def test_a_folder_with_the_servers_name_is_refused_by_both_names_and_the_others_go_on(self):
        self.given_mail()
        self.sync()
        self.maildir.create("Gesendete Objekte")
        self.maildir.put("Gesendete Objekte", self.corpus.simple("ours").lf)
        self.client.fill("INBOX", [self.corpus.simple("news")])

        result = self.sync(expect=SOME)

        self.assertIn("use folder Gesendete Objekte: `map` gives mailbox Gesendete Objekte the folder Sent", result.err)
        self.assertEqual((len(self.client.messages("Gesendete Objekte")), len(self.maildir.files("INBOX"))), (1, 2))

    def assert_mail_stays_whose_folder_is_called(self, name):
        """Another one stands in its place, so that its mailbox is not gone here, and no guard asks."""
        self.account.set(max_delete="off")
        mail, other = [self.corpus.simple("mail") for _ in range(3)], self.corpus.simple("other")
        for mailbox, messages in (("C", mail), ("E", [other])):
            self.client.create(mailbox)
            self.client.fill(mailbox, messages)
        self.sync()
        way = os.path.join(os.path.dirname(self.maildir.folder("C")), name)
        os.rename(self.maildir.folder("C"), way)
        os.rename(self.maildir.folder("E"), self.maildir.folder("C"))

        for _ in range(3):
            self.sync(expect=SOME)

        self.assertTrue(all(self.is_there(message, "C") for message in mail), self.evidence())
        self.assertIn("stand in a folder that can't be used", self.run_golub("status", "work").out)
        os.rename(way, self.maildir.folder("D"))
        for _ in range(3):
            self.sync()
        # Whether E is the one that is called D now or stays there without a folder, and empty, its age says.
        there = {mailbox: messages for mailbox, messages in self.client.tree().items() if messages}
        self.assertEqual({mailbox: messages for mailbox, messages in self.maildir.tree().items() if messages}, there)
        self.assertEqual({mailbox: len(messages) for mailbox, messages in there.items()}, {"C": 1, "D": 3})
        for message in [*mail, other]:
            self.assertEqual(sum(self.is_there(message, mailbox) for mailbox in self.client.mailboxes()), 1)

    def test_mail_stays_whose_folder_got_a_name_that_the_map_gives_to_another_one(self):
        self.assert_mail_stays_whose_folder_is_called("Listen")

    def test_mail_stays_whose_folder_got_a_name_that_no_mailbox_can_have(self):
        self.assert_mail_stays_whose_folder_is_called("odd\nname")

    def test_two_change_their_names(self):
        self.sides = {"A": "B", "B": "A"}
        self.account.set(map=["A=B", "B=A"])
        for mailbox in "AB":
            self.client.create(mailbox)
            self.client.create(mailbox + "/x")
            self.client.fill(mailbox, [self.corpus.simple(mailbox)])

        self.sync()
        self.assert_in_sync()

    def test_check_says_what_is_where(self):
        self.given_mail()
        self.client.create("Lists")
        os.makedirs(self.account.root)
        self.maildir.create("Listen")

        out = self.run_golub("check", "work").out

        self.assertIn("map: Gesendete Objekte, and what is below it, is Sent here\n", out)
        self.assertIn("give mailbox Lists a folder: `map` gives Lists to mailbox Listen", out)
        self.assertIn("use folder Listen: `map` gives mailbox Listen the folder Lists", out)
        self.account.set(map=["special:junk=Spam"])
        self.assertIn("map: special:junk is no mailbox of this server", self.run_golub("check", "work").out)

    def test_another_laptop_has_its_own(self):
        self.given_mail()
        self.sync()
        other = self.new_account("work", self.another_home(), map=["Listen=L"])
        self.check(other.sync(), OK)
        other.maildir.put("L/neu", self.corpus.simple("ours").lf)
        self.check(other.sync(), OK)

        self.sync()

        self.assertEqual(len(self.maildir.files("Lists/neu")), 2)
        self.assert_in_sync()

    def test_what_can_not_hold_is_refused_with_its_line(self):
        for words in (["Sent"], ["a=INBOX"], ["a=../b"], ["a=/etc"], ["a=b", "a=c"], ["a=c", "b=c"], ["a=c", "b=c/d"], ["special:bin=c"],
                      ["special:trash=a", "special:trash=b"]):
            with self.subTest(words):
                self.account.set(map=words)
                result = self.run_golub("sync", expect=CONFIG)
                self.assertRegex(result.err, r"golub\.conf:\d+: account \"work\": map: ")
        self.account.set(map=["INBOX=Eingang"], layout="maildir++")
        self.assertRegex(self.run_golub("sync", expect=CONFIG).err, r"map: .*in the layout maildir\+\+ the root is INBOX")

    def test_what_is_removed_goes_into_the_trash_of_another_name(self):
        self.account.set(map=["special:trash=Trash"], delete="trash")
        self.sides = {"Papierkorb": "Trash"}
        self.given_mail()
        self.sync()
        self.maildir.delete(self.maildir.find("INBOX", self.one))

        for _ in range(2):
            self.sync()

        self.assertTrue(self.is_there(self.one, "Papierkorb"))
        self.assertTrue(self.maildir.has("Trash", self.one))
        self.assertNotIn("Trash", self.client.mailboxes())
        self.assert_in_sync()

    # -- another map than the journal's

    def given_another(self, words, sides):
        """The mail is here by one map, and another one is written; nothing of it travels."""
        self.given_mail()
        self.sync()
        before = sorted(f.base for m in self.maildir.mailboxes() for f in self.maildir.files(m))
        self.account.set(map=words)
        self.sides = sides

        out = self.sync().out

        self.assertNotIn(b"APPEND", self.proxy.stream("up"))
        self.assertNotIn(b"BODY.PEEK[]", self.proxy.stream("up"))
        self.assertEqual(sorted(f.base for m in self.maildir.mailboxes() for f in self.maildir.files(m)), before)
        self.assert_in_sync()
        return out

    def test_folders_follow_another_map(self):
        out = self.given_another(["special:sent=Gesendet", "Listen=L/Listen", "INBOX=Eingang"], {"Gesendete Objekte": "Gesendet", "Listen": "L/Listen", "INBOX": "Eingang"})
        self.assertIn("work/Gesendete Objekte: its folder is Gesendet now, as `map` says; it was Sent\n", out)
        self.assertNotIn("renamed here", out)
        self.assertFalse(os.path.exists(self.maildir.folder("Old")))

    def test_folders_go_back_where_a_map_is_taken_out(self):
        self.given_another(None, {})

    def test_folders_go_back_where_the_map_is_as_it_was_and_another_mailbox_was_gone_meanwhile(self):
        """As long as it is not known what became of one mailbox, the journal has the former map; and by the other one some have their folders already."""
        self.given_mail()
        self.client.create("Weg")
        self.sync()
        self.client.delete_mailbox("Weg")
        self.account.set(map=["special:sent=Sent", "Listen=Elsewhere", "Listen/alt=Old/Lists", "Weg=Gone"])
        self.account.sync()
        self.assertTrue(self.maildir.has("Elsewhere/neu", self.list))

        self.account.set(map=["special:sent=Sent", "Listen=Lists", "Listen/alt=Old/Lists"])
        self.account.sync()

        self.assertTrue(self.maildir.has("Lists/neu", self.list))
        self.assertFalse(os.path.exists(self.maildir.folder("Elsewhere")))

    def test_a_folder_goes_back_whose_mailbox_is_gone_as_well_when_the_map_is_as_it_was(self):
        """... and where that is one of them, its folder goes back in the next run."""
        self.given_mail()
        self.client.create("Weg")
        self.sync()
        self.client.delete_mailbox("Weg")
        self.account.set(map=["special:sent=Sent", "Listen=Elsewhere", "Listen/alt=Old/Lists", "Weg=Gone"])
        self.account.sync()
        self.assertTrue(self.maildir.has("Elsewhere/neu", self.list))

        self.client.delete_mailbox("Listen/neu")
        self.account.set(map=["special:sent=Sent", "Listen=Lists", "Listen/alt=Old/Lists"])
        for _ in range(2):
            self.account.sync()

        self.assertTrue(self.maildir.has("Lists/neu", self.list))
        self.assertFalse(os.path.exists(self.maildir.folder("Elsewhere")))

    def test_a_third_map_before_the_second_was_followed_to_its_end(self):
        """Each time one mailbox waits, whose folder has its name by the map before: no folder stays where a map in between had it."""
        lists = {"first": "Listen=Lists", "second": "Listen=Elsewhere", "third": "Listen=Third"}
        for last in lists:
            with self.subTest(last):
                self.doCleanups()
                self.setUp()
                self.given_mail()
                self.client.create("Weg")
                self.sync()
                self.client.delete_mailbox("Weg")
                self.account.set(map=["special:sent=Sent", lists["second"], "Listen/alt=Old/Lists", "Weg=Gone"])
                self.account.sync()
                self.client.delete_mailbox("Listen/neu")
                self.account.set(map=["special:sent=Sent", lists["third"], "Listen/alt=Old/Lists"])
                self.account.sync()

                self.account.set(map=["special:sent=Sent", lists[last], "Listen/alt=Old/Lists"])
                for _ in range(2):
                    self.account.sync()

                folder = lists[last].split("=")[1]
                self.assertEqual({m.split("/")[0] for m in self.maildir.mailboxes()} & {"Lists", "Elsewhere", "Third"}, {folder})
                self.assertTrue(self.maildir.has(folder + "/neu", self.list))

    def test_folders_change_places(self):
        self.given_another(["Gesendete Objekte=Lists", "Listen=Sent"], {"Gesendete Objekte": "Lists", "Listen": "Sent"})

    def test_folders_go_in_a_circle_and_below_themselves(self):
        self.account.set(map=["Gesendete Objekte=A", "Listen=B", "Papierkorb=C"])
        self.sides = {"Gesendete Objekte": "A", "Listen": "B", "Papierkorb": "C"}
        self.given_another(["Gesendete Objekte=B", "Listen=C", "Papierkorb=A/x"], {"Gesendete Objekte": "B", "Listen": "C", "Papierkorb": "A/x"})

    def test_a_dry_run_says_it_and_renames_nothing(self):
        self.given_mail()
        self.sync()
        self.account.set(map=["Listen=Lists"])
        before = self.maildir.snapshot()

        out = self.sync("--dry-run").out

        self.assertIn("work/Gesendete Objekte: its folder is Gesendete Objekte now, as `map` says; it was Sent\n", out)
        self.assertEqual(self.maildir.snapshot(), before)
        out = self.run_golub("check", "work").out
        self.assertIn("work: map: the next sync renames the folder Sent of Gesendete Objekte to Gesendete Objekte\n", out)
        self.assertNotIn("use folder", out)

    def test_the_special_use_went_to_another_mailbox(self):
        self.account.set(special=["sent=Listen/neu"])
        self.sides = {**self.sides, "Listen/neu": "Sent"}
        del self.sides["Gesendete Objekte"]
        self.given_another(["special:sent=Sent", "Listen=Lists", "Listen/alt=Old/Lists"], dict(self.sides))
        self.account.set(special=None)
        self.sides = type(self).sides
        self.sync()
        self.assert_in_sync()

    def test_where_a_folder_can_not_follow_a_special_use_all_stay_where_they_are(self):
        """The server calls another mailbox its \\Sent: the one before has no other folder that it could have."""
        self.given_mail()
        self.client.create("Sent")
        self.client.fill("Sent", [self.list])
        self.account.set(map=["special:sent=Sent"], special=["sent=Sent"])
        self.sync()
        self.account.set(special=None)
        before = [f.path for f in self.maildir.files("Sent")]

        result = self.sync(expect=SOME)

        self.assertIn("give mailbox Sent a folder: `map` gives Sent to mailbox Gesendete Objekte", result.err)
        self.assertIn("each folder stays where it is", result.err)
        self.assertEqual([f.path for f in self.maildir.files("Sent")], before)
        self.assertIn("until that name is free, each folder stays where it is", self.run_golub("check", "work").out)
        self.sides = {}
        self.assert_same()
        news = self.corpus.simple("news")
        self.client.fill("Sent", [news])
        self.sync(expect=SOME)
        self.assertTrue(self.maildir.has("Sent", news))

        self.client.rename_mailbox("Sent", "Old sent")
        self.sides = {"Gesendete Objekte": "Sent"}
        self.sync()
        self.sync()
        self.assertNotIn(b"BODY.PEEK[]", self.proxy.stream("up"))
        self.assert_in_sync()

    def test_what_is_on_neither_side_any_more_is_in_nobodys_way(self):
        self.given_mail()
        self.client.create("Sent")
        self.account.set(map=None)
        self.sync()
        self.client.delete_mailbox("Sent")
        shutil.rmtree(self.maildir.folder("Sent"))
        self.account.set(map=["special:sent=Sent"])
        self.sides = {"Gesendete Objekte": "Sent"}
        self.assertIn("map: the next sync renames the folder Gesendete Objekte of Gesendete Objekte to Sent\n", self.run_golub("check", "work").out)

        for _ in range(2):  # the first one forgets it
            self.sync()

        self.assertNotIn(b"BODY.PEEK[]", self.proxy.stream("up"))
        self.assert_in_sync()

    def test_a_folder_goes_to_where_only_a_directory_above_it_stands(self):
        self.account.set(map=["Gesendete Objekte=Mail/Sent"])
        self.sides = {"Gesendete Objekte": "Mail/Sent"}
        self.given_another(["Gesendete Objekte=Mail"], {"Gesendete Objekte": "Mail"})
        self.assertFalse(os.path.exists(self.maildir.folder("Mail/Sent")))

    def test_a_directory_above_with_something_else_in_it_is_in_the_way(self):
        """Its own folder could make way for it, but not what is nobody's: then it is not to stand under another name for that."""
        self.given_mail()
        self.account.set(map=["Gesendete Objekte=Mail/Sent"])
        self.sync()
        with open(os.path.join(self.account.root, "Mail", "notes.txt"), "w") as f:
            f.write("mine")
        before = [f.path for f in self.maildir.files("Mail/Sent")]
        self.account.set(map=["Gesendete Objekte=Mail"])

        for _ in range(2):
            result = self.account.sync()

            self.assertIn('"Mail"', result.err + '"Mail"' * ("the folder Mail, as `map` says" in result.err))
            self.assertEqual([f.path for f in self.maildir.files("Mail/Sent")], before)

    def test_check_says_no_rename_where_the_folder_is_there_already(self):
        self.given_mail()
        self.account.set(map=None)
        self.sync()
        os.rename(self.maildir.folder("Gesendete Objekte"), self.maildir.folder("Sent"))
        self.account.set(map=["special:sent=Sent"])
        self.assertNotIn("the next sync renames", self.run_golub("check", "work").out)

    def test_a_map_and_a_name_on_the_server_change_in_one_go(self):
        self.given_mail()
        self.sync()
        self.client.rename_mailbox("Listen/neu", "Neues")
        self.account.set(map=["special:sent=Gesendet", "Neues=News"])
        self.sides = {"Gesendete Objekte": "Gesendet", "Neues": "News"}

        self.sync()

        self.assertNotIn(b"BODY.PEEK[]", self.proxy.stream("up"))
        self.assert_in_sync()

    def test_the_folder_of_a_special_use_stays_where_its_mailbox_is_renamed_there(self):
        """A server that calls its mailboxes in another language renames what the word means."""
        self.account.set(special=["sent=Listen/neu"])
        self.given_mail()
        self.sync()
        before = [f.path for f in self.maildir.files("Sent")]
        self.client.rename_mailbox("Listen/neu", "Neues")
        self.account.set(special=["sent=Neues"])
        self.sides = {"Neues": "Sent", "Listen/alt": "Old/Lists", "Listen": "Lists"}

        for _ in range(2):
            self.assertNotIn("its folder is", self.sync().out)
            self.assertEqual([f.path for f in self.maildir.files("Sent")], before)
            self.assertNotIn(b"BODY.PEEK[]", self.proxy.stream("up"))
        self.assert_in_sync()

    def test_the_special_use_of_a_mailbox_that_is_gone_goes_to_another(self):
        self.account.set(special=["sent=Listen/alt/2019"])
        self.given_mail()
        self.sync()
        self.client.delete_mailbox("Listen/alt/2019")
        self.account.set(special=None)

        for _ in range(3):
            result = self.account.sync()

        self.check(result, OK)
        self.assertTrue(self.maildir.has("Sent", self.sent))
        self.assertTrue(self.maildir.has("Old/Lists/2019", self.old))

    def test_a_mailbox_that_is_renamed_there_goes_where_the_map_says(self):
        self.given_mail()
        self.sync()
        self.client.rename_mailbox("Listen/neu", "Listen/alt/neu")

        self.sync()

        self.assertNotIn(b"BODY.PEEK[]", self.proxy.stream("up"))
        self.assertIn("Old/Lists/neu", self.maildir.mailboxes())
        self.assert_in_sync()

    def test_where_something_is_in_the_way_it_is_said_who_wants_it_there(self):
        self.given_mail()
        self.sync()
        with open(os.path.join(self.account.root, "Old", "Lists", "neu"), "w") as f:
            f.write("mine")
        self.client.rename_mailbox("Listen/neu", "Listen/alt/neu")

        self.assertIn('can\'t rename folder "Lists/neu" to "Old/Lists/neu", as `map` says: something is there already', self.sync(expect=SOME).err)

    def test_a_folder_that_was_renamed_along_with_the_map_is_the_mailboxs_own(self):
        self.given_mail()
        self.account.set(map=None)
        self.sync()
        os.rename(self.maildir.folder("Gesendete Objekte"), self.maildir.folder("Sent"))
        self.account.set(map=["special:sent=Sent"])
        self.sides = {"Gesendete Objekte": "Sent"}

        self.sync()

        self.assertNotIn(b"APPEND", self.proxy.stream("up"))
        self.assertNotIn(b"BODY.PEEK[]", self.proxy.stream("up"))
        self.assert_in_sync()

    def test_a_folder_that_was_renamed_here_before_the_map_changed_keeps_its_name_on_both_sides(self):
        mail = self.corpus.simple("kept")
        for mailbox in ("Arch", "Arch/2024"):
            self.client.create(mailbox)
        self.client.fill("Arch/2024", [mail])
        self.account.set(map=["Arch=Old"])
        self.sync()
        self.sync()
        os.rename(os.path.join(self.account.root, "Old", "2024"), os.path.join(self.account.root, "Yonder"))
        self.account.set(map=["Arch=New"])

        for _ in range(2):
            self.sync()
            self.assertTrue(self.is_there(mail, "Yonder"))
            self.assertTrue(self.maildir.has("Yonder", mail))
            self.assertEqual({m for m in self.maildir.mailboxes() if m.startswith(("Old", "New"))}, {"New"})
        self.account.set(map=[])
        self.sync()
        self.assertTrue(self.maildir.has("Yonder", mail))
        self.assertIn("Arch", self.maildir.mailboxes())

    def test_a_folder_in_the_way_of_another_map_is_named_and_nothing_is_touched(self):
        self.given_mail()
        self.account.set(map=None)
        self.sync()
        self.maildir.create("Sent")
        before = self.maildir.snapshot()
        for folder, words, check in (("Sent", "give mailbox Gesendete Objekte the folder Sent, as `map` says: a folder stands there already, and it is not the "
                                       "mailbox's own. Its mail is in Gesendete Objekte, below",
                                      "give mailbox Gesendete Objekte the folder Sent, as `map` says: a folder stands there already"),
                                     ("Listen/neu", "give mailbox Listen/neu a folder: `map` gives Listen/neu to mailbox Gesendete Objekte",
                                      "give mailbox Listen/neu a folder: `map` gives Listen/neu to mailbox Gesendete Objekte")):
            with self.subTest(folder):
                self.account.set(map=["Gesendete Objekte=" + folder])
                self.proxy.reset()
                self.assertIn(words, self.run_golub("sync", "work", expect=CONFIG).err)
                self.assertIn(check, self.run_golub("check", "work", expect=CONFIG).err)
                self.assertEqual(self.maildir.snapshot(), before)
                self.assert_nothing_changed_there()


class PlusPlusMapTest(Mapped):
    account_options = {**Mapped.account_options, "layout": "maildir++"}

    def test_both_ways_in_one_level(self):
        self.given_mail()
        self.sync()
        self.assert_in_sync()

        self.maildir.create("Lists/golub/x")
        self.maildir.put("Old/Lists/2019", self.corpus.simple("ours").lf)
        self.sync()
        self.assertEqual(len(self.client.messages("Listen/alt/2019")), 2)
        self.assertEqual(sorted(name for name in self.client.mailboxes() if name.startswith("L")),
                         ["Listen", "Listen/alt", "Listen/alt/2019", "Listen/golub/x", "Listen/neu"])


class FlatMapTest(PlusPlusMapTest):
    account_options = {**Mapped.account_options, "layout": "flat"}


class DotMapTest(Mapped):
    """Another separator, and a prefix that is cut before the map is asked."""
    server_options = {"separator": ".", "prefix": "INBOX.", "special_use": {"Gesendete Objekte": "Sent"}}

    def test_both_ways(self):
        self.given_mail()
        self.sync()
        self.maildir.put("Sent", self.corpus.simple("ours").lf)
        self.sync()
        self.assert_in_sync()
        self.assertIn("Old/Lists/2019", self.maildir.mailboxes())


class DeliverMapTest(Mapped):
    """A POP account that delivers into the tree of one with a map: the name of a mailbox is the server's there, too."""
    server_options = {"format": "maildir", "pop3": True, "special_use": {"Gesendete Objekte": "Sent"}}

    def test_what_is_imported_goes_to_the_mailbox_of_that_name(self):
        self.given_mail()
        self.sync()
        Account(self.home, "pop3://127.0.0.1:%d" % self.server.pop_port, self.user, PASSWORD, "post", maildir=self.account.root, tls="none",
                deliver_to="Listen/neu")

        self.assertIn("mail goes into Listen/neu: the folder %s" % self.maildir.folder("Lists/neu"), self.run_golub("check", "post").out)
        news = self.corpus.simple("news")
        self.client.fill("INBOX", [news])
        self.run_golub("import", "post")

        self.assertTrue(self.maildir.has("Lists/neu", news))
        self.sync()
        self.assertTrue(self.is_there(news, "Listen/neu"))
        self.assertNotIn("Lists", self.client.mailboxes())
        self.home.accounts[-1].set(deliver_to="Lists")
        self.assertRegex(self.run_golub("import", "post", expect=CONFIG).err, r"deliver-to: .*`map` gives Lists to mailbox Listen")

        self.home.accounts[-1].set(deliver_to="Gesendete Objekte")  # which the map calls special:sent
        self.assertIn("mail goes into Gesendete Objekte: the folder %s" % self.maildir.folder("Sent"), self.run_golub("check", "post").out)
        more = self.corpus.simple("more")
        self.client.fill("INBOX", [more])
        self.run_golub("import", "post")
        self.assertTrue(self.maildir.has("Sent", more))


class CyrusMapTest(AtCyrus, Mapped):
    """A server that says of no mailbox what it is for: the user does."""
    account_options = {**Mapped.account_options, "special": ["sent=Gesendete Objekte"]}

    def test_both_ways_and_another_map(self):
        self.client.create("Gesendete Objekte")
        self.given_mail()
        self.sync()
        self.maildir.put("Sent", self.corpus.simple("ours").lf)
        self.sync()
        self.assertEqual(len(self.client.messages("Gesendete Objekte")), 2)
        self.assert_same()

        self.account.set(map=["special:sent=Gesendet", "Listen=L"])
        self.sides = {"Gesendete Objekte": "Gesendet", "Listen": "L"}
        self.sync()

        self.assertNotIn(b"BODY.PEEK[]", self.proxy.stream("up"))
        self.assertNotIn(b"APPEND", self.proxy.stream("up"))
        self.assert_same()
        self.assert_idempotent()


class CourierMapTest(AtCourier, CyrusMapTest):
    pass


if __name__ == "__main__":
    main()
