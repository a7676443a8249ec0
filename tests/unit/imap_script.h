/*
 * A scripted IMAP server in a thread, and everything that a struct remote tells its caller written down as text, so
 * that a test is a dialogue and what became of it. The login is played by itself; tags of the engine are g1, g2 ... A
 * script:
 *
 *     "C:g2 SELECT *"   read a line; it must match (fnmatch)
 *     "S:* 3 EXISTS"    send it, with a line end        "s:half" without
 *     "B:12"            read that many bytes, as they are
 *     "N:300000:(a "    send this that often
 *     "W:"              wait until nothing has come for a tenth of a second: what was to come together has come
 *     "E:"              close
 */
#ifndef TESTS_UNIT_IMAP_SCRIPT_H
#define TESTS_UNIT_IMAP_SCRIPT_H

#include <arpa/inet.h>
#include <fnmatch.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "store/imap/imap.h"
#include "tests/rig/secret.h"

#define TOLD_MAX (256 * 1024)
#define LIMIT_SCRIPT_LINE (128 * 1024)

struct script {
    const char *const *steps;
    const char *capabilities;
    int listener, fd;
    pthread_t thread;
    char complaint[2048];
    char line[LIMIT_SCRIPT_LINE];
    /* the client */
    struct connection connection;
    struct imap *imap;
    struct remote remote;
    struct error err;
    char told[TOLD_MAX]; /* everything that was reported */
    size_t told_len;
    size_t bytes;                /* of bodies */
    const char *const *messages; /* to be appended */
    size_t message_len;          /* 0: strlen */
    size_t at;
    uint32_t refuse;   /* verify says no to this UID */
    size_t stop_after; /* reports until a callback says no; 0: never */
    bool stopped;
};

/* ---- the server ---- */

static bool
script_read_line(struct script *script)
{
    size_t len = 0;

    while (len + 1 < sizeof script->line && recv(script->fd, script->line + len, 1, 0) == 1) {
        if (script->line[len] == '\n') {
            script->line[len > 0 && script->line[len - 1] == '\r' ? len - 1 : len] = '\0';
            return true;
        }
        len++;
    }
    script->line[len] = '\0';
    return false;
}

static void
script_send(struct script *script, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(script->fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        len -= (size_t)sent;
    }
}

/* The same bytes so many times, in as few calls as it takes. */
static void
script_repeat(struct script *script, const char *bytes, long count)
{
    char block[16384];
    const size_t len = strlen(bytes);
    const long fit = (long)(sizeof block / len);

    for (long i = 0; i < fit; i++)
        memcpy(block + (size_t)i * len, bytes, len);
    for (; count > 0; count -= fit)
        script_send(script, block, (size_t)(count < fit ? count : fit) * len);
}

static void
script_complain(struct script *script, const char *what, const char *about)
{
    if (script->complaint[0] == '\0')
        (void)text_print(script->complaint, sizeof script->complaint, "%.900s: %.900s", what, about);
}

static void
script_login(struct script *script)
{
    const char *ready = "ready";
    char reply[2048];

    if (script->steps[0] != NULL && script->steps[0][0] == 'G')
        ready = *script->steps++ + 2;
    (void)text_print(reply, sizeof reply, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] %s\r\n", ready);
    script_send(script, reply, strlen(reply));
    if (!script_read_line(script))
        script_complain(script, "login", "nobody came");
    (void)text_print(reply, sizeof reply, "%.*s OK [CAPABILITY IMAP4rev1 %s] in\r\n", (int)strcspn(script->line, " "),
                     script->line, script->capabilities);
    script_send(script, reply, strlen(reply));
}

static void
script_play(struct script *script, const char *step)
{
    const char *rest = step + 2;

    if (step[0] == 'C') {
        if (!script_read_line(script))
            script_complain(script, "no line came, but this was expected", rest);
        else if (fnmatch(rest, script->line, FNM_NOESCAPE) != 0)
            script_complain(script, rest, script->line);
    } else if (step[0] == 'S' || step[0] == 's') {
        script_send(script, rest, strlen(rest));
        script_send(script, "\r\n", step[0] == 'S' ? 2 : 0);
    } else if (step[0] == 'B') {
        for (size_t left = (size_t)strtol(rest, NULL, 10); left > 0 && script->complaint[0] == '\0';) {
            ssize_t got = recv(script->fd, script->line, left < sizeof script->line ? left : sizeof script->line, 0);
            if (got <= 0)
                script_complain(script, step, "the bytes did not come");
            left -= got > 0 ? (size_t)got : 0;
        }
    } else if (step[0] == 'N') {
        char *text;
        long count = strtol(rest, &text, 10);
        script_repeat(script, text + 1, count);
    } else if (step[0] == 'W') {
        struct pollfd quiet = {.fd = script->fd, .events = POLLIN};
        if (poll(&quiet, 1, 100) != 0)
            script_complain(script, step, "something came");
    } else {
        (void)shutdown(script->fd, SHUT_RDWR);
    }
}

static void *
script_run(void *argument)
{
    struct script *script = argument;
    char byte;

    script->fd = accept(script->listener, NULL, NULL);
    script_login(script);
    for (const char *const *step = script->steps; *step != NULL && script->complaint[0] == '\0'; step++)
        script_play(script, *step);
    while (script->complaint[0] == '\0' && recv(script->fd, &byte, 1, 0) == 1) /* LOGOUT */
        continue;
    (void)close(script->fd);
    return NULL;
}

/* ---- what was told ---- */

static bool
tell(struct script *script, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(script->told + script->told_len, TOLD_MAX - script->told_len, format, args);
    va_end(args);
    if (len > 0 && (size_t)len < TOLD_MAX - script->told_len)
        script->told_len += (size_t)len;
    if (script->stop_after > 0 && --script->stop_after == 0) {
        error_set(&script->err, ERROR_LOCAL, "the caller has had enough");
        return false;
    }
    return true;
}

static const char *
outcome_text(const struct remote_outcome *outcome)
{
    static char text[700];

    (void)text_print(text, sizeof text, "%s%s%s%s%s%s%s%s%s%s", outcome->ok ? "ok" : "no", outcome->gone ? " gone" : "",
                     outcome->permanent ? " permanent" : "", outcome->throttled ? " throttled" : "",
                     outcome->denied ? " denied" : "", outcome->over_quota ? " quota" : "",
                     outcome->changed ? " changed" : "", outcome->doubtful ? " doubtful" : "",
                     outcome->answer[0] ? ": " : "", outcome->answer);
    if (outcome->shown != 0)
        (void)text_print(text + strlen(text), sizeof text - strlen(text), ", shows %u", outcome->shown);
    if (outcome->ours_to != 0)
        (void)text_print(text + strlen(text), sizeof text - strlen(text), ", ours after %llu to %llu",
                         (unsigned long long)outcome->ours_after, (unsigned long long)outcome->ours_to);
    return text;
}

static const char *
letters(unsigned flags)
{
    static char text[7];

    flags_to_letters(flags, text);
    return text;
}

static bool
tell_selected(void *context, size_t index, const struct remote_selected *selected)
{
    return tell(context, "selected %zu v%u next %u exists %u modseq %llu permanent %s%s%s%s\n", index,
                selected->uidvalidity, selected->uidnext, selected->exists, (unsigned long long)selected->modseq,
                letters(selected->permanent), selected->keywords ? "*" : "", selected->delta ? " delta" : "",
                selected->read_only ? " read-only" : "");
}

static bool
tell_vanished(void *context, size_t index, uint32_t first, uint32_t last)
{
    return tell(context, "vanished %zu %u-%u\n", index, first, last);
}

static bool
tell_message(void *context, size_t index, const struct remote_message *message)
{
    char flags[64] = "", meta[64] = "";

    if (message->has_flags)
        (void)text_print(flags, sizeof flags, " (%s%s%.40s)", letters(message->flags), message->keywords[0] ? " " : "",
                         message->keywords);
    if (message->has_meta)
        (void)text_print(meta, sizeof meta, " %llu @%lld", (unsigned long long)message->size, (long long)message->date);
    return tell(context, "message %zu u%u%s%s\n", index, message->uid, flags, meta);
}

static bool
tell_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    return tell(context, "done %zu %s\n", index, outcome_text(outcome));
}

static const struct remote_observer telling_observer = {tell_selected, tell_vanished, tell_message, tell_done};

static bool
tell_begin(void *context, size_t index, uint64_t size)
{
    return tell(context, "begin %zu %llu\n", index, (unsigned long long)size);
}

static bool
tell_data(void *context, size_t index, const void *bytes, size_t len)
{
    struct script *script = context;

    (void)index;
    (void)bytes;
    script->bytes += len;
    return true;
}

static bool
tell_end(void *context, size_t index, uint32_t uid)
{
    return tell(context, "end %zu u%u\n", index, uid);
}

static bool
tell_refused(void *context, size_t index, uint32_t uid, const struct remote_outcome *outcome)
{
    return tell(context, "refused %zu u%u %s\n", index, uid, outcome_text(outcome));
}

static bool
tell_sized(void *context, size_t index, uint64_t size)
{
    return tell(context, "size %zu %llu\n", index, (unsigned long long)size);
}

static const struct remote_sink telling_sink = {tell_begin, tell_data, tell_end, tell_done, tell_refused, tell_sized};

static bool
tell_verify(void *context, size_t index, size_t item, const struct remote_message *now)
{
    struct script *script = context;

    (void)tell(script, "verify %zu.%zu u%u (%s) %llu", index, item, now->uid, letters(now->flags),
               (unsigned long long)now->size);
    if (now->header != NULL)
        (void)tell(script, " %02x%02x", now->header[0], now->header[1]);
    (void)tell(script, "\n");
    return now->uid != script->refuse;
}

static bool
tell_changed(void *context, size_t index, size_t item, uint32_t uid, const struct remote_outcome *outcome)
{
    return tell(context, "done %zu.%zu u%u %s", index, item, uid, outcome_text(outcome)) &&
           (outcome->came_to == 0 || tell(context, " %u:%u", outcome->came_to, outcome->came_as)) &&
           (!outcome->marked || tell(context, ", marked")) &&
           (outcome->ok || !outcome->unmarked || tell(context, ", unmarked")) && tell(context, "\n");
}

static const struct remote_changer telling_changer = {tell_verify, tell_changed};

static bool
tell_appended(void *context, size_t index, uint32_t uid, const struct remote_outcome *outcome)
{
    return tell(context, "appended %zu u%u %s\n", index, uid, outcome_text(outcome));
}

static bool
give_bytes(void *context, size_t index, void *to, size_t size, size_t *got)
{
    struct script *script = context;
    const char *message = script->messages[index];
    size_t left = (script->message_len > 0 ? script->message_len : strlen(message)) - script->at;

    *got = size < left ? size : left;
    memcpy(to, message + script->at, *got);
    script->at += *got;
    return true;
}

static bool
give_again(void *context, size_t index)
{
    struct script *script = context;

    (void)index;
    script->at = 0;
    return true;
}

static const struct remote_appender telling_appender = {give_bytes, give_again, tell_appended};

static bool
tell_listed(void *context, const struct remote_listed *mailbox)
{
    char name[300];

    error_escape(name, sizeof name, mailbox->utf8.at != NULL ? mailbox->utf8 : mailbox->name);
    (void)tell(context, "%s%s '%c' %x", mailbox->utf8.at != NULL ? "" : "undecoded ", name,
               mailbox->separator ? mailbox->separator : '0', mailbox->attributes);
    if (mailbox->other.at != NULL)
        (void)tell(context, " or %.*s", (int)mailbox->other.len, mailbox->other.at);
    if (mailbox->has_status)
        (void)tell(context, " %u next %u v%u modseq %llu", mailbox->messages, mailbox->uidnext, mailbox->uidvalidity,
                   (unsigned long long)mailbox->modseq);
    if (mailbox->objectid[0] != '\0')
        (void)tell(context, " id %s", mailbox->objectid);
    return tell(context, "\n");
}

static bool
tell_created(void *context, size_t index, struct text wire_name, const struct remote_outcome *outcome)
{
    return tell(context, "created %zu %.*s %s\n", index, (int)wire_name.len, wire_name.at, outcome_text(outcome));
}

/* ---- the test's side ---- */

static bool
is_stopped(void *context)
{
    return ((struct script *)context)->stopped;
}

/* @param avoided  what an earlier run learned, or NULL */
static struct script *
given_script_after(const char *avoided, const char *capabilities, const char *const *steps)
{
    struct script *script = calloc(1, sizeof *script);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    assert_non_null(script);
    script->steps = steps;
    script->capabilities = capabilities;
    script->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(script->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(script->listener, 1), 0);
    assert_int_equal(getsockname(script->listener, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(pthread_create(&script->thread, NULL, script_run, script), 0);
    script->connection = (struct connection){.scheme = SCHEME_IMAP,
                                             .host = "127.0.0.1",
                                             .port = ntohs(address.sin_port),
                                             .user = "ana",
                                             .tls = TLS_NONE,
                                             .timeout_s = 10,
                                             .secret = tell_secret,
                                             .secret_context = (void *)"secret",
                                             .stopped = is_stopped,
                                             .stopped_context = script};
    script->imap = imap_new(&script->connection);
    assert_non_null(script->imap);
    script->remote = imap_remote(script->imap);
    if (avoided != NULL)
        script->remote.ops->avoid(script->remote.self, avoided);
    if (!script->remote.ops->open(script->remote.self, false, &script->err))
        fail_msg("open: %s: %s", script->err.what, script->err.answer);
    return script;
}

static struct script *
given_script(const char *capabilities, const char *const *steps)
{
    return given_script_after(NULL, capabilities, steps);
}

/* The dialogue was as the script has it. */
static void
end_script(struct script *script)
{
    imap_free(script->imap);
    assert_int_equal(pthread_join(script->thread, NULL), 0);
    (void)close(script->listener);
    assert_string_equal(script->complaint, "");
    free(script);
}

static void
assert_told(const struct script *script, const char *expected)
{
    assert_string_equal(script->told, expected);
}

/* A test says what it needs; not every program needs all of these. */
static inline void
use_all_of_script(void)
{
    (void)telling_observer;
    (void)telling_sink;
    (void)telling_changer;
    (void)telling_appender;
    (void)tell_listed;
    (void)tell_created;
    (void)given_script;
    (void)end_script;
    (void)assert_told;
}

#endif
