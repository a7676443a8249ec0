/* See join.h. */
#include "sync/match/join.h"

#include "sync/match/kinship.h"
#include "sync/observe/told.h"
#include "sync/observe/uneven.h"
#include "sync/observe/view.h"
#include "sync/rows/carried.h"
#include "sync/rows/letters.h"
#include "sync/rows/missing.h"
#include "sync/rows/own_name.h"
#include "sync/rules/merge.h"

/* What the server has is found again by the header that it shows; the file by its own bytes. */
static bool
note_foreign(struct run *run, struct journal_message *here, const struct half *file, const struct half *uid,
             unsigned facts)
{
    const bool known = file->kinship != NULL && file->kinship->has_body;

    if ((facts & FACT_FOREIGN) == 0)
        return true;
    if (uid->has_header)
        memcpy(here->header, uid->header, DIGEST_SIZE);
    return journal_foreign_save(run->journal, here->id, known ? file->kinship->body : NULL, &run->err);
}

/*
 * Where the server shows a part of its messages, what has the same bytes under a UID that nobody knew may be an equal one: the message itself is
 * perhaps beyond the view, or not listed.
 */
static bool
is_perhaps_another(const struct meeting *meeting, const struct half *file, const struct journal_message *here)
{
    return file->lacked || (here->facts & FACT_OUT_OF_VIEW) != 0 || (file->unpaired && view_may_hide(meeting->mailbox));
}

/* Was its body read, and is it the file's? */
static bool
is_read(const struct journal_message *here, const struct journal_message *there, const struct half *uid, unsigned facts)
{
    return facts == 0 && (there->facts & FACT_FOREIGN) == 0 && uid->got_body && here->has_header && here->has_wire &&
           memcmp(here->wire, uid->wire, DIGEST_SIZE) == 0;
}

/*
 * Two rows become one: the file's, with the UID and what the server showed of it. One that had a UID before keeps its bases, so that what
 * either side changed meanwhile is merged; and its removal, if it waits for one.
 */
bool
join_halves(struct meeting *meeting, struct half *file, struct half *uid, unsigned facts)
{
    struct run *run = meeting->run;
    struct journal_message *here = calloc(2, sizeof *here), *there = here + 1;
    char then[KEYWORDS_MAX + 1];
    bool removed = false, ok = here != NULL || run_no_memory(run);

    ok = ok && run_load(run, file->id, here) && run_load(run, uid->id, there) &&
         ((here->facts & FACT_GONE_HERE) == 0 || missing_goes_on(run, here, there->flags.rseen, &removed)) &&
         (!file->intent || carried_seen(run, here, there->keywords));
    if (ok) {
        here->uid = there->uid;
        here->size = there->size;
        here->date = there->date;
        here->flags.rseen = there->flags.rseen;
        (void)text_print(then, sizeof then, "%s", here->keywords);
        merge_keywords(here->keywords, there->keywords);
        if (file->alias) { /* its bases were those of another UID */
            here->refers_to = 0;
            here->flags = merge_unknown(here->flags);
        }
        here->flags = merge_level(here->flags, FLAG_ALL);
        if (file->fresh) /* what both show is agreed on: whoever removes it has seen that */
            here->flags = merge_met(here->flags);
        if (own_name_has(run, meeting->mailbox, here)) /* a run that was cut off fetched it */
            here->facts |= FACT_FETCHED;
        if (is_perhaps_another(meeting, file, here))
            here->flags = merge_equal(here->flags);
        here->facts &=
            ~(unsigned)(FACT_GONE_THERE | FACT_OUT_OF_VIEW | FACT_REFUSED | FACT_APART | FACT_PLACEHOLDER | FACT_ECHO |
                        FACT_ALIAS | FACT_BY_HEADER | FACT_AGAIN | FACT_ADOPTED | FACT_ITS_BYTES);
        if (facts == 0) /* they have the same bytes now, whatever they had before */
            here->facts &= ~(unsigned)FACT_FOREIGN;
        if ((here->facts & FACT_GONE_HERE) == 0 || removed) /* otherwise its file is fetched again */
            here->facts &= ~(unsigned)FACT_UNPAIRED;
        here->facts |= is_read(here, there, uid, facts) ? FACT_ITS_BYTES : facts;
        ok = note_foreign(run, here, file, uid, facts) && meeting_take_intent(run, here) &&
             (!file->fresh || missing_met(run, here)) && journal_message_delete(run->journal, there->id, &run->err) &&
             journal_message_save(run->journal, here, &run->err) && letters_met(run, here) &&
             (!id_set_has(&meeting->mailbox->lacked, here->id) || uneven_met_again(run, meeting->mailbox, here->id));
    }
    if (ok) {
        file->paired = uid->paired = true;
        if (!file->fresh)
            told_keywords(run, meeting->mailbox, here, then, file->intent);
        run_did(run, meeting->mailbox, (struct report_done){.act = DID_PAIR, .uid = here->uid, .file = here->base});
    }
    free(here);
    return ok;
}
