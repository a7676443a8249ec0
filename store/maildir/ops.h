/* What each file of this room puts into the table of functions; documented in store/base/local.h. */
#ifndef STORE_MAILDIR_OPS_H
#define STORE_MAILDIR_OPS_H

#include "store/base/lines.h"
#include "store/maildir/folder.h"

/* tree.c: the root and the folders below it */
bool tree_open(void *local, bool make, enum local_root *root, struct error *err);
bool tree_folders(void *local, bool (*folder)(void *context, const char *folder), void *context, struct error *err);
bool tree_all_folders(void *local, bool (*folder)(void *context, const char *folder), void *context, struct error *err);
/**
 * Every directory that is a mailbox or could hold or become one in this layout, "" for the root itself, parents first. One that can't be looked
 * into is left out.
 * @param enter  called before its subdirectories are looked for; fd is the directory's, borrowed. false: the walk ends, err is left
 */
bool tree_directories(void *local, bool (*enter)(void *context, const char *path, int fd), void *context,
                      struct error *err);
/** Likewise every directory but what stands in cur/, new/ and tmp/, whatever it is called. */
bool tree_everywhere(void *local, bool (*enter)(void *context, const char *path, int fd), void *context,
                     struct error *err);
/** Would tree_directories go from this directory into one of that name, or is it one of the three? */
bool tree_is_part(const struct maildir *maildir, const char *path, const char *name);
void tree_traces(void *local, const char *folder, struct local_traces *traces);
bool tree_stands(void *local);
void tree_birth(void *local, const char *folder, int64_t *birth);
/** Does this directory hold all three? */
bool tree_is_mailbox(int fd);

/* strays.c */
bool strays_see(void *local, const struct local_strays *to, void *context, struct error *err);

/* create.c */
bool create_folder(void *local, const char *folder, struct error *err);
bool create_folders(void *local, struct local_folder *items, size_t count, struct error *err);

/** Down a path below the root; levels that are missing become plain directories, durable. @return descriptor, or -1 with errno */
int create_enter(struct maildir *maildir, const char *path);

/* move_folder.c */
bool move_folder(void *local, const char *from, const char *to, bool *taken, struct error *err);
bool move_folder_taken(void *local, const char *folder, bool *taken, struct error *err);
bool move_folder_only_above(void *local, const char *folder, const char *const *folders, size_t count);

/* remove_folder.c */
bool remove_folder_beside(void *local, const char *folder,
                          bool (*entry)(void *context, const char *name, bool directory), void *context, bool *missing,
                          bool *empty, struct error *err);
bool remove_folder(void *local, const char *folder, bool *holds, struct error *err);

/* filesystem.c: what the file system under the root can do */
bool filesystem_holds_names(void *local, bool probe, struct error *err);
void filesystem_learn(struct maildir *maildir);
/** Name of a network file system or one like it, whose changes inotify may not hear of; NULL: it is none. */
const char *filesystem_elsewhere(int fd);
void filesystem_boot(void *local, char id[static LOCAL_BOOT_MAX + 1]);
bool filesystem_flush(void *local, struct error *err);
bool filesystem_room(int fd, const char *path, uint64_t *bytes, struct error *err);
bool filesystem_free(void *local, uint64_t *bytes, struct error *err);
void filesystem_describe(void *local, struct local_description *out);

/* scan.c */
#define LISTING_BUFFER (256 * 1024) /* a large folder in few getdents64 calls */
/** Every entry but "." and ".."; type as DT_*, never DT_UNKNOWN. `at` returns false to stop: then *stopped. */
MUST_CHECK bool list_directory(int fd, bool (*at)(void *context, const char *name, unsigned char type), void *context,
                               bool *stopped);
/** May something change without this time moving, since the file system's clock is coarse? */
bool scan_is_young(const struct maildir *maildir, struct timespec time, struct timespec now);
/** A file's name in new/ ('n') or cur/ ('c') as base name and info. @return NULL, or why it can't be used */
const char *scan_split_name(const char *name, char where, char base[static LOCAL_BASE_MAX + 1],
                            char info[static LOCAL_INFO_MAX + 1]);
bool scan_closed(void *local, const char *folder, struct error *err);
bool scan_stamp(void *local, const char *folder, struct local_stamp *stamp, bool *missing, struct error *err);
bool scan_folder(void *local, const char *folder, const struct local_scanner *to, void *context,
                 struct local_stamp *stamp, bool *stable, struct error *err);

/* read.c */
bool read_examine(void *local, const struct local_file *file, struct local_facts *facts, bool *missing,
                  struct error *err);
bool read_reread(void *local, const struct local_file *file, struct local_facts *facts, bool *missing, bool *changed,
                 struct error *err);
bool read_look(void *local, const struct local_file *file, struct local_print *print, bool *missing, struct error *err);
bool read_open(void *local, const struct local_file *file, void **handle, bool *missing, struct error *err);
bool read_facts(void *local, void *handle, struct local_facts *facts, struct error *err);
bool read_some(void *local, void *handle, void *to, size_t size, size_t *got, struct error *err);
bool read_rewind(void *local, void *handle, struct error *err);
void read_close(void *local, void *handle);
/**
 * What is open becomes a handle for read_some. @param fd  open, or -1: err says why; consumed. @return false: it is not, for another reason than
 * *missing
 */
bool read_take(int fd, const struct stat *st, void **handle, const bool *missing, struct error *err);
struct local_print read_print(const struct stat *st);
/** Did a signal come? Then err is ERROR_INTERRUPTED. For loops over the bytes of a file, which may be a terabyte long. */
bool read_stopped(const struct maildir *maildir, struct error *err);
/** Size and digests of an open file in wire form. @param canonical  that one, too */
MUST_CHECK bool read_digests(struct maildir *maildir, int fd, bool canonical, struct digests *digests,
                             struct error *err);

/* known.c: digests of files that were read in this run */
void known_add(struct maildir *maildir, const struct stat *st, struct timespec before, const struct digests *digests);
/** NULL: not known, or it may have changed since. */
const struct digests *known_find(const struct maildir *maildir, const struct stat *st);

/* draft.c */
struct local_draft {
    struct local_draft *next; /* spare ones */
    struct folder *folder;
    int fd;
    dev_t dev;
    char name[64];
    unsigned sync_age;
    unsigned ahead;        /* its data is flushed by that flush_ahead; 0: by none. Its descriptor is closed then */
    struct digest *digest; /* both NULL once finished; NULL: only the size is wanted */
    char *block;           /* what is not written yet, IO_BLOCK bytes */
    size_t fill;
    uint64_t size; /* bytes in the file */
    uint64_t wire; /* bytes that reading it gives back */
    bool raw;      /* stored as it came: some line end would not have come back */
    struct lines_shrink shrink;
    struct lines_grow grow; /* raw: for the digests */
};
bool draft_begin(void *local, const char *folder, struct local_draft **draft, struct error *err);
bool draft_write(void *local, struct local_draft *draft, const void *bytes, size_t len, struct error *err);
bool draft_finish(void *local, struct local_draft *draft, struct digests *digests, struct error *err);
void draft_drop(void *local, struct local_draft *draft);
bool draft_sweep(void *local, const char *folder);
void draft_free_spare(struct maildir *maildir);

#define BATCH_FOR_SYNCFS 16 /* fewer files: flushing them one by one is faster than waiting for the whole disk */

/* ahead.c */
bool ahead_begin(void *local, struct local_draft *const *drafts, const int64_t *dates, size_t count);
/** Is the data of a draft with `ahead` on the disk? Waits. @return false with errno */
bool ahead_served(struct maildir *maildir, const struct local_draft *draft);

/* deliver.c */
bool deliver_batch(void *local, struct local_delivery *items, size_t count, struct error *err);

/* carry.c */
bool carry_info(void *local, const struct local_file *from, const char *folder, char info[static LOCAL_INFO_MAX + 1],
                struct error *err);

/* letters.c */
bool letters_read(void *local, const char *folder, struct local_letters *letters, struct error *err);
bool letters_add(void *local, const char *folder, const struct local_words *wanted, struct local_letters *letters,
                 bool *busy, struct error *err);

/* change.c */
bool change_rename(void *local, struct local_rename *items, size_t count, struct error *err);
bool change_link(void *local, struct local_move *items, size_t count, struct error *err);
bool change_unlink_moved(void *local, struct local_move *items, size_t count, struct error *err);

/* quarantine.c */
bool quarantine_remove(void *local, struct local_removal *items, size_t count, struct error *err);
bool quarantine_keep(void *local, struct local_draft *draft, const char *name, int64_t date, struct error *err);
bool quarantine_has(void *local, const char *name);
bool quarantine_open(void *local, const char *name, void **handle, struct local_print *print, bool *missing,
                     struct error *err);
bool quarantine_drop(void *local, const char *name, struct error *err);
bool quarantine_flush(void *local, struct error *err);
bool quarantine_space(void *local, uint64_t *bytes, struct error *err);
void quarantine_close(struct maildir *maildir);

/* mark.c */
bool mark_read(void *local, struct local_mark *mark, struct error *err);
bool mark_write(void *local, struct local_mark *mark, struct error *err);

#endif
