/*
 * The maildrop between the import and the server's: it knows what is in flight, refuses what is held back (import/suspects.c), and asks for a
 * suspect whose turn it is when nothing else is in flight. All else goes through as it is.
 */
#include "sync/import/suspects.h"

/* More than the ring holds are never in flight: that is the import's own window. */
static void
asked(struct suspects *suspects, uint32_t number)
{
    assert(suspects->flying_end - suspects->flying_first < IMPORT_RING);
    suspects->flying[suspects->flying_end++ % IMPORT_RING] = number;
}

static void
answered(struct suspects *suspects, uint32_t number, bool refused)
{
    const size_t index = suspects_find(suspects, number);

    if (suspects->flying_first < suspects->flying_end)
        suspects->flying_first++;
    if (refused && !suspects->topping) { /* a server that sends it all the same breaks the line behind it */
        if (suspects->refused == 0 || index != SUSPECT_NONE)
            suspects->refused = number;
        return;
    }
    if (index != SUSPECT_NONE && (!suspects->topping || suspects->list[index].at_top))
        suspects_forget(suspects, index);
}

/* ---- RETR ---- */

struct retrieving {
    struct suspects *suspects;
    const struct maildrop_taker *taker;
    uint32_t waiting; /* a suspect, until nothing is in flight; 0: none */
    bool sent;        /* it was */
};

static bool
on_next(void *context, uint32_t *number)
{
    struct retrieving *retrieving = context;
    struct suspects *suspects = retrieving->suspects;

    *number = 0;
    if (retrieving->waiting != 0)
        return true;
    if (!retrieving->taker->next(retrieving->taker->context, number))
        return false;
    if (*number != 0 && suspects_find(suspects, *number) != SUSPECT_NONE) {
        retrieving->waiting = *number;
        *number = 0;
    }
    if (*number != 0)
        asked(suspects, *number);
    return true;
}

static bool
on_next_alone(void *context, uint32_t *number)
{
    struct retrieving *retrieving = context;

    *number = retrieving->sent ? 0 : retrieving->waiting;
    retrieving->sent = true;
    if (*number != 0)
        asked(retrieving->suspects, *number);
    return true;
}

static bool
on_bytes(void *context, uint32_t number, const void *bytes, size_t len)
{
    struct retrieving *retrieving = context;

    return retrieving->taker->bytes(retrieving->taker->context, number, bytes, len);
}

static bool
on_end(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words)
{
    struct retrieving *retrieving = context;

    answered(retrieving->suspects, number, outcome != MAILDROP_DONE);
    return retrieving->taker->end(retrieving->taker->context, number, outcome, words);
}

/* Nothing is in flight: refused, or asked for by itself. */
static bool
take_waiting(struct retrieving *retrieving, struct error *err)
{
    struct suspects *suspects = retrieving->suspects;
    const struct maildrop_taker alone = {
        .context = retrieving, .next = on_next_alone, .bytes = on_bytes, .end = on_end};
    const uint32_t number = retrieving->waiting;
    char why[SUSPECT_WHY];

    if (suspects_hold_back(suspects->import, number, why)) {
        retrieving->waiting = 0;
        return retrieving->taker->end(retrieving->taker->context, number, MAILDROP_REFUSED, why);
    }
    retrieving->sent = false;
    if (!suspects->maildrop.ops->retrieve(suspects->maildrop.self, &alone, err))
        return false;
    retrieving->waiting = 0;
    return true;
}

static bool
retrieve(void *self, const struct maildrop_taker *taker, struct error *err)
{
    struct suspects *suspects = self;
    struct retrieving retrieving = {.suspects = suspects, .taker = taker};
    const struct maildrop_taker mine = {.context = &retrieving, .next = on_next, .bytes = on_bytes, .end = on_end};

    suspects->topping = false;
    for (;;) {
        if (!suspects->maildrop.ops->retrieve(suspects->maildrop.self, &mine, err))
            return false;
        if (retrieving.waiting == 0)
            return true;
        if (!take_waiting(&retrieving, err))
            return false;
    }
}

/* ---- TOP ---- */

static size_t
count_usual(const struct suspects *suspects, const uint32_t *numbers, size_t count)
{
    size_t n = 0;

    while (n < count && suspects_find(suspects, numbers[n]) == SUSPECT_NONE)
        n++;
    return n;
}

/* @param count  without suspects; or one, which is asked for by itself */
static bool
ask_tops(struct retrieving *retrieving, const uint32_t *numbers, size_t count, bool *supported, struct error *err)
{
    struct suspects *suspects = retrieving->suspects;
    const struct maildrop_taker mine = {.context = retrieving, .bytes = on_bytes, .end = on_end};

    for (size_t i = 0; i < count; i++)
        asked(suspects, numbers[i]);
    if (!suspects->maildrop.ops->headers(suspects->maildrop.self, numbers, count, &mine, supported, err))
        return false;
    suspects->flying_first = suspects->flying_end; /* all, but where there is no TOP */
    return true;
}

static bool
headers(void *self, const uint32_t *numbers, size_t count, const struct maildrop_taker *taker, bool *supported,
        struct error *err)
{
    struct suspects *suspects = self;
    struct retrieving retrieving = {.suspects = suspects, .taker = taker};
    char why[SUSPECT_WHY];

    suspects->topping = true;
    *supported = true;
    for (size_t i = 0; i < count && *supported;) {
        size_t some = count_usual(suspects, numbers + i, count - i);
        const bool held = some == 0 && suspects_hold_top(suspects->import, numbers[i], why);

        some = some == 0 ? 1 : some;
        if (held ? !taker->end(taker->context, numbers[i], MAILDROP_REFUSED, why)
                 : !ask_tops(&retrieving, numbers + i, some, supported, err))
            return false;
        i += some;
    }
    return true;
}

/* ---- what goes through ---- */

static bool
open_drop(void *self, struct error *err)
{
    struct suspects *suspects = self;

    suspects_begin(suspects);
    if (!suspects->maildrop.ops->open(suspects->maildrop.self, err))
        return false;
    suspects->opened = true;
    return true;
}

static void
info(void *self, struct maildrop_info *out)
{
    struct suspects *suspects = self;

    suspects->maildrop.ops->info(suspects->maildrop.self, out);
}

static bool
stat_drop(void *self, uint64_t *messages, uint64_t *bytes, struct error *err)
{
    struct suspects *suspects = self;

    return suspects->maildrop.ops->stat(suspects->maildrop.self, messages, bytes, err);
}

static bool
uidls(void *self, bool (*item)(void *context, uint32_t number, const char *uidl), void *context, bool *supported,
      struct error *err)
{
    struct suspects *suspects = self;

    return suspects->maildrop.ops->uidls(suspects->maildrop.self, item, context, supported, err);
}

static bool
sizes(void *self, bool (*item)(void *context, uint32_t number, uint64_t size), void *context, struct error *err)
{
    struct suspects *suspects = self;

    return suspects->maildrop.ops->sizes(suspects->maildrop.self, item, context, err);
}

static bool
remove_messages(void *self, const uint32_t *numbers, size_t count,
                bool (*item)(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words),
                void *context, struct error *err)
{
    struct suspects *suspects = self;

    return suspects->maildrop.ops->remove(suspects->maildrop.self, numbers, count, item, context, err);
}

static bool
quit(void *self, struct error *err)
{
    struct suspects *suspects = self;

    return suspects->maildrop.ops->quit(suspects->maildrop.self, err);
}

static void
close_drop(void *self)
{
    struct suspects *suspects = self;

    suspects->maildrop.ops->close(suspects->maildrop.self);
}

struct maildrop
suspects_maildrop(struct suspects *suspects)
{
    static const struct maildrop_ops ops = {
        .open = open_drop,
        .info = info,
        .stat = stat_drop,
        .uidls = uidls,
        .sizes = sizes,
        .headers = headers,
        .retrieve = retrieve,
        .remove = remove_messages,
        .quit = quit,
        .close = close_drop,
    };

    return (struct maildrop){&ops, suspects};
}
