/* Which kinds of events there are, which of them a history has, how often they happened. What they do is in sim_events.c. */
#include "tests/sim/sim_kinds.h"

struct knob {
    const char *name;
    unsigned share; /* percent of the histories */
    bool on;        /* without --kinds */
};

static const struct knob knobs[KINDS] = {
    [KIND_PATTERNS] = {"patterns", 10, true},
    [KIND_POLICIES] = {"policies", 10, true},
    [KIND_UIDVALIDITY] = {"uidvalidity", 12, true},
    [KIND_FORGETS] = {"forgets-flags", 6, true},
    [KIND_SWAPS] = {"swaps", 10, true},
    [KIND_AWAY_THERE] = {"away-there", 8, true},
    [KIND_AWAY_HERE] = {"away-here", 8, true},
    [KIND_COPIES] = {"copies", 15, true},
    [KIND_NAMES] = {"names", 10, true},
    [KIND_EXPUNGE] = {"expunge", 12, true},
    [KIND_MANY] = {"many", 10, true},
    [KIND_WORDS] = {"words", 15, true},
    [KIND_SIZES] = {"sizes", 8, true},
    [KIND_DAYS] = {"days", 10, true},
    [KIND_CLOCK] = {"clock", 8, false},
    [KIND_TORN] = {"torn-backup", 8, false},
    [KIND_COPYING] = {"copying", 8, true},
    [KIND_STATES] = {"two-states", 6, true},
    [KIND_POWER] = {"power", 8, true},
    [KIND_NEWEST] = {"newest", 8, true},
    [KIND_SEPARATOR] = {"separator", 6, true},
    [KIND_SAME_HEADER] = {"same-header", 10, true},
    [KIND_TOTAL] = {"total", 100, false},
    [KIND_BROKEN] = {"broken-off", 25, true},
    [KIND_RACES] = {"races", 20, true},
    [KIND_UNREADABLE] = {"unreadable", 15, true},
    [KIND_REFILL] = {"refill", 10, true},
    [KIND_BODIES] = {"bodies", 10, true},
    [KIND_FULL_DISK] = {"full-disk", 8, true},
    [KIND_EDITS] = {"edits", 12, true},
    [KIND_WANTED] = {"wanted", 15, true},
    [KIND_REWIND] = {"rewind", 8, true},
    [KIND_ONE] = {"one-mailbox", 10, true},
    [KIND_COUNTS] = {"counts", 10, true},
    [KIND_MOVERS] = {"movers", 12, true},
    [KIND_WATCHED] = {"watched", 25, true},
    [KIND_KEYWORDS] = {"keywords", 20, true},
    [KIND_MAP] = {"map", 20, true},
    [KIND_RENAMES] = {"renames", 20, true},
    [KIND_TRASH] = {"trash", 12, true},
    [KIND_FILED] = {"filed", 10, true},
    [KIND_GOES] = {"goes", 15, true},
    [KIND_UNSAID] = {"unsaid", 10, true},
    [KIND_MIDST] = {"midst", 25, true},
};

/* Beside these it is known what removes a message, and what only moves it. */
#define BESIDE_TRASH                                                                                                   \
    (KIND_BIT(KIND_TRASH) | KIND_BIT(KIND_NAMES) | KIND_BIT(KIND_RACES) | KIND_BIT(KIND_WATCHED) |                     \
     KIND_BIT(KIND_EXPUNGE) | KIND_BIT(KIND_DAYS) | KIND_BIT(KIND_SAME_HEADER) | KIND_BIT(KIND_CLOCK) |                \
     KIND_BIT(KIND_MANY) | KIND_BIT(KIND_WORDS) | KIND_BIT(KIND_BROKEN) | KIND_BIT(KIND_WANTED) |                      \
     KIND_BIT(KIND_KEYWORDS) | KIND_BIT(KIND_SEPARATOR) | KIND_BIT(KIND_FULL_DISK) | KIND_BIT(KIND_UNREADABLE) |       \
     KIND_BIT(KIND_ONE) | KIND_BIT(KIND_POWER) | KIND_BIT(KIND_BODIES) | KIND_BIT(KIND_SIZES) |                        \
     KIND_BIT(KIND_COPIES) | KIND_BIT(KIND_MAP) | KIND_BIT(KIND_UIDVALIDITY) | KIND_BIT(KIND_POLICIES) |               \
     KIND_BIT(KIND_AWAY_THERE) | KIND_BIT(KIND_RENAMES) | KIND_BIT(KIND_MIDST))

/* ... and what is the copy of one that was sent. */
#define BESIDE_FILED                                                                                                   \
    (KIND_BIT(KIND_FILED) | KIND_BIT(KIND_NAMES) | KIND_BIT(KIND_RACES) | KIND_BIT(KIND_WATCHED) |                     \
     KIND_BIT(KIND_KEYWORDS) | KIND_BIT(KIND_BROKEN) | KIND_BIT(KIND_EXPUNGE) | KIND_BIT(KIND_WANTED) |                \
     KIND_BIT(KIND_POWER) | KIND_BIT(KIND_MAP) | KIND_BIT(KIND_FULL_DISK) | KIND_BIT(KIND_UNREADABLE) |                \
     KIND_BIT(KIND_ONE) | KIND_BIT(KIND_COPIES) | KIND_BIT(KIND_SEPARATOR) | KIND_BIT(KIND_DAYS) |                     \
     KIND_BIT(KIND_MANY) | KIND_BIT(KIND_WORDS) | KIND_BIT(KIND_POLICIES) | KIND_BIT(KIND_SAME_HEADER) |               \
     KIND_BIT(KIND_UIDVALIDITY) | KIND_BIT(KIND_RENAMES) | KIND_BIT(KIND_SWAPS))

/* Beside these nothing else takes a mailbox away, or brings back what was removed with one. */
#define BESIDE_GOES                                                                                                    \
    (KIND_BIT(KIND_GOES) | KIND_BIT(KIND_NAMES) | KIND_BIT(KIND_RACES) | KIND_BIT(KIND_WATCHED) |                      \
     KIND_BIT(KIND_DAYS) | KIND_BIT(KIND_WANTED) | KIND_BIT(KIND_MANY) | KIND_BIT(KIND_WORDS) |                        \
     KIND_BIT(KIND_COPIES) | KIND_BIT(KIND_POWER) | KIND_BIT(KIND_KEYWORDS) | KIND_BIT(KIND_POLICIES) |                \
     KIND_BIT(KIND_PATTERNS) | KIND_BIT(KIND_BROKEN) | KIND_BIT(KIND_EXPUNGE) | KIND_BIT(KIND_UIDVALIDITY) |           \
     KIND_BIT(KIND_FULL_DISK) | KIND_BIT(KIND_UNREADABLE) | KIND_BIT(KIND_SEPARATOR) | KIND_BIT(KIND_ONE) |            \
     KIND_BIT(KIND_RENAMES) | KIND_BIT(KIND_MIDST))

/* ... and every client can tell, for what it knows of its mail is true. */
#define BESIDE_UNSAID                                                                                                  \
    (KIND_BIT(KIND_UNSAID) | KIND_BIT(KIND_NAMES) | KIND_BIT(KIND_RACES) | KIND_BIT(KIND_WATCHED) |                    \
     KIND_BIT(KIND_DAYS) | KIND_BIT(KIND_WANTED) | KIND_BIT(KIND_MANY) | KIND_BIT(KIND_WORDS) |                        \
     KIND_BIT(KIND_COPIES) | KIND_BIT(KIND_EXPUNGE) | KIND_BIT(KIND_BROKEN) | KIND_BIT(KIND_KEYWORDS) |                \
     KIND_BIT(KIND_POWER) | KIND_BIT(KIND_EDITS) | KIND_BIT(KIND_FULL_DISK))

static unsigned long allowed, forbidden;
static bool chosen; /* by --kinds: then most histories have them */

static bool
add_kind(const char *name, size_t len, unsigned long *to)
{
    for (int i = 0; i < KINDS; i++) {
        const bool named = strlen(knobs[i].name) == len && strncmp(knobs[i].name, name, len) == 0;
        if (named || (len == 3 && strncmp(name, "all", 3) == 0) ||
            (len == 7 && strncmp(name, "default", 7) == 0 && knobs[i].on))
            *to |= KIND_BIT(i);
        if (named)
            return true;
    }
    return (len == 3 && strncmp(name, "all", 3) == 0) || (len == 7 && strncmp(name, "default", 7) == 0) ||
           (len == 4 && strncmp(name, "none", 4) == 0);
}

static bool
read_list(const char *list, unsigned long *to)
{
    while (*list != '\0') {
        const size_t len = strcspn(list, ",");
        if (!add_kind(list, len, to)) {
            fprintf(stderr, "no such kind: %.*s; there are:", (int)len, list);
            for (int i = 0; i < KINDS; i++)
                fprintf(stderr, " %s%s", knobs[i].name, knobs[i].on ? "" : "(off)");
            fprintf(stderr, " all default none\n");
            return false;
        }
        list += len + (list[len] == ',');
    }
    return true;
}

bool
kinds_allow(const char *list)
{
    chosen = true;
    return read_list(list, &allowed);
}

bool
kinds_forbid(const char *list)
{
    return read_list(list, &forbidden);
}

static unsigned long
in_force(void)
{
    unsigned long on = 0;

    for (int i = 0; i < KINDS; i++)
        if (knobs[i].on)
            on |= KIND_BIT(i);
#ifdef SIM_WATCHER /* its runs are all alike */
    on &= ~(KIND_BIT(KIND_GOES) | KIND_BIT(KIND_UNSAID) | KIND_BIT(KIND_PATTERNS) | KIND_BIT(KIND_POLICIES) |
            KIND_BIT(KIND_WORDS) | KIND_BIT(KIND_ONE) | KIND_BIT(KIND_WATCHED));
#endif
    return (chosen ? allowed : on) & ~forbidden;
}

unsigned long
kinds_of(uint64_t seed)
{
    const unsigned long force = in_force();
    int many = 0;
    unsigned long kinds = 0;

    for (int i = 0; i < KINDS; i++)
        many += (force & KIND_BIT(i)) != 0;
    for (int i = 0; i < KINDS; i++) {
        struct rng rng = rng_for(seed, 200000 + (uint64_t)i);
        const unsigned share = chosen && many <= 3 && knobs[i].share < 70 ? 70 : knobs[i].share;
        if ((force & KIND_BIT(i)) != 0 && rng_chance(&rng, share))
            kinds |= KIND_BIT(i);
    }
    /* What is paired anew while files are missing is fetched, and they come all the same. */
    if ((kinds & KIND_BIT(KIND_COPYING)) != 0)
        kinds &=
            ~(KIND_BIT(KIND_UIDVALIDITY) | KIND_BIT(KIND_FORGETS) | KIND_BIT(KIND_SWAPS) | KIND_BIT(KIND_PATTERNS) |
              KIND_BIT(KIND_RENAMES) | KIND_BIT(KIND_AWAY_THERE) | KIND_BIT(KIND_AWAY_HERE) | KIND_BIT(KIND_TORN));
    /* What another program carries here may be what no list shows, or the view does not reach: then nobody can know that it is there already. */
    if ((kinds & (KIND_BIT(KIND_COUNTS) | KIND_BIT(KIND_NEWEST))) != 0)
        kinds &= ~KIND_BIT(KIND_MOVERS);
    /* Where the announced size is nonsense, nothing tells a body that was cut, once, from a whole one. */
    if ((kinds & KIND_BIT(KIND_BODIES)) != 0)
        kinds &= ~KIND_BIT(KIND_SIZES);
    if ((kinds & KIND_BIT(KIND_TRASH)) != 0)
        kinds &= BESIDE_TRASH;
    /* There it has another name (sim_history.c). */
    if ((kinds & KIND_BIT(KIND_TRASH)) != 0 && seed % 4 == 2)
        kinds &= ~(KIND_BIT(KIND_MAP) | KIND_BIT(KIND_SEPARATOR));
    if ((kinds & KIND_BIT(KIND_FILED)) != 0)
        kinds &= BESIDE_FILED;
    if ((kinds & (KIND_BIT(KIND_TRASH) | KIND_BIT(KIND_FILED))) != 0)
        kinds &= ~KIND_BIT(KIND_GOES);
    if ((kinds & KIND_BIT(KIND_GOES)) != 0)
        kinds &= BESIDE_GOES;
    if ((kinds & (KIND_BIT(KIND_TRASH) | KIND_BIT(KIND_FILED) | KIND_BIT(KIND_GOES))) != 0)
        kinds &= ~KIND_BIT(KIND_UNSAID);
    if ((kinds & KIND_BIT(KIND_UNSAID)) != 0)
        kinds &= BESIDE_UNSAID;
    if ((kinds & KIND_BIT(KIND_RENAMES)) == 0)
        kinds &= ~KIND_BIT(KIND_MIDST);
    return kinds;
}

bool
kinds_print(const struct coverage *coverage)
{
    const unsigned long force = in_force();
    bool all = true;

    printf("%-15s %10s %13s\n", "kind", "histories", "events");
    for (int i = 0; i < KINDS; i++) {
        if ((force & KIND_BIT(i)) == 0) {
            printf("%-15s %10s\n", knobs[i].name, "off");
            continue;
        }
        printf("%-15s %10lu %13lu\n", knobs[i].name, coverage->kind_histories[i], coverage->kind_events[i]);
        all = all && coverage->kind_events[i] != 0;
    }
    return all;
}
