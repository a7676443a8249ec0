#include "config/init/decide.h"

bool
use_is_pop(const struct use *use)
{
    if (!use->imap || !use->pop)
        return use->pop;
    return use->elsewhere == USE_NO && use->stay == USE_NO;
}

enum use_question
use_next(const struct use *use)
{
    if (use->imap && use->pop && use->elsewhere == USE_NOT_ASKED)
        return USE_ASK_ELSEWHERE;
    if (use->pop && (!use->imap || use->elsewhere == USE_NO) && use->stay == USE_NOT_ASKED)
        return USE_ASK_STAY;
    if (use_is_pop(use) && use->stay == USE_NO && use->backed_up == USE_NOT_ASKED)
        return USE_ASK_BACKED_UP;
    return USE_DECIDED;
}

const char *
use_keep(const struct use *use)
{
    return use->stay == USE_NO && use->backed_up == USE_YES ? "30d" : "forever";
}
