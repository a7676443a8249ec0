/*
 * A whole POP3 session's bytes, from after the login on, into every operation of the maildrop. The stream and the
 * prologue are replaced by what is below: what is written is thrown away, what is read is the input. Besides memory
 * errors this looks at what the maildrop promises to its caller: every item once and in order, legal numbers and
 * unique-ids, bodies that are the same however they are cut, nothing more after an answer was lost track of.
 *
 *     byte 0   which operation      byte 1   what the server can do      byte 2   how many bytes come at once
 */
#include "tests/fuzz/fuzz_stream.h"

#include "store/pop/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned can; /* bits of what the server says that it can do; 0: it knows no CAPA */

/* ---- instead of the prologue ---- */

struct pop_session *
pop_session_open(const struct connection *to, int *again_s, struct error *err)
{
    static const char *const capabilities[] = {"USER", "UIDL", "TOP", "PIPELINING"};
    struct pop_session *session = calloc(1, sizeof *session);

    (void)err;
    *again_s = 0;
    assert(session != NULL);
    session->can = pop_capabilities_new();
    if (can == 0)
        return session; /* no CAPA */
    pop_capabilities_begin(&session->can);
    for (size_t i = 0; i < 4; i++)
        if (can & 1u << i)
            pop_capabilities_add(&session->can, text_of(capabilities[i]), to->disable);
    return session;
}

int
pop_session_again(const char *code, int login_delay)
{
    (void)code;
    (void)login_delay;
    return 0;
}

void
pop_session_close(struct pop_session *session)
{
    if (session == NULL)
        return;
    pop_capabilities_free(&session->can);
    free(session);
}

static void
look_at_what_is_sent(const struct stream *stream, const uint8_t *bytes, size_t len)
{
    (void)stream;
    assert(memchr(bytes, '\0', len) == NULL);
}

/* ---- the caller, who believes nothing ---- */

static const uint32_t numbers[] = {1, 2, 3, 4294967295};
#define NUMBERS (sizeof numbers / sizeof numbers[0])

static struct {
    size_t next; /* item that must be told next */
    size_t asked;
    bool inside; /* bytes of it came */
} told;

static bool
on_uidl(void *context, uint32_t number, const char *uidl)
{
    const size_t len = strlen(uidl);

    (void)context;
    assert(len <= MAILDROP_UIDL_MAX && (number != 0 || len == 0));
    for (size_t i = 0; i < len; i++)
        assert((uidl[i] > ' ' || uidl[0] == '(') && uidl[i] >= ' ' && uidl[i] < 127);
    return true;
}

static bool
on_size(void *context, uint32_t number, uint64_t size)
{
    (void)context;
    assert(number != 0 && size <= INT64_MAX);
    return true;
}

static bool
on_bytes(void *context, uint32_t number, const void *bytes, size_t len)
{
    (void)context;
    assert(told.next < NUMBERS && number == numbers[told.next] && bytes != NULL && len > 0);
    told.inside = true;
    return true;
}

static bool
on_end(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words)
{
    (void)context;
    assert(told.next < NUMBERS && number == numbers[told.next]);
    assert(outcome == MAILDROP_DONE || (!told.inside && words[0] != '\0'));
    told.next++;
    told.inside = false;
    return true;
}

static bool
on_next(void *context, uint32_t *number)
{
    (void)context;
    assert(told.next <= told.asked && told.asked <= NUMBERS);
    *number = told.asked < NUMBERS ? numbers[told.asked++] : 0;
    return true;
}

/* @return false: the maildrop must not be believed any more */
static bool
run_operation(struct maildrop drop, unsigned which, struct error *err)
{
    const struct maildrop_taker taker = {.next = on_next, .bytes = on_bytes, .end = on_end};
    uint64_t messages, bytes;
    bool supported = false, done;

    told.next = told.asked = 0;
    told.inside = false;
    switch (which % 6) {
    case 0:
        return drop.ops->stat(drop.self, &messages, &bytes, err);
    case 1:
        return drop.ops->uidls(drop.self, on_uidl, NULL, &supported, err);
    case 2:
        return drop.ops->sizes(drop.self, on_size, NULL, err);
    case 3:
        done = drop.ops->headers(drop.self, numbers, NUMBERS, &taker, &supported, err);
        supported = !supported;
        break;
    case 4:
        done = drop.ops->retrieve(drop.self, &taker, err);
        break;
    default:
        done = drop.ops->remove(drop.self, numbers, NUMBERS, on_end, NULL, err);
        break;
    }
    assert(!done || supported || told.next == NUMBERS);
    return done;
}

/* ---- bodies, cut at random and whole ---- */

static uint64_t
digest_body(const uint8_t *data, size_t size, size_t piece, size_t *taken)
{
    struct multiline body;
    uint64_t hash = 14695981039346656037u;

    multiline_begin(&body, false);
    *taken = 0;
    while (*taken < size && !multiline_ended(&body)) {
        const size_t len = size - *taken < piece ? size - *taken : piece;
        struct text run;
        const size_t moved = multiline_take(&body, (const char *)data + *taken, len, &run);

        assert(moved <= len && moved + run.len > 0);
        *taken += moved;
        for (size_t i = 0; i < run.len; i++)
            hash = (hash ^ (uint8_t)run.at[i]) * 1099511628211u;
    }
    return hash;
}

static void
compare_bodies(const uint8_t *data, size_t size, size_t piece)
{
    size_t whole, cut;

    assert(digest_body(data, size, SIZE_MAX, &whole) == digest_body(data, size, piece, &cut));
    assert(whole == cut);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct connection connection = {.host = "localhost", .timeout_s = 1};
    struct error err = {.kind = ERROR_NONE};
    struct maildrop_info info;

    if (size < 3)
        return 0;
    can = data[1] & 0xf;
    wire_begin(data + 3, size - 3, data[2]);
    wire.silent = true;
    wire.on_write = look_at_what_is_sent;
    compare_bodies(data + 3, size - 3, wire.piece);
    struct pop *pop = pop_new(&connection);
    assert(pop != NULL);
    struct maildrop drop = pop_maildrop(pop);
    if (drop.ops->open(drop.self, &err)) {
        bool whole = true;
        for (unsigned which = data[0]; which > 0 && whole; which /= 6)
            whole = run_operation(drop, which, &err);
        assert(whole || err.kind != ERROR_NONE);
        if (!whole && pop->pipeline.broken) {
            assert(!run_operation(drop, 5, &err) && told.next == 0);
            assert(err.kind == ERROR_NETWORK || err.kind == ERROR_SERVER);
        }
        bool said_goodbye = drop.ops->quit(drop.self, &err);
        assert(said_goodbye || err.kind != ERROR_NONE);
    }
    drop.ops->info(drop.self, &info);
    pop_free(pop);
    return 0;
}
