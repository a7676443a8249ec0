/*
 * The line at the end of an account's run: what was done, what was not, and whether both sides are the same now.
 *     12 new here, 3 uploaded, 5 flags changed here, 2 there, 2 deleted here (kept 30 days), 41 mailboxes in sync, 0.4 s
 * An import has one side and no mailboxes to count:
 *     12 new here, 3 removed from the server, 1 too large, 0.4 s
 */
#include "sync/report/private.h"

#include <inttypes.h>
#include <stdarg.h>

struct phrase { /* a text that grows and may be cut */
    char *at;
    size_t size, len;
    bool empty; /* nothing that was done has been said yet */
};

static void add(struct phrase *phrase, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
add(struct phrase *phrase, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(phrase->at + phrase->len, phrase->size - phrase->len, format, args);
    va_end(args);
    if (len > 0)
        phrase->len = phrase->len + (size_t)len < phrase->size ? phrase->len + (size_t)len : phrase->size - 1;
}

static const char *
ending(uint64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

static void
add_item(struct phrase *phrase, uint64_t count, const char *one, const char *many)
{
    if (count == 0)
        return;
    add(phrase, "%s%" PRIu64 " %s", phrase->empty ? "" : ", ", count, ending(count, one, many));
    phrase->empty = false;
}

/* "5 flags changed here, 2 there", "2 flags changed there" */
static void
add_sides(struct phrase *phrase, uint64_t here, uint64_t there, const char *one, const char *many,
          const char *after_here)
{
    if (here > 0) {
        add_item(phrase, here, one, many);
        add(phrase, " here%s", after_here);
    }
    if (there > 0 && here > 0)
        add(phrase, ", %" PRIu64 " there", there);
    else if (there > 0) {
        add_item(phrase, there, one, many);
        add(phrase, " there");
    }
}

static void
add_done(struct phrase *phrase, const struct report_counts *c, int days)
{
    char kept[48] = "";

    if (days > 0)
        (void)text_print(kept, sizeof kept, " (kept %d %s)", days, days == 1 ? "day" : "days");
    add_item(phrase, c->done[DID_DOWNLOAD], "new here", "new here");
    add_item(phrase, c->done[DID_UPLOAD], "uploaded", "uploaded");
    add_sides(phrase, c->done[DID_FLAGS_HERE], c->done[DID_FLAGS_THERE], "flag changed", "flags changed", "");
    add_sides(phrase, c->done[DID_KEYWORDS_HERE], c->done[DID_KEYWORDS_THERE], "keyword changed", "keywords changed",
              "");
    add_sides(phrase, c->done[DID_REMOVE_HERE], c->done[DID_REMOVE_THERE], "deleted", "deleted", kept);
    add_sides(phrase, c->done[DID_MOVE_HERE], c->done[DID_MOVE_THERE], "moved", "moved", "");
    add_item(phrase, c->done[DID_COPY_THERE], "copied there", "copied there");
    add_sides(phrase, c->done[DID_CREATE_HERE], c->done[DID_CREATE_THERE], "mailbox made", "mailboxes made", "");
    add_item(phrase, c->done[DID_RENAME_HERE], "mailbox renamed here", "mailboxes renamed here");
    add_item(phrase, c->done[DID_RENAME_THERE], "mailbox renamed there", "mailboxes renamed there");
    add_sides(phrase, c->done[DID_DELETE_HERE], c->done[DID_DELETE_THERE], "mailbox deleted", "mailboxes deleted", "");
    add_item(phrase, c->done[DID_PAIR], "found on both sides", "found on both sides");
}

static void
add_imported(struct phrase *phrase, const struct report_counts *c)
{
    add_item(phrase, c->done[DID_DOWNLOAD], "new here", "new here");
    add_item(phrase, c->done[DID_REMOVE_THERE], "removed from the server", "removed from the server");
    add_item(phrase, c->had, "recorded as had", "recorded as had");
}

/* What stays on the server is always said: a limit that is forgotten would look like lost mail. */
static void
add_left(struct phrase *phrase, const struct report_counts *c)
{
    add_item(phrase, c->too_large, "too large", "too large");
    add_item(phrase, c->kept_by_policy, "left for a later run", "left for a later run");
}

static void
add_undone(struct phrase *phrase, const struct report_counts *c, bool policy)
{
    add_item(phrase, c->to_come, "still to come", "still to come");
    add_item(phrase, c->held, "removal held", "removals held");
    add_item(phrase, c->pending, "waiting", "waiting");
    add_item(phrase, c->refused, "refused by the server", "refused by the server");
    add_item(phrase, c->altered, "altered here and left alone", "altered here and left alone");
    add_item(phrase, c->failed, "failed", "failed");
    if (policy)
        add_item(phrase, c->kept_by_policy, "kept back by the configuration", "kept back by the configuration");
}

void
report_summary(const struct report_summary *s, char *to, size_t size)
{
    struct phrase phrase = {.at = to, .size = size, .empty = true};
    bool well = s->status == 0 && !s->interrupted, did;
    char warning[512];

    to[0] = '\0';
    if (s->interrupted)
        add(&phrase, "interrupted: ");
    if (s->import)
        add_imported(&phrase, s->counts);
    else
        add_done(&phrase, s->counts, s->dry ? 0 : s->quarantine_days);
    did = !phrase.empty;
    if (!did)
        add(&phrase, "%s", !well ? "nothing was done" : s->dry ? "nothing to do" : "nothing new");
    phrase.empty = false;
    if (s->import)
        add_left(&phrase, s->counts);
    add_item(&phrase, s->counts->let_go, "removed from the quarantine (quarantine-size)",
             "removed from the quarantine (quarantine-size)");
    add_undone(&phrase, s->counts, s->policy && !s->import);
    if (s->counts->mailboxes > 0 && !s->import)
        add(&phrase, ", %" PRIu64 " %s%s", s->counts->mailboxes, ending(s->counts->mailboxes, "mailbox", "mailboxes"),
            well && !(s->dry && did) ? " in sync" : "");
    add(&phrase, ", %.1f s", s->seconds);
    if (s->dry)
        add(&phrase, "%s", did ? " (dry run: so it would be, nothing was changed)" : " (dry run)");
    if (s->quota != NULL && report_quota_warning(s->quota, warning, sizeof warning))
        add(&phrase, "; %s", warning);
}
