/* See here.h. */
#include "sync/watch/here.h"

#include "store/maildir/watch.h"

#define NAMES_MOST 2000 /* that are kept between two runs: with more each folder is listed */

/* Names that came and went, as they were told. */
struct names {
    struct sync_named *at; /* the strings are one piece, which `folder` begins */
    size_t count, size;
    bool unknown; /* others came and went, too, nobody knows where */
};

struct here {
    struct maildir_settings settings;
    const struct known *known;
    struct maildir_watch *watch; /* NULL: the tree is not there, or not yet */
    struct maildir *maildir;     /* for the times of folders; without the lock that a run takes */
    struct local local;
    bool open, moved;
    struct names next, now; /* of the run that is to come, and of the one under way */
};

struct here *
here_new(const struct maildir_settings *settings, const struct known *known)
{
    struct here *here = calloc(1, sizeof *here);

    if (here == NULL)
        return NULL;
    here->settings = *settings;
    here->settings.exclusive = false;
    here->known = known;
    here->maildir = maildir_new(&here->settings);
    if (here->maildir == NULL) {
        free(here);
        return NULL;
    }
    here->local = maildir_local(here->maildir);
    return here;
}

static void
forget_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free((char *)names->at[i].folder);
    names->count = 0;
}

static void
stop(struct here *here)
{
    here->next.unknown = true;
    maildir_watch_free(here->watch);
    here->watch = NULL;
}

void
here_free(struct here *here)
{
    if (here == NULL)
        return;
    stop(here);
    forget_names(&here->next);
    forget_names(&here->now);
    free(here->next.at);
    free(here->now.at);
    maildir_free(here->maildir);
    free(here);
}

bool
here_begin(struct here *here)
{
    const bool begun = here->watch == NULL;
    struct error ignored = {0};

    if (begun) {
        here->watch = maildir_watch_new(&here->settings, &ignored);
        here->next.unknown = true; /* what came and went before was told to nobody: the next run lists it */
    }
    return begun && here->watch != NULL;
}

int
here_descriptor(const struct here *here)
{
    return here->watch != NULL ? maildir_watch_descriptor(here->watch) : -1;
}

int
here_look_ms(const struct here *here)
{
    return here->watch != NULL ? maildir_watch_look_ms(here->watch) : -1;
}

static void
on_moved(void *context, const char *folder, bool written)
{
    struct here *here = context;
    struct local_stamp stamp;
    struct error ignored = {0};
    enum local_root root;
    bool missing;

    if (folder == NULL)
        here->next.unknown = true;
    else if (!here->open && !here->moved)
        here->open = here->local.ops->open(here->local.self, false, &root, &ignored) && root == ROOT_PRESENT;
    here->moved = here->moved || folder == NULL || written || !here->open ||
                  !here->local.ops->stamp(here->local.self, folder, &stamp, &missing, &ignored) || missing ||
                  !known_is_echo(here->known, folder, stamp.text);
}

/* An empty base: what moved in this folder is not known. */
static void
on_named(void *context, const char *folder, const char *base, const char *info)
{
    struct here *here = context;
    struct names *names = &here->next;
    const size_t folder_len = strlen(folder) + 1, base_len = base != NULL ? strlen(base) + 1 : 1,
                 info_len = info != NULL ? strlen(info) + 1 : 1;
    char *piece;

    if (names->unknown)
        return;
    piece = names->count < NAMES_MOST && array_grow(&names->at, &names->size, names->count + 1, sizeof names->at[0])
                ? malloc(folder_len + base_len + info_len)
                : NULL;
    if (piece == NULL) {
        names->unknown = true;
        return;
    }
    memcpy(piece, folder, folder_len);
    memcpy(piece + folder_len, base != NULL ? base : "", base_len);
    memcpy(piece + folder_len + base_len, info != NULL ? info : "", info_len);
    names->at[names->count++] = (struct sync_named){piece, piece + folder_len, piece + folder_len + base_len};
}

static int
compare_names(const void *a, const void *b)
{
    const struct sync_named *one = a, *other = b;
    const int folders = strcmp(one->folder, other->folder), bases = strcmp(one->base, other->base);

    return folders != 0 ? folders : bases != 0 ? bases : strcmp(one->info, other->info);
}

/* A folder of which something is not known sorts that first: it is listed. */
static void
drop_unknown(struct names *names)
{
    size_t kept = 0;

    for (size_t i = 0, next; i < names->count; i = next) {
        const bool known = names->at[i].base[0] != '\0';

        for (next = i; next < names->count && strcmp(names->at[next].folder, names->at[i].folder) == 0; next++)
            ;
        for (size_t k = i + 1; !known && k < next; k++)
            free((char *)names->at[k].folder);
        for (size_t k = i; known && k < next; k++)
            names->at[kept++] = names->at[k];
        if (!known)
            free((char *)names->at[i].folder);
    }
    names->count = kept;
}

/* What is in order is kept once. */
static void
drop_repeated(struct names *names)
{
    size_t kept = 0;

    for (size_t i = 0; i < names->count; i++) {
        if (kept > 0 && compare_names(&names->at[kept - 1], &names->at[i]) == 0)
            free((char *)names->at[i].folder);
        else
            names->at[kept++] = names->at[i];
    }
    names->count = kept;
}

void
here_names(struct here *here, const struct sync_named **named, size_t *count)
{
    const struct names now = here->next;

    here->next = here->now;
    here->next.unknown = false;
    here->now = now;
    if (here->watch == NULL || maildir_watch_why(here->watch) != NULL || here->now.unknown)
        forget_names(&here->now);
    if (here->now.count != 0)
        qsort(here->now.at, here->now.count, sizeof here->now.at[0], compare_names);
    drop_repeated(&here->now);
    drop_unknown(&here->now);
    *named = here->now.at;
    *count = here->now.count;
}

void
here_ended(struct here *here, bool well)
{
    forget_names(&here->now);
    here->next.unknown = here->next.unknown || !well;
}

bool
here_moved(struct here *here)
{
    here->moved = false;
    if (here->watch != NULL && !maildir_watch_read(here->watch, on_moved, on_named, here)) {
        here->moved = true; /* the root is gone: the run says so */
        stop(here);
    }
    if (here->open) /* for this look alone: nobody is kept from unmounting it */
        here->local.ops->close(here->local.self);
    here->open = false;
    return here->moved;
}

const char *
here_why(const struct here *here)
{
    return here->watch != NULL ? maildir_watch_why(here->watch) : NULL;
}
