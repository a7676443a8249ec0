/* Look: what server and Maildir show is written into the journal. No mail is changed here. */
#ifndef SYNC_OBSERVE_OBSERVE_H
#define SYNC_OBSERVE_OBSERVE_H

#include "sync/run/run.h"

struct namesake {
    int64_t id; /* the row that both files belong to */
    char first[LOCAL_INFO_MAX + 1], second[LOCAL_INFO_MAX + 1];
};
struct namesakes {
    struct namesake *at; /* freed by the caller */
    size_t count, size;
};

bool survey_load(struct run *run);  /* the journal's mailboxes */
bool survey_here(struct run *run);  /* folders, names on the command line */
bool survey_there(struct run *run); /* LIST; nothing is decided, and nothing written, of what it means */
/** Is there a name there, of no mailbox, that stands above some (\Noselect)? As people call it. */
bool survey_is_parent_only(const struct run *run, const char *name);
bool survey_known(struct run *run);  /* survey_here; what `mailboxes` does not choose any more is left out */
bool survey_remote(struct run *run); /* LIST and what it means for each mailbox */
bool survey_again(struct run *run);  /* the second look: has anything moved since? */
/**
 * One more list. *at_rest: between each mailbox's listing and this nothing came to it and nothing left it, so that all of them hold at one moment;
 * else those that stirred are to be looked at. What no number is told of is taken for being at rest.
 */
MUST_CHECK bool survey_proves(struct run *run, bool *at_rest);
bool survey_on_new_line(struct run *run);                         /* the line broke: the same, and what was in flight */
bool survey_folders_again(struct run *run);                       /* the same here: was a folder made since? */
bool observe_remote(struct run *run);                             /* every mailbox with look_there */
bool observe_local(struct run *run, struct namesakes *namesakes); /* every folder with look_here */
bool observe_refused(struct run *run); /* files that the server refused: has one changed since? */
/**
 * Files that were sent, and drafts: have their bytes changed since? Before anything is sent, and at the end.
 * @param first    the first look of this run: what earlier runs sent is looked at for the last time
 * @param changed  [out] there is something new to do
 */
bool observe_edited(struct run *run, bool first, bool *changed);
/** What is known of a file's bytes goes along when its row becomes another: one that is written to meanwhile is noticed. Inside a transaction. */
MUST_CHECK bool edited_carry(struct run *run, int64_t from, int64_t to);
/** New files are read, in folders that were not asked for, too: what appeared there may be what vanished elsewhere. */
bool examine_new_files(struct run *run);

#endif
