/* What a message is called in the name of a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/message/title.h"

static void
assert_title(const char *header, const char *wanted)
{
    char title[TITLE_MAX + 1];

    title_of((struct text){header, strlen(header)}, title);
    assert_string_equal(title, wanted);
}

static void
the_words_of_a_subject_stay_and_all_else_is_one_line(void **state)
{
    (void)state;
    assert_title("Subject: Quarterly report\n\n", "Quarterly_report");
    assert_title("From: a@b\r\nSubject: Re: Invoice 4711 (final!)\r\n\r\n", "Re_Invoice_4711_final");
    assert_title("Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=\n\n", "Gr\xc3\xbc\xc3\x9f"
                                                                           "e_aus_K\xc3\xb6ln");
    assert_title("Subject: a\n folded one, 1.5 + 2-3\n\n", "a_folded_one,_1.5_+_2-3");
}

static void
nothing_in_it_leaves_the_folder_or_turns_the_line(void **state)
{
    (void)state;
    assert_title("Subject: ../../etc/passwd\n\n", ".._.._etc_passwd");
    assert_title("Subject: a\x1b[31m;$(rm -rf ~) `b` *\"'|&\n\n", "a_31m_rm_-rf_b");
    assert_title("Subject: =?utf-8?q?a=E2=80=AEb=C2=A0c=0Ad?=\n\n", "a_b_c_d");
    assert_title("Subject: x:2,S\n\n", "x_2,S");
}

static void
what_has_no_subject_is_called_so(void **state)
{
    (void)state;
    assert_title("", "no_subject");
    assert_title("From: a\n\nSubject: in the body\n", "no_subject");
    assert_title("Subject:\n\n", "no_subject");
    assert_title("Subject: ///\n\n", "no_subject");
}

static void
a_long_one_is_cut_between_two_characters(void **state)
{
    char title[TITLE_MAX + 1], header[512] = "Subject: ";

    (void)state;
    for (int i = 0; i < 60; i++) /* three bytes each */
        memcpy(header + strlen(header), "\xe4\xb8\xad", 4);
    title_of((struct text){header, strlen(header)}, title);
    assert_int_equal(strlen(title), 78);
    memset(header + 9, 'x', 400);
    title_of((struct text){header, strlen(header)}, title);
    assert_int_equal(strlen(title), 48);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_words_of_a_subject_stay_and_all_else_is_one_line),
        cmocka_unit_test(nothing_in_it_leaves_the_folder_or_turns_the_line),
        cmocka_unit_test(what_has_no_subject_is_called_so),
        cmocka_unit_test(a_long_one_is_cut_between_two_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
