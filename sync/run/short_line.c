/* See short_line.h. */
#include "sync/run/short_line.h"

#include "sync/run/attempts.h"

#include <inttypes.h>

#define LEAST 1024 /* bytes of the answer: a server that ends the line sooner says the same of any mailbox */
#define NEAR 64    /* this part of what came of the answer: behind TLS bytes come by the record */

/* So many bytes on this line. */
static uint64_t
received(struct run *run)
{
    struct remote_info info;

    run->attempts.server.ops->info(run->attempts.server.self, &info);
    return info.bytes_down;
}

void
short_line_begin(struct run *run)
{
    run->attempts.began = received(run);
}

static bool
is_same_place(const struct suspect *one, const struct suspect *other)
{
    const uint64_t own = one->own < other->own ? one->own : other->own;
    const uint64_t apart = one->broke > other->broke ? one->broke - other->broke : other->broke - one->broke;

    return own >= LEAST && apart <= own / NEAR;
}

void
short_line_judge(struct run *run, struct suspect *suspect)
{
    if (suspect == NULL)
        return;
    suspect->broke = received(run);
    suspect->own = suspect->broke > run->attempts.began ? suspect->broke - run->attempts.began : 0;
    for (size_t i = 0; i < run->attempts.count; i++) {
        struct suspect *other = &run->attempts.at[i];

        if (other != suspect && (other->what == ATTEMPT_LOOK || other->what == ATTEMPT_BARE) &&
            is_same_place(suspect, other))
            suspect->of_line = other->of_line = true;
    }
    suspect->exact = suspect->exact || suspect->of_line;
}

/* What was written down of them when the line was opened again is taken back. */
static bool
absolve(struct run *run)
{
    bool ok = run->dry || run_begin(run);

    for (size_t i = 0; ok && i < run->attempts.count; i++) {
        struct suspect *suspect = &run->attempts.at[i];

        if (!suspect->of_line)
            continue;
        suspect->unreadable = suspect->told = false;
        run->attempts.news = true;
        ok = run->dry || journal_pending_clear(run->journal, suspect->mailbox, 0, &run->err);
    }
    return (run->dry || run_end(run, ok)) && attempts_write(run);
}

bool
short_line_end(struct run *run, bool ok)
{
    const struct error why = run->err;
    const struct suspect *one = NULL;

    for (size_t i = 0; i < run->attempts.count; i++) {
        if (run->attempts.at[i].of_line)
            one = &run->attempts.at[i];
    }
    if (one == NULL)
        return ok;
    const uint64_t broke = one->broke;

    journal_rollback(run->journal); /* what failed half-way */
    run->err = (struct error){0};
    if (!absolve(run))
        return false;
    if (!ok && why.kind != ERROR_NETWORK) {
        run->err = why;
        return false;
    }
    error_state(&run->err, ERROR_NETWORK,
                "the line to the server ends each time when about %" PRIu64
                " bytes have come, whichever mailbox is listed: something between here and there ends it",
                broke);
    (void)text_print(run->err.hint, sizeof run->err.hint,
                     "A firewall, a proxy, a tunnel or its MTU may do that. What is small enough was done.");
    return false;
}
