/* See names_map.h. */
#include "sync/rules/names_map.h"

static bool
refuse(struct error *err, const char *written, const char *why, const char *hint)
{
    error_set(err, ERROR_CONFIG, "use \"%.100s\": %s", written, why);
    if (hint != NULL)
        error_hint(err, "%s", hint);
    return false;
}

/* ---- words ---- */

bool
names_map_parse(const char *written, unsigned *use, char left[static LIMIT_MAILBOX_NAME + 1],
                char right[static LIMIT_MAILBOX_NAME + 1], struct error *err)
{
    const char *equals = strchr(written, '=');
    char begin[LIMIT_MAILBOX_NAME + 1];
    struct error why = {0};

    *use = 0;
    left[0] = '\0';
    if (equals == NULL || !text_copy((struct text){written, (size_t)(equals - written)}, begin, sizeof begin))
        return refuse(err, written, "it is not MAILBOX=FOLDER", "For example map = {\"Sent Items=Sent\"}.");
    if (strncasecmp(begin, "special:", 8) == 0) {
        *use = special_of_word(text_of(begin + 8));
        if (*use == 0)
            return refuse(err, written, "it begins with no use that is known",
                          "special: trash, sent, drafts, junk, archive, all, flagged and important are known.");
    } else if (!names_is_one(begin, left, &why)) {
        return refuse(err, written, "what stands before = can't be the name of a mailbox",
                      "Write the server's name with / between levels, as golub check shows it.");
    }
    if (!names_is_one(equals + 1, right, &why))
        return refuse(err, written, "what stands after = can't be the name of a folder",
                      "It is a name below the Maildir's root, with / between levels in every layout.");
    if (strcmp(right, "INBOX") == 0)
        return refuse(err, written, "INBOX here is the server's INBOX and no other mailbox",
                      "Where INBOX stands is said by layout.");
    return true;
}

/* Is it this name, or below it? */
static bool
is_in(const char *name, const char *above)
{
    const size_t len = strlen(above);

    return strncmp(name, above, len) == 0 && (name[len] == '\0' || name[len] == '/');
}

static bool
are_same(const struct names_mapped *a, const struct names_mapped *b)
{
    return a->use == b->use && (a->use != 0 || strcmp(a->left, b->left) == 0);
}

static void
print_left(const struct names_mapped *entry, char *to, size_t size)
{
    (void)text_print(to, size, "%s%.200s", entry->use != 0 ? "special:" : "",
                     entry->use != 0 ? special_word(entry->use) : entry->left);
}

bool
names_map_is_sound(const struct names_mapped *entries, enum layout layout, struct error *err)
{
    char folder[LOCAL_FOLDER_MAX + 1], left[220], other[220];
    struct error why = {0};

    for (const struct names_mapped *b = entries; b != NULL && b->right != NULL; b++) {
        print_left(b, left, sizeof left);
        if (!names_to_folder(b->right, layout, folder, &why)) {
            error_set(err, ERROR_CONFIG, "use \"%.200s\" for %s: no folder can be called so", b->right, left);
            return false;
        }
        if (layout == LAYOUT_MAILDIRPP && b->use == 0 && strcmp(b->left, "INBOX") == 0)
            return refuse(err, left, "in the layout maildir++ the root is INBOX", NULL);
        for (const struct names_mapped *a = entries; a != b; a++) {
            print_left(a, other, sizeof other);
            if (are_same(a, b)) {
                error_set(err, ERROR_CONFIG, "use both \"%.100s\" and \"%.100s\" for %s", a->right, b->right, left);
                return false;
            }
            if (is_in(a->right, b->right) || is_in(b->right, a->right)) {
                error_set(err, ERROR_CONFIG,
                          "use \"%.100s\" for %s and \"%.100s\" for %s: they are one folder, or one is below the other",
                          a->right, other, b->right, left);
                return false;
            }
        }
    }
    return true;
}

/* ---- names ---- */

static size_t
place_of(unsigned use)
{
    size_t i = 0;

    while (i + 1 < SPECIAL_USES && special_all[i] != use)
        i++;
    return i;
}

/* Whoever writes a mailbox's name means that one, whatever it is for. */
static bool
is_named(const struct names_map *map, const char *name)
{
    for (const struct names_mapped *entry = map->entries; entry->right != NULL; entry++) {
        if (entry->use == 0 && strcmp(entry->left, name) == 0)
            return true;
    }
    return false;
}

void
names_map_find(struct names_map *map, const struct names_mapped *entry, const char *name)
{
    (void)text_print(map->found[place_of(entry->use)], LIMIT_MAILBOX_NAME + 1, "%s", is_named(map, name) ? "" : name);
}

void
names_map_begin(struct names_map *map, const struct policy *policy, const struct names_mapped *before)
{
    map->entries = policy->map;
    for (size_t i = 0; i < SPECIAL_USES; i++)
        map->found[i][0] = '\0';
    for (const struct names_mapped *entry = policy->map; entry != NULL && entry->right != NULL; entry++) {
        const char *name = "";

        if (entry->use == 0)
            continue;
        for (const struct names_mapped *at = before; at != NULL && at->right != NULL; at++)
            name = at->use == entry->use ? at->left : name;
        for (const struct special_named *at = policy->special; at != NULL && at->name != NULL; at++)
            name = at->use == entry->use ? at->name : name;
        names_map_find(map, entry, name);
    }
}

const char *
names_map_left(const struct names_map *map, const struct names_mapped *entry)
{
    return entry->use != 0 ? map->found[place_of(entry->use)] : entry->left;
}

/* The entry with the longest side that fits; NULL: none does. */
static const struct names_mapped *
find(const struct names_map *map, const char *name, bool right)
{
    const struct names_mapped *best = NULL;
    size_t longest = 0;

    for (const struct names_mapped *entry = map->entries; entry != NULL && entry->right != NULL; entry++) {
        const char *left = names_map_left(map, entry), *side = right ? entry->right : left;

        if (left[0] != '\0' && is_in(name, side) && strlen(side) > longest) {
            best = entry;
            longest = strlen(side);
        }
    }
    return best;
}

/* @return false: it is longer than a name can be */
static bool
replace(const struct names_map *map, const char *name, bool back, char out[static LIMIT_MAILBOX_NAME + 1])
{
    const struct names_mapped *entry = find(map, name, back);
    const char *left = entry != NULL ? names_map_left(map, entry) : "", *right = entry != NULL ? entry->right : "";

    return text_print(out, LIMIT_MAILBOX_NAME + 1, "%s%s", back ? left : right, name + strlen(back ? right : left));
}

bool
names_map_here(const struct names_map *map, const char *name, char here[static LIMIT_MAILBOX_NAME + 1],
               struct error *err)
{
    char again[LIMIT_MAILBOX_NAME + 1];

    if (!replace(map, name, false, here)) {
        error_set(err, ERROR_CONFIG, "give mailbox %.200s a folder: `map` makes its name too long", name);
        return false;
    }
    if (replace(map, here, true, again) && strcmp(again, name) == 0)
        return true;
    error_set(err, ERROR_CONFIG, "give mailbox %.200s a folder: `map` gives %.200s to mailbox %.200s", name, here,
              again);
    error_hint(err, "Rename one of the two mailboxes, or give this one another folder with `map`.");
    return false;
}

bool
names_map_there(const struct names_map *map, const char *here, char name[static LIMIT_MAILBOX_NAME + 1],
                struct error *err)
{
    char again[LIMIT_MAILBOX_NAME + 1];

    if (!replace(map, here, true, name)) {
        error_set(err, ERROR_CONFIG, "use folder %.200s: `map` makes its name too long", here);
        return false;
    }
    if (replace(map, name, false, again) && strcmp(again, here) == 0)
        return true;
    error_set(err, ERROR_CONFIG, "use folder %.200s: `map` gives mailbox %.200s the folder %.200s", here, name, again);
    error_hint(err, "Move what is in it to %.200s and remove it, or rename it.", again);
    return false;
}

bool
names_map_folder(const struct names_map *map, const char *name, enum layout layout,
                 char folder[static LOCAL_FOLDER_MAX + 1], struct error *err)
{
    char here[LIMIT_MAILBOX_NAME + 1];

    return names_map_here(map, name, here, err) && names_to_folder(here, layout, folder, err);
}

bool
names_map_name(const struct names_map *map, const char *folder, enum layout layout,
               char name[static LIMIT_MAILBOX_NAME + 1], struct error *err)
{
    char here[LIMIT_MAILBOX_NAME + 1];

    return names_from_folder(folder, layout, here, err) && names_map_there(map, here, name, err);
}

/* ---- as the journal keeps it ---- */

#define BETWEEN "//"
#define TEXT_MAX (16 * 1024 * 1024)

static bool
put(struct buffer *to, const char *text)
{
    return buffer_add(to, text, strlen(text)) && buffer_add(to, BETWEEN, sizeof BETWEEN - 1);
}

bool
names_map_write(const struct names_map *map, struct buffer *to)
{
    bool ok = true;

    for (const struct names_mapped *entry = map->entries; ok && entry != NULL && entry->right != NULL; entry++) {
        const char *left = names_map_left(map, entry);

        if (left[0] != '\0')
            ok = put(to, entry->use != 0 ? special_word(entry->use) : "-") && put(to, left) && put(to, entry->right);
    }
    return ok && buffer_add(to, "", 1);
}

bool
names_map_is_as_written(const struct names_map *map, const struct names_map *was, const char *text)
{
    struct buffer written = buffer_new(TEXT_MAX);
    bool same = names_map_write(was, &written) && strcmp(written.at, text != NULL ? text : "") == 0;

    /* A use of which the journal knows nothing may have been written today. */
    for (const struct names_mapped *entry = map->entries; same && entry != NULL && entry->right != NULL; entry++)
        same = names_map_left(map, entry)[0] == '\0' || names_map_left(was, entry)[0] != '\0';
    buffer_free(&written);
    return same;
}

/* The next piece, NULL at the end. */
static char *
take(char **rest)
{
    char *piece = *rest, *end = strstr(*rest, BETWEEN);

    if (end == NULL)
        return NULL;
    *end = '\0';
    *rest = end + sizeof BETWEEN - 1;
    return piece;
}

bool
names_map_read(char *text, struct names_mapped **entries)
{
    size_t pieces = 0, count = 0;
    char *word, *left, *right;

    for (const char *at = text; (at = strstr(at, BETWEEN)) != NULL; at += sizeof BETWEEN - 1)
        pieces++;
    *entries = calloc(pieces / 3 + 1, sizeof **entries);
    if (*entries == NULL)
        return false;
    while ((word = take(&text)) != NULL && (left = take(&text)) != NULL && (right = take(&text)) != NULL)
        (*entries)[count++] =
            (struct names_mapped){.use = special_of_word(text_of(word)), .left = left, .right = right};
    return true;
}
