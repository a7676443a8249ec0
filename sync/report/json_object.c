/* See json_object.h. */
#include "sync/report/json_object.h"

#include "store/base/utf8.h"

#define FORMAT_VERSION 1

json_t *
json_make_string(const char *text)
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

void
json_put_string(json_t *object, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0')
        (void)json_object_set_new(object, key, json_make_string(text)); /* without memory the line lacks this field */
}

void
json_put_number(json_t *object, const char *key, uint64_t number)
{
    (void)json_object_set_new(object, key, json_integer(number <= INT64_MAX ? (json_int_t)number : INT64_MAX));
}

void
json_put_bool(json_t *object, const char *key, bool value)
{
    (void)json_object_set_new(object, key, json_boolean(value));
}

/* An error without a kind is one of this machine. */
void
json_put_error(json_t *object, const struct error *err)
{
    json_put_string(object, "kind", error_kind_word(err->kind != ERROR_NONE ? err->kind : ERROR_LOCAL));
    json_put_string(object, "what", err->what);
    json_put_string(object, "answer", err->answer);
}

static json_t *
make_amount(const struct quota_amount *amount)
{
    json_t *object = json_object();

    json_put_number(object, "used", amount->used);
    json_put_number(object, "limit", amount->limit);
    return object;
}

void
json_put_quota(json_t *object, const struct quota *quota, int64_t seen)
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
        json_put_number(amounts, "seen", (uint64_t)seen);
    (void)json_object_set_new(object, "quota", amounts);
}

json_t *
json_begin_event(const char *event, const char *account, const char *mailbox)
{
    json_t *object = json_object();

    if (object == NULL)
        return NULL;
    json_put_number(object, "v", FORMAT_VERSION);
    json_put_string(object, "event", event);
    json_put_string(object, "account", account);
    json_put_string(object, "mailbox", mailbox);
    return object;
}

/*
 * A line as it goes out: what a terminal may not see is \uXXXX, since lines are read by people, too. It stands inside of strings only, and
 * is a control character or a mark that turns the direction: at most three bytes.
 */
void
json_write_line(FILE *to, const char *line, size_t len)
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

void
json_end_event(struct report *report, json_t *object, bool now)
{
    char *line = object != NULL ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;

    if (line != NULL) {
        json_write_line(report->out, line, strlen(line));
        if (now)
            (void)fflush(report->out); /* a reader that went away has no say in what is synchronised */
    }
    free(line);
    json_decref(object);
}
