/* mbsync's placeholders, as Debian's mbsync 1.4.4 writes them, and mail that only looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/base/digest.h"
#include "store/base/placeholder.h"

#define SIZE "Having a size of 2.7MiB, this message is over the MaxSize limit.\r\n"
#define FLAG "Flag it and sync again (Sync mode ReNew) to fetch its real contents.\r\n"
#define HEAD "From: a@example.org\r\nMessage-ID: <1@example.org>\r\n"

static bool
is_placeholder(const char *message, size_t step)
{
    struct placeholder placeholder = {.len = 0};
    size_t len = strlen(message);

    for (size_t i = 0; i < len; i += step)
        placeholder_add(&placeholder, message + i, len - i < step ? len - i : step);
    return placeholder_is(&placeholder);
}

static void
what_mbsync_writes_is_told_however_it_is_split(void **state)
{
    static const char *const messages[] = {
        HEAD "Subject: [placeholder] hello\r\n\r\n" SIZE FLAG,
        HEAD "Subject: [placeholder] hello\r\nX-TUID: abcdefghijkl\r\n\r\n" SIZE FLAG "\r\n",
        "From: a\nX-TUID: 9kGPCe+vrH73\nSubject: [placeholder] (No Subject)\n\nHaving a size of 2KiB, this message is "
        "over the MaxSize limit.\nFlag it and sync again (Sync mode ReNew) to fetch its real contents.\n",
        "subject:[placeholder] \r\n folded\r\n\r\n" SIZE FLAG,
        HEAD "Subject: [placeholder] =?utf-8?b?0L8=?=\r\n\r\n" SIZE
             "Flag it and sync again (Sync mode Upgrade) to fetch its real contents.", /* isync 1.5 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        for (size_t step = 1; step < 200; step += 7)
            assert_true(is_placeholder(messages[i], step));
    }
}

static void
mail_that_only_looks_like_one_is_mail(void **state)
{
    static const char *const messages[] = {
        "",
        HEAD "Subject: hello\r\n\r\n" SIZE FLAG,
        HEAD "Subject: Re: [placeholder] hello\r\n\r\n" SIZE FLAG,
        HEAD "X-Subject: [placeholder] hello\r\n\r\n" SIZE FLAG,
        HEAD "Subject: [placeholder] hello\r\n\r\n" SIZE,
        HEAD "Subject: [placeholder] hello\r\n\r\n" SIZE FLAG "What does that mean?\r\n",
        HEAD "Subject: [placeholder] hello\r\n\r\n> " SIZE FLAG,
        HEAD "Subject: [placeholder] hello\r\n\r\nHello\r\n" SIZE FLAG,
        HEAD "Subject: [placeholder] hello\r\n\r\n\r\n" SIZE FLAG,
        HEAD "\r\nSubject: [placeholder] hello\r\n\r\n" SIZE FLAG,
        HEAD "Subject: [placeholder] hello\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        for (size_t step = 1; step < 200; step += 7)
            assert_false(is_placeholder(messages[i], step));
    }
}

static void
digests_say_so_and_forget_it_with_the_next_message(void **state)
{
    static const char message[] = HEAD "Subject: [placeholder] hello\r\n\r\n" SIZE FLAG, other[] = HEAD "\r\nhello\r\n";
    struct digest *digest = digest_new();
    struct digests out;

    (void)state;
    assert_non_null(digest);
    assert_true(digest_add(digest, message, strlen(message)));
    assert_true(digest_finish(digest, &out));
    assert_true(out.placeholder);
    assert_true(digest_reset(digest, false));
    assert_true(digest_add(digest, other, strlen(other)));
    assert_true(digest_finish(digest, &out));
    assert_false(out.placeholder);
    digest_free(digest);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_mbsync_writes_is_told_however_it_is_split),
        cmocka_unit_test(mail_that_only_looks_like_one_is_mail),
        cmocka_unit_test(digests_say_so_and_forget_it_with_the_next_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
