/* Chance, messages, ledger and steps of the simulator; see world.h. */
#include "tests/sim/world.h"
#include "tests/sim/sim_maildir.h"
#include "tests/sim/sim_server.h"

#include <stdarg.h>

#define SLOTS 16384 /* of the table of bytes; more than twice the contents */

static struct content contents[SIM_CONTENTS * SIM_DRESSES]; /* dress by dress */
static short slots[SLOTS];                                  /* number + 1 */

uint64_t
rng_next(struct rng *rng)
{
    uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

unsigned
rng_below(struct rng *rng, unsigned below)
{
    return (unsigned)((rng_next(rng) >> 32) * below >> 32);
}

bool
rng_chance(struct rng *rng, unsigned percent)
{
    return rng_below(rng, 100) < percent;
}

struct rng
rng_for(uint64_t seed, uint64_t part)
{
    struct rng rng = {seed * UINT64_C(0xd1342543de82ef95) + part * UINT64_C(0x2545f4914f6cdd1d)};
    rng.state = rng_next(&rng);
    return rng;
}

static uint64_t
hash_bytes(uint64_t hash, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static const uint64_t hash_start = UINT64_C(0xcbf29ce484222325);

int
content_find(const char *bytes, size_t len, int *dress)
{
    for (size_t at = hash_bytes(hash_start, bytes, len) % SLOTS; slots[at] != 0; at = (at + 1) % SLOTS) {
        const struct content *content = &contents[slots[at] - 1];
        if (content->len != len || (len != 0 && memcmp(content->bytes, bytes, len) != 0))
            continue;
        if (dress != NULL)
            *dress = (slots[at] - 1) / SIM_CONTENTS;
        return dress != NULL || slots[at] <= SIM_CONTENTS ? (slots[at] - 1) % SIM_CONTENTS : -1;
    }
    return -1;
}

static bool maildrop;

void
content_of_maildrop(void)
{
    maildrop = true;
}

bool
content_like_neighbour(int id)
{
    const int kind = id % 16;

    return kind == 3 || kind == 11 || (maildrop && (kind == 4 || kind == 9 || kind == 13 || kind == 15));
}

static bool
has_nul(int id)
{
    return id % 32 == 9;
}

/* The neighbourhood of a number decides how like its predecessor a message is. */
static void
write_content(int id, struct buffer *to)
{
    const int kind = id % 16;
    const int header = kind == 3 ? id - 1 : id; /* header and size of its neighbour, another body */
    /* Its neighbour's, with one more line end: equal canonical digest. */
    const int body = kind == 11 || id == CONTENT_BOILERPLATE + 1 ? id - 1 : id;
    /* A header with a Message-ID names one message: these two have none. */
    const char *name = content_is_nameless(id) ? "X-Note-Is" : "Message-ID";
    bool ok = buffer_addf(to, "From: a%04d@example.org\r\n%s: <%04d@example.org>\r\nSubject: s\r\n\r\n",
                          kind == 11 ? id - 1 : header, name, kind == 11 ? id - 1 : header) &&
              buffer_addf(to, "body %04d\r\n", body);
    if (has_nul(id))
        ok = ok && buffer_add(to, "\0\r\n", 3);
    for (int i = 0; kind == 7 && i < 300; i++)
        ok = ok && buffer_addf(to, "line %04d of a longer message\r\n", i);
    if (kind == 11)
        ok = ok && buffer_adds(to, "\r\n");
    if (!ok)
        abort();
}

/* Of a maildrop: the message whose header another one has, too; itself where it has its own. */
static int
header_of(int id)
{
    const int kind = id % 16;

    if (kind == 4)
        return id - 2;
    return kind == 3 || kind == 9 || kind == 11 || kind == 13 || kind == 15 ? id - 1 : id;
}

/* What names a message, or does not: no Message-ID, nor one that is empty, nor a Received line without a date. */
static bool
write_names(int id, struct buffer *to)
{
    const int kind = id % 16;

    if (kind >= 2 && kind <= 4)
        return (id % 32 < 16 || buffer_adds(to, "Received: from a by b\r\n")) &&
               buffer_addf(to, "X-Note-Is: <%04d@example.org>\r\n", id);
    if (kind == 8 || kind == 9)
        return buffer_addf(to, "Message-ID: <>\r\nX-Note-Is: <%04d@example.org>\r\n", id);
    return buffer_addf(to, "Message-ID: <%04d@example.org>\r\n", id);
}

bool
content_names(int id)
{
    const int kind = header_of(id) % 16;

    return !(kind >= 2 && kind <= 4) && kind != 8 && kind != 9;
}

/* Of 64 KiB and more: what is smaller is read where it may be new. */
static bool
is_large(int id)
{
    const int kind = id % 16;

    return id >= CONTENT_OF_PROFILE && id / 16 % 2 == 1 && kind != 5 && kind != 7;
}

/* Of a maildrop: sizes of many kinds; LF alone in a header; headers that two messages have, or three, of the same size and of others. */
static void
write_dropped(int id, struct buffer *to)
{
    const int kind = id % 16, header = header_of(id);
    bool ok = true;

    if (kind == 6 || kind == 14 || kind == 15)
        ok = buffer_addf(to, "Received: from a by b; %04d\r\n", header);
    ok = ok && buffer_addf(to, "From: a%04d@example.org\r\n", header) && write_names(header, to) &&
         buffer_adds(to, kind == 5 ? "X-Bare: one\ntwo\r\n" : "") &&
         buffer_addf(to, "Subject: s\r\n\r\nbody %04d%s\r\n", kind == 11 ? id - 1 : id,
                     kind == 5 && id >= CONTENT_OF_PROFILE ? "\nbare" : "");
    for (int i = header * 5 % 11; ok && i > 0; i--)
        ok = buffer_adds(to, "and so on\r\n");
    for (int i = 0; kind == 7 && i < 300; i++)
        ok = ok && buffer_addf(to, "line %04d of a longer message\r\n", i);
    for (int i = 0; is_large(id) && i < 70; i++)
        ok = ok && buffer_addf(to, "%01000d\r\n", i);
    if (kind == 11)
        ok = ok && buffer_adds(to, "\r\n");
    if (kind == 4 || kind == 15)
        ok = ok && buffer_adds(to, "one more\r\n");
    if (!ok)
        abort();
}

static void
show_content(struct content *content)
{
    struct buffer bytes = buffer_new(1 << 20);

    for (size_t i = 0; i < content->len; i++) {
        const char *at = content->bytes + i;
        if (*at == '\n' && (i == 0 || at[-1] != '\r') && !buffer_add(&bytes, "\r", 1))
            abort();
        if (!buffer_add(&bytes, at, 1))
            abort();
    }
    content->shown = bytes.at;
    content->shown_len = bytes.len;
}

static void
enter_content(int id, struct buffer bytes)
{
    struct content *content = &contents[id];
    struct digest *digest = digest_new();

    if (digest == NULL || !digest_reset(digest, true) || !digest_add(digest, bytes.at, bytes.len) ||
        !digest_finish(digest, &content->digests))
        abort();
    digest_free(digest);
    content->bytes = bytes.at;
    content->len = bytes.len;
    const char *empty = bytes.len == 0 ? NULL : memmem(bytes.at, bytes.len, "\r\n\r\n", 4);
    content->header_len = empty == NULL ? bytes.len : (size_t)(empty - bytes.at) + 4;
    content->date = 1500000000 + (int64_t)(id % SIM_CONTENTS) * 61;
    size_t at = hash_bytes(hash_start, bytes.at, bytes.len) % SLOTS;
    while (slots[at] != 0)
        at = (at + 1) % SLOTS;
    slots[at] = (short)(id + 1);
    show_content(content);
}

static void
make_content(int id)
{
    struct buffer bytes = buffer_new(1 << 20);

    if (maildrop)
        write_dropped(id, &bytes);
    else
        write_content(id, &bytes);
    enter_content(id, bytes);
}

#define CUT_FIRST (SIM_CONTENTS / 2) /* beginnings of messages have the numbers from here on */

static int next_cut = CUT_FIRST;

int
content_cut(int id, size_t len)
{
    const struct content *whole = content_get(id);
    struct buffer bytes = buffer_new(1 << 20);
    const int known = content_find(whole->bytes, len, NULL);

    if (known >= 0)
        return known;
    if (next_cut == SIM_CONTENTS)
        return -1;
    if (len > 0 && !buffer_add(&bytes, whole->bytes, len))
        abort();
    enter_content(next_cut, bytes);
    return next_cut++;
}

const struct content *
content_get(int id)
{
    if (contents[id].shown == NULL && contents[id].bytes == NULL && !(maildrop && id >= CUT_FIRST))
        make_content(id);
    return &contents[id];
}

bool
content_is_nameless(int id)
{
    return (id % 16 == 2 || id % 16 == 3) && id / 2 != CONTENT_NAMED_ALIKE / 2;
}

bool
content_shares_name(int id)
{
    return id % 16 == 2 || id % 16 == 3 || id % 16 == 10 || id % 16 == 11;
}

bool
content_is_rewritten(int dress)
{
    return dress == DRESS_DATED + DRESS_SERVER;
}

/* What stands above the header of this dress, and what at its end. */
static bool
write_top(int id, int dress, struct buffer *to)
{
    if (content_is_rewritten(dress))
        return buffer_adds(to, "X-Server: was here\r\n");
    if (dress % DRESS_DATED == DRESS_SERVER)
        return buffer_addf(to, "Return-Path: <a%04d@example.org>\r\nDelivered-To: b@example.org\r\n", id);
    return dress % DRESS_DATED != DRESS_READER || buffer_adds(to, "Status: RO\r\n");
}

static bool
write_end(int id, int dress, struct buffer *to)
{
    if (dress >= DRESS_DATED && !buffer_addf(to, "Date: %d Jan 2026 %02d:%02d:00 %s\r\n", 1 + id % 28,
                                             id % 12 + (content_is_rewritten(dress) ? 5 : 0), id % 60,
                                             content_is_rewritten(dress) ? "+0500" : "+0000"))
        return false;
    if (dress % DRESS_DATED == DRESS_READER)
        return buffer_addf(to, "X-Keywords:\r\n\t$label%d\r\nContent-Length: 12\r\n", id % 5);
    return dress % DRESS_DATED != DRESS_MOVER || buffer_addf(to, "X-TUID: %012d\r\n", id);
}

static void
make_dressed(int id, int dress)
{
    static const char subject[] = "Subject: ";
    const struct content *plain = content_get(id);
    const char *at = memmem(plain->bytes, plain->header_len, subject, sizeof subject - 1);
    const size_t before = (size_t)(at - plain->bytes) + sizeof subject - 2; /* its blank is where a server folds */
    struct buffer bytes = buffer_new(1 << 20);

    if (at == NULL || !write_top(id, dress, &bytes) || !buffer_add(&bytes, plain->bytes, before) ||
        (content_is_rewritten(dress) && !buffer_adds(&bytes, "\r\n")) ||
        !buffer_add(&bytes, plain->bytes + before, plain->header_len - 2 - before) || !write_end(id, dress, &bytes) ||
        !buffer_add(&bytes, plain->bytes + plain->header_len - 2, plain->len - (plain->header_len - 2)))
        abort();
    enter_content(dress * SIM_CONTENTS + id, bytes);
}

const struct content *
content_dressed(int id, int dress)
{
    if (dress == DRESS_PLAIN)
        return content_get(id);
    if (contents[dress * SIM_CONTENTS + id].bytes == NULL)
        make_dressed(id, dress);
    return &contents[dress * SIM_CONTENTS + id];
}

static const char *const step_names[STEP_ALL] = {
    [STEP_COMMIT] = "journal commit",
    [STEP_APPEND] = "append",
    [STEP_STORE] = "store flags",
    [STEP_COPY] = "copy",
    [STEP_MOVE] = "move",
    [STEP_DELETED] = "store \\Deleted",
    [STEP_EXPUNGE] = "expunge",
    [STEP_CREATE] = "create",
    [STEP_READ] = "read",
    [STEP_DELIVER] = "deliver",
    [STEP_RENAME] = "rename",
    [STEP_LINK] = "link",
    [STEP_UNLINK] = "unlink moved",
    [STEP_QUARANTINE] = "quarantine",
    [STEP_MARK] = "mark",
    [STEP_FOLDER] = "make folder",
    [STEP_LOGIN] = "log in",
    [STEP_STAT] = "STAT",
    [STEP_UIDL] = "UIDL",
    [STEP_LIST] = "LIST",
    [STEP_TOP] = "TOP",
    [STEP_RETR] = "RETR",
    [STEP_DELE] = "DELE",
    [STEP_QUIT] = "QUIT",
    [STEP_HANDOVER] = "hand over",
};

const char *
step_name(enum step_kind kind)
{
    return step_names[kind];
}

void
say(struct world *world, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    world->hash = hash_bytes(world->hash, line, strlen(line));
    if (world->verbose)
        printf("%s\n", line);
}

void
say_aside(struct world *world, const char *format, ...)
{
    if (!world->verbose)
        return;
    va_list args;
    va_start(args, format);
    fputs("            | ", stdout);
    vprintf(format, args);
    fputc('\n', stdout);
    va_end(args);
}

void
violation(struct world *world, const char *format, ...)
{
    if (world->failed)
        return;
    world->failed = true;
    va_list args;
    va_start(args, format);
    vsnprintf(world->failure, sizeof world->failure, format, args);
    va_end(args);
    say(world, "VIOLATION: %s", world->failure);
    world->crashed = true; /* nothing that comes now is of interest */
}

int
world_new_content(struct world *world, bool local)
{
    if (!local && has_nul(world->next_content))
        world->next_content++;
    if (world->next_content >= (maildrop ? CUT_FIRST : SIM_CONTENTS))
        return -1;
    const int id = world->next_content++;
    (void)content_get(id);
    return id;
}

static enum fate
decide(struct world *world, enum step_kind kind, bool remote)
{
    if (++world->steps > SIM_STEPS_MAX) {
        violation(world, "a sync does not end");
        return FATE_BEFORE;
    }
    const bool aimed = world->aim_left > 0 && kind == world->aim && --world->aim_left == 0;
    if ((kind != STEP_READ && ++world->step == world->crash_at) || (aimed && !(world->aim_lose && remote))) {
        (world->crash_after ? world->coverage->crash_after : world->coverage->crash_before)[kind]++;
        world->dying = true;
        say(world, "      the power fails %s: %s", world->crash_after ? "after" : "before", step_name(kind));
        return world->crash_after ? FATE_AFTER : FATE_BEFORE;
    }
    if (remote && (++world->remote_step == world->lose_at || aimed)) {
        (world->lose_after ? world->coverage->lost_after : world->coverage->lost_before)[kind]++;
        world->lost = true;
        say(world, "      the line breaks %s: %s", world->lose_after ? "after" : "before", step_name(kind));
        return world->lose_after ? FATE_AFTER : FATE_BEFORE;
    }
    return FATE_GO;
}

enum fate
world_step(struct world *world, enum step_kind kind, bool remote)
{
    if (world->crashed)
        return FATE_BEFORE;
    const enum fate fate = decide(world, kind, remote);
    world->coverage->done[kind]++;
    if (kind != STEP_READ && kind != STEP_COMMIT && fate != FATE_BEFORE)
        world->changes++;
    return fate;
}

void
world_stop(struct world *world)
{
    if (world->dying)
        world->crashed = true;
}

void
world_break_again(struct world *world)
{
    if (!world->lost || !rng_chance(&world->rng, (unsigned)world->breaks_again))
        return;
    world->lose_at = world->remote_step + 1 + (long)rng_below(&world->rng, rng_chance(&world->rng, 50) ? 10 : 100);
    world->lose_after = rng_chance(&world->rng, 50);
}

void
world_between(struct world *world)
{
    if (world->crashed || world->inside || world->outside == NULL ||
        !rng_chance(&world->rng, (unsigned)world->interfere))
        return;
    world->inside = true;
    world->interfered++;
    world->outside(world);
    world->inside = false;
}

int
world_multiplicity(const struct world *world, int content, int mailbox, bool originals)
{
    int most = server_multiplicity(world->server, mailbox, content);

    for (int i = 0; i < world->clients; i++) {
        const int here = maildir_sim_multiplicity(world->maildirs[i], mailbox, content, originals);
        most = here > most ? here : most;
    }
    return most;
}
