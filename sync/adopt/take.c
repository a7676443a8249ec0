/*
 * What the state settles becomes rows, a transaction for each mailbox: pairs with the flags of the state as bases; what lacks a side, as a removal
 * that is held; what the other program let go, apart. All else is left as it was observed.
 *
 * A pair rests on another program's word (FACT_BY_HEADER): its body is read before anything destructive rests on it. mbsync writes a line into each
 * copy, so that its pairs have other bytes on both sides (FACT_FOREIGN).
 */
#include "store/foreign/mbsync.h"
#include "sync/adopt/decide.h"
#include "sync/adopt/let_go.h"
#include "sync/adopt/private.h"
#include "sync/adopt/tuid.h"
#include "sync/match/join.h"
#include "sync/match/probe.h"
#include "sync/match/read.h"
#include "sync/rows/drafts.h"
#include "sync/rules/merge.h"
#include "sync/run/situation.h"

#include <inttypes.h>

#define SAMPLE 20 /* headers that tell whether the state is this mailbox's at all */

struct probed {
    struct probe probe; /* id: index of its decision */
    bool proven;
};

struct taking { /* one mailbox */
    struct adopting *adopting;
    struct run *run;
    struct adopt_mailbox *from;
    struct meeting meeting; /* its arena has what was read of the server */
    struct meeting pairing; /* its arena has what is read of one file */
    struct decided decided;
    struct journal_message *message;
};

/* ---- does the state fit what is there now? ---- */

static bool
is_whole(const struct mailbox *mailbox)
{
    const unsigned unread = CAUTION_UNREAD_FOLDER | CAUTION_UNSTABLE_FOLDER | CAUTION_ODD_NAME;

    return mailbox_is_open(mailbox) && mailbox->current && mailbox->row.uneven == 0 && !mailbox->unlisted &&
           !mailbox_is_unsure(mailbox->cautions) && (mailbox->cautions & unread) == 0;
}

static bool
has_validity(const struct adopt_mailbox *from, uint32_t validity)
{
    if (from->validities == NULL)
        return from->state.far_validity == validity;
    for (size_t i = 0; i < from->validity_count; i++) {
        if (from->validities[i] == validity)
            return true;
    }
    return false;
}

static const char *
check_fit(const struct mailbox *mailbox, const struct adopt_mailbox *from)
{
    if (!mailbox->listed)
        return "the server has no mailbox of this name";
    if (!is_whole(mailbox))
        return "the mailbox or its folder could not be read whole";
    if (!has_validity(from, mailbox->row.uidvalidity))
        return "its UIDVALIDITY is not the server's: it is of another account, or the mailbox was made anew since then";
    if (mailbox->row.uidnext == 0 || from->state.max_far >= mailbox->row.uidnext)
        return "it names UIDs that the server never gave";
    if (!foreign_file_stands(from->path, &from->print))
        return "it changed while it was read: the program that keeps it is at work";
    return adopt_check_finished(from->program, from->path);
}

static bool
check_fits(struct adopting *adopting, bool *any)
{
    *any = false;
    for (size_t i = 0; i < adopting->count; i++) {
        struct adopt_mailbox *from = &adopting->mailboxes[i];
        const char *why;

        *any = *any || from->taken; /* on the line that broke */
        if (from->path == NULL || from->known || from->taken)
            continue;
        /* It may have begun since the state was read. */
        if (foreign_file_is_locked(from->lock))
            return adopt_refuse_locked(adopting->run, from->program, from->lock);
        why = check_fit(&adopting->run->mailboxes[i], from);
        if (why != NULL)
            (void)text_print(from->why, sizeof from->why, "%s", why);
        *any = *any || (why == NULL && adopt_says_something(from));
    }
    return *any || adopt_refuse_nothing(adopting);
}

/* ---- what is there ---- */

static uint32_t
near_of(const struct adopt_mailbox *from, const char *base)
{
    uint32_t uid = 0;

    if (from->program == ADOPT_MBSYNC)
        return mbsync_uid_of_name(base);
    for (size_t k = 0; uid == 0 && k < ADOPT_NAMES && from->digests[0][0] != '\0'; k++)
        (void)offlineimap_parse_name(base, from->digests[k], &uid);
    return uid;
}

static bool
gather_files(struct taking *taking, struct decide_input *input, struct arena *arena)
{
    struct run *run = taking->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok =
        journal_message_ids(run->journal, taking->meeting.mailbox->row.id, WHICH_FILE_ALONE, &ids, &count, &run->err);

    input->files = ok ? arena_array(arena, count, sizeof *input->files) : NULL;
    ok = ok && run_has(run, arena);
    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], taking->message);
        if (ok && taking->message->uid == 0 && (taking->message->facts & FACT_GONE_HERE) == 0) {
            const uint32_t near = near_of(taking->from, taking->message->base);
            const uint64_t size = taking->message->has_wire ? taking->message->size : UINT64_MAX;

            input->files[input->file_count++] = (struct decide_file){
                .id = ids[i],
                .near = near,
                .size = size,
                .carried = taking->from->program == ADOPT_MBSYNC &&
                           adopt_may_be_carried(taking->adopting, near, taking->message->base, size)};
        }
    }
    free(ids);
    return ok;
}

static bool
gather_uids(struct taking *taking, struct decide_input *input, struct arena *arena)
{
    struct run *run = taking->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok =
        journal_message_ids(run->journal, taking->meeting.mailbox->row.id, WHICH_UID_ALONE, &ids, &count, &run->err);

    input->uids = ok ? arena_array(arena, count, sizeof *input->uids) : NULL;
    ok = ok && run_has(run, arena);
    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], taking->message);
        if (ok)
            input->uids[input->uid_count++] =
                (struct decide_uid){.id = ids[i], .uid = taking->message->uid, .size = taking->message->size};
    }
    free(ids);
    return ok;
}

static bool
decide_all(struct taking *taking)
{
    struct arena arena = {0};
    struct decide_input input = {.state = &taking->from->state,
                                 .drafts = mailbox_drafts(taking->meeting.mailbox) != DRAFTS_NONE,
                                 .added = taking->from->program == ADOPT_MBSYNC ? MEETING_COPY_LINE : 0};
    bool ok = gather_files(taking, &input, &arena) && gather_uids(taking, &input, &arena) &&
              (decide(&input, &taking->decided) || run_no_memory(taking->run));

    taking->from->unproven = taking->decided.unproven;
    arena_free(&arena);
    return ok;
}

/* ---- pairs ---- */

/* With another byte for the colon (OfflineIMAP's !2,S, mbsync's InfoDelimiter) golub sees no flags in it: they would seem to have been taken off. */
static bool
is_of_other_names(const char *base)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", digits[] = "0123456789";
    const char *comma = strrchr(base, ',');

    return comma != NULL && comma - base >= 2 && comma[-1] == '2' && strchr(letters, comma[-2]) == NULL &&
           strchr(digits, comma[-2]) == NULL && comma[1 + strspn(comma + 1, letters)] == '\0';
}

/*
 * The file's row takes the UID.
 *
 * @param header  digest of the server's header, NULL: not known
 */
static bool
join(struct taking *taking, const struct decision *decision, const unsigned char *header)
{
    struct run *run = taking->run;
    const bool foreign = taking->from->program == ADOPT_MBSYNC || decision->longer != 0;
    struct half file = {.id = decision->file, .base = ""},
                uid = {.id = decision->uid, .uid = decision->far, .base = ""};
    struct journal_message *message = taking->message;

    if (!run_load(run, decision->file, message))
        return false;
    if (!message->has_wire || is_of_other_names(message->base)) {
        taking->from->unproven++;
        return true;
    }
    if (foreign && !read_file(&taking->pairing, &file, true))
        return false;
    if (foreign && file.kinship == NULL) { /* it is gone since, or can't be read */
        taking->from->unproven++;
        return true;
    }
    if (header != NULL) {
        uid.has_header = true;
        memcpy(uid.header, header, DIGEST_SIZE);
    }
    if (!join_halves(&taking->pairing, &file, &uid, FACT_BY_HEADER | (foreign ? FACT_FOREIGN : 0)) ||
        !run_load(run, decision->file, message))
        return false;
    if (foreign && header == NULL) { /* it knows the file's own, which is another */
        message->has_header = false;
        memset(message->header, 0, DIGEST_SIZE);
    }
    message->flags.lseen = merge_of_name(message->info, decision->flags);
    message->flags = merge_adopted(message->flags, decision->flags, taking->meeting.mailbox->row.permanent, true, true);
    taking->from->settled++;
    return journal_message_save(run->journal, message, &run->err);
}

static bool
settle(struct taking *taking, const struct decision *decision, const unsigned char *header)
{
    const bool ok = join(taking, decision, header);

    arena_free(&taking->pairing.arena);
    return ok;
}

/* The header there is that of the file here without mbsync's line, where that was written into this copy. */
static bool
settle_by_size(struct taking *taking, const struct decision *decision)
{
    unsigned char header[DIGEST_SIZE];
    const struct half file = {.id = decision->file, .base = ""};
    struct buffer bytes = buffer_new(TUID_HEADER_MAX);
    bool known = false, ok = true;

    if (taking->from->program == ADOPT_MBSYNC && decision->longer == MEETING_COPY_LINE) {
        ok = read_header(taking->pairing.run, taking->pairing.mailbox, file.id, &bytes);
        known = ok && tuid_header_without((struct text){bytes.at, bytes.len}, header);
    }
    buffer_free(&bytes);
    return ok && settle(taking, decision, known ? header : NULL);
}

/* ---- those whose sizes say nothing ---- */

static size_t
count_decided(const struct taking *taking, enum decide_what what)
{
    size_t n = 0;

    for (size_t i = 0; i < taking->decided.count; i++)
        n += taking->decided.at[i].what == what;
    return n;
}

/* Is what the state says the message of this file that message, as far as its header and both sizes tell? */
static bool
judge(struct taking *taking, struct probed *probed)
{
    struct decision *decision = &taking->decided.at[probed->probe.id];
    struct half file = {.id = decision->file, .base = ""};
    struct journal_message *message = taking->message;
    const struct probe *probe = &probed->probe;
    uint64_t there;
    bool same;

    if (!run_load(taking->run, decision->uid, message))
        return false;
    there = message->size;
    if (!run_load(taking->run, decision->file, message) ||
        (message->has_wire && probe->got && !read_file(&taking->pairing, &file, false)))
        return false;
    same = message->has_header && probe->got && memcmp(message->header, probe->digests.header, DIGEST_SIZE) == 0;
    if (same && taking->run->sizes_lie)
        decision->longer = 0;
    probed->proven =
        (same && taking->run->sizes_lie) || (probe->got && probe->digests.whole_header && file.kinship != NULL &&
                                             kin_same(&file.kinship->kin, &probe->kinship->kin) &&
                                             kinship_explains(file.kinship, message->size, probe->kinship, there));
    arena_free(&taking->pairing.arena);
    return true;
}

/* Headers of the next ones, in the order of UIDs, as the decisions are. */
static bool
probe_some(struct taking *taking, struct probed *probed, size_t count)
{
    struct probe *probes = arena_array(&taking->meeting.arena, count, sizeof *probes);
    bool ok = run_has(taking->run, &taking->meeting.arena);

    for (size_t i = 0; ok && i < count; i++)
        probes[i] = probed[i].probe;
    ok = ok && (count == 0 || probe_remote(taking->run, probes, count, true));
    for (size_t i = 0; ok && i < count; i++) {
        probed[i].probe = probes[i];
        ok = judge(taking, &probed[i]);
    }
    return ok;
}

/*
 * Where more sizes are wrong than right the state is perhaps of another account whose UIDs fit by chance: some headers tell. *believed: it is not.
 */
static bool
probe_all(struct taking *taking, struct probed *probed, size_t *count, bool *believed)
{
    struct arena *arena = &taking->meeting.arena;
    const size_t pairs = count_decided(taking, DECIDE_PAIR);
    size_t first, proven = 0;

    *count = 0;
    *believed = true;
    for (size_t i = 0; i < taking->decided.count; i++) {
        if (taking->decided.at[i].what == DECIDE_PROBE)
            probed[(*count)++].probe = (struct probe){.mailbox = taking->meeting.index,
                                                      .uid = taking->decided.at[i].far,
                                                      .id = (int64_t)i,
                                                      .unlikely = true,
                                                      .kinship = arena_array(arena, 1, sizeof(struct kinship))};
    }
    first = *count > pairs && *count > SAMPLE ? SAMPLE : *count;
    if (!run_has(taking->run, arena) || !probe_some(taking, probed, first))
        return false;
    for (size_t i = 0; i < first; i++)
        proven += probed[i].proven;
    *believed = *count <= pairs || 2 * proven >= first;
    return !*believed || probe_some(taking, probed + first, *count - first);
}

/* ---- what is on one side ---- */

static bool
note_removed(struct taking *taking, const struct decision *decision)
{
    struct run *run = taking->run;
    struct journal_message *message = taking->message;
    const bool here = decision->what == DECIDE_GONE_HERE;

    if (!run_load(run, here ? decision->uid : decision->file, message))
        return false;
    message->facts |= FACT_ADOPTED | (here ? FACT_GONE_HERE : FACT_GONE_THERE);
    if (!here) {
        message->uid = decision->far;
        message->flags.lseen = merge_of_name(message->info, decision->flags);
    }
    message->flags =
        merge_adopted(message->flags, decision->flags, taking->meeting.mailbox->row.permanent, !here, here);
    *(here ? &taking->from->gone_here : &taking->from->gone_there) += 1;
    return journal_message_save(run->journal, message, &run->err);
}

static const char *
why_apart(enum decide_why why, bool here)
{
    static const char *const words[DECIDE_WHYS][2] = {
        [DECIDE_LET_GO] = {"let it go (MaxMessages, or long ago): it stays on the server alone",
                           "let it go: it stays here alone"},
        [DECIDE_SKIPPED] = {"did not carry it to this side, and was not to: it stays on the server alone",
                            "did not carry it to the server, and was not to: it stays here alone"},
        [DECIDE_FAR_STANDS] = {"left a placeholder there for a message that is here (MaxSize): it stays there",
                               "left a placeholder on the server for it (MaxSize): it stays here alone"},
        [DECIDE_NEAR_STANDS] = {"left it on the server as too large (MaxSize): a placeholder here stands for it",
                                "left this placeholder for a message that was too large (MaxSize): it stays here"},
    };

    return words[why][here];
}

static bool
set_apart(struct taking *taking, const struct decision *decision)
{
    struct run *run = taking->run;
    struct journal_message *message = taking->message;
    const bool here = decision->file != 0;
    char why[160];

    if (!run_load(run, here ? decision->file : decision->uid, message))
        return false;
    message->facts |= FACT_APART | FACT_ADOPTED;
    taking->from->apart++;
    (void)text_print(why, sizeof why, "%s %s", adopt_names[taking->from->program], why_apart(decision->why, here));
    return journal_message_save(run->journal, message, &run->err) &&
           run_pending(run, taking->meeting.mailbox, message->id, PENDING_POLICY,
                       plan_verb_word(here ? PLAN_UPLOAD : PLAN_DOWNLOAD), why, NULL);
}

static bool
write_down(struct taking *taking, const struct probed *probed, size_t count)
{
    bool ok = true;

    for (size_t i = 0; ok && i < taking->decided.count; i++) {
        const struct decision *decision = &taking->decided.at[i];

        switch (decision->what) {
        case DECIDE_PAIR:
            ok = settle_by_size(taking, decision);
            break;
        case DECIDE_GONE_HERE:
        case DECIDE_GONE_THERE:
            ok = note_removed(taking, decision);
            break;
        case DECIDE_APART:
            ok = set_apart(taking, decision);
            break;
        case DECIDE_PROBE:
            break;
        }
    }
    for (size_t i = 0; ok && i < count; i++) {
        taking->from->unproven += !probed[i].proven;
        ok = !probed[i].proven ||
             settle(taking, &taking->decided.at[probed[i].probe.id], probed[i].probe.digests.header);
    }
    return ok;
}

/* ---- one mailbox ---- */

static bool
take_mailbox(struct adopting *adopting, size_t i)
{
    struct run *run = adopting->run;
    struct taking taking = {
        .adopting = adopting,
        .run = run,
        .from = &adopting->mailboxes[i],
        .meeting = {.run = run, .index = (uint32_t)i, .mailbox = &run->mailboxes[i]},
        .pairing = {.run = run, .index = (uint32_t)i, .mailbox = &run->mailboxes[i]},
        .message = calloc(1, sizeof *taking.message),
    };
    struct probed *probed = NULL;
    size_t count = 0;
    bool believed = false, ok = (taking.message != NULL || run_no_memory(run)) && decide_all(&taking);

    if (ok) {
        probed = arena_array(&taking.meeting.arena, taking.decided.count, sizeof *probed);
        ok = run_has(run, &taking.meeting.arena) && probe_all(&taking, probed, &count, &believed);
    }
    if (ok && !believed)
        (void)text_print(taking.from->why, sizeof taking.from->why,
                         "the messages that it names are others: it is of another account");
    if (ok && believed)
        ok = situation_mark(run) && run_begin(run) &&
             run_end(run, write_down(&taking, probed, count) && let_go_remember(run, adopting->options->state) &&
                              situation_mark_commit(run));
    taking.from->taken = ok && believed;
    free(taking.decided.at);
    free(taking.message);
    arena_free(&taking.meeting.arena);
    arena_free(&taking.pairing.arena);
    return ok;
}

bool
adopt_take(struct run *run, struct adopting *adopting)
{
    bool ok, any;

    ok = check_fits(adopting, &any) && adopt_find_carried(adopting);
    for (size_t i = 0; ok && i < adopting->count && !run_stopped(run); i++) {
        const struct adopt_mailbox *from = &adopting->mailboxes[i];

        if (from->path != NULL && !from->known && !from->taken && from->why[0] == '\0')
            ok = take_mailbox(adopting, i);
    }
    any = false;
    for (size_t i = 0; ok && i < adopting->count; i++)
        any = any || (adopting->mailboxes[i].taken && adopt_says_something(&adopting->mailboxes[i]));
    return ok && (any || run_stopped(run) || adopt_refuse_nothing(adopting));
}
