/*
 * JSON lines: one object a line, its fields as contrib/golub.schema.json says. Strings of strangers that are not UTF-8
 * have each wrong byte written as \xNN, so that every line is JSON for everybody.
 */
#include "sync/report/private.h"

#include <inttypes.h>
#include <jansson.h>

#include "store/base/utf8.h"

#define FORMAT_VERSION 1

static json_t *
make_string(const char *text)
{
    size_t len = strlen(text);
    json_t *string = json_stringn(text, len);
    char *safe;

    if (string != NULL)
        return string;
    safe = malloc(len * 4 + 5);
    if (safe == NULL)
        return NULL;
    error_escape(safe, len * 4 + 5, text_of(text));
    string = json_string(safe);
    free(safe);
    return string;
}

static void
put_string(json_t *object, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0')
        (void)json_object_set_new(object, key, make_string(text)); /* without memory the line lacks this field */
}

static void
put_number(json_t *object, const char *key, uint64_t number)
{
    (void)json_object_set_new(object, key, json_integer(number <= INT64_MAX ? (json_int_t)number : INT64_MAX));
}

static void
put_bool(json_t *object, const char *key, bool value)
{
    (void)json_object_set_new(object, key, json_boolean(value));
}

static json_t *
begin_event(const char *event, const char *account, const char *mailbox)
{
    json_t *object = json_object();

    if (object == NULL)
        return NULL;
    put_number(object, "v", FORMAT_VERSION);
    put_string(object, "event", event);
    put_string(object, "account", account);
    put_string(object, "mailbox", mailbox);
    return object;
}

/*
 * A line as it goes out: what a terminal may not see is \uXXXX, since lines are read by people, too. It stands inside of strings only, and
 * is a control character or a mark that turns the direction: at most three bytes.
 */
static void
write_line(FILE *to, const char *line, size_t len)
{
    for (size_t i = 0; i < len;) {
        const unsigned char *at = (const unsigned char *)line + i;
        uint32_t point = *at;
        const size_t whole = utf8_next((struct text){line + i, len - i}, &point);

        if (error_printable(at, len - i) > 0)
            (void)fwrite(at, 1, whole, to);
        else
            fprintf(to, "\\u%04x", point);
        i += whole > 0 ? whole : 1; /* JSON is UTF-8: there is always one */
    }
    (void)fputc('\n', to);
}

/* Whole lines only: a reader never sees half of one. `now`: it is waited for. */
static void
end_event(struct report *report, json_t *object, bool now)
{
    char *line = object != NULL ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;

    if (line != NULL) {
        write_line(report->out, line, strlen(line));
        if (now)
            (void)fflush(report->out); /* a reader that went away has no say in what is synchronised */
    }
    free(line);
    json_decref(object);
}

void
report_json_mailbox(struct report *report, const struct report_place *place, const char *what, const char *text)
{
    json_t *object = begin_event("mailbox", place->account, place->mailbox);

    put_string(object, "what", what);
    put_string(object, "text", text);
    end_event(report, object, true);
}

static json_t *
make_message(const char *account, const struct report_done *done)
{
    json_t *object = begin_event("message", account, done->mailbox);

    put_string(object, "action", report_act_words(done->act)->word);
    if (done->uid != 0)
        put_number(object, "uid", done->uid);
    put_string(object, "file", done->file);
    put_string(object, "detail", done->detail);
    if (done->dry)
        put_bool(object, "dry_run", true);
    return object;
}

void
report_json_message(struct report *report, const char *account, const struct report_done *done)
{
    end_event(report, make_message(account, done), false);
}

bool
report_json_put_message(FILE *to, const char *account, const struct report_done *done)
{
    json_t *object = make_message(account, done);
    char *line = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    const bool made = line != NULL;

    if (made)
        write_line(to, line, strlen(line));
    free(line);
    json_decref(object);
    return made && ferror(to) == 0;
}

void
report_json_line(struct report *report, const char *account, const char *key, const char *text)
{
    json_t *object = begin_event("message", account, NULL);

    put_string(object, "key", key);
    (void)json_object_set_new(object, "text", make_string(text));
    end_event(report, object, false);
}

void
report_json_pending(struct report *report, const char *account, const struct report_pending *pending, const char *text)
{
    json_t *object = begin_event("message", account, pending->mailbox);

    put_string(object, "key", "pending");
    (void)json_object_set_new(object, "text", make_string(text));
    put_string(object, "work", pending->work);
    if (pending->uid != 0)
        put_number(object, "uid", pending->uid);
    put_string(object, "uidl", pending->uidl);
    put_string(object, "file", pending->file);
    put_string(object, "why", pending->why);
    put_number(object, "since", pending->since > 0 ? (uint64_t)pending->since : 0);
    end_event(report, object, false);
}

/* An error without a kind is one of this machine. */
static void
put_error(json_t *object, const struct error *err)
{
    put_string(object, "kind", error_kind_word(err->kind != ERROR_NONE ? err->kind : ERROR_LOCAL));
    put_string(object, "what", err->what);
    put_string(object, "answer", err->answer);
}

void
report_json_error(struct report *report, const struct error *err)
{
    json_t *object = begin_event("error", err->account, err->mailbox);

    put_error(object, err);
    put_string(object, "hint", err->hint);
    end_event(report, object, true);
}

void
report_json_held(struct report *report, const char *account, const struct report_held *held)
{
    json_t *object = begin_event("held", account, held->mailbox);

    put_string(object, "id", held->id);
    put_string(object, "side", held->here ? "here" : "there");
    if (held->uid != 0)
        put_number(object, "uid", held->uid);
    put_string(object, "file", held->file);
    if (held->addition)
        put_bool(object, "addition", true);
    put_string(object, "reason", held->reason);
    put_string(object, "from", held->from);
    put_string(object, "date", held->date);
    put_string(object, "subject", held->subject);
    end_event(report, object, false);
}

void
report_json_guard(struct report *report, const char *account, const struct report_list *list)
{
    json_t *object = begin_event("held", account, NULL), *examples;

    put_string(object, "id", list->id);
    put_string(object, "reason", list->reason);
    if (list->example_count != 0) {
        examples = json_array();
        for (size_t i = 0; i < list->example_count; i++)
            (void)json_array_append_new(examples, json_string(list->examples[i])); /* what failed is NULL: left out */
        (void)json_object_set_new(object, "examples", examples);
    }
    put_number(object, list->additions ? "additions" : "removals", list->count);
    put_number(object, "messages", list->of);
    put_string(object, "where", list->where);
    end_event(report, object, true);
}

void
report_json_progress(struct report *report, const struct report_account *a, const char *mailbox)
{
    json_t *object = begin_event("progress", a->name, mailbox);

    put_number(object, "done", a->last.done);
    if (a->last.total > 0)
        put_number(object, "total", a->last.total);
    put_number(object, "bytes", a->last.bytes);
    if (a->last.total_bytes > 0)
        put_number(object, "total_bytes", a->last.total_bytes);
    end_event(report, object, true);
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
        {"down_removed", c->done[DID_REMOVE_HERE]},
        {"down_moved", c->done[DID_MOVE_HERE]},
        {"up_new", c->done[DID_UPLOAD]},
        {"up_flags", c->done[DID_FLAGS_THERE]},
        {"up_removed", c->done[DID_REMOVE_THERE]},
        {"up_moved", c->done[DID_MOVE_THERE]},
        {"up_copied", c->done[DID_COPY_THERE]},
        {"mailboxes", c->mailboxes},
        {"mailboxes_made_here", c->done[DID_CREATE_HERE]},
        {"mailboxes_made_there", c->done[DID_CREATE_THERE]},
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
        put_number(object, fields[i].key, fields[i].value);
    return object;
}

void
report_json_kept(struct report *report, const char *account, const struct report_kept *kept)
{
    static const char *const outcomes[] = {
        [OUTCOME_NONE] = NULL,         [OUTCOME_PUT_BACK] = "put_back", [OUTCOME_BACK_ALREADY] = "back_already",
        [OUTCOME_DAMAGED] = "damaged", [OUTCOME_MISSING] = "missing",   [OUTCOME_FAILED] = "failed"};
    json_t *object = begin_event("restore", account, kept->mailbox);

    put_number(object, "id", (uint64_t)kept->id);
    put_string(object, "outcome", outcomes[kept->outcome]);
    put_string(object, "to", kept->to);
    put_number(object, "removed", kept->removed > 0 ? (uint64_t)kept->removed : 0);
    if (kept->run != 0)
        put_number(object, "run", kept->run);
    put_string(object, "why", kept->why);
    put_string(object, "from", kept->from);
    put_string(object, "subject", kept->subject);
    put_number(object, "size", kept->size);
    if (kept->uid != 0)
        put_number(object, "uid", kept->uid);
    put_string(object, "file", kept->file);
    if (kept->put_back > 0)
        put_number(object, "put_back", (uint64_t)kept->put_back);
    if (kept->dry)
        put_bool(object, "dry_run", true);
    end_event(report, object, false);
}

static json_t *
make_amount(const struct quota_amount *amount)
{
    json_t *object = json_object();

    put_number(object, "used", amount->used);
    put_number(object, "limit", amount->limit);
    return object;
}

/* Nothing where nothing is known. @param seen  when; 0: now */
static void
put_quota(json_t *object, const struct quota *quota, int64_t seen)
{
    json_t *amounts;

    if (!quota->bytes.known && !quota->messages.known)
        return;
    amounts = json_object();
    if (quota->bytes.known)
        (void)json_object_set_new(amounts, "bytes", make_amount(&quota->bytes));
    if (quota->messages.known)
        (void)json_object_set_new(amounts, "messages", make_amount(&quota->messages));
    if (seen > 0)
        put_number(amounts, "seen", (uint64_t)seen);
    (void)json_object_set_new(object, "quota", amounts);
}

static json_t *
make_words(const char *text, char between)
{
    const char separators[] = {between, '\0'};
    json_t *array = json_array();

    for (const char *at = text; *at != '\0';) {
        const size_t len = strcspn(at, separators);
        char word[1024];

        if (len != 0 && text_copy((struct text){at, len}, word, sizeof word))
            (void)json_array_append_new(array, make_string(word)); /* what failed is NULL: left out */
        at += len + (at[len] != '\0');
    }
    return array;
}

static json_t *
make_flags(const struct report_facts *facts)
{
    json_t *object = json_object(), *missing = json_array();

    for (size_t i = 0; i < facts->missing_count; i++)
        (void)json_array_append_new(missing, make_string(facts->missing[i]));
    put_bool(object, "keywords", facts->keywords);
    (void)json_object_set_new(object, "missing", missing);
    return object;
}

static json_t *
make_special(const struct report_facts *facts)
{
    json_t *object = json_object();

    for (size_t i = 0; i < facts->special_count; i++) {
        json_t *mailboxes = json_object_get(object, facts->special[i].use);

        if (mailboxes == NULL) {
            (void)json_object_set_new(object, facts->special[i].use, json_array());
            mailboxes = json_object_get(object, facts->special[i].use);
        }
        (void)json_array_append_new(mailboxes, make_string(facts->special[i].mailbox));
    }
    return object;
}

void
report_json_facts(struct report *report, const char *account, const struct report_facts *facts)
{
    json_t *object = begin_event("check", account, NULL), *file_system;

    put_string(object, "server", facts->server);
    if (facts->capabilities != NULL)
        (void)json_object_set_new(object, "capabilities", make_words(facts->capabilities, facts->between));
    if (facts->quota != NULL)
        put_quota(object, facts->quota, 0);
    if (facts->flags_told)
        (void)json_object_set_new(object, "flags", make_flags(facts));
    if (facts->special_told)
        (void)json_object_set_new(object, "special_use", make_special(facts));
    if (facts->sent != NULL)
        put_string(object, "sent_filed_by", facts->sent);
    if (facts->file_system != NULL) {
        file_system = json_object();
        put_string(file_system, "type", facts->file_system);
        put_string(file_system, "flush", facts->flush);
        put_number(file_system, "free", facts->free);
        (void)json_object_set_new(object, "file_system", file_system);
    }
    end_event(report, object, false);
}

void
report_json_result(struct report *report, const char *account, const struct report_summary *summary)
{
    json_t *object = begin_event("result", account, NULL);

    put_number(object, "status", (uint64_t)summary->status);
    put_bool(object, "dry_run", summary->dry);
    put_bool(object, "interrupted", summary->interrupted);
    (void)json_object_set_new(object, "seconds", json_real(summary->seconds));
    (void)json_object_set_new(object, "counts", make_counts(summary->counts));
    if (summary->quota != NULL)
        put_quota(object, summary->quota, 0);
    end_event(report, object, true);
}

void
report_json_found(struct report *report, const char *account, const struct report_found *found)
{
    json_t *object = begin_event("verify", account, found->mailbox);

    put_string(object, "class", report_class_word(found->class));
    put_bool(object, "fault", found->fault);
    if (found->uid != 0)
        put_number(object, "uid", found->uid);
    put_string(object, "file", found->file);
    if (found->count != 0)
        put_number(object, "count", found->count);
    put_string(object, "text", found->text);
    end_event(report, object, false);
}

static json_t *
make_verified(const struct report_verified *verified)
{
    json_t *object = json_object(), *classes = json_object();

    put_number(object, "mailboxes", verified->mailboxes);
    put_number(object, "here", verified->here);
    put_number(object, "there", verified->there);
    put_number(object, "files_read", verified->files);
    put_number(object, "bytes_read", verified->bytes);
    put_number(object, "bodies_fetched", verified->bodies);
    put_number(object, "bytes_fetched", verified->bytes_there);
    put_number(object, "quarantined", verified->kept);
    put_number(object, "faults", verified->faults);
    for (enum report_class class = 0; class < REPORT_CLASSES; class ++)
        if (verified->found[class] != 0)
            put_number(classes, report_class_word(class), verified->found[class]);
    (void)json_object_set_new(object, "classes", classes);
    return object;
}

void
report_json_verified(struct report *report, const char *account, int status, const struct report_verified *verified)
{
    json_t *object = begin_event("result", account, NULL);

    put_number(object, "status", (uint64_t)status);
    put_bool(object, "interrupted", verified->interrupted);
    (void)json_object_set_new(object, "seconds", json_real(verified->seconds));
    (void)json_object_set_new(object, "verified", make_verified(verified));
    end_event(report, object, true);
}

void
report_json_status(struct report *report, const char *account, int status)
{
    json_t *object = begin_event("result", account, NULL);

    put_number(object, "status", (uint64_t)status);
    end_event(report, object, true);
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
    json_t *object = begin_event("watch", account, NULL);

    put_string(object, "state", words[watch->state]);
    put_string(object, "by", watch->by);
    put_string(object, "why", watch->why);
    if (watch->retry_s > 0)
        put_number(object, "retry", (uint64_t)watch->retry_s);
    end_event(report, object, true);
}

void
report_json_state(struct report *report, const char *account, const struct report_state *state)
{
    json_t *object = begin_event("status", account, NULL), *cause;

    if (state->success != 0)
        put_number(object, "last_success", (uint64_t)state->success);
    if (state->attempt != 0) {
        put_number(object, "last_attempt", (uint64_t)state->attempt);
        put_number(object, "last_status", (uint64_t)state->status);
        put_bool(object, "interrupted", state->interrupted);
    }
    put_string(object, "last_error", state->error);
    if (state->cause.kind != ERROR_NONE) {
        cause = json_object();
        put_error(cause, &state->cause);
        put_string(cause, "mailbox", state->cause.mailbox);
        (void)json_object_set_new(object, "error", cause);
    }
    put_quota(object, &state->quota, state->quota_seen);
    end_event(report, object, true);
}

void
report_json_drop(struct report *report, const char *account, const struct report_drop *drop)
{
    json_t *object = begin_event("status", account, NULL), *mail = json_object();

    put_number(mail, "stored", drop->stored);
    put_number(mail, "had", drop->had);
    put_number(mail, "to_fetch", drop->to_fetch);
    put_number(mail, "removing", drop->removing);
    put_number(mail, "missing", drop->missing);
    put_number(mail, "left", drop->left);
    put_number(mail, "due", drop->due);
    put_number(mail, "held", drop->held);
    put_number(mail, "waiting", drop->waiting);
    (void)json_object_set_new(object, "mail", mail);
    end_event(report, object, false);
}

void
report_json_quarantined(struct report *report, const char *account, const struct report_quarantined *quarantined)
{
    json_t *object = begin_event("status", account, NULL), *quarantine = json_object();

    put_number(quarantine, "messages", quarantined->messages);
    put_number(quarantine, "bytes", quarantined->bytes);
    if (quarantined->missing != 0)
        put_number(quarantine, "missing", quarantined->missing);
    put_number(quarantine, "since", (uint64_t)quarantined->since);
    put_number(quarantine, "days", (uint64_t)quarantined->days);
    (void)json_object_set_new(object, "quarantine", quarantine);
    end_event(report, object, false);
}

void
report_json_mailbox_rows(struct report *report, const char *account, const struct report_mailbox_row *rows,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_t *object = begin_event("mailbox", account, rows[i].mailbox);

        put_number(object, "here", rows[i].here);
        put_number(object, "there", rows[i].there);
        put_number(object, "waiting", rows[i].waiting);
        put_number(object, "held", rows[i].held);
        put_string(object, "text", rows[i].words);
        end_event(report, object, false);
    }
}

void
report_json_checked(struct report *report, const char *account, const struct report_checked *checked)
{
    json_t *object = begin_event("check", account, checked->mailbox);

    if (checked->counted)
        put_number(object, "messages", checked->messages);
    if (checked->sized)
        put_number(object, "bytes", checked->bytes);
    put_bool(object, "chosen", checked->chosen);
    put_string(object, "special", checked->special);
    end_event(report, object, false);
}

void
report_json_would(struct report *report, const struct report_account *account)
{
    for (size_t i = 0; i < account->would_count; i++) {
        const struct report_would *would = &account->would[i];
        json_t *object = begin_event("mailbox", account->name, would->mailbox);

        put_bool(object, "dry_run", true);
        (void)json_object_set_new(object, "counts", make_counts(&would->counts));
        end_event(report, object, false);
    }
}

void
report_json_exit(struct report *report, int status, int signal)
{
    json_t *object = begin_event("result", NULL, NULL);
    uint64_t accounts = 0, in_sync = 0;

    for (size_t i = 0; i < report->account_count; i++) {
        accounts += report->accounts[i]->ended;
        in_sync += report->accounts[i]->ended && report->accounts[i]->status == 0;
    }
    put_number(object, "accounts", accounts);
    put_number(object, "in_sync", in_sync);
    put_number(object, "exit", signal != 0 ? 1 : (uint64_t)status); /* a signal's own status is no number of ours */
    if (signal != 0)
        put_number(object, "signal", (uint64_t)signal);
    end_event(report, object, true);
}
