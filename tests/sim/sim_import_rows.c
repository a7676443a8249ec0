/* The journal, as far as a law can tell which row is whose. */
#include "tests/sim/sim_import_laws.h"

static bool
row_by_id(const struct import_sim *sim, int64_t id, struct journal_pop *row)
{
    struct error err = {0};
    bool found = false;

    return id != 0 && journal_pop_get(sim->journal, id, row, &found, &err) && found;
}

bool
row_left(const struct import_sim *sim, const struct drop_message *message, struct journal_pop *row)
{
    return row_by_id(sim, message->row, row);
}

/* It is there, or it was listed and a row of it may outlive it: one that nobody ever saw is taken for nothing. */
static bool
is_known(const struct import_sim *sim, const struct drop_message *message)
{
    struct journal_pop row;

    return message->here || (message->seen && (message->row == 0 || row_by_id(sim, message->row, &row)));
}

bool
tally_knows_header(const struct import_sim *sim, const struct drop_message *message)
{
    struct journal_pop row;

    return row_by_id(sim, message->row, &row) && (row.has_header || row.has_kin);
}

bool
tally_is_forgotten(const struct import_sim *sim, const struct drop_message *message)
{
    struct error err = {0};
    struct journal_pop row;
    int64_t *ids = NULL;
    size_t count = 1;

    if (sim->journal == NULL || row_by_id(sim, message->row, &row) ||
        !journal_pop_by_uidl(sim->journal, message->uidl, &ids, &count, &err))
        return false;
    free(ids);
    return count == 0;
}

/* No other one has its header and size, or had: else nobody can tell by these which of them it is. */
bool
is_alone(const struct import_sim *sim, const struct drop_message *message)
{
    for (size_t i = 0; i < sim->drop.count; i++)
        if (same_message(&sim->drop.messages[i], message) && is_known(sim, &sim->drop.messages[i]))
            return false;
    return true;
}

/* ... nor its bytes: what was read to the end is told from all others. */
bool
is_alone_of_its_bytes(const struct import_sim *sim, const struct drop_message *message)
{
    for (size_t i = 0; i < sim->drop.count; i++)
        if (&sim->drop.messages[i] != message && sim->drop.messages[i].content == message->content &&
            is_known(sim, &sim->drop.messages[i]))
            return false;
    return true;
}

/* Of equal ones the row of one may be taken for the other's under its name. */
static bool
is_anothers(const struct import_sim *sim, const struct drop_message *message, const struct journal_pop *row)
{
    for (size_t i = 0; i < sim->drop.count; i++) {
        const struct drop_message *it = &sim->drop.messages[i];
        if (same_message(it, message) && it->here && strcmp(it->uidl, row->uidl) == 0)
            return true;
    }
    return false;
}

/* Names move on before a run knows it: by its header as RETR gave it this is another message's row. */
static bool
is_of_another(const struct drop_message *message, const struct journal_pop *row)
{
    return row->has_body && row->has_header && memcmp(row->header, header_of(message), DIGEST_SIZE) != 0;
}

/* Of several rows of its name: the only one that is listed and has its header. A part is absent once the whole came beside it. */
static bool
only_listed(const struct import_sim *sim, const struct drop_message *message, const int64_t *ids, size_t count,
            struct journal_pop *row)
{
    struct journal_pop one;
    size_t listed = 0;

    for (size_t i = 0; i < count; i++) {
        if (!row_by_id(sim, ids[i], &one) || one.absent != 0)
            continue;
        listed++;
        *row = one;
    }
    return listed == 1 && row->has_header && memcmp(row->header, header_of(message), DIGEST_SIZE) == 0;
}

/* The only row of a message: that of its name, or under a new name the one that it had. @return false: none, or it can't be told */
bool
row_of(const struct import_sim *sim, const struct drop_message *message, struct journal_pop *row)
{
    struct error err = {0};
    int64_t *ids = NULL;
    size_t count = 0;
    bool found = false;

    if (sim->drop.uidls != UIDLS_UNIQUE || sim->journal == NULL)
        return false;
    if (row_by_id(sim, message->row, row) && row->absent == 0 && !is_anothers(sim, message, row) &&
        (!row->has_header || memcmp(row->header, header_of(message), DIGEST_SIZE) == 0))
        return true;
    const bool asked = journal_pop_by_uidl(sim->journal, message->uidl, &ids, &count, &err) &&
                       (count != 1 || journal_pop_get(sim->journal, ids[0], row, &found, &err));
    if (asked && count > 1)
        found = message->was_cut && only_listed(sim, message, ids, count, row);
    free(ids);
    if (!asked || (count > 0 && !found))
        return false;
    return count == 0 ? row_by_id(sim, message->row, row) && !is_anothers(sim, message, row)
                      : !is_of_another(message, row);
}

/* Is there one of these for which this holds? Frees ids. */
static bool
any_row(const struct import_sim *sim, int64_t *ids, size_t count, const struct drop_message *message,
        bool (*holds)(const struct import_sim *sim, const struct journal_pop *row, const struct drop_message *message))
{
    struct journal_pop row;
    bool found = false;

    for (size_t i = 0; i < count && !found; i++)
        found = row_by_id(sim, ids[i], &row) && holds(sim, &row, message);
    free(ids);
    return found;
}

static bool
is_had_now(const struct import_sim *sim, const struct journal_pop *row, const struct drop_message *message)
{
    (void)message;
    return row->absent == 0 && row->state == POP_HAD && row->since >= sim->run_began;
}

static bool
has_another_size(const struct import_sim *sim, const struct journal_pop *row, const struct drop_message *message)
{
    return row->state != POP_HAD && row->listed != 0 && strcmp(row->uidl, message->uidl) != 0 &&
           row->listed != maildrop_sim_size(&sim->drop, message->content);
}

bool
tally_is_had_by_size(const struct import_sim *sim, const struct drop_message *message)
{
    struct error err = {0};
    int64_t *ids;
    size_t count;

    return journal_pop_by_uidl(sim->journal, message->uidl, &ids, &count, &err) &&
           any_row(sim, ids, count, message, is_had_now) &&
           journal_pop_absent_by_header(sim->journal, header_of(message), (struct journal_pop_body){0},
                                        (struct journal_pop_page){0, SIZE_MAX}, &ids, &count, &err) &&
           any_row(sim, ids, count, message, has_another_size);
}

static bool
is_part_of(const struct import_sim *sim, const struct journal_pop *row, const struct drop_message *message)
{
    (void)sim;
    return row->absent == 0 && (row->facts & POP_SHORT) != 0 && row->size < row->listed / 2 && row->has_header &&
           memcmp(row->header, header_of(message), DIGEST_SIZE) == 0;
}

bool
tally_is_part(const struct import_sim *sim, const struct drop_message *message)
{
    struct error err = {0};
    int64_t *ids;
    size_t count;

    return journal_pop_by_uidl(sim->journal, message->uidl, &ids, &count, &err) &&
           any_row(sim, ids, count, message, is_part_of);
}

/* Did the journal that came after a lost one not meet it yet? */
static bool
is_stranger(const struct import_sim *sim, const struct sim_file *file)
{
    struct error err = {0};
    struct journal_pop row;
    int64_t *ids = NULL;
    size_t count = 0;
    bool found, known = false;

    if (!sim->journal_lost || !journal_pop_ids(sim->journal, 0, &ids, &count, &err))
        return false;
    for (size_t i = 0; i < count && !known; i++)
        known = journal_pop_get(sim->journal, ids[i], &row, &found, &err) && found && strcmp(row.base, file->base) == 0;
    free(ids);
    return !known;
}

bool
tally_is_unsure(struct import_sim *sim, const struct sim_file *file)
{
    struct error err = {0};
    struct journal_pop row;
    int64_t *ids = NULL;
    size_t count = 0;
    bool found, unsure = false;

    if (!journal_pop_ids(sim->journal, POP_FETCHING, &ids, &count, &err))
        return false;
    for (size_t i = 0; i < count && !unsure; i++)
        unsure =
            journal_pop_get(sim->journal, ids[i], &row, &found, &err) && found && strcmp(row.base, file->base) == 0;
    free(ids);
    sim->met[MET_UNSURE_FILE_TOUCHED] += unsure;
    return unsure || is_stranger(sim, file);
}

void
tally_forget_row(struct import_sim *sim, const struct sim_file *file)
{
    struct journal_pop row;

    for (size_t i = 0; i < sim->drop.count; i++)
        if (row_left(sim, &sim->drop.messages[i], &row) && strcmp(row.base, file->base) == 0)
            sim->drop.messages[i].row = 0;
}

bool
tally_asks_again(const struct import_sim *sim)
{
    const uint64_t most = sim->policy.max_size;
    struct error err = {0};
    struct journal_pop row;
    int64_t *ids = NULL;
    size_t count = 0;
    bool found, asks = false;

    if (sim->status == 2 || !journal_pop_ids(sim->journal, POP_FETCHING, &ids, &count, &err))
        return false;
    for (size_t i = 0; i < count && !asks; i++)
        asks = journal_pop_get(sim->journal, ids[i], &row, &found, &err) && found && (row.facts & POP_SHORT) != 0 &&
               (most == 0 || (row.listed <= most && row.size <= most));
    free(ids);
    return asks;
}

bool
tally_is_unmet(const struct import_sim *sim, int content)
{
    for (size_t i = 0; i < sim->drop.count; i++)
        if (sim->drop.messages[i].content == content && sim->drop.messages[i].unmet)
            return true;
    return sim->unmet;
}

uint64_t
count_rows(const struct import_sim *sim)
{
    struct error err = {0};
    uint64_t rows = 0;

    return journal_pop_count(sim->journal, 0, &rows, &err) ? rows : UINT64_MAX;
}

bool
tally_held(const struct import_sim *sim, char hold[static 16])
{
    struct error err = {0};
    struct journal_pop row;
    int64_t *ids = NULL;
    size_t count = 0;
    bool found;

    hold[0] = '\0';
    if (!journal_pop_ids(sim->journal, 0, &ids, &count, &err))
        return false;
    for (size_t i = 0; i < count && hold[0] == '\0'; i++)
        if (journal_pop_get(sim->journal, ids[i], &row, &found, &err) && found)
            text_print(hold, 16, "%s", row.hold);
    free(ids);
    return hold[0] != '\0';
}

/* Lines of meta's "suspects": breaks, then more numbers, TAB, UIDL, TAB, words (sync/import/suspects.c). */
static bool
is_suspect_line(const char *line, const char *uidl)
{
    const char *name = strchr(line, '\t');

    if (strtoul(line, NULL, 10) < 2 || name == NULL)
        return false;
    return uidl == NULL || (strncmp(name + 1, uidl, strlen(uidl)) == 0 && name[1 + strlen(uidl)] == '\t');
}

static bool
has_suspect(const struct import_sim *sim, const char *uidl)
{
    struct error err = {0};
    char *lines = NULL;
    bool found = false;

    if (sim->journal == NULL || !journal_get(sim->journal, "suspects", &lines, &err))
        return false;
    for (const char *line = lines; line != NULL && *line != '\0' && !found; line = strchr(line, '\n') + 1)
        found = is_suspect_line(line, uidl);
    free(lines);
    return found;
}

bool
is_suspect(const struct import_sim *sim, const struct drop_message *message)
{
    return has_suspect(sim, message->uidl);
}

bool
tally_any_suspect(const struct import_sim *sim)
{
    return has_suspect(sim, NULL);
}
