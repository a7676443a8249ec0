"""What bash, zsh and fish offer for a line that begins with golub, asked in each of these shells."""
import os
import re
import subprocess

from base import HELD, SystemTest, main
from rig.golub import Account, binary
from rig.shells import Bash, Fish, Missing, Zsh
from test_manuals import COMMANDS

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
NAMES = ["INBOX", "Lists/golub", "Sent Items", "Über: uns"]


def completion(name):
    return os.path.join(os.path.realpath(TOP), "contrib", "completions", name)


class Completions:
    shell_class, file, reader = None, None, ()
    account_options = {"max-delete": "10%"}

    def setUp(self):
        super().setUp()
        try:
            self.shell = self.shell_class(completion(self.file), **self.home.environment(
                PATH=os.path.dirname(binary()) + ":" + os.environ["PATH"]))
        except Missing as e:
            self.skipTest("no %s here" % e)
        self.addCleanup(self.shell.close)

    def new_account(self, name, home=None, **extras):
        return super().new_account("my work", home, **extras)

    def given_mailboxes(self):
        for name in NAMES[1:]:
            self.client.create(name)
        self.uids = self.client.fill("INBOX", [self.corpus.simple("mail %d" % n) for n in range(30)])
        self.sync()
        self.proxy.reset()

    def test_the_shell_reads_it(self):
        result = subprocess.run([*self.reader, completion(self.file)], capture_output=True, text=True)

        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

    def test_every_command_is_offered(self):
        self.assertEqual(self.shell.offered("golub"), sorted({*self.commands(), "help"}))
        self.assertEqual(self.shell.offered("golub help", "st"), ["status"])
        self.assertEqual(self.shell.offered("golub", "ver"), ["verify"])
        self.assertEqual(self.shell.offered("golub --json -c x", "ver"), ["verify"])

    def commands(self):
        found = set(re.findall(r"(?m)^(?:usage:)? +golub \[?([a-z]+)", self.run_golub("help").out)) - {"help"}
        self.assertGreaterEqual(found, set(COMMANDS))
        return found

    def test_every_option_of_each_command_is_offered_and_no_other(self):
        for command in self.commands():
            with self.subTest(command):
                shown = re.findall(r"(?m)^ +(?:-\w, )?(--[a-z-]+)", self.run_golub("help", command).out)
                self.assertIn("--config", shown)
                self.assertEqual(self.shell.offered("golub " + command, "--"), sorted(shown))

    def test_accounts_and_mailboxes_are_offered_whatever_they_are_called(self):
        self.given_mailboxes()
        Account(self.home, "pop3://127.0.0.1:9", name="a:b=c & (d)", tls="none")

        self.assertEqual(self.shell.offered("golub sync"), ["a:b=c & (d)", "my work"])
        self.assertEqual(self.shell.offered("golub --jobs 2 status -v", "my"), ["my work"])
        self.assertEqual(self.shell.offered("golub import", "a"), ["a:b=c & (d)"])
        for command in ("sync", "verify", "restore"):
            self.assertEqual(self.shell.offered("golub " + command, "my\\ work/"),
                             ["my work/" + name for name in sorted(self.client.mailboxes())])
        self.assertEqual(self.shell.offered("golub sync -n my\\ work/INBOX", "my\\ work/Se"), ["my work/Sent", "my work/Sent Items"])
        self.assertEqual(self.shell.offered("golub sync", "my\\ work/Lists/"), ["my work/Lists/golub"])
        self.assertEqual(self.shell.offered("golub sync", "my\\ work/Üb"), ["my work/Über: uns"])
        self.assertEqual(self.shell.offered("golub restore my\\ work --to", "S"), ["Sent", "Sent Items"])
        self.assertEqual(self.shell.offered("golub check", "my\\ work/"), [])
        self.assertEqual(self.proxy.stats["turns"], 0)

    def test_a_name_that_a_server_made_up_is_never_run(self):
        evil = "Evil $(touch ran)`touch ran`'\"\\;touch ran &"
        self.client.create(evil)
        self.sync()

        for quote in ("", '"', "'"):
            with self.subTest(quote):
                word = quote + ("my work/Ev" if quote else "my\\ work/Ev")
                self.assertEqual(self.shell.offered("golub sync", word), ["my work/" + evil])
        self.assertFalse(os.path.exists(os.path.join(self.shell.folder, "ran")))

    def test_lists_that_are_held_are_offered(self):
        self.given_mailboxes()
        self.client.expunge("INBOX", self.uids[:25])
        held = self.sync("--json", expect=HELD).of("held")

        self.assertEqual(self.shell.offered("golub sync", "--confirm-deletes="), ["--confirm-deletes=" + held[0]["id"]])

    def test_what_an_option_takes_is_offered(self):
        for name in ("one.conf", "other"):
            open(os.path.join(self.shell.folder, name), "w").close()
        os.mkdir(os.path.join(self.shell.folder, "folder"))
        self.given_mailboxes()

        self.assertEqual(self.shell.offered("golub -c", "o"), ["one.conf", "other"])
        self.assertEqual(self.shell.offered("golub check", "--config=on"), ["--config=one.conf"])
        self.assertEqual([f.rstrip("/") for f in self.shell.offered("golub restore x --to-dir", "f")], ["folder"])
        self.assertEqual(self.shell.offered("golub adopt x --from"), ["mbsync", "offlineimap"])
        self.assertEqual(self.shell.offered("golub import x --adopt-as", "m"), ["mpop"])
        self.assertEqual(self.shell.offered("golub restore x --run"), ["last"])
        self.assertEqual(self.shell.offered("golub status --max-age"), [])

    def test_what_an_option_takes_depends_on_the_command(self):
        self.given_mailboxes()

        for before, word, expected in (("golub verify --server", "", ["my work"]), ("golub verify --server my\\ work", "--by", ["--bytes"]),
                                       ("golub init --server", "", []), ("golub init --server imaps://x", "--pro", ["--protocol"]),
                                       ("golub init --server imaps://x --protocol", "", ["imap", "pop"]), ("golub init --secret", "", ["file", "pass", "secret-tool"]),
                                       ("golub --server", "ver", ["verify"]), ("golub --server verify", "", ["my work"]),
                                       ("golub --server imaps://x", "in", ["init"]), ("golub --server imaps://x init", "--exp", ["--explain"]),
                                       ("golub --account x init", "--exp", ["--explain"]), ("golub init --into", "", ["my work"])):
            self.assertEqual(self.shell.offered(before, word), expected, (before, word))

    def test_the_configuration_that_was_named_counts(self):
        with open(self.home.config) as f:
            text = f.read().replace("my work", "elsewhere")
        with open(os.open(os.path.join(self.shell.folder, "my.conf"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.write(text)

        for before in ("golub -c my.conf sync", "golub --config=my.conf sync", "golub -c ~/my.conf sync", "golub --config=~/my.conf check"):
            self.assertEqual(self.shell.offered(before), ["elsewhere"], before)

    def test_a_configuration_that_is_wrong_offers_nothing_and_says_nothing(self):
        self.home.write_config("accnt {")

        self.assertEqual(self.shell.offered("golub sync", "m"), [])
        self.assertEqual(self.shell.offered("golub", "stat"), ["status"])


class BashTest(Completions, SystemTest):
    shell_class, file, reader = Bash, "golub.bash", ("bash", "-n")


class ZshTest(Completions, SystemTest):
    shell_class, file, reader = Zsh, "golub.zsh", ("zsh", "-n")


class FishTest(Completions, SystemTest):
    shell_class, file, reader = Fish, "golub.fish", ("fish", "-n")


if __name__ == "__main__":
    main()
