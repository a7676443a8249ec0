/*
 * Two messages, two mailboxes, one client and the server: each thing that a mail reader does to a file together
 * with each thing that another client does to the message on the server, for both messages, with equal and with
 * different bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/plan_world.h"

enum act {
    ACT_NONE,
    ACT_DELETE,
    ACT_FLAG,
    ACT_UNSEE,
    ACT_MOVE, /* here: under its old base name */
    ACT_MOVE_FLAG,
    ACT_RENAME, /* here: a new base name in its place; there: a new UID, as after moving away and back */
    ACT_RENAME_FLAG,
    ACT_COPY,        /* to the other mailbox */
    ACT_MOVE_RENAME, /* here only: to the other mailbox under a new base name */
    ACTS_THERE = ACT_MOVE_RENAME,
    ACTS_HERE = ACT_MOVE_RENAME + 1,
};

static const char *const acts[] = {"nothing", "delete",          "flag", "unsee",          "move", "move and flag",
                                   "rename",  "rename and flag", "copy", "move and rename"};
static const struct policy everything = {
    .pull = {true, true, true, true, false}, .push = {true, true, true, true, false}, .guard = true, .max_delete = 25};

struct story {
    bool same_bytes, apart; /* both messages alike; the second one starts in the other mailbox */
    uint8_t holds;
    enum act here[2], there[2];
};

static bool
does(enum act act, enum act thing)
{
    switch (thing) {
    case ACT_FLAG:
        return act == ACT_FLAG || act == ACT_MOVE_FLAG || act == ACT_RENAME_FLAG;
    case ACT_MOVE:
        return act == ACT_MOVE || act == ACT_MOVE_FLAG || act == ACT_MOVE_RENAME;
    default:
        return act == thing;
    }
}

static struct world
given(const struct story *story)
{
    struct world world = {
        .next_uid = 3, .permanent = FLAG_ALL, .holds = story->holds, .clients = {{.next_base = 1}, {.next_base = 1}}};

    (void)mail_add(world.server, 0, 0, 1, FLAG_SEEN);
    (void)mail_add(world.server, story->apart, !story->same_bytes, 2, FLAG_SEEN);
    world_sync(&world, 0, &everything);
    return world;
}

static void
act_on(struct mail mails[static WORLD_MAX], unsigned name, enum act act, uint8_t *next_name, bool keeps_name)
{
    struct mail *mail = NULL;

    for (size_t i = 0; i < WORLD_MAX; i++) {
        if (mails[i].name == name)
            mail = &mails[i];
    }
    assert_non_null(mail);
    if (does(act, ACT_FLAG))
        mail->flags |= FLAG_FLAGGED;
    if (act == ACT_UNSEE)
        mail->flags &= (uint8_t)~FLAG_SEEN;
    if (does(act, ACT_MOVE))
        mail->mailbox ^= 1;
    if (act == ACT_RENAME || act == ACT_RENAME_FLAG || act == ACT_MOVE_RENAME || (does(act, ACT_MOVE) && !keeps_name))
        mail->name = (*next_name)++;
    if (act == ACT_COPY)
        (void)mail_add(mails, mail->mailbox ^ 1, mail->content, (*next_name)++, mail->flags);
    if (act == ACT_DELETE)
        mail_remove(mail);
}

static void
act_out(const struct story *story, struct world *world)
{
    for (unsigned i = 0; i < 2; i++) {
        act_on(world->server, i + 1, story->there[i], &world->next_uid, false);
        act_on(world->clients[0].files, i + 1, story->here[i], &world->clients[0].next_base, true);
    }
    for (size_t i = 0; i < WORLD_MAX; i++)
        world->server[i].flags &= story->holds;
}

static void
fail_story(const struct story *story, const struct world *acted, const struct world *end, const char *law)
{
    for (unsigned i = 0; i < 2; i++)
        print_error("message %u: %s here, %s there\n", i + 1, acts[story->here[i]], acts[story->there[i]]);
    print_error("before the run:\n");
    print_world(acted);
    print_error("after it:\n");
    print_world(end);
    fail_msg("broken: %s", law);
}

static size_t
larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Golub makes no second copy where nobody made one, and what nobody deleted is still there, in its number. */
static const char *
broken_count(const struct story *story, const struct world *acted, const struct world *end)
{
    for (unsigned content = 0; content < 2; content++) {
        size_t kept = 0, left = 0;

        for (unsigned mailbox = 0; mailbox < WORLD_MAILBOXES; mailbox++) {
            size_t made = larger(mail_count(acted->server, mailbox, content),
                                 mail_count(acted->clients[0].files, mailbox, content));

            if (mail_count(end->server, mailbox, content) > made)
                return "no message is multiplied";
            left += mail_count(end->server, mailbox, content);
        }
        for (unsigned i = 0; i < 2; i++)
            kept += content == (i == 0 || story->same_bytes ? 0 : 1) && story->here[i] != ACT_DELETE &&
                    story->there[i] != ACT_DELETE;
        if (left < kept)
            return "what nobody deleted is not lost";
    }
    return NULL;
}

static bool
is_flagged_everywhere(const struct world *end, unsigned content, bool flagged)
{
    for (size_t k = 0; k < WORLD_MAX; k++) {
        const struct mail *mail = &end->server[k];

        if (mail->name != 0 && mail->content == content && flagged != ((mail->flags & FLAG_FLAGGED) != 0))
            return false;
    }
    return true;
}

/*
 * Both names of a message gone at once, here by a rename or a move and there by the other: nothing says any more
 * that they were one. Then what is new on each side counts as new mail, and both stay.
 */
static bool
is_torn(enum act here, enum act there)
{
    bool renamed_here = here == ACT_RENAME || here == ACT_RENAME_FLAG,
         renamed_there = there == ACT_RENAME || there == ACT_RENAME_FLAG;

    return (renamed_here && does(there, ACT_MOVE)) || (does(here, ACT_MOVE) && renamed_there);
}

/* Different bytes, so each message can be followed; a server that keeps every flag. */
static const char *
broken_merge(const struct story *story, const struct world *end)
{
    for (unsigned i = 0; i < 2 && !story->same_bytes && story->holds == FLAG_ALL; i++) {
        enum act here = story->here[i], there = story->there[i], survivor = here == ACT_DELETE ? there : here;
        bool deleted = here == ACT_DELETE || there == ACT_DELETE,
             flagged = does(here, ACT_FLAG) || does(there, ACT_FLAG);
        size_t left = mail_count(end->server, 0, i) + mail_count(end->server, 1, i);

        if (here == ACT_COPY || there == ACT_COPY || is_torn(here, there))
            continue;
        if (deleted && (survivor == ACT_NONE || survivor == ACT_UNSEE || survivor == ACT_DELETE) && left != 0)
            return "a deletion is carried out where nobody wants the message";
        if (deleted && survivor == ACT_FLAG && left != 1)
            return "what was flagged comes back";
        if (!deleted && left != 1)
            return "a message that was moved, renamed and flagged is still one message";
        if (left != 0 && !deleted && !is_flagged_everywhere(end, i, flagged))
            return "\\Flagged goes with its message, whatever else happens to it";
    }
    return NULL;
}

static void
check_story(const struct story *story)
{
    struct world world = given(story), acted, end;
    const char *law = NULL;

    act_out(story, &world);
    acted = world;
    world_sync(&world, 0, &everything);
    end = world;
    if (!mail_agrees(end.server, end.clients[0].files, story->holds))
        law = "after one run both sides are the same";
    if (law == NULL && story->there[0] == ACT_NONE && story->there[1] == ACT_NONE &&
        memcmp(acted.clients[0].files, end.clients[0].files, sizeof end.clients[0].files) != 0)
        law = "where nobody touched the server, the server follows and no file changes";
    if (law == NULL && story->here[0] == ACT_NONE && story->here[1] == ACT_NONE &&
        memcmp(acted.server, end.server, sizeof end.server) != 0)
        law = "where nobody touched the files, the files follow and the server is not changed";
    if (law == NULL)
        law = broken_count(story, &acted, &end);
    if (law == NULL)
        law = broken_merge(story, &end);
    world_sync(&world, 0, &everything);
    if (law == NULL && (memcmp(world.server, end.server, sizeof end.server) != 0 ||
                        memcmp(world.clients[0].files, end.clients[0].files, sizeof end.clients[0].files) != 0))
        law = "a second run changes no mail";
    end = world;
    world_sync(&world, 0, &everything);
    if (law == NULL && !is_same_world(&world, &end))
        law = "a third run changes no row";
    if (law != NULL)
        fail_story(story, &acted, &world, law);
}

static void
check_stories(bool same_bytes, uint8_t holds)
{
    for (unsigned n = 0; n < 2 * ACTS_HERE * ACTS_HERE * ACTS_THERE * ACTS_THERE; n++) {
        unsigned rest = n / 2;
        struct story story = {.same_bytes = same_bytes, .apart = n % 2, .holds = holds};

        for (unsigned i = 0; i < 2; i++) {
            story.here[i] = rest % ACTS_HERE;
            rest /= ACTS_HERE;
            story.there[i] = rest % ACTS_THERE;
            rest /= ACTS_THERE;
        }
        check_story(&story);
    }
}

static void
whatever_happens_to_two_different_messages_one_run_sees_it_through(void **state)
{
    (void)state;

    check_stories(false, FLAG_ALL);
}

static void
whatever_happens_to_two_equal_messages_one_run_sees_it_through(void **state)
{
    (void)state;

    check_stories(true, FLAG_ALL);
}

static void
a_server_that_forgets_a_flag_changes_nothing_about_that(void **state)
{
    (void)state;

    check_stories(false, FLAG_ALL & ~FLAG_FLAGGED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_to_two_different_messages_one_run_sees_it_through),
        cmocka_unit_test(whatever_happens_to_two_equal_messages_one_run_sees_it_through),
        cmocka_unit_test(a_server_that_forgets_a_flag_changes_nothing_about_that),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
