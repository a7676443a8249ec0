/*
 * See both_gone.h. Neither side has the message any more: its digest is all there is to compare with. So a file in other bytes is its file where it has
 * these bytes without lines that programs add; or where a UID that is new elsewhere has the message's header, size and date, and is kin of the file in
 * header and body. And nothing tells which of several equal messages it was: there must be no other that the file can have come from, and no other file
 * that can have come from it.
 */
#include "sync/agenda/both_gone.h"

#include "sync/agenda/candidates.h"
#include "sync/match/probe.h"
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
    struct agenda *agenda;
    struct arena arena;
    struct file *files;
    size_t count;
    struct journal_message *message, *other; /* the row at hand; that of a file */
};

static bool
gather_files(struct both_gone *both)
{
    for (size_t i = 0; i < both->agenda->count; i++) {
        struct todo *todo = &both->agenda->todos[i];
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
    file->kinship = ok && known ? kinship : NULL;
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

        if (!file->todo->dropped && file->kinship != NULL && file->kinship->kin.added != 0 &&
            kinship_was(file->kinship, both->message->wire)) {
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
take_name(struct both_gone *both, struct todo *todo, const struct file *file)
{
    return run_begin(both->run) &&
           run_end(both->run, foreign_note(both->run, todo->id, todo->id, file->kinship->body) &&
                                  renamed_take(both->run, todo, file->todo, true));
}

/* The only new file of the folder whose header is kin to this one; NULL: there is none, or several. */
static struct file *
find_relabelled(const struct both_gone *both, const struct todo *todo, const struct kinship *kinship)
{
    struct file *found = NULL;

    for (size_t f = 0; f < both->count; f++) {
        struct file *file = &both->files[f];

        if (file->todo->mailbox != todo->mailbox || !is_like(both, todo, file) || file->kinship == NULL ||
            !kin_same(&kinship->kin, &file->kinship->kin))
            continue;
        if (found != NULL)
            return NULL;
        found = file;
    }
    return found;
}

/* Is there a new file in the folder that is worth a question? */
static bool
has_new_file(const struct both_gone *both, const struct todo *todo)
{
    for (size_t f = 0; f < both->count; f++) {
        const struct file *file = &both->files[f];

        if (file->todo->mailbox == todo->mailbox && is_like(both, todo, file) && file->kinship != NULL &&
            is_told_by_header(both, todo, file))
            return true;
    }
    return false;
}

/* The only new UID of another mailbox that has the message's size and date; NULL: there is none, or several. */
static bool
find_moved(struct both_gone *both, const struct todo *todo, const struct todo **found)
{
    size_t count = 0;

    *found = NULL;
    for (size_t i = 0; i < both->agenda->count; i++) {
        const struct todo *to = &both->agenda->todos[i];

        if (!candidates_is(to, FRESH_THERE) || to->mailbox == todo->mailbox || to->size != todo->size)
            continue;
        if (!run_load(both->run, to->id, both->other))
            return false;
        if (both->other->date != both->message->date)
            continue;
        *found = to;
        count++;
    }
    if (count != 1)
        *found = NULL;
    return true;
}

static bool
read_moved(struct both_gone *both, const struct todo *to, bool header, struct kinship *kinship, bool *same)
{
    struct probe probe = {
        .mailbox = to->mailbox, .uid = to->uid, .id = to->id, .size = to->size, .unlikely = true, .kinship = kinship};

    if (!probe_remote(both->run, &probe, 1, header))
        return false;
    *same = probe.got && (!header || memcmp(probe.digests.header, both->message->header, DIGEST_SIZE) == 0);
    return true;
}

/*
 * Lines that it had already were changed, or taken out: its digest says nothing, and the server is asked what came to another mailbox. The header first:
 * nearly always that says no.
 */
static bool
ask_server(struct both_gone *both, struct todo *todo)
{
    struct kinship *kinship;
    const struct todo *to;
    struct file *file;
    bool same, only;

    if (!has_new_file(both, todo))
        return true;
    kinship = arena_array(&both->arena, 1, sizeof *kinship);
    if (!run_has(both->run, &both->arena) || !find_moved(both, todo, &to))
        return false;
    if (to == NULL)
        return true;
    if (!read_moved(both, to, true, kinship, &same))
        return false;
    file = same ? find_relabelled(both, todo, kinship) : NULL;
    if (file == NULL || !is_told_by_header(both, todo, file))
        return true;
    if (!check_only(both, file, true, &only) || (only && !read_moved(both, to, false, kinship, &same)))
        return false;
    return !only || !same || !kinship->has_body || !kin_same(&kinship->kin, &file->kinship->kin) ||
           memcmp(kinship->body, file->kinship->body, DIGEST_SIZE) != 0 || take_name(both, todo, file);
}

static bool
look_at(struct both_gone *both, struct todo *todo)
{
    struct file *file;
    bool kin, only;

    if (!find_file(both, todo, &file, &kin))
        return false;
    if (file == NULL)
        return ask_server(both, todo);
    if (!check_only(both, file, kin, &only))
        return false;
    if (!only)
        return true;
    if (file->todo->mailbox != todo->mailbox) {
        todo->moved_here = file->todo->id;
        return true;
    }
    /* One with equal bytes was renamed, and is joined already. */
    return !kin || !is_told_by_header(both, todo, file) || take_name(both, todo, file);
}

bool
both_gone(struct run *run, struct agenda *agenda)
{
    struct both_gone both = {.run = run, .agenda = agenda};
    const size_t gone = candidates_count(agenda, GONE_BOTH), fresh = candidates_count(agenda, FRESH_HERE);
    bool ok, left;

    if (gone == 0 || fresh == 0)
        return true;
    both.files = arena_array(&both.arena, fresh, sizeof *both.files);
    both.message = arena_array(&both.arena, 1, sizeof *both.message);
    both.other = arena_array(&both.arena, 1, sizeof *both.other);
    ok = run_has(run, &both.arena) && gather_files(&both);
    for (size_t i = 0; ok && i < agenda->count; i++) {
        ok = find_left(&both, &agenda->todos[i], &left);
        if (ok && left)
            ok = look_at(&both, &agenda->todos[i]);
    }
    arena_free(&both.arena);
    return ok;
}
