"""What the Maildir's file system can hold. One without colons in names is played by a library that refuses them."""
import os
import subprocess

from base import CONFIG, OK, PASSWORD, SOME, Account, SystemTest, main
from rig import scratch
from rig.popserver import PopServer

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#define REAL(n) static __typeof__(n) *real; if (!real) real = dlsym(RTLD_NEXT, #n)
static const char *kind(void) { const char *k = getenv("FILE_SYSTEM"); return k ? k : ""; }
static int bad(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (strchr(slash ? slash + 1 : path, ':') == NULL || strcmp(kind(), "exfat") != 0) return 0;
    errno = EINVAL;
    return 1;
}
int renameat2(int d, const char *a, int e, const char *b, unsigned f) { REAL(renameat2); return bad(b) ? -1 : real(d, a, e, b, f); }
int linkat(int d, const char *a, int e, const char *b, int f) { REAL(linkat); return bad(b) ? -1 : real(d, a, e, b, f); }
int openat(int d, const char *path, int flags, ...)
{
    REAL(openat);
    va_list more;
    char name[4096];
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    if ((flags & O_CREAT) && bad(path)) return -1;
    if (strcmp(kind(), "streams") == 0 && strchr(path, ':')) { /* what follows the colon is no part of the name */
        strncpy(name, path, sizeof name - 1);
        name[sizeof name - 1] = 0;
        *strchr(name, ':') = 0;
        path = name;
    }
    int fd = real(d, path, flags, mode);
    if (strcmp(kind(), "beside") == 0 && (flags & O_CREAT) && strncmp(path, ".golub-probe", 12) == 0) /* another account is through */
        unlinkat(d, path, 0);
    return fd;
}
int fstatfs(int fd, struct statfs *fs)
{
    REAL(fstatfs);
    int done = real(fd, fs);
    if (strcmp(kind(), "exfat") == 0) fs->f_type = 0x2011bab0;
    return done;
}
"""


CASELESS = r"""
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
/* The path as the names in it are spelled on the disk, where they differ by case alone. */
static const char *spelled(int at, const char *path, char *to)
{
    char left[PATH_MAX], *more, *level;
    struct stat st;
    strncpy(left, path, sizeof left - 1);
    left[sizeof left - 1] = 0;
    strcpy(to, path[0] == '/' ? "/" : "");
    for (level = strtok_r(left, "/", &more); level; level = strtok_r(NULL, "/", &more)) {
        size_t base = strlen(to);
        if (base && to[base - 1] != '/') to[base++] = '/';
        strcpy(to + base, level);
        if (syscall(SYS_newfstatat, at, to, &st, AT_SYMLINK_NOFOLLOW) == 0) continue;
        char folder[PATH_MAX];
        snprintf(folder, sizeof folder, "%.*s", (int)base, base ? to : ".");
        int fd = syscall(SYS_openat, at, base ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        for (struct dirent *entry; dir && (entry = readdir(dir));)
            if (strcasecmp(entry->d_name, level) == 0) strcpy(to + base, entry->d_name);
        if (dir) closedir(dir);
    }
    return *path ? to : path;
}
int openat(int d, const char *path, int flags, ...)
{
    char to[PATH_MAX + NAME_MAX + 2];
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    return syscall(SYS_openat, d, spelled(d, path, to), flags, mode);
}
int mkdirat(int d, const char *path, mode_t mode) { char to[PATH_MAX + NAME_MAX + 2]; return syscall(SYS_mkdirat, d, spelled(d, path, to), mode); }
int fstatat(int d, const char *path, struct stat *st, int flags) { char to[PATH_MAX + NAME_MAX + 2]; return syscall(SYS_newfstatat, d, spelled(d, path, to), st, flags); }
int renameat2(int d, const char *a, int e, const char *b, unsigned flags)
{
    char from[PATH_MAX + NAME_MAX + 2], to[PATH_MAX + NAME_MAX + 2];
    return syscall(SYS_renameat2, d, spelled(d, a, from), e, spelled(e, b, to), flags);
}
"""


def library(test, source):
    """A library that stands before the system's calls."""
    folder = scratch.make("shim")
    test.addClassCleanup(scratch.remove, folder)
    with open(folder + "/names.c", "w", encoding="ascii") as f:
        f.write(source)
    subprocess.run(["gcc", "-shared", "-fPIC", "-w", "-o", folder + "/names.so", folder + "/names.c", "-ldl"], check=True)
    return folder + "/names.so"


class CaseTest(SystemTest):
    """A file system that keeps the case of names and finds them by any: SMB, NTFS, exFAT, ext4 with casefold."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.caseless = {"LD_PRELOAD": library(cls, CASELESS), "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def test_a_mailbox_below_a_name_that_differs_by_case_is_refused_and_not_made_twice(self):
        names = {"INBOX": 1, "Work/a": 2, "work/b": 3, "2024/c": 1}
        for name, count in names.items():
            if name != "INBOX":
                self.client.create(name)
            self.client.fill(name, [self.corpus.simple() for _ in range(count)])
        for _ in range(3):
            result = self.run_golub("sync", "work", env=self.caseless, expect=SOME)

            self.assertIn("the file system takes the name of a folder above it for that of another one", result.err)
            self.assertIn("Rename one of the two", result.err)
        there = {name: len(self.client.messages(name)) for name in names}
        self.assertEqual(there, names)
        self.assertEqual([name for name in self.client.mailboxes() if "/" in name and name not in names], [])
        refused = [name for name in ("Work/a", "work/b") if not os.path.isdir(os.path.join(self.home.path_of("Mail"), "work", name, "cur"))]
        self.assertEqual(len(refused), 1)
        self.assertIn(refused[0], result.err)


class ColonTest(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.library = library(cls, SOURCE)

    def on(self, kind):
        """The environment in which the Maildir's file system is of this kind."""
        return {"LD_PRELOAD": self.library, "FILE_SYSTEM": kind, "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def test_a_probe_that_another_account_removed_says_nothing(self):
        """Maildirs side by side are probed in one folder, by accounts that sync for the first time together."""
        result = self.run_golub("sync", "work", env=self.on("beside"), expect=OK)

        self.assertNotIn("colon", result.err)
        self.assertNotIn(".golub-probe:2,", self.names())

    def home_times(self):
        """When a name was last made or removed beside the root (tracing and a preloaded library don't go together with sanitizers)."""
        return os.stat(self.home.path).st_mtime_ns

    def names(self):
        """All there is beside and below the root."""
        return sorted(os.path.join(path, name) for path, folders, files in os.walk(self.home.path_of("Mail"))
                      for name in folders + files)

    def test_a_file_system_without_colons_is_refused_before_anything_is_fetched(self):
        self.client.fill("INBOX", [self.corpus.simple(flags=["\\Seen"])])
        for kind in ("exfat", "streams"):
            for command in ("check", "sync", "sync"):
                with self.subTest(kind=kind, command=command):
                    self.proxy.reset()

                    result = self.run_golub(command, "work", env=self.on(kind), expect=CONFIG)

                    self.assertIn("takes no colon in a name", result.err)
                    self.assertEqual(self.proxy.stream("up"), b"")
                    self.assertEqual(self.names(), [])

    def test_a_dry_run_knows_it_by_the_type_and_makes_nothing(self):
        before = self.home_times()

        result = self.run_golub("sync", "--dry-run", "work", env=self.on("exfat"), expect=CONFIG)

        self.assertIn("takes no colon in a name", result.err)
        self.assertEqual(self.home_times(), before)
        self.assertEqual(self.names(), [])

    def test_the_probe_is_made_once_and_removed(self):
        for command, times in (("check", 1), ("sync", 1), ("sync", 0), ("check", 1)):
            with self.subTest(command=command):
                result = self.home.run_traced(command, "work")

                self.assertEqual(result.code, OK, result)
                self.assertEqual(len([c for c in result.calls if ".golub-probe:2," in c and "O_CREAT" in c]), times)
                self.assertEqual([n for n in self.names() if "probe" in n], [])

    def test_a_dry_run_of_a_new_account_makes_no_probe(self):
        result = self.home.run_traced("sync", "--dry-run", "work")

        self.assertEqual(result.code, OK, result)
        self.assertEqual([c for c in result.calls if "golub-probe" in c], [])

    def test_an_import_is_refused_too(self):
        server = self.enterContext(PopServer([bytes(self.corpus.simple())]))
        Account(self.home, "pop3://127.0.0.1:%d" % server.port, "ana", PASSWORD, "post", tls="none")

        result = self.run_golub("import", "post", env=self.on("exfat"), expect=CONFIG)

        self.assertIn("takes no colon in a name", result.err)
        self.assertEqual(server.lines, [])
        self.assertEqual(self.names(), [])


if __name__ == "__main__":
    main()
