/*
 * The maildrop of the import's tests: messages that lie as a test wants, and a server that does. Its operation number `fail_at` breaks the
 * connection, before or after it was carried out. A session of it is rig/drop_session.h's. Included once, after cmocka.h.
 */
#ifndef TESTS_UNIT_IMPORT_DROP_H
#define TESTS_UNIT_IMPORT_DROP_H

#include <stdlib.h>
#include <string.h>

#include "tests/rig/drop_session.h"

struct dropped { /* one message on the server */
    char uidl[80];
    char *bytes;
    size_t len;
    bool marked, gone;
    bool refuse_retr, refuse_dele, refuse_top;
    size_t give;          /* RETR gives so many bytes; 0: all */
    bool give_none;       /* not even one */
    bool give_once;       /* ... in one answer alone */
    size_t gives;         /* RETR gives the message of this index, counted from 1; 0: its own */
    size_t repeats;       /* RETR gives all of it so many times more */
    uint64_t listed_size; /* what LIST says; 0: the truth */
    bool no_size;         /* LIST says 0 */
    size_t top_gives;     /* TOP gives so many bytes; 0: all of its header */
    const char *top_adds; /* lines that its TOP has and its RETR has not; NULL: those of all */
    int breaks_retr;      /* so many times the line breaks in the middle of it; -1: each time */
    int breaks_top;       /* the same of TOP */
};

struct drop {
    struct dropped mails[DROP_MESSAGES];
    size_t count;
    bool no_uidl, no_top;
    bool empty_tops; /* +OK, and not a byte */
    bool lie_stat;
    bool breaks_quit;              /* the line breaks at each QUIT, and nothing goes */
    bool broken_list;              /* the line breaks at each LIST */
    int refuse_login_after;        /* so many logins of a run; 0: never */
    int expires;                   /* EXPIRE: so many days less one; 0: it has none */
    const char *top_adds;          /* lines that TOP has and RETR has not; NULL */
    bool keeps_all;                /* +OK to QUIT, and nothing goes */
    uint32_t list_from, list_most; /* a session shows so many, behind the first of them; most 0: all */
    bool gives_refused; /* a message whose RETR is refused comes all the same: each answer behind it is late by one */
    bool late;
    size_t late_index; /* the message that comes next then */
    bool lost_track;   /* a line comes that is no answer, with the next command after RETR */
    struct drop_session session;
    bool lost;
    void (*at_top)(void *context); /* happens once, before the next TOP; NULL */
    void *at_top_context;
    /* trouble */
    int operations, fail_at; /* counted from 1; 0: never */
    bool fail_after;         /* it was carried out, the answer is lost */
    /* what was asked for in the last run */
    const char *retr_words; /* of a refused RETR; NULL: the usual ones */
    int retrs, tops, deles, lists, quits, logins;
    uint32_t last_retr; /* number of the last one that was asked for; by its index from 1 */
};

static bool
drop_ready(void *self, enum drop_command command, struct error *err)
{
    struct drop *drop = self;
    void (*happens)(void *context) = drop->at_top;

    if (command == DROP_TOP && happens != NULL) {
        drop->at_top = NULL;
        happens(drop->at_top_context);
    }
    drop->lists += command == DROP_LIST;
    drop->quits += command == DROP_QUIT;
    drop->logins += command == DROP_LOGIN;
    if (command == DROP_LOGIN && drop->refuse_login_after != 0 && drop->logins > drop->refuse_login_after) {
        error_set(err, ERROR_LOGIN, "log in");
        return false;
    }
    drop->late = drop->late && command != DROP_LOGIN;
    if (drop->late && command != DROP_RETR) { /* what comes next is no answer to that */
        error_set(err, ERROR_NETWORK, "go on: it spoke without being asked");
        return false;
    }
    drop->lost = drop->lost_track && drop->retrs > 0 && (command == DROP_DELE || command == DROP_QUIT);
    if (drop->lost) /* what should be an answer is none */
        error_set(err, ERROR_SERVER, "read the answer: neither +OK nor -ERR");
    return !drop->lost;
}

static enum drop_fate
drop_step(void *self, enum drop_command command)
{
    struct drop *drop = self;

    if (command == DROP_TOP && drop->no_top)
        return DROP_GOES_ON;
    drop->tops += command == DROP_TOP;
    drop->retrs += command == DROP_RETR;
    drop->deles += command == DROP_DELE;
    if (command == DROP_QUIT && drop->breaks_quit)
        return DROP_BREAKS_BEFORE;
    if (command == DROP_LIST && drop->broken_list)
        return DROP_BREAKS_AFTER;
    if (++drop->operations != drop->fail_at)
        return DROP_GOES_ON;
    return drop->fail_after ? DROP_BREAKS_AFTER : DROP_BREAKS_BEFORE;
}

static enum drop_fate
drop_fate(void *self, enum drop_command command, size_t index)
{
    struct dropped *mail = &((struct drop *)self)->mails[index];
    if (command == DROP_RETR)
        ((struct drop *)self)->last_retr = (uint32_t)index + 1;
    int *breaks = command == DROP_RETR ? &mail->breaks_retr : command == DROP_TOP ? &mail->breaks_top : NULL;

    if (breaks == NULL || *breaks == 0)
        return DROP_GOES_ON;
    *breaks -= *breaks > 0;
    return DROP_BREAKS_AFTER;
}

static bool
drop_broke(void *self, bool after, struct error *err)
{
    (void)self;
    error_set(err, ERROR_NETWORK, "%s", after ? "hear the server's answer" : "talk to the server");
    error_answer(err, TEXT("the line broke"));
    return false;
}

static void
drop_wrong(void *self, const char *what)
{
    (void)self;
    fail_msg("%s", what);
}

static void
drop_list(void *self)
{
    struct drop *drop = self;
    const uint32_t from = drop->list_most != 0 ? drop->list_from : 0;
    uint32_t here = 0;

    drop->session.window = 3;
    drop->lost = false;
    for (size_t i = 0; i < drop->count; i++) {
        drop->mails[i].marked = false;
        if (drop->mails[i].gone)
            continue;
        if (here >= from && (drop->list_most == 0 || here - from < drop->list_most))
            drop_session_show(&drop->session, i);
        here++;
    }
}

static void
drop_info(void *self, struct maildrop_info *out)
{
    const struct drop *drop = self;

    *out = (struct maildrop_info){.server = "memory",
                                  .uidl = !drop->no_uidl,
                                  .top = !drop->no_top,
                                  .pipelining = true,
                                  .expire_days = drop->expires - 1,
                                  .lost_track = drop->lost,
                                  .capabilities = ""};
}

static void
drop_stat(void *self, uint64_t *messages, uint64_t *bytes)
{
    const struct drop *drop = self;

    *messages = drop->session.listed + drop->lie_stat;
    *bytes = 0;
}

static bool
drop_has_uidl(void *self)
{
    return !((const struct drop *)self)->no_uidl;
}

static bool
drop_has_top(void *self)
{
    return !((const struct drop *)self)->no_top;
}

static const char *
drop_uidl(void *self, size_t index, uint32_t line)
{
    (void)line;
    return ((struct drop *)self)->mails[index].uidl;
}

static uint64_t
drop_size(void *self, size_t index)
{
    const struct dropped *mail = &((const struct drop *)self)->mails[index];

    return mail->no_size ? 0 : mail->listed_size != 0 ? mail->listed_size : mail->len;
}

static const char *
drop_refuses(void *self, enum drop_command command, size_t index)
{
    struct drop *drop = self;
    const struct dropped *mail = command != DROP_QUIT ? &drop->mails[index] : NULL;

    switch (command) {
    case DROP_TOP:
        return mail->refuse_top ? "-ERR no top today" : NULL;
    case DROP_RETR:
        if (!mail->refuse_retr)
            return NULL;
        if (drop->gives_refused && !drop->late) {
            drop->late = true;
            drop->late_index = index;
        }
        return drop->retr_words != NULL ? drop->retr_words : "-ERR the disk has a hole here";
    case DROP_DELE:
        return mail->refuse_dele ? "-ERR this one stays" : NULL;
    default:
        return NULL;
    }
}

/* Up to and with the empty line; all, if there is none. */
static size_t
header_length(const struct dropped *mail)
{
    for (size_t i = 0; i < mail->len; i++)
        if (mail->bytes[i] == '\n' && (i + 1 < mail->len && mail->bytes[i + 1] == '\n'))
            return i + 2;
        else if (mail->bytes[i] == '\n' && i + 2 < mail->len && mail->bytes[i + 1] == '\r' &&
                 mail->bytes[i + 2] == '\n')
            return i + 3;
    return mail->len;
}

static bool
drop_send_header(void *self, size_t index, uint32_t number, const struct maildrop_taker *taker)
{
    const struct drop *drop = self;
    const struct dropped *mail = &drop->mails[index];
    const char *adds = mail->top_adds != NULL ? mail->top_adds : drop->top_adds;
    const size_t added = adds != NULL ? strlen(adds) : 0;

    if (drop->empty_tops)
        return true;
    return (added == 0 || taker->bytes(taker->context, number, adds, added)) &&
           taker->bytes(taker->context, number, mail->bytes,
                        mail->top_gives != 0 ? mail->top_gives : header_length(mail));
}

/* In two halves; the line breaks between them. */
static bool
drop_send_body(void *self, size_t index, uint32_t number, bool breaks, const struct maildrop_taker *taker)
{
    struct drop *drop = self;
    const size_t given = drop->mails[index].gives != 0 ? drop->mails[index].gives - 1 : index;
    const struct dropped *mail = &drop->mails[drop->late ? drop->late_index : given];
    const size_t len = mail->give_none ? 0 : mail->give != 0 && mail->give < mail->len ? mail->give : mail->len;
    const size_t half = len / 2;

    if (mail->give_once) {
        struct dropped *once = &drop->mails[mail - drop->mails];

        once->give_once = once->give_none = false;
        once->give = 0;
    }
    drop->late_index = index;
    if (half > 0 && !taker->bytes(taker->context, number, mail->bytes, half))
        return false;
    if (breaks)
        return true;
    if (len > half && !taker->bytes(taker->context, number, mail->bytes + half, len - half))
        return false;
    for (size_t i = 0; i < mail->repeats; i++)
        if (!taker->bytes(taker->context, number, mail->bytes, len))
            return false;
    return true;
}

static void
drop_mark(void *self, size_t index)
{
    ((struct drop *)self)->mails[index].marked = true;
}

static void
drop_carry_out(void *self, bool refused)
{
    struct drop *drop = self;

    (void)refused;
    for (size_t i = 0; !drop->keeps_all && i < drop->count; i++)
        drop->mails[i].gone = drop->mails[i].gone || drop->mails[i].marked;
}

static void
drop_closed(void *self)
{
    (void)self; /* the next session forgets what is marked */
}

static struct maildrop
drop_maildrop(struct drop *drop)
{
    static const struct drop_server server = {
        .ready = drop_ready,
        .step = drop_step,
        .fate = drop_fate,
        .broke = drop_broke,
        .wrong = drop_wrong,
        .list = drop_list,
        .info = drop_info,
        .stat = drop_stat,
        .has_uidl = drop_has_uidl,
        .has_top = drop_has_top,
        .uidl = drop_uidl,
        .size = drop_size,
        .refuses = drop_refuses,
        .send_header = drop_send_header,
        .send_body = drop_send_body,
        .mark = drop_mark,
        .carry_out = drop_carry_out,
        .closed = drop_closed,
    };

    drop->session.server = &server;
    drop->session.self = drop;
    return (struct maildrop){&drop_session_ops, &drop->session};
}

#endif
