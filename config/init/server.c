/* The server: of a known provider, or as the user says. Nothing is guessed, and none is written that has not answered. */
#include "config/init/init.h"

#include <strings.h>

#include "config/paths.h"
#include "config/signals.h"
#include "sync/inspect/inspect.h"

#define TRY_S 20 /* without any progress */

static bool
has_scheme(const char *server)
{
    return strstr(server, "://") != NULL;
}

/* The server is as far as it can be without a password: connected, verified, greeted, and its capabilities are known. */
static bool
come_so_far(void *context, bool again, char **secret, struct error *err)
{
    bool *reached = context;

    (void)again;
    (void)secret;
    *reached = true;
    error_set(err, ERROR_INTERRUPTED, "try the server");
    return false;
}

static bool
try_server(struct init *in, const char *server)
{
    struct block block = {.name = "init",
                          .server = server,
                          .user = "init",
                          .password_command = "false",
                          .maildir = "/nonexistent/golub-init",
                          .ca_file = in->block.ca_file,
                          .fingerprint = in->block.fingerprint};
    char *text = block_text(&block);
    struct settings *loaded = text != NULL ? settings_of_text("(answers)", text, false, &in->err) : NULL;
    bool reached = false;

    free(text);
    if (loaded == NULL)
        return false;
    loaded->accounts[0].account.connection.secret = come_so_far;
    loaded->accounts[0].account.connection.secret_context = &reached;
    loaded->accounts[0].account.connection.stopped = signals_stopped;
    loaded->accounts[0].account.connection.timeout_s = TRY_S;
    loaded->accounts[0].account.connection.wire_log = in->options->verbose;
    if (account_reach(&loaded->accounts[0].account, &in->err))
        reached = true;
    settings_free(loaded);
    if (reached)
        ask_say(&in->ask, "%s answers, and proves to be it.", server);
    else if (in->err.kind == ERROR_INTERRUPTED && !signals_stopped(NULL))
        in->err.kind = ERROR_NETWORK;
    return reached;
}

static bool
is_interrupted(const struct init *in)
{
    return in->err.kind == ERROR_INTERRUPTED;
}

/* One of the two protocols by host alone. @return whether to go on */
static bool
try_host(struct init *in, const char *host, bool pop, char to[static ASK_MAX])
{
    const char *wanted = in->options->init[INIT_PROTOCOL];

    if (host == NULL || (wanted != NULL && strcmp(wanted, pop ? "pop" : "imap") != 0))
        return true;
    if (!text_print(to, ASK_MAX, "%s://%s", pop ? "pop3s" : "imaps", host)) {
        error_state(&in->err, ERROR_CONFIG, "the server's name is too long");
        to[0] = '\0';
        return false;
    }
    if (try_server(in, to))
        return true;
    to[0] = '\0';
    return !is_interrupted(in);
}

/* @param server  with a scheme, or a host whose two usual ports are tried */
static bool
find_protocols(struct init *in, const char *server)
{
    const bool pop = strncasecmp(server, "pop3", 4) == 0;
    bool done;

    in->imap[0] = in->pop[0] = '\0';
    if (has_scheme(server)) {
        done = try_server(in, server) && text_print(pop ? in->pop : in->imap, ASK_MAX, "%s", server);
    } else {
        const bool known =
            in->provider != NULL && in->provider->imap != NULL && strcmp(server, in->provider->imap) == 0;

        done = try_host(in, server, false, in->imap) && try_host(in, known ? in->provider->pop : server, true, in->pop);
    }
    in->use.imap = in->imap[0] != '\0';
    in->use.pop = in->pop[0] != '\0';
    return done && (in->use.imap || in->use.pop);
}

static bool
ask_trust(struct init *in)
{
    static const char *const choices[] = {
        "another server", "a file with the certificate of who signed it (tls-ca-file)",
        "the fingerprint of its key, as the provider tells it (tls-fingerprint)", NULL};
    const struct question question = {
        .option = "--tls-ca-file or --tls-fingerprint",
        .why = "The certificate does not prove that this is the server. Somebody in between would show one like that.",
        .text = "What shall be changed?"};
    size_t choice;

    if (!ask_choice(&in->ask, &question, choices, 0, &choice, &in->err))
        return false;
    if (choice == 1 && init_ask(in, INIT_TLS_CA_FILE, "It is a PEM file.", "File", NULL, in->ca_file))
        in->block.ca_file = in->ca_file;
    else if (choice == 2 &&
             init_ask(
                 in, INIT_TLS_FINGERPRINT,
                 "64 hexadecimal digits: compare them with the provider's own words, not with the line above alone.",
                 "Fingerprint", NULL, in->fingerprint))
        in->block.fingerprint = in->fingerprint;
    else if (choice != 0)
        return false;
    return true;
}

/* A path of the command line is relative to where golub was called; in the file it is written whole. */
static bool
take_ca_file(struct init *in)
{
    const char *given = in->options->init[INIT_TLS_CA_FILE];
    char *here, *path;
    bool done;

    in->block.fingerprint = in->options->init[INIT_TLS_FINGERPRINT];
    if (given == NULL)
        return true;
    here = getcwd(NULL, 0);
    done = paths_expand(given, here != NULL ? here : "/", &path, &in->err);
    free(here);
    if (!done)
        return false;
    done = text_print(in->ca_file, sizeof in->ca_file, "%s", path);
    free(path);
    in->block.ca_file = in->ca_file;
    if (!done)
        error_state(&in->err, ERROR_CONFIG, "--tls-ca-file is too long");
    return done;
}

bool
init_server(struct init *in)
{
    const char *given = in->options->init[INIT_SERVER], *fallback = in->provider != NULL ? in->provider->imap : NULL;
    char server[ASK_MAX];
    char line[1024];

    if (!take_ca_file(in))
        return false;
    if (in->provider != NULL && given == NULL)
        ask_say(&in->ask, "The address belongs to %s.", in->provider->name);
    for (bool first = true;; first = false) {
        if (first && given != NULL) {
            if (!text_print(server, sizeof server, "%s", given)) {
                error_state(&in->err, ERROR_CONFIG, "--server is too long");
                return false;
            }
        } else if (!init_ask(in, INIT_SERVER,
                             "The server is where the mail is fetched from; the provider's help pages name it. A bare "
                             "name is tried by "
                             "TLS;\nimap://HOST and pop3://HOST ask for STARTTLS.",
                             "Server", fallback, server)) {
            return false;
        }
        if (find_protocols(in, server))
            return true;
        if (!in->ask.terminal || in->ask.defaults || is_interrupted(in))
            return false;
        error_line(&in->err, line, sizeof line);
        ask_say(&in->ask, "%s", line);
        if (strstr(in->err.what, "certificate") != NULL && !ask_trust(in))
            return false;
        fallback = server[0] != '\0' && strlen(server) < 300 ? server : NULL;
        if (fallback != NULL) {
            (void)text_print(in->server, sizeof in->server, "%s", server);
            fallback = in->server;
        }
    }
}
