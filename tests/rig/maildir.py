"""The local side: what is in a tree of Maildir folders, and what users do to it with their mail readers."""
import collections
import hashlib
import itertools
import os
import re
import shutil
import time

FLAGS = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen", "T": "\\Deleted", "P": "$Forwarded"}
LETTERS = {flag: letter for letter, flag in FLAGS.items()}

_names = itertools.count(1)


def wire_form(data):
    """What goes over the wire for a file's bytes: a line feed that stands alone gets its carriage return."""
    return re.sub(rb"(?<!\r)\n", b"\r\n", data)


def unescape(folder):
    """Folder name to the mailbox's name: %XX are bytes of UTF-8."""
    return re.sub(rb"%([0-9A-F]{2})", lambda m: bytes([int(m.group(1), 16)]), os.fsencode(folder)).decode("utf-8", "replace")


class File:
    """One message file at the moment it was looked at."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)
        self.where = os.path.basename(os.path.dirname(path))
        self.base, colon, self.info = self.name.partition(":2,")

    @property
    def letters(self):
        return self.info

    @property
    def flags(self):
        return frozenset(FLAGS[c] for c in self.info if c in FLAGS)

    def bytes(self):
        with open(self.path, "rb") as f:
            return f.read()

    def wire(self):
        return wire_form(self.bytes())

    @property
    def digest(self):
        return hashlib.sha256(self.wire()).hexdigest()

    @property
    def date(self):
        return int(os.stat(self.path).st_mtime)

    def __repr__(self):
        return "%s/%s" % (self.where, self.name)


class Maildir:
    """layout: verbatim (nested folders, INBOX is INBOX/), maildir++ (INBOX is the root, others .A.B) or flat (INBOX, A.B)"""

    def __init__(self, root, layout="verbatim"):
        self.root, self.layout = root, layout

    # -- looking

    def folder(self, mailbox):
        """Path of a mailbox whose name needs no escapes."""
        if self.layout == "verbatim":
            return os.path.join(self.root, mailbox)
        if self.layout == "flat":
            return os.path.join(self.root, mailbox.replace("/", "."))
        return self.root if mailbox == "INBOX" else os.path.join(self.root, "." + mailbox.replace("/", "."))

    def mailboxes(self):
        """{mailbox: path}"""
        found = {}
        for path, folders, _ in os.walk(self.root):
            if not {"cur", "new", "tmp"} <= set(folders):
                continue
            relative = os.path.relpath(path, self.root)
            if self.layout == "verbatim":
                name = unescape(relative)
            elif self.layout == "flat":
                name = unescape(relative.replace(".", "/"))
            else:
                name = "INBOX" if relative == "." else unescape(relative[1:].replace(".", "/"))
            found[name] = path
        return found

    def files(self, mailbox):
        """Files in new/ and cur/, sorted by name."""
        path = self.mailboxes().get(mailbox, self.folder(mailbox))
        found = []
        for where in ("new", "cur"):
            folder = os.path.join(path, where)
            if os.path.isdir(folder):
                found += [File(os.path.join(folder, n)) for n in sorted(os.listdir(folder)) if not n.startswith(".")]
        return found

    def find(self, mailbox, message):
        """The one file that holds these bytes in wire form."""
        digest = hashlib.sha256(bytes(message)).hexdigest()
        found = [f for f in self.files(mailbox) if f.digest == digest]
        if len(found) != 1:
            raise AssertionError("%d files hold that message in %s: %r" % (len(found), mailbox, self.files(mailbox)))
        return found[0]

    def has(self, mailbox, message):
        """Also while somebody renames and removes files: what is gone under the name that was listed is looked for anew."""
        digest = hashlib.sha256(bytes(message)).hexdigest()
        while True:
            try:
                return any(f.digest == digest for f in self.files(mailbox))
            except FileNotFoundError:
                continue

    def tree(self, dates=True):
        """{mailbox: multiset of (sha256 in wire form, flags, date)}: compare with the server's tree()."""
        return {name: collections.Counter((f.digest, f.flags, f.date if dates else None) for f in self.files(name))
                for name in self.mailboxes()}

    def snapshot(self):
        """Everything below the root as (path, mode, size, mtime in ns, inode): equal only if nobody touched anything."""
        found = []
        for path, folders, files in os.walk(self.root):
            for name in folders + files:
                full = os.path.join(path, name)
                s = os.lstat(full)
                found.append((os.path.relpath(full, self.root), s.st_mode, s.st_size, s.st_mtime_ns, s.st_ino))
        return sorted(found)

    # -- what users and their mail readers do

    @staticmethod
    def fresh_base():
        return "%d.M%dP%d.rig" % (time.time(), next(_names), os.getpid())

    def create(self, mailbox):
        path = self.folder(mailbox)
        for name in ("tmp", "new", "cur"):
            os.makedirs(os.path.join(path, name))

    def deliver(self, mailbox, data, date=None):
        """New mail: by way of tmp/ into new/. `data` is written as it stands. @return File"""
        return self._put(mailbox, "new", "", data, date)

    def put(self, mailbox, data, letters="S", date=None):
        """A file in cur/ with flags: a sent copy, a draft."""
        return self._put(mailbox, "cur", ":2," + "".join(sorted(letters)), data, date)

    def _put(self, mailbox, where, suffix, data, date):
        path, base = self.folder(mailbox), self.fresh_base()
        tmp = os.path.join(path, "tmp", base)
        with open(tmp, "wb") as f:
            f.write(bytes(data))
        if date is not None:
            os.utime(tmp, (date, date))
        final = os.path.join(path, where, base + suffix)
        os.rename(tmp, final)
        return File(final)

    @staticmethod
    def flag(file, add="", remove=""):
        """Change flag letters; the file is in cur/ afterwards, as every reader leaves it. @return File"""
        letters = "".join(sorted((set(file.info) | set(add)) - set(remove)))
        folder = os.path.join(os.path.dirname(os.path.dirname(file.path)), "cur")
        final = os.path.join(folder, file.base + ":2," + letters)
        os.rename(file.path, final)
        return File(final)

    def read(self, file):
        return self.flag(file, add="S")

    @staticmethod
    def back_to_new(file):
        """What neomutt does with mail that is marked as new: into new/, without a suffix."""
        final = os.path.join(os.path.dirname(os.path.dirname(file.path)), "new", file.base)
        os.rename(file.path, final)
        return File(final)

    @staticmethod
    def delete(file):
        os.unlink(file.path)

    def move(self, file, mailbox, rename=False):
        """To another folder: aerc and afew keep the base name, mutt and mu4e (rename=True) invent one. @return File"""
        base = self.fresh_base() if rename else file.base
        name = base + (":2," + file.info if file.where == "cur" else "")
        final = os.path.join(self.folder(mailbox), file.where, name)
        os.rename(file.path, final)
        return File(final)

    def copy(self, file, mailbox):
        """A copy under a new name. @return File"""
        name = self.fresh_base() + (":2," + file.info if file.where == "cur" else "")
        final = os.path.join(self.folder(mailbox), file.where, name)
        shutil.copy2(file.path, final)
        return File(final)
