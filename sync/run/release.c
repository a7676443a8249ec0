/* What a run holds in memory goes when it is over. */
#include "sync/run/release.h"

#include "sync/run/attempts.h"
#include "sync/run/lookup.h"
#include "sync/run/shapes.h"

void
run_release(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        id_set_free(&run->mailboxes[i].lacked);
        free(run->mailboxes[i].examples);
        free(run->mailboxes[i].letters);
        free(run->mailboxes[i].row.name);
        free(run->mailboxes[i].row.wire);
        free(run->mailboxes[i].row.folder);
        free(run->mailboxes[i].row.goal);
        free(run->mailboxes[i].had_name);
    }
    free(run->mailboxes);
    id_set_free(&run->judged);
    id_set_free(&run->sent_again);
    id_set_free(&run->doubted);
    free(run->given_up);
    free(run->refusals);
    free(run->unproven);
    free(run->doubtful);
    free(run->undeleted);
    free(run->released);
    free(run->additions);
    free(run->listed);
    free(run->map_text);
    free(run->map_pieces);
    free(run->map_before);
    shapes_free(run->shapes);
    buffer_free(&run->odd);
    lookup_free(run);
    attempts_free(run);
}
