/*
 * Proofs that need the body. A message whose row rests on less than its own bytes (POP_CONFIRM, POP_FEWER, POP_CUT, POP_UNSURE: it came shorter
 * than LIST said, it is known by its header under another name or size, its file was found here without a journal), or whose header names
 * nothing, is read once more before it is removed: its bytes must be those that are known.
 *
 * Servers whose sizes are always a little high would have everything read twice: once eight such messages were the same at the second reading,
 * a shortfall that is no larger a part than eight of theirs is believed at the first. One message that a server always cuts in its middle lets
 * no other one pass that was cut there.
 */
#include "sync/import/batch.h"
#include "sync/import/phases.h"
#include "sync/import/proof.h"
#include "sync/import/read.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"
#include "sync/import/verdict.h"

#include <inttypes.h>

#define SHORTFALLS                                                                                                     \
    "largest-shortfalls" /* in meta: of those that were confirmed, in thousandths, rounded up, the largest first */
#define SHORTFALLS_ENOUGH 8
#define CAME_TWICE "only %" PRIu64 " of %" PRIu64 " bytes came, twice: what came is here, and it stays on the server"

#define NO_END "what the server gives of it does not end: it is not removed, and not read again"

bool
proof_is_doubted(const struct journal_pop *row)
{
    return (row->facts & POP_FEWER) != 0 && strcmp(row->why, IMPORT_OTHER_BYTES) == 0;
}

bool
proof_has_no_end(const struct journal_pop *row)
{
    return (row->facts & POP_UNSURE) != 0 && strcmp(row->why, NO_END) == 0;
}

/* ---- shortfalls ---- */

static unsigned
thousandths(uint64_t size, uint64_t listed)
{
    return listed == 0 || size >= listed ? 0 : (unsigned)((listed - size) / ((listed + 999) / 1000)) + 1;
}

static bool
read_shortfalls(struct import *import, unsigned shares[SHORTFALLS_ENOUGH])
{
    char *text, *at;

    memset(shares, 0, SHORTFALLS_ENOUGH * sizeof *shares);
    if (!journal_get(import->journal, SHORTFALLS, &text, &import->err))
        return false;
    at = text;
    for (size_t i = 0; at != NULL && *at != '\0' && i < SHORTFALLS_ENOUGH; i++)
        shares[i] = (unsigned)strtoul(at, &at, 10);
    free(text);
    return true;
}

static bool
note_shortfall(struct import *import, const struct journal_pop *row)
{
    unsigned shares[SHORTFALLS_ENOUGH], this = thousandths(row->size, row->listed);
    char text[SHORTFALLS_ENOUGH * sizeof "1001 "], *end = text;

    if (!read_shortfalls(import, shares))
        return false;
    if (this <= shares[SHORTFALLS_ENOUGH - 1])
        return true;
    for (size_t i = 0; i < SHORTFALLS_ENOUGH; i++) {
        const unsigned here = shares[i];

        if (here < this) {
            shares[i] = this;
            this = here;
        }
        (void)text_print(end, (size_t)(text + sizeof text - end), "%u ", shares[i]);
        end += strlen(end);
    }
    return journal_set(import->journal, SHORTFALLS, text, &import->err);
}

bool
proof_is_usual(struct import *import, uint64_t size, uint64_t listed, bool *usual)
{
    unsigned shares[SHORTFALLS_ENOUGH];

    if (!read_shortfalls(import, shares))
        return false;
    *usual = shares[SHORTFALLS_ENOUGH - 1] != 0 && thousandths(size, listed) <= shares[SHORTFALLS_ENOUGH - 1];
    return true;
}

bool
is_far_short(uint64_t bytes, uint64_t listed)
{
    return listed > 0 && (bytes == 0 || bytes < listed / 2);
}

bool
fetch_is_whole(struct import *import, struct arrival *arrival, uint64_t bytes)
{
    struct journal_pop *row = &arrival->row;
    /* LIST has no line of it, perhaps; or a 0 for each. Nothing is no less than that, and no more of an answer. */
    const bool untold = row->listed == 0 && import->sized && !import->complete;
    const bool nothing = bytes == 0 && (untold || !import->sized) && import->identity == BY_UIDL;
    bool far = nothing || is_far_short(bytes, row->listed), usual = false;

    if (nothing && (row->facts & POP_SHORT) != 0) { /* twice nothing: it is empty; read once more before it goes */
        row->facts = (row->facts & ~(unsigned)POP_SHORT) | POP_CONFIRM;
        row->why[0] = '\0';
        return true;
    }
    if (bytes == 0 && row->listed > 0) { /* however often: it is not the message */
        (void)text_print(row->why, sizeof row->why,
                         "not one of its %" PRIu64 " bytes came: it is asked for again in the next run", row->listed);
        return false;
    }
    if (far && (row->facts & POP_SHORT) == 0) {
        row->facts |= POP_SHORT;
        (void)text_print(row->why, sizeof row->why,
                         "only %" PRIu64 " of %" PRIu64 " bytes came: it is asked for once more in the next run", bytes,
                         row->listed);
        return false;
    }
    if (far) {
        (void)text_print(row->why, sizeof row->why, CAME_TWICE, bytes, row->listed);
        return true;
    }
    row->facts &= ~(unsigned)POP_SHORT;
    if (untold) /* whether all of it came is not known before it comes again */
        row->facts |= POP_CONFIRM;
    /* Without an answer of the journal's it is read again: that does no harm. */
    if (bytes < row->listed && !(proof_is_usual(import, bytes, row->listed, &usual) && usual))
        row->facts |= POP_FEWER;
    return true;
}

/* By chance it is as large as the message of that number, which came as large as LIST says, and has another body. */
static bool
is_none_of(struct import *import, const struct journal_pop *row, uint32_t number, bool *none)
{
    struct journal_listed line;
    struct journal_pop other;
    size_t count;

    *none = false;
    if (import->identity == BY_BODY)
        return true;
    if (!journal_listing_page(import->journal, LISTED_ALL, false, number - 1, &line, 1, &count, &import->err))
        return false;
    if (count == 0 || line.number != number || line.row == 0)
        return true;
    if (!import_load(import, line.row, &other))
        return false;
    *none = other.has_body && other.size == line.size && memcmp(other.body, row->body, DIGEST_SIZE) != 0;
    return true;
}

/* Of sizes that are never right one is another's by chance: of four one must be. */
bool
proof_is_anothers(struct import *import, const struct journal_pop *row, uint32_t number, bool *anothers)
{
    const uint64_t listed = import_listed_size(import, number);
    uint64_t exact, sized;
    bool none = true;

    *anothers = false;
    for (size_t i = 1; none && listed != 0 && row->size != listed && i < import->sizes_count; i++)
        if (import->sizes[i] == row->size && !is_none_of(import, row, (uint32_t)i, &none))
            return false;
    if (none)
        return true;
    if (!journal_pop_count_exact(import->journal, &exact, &sized, &import->err))
        return false;
    *anothers = 4 * exact >= sized;
    return true;
}

/* ---- bodies ---- */

struct confirming {
    struct import *import;
    const uint32_t *numbers;
    struct journal_pop *rows;
    size_t count, asked, at;
    struct bytes_reading *reading;
    bool more;       /* more than the row's message has: no more of it is digested */
    uint64_t passed; /* bytes of it since then */
};

static bool
on_next(void *context, uint32_t *number)
{
    struct confirming *confirming = context;

    *number = confirming->asked < confirming->count ? confirming->numbers[confirming->asked++] : 0;
    return true;
}

/* It has no end: the next run does not begin with it again. */
static bool
give_up(struct confirming *confirming)
{
    struct import *import = confirming->import;
    struct journal_pop *row = &confirming->rows[confirming->at];
    struct error why = import->err;

    if (why.kind == ERROR_SERVER) {
        import_note_unsure(import, row);
        (void)text_print(row->why, sizeof row->why, NO_END);
        if (!import_save(import, row))
            return false;
        import->err = why;
    }
    return false;
}

static bool
on_bytes(void *context, uint32_t number, const void *bytes, size_t len)
{
    struct confirming *confirming = context;

    (void)number;
    if (confirming->more) {
        confirming->passed += len;
        return import_pass_over(confirming->import, confirming->passed) || give_up(confirming);
    }
    if (import_stopped(confirming->import))
        return import_interrupted(confirming->import);
    if (!bytes_add(confirming->reading, bytes, len))
        return import_no_memory(confirming->import);
    confirming->more = bytes_are_more(confirming->reading, &confirming->rows[confirming->at]);
    return true;
}

/* LIST may have told its size since it came, and so much that twice the same proves nothing. */
static bool
is_part(const struct journal_pop *row)
{
    return (row->facts & POP_FEWER) != 0 && is_far_short(row->size, row->listed);
}

bool
proof_is_all(struct import *import, struct journal_pop *row)
{
    if (is_part(row)) {
        row->facts = (row->facts & ~(unsigned)POP_FEWER) | POP_SHORT;
        (void)text_print(row->why, sizeof row->why, CAME_TWICE, row->size, row->listed);
        return import_save(import, row);
    }
    row->facts &= ~(unsigned)POP_FEWER;
    row->why[0] = '\0';
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, note_shortfall(import, row) && journal_pop_save(import->journal, row, &import->err));
}

/* A cut one is cut until the server has answered to what follows it: its DELE is behind that answer. */
static bool
confirm(struct import *import, uint32_t number, struct journal_pop *row)
{
    const bool part = is_part(row);

    row->facts &= ~(unsigned)POP_CONFIRM;
    if (!proof_is_all(import, row))
        return false;
    if (part)
        import_refused(import, "fetch the whole of", number, row->uidl, row->why,
                       "Look at what came, and at the server.");
    return part || journal_listing_allow_removal(import->journal, number, &import->err);
}

/* Of such a one the body says nothing, and lines that programs add, or the one that ends the header, may be what is missing. */
bool
proof_is_beginning(const struct journal_pop *row, const struct seen *seen)
{
    return (row->facts & (POP_SHORT | POP_CUT | POP_FEWER)) != 0 && seen->size > row->size &&
           ((row->facts & POP_UNSURE) != 0 || import_has_no_body(row)) &&
           !(row->has_header && memcmp(row->header, seen->header, DIGEST_SIZE) == 0);
}

/*
 * Its header came with the body. One that is not kin of the row's, nor has its Message-ID, above another body is no part of the row's message,
 * without TOP however little came. With TOP the row's header was another one, too, and a server that writes lines of its own may cut its answer.
 */
static bool
has_nothing_of(const struct import *import, const struct journal_pop *row, const struct seen *seen, uint64_t listed)
{
    struct seen known;

    seen_of_row(row, &known);
    return (!import->info.top || !is_far_short(seen->size, listed)) && row->has_body &&
           import_verdict(row, seen, 0) != VERDICT_SAME && !kin_same_id(&known.kin, &seen->kin) &&
           !seen_same_body(row, seen);
}

static bool
on_end(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words)
{
    struct confirming *confirming = context;
    struct import *import = confirming->import;
    struct journal_pop *row = &confirming->rows[confirming->at++];
    const bool more = confirming->more, whole_header = bytes_has_header(confirming->reading);
    struct seen seen;

    confirming->more = false;
    confirming->passed = 0;
    import->last_row = row->id;
    import->last_number = number;
    if (!bytes_end(confirming->reading, &seen) || !bytes_begin(confirming->reading))
        return import_no_memory(import);
    if (outcome != MAILDROP_DONE) {
        row->facts &= ~(unsigned)POP_UNSURE; /* nobody knows yet */
        import_refused(import, "read, before it is removed,", number, row->uidl, words,
                       "It stays on the server and is tried again with the next run.");
        return import_remember_why(import, row, words);
    }
    const bool same =
        !more && !proof_is_beginning(row, &seen) && seen_same_body(row, &seen) &&
        (import->info.top || import_verdict(row, &seen, import_listed_size(import, number)) == VERDICT_SAME);
    const bool proven = same && !proof_is_doubted(row);
    /* Its header came, too. Once it is removed it is known again by that. */
    if (proven && import_verdict(row, &seen, 0) == VERDICT_SAME)
        (void)import_learn_header(row, &seen);
    if (proven && (row->facts & POP_UNSURE) == 0)
        return confirm(import, number, row);
    if (proven) {
        import_note_unsure(import, row);
        import_name_unsure(import, number, row);
        return import_save(import, row);
    }
    /* As much comes as is here, or all that is listed: two messages of one header, or what is here is a part. It is new mail. */
    if (!same && row->has_body &&
        (seen.size >= row->size || ((row->facts & POP_FEWER) == 0 && seen.size >= row->listed)))
        return import_bury_reused(import, row, number, &seen);
    if (!same && whole_header && has_nothing_of(import, row, &seen, import_listed_size(import, number)))
        return import_bury_reused(import, row, number, NULL);
    import->counts.pending++;
    if (!import_remember_why(import, row, IMPORT_OTHER_BYTES))
        return false;
    import_name_unsure(import, number, row);
    return true;
}

bool
proof_bodies(struct import *import, const uint32_t *numbers, struct journal_pop *rows, size_t count)
{
    struct confirming confirming = {
        .import = import, .numbers = numbers, .rows = rows, .count = count, .reading = bytes_new()};
    const struct maildrop_taker taker = {.context = &confirming, .next = on_next, .bytes = on_bytes, .end = on_end};
    bool ok = confirming.reading != NULL || import_no_memory(import);

    if (ok && count > 0)
        ok = import->maildrop.ops->retrieve(import->maildrop.self, &taker, &import->err);
    bytes_free(confirming.reading);
    return ok;
}
