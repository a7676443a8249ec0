#!/usr/bin/env python3
"""`golub adopt`: the state that mbsync left is the Base."""
from adoptbase import MbsyncAdoptTest, Moved
from base import main


class MbsyncTest(Moved, MbsyncAdoptTest):
    def test_a_draft_that_was_saved_again_in_its_place_is_not_what_it_was(self):
        """It has the size that it had. Taken for the old version, it would go when that does."""
        self.given_a_full_account()
        draft = self.corpus.simple("Draft", "one\r\n", ("\\Draft",))
        self.client.append("Drafts", draft, draft.flags)
        self.given_a_mover(self.kind, **self.options)
        self.mover.sync()
        self.given_golub()
        file = self.file_of(draft, "Drafts")
        edited = file.bytes().replace(b"\none\n", b"\ntwo\n")
        with open(file.path, "wb") as f:
            f.write(edited)

        self.adopt()
        self.sync()
        self.client.expunge("Drafts", [self.client.uid_of("Drafts", draft)])
        self.sync()

        self.assertIn(edited, [f.bytes() for f in self.tree.files("Drafts")])
        self.assertIn(edited.replace(b"\n", b"\r\n"), [self.client.body("Drafts", m.uid) for m in self.client.messages("Drafts")])
        self.assert_idempotent()


if __name__ == "__main__":
    main()
