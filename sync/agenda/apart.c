/* See apart.h. */
#include "sync/agenda/apart.h"

#include "sync/agenda/candidates.h"
#include "sync/base/ids.h"
#include "sync/match/read.h"
#include "sync/match/renamed.h"

struct left { /* one whose file is gone from its folder */
    struct todo *todo;
    bool known; /* what the file was without such lines */
    bool taken;
    struct kin kin;
    unsigned char body[DIGEST_SIZE], wire[DIGEST_SIZE];
};

struct apart {
    struct run *run;
    struct agenda *agenda;
    struct arena arena;
    struct left *left; /* by mailbox and what is left of the header */
    size_t count;
    int64_t *waiting; /* rows that wait for a word, ascending */
    size_t waiting_count;
    struct journal_message *message;
    struct journal_kinship *kinship;
};

bool
apart_know(struct run *run, const struct journal_message *message)
{
    struct mailbox *mailbox = run_mailbox_by_id(run, message->mailbox);
    struct journal_kinship *known;
    struct kinship *kinship;
    bool found = false, got = false, ok;

    if (message->uid != 0 || message->base[0] == '\0' || mailbox == NULL)
        return true;
    known = calloc(1, sizeof *known);
    kinship = calloc(1, sizeof *kinship);
    ok = ((known != NULL && kinship != NULL) || run_no_memory(run)) &&
         journal_kinship_get(run->journal, message->id, known, &found, &run->err) &&
         (found || read_kinship(run, mailbox, message, true, kinship, &got)) &&
         (!got || read_keep(run, message->id, kinship, false));
    free(known);
    free(kinship);
    return ok;
}

static bool
add_left(struct apart *apart, struct todo *todo)
{
    struct run *run = apart->run;
    struct journal_message *message = apart->message;
    struct left *left = &apart->left[apart->count];
    bool found = false;

    if (!run_load(run, todo->id, message))
        return false;
    if (message->uid != 0 || message->base[0] == '\0' || !message->has_wire ||
        (message->facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALTERED)) != FACT_GONE_HERE ||
        ((message->facts & FACT_APART) == 0 && !ids_have(apart->waiting, apart->waiting_count, message->id)))
        return true;
    if (!journal_kinship_get(run->journal, message->id, apart->kinship, &found, &run->err))
        return false;
    *left = (struct left){.todo = todo, .known = found && apart->kinship->has_body};
    if (left->known) {
        left->kin = apart->kinship->kin;
        memcpy(left->body, apart->kinship->body, DIGEST_SIZE);
    }
    memcpy(left->wire, message->wire, DIGEST_SIZE);
    apart->count++;
    return true;
}

static int
compare_left(const void *pa, const void *pb)
{
    const struct left *a = pa, *b = pb;

    if (a->todo->mailbox != b->todo->mailbox)
        return a->todo->mailbox < b->todo->mailbox ? -1 : 1;
    if (a->known !=
        b->known) /* those that nothing tells but their bytes come first, and are few: an earlier version set them apart */
        return a->known ? 1 : -1;
    return a->known ? memcmp(a->kin.rest, b->kin.rest, DIGEST_SIZE) : 0;
}

static size_t
lower_bound(const struct apart *apart, const struct left *key)
{
    size_t low = 0, high = apart->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (compare_left(&apart->left[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
is_saved_anew(const struct left *left, const struct kinship *file)
{
    if (left->known && kin_same(&left->kin, &file->kin) && memcmp(left->body, file->body, DIGEST_SIZE) == 0)
        return true;
    return kinship_was(file, left->wire);
}

static struct left *
find_left(struct apart *apart, const struct todo *fresh, const struct kinship *file)
{
    struct left key = {.todo = &(struct todo){.mailbox = fresh->mailbox}, .kin = file->kin};

    for (int known = 0; known < 2; known++) {
        key.known = known != 0;
        for (size_t i = lower_bound(apart, &key); i < apart->count && compare_left(&apart->left[i], &key) == 0; i++) {
            if (!apart->left[i].taken && is_saved_anew(&apart->left[i], file))
                return &apart->left[i];
        }
    }
    return NULL;
}

static bool
join_fresh(struct apart *apart)
{
    struct run *run = apart->run;
    struct kinship *file = arena_array(&apart->arena, 1, sizeof *file);
    bool ok = run_has(run, &apart->arena);

    for (size_t i = 0; ok && i < apart->agenda->count; i++) {
        struct todo *fresh = &apart->agenda->todos[i];
        struct left *left;
        bool got = false;

        if (!candidates_is(fresh, FRESH_HERE) || fresh->unanswered)
            continue;
        ok = run_load(run, fresh->id, apart->message) &&
             read_kinship(run, &run->mailboxes[fresh->mailbox], apart->message, true, file, &got);
        left = ok && got ? find_left(apart, fresh, file) : NULL;
        if (left == NULL)
            continue;
        left->taken = true;
        ok = renamed_join(run, left->todo, fresh, true);
    }
    return ok;
}

bool
apart_follow(struct run *run, struct agenda *agenda)
{
    struct apart apart = {.run = run, .agenda = agenda};
    size_t gone = 0;
    bool ok = true;

    for (size_t i = 0; i < agenda->count; i++)
        gone += agenda->todos[i].step.verb == PLAN_FORGET;
    if (gone == 0 || candidates_count(agenda, FRESH_HERE) == 0)
        return true;
    apart.left = arena_array(&apart.arena, gone, sizeof *apart.left);
    apart.message = arena_array(&apart.arena, 1, sizeof *apart.message);
    apart.kinship = arena_array(&apart.arena, 1, sizeof *apart.kinship);
    ok = run_has(run, &apart.arena) &&
         journal_hold_ids(run->journal, HOLD_ADDITIONS, NULL, &apart.waiting, &apart.waiting_count, &run->err);
    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        if (todo->step.verb == PLAN_FORGET && !todo->dropped && todo->partner == 0 && !todo->waits)
            ok = add_left(&apart, todo);
    }
    if (ok && apart.count != 0) {
        qsort(apart.left, apart.count, sizeof *apart.left, compare_left);
        ok = join_fresh(&apart);
    }
    free(apart.waiting);
    arena_free(&apart.arena);
    return ok;
}
