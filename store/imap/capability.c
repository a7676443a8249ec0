/* See capability.h. */
#include "store/imap/capability.h"

static const struct {
    const char *name;
    unsigned own, implied;
} known[] = {
    {"IMAP4rev1", CAPABILITY_REV1, 0},
    /* RFC 9051 appendix E: what revision 2 has taken in, as far as the commands are the same. CONDSTORE is not. */
    {"IMAP4rev2", CAPABILITY_REV2,
     CAPABILITY_ENABLE | CAPABILITY_UIDPLUS | CAPABILITY_MOVE | CAPABILITY_LITERAL_MINUS | CAPABILITY_LIST_STATUS |
         CAPABILITY_LIST_EXTENDED | CAPABILITY_NAMESPACE | CAPABILITY_UNSELECT | CAPABILITY_STATUS_SIZE |
         CAPABILITY_IDLE},
    {"ENABLE", CAPABILITY_ENABLE, 0},
    {"CONDSTORE", CAPABILITY_CONDSTORE, 0},
    {"QRESYNC", CAPABILITY_QRESYNC, CAPABILITY_CONDSTORE | CAPABILITY_ENABLE},
    {"UIDPLUS", CAPABILITY_UIDPLUS, 0},
    {"MOVE", CAPABILITY_MOVE, 0},
    {"MULTIAPPEND", CAPABILITY_MULTIAPPEND, 0},
    {"LITERAL+", CAPABILITY_LITERAL_PLUS, 0},
    {"LITERAL-", CAPABILITY_LITERAL_MINUS, 0},
    {"LIST-STATUS", CAPABILITY_LIST_STATUS, CAPABILITY_LIST_EXTENDED},
    {"LIST-EXTENDED", CAPABILITY_LIST_EXTENDED, 0},
    {"SPECIAL-USE", CAPABILITY_SPECIAL_USE, 0},
    {"UTF8=ACCEPT", CAPABILITY_UTF8_ACCEPT, CAPABILITY_ENABLE},
    {"UTF8=ONLY", CAPABILITY_UTF8_ACCEPT, CAPABILITY_ENABLE},
    {"STATUS=SIZE", CAPABILITY_STATUS_SIZE, 0},
    {"OBJECTID", CAPABILITY_OBJECTID, 0},
    {"COMPRESS=DEFLATE", CAPABILITY_COMPRESS, 0},
    {"NAMESPACE", CAPABILITY_NAMESPACE, 0},
    {"ID", CAPABILITY_ID, 0},
    {"UNSELECT", CAPABILITY_UNSELECT, 0},
    {"UIDONLY", CAPABILITY_UIDONLY, CAPABILITY_ENABLE},
    {"QUOTA", CAPABILITY_QUOTA, 0},
    {"IDLE", CAPABILITY_IDLE, 0},
    {"NOTIFY", CAPABILITY_NOTIFY, 0},
    {"X-GM-EXT-1", CAPABILITY_LABELS, 0},
};

/* iCloud's VANISHED answers are malformed: clients that believed them lost mail. CONDSTORE alone is sound there. */
static bool
qresync_lies(const char *host)
{
    static const char *const suffixes[] = {"mail.me.com", "icloud.com"};
    size_t len = host != NULL ? strlen(host) : 0;

    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t tail = strlen(suffixes[i]);
        if (len >= tail && text_is_nocase(text_of(host + len - tail), suffixes[i]))
            return true;
    }
    return false;
}

static bool
is_disabled(struct text word, const char *const *disable)
{
    for (; disable != NULL && *disable != NULL; disable++)
        if (text_is_nocase(word, *disable))
            return true;
    return false;
}

/* NAME=number */
static void
read_limit(struct text word, const char *name, uint64_t *out)
{
    size_t len = strlen(name);
    uint64_t number;

    if (word.len > len && text_is_nocase((struct text){word.at, len}, name) &&
        text_number((struct text){word.at + len, word.len - len}, INT64_MAX, &number))
        *out = number;
}

static void
add_word(struct capabilities *out, struct text word)
{
    read_limit(word, "APPENDLIMIT=", &out->append_limit);
    read_limit(word, "MESSAGELIMIT=", &out->message_limit);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (text_is_nocase(word, known[i].name))
            out->bits |= known[i].own | known[i].implied;
}

struct capabilities
capability_parse(const char *list, const char *const *disable, const char *host)
{
    struct capabilities out = {0};

    for (const char *at = list != NULL ? list : ""; *at != '\0';) {
        size_t len = strcspn(at, " ");
        struct text word = {at, len};
        if (len > 0 && !is_disabled(word, disable))
            add_word(&out, word);
        at += len;
        at += strspn(at, " ");
    }
    /* A disabled name is off whoever implies it (revision 2, QRESYNC, LIST-STATUS). */
    for (const char *const *name = disable; name != NULL && *name != NULL; name++)
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            if (text_is_nocase(text_of(*name), known[i].name))
                out.bits &= ~known[i].own;
    if (out.bits & CAPABILITY_LIST_STATUS && is_disabled(TEXT("LIST-EXTENDED"), disable))
        out.bits &= ~(unsigned)CAPABILITY_LIST_STATUS;
    if (is_disabled(TEXT("CONDSTORE"), disable) || qresync_lies(host))
        out.bits &= ~(unsigned)CAPABILITY_QRESYNC;
    if (!(out.bits & CAPABILITY_ENABLE))
        out.bits &= ~(unsigned)(CAPABILITY_QRESYNC | CAPABILITY_UTF8_ACCEPT | CAPABILITY_UIDONLY);
    if (is_disabled(TEXT("MESSAGELIMIT"), disable))
        out.message_limit = 0;
    if (out.message_limit == 0)
        out.bits &= ~(unsigned)CAPABILITY_UIDONLY;
    return out;
}
