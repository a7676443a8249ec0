/*
 * What golub does to folders and mailboxes themselves is written down before it is done: each time one gets another name, or goes, the journal is
 * read as it was committed, which is what a process that dies there leaves, and has to hold an intent of just that. The mark has to be another one than
 * before, too: by that a journal is told that does not know of it, or a Maildir of before it.
 */
#include "sync/rules/names.h"
#include "tests/sim/sim_history.h"
#include "tests/sim/sim_journal.h"

#include <inttypes.h>

struct committed {
    struct journal *journal;
    struct journal_mailbox *rows;
    struct journal_op *ops;
    size_t mailboxes, count;
};

static bool
read_committed(struct world *world, struct committed *committed)
{
    const struct sim *sim = (const struct sim *)(const void *)world; /* its first member */
    struct journal *journal = sim->clients[world->client].journal;
    struct error err = {0};
    void *image = NULL;
    size_t size;

    *committed = (struct committed){0};
    if (journal_image(journal, &image, &size, &err))
        committed->journal = sim_journal_open(image, size, &err);
    free(image);
    if (committed->journal != NULL &&
        journal_mailboxes(committed->journal, &committed->rows, &committed->mailboxes, &err) &&
        journal_ops(committed->journal, &committed->ops, &committed->count, &err))
        return true;
    violation(world, "the committed journal can't be read: %s", err.what);
    return false;
}

static void
forget_committed(struct committed *committed)
{
    free(committed->ops);
    journal_mailboxes_free(committed->rows, committed->mailboxes);
    sim_journal_close(committed->journal);
}

static const struct journal_mailbox *
row_of(const struct committed *committed, const struct journal_op *op)
{
    for (size_t i = 0; i < committed->mailboxes; i++)
        if (committed->rows[i].id == op->mailbox)
            return &committed->rows[i];
    return NULL;
}

/* ---- here ---- */

/* @param to  NULL: it goes */
static bool
says_here(const struct journal_op *op, const struct journal_mailbox *row, const char *from, const char *to)
{
    char aside[40];

    if (op->kind != (to != NULL ? OP_RENAME_HERE : OP_DELETE_HERE) || strcmp(row->folder, from) != 0)
        return false;
    (void)text_print(aside, sizeof aside, "golub-rename-%" PRId64, row->id);
    return to == NULL || strcmp(to + (to[0] == '.'), aside) == 0 || (row->goal != NULL && strcmp(row->goal, to) == 0);
}

/* Of a run that began where mark and journal did not fit all is paired anyway. */
static void
check_mark(struct world *world, struct committed *committed, const char *what)
{
    const struct client *it = &((const struct sim *)(const void *)world)->clients[world->client];
    const struct local_mark *mark = &it->maildir.tree.mark;
    struct error err = {0};
    char *nonce = NULL;

    if (it->fitted && journal_get(committed->journal, "nonce", &nonce, &err) &&
        (nonce == NULL || strcmp(nonce, mark->nonce) != 0 || strcmp(nonce, it->nonce_then) == 0))
        violation(world, "%s, and its mark is that of an earlier run, or not in the journal", what);
    free(nonce);
}

static void
intents_here(struct world *world, const char *from, const char *to)
{
    struct committed committed;
    bool said = false;
    char what[200];

    if (read_committed(world, &committed)) {
        for (size_t i = 0; !said && i < committed.count; i++) {
            const struct journal_mailbox *row = row_of(&committed, &committed.ops[i]);
            said = row != NULL && says_here(&committed.ops[i], row, from, to);
        }
        (void)text_print(what, sizeof what, "golub %s folder %s%s%s", to != NULL ? "renames" : "removes", from,
                         to != NULL ? " to " : "", to != NULL ? to : "");
        if (!said)
            violation(world, "%s, and that is not written down", what);
        check_mark(world, &committed, what);
    }
    forget_committed(&committed);
}

/* ---- on the server ---- */

/* @param to  as it is asked for */
static bool
says_renamed(const struct journal_op *op, const struct journal_mailbox *row, struct text from, struct text to)
{
    char name[LIMIT_MAILBOX_NAME + 1];
    struct error err = {0};

    return op->kind == OP_RENAME_THERE && row->wire != NULL && text_is(from, row->wire) &&
           names_to_server(op->name, row->separator, name, &err) && text_is(to, name);
}

/* @param to  the name that it has while it goes */
static bool
says_deleted(const struct journal_op *op, const struct journal_mailbox *row, struct text from, struct text to)
{
    return op->kind == OP_DELETE_THERE && row->wire != NULL && text_is(from, row->wire) && text_is(to, op->name);
}

static void
intents_there(struct world *world, struct text from, struct text to, bool deletes)
{
    struct committed committed;
    bool said = false;
    char what[2 * LIMIT_MAILBOX_NAME];

    if (read_committed(world, &committed)) {
        for (size_t i = 0; !said && i < committed.count; i++) {
            const struct journal_mailbox *row = row_of(&committed, &committed.ops[i]);
            said = row != NULL && (deletes ? says_deleted : says_renamed)(&committed.ops[i], row, from, to);
        }
        (void)text_print(what, sizeof what, "golub %s mailbox %.*s", deletes ? "deletes" : "renames", (int)from.len,
                         from.at);
        if (!said)
            violation(world, "%s, and that is not written down", what);
        check_mark(world, &committed, what);
    }
    forget_committed(&committed);
}

/* ---- before a run ---- */

void
intents_begin(struct sim *sim, int client)
{
    struct client *it = &sim->clients[client];
    const struct local_mark *mark = &it->maildir.tree.mark;
    struct journal_op *ops = NULL;
    struct error err = {0};
    char *nonce = NULL;
    size_t count = 0;

    it->fitted = mark->present && journal_get(it->journal, "nonce", &nonce, &err) && nonce != NULL &&
                 strcmp(nonce, mark->nonce) == 0;
    (void)text_print(it->nonce_then, sizeof it->nonce_then, "%s", mark->nonce);
    /* What an earlier run wrote down it wrote down with a mark of its own. */
    if (it->fitted && journal_ops(it->journal, &ops, &count, &err))
        for (size_t i = 0; i < count; i++)
            if (ops[i].kind == OP_RENAME_HERE || ops[i].kind == OP_DELETE_HERE || ops[i].kind == OP_RENAME_THERE ||
                ops[i].kind == OP_DELETE_THERE)
                it->nonce_then[0] = '\0';
    free(ops);
    free(nonce);
    sim->world.on_folder = intents_here;
    sim->world.on_mailbox = intents_there;
}
