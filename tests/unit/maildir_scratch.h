/*
 * A Maildir tree of a test's own, removed afterwards, and words for what stands in it. Included once by each test of
 * store/maildir, after cmocka.h.
 */
#ifndef TESTS_UNIT_MAILDIR_SCRATCH_H
#define TESTS_UNIT_MAILDIR_SCRATCH_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "store/maildir/maildir.h"

struct scratch {
    char top[128];
    char root[160], quarantine[160];
    char mounted[512]; /* a file system of the test's own */
    bool flat;         /* layout; before it is opened */
    struct maildir *maildir;
    struct local local;
    struct error err;
};

static const char *
scratch_path(const struct scratch *s, const char *name)
{
    static char paths[4][4096];
    static unsigned next;
    char *path = paths[next++ % 4];

    text_print(path, sizeof paths[0], "%s/%s", s->root, name);
    return path;
}

__attribute__((unused)) static void
given_folder(const struct scratch *s, const char *name)
{
    static const char *const subs[] = {"", "/tmp", "/new", "/cur"};

    for (size_t i = 0; i < 4; i++) {
        char path[2200];

        text_print(path, sizeof path, "%s%s", name, subs[i]);
        if (mkdir(scratch_path(s, path), 0700) != 0)
            assert_int_equal(errno, EEXIST);
    }
}

__attribute__((unused)) static void
given_bytes(const struct scratch *s, const char *name, const void *bytes, size_t len)
{
    int fd = open(scratch_path(s, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

__attribute__((unused)) static void
given_file(const struct scratch *s, const char *name, const char *contents)
{
    given_bytes(s, name, contents, strlen(contents));
}

__attribute__((unused)) static void
given_date(const struct scratch *s, const char *name, time_t date)
{
    const struct timespec times[2] = {{.tv_sec = date}, {.tv_sec = date}};

    assert_int_equal(utimensat(AT_FDCWD, scratch_path(s, name), times, AT_SYMLINK_NOFOLLOW), 0);
}

__attribute__((unused)) static bool
exists(const struct scratch *s, const char *name)
{
    struct stat st;

    return lstat(scratch_path(s, name), &st) == 0;
}

__attribute__((unused)) static time_t
date_of(const struct scratch *s, const char *name)
{
    struct stat st;

    assert_int_equal(lstat(scratch_path(s, name), &st), 0);
    return st.st_mtime;
}

__attribute__((unused)) static void
assert_bytes(const struct scratch *s, const char *name, const void *bytes, size_t len)
{
    int fd = open(scratch_path(s, name), O_RDONLY);
    char *found = malloc(len + 2);
    ssize_t got = fd < 0 ? -1 : read(fd, found, len + 1);

    if (got != (ssize_t)len || memcmp(found, bytes, len) != 0)
        fail_msg("%s: %zd bytes where %zu were expected", name, got, len);
    free(found);
    close(fd);
}

__attribute__((unused)) static void
assert_file(const struct scratch *s, const char *name, const char *contents)
{
    assert_bytes(s, name, contents, strlen(contents));
}

__attribute__((unused)) static size_t
count_entries(const struct scratch *s, const char *name)
{
    DIR *dir = opendir(scratch_path(s, name));
    const struct dirent *entry;
    size_t count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static void
scratch_open(struct scratch *s, bool plusplus, bool fsync_too)
{
    const struct maildir_settings settings = {.lock_wait_ms = 60,
                                              .root = s->root,
                                              .quarantine = s->quarantine,
                                              .plusplus = plusplus,
                                              .flat = s->flat,
                                              .fsync = fsync_too};
    enum local_root root;

    s->maildir = maildir_new(&settings);
    assert_non_null(s->maildir);
    s->local = maildir_local(s->maildir);
    assert_true(s->local.ops->open(s->local.self, true, &root, &s->err));
}

static struct scratch *
scratch_new(void)
{
    struct scratch *s = calloc(1, sizeof *s);
    const char *base = getenv("TMPDIR");

    assert_non_null(s);
    text_print(s->top, sizeof s->top, "%s/golub-unit-XXXXXX", base != NULL && strlen(base) < 80 ? base : "/tmp");
    assert_non_null(mkdtemp(s->top));
    text_print(s->root, sizeof s->root, "%s/Mail", s->top);
    text_print(s->quarantine, sizeof s->quarantine, "%s/quarantine", s->top);
    return s;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* Another, small file system under this folder. @return false: only root may mount */
__attribute__((unused)) static bool
given_file_system(struct scratch *s, const char *folder, const char *options)
{
    text_print(s->mounted, sizeof s->mounted, "%s", scratch_path(s, folder));
    if ((mkdir(s->mounted, 0700) == 0 || errno == EEXIST) && mount("tmpfs", s->mounted, "tmpfs", 0, options) == 0)
        return true;
    s->mounted[0] = '\0';
    return false;
}

static int
scratch_free(void **state)
{
    struct scratch *s = *state;

    maildir_free(s->maildir);
    if (s->mounted[0] != '\0')
        umount2(s->mounted, MNT_DETACH);
    nftw(s->top, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(s);
    return 0;
}

/* A verbatim tree with the folder "INBOX", nothing flushed: fast. */
__attribute__((unused)) static int
scratch_verbatim(void **state)
{
    struct scratch *s = scratch_new();

    scratch_open(s, false, false);
    given_folder(s, "INBOX");
    *state = s;
    return 0;
}

/* The same, flushing as in real life. */
__attribute__((unused)) static int
scratch_flushing(void **state)
{
    struct scratch *s = scratch_new();

    scratch_open(s, false, true);
    given_folder(s, "INBOX");
    *state = s;
    return 0;
}

__attribute__((unused)) static int
scratch_plusplus(void **state)
{
    struct scratch *s = scratch_new();

    scratch_open(s, true, false);
    *state = s;
    return 0;
}

__attribute__((unused)) static int
scratch_flat(void **state)
{
    struct scratch *s = scratch_new();

    s->flat = true;
    scratch_open(s, false, false);
    *state = s;
    return 0;
}

#endif
