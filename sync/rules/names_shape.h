/*
 * Which program's shape a tree has that golub has never seen: told by its folders and by how the server's mailboxes would be called in
 * each shape. Pure functions; the tree is the caller's.
 */
#ifndef SYNC_RULES_NAMES_SHAPE_H
#define SYNC_RULES_NAMES_SHAPE_H

#include "sync/rules/names_spelled.h"

struct names_folder {
    const char *path;   /* below the root; "" for the root itself */
    unsigned known;     /* bit 1 << shape: the server has a mailbox of which this is the folder in that shape */
    const char *joined; /* the mailbox whose levels some other character joins to this name; NULL: none */
};

struct names_tree {
    struct names_folder *at; /* every folder that holds cur/, new/ and tmp/, ascending by strcmp */
    size_t count;
};

enum tree_shape {
    TREE_FITS,     /* the nested folders of the default layout, or nothing that could be anything else */
    TREE_PLUSPLUS, /* layout = "maildir++" is its own */
    TREE_FLAT,     /* layout = "flat" is */
    TREE_LEGACY,   /* mbsync's: golub knows no such layout, folders have to be renamed */
    TREE_JOINED,   /* one level, and another character than a dot between levels: folders have to be renamed */
    TREE_ROOT,     /* INBOX is the root, the others are plain folders below: neither does golub know that one */
    TREE_ROOT_FLAT /* the same with flat folders */
};

/** A mailbox of the server, by one of its spellings (names_spelled), which outlives the tree. Each is told before the tree is judged. */
void names_tree_meet(struct names_tree *tree, const char *path);
/** @param example  [out] the folder that tells it, "" where it is the root alone */
enum tree_shape names_tree_judge(const struct names_tree *tree, const char **example);
/**
 * The folders that have to be renamed before the default layout (or flat) fits, parents first. Not those of INBOX in the root itself.
 * @return false: `step` said so
 */
bool names_tree_steps(const struct names_tree *tree, enum tree_shape shape,
                      bool (*step)(void *context, const char *from, const char *to), void *context);

#endif
