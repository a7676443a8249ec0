/* See chosen.h. */
#include "sync/rows/chosen.h"

#include "sync/base/keyword_note.h"
#include "sync/rules/keywords.h"

static void
say(struct run *run, const struct journal_message *message, struct text chosen, const char *yields)
{
    struct mailbox *mailbox = run_mailbox_by_id(run, message->mailbox);
    char text[2 * KEYWORD_MAX];

    if (mailbox == NULL || mailbox->said_chosen)
        return;
    mailbox->said_chosen = true;
    (void)text_print(text, sizeof text, "%s was set here and %.*s on the server, on one message: the server's stays",
                     yields, (int)chosen.len, chosen.at);
    report_mailbox(run->report, run->account->name, run_called(mailbox), "keywords", text);
}

static bool
choose(struct run *run, const struct journal_message *message, struct text word, const char *opposite)
{
    bool yielded;

    if (!id_set_add(&run->chosen, message->id))
        return run_no_memory(run);
    if (!keyword_yield(run->journal, message, opposite, &yielded, &run->err))
        return false;
    if (yielded)
        say(run, message, word, opposite);
    return true;
}

bool
chosen_there(struct run *run, const struct journal_message *message, const char *shown)
{
    bool ok = true;

    for (const char *at = shown != NULL ? shown : ""; ok && *at != '\0';) {
        const struct text word = {at, strcspn(at, " ")};
        const char *const opposite = keyword_opposite(word);

        at += word.len + (at[word.len] == ' ');
        if (opposite != NULL && !keywords_have(message->keywords, word) && !keywords_have(shown, text_of(opposite)))
            ok = choose(run, message, word, opposite);
    }
    return ok;
}

bool
chosen_yields(struct run *run, const struct journal_message *message, struct text word)
{
    const char *const opposite = keyword_opposite(word);
    const bool yields = opposite != NULL && id_set_has(&run->chosen, message->id) &&
                        keywords_have(message->keywords, text_of(opposite)) && !keywords_have(message->keywords, word);

    if (yields)
        say(run, message, text_of(opposite), keyword_opposite(text_of(opposite)));
    return yields;
}
