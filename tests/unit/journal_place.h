/* A folder of its own for a journal on disk, for the tests of the journal. Included after cmocka.h. */
#ifndef TESTS_UNIT_JOURNAL_PLACE_H
#define TESTS_UNIT_JOURNAL_PLACE_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/journal/internal.h"
#include "store/journal/schema.h"

struct place { /* a folder of its own, removed afterwards */
    char root[64], folder[80], path[100], temporary[80];
    struct error err;
};

static inline int
set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);

    assert_non_null(p);
    text_print(p->root, sizeof p->root, "/tmp/golub-test-XXXXXX");
    assert_non_null(mkdtemp(p->root));
    text_print(p->folder, sizeof p->folder, "%s/state ?#%%41", p->root); /* what a URI would trip over */
    text_print(p->path, sizeof p->path, "%s/journal.db", p->folder);
    text_print(p->temporary, sizeof p->temporary, "%s/tmp", p->root);
    assert_int_equal(mkdir(p->temporary, 0700), 0);
    assert_int_equal(setenv("TMPDIR", p->temporary, 1), 0);
    *state = p;
    return 0;
}

static inline void
remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    rmdir(folder);
}

static inline int
tear_down(void **state)
{
    struct place *p = *state;

    remove_folder(p->folder);
    remove_folder(p->temporary);
    remove_folder(p->root);
    free(p);
    return 0;
}

/* How many files a folder holds. */
static inline size_t
entries(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static inline struct journal *
opened(struct place *p)
{
    struct journal *journal = journal_open(p->path, &p->err);

    if (journal == NULL)
        fail_msg("%s: %s", p->err.what, p->err.answer);
    return journal;
}

static inline int64_t
given_commit(struct place *p, struct journal *journal, const char *name, unsigned messages)
{
    struct journal_mailbox mailbox = {.name = (char *)name, .folder = (char *)name};

    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_mailbox_save(journal, &mailbox, &p->err));
    for (uint32_t uid = 1; uid <= messages; uid++) {
        struct journal_message message = {.mailbox = mailbox.id, .uid = uid};

        assert_true(journal_message_save(journal, &message, &p->err));
    }
    assert_true(journal_commit(journal, &p->err));
    return mailbox.id;
}

static inline uint64_t
messages_in(struct place *p, struct journal *journal)
{
    uint64_t count = 4711;

    assert_non_null(journal);
    assert_true(journal_message_count(journal, 0, WHICH_ALL, &count, &p->err));
    return count;
}

/* A run that is killed after its commits: files as they are then. */
static inline void
given_killed_run(struct place *p, const char *name, unsigned messages)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        given_commit(p, opened(p), name, messages);
        _exit(0);
    }
    assert_true(waitpid(child, &status, 0) == child && status == 0);
}

static inline char *
contents(const char *path, size_t *size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    char *bytes = malloc((size_t)st.st_size + 1);
    assert_non_null(bytes);
    assert_true(read(fd, bytes, (size_t)st.st_size) == st.st_size);
    close(fd);
    *size = (size_t)st.st_size;
    return bytes;
}

static inline void
given_bytes(const char *path, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_true(write(fd, bytes, size) == (ssize_t)size);
    close(fd);
}

static inline void
given_sql(struct place *p, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static inline const char *
sibling(struct place *p, const char *suffix)
{
    static char name[200];

    text_print(name, sizeof name, "%s%s", p->path, suffix);
    return name;
}

#endif
