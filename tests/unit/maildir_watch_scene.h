/*
 * A watched Maildir, and words for what the watch tells. Included once by each test of store/maildir/watch.c, after
 * cmocka.h.
 */
#ifndef TESTS_UNIT_MAILDIR_WATCH_SCENE_H
#define TESTS_UNIT_MAILDIR_WATCH_SCENE_H

#include "store/maildir/watch.h"
#include "tests/unit/maildir_scratch.h"

static char told[4096];  /* "(tree) INBOX A/B" */
static bool was_written; /* ... of the last one */

static void
note(void *context, const char *folder, bool written)
{
    const char *name = folder == NULL ? "(tree)" : folder[0] == '\0' ? "(root)" : folder;
    size_t len = strlen(told);

    (void)context;
    was_written = written;
    assert_true(text_print(told + len, sizeof told - len, "%s%s", len > 0 ? " " : "", name));
}

/* What is told now. */
static const char *
read_all(struct maildir_watch *watch)
{
    told[0] = '\0';
    assert_true(maildir_watch_read(watch, note, NULL, NULL));
    return told;
}

static struct maildir_watch *
given_watch(struct scratch *s, bool plusplus)
{
    const struct maildir_settings settings = {.root = s->root, .plusplus = plusplus, .flat = s->flat};
    struct maildir_watch *watch = maildir_watch_new(&settings, &s->err);

    assert_non_null(watch);
    return watch;
}

static void
given_no_folder(const struct scratch *s, const char *name)
{
    assert_int_equal(nftw(scratch_path(s, name), remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
