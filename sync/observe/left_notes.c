/* See left_notes.h. */
#include "sync/observe/left_notes.h"

#include <inttypes.h>

#define KEY "left-out "
#define NOTHING "-"
#define MORE '\1' /* behind the name, with a number: another mailbox had that name before, and is noted under it, too */
#define NOTE_MAX (LOCAL_STAMP_MAX + REMOTE_OBJECTID_MAX + 16 * LEFT_NAMES + LOCAL_FOLDER_MAX + 64)

/* ---- writing ---- */

#define KEY_MAX (LIMIT_MAILBOX_NAME + 16)

struct choosing {
    uint64_t names[LEFT_NAMES];
    size_t count;
};

static bool
choose(void *context, const struct journal_name *row)
{
    struct choosing *choosing = context;
    const uint64_t hash = text_hash(row->base);
    size_t at = choosing->count;

    if ((row->facts & FACT_GONE_HERE) != 0)
        return true;
    while (at > 0 && choosing->names[at - 1] > hash)
        at--;
    if (at == LEFT_NAMES)
        return true;
    choosing->count += choosing->count < LEFT_NAMES;
    memmove(&choosing->names[at + 1], &choosing->names[at], (choosing->count - at - 1) * sizeof choosing->names[0]);
    choosing->names[at] = hash;
    return true;
}

static bool
set(struct run *run, const char *name, const char *value)
{
    char key[KEY_MAX + sizeof KEY];
    char *before = NULL;
    bool ok;

    (void)text_print(key, sizeof key, KEY "%s", name);
    ok = journal_get(run->journal, key, &before, &run->err);
    if (ok && strcmp(before != NULL ? before : "", value) != 0)
        ok = journal_set(run->journal, key, value, &run->err);
    free(before);
    return ok;
}

static const char *
or_nothing(const char *text)
{
    return text[0] != '\0' && strchr(text, ' ') == NULL ? text : NOTHING;
}

/* What is noted of another mailbox that had this name is still to be told from this one. */
static bool
find_key(struct run *run, const struct journal_mailbox *row, char key[static KEY_MAX])
{
    struct left_notes notes;
    const bool ok = left_notes_load(run, &notes);
    bool taken = true;

    (void)text_print(key, KEY_MAX, "%s", row->name);
    for (unsigned more = 2; ok && taken; more++) {
        taken = false;
        for (size_t i = 0; i < notes.count; i++)
            taken = taken || (strcmp(notes.at[i].key, key) == 0 &&
                              !left_notes_may_be(&notes.at[i], row->objectid, row->uidvalidity));
        if (taken)
            (void)text_print(key, KEY_MAX, "%s%c%u", row->name, MORE, more);
    }
    left_notes_free(&notes);
    return ok;
}

bool
left_notes_write(struct run *run, const struct mailbox *mailbox)
{
    const struct journal_mailbox *row = &mailbox->row;
    struct choosing choosing = {.count = 0};
    struct journal_place place;
    char names[16 * LEFT_NAMES + 1], value[NOTE_MAX], key[KEY_MAX];
    bool known;

    if (!journal_place_get(run->journal, row->id, &place, &known, &run->err))
        return false;
    if (!known) /* one that was let in, and is left out before it had a folder, is what it was */
        return true;
    if (!journal_names(run->journal, row->id, row->messages, choose, &choosing, &run->err))
        return false;
    (void)text_print(names, sizeof names, "%s", choosing.count == 0 ? NOTHING : "");
    for (size_t i = 0; i < choosing.count; i++)
        (void)text_print(names + 16 * i, sizeof names - 16 * i, "%016" PRIx64, choosing.names[i]);
    (void)text_print(value, sizeof value, "%s %s %" PRIu32 " %" PRIu32 " %s %s", or_nothing(place.born),
                     or_nothing(row->objectid), row->uidvalidity, row->uidnext, names, row->folder);
    return find_key(run, row, key) && set(run, key, value);
}

bool
left_notes_forget(struct run *run, const struct left_note *note)
{
    return set(run, note->key, "");
}

/* ---- reading ---- */

/* The next word of it, "" for what is not known; NULL: there is none. *at: what is behind it */
static const char *
next_word(char **at)
{
    char *word = *at, *blank = strchr(word, ' ');

    if (blank == NULL)
        return NULL;
    *blank = '\0';
    *at = blank + 1;
    return strcmp(word, NOTHING) == 0 ? "" : word;
}

static bool
read_number(const char *word, uint32_t *to)
{
    uint64_t number;

    if (word == NULL || !text_number(text_of(word), UINT32_MAX, &number))
        return false;
    *to = (uint32_t)number;
    return true;
}

static bool
read_names(struct left_note *note, const char *word)
{
    const size_t length = word != NULL ? strlen(word) : 1;

    if (length % 16 != 0 || length / 16 > LEFT_NAMES || strspn(word, "0123456789abcdef") != length)
        return false;
    for (; note->names_count < length / 16; note->names_count++) {
        char digits[17];

        (void)text_print(digits, sizeof digits, "%.16s", word + 16 * note->names_count);
        note->names[note->names_count] = strtoull(digits, NULL, 16);
    }
    return true;
}

/* @return false: it is no note that this version can read */
static bool
read_note(struct left_note *note)
{
    char *at = note->text;

    note->objectid = note->folder = "";
    note->born = next_word(&at);
    if (note->born == NULL) {
        note->born = note->text;
        return true;
    }
    note->objectid = next_word(&at);
    if (note->objectid == NULL || !read_number(next_word(&at), &note->uidvalidity) ||
        !read_number(next_word(&at), &note->uidnext) || !read_names(note, next_word(&at)))
        return false;
    note->folder = at;
    return true;
}

static void
free_note(struct left_note *note)
{
    free(note->key);
    free(note->name);
    free(note->text);
    *note = (struct left_note){0};
}

struct loading {
    struct run *run;
    struct left_notes *notes;
};

static bool
load_one(void *context, struct text rest, struct text value)
{
    struct loading *loading = context;
    struct left_notes *notes = loading->notes;
    struct left_note *note;

    if (!array_grow(&notes->at, &notes->size, notes->count + 1, sizeof *notes->at))
        return run_no_memory(loading->run);
    note = &notes->at[notes->count];
    *note = (struct left_note){.key = strndup(rest.at, rest.len), .text = strndup(value.at, value.len)};
    note->name = note->key != NULL ? strndup(note->key, strcspn(note->key, (const char[]){MORE, '\0'})) : NULL;
    if (note->name == NULL || note->text == NULL) {
        free_note(note);
        return run_no_memory(loading->run);
    }
    if (read_note(note))
        notes->count++;
    else
        free_note(note);
    return true;
}

bool
left_notes_load(struct run *run, struct left_notes *notes)
{
    struct loading loading = {.run = run, .notes = notes};

    *notes = (struct left_notes){0};
    return journal_get_all(run->journal, KEY, load_one, &loading, &run->err);
}

void
left_notes_free(struct left_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        free_note(&notes->at[i]);
    free(notes->at);
    *notes = (struct left_notes){0};
}

bool
left_notes_sift(struct run *run, struct left_notes *notes, bool (*goes)(struct run *run, const struct left_note *note))
{
    size_t kept = 0;
    bool ok = true;

    for (size_t i = 0; i < notes->count; i++) {
        if (ok && goes(run, &notes->at[i])) {
            ok = left_notes_forget(run, &notes->at[i]);
            free_note(&notes->at[i]);
        } else {
            notes->at[kept++] = notes->at[i];
        }
    }
    notes->count = kept;
    return ok;
}

bool
left_notes_may_be(const struct left_note *note, const char *objectid, uint32_t uidvalidity)
{
    if (note->objectid[0] != '\0' && objectid[0] != '\0')
        return strcmp(note->objectid, objectid) == 0;
    return note->uidvalidity == 0 || uidvalidity == 0 || note->uidvalidity == uidvalidity;
}

static int
compare_name(const void *key, const void *item)
{
    return text_order(text_of(key), text_of(((const struct left_note *)item)->name));
}

struct left_note *
left_notes_find(const struct left_notes *notes, const char *name)
{
    return notes->count == 0 ? NULL : bsearch(name, notes->at, notes->count, sizeof *notes->at, compare_name);
}

/* ---- what a folder holds ---- */

static int
compare_hashes(const void *pa, const void *pb)
{
    const uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

    return a < b ? -1 : a > b;
}

static bool
see_file(void *context, const char *base, const char *info)
{
    struct left_notes *notes = context;
    const uint64_t hash = text_hash(text_of(base));

    (void)info;
    for (size_t i = 0; i < notes->count; i++) {
        struct left_note *note = &notes->at[i];

        if (note->names_count != 0 && hash <= note->names[note->names_count - 1])
            note->seen += bsearch(&hash, note->names, note->names_count, sizeof hash, compare_hashes) != NULL;
    }
    return true;
}

void
left_notes_look(struct run *run, struct left_notes *notes, const char *folder)
{
    const struct local_scanner scanner = {.file = see_file};
    struct local_stamp stamp;
    struct error ignored = {0};
    bool stable;

    for (size_t i = 0; i < notes->count; i++)
        notes->at[i].seen = 0;
    (void)run->local.ops->scan(run->local.self, folder, &scanner, notes, &stamp, &stable, &ignored);
}

bool
left_notes_are_in(const struct left_note *note)
{
    return note->names_count != 0 && 3 * note->seen >= 2 * note->names_count;
}
