/* See rewritten.h. */
#include "sync/match/rewritten.h"

#include "sync/match/probe.h"
#include "sync/rows/drafts.h"

static bool
read_message_id(struct meeting *meeting, const struct half *file, bool *has, unsigned char out[static DIGEST_SIZE])
{
    struct run *run = meeting->run;
    struct local_file name = {meeting->mailbox->row.folder, file->base, ""};
    struct journal_message message;
    char bytes[16384], text[256];
    void *handle = NULL;
    bool missing = false;
    size_t got = 0, have = 0;
    struct error err = {0};

    *has = false;
    if (!run_load(run, file->id, &message))
        return false;
    name.info = message.info;
    if (!run->local.ops->read_open(run->local.self, &name, &handle, &missing, &err) || handle == NULL)
        return true;
    while (have < sizeof bytes &&
           run->local.ops->read(run->local.self, handle, bytes + have, sizeof bytes - have, &got, &err) && got != 0)
        have += got;
    run->local.ops->read_close(run->local.self, handle);
    probe_message_id((struct text){bytes, have}, text);
    return probe_id_digest(run, text, has, out);
}

/* Everything fits but the Message-ID, which costs a look into the file. */
static bool
is_like(const struct half *file, const struct half *uid, bool sent)
{
    /* A server that rewrites adds to the header; equal headers over other bytes are two messages. */
    if (uid->paired || !uid->has_message_id || memcmp(uid->header, file->header, DIGEST_SIZE) == 0)
        return false;
    if (sent)
        return uid->got_body && uid->uid >= file->intent_uidnext && uid->date == file->intent_date;
    return uid->has_header && !uid->open_header && uid->size == file->size && uid->date == file->date;
}

/* Of those whose UID is not valid any more: does another one have all of this, too? */
static bool
is_only_file(struct meeting *meeting, const struct half *file, const unsigned char id[static DIGEST_SIZE], bool *only)
{
    unsigned char other[DIGEST_SIZE];
    bool has;

    *only = true;
    for (size_t f = 0; *only && f < meeting->files.count; f++) {
        const struct half *like = &meeting->files.at[f];

        if (like == file || like->paired || !like->unpaired || like->size != file->size || like->date != file->date)
            continue;
        if (!read_message_id(meeting, like, &has, other))
            return false;
        *only = !has || memcmp(other, id, DIGEST_SIZE) != 0;
    }
    return true;
}

bool
rewritten_find(struct meeting *meeting, const struct half *file, bool sent, struct half **uid)
{
    unsigned char id[DIGEST_SIZE] = {0};
    size_t n = 0;
    bool only = true, has = false;

    *uid = NULL;
    if (file->paired || !(sent ? file->intent : file->unpaired && file->size != 0 && file->date != 0) ||
        (!sent && mailbox_drafts(meeting->mailbox) != DRAFTS_NONE))
        return true;
    for (size_t u = 0; u < meeting->uids.count; u++) {
        struct half *like = &meeting->uids.at[u];

        if (!is_like(file, like, sent))
            continue;
        if (!has && !read_message_id(meeting, file, &has, id))
            return false;
        if (!has || memcmp(like->message_id, id, DIGEST_SIZE) != 0)
            continue;
        *uid = like;
        n++;
    }
    if (n == 1 && !sent && !is_only_file(meeting, file, id, &only))
        return false;
    if (n != 1 || !only)
        *uid = NULL;
    return true;
}
