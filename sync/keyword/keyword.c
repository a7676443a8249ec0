/* See keyword.h. */
#include "sync/keyword/keyword.h"

#include <inttypes.h>
#include <time.h>

#include "store/journal/keywords.h"
#include "store/journal/letters.h"
#include "store/maildir/maildir.h"
#include "sync/rules/keywords.h"

struct saying {
    const struct account *account;
    const struct keyword_choice *choice;
    struct journal *journal;
    struct report *report;
    struct maildir *maildir; /* where something is to be changed */
    struct local tree;
    struct journal_mailbox *mailboxes;
    size_t mailbox_count;
    struct journal_message message;
    int64_t *ids; /* of each file: its message */
    struct journal_lettered lettered;
    struct letters letters;
    struct error err;
};

static bool
no_memory(struct error *err)
{
    error_set(err, ERROR_LOCAL, "get memory");
    return false;
}

/* ---- which message ---- */

static bool
refuse(struct saying *saying, size_t file, const char *why, const char *hint)
{
    error_state(&saying->err, ERROR_CONFIG, "%.300s: %s", saying->choice->paths[file], why);
    error_hint(&saying->err, "%s", hint);
    return false;
}

static int64_t
mailbox_of(const struct saying *saying, const char *folder)
{
    for (size_t i = 0; i < saying->mailbox_count; i++)
        if (strcmp(saying->mailboxes[i].folder, folder) == 0)
            return saying->mailboxes[i].id;
    return 0;
}

/* What is said is meant for these bytes: a file that was written on since the last sync is perhaps no message of this row any more. */
static bool
check_bytes(struct saying *saying, size_t file)
{
    const struct local_file *local = &saying->choice->files[file];
    const struct local *tree = &saying->tree;
    const struct journal_message *message = &saying->message;
    struct local_facts facts = {0};
    char hint[256];
    void *handle = NULL;
    bool missing = false;
    bool ok = tree->ops->read_open(tree->self, local, &handle, &missing, &saying->err) &&
              (missing || tree->ops->read_facts(tree->self, handle, &facts, &saying->err));

    if (handle != NULL)
        tree->ops->read_close(tree->self, handle);
    if (!ok)
        return false;
    if (!missing && memcmp(facts.digests.wire, message->wire, DIGEST_SIZE) == 0)
        return true;
    (void)text_print(hint, sizeof hint, "`golub sync %.100s` reads it anew, and says what became of it.",
                     saying->account->name);
    return refuse(saying, file, missing ? "it is not there any more" : "this file was changed since the last sync",
                  hint);
}

/* The message that a file stands for. */
static bool
find_message(struct saying *saying, size_t file)
{
    char altered[256];
    static const char sync[] = "The next sync reads it; then its keywords can be changed.";
    const struct local_file *local = &saying->choice->files[file];
    struct journal_message *message = &saying->message;
    const int64_t mailbox = mailbox_of(saying, local->folder);
    bool found = false;

    if (mailbox != 0 && !journal_message_by_base(saying->journal, mailbox, local->base, message, &found, &saying->err))
        return false;
    if (found && message->has_wire && (message->facts & FACT_ALTERED) == 0 && saying->choice->word_count != 0 &&
        !check_bytes(saying, file))
        return false;
    if (found && (message->facts & FACT_ALIAS) != 0 && message->refers_to != 0 &&
        !journal_message_get(saying->journal, message->refers_to, message, &found, &saying->err))
        return false;
    if (!found || (message->facts & FACT_PLACEHOLDER) != 0 || !message->has_wire || message->base[0] == '\0')
        return refuse(saying, file, "golub does not know this file yet", sync);
    (void)text_print(altered, sizeof altered, "`golub restore %.100s --altered FILE` brings the message back.",
                     saying->account->name);
    if ((message->facts & FACT_ALTERED) != 0)
        return refuse(saying, file, "this file was changed, and is not the message any more", altered);
    saying->ids[file] = message->id;
    return true;
}

static bool
load(struct saying *saying, size_t file)
{
    bool found = false;

    if (!journal_message_get(saying->journal, saying->ids[file], &saying->message, &found, &saying->err))
        return false;
    return found || refuse(saying, file, "golub does not know this file yet", "");
}

/* ---- shown and changed ---- */

/* Without what was said of another file that had this name. @return how many are left */
static size_t
keep_own(const struct journal_message *message, struct journal_keyword *rows, size_t count)
{
    size_t own = 0;

    for (size_t i = 0; i < count; i++) {
        if (memcmp(rows[i].wire, message->wire, DIGEST_SIZE) == 0)
            rows[own++] = rows[i];
    }
    return own;
}

/* "later ToDo, +work with the next sync, -old with the next sync" */
static bool
show(struct saying *saying, size_t file)
{
    struct journal_message *message = &saying->message;
    char line[2 * KEYWORDS_MAX], both[KEYWORDS_MAX + 1] = "", waits[KEYWORDS_MAX] = "";
    struct journal_keyword *rows;
    size_t count;

    if (!load(saying, file) ||
        !journal_keywords_of(saying->journal, message->mailbox, message->base, &rows, &count, &saying->err))
        return false;
    count = keep_own(message, rows, count);
    for (const char *at = message->keywords; *at != '\0';) {
        const struct text word = {at, strcspn(at, " ")};
        bool off = false;

        for (size_t i = 0; i < count; i++)
            off = off || (text_is_nocase(word, rows[i].word) && !keyword_is_set(rows[i].sides));
        if (!off && !keywords_add(both, word)) /* they are all from one that held them */
            break;
        at += word.len + (at[word.len] == ' ');
    }
    for (size_t i = 0; i < count; i++) {
        const size_t used = strlen(waits);
        const bool set = keyword_is_set(rows[i].sides);

        if (set && !keywords_add(both, text_of(rows[i].word)))
            continue;
        (void)text_print(waits + used, sizeof waits - used, "; %c%s %s", set ? '+' : '-', rows[i].word,
                         rows[i].unkept           ? "can't be held there"
                         : rows[i].why[0] != '\0' ? rows[i].why
                                                  : "goes up with the next sync");
    }
    free(rows);
    (void)text_print(line, sizeof line, "%s: %s%s", saying->choice->paths[file], both[0] != '\0' ? both : "no keywords",
                     waits);
    report_line(saying->report, saying->account->name, "keyword", "%s", line);
    return true;
}

static bool
change(struct saying *saying)
{
    const struct keyword_choice *choice = saying->choice;
    const int64_t now = (int64_t)time(NULL);
    bool changed, ok = journal_begin(saying->journal, &saying->err);

    if (!ok)
        return false;
    for (size_t i = 0; ok && i < choice->file_count; i++) {
        ok = load(saying, i);
        for (size_t k = 0; ok && k < choice->word_count; k++)
            ok = keyword_note(saying->journal, &saying->message, &choice->words[k], now, &changed, &saying->err);
    }
    if (ok)
        return journal_commit(saying->journal, &saying->err);
    journal_rollback(saying->journal);
    return false;
}

static bool
open_tree(struct saying *saying)
{
    const struct account *account = saying->account;
    enum local_root root;

    saying->maildir = maildir_new(&(struct maildir_settings){.root = account->maildir,
                                                             .plusplus = account->policy.layout == LAYOUT_MAILDIRPP,
                                                             .flat = account->policy.layout == LAYOUT_FLAT});
    if (saying->maildir == NULL)
        return no_memory(&saying->err);
    saying->tree = maildir_local(saying->maildir);
    return saying->tree.ops->open(saying->tree.self, false, &root, &saying->err);
}

static void
close_tree(struct saying *saying)
{
    if (saying->maildir != NULL)
        saying->tree.ops->close(saying->tree.self);
    maildir_free(saying->maildir);
}

static bool
do_files(struct saying *saying)
{
    bool ok = true;

    saying->ids = calloc(saying->choice->file_count, sizeof *saying->ids);
    if (saying->ids == NULL)
        return no_memory(&saying->err);
    ok = saying->choice->word_count == 0 || open_tree(saying);
    for (size_t i = 0; ok && i < saying->choice->file_count; i++)
        ok = find_message(saying, i);
    if (ok && saying->choice->word_count != 0)
        return change(saying);
    for (size_t i = 0; ok && i < saying->choice->file_count; i++)
        ok = show(saying, i);
    return ok;
}

/* ---- the list ---- */

struct tally { /* of one keyword */
    char *word;
    int64_t messages;
    uint64_t wait, unkept;
};

struct tallies {
    struct tally *at;
    size_t count, size;
    struct error *err;
};

static int
compare_tallies(const void *pa, const void *pb)
{
    return strcasecmp(((const struct tally *)pa)->word, ((const struct tally *)pb)->word);
}

static struct tally *
tally_of(struct tallies *tallies, struct text word)
{
    for (size_t i = 0; i < tallies->count; i++)
        if (text_is_nocase(word, tallies->at[i].word))
            return &tallies->at[i];
    if (!array_grow(&tallies->at, &tallies->size, tallies->count + 1, sizeof *tallies->at)) {
        (void)no_memory(tallies->err);
        return NULL;
    }
    tallies->at[tallies->count] = (struct tally){.word = strndup(word.at, word.len)};
    if (tallies->at[tallies->count].word == NULL) {
        (void)no_memory(tallies->err);
        return NULL;
    }
    return &tallies->at[tallies->count++];
}

static bool
on_keywords(void *context, const char *keywords, uint64_t messages)
{
    for (const char *at = keywords; *at != '\0';) {
        const struct text word = {at, strcspn(at, " ")};
        struct tally *tally = tally_of(context, word);

        if (tally == NULL)
            return false;
        tally->messages += (int64_t)messages;
        at += word.len + (at[word.len] == ' ');
    }
    return true;
}

/* By what the server shows, where its row is there still: what was taken back before the next sync is on neither side. */
static int
difference(struct saying *saying, const struct journal_keyword *row)
{
    struct journal_message *message = &saying->message;
    struct error ignored = {0};
    bool found = false;

    if (!journal_message_get(saying->journal, row->message, message, &found, &ignored) || !found)
        return keyword_difference(row->sides);
    return (int)keyword_is_set(row->sides) - (int)keywords_have(message->keywords, text_of(row->word));
}

static bool
add_differences(struct saying *saying, int64_t mailbox, struct tallies *tallies)
{
    struct journal_keyword *rows;
    size_t count;
    bool ok = journal_keywords(saying->journal, &rows, &count, &saying->err);

    for (size_t i = 0; ok && i < count; i++) {
        struct tally *tally;

        if (mailbox != 0 && rows[i].mailbox != mailbox)
            continue;
        tally = tally_of(tallies, text_of(rows[i].word));
        ok = tally != NULL;
        if (!ok)
            break;
        tally->messages += difference(saying, &rows[i]);
        tally->unkept += rows[i].unkept;
        tally->wait += keyword_waits(rows[i].sides);
    }
    free(rows);
    return ok;
}

/* "letter a", "no letter"; where folders differ in that all of them. */
static bool
find_letters(struct saying *saying, int64_t mailbox, const char *word, char words[static 2 * LETTERS_COUNT + 16])
{
    unsigned bits = 0;
    size_t len;

    for (size_t i = 0; i < saying->mailbox_count; i++) {
        bool found = mailbox == 0 || mailbox == saying->mailboxes[i].id;

        if (found &&
            !journal_lettered_get(saying->journal, saying->mailboxes[i].id, &saying->lettered, &found, &saying->err))
            return false;
        if (!found)
            continue;
        letters_parse(text_of(saying->lettered.letters), &saying->letters);
        const int letter = letters_of_word(&saying->letters, text_of(word));

        bits |= letter < 0 ? 0 : 1u << letter;
    }
    (void)text_print(words, 16, bits == 0 ? "no letter" : (bits & (bits - 1)) == 0 ? "letter " : "letters ");
    len = strlen(words);
    for (unsigned i = 0; i < LETTERS_COUNT; i++)
        if ((bits & 1u << i) != 0)
            words[len++] = (char)('a' + i);
    words[len] = '\0';
    return true;
}

static bool
say_tally(struct saying *saying, int64_t mailbox, const struct tally *tally)
{
    char wait[64] = "", unkept[64] = "", letters[2 * LETTERS_COUNT + 16];

    if (!find_letters(saying, mailbox, tally->word, letters))
        return false;
    if (tally->wait != 0)
        (void)text_print(wait, sizeof wait, ", %" PRIu64 " with the next sync", tally->wait);
    if (tally->unkept != 0)
        (void)text_print(unkept, sizeof unkept, ", %" PRIu64 " can't be held there", tally->unkept);
    report_line(saying->report, saying->account->name, "keyword", "%s: %" PRId64 " message%s, %s%s%s", tally->word,
                tally->messages < 0 ? 0 : tally->messages, tally->messages == 1 ? "" : "s", letters, wait, unkept);
    return true;
}

static bool
find_mailbox(struct saying *saying, int64_t *mailbox)
{
    const char *wanted = saying->choice->mailbox;

    *mailbox = 0;
    for (size_t i = 0; wanted != NULL && i < saying->mailbox_count; i++)
        if (strcmp(saying->mailboxes[i].name, wanted) == 0)
            *mailbox = saying->mailboxes[i].id;
    if (wanted == NULL || *mailbox != 0)
        return true;
    error_state(&saying->err, ERROR_CONFIG, "no such mailbox: %.300s", wanted);
    error_hint(&saying->err, "`golub status %s` lists them.", saying->account->name);
    return false;
}

/* ---- what was there before ---- */

/* Do names of this folder show keywords, as far as is known without looking at it? */
static bool
shows_letters(struct saying *saying, int64_t mailbox, bool *shows)
{
    const enum keywords_mode mode = saying->account->policy.keywords;
    bool found = false;

    if (!journal_lettered_get(saying->journal, mailbox, &saying->lettered, &found, &saying->err))
        return false;
    *shows = mode == KEYWORDS_LETTERS || (mode == KEYWORDS_AUTO && found && saying->lettered.used);
    return true;
}

static bool
write_mailbox(struct saying *saying, const struct journal_mailbox *mailbox, bool *any)
{
    uint64_t count = 0;
    bool shows = false;

    if (!shows_letters(saying, mailbox->id, &shows))
        return false;
    if (!shows)
        return true;
    *any = true;
    if (!journal_letter_rewrite(saying->journal, mailbox->id, &count, &saying->err))
        return false;
    if (count != 0)
        report_line(saying->report, saying->account->name, "keyword",
                    "%s: %" PRIu64 " message%s with keywords: the next sync writes the letters into %s", mailbox->name,
                    count, count == 1 ? "" : "s", count == 1 ? "its name" : "their names");
    return true;
}

static bool
write_all(struct saying *saying)
{
    int64_t wanted;
    bool any = false, ok = find_mailbox(saying, &wanted) && journal_begin(saying->journal, &saying->err);

    if (!ok)
        return false;
    for (size_t i = 0; ok && i < saying->mailbox_count; i++)
        if (wanted == 0 || wanted == saying->mailboxes[i].id)
            ok = write_mailbox(saying, &saying->mailboxes[i], &any);
    if (ok && any)
        return journal_commit(saying->journal, &saying->err);
    journal_rollback(saying->journal);
    if (!ok)
        return false;
    error_state(&saying->err, ERROR_CONFIG, "names show no keywords here");
    error_hint(&saying->err, "`keywords = \"letters\"` in golub.conf lets them; with \"auto\" they do in a folder that "
                             "has a dovecot-keywords or a dovecot-uidlist, once a sync has read it.");
    return false;
}

static bool
list(struct saying *saying)
{
    struct tallies tallies = {.err = &saying->err};
    int64_t mailbox;
    bool ok = find_mailbox(saying, &mailbox);

    if (!ok)
        return false;
    ok = journal_keyword_sums(saying->journal, mailbox, on_keywords, &tallies, &saying->err) &&
         add_differences(saying, mailbox, &tallies);
    if (ok && tallies.count > 1)
        qsort(tallies.at, tallies.count, sizeof *tallies.at, compare_tallies);
    for (size_t i = 0; ok && i < tallies.count; i++)
        ok = say_tally(saying, mailbox, &tallies.at[i]);
    for (size_t i = 0; i < tallies.count; i++)
        free(tallies.at[i].word);
    free(tallies.at);
    return ok;
}

int
keyword_run(const struct account *account, const struct keyword_choice *choice, struct journal *journal,
            struct report *report)
{
    struct saying *saying = calloc(1, sizeof *saying);
    struct error err = {0};
    int status;

    if (saying == NULL) {
        (void)no_memory(&err);
        report_error(report, &err);
        return 1;
    }
    *saying = (struct saying){.account = account, .choice = choice, .journal = journal, .report = report};
    const bool ok = journal_mailboxes(journal, &saying->mailboxes, &saying->mailbox_count, &saying->err) &&
                    (choice->write             ? write_all(saying)
                     : choice->file_count != 0 ? do_files(saying)
                                               : list(saying));

    status = ok ? 0 : error_status(saying->err.kind);
    if (!ok) {
        (void)text_print(saying->err.account, sizeof saying->err.account, "%s", account->name);
        report_error(report, &saying->err);
    }
    close_tree(saying);
    journal_mailboxes_free(saying->mailboxes, saying->mailbox_count);
    free(saying->ids);
    free(saying);
    return status;
}
