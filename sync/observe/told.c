/* See told.h. */
#include "sync/observe/told.h"

#include "sync/rules/merge.h"

#include <string.h>

struct told_row {
    int64_t id;
    struct flag_sides flags;
    char *keywords;
    bool first;
    bool brought; /* by this side, and shown for the first time: it never had others */
};

static bool
is_known(const struct journal_message *before, const struct remote_message *seen)
{
    return before->flags.rseen == seen->flags &&
           strcmp(before->keywords, seen->keywords != NULL ? seen->keywords : "") == 0;
}

bool
told_note(struct run *run, struct told_flags *told, const struct journal_message *before,
          const struct remote_message *seen, bool first)
{
    if (!seen->has_flags || is_known(before, seen))
        return true;
    if (told->count == told->size) {
        const size_t size = told->size != 0 ? told->size * 2 : 16;
        struct told_row *list = realloc(told->list, size * sizeof *list);

        if (list == NULL)
            return run_no_memory(run);
        told->list = list;
        told->size = size;
    }
    char *keywords = strdup(before->keywords);
    if (keywords == NULL)
        return run_no_memory(run);
    told->list[told->count++] = (struct told_row){.id = before->id,
                                                  .flags = before->flags,
                                                  .keywords = keywords,
                                                  .first = first,
                                                  .brought = (before->facts & (FACT_ECHO | FACT_COPIED)) != 0};
    return true;
}

/* A UID may have been told of twice: the first note is what the row knew. */
bool
told_take_back(struct run *run, struct told_flags *told)
{
    struct journal_message *message = malloc(sizeof *message);
    bool found, ok = message != NULL || run_no_memory(run);

    for (size_t i = told->count; ok && i-- > 0;) {
        ok = journal_message_get(run->journal, told->list[i].id, message, &found, &run->err);
        if (!ok || !found ||
            told->list[i].brought) /* what the server shows of what was sent is its base from here on */
            continue;
        message->flags = told->list[i].flags;
        merge_keywords(message->keywords, told->list[i].keywords);
        ok = journal_message_save(run->journal, message, &run->err);
    }
    free(message);
    told_free(told);
    return ok;
}

/* One by one: those of `now` that are not among `then`. */
static void
say_words(struct run *run, const struct mailbox *mailbox, const struct journal_message *message, const char *now,
          const char *then, bool set)
{
    char word[KEYWORDS_MAX + 1];

    for (const char *at = now; *at != '\0';) {
        const size_t len = strcspn(at, " ");

        (void)text_print(word, sizeof word, "%.*s", (int)len, at);
        at += len + (at[len] == ' ');
        if (keywords_have(then, text_of(word)))
            continue;
        run_did(run, mailbox,
                (struct report_done){.act = DID_KEYWORDS_HERE,
                                     .uid = message->uid,
                                     .file = message->base,
                                     .add = set ? word : NULL,
                                     .del = set ? NULL : word});
    }
}

void
told_keywords(struct run *run, const struct mailbox *mailbox, const struct journal_message *message, const char *then,
              bool first)
{
    if (!run->account->policy.pull.flags || message->base[0] == '\0' ||
        (message->facts & (FACT_GONE_HERE | FACT_GONE_THERE)) != 0)
        return;
    say_words(run, mailbox, message, message->keywords, then, true);
    if (!first)
        say_words(run, mailbox, message, then, message->keywords, false);
}

void
told_free(struct told_flags *told)
{
    for (size_t i = 0; i < told->count; i++)
        free(told->list[i].keywords);
    free(told->list);
    *told = (struct told_flags){0};
}

void
told_end(struct run *run, const struct mailbox *mailbox, struct told_flags *told)
{
    struct journal_message *message = run->account->policy.pull.flags ? malloc(sizeof *message) : NULL;
    struct error ignored = {0}; /* the journal fails once more, where that matters */
    bool found;

    for (size_t i = 0; message != NULL && i < told->count; i++) {
        const char *then = told->list[i].keywords;

        if (!journal_message_get(run->journal, told->list[i].id, message, &found, &ignored) || !found)
            continue;
        told_keywords(run, mailbox, message, then, told->list[i].first);
    }
    free(message);
    told_free(told);
}

uint64_t
told_to(const struct mailbox *mailbox)
{
    const uint64_t cursor = mailbox->row.modseq;

    return cursor != 0 && mailbox->ours_to != 0 && mailbox->ours_after == cursor ? mailbox->ours_to : cursor;
}
