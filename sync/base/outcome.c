/* One JSON object, since the words of a server may hold anything. */
#include "sync/base/outcome.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sync/base/state.h"

#define FILE_NAME "outcome.json"
#define FILE_MAX 262144 /* bytes that are read; most have a few hundred */

static int64_t
get_number(const json_t *object, const char *key, int64_t most)
{
    const json_int_t number = json_integer_value(json_object_get(object, key));

    return number >= 0 && number <= most ? number : 0;
}

static void
get_lines(const json_t *object, struct outcome *outcome)
{
    const json_t *list = json_object_get(object, "lines");
    const size_t count = json_array_size(list);

    for (size_t i = 0; i < count && outcome->line_count < OUTCOME_LINES_MAX; i++) {
        const json_t *line = json_array_get(list, i);
        const char *hash = json_string_value(json_object_get(line, "line"));

        if (hash != NULL)
            outcome->lines[outcome->line_count++] =
                (struct outcome_line){strtoull(hash, NULL, 16), get_number(line, "since", INT64_MAX)};
    }
}

static json_t *
make_lines(const struct outcome *outcome)
{
    json_t *list = json_array();

    for (size_t i = 0; i < outcome->line_count; i++) {
        char hash[32];

        (void)text_print(hash, sizeof hash, "%016" PRIx64, outcome->lines[i].hash);
        (void)json_array_append_new(
            list, json_pack("{s:s, s:I}", "line", hash, "since", (json_int_t)outcome->lines[i].since));
    }
    return list;
}

static struct quota_amount
get_amount(const json_t *object)
{
    struct quota_amount amount = {.used = (uint64_t)get_number(object, "used", INT64_MAX),
                                  .limit = (uint64_t)get_number(object, "limit", INT64_MAX)};

    amount.known = amount.limit != 0;
    return amount;
}

static json_t *
make_amount(const struct quota_amount *amount)
{
    return json_pack("{s:I, s:I}", "used", (json_int_t)(amount->known ? amount->used : 0), "limit",
                     (json_int_t)(amount->known ? amount->limit : 0));
}

static void
get_quota(const json_t *object, struct outcome *outcome)
{
    outcome->quota.bytes = get_amount(json_object_get(object, "bytes"));
    outcome->quota.messages = get_amount(json_object_get(object, "messages"));
    outcome->quota_seen = get_number(object, "seen", INT64_MAX);
}

static json_t *
make_quota(const struct outcome *outcome)
{
    return json_pack("{s:o, s:o, s:I}", "bytes", make_amount(&outcome->quota.bytes), "messages",
                     make_amount(&outcome->quota.messages), "seen", (json_int_t)outcome->quota_seen);
}

static void
get_text(const json_t *object, const char *key, char *to, size_t size)
{
    const char *text = json_string_value(json_object_get(object, key));

    error_escape(to, size, text_of(text != NULL ? text : ""));
}

static void
get_cause(const json_t *object, struct error *cause)
{
    const char *kind = json_string_value(json_object_get(object, "kind"));

    cause->kind = error_kind_of(kind != NULL ? kind : "");
    get_text(object, "mailbox", cause->mailbox, sizeof cause->mailbox);
    get_text(object, "what", cause->what, sizeof cause->what);
    get_text(object, "answer", cause->answer, sizeof cause->answer);
}

static json_t *
make_cause(const struct error *cause)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "kind", error_kind_word(cause->kind), "mailbox", cause->mailbox, "what",
                     cause->what, "answer", cause->answer);
}

static bool
read_all(int file, char *to, size_t size, size_t *len)
{
    ssize_t got;

    *len = 0;
    while (*len < size && (got = read(file, to + *len, size - *len)) != 0) {
        if (got < 0 && errno != EINTR)
            return false;
        *len += got > 0 ? (size_t)got : 0;
    }
    return true;
}

bool
outcome_read(const struct account *account, struct outcome *outcome, struct error *err)
{
    char path[4096], *text;
    const char *words;
    json_t *object;
    size_t len;
    int file;
    bool ok;

    *outcome = (struct outcome){0};
    if (!state_path(account, FILE_NAME, path, sizeof path, err))
        return false;
    file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0 && errno == ENOENT)
        return true;
    text = malloc(FILE_MAX);
    ok = file >= 0 && text != NULL && read_all(file, text, FILE_MAX, &len);
    if (!ok)
        error_sys(err, errno, "read %s", path);
    if (file >= 0)
        (void)close(file);
    if (!ok) {
        free(text);
        return false;
    }
    object = json_loadb(text, len, 0, NULL); /* damaged, or empty after a power cut: as if there were none */
    free(text);
    outcome->success = get_number(object, "success", INT64_MAX);
    outcome->attempt = get_number(object, "attempt", INT64_MAX);
    outcome->status = (int)get_number(object, "status", 6);
    outcome->interrupted = json_is_true(json_object_get(object, "interrupted"));
    words = json_string_value(json_object_get(object, "error"));
    (void)text_print(outcome->error, sizeof outcome->error, "%s", words != NULL ? words : "");
    get_cause(json_object_get(object, "cause"), &outcome->cause);
    get_lines(object, outcome);
    get_quota(json_object_get(object, "quota"), outcome);
    json_decref(object);
    return true;
}

static bool
write_file(const char *path, const char *text, struct error *err)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    const size_t len = strlen(text);
    bool ok;

    if (file < 0) {
        error_sys(err, errno, "make %s", path);
        return false;
    }
    errno = 0;
    ok = write(file, text, len) == (ssize_t)len;
    if (!ok)
        error_sys(err, errno != 0 ? errno : ENOSPC, "write %s", path);
    return close(file) == 0 && ok;
}

bool
outcome_write(const struct account *account, const struct outcome *outcome, struct error *err)
{
    char path[4096], draft[4096];
    json_t *object;
    char *text;
    bool ok;

    if (!state_path(account, FILE_NAME, path, sizeof path, err) ||
        !state_path(account, FILE_NAME ".new", draft, sizeof draft, err))
        return false;
    object = json_pack("{s:I, s:I, s:i, s:b, s:s, s:o?, s:o, s:o}", "success", (json_int_t)outcome->success, "attempt",
                       (json_int_t)outcome->attempt, "status", outcome->status, "interrupted", outcome->interrupted,
                       "error", outcome->error, "cause", make_cause(&outcome->cause), "lines", make_lines(outcome),
                       "quota", make_quota(outcome));
    text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (text == NULL) {
        error_set(err, ERROR_LOCAL, "write %s", path);
        error_answer(err, TEXT("out of memory"));
        return false;
    }
    ok = write_file(draft, text, err);
    free(text);
    if (ok && rename(draft, path) != 0) {
        error_sys(err, errno, "rename %s", draft);
        ok = false;
    }
    return ok;
}
