/*
 * A server may refuse a RETR and send the message all the same: then each answer behind it is the one to the question before, and a message would
 * be stored as another. So what comes behind a refusal is held until nothing is in flight, and the smallest of it is asked for once more: only
 * where the same bytes come again question and answer are in step, and what was held is the mail that it was asked for as. Else nothing of it
 * is kept, the session is over, and what was refused goes last (import/suspects.c).
 *
 * What can't be held, since it goes to a command or too many files would be open, is asked for a second time once that is known.
 *
 * What is read to be compared can't be held at all: behind a refusal it is asked for one by one, and the first of it twice.
 */
#include "sync/import/batch.h"
#include "sync/import/fetch.h"
#include "sync/import/read.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"
#include "sync/import/step.h"

void
step_doubt(struct fetching *fetching)
{
    fetching->doubt = true;
    fetching->held = 0;
    fetching->sample = (struct sample){0};
}

bool
step_is_enough(const struct fetching *fetching)
{
    return fetching->doubt && (fetching->sample.number != 0 || fetching->asked > fetching->at);
}

bool
step_holds(struct fetching *fetching, struct arrival *arrival, const struct seen *seen)
{
    struct import *import = fetching->import;
    struct sample *sample = &fetching->sample;

    if (!fetching->doubt)
        return true;
    if (sample->number == 0 || seen->size < sample->seen.size)
        *sample = (struct sample){arrival->number, *seen};
    arrival->again = import->handover != NULL || fetching->held + 1 >= import_batch(import);
    fetching->held += !arrival->again;
    return !arrival->again;
}

/* ---- the sample, once more ---- */

static bool
is_same(const struct seen *one, const struct seen *other)
{
    return memcmp(one->body, other->body, DIGEST_SIZE) == 0 &&
           (memcmp(one->header, other->header, DIGEST_SIZE) == 0 || kin_same(&one->kin, &other->kin));
}

/* @return false */
static bool
out_of_step(struct import *import)
{
    error_set(&import->err, ERROR_NETWORK,
              "be certain which message came as which: the server's answers do not fit what was asked behind one "
              "that it refused");
    return false;
}

struct asking {
    struct import *import;
    const struct sample *sample;
    struct bytes_reading *reading;
    bool asked, refused, same;
    uint64_t bytes;
};

static bool
on_next(void *context, uint32_t *number)
{
    struct asking *asking = context;

    *number = asking->asked ? 0 : asking->sample->number;
    asking->asked = true;
    return true;
}

static bool
on_bytes(void *context, uint32_t number, const void *bytes, size_t len)
{
    struct asking *asking = context;

    (void)number;
    asking->bytes += len;
    if (asking->bytes > asking->sample->seen.size) /* it is another one, or it has another line in its header now */
        return import_pass_over(asking->import, asking->bytes) &&
               (bytes_add(asking->reading, bytes, len) || import_no_memory(asking->import));
    return bytes_add(asking->reading, bytes, len) || import_no_memory(asking->import);
}

static bool
on_end(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words)
{
    struct asking *asking = context;
    struct seen seen;

    (void)number, (void)words;
    if (!bytes_end(asking->reading, &seen))
        return import_no_memory(asking->import);
    asking->refused = outcome != MAILDROP_DONE;
    asking->same = !asking->refused && is_same(&seen, &asking->sample->seen);
    return true;
}

static bool
on_top(void *context, uint32_t number, const struct seen *seen, const char *words)
{
    struct asking *asking = context;

    (void)number, (void)words;
    asking->same = seen != NULL && (memcmp(seen->header, asking->sample->seen.header, DIGEST_SIZE) == 0 ||
                                    kin_same(&seen->kin, &asking->sample->seen.kin));
    return true;
}

/* A server that gives no more mail has its header still. */
static bool
ask_sample(struct asking *asking)
{
    struct import *import = asking->import;
    const struct maildrop_taker taker = {.context = asking, .next = on_next, .bytes = on_bytes, .end = on_end};

    asking->refused = import->throttled;
    if (!import->throttled && !import->maildrop.ops->retrieve(import->maildrop.self, &taker, &import->err))
        return false;
    return !asking->refused || import_top(import, &asking->sample->number, 1, on_top, asking);
}

/* Those that are asked for a second time stand behind all others now, and are next. */
static bool
sort_again(struct fetching *fetching)
{
    const size_t end = fetching->at;
    struct arrival *again = calloc(end - fetching->flushed + 1, sizeof *again);
    size_t count = 0, at = fetching->flushed;

    if (again == NULL)
        return import_no_memory(fetching->import);
    for (size_t i = fetching->flushed; i < end; i++) {
        struct arrival *arrival = arrival_at(fetching, i);

        if (arrival->again)
            again[count++] = *arrival;
        else
            *arrival_at(fetching, at++) = *arrival;
    }
    fetching->at = fetching->asked = at;
    for (size_t i = 0; i < count; i++) {
        again[i].again = false;
        *arrival_at(fetching, at + i) = again[i];
    }
    free(again);
    return true;
}

bool
step_settle(struct fetching *fetching)
{
    struct import *import = fetching->import;
    struct asking asking = {.import = import, .sample = &fetching->sample};
    bool ok;

    assert(fetching->asked == fetching->at);
    if (!fetching->doubt || fetching->sample.number == 0)
        return true;
    asking.reading = bytes_new();
    ok = asking.reading != NULL ? ask_sample(&asking) : import_no_memory(import);
    bytes_free(asking.reading);
    if (!ok)
        return false;
    if (!asking.same)
        return out_of_step(import);
    suspects_in_step(import->suspects);
    fetching->doubt = false;
    return sort_again(fetching);
}

/* ---- what is read to be compared ---- */

void
behind_refused(struct behind *behind, size_t next)
{
    if (!behind->draining)
        *behind = (struct behind){.draining = true, .next = next};
}

bool
behind_may_ask(const struct behind *behind, size_t asked, size_t at)
{
    return !behind->draining && (!behind->doubt || asked == at);
}

bool
behind_came(struct import *import, struct behind *behind, uint32_t number, const struct seen *seen, bool *certain)
{
    const bool again = behind->doubt && !behind->draining && behind->sample.number == number;

    *certain = again || !(behind->doubt || behind->draining);
    if (!again) {
        if (!*certain && (!behind->draining || behind->sample.number == 0))
            behind->sample = (struct sample){number, *seen};
        return true;
    }
    if (!is_same(seen, &behind->sample.seen))
        return out_of_step(import);
    suspects_in_step(import->suspects);
    *behind = (struct behind){0};
    return true;
}

void
behind_go_on(struct behind *behind, size_t *asked, size_t *at)
{
    if (!behind->draining)
        return;
    behind->draining = false;
    behind->doubt = true;
    *asked = *at = behind->next;
}
