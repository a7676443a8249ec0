/* See here.h. */
#include "sync/watch/here.h"

#include "store/maildir/watch.h"

struct here {
    struct maildir_settings settings;
    const struct known *known;
    struct maildir_watch *watch; /* NULL: the tree is not there, or not yet */
    struct maildir *maildir;     /* for the times of folders; without the lock that a run takes */
    struct local local;
    bool open, moved;
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
stop(struct here *here)
{
    maildir_watch_free(here->watch);
    here->watch = NULL;
    if (here->open)
        here->local.ops->close(here->local.self);
    here->open = false;
}

void
here_free(struct here *here)
{
    if (here == NULL)
        return;
    stop(here);
    maildir_free(here->maildir);
    free(here);
}

bool
here_begin(struct here *here)
{
    const bool begun = here->watch == NULL;
    struct error ignored = {0};
    enum local_root root;

    if (begun)
        here->watch = maildir_watch_new(&here->settings, &ignored);
    if (here->watch != NULL && !here->open)
        here->open = here->local.ops->open(here->local.self, false, &root, &ignored) && root == ROOT_PRESENT;
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
on_moved(void *context, const char *folder)
{
    struct here *here = context;
    struct local_stamp stamp;
    struct error ignored = {0};
    bool missing;

    here->moved = here->moved || folder == NULL || !here->open ||
                  !here->local.ops->stamp(here->local.self, folder, &stamp, &missing, &ignored) || missing ||
                  !known_is_echo(here->known, folder, stamp.text);
}

bool
here_moved(struct here *here)
{
    here->moved = false;
    if (here->watch != NULL && !maildir_watch_read(here->watch, on_moved, here)) {
        here->moved = true; /* the root is gone: the run says so */
        stop(here);
    }
    return here->moved;
}

const char *
here_why(const struct here *here)
{
    return here->watch != NULL ? maildir_watch_why(here->watch) : NULL;
}
