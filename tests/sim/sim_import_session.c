/* Laws of one session: what is fetched, and what is removed. */
#include "tests/sim/sim_import_laws.h"

bool
is_too_big(const struct import_sim *sim, const struct drop_message *message)
{
    return sim->policy.max_size > 0 && maildrop_sim_size(&sim->drop, message->content) > sim->policy.max_size;
}

/* ... or by what there is of it: it can't be read where only its bytes would tell which message it is. */
bool
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
bool
looks_short(const struct import_sim *sim, const struct drop_message *message)
{
    return content_get(message->content)->len < maildrop_sim_size(&sim->drop, message->content) / 2;
}

/* It, or one that it may be taken for, came short. */
bool
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
        if (!it->here && it->fetched_at != 0 && same_uidl(it, message) &&
            (is_size_told(sim, it, message) || sim->drop.wrong_sizes ||
             sim->drop.lied)) /* of that one another size then */
            return true;
    }
    return false;
}

/* It was read under the name that it has, is not due, and nothing put a name in doubt. */
static bool
is_known_for_certain(const struct import_sim *sim, const struct drop_message *message)
{
    const struct maildrop_sim *drop = &sim->drop;
    bool like = false;

    if (sim->doubt || drop->uidls != UIDLS_UNIQUE || !drop->top || drop->wrong_sizes || drop->lied || drop->cuts > 0 ||
        drop->flaky > 0 || drop->refuses_retr + drop->refuses_top > 0 || !message->stored || message->was_cut ||
        strcmp(message->read_as, message->uidl) != 0)
        return false;
    for (size_t i = 0; i < drop->count && !like; i++)
        like = &drop->messages[i] != message && same_header(&drop->messages[i], message);
    return !like && (sim->policy.keep_days == KEEP_FOREVER || !is_due(sim, message->fetched_at, sim->policy.keep_days));
}

/* To a journal that came after a lost one a file here of its header may be its message: its bytes say that it is not. */
static bool
is_like_a_file(const struct import_sim *sim, const struct drop_message *message)
{
    for (size_t i = 0; sim->journal_lost && i < sim->maildir.tree.count; i++) {
        const int content = sim->maildir.tree.files[i].content;
        if (memcmp(content_get(content)->digests.header, header_of(message), DIGEST_SIZE) == 0)
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

    sim->ask_moment = ++sim->moment;
    if (message->header_refused == sim->drop.session)
        return;
    if (is_known_for_certain(sim, message))
        violation(&sim->world, "#%d is fetched again, and nothing is in doubt", message->content);
    if (sim->skip_existing && !only_way && alone && sim->drop.uidls == UIDLS_UNIQUE && sim->drop.top &&
        !sim->drop.equal_now && !tally_any_short(sim))
        violation(&sim->world, "#%d is fetched although nothing is to be fetched", message->content);
    else if (message->had && alone && !tally_any_short(sim) && !is_like_a_file(sim, message))
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
    message->cut_in = sim->drop.session;
    sim->met[MET_ALL + TROUBLE_CUT]++;
    if (message->fetched_at == 0) {
        message->fetched_at = sim->world.now;
        message->keep = sim->policy.keep_days;
    }
}

/* LIST takes nothing back of what it said before. */
static bool
is_size_untold(const struct import_sim *sim, const struct drop_message *message)
{
    return maildrop_sim_size(&sim->drop, message->content) == 0;
}

/* As this session shows it. */
static const char *
told_uidl(const struct import_sim *sim, const struct drop_message *message)
{
    return sim->drop.equal_now ? "equal" : message->uidl;
}

static void
on_retrieved(void *context, struct drop_message *message)
{
    const struct import_sim *sim = context;

    message->fetched_in = sim->drop.session;
    message->met = false; /* its bytes say which it is */
    message->came_back = message->came_back || message->unread_since;
    message->unread_since = false;
    text_print(message->read_as, sizeof message->read_as, "%s", told_uidl(sim, message));
    message->cut_same = false;
    message->cut_len = 0;
    if (message->far_cuts == 1 && !sim->drop.wrong_sizes && !sim->drop.lied) /* it was asked for once more */
        message->was_cut = false;
    message->far_cuts = message->was_cut ? 2 : 0;
    if (message->fetched_at == 0 || message->came_short || message->forgotten) /* else it is read to be proven */
        message->came_short = looks_short(sim, message) || (message->came_short && is_size_untold(sim, message));
    message->forgotten = false;
    if (message->fetched_at == 0) {
        message->fetched_at = sim->world.now;
        message->keep = sim->policy.keep_days;
    }
}

bool
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
bool
comes_anew(const struct import_sim *sim, const struct drop_message *message)
{
    /* A run that got no session shows that of the run before. */
    return sim->drop.session != sim->session_before && message->fetched_in == sim->drop.session &&
           sim->came_in[message->content] == sim->drop.session;
}

/* A tightened `keep` removes nothing that was stored under another without a word of the user; a copy may stand for another. */
bool
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

/* Of several that are equal the file of this one went long ago, that of another one meanwhile: no file of these bytes is here now. */
static bool
was_missed_before_its_twins(const struct import_sim *sim, const struct drop_message *message)
{
    const int64_t slack = (int64_t)sim->wrong_clocks * 7 * DAY;
    struct journal_pop row;

    if (sim->tally[message->content].born < 2 || !row_left(sim, message, &row))
        return false;
    const int64_t gone = tally_name_gone(sim, row.base);
    return gone != 0 && sim->world.now + slack >= gone + 30 * (int64_t)DAY;
}

/* What is removed later than it came is here at that moment, or was missed for long: the user removed it, as far as anybody can know. */
static bool
is_safe(const struct import_sim *sim, const struct drop_message *message)
{
    const int64_t gone = sim->gone_at[message->content], slack = (int64_t)sim->wrong_clocks * 7 * DAY;

    if (message
            ->cut_same) /* shorter than announced, and twice the same: that is the message, as far as anybody can know */
        return true;
    if (sim->command || sim->tally[message->content].handed > 0)
        return sim->tally[message->content].handed > 0;
    if (files_of(sim, message->content, false) > 0 || has_twin_there(sim, message) ||
        was_missed_before_its_twins(sim, message))
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

/* It, or one that nobody can tell from it, was read to its end under the name that it has. */
static bool
was_read_as(const struct import_sim *sim, const struct drop_message *message)
{
    const char *uidl = told_uidl(sim, message);
    bool was = strcmp(message->read_as, uidl) == 0;

    for (size_t i = 0; i < sim->drop.count && !was; i++) {
        const struct drop_message *it = &sim->drop.messages[i];
        was = (same_message(it, message) || (it->content == message->content)) && strcmp(it->read_as, uidl) == 0;
    }
    return was;
}

/* In a later session than the one that read it: what proves that it is the message that is here? */
static void
check_proof(struct import_sim *sim, const struct drop_message *message)
{
    const int id = message->content;

    if (!sim->command && sim->drop.marks == 0 && sim->look_moment < sim->ask_moment)
        violation(&sim->world, "#%d is removed, and nobody looked at the folders since the last message came", id);
    if (message->was_cut || came_short(sim, message))
        return;
    if (!content_names(id))
        violation(&sim->world, "#%d is removed unread, and its header names nothing", id);
    else if (message->unread_since && !message->came_back)
        violation(&sim->world, "#%d was removed, is there again, and is removed unread", id);
    else if (!was_read_as(sim, message))
        violation(&sim->world, "#%d is removed unread under a name that is new to it", id);
    else if (message->returned && sim->beside)
        violation(&sim->world, "#%d was sent up by the account beside, and is removed again", id);
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
    else if (!sim->drop.top && !same_session && !(message->cut_same && message->cut_in == sim->drop.session))
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
    if (!same_session)
        check_proof(sim, message);
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
bool
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
           (maildrop_sim_size(&sim->drop, it->content) == 0 || maildrop_sim_size(&sim->drop, had->content) == 0 ||
            same_uidl(it, had));
}

/* Of equal ones that were perhaps recorded as had, nobody can tell which were. */
bool
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
