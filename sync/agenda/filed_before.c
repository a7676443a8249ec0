/*
 * See filed_before.h. The mail reader's file stays, since it may have what the server's copy has not (Bcc); of the other one the bytes are on the
 * server. What says that both are one message is what says it of a copy that comes later (sync/match/related.c). The rows change first, all at
 * once, and the file goes after that like any other, by an intent and into the quarantine: whatever happens between the two, the message has a
 * file, and if the new one vanishes it is golub's again. Where another client removes the message there before golub's file went, both files go: they are one
 * message, and somebody removed it. Both are in the quarantine.
 */
#include "sync/agenda/filed_before.h"

#include "sync/base/filing.h"
#include "sync/match/read.h"
#include "sync/rows/drafts.h"
#include "sync/rows/letters.h"
#include "sync/rows/own_name.h"
#include "sync/rules/merge.h"

#define RECENT_S                                                                                                       \
    (FILING_APART_S +                                                                                                  \
     FILING_WAIT_S) /* before the file was seen: what the server took earlier is no copy of what was just sent */

struct looking {
    struct run *run;
    struct mailbox *place;
    int64_t since;                    /* when the file was first seen */
    struct journal_message file, row; /* of the mail reader's file; the one that is looked at */
    struct kinship kinship, other;
    int64_t found; /* 0: no row */
    bool same_body, more;
};

/* A copy that somebody made of the file keeps its bytes and its date: it is meant to stand there. */
static bool
is_users_copy(const struct looking *looking)
{
    const struct journal_message *file = &looking->file, *row = &looking->row;

    return file->date == row->date && file->has_wire && row->has_wire &&
           memcmp(file->wire, row->wire, DIGEST_SIZE) == 0;
}

static bool
has_same_body(const struct kinship *one, const struct kinship *other)
{
    return one->has_body && other->has_body && memcmp(one->body, other->body, DIGEST_SIZE) == 0;
}

bool
filed_is_same(const struct kinship *one, const struct kinship *other)
{
    return one->has_alike && other->has_alike && memcmp(one->alike, other->alike, DIGEST_SIZE) == 0 &&
           (has_same_body(one, other) || !kin_same(&one->kin, &other->kin));
}

/* What golub fetched, the server filed within that hour, and nobody touched since: neither its name, nor its flags, nor what is to be done about it. */
static bool
is_untouched(const struct looking *looking, bool *untouched)
{
    const struct journal_message *row = &looking->row;
    const struct merge_change change = merge_change(row->flags, true);
    const unsigned usual = FACT_FETCHED | FACT_ITS_BYTES | FACT_VAGUE;
    struct journal_op op;
    bool under_way;

    if (!journal_op_of(looking->run->journal, row->id, &op, &under_way, &looking->run->err))
        return false;
    *untouched = row->uid != 0 && row->date > looking->since - RECENT_S && row->has_wire && row->has_header &&
                 (row->facts & FACT_FETCHED) != 0 && (row->facts & ~usual) == 0 && !under_way &&
                 (change.add | change.del) == 0 && own_name_has(looking->run, looking->place, row);
    return true;
}

static bool
look_at(struct looking *looking, int64_t id)
{
    struct run *run = looking->run;
    bool got, untouched;

    if (!run_load(run, id, &looking->row))
        return false;
    if (id == looking->file.id || looking->row.base[0] == '\0' ||
        (looking->row.facts & (FACT_GONE_HERE | FACT_GONE_THERE)) != 0)
        return true;
    if (!read_kinship(run, looking->place, &looking->row, true, &looking->other, &got))
        return false;
    if (!got || !filed_is_same(&looking->kinship, &looking->other))
        return true;
    if (!is_untouched(looking, &untouched))
        return false;
    looking->more = looking->more || looking->found != 0 || !untouched || is_users_copy(looking);
    looking->found = id;
    looking->same_body = has_same_body(&looking->kinship, &looking->other);
    return true;
}

/* The only message of that hour that it is. */
static bool
look_around(struct looking *looking)
{
    struct run *run = looking->run;
    const int64_t date = looking->file.date;
    int64_t *ids = NULL;
    size_t count = 0;
    bool got, ok = read_kinship(run, looking->place, &looking->file, true, &looking->kinship, &got);

    if (!ok || !got || !looking->kinship.has_alike)
        return ok;
    ok = journal_ids_by_dates(run->journal, looking->place->row.id, date - FILING_APART_S, date + FILING_APART_S, &ids,
                              &count, &run->err);
    for (size_t i = 0; ok && !looking->more && i < count; i++)
        ok = look_at(looking, ids[i]);
    free(ids);
    return ok;
}

/* golub's own file: a second one of the UID, until it is gone. */
static bool
keep_second(struct looking *looking, const struct journal_message *row)
{
    struct journal_message second = *row;

    second.id = 0;
    second.uid = 0;
    second.facts = FACT_ALIAS | FACT_REPLACED;
    second.refers_to = row->id;
    second.flags = merge_unchanged(second.flags, true);
    second.keywords[0] = '\0';
    return journal_message_save(looking->run->journal, &second, &looking->run->err);
}

/* What its file looked like when it was read; where that is not known it is looked at anew. */
static bool
take_print(struct looking *looking)
{
    struct journal *journal = looking->run->journal;
    struct journal_print print;
    bool found;

    if (!journal_print_get(journal, looking->file.id, &print, &found, &looking->run->err))
        return false;
    print.message = looking->row.id;
    return found ? journal_print_set(journal, &print, &looking->run->err)
                 : journal_print_clear(journal, looking->row.id, &looking->run->err);
}

static bool
take(struct looking *looking)
{
    struct run *run = looking->run;
    struct journal_message *row = &looking->row;
    const struct journal_message *file = &looking->file;
    struct journal_message before;
    bool foreign;
    unsigned rseen;

    if (!run_load(run, looking->found, row) || !letters_inherit(run, row, file) || !take_print(looking) ||
        !journal_message_delete(run->journal, file->id, &run->err))
        return false;
    before = *row;
    foreign = !file->has_wire || memcmp(row->wire, file->wire, DIGEST_SIZE) != 0;
    rseen = row->flags.rseen;
    memcpy(row->base, file->base, sizeof row->base);
    memcpy(row->info, file->info, sizeof row->info);
    row->flags = file->flags;
    row->flags.rseen = rseen;
    row->flags = merge_met(merge_level(row->flags, FLAG_ALL)); /* they never agreed: what one shows both get */
    row->facts &= ~(unsigned)FACT_FETCHED;
    if (foreign) {
        row->facts = FACT_FOREIGN;
        row->has_wire = file->has_wire;
        memcpy(row->wire, file->wire, DIGEST_SIZE);
    }
    return (!foreign || journal_foreign_save(run->journal, row->id, looking->same_body ? looking->kinship.body : NULL,
                                             &run->err)) &&
           journal_message_save(run->journal, row, &run->err) && letters_met(run, row) && keep_second(looking, &before);
}

bool
filed_before(struct run *run, struct todo *todo, const struct mailbox *place, int64_t since)
{
    const struct policy *policy = &run->account->policy;
    struct looking *looking;
    bool ok;

    if (mailbox_drafts(place) != DRAFTS_NONE || !mailbox_is_open(place) || run->altering != NULL ||
        (!policy->pull.deletes && !run->options->one_way))
        return true;
    looking = calloc(1, sizeof *looking);
    if (looking == NULL)
        return run_no_memory(run);
    looking->run = run;
    looking->since = since;
    looking->place = &run->mailboxes[todo->mailbox];
    ok = run_load(run, todo->id, &looking->file) && look_around(looking);
    if (ok && looking->found != 0 && !looking->more) {
        todo->dropped = true;
        if (policy->pull.deletes) { /* else a run that goes both ways does it */
            run->replan = true;
            ok = take(looking);
            run_did(run, looking->place,
                    (struct report_done){.act = DID_PAIR, .uid = looking->row.uid, .file = looking->row.base});
        }
    }
    free(looking);
    return ok;
}
