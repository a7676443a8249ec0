/* See unread_files.h. */
#include "sync/agenda/unread_files.h"

#include "sync/agenda/candidates.h"

#define READERS_LINES 256 /* bytes */

struct unread {
    char base[LOCAL_BASE_MAX + 1];
    uint64_t size;   /* on the disk; 0: not known */
    int64_t seconds; /* mtime: that of a file of golub's is its message's date, wherever it was moved */
};

struct unread_files {
    struct run *run;
    struct unread *files;
    size_t count;
    struct journal_message *message;
};

static bool
gather(struct unread_files *unread, struct arena *arena)
{
    struct run *run = unread->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = journal_message_ids(run->journal, 0, WHICH_UNREAD, &ids, &count, &run->err);

    unread->files = arena_array(arena, count, sizeof *unread->files);
    ok = ok && run_has(run, arena);
    for (size_t i = 0; ok && i < count; i++) {
        struct unread *file = &unread->files[unread->count];
        struct local_print print = {0};
        struct error ignored;
        bool missing = false;
        const struct mailbox *mailbox;

        ok = run_load(run, ids[i], unread->message);
        mailbox = ok ? run_mailbox_by_id(run, unread->message->mailbox) : NULL;
        if (mailbox == NULL || !mailbox->chosen)
            continue;
        const struct local_file name = run_file(mailbox, unread->message);
        if (run->local.ops->look(run->local.self, &name, &print, &missing, &ignored) && missing)
            continue;
        (void)text_print(file->base, sizeof file->base, "%s", unread->message->base);
        file->size = print.size;
        file->seconds = print.seconds;
        unread->count++;
    }
    free(ids);
    return ok;
}

/*
 * Bytes on the disk have a line end less for each line; lines of mail are sixteen bytes and more, but for very few messages. A mail reader that moved the
 * file may have written lines of its own into it.
 */
static bool
fits(const struct unread *file, const struct journal_message *gone, bool sizes_lie)
{
    if (strcmp(file->base, gone->base) == 0 || file->seconds == gone->date || sizes_lie || file->size == 0 ||
        gone->size == 0)
        return true;
    return gone->size >= file->size ? gone->size - file->size <= file->size / 16 + 16
                                    : file->size - gone->size <= READERS_LINES;
}

static bool
judge(struct unread_files *unread, struct todo *todo)
{
    struct run *run = unread->run;
    bool may = false;

    if (!run_load(run, todo->id, unread->message))
        return false;
    for (size_t i = 0; !may && i < unread->count; i++)
        may = fits(&unread->files[i], unread->message, run->sizes_lie);
    if (!may)
        return true;
    todo->dropped = true;
    return run_begin(run) && run_end(run, run_pending(run, &run->mailboxes[todo->mailbox], todo->id, PENDING_FAILED,
                                                      plan_verb_word(todo->step.verb),
                                                      "its file may be one that can't be read: the line about that one "
                                                      "names it, and this goes on once it can be "
                                                      "read or is gone",
                                                      NULL));
}

bool
agenda_unread_files(struct run *run, struct agenda *agenda)
{
    struct unread_files unread = {.run = run};
    struct arena arena = {0};
    uint64_t files;
    bool ok = true;

    if (candidates_count(agenda, GONE_HERE) == 0)
        return true;
    if (!journal_message_count(run->journal, 0, WHICH_UNREAD, &files, &run->err))
        return false;
    if (files == 0)
        return true;
    unread.message = arena_array(&arena, 1, sizeof *unread.message);
    ok = run_has(run, &arena) && gather(&unread, &arena);
    for (size_t i = 0; ok && unread.count != 0 && i < agenda->count; i++) {
        if (candidates_is(&agenda->todos[i], GONE_HERE))
            ok = judge(&unread, &agenda->todos[i]);
    }
    arena_free(&arena);
    return ok;
}
