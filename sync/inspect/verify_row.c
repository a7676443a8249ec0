/* See verify_row.h. */
#include "sync/inspect/verify_row.h"

#include <strings.h>

#include "sync/rules/merge.h"

bool
verify_is_there(const struct journal_message *row)
{
    return row->uid != 0 && (row->facts & FACT_GONE_THERE) == 0;
}

bool
verify_is_here(const struct journal_message *row)
{
    return row->base[0] != '\0' && (row->facts & FACT_GONE_HERE) == 0;
}

size_t
verify_row(const struct journal_message *row, enum verify_what out[static VERIFY_MOST])
{
    const bool there = verify_is_there(row) || (row->facts & FACT_ALIAS) != 0, here = verify_is_here(row);
    size_t count = 0;

    if (journal_message_is_clean(row) || (!there && !here))
        return 0;
    if (there && !here)
        out[count++] = row->base[0] == '\0' ? VERIFY_NOT_FETCHED : VERIFY_REMOVED_HERE;
    else if ((row->facts & FACT_ALTERED) != 0)
        out[count++] = (row->facts & FACT_ALIAS) != 0 ? VERIFY_ALTERED_SECOND
                       : there                        ? VERIFY_ALTERED
                                                      : VERIFY_ALTERED_ALONE;
    else if (!there)
        out[count++] = row->uid == 0 ? VERIFY_NOT_SENT : VERIFY_REMOVED_THERE;
    else if (merge_is_changed(row->flags))
        out[count++] = VERIFY_FLAGS_DUE;
    if (count == 0)
        out[count++] = VERIFY_UNFINISHED;
    return count;
}

size_t
verify_there(const struct journal_message *row, const struct remote_message *now,
             enum verify_what out[static VERIFY_MOST])
{
    bool size, date;
    size_t count = 0;

    if (row->uid == 0)
        return 0;
    if (now == NULL) {
        if (verify_is_there(row) && verify_is_here(row)) /* one that is not here either is nowhere, and no difference */
            out[count++] = VERIFY_GONE_THERE;
        return count;
    }
    size = now->has_meta && now->size != 0 && row->size != 0 && now->size != row->size;
    date = now->has_meta && now->date != 0 && row->date != 0 && now->date != row->date;
    if (size && date) {
        out[count++] = VERIFY_ANOTHER;
        return count;
    }
    if ((row->facts & FACT_GONE_THERE) != 0)
        out[count++] = VERIFY_BACK_THERE;
    else if (now->has_flags && now->flags != row->flags.rseen && (row->facts & (FACT_ECHO | FACT_COPIED)) == 0)
        out[count++] = VERIFY_FLAGS_THERE;
    if (!now->has_flags)
        out[count++] = VERIFY_FLAGLESS;
    else if (!now->cut && strcasecmp(now->keywords != NULL ? now->keywords : "", row->keywords) != 0)
        out[count++] = VERIFY_KEYWORDS;
    if (size || date)
        out[count++] = size ? VERIFY_SIZE : VERIFY_DATE;
    return count;
}

size_t
verify_here(const struct journal_message *row, const char *info, enum verify_what out[static VERIFY_MOST])
{
    size_t count = 0;

    if (row->base[0] == '\0')
        return 0;
    if (info == NULL) {
        if (verify_is_here(row) && (verify_is_there(row) || (row->facts & FACT_ALIAS) != 0))
            out[count++] = VERIFY_GONE_HERE;
        return count;
    }
    if ((row->facts & FACT_GONE_HERE) != 0)
        out[count++] = VERIFY_BACK_HERE;
    else if (merge_of_name(info, row->flags.lseen) != row->flags.lseen)
        out[count++] = VERIFY_FLAGS_HERE;
    return count;
}

enum verify_what
verify_of(const struct journal_message *row, enum verify_what what)
{
    if (what == VERIFY_GONE_THERE && verify_excuse(row) != NULL)
        return VERIFY_HIDDEN;
    if ((row->facts & FACT_ALTERED) == 0)
        return what;
    if (what == VERIFY_GONE_HERE || what == VERIFY_REMOVED_HERE)
        return VERIFY_ALTERED_GONE;
    return what == VERIFY_GONE_THERE ? VERIFY_ALTERED_ALONE : what;
}

const char *
verify_excuse(const struct journal_message *row)
{
    if ((row->facts & FACT_OUT_OF_VIEW) != 0)
        return "the server does not show it: its view of the mailbox ends above it";
    if ((row->facts & FACT_APART) != 0)
        return "it stays on one side alone, as was said";
    if ((row->facts & FACT_PLACEHOLDER) != 0)
        return "it is mbsync's placeholder for a message that it left on the server";
    return NULL;
}
