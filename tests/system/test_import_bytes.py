"""Byte for byte: what a server sends between +OK and the terminator is what the file holds, however it is cut into segments."""
import hashlib
import os

from popbase import OK, SOME, DovecotTest, ScriptTest, file_form, main, popclient, shrinks
from rig import in_memory  # noqa: F401
from rig.courier import CourierPop, fetch
from rig.golub import sanitized
from rig.popserver import END, Message

HEAD = b"From: a@example.org\r\nSubject: %s\r\n\r\n"

# what it is: message in wire form, with its final line end
BYTES = {
    "NUL": HEAD % b"nul" + b"a\0b\0\0\r\n\0\r\n",
    "bare CR": HEAD % b"cr" + b"one\rtwo\r\rthree\r\n\r\r\n",
    "bare LF": HEAD % b"lf" + b"one\ntwo\n\nthree\r\n",
    "LF and a dot": HEAD % b"lf dot" + b"one\n.\r\ntwo\n..\r\n.\n\r\n",
    "every byte": HEAD % b"every byte" + bytes(range(256)) * 3 + b"\r\n",
    "8 bit in the head": HEAD % "Привет".encode("koi8-r") + b"\xff\xfe\r\n",
    "dots": HEAD % b"dots" + b".\r\n..\r\n...\r\n.a\r\n. \r\n.\r\r\n..\r\n",
    "a dot first of all": b".\r\nSubject: x\r\n\r\nbody\r\n",
    "dots alone": b".\r\n.\r\n",
    "no head": b"\r\nbody\r\n",
    "no body": b"Subject: no body\r\n\r\n",
    "no blank line": b"Subject: no blank line\r\n",
    "one line end": b"\r\n",
    "blank lines": b"\r\n\r\n\r\n",
    "a line of a megabyte": HEAD % b"long" + b"x" * 1_000_000 + b"\r\n.\r\n",
    "a head of a megabyte": b"X-Long: " + b"y" * 1_000_000 + b"\r\n z\r\n\r\nbody\r\n",
    "looks like POP": HEAD % b"pop" + b"+OK\r\n-ERR no\r\nQUIT\r\n+OK 1 2\r\n",
    "ends in CR": HEAD % b"ends in cr" + b"x\r\r\n",
}

# Dovecot 2.3 and Courier 1.0 do not double a dot that begins a message's first line (seen on the wire): such a message can't be got
# from them, whoever asks.
FOR_REAL_SERVERS = [m for m in BYTES.values() if not m.startswith(b".")]


class BytesTest(ScriptTest):
    def serve(self, *args, extras=None, **options):
        """A server in Python that sends megabytes in pieces may be silent for seconds while other tests run: nothing here is about that."""
        return super().serve(*args, extras={"timeout": 100, **(extras or {})}, **options)

    def assert_all_here(self, result=None):
        self.assert_here(self.server.contents())

    def test_bytes_of_every_kind_are_kept(self):
        self.serve(BYTES.values())

        self.import_()

        self.assert_all_here()
        self.assertTrue(any(not shrinks(m) for m in BYTES.values()))

    def test_bytes_of_every_kind_are_kept_in_segments_of_every_size(self):
        small = [m for m in BYTES.values() if len(m) < 2000]
        for chunk in (1, 2, 3, 5, 7, 11, 64):
            with self.subTest(chunk=chunk):
                self.account, self.home.accounts = None, []  # equal mail is not new under another UIDL
                self.serve([Message(m, b"c%d-%d" % (chunk, n)) for n, m in enumerate(small)], chunk=chunk, name="c%d" % chunk)
                here = 0

                self.import_()

                self.assertEqual(len(self.here()) - here, len(small))
                count = {hashlib.sha256(file_form(m)).hexdigest(): 0 for m in small}
                for f in self.here():
                    count[hashlib.sha256(f.bytes()).hexdigest()] += 1
                self.assertEqual(len(set(count.values())), 1, count)

    def test_dot_lines_at_every_edge_of_a_buffer_are_unstuffed_and_only_the_terminator_ends_a_message(self):
        """Lines of a dot have a period of four on the wire, so that four fillers put every byte of one on every edge."""
        mails = []
        for filler in range(8):
            mails.append(HEAD % (b"x" * filler) + b".\r\n" * 40_000)
            mails.append(HEAD % (b"y" * filler) + b"\r\n" * 40_000)
            mails.append(HEAD % (b"z" * filler) + (b"." * 3 + b"\r\n") * 20_000)
        for chunk in (0, 1460, 4096, 16384):
            with self.subTest(chunk=chunk):
                self.account, self.home.accounts = None, []
                self.serve([Message(m, b"e%d-%d" % (chunk, n)) for n, m in enumerate(mails)], chunk=chunk, name="e%d" % chunk)

                self.import_()

                self.assert_all_here()

    def test_a_message_that_ends_at_every_edge_of_a_buffer_ends_there(self):
        """Sizes around powers of two: the terminator is cut at each of its bytes."""
        mails = [b"Subject: %d\r\n\r\n" % n for n in range(96)]
        sizes = [edge + off for edge in (1024, 4096, 8192, 16384, 32768, 65536) for off in range(-12, 4)]
        mails = [m + b"e" * (size - len(m) - 2) + b"\r\n" for m, size in zip(mails, sizes)]
        self.serve(mails)

        self.import_()

        self.assert_all_here()

    def test_an_empty_message_is_an_empty_file(self):
        self.serve([b"", HEAD % b"after it" + b"x\r\n"])

        self.import_()

        self.assert_all_here()
        self.assertIn(0, [len(f.bytes()) for f in self.here()])

    def test_no_final_line_end_costs_no_byte_and_hangs_nothing(self):
        mail = HEAD % b"no end" + b"the last line just stops"
        self.serve([mail, HEAD % b"after it" + b"x\r\n"])

        self.import_()

        self.assert_here([mail + b"\r\n", self.server.contents()[1]])  # POP3 can't tell them apart

    def test_a_message_of_54_megabytes_in_less_than_16_megabytes_of_memory(self):
        mail = self.corpus.big(54_000_000).bytes
        self.serve([mail, HEAD % b"after it" + b"x\r\n"])
        usage = self.home.path_of("usage")
        prefix = () if "asan" in os.environ.get("GOLUB_BIN", "") else ("/usr/bin/time", "-f", "%M", "-o", usage)
        if prefix and not os.access(prefix[0], os.X_OK):
            prefix = ("python3", "-c", "import os,sys,resource,subprocess\nr=subprocess.run(sys.argv[2:]).returncode\n"
                      "open(sys.argv[1],'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))\nsys.exit(r)", usage)

        self.import_(prefix=prefix)

        self.assert_all_here()
        if prefix and not sanitized():
            with open(usage) as f:
                self.assertLess(int(f.read()), 16 * 1024)

    def test_sizes_of_list_that_lie_are_hints_and_never_a_reason(self):
        """Lesson: LIST sizes are slightly wrong on some servers. Far more than comes looks like an answer that was cut: it is read twice."""
        self.serve([m for m in BYTES.values() if len(m) < 2000])
        for size in (b"0", b"1", b"99999999", b"9223372036854775807"):
            with self.subTest(size=size):
                self.server.rule(rb"LIST", lambda s, _, size=size: b"+OK\r\n" + b"".join(
                    b"%d %s\r\n" % (n, size) for n, _ in s.living()) + END)
                self.server.drop += [Message(HEAD % size + b"x\r\n")]

                if int(size) > 2000:
                    self.import_(expect=SOME)
                self.import_(expect=OK if int(size) < 2000 else SOME)

                self.assert_all_here()

    def test_octets_of_retr_that_lie_are_not_believed(self):
        server = self.serve([HEAD % b"%d" % n + b"x\r\n" for n in range(4)])
        server.rule(rb"RETR (1|2|3)", lambda s, line: b"+OK %d octets\r\n" % (3 if line.endswith(b"1") else 10**12)
                    + s.drop[int(line.split()[1]) - 1].bytes + END)

        self.import_()

        self.assert_all_here()


class CourierTest(ScriptTest):
    """Another real server: Courier, which knows no [codes], marks what was read, and numbers by the order of its files."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        problem = fetch()
        if problem:
            cls.skipTest(cls, "Courier is not here: " + problem)

    def setUp(self):
        super().setUp()
        self.courier = CourierPop()
        self.addCleanup(self.courier.stop)
        self.courier.start()
        # Courier lets a wrong password wait for seconds.
        self.account = self.pop_account(self.courier.port, password_command="echo secret", timeout=60)
        self.count = 0

    def evidence(self):
        return "\n" + self.courier.tail()

    def drop(self, messages):
        for m in messages:
            self.count += 1
            path = os.path.join(self.courier.maildir("ana"), "new", "%010d.c" % self.count)
            with open(path, "wb") as f:
                f.write(m.replace(b"\r\n", b"\n"))
        return messages

    def there(self):
        return popclient.messages(self.courier.port, "ana", "secret")

    def test_its_mail_comes_byte_for_byte_and_only_once(self):
        self.drop([m.bytes for m in self.corpus.messages(40)] + [m for m in FOR_REAL_SERVERS if len(m) < 3000])

        self.import_()

        there = self.there()
        self.assert_here(there)
        self.assertEqual(self.downloads(), 0)
        new = self.drop([self.corpus.simple("new").bytes])
        self.assertEqual(self.downloads(), 1)
        self.assert_here(there + new)

    def test_keep_no_empties_it_and_30d_proves_by_header(self):
        mails = self.drop([m.bytes for m in self.corpus.messages(12, edge=False)])
        self.account.set(keep="30d")
        self.import_()
        self.pass_days(31)

        self.import_()

        self.assertEqual(self.there(), [])
        self.account.set(keep="no")
        self.drop([self.corpus.simple("later").bytes])
        self.import_()
        self.assertEqual(self.there(), [])
        self.assertEqual(len(self.here()), len(mails) + 1)

    def test_a_wrong_password_is_4(self):
        self.account.set(password_command="echo wrong")

        result = self.import_(expect=4)

        self.assertIn("Login failed", result.err)


class DovecotBytesTest(DovecotTest):
    def test_what_dovecot_gives_is_what_is_here(self):
        odd = FOR_REAL_SERVERS + [m.bytes for m in self.corpus.odd()]
        self.drop(odd)

        self.import_()

        there = self.there()
        self.assertEqual(len(there), len(odd))
        self.assert_here(there)


if __name__ == "__main__":
    main()
