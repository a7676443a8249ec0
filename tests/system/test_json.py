"""Every line of --json of real runs holds to the schema in the repository."""
import json
import os
import shutil

from base import HELD, LOGIN, SOME, SystemTest, main
import schema_check

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contrib", "golub.schema.json")


class JsonTest(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(SCHEMA) as f:
            cls.schema = json.load(f)

    def valid(self, result):
        """Every line is an object of the schema; one result an account, the last line has the exit status."""
        lines = result.out.splitlines()
        self.assertTrue(lines, result)
        for line in lines:
            event = json.loads(line)
            problems = schema_check.validate(event, self.schema)
            self.assertFalse(problems, "%s\n%s" % (line, problems))
            self.assertEqual(event["v"], 1)
        self.assertEqual(json.loads(lines[-1])["exit"], result.code)
        return result

    def json_sync(self, *options, **more):
        return self.valid(self.sync("--json", *options, **more))

    def actions(self, result):
        return {e.get("action") for e in result.of("message")}

    def test_what_is_wrong_inside_of_an_array_is_found(self):
        line = {"v": 1, "event": "check", "account": "work", "capabilities": ["IDLE", 7]}

        self.assertTrue(schema_check.validate(line, self.schema))
        line["capabilities"][1] = "MOVE"
        self.assertEqual(schema_check.validate(line, self.schema), [])

    def test_what_waits_is_told_field_by_field(self):
        self.sync()
        self.maildir.deliver("INBOX", b"Subject: nul\n\na\0b\n")
        self.sync(expect=SOME)

        waiting, = [e for e in self.valid(self.run_golub("status", "--json")).of("message") if e["key"] == "pending"]

        self.assertEqual((waiting["mailbox"], waiting["work"]), ("INBOX", "upload"))
        self.assertEqual(waiting["file"], self.maildir.files("INBOX")[0].base)
        self.assertIn(waiting["why"], waiting["text"])
        self.assertGreater(waiting["since"], 1_700_000_000)

    def test_a_first_sync(self):
        self.client.create("Работа")
        self.client.fill("INBOX", self.corpus.messages(20))

        result = self.json_sync()

        self.assertEqual(len([e for e in result.of("message") if e.get("action") == "download"]), 20)
        self.assertEqual(len([e for e in result.of("result") if e.get("account") == "work"]), 1)

    def test_every_kind_of_change(self):
        mails = self.corpus.messages(12, edge=False, median=1500)
        for m in mails:
            m.flags = ()
        self.client.create("Work")
        uids = self.client.fill("INBOX", mails)
        self.sync()
        here = self.maildir
        self.client.append("INBOX", self.corpus.simple("news").bytes)
        self.client.store("INBOX", uids[0], "+", ["\\Seen"])
        self.client.move("INBOX", uids[1], "Work")
        self.client.expunge("INBOX", uids[2])
        here.deliver("INBOX", self.corpus.simple("ours").lf)
        here.flag(here.find("INBOX", mails[3]), add="FS")
        here.move(here.find("INBOX", mails[4]), "Work", rename=True)
        here.delete(here.find("INBOX", mails[5]))
        here.copy(here.find("INBOX", mails[6]), "Work")
        here.create("Mine")
        self.client.create("Theirs")
        self.valid(self.run_golub("keyword", "--json", here.find("INBOX", mails[6]).path, "+later"))
        self.valid(self.run_golub("keyword", "list", "--json"))

        self.valid(self.sync("--json", "--dry-run"))
        result = self.json_sync()

        self.assertLessEqual({"download", "upload", "flags-here", "flags-there", "move-here", "move-there", "copy-there",
                              "remove-here", "remove-there", "keywords-there"}, self.actions(result))

    def test_a_pairing(self):
        self.given_both_sides(self.corpus.messages(5))
        shutil.rmtree(self.account.state)

        self.json_sync()

    def test_held_removals_and_their_release(self):
        self.given_both_sides([self.corpus.simple("mail %d" % n) for n in range(40)])
        for f in self.maildir.files("INBOX")[:30]:
            self.maildir.delete(f)

        self.json_sync(expect=HELD)
        self.valid(self.run_golub("status", "--json"))
        self.json_sync("--confirm-deletes")

    def test_errors(self):
        self.sync()
        self.maildir.deliver("INBOX", b"Subject: nul\n\na\0b\n")
        self.json_sync(expect=SOME)
        self.account.set(password_command="echo wrong")

        result = self.json_sync(expect=LOGIN)

        self.assertTrue(result.of("error"))
        self.assertIn("Authentication failed", json.dumps(result.of("error")))

    def test_check_and_status(self):
        self.valid(self.run_golub("check", "--json"))
        self.sync()
        self.valid(self.run_golub("status", "--json"))

    def test_names_and_words_of_any_bytes_stay_valid_json(self):
        self.client.create('quote " back \\ slash')
        self.sync()
        self.maildir.deliver("INBOX", b"Subject: nul\n\na\0b\n")
        path = self.maildir.files("INBOX")[0].path
        os.rename(os.fsencode(path), os.fsencode(os.path.dirname(path)) + b"/1.\xff\xfe\"x")

        self.valid(self.account.sync("--json"))


if __name__ == "__main__":
    main()
