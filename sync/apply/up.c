/*
 * Uploads. An intent is durable before its APPEND, so that a lost answer is looked for before anything is sent again. A message
 * whose bytes the server has in another mailbox is copied there instead (UID COPY): no bytes travel.
 *
 * After the answers the mailbox is looked at once more in the same run: flags as the server then shows them become its base, and
 * where it does not say the new UID, the row is found by content (identify.c).
 */
#include "store/base/descriptors.h"
#include "store/journal/keywords.h"
#include "sync/apply/answers.h"
#include "sync/apply/apply.h"
#include "sync/base/ids.h"
#include "sync/observe/uneven.h"
#include "sync/rows/astray.h"
#include "sync/rows/carried.h"
#include "sync/rows/copied.h"
#include "sync/rows/letters.h"
#include "sync/rows/own_name.h"
#include "sync/rows/refusals.h"
#include "sync/rows/unfinished.h"
#include "sync/rules/merge.h"
#include "sync/run/attempts.h"
#include "sync/run/line.h"
#include "sync/run/situation.h"

#define UPLOAD_BATCH 2500 /* messages whose intents are committed together; their files stay open until then */
#define UPLOAD_BATCH_BYTES (64u * 1024 * 1024)
#define SMALL (64u * 1024)
#define HEADER_LOOKED_AT 65536 /* bytes; of a longer one the beginning tells */
#define ATTEMPTS_MAX 3         /* APPENDs that were accepted and never shown; unanswered ones do not count */

static bool
wait_with(struct run *run, struct mailbox *mailbox, const struct sending *sending, const char *why)
{
    run->partial = true;
    run->counts.pending++;
    return run_pending(run, mailbox, sending->message->id, PENDING_SETTLE, "upload", why, NULL);
}

/* Of a move whose source is gone only the mailbox is known that it was in. */
static bool
wait_for_attempt(struct run *run, struct mailbox *mailbox, const struct sending *sending)
{
    if (refusal_is_known(run, sending->message->id, WORK_APPEND)) { /* it says more, and is named by each run */
        run->partial = true;
        run->counts.pending++;
        return true;
    }
    const struct journal_op *op = &sending->op;
    const bool moved = op->kind == OP_MOVE || op->kind == OP_COPY;
    const struct mailbox *from = moved ? run_mailbox_by_id(run, op->mailbox) : NULL;
    char why[LIMIT_MAILBOX_NAME + 200];

    if (unfinished_is_astray(op)) {
        astray_say(run, op, why, sizeof why);
        return wait_with(run, mailbox, sending, why);
    }
    (void)text_print(why, sizeof why, "%s%s%san earlier attempt was not answered%s and may still be under way",
                     from != NULL ? "from " : "", from != NULL ? from->row.name : "", from != NULL ? ": " : "",
                     op->attempt > 0 ? ", or not shown," : "");
    return wait_with(run, mailbox, sending, why);
}

/* Is an earlier attempt still in doubt? *wait: not now. Inside a transaction. */
static bool
check_intent(struct run *run, struct mailbox *mailbox, struct sending *sending, bool *wait)
{
    bool found;

    *wait = false;
    if (!unfinished_find(run, mailbox, sending->message, &sending->op, &found))
        return false;
    sending->before = found ? sending->op : (struct journal_op){0};
    *wait = found && (unfinished_is_sent(&sending->op) || !unfinished_is_settled(&sending->op, run->looked));
    if (*wait)
        return wait_for_attempt(run, mailbox, sending);
    if (!uneven_may_hide(run, mailbox, found ? &sending->op : NULL, wait))
        return false;
    if (*wait)
        return wait_with(run, mailbox, sending, "it may be a message that the server counts and does not list");
    if (!found) {
        sending->op = (struct journal_op){.attempt = 0};
        return true;
    }
    if (sending->op.kind != OP_UPLOAD) /* it was to be a copy or a move: no APPEND of it was accepted */
        sending->op.attempt = 0;
    if (sending->op.attempt >= 2) {
        if (!answers_become_alias(run, mailbox, sending, wait))
            return false;
        if (*wait)
            return true;
    }
    if (sending->op.attempt >= ATTEMPTS_MAX) {
        *wait = true;
        sending->message->date = sending->op.date;
        return journal_op_delete(run->journal, sending->op.id, &run->err) &&
               answers_refuse(run, mailbox, sending->message,
                              "the server took this message several times and never showed it");
    }
    return true;
}

/*
 * A file has golub's own name for a UID that is there, and was not paired with it: it is that message, damaged, and not
 * new mail.
 */
static bool
check_name(struct run *run, struct mailbox *mailbox, struct journal_message *message, bool *skip)
{
    enum own_name is;

    *skip = false;
    if (message->uid != 0 || (message->facts & FACT_AGAIN) != 0) /* known, whoever has its UID now */
        return true;
    if (!own_name_check(run, mailbox, message, &is))
        return false;
    *skip = is != OWN_NAME_NOT;
    if (is == OWN_NAME_UNREAD) { /* it may be gone by now, or be this very message: the next look says more */
        mailbox->stirred = true;
        run->partial = true;
        return true;
    }
    if (!*skip)
        return true;
    message->facts |= FACT_ALTERED;
    run_complain(
        run, mailbox, "find the message of a file that golub wrote", message->base,
        "Its bytes are not the message's any more: it is not sent, and the message itself comes beside it. Give the "
        "file another name to send it as new mail, or remove it.");
    return journal_message_save(run->journal, message, &run->err) &&
           run_pending(run, mailbox, message->id, PENDING_ALTERED, "altered", RUN_WHY_ALTERED, NULL);
}

/*
 * Has its header bytes that no header may have (RFC 5322)? There are servers that write as many others for them (Cyrus: X). What such a one has then
 * is as large as the file, and is not what it was sent: nothing is told by its header.
 */
static bool
look_at_header(struct run *run, struct sending *sending)
{
    char bytes[4096];
    size_t got = 0, seen = 0;
    bool ok, blank = false, over = false;
    struct error ignored = {0}; /* what can't be read now fails when it is sent */

    sending->eight_bits = false;
    ok = run->local.ops->read_rewind(run->local.self, sending->handle, &ignored);
    while (ok && !over && seen < HEADER_LOOKED_AT &&
           run->local.ops->read(run->local.self, sending->handle, bytes, sizeof bytes, &got, &ignored) && got != 0) {
        for (size_t i = 0; !over && i < got; i++) {
            over = blank && bytes[i] == '\n';
            blank = bytes[i] == '\n' || (blank && bytes[i] == '\r');
            sending->eight_bits = sending->eight_bits || (unsigned char)bytes[i] >= 0x80;
        }
        seen += got;
    }
    sending->eight_bits =
        sending->eight_bits || (!over && seen >= HEADER_LOOKED_AT); /* nobody knows what comes later */
    return run->local.ops->read_rewind(run->local.self, sending->handle, &run->err);
}

/* It was written on since it was listed: what is to be sent of it are these bytes, and what was said of its keywords is said of them. */
static bool
take_bytes(struct run *run, struct journal_message *message, const struct local_facts *facts)
{
    const bool others = message->has_wire && memcmp(message->wire, facts->digests.wire, DIGEST_SIZE) != 0;

    if (others && !journal_keyword_rewrite(run->journal, message, facts->digests.wire, &run->err))
        return false;
    memcpy(message->wire, facts->digests.wire, DIGEST_SIZE);
    memcpy(message->header, facts->digests.header, DIGEST_SIZE);
    message->size = facts->digests.size;
    message->date = facts->date;
    return !others || journal_message_save(run->journal, message, &run->err);
}

/* The bytes once more, right before they are sent: what was digested at the listing may have changed since. */
static bool
check_file(struct uploading *up, struct mailbox *mailbox, struct sending *sending, bool *skip)
{
    struct run *run = up->run;
    struct journal_message *message = sending->message;
    struct local_file file = run_file(mailbox, message);
    struct local_facts facts;
    struct error err = {0};
    bool missing = false, altered;

    *skip = true;
    if (!run->local.ops->read_open(run->local.self, &file, &sending->handle, &missing, &err) ||
        (!missing && !run->local.ops->read_facts(run->local.self, sending->handle, &facts, &err))) {
        up->full = error_no_descriptor(&err) && up->count > 0;
        if (err.kind == ERROR_INTERRUPTED || up->full)
            return true;
        run_problem_of(run, mailbox, message->base, &err);
        return run_pending(run, mailbox, message->id, PENDING_UNREADABLE, "upload", err.answer, NULL);
    }
    if (missing) { /* renamed, or removed: the next look finds out */
        mailbox->look_here = true;
        return true;
    }
    if (message->uid != 0 && memcmp(facts.digests.wire, message->wire, DIGEST_SIZE) != 0) {
        /* It was to come back to the server, and is not the message any more. */
        message->facts |= FACT_ALTERED;
        run->partial = true;
        return journal_message_save(run->journal, message, &run->err) &&
               run_pending(run, mailbox, message->id, PENDING_ALTERED, "altered", RUN_WHY_ALTERED, NULL);
    }
    /* A refused one is asked about again when these change. */
    if ((message->uid == 0 || (message->facts & FACT_FOREIGN) != 0) && !take_bytes(run, message, &facts))
        return false;
    if (!check_name(run, mailbox, message, &altered))
        return false;
    if (altered)
        return true;
    if (facts.digests.has_nul)
        return answers_refuse(run, mailbox, message, "it holds a NUL byte, which IMAP can't carry without changing it");
    if (run->info.append_limit != 0 && facts.digests.size > run->info.append_limit)
        return answers_refuse(run, mailbox, message, "it is larger than the server takes (APPENDLIMIT)");
    sending->wire_size = facts.digests.size;
    sending->print = (struct journal_print){.message = message->id, .file = facts.print, .wire = facts.digests.size};
    memcpy(sending->op.canonical, facts.digests.canonical, DIGEST_SIZE);
    sending->op.date = facts.date;
    *skip = false;
    return look_at_header(run, sending);
}

static bool
write_intent(struct run *run, struct mailbox *mailbox, struct sending *sending)
{
    struct journal_op *op = &sending->op;
    struct journal_message *message = sending->message;
    bool known = op->id != 0;

    if (!carried_keywords(run, message, op->kind == OP_COPY || op->kind == OP_MOVE ? op->message : 0))
        return false;
    op->kind = OP_UPLOAD;
    op->mailbox = mailbox->row.id;
    op->message = message->id;
    op->target = 0; /* it may have been a copy before */
    unfinished_note_name(op, mailbox);
    op->uidvalidity = mailbox->row.uidvalidity;
    op->uidnext = mailbox->row.uidnext;
    op->size = sending->wire_size;
    op->since = run_now(run);
    op->seen = OP_UNDER_WAY; /* what was there was an earlier attempt's */
    if (message->uid != 0) { /* it comes back: the UID that was removed there is history */
        message->uid = 0;
        message->facts &= ~(unsigned)(FACT_GONE_THERE | FACT_ADOPTED | FACT_ITS_BYTES);
        message->flags = merge_new(message->flags, true); /* what it shows is what it brings */
    }
    /* The server will have these bytes, and from here: what an earlier message there was told by says nothing of the one that comes. */
    message->facts &= ~(unsigned)(FACT_FOREIGN | FACT_FETCHED | FACT_BY_HEADER);
    sending->print.since = op->since;
    return journal_message_save(run->journal, message, &run->err) &&
           (sending->todo->came_from == 0 || copied_left(run, sending->todo->came_from, message->id)) &&
           journal_print_set(run->journal, &sending->print, &run->err) &&
           letters_sent(run, mailbox,
                        message) && /* what its name shows is meant for it, and APPEND does not take it along */
           (known ? journal_op_save(run->journal, op, &run->err) : journal_op_add(run->journal, op, &run->err));
}

/* ---- the wire asks for the bytes ---- */

static void
let_go(struct run *run, struct sending *sending)
{
    if (sending->handle != NULL)
        run->local.ops->read_close(run->local.self, sending->handle);
    sending->handle = NULL;
    free(sending->keywords);
    sending->keywords = NULL;
}

static bool
on_read(void *context, size_t index, void *to, size_t size, size_t *got)
{
    struct uploading *up = context;
    struct run *run = up->run;

    up->batch[index].begun = true;
    return run->local.ops->read(run->local.self, up->batch[index].handle, to, size, got, &run->err);
}

static bool
on_rewind(void *context, size_t index)
{
    struct uploading *up = context;
    struct run *run = up->run;

    return run->local.ops->read_rewind(run->local.self, up->batch[index].handle, &run->err);
}

/* It ended no line. */
static void
acquit(struct run *run, const struct todo *todo)
{
    struct suspect *suspect =
        attempts_find(run, run->mailboxes[todo->mailbox].row.id, ATTEMPT_SEND, (uint32_t)todo->id);

    if (suspect != NULL)
        attempts_settle(run, suspect, false);
}

static bool
on_done(void *context, size_t index, uint32_t uid, const struct remote_outcome *outcome)
{
    struct uploading *up = context;
    struct sending *sending = &up->batch[index];

    sending->answered = true;
    up->answered++;
    sending->uid = uid;
    sending->outcome = *outcome; /* its file stays open: a refusal may come while the rest still goes out */
    up->run->done++;
    up->run->counts.bytes_up += sending->wire_size;
    run_tell_progress(up->run, &up->run->mailboxes[sending->todo->mailbox], 0);
    if (up->suspects)
        acquit(up->run, sending->todo);
    return true;
}

/* One that was refused before must not take others along; once one of them went well small ones need not be asked for one after the other. */
static bool
is_alone(const struct run *run, const struct mailbox *mailbox, const struct sending *sending)
{
    return refusal_is_known(run, sending->todo->id, WORK_APPEND) &&
           (sending->wire_size > SMALL || refusal_is_probe(run, mailbox, sending->todo->id, WORK_APPEND));
}

/* \Deleted is no flag at Gmail; nor may a server take anything with a keyword that its mailbox does not: that stays on this side alone. */
static unsigned
flags_for(const struct run *run, const struct mailbox *mailbox, unsigned flags)
{
    return flags & ~(run->info.labels ? FLAG_DELETED : 0U) & ~(FLAG_FORWARDED & ~mailbox->row.permanent);
}

static bool
send_batch(struct uploading *up)
{
    static const struct remote_appender appender = {on_read, on_rewind, on_done};
    struct run *run = up->run;
    bool asked, ok;
    struct error why;

    if (up->count == 0)
        return true;
    for (size_t i = 0; i < up->count; i++) {
        const struct sending *sending = &up->batch[i];
        const struct mailbox *mailbox = &run->mailboxes[sending->todo->mailbox];

        up->requests[i] =
            (struct remote_append){.mailbox = text_of(mailbox->row.wire),
                                   .uidvalidity = mailbox->row.uidvalidity,
                                   .uidnext = mailbox->row.uidnext,
                                   .flags = flags_for(run, mailbox, sending->flags),
                                   .keywords = sending->keywords,
                                   .date = sending->op.date,
                                   .size = sending->wire_size,
                                   .single = up->suspects || refusal_is_known(run, sending->todo->id, WORK_APPEND),
                                   .alone = is_alone(run, mailbox, sending)};
    }
    asked = run->remote.ops->append(run->remote.self, up->requests, up->count, &appender, up, &run->err);
    why = run->err;
    for (size_t i = 0; i < up->count; i++)
        let_go(run, &up->batch[i]);
    run->err = (struct error){0};
    ok = answers_record(up);
    up->count = 0;
    up->bytes = 0;
    if (ok && !asked)
        run->err = why;
    return ok && asked;
}

/* What the row says of it and APPEND needs: the row itself is the next one's. */
static bool
keep_what_is_said(struct run *run, const struct mailbox *mailbox, struct sending *sending)
{
    const struct journal_message *message = sending->message;

    sending->flags = merge_sent(message->flags);
    if (message->keywords[0] != '\0')
        sending->keywords = carried_to(mailbox, message->keywords);
    return message->keywords[0] == '\0' || sending->keywords != NULL || run_no_memory(run);
}

static bool
add_to_batch(struct uploading *up, struct todo *todo)
{
    struct run *run = up->run;
    struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
    struct sending *sending = &up->batch[up->count];
    bool wait, skip = true, ok;

    *sending = (struct sending){.todo = todo, .message = up->row};
    if (!run_load(run, todo->id, up->row) || !check_intent(run, mailbox, sending, &wait))
        return false;
    ok = wait || check_file(up, mailbox, sending, &skip);
    if (ok && !skip)
        ok = write_intent(run, mailbox, sending) && keep_what_is_said(run, mailbox, sending);
    if (!ok || skip) {
        todo->dropped = ok && !up->full;
        let_go(run, sending);
        return ok;
    }
    up->bytes += sending->wire_size;
    up->count++;
    return true;
}

static size_t
count_open(const struct run *run)
{
    const size_t open = descriptors_messages(run->options->descriptors);

    return open < UPLOAD_BATCH ? open : UPLOAD_BATCH;
}

static bool
is_upload(const struct run *run, const struct todo *todo)
{
    return todo->step.verb == PLAN_UPLOAD && !todo->dropped && todo->partner == 0 && !todo->step.kept_back &&
           mailbox_is_open(&run->mailboxes[todo->mailbox]) && !run->mailboxes[todo->mailbox].moved_out;
}

/* What was refused before goes first, and of that the smallest: whether there is room is known then before much is sent. */
static int
compare_uploads(const void *pa, const void *pb)
{
    const struct todo *a = *(struct todo *const *)pa, *b = *(struct todo *const *)pb;

    if (a->mailbox != b->mailbox)
        return a->mailbox < b->mailbox ? -1 : 1;
    if (a->refused != b->refused)
        return a->refused ? -1 : 1;
    if (a->refused && a->size != b->size)
        return a->size < b->size ? -1 : 1;
    return a < b ? -1 : a > b; /* both are of the agenda */
}

/* What was sent and not answered may be what ended the line: it is sent again when everything else is done. */
static bool
is_suspect(struct run *run, const struct todo *todo, bool *suspect)
{
    const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
    struct journal_op op;
    bool found;

    if (!journal_op_of(run->journal, todo->id, &op, &found, &run->err))
        return false;
    if (found && op.kind == OP_UPLOAD && op.attempt == 0 && !refusal_is_known(run, todo->id, WORK_APPEND))
        attempts_suspect(run, mailbox, ATTEMPT_SEND, (uint32_t)todo->id);
    *suspect = attempts_find(run, mailbox->row.id, ATTEMPT_SEND, (uint32_t)todo->id) != NULL;
    return true;
}

static bool
upload_all(struct uploading *up)
{
    struct run *run = up->run;
    size_t i = 0;

    while (i < up->due_count && !up->over_quota && !run_stopped(run)) {
        uint64_t most, bytes = 0;

        for (size_t k = i; k < up->due_count; k++)
            bytes += up->due[k]->size;
        if (!line_expect(run, bytes, &most) || !run_begin(run))
            return false;
        most = most < UPLOAD_BATCH_BYTES ? most : UPLOAD_BATCH_BYTES;
        for (up->full = false; i < up->due_count && up->count < up->most && up->bytes < most; i++) {
            if ((run->mailboxes[up->due[i]->mailbox].over & WORK_APPEND) != 0 || !is_upload(run, up->due[i]))
                continue;
            if (!add_to_batch(up, up->due[i])) {
                journal_rollback(run->journal);
                return false;
            }
            if (up->full)
                break;
        }
        if (!situation_mark_commit(run) || !run_commit(run) || !send_batch(up))
            return false;
    }
    for (size_t k = 0; up->over_quota && k < run->count; k++) /* one server, one quota */
        run->mailboxes[k].over |= WORK_APPEND;
    return true;
}

/* Is it to be sent now? What ended a line when it went alone goes alone again, behind the others. */
static bool
is_its_turn(struct run *run, const struct todo *todo, bool unreadable)
{
    const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
    const struct suspect *suspect = attempts_find(run, mailbox->row.id, ATTEMPT_SEND, (uint32_t)todo->id);

    return suspect != NULL && suspect->unreadable == unreadable &&
           !attempts_waits(run, mailbox, ATTEMPT_SEND, (uint32_t)todo->id);
}

/* From `todos` on as many as may go together. */
static bool
upload_some(struct uploading *up, struct todo **todos, size_t count)
{
    bool ok;

    up->due = todos;
    up->due_count = count;
    up->suspects = count > 1;
    up->run->attempts.sending = count == 1 ? todos[0]->id : 0;
    ok = upload_all(up);
    up->run->attempts.sending = 0;
    up->suspects = false;
    return ok;
}

/* One by one, and ever more together as they are answered, so that what ends the line is found by a few breaks, and nothing waits for it long. */
static bool
upload_suspects(struct uploading *up, struct todo **todos, size_t count)
{
    struct run *run = up->run;
    size_t due = 0, before = up->answered;
    bool ok = true;

    for (size_t i = 0; i < count; i++) {
        struct todo *const todo = todos[i];

        if (!is_its_turn(run, todo, false))
            continue;
        todos[i] = todos[due];
        todos[due++] = todo;
    }
    for (size_t i = 0, together; ok && i < due && !up->over_quota && !run_stopped(run); i += together) {
        together = attempts_together(up->answered - before);
        together = together < due - i ? together : due - i;
        ok = upload_some(up, &todos[i], together);
    }
    for (size_t i = due; ok && i < count && !up->over_quota && !run_stopped(run); i++)
        ok = !is_its_turn(run, todos[i], true) || upload_some(up, &todos[i], 1);
    return ok;
}

bool
apply_uploads(struct run *run, struct agenda *agenda)
{
    struct uploading up = {.run = run, .most = count_open(run)};
    struct arena arena = {0};
    struct todo **suspects;
    size_t suspect_count = 0;
    bool any = false, ok;

    for (size_t i = 0; i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        if (is_upload(run, todo)) {
            any = true;
            run->total++;
            run->total_bytes += todo->size;
        }
    }
    if (!any)
        return true;
    if (!situation_mark(run) || !apply_copies_there(run, agenda))
        return false;
    up.batch = arena_array(&arena, agenda_room(agenda, UPLOAD_BATCH), sizeof *up.batch);
    up.row = arena_array(&arena, 1, sizeof *up.row);
    up.requests = arena_array(&arena, agenda_room(agenda, UPLOAD_BATCH), sizeof *up.requests);
    up.due = arena_array(&arena, agenda->count, sizeof *up.due);
    suspects = arena_array(&arena, agenda->count, sizeof(struct todo *));
    ok = run_has(run, &arena);
    for (size_t i = 0; ok && i < agenda->count; i++) {
        bool suspect = false;

        if (!is_upload(run, &agenda->todos[i]))
            continue;
        ok = is_suspect(run, &agenda->todos[i], &suspect);
        if (suspect) {
            suspects[suspect_count++] = &agenda->todos[i];
            continue;
        }
        agenda->todos[i].refused = refusal_is_known(run, agenda->todos[i].id, WORK_APPEND);
        up.due[up.due_count++] = &agenda->todos[i];
    }
    if (ok)
        qsort(up.due, up.due_count, sizeof *up.due, compare_uploads);
    ok = ok && upload_all(&up) && upload_suspects(&up, suspects, suspect_count);
    for (size_t i = 0; i < up.count; i++) /* what was not sent because the journal failed */
        let_go(run, &up.batch[i]);
    arena_free(&arena);
    return ok;
}
