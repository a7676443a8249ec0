/* See watched.h. */
#include "sync/base/watched.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "sync/base/state.h"

#define LOCK_NAME "watch.lock"
#define FILE_NAME "watch"
#define TRIES 20 /* somebody who asks whether there is a watcher has the lock for a moment */
#define TRY_NS 50000000

int
watched_begin(const struct account *account, struct error *err)
{
    char path[4096];
    int lock;

    if (!state_make(account, err) || !state_path(account, LOCK_NAME, path, sizeof path, err))
        return -1;
    lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0) {
        error_sys(err, errno, "open the lock %s", path);
        return -1;
    }
    for (int i = 0; i < TRIES; i++) {
        if (flock(lock, LOCK_EX | LOCK_NB) == 0)
            return lock;
        if (errno != EWOULDBLOCK)
            break;
        (void)nanosleep(&(struct timespec){.tv_nsec = TRY_NS}, NULL);
    }
    (void)close(lock);
    error_state(err, ERROR_LOCKED, "another golub watches this account");
    error_hint(err, "`golub status %s` says since when.", account->name);
    return -1;
}

bool
watched_now(const struct account *account)
{
    struct error ignored = {0};
    char path[4096];
    int lock;
    bool held;

    if (!state_path(account, LOCK_NAME, path, sizeof path, &ignored))
        return false;
    lock = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (lock < 0)
        return false;
    held = flock(lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    (void)close(lock);
    return held;
}

bool
watched_read(const struct account *account, struct watched *watched)
{
    struct error ignored = {0};
    char path[4096];
    const char *words;
    json_t *object;

    *watched = (struct watched){0};
    if (!state_path(account, FILE_NAME, path, sizeof path, &ignored))
        return false;
    object = json_load_file(path, 0, NULL);
    if (object == NULL)
        return false;
    words = json_string_value(json_object_get(object, "state"));
    watched->since = json_integer_value(json_object_get(object, "since"));
    watched->changed = json_integer_value(json_object_get(object, "changed"));
    error_escape(watched->state, sizeof watched->state, text_of(words != NULL ? words : ""));
    json_decref(object);
    return watched->since > 0;
}

void
watched_write(const struct account *account, const struct watched *watched)
{
    struct error ignored = {0};
    char path[4096], temporary[4096 + 8];
    char *words = NULL;
    json_t *object;
    int file;

    if (!state_path(account, FILE_NAME, path, sizeof path, &ignored))
        return;
    (void)text_print(temporary, sizeof temporary, "%s.new", path);
    object = json_pack("{s:I, s:s, s:I}", "since", (json_int_t)watched->since, "state", watched->state, "changed",
                       (json_int_t)watched->changed);
    file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (object != NULL)
        words = json_dumps(object, 0);
    if (words != NULL && file >= 0 && write(file, words, strlen(words)) == (ssize_t)strlen(words))
        (void)rename(temporary, path);
    free(words);
    if (file >= 0)
        (void)close(file);
    json_decref(object);
}
