/*
 * See watch.h. Rests on inotify(7).
 *
 * The tree is known as a list of folders and a list of watches, both made by one walk. When a folder is made, renamed or removed, the kernel's
 * queue overflows or a look is due, the walk is made again; the kernel answers a second inotify_add_watch of a directory with the number it
 * gave before, so what stayed keeps its watch, and what is not in the new list is let go. There is no list that is mended piece by piece,
 * which could become wrong. Measured on ext4 with 2,000 folders, 6,001 watches: the first walk takes 46 ms, each later one 43 ms, one event
 * 0.02 ms, a reading without an event 0.003 ms; the list takes 280 kB.
 *
 * A folder that is renamed keeps its watch under its old name until the walk that follows; what moves in it meanwhile is covered by the NULL
 * that is told after the walk.
 */
#include "store/maildir/watch.h"

#include "store/base/clock.h"
#include "store/maildir/ops.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>

#define ENTRIES (IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR)
#define OF_ROOT (ENTRIES | IN_DELETE_SELF | IN_MOVE_SELF)
#define OF_OTHERS (ENTRIES | IN_DONT_FOLLOW)
#define OF_MAIL (OF_OTHERS | IN_CLOSE_WRITE) /* new/ and cur/ */

#define EVENT_BYTES (64 * 1024) /* read at once */
#define READS_MAX 64            /* in one call: a storm of events must not keep the caller for ever */

struct watched { /* a directory that is a mailbox or could hold one */
    char *path;
    uint64_t stamp; /* of its times when they were looked at; 0: not known, or too young to be trusted */
    bool mailbox;
    bool moved;   /* to be told ... */
    bool written; /* ... with this */
};

struct entry { /* one watch */
    int wd;
    bool on_folder;         /* else on its new/ or cur/ */
    char where;             /* ... 'n' or 'c' */
    struct watched *folder; /* NULL: one directory is mounted in several places, so it is not known which */
};

struct list {
    struct watched **folders; /* by path */
    size_t count, size;
    struct entry *entries; /* by wd */
    size_t entry_count, entry_size;
    bool looked; /* at times; else stamps and mailboxes are not known */
    bool half;   /* a folder has some of tmp/, new/ and cur/, and not all */
};

struct maildir_watch {
    struct maildir *maildir; /* for the walk; its root is open during one only */
    dev_t dev;               /* of the root */
    ino_t ino;
    int fd; /* of inotify; -1: not to be had */
    struct list list;
    bool looks;       /* at the times of all folders */
    int64_t look_at;  /* clock_ms */
    int64_t retry_at; /* where fd is -1 */
    unsigned halves;  /* looks in a row because of a folder half made */
    char why[160];
};

/* ---- the list ---- */

static void
free_list(struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->folders[i]->path);
        free(list->folders[i]);
    }
    free(list->folders);
    free(list->entries);
    *list = (struct list){0};
}

static struct watched *
add_folder(struct list *list, const char *path)
{
    struct watched *folder;

    if (!array_grow(&list->folders, &list->size, list->count + 1, sizeof *list->folders))
        return NULL;
    folder = calloc(1, sizeof *folder);
    if (folder == NULL)
        return NULL;
    folder->path = strdup(path);
    if (folder->path == NULL) {
        free(folder);
        return NULL;
    }
    list->folders[list->count++] = folder;
    return folder;
}

static bool
add_entry(struct list *list, int wd, struct watched *folder, bool on_folder, char where)
{
    if (!array_grow(&list->entries, &list->entry_size, list->entry_count + 1, sizeof *list->entries))
        return false;
    list->entries[list->entry_count++] = (struct entry){wd, on_folder, where, folder};
    return true;
}

static int
compare_paths(const void *a, const void *b)
{
    return strcmp((*(struct watched *const *)a)->path, (*(struct watched *const *)b)->path);
}

static int
compare_watches(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    return x->wd < y->wd ? -1 : x->wd > y->wd;
}

/* In order, each watch once. */
static void
sort_list(struct list *list)
{
    size_t kept = 0;

    if (list->count > 0)
        qsort(list->folders, list->count, sizeof(struct watched *), compare_paths);
    if (list->entry_count > 0)
        qsort(list->entries, list->entry_count, sizeof(struct entry), compare_watches);
    for (size_t i = 0; i < list->entry_count; i++) {
        if (kept == 0 || list->entries[kept - 1].wd != list->entries[i].wd)
            list->entries[kept++] = list->entries[i];
        else if (list->entries[kept - 1].folder != list->entries[i].folder)
            list->entries[kept - 1].folder = NULL;
    }
    list->entry_count = kept;
}

static struct entry *
find_entry(const struct list *list, int wd)
{
    const struct entry key = {.wd = wd};

    return list->entry_count == 0
               ? NULL
               : bsearch(&key, list->entries, list->entry_count, sizeof(struct entry), compare_watches);
}

/* ---- the walk ---- */

struct survey {
    struct maildir_watch *watch;
    struct list list;
    int failed;      /* errno of what ended the walk */
    bool no_watches; /* it was inotify */
};

/* What is no directory, or not there, or may not be read, has no watch: the one on the folder above it tells when that changes. */
static bool
watch_directory(struct survey *survey, const char *name, struct watched *folder, bool on_folder)
{
    const char *root = survey->watch->maildir->settings.root;
    const bool top = folder->path[0] == '\0' && on_folder;
    char path[2 * LOCAL_FOLDER_MAX + 4096];
    int wd;

    if (!text_print(path, sizeof path, "%s%s%s%s%s", root, folder->path[0] != '\0' ? "/" : "", folder->path,
                    on_folder ? "" : "/", name)) {
        errno = ENAMETOOLONG;
        wd = -1;
    } else
        wd = inotify_add_watch(survey->watch->fd, path, top ? OF_ROOT : on_folder ? OF_OTHERS : OF_MAIL);
    if (wd >= 0) {
        if (add_entry(&survey->list, wd, folder, on_folder, name[0]))
            return true;
        survey->failed = ENOMEM;
        return false;
    }
    if (folder_gone(errno) || errno == EACCES)
        return true;
    survey->failed = errno;
    survey->no_watches = true;
    return false;
}

static bool
watch_folder(struct survey *survey, struct watched *folder)
{
    return watch_directory(survey, "", folder, true) && watch_directory(survey, "new", folder, false) &&
           watch_directory(survey, "cur", folder, false);
}

static void
look_at_folder(struct survey *survey, struct watched *folder, int fd)
{
    struct local_stamp stamp;
    struct error err = {0};
    bool missing = false;
    unsigned subs = 0;
    uint64_t hash;

    for (enum sub sub = 0; sub < SUB_COUNT; sub++)
        subs += io_exists(fd, folder_sub_name(sub));
    folder->mailbox = subs == SUB_COUNT;
    survey->list.half = survey->list.half || (subs > 0 && subs < SUB_COUNT);
    folder->stamp = 1; /* what is no mailbox has no time that counts */
    if (folder->mailbox && scan_stamp(survey->watch->maildir, folder->path, &stamp, &missing, &err) && !missing) {
        hash = text_hash(text_of(stamp.text));
        folder->stamp = stamp.racy ? 0 : hash != 0 ? hash : 1;
    }
}

static bool
enter(void *context, const char *path, int fd)
{
    struct survey *survey = context;
    struct watched *folder = add_folder(&survey->list, path);

    if (folder == NULL) {
        survey->failed = ENOMEM;
        return false;
    }
    if (survey->watch->fd >= 0 && !watch_folder(survey, folder))
        return false;
    if (survey->watch->looks)
        look_at_folder(survey, folder, fd);
    return true;
}

/* With the root open for as long as it takes. */
static bool
walk(struct maildir_watch *watch, struct survey *survey, struct error *err)
{
    struct maildir *maildir = watch->maildir;
    struct stat st;
    bool done = false;

    *survey = (struct survey){.watch = watch};
    maildir->root = open(maildir->settings.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (maildir->root < 0 || fstat(maildir->root, &st) != 0) {
        error_sys(err, errno, "watch the Maildir %s", maildir->settings.root);
        goto out;
    }
    if (watch->ino == 0) {
        const char *type = filesystem_elsewhere(maildir->root);

        watch->dev = st.st_dev;
        watch->ino = st.st_ino;
        watch->looks = watch->looks || type != NULL;
        if (type != NULL && watch->fd >= 0)
            (void)text_print(watch->why, sizeof watch->why, "inotify does not hear of what others change on %s", type);
        filesystem_learn(maildir);
    }
    survey->list.looked = watch->looks;
    done = tree_directories(maildir, enter, survey, err);
    if (!done && survey->failed != 0)
        error_sys(err, survey->failed, "watch the Maildir %s", maildir->settings.root);
    sort_list(&survey->list);
out:
    (void)io_close(&maildir->root);
    return done;
}

static void
give_up(struct maildir_watch *watch, int number)
{
    char words[96];
    const char *why = number == ENOSPC   ? "no inotify watches are left (fs.inotify.max_user_watches)"
                      : number == EMFILE ? "no inotify instances are left (fs.inotify.max_user_instances)"
                                         : strerror_r(number, words, sizeof words);

    (void)io_close(&watch->fd); /* gives back all watches: others need some, too */
    watch->looks = true;
    watch->retry_at = clock_ms() + WATCH_TRY_AGAIN_MS;
    (void)text_print(watch->why, sizeof watch->why, "%s", why);
}

static void
begin_inotify(struct maildir_watch *watch)
{
    watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch->fd < 0)
        give_up(watch, errno);
}

/* What had a watch and is in no folder of the tree any more. Both in order; what the kernel has let go already does no harm. */
static void
drop_watches(const struct maildir_watch *watch, const struct list *old, const struct list *now)
{
    for (size_t i = 0; watch->fd >= 0 && i < old->entry_count; i++)
        if (find_entry(now, old->entries[i].wd) == NULL)
            (void)inotify_rm_watch(watch->fd, old->entries[i].wd);
}

static void
plan_look(struct maildir_watch *watch)
{
    const bool half = watch->list.half && watch->halves < WATCH_HALF_LOOKS;

    watch->halves = half ? watch->halves + 1 : watch->list.half ? watch->halves : 0;
    watch->look_at = clock_ms() + (half ? WATCH_HALF_MS : WATCH_LOOK_MS);
}

/* The list anew. @param old  [out] what it was before, the caller's; NULL: not wanted. @return false: it is as it was */
static bool
survey_tree(struct maildir_watch *watch, struct list *old, struct error *err)
{
    struct survey survey;
    bool done = walk(watch, &survey, err);

    if (!done && survey.no_watches) {
        give_up(watch, survey.failed);
        free_list(&survey.list);
        done = walk(watch, &survey, err);
    }
    if (!done) {
        free_list(&survey.list);
        return false;
    }
    drop_watches(watch, &watch->list, &survey.list);
    *old = watch->list;
    watch->list = survey.list;
    plan_look(watch);
    return true;
}

/* ---- what was told ---- */

struct told {
    bool tree; /* it may have another shape now */
    bool some; /* folders of the list are to be told */
    bool unknown;
    void (*named)(void *context, const char *folder, const char *base, const char *info); /* NULL: not wanted */
    void *context;
};

static void
tell_name(const struct entry *entry, const char *name, const struct told *told)
{
    char base[LOCAL_BASE_MAX + 1], info[LOCAL_INFO_MAX + 1];

    if (told->named == NULL || (!entry->on_folder && name[0] == '.')) /* that is no message, by Maildir's own rule */
        return;
    if (!entry->on_folder && scan_split_name(name, entry->where, base, info) == NULL)
        told->named(told->context, entry->folder->path, base, info);
    else
        told->named(told->context, entry->folder->path, NULL, NULL);
}

static void
take_event(const struct maildir_watch *watch, const struct inotify_event *event, struct told *told)
{
    const struct entry *entry = find_entry(&watch->list, event->wd);
    const char *name = event->len > 0 ? event->name : "";

    if ((event->mask & (IN_Q_OVERFLOW | IN_UNMOUNT)) != 0)
        told->tree = true;
    else if (entry == NULL || (event->mask & IN_IGNORED) != 0)
        return; /* let go; the folder above it has told more */
    else if (entry->folder == NULL)
        told->unknown = true;
    else if (!entry->on_folder || strcmp(name, "dovecot-keywords") == 0) {
        const bool written = (event->mask & IN_CLOSE_WRITE) != 0;

        if (written && name[0] == '.')
            return;
        entry->folder->moved = true;
        entry->folder->written = entry->folder->written || written;
        told->some = true;
        tell_name(entry, (event->mask & IN_ISDIR) != 0 ? "" : name, told);
    } else if ((event->mask & IN_ISDIR) != 0 && tree_is_part(watch->maildir, entry->folder->path, name))
        told->tree = true;
}

static void
read_events(struct maildir_watch *watch, struct told *told)
{
    _Alignas(struct inotify_event) char bytes[EVENT_BYTES];

    for (int reads = 0; reads < READS_MAX; reads++) {
        ssize_t got = io_read(watch->fd, bytes, sizeof bytes);

        if (got <= 0) /* EAGAIN: that was all */
            return;
        for (ssize_t at = 0; at < got;) {
            const struct inotify_event *event = (const void *)(bytes + at);

            at += (ssize_t)(sizeof *event + event->len);
            take_event(watch, event, told);
        }
    }
}

static void
tell_moved(struct maildir_watch *watch, void (*moved)(void *context, const char *folder, bool written), void *context)
{
    for (size_t i = 0; i < watch->list.count; i++) {
        struct watched *folder = watch->list.folders[i];

        if (folder->moved)
            moved(context, folder->path, folder->written);
        folder->moved = folder->written = false;
    }
}

/* Both in order of their paths. Marks what moved. @return false: the shape of the tree is another one, or all may have moved */
static bool
compare_lists(const struct list *old, struct list *now)
{
    bool same = old->count == now->count && old->looked == now->looked;

    if (!same || !now->looked)
        return same;
    for (size_t i = 0, k = 0; i < now->count; i++) {
        struct watched *folder = now->folders[i];

        while (k < old->count && strcmp(old->folders[k]->path, folder->path) < 0)
            k++;
        if (k == old->count || strcmp(old->folders[k]->path, folder->path) != 0 ||
            old->folders[k]->mailbox != folder->mailbox)
            same = false;
        else
            folder->moved = folder->stamp != old->folders[k]->stamp || old->folders[k]->stamp == 0;
    }
    return same;
}

static bool
root_stands(const struct maildir_watch *watch)
{
    struct stat st;

    return stat(watch->maildir->settings.root, &st) == 0 && st.st_dev == watch->dev && st.st_ino == watch->ino;
}

/* ---- the door ---- */

struct maildir_watch *
maildir_watch_new(const struct maildir_settings *settings, struct error *err)
{
    struct maildir_settings own = {.root = settings->root, .plusplus = settings->plusplus, .flat = settings->flat};
    struct maildir_watch *watch = calloc(1, sizeof *watch);
    struct list none;

    if (watch == NULL || (watch->maildir = maildir_new(&own)) == NULL) {
        free(watch);
        error_sys(err, ENOMEM, "watch the Maildir %s", settings->root);
        return NULL;
    }
    begin_inotify(watch);
    if (survey_tree(watch, &none, err))
        return watch;
    maildir_watch_free(watch);
    return NULL;
}

int
maildir_watch_descriptor(const struct maildir_watch *watch)
{
    return watch->fd;
}

int
maildir_watch_look_ms(const struct maildir_watch *watch)
{
    const int64_t left = watch->look_at - clock_ms();

    return !watch->looks ? -1 : left > 0 ? (int)left : 0;
}

const char *
maildir_watch_why(const struct maildir_watch *watch)
{
    return watch->looks ? watch->why : NULL;
}

/* Another try to do without looks. */
static void
try_again(struct maildir_watch *watch)
{
    if (watch->fd >= 0 || clock_ms() < watch->retry_at)
        return;
    watch->looks = false;
    watch->why[0] = '\0';
    watch->ino = 0; /* the kind of file system is asked for again */
    begin_inotify(watch);
}

bool
maildir_watch_read(struct maildir_watch *watch, void (*moved)(void *context, const char *folder, bool written),
                   void (*named)(void *context, const char *folder, const char *base, const char *info), void *context)
{
    const bool due = maildir_watch_look_ms(watch) == 0;
    struct told told = {.named = named, .context = context};
    struct list old;
    struct error err = {0};

    if (!root_stands(watch))
        return false;
    if (watch->fd >= 0)
        read_events(watch, &told);
    if (told.some)
        tell_moved(watch, moved, context);
    if (due)
        try_again(watch);
    if (due || told.tree) {
        if (!survey_tree(watch, &old, &err)) {
            /* No memory, no descriptor: what is known stays, and it is tried again. */
            give_up(watch, err.number != 0 ? err.number : EIO);
            watch->look_at = clock_ms() + WATCH_LOOK_MS;
            told.unknown = true;
        } else {
            told.unknown = !compare_lists(&old, &watch->list) || told.unknown;
            free_list(&old);
            tell_moved(watch, moved, context);
        }
    }
    if (told.tree || told.unknown)
        moved(context, NULL, false);
    return root_stands(watch);
}

void
maildir_watch_free(struct maildir_watch *watch)
{
    if (watch == NULL)
        return;
    free_list(&watch->list);
    (void)io_close(&watch->fd);
    maildir_free(watch->maildir);
    free(watch);
}
