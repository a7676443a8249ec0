"""On the wire: a server that counts messages which it never lists, or does not date them; and one that answers for so many at a time."""
import itertools
import os
import re
import shutil
import unittest

from base import main
from rig import bent, in_memory  # noqa: F401
from rig.golub import Account, Home


def mail(n):
    return b"Subject: %d\r\nMessage-ID: <%d@mail.example>\r\n\r\nThis is %d.\r\n" % (n, n, n)


class UnevenTest(unittest.TestCase):
    def given(self, capabilities, count=5):
        self.server = bent.BentServer(capabilities=capabilities).__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)
        self.home = Home().__enter__()
        self.addCleanup(self.home.__exit__, None, None, None)
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, tls="none", timeout=5)
        self.box = self.server.mailboxes["INBOX"]
        for n in range(count):
            self.box.add(mail(n))

    def phantoms(self, count):
        """EXISTS and MESSAGES are higher than what can be listed."""
        def bend(ask):
            if ask.command in ("SELECT", "STATUS", "LIST"):
                return [re.sub(rb"\* (\d+) EXISTS", lambda m: b"* %d EXISTS" % (int(m.group(1)) + count),
                               re.sub(rb"MESSAGES (\d+)", lambda m: b"MESSAGES %d" % (int(m.group(1)) + count), part))
                        for part in ask.truth()]
            return None
        self.server.bend = bend

    def sync(self, expect=0):
        del self.server.asked[:]
        result = self.home.run("sync")
        self.assertEqual(result.code, expect, result)
        return result

    def here(self):
        return sorted(int(re.search(rb"Subject: (\d+)", f.bytes()).group(1)) for f in self.account.maildir.files("INBOX"))

    def there(self):
        return sorted(int(re.search(rb"Subject: (\d+)", m.bytes).group(1)) for m in self.box.messages)

    def fetches(self):
        return [args for command, args in self.server.asked if command == "UID FETCH"]

    def test_a_mailbox_whose_sizes_are_others_each_time_undoes_no_removal_in_others(self):
        sizes = itertools.count(1000)
        self.given(bent.PLAIN)
        other = self.server.make("Other")
        for n in range(100, 103):
            other.add(mail(n))
        self.sync()
        self.server.bend = lambda ask: [re.sub(rb"SIZE \d+", lambda m: b"SIZE %d" % next(sizes), part) for part in ask.truth()] \
            if ask.mailbox == "Other" else None
        for n in range(3):
            other.add(mail(103 + n))
            self.sync()
        self.box.expunge(self.box.messages[0].uid)
        self.account.maildir.delete(self.account.maildir.find("INBOX", mail(1)))
        other.add(mail(106))

        result = self.sync()

        self.assertEqual((self.here(), self.there()), ([2, 3, 4], [2, 3, 4]), result)
        self.assertEqual(len(self.account.maildir.files("Other")), 7)

    def test_flags_of_other_mailboxes_are_compared_where_the_server_was_set_forward_or_back_again(self):
        """Its lists of changes tell of no flag that was set before the number up to which they are known."""
        for capabilities in (bent.MODERN, bent.PLAIN):
            for how in ("forward", "back"):
                with self.subTest(capabilities=capabilities, how=how):
                    self.given(capabilities)
                    other = self.server.make("Other")
                    for n in range(3):
                        other.add(mail(30 + n))
                    self.sync()
                    if how == "forward":
                        for n in (20, 21):  # what has the last UID is another message in each run
                            del self.box.messages[-1]
                            self.box.next -= 1
                            self.box.add(mail(n) * (n - 18))
                            other.messages[1].flags = {"\\Flagged"} if n == 21 else set()
                            self.sync()
                    else:
                        gone = self.box.messages[2]
                        self.box.expunge(gone.uid)
                        self.sync()
                        self.box.messages.insert(2, gone)
                        self.box.modseq += 1
                        other.messages[1].flags = {"\\Flagged"}
                        result = self.sync()
                        self.assertEqual((self.here(), self.there()), ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4]), result)

                    self.assertEqual(self.account.maildir.find("Other", mail(31)).flags, {"\\Flagged"})
                    self.assertEqual([m.flags for m in other.messages], [set(), {"\\Flagged"}, set()])

    def given_uids_again(self, lost):
        """The server was set back, and went on with messages of the same size and date."""
        self.given(bent.MODERN, count=0)
        self.server.make("Other")
        for n in range(10, 18):
            self.box.add(mail(n))
        self.sync()
        del self.box.messages[-lost:]
        self.box.next -= lost
        for n in range(lost):
            self.box.add(mail(20 + n))
        return self.account.maildir.find("INBOX", mail(17)), [*range(10, 17), *range(20, 20 + lost)]

    def test_a_uid_that_was_given_again_is_not_removed_for_its_size_and_date(self):
        for lost in (1, 3):
            with self.subTest(lost=lost):
                last, both = self.given_uids_again(lost)
                self.account.maildir.delete(last)

                result = self.sync()

                self.assertEqual((self.here(), self.there()), (both, both), result)

    def test_a_uid_that_was_given_again_is_not_moved_or_deleted_by_a_flag(self):
        for deed in ("move", "flag"):
            with self.subTest(deed=deed):
                last, both = self.given_uids_again(1)
                if deed == "move":
                    self.account.maildir.move(last, "Other")
                else:
                    self.account.maildir.flag(last, add="T")
                    both.insert(-1, 17)  # its file is here, and the server lost it: it goes up again

                self.sync()
                result = self.sync()

                self.assertEqual((self.here(), self.there()), (both, both), result)
                self.assertEqual([m.uid for m in self.box.messages if "\\Deleted" in m.flags and m.bytes != mail(17)], [])

    def test_a_uid_that_was_given_again_is_judged_below_one_that_was_not(self):
        for after in ("new", "filled again", "its own header"):
            for deed in ("remove", "flag", "move"):
                with self.subTest(after=after, deed=deed):
                    def bend(ask):  # BODY[HEADER] of the last one is not its header
                        if ask.command != "UID FETCH" or b"HEADER" not in ask.args:
                            return None
                        return [re.sub(rb"(UID 8 BODY\[HEADER\] )\{(\d+)\}\r\n",
                                       lambda m: m.group(1) + b"{%d}\r\nX: 1\r\n" % (int(m.group(2)) + 6), part) for part in ask.truth()]
                    last, both = self.given_uids_again(3)
                    if after == "new":
                        self.box.add(mail(30))
                        self.sync()  # nothing tells yet that 15, 16 and 17 are lost
                        last = self.account.maildir.find("INBOX", mail(30))
                    else:
                        self.box.messages[-1].bytes = mail(17)  # another laptop's, under the UID that it had
                    self.server.bend = bend if after == "its own header" else None
                    for file in (last, self.account.maildir.find("INBOX", mail(16)), self.account.maildir.find("INBOX", mail(11))):
                        if deed == "remove":
                            self.account.maildir.delete(file)
                        elif deed == "flag":
                            self.account.maildir.flag(file, add="T")
                        else:
                            self.account.maildir.move(file, "Other")

                    self.sync()
                    self.sync()

                    self.assertIn(21, self.here())
                    self.assertIn(21, self.there())
                    self.assertEqual([m.bytes for m in self.server.mailboxes["Other"].messages if m.bytes in (mail(16), mail(21))],
                                     [mail(16)] if deed == "move" else [])
                    self.assertEqual([m.uid for m in self.box.messages if "\\Deleted" in m.flags and m.bytes == mail(21)], [])

    def test_a_uid_that_was_given_again_is_not_copied_for_what_had_it(self):
        for lost in (1, 3):
            with self.subTest(lost=lost):
                last, both = self.given_uids_again(lost)
                self.account.maildir.put("Other", last.bytes(), "S")

                self.sync()
                self.sync()

                other = self.server.mailboxes["Other"].messages
                self.assertEqual([m.bytes for m in other], [mail(17)])
                self.assertEqual([f.bytes() for f in self.account.maildir.files("Other")], [mail(17).replace(b"\r\n", b"\n")])
                both = sorted([*both, 17])
                self.assertEqual((self.here(), self.there()), (both, both))

    def test_a_source_with_another_header_is_copied_only_where_its_body_is_what_it_was(self):
        for shown in (True, False):
            for count in (1, 2):
                with self.subTest(shown=shown, count=count):
                    def bend(ask):
                        if ask.command != "UID FETCH" or b"BODY" not in ask.args:
                            return None
                        if b"HEADER" not in ask.args:
                            return None if shown else [ask.no("damaged")]
                        return [re.sub(rb"(UID [45] .*BODY\[HEADER\] )\{(\d+)\}\r\n",
                                       lambda m: m.group(1) + b"{%d}\r\nX: 1\r\n" % (int(m.group(2)) + 6), part) for part in ask.truth()]
                    self.given(bent.MODERN)
                    other = self.server.make("Other")
                    self.sync()
                    self.server.bend = bend
                    for n in (4, 3)[:count]:
                        self.account.maildir.put("Other", mail(n).replace(b"\r\n", b"\n"), "S")

                    result = self.home.run("sync")

                    self.assertEqual(sorted(m.bytes for m in other.messages), [mail(n) for n in (3, 4)[-count:]], result)
                    commands = {command for command, _ in self.server.asked if command in ("UID COPY", "APPEND")}
                    self.assertEqual(commands, {"UID COPY" if shown else "APPEND"}, self.server.asked)
                    self.assertEqual(result.code, 0 if shown else 1, result)
                    self.sync()
                    self.assertEqual((self.here(), self.there()), ([*range(5)], [*range(5)]))

    def test_what_is_copied_on_the_server_is_read_in_no_turn_of_its_own(self):
        self.given(bent.MODERN)
        other = self.server.make("Other")
        self.sync()
        self.account.maildir.put("Other", mail(2).replace(b"\r\n", b"\n"), "S")

        self.sync()

        self.assertEqual([m.bytes for m in other.messages], [mail(2)])
        self.assertEqual([command for command, _ in self.server.asked if command in ("UID COPY", "APPEND")], ["UID COPY"])
        self.assertEqual([args for args in self.fetches() if b"HEADER" in args],
                         [b"3 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])"])

    def test_a_uid_that_was_given_again_is_told_by_its_body_where_no_size_is_told(self):
        for without in (rb" RFC822.SIZE \d+", rb' (?:RFC822.SIZE \d+|INTERNALDATE "[^"]*")'):
            with self.subTest(without=without):
                self.given(bent.MODERN)
                self.server.bend = lambda ask: None if ask.command != "UID FETCH" or b"SIZE" not in ask.args else [
                    re.sub(without, b"", part) for part in ask.truth()]
                self.sync()
                date = self.box.messages[-1].date
                del self.box.messages[-1]  # the server is set back, and goes on
                self.box.next -= 1
                self.box.add(mail(9), date=date)
                self.account.maildir.delete(self.account.maildir.find("INBOX", mail(4)))

                result = self.home.run("sync")

                self.assertEqual((self.here(), self.there()), ([0, 1, 2, 3, 9], [0, 1, 2, 3, 9]), result)

    def test_a_uid_that_was_given_again_is_not_removed_for_what_was_sent_or_renamed_here(self):
        def bend(ask):  # BODY[HEADER] is not the header, as Twisted's: what was sent is told by its body
            if ask.command != "UID FETCH" or b"HEADER" not in ask.args:
                return None
            return [re.sub(rb"(BODY\[HEADER\] )\{(\d+)\}\r\n", lambda m: m.group(1) + b"{%d}\r\nX: 1\r\n" % (int(m.group(2)) + 6), part)
                    for part in ask.truth()]
        for how in ("sent", "sent with another", "sent and read", "renamed", "moved"):
            for deed in ("remove", "flag"):
                with self.subTest(how=how, deed=deed):
                    self.given(bent.MODERN.replace(" UIDPLUS", "") if how == "sent and read" else bent.MODERN)
                    self.server.make("Other")
                    self.server.bend = bend if how == "sent and read" else None
                    maildir = self.account.maildir
                    self.sync()
                    if how.startswith("sent"):
                        maildir.put("INBOX", mail(8).replace(b"\r\n", b"\n"), "S")
                        if how == "sent with another":  # the list of changes tells the flags of the first of them, and not its size
                            maildir.put("INBOX", mail(7).replace(b"\r\n", b"\n"), "S")
                    else:
                        self.server.mailboxes["Other" if how == "moved" else "INBOX"].add(mail(8))
                        self.sync()
                        file = maildir.find("Other" if how == "moved" else "INBOX", mail(8))
                        if how == "moved":
                            maildir.move(file, "INBOX", rename=True)
                        else:
                            os.rename(file.path, os.path.join(maildir.folder("INBOX"), "cur", "reader.1:2,S"))
                    self.sync()
                    self.server.bend = None
                    sent = self.box.messages[5:]
                    del self.box.messages[5:]  # the server is set back, and goes on
                    self.box.next -= len(sent)
                    for m in sent:
                        self.box.add(mail(9 if m.bytes == mail(8) else 6), date=m.date)
                    file = maildir.find("INBOX", mail(8))
                    if deed == "remove":
                        maildir.delete(file)
                    else:
                        maildir.flag(file, add="T")

                    result = self.sync()
                    self.sync()

                    both = [*range(5), *([6, 7] if how == "sent with another" else []), *([8] if deed == "flag" else []), 9]
                    self.assertEqual((self.here(), self.there()), (both, both), result)
                    self.assertEqual([m.bytes for m in self.box.messages if "\\Deleted" in m.flags and m.bytes != mail(8)], [])

    def test_a_message_with_another_header_and_no_body_keeps_no_other_removal_waiting(self):
        for answer in ("refused", "left out"):
            for moved in (False, True):
                with self.subTest(answer=answer, moved=moved):
                    def bend(ask):
                        if ask.command != "UID FETCH" or b"BODY" not in ask.args or not re.search(rb"\b[5-7]\b", ask.args.split()[0]):
                            return None
                        if b"HEADER" not in ask.args:
                            return [ask.no("damaged")] if answer == "refused" else [
                                part for part in ask.truth() if not re.search(rb"UID [56] BODY", part)]
                        return [re.sub(rb"(UID [56] BODY\[HEADER\] )\{(\d+)\}\r\n",
                                       lambda m: m.group(1) + b"{%d}\r\nX: 1\r\n" % (int(m.group(2)) + 6), part) for part in ask.truth()]
                    self.given(bent.MODERN, count=7)
                    self.server.make("Other")
                    self.sync()
                    maildir = self.account.maildir
                    for n in (2, 4, 5):
                        file = maildir.find("INBOX", mail(n))
                        if moved:
                            maildir.move(file, "Other")
                        else:
                            maildir.delete(file)
                    self.server.bend = bend

                    result = self.sync(expect=1)

                    self.assertEqual(self.there(), [0, 1, 3, 4, 5, 6], result)
                    self.assertIn("work/INBOX: can't read the message of UID 6", result.err)
                    if answer == "left out":
                        self.assertIn("work/INBOX: can't read the message of UID 5", result.err)
                        self.assertIn("its body is not shown", result.err)
                    self.sync(expect=1)
                    self.assertEqual(self.there(), [0, 1, 3, 4, 5, 6])
                    self.server.bend = None
                    self.sync()
                    self.assertEqual(self.there(), [0, 1, 3, 6])

    def test_a_message_that_is_listed_without_its_size_is_told_by_its_date(self):
        for capabilities in (bent.MODERN, bent.PLAIN):
            with self.subTest(capabilities=capabilities):
                def end_the_line(ask):
                    return [bent.CLOSE] if ask.command == "UID FETCH" and b"SIZE" in ask.args else None
                self.given(capabilities, count=8)
                self.sync()
                del self.box.messages[-2:]
                self.box.next -= 2
                for n in (20, 21):  # the server was set back
                    self.box.flag(self.box.add(mail(n) * 2, date="04-Mar-2026 10:00:00 +0000"), "+", ["\\Flagged"])
                self.server.bend = end_the_line

                result = self.sync()
                self.server.bend = None
                self.sync()

                both = [*range(8), 20, 21]
                self.assertEqual((self.here(), self.there()), (both, both), result)
                self.assertEqual(sorted(int(re.search(rb"Subject: (\d+)", m.bytes).group(1)) for m in self.box.messages if m.flags), [20, 21])

    def test_a_removal_does_not_wait_for_flags_that_no_list_of_changes_tells(self):
        for deed in ("move", "remove"):
            with self.subTest(deed=deed):
                self.given(bent.MODERN)
                self.server.make("Other")
                self.sync()
                self.box.of(2).flags.add("\\Seen")  # as in a backup that came back, and mail came since
                self.box.add(mail(5))
                if deed == "move":
                    self.account.maildir.move(self.account.maildir.find("INBOX", mail(1)), "Other")
                else:
                    self.account.maildir.delete(self.account.maildir.find("INBOX", mail(1)))

                result = self.sync()

                self.assertEqual((self.here(), self.there()), ([0, 2, 3, 4, 5], [0, 2, 3, 4, 5]), result)

    def test_a_server_that_makes_bytes_anew_says_nothing_by_them(self):
        def made_anew(ask):
            return [re.sub(rb"X: \d+", lambda m: b"X: %06d" % next(numbers), part) if one in part else part for part in ask.truth()] \
                if ask.command == "UID FETCH" else None
        for way in ("at each reading", "one, at each reading", "once"):
            for deed in ("move", "remove"):
                with self.subTest(way=way, deed=deed):
                    numbers, one = itertools.count(), b"UID 12 " if way.startswith("one") else b""
                    self.given(bent.MODERN, count=0)
                    self.server.make("Other")
                    for n in range(12):
                        self.box.add(mail(n).replace(b"\r\n\r\n", b"\r\nX: 000000\r\n\r\n"))
                    if way != "once":
                        self.server.bend = made_anew
                    self.sync()
                    if way == "once":
                        for message in self.box.messages:
                            message.bytes = message.bytes.replace(b"X: 0", b"X: 9")
                    last = next(f for f in self.account.maildir.files("INBOX") if b"Subject: 11\n" in f.bytes())
                    if deed == "move":
                        self.account.maildir.move(last, "Other")
                    else:
                        self.account.maildir.delete(last)

                    result = self.sync()
                    self.sync()

                    self.assertEqual((self.here(), self.there()), ([*range(11)], [*range(11)]), result)
                    self.assertEqual(len(self.server.mailboxes["Other"].messages), deed == "move")

    def test_a_damaged_message_goes_where_no_header_is_that_of_its_body(self):
        def bend(ask):
            if ask.command == "UID FETCH" and b"HEADER" in ask.args:
                return [re.sub(rb"(BODY\[HEADER\] )\{(\d+)\}\r\n", lambda m: m.group(1) + b"{%d}\r\nX: 1\r\n" % (int(m.group(2)) + 6), part)
                        for part in ask.truth()]
            return [ask.no("damaged")] if ask.command == "UID FETCH" and re.match(rb"5 \(UID BODY", ask.args) else None
        self.given(bent.MODERN)
        self.sync()
        self.server.bend = bend
        self.account.maildir.delete(self.account.maildir.find("INBOX", mail(4)))
        self.account.maildir.delete(self.account.maildir.find("INBOX", mail(2)))

        result = self.home.run("sync")
        self.sync()

        self.assertEqual((self.here(), self.there()), ([0, 1, 3], [0, 1, 3]), result)

    def test_a_server_that_writes_into_what_is_sent_and_tells_of_its_flags_first(self):
        def write_into(ask):
            parts = ask.truth() if ask.command == "APPEND" else None
            for message in self.box.messages[5:] if parts else ():
                if b"X: 1" not in message.bytes:
                    message.bytes = b"X: 1\r\n" + message.bytes
            return parts
        all_of_them = [*range(5), *range(10, 13)]
        self.given(bent.MODERN)
        self.sync()
        self.server.bend = write_into
        for n in range(10, 13):
            self.account.maildir.put("INBOX", mail(n).replace(b"\r\n", b"\n"), "S")

        result = self.sync()

        self.assertEqual((self.here(), self.there()), (all_of_them, all_of_them), result)
        self.sync()
        self.assertEqual(self.server.changing(), [])
        self.assertEqual((self.here(), self.there()), (all_of_them, all_of_them), result)

    def test_uids_that_do_not_last_are_said_once_a_run(self):
        self.given(bent.PLAIN)
        self.server.bend = lambda ask: [b"* NO [UIDNOTSTICKY] not for long\r\n", *ask.truth()] if ask.command == "SELECT" else None
        self.sync()
        self.box.add(mail(7))
        self.account.maildir.deliver("INBOX", mail(8).replace(b"\r\n", b"\n"))

        result = self.sync()

        self.assertGreater([command for command, _ in self.server.asked].count("SELECT"), 1)
        self.assertEqual(result.out.count("UIDNOTSTICKY"), 1, result)

    def test_a_phantom_is_said_once_and_keeps_nothing_back(self):
        for capabilities in (bent.PLAIN, bent.MODERN):
            self.given(capabilities)
            self.phantoms(1)

            first = self.sync()
            second, third = self.sync(), self.sync()

            self.assertIn("the server counts 6 messages and lists 5", first.out)
            self.assertNotIn("counts", second.out + second.err + third.out + third.err)
            self.assertEqual(self.here(), [0, 1, 2, 3, 4])
            self.assertIn("the server counts 1 more that it does not list", self.home.run("status").out)

            self.box.add(mail(5))
            self.account.maildir.deliver("INBOX", mail(6).replace(b"\r\n", b"\n"))
            self.box.flag(1, "+", ["\\Seen"])
            self.account.maildir.delete(self.account.maildir.find("INBOX", mail(1)))
            self.sync()

            self.assertEqual(self.here(), [0, 2, 3, 4, 5, 6])
            self.assertEqual(self.there(), [0, 2, 3, 4, 5, 6])

    def test_what_is_known_is_not_listed_again_until_it_changes(self):
        self.given(bent.MODERN)
        self.phantoms(1)
        for _ in range(3):
            self.sync()
            self.assertTrue(any(args.startswith(b"1:* ") for args in self.fetches()))

        self.sync()
        self.assertEqual(self.fetches(), [])
        self.box.add(mail(5))
        self.sync()
        self.assertFalse(any(args.startswith(b"1:* ") for args in self.fetches()), self.fetches())
        self.assertEqual(self.here(), [0, 1, 2, 3, 4, 5])

        self.phantoms(2)
        self.assertIn("the server counts 8 messages and lists 6", self.sync().out)
        self.assertTrue(any(args.startswith(b"1:* ") for args in self.fetches()))

    def test_only_what_the_server_names_as_gone_is_removed(self):
        self.given(bent.MODERN)
        self.phantoms(1)
        for _ in range(3):
            self.sync()

        self.box.expunge(2)
        self.sync()

        self.assertEqual(self.here(), [0, 2, 3, 4])

    def test_without_names_it_stays_and_is_said_until_list_and_count_agree(self):
        self.given(bent.PLAIN)
        self.phantoms(1)
        for _ in range(3):
            self.sync()
        self.box.expunge(2)

        for _ in range(4):
            self.assertIn("can't remove 1 message here that is gone on the server", self.sync(expect=1).err)
        self.assertEqual(self.here(), [0, 1, 2, 3, 4])
        self.assertIn("1 removal there waits for that", self.home.run("status").out)

        self.phantoms(0)
        self.sync()
        self.assertEqual(self.here(), [0, 2, 3, 4])

    def hide(self, uid):
        """Counted, and shown in no answer."""
        def bend(ask):
            if ask.command == "UID FETCH":
                return [part for part in ask.truth() if not re.search(rb"^\* \d+ FETCH \(.*\bUID %d\b" % uid, part)]
            return None
        self.server.bend = bend

    def test_what_is_removed_here_and_not_shown_there_is_named_and_not_asked_for_again_and_again(self):
        for moved in (False, True):
            self.given(bent.MODERN)
            self.server.make("Other")
            self.sync()
            self.hide(2)
            found = self.account.maildir.find("INBOX", mail(1))
            if moved:
                self.account.maildir.move(found, "Other")
            else:
                self.account.maildir.delete(found)

            for _ in range(2):
                result = self.sync(expect=1)
                self.assertIn("the server does not show it, and does not say that it is gone", result.err)
                self.assertIn("does not show it", self.home.run("status").out)
                asked = [args for args in self.fetches() if args.startswith(b"2 (")]
                self.assertLessEqual(sum(b"HEADER" in args for args in asked), 2, asked)
                self.assertTrue(moved or sum(b"HEADER" not in args for args in asked) <= 2, asked)

            self.server.bend = None
            self.sync()
            self.assertEqual(self.there(), [0, 2, 3, 4])
            self.assertNotIn("does not show it", self.home.run("status").out)

    def test_a_message_without_date_or_size_comes_like_the_others(self):
        for what in (rb' INTERNALDATE "[^"]*"', rb" RFC822.SIZE \d+"):
            for capabilities in (bent.PLAIN, bent.MODERN):
                self.given(capabilities)
                self.server.bend = lambda ask: [
                    re.sub(what, b"", part) if re.search(rb"UID [36]\b", part) and b"BODY" not in part else part
                    for part in ask.truth()] if ask.command == "UID FETCH" else None
                self.sync()
                self.assertEqual(self.here(), [0, 1, 2, 3, 4])
                self.box.add(mail(5))
                self.sync()
                self.assertEqual(self.here(), [0, 1, 2, 3, 4, 5])

                self.server.bend = None
                result = self.sync()

                self.assertNotIn("paired again", result.out)
                self.assertEqual(self.here(), [0, 1, 2, 3, 4, 5])
                self.assertEqual(self.there(), self.here())

    def test_a_server_that_answers_for_50_at_a_time_is_read_to_the_end(self):
        for announced in ("", " MESSAGELIMIT=50"):
            self.given(bent.PLAIN + announced, count=120)

            def bend(ask):
                if ask.command != "UID FETCH":
                    return None
                *parts, last = ask.truth()
                if len(parts) <= 50:
                    return None
                lowest = re.search(rb"UID (\d+)", parts[-50]).group(1)
                return parts[-50:] + [b"%T OK [MESSAGELIMIT 50 " + lowest + b"] partial\r\n"]
            self.server.bend = bend

            self.sync()

            self.assertEqual(self.here(), list(range(120)))
            self.sync()

    def test_a_header_that_is_not_its_messages_doubles_nothing(self):
        def bend(ask):  # a line more, in which the server keeps something of its own, and perhaps counts it
            parts = [re.sub(rb"(BODY\[HEADER\] )\{(\d+)\}\r\n", lambda m: m.group(1) + b"{%d}\r\n%s" % (int(m.group(2)) + len(line), line), p)
                     for p in ask.truth()]
            return [re.sub(rb"SIZE (\d+)", lambda m: b"SIZE %d" % (int(m.group(1)) + len(line)), p) if counted else p for p in parts] \
                if ask.command == "UID FETCH" else None
        for line, counted in itertools.product((b"X-State: 1\r\n", b"Status: RO\r\n"), (False, True)):
            for what in ("set back", "journal lost", "numbered anew"):
                with self.subTest(line=line, counted=counted, what=what):
                    self.given(bent.MODERN)
                    self.server.bend = bend
                    self.sync()
                    for n in range(5, 8):
                        self.box.add(mail(n))
                    self.account.maildir.put("INBOX", mail(8).replace(b"\r\n", b"\n"), "S")
                    self.sync()
                    self.sync()
                    if what == "set back":
                        del self.box.messages[6:]
                        self.box.next -= 3
                    elif what == "journal lost":
                        shutil.rmtree(self.account.state)
                    else:
                        self.server.validity += 1
                        self.box.validity = self.server.validity

                    for _ in range(3):
                        self.sync()

                    self.assertEqual((self.here(), self.there()), (list(range(9)), list(range(9))))

    def test_removals_that_wait_for_another_mailbox_are_said_with_its_name(self):
        self.given(bent.MODERN)
        work = self.server.make("Work")
        work.add(mail(9))
        self.sync()
        self.box.expunge(1)
        work.validity += 50

        result = self.home.run("sync", "-q")

        self.assertEqual(result.code, 1, result)
        self.assertRegex(result.err, "work/INBOX: remove-here of UID 1 waits: a mailbox is paired anew: Work")
        self.sync()
        self.assertEqual(self.here(), [1, 2, 3, 4])


if __name__ == "__main__":
    main()
