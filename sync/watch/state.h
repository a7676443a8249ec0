/* How an account is watched, said: to people in a line where it changed, to programs in JSON, and to `golub status` in a file. */
#ifndef SYNC_WATCH_STATE_H
#define SYNC_WATCH_STATE_H

#include "sync/base/watched.h"
#include "sync/report/report.h"
#include "sync/watch/here.h"
#include "sync/watch/pace.h"
#include "sync/watch/there.h"

struct watch_state {
    const struct account *account;
    struct report *report;
    int poll_s;
    struct watched written;
    void (*said)(void *context, const char *words); /* of the words that are written down; may be NULL */
    void *context;
    bool said_looking; /* why folders are looked at by turns */
};

void state_init(struct watch_state *state, const struct account *account, struct report *report, int poll_s);
/** A run begins. */
void state_running(struct watch_state *state);
/** It ended. Where the account is not well now, that is said. @param why  what the run said */
void state_ended(struct watch_state *state, const struct pace *pace, const char *why, int64_t now_ms);
/** The line broke, or did not open. */
void state_offline(struct watch_state *state, const struct pace *pace, const char *why, int64_t now_ms);
/** It is waited for changes. @param there, here  NULL: a POP account */
void state_watching(struct watch_state *state, const struct there *there, const struct here *here);
/** While it is waited for changes: said again if the server refuses a way of telling that was thought to be in force, or a line is lost. */
void state_ways(struct watch_state *state, const struct there *there, const struct here *here);

#endif
