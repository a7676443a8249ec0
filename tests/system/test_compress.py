"""COMPRESS=DEFLATE: what it saves, where it is not asked for, and a server that does not keep to it."""
import re
import resource
import unittest
import zlib

from base import OK, SOME, NETWORK, PASSWORD, SystemTest, main
from rig.fill import Wire, small
from rig.golub import sanitized

COUNT = 150
SIZE = 20_000  # of text that repeats itself
PLAIN = COUNT * SIZE
SLOW = 40      # megabits a second

PLUGINS = "mail_plugins = $mail_plugins zlib\nprotocol imap {\n  mail_plugins = $mail_plugins zlib imap_zlib\n}\n"


class CompressTest(SystemTest):
    server_options = {"special_use": False, "extra": PLUGINS}

    def fill(self, count=COUNT, first=0):
        with Wire(self.server.port, self.user, PASSWORD) as wire:
            wire.append("INBOX", (m.replace(b"\r\nFrom:", b"\r\nX-First: %d\r\nFrom:" % first, 1) for m in small(count, SIZE)))

    def deliver(self, count=COUNT):
        for n, message in enumerate(small(count, SIZE)):
            other = message.replace(b"Subject: number", b"Subject: letter").replace(b"@bench.", b"@here.")
            self.maildir.deliver("INBOX", other.replace(b"\r\n", b"\n"), date=1_400_000_000 + n)

    def asked(self):
        """How often compression was asked for, of those lines that can be read."""
        return sum(line.upper().endswith(b" COMPRESS DEFLATE") for line in self.proxy.sent())


class YesTest(CompressTest):
    account_options = {"compress": "yes"}

    def test_both_ways_carry_a_fraction_and_all_mail_is_the_same(self):
        self.fill()
        self.through()
        self.sync()
        self.assertEqual(self.asked(), 1)
        self.assertLess(self.proxy.stats["down"], PLAIN / 4, self.evidence())
        self.deliver()
        self.proxy.reset()
        self.sync()
        self.assertLess(self.proxy.stats["up"], PLAIN / 4, self.evidence())
        self.assert_in_sync()

    def test_no_change_costs_one_turn_more(self):
        self.fill(10)
        turns = []
        self.through(delay=8)
        for compress in ("no", "yes"):
            self.account.set(compress=compress)
            self.sync()
            self.sync()
            self.sync()
            turns.append(self.proxy.stats["turns"])
        self.assertEqual(turns[1], turns[0] + 1, self.evidence())

    def test_a_refusal_leaves_the_line_as_it_is(self):
        self.fill(10)
        self.through(edit_up=lambda data: data.replace(b"COMPRESS DEFLATE", b"COMPRESS ARCHAIC"))
        self.sync()
        self.assert_in_sync()

    def test_what_is_not_compressed_as_agreed_is_said_and_the_run_goes_on_without(self):
        """The server takes the command for another one, and says OK."""
        self.fill(10)
        self.through(edit_up=lambda data: data.replace(b"COMPRESS DEFLATE", b"NOOP"))
        result = self.sync()
        self.assertRegex(result.out + result.err, "what the server compresses can't be read: it is not asked to compress any more")
        self.assertEqual(self.proxy.stats["conns"], 2)
        self.assert_in_sync()
        self.proxy.reset()
        self.sync()
        self.assertEqual(self.proxy.stats["conns"], 1, "asked for again in the next run")

    def test_a_bomb_ends_the_line_and_takes_no_memory(self):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        megabyte = b"A" * 1_000_000
        bomb = packer.compress(b"* 1 FETCH (X") + b"".join(packer.compress(megabyte) for _ in range(600)) + packer.flush(zlib.Z_SYNC_FLUSH)
        state = {"agreed": False}

        def down(data):
            if state["agreed"]:
                return bomb
            state["agreed"] = re.search(rb"g\d+ OK (?!.*CAPABILITY).*\r\n", data) is not None and state.get("asked", False)
            return data

        def up(data):
            state["asked"] = state.get("asked", False) or b"COMPRESS DEFLATE" in data
            return data

        self.fill(10)
        self.through(edit_down=down, edit_up=up)
        result = self.sync(expect=NETWORK)
        self.assertNotEqual(result.err, "")
        self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, 400_000, "kB, of the largest child so far")
        self.through()
        self.sync()
        self.assert_in_sync()

    def test_a_line_that_breaks_anywhere_in_it_loses_nothing(self):
        self.sync()
        self.fill(60)
        self.deliver(30)
        for at in (1_300, 4_000, 20_000):
            self.through(cut_down=at)
            self.assertIn(self.account.sync().code, (OK, SOME, NETWORK))
        for at in (500, 3_000):
            self.through(cut_up=at)
            self.assertIn(self.account.sync().code, (OK, SOME, NETWORK))
        self.through()
        self.sync()
        self.sync()
        self.assert_in_sync()
        self.assertEqual(len(self.client.messages("INBOX")), 90)


class AutoTest(CompressTest):
    @unittest.skipIf(sanitized(), "with sanitizers no line is quick")
    def test_a_quick_line_is_left_alone(self):
        self.fill()
        self.through()
        self.sync()
        self.deliver()
        self.sync()
        self.assertEqual(self.asked(), 0)
        self.assert_in_sync()

    def test_a_slow_line_is_compressed_down(self):
        self.fill(2 * COUNT)
        self.through(mbit=SLOW, delay=10)
        self.sync()
        self.assertEqual(self.asked(), 1)
        self.assertLess(self.proxy.stats["down"], PLAIN, self.evidence())
        self.assert_in_sync()

    def test_a_slow_line_is_compressed_up(self):
        self.sync()
        self.deliver(2 * COUNT)
        self.through(mbit=SLOW, delay=10)
        self.sync()
        self.assertEqual(self.asked(), 1)
        self.assertLess(self.proxy.stats["up"], PLAIN, self.evidence())
        self.assert_in_sync()

    def test_little_mail_on_a_slow_line_is_not_worth_a_turn(self):
        self.fill(20)
        self.through(mbit=SLOW, delay=10)
        self.sync()
        self.assertEqual(self.asked(), 0)
        self.assert_in_sync()


class NoTest(CompressTest):
    account_options = {"compress": "no"}

    def test_a_slow_line_stays_as_it_is(self):
        self.fill(COUNT)
        self.through(mbit=SLOW)
        self.sync()
        self.assertEqual(self.asked(), 0)
        self.assertGreater(self.proxy.stats["down"], PLAIN * 0.9)
        self.assert_in_sync()


class TlsTest(CompressTest):
    account_options = {"compress": "yes"}

    def test_it_lies_below_what_is_read_and_above_tls(self):
        self.fill()
        self.account.set(server="imaps://localhost:%d" % self.server.tls_port, tls="yes", tls_ca_file=self.server.ca)
        self.sync()
        self.deliver(20)
        self.sync()
        self.assert_in_sync()


if __name__ == "__main__":
    main()
