/* Which mailboxes hold drafts, and which messages are some. */
#include "sync/rows/drafts.h"

#include "sync/rules/merge.h"

/* What mail programs call the folder that they make for drafts, in the languages that most of them speak. */
static const char *const usual[] = {
    "Drafts",   "Draft",     "Entwürfe",    "Entwurf",   "Brouillons", "Borradores",  "Borrador",
    "Bozze",    "Rascunhos", "Esborranys",  "Concepten", "Kladder",    "Utkast",      "Luonnokset",
    "Szkice",   "Koncepty",  "Piszkozatok", "Ciorne",    "Nacrti",     "Skice",       "Taslaklar",
    "Πρόχειρα", "Черновики", "Чернетки",    "下書き",    "草稿",       "임시 보관함",
};

enum drafts
mailbox_drafts(const struct mailbox *mailbox)
{
    const char *level = strrchr(mailbox->row.name, '/');

    if ((mailbox->row.attributes & REMOTE_DRAFTS) != 0)
        return DRAFTS_BY_ATTRIBUTE;
    level = level != NULL ? level + 1 : mailbox->row.name;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        if (strcasecmp(level, usual[i]) == 0)
            return DRAFTS_BY_NAME;
    }
    return DRAFTS_NONE;
}

static bool
has_draft_flag(const struct journal_message *message)
{
    return merge_one_shows(message->flags, FLAG_DRAFT);
}

bool
draft_is_watched(const struct mailbox *mailbox, const struct journal_message *message)
{
    return has_draft_flag(message) || mailbox_drafts(mailbox) != DRAFTS_NONE;
}

bool
draft_is_replaced(const struct mailbox *mailbox, const struct journal_message *message)
{
    return has_draft_flag(message) || mailbox_drafts(mailbox) == DRAFTS_BY_ATTRIBUTE;
}
