/*
 * A batch of finished drafts becomes mail, in the one order that survives a power cut at any moment:
 *
 *     dates | data of all files | names | directories | (the caller commits to its journal)
 *
 * A name that reaches the disk before its data is an empty message after the cut, seen on ext4 and xfs; a row in the
 * journal before the name is a message that the user seems to have deleted.
 *
 * The data is flushed by one syncfs where the file system reports errors through it, else file by file. After a flush
 * that failed the kernel takes the lost pages for clean: the next flush of the same descriptor would succeed without
 * having written anything. So the whole batch is dropped and its messages are fetched again.
 */
#include "store/maildir/ops.h"

#include <errno.h>
#include <fcntl.h>

static void
fail_item(struct maildir *maildir, struct local_delivery *item)
{
    item->ok = false;
    draft_drop(maildir, item->draft);
    item->draft = NULL;
}

static void
drop_all(struct maildir *maildir, struct local_delivery *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fail_item(maildir, &items[i]);
}

static bool
base_valid(const char *base)
{
    return folder_name_plain(base) && base[0] != '.' && strlen(base) <= LOCAL_BASE_MAX && strstr(base, ":2,") == NULL;
}

static void
set_dates(struct maildir *maildir, struct local_delivery *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct local_delivery *item = &items[i];
        const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = item->date}};

        item->ok = item->taken = false;
        item->info[0] = '\0';
        item->err = (struct error){0};
        if (!base_valid(item->base))
            error_set(&item->err, ERROR_LOCAL, "deliver message %.80s: this is no base name", item->base);
        else if (item->draft->ahead != 0)
            continue;
        else if (futimens(item->draft->fd, times) != 0)
            error_sys(&item->err, errno, "set the date of message %s", item->base);
        else
            continue;
        fail_item(maildir, item);
    }
}

/* Was all of it written to the root's file system, after the descriptor for syncfs was opened? */
static bool
one_flush_serves(const struct maildir *maildir, const struct local_delivery *items, size_t count)
{
    size_t drafts = 0;

    for (size_t i = 0; i < count; i++) {
        if (items[i].draft == NULL || items[i].draft->ahead != 0)
            continue;
        if (items[i].draft->dev != maildir->root_dev || items[i].draft->sync_age != maildir->sync_age)
            return false;
        drafts++;
    }
    return maildir->syncfs_serves && maildir->sync_fd >= 0 && drafts >= BATCH_FOR_SYNCFS;
}

static bool
flush_data(struct maildir *maildir, const struct local_delivery *items, size_t count, struct error *err)
{
    if (!maildir->settings.fsync)
        return true;
    for (size_t i = 0; i < count; i++)
        if (items[i].draft != NULL && items[i].draft->ahead != 0 && !ahead_served(maildir, items[i].draft)) {
            error_sys(err, errno, "make a batch of messages durable");
            return false;
        }
    if (one_flush_serves(maildir, items, count)) {
        if (maildir_sync_all(maildir))
            return true;
        error_sys(err, errno, "make a batch of messages durable");
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (items[i].draft != NULL && items[i].draft->ahead == 0 && !maildir_sync(maildir, items[i].draft->fd)) {
            error_sys(err, errno, "make message %s durable", items[i].base);
            return false;
        }
    return true;
}

static bool
close_drafts(const struct local_delivery *items, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].draft != NULL && !io_close(&items[i].draft->fd)) {
            error_sys(err, errno, "finish writing message %s", items[i].base);
            return false;
        }
    return true;
}

static void
say_taken(struct local_delivery *item)
{
    item->taken = true;
    error_sys(&item->err, EEXIST, "give message %s its name", item->base);
}

static void
add_letters(const char *letters, char info[static LOCAL_INFO_MAX + 1])
{
    char with[LOCAL_INFO_MAX + 1];

    if (text_print(with, sizeof with, "%s%.26s", info[0] == 'n' ? "c:2," : info, letters))
        (void)text_print(info, LOCAL_INFO_MAX + 1, "%s", with);
}

static bool
publish(struct maildir *maildir, struct local_delivery *item)
{
    struct local_draft *draft = item->draft;
    char name[LOCAL_BASE_MAX + LOCAL_INFO_MAX + 1];
    enum sub sub;
    const struct directory *directories = draft->folder->sub;

    if (!folder_hold(maildir, draft->folder, &item->err))
        return false;
    local_info_fresh(item->flags, item->info);
    if (item->letters != NULL && item->letters[0] != '\0') /* a name in new/ can't show them */
        add_letters(item->letters, item->info);
    text_print(name, sizeof name, "%s%s", item->base, item->info + 1);
    sub = item->info[0] == 'n' ? SUB_NEW : SUB_CUR;
    if (!item->fresh && !(item->unlisted && draft->folder->told) &&
        folder_base_taken(directories[SUB_NEW].fd, directories[SUB_CUR].fd, item->base)) {
        say_taken(item);
        return false;
    }
    if (!io_move(directories[SUB_TMP].fd, draft->name, directories[sub].fd, name)) {
        if (errno == EEXIST)
            say_taken(item);
        else
            error_sys(&item->err, errno, "move message %s from tmp/ to %s/", item->base, folder_sub_name(sub));
        if (item->err.number == EINVAL)
            error_hint(&item->err, "Does this file system take a colon in a name? golub check tells.");
        return false;
    }
    folder_touch(draft->folder, sub);
    draft->name[0] = '\0'; /* nothing of it is in tmp/ any more */
    return true;
}

bool
deliver_batch(void *local, struct local_delivery *items, size_t count, struct error *err)
{
    struct maildir *maildir = local;
    bool done;

    set_dates(maildir, items, count);
    done = flush_data(maildir, items, count, err) && close_drafts(items, count, err);
    for (size_t i = 0; done && i < count; i++) {
        struct local_delivery *item = &items[i];

        if (item->draft == NULL)
            continue;
        item->ok = publish(maildir, item);
        draft_drop(maildir, item->draft);
        item->draft = NULL;
        done = folder_flush_some(maildir, err);
    }
    folder_end_batch(maildir);
    done = folder_flush(maildir, err) && done;
    if (!done)
        drop_all(maildir, items, count);
    return done;
}
