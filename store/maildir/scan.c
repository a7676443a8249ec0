/*
 * What is in a folder: the names in new/ and cur/, and the times that tell whether anything moved.
 *
 * A listing reads directories only: flags are in the names, and a stat of each file would make a million entries ten
 * times dearer. new/ is listed before cur/, so that a message that a reader moves on meanwhile is seen twice rather
 * than not at all. A listing during which a directory changed is done again, as long as what was seen fits into
 * LISTING_KEPT; a larger folder is passed on as it is read, and said to be unstable.
 */
#include "store/maildir/ops.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#define LISTING_KEPT (2 * 1024 * 1024) /* bytes of names kept until the listing is known to be stable */
#define LISTING_TRIES 3

static const char not_regular[] = "not a regular file";

bool
list_directory(int fd, bool (*at)(void *context, const char *name, unsigned char type), void *context, bool *stopped)
{
    char *entries = malloc(LISTING_BUFFER);
    ssize_t got = -1;

    *stopped = false;
    if (entries == NULL || lseek(fd, 0, SEEK_SET) < 0)
        goto out;
    while (!*stopped && (got = getdents64(fd, entries, LISTING_BUFFER)) > 0)
        for (ssize_t offset = 0; offset < got && !*stopped;) {
            const struct dirent64 *entry = (const void *)(entries + offset);
            unsigned char type = entry->d_type;
            struct stat st;

            offset += entry->d_reclen;
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            if (type == DT_UNKNOWN) {
                if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
                    continue; /* gone since it was listed */
                type = IFTODT(st.st_mode);
            }
            *stopped = !at(context, entry->d_name, type);
        }
out:
    free(entries);
    return *stopped || got == 0;
}

/* ---- stamps ---- */

struct times {
    struct timespec folder, new, cur;
    struct timespec new_changed, cur_changed; /* ctimes: nobody sets them back */
    int64_t folder_born, new_born, cur_born;
    struct timespec
        folder_changed; /* by a rename, too: all other times of two folders that a run filled may be equal */
};

/* A root that is INBOX itself changes whenever another folder or the mark does: its own time says nothing. */
static bool
read_times(const struct maildir *maildir, const char *path, struct times *times)
{
    const char *const names[] = {"new", "cur", "tmp"};
    struct stat st[4];
    int64_t born[4];
    int fd = folder_walk(maildir, path);
    bool done = fd >= 0 && io_stat_born(fd, "", &st[3], &born[3]);
    int number;

    for (int i = 0; done && i < 3; i++) {
        done = io_stat_born(fd, names[i], &st[i], &born[i]);
        if (done && !S_ISDIR(st[i].st_mode)) {
            errno = ENOTDIR;
            done = false;
        }
    }
    number = errno;
    (void)io_close(&fd); /* only read */
    errno = number;
    if (done)
        *times = (struct times){.folder = path[0] == '\0' ? (struct timespec){0} : st[3].st_mtim,
                                .new = st[0].st_mtim,
                                .cur = st[1].st_mtim,
                                .new_changed = st[0].st_ctim,
                                .cur_changed = st[1].st_ctim,
                                .folder_born = born[3],
                                .new_born = born[0],
                                .cur_born = born[1],
                                .folder_changed = path[0] == '\0' ? (struct timespec){0} : st[3].st_ctim};
    return done;
}

bool
scan_is_young(const struct maildir *maildir, struct timespec time, struct timespec now)
{
    int64_t slack = maildir->slack_ns;
    int64_t age;

    if (time.tv_sec == 0 && time.tv_nsec == 0)
        return false;
    /* Whole seconds: the file system (ext4 with small inodes, FAT, some servers) keeps no finer time. */
    if (time.tv_nsec == 0)
        slack = INT64_C(2000000000);
    if (now.tv_sec - time.tv_sec > 10)
        return false;
    if (time.tv_sec - now.tv_sec > 10)
        return true;
    age = (int64_t)(now.tv_sec - time.tv_sec) * 1000000000 + (now.tv_nsec - time.tv_nsec);
    return age <= slack;
}

static void
print_stamp(const struct maildir *maildir, const struct times *times, struct timespec now, struct local_stamp *stamp)
{
    text_print(stamp->text, sizeof stamp->text, "%lld.%09ld,%lld.%09ld,%lld.%09ld,%lld.%09ld",
               (long long)times->folder.tv_sec, times->folder.tv_nsec, (long long)times->cur.tv_sec, times->cur.tv_nsec,
               (long long)times->new.tv_sec, times->new.tv_nsec, (long long)times->folder_changed.tv_sec,
               times->folder_changed.tv_nsec);
    stamp->racy = scan_is_young(maildir, times->folder, now) || scan_is_young(maildir, times->cur, now) ||
                  scan_is_young(maildir, times->new, now);
    stamp->cur_changed = io_nanoseconds(times->cur);
    stamp->new_changed = io_nanoseconds(times->new);
    stamp->born[0] = '\0';
    if (times->folder_born != 0 && times->cur_born != 0 && times->new_born != 0)
        text_print(stamp->born, sizeof stamp->born, "%lld,%lld,%lld", (long long)times->folder_born,
                   (long long)times->cur_born, (long long)times->new_born);
}

bool
scan_closed(void *local, const char *folder, struct error *err)
{
    const struct maildir *maildir = local;
    int fd = folder_walk(maildir, folder);
    const int number = errno;
    const bool closed = fd < 0 && number == EACCES;

    (void)io_close(&fd); /* only looked at */
    if (closed)
        error_sys(err, number, "look into folder \"%s\"", folder);
    return closed;
}

bool
scan_stamp(void *local, const char *folder, struct local_stamp *stamp, bool *missing, struct error *err)
{
    const struct maildir *maildir = local;
    struct timespec now;
    struct times times;

    *missing = false;
    clock_gettime(CLOCK_REALTIME, &now);
    if (!read_times(maildir, folder, &times)) {
        *missing = folder_gone(errno);
        if (!*missing)
            error_sys(err, errno, "look at folder \"%s\"", folder);
        return *missing;
    }
    print_stamp(maildir, &times, now, stamp);
    return true;
}

/* ---- names ---- */

const char *
scan_split_name(const char *name, char where, char base[static LOCAL_BASE_MAX + 1],
                char info[static LOCAL_INFO_MAX + 1])
{
    const char *suffix = NULL;

    for (const char *at = strstr(name, ":2,"); at != NULL; at = strstr(at + 1, ":2,"))
        suffix = at;
    if (suffix == NULL)
        suffix = name + strlen(name);
    /* Suffix upon suffix, as broken scripts leave them: all of them are suffix. */
    while (suffix - name >= 3 && memcmp(suffix - 3, ":2,", 3) == 0)
        suffix -= 3;
    if (suffix == name)
        return "no name before the suffix";
    if (!text_copy((struct text){name, (size_t)(suffix - name)}, base, LOCAL_BASE_MAX + 1))
        return "name too long";
    info[0] = where;
    if (!text_copy(text_of(suffix), info + 1, LOCAL_INFO_MAX))
        return "suffix too long";
    return NULL;
}

struct listing {
    const struct local_scanner *to;
    void *context;
    struct buffer kept; /* 'n' or 'c' (regular), 'N' or 'C' (anything else), name, NUL; repeated */
    char where;
    bool passed_on; /* some was passed on already: it can't be listed again */
    bool odd;       /* a name was no message's */
    bool racy;      /* a change right before it may be followed by one that shows no other time */
    bool no_memory;
};

static bool
pass_on(struct listing *listing)
{
    const char *at = listing->kept.at, *end = at + listing->kept.len;
    char base[LOCAL_BASE_MAX + 1], info[LOCAL_INFO_MAX + 1];

    for (; at < end; at += strlen(at) + 1) {
        const char *name = at + 1, *why = not_regular;

        if (*at == 'n' || *at == 'c')
            why = scan_split_name(name, *at, base, info);
        listing->odd = listing->odd || why != NULL;
        if (why == NULL ? !listing->to->file(listing->context, base, info)
                        : listing->to->bad != NULL && !listing->to->bad(listing->context, name, why))
            return false;
    }
    buffer_clear(&listing->kept);
    return true;
}

static bool
keep_name(void *context, const char *name, unsigned char type)
{
    struct listing *listing = context;
    char kind = type == DT_REG ? listing->where : (char)(listing->where - 'a' + 'A');
    size_t len = strlen(name) + 1;

    if (name[0] == '.')
        return true; /* not a message by Maildir's own rule */
    if (listing->kept.len + len + 1 > LISTING_KEPT) {
        listing->passed_on = true;
        if (!pass_on(listing))
            return false;
    }
    listing->no_memory = !buffer_add(&listing->kept, &kind, 1) || !buffer_add(&listing->kept, name, len);
    return !listing->no_memory;
}

static bool
list_sub(struct maildir *maildir, const char *path, enum sub sub, struct listing *listing, struct error *err)
{
    struct folder *folder = folder_get(maildir, path, err);
    bool gone, stopped;
    int fd = folder == NULL ? -1 : folder_sub(maildir, folder, sub, &gone, err);

    if (fd < 0)
        return false;
    listing->where = sub == SUB_NEW ? 'n' : 'c';
    if (!list_directory(fd, keep_name, listing, &stopped)) {
        error_sys(err, errno, "list %s/ of folder \"%s\"", folder_sub_name(sub), path);
        return false;
    }
    if (listing->no_memory)
        error_sys(err, ENOMEM, "list %s/ of folder \"%s\"", folder_sub_name(sub), path);
    return !stopped;
}

static bool
list_once(struct maildir *maildir, const char *path, struct listing *listing, struct times *times,
          struct local_stamp *stamp, bool *stable, struct error *err)
{
    struct local_stamp again;
    struct times after;
    struct timespec start;

    clock_gettime(CLOCK_REALTIME, &start);
    if (!read_times(maildir, path, times))
        goto lost;
    listing->racy =
        scan_is_young(maildir, times->new_changed, start) || scan_is_young(maildir, times->cur_changed, start);
    print_stamp(maildir, times, start, stamp);
    if (!list_sub(maildir, path, SUB_NEW, listing, err) || !list_sub(maildir, path, SUB_CUR, listing, err))
        return false;
    if (!read_times(maildir, path, &after))
        goto lost;
    print_stamp(maildir, &after, start, &again);
    *stable = strcmp(stamp->text, again.text) == 0;
    return true;
lost:
    error_sys(err, errno, "look at folder \"%s\"", path);
    return false;
}

bool
scan_folder(void *local, const char *folder, const struct local_scanner *to, void *context, struct local_stamp *stamp,
            bool *stable, struct error *err)
{
    struct maildir *maildir = local;
    struct listing listing = {.to = to, .context = context, .kept = buffer_new(LISTING_KEPT)};
    struct error ignored;
    struct folder *told;
    struct times times;
    bool done = false;

    for (int tries = 1;; tries++) {
        const struct timespec pause = {.tv_nsec = 5000000L * tries};

        buffer_clear(&listing.kept);
        if (!list_once(maildir, folder, &listing, &times, stamp, stable, err))
            goto out;
        if (*stable || listing.passed_on || tries == LISTING_TRIES)
            break;
        (void)nanosleep(&pause, NULL); /* a signal may cut it short: nothing depends on it */
    }
    done = pass_on(&listing);
    told = done && *stable && !listing.racy && !listing.odd ? folder_get(maildir, folder, &ignored) : NULL;
    if (told != NULL)
        folder_told(told, times.new_changed, times.cur_changed);
out:
    buffer_free(&listing.kept);
    return done;
}
