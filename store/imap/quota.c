/* See quota.h. */
#include "store/imap/quota.h"

#define KILOBYTE 1024 /* STORAGE is counted in units of so many bytes */

static bool
is_end(int c)
{
    return c == '\r' || c == '\n';
}

bool
quota_read_roots(struct reader *reader, struct quota_roots *out)
{
    struct text name;
    int c;

    out->count = 0;
    if (!reader_string(reader, &name, NULL)) /* the mailbox: INBOX, no other is asked about */
        return false;
    while (reader_blanks(reader) && !is_end(c = reader_peek(reader))) {
        if (c < 0)
            return false;
        if (c == '(' || c == ')') /* no name */
            return reader_skip_answer(reader);
        if (!reader_string(reader, &name, NULL))
            return false;
        if (out->count < QUOTA_ROOTS_MAX)
            out->root[out->count++] = text_hash(name);
    }
    return reader_end(reader);
}

/* A limit of 0 is none, and so is one that is no number: servers mean "without a limit" by both. */
static bool
read_resource(struct reader *reader, struct text name, struct quota *out)
{
    const bool bytes = text_is_nocase(name, "STORAGE"), messages = text_is_nocase(name, "MESSAGE");
    const uint64_t unit = bytes ? KILOBYTE : 1;
    struct quota_amount amount = {0};
    bool known_used, known_limit;

    if (!reader_blanks(reader) || !reader_count(reader, INT64_MAX / unit, &amount.used, &known_used) ||
        !reader_blanks(reader) || !reader_count(reader, INT64_MAX / unit, &amount.limit, &known_limit))
        return false;
    amount.known = known_used && known_limit && amount.limit != 0;
    amount.used *= unit;
    amount.limit *= unit;
    if (bytes)
        quota_take(&out->bytes, &amount);
    else if (messages)
        quota_take(&out->messages, &amount);
    return true;
}

bool
quota_read(struct reader *reader, struct quota_answer *out)
{
    struct text name;
    int c = reader_peek(reader);

    *out = (struct quota_answer){0};
    if (c == '(') /* the name is left out */
        out->root = text_hash(TEXT(""));
    else if (c < 0 || !reader_string(reader, &name, NULL))
        return false;
    else
        out->root = text_hash(name);
    while (reader_blanks(reader) && (c = reader_peek(reader)) != '(') /* more words of a name without quotes */
        if (c < 0 || c == ')' || is_end(c) || !reader_word(reader, 0, &name))
            return c >= 0 && reader_skip_answer(reader);
    if (c != '(' || !reader_take(reader))
        return false;
    while (reader_blanks(reader) && (c = reader_peek(reader)) != ')') {
        char resource[32];

        if (c < 0 || c == '(' || is_end(c) || !reader_string(reader, &name, NULL))
            return c >= 0 && reader_skip_answer(reader);
        if (!text_copy(name, resource, sizeof resource))
            resource[0] = '\0';
        if (!read_resource(reader, text_of(resource), &out->amounts))
            return false;
    }
    return c == ')' && reader_take(reader) && reader_skip_answer(reader);
}

void
quotas_add(struct quotas *quotas, const struct quota_answer *answer)
{
    if (quotas->count < QUOTA_ROOTS_MAX)
        quotas->answers[quotas->count++] = *answer;
}

static bool
is_named(const struct quota_roots *roots, uint64_t root)
{
    for (size_t i = 0; i < roots->count; i++)
        if (roots->root[i] == root)
            return true;
    return false;
}

struct quota
quotas_tightest(const struct quotas *quotas)
{
    struct quota out = {0};
    bool any = false;

    if (quotas->rooted && quotas->roots.count == 0) /* no limit holds for the mailbox */
        return out;
    for (size_t i = 0; i < quotas->count; i++)
        any = any || is_named(&quotas->roots, quotas->answers[i].root);
    for (size_t i = 0; i < quotas->count; i++) {
        if (any && !is_named(&quotas->roots, quotas->answers[i].root))
            continue;
        quota_take(&out.bytes, &quotas->answers[i].amounts.bytes);
        quota_take(&out.messages, &quotas->answers[i].amounts.messages);
    }
    return out;
}
