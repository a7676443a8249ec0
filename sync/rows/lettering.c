/*
 * See lettering.h. The journal has the table's lines as they stand in it, and behind a minus those that it had once:
 *
 *     0 later
 *     -1 $Junk
 *
 * A line may be missing for a moment, since another program writes the file in its place. When it is back, its letter means what it did; with another
 * word in it, it means something else than what the names showed.
 */
#include "sync/rows/lettering.h"

#include "sync/base/keyword_note.h"

#define STRIPPER_S (30 * AGE_DAY) /* so long a folder counts as one in which letters are cut off */

struct difference { /* of the table from what the journal has, letters, bits */
    unsigned changed, lost;
    unsigned gained, back; /* they never had a line; they had this one */
};

static bool
is_used(const struct run *run, const struct local_letters *table)
{
    const enum keywords_mode mode = run->account->policy.keywords;

    return mode == KEYWORDS_LETTERS || (mode == KEYWORDS_AUTO && (table->present || table->dovecot));
}

bool
lettering_is_used(const struct mailbox *mailbox)
{
    return mailbox->letters != NULL && mailbox->letters->used;
}

bool
lettering_is_known(const struct mailbox *mailbox)
{
    const struct lettering *letters = mailbox->letters;

    return letters != NULL && (letters->used || (letters->unread && !letters->unwanted && letters->row.used));
}

/* ---- what the journal has ---- */

static void
parse_lost(const char *lines, struct letters *lost)
{
    struct letters one;

    *lost = (struct letters){0};
    for (const char *at = lines; *at != '\0';) {
        const size_t len = strcspn(at, "\n") + 1;

        if (*at == '-')
            letters_parse((struct text){at + 1, len - 1}, &one);
        for (int i = 0; *at == '-' && i < LETTERS_COUNT; i++)
            if (one.word[i][0] != '\0')
                memcpy(lost->word[i], one.word[i], sizeof one.word[i]);
        at += at[len - 1] == '\n' ? len : len - 1;
    }
}

static void
remember(struct lettering *letters)
{
    char *to = letters->row.letters;
    size_t used;

    letters_print(&letters->table.letters, to);
    used = strlen(to);
    for (int i = 0; i < LETTERS_COUNT; i++) {
        char *lost = letters->lost.word[i];

        if (letters->table.letters.word[i][0] != '\0')
            lost[0] = '\0';
        else if (letters->before.word[i][0] != '\0')
            memcpy(lost, letters->before.word[i], sizeof letters->before.word[i]);
        if (lost[0] != '\0' && text_print(to + used, sizeof letters->row.letters - used, "-%d %s\n", i, lost))
            used += strlen(to + used);
    }
    letters->before = letters->table.letters;
}

const char *
lettering_word(const struct lettering *letters, int letter)
{
    const char *word = letters->table.letters.word[letter];

    return word[0] != '\0' ? word : letters->lost.word[letter];
}

unsigned
lettering_lost(const struct lettering *letters)
{
    unsigned lost = 0;

    for (int i = 0; i < LETTERS_COUNT; i++)
        lost |= letters->lost.word[i][0] != '\0' ? letter_bit(i) : 0;
    return lost;
}

/* ---- the table ---- */

static struct difference
compare(const struct lettering *letters)
{
    struct difference found = {0};

    for (int i = 0; i < LETTERS_COUNT; i++) {
        const char *now = letters->table.letters.word[i], *before = letters->before.word[i],
                   *known = before[0] != '\0' ? before : letters->lost.word[i];

        if (now[0] == '\0')
            found.lost |= before[0] != '\0' ? letter_bit(i) : 0;
        else if (known[0] != '\0' && strcasecmp(known, now) != 0)
            found.changed |= letter_bit(i);
        else if (known[0] == '\0')
            found.gained |= letter_bit(i);
        else if (before[0] == '\0')
            found.back |= letter_bit(i);
    }
    return found;
}

/* Its bytes are to be read first. Of these letters, which mean something else by now, nothing is to be believed then. */
static bool
leave_unread(struct run *run, const struct journal_message *message, unsigned letters)
{
    char info[LOCAL_INFO_MAX + 1] = "";
    bool is_new;

    if (!journal_letter_get(run->journal, LETTER_NEW, message->mailbox, message->id, info, &is_new, &run->err))
        return false;
    /* What golub gave it itself, for its own UID, may be of either time. */
    const bool given = info[0] == 'c' || info[0] == 'n';
    const unsigned then = given ? 0 : letters_of_info(info);

    if (!is_new || (letters & ~then) == 0)
        return true;
    const bool told =
        info[0] == LETTERS_PAST || info[0] == LETTERS_SENT || info[0] == LETTERS_MOVED || info[0] == LETTERS_HERE;
    const char mark = told ? info[0] : LETTERS_LEFT;

    (void)letters_in_info("c:2,", then | letters, info, sizeof info);
    info[0] = mark;
    return journal_letter_mark(run->journal, LETTER_NEW, message, info, &run->err);
}

bool
lettering_leave(struct run *run, const struct mailbox *mailbox, const struct journal_message *message, unsigned letters)
{
    const struct lettering *table = mailbox->letters;
    bool ok = true;

    if (!message->has_wire)
        return leave_unread(run, message, letters & table->changed);
    for (int i = 0; ok && i < LETTERS_COUNT; i++) {
        /* Its line may have gone again, for a moment. */
        const bool changed = (table->changed & letter_bit(i)) != 0;
        const struct keyword_word here = {changed ? lettering_word(table, i) : table->table.letters.word[i], true};

        if ((letters & letter_bit(i)) != 0 && here.word[0] != '\0' && flag_from_imap(text_of(here.word)) == 0)
            ok = keyword_leave(run->journal, message, &here, run->now, &run->err);
    }
    return ok;
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
        ok = ok && ((message.facts & FACT_ALIAS) != 0 || lettering_leave(run, mailbox, &message, shown));
    }
    free(ids);
    return ok;
}

static bool
is_due(struct run *run, const struct journal_message *message, bool *due)
{
    char info[LOCAL_INFO_MAX + 1];

    return journal_letter_get(run->journal, LETTER_DUE, message->mailbox, message->id, info, due, &run->err) &&
           (*due ||
            journal_letter_get(run->journal, LETTER_WAITS, message->mailbox, message->id, info, due, &run->err));
}

/* Of its letters these mean something now, which is to be believed. */
static bool
meet_one(struct run *run, const struct journal_message *message, unsigned letters)
{
    char info[LOCAL_INFO_MAX + 1];
    bool noted;

    if (!journal_letter_get(run->journal, LETTER_NEW, message->mailbox, message->id, info, &noted, &run->err))
        return false;
    if (letters_in_info(message->info, letters_of_info(message->info) & ~letters, info, sizeof info))
        info[0] = LETTERS_STOOD;
    return noted || journal_letter_mark(run->journal, LETTER_NEW, message, info, &run->err);
}

/* What names show with letters that have a line now. Of one that is back the message may have lost its keyword meanwhile, and then another name is due. */
static bool
meet(struct run *run, const struct mailbox *mailbox, const struct difference *found)
{
    const unsigned all = found->gained | found->back;
    struct journal_message message;
    int64_t *ids = NULL;
    size_t count = 0;
    bool due, ok = all == 0 || journal_letter_shown(run->journal, mailbox->row.id, all, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], &message) && is_due(run, &message, &due);
        const unsigned letters = ok ? letters_of_info(message.info) & (due ? found->gained : all) : 0;

        ok = ok && (letters == 0 || meet_one(run, &message, letters));
    }
    free(ids);
    return ok;
}

/* Several looks in a run: what one has lost another may find again. */
static bool
take_table(struct run *run, struct mailbox *mailbox)
{
    struct lettering *letters = mailbox->letters;
    const struct difference found = compare(letters);

    letters->changed |= found.changed;
    letters->left = (letters->left & ~found.back) | found.changed | found.lost;
    letters->met |= found.gained | found.back;
    return meet(run, mailbox, &found);
}

/*
 * Not before the folder's names are known: where it changed places with another one its files stand there by now, under the table that came with
 * them, and say nothing about this one's.
 */
bool
lettering_settle(struct run *run, struct mailbox *mailbox)
{
    struct lettering *letters = mailbox->letters;
    const unsigned left = letters != NULL ? letters->left : 0;
    bool any = false;

    if (left == 0)
        return true;
    letters->left = 0;
    if (!leave_shown(run, mailbox, left, &any))
        return false;
    if (any)
        report_mailbox(
            run->report, run->account->name, run_called(mailbox), "letters",
            "letters in the names mean other keywords than they did (dovecot-keywords was changed): they are "
            "left as they are, and nothing of that goes to the server");
    return true;
}

bool
lettering_missing(struct run *run, const struct mailbox *mailbox, const struct journal_message *message)
{
    char info[LOCAL_INFO_MAX + 1];
    bool noted = false;

    if (mailbox->letters == NULL || (mailbox->letters->met & letters_of_info(message->info)) == 0)
        return true;
    if (!journal_letter_get(run->journal, LETTER_NEW, mailbox->row.id, message->id, info, &noted, &run->err))
        return false;
    /* What came to its name before that is told of the file, wherever that is. */
    return !noted || info[0] != LETTERS_STOOD ||
           journal_letter_clear(run->journal, LETTER_NEW, mailbox->row.id, message->id, &run->err);
}

bool
lettering_take(struct run *run, struct mailbox *mailbox)
{
    struct lettering *letters = mailbox->letters;

    if (letters->used && !take_table(run, mailbox))
        return false;
    letters->row.used = letters->used;
    remember(letters);
    return journal_lettered_save(run->journal, &letters->row, &run->err);
}

/* It can't be entered, or has gone since the folders were found: that is said where its names are listed. */
static bool
is_folder_lost(const struct run *run, const char *folder)
{
    struct local_stamp stamp;
    struct error ignored = {0};
    bool missing = false;

    if (run->local.ops->closed != NULL && run->local.ops->closed(run->local.self, folder, &ignored))
        return true;
    return run->local.ops->stamp(run->local.self, folder, &stamp, &missing, &ignored) && missing;
}

static bool
is_wanted(const struct run *run)
{
    const enum keywords_mode mode = run->account->policy.keywords;

    return mode == KEYWORDS_LETTERS || mode == KEYWORDS_AUTO;
}

static bool
read_table(struct run *run, struct mailbox *mailbox)
{
    struct lettering *letters = mailbox->letters;
    struct error err = {0};

    letters->asked = 0;
    letters->unread = !run->local.ops->letters(run->local.self, mailbox->row.folder, &letters->table, &err);
    letters->used = !letters->unread && is_used(run, &letters->table);
    if (!letters->unread)
        return true;
    letters->table = (struct local_letters){.letters = letters->before};
    if (err.hint[0] == '\0')
        error_hint(&err, "Mend or remove that file, or set `keywords = \"journal\"`.");
    if (!is_folder_lost(run, mailbox->row.folder))
        run_problem_here(run, mailbox, &err);
    return false;
}

static bool
open_table(struct run *run, struct mailbox *mailbox)
{
    struct lettering *letters = mailbox->letters;
    bool ok;

    if (letters == NULL) {
        letters = mailbox->letters = calloc(1, sizeof *letters);
        if (letters == NULL)
            return run_no_memory(run);
        letters->row.mailbox = mailbox->row.id;
        ok = journal_lettered_get(run->journal, mailbox->row.id, &letters->row, &letters->is_met, &run->err);
        if (!ok)
            return false;
        letters_parse(text_of(letters->row.letters), &letters->before);
        parse_lost(letters->row.letters, &letters->lost);
        if (letters->row.stripped > run->now) /* a clock was wrong, then or now: nobody knows how long ago it was */
            letters->row.stripped = run->now;
    }
    letters->unwanted = !is_wanted(run);
    letters->unread = letters->unwanted && letters->row.used;
    if (letters->unwanted || !read_table(run, mailbox))
        return true;
    return lettering_take(run, mailbox);
}

bool
lettering_is_stripped(const struct run *run, const struct lettering *letters)
{
    const int64_t then = letters->row.stripped;

    return then != 0 && run->now - then < STRIPPER_S;
}

bool
lettering_may_be(const struct run *run, const struct mailbox *mailbox)
{
    return run->local.ops->letters != NULL && is_wanted(run) && mailbox != NULL && mailbox_is_open(mailbox) &&
           mailbox->folder_here;
}

bool
lettering_each(struct run *run, bool (*one)(struct run *run, struct mailbox *mailbox))
{
    size_t count = 0;
    int64_t *ids = NULL;
    bool ok = run->local.ops->letters == NULL || !is_wanted(run) ||
              journal_letter_mailboxes(run->journal, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count && !run_stopped(run); i++) {
        struct mailbox *mailbox = run_mailbox_by_id(run, ids[i]);

        ok = !lettering_may_be(run, mailbox) || one(run, mailbox);
    }
    free(ids);
    return ok;
}

/* 25 kB for each of thousands of mailboxes: they are kept only where names show keywords, or that is not known. */
bool
lettering_open(struct run *run, struct mailbox *mailbox, bool again)
{
    bool ok;

    if (((mailbox->letters != NULL || mailbox->unlettered) && !again) || mailbox->row.id == 0 ||
        run->local.ops->letters == NULL)
        return true;
    ok = open_table(run, mailbox) && (again || lettering_settle(run, mailbox));
    mailbox->unlettered = ok && !mailbox->letters->used && !mailbox->letters->unread;
    if (mailbox->unlettered) {
        free(mailbox->letters);
        mailbox->letters = NULL;
    }
    return ok;
}

static unsigned
without_line(const struct lettering *letters, unsigned shown)
{
    for (int i = 0; i < LETTERS_COUNT; i++)
        shown &= letters->table.letters.word[i][0] != '\0' ? ~letter_bit(i) : ~0u;
    return shown;
}

/* Whoever writes a letter has written its line before. */
bool
lettering_ask(struct run *run, struct mailbox *mailbox, unsigned letters)
{
    const unsigned asked = mailbox->letters->asked, open = without_line(mailbox->letters, letters) & ~asked;

    if (open == 0)
        return true;
    if (!lettering_open(run, mailbox, true))
        return false;
    if (mailbox->letters == NULL) /* the last line may have gone just now */
        return true;
    mailbox->letters->asked = asked | open;
    mailbox->letters->puzzled = mailbox->letters->puzzled || without_line(mailbox->letters, open) != 0;
    return true;
}

bool
lettering_is_puzzled(const struct mailbox *mailbox)
{
    return mailbox->letters != NULL && mailbox->letters->puzzled;
}
