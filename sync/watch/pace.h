/*
 * When a watched account runs next. Pure: it is told what happened and when, by a clock of its caller, and says when the next run is due and
 * for what reason. Times are milliseconds of one clock that never goes back (clock_ms).
 *
 * What was told is only a reason to look. A burst is waited for, but never long; a side whose events lead to nothing is listened to less
 * and less; a line that does not open is tried again after longer and longer pauses; a refused login is not tried again before minutes, then
 * hours, so that no server locks the user out.
 */
#ifndef SYNC_WATCH_PACE_H
#define SYNC_WATCH_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_NEVER INT64_MAX

#define PACE_QUIET_THERE 50   /* ms without another event there ... */
#define PACE_LATEST_THERE 500 /* ... and at most so long after the first */
#define PACE_QUIET_HERE                                                                                                \
    200 /* the same here: a mail reader's burst; and what was touched just now has times that are too young to be trusted */
#define PACE_LATEST_HERE 1000
#define PACE_STORM_FIRST 1000 /* ms between runs for a side whose event led to nothing, doubled up to ... */
#define PACE_STORM_LAST 60000
#define PACE_RETRY_FIRST 1000 /* ms before the line is opened again, doubled up to ... */
#define PACE_RETRY_LAST 300000
#define PACE_STOOD 60000 /* a line that stood for so long is a good one: the pauses begin anew when it breaks */
#define PACE_AGAIN_FIRST                                                                                               \
    10000 /* ms until an unanswered command is looked for, doubled up to the poll; and after a run that left something */
#define PACE_PAUSED 30000 /* ms between two looks whether what only a person can mend is mended */
#define PACE_NETWORK 2000 /* ms of rest after addresses or routes changed */

enum pace_side { PACE_THERE, PACE_HERE, PACE_SIDES };

enum pace_why {
    PACE_NOTHING, /* no run is due */
    PACE_START,
    PACE_EVENT, /* a side moved */
    PACE_POLL,
    PACE_AGAIN, /* an unanswered command has had its time: what became of it? And what the run before had to leave to the next one is done now */
    PACE_ASKED, /* a person asked */
    PACE_RETRY, /* the line is opened again */
    PACE_PATIENCE /* what only a person can mend is looked at again */
};

enum pace_state {
    PACE_WELL,
    PACE_OFFLINE, /* there was no connection */
    PACE_REFUSED, /* the login was */
    PACE_BLOCKED  /* root, mark, configuration, disk */
};

struct pace_end {    /* how a run ended */
    int status;      /* exit status: 0 ... 6 */
    bool did;        /* it did something */
    bool no_room;    /* the disk has no room, or may not be written to */
    bool unfinished; /* a command of it was not answered and may still be under way */
    bool
        partial; /* it left something, perhaps to the next one: a mailbox that was paired anew loses nothing in that run */
    bool moved;      /* a mailbox of the server was not where the run before had left it */
    bool crowded;    /* a refused login that means too many connections, or a server without room */
    int64_t later_s; /* the server asks to be left alone so long, seconds; 0: it does not */
    int64_t due_s;   /* what waits has had its time then, seconds; 0: nothing waits for that */
};

struct pace {
    int64_t poll_ms;
    uint64_t seed; /* of the random part of a pause */
    /* Private to pace.c. */
    enum pace_state state;
    bool started, asked, logged_in;
    enum pace_why why; /* of the run that is under way */
    bool running_for[PACE_SIDES];
    struct pace_burst {
        int64_t first, last;       /* of the events that no run has looked at; first 0: there are none */
        int64_t pause, not_before; /* of the storm breaker */
    } side[PACE_SIDES];
    int64_t poll_at, retry_at, retry_ms;
    int64_t again_at, again_ms; /* again_ms 0: no run is waited for but the poll */
    int64_t well_at;            /* the line stands since then; only while the state is PACE_WELL */
    int64_t refused_since;      /* the first refusal of a row of them; 0: none */
    int refusals;
    bool did; /* the last run did something: its own echo is no storm */
};

/** @param poll_s  seconds between two polls @param seed  differs from account to account */
void pace_init(struct pace *pace, int poll_s, uint64_t seed);
/** A side moved. */
void pace_event(struct pace *pace, enum pace_side side, int64_t now);
/** A person asked for a run (SIGUSR1): it is due at once, whatever the account waits for, but for a login that was refused. */
void pace_ask(struct pace *pace);
/** The machine slept, or its network came: the pause of an account without a connection is over. @param at  when to try */
void pace_network(struct pace *pace, int64_t at);
/** The line broke between two runs. */
void pace_broke(struct pace *pace, int64_t now);
/** When everything is asked next, whatever is told until then. */
int64_t pace_poll_at(const struct pace *pace);
/** When the next run is due; PACE_NEVER: not before something happens. */
int64_t pace_due(const struct pace *pace);
/** Is one due, and why? What was told until now belongs to it. PACE_NOTHING: none is. */
enum pace_why pace_begin(struct pace *pace, int64_t now);
void pace_end(struct pace *pace, const struct pace_end *end, int64_t now);
enum pace_state pace_state(const struct pace *pace);
/** For how long logins have been refused, in milliseconds; 0: they are not. */
int64_t pace_refused_for(const struct pace *pace, int64_t now);

#endif
