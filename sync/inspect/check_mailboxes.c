/* See check_mailboxes.h. */
#include "sync/inspect/check_mailboxes.h"

#include "sync/rules/names.h"

#define MEGABYTE 1e6

struct check_mailbox {
    char *name;
    unsigned attributes; /* REMOTE_* */
    bool chosen, counted, sized;
    uint32_t messages;
    uint64_t bytes;
};

struct sum {
    uint64_t mailboxes, messages, bytes;
    bool counted, sized; /* each of them told */
};

bool
check_mailboxes_add(struct check_mailboxes *mailboxes, const char *name, const struct remote_listed *listed)
{
    struct check_mailbox *added;

    if (!array_grow(&mailboxes->list, &mailboxes->size, mailboxes->count + 1, sizeof *added))
        return false;
    added = &mailboxes->list[mailboxes->count];
    *added = (struct check_mailbox){.name = strdup(name),
                                    .attributes = listed->attributes,
                                    .counted = listed->has_status,
                                    .sized = listed->has_size,
                                    .messages = listed->messages,
                                    .bytes = listed->size};
    if (added->name == NULL)
        return false;
    mailboxes->count++;
    return true;
}

uint64_t
check_mailboxes_judge(struct check_mailboxes *mailboxes, const struct policy *policy, bool labels)
{
    uint64_t chosen = 0;

    mailboxes->policy = policy;
    mailboxes->labels = labels;
    for (size_t i = 0; i < mailboxes->count; i++)
        special_meet(&mailboxes->special, policy->special, mailboxes->list[i].name, mailboxes->list[i].attributes, i);
    for (size_t i = 0; i < mailboxes->count; i++) {
        struct check_mailbox *mailbox = &mailboxes->list[i];

        mailbox->chosen = names_chosen(policy->patterns, mailbox->name, check_mailboxes_guess(mailboxes, i));
        chosen += mailbox->chosen;
    }
    return chosen;
}

const char *
check_mailboxes_name(const struct check_mailboxes *mailboxes, size_t index)
{
    return mailboxes->list[index].name;
}

bool
check_mailboxes_chosen(const struct check_mailboxes *mailboxes, size_t index)
{
    return mailboxes->list[index].chosen;
}

unsigned
check_mailboxes_uses(const struct check_mailboxes *mailboxes, size_t index)
{
    return special_uses(mailboxes->policy->special, mailboxes->list[index].name, mailboxes->list[index].attributes);
}

unsigned
check_mailboxes_guess(const struct check_mailboxes *mailboxes, size_t index)
{
    const unsigned uses = special_guessed(&mailboxes->special, mailboxes->policy->special, mailboxes->list[index].name,
                                          mailboxes->list[index].attributes);

    return special_is_apart(uses, mailboxes->labels) ? uses | NAMES_APART : uses;
}

enum special_source
check_mailboxes_which(const struct check_mailboxes *mailboxes, unsigned use, size_t *at)
{
    return special_which(&mailboxes->special, mailboxes->policy->special, use, at);
}

void
check_mailboxes_free(struct check_mailboxes *mailboxes)
{
    for (size_t i = 0; i < mailboxes->count; i++)
        free(mailboxes->list[i].name);
    free(mailboxes->list);
    *mailboxes = (struct check_mailboxes){0};
}

static struct sum
sum_of(const struct check_mailboxes *mailboxes, bool chosen)
{
    struct sum sum = {.counted = true, .sized = true};

    for (size_t i = 0; i < mailboxes->count; i++) {
        const struct check_mailbox *mailbox = &mailboxes->list[i];

        if (mailbox->chosen != chosen)
            continue;
        sum.mailboxes++;
        sum.messages += mailbox->messages;
        sum.bytes += mailbox->bytes;
        sum.counted = sum.counted && mailbox->counted;
        sum.sized = sum.sized && mailbox->sized;
    }
    return sum;
}

static void
put_amount(uint64_t messages, uint64_t bytes, bool sized, char *to, size_t size)
{
    char number[REPORT_NUMBER_SIZE];

    report_number(messages, number);
    (void)text_print(to, size, "%s message%s", number, messages == 1 ? "" : "s");
    if (sized)
        (void)text_print(to + strlen(to), size - strlen(to), ", %.1f MB", (double)bytes / MEGABYTE);
}

static void
say_one(const struct check_mailboxes *mailboxes, size_t index, const char *account, struct report *report)
{
    const struct check_mailbox *mailbox = &mailboxes->list[index];
    const unsigned uses = check_mailboxes_uses(mailboxes, index);
    struct report_checked checked = {.mailbox = mailbox->name,
                                     .special = "",
                                     .chosen = mailbox->chosen,
                                     .counted = mailbox->counted,
                                     .sized = mailbox->sized,
                                     .messages = mailbox->messages,
                                     .bytes = mailbox->bytes};
    char amount[96] = "the server does not say how many messages";

    for (size_t i = SPECIAL_USES; i-- > 0;)
        if ((uses & special_all[i]) != 0)
            checked.special = special_attribute(special_all[i]);
    if (mailbox->counted)
        put_amount(mailbox->messages, mailbox->bytes, mailbox->sized, amount, sizeof amount);
    report_checked(report, account, &checked, amount);
}

static void
say_sum(const struct sum *sum, const char *words, const char *account, struct report *report)
{
    char amount[96] = "";

    if (sum->counted)
        put_amount(sum->messages, sum->bytes, sum->sized, amount, sizeof amount);
    report_line(report, account, "mailboxes", "%llu mailbox%s %s%s%s", (unsigned long long)sum->mailboxes,
                sum->mailboxes == 1 ? "" : "es", words, amount[0] != '\0' ? ": " : "", amount);
}

void
check_mailboxes_say(const struct check_mailboxes *mailboxes, const char *account, struct report *report)
{
    const struct sum chosen = sum_of(mailboxes, true), left = sum_of(mailboxes, false);

    for (int out = 0; out < 2; out++)
        for (size_t i = 0; i < mailboxes->count; i++)
            if (mailboxes->list[i].chosen == (out == 0))
                say_one(mailboxes, i, account, report);
    say_sum(&chosen, "on the server chosen by `mailboxes`", account, report);
    if (left.mailboxes != 0)
        say_sum(&left, "left out", account, report);
}

void
check_mailboxes_say_first(const struct check_mailboxes *mailboxes, const char *account, uint64_t free,
                          struct report *report)
{
    const struct sum chosen = sum_of(mailboxes, true);
    char amount[96];

    if (!chosen.counted)
        return;
    put_amount(chosen.messages, chosen.bytes, chosen.sized, amount, sizeof amount);
    if (chosen.sized && chosen.bytes > free)
        report_line(report, account, "first",
                    "the first sync would bring %s, and there is no room for that: %.1f MB are free", amount,
                    (double)free / MEGABYTE);
    else
        report_line(report, account, "first", "the first sync brings %s, as far as it is not here already%s", amount,
                    chosen.sized ? "; there is room for that" : "");
}
