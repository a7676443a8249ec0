/*
 * Sent mail. A mail reader saves what it sends in \Sent, and the server files the same message there itself, in its own words: before that, a moment
 * after it, minutes later, or never. Each is one message, as long as golub waits for the server's; which is for ten minutes.
 */
#include "tests/sim/sim_events.h"

#define WAIT_S 600 /* golub(1) */

static void
save_copy(struct sim *sim, int client, int content, bool waits)
{
    struct maildir_sim *maildir = &sim->clients[client].maildir;
    const int mailbox = sim->server.sent - 1;

    if (!maildir->tree.root || !maildir->tree.folder[mailbox] ||
        !mua_deliver(maildir, mailbox, content, FLAG_SEEN, sim->world.now))
        return;
    sim->world.ledger[content].sent = true;
    sim->world.ledger[content].sent_at = sim->world.now;
    sim->world.ledger[content].filed = waits ? sim->world.now : 0;
    ledger_put(&sim->world, content, mailbox);
    say(&sim->world, "  here %d: #%d is sent, and saved in %s", client, content, server_mailbox_name(mailbox));
}

/* In how many seconds the server files it; negative: never. */
static int
choose_delay(struct sim *sim)
{
    const unsigned what = rng_below(dice(sim), 100);

    if (what < 35)
        return (int)rng_below(dice(sim), 10);
    if (what < 70)
        return (int)rng_below(dice(sim), WAIT_S - 60);
    return what < 85 ? WAIT_S - 60 + (int)rng_below(dice(sim), 300) : -1;
}

void
event_send(struct sim *sim)
{
    struct server *server = &sim->server;
    const int client = (int)rng_below(dice(sim), (unsigned)sim->world.clients);
    const bool first = rng_chance(dice(sim), 25); /* it stands there when the mail reader saves its own */
    const int content = world_new_content(&sim->world, false);

    if (content < 0 || content_is_nameless(content) || content_shares_name(content) ||
        !server->boxes[server->sent - 1].exists || server->filing_count == SIM_FILING)
        return;
    const int delay = first ? 0 : choose_delay(sim);
    if (delay >= 0)
        server->filing[server->filing_count++] = (struct sim_filing){
            .content = content,
            .dress = rng_chance(dice(sim), 60) ? DRESS_DATED + DRESS_SERVER : DRESS_DATED,
            .due = sim->world.now + delay,
        };
    if (first)
        server_file(server, false);
    save_copy(sim, client, content, !first); /* it finds the server's there, or waits for it */
    kind_met(&sim->world, KIND_FILED);
}

void
event_minutes_pass(struct sim *sim)
{
    sim->world.now += rng_chance(dice(sim), 50) ? WAIT_S + 30 : 60 + (int)rng_below(dice(sim), WAIT_S);
    say(&sim->world, "  minutes pass");
    server_delayed(&sim->server, false);
}
