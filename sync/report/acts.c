/* What a run does with one message or mailbox: the words for it. */
#include "sync/report/private.h"

static const struct act_words acts[REPORT_ACTS] = {
    [DID_DOWNLOAD] = {"download", "fetched", "would fetch", NULL},
    [DID_UPLOAD] = {"upload", "uploaded", "would upload", NULL},
    [DID_FLAGS_HERE] = {"flags-here", "flags changed here", "would change flags here", NULL},
    [DID_FLAGS_THERE] = {"flags-there", "flags changed on the server", "would change flags on the server", NULL},
    [DID_KEYWORDS_HERE] = {"keywords-here", "keywords changed here", "would change keywords here", NULL},
    [DID_KEYWORDS_THERE] = {"keywords-there", "keywords changed on the server", "would change keywords on the server",
                            NULL},
    [DID_MOVE_HERE] = {"move-here", "moved here", "would move here", NULL},
    [DID_MOVE_THERE] = {"move-there", "moved on the server", "would move on the server", NULL},
    [DID_COPY_THERE] = {"copy-there", "copied on the server", "would copy on the server", NULL},
    [DID_REMOVE_HERE] = {"remove-here", "removed here", "would remove here", NULL},
    [DID_REMOVE_THERE] = {"remove-there", "removed on the server", "would remove on the server", NULL},
    [DID_REPLACE_THERE] = {"replace-there", "old version removed on the server",
                           "would remove the old version on the server", NULL},
    [DID_CREATE_HERE] = {"create-here", "made here", "would make the folder here", "created-here"},
    [DID_CREATE_THERE] = {"create-there", "made on the server", "would make the mailbox on the server",
                          "created-there"},
    [DID_RENAME_HERE] = {"rename-here", "renamed here to", "would be renamed here to", "renamed-here"},
    [DID_RENAME_THERE] = {"rename-there", "renamed on the server to", "would be renamed on the server to",
                          "renamed-there"},
    [DID_DELETE_HERE] = {"delete-here", "its folder is removed here: it is gone on the server",
                         "would remove its folder here", "deleted-here"},
    [DID_DELETE_THERE] = {"delete-there", "deleted on the server: its folder is gone here",
                          "would delete the mailbox on the server", "deleted-there"},
    [DID_PAIR] = {"pair", "found to be the same on both sides", "would pair: the same on both sides", NULL},
};

const struct act_words *
report_act_words(enum report_act act)
{
    return &acts[act];
}

void
report_count(struct report_counts *counts, const struct report_done *done)
{
    counts->done[done->act]++;
    *(done->act == DID_UPLOAD ? &counts->bytes_up : &counts->bytes_down) += done->bytes;
}

uint64_t
report_acts(const struct report_counts *counts)
{
    uint64_t all = 0;

    for (size_t i = 0; i < REPORT_ACTS; i++)
        all += counts->done[i];
    return all;
}
