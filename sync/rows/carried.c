/* See carried.h. */
#include "sync/rows/carried.h"

#include "sync/base/keyword_note.h"
#include "sync/rows/letters.h"
#include "sync/rules/merge.h"

void
carried_flags(const struct journal_message *source, struct journal_message *target, bool move)
{
    struct flag_sides flags = merge_moved_there(source->flags, target->info);

    if (!move) {
        target->flags.lseen = merge_of_name(target->info, 0) | (target->flags.lseen & FLAG_FORWARDED);
        target->facts |= FACT_COPIED;
        flags = merge_copied(target->flags, source->flags);
    }
    target->flags = letters_of_file(flags, source, target);
}

bool
carried_take(struct journal_message *message, const struct journal_message *source)
{
    if (source->keywords[0] == '\0' || message->keywords[0] != '\0')
        return false;
    merge_keywords(message->keywords, source->keywords);
    return true;
}

static unsigned
count_missing(const char *keywords, const char *others)
{
    unsigned missing = 0;

    for (const char *at = keywords; *at != '\0';) {
        const struct text word = {at, strcspn(at, " ")};

        missing += !keywords_have(others, word);
        at += word.len + (at[word.len] == ' ');
    }
    return missing;
}

static unsigned
count_differing(const char *a, const char *b)
{
    return count_missing(a, b) + count_missing(b, a);
}

bool
carried_begin(struct run *run, const struct journal_message *message, struct carried_choice *choice)
{
    choice->keywords[0] = '\0';
    choice->least = ~0u;
    choice->in_doubt = false;
    return keyword_meant(run->journal, message, choice->said, &run->err);
}

static void
keep_common(char keywords[static KEYWORDS_MAX + 1], const char *others)
{
    char all[KEYWORDS_MAX + 1];

    merge_keywords(all, keywords);
    for (const char *at = all; *at != '\0';) {
        const struct text word = {at, strcspn(at, " ")};

        at += word.len + (at[word.len] == ' ');
        if (!keywords_have(others, word))
            keywords_take(keywords, word);
    }
}

bool
carried_is_closer(struct carried_choice *choice, const char *keywords)
{
    const unsigned differing = count_differing(choice->said, keywords);

    if (differing == choice->least && count_differing(choice->keywords, keywords) != 0) {
        choice->in_doubt = true;
        keep_common(choice->keywords, keywords);
    }
    if (differing >= choice->least)
        return false;
    choice->least = differing;
    choice->in_doubt = false;
    merge_keywords(choice->keywords, keywords);
    return true;
}

/* Its file is gone, perhaps to where the new one is. */
static bool
may_have_gone(const struct journal_message *row)
{
    return row->base[0] == '\0' || (row->facts & (FACT_GONE_HERE | FACT_MOVED)) != 0;
}

bool
carried_keywords(struct run *run, struct journal_message *message, int64_t source)
{
    struct journal_message *from = NULL;
    struct carried_choice choice;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = true, found = false;

    if (!message->has_wire || message->uid != 0 || message->keywords[0] != '\0')
        return true;
    ok = journal_ids_by_wire(run->journal, message->wire, &ids, &count, &run->err);
    if (ok && count > 1) {
        from = malloc(sizeof *from);
        ok = (from != NULL || run_no_memory(run)) && carried_begin(run, message, &choice);
    }
    for (size_t i = 0; ok && from != NULL && i < count; i++) {
        if (ids[i] == message->id || (found && ids[i] != source))
            continue;
        ok = run_load(run, ids[i], from);
        if (ok && (ids[i] == source || (from->keywords[0] != '\0' && may_have_gone(from)))) {
            merge_keywords(message->keywords, from->keywords);
            found = true;
        } else if (ok && (from->uid != 0 || from->keywords[0] != '\0')) {
            (void)carried_is_closer(&choice, from->keywords);
        }
    }
    if (ok && from != NULL && !found)
        merge_keywords(message->keywords, choice.keywords);
    free(ids);
    free(from);
    return ok;
}

char *
carried_to(const struct mailbox *mailbox, const char *keywords)
{
    char *some = strdup(keywords), *to = some;

    for (const char *at = some; at != NULL && *at != '\0';) {
        const struct text word = {at, strcspn(at, " ")};

        at += word.len + (at[word.len] == ' ');
        if (mailbox_drops(mailbox, word))
            continue;
        if (to != some)
            *to++ = ' ';
        memmove(to, word.at, word.len);
        to += word.len;
    }
    if (to != NULL)
        *to = '\0';
    return some;
}

bool
carried_seen(struct run *run, const struct journal_message *message, const char *shown)
{
    const struct mailbox *mailbox = run_mailbox_by_id(run, message->mailbox);
    char word[KEYWORD_MAX + 1];
    bool ok = true;

    if (message->base[0] == '\0' || !message->has_wire || run->account->policy.keywords == KEYWORDS_OFF)
        return true;
    for (const char *at = message->keywords; ok && *at != '\0';) {
        const struct text one = {at, strcspn(at, " ")};

        at += one.len + (at[one.len] == ' ');
        if ((shown != NULL && keywords_have(shown, one)) || !keyword_is_legal(one))
            continue;
        (void)text_print(word, sizeof word, "%.*s", (int)one.len, one.at);
        ok = keyword_owe(run->journal, message, word, mailbox == NULL || !mailbox_drops(mailbox, one), run->now,
                         &run->err);
    }
    return ok;
}

bool
carried_off(struct run *run, const struct journal_message *message)
{
    return carried_seen(run, message, NULL);
}

bool
carried_since(struct run *run, const struct journal_message *source, const char *shown)
{
    struct journal_message *copy;
    char had[KEYWORDS_MAX + 1];
    bool found = false, ok;

    if ((source->facts & FACT_MOVED) == 0 || source->refers_to == 0 || strcmp(source->keywords, shown) == 0)
        return true;
    copy = malloc(sizeof *copy);
    ok = (copy != NULL || run_no_memory(run)) &&
         journal_message_get(run->journal, source->refers_to, copy, &found, &run->err);
    if (ok && found) {
        merge_keywords(had, copy->keywords);
        merge_keywords(copy->keywords, shown);
        for (const char *at = source->keywords; *at != '\0';) {
            const struct text one = {at, strcspn(at, " ")};

            at += one.len + (at[one.len] == ' ');
            keywords_take(copy->keywords, one);
        }
        ok = carried_seen(run, copy, had);
    }
    free(copy);
    return ok;
}
