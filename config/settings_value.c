/* The value of one key: a word, a number, a string. See settings_loader.h. */
#include "config/settings_loader.h"

bool
value_find(struct loader *loader, const char *key, const char *value, const struct word *words, unsigned *out)
{
    char list[160];
    size_t used = 0;

    for (const struct word *w = words; w->word != NULL; w++) {
        if (strcmp(value, w->word) == 0) {
            *out = w->value;
            return true;
        }
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "", w->word);
        if (used >= sizeof list)
            break;
    }
    loader_refuse(loader, key, "\"%.60s\" is not one of its words", value);
    return loader_hint(loader, "One of: %s", list);
}

bool
value_word(struct loader *loader, const char *key, const struct word *words, unsigned *out)
{
    const char *value = loader_scalar(loader, key);

    return value == NULL || value_find(loader, key, value, words, out);
}

bool
value_number(struct loader *loader, const char *key, uint64_t least, uint64_t most, uint64_t *out)
{
    const char *value = loader_scalar(loader, key);
    uint64_t number;

    if (value == NULL)
        return true;
    if (!text_number(text_of(value), most, &number) || number < least)
        return loader_refuse(loader, key, "\"%.60s\" is not a whole number from %llu to %llu", value,
                             (unsigned long long)least, (unsigned long long)most);
    *out = number;
    return true;
}

static bool
has_control(const char *value)
{
    for (; *value != '\0'; value++) {
        if ((unsigned char)*value < 0x20 || *value == 0x7f)
            return true;
    }
    return false;
}

bool
value_string(struct loader *loader, const char *key, bool command, const char **out)
{
    const char *value = loader_scalar(loader, key);

    if (value == NULL)
        return true;
    if (value[0] == '\0') {
        loader_refuse(loader, key, "is empty");
        return loader_hint(loader, "${X} inside quotes is the environment's X: is it set?");
    }
    if (!command && has_control(value)) {
        loader_refuse(loader, key, "holds a control character");
        return loader_hint(loader, "Inside \"...\" a backslash is written \\\\.");
    }
    *out = loader_keep(loader, strdup(value));
    return *out != NULL;
}
