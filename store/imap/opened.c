/* See opened.h. */
#include "store/imap/opened.h"

#include "store/imap/client.h"

#include <string.h>

/* An entry is no longer `listed` once golub gave its name to something else. */
static const char *
find(const struct imap *imap, struct text name)
{
    const struct survey_mailbox *known = imap->openings.count != 0 ? survey_names_find(&imap->openings, name) : NULL;

    return known != NULL && known->listed ? known->status.objectid : "";
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
    if (known == NULL)
        return;
    (void)text_print(known->status.objectid, sizeof known->status.objectid, "%s", objectid);
    known->listed = true;
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

static bool
is_at_or_below(struct text text, struct text name, char separator)
{
    return text_same(text, name) || (text.len > name.len && separator != '\0' && text.at[name.len] == separator &&
                                     memcmp(text.at, name.at, name.len) == 0);
}

/* Which one it was is known still: another name may come to that. */
void
opened_changes(struct imap *imap, struct text name, char separator)
{
    for (size_t i = 0; i < imap->openings.count; i++) {
        struct survey_mailbox *known = &imap->openings.at[i];

        if (is_at_or_below(survey_names_text(&imap->openings, known), name, separator))
            known->listed = false;
    }
}

void
opened_renamed(struct imap *imap, struct text from, struct text to, char separator)
{
    const size_t count = imap->openings.count;

    for (size_t i = 0; i < count; i++) {
        const struct survey_mailbox known = imap->openings.at[i];
        const struct text old = survey_names_text(&imap->openings, &known);
        struct buffer name = buffer_new(LIMIT_LITERAL_KEPT);

        if (is_at_or_below(old, from, separator) && buffer_add(&name, to.at, to.len) &&
            buffer_add(&name, old.at + from.len, old.len - from.len))
            opened_is(imap, (struct text){name.at, name.len}, known.status.objectid);
        buffer_free(&name);
    }
}

void
opened_forget(struct imap *imap)
{
    survey_names_clear(&imap->openings);
}
