/*
 * An account, a maildrop in memory, a real Maildir in a folder of its own and a journal in memory: what the tests of the import share.
 * Included once, after cmocka.h.
 */
#ifndef TESTS_UNIT_IMPORT_SCENE_H
#define TESTS_UNIT_IMPORT_SCENE_H

#include "tests/unit/maildir_scratch.h"

#include "store/base/lines.h"
#include "store/journal/pop.h"
#include "sync/import/import.h"
#include "tests/sim/sim_journal.h"
#include "tests/unit/import_drop.h"

#define DAY 86400

struct scene {
    struct scratch *s;
    struct drop drop;
    struct journal *journal;
    struct account account;
    struct sync_options options;
    int64_t now;
    struct report *report;
    FILE *out;
    char *text; /* all that was said */
    size_t text_size;
    int commits, commit_fails_at; /* counted before and after each; 0: never */
    bool dead;                    /* a commit failed: the process is gone */
    int local_operations, local_fails_at;
    bool local_fails_after;
    struct local_ops local_ops;  /* the Maildir's, with trouble */
    int flushes, deles_at_flush; /* in all runs; of the last run, before the flush */
    const char *boot;            /* of the system */
    uint64_t room_first, room;   /* bytes free when it is asked first in a run, and later; 0: the truth */
    int room_asked;
    int hidden;     /* so many files are gone in the moment in which they are read */
    int stop_after; /* a signal comes after so many RETRs; -1: never */
    bool reopens;   /* a line that broke is opened again; else a signal comes while that is waited for */
    bool gave_up;
    int waited; /* seconds, in the last run */
    struct handover *handover;
    struct beside *beside;
    struct error err;
};

static struct scene *scene; /* for callbacks without a context of ours */

/* ---- the Maildir, with trouble ---- */

static bool
local_step(bool *after, struct error *err)
{
    bool now = ++scene->local_operations == scene->local_fails_at;

    *after = now && scene->local_fails_after;
    if (now && !scene->local_fails_after)
        error_sys(err, ENOSPC, "write mail");
    return !now || scene->local_fails_after;
}

static bool
trouble_draft_write(void *local, struct local_draft *draft, const void *bytes, size_t len, struct error *err)
{
    bool after;

    return local_step(&after, err) && scene->s->local.ops->draft_write(local, draft, bytes, len, err);
}

static bool
trouble_draft_begin(void *local, const char *folder, struct local_draft **draft, struct error *err)
{
    bool after;

    return local_step(&after, err) && scene->s->local.ops->draft_begin(local, folder, draft, err);
}

static bool
trouble_draft_finish(void *local, struct local_draft *draft, struct digests *digests, struct error *err)
{
    bool after;

    return local_step(&after, err) && scene->s->local.ops->draft_finish(local, draft, digests, err);
}

static bool
trouble_deliver(void *local, struct local_delivery *items, size_t count, struct error *err)
{
    bool after, ok;

    if (!local_step(&after, err)) {
        for (size_t i = 0; i < count; i++)
            scene->s->local.ops->draft_drop(local, items[i].draft);
        return false;
    }
    ok = scene->s->local.ops->deliver(local, items, count, err);
    if (after)
        error_sys(err, EIO, "flush the folder");
    return ok && !after;
}

static bool
trouble_examine(void *local, const struct local_file *file, struct local_facts *facts, bool *missing, struct error *err)
{
    bool after;

    return local_step(&after, err) && scene->s->local.ops->examine(local, file, facts, missing, err);
}

static bool
trouble_read_open(void *local, const struct local_file *file, void **handle, bool *missing, struct error *err)
{
    *missing = scene->hidden > 0;
    scene->hidden -= scene->hidden > 0;
    return *missing || scene->s->local.ops->read_open(local, file, handle, missing, err);
}

static bool
trouble_flush(void *local, struct error *err)
{
    bool after;

    (void)local;
    scene->flushes++;
    scene->deles_at_flush = scene->drop.deles;
    return local_step(&after, err);
}

static bool
trouble_free_space(void *local, uint64_t *bytes, struct error *err)
{
    if (scene->room == 0)
        return scene->s->local.ops->free_space(local, bytes, err);
    *bytes = scene->room_asked++ == 0 ? scene->room_first : scene->room;
    return true;
}

static void
scene_boot(void *local, char id[static LOCAL_BOOT_MAX + 1])
{
    (void)local;
    text_print(id, LOCAL_BOOT_MAX + 1, "%s", scene->boot);
}

/* ---- the scene ---- */

static int64_t
scene_now(void *context)
{
    return ((struct scene *)context)->now;
}

static bool
scene_stopped(void *context)
{
    const struct scene *sc = context;

    return sc->gave_up || (sc->stop_after >= 0 && sc->drop.retrs >= sc->stop_after);
}

static void
scene_wait(void *context, int seconds)
{
    struct scene *sc = context;

    sc->waited += seconds;
    sc->gave_up = !sc->reopens;
}

static bool
scene_commit(void *context, bool after)
{
    struct scene *sc = context;

    (void)after;
    if (++sc->commits != sc->commit_fails_at && !sc->dead)
        return true;
    sc->dead = true;
    return false;
}

static int
scene_open(void **state)
{
    struct scene *sc = calloc(1, sizeof *sc);

    assert_non_null(sc);
    scene = sc;
    sc->s = scratch_new();
    sc->s->maildir = maildir_new(&(struct maildir_settings){.root = sc->s->root, .quarantine = sc->s->quarantine});
    assert_non_null(sc->s->maildir);
    sc->s->local = maildir_local(sc->s->maildir);
    sc->journal = sim_journal_open(NULL, 0, &sc->err);
    assert_non_null(sc->journal);
    sc->now = 1700000000;
    sc->stop_after = -1;
    sc->boot = "first";
    sc->account = (struct account){.name = "post", .maildir = sc->s->root, .state = sc->s->top, .fsync = true};
    sc->account.connection = (struct connection){.scheme = SCHEME_POP3S, .host = "pop.example.org", .user = "ana"};
    sc->account.policy = (struct policy){
        .pull = {true, true, true, true}, .push = {true, true, true, true}, .guard = true, .max_delete = 25};
    sc->account.import = (struct import_policy){.keep_days = KEEP_FOREVER, .deliver_to = "INBOX"};
    sc->options = (struct sync_options){.now = scene_now,
                                        .now_context = sc,
                                        .wait = scene_wait,
                                        .wait_context = sc,
                                        .stopped = scene_stopped,
                                        .stopped_context = sc};
    *state = sc;
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *sc = *state;
    void *scratch = sc->s;

    for (size_t i = 0; i < sc->drop.count; i++)
        free(sc->drop.mails[i].bytes);
    sim_journal_close(sc->journal);
    scratch_free(&scratch);
    free(sc->text);
    free(sc);
    return 0;
}

static struct dropped *
given_mail_as(struct scene *sc, const char *uidl, const char *bytes, size_t len)
{
    struct dropped *mail = &sc->drop.mails[sc->drop.count++];

    assert_true(sc->drop.count <= DROP_MESSAGES);
    *mail = (struct dropped){.len = len, .bytes = malloc(len + 1)};
    assert_non_null(mail->bytes);
    memcpy(mail->bytes, bytes, len);
    text_print(mail->uidl, sizeof mail->uidl, "%s", uidl);
    return mail;
}

/* A message that no other is like. */
static struct dropped *
given_mail(struct scene *sc, const char *uidl)
{
    static unsigned number;
    char text[512];

    text_print(text, sizeof text, "Subject: %s\r\nMessage-ID: <%u@x>\r\n\r\nHello.\r\n.\r\n", uidl, ++number);
    return given_mail_as(sc, uidl, text, strlen(text));
}

__attribute__((unused)) static void
given_mails(struct scene *sc, int count)
{
    static int serial;
    char uidl[32];

    for (int i = 0; i < count; i++) {
        text_print(uidl, sizeof uidl, "u%d", ++serial);
        (void)given_mail(sc, uidl);
    }
}

/* The process ends: what was committed is there, nothing else. */
static void
restart(struct scene *sc)
{
    void *image;
    size_t size;

    assert_true(journal_image(sc->journal, &image, &size, &sc->err));
    sim_journal_close(sc->journal);
    sc->journal = sim_journal_open(image, size, &sc->err);
    assert_non_null(sc->journal);
    free(image);
    maildir_free(sc->s->maildir);
    sc->s->maildir = maildir_new(&(struct maildir_settings){.root = sc->s->root, .quarantine = sc->s->quarantine});
    sc->s->local = maildir_local(sc->s->maildir);
}

/* The journal is gone, and the folders' times may be trusted. */
__attribute__((unused)) static void
lose_journal(struct scene *sc)
{
    sim_journal_close(sc->journal);
    sc->journal = sim_journal_open(NULL, 0, &sc->err);
    assert_non_null(sc->journal);
    (void)usleep(15000);
}

/* Time that counts goes by: what is known of is older by that. */
__attribute__((unused)) static void
time_passes(struct scene *sc, int64_t seconds)
{
    int64_t id = 0;
    int misses = 0;

    assert_true(journal_begin(sc->journal, &sc->err));
    while (misses < 1000) {
        struct journal_pop row;
        bool found;

        assert_true(journal_pop_get(sc->journal, ++id, &row, &found, &sc->err));
        misses = found ? 0 : misses + 1;
        row.since -= seconds;
        row.absent -= row.absent != 0 ? seconds : 0;
        row.missed -= row.missed != 0 ? seconds : 0;
        assert_true(!found || journal_pop_save(sc->journal, &row, &sc->err));
    }
    assert_true(journal_set(sc->journal, "parts", "0", &sc->err)); /* read once a day */
    assert_true(journal_commit(sc->journal, &sc->err));
}

/* @return exit status */
static int
run_import(struct scene *sc)
{
    struct report_settings settings = {0};
    struct maildrop maildrop = drop_maildrop(&sc->drop);
    struct local local = {&sc->local_ops, NULL};
    int status;

    restart(sc);
    local.self = sc->s->local.self;
    sc->local_ops = *sc->s->local.ops;
    sc->local_ops.draft_begin = trouble_draft_begin;
    sc->local_ops.draft_write = trouble_draft_write;
    sc->local_ops.draft_finish = trouble_draft_finish;
    sc->local_ops.deliver = trouble_deliver;
    sc->local_ops.examine = trouble_examine;
    sc->local_ops.read_open = trouble_read_open;
    sc->local_ops.flush = trouble_flush;
    sc->local_ops.boot = scene_boot;
    sc->local_ops.free_space = trouble_free_space;
    sc->room_asked = 0;
    sc->drop.operations = sc->drop.retrs = sc->drop.tops = sc->drop.deles = sc->drop.lists = sc->drop.quits =
        sc->drop.logins = 0;
    sc->gave_up = false;
    sc->waited = 0;
    sc->commits = sc->local_operations = 0;
    sc->dead = false;
    journal_on_commit(sc->journal, scene_commit, sc);
    free(sc->text);
    sc->out = open_memstream(&sc->text, &sc->text_size);
    settings.out = settings.err = sc->out;
    sc->report = report_new(&settings);
    status = import_run(&sc->account, &sc->options, maildrop, sc->handover == NULL ? local : (struct local){0},
                        sc->handover, sc->beside, sc->journal, sc->report);
    report_free(sc->report);
    fclose(sc->out);
    journal_on_commit(sc->journal, NULL, NULL);
    assert_false(sc->drop.session.open);
    return status;
}

#define assert_run(sc, status)                                                                                         \
    do {                                                                                                               \
        int ended = run_import(sc);                                                                                    \
        if (ended != (status))                                                                                         \
            fail_msg("exit status %d where %d was expected:\n%s", ended, status, (sc)->text);                          \
    } while (0)

__attribute__((unused)) static void
assert_said(const struct scene *sc, const char *words)
{
    if (strstr(sc->text, words) == NULL)
        fail_msg("\"%s\" was not said in:\n%s", words, sc->text);
}

/* ---- what is where ---- */

/* Canonical digest of every message below the root, as look_here found them. */
static unsigned char seen_here[2 * DROP_MESSAGES][DIGEST_SIZE];
static size_t seen_count;

static int
look_at_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    char bytes[4096], wire[8192];
    struct lines_grow grow = {0};
    struct digest *digest;
    struct digests have;
    size_t len, got;
    int fd;

    (void)st;
    (void)ftw;
    if (type != FTW_F || (strstr(path, "/new/") == NULL && strstr(path, "/cur/") == NULL))
        return 0;
    fd = open(path, O_RDONLY);
    digest = digest_new();
    assert_true(fd >= 0 && digest != NULL && seen_count < 2 * DROP_MESSAGES);
    got = (size_t)read(fd, bytes, sizeof bytes);
    close(fd);
    assert_int_equal(lines_grow(&grow, bytes, got, wire, sizeof wire, &len), got);
    assert_true(digest_add(digest, wire, len) && digest_finish(digest, &have));
    memcpy(seen_here[seen_count++], have.canonical, DIGEST_SIZE);
    digest_free(digest);
    return 0;
}

static void
look_here(const struct scene *sc)
{
    seen_count = 0;
    (void)nftw(sc->s->root, look_at_file, 8, FTW_PHYS); /* perhaps it is not there */
}

/* How many of what look_here saw are this message, but for line ends. */
static size_t
copies_seen(const struct dropped *mail)
{
    struct digest *digest = digest_new();
    struct digests want;
    size_t copies = 0;

    assert_non_null(digest);
    assert_true(digest_add(digest, mail->bytes, mail->len) && digest_finish(digest, &want));
    digest_free(digest);
    for (size_t i = 0; i < seen_count; i++)
        copies += memcmp(seen_here[i], want.canonical, DIGEST_SIZE) == 0;
    return copies;
}

__attribute__((unused)) static size_t
copies_here(const struct scene *sc, const struct dropped *mail)
{
    look_here(sc);
    return copies_seen(mail);
}

__attribute__((unused)) static size_t
files_in(struct scene *sc, const char *folder)
{
    return exists(sc->s, folder) ? count_entries(sc->s, folder) : 0;
}

__attribute__((unused)) static size_t
count_there(const struct scene *sc)
{
    size_t count = 0;

    for (size_t i = 0; i < sc->drop.count; i++)
        count += !sc->drop.mails[i].gone;
    return count;
}

__attribute__((unused)) static uint64_t
rows(struct scene *sc, int state)
{
    uint64_t count;

    assert_true(journal_pop_count(sc->journal, state, &count, &sc->err));
    return count;
}

/* Each message once, byte for byte but for line ends, and nothing else. */
__attribute__((unused)) static void
assert_all_here(struct scene *sc)
{
    look_here(sc);
    for (size_t i = 0; i < sc->drop.count; i++)
        if (copies_seen(&sc->drop.mails[i]) != 1)
            fail_msg("message %zu (%s) is here %zu times\n%s", i + 1, sc->drop.mails[i].uidl,
                     copies_seen(&sc->drop.mails[i]), sc->text);
    assert_int_equal(files_in(sc, "INBOX/tmp"), 0);
}

#endif
