/* See differ.h. */
#include "sync/match/differ.h"

#include "store/base/error.h"
#include "store/base/kin.h"
#include "store/message/header.h"

#include <string.h>
#include <strings.h>

#define FIELDS_MAX 200
#define NAMED_MAX 3

struct field {
    struct text name, value;
};

/* The fields of a header block in their order, each with its continuation lines. @return how many */
static size_t
split(struct text header, struct field fields[static FIELDS_MAX])
{
    size_t count = 0;

    while (count < FIELDS_MAX && header.len > 0) {
        const char *colon = memchr(header.at, ':', header.len), *end = header.at;

        do {
            end = memchr(end, '\n', header.len - (size_t)(end - header.at));
            end = end != NULL ? end + 1 : header.at + header.len;
        } while (end < header.at + header.len && (*end == ' ' || *end == '\t'));
        if (colon == NULL || colon >= end)
            break; /* the empty line, or what is no header */
        fields[count].name = (struct text){header.at, (size_t)(colon - header.at)};
        fields[count++].value = (struct text){colon + 1, (size_t)(end - colon) - 1};
        header = (struct text){end, header.len - (size_t)(end - header.at)};
    }
    return count;
}

static bool
has_same_name(const struct field *a, const struct field *b)
{
    return a->name.len == b->name.len && strncasecmp(a->name.at, b->name.at, a->name.len) == 0;
}

static bool
is_same(const struct field *a, const struct field *b)
{
    return has_same_name(a, b) && a->value.len == b->value.len && memcmp(a->value.at, b->value.at, a->value.len) == 0;
}

/* Is this field, as it stands there, none of the others'? */
static bool
is_missing(const struct field *field, const struct field *others, size_t count)
{
    if (kin_is_added(field->name.at, field->name.len))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (is_same(field, &others[i]))
            return false;
    }
    return true;
}

struct names { /* of fields that differ, each once */
    const struct field *at[NAMED_MAX + 1];
    size_t count;
};

static void
add_missing(const struct field *fields, size_t count, const struct field *others, size_t other_count,
            struct names *names)
{
    for (size_t i = 0; i < count && names->count <= NAMED_MAX; i++) {
        bool known = !is_missing(&fields[i], others, other_count);

        for (size_t k = 0; !known && k < names->count; k++)
            known = has_same_name(names->at[k], &fields[i]);
        if (!known)
            names->at[names->count++] = &fields[i];
    }
}

static void
add_value(struct text header, const char *name, char *out, size_t size)
{
    struct buffer decoded = buffer_new(512);
    struct text value;
    const size_t used = strlen(out);

    (void)header_find(header, name, &value);
    if (!header_decode(value, &decoded)) /* too long, or no memory: as much as came */
        (void)0;
    if (decoded.len != 0)
        (void)text_print(out + used, size - used, "%s%.80s", used != 0 ? ", " : "", decoded.at);
    buffer_free(&decoded);
}

void
differ_describe(struct text here, struct text there, char *out, size_t size)
{
    struct field ours[FIELDS_MAX], theirs[FIELDS_MAX];
    const size_t our_count = split(here, ours), their_count = split(there, theirs);
    struct names names = {0};
    char plain[1024] = "";
    size_t used;

    add_value(here, "From", plain, sizeof plain);
    add_value(here, "Date", plain, sizeof plain);
    add_value(here, "Subject", plain, sizeof plain);
    add_missing(ours, our_count, theirs, their_count, &names);
    add_missing(theirs, their_count, ours, our_count, &names);
    used = strlen(plain);
    (void)text_print(plain + used, sizeof plain - used, ": differs in %s", names.count == 0 ? "its body" : "");
    for (size_t i = 0; i < names.count; i++) {
        used = strlen(plain);
        if (i == NAMED_MAX)
            (void)text_print(plain + used, sizeof plain - used, " ...");
        else
            (void)text_print(plain + used, sizeof plain - used, "%s%.*s", i != 0 ? ", " : "",
                             names.at[i]->name.len < 60 ? (int)names.at[i]->name.len : 60, names.at[i]->name.at);
    }
    error_escape(out, size, text_of(plain));
}
