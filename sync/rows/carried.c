/* See carried.h. */
#include "sync/rows/carried.h"

#include "sync/rows/letters.h"
#include "sync/rules/merge.h"

void
carried_flags(const struct journal_message *source, struct journal_message *target, bool move)
{
    struct flag_sides flags = merge_moved_there(source->flags, target->info);

    if (!move) {
        target->flags.lseen = merge_of_name(target->info, 0) | (target->flags.lseen & FLAG_FORWARDED);
        target->facts |= FACT_COPIED;
        flags = merge_copied(target->flags, source->flags);
    }
    target->flags = letters_of_file(flags, source, target);
}

bool
carried_take(struct journal_message *message, const struct journal_message *source)
{
    if (source->keywords[0] == '\0' || message->keywords[0] != '\0')
        return false;
    merge_keywords(message->keywords, source->keywords);
    return true;
}

bool
carried_keywords(struct run *run, struct journal_message *message, int64_t source)
{
    struct journal_message *from = NULL;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = true, found = false;

    if (!message->has_wire || message->uid != 0 || message->keywords[0] != '\0')
        return true;
    ok = journal_ids_by_wire(run->journal, message->wire, &ids, &count, &run->err);
    if (ok && count > 1) {
        from = malloc(sizeof *from);
        ok = from != NULL || run_no_memory(run);
    }
    for (size_t i = 0; ok && from != NULL && i < count; i++) {
        if (ids[i] == message->id || (found && ids[i] != source))
            continue;
        ok = run_load(run, ids[i], from);
        if (ok && (from->keywords[0] != '\0' || ids[i] == source)) {
            merge_keywords(message->keywords, from->keywords);
            found = true;
        }
    }
    free(ids);
    free(from);
    return ok;
}
