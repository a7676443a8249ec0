/* A report whose lines stay in memory, by a clock that stands. Included after cmocka.h. */
#ifndef TESTS_UNIT_REPORT_SCENE_H
#define TESTS_UNIT_REPORT_SCENE_H

#include "sync/report/report.h"

struct paper { /* what was written */
    FILE *out, *err;
    char *out_text, *err_text;
    size_t out_len, err_len;
    struct report *report;
};

static int64_t now; /* of the tests' clock, milliseconds */

static inline int64_t
tell_now(void)
{
    return now;
}

static inline struct paper *
given_report(struct report_settings settings)
{
    static struct paper p;

    p = (struct paper){0};
    p.out = open_memstream(&p.out_text, &p.out_len);
    p.err = open_memstream(&p.err_text, &p.err_len);
    assert_true(p.out != NULL && p.err != NULL);
    settings.out = p.out;
    settings.err = p.err;
    settings.now_ms = tell_now;
    p.report = report_new(&settings);
    assert_non_null(p.report);
    return &p; /* the streams write their texts' places into it */
}

/* End the report and compare all that it wrote. */
static inline void
assert_written(struct paper *p, const char *out, const char *err)
{
    report_free(p->report);
    assert_int_equal(fclose(p->out), 0);
    assert_int_equal(fclose(p->err), 0);
    if (out != NULL)
        assert_string_equal(p->out_text, out);
    if (err != NULL)
        assert_string_equal(p->err_text, err);
    free(p->out_text);
    free(p->err_text);
}

static inline void
progress(struct report *report, const char *account, const char *mailbox, uint64_t done, uint64_t total, uint64_t bytes)
{
    report_progress(report, account, mailbox, &(struct report_amount){.done = done, .total = total, .bytes = bytes});
}

static inline void
did(struct report *r, const char *account, struct report_done done)
{
    struct report_counts counts = {0};

    report_done(r, account, &counts, &done);
    assert_int_equal(counts.done[done.act], 1);
    assert_int_equal(report_acts(&counts), 1);
}

static inline void
say_everything(struct report *r)
{
    struct error err = {0};
    const struct report_held held = {
        .mailbox = "Archive", .uid = 5, .file = "1.ev", .here = false, .id = "k3x", .reason = "guard"};
    const struct report_counts counts = {.done[DID_DOWNLOAD] = 1, .mailboxes = 2};

    error_set(&err, ERROR_SERVER, "store flags");
    error_answer(&err, TEXT("NO over"));
    (void)text_print(err.account, sizeof err.account, "work");
    (void)text_print(err.mailbox, sizeof err.mailbox, "INBOX");
    report_begin(r, "work", false);
    progress(r, "work", "INBOX", 1, 10, 100);
    report_mailbox(r, "work", "Sent", "made-here", "made here");
    did(r, "work", (struct report_done){.act = DID_DOWNLOAD, .mailbox = "INBOX", .uid = 7, .file = "17.ev"});
    did(r, "work", (struct report_done){.act = DID_REMOVE_THERE, .mailbox = "Sent", .detail = "why"});
    report_note(r, "work", "%d mailboxes moved", 3);
    report_error(r, &err);
    report_held(r, "work", &held);
    report_guard(r, "work",
                 &(struct report_list){.id = "k3x", .reason = "guard", .where = "Archive", .count = 40, .of = 50});
    report_line(r, "work", "last-run", "last run: %s", "never");
    report_result(r, "work", 3, &counts, 1.25, false);
    report_exit(r, 3, 0);
}

static const struct report_settings plain = {0};

#endif
