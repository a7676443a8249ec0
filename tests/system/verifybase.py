"""What the tests of `golub verify` have: an account that is in sync, what verify finds in it, and ways to spoil it."""
import json
import os

from base import OK, SOME, SystemTest, main
import schema_check
from test_json import SCHEMA


class VerifyTest(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(SCHEMA) as f:
            cls.schema = json.load(f)

    def setUp(self):
        super().setUp()
        self.mails = self.corpus.messages(6, edge=False, median=1500)
        for m in self.mails:
            m.flags = ()
        self.client.create("Work")
        self.uids = self.client.fill("INBOX", self.mails)
        self.client.fill("Work", self.corpus.messages(3, edge=False, median=800))
        self.sync()

    def verify(self, *options, expect=OK, name="work"):
        self.proxy.reset()
        result = self.check(self.home.run("verify", name, "--json", *options), expect)
        for line in result.out.splitlines():
            problems = schema_check.validate(json.loads(line), self.schema)
            self.assertFalse(problems, "%s\n%s" % (line, problems))
        self.assert_nothing_changed_there()
        return result

    def found(self, *options, expect=SOME, **more):
        """[(class, mailbox, UID)] of what verify finds, without what only counts."""
        events = self.verify(*options, expect=expect, **more).of("verify")
        return sorted((e["class"], e.get("mailbox"), e.get("uid", 0)) for e in events)

    def file(self, n, mailbox="INBOX"):
        return self.maildir.find(mailbox, self.mails[n])

    def spoil_there(self, mail):
        """One letter of the body is another one in the server's own store."""
        spoilt = 0
        for path, _, names in os.walk(os.path.join(self.server.folder, "mail", self.user)):
            for name in names:
                with open(os.path.join(path, name), "r+b") as f:
                    data = f.read()
                    for form in (mail.bytes, mail.lf):
                        at = data.find(form)
                        if at >= 0:
                            f.seek(at + len(form) - 4)
                            f.write(bytes([data[at + len(form) - 4] ^ 1]))
                            spoilt += 1
                            break
        self.assertEqual(spoilt, 1, "the server keeps mail in another way")

    def assert_read_alone(self, result):
        """Of a traced run: it changed nothing here, and examined there."""
        self.assertEqual([c for c in result.calls if self.home.path_of("Mail") in c or self.account.state in c], [])
        self.assertNotIn(b"SELECT ", self.proxy.stream("up").upper().replace(b"UNSELECT", b""))
        self.assert_nothing_changed_there()


def rot(path, keep_time=True, keep_size=True):
    """One bit, or more, of a file is another one; its time stays."""
    st = os.stat(path)
    with open(path, "r+b") as f:
        if keep_size:
            f.seek(-3, os.SEEK_END)
            old = f.read(1)
            f.seek(-1, os.SEEK_CUR)
            f.write(bytes([old[0] ^ 1]))
        else:
            f.seek(0, os.SEEK_END)
            f.write(b"more\n")
    if keep_time:
        os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))


__all__ = ["VerifyTest", "rot", "main", "OK", "SOME"]
