/*
 * From the file to accounts, in four steps: libconfuse reads words into sections and we note the line of each
 * value; every key of the defaults and of each account is converted (settings_keys.c); what only makes sense
 * together is checked for each account; accounts are compared with each other.
 *
 * To libconfuse every value is a string. Its own numbers would take 010 for eight and "" for zero, and its
 * messages could not say what would be right.
 */
#include "config/settings.h"

#include "config/paths.h"
#include "config/settings_loader.h"
#include "config/settings_text.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>

#define KEYS_MAX 64 /* keys of an account, with room */

/* libconfuse hands its callbacks no context. */
static struct loader *reading;

static bool
note_place(const cfg_t *section, const char *key, int line)
{
    struct loader *l = reading;

    if (!array_grow(&l->places, &l->place_size, l->place_count + 1, sizeof l->places[0])) {
        loader_keep(l, NULL);
        return false;
    }
    l->places[l->place_count++] = (struct place){section, key, line > 0 ? (unsigned)line : 1};
    return true;
}

/* libconfuse calls this after each value. While a section is read, the root's line is still the one it began on. */
static int
note_value(cfg_t *section, cfg_opt_t *opt)
{
    bool begun = false, given = false;

    if (section == reading->root) { /* "account|user" at the top is libconfuse's own way into a section */
        (void)loader_refuse_at(reading, (unsigned)section->line, NULL, NULL, "a key stands outside of an account");
        return -1;
    }
    for (size_t i = 0; i < reading->place_count; i++) {
        const struct place *place = &reading->places[i];

        begun = begun || (place->section == section && place->key == NULL);
        given = given || (place->section == section && place->key != NULL && strcmp(place->key, opt->name) == 0);
    }
    if (given && (opt->flags & CFGF_LIST) == 0) {
        (void)loader_refuse_at(reading, (unsigned)section->line, section->title, opt->name, "given twice");
        return -1;
    }
    if (!begun && !note_place(section, NULL, reading->root->line))
        return -1;
    return given || note_place(section, opt->name, section->line) ? 0 : -1;
}

/* ... and this at the end of each section: where it began is known only if it had a key. */
static int
note_section(cfg_t *root, cfg_opt_t *opt)
{
    const cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);

    for (size_t i = 0; i < reading->place_count; i++) {
        if (reading->places[i].section == section)
            return 0;
    }
    return note_place(section, NULL, root->line) ? 0 : -1;
}

/* Number of letters to change, add or take away to make one word of the other; enough for short words. */
static unsigned
distance(const char *a, const char *b)
{
    unsigned row[64], above, here;
    size_t len = strlen(b);

    if (len >= 64)
        return 64;
    for (size_t j = 0; j <= len; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        above = row[0]++;
        for (size_t j = 1; j <= len; j++) {
            here = above + (a[i - 1] != b[j - 1]);
            above = row[j];
            if (row[j] + 1 < here)
                here = row[j] + 1;
            if (row[j - 1] + 1 < here)
                here = row[j - 1] + 1;
            row[j] = here;
        }
    }
    return row[len];
}

static const char *
find_alike(const char *word)
{
    const char *const *lists[] = {keys_single, keys_list};
    const char *best = NULL;
    unsigned least = 4;

    for (size_t i = 0; i < 2; i++) {
        for (const char *const *key = lists[i]; *key != NULL; key++) {
            unsigned d = distance(word, *key);

            if (d < least && d < strlen(*key)) {
                least = d;
                best = *key;
            }
        }
    }
    return best;
}

static bool
is_key(const char *word)
{
    const char *alike = find_alike(word);

    return alike != NULL && strcmp(alike, word) == 0;
}

static void
refuse_unknown(const cfg_t *section, const char *word)
{
    const char *alike = find_alike(word);
    char reason[128];

    (void)text_print(reason, sizeof reason, "unknown key: %.80s", word);
    (void)loader_refuse_at(reading, (unsigned)section->line, section->title, NULL, reason);
    if (section == reading->root && is_key(word))
        loader_hint(reading, "It belongs into account \"NAME\" { ... } or defaults { ... }.");
    else if (section == reading->root)
        loader_hint(reading, "Here only account \"NAME\" { ... } and defaults { ... } may stand.");
    else if (alike != NULL)
        loader_hint(reading, "Is %s meant? golub.conf(5) lists the keys.", alike);
    else
        loader_hint(reading, "golub.conf(5) lists the keys.");
}

static void
hear_error(cfg_t *section, const char *format, va_list args)
{
    char said[256];

    if (reading->failed) /* the callbacks above have said it better */
        return;
    (void)vsnprintf(said, sizeof said, format, args);
    if (strstr(format, "no such option") != NULL) {
        char *word = strchr(said, '\'');

        if (word != NULL)
            word[strcspn(word + 1, "'") + 1] = '\0';
        refuse_unknown(section, word != NULL ? word + 1 : said);
    } else if (strstr(format, "duplicate title") != NULL) {
        (void)loader_refuse_at(reading, (unsigned)section->line, NULL, NULL, "a second account of the same name");
        loader_hint(reading, "Each account needs a name of its own.");
    } else {
        (void)loader_refuse_at(reading, (unsigned)section->line, section->title, NULL, said);
        loader_hint(reading, "Write key = \"value\", lists as {\"a\", \"b\"}; see golub.conf(5).");
    }
}

/* Read the text into sections. */
static bool
parse_text(struct loader *loader, char *text)
{
    cfg_opt_t keys[KEYS_MAX], sections[3];
    size_t n = 0;
    FILE *stream;
    unsigned unclosed;
    bool starved;
    int outcome;

    for (const char *const *key = keys_single; *key != NULL; key++)
        keys[n++] = (cfg_opt_t)CFG_STR(*key, NULL, CFGF_NODEFAULT);
    for (const char *const *key = keys_list; *key != NULL; key++)
        keys[n++] = (cfg_opt_t)CFG_STR_LIST(*key, NULL, CFGF_NODEFAULT);
    for (size_t i = 0; i < n; i++)
        keys[i].validcb = note_value;
    keys[n] = (cfg_opt_t)CFG_END();
    sections[0] = (cfg_opt_t)CFG_SEC("defaults", keys, CFGF_MULTI);
    sections[1] = (cfg_opt_t)CFG_SEC("account", keys, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
    sections[0].validcb = sections[1].validcb = note_section;
    sections[2] = (cfg_opt_t)CFG_END();

    stream = fmemopen(text, strlen(text), "r");
    loader->root = stream != NULL ? cfg_init(sections, CFGF_NONE) : NULL;
    if (loader->root == NULL) {
        if (stream != NULL)
            fclose(stream);
        return loader_keep(loader, NULL) != NULL;
    }
    cfg_set_error_function(loader->root, hear_error);
    reading = loader;
    errno = 0;
    outcome = cfg_parse_fp(loader->root, stream);
    starved = errno == ENOMEM;
    fclose(stream);
    if (outcome != CFG_SUCCESS && !loader->failed && starved) /* libconfuse has no word for it */
        (void)loader_keep(loader, NULL);
    else if (outcome != CFG_SUCCESS && !loader->failed)
        (void)loader_refuse_at(loader, (unsigned)loader->root->line, NULL, NULL, "this can't be read");
    reading = NULL;
    unclosed = outcome == CFG_SUCCESS ? settings_text_unclosed(text) : 0;
    if (unclosed > 0)
        (void)loader_refuse_at(loader, unclosed, NULL, NULL, "the brace that opens here is never closed");
    return outcome == CFG_SUCCESS && !loader->failed;
}

static const struct configured built_in = {
    .account = {.connection = {.scheme = SCHEME_IMAP, .auth = AUTH_AUTO, .tls = TLS_REQUIRED, .timeout_s = 60},
                .policy = {.pull = {true, true, true, true, false},
                           .push = {true, true, true, true, false},
                           .guard = true,
                           .max_delete = 25,
                           .quarantine_days = 30,
                           .layout = LAYOUT_VERBATIM,
                           .patterns = (const char *const[]){"*", NULL},
                           .keywords_skip = (const char *const[]){"$HasAttachment", "$HasNoAttachment", NULL}},
                .watch = {.patterns = (const char *const[]){"INBOX", NULL}, .poll_s = 300, .connections = 1},
                .import = {.keep_days = KEEP_FOREVER, .deliver_to = "INBOX", .order = ORDER_NEWEST},
                .fsync = true},
};

/* The defaults alone first: a bad value there is refused even if every account has its own. Those of golub.conf serve all files. */
static bool
convert_defaults(struct loader *loader)
{
    unsigned count = cfg_size(loader->root, "defaults");
    struct configured scratch = built_in;

    if (count > 1 || (count == 1 && loader->source_count > 1)) {
        unsigned line = loader_line(loader, cfg_getnsec(loader->root, "defaults", count - 1), NULL);

        (void)loader_refuse_at(loader, line, NULL, NULL,
                               loader->source_count > 1 ? "defaults may stand in golub.conf alone"
                                                        : "a second block of defaults; one is allowed");
        return false;
    }
    loader->section = count == 1 ? cfg_getnsec(loader->root, "defaults", 0) : NULL;
    if (loader->section != NULL && !keys_convert(loader, &scratch))
        return false;
    if (loader->section != NULL)
        loader->defaults = loader->section;
    return true;
}

static bool
convert_account(struct loader *loader, unsigned place)
{
    struct settings *s = loader->settings;
    cfg_t *section = cfg_getnsec(loader->root, "account", place);
    const struct configured *other = settings_find(s, cfg_title(section));
    char where[LOADER_WHERE_SIZE];
    struct configured *c;

    if (!array_grow(&s->accounts, &s->size, s->count + 1, sizeof s->accounts[0]) ||
        !array_grow(&loader->origins, &loader->origin_size, s->count + 1, sizeof loader->origins[0]))
        return loader_keep(loader, NULL) != NULL;
    loader->origins[s->count] = (struct origin){section, loader->source_count - 1};
    loader->section = section;
    if (other != NULL) {
        loader_where(loader, other, where, sizeof where);
        loader_refuse(loader, NULL, "a second account of the same name; the other one is %s", where);
        return loader_hint(loader, "Each account needs a name of its own.");
    }
    c = &s->accounts[s->count];
    *c = built_in;
    c->line = loader_line(loader, section, NULL);
    c->file = loader_keep(loader, strdup(loader->file));
    c->account.name = loader_keep(loader, strdup(cfg_title(section)));
    if (c->account.name == NULL || c->file == NULL || !keys_convert(loader, c) || !check_account(loader, c))
        return false;
    s->count++;
    return true;
}

/* @param file  allocated, and the loader's from here on */
static bool
load_file(struct loader *loader, char *file)
{
    struct source *source;
    char *text = NULL;
    bool done;

    if (file == NULL || !array_grow(&loader->sources, &loader->source_size, loader->source_count + 1, sizeof *source)) {
        free(file);
        return loader_keep(loader, NULL) != NULL;
    }
    source = &loader->sources[loader->source_count++];
    *source = (struct source){.file = file};
    loader->file = file;
    loader->root = NULL;
    if (loader->text != NULL && loader->source_count == 1)
        text = strdup(loader->text);
    if ((text == NULL && !settings_text_read(file, &text, loader->err)) ||
        (!paths_folder_of(file, &source->folder, loader->err) &&
         (loader->text == NULL || (source->folder = strdup("/")) == NULL))) { /* a folder that is still to be made */
        loader->failed = true;
        free(text);
        return false;
    }
    loader->folder = source->folder;
    settings_text_blank_comments(text);
    done = parse_text(loader, text);
    source->root = loader->root;
    free(text);
    done = done && convert_defaults(loader);
    for (unsigned i = 0; done && i < cfg_size(loader->root, "account"); i++)
        done = convert_account(loader, i);
    return done;
}

static int
is_account_file(const struct dirent *entry)
{
    const size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

/* accounts.d beside golub.conf, if it is there. */
static bool
load_beside(struct loader *loader)
{
    struct dirent **entries = NULL;
    char folder[PATHS_MAX + 1], *file;
    const bool fits = text_print(folder, sizeof folder, "%s/accounts.d", loader->sources[0].folder);
    int count = fits ? scandir(folder, &entries, is_account_file, alphasort) : -1; /* golub has no locale: by bytes */
    const int number = fits ? errno : ENAMETOOLONG;
    bool done = true;

    if (count < 0 && number == ENOENT)
        return true;
    if (count < 0) {
        error_sys(loader->err, number, "read the folder accounts.d in %s", loader->sources[0].folder);
        loader->err->kind = ERROR_CONFIG;
        loader->failed = true;
        return false;
    }
    for (int i = 0; i < count; i++) {
        file = NULL;
        if (done && asprintf(&file, "%s/%s", folder, entries[i]->d_name) < 0)
            file = NULL;
        done = done && load_file(loader, file);
        free(entries[i]);
    }
    free(entries);
    return done;
}

static bool
load_all(struct loader *loader, bool beside)
{
    struct settings *s = loader->settings;

    if (!load_file(loader, strdup(s->file)) || (beside && !load_beside(loader)))
        return false;
    if (s->count > 0 || loader->may_be_empty)
        return check_together(loader);
    loader->file = s->file;
    (void)loader_refuse_at(loader, 1, NULL, NULL, "no account in it");
    return loader_hint(loader, "golub.conf(5) shows the four lines that an account needs.");
}

static void
free_loader(struct loader *loader)
{
    for (size_t i = 0; i < loader->source_count; i++) {
        if (loader->sources[i].root != NULL)
            cfg_free(loader->sources[i].root);
        free(loader->sources[i].file);
        free(loader->sources[i].folder);
    }
    free(loader->sources);
    free(loader->origins);
    free(loader->places);
}

static struct settings *
load(const char *file, const char *text, bool beside, struct error *err)
{
    struct settings *s = calloc(1, sizeof *s);
    struct loader loader = {.settings = s, .text = text, .may_be_empty = text != NULL, .err = err};
    bool done = false;

    error_set(err, ERROR_CONFIG, "read the configuration");
    if (s == NULL || (file != NULL && (s->file = strdup(file)) == NULL))
        error_answer(err, TEXT("out of memory"));
    else if (file != NULL || paths_config_file(&s->file, err))
        done = load_all(&loader, beside);
    free_loader(&loader);
    if (done)
        return s;
    settings_free(s);
    return NULL;
}

struct settings *
settings_load(const char *file, struct error *err)
{
    return load(file, NULL, file == NULL, err);
}

struct settings *
settings_of_text(const char *file, const char *text, bool beside, struct error *err)
{
    return load(file, text, beside, err);
}

void
settings_free(struct settings *settings)
{
    if (settings == NULL)
        return;
    for (size_t i = 0; i < settings->owned_count; i++)
        free(settings->owned[i]);
    free(settings->owned);
    free(settings->accounts);
    free(settings->file);
    free(settings);
}

struct configured *
settings_find(struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->count; i++) {
        if (strcmp(settings->accounts[i].account.name, name) == 0)
            return &settings->accounts[i];
    }
    return NULL;
}
