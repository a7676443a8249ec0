"""golub-policies(7): what it prints is run as it stands, and what it promises is looked at on a real server."""
import os
import re
import shutil
import subprocess

from base import HELD, OK, PASSWORD, main
from rig import ahead
from rig.maildir import Maildir
from test_recipes import RecipeTest

HOURS = 7200  # seconds
MANUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contrib", "man", "golub-policies.7")


def blocks(section):
    """What stands to be copied in a section of the manual."""
    with open(MANUAL, encoding="utf-8") as f:
        text = re.split(r"^\.Sh ", f.read(), flags=re.M)
    (text,) = [part for part in text if part.startswith(section + "\n")]
    return re.findall(r"^\.Bd -literal -offset indent\n(.*?)^\.Ed$", text, re.M | re.S)


class PoliciesTest(RecipeTest):
    server_options = {"special_use": {"Gesendete Objekte": "Sent", "Papierkorb": "Trash"}}

    def shell(self, lines, expect=OK, home=None, later=0):
        """What the manual prints, in a user's shell, so many seconds later."""
        home = home or self.home
        environment = dict(os.environ, HOME=home.path, XDG_STATE_HOME=home.path_of("state"), XDG_CONFIG_HOME=os.path.dirname(os.path.dirname(home.config)),
                           PATH=self.home.path_of("bin") + os.pathsep + os.environ["PATH"])
        if later:
            environment.update(ahead.by(later))
        done = subprocess.run(["sh", "-e", "-c", lines], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        self.assertEqual(done.returncode, expect, done.stdout + self.evidence())
        return done.stdout

    def everything(self, root="archive"):
        """Every message that is here, whatever mailbox it is in."""
        maildir = Maildir(self.home.path_of("Mail", root))
        return {f.digest for mailbox in maildir.mailboxes() for f in maildir.files(mailbox)}

    # -- a mirror

    def test_a_mirror_on_two_laptops(self):
        config, command = blocks("MIRROR")
        other = self.another_home()
        other.write(".config/golub/work.password", PASSWORD + "\n")
        mails = [self.corpus.simple("mail %d" % n) for n in range(5)]
        self.client.fill("INBOX", mails)
        for home in (self.home, other):
            self.configure(config, home=home)
            self.shell(command, home=home)
        here, there = self.maildir, Maildir(other.path_of("Mail", "work"))

        here.delete(here.find("INBOX", mails[0]))
        here.read(here.find("INBOX", mails[1]))
        there.create("Work")
        there.move(there.find("INBOX", mails[2]), "Work")
        for home in (self.home, other, self.home, other):
            self.shell(command, home=home)

        self.assertEqual(here.tree(), there.tree())
        self.assertEqual(len(here.files("INBOX")), 3)
        self.assertTrue(there.has("Work", mails[2]))
        self.assertEqual(there.find("INBOX", mails[1]).letters, "S")

    # -- an archive

    def test_an_archive_keeps_whatever_happens_there(self):
        config, command = blocks("ARCHIVE")
        self.configure(config)
        mails = [self.corpus.simple("mail %d" % n) for n in range(36)]  # more in each than golub sends again without a word
        for n, mailbox in enumerate(("INBOX", "Old", "Busy")):
            if mailbox != "INBOX":
                self.client.create(mailbox)
            self.client.fill(mailbox, mails[12 * n:12 * n + 12])
        self.shell(command)
        self.assertEqual(self.everything(), {m.digest for m in mails})

        uids = [m.uid for m in self.client.messages("INBOX", bodies=False)]
        self.client.expunge("INBOX", uids[:1])
        self.client.move("INBOX", uids[1], "Busy")
        self.client.delete_mailbox("Old")
        self.shell(command)
        self.client.expunge("INBOX", uids[2:])  # all that is left
        self.client.rename_mailbox("Busy", "Quiet")
        self.shell(command)
        self.client.create("Old")
        more = self.corpus.simple("new and old")
        self.client.fill("Old", [more])
        self.shell(command)
        self.shell(command, later=HOURS)

        self.assertEqual(self.everything(), {m.digest for m in (*mails, more)})
        archive = Maildir(self.home.path_of("Mail", "archive"))
        self.assertTrue(archive.has("Quiet", mails[1]) and archive.has("INBOX", mails[1]))
        self.assertNotIn("Busy", archive.mailboxes())

        before = self.client.tree()
        archive.delete(archive.find("INBOX", mails[1]))
        archive.put("INBOX", self.corpus.simple("ours").lf)
        archive.create("Ours")
        self.shell(command)
        self.shell(command)
        self.assertEqual(self.client.tree(), before, "nothing is sent")
        self.assertFalse(archive.has("INBOX", mails[1]), "nor fetched again")

        archive.delete(archive.find("Old", more))
        self.shell(command)
        self.client.store("Old", self.client.uid_of("Old", more), "+", ["\\Flagged"])
        self.shell(command)
        self.assertTrue(archive.has("Old", more), "it is wanted there")

    # -- an upload

    def test_an_upload_takes_a_tree_to_another_server(self):
        copy, config, commands = blocks("UPLOAD")
        tree = self.maildir
        mails = [self.corpus.simple("mail %d" % n) for n in range(12)]
        for n, mailbox in enumerate(("INBOX", "Sent", "Trash", "Work/2024")):
            tree.create(mailbox)
            for mail in mails[3 * n:3 * n + 3]:
                tree.put(mailbox, mail.lf, "FS", date=1000000000 + n)
        with open(os.path.join(tree.root, ".golub"), "w") as f:
            f.write("of another account\n")
        welcome = self.corpus.simple("welcome")
        self.client.fill("INBOX", [welcome])
        self.shell(copy)
        self.configure(config)

        self.shell(commands)

        self.assertEqual(sorted(m for m in self.client.mailboxes() if self.client.messages(m, bodies=False)),
                         ["Gesendete Objekte", "INBOX", "Papierkorb", "Work/2024"])
        for n, mailbox in enumerate(("INBOX", "Gesendete Objekte", "Papierkorb", "Work/2024")):
            found = {m.digest: m for m in self.client.messages(mailbox)}
            for mail in mails[3 * n:3 * n + 3]:
                self.assertEqual((found[mail.digest].flags, found[mail.digest].date), ({"\\Flagged", "\\Seen"}, 1000000000 + n))
        self.assertNotIn(welcome.digest, self.everything("moving"))
        moving = Maildir(self.home.path_of("Mail", "moving"))
        self.assertEqual(len(moving.files("INBOX")), 3)
        moving.delete(moving.files("Work/2024")[0])
        self.shell(commands.splitlines()[1])
        self.assertEqual(len(self.client.messages("Work/2024")), 3)

        self.configure(re.sub(r"^ *(pull|push) .*\n", "", config, flags=re.M))
        self.shell("golub sync new", HELD)
        self.assertIn(welcome.digest, self.everything("moving"))
        self.shell("golub sync --reject-deletes new")
        self.assertEqual(len(moving.files("Work/2024")), 3)


# -- from one to another

MIRROR, ARCHIVE, UPLOAD = (), ("ARCHIVE", 0), ("UPLOAD", 1)


class ChangedTest(PoliciesTest):
    """Each pair: three messages went there, three here, two are new there, one here, under the first policy."""
    test_a_mirror_on_two_laptops = test_an_archive_keeps_whatever_happens_there = test_an_upload_takes_a_tree_to_another_server = None

    def policy(self, name):
        """The keys of a section, in the account of the mirror."""
        (mirror, _), keys = blocks("MIRROR"), ""
        if name != MIRROR:
            keys = "".join(re.findall(r"^ *(?:pull|push) .*\n", blocks(name[0])[name[1]], re.M))
        self.configure(mirror.replace("}\n", keys + "}\n"))

    def given_lived(self, policy):
        self.policy(MIRROR)
        self.gone_there, self.gone_here, rest = ([self.corpus.simple("%s %d" % (word, n)) for n in range(count)]
                                                 for word, count in (("there", 3), ("here", 3), ("rest", 24)))
        self.client.fill("INBOX", self.gone_there + self.gone_here + rest)
        self.shell("golub sync work")
        self.policy(policy)
        self.shell("golub sync work")
        self.client.expunge("INBOX", [self.client.uid_of("INBOX", m) for m in self.gone_there])
        for mail in self.gone_here:
            self.maildir.delete(self.maildir.find("INBOX", mail))
        self.new_there, self.new_here = [self.corpus.simple("new there %d" % n) for n in range(2)], [self.corpus.simple("new here")]
        self.client.fill("INBOX", self.new_there)
        self.maildir.put("INBOX", self.new_here[0].lf)
        for _ in range(2):
            self.shell("golub sync work")

    def assert_stands(self, gone_there, gone_here, new_there, new_here):
        """Each is where it stands, of "there" and "here"."""
        there, here = {m.digest for m in self.client.messages("INBOX")}, self.everything("work")
        for word, mails, sides in (("gone there", self.gone_there, gone_there), ("gone here", self.gone_here, gone_here),
                                   ("new there", self.new_there, new_there), ("new here", self.new_here, new_here)):
            for mail in mails:
                found = " ".join(side for side, all_of in (("there", there), ("here", here)) if mail.digest in all_of)
                self.assertEqual(found, sides, word)

    def changed(self, policy, expect=OK):
        self.policy(policy)
        for _ in range(2):
            self.shell("golub sync work", expect)

    def test_from_a_mirror_to_the_others(self):
        for policy in (ARCHIVE, UPLOAD):
            with self.subTest(policy):
                self.given_lived(MIRROR)
                self.assert_stands("", "", "there here", "there here")
                self.changed(policy)
                self.assert_stands("", "", "there here", "there here")

    def test_from_an_archive_to_a_mirror(self):
        for word, gone in (("confirm", ""), ("reject", "there here")):
            with self.subTest(word):
                self.given_lived(ARCHIVE)
                self.assert_stands("here", "there", "there here", "here")
                self.changed(MIRROR, HELD)
                self.assert_stands("here", "there", "there here", "there here")
                status, confirm, reject = blocks("FROM ONE TO ANOTHER")[0].splitlines()
                self.assertIn("the configuration kept it back until now", self.shell(status))
                self.shell(confirm if word == "confirm" else reject)
                self.shell("golub sync work")
                self.assert_stands(gone, gone, "there here", "there here")

                self.client.expunge("INBOX", self.client.uid_of("INBOX", self.new_there[0]))
                self.shell("golub sync work")
                self.assertFalse(self.maildir.has("INBOX", self.new_there[0]), "a removal like any other")

    def test_from_an_upload_to_a_mirror(self):
        self.given_lived(UPLOAD)
        self.assert_stands("here", "there", "there", "there here")
        self.changed(MIRROR, HELD)
        self.assert_stands("here", "there", "there here", "there here")

    def test_from_an_archive_to_an_upload(self):
        self.given_lived(ARCHIVE)
        self.changed(UPLOAD)
        self.assert_stands("here", "there", "there here", "there here")

    def test_from_an_upload_to_an_archive(self):
        self.given_lived(UPLOAD)
        self.changed(ARCHIVE)
        self.assert_stands("here", "there", "there here", "there here")

    def given_made_anew(self, count):
        """Below an archive one mailbox lost its mail, and is another one now."""
        self.policy(ARCHIVE)
        self.client.create("Old")
        self.lost = [self.corpus.simple("lost %d" % n) for n in range(count)]
        self.client.fill("Old", self.lost)
        self.shell("golub sync work")
        self.client.delete_mailbox("Old")
        self.client.create("Old")
        self.client.fill("Old", [self.corpus.simple("of the new one")])
        for _ in range(2):
            self.shell("golub sync --confirm-additions work")

    def forget_old(self):
        self.client.delete_mailbox("Old")
        self.shell("golub sync work")
        shutil.rmtree(self.maildir.folder("Old"))
        self.shell("golub sync work")

    def test_from_an_archive_to_one_that_sends_what_a_new_mailbox_lacks_waits_for_a_word(self):
        for policy, count, word in ((MIRROR, 3, "confirm"), (MIRROR, 12, "reject"), (UPLOAD, 3, "reject")):
            with self.subTest((policy, count, word)):
                self.given_made_anew(count)
                self.policy(policy)
                for _ in range(2):
                    self.shell("golub sync work", HELD)
                    self.assertEqual(self.client.status("Old")["messages"], 1)
                self.shell("golub sync --%s-additions work" % word)
                self.shell("golub sync work")
                self.assertEqual(self.client.status("Old")["messages"], 1 if word == "reject" else 1 + count)
                self.assertLessEqual({m.digest for m in self.lost}, self.everything("work"))
                self.forget_old()

    def test_what_an_archive_kept_and_was_moved_here_is_the_message_that_comes_back(self):
        self.given_made_anew(4)
        moved, deleted = self.lost[0], self.lost.pop()
        self.maildir.move(self.maildir.find("Old", moved), "INBOX", rename=True)
        self.maildir.delete(self.maildir.find("Old", deleted))
        self.shell("golub sync work")
        self.client.fill("Old", [moved, deleted])
        for _ in range(2):
            self.shell("golub sync work")
            self.assertEqual((self.maildir.has("Old", moved), self.maildir.has("INBOX", moved)), (False, True))
            self.assertFalse(self.maildir.has("Old", deleted), "nor does it come again")

        self.policy(MIRROR)
        self.shell("golub sync work", HELD)
        self.shell("golub sync --confirm-additions work", HELD)
        self.shell("golub sync --confirm-deletes work")
        for tree in (self.client.tree(dates=False), self.maildir.tree(dates=False)):
            self.assertEqual([sorted(name for name, mail in tree.items() for digest, *_ in mail.elements() if digest == m.digest) for m in self.lost],
                             [["INBOX"], ["Old"], ["Old"]])
            self.assertNotIn(deleted.digest, {digest for mail in tree.values() for digest, *_ in mail})

    def test_one_run_with_an_option_changes_nothing_of_it(self):
        """An archive that is only ever synced with --pull is one, and --pull of a mirror makes none of it."""
        self.given_lived(ARCHIVE)
        self.shell("golub sync --pull work")
        self.policy(MIRROR)
        self.shell("golub sync --push work", HELD)
        self.shell("golub sync work", HELD)
        self.assert_stands("here", "there", "there here", "there here")
        self.shell("golub sync --confirm-deletes work")
        self.shell("golub sync --pull work")
        self.client.expunge("INBOX", self.client.uid_of("INBOX", self.new_there[0]))
        self.shell("golub sync work")
        self.assertFalse(self.maildir.has("INBOX", self.new_there[0]))


if __name__ == "__main__":
    main()
