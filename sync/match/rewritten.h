/*
 * Servers that rewrite what they are given (Exchange, Zoho, Domino: a line more in the header, another boundary): no digest of the file is that
 * of the message. It is known by its Message-ID, and by the date and size that the server says of it.
 */
#ifndef SYNC_MATCH_REWRITTEN_H
#define SYNC_MATCH_REWRITTEN_H

#include "sync/match/meeting.h"

/**
 * The only UID that may be what the server made of this file; NULL: none is, or several are. It has the Message-ID of the file, and another header.
 *
 * @param sent  true: of a file that was sent and not confirmed, by its body and the date that was sent with it. false: of one whose UID is not
 *              valid any more, by the size and date that the server said of it
 */
MUST_CHECK bool rewritten_find(struct meeting *meeting, const struct half *file, bool sent, struct half **uid);

#endif
