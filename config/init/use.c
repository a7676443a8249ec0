/* IMAP or POP, by what the mail is used for. */
#include "config/init/init.h"

const char init_explanation[] =
    "What                        IMAP                                      POP\n"
    "Folders, Sent, read marks   both ways                                 the inbox alone; nothing goes back\n"
    "You delete here             gone there too (held if many)             stays there as `keep` says\n"
    "You delete on the phone     gone here too, 30 days in the quarantine  stays here\n"
    "Server full or closed       your copy is complete                     your copy is what was fetched\n"
    "Disk dies                   fetch again                               lost, if `keep` has removed it\n"
    "\n"
    "By POP golub removes nothing from the server unless `keep` says so. By IMAP the copy here is complete and can be "
    "read without\n"
    "a connection, and what is deleted on one side is deleted on the other. Nothing left on the server means: one disk "
    "has it.\n";

static bool
ask_use(struct init *in, enum use_answer *answer, const char *option, const char *why, const char *text, bool unsure,
        size_t fallback)
{
    static const char *const choices[] = {"yes", "no", "I don't know", NULL}, *const two[] = {"yes", "no", NULL};
    const struct question question = {.option = option, .why = why, .text = text};
    size_t choice;

    if (!ask_choice(&in->ask, &question, unsure ? choices : two, fallback, &choice, &in->err))
        return false;
    *answer = choice == 0 ? USE_YES : choice == 1 ? USE_NO : USE_UNKNOWN;
    return true;
}

static bool
ask_uses(struct init *in)
{
    for (;;) {
        bool done = true;

        switch (use_next(&in->use)) {
        case USE_ASK_ELSEWHERE:
            done = ask_use(in, &in->use.elsewhere, "--protocol",
                           "IMAP keeps several readers in step, POP fetches for one.",
                           "Do you read this mail anywhere else too: phone, webmail, another computer?", false, 0);
            break;
        case USE_ASK_STAY:
            done = ask_use(in, &in->use.stay, in->use.imap ? "--protocol" : "--keep",
                           "What stays there is a second copy, and counts against the quota.",
                           "Should the mail stay on the server?", true, 0);
            break;
        case USE_ASK_BACKED_UP:
            done = ask_use(in, &in->use.backed_up, "--keep",
                           "What is taken off the server is on this machine's disk alone.",
                           "Is this machine's mail backed up?", false, 1);
            if (done && in->use.backed_up == USE_NO)
                ask_say(&in->ask, "So it stays on the server for now. Once there is a backup, write keep = \"30d\" "
                                  "into the account.");
            break;
        case USE_DECIDED:
            return true;
        }
        if (!done)
            return false;
    }
}

/* Into the inbox of an IMAP account that is there already? */
static bool
ask_into(struct init *in)
{
    struct configured *into = NULL;
    const char *given = in->options->init[INIT_INTO];
    char text[160];
    enum use_answer answer = USE_NO;

    if (given != NULL) {
        into = settings_find(in->settings, given);
        if (into == NULL || account_is_pop(&into->account)) {
            error_state(&in->err, ERROR_CONFIG, "--into names no IMAP account: %.100s", given);
            return false;
        }
    }
    for (size_t i = 0; into == NULL && in->ask.terminal && !in->ask.defaults &&
                       in->options->init[INIT_MAILDIR] == NULL && i < in->settings->count;
         i++) {
        struct configured *c = &in->settings->accounts[i];

        (void)text_print(text, sizeof text, "Put it into the inbox of \"%s\"?", c->account.name);
        if (account_is_pop(&c->account))
            continue;
        if (!ask_use(in, &answer, "--into",
                     "POP mail can come together with other mail, and then goes up to that server, too.", text, false,
                     1))
            return false;
        into = answer == USE_YES ? c : NULL;
    }
    if (into == NULL)
        return true;
    in->block.maildir = into->account.maildir;
    in->block.deliver_to = "INBOX";
    in->block.layout = into->account.policy.layout == LAYOUT_MAILDIRPP ? "maildir++"
                       : into->account.policy.layout == LAYOUT_FLAT    ? "flat"
                                                                       : NULL;
    return true;
}

bool
init_use(struct init *in)
{
    const char *protocol = in->options->init[INIT_PROTOCOL], *keep = in->options->init[INIT_KEEP];

    if (protocol != NULL) {
        in->use.imap = in->use.imap && strcmp(protocol, "imap") == 0;
        in->use.pop = in->use.pop && strcmp(protocol, "pop") == 0;
        if (!in->use.imap && !in->use.pop) {
            error_state(&in->err, ERROR_CONFIG, "--protocol %s is not what this server speaks", protocol);
            return false;
        }
        in->use.elsewhere = in->use.pop ? USE_NO : USE_YES;
    } else if (in->use.imap != in->use.pop) {
        ask_say(&in->ask, "It speaks %s only, as far as was tried.", in->use.imap ? "IMAP" : "POP");
    } else if (in->ask.terminal && !in->ask.defaults) {
        ask_say(&in->ask, "\n%s", init_explanation);
    }
    if (in->use.pop && (keep != NULL || protocol != NULL))
        in->use.stay = in->use.elsewhere == USE_NOT_ASKED ? USE_NOT_ASKED : USE_YES;
    if (keep != NULL && !in->use.imap)
        in->use.stay = USE_YES;
    if (protocol != NULL && in->use.pop)
        in->use.stay = USE_YES;
    if (!ask_uses(in))
        return false;
    if (!use_is_pop(&in->use)) {
        in->block.server = in->imap;
        return true;
    }
    in->block.server = in->pop;
    in->block.keep = keep != NULL ? keep : use_keep(&in->use);
    return ask_into(in);
}
