/* See keyword_note.h. */
#include "sync/base/keyword_note.h"

#include "store/journal/letters.h"
#include "sync/rules/keywords.h"

/* One that is another file's, which had this name, is nobody's. */
static bool
is_own(const struct journal_keyword *row, const struct journal_message *message)
{
    return memcmp(row->wire, message->wire, DIGEST_SIZE) == 0;
}

/* *row: what is known of this keyword of this message; nothing differs where there is none. */
static bool
look_up(struct journal *journal, const struct journal_message *message, const char *word, int64_t now,
        struct journal_keyword *row, bool *known, struct error *err)
{
    const bool shown = keywords_have(message->keywords, text_of(word));
    struct journal_keyword *rows;
    size_t count;

    *known = false;
    if (!journal_keywords_of(journal, message->mailbox, message->base, &rows, &count, err))
        return false;
    *row = (struct journal_keyword){
        .mailbox = message->mailbox, .message = message->id, .sides = keyword_agreed(shown), .since = now};
    (void)text_print(row->base, sizeof row->base, "%s", message->base);
    (void)text_print(row->word, sizeof row->word, "%s", word);
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(rows[i].word, word) != 0 || !is_own(&rows[i], message))
            continue;
        *row = rows[i];
        row->sides = keyword_seen(row->sides, shown);
        *known = true;
    }
    memcpy(row->wire, message->wire, DIGEST_SIZE);
    row->message = message->id;
    free(rows);
    return journal_highest_id(journal, &row->newest, err);
}

bool
keyword_note(struct journal *journal, const struct journal_message *message, const struct keyword_word *word,
             int64_t now, bool *changed, struct error *err)
{
    struct journal_keyword row;
    struct merge_step step;
    bool known = false;

    *changed = false;
    if (!look_up(journal, message, word->word, now, &row, &known, err))
        return false;
    /* A run that was killed may have sent what was said before, and have seen no answer: only what the next one sees tells. */
    const bool unsure = known && !row.unkept && keyword_waits(row.sides);

    *changed = keyword_is_set(row.sides) != word->set;
    row.sides = keyword_said(row.sides, word->set);
    if (known && !*changed) { /* said again: it is tried again */
        row.sides = keyword_offered(row.sides);
        row.unkept = false;
    }
    row.unshown = false;
    row.not_before = 0;
    row.why[0] = '\0';
    row.sides = unsure ? keyword_unsure(row.sides) : keyword_plan(row.sides, true, &step);
    if (!keyword_is_over(row.sides))
        return journal_keyword_save(journal, &row, err);
    return !known || journal_keyword_delete(journal, &row, err);
}

bool
keyword_owe(struct journal *journal, const struct journal_message *message, const char *word, bool kept, int64_t now,
            struct error *err)
{
    struct journal_keyword row;
    struct merge_step step;
    bool known = false;

    if (!look_up(journal, message, word, now, &row, &known, err))
        return false;
    row.sides = keyword_plan(keyword_said(keyword_agreed(false), true), kept, &step);
    row.unkept = !kept;
    return known || journal_keyword_save(journal, &row, err);
}

bool
keyword_yield(struct journal *journal, const struct journal_message *message, const char *word, bool *yielded,
              struct error *err)
{
    struct journal_keyword row;
    bool known = false;

    *yielded = false;
    if (message->base[0] == '\0' || !message->has_wire)
        return true;
    if (!look_up(journal, message, word, 0, &row, &known, err))
        return false;
    *yielded = known && keyword_is_set(row.sides);
    return !*yielded || journal_keyword_delete(journal, &row, err);
}

bool
keyword_leave(struct journal *journal, const struct journal_message *message, const struct keyword_word *here,
              int64_t now, struct error *err)
{
    char info[LOCAL_INFO_MAX + 1];
    struct journal_keyword row;
    bool known = false, due = false;

    if (!look_up(journal, message, here->word, now, &row, &known, err) ||
        !journal_letter_get(journal, LETTER_DUE, message->mailbox, message->id, info, &due, err))
        return false;
    if (keyword_is_set(row.sides) == here->set)
        return true;
    row.sides = keyword_left(row.sides, here->set);
    /* Its name shows that already. */
    return journal_keyword_save(journal, &row, err) &&
           (due || journal_letter_clear(journal, LETTER_DUE, message->mailbox, message->id, err));
}

/* This side shows it and the server does not, and nobody said so: its letter means something else than it did. */
static bool
is_left(const struct journal_keyword *row)
{
    return keyword_is_set(row->sides) && !row->unkept && !keyword_waits(row->sides);
}

/* What one mailbox does not keep, or refused, says nothing of another one. */
static bool
offer_anew(struct journal *journal, struct journal_keyword *row, struct error *err)
{
    if (!row->unkept && row->not_before == 0)
        return true;
    if (row->unkept)
        row->sides = keyword_offered(row->sides);
    row->unkept = false;
    row->not_before = 0;
    row->why[0] = '\0';
    return journal_keyword_save(journal, row, err);
}

bool
keyword_go(struct journal *journal, struct journal_keyword *row, const struct journal_message *to, bool *went,
           struct error *err)
{
    *went = !is_left(row) || row->mailbox == to->mailbox;
    if (*went && row->mailbox != to->mailbox && !offer_anew(journal, row, err))
        return false;
    return (*went ? journal_keyword_move(journal, row, to, err) : journal_keyword_delete(journal, row, err)) &&
           journal_letter_mark(journal, LETTER_DUE, to, NULL, err);
}

static bool
carry_one(struct journal *journal, struct journal_keyword *row, const struct journal_message *to, struct error *err)
{
    struct journal_keyword *rows;
    bool said = false;
    size_t count;

    if (!journal_keywords_of(journal, to->mailbox, to->base, &rows, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        said = said || (is_own(&rows[i], to) && strcasecmp(rows[i].word, row->word) == 0);
    free(rows);
    return said ? journal_keyword_delete(journal, row, err) : keyword_go(journal, row, to, &said, err);
}

bool
keyword_carry(struct journal *journal, const struct journal_message *from, const struct journal_message *to,
              struct error *err)
{
    struct journal_keyword *rows;
    size_t count;
    bool ok = true;

    if (!journal_keywords_of(journal, from->mailbox, from->base, &rows, &count, err))
        return false;
    for (size_t i = 0; ok && i < count; i++)
        ok = !is_own(&rows[i], from) || carry_one(journal, &rows[i], to, err);
    free(rows);
    return ok;
}

bool
keyword_rewritten(struct journal *journal, const struct journal_message *before,
                  const unsigned char wire[static DIGEST_SIZE], struct error *err)
{
    return journal_keyword_rewrite(journal, before, wire, err);
}

static bool
gather(struct journal *journal, const struct journal_message *message, bool left,
       char keywords[static KEYWORDS_MAX + 1], struct error *err)
{
    struct journal_keyword *rows;
    size_t count;

    (void)text_print(keywords, KEYWORDS_MAX + 1, "%s", message->keywords);
    if (message->base[0] == '\0' || !message->has_wire)
        return true;
    if (!journal_keywords_of(journal, message->mailbox, message->base, &rows, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct text word = text_of(rows[i].word);

        if (!is_own(&rows[i], message))
            continue;
        if (!keyword_is_set(rows[i].sides))
            keywords_take(keywords, word);
        else if ((left || !is_left(&rows[i])) && !keywords_add(keywords, word))
            continue; /* no room: this side shows it no more than the server does */
    }
    free(rows);
    return true;
}

bool
keyword_here(struct journal *journal, const struct journal_message *message, char keywords[static KEYWORDS_MAX + 1],
             struct error *err)
{
    return gather(journal, message, true, keywords, err);
}

bool
keyword_meant(struct journal *journal, const struct journal_message *message, char keywords[static KEYWORDS_MAX + 1],
              struct error *err)
{
    return gather(journal, message, false, keywords, err);
}
