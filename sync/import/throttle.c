/*
 * A server that wants to give no more mail for now says so to each message that is asked for. Two on end that are refused in the same words, or
 * one whose words mean "later", end the fetching of this run. But where the words say nothing, one more is asked for, from some hundred messages
 * further on: if that comes, or one of those that were on their way, the two were damaged, and it goes on. What was refused in an earlier run
 * goes last; nothing is asked for twice in one run.
 */
#include "sync/import/fetch.h"
#include "sync/import/run.h"

#define REFUSED_THERE "the server refused it: "

static bool
means_later(struct text words)
{
    static const char *const later[] = {"[SYS/TEMP]", "[IN-USE]", "try again later"};

    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
        if (text_has_nocase(words, later[i]))
            return true;
    return false;
}

void
throttle_passed(struct import *import)
{
    if (import->throttled && !import->throttled_by_words) {
        memcpy(import->single_words, import->refused_words, sizeof import->single_words);
        import->throttled = false;
    }
    if (!import->throttled)
        import->refused_words[0] = '\0';
}

const char *
throttle_refused(struct import *import, struct journal_pop *row, const char *words)
{
    char shown[sizeof import->refused_words];

    (void)text_print(row->why, sizeof row->why, REFUSED_THERE "%s", words);
    (void)text_print(shown, sizeof shown, "%s", words);
    if (means_later(text_of(words)))
        import->throttled = import->throttled_by_words = true;
    else if (strcmp(shown, import->refused_words) == 0 && strcmp(shown, import->single_words) != 0)
        import->throttled = true;
    if (!import->throttled || import->refused_words[0] == '\0')
        memcpy(import->refused_words, shown, sizeof shown);
    return import->throttled ? "The server gives no more for now: the next run asks for the rest."
                             : "The others are fetched; the next run tries it again.";
}

bool
throttle_may_be_damage(const struct import *import)
{
    return import->throttled && !import->throttled_by_words && !import->jumped;
}

/* Both turns walk the list in one order: the next one is looked for behind the last. */
static bool
waits(struct import *import, uint32_t number)
{
    const size_t count = import->refused_count;

    for (size_t i = 0; i < count; i++) {
        const size_t at = (import->refused_at + i) % count;

        if (import->refused[at] == number) {
            import->refused_at = at + 1;
            return true;
        }
    }
    return false;
}

bool
throttle_pass_over(struct import *import, const struct journal_listed *listed, bool *over)
{
    struct journal_pop row;

    *over = import->refused_turn && !waits(import, listed->number);
    if (import->refused_turn || listed->row == 0)
        return true;
    if (!import_load(import, listed->row, &row))
        return false;
    if (row.state != POP_FETCHING || strncmp(row.why, REFUSED_THERE, strlen(REFUSED_THERE)) != 0)
        return true;
    *over = true;
    if (!array_grow(&import->refused, &import->refused_size, import->refused_count + 1, sizeof *import->refused))
        return import_no_memory(import);
    import->refused[import->refused_count++] = listed->number;
    return true;
}
