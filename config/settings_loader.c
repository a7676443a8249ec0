/* See settings_loader.h. */
#include "config/settings_loader.h"

#include <stdarg.h>

void *
loader_keep(struct loader *loader, void *memory)
{
    struct settings *s = loader->settings;

    if (memory != NULL && array_grow(&s->owned, &s->owned_size, s->owned_count + 1, sizeof s->owned[0])) {
        s->owned[s->owned_count++] = memory;
        return memory;
    }
    free(memory);
    if (!loader->failed) {
        loader->failed = true;
        error_set(loader->err, ERROR_CONFIG, "read the configuration");
        error_answer(loader->err, TEXT("out of memory"));
    }
    return NULL;
}

void
loader_turn_to(struct loader *loader, size_t account)
{
    const struct origin *origin = &loader->origins[account];

    loader->section = origin->section;
    loader->file = loader->sources[origin->source].file;
    loader->folder = loader->sources[origin->source].folder;
}

void
loader_where(const struct loader *loader, const struct configured *c, char *to, size_t size)
{
    const size_t len = strlen(c->file);

    if (strcmp(c->file, loader->file) == 0)
        (void)text_print(to, size, "line %u", c->line);
    else
        (void)text_print(to, size, "%s:%u", len > 100 ? c->file + len - 100 : c->file, c->line);
}

unsigned
loader_line(const struct loader *loader, const cfg_t *section, const char *key)
{
    unsigned line = 1;

    for (size_t i = 0; i < loader->place_count; i++) {
        const struct place *place = &loader->places[i];

        if (place->section != section)
            continue;
        if (place->key == NULL)
            line = place->line;
        else if (key != NULL && strcmp(place->key, key) == 0)
            return place->line;
    }
    return line;
}

bool
loader_refuse_at(struct loader *loader, unsigned line, const char *account, const char *key, const char *reason)
{
    const char *file = loader->file;
    size_t len = strlen(file);

    if (loader->failed)
        return false;
    loader->failed = true;
    /* The end of a long path says more than its beginning, and the reason must fit. */
    error_state(loader->err, ERROR_CONFIG, "%s:%u: %s%s%s%s%s%s", len > 100 ? file + len - 100 : file, line,
                account != NULL ? "account \"" : "", account != NULL ? account : "", account != NULL ? "\": " : "",
                key != NULL ? key : "", key != NULL ? ": " : "", reason);
    return false;
}

bool
loader_refuse(struct loader *loader, const char *key, const char *format, ...)
{
    const cfg_t *section = loader->section;
    char reason[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args); /* a cut reason still is one */
    va_end(args);
    if (key != NULL)
        (void)loader_find(loader, key, &section);
    return loader_refuse_at(loader, loader_line(loader, section, key), section != NULL ? section->title : NULL, key,
                            reason);
}

void
loader_tell_error(struct loader *loader, const char *key)
{
    char reason[sizeof loader->err->what], answer[sizeof loader->err->answer], hint[sizeof loader->err->hint];

    if (loader->failed)
        return;
    (void)text_print(reason, sizeof reason, "%s%s", loader->err->stated ? "" : "can't ", loader->err->what);
    (void)text_print(answer, sizeof answer, "%s", loader->err->answer);
    (void)text_print(hint, sizeof hint, "%s", loader->err->hint);
    loader_refuse(loader, key, "%s", reason);
    error_answer(loader->err, text_of(answer));
    error_hint(loader->err, "%s", hint);
}

bool
loader_hint(struct loader *loader, const char *format, ...)
{
    char hint[sizeof loader->err->hint];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(hint, sizeof hint, format, args);
    va_end(args);
    if (loader->err->hint[0] == '\0')
        error_hint(loader->err, "%s", hint);
    return false;
}

cfg_opt_t *
loader_find(struct loader *loader, const char *key, const cfg_t **where)
{
    cfg_t *sections[] = {loader->section, loader->defaults};

    for (size_t i = 0; i < 2; i++) {
        cfg_opt_t *opt = sections[i] != NULL ? cfg_getopt(sections[i], key) : NULL;

        /* An empty list sets no value, but says that there shall be none: it leaves these flags. */
        if (opt != NULL && (cfg_opt_size(opt) > 0 || (opt->flags & (CFGF_MODIFIED | CFGF_RESET)) != 0)) {
            *where = sections[i];
            return opt;
        }
    }
    return NULL;
}

const char *
loader_scalar(struct loader *loader, const char *key)
{
    const cfg_t *section;
    cfg_opt_t *opt = loader_find(loader, key, &section);

    return opt != NULL ? cfg_opt_getnstr(opt, 0) : NULL;
}
