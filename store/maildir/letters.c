/*
 * The file `dovecot-keywords` of a folder, which a Dovecot that serves the same tree reads and writes (store/base/letters.h). Whoever reads needs no
 * lock, since the file is only ever replaced by a rename. Whoever writes holds `dovecot-uidlist.lock`, as Dovecot does: a file made with O_EXCL that names
 * process and host, gone stale after two minutes.
 *
 * A letter stands in no name before its line is on the disk: Dovecot would take one without a line for a keyword `unknown-N`, and write that down for good.
 * So lines are added and none is changed or taken away. mtime grows by whole seconds, since that alone is compared by readers.
 */
#include "store/maildir/ops.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define WORDS_FILE "dovecot-keywords"
#define WORDS_DRAFT "dovecot-keywords.lock" /* what Dovecot itself writes it as, and removes where it was left */
#define LIST_FILE "dovecot-uidlist"
#define LIST_LOCK "dovecot-uidlist.lock"
#define WORDS_SIZE ((size_t)64 << 10) /* bytes; a larger one is no table of 26 words */
#define LOCK_STALE_S 120
#define LOCK_WAIT_MS 5000
#define LOCK_LOOK_MS 20

struct words { /* the file as it was read */
    char *bytes;
    size_t len;
    struct stat st; /* st_nlink 0: there is none */
};

/* @return false with errno */
static bool
read_file(int dir, struct words *words)
{
    int fd = io_open(dir, WORDS_FILE, O_RDONLY, 0), number;
    ssize_t got = 0;

    *words = (struct words){0};
    if (fd < 0)
        return errno == ENOENT;
    if (fstat(fd, &words->st) != 0 || (words->bytes = malloc(WORDS_SIZE + 1)) == NULL)
        goto failed;
    if (!S_ISREG(words->st.st_mode)) {
        errno = EINVAL;
        goto failed;
    }
    while (words->len <= WORDS_SIZE && (got = io_read(fd, words->bytes + words->len, WORDS_SIZE + 1 - words->len)) > 0)
        words->len += (size_t)got;
    if (got < 0)
        goto failed;
    if (words->len > WORDS_SIZE) {
        errno = EFBIG;
        goto failed;
    }
    (void)io_close(&fd);
    return true;
failed:
    number = errno;
    free(words->bytes);
    words->bytes = NULL;
    (void)io_close(&fd);
    errno = number;
    return false;
}

/* Up to the last end of a line. */
static struct text
whole_lines(const struct words *words)
{
    size_t len = words->len;

    while (len > 0 && words->bytes[len - 1] != '\n')
        len--;
    return (struct text){words->bytes, len};
}

static void
parse(const struct words *words, struct local_letters *to)
{
    letters_parse(whole_lines(words), &to->letters);
    to->present = words->st.st_nlink != 0;
}

bool
letters_read(void *local, const char *folder, struct local_letters *letters, struct error *err)
{
    int dir = folder_walk(local, folder);
    struct words words;
    bool ok = dir >= 0;

    *letters = (struct local_letters){0};
    ok = ok && read_file(dir, &words);
    if (ok) {
        parse(&words, letters);
        letters->dovecot = io_exists(dir, LIST_FILE);
        free(words.bytes);
    } else {
        error_sys(err, errno, "read " WORDS_FILE " of folder \"%s\"", folder);
    }
    (void)io_close(&dir);
    return ok;
}

/* ---- the lock ---- */

/* It names a process of this machine that is gone. */
static bool
is_nobodys(int dir)
{
    char who[HOST_NAME_MAX + 32], host[HOST_NAME_MAX + 1] = "", *at;
    int fd = io_open(dir, LIST_LOCK, O_RDONLY, 0);
    const ssize_t got = fd >= 0 ? io_read(fd, who, sizeof who - 1) : -1;
    uint64_t process;

    (void)io_close(&fd);
    if (got <= 0 || gethostname(host, sizeof host - 1) != 0)
        return false;
    who[got] = '\0';
    who[strcspn(who, "\n")] = '\0';
    at = strchr(who, ':');
    return at != NULL && strcmp(at + 1, host) == 0 &&
           text_number((struct text){who, (size_t)(at - who)}, INT_MAX, &process) && process > 0 &&
           kill((pid_t)process, 0) != 0 && errno == ESRCH;
}

/*
 * Two minutes old. A clock that was wrong, or a copy, may have given it a date that is still to come: then it counts from when it was put there, and where
 * that is to come, too, its process says whether anybody has it. @param waited  it did not change as long as one waits for it
 */
static bool
is_stale(int dir, bool waited, struct stat *st)
{
    struct timespec now;

    if (fstatat(dir, LIST_LOCK, st, AT_SYMLINK_NOFOLLOW) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0)
        return false;
    if (st->st_mtim.tv_sec + LOCK_STALE_S < now.tv_sec)
        return true;
    if (st->st_mtim.tv_sec <= now.tv_sec + LOCK_STALE_S)
        return false;
    return st->st_ctim.tv_sec + LOCK_STALE_S < now.tv_sec || is_nobodys(dir) ||
           (waited && st->st_ctim.tv_sec > now.tv_sec + LOCK_STALE_S);
}

/* Nobody has taken it over since it was looked at: two that both find it stale must not remove each other's. */
static void
remove_stale(int dir, const struct stat *seen)
{
    struct stat st;

    if (fstatat(dir, LIST_LOCK, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == seen->st_ino &&
        st.st_mtim.tv_sec == seen->st_mtim.tv_sec)
        (void)unlinkat(dir, LIST_LOCK, 0);
}

static void
unlock(int dir, int fd)
{
    struct stat ours, st;

    if (fstat(fd, &ours) == 0 && fstatat(dir, LIST_LOCK, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == ours.st_ino &&
        st.st_dev == ours.st_dev)
        (void)unlinkat(dir, LIST_LOCK, 0);
    (void)io_close(&fd);
}

/* @return its descriptor; -1 with errno, EEXIST: another one has it */
static int
lock(const struct maildir *maildir, int dir)
{
    const unsigned wait_ms = maildir->settings.lock_wait_ms != 0 ? maildir->settings.lock_wait_ms : LOCK_WAIT_MS;
    char who[HOST_NAME_MAX + 32], host[HOST_NAME_MAX + 1] = "";
    struct stat st;
    int fd, number;

    for (unsigned waited = 0;; waited += LOCK_LOOK_MS) {
        fd = io_open(dir, LIST_LOCK, O_WRONLY | O_CREAT | O_EXCL, MODE_FILE);
        if (fd >= 0 || errno != EEXIST)
            break;
        if (is_stale(dir, waited >= wait_ms, &st)) {
            remove_stale(dir, &st);
            fd = io_open(dir, LIST_LOCK, O_WRONLY | O_CREAT | O_EXCL, MODE_FILE);
            break;
        }
        if (waited >= wait_ms) {
            errno = EEXIST;
            break;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = LOCK_LOOK_MS * 1000000L}, NULL);
    }
    if (fd < 0)
        return -1;
    (void)gethostname(host, sizeof host - 1);
    (void)text_print(who, sizeof who, "%ld:%s", (long)getpid(), host);
    if (io_write(fd, who, strlen(who)))
        return fd;
    number = errno;
    unlock(dir, fd);
    errno = number;
    return -1;
}

/* ---- written ---- */

static bool
write_lines(int fd, const struct words *words, const struct letters *before, const struct letters *after)
{
    const struct text old = whole_lines(words);
    char line[KEYWORD_MAX + 8];

    if (!io_write(fd, old.at, old.len))
        return false;
    for (unsigned i = 0; i < LETTERS_COUNT; i++) {
        if ((after->taken & ~before->taken & 1u << i) == 0)
            continue;
        (void)text_print(line, sizeof line, "%u %s\n", i, after->word[i]);
        if (!io_write(fd, line, strlen(line)))
            return false;
    }
    return true;
}

/* It may be read by whoever may read the folder, as Dovecot has it. */
static mode_t
mode_of(int dir, const struct words *words)
{
    struct stat st;

    if (words->st.st_nlink != 0)
        return words->st.st_mode & 0666;
    return fstat(dir, &st) == 0 ? (st.st_mode & 0666) | MODE_FILE : MODE_FILE;
}

/* @return false with errno; then the old file stands, unless the very last step failed */
static bool
replace(struct maildir *maildir, int dir, const struct words *words, const struct letters *before,
        const struct letters *after)
{
    struct timespec now, times[2] = {{.tv_nsec = UTIME_OMIT}};
    const mode_t mode = mode_of(dir, words);
    int fd, number;

    (void)unlinkat(dir, WORDS_DRAFT, 0); /* of one that was killed */
    fd = io_open(dir, WORDS_DRAFT, O_WRONLY | O_CREAT | O_EXCL, MODE_FILE);
    if (fd < 0)
        return false;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    times[1].tv_sec = now.tv_sec;
    if (words->st.st_nlink != 0 && words->st.st_mtim.tv_sec >= now.tv_sec)
        times[1].tv_sec = words->st.st_mtim.tv_sec + 1;
    if (fchmod(fd, mode) == 0 && write_lines(fd, words, before, after) && futimens(fd, times) == 0 &&
        maildir_sync(maildir, fd) && io_close(&fd) && renameat(dir, WORDS_DRAFT, dir, WORDS_FILE) == 0)
        return maildir_sync(maildir, dir);
    number = errno;
    (void)io_close(&fd);
    (void)unlinkat(dir, WORDS_DRAFT, 0);
    errno = number;
    return false;
}

static bool
add_locked(struct maildir *maildir, int dir, const struct local_words *wanted, struct local_letters *letters)
{
    struct local_letters before;
    struct words words;
    bool ok;

    if (!read_file(dir, &words))
        return false;
    parse(&words, letters);
    before = *letters;
    ok = letters_give(&letters->letters, wanted->words, wanted->count, wanted->avoid) == 0 ||
         replace(maildir, dir, &words, &before.letters, &letters->letters);
    letters->present = letters->letters.taken != 0 || before.present;
    if (!ok)
        *letters = before;
    free(words.bytes);
    return ok;
}

bool
letters_add(void *local, const char *folder, const struct local_words *wanted, struct local_letters *letters,
            bool *busy, struct error *err)
{
    int dir = folder_walk(local, folder), held = -1;
    bool ok = false;

    *busy = false;
    if (dir >= 0)
        held = lock(local, dir);
    if (held >= 0) {
        letters->dovecot = io_exists(dir, LIST_FILE);
        ok = add_locked(local, dir, wanted, letters);
    } else if (dir >= 0 && errno == EEXIST) {
        *busy = ok = true;
    }
    if (!ok)
        error_sys(err, errno, "write " WORDS_FILE " of folder \"%s\"", folder);
    if (held >= 0)
        unlock(dir, held);
    (void)io_close(&dir);
    return ok;
}
