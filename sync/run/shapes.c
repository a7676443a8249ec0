/* Trees in the shape of another program: shapes.h. Which shape it is: sync/rules/names_shape.c. */
#include "sync/run/shapes.h"

#include "sync/rules/names_shape.h"

#define TEXTS_MAX (64 * 1024 * 1024)

struct shapes {
    struct buffer paths;   /* spellings of the server's mailboxes, one NUL after each */
    struct buffer folders; /* of the tree, likewise */
    struct buffer steps;   /* lines for a shell, likewise */
    size_t folder_count;
    bool joined; /* steps are of a tree whose levels are joined */
    const char *root;
};

bool
shapes_concern(const struct account *account)
{
    return account->policy.layout == LAYOUT_VERBATIM && !account->policy.layout_named;
}

struct shapes *
shapes_new(void)
{
    struct shapes *shapes = calloc(1, sizeof *shapes);

    if (shapes != NULL) {
        shapes->paths = buffer_new(TEXTS_MAX);
        shapes->folders = buffer_new(TEXTS_MAX);
        shapes->steps = buffer_new(TEXTS_MAX);
    }
    return shapes;
}

void
shapes_free(struct shapes *shapes)
{
    if (shapes == NULL)
        return;
    buffer_free(&shapes->paths);
    buffer_free(&shapes->folders);
    buffer_free(&shapes->steps);
    free(shapes);
}

static bool
add_text(struct buffer *to, const char *text)
{
    return buffer_add(to, text, strlen(text) + 1);
}

bool
shapes_add(struct shapes *shapes, const struct remote_listed *seen, const char *prefix)
{
    const struct names_there there = {.name = seen->name,
                                      .other = seen->other,
                                      .separator = seen->separator,
                                      .prefix = (seen->attributes & REMOTE_SHARED) != 0 ? "" : prefix};
    char path[LOCAL_FOLDER_MAX + 1];

    for (unsigned which = 0; which < NAMES_SPELLINGS; which++) {
        if (names_spelled(&there, which, path) && !add_text(&shapes->paths, path))
            return false;
    }
    return true;
}

/* ---- the tree ---- */

static bool
note_folder(void *context, const char *folder)
{
    struct shapes *shapes = context;

    shapes->folder_count++;
    return add_text(&shapes->folders, folder);
}

static int
compare_folders(const void *pa, const void *pb)
{
    return strcmp(((const struct names_folder *)pa)->path, ((const struct names_folder *)pb)->path);
}

static bool
make_tree(const struct shapes *shapes, struct names_tree *tree)
{
    const char *at = shapes->folders.at;

    tree->at = calloc(shapes->folder_count + 1, sizeof *tree->at);
    if (tree->at == NULL)
        return false;
    for (tree->count = 0; tree->count < shapes->folder_count; tree->count++, at += strlen(at) + 1)
        tree->at[tree->count].path = at;
    if (tree->count > 1)
        qsort(tree->at, tree->count, sizeof *tree->at, compare_folders);
    for (size_t i = 0; i < shapes->paths.len; i += strlen(shapes->paths.at + i) + 1)
        names_tree_meet(tree, shapes->paths.at + i);
    return true;
}

/* ---- what is to be done ---- */

/* A word that a shell takes as it stands. */
static bool
add_quoted(struct buffer *to, const char *word)
{
    bool ok = buffer_adds(to, word[0] == '-' ? "'./" : "'");

    for (; ok && *word != '\0'; word++)
        ok = *word == '\'' ? buffer_add(to, "'\\''", 4) : buffer_add(to, word, 1);
    return ok && buffer_add(to, "'", 1);
}

static bool
add_move(void *context, const char *from, const char *to)
{
    struct shapes *shapes = context;
    struct buffer *steps = &shapes->steps;

    const char *last = strrchr(to, '/');
    char above[LOCAL_FOLDER_MAX + 1];

    /* A level above may be no mailbox, and where levels were joined it has no folder yet. */
    if (last != NULL && shapes->joined && text_copy((struct text){to, (size_t)(last - to)}, above, sizeof above) &&
        strcmp(above, "INBOX") != 0 &&
        !(buffer_adds(steps, "mkdir -p ") && add_quoted(steps, above) && buffer_adds(steps, " && ")))
        return false;
    return buffer_add(steps, "mv ", 3) && add_quoted(steps, from) && buffer_add(steps, " ", 1) &&
           add_quoted(steps, to) && buffer_add(steps, "", 1);
}

/* INBOX out of the root, with what mbsync keeps beside its mail. */
static bool
add_inbox(struct shapes *shapes, const struct local *local)
{
    struct local_traces traces;
    char line[128];

    local->ops->traces(local->self, "", &traces);
    (void)text_print(line, sizeof line, "mv cur new tmp%s%s%s INBOX/", traces.state ? " .mbsyncstate" : "",
                     traces.validity ? " .uidvalidity" : "", traces.map ? " .isyncuidmap.db" : "");
    return add_text(&shapes->steps, "mkdir -p INBOX") && add_text(&shapes->steps, line);
}

static bool
make_steps(struct shapes *shapes, const struct names_tree *tree, enum tree_shape shape, const struct local *local)
{
    const bool root = tree->count != 0 && tree->at[0].path[0] == '\0';
    bool ok = buffer_add(&shapes->steps, "cd ", 3) && add_quoted(&shapes->steps, shapes->root) &&
              buffer_add(&shapes->steps, "", 1);

    shapes->joined = shape == TREE_JOINED || shape == TREE_ROOT;
    if ((shape != TREE_LEGACY && shape != TREE_JOINED) || root)
        ok = ok && add_inbox(shapes, local);
    return ok && names_tree_steps(tree, shape, add_move, shapes);
}

/* What the folder is called as a mailbox, for people: only an example. */
static void
refuse(enum tree_shape shape, const char *example, struct error *err)
{
    char shown[100];

    error_escape(shown, sizeof shown, text_of(example));
    switch (shape) {
    case TREE_PLUSPLUS:
        error_state(err, ERROR_CONFIG, "the Maildir is one of layout \"maildir++\": its root is INBOX itself%s%s",
                    example[0] != '\0' ? ", other mailboxes are folders like " : "", shown);
        error_hint(err,
                   "Write layout = \"maildir++\", or layout = \"verbatim\" if this is meant; nothing was touched.");
        break;
    case TREE_FLAT:
        error_state(err, ERROR_CONFIG,
                    "the Maildir is one of layout \"flat\": the dots in its folder %s stand between the levels of a "
                    "mailbox of the server",
                    shown);
        error_hint(err, "Write layout = \"flat\", or layout = \"verbatim\" if this is meant; nothing was touched.");
        break;
    case TREE_LEGACY:
        error_state(err, ERROR_CONFIG, "the Maildir has mbsync's layout Legacy, which golub does not know: folder %s",
                    shown);
        error_hint(err,
                   "Stop mbsync, rename the folders as below (for mbsync that is SubFolders Verbatim) and run golub "
                   "again; or write layout = \"verbatim\" if this is meant. Nothing was touched.");
        break;
    case TREE_JOINED:
        error_state(err, ERROR_CONFIG,
                    "the Maildir's folder %s is a mailbox of the server whose levels it joins, and no layout is like "
                    "that",
                    shown);
        error_hint(err,
                   "Stop what keeps the tree (mbsync's Flatten), rename the folders as below and run golub again; or "
                   "write layout = \"verbatim\" if this is meant. Nothing was touched.");
        break;
    default:
        error_state(err, ERROR_CONFIG,
                    "the Maildir's root is INBOX itself, with plain folders below it, and no layout is like that");
        error_hint(err,
                   "Stop what keeps it, move INBOX as below%s and run golub again; or write layout = \"verbatim\" "
                   "if this is meant. Nothing was touched.",
                   shape == TREE_ROOT_FLAT ? ", write layout = \"flat\"" : "");
        break;
    }
}

bool
shapes_check(struct shapes *shapes, const struct account *account, const struct local *local, struct error *err)
{
    struct names_tree tree = {0};
    const char *example;
    enum tree_shape shape;
    bool ok;

    shapes->root = account->maildir;
    ok = local->ops->all_folders(local->self, note_folder, shapes, err) && make_tree(shapes, &tree);
    shape = ok ? names_tree_judge(&tree, &example) : TREE_FITS;
    if (ok && shape != TREE_FITS) {
        refuse(shape, example, err);
        ok = shape == TREE_PLUSPLUS || shape == TREE_FLAT || make_steps(shapes, &tree, shape, local);
        free(tree.at);
        if (ok)
            return false;
        *err = (struct error){0};
    }
    free(tree.at);
    if (!ok && err->kind == ERROR_NONE)
        error_set(err, ERROR_LOCAL, "get memory");
    return ok;
}

void
shapes_say(const struct shapes *shapes, struct report *report, const char *account)
{
    for (size_t i = 0; shapes != NULL && i < shapes->steps.len; i += strlen(shapes->steps.at + i) + 1)
        report_step(report, account, shapes->steps.at + i);
}
