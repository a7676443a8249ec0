/*
 * The laws of an import, kept by counting. "Delivered" is how often a content came into the Maildir (or was taken by
 * the command): what is here, less what users made, plus what users took away. Two bounds hold for it after every step:
 *
 *   never lost    every message that golub removed from the maildrop, and every one that stood in it when a run ended
 *                 that nothing disturbed, is owed: delivered >= owed
 *   never twice   delivered <= how often it came into the maildrop, once more for each time that the user took away or
 *                 renamed its file (or the command ended) before the journal could know, and a crash followed. So what
 *                 the user removed or moved does not come back
 *
 * What holds where a server's UIDLs can't be relied on:
 *   changed wholesale    every message is new mail under its new UIDL: it comes once more, each time
 *   equal for equal      (hashes) as above; an equal copy that takes the place of one that left between two runs can't
 *                        be told from it: it is the same mail, and it need not come again
 *   shown in part        a message that no run knew before and whose bytes are those of one that came and is not shown now
 *                        can't be told from that one under another name: it is the same mail, proven by its bytes
 *   had, without a size  what was recorded as had was never read, so under another name its header alone tells it where LIST tells no
 *                        size: a message of that header that comes as it goes is taken for it
 *   used again           a message whose UIDL belonged to one that left since the last complete list may be taken for
 *                        that one and not be fetched, but it is never removed unless it is here or its header is equal
 *   repeated             told apart by header (without TOP: by how many there are), never removed while repeated.
 *                        Those that can't be told apart are one group: the bounds hold for its sum
 *   none at all          as repeated, by header; nothing is ever removed
 */
#include "tests/sim/sim_import.h"

#define DAY 86400

/* ---- counting ---- */

static int
group_of(const struct import_sim *sim, int content)
{
    while (sim->tally[content].group != content)
        content = sim->tally[content].group;
    return content;
}

void
tally_init(struct import_sim *sim)
{
    memset(sim->tally, 0, sizeof sim->tally);
    for (int i = 0; i < SIM_CONTENTS; i++)
        sim->tally[i].group = i;
}

static const unsigned char *
header_of(const struct drop_message *message)
{
    return content_get(message->content)->digests.header;
}

static bool
same_uidl(const struct drop_message *a, const struct drop_message *b)
{
    return a != b && strcmp(a->uidl, b->uidl) == 0;
}

static bool
same_header(const struct drop_message *a, const struct drop_message *b)
{
    return memcmp(header_of(a), header_of(b), DIGEST_SIZE) == 0;
}

static void
join(struct import_sim *sim, const struct drop_message *a, const struct drop_message *b)
{
    sim->tally[group_of(sim, a->content)].group = group_of(sim, b->content);
}

static bool
same_message(const struct drop_message *a, const struct drop_message *b)
{
    return a != b && same_header(a, b) && content_get(a->content)->len == content_get(b->content)->len;
}

static bool
is_size_told(const struct import_sim *sim, const struct drop_message *a, const struct drop_message *b)
{
    return maildrop_sim_size(&sim->drop, a->content) == maildrop_sim_size(&sim->drop, b->content);
}

/*
 * May it be taken for that one, which is gone or not shown? The same bytes under any name: a server may have given it another, or got it back.
 * Other ones only under its UIDL: without TOP, or where nobody has seen that the UIDL was gone and the size is the same.
 */
static bool
is_like(const struct import_sim *sim, const struct drop_message *it, const struct drop_message *ghost)
{
    if (it == ghost)
        return false;
    if (it->content == ghost->content)
        return true;
    if (!same_uidl(it, ghost))
        return false;
    if (sim->drop.uidls == UIDLS_REPEATED || sim->drop.uidls == UIDLS_NONE || !sim->drop.top)
        return true;
    return is_size_told(sim, it, ghost) || sim->drop.wrong_sizes || sim->drop.lied;
}

/* Which of those that are there can be taken for one that is gone? */
static void
hide(struct import_sim *sim)
{
    struct maildrop_sim *drop = &sim->drop;

    for (size_t i = 0; i < drop->count; i++) {
        const struct drop_message *ghost = &drop->messages[i];
        if ((ghost->here && !ghost->unlisted) || !ghost->seen)
            continue;
        for (size_t k = 0; k < drop->count; k++) {
            struct drop_message *it = &drop->messages[k];
            if (!it->here || it->owed || it->hidden || !is_like(sim, it, ghost))
                continue;
            it->hidden = true;
            sim->met[MET_UIDL_REUSED] += same_uidl(it, ghost);
        }
    }
}

void
tally_born(struct import_sim *sim, struct drop_message *message)
{
    struct maildrop_sim *drop = &sim->drop;

    sim->tally[message->content].born++;
    message->had = message->may_be_had = message->stored = message->held = message->released = message->hidden = false;
    message->has_keep = false;
    message->fetched_at = message->fetched_in = 0;
    message->came_short = message->was_cut = false;
    message->row = 0;
    for (size_t i = 0; i < drop->count; i++) {
        const struct drop_message *it = &drop->messages[i];
        if (it == message || !it->here)
            continue;
        sim->met[MET_EQUAL_COPIES] += it->content == message->content;
        sim->met[MET_ALL + TROUBLE_COPIES] += same_header(it, message);
        if (same_uidl(it, message) && (!drop->top || same_header(it, message)))
            join(sim, message, it);
    }
    hide(sim);
}

void
tally_left(struct import_sim *sim, struct drop_message *message)
{
    (void)message;
    hide(sim);
}

void
tally_back(struct import_sim *sim, struct drop_message *message)
{
    message->hidden = false;
    (void)message;
    hide(sim);
}

void
tally_sizes(struct import_sim *sim)
{
    hide(sim);
}

bool
tally_is_own(const struct sim_file *file)
{
    const char *dot = strrchr(file->base, '.');

    return dot != NULL && strcmp(dot, ".golub") == 0;
}

static int
files_of(const struct import_sim *sim, int content, bool own)
{
    int found = 0;

    for (size_t i = 0; i < sim->maildir.tree.count; i++) {
        const struct sim_file *file = &sim->maildir.tree.files[i];
        found += file->content == content && (!own || tally_is_own(file));
    }
    return found;
}

int
tally_own_files(const struct import_sim *sim, int content)
{
    return files_of(sim, content, true);
}

bool
tally_comes_again(const struct import_sim *sim, const struct drop_message *message)
{
    return sim->command || !sim->drop.top || message->was_cut || files_of(sim, message->content, true) == 0;
}

void
tally_excuse_unfound(struct import_sim *sim)
{
    int files[SIM_CONTENTS]; /* one file is enough for one of several copies */

    for (int i = 0; i < SIM_CONTENTS; i++)
        files[i] = files_of(sim, i, true);
    for (size_t i = 0; i < sim->drop.count; i++) {
        const struct drop_message *message = &sim->drop.messages[i];
        if (message->here && (tally_comes_again(sim, message) || files[message->content]-- <= 0))
            sim->tally[message->content].excused++;
    }
}

static void
count_delivered(const struct import_sim *sim, int delivered[SIM_CONTENTS])
{
    for (int i = 0; i < sim->world.next_content; i++)
        delivered[i] = sim->tally[i].handed + sim->tally[i].taken - sim->tally[i].added;
    for (size_t i = 0; i < sim->maildir.tree.count; i++)
        delivered[sim->maildir.tree.files[i].content]++;
}

/*
 * Since when is a file of it missing that has a name that golub gave: none is here, or fewer than were fetched of equal messages that are
 * there still? What is here under another name is missed, as far as it can know.
 */
static void
date_what_went(struct import_sim *sim)
{
    int here[SIM_CONTENTS] = {0}, fetched[SIM_CONTENTS] = {0};

    for (size_t i = 0; i < sim->maildir.tree.count; i++)
        here[sim->maildir.tree.files[i].content] += tally_is_own(&sim->maildir.tree.files[i]);
    for (size_t i = 0; i < sim->drop.count; i++) {
        const struct drop_message *it = &sim->drop.messages[i];
        fetched[it->content] += it->here && it->fetched_at != 0 && !it->may_be_had;
    }
    for (int i = 0; i < sim->world.next_content; i++) {
        sim->was_here[i] = sim->was_here[i] || here[i] > 0;
        if (here[i] > 0 && here[i] >= fetched[i])
            sim->gone_at[i] = 0;
        else if (sim->was_here[i] && sim->gone_at[i] == 0) {
            sim->gone_at[i] = sim->world.now;
            sim->gone_moment[i] = ++sim->moment;
        }
    }
}

static int
sum_delivered(const struct import_sim *sim)
{
    int delivered[SIM_CONTENTS], sum = 0;

    count_delivered(sim, delivered);
    for (int i = 0; i < sim->world.next_content; i++)
        sum += delivered[i];
    return sum;
}

void
check_counts(struct import_sim *sim)
{
    int delivered[SIM_CONTENTS], owed[SIM_CONTENTS] = {0}, sum[SIM_CONTENTS] = {0}, most[SIM_CONTENTS] = {0};
    const int contents = sim->world.next_content;

    if (sim->away)
        return;
    date_what_went(sim);
    count_delivered(sim, delivered);
    for (size_t i = 0; i < sim->drop.count; i++)
        if (sim->drop.messages[i].owed)
            owed[group_of(sim, sim->drop.messages[i].content)]++;
    for (int i = 0; i < contents; i++) {
        sum[group_of(sim, i)] += delivered[i];
        most[group_of(sim, i)] += sim->tally[i].born + sim->tally[i].excused;
    }
    for (int i = 0; i < contents && !sim->world.failed; i++) {
        if (sum[i] < owed[i])
            violation(&sim->world, "loss: #%d came %d times, but %d are owed", i, sum[i], owed[i]);
        else if (sum[i] > most[i])
            violation(&sim->world, "duplicate: #%d came %d times, at most %d are right", i, sum[i], most[i]);
    }
}

/* ---- the journal, as far as it can be told which row is whose ---- */

static bool
row_by_id(const struct import_sim *sim, int64_t id, struct journal_pop *row)
{
    struct error err = {0};
    bool found = false;

    return id != 0 && journal_pop_get(sim->journal, id, row, &found, &err) && found;
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
static bool
is_alone(const struct import_sim *sim, const struct drop_message *message)
{
    for (size_t i = 0; i < sim->drop.count; i++)
        if (same_message(&sim->drop.messages[i], message) && is_known(sim, &sim->drop.messages[i]))
            return false;
    return true;
}

/* ... nor its bytes: what was read to the end is told from all others. */
static bool
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

/* The only row of a message: that of its name, or under a new name the one that it had. @return false: none, or it can't be told */
static bool
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
    free(ids);
    if (!asked || (count > 0 && !found))
        return false;
    return count == 0 ? row_by_id(sim, message->row, row) && !is_anothers(sim, message, row)
                      : !is_of_another(message, row);
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

bool
tally_is_unmet(const struct import_sim *sim, int content)
{
    for (size_t i = 0; i < sim->drop.count; i++)
        if (sim->drop.messages[i].content == content && sim->drop.messages[i].unmet)
            return true;
    return sim->unmet;
}

static uint64_t
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

/* ---- one session ---- */

static bool
is_too_big(const struct import_sim *sim, const struct drop_message *message)
{
    return sim->policy.max_size > 0 && maildrop_sim_size(&sim->drop, message->content) > sim->policy.max_size;
}

/* ... or by what there is of it: it can't be read where only its bytes would tell which message it is. */
static bool
is_too_big_to_read(const struct import_sim *sim, const struct drop_message *message)
{
    return is_too_big(sim, message) ||
           (sim->policy.max_size > 0 && content_get(message->content)->len > sim->policy.max_size);
}

int
tally_too_big(const struct import_sim *sim)
{
    int found = 0;

    for (size_t i = 0; i < sim->drop.count; i++)
        found += sim->drop.messages[i].here && is_too_big_to_read(sim, &sim->drop.messages[i]);
    return found;
}

/* LIST says so much more than comes that it must look like an answer that was cut. */
static bool
looks_short(const struct import_sim *sim, const struct drop_message *message)
{
    return content_get(message->content)->len < maildrop_sim_size(&sim->drop, message->content) / 2;
}

/* It, or one that it may be taken for, came short. */
static bool
came_short(const struct import_sim *sim, const struct drop_message *message)
{
    for (size_t i = 0; i < sim->drop.count; i++) {
        const struct drop_message *it = &sim->drop.messages[i];
        if (it->came_short && (it == message || same_message(it, message)))
            return true;
    }
    return false;
}

bool
tally_any_short(const struct import_sim *sim)
{
    return sim->drop.wrong_sizes || sim->drop.lied;
}

/* When the first of those that golub can't tell from this one came. */
static int64_t
first_fetched(const struct import_sim *sim, const struct drop_message *message)
{
    int64_t first = message->fetched_at;

    for (size_t i = 0; i < sim->drop.count; i++) {
        const struct drop_message *it = &sim->drop.messages[i];
        if (same_message(it, message) && it->fetched_at != 0 && (first == 0 || it->fetched_at < first))
            first = it->fetched_at;
    }
    return first;
}

/* By name and size of LIST it is one that came and has left since: it is read to be proven, and found to be another. */
static bool
is_read_for_another(const struct import_sim *sim, const struct drop_message *message)
{
    for (size_t i = 0; i < sim->drop.count; i++) {
        const struct drop_message *it = &sim->drop.messages[i];
        if (!it->here && it->fetched_at != 0 && same_uidl(it, message) && is_size_told(sim, it, message))
            return true;
    }
    return false;
}

static void
on_retrieve(void *context, struct drop_message *message)
{
    struct import_sim *sim = context;
    const bool only_way = sim->drop.uidls == UIDLS_NONE && !sim->drop.top;
    const bool alone = is_alone(sim, message); /* else it may be fetched to be compared */

    if (message->header_refused == sim->drop.session)
        return;
    if (sim->skip_existing && !only_way && alone && sim->drop.uidls == UIDLS_UNIQUE && sim->drop.top &&
        !sim->drop.equal_now && !tally_any_short(sim))
        violation(&sim->world, "#%d is fetched although nothing is to be fetched", message->content);
    else if (message->had && alone && !tally_any_short(sim))
        violation(&sim->world, "#%d was recorded as had and is fetched", message->content);
    /* What came is read to be proven. */
    else if (is_too_big(sim, message) && first_fetched(sim, message) == 0 && !is_read_for_another(sim, message))
        violation(&sim->world, "#%d is larger than max-size and is fetched", message->content);
}

static void
on_cut(void *context, struct drop_message *message, size_t len)
{
    struct import_sim *sim = context;
    const uint64_t told = maildrop_sim_size(&sim->drop, message->content);

    message->far_cuts = (len == 0 || len < told / 2) && message->far_cuts < 2 ? message->far_cuts + 1 : 2;
    message->was_cut = true;
    message->cut_same = len == message->cut_len && message->far_cuts == 2 && len >= told / 2 && len > 0;
    message->cut_len = len;
    sim->met[MET_ALL + TROUBLE_CUT]++;
    if (message->fetched_at == 0) {
        message->fetched_at = sim->world.now;
        message->keep = sim->policy.keep_days;
    }
}

static void
on_retrieved(void *context, struct drop_message *message)
{
    const struct import_sim *sim = context;

    message->fetched_in = sim->drop.session;
    message->cut_same = false;
    message->cut_len = 0;
    if (message->far_cuts == 1 && !sim->drop.wrong_sizes && !sim->drop.lied) /* it was asked for once more */
        message->was_cut = false;
    message->far_cuts = message->was_cut ? 2 : 0;
    if (message->fetched_at == 0 || message->came_short || message->forgotten) /* else it is read to be proven */
        message->came_short = looks_short(sim, message);
    message->forgotten = false;
    if (message->fetched_at == 0) {
        message->fetched_at = sim->world.now;
        message->keep = sim->policy.keep_days;
    }
}

static bool
is_due(const struct import_sim *sim, int64_t since, int keep)
{
    /* A run under a wrong clock ages by a week at most. */
    const int64_t slack = (int64_t)sim->wrong_clocks * 7 * DAY;

    return keep != KEEP_FOREVER && since != 0 && sim->world.now + slack >= since + (int64_t)keep * DAY;
}

static bool
word_is_missing(const struct import_sim *sim, const struct drop_message *message)
{
    return message->fetched_at != 0 && !is_due(sim, message->fetched_at, message->keep) &&
           !(message->released && is_due(sim, first_fetched(sim, message), message->released_keep));
}

/* It was not here, and this session delivered it once more: its row has the `keep` of this day. */
static bool
comes_anew(const struct import_sim *sim, const struct drop_message *message)
{
    return message->fetched_in == sim->drop.session && sim->came_in[message->content] == sim->drop.session;
}

/* A tightened `keep` removes nothing that was stored under another without a word of the user; a copy may stand for another. */
static bool
needs_a_word(const struct import_sim *sim, const struct drop_message *message)
{
    /* Beside one of its bytes, what was read in this session may be the one that is new. What a power cut took is stored anew. */
    const bool fresh =
        message->fetched_in == sim->drop.session && (!is_alone_of_its_bytes(sim, message) || comes_anew(sim, message));
    bool missing = sim->guard && message->stored && !fresh && word_is_missing(sim, message);

    for (size_t i = 0; i < sim->drop.count && missing; i++) {
        const struct drop_message *it = &sim->drop.messages[i];
        missing = !(same_message(it, message) && it->fetched_at != 0) || word_is_missing(sim, it);
    }
    return missing;
}

/* One of its bytes stays on the server: of two the file of one may be missed for long, and that of the other since today. */
static bool
has_twin_there(const struct import_sim *sim, const struct drop_message *message)
{
    for (size_t i = 0; i < sim->drop.count; i++) {
        const struct drop_message *it = &sim->drop.messages[i];
        if (it != message && it->content == message->content && it->here && !it->marked)
            return true;
    }
    return false;
}

/* What is removed later than it came is here at that moment, or was missed for long: the user removed it, as far as anybody can know. */
static bool
is_safe(const struct import_sim *sim, const struct drop_message *message)
{
    const int64_t gone = sim->gone_at[message->content], slack = (int64_t)sim->wrong_clocks * 7 * DAY;

    if (message
            ->cut_same) /* shorter than announced, and twice the same: that is the message, as far as anybody can know */
        return true;
    if (sim->command)
        return sim->tally[message->content].handed > 0;
    if (files_of(sim, message->content, false) > 0 || has_twin_there(sim, message))
        return true;
    return sim->was_here[message->content] &&
           ((gone >= sim->run_began && sim->gone_moment[message->content] > sim->look_moment) ||
            sim->world.now + slack >= gone + 30 * (int64_t)DAY);
}

/* Is each file of it one that a power cut would take? */
static bool
is_unflushed(const struct import_sim *sim, int content)
{
    bool any = false;

    for (size_t i = 0; i < sim->maildir.tree.count; i++) {
        const struct sim_file *file = &sim->maildir.tree.files[i];
        if (file->content == content && !file->unflushed)
            return false;
        any = any || file->content == content;
    }
    return any;
}

static void
on_dele(void *context, struct drop_message *message)
{
    struct import_sim *sim = context;
    const int id = message->content;
    const bool same_session = message->fetched_in == sim->drop.session;

    sim->met[same_session ? MET_REMOVED_SAME_SESSION : MET_REMOVED_LATER]++;
    if (sim->policy.keep_days == KEEP_FOREVER)
        violation(&sim->world, "#%d is removed although mail is kept for ever", id);
    else if (sim->drop.uidls == UIDLS_NONE)
        violation(&sim->world, "#%d is removed although the server has no UIDLs", id);
    else if (maildrop_sim_repeats(&sim->drop, message))
        violation(&sim->world, "#%d is removed while its UIDL is repeated", id);
    else if (message->had && is_alone_of_its_bytes(sim, message) &&
             (is_alone(sim, message) || message->fetched_at == 0)) /* else it was read, and is here as new mail */
        violation(&sim->world, "#%d was recorded as had and is removed", id);
    else if (!sim->drop.top && !same_session)
        violation(&sim->world, "#%d is removed in a later session without a proof that it is the same", id);
    else if (!same_session && !is_safe(sim, message))
        violation(&sim->world, "#%d is removed and is not here", id);
    else if (!is_due(sim, first_fetched(sim, message), sim->policy.keep_days))
        violation(&sim->world, "#%d is removed before its days are over", id);
    else if (sim->one_mailbox && !same_session)
        violation(&sim->world, "#%d is removed, and it is the IMAP account's own", id);
    else if (is_unflushed(sim, id))
        violation(&sim->world, "#%d is removed, and a power cut could still take it here", id);
    else if (needs_a_word(sim, message))
        violation(&sim->world, "#%d is removed under a tightened `keep` without a word of the user", id);
    if (!message->stored) { /* in the session that fetched it: should it come back, or stay, this was its `keep` */
        message->stored = true;
        message->stored_at = sim->world.now;
        message->keep = sim->policy.keep_days;
    }
}

/* Of the bytes of one that is gone, nobody can know that it is another. */
static bool
has_twin_in_the_past(const struct import_sim *sim, const struct drop_message *message)
{
    for (size_t i = 0; i < sim->drop.count; i++) {
        const struct drop_message *it = &sim->drop.messages[i];
        if (it != message && (!it->here || it->unlisted) && it->content == message->content)
            return true;
    }
    return false;
}

/* As long as no import of this journal came to its end, a file here may be taken for each of them. */
static bool
has_equal(const struct import_sim *sim, const struct drop_message *message)
{
    for (size_t i = 0; sim->first && i < sim->drop.count; i++)
        if (sim->drop.messages[i].owed && &sim->drop.messages[i] != message &&
            sim->drop.messages[i].content == message->content)
            return true;
    return false;
}

/* What was recorded as had was never read: its header, and its size where LIST tells one, are all that is known of it. */
static bool
looks_like(const struct import_sim *sim, const struct drop_message *it, const struct drop_message *had)
{
    if (same_message(it, had))
        return true;
    return it != had && same_header(it, had) &&
           (maildrop_sim_size(&sim->drop, it->content) == 0 || maildrop_sim_size(&sim->drop, had->content) == 0);
}

/* Of equal ones that were perhaps recorded as had, nobody can tell which were. */
static bool
has_one_had(const struct import_sim *sim, const struct drop_message *message)
{
    for (size_t i = 0; i < sim->drop.count; i++)
        if (sim->drop.messages[i].may_be_had && looks_like(sim, message, &sim->drop.messages[i]))
            return true;
    return false;
}

/* Under a name that no run knew before it may be one of its bytes that this session hides, under another name. */
static bool
may_be_a_hidden_one(const struct import_sim *sim, const struct drop_message *message)
{
    for (size_t i = 0; message->row == 0 && i < sim->drop.count; i++) {
        const struct drop_message *it = &sim->drop.messages[i];
        if (it != message && it->here && it->fetched_at != 0 && it->unlisted && it->content == message->content)
            return true;
    }
    return false;
}

/* A journal that knows nothing of it meets the file of its bytes that the user made of it: the message is here, in that one. */
static bool
is_met_by_a_copy(const struct import_sim *sim, const struct drop_message *message)
{
    return sim->journal_lost && !sim->command && sim->tally[message->content].added > 0 &&
           files_of(sim, message->content, false) > 0;
}

static void
on_remove(void *context, struct drop_message *message)
{
    struct import_sim *sim = context;
    const bool had = has_one_had(sim, message) || (message->may_be_had && !is_alone_of_its_bytes(sim, message));

    if (!message->cut_same && (!message->hidden || !has_twin_in_the_past(sim, message)) && !has_equal(sim, message) &&
        !may_be_a_hidden_one(sim, message) && !is_met_by_a_copy(sim, message) && !had)
        message->owed = true;
    check_counts(sim);
    tally_left(sim, message);
}

void
check_session(struct import_sim *sim)
{
    sim->drop.context = sim;
    sim->drop.on_retrieve = on_retrieve;
    sim->drop.on_retrieved = on_retrieved;
    sim->drop.on_cut = on_cut;
    sim->drop.on_dele = on_dele;
    sim->drop.on_remove = on_remove;
}

/* ---- one run ---- */

static bool
tally_met(const struct import_sim *sim)
{
    struct error err = {0};
    char *met = NULL;
    const bool has = journal_get(sim->journal, "met", &met, &err) && met != NULL;

    free(met);
    return has;
}

bool
tally_first(const struct import_sim *sim)
{
    return !tally_met(sim);
}

void
check_begin(struct import_sim *sim)
{
    struct maildrop_sim *drop = &sim->drop;
    struct journal_pop row;
    char hold[16];

    (void)tally_held(sim, hold);
    sim->delivered_before = sum_delivered(sim);
    sim->run_began = sim->world.now;
    sim->first = !tally_met(sim);
    if (sim->wrong_id)
        text_print(sim->confirm_id, sizeof sim->confirm_id, "0000wrong");
    else if (sim->confirm && hold[0] != '\0' && rng_chance(&sim->world.rng, 50))
        text_print(sim->confirm_id, sizeof sim->confirm_id, "%s", hold);
    for (size_t i = 0; i < drop->count; i++) {
        struct drop_message *message = &drop->messages[i];
        message->held = message->here && row_of(sim, message, &row) && row.hold[0] != '\0';
        if (!message->held || !sim->confirm || sim->wrong_id)
            continue;
        message->released = true;
        message->released_keep = sim->policy.keep_days;
        sim->met[MET_RELEASED]++;
    }
}

static bool
was_listed(const struct import_sim *sim, const struct drop_message *message)
{
    const struct maildrop_sim *drop = &sim->drop;

    for (uint32_t i = 0; i < drop->listed; i++)
        if (drop->number[i] == message - drop->messages &&
            (drop->uidls == UIDLS_NONE || message->told_in == drop->session))
            return true;
    return false;
}

/* A message of the last session, and the run could do with it what it liked. */
static bool
was_in_reach(const struct import_sim *sim, const struct drop_message *message)
{
    return was_listed(sim, message) && (message->here || (message->by_golub && message->left == sim->drop.session));
}

/* One that it may be taken for is there, and this session did not show or tell it. */
static bool
has_twin_out_of_sight(const struct import_sim *sim, const struct drop_message *message)
{
    for (size_t i = 0; i < sim->drop.count; i++) {
        const struct drop_message *it = &sim->drop.messages[i];
        if (it->here && it->seen && is_like(sim, message, it) && !was_in_reach(sim, it))
            return true;
    }
    return false;
}

/* What the run had to bring is owed from now on. */
static void
owe(struct import_sim *sim, struct drop_message *message)
{
    const struct maildrop_sim *drop = &sim->drop;
    const bool exact = drop->uidls == UIDLS_UNIQUE,
               refused = drop->retr_refused + drop->top_refused + sim->failures > 0;
    struct journal_pop row;

    if (message->hidden || message->may_be_had || sim->policy.max_messages > 0 || looks_short(sim, message) ||
        message->was_cut)
        return;
    /* A copy that the user made may be what a first meeting takes for it. */
    if (sim->tally[message->content].added > 0 || has_equal(sim, message) || has_twin_out_of_sight(sim, message))
        return;
    if (has_one_had(sim, message))
        return;
    if (is_too_big(sim, message)) {
        sim->met[MET_TOO_BIG]++;
        return;
    }
    if (sim->policy.max_size > 0 && content_get(message->content)->len > sim->policy.max_size) /* LIST lied */
        return;
    /* Which one of several it was that was refused, or too big for one of its likes, nobody can tell. */
    if (!exact && (refused || sim->policy.max_size > 0))
        return;
    if (refused && (!is_alone(sim, message) || !row_of(sim, message, &row) || row.state == POP_FETCHING))
        return;
    message->owed = true;
}

static void
learn(struct import_sim *sim, struct drop_message *message)
{
    struct journal_pop row;
    const bool known = row_of(sim, message, &row);

    if (known && comes_anew(sim, message))
        message->stored = message->has_keep = false;
    if (known && row.absent == 0 && (row.state == POP_STORED || row.state == POP_REMOVING) && !message->stored) {
        message->stored = true;
        message->stored_at = sim->world.now;
        message->keep = message->has_keep ? message->keep : sim->policy.keep_days;
    }
    if (known && was_listed(sim, message)) /* else what has its name may be another's, whose name moved on to it */
        message->row = row.id;
    if (known && row.state == POP_HAD && sim->skip_existing) { /* under another name it was not told from the others */
        /* Until its bytes say which it is: then its first row counts, with its `keep`. */
        message->has_keep = message->has_keep || message->stored;
        message->stored = false;
        message->may_be_had = true;
    }
    message->held = known && row.hold[0] != '\0';
}

/* Days are counted from run to run: what the clock says alone is not due. */
static bool
counts_as_due(const struct import_sim *sim, const struct drop_message *message)
{
    struct error err = {0};
    struct journal_pop row;
    struct age_run age;

    return row_of(sim, message, &row) && age_begin(sim->journal, journal_pop_newest, sim->world.now, &age, &err) &&
           age.known && row.since <= age.now.counted - (int64_t)sim->policy.keep_days * DAY;
}

/* Only for servers on which it can be told what has to be held. */
static void
check_held(struct import_sim *sim, const struct drop_message *message, bool was_stored)
{
    struct journal_pop row;

    for (size_t i = 0; i < sim->drop.count; i++) /* a copy may stand for another */
        if (same_message(&sim->drop.messages[i], message))
            return;
    /* Where the deliver folder is not what it was nothing is removed in that run, nor judged. */
    if (is_too_big_to_read(sim, message) || sim->clock_off != 0 || sim->accident ||
        maildrop_sim_repeats(&sim->drop, message))
        return;
    if (came_short(sim, message) || !counts_as_due(sim, message)) /* it stays for good; or time did not count yet */
        return;
    if (row_of(sim, message, &row) &&
        (row.facts & POP_DOUBT) != 0) /* it could not be read: nobody knows yet whether it is that one */
        return;
    if (message->fetched_in ==
        sim->drop.session) /* by its bytes alone it was known, after all was judged: the next run's list has it */
        return;
    if (!was_stored || sim->drop.uidls != UIDLS_UNIQUE || !sim->drop.top || sim->drop.top_refused > 0 || message->had ||
        !is_due(sim, message->stored_at, sim->policy.keep_days))
        return;
    if (needs_a_word(sim, message) && message->here && !message->held &&
        !(row_of(sim, message, &row) && row.missed != 0))
        violation(&sim->world, "the removal of #%d waits for a word and is not on the list", message->content);
}

static void
record_skipped(struct import_sim *sim, struct drop_message *message, bool whole)
{
    message->skipped = maildrop_sim_repeats(&sim->drop, message) || sim->drop.uidls == UIDLS_REPEATED ||
                       sim->drop.uidls == UIDLS_NONE || !is_alone(sim, message);
    /* What is owed under an earlier UIDL is new mail under this one, to a journal that knew it. */
    if (message->stored || (message->owed && sim->drop.uidls != UIDLS_UNIQUE && !sim->unmet))
        return;
    message->may_be_had = true;
    if (whole && sim->status == 0 && message->fetched_at == 0 && sim->drop.uidls == UIDLS_UNIQUE && !message->hidden &&
        !sim->drop.equal_now) /* under no name of its own */
        message->had = true;
    sim->met[MET_SKIPPED]++;
}

/* One that may have been taken for it keeps its row alive. */
static bool
has_heir(const struct import_sim *sim, const struct drop_message *message)
{
    for (size_t i = 0; i < sim->drop.count; i++) {
        const struct drop_message *it = &sim->drop.messages[i];
        if (it->here && it->hidden && same_uidl(it, message))
            return true;
    }
    return false;
}

/* A clock that is right again cancels what one that was ahead left over; a run that broke off did so, or did not. */
static void
note_clock(struct import_sim *sim, bool whole)
{
    if (!whole && sim->clock_off <= sim->ahead)
        return;
    sim->ahead = sim->clock_off > 0 ? sim->clock_off : 0;
    sim->ahead_at = sim->world.now + sim->clock_off;
}

void
check_end(struct import_sim *sim, bool whole)
{
    struct maildrop_sim *drop = &sim->drop;
    bool any_held = false;
    char hold[16];

    note_clock(sim, whole);
    /* Did the journal see which messages are gone? */
    bool listed = whole && drop->quits_refused == 0;
    if (drop->uidls != UIDLS_UNIQUE)
        listed =
            listed && drop->top_refused + drop->retr_refused + sim->failures == 0 &&
            (drop->uidls != UIDLS_NONE || drop->top || (sim->policy.max_size == 0 && sim->policy.max_messages == 0));
    for (size_t i = 0; i < drop->count && !sim->world.failed; i++) {
        struct drop_message *message = &drop->messages[i];
        const bool was_stored = message->stored, in_reach = was_in_reach(sim, message);
        if (message->here)
            learn(sim, message);
        if (in_reach && whole && !sim->skip_existing && !message->may_be_had)
            message->unmet = false;
        any_held = any_held || (message->here && message->held);
        if (in_reach && sim->skip_existing)
            record_skipped(sim, message, whole);
        else if (sim->skip_existing && was_listed(sim, message)) /* it went meanwhile, and may come back */
            message->may_be_had = message->may_be_had || !message->stored;
        else if (in_reach && whole)
            owe(sim, message);
        if (in_reach && whole && !sim->skip_existing)
            check_held(sim, message, was_stored);
        if (listed && !message->here && (message->left < drop->session || message->by_golub) && !has_heir(sim, message))
            message->gone_known = true;
    }
    check_counts(sim);
    if (sim->policy.max_messages > 0 && !sim->command &&
        (uint64_t)(sum_delivered(sim) - sim->delivered_before) > sim->policy.max_messages)
        violation(&sim->world, "more than max-messages came in one run");
    /* A run that only records what is there has nothing to do with what is held. */
    whole = whole && !sim->skip_existing && drop->uidls == UIDLS_UNIQUE;
    if (whole && any_held && sim->status == 0)
        violation(&sim->world, "removals are held, and the status is 0");
    if (whole && sim->status == 3 && !tally_held(sim, hold))
        violation(&sim->world, "status 3, and nothing is held");
}

/* ---- quiet ---- */

void
check_quiet(struct import_sim *sim, bool all_due)
{
    struct maildrop_sim *drop = &sim->drop;

    /* Where each message has to be fetched to be known, one that is too big or refused hides which rows are too many. */
    const bool listed = drop->uidls == UIDLS_UNIQUE || (sim->policy.max_size == 0 && drop->refuses_retr == 0);
    if (listed && count_rows(sim) > drop_here(drop))
        violation(&sim->world, "the journal has %llu rows for %zu messages", (unsigned long long)count_rows(sim),
                  drop_here(drop));
    for (size_t i = 0; i < drop->count && !sim->world.failed; i++) {
        const struct drop_message *message = &drop->messages[i];
        const bool known = drop->uidls == UIDLS_UNIQUE ? message->stored : message->owed && !message->may_be_had;
        struct journal_pop row;
        if (!message->here || !known || message->skipped || sim->one_mailbox || drop->uidls == UIDLS_NONE ||
            !drop->top || came_short(sim, message) || message->was_cut || is_too_big_to_read(sim, message) ||
            message->was_cut || maildrop_sim_repeats(drop, message) || message->content % 10 < drop->refuses_dele ||
            (!all_due && !sim->command && (!row_of(sim, message, &row) || row.missed != 0)))
            continue;
        if (all_due ? sim->policy.keep_days != KEEP_FOREVER : sim->policy.keep_days == 0)
            violation(&sim->world, "#%d is here and due, and still on the server", message->content);
    }
}
