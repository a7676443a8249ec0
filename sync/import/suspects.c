/* What is known of suspects, and what a session does about them. See suspects.h; import/suspect_lines.c knows which lines of a
 * listing are theirs, import/in_flight.c is the maildrop that stands between. */
#include "sync/import/run.h"
#include "sync/import/suspects.h"

#include <inttypes.h>

#include "store/base/clock.h"

#define KEY "suspects" /* in meta: a line each: breaks, when, size, at TOP, UIDL, TAB, the server's last words */
#define SLICE_MS 50    /* a signal ends the waiting so soon */

/* ---- in the journal ---- */

/* @return false: none that golub wrote */
static bool
parse_line(char *line, struct suspect *suspect)
{
    char *tab = strchr(line, '\t'), *words = tab != NULL ? strchr(tab + 1, '\t') : NULL;
    unsigned at_top;

    *suspect = (struct suspect){0};
    if (words == NULL)
        return false;
    *tab = *words = '\0';
    if (sscanf(line, "%u %" SCNd64 " %" SCNu64 " %u", &suspect->breaks, &suspect->asked, &suspect->size, &at_top) != 4)
        return false;
    suspect->at_top = at_top != 0;
    suspect->was_known = suspect->breaks > 1;
    (void)text_print(suspect->uidl, sizeof suspect->uidl, "%s", tab + 1);
    (void)text_print(suspect->words, sizeof suspect->words, "%s", words + 1);
    return suspect->breaks > 0 && suspect->uidl[0] != '\0';
}

bool
suspects_open(struct import *import)
{
    struct suspects *suspects = calloc(1, sizeof *suspects);
    char *text, *at = NULL;

    if (suspects == NULL)
        return import_no_memory(import);
    suspects->import = import;
    suspects->maildrop = import->maildrop;
    suspects->alone = SUSPECT_NONE;
    import->suspects = suspects;
    if (!journal_get(import->journal, KEY, &text, &import->err))
        return false;
    for (char *line = text != NULL ? strtok_r(text, "\n", &at) : NULL; line != NULL && suspects->count < SUSPECTS_MAX;
         line = strtok_r(NULL, "\n", &at))
        suspects->count += parse_line(line, &suspects->list[suspects->count]);
    free(text);
    return true;
}

void
suspects_close(struct import *import)
{
    free(import->suspects);
    import->suspects = NULL;
}

static bool
write_down(struct import *import)
{
    struct suspects *suspects = import->suspects;
    struct buffer text = buffer_new((size_t)1 << 20);
    bool ok = true;

    if (!suspects->changed || import->dry)
        return true;
    for (size_t i = 0; ok && i < suspects->count; i++) {
        const struct suspect *s = &suspects->list[i];

        if (s->breaks > 0 && s->uidl[0] != '\0')
            ok = buffer_addf(&text, "%u %" PRId64 " %" PRIu64 " %u\t%s\t%s\n", s->breaks, s->asked, s->size, s->at_top,
                             s->uidl, s->words);
    }
    if (!(ok && buffer_add(&text, "", 1)))
        ok = import_no_memory(import);
    ok = ok && journal_begin(import->journal, &import->err) &&
         import_end(import, journal_set(import->journal, KEY, text.at, &import->err));
    buffer_free(&text);
    suspects->changed = suspects->changed && !ok;
    return ok;
}

/* ---- a line that broke ---- */

/* By the listing of the session that is over. "": nothing has a name there. */
static bool
find_name(struct import *import, uint32_t number, struct suspect *suspect)
{
    struct journal_listed listed;
    size_t count;

    if (import->identity == BY_BODY)
        return true;
    if (!journal_listing_page(import->journal, LISTED_ALL, false, number - 1, &listed, 1, &count, &import->err))
        return false;
    if (count == 1 && listed.number == number)
        (void)text_print(suspect->uidl, sizeof suspect->uidl, "%s", listed.uidl);
    return true;
}

static bool
add_suspect(struct import *import, uint32_t number, size_t *index)
{
    struct suspects *suspects = import->suspects;
    struct suspect suspect = {.size = import_listed_size(import, number)};

    *index = 0;
    while (*index < suspects->count && suspects->list[*index].breaks > 0)
        ++*index;
    if (*index == SUSPECTS_MAX)
        return true;
    if (!find_name(import, number, &suspect))
        return false;
    suspects->list[*index] = suspect;
    suspects->count += *index == suspects->count;
    if (suspects->line_count < SUSPECTS_MAX)
        suspects->lines[suspects->line_count++] = (struct suspect_line){number, *index};
    return true;
}

/* For `status`: in the rows of its name, whatever waits there. */
static bool
tell_rows(struct import *import, const struct suspect *suspect)
{
    struct journal_pop row;
    char why[SUSPECT_WHY];
    int64_t *ids;
    size_t count;
    bool ok;

    if (import->dry || suspect->uidl[0] == '\0')
        return true;
    suspects_say_why(suspect, why);
    if (!journal_pop_by_uidl(import->journal, suspect->uidl, &ids, &count, &import->err))
        return false;
    ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = import_load(import, ids[i], &row) &&
             (row.absent != 0 || row.state == POP_HAD || import_remember_why(import, &row, why));
    free(ids);
    return ok;
}

/* What broke the line at which message; written down before it is asked for again. */
static bool
note_break(struct import *import)
{
    struct suspects *suspects = import->suspects;
    const uint64_t acts = report_acts(&import->counts);
    const struct error why = import->err;
    const uint32_t flying = suspects_in_flight(suspects), number = flying != 0 ? flying : suspects->refused;
    size_t index = number != 0 ? suspects_find(suspects, number) : SUSPECT_NONE;

    if (acts != suspects->acts)
        reopening_went_on(&suspects->reopening);
    suspects->acts = acts;
    if (number == 0)
        return true;
    import->err = (struct error){0};
    if (index == SUSPECT_NONE && !add_suspect(import, number, &index))
        return false;
    if (index < SUSPECTS_MAX) {
        struct suspect *suspect = &suspects->list[index];

        if (++suspect->breaks > 1)
            reopening_went_on(&suspects->reopening);
        suspect->number = number;
        suspect->at_top = suspects->topping;
        suspect->asked = import->age.now.counted;
        suspect->broke = true;
        suspect->tried = suspect->tried || index == suspects->alone;
        (void)text_print(suspect->words, sizeof suspect->words, "%s%s%s", why.what, why.answer[0] != '\0' ? ": " : "",
                         why.answer);
        suspects->changed = true;
        if (!write_down(import) || (suspect->breaks > 1 && !tell_rows(import, suspect)))
            return false;
    }
    import->err = why;
    return true;
}

/* What ended the session is the line, and it had been one: neither a refusal, nor this machine, nor the user. */
static bool
is_broken(const struct import *import)
{
    const struct suspects *suspects = import->suspects;

    return suspects->opened && (import->err.kind == ERROR_NETWORK ||
                                (import->err.kind == ERROR_SERVER && suspects_in_flight(suspects) != 0));
}

/* It is larger than max-size, and not here: what is here is read to be proven, whatever its size. Where the journal can't tell, it is not. */
static bool
is_too_large(const struct import *import, const struct suspect *suspect)
{
    const uint64_t most = import->account->import.max_size;
    struct error unused = {0};
    struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool here = false, found;

    if (most == 0 || suspect->size <= most ||
        !journal_pop_by_uidl(import->journal, suspect->uidl, &ids, &count, &unused))
        return most != 0 && suspect->size > most;
    for (size_t i = 0; i < count && !here; i++)
        here = journal_pop_get(import->journal, ids[i], &row, &found, &unused) && found && row.absent == 0 &&
               (row.state == POP_STORED || row.state == POP_REMOVING);
    free(ids);
    return !here;
}

/* The next one that a session of its own is due for. */
static size_t
next_alone(const struct import *import)
{
    const struct suspects *suspects = import->suspects;

    for (size_t i = 0; import->may_fetch && !import->dry && i < suspects->count; i++) {
        const struct suspect *s = &suspects->list[i];
        const bool due = (s->breaks == 1 && !s->at_top) ||
                         (!s->broke && s->breaks > 1 && import->age.now.counted - s->asked >= AGE_DAY);

        /* A session of its own would leave what is too large, too. */
        if (s->breaks > 0 && s->number != 0 && !s->tried && due && !is_too_large(import, s))
            return i;
    }
    return SUSPECT_NONE;
}

/* @return false: a signal came */
static bool
wait_seconds(const struct import *import, unsigned seconds)
{
    const int64_t until = clock_ms() + (int64_t)seconds * 1000;

    if (import->options->wait != NULL)
        import->options->wait(import->options->wait_context, (int)seconds);
    else
        while (!import_stopped(import) && clock_ms() < until)
            (void)nanosleep(&(struct timespec){.tv_nsec = SLICE_MS * 1000000L}, NULL);
    return !import_stopped(import);
}

/* @return false: the run ends with what broke it */
static bool
open_again(struct import *import)
{
    struct suspects *suspects = import->suspects;
    unsigned seconds;

    suspects->alone = SUSPECT_NONE;
    if (suspects->all_but) {
        suspects->alone = next_alone(import);
        const bool blamed = suspects_in_flight(suspects) != 0 || suspects->refused != 0;

        if (suspects->alone == SUSPECT_NONE && blamed) { /* nothing is left to do */
            import->err = (struct error){0};
            suspects->over = true;
            return false;
        }
    }
    seconds = reopening_wait(&suspects->reopening);
    if (seconds == 0 || import_stopped(import))
        return false;
    report_note(import->report, import->account->name, "the connection broke (%s%s%s): it is opened again in %u s",
                import->err.what, import->err.answer[0] != '\0' ? ": " : "", import->err.answer, seconds);
    if (!wait_seconds(import, seconds))
        return false;
    /* Before the last try something is settled: one suspect is asked for before the rest. */
    if (suspects->reopening.on_end == REOPEN_ON_END && suspects->alone == SUSPECT_NONE)
        suspects->alone = next_alone(import);
    import->err = (struct error){0};
    return true;
}

/* All was fetched, and the server refused what came behind that (QUIT, most likely): said, and no reason not to ask for a suspect. */
static bool
take_refusal(struct import *import, bool *ok)
{
    if (import->err.kind != ERROR_SERVER || !import->fetched || next_alone(import) == SUSPECT_NONE)
        return false;
    import_problem(import, &import->err);
    import->err = (struct error){0};
    *ok = true;
    return true;
}

void
suspects_in_step(struct suspects *suspects)
{
    const size_t index = suspects->refused != 0 ? suspects_find(suspects, suspects->refused) : SUSPECT_NONE;

    if (index != SUSPECT_NONE)
        suspects_forget(suspects, index);
    suspects->refused = 0;
}

bool
suspects_go_on(struct import *import, bool *ok)
{
    struct suspects *suspects = import->suspects;
    bool again;

    if (*ok)
        suspects_in_step(suspects);
    if (!*ok && !is_broken(import) && !take_refusal(import, ok))
        return false;
    if (!*ok) {
        if (!note_break(import))
            return false;
        again = open_again(import);
        *ok = again || suspects->over;
        return again;
    }
    suspects->all_but = true;
    if (suspects->alone != SUSPECT_NONE)
        suspects->list[suspects->alone].tried = true;
    suspects->alone = next_alone(import);
    if (suspects->alone == SUSPECT_NONE || suspects->reopening.all >= REOPEN_RUN || import_stopped(import))
        return false;
    suspects->reopening.all++;
    return true;
}

/* ---- the end of a run ---- */

static void
name_one(struct import *import, const struct suspect *suspect)
{
    struct error err = {0};
    const char *uidl = suspect->uidl[0] != '\0' ? suspect->uidl : "none";

    error_set(&err, ERROR_SERVER, "read message %" PRIu32 " (UIDL %s, %" PRIu64 " bytes) from the server",
              suspect->number, uidl, suspect->size);
    error_answer(&err, text_of(suspect->words));
    error_hint(&err, "%s",
               suspect->breaks == 1 ? "The connection broke there; the next run asks for it again, after all others."
                                    : "The connection broke there each time: it stays on the server, and is asked for "
                                      "again once a day, after all others.");
    import->counts.failed++;
    import_problem_of(import, "read from the server", &err);
}

/* The last session's list has it, as far as it came. */
static bool
is_there(const struct suspects *suspects, size_t index)
{
    if (!suspects->listed)
        return suspects->list[index].number != 0;
    for (size_t i = 0; i < suspects->line_count; i++)
        if (suspects->lines[i].suspect == index)
            return true;
    return false;
}

/*
 * One at which the line broke once is named where the run could not ask for it again; where it could, and did not, max-messages has left it, or
 * its header was not needed any more: no trouble.
 */
static bool
is_open(const struct suspects *suspects, const struct suspect *suspect)
{
    return suspect->breaks == 1 && suspect->broke && !suspect->tried && !(suspect->at_top && suspects->all_but);
}

/* On a line that carried no session of this run to its end each message breaks it: that is the line's fault, until one does. */
static bool
acquit(struct import *import)
{
    struct suspects *suspects = import->suspects;
    bool ok = true;

    for (size_t i = 0; !suspects->all_but && ok && i < suspects->count; i++) {
        struct suspect *suspect = &suspects->list[i];

        if (!suspect->broke || suspect->was_known || suspect->breaks < 2)
            continue;
        suspect->breaks = 1;
        suspect->tried = false;
        suspects->changed = true;
        ok = tell_rows(import, suspect);
    }
    return ok;
}

void
suspects_name(struct import *import)
{
    struct suspects *suspects = import->suspects;
    const struct error why = import->err;
    const bool whole = suspects->listed && import->complete && import->identity == BY_UIDL;

    import->err = (struct error){0};
    if (!acquit(import))
        import_problem(import, &import->err);
    for (size_t i = 0; i < suspects->count; i++) {
        struct suspect *suspect = &suspects->list[i];
        const bool there = suspect->breaks > 0 && is_there(suspects, i);

        if (suspect->breaks > 0 && !there && whole)
            suspects_forget(suspects, i);
        if (there && (suspect->breaks > 1 || is_open(suspects, suspect)))
            name_one(import, suspect);
    }
    import->err = (struct error){0};
    if (!write_down(import))
        import_problem(import, &import->err);
    import->err = why;
}
