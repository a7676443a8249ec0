/* See survey_names.h. */
#include "store/imap/survey_names.h"

#include <assert.h>

#include "store/imap/wary.h"

#define BYTES_MAX (64 * 1024 * 1024) /* of all names together */
#define NOWHERE UINT32_MAX

struct survey_names
survey_names_new(void)
{
    return (struct survey_names){.bytes = buffer_new(BYTES_MAX)};
}

void
survey_names_free(struct survey_names *names)
{
    buffer_free(&names->bytes);
    free(names->at);
    free(names->table);
}

void
survey_names_clear(struct survey_names *names)
{
    names->count = 0;
    buffer_clear(&names->bytes);
    if (names->table != NULL)
        memset(names->table, 0xff, names->table_size * sizeof *names->table);
}

struct text
survey_names_text(const struct survey_names *names, const struct survey_mailbox *mailbox)
{
    return (struct text){names->bytes.at + mailbox->at, mailbox->len};
}

static bool
is_inbox(struct text name)
{
    return text_is_nocase(name, "INBOX");
}

/* The slot of a name in the table: where it is, or where it would go. */
static size_t
find_slot(const struct survey_names *names, struct text name)
{
    size_t slot = wary_hash(name) & (names->table_size - 1);

    assert(names->table != NULL);
    for (; names->table[slot] != NOWHERE; slot = (slot + 1) & (names->table_size - 1)) {
        const struct text known = survey_names_text(names, &names->at[names->table[slot]]);
        if (is_inbox(name) ? is_inbox(known) : text_same(known, name))
            break;
    }
    return slot;
}

static bool
grow_table(struct survey_names *names)
{
    const size_t size = names->table_size > 0 ? names->table_size * 2 : 1024;
    uint32_t *table = malloc(size * sizeof *table);

    if (table == NULL)
        return false;
    memset(table, 0xff, size * sizeof *table);
    free(names->table);
    names->table = table;
    names->table_size = size;
    assert(names->count == 0 || names->at != NULL);
    for (size_t i = 0; i < names->count; i++)
        table[find_slot(names, survey_names_text(names, &names->at[i]))] = (uint32_t)i;
    return true;
}

struct survey_mailbox *
survey_names_find(const struct survey_names *names, struct text name)
{
    if (names->table == NULL)
        return NULL;

    const uint32_t at = names->table[find_slot(names, name)];
    return at == NOWHERE ? NULL : &names->at[at];
}

struct survey_mailbox *
survey_names_add(struct survey_names *names, struct text name, struct error *err)
{
    struct survey_mailbox *known = survey_names_find(names, name);

    if (known != NULL)
        return known;
    if (names->count == LIMIT_MAILBOXES) {
        error_set(err, ERROR_SERVER, "list the mailboxes: more than %d", LIMIT_MAILBOXES);
        return NULL;
    }
    if ((names->count * 2 >= names->table_size && !grow_table(names)) ||
        !array_grow(&names->at, &names->size, names->count + 1, sizeof *names->at) ||
        !buffer_add(&names->bytes, name.at, name.len)) {
        error_set(err, ERROR_LOCAL, "list the mailboxes: out of memory");
        return NULL;
    }
    struct survey_mailbox *added = &names->at[names->count];
    *added = (struct survey_mailbox){.at = names->bytes.len - name.len, .len = name.len};
    names->table[find_slot(names, name)] = (uint32_t)names->count++;
    return added;
}
