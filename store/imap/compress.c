/* See compress.h. */
#include "store/imap/compress.h"

#include "store/base/clock.h"
#include "store/imap/wary.h"

#define WORTH (1024 * 1024)     /* bytes still to come, below which a turn and a beginning are not won back */
#define SAMPLE_MIN (512 * 1024) /* bytes that tell how fast a line is ... */
#define SAMPLE_MAX (4 * 1024 * 1024)
#define SAMPLE_SHARE 32  /* ... one in so many of all */
#define SLOW (12000000u) /* bytes a second that a server's processor compresses easily */

static bool
may_be_asked(const struct imap *imap)
{
    return (imap->can.bits & CAPABILITY_COMPRESS) != 0 && imap->to->compress != COMPRESS_NO && !imap->compress.asked &&
           (imap->wary & WARY_COMPRESS) == 0 && !imap->one_at_a_time;
}

/* Nothing else is in flight, and nothing is until it is answered. */
static bool
ask(struct imap *imap, struct error *err)
{
    if (!client_drain(imap, err))
        return false;
    imap->compress.asked = true;
    queue_begin(&imap->queue, COMMAND_COMPRESS, 0, 0, 0);
    queue_print(&imap->queue, "COMPRESS DEFLATE");
    if (!queue_end(&imap->queue, err))
        return false;
    return client_drain(imap, err);
}

bool
compress_answered(struct imap *imap, const struct response *response)
{
    struct text rest;

    if (response->state != STATE_OK)
        return true;
    imap->compress.on = true;
    imap->compress.answers = imap->queue.answers + 1; /* this one included */
    rest = reader_take_rest(&imap->queue.reader);
    return stream_compress(imap->session->stream, rest.at, rest.len, imap->queue.err);
}

bool
compress_open(struct imap *imap, struct error *err)
{
    return imap->to->compress != COMPRESS_YES || !may_be_asked(imap) || ask(imap, err);
}

void
compress_end(struct imap *imap)
{
    const struct compress *compress = &imap->compress;
    const bool never = compress->on && imap->queue.broken && imap->queue.answers == compress->answers;

    if (never || (imap->session != NULL && stream_is_damaged(imap->session->stream))) {
        imap->wary |= WARY_COMPRESS;
        if (imap->to->said != NULL)
            imap->to->said(imap->to->said_context,
                           "what the server compresses can't be read: it is not asked to compress any more");
    }
    imap->compress = (struct compress){0};
}

/* How fast the line was since it was last asked, in bytes a second; 0: too little was moved to tell. */
static uint64_t
measure(struct imap *imap)
{
    struct compress *compress = &imap->compress;
    const uint64_t rate = stream_rate(imap->session->stream);
    const int64_t now = clock_ms();
    uint64_t up, down, sent;

    stream_counts(imap->session->stream, &up, &down);
    sent = compress->since != 0 && up - compress->up >= SAMPLE_MIN
               ? (up - compress->up) * 1000 / (uint64_t)(now > compress->since ? now - compress->since : 1)
               : 0;
    compress->since = now;
    compress->up = up;
    stream_rate_begin(imap->session->stream);
    return rate == 0 || (sent != 0 && sent < rate) ? sent : rate;
}

/* Of so many bytes: what is moved before the rest, to see how fast the line is. */
static uint64_t
sample_of(uint64_t bytes)
{
    const uint64_t share = bytes / SAMPLE_SHARE;

    return share < SAMPLE_MIN ? SAMPLE_MIN : share > SAMPLE_MAX ? SAMPLE_MAX : share;
}

bool
imap_expect(void *remote, uint64_t bytes, uint64_t *first, struct error *err)
{
    struct imap *imap = remote;
    uint64_t rate;

    *first = 0;
    if (imap->session == NULL || imap->queue.broken || bytes < WORTH || !may_be_asked(imap))
        return true;
    rate = measure(imap);
    if (rate == 0)
        *first = sample_of(bytes);
    return rate == 0 || rate >= SLOW || ask(imap, err);
}
