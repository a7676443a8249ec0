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

/* Bytes, or with k, M or G behind them 1024, 1024² or 1024³ of them. */
static bool
read_size(struct text value, uint64_t *bytes)
{
    static const struct {
        const char *letters;
        unsigned shift;
    } units[] = {{"kK", 10}, {"mM", 20}, {"gG", 30}};
    unsigned shift = 0;

    for (size_t i = 0; value.len > 0 && i < sizeof units / sizeof units[0]; i++) {
        if (value.at[value.len - 1] == units[i].letters[0] || value.at[value.len - 1] == units[i].letters[1]) {
            shift = units[i].shift;
            value.len--;
            break;
        }
    }
    if (!text_number(value, (uint64_t)INT64_MAX >> shift, bytes) || *bytes == 0)
        return false;
    *bytes <<= shift;
    return true;
}

bool
value_size(struct loader *loader, const char *key, const char *none, uint64_t *bytes)
{
    const char *value = loader_scalar(loader, key);
    uint64_t size;

    if (value == NULL)
        return true;
    if (none != NULL && strcmp(value, none) == 0) {
        *bytes = 0;
        return true;
    }
    if (!read_size(text_of(value), &size)) {
        loader_refuse(loader, key, "\"%.60s\" is not a size", value);
        return loader_hint(loader, "For example %s = \"%s\"; k, M and G stand for 1024 bytes, 1024 k and 1024 M.", key,
                           none != NULL ? "2G" : "10M");
    }
    *bytes = size;
    return true;
}
