/*
 * See crossed.h. As many of the one kind as of the other are joined, if there are so many. The file that is gone can't be read any more: where the one
 * that is left has its bytes without such lines, that is proof. Else the server's header stands for it, and its body.
 */
#include "sync/agenda/crossed.h"

#include "sync/agenda/candidates.h"
#include "sync/match/probe.h"
#include "sync/match/read.h"
#include "sync/match/renamed.h"
#include "sync/rows/foreign.h"
#include "sync/rows/held.h"
#include "sync/rows/readings.h"

#define ADDED_MAX 4096 /* bytes of lines that one of both may have more than the other */

struct half_left {
    struct todo *todo;
    uint64_t size; /* of what the server has, or had */
    struct kinship *kinship;
    bool known, wanted, taken;
    bool seen;  /* of a UID: golub had its file */
    bool stays; /* ... and its folder, a copy, lacked it: it comes last */
    unsigned char
        wire[DIGEST_SIZE]; /* of the file; of a UID first of the one that is gone, then of what the server has */
};

struct index {
    struct half_left **at;
    size_t count;
};

struct crossed {
    struct run *run;
    struct agenda *agenda;
    struct arena arena;
    struct half_left *files, *uids; /* by mailbox, as in the agenda */
    size_t file_count, uid_count;
    struct index index; /* the one that is at work */
    struct probe *probes;
    struct journal_message *message;
};

/* A message that both sides had, or that another program's state says so of; crossed->message is its row. */
static bool
is_ordinary(struct crossed *crossed, const struct todo *todo, bool *is)
{
    const unsigned odd = FACT_ALTERED | FACT_ALIAS | FACT_MOVED | FACT_REPLACED | FACT_OUT_OF_VIEW | FACT_UNPAIRED;

    *is = false;
    if (!mailbox_is_open(&crossed->run->mailboxes[todo->mailbox]) || todo->unanswered || todo->replaced ||
        todo->moved_here != 0 || todo->deleted)
        return true;
    if (!run_load(crossed->run, todo->id, crossed->message))
        return false;
    *is = (crossed->message->facts & odd) == 0;
    return true;
}

static bool
gather_file(struct crossed *crossed, struct todo *todo)
{
    const struct journal_message *message = crossed->message;
    struct half_left *file = &crossed->files[crossed->file_count];
    bool is;

    if (!is_ordinary(crossed, todo, &is))
        return false;
    if (!is || message->base[0] == '\0' || !message->has_wire || (message->facts & FACT_GONE_HERE) != 0)
        return true;
    *file = (struct half_left){.todo = todo, .size = message->size};
    memcpy(file->wire, message->wire, DIGEST_SIZE);
    crossed->file_count++;
    return true;
}

static bool
gather_uid(struct crossed *crossed, struct todo *todo)
{
    const struct journal_message *message = crossed->message;
    struct half_left *uid = &crossed->uids[crossed->uid_count];
    bool is, stays;

    if (todo->uid == 0)
        return true;
    if (!held_is_doubted(crossed->run, todo->mailbox, todo->id, &stays) || !is_ordinary(crossed, todo, &is))
        return false;
    if (!is || (message->facts & FACT_GONE_THERE) != 0)
        return true;
    *uid = (struct half_left){
        .todo = todo, .size = message->size, .seen = message->has_wire && message->base[0] != '\0', .stays = stays};
    memcpy(uid->wire, message->wire, DIGEST_SIZE);
    crossed->uid_count++;
    return true;
}

/* Where the one or the other is missing in a mailbox nothing is to be joined. */
static size_t
leave_alone(struct half_left *halves, size_t count, const struct half_left *others, size_t other_count)
{
    size_t left = 0;

    for (size_t i = 0, k = 0; i < count; i++) {
        while (k < other_count && others[k].todo->mailbox < halves[i].todo->mailbox)
            k++;
        if (k < other_count && others[k].todo->mailbox == halves[i].todo->mailbox)
            halves[left++] = halves[i];
    }
    return left;
}

static bool
gather(struct crossed *crossed, size_t files, size_t uids)
{
    struct agenda *agenda = crossed->agenda;
    bool ok;

    crossed->files = arena_array(&crossed->arena, files, sizeof *crossed->files);
    crossed->uids = arena_array(&crossed->arena, uids, sizeof *crossed->uids);
    crossed->index.at = arena_array(&crossed->arena, files > uids ? files : uids, sizeof *crossed->index.at);
    crossed->probes = arena_array(&crossed->arena, uids, sizeof *crossed->probes);
    crossed->message = arena_array(&crossed->arena, 1, sizeof *crossed->message);
    ok = run_has(crossed->run, &crossed->arena);
    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        if (candidates_is(todo, GONE_THERE))
            ok = gather_file(crossed, todo);
        else if (candidates_is(todo, GONE_HERE))
            ok = gather_uid(crossed, todo);
    }
    crossed->file_count = leave_alone(crossed->files, crossed->file_count, crossed->uids, crossed->uid_count);
    crossed->uid_count = leave_alone(crossed->uids, crossed->uid_count, crossed->files, crossed->file_count);
    return ok;
}

/* ---- who may be who: found by what they have in common, since there may be thousands of either ---- */

typedef int compare_function(const void *pa, const void *pb);
typedef bool is_one_function(const struct half_left *uid, const struct half_left *file);

static int
compare_mailboxes(const struct half_left *a, const struct half_left *b)
{
    return a->todo->mailbox == b->todo->mailbox ? 0 : a->todo->mailbox < b->todo->mailbox ? -1 : 1;
}

static int
compare_sizes(const void *pa, const void *pb)
{
    const struct half_left *const *a = pa, *const *b = pb;
    const int by_mailbox = compare_mailboxes(*a, *b);

    return by_mailbox != 0 ? by_mailbox : (*a)->size == (*b)->size ? 0 : (*a)->size < (*b)->size ? -1 : 1;
}

static int
compare_wires(const void *pa, const void *pb)
{
    const struct half_left *const *a = pa, *const *b = pb;
    const int by_mailbox = compare_mailboxes(*a, *b);

    return by_mailbox != 0 ? by_mailbox : memcmp((*a)->wire, (*b)->wire, DIGEST_SIZE);
}

static int
compare_rests(const void *pa, const void *pb)
{
    const struct half_left *const *a = pa, *const *b = pb;
    const int by_mailbox = compare_mailboxes(*a, *b);

    return by_mailbox != 0 ? by_mailbox : memcmp((*a)->kinship->kin.rest, (*b)->kinship->kin.rest, DIGEST_SIZE);
}

static int
compare_alikes(const void *pa, const void *pb)
{
    const struct half_left *const *a = pa, *const *b = pb;
    const int by_mailbox = compare_mailboxes(*a, *b);

    return by_mailbox != 0 ? by_mailbox : memcmp((*a)->kinship->alike, (*b)->kinship->alike, DIGEST_SIZE);
}

/* The first in the index that is not below the key. */
static size_t
lower_bound(const struct index *index, const struct half_left *key, compare_function *compare)
{
    size_t low = 0, high = index->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (compare(&index->at[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* *any: one of the index is about as large as this one, and in its mailbox. A server that counts inexactly, or tells no sizes, excludes nobody. */
static bool
has_like(const struct crossed *crossed, const struct index *index, const struct half_left *half)
{
    struct half_left key = *half;
    size_t at;

    key.size = crossed->run->sizes_lie || half->size <= ADDED_MAX ? 0 : half->size - ADDED_MAX;
    at = lower_bound(index, &key, compare_sizes);
    if (at < index->count && compare_mailboxes(index->at[at], half) == 0 &&
        (crossed->run->sizes_lie || half->size == 0 || index->at[at]->size <= half->size + ADDED_MAX))
        return true;
    key.size = 0;
    at = lower_bound(index, &key, compare_sizes);
    return at < index->count && compare_sizes(&index->at[at], &(const struct half_left *){&key}) == 0;
}

/* Of the UIDs that equal the key the best that is this file's; NULL: there is none. What a copied folder lacked comes last. */
static struct half_left *
find_uid(const struct index *uids, const struct half_left *key, compare_function *compare, const struct half_left *file,
         is_one_function *is_one)
{
    struct half_left *found = NULL;

    for (size_t i = lower_bound(uids, key, compare); i < uids->count && compare(&uids->at[i], &key) == 0; i++) {
        struct half_left *uid = uids->at[i];

        if (!uid->taken && is_one(uid, file) && (found == NULL || (found->stays && !uid->stays)))
            found = uid;
        if (found != NULL && !found->stays)
            break;
    }
    return found;
}

static bool
is_any(const struct half_left *uid, const struct half_left *file)
{
    (void)uid;
    (void)file;
    return true;
}

/* Its header is kin, or one that the server rewrote. */
static bool
has_like_header(const struct half_left *uid, const struct half_left *file)
{
    const struct kinship *a = uid->kinship, *b = file->kinship;

    return kin_same(&a->kin, &b->kin) || (a->has_alike && b->has_alike && memcmp(a->alike, b->alike, DIGEST_SIZE) == 0);
}

static bool
has_same_body(const struct half_left *uid, const struct half_left *file)
{
    return has_like_header(uid, file) && uid->kinship->has_body &&
           memcmp(uid->kinship->body, file->kinship->body, DIGEST_SIZE) == 0;
}

/* All of these halves that are not taken, and are known by what is compared. */
static void
make_index(struct index *index, struct half_left *halves, size_t count, compare_function *compare)
{
    index->count = 0;
    for (size_t i = 0; i < count; i++) {
        const bool is_known = compare == compare_wires    ? halves[i].seen
                              : compare == compare_rests  ? halves[i].known
                              : compare == compare_alikes ? halves[i].known && halves[i].kinship->has_alike
                                                          : true;

        if (is_known && !halves[i].taken)
            index->at[index->count++] = &halves[i];
    }
    qsort(index->at, index->count, sizeof *index->at, compare);
}

/* Files that may be one of the UIDs. */
static bool
read_files(struct crossed *crossed)
{
    struct run *run = crossed->run;
    bool ok = true;

    make_index(&crossed->index, crossed->uids, crossed->uid_count, compare_sizes);
    for (size_t f = 0; ok && f < crossed->file_count; f++) {
        struct half_left *file = &crossed->files[f];

        if (!has_like(crossed, &crossed->index, file))
            continue;
        file->kinship = arena_array(&crossed->arena, 1, sizeof *file->kinship);
        ok = run_has(run, &crossed->arena) && run_load(run, file->todo->id, crossed->message) &&
             read_kinship(run, &run->mailboxes[file->todo->mailbox], crossed->message, true, file->kinship,
                          &file->known);
    }
    return ok;
}

/* Of UIDs that may be one of the files the header is wanted; of those whose header is like one's the body. */
static void
choose(struct crossed *crossed, bool headers)
{
    size_t known = 0;

    if (headers) {
        for (size_t f = 0; f < crossed->file_count; f++) {
            if (crossed->files[f].known && !crossed->files[f].taken)
                crossed->index.at[known++] = &crossed->files[f];
        }
        crossed->index.count = known;
        qsort(crossed->index.at, known, sizeof *crossed->index.at, compare_sizes);
        for (size_t u = 0; u < crossed->uid_count; u++)
            crossed->uids[u].wanted = has_like(crossed, &crossed->index, &crossed->uids[u]);
        return;
    }
    for (size_t u = 0; u < crossed->uid_count; u++)
        crossed->uids[u].wanted = false;
    for (int alike = 0; alike < 2; alike++) {
        compare_function *const compare = alike != 0 ? compare_alikes : compare_rests;

        make_index(&crossed->index, crossed->files, crossed->file_count, compare);
        for (size_t u = 0; u < crossed->uid_count; u++) {
            struct half_left *uid = &crossed->uids[u];

            uid->wanted = uid->wanted || (uid->known && !uid->taken &&
                                          find_uid(&crossed->index, uid, compare, uid, has_like_header) != NULL);
        }
    }
}

/* Headers, or bodies, of UIDs that may be one of the files. */
static bool
probe(struct crossed *crossed, bool headers)
{
    size_t n = 0;
    bool ok = true;

    choose(crossed, headers);
    for (size_t u = 0; ok && u < crossed->uid_count; u++) {
        struct half_left *uid = &crossed->uids[u];

        if (!uid->wanted || uid->taken || reading_given_up(crossed->run, uid->todo->id))
            continue;
        if (uid->kinship == NULL)
            uid->kinship = arena_array(&crossed->arena, 1, sizeof *uid->kinship);
        ok = run_has(crossed->run, &crossed->arena);
        crossed->probes[n++] = (struct probe){.mailbox = uid->todo->mailbox,
                                              .uid = uid->todo->uid,
                                              .id = (int64_t)u,
                                              .size = uid->size,
                                              .kinship = uid->kinship};
    }
    ok = ok && (n == 0 || probe_remote(crossed->run, crossed->probes, n, headers));
    for (size_t i = 0; ok && i < n; i++) {
        struct half_left *uid = &crossed->uids[crossed->probes[i].id];

        uid->known = crossed->probes[i].got; /* what came cut is nobody's whole body: all of it is to be the file's */
        if (uid->known && !headers)
            memcpy(uid->wire, crossed->probes[i].digests.wire, DIGEST_SIZE);
    }
    return ok;
}

/* The row of the UID has its file's wire digest, which is what the server has as well. */
static bool
mark_own(struct run *run, struct journal_message *message, int64_t id)
{
    if (!run_load(run, id, message))
        return false;
    message->facts &= ~(unsigned)(FACT_FOREIGN | FACT_BY_HEADER);
    return journal_message_save(run->journal, message, &run->err);
}

/* Nothing of either is a removal any more, nor does one of them wait for a word: all of it at once, for one that waits no more would be removed. */
static bool
take(struct crossed *crossed, struct half_left *uid, struct half_left *file, bool read)
{
    struct run *run = crossed->run;
    const int64_t id = uid->todo->id, mailbox = run->mailboxes[uid->todo->mailbox].row.id;
    const bool own = read && memcmp(uid->wire, file->wire, DIGEST_SIZE) == 0;
    bool ok;

    uid->taken = file->taken = true;
    ok = run_begin(run) &&
         (own ? mark_own(run, crossed->message, id) : foreign_note(run, id, id, file->kinship->body)) &&
         journal_pending_clear(run->journal, mailbox, id, &run->err) &&
         journal_hold_clear(run->journal, id, &run->err) && renamed_take(run, uid->todo, file->todo, true);
    return run_end(run, ok);
}

/* The file is what the one that is gone was before a program wrote its lines into it. */
static bool
join_plain(struct crossed *crossed)
{
    bool ok = true;

    make_index(&crossed->index, crossed->uids, crossed->uid_count, compare_wires);
    for (size_t f = 0; ok && f < crossed->file_count; f++) {
        struct half_left *file = &crossed->files[f], key = *file, *uid = NULL;

        for (size_t i = 0; file->known && file->kinship->has_plain && uid == NULL && i < KINSHIP_PLAIN; i++) {
            memcpy(key.wire, file->kinship->plain[i], DIGEST_SIZE);
            uid = find_uid(&crossed->index, &key, compare_wires, file, is_any);
        }
        ok = uid == NULL || take(crossed, uid, file, false);
    }
    return ok;
}

/* The file is what the server has, but for such lines, or for a header that it wrote anew. */
static bool
join_like(struct crossed *crossed, compare_function *compare)
{
    bool ok = true;

    make_index(&crossed->index, crossed->uids, crossed->uid_count, compare);
    for (size_t f = 0; ok && f < crossed->file_count; f++) {
        struct half_left *file = &crossed->files[f], *uid = NULL;

        if (file->known && !file->taken)
            uid = find_uid(&crossed->index, file, compare, file, has_same_body);
        ok = uid == NULL || take(crossed, uid, file, true);
    }
    return ok;
}

bool
crossed(struct run *run, struct agenda *agenda)
{
    struct crossed crossed = {.run = run, .agenda = agenda};
    const size_t files = candidates_count(agenda, GONE_THERE), uids = candidates_count(agenda, GONE_HERE);
    bool ok = true;

    if (files == 0 || uids == 0)
        return true;
    ok = gather(&crossed, files, uids);
    if (ok && crossed.uid_count != 0)
        ok = read_files(&crossed) && join_plain(&crossed) && probe(&crossed, true) && probe(&crossed, false) &&
             join_like(&crossed, compare_rests) && join_like(&crossed, compare_alikes);
    arena_free(&crossed.arena);
    return ok;
}
