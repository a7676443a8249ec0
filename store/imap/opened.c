/* See opened.h. */
#include "store/imap/opened.h"

#include "store/imap/client.h"

#include <stdlib.h>
#include <string.h>

struct opened {
    uint64_t name; /* its hash */
    char objectid[REMOTE_OBJECTID_MAX + 1];
};

static struct opened *
find(const struct openings *openings, uint64_t name)
{
    for (size_t i = 0; i < openings->count; i++)
        if (openings->at[i].name == name)
            return &openings->at[i];
    return NULL;
}

static struct opened *
add(struct openings *openings, uint64_t name)
{
    if (openings->count == openings->size) {
        const size_t size = openings->size != 0 ? 2 * openings->size : 64;
        struct opened *at = realloc(openings->at, size * sizeof *at);

        if (at == NULL)
            return NULL;
        openings->at = at;
        openings->size = size;
    }
    openings->at[openings->count].name = name;
    return &openings->at[openings->count++];
}

void
opened_told(struct imap *imap, struct text name, const char *objectid)
{
    if (find(&imap->openings, text_hash(name)) == NULL)
        opened_is(imap, name, objectid);
}

void
opened_is(struct imap *imap, struct text name, const char *objectid)
{
    const uint64_t hash = text_hash(name);
    struct opened *known;

    if (objectid[0] == '\0' || !(imap->can.bits & CAPABILITY_OBJECTID))
        return;
    known = find(&imap->openings, hash);
    if (known == NULL)
        known = add(&imap->openings, hash);
    if (known != NULL)
        (void)text_print(known->objectid, sizeof known->objectid, "%s", objectid);
}

bool
opened_is_another(const struct imap *imap, struct text name, const char *objectid)
{
    const struct opened *known = objectid[0] != '\0' ? find(&imap->openings, text_hash(name)) : NULL;

    if (known == NULL || strcmp(known->objectid, objectid) == 0)
        return false;
    for (size_t i = 0; i < imap->openings.count; i++)
        if (strcmp(imap->openings.at[i].objectid, objectid) == 0)
            return true;
    return false;
}

void
opened_forget(struct imap *imap)
{
    imap->openings.count = 0;
}
