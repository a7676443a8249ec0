/*
 * See letters.h. Orders, each behind a flush:
 *
 *     a keyword gets a letter    the line in the folder's table, under Dovecot's lock | the letter in a name
 *     a name shows others        C{begun: the new name} | rename | C{the name; due and begun are over}
 *
 * A name that golub was about to give says nothing about its user, whether or not it was given. Where no letter is left a keyword stands in the
 * journal alone, and that is no fault. Mail in new/ without a suffix shows none, and stays there: what is due of it waits until it is in cur/.
 */
#include "sync/apply/letters.h"

#include "store/journal/keywords.h"
#include "sync/base/keyword_note.h"
#include "sync/rows/flushed.h"
#include "sync/rows/letters.h"
#include "sync/run/situation.h"

#define BATCH 256

struct tally { /* a keyword without a letter, and how many messages are to show it */
    char *word;
    uint64_t messages;
};

struct renaming {
    struct run *run;
    struct mailbox *mailbox;
    struct journal_message *messages;
    struct local_rename *items;
    char (*infos)[LOCAL_INFO_MAX + 1];
    bool *waits; /* one of its keywords is to get a letter in another run */
    size_t count;
};

/* Letters are cut off there by a mail reader: they come with another change of the name, or both would rename for ever. */
static bool
has_stripper(const struct run *run, const struct mailbox *mailbox)
{
    return !mailbox->letters->table.dovecot && lettering_is_stripped(run, mailbox->letters);
}

/* ---- letters for keywords that have none ---- */

static int
compare_tallies(const void *pa, const void *pb)
{
    const struct tally *a = pa, *b = pb;

    if (a->messages != b->messages)
        return a->messages > b->messages ? -1 : 1;
    return strcasecmp(a->word, b->word);
}

struct tallies {
    struct run *run;
    const struct mailbox *mailbox;
    struct tally *at;
    size_t count, size;
};

static void
free_tallies(struct tallies *tallies)
{
    for (size_t i = 0; i < tallies->count; i++)
        free(tallies->at[i].word);
    free(tallies->at);
}

static bool
is_without_letter(const struct run *run, const struct mailbox *mailbox, struct text word)
{
    return letters_of_word(&mailbox->letters->table.letters, word) < 0 && keyword_is_legal(word) &&
           !letters_skip(&run->account->policy, word);
}

static bool
count_words(void *context, const char *keywords, uint64_t messages)
{
    struct tallies *tallies = context;

    for (const char *at = keywords; *at != '\0';) {
        const struct text word = {at, strcspn(at, " ")};
        size_t i = 0;

        at += word.len + (at[word.len] == ' ');
        if (!is_without_letter(tallies->run, tallies->mailbox, word))
            continue;
        while (i < tallies->count && !text_is_nocase(word, tallies->at[i].word))
            i++;
        if (i == tallies->count) {
            if (!array_grow(&tallies->at, &tallies->size, tallies->count + 1, sizeof *tallies->at) ||
                (tallies->at[i].word = strndup(word.at, word.len)) == NULL)
                return run_no_memory(tallies->run);
            tallies->at[tallies->count++].messages = 0;
        }
        tallies->at[i].messages += messages;
    }
    return true;
}

/* Letters that names show and the table does not know are nobody's to give away. */
static bool
find_avoided(struct run *run, const struct mailbox *mailbox, unsigned *avoid)
{
    const unsigned open = ~mailbox->letters->table.letters.taken & ((1u << LETTERS_COUNT) - 1);
    struct journal_message message;
    size_t count = 0;
    int64_t *ids = NULL;
    bool ok = open == 0 || journal_letter_shown(run->journal, mailbox->row.id, open, &ids, &count, &run->err);

    *avoid = 0;
    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], &message);
        *avoid |= ok ? letters_of_info(message.info) & open : 0;
    }
    free(ids);
    return ok;
}

/* The most frequent first. What can't be had now, since another program writes the table, is asked for by another run. */
static bool
give_letters(struct run *run, struct mailbox *mailbox, struct tallies *tallies)
{
    const char *words[LETTERS_COUNT];
    struct local_words wanted = {.words = words};
    struct error err = {0};
    bool busy = false;

    if (tallies->count == 0 || mailbox->letters->is_busy)
        return true;
    qsort(tallies->at, tallies->count, sizeof *tallies->at, compare_tallies);
    for (size_t i = 0; i < tallies->count && i < LETTERS_COUNT; i++)
        words[wanted.count++] = tallies->at[i].word;
    if (!find_avoided(run, mailbox, &wanted.avoid))
        return false;
    if ((mailbox->letters->table.letters.taken | wanted.avoid) == (1u << LETTERS_COUNT) - 1)
        return true;
    if (!situation_mark(run))
        return false;
    if (!run->local.ops->letters_add(run->local.self, mailbox->row.folder, &wanted, &mailbox->letters->table, &busy,
                                     &err)) {
        run_problem_here(run, mailbox, &err);
        busy = true;
    }
    mailbox->letters->is_busy = busy;
    return busy || (run_begin(run) && run_end(run, lettering_take(run, mailbox) && lettering_settle(run, mailbox)));
}

/* ---- names ---- */

/* Its name is what it is to be. */
static bool
end_due(struct run *run, int64_t mailbox, int64_t message, bool waits)
{
    return waits || (journal_letter_clear(run->journal, LETTER_DUE, mailbox, message, &run->err) &&
                     journal_letter_clear(run->journal, LETTER_WAITS, mailbox, message, &run->err));
}

static bool
end_rename(struct renaming *batch, size_t i)
{
    struct run *run = batch->run;
    struct journal_message *message = &batch->messages[i];
    struct local_rename *item = &batch->items[i];

    if (!journal_letter_clear(run->journal, LETTER_BEGUN, message->mailbox, message->id, &run->err))
        return false;
    if (item->missing)
        batch->mailbox->look_here = true; /* a mail reader renamed it: looked at again in this run */
    else if (!item->ok)
        run_problem_here(run, batch->mailbox, &item->err);
    if (!item->ok)
        return true;
    (void)text_print(message->info, sizeof message->info, "%s", batch->infos[i]);
    return flushed_note(run, batch->mailbox, message->id, false) &&
           journal_message_save(run->journal, message, &run->err) &&
           end_due(run, message->mailbox, message->id, batch->waits[i]);
}

static bool
rename_batch(struct renaming *batch)
{
    struct run *run = batch->run;
    const size_t count = batch->count;
    bool ok = true;

    batch->count = 0;
    if (count == 0)
        return true;
    if (!situation_mark(run) || !run_begin(run))
        return false;
    for (size_t i = 0; ok && i < count; i++)
        ok = journal_letter_mark(run->journal, LETTER_BEGUN, &batch->messages[i], batch->infos[i], &run->err);
    if (!run_end(run, ok && situation_mark_commit(run)) ||
        !run->local.ops->rename(run->local.self, batch->items, count, &run->err) || !run_begin(run))
        return false;
    for (size_t i = 0; ok && i < count; i++)
        ok = end_rename(batch, i);
    return run_end(run, ok);
}

static bool
can_show(const struct journal_message *message)
{
    return message->base[0] != '\0' && strstr(message->info, ":2,") != NULL &&
           (message->facts & (FACT_GONE_HERE | FACT_ALIAS | FACT_MOVED)) == 0;
}

/* Of these letters those that mean nothing here. */
static unsigned
without_line(const struct mailbox *mailbox, unsigned letters)
{
    for (int i = 0; i < LETTERS_COUNT; i++)
        if (mailbox->letters->table.letters.word[i][0] != '\0')
            letters &= ~letter_bit(i);
    return letters;
}

/* Letters of another folder that are to go: what waited for another name may be due anew, without a word of them. */
static bool
find_foreign(struct run *run, const struct journal_message *message, char foreign[static LOCAL_INFO_MAX + 1])
{
    bool found;

    foreign[0] = '\0';
    if (!journal_letter_get(run->journal, LETTER_DUE, message->mailbox, message->id, foreign, &found, &run->err))
        return false;
    return foreign[0] != '\0' ||
           journal_letter_get(run->journal, LETTER_WAITS, message->mailbox, message->id, foreign, &found, &run->err);
}

/*
 * The name that it is to have; the one it has, where none can show more. *waits: a keyword is to get its letter in another run, or the name shows one
 * that has lost its line: whether that is right will be seen when the line is back.
 */
static bool
find_name(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
          char info[static LOCAL_INFO_MAX + 1], bool *waits)
{
    struct tallies left = {.run = run, .mailbox = mailbox};
    char keywords[KEYWORDS_MAX + 1], foreign[LOCAL_INFO_MAX + 1] = "", noted[LOCAL_INFO_MAX + 1] = "";
    unsigned stay = 0;
    bool is_new,
        ok = keyword_here(run->journal, message, keywords, &run->err) &&
             (!mailbox->letters->is_busy || count_words(&left, keywords, 1)) && find_foreign(run, message, foreign) &&
             journal_letter_get(run->journal, LETTER_NEW, mailbox->row.id, message->id, noted, &is_new, &run->err);

    if (ok && is_new) /* what it says by them is not believed yet */
        stay = letters_of_info(message->info) & (message->uid == 0 ? ~0u : ~letters_of_info(noted));
    *waits = left.count != 0 || (letters_of_info(message->info) & lettering_lost(mailbox->letters)) != 0;
    free_tallies(&left);
    if (ok)
        (void)letters_in_info(message->info,
                              (letters_wanted(mailbox, keywords, message->flags.lseen, message->info) &
                               ~without_line(mailbox, letters_of_info(foreign))) |
                                  stay,
                              info, LOCAL_INFO_MAX + 1);
    return ok;
}

/* Which of them need another name: what is due of the others is over, or waits for a name. */
static bool
sort_due(struct run *run, const struct mailbox *mailbox, int64_t *ids, size_t *count)
{
    const bool stripped = has_stripper(run, mailbox);
    struct journal_message message;
    char info[LOCAL_INFO_MAX + 1];
    size_t kept = 0;
    bool ok = true, waits;

    for (size_t i = 0; ok && i < *count; i++) {
        ok = run_load(run, ids[i], &message);
        if (!ok)
            break;
        /* The names were listed since: what a run was about to do that was cut off has not been done, and is not done now. */
        ok = journal_letter_clear(run->journal, LETTER_BEGUN, mailbox->row.id, ids[i], &run->err) &&
             find_name(run, mailbox, &message, info, &waits);
        if (!ok)
            break;
        const bool differs = strcmp(info, message.info) != 0;

        if (can_show(&message) && differs && !stripped)
            ids[kept++] = ids[i];
        else if (!can_show(&message) || differs)
            ok = journal_letter_wait(run->journal, mailbox->row.id, ids[i], &run->err);
        else
            ok = end_due(run, mailbox->row.id, ids[i], waits);
    }
    *count = kept;
    return ok;
}

static bool
add_rename(struct renaming *batch, int64_t id)
{
    const size_t i = batch->count;
    struct journal_message *message = &batch->messages[i];

    if (!run_load(batch->run, id, message) ||
        !find_name(batch->run, batch->mailbox, message, batch->infos[i], &batch->waits[i]))
        return false;
    batch->items[i] = (struct local_rename){.file = run_file(batch->mailbox, message), .to = batch->infos[i]};
    batch->count++;
    return true;
}

static bool
rename_all(struct run *run, struct mailbox *mailbox, const int64_t *ids, size_t count)
{
    struct arena arena = {0};
    const size_t room = count < BATCH ? count : BATCH;
    struct renaming batch = {.run = run,
                             .mailbox = mailbox,
                             .messages = arena_array(&arena, room, sizeof *batch.messages),
                             .items = arena_array(&arena, room, sizeof *batch.items),
                             .infos = arena_array(&arena, room, sizeof *batch.infos),
                             .waits = arena_array(&arena, room, sizeof *batch.waits)};
    bool ok = run_has(run, &arena);

    for (size_t i = 0; ok && i < count && !run_stopped(run); i++) {
        ok = add_rename(&batch, ids[i]);
        if (ok && batch.count == room)
            ok = rename_batch(&batch);
    }
    ok = ok && rename_batch(&batch);
    arena_free(&arena);
    return ok;
}

static bool
count_due(struct run *run, struct tallies *tallies, const int64_t *ids, size_t count)
{
    struct journal_message message;
    char keywords[KEYWORDS_MAX + 1];
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++)
        ok = run_load(run, ids[i], &message) &&
             (!can_show(&message) ||
              (keyword_here(run->journal, &message, keywords, &run->err) && count_words(tallies, keywords, 1)));
    return ok;
}

static bool
show_due(struct run *run, struct mailbox *mailbox)
{
    struct tallies tallies = {.run = run, .mailbox = mailbox};
    size_t count;
    int64_t *ids;
    bool ok = journal_letter_messages(run->journal, LETTER_DUE, mailbox->row.id, &ids, &count, &run->err);

    ok = ok && count_due(run, &tallies, ids, count) && give_letters(run, mailbox, &tallies) && run_begin(run) &&
         run_end(run, sort_due(run, mailbox, ids, &count)) && rename_all(run, mailbox, ids, count);
    free_tallies(&tallies);
    free(ids);
    return ok;
}

/* Inside of no transaction. */
static bool
open_table(struct run *run, struct mailbox *mailbox)
{
    return mailbox->letters != NULL || mailbox->unlettered ||
           (run_begin(run) && run_end(run, lettering_open(run, mailbox, false)));
}

static bool
apply_one(struct run *run, struct mailbox *mailbox)
{
    if (!open_table(run, mailbox))
        return false;
    if (!lettering_is_used(mailbox))
        return true;
    return !run->account->policy.pull.flags || show_due(run, mailbox);
}

bool
apply_letters(struct run *run)
{
    return lettering_each(run, apply_one);
}

/* ---- with other work ---- */

/* A table without a line, and mail to come: the keywords that most of it has get the letters. */
static bool
meet(struct run *run, struct mailbox *mailbox)
{
    struct tallies tallies = {.run = run, .mailbox = mailbox};
    bool ok = journal_keyword_sums(run->journal, mailbox->row.id, count_words, &tallies, &run->err) &&
              give_letters(run, mailbox, &tallies);

    free_tallies(&tallies);
    return ok;
}

bool
letters_of_delivery(struct run *run, struct mailbox *mailbox, int64_t message, unsigned flags, char letters[static 32])
{
    struct journal_message row;
    unsigned wanted;
    size_t len = 0;

    letters[0] = '\0';
    if (!lettering_may_be(run, mailbox))
        return true;
    if (!open_table(run, mailbox))
        return false;
    if (!lettering_is_used(mailbox) || !run->account->policy.pull.flags) /* due once a run may show flags here */
        return true;
    if (mailbox->letters->table.letters.taken == 0 && !mailbox->letters->is_begun && !meet(run, mailbox))
        return false;
    mailbox->letters->is_begun = true;
    if (!run_load(run, message, &row))
        return false;
    wanted = letters_wanted(mailbox, row.keywords, flags, "");
    for (int i = 0; i < LETTERS_COUNT; i++)
        if ((wanted & letter_bit(i)) != 0)
            letters[len++] = (char)('a' + i);
    letters[len] = '\0';
    return true;
}

/* P and its letter, if it has one, come and go together. */
static void
write_forwarded(const struct mailbox *mailbox, unsigned flags, char info[static LOCAL_INFO_MAX + 1])
{
    const int letter = letters_of_word(&mailbox->letters->table.letters, TEXT("$Forwarded"));
    char with[LOCAL_INFO_MAX + 1];

    if (letter >= 0 && letters_in_info(info,
                                       (letters_of_info(info) & ~letter_bit(letter)) |
                                           ((flags & FLAG_FORWARDED) != 0 ? letter_bit(letter) : 0),
                                       with, sizeof with))
        (void)text_print(info, LOCAL_INFO_MAX + 1, "%s", with);
}

bool
letters_with_flags(struct run *run, struct mailbox *mailbox, const struct journal_message *message, unsigned flags,
                   char info[static LOCAL_INFO_MAX + 1])
{
    char keywords[KEYWORDS_MAX + 1], with[LOCAL_INFO_MAX + 1], foreign[LOCAL_INFO_MAX + 1];
    bool due = false;

    if (!lettering_may_be(run, mailbox))
        return true;
    if (!open_table(run, mailbox))
        return false;
    if (!lettering_is_used(mailbox) || strstr(info, ":2,") == NULL)
        return true;
    write_forwarded(mailbox, flags, info);
    if (!has_stripper(run, mailbox))
        return true;
    if (!journal_letter_get(run->journal, LETTER_WAITS, message->mailbox, message->id, with, &due, &run->err) ||
        (!due && !journal_letter_get(run->journal, LETTER_DUE, message->mailbox, message->id, with, &due, &run->err)))
        return false;
    if (!due)
        return true;
    if (!keyword_here(run->journal, message, keywords, &run->err) || !find_foreign(run, message, foreign))
        return false;
    if (!letters_in_info(
            info, letters_wanted(mailbox, keywords, flags, info) & ~without_line(mailbox, letters_of_info(foreign)),
            with, sizeof with) ||
        strcmp(with, info) == 0)
        return true;
    (void)text_print(info, LOCAL_INFO_MAX + 1, "%s", with);
    return run_begin(run) && run_end(run, journal_letter_mark(run->journal, LETTER_BEGUN, message, info, &run->err));
}

bool
letters_flags_renamed(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
                      unsigned changed)
{
    if (mailbox->letters == NULL)
        return true;
    /* $Forwarded may have a letter beside its P, and a table that can't be read a line for it. */
    return journal_letter_clear(run->journal, LETTER_BEGUN, message->mailbox, message->id, &run->err) &&
           journal_letter_again(run->journal, message->mailbox, message->id, &run->err) &&
           (strstr(message->info, ":2,") != NULL || letters_show_again(run, message)) &&
           ((changed & FLAG_FORWARDED) == 0 ||
            (lettering_is_used(mailbox) && letters_of_word(&mailbox->letters->table.letters, TEXT("$Forwarded")) < 0) ||
            journal_letter_mark(run->journal, LETTER_DUE, message, NULL, &run->err));
}
