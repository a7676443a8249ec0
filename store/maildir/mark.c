/*
 * The file .golub in the root: whose tree this is and which run changed it last.
 *
 *     golub 2
 *     account 0f3c...
 *     server 9a41...
 *     run 17
 *     nonce 55d0...
 *     state 71aa...
 *     date 1732612345
 *     where /home/ana/.local/state/golub/work on laptop
 *
 * Version 1 ends with its nonce.
 *
 * It is written whole and renamed into place; so a file that does not read like this was touched by somebody, and only
 * a person can say what it means.
 */
#include "store/maildir/ops.h"

#include <errno.h>
#include <fcntl.h>

#define MARK ".golub"
#define MARK_NEW ".golub.new"
#define MARK_MAX (1024 + LOCAL_WHERE_MAX)

static bool
is_hex(const char *string)
{
    return string[0] != '\0' && string[strspn(string, "0123456789abcdef")] == '\0';
}

/* "key value\n" at *at, which moves on. */
static bool
take_line(struct text *rest, const char *key, char *value, size_t size)
{
    const char *end = memchr(rest->at, '\n', rest->len);
    size_t key_len = strlen(key), len = end == NULL ? 0 : (size_t)(end - rest->at);

    if (len <= key_len || memcmp(rest->at, key, key_len) != 0 || rest->at[key_len] != ' ' ||
        !text_copy((struct text){rest->at + key_len + 1, len - key_len - 1}, value, size))
        return false;
    rest->at += len + 1;
    rest->len -= len + 1;
    return true;
}

/* Which state folder wrote it. */
static bool
parse_state(struct text *rest, struct local_mark *mark)
{
    char date[24];
    uint64_t seconds;

    if (!take_line(rest, "state", mark->state, sizeof mark->state) || !is_hex(mark->state) ||
        !take_line(rest, "date", date, sizeof date) || !text_number(text_of(date), INT64_MAX, &seconds) ||
        !take_line(rest, "where", mark->where, sizeof mark->where))
        return false;
    mark->date = (int64_t)seconds;
    return true;
}

static bool
parse(struct text rest, struct local_mark *mark)
{
    char version[4], run[24];

    *mark = (struct local_mark){.present = true};
    return take_line(&rest, "golub", version, sizeof version) &&
           (strcmp(version, "1") == 0 || strcmp(version, "2") == 0) &&
           take_line(&rest, "account", mark->account, sizeof mark->account) && is_hex(mark->account) &&
           take_line(&rest, "server", mark->server, sizeof mark->server) && is_hex(mark->server) &&
           take_line(&rest, "run", run, sizeof run) && text_number(text_of(run), INT64_MAX, &mark->run) &&
           take_line(&rest, "nonce", mark->nonce, sizeof mark->nonce) && is_hex(mark->nonce) &&
           (version[0] == '1' || parse_state(&rest, mark)) && rest.len == 0;
}

bool
mark_read(void *local, struct local_mark *mark, struct error *err)
{
    const struct maildir *maildir = local;
    struct local_mark read = {0};
    char text[MARK_MAX + 1] = "";
    ssize_t got = -1;
    int64_t born = 0;
    struct stat st;
    int fd = io_open(maildir->root, MARK, O_RDONLY, 0);

    if (fd < 0 && errno == ENOENT) {
        *mark = read;
        return true;
    }
    if (fd >= 0 && io_stat_born(fd, "", &st, &born))
        got = S_ISREG(st.st_mode) ? io_read(fd, text, sizeof text) : 0;
    (void)io_close(&fd); /* only read */
    if (got < 0) {
        error_sys(err, errno, "read the mark %s/" MARK, maildir->settings.root);
        return false;
    }
    if (!parse((struct text){text, (size_t)got}, &read)) {
        error_set(err, ERROR_CONFIG, "read the mark %s/" MARK ": it is damaged", maildir->settings.root);
        error_hint(err, "If this is the account's Maildir, remove that file; golub then compares everything anew.");
        return false;
    }
    read.born = born;
    *mark = read;
    return true;
}

static bool
print(const struct local_mark *mark, char *text, size_t size)
{
    bool named = mark->state[0] != '\0';
    char where[sizeof mark->where], state[sizeof mark->where + 128] = "";

    (void)text_print(where, sizeof where, "%s", mark->where);
    for (char *at = where; *at != '\0'; at++) /* a line is a line whatever the path holds */
        if ((unsigned char)*at < ' ')
            *at = '?';
    return (!named || text_print(state, sizeof state, "state %s\ndate %llu\nwhere %s\n", mark->state,
                                 (unsigned long long)(mark->date > 0 ? mark->date : 0), where)) &&
           text_print(text, size, "golub %d\naccount %s\nserver %s\nrun %llu\nnonce %s\n%s", named ? 2 : 1,
                      mark->account, mark->server, (unsigned long long)mark->run, mark->nonce, state);
}

bool
mark_write(void *local, struct local_mark *mark, struct error *err)
{
    struct maildir *maildir = local;
    char text[MARK_MAX];
    struct stat st;
    bool done;
    int fd;

    if (!print(mark, text, sizeof text)) {
        error_set(err, ERROR_LOCAL, "write the mark: too long");
        return false;
    }
    done = unlinkat(maildir->root, MARK_NEW, 0) == 0 || errno == ENOENT;
    fd = done ? io_open(maildir->root, MARK_NEW, O_WRONLY | O_CREAT | O_EXCL, MODE_FILE) : -1;
    done = fd >= 0 && io_write(fd, text, strlen(text)) && maildir_sync(maildir, fd) &&
           io_stat_born(fd, "", &st, &mark->born) && io_close(&fd) &&
           renameat(maildir->root, MARK_NEW, maildir->root, MARK) == 0 && maildir_sync(maildir, maildir->root);
    if (!done)
        error_sys(err, errno, "write the mark %s/" MARK, maildir->settings.root);
    (void)io_close(&fd);
    return done;
}
