/* See merge.h. A line a law: bits of both bases and both sights, and nothing else. */
#include "sync/rules/merge.h"

#include "store/base/local.h"

struct merge_step
merge_plan(struct flag_sides f, unsigned permanent)
{
    unsigned there = f.rbase ^ f.rseen, here = f.lbase ^ f.lseen; /* changed there, changed here */
    unsigned differ = f.rseen ^ f.lseen;
    unsigned down = differ & there & (~here | f.rseen);
    unsigned up = differ & here & (~there | f.lseen);

    return (struct merge_step){.there_add = up & permanent & f.lseen,
                               .there_del = up & permanent & ~f.lseen,
                               .here_add = down & f.rseen,
                               .here_del = down & ~f.rseen,
                               .agreed = ((there | here) & ~differ) | (up & ~permanent)};
}

bool
merge_is_changed(struct flag_sides f)
{
    return f.rbase != f.rseen || f.lbase != f.lseen;
}

struct merge_change
merge_change(struct flag_sides f, bool here)
{
    unsigned base = here ? f.lbase : f.rbase, seen = here ? f.lseen : f.rseen;

    return (struct merge_change){.add = seen & ~base, .del = base & ~seen};
}

bool
merge_is_wanted(struct merge_change change)
{
    return (change.add & FLAG_FLAGGED) != 0 || (change.del & FLAG_DELETED) != 0;
}

struct merge_step
merge_give(struct merge_change change, struct flag_sides to, unsigned there, unsigned here)
{
    return (struct merge_step){.there_add = change.add & ~to.rseen & there,
                               .there_del = change.del & to.rseen & there,
                               .here_add = change.add & ~to.lseen & here,
                               .here_del = change.del & to.lseen & here};
}

unsigned
merge_named(struct flag_sides f, struct merge_step step)
{
    return (f.lseen | step.here_add) & ~step.here_del;
}

unsigned
merge_sent(struct flag_sides f)
{
    return f.lseen | (f.rseen & ~f.rbase);
}

/* Of `to` those bits that are `from`'s. */
static unsigned
take(unsigned to, unsigned from, unsigned bits)
{
    return (to & ~bits) | (from & bits);
}

struct flag_sides
merge_agree(struct flag_sides f, unsigned bits)
{
    f.rbase = take(f.rbase, f.rseen, bits);
    f.lbase = take(f.lbase, f.lseen, bits);
    return f;
}

struct flag_sides
merge_taken(struct flag_sides f, unsigned bits)
{
    f.rbase |= bits;
    f.lbase |= bits;
    return f;
}

struct flag_sides
merge_unsaid(struct flag_sides f, unsigned bits)
{
    f.rbase &= ~bits;
    f.lbase &= ~bits;
    return f;
}

struct flag_sides
merge_stored(struct flag_sides f, struct merge_step step, unsigned shown, bool again, bool *unshown)
{
    unsigned both = step.here_add | step.here_del, sent = (step.there_add | step.there_del) & ~both;
    unsigned missed = (shown ^ step.there_add) & sent;

    f.rbase = take(f.rbase, step.here_del, both);
    f.rseen = shown;
    f = merge_agree(f, sent);
    *unshown = missed != 0 && !again;
    if (*unshown)
        f.lbase = take(f.lbase, ~f.lseen, missed);
    else
        f.rbase &= ~(missed & step.there_del & ~(unsigned)FLAG_DELETED);
    return f;
}

struct flag_sides
merge_renamed(struct flag_sides f, struct merge_step step)
{
    unsigned bits = step.here_add | step.here_del;

    f.lseen = take(f.lseen, step.here_add, bits);
    f.lbase = take(f.lbase, step.here_add, bits);
    f.rbase = take(f.rbase, step.here_add, bits);
    return f;
}

struct flag_sides
merge_delivered(struct flag_sides f, unsigned with)
{
    return (struct flag_sides){.rbase = with, .lbase = with, .lseen = with, .rseen = f.rseen};
}

struct flag_sides
merge_appended(struct flag_sides f, unsigned permanent)
{
    unsigned there = f.lseen & permanent;

    return (struct flag_sides){.rbase = there, .rseen = there, .lbase = f.lseen, .lseen = f.lseen};
}

struct flag_sides
merge_append_seen(struct flag_sides f, unsigned shown)
{
    f.rbase = f.lbase = f.lbase & shown;
    return f;
}

struct flag_sides
merge_copied(struct flag_sides file, struct flag_sides source)
{
    return (struct flag_sides){
        .rbase = source.rseen, .lbase = source.rseen, .rseen = source.rseen, .lseen = file.lseen};
}

struct flag_sides
merge_agreed(struct flag_sides f)
{
    f.rseen &= f.rbase;
    return f;
}

struct flag_sides
merge_copy_seen(struct flag_sides f, unsigned shown)
{
    f.rbase = f.lbase = shown & (f.rbase | FLAG_DELETED);
    f.rseen = shown;
    return f;
}

struct flag_sides
merge_copy_marked(struct flag_sides f)
{
    f.rbase &= ~(unsigned)FLAG_DELETED;
    f.lbase &= ~(unsigned)FLAG_DELETED;
    return f;
}

struct flag_sides
merge_moved_there(struct flag_sides f, const char *info)
{
    f.lseen = merge_of_name(info, f.lbase);
    return f;
}

struct flag_sides
merge_moved_here(struct flag_sides uid, struct flag_sides message)
{
    message.rseen = uid.rseen;
    return message;
}

struct flag_sides
merge_heir(struct flag_sides file, struct flag_sides message)
{
    message.lseen = file.lseen;
    return message;
}

struct flag_sides
merge_new(struct flag_sides f, bool here)
{
    return here ? (struct flag_sides){.lseen = f.lseen} : (struct flag_sides){.rseen = f.rseen};
}

struct flag_sides
merge_without_file(struct flag_sides f)
{
    return (struct flag_sides){.rbase = f.rbase, .rseen = f.rseen};
}

struct flag_sides
merge_unchanged(struct flag_sides f, bool here)
{
    *(here ? &f.lbase : &f.rbase) = here ? f.lseen : f.rseen;
    return f;
}

struct flag_sides
merge_survivor(struct flag_sides f, unsigned shown, bool here)
{
    unsigned *base = here ? &f.lbase : &f.rbase, *seen = here ? &f.lseen : &f.rseen;

    *base &= ~(shown & ~*seen & FLAG_FLAGGED);
    *seen = shown;
    return f;
}

struct flag_sides
merge_edited(struct flag_sides f)
{
    return (struct flag_sides){.rbase = f.lseen, .lbase = f.lseen, .lseen = f.lseen, .rseen = merge_sent(f)};
}

struct flag_sides
merge_met(struct flag_sides f)
{
    f.rbase = f.lbase = f.rseen & f.lseen;
    return f;
}

struct flag_sides
merge_unknown(struct flag_sides f)
{
    f.rbase = f.lbase = 0;
    return f;
}

struct flag_sides
merge_level(struct flag_sides f, unsigned permanent)
{
    unsigned unknown = (f.rbase ^ f.lbase) & permanent;

    f.rbase &= ~unknown;
    f.lbase &= ~unknown;
    return f;
}

struct flag_sides
merge_equal(struct flag_sides f)
{
    f.rbase &= f.rseen;
    f.lbase &= f.rseen;
    return f;
}

struct flag_sides
merge_back(struct flag_sides f, unsigned permanent)
{
    f.rbase = take(f.rbase, f.lbase, permanent);
    return f;
}

struct flag_sides
merge_past(struct flag_sides f, unsigned permanent, bool taken)
{
    unsigned past = taken ? f.lbase & ~f.lseen : 0;

    f.rbase = taken ? f.rbase & ~past : f.lseen & permanent;
    f.lbase = taken ? f.lbase & ~past : f.lseen;
    return f;
}

struct flag_sides
merge_unflushed(struct flag_sides f, bool undeleted)
{
    unsigned old = (f.lbase & ~f.lseen) | (undeleted ? f.lseen & ~f.lbase & FLAG_DELETED : 0);

    f.rbase = take(f.rbase, f.lseen, old);
    f.lbase = take(f.lbase, f.lseen, old);
    return f;
}

struct flag_sides
merge_undelete(struct flag_sides f)
{
    unsigned own = f.rseen & ~f.rbase & FLAG_DELETED;

    f.rbase |= own;
    f.lbase |= own;
    return f;
}

struct flag_sides
merge_adopted(struct flag_sides f, unsigned agreed, unsigned permanent, bool here, bool there)
{
    f.rbase = agreed & permanent;
    f.lbase = agreed;
    if (!there)
        f.rseen = f.rbase;
    if (!here)
        f.lseen = f.lbase;
    return f;
}

bool
merge_both_show(struct flag_sides f, unsigned bits)
{
    return (f.rseen & f.lseen & bits) != 0;
}

bool
merge_one_shows(struct flag_sides f, unsigned bits)
{
    return ((f.rseen | f.lseen) & bits) != 0;
}

bool
merge_copy_is_deleted(struct flag_sides file, struct flag_sides source)
{
    return (source.rseen & ~file.lseen & FLAG_DELETED) != 0;
}

bool
merge_still_shows(struct flag_sides f, unsigned bits)
{
    return (f.lseen & ~(f.rbase & ~f.rseen) & bits) != 0;
}

bool
merge_is_marked_there(struct flag_sides f)
{
    return (f.rseen & FLAG_DELETED) != 0;
}

bool
merge_is_own_deleted(struct flag_sides f, unsigned shown)
{
    return (shown & ~f.rbase & FLAG_DELETED) != 0;
}

int
merge_kept(struct flag_sides f)
{
    return f.rbase == 0 ? 0 : (f.rseen & f.rbase) != 0 ? 1 : -1;
}

unsigned
merge_of_name(const char *info, unsigned before)
{
    unsigned shown, flags = local_info_flags(info, &shown);

    return take(before, flags, shown);
}

unsigned
merge_of_rename(const char *from, const char *to, unsigned before)
{
    unsigned shown, flags = local_info_flags(from, &shown);

    /* Only a suffix shows all of them. Back from cur/ the old name says nothing: new/ is where unread mail stands. */
    if (from[0] == 'n' && strcmp(to, "n") == 0 && shown == FLAG_ALL)
        before &= ~flags;
    return merge_of_name(to, before);
}

unsigned
merge_of_second(unsigned first, unsigned second, unsigned made_with)
{
    return first | (second & ~made_with);
}

void
merge_keywords(char to[static KEYWORDS_MAX + 1], const char *shown)
{
    (void)text_print(to, KEYWORDS_MAX + 1, "%s", shown != NULL ? shown : "");
}
