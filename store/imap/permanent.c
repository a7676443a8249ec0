/*
 * For `golub check`: which flags can INBOX store? EXAMINE says "()" on several servers, so this is a SELECT, as a sync's is. It changes
 * nothing but that messages are not \Recent any more, which is nobody's to sync.
 */
#include "store/imap/client.h"

struct asking {
    struct imap *imap;
    struct selection selection;
    struct imap_flags *out;
};

static bool
take_untagged(void *self, const struct response *response, const struct command *oldest)
{
    struct asking *asking = self;

    (void)oldest;
    (void)select_track(asking->imap, &asking->selection);
    select_untagged(asking->imap, &asking->selection, response);
    return true;
}

static bool
take_answer(void *self, const struct command *command, const struct response *response)
{
    struct asking *asking = self;
    struct remote_outcome refused;

    (void)select_track(asking->imap, &asking->selection);
    if (!select_answered(asking->imap, &asking->selection, command, response))
        return false;
    if (command->kind == COMMAND_SELECT && response->state != STATE_OK) {
        client_refused(response, &refused);
        (void)text_print(asking->out->answer, sizeof asking->out->answer, "%s", refused.answer);
    }
    return true;
}

bool
imap_permanent(struct imap *imap, struct imap_flags *out, struct error *err)
{
    struct asking asking = {.imap = imap, .out = out};
    const struct operation operation = {.self = &asking, .untagged = take_untagged, .answered = take_answer};
    const bool examine = imap->examine;
    bool ok;

    *out = (struct imap_flags){.held = FLAG_ALL};
    imap->examine = false;
    ok = client_drain(imap, err) && select_send(imap, 0, TEXT("INBOX"), "", err) &&
         queue_run(&imap->queue, &operation, err);
    imap->examine = examine;
    if (!ok)
        return false;
    out->selected = asking.selection.ok;
    out->read_only = asking.selection.read_only;
    out->told = asking.selection.permanent_said || asking.selection.wildcard;
    out->keywords = asking.selection.wildcard;
    if (asking.selection.permanent_said)
        out->held = asking.selection.permanent;
    return true;
}
