/*
 * See letters_new.h. A file that came from another folder of this Maildir shows letters of that folder's table, or of this one's:
 *
 *     as it was       what its name showed there stands in it still: a program that knows no letters moved it
 *     translated      it shows the letters that this folder has for those keywords: a program that knows them did, or put it here
 *     both, neither   of letters that mean the same in both nothing is in doubt. The others are believed if a Dovecot serves this folder; so is one that
 *                     came meanwhile and means something in both: it was set there before, or here since
 *
 * Where it may have come from several places, a letter is believed that means one thing from all of them. Letters that are not believed go from the name
 * again.
 */
#include "sync/rows/letters_new.h"

#include "sync/base/keyword_note.h"
#include "sync/rows/letters.h"
#include "sync/rows/own_name.h"
#include "sync/rules/merge.h"

struct origin { /* the row of a file that it may have been before */
    const struct mailbox *mailbox;
    struct journal_message row;
    unsigned changed; /* letters, bits: in the folder where the file is now they meant something else before */
};

struct origins {
    int64_t *ids;
    size_t count;
    int rank;   /* of each of them; 0: there is none */
    bool waits; /* it may be a copy of a file whose own letters are to be found out yet */
};

static const struct letters *
table_of(const struct mailbox *mailbox)
{
    return &mailbox->letters->table.letters;
}

/* ---- where it came from ---- */

/*
 * The one of its base name first, then one that is gone; a file that stands there still was copied with its letters, or is another message. Of one that
 * is fetched again nobody knows any more what its name was: whatever the file shows may be of that folder.
 * @param folder    the other one's is there
 * @param was_here  it is no copy: the file stood in this folder already, or nobody knows what is new
 */
static int
rank_of(const struct journal_message *message, const struct journal_message *other, bool folder, bool was_here)
{
    const bool gone = (other->facts & FACT_GONE_HERE) != 0 || !folder;

    if (other->id == message->id || (other->mailbox == message->mailbox && !gone))
        return 0;
    if (other->base[0] == '\0')
        return (other->facts & FACT_AGAIN) != 0;
    if (gone)
        return strcmp(other->base, message->base) == 0 ? 3 : 2;
    return !was_here && letters_of_info(other->info) != 0;
}

/*
 * What another file's own letters say is to be found out yet: they say nothing of what came with a copy of it.
 * @param soon  [out] that does not depend on any file elsewhere
 */
static bool
is_unread(struct run *run, const struct journal_message *other, bool *unread, bool *soon)
{
    char noted[LOCAL_INFO_MAX + 1] = "";

    if (!journal_letter_get(run->journal, LETTER_NEW, other->mailbox, other->id, noted, unread, &run->err))
        return false;
    *soon = *unread && (noted[0] == LETTERS_STOOD || noted[0] == LETTERS_HERE);
    return true;
}

static bool
find_origins(struct run *run, const struct journal_message *message, bool stood, struct journal_message *other,
             struct origins *origins)
{
    const bool was_here = stood || run->first || run->pair_all;
    size_t count = 0;
    bool ok = journal_ids_by_wire(run->journal, message->wire, &origins->ids, &count, &run->err);

    origins->count = 0;
    origins->rank = 0;
    origins->waits = false;
    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, origins->ids[i], other);
        struct mailbox *from = ok ? run_mailbox_by_id(run, other->mailbox) : NULL;
        const int rank = from != NULL ? rank_of(message, other, from->folder_here, was_here) : 0;
        bool unread = false, soon = false;

        if (rank == 0 || rank < origins->rank)
            continue;
        ok = lettering_open(run, from, false) && (rank > 1 || is_unread(run, other, &unread, &soon));
        origins->waits = origins->waits || soon;
        if (!ok || unread || !lettering_is_known(from))
            continue;
        origins->count = rank == origins->rank ? origins->count : 0;
        origins->rank = rank;
        origins->ids[origins->count++] = origins->ids[i];
    }
    origins->waits = origins->waits && origins->rank <= 1;
    return ok;
}

/* ---- what its letters mean ---- */

/* Does it show all the letters here of what its name showed there, as far as there are such? */
static bool
is_translated(const struct letters *there, const struct letters *here, unsigned then, unsigned shown)
{
    bool any = then == 0;

    for (int i = 0; i < LETTERS_COUNT; i++) {
        const int letter = (then & letter_bit(i)) != 0 ? letters_of_word(here, text_of(there->word[i])) : -1;

        any = any || letter >= 0;
        if (letter >= 0 && (shown & letter_bit(letter)) == 0)
            return false;
    }
    return any;
}

/* The name shows just what it did there, or just the letters that those keywords have here. */
static bool
is_exact(const struct letters *there, const struct letters *here, unsigned then, unsigned shown)
{
    unsigned letters = 0;

    for (int i = 0; i < LETTERS_COUNT; i++) {
        const int letter = (then & letter_bit(i)) != 0 ? letters_of_word(here, text_of(there->word[i])) : -1;

        if ((then & letter_bit(i)) != 0 && letter < 0)
            return then == shown;
        letters |= letter >= 0 ? letter_bit(letter) : 0;
    }
    return then == shown || letters == shown;
}

/* Does the message have it still, as far as that row knows? */
static bool
has(const struct journal_message *row, const char *keywords, const char *word)
{
    const unsigned flag = flag_from_imap(text_of(word));

    return flag != 0 ? merge_still_shows(row->flags, flag) : keywords_have(keywords, text_of(word));
}

/*
 * What one letter means that has another line in the two folders; "": that can't be told.
 *
 * @param nothing_there  it has no line there, where no Dovecot may be about to write one: it was set here
 */
static const char *
meaning(const char *there, const char *here, bool stood_there, bool as_it_was, bool translated, bool nothing_there)
{
    if (as_it_was == translated)
        return as_it_was && !stood_there && nothing_there ? here : "";
    if (translated)
        return here;
    if (stood_there)
        return there;
    return there[0] == '\0' ? here : here[0] == '\0' ? there : ""; /* set there before, or here since */
}

struct said {                         /* by the letters of a name, bits, as far as they are believed */
    const char *words[LETTERS_COUNT]; /* "": nothing */
    unsigned foreign;                 /* they mean what they did there, and nothing here */
    unsigned left;                    /* they meant something else here when they came */
    unsigned waits;                   /* the table will tell more of them when it can be read */
    int explained; /* the name is just as it was there, or translated: 2; or such but for some letters: 1 */
};

/* Does the table say what it means, or that it means nothing? */
static bool
is_told(const struct mailbox *mailbox, int letter)
{
    return !mailbox->letters->unread && (lettering_lost(mailbox->letters) & letter_bit(letter)) == 0;
}

/* Not even to who is about to write its line. */
static bool
means_nothing(const struct mailbox *mailbox, int letter)
{
    return is_told(mailbox, letter) && !mailbox->letters->table.dovecot && table_of(mailbox)->word[letter][0] == '\0';
}

/* They mean the same in both folders, and did when the file was there. */
static bool
is_same(const struct origin *origin, const char *there, const char *here)
{
    return here[0] != '\0' && strcasecmp(there, here) == 0 && origin->mailbox->letters->changed == 0;
}

/* The name said so there already, by the letter that this word had. */
static bool
is_repeated(const struct origin *origin, unsigned then, const char *word)
{
    const int letter = letters_of_word(table_of(origin->mailbox), text_of(word));

    return letter >= 0 && (then & ~origin->mailbox->letters->changed & letter_bit(letter)) != 0;
}

/* What is believed if it came from there. */
static bool
find_words(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
           const struct origin *origin, struct said *said)
{
    const unsigned shown = letters_of_info(message->info), then = letters_of_info(origin->row.info);
    const struct letters *here = table_of(mailbox), *there = table_of(origin->mailbox);
    /* Perhaps without some that were cut off. */
    const bool as_it_was = (then & ~shown) == 0 || (shown & ~then) == 0,
               translated = is_translated(there, here, then, shown);
    char had[KEYWORDS_MAX + 1];

    *said = (struct said){.explained = is_exact(there, here, then, shown) ? 2 : as_it_was || translated};
    if (!keyword_meant(run->journal, &origin->row, had, &run->err))
        return false;
    for (int i = 0; i < LETTERS_COUNT; i++) {
        const char *const one = there->word[i], *const other = lettering_word(mailbox->letters, i);
        const bool stood = (then & letter_bit(i)) != 0;

        const char *word = "";

        said->words[i] = "";
        if ((shown & letter_bit(i)) == 0)
            continue;
        if (!is_told(mailbox, i) && !(as_it_was && stood) && !is_same(origin, one, other)) {
            said->waits |= letter_bit(i);
            continue;
        }
        word = strcasecmp(one, other) == 0
                   ? one
                   : meaning(one, other, stood, as_it_was, translated, means_nothing(origin->mailbox, i));
        if (word[0] == '\0' && mailbox->letters->table.dovecot)
            word = other;
        if (word == one && word[0] != '\0' && other[0] == '\0')
            said->foreign |= letter_bit(i);
        /* Where both mean the same by now, it says what it said there only if it stood there. */
        if ((word == other || (strcasecmp(word, other) == 0 && !(as_it_was && stood))) &&
            (origin->changed & letter_bit(i)) != 0)
            said->left |= letter_bit(i);
        /* What it showed before, and has lost on the server since, is not set again by that. */
        else if (!(as_it_was ? stood && word == one : is_repeated(origin, then, word)) || has(&origin->row, had, word))
            said->words[i] = word;
    }
    return true;
}

/* It came from one of these places: from one of those that say most of why its name is as it is. */
static void
agree(const struct mailbox *mailbox, struct said *said, const struct said *other, unsigned changed)
{
    if (said->explained != other->explained) {
        if (other->explained > said->explained)
            *said = *other;
        return;
    }
    for (int i = 0; i < LETTERS_COUNT; i++) {
        const bool is_sure = mailbox->letters->table.dovecot && (changed & letter_bit(i)) == 0;

        if (strcasecmp(said->words[i], other->words[i]) != 0)
            said->words[i] = is_sure ? lettering_word(mailbox->letters, i) : "";
    }
    said->foreign &= other->foreign;
    said->left |= other->left;
    said->waits |= other->waits;
}

static bool
find_said(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
          const struct origins *origins, struct origin *origin, struct said *said)
{
    struct said other;
    bool ok = true;

    for (size_t i = 0; ok && i < origins->count; i++) {
        ok = run_load(run, origins->ids[i], &origin->row);
        origin->mailbox = ok ? run_mailbox_by_id(run, origin->row.mailbox) : NULL;
        ok = ok && find_words(run, mailbox, message, origin, i == 0 ? said : &other);
        if (ok && i != 0)
            agree(mailbox, said, &other, origin->changed);
    }
    return ok;
}

/* $Forwarded is a flag. What its name shows already because letters mean something else than they did is nobody's word, whatever file it is in by now. */
static bool
say_all(struct run *run, struct journal_message *message, const char *const words[static LETTERS_COUNT])
{
    char shown[KEYWORDS_MAX + 1], meant[KEYWORDS_MAX + 1];
    const unsigned before = message->flags.lseen;
    bool ok =
        keyword_here(run->journal, message, shown, &run->err) && keyword_meant(run->journal, message, meant, &run->err);

    for (int i = 0; ok && i < LETTERS_COUNT; i++) {
        const struct text word = text_of(words[i]);

        ok = (keywords_have(shown, word) && !keywords_have(meant, word)) || letters_say(run, message, words[i], true);
        message->flags.lseen |= flag_from_imap(word) & FLAG_FORWARDED;
    }
    return ok && (message->flags.lseen == before || journal_message_save(run->journal, message, &run->err));
}

/* Letters, bits, by what they mean here. Those that meant something else before are left as they are. */
static bool
believe(struct run *run, const struct mailbox *mailbox, struct journal_message *message, unsigned letters,
        unsigned changed)
{
    const unsigned left = letters & changed;
    const char *words[LETTERS_COUNT];

    for (int i = 0; i < LETTERS_COUNT; i++)
        words[i] = (letters & ~left & letter_bit(i)) != 0 ? table_of(mailbox)->word[i] : "";
    return say_all(run, message, words) && lettering_leave(run, mailbox, message, left);
}

/* ---- each of them ---- */

/*
 * It came from nowhere that is known. With a name that golub gives, for its own UID, a run that was cut off delivered it: what it showed then is what the
 * server showed.
 * @param waits  [out] it may be that, and has no UID yet
 */
static bool
believe_found(struct run *run, const struct mailbox *mailbox, struct journal_message *message, const char *noted,
              unsigned changed, bool *waits)
{
    const unsigned shown = letters_of_info(message->info), then = letters_of_info(noted);
    const bool left = noted[0] == LETTERS_LEFT, known = noted[0] == LETTERS_SENT || noted[0] == LETTERS_HERE,
               ours = own_name_is_ours(message->base) && then != 0 && !known && !left;

    *waits = false;
    if (noted[0] == LETTERS_MOVED)
        return !mailbox->letters->table.dovecot || believe(run, mailbox, message, shown & ~then, changed);
    *waits = ours && message->uid == 0;
    if (*waits)
        return true;
    if (ours && (shown & ~then) == 0 && !own_name_has(run, mailbox, message))
        return believe(run, mailbox, message, shown, changed);
    return believe(run, mailbox, message, left ? shown : shown & ~then, changed);
}

/* What these letters mean will be known when the table can be read, or their lines are back. */
static bool
can_be_read(const struct mailbox *mailbox, unsigned letters)
{
    return lettering_is_used(mailbox) && (letters & lettering_lost(mailbox->letters)) == 0;
}

/* What it shows is believed, as far as it can be told now. *waits: another run tells more. *noted: what is noted of that, or letters that are to go; "" */
static bool
believe_new(struct run *run, struct mailbox *mailbox, struct journal_message *message, struct origin *origin,
            char noted[static LOCAL_INFO_MAX + 1], bool *waits)
{
    const unsigned shown = letters_of_info(message->info);
    const unsigned left = noted[0] == LETTERS_LEFT ? letters_of_info(noted) : 0,
                   changed = mailbox->letters->changed | left;
    struct origins origins = {0};
    struct said said = {0};
    bool ok = noted[0] == LETTERS_MOVED || noted[0] == LETTERS_HERE ||
              find_origins(run, message, noted[0] == LETTERS_STOOD, &origin->row, &origins);

    if (ok && origins.waits) {
        *waits = true;
    } else if (ok && origins.rank == 0) {
        *waits = !can_be_read(mailbox, shown & ~letters_of_info(noted));
        ok = *waits || believe_found(run, mailbox, message, noted, changed, waits);
        if (!*waits)
            noted[0] = '\0';
    } else if (ok) {
        origin->changed = changed;
        ok = find_said(run, mailbox, message, &origins, origin, &said) && say_all(run, message, said.words) &&
             lettering_leave(run, mailbox, message, said.left);
        said.waits &= ~changed; /* its line, once it is back, tells nothing of those */
        *waits = said.waits != 0;
        noted[0] = '\0';
        if (said.foreign != 0)
            (void)letters_in_info("c:2,", said.foreign, noted, LOCAL_INFO_MAX + 1);
        if (ok && *waits) { /* what is to go is known now, and by no other run */
            ok = noted[0] == '\0' || journal_letter_mark(run->journal, LETTER_DUE, message, noted, &run->err);
            (void)letters_in_info("c:2,", shown & ~said.waits, noted, LOCAL_INFO_MAX + 1);
            noted[0] = LETTERS_MOVED;
        }
    }
    free(origins.ids);
    return ok;
}

static bool
take(struct run *run, struct mailbox *mailbox, int64_t id, struct origin *origin)
{
    struct journal_message message;
    char noted[LOCAL_INFO_MAX + 1];
    bool found, waits = false;

    if (!run_load(run, id, &message) ||
        !journal_letter_get(run->journal, LETTER_NEW, mailbox->row.id, id, noted, &found, &run->err))
        return false;
    if (message.base[0] != '\0' && !message.has_wire && (message.facts & FACT_ALIAS) == 0)
        return lettering_leave(run, mailbox, &message, letters_of_info(message.info));
    if (noted[0] == LETTERS_PAST && message.base[0] != '\0' && message.uid == 0)
        return true;
    if (!message.has_wire || message.base[0] == '\0' || noted[0] == LETTERS_PAST ||
        (message.facts & (FACT_ALIAS | FACT_ALTERED)) != 0)
        noted[0] = '\0';
    else if (!believe_new(run, mailbox, &message, origin, noted, &waits))
        return false;
    if (waits)
        return journal_letter_mark(run->journal, LETTER_NEW, &message, noted, &run->err);
    return journal_letter_clear(run->journal, LETTER_NEW, mailbox->row.id, id, &run->err) &&
           journal_letter_mark(run->journal, LETTER_DUE, &message, noted, &run->err);
}

static bool
take_all(struct run *run, struct mailbox *mailbox)
{
    struct origin *origin = malloc(sizeof *origin);
    size_t count = 0;
    int64_t *ids = NULL;
    bool ok = (origin != NULL || run_no_memory(run)) &&
              journal_letter_messages(run->journal, LETTER_NEW, mailbox->row.id, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count && lettering_is_known(mailbox); i++)
        ok = take(run, mailbox, ids[i], origin);
    free(ids);
    free(origin);
    return ok;
}

static bool
take_one(struct run *run, struct mailbox *mailbox)
{
    return run_begin(run) && run_end(run, lettering_open(run, mailbox, false) && take_all(run, mailbox));
}

/* May it have come from another folder? */
static bool
may_have_come(struct run *run, const struct journal_message *message, bool was_here, bool *came)
{
    struct journal_message *other = malloc(sizeof *other);
    size_t count = 0;
    int64_t *ids = NULL;
    bool ok = (other != NULL || run_no_memory(run)) &&
              journal_ids_by_wire(run->journal, message->wire, &ids, &count, &run->err);

    *came = false;
    for (size_t i = 0; ok && !*came && i < count; i++) {
        ok = run_load(run, ids[i], other);
        const struct mailbox *from = ok ? run_mailbox_by_id(run, other->mailbox) : NULL;

        *came =
            from != NULL && rank_of(message, other, from->folder_here, was_here || run->first || run->pair_all) != 0;
    }
    free(ids);
    free(other);
    return ok;
}

/* While letters are not to be used, nothing of it is looked at. Where it came from, nobody knows once they are: what it shows now is not of its folder. */
static bool
note_came(struct run *run, int64_t mailbox, int64_t id)
{
    struct journal_message message;
    char noted[LOCAL_INFO_MAX + 1];
    bool found, came = false;

    if (!run_load(run, id, &message) ||
        !journal_letter_get(run->journal, LETTER_NEW, mailbox, id, noted, &found, &run->err))
        return false;
    if (!found || !message.has_wire ||
        (noted[0] != '\0' && noted[0] != 'c' && noted[0] != 'n' && noted[0] != LETTERS_STOOD))
        return true;
    if (!may_have_come(run, &message, noted[0] == LETTERS_STOOD, &came))
        return false;
    if (!came)
        return true;
    (void)letters_in_info("c:2,", letters_of_info(message.info), noted, sizeof noted);
    noted[0] = LETTERS_MOVED;
    return journal_letter_mark(run->journal, LETTER_NEW, &message, noted, &run->err);
}

static bool
note_all(struct run *run)
{
    size_t count = 0, mailboxes = 0;
    int64_t *ids = NULL, *boxes = NULL;
    bool ok = journal_letter_mailboxes(run->journal, &boxes, &mailboxes, &run->err);

    for (size_t m = 0; ok && m < mailboxes; m++) {
        ok = journal_letter_messages(run->journal, LETTER_NEW, boxes[m], &ids, &count, &run->err);
        for (size_t i = 0; ok && i < count; i++)
            ok = note_came(run, boxes[m], ids[i]);
        free(ids);
        ids = NULL;
    }
    free(boxes);
    return ok;
}

bool
letters_new_take(struct run *run)
{
    const enum keywords_mode mode = run->account->policy.keywords;

    if (run->local.ops->letters != NULL && mode != KEYWORDS_LETTERS && mode != KEYWORDS_AUTO)
        return run_begin(run) && run_end(run, note_all(run));
    return lettering_each(run, take_one);
}
