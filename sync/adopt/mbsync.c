/*
 * States of mbsync's: in the mailbox's folder (SyncState *), in the folders where it keeps them by default, or where the user says. One is of a mailbox
 * if its UIDVALIDITY here is that of the folder; that of the server is compared later, when it is known.
 */
#include "store/foreign/mbsync.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "sync/adopt/private.h"

struct near { /* what mbsync wrote into a folder */
    uint32_t validity, max;
    bool known;
};

struct looking {
    struct adopting *adopting;
    struct near *nears; /* one a mailbox */
};

/* One that golub keeps already, too: what its folder lacks may have been taken along to another one. */
static bool
is_candidate(const struct adopting *adopting, size_t i)
{
    const struct mailbox *mailbox = &adopting->run->mailboxes[i];

    return mailbox->chosen && mailbox->folder_here && (!adopting->asking || adopting->mailboxes[i].wanted);
}

/* Its UIDs here are those of this tree. Words for people, or NULL. */
static const char *
check_near(const struct near *near, const struct foreign_state *state)
{
    if (state->near_validity != near->validity)
        return "its UIDVALIDITY here is not the folder's: the folder was made anew since then";
    if (state->max_near > near->max)
        return "it names UIDs that the folder never gave";
    return NULL;
}

/* Was the folder's last UID given after the last run that wrote the state beside it? mbsync writes its state last. What can't be looked at is not. */
static bool
is_left_behind(const struct looking *looking, size_t i)
{
    const struct mailbox *mailbox = &looking->adopting->run->mailboxes[i];
    char state[ADOPT_PATH], validity[ADOPT_PATH];
    struct stat written, given;

    return mailbox->folder_here && adopt_in_folder(looking->adopting->run, mailbox, MBSYNC_STATE, state) &&
           adopt_in_folder(looking->adopting->run, mailbox, MBSYNC_VALIDITY, validity) && stat(state, &written) == 0 &&
           stat(validity, &given) == 0 &&
           (written.st_mtim.tv_sec != given.st_mtim.tv_sec ? written.st_mtim.tv_sec < given.st_mtim.tv_sec
                                                           : written.st_mtim.tv_nsec < given.st_mtim.tv_nsec);
}

/* Then it keeps its states elsewhere by now, and those beside the mail say nothing of what it has done since. */
static bool
any_is_left_behind(const struct looking *looking)
{
    for (size_t i = 0; looking->adopting->asking && i < looking->adopting->count; i++) {
        if (is_left_behind(looking, i))
            return true;
    }
    return false;
}

/*
 * One file for one mailbox.
 *
 * @param sure  it can only be this mailbox's: what is wrong with it is said
 */
static bool
read_state(struct looking *looking, size_t i, const char *path, bool sure)
{
    struct run *run = looking->adopting->run;
    struct adopt_mailbox *mailbox = &looking->adopting->mailboxes[i];
    const struct near *near = &looking->nears[i];
    struct buffer bytes = buffer_new(LIMIT_FOREIGN);
    struct foreign_state state = {0};
    struct foreign_print print;
    char lock[ADOPT_PATH];
    struct error err = {0};
    const char *why = NULL;
    bool missing = false, ok = true;

    if (!text_print(lock, sizeof lock, "%s.lock", path))
        why = "its name is too long";
    else if (!foreign_file_read(path, &bytes, &print, &missing, &err) ||
             (!missing && !mbsync_read_state((struct text){bytes.at, bytes.len}, &state, &err)))
        why = err.answer[0] != '\0' ? err.answer : err.what;
    else if (!missing && !near->known && !looking->adopting->asking)
        why = "the folder has no " MBSYNC_VALIDITY " that can be read";
    else if (!missing && looking->adopting->asking && state.far_validity != run->mailboxes[i].row.uidvalidity)
        why = "its UIDVALIDITY is not the server's";
    else if (!missing && near->known)
        why = check_near(near, &state);
    if (!missing && why == NULL && !looking->adopting->comparing) {
        if (looking->adopting->asking && foreign_file_is_locked(lock))
            why = "it is at work";
        else
            ok = !foreign_file_is_locked(lock) || adopt_refuse_locked(run, ADOPT_MBSYNC, lock);
        why = why != NULL ? why : adopt_check_finished(ADOPT_MBSYNC, path);
        mailbox->busy = mailbox->busy || why != NULL;
        sure = true;
    }
    if (ok && !missing && why == NULL)
        ok = adopt_found(looking->adopting, mailbox, ADOPT_MBSYNC, path, lock, &print, &state);
    else if (ok && !missing && sure)
        adopt_leave(mailbox, ADOPT_MBSYNC, why);
    else if (ok && !missing)
        adopt_note_unfit(mailbox, ADOPT_MBSYNC, path, why);
    foreign_state_free(&state);
    buffer_free(&bytes);
    return ok;
}

static void
read_nears(struct looking *looking)
{
    for (size_t i = 0; i < looking->adopting->count; i++) {
        struct near *near = &looking->nears[i];
        struct buffer bytes = buffer_new(4096);
        char path[ADOPT_PATH];
        struct error ignored = {0};
        bool missing = true;

        near->known =
            is_candidate(looking->adopting, i) &&
            adopt_in_folder(looking->adopting->run, &looking->adopting->run->mailboxes[i], MBSYNC_VALIDITY, path) &&
            foreign_file_read(path, &bytes, NULL, &missing, &ignored) && !missing &&
            mbsync_read_validity((struct text){bytes.at, bytes.len}, &near->validity, &near->max, &ignored);
        buffer_free(&bytes);
        if (is_candidate(looking->adopting, i) && !near->known &&
            adopt_in_folder(looking->adopting->run, &looking->adopting->run->mailboxes[i], MBSYNC_ALT_MAP, path) &&
            foreign_file_exists(path))
            adopt_leave(&looking->adopting->mailboxes[i], ADOPT_MBSYNC,
                        "its UIDs here stand in an AltMap (" MBSYNC_ALT_MAP "), which is not read");
    }
}

static bool
look_into_folders(struct looking *looking)
{
    bool ok = true;

    if (any_is_left_behind(looking))
        return true;
    for (size_t i = 0; ok && i < looking->adopting->count; i++) {
        char path[ADOPT_PATH];

        if (is_candidate(looking->adopting, i) &&
            adopt_in_folder(looking->adopting->run, &looking->adopting->run->mailboxes[i], MBSYNC_STATE, path))
            ok = read_state(looking, i, path, true);
    }
    return ok;
}

/* As mbsync may call the mailbox: as golub does, as its folder stands in the tree, or as the server spells it. */
static bool
name_of_box(const struct mailbox *mailbox, size_t spelling, char box[static LOCAL_FOLDER_MAX + 1])
{
    const struct journal_mailbox *row = &mailbox->row;
    const char *name = spelling == 0 ? row->name : spelling == 1 ? row->folder : row->wire;

    if (name == NULL || !text_copy(text_of(name), box, LOCAL_FOLDER_MAX + 1))
        return false;
    for (size_t i = 0; spelling == 2 && row->separator != '\0' && box[i] != '\0'; i++) {
        if (box[i] == row->separator)
            box[i] = '/';
    }
    return true;
}

/* The mailbox whose name is the longest at the end of the file's: "a/b" comes before "b". @return the index, or SIZE_MAX */
static size_t
find_box(const struct looking *looking, const char *file)
{
    size_t best = SIZE_MAX, length = 0;

    for (size_t i = 0; i < looking->adopting->count; i++) {
        const struct mailbox *mailbox = &looking->adopting->run->mailboxes[i];

        for (size_t spelling = 0; mailbox->folder_here && spelling < ADOPT_NAMES; spelling++) {
            char box[LOCAL_FOLDER_MAX + 1];

            if (!name_of_box(mailbox, spelling, box) || !mbsync_names_box(file, box) || strlen(box) <= length)
                continue;
            best = i;
            length = strlen(box);
        }
    }
    return best;
}

static bool
ends_with(const char *name, const char *ending)
{
    const size_t length = strlen(name), wanted = strlen(ending);

    return length >= wanted && strcmp(name + length - wanted, ending) == 0;
}

/* All files of a folder of states. */
static bool
look_into(struct looking *looking, const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    bool ok = true;

    if (dir == NULL) /* most have none */
        return true;
    while (ok && (entry = readdir(dir)) != NULL) {
        char path[ADOPT_PATH];
        size_t i;

        if (ends_with(entry->d_name, ".lock") || ends_with(entry->d_name, ".journal") ||
            ends_with(entry->d_name, ".new") || !text_print(path, sizeof path, "%s/%s", folder, entry->d_name))
            continue;
        i = find_box(looking, entry->d_name);
        if (i != SIZE_MAX && is_candidate(looking->adopting, i))
            ok = read_state(looking, i, path, false);
    }
    (void)closedir(dir);
    return ok;
}

static bool
is_same_file(const char *a, const char *b)
{
    struct stat one, other;

    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* A file that the user names: that of the folder it stands in, or of one that its name ends with; else of any whose UIDs it names. */
static bool
look_at(struct looking *looking, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t box = find_box(looking, name);
    bool ok = true;

    for (size_t i = 0; ok && i < looking->adopting->count; i++) {
        char own[ADOPT_PATH];
        bool sure = adopt_in_folder(looking->adopting->run, &looking->adopting->run->mailboxes[i], MBSYNC_STATE, own) &&
                    is_same_file(own, path);

        if (!is_candidate(looking->adopting, i) || (strcmp(name, MBSYNC_STATE) == 0 && !sure) ||
            (box != SIZE_MAX && i != box))
            continue;
        ok = read_state(looking, i, path, sure || i == box);
    }
    return ok;
}

static bool
look_where_said(struct looking *looking, const char *path)
{
    struct stat found;
    char inside[ADOPT_PATH];

    if (stat(path, &found) != 0) {
        struct run *run = looking->adopting->run;

        error_sys(&run->err, errno, "look at --state %s", path);
        run->err.kind = ERROR_CONFIG;
        return false;
    }
    if (!S_ISDIR(found.st_mode))
        return look_at(looking, path);
    if (text_print(inside, sizeof inside, "%s/%s", path, MBSYNC_STATE) && foreign_file_exists(inside))
        return look_at(looking, inside);
    return look_into(looking, path);
}

bool
adopt_find_mbsync(struct adopting *adopting)
{
    const struct adopt_options *options = adopting->options;
    struct looking looking = {.adopting = adopting,
                              .nears = arena_array(&adopting->arena, adopting->count, sizeof *looking.nears)};
    char folder[ADOPT_PATH];

    if (!run_has(adopting->run, &adopting->arena))
        return false;
    read_nears(&looking);
    if (options->state != NULL)
        return look_where_said(&looking, options->state);
    if (!look_into_folders(&looking))
        return false;
    if (adopting->run->options->home != NULL &&
        text_print(folder, sizeof folder, "%s/.mbsync", adopting->run->options->home) &&
        !look_into(&looking, folder)) /* 1.4 and before */
        return false;
    return adopting->run->options->state_home == NULL ||
           !text_print(folder, sizeof folder, "%s/isync", adopting->run->options->state_home) ||
           look_into(&looking, folder); /* 1.5 */
}
