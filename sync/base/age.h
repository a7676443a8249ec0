/*
 * Time that counts: for how long the quarantine keeps a file and a maildrop its mail. A clock that is wrong for one run must age nothing
 * by more than a week, so time is counted run by run. Pure: no clock is asked here, nothing is stored.
 *
 *     gap between two successful runs   counts
 *     up to 7 days                      whole
 *     longer                            7 days at once; the rest in a run at least 20 hours later by the clock, if that did not go back
 *     negative (the clock went back)    nothing; a rest that waits is cancelled, and the way back to where the clock was is no rest: up to what
 *                                       was counted for good, up to the highest reading for 20 hours
 *
 * Usage: read the state of the last successful run, age_at once at the start of a run, age_stamp for what comes in this run, age_bound for
 * what is there. Where the run succeeds and age_is_worth_saving says so, the new state is stored: age_journal.h.
 */
#ifndef SYNC_BASE_AGE_H
#define SYNC_BASE_AGE_H

#include <stdbool.h>
#include <stdint.h>

#define AGE_DAY INT64_C(86400)
#define AGE_GAP_MAX (7 * AGE_DAY)           /* seconds of one gap that count at once */
#define AGE_REST_AFTER (20 * INT64_C(3600)) /* seconds by the clock until the rest is believed */

struct age {
    int64_t counted; /* seconds that count; begins where the clock stands, so dates of old compare with it */
    int64_t clock;   /* of the last run that was counted, seconds UTC */
    int64_t rest;    /* seconds that wait; 0: none */
    int64_t rest_at; /* clock of the run that put them aside */
    int64_t
        reached; /* up to here the clock was counted before it went back; what lies before is no rest again; 0: it never did */
    int64_t high,
        high_at; /* where the clock stood before it went back, and when, by the clock after that; 0: it is past that again */
};

#define AGE_TEXT_MAX 160

/**
 * The first state of an account, or of one that an earlier version left without any.
 * @param newest  date of the newest thing that is kept (by the clock of its time), INT64_MIN where there is none
 */
struct age age_first(int64_t newest, int64_t clock);
/** The state in (and, if it succeeds, after) a run at `clock`. */
struct age age_at(const struct age *last, int64_t clock);
/**
 * The date of what comes in this run: a rest that waits lies before it, and does not age it when it is believed. While the clock is behind
 * where it stood, nobody knows how long ago that was: the date lies ahead, until a run that knows takes its own for it.
 */
int64_t age_stamp(const struct age *age);
/** What has a stamp before this one has been here for more than `days` (>= 0) that count. */
int64_t age_bound(const struct age *age, int days);
/** Too little has changed for a row of the journal: nothing is lost, a later run counts from the stored state. */
bool age_is_worth_saving(const struct age *last, const struct age *now);

/** @return false: no state that age_print wrote */
bool age_parse(const char *text, struct age *age);
void age_print(const struct age *age, char text[static AGE_TEXT_MAX]);

#endif
