/* See keywords.h. */
#include "sync/rules/keywords.h"

const char *
keyword_opposite(struct text word)
{
    static const char *const pairs[][2] = {{"$Junk", "$NotJunk"}, {"Junk", "NonJunk"}};

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        for (int k = 0; k < 2; k++)
            if (text_is_nocase(word, pairs[i][k]))
                return pairs[i][1 - k];
    return NULL;
}

struct flag_sides
keyword_agreed(bool shown)
{
    return (struct flag_sides){.rbase = shown, .lbase = shown, .rseen = shown, .lseen = shown};
}

struct flag_sides
keyword_seen(struct flag_sides sides, bool shown)
{
    sides.rseen = shown ? KEYWORD_SET : 0;
    return sides;
}

struct flag_sides
keyword_said(struct flag_sides sides, bool set)
{
    sides.lseen = set ? KEYWORD_SET : 0;
    return sides;
}

struct flag_sides
keyword_left(struct flag_sides sides, bool here)
{
    sides.lseen = sides.lbase = here ? KEYWORD_SET : 0;
    sides.rbase = sides.rseen;
    return sides;
}

struct flag_sides
keyword_offered(struct flag_sides sides)
{
    sides.lbase = sides.rbase;
    return sides;
}

struct flag_sides
keyword_unsure(struct flag_sides sides)
{
    sides.lbase = sides.rbase = sides.lseen ^ KEYWORD_SET;
    return sides;
}

struct flag_sides
keyword_plan(struct flag_sides sides, bool kept, struct merge_step *step)
{
    *step = merge_plan(sides, kept ? KEYWORD_SET : 0);
    return merge_agree(merge_renamed(sides, *step), step->agreed);
}

bool
keyword_is_same(struct flag_sides a, struct flag_sides b)
{
    return a.rbase == b.rbase && a.lbase == b.lbase && a.lseen == b.lseen;
}

bool
keyword_is_over(struct flag_sides sides)
{
    return sides.rbase == sides.lbase && sides.rseen == sides.lseen && sides.rbase == sides.rseen;
}

bool
keyword_is_set(struct flag_sides sides)
{
    return sides.lseen != 0;
}

bool
keyword_waits(struct flag_sides sides)
{
    const struct merge_step step = merge_plan(keyword_seen(sides, sides.rbase != 0), KEYWORD_SET);

    return (step.there_add | step.there_del) != 0;
}

int
keyword_difference(struct flag_sides sides)
{
    return (int)sides.lseen - (int)sides.rbase;
}
