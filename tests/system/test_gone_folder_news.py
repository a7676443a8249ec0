"""
New mail in a mailbox whose folder was removed here: nobody fetches it, and a message that is missing elsewhere may be among it. So it is looked into, once
that matters, and nothing waits for a mailbox that no run would look at.
"""
import shutil

from base import HELD, OK, SystemTest, main

ARCHIVE = {"pull": ["new", "flags", "mailboxes"], "push": []}


class GoneFolderNewsTest(SystemTest):
    server_options = {"special_use": False}

    def given(self):
        mails = {}
        for name in ("Lists", "Work"):
            self.client.create(name)
            mails[name] = [self.corpus.simple("%s %d" % (name, n)) for n in range(2)]
            self.client.fill(name, mails[name])
        self.sync()
        self.assert_same()
        shutil.rmtree(self.maildir.folder("Lists"))
        self.sync()
        self.mail = mails["Work"][0]
        self.uid = self.client.uid_of("Work", self.mail)

    def news(self):
        self.client.fill("Lists", [self.corpus.simple("on and on")])

    def there(self, mailbox):
        return sum(m.digest == self.mail.digest for m in self.client.messages(mailbox))

    def assert_quiet(self):
        for _ in range(2):
            self.assertEqual(self.sync("--json").of("message"), [])
        self.assertEqual(len(self.maildir.files("Work")), self.client.status("Work")["messages"])

    def test_a_message_that_is_wanted_back_goes_up_at_once(self):
        self.given()
        self.news()
        self.maildir.flag(self.maildir.find("Work", self.mail), add="F")
        self.client.expunge("Work", [self.uid])
        self.sync()
        self.assertEqual((self.there("Work"), self.there("Lists")), (1, 0))
        self.assertEqual(self.flags_there(self.mail, "Work") & {"\\Flagged"}, {"\\Flagged"})
        self.assert_quiet()

    def test_what_the_answer_no_brings_back_goes_up_at_once(self):
        self.account.set(**ARCHIVE)
        self.given()
        self.news()
        self.client.expunge("Work", [self.uid])
        self.sync()
        self.account.set(pull=None, push=None)
        self.sync(expect=HELD)
        self.sync("--reject-deletes")
        self.assertEqual((self.there("Work"), self.there("Lists")), (1, 0))
        self.assert_quiet()

    def test_one_that_moved_into_it_gets_its_flag_there(self):
        self.given()
        self.maildir.flag(self.maildir.find("Work", self.mail), add="F")
        self.client.move("Work", [self.uid], "Lists")
        self.sync()
        self.sync()
        self.assertEqual((self.there("Work"), self.there("Lists")), (0, 1))
        self.assertIn("\\Flagged", self.flags_there(self.mail, "Lists"))
        self.assert_quiet()

    def test_its_news_are_said_once(self):
        self.given()
        self.news()
        self.maildir.flag(self.maildir.find("Work", self.mail), add="F")
        self.client.expunge("Work", [self.uid])
        first, second = self.sync("--json"), self.sync("--json")
        self.assertEqual([len([e for e in r.of("mailbox") if e["what"] == "gone-here-news"]) for r in (first, second)], [1, 0])
        self.assertEqual(self.check(self.account.home.run("status", "work"), OK).out.count("make the folder again"), 1)


if __name__ == "__main__":
    main()
