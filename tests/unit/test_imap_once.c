/* One change of flags of many messages, whose STOREs answer for themselves, against a scripted server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_script.h"

#define COUNT 300 /* two chunks */
#define SELECTED(tag)                                                                                                  \
    "S:* 300 EXISTS", "S:* OK [UIDVALIDITY 7]", "S:* OK [UIDNEXT 301]", "S:* OK [HIGHESTMODSEQ 40]",                   \
        "S:" tag " OK [READ-WRITE]"

struct scene {
    const char *lines[4 * COUNT + 40];
    char answers[2 * COUNT][80];
    size_t count, answered;
    unsigned other;     /* this UID shows another change number; 0: none does */
    unsigned unchanged; /* this UID does not show the change; 0: all do */
};

static void
add(struct scene *scene, const char *line)
{
    scene->lines[scene->count++] = line;
}

static void
add_answers(struct scene *scene, unsigned from, unsigned to)
{
    for (unsigned uid = from; uid <= to; uid++) {
        char *const answer = scene->answers[scene->answered++];
        const unsigned modseq = 41 + (uid > 256) + (uid == scene->other);

        (void)text_print(answer, sizeof scene->answers[0], "S:* %u FETCH (UID %u MODSEQ (%u) FLAGS (%s))", uid, uid,
                         modseq, uid == scene->unchanged ? "" : "\\Seen");
        add(scene, answer);
    }
}

/* Up to the answers of the two STOREs. As Dovecot does it: all messages, and then both are done. */
static void
begin(struct scene *scene, const char *first)
{
    static const char *const head[] = {"C:g1 ENABLE *",
                                       "S:* ENABLED CONDSTORE",
                                       "S:g1 OK",
                                       "C:g2 SELECT \"a\"*",
                                       "W:",
                                       SELECTED("g2"),
                                       "C:g3 UID STORE 1:256 (UNCHANGEDSINCE 40) +FLAGS (\\Seen)",
                                       "C:g4 UID STORE 257:300 (UNCHANGEDSINCE 40) +FLAGS (\\Seen)"};

    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        add(scene, head[i]);
    add_answers(scene, 1, COUNT);
    add(scene, first);
    add(scene, "S:g4 OK");
}

/* Then the silent way, with a FETCH. */
static void
add_anew(struct scene *scene)
{
    static const char *const again[] = {"C:g5 SELECT \"a\"*",
                                        "W:",
                                        SELECTED("g5"),
                                        "C:g6 UID STORE 1:256 +FLAGS.SILENT (\\Seen)",
                                        "C:g7 UID FETCH 1:256 (UID FLAGS)",
                                        "C:g8 UID STORE 257:300 +FLAGS.SILENT (\\Seen)",
                                        "C:g9 UID FETCH 257:300 (UID FLAGS)",
                                        "S:g6 OK"};

    for (size_t i = 0; i < sizeof again / sizeof again[0]; i++)
        add(scene, again[i]);
    add_answers(scene, 1, 256);
    add(scene, "S:g7 OK");
    add(scene, "S:g8 OK");
    add_answers(scene, 257, COUNT);
    add(scene, "S:g9 OK");
}

static bool
stores(struct script *script)
{
    static uint32_t uids[COUNT];
    const struct remote_store change = {
        .mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = COUNT, .add = FLAG_SEEN};

    for (uint32_t i = 0; i < COUNT; i++)
        uids[i] = i + 1;
    return script->remote.ops->store(script->remote.self, &change, 1, &telling_observer, script, &script->err);
}

/* The last line of what was told is `end`, behind a line for each message. */
static void
assert_stored(struct scene *scene, const char *end)
{
    struct script *script = given_script("CONDSTORE ENABLE", scene->lines);
    size_t lines = 0;

    assert_true(stores(script));

    for (const char *at = script->told; *at != '\0'; at++)
        lines += *at == '\n';
    assert_int_equal(lines, COUNT + 1);
    assert_non_null(strstr(script->told, "message 0 u1 (S)\n"));
    assert_non_null(strstr(script->told, "message 0 u300 (S)\n"));
    assert_string_equal(strstr(script->told, "done"), end);
    end_script(script);
    free(scene);
}

static struct scene *
given_scene(unsigned other, unsigned unchanged)
{
    struct scene *scene = calloc(1, sizeof *scene);

    assert_non_null(scene);
    scene->other = other;
    scene->unchanged = unchanged;
    return scene;
}

static void
each_message_answers_once_and_all_numbers_are_ours(void **state)
{
    struct scene *scene = given_scene(0, 0);

    (void)state;
    begin(scene, "S:g3 OK");

    assert_stored(scene, "done 0 ok, ours after 40 to 42\n");
}

static void
a_number_of_somebody_else_leaves_all_to_be_looked_at(void **state)
{
    struct scene *scene = given_scene(17, 0);

    (void)state;
    begin(scene, "S:g3 OK");

    assert_stored(scene, "done 0 ok\n");
}

static void
where_a_message_does_not_show_the_change_all_is_done_with_a_fetch(void **state)
{
    struct scene *scene = given_scene(0, 299);

    (void)state;
    begin(scene, "S:g3 OK");
    scene->unchanged = 0;
    add_anew(scene);

    assert_stored(scene, "done 0 ok\n");
}

static void
where_one_was_changed_before_all_is_done_with_a_fetch(void **state)
{
    struct scene *scene = given_scene(0, 0);

    (void)state;
    begin(scene, "S:g3 OK [MODIFIED 3] done but for it");
    add_anew(scene);

    assert_stored(scene, "done 0 ok\n");
}

static void
where_it_is_refused_all_is_done_with_a_fetch(void **state)
{
    struct scene *scene = given_scene(0, 0);

    (void)state;
    begin(scene, "S:g3 BAD UNCHANGEDSINCE?");
    add_anew(scene);

    assert_stored(scene, "done 0 ok\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_answers_once_and_all_numbers_are_ours),
        cmocka_unit_test(a_number_of_somebody_else_leaves_all_to_be_looked_at),
        cmocka_unit_test(where_a_message_does_not_show_the_change_all_is_done_with_a_fetch),
        cmocka_unit_test(where_one_was_changed_before_all_is_done_with_a_fetch),
        cmocka_unit_test(where_it_is_refused_all_is_done_with_a_fetch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
