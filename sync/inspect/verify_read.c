/*
 * The bytes of one file. Where they are others although size and time are the message's nobody changed it: bit rot. A file that changes while it is
 * read is read again.
 */
#include "sync/inspect/verify_private.h"

#define READS 3 /* of a file that changes meanwhile */

bool
verify_is_of_part(const struct verifying *verifying, const unsigned char wire[static DIGEST_SIZE])
{
    uint64_t number = 0;

    for (int i = 0; i < 8; i++)
        number = number << 8 | wire[i];
    return verifying->how->parts == 0 || number % verifying->how->parts == verifying->how->part - 1;
}

bool
verify_read_file(struct verifying *verifying, const struct local_file *file, struct local_facts *facts, bool *missing,
                 bool *read, struct error *err)
{
    struct run *run = &verifying->run;
    bool changed = true;

    *read = *missing = false;
    for (int i = 0; i < READS && changed && !*read && !*missing; i++) {
        *err = (struct error){0};
        *read = run->local.ops->reread(run->local.self, file, facts, missing, &changed, err);
    }
    *read = *read && !*missing;
    if (err->kind == ERROR_INTERRUPTED)
        run->err = *err;
    else if (!*read && !*missing && changed)
        err->kind = ERROR_NONE; /* it changes all the time */
    return run->err.kind != ERROR_INTERRUPTED;
}

/*
 * Nobody wrote to it. The journal has the size on the wire, where each line end is two bytes: one byte of a file that becomes a line end, or was
 * one, makes that size another by one, and the file is as long as it was.
 */
static bool
is_as_it_was(const struct journal_message *row, const struct local_facts *facts)
{
    const uint64_t more = facts->digests.size, less = row->size;

    return facts->date == row->date &&
           ((row->facts & FACT_FOREIGN) != 0 || (more > less ? more - less : less - more) <= 1);
}

bool
verify_is_other(struct verifying *verifying, const struct journal_message *row, const struct local_facts *facts,
                bool there, enum verify_what *what)
{
    const bool as_it_was = is_as_it_was(row, facts);

    verifying->sum.files++;
    verifying->sum.bytes += facts->print.size;
    if (memcmp(facts->digests.wire, row->wire, DIGEST_SIZE) == 0)
        return false;
    *what = (row->facts & FACT_ALIAS) != 0 ? VERIFY_ALTERED_SECOND
            : as_it_was                    ? (there ? VERIFY_ROT : VERIFY_ROT_ALONE)
            : there                        ? VERIFY_CHANGED
                                           : VERIFY_CHANGED_ALONE;
    return true;
}

bool
verify_is_read(const struct verifying *verifying, const struct journal_message *row)
{
    return verify_is_here(row) && row->has_wire && (row->uid != 0 || (row->facts & FACT_ALIAS) != 0) &&
           (row->facts & FACT_ALTERED) == 0 && verify_is_of_part(verifying, row->wire);
}

bool
verify_read_alone(struct verifying *verifying, const struct mailbox *mailbox, const struct journal_message *row,
                  enum verify_what *what)
{
    const struct local_file file = run_file(mailbox, row);
    struct local_facts facts;
    struct error err;
    bool missing, read;

    if (!verifying->how->bytes || (*what != VERIFY_GONE_THERE && *what != VERIFY_REMOVED_THERE) ||
        !verify_is_read(verifying, row))
        return true;
    if (!verify_read_file(verifying, &file, &facts, &missing, &read, &err))
        return false;
    if (!read)
        return true;
    (void)verify_is_other(verifying, row, &facts, false, what);
    return id_set_add(&verifying->read, row->id) || run_no_memory(&verifying->run);
}
