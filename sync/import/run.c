/* Small things that every phase of an import needs. */
#include "sync/import/run.h"
#include "sync/import/seen.h"
#include "sync/import/suspects.h"

#include "store/base/descriptors.h"

#include <inttypes.h>
#include <stdarg.h>
#include <errno.h>
#include <sys/random.h>

#define REFUSALS_SAID 20 /* of a kind, one by one */

int64_t
import_now(const struct import *import)
{
    return import->options->now != NULL ? import->options->now(import->options->now_context) : (int64_t)time(NULL);
}

int64_t
import_stamp(const struct import *import)
{
    return age_stamp(&import->age.now);
}

size_t
import_batch(const struct import *import)
{
    const size_t open = descriptors_messages(import->options->descriptors);

    return open < LIMIT_BATCH ? open : LIMIT_BATCH;
}

bool
import_stopped(const struct import *import)
{
    return import->options->stopped != NULL && import->options->stopped(import->options->stopped_context);
}

bool
import_interrupted(struct import *import)
{
    error_state(&import->err, ERROR_INTERRUPTED, "a signal stopped the import");
    return false;
}

void
import_left_undone(struct import *import, const char *why)
{
    import->partial = true;
    import->undone = why;
}

void
import_problem(struct import *import, const struct error *err)
{
    struct error copy = *err;

    (void)text_print(copy.account, sizeof copy.account, "%s", import->account->name);
    import->partial = true;
    report_error(import->report, &copy);
}

/* The last place serves all that has none: never so with the kinds of today. */
static struct refusals *
refusals_of(struct import *import, const char *what)
{
    size_t i = 0;

    while (i < REFUSAL_KINDS - 1 && import->refusals[i].what != NULL && strcmp(import->refusals[i].what, what) != 0)
        i++;
    import->refusals[i].what = what;
    return &import->refusals[i];
}

void
import_problem_of(struct import *import, const char *what, const struct error *err)
{
    struct refusals *refusals = refusals_of(import, what);

    import->partial = true;
    (void)text_print(refusals->words, sizeof refusals->words, "%s", err->answer[0] != '\0' ? err->answer : err->what);
    if (++refusals->count <= REFUSALS_SAID)
        import_problem(import, err);
}

void
import_refused(struct import *import, const char *what, uint32_t number, const char *uidl, const char *words,
               const char *hint)
{
    struct error err = {0};
    char why[SUSPECT_WHY];

    if (suspects_hold_back(import, number, why)) /* it is named at the end, once */
        return;
    error_set(&err, ERROR_SERVER, "%s message %" PRIu32 " (UIDL %s)", what, number, uidl);
    error_answer(&err, text_of(words));
    error_hint(&err, "%s", hint);
    import->counts.failed++;
    import_problem_of(import, what, &err);
}

void
import_did(struct import *import, struct report_done done)
{
    done.mailbox = import_mailbox(import);
    done.dry = import->dry;
    report_done(import->report, import->account->name, &import->counts, &done);
}

void
import_say(struct import *import, const char *event, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args); /* a sentence for people: cut is better than lost */
    va_end(args);
    report_mailbox(import->report, import->account->name, "", event, text);
}

uint64_t
import_listed_size(const struct import *import, uint32_t number)
{
    return number < import->sizes_count ? import->sizes[number] : 0;
}

const char *
import_mailbox(const struct import *import)
{
    return import->handover == NULL ? import->account->import.deliver_to : "INBOX"; /* what a maildrop is */
}

bool
import_expect(struct import *import, enum journal_listing_which which, uint64_t most)
{
    const bool descending = import->account->import.order == ORDER_NEWEST;
    const uint64_t too_large = which == LISTED_NEW ? import->account->import.max_size : 0;
    struct journal_listed page[64];
    size_t count = 64;
    uint32_t after = 0;

    import->total = import->done; /* of an earlier session nothing is to come any more */
    import->total_bytes = import->done_bytes;
    while (count == 64 && most > 0) {
        if (!journal_listing_page(import->journal, which, descending, after, page, 64, &count, &import->err))
            return false;
        for (size_t i = 0; i < count && most > 0; i++) {
            after = page[i].number;
            if (too_large != 0 && page[i].size > too_large) /* it stays there, and is named */
                continue;
            import->total++;
            import->sizes_missing = import->sizes_missing || page[i].size == 0;
            if (__builtin_add_overflow(import->total_bytes, page[i].size, &import->total_bytes))
                import->total_bytes = UINT64_MAX;
            most--;
        }
    }
    return true;
}

void
import_tell_progress(const struct import *import, uint64_t arriving)
{
    const struct report_amount amount = {.done = import->done,
                                         .total = import->total,
                                         .bytes = import->done_bytes + arriving,
                                         .total_bytes = import->sizes_missing ? 0 : import->total_bytes};

    report_progress(import->report, import->account->name, import_mailbox(import), &amount);
}

bool
import_load(struct import *import, int64_t id, struct journal_pop *out)
{
    bool found;

    if (!journal_pop_get(import->journal, id, out, &found, &import->err))
        return false;
    if (!found)
        error_set(&import->err, ERROR_LOCAL, "read row %" PRId64 " of the journal, which was there a moment ago", id);
    return found;
}

bool
import_end(struct import *import, bool ok)
{
    if (ok)
        return journal_commit(import->journal, &import->err);
    journal_rollback(import->journal);
    return false;
}

bool
import_save(struct import *import, struct journal_pop *row)
{
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, journal_pop_save(import->journal, row, &import->err));
}

bool
import_remember_why(struct import *import, struct journal_pop *row, const char *why)
{
    if (strcmp(row->why, why) == 0)
        return true;
    (void)text_print(row->why, sizeof row->why, "%s", why);
    return import_save(import, row);
}

void
import_new_row(const struct import *import, const char *uidl, uint64_t listed, struct journal_pop *row)
{
    *row = (struct journal_pop){.state = POP_FETCHING,
                                .listed = listed,
                                .since = import_stamp(import),
                                .keep_days = import->account->import.keep_days,
                                .word = POP_NO_WORD};
    (void)text_print(row->uidl, sizeof row->uidl, "%s", uidl);
}

/* Of a doubtful message the header is known: the row has it from the beginning. */
bool
import_begin_row(struct import *import, const struct journal_listed *listed, struct journal_pop *row)
{
    struct journal_pop header;
    struct seen seen;
    bool found;

    import_new_row(import, listed->uidl, listed->size, row);
    if (import->doubtful == 0)
        return true;
    if (!journal_listing_top_of(import->journal, listed->number, &header, &found, &import->err))
        return false;
    if (found) {
        seen_of_row(&header, &seen);
        seen_header_to_row(&seen, row);
    }
    return true;
}

bool
import_choose_base(struct import *import, struct journal_pop *row)
{
    const struct connection *to = &import->account->connection;
    struct buffer text = buffer_new(4096);
    unsigned char digest[DIGEST_SIZE], nonce[16];
    char name[32];
    int64_t date = import_now(import);
    bool ok = true;

    /* The nonce: a UIDL that is used again, or by two rows, names two files. */
    if (getrandom(nonce, sizeof nonce, 0) != (ssize_t)sizeof nonce) {
        error_sys(&import->err, errno, "get random bytes");
        return false;
    }
    if (!buffer_addf(&text, "%s\n%s\n%s\n", to->host != NULL ? to->host : "", to->user != NULL ? to->user : "",
                     row->uidl) ||
        !buffer_add(&text, nonce, sizeof nonce) || !digest_bytes(text.at, text.len, digest))
        ok = import_no_memory(import);
    buffer_free(&text);
    if (!ok)
        return false;
    digest_base32(digest, 16, name);
    (void)text_print(row->base, sizeof row->base, "%010" PRId64 ".%s.golub",
                     date >= 0 && date <= INT64_C(9999999999) ? date : 0, name);
    return true;
}

/*
 * What comes whole beside its part is the message that the part was stored for: where `keep` was longer then its removal needs a word, or has had
 * it.
 */
static bool
keep_as_part(struct import *import, struct journal_pop *row)
{
    struct journal_pop part;
    int64_t *ids;
    size_t count;
    bool ok;

    if (row->keep_days < 0)
        return true;
    ok = journal_pop_by_uidl(import->journal, row->uidl, &ids, &count, &import->err);
    for (size_t i = 0; ok && i < count; i++) {
        ok = import_load(import, ids[i], &part);
        if (!ok || part.id == row->id || part.absent == 0 || part.state != POP_STORED ||
            (part.facts & (POP_SHORT | POP_CUT | POP_FEWER)) == 0)
            continue;
        if (part.keep_days < 0 || (row->keep_days >= 0 && part.keep_days > row->keep_days)) {
            row->keep_days = part.keep_days;
            row->word = part.word;
        }
    }
    free(ids);
    return ok;
}

bool
import_set_stored(struct import *import, struct journal_pop *row)
{
    row->state = POP_STORED;
    /* What was begun while it might have been another row's is here: it is itself. */
    row->facts &= ~(unsigned)(POP_LOST | POP_UNFLUSHED | POP_DOUBT);
    if (!import->account->fsync && import->handover == NULL)
        row->facts |= POP_UNFLUSHED;
    row->since = import_stamp(import);
    row->missed = 0;
    row->word = POP_NO_WORD;
    row->keep_days = import->account->import.keep_days;
    row->hold[0] = '\0';
    if ((row->facts & POP_SHORT) == 0)
        row->why[0] = '\0';
    return keep_as_part(import, row);
}
