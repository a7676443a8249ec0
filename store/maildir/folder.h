/*
 * The state of this room, and how a folder's directories are reached: by walking down from the root we hold, component
 * by component, never through a symbolic link. Descriptors of tmp/, new/ and cur/ are kept for a while; before each use
 * the name is looked up again, so that a directory that was replaced under us is never mistaken for an emptied one.
 */
#ifndef STORE_MAILDIR_FOLDER_H
#define STORE_MAILDIR_FOLDER_H

#include <pthread.h>

#include <sys/stat.h>

#include "store/maildir/io.h"
#include "store/maildir/maildir.h"

#define FOLDERS_KEPT 48 /* folders whose directories stay open, at most; unflushed directories add theirs */
#define TAG_LENGTH 8    /* hex characters that tell one account's temporary names from another's in a shared tree */
#define MODE_FOLDER 0700
#define MODE_FILE 0600

enum sub { SUB_TMP, SUB_NEW, SUB_CUR, SUB_COUNT };

struct directory { /* one of the three, while it is open */
    int fd;        /* -1: not open */
    dev_t dev;
    ino_t ino;
    bool dirty;    /* entries changed since the last fsync */
    unsigned call; /* for which it was looked up last: folder_sub_once */
};

struct folder {
    struct folder *next;
    char *path;
    struct directory sub[SUB_COUNT];
    unsigned drafts; /* in its tmp/ */
    bool swept;      /* leftovers in tmp/ were looked for */
    bool young;      /* ... and some are too young to be told from drafts that are in use */
    unsigned begun;  /* the batch for which tmp/ was looked up last */
    unsigned held;   /* the batch for which all three were looked up last */
    bool looked;     /* into new/ and cur/: are they empty? */
    bool told;       /* all names in them were told or given by this run, as long as the ctimes are these */
    struct timespec told_new, told_cur;
};

struct known;

struct flush_ahead { /* ahead.c */
    pthread_t thread;
    bool running;
    int fd, result;  /* the thread's; result: errno, 0 is fine */
    unsigned begun;  /* so many; a draft has the number of the one that covers it */
    unsigned failed; /* the last one that did; those before it are not trusted either */
    int why;         /* errno of that */
};

struct maildir {
    struct maildir_settings settings; /* strings are our own copies */
    char tag[TAG_LENGTH + 1];
    int root; /* -1: not open */
    dev_t root_dev;
    int quarantine;
    bool quarantine_dirty;
    struct folder *folders; /* most recently used first */
    size_t folder_count, folders_kept;
    bool
        lost; /* what changed in a directory that was replaced since is not on the disk, and the batch does not know yet */
    struct timespec opened; /* leftovers are older than this */
    uint64_t names;         /* counter of temporary names */
    bool atime;             /* O_NOATIME was refused: not ours to ask for */

    int64_t slack_ns;   /* how long an mtime may stand still while things change */
    bool syncfs_serves; /* one syncfs flushes all data and says whether it failed */
    int sync_fd;        /* for syncfs; opened before what it shall vouch for is written */
    unsigned sync_age;  /* counts syncfs descriptors: what was written under an older one is flushed by itself */
    uint64_t flushes_file, flushes_system;
    struct flush_ahead ahead;
    unsigned batch; /* that is being written, from 1 on */
    unsigned calls; /* that rename, from 1 on */

    struct local_draft *spare; /* drafts to be used again, without digest and block */
    struct digest *spare_digest;
    char *spare_block;
    struct digest *digest;
    struct known *known; /* digests of files that were read in this run; NULL: none yet */
};

/** A plain file name that can stand in tmp/, new/ or cur/: no '/', not empty, not "." or "..". */
bool folder_name_plain(const char *name);
/** Descriptor of the folder itself. @return -1 with errno: ENOENT, ENOTDIR or ELOOP where it is no folder (any more) */
int folder_walk(const struct maildir *maildir, const char *path);
/** Did errno say that something is not there, or is not the directory it should be? */
bool folder_gone(int number);
/** "Work/2024" and "cur" to "Work/2024/cur", below the root. */
bool folder_join(const char *path, const char *name, char *to, size_t size);
const char *folder_sub_name(enum sub sub);
/** Its place in the cache, made if needed; valid until two other folders were asked for. NULL: out of memory */
struct folder *folder_get(struct maildir *maildir, const char *path, struct error *err);
/** Descriptor of tmp/, new/ or cur/, sure to be what stands there now. @return -1; *gone if it is not there */
int folder_sub(struct maildir *maildir, struct folder *folder, enum sub sub, bool *gone, struct error *err);
/** As folder_sub. @param st  [out] of it, if it is there */
int folder_stat_sub(struct maildir *maildir, struct folder *folder, enum sub sub, struct stat *st, bool *gone,
                    struct error *err);
/** tmp/ for a draft of this batch: looked up once a batch, since before a draft gets its name all is looked up anew. @return as folder_sub */
int folder_tmp(struct maildir *maildir, struct folder *folder, bool *gone, struct error *err);
/**
 * All three stand there now, their descriptors are open: looked up once a batch. What replaces them while the batch gets its names finds them
 * as if it had come after that. `told` is true after it if no name came into new/ or cur/ that this run neither told nor gave.
 */
MUST_CHECK bool folder_hold(struct maildir *maildir, struct folder *folder, struct error *err);
/** All that is in new/ and cur/ was told, while these are their ctimes. */
void folder_told(struct folder *folder, struct timespec new_changed, struct timespec cur_changed);
/** The names of a batch are given: what changed in new/ and cur/ since folder_hold is taken for that, and the next batch begins. */
void folder_end_batch(struct maildir *maildir);
/** As folder_sub, but looked up once a call that renames: what replaces it meanwhile finds its names as if it had come after that. */
int folder_sub_once(struct maildir *maildir, struct folder *folder, enum sub sub, bool *gone, struct error *err);
/** The folder and the name of a file, and where in it. */
MUST_CHECK bool folder_name(struct maildir *maildir, const struct local_file *file, struct folder **folder,
                            enum sub *sub, char name[static LOCAL_BASE_MAX + LOCAL_INFO_MAX + 1], struct error *err);
/** Where a file stands: its directory and its name. @return the directory, -1 as folder_sub */
int folder_place(struct maildir *maildir, const struct local_file *file, struct folder **folder, enum sub *sub,
                 char name[static LOCAL_BASE_MAX + LOCAL_INFO_MAX + 1], bool *gone, struct error *err);
/** Entries of this directory changed and must be flushed before the caller returns. */
void folder_touch(struct folder *folder, enum sub sub);
/** fsync every touched directory, those that were replaced since included. One whose flush failed is closed: that descriptor would report no loss again. */
MUST_CHECK bool folder_flush(struct maildir *maildir, struct error *err);
/** As above, but only where many are waiting: keeps descriptors bounded inside a long batch. */
MUST_CHECK bool folder_flush_some(struct maildir *maildir, struct error *err);
/**
 * After a call that failed: if no descriptor was left (errno), close the directories that can be opened again, and keep fewer from now on.
 * @return false: it failed for another reason. errno is left
 */
bool folder_make_room(struct maildir *maildir);
/** Close all; folders with drafts in flight only if told so. */
void folder_close_all(struct maildir *maildir, bool even_with_drafts);
/** Is this base likely taken in new/ or cur/, under any of the suffixes that mail readers write most? */
bool folder_base_taken(int new_dir, int cur_dir, const char *base);

/** fsync of one descriptor, counted; nothing with fsync = false. errno is left. */
MUST_CHECK bool maildir_sync(struct maildir *maildir, int fd);
/** One syncfs for all that was changed below the root since it was opened; only where syncfs_serves. errno is left. */
MUST_CHECK bool maildir_sync_all(struct maildir *maildir);
/** ahead.c: after a syncfs that failed: another descriptor, and what was written before it is flushed by itself. */
void ahead_renew(struct maildir *maildir);
/** ahead.c: wait for the thread, if it runs. @return false with errno: it ran, and failed */
bool ahead_wait(struct maildir *maildir);
/** Make a file under a temporary name that nobody else uses, for reading and writing. @return -1 with errno */
int maildir_make_temporary(struct maildir *maildir, int dir, char *name, size_t size);
/** Is it a temporary name of this account's, older than this run? *young: it is one, and too young to tell: it may be in use */
bool maildir_is_leftover(const struct maildir *maildir, int dir, const char *name, bool *young);
/** Open a message for reading. @return -1; *missing: not there under that name */
int maildir_open_message(struct maildir *maildir, const struct local_file *file, bool *missing, struct stat *st,
                         struct error *err);

#endif
