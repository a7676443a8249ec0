"""golub init that is ended in the middle: no password stays behind that no account names."""
import os
import signal
import subprocess
import time

from base import PASSWORD, HomeTest, main
from rig import scratch
from rig.dovecot import Dovecot

# The program is killed when a file that holds GOLUB_KILL_AT is to be made durable; GOLUB_NO_TMPFILE: a file system without nameless files.
SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#define REAL(n) static __typeof__(n) *real; if (!real) real = dlsym(RTLD_NEXT, #n)
int open(const char *path, int flags, ...)
{
    REAL(open);
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    if ((flags & O_TMPFILE) == O_TMPFILE && getenv("GOLUB_NO_TMPFILE")) { errno = EOPNOTSUPP; return -1; }
    return real(path, flags, mode);
}
int fsync(int fd)
{
    REAL(fsync);
    const char *word = getenv("GOLUB_KILL_AT");
    char name[64], text[4096] = "";
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    FILE *f = word ? fopen(name, "r") : NULL;
    if (f) { (void)!fread(text, 1, sizeof text - 1, f); fclose(f); }
    if (word && strstr(text, word)) raise(SIGKILL);
    return real(fd);
}
"""


class InitKilledTest(HomeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Dovecot(users={"ana": PASSWORD})
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()
        folder = scratch.make("killed")
        cls.addClassCleanup(scratch.remove, folder)
        cls.library = os.path.join(folder, "killed.so")
        with open(folder + "/killed.c", "w", encoding="ascii") as f:
            f.write(SOURCE)
        subprocess.run(["cc", "-shared", "-fPIC", "-w", "-o", cls.library, folder + "/killed.c", "-ldl"], check=True)

    def start(self, store, env):
        return self.home.start("init", "ana@example.org", "--user", "ana", "--server", "imaps://localhost:%d" % self.server.tls_port, "--tls-ca-file", self.server.ca,
                               "--account", "work", "--maildir", "~/Mail/work", "--secret", store, stdin=subprocess.PIPE, env=env)

    def init(self, expect=0, **env):
        process = self.start("file", {"LD_PRELOAD": self.library, "ASAN_OPTIONS": "verify_asan_link_order=0", **env})
        out, err = process.communicate(PASSWORD.encode() + b"\n", timeout=60)
        self.assertEqual(process.returncode, expect, (out + err).decode())
        return out.decode(), err.decode()

    def holding(self, word):
        found = []
        for path, _, names in os.walk(self.home.path):
            for name in names:
                with open(os.path.join(path, name), "rb") as f:
                    if word.encode() in f.read():
                        found.append(os.path.relpath(os.path.join(path, name), os.path.dirname(self.home.config)))
        return found

    def test_a_file_that_was_not_whole_has_no_name(self):
        for word in ("nothing at all", PASSWORD, "secrets/work"):
            self.init(expect=-signal.SIGKILL, GOLUB_KILL_AT=word)
            self.assertEqual(self.holding(word), [])
            if word == "secrets/work":  # the password was stored, and the account was not: the next run names it
                self.assertEqual(self.holding(PASSWORD), ["secrets/work"])

    def test_where_it_must_have_a_name_the_next_run_removes_it(self):
        secrets = os.path.join(os.path.dirname(self.home.config), "secrets")
        for word in ("nothing at all", PASSWORD):
            self.init(expect=-signal.SIGKILL, GOLUB_KILL_AT=word, GOLUB_NO_TMPFILE="1")
            self.assertEqual(len(self.holding(word)), 1)

        mine = self.home.write("config/golub/secrets/.golub-init-me", PASSWORD)
        at_work = self.home.write("config/golub/secrets/.golub-init-%d.new" % os.getpid(), "of one that runs", 0o600)
        out, _ = self.init(GOLUB_NO_TMPFILE="1")

        self.assertIn("Removed: 1 file in %s that a golub init left which was killed." % secrets, out)
        self.assertEqual(self.holding("nothing at all"), [])  # the second run removed it
        self.assertEqual(sorted(os.listdir(secrets)), sorted([os.path.basename(mine), os.path.basename(at_work), "work"]))
        self.assertEqual(os.stat(secrets + "/work").st_mode & 0o777, 0o600)
        self.run_golub("sync", "work")

    def test_what_a_killed_run_made_of_the_configuration_goes_too(self):
        self.home.write_config("# mine\n")
        self.init(expect=-signal.SIGKILL, GOLUB_KILL_AT="account \"work\"", GOLUB_NO_TMPFILE="1")
        folder = os.path.dirname(self.home.config)
        self.assertEqual(len([name for name in os.listdir(folder) if name.startswith(".golub-init-")]), 1)
        os.unlink(folder + "/secrets/work")

        out, _ = self.init(GOLUB_NO_TMPFILE="1")

        self.assertIn("Removed: 1 file in %s " % folder, out)
        self.assertEqual(sorted(os.listdir(folder)), ["golub.conf", "golub.conf.bak", "secrets"])

    def test_a_dry_run_removes_nothing(self):
        left = self.home.write("config/golub/.golub-init-999999999.new", "x", 0o600)
        self.home.run("init", "-n", "ana@example.org", "--server", "imaps://localhost:1", timeout=60)
        self.assertTrue(os.path.exists(left))

    def test_a_signal_while_the_password_is_read_back_takes_it_away_again(self):
        programs = self.home.path_of("programs")
        self.home.write("programs/pass", "#!/bin/sh\nif test \"$1\" = show && test -e \"$HOME/golub/work\"; then touch \"$HOME/asked\"; sleep 30; fi\n"
                        "case $1 in insert) shift 3; mkdir -p \"$HOME/golub\"; cat >\"$HOME/$1\";; show) cat \"$HOME/$2\";; rm) rm \"$HOME/$3\";; esac\n", 0o700)
        process = self.start("pass", {"PATH": programs + ":" + os.environ["PATH"]})
        process.stdin.write(PASSWORD.encode() + b"\n")
        process.stdin.flush()
        until = time.monotonic() + 60
        while not os.path.exists(self.home.path_of("asked")):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

        process.terminate()
        out, err = process.communicate(timeout=60)

        self.assertEqual(process.returncode, -signal.SIGTERM, (out + err).decode())
        self.assertEqual(os.listdir(self.home.path_of("golub")), [])
        self.assertFalse(os.path.exists(self.home.config))


if __name__ == "__main__":
    main()
