/* See opened.h. */
#include "store/imap/opened.h"

#include "store/imap/client.h"

#include <string.h>

static const char *
find(const struct imap *imap, struct text name)
{
    const struct survey_mailbox *known = imap->openings.count != 0 ? survey_names_find(&imap->openings, name) : NULL;

    return known != NULL ? known->status.objectid : "";
}

void
opened_told(struct imap *imap, struct text name, const char *objectid)
{
    if (find(imap, name)[0] == '\0')
        opened_is(imap, name, objectid);
}

void
opened_is(struct imap *imap, struct text name, const char *objectid)
{
    struct error ignored = {0};
    struct survey_mailbox *known;

    if (objectid[0] == '\0' || !(imap->can.bits & CAPABILITY_OBJECTID))
        return;
    known = survey_names_add(&imap->openings, name, &ignored);
    if (known != NULL)
        (void)text_print(known->status.objectid, sizeof known->status.objectid, "%s", objectid);
}

bool
opened_is_another(const struct imap *imap, struct text name, const char *objectid)
{
    const char *known = find(imap, name);

    if (objectid[0] == '\0' || known[0] == '\0' || strcmp(known, objectid) == 0)
        return false;
    for (size_t i = 0; i < imap->openings.count; i++)
        if (strcmp(imap->openings.at[i].status.objectid, objectid) == 0)
            return true;
    return false;
}

void
opened_changes(struct imap *imap, struct text name, char separator)
{
    for (size_t i = 0; i < imap->openings.count; i++) {
        struct survey_mailbox *known = &imap->openings.at[i];
        const struct text text = survey_names_text(&imap->openings, known);

        if (text_same(text, name) ||
            (text.len > name.len && text.at[name.len] == separator && memcmp(text.at, name.at, name.len) == 0))
            known->status.objectid[0] = '\0';
    }
}

void
opened_forget(struct imap *imap)
{
    survey_names_clear(&imap->openings);
}
