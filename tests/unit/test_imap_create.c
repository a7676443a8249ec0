/* Mailboxes that are made there, against a scripted server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_script.h"

static void
a_mailbox_counts_as_made_when_it_is_listed(void **state)
{
    (void)state;
    struct script *script =
        given_script("NAMESPACE", (const char *const[]){"C:g1 NAMESPACE",
                                                        "S:* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL",
                                                        "S:g1 OK",
                                                        "C:g2 CREATE \"INBOX.S&AOk-nt\"",
                                                        "C:g3 SUBSCRIBE *",
                                                        "C:g4 LIST \"\" \"INBOX.S&AOk-nt\"",
                                                        "C:g5 CREATE \"INBOX.old\"",
                                                        "C:g6 SUBSCRIBE *",
                                                        "C:g7 LIST *",
                                                        "C:g8 CREATE \"INBOX.no\"",
                                                        "C:g9 SUBSCRIBE *",
                                                        "C:g10 LIST *",
                                                        "S:g2 OK",
                                                        "S:g3 OK",
                                                        "S:* LIST () \".\" INBOX.S&AOk-nt",
                                                        "S:g4 OK",
                                                        "S:g5 NO already there",
                                                        "S:g6 OK",
                                                        "S:* LIST () \".\" INBOX.old",
                                                        "S:g7 OK",
                                                        "S:g8 NO [CANNOT] never",
                                                        "S:g9 NO",
                                                        "S:g10 OK",
                                                        NULL});
    const struct text names[] = {TEXT("S\xc3\xa9nt"), TEXT("old"), TEXT("no"), TEXT("evil\r\ng9 DELETE INBOX")};

    assert_true(script->remote.ops->create(script->remote.self, names, 4, tell_created, script, &script->err));

    assert_told(script, "created 0 INBOX.S&AOk-nt ok\ncreated 1 INBOX.old ok\n"
                        "created 2 INBOX.no no: [CANNOT] never\n"
                        "created 3 evil\r\ng9 DELETE INBOX no permanent: no name for a mailbox\n");
    end_script(script);
}

static void
a_name_that_the_server_puts_into_another_normal_form_is_recognised(void **state)
{
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 CREATE \"Cafe&AwE-\"", "C:g2 SUBSCRIBE *", "C:g3 LIST *",
                                               "C:g4 CREATE \"e&AwE-\"", "C:g5 SUBSCRIBE *", "C:g6 LIST *", "S:g1 OK",
                                               "S:g2 OK", "S:* LIST () \"/\" INBOX", "S:* LIST () \"/\" C&AOE-f&AOk-",
                                               "S:* LIST () \"/\" Caf&AOk-", "S:g3 OK", "S:g4 OK", "S:g5 OK",
                                               "S:* LIST () \"/\" &AOk-", "S:* LIST () \"/\" &AOg-", "S:g6 OK", NULL});
    const struct text names[] = {TEXT("Cafe\xcc\x81"), TEXT("e\xcc\x81")};

    assert_true(script->remote.ops->create(script->remote.self, names, 2, tell_created, script, &script->err));

    assert_told(script, "created 0 Caf&AOk- ok\n"
                        "created 1 e&AwE- no: the server says OK, but does not list the mailbox\n");
    end_script(script);
}

static void
a_name_that_is_listed_in_its_other_normal_form_alone_is_looked_for_among_all(void **state)
{
    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 CREATE \"Cafe&AwE-\"", "C:g2 SUBSCRIBE *", "C:g3 LIST \"\" \"Cafe&AwE-\"",
                                  "S:g1 OK", "S:g2 OK", "S:g3 OK", "C:g4 LIST \"\" \"[*]\"", "S:* LIST () \"/\" INBOX",
                                  "S:* LIST () \"/\" Caf&AOk-", "S:g4 OK", NULL});
    const struct text name = TEXT("Cafe\xcc\x81");

    assert_true(script->remote.ops->create(script->remote.self, &name, 1, tell_created, script, &script->err));

    assert_told(script, "created 0 Caf&AOk- ok\n");
    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_that_the_server_puts_into_another_normal_form_is_recognised),
        cmocka_unit_test(a_name_that_is_listed_in_its_other_normal_form_alone_is_looked_for_among_all),
        cmocka_unit_test(a_mailbox_counts_as_made_when_it_is_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
