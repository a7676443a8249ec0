/*
 * sim_golub: histories of the real sync engine on a simulated server, Maildirs and journals. sim_import: histories of
 * the real import on a simulated maildrop. Both have this main and its options.
 *
 *   sim_golub --count 1000                  seeds 1 ... 1000
 *   sim_golub --seed 77 --verbose           one history, told as it happens
 *   sim_golub --seed 77 --skip 3,5 --verbose  without some of its actions (what the shrinker prints)
 *   --kinds LIST, --without LIST   which kinds of events beside the everyday ones (sim_kinds.h)
 *   --profile NAME   all histories are of this profile (sim_import_profile.c)
 *   --jobs N   so many processes share the histories
 *   --first N   the first of --count seeds     --actions N   actions of a history
 *   --check-determinism   run each seed twice and compare
 *   --traces   a line a history with the hash of its trace: what is to change the cost of histories alone must not change these
 *
 * A broken law ends the program with status 1 and says which seed, and which of its actions matter.
 */
#include "tests/sim/sim_history.h"
#include "tests/sim/sim_journal.h"

#include <assert.h>
#include <ctype.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define STUCK_S 60  /* a history takes milliseconds */
#define ENOUGH 1000 /* histories that meet everything at least once */

struct arguments {
    uint64_t first, count;
    int actions, jobs; /* jobs: processes */
    bool verbose, determinism, keep_going, traces;
    const char *skip;
    char kinds[200];    /* as on the command line */
    const char *except; /* file of seeds whose broken law is an open question: a number a line, and why */
};

static struct coverage coverage;
static volatile uint64_t current_seed;

/* A failed assertion or a sanitizer's finding must say which history it was. */
static void
tell_seed(int number)
{
    char line[100];
    const int len = snprintf(line, sizeof line, "%s: signal %d in seed %" PRIu64 "\n", history_program, number,
                             (uint64_t)current_seed);

    if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
        _exit(1);
    signal(number, SIG_DFL);
    raise(number);
}

static void
run_once(struct history *history, uint64_t seed)
{
    history->seed = seed;
    history->failed = false;
    current_seed = seed;
    alarm(STUCK_S);
    history_run(history);
    alarm(0);
}

/* Which law: a failure without its numbers, as a hash. */
static int
kind_of(const char *failure)
{
    unsigned hash = 5381;

    for (; *failure != '\0'; failure++)
        if (!isdigit((unsigned char)*failure))
            hash = hash * 33 + (unsigned char)*failure;
    return (int)(hash % 200) + 2;
}

/*
 * In a process of its own, so that an abort is only one more outcome. @return does it still go wrong in the same way?
 */
static bool
still_fails(const struct history *history)
{
    fflush(stdout);
    const int kind = kind_of(history->failure);
    const pid_t child = fork();
    int status = 0;

    if (child == 0) {
        static struct coverage scratch;
        struct history copy = *history;
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(0);
        copy.verbose = false;
        copy.coverage = &scratch;
        run_once(&copy, copy.seed);
        _exit(copy.failed ? kind_of(copy.failure) : 0);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == kind;
}

/* Leave out one action after the other as long as it still goes wrong. */
static void
shrink(struct history *history)
{
    while (history->actions > 0) {
        history->actions--;
        if (!still_fails(history)) {
            history->actions++;
            break;
        }
    }
    for (int i = history->actions - 1; i >= 0; i--) {
        if (history->skip[i])
            continue;
        history->skip[i] = true;
        if (!still_fails(history))
            history->skip[i] = false;
    }
}

static void
print_reproduction(const struct arguments *arguments, const struct history *history)
{
    const char *comma = "";

    printf("again: %s --verbose%s --seed %" PRIu64 " --actions %d", history_program, arguments->kinds, history->seed,
           history->actions);
    for (int i = 0; i < history->actions; i++) {
        if (!history->skip[i])
            continue;
        printf("%s%d", comma[0] == '\0' ? " --skip " : comma, i);
        comma = ",";
    }
    printf("\n");
    fflush(stdout);
}

void
coverage_head(void)
{
    printf("%-15s %10s %13s %12s %12s %11s\n", "step", "done", "crash before", "crash after", "lost before",
           "lost after");
}

void
coverage_print(const struct coverage *from, enum step_kind kind)
{
    printf("%-15s %10lu %13lu %12lu %12lu %11lu\n", step_name(kind), from->done[kind], from->crash_before[kind],
           from->crash_after[kind], from->lost_before[kind], from->lost_after[kind]);
}

static void
read_skip(const char *list, struct history *history)
{
    char *end;

    for (const char *at = list; at != NULL && *at != '\0'; at = *end == ',' ? end + 1 : end) {
        const unsigned long number = strtoul(at, &end, 10);
        if (end == at)
            return;
        if (number < SIM_ACTIONS_MAX)
            history->skip[number] = true;
    }
}

static bool
read_arguments(int argc, char **argv, struct arguments *to)
{
    static const struct option options[] = {
        {"seed", 1, NULL, 's'},    {"first", 1, NULL, 'f'},      {"count", 1, NULL, 'c'},
        {"actions", 1, NULL, 'a'}, {"verbose", 0, NULL, 'v'},    {"check-determinism", 0, NULL, 'd'},
        {"skip", 1, NULL, 'k'},    {"keep-going", 0, NULL, 'g'}, {"traces", 0, NULL, 't'},
        {"except", 1, NULL, 'x'},  {"kinds", 1, NULL, 'K'},      {"without", 1, NULL, 'W'},
        {"jobs", 1, NULL, 'j'},    {"profile", 1, NULL, 'p'},    {0}};
    int option;

    *to = (struct arguments){.first = 1, .count = 1, .actions = 26};
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
        case 'f':
            to->first = strtoull(optarg, NULL, 10);
            break;
        case 'c':
            to->count = strtoull(optarg, NULL, 10);
            break;
        case 'a':
            to->actions = (int)strtoul(optarg, NULL, 10);
            break;
        case 'v':
            to->verbose = true;
            break;
        case 'd':
            to->determinism = true;
            break;
        case 'g':
            to->keep_going = true;
            break;
        case 't':
            to->traces = true;
            break;
        case 'x':
            to->except = optarg;
            break;
        case 'j':
            to->jobs = (int)strtoul(optarg, NULL, 10);
            break;
        case 'K':
        case 'W':
            if (!history_kinds(optarg, option == 'W'))
                return false;
            snprintf(to->kinds + strlen(to->kinds), sizeof to->kinds - strlen(to->kinds), " --%s %s",
                     option == 'W' ? "without" : "kinds", optarg);
            break;
        case 'p':
            if (!history_profile(optarg))
                return false;
            snprintf(to->kinds + strlen(to->kinds), sizeof to->kinds - strlen(to->kinds), " --profile %s", optarg);
            break;
        case 'k':
            to->skip = optarg;
            break;
        default:
            return false;
        }
    }
    return optind == argc && to->actions >= 0 && to->actions <= SIM_ACTIONS_MAX;
}

/* Open questions are set aside by seed, in a file that says why, and counted: nobody is to believe that they pass. */
static bool
is_excepted(const struct arguments *arguments, uint64_t seed)
{
    FILE *file = arguments->except != NULL ? fopen(arguments->except, "r") : NULL;
    char line[300];
    bool found = false;

    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = isdigit((unsigned char)line[0]) && strtoull(line, NULL, 10) == seed;
    if (file != NULL)
        (void)fclose(file);
    return found;
}

/* @return the seed keeps the laws */
static bool
try_seed(const struct arguments *arguments, uint64_t seed, int rounds[10], long *syncs)
{
    struct history history = {.actions = arguments->actions, .verbose = arguments->verbose, .coverage = &coverage};

    read_skip(arguments->skip, &history);
    run_once(&history, seed);
    rounds[history.rounds < 9 ? history.rounds : 9]++;
    *syncs += history.syncs;
    if (arguments->traces)
        printf("trace %" PRIu64 " %016" PRIx64 " %d %s\n", seed, history.hash, history.syncs,
               history.failed ? history.failure : "");
    if (arguments->determinism && !history.failed) {
        const uint64_t hash = history.hash;
        run_once(&history, seed);
        if (history.hash != hash)
            printf("seed %" PRIu64 " is not deterministic\n", seed);
        return history.hash == hash;
    }
    if (!history.failed)
        return true;
    printf("seed %" PRIu64 ": %s\n", seed, history.failure);
    fflush(stdout);
    static bool shrunken[210]; /* one of each kind is enough: it takes seconds */
    const int kind = kind_of(history.failure);
    if (!arguments->verbose && arguments->skip == NULL && !shrunken[kind]) {
        shrunken[kind] = true;
        shrink(&history);
        print_reproduction(arguments, &history);
    }
    return false;
}

struct tally { /* of some histories */
    struct coverage coverage;
    int rounds[10];
    uint64_t failed, excepted;
    long syncs;
};

static void
run_some(const struct arguments *arguments, uint64_t from, uint64_t step, struct tally *tally)
{
    for (uint64_t i = from; i < arguments->count && (tally->failed == 0 || arguments->keep_going); i += step) {
        if (is_excepted(arguments, arguments->first + i))
            tally->excepted++;
        else
            tally->failed += !try_seed(arguments, arguments->first + i, tally->rounds, &tally->syncs);
    }
    tally->coverage = coverage;
}

static void
add_coverage(struct coverage *to, const struct coverage *from)
{
    unsigned long *sum = (unsigned long *)to;
    const unsigned long *more = (const unsigned long *)from;

    static_assert(sizeof *to % sizeof *sum == 0, "counters and nothing else");
    for (size_t i = 0; i < sizeof *to / sizeof *sum; i++)
        sum[i] += more[i];
}

/* Every n-th seed in a process of its own. One that dies has said why, and counts as one that failed. */
static bool
run_all(const struct arguments *arguments, struct tally *all)
{
    const size_t size = (size_t)arguments->jobs * sizeof *all;
    struct tally *parts = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status;

    if (parts == MAP_FAILED)
        return false;
    for (int i = 0; i < arguments->jobs; i++) {
        const pid_t child = fork();
        if (child == 0) {
            run_some(arguments, (uint64_t)i, (uint64_t)arguments->jobs, &parts[i]);
            fflush(stdout);
            _exit(0);
        }
        if (child < 0)
            return false;
    }
    for (int i = 0; i < arguments->jobs; i++)
        all->failed += wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    for (int i = 0; i < arguments->jobs; i++) {
        add_coverage(&all->coverage, &parts[i].coverage);
        for (int k = 0; k < 10; k++)
            all->rounds[k] += parts[i].rounds[k];
        all->failed += parts[i].failed;
        all->excepted += parts[i].excepted;
        all->syncs += parts[i].syncs;
    }
    return munmap(parts, size) == 0;
}

static bool
print_figures(const struct arguments *arguments, const struct tally *tally)
{
    const bool covered = history_coverage(&tally->coverage);

    printf("%ld runs; rounds until quiet:", tally->syncs);
    for (int i = 1; i < 10; i++)
        printf(" %d:%d", i, tally->rounds[i]);
    printf("\n%" PRIu64 " of %" PRIu64 " histories from seed %" PRIu64 " broke a law; %" PRIu64
           " open questions set aside\n",
           tally->failed, arguments->count, arguments->first, tally->excepted);
    if (!covered && arguments->count >= ENOUGH)
        printf("something was never met: see the zeros above\n");
    return covered || arguments->count < ENOUGH;
}

int
main(int argc, char **argv)
{
    static struct tally tally;
    struct arguments arguments;

    if (!read_arguments(argc, argv, &arguments)) {
        fprintf(stderr,
                "usage: %s [--seed N | --first N] [--count N] [--actions N] [--verbose] [--check-determinism] "
                "[--keep-going] [--traces] [--skip N,N...] [--except FILE] [--kinds LIST] [--without LIST] [--profile "
                "NAME] [--jobs N]\n",
                history_program);
        return 2;
    }
    sim_journal_prepare();
    signal(SIGABRT, tell_seed);
    signal(SIGSEGV, tell_seed);
    signal(SIGALRM, tell_seed);
    if (arguments.jobs <= 1)
        run_some(&arguments, 0, 1, &tally);
    else if (!run_all(&arguments, &tally))
        return 1;
    const bool covered = arguments.verbose || print_figures(&arguments, &tally);
    return tally.failed > 0 || !covered;
}
