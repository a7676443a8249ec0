/* The table of providers: what an address leads to. */
#include "config/init/providers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/base/text.h"

static void
an_address_leads_to_the_servers(void **state)
{
    static const struct {
        const char *domain, *imap, *pop;
        bool local_part;
        const char *note; /* what it must speak of; NULL: there is nothing to know */
    } rows[] = {
        {"gmx.net", "imap.gmx.net", "pop.gmx.net", false, "turned on"},
        {"GMX.de", "imap.gmx.net", "pop.gmx.net", false, "turned on"},
        {"gmx.com", "imap.gmx.com", "pop.gmx.com", false, "turned on"},
        {"gmx.co.uk", "imap.gmx.com", "pop.gmx.com", false, "turned on"},
        {"web.de", "imap.web.de", "pop3.web.de", true, "15 minutes"},
        {"posteo.de", "posteo.de", "posteo.de", false, "app password"},
        {"posteo.net", "posteo.de", "posteo.de", false, "app password"},
        {"mailbox.org", "imap.mailbox.org", "pop3.mailbox.org", false, "app password"},
        {"fastmail.com", "imap.fastmail.com", "pop.fastmail.com", false, "app password"},
        {"fastmail.fm", "imap.fastmail.com", "pop.fastmail.com", false, "app password"},
        {"icloud.com", "imap.mail.me.com", NULL, true, "app password"},
        {"yahoo.com", "imap.mail.yahoo.com", "pop.mail.yahoo.com", false, "app password"},
        {"gmail.com", "imap.gmail.com", "pop.gmail.com", false, "app password"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct provider *found = provider_of(rows[i].domain);

        assert_non_null(found);
        assert_string_equal(found->imap, rows[i].imap);
        if (rows[i].pop != NULL)
            assert_string_equal(found->pop, rows[i].pop);
        else
            assert_null(found->pop);
        assert_int_equal(found->local_part, rows[i].local_part);
        assert_non_null(text_has_nocase(text_of(found->note), rows[i].note) ? found->note : NULL);
        assert_false(found->tokens_only);
    }
    assert_true(provider_of("outlook.com")->tokens_only);
}

static void
nothing_is_guessed(void **state)
{
    static const char *const unknown[] = {"example.org", "mail.gmx.net", "gmx", "web.de.example.org", "xweb.de", ""};

    (void)state;
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_null(provider_of(unknown[i]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_leads_to_the_servers),
        cmocka_unit_test(nothing_is_guessed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
