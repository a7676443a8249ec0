/*
 * What a mailbox is for: its special use (RFC 6154). Pure functions; uses are the bits REMOTE_ALL to REMOTE_IMPORTANT of enum
 * remote_attribute, mailboxes go by their names for people.
 *
 * Two questions, and each has its own answer:
 *
 *     what is this mailbox for?           special_uses: the user's word, else what the server says of it. Several may have one use.
 *     which mailbox is the one for this?  special_which: the user's word > the only one of which the server says so > the only one that
 *                                         is called so. Two with one attribute: none of them.
 *
 * A name alone is a guess. It is good enough for what is shown, for patterns and for an order, and never for removing anything: who removes
 * asks special_uses, or takes an answer of special_which only if special_is_certain.
 */
#ifndef SYNC_RULES_SPECIAL_H
#define SYNC_RULES_SPECIAL_H

#include "store/base/limits.h"
#include "store/base/remote.h"
#include "sync/rules/policy.h"

#define SPECIAL_USES 8
#define SPECIAL_ANY                                                                                                    \
    ((unsigned)REMOTE_ALL | REMOTE_ARCHIVE | REMOTE_DRAFTS | REMOTE_FLAGGED | REMOTE_JUNK | REMOTE_SENT |              \
     REMOTE_TRASH | REMOTE_IMPORTANT)

enum special_source { /* who says so; the greater, the more certain */
                      SPECIAL_UNKNOWN,
                      SPECIAL_BY_NAME,
                      SPECIAL_BY_SERVER,
                      SPECIAL_BY_USER,
};

static inline bool
special_is_certain(enum special_source source)
{
    return source >= SPECIAL_BY_SERVER;
}

/** All of them, in the order in which people are told of them. */
extern const unsigned special_all[SPECIAL_USES];
/** A use in words: "trash", as in the configuration; "\Trash", as servers say; "Trash", for people. */
const char *special_word(unsigned use);
const char *special_attribute(unsigned use);
const char *special_title(unsigned use);
/** The use of a word, in any case; 0: it is none. */
unsigned special_of_word(struct text word);

/**
 * "trash=Papierkorb", as users write it.
 * @param use   [out]
 * @param name  [out] for people
 * @return false: an unknown word, or what can't be the name of a mailbox for that; err says why, ERROR_CONFIG
 */
MUST_CHECK bool special_parse(const char *written, unsigned *use, char name[static LIMIT_MAILBOX_NAME + 1],
                              struct error *err);
/** Do such words contradict each other? Each use and each mailbox stands for one. @return false: err says why, ERROR_CONFIG */
MUST_CHECK bool special_is_sound(const struct special_named *named, struct error *err);

/**
 * What a mailbox is for: `attributes` as the server gave them, with the uses as the user's words correct them. A mailbox that is named as one of
 * trash, sent, drafts, junk and archive is no other one of these, and a use that has a word is no other mailbox's.
 * @param named  policy's `special`
 */
unsigned special_uses(const struct special_named *named, const char *name, unsigned attributes);
/** Is the mailbox called as mail programs call the one for this use, by its last level? */
bool special_is_called(const char *name, unsigned use);

/**
 * Where mailboxes are labels, the ones for all, flagged and important mail hold what stands in others, too: of a mailbox of these uses, is it left out
 * unless a pattern names it?
 * @param labels  remote_info's
 */
static inline bool
special_is_apart(unsigned uses, bool labels)
{
    return labels && (uses & ((unsigned)REMOTE_ALL | REMOTE_FLAGGED | REMOTE_IMPORTANT)) != 0;
}

#define SPECIAL_TURNS 6
/** When a mailbox's new mail is fetched: 0 is first (INBOX), then what people look at, and last what they threw away. A usual name is enough. */
unsigned special_turn(const char *name, unsigned uses);

struct special_table { /* of a whole list; zeros at first */
    struct special_found {
        size_t carried, at;       /* so many mailboxes have it by special_uses, and the last one of them */
        size_t called, called_at; /* ... are called so */
    } of[SPECIAL_USES];
};

/** A mailbox that can be opened. Each is told before anything is asked. @param at  what special_which answers with */
void special_meet(struct special_table *table, const struct special_named *named, const char *name, unsigned attributes,
                  size_t at);
/** @param at  [out] the mailbox; as it was where there is none */
enum special_source special_which(const struct special_table *table, const struct special_named *named, unsigned use,
                                  size_t *at);
/** special_uses, and what the name alone says where nothing better is known: for what is shown, and for patterns. */
unsigned special_guessed(const struct special_table *table, const struct special_named *named, const char *name,
                         unsigned attributes);
/** How many mailboxes have the use by special_uses. Where these are two, none is the one for it, unless the user says which. */
size_t special_count(const struct special_table *table, unsigned use);

#endif
