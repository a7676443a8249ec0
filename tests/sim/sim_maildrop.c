/* The simulated maildrop: its messages, and the table of functions that the import is given. */
#include "tests/sim/sim_maildrop.h"

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

    for (uint32_t i = 0; i < drop->line.listed; i++) { /* what UIDL did not tell nobody can know */
        const struct drop_message *other = &drop->messages[drop->line.index[i]];
        found += other->told_in == drop->session && (drop->equal_now || strcmp(other->uidl, message->uidl) == 0);
    }
    return found > 1;
}

/* ---- a session ---- */

static bool
drop_dead(void *self)
{
    const struct maildrop_sim *drop = self;

    return drop->world->crashed;
}

static bool
drop_ready(void *self, enum drop_command command, struct error *err)
{
    const struct maildrop_sim *drop = self;

    (void)command;
    (void)err;
    world_between(drop->world);
    return true;
}

static void
drop_between(void *self)
{
    world_between(((struct maildrop_sim *)self)->world);
}

static enum drop_fate
drop_step(void *self, enum drop_command command)
{
    static const enum step_kind kinds[] = {
        [DROP_LOGIN] = STEP_LOGIN, [DROP_STAT] = STEP_STAT, [DROP_UIDL] = STEP_UIDL, [DROP_LIST] = STEP_LIST,
        [DROP_TOP] = STEP_TOP,     [DROP_RETR] = STEP_RETR, [DROP_DELE] = STEP_DELE, [DROP_QUIT] = STEP_QUIT,
    };
    const struct maildrop_sim *drop = self;
    const enum fate fate = world_step(drop->world, kinds[command], true);

    if (fate == FATE_GO)
        return DROP_GOES_ON;
    return fate == FATE_BEFORE || command == DROP_LOGIN ? DROP_BREAKS_BEFORE : DROP_BREAKS_AFTER;
}

/* The line is gone, or the process: no mark of this session counts any more. */
static bool
drop_broke(void *self, bool after, struct error *err)
{
    struct maildrop_sim *drop = self;

    (void)after;
    for (size_t i = 0; i < drop->count; i++)
        drop->messages[i].marked = false;
    world_stop(drop->world);
    error_set(err, ERROR_NETWORK, "talk to the simulated maildrop");
    error_answer(err, text_of("the connection was closed"));
    return false;
}

static void
drop_wrong(void *self, const char *what)
{
    violation(((struct maildrop_sim *)self)->world, "%s", what);
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
drop_list(void *self)
{
    struct maildrop_sim *drop = self;
    size_t later = drop_here(drop);

    drop->session++;
    drop->line.window = drop->pipelining ? DROP_WINDOW_MAX : 1;
    for (size_t i = 0; i < drop->count; i++) {
        struct drop_message *message = &drop->messages[i];
        if (!message->here)
            continue;
        message->unlisted = !is_shown(drop, --later);
        if (!message->unlisted)
            drop_session_show(&drop->line, i);
    }
    if (drop->windows > 0)
        say(drop->world, "      the server shows %u of %zu", drop->line.listed, drop_here(drop));
    drop->windows -= drop->windows > 0;
    drop->lacking = 0; /* of a list that breaks off nobody knows it */
    drop->lacks_now = drop->lacks_lines;
    drop->equal_now = drop->equal && drop->uidls != UIDLS_NONE;
    drop->lacks_lines = drop->equal = false;
}

static void
drop_info(void *self, struct maildrop_info *out)
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

static uint64_t
drop_size(void *self, size_t index)
{
    const struct maildrop_sim *drop = self;

    return maildrop_sim_size(drop, drop->messages[index].content);
}

static void
drop_stat(void *self, uint64_t *messages, uint64_t *bytes)
{
    const struct maildrop_sim *drop = self;

    *messages = drop->line.listed;
    *bytes = 0;
    for (uint32_t i = 0; i < drop->line.listed; i++)
        *bytes += drop_size(self, drop->line.index[i]);
}

static bool
drop_has_uidl(void *self)
{
    return ((const struct maildrop_sim *)self)->uidls != UIDLS_NONE;
}

static bool
drop_has_top(void *self)
{
    return ((const struct maildrop_sim *)self)->top;
}

static uint32_t
drop_lines(void *self)
{
    struct maildrop_sim *drop = self;

    return drop->line.listed == 0 ? 0 : rng_below(&drop->world->rng, drop->line.listed + 1);
}

static uint32_t
drop_number(void *self, uint32_t line)
{
    const struct maildrop_sim *drop = self;
    const uint32_t listed = drop->line.listed;

    return drop->reorders && listed % 7 != 0 ? (line * 7 + 3) % listed + 1 : line + 1; /* 7 reaches every line */
}

static const char *
drop_uidl(void *self, size_t index, uint32_t line)
{
    struct maildrop_sim *drop = self;
    struct drop_message *message = &drop->messages[index];
    const char *uidl = drop->equal_now ? "equal" : message->uidl;

    if (drop->lacks_now && line % 3 == 1) {
        drop->lacking++;
        return NULL;
    }
    message->told_in = drop->session;
    say(drop->world, "      UIDL #%d %s", message->content, uidl);
    return uidl;
}

static void
drop_told(void *self)
{
    struct maildrop_sim *drop = self;

    drop->lacked += drop->lacking;
    for (uint32_t i = 0; i < drop->line.listed; i++)
        drop->messages[drop->line.index[i]].seen = true;
}

static bool
is_refused(struct maildrop_sim *drop, const struct drop_message *message, int for_good)
{
    return !message->here || message->marked || message->content % 10 < for_good ||
           rng_chance(&drop->world->rng, drop->flaky);
}

/* The header block, and a line more where this server's TOP has one. */
static bool
header_comes(const struct drop_message *message, uint32_t number, const struct maildrop_taker *taker)
{
    static const char line[] = "Status: RO\r\n", odd[] = "X-Looked-At: yes\r\n";
    const struct content *content = content_get(message->content);
    const size_t len = content->header_len;

    return (!message->read_line || taker->bytes(taker->context, number, line, sizeof line - 1)) &&
           (!message->odd_line || taker->bytes(taker->context, number, odd, sizeof odd - 1)) &&
           (len == 0 || taker->bytes(taker->context, number, content->bytes, len));
}

static bool
drop_send_header(void *self, size_t index, uint32_t number, const struct maildrop_taker *taker)
{
    return header_comes(&((struct maildrop_sim *)self)->messages[index], number, taker);
}

/* In pieces of any size; only the first `len` bytes come. */
static bool
send_bytes(struct maildrop_sim *drop, const struct drop_message *message, uint32_t number, size_t len,
           const struct maildrop_taker *taker)
{
    const struct content *content = content_get(message->content);

    for (size_t at = 0; at < len;) {
        const size_t left = len - at, some = 1 + rng_below(&drop->world->rng, 4000), now = some < left ? some : left;
        if (!taker->bytes(taker->context, number, content->bytes + at, now))
            return false;
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
drop_send_body(void *self, size_t index, uint32_t number, bool breaks, const struct maildrop_taker *taker)
{
    struct maildrop_sim *drop = self;
    struct drop_message *message = &drop->messages[index];

    drop->short_len = content_get(message->content)->len;
    drop->on_retrieve(drop->context, message);
    drop->short_one = drop->cuts > 0 && is_cut(drop, message, &drop->short_len);
    return send_bytes(drop, message, number,
                      breaks ? rng_below(&drop->world->rng, (unsigned)drop->short_len + 1) : drop->short_len, taker);
}

static void
drop_sent(void *self, size_t index, bool refused)
{
    struct maildrop_sim *drop = self;
    struct drop_message *message = &drop->messages[index];
    const bool short_one = !refused && drop->short_one;

    say(drop->world, "      RETR #%d%s", message->content, refused ? " -ERR" : short_one ? ", a part" : "");
    drop->retr_refused += refused;
    drop->retrieved += !refused;
    drop->cut += short_one;
    if (short_one)
        drop->on_cut(drop->context, message, drop->short_len);
    else if (!refused)
        drop->on_retrieved(drop->context, message);
}

static const char *
refuses_top(struct maildrop_sim *drop, struct drop_message *message)
{
    /* Where the header is the name, one that is refused hides what the others are. */
    const bool refused = drop->uidls != UIDLS_NONE && is_refused(drop, message, drop->refuses_top);

    if (refused)
        message->header_refused = drop->session;
    drop->tops++;
    drop->top_refused += refused;
    say(drop->world, "      TOP #%d%s", message->content, refused ? " -ERR" : "");
    return refused ? "no such message now" : NULL;
}

static const char *
refuses_dele(struct maildrop_sim *drop, struct drop_message *message)
{
    drop->on_dele(drop->context, message);
    const bool refused = is_refused(drop, message, drop->refuses_dele);
    say(drop->world, "      DELE #%d%s", message->content, refused ? " -ERR" : "");
    drop->dele_refused += refused;
    return refused ? "not now" : NULL;
}

static const char *
refuses_quit(struct maildrop_sim *drop)
{
    bool marked = false;

    for (size_t i = 0; i < drop->count; i++)
        marked = marked || drop->messages[i].marked;
    return marked && rng_chance(&drop->world->rng, drop->quit_refused) ? "some deleted messages not removed" : NULL;
}

static const char *
drop_refuses(void *self, enum drop_command command, size_t index)
{
    struct maildrop_sim *drop = self;

    switch (command) {
    case DROP_TOP:
        return refuses_top(drop, &drop->messages[index]);
    case DROP_RETR:
        return is_refused(drop, &drop->messages[index], drop->refuses_retr) ? "can't read it" : NULL;
    case DROP_DELE:
        return refuses_dele(drop, &drop->messages[index]);
    default:
        return refuses_quit(drop);
    }
}

static void
drop_mark(void *self, size_t index)
{
    struct maildrop_sim *drop = self;

    drop->marks++;
    drop->messages[index].marked = true;
    drop->messages[index].marked_in = drop->session;
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
        drop->carried_out++;
        message->by_golub = true;
        drop_leave(drop, message);
        drop->on_remove(drop->context, message);
    }
}

static void
drop_carry_out(void *self, bool refused)
{
    carry_out(self, refused ? 50 : 100);
}

static void
drop_ended(void *self, bool refused)
{
    struct maildrop_sim *drop = self;

    drop->quits_refused += refused;
    drop->carried_out = 0;
    for (size_t i = 0; !refused && i < drop->count; i++)
        drop->messages[i].unread_since |= drop->messages[i].marked_in == drop->session;
    if (refused)
        say(drop->world, "      QUIT -ERR");
}

static void
drop_closed(void *self)
{
    struct maildrop_sim *drop = self;

    drop->unanswered += drop->carried_out;
    drop->carried_out = 0;
    for (size_t i = 0; i < drop->count; i++)
        drop->messages[i].marked = false;
}

static const struct drop_server server = {
    .dead = drop_dead,
    .ready = drop_ready,
    .between = drop_between,
    .step = drop_step,
    .broke = drop_broke,
    .wrong = drop_wrong,
    .list = drop_list,
    .info = drop_info,
    .stat = drop_stat,
    .has_uidl = drop_has_uidl,
    .has_top = drop_has_top,
    .lines = drop_lines,
    .number = drop_number,
    .uidl = drop_uidl,
    .told = drop_told,
    .size = drop_size,
    .refuses = drop_refuses,
    .send_header = drop_send_header,
    .send_body = drop_send_body,
    .sent = drop_sent,
    .mark = drop_mark,
    .carry_out = drop_carry_out,
    .ended = drop_ended,
    .closed = drop_closed,
};

struct maildrop
maildrop_sim_ops(struct maildrop_sim *drop)
{
    drop->line.server = &server;
    drop->line.self = drop;
    return (struct maildrop){&drop_session_ops, &drop->line};
}
