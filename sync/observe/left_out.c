/* See left_out.h. */
#include "sync/observe/left_out.h"

#include "sync/observe/left_folders.h"
#include "sync/rows/unfinished.h"
#include "sync/run/lookup.h"

#define PUT_BACK                                                                                                       \
    "Give each folder the name that its mailbox has on the server, and let golub sync; after that they can be "        \
    "renamed. Until then this mailbox waits."

#define SETTLE                                                                                                         \
    "Do first what is advised for other mailboxes. If nothing is, give each folder the name that its mailbox has on "  \
    "the server, and let golub sync. Until then this mailbox waits."

bool
left_out_note(struct run *run, const struct mailbox *mailbox)
{
    return left_notes_write(run, mailbox);
}

bool
left_out_forget(struct run *run, const struct mailbox *mailbox)
{
    struct left_notes notes;
    bool ok = left_notes_load(run, &notes);

    for (size_t i = 0; ok && i < notes.count; i++)
        if (strcmp(notes.at[i].name, mailbox->row.name) == 0 &&
            left_notes_may_be(&notes.at[i], mailbox->row.objectid, mailbox->has_status ? mailbox->uidvalidity : 0))
            ok = left_notes_forget(run, &notes.at[i]);
    left_notes_free(&notes);
    return ok;
}

/* ---- who waits ---- */

/* Nothing becomes of it in this run, as if it were left out. */
static bool
leave(struct run *run, struct mailbox *mailbox)
{
    if (mailbox->row.id != 0 && !unfinished_forget(run, mailbox))
        return false;
    mailbox->chosen = false;
    return true;
}

/* What was left out has another name there, and a folder of its own under that: this one is nobody's. */
static void
say_settled(struct run *run, const struct mailbox *mailbox, const struct spot *spot, const struct mailbox *settled)
{
    char why[2 * LIMIT_MAILBOX_NAME], folder[LOCAL_FOLDER_MAX + 1], hint[LOCAL_FOLDER_MAX + 120];

    error_escape(folder, sizeof folder, text_of(settled->row.folder));
    (void)text_print(why, sizeof why,
                     "what stands at its place here is the folder of another one, which was called %s when "
                     "`mailboxes` left it out, and which is %s now, as far as its numbers tell",
                     spot->of->name, run_called(settled));
    (void)text_print(hint, sizeof hint,
                     "Put what is only in that folder into \"%s\", remove it, and let golub sync. Until then this "
                     "mailbox waits.",
                     folder);
    run_complain(run, mailbox, "sync this mailbox", why, hint);
}

/* At the place of a mailbox that is on the server. */
static bool
say_anothers(struct run *run, struct mailbox *mailbox, const struct spot *spot, const struct now *now)
{
    char why[2 * LIMIT_MAILBOX_NAME];

    const char *name = now->mailbox != NULL ? now->mailbox->row.name : spot->of->name;

    if (now->settled != NULL && left_is_unknown(mailbox)) {
        say_settled(run, mailbox, spot, now->settled);
        return leave(run, mailbox);
    }
    if (now->unsaid)
        (void)text_print(why, sizeof why,
                         "the server did not say which of its mailboxes is which, as it did before, and one that was "
                         "called so was left out by `mailboxes`");
    else if (now->stranger)
        (void)text_print(why, sizeof why,
                         "what stands at its place here is the folder of another one, which was called %s when "
                         "`mailboxes` left it out, and has another name on the server now",
                         name);
    else
        (void)text_print(why, sizeof why,
                         "what stands at its place here is the folder of mailbox %s, which `mailboxes` left out%s",
                         name, spot->sure ? "" : ", or of another one of these");
    run_complain(run, mailbox, "sync this mailbox", why,
                 now->unsaid     ? "The next run asks again."
                 : now->stranger ? SETTLE
                                 : PUT_BACK);
    if (left_is_unknown(mailbox))
        return leave(run, mailbox);
    run_learn(run, mailbox, CAUTION_UNREAD_FOLDER);
    return true;
}

#define IF_IT_IS                                                                                                       \
    "If it is that one, name the folder %s. If not, move the folder out of the Maildir, let golub sync, and move it "  \
    "back."

/* Its own folder is not to be had. A new one would get all of its mail once more. */
static bool
say_elsewhere(struct run *run, const struct spot *spot, const struct now *now)
{
    struct mailbox *mailbox = now->mailbox;
    char why[LOCAL_FOLDER_MAX + LIMIT_MAILBOX_NAME + 200], folder[LOCAL_FOLDER_MAX + 1], hint[2 * LIMIT_MAILBOX_NAME];

    if (!mailbox->chosen) /* it was said */
        return true;
    error_escape(folder, sizeof folder, text_of(spot->folder));
    if (now->perhaps)
        (void)text_print(why, sizeof why,
                         "perhaps it is mailbox %s, which `mailboxes` left out, under another name: its numbers fit, "
                         "and the folder of that one is \"%s\"",
                         spot->of->name, folder);
    else
        (void)text_print(why, sizeof why, "its own one, from before `mailboxes` left it out, is \"%s\"%s", folder,
                         mailbox->folder_here ? ", and another one stands at its place" : "");
    (void)text_print(hint, sizeof hint, now->perhaps ? IF_IT_IS : PUT_BACK, mailbox->row.name);
    run_complain(run, mailbox, "find the folder of this mailbox", why, hint);
    return leave(run, mailbox);
}

static void
explain(const struct spot *spot, const struct now *now, char *why, size_t why_size, char *hint, size_t hint_size)
{
    const char *name = spot->of->name, *called = now->mailbox->row.name;

    if (!spot->sure) {
        (void)text_print(why, why_size,
                         "its folder was renamed here while `mailboxes` left its mailbox out: it is that of mailbox "
                         "%s, or of another one that has no folder here, and nothing tells which",
                         name);
        (void)text_print(hint, hint_size, "%s",
                         "Give the folder the name that its mailbox has on the server and let golub sync; after that "
                         "it can be renamed. Until then none of these mailboxes gets a folder.");
    } else if (now->perhaps) {
        (void)text_print(why, why_size,
                         "its folder is that of mailbox %s, which `mailboxes` left out, and which the server calls %s "
                         "now, perhaps: the numbers of that one fit",
                         name, called);
        (void)text_print(hint, hint_size, IF_IT_IS, called);
    } else if (strcmp(name, called) != 0) {
        (void)text_print(why, why_size,
                         "its folder is that of mailbox %s, which `mailboxes` left out, and which the server calls %s "
                         "now",
                         name, called);
        (void)text_print(hint, hint_size,
                         "Name it %s, or so that `mailboxes` leaves it out; or remove it, where %s has all of it.",
                         called, called);
    } else {
        (void)text_print(why, why_size, "its folder is that of mailbox %s, which `mailboxes` leaves out, renamed here",
                         name);
        (void)text_print(
            hint, hint_size,
            "Name it so that `mailboxes` leaves it out, as it was called or otherwise; or let mailbox %s in.", name);
    }
}

/* A folder for which a mailbox would be made. */
static void
hold(struct run *run, struct mailbox *young, const struct spot *spot, const struct now *of)
{
    const struct mailbox_now now = run_mailbox_now(young);
    char why[3 * LIMIT_MAILBOX_NAME], hint[3 * LIMIT_MAILBOX_NAME];

    run_learn(run, young, CAUTION_NOT_MADE);
    if (!mailbox_may_be_made(SIDE_THERE, &now, &run->account->policy))
        return;
    explain(spot, of, why, sizeof why, hint, sizeof hint);
    run_complain(run, young, "make this mailbox on the server", why, hint);
}

/* Its mailbox is under a name that another one has here. */
static void
hold_of_stranger(struct run *run, struct mailbox *young, const struct left_note *note)
{
    char why[2 * LIMIT_MAILBOX_NAME];

    run_learn(run, young, CAUTION_NOT_MADE);
    (void)text_print(why, sizeof why,
                     "its folder is that of mailbox %s, which `mailboxes` left out, and whose name on the server is "
                     "still another mailbox's here",
                     note->name);
    run_complain(run, young, "make this mailbox on the server", why, SETTLE);
}

/* Each of them may be it: none gets a folder of its own, into which all of its mail would come a second time. */
static bool
leave_all(struct looking *looking, const struct spot *spot)
{
    bool ok = true;

    for (size_t i = 0; ok && i < looking->notes.count; i++) {
        struct mailbox *mailbox = looking->now[i].mailbox;

        if (mailbox != NULL && left_is_due(mailbox) && !mailbox->folder_here && spot->born[0] != '\0' &&
            strcmp(looking->notes.at[i].born, spot->born) == 0)
            ok = leave(looking->run, mailbox);
    }
    return ok;
}

/* ---- who gets a folder ---- */

/* Nobody moved it here since it was noted. */
static bool
stands_where_it_stood(const struct spot *spot)
{
    return strcmp(spot->of->folder, spot->folder) == 0;
}

static bool
is_renamed_there(const struct spot *spot, const struct mailbox *mailbox)
{
    return strcmp(spot->of->name, mailbox->row.name) != 0;
}

/* It is to stand where its name says: golub moves it there. */
static bool
is_to_move(const struct spot *spot, const struct mailbox *mailbox)
{
    return is_renamed_there(spot, mailbox) || stands_where_it_stood(spot);
}

/* What has its name on the server, and is another mailbox, has no folder yet: it gets one once this one has gone. */
static bool
is_namesake(const struct spot *spot, const struct mailbox *mailbox)
{
    return left_is_unknown(spot->mailbox) && spot->mailbox != mailbox && is_to_move(spot, mailbox) &&
           stands_where_it_stood(spot);
}

/* Is its name one that on the server stands above others? That would be made a mailbox, and get all of the mail a second time. */
static bool
is_parents(const struct run *run, const char *folder)
{
    char name[LIMIT_MAILBOX_NAME + 1];
    struct error ignored = {0};

    return !names_map_name(&run->map, folder, run->account->policy.layout, name, &ignored) ||
           lookup_is_parent_only(run, name);
}

static bool
may_be_given(const struct looking *looking, const struct spot *spot)
{
    const struct run *run = looking->run;
    const struct now *now = left_now(looking, spot->of);
    const struct mailbox *mailbox = now->mailbox;

    if (!spot->sure || now->perhaps || !left_is_due(mailbox) || mailbox->folder_here)
        return false;
    if (spot->mailbox != NULL &&
        (!left_is_unknown(spot->mailbox) || (spot->mailbox->listed && !is_namesake(spot, mailbox))))
        return false;
    if (!is_to_move(spot, mailbox)) /* the mailbox is to have a name that `mailboxes` chooses, and that is free there */
        return spot->mailbox != NULL && spot->mailbox->chosen && !is_parents(run, spot->folder);
    return run->move_folders != NULL && (!is_renamed_there(spot, mailbox) || run->account->policy.pull.mailboxes);
}

static bool
set_goal(struct run *run, const struct spot *spot, struct mailbox *mailbox, bool *goals)
{
    char text[2 * LOCAL_FOLDER_MAX + 80], name[LIMIT_MAILBOX_NAME + 1];

    if (is_to_move(spot, mailbox)) {
        if (strcmp(spot->folder, mailbox->row.folder) == 0)
            return true;
        free(mailbox->row.goal);
        mailbox->row.goal = mailbox->row.folder;
        mailbox->row.folder = NULL;
        *goals = true;
        if (is_renamed_there(spot, mailbox))
            return true;
        (void)text_print(text, sizeof text, "its folder is %s now, as `map` says; it was %s", mailbox->row.goal,
                         spot->folder);
        report_mailbox(run->report, run->account->name, run_called(mailbox), "mapped", text);
        free(mailbox->had_name); /* it has the name that it had, so that no more is said of it */
        mailbox->had_name = strdup(mailbox->row.name);
        return mailbox->had_name != NULL || run_no_memory(run);
    }
    if (run->maildir_older)
        return true;
    if (!names_map_name(&run->map, spot->folder, run->account->policy.layout, name, &run->err))
        return false;
    free(mailbox->row.goal_there);
    mailbox->row.goal_there = strdup(name);
    return mailbox->row.goal_there != NULL || run_no_memory(run);
}

/* It is met in that folder, and gets its name, or the folder gets that of the mailbox. */
static bool
give(struct looking *looking, struct spot *spot, struct mailbox *mailbox, bool *goals)
{
    struct run *run = looking->run;
    char *folder = strdup(spot->folder);

    if (folder == NULL)
        return run_no_memory(run);
    if ((spot->mailbox != NULL && spot->mailbox->row.id != 0 && !unfinished_forget(run, spot->mailbox)) ||
        !set_goal(run, spot, mailbox, goals) || !left_notes_forget(run, spot->of)) {
        free(folder);
        return false;
    }
    free(mailbox->row.folder);
    mailbox->row.folder = folder;
    mailbox->folder_here = true;
    spot->left = true;
    if (spot->mailbox != NULL)
        spot->mailbox->folder_here = false;
    return true;
}

/* One whose path was given away, and that gets no other folder in this run: the next one meets it. What went elsewhere on the server may be in it. */
static void
take_leave(struct run *run, struct spot *spot)
{
    struct mailbox *mailbox = spot->mailbox;

    if (!spot->left || mailbox == NULL || mailbox->folder_here)
        return;
    if (mailbox->listed)
        run_learn(run, NULL, CAUTION_MADE_THERE);
    free(mailbox->row.folder);
    mailbox->row.folder = NULL;
}

static bool
was_taken(const struct mailbox *mailbox)
{
    return mailbox->row.folder == NULL;
}

/* ---- what becomes of each ---- */

/* Its mailbox is let in, and waits for this folder: then that is said of the mailbox. Where `pull` makes no folders it would get none anyway. */
static bool
is_sought(const struct run *run, const struct spot *spot, const struct now *now)
{
    return spot->sure && left_is_due(now->mailbox) &&
           (now->mailbox->folder_here || run->account->policy.pull.mailboxes);
}

/* What has its name and its place now, where it is gone there itself, is met as it is. */
static bool
is_out_of_place(const struct looking *looking, const struct spot *spot)
{
    const struct now *now = left_now(looking, spot->of);

    if (spot->left)
        return false;
    return now->mailbox != NULL ? now->mailbox != spot->mailbox
                                : now->stranger || (spot->told && spot->own != spot->of);
}

/* Nobody's folder but its own is to be made a mailbox. */
static bool
settle_holder(struct looking *looking, struct spot *spot)
{
    struct run *run = looking->run;
    const struct now *now = left_now(looking, spot->of);
    struct mailbox *mailbox = spot->mailbox;

    if (mailbox == NULL || !mailbox->chosen)
        return true;
    if (mailbox->listed || !left_is_unknown(mailbox))
        return say_anothers(run, mailbox, spot, now);
    if (now->stranger) {
        hold_of_stranger(run, mailbox, spot->of);
        return true;
    }
    if (now->mailbox == NULL)
        return true;
    if (spot->sure && !now->perhaps && !now->mailbox->chosen && stands_where_it_stood(spot) &&
        !is_renamed_there(spot, now->mailbox))
        return leave(run, mailbox); /* another `map` calls it so, and it is left out as it was */
    if (is_sought(run, spot, now))
        run_learn(run, mailbox, CAUTION_NOT_MADE);
    else
        hold(run, mailbox, spot, now);
    return true;
}

/* May this one be the folder that such a place belongs to? Where ages are not told any may be. */
static bool
may_be_lost(const struct spot *spot, const struct spot *lost)
{
    const struct mailbox *mailbox = spot->mailbox;

    return spot->of == NULL && !spot->strange && mailbox != NULL && mailbox->chosen && left_is_unknown(mailbox) &&
           (lost->lost[0] == '\0' || spot->born[0] == '\0' || strcmp(spot->born, lost->lost) == 0);
}

/* It stands elsewhere, and would be a mailbox of its own, or another one that is new here. */
static bool
hold_lost(struct looking *looking, const struct spot *lost)
{
    struct run *run = looking->run;
    char why[2 * LIMIT_MAILBOX_NAME];
    bool ok = true;

    for (size_t s = 0; ok && s < looking->spots_count; s++) {
        struct mailbox *mailbox = looking->spots[s].mailbox;

        if (!may_be_lost(&looking->spots[s], lost) || run_learned(mailbox, CAUTION_NOT_MADE))
            continue;
        run_learn(run, mailbox, CAUTION_NOT_MADE);
        (void)text_print(why, sizeof why, "its folder is that of mailbox %s%s, renamed here", lost->mailbox->row.name,
                         left_births_count(looking, lost->lost) == 1 ? "" : ", or of another one");
        run_complain(run, mailbox, mailbox->listed ? "sync this mailbox" : "make this mailbox on the server", why,
                     PUT_BACK);
        ok = !mailbox->listed || leave(run, mailbox);
    }
    return ok;
}

/* What stands at the place of this one is no folder of one that was left out, but moved with them. */
static void
say_strange(struct run *run, struct mailbox *mailbox)
{
    run_complain(run, mailbox, "sync this mailbox",
                 "what stands at its place here is the folder of another one: folders changed places, and among them "
                 "one whose mailbox `mailboxes` leaves out, or left out",
                 PUT_BACK);
    run_learn(run, mailbox, CAUTION_UNREAD_FOLDER);
}

/* Known mailboxes that have no folder, as far as anybody knows. */
static bool
settle_lost(struct looking *looking)
{
    const bool moved = left_taken_moved(looking);
    bool ok = true;

    for (size_t s = 0; ok && s < looking->spots_count; s++) {
        struct spot *spot = &looking->spots[s];

        if (spot->strange && moved)
            say_strange(looking->run, spot->mailbox);
        ok = spot->mailbox == NULL || !run_learned(spot->mailbox, CAUTION_UNREAD_FOLDER) || hold_lost(looking, spot);
    }
    return ok;
}

/* ... of the mailbox that is to have this folder */
static bool
settle_owner(struct looking *looking, struct spot *spot)
{
    struct run *run = looking->run;
    const struct now *now = left_now(looking, spot->of);
    struct mailbox *mailbox = now->mailbox;

    if (!is_out_of_place(looking, spot))
        return true;
    if (!spot->sure)
        return leave_all(looking, spot);
    if (mailbox == NULL || !left_is_due(mailbox) || (mailbox->folder_here && !spot->told))
        return true;
    return is_sought(run, spot, now) ? say_elsewhere(run, spot, now) : leave(run, mailbox);
}

/* A path that one has left is free for the next. */
static bool
give_all(struct looking *looking, bool *goals)
{
    bool ok = true;

    for (bool again = true; ok && again;) {
        again = false;
        for (size_t s = 0; ok && s < looking->spots_count; s++) {
            struct spot *spot = &looking->spots[s];
            struct mailbox *mailbox = spot->of != NULL ? left_now(looking, spot->of)->mailbox : NULL;

            if (mailbox == NULL || spot->left || mailbox == spot->mailbox || !may_be_given(looking, spot))
                continue;
            ok = give(looking, spot, mailbox, goals);
            again = true;
        }
    }
    return ok;
}

/* It has another name than it had, and its folder has that, too. */
static bool
forget_old_name(struct looking *looking, const struct spot *spot)
{
    const struct mailbox *mailbox = left_now(looking, spot->of)->mailbox;

    return spot->left || mailbox == NULL || mailbox != spot->mailbox || !left_is_due(mailbox) ||
           !is_renamed_there(spot, mailbox) || left_notes_forget(looking->run, spot->of);
}

static bool
settle_all(struct looking *looking, bool *goals)
{
    bool ok = give_all(looking, goals);

    for (size_t s = 0; ok && s < looking->spots_count; s++) {
        struct spot *spot = &looking->spots[s];

        if (spot->of == NULL || !is_out_of_place(looking, spot))
            continue;
        ok = settle_holder(looking, spot);
    }
    for (size_t s = 0; ok && s < looking->spots_count; s++)
        ok = looking->spots[s].of == NULL || settle_owner(looking, &looking->spots[s]);
    ok = ok && settle_lost(looking);
    for (size_t s = 0; ok && s < looking->spots_count; s++)
        ok = looking->spots[s].of == NULL || forget_old_name(looking, &looking->spots[s]);
    for (size_t s = 0; ok && s < looking->spots_count; s++)
        take_leave(looking->run, &looking->spots[s]);
    if (ok)
        run_mailboxes_sift(looking->run, was_taken);
    return ok;
}

/* Another mailbox may have got that name meanwhile: of that one nothing is noted. */
static bool
is_stale(struct run *run, const struct left_note *note)
{
    const struct mailbox *mailbox = lookup_name(run, note->name);

    return mailbox != NULL && mailbox->chosen && !left_is_unknown(mailbox) &&
           left_notes_may_be(note, mailbox->row.objectid, mailbox->row.uidvalidity);
}

/* Is anything met, or made, in this run? */
static bool
is_any_due(const struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->chosen && left_is_unknown(mailbox) && (mailbox->listed || mailbox->folder_here))
            return true;
    }
    return false;
}

static bool
look(struct looking *looking, bool *goals)
{
    struct run *run = looking->run;
    bool ok;

    looking->now = calloc(looking->notes.count, sizeof *looking->now);
    if (looking->now == NULL)
        return run_no_memory(run);
    ok = left_taken_find(looking);
    if (ok && (looking->spots_count != 0 || is_any_due(run)))
        ok = left_folders_name(looking) && left_folders_find(looking);
    ok = ok && settle_all(looking, goals);
    free(looking->now);
    for (size_t s = 0; s < looking->spots_count; s++)
        free(looking->spots[s].path);
    free(looking->spots);
    free(looking->births);
    return ok;
}

bool
left_out_see(struct run *run, bool *goals)
{
    struct looking looking = {.run = run};
    bool ok;

    *goals = false;
    if (run->no_root)
        return true;
    ok = left_notes_load(run, &looking.notes) && left_notes_sift(run, &looking.notes, is_stale) &&
         (looking.notes.count == 0 || look(&looking, goals));
    left_notes_free(&looking.notes);
    return ok;
}

bool
left_out_stands(struct run *run, const char *folder, bool *is)
{
    struct left_notes notes;
    const bool ok = left_notes_load(run, &notes);

    *is = false;
    for (size_t i = 0; ok && i < notes.count; i++)
        *is = *is || strcmp(notes.at[i].folder, folder) == 0;
    left_notes_free(&notes);
    return ok;
}
