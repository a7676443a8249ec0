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
#include "tests/sim/sim_import_laws.h"

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

const unsigned char *
header_of(const struct drop_message *message)
{
    return content_get(message->content)->digests.header;
}

bool
same_uidl(const struct drop_message *a, const struct drop_message *b)
{
    return a != b && strcmp(a->uidl, b->uidl) == 0;
}

bool
same_header(const struct drop_message *a, const struct drop_message *b)
{
    return memcmp(header_of(a), header_of(b), DIGEST_SIZE) == 0;
}

static void
join(struct import_sim *sim, const struct drop_message *a, const struct drop_message *b)
{
    sim->tally[group_of(sim, a->content)].group = group_of(sim, b->content);
}

bool
same_message(const struct drop_message *a, const struct drop_message *b)
{
    return a != b && same_header(a, b) && content_get(a->content)->len == content_get(b->content)->len;
}

bool
is_size_told(const struct import_sim *sim, const struct drop_message *a, const struct drop_message *b)
{
    return maildrop_sim_size(&sim->drop, a->content) == maildrop_sim_size(&sim->drop, b->content);
}

/*
 * May it be taken for that one, which is gone or not shown? The same bytes under any name: a server may have given it another, or got it back.
 * Other ones only under its UIDL: without TOP, or where nobody has seen that the UIDL was gone and the size is the same.
 */
bool
is_like(const struct import_sim *sim, const struct drop_message *it, const struct drop_message *ghost)
{
    if (it == ghost)
        return false;
    if (it->content == ghost->content)
        return true;
    /* ... or under the one under which it was read last, though names have moved on since. */
    if (!same_uidl(it, ghost) && strcmp(it->uidl, ghost->read_as) != 0)
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
    message->had = message->may_be_had = message->met = message->stored = message->held = message->released =
        message->hidden = false;
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
    bool twin = false;

    for (size_t i = 0; i < sim->drop.count; i++)
        twin = twin || (&sim->drop.messages[i] != message && sim->drop.messages[i].content == message->content);
    message->hidden = message->hidden && twin; /* of one that was read and taken for its twin nobody learns more */
    hide(sim);
}

bool
tally_any_removed(const struct import_sim *sim)
{
    for (size_t i = 0; i < sim->drop.count; i++)
        if (sim->drop.messages[i].ever_removed)
            return true;
    return false;
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

int
files_of(const struct import_sim *sim, int content, bool own)
{
    int found = 0;

    for (size_t i = 0; i < sim->maildir.tree.count; i++) {
        const struct sim_file *file = &sim->maildir.tree.files[i];
        found += file->content == content && (!own || tally_is_own(file));
    }
    return found;
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

/* The journal's word for that is not believed: what it says of it is what laws judge. */
static void
date_names(struct import_sim *sim)
{
    const struct sim_tree *tree = &sim->maildir.tree;
    bool here[SIM_NAMES] = {false};

    for (size_t i = 0; i < tree->count; i++) {
        size_t at = 0;

        while (at < sim->name_count && strcmp(sim->names[at].base, tree->files[i].base) != 0)
            at++;
        if (at == SIM_NAMES || !tally_is_own(&tree->files[i]))
            continue;
        if (at == sim->name_count)
            text_print(sim->names[sim->name_count++].base, sizeof sim->names[at].base, "%s", tree->files[i].base);
        here[at] = true;
    }
    for (size_t i = 0; i < sim->name_count; i++)
        if (here[i] || sim->names[i].gone == 0)
            sim->names[i].gone = here[i] ? 0 : sim->world.now;
}

int64_t
tally_name_gone(const struct import_sim *sim, const char *base)
{
    for (size_t i = 0; i < sim->name_count; i++)
        if (strcmp(sim->names[i].base, base) == 0)
            return sim->names[i].gone;
    return 0;
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

int
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
    date_names(sim);
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
