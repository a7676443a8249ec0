/*
 * The shape of a tree: names_shape.h. A tree is taken for another shape only where the default layout would do harm: mail in it would
 * not be seen and come once more, or a folder would be taken for a mailbox that the server does not have, and be made there.
 */
#include "sync/rules/names_shape.h"

static int
compare_paths(const void *pa, const void *pb)
{
    return strcmp(((const struct names_folder *)pa)->path, ((const struct names_folder *)pb)->path);
}

static struct names_folder *
find(const struct names_tree *tree, const char *path)
{
    const struct names_folder key = {.path = path};

    return tree->count == 0 ? NULL : bsearch(&key, tree->at, tree->count, sizeof key, compare_paths);
}

/* mbsync's Flatten takes any character; these are the ones that people have there beside the dot. */
static void
meet_joined(struct names_tree *tree, const char *path)
{
    char folder[LOCAL_FOLDER_MAX + 1];

    for (const char *by = "-_,:;+=|^~!@#%"; *by != '\0'; by++) {
        struct names_folder *at;

        (void)text_print(folder, sizeof folder, "%s", path);
        for (char *slash = strchr(folder, '/'); slash != NULL; slash = strchr(slash, '/'))
            *slash = *by;
        at = find(tree, folder);
        if (at != NULL)
            at->joined = path;
    }
}

void
names_tree_meet(struct names_tree *tree, const char *path)
{
    const bool nested = find(tree, path) != NULL; /* then that folder is the mailbox's, whatever others are called */
    char folder[LOCAL_FOLDER_MAX + 1];

    for (enum names_shape shape = SHAPE_VERBATIM; shape < SHAPES; shape++) {
        struct names_folder *at = names_spelled_folder(path, shape, folder) && (shape == SHAPE_VERBATIM || !nested)
                                      ? find(tree, folder)
                                      : NULL;

        if (at != NULL)
            at->known |= 1u << shape;
    }
    if (!nested && strchr(path, '/') != NULL)
        meet_joined(tree, path);
}

static bool
is_known(const struct names_folder *folder, enum names_shape shape)
{
    return (folder->known & 1u << shape) != 0;
}

/* In this shape it is a mailbox of the server, and in the default one it is none. */
static bool
is_only(const struct names_folder *folder, enum names_shape shape)
{
    return is_known(folder, shape) && !is_known(folder, SHAPE_VERBATIM);
}

/* In the root, and no name that begins with a dot. */
static bool
is_plain(const struct names_folder *folder)
{
    return folder->path[0] != '\0' && folder->path[0] != '.' && strchr(folder->path, '/') == NULL;
}

static bool
is_joined(const struct names_folder *folder)
{
    return folder->joined != NULL && (folder->known & (1u << SHAPE_VERBATIM | 1u << SHAPE_ROOT)) == 0;
}

struct seen {
    bool root, inbox;         /* INBOX: is the root a mailbox; has it a folder of its own? */
    size_t plain, dots;       /* folders in the root */
    size_t known, dots_known; /* ... which are mailboxes of the server */
    const char *legacy, *flat, *dot, *joined;
};

static void
look_at(const struct names_folder *folder, struct seen *seen)
{
    const bool dot = folder->path[0] == '.' && strchr(folder->path, '/') == NULL;

    if (folder->path[0] == '\0') {
        seen->root = true;
        return;
    }
    if (seen->legacy == NULL && strstr(folder->path, "/.") != NULL && is_only(folder, SHAPE_LEGACY))
        seen->legacy = folder->path;
    if (is_plain(folder)) {
        seen->plain++;
        seen->inbox = seen->inbox || text_is_nocase(text_of(folder->path), "INBOX");
        seen->known += is_known(folder, SHAPE_VERBATIM) || is_known(folder, SHAPE_FLAT) || is_known(folder, SHAPE_ROOT);
        if (seen->flat == NULL && is_only(folder, SHAPE_FLAT))
            seen->flat = folder->path;
        if (seen->joined == NULL && is_joined(folder))
            seen->joined = folder->path;
    } else if (dot) {
        seen->dots++;
        seen->dots_known += is_known(folder, SHAPE_PLUSPLUS) || is_known(folder, SHAPE_DOUBLE_DOT);
        if (seen->dot == NULL)
            seen->dot = folder->path;
    }
}

enum tree_shape
names_tree_judge(const struct names_tree *tree, const char **example)
{
    struct seen seen = {0};

    for (size_t i = 0; i < tree->count; i++)
        look_at(&tree->at[i], &seen);
    *example = "";
    if (seen.legacy != NULL) {
        *example = seen.legacy;
        return TREE_LEGACY;
    }
    if (!seen.root && seen.dots_known != 0 && seen.known == 0) { /* INBOX stands elsewhere, or is empty */
        *example = seen.dot;
        return TREE_PLUSPLUS;
    }
    if (seen.root && !seen.inbox) {
        if (seen.plain == 0 || (seen.dots != 0 && seen.dots_known >= seen.known)) {
            *example = seen.dot != NULL ? seen.dot : "";
            return TREE_PLUSPLUS;
        }
        return seen.flat != NULL ? TREE_ROOT_FLAT : TREE_ROOT;
    }
    *example = seen.flat != NULL ? seen.flat : seen.joined != NULL ? seen.joined : "";
    return seen.flat != NULL ? TREE_FLAT : seen.joined != NULL ? TREE_JOINED : TREE_FITS;
}

/* ---- what has to be renamed ---- */

/* "A/.B/.C" up to `len`, without the dots that levels begin with. */
static void
drop_dots(const char *path, size_t len, char to[static LOCAL_FOLDER_MAX + 1])
{
    size_t put = 0;

    for (size_t i = 0; i < len && put < LOCAL_FOLDER_MAX; i++) {
        if (path[i] == '.' && i > 0 && path[i - 1] == '/')
            continue;
        to[put++] = path[i];
    }
    to[put] = '\0';
}

/* Is this directory the beginning of a path that came before? Then it was renamed with it. */
static bool
came_before(const struct names_tree *tree, size_t index, size_t len)
{
    const char *path = tree->at[index].path;

    for (size_t i = index; i-- > 0;) {
        const char *before = tree->at[i].path;

        if (strncmp(before, path, len) == 0 && (before[len] == '/' || before[len] == '\0'))
            return true;
    }
    return false;
}

/* Each level that begins with a dot, from the root on; what stands above it has lost its dots by then. */
static bool
step_legacy(const struct names_tree *tree, size_t index, bool (*step)(void *context, const char *from, const char *to),
            void *context)
{
    const char *path = tree->at[index].path;

    for (const char *dot = strstr(path, "/."); dot != NULL; dot = strstr(dot + 1, "/.")) {
        const size_t above = (size_t)(dot - path), len = above + 1 + strcspn(dot + 1, "/");
        char from[LOCAL_FOLDER_MAX + 1], to[LOCAL_FOLDER_MAX + 1];

        if (came_before(tree, index, len))
            continue;
        drop_dots(path, above, from);
        (void)text_print(from + strlen(from), sizeof from - strlen(from), "%.*s", (int)(len - above), dot);
        drop_dots(path, len, to);
        if (!step(context, from, to))
            return false;
    }
    return true;
}

/* INBOX/Sub, of which INBOX in the root leaves "Sub" (Legacy: ".Sub"), where no other mailbox is called so. */
static bool
step_below_inbox(const struct names_folder *folder, bool legacy,
                 bool (*step)(void *context, const char *from, const char *to), void *context)
{
    char to[LOCAL_FOLDER_MAX + 1];
    const char *name = folder->path;

    if (strchr(name, '/') != NULL || name[0] == '\0' || (legacy ? name[0] != '.' : !is_only(folder, SHAPE_ROOT)))
        return true;
    (void)text_print(to, sizeof to, "INBOX/%.*s", LOCAL_FOLDER_MAX - 8, name + legacy);
    return step(context, name, to);
}

bool
names_tree_steps(const struct names_tree *tree, enum tree_shape shape,
                 bool (*step)(void *context, const char *from, const char *to), void *context)
{
    const bool root = find(tree, "") != NULL && find(tree, "INBOX") == NULL;

    for (size_t i = 0; shape == TREE_LEGACY && i < tree->count; i++) {
        if (!step_legacy(tree, i, step, context))
            return false;
    }
    for (size_t i = 0; (shape == TREE_ROOT || shape == TREE_JOINED) && i < tree->count; i++) {
        if (is_joined(&tree->at[i]) && !step(context, tree->at[i].path, tree->at[i].joined))
            return false;
    }
    for (size_t i = 0; (shape == TREE_ROOT || (shape == TREE_LEGACY && root)) && i < tree->count; i++) {
        if (!step_below_inbox(&tree->at[i], shape == TREE_LEGACY, step, context))
            return false;
    }
    return true;
}
