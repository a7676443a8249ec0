/* JSON lines of what `status`, `check`, `verify` and `restore` find. */
#include "sync/report/json_object.h"

void
report_json_kept(struct report *report, const char *account, const struct report_kept *kept)
{
    static const char *const outcomes[] = {
        [OUTCOME_NONE] = NULL,         [OUTCOME_PUT_BACK] = "put_back", [OUTCOME_BACK_ALREADY] = "back_already",
        [OUTCOME_DAMAGED] = "damaged", [OUTCOME_MISSING] = "missing",   [OUTCOME_FAILED] = "failed"};
    json_t *object = json_begin_event("restore", account, kept->mailbox);

    json_put_number(object, "id", (uint64_t)kept->id);
    json_put_string(object, "outcome", outcomes[kept->outcome]);
    json_put_string(object, "to", kept->to);
    json_put_number(object, "removed", kept->removed > 0 ? (uint64_t)kept->removed : 0);
    if (kept->run != 0)
        json_put_number(object, "run", kept->run);
    json_put_string(object, "why", kept->why);
    json_put_string(object, "from", kept->from);
    json_put_string(object, "subject", kept->subject);
    json_put_number(object, "size", kept->size);
    if (kept->uid != 0)
        json_put_number(object, "uid", kept->uid);
    json_put_string(object, "file", kept->file);
    if (kept->put_back > 0)
        json_put_number(object, "put_back", (uint64_t)kept->put_back);
    if (kept->dry)
        json_put_bool(object, "dry_run", true);
    json_end_event(report, object, false);
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
            (void)json_array_append_new(array, json_make_string(word)); /* what failed is NULL: left out */
        at += len + (at[len] != '\0');
    }
    return array;
}

static json_t *
make_flags(const struct report_facts *facts)
{
    json_t *object = json_object(), *missing = json_array();

    for (size_t i = 0; i < facts->missing_count; i++)
        (void)json_array_append_new(missing, json_make_string(facts->missing[i]));
    json_put_bool(object, "keywords", facts->keywords);
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
        (void)json_array_append_new(mailboxes, json_make_string(facts->special[i].mailbox));
    }
    return object;
}

void
report_json_facts(struct report *report, const char *account, const struct report_facts *facts)
{
    json_t *object = json_begin_event("check", account, NULL), *file_system;

    json_put_string(object, "server", facts->server);
    if (facts->capabilities != NULL)
        (void)json_object_set_new(object, "capabilities", make_words(facts->capabilities, facts->between));
    if (facts->quota != NULL)
        json_put_quota(object, facts->quota, 0);
    if (facts->flags_told)
        (void)json_object_set_new(object, "flags", make_flags(facts));
    if (facts->special_told)
        (void)json_object_set_new(object, "special_use", make_special(facts));
    if (facts->sent != NULL)
        json_put_string(object, "sent_filed_by", facts->sent);
    if (facts->file_system != NULL) {
        file_system = json_object();
        json_put_string(file_system, "type", facts->file_system);
        json_put_string(file_system, "flush", facts->flush);
        json_put_number(file_system, "free", facts->free);
        (void)json_object_set_new(object, "file_system", file_system);
    }
    json_end_event(report, object, false);
}

void
report_json_found(struct report *report, const char *account, const struct report_found *found)
{
    json_t *object = json_begin_event("verify", account, found->mailbox);

    json_put_string(object, "class", report_class_word(found->class));
    json_put_bool(object, "fault", found->fault);
    if (found->uid != 0)
        json_put_number(object, "uid", found->uid);
    json_put_string(object, "file", found->file);
    if (found->count != 0)
        json_put_number(object, "count", found->count);
    json_put_string(object, "text", found->text);
    json_end_event(report, object, false);
}

static json_t *
make_verified(const struct report_verified *verified)
{
    json_t *object = json_object(), *classes = json_object();

    json_put_number(object, "mailboxes", verified->mailboxes);
    json_put_number(object, "here", verified->here);
    json_put_number(object, "there", verified->there);
    json_put_number(object, "files_read", verified->files);
    json_put_number(object, "bytes_read", verified->bytes);
    json_put_number(object, "bodies_fetched", verified->bodies);
    json_put_number(object, "bytes_fetched", verified->bytes_there);
    json_put_number(object, "quarantined", verified->kept);
    json_put_number(object, "faults", verified->faults);
    for (enum report_class class = 0; class < REPORT_CLASSES; class ++)
        if (verified->found[class] != 0)
            json_put_number(classes, report_class_word(class), verified->found[class]);
    (void)json_object_set_new(object, "classes", classes);
    return object;
}

void
report_json_verified(struct report *report, const char *account, int status, const struct report_verified *verified)
{
    json_t *object = json_begin_event("result", account, NULL);

    json_put_number(object, "status", (uint64_t)status);
    json_put_bool(object, "interrupted", verified->interrupted);
    (void)json_object_set_new(object, "seconds", json_real(verified->seconds));
    (void)json_object_set_new(object, "verified", make_verified(verified));
    json_end_event(report, object, true);
}

void
report_json_state(struct report *report, const char *account, const struct report_state *state)
{
    json_t *object = json_begin_event("status", account, NULL), *cause;

    if (state->success != 0)
        json_put_number(object, "last_success", (uint64_t)state->success);
    if (state->attempt != 0) {
        json_put_number(object, "last_attempt", (uint64_t)state->attempt);
        json_put_number(object, "last_status", (uint64_t)state->status);
        json_put_bool(object, "interrupted", state->interrupted);
    }
    json_put_string(object, "last_error", state->error);
    if (state->cause.kind != ERROR_NONE) {
        cause = json_object();
        json_put_error(cause, &state->cause);
        json_put_string(cause, "mailbox", state->cause.mailbox);
        (void)json_object_set_new(object, "error", cause);
    }
    json_put_quota(object, &state->quota, state->quota_seen);
    json_end_event(report, object, true);
}

void
report_json_drop(struct report *report, const char *account, const struct report_drop *drop)
{
    json_t *object = json_begin_event("status", account, NULL), *mail = json_object();

    json_put_number(mail, "stored", drop->stored);
    json_put_number(mail, "had", drop->had);
    json_put_number(mail, "to_fetch", drop->to_fetch);
    json_put_number(mail, "removing", drop->removing);
    json_put_number(mail, "missing", drop->missing);
    json_put_number(mail, "left", drop->left);
    json_put_number(mail, "due", drop->due);
    json_put_number(mail, "held", drop->held);
    json_put_number(mail, "waiting", drop->waiting);
    (void)json_object_set_new(object, "mail", mail);
    json_end_event(report, object, false);
}

void
report_json_quarantined(struct report *report, const char *account, const struct report_quarantined *quarantined)
{
    json_t *object = json_begin_event("status", account, NULL), *quarantine = json_object();

    json_put_number(quarantine, "messages", quarantined->messages);
    json_put_number(quarantine, "bytes", quarantined->bytes);
    if (quarantined->missing != 0)
        json_put_number(quarantine, "missing", quarantined->missing);
    json_put_number(quarantine, "since", (uint64_t)quarantined->since);
    json_put_number(quarantine, "days", (uint64_t)quarantined->days);
    (void)json_object_set_new(object, "quarantine", quarantine);
    json_end_event(report, object, false);
}

void
report_json_mailbox_rows(struct report *report, const char *account, const struct report_mailbox_row *rows,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_t *object = json_begin_event("mailbox", account, rows[i].mailbox);

        json_put_number(object, "here", rows[i].here);
        json_put_number(object, "there", rows[i].there);
        json_put_number(object, "waiting", rows[i].waiting);
        json_put_number(object, "held", rows[i].held);
        json_put_string(object, "text", rows[i].words);
        json_end_event(report, object, false);
    }
}

void
report_json_checked(struct report *report, const char *account, const struct report_checked *checked)
{
    json_t *object = json_begin_event("check", account, checked->mailbox);

    if (checked->counted)
        json_put_number(object, "messages", checked->messages);
    if (checked->sized)
        json_put_number(object, "bytes", checked->bytes);
    json_put_bool(object, "chosen", checked->chosen);
    json_put_string(object, "special", checked->special);
    json_end_event(report, object, false);
}
