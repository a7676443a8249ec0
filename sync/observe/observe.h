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

/** The journal's mailboxes become run->mailboxes, which has none before. */
MUST_CHECK bool survey_load(struct run *run);
/** Which folders are here, and which names the command line asks for. ERROR_CONFIG where one of them is no mailbox that is known. */
MUST_CHECK bool survey_here(struct run *run);
/** LIST. Nothing is decided, and nothing written, of what it means. */
MUST_CHECK bool survey_there(struct run *run);
/** Before the server is asked: survey_here; what `mailboxes` does not choose any more is left out. */
MUST_CHECK bool survey_known(struct run *run);
/** LIST, and what it and the folders mean for each mailbox: its state, and whether it is to be looked at on either side. */
MUST_CHECK bool survey_remote(struct run *run);
/** The second look: one more list. What has moved since is to be looked at again. */
MUST_CHECK bool survey_again(struct run *run);
/**
 * One more list. *at_rest: between each mailbox's listing and this nothing came to it and nothing left it, so that all of them hold at one moment;
 * else those that stirred are to be looked at. What no number is told of is taken for being at rest.
 */
MUST_CHECK bool survey_proves(struct run *run, bool *at_rest);
/** The line broke, and is open again: survey_again, and what was in flight is to be looked at. */
MUST_CHECK bool survey_on_new_line(struct run *run);
/** The second look here: a folder that was made since is to be looked at. */
MUST_CHECK bool survey_folders_again(struct run *run);
/** Every mailbox with look_there, which is false afterwards: rows and cursors are written. */
MUST_CHECK bool observe_remote(struct run *run);
/** Every folder with look_here, likewise. @param namesakes  [out] files of one name, to be told apart */
MUST_CHECK bool observe_local(struct run *run, struct namesakes *namesakes);
/** Files that the server refused: one that has changed since is tried again. */
MUST_CHECK bool observe_refused(struct run *run);
/**
 * Files that were sent, and drafts: have their bytes changed since? Before anything is sent, and at the end.
 * @param first    the first look of this run: what earlier runs sent is looked at for the last time
 * @param changed  [out] there is something new to do
 */
MUST_CHECK bool observe_edited(struct run *run, bool first, bool *changed);
/** What is known of a file's bytes goes along when its row becomes another: one that is written to meanwhile is noticed. Inside a transaction. */
MUST_CHECK bool edited_carry(struct run *run, int64_t from, int64_t to);
/** New files are read, in folders that were not asked for, too: what appeared there may be what vanished elsewhere. */
MUST_CHECK bool examine_new_files(struct run *run);

#endif
