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
