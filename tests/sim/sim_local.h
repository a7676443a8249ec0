/* What the two halves of the simulated Maildir's table of functions share. */
#ifndef TESTS_SIM_SIM_LOCAL_H
#define TESTS_SIM_SIM_LOCAL_H

#include "tests/sim/sim_maildir.h"

struct local_draft {
    int mailbox;
    struct buffer bytes;
};

/** The process is dead (or dies here): err says so; false. */
bool local_dead(struct maildir_sim *maildir, struct error *err);
bool local_alive(struct maildir_sim *maildir, struct error *err);
/** -1: no folder of this world. */
int local_mailbox(const struct maildir_sim *maildir, const char *folder);
struct sim_file *local_find(struct maildir_sim *maildir, const struct local_file *file);
void local_draft_free(struct maildir_sim *maildir, struct local_draft *draft);

/** sim_folders.c: where this path is; -1: no folder of this world. */
int folders_find(const struct maildir_sim *maildir, const char *path);
/** The user writes another `map`: the same folders, under paths that are not their mailboxes' any more until golub has renamed them. */
void folders_map(struct maildir_sim *maildir, int map);
bool folders_move(void *local, const char *from, const char *to, bool *taken, struct error *err);
/** Somebody renames the folder of one mailbox to that of another one, which is not there. */
void folders_rename(struct maildir_sim *maildir, int from, int to);
/** Both are there. */
void folders_exchange(struct maildir_sim *maildir, int a, int b);
/** Each that is there gets the path of another mailbox, all at once. */
void folders_order(struct maildir_sim *maildir, const int order[SIM_MAILBOXES]);
/** sim_delete.c */
bool folders_beside(void *local, const char *folder, bool (*entry)(void *context, const char *name, bool directory),
                    void *context, bool *missing, bool *empty, struct error *err);
bool folders_remove(void *local, const char *folder, bool *holds, struct error *err);
/** Whoever removed it: the next one of this name is another directory. */
void folders_forget(struct maildir_sim *maildir, int place);
bool folders_taken(void *local, const char *folder, bool *taken, struct error *err);
bool folders_only_above(void *local, const char *folder, const char *const *folders, size_t count);

/* sim_letters.c */
bool letters_sim_read(void *local, const char *folder, struct local_letters *letters, struct error *err);
bool letters_sim_add(void *local, const char *folder, const struct local_words *words, struct local_letters *letters,
                     bool *busy, struct error *err);

bool batch_ahead(void *local, struct local_draft *const *drafts, const int64_t *dates, size_t count);
bool batch_deliver(void *local, struct local_delivery *items, size_t count, struct error *err);
bool batch_rename(void *local, struct local_rename *items, size_t count, struct error *err);
bool batch_link(void *local, struct local_move *items, size_t count, struct error *err);
bool batch_unlink(void *local, struct local_move *items, size_t count, struct error *err);
bool batch_remove(void *local, struct local_removal *items, size_t count, struct error *err);
bool batch_keep(void *local, struct local_draft *draft, const char *name, int64_t date, struct error *err);
/** NULL: it is not there. */
struct sim_quarantined *batch_find_quarantined(struct maildir_sim *maildir, const char *name);
bool batch_in_quarantine(void *local, const char *name);
bool batch_quarantine_flush(void *local, struct error *err);
bool batch_quarantine_drop(void *local, const char *name, struct error *err);

#endif
