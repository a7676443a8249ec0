/* JSON lines of what a run does. Those of what the other commands find are in json_found.c. */
#include <inttypes.h>

#include "sync/report/json_object.h"

void
report_json_mailbox(struct report *report, const struct report_place *place, const char *what, const char *text)
{
    json_t *object = json_begin_event("mailbox", place->account, place->mailbox);

    json_put_string(object, "what", what);
    json_put_string(object, "text", text);
    json_end_event(report, object, true);
}

void
report_json_renamed(struct report *report, const char *account, const struct report_done *done, const char *text)
{
    json_t *object = json_begin_event("mailbox", account, done->mailbox);

    json_put_string(object, "what", report_act_words(done->act)->event);
    json_put_string(object, "from", done->left);
    json_put_string(object, "text", text);
    if (done->dry)
        json_put_bool(object, "dry_run", true);
    json_end_event(report, object, true);
}

/* Words with a blank between. */
static void
put_words(json_t *object, const char *key, const char *words)
{
    json_t *list = json_array();

    for (const char *at = words != NULL ? words : ""; *at != '\0';) {
        const size_t len = strcspn(at, " ");

        (void)json_array_append_new(list, json_stringn(at, len)); /* what failed is NULL: left out */
        at += len + (at[len] == ' ');
    }
    (void)json_object_set_new(object, key, list);
}

static json_t *
make_message(const char *account, const struct report_done *done)
{
    json_t *object = json_begin_event("message", account, done->mailbox);

    json_put_string(object, "action", report_act_words(done->act)->word);
    if (done->uid != 0)
        json_put_number(object, "uid", done->uid);
    json_put_string(object, "file", done->file);
    if (done->add != NULL || done->del != NULL) {
        json_put_string(object, "detail", done->act == DID_DOWNLOAD ? done->detail : "keywords");
        put_words(object, "add", done->add);
        put_words(object, "del", done->del);
    } else {
        json_put_string(object, "detail", done->detail);
    }
    if (done->act == DID_RENAME_HERE || done->act == DID_RENAME_THERE)
        json_put_string(object, "from", done->left);
    if (done->dry)
        json_put_bool(object, "dry_run", true);
    return object;
}

void
report_json_message(struct report *report, const char *account, const struct report_done *done)
{
    json_end_event(report, make_message(account, done), false);
}

bool
report_json_put_message(FILE *to, const char *account, const struct report_done *done)
{
    json_t *object = make_message(account, done);
    char *line = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    const bool made = line != NULL;

    if (made)
        json_write_line(to, line, strlen(line));
    free(line);
    json_decref(object);
    return made && ferror(to) == 0;
}

void
report_json_line(struct report *report, const char *account, const char *key, const char *text)
{
    json_t *object = json_begin_event("message", account, NULL);

    json_put_string(object, "key", key);
    (void)json_object_set_new(object, "text", json_make_string(text));
    json_end_event(report, object, false);
}

void
report_json_pending(struct report *report, const char *account, const struct report_pending *pending, const char *text)
{
    json_t *object = json_begin_event("message", account, pending->mailbox);

    json_put_string(object, "key", "pending");
    (void)json_object_set_new(object, "text", json_make_string(text));
    json_put_string(object, "work", pending->work);
    if (pending->uid != 0)
        json_put_number(object, "uid", pending->uid);
    json_put_string(object, "uidl", pending->uidl);
    json_put_string(object, "file", pending->file);
    json_put_string(object, "why", pending->why);
    json_put_number(object, "since", pending->since > 0 ? (uint64_t)pending->since : 0);
    json_end_event(report, object, false);
}

void
report_json_error(struct report *report, const struct error *err)
{
    json_t *object = json_begin_event("error", err->account, err->mailbox);

    json_put_error(object, err);
    json_put_string(object, "hint", err->hint);
    json_put_string(object, "code", err->code);
    json_end_event(report, object, true);
}

void
report_json_held(struct report *report, const char *account, const struct report_held *held)
{
    json_t *object = json_begin_event("held", account, held->mailbox);

    json_put_string(object, "id", held->id);
    json_put_string(object, "side", held->here ? "here" : "there");
    if (held->uid != 0)
        json_put_number(object, "uid", held->uid);
    json_put_string(object, "file", held->file);
    if (held->addition)
        json_put_bool(object, "addition", true);
    json_put_string(object, "reason", held->reason);
    json_put_string(object, "from", held->from);
    json_put_string(object, "date", held->date);
    json_put_string(object, "subject", held->subject);
    json_end_event(report, object, false);
}

void
report_json_guard(struct report *report, const char *account, const struct report_list *list)
{
    json_t *object = json_begin_event("held", account, NULL), *examples;

    json_put_string(object, "id", list->id);
    json_put_string(object, "reason", list->reason);
    if (list->example_count != 0) {
        examples = json_array();
        for (size_t i = 0; i < list->example_count; i++)
            (void)json_array_append_new(examples, json_string(list->examples[i])); /* what failed is NULL: left out */
        (void)json_object_set_new(object, "examples", examples);
    }
    json_put_number(object, list->additions ? "additions" : "removals", list->count);
    json_put_number(object, "messages", list->of);
    json_put_string(object, "where", list->where);
    json_end_event(report, object, true);
}

void
report_json_progress(struct report *report, const struct report_account *a, const char *mailbox)
{
    json_t *object = json_begin_event("progress", a->name, mailbox);

    json_put_number(object, "done", a->last.done);
    if (a->last.total > 0)
        json_put_number(object, "total", a->last.total);
    json_put_number(object, "bytes", a->last.bytes);
    if (a->last.total_bytes > 0)
        json_put_number(object, "total_bytes", a->last.total_bytes);
    json_end_event(report, object, true);
}

static json_t *
make_counts(const struct report_counts *c)
{
    const struct {
        const char *key;
        uint64_t value;
    } fields[] = {
        {"down_new", c->done[DID_DOWNLOAD]},
        {"down_flags", c->done[DID_FLAGS_HERE]},
        {"down_keywords", c->done[DID_KEYWORDS_HERE]},
        {"down_removed", c->done[DID_REMOVE_HERE]},
        {"down_moved", c->done[DID_MOVE_HERE]},
        {"up_new", c->done[DID_UPLOAD]},
        {"up_flags", c->done[DID_FLAGS_THERE]},
        {"up_keywords", c->done[DID_KEYWORDS_THERE]},
        {"up_removed", c->done[DID_REMOVE_THERE]},
        {"up_moved", c->done[DID_MOVE_THERE]},
        {"up_copied", c->done[DID_COPY_THERE]},
        {"mailboxes", c->mailboxes},
        {"mailboxes_made_here", c->done[DID_CREATE_HERE]},
        {"mailboxes_made_there", c->done[DID_CREATE_THERE]},
        {"mailboxes_renamed_here", c->done[DID_RENAME_HERE]},
        {"mailboxes_renamed_there", c->done[DID_RENAME_THERE]},
        {"mailboxes_deleted_here", c->done[DID_DELETE_HERE]},
        {"mailboxes_deleted_there", c->done[DID_DELETE_THERE]},
        {"paired", c->done[DID_PAIR]},
        {"held", c->held},
        {"pending", c->pending},
        {"refused", c->refused},
        {"altered", c->altered},
        {"failed", c->failed},
        {"kept_by_policy", c->kept_by_policy},
        {"too_large", c->too_large},
        {"had", c->had},
        {"let_go", c->let_go},
        {"to_come", c->to_come},
        {"bytes_down", c->bytes_down},
        {"bytes_up", c->bytes_up},
    };
    json_t *object = json_object();

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        json_put_number(object, fields[i].key, fields[i].value);
    return object;
}

void
report_json_result(struct report *report, const char *account, const struct report_summary *summary)
{
    json_t *object = json_begin_event("result", account, NULL);

    json_put_number(object, "status", (uint64_t)summary->status);
    json_put_bool(object, "dry_run", summary->dry);
    json_put_bool(object, "interrupted", summary->interrupted);
    (void)json_object_set_new(object, "seconds", json_real(summary->seconds));
    (void)json_object_set_new(object, "counts", make_counts(summary->counts));
    if (summary->quota != NULL)
        json_put_quota(object, summary->quota, 0);
    json_end_event(report, object, true);
}

void
report_json_status(struct report *report, const char *account, int status)
{
    json_t *object = json_begin_event("result", account, NULL);

    json_put_number(object, "status", (uint64_t)status);
    json_end_event(report, object, true);
}

void
report_json_watch(struct report *report, const char *account, const struct report_watch *watch)
{
    static const char *const words[] = {
        [WATCH_RUNNING] = "running",
        [WATCH_WATCHING] = "watching",
        [WATCH_OFFLINE] = "offline",
        [WATCH_PAUSED] = "paused",
    };
    json_t *object = json_begin_event("watch", account, NULL);

    json_put_string(object, "state", words[watch->state]);
    json_put_string(object, "by", watch->by);
    json_put_string(object, "why", watch->why);
    if (watch->retry_s > 0)
        json_put_number(object, "retry", (uint64_t)watch->retry_s);
    json_end_event(report, object, true);
}

void
report_json_would(struct report *report, const struct report_account *account)
{
    for (size_t i = 0; i < account->would_count; i++) {
        const struct report_would *would = &account->would[i];
        json_t *object = json_begin_event("mailbox", account->name, would->mailbox);

        json_put_bool(object, "dry_run", true);
        (void)json_object_set_new(object, "counts", make_counts(&would->counts));
        json_end_event(report, object, false);
    }
}

void
report_json_exit(struct report *report, int status, int signal)
{
    json_t *object = json_begin_event("result", NULL, NULL);
    uint64_t accounts = 0, in_sync = 0;

    for (size_t i = 0; i < report->account_count; i++) {
        accounts += report->accounts[i]->ended;
        in_sync += report->accounts[i]->ended && report->accounts[i]->status == 0;
    }
    json_put_number(object, "accounts", accounts);
    json_put_number(object, "in_sync", in_sync);
    json_put_number(object, "exit",
                    signal != 0 ? 1 : (uint64_t)status); /* a signal's own status is no number of ours */
    if (signal != 0)
        json_put_number(object, "signal", (uint64_t)signal);
    json_end_event(report, object, true);
}
