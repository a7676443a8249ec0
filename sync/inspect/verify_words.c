/*
 * What is said of a difference: the class, the words, and what would mend it. What the next sync does about it is up to `pull`, `push` and
 * `delete`: where they keep it back it is no fault, as it is none once a sync has written down that it waits.
 */
#include "sync/base/trashing.h"
#include "sync/inspect/verify_private.h"

enum needs { /* what the sync that mends it has to be allowed */
             NEEDS_NOTHING,
             NEEDS_PULL_NEW,
             NEEDS_PULL_FLAGS,
             NEEDS_PULL_DELETES,
             NEEDS_PUSH_NEW,
             NEEDS_PUSH_FLAGS,
             NEEDS_PUSH_DELETES,
};

/* Of one or of many. */
static const char *const lacks[] = {
    [NEEDS_PULL_NEW] = "`pull` lacks \"new\", so nothing is fetched",
    [NEEDS_PULL_FLAGS] = "`pull` lacks \"flags\", so the flags here stay as they are",
    [NEEDS_PULL_DELETES] = "`pull` lacks \"deletes\", so what is here stays",
    [NEEDS_PUSH_NEW] = "`push` lacks \"new\", so nothing is sent",
    [NEEDS_PUSH_FLAGS] = "`push` lacks \"flags\", so the flags on the server stay as they are",
    [NEEDS_PUSH_DELETES] = "`push` lacks \"deletes\", so what is on the server stays",
};

struct say {
    enum report_class class;
    bool fault;
    bool seen;         /* a sync saw it: the journal may say why it waits */
    const char *words; /* with {names}: value_of */
    enum needs needs;
    const char *kept; /* where that is not allowed: what stands before `lacks` */
};

#define ALTERED_ALONE                                                                                                  \
    "its bytes are not the message's, and the server does not have the message: it stays here; give it another name "  \
    "and {sends}, or remove it"
#define SINCE_HERE "changed here since the last sync"
#define SINCE_THERE "changed on the server since the last sync"

static const struct say says[VERIFY_WHATS] = {
    [VERIFY_NOT_FETCHED] = {CLASS_MISSING_HERE, true, true, .words = "it was not fetched yet: golub sync does",
                            NEEDS_PULL_NEW, "not fetched"},
    [VERIFY_NOT_SENT] = {CLASS_EXTRA_HERE, true, true, .words = "it was not sent yet: golub sync does", NEEDS_PUSH_NEW,
                         "not sent"},
    [VERIFY_REMOVED_HERE] = {CLASS_MISSING_HERE, true, true, .words = "its file is gone here: golub sync {removes}",
                             NEEDS_PUSH_DELETES, "the file is gone here"},
    [VERIFY_REMOVED_THERE] = {CLASS_MISSING_THERE, true, true,
                              .words =
                                  "it is gone on the server: golub sync removes its file here, into the quarantine",
                              NEEDS_PULL_DELETES, "gone on the server"},
    [VERIFY_FLAGS_DUE] = {CLASS_FLAGS, true, true,
                          .words = "one side changed them: golub sync carries that to the other"},
    [VERIFY_ALTERED] = {CLASS_ALTERED, true, false, .words = "its bytes are not the message's: {restores}"},
    [VERIFY_ALTERED_ALONE] = {CLASS_ALTERED, true, false, .words = ALTERED_ALONE},
    [VERIFY_ALTERED_SECOND] =
        {CLASS_ALTERED, true, false,
         .words = "it was a second file of a message, and its bytes are others by now: give it another "
                  "name and {sends}, or remove it"},
    [VERIFY_ALTERED_GONE] =
        {CLASS_MISSING_HERE, true, false,
         .words = "its file, which had been altered, is gone: the message comes back with the next golub sync",
         NEEDS_PULL_NEW, "a file that had been altered is gone"},
    [VERIFY_HIDDEN] = {CLASS_WAITING, false, true, .words = ""},
    [VERIFY_UNFINISHED] = {CLASS_FLAGS, true, true,
                           .words = "what a sync began with it is not settled: the next golub sync does that"},
    [VERIFY_GONE_HERE] =
        {CLASS_MISSING_HERE, true, false,
         .words = "its file is gone since the last sync: unless it only moved, the next one {removes}; bring "
                  "the file back if that is not meant",
         NEEDS_PUSH_DELETES, "the file is gone since the last sync"},
    [VERIFY_GONE_THERE] =
        {CLASS_MISSING_THERE, true, false,
         .words = "it is gone on the server since the last sync: unless it only moved, the next one removes "
                  "its file here, into the quarantine; golub restore {account} brings it back",
         NEEDS_PULL_DELETES, "gone on the server since the last sync"},
    [VERIFY_BACK_HERE] = {CLASS_EXTRA_HERE, true, false,
                          .words = "its file was gone at the last sync, and is here again: golub sync takes it for the "
                                   "message's as before"},
    [VERIFY_BACK_THERE] =
        {CLASS_EXTRA_THERE, true, true,
         .words = "it was gone on the server at the last sync, and is there again: golub sync takes it for "
                  "the message of its file as before"},
    [VERIFY_FLAGS_HERE] = {CLASS_FLAGS, true, false, .words = SINCE_HERE ": the next one carries that over",
                           NEEDS_PUSH_FLAGS, SINCE_HERE},
    [VERIFY_FLAGS_THERE] = {CLASS_FLAGS, true, false, .words = SINCE_THERE ": the next one carries that over",
                            NEEDS_PULL_FLAGS, SINCE_THERE},
    [VERIFY_KEYWORDS] = {CLASS_KEYWORDS, true, false, .words = SINCE_THERE ": the next one takes them over"},
    [VERIFY_ANOTHER] =
        {CLASS_MISSING_THERE, true, false,
         .words = "its UID is another message now, of other size and date: golub sync pairs the mailbox anew"},
    [VERIFY_SIZE] = {CLASS_SIZE, false, false,
                     .words = "the server says another size than before: --server compares the body"},
    [VERIFY_DATE] = {CLASS_DATE, false, false,
                     .words = "the server says another date than before: --server compares the body"},
    [VERIFY_NEW_HERE] = {CLASS_EXTRA_HERE, true, false,
                         .words =
                             "no sync has written it down: the next one sends it, or pairs it with what the server has",
                         NEEDS_PUSH_NEW, "new here since the last sync"},
    [VERIFY_SECOND_NAME] =
        {CLASS_EXTRA_HERE, true, false,
         .words = "a second file of this name: golub sync keeps one of them, or makes two messages of them"},
    [VERIFY_ODD_NAME] = {CLASS_EXTRA_HERE, true, false, .words = ""},
    [VERIFY_FLAGLESS] = {CLASS_BUSY, true, false,
                         .words =
                             "the server lists it without its flags, so that they could not be compared: try again"},
    [VERIFY_NEW_THERE] = {CLASS_EXTRA_THERE, false, false, .words = "new on the server since the last sync",
                          NEEDS_PULL_NEW, "new on the server since the last sync"},
    [VERIFY_UNKNOWN_THERE] =
        {CLASS_EXTRA_THERE, true, false,
         .words = "it is older than the last sync, and the journal does not know it: golub sync looks at "
                  "it once something changes in this mailbox"},
    [VERIFY_CHANGED] = {CLASS_ALTERED, true, false,
                        .words = "its bytes are not the message's, and neither is its size or time: {restores}"},
    [VERIFY_ROT] = {CLASS_DAMAGED, true, false,
                    .words = "its bytes are not the message's although size and time are (bit rot): {restores}"},
    [VERIFY_CHANGED_ALONE] = {CLASS_ALTERED, true, false, .words = ALTERED_ALONE},
    [VERIFY_ROT_ALONE] =
        {CLASS_DAMAGED, true, false,
         .words = "its bytes are not the message's although size and time are (bit rot), and the server does not have "
                  "the message: only a backup does"},
    [VERIFY_UNREADABLE] = {CLASS_DAMAGED, true, false,
                           .words =
                               "it can't be read ({why}): let golub's user read it, or bring it back from a backup; to "
                               "remove it counts as a removal of the message"},
    [VERIFY_RESTLESS] = {CLASS_BUSY, true, false, .words = "it changes while it is read: try again"},
    [VERIFY_BODY] =
        {CLASS_DAMAGED_THERE, true, false,
         .words =
             "the server's bytes are not the message's: damaged there, or changed by the server when it was sent; put "
             "a copy of "
             "the file here into its folder under another name: {sends}; once it is there, this one can be removed"},
    [VERIFY_UNSENT] = {CLASS_BUSY, true, false,
                       .words = "the server lists it, and did not send its body when it was asked twice: try again"},
    [VERIFY_REWRITTEN] = {CLASS_REWRITTEN, false, false,
                          .words = "the server keeps it with other line ends: nothing to mend"},
    [VERIFY_KEPT_MISSING] =
        {CLASS_QUARANTINE_DAMAGED, true, false,
         .words = "its file is not in the quarantine any more: only a backup of {state}/quarantine has it; "
                  "after `quarantine-days` golub forgets it"},
    [VERIFY_KEPT_UNREADABLE] =
        {CLASS_QUARANTINE_DAMAGED, true, false,
         .words = "its file in {state}/quarantine can't be read ({why}): let golub's user read it, or "
                  "bring it back from a backup"},
    [VERIFY_KEPT_DAMAGED] = {CLASS_QUARANTINE_DAMAGED, true, false,
                             .words =
                                 "its bytes are not those that were removed: only a backup of {state}/quarantine has "
                                 "them"},
};

static bool
is_allowed(const struct policy *policy, enum needs needs)
{
    const bool allowed[] = {
        [NEEDS_NOTHING] = true,
        [NEEDS_PULL_NEW] = policy->pull.new_mail,
        [NEEDS_PULL_FLAGS] = policy->pull.flags,
        [NEEDS_PULL_DELETES] = policy->pull.deletes,
        [NEEDS_PUSH_NEW] = policy->push.new_mail,
        [NEEDS_PUSH_FLAGS] = policy->push.flags,
        [NEEDS_PUSH_DELETES] = policy->push.deletes,
    };

    return allowed[needs];
}

/* What becomes of it there once its file is gone. */
static const char *
removal_there(const struct run *run, const struct mailbox *mailbox)
{
    const bool trash = trashing_is_on(run->account, &run->info);

    if (run->info.labels && (mailbox->uses & (REMOTE_ALL | REMOTE_TRASH | REMOTE_JUNK)) == 0)
        return trash ? "takes this label off it there, or moves it into the Trash if it has no other one here"
                     : "takes this label off it there";
    return trash && (mailbox->uses & REMOTE_TRASH) == 0 ? "moves it into the Trash there"
                                                        : "removes it on the server, too";
}

struct wording { /* what the names in the words stand for */
    const struct run *run;
    const struct mailbox *mailbox; /* NULL, in the quarantine */
    const struct journal_message *row;
    const char *why;
};

/* A path as the shell takes it. */
static void
print_quoted(char *to, size_t size, const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._,:=@%+-";
    size_t at = 0;

    if (path[strspn(path, plain)] == '\0') {
        (void)text_print(to, size, "%s", path);
        return;
    }
    to[at++] = '\'';
    for (; *path != '\0' && at + 6 < size; path++) {
        if (*path != '\'') {
            to[at++] = *path;
            continue;
        }
        memcpy(to + at, "'\\''", 4);
        at += 4;
    }
    to[at++] = '\'';
    to[at] = '\0';
}

/* The command that brings the server's version back, whole. */
static void
print_restore(const struct wording *wording, char text[static VERIFY_TEXT])
{
    const struct run *run = wording->run;
    const struct journal_message *row = wording->row;
    const char *folder = wording->mailbox->row.folder;
    char path[VERIFY_TEXT / 4], quoted[VERIFY_TEXT / 2];

    (void)text_print(path, sizeof path, "%s/%s%s%s/%s%s", run->account->maildir, folder, folder[0] != '\0' ? "/" : "",
                     row->info[0] == 'n' ? "new" : "cur", row->base, row->info[0] != '\0' ? row->info + 1 : "");
    print_quoted(quoted, sizeof quoted, path);
    (void)text_print(text, VERIFY_TEXT, "`golub restore %s --altered %s` brings the server's version back",
                     run->account->name, quoted);
}

static void
print_value(const struct wording *wording, struct text name, char text[static VERIFY_TEXT])
{
    const struct account *account = wording->run->account;

    if (text_is(name, "restores"))
        print_restore(wording, text);
    else
        (void)text_print(text, VERIFY_TEXT, "%s",
                         text_is(name, "account")   ? account->name
                         : text_is(name, "state")   ? account->state
                         : text_is(name, "why")     ? wording->why
                         : text_is(name, "removes") ? removal_there(wording->run, wording->mailbox)
                         : account->policy.push.new_mail
                             ? "golub sync sends it as new mail"
                             : "it is new mail, which stays here (`push` lacks \"new\")" /* sends */);
}

static void
fill_in(const struct wording *wording, const char *words, char text[static VERIFY_TEXT])
{
    char value[VERIFY_TEXT];
    size_t at = 0;

    while (*words != '\0') {
        const size_t plain = strcspn(words, "{"), name = words[plain] != '\0' ? strcspn(words + plain, "}") - 1 : 0;

        value[0] = '\0';
        if (name != 0)
            print_value(wording, (struct text){words + plain + 1, name}, value);
        (void)text_print(text + at, VERIFY_TEXT - at, "%.*s%s", (int)plain, words, value);
        at += strlen(text + at);
        words += plain + (name != 0 ? name + 2 : 0);
    }
}

void
verify_words(const struct run *run, const struct mailbox *mailbox, enum verify_what what,
             const struct journal_message *row, const char *why, struct verify_words *words)
{
    const struct wording wording = {run, mailbox, row, why};
    const struct say *say = &says[what];
    const bool kept = !is_allowed(&run->account->policy, say->needs);

    *words = (struct verify_words){
        .class = kept && say->fault ? CLASS_WAITING : say->class, .fault = say->fault && !kept, .kept = kept};
    if (kept)
        (void)text_print(words->text, sizeof words->text, "%s: %s", say->kept, lacks[say->needs]);
    else if (why != NULL && strstr(say->words, "{why}") == NULL)
        (void)text_print(words->text, sizeof words->text, "%s", why);
    else
        fill_in(&wording, say->words, words->text);
}

bool
verify_is_seen(enum verify_what what)
{
    return says[what].seen;
}
