/*
 * Lists of UIDLs in which programs that fetch by POP3 keep what they have: getmail 6, mpop, fetchmail. One file may hold lists of several
 * maildrops; of getmail it is one, and its name says whose.
 */
#ifndef STORE_FOREIGN_UIDLS_H
#define STORE_FOREIGN_UIDLS_H

#include "store/base/error.h"

enum uidls_kind { UIDLS_UNKNOWN, UIDLS_GETMAIL, UIDLS_MPOP, UIDLS_FETCHMAIL };

struct uidls_entry {
    size_t owner; /* index */
    struct text uidl;
};
struct uidls_owner {
    struct text user, host; /* empty: the file does not say */
    size_t count;
};
struct uidls { /* all texts are borrowed from the bytes that were read */
    enum uidls_kind kind;
    struct uidls_owner *owners;
    size_t owner_count, owner_size;
    struct uidls_entry *entries;
    size_t count, size;
};

/** "getmail", "mpop", "fetchmail" and what each is called in sentences. @return UIDLS_UNKNOWN: no such word */
enum uidls_kind uidls_kind_of(const char *word);
const char *uidls_program(enum uidls_kind kind);

/**
 * @param bytes  of the whole file; lists borrows from them
 * @param kind   UIDLS_UNKNOWN: told by the content
 * @param lists  [out] filled in on success only; the caller frees it
 * @return false: it is none of these, cut short, or has a line that none of them writes; err->answer says which
 */
MUST_CHECK bool uidls_read(struct text bytes, enum uidls_kind kind, struct uidls *lists, struct error *err);
/** NULL-safe. */
void uidls_free(struct uidls *lists);
/** How the program spells a UIDL that it was given: getmail has '-' for '/'. `to` holds as many bytes, and a NUL. */
void uidls_spell(enum uidls_kind kind, const char *uidl, char *to);
/**
 * Whose list is a file of getmail's of that name ("oldmail-SERVER-PORT-USER", runs of /\:;<>| as '-')? The port does not count.
 * @param name  without its folder
 */
bool uidls_getmail_is_of(const char *name, const char *host, const char *user);

#endif
