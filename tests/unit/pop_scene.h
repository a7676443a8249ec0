/* store/pop with a scripted server, and what it told: what the tests of its operations share. Included after cmocka.h. */
#ifndef TESTS_UNIT_POP_SCENE_H
#define TESTS_UNIT_POP_SCENE_H

#include <stdint.h>

#include "store/base/digest.h"
#include "store/pop/pop.h"
#include "fake_server.h"
#include "tests/rig/secret.h"

#define LOGIN "C:USER ana", "S:+OK", "C:PASS pw", "S:+OK in"

/* a server without CAPA: one command at a time */
#define OLD "S:+OK old", "C:CAPA", "S:-ERR what?", LOGIN
#define LIST_OF(words) "C:CAPA", "S:+OK", words, "S:."

/* no PIPELINING */
#define SERIAL "S:+OK hi", LIST_OF("s:USER\r\nUIDL\r\nTOP\r\n"), LOGIN, LIST_OF("s:USER\r\nUIDL\r\nTOP\r\n")
#define FULL "s:USER\r\nUIDL\r\nTOP\r\nPIPELINING\r\nIMPLEMENTATION Fake\r\n"
#define SIZES "s:+OK\r\n1 10\r\n2 99999999999\r\n.\r\n"
#define AHEAD(stat, uidl)                                                                                              \
    "S:+OK hi", LIST_OF(FULL), LOGIN, "C:CAPA", "C:STAT", "C:LIST", "C:UIDL", "S:+OK", FULL, "S:.", stat, SIZES, uidl
#define PIPELINED AHEAD("S:+OK 3 300", "s:+OK\r\n1 a\r\n2 b\r\n3 c\r\n.\r\n")
#define BYE "C:QUIT", "S:+OK bye"

static const uint32_t numbers[] = {1, 2, 3};

struct fixture {
    struct connection to;
    struct fake_server *server;
    struct pop *pop;
    struct maildrop drop;
    struct error err;
    char told[8192]; /* what callbacks were told */
    size_t told_len;
    size_t give_up; /* the callback that fails, counted from 1; 0: none */
    size_t calls;
    int said;
    bool stop;
    size_t stop_at;       /* call */
    size_t wanted, asked; /* of numbers */
};

static inline bool
is_stopped(void *context)
{
    return ((struct fixture *)context)->stop;
}

static inline void
hear(void *context, const char *words)
{
    struct fixture *fixture = context;

    assert_has(words, "trying again in 1 second");
    fixture->said++;
}

static inline bool
tell(struct fixture *fixture, const char *bytes, size_t len)
{
    assert_true(fixture->told_len + len < sizeof fixture->told);
    memcpy(fixture->told + fixture->told_len, bytes, len);
    fixture->told_len += len;
    fixture->calls++;
    fixture->stop = fixture->stop || (fixture->stop_at != 0 && fixture->calls == fixture->stop_at);
    if (fixture->calls != fixture->give_up)
        return true;
    error_set(&fixture->err, ERROR_LOCAL, "no space left");
    return false;
}

static inline bool
on_uidl(void *context, uint32_t number, const char *uidl)
{
    char line[128];

    text_print(line, sizeof line, "%u=%s;", (unsigned)number, uidl);
    return tell(context, line, strlen(line));
}

static inline bool
on_bytes(void *context, uint32_t number, const void *bytes, size_t len)
{
    (void)number;
    return tell(context, bytes, len);
}

static inline bool
on_end(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words)
{
    char line[600];

    text_print(line, sizeof line, "<%u %s%s>", (unsigned)number,
               outcome == MAILDROP_DONE ? "done" : "refused: ", words);
    return tell(context, line, strlen(line));
}

static inline struct fixture *
given_server_with(void **state, const struct certificate *certificate, const char *const *script)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    *state = fixture;
    fixture->server = given_server(certificate, script);
    fixture->to = (struct connection){.scheme = SCHEME_POP3,
                                      .host = "127.0.0.1",
                                      .port = fixture->server->port,
                                      .user = "ana",
                                      .tls = TLS_NONE,
                                      .timeout_s = 10,
                                      .secret = tell_secret,
                                      .secret_context = (void *)"pw",
                                      .said = hear,
                                      .said_context = fixture,
                                      .stopped = is_stopped,
                                      .stopped_context = fixture};
    fixture->pop = pop_new(&fixture->to);
    assert_non_null(fixture->pop);
    fixture->drop = pop_maildrop(fixture->pop);
    return fixture;
}

static inline struct fixture *
given_closed(void **state, const char *const *script)
{
    return given_server_with(state, NULL, script);
}

/* The connection was changed: a maildrop on it, open. */
static inline void
given_anew(struct fixture *fixture)
{
    pop_free(fixture->pop);
    fixture->pop = pop_new(&fixture->to);
    fixture->drop = pop_maildrop(fixture->pop);
    if (!fixture->drop.ops->open(fixture->drop.self, &fixture->err))
        fail_msg("%s: %s; server: %s", fixture->err.what, fixture->err.answer, fixture->server->complaint);
}

static inline struct fixture *
given(void **state, const char *const *script)
{
    struct fixture *fixture = given_closed(state, script);

    if (!fixture->drop.ops->open(fixture->drop.self, &fixture->err))
        fail_msg("%s: %s; server: %s", fixture->err.what, fixture->err.answer, fixture->server->complaint);
    return fixture;
}

static inline void
end(struct fixture *fixture)
{
    pop_free(fixture->pop);
    end_server(fixture->server);
    free(fixture);
}

static inline bool
on_next(void *context, uint32_t *number)
{
    struct fixture *fixture = context;

    *number = fixture->asked < fixture->wanted ? numbers[fixture->asked++] : 0;
    return true;
}

static inline bool
retrieve_into(struct fixture *fixture, size_t count,
              bool (*bytes)(void *context, uint32_t number, const void *bytes, size_t len))
{
    const struct maildrop_taker taker = {.context = fixture, .next = on_next, .bytes = bytes, .end = on_end};

    fixture->wanted = count;
    fixture->asked = 0;
    return fixture->drop.ops->retrieve(fixture->drop.self, &taker, &fixture->err);
}

static inline bool
retrieve(struct fixture *fixture, size_t count)
{
    return retrieve_into(fixture, count, on_bytes);
}

static inline bool
remove_all(struct fixture *fixture, size_t count)
{
    return fixture->drop.ops->remove(fixture->drop.self, numbers, count, on_end, fixture, &fixture->err);
}

static inline bool
uidls(struct fixture *fixture, bool *supported)
{
    return fixture->drop.ops->uidls(fixture->drop.self, on_uidl, fixture, supported, &fixture->err);
}

static inline bool
quit(struct fixture *fixture)
{
    return fixture->drop.ops->quit(fixture->drop.self, &fixture->err);
}

/* Nothing works any more, and each call says so. */
static inline void
assert_given_up(struct fixture *fixture)
{
    bool supported;
    uint64_t messages, bytes;

    for (int i = 0; i < 4; i++) {
        struct error *err = &fixture->err;

        *err = (struct error){.kind = ERROR_NONE};
        assert_false(i == 0   ? fixture->drop.ops->stat(fixture->drop.self, &messages, &bytes, err)
                     : i == 1 ? uidls(fixture, &supported)
                     : i == 2 ? remove_all(fixture, 1)
                              : quit(fixture));
        assert_true(err->kind == ERROR_NETWORK || err->kind == ERROR_SERVER);
    }
}

#endif
