/*
 * The laws, as far as they can be read off both sides: convergence, no duplicate, flags three ways, removals and moves
 * carried.
 */
#include "tests/quarantine_rows.h"
#include "store/journal/quarantine.h"
#include "tests/sim/sim_history.h"
#include "tests/sim/sim_trash.h"

/* ---- one undisturbed sync: what it had to do with each message that is on each side once ---- */

static void
look_there(const struct sim *sim, struct sim_sight *sights)
{
    memset(sights, 0, (size_t)sim->world.next_content * sizeof *sights);
    for (int m = 0; m < SIM_MAILBOXES; m++)
        for (size_t i = 0; i < sim->server.boxes[m].count; i++) {
            const struct sim_message *message = &sim->server.boxes[m].messages[i];
            struct sim_sight *sight = &sights[message->content];
            const int one = i < server_hidden(&sim->server, m) ? 100 : 1; /* what nobody is shown can't be followed */
            *sight = (struct sim_sight){sight->count + one, m, message->flags, FLAG_ALL, message->uid, false, false};
        }
}

/* A file that somebody edited is neither the old message nor, as long as it stands there, a new one. */
static void
look_here(const struct sim *sim, const struct maildir_sim *maildir, struct sim_sight *sights)
{
    memset(sights, 0, (size_t)sim->world.next_content * sizeof *sights);
    for (size_t i = 0; i < maildir->tree.count; i++) {
        const struct sim_file *file = &maildir->tree.files[i];
        struct sim_sight *sight = &sights[file->content];
        unsigned shown;
        const unsigned flags =
            local_info_flags(file->info, &shown) | letters_sim_flags(maildir, file->mailbox, file->info);
        *sight = (struct sim_sight){sight->count + 1,
                                    file->mailbox,
                                    flags,
                                    shown,
                                    0,
                                    file->info[0] == 'n',
                                    check_letters_cut(&sim->clients[maildir->client], file)};
        if (file->original != file->content) {
            sights[file->original].count += 100;
            sight->count += 100;
        }
    }
}

void
check_before(struct sim *sim, struct client *client)
{
    look_there(sim, client->there);
    look_here(sim, &client->maildir, client->here);
}

void
check_forget(struct client *client)
{
    for (int i = 0; i < SIM_CONTENTS; i++)
        client->bases[i].valid = false;
}

void
check_said(struct world *world, const char *mailbox, const char *what)
{
    const struct maildir_sim *maildir = world->maildirs[world->client];

    for (int m = 0; m < SIM_MAILBOXES && strcmp(what, "read the new files of this folder") == 0; m++)
        if (strcmp(mailbox, server_mailbox_name(m)) == 0 && !maildir->tree.folder[m])
            violation(world, "golub says that names change in folder %s, which is not there", mailbox);
}

/* Both had it in one mailbox: a flag that one side changed is changed on both. */
static void
check_flags(struct sim *sim, struct client *client, int id, const struct sim_sight *there)
{
    const struct sim_base *base = &client->bases[id];
    const struct sim_sight *old_there = &client->there[id], *old_here = &client->here[id];
    const unsigned seen_here = (old_here->flags & old_here->shown) |
                               (base->flags & ~old_here->shown & ~(old_here->in_new ? base->new_flags : 0));
    const unsigned expected = base->flags ^ ((old_there->flags ^ base->flags) | (seen_here ^ base->flags));
    /*
     * P that went with another flag, or with letters: a mail reader that knows no P writes such names, perhaps for a flag that is as it was by now, so
     * that may stand for its removal or for none.
     */
    const unsigned either = old_here->cut || ((base->flags ^ seen_here) & ~(unsigned)FLAG_FORWARDED) != 0
                                ? base->flags & ~seen_here & FLAG_FORWARDED
                                : 0;

    if (there->count != 1 || there->mailbox != base->mailbox)
        violation(&sim->world, "#%d was on both sides and is not on the server any more", id);
    else if (((there->flags ^ expected) & ~either) != 0)
        violation(&sim->world, "flags of #%d: base %x, server %x, here %x, expected %x, but the server has %x", id,
                  base->flags, old_there->flags, seen_here, expected, there->flags);
}

/*
 * It stood below all that the server shows now, or the server says that it has limits: that it is gone there can't be told from a view that
 * slid on.
 */
static bool
is_below_view(const struct sim *sim, const struct sim_base *base)
{
    const struct sim_mailbox *box = &sim->server.boxes[base->mailbox];
    const size_t hidden = server_hidden(&sim->server, base->mailbox);

    if (sim->server.window == 0 || (!sim->server.announces && !server_is_cut(&sim->server, base->mailbox)))
        return false;
    return box->count == hidden || base->uid < box->messages[hidden].uid;
}

/*
 * Its list and its count do not agree, and the server says of no UID that it is gone. Where it counts as many as before nobody can miss what went:
 * it stays here, beside the place that it moved to, until a list adds up (or a day is over: then all is listed). What was lost or doubled by
 * that, and what is left of it once the counts are right, other laws say.
 */
static bool
is_beyond_counting(const struct sim *sim, int mailbox)
{
    return sim->server.boxes[mailbox].phantoms != 0 && !sim->server.qresync;
}

/*
 * It slid into view again from below, and the server counts as many fewer as came: what it counts is what was there before, and no list of changes names
 * what came. It is out of view for golub until a list shows it.
 */
static bool
is_in_view_unnoticed(const struct sim *sim, const struct sim_base *base)
{
    const struct sim_mailbox *box = &sim->server.boxes[base->mailbox];
    const size_t hidden = server_hidden(&sim->server, base->mailbox);

    for (size_t i = hidden; is_beyond_counting(sim, base->mailbox) && hidden != 0 && i < box->count; i++)
        if (box->messages[i].uid == base->uid)
            return box->phantoms < 0 && i - hidden < (size_t)-box->phantoms;
    return false;
}

/* Where it was removed it is not any more; and nowhere else, but in the Trash, if that is not where it was removed. */
static bool
is_removed_there(const struct sim *sim, const struct sim_base *base, const struct sim_sight *there)
{
    if (sim->server.trash == 0 || base->mailbox + 1 == sim->server.trash)
        return there->count == 0;
    return there->count == 1 && there->mailbox + 1 == sim->server.trash;
}

/* A mailbox that is gone on one side, or was until this run. */
static bool
is_at_one_side(const struct sim *sim, const struct client *client, int mailbox)
{
    return !sim->server.boxes[mailbox].exists || !client->maildir.tree.folder[mailbox] ||
           sim->missed[client->maildir.client][mailbox];
}

/* It went into the Trash on the server, and somebody here wants it: it is in both places. */
static bool
is_wanted_back(const struct sim *sim, const struct sim_base *base, const struct sim_sight *here,
               const struct sim_sight *there)
{
    const unsigned wanted = (here->flags & ~base->flags & FLAG_FLAGGED) | (base->flags & ~here->flags & FLAG_DELETED);

    return there->mailbox + 1 == sim->server.trash && (wanted & here->shown) != 0;
}

static void
check_carried(struct sim *sim, struct client *client, int id, const struct sim_sight *there,
              const struct sim_sight *here)
{
    const struct sim_base *base = &client->bases[id];
    const struct sim_sight *old_there = &client->there[id], *old_here = &client->here[id];
    const bool same_there = old_there->count == 1 && old_there->mailbox == base->mailbox && old_there->uid == base->uid;
    const bool same_here = old_here->count == 1 && old_here->mailbox == base->mailbox;

    if (sim->world.expunges && ((old_there->flags | old_here->flags) & FLAG_DELETED) != 0)
        return; /* marked: it may be gone */
    if (kind_on(&sim->world, KIND_GOES) &&
        (is_at_one_side(sim, client, base->mailbox) || is_at_one_side(sim, client, old_here->mailbox) ||
         is_at_one_side(sim, client, old_there->mailbox)))
        return; /* that takes a second run, or something keeps it */
    if (same_there && same_here)
        check_flags(sim, client, id, there);
    else if (same_there && old_there->flags == base->flags && old_here->count == 0 &&
             !is_removed_there(sim, base, there) && !is_in_view_unnoticed(sim, base) &&
             !sim->world.ledger[id].remade[base->mailbox])
        violation(&sim->world, "#%d was removed here, and is %d times on the server", id, there->count);
    else if (same_here && (old_here->flags & old_here->shown) == (base->flags & old_here->shown) &&
             old_there->count == 0 && here->count != 0 && !is_below_view(sim, base))
        violation(&sim->world, "#%d was removed on the server and is still here", id);
    else if (same_there && old_here->count == 1 && old_here->mailbox != base->mailbox &&
             (there->count != 1 || there->mailbox != old_here->mailbox))
        violation(&sim->world, "#%d was moved here and not on the server", id);
    else if (same_here && old_there->count == 1 && old_there->mailbox != base->mailbox &&
             (here->count != 1 || here->mailbox != old_there->mailbox) && !is_below_view(sim, base) &&
             !is_wanted_back(sim, base, old_here, old_there) &&
             !(here->count == 2 && is_beyond_counting(sim, base->mailbox)) && /* in both */
             sim->server.rewrites == DRESS_PLAIN)                             /* else it is new where it moves */
        violation(&sim->world, "#%d was moved on the server and not here", id);
}

void
check_after(struct sim *sim, struct client *client, bool clean)
{
    static struct sim_sight there[SIM_CONTENTS], here[SIM_CONTENTS];

    /* Which run finds out that a server went back is chance; and what may not be changed there follows nothing. */
    if (!clean || sim->rewound || sim->server.protected != 0) {
        check_forget(client);
        return;
    }
    look_there(sim, there);
    look_here(sim, &client->maildir, here);
    for (int i = 0; i < sim->world.next_content && !sim->world.failed; i++) {
        struct sim_base *base = &client->bases[i];
        if (base->valid && there[i].count < 100) /* else it slid out of view, perhaps before golub came to it */
            check_carried(sim, client, i, &there[i], &here[i]);
        base->valid = there[i].count == 1 && here[i].count == 1 && there[i].mailbox == here[i].mailbox &&
                      sim->server.boxes[there[i].mailbox].permanent == FLAG_ALL &&
                      ((there[i].flags ^ here[i].flags) & here[i].shown) == 0;
        base->mailbox = there[i].mailbox;
        base->flags = there[i].flags;
        base->new_flags = here[i].in_new ? here[i].flags : 0;
        base->uid = there[i].uid;
    }
}

/* ---- quiet: both sides show the same ---- */

static bool
is_refused(const struct sim *sim, const struct sim_file *file)
{
    return content_get(file->content)->digests.has_nul || file->content % 10 < sim->server.refuses;
}

static bool
is_excused(const struct sim *sim, const struct sim_file *file)
{
    return file->content != file->original || is_refused(sim, file);
}

/*
 * A backup took a UID back and another message bears it by now: who slept meanwhile, and finds cursors and the highest UID as they were,
 * can't know it without reading everything again. It ends with the mailbox's next change; what was removed by it is in the quarantine.
 */
static bool
is_beyond_knowing(const struct sim *sim, int mailbox, int id)
{
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];

    for (size_t i = 0; i < sim->server.taken_back_count; i++) {
        const int content = sim->server.taken_back[i].content;
        if (sim->server.taken_back[i].mailbox != mailbox)
            continue;
        for (size_t k = 0; k < box->count; k++)
            if (box->messages[k].uid == sim->server.taken_back[i].uid && box->messages[k].content != content &&
                (id == content || id == box->messages[k].content))
                return true;
    }
    return false;
}

void
check_note_cursors(struct client *client)
{
    struct journal_mailbox *rows = NULL;
    struct error err = {0};
    size_t count = 0;

    memset(client->modseq_then, 0, sizeof client->modseq_then);
    if (!journal_mailboxes(client->journal, &rows, &count, &err))
        return;
    for (size_t i = 0; i < count; i++)
        for (int m = 0; m < SIM_MAILBOXES; m++)
            if (strcmp(rows[i].name, server_mailbox_name(m)) == 0)
                client->modseq_then[m] = rows[i].modseq;
    journal_mailboxes_free(rows, count);
}

static bool
has_row(const struct client *client, int64_t mailbox, uint32_t uid, struct journal_message *message)
{
    struct error err = {0};
    bool found = false;

    return journal_message_by_uid(client->journal, mailbox, uid, message, &found, &err) && found;
}

/*
 * A backup brought one back that was gone, before the change that a client has seen last, and as many of those went since that it knows: neither a
 * number nor a list of changes tells it of either.
 */
static bool
is_unnoticed(struct sim *sim, int client, int mailbox, int id)
{
    struct client *it = &sim->clients[client];
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];
    const int64_t row = event_mailbox_id(it->journal, mailbox);
    struct journal_message message;
    struct error err = {0};
    uint64_t known = 0;
    bool any = false;

    if (!sim->rewound || row == 0 || !journal_message_count(it->journal, row, WHICH_WITH_UID, &known, &err) ||
        known != box->count)
        return false;
    for (size_t i = 0; i < box->count; i++)
        any = any || (box->messages[i].content == id && box->messages[i].modseq <= it->modseq_then[mailbox] &&
                      !has_row(it, row, box->messages[i].uid, &message));
    for (size_t i = 0; i < box->expunged_count; i++) {
        const bool told = box->expunged[i].modseq > it->modseq_then[mailbox];
        const struct sim_file *file = !told && has_row(it, row, box->expunged[i].uid, &message)
                                          ? maildir_sim_base(&it->maildir, mailbox, message.base)
                                          : NULL;

        any = any || (file != NULL && file->content == id);
    }
    return any;
}

/*
 * A list and a count that disagreed agree at a number at which a view may end: what went from below it meanwhile may be out of that view,
 * and stays here until the mailbox has another number of messages.
 */
static bool
may_be_out_of_view(const struct sim *sim, int mailbox)
{
    const uint32_t exists = server_exists(&sim->server, mailbox);

    return kind_on(&sim->world, KIND_COUNTS) && exists != 0 && exists % 50 == 0;
}

/*
 * As many came as went, and the server names nothing that went: at such a number that is what a view looks like which slid. What was below all that it
 * shows stays here until it has another number of messages; what was above that is gone.
 */
static bool
may_have_slid(struct sim *sim, int client, int mailbox, int id)
{
    struct client *it = &sim->clients[client];
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];
    const uint32_t exists = server_exists(&sim->server, mailbox);
    const int64_t row = event_mailbox_id(it->journal, mailbox);

    if (sim->server.qresync || row == 0 || box->count == 0 || exists == 0 || exists % 50 != 0)
        return false;
    for (size_t i = 0; i < it->maildir.tree.count; i++) {
        const struct sim_file *file = &it->maildir.tree.files[i];
        struct journal_message message;
        struct error err = {0};
        bool found = false;

        if (file->mailbox == mailbox && file->content == id &&
            journal_message_by_base(it->journal, row, file->base, &message, &found, &err) && found &&
            (message.facts & FACT_OUT_OF_VIEW) != 0 && message.uid < box->messages[0].uid)
            return true;
    }
    return false;
}

/*
 * As many on both sides. An edited file may stand for what it was; what the server will not have may be here alone, and what it was waits for it
 * on the server, also where the file was moved away. So does the version before that, if it could not be replaced at once.
 */
static void
compare_counts(struct sim *sim, const struct maildir_sim *maildir, int mailbox, int id)
{
    int there = server_multiplicity(&sim->server, mailbox, id);
    int here = 0, excused = 0;

    /* What the server does not show, or did not for a while, may be here or not. */
    if (sim->server.window > 0 && (sim->server.announces || server_is_cut(&sim->server, mailbox)))
        return;

    for (size_t i = 0; i < maildir->tree.count; i++) {
        const struct sim_file *file = &maildir->tree.files[i];
        const bool waits = file->content != file->original && file->before == id;
        if (file->content != id && file->original != id && !waits)
            continue;
        if (file->mailbox != mailbox)
            excused += file->content != id && is_refused(sim, file);
        else if (is_excused(sim, file) || file->content != id)
            excused++;
        else
            here++;
    }
    if (sim->server.swallows_duplicates && there > 0 && here > there)
        return;
    if (here > there && (may_be_out_of_view(sim, mailbox) || may_have_slid(sim, maildir->client, mailbox, id)))
        return;
    if ((there < here || there > here + excused) && !is_beyond_knowing(sim, mailbox, id) &&
        !is_unnoticed(sim, maildir->client, mailbox, id))
        violation(&sim->world, "no convergence: #%d in %s: %d on the server, %d at client %d", id,
                  server_mailbox_name(mailbox), there, here + excused, maildir->client);
}

/* The flags of a message that is once on each side. */
static void
compare_flags(struct sim *sim, struct maildir_sim *maildir, const struct sim_file *file)
{
    const struct sim_mailbox *box = &sim->server.boxes[file->mailbox];
    unsigned shown;
    const unsigned here = local_info_flags(file->info, &shown) | letters_sim_flags(maildir, file->mailbox, file->info);

    if (file->content != file->original ||
        maildir_sim_multiplicity(maildir, file->mailbox, file->content, false) != 1 ||
        server_multiplicity(&sim->server, file->mailbox, file->content) != 1)
        return;
    /*
     * The second file of a UID whose first one was edited, or one that the server will not have beside it: the flags of that first one are the
     * message's.
     */
    if ((sim->server.swallows_duplicates || is_refused(sim, file)) &&
        maildir_sim_multiplicity(maildir, file->mailbox, file->content, true) != 1)
        return;
    /* What another client took off between STORE and echo, and then once more, looks like one that can't be stored there. */
    const unsigned kept = shown & box->permanent & ~sim->world.ledger[file->content].contested &
                          ~check_letter_waits(&sim->clients[maildir->client], file) &
                          ~letters_sim_left(maildir, file->mailbox, file->info);
    for (size_t i = server_hidden(&sim->server, file->mailbox); i < box->count; i++)
        if (box->messages[i].content == file->content && ((box->messages[i].flags ^ here) & kept) != 0)
            violation(&sim->world, "no convergence: flags of #%d in %s: %x on the server, %x at client %d",
                      file->content, server_mailbox_name(file->mailbox), box->messages[i].flags, here, maildir->client);
}

/*
 * golub's own \Deleted is nowhere left: who marked a message for its removal and did not remove it took that off. Not where new mail pushed
 * it out of the server's view before the EXPUNGE: nobody can reach it there.
 */
static void
check_marks(struct sim *sim, int mailbox)
{
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];

    for (size_t i = server_hidden(&sim->server, mailbox); i < box->count; i++) {
        if ((box->messages[i].flags & FLAG_DELETED) != 0 &&
            !ledger_was_marked(&sim->world, box->messages[i].content, mailbox))
            violation(&sim->world, "#%d in %s is left with \\Deleted, which nobody gave it", box->messages[i].content,
                      server_mailbox_name(mailbox));
    }
}

/* What is in the quarantine is in its index, or nobody would ever find or drop it. */
static void
check_quarantine(struct sim *sim, const struct client *client)
{
    struct journal_quarantined *rows;
    size_t count;

    if (client->index_lost)
        return;
    rows = quarantine_rows(client->journal, INT64_MAX, &count);
    for (size_t i = 0; i < client->maildir.quarantined; i++) {
        const char *name = client->maildir.quarantine[i].name;
        bool found = false;
        for (size_t k = 0; k < count && !found; k++)
            found = strcmp(rows[k].name, name) == 0;
        if (!found)
            violation(&sim->world, "#%d is in the quarantine of client %d and not in its index",
                      client->maildir.quarantine[i].content, client->maildir.client);
    }
    free(rows);
}

void
check_convergence(struct sim *sim)
{
    for (int m = 0; m < SIM_MAILBOXES && sim->world.strict; m++)
        check_marks(sim, m);
    if (sim->server.aside.box.exists || sim->server.aside.kid.exists)
        violation(&sim->world, "no convergence: a mailbox is left under its temporary name %s", sim->server.aside.name);
    for (int c = 0; c < sim->world.clients; c++)
        check_quarantine(sim, &sim->clients[c]);
    check_keywords(sim);
    for (int c = 0; c < sim->world.clients; c++) {
        struct maildir_sim *maildir = &sim->clients[c].maildir;
        for (int m = 0; m < SIM_MAILBOXES; m++) {
            if (maildir->tree.folder[m] != sim->server.boxes[m].exists)
                violation(&sim->world, "no convergence: mailbox %s is only on one side", server_mailbox_name(m));
            for (int i = 0; i < sim->world.next_content && !sim->world.failed; i++)
                compare_counts(sim, maildir, m, i);
        }
        /* Nor where another client has given the UIDs anew, to the same messages in another order: the highest is what it was. */
        const bool flags_told = !sim->rewound || (!sim->server.condstore && sim->world.clients == 1);
        for (size_t i = 0; flags_told && i < maildir->tree.count && !sim->world.failed; i++)
            compare_flags(sim, maildir, &maildir->tree.files[i]);
        check_letters(sim, &sim->clients[c], flags_told);
    }
}

void
check_duplicates(struct sim *sim)
{
    for (int i = 0; i < sim->world.next_content; i++)
        for (int m = 0; m < SIM_MAILBOXES; m++) {
            const int now = world_multiplicity(&sim->world, i, m, false);
            /* What nobody can know to be there may come there once more. */
            const int most = sim->world.ledger[i].most[m] + is_beyond_knowing(sim, m, i) +
                             (m + 1 == sim->server.trash ? trash_brought(&sim->server, i) : 0);
            /* Of several, in bytes that somebody rewrote, nobody can tell which was which. */
            if (sim->world.ledger[i].most[m] > 1 && (sim->world.ledger[i].saved || server_rewrote(&sim->server, i)))
                continue;
            /* What one client wants back, while another, or a run that is forgotten, brings it with other lines, comes both ways. */
            if (sim->world.ledger[i].out[m] && (sim->server.rewrites != DRESS_PLAIN ||
                                                (sim->world.clients > 1 && server_has_dresses(&sim->server, m, i))))
                continue;
            if (now > most && !server_is_cut(&sim->server, m)) /* of what is not shown a second one may go up */
                violation(&sim->world, "duplicate: #%d is %d times in %s, users made at most %d", i, now,
                          server_mailbox_name(m), sim->world.ledger[i].most[m]);
        }
    const bool total_binds = kind_on(&sim->world, KIND_TOTAL) && !kind_on(&sim->world, KIND_PATTERNS);
    for (int i = 0; total_binds && i < sim->world.next_content; i++) {
        const struct ledger *entry = &sim->world.ledger[i];
        int total = 0;
        for (int m = 0; m < SIM_MAILBOXES; m++)
            total += server_multiplicity(&sim->server, m, i);
        if (total > entry->total + entry->spread)
            violation(&sim->world, "doubled: #%d is %d times on the server, users made at most %d of it", i, total,
                      entry->total);
        kind_met(&sim->world, KIND_TOTAL);
    }
}
