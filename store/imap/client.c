/* What the operations share: what was agreed on with the server, and a refusal as an outcome. See client.h. */
#include "store/imap/client.h"

#include "store/imap/wary.h"

#include <stdarg.h>

bool
client_condstore(const struct imap *imap)
{
    return imap->can.bits & CAPABILITY_CONDSTORE && !imap->plain_select;
}

size_t
client_at_once(const struct imap *imap, size_t most)
{
    return imap->can.message_limit != 0 && imap->can.message_limit < most ? (size_t)imap->can.message_limit : most;
}

static bool
was_enabled(const struct imap *imap, const char *name)
{
    size_t len = strlen(name);

    for (size_t at = 0; imap->enable_ok && at < imap->enabled.len;) {
        const char *blank = memchr(imap->enabled.at + at, ' ', imap->enabled.len - at);
        size_t word = blank != NULL ? (size_t)(blank - imap->enabled.at) - at : imap->enabled.len - at;
        if (word == len && text_is_nocase((struct text){imap->enabled.at + at, word}, name))
            return true;
        at += word + 1;
    }
    return false;
}

bool
client_qresync(const struct imap *imap)
{
    return imap->can.bits & CAPABILITY_QRESYNC && client_condstore(imap) && was_enabled(imap, "QRESYNC");
}

bool
client_utf8(const struct imap *imap)
{
    if ((imap->can.bits & (CAPABILITY_REV1 | CAPABILITY_REV2)) == CAPABILITY_REV2) /* which knows no other way */
        return true;
    return imap->can.bits & CAPABILITY_UTF8_ACCEPT &&
           (was_enabled(imap, "UTF8=ACCEPT") || was_enabled(imap, "UTF8=ONLY") || was_enabled(imap, "IMAP4rev2"));
}

bool
client_drain(struct imap *imap, struct error *err)
{
    const struct operation nothing = {0};

    if (imap->queue.unanswered == 0 || queue_run(&imap->queue, &nothing, err))
        return true;
    wary_learn(imap, WARY_NO_LIST, err);
    return false;
}

void
client_outcome(struct remote_outcome *out, const char *format, ...)
{
    va_list args;

    *out = (struct remote_outcome){0};
    va_start(args, format);
    (void)vsnprintf(out->answer, sizeof out->answer, format, args);
    va_end(args);
}

/* Do these words say that there is no such mailbox? For servers that have no response codes. */
static bool
says_gone(struct text said)
{
    static const char *const words[] = {"exist", "nknown mailbox", "no such mailbox", "not found"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (said.len > 0 && memmem(said.at, said.len, words[i], strlen(words[i])) != NULL)
            return true;
    return false;
}

void
client_refused(const struct response *response, struct remote_outcome *out)
{
    *out = (struct remote_outcome){0};
    error_escape(out->answer, sizeof out->answer, response->said);
    if (out->answer[0] == '\0')
        (void)text_print(out->answer, sizeof out->answer, "%s", response->state == STATE_BAD ? "BAD" : "NO");
    switch (response->code) {
    case CODE_NONEXISTENT:
    case CODE_TRYCREATE:
        out->gone = true;
        break;
    case CODE_TOOBIG:
        out->permanent = true;
        break;
    case CODE_OVERQUOTA:
        out->over_quota = out->throttled = true;
        break;
    case CODE_LIMIT:
    case CODE_INUSE:
        out->throttled = true;
        break;
    case CODE_UNAVAILABLE:
    case CODE_SERVERBUG:
        out->passing = out->vague = true;
        break;
    case CODE_EXPUNGEISSUED: /* RFC 5530: somebody removed what this was about */
        out->changed = true;
        break;
    case CODE_NOPERM:
    case CODE_READ_ONLY:
        out->denied = true;
        break;
    case CODE_NONE:
        out->gone = response->state == STATE_NO && says_gone(response->said);
        out->vague = !out->gone;
        break;
    default:
        break;
    }
}

/* The next word without a digit; its length, 0: there is none. */
static size_t
next_word(const char **at)
{
    for (;;) {
        *at += strspn(*at, " ");
        const size_t len = strcspn(*at, " "), digit = strcspn(*at, "0123456789");
        if (len == 0 || digit >= len)
            return len;
        *at += len;
    }
}

bool
client_same_words(const char *one, const char *other)
{
    for (;;) {
        const size_t len = next_word(&one), same = next_word(&other);

        if (len != same || memcmp(one, other, len) != 0)
            return false;
        if (len == 0)
            return true;
        one += len;
        other += len;
    }
}
