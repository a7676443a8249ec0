/*
 * Messages to be stored. Neighbours of one mailbox travel together (MULTIAPPEND, all or nothing), group after group
 * without waiting. Of a group that is refused two messages are sent by themselves, and the rest in halves, down to the one
 * that is the reason; but there are servers that give up an answer and store all the same, so the mailbox's UIDNEXT is asked for first: where it is
 * not what it was, or not told, nothing of the group is sent again before somebody has looked. A message that is refused by itself and brings keywords is sent once
 * more without them, after the same question: a server may refuse all of it for the sake of one (Exchange). Where two on end are refused in the same words, or the answer says by a code that it is enough,
 * nothing more is sent to that mailbox; over quota, to none.
 */
#include "store/imap/client.h"

#include "store/base/arena.h"

#define FIRST 16 /* so many go out before one is known to be stored: in this call, or in the last one on this line */

struct group {
    size_t first, count;
};

struct place {        /* a mailbox; neighbouring messages share it */
    bool probed;      /* two messages of a refused group were sent by themselves */
    bool over;        /* nothing more is sent there */
    unsigned refused; /* messages refused by themselves, in the same words, since one was stored */
    struct remote_outcome why;
    uint32_t uidnext;     /* of what is known to be stored there; 0: not known */
    bool doubtful;        /* something is stored there that nobody told of */
    bool bare, blameless; /* it took a message without keywords that it had refused with them; or did not either */
    struct remote_outcome group; /* of the last group that was refused */
};

struct pile { /* of groups; the last one in is the first one out */
    struct group *at;
    size_t len, size;
};

struct appending {
    struct imap *imap;
    const struct remote_append *messages;
    size_t count;
    const struct remote_appender *from;
    void *context;
    struct error *err;

    size_t at;          /* the next message that is in no group yet */
    struct pile halves; /* of groups that were refused: they go before what was never sent */
    struct pile asked;  /* groups that were refused, and may have been stored */
    uint32_t uidnext;   /* of the STATUS that is being answered */
    bool full;          /* over quota: nothing more is sent */
    bool single;        /* the server refused a group, but not its messages one by one */
    struct remote_outcome over_quota;
    struct place *places;
    size_t *place_of; /* one for each message: index of its place */
    bool *bare;       /* ... it is sent without keywords: with them it was refused */
    bool stored;      /* the server has taken something */
    size_t sent;
};

static struct place *
place_of(const struct appending *appending, size_t index)
{
    return &appending->places[appending->place_of[index]];
}

/* "(\Seen $Forwarded keyword) ", or what is none of those keywords: $Forwarded is one for a server. */
static void
print_flags(struct queue *queue, const struct remote_append *message, bool bare)
{
    const char *blank = "";

    queue_print(queue, "(");
    for (unsigned bit = 1; bit <= FLAG_ALL; bit <<= 1) {
        if (!(message->flags & bit) || (bare && bit == FLAG_FORWARDED))
            continue;
        queue_print(queue, "%s%s", blank, flag_to_imap(bit));
        blank = " ";
    }
    for (const char *at = message->keywords != NULL && !bare ? message->keywords : ""; *at != '\0';) {
        size_t len = strcspn(at, " ");
        if (keyword_is_legal((struct text){at, len})) {
            queue_print(queue, "%s%.*s", blank, (int)len, at);
            blank = " ";
        }
        at += len;
        at += strspn(at, " ");
    }
    queue_print(queue, ") ");
}

/* "01-Feb-2020 03:04:05 +0000"; dates outside of what four digits can say become the nearest that they can. */
static void
print_date(struct queue *queue, int64_t date)
{
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const int64_t least = INT64_C(-62135596800), most = INT64_C(253402300799); /* years 1 and 9999 */
    time_t when = (time_t)(date < least ? least : date > most ? most : date);
    struct tm tm = {0};

    if (gmtime_r(&when, &tm) == NULL)
        tm = (struct tm){.tm_mday = 1, .tm_year = 70};
    queue_print(queue, "\"%02d-%s-%04d %02d:%02d:%02d +0000\" ", tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
                tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static bool
send_group(struct appending *appending, struct group group)
{
    struct queue *queue = &appending->imap->queue;

    appending->sent++;
    queue_begin(queue, COMMAND_APPEND, 0, group.first, group.count);
    queue_print(queue, "APPEND ");
    queue_name(queue, appending->messages[group.first].mailbox);
    for (size_t i = group.first; i < group.first + group.count; i++) {
        queue_print(queue, " ");
        appending->bare[i] = appending->bare[i] || place_of(appending, i)->bare;
        print_flags(queue, &appending->messages[i], appending->bare[i]);
        print_date(queue, appending->messages[i].date);
        queue_stream(queue, i, appending->messages[i].size, appending->messages[i].alone);
    }
    return queue_end(queue, appending->err);
}

static bool
same_mailbox(const struct remote_append *a, const struct remote_append *b)
{
    return a->mailbox.len == b->mailbox.len && memcmp(a->mailbox.at, b->mailbox.at, a->mailbox.len) == 0;
}

/* Too large for this server: refused without asking. */
static bool
is_too_big(const struct appending *appending, size_t index)
{
    uint64_t limit = appending->imap->can.append_limit;

    return limit != 0 && appending->messages[index].size > limit;
}

/* Where size and date are those of another of the group, nothing would tell a server that gives its UIDs in another order. */
static bool
has_lookalike(const struct appending *appending, struct group group, const struct remote_append *message)
{
    for (size_t i = group.first; i < group.first + group.count; i++)
        if (appending->messages[i].size == message->size && appending->messages[i].date == message->date)
            return true;
    return false;
}

static bool
is_by_itself(const struct remote_append *message)
{
    return message->alone || message->single;
}

/* The longest run of messages from `at` on that may travel as one command. */
static struct group
next_group(const struct appending *appending)
{
    const struct remote_append *messages = appending->messages;
    struct group group = {appending->at, 1};
    uint64_t bytes = messages[group.first].size;
    size_t most = appending->imap->can.bits & CAPABILITY_MULTIAPPEND && !appending->single &&
                          !is_by_itself(&messages[group.first])
                      ? LIMIT_BATCH
                      : 1;

    while (group.count < most && group.first + group.count < appending->count) {
        const struct remote_append *next = &messages[group.first + group.count];
        if (is_by_itself(next) || !same_mailbox(&messages[group.first], next) ||
            is_too_big(appending, group.first + group.count) || has_lookalike(appending, group, next))
            break;
        if (next->size > LIMIT_APPEND_BYTES || bytes + next->size > LIMIT_APPEND_BYTES)
            break;
        bytes += next->size;
        group.count++;
    }
    return group;
}

static bool
report_all(struct appending *appending, struct group group, const struct remote_outcome *outcome)
{
    for (size_t i = group.first; i < group.first + group.count; i++)
        if (!appending->from->done(appending->context, i, 0, outcome))
            return false;
    return true;
}

/* Why it is not sent; NULL: it is. */
static const struct remote_outcome *
over(const struct appending *appending, struct group group)
{
    const struct place *place = place_of(appending, group.first);

    if (appending->full)
        return &appending->over_quota;
    return place->over ? &place->why : NULL;
}

static bool
ask_uidnext(struct appending *appending, struct group group)
{
    struct queue *queue = &appending->imap->queue;

    queue_begin(queue, COMMAND_STATUS, 0, group.first, group.count);
    queue_print(queue, "STATUS ");
    queue_name(queue, appending->messages[group.first].mailbox);
    queue_print(queue, " (UIDNEXT)");
    return queue_end(queue, appending->err);
}

static bool
next(void *self, bool *more)
{
    struct appending *appending = self;

    if (appending->asked.len > 0)
        return ask_uidnext(appending, appending->asked.at[--appending->asked.len]);
    if (appending->halves.len > 0) {
        struct group group = appending->halves.at[--appending->halves.len];
        const struct remote_outcome *why = over(appending, group);
        return why != NULL ? report_all(appending, group, why) : send_group(appending, group);
    }
    if (appending->at == appending->count || (!appending->stored && appending->sent >= FIRST)) {
        /* A group in flight may still come back in halves: then this is asked again. So it is behind the first ones. */
        *more = false;
        return true;
    }
    struct group group = next_group(appending);
    const struct remote_outcome *why = over(appending, group);
    appending->at += group.count;
    if (why != NULL)
        return report_all(appending, group, why);
    if (is_too_big(appending, group.first)) {
        struct remote_outcome outcome;
        client_outcome(&outcome, "larger than the %llu bytes that the server accepts (APPENDLIMIT)",
                       (unsigned long long)appending->imap->can.append_limit);
        outcome.permanent = true;
        return report_all(appending, group, &outcome);
    }
    return send_group(appending, group);
}

/* ---- answers ---- */

/* Does APPENDUID name as many UIDs as messages, ascending? *other: of another mailbox than the one that we mean */
static bool
names_each(const struct appending *appending, const struct command *command, const struct response *response,
           bool *other)
{
    const struct remote_append *first = &appending->messages[command->first];
    uint32_t last = 0;

    *other = response->number != first->uidvalidity;
    if (response->code != CODE_APPENDUID || response->number == 0 || first->uidvalidity == 0 ||
        uid_set_size(&response->to) != command->count)
        return false;
    for (size_t i = 0; i < command->count; i++) {
        uint32_t uid = uid_set_nth(&response->to, i);
        if (uid <= last)
            return false;
        last = uid;
    }
    return true;
}

/* Is none of them one that was given before? */
static bool
are_new(const struct appending *appending, const struct command *command, const struct response *response)
{
    for (size_t i = 0; i < command->count; i++)
        if (uid_set_nth(&response->to, i) < appending->messages[command->first + i].uidnext)
            return false;
    return true;
}

/* Between what was known to be stored and what is now there may be something that nobody told of. */
static void
note_stored(struct place *place, const struct command *command, const struct response *response, bool believed)
{
    if (place->uidnext == 0)
        return;
    if (!believed) {
        place->uidnext += (uint32_t)command->count;
        return;
    }
    const uint32_t last = uid_set_nth(&response->to, command->count - 1);

    place->doubtful = place->doubtful || (uint64_t)place->uidnext + command->count != (uint64_t)last + 1;
    place->uidnext = last + 1;
}

static bool
take_ok(struct appending *appending, const struct command *command, const struct response *response)
{
    bool other;
    const bool named = names_each(appending, command, response, &other);
    const bool believed = named && !other && are_new(appending, command, response);
    struct place *place = place_of(appending, command->first);

    appending->stored = appending->imap->stores = true;
    place->refused = 0;
    place->bare = place->bare || appending->bare[command->first];
    note_stored(place, command, response, believed);
    for (size_t i = 0; i < command->count; i++) {
        const uint32_t uid = named ? uid_set_nth(&response->to, i) : 0;
        const struct remote_outcome good = {.ok = true,
                                            .came_to = named && other ? (uint32_t)response->number : 0,
                                            .came_as = named && other ? uid : 0};
        if (!appending->from->done(appending->context, command->first + i, believed ? uid : 0, &good))
            return false;
    }
    return true;
}

/* Words that mean: this message, never. Others say what passes, whatever they sound like. */
static bool
says_never(struct text said)
{
    static const char *const words[] = {"bare newline", "are LF", "NUL char", "null char",
                                        "contains non-ASCII characters in headers"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (said.len > 0 && memmem(said.at, said.len, words[i], strlen(words[i])) != NULL)
            return true;
    return false;
}

static bool
pile_add(struct appending *appending, struct pile *pile, struct group group)
{
    if (group.count == 0)
        return true;
    if (!array_grow(&pile->at, &pile->size, pile->len + 1, sizeof *pile->at)) {
        error_set(appending->err, ERROR_LOCAL, "store messages on the server: out of memory");
        return false;
    }
    pile->at[pile->len++] = group;
    return true;
}

static bool
send_later(struct appending *appending, struct group group)
{
    return pile_add(appending, &appending->halves, group);
}

/* The last one in is the first one out. */
static bool
halve(struct appending *appending, const struct command *command)
{
    struct place *place = place_of(appending, command->first);
    const size_t half = (command->count + 1) / 2;

    if (!place->probed && command->count > 2) {
        place->probed = true;
        return send_later(appending, (struct group){command->first + 2, command->count - 2}) &&
               send_later(appending, (struct group){command->first + 1, 1}) &&
               send_later(appending, (struct group){command->first, 1});
    }
    return send_later(appending, (struct group){command->first + half, command->count - half}) &&
           send_later(appending, (struct group){command->first, half});
}

/* What is queued and not on its way yet would only be refused, too. Commands are taken back from the newest on. */
static bool
take_back_rest(struct appending *appending)
{
    struct command command;

    while (queue_take_back(&appending->imap->queue, &command)) {
        const struct group group = {command.first, command.count};
        const struct remote_outcome *why = over(appending, group);

        if (why != NULL
                ? !report_all(appending, group, why)
                : !pile_add(appending, command.kind == COMMAND_STATUS ? &appending->asked : &appending->halves, group))
            return false;
    }
    return true;
}

static void
note_refusal(struct appending *appending, const struct command *command, const struct response *response,
             struct remote_outcome *outcome)
{
    struct place *place = place_of(appending, command->first);

    if (outcome->over_quota) {
        appending->full = true;
        appending->over_quota = *outcome;
    }
    if (command->count == 1 && !outcome->gone && !outcome->throttled)
        outcome->permanent = outcome->permanent || says_never(response->said);
    /* A group that it has no time for now may be stored in a moment: nothing of it is sent again before somebody has looked. */
    if (outcome->gone || outcome->throttled || outcome->denied ||
        (command->count > 1 && response->code == CODE_UNAVAILABLE)) {
        place->over = true;
        place->why = *outcome;
    } else if (command->count == 1 && !outcome->permanent && !place->over) {
        const bool same = place->refused != 0 && client_same_words(place->why.answer, outcome->answer);

        place->refused = same ? place->refused + 1 : 1;
        place->over = place->refused >= 2;
        place->why = *outcome;
        place->why.throttled = place->over;
    }
}

/* Perhaps it was refused for the sake of its keywords. */
static bool
may_go_bare(const struct appending *appending, const struct command *command, const struct response *response,
            const struct remote_outcome *outcome)
{
    const struct remote_append *message = &appending->messages[command->first];
    const bool has_any =
        (message->flags & FLAG_FORWARDED) != 0 || (message->keywords != NULL && message->keywords[0] != '\0');

    return command->count == 1 && !appending->bare[command->first] && has_any &&
           !place_of(appending, command->first)->blameless && !outcome->gone && !outcome->permanent &&
           !outcome->throttled && !outcome->passing && !outcome->denied && !outcome->over_quota &&
           !says_never(response->said);
}

/* Nothing of the group was stored, or who is to know? Where UIDNEXT is not told now, or was not told before, nobody is. */
static bool
take_uidnext(struct appending *appending, const struct command *command, bool ok)
{
    struct place *place = place_of(appending, command->first);
    const struct group group = {command->first, command->count};
    const struct remote_outcome *why = over(appending, group);
    const uint32_t uidnext = ok ? appending->uidnext : 0;

    appending->uidnext = 0;
    if (why != NULL)
        return report_all(appending, group, why);
    const bool unknown = place->uidnext == 0 || uidnext == 0;

    place->doubtful = place->doubtful || (!unknown && uidnext > place->uidnext);
    if (!place->doubtful && !unknown)
        return halve(appending, command);
    /* Of one of them perhaps, and nobody knows of which: once somebody has looked each may go by itself. */
    place->group.permanent = false;
    place->group.passing = true;
    return report_all(appending, group, &place->group);
}

static bool
take_untagged(void *self, const struct response *response, const struct command *oldest)
{
    struct appending *appending = self;

    if (response->kind == RESPONSE_STATUS && oldest != NULL && oldest->kind == COMMAND_STATUS)
        appending->uidnext = response->status.has_uidnext ? response->status.uidnext : 0;
    return true;
}

static bool
take_answer(void *self, const struct command *command, const struct response *response)
{
    struct appending *appending = self;
    struct remote_outcome outcome;

    if (command->kind == COMMAND_STATUS)
        return take_uidnext(appending, command, response->state == STATE_OK);
    if (response->state == STATE_OK)
        return take_ok(appending, command, response);
    appending->imap->stores = false;
    client_refused(response, &outcome);
    const struct group group = {command->first, command->count};
    if (may_go_bare(appending, command, response, &outcome)) {
        appending->bare[group.first] = true;
        place_of(appending, group.first)->group = outcome;
        return pile_add(appending, &appending->asked, group);
    }
    place_of(appending, group.first)->blameless |= command->count == 1 && appending->bare[group.first];
    note_refusal(appending, command, response, &outcome);
    const struct remote_outcome *why = over(appending, group);
    if (command->count > 1 && why == NULL) {
        appending->single |= response->state == STATE_BAD;
        place_of(appending, group.first)->group = outcome;
        return pile_add(appending, &appending->asked, group);
    }
    return report_all(appending, group, command->count == 1 ? &outcome : why) &&
           (why == NULL || take_back_rest(appending));
}

static bool
rewind_message(void *self, size_t index)
{
    struct appending *appending = self;

    return appending->from->rewind(appending->context, index);
}

static bool
read_message(void *self, size_t index, void *to, size_t size, size_t *got)
{
    struct appending *appending = self;

    return appending->from->read(appending->context, index, to, size, got);
}

bool
imap_append(struct imap *imap, const struct remote_append *messages, size_t count, const struct remote_appender *from,
            void *context, struct error *err)
{
    struct appending appending = {
        .imap = imap, .messages = messages, .count = count, .from = from, .context = context, .err = err};
    const struct operation operation = {.self = &appending,
                                        .next = next,
                                        .untagged = take_untagged,
                                        .answered = take_answer,
                                        .rewind = rewind_message,
                                        .read = read_message};
    struct arena arena = {0};
    size_t places = 0;
    bool ok;

    appending.stored = imap->stores;
    appending.places = arena_array(&arena, count, sizeof *appending.places);
    appending.place_of = arena_array(&arena, count, sizeof *appending.place_of);
    appending.bare = arena_array(&arena, count, sizeof *appending.bare);
    ok = !arena.failed;
    if (!ok)
        error_set(err, ERROR_LOCAL, "store messages on the server: out of memory");
    for (size_t i = 0; ok && i < count; i++) {
        places += i == 0 || !same_mailbox(&messages[i - 1], &messages[i]);
        appending.place_of[i] = places - 1;
        appending.places[places - 1].uidnext = messages[i].uidnext;
    }
    while (ok && (appending.asked.len > 0 || appending.halves.len > 0 || appending.at < count)) {
        appending.sent = 0;
        ok = queue_run(&imap->queue, &operation, err);
    }
    arena_free(&arena);
    free(appending.halves.at);
    free(appending.asked.at);
    return ok;
}
