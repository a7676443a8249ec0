/* See in_place.h. */
#include "sync/match/in_place.h"

#include "sync/base/keyword_note.h"
#include "sync/match/read.h"
#include "sync/rows/foreign.h"

static bool
read_digests(struct run *run, const struct local_file *file, struct digests *digests)
{
    struct local_facts facts;
    struct error ignored = {0};
    bool missing = false;

    if (!run->local.ops->examine(run->local.self, file, &facts, &missing, &ignored) || missing)
        return false;
    *digests = facts.digests;
    return true;
}

static bool
take(struct run *run, struct journal_message *message, const unsigned char wire[static DIGEST_SIZE],
     const struct kinship *kinship)
{
    const bool foreign = (message->facts & FACT_FOREIGN) != 0; /* then the server's body is known already */

    if (!run_begin(run))
        return false;
    if (!keyword_rewritten(run->journal, message, wire, &run->err))
        return run_end(run, false);
    message->facts |= FACT_FOREIGN;
    memcpy(message->wire, wire, DIGEST_SIZE);
    return run_end(run, (foreign || journal_foreign_save(run->journal, message->id, kinship->body, &run->err)) &&
                            journal_message_save(run->journal, message, &run->err));
}

/* It had such lines, and has others now: without them it has the server's header still, over the body that it had. */
static bool
has_other_lines(struct run *run, const struct journal_message *message, const struct kinship *kinship, bool *has)
{
    unsigned char body[DIGEST_SIZE];
    bool known = false;

    *has = (message->facts & FACT_FOREIGN) != 0 && message->has_header && kinship_had_header(kinship, message->header);
    if (*has && !journal_foreign_get(run->journal, message->id, body, &known, &run->err))
        return false;
    *has = *has && known && memcmp(body, kinship->body, DIGEST_SIZE) == 0;
    return true;
}

/* It has the server's own bytes again. */
static bool
take_own(struct run *run, struct journal_message *message, const struct digests *digests, bool *own)
{
    const struct journal_message before = *message;

    *own = foreign_take_own(message, digests);
    return !*own ||
           (run_begin(run) && run_end(run, keyword_rewritten(run->journal, &before, message->wire, &run->err) &&
                                               journal_message_save(run->journal, message, &run->err)));
}

bool
in_place_take(struct run *run, struct mailbox *mailbox, struct journal_message *message, bool *same)
{
    const struct local_file file = run_file(mailbox, message);
    struct digests before, after;
    struct kinship kinship;
    bool got = false, other_lines = false;

    *same = false;
    if (!message->has_wire || !read_digests(run, &file, &before))
        return true;
    if (!take_own(run, message, &before, same))
        return false;
    if (*same)
        return true;
    if (!read_kinship(run, mailbox, message, true, &kinship, &got) ||
        (got && !has_other_lines(run, message, &kinship, &other_lines)))
        return false;
    /* It may be written on between the readings: what was compared must be what the row gets. */
    *same = got && (other_lines || kinship_was(&kinship, message->wire)) && read_digests(run, &file, &after) &&
            memcmp(before.wire, after.wire, DIGEST_SIZE) == 0;
    return !*same || take(run, message, after.wire, &kinship);
}
