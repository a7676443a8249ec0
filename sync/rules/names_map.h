/*
 * `map`: mailboxes whose folders are called otherwise here. Pure functions on names for people; a name of the server goes to the name that
 * its folder is spelled from, and back:
 *
 *     {"Sent Items=Sent"}     Sent Items/2024 (there)  <->  Sent/2024 (here)
 *
 * The longest left side that is the name, or its beginning up to a '/', is replaced. What no left side fits has the same name on both sides,
 * but where a right side gives that to another one: then it has none, and both are named. So every name that has another side comes back as
 * itself. Everything else (patterns, the command line, what is said) goes by the server's names.
 */
#ifndef SYNC_RULES_NAMES_MAP_H
#define SYNC_RULES_NAMES_MAP_H

#include "sync/rules/names.h"
#include "sync/rules/special.h"

struct names_map {
    const struct names_mapped *entries; /* policy's `map`; NULL: none */
    /* Of "special:trash" and its kind: the mailbox that it is, by the place of its use in special_all; "": not known, and the entry counts for nothing */
    char found[SPECIAL_USES][LIMIT_MAILBOX_NAME + 1];
};

/**
 * "Sent Items=Sent" or "special:trash=Trash", as users write it..
 * @param use    [out] 0: `left` is a name
 * @return false: one of the two is no name, or INBOX is to be one here; err says why, ERROR_CONFIG
 */
MUST_CHECK bool names_map_parse(const char *written, unsigned *use, char left[static LIMIT_MAILBOX_NAME + 1],
                                char right[static LIMIT_MAILBOX_NAME + 1], struct error *err);
/** Can all of them hold together, in this layout? @return false: err says why, ERROR_CONFIG */
MUST_CHECK bool names_map_is_sound(const struct names_mapped *entries, enum layout layout, struct error *err);

/**
 * The map of an account as far as it is known without its server: what special uses are is taken from `special`, else as it was.
 * @param before  names_map_read's; may be NULL
 */
void names_map_begin(struct names_map *map, const struct policy *policy, const struct names_mapped *before);
/**
 * Does it name by the words that the journal has, so that only what special uses are may have changed?
 * @param was   names_map_begin's of the same policy, with what the journal has
 * @param text  that, as names_map_write wrote it; NULL: none
 */
MUST_CHECK bool names_map_is_as_written(const struct names_map *map, const struct names_map *was, const char *text);
/** A mailbox turned out to be the one for an entry's use; "": none is. */
void names_map_find(struct names_map *map, const struct names_mapped *entry, const char *name);
/** What the left side of an entry is; "": not known yet. */
const char *names_map_left(const struct names_map *map, const struct names_mapped *entry);
/** The server's name to the one here. @return false: it has none; err says why, and whose it is */
MUST_CHECK bool names_map_here(const struct names_map *map, const char *name, char here[static LIMIT_MAILBOX_NAME + 1],
                               struct error *err);
/** ... and back. */
MUST_CHECK bool names_map_there(const struct names_map *map, const char *here, char name[static LIMIT_MAILBOX_NAME + 1],
                                struct error *err);
/** names_map_here and names_to_folder. */
MUST_CHECK bool names_map_folder(const struct names_map *map, const char *name, enum layout layout,
                                 char folder[static LOCAL_FOLDER_MAX + 1], struct error *err);
/** names_from_folder and names_map_there. */
MUST_CHECK bool names_map_name(const struct names_map *map, const char *folder, enum layout layout,
                               char name[static LIMIT_MAILBOX_NAME + 1], struct error *err);

/**
 * The map as the journal keeps it: which folder was given by which words. No name has an empty level, so "//" stands between two.
 * @return false: it has no room
 */
MUST_CHECK bool names_map_write(const struct names_map *map, struct buffer *to);
/**
 * Back. @param text  is written into, and outlives `entries`
 * @param entries  [out] allocated; NULL at the end is a right side
 * @return false: no memory
 */
MUST_CHECK bool names_map_read(char *text, struct names_mapped **entries);

#endif
