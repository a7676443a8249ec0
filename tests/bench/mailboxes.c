/*
 * How a run's time grows with the number of mailboxes: the engine on a server and a tree in memory that answer at once.
 *
 *     bench_mailboxes [COUNT...]      default: 1000 5000 20000 50000 100000
 *     bench_mailboxes --growth FACTOR FEW MANY     exit status 1 if each of many costs more than so many times what each of few does
 *
 * Seconds are of CPU.
 *
 *   first       all are new on the server, and empty: folders are made, each is looked at
 *   unchanged   the run after that: nothing moved
 *   spelled     the same on a connection that spells names the other way (UTF8=ACCEPT came)
 *   copied      every folder was born again, as after a copy of the tree
 *   renumbered  every mailbox has another UIDVALIDITY
 *   identified  nothing moved, on a server that says which mailbox is which (MAILBOXID)
 */
#include "store/base/remote.h"
#include "sync/engine.h"
#include "tests/sim/sim_journal.h"

#include <inttypes.h>

struct scene {
    size_t count;
    bool utf8;       /* names are spelled in UTF-8 */
    bool identifies; /* each line of its list says which mailbox that is */
    uint32_t
        uidvalidity; /* all have it: servers that take it from the clock give it to all that are made in one second */
    int64_t born;    /* added to each folder's time of birth */
    bool *made;      /* folders */
    struct local_mark mark;
};

/* ---- names: INBOX, then "box000001 ä" and so on; folders are called like mailboxes ---- */

static void
print_name(size_t at, bool utf8, char to[static 64])
{
    if (at == 0)
        (void)text_print(to, 64, "INBOX");
    else
        (void)text_print(to, 64, "box%06zu %s", at, utf8 ? "\xc3\xa4" : "&AOQ-");
}

/* @return count: none */
static size_t
find_name(const struct scene *scene, struct text name)
{
    char digits[8];
    uint64_t at;

    if (text_is(name, "INBOX"))
        return 0;
    if (name.len < 9 || memcmp(name.at, "box", 3) != 0)
        return scene->count;
    memcpy(digits, name.at + 3, 6);
    digits[6] = '\0';
    return text_number(text_of(digits), 999999, &at) && at < scene->count ? (size_t)at : scene->count;
}

/* ---- the server ---- */

static bool
remote_open(void *self, bool examine, struct error *err)
{
    (void)self;
    (void)examine;
    (void)err;
    return true;
}

static void
remote_info(void *self, struct remote_info *out)
{
    const struct scene *scene = self;

    *out = (struct remote_info){.separator = '/', .condstore = true, .list_status = true, .utf8 = scene->utf8};
}

static bool
remote_survey(void *self, bool (*listed)(void *context, const struct remote_listed *mailbox), void *context,
              struct error *err)
{
    const struct scene *scene = self;

    (void)err;
    for (size_t i = 0; i < scene->count; i++) {
        char wire[64], utf8[64], other[64];
        struct remote_listed out = {
            .separator = '/', .has_status = true, .uidnext = 1, .uidvalidity = scene->uidvalidity, .modseq = 1};

        print_name(i, scene->utf8, wire);
        print_name(i, true, utf8);
        print_name(i, !scene->utf8, other);
        out.name = text_of(wire);
        out.utf8 = text_of(utf8);
        if (scene->identifies)
            (void)text_print(out.objectid, sizeof out.objectid, "M%zu", i);
        if (i != 0)
            out.other = text_of(other);
        if (!listed(context, &out))
            return false;
    }
    return true;
}

static bool
remote_observe(void *self, const struct remote_select *mailboxes, size_t count, const struct remote_observer *to,
               void *context, struct error *err)
{
    const struct scene *scene = self;
    const struct remote_selected selected = {
        .uidvalidity = scene->uidvalidity, .uidnext = 1, .modseq = 1, .permanent = FLAG_ALL};
    const struct remote_outcome outcome = {.ok = true};

    (void)mailboxes;
    (void)err;
    for (size_t i = 0; i < count; i++)
        if ((to->selected != NULL && !to->selected(context, i, &selected)) || !to->done(context, i, &outcome))
            return false;
    return true;
}

static bool
remote_fetch(void *self, const struct remote_fetch *wanted, size_t count, const struct remote_sink *to, void *context,
             struct error *err)
{
    (void)self;
    (void)wanted;
    (void)count;
    (void)to;
    (void)context;
    (void)err;
    return true; /* nothing is there */
}

static void
remote_close(void *self)
{
    (void)self;
}

/* ---- the tree ---- */

static bool
local_open(void *self, bool make, enum local_root *root, struct error *err)
{
    (void)self;
    (void)make;
    (void)err;
    *root = ROOT_PRESENT;
    return true;
}

static bool
local_holds_names(void *self, bool probe, struct error *err)
{
    (void)self;
    (void)probe;
    (void)err;
    return true;
}

static bool
local_stands(void *self)
{
    (void)self;
    return true;
}

static bool
local_read_mark(void *self, struct local_mark *mark, struct error *err)
{
    (void)err;
    *mark = ((struct scene *)self)->mark;
    return true;
}

static bool
local_write_mark(void *self, struct local_mark *mark, struct error *err)
{
    (void)err;
    ((struct scene *)self)->mark = *mark;
    return true;
}

static void
local_birth(void *self, const char *folder, int64_t *birth)
{
    (void)self;
    (void)folder;
    *birth = 1;
}

static void
local_boot(void *self, char id[static LOCAL_BOOT_MAX + 1])
{
    (void)self;
    (void)text_print(id, LOCAL_BOOT_MAX + 1, "1");
}

static bool
local_done(void *self, struct error *err)
{
    (void)self;
    (void)err;
    return true;
}

static bool
local_folders(void *self, bool (*folder)(void *context, const char *folder), void *context, struct error *err)
{
    const struct scene *scene = self;

    (void)err;
    for (size_t i = 0; i < scene->count; i++) {
        char name[64];

        print_name(i, true, name);
        if (scene->made[i] && !folder(context, name))
            return false;
    }
    return true;
}

static bool
local_stamp(void *self, const char *folder, struct local_stamp *stamp, bool *missing, struct error *err)
{
    const struct scene *scene = self;
    size_t at = find_name(scene, text_of(folder));

    (void)err;
    *stamp = (struct local_stamp){.cur_changed = (int64_t)at, .new_changed = (int64_t)at};
    (void)text_print(stamp->text, sizeof stamp->text, "%zu", at);
    (void)text_print(stamp->born, sizeof stamp->born, "%zu", at + (size_t)scene->born);
    *missing = at == scene->count || !scene->made[at];
    return true;
}

static bool
local_scan(void *self, const char *folder, const struct local_scanner *to, void *context, struct local_stamp *stamp,
           bool *stable, struct error *err)
{
    bool missing;

    (void)to;
    (void)context;
    *stable = true;
    return local_stamp(self, folder, stamp, &missing, err);
}

static bool
local_sweep(void *self, const char *folder)
{
    (void)self;
    (void)folder;
    return true;
}

static bool
local_create_all(void *self, struct local_folder *items, size_t count, struct error *err)
{
    struct scene *scene = self;

    (void)err;
    for (size_t i = 0; i < count; i++) {
        size_t at = find_name(scene, text_of(items[i].folder));

        items[i].ok = at < scene->count;
        if (items[i].ok)
            scene->made[at] = true;
    }
    return true;
}

static bool
local_free_space(void *self, uint64_t *bytes, struct error *err)
{
    (void)self;
    (void)err;
    *bytes = UINT64_C(1) << 40;
    return true;
}

static void
local_close(void *self)
{
    (void)self;
}

/* ---- runs ---- */

static struct remote
remote_of(struct scene *scene)
{
    static const struct remote_ops ops = {.open = remote_open,
                                          .info = remote_info,
                                          .survey = remote_survey,
                                          .observe = remote_observe,
                                          .fetch = remote_fetch,
                                          .close = remote_close};

    return (struct remote){&ops, scene};
}

static void
local_traces(void *local, const char *folder, struct local_traces *traces)
{
    (void)local;
    (void)folder;
    *traces = (struct local_traces){0};
}

static struct local
local_of(struct scene *scene)
{
    static const struct local_ops ops = {.open = local_open,
                                         .holds_names = local_holds_names,
                                         .stands = local_stands,
                                         .read_mark = local_read_mark,
                                         .write_mark = local_write_mark,
                                         .birth = local_birth,
                                         .boot = local_boot,
                                         .flush = local_done,
                                         .folders = local_folders,
                                         .all_folders = local_folders,
                                         .traces = local_traces,
                                         .stamp = local_stamp,
                                         .scan = local_scan,
                                         .sweep = local_sweep,
                                         .create_all = local_create_all,
                                         .free_space = local_free_space,
                                         .quarantine_space = local_free_space,
                                         .close = local_close};

    return (struct local){&ops, scene};
}

/* Of this process: a machine that is busy with others changes nothing. */
static double
cpu_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* @return seconds */
static double
run_once(struct scene *scene, struct journal *journal, struct report *report)
{
    static const char *const patterns[] = {"*", NULL};
    const struct direction all = {true, true, true, true, false};
    const struct account account = {.name = "bench",
                                    .connection = {.host = "bench.example.org", .user = "ana"},
                                    .maildir = "/bench/mail",
                                    .state = "/bench/state",
                                    .policy = {.pull = all,
                                               .push = all,
                                               .guard = true,
                                               .max_delete = 25,
                                               .quarantine_days = 30,
                                               .layout = LAYOUT_VERBATIM,
                                               .patterns = patterns}};
    const struct sync_options options = {0};
    const double begin = cpu_seconds();
    int status = engine_run(&account, &options, remote_of(scene), local_of(scene), journal, report);

    if (status != 0) {
        fprintf(stderr, "a run of %zu mailboxes ended with %d\n", scene->count, status);
        exit(2);
    }
    return cpu_seconds() - begin;
}

enum figure { FIRST, UNCHANGED, SPELLED, COPIED, RENUMBERED, IDENTIFIED, FIGURES };

static const char *const names[FIGURES] = {"first", "unchanged", "spelled", "copied", "renumbered", "identified"};

static void
measure(size_t count, struct report *report, double seconds[static FIGURES])
{
    struct scene scene = {.count = count, .uidvalidity = 7, .made = calloc(count, sizeof *scene.made)};
    struct error err = {0};
    struct journal *journal = sim_journal_open(NULL, 0, &err);

    if (scene.made == NULL || journal == NULL) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    seconds[FIRST] = run_once(&scene, journal, report);
    (void)run_once(&scene, journal, report); /* what the first one left to be settled */
    seconds[UNCHANGED] = run_once(&scene, journal, report);
    scene.utf8 = true;
    seconds[SPELLED] = run_once(&scene, journal, report);
    scene.born = 1000000;
    seconds[COPIED] = run_once(&scene, journal, report);
    scene.uidvalidity = 6;
    seconds[RENUMBERED] = run_once(&scene, journal, report);
    scene.identifies = true;
    (void)run_once(&scene, journal, report); /* learns which is which */
    seconds[IDENTIFIED] = run_once(&scene, journal, report);
    journal_close(journal);
    free(scene.made);
}

static void
print_line(size_t count, const double seconds[static FIGURES])
{
    printf("%9zu", count);
    for (int i = 0; i < FIGURES; i++)
        printf(" %10.2f", seconds[i]);
    printf(" %8.1f us a mailbox\n", seconds[UNCHANGED] * 1e6 / (double)count);
    (void)fflush(stdout);
}

/* How much more each of many mailboxes costs than each of few. @return none costs more than `most` times as much */
static bool
grows_little(double most, const size_t counts[2], const double seconds[2][FIGURES])
{
    bool little = true;

    for (int i = 0; i < FIGURES; i++) {
        double factor = seconds[1][i] / (double)counts[1] / (seconds[0][i] / (double)counts[0]);

        printf("%s: each of %zu costs %.1f times as much as each of %zu%s\n", names[i], counts[1], factor, counts[0],
               factor > most ? ": TOO MUCH" : "");
        little = little && factor <= most;
    }
    return little;
}

static size_t
read_count(const char *text)
{
    uint64_t number;

    if (text_number(text_of(text), LIMIT_MAILBOXES, &number) && number != 0)
        return (size_t)number;
    fprintf(stderr, "no number of mailboxes: %s\n", text);
    exit(2);
}

int
main(int argc, char **argv)
{
    static const size_t usual[] = {1000, 5000, 20000, 50000, 100000};
    const bool growth = argc == 5 && strcmp(argv[1], "--growth") == 0;
    const int first = growth ? 3 : 1, count = argc > first ? argc - first : (int)(sizeof usual / sizeof *usual);
    FILE *nowhere = fopen("/dev/null", "w");
    const struct report_settings settings = {.quiet = true, .out = nowhere, .err = stderr};
    struct report *report = report_new(&settings);
    double seconds[2][FIGURES];
    size_t counts[2] = {0};

    if (report == NULL || nowhere == NULL)
        return 2;
    printf("mailboxes");
    for (int i = 0; i < FIGURES; i++)
        printf(" %10s", names[i]);
    printf("\n");
    for (int i = 0; i < count; i++) {
        counts[i % 2] = argc > first ? read_count(argv[first + i]) : usual[i];
        measure(counts[i % 2], report, seconds[i % 2]);
        print_line(counts[i % 2], seconds[i % 2]);
    }
    report_free(report);
    (void)fclose(nowhere);
    return growth && !grows_little(strtod(argv[2], NULL), counts, seconds) ? 1 : 0;
}
