/* The loop of an account; see watch.h. */
#include "sync/watch/watch.h"

#include <errno.h>
#include <malloc.h>

#include "store/base/clock.h"
#include "sync/base/filing.h"
#include "sync/base/watched.h"
#include "sync/watch/here.h"
#include "sync/watch/machine.h"
#include "sync/watch/pace.h"
#include "sync/watch/state.h"
#include "sync/watch/there.h"

#define SIGN_OF_LIFE_MS                                                                                                \
    540000 /* nine minutes: routers forget a line that is silent for longer, and some servers close it */
#define SAVED_BY_POLL_MS 60000 /* a poll that comes so soon is one, too */
#define NETWORK_LIMIT_MS 5000  /* after the network changed a line that lives answers within this */
#define TOLD_LATE_MS 10000     /* what a poll finds and nobody told within this was not told */
#define LIES 2                 /* so often NOTIFY may tell nothing of what a poll finds */
#define MUCH 50                /* acts of a run that may have needed much memory */
#define POP_POLL_S 300         /* servers of that kind close accounts that ask more often */
#define REFUSED_MS 86400000    /* a login that was refused for a day */

struct watch {
    const struct watch_task *task;
    struct pace pace;
    struct known known;
    struct there *there; /* NULL: a POP account */
    struct here *here;   /* NULL: likewise */
    struct machine *machine;
    struct watch_state state;
    const struct sync_named *named; /* of the run that is under way */
    size_t named_count;
    char why[512]; /* the last run did not do all of it, and what it said */
    bool pausing;  /* what is told now belongs to the run that is about to begin */
    bool moved, learned;
    bool unfinished;    /* the run left intents of commands that were not answered */
    int64_t due_s;      /* ... or what has its time then, in seconds; 0: it did not */
    int64_t began;      /* seconds since 1970 */
    int status;         /* of the last run; 1: none has ended */
    bool well;          /* a run ended well, once */
    bool crowded;       /* the last run's login was refused because of others, which passes */
    int64_t told_at;    /* when the server told anything */
    int64_t network_at; /* the network changed: look at the lines then; 0: it did not */
    int64_t sign_at;    /* a sign of life is asked for then */
    int lies;
};

static void
on_told(void *context, const struct known_told *told)
{
    struct watch *watch = context;

    watch->told_at = clock_ms();
    if (known_is_news(&watch->known, told) && !watch->pausing)
        pace_event(&watch->pace, PACE_THERE, watch->told_at);
}

void
watch_names(const struct watch *watch, const struct sync_named **named, size_t *count)
{
    *named = watch->named;
    *count = watch->named_count;
}

void
watch_began(struct watch *watch)
{
    watch->pausing = true;
    if (watch->there != NULL)
        there_pause(watch->there);
    watch->pausing = false;
}

/*
 * Until a copy of sent mail goes up, should the server's own not come; the clock may have been set meanwhile. What had its time when this run began
 * waits for something else by now, and for the poll.
 */
static int64_t
due_in(struct journal *journal, int64_t began)
{
    struct error ignored = {0};
    int64_t since, left;

    if (!journal_pending_oldest(journal, FILING_WORD, began - FILING_WAIT_S, &since, &ignored) || since == INT64_MAX)
        return 0;
    left = since + FILING_WAIT_S - (int64_t)time(NULL);
    return left < 1 ? 1 : left > FILING_WAIT_S ? FILING_WAIT_S : left;
}

void
watch_ended(struct watch *watch, struct journal *journal)
{
    struct journal_mailbox *list = NULL;
    struct journal_op *ops = NULL;
    struct error ignored = {0};
    size_t count = 0, op_count = 0;

    /* Without it everything that is told is news, and the polls look at everything anyway. */
    watch->learned = journal_mailboxes(journal, &list, &count, &ignored) &&
                     known_load(&watch->known, list, count, &watch->moved) &&
                     (watch->there == NULL || there_choose(watch->there, list, count));
    journal_mailboxes_free(list, count);
    watch->due_s = watch->there != NULL ? due_in(journal, watch->began) : 0;
    watch->unfinished = watch->there != NULL && journal_ops(journal, &ops, &op_count, &ignored) && op_count > 0;
    free(ops);
    if (watch->there != NULL)
        imap_forget_alerts(there_session(watch->there)); /* the run has shown them */
}

/* The words that mean "not now" and not "not you". */
static bool
are_too_many(const struct error *cause)
{
    return strcasestr(cause->answer, "simultaneous") != NULL || strcasestr(cause->answer, "connections") != NULL;
}

/* What only a person, or another program, can make right on this machine. */
static bool
has_no_room(const struct error *cause)
{
    return cause->kind == ERROR_LOCAL && (cause->number == ENOSPC || cause->number == EDQUOT || cause->number == EROFS);
}

static bool
is_crowded(const struct error *cause)
{
    return are_too_many(cause) || strcasestr(cause->answer, "UNAVAILABLE") != NULL ||
           strcasestr(cause->answer, "OVERQUOTA") != NULL;
}

/* "Suggested Backoff Time: 299961 Milliseconds" */
static int64_t
suggested_s(const struct error *cause)
{
    const char *at = strcasestr(cause->answer, "Suggested Backoff");
    uint64_t ms;

    if (at == NULL)
        return 0;
    at += strcspn(at, "0123456789");
    return text_number((struct text){at, strspn(at, "0123456789")}, 86400000, &ms) ? (int64_t)(ms / 1000) + 1 : 0;
}

/* A poll that finds what nobody told: NOTIFY was accepted and is not kept. */
static void
weigh_notify(struct watch *watch, const struct report_said *said, enum pace_why why, enum there_by by)
{
    if (by < THERE_NOTIFY_FLAGLESS || !watch->moved || said->came == 0) /* what went up moved it, too */
        return;
    if (why == PACE_EVENT)
        watch->lies = 0;
    else if (why == PACE_POLL && clock_ms() - watch->told_at > TOLD_LATE_MS && ++watch->lies >= LIES)
        there_distrust(watch->there);
}

static void
run(struct watch *watch, enum pace_why why)
{
    const struct watch_task *task = watch->task;
    const char *account = task->account->name;
    const enum there_by by = watch->there != NULL ? there_tells(watch->there) : THERE_POLL;
    struct report_said said;
    struct pace_end end;

    state_running(&watch->state);
    watch->moved = watch->learned = watch->unfinished = false;
    watch->due_s = 0;
    watch->began = (int64_t)time(NULL);
    if (watch->here != NULL) {
        (void)here_begin(watch->here);
        (void)here_moved(watch->here); /* this run looks at it */
        here_names(watch->here, &watch->named, &watch->named_count);
    }
    if (why == PACE_POLL || why == PACE_AGAIN || why == PACE_ASKED) /* which list what was not listed */
        watch->named_count = 0;
    end.status = task->run(task->context, watch, watch->there != NULL ? there_session(watch->there) : NULL);
    watch->status = end.status;
    if (watch->here != NULL)
        here_ended(watch->here, end.status == 0 || end.status == 3);
    report_said(task->report, account, end.status, &said);
    end.did = said.acts != 0;
    end.moved = watch->moved;
    end.unfinished = watch->unfinished;
    end.partial = end.status == 1 && watch->there != NULL;
    end.no_room = end.status == 1 && has_no_room(&said.cause);
    end.crowded = watch->crowded = is_crowded(&said.cause);
    if (end.status == 5 && are_too_many(&said.cause))
        end.status = 4; /* only later helps, as with a login that is refused */
    end.later_s = suggested_s(&said.cause);
    end.due_s = watch->due_s;
    pace_end(&watch->pace, &end, clock_ms());
    if (said.acts > MUCH)
        (void)malloc_trim(0); /* what a first sync needed is not kept for the months of waiting */
    watch->well = watch->well || pace_state(&watch->pace) == PACE_WELL;
    weigh_notify(watch, &said, why, by);
    (void)text_print(watch->why, sizeof watch->why, "%s", end.status == 1 ? said.error : "");
    state_ended(&watch->state, &watch->pace, said.error, clock_ms());
}

/* Listen, and look again at what may have changed between the run and this. */
static void
listen_again(struct watch *watch)
{
    struct error err = {0};
    char words[1024];

    /* The first run has made the root: what came into it before it was watched is looked at once more. */
    if (watch->here != NULL && (here_begin(watch->here) || here_moved(watch->here)))
        pace_event(&watch->pace, PACE_HERE, clock_ms());
    if (watch->there != NULL && !there_listen(watch->there, &err)) {
        pace_broke(&watch->pace, clock_ms());
        error_line(&err, words, sizeof words);
        /* Where the run ended before it connected, that is why there is nothing to listen to. */
        state_offline(&watch->state, &watch->pace, watch->why[0] != '\0' ? watch->why : words, clock_ms());
        return;
    }
    watch->sign_at = clock_ms() + SIGN_OF_LIFE_MS;
    state_watching(&watch->state, watch->there, watch->here);
}

static void
lost(struct watch *watch, const struct error *err, bool at_once)
{
    char words[1024];

    pace_broke(&watch->pace, clock_ms());
    if (at_once)
        pace_network(&watch->pace, clock_ms());
    error_line(err, words, sizeof words);
    state_offline(&watch->state, &watch->pace, words, clock_ms());
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The next sign of life, where no poll is one. */
static int64_t
sign_due(const struct watch *watch)
{
    if (watch->there == NULL || !there_listens(watch->there) ||
        pace_poll_at(&watch->pace) <= watch->sign_at + SAVED_BY_POLL_MS)
        return PACE_NEVER;
    return watch->sign_at;
}

/* Milliseconds that may be slept; -1: until something happens. */
static int
sleep_ms(const struct watch *watch)
{
    const int64_t now = clock_ms();
    const int look_ms = watch->here != NULL ? here_look_ms(watch->here) : -1;
    int64_t until = earlier(pace_due(&watch->pace), sign_due(watch));

    if (watch->network_at != 0)
        until = earlier(until, watch->network_at);
    if (look_ms >= 0)
        until = earlier(until, now + look_ms);
    if (watch->task->turn_ms > 0)
        until = earlier(until, now + watch->task->turn_ms);
    if (watch->there != NULL) {
        if (there_has_unread(watch->there))
            return 0;
        until = earlier(until, there_due(watch->there));
    }
    return until == PACE_NEVER ? -1 : until <= now ? 0 : until - now > INT32_MAX ? INT32_MAX : (int)(until - now);
}

/* What woke us besides the two sides. */
static void
look_at_machine(struct watch *watch)
{
    struct error err = {0};
    uint64_t times;
    bool slept, network;

    if (watch->task->wake >= 0 && read(watch->task->wake, &times, sizeof times) > 0 &&
        watch->task->asked(watch->task->context))
        pace_ask(&watch->pace);
    machine_read(watch->machine, &slept, &network);
    if (slept && watch->there != NULL) {
        there_drop(watch->there, false);
        error_state(&err, ERROR_NETWORK, "the machine slept");
        lost(watch, &err, true);
    }
    if (network && !slept)
        watch->network_at = clock_ms() + PACE_NETWORK;
}

/* Addresses or routes changed a while ago: does each line still live? */
static void
look_at_network(struct watch *watch)
{
    struct error err = {0};

    watch->network_at = 0;
    if (watch->there != NULL && there_listens(watch->there) && !there_refresh(watch->there, NETWORK_LIMIT_MS, &err))
        lost(watch, &err, true);
    else
        pace_network(&watch->pace, clock_ms());
}

static void
look_at_there(struct watch *watch)
{
    struct error err = {0};
    enum there_by before;

    if (watch->there == NULL || !there_listens(watch->there))
        return;
    before = there_tells(watch->there);
    if (!there_read(watch->there, &err)) {
        lost(watch, &err, false);
        return;
    }
    if (there_tells(watch->there) < before) /* it tells less, or nothing more: a run looks, and listens anew */
        pace_event(&watch->pace, PACE_THERE, clock_ms());
    there_open_due(watch->there);
    if (pace_state(&watch->pace) == PACE_WELL) /* a run that failed before it connected left the session listening */
        state_ways(&watch->state, watch->there, watch->here);
    if (sign_due(watch) > clock_ms())
        return;
    watch->sign_at = clock_ms() + SIGN_OF_LIFE_MS;
    if (!there_refresh(watch->there, 0, &err))
        lost(watch, &err, true);
}

static void
wait_for_something(struct watch *watch)
{
    struct pollfd fds[THERE_MOST + MACHINE_MOST + 2];
    size_t count = watch->there != NULL ? there_poll(watch->there, fds) : 0;

    count += machine_poll(watch->machine, fds + count);
    if (watch->task->wake >= 0)
        fds[count++] = (struct pollfd){.fd = watch->task->wake, .events = POLLIN};
    if (watch->here != NULL && here_descriptor(watch->here) >= 0)
        fds[count++] = (struct pollfd){.fd = here_descriptor(watch->here), .events = POLLIN};
    (void)poll(fds, count, sleep_ms(watch)); /* whatever it says, each of them is looked at */
    watch->task->turned(watch->task->context);
    look_at_machine(watch);
    look_at_there(watch);
    if (watch->here != NULL && here_moved(watch->here))
        pace_event(&watch->pace, PACE_HERE, clock_ms());
    if (watch->network_at != 0 && watch->network_at <= clock_ms())
        look_at_network(watch);
}

/* Is it only a person who can go on here? @return the exit status that says so, or 0 */
static int
standing(const struct watch *watch)
{
    switch (pace_state(&watch->pace)) {
    case PACE_BLOCKED:
        return watch->well || watch->status != 2 ? 0 : 2;
    case PACE_REFUSED:
        return (!watch->well && !watch->crowded) || pace_refused_for(&watch->pace, clock_ms()) >= REFUSED_MS ? 4 : 0;
    default:
        return 0;
    }
}

static int
turn_until_stopped(struct watch *watch)
{
    const struct watch_task *task = watch->task;

    while (!task->stopped(task->context)) {
        const enum pace_why why = pace_begin(&watch->pace, clock_ms());
        int status;

        if (why != PACE_NOTHING) {
            run(watch, why);
            task->turned(task->context);
            status = standing(watch);
            if (task->stands(task->context, status))
                return status;
            if (pace_state(&watch->pace) == PACE_WELL && !task->stopped(task->context))
                listen_again(watch);
            continue;
        }
        wait_for_something(watch);
    }
    return watch->status;
}

static bool
make(struct watch *watch)
{
    const struct watch_task *task = watch->task;

    if (task->connection != NULL)
        watch->there = there_new(task->account, task->connection, on_told, watch);
    if (task->tree != NULL)
        watch->here = here_new(task->tree, &watch->known);
    watch->machine = machine_new(clock_slept_ms);
    return watch->machine != NULL && (watch->there != NULL || task->connection == NULL) &&
           (watch->here != NULL || task->tree == NULL);
}

int
watch_account(const struct watch_task *task)
{
    const int configured = task->account->watch.poll_s;
    const int poll_s = task->connection == NULL && configured < POP_POLL_S ? POP_POLL_S : configured;
    struct watch watch = {.task = task, .status = 1};
    struct error err = {0};
    int status = 1;

    pace_init(&watch.pace, poll_s, (uint64_t)clock_ms() ^ (uint64_t)(uintptr_t)task);
    state_init(&watch.state, task->account, task->report, poll_s);
    watch.state.said = task->said;
    watch.state.context = task->context;
    if (make(&watch)) {
        if (watch.here != NULL)
            (void)here_begin(watch.here);
        task->ready(task->context);
        status = turn_until_stopped(&watch);
    } else {
        error_set(&err, ERROR_LOCAL, "get memory");
        (void)text_print(err.account, sizeof err.account, "%s", task->account->name);
        report_error(task->report, &err);
    }
    there_free(watch.there);
    here_free(watch.here);
    machine_free(watch.machine);
    known_free(&watch.known);
    return status;
}
