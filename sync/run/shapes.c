/* Trees in the shape of another program: shapes.h. Which shape it is: sync/rules/names_shape.c. */
#include "sync/run/shapes.h"

#include <strings.h>

#include "sync/rules/names_shape.h"
#include "sync/rules/special.h"
#include "sync/run/traces.h"

#define TEXTS_MAX (64 * 1024 * 1024)

struct there {          /* a mailbox of the server */
    size_t path, after; /* its spellings among the paths */
    uint32_t messages;  /* UINT32_MAX: not known */
    bool has_folder;
    bool chosen; /* perhaps: by `mailboxes` */
    bool taken;  /* by a step */
};

struct shapes {
    struct buffer paths;   /* spellings of the server's mailboxes, one NUL after each */
    struct buffer folders; /* of the tree, likewise */
    struct buffer steps;   /* lines for a shell, likewise */
    size_t folder_count;
    struct there *there;
    size_t there_count, there_size;
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
    free(shapes->there);
    free(shapes);
}

static bool
add_text(struct buffer *to, const char *text)
{
    return buffer_add(to, text, strlen(text) + 1);
}

/* As far as a name and what the server says of that mailbox alone tell. */
static bool
may_be_chosen(const struct account *account, const char *name, unsigned attributes)
{
    unsigned called = 0;

    for (size_t i = 0; i < SPECIAL_USES; i++)
        called |= special_is_called(name, special_all[i]) ? special_all[i] : 0;
    attributes = special_uses(account->policy.special, name, attributes);
    return names_chosen(account->policy.patterns, name, attributes) ||
           names_chosen(account->policy.patterns, name, attributes | called);
}

bool
shapes_add(struct shapes *shapes, const struct account *account, const struct remote_listed *seen, const char *prefix)
{
    const struct names_there there = {.name = seen->name,
                                      .other = seen->other,
                                      .separator = seen->separator,
                                      .prefix = (seen->attributes & REMOTE_SHARED) != 0 ? "" : prefix};
    char path[LOCAL_FOLDER_MAX + 1], name[LIMIT_MAILBOX_NAME + 1];
    struct error ignored = {0};
    struct there *mailbox;

    if (!array_grow(&shapes->there, &shapes->there_size, shapes->there_count + 1, sizeof *shapes->there))
        return false;
    mailbox = &shapes->there[shapes->there_count++];
    *mailbox = (struct there){.path = shapes->paths.len, .messages = seen->has_status ? seen->messages : UINT32_MAX};
    for (unsigned which = 0; which < NAMES_SPELLINGS; which++) {
        if (names_spelled(&there, which, path) && !add_text(&shapes->paths, path))
            return false;
    }
    mailbox->after = shapes->paths.len;
    mailbox->chosen = names_from_server(seen->utf8.at != NULL ? seen->utf8 : seen->name, seen->separator, there.prefix,
                                        name, &ignored) &&
                      may_be_chosen(account, name, seen->attributes);
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

/* ---- folders that another program kept under names of its own ---- */

static bool
is_inbox(const char *path)
{
    return strcasecmp(path, "INBOX") == 0;
}

/* Is the folder a mailbox's of this name? INBOX, and what is below it, may be written otherwise. */
static bool
is_folder_of(const char *folder, const char *path)
{
    const size_t inbox = sizeof "INBOX" - 1;

    if (strncasecmp(folder, "INBOX", inbox) != 0 || (folder[inbox] != '\0' && folder[inbox] != '/'))
        return strcmp(folder, path) == 0;
    return strncasecmp(path, "INBOX", inbox) == 0 && strcmp(folder + inbox, path + inbox) == 0;
}

/* Which of the mailboxes have a folder. */
static void
find_folders(struct shapes *shapes, struct names_tree *tree)
{
    for (size_t i = 0; i < shapes->there_count; i++) {
        struct there *mailbox = &shapes->there[i];

        for (size_t at = mailbox->path; at < mailbox->after; at += strlen(shapes->paths.at + at) + 1) {
            const char *path = shapes->paths.at + at;
            const struct names_folder key = {.path = path};

            mailbox->has_folder =
                mailbox->has_folder ||
                (tree->count != 0 && bsearch(&key, tree->at, tree->count, sizeof key, compare_folders) != NULL);
            for (size_t f = 0; strncasecmp(path, "INBOX", 5) == 0 && f < tree->count; f++) {
                if (!is_folder_of(tree->at[f].path, path))
                    continue;
                mailbox->has_folder = true;
                tree->at[f].known |= 1u << SHAPE_VERBATIM;
            }
        }
    }
}

struct looking { /* at one folder */
    struct traces traces;
    uint64_t files;
};

static bool
see_file(void *context, const char *base, const char *info)
{
    struct looking *looking = context;

    (void)info;
    looking->files++;
    if (looking->traces.offlineimap == 0)
        traces_of_name(base, &looking->traces);
    return true;
}

/* Was there a mailbox there that another program kept this folder in sync with? What can't be read says nothing. */
static bool
was_kept(const struct local *local, const char *folder, struct looking *looking)
{
    static const struct local_scanner scanner = {.file = see_file};
    struct local_stamp stamp;
    struct error ignored = {0};
    bool stable;

    *looking = (struct looking){0};
    traces_of_folder(local, folder, &looking->traces);
    return local->ops->scan(local->self, folder, &scanner, looking, &stamp, &stable, &ignored) && looking->files != 0 &&
           (looking->traces.mbsync != 0 || looking->traces.offlineimap != 0);
}

/* One name is the other, or the end of it, whatever the case and whatever stands between the levels. */
static bool
is_like(const char *folder, const char *mailbox)
{
    static const char between[] = "/._-";
    const size_t a = strlen(folder), b = strlen(mailbox);
    const char *longer = a >= b ? folder : mailbox, *shorter = a >= b ? mailbox : folder;
    const size_t off = a >= b ? a - b : b - a;

    if (off != 0 && strchr(between, longer[off - 1]) == NULL)
        return false;
    for (size_t i = 0; shorter[i] != '\0'; i++) {
        const bool level = strchr(between, shorter[i]) != NULL && strchr(between, longer[off + i]) != NULL;

        if (!level && strncasecmp(&shorter[i], &longer[off + i], 1) != 0)
            return false;
    }
    return true;
}

static const char *
name_of(const struct shapes *shapes, const struct there *mailbox)
{
    return shapes->paths.at + mailbox->path;
}

/* Is it the likelier one? A like name, then INBOX, which each account has; else one of two that say nothing, the same in each list. */
static bool
is_better(const struct shapes *shapes, const char *folder, const struct there *one, const struct there *other)
{
    const bool likes[] = {is_like(folder, name_of(shapes, one)), is_like(folder, name_of(shapes, other))};
    const bool inboxes[] = {is_inbox(name_of(shapes, one)), is_inbox(name_of(shapes, other))};

    if (likes[0] != likes[1])
        return likes[0];
    if (inboxes[0] != inboxes[1])
        return inboxes[0];
    return strcmp(name_of(shapes, one), name_of(shapes, other)) < 0;
}

/*
 * A folder that is left out is not made there: it concerns only a mailbox that is chosen, and would be fetched beside it, if it has a like name, or is
 * INBOX, which each account has.
 */
static bool
concerns(const struct shapes *shapes, const char *folder, bool chosen, const struct there *mailbox)
{
    return chosen ||
           (mailbox->chosen && (is_like(folder, name_of(shapes, mailbox)) || is_inbox(name_of(shapes, mailbox))));
}

/* A mailbox without a folder whose mail this folder may have: as many messages, about; or INBOX, whatever is in it. */
static const struct there *
find_homeless(const struct shapes *shapes, const char *folder, bool chosen, uint64_t files)
{
    const struct there *best = NULL;

    for (size_t i = 0; i < shapes->there_count; i++) {
        const struct there *mailbox = &shapes->there[i];

        if (!mailbox->has_folder && mailbox->after > mailbox->path && mailbox->messages != 0 &&
            concerns(shapes, folder, chosen, mailbox) &&
            (mailbox->messages >= files / 2 || is_inbox(name_of(shapes, mailbox))) &&
            (best == NULL || is_better(shapes, folder, mailbox, best)))
            best = mailbox;
    }
    return best;
}

/* Is there a folder below this path already? `mv` would put another one into it. */
static bool
has_below(const struct names_tree *tree, const char *path)
{
    const size_t length = strlen(path);

    for (size_t i = 0; i < tree->count; i++) {
        if (strncmp(tree->at[i].path, path, length) == 0 && tree->at[i].path[length] == '/')
            return true;
    }
    return false;
}

/* The step for one of them, where its name says which mailbox's it is, and only one. *moved: the folder of the last step, and where it went */
static bool
add_step(struct shapes *shapes, const struct names_tree *tree, const char *folder, const char *moved[2])
{
    struct there *like = NULL;
    const char *to;
    const size_t above = moved[0] != NULL ? strlen(moved[0]) : 0;

    for (size_t i = 0; i < shapes->there_count; i++) {
        struct there *mailbox = &shapes->there[i];

        if (mailbox->has_folder || mailbox->after == mailbox->path || !is_like(folder, name_of(shapes, mailbox)))
            continue;
        if (like != NULL)
            return true;
        like = mailbox;
    }
    if (like == NULL || like->taken)
        return true;
    like->taken = true;
    to = name_of(shapes, like);
    if (above != 0 && strncmp(folder, moved[0], above) == 0 && folder[above] == '/') /* it went along */
        return true;
    if (has_below(tree, to))
        return true;
    moved[0] = folder;
    moved[1] = to;
    shapes->joined = true;
    return add_move(shapes, folder, to);
}

static void
refuse_names(const char *folder, const char *mailbox, const char *program, bool steps, struct error *err)
{
    char here[100], there[100];

    error_escape(here, sizeof here, text_of(folder));
    error_escape(there, sizeof there, text_of(mailbox));
    error_state(err, ERROR_CONFIG,
                "%s kept the folder %s, and the server has no mailbox of this name; its mailbox %s has no folder here",
                program, here, there);
    error_hint(
        err,
        "Stop %s and say which mailbox each is: map = {\"MAILBOX=%s\"}; or rename the folders%s. If they are to be "
        "made on the server, write layout = \"verbatim\". Nothing was touched.",
        program, here, steps ? " (below, as far as names tell)" : "");
}

/* One whose name says nothing is looked at. */
static bool
is_chosen(const struct account *account, const char *folder)
{
    char name[LIMIT_MAILBOX_NAME + 1];
    struct error ignored = {0};

    return !names_from_folder(folder, LAYOUT_VERBATIM, name, &ignored) || may_be_chosen(account, name, 0);
}

/* @return false: refused, or out of memory (then err says nothing) */
static bool
check_names(struct shapes *shapes, const struct account *account, struct names_tree *tree, const struct local *local,
            struct error *err)
{
    const struct there *homeless = NULL;
    const char *first = NULL, *moved[2] = {NULL, NULL};
    bool mbsync = false, ok = true;

    if (account->policy.map != NULL) /* whoever writes one knows of the names */
        return true;
    find_folders(shapes, tree);
    for (size_t i = 0; ok && i < tree->count; i++) {
        const struct names_folder *folder = &tree->at[i];
        const bool chosen = is_chosen(account, folder->path);
        const struct there *found;
        struct looking looking;

        if (folder->known != 0 || folder->path[0] == '\0' || is_inbox(folder->path) ||
            find_homeless(shapes, folder->path, chosen, 0) == NULL || !was_kept(local, folder->path, &looking))
            continue;
        found = find_homeless(shapes, folder->path, chosen, looking.files);
        if (found != NULL && first == NULL) {
            homeless = found;
            first = folder->path;
            mbsync = looking.traces.mbsync != 0;
            ok = buffer_add(&shapes->steps, "cd ", 3) && add_quoted(&shapes->steps, shapes->root) &&
                 buffer_add(&shapes->steps, "", 1);
        }
        ok = ok && (first == NULL || add_step(shapes, tree, folder->path, moved));
    }
    if (!ok || first == NULL)
        return ok;
    if (moved[0] == NULL)
        buffer_clear(&shapes->steps);
    refuse_names(first, name_of(shapes, homeless), mbsync ? "mbsync" : "OfflineIMAP", moved[0] != NULL, err);
    return false;
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
    } else if (ok) {
        ok = check_names(shapes, account, &tree, local, err);
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
