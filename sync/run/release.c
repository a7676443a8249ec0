/* What a run holds in memory goes when it is over. */
#include "sync/run/release.h"

#include "sync/run/attempts.h"
#include "sync/run/lookup.h"
#include "sync/run/shapes.h"

void
run_mailbox_free(struct mailbox *mailbox)
{
    struct journal_mailbox *row = &mailbox->row;

    id_set_free(&mailbox->lacked);
    free(mailbox->examples);
    free(mailbox->letters);
    free(row->name);
    free(row->wire);
    free(row->folder);
    free(row->goal);
    free(row->goal_there);
    free(mailbox->had_name);
    free(mailbox->had_wire);
    free(mailbox->permitted);
    free(mailbox->left_name);
    free(mailbox->second);
    *mailbox = (struct mailbox){0};
}

void
run_mailboxes_sift(struct run *run, bool (*goes)(const struct mailbox *mailbox))
{
    size_t kept = 0;

    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (goes(mailbox)) {
            run_mailbox_free(mailbox);
        } else if (&run->mailboxes[kept++] != mailbox) {
            run->mailboxes[kept - 1] = *mailbox;
            *mailbox = (struct mailbox){0}; /* the strings have one owner */
        }
    }
    run->count = kept;
    lookup_forget(run);
}

void
run_release(struct run *run)
{
    for (size_t i = 0; i < run->count; i++)
        run_mailbox_free(&run->mailboxes[i]);
    free(run->mailboxes);
    id_set_free(&run->judged);
    id_set_free(&run->sent_again);
    id_set_free(&run->doubted);
    id_set_free(&run->chosen);
    free(run->given_up);
    free(run->refusals);
    free(run->unproven);
    free(run->doubtful);
    free(run->undeleted);
    free(run->released);
    free(run->additions);
    free(run->listed);
    free(run->strangers);
    free(run->parents);
    free(run->map_text);
    free(run->map_pieces);
    free(run->map_next);
    free(run->map_next_pieces);
    free(run->map_next_words);
    free(run->map_before);
    shapes_free(run->shapes);
    buffer_free(&run->odd);
    buffer_free(&run->unused);
    lookup_free(run);
    attempts_free(run);
}
