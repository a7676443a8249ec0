/* See objectid.h. */
#include "store/imap/objectid.h"

#include <ctype.h>

#include "store/imap/wary.h"

static bool
is_disabled(const struct imap *imap, const char *name)
{
    for (const char *const *at = imap->to->disable; at != NULL && *at != NULL; at++)
        if (text_is_nocase(text_of(*at), name))
            return true;
    return false;
}

static bool
begins_with_dovecot(const char *text)
{
    return strncmp(text, "Dovecot", 7) == 0;
}

/*
 * Seen with Cyrus 3.6: where it has to open the mailbox for another item of a STATUS, as for MESSAGES, the value is memory that was freed, which may be another
 * mailbox's. Beside UIDVALIDITY alone it is right.
 */
static bool
is_cyrus(const struct imap *imap)
{
    return imap->session != NULL && strstr(imap->session->greeting, "Cyrus") != NULL;
}

const char *
objectid_item(const struct imap *imap)
{
    if ((imap->wary & WARY_OBJECTID) || is_cyrus(imap))
        return "";
    if (imap->can.bits & CAPABILITY_OBJECTID)
        return " MAILBOXID";
    if (is_disabled(imap, "X-GUID"))
        return "";
    return imap->expects_guid || (imap->session != NULL && begins_with_dovecot(imap->session->greeting)) ? " X-GUID"
                                                                                                         : "";
}

const char *
objectid_item_alone(const struct imap *imap)
{
    if (is_cyrus(imap) && !(imap->wary & WARY_OBJECTID) && imap->can.bits & CAPABILITY_OBJECTID)
        return " MAILBOXID";
    return objectid_item(imap);
}

bool
objectid_is_missed(const struct imap *imap)
{
    return objectid_item(imap)[0] == '\0' && !(imap->wary & WARY_OBJECTID) && !is_disabled(imap, "X-GUID") &&
           begins_with_dovecot(imap->id);
}

bool
objectid_refused(struct imap *imap)
{
    if (objectid_item(imap)[0] == '\0')
        return false;
    imap->wary |= WARY_OBJECTID;
    return true;
}

/* RFC 8474 §7: letters, digits, '_' and '-'. All else is nothing that a server meant to say. */
static bool
is_objectid(struct text value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!isalnum((unsigned char)value.at[i]) && value.at[i] != '_' && value.at[i] != '-')
            return false;
    return value.len != 0;
}

/* As it is where it is short, else a digest of it: it is only compared. */
static bool
keep(struct text value, char kind, char to[static REMOTE_OBJECTID_MAX + 1])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[DIGEST_SIZE];

    to[0] = kind;
    if (value.len < REMOTE_OBJECTID_MAX) {
        memcpy(to + 1, value.at, value.len);
        to[1 + value.len] = '\0';
        return true;
    }
    if (!digest_bytes(value.at, value.len, digest))
        return false;
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        to[1 + 2 * i] = hex[digest[i] >> 4];
        to[2 + 2 * i] = hex[digest[i] & 15];
    }
    to[1 + 2 * DIGEST_SIZE] = '\0';
    return true;
}

static bool
take(struct reader *reader, char kind, char to[static REMOTE_OBJECTID_MAX + 1])
{
    struct text value;
    bool nil;

    if (!reader_string(reader, &value, &nil))
        return false;
    if (nil || !is_objectid(value) || keep(value, kind, to))
        return true;
    error_set(reader->err, ERROR_LOCAL, "keep what a mailbox is called by its server: out of memory");
    return false;
}

bool
objectid_read(struct reader *reader, char kind, char to[static REMOTE_OBJECTID_MAX + 1])
{
    char before[REMOTE_OBJECTID_MAX + 1];
    size_t count = 0;
    int c = reader_peek(reader);

    (void)text_print(before, sizeof before, "%s", to);
    to[0] = '\0';
    if (c != '(') {
        if (c < 0 || !take(reader, kind, to))
            return false;
    } else {
        if (!reader_take(reader))
            return false;
        for (; reader_blanks(reader) && (c = reader_peek(reader)) != ')'; count++)
            if (c < 0 || !(c == '(' ? reader_skip_value(reader) : take(reader, kind, to)))
                return false;
        if (reader_peek(reader) < 0 || !reader_expect(reader, ')'))
            return false;
    }
    if (count > 1 || (before[0] == kind && strcmp(before, to) != 0))
        to[0] = '\0';
    else if (before[0] == 'M' && kind == 'G')
        memcpy(to, before, sizeof before);
    return true;
}
