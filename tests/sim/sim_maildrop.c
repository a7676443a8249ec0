/* The simulated maildrop: its messages, and the table of functions that the import is given. */
#include "tests/sim/sim_maildrop.h"

#define FLYING_MAX 7 /* messages asked for before the first is answered */

#define REPEATED_UIDLS 3 /* for all messages, where a server repeats them */

void
maildrop_sim_init(struct maildrop_sim *drop, struct world *world)
{
    memset(drop, 0, sizeof *drop);
    drop->world = world;
    drop->top = drop->capa = true;
}

uint64_t
maildrop_sim_size(const struct maildrop_sim *drop, int content)
{
    uint64_t len = content_get(content)->len;

    if (drop->recounted == RECOUNT_NONE)
        return 0;
    len += drop->recounted == RECOUNT_ALL || (drop->recounted > 0 && content % 3 == 0) ? 11 : 0;
    if (!drop->wrong_sizes)
        return len;
    switch (content % 5) {
    case 0:
        return len - 7;
    case 1:
        return 0;
    case 2:
        return UINT64_C(40) << 20; /* a batch of its own */
    default:
        return len;
    }
}

size_t
drop_here(const struct maildrop_sim *drop)
{
    size_t here = 0;

    for (size_t i = 0; i < drop->count; i++)
        here += drop->messages[i].here;
    return here;
}

static bool
is_taken(const struct maildrop_sim *drop, const struct drop_message *by, const char *uidl)
{
    for (size_t i = 0; i < drop->count; i++)
        if (drop->messages[i].here && &drop->messages[i] != by && strcmp(drop->messages[i].uidl, uidl) == 0)
            return true;
    return false;
}

static void
give_uidl(struct maildrop_sim *drop, struct drop_message *message)
{
    const unsigned char *header = content_get(message->content)->digests.header;

    switch (drop->uidls) {
    case UIDLS_HASH:
        text_print(message->uidl, sizeof message->uidl, "hash-%d", message->content);
        break;
    case UIDLS_REUSED:
        message->uidl[0] = '\0';
        for (int i = 1; message->uidl[0] == '\0' || is_taken(drop, message, message->uidl); i++)
            text_print(message->uidl, sizeof message->uidl, "%d", i);
        break;
    case UIDLS_REPEATED:
        text_print(message->uidl, sizeof message->uidl, "same-%d", message->content % REPEATED_UIDLS);
        break;
    case UIDLS_NONE:
        message->uidl[0] = '=';
        digest_base32(header, DIGEST_SIZE, message->uidl + 1);
        break;
    default:
        text_print(message->uidl, sizeof message->uidl, drop->long_uidls ? "!~%068zu" : "u%zu", drop->next_uidl++);
    }
}

struct drop_message *
drop_arrive(struct maildrop_sim *drop, int content)
{
    struct drop_message *message = &drop->messages[drop->count];

    if (drop->count == DROP_MESSAGES)
        return NULL;
    *message = (struct drop_message){.content = content};
    give_uidl(drop, message);
    message->here = true;
    drop->count++;
    return message;
}

void
drop_leave(struct maildrop_sim *drop, struct drop_message *message)
{
    message->here = message->marked = false;
    message->left = drop->session;
    message->left_at = drop->world->now;
}

void
drop_renumber(struct maildrop_sim *drop, unsigned percent)
{
    for (size_t i = 0; i < drop->count; i++)
        if (drop->messages[i].here && rng_chance(&drop->world->rng, percent))
            give_uidl(drop, &drop->messages[i]);
}

void
drop_shift(struct maildrop_sim *drop)
{
    struct drop_message *before = NULL;
    char last[DROP_KEY];

    for (size_t i = drop->count; i > 0; i--) {
        struct drop_message *message = &drop->messages[i - 1];
        char uidl[DROP_KEY];
        if (!message->here)
            continue;
        memcpy(uidl, message->uidl, sizeof uidl);
        if (before != NULL)
            memcpy(message->uidl, last, sizeof last);
        else
            text_print(message->uidl, sizeof message->uidl, "s%zu", drop->next_uidl++);
        memcpy(last, uidl, sizeof last);
        before = message;
    }
}

bool
drop_restore(struct maildrop_sim *drop, struct drop_message *message, bool renamed)
{
    const bool taken = is_taken(drop, message, message->uidl);

    if (taken && !renamed && drop->uidls != UIDLS_HASH && drop->uidls != UIDLS_REPEATED && drop->uidls != UIDLS_NONE)
        return false;
    if (renamed)
        give_uidl(drop, message);
    message->here = true;
    message->by_golub = false;
    message->left = 0;
    return true;
}

bool
maildrop_sim_repeats(const struct maildrop_sim *drop, const struct drop_message *message)
{
    int found = 0;

    for (uint32_t i = 0; i < drop->listed; i++) /* what UIDL did not tell nobody can know */
        found += drop->messages[drop->number[i]].told_in == drop->session &&
                 (drop->equal_now || strcmp(drop->messages[drop->number[i]].uidl, message->uidl) == 0);
    return found > 1;
}

/* ---- a session ---- */

/* The line is gone, or the process: no mark of this session counts any more. */
static bool
break_off(struct maildrop_sim *drop, struct error *err)
{
    drop->broken = true;
    for (size_t i = 0; i < drop->count; i++)
        drop->messages[i].marked = false;
    world_stop(drop->world);
    error_set(err, ERROR_NETWORK, "talk to the simulated maildrop");
    error_answer(err, text_of("the connection was closed"));
    return false;
}

/* Before each command. */
static bool
is_ready(struct maildrop_sim *drop, struct error *err)
{
    if (drop->world->crashed)
        return break_off(drop, err);
    if (!drop->open)
        violation(drop->world, "a command without a session");
    if (drop->broken || !drop->open)
        return break_off(drop, err);
    world_between(drop->world);
    return true;
}

static struct drop_message *
message_at(struct maildrop_sim *drop, uint32_t number)
{
    if (number == 0 || number > drop->listed) {
        violation(drop->world, "message number %u of %u", number, drop->listed);
        return NULL;
    }
    return &drop->messages[drop->number[number - 1]];
}

/* Some servers show a part of what they have, or nothing, and say that it is all. */
static bool
is_shown(struct maildrop_sim *drop, size_t later)
{
    switch (drop->windows > 0 ? drop->window : WINDOW_ALL) {
    case WINDOW_NONE:
        return false;
    case WINDOW_SOME:
        return rng_chance(&drop->world->rng, 50);
    case WINDOW_NEWEST:
        return later < 4;
    default:
        return true;
    }
}

static void
list_what_it_shows(struct maildrop_sim *drop)
{
    size_t later = drop_here(drop);

    for (size_t i = 0; i < drop->count; i++) {
        struct drop_message *message = &drop->messages[i];
        if (!message->here)
            continue;
        message->unlisted = !is_shown(drop, --later);
        if (!message->unlisted)
            drop->number[drop->listed++] = (int)i;
    }
    if (drop->windows > 0)
        say(drop->world, "      the server shows %u of %zu", drop->listed, drop_here(drop));
    drop->windows -= drop->windows > 0;
    drop->lacks_now = drop->lacks_lines;
    drop->equal_now = drop->equal && drop->uidls != UIDLS_NONE;
    drop->lacks_lines = drop->equal = false;
}

static bool
pop_open(void *self, struct error *err)
{
    struct maildrop_sim *drop = self;

    if (drop->world->crashed)
        return break_off(drop, err);
    if (drop->open)
        violation(drop->world, "a second session at the same time");
    world_between(drop->world);
    const enum fate fate = world_step(drop->world, STEP_LOGIN, true);
    drop->open = drop->broken = false;
    drop->listed = 0;
    if (fate != FATE_GO)
        return break_off(drop, err);
    drop->session++;
    drop->open = true;
    list_what_it_shows(drop);
    return true;
}

static void
pop_info(void *self, struct maildrop_info *out)
{
    const struct maildrop_sim *drop = self;

    *out = (struct maildrop_info){.server = "simulator",
                                  .uidl = !drop->capa || drop->uidls != UIDLS_NONE,
                                  .top = !drop->capa || drop->top,
                                  .pipelining = drop->pipelining,
                                  .expire_days = -1,
                                  .capabilities = "",
                                  .secure = true};
}

static bool
pop_stat(void *self, uint64_t *messages, uint64_t *bytes, struct error *err)
{
    struct maildrop_sim *drop = self;

    if (!is_ready(drop, err))
        return false;
    if (world_step(drop->world, STEP_STAT, true) != FATE_GO)
        return break_off(drop, err);
    *messages = drop->listed;
    *bytes = 0;
    for (uint32_t i = 0; i < drop->listed; i++)
        *bytes += maildrop_sim_size(drop, drop->messages[drop->number[i]].content);
    return true;
}

/* Where the line breaks inside a list, some of its lines came. @return how many are reported */
static uint32_t
lines_that_come(struct maildrop_sim *drop, enum fate fate)
{
    if (fate == FATE_GO)
        return drop->listed;
    return fate == FATE_BEFORE || drop->listed == 0 ? 0 : rng_below(&drop->world->rng, drop->listed + 1);
}

/* Number of the n-th line of a list. */
static uint32_t
line_number(const struct maildrop_sim *drop, uint32_t line)
{
    return drop->reorders ? (line * 7 + 3) % drop->listed + 1 : line + 1;
}

static bool
can_reorder(const struct maildrop_sim *drop)
{
    return drop->listed % 7 != 0; /* else 7 does not reach every line */
}

static bool
pop_uidls(void *self, bool (*item)(void *context, uint32_t number, const char *uidl), void *context, bool *supported,
          struct error *err)
{
    struct maildrop_sim *drop = self;

    if (!is_ready(drop, err))
        return false;
    const enum fate fate = world_step(drop->world, STEP_UIDL, true);
    *supported = drop->uidls != UIDLS_NONE;
    const uint32_t come = *supported ? lines_that_come(drop, fate) : 0;
    for (uint32_t i = 0; i < come; i++) {
        const uint32_t number = can_reorder(drop) ? line_number(drop, i) : i + 1;
        struct drop_message *message = &drop->messages[drop->number[number - 1]];
        if (drop->lacks_now && i % 3 == 1)
            continue;
        message->told_in = drop->session;
        say(drop->world, "      UIDL %u #%d %s", number, message->content, drop->equal_now ? "equal" : message->uidl);
        if (!item(context, number, drop->equal_now ? "equal" : message->uidl)) {
            drop->broken = true;
            return false;
        }
    }
    for (uint32_t i = 0; fate == FATE_GO && i < drop->listed; i++)
        drop->messages[drop->number[i]].seen = true;
    return fate == FATE_GO || break_off(drop, err);
}

static bool
pop_sizes(void *self, bool (*item)(void *context, uint32_t number, uint64_t size), void *context, struct error *err)
{
    struct maildrop_sim *drop = self;

    if (!is_ready(drop, err))
        return false;
    const enum fate fate = world_step(drop->world, STEP_LIST, true);
    const uint32_t come = lines_that_come(drop, fate);
    for (uint32_t i = 0; i < come; i++) {
        const uint32_t number = can_reorder(drop) ? line_number(drop, i) : i + 1;
        if (!item(context, number, maildrop_sim_size(drop, drop->messages[drop->number[number - 1]].content))) {
            drop->broken = true;
            return false;
        }
    }
    return fate == FATE_GO || break_off(drop, err);
}

static bool
is_refused(struct maildrop_sim *drop, const struct drop_message *message, int for_good)
{
    return !message->here || message->marked || message->content % 10 < for_good ||
           rng_chance(&drop->world->rng, drop->flaky);
}

/* The header block, and a line more where this server's TOP has one. */
static bool
send_header(const struct drop_message *message, uint32_t number, const struct maildrop_taker *taker)
{
    static const char line[] = "Status: RO\r\n", odd[] = "X-Looked-At: yes\r\n";
    const struct content *content = content_get(message->content);
    const size_t len = content->header_len;

    return (!message->read_line || taker->bytes(taker->context, number, line, sizeof line - 1)) &&
           (!message->odd_line || taker->bytes(taker->context, number, odd, sizeof odd - 1)) &&
           (len == 0 || taker->bytes(taker->context, number, content->bytes, len));
}

static bool
pop_headers(void *self, const uint32_t *numbers, size_t count, const struct maildrop_taker *taker, bool *supported,
            struct error *err)
{
    struct maildrop_sim *drop = self;

    *supported = drop->top;
    if (!is_ready(drop, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct drop_message *message = message_at(drop, numbers[i]);
        if (i > 0)
            world_between(drop->world);
        const enum fate fate = message == NULL ? FATE_BEFORE : world_step(drop->world, STEP_TOP, true);
        if (fate != FATE_GO)
            return break_off(drop, err);
        if (!drop->top)
            return true;
        /* Where the header is the name, one that is refused hides what the others are. */
        const bool refused = drop->uidls != UIDLS_NONE && is_refused(drop, message, drop->refuses_top);
        if (refused)
            drop->messages[drop->number[numbers[i] - 1]].header_refused = drop->session;
        drop->tops++;
        drop->top_refused += refused;
        say(drop->world, "      TOP #%d%s", message->content, refused ? " -ERR" : "");
        if ((!refused && !send_header(message, numbers[i], taker)) ||
            !taker->end(taker->context, numbers[i], refused ? MAILDROP_REFUSED : MAILDROP_DONE,
                        refused ? "no such message now" : "")) {
            drop->broken = true;
            return false;
        }
    }
    return true;
}

/* In pieces of any size; only the first `len` bytes come. */
static bool
send_bytes(struct maildrop_sim *drop, const struct drop_message *message, uint32_t number, size_t len,
           const struct maildrop_taker *taker)
{
    const struct content *content = content_get(message->content);

    for (size_t at = 0; at < len;) {
        const size_t left = len - at, some = 1 + rng_below(&drop->world->rng, 4000), now = some < left ? some : left;
        if (!taker->bytes(taker->context, number, content->bytes + at, now)) {
            drop->broken = true;
            return false;
        }
        at += now;
    }
    return true;
}

/* How much of a message comes this time, if not all; some never come whole. */
static bool
is_cut(struct maildrop_sim *drop, const struct drop_message *message, size_t *len)
{
    const struct content *content = content_get(message->content);
    const bool always = drop->cuts > 0 && message->content * 31 % 20 == 1;

    size_t part;

    if (!always && !rng_chance(&drop->world->rng, drop->cuts))
        return false;
    switch (always ? (unsigned)message->content % 2 : rng_below(&drop->world->rng, 3)) {
    case 0:
        part = 0;
        break;
    case 1:
        part = content->header_len / 2;
        break;
    default:
        part = content->len - 5;
    }
    /* What is no shorter than LIST says nobody can see. */
    if (part >= maildrop_sim_size(drop, message->content) || content_cut(message->content, part) < 0)
        return false;
    *len = part;
    return true;
}

static bool
retrieve_one(struct maildrop_sim *drop, uint32_t number, const struct maildrop_taker *taker, struct error *err)
{
    struct drop_message *message = message_at(drop, number);
    struct world *world = drop->world;

    if (message == NULL)
        return break_off(drop, err);
    size_t len = content_get(message->content)->len;
    const enum fate fate = world_step(world, STEP_RETR, true);
    if (fate == FATE_BEFORE)
        return break_off(drop, err);
    const bool refused = is_refused(drop, message, drop->refuses_retr);
    if (!refused)
        drop->on_retrieve(drop->context, message);
    const bool short_one = !refused && drop->cuts > 0 && is_cut(drop, message, &len);
    const size_t cut = fate == FATE_GO ? len : rng_below(&world->rng, (unsigned)len + 1);
    if (!refused && !send_bytes(drop, message, number, cut, taker))
        return false;
    if (fate != FATE_GO)
        return break_off(drop, err);
    say(world, "      RETR #%d%s", message->content, refused ? " -ERR" : short_one ? ", a part" : "");
    if (refused) {
        drop->retr_refused++;
    } else if (short_one) {
        drop->retrieved++;
        drop->cut++;
        drop->on_cut(drop->context, message, len);
    } else {
        drop->retrieved++;
        drop->on_retrieved(drop->context, message);
    }
    if (taker->end(taker->context, number, refused ? MAILDROP_REFUSED : MAILDROP_DONE, refused ? "can't read it" : ""))
        return !world->crashed || break_off(drop, err);
    drop->broken = true;
    return false;
}

/* With PIPELINING questions run ahead of answers. */
static bool
pop_retrieve(void *self, const struct maildrop_taker *taker, struct error *err)
{
    struct maildrop_sim *drop = self;
    uint32_t flying[FLYING_MAX], number;
    size_t count = 0;
    const size_t window = drop->pipelining ? FLYING_MAX : 1;

    if (!is_ready(drop, err))
        return false;
    for (bool first = true;; first = false) {
        for (number = 1; number != 0 && count < window;) {
            if (!taker->next(taker->context, &number)) {
                drop->broken = drop->broken || count > 0;
                return false;
            }
            if (number != 0)
                flying[count++] = number;
        }
        if (count == 0)
            return true;
        if (!first)
            world_between(drop->world);
        number = flying[0];
        memmove(flying, flying + 1, --count * sizeof *flying);
        if (!retrieve_one(drop, number, taker, err))
            return false;
    }
}

static bool
pop_remove(void *self, const uint32_t *numbers, size_t count,
           bool (*item)(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words),
           void *context, struct error *err)
{
    struct maildrop_sim *drop = self;

    if (drop->open && drop->broken && !drop->world->crashed)
        violation(drop->world, "a removal is asked for on a connection that lost track");
    if (!is_ready(drop, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct drop_message *message = message_at(drop, numbers[i]);
        if (i > 0)
            world_between(drop->world);
        const enum fate fate = message == NULL ? FATE_BEFORE : world_step(drop->world, STEP_DELE, true);
        if (fate != FATE_GO)
            return break_off(drop, err);
        drop->on_dele(drop->context, message);
        const bool refused = is_refused(drop, message, drop->refuses_dele);
        say(drop->world, "      DELE #%d%s", message->content, refused ? " -ERR" : "");
        if (refused) {
            drop->dele_refused++;
        } else {
            drop->marks++;
            message->marked = true;
            message->marked_in = drop->session;
        }
        if (!item(context, numbers[i], refused ? MAILDROP_REFUSED : MAILDROP_DONE, refused ? "not now" : "")) {
            drop->broken = true;
            return false;
        }
    }
    return true;
}

/* The server enters its UPDATE state. @param percent  of the marked messages that really go */
static void
carry_out(struct maildrop_sim *drop, unsigned percent)
{
    for (size_t i = 0; i < drop->count; i++) {
        struct drop_message *message = &drop->messages[i];
        const bool goes = message->marked && rng_chance(&drop->world->rng, percent) &&
                          !(drop->ignores > 0 && rng_chance(&drop->world->rng, drop->ignores));
        drop->ignored += message->marked && !goes;
        message->ever_removed = message->ever_removed || message->marked;
        message->marked = false;
        if (!goes)
            continue;
        say(drop->world, "      removed: #%d %s", message->content, message->uidl);
        drop->removed++;
        message->by_golub = true;
        drop_leave(drop, message);
        drop->on_remove(drop->context, message);
    }
}

static bool
pop_quit(void *self, struct error *err)
{
    struct maildrop_sim *drop = self;
    bool marked = false;

    if (!is_ready(drop, err))
        return false;
    for (size_t i = 0; i < drop->count; i++)
        marked = marked || drop->messages[i].marked;
    const bool refused = marked && rng_chance(&drop->world->rng, drop->quit_refused);
    const enum fate fate = world_step(drop->world, STEP_QUIT, true);
    if (fate != FATE_BEFORE)
        carry_out(drop, refused ? 50 : 100);
    if (fate != FATE_GO)
        return break_off(drop, err);
    drop->broken = true;
    drop->quits_refused += refused;
    for (size_t i = 0; !refused && i < drop->count; i++)
        drop->messages[i].unread_since |= drop->messages[i].by_golub && drop->messages[i].left == drop->session;
    if (!refused)
        return true;
    say(drop->world, "      QUIT -ERR");
    error_set(err, ERROR_SERVER, "end the session");
    error_answer(err, text_of("some deleted messages not removed"));
    return false;
}

static void
pop_close(void *self)
{
    struct maildrop_sim *drop = self;

    for (size_t i = 0; i < drop->count; i++)
        drop->messages[i].marked = false;
    drop->open = false;
}

static const struct maildrop_ops ops = {
    .open = pop_open,
    .info = pop_info,
    .stat = pop_stat,
    .uidls = pop_uidls,
    .sizes = pop_sizes,
    .headers = pop_headers,
    .retrieve = pop_retrieve,
    .remove = pop_remove,
    .quit = pop_quit,
    .close = pop_close,
};

struct maildrop
maildrop_sim_ops(struct maildrop_sim *drop)
{
    return (struct maildrop){&ops, drop};
}
