/* What was seen of a message, and what a row knows of it: one from the other. Pure. */
#include "sync/import/seen.h"

bool
seen_same_body(const struct journal_pop *row, const struct seen *seen)
{
    return row->has_body &&
           (memcmp(row->body, seen->body, DIGEST_SIZE) == 0 || memcmp(row->body, seen->wire, DIGEST_SIZE) == 0 ||
            (seen->has_parts && memcmp(row->body, seen->parts, DIGEST_SIZE) == 0));
}

void
seen_header_to_row(const struct seen *seen, struct journal_pop *row)
{
    static_assert(sizeof seen->kin.received <= POP_RECEIVED_MAX, "a row holds them");

    row->has_header = row->has_kin = true;
    row->facts = seen->kin.names ? row->facts & ~(unsigned)POP_NAMELESS : row->facts | POP_NAMELESS;
    memcpy(row->header, seen->header, DIGEST_SIZE);
    memcpy(row->kin, seen->kin.rest, DIGEST_SIZE);
    row->has_id = seen->kin.has_id;
    memcpy(row->message_id, seen->kin.id, DIGEST_SIZE);
    row->received_size = seen->kin.count * KIN_RECEIVED_SIZE;
    memset(row->received, 0, sizeof row->received);
    memcpy(row->received, seen->kin.received, row->received_size);
}

void
seen_to_row(const struct seen *seen, struct journal_pop *row)
{
    seen_header_to_row(seen, row);
    row->has_body = true;
    memcpy(row->body, seen->body, DIGEST_SIZE);
}

void
seen_of_row(const struct journal_pop *row, struct seen *seen)
{
    *seen = (struct seen){.size = row->size};
    memcpy(seen->header, row->header, DIGEST_SIZE);
    memcpy(seen->body, row->body, DIGEST_SIZE);
    memcpy(seen->wire, row->body, DIGEST_SIZE);
    memcpy(seen->kin.rest, row->kin, DIGEST_SIZE);
    seen->kin.has_id = row->has_id;
    seen->kin.names = (row->has_id || row->received_size > 0) && (row->facts & POP_NAMELESS) == 0;
    memcpy(seen->kin.id, row->message_id, DIGEST_SIZE);
    seen->kin.count = row->received_size / KIN_RECEIVED_SIZE;
    if (seen->kin.count > KIN_RECEIVED)
        seen->kin.count = KIN_RECEIVED;
    memcpy(seen->kin.received, row->received, seen->kin.count * KIN_RECEIVED_SIZE);
}
