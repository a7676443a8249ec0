/*
 * The eleven functions of a mailstream_low; see feed.h. libetpan calls some of them without looking, so none is
 * NULL.
 */
#include "store/net/feed.h"

#include <errno.h>
#include <openssl/err.h>

#define STREAM_BUFFER 8192 /* libetpan's; a longer command goes through in pieces */

/* Only malloc says that memory ran out, in errno, before somebody else writes there; OpenSSL keeps it. */
static void
look_for_starvation(struct feed *feed)
{
    feed->starved |= errno == ENOMEM || ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE ||
                     ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
}

void
feed_watch(struct feed *feed)
{
    ERR_clear_error();
    feed->starved = false;
    errno = 0;
}

bool
feed_starved(struct feed *feed)
{
    look_for_starvation(feed);
    return feed->starved;
}

static ssize_t
read_ready(struct feed *feed, void *to, size_t size)
{
    struct buffer *ready = &feed->ready;
    size_t len;

    /* -1 also at the end: at 0 libetpan would ask again, for ever. */
    while (feed->ready_at == ready->len) {
        buffer_clear(ready);
        feed->ready_at = 0;
        if (feed->err.kind != ERROR_NONE || !feed->next(feed->context, ready, &feed->err))
            return -1;
    }
    len = ready->len - feed->ready_at < size ? ready->len - feed->ready_at : size;
    memcpy(to, ready->at + feed->ready_at, len);
    feed->ready_at += len;
    return (ssize_t)len;
}

static ssize_t
low_read(mailstream_low *low, void *to, size_t size)
{
    struct feed *feed = low->data;
    ssize_t len;

    look_for_starvation(feed);
    len = read_ready(feed, to, size);
    errno = 0; /* what stands there at the next call came from between the two */
    return len;
}

static ssize_t
low_write(mailstream_low *low, const void *from, size_t len)
{
    struct feed *feed = low->data;
    bool sent;

    look_for_starvation(feed);
    sent = feed->err.kind == ERROR_NONE && dialogue_send(feed->dialogue, (struct text){from, len}, &feed->err);
    errno = 0;
    return sent ? (ssize_t)len : -1;
}

static int
low_close(mailstream_low *low)
{
    (void)low; /* the stream is not libetpan's to close */
    return 0;
}

static int
low_get_fd(mailstream_low *low)
{
    (void)low;
    return -1;
}

static void
low_free(mailstream_low *low)
{
    free(low);
}

static void
low_cancel(mailstream_low *low)
{
    (void)low; /* `stopped` of the connection does that */
}

static struct mailstream_cancel *
low_get_cancel(mailstream_low *low)
{
    (void)low;
    return NULL;
}

static carray *
low_get_certificate_chain(mailstream_low *low)
{
    (void)low;
    return NULL;
}

static int
low_idle(mailstream_low *low)
{
    (void)low; /* -1 is "can't", and it never idles here */
    return -1;
}

struct feed
feed_new(struct dialogue *dialogue, bool (*next)(void *context, struct buffer *ready, struct error *err), void *context)
{
    return (struct feed){
        .dialogue = dialogue, .next = next, .context = context, .ready = buffer_new(LIMIT_PROLOGUE + 64)};
}

void
feed_free(struct feed *feed)
{
    buffer_free(&feed->ready);
}

mailstream *
feed_mailstream(struct feed *feed)
{
    static mailstream_low_driver functions = {
        .mailstream_read = low_read,
        .mailstream_write = low_write,
        .mailstream_close = low_close,
        .mailstream_get_fd = low_get_fd,
        .mailstream_free = low_free,
        .mailstream_cancel = low_cancel,
        .mailstream_get_cancel = low_get_cancel,
        .mailstream_get_certificate_chain = low_get_certificate_chain,
        .mailstream_setup_idle = low_idle,
        .mailstream_unsetup_idle = low_idle,
        .mailstream_interrupt_idle = low_idle,
    };
    mailstream_low *low = mailstream_low_new(feed, &functions);
    mailstream *made;

    if (low == NULL)
        return NULL;
    made = mailstream_new(low, STREAM_BUFFER);
    if (made == NULL)
        mailstream_low_free(low);
    return made;
}

void
feed_close(mailstream *stream)
{
    if (stream == NULL)
        return;
    explicit_bzero(stream->write_buffer, stream->buffer_max_size);
    (void)mailstream_close(stream); /* our own low_close, which can't fail */
}

bool
feed_has_unread(const mailstream *stream)
{
    return stream->read_buffer_len > 0;
}
