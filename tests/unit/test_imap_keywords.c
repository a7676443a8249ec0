/* Keywords against a scripted server: what is read again, what is sent, and what counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_script.h"

#define SELECTED(tag, v, permanent)                                                                                    \
    "S:* 3 EXISTS", "S:* OK [UIDVALIDITY " v "]", "S:* OK [PERMANENTFLAGS (\\Seen" permanent ")]",                     \
        "S:" tag " OK [READ-WRITE]"
#define REREAD(n, u, flags)                                                                                            \
    "S:* " n " FETCH (UID " u " FLAGS (" flags ") INTERNALDATE \"01-Jan-1970 00:00:09 +0000\" RFC822.SIZE 5)"
#define META " (UID FLAGS INTERNALDATE RFC822.SIZE)"

static const uint32_t uids[] = {1, 2, 3};

static bool
tell_shown(void *context, size_t index, size_t item, const struct remote_message *now)
{
    return tell(context, "shown %zu.%zu u%u (%s)\n", index, item, now->uid, now->keywords);
}

static bool
tell_keyed(void *context, size_t index, const struct remote_outcome *outcome)
{
    return tell(context, "done %zu %s%s\n", index, outcome->unkept ? "unkept " : "", outcome_text(outcome));
}

static bool
key(struct script *script, const struct remote_keyword *changes, size_t count)
{
    static const struct remote_keyworder telling = {tell_verify, tell_shown, tell_keyed};

    return script->remote.ops->keyword(script->remote.self, changes, count, &telling, script, &script->err);
}

static struct remote_keyword
change(const char *mailbox, size_t count, const char *word, bool add)
{
    return (struct remote_keyword){
        .mailbox = text_of(mailbox), .uidvalidity = 7, .uids = uids, .count = count, .word = text_of(word), .add = add};
}

static void
only_what_was_verified_gets_it_each_word_by_itself_and_what_is_shown_last_counts(void **state)
{
    (void)state;
    struct script *script = given_script("", (const char *const[]){"C:g1 SELECT \"a\"",
                                                                   "C:g2 UID FETCH 1:3" META,
                                                                   "C:g3 UID FETCH 1" META,
                                                                   "W:",
                                                                   SELECTED("g1", "7", " \\*"),
                                                                   REREAD("1", "1", ""),
                                                                   REREAD("2", "2", "old"),
                                                                   REREAD("3", "3", ""),
                                                                   "S:g2 OK",
                                                                   REREAD("1", "1", ""),
                                                                   "S:g3 OK",
                                                                   "C:g4 UID STORE 1,3 +FLAGS.SILENT (later)",
                                                                   "C:g5 UID STORE 1 -FLAGS.SILENT (old)",
                                                                   "C:g6 UID FETCH 1,3 (UID FLAGS)",
                                                                   "C:g7 UID FETCH 1 (UID FLAGS)",
                                                                   "C:g8 SELECT \"b\"",
                                                                   "C:g9 UID FETCH 1" META,
                                                                   "S:* 1 FETCH (UID 1 FLAGS (later old))",
                                                                   "S:g4 OK",
                                                                   "S:g5 NO not this one",
                                                                   "S:* 3 FETCH (UID 3 FLAGS (later))",
                                                                   "S:* 7 FETCH (UID 9 FLAGS (later))",
                                                                   "S:g6 OK",
                                                                   "S:* 1 FETCH (UID 1 FLAGS (later old \\Seen))",
                                                                   "S:g7 OK",
                                                                   "S:* OK [UIDVALIDITY 8] another",
                                                                   "S:g8 OK [READ-WRITE]",
                                                                   "S:g9 OK",
                                                                   NULL});
    const struct remote_keyword changes[] = {change("a", 3, "later", true), change("a", 1, "old", false),
                                             change("b", 1, "later", true)};

    script->refuse = 2;
    assert_true(key(script, changes, 3));

    assert_non_null(strstr(script->told, "shown 0.0 u1 (later old)\nshown 0.2 u3 (later)\ndone 0 ok\n"
                                         "shown 1.0 u1 (later old)\ndone 1 no: not this one\n"
                                         "done 2 no changed: UIDVALIDITY changed from 7 to 8\n"));
    assert_null(strstr(script->told, "u9"));
    end_script(script);
}

static void
what_permanentflags_leave_out_is_not_sent(void **state)
{
    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1" META, "C:g3 UID FETCH 1" META,
                                  "W:", SELECTED("g1", "7", " Later"), REREAD("1", "1", ""), "S:g2 OK", "S:g3 OK",
                                  "C:g4 UID STORE 1 +FLAGS.SILENT (later)", "C:g5 UID FETCH 1 (UID FLAGS)",
                                  "S:* 1 FETCH (UID 1 FLAGS (Later))", "S:g4 OK", "S:g5 OK", NULL});
    const struct remote_keyword changes[] = {change("a", 1, "other", true), change("a", 1, "later", true)};

    assert_true(key(script, changes, 2));

    assert_non_null(strstr(script->told, "done 0 unkept no: this mailbox does not keep it (PERMANENTFLAGS)\n"
                                         "shown 1.0 u1 (Later)\ndone 1 ok\n"));
    end_script(script);
}

static void
what_is_gone_or_another_message_gets_nothing(void **state)
{
    (void)state;
    struct script *script = given_script("", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:2" META,
                                                                   "W:", SELECTED("g1", "7", " \\*"),
                                                                   REREAD("2", "2", ""), "S:g2 OK", NULL});
    const struct remote_keyword changes[] = {change("a", 2, "later", true)};

    script->refuse = 2;
    assert_true(key(script, changes, 1));

    assert_told(script, "verify 0.1 u2 () 5\ndone 0 no changed: none of these messages is what it was\n");
    end_script(script);
}

/* Exchange says BAD to a keyword, and ends the line when it said so ten times. */
static void
after_two_bads_no_other_is_sent(void **state)
{
    (void)state;
    struct script *script = given_script("", (const char *const[]){"C:g1 SELECT \"a\"",
                                                                   "C:g2 UID FETCH 1" META,
                                                                   "C:g3 UID FETCH 1" META,
                                                                   "W:",
                                                                   SELECTED("g1", "7", " \\*"),
                                                                   REREAD("1", "1", ""),
                                                                   "S:g2 OK",
                                                                   REREAD("1", "1", ""),
                                                                   "S:g3 OK",
                                                                   "C:g4 UID STORE 1 +FLAGS.SILENT (x)",
                                                                   "C:g5 UID STORE 1 +FLAGS.SILENT (y)",
                                                                   "C:g6 UID FETCH 1 (UID FLAGS)",
                                                                   "C:g7 UID FETCH 1 (UID FLAGS)",
                                                                   "C:g8 SELECT \"b\"",
                                                                   "C:g9 UID FETCH 1" META,
                                                                   "S:g4 BAD no",
                                                                   "S:g5 BAD no",
                                                                   "S:* 1 FETCH (UID 1 FLAGS ())",
                                                                   "S:g6 OK",
                                                                   "S:g7 OK",
                                                                   SELECTED("g8", "7", " \\*"),
                                                                   REREAD("1", "1", ""),
                                                                   "S:g9 OK",
                                                                   "C:g10 UID FETCH 1 (UID FLAGS)",
                                                                   "S:* 1 FETCH (UID 1 FLAGS ())",
                                                                   "S:g10 OK",
                                                                   NULL});
    const struct remote_keyword changes[] = {change("a", 1, "x", true), change("a", 1, "y", true),
                                             change("b", 1, "x", true)};

    assert_true(key(script, changes, 3));

    assert_non_null(strstr(script->told, "done 0 no: no\n"));
    assert_non_null(strstr(script->told, "done 1 no: no\n"));
    assert_non_null(strstr(script->told, "done 2 no throttled: it answered BAD to other keywords\n"));
    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_was_verified_gets_it_each_word_by_itself_and_what_is_shown_last_counts),
        cmocka_unit_test(what_permanentflags_leave_out_is_not_sent),
        cmocka_unit_test(what_is_gone_or_another_message_gets_nothing),
        cmocka_unit_test(after_two_bads_no_other_is_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
