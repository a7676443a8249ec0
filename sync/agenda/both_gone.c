/*
 * See both_gone.h. Neither side has the message any more: its digest is all there is to compare with. So a file in other bytes is its file only where
 * it has these bytes without lines that programs add. And nothing tells which of several equal messages it was: there must be no other that the file
 * can have come from, and no other file that can have come from it.
 */
#include "sync/agenda/both_gone.h"

#include "sync/agenda/candidates.h"
#include "sync/match/read.h"
#include "sync/match/renamed.h"
#include "sync/rows/drafts.h"
#include "sync/rows/foreign.h"
#include "sync/rows/held.h"
#include "sync/rows/twin.h"

#define ADDED_MAX 4096 /* bytes of lines that were added, or that one of both had already, and that count for nothing */

struct file { /* one that is new here */
    struct todo *todo;
    bool read;               /* that was tried */
    struct kinship *kinship; /* NULL: not known */
    unsigned char wire[DIGEST_SIZE];
};

struct both_gone {
    struct run *run;
    struct arena arena;
    struct file *files;
    size_t count;
    struct journal_message *message, *other; /* the row at hand; that of a file */
};

static bool
gather_files(struct both_gone *both, struct agenda *agenda)
{
    for (size_t i = 0; i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];
        struct file *file = &both->files[both->count];

        if (!candidates_is(todo, FRESH_HERE) || todo->unanswered)
            continue;
        if (!run_load(both->run, todo->id, both->other))
            return false;
        if (!both->other->has_wire)
            continue;
        *file = (struct file){.todo = todo};
        memcpy(file->wire, both->other->wire, DIGEST_SIZE);
        both->count++;
    }
    return true;
}

/* Was it an ordinary message until both sides lost it? Then both->message is its row. */
static bool
find_left(struct both_gone *both, const struct todo *todo, bool *left)
{
    const unsigned odd = FACT_ALTERED | FACT_ALIAS | FACT_MOVED | FACT_REPLACED | FACT_UNPAIRED | FACT_ADOPTED;
    bool doubted;

    *left = false;
    if (!candidates_is(todo, GONE_BOTH) || todo->waits || !mailbox_is_open(&both->run->mailboxes[todo->mailbox]))
        return true;
    if (!held_is_doubted(both->run, todo->mailbox, todo->id, &doubted) || !run_load(both->run, todo->id, both->message))
        return false;
    *left = !doubted && both->message->has_wire && both->message->base[0] != '\0' && (both->message->facts & odd) == 0;
    return true;
}

static bool
read_kin(struct both_gone *both, struct file *file)
{
    struct run *run = both->run;
    struct kinship *kinship;
    bool known = false, ok;

    if (file->read)
        return true;
    file->read = true;
    kinship = arena_array(&both->arena, 1, sizeof *kinship);
    ok = run_has(run, &both->arena) && run_load(run, file->todo->id, both->other) &&
         read_kinship(run, &run->mailboxes[file->todo->mailbox], both->other, true, kinship, &known);
    file->kinship = ok && known && kinship->kin.added != 0 ? kinship : NULL;
    return ok;
}

static bool
is_like(const struct both_gone *both, const struct todo *todo, const struct file *file)
{
    const uint64_t more = file->todo->size > todo->size ? file->todo->size - todo->size : todo->size - file->todo->size;

    return !file->todo->dropped && (more <= ADDED_MAX || both->run->sizes_lie);
}

/* The file with its bytes, else the one with its bytes and such lines; NULL: there is none, or not one alone. *kin: the latter */
static bool
find_file(struct both_gone *both, const struct todo *todo, struct file **found, bool *kin)
{
    size_t count = 0;
    bool ok = true;

    *found = NULL;
    *kin = false;
    for (size_t f = 0; f < both->count; f++) {
        if (!both->files[f].todo->dropped && memcmp(both->files[f].wire, both->message->wire, DIGEST_SIZE) == 0) {
            *found = &both->files[f];
            count++;
        }
    }
    for (size_t f = 0; ok && *found == NULL && f < both->count; f++)
        ok = !is_like(both, todo, &both->files[f]) || read_kin(both, &both->files[f]);
    for (size_t f = 0; ok && (*found == NULL || *kin) && f < both->count; f++) {
        struct file *file = &both->files[f];

        if (!file->todo->dropped && file->kinship != NULL && kinship_was(file->kinship, both->message->wire)) {
            *found = file;
            *kin = true;
            count++;
        }
    }
    if (count != 1)
        *found = NULL;
    return ok;
}

/* No other file of the account has, or had, the bytes of one of them. */
static bool
check_only(struct both_gone *both, const struct file *file, bool kin, bool *only)
{
    size_t files, others = 0;
    const bool ok = twin_count_files(both->run, both->message->wire, &files) &&
                    (!kin || twin_count_files(both->run, file->wire, &others));

    *only = files + others == 2;
    return ok;
}

/*
 * Where its UID is now must be found by its header, which is all that is known of the server's message once the row has other bytes: no draft, and none
 * whose header names nothing.
 */
static bool
is_told_by_header(const struct both_gone *both, const struct todo *todo, const struct file *file)
{
    return both->message->has_header && file->kinship->kin.names &&
           mailbox_drafts(&both->run->mailboxes[todo->mailbox]) == DRAFTS_NONE;
}

static bool
look_at(struct both_gone *both, struct todo *todo)
{
    struct file *file;
    bool kin, only;

    if (!find_file(both, todo, &file, &kin))
        return false;
    if (file == NULL)
        return true;
    if (!check_only(both, file, kin, &only))
        return false;
    if (!only)
        return true;
    if (file->todo->mailbox != todo->mailbox) {
        todo->moved_here = file->todo->id;
        return true;
    }
    /* One with equal bytes was renamed, and is joined already. */
    return !kin || !is_told_by_header(both, todo, file) ||
           (foreign_mark(both->run, todo->id, todo->id, file->kinship->body) &&
            renamed_join(both->run, todo, file->todo, true));
}

bool
both_gone(struct run *run, struct agenda *agenda)
{
    struct both_gone both = {.run = run};
    const size_t gone = candidates_count(agenda, GONE_BOTH), fresh = candidates_count(agenda, FRESH_HERE);
    bool ok, left;

    if (gone == 0 || fresh == 0)
        return true;
    both.files = arena_array(&both.arena, fresh, sizeof *both.files);
    both.message = arena_array(&both.arena, 1, sizeof *both.message);
    both.other = arena_array(&both.arena, 1, sizeof *both.other);
    ok = run_has(run, &both.arena) && gather_files(&both, agenda);
    for (size_t i = 0; ok && i < agenda->count; i++) {
        ok = find_left(&both, &agenda->todos[i], &left);
        if (ok && left)
            ok = look_at(&both, &agenda->todos[i]);
    }
    arena_free(&both.arena);
    return ok;
}
