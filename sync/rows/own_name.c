/*
 * A name that golub gives says which UID its file was fetched for. Where a new file bears the name of a UID that the mailbox has, and is
 * not that message (or it would have been paired), its bytes were damaged or changed: it is altered. As new mail the damage would travel.
 */
#include "sync/rows/own_name.h"
#include "sync/run/run.h"

#define DATE_DIGITS 10

/* "0123456789.abcdefghijklmnopqrstuvwxyz.golub", or with "_1" and so on before its end. */
static bool
is_own_form(const char *base, int64_t *date)
{
    const char *rest = base + DATE_DIGITS + 1 + RUN_NAME_LETTERS;

    if (strlen(base) < DATE_DIGITS + 1 + RUN_NAME_LETTERS || strspn(base, "0123456789") != DATE_DIGITS ||
        base[DATE_DIGITS] != '.' || strcspn(base + DATE_DIGITS + 1, "._") != RUN_NAME_LETTERS)
        return false;
    if (rest[0] == '_')
        rest += 1 + strspn(rest + 1, "0123456789");
    *date = strtoll(base, NULL, 10);
    return strcmp(rest, ".golub") == 0;
}

bool
own_name_is_ours(const char *base)
{
    int64_t date;

    return is_own_form(base, &date);
}

bool
own_name_letters(const char *base, char letters[static RUN_NAME_LETTERS + 1])
{
    if (!own_name_is_ours(base))
        return false;
    memcpy(letters, base + DATE_DIGITS + 1, RUN_NAME_LETTERS);
    letters[RUN_NAME_LETTERS] = '\0';
    return true;
}

bool
own_name_has(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message)
{
    char own[LOCAL_BASE_MAX + 1];

    run_base_name(run, mailbox, message, 0, own);
    return strcmp(message->base, own) == 0;
}

/*
 * Is the file certainly another message than the UID's? Only what was read of that message in this run or an earlier
 * one can tell.
 */
static enum own_name
compare(const struct journal_message *message, const struct journal_message *file)
{
    /* What the server has is fetched under this name, and what the row knows of that is its header and its size. */
    if ((message->facts & FACT_FOREIGN) != 0 && message->size == file->size &&
        memcmp(message->header, file->header, DIGEST_SIZE) == 0)
        return OWN_NAME_NOT;
    if (message->has_wire)
        return memcmp(message->wire, file->wire, DIGEST_SIZE) == 0 ? OWN_NAME_NOT : OWN_NAME_ALTERED;
    return message->has_header && memcmp(message->header, file->header, DIGEST_SIZE) != 0 ? OWN_NAME_ALTERED
                                                                                          : OWN_NAME_UNREAD;
}

bool
own_name_check(struct run *run, const struct mailbox *mailbox, const struct journal_message *file, enum own_name *is)
{
    struct journal_message *message;
    int64_t *ids, date;
    size_t count;
    bool ok = true;

    *is = OWN_NAME_NOT;
    if (!is_own_form(file->base, &date))
        return true;
    if (!journal_ids_by_date(run->journal, mailbox->row.id, date, &ids, &count, &run->err))
        return false;
    message = calloc(1, sizeof *message);
    ok = message != NULL || run_no_memory(run);
    for (size_t i = 0; ok && *is == OWN_NAME_NOT && i < count; i++) {
        char own[LOCAL_BASE_MAX + 1];

        ok = run_load(run, ids[i], message);
        if (!ok)
            break;
        if ((message->facts & FACT_REPLACED) != 0) /* the file is its newer version: known from the journal */
            continue;
        run_base_name(run, mailbox, message, 0, own);
        if (strncmp(own, file->base, DATE_DIGITS + 1 + RUN_NAME_LETTERS) == 0)
            *is = compare(message, file);
    }
    free(message);
    free(ids);
    return ok;
}
