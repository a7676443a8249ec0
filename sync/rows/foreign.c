/* See foreign.h. */
#include "sync/rows/foreign.h"

bool
foreign_carry(struct run *run, const struct journal_message *from, struct journal_message *to)
{
    unsigned char body[DIGEST_SIZE];
    bool known;

    if ((from->facts & FACT_FOREIGN) == 0)
        return true;
    to->facts |= FACT_FOREIGN;
    to->has_header = from->has_header;
    memcpy(to->header, from->header, DIGEST_SIZE);
    return journal_foreign_get(run->journal, from->id, body, &known, &run->err) &&
           journal_foreign_save(run->journal, to->id, known ? body : NULL, &run->err);
}

bool
foreign_note(struct run *run, int64_t from, int64_t to, const unsigned char body[static DIGEST_SIZE])
{
    struct journal_message *source = calloc(2, sizeof *source), *message = source + 1;
    bool ok = (source != NULL || run_no_memory(run)) && run_load(run, from, source) && run_load(run, to, message);

    if (ok) {
        message->facts |= FACT_FOREIGN;
        message->has_header = source->has_header;
        memcpy(message->header, source->header, DIGEST_SIZE);
        ok = journal_foreign_save(run->journal, to, body, &run->err) &&
             journal_message_save(run->journal, message, &run->err);
    }
    free(source);
    return ok;
}

bool
foreign_mark(struct run *run, int64_t from, int64_t to, const unsigned char body[static DIGEST_SIZE])
{
    return run_begin(run) && run_end(run, foreign_note(run, from, to, body));
}

bool
foreign_check(struct run *run, const struct journal_message *message, const unsigned char body[static DIGEST_SIZE],
              bool *same, bool *known)
{
    unsigned char own[DIGEST_SIZE];

    if (!journal_foreign_get(run->journal, message->id, own, known, &run->err))
        return false;
    *same = !*known || memcmp(own, body, DIGEST_SIZE) == 0;
    return true;
}

bool
foreign_take_own(struct journal_message *message, const struct digests *digests)
{
    if ((message->facts & FACT_FOREIGN) == 0 || !message->has_header || message->size != digests->size ||
        memcmp(message->header, digests->header, DIGEST_SIZE) != 0)
        return false;
    message->facts = (message->facts & ~(unsigned)FACT_FOREIGN) | FACT_BY_HEADER;
    memcpy(message->wire, digests->wire, DIGEST_SIZE);
    return true;
}
