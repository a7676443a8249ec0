/* The door of this room: the table of functions, and what is opened and closed with it. */
#include "store/maildir/maildir.h"

#include "store/base/descriptors.h"
#include "store/maildir/ops.h"

#define QUARANTINE_NONE "" /* where none was named: nothing can be removed */

/* Temporary names of two accounts that share a tree (POP delivers into an IMAP account's) must never be mixed up. */
static bool
make_tag(struct maildir *maildir)
{
    unsigned char digest[DIGEST_SIZE];
    const char *name = maildir->settings.quarantine;

    if (!digest_bytes(name, strlen(name), digest))
        return false;
    text_hex(digest, TAG_LENGTH / 2, maildir->tag);
    return true;
}

struct maildir *
maildir_new(const struct maildir_settings *settings)
{
    struct maildir *maildir = calloc(1, sizeof *maildir);

    if (maildir == NULL)
        return NULL;
    maildir->root = maildir->quarantine = maildir->sync_fd = -1;
    maildir->batch = 1;
    maildir->settings = *settings;
    maildir->folders_kept = descriptors_folders(settings->descriptors, FOLDERS_KEPT);
    maildir->settings.root = strdup(settings->root);
    maildir->settings.quarantine = strdup(settings->quarantine != NULL ? settings->quarantine : QUARANTINE_NONE);
    if (maildir->settings.root == NULL || maildir->settings.quarantine == NULL || !make_tag(maildir)) {
        maildir_free(maildir);
        return NULL;
    }
    return maildir;
}

static void
close_maildir(void *local)
{
    struct maildir *maildir = local;

    (void)ahead_wait(maildir); /* for nobody any more */
    quarantine_close(maildir);
    free(maildir->known);
    maildir->known = NULL;
    folder_close_all(maildir, false);
    (void)io_close(&maildir->sync_fd);
    (void)io_close(&maildir->root);
}

struct local
maildir_local(struct maildir *maildir)
{
    static const struct local_ops ops = {
        .open = tree_open,
        .holds_names = filesystem_holds_names,
        .stands = tree_stands,
        .read_mark = mark_read,
        .write_mark = mark_write,
        .boot = filesystem_boot,
        .flush = filesystem_flush,
        .birth = tree_birth,
        .folders = tree_folders,
        .all_folders = tree_all_folders,
        .strays = strays_see,
        .traces = tree_traces,
        .closed = scan_closed,
        .stamp = scan_stamp,
        .scan = scan_folder,
        .sweep = draft_sweep,
        .examine = read_examine,
        .reread = read_reread,
        .carry = carry_info,
        .letters = letters_read,
        .letters_add = letters_add,
        .look = read_look,
        .read_open = read_open,
        .read_facts = read_facts,
        .read = read_some,
        .read_rewind = read_rewind,
        .read_close = read_close,
        .draft_begin = draft_begin,
        .draft_write = draft_write,
        .draft_finish = draft_finish,
        .draft_drop = draft_drop,
        .deliver_ahead = ahead_begin,
        .deliver = deliver_batch,
        .rename = change_rename,
        .link = change_link,
        .unlink_moved = change_unlink_moved,
        .remove = quarantine_remove,
        .keep = quarantine_keep,
        .in_quarantine = quarantine_has,
        .quarantine_open = quarantine_open,
        .quarantine_drop = quarantine_drop,
        .quarantine_flush = quarantine_flush,
        .create = create_folder,
        .create_all = create_folders,
        .move_folder = move_folder,
        .beside = remove_folder_beside,
        .remove_folder = remove_folder,
        .taken = move_folder_taken,
        .only_above = move_folder_only_above,
        .free_space = filesystem_free,
        .quarantine_space = quarantine_space,
        .describe = filesystem_describe,
        .close = close_maildir,
    };

    return (struct local){&ops, maildir};
}

void
maildir_flushes(const struct maildir *maildir, uint64_t *per_file, uint64_t *per_system)
{
    *per_file = maildir->flushes_file;
    *per_system = maildir->flushes_system;
}

void
maildir_free(struct maildir *maildir)
{
    if (maildir == NULL)
        return;
    close_maildir(maildir);
    folder_close_all(maildir, true);
    draft_free_spare(maildir);
    digest_free(maildir->digest);
    free((char *)maildir->settings.root);
    free((char *)maildir->settings.quarantine);
    free(maildir);
}
