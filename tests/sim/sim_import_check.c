/* Laws of one run, and of the end, when all is quiet. */
#include "tests/sim/sim_import_laws.h"

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
    sim->session_before = sim->drop.session;
    sim->first = !tally_met(sim);
    if (sim->wrong_id)
        text_print(sim->confirm_id, sizeof sim->confirm_id, "0000wrong");
    else if (sim->confirm && hold[0] != '\0' && rng_chance(&sim->world.rng, 50))
        text_print(sim->confirm_id, sizeof sim->confirm_id, "%s", hold);
    for (size_t i = 0; i < drop->count; i++) {
        struct drop_message *message = &drop->messages[i];
        message->held = message->here && row_of(sim, message, &row) && row.hold[0] != '\0';
        message->was_held = message->held;
        message->was_absent = row_left(sim, message, &row) && row.absent != 0;
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

    for (uint32_t i = 0; i < drop->line.listed; i++)
        if (&drop->messages[drop->line.index[i]] == message &&
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

/*
 * At a first meeting a header, with the size of the file, says which message is here (correctness.md, Importing): of two that have one header
 * nobody reads the one whose file is not here. Its bytes are read before it is removed; so what golub removes is owed all the same.
 */
static bool
is_met(struct import_sim *sim, struct drop_message *message)
{
    const uint64_t size = maildrop_sim_size(&sim->drop, message->content);

    for (size_t i = 0; sim->first && sim->drop.top && !message->met && i < sim->maildir.tree.count; i++) {
        const int content = sim->maildir.tree.files[i].content;

        message->met = content != message->content && content_get(content)->len == size &&
                       memcmp(content_get(content)->digests.header, header_of(message), DIGEST_SIZE) == 0;
    }
    return message->met;
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
    if (has_one_had(sim, message) || is_suspect(sim, message) || is_met(sim, message))
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

/* Beside one of its bytes that came in this run it was read to be told from that one: its own row has the `keep` of an earlier day. */
static bool
is_beside_new(const struct import_sim *sim, const struct drop_message *message, const struct journal_pop *row)
{
    struct journal_pop other;

    for (size_t i = 0; row->since < sim->run_began && i < sim->drop.count; i++) {
        const struct drop_message *it = &sim->drop.messages[i];
        if (it != message && it->content == message->content && comes_anew(sim, it) && row_of(sim, it, &other) &&
            other.id != row->id && other.since >= sim->run_began)
            return true;
    }
    return false;
}

static void
learn(struct import_sim *sim, struct drop_message *message)
{
    struct journal_pop row;
    const bool known = row_of(sim, message, &row),
               anew = known && comes_anew(sim, message) && !is_beside_new(sim, message, &row);

    if (anew)
        message->stored = message->has_keep = false;
    /* A name that several have shows no row of it; it has one since this day. */
    if (!known && comes_anew(sim, message) && maildrop_sim_repeats(&sim->drop, message)) {
        message->has_keep = true;
        message->keep = sim->policy.keep_days;
    }
    /* What came in this session may be removed in it, and stay there all the same. */
    if (known && (row.absent == 0 || anew) && (row.state == POP_STORED || row.state == POP_REMOVING) &&
        !message->stored) {
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

    if (sim->one_mailbox || sim->circle) /* the account beside stands in the way of all: none is judged */
        return;
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
    /* Its header was not what it was when it was due, and is not: no word would let it go. */
    if (message->odd_line && row_of(sim, message, &row) && (row.facts & POP_UNSURE) != 0)
        return;
    /* By its bytes alone it was known, after all was judged, or to be a part: the next run's list has it. */
    if (message->fetched_in == sim->drop.session || message->cut_in == sim->drop.session)
        return;
    if (!was_stored || sim->drop.uidls != UIDLS_UNIQUE || !sim->drop.top || sim->drop.top_refused > 0 || message->had ||
        !is_due(sim, message->stored_at, sim->policy.keep_days))
        return;
    if (needs_a_word(sim, message) && message->here && !message->held &&
        !(row_of(sim, message, &row) && row.missed != 0))
        violation(&sim->world, "the removal of #%d waits for a word and is not on the list", message->content);
}

/* What a list shows is not absent, and what a list lacks that is not complete is not gone. */
static void
check_absent(struct import_sim *sim, const struct drop_message *message, bool whole)
{
    struct maildrop_sim *drop = &sim->drop;
    const bool told = message->told_in == drop->session;
    struct journal_pop row;

    if (!message->here || drop->uidls != UIDLS_UNIQUE || drop->equal_now || !row_left(sim, message, &row) ||
        row.absent == 0 || (row.state != POP_STORED && row.state != POP_REMOVING) || message->was_cut ||
        (message->marked_in == drop->session && drop->quits_refused == 0) || sim->skip_existing ||
        drop->top_refused + drop->retr_refused > 0 || strcmp(row.uidl, message->uidl) != 0 || !is_alone(sim, message))
        return;
    if (whole && told && was_listed(sim, message))
        violation(&sim->world, "#%d is listed, and its row is absent", message->content);
    else if (whole && drop->lacks_now && drop->line.listed > 1 && !told && !message->was_absent)
        violation(&sim->world, "#%d is absent, and the list that lacks it is not complete", message->content);
}

/* Whoever has its name by now: what waits for a word stays on its list. Without the guard there is none. */
static void
check_list(struct import_sim *sim, const struct drop_message *message)
{
    if (!message->here || sim->accident || sim->world.interfered > 0 || sim->clock_off != 0)
        return;
    if (!sim->guard && message->held && sim->policy.max_messages == 0)
        violation(&sim->world, "the removal of #%d stands on a list, and there is no guard", message->content);
    if (message->was_held && !message->held && !message->released && maildrop_sim_repeats(&sim->drop, message) &&
        needs_a_word(sim, message) && is_due(sim, message->stored_at, sim->policy.keep_days) && sim->wrong_clocks == 0)
        violation(&sim->world, "the removal of #%d is on no list any more, and nobody let it go", message->content);
}

static void
record_skipped(struct import_sim *sim, struct drop_message *message, bool whole)
{
    message->skipped = maildrop_sim_repeats(&sim->drop, message) || sim->drop.uidls == UIDLS_REPEATED ||
                       sim->drop.uidls == UIDLS_NONE || !is_alone(sim, message);
    /* What is owed under an earlier UIDL is new mail under this one, to a journal that knew it. */
    if (message->stored ||
        (message->owed && sim->drop.uidls != UIDLS_UNIQUE && !sim->unmet && !tally_is_had_by_size(sim, message)))
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
        if (in_reach && whole && !sim->skip_existing) {
            check_held(sim, message, was_stored);
            check_list(sim, message);
        }
        check_absent(sim, message, whole);
        if (listed && !message->here && (message->left < drop->session || message->by_golub) && !has_heir(sim, message))
            message->gone_known = true;
        if (listed && !message->here && message->left < drop->session) /* what is known of it begins anew */
            message->came_back = false;
        message->unread_since |= message->gone_known && message->by_golub;
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

/* All could be read, and is read to be told apart: what was never read never came. */
static void
check_all_came(struct import_sim *sim)
{
    const struct maildrop_sim *drop = &sim->drop;

    if (drop->uidls != UIDLS_UNIQUE || drop->refuses_retr > 0 || sim->shifted || sim->policy.max_size > 0)
        return;
    for (size_t i = 0; i < drop->count && !sim->world.failed; i++) {
        const struct drop_message *message = &drop->messages[i];
        if (message->here && message->fetched_at == 0 && !message->hidden && !message->may_be_had && !message->had &&
            !message->ever_had && !message->skipped && is_alone(sim, message))
            violation(&sim->world, "#%d was here for many runs and never read", message->content);
    }
}

/* One of its header that can't be read holds it up: it may be equal. */
static bool
waits_for_another(const struct import_sim *sim, const struct drop_message *message)
{
    for (size_t i = 0; i < sim->drop.count; i++) {
        const struct drop_message *it = &sim->drop.messages[i];
        if (it != message && it->here && same_header(it, message) && it->content % 10 < sim->drop.refuses_retr)
            return true;
    }
    return false;
}

void
check_quiet(struct import_sim *sim, bool all_due)
{
    struct maildrop_sim *drop = &sim->drop;

    check_all_came(sim);
    /* Where each message has to be fetched to be known, one that is too big or refused hides which rows are too many. */
    const bool listed = drop->uidls == UIDLS_UNIQUE || (sim->policy.max_size == 0 && drop->refuses_retr == 0);
    const bool refused = sim->status == 2; /* nothing was written down */
    if (listed && !refused && count_rows(sim) > drop_here(drop))
        violation(&sim->world, "the journal has %llu rows for %zu messages", (unsigned long long)count_rows(sim),
                  drop_here(drop));
    for (size_t i = 0; i < drop->count && !sim->world.failed; i++) {
        const struct drop_message *message = &drop->messages[i];
        const bool known = drop->uidls == UIDLS_UNIQUE ? message->stored : message->owed && !message->may_be_had;
        struct journal_pop row;
        if (!message->here || !known || message->skipped || sim->one_mailbox || drop->uidls == UIDLS_NONE ||
            sim->circle || sim->damaged[message->content] || message->odd_line || !drop->top ||
            message->content % 10 < drop->refuses_top || waits_for_another(sim, message) ||
            (sim->command && sim->tally[message->content].handed == 0) || came_short(sim, message) ||
            tally_is_part(sim, message) || message->was_cut || is_too_big_to_read(sim, message) ||
            maildrop_sim_repeats(drop, message) || message->content % 10 < drop->refuses_dele ||
            (!all_due && !sim->command && (!row_of(sim, message, &row) || row.missed != 0)))
            continue;
        if (all_due ? sim->policy.keep_days != KEEP_FOREVER : sim->policy.keep_days == 0)
            violation(&sim->world, "#%d is here and due, and still on the server", message->content);
    }
}
