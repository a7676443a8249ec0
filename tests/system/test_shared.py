"""
Mailboxes that are not only the user's own (NAMESPACE), and that `mailboxes` names: their mail is synced, and golub renames and deletes none of them, in
whatever direction and whatever `pull` and `push` name. {everybody's, another user's} x {its folder renamed, moved out, its parent's, removed; removed there}.
Whose rights they are decides nothing: the user may do all that on these servers.
"""
import os
import shutil

from base import SOME, SystemTest, main
from rig.dovecot import Dovecot
from rig.imapclient import quoted
from test_mailbox_deletes import ALL
from test_renamed_here import RenamingHere

PUBLIC = ("namespace pub {\n  type = public\n  separator = /\n  prefix = Public/\n  location = maildir:~/pub:LAYOUT=fs\n"
          "  subscriptions = yes\n  list = children\n}\n")


class NotOnlyOurs(RenamingHere):
    """space: what their names begin with"""
    account_options = {"mailboxes": ["*", "Public/*", "shared/*"], "pull": ALL, "push": ALL}
    space = "Public/"

    def given_these(self, *names):
        """In the space, and one of the user's own. @return {name without the space: messages}"""
        mail = {}
        for name in names:
            self.owner.create(self.of_owner(name))
            mail[name] = [self.corpus.simple("%s %d" % (name, n)) for n in range(3)]
            self.owner.fill(self.of_owner(name), mail[name])
        self.client.create("Own")
        self.client.fill("Own", [self.corpus.simple("own")])
        self.sync()
        self.sync()
        self.assert_same()
        return mail

    @property
    def owner(self):
        return self.client

    def of_owner(self, name):
        """Its name for the owner."""
        return self.space + name

    def assert_stay_there(self, mail):
        """They have their names and their mail on the server, and nothing was asked of it that could take them."""
        for name, messages in mail.items():
            self.assertTrue(all(self.is_there(m, self.space + name) for m in messages), name)
        asked = [line for line in self.proxy.changing() if b" RENAME " in line or b" DELETE " in line]
        self.assertEqual(asked, [], self.evidence())

    def test_a_folder_that_is_renamed_here(self):
        mail = self.given_these("A", "A/Kid")
        self.mv((self.space + "A", self.space + "B"))

        for _ in range(2):
            result = self.sync(expect=SOME)
            self.assertIn('work/%sA: can\'t rename this mailbox to "%sB" on the server, as its folder here: %sA is not only yours'
                          % ((self.space,) * 3), result.err)
            self.assertEqual(self.bodies(), [])
            self.assert_stay_there(mail)
            self.assertIn(self.space + "B", self.maildir.mailboxes())
            self.assertNotIn(self.space + "B", self.client.mailboxes())
        self.assertIn('renamed here to "%sB"' % self.space, self.run_golub("status").out)

        new = self.corpus.simple("came meanwhile")
        self.owner.append(self.of_owner("A"), new.bytes)
        self.sync(expect=SOME)
        self.assertTrue(self.maildir.has(self.space + "B", new))
        self.mv((self.space + "B", self.space + "A"))
        self.sync()
        self.assertNotIn("renamed here", self.run_golub("status").out)
        self.assert_in_sync()

    def test_a_folder_that_is_moved_among_the_users_own(self):
        mail = self.given_these("A")
        self.mv((self.space + "A", "Mine"))

        result = self.sync(expect=SOME)

        self.assertIn("%sA is not only yours" % self.space, result.err)
        self.assertEqual(self.bodies(), [])
        self.assert_stay_there(mail)
        self.assertNotIn("Mine", self.client.mailboxes())

        self.assertTrue(all(self.maildir.has("Mine", m) for m in mail["A"]))
        self.assertIn('renamed here to "Mine"', self.run_golub("status").out)

    def test_the_folder_of_the_whole_space_is_renamed_here(self):
        mail = self.given_these("A", "B")
        self.mv((self.space.split("/")[0], "Everybody"))

        result = self.sync(expect=SOME)

        self.assertIn("%sA is not only yours" % self.space, result.err)
        self.assertEqual(self.bodies(), [])
        self.assert_stay_there(mail)
        self.assertEqual([n for n in self.client.mailboxes() if n.startswith("Everybody")], [])

    def test_its_case_alone(self):
        mail = self.given_these("A")
        self.mv((self.space + "A", self.space + "a"))

        result = self.sync(expect=SOME)

        self.assertIn("%sA is not only yours" % self.space, result.err)
        self.assert_stay_there(mail)

    def test_one_of_the_users_own_goes_where_it_was_renamed_beside_one_that_may_not(self):
        mail = self.given_these("A")
        self.mv((self.space + "A", self.space + "B"), ("Own", "My own"))

        result = self.sync("--json", expect=SOME)

        self.assertEqual(self.renamed_up(result), {("Own", "My own")})
        self.assertEqual(self.bodies(), [])
        self.assertTrue(all(self.is_there(m, self.space + "A") for m in mail["A"]))

    def test_one_of_the_users_own_is_moved_here_into_the_space(self):
        """What that makes of it the server decides; its mail stands somewhere, and nobody else's goes."""
        mail = self.given_these("A")
        own = self.maildir.files("Own")[0].digest
        self.mv(("Own", self.space + "Own"))

        for _ in range(3):
            self.account.sync()

        self.assertTrue(all(self.is_there(m, self.space + "A") for m in mail["A"]))
        there = [name for name in self.client.mailboxes() if own in {m.digest for m in self.client.messages(name)}]
        self.assertEqual(len(there), 1, self.evidence())
        self.assertEqual(self.quarantined(), [])
        self.assertEqual([f.digest for f in self.maildir.files(self.space + "Own")], [own])

    def test_a_folder_that_is_removed_here(self):
        mail = self.given_these("A", "A/Kid", "B")
        shutil.rmtree(self.maildir.folder(self.space + "A"))

        for _ in range(3):
            self.sync()
            self.assert_stay_there(mail)

        self.assertNotIn(self.space + "A", self.maildir.mailboxes())
        said = self.run_golub("status").out
        self.assertIn("its folder is gone here: what is on the server stays", said)
        self.assertNotIn("mailbox-deletes", said)  # that word would not do it

    def test_one_whose_mail_was_removed_first(self):
        """Its mail is synced like any, so that it is empty on the server; it stays all the same."""
        self.given_these("A")
        for file in self.maildir.files(self.space + "A"):
            self.maildir.delete(file)
        self.sync()
        self.assertEqual(self.client.status(self.space + "A")["messages"], 0)
        shutil.rmtree(self.maildir.folder(self.space + "A"))

        for _ in range(3):
            self.sync()
            self.assert_stay_there({})

        self.assertIn(self.space + "A", self.client.mailboxes())

    def test_one_that_is_removed_there(self):
        """Perhaps it is only not shown any more: what is here stays."""
        mail = self.given_these("A", "B")
        self.owner.delete_mailbox(self.of_owner("A"))

        for _ in range(4):
            self.sync()
            self.assertTrue(all(self.maildir.has(self.space + "A", m) for m in mail["A"]))

        self.assertEqual(self.quarantined(), [])
        self.assertNotIn(self.space + "A", self.client.mailboxes())
        said = self.run_golub("status").out
        self.assertIn("gone on the server since: what is here stays", said)
        self.assertNotIn("mailbox-deletes", said)

    def test_the_users_own_go(self):
        """... so that it is not the configuration that keeps them."""
        mail = self.given_these("A")
        shutil.rmtree(self.maildir.folder("Own"))

        self.sync()

        self.assertNotIn("Own", self.client.mailboxes())
        self.assertTrue(all(self.is_there(m, self.space + "A") for m in mail["A"]))


class PublicTest(NotOnlyOurs, SystemTest):
    server_options = {"special_use": False, "extra": PUBLIC}


class PlusPlusTest(PublicTest):
    account_options = {**PublicTest.account_options, "layout": "maildir++"}
    test_the_folder_of_the_whole_space_is_renamed_here = None  # no folder stands for it

    def mv(self, *pairs):
        """With what is below it."""
        for old, new in pairs:
            below = [n for n in self.maildir.mailboxes() if n.startswith(old + "/")]
            super().mv((old, new), *((name, new + name[len(old):]) for name in below))


class PublicDotsTest(PublicTest):
    """The prefix of the user's own name space is cut, that of this one stays."""
    server_options = {"separator": ".", "prefix": "INBOX.", "special_use": False, "extra": PUBLIC.replace("/\n", ".\n")}

    test_one_of_the_users_own_is_moved_here_into_the_space = None  # it stays below the prefix, with that name: INBOX.Public.Own

    def new_client(self, user=None):
        client = super().new_client(user)
        cut = client.wire
        client.wire = lambda name: quoted(name.replace("/", ".")) if name.startswith(self.space) else cut(name)
        return client


class SharingDovecot(Dovecot):
    """Each user may let others see his mailboxes, as shared/NAME/…"""

    def start(self):
        self.extra += ("mail_plugins = acl\nprotocol imap {\n  mail_plugins = acl imap_acl\n}\n"
                       "namespace shared {\n  type = shared\n  separator = /\n  prefix = shared/%%%%u/\n"
                       "  location = sdbox:%s/mail/%%%%u\n  list = yes\n  subscriptions = no\n}\n"
                       "plugin {\n  acl = vfile\n  acl_shared_dict = file:%s/state/shared.db\n}\n") % (self.folder, self.folder)
        os.chmod(os.path.join(self.folder, "state"), 0o777)
        return super().start()


class SharedTest(NotOnlyOurs, SystemTest):
    """The owner gives all rights there are, that of removing the mailbox, too."""
    server_class = SharingDovecot
    server_options = {"special_use": False}

    def setUp(self):
        super().setUp()
        self.other = next(self._users)
        self.theirs = self.new_client(self.other)
        self.space = "shared/%s/" % self.other

    @property
    def owner(self):
        return self.theirs

    def of_owner(self, name):
        return name

    def given_these(self, *names):
        create = self.theirs.create

        def create_and_share(name):
            create(name)
            self.theirs.imap.setacl(self.theirs.wire(name), self.user, "lrwstipekxa")

        self.theirs.create = create_and_share
        return super().given_these(*names)


if __name__ == "__main__":
    main()
