/* The run's mailboxes by what names them: whatever the tables hold, the answer is what a look at each mailbox would give. */
#include "sync/run/lookup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MANY 3000

static void
add(struct run *run, size_t number)
{
    struct mailbox *mailbox = run_mailbox_add(run);
    char name[32], folder[32], wire[32];

    assert_non_null(mailbox);
    (void)text_print(name, sizeof name, "name %zu", number);
    (void)text_print(folder, sizeof folder, "folder %zu", number);
    (void)text_print(wire, sizeof wire, "wire %zu", number);
    mailbox->row.name = strdup(name);
    mailbox->row.folder = strdup(folder);
    mailbox->row.wire = strdup(wire);
    mailbox->row.id = (int64_t)number + 1;
    mailbox->known_uidvalidity = (uint32_t)(number % 3);
}

static void
free_mailbox(struct mailbox *mailbox)
{
    free(mailbox->row.name);
    free(mailbox->row.folder);
    free(mailbox->row.wire);
    *mailbox = (struct mailbox){0};
}

static void
free_run(struct run *run)
{
    for (size_t i = 0; i < run->count; i++)
        free_mailbox(&run->mailboxes[i]);
    free(run->mailboxes);
    lookup_free(run);
}

static void
assert_found(struct run *run, struct mailbox *mailbox)
{
    assert_ptr_equal(lookup_name(run, mailbox->row.name), mailbox);
    assert_ptr_equal(lookup_folder(run, mailbox->row.folder), mailbox);
    assert_ptr_equal(lookup_wire(run, text_of(mailbox->row.wire)), mailbox);
    assert_ptr_equal(run_mailbox_by_id(run, mailbox->row.id), mailbox);
}

static size_t
count_of(struct run *run, uint32_t uidvalidity)
{
    size_t at = 0, count = 0;

    while (lookup_next_of(run, uidvalidity, &at) != NULL)
        count++;
    return count;
}

static void
each_is_found_while_they_become_more(void **state)
{
    struct run run = {0};

    (void)state;
    assert_null(lookup_name(&run, "name 0"));
    for (size_t i = 0; i < MANY; i++) {
        add(&run, i);
        assert_found(&run, &run.mailboxes[i]);
        assert_found(&run, &run.mailboxes[i / 2]);
        assert_null(lookup_name(&run, "no name"));
        assert_null(lookup_wire(&run, TEXT("no wire")));
        assert_null(run_mailbox_by_id(&run, 0));
    }
    assert_int_equal(count_of(&run, 0) + count_of(&run, 1) + count_of(&run, 2), MANY);
    assert_int_equal(count_of(&run, 3), 0);
    free_run(&run);
}

static void
those_that_moved_up_where_others_left_are_found(void **state)
{
    struct run run = {0};
    size_t kept = 0;

    (void)state;
    for (size_t i = 0; i < 100; i++)
        add(&run, i);
    assert_found(&run, &run.mailboxes[99]);
    for (size_t i = 0; i < 100; i++) {
        if (i % 3 == 0) {
            free_mailbox(&run.mailboxes[i]);
        } else {
            run.mailboxes[kept] = run.mailboxes[i];
            if (kept++ != i)
                run.mailboxes[i] = (struct mailbox){0};
        }
    }
    run.count = kept;
    lookup_forget(&run);

    for (size_t i = 0; i < kept; i++)
        assert_found(&run, &run.mailboxes[i]);
    assert_null(lookup_name(&run, "name 3"));
    assert_int_equal(count_of(&run, 0), 0);
    free_run(&run);
}

static void
what_is_spelled_anew_or_gets_a_row_later_is_found(void **state)
{
    struct run run = {0};

    (void)state;
    for (size_t i = 0; i < 100; i++)
        add(&run, i);
    run.mailboxes[5].row.id = 0;
    assert_null(run_mailbox_by_id(&run, 6));

    run.mailboxes[5].row.id = 1000;
    free(run.mailboxes[7].row.wire);
    run.mailboxes[7].row.wire = strdup("another");

    assert_ptr_equal(run_mailbox_by_id(&run, 1000), &run.mailboxes[5]);
    assert_ptr_equal(lookup_wire(&run, TEXT("another")), &run.mailboxes[7]);
    assert_null(lookup_wire(&run, TEXT("wire 7")));
    free_run(&run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_found_while_they_become_more),
        cmocka_unit_test(those_that_moved_up_where_others_left_are_found),
        cmocka_unit_test(what_is_spelled_anew_or_gets_a_row_later_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
