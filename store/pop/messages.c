/* Operations on single messages: TOP, RETR, DELE. */
#include "store/pop/client.h"

/* ---- RETR ---- */

struct retrieving {
    const struct maildrop_taker *taker;
    uint32_t numbers[PIPELINE_WINDOW]; /* of what is in flight: number of command i at i % PIPELINE_WINDOW */
};

static uint32_t
number_at(const struct retrieving *retrieving, size_t index)
{
    return retrieving->numbers[index % PIPELINE_WINDOW];
}

static bool
find_next(void *self, size_t *count)
{
    struct retrieving *retrieving = self;
    uint32_t number;

    if (!retrieving->taker->next(retrieving->taker->context, &number))
        return false;
    if (number != 0)
        retrieving->numbers[(*count)++ % PIPELINE_WINDOW] = number;
    return true;
}

static void
write_retrieve(void *self, size_t index, char text[static PIPELINE_COMMAND])
{
    (void)text_print(text, PIPELINE_COMMAND, "RETR %lu", (unsigned long)number_at(self, index));
}

static void
show_refusal(char shown[static 512], struct text words)
{
    error_escape(shown, 512, words.len > 0 ? words : TEXT("-ERR"));
}

static bool
take_retrieve_status(void *self, size_t index, bool ok, struct text words)
{
    const struct retrieving *retrieving = self;
    char shown[512];

    if (ok)
        return true;
    show_refusal(shown, words);
    return retrieving->taker->end(retrieving->taker->context, number_at(retrieving, index), MAILDROP_REFUSED, shown);
}

static bool
take_bytes(void *self, size_t index, const char *bytes, size_t len)
{
    const struct retrieving *retrieving = self;

    return retrieving->taker->bytes(retrieving->taker->context, number_at(retrieving, index), bytes, len);
}

static bool
take_end(void *self, size_t index)
{
    const struct retrieving *retrieving = self;

    return retrieving->taker->end(retrieving->taker->context, number_at(retrieving, index), MAILDROP_DONE, "");
}

bool
pop_retrieve(void *self, const struct maildrop_taker *taker, struct error *err)
{
    struct pop *pop = self;
    struct retrieving retrieving = {.taker = taker};
    const struct pipeline_batch batch = {.self = &retrieving,
                                         .more = find_next,
                                         .command = write_retrieve,
                                         .status = take_retrieve_status,
                                         .data = take_bytes,
                                         .end = take_end};

    return pop_is_open(pop, err) && pop_drain(pop, err) && pipeline_run(&pop->pipeline, &batch, err);
}

/* ---- DELE ---- */

struct removing {
    const uint32_t *numbers;
    bool (*item)(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words);
    void *context;
};

static void
write_remove(void *self, size_t index, char text[static PIPELINE_COMMAND])
{
    const struct removing *removing = self;

    (void)text_print(text, PIPELINE_COMMAND, "DELE %lu", (unsigned long)removing->numbers[index]);
}

static bool
take_remove_status(void *self, size_t index, bool ok, struct text words)
{
    const struct removing *removing = self;
    char shown[512] = "";

    if (!ok)
        show_refusal(shown, words);
    return removing->item(removing->context, removing->numbers[index], ok ? MAILDROP_DONE : MAILDROP_REFUSED, shown);
}

bool
pop_remove(void *self, const uint32_t *numbers, size_t count,
           bool (*item)(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words),
           void *context, struct error *err)
{
    struct pop *pop = self;
    struct removing removing = {.numbers = numbers, .item = item, .context = context};
    const struct pipeline_batch batch = {
        .count = count, .self = &removing, .command = write_remove, .status = take_remove_status};

    return pop_is_open(pop, err) && pop_drain(pop, err) && pipeline_run(&pop->pipeline, &batch, err);
}

/* ---- TOP ---- */

struct topping {
    struct pop *pop;
    const uint32_t *numbers;
    const struct maildrop_taker *taker;
    bool probe;   /* nobody knows yet whether the server has TOP */
    bool missing; /* [out] it has none */
};

static void
write_top(void *self, size_t index, char text[static PIPELINE_COMMAND])
{
    const struct topping *topping = self;

    (void)text_print(text, PIPELINE_COMMAND, "TOP %lu 0", (unsigned long)topping->numbers[index]);
}

static bool
take_top_status(void *self, size_t index, bool ok, struct text words)
{
    struct topping *topping = self;
    char shown[512];

    if (ok) {
        topping->pop->top_proven = true;
        return true;
    }
    if (topping->probe) {
        topping->missing = true;
        return true;
    }
    show_refusal(shown, words);
    return topping->taker->end(topping->taker->context, topping->numbers[index], MAILDROP_REFUSED, shown);
}

static bool
take_top_bytes(void *self, size_t index, const char *bytes, size_t len)
{
    const struct topping *topping = self;

    return topping->taker->bytes(topping->taker->context, topping->numbers[index], bytes, len);
}

static bool
take_top_end(void *self, size_t index)
{
    const struct topping *topping = self;

    return topping->taker->end(topping->taker->context, topping->numbers[index], MAILDROP_DONE, "");
}

static bool
run_tops(struct topping *topping, size_t count, struct error *err)
{
    const struct pipeline_batch batch = {.count = count,
                                         .self = topping,
                                         .command = write_top,
                                         .status = take_top_status,
                                         .data = take_top_bytes,
                                         .end = take_top_end};

    return pipeline_run(&topping->pop->pipeline, &batch, err);
}

/* Without CAPA the first TOP tells whether there is one: it goes alone, and its refusal is taken for "no". */
bool
pop_headers(void *self, const uint32_t *numbers, size_t count, const struct maildrop_taker *taker, bool *supported,
            struct error *err)
{
    struct pop *pop = self;
    struct topping topping = {.pop = pop, .numbers = numbers, .taker = taker};

    if (!pop_is_open(pop, err) || !pop_drain(pop, err))
        return false;
    *supported = pop->can.top;
    if (count == 0 || !pop->can.top)
        return true;
    topping.probe = !pop->can.known && !pop->top_proven;
    if (topping.probe) {
        if (!run_tops(&topping, 1, err))
            return false;
        *supported = !topping.missing;
        if (topping.missing)
            return true;
        topping.probe = false;
        topping.numbers++;
        count--;
    }
    return run_tops(&topping, count, err);
}
