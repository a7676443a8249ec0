/*
 * Mailbox names <-> folder names. Pure functions. A mailbox's name for people is UTF-8 with '/' between levels (a '/' inside
 * a level is shown as %2F); its folder is the same levels escaped for the file system in the layout's form. Every legal name
 * comes back as itself.
 */
#ifndef SYNC_RULES_NAMES_H
#define SYNC_RULES_NAMES_H

#include "store/base/limits.h"
#include "store/base/local.h"
#include "sync/rules/policy.h"

/**
 * Server name to the name for people: decoded UTF-8 (bytes that are not UTF-8 as %XX), the separator as '/', INBOX in any case
 * (also as first level) as INBOX, the personal prefix cut once.
 * @param utf8      decoded name; or the wire bytes where they can't be decoded
 * @param prefix    of the personal namespace ("" none), e.g. "INBOX."
 * @return false: not a name that can be kept here (empty level, "." or "..", NUL, too long); err says why, ERROR_SERVER
 */
MUST_CHECK bool names_from_server(struct text utf8, char separator, const char *prefix,
                                  char name[static LIMIT_MAILBOX_NAME + 1], struct error *err);
/** A name as a user writes it to the name for people: INBOX (also as first level) may stand in any case. false: too long */
MUST_CHECK bool names_from_user(const char *written, char name[static LIMIT_MAILBOX_NAME + 1]);
/** The same, and it must be a name that some mailbox can have. @return false: err says why */
MUST_CHECK bool names_is_one(const char *written, char name[static LIMIT_MAILBOX_NAME + 1], struct error *err);
/** The personal prefix cut once, of a server's name; as it was where it has none. */
struct text names_without_prefix(struct text name, char separator, const char *prefix);
/** Name for people to the decoded server name without prefix, levels joined by separator; false: a level holds the separator. */
MUST_CHECK bool names_to_server(const char *name, char separator, char utf8[static LIMIT_MAILBOX_NAME + 1],
                                struct error *err);
/** Name for people to folder path; false: a level would be over 255 bytes. */
MUST_CHECK bool names_to_folder(const char *name, enum layout layout, char folder[static LOCAL_FOLDER_MAX + 1],
                                struct error *err);
/** Folder path to the name for people; false: not a name golub would have given or can give back (then the folder is left alone and said). */
MUST_CHECK bool names_from_folder(const char *folder, enum layout layout, char name[static LIMIT_MAILBOX_NAME + 1],
                                  struct error *err);
/** The layout's word in the configuration and in the journal. */
const char *names_layout(enum layout layout);
/**
 * The spelling that no other mailbox has, for one whose name is in use: "%41rchive" for Archive. It comes from the whole name, the prefix
 * not cut, so it is the same whenever it is asked for; names_to_folder and names_from_folder keep it apart, names_to_server refuses it.
 * @return false: it has none (INBOX; a first level without any character that may be escaped; too long)
 */
MUST_CHECK bool names_aside(const char *whole, char name[static LIMIT_MAILBOX_NAME + 1]);
/** Is a name for people spelled so? */
bool names_is_aside(const char *name);
/**
 * Do the patterns (UTF-8, '/' between levels; '*', '%', "!x", "special:junk", "subscribed"; the last match wins; a list of only
 * "!x" starts from all) choose this mailbox? `attributes` are enum remote_attribute bits. Shared namespaces (REMOTE_SHARED) are
 * chosen only by a pattern that names their first level.
 */
bool names_chosen(const char *const *patterns, const char *name, unsigned attributes);
#define NAMES_APART (1u << 16) /* among the attributes: only its name, written out, or its special use fits it */
/** Does one of them go by what the server says of a mailbox? Then its name alone does not tell whether it is chosen. */
bool names_ask_the_server(const char *const *patterns);
/** Does one pattern, its "!" aside, fit this mailbox? What fits none is said: it may be misspelt. */
bool names_fits(const char *pattern, const char *name, unsigned attributes);
/** What an account says whose patterns choose none of its mailboxes: ERROR_CONFIG. */
void names_none_chosen(struct error *err);
/** A pattern that can't mean anything ("special:xyz", ""): false with the reason. */
MUST_CHECK bool names_pattern_valid(const char *pattern, struct error *err);

#endif
