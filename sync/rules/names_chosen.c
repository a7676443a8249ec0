/*
 * Which mailboxes the user wants: patterns on names for people. '*' stands for anything, '%' for anything within a
 * level, a leading '!' takes back what earlier patterns chose, "special:..." and "subscribed" go by what the server
 * says of a mailbox. The last pattern that matches decides.
 */
#include "sync/rules/names.h"

#include "store/base/remote.h"
#include "sync/rules/special.h"

/* 0: not one of these words */
static unsigned
attribute_of(const char *pattern)
{
    if (text_is_nocase(text_of(pattern), "subscribed"))
        return REMOTE_SUBSCRIBED;
    return strncasecmp(pattern, "special:", 8) == 0 ? special_of_word(text_of(pattern + 8)) : 0;
}

/* How many bytes of a pattern spell INBOX as a first level, in any case. */
static size_t
inbox_length(const char *pattern)
{
    return text_is_nocase((struct text){pattern, strcspn(pattern, "/")}, "INBOX") ? 5 : 0;
}

/*
 * Linear in memory, no recursion: a mismatch goes back to the last '%' as long as it can grow, else to the last '*'.
 * A '%' before the last '/' or '*' of the pattern never has to be tried again, since it can't reach past a '/'.
 */
static bool
matches(const char *pattern, const char *name)
{
    const char *star = NULL, *star_at = NULL, *percent = NULL, *percent_at = NULL;

    while (*name != '\0' || *pattern != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            star_at = name;
            percent = NULL;
        } else if (*pattern == '%') {
            percent = ++pattern;
            percent_at = name;
        } else if (*name != '\0' && *pattern == *name) {
            pattern++;
            name++;
        } else if (percent != NULL && *percent_at != '\0' && *percent_at != '/') {
            pattern = percent;
            name = ++percent_at;
        } else if (star != NULL && *star_at != '\0') {
            pattern = star;
            name = ++star_at;
            percent = NULL;
        } else {
            return false;
        }
    }
    return true;
}

static bool
pattern_matches(const char *pattern, const char *name, unsigned attributes)
{
    unsigned attribute = attribute_of(pattern);
    size_t inbox = inbox_length(pattern);

    if ((attributes & NAMES_APART) != 0 && (attribute == REMOTE_SUBSCRIBED || strpbrk(pattern, "*%") != NULL))
        return false;
    if (attribute != 0)
        return (attributes & attribute) != 0;
    if (inbox == 0)
        return matches(pattern, name);
    /* INBOX in any case is INBOX, and so are the levels below it. */
    return strncmp(name, "INBOX", inbox) == 0 && (name[inbox] == '\0' || name[inbox] == '/') &&
           matches(pattern + inbox, name + inbox);
}

/* Is the name's first level spelled out in the pattern? Others' mailboxes are not chosen by accident. */
static bool
names_first_level(const char *pattern, const char *name)
{
    size_t len = strcspn(name, "/");

    return strncmp(pattern, name, len) == 0 && (pattern[len] == '\0' || pattern[len] == '/') &&
           attribute_of(pattern) == 0;
}

bool
names_chosen(const char *const *patterns, const char *name, unsigned attributes)
{
    const bool shared = (attributes & REMOTE_SHARED) != 0;
    bool only_exclusions = true, chosen;

    for (const char *const *at = patterns; *at != NULL; at++)
        only_exclusions = only_exclusions && (*at)[0] == '!';
    chosen = only_exclusions && !shared && (attributes & NAMES_APART) == 0;
    for (const char *const *at = patterns; *at != NULL; at++) {
        const bool exclusion = (*at)[0] == '!';
        const char *pattern = *at + exclusion;

        if (pattern_matches(pattern, name, exclusion ? attributes & ~NAMES_APART : attributes) &&
            (exclusion || !shared || names_first_level(pattern, name)))
            chosen = !exclusion;
    }
    return chosen;
}

bool
names_fits(const char *pattern, const char *name, unsigned attributes)
{
    return pattern_matches(pattern[0] == '!' ? pattern + 1 : pattern, name, attributes);
}

void
names_none_chosen(struct error *err)
{
    error_set(err, ERROR_CONFIG, "choose mailboxes: `mailboxes` fits none of this account");
    error_hint(err, "Correct its patterns, see golub.conf(5); nothing was changed or left out.");
}

bool
names_ask_the_server(const char *const *patterns)
{
    for (; *patterns != NULL; patterns++) {
        if (attribute_of(*patterns + ((*patterns)[0] == '!')) != 0)
            return true;
    }
    return false;
}

bool
names_pattern_valid(const char *pattern, struct error *err)
{
    const char *word = pattern[0] == '!' ? pattern + 1 : pattern, *why = NULL;

    if (word[0] == '\0')
        why = "it names nothing";
    else if (strncmp(word, "special:", 8) == 0 && attribute_of(word) == 0)
        why = "special: all, archive, drafts, flagged, important, junk, sent and trash are known";
    else if (word[0] == '/' || word[strlen(word) - 1] == '/' || strstr(word, "//") != NULL)
        why = "a level of it is empty, so that no mailbox can match";
    else if (strlen(word) > LIMIT_MAILBOX_NAME)
        why = "it is longer than any name";
    if (why != NULL)
        error_set(err, ERROR_CONFIG, "use the pattern \"%.100s\": %s", pattern, why);
    return why == NULL;
}
