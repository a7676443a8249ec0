/*
 * The events behind the kinds of sim_kinds.h, one function each, and what they share: sim_events_there.c (the server's mailboxes),
 * sim_events_here.c (folders, backups, state folders), sim_events_mail.c (files and messages), sim_events_movers.c (other programs), sim_events_keywords.c (golub keyword), sim_events_filed.c (sent mail). When they happen is in sim_events.c.
 */
#ifndef TESTS_SIM_SIM_EVENTS_H
#define TESTS_SIM_SIM_EVENTS_H

#include "tests/sim/sim_history.h"

#define DAY 86400
#define FULL 60   /* messages of a mailbox: from here on nobody adds more */
#define HIDDEN 50 /* added to the mailbox of a file whose folder is away */
#define LATER 100 /* ... of a file that is not copied yet */

static inline struct rng *
dice(struct sim *sim)
{
    return &sim->world.rng;
}

static inline bool
on(const struct sim *sim, enum kind kind)
{
    return kind_on(&sim->world, kind);
}

int event_mailbox_there(struct sim *sim);
void event_put_there(struct sim *sim, int mailbox, int content, unsigned flags, int64_t date);
void event_uidvalidity(struct sim *sim);
void event_forget_flags(struct sim *sim);
void event_swap(struct sim *sim);
void event_rename_there(struct sim *sim);
void event_rename_here(struct sim *sim);
/** On a server that never says which mailbox is which: sim_events_unsaid.c. */
void event_unsaid(struct sim *sim);
void event_folder_goes(struct sim *sim);
void event_delete_there(struct sim *sim);
void event_make_again(struct sim *sim);
void event_back_there(struct sim *sim, int mailbox);
void event_away_there(struct sim *sim);
void event_separator(struct sim *sim);
void event_counts(struct sim *sim);
/** From now on lists and counts agree. */
void event_counts_right(struct sim *sim);
void event_back_here(struct sim *sim, int client, int mailbox);
void event_away_here(struct sim *sim);
void event_remove_folder(struct sim *sim, int client, int mailbox);
/** A folder is emptied into others and removed: sim_events_gone.c. */
void event_moved_out(struct sim *sim);
/** Two folders change places. */
void event_exchange_here(struct sim *sim);
void event_rename_new_file(struct sim *sim);
void event_copy_marked(struct sim *sim);
void event_remove_many(struct sim *sim);
/* A message that says "no room" says to make some there: so somebody does, in each mailbox that takes no more. */
void event_make_room(struct sim *sim);
void event_same_header(struct sim *sim);
void event_days_pass(struct sim *sim);
void event_restore_torn(struct sim *sim);
bool event_is_copying(const struct client *client);
void event_copy_more(struct sim *sim, struct maildir_sim *maildir, unsigned share);
void event_copy_tree(struct sim *sim);
void event_cut_power(struct sim *sim);
void event_use_other_state(struct sim *sim);
void event_other_program(struct sim *sim);
/** ... carries a removal: of equal messages it has other pairs than golub. */
void event_other_removal(struct sim *sim);
void event_keyword(struct sim *sim);
/** Programs that write keyword letters, and those that cut them off: sim_letters.c. */
void event_letters(struct sim *sim);
void letters_sim_begin(struct sim *sim, int client);
/** golub knows no more where this client's files came from: what their letters mean where they stand now is what they say. */
void letters_sim_forget(struct sim *sim, int client);
/**
 * golub left this mailbox out, and paired anew it knows no more what its letters meant before its table was written anew: they say what that says; nor
 * which keywords its messages have that the mailbox does not keep.
 */
void letters_sim_left_out(struct sim *sim, int client, int mailbox);
/** ... and so it is with one file. */
void letters_sim_renumbered(struct maildir_sim *maildir, const struct sim_file *file);
/** What is sent is saved here, and filed by the server itself (sim_events_filed.c). */
void event_send(struct sim *sim);
void event_minutes_pass(struct sim *sim);
/** Before golub comes: what both sides have was carried by another program. */
void event_left_behind(struct sim *sim);

#endif
