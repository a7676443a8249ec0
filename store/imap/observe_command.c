/* See observe_command.h. */
#include "store/imap/observe_command.h"

#define META "UID FLAGS INTERNALDATE RFC822.SIZE"
#define META_GMAIL META " X-GM-MSGID"
#define SIZELESS "UID FLAGS INTERNALDATE"
#define BARE "UID FLAGS"

/* Of what is new: all that its row is to know. */
static const char *
meta(const struct imap *imap)
{
    return imap->can.bits & CAPABILITY_LABELS ? META_GMAIL : META;
}

enum observe_mode
observe_mode(const struct imap *imap, const struct remote_select *mailbox)
{
    if (mailbox->first != 0)
        return OBSERVE_SOME;
    if (mailbox->full || mailbox->uidvalidity == 0 || mailbox->uidnext <= 1)
        return OBSERVE_FULL;
    if (mailbox->modseq == 0 || !client_condstore(imap))
        return OBSERVE_PLAIN;
    return client_qresync(imap) ? OBSERVE_QRESYNC : OBSERVE_CONDSTORE;
}

bool
observe_is_listing(const struct imap *imap, const struct remote_select *mailbox)
{
    return observe_mode(imap, mailbox) <= OBSERVE_PLAIN;
}

bool
observe_is_check(const struct imap *imap, const struct remote_select *mailbox, unsigned n)
{
    return observe_mode(imap, mailbox) != OBSERVE_SOME && n == (observe_mode(imap, mailbox) == OBSERVE_QRESYNC ? 1 : 2);
}

static bool
check_command(const struct remote_select *mailbox, char *to, size_t size)
{
    char from[16] = "";

    if (mailbox->check_from != 0 && mailbox->check_from < mailbox->check_uid)
        (void)text_print(from, sizeof from, "%u:", mailbox->check_from);
    return mailbox->check_uid != 0 &&
           text_print(to, size, "UID FETCH %s%u (UID INTERNALDATE RFC822.SIZE)", from, mailbox->check_uid);
}

bool
observe_command(const struct imap *imap, const struct remote_select *mailbox, unsigned n, const char *last, char *to,
                size_t size)
{
    const enum observe_mode mode = observe_mode(imap, mailbox);
    char known[16];

    (void)text_print(known, sizeof known, "%u", mode == OBSERVE_SOME ? mailbox->last : mailbox->uidnext - 1);
    if (mode == OBSERVE_SOME)
        return n == 0 && text_print(to, size, "UID FETCH %u:%s (UID INTERNALDATE RFC822.SIZE)", mailbox->first,
                                    last[0] == '*' ? known : last);
    if (mode == OBSERVE_FULL)
        return n == 0 && text_print(to, size, "UID FETCH 1:%s (%s)", last,
                                    mailbox->bare       ? BARE
                                    : mailbox->sizeless ? SIZELESS
                                                        : meta(imap));
    if (mode != OBSERVE_QRESYNC && n-- == 0) {
        last = last[0] == '*' ? known : last;
        if (mode == OBSERVE_PLAIN)
            return text_print(to, size, "UID FETCH 1:%s (UID FLAGS%s)", last, imap->disordered ? " INTERNALDATE" : "");
        return text_print(to, size, "UID FETCH 1:%s (UID FLAGS) (CHANGEDSINCE %llu)", last,
                          (unsigned long long)mailbox->modseq);
    }
    if (n == 0)
        return text_print(to, size, "UID FETCH %u:%s (%s)", mailbox->uidnext, last, meta(imap));
    return n == 1 && check_command(mailbox, to, size);
}
