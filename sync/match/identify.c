/*
 * Pair before upload and before download, always: in a mailbox that has files without a UID and UIDs without a file, what is the
 * same message on both sides becomes one row. So a lost journal, a restored Maildir, another laptop's copy, a crash between two
 * steps or a lost answer to APPEND are all resolved by the same few lines, and nothing is sent or stored twice.
 *
 * Proof, cheapest first: equal size and header, where nothing else looks the same and the header is one that names one message alone,
 * or our own deterministic file name; else the whole body. Counted as multisets. A pair that rests on its header is noted (FACT_BY_HEADER), and
 * proven by its body before anything destructive rests on it (proof.c).
 */
#include "sync/match/anew.h"
#include "sync/match/dated_again.h"
#include "sync/match/doubling.h"
#include "sync/match/gather.h"
#include "sync/match/groups.h"
#include "sync/match/held_again.h"
#include "sync/match/join.h"
#include "sync/match/match.h"
#include "sync/match/meeting.h"
#include "sync/match/parts.h"
#include "sync/match/read.h"
#include "sync/match/related.h"
#include "sync/match/renamed.h"
#include "sync/match/rewritten.h"
#include "sync/match/same_body.h"
#include "sync/match/shared_id.h"
#include "sync/observe/observe.h"
#include "sync/observe/view.h"
#include "sync/rows/drafts.h"
#include "sync/rows/missing.h"
#include "sync/rows/readings.h"
#include "sync/run/attempts_bare.h"
#include "sync/rules/merge.h"
#include "sync/run/situation.h"

/* ---- pairs inside one mailbox ---- */

static bool
lacks_header(const struct half *uid)
{
    return uid->wanted && !uid->has_header;
}

static bool
lacks_body(const struct half *uid)
{
    return uid->wanted && !uid->got_body;
}

/*
 * Equal header and size: one message if nothing else here has that header, or that Message-ID, and it is one of those that only one message has; or if
 * the file has the name that the UID's download gets. Everything else is told by its body. In \Drafts that is everything. A server that went
 * back gives its UIDs anew, and with them their names: that of a file which lost its UID says nothing, in whatever run; what was sent is no
 * download. A size that a server says is worth little (some say 0 of everything): where it told the date of both, that must be equal, too. And what
 * is new on both sides of a settled mailbox is told by its body, whatever its header says (anew.h).
 */
static bool
join_headers(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    bool named = mailbox_drafts(meeting->mailbox) == DRAFTS_NONE &&
                 (!run_learned(meeting->mailbox, CAUTION_REPAIRED) || meeting->mailbox->renumbered);

    for (size_t f = 0; named && f < file_count; f++) {
        for (size_t u = 0; !files[f]->paired && !files[f]->intent && !files[f]->dated && u < uid_count; u++) {
            if (!uids[u]->paired && uids[u]->size == files[f]->size &&
                meeting_is_its_name(meeting, uids[u], files[f]->base) &&
                !join_halves(meeting, files[f], uids[u], FACT_BY_HEADER))
                return false;
        }
    }
    if (file_count != 1 || uid_count != 1 || files[0]->paired || uids[0]->paired || !uids[0]->telling)
        return true;
    if (files[0]->shared_id && (files[0]->shared_rest || !uids[0]->received))
        return true;
    if (!anew_suffices(meeting, files[0], uids[0]))
        return true;
    return files[0]->size != uids[0]->size || join_halves(meeting, files[0], uids[0], FACT_BY_HEADER);
}

/*
 * The message that an unanswered APPEND, COPY or MOVE made belongs to the file that was sent. Otherwise another file of
 * the same bytes would take its UID, and it would seem that the server keeps only one of equal messages.
 */
static bool
join_sent(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    for (size_t f = 0; f < file_count; f++) {
        for (size_t u = 0; files[f]->intent && !files[f]->paired && u < uid_count; u++) {
            if (!uids[u]->paired && uids[u]->uid >= files[f]->intent_uidnext &&
                uids[u]->date == files[f]->intent_date && !join_halves(meeting, files[f], uids[u], 0))
                return false;
        }
    }
    return true;
}

/*
 * Pair as many files as there are UIDs, in their order: each file with a UID that shows the flags which its message
 * had.
 */
static bool
join_like(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    size_t room = 0;

    for (size_t u = 0; u < uid_count; u++)
        room += !uids[u]->paired;
    for (size_t f = 0, first = 0; f < file_count && room > 0; f++) {
        size_t u;

        if (files[f]->paired)
            continue;
        room--;
        while (first < uid_count && uids[first]->paired)
            first++;
        for (u = first; u < uid_count && (uids[u]->paired || uids[u]->flags != files[f]->flags);)
            u++;
        if (u < uid_count && !join_halves(meeting, files[f], uids[u], 0))
            return false;
    }
    return true;
}

/*
 * Equal messages. Which file gets which UID matters where their flags differ: the flags of one would be taken for a
 * change of the other.
 */
static bool
join_bodies(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    if (!join_sent(meeting, files, file_count, uids, uid_count) ||
        !join_like(meeting, files, file_count, uids, uid_count))
        return false;
    for (size_t f = 0, u = 0; f < file_count && u < uid_count;) {
        if (files[f]->paired) {
            f++;
        } else if (uids[u]->paired) {
            u++;
        } else if (!join_halves(meeting, files[f++], uids[u++], 0)) {
            return false;
        }
    }
    return true;
}

/*
 * A message that the server rewrote when it stored it: searched for only for files whose APPEND was not confirmed, and
 * only among UIDs that came after it.
 */
static bool
join_canonical(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    return join_sent(meeting, files, file_count, uids, uid_count);
}

/* The server rewrites what it is given. */
static bool
join_rewritten(struct meeting *meeting, bool sent)
{
    for (size_t f = 0; f < meeting->files.count; f++) {
        struct half *file = &meeting->files.at[f], *uid;

        if (!rewritten_find(meeting, file, sent, &uid))
            return false;
        if (uid == NULL)
            continue;
        if (sent)
            run_complain(meeting->run, meeting->mailbox, "store a message on the server byte for byte", file->base,
                         "The server changed its bytes; the file here stays as it is.");
        if (!join_halves(meeting, file, uid, FACT_FOREIGN))
            return false;
    }
    return true;
}

static bool
any_left(const struct meeting *meeting)
{
    bool file = false, uid = false;

    for (size_t i = 0; i < meeting->files.count; i++)
        file = file || !meeting->files.at[i].paired;
    for (size_t i = 0; i < meeting->uids.count; i++)
        uid = uid || (meeting->uids.at[i].wanted && !meeting->uids.at[i].paired);
    return file && uid;
}

static bool
want_bodies(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    (void)meeting;
    (void)files;
    (void)file_count;
    for (size_t u = 0; u < uid_count; u++)
        uids[u]->same_header = true;
    return true;
}

/* Bodies are read only of what may still be a file: an equal header or one without an end, or an APPEND that was not confirmed. */
static bool
narrow(struct meeting *meeting)
{
    struct halves left = {0};
    bool ok = groups_walk(meeting, KEY_HEADER, want_bodies);

    for (size_t f = 0; ok && f < meeting->files.count; f++) {
        const struct half *file = &meeting->files.at[f];
        struct half *intent = !file->paired && file->intent ? meeting_add(meeting->run, &left) : NULL;

        if (!file->paired && file->intent && intent == NULL)
            ok = false;
        else if (intent != NULL)
            *intent = *file;
    }
    for (size_t u = 0; ok && u < meeting->uids.count; u++) {
        struct half *uid = &meeting->uids.at[u];

        uid->wanted = !uid->paired && (uid->same_header || uid->open_header || meeting_has_intent(&left, uid));
    }
    free(left.at);
    return ok;
}

/* What was read of messages that are left: the next run need not read it again. */
static bool
save_read(struct meeting *meeting)
{
    struct journal_message message;

    for (size_t u = 0; u < meeting->uids.count; u++) {
        const struct half *uid = &meeting->uids.at[u];

        if (uid->paired || !uid->has_header || !uid->read)
            continue;
        if (!run_load(meeting->run, uid->id, &message))
            return false;
        if (!message.has_header) {
            message.has_header = true;
            message.facts |= uid->vague ? FACT_VAGUE : 0;
            memcpy(message.header, uid->header, DIGEST_SIZE);
        }
        if (uid->got_body && !uid->cut && !uid->doubt && !uid->part && !message.has_wire) {
            message.has_wire = true;
            memcpy(message.wire, uid->wire, DIGEST_SIZE);
        }
        if (!journal_message_save(meeting->run->journal, &message, &meeting->run->err) ||
            (uid->kinship != NULL && !read_keep(meeting->run, uid->id, uid->kinship, uid->cut)))
            return false;
    }
    return true;
}

/* Is this file perhaps a message that could not be read? */
static bool
may_be(const struct half *file, const struct half *uid)
{
    if (file->paired)
        return false;
    if (uid->has_header && !uid->open_header && memcmp(file->header, uid->header, DIGEST_SIZE) == 0)
        return true;
    if (uid->late && (!uid->has_header || uid->open_header)) /* what a server says of a size excludes nobody */
        return true;
    if (related_may_be(file, uid))
        return true;
    return (!uid->has_header || uid->open_header || (file->intent && uid->uid >= file->intent_uidnext)) &&
           meeting_is_plausible(file->size, uid->size);
}

/* It is not sent; nor is a file of the same bytes, where its own is gone: that is it under another name, whatever the server says of its size. */
static bool
delay(struct meeting *meeting, const struct half *file)
{
    if (!reading_delay_file(meeting->run, file->id))
        return false;
    for (size_t f = 0; file->gone && f < meeting->files.count; f++) {
        const struct half *other = &meeting->files.at[f];

        if (other != file && !other->paired && memcmp(other->wire, file->wire, DIGEST_SIZE) == 0 &&
            !reading_delay_file(meeting->run, other->id))
            return false;
    }
    return true;
}

/* A message whose body does not come is not fetched in this run, and what may be it is not sent: it would be there twice. */
static bool
hold_doubtful(struct meeting *meeting)
{
    struct run *run = meeting->run;
    struct journal_message message;

    for (size_t u = 0; u < meeting->uids.count; u++) {
        const struct half *uid = &meeting->uids.at[u];
        bool any = false;

        for (size_t f = 0; uid->doubt && !uid->paired && f < meeting->files.count; f++) {
            if (!may_be(&meeting->files.at[f], uid) ||
                !attempts_may_be(run, meeting->mailbox, uid->uid, meeting->files.at[f].id))
                continue;
            any = true;
            if (!delay(meeting, &meeting->files.at[f]))
                return false;
        }
        if (!any || uid->given_up)
            continue;
        meeting->mailbox->stirred = true; /* perhaps it is gone */
        if (!run_load(run, uid->id, &message) ||
            !reading_missed(run, meeting->mailbox, &message,
                            uid->part ? "what the server sends is the beginning of a file here: whether they are one "
                                        "message is not known"
                                      : "the server does not send what it announced: whether it is here already is not "
                                        "known"))
            return false;
    }
    reading_begin(run);
    return true;
}

static bool
meet(struct meeting *meeting)
{
    if (!anew_judge(meeting))
        return false;
    if (!renamed_join_files(meeting) || !read_new_headers(meeting, lacks_header) || !meeting_judge_headers(meeting) ||
        !shared_id_judge(meeting) || !groups_walk(meeting, KEY_HEADER, join_headers))
        return false;
    if (!join_rewritten(meeting, false) || !narrow(meeting))
        return false;
    if (any_left(meeting) && (!read_uids(meeting, false, lacks_body) || !groups_walk(meeting, KEY_WIRE, join_bodies) ||
                              !groups_walk(meeting, KEY_CANONICAL, join_canonical) || !join_rewritten(meeting, true)))
        return false;
    if (!related_join(meeting) || !same_body_join(meeting) || !doubling_judge(meeting) || !anew_note_met(meeting))
        return false;
    return meeting_keep_flags(meeting) && save_read(meeting) && parts_find(meeting) && hold_doubtful(meeting);
}

/* A file for which no UID was found may be a message out of the server's view. */
static bool
spare_unseen(struct meeting *meeting)
{
    bool ok = true;

    for (size_t f = 0; ok && view_may_hide(meeting->mailbox) && f < meeting->files.count; f++) {
        const struct half *file = &meeting->files.at[f];

        if (!file->paired && !file->intent && !file->lacked)
            ok = view_spare(meeting->run, meeting->mailbox, file->id);
    }
    return ok;
}

/* What is set apart meets no file; in a transaction of its own. */
static bool
find_apart(struct run *run, uint32_t index)
{
    uint64_t count;

    if (!journal_message_count(run->journal, run->mailboxes[index].row.id, WHICH_NOWHERE, &count, &run->err))
        return false;
    return count == 0 || (run_begin(run) && run_end(run, dated_again_join(run, index, false)));
}

static bool
identify_mailbox(struct run *run, uint32_t index)
{
    struct meeting meeting = {.run = run, .index = index, .mailbox = &run->mailboxes[index]};
    bool ok = find_apart(run, index) && gather_halves(&meeting), left = false;
    bool wanted = ok && meeting.files.count != 0 && meeting.uids.count != 0;

    /*
     * Rows that know both a UID and a file mean "deleted" where the file is missing: from here on a Maildir that was restored, or
     * another in its place, must be told by its mark, also if nothing has to be fetched or sent.
     */
    ok = ok && (!wanted || meeting_is_due(&meeting, &wanted)) && renamed_cut_off(&meeting, false, &left);
    if (ok && (wanted || left))
        ok = situation_mark(run);
    /* All pairs of a mailbox, and the end of its repair, in one transaction. */
    ok = ok && run_begin(run) && (!left || renamed_cut_off(&meeting, true, &left)) && (!wanted || meet(&meeting)) &&
         held_again_join(&meeting) && dated_again_join(run, index, meeting.mailbox->row.state == MAILBOX_REPAIR);
    if (ok && (wanted || left))
        ok = situation_mark_commit(run);
    ok = ok && spare_unseen(&meeting);
    /* Where rows are missing in a listing that does not add up, their absence would count as a removal later. */
    if (ok && meeting.mailbox->row.state == MAILBOX_REPAIR && !mailbox_is_unsure(meeting.mailbox->cautions) &&
        !meeting.mailbox->unlisted) {
        meeting.mailbox->row.state = MAILBOX_ACTIVE;
        ok = journal_mailbox_save(run->journal, &meeting.mailbox->row, &run->err);
    }
    ok = run_end(run, ok);
    free(meeting.files.at);
    free(meeting.uids.at);
    arena_free(&meeting.arena);
    return ok;
}

bool
identify(struct run *run)
{
    if (!examine_new_files(run))
        return false;
    reading_begin_files(run);
    for (size_t i = 0; i < run->count; i++) {
        const struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox_is_open(mailbox) && mailbox->row.id != 0 && (run->dry || !mailbox->look_here) &&
            !identify_mailbox(run, (uint32_t)i))
            return false;
    }
    reading_end_files(run);
    return anew_note_all(run);
}
