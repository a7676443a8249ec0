/* See pace.h. */
#include "sync/watch/pace.h"

#include <stddef.h>

static const struct {
    int64_t quiet, latest;
} sides[PACE_SIDES] = {{PACE_QUIET_THERE, PACE_LATEST_THERE}, {PACE_QUIET_HERE, PACE_LATEST_HERE}};

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t
later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* A quarter more or less, so that many accounts, or machines, do not come at one moment (xorshift64). */
static int64_t
vary(struct pace *pace, int64_t ms)
{
    uint64_t x = pace->seed;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    pace->seed = x;
    return ms - ms / 4 + (int64_t)(x % (uint64_t)(ms / 2 + 1));
}

void
pace_init(struct pace *pace, int poll_s, uint64_t seed)
{
    *pace = (struct pace){.poll_ms = (int64_t)poll_s * 1000, .seed = seed | 1};
}

void
pace_event(struct pace *pace, enum pace_side side, int64_t now)
{
    struct pace_burst *burst = &pace->side[side];

    if (burst->first == 0)
        burst->first = now;
    burst->last = now;
}

void
pace_ask(struct pace *pace)
{
    pace->asked = true;
}

void
pace_network(struct pace *pace, int64_t at)
{
    if (pace->state != PACE_OFFLINE)
        return;
    pace->retry_ms = 0;
    pace->retry_at = earlier(pace->retry_at, at);
}

/*
 * The next pause of an account without a connection. A line that was there for a moment only ends no row of pauses: a server, or something on
 * the way to it, that lets in and then cuts whoever listens would have a login each second.
 */
static void
go_offline(struct pace *pace, int64_t now, int64_t least)
{
    if (pace->state == PACE_WELL && now - pace->well_at >= PACE_STOOD)
        pace->retry_ms = 0;
    pace->state = PACE_OFFLINE;
    pace->retry_ms = pace->retry_ms == 0 ? PACE_RETRY_FIRST : earlier(pace->retry_ms * 2, PACE_RETRY_LAST);
    pace->retry_at = now + later(vary(pace, pace->retry_ms), least);
}

void
pace_broke(struct pace *pace, int64_t now)
{
    if (pace->state != PACE_WELL)
        return;
    go_offline(pace, now, 0);
}

int64_t
pace_poll_at(const struct pace *pace)
{
    return pace->poll_at;
}

static int64_t
event_due(const struct pace *pace)
{
    int64_t due = PACE_NEVER;

    for (size_t i = 0; i < PACE_SIDES; i++) {
        const struct pace_burst *burst = &pace->side[i];

        if (burst->first == 0)
            continue;
        due = earlier(due,
                      later(earlier(burst->last + sides[i].quiet, burst->first + sides[i].latest), burst->not_before));
    }
    return due;
}

int64_t
pace_due(const struct pace *pace)
{
    if (!pace->started)
        return 0;
    if (pace->asked && pace->state != PACE_REFUSED)
        return 0;
    if (pace->state != PACE_WELL)
        return pace->retry_at;
    return earlier(event_due(pace), pace->poll_at);
}

static enum pace_why
reason(const struct pace *pace, int64_t now)
{
    if (!pace->started)
        return PACE_START;
    if (pace->asked)
        return PACE_ASKED;
    if (pace->state == PACE_BLOCKED)
        return PACE_PATIENCE;
    if (pace->state != PACE_WELL)
        return PACE_RETRY;
    if (event_due(pace) <= now)
        return PACE_EVENT;
    return pace->again_ms != 0 ? PACE_AGAIN : PACE_POLL;
}

enum pace_why
pace_begin(struct pace *pace, int64_t now)
{
    if (pace_due(pace) > now)
        return PACE_NOTHING;
    pace->why = reason(pace, now);
    pace->started = true;
    pace->asked = false;
    for (size_t i = 0; i < PACE_SIDES; i++) {
        pace->running_for[i] = pace->side[i].first != 0;
        pace->side[i].first = 0;
    }
    return pace->why;
}

/*
 * A run that came from a side's event and found nothing: the next one for that side comes later. What golub itself did is seen here once more, as
 * an event, and that one leads to nothing for certain.
 */
static void
break_storm(struct pace *pace, const struct pace_end *end, int64_t now)
{
    for (size_t i = 0; i < PACE_SIDES; i++) {
        struct pace_burst *burst = &pace->side[i];

        if (end->did || (end->moved && i == PACE_THERE)) {
            burst->pause = burst->not_before = 0;
        } else if (pace->why == PACE_EVENT && pace->running_for[i] && !pace->did) {
            burst->pause = burst->pause == 0 ? PACE_STORM_FIRST : earlier(burst->pause * 2, PACE_STORM_LAST);
            burst->not_before = now + burst->pause;
        }
    }
    pace->did = end->did;
}

/*
 * A refused login. Where it worked before, or the server means that there are too many connections, it may pass; else only a person can
 * change it, and nothing is gained by asking often.
 */
static void
refuse(struct pace *pace, const struct pace_end *end, int64_t now)
{
    static const int64_t minutes[] = {1, 5, 15};
    const size_t count = sizeof minutes / sizeof minutes[0];
    const bool passing = pace->logged_in || end->crowded;
    const size_t at = pace->refusals < 0 ? 0 : (size_t)pace->refusals;
    const int64_t pause = (passing && at < count ? minutes[at] : 60) * 60000;

    if (pace->state != PACE_REFUSED)
        pace->refused_since = now;
    pace->state = PACE_REFUSED;
    pace->refusals++;
    pace->retry_at = now + later(pause, end->later_s * 1000);
}

/* What no run could look at waits for the next one. */
static void
give_back(struct pace *pace, int64_t now)
{
    for (size_t i = 0; i < PACE_SIDES; i++)
        if (pace->running_for[i])
            pace_event(pace, (enum pace_side)i, now);
}

/*
 * What waits for a command that was not answered does not wait for the poll, which may be an hour away. Nor does what a run had to leave to the
 * next one: that comes once, and less and less often as long as it leads to something. What only a person, or the server, can change waits for the poll.
 */
static void
come_again(struct pace *pace, const struct pace_end *end, int64_t now)
{
    const bool first = pace->why != PACE_AGAIN && pace->why != PACE_POLL;

    if (!end->unfinished && (!end->partial || (!end->did && !first))) {
        pace->again_ms = 0;
        return;
    }
    if (pace->again_ms == 0 || pace->why == PACE_AGAIN) {
        pace->again_ms = pace->again_ms == 0 ? PACE_AGAIN_FIRST : earlier(pace->again_ms * 2, pace->poll_ms);
        pace->again_at = now + pace->again_ms;
    }
    pace->poll_at = earlier(pace->poll_at, pace->again_at);
}

static void
block(struct pace *pace, int64_t now)
{
    give_back(pace, now);
    pace->state = PACE_BLOCKED;
    pace->retry_at = now + PACE_PAUSED;
}

void
pace_end(struct pace *pace, const struct pace_end *end, int64_t now)
{
    pace->poll_at = now + pace->poll_ms;
    switch (end->status) {
    case 4:
        give_back(pace, now);
        refuse(pace, end, now);
        return;
    case 5:
        give_back(pace, now);
        go_offline(pace, now, end->later_s * 1000);
        return;
    case 2:
        block(pace, now);
        return;
    default:
        if (end->no_room) {
            block(pace, now);
            return;
        }
        if (pace->state != PACE_WELL || !pace->logged_in)
            pace->well_at = now;
        pace->state = PACE_WELL;
        pace->logged_in = true;
        pace->refused_since = 0;
        pace->refusals = 0;
        break_storm(pace, end, now);
        come_again(pace, end, now);
        if (end->due_s > 0)
            pace->poll_at = earlier(pace->poll_at, now + end->due_s * 1000);
        return;
    }
}

enum pace_state
pace_state(const struct pace *pace)
{
    return pace->state;
}

int64_t
pace_refused_for(const struct pace *pace, int64_t now)
{
    return pace->state == PACE_REFUSED ? now - pace->refused_since : 0;
}
