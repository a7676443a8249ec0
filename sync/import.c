/*
 * An import run from its beginning to its end. Read this first; import_private.h says where the rest stands.
 *
 * Nothing that is on the server is touched before what the journal knew of it is durable here; what is to be removed is marked last and
 * is gone with QUIT alone. A session that breaks before has removed nothing.
 */
#include "sync/import_private.h"

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

void
import_new_row(const struct import *import, const char *uidl, struct journal_pop *row)
{
    *row = (struct journal_pop){
        .state = POP_FETCHING, .since = import->now, .keep_days = import->account->import.keep_days};
    (void)text_print(row->uidl, sizeof row->uidl, "%s", uidl);
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
    row->since = import_now(import);
    row->keep_days = import->account->import.keep_days;
    row->hold[0] = row->why[0] = '\0';
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

static bool
work(struct import *import)
{
    if (!import_confirmed(import) || !import_situation(import) || !import_recover(import))
        return false;
    if (!import->maildrop.ops->open(import->maildrop.self, &import->err))
        return false;
    import->maildrop.ops->info(import->maildrop.self, &import->info);
    if (!import_list(import))
        return false;
    if (import->options->skip_existing)
        return import_skip(import) && note_left(import) && import_remove(import);
    return import_keep(import) && import_fetch(import) && note_left(import) && import_remove(import);
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
           struct local local, struct handover *handover, struct journal *journal, struct report *report)
{
    struct import import = {.account = account,
                            .options = options,
                            .maildrop = maildrop,
                            .local = local,
                            .handover = handover,
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
    import.maildrop.ops->close(import.maildrop.self);
    if (handover == NULL)
        import.local.ops->close(import.local.self);
    say_refusals(&import);
    status = conclude(&import, ok);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    report_result(report, account->name, status, &import.counts,
                  (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
                  import_stopped(&import) || import.err.kind == ERROR_INTERRUPTED);
    return status;
}
