/*
 * The planner, enumerated: every presence, two flags at a time out of \Seen, \Flagged and \Deleted, every mask of
 * flags that the server can store, every fact about the file, every policy. The first half says for each input
 * which answers are lawful; the second carries answers out on a model of one message, as the engine does, and
 * looks where that ends. Several messages, mailboxes and clients: test_plan_moves.c and test_plan_clients.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/rules/plan.h"
#include "tests/unit/forms.h"

#define POLICIES 128u /* new, flags, deletes each way, and expunge */
#define FACTS 8u      /* altered, refused, alias */
#define PRESENCES 9u
#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static const unsigned flag_pairs[][2] = {
    {FLAG_SEEN, FLAG_FLAGGED}, {FLAG_FLAGGED, FLAG_DELETED}, {FLAG_SEEN, FLAG_DELETED}};
static const struct policy everything = {
    .pull = {true, true, true, true}, .push = {true, true, true, true}, .guard = true, .max_delete = 25};

static struct policy
policy_number(unsigned n)
{
    return (struct policy){.pull = {.new_mail = n & 1, .flags = n & 2, .deletes = n & 4},
                           .push = {.new_mail = n & 8, .flags = n & 16, .deletes = n & 32},
                           .expunge = n & 64};
}

/* The low bits of `n` as flags of this pair. */
static unsigned
flags_number(const unsigned pair[static 2], unsigned n)
{
    return (n & 1 ? pair[0] : 0) | (n & 2 ? pair[1] : 0);
}

static struct plan_message
message_number(const unsigned pair[static 2], unsigned presence, unsigned flags, unsigned permanent, unsigned facts)
{
    return (struct plan_message){
        .remote = {(enum plan_presence)(presence % 3), flags_number(pair, flags), flags_number(pair, flags >> 2)},
        .local = {(enum plan_presence)(presence / 3), flags_number(pair, flags >> 4), flags_number(pair, flags >> 6)},
        .permanent = flags_number(pair, permanent) | (FLAG_ALL & ~(pair[0] | pair[1])),
        .altered = facts & 1,
        .refused = facts & 2,
        .alias = facts & 4,
    };
}

/* ---- words for a failure ---- */

static const char *const verbs[] = {"nothing", "forget", "download", "upload", "flags", "remove here", "remove there"};
static const char *const presences[] = {"never", "here", "gone"};

static void
print_direction(const char *name, const struct direction *direction)
{
    print_error("  %s:%s%s%s\n", name, direction->new_mail ? " new" : "", direction->flags ? " flags" : "",
                direction->deletes ? " deletes" : "");
}

static void
print_side(const char *name, const struct plan_side *side)
{
    char base[7], seen[7];

    flags_to_letters(side->base, base);
    flags_to_letters(side->seen, seen);
    print_error("  %s: %s, base \"%s\", seen \"%s\"\n", name, presences[side->presence], base, seen);
}

static void
print_case(const struct plan_message *message, const struct policy *policy, const struct plan_step *step)
{
    char there_add[7], there_del[7], here_add[7], here_del[7], agreed[7], permanent[7];

    flags_to_letters(message->permanent, permanent);
    flags_to_letters(step->there_add, there_add);
    flags_to_letters(step->there_del, there_del);
    flags_to_letters(step->here_add, here_add);
    flags_to_letters(step->here_del, here_del);
    flags_to_letters(step->agreed, agreed);
    print_side("remote", &message->remote);
    print_side("local", &message->local);
    print_error("  the server holds \"%s\"%s%s%s\n", permanent, message->altered ? ", altered" : "",
                message->refused ? ", refused" : "", message->alias ? ", alias" : "");
    print_direction("pull", &policy->pull);
    print_direction("push", &policy->push);
    print_error("  expunge: %s\n", policy->expunge ? "yes" : "no");
    print_error("  answer: %s%s, there +%s -%s, here +%s -%s, agreed %s\n", verbs[step->verb],
                step->kept_back ? " (kept back)" : "", there_add, there_del, here_add, here_del, agreed);
}

/* ---- what is lawful: each returns the law that is broken, or NULL ---- */

#define LAW(sentence, holds)                                                                                           \
    do {                                                                                                               \
        if (!(holds))                                                                                                  \
            return sentence;                                                                                           \
    } while (0)

/* Somebody wants a message that was removed elsewhere: said once more, in other words than the planner's. */
static bool
is_wanted(const struct plan_side *side)
{
    bool flagged = (side->seen & FLAG_FLAGGED) != 0 && (side->base & FLAG_FLAGGED) == 0;
    bool undeleted = (side->seen & FLAG_DELETED) == 0 && (side->base & FLAG_DELETED) != 0;

    return flagged || undeleted;
}

static const char *
broken_removal(const struct plan_message *message, const struct policy *policy, const struct plan_step *step)
{
    const struct plan_side *remote = &message->remote, *local = &message->local;
    bool both = remote->presence == PLAN_HERE && local->presence == PLAN_HERE;
    bool unchanged = remote->base == remote->seen && local->base == local->seen;

    if (step->verb == PLAN_REMOVE_HERE) {
        LAW("a file is removed only if the server's message was seen to be gone",
            remote->presence == PLAN_GONE && local->presence == PLAN_HERE);
        LAW("a file that was flagged or undeleted is not removed", !is_wanted(local));
    }
    if (step->verb == PLAN_REMOVE_THERE && !both) {
        LAW("a message is removed only if the file was seen to be gone",
            local->presence == PLAN_GONE && remote->presence == PLAN_HERE);
        LAW("a message that was flagged or undeleted is not removed", !is_wanted(remote));
    }
    if (step->verb == PLAN_REMOVE_THERE && both) {
        LAW("what both sides have is removed only by expunge", policy->expunge);
        LAW("expunge takes only what carries \\Deleted on both sides",
            (remote->seen & local->seen & FLAG_DELETED) != 0);
        LAW("expunge waits until all flags are agreed", unchanged);
    }
    if (step->verb == PLAN_REMOVE_HERE || step->verb == PLAN_REMOVE_THERE) {
        LAW("an altered file is never a removal: its bytes were not the message", !message->altered);
        LAW("an alias is never a removal: another row stands for the message", !message->alias);
    }
    if (both && policy->expunge && unchanged && (remote->seen & local->seen & FLAG_DELETED) != 0 && !message->altered &&
        !message->alias)
        LAW("expunge takes what carries \\Deleted on both sides", step->verb == PLAN_REMOVE_THERE);
    return NULL;
}

static const char *
broken_add(const struct plan_message *message, const struct plan_step *step)
{
    const struct plan_side *remote = &message->remote, *local = &message->local;

    LAW("exactly what neither side has is forgotten",
        (step->verb == PLAN_FORGET) == (remote->presence != PLAN_HERE && local->presence != PLAN_HERE));
    if (step->verb == PLAN_DOWNLOAD)
        LAW("only what the server has and the folder has not is downloaded",
            remote->presence == PLAN_HERE && local->presence != PLAN_HERE);
    if (step->verb == PLAN_UPLOAD) {
        LAW("only what the folder has and the server has not is uploaded",
            local->presence == PLAN_HERE && remote->presence != PLAN_HERE);
        LAW("an altered file is not uploaded", !message->altered);
        LAW("what the server refused is not sent again", !message->refused);
    }
    if (message->alias) {
        LAW("nothing is done about an alias", step->verb == PLAN_NOTHING || step->verb == PLAN_FORGET);
        return NULL;
    }
    if (remote->presence == PLAN_HERE && local->presence == PLAN_NEVER)
        LAW("new mail on the server comes down", step->verb == PLAN_DOWNLOAD);
    if (remote->presence == PLAN_HERE && local->presence == PLAN_GONE)
        LAW("a deletion here goes up, unless the message is wanted",
            step->verb == (is_wanted(remote) || message->altered ? PLAN_DOWNLOAD : PLAN_REMOVE_THERE));
    if (local->presence != PLAN_HERE || message->altered)
        return NULL;
    if (remote->presence == PLAN_NEVER)
        LAW("new mail here goes up", step->verb == (message->refused ? PLAN_NOTHING : PLAN_UPLOAD));
    if (remote->presence == PLAN_GONE && !is_wanted(local))
        LAW("a deletion there comes down", step->verb == PLAN_REMOVE_HERE);
    if (remote->presence == PLAN_GONE && is_wanted(local))
        LAW("a file that was flagged or undeleted goes up again",
            step->verb == (message->refused ? PLAN_NOTHING : PLAN_UPLOAD));
    return NULL;
}

static const char *
broken_policy(const struct plan_message *message, const struct policy *policy, const struct plan_step *step)
{
    unsigned differ = message->remote.seen ^ message->local.seen;
    unsigned down = differ & (message->remote.base ^ message->remote.seen);
    unsigned up = differ & (message->local.base ^ message->local.seen);

    switch (step->verb) {
    case PLAN_NOTHING:
    case PLAN_FORGET:
        LAW("nothing to do is nothing to keep back", !step->kept_back);
        break;
    case PLAN_DOWNLOAD:
        LAW("a download is kept back exactly if pull has no new", step->kept_back == !policy->pull.new_mail);
        break;
    case PLAN_UPLOAD:
        LAW("an upload is kept back exactly if push has no new", step->kept_back == !policy->push.new_mail);
        break;
    case PLAN_REMOVE_HERE:
        LAW("a removal here is kept back exactly if pull has no deletes", step->kept_back == !policy->pull.deletes);
        break;
    case PLAN_REMOVE_THERE:
        LAW("a removal there is kept back exactly if push has no deletes", step->kept_back == !policy->push.deletes);
        break;
    case PLAN_FLAGS:
        LAW("flags come down only if pull has flags", policy->pull.flags || (step->here_add | step->here_del) == 0);
        LAW("flags go up only if push has flags", policy->push.flags || (step->there_add | step->there_del) == 0);
        if (policy->pull.flags && policy->push.flags)
            LAW("what is allowed is not kept back", !step->kept_back);
        if (step->kept_back)
            LAW("only a change that would be carried out is kept back",
                (!policy->pull.flags && down != 0) || (!policy->push.flags && up != 0));
        break;
    }
    return NULL;
}

static const char *
broken_flags(const struct plan_message *message, const struct policy *policy, const struct plan_step *step)
{
    const struct plan_side *remote = &message->remote, *local = &message->local;
    unsigned there = step->there_add | step->there_del, here = step->here_add | step->here_del;
    unsigned remote_changed = remote->base ^ remote->seen, local_changed = local->base ^ local->seen;
    unsigned changed = remote_changed | local_changed, differ = remote->seen ^ local->seen;
    unsigned left = changed & ~(there | here | step->agreed);

    if (step->verb != PLAN_FLAGS) {
        LAW("flags change only under the verb for flags", (there | here | step->agreed) == 0);
        LAW("a change of flags on both sides' message is answered",
            changed == 0 || message->alias || remote->presence != PLAN_HERE || local->presence != PLAN_HERE);
        return NULL;
    }
    LAW("flags are merged only where both sides have the message",
        remote->presence == PLAN_HERE && local->presence == PLAN_HERE);
    LAW("no flag is set and cleared at once",
        (step->there_add & step->there_del) == 0 && (step->here_add & step->here_del) == 0);
    LAW("at most one side acts for each flag", (there & here) == 0);
    LAW("what is carried out is not agreed yet", ((there | here) & step->agreed) == 0);
    LAW("a flag that nobody changed stays", ((there | here | step->agreed) & ~changed) == 0);
    LAW("the server is sent only what it can store", (there & ~message->permanent) == 0);
    LAW("only a change here goes there", (there & ~local_changed) == 0);
    LAW("only a change there comes here", (here & ~remote_changed) == 0);
    LAW("what goes there is what the file shows",
        (step->there_add & ~local->seen) == 0 && (step->there_del & local->seen) == 0);
    LAW("what comes here is what the server shows",
        (step->here_add & ~remote->seen) == 0 && (step->here_del & remote->seen) == 0);
    LAW("only flags that differ are carried out", ((there | here) & ~differ) == 0);
    LAW("where both sides changed a flag, set wins",
        ((step->there_del | step->here_del) & remote_changed & local_changed) == 0);
    LAW("a flag that differs is agreed only where the server can't store it and the change came from here",
        (step->agreed & differ & (message->permanent | ~local_changed)) == 0);
    LAW("every change is carried out, agreed or kept back", left == 0 || step->kept_back);
    LAW("only what would come down is left out without pull flags",
        (left & remote_changed & ~local_changed) == 0 || !policy->pull.flags);
    LAW("only what would go up is left out without push flags",
        (left & local_changed & ~remote_changed) == 0 || !policy->push.flags);
    return NULL;
}

/* Who wants to know why a message comes or goes is told, and nobody is told why a flag does. */
static const char *
broken_reason(const struct plan_step *step)
{
    const bool moves_mail = step->verb == PLAN_DOWNLOAD || step->verb == PLAN_UPLOAD ||
                            step->verb == PLAN_REMOVE_HERE || step->verb == PLAN_REMOVE_THERE;

    return (plan_reason_words(step)[0] != '\0') == moves_mail ? NULL : "mail that comes or goes has its reason";
}

static const char *
broken_law(const struct plan_message *message, const struct policy *policy, const struct plan_step *step)
{
    const char *law = broken_removal(message, policy, step);

    if (law == NULL)
        law = broken_add(message, step);
    if (law == NULL)
        law = broken_policy(message, policy, step);
    if (law == NULL)
        law = broken_reason(step);
    return law != NULL ? law : broken_flags(message, policy, step);
}

static void
every_answer_to_every_input_under_every_policy_is_lawful(void **state)
{
    const unsigned apart = (unsigned)stride(7);
    uint64_t inputs = 0;
    (void)state;

    for (size_t pair = 0; pair < 2; pair++) { /* \Deleted beside \Seen says nothing that it does not beside \Flagged */
        for (unsigned n = 0; n < PRESENCES * FACTS * 4 * 256; n++) {
            struct plan_message message =
                message_number(flag_pairs[pair], n / (FACTS * 4 * 256), n % 256, n / 256 % 4, n / 1024 % FACTS);

            for (unsigned p = n % apart; p < POLICIES; p += apart, inputs++) {
                struct policy policy = policy_number(p);
                struct plan_step step = plan_message(&message, &policy);
                const char *law = broken_law(&message, &policy, &step);

                if (law == NULL)
                    continue;
                print_case(&message, &policy, &step);
                fail_msg("broken: %s", law);
            }
        }
    }
    assert_true(apart > 1 || inputs == 2 * PRESENCES * FACTS * 4 * 256 * POLICIES);
}

static bool
is_same_step(const struct plan_step *a, const struct plan_step *b)
{
    return a->verb == b->verb && a->kept_back == b->kept_back && a->there_add == b->there_add &&
           a->there_del == b->there_del && a->here_add == b->here_add && a->here_del == b->here_del &&
           a->agreed == b->agreed;
}

static void
the_same_question_gets_the_same_answer_whatever_was_asked_before(void **state)
{
    static struct plan_step first[PRESENCES * FACTS * 4 * 256];
    (void)state;

    for (unsigned n = 0; n < LENGTH(first); n++) {
        struct plan_message message =
            message_number(flag_pairs[1], n / (FACTS * 4 * 256), n % 256, n / 256 % 4, n / 1024 % FACTS);

        first[n] = plan_message(&message, &everything);
    }
    for (unsigned n = LENGTH(first); n-- > 0;) {
        struct plan_message message =
            message_number(flag_pairs[1], n / (FACTS * 4 * 256), n % 256, n / 256 % 4, n / 1024 % FACTS);
        struct plan_step again = plan_message(&message, &everything);

        assert_true(is_same_step(&first[n], &again));
    }
}

/* So that two flags at a time are enough: what happens to one never depends on another. */
static void
each_of_the_six_flags_is_merged_by_itself(void **state)
{
    (void)state;

    for (unsigned bit = 1; bit <= FLAG_ALL; bit <<= 1) {
        for (unsigned n = 0; n < 32; n++) {
            struct plan_message alone = {.remote = {PLAN_HERE, n & 1 ? bit : 0, n & 2 ? bit : 0},
                                         .local = {PLAN_HERE, n & 4 ? bit : 0, n & 8 ? bit : 0},
                                         .permanent = n & 16 ? FLAG_ALL : FLAG_ALL & ~bit};
            struct plan_step one = plan_message(&alone, &everything);

            for (unsigned others = 0; others < 32; others++) { /* all other flags alike, each state of theirs in turn */
                struct plan_message crowd = alone;
                struct plan_step step;
                unsigned rest = FLAG_ALL & ~bit;

                crowd.remote.base |= others & 1 ? rest : 0;
                crowd.remote.seen |= others & 2 ? rest : 0;
                crowd.local.base |= others & 4 ? rest : 0;
                crowd.local.seen |= others & 8 ? rest : 0;
                crowd.permanent &= others & 16 ? FLAG_ALL : bit;
                step = plan_message(&crowd, &everything);
                assert_int_equal(step.there_add & bit, one.there_add);
                assert_int_equal(step.there_del & bit, one.there_del);
                assert_int_equal(step.here_add & bit, one.here_add);
                assert_int_equal(step.here_del & bit, one.here_del);
                assert_int_equal(step.agreed & bit, one.agreed);
            }
        }
    }
}

/* ---- one message, its answers carried out as the engine carries them out ---- */

struct model {
    struct plan_message
        row;        /* what the journal holds; `seen` is what each side shows, for golub looks before every plan */
    unsigned holds; /* what the server keeps of what it is sent, whatever it promised */
    bool forgotten;
};

static void
agree(struct plan_message *row, unsigned bits)
{
    row->remote.base = (row->remote.base & ~bits) | (row->remote.seen & bits);
    row->local.base = (row->local.base & ~bits) | (row->local.seen & bits);
}

static void
carry_out_flags(struct model *model, const struct plan_step *step)
{
    struct plan_message *row = &model->row;
    unsigned sent = step->there_add | step->there_del, renamed = step->here_add | step->here_del;

    agree(row, step->agreed);
    row->remote.seen = (row->remote.seen | (step->there_add & model->holds)) & ~(step->there_del & model->holds);
    agree(row, sent); /* the echo: what was sent, as the server then shows it */
    row->local.seen = (row->local.seen | step->here_add) & ~step->here_del;
    agree(row, renamed);
}

static void
carry_out(struct model *model, const struct plan_step *step)
{
    struct plan_message *row = &model->row;

    if (step->kept_back && step->verb != PLAN_FLAGS)
        return;
    switch (step->verb) {
    case PLAN_NOTHING:
        break;
    case PLAN_FORGET:
        model->forgotten = true;
        break;
    case PLAN_DOWNLOAD:
        row->local = (struct plan_side){PLAN_HERE, row->remote.seen, row->remote.seen};
        row->remote.base = row->remote.seen;
        row->altered = row->refused = false;
        break;
    case PLAN_UPLOAD:
        row->remote = (struct plan_side){PLAN_HERE, row->local.seen & model->holds, row->local.seen & model->holds};
        row->local.base = row->local.seen;
        break;
    case PLAN_FLAGS:
        carry_out_flags(model, step);
        break;
    case PLAN_REMOVE_HERE:
        row->local.presence = PLAN_GONE;
        break;
    case PLAN_REMOVE_THERE:
        row->remote.presence = PLAN_GONE;
        break;
    }
}

static bool
is_same_model(const struct model *a, const struct model *b)
{
    return a->row.remote.presence == b->row.remote.presence && a->row.remote.base == b->row.remote.base &&
           a->row.remote.seen == b->row.remote.seen && a->row.local.presence == b->row.local.presence &&
           a->row.local.base == b->row.local.base && a->row.local.seen == b->row.local.seen &&
           a->forgotten == b->forgotten;
}

/* An alias has no UID of its own. Bases that differ were written down because the server could not store the flag. */
static bool
is_possible(const struct model *model)
{
    const struct plan_message *row = &model->row;
    bool both = row->remote.presence == PLAN_HERE && row->local.presence == PLAN_HERE;

    if (row->alias && row->remote.presence != PLAN_NEVER)
        return false;
    return !both || ((row->remote.base ^ row->local.base) & row->permanent & model->holds) == 0;
}

static const char *
broken_end(const struct model *model)
{
    const struct plan_message *row = &model->row;
    bool there = row->remote.presence == PLAN_HERE, here = row->local.presence == PLAN_HERE;

    if (model->forgotten || row->altered || row->alias || (row->refused && !there))
        return NULL;
    LAW("in the end both sides have the message, or neither", there && here);
    LAW("in the end both sides show the same flags, but for what the server can't store",
        ((row->remote.seen ^ row->local.seen) & row->permanent & model->holds) == 0);
    return NULL;
}

static void
check_end(struct model model, const struct policy *policy, unsigned steps, bool all_allowed)
{
    const struct model start = model;
    struct plan_step step = {0};
    struct model before;
    const char *law = NULL;

    for (unsigned i = 0; i < steps && !model.forgotten; i++) {
        step = plan_message(&model.row, policy);
        carry_out(&model, &step);
    }
    before = model;
    step = plan_message(&model.row, policy);
    if (!model.forgotten)
        carry_out(&model, &step);
    /* What was removed on one side is found to be gone on both, and forgotten: that is not a change of mail. */
    if (step.verb == PLAN_FORGET)
        before.forgotten = true;
    if (!is_same_model(&before, &model) || (all_allowed && step.verb != PLAN_NOTHING && step.verb != PLAN_FORGET))
        law = "after that there is nothing left to do";
    else if (all_allowed)
        law = broken_end(&model);
    if (law == NULL)
        return;
    print_error("from:\n");
    print_case(&start.row, policy, &(struct plan_step){0});
    print_error("to, the server keeps %x of what it is sent:\n", model.holds);
    print_case(&before.row, policy, &step);
    fail_msg("broken: %s", law);
}

/* A server that promises more than it keeps, or keeps what it did not promise, is one of the cases. */
static void
check_ends(const struct policy *policy, unsigned steps, bool all_allowed)
{
    for (size_t pair = 0; pair < LENGTH(flag_pairs); pair++) {
        for (unsigned n = 0; n < PRESENCES * FACTS * 4 * 256; n++) {
            struct model model = {
                .row = message_number(flag_pairs[pair], n / (FACTS * 4 * 256), n % 256, n / 256 % 4, n / 1024 % FACTS)};

            for (unsigned holds = 0; holds < 4; holds++) {
                model.holds =
                    flags_number(flag_pairs[pair], holds) | (FLAG_ALL & ~(flag_pairs[pair][0] | flag_pairs[pair][1]));
                if (is_possible(&model))
                    check_end(model, policy, steps, all_allowed);
            }
        }
    }
}

static void
two_steps_bring_both_sides_together_and_a_third_does_nothing(void **state)
{
    (void)state;

    check_ends(&everything, 2, true);
}

static void
with_expunge_it_takes_one_step_for_flags_and_one_for_each_side(void **state)
{
    struct policy policy = everything;
    (void)state;

    policy.expunge = true;

    check_ends(&policy, 3, true);
}

static void
under_every_policy_there_comes_an_end(void **state)
{
    const unsigned apart = (unsigned)stride(5);
    (void)state;

    for (unsigned p = 0; p < POLICIES; p++) {
        struct policy policy = policy_number(p);

        for (unsigned n = p % apart; n < PRESENCES * FACTS * 256; n += apart) {
            struct model model = {.row = message_number(flag_pairs[1], n / (FACTS * 256), n % 256, 3, n / 256 % FACTS),
                                  .holds = FLAG_ALL};

            if (is_possible(&model))
                check_end(model, &policy, 3, false);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_to_every_input_under_every_policy_is_lawful),
        cmocka_unit_test(the_same_question_gets_the_same_answer_whatever_was_asked_before),
        cmocka_unit_test(each_of_the_six_flags_is_merged_by_itself),
        cmocka_unit_test(two_steps_bring_both_sides_together_and_a_third_does_nothing),
        cmocka_unit_test(with_expunge_it_takes_one_step_for_flags_and_one_for_each_side),
        cmocka_unit_test(under_every_policy_there_comes_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
