"""A first sync brings what people look at first."""
import re

from base import SystemTest, main


class FirstOrderTest(SystemTest):
    server_options = {"special_use": {"Müll": "Trash", "Gesendet 2": "Sent"}}

    def test_inbox_first_then_by_use_and_what_was_thrown_away_last(self):
        for mailbox in ("Archive", "Drafts", "Zz", "Aa", "Spam"):
            self.client.create(mailbox)
        for mailbox in self.client.mailboxes():
            self.client.fill(mailbox, self.corpus.messages(3))

        self.sync()

        order, selected = [], None
        for line in self.proxy.stream("up").decode("ascii", "replace").splitlines():
            found = re.search(r'(?:SELECT|EXAMINE) (?:"([^"]*)"|(\S+))', line)
            selected = (found.group(1) or found.group(2)) if found else selected
            if "BODY.PEEK[]" in line and selected not in order:
                order.append(selected)
        self.assertEqual(order[0], "INBOX")
        self.assertEqual(order[1:4], ["Gesendet 2", "Drafts", "Archive"])
        self.assertEqual(set(order[4:6]), {"Aa", "Zz"})
        self.assertEqual(set(order[6:]), {"Spam", "M&APw-ll"})
        self.assert_in_sync()


if __name__ == "__main__":
    main()
