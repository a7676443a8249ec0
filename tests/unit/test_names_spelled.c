/* How other programs call folders (names_spelled.h), and what shape a tree has that they left (names_shape.h). */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "sync/rules/names_shape.h"

/* ---- spellings ---- */

static const char *
spelled(const char *name, const char *other, char separator, const char *prefix, unsigned which)
{
    static char paths[4][LOCAL_FOLDER_MAX + 1];
    static unsigned next;
    char *path = paths[next++ % 4];
    const struct names_there there = {.name = text_of(name),
                                      .other = other != NULL ? text_of(other) : (struct text){NULL, 0},
                                      .separator = separator,
                                      .prefix = prefix};

    return names_spelled(&there, which, path) ? path : "(none)";
}

static void
a_name_is_spelled_in_both_encodings_and_with_and_without_the_prefix(void **state)
{
    (void)state;
    assert_string_equal(spelled("A/B", NULL, '/', "", 0), "A/B");
    for (unsigned which = 1; which < NAMES_SPELLINGS; which++)
        assert_string_equal(spelled("A/B", NULL, '/', "", which), "(none)");
    assert_string_equal(spelled("INBOX.&BBI-.b", "INBOX.\xd0\x92.b", '.', "INBOX.", 0), "&BBI-/b");
    assert_string_equal(spelled("INBOX.&BBI-.b", "INBOX.\xd0\x92.b", '.', "INBOX.", 1), "INBOX/&BBI-/b");
    assert_string_equal(spelled("INBOX.&BBI-.b", "INBOX.\xd0\x92.b", '.', "INBOX.", 2), "\xd0\x92/b");
    assert_string_equal(spelled("INBOX.&BBI-.b", "INBOX.\xd0\x92.b", '.', "INBOX.", 3), "INBOX/\xd0\x92/b");
    assert_string_equal(spelled("inbox/Sub", NULL, '/', "", 0), "INBOX/Sub");
    assert_string_equal(spelled("50%", NULL, '/', "", 0), "50%");
    assert_string_equal(spelled("A.B", NULL, '\0', "", 0), "A.B");
}

static void
a_name_that_can_be_no_folder_has_no_spelling(void **state)
{
    char much[LOCAL_FOLDER_MAX + 2];

    (void)state;
    assert_string_equal(spelled("A..B", NULL, '.', "", 0), "(none)");
    assert_string_equal(spelled("A/B", NULL, '.', "", 0), "(none)"); /* it would be another mailbox's */
    assert_string_equal(spelled("A/../B", NULL, '/', "", 0), "(none)");
    assert_string_equal(spelled("", NULL, '/', "", 0), "(none)");
    memset(much, 'x', sizeof much - 1);
    much[sizeof much - 1] = '\0';
    assert_string_equal(spelled(much, NULL, '/', "", 0), "(none)");
}

static const char *
meant(const char *folder, enum layout layout)
{
    static char name[LIMIT_MAILBOX_NAME + 1];

    return names_meant(folder, layout, name) ? name : "(none)";
}

static void
a_folder_in_modified_utf7_says_which_mailbox_is_meant(void **state)
{
    (void)state;
    assert_string_equal(meant("&BBI-", LAYOUT_VERBATIM), "\xd0\x92");
    assert_string_equal(meant("A/&BBI-/b", LAYOUT_VERBATIM), "A/\xd0\x92/b");
    assert_string_equal(meant("A.&BBI-.b", LAYOUT_FLAT), "A/\xd0\x92/b");
    assert_string_equal(meant(".A.&BBI-", LAYOUT_MAILDIRPP), "A/\xd0\x92");
    assert_string_equal(meant("R&-D", LAYOUT_VERBATIM), "R&D");
    assert_string_equal(meant("R&D", LAYOUT_VERBATIM), "(none)"); /* no such text: it is what it says */
    assert_string_equal(meant("A/B", LAYOUT_VERBATIM), "(none)");
    assert_string_equal(meant("&AAA-", LAYOUT_VERBATIM), "(none)");
    assert_string_equal(meant("50%&BBI-", LAYOUT_VERBATIM), "(none)");
}

static void
a_path_has_its_folder_in_each_shape(void **state)
{
    static const struct {
        const char *path, *folders[SHAPES];
    } rows[] = {
        {"INBOX", {"INBOX", "", "INBOX", "INBOX", "", NULL}},
        {"A/B/C", {"A/B/C", ".A.B.C", "A.B.C", "A/.B/.C", "A/B/C", NULL}},
        {"INBOX/Sub", {"INBOX/Sub", ".INBOX.Sub", "INBOX.Sub", "INBOX/.Sub", "Sub", "..Sub"}},
        {"INBOX/A/b", {"INBOX/A/b", ".INBOX.A.b", "INBOX.A.b", "INBOX/.A/.b", "A/b", "..A.b"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (enum names_shape shape = 0; shape < SHAPES; shape++) {
            char folder[LOCAL_FOLDER_MAX + 1];

            if (rows[i].folders[shape] == NULL) {
                assert_false(names_spelled_folder(rows[i].path, shape, folder));
            } else {
                assert_true(names_spelled_folder(rows[i].path, shape, folder));
                assert_string_equal(folder, rows[i].folders[shape]);
            }
        }
    }
}

static void
inbox_in_any_case_is_inbox(void **state)
{
    char out[LOCAL_FOLDER_MAX + 1];

    (void)state;
    names_inbox_capital("Inbox/Sub", out);
    assert_string_equal(out, "INBOX/Sub");
    names_inbox_capital("inbox.Sub", out);
    assert_string_equal(out, "INBOX.Sub");
    names_inbox_capital("Inboxes", out);
    assert_string_equal(out, "Inboxes");
}

/* ---- shapes ---- */

struct scene {
    struct names_folder at[16];
    struct names_tree tree;
    char steps[512];
};

static int
compare(const void *pa, const void *pb)
{
    return strcmp(((const struct names_folder *)pa)->path, ((const struct names_folder *)pb)->path);
}

/* Both lists end in NULL. */
static void
given(struct scene *s, const char *const *folders, const char *const *there)
{
    *s = (struct scene){.tree.at = s->at};
    for (; folders[s->tree.count] != NULL; s->tree.count++)
        s->at[s->tree.count].path = folders[s->tree.count];
    qsort(s->at, s->tree.count, sizeof s->at[0], compare);
    for (; *there != NULL; there++)
        names_tree_meet(&s->tree, *there);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static bool
note_step(void *context, const char *from, const char *to)
{
    struct scene *s = context;
    size_t used = strlen(s->steps);

    return text_print(s->steps + used, sizeof s->steps - used, "%s>%s ", from, to);
}

static const char *
steps(struct scene *s, enum tree_shape shape)
{
    s->steps[0] = '\0';
    assert_true(names_tree_steps(&s->tree, shape, note_step, s));
    return s->steps;
}

static void
a_tree_is_judged_by_its_folders_and_the_servers_mailboxes(void **state)
{
    const struct {
        const char *const *folders, *const *there;
        enum tree_shape shape;
        const char *example;
    } rows[] = {
        {LIST("INBOX", "A", "A/B"), LIST("INBOX", "A", "A/B"), TREE_FITS, ""},
        {LIST("INBOX"), LIST("INBOX"), TREE_FITS, ""},
        {LIST("INBOX", "mine.own"), LIST("INBOX", "A/B"), TREE_FITS, ""},
        /* maildir++ */
        {LIST("", ".A", ".A.B"), LIST("INBOX", "A", "A/B"), TREE_PLUSPLUS, ".A"},
        {LIST(""), LIST("INBOX"), TREE_PLUSPLUS, ""},
        {LIST("", ".old"), LIST("INBOX", "A"), TREE_PLUSPLUS, ".old"},
        {LIST(".A"), LIST("INBOX", "A"), TREE_PLUSPLUS, ".A"},        /* INBOX is elsewhere */
        {LIST(".old", "A"), LIST("INBOX", "A"), TREE_FITS, ""},       /* hidden, and nobody's */
        {LIST("", "INBOX", ".A"), LIST("INBOX", "A"), TREE_FITS, ""}, /* INBOX has a folder of its own */
        {LIST("", "INBOX"), LIST("INBOX"), TREE_FITS, ""},
        {LIST("", "Inbox", "A"), LIST("INBOX", "A"), TREE_FITS, ""},
        /* flat */
        {LIST("INBOX", "A", "A.B"), LIST("INBOX", "A", "A/B"), TREE_FLAT, "A.B"},
        {LIST("INBOX", "A.B"), LIST("INBOX", "A/B", "A.B"), TREE_FITS, ""},
        {LIST("INBOX", "A.B", "A/B"), LIST("INBOX", "A/B"), TREE_FITS, ""}, /* A/B has its folder */
        {LIST("INBOX", "INBOX.Sub"), LIST("INBOX", "INBOX/Sub"), TREE_FLAT, "INBOX.Sub"},
        /* joined by another character */
        {LIST("INBOX", "A", "A-B"), LIST("INBOX", "A", "A/B"), TREE_JOINED, "A-B"},
        {LIST("INBOX", "A", "A-B"), LIST("INBOX", "A", "A/B", "A-B"), TREE_FITS, ""},
        {LIST("INBOX", "A/B", "A-B"), LIST("INBOX", "A/B"), TREE_FITS, ""},
        {LIST("", "A-B"), LIST("INBOX", "A/B"), TREE_ROOT, ""},
        /* Legacy */
        {LIST("INBOX", "A", "A/.B"), LIST("INBOX", "A", "A/B"), TREE_LEGACY, "A/.B"},
        {LIST("INBOX", "A", "A/.B"), LIST("INBOX", "A"), TREE_FITS, ""}, /* hidden, and nobody's */
        {LIST("", "A", "A/.B", ".Sub"), LIST("INBOX", "A", "A/B", "INBOX/Sub"), TREE_LEGACY, "A/.B"},
        /* INBOX in the root */
        {LIST("", "A", "A/B"), LIST("INBOX", "A", "A/B"), TREE_ROOT, ""},
        {LIST("", "A", ".old"), LIST("INBOX", "A", "B"), TREE_ROOT, ""},
        {LIST("", "mine", ".A"), LIST("INBOX", "A", "B"), TREE_PLUSPLUS, ".A"},
        {LIST("", "A.B"), LIST("INBOX", "A/B"), TREE_ROOT_FLAT, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene s;
        const char *example;

        given(&s, rows[i].folders, rows[i].there);
        if (names_tree_judge(&s.tree, &example) != rows[i].shape || strcmp(example, rows[i].example) != 0)
            fail_msg("row %zu: %d, %s", i, names_tree_judge(&s.tree, &example), example);
    }
}

static void
folders_of_legacy_lose_their_dots_from_the_root_on(void **state)
{
    struct scene s;

    (void)state;
    given(&s, LIST("A", "A/.B", "A/.B/.C", "A/.B-x", "D/.E/.F", "D/.E/.G", "INBOX", "INBOX/.Sub"), LIST("A/B"));

    assert_string_equal(steps(&s, TREE_LEGACY),
                        "A/.B>A/B A/.B-x>A/B-x A/B/.C>A/B/C D/.E>D/E D/E/.F>D/E/F D/E/.G>D/E/G INBOX/.Sub>INBOX/Sub ");
}

static void
what_stood_beside_an_inbox_in_the_root_goes_below_it(void **state)
{
    struct scene s;

    (void)state;
    given(&s, LIST("", "A", "Sub"), LIST("INBOX", "A", "INBOX/Sub"));
    assert_string_equal(steps(&s, TREE_ROOT), "Sub>INBOX/Sub ");
    given(&s, LIST("", "A", "Sub"), LIST("INBOX", "A", "INBOX/Sub", "Sub")); /* which of both can't be told */
    assert_string_equal(steps(&s, TREE_ROOT), "");
    given(&s, LIST("", ".Sub", ".Sub/.x", "A", "A/.B"), LIST("INBOX", "A", "A/B", "INBOX/Sub"));
    assert_string_equal(steps(&s, TREE_LEGACY), ".Sub/.x>.Sub/x A/.B>A/B .Sub>INBOX/Sub ");
}

static void
levels_that_are_joined_are_taken_apart_where_the_server_has_them(void **state)
{
    struct scene s;

    (void)state;
    given(&s, LIST("INBOX", "INBOX_Sub", "a-b_c", "x-y"), LIST("INBOX", "INBOX/Sub", "a-b/c"));
    assert_string_equal(steps(&s, TREE_JOINED), "INBOX_Sub>INBOX/Sub a-b_c>a-b/c ");
    given(&s, LIST("", "A-B", "Sub"), LIST("INBOX", "A/B", "INBOX/Sub"));
    assert_string_equal(steps(&s, TREE_ROOT), "A-B>A/B Sub>INBOX/Sub ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_spelled_in_both_encodings_and_with_and_without_the_prefix),
        cmocka_unit_test(a_name_that_can_be_no_folder_has_no_spelling),
        cmocka_unit_test(a_path_has_its_folder_in_each_shape),
        cmocka_unit_test(inbox_in_any_case_is_inbox),
        cmocka_unit_test(a_folder_in_modified_utf7_says_which_mailbox_is_meant),
        cmocka_unit_test(a_tree_is_judged_by_its_folders_and_the_servers_mailboxes),
        cmocka_unit_test(folders_of_legacy_lose_their_dots_from_the_root_on),
        cmocka_unit_test(levels_that_are_joined_are_taken_apart_where_the_server_has_them),
        cmocka_unit_test(what_stood_beside_an_inbox_in_the_root_goes_below_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
