/* See state.h. */
#include "sync/watch/state.h"

#include <inttypes.h>

void
state_init(struct watch_state *state, const struct account *account, struct report *report, int poll_s)
{
    *state = (struct watch_state){.account = account, .report = report, .poll_s = poll_s};
    state->written.since = (int64_t)time(NULL);
    report_watched(report, account->name);
}

/* For `golub status`; what has not changed is not written again, so that an idle watcher leaves the disk alone. */
static void
write_down(struct watch_state *state, const char *words)
{
    if (strcmp(state->written.state, words) == 0)
        return;
    (void)text_print(state->written.state, sizeof state->written.state, "%s", words);
    state->written.changed = (int64_t)time(NULL);
    watched_write(state->account, &state->written);
    if (state->said != NULL)
        state->said(state->context, words);
}

static void
say(struct watch_state *state, const struct report_watch *watch)
{
    report_watch(state->report, state->account->name, watch);
}

void
state_running(struct watch_state *state)
{
    say(state, &(struct report_watch){.state = WATCH_RUNNING});
}

static int64_t
seconds_until(const struct pace *pace, int64_t now_ms)
{
    const int64_t due = pace_due(pace);

    return due == PACE_NEVER || due <= now_ms ? 1 : (due - now_ms + 999) / 1000;
}

/* "40 s", "60 min" */
static void
print_pause(int64_t seconds, char *to, size_t size)
{
    if (seconds < 120)
        (void)text_print(to, size, "%" PRId64 " s", seconds);
    else
        (void)text_print(to, size, "%" PRId64 " min", (seconds + 30) / 60);
}

void
state_offline(struct watch_state *state, const struct pace *pace, const char *why, int64_t now_ms)
{
    const int64_t retry_s = seconds_until(pace, now_ms);
    char text[1024], pause[32];

    print_pause(retry_s, pause, sizeof pause);
    (void)text_print(text, sizeof text, "no connection (%s); next try in %s", why, pause);
    say(state, &(struct report_watch){.state = WATCH_OFFLINE, .why = why, .retry_s = retry_s, .text = text});
    (void)text_print(text, sizeof text, "no connection (%s)", why);
    write_down(state, text);
}

static void
say_paused(struct watch_state *state, const struct pace *pace, const char *why, int64_t now_ms)
{
    const bool refused = pace_state(pace) == PACE_REFUSED;
    const int64_t retry_s = seconds_until(pace, now_ms);
    char text[1024], pause[32];

    print_pause(retry_s, pause, sizeof pause);
    (void)text_print(text, sizeof text,
                     refused ? "paused: %s; fix it, then restart, or wait %s" : "paused: %s; looked at again in %s",
                     why, pause);
    say(state, &(struct report_watch){.state = WATCH_PAUSED, .why = why, .retry_s = retry_s, .text = text});
    (void)text_print(text, sizeof text, "paused: %s", why);
    write_down(state, text);
}

void
state_ended(struct watch_state *state, const struct pace *pace, const char *why, int64_t now_ms)
{
    if (pace_state(pace) == PACE_OFFLINE)
        state_offline(state, pace, why, now_ms);
    else if (pace_state(pace) != PACE_WELL)
        say_paused(state, pace, why, now_ms);
}

/* "by NOTIFY", "INBOX by IDLE, the rest every 300 s", "every 300 s" */
static const char *
describe(const struct watch_state *state, const struct there *there, char *to, size_t size)
{
    const enum there_by by = there != NULL ? there_tells(there) : THERE_POLL;
    const char *first;
    size_t idles;

    switch (by) {
    case THERE_NOTIFY:
        (void)text_print(to, size, "by NOTIFY");
        return "notify";
    case THERE_NOTIFY_FLAGLESS:
        (void)text_print(to, size, "by NOTIFY, flags every %d s", state->poll_s);
        return "notify";
    case THERE_IDLE:
        idles = there_idles(there, &first);
        if (idles > 1)
            (void)text_print(to, size, "%s and %zu more by IDLE, the rest every %d s", first, idles - 1, state->poll_s);
        else
            (void)text_print(to, size, "%s by IDLE, the rest every %d s", first, state->poll_s);
        return "idle";
    case THERE_POLL:
        break;
    }
    (void)text_print(to, size, "every %d s", state->poll_s);
    return "poll";
}

void
state_watching(struct watch_state *state, const struct there *there, const struct here *here)
{
    const char *looking = here != NULL ? here_why(here) : NULL;
    char words[512], text[600];
    const char *by = describe(state, there, words, sizeof words);

    (void)text_print(text, sizeof text, "watching %s", words);
    say(state, &(struct report_watch){.state = WATCH_WATCHING, .by = by, .text = text});
    write_down(state, words);
    if (looking != NULL && !state->said_looking)
        report_mailbox(state->report, state->account->name, "", "looking", looking);
    state->said_looking = looking != NULL;
}

void
state_ways(struct watch_state *state, const struct there *there, const struct here *here)
{
    char words[sizeof state->written.state];

    (void)describe(state, there, words, sizeof words);
    if (strcmp(words, state->written.state) != 0)
        state_watching(state, there, here);
}
