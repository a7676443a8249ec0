/* A signal while a message without end is being put back. */
#include "sync/restore/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/journal/quarantine.h"
#include "tests/sim/sim_journal.h"

#define READS_BEFORE_THE_SIGNAL 5

struct disk {
    int reads, written, drafts;
};

static bool
create(void *local, const char *folder, struct error *err)
{
    (void)local;
    (void)folder;
    (void)err;
    return true;
}

static bool
scan(void *local, const char *folder, const struct local_scanner *to, void *context, struct local_stamp *stamp,
     bool *stable, struct error *err)
{
    (void)local;
    (void)folder;
    (void)to;
    (void)context;
    (void)stamp;
    (void)err;
    *stable = true;
    return true;
}

static bool
quarantine_open(void *local, const char *name, void **handle, struct local_print *print, bool *missing,
                struct error *err)
{
    (void)name;
    (void)err;
    *handle = local;
    *print = (struct local_print){.size = 1};
    *missing = false;
    return true;
}

static bool
read_facts(void *local, void *handle, struct local_facts *facts, struct error *err)
{
    (void)local;
    (void)handle;
    (void)err;
    *facts = (struct local_facts){0};
    return true;
}

static bool
read_some(void *local, void *handle, void *to, size_t size, size_t *got, struct error *err)
{
    struct disk *disk = local;

    (void)handle;
    (void)err;
    memset(to, 'x', size);
    *got = ++disk->reads < 100 * READS_BEFORE_THE_SIGNAL ? size : 0;
    return true;
}

static void
read_close(void *local, void *handle)
{
    (void)local;
    (void)handle;
}

static bool
draft_begin(void *local, const char *folder, struct local_draft **draft, struct error *err)
{
    struct disk *disk = local;

    (void)folder;
    (void)err;
    disk->drafts++;
    *draft = local;
    return true;
}

static bool
draft_write(void *local, struct local_draft *draft, const void *bytes, size_t len, struct error *err)
{
    struct disk *disk = local;

    (void)draft;
    (void)bytes;
    (void)len;
    (void)err;
    disk->written++;
    return true;
}

static bool
draft_finish(void *local, struct local_draft *draft, struct digests *digests, struct error *err)
{
    (void)local;
    (void)draft;
    (void)err;
    *digests = (struct digests){0};
    return true;
}

static void
draft_drop(void *local, struct local_draft *draft)
{
    struct disk *disk = local;

    disk->drafts -= draft != NULL;
}

static bool
deliver(void *local, struct local_delivery *items, size_t count, struct error *err)
{
    (void)local;
    (void)items;
    (void)count;
    (void)err;
    fail_msg("what was cut off is delivered");
    return false;
}

static bool
is_stopped(void *context)
{
    const struct disk *disk = context;

    return disk->reads >= READS_BEFORE_THE_SIGNAL;
}

static void
a_signal_ends_the_copy_and_leaves_nothing(void **state)
{
    static const struct local_ops ops = {.create = create,
                                         .scan = scan,
                                         .quarantine_open = quarantine_open,
                                         .read_facts = read_facts,
                                         .read = read_some,
                                         .read_close = read_close,
                                         .draft_begin = draft_begin,
                                         .draft_write = draft_write,
                                         .draft_finish = draft_finish,
                                         .draft_drop = draft_drop,
                                         .deliver = deliver};
    struct disk disk = {0};
    struct error err = {0};
    struct account account = {0};
    const struct restore_choice choice = {.put_back = true};
    const struct sync_options options = {.stopped = is_stopped, .stopped_context = &disk};
    struct restore_target target = {.name = "INBOX", .folder = "INBOX", .state = MAILBOX_ACTIVE};
    struct restore_entry entry = {.id = 1, .size = 1};
    struct restoring restoring = {.account = &account,
                                  .options = &options,
                                  .choice = &choice,
                                  .local = {&ops, &disk},
                                  .entries = &entry,
                                  .count = 1,
                                  .targets = &target,
                                  .target_count = 1};

    (void)state;
    restoring.journal = sim_journal_open(NULL, 0, &err);
    assert_non_null(restoring.journal);
    assert_true(journal_begin(restoring.journal, &err));
    assert_true(journal_quarantine_add(restoring.journal, &(struct journal_quarantined){.name = "a"}, &err));
    assert_true(journal_commit(restoring.journal, &err));

    assert_true(restore_put_back(&restoring));

    assert_int_equal(disk.written, READS_BEFORE_THE_SIGNAL);
    assert_int_equal(disk.drafts, 0);
    assert_true(restoring.put_back == 0 && restoring.failed == 0);
    sim_journal_close(restoring.journal);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_signal_ends_the_copy_and_leaves_nothing)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
