/* What the tests of store/imap/listen share: what is told becomes text in script->told. Included after cmocka.h. */
#ifndef TESTS_UNIT_IMAP_LISTEN_SCENE_H
#define TESTS_UNIT_IMAP_LISTEN_SCENE_H

#include "imap_script.h"

#include "store/base/clock.h"
#include "store/imap/listen.h"

#define SOON_MS 5000 /* what must come comes within this; nothing waits for so long */

static inline const char *
by_name(enum listen_by by)
{
    static const char *const names[] = {"nothing", "idle", "notify", "notify without flags"};

    return names[by];
}

static inline void
tell_told(void *context, const struct listen_told *told)
{
    char name[100];

    error_escape(name, sizeof name, told->mailbox);
    (void)tell(context, "told \"%s\"", name);
    if (told->has_messages)
        (void)tell(context, " messages %u", told->messages);
    if (told->has_uidnext)
        (void)tell(context, " next %u", told->uidnext);
    if (told->has_uidvalidity)
        (void)tell(context, " v%u", told->uidvalidity);
    if (told->has_modseq)
        (void)tell(context, " modseq %llu", (unsigned long long)told->modseq);
    (void)tell(context, "%s%s\n", told->changed ? " changed" : "", told->overflow ? " overflow" : "");
}

static inline bool
listen_to(struct script *script, const char *mailbox, bool notify, const char *expected)
{
    const struct listening how = {.mailbox = mailbox, .notify = notify, .told = tell_told, .context = script};
    enum listen_by by = LISTEN_NOTHING;
    const bool ok = imap_listen(script->imap, &how, &by, &script->err);

    if (ok)
        assert_string_equal(by_name(by), expected);
    else
        print_message("%s: %s\n", script->err.what, script->err.answer);
    return ok;
}

/* Read as a watcher does until that was told `count` times. */
static inline bool
hear(struct script *script, const char *told, int count)
{
    const int64_t until = clock_ms() + SOON_MS;

    for (;;) {
        struct pollfd fd = {.fd = imap_listen_descriptor(script->imap), .events = POLLIN};
        enum listen_by by;
        int seen = 0;

        for (const char *at = script->told; (at = strstr(at, told)) != NULL; at++)
            seen++;
        if (seen >= count)
            return true;
        if (clock_ms() > until)
            fail_msg("\"%s\" was not told, but this:\n%s", told, script->told);
        if (!imap_listen_has_unread(script->imap) && poll(&fd, 1, 100) == 0)
            continue;
        if (!imap_listen_read(script->imap, &by, &script->err))
            return false;
    }
}

/* Read until something else tells. */
static inline bool
hear_by(struct script *script, const char *expected)
{
    const int64_t until = clock_ms() + SOON_MS;

    for (;;) {
        struct pollfd fd = {.fd = imap_listen_descriptor(script->imap), .events = POLLIN};
        enum listen_by by;

        if (!imap_listen_has_unread(script->imap))
            (void)poll(&fd, 1, 100);
        if (!imap_listen_read(script->imap, &by, &script->err))
            return false;
        if (strcmp(by_name(by), expected) == 0)
            return true;
        if (clock_ms() > until)
            fail_msg("still %s", by_name(by));
    }
}

static inline bool
survey(struct script *script)
{
    return script->remote.ops->survey(script->remote.self, tell_listed, script, &script->err);
}

/* As a watcher takes the session for its next run. */
static inline bool
open_again(struct script *script)
{
    script->remote.ops->close(script->remote.self);
    return script->remote.ops->open(script->remote.self, false, &script->err);
}

#define IDLING(tag, idle) "C:" tag " EXAMINE \"INBOX\"", EXAMINED(tag, "5", "7", "11"), "C:" idle " IDLE"
#define EXAMINE_TOLD "told \"INBOX\" messages 5 next 11 v7\n"
#define RUN(list, lsub) "C:" list " LIST*", "C:" lsub " LSUB*", "S:" list " OK", "S:" lsub " OK"
#define EXAMINED(tag, exists, v, next)                                                                                 \
    "S:* " exists " EXISTS", "S:* OK [UIDVALIDITY " v "]", "S:* OK [UIDNEXT " next "]", "S:" tag " OK [READ-ONLY]"

static inline struct script *
given_idle(const char *const *steps)
{
    struct script *script = given_script("IDLE UNSELECT", steps);

    if (!listen_to(script, "INBOX", false, "idle"))
        fail_msg("%s: %s (%s)", script->err.what, script->err.answer, script->complaint);
    return script;
}

#endif
