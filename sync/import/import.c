/*
 * An import run from its beginning to its end. Read this first; import/private.h says where the rest stands.
 *
 * Nothing that is on the server is touched before what the journal knew of it is durable here; what is to be removed is marked last and
 * is gone with QUIT alone. A session that breaks before has removed nothing.
 */
#include "sync/import/private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
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

bool
import_stopped(const struct import *import)
{
    return import->options->stopped != NULL && import->options->stopped(import->options->stopped_context);
}

bool
import_interrupted(struct import *import)
{
    error_set(&import->err, ERROR_INTERRUPTED, "import");
    return false;
}

bool
import_no_memory(struct import *import)
{
    error_set(&import->err, ERROR_LOCAL, "get memory");
    error_hint(&import->err, "free some memory and run golub again; nothing is lost");
    return false;
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

    error_set(&err, ERROR_SERVER, "%s message %" PRIu32 " (UIDL %s)", what, number, uidl);
    error_answer(&err, text_of(words));
    error_hint(&err, "%s", hint);
    import->counts.failed++;
    import_problem_of(import, what, &err);
}

static void
say_refusals(struct import *import)
{
    for (size_t i = 0; i < REFUSAL_KINDS; i++) {
        const struct refusals *refusals = &import->refusals[i];
        struct error err = {0};

        if (refusals->count <= REFUSALS_SAID)
            continue;
        error_set(&err, ERROR_SERVER, "%s %" PRIu64 " more messages", refusals->what, refusals->count - REFUSALS_SAID);
        error_answer(&err, text_of(refusals->words));
        error_hint(&err, "that was said about the last one; the next run tries them again");
        import_problem(import, &err);
    }
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

const char *
import_mailbox(const struct import *import)
{
    return import->handover == NULL ? import->account->import.deliver_to : "INBOX"; /* what a maildrop is */
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

void
import_set_stored(const struct import *import, struct journal_pop *row)
{
    row->state = POP_STORED;
    row->since = import_stamp(import);
    row->missed = 0;
    row->word = POP_NO_WORD;
    row->keep_days = import->account->import.keep_days;
    row->hold[0] = '\0';
    if ((row->facts & POP_SHORT) == 0)
        row->why[0] = '\0';
}

/* What max-messages leaves on the server has no row; `status` tells of it. */
static bool
note_left(struct import *import)
{
    char *known, now[32];
    bool same;

    (void)text_print(now, sizeof now, "%" PRIu64, import->counts.kept_by_policy);
    if (!journal_get(import->journal, "left", &known, &import->err))
        return false;
    same = strcmp(known != NULL ? known : "0", now) == 0;
    free(known);
    if (same)
        return true;
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, journal_set(import->journal, "left", now, &import->err));
}

/*
 * At the end of a run that came to its end: time goes on for what is kept, and what was met is not met again. Stamps that lie ahead, after a
 * clock that jumped and came back, are brought back.
 */
bool
import_count_time(struct import *import)
{
    struct journal *journal = import->journal;
    char stamp[32];
    uint64_t rows;
    bool due;

    if (import->dry)
        return true;
    /* An empty maildrop is met by nothing: what comes into it later may be here already. */
    if (import->unmet || (import->first && import->messages == 0))
        return true;
    if (!journal_pop_count_all(journal, &rows, &import->err))
        return false;
    due = rows > 0 && age_is_due(&import->age);
    if (!due && !import->first && !import->folders.moved && !import->widen)
        return true;
    (void)text_print(stamp, sizeof stamp, "%" PRId64, import_stamp(import));
    if (!journal_begin(journal, &import->err))
        return false;
    return import_end(import, journal_set(journal, "met", "1", &import->err) &&
                                  (!import->widen || journal_set(journal, "wide", stamp, &import->err)) &&
                                  (!import->folders.moved || import_here_save(import)) &&
                                  (!due || (journal_pop_clamp(journal, import_stamp(import), &import->err) &&
                                            age_save(journal, &import->age, &import->err))));
}

static bool
work(struct import *import)
{
    if (!import_confirmed(import) || !import_situation(import) || !import_recover(import) || !import_here(import))
        return false;
    if (!import->maildrop.ops->open(import->maildrop.self, &import->err))
        return false;
    import->maildrop.ops->info(import->maildrop.self, &import->info);
    if (!import_list(import) || !import_same_maildrop(import) || !import_meet(import) || !import_match(import))
        return false;
    if (import->options->skip_existing)
        return import_skip(import) && note_left(import) && import_remove(import) && import_count_time(import);
    /* What is known only by its bytes is known before it is judged; what turns out to be another message is compared behind the new ones. */
    return (import->identity == BY_BODY || (import_compare(import) && import_compare_new(import))) &&
           import_keep(import) && import_fetch(import) && import_compare(import) && note_left(import) &&
           import_remove(import) && import_count_time(import);
}

/* Right behind the last message came what is no answer: the line that seemed to end it may have been one of its own. */
static void
note_lost_track(struct import *import)
{
    struct error why = import->err;
    struct journal_pop row;

    import->maildrop.ops->info(import->maildrop.self, &import->info);
    if (!import->info.lost_track || import->last_row == 0)
        return;
    import->err = (struct error){0};
    if (import_load(import, import->last_row, &row) && (row.facts & POP_SHORT) == 0) {
        row.facts |= (row.facts & POP_CUT) != 0 ? POP_SHORT : POP_CUT; /* twice: it is not read once more */
        (void)text_print(row.why, sizeof row.why,
                         "the server's answer to it did not end where it should: its end may be missing here");
        if (import_save(import, &row))
            import_refused(import, "be certain of the end of", 0, row.uidl, row.why, "it stays on the server");
    }
    import->err = why;
}

static int
status_of(const struct error *err)
{
    switch (err->kind) {
    case ERROR_CONFIG:
        return 2;
    case ERROR_LOGIN:
        return 4;
    case ERROR_NETWORK:
        return 5;
    case ERROR_LOCKED:
        return 6;
    default:
        return 1;
    }
}

static int
conclude(struct import *import, bool ok)
{
    if (!ok && import->err.kind != ERROR_INTERRUPTED) {
        if (import->err.kind == ERROR_LOCAL && import->err.hint[0] == '\0')
            error_hint(&import->err, "put that right and run golub again; what is not here is still on the server");
        (void)text_print(import->err.account, sizeof import->err.account, "%s", import->account->name);
        report_error(import->report, &import->err);
        return status_of(&import->err);
    }
    if (import->partial || !ok)
        return 1;
    return import->held ? 3 : 0;
}

int
import_run(const struct account *account, const struct sync_options *options, struct maildrop maildrop,
           struct local local, struct handover *handover, struct beside *beside, struct journal *journal,
           struct report *report)
{
    struct import import = {.account = account,
                            .options = options,
                            .maildrop = maildrop,
                            .local = local,
                            .handover = handover,
                            .beside = beside,
                            .journal = journal,
                            .report = report,
                            .dry = options->dry_run,
                            .may_fetch = account->policy.pull.new_mail,
                            .may_remove = account->policy.push.deletes};
    struct timespec begin, end;
    bool ok;
    int status;

    import.now = import_now(&import);
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    report_import(report, account->name);
    report_begin(report, account->name, import.dry);
    ok = work(&import);
    journal_rollback(journal); /* of what failed half-way */
    note_lost_track(&import);
    import.maildrop.ops->close(import.maildrop.self);
    if (handover == NULL)
        import.local.ops->close(import.local.self);
    say_refusals(&import);
    import_here_free(&import);
    free(import.sizes);
    status = conclude(&import, ok);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    report_result(report, account->name, status, &import.counts,
                  (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
                  import_stopped(&import) || import.err.kind == ERROR_INTERRUPTED);
    return status;
}
