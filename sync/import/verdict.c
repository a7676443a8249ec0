/* What one row and one header say of each other. Pure, but for what is said and counted. */
#include "sync/import/run.h"
#include "sync/import/seen.h"
#include "sync/import/verdict.h"

#include <inttypes.h>

enum verdict
import_verdict(const struct journal_pop *row, const struct seen *seen, uint64_t size)
{
    const bool other_size = row->listed != 0 && size != 0 && row->listed != size;
    struct seen known;

    if (!row->has_header && !row->has_kin) /* nobody has seen its header: the size is all there is */
        return other_size ? VERDICT_ANOTHER : VERDICT_SAME;
    if (row->has_header && memcmp(row->header, seen->header, DIGEST_SIZE) == 0)
        return VERDICT_SAME;
    if (!row->has_kin) /* of an earlier version: a line that was added can't be told from another message */
        return other_size ? VERDICT_ANOTHER : VERDICT_UNPROVEN;
    seen_of_row(row, &known);
    if (kin_same(&known.kin, &seen->kin))
        return VERDICT_SAME;
    if (known.kin.has_id && seen->kin.has_id)
        return kin_same_id(&known.kin, &seen->kin) ? VERDICT_UNPROVEN : VERDICT_ANOTHER;
    return other_size ? VERDICT_ANOTHER : VERDICT_UNPROVEN;
}

bool
import_body_tells(const struct journal_pop *row, const struct seen *seen)
{
    struct seen known;

    seen_of_row(row, &known);
    return row->has_body && !kin_same_id(&known.kin, &seen->kin);
}

void
import_note_unsure(struct import *import, struct journal_pop *row)
{
    row->facts |= POP_UNSURE;
    import->partial = true;
    import->counts.pending++;
    (void)text_print(row->why, sizeof row->why,
                     "its header or size is not what it was, and it may be the same message: it is not removed, and "
                     "not fetched again");
}

bool
import_has_no_body(const struct journal_pop *row)
{
    unsigned char nothing[DIGEST_SIZE];

    return row->has_body && digest_bytes("", 0, nothing) && memcmp(row->body, nothing, DIGEST_SIZE) == 0;
}

/*
 * Of a message with another header it is no part. But of what came without a body nobody can tell: its header may have been cut, and its
 * Message-ID with it.
 */
static bool
may_be_part_of(const struct journal_pop *row, const struct seen *seen)
{
    struct seen known;

    if (!row->has_body || !row->has_kin || import_has_no_body(row))
        return true;
    seen_of_row(row, &known);
    return kin_same_id(&known.kin, &seen->kin) || import_verdict(row, seen, 0) == VERDICT_SAME;
}

void
import_note_more(struct journal_pop *row, const struct seen *seen)
{
    if ((row->facts & POP_FEWER) != 0 && may_be_part_of(row, seen))
        (void)text_print(row->why, sizeof row->why, "%s", IMPORT_OTHER_BYTES);
}

/* A status of 1 has its words, in each run. */
void
import_name_unsure(struct import *import, uint32_t number, const struct journal_pop *row)
{
    struct error err = {0};

    error_set(&err, ERROR_SERVER, "be certain of message %" PRIu32 " (UIDL %s)", number, row->uidl);
    error_answer(&err, text_of(row->why));
    import_problem_of(import, "be certain of", &err);
}

/* What came short of LIST's size, twice, was all there is: LIST says so now. It is read once more before it is removed. */
static void
end_shortness(struct journal_pop *row)
{
    if ((row->facts & POP_SHORT) == 0 || row->state == POP_FETCHING || row->size == 0 || row->size < row->listed / 2)
        return;
    row->facts = (row->facts & ~(unsigned)POP_SHORT) | POP_CONFIRM;
    row->why[0] = '\0';
}

/* LIST did not say how much there is, and does so now: more than came. */
static void
learn_size(struct journal_pop *row, uint64_t listed)
{
    if (row->listed == 0 && row->state == POP_STORED && row->size < listed && (row->facts & POP_SHORT) == 0)
        row->facts |= POP_FEWER;
}

bool
import_learn_header(struct journal_pop *row, const struct seen *seen)
{
    if (row->has_header && row->has_kin)
        return false;
    if (row->has_kin) { /* of a file, which does not say how its lines ended on the server */
        row->has_header = true;
        memcpy(row->header, seen->header, DIGEST_SIZE);
    } else {
        seen_header_to_row(seen, row);
    }
    return true;
}

bool
import_take_up(struct journal_pop *row, const struct journal_listed *listed, const struct seen *seen)
{
    bool changed = row->absent != 0 || strcmp(row->uidl, listed->uidl) != 0 || (row->facts & POP_DOUBT) != 0;

    /* A file does not say how its lines ended on the server: until it shows its header that of the file does. */
    if (strcmp(row->uidl, IMPORT_FILE_UIDL) == 0 && row->has_kin && seen != NULL)
        row->has_header = false;
    if (row->absent != 0 && row->state == POP_REMOVING) { /* it was not removed, or came back */
        row->state = POP_STORED;
        row->facts |= strcmp(row->uidl, listed->uidl) != 0 ? POP_RETURNED : POP_AGAIN;
    }
    row->absent = 0;
    row->facts &= ~(unsigned)POP_DOUBT;
    (void)text_print(row->uidl, sizeof row->uidl, "%s", listed->uidl);
    if (listed->size != 0 && row->listed != listed->size) {
        learn_size(row, listed->size);
        if (row->state ==
            POP_FETCHING) /* nothing is here: what was said, or came, of another line says nothing of this one */
            row->size = listed->size;
        row->listed = listed->size;
        end_shortness(row);
        changed = true;
    }
    return (seen != NULL && import_learn_header(row, seen)) || changed;
}
