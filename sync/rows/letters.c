/* See letters.h. */
#include "sync/rows/letters.h"

#include "sync/base/keyword_note.h"
#include "sync/rows/chosen.h"
#include "sync/rows/flushed.h"
#include "sync/rules/merge.h"

#define AWAY (FACT_GONE_HERE | FACT_MOVED | FACT_LACKED | FACT_UNPAIRED)

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
letters_skip(const struct policy *policy, struct text word)
{
    const char *const *patterns = policy->keywords_skip;

    for (size_t i = 0; patterns != NULL && patterns[i] != NULL; i++)
        if (fits(patterns[i], word))
            return true;
    return false;
}

/* ---- what names say ---- */

unsigned
letters_flags(const struct mailbox *mailbox, const char *info, const char *before)
{
    unsigned shown = lettering_is_known(mailbox) ? letters_of_info(info) : 0, flags = 0;

    if (shown != 0 && before != NULL)
        shown &= ~(letters_of_info(before) | mailbox->letters->changed);

    for (int i = 0; shown != 0 && i < LETTERS_COUNT; i++)
        if ((shown & letter_bit(i)) != 0)
            flags |= flag_from_imap(text_of(lettering_word(mailbox->letters, i)));
    return flags & FLAG_FORWARDED;
}

static unsigned
count(unsigned letters)
{
    return (unsigned)__builtin_popcount(letters);
}

#define CUT_SUFFIX 15 /* bytes with ":2,", of an older neomutt */

static unsigned
flags_of(const char *info)
{
    unsigned shown;

    return local_info_flags(info, &shown);
}

/* As long as it leaves a name; or as that was before other readers gave and took flags. */
static bool
is_full(const char *before, const char *info)
{
    const char *suffix = strstr(info, ":2,");
    const unsigned then = flags_of(before), now = flags_of(info);
    const size_t length = suffix == NULL ? 0 : strlen(suffix);

    return length + count(then & ~now) >= CUT_SUFFIX && length <= CUT_SUFFIX + count(now & ~then);
}

/* Is what is left the beginning of what there was: cut off behind so many bytes, or all of it? One alone is taken off by people, too, but there. */
static bool
is_cut(const char *info_before, const char *info)
{
    const unsigned before = letters_of_info(info_before), now = letters_of_info(info), gone = before & ~now;

    return (now & ~before) == 0 && gone != 0 && (now == 0 || now < (gone & -gone)) &&
           (now == 0 || count(gone) >= 2 || is_full(info_before, info));
}

/* A mail reader that does not know letters writes the name anew for another reason: a flag. */
static bool
is_strippers(const struct journal_message *before, const struct journal_message *message)
{
    return flags_of(before->info) != flags_of(message->info) && is_cut(before->info, message->info);
}

/* One that does not know P either drops it when it sets a flag, without any letter. Who takes P off with other flags means it. */
static bool
is_strippers_forwarded(const struct journal_message *before, const struct journal_message *message, unsigned others)
{
    const unsigned then = flags_of(before->info), now = flags_of(message->info);

    return ((now & ~then) != 0 && (then & ~now & ~(unsigned)FLAG_FORWARDED) == 0) ||
           (is_strippers(before, message) && (((then ^ now) & ~(unsigned)FLAG_FORWARDED) != 0 || others != 0));
}

/* The same, once one is known in this folder: a flag that was set and taken off again since the last look leaves no other mark than all letters gone. */
static bool
may_be_strippers(const struct run *run, const struct lettering *letters, const struct journal_message *before,
                 const struct journal_message *message)
{
    return is_strippers(before, message) ||
           (lettering_is_stripped(run, letters) && count(letters_of_info(before->info)) >= 2 &&
            letters_of_info(message->info) == 0);
}

static bool
are_removals_believed(const struct run *run, const struct mailbox *mailbox)
{
    const enum keyword_removals removals = run->account->policy.keyword_removals;

    return removals == REMOVALS_YES || (removals == REMOVALS_AUTO && mailbox->letters->table.dovecot);
}

/* Letters that may be missing without anybody having taken them off, whoever is believed. */
static unsigned
unsure(const struct run *run, const struct mailbox *mailbox)
{
    /* A journal that is older than the Maildir does not know what golub itself has written since. */
    return run->pair_all ? ~0u : mailbox->letters->changed | lettering_lost(mailbox->letters);
}

/* By its letter alone, since Dovecot does not know P: that goes as letters go. Together with P it went where a stripper has left its mark beside that. */
bool
letters_lost_forwarded(const struct run *run, const struct mailbox *mailbox, const struct journal_message *before,
                       const struct journal_message *message)
{
    const unsigned then = letters_of_info(before->info), now = letters_of_info(message->info);
    unsigned its = 0;

    if ((before->flags.lseen & ~message->flags.lseen & FLAG_FORWARDED) == 0 || strstr(before->info, ":2,") == NULL ||
        (run->maildir_older && !mailbox->named))
        return false;
    for (int i = 0; mailbox->letters != NULL && i < LETTERS_COUNT; i++)
        its |= flag_from_imap(text_of(lettering_word(mailbox->letters, i))) == FLAG_FORWARDED ? letter_bit(i) : 0;
    if ((flags_of(before->info) & FLAG_FORWARDED) != 0)
        return is_strippers_forwarded(before, message, then & ~its);
    return !lettering_is_used(mailbox) || (then & ~now & its) == 0 || !are_removals_believed(run, mailbox) ||
           (unsure(run, mailbox) & its) != 0 || may_be_strippers(run, mailbox->letters, before, message);
}

struct flag_sides
letters_of_file(struct flag_sides with, const struct journal_message *row, const struct journal_message *file)
{
    const unsigned letters = letters_of_info(row->info), differ = flags_of(row->info) ^ flags_of(file->info);

    with.lseen |= file->flags.lseen & FLAG_FORWARDED;
    /* A name without a suffix shows neither: what the next one does not show was taken off. */
    if ((row->flags.lseen & ~with.lseen & FLAG_FORWARDED) == 0 || strstr(row->info, ":2,") == NULL)
        return with;
    /* P went: with letters, where a stripper gave the name; or Dovecot did, in moving it to another folder. Who takes P off with other flags means it. */
    if ((differ & FLAG_FORWARDED) != 0) {
        const bool others = (flags_of(row->info) & differ & ~(unsigned)FLAG_FORWARDED) != 0;
        const bool stripped = is_strippers(row, file) && differ != FLAG_FORWARDED;
        const bool moved = row->mailbox != file->mailbox && (file->facts & FACT_COPIED) == 0;

        return stripped || (moved && !others) ? merge_unsaid(with, FLAG_FORWARDED) : with;
    }
    if (row->mailbox == file->mailbox && letters == letters_of_info(file->info)) /* they say what they said */
        with.lseen |= FLAG_FORWARDED;
    else /* a letter means something else in another folder, and whoever gave the file a new name may not know letters */
        with = merge_unsaid(with, FLAG_FORWARDED);
    return with;
}

bool
letters_say(struct run *run, const struct journal_message *message, const char *word, bool set)
{
    const struct keyword_word said = {word, set};
    bool changed;

    if (set && chosen_yields(run, message, text_of(word)))
        return journal_letter_mark(run->journal, LETTER_DUE, message, NULL, &run->err);

    if (word[0] == '\0' || flag_from_imap(text_of(word)) != 0 ||
        (set && is_unknown(text_of(word)) && !keywords_have(message->keywords, text_of(word))))
        return true;
    if (!keyword_note(run->journal, message, &said, run->now, &changed, &run->err))
        return false;
    run->agreed = run->agreed || !changed;
    return true;
}

/* ---- a name that is another one ---- */

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

/*
 * The name is perhaps an old one: the Maildir was put back, or a power cut took what nobody had flushed. What it shows is the past, and nobody's
 * change; what it should show is written anew.
 */
static bool
may_be_past(const struct run *run, const struct mailbox *mailbox, int64_t message)
{
    return (run->maildir_older && !mailbox->named) || flushed_is_doubtful(run, message);
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

/* What came since it showed `info` is believed later; since an earlier one, if that is noted already. */
static bool
believe_later(struct run *run, const struct journal_message *message, const char *info)
{
    char noted[LOCAL_INFO_MAX + 1];
    bool is_noted;

    return journal_letter_get(run->journal, LETTER_NEW, message->mailbox, message->id, noted, &is_noted, &run->err) &&
           (is_noted || journal_letter_mark(run->journal, LETTER_NEW, message, info, &run->err));
}

/* ... and the file stood where it stands all the time, so no other folder's letters are meant. */
static bool
believe_here(struct run *run, const struct journal_message *before, const struct journal_message *message)
{
    char info[LOCAL_INFO_MAX + 1];

    (void)letters_in_info("c:2,", letters_of_info(before->info), info, sizeof info);
    info[0] = LETTERS_HERE;
    return believe_later(run, message, info);
}

/* It has been away: what could not be read before that may be another folder's by now. */
static bool
believe_back(struct run *run, const struct journal_message *before, const struct journal_message *message)
{
    char info[LOCAL_INFO_MAX + 1];
    bool noted;

    if (!journal_letter_get(run->journal, LETTER_NEW, message->mailbox, message->id, info, &noted, &run->err))
        return false;
    if (!noted || info[0] != LETTERS_HERE)
        return noted || journal_letter_mark(run->journal, LETTER_NEW, message, before->info, &run->err);
    info[0] = 'c';
    return journal_letter_mark(run->journal, LETTER_NEW, message, info, &run->err);
}

/*
 * Letters that went: *gone are those that somebody took off. The others are to stand there again: at once if it is only not known who did it, with the
 * next other name where removals are never believed, so that nobody who takes them off renames for ever.
 */
static bool
judge_gone(struct run *run, struct mailbox *mailbox, const struct journal_message *before,
           const struct journal_message *message, unsigned ours, unsigned *gone)
{
    struct lettering *letters = mailbox->letters;
    const bool cut = *gone != 0 && may_be_strippers(run, letters, before, message),
               believed = are_removals_believed(run, mailbox);
    const unsigned all = *gone & ~ours;

    *gone = cut || !believed ? 0 : all & ~unsure(run, mailbox);
    if (cut && is_strippers(before, message)) {
        letters->row.stripped = run->now;
        if (!journal_lettered_save(run->journal, &letters->row, &run->err))
            return false;
    }
    return (all & ~*gone) == 0 ||
           journal_letter_mark(run->journal, cut || believed ? LETTER_DUE : LETTER_WAITS, message, NULL, &run->err);
}

/* Letters came or went, and the folder's table can be read. */
static bool
judge(struct run *run, struct mailbox *mailbox, const struct journal_message *before,
      const struct journal_message *message, unsigned added, unsigned gone)
{
    unsigned ours;
    bool ok = true;

    if (!find_begun(run, message, letters_of_info(before->info), &ours) || !lettering_ask(run, mailbox, added & ~ours))
        return false;
    added &= ~ours;
    if (!lettering_is_used(mailbox)) /* the table that was looked at again can't be read, or went: the next run asks */
        return believe_here(run, before, message);
    if (!judge_gone(run, mailbox, before, message, ours, &gone) ||
        !lettering_leave(run, mailbox, message, added & mailbox->letters->changed))
        return false;
    added &= ~mailbox->letters->changed;
    if (!message->has_wire)
        return added == 0 || believe_later(run, message, before->info);
    if ((added & lettering_lost(mailbox->letters)) != 0)
        return believe_here(run, before, message);
    for (int i = 0; ok && i < LETTERS_COUNT; i++) {
        if (((added | gone) & letter_bit(i)) != 0)
            ok = letters_say(run, message, mailbox->letters->table.letters.word[i], (added & letter_bit(i)) != 0);
    }
    return ok;
}

bool
letters_show_again(struct run *run, const struct journal_message *message)
{
    char keywords[KEYWORDS_MAX + 1];

    return keyword_here(run->journal, message, keywords, &run->err) &&
           (keywords[0] == '\0' || journal_letter_mark(run->journal, LETTER_DUE, message, NULL, &run->err));
}

bool
letters_renamed(struct run *run, struct mailbox *mailbox, const struct journal_message *before,
                struct journal_message *message)
{
    const unsigned then = letters_of_info(before->info), now = letters_of_info(message->info);
    const bool shows = strstr(message->info, ":2,") != NULL;
    unsigned added = now & ~then, gone = shows ? then & ~now : 0;

    if (mailbox->letters == NULL || (message->facts & FACT_ALIAS) != 0)
        return true;
    if (strcmp(before->info, message->info) ==
        0) /* what was said of a file that was away may have gone to another one meanwhile */
        return (before->facts & FACT_GONE_HERE) == 0 || now == 0 ||
               (journal_letter_again(run->journal, mailbox->row.id, message->id, &run->err) &&
                journal_letter_mark(run->journal, LETTER_DUE, message, NULL, &run->err));
    if (!journal_letter_again(run->journal, mailbox->row.id, message->id, &run->err) ||
        (shows && strstr(before->info, ":2,") == NULL && !letters_show_again(run, message)))
        return false;
    if ((added | gone) == 0)
        return true;
    if (may_be_past(run, mailbox, message->id))
        return journal_letter_mark(run->journal, LETTER_DUE, message, NULL, &run->err);
    /* It was away, perhaps in a folder where letters mean something else; or what they mean can't be read now. */
    if ((before->facts & AWAY) != 0)
        return believe_back(run, before, message);
    if (mailbox->letters->unread)
        return believe_here(run, before, message);
    if (gone != 0 && stands_still(run, mailbox, before)) {
        gone = 0; /* one of the two names goes, perhaps that which shows them */
        if (!journal_letter_mark(run->journal, LETTER_DUE, message, NULL, &run->err))
            return false;
    }
    return judge(run, mailbox, before, message, added, gone);
}

bool
letters_found(struct run *run, struct mailbox *mailbox, struct journal_message *message, bool own_name)
{
    const char stood[] = {LETTERS_STOOD, ':', '2', ',', '\0'}, past[] = {LETTERS_PAST, ':', '2', ',', '\0'};

    if (mailbox->letters == NULL || letters_of_info(message->info) == 0)
        return true;
    const bool is_met = mailbox->letters->is_met && !run->first && !run->pair_all;
    /* One that a run delivered which was cut off shows what the server showed then, unless it came from elsewhere (letters_new.c). */
    const char *const known = !is_met ? stood : own_name ? message->info : NULL;

    if (run->maildir_older && !mailbox->named)
        return journal_letter_mark(run->journal, LETTER_NEW, message, past, &run->err);
    return (mailbox->letters->unread || lettering_ask(run, mailbox, letters_of_info(message->info))) &&
           journal_letter_mark(run->journal, LETTER_NEW, message, known, &run->err);
}

/* It has the name that the row's file had; or one that no run has seen, of which nobody knows what it was before. */
static bool
may_be_its_file(const struct journal_message *other, const struct journal_message *row)
{
    return other->mailbox != row->mailbox && other->base[0] != '\0' &&
           (strcmp(other->base, row->base) == 0 || (other->uid == 0 && other->facts == 0));
}

/*
 * The file that this row had may stand in another folder: with letters that mean what they did there, also those that were set there since it was
 * looked at last, or nobody knows what.
 */
static bool
note_moved(struct run *run, const struct journal_message *row)
{
    struct journal_message *other = calloc(1, sizeof *other);
    char info[LOCAL_INFO_MAX + 1];
    size_t count = 0;
    int64_t *ids = NULL;
    bool noted, ok = (other != NULL || run_no_memory(run)) &&
                     journal_ids_by_wire(run->journal, row->wire, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], other);
        if (!ok || !may_be_its_file(other, row))
            continue;
        ok = journal_letter_get(run->journal, LETTER_NEW, other->mailbox, other->id, info, &noted, &run->err);
        if (!ok || !noted)
            continue;
        (void)letters_in_info("c:2,", letters_of_info(row->info), info, sizeof info);
        info[0] = LETTERS_MOVED;
        ok = journal_letter_mark(run->journal, LETTER_NEW, other, info, &run->err);
    }
    free(ids);
    free(other);
    return ok;
}

/* By equal bytes it is found (sync/apply/keywords.h); what was said of it in other bytes nobody would know as its own any more. */
static bool
carry_keywords(struct run *run, const struct journal_message *row, const struct journal_message *file)
{
    struct journal_message joined;

    if (row->base[0] == '\0' || !row->has_wire || !file->has_wire || memcmp(row->wire, file->wire, DIGEST_SIZE) == 0)
        return true;
    joined = *file;
    joined.id = row->id;
    return keyword_carry(run->journal, row, &joined, &run->err);
}

/* It got another name where it stood: no equal file of another folder has that name, or has gone from there. */
static bool
is_renamed_here(struct run *run, const struct journal_message *row, const struct journal_message *file, bool *here)
{
    struct journal_message *other = malloc(sizeof *other);
    size_t count = 0;
    int64_t *ids = NULL;
    bool ok =
        (other != NULL || run_no_memory(run)) && journal_ids_by_wire(run->journal, file->wire, &ids, &count, &run->err);

    *here = row->mailbox == file->mailbox && row->base[0] != '\0' && file->has_wire;
    for (size_t i = 0; ok && *here && i < count; i++) {
        ok = run_load(run, ids[i], other);
        *here = ok && (other->mailbox == file->mailbox ||
                       ((other->facts & (FACT_GONE_HERE | FACT_MOVED)) == 0 && strcmp(other->base, file->base) != 0));
    }
    free(ids);
    free(other);
    return ok;
}

bool
letters_inherit(struct run *run, const struct journal_message *row, const struct journal_message *file)
{
    char info[LOCAL_INFO_MAX + 1];
    bool is_new, here = false;

    if (!carry_keywords(run, row, file) ||
        !journal_letter_get(run->journal, LETTER_NEW, file->mailbox, file->id, info, &is_new, &run->err) ||
        (row->has_wire && row->base[0] != '\0' && !note_moved(run, row)))
        return false;
    if (is_new)
        return is_renamed_here(run, row, file, &here) &&
               (here ? believe_here(run, row, row) : believe_later(run, row, row->info));
    /* What the row's name showed says nothing: its folder's letters may mean something else by now. */
    return (row->keywords[0] == '\0' && letters_of_info(row->info) == letters_of_info(file->info)) ||
           journal_letter_mark(run->journal, LETTER_DUE, row, NULL, &run->err);
}

bool
letters_met(struct run *run, const struct journal_message *message)
{
    char here[KEYWORDS_MAX + 1] = "";

    /* Of a file that comes again under its name, or whose mailbox was left out for a while, it may be known what was said of it. */
    if (message->keywords[0] == '\0' && letters_of_info(message->info) == 0 && !run->first &&
        !keyword_here(run->journal, message, here, &run->err))
        return false;
    return (message->keywords[0] == '\0' && here[0] == '\0' && letters_of_info(message->info) == 0) ||
           journal_letter_mark(run->journal, LETTER_DUE, message, NULL, &run->err);
}

bool
letters_sent(struct run *run, struct mailbox *mailbox, const struct journal_message *message)
{
    const unsigned shown = letters_of_info(message->info);
    char keywords[KEYWORDS_MAX + 1], info[LOCAL_INFO_MAX + 1] = "";
    bool noted;

    if (shown == 0)
        return true;
    if (!journal_letter_get(run->journal, LETTER_NEW, message->mailbox, message->id, info, &noted, &run->err))
        return false;
    if (noted && info[0] == LETTERS_PAST) { /* nothing there has it: what it shows is nobody's past */
        info[0] = LETTERS_SENT;
        return journal_letter_mark(run->journal, LETTER_NEW, message, info, &run->err);
    }
    info[0] = '\0';
    if (!lettering_open(run, mailbox, false) || !keyword_here(run->journal, message, keywords, &run->err))
        return false;
    /* Letters that a folder elsewhere gave it mean nothing here. */
    if (lettering_is_used(mailbox))
        (void)letters_in_info(message->info,
                              shown & ~letters_wanted(mailbox, keywords, message->flags.lseen, message->info), info,
                              sizeof info);
    if (info[0] != '\0')
        info[0] = LETTERS_SENT;
    return believe_later(run, message, info);
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
            wanted |= letters_of_info(info) & letter_bit(i);
        else if (flag != 0 ? (flags & flag) != 0 : keywords_have(keywords, word))
            wanted |= letter_bit(i);
    }
    return wanted;
}
