"""contrib/recipes: what stands on each page is taken from it and run, with the programs it is about and a real server."""
import fcntl
import http.server
import json
import os
import pty
import re
import select
import shutil
import stat
import struct
import subprocess
import termios
import textwrap
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from base import NETWORK, OK, PASSWORD, SOME, Dovecot, SystemTest, main
from rig.golub import binary
from rig.imapclient import Client
from rig.maildir import Maildir
from rig.neomutt import Neomutt
from rig.tokens import TokenDovecot

RECIPES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contrib", "recipes")
SPACED = "Größe & mehr"  # a mailbox whose name has what shells and readers stumble over


def needs(*programs):
    """Skips, and says so, where one of them is missing."""
    missing = [p for p in programs if not shutil.which(p)]
    return unittest.skipIf(missing, "not installed: " + " ".join(missing))


def page(name):
    with open(os.path.join(RECIPES, name), encoding="utf-8") as f:
        return f.read()


def blocks(name):
    """The indented parts of a page, as somebody copies them; a blank line inside belongs to its part."""
    found = re.findall(r"^    .*\n(?:(?:    .*)?\n)*", page(name), re.M)
    return [textwrap.dedent(b).strip("\n") + "\n" for b in found]


def block(name, word):
    """The one block of the page that has this word."""
    found = [b for b in blocks(name) if word in b]
    if len(found) != 1:
        raise AssertionError("%d blocks of %s have %r: %r" % (len(found), name, word, blocks(name)))
    return found[0]


class RecipeTest(SystemTest):
    def setUp(self):
        super().setUp()
        os.makedirs(self.home.path_of("bin"))
        os.symlink(binary(), self.home.path_of("bin", "golub"))
        self.home.accounts.clear()
        self.home.write(".config/golub/work.password", PASSWORD + "\n")
        self.maildir = Maildir(self.home.path_of("Mail", "work"))

    def evidence(self):
        return super().evidence() + "\n--- configuration\n" + self.configured()

    def configured(self):
        with open(self.home.config, encoding="utf-8") as f:
            return f.read()

    def configure(self, *parts, home=None, stands='"imaps://imap.example.org"'):
        """What the pages say is golub.conf, for this server and user instead of the page's."""
        text = "\n".join(parts)
        server = '"imaps://localhost:%d"\n    tls-ca-file = "%s"' % (self.server.tls_port, self.server.ca)
        for old, new in ((stands, server), ('"ana@example.org"', '"%s"' % self.user)):
            self.assertEqual(text.count(old), 1, "%s in %s" % (old, text))
            text = text.replace(old, new)
        (home or self.home).write_config(text)

    def shell(self, commands, given="", expect=0, **more):
        """These lines in a shell of the user's that ends with the first failure. @return what they printed"""
        path = self.home.path_of("bin") + ":" + os.environ["PATH"]
        done = subprocess.run(["sh", "-ec", commands], input=given, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                              env=self.home.environment(PATH=path, **more), cwd=self.home.path)
        self.assertEqual(done.returncode, expect, "%s\n%s%s%s" % (commands, done.stdout, done.stderr, self.evidence()))
        return done.stdout

    def golub(self, *args, expect=OK):
        return self.run_golub(*args, expect=expect, env={"PATH": self.home.path_of("bin") + ":" + os.environ["PATH"]})

    def given(self, subject, mailbox="INBOX", **more):
        """A message on the server."""
        if mailbox not in self.client.mailboxes():
            self.client.create(mailbox)
        message = self.corpus.simple(subject=subject, **more)
        self.client.append(mailbox, message, message.flags)
        return message

    def until(self, happened, what, seconds=20):
        end = time.monotonic() + seconds
        while not happened():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.05)


class PagesTest(unittest.TestCase):
    def test_the_index_names_every_page_and_nothing_else(self):
        self.assertEqual(sorted(re.findall(r"\]\(([^)]+)\)", page("README.md"))), sorted(set(os.listdir(RECIPES)) - {"README.md"}))


class PasswordTest(RecipeTest):
    def logs_in_with(self, name):
        """The page's account brings the mail, by the password that the page stored."""
        message = self.given("the roof")
        os.unlink(self.home.path_of(".config", "golub", "work.password"))
        self.configure(block(name, "account \"work\""))
        return message

    def test_a_file(self):
        message = self.logs_in_with("password-file.md")
        os.rmdir(self.home.path_of(".config", "golub"))

        self.shell("umask 022\n" + block("password-file.md", "umask"), given=PASSWORD + "\n")
        self.golub("sync")

        self.assertTrue(self.maildir.has("INBOX", message))
        mode = os.stat(self.home.path_of(".config", "golub", "work.password")).st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)

    @needs("pass", "gpg", "gpgconf")
    def test_pass(self):
        message = self.logs_in_with("pass.md")
        self.addCleanup(self.shell, "gpgconf --kill gpg-agent")
        self.shell("mkdir -m 700 .gnupg; gpg --batch -q --passphrase '' --quick-generate-key ana@example.org; pass init ana@example.org")

        self.shell(block("pass.md", "pass insert"), given=2 * (PASSWORD + "\n"))
        self.golub("sync")

        self.assertTrue(self.maildir.has("INBOX", message))

    @needs("secret-tool", "dbus-run-session", "gnome-keyring-daemon")
    def test_secret_tool(self):
        message = self.logs_in_with("secret-tool.md")
        self.home.write("store", block("secret-tool.md", "secret-tool store"))
        self.home.write("desktop", "printf login | gnome-keyring-daemon --unlock --components=secrets >/dev/null\n"
                        "printf %s '" + PASSWORD + "' | sh -e store\ngolub sync\n")
        os.makedirs(self.home.path_of("run"), mode=0o700)

        self.shell("exec dbus-run-session -- sh -e desktop", XDG_RUNTIME_DIR=self.home.path_of("run"))

        self.assertTrue(self.maildir.has("INBOX", message))


class TokenServer:
    """The provider's token endpoint: an access token for a code, good for a second, or for a refresh token, good for an hour."""

    def __init__(self, good, user):
        self.grants, endpoint = [], self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                (grant,) = form["grant_type"]
                known = form.get("code") == ["the code"] if grant == "authorization_code" else form.get("refresh_token") == ["the refresh token"]
                endpoint.grants.append(grant)
                token = "token-%d" % len(endpoint.grants)
                if grant == "refresh_token":
                    good[token] = user
                body = json.dumps({"access_token": token, "expires_in": 1 if grant == "authorization_code" else 3600, "refresh_token": "the refresh token"} if known
                                  else {"error": "invalid_grant"}).encode()
                self.send_response(200 if known else 400)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d/token" % self._server.server_address[1]

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class OauthTest(RecipeTest):
    server_class = TokenDovecot

    def log_in(self, command):
        """The script asks, the user opens what it prints, and the browser comes back with a code."""
        script = subprocess.Popen(["sh", "-ec", "exec " + command], env=self.home.environment(), cwd=self.home.path, text=True, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.addCleanup(script.kill)
        script.stdin.write("microsoft\nlocalhostauthcode\nana@example.org\n")
        script.stdin.flush()
        while "redirect_uri=" not in (line := script.stdout.readline()):
            self.assertNotEqual(line, "", "it printed no address")
        back = urllib.parse.parse_qs(urllib.parse.urlparse(line.strip().rpartition(" ")[2]).query)["redirect_uri"][0]
        self.until(lambda: self.opened(back + "?code=the%20code"), "nobody listens at " + back)
        script.communicate(timeout=30)
        self.assertEqual(script.returncode, 0)

    @staticmethod
    def opened(url):
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                answer.read()
            return True
        except urllib.error.URLError:
            return False  # it prints the address before it listens

    @needs("neomutt", "gpg", "gpgconf")
    def test_mutt_oauth2_gets_a_new_token_when_the_old_one_is_over(self):
        provider = TokenServer(self.server.tokens.good, self.user)
        self.addCleanup(provider.stop)
        self.addCleanup(self.shell, "gpgconf --kill gpg-agent")
        message = self.given("the roof")
        self.shell("mkdir -m 700 .gnupg; gpg --batch -q --passphrase '' --quick-generate-key ana@example.org")
        self.shell(block("oauth.md", "zcat"))
        self.shell("sed -i -e s/YOUR_GPG_IDENTITY/ana@example.org/ -e \"s,'token_endpoint': '.*login.*','token_endpoint': '%s',\" bin/mutt_oauth2.py" % provider.url)

        self.log_in(block("oauth.md", "--authorize"))
        account = block("oauth.md", "outlook.office365.com\"").replace('"..."', re.search(r'= (".*")', block("oauth.md", 'mutt_oauth2.py ~/.local/share/golub/work.tok"'))[1])
        self.configure(account, stands='"imaps://outlook.office365.com"')
        time.sleep(1.1)  # the token is over
        self.golub("sync")
        self.golub("sync")

        self.assertTrue(self.maildir.has("INBOX", message))
        self.assertEqual(provider.grants, ["authorization_code", "refresh_token"])
        self.assertEqual(set(self.server.tokens.asked), {"token-2"})

    def test_golub_takes_the_keys_of_each_program(self):
        account = block("oauth.md", "outlook.office365.com\"")
        keys = [b for b in blocks("oauth.md") if b.startswith(("password-command", "server"))]
        self.assertEqual(len(keys), 5)
        for text in keys:
            with self.subTest(text):
                named = re.findall(r"^[a-z-]+", text, re.M)
                kept = "".join(line for line in account.splitlines(True) if line.split()[0] not in named)
                self.home.write_config(kept.rstrip("}\n").replace("outlook.office365.com", "127.0.0.1:1") + "\n" + text.replace(":1993", ":1") + "}\n")

                self.assertEqual(self.home.run("check", "work").code, NETWORK, self.configured())


class IndexTest(RecipeTest):
    def setUp(self):
        super().setUp()
        self.first = self.given("the roof")

    def with_tags(self):
        """The account, notmuch and both scripts, as the page has them."""
        self.configure(block("README.md", "account"), block("notmuch.md", "after-sync").replace("--quiet", "--quiet && ~/bin/tags-down"))
        for name, word in (("tags-up", "say()"), ("tags-down", "jq -r")):
            self.home.write("bin/" + name, block("notmuch.md", word), mode=0o700)
        self.home.write(".notmuch-config", block("notmuch.md", "[database]"))
        self.golub("sync")
        self.golub("sync")
        self.shell("notmuch new")

    def there(self, message):
        (flags,) = [m.flags for m in self.client.messages("INBOX") if m.uid == self.client.uid_of("INBOX", message)]
        return sorted(f for f in flags if not f.startswith("\\"))

    def outside(self, ids, text):
        """A message from somebody else, with these lines in its header. @return it"""
        message = b"From: Eve <eve@example.org>\r\n" + ids + b"Subject: from outside\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\n\r\n" + text + b"\r\n"
        self.client.append("INBOX", message, ["\\Seen"])
        return message

    @needs("notmuch", "jq")
    def test_notmuch_and_keywords(self):
        self.with_tags()
        uid = self.client.uid_of("INBOX", self.first)

        self.shell("notmuch tag +later -- subject:roof; tags-up")
        self.golub("sync")
        self.assertIn("later", {m.uid: m.flags for m in self.client.messages("INBOX")}[uid])
        self.client.store("INBOX", [uid], "+", ["todo"])
        self.client.store("INBOX", [uid], "-", ["later"])
        self.golub("sync")
        self.assertEqual(self.shell("notmuch count subject:roof and tag:todo and not tag:later"), "1\n")

        self.shell("notmuch tag -todo -- subject:roof; tags-up")
        self.golub("sync")
        self.assertEqual({f for f in {m.uid: m.flags for m in self.client.messages("INBOX")}[uid] if not f.startswith("\\")}, set())

    @needs("notmuch", "jq")
    def test_notmuch_and_keywords_of_mail_whose_id_is_none_or_made_to_deceive(self):
        plain = self.outside(b"Message-ID: <plain@x>\r\n", b"my id, please")
        folded = self.outside(b"Message-ID:\r\n <folded\"@x>\r\n", b"folded")
        none = self.outside(b"", b"none")
        double = self.outside(b"Message-ID: <double@x>\r\nMessage-ID: <x> or *\r\n", b"double")
        query = self.outside(b"Message-ID: <y or id>\r\n", b"query")
        shell = self.outside(b"Message-ID: <x;touch\tpwned;@y>\r\n", b"shell")
        self.home.write(".profile-of-mine", "# mine\n")
        self.with_tags()
        self.shell("notmuch tag +later -- id:plain@x; tags-up")
        self.golub("sync")
        self.assertEqual(self.there(plain), ["later"])

        for message in (folded, none, double, query):
            self.client.store("INBOX", [self.client.uid_of("INBOX", message)], "+", ["later"])
        self.client.store("INBOX", [self.client.uid_of("INBOX", shell)], "+", ["../" * 5 + ".profile-of-mine", "../" * 6 + ".profile-of-mine"])
        self.golub("sync")
        self.shell("tags-up")
        self.golub("sync")

        for message in (plain, folded, none, double, query):
            self.assertEqual(self.there(message), ["later"], message)
        with open(self.home.path_of(".profile-of-mine"), encoding="utf-8") as f:
            self.assertEqual(f.read(), "# mine\n")
        self.assertEqual(self.shell("notmuch count tag:later"), "3\n")  # the plain one, the folded one, and that which is a query
        self.shell("notmuch tag -later -- id:plain@x or 'id:\"folded\"\"@x\"'; tags-up")
        self.golub("sync")
        self.assertEqual([self.there(m) for m in (plain, folded, query)], [[], [], ["later"]])

    @needs("notmuch", "jq")
    def test_notmuch_that_knows_nothing_takes_no_keyword_off(self):
        other = self.outside(b"Message-ID: <other@x>\r\n", b"other")
        self.with_tags()
        self.shell("notmuch tag +later -- subject:roof; tags-up")
        self.golub("sync")
        found = shutil.which("notmuch")
        broken = self.home.write("bin/notmuch", "#!/bin/sh\n[ $1 != tag ] || exit 1\n[ $1 != search ] || exit 1\nexec " + found + ' "$@"\n', mode=0o700)

        self.shell("! tags-up")
        self.golub("sync")
        self.assertEqual(self.there(self.first), ["later"])
        self.client.store("INBOX", [self.client.uid_of("INBOX", other)], "+", ["later"])
        self.golub("sync")  # notmuch does not take it
        os.unlink(broken)
        self.shell("tags-up")
        self.golub("sync")
        self.assertEqual([self.there(self.first), self.there(other)], [["later"], ["later"]])

        self.maildir.put("INBOX", b"Message-ID: <new@x>\nSubject: of now\n\nnew\n")
        self.shell("notmuch new --quiet; notmuch tag +todo -- subject:now; notmuch tag +todo -later -- subject:roof; tags-up")  # golub does not know the one yet
        self.golub("sync")
        self.assertEqual(self.there(self.first), ["todo"])

        self.shell("rm -r Mail/.notmuch; notmuch new --quiet; tags-up")  # another index: nobody took a tag off
        self.golub("sync")
        self.assertEqual(self.there(self.first), ["todo"])

    @needs("notmuch")
    def test_notmuch(self):
        self.configure(block("README.md", "account"), block("notmuch.md", "after-sync"))
        name = self.home.path_of("bin", "notmuch")
        os.symlink("/bin/true", name)  # it is not set up yet
        self.golub("sync")
        os.unlink(name)
        self.home.write(".notmuch-config", block("notmuch.md", "[database]"))
        self.shell(block("notmuch.md", "notmuch new\n"))
        self.assertEqual(self.shell("notmuch count tag:unread and tag:inbox"), "1\n")

        self.given("the garden", SPACED)
        self.assertEqual(self.golub("sync").err, "")
        self.assertEqual(self.shell("notmuch count subject:garden and tag:unread"), "1\n")
        self.client.store("INBOX", [self.client.uid_of("INBOX", self.first)], "+", ("\\Answered",))
        self.golub("sync")
        self.assertEqual(self.shell("notmuch count subject:roof and tag:replied"), "1\n")

        self.shell(block("notmuch.md", "notmuch tag -unread"))
        self.golub("sync")
        self.assertEqual(self.flags_there(self.first), {"\\Seen", "\\Flagged", "\\Answered"})
        self.golub("sync")
        self.assert_same()
        self.assertEqual(sorted(os.listdir(self.home.path_of("Mail"))), [".notmuch", "work"])

    @needs("mu")
    def test_mu(self):
        self.configure(block("README.md", "account"), block("mu.md", "after-sync"))
        name = self.home.path_of("bin", "mu")
        os.symlink("/bin/true", name)
        self.golub("sync")
        os.unlink(name)
        self.shell(block("mu.md", "mu init"))
        self.assertIn("the roof", self.shell("mu find subject:roof flag:unread"))

        self.given("the garden", SPACED)
        self.golub("sync")
        self.assertIn("the garden", self.shell("mu find subject:garden"))
        self.client.store("INBOX", [self.client.uid_of("INBOX", self.first)], "+", ("\\Seen",))
        self.golub("sync")
        self.assertIn("the roof", self.shell("mu find subject:roof flag:seen"))
        self.assert_same()


class Aerc:
    """aerc in a terminal of its own."""

    def __init__(self, home, path):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(home.path)
            os.execvpe("aerc", ["aerc"], home.environment(PATH=path, TERM="xterm", XDG_DATA_HOME=home.path_of(".local", "share")))
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        self.screen = b""

    def draws(self, word, seconds=20):
        """@return whether it draws this word from now on"""
        self.screen, end = b"", time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.2)[0]:
                try:
                    self.screen += os.read(self.terminal, 65536)
                except OSError:
                    return False
            if word in re.sub(r"\x1b[^a-zA-Z]*[a-zA-Z]", "", self.screen.decode(errors="replace")):
                return True
        return False

    def type(self, keys):
        os.write(self.terminal, keys.encode())

    def close(self):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


class ReaderTest(RecipeTest):
    def setUp(self):
        super().setUp()
        self.configure(block("README.md", "account"))
        self.first = self.given("the roof")
        self.second = self.given("the garden", SPACED)
        self.golub("sync")

    @needs("neomutt")
    def test_neomutt(self):
        settings = page("neomuttrc") + 'set editor="true" sendmail="/bin/true" confirm_append=no delete=yes wait_key=no sleep_time=0\n'
        mutt = Neomutt(None, folder=None, settings=settings, base="", home=self.home.path)
        self.addCleanup(mutt.close)
        self.assertNotIn("Error", mutt.drawn())
        self.assertIn("the roof", mutt.drawn())  # the spool file is INBOX

        mutt.keys("\r", "i", "d", "$")  # read, to the index, delete: it goes to Trash
        self.until(lambda: self.maildir.files("Trash"), "nothing in Trash: " + mutt.drawn())
        self.assertEqual(self.maildir.files("INBOX"), [])
        mutt.keys("c", "\x15=%s\r" % SPACED.replace(" ", "\x16 "))  # a bare space would name the next mailbox with new mail
        self.until(lambda: "the garden" in mutt.drawn(2000), "not opened: " + mutt.drawn())
        mutt.keys("F", "$")
        shown = subprocess.run(["neomutt", "-n", "-F", mutt._write("rc2", page("neomuttrc"), 0o600), "-D"], env=self.home.environment(),
                               capture_output=True, text=True, check=True)
        self.assertEqual(shown.stderr, "")
        self.golub("sync")

        self.assertEqual(self.client.status("INBOX")["messages"], 0)
        self.assertEqual(len(self.client.messages("Trash")), 1)
        self.assertIn("\\Flagged", self.flags_there(self.second, SPACED))
        for setting, mailbox in (("record", "Sent"), ("postponed", "Drafts"), ("trash", "Trash")):
            self.assertRegex(shown.stdout, 'set %s = "([^"]*/|[+=])%s"' % (setting, mailbox))
            self.assertIn(mailbox, self.client.mailboxes())

    @needs("neomutt")
    def test_every_folder_is_a_mailbox_of_neomutt(self):
        mutt = Neomutt(None, folder=None, settings=page("neomuttrc"), base="", home=self.home.path)
        self.addCleanup(mutt.close)
        drawn = mutt.keys("c", "?", "\t", quiet=0.5)
        for name in self.maildir.mailboxes():
            self.assertIn("=" + name, drawn)

    @needs("aerc")
    def test_aerc(self):
        self.home.write("config/aerc/accounts.conf", block("aerc.md", "[work]"))
        third = self.given("the train")
        aerc = Aerc(self.home, self.home.path_of("bin") + ":" + os.environ["PATH"])
        self.addCleanup(aerc.close)

        self.assertTrue(aerc.draws("the roof"), aerc.screen)
        self.until(lambda: self.maildir.has("INBOX", third), "check-mail-cmd brought nothing: %r" % aerc.screen)
        aerc.type(":cf %s\r" % SPACED)
        self.assertTrue(aerc.draws("the garden"), aerc.screen)
        aerc.type("\r")
        self.until(lambda: "\\Seen" in self.maildir.find(SPACED, self.second).flags, "it was not read: %r" % aerc.screen)
        self.golub("sync")
        self.assertIn("\\Seen", self.flags_there(self.second, SPACED))


class DovecotTest(RecipeTest):
    def setUp(self):
        super().setUp()
        self.configure(block("README.md", "account"))
        self.given("the roof")
        self.given("the garden", SPACED)
        self.given("the train", "Archive/2024")
        self.golub("sync")

    def test_it_serves_the_tree_and_what_is_done_there_goes_up(self):
        before = self.files_of_the_tree()
        inner = Dovecot(users={"ana": PASSWORD}, separator=".", special_use=False, extra=page("dovecot.conf"))
        self.addCleanup(inner.stop)
        home = os.path.join(inner.folder, "home", "ana")
        os.makedirs(home)
        os.rename(self.home.path_of("Mail"), os.path.join(home, "Mail"))
        os.symlink(os.path.join(home, "Mail"), self.home.path_of("Mail"))

        def owned():  # golub is no other user than who reads
            if os.getuid() == 0:
                subprocess.run(["chown", "-R", "%d:%d" % (inner.uid, inner.gid), home], check=True)

        owned()
        inner.start()
        client = Client(inner.port, "ana", PASSWORD, "/", "")
        self.addCleanup(client.close)

        self.assertEqual(sorted(client.mailboxes()), sorted(self.client.mailboxes()), inner.tail())
        self.assertEqual({m: sum(t.values()) for m, t in client.tree().items()}, {m: sum(t.values()) for m, t in self.client.tree().items()})
        self.assertEqual(self.files_of_the_tree(), before)  # of its own it has those tables alone

        client.store(SPACED, [m.uid for m in client.messages(SPACED)], "+", ("\\Flagged",))
        client.move("INBOX", [m.uid for m in client.messages("INBOX")], "Archive/2024")
        client.create("Počta")
        client.append("Počta", self.corpus.simple(subject="here"), ())
        self.golub("sync")
        self.assertEqual(sorted(self.client.mailboxes()), sorted(client.mailboxes()))
        self.assertEqual(self.client.tree(dates=False), client.tree(dates=False))
        self.assertEqual(len(self.client.messages("Archive/2024")), 2)

        def keywords(at):
            return sorted(sorted(f for f in m.flags if not f.startswith("\\")) for m in at.messages("Archive/2024"))

        one, two = [m.uid for m in client.messages("Archive/2024")]
        client.store("Archive/2024", [one], "+", ["later"])
        self.golub("sync")
        self.assertEqual(keywords(self.client), [[], ["later"]])
        self.client.store("Archive/2024", [m.uid for m in self.client.messages("Archive/2024")], "+", ["todo"])
        self.golub("sync")
        owned()
        self.assertEqual(keywords(client), [["later", "todo"], ["todo"]])
        client.store("Archive/2024", [one, two], "-", ["todo", "later"])
        self.golub("sync")
        self.assertEqual(keywords(self.client), [[], []])

    def files_of_the_tree(self):
        found = []
        for folder, _, files in os.walk(self.home.path_of("Mail", "work") + "/"):
            found += [os.path.relpath(os.path.join(folder, f), self.home.path_of("Mail", "work")).partition(":2,")[0].replace("/new/", "/cur/") for f in files
                      if not f.startswith("dovecot-")]
        return sorted(found)


class UseTest(RecipeTest):
    def test_a_backup_sends_nothing_keeps_what_goes_and_says_when_it_is_old(self):
        job = block("backup.md", "golub sync archive -q\ngolub status")
        first, second, third = self.given("the roof"), self.given("the garden"), self.given("the train")
        self.configure(block("backup.md", "account"))
        archive = Maildir(self.home.path_of("Mail", "archive"))
        self.shell(job.splitlines()[1], expect=SOME)  # there was no backup yet
        self.shell(job)
        self.assertTrue(archive.has("INBOX", first))

        self.client.store("INBOX", [self.client.uid_of("INBOX", first)], "+", ("\\Flagged",))
        self.client.expunge("INBOX", [self.client.uid_of("INBOX", second)])
        there = self.client.tree()
        archive.put("INBOX", b"Subject: mine\n\nmine\n")
        archive.delete(archive.find("INBOX", first))
        archive.flag(archive.find("INBOX", third), add="S")
        archive.create("Mine")
        self.shell(job)
        self.assertTrue(archive.has("INBOX", second))
        self.assertEqual(self.client.tree(), there)

    def test_the_lines_for_cron(self):
        first, second = [line.split(None, 5)[5] for line in block("backup.md", "15 3").splitlines()]
        self.configure(block("backup.md", "account"))
        self.assertIn("No backup", self.shell(second))
        self.assertEqual(self.shell(first), "")
        self.assertEqual(self.shell(second), "")

    def test_two_laptops(self):
        first = self.given("the roof")
        second = self.given("the garden")
        other = self.another_home()
        other.write(".config/golub/work.password", PASSWORD + "\n")
        for home in (self.home, other):
            self.configure(block("laptops.md", "account"), home=home)
            self.check(home.run("sync"), OK)
        there = Maildir(other.path_of("Mail", "work"))
        there.create("Projects")
        there.move(there.find("INBOX", first), "Projects")
        self.maildir.flag(self.maildir.find("INBOX", second), add="FS")
        for home in (self.home, other, self.home):
            self.check(home.run("sync"), OK)
        self.assert_same()
        self.assertEqual(there.tree(), self.maildir.tree())
        self.assertTrue(self.maildir.has("Projects", first))


if __name__ == "__main__":
    main()
