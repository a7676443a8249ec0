/* See letters.h. */
#include "sync/rows/letters.h"

#include "sync/base/keyword_note.h"
#include "sync/rows/flushed.h"

static unsigned
bit(int letter)
{
    return 1u << (unsigned)letter;
}

static bool
is_used(const struct run *run, const struct local_letters *table)
{
    const enum keywords_mode mode = run->account->policy.keywords;

    return mode == KEYWORDS_LETTERS || (mode == KEYWORDS_AUTO && (table->present || table->dovecot));
}

bool
letters_are_used(const struct mailbox *mailbox)
{
    return mailbox->letters != NULL && mailbox->letters->used;
}

/* What Dovecot calls a letter that its table lacks. */
static bool
is_unknown(struct text word)
{
    uint64_t number;

    return word.len > 8 && strncasecmp(word.at, "unknown-", 8) == 0 &&
           text_number((struct text){word.at + 8, word.len - 8}, UINT32_MAX, &number);
}

/* `*` stands for anything. */
static bool
fits(const char *pattern, struct text word)
{
    const size_t len = strcspn(pattern, "*");

    if (word.len < len || strncasecmp(pattern, word.at, len) != 0)
        return false;
    if (pattern[len] == '\0')
        return word.len == len;
    for (size_t at = len; at <= word.len; at++)
        if (fits(pattern + len + 1, (struct text){word.at + at, word.len - at}))
            return true;
    return false;
}

bool
letters_skip(const struct run *run, struct text word)
{
    const char *const *patterns = run->account->policy.keywords_skip;

    for (size_t i = 0; patterns != NULL && patterns[i] != NULL; i++)
        if (fits(patterns[i], word))
            return true;
    return false;
}

/* ---- the table ---- */

/* Letters whose entry is another one (and was one before), and those that have got one, bits. */
static void
compare(const struct letters *before, const struct letters *now, unsigned *changed, unsigned *gained)
{
    *changed = *gained = 0;
    for (int i = 0; i < LETTERS_COUNT; i++) {
        const bool had = before->word[i][0] != '\0', has = now->word[i][0] != '\0';

        if (had && strcasecmp(before->word[i], now->word[i]) != 0)
            *changed |= bit(i);
        else if (has && !had)
            *gained |= bit(i);
    }
}

/* Names show other keywords than they did, and nobody has changed them: as it is now both sides agree. */
static bool
leave_shown(struct run *run, const struct mailbox *mailbox, unsigned changed, bool *any)
{
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = journal_letter_shown(run->journal, mailbox->row.id, changed, &ids, &count, &run->err);

    *any = false;
    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], &message);
        const unsigned shown = ok ? letters_of_info(message.info) & changed : 0;

        *any = *any || shown != 0;
        for (int k = 0; ok && message.has_wire && (message.facts & FACT_ALIAS) == 0 && k < LETTERS_COUNT; k++) {
            const struct keyword_word here = {mailbox->letters->table.letters.word[k], true};

            if ((shown & bit(k)) != 0 && here.word[0] != '\0' && flag_from_imap(text_of(here.word)) == 0)
                ok = keyword_leave(run->journal, &message, &here, run->now, &run->err);
        }
    }
    free(ids);
    return ok;
}

static bool
take_table(struct run *run, struct mailbox *mailbox, bool known)
{
    struct lettering *letters = mailbox->letters;
    unsigned changed, gained;
    bool any = false;

    compare(&letters->before, &letters->table.letters, &changed, &gained);
    if (!known) {
        gained |= changed;
        changed = 0;
    }
    letters->changed |= changed;
    if (changed != 0 && !leave_shown(run, mailbox, changed, &any))
        return false;
    if (any)
        report_mailbox(
            run->report, run->account->name, mailbox->row.name, "letters",
            "letters in the names mean other keywords than they did (dovecot-keywords was changed): they are "
            "left as they are, and nothing of that goes to the server");
    return gained == 0 || journal_letter_meet(run->journal, mailbox->row.id, gained, &run->err);
}

static bool
read_table(struct run *run, struct mailbox *mailbox)
{
    struct lettering *letters = mailbox->letters;
    struct error err = {0}, ignored = {0};

    letters->unread = !run->local.ops->letters(run->local.self, mailbox->row.folder, &letters->table, &err);
    letters->used = !letters->unread && is_used(run, &letters->table);
    /* A folder that can't be entered is named where its names are listed. */
    if (letters->unread &&
        (run->local.ops->closed == NULL || !run->local.ops->closed(run->local.self, mailbox->row.folder, &ignored)))
        run_problem_here(run, mailbox, &err);
    return !letters->unread;
}

static bool
open_table(struct run *run, struct mailbox *mailbox)
{
    struct lettering *letters = mailbox->letters;
    bool known = true;

    if (letters == NULL) {
        letters = mailbox->letters = calloc(1, sizeof *letters);
        if (letters == NULL)
            return run_no_memory(run);
        letters->row.mailbox = mailbox->row.id;
        if (!journal_lettered_get(run->journal, mailbox->row.id, &letters->row, &known, &run->err))
            return false;
        letters_parse(text_of(letters->row.letters), &letters->before);
        known = known && letters->row.used;
    }
    if (!read_table(run, mailbox))
        return true;
    if (letters->used && !take_table(run, mailbox, known))
        return false;
    letters->row.used = letters->used;
    letters_print(&letters->table.letters, letters->row.letters);
    if (!letters->used)
        letters->row.letters[0] = '\0';
    letters_parse(text_of(letters->row.letters), &letters->before);
    return journal_lettered_save(run->journal, &letters->row, &run->err);
}

/* 20 kB for each of thousands of mailboxes: they are kept only where names show keywords. */
bool
letters_open(struct run *run, struct mailbox *mailbox, bool again)
{
    const enum keywords_mode mode = run->account->policy.keywords;
    bool ok;

    if (((mailbox->letters != NULL || mailbox->unlettered) && !again) || run->local.ops->letters == NULL ||
        mailbox->row.id == 0 || (mode != KEYWORDS_LETTERS && mode != KEYWORDS_AUTO))
        return true;
    ok = open_table(run, mailbox);
    mailbox->unlettered = ok && !letters_are_used(mailbox);
    if (mailbox->unlettered) {
        free(mailbox->letters);
        mailbox->letters = NULL;
    }
    return ok;
}

/* ---- what names say ---- */

unsigned
letters_flags(const struct mailbox *mailbox, const char *info)
{
    const unsigned shown = letters_are_used(mailbox) ? letters_of_info(info) : 0;
    unsigned flags = 0;

    for (int i = 0; shown != 0 && i < LETTERS_COUNT; i++)
        if ((shown & bit(i)) != 0)
            flags |= flag_from_imap(text_of(mailbox->letters->table.letters.word[i]));
    return flags & FLAG_FORWARDED;
}

static unsigned
count(unsigned letters)
{
    return (unsigned)__builtin_popcount(letters);
}

/* Is what is left the beginning of what there was: cut off behind so many bytes, or all of it? */
static bool
is_cut(unsigned before, unsigned now)
{
    const unsigned gone = before & ~now;

    return (now & ~before) == 0 && gone != 0 && (now == 0 || now < (gone & -gone)) && (now == 0 || count(gone) >= 2);
}

/* A mail reader that does not know letters writes the name anew for another reason: a flag. */
static bool
is_strippers(const struct journal_message *before, const struct journal_message *message)
{
    unsigned shown, then = local_info_flags(before->info, &shown), now = local_info_flags(message->info, &shown);

    return then != now && is_cut(letters_of_info(before->info), letters_of_info(message->info));
}

static bool
are_removals_believed(const struct run *run, const struct mailbox *mailbox)
{
    const enum keyword_removals removals = run->account->policy.keyword_removals;

    return removals == REMOVALS_YES || (removals == REMOVALS_AUTO && mailbox->letters->table.dovecot);
}

/* What is said of one letter that came or went. */
static bool
say(struct run *run, const struct mailbox *mailbox, const struct journal_message *message, int letter, bool set)
{
    const struct keyword_word word = {mailbox->letters->table.letters.word[letter], set};
    bool changed;

    if (word.word[0] == '\0' || flag_from_imap(text_of(word.word)) != 0 ||
        (set && is_unknown(text_of(word.word)) && !keywords_have(message->keywords, text_of(word.word))))
        return true;
    return keyword_note(run->journal, message, &word, run->now, &changed, &run->err);
}

bool
letters_believe(struct run *run, const struct mailbox *mailbox, const struct journal_message *message)
{
    const unsigned shown = letters_of_info(message->info);
    bool ok = true;

    for (int i = 0; ok && i < LETTERS_COUNT; i++)
        if ((shown & bit(i)) != 0)
            ok = say(run, mailbox, message, i, true);
    return ok;
}

/* What golub itself was about to change in this name: whether it came to that is not known, so it says nothing. */
static bool
find_begun(struct run *run, const struct journal_message *message, unsigned before, unsigned *ours)
{
    char info[LOCAL_INFO_MAX + 1];
    bool begun;

    *ours = 0;
    if (!journal_letter_get(run->journal, LETTER_BEGUN, message->mailbox, message->id, info, &begun, &run->err))
        return false;
    if (!begun)
        return true;
    *ours = letters_of_info(info) ^ before;
    return journal_letter_clear(run->journal, LETTER_BEGUN, message->mailbox, message->id, &run->err);
}

/* The table may have got a line since it was read: whoever writes a letter has written its line before. */
static bool
read_lines_of(struct run *run, struct mailbox *mailbox, unsigned letters)
{
    for (int i = 0; i < LETTERS_COUNT; i++)
        if ((letters & bit(i)) != 0 && mailbox->letters->table.letters.word[i][0] == '\0')
            return letters_open(run, mailbox, true);
    return true;
}

/*
 * The name is perhaps an old one: the Maildir was put back, or a power cut took what nobody had flushed. What it shows is the past, and nobody's
 * change; what it should show is written anew.
 */
static bool
may_be_past(const struct run *run, const struct mailbox *mailbox, int64_t message)
{
    return (run->maildir_older && !mailbox->named) || flushed_is_doubtful(run, message);
}

/* Letters that came, and mean another keyword than they did a moment ago: who wrote them meant one or the other. */
static bool
leave_added(struct run *run, const struct mailbox *mailbox, const struct journal_message *message, unsigned added)
{
    bool ok = true;

    for (int i = 0; ok && message->has_wire && i < LETTERS_COUNT; i++) {
        const struct keyword_word here = {mailbox->letters->table.letters.word[i], true};

        if ((added & bit(i)) != 0 && here.word[0] != '\0' && flag_from_imap(text_of(here.word)) == 0)
            ok = keyword_leave(run->journal, message, &here, run->now, &run->err);
    }
    return ok;
}

/* The name that was known stands there still: this is a second one, and nothing was taken off. */
static bool
stands_still(struct run *run, const struct mailbox *mailbox, const struct journal_message *before)
{
    const struct local_file file = run_file(mailbox, before);
    struct local_print print;
    struct error ignored = {0};
    bool missing = false;

    return !run->local.ops->look(run->local.self, &file, &print, &missing, &ignored) || !missing;
}

bool
letters_renamed(struct run *run, struct mailbox *mailbox, const struct journal_message *before,
                struct journal_message *message)
{
    const unsigned then = letters_of_info(before->info), now = letters_of_info(message->info);
    const bool shows = strstr(message->info, ":2,") != NULL;
    unsigned added = now & ~then, gone = shows ? then & ~now : 0, ours;
    bool ok = true;

    if (!letters_are_used(mailbox) || (message->facts & FACT_ALIAS) != 0 || strcmp(before->info, message->info) == 0)
        return true;
    if (!journal_letter_again(run->journal, mailbox->row.id, message->id, &run->err))
        return false;
    if ((added | gone) == 0)
        return true;
    /* It was away, perhaps in a folder where letters mean something else. */
    if ((before->facts & (FACT_GONE_HERE | FACT_MOVED | FACT_LACKED | FACT_UNPAIRED)) != 0)
        return added == 0 || journal_letter_mark(run->journal, LETTER_NEW, message, NULL, &run->err);
    if (may_be_past(run, mailbox, message->id))
        return journal_letter_mark(run->journal, LETTER_DUE, message, NULL, &run->err);
    if (gone != 0 && stands_still(run, mailbox, before))
        gone = 0;
    if (gone != 0 && is_strippers(before, message)) {
        mailbox->letters->row.stripped = run->now;
        gone = 0;
        ok = journal_lettered_save(run->journal, &mailbox->letters->row, &run->err);
    }
    if (!ok || !find_begun(run, message, then, &ours) || !read_lines_of(run, mailbox, added & ~ours))
        return false;
    if (!letters_are_used(mailbox)) /* the table that was looked at again can't be read, or went: the next run asks */
        return journal_letter_mark(run->journal, LETTER_NEW, message, NULL, &run->err);
    added &= ~ours;
    /* A journal that is older than the Maildir does not know what golub itself has written since. */
    gone &= are_removals_believed(run, mailbox) && !run->pair_all ? ~ours : 0;
    if (!leave_added(run, mailbox, message, added & mailbox->letters->changed))
        return false;
    added &= ~mailbox->letters->changed;
    gone &= ~mailbox->letters->changed;
    if (!message->has_wire)
        return added == 0 || journal_letter_mark(run->journal, LETTER_NEW, message, NULL, &run->err);
    for (int i = 0; ok && i < LETTERS_COUNT; i++) {
        if (((added | gone) & bit(i)) != 0)
            ok = say(run, mailbox, message, i, (added & bit(i)) != 0);
    }
    return ok;
}

bool
letters_found(struct run *run, struct mailbox *mailbox, struct journal_message *message, bool own_name)
{
    /* One that a run delivered which was cut off shows what the server showed then. */
    if (!letters_are_used(mailbox) || letters_of_info(message->info) == 0 ||
        (own_name && !run->first && !run->pair_all) || (run->maildir_older && !mailbox->named))
        return true;
    return read_lines_of(run, mailbox, letters_of_info(message->info)) &&
           journal_letter_mark(run->journal, LETTER_NEW, message, NULL, &run->err);
}

/* ---- what names are to say ---- */

unsigned
letters_wanted(const struct mailbox *mailbox, const char *keywords, unsigned flags, const char *info)
{
    const struct letters *letters = &mailbox->letters->table.letters;
    unsigned wanted = 0;

    for (int i = 0; i < LETTERS_COUNT; i++) {
        const struct text word = text_of(letters->word[i]);
        const unsigned flag = flag_from_imap(word);

        if (word.len == 0)
            wanted |= letters_of_info(info) & bit(i);
        else if (flag != 0 ? (flags & flag) != 0 : keywords_have(keywords, word))
            wanted |= bit(i);
    }
    return wanted;
}
