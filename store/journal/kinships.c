/* What tells that two messages are one although their bytes differ, and of those that were paired so what proves it later. */
#include "store/journal/internal.h"

#include <assert.h>

#define RECEIVED_EACH (KIN_RECEIVED_SIZE + 4) /* a line's digest, and its length in four bytes, lowest first */

static size_t
pack_received(const struct kin *kin, unsigned char to[static KIN_RECEIVED * RECEIVED_EACH])
{
    for (size_t i = 0; i < kin->count; i++) {
        unsigned char *at = to + i * RECEIVED_EACH;

        memcpy(at, kin->received[i], KIN_RECEIVED_SIZE);
        for (size_t k = 0; k < 4; k++)
            at[KIN_RECEIVED_SIZE + k] = (unsigned char)(kin->length[i] >> (8 * k));
    }
    return kin->count * RECEIVED_EACH;
}

static bool
unpack_received(const unsigned char *from, size_t size, struct kin *kin)
{
    kin->count = size / RECEIVED_EACH;
    for (size_t i = 0; i < kin->count; i++) {
        const unsigned char *at = from + i * RECEIVED_EACH;

        memcpy(kin->received[i], at, KIN_RECEIVED_SIZE);
        for (size_t k = 0; k < 4; k++)
            kin->length[i] |= (uint32_t)at[KIN_RECEIVED_SIZE + k] << (8 * k);
    }
    return size % RECEIVED_EACH == 0;
}

bool
journal_kinship_save(struct journal *journal, int64_t message, const struct journal_kinship *kinship, struct error *err)
{
    static const char what[] = "save what tells a message";
    unsigned char received[KIN_RECEIVED * RECEIVED_EACH];
    sqlite3_stmt *statement = sql_prepare(journal, SQL_KINSHIP_SAVE,
                                          "INSERT OR REPLACE INTO kinship (message, rest, message_id, names, received,"
                                          " added, alike, body, written)"
                                          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                                          err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL || !sql_fits(kinship->kin.added, what, err))
        return false;
    bind_integer(&to, message);
    bind_digest(&to, kinship->kin.rest);
    bind_digest(&to, kinship->kin.has_id ? kinship->kin.id : NULL);
    bind_integer(&to, kinship->kin.names);
    bind_bytes(&to, received, pack_received(&kinship->kin, received));
    bind_integer(&to, (int64_t)kinship->kin.added);
    bind_digest(&to, kinship->has_alike ? kinship->alike : NULL);
    bind_digest(&to, kinship->has_body ? kinship->body : NULL);
    bind_digest(&to, kinship->has_written ? kinship->written : NULL);
    return sql_run(journal, statement, what, err);
}

static bool
read_kinship(sqlite3_stmt *statement, void *row)
{
    struct journal_kinship *kinship = row;
    struct sql_reader from = {.statement = statement};
    unsigned char received[KIN_RECEIVED * RECEIVED_EACH];
    bool whole = read_digest(&from, kinship->kin.rest);

    kinship->kin.has_id = read_digest(&from, kinship->kin.id);
    kinship->kin.names = read_integer(&from, 0, 1) != 0;
    whole = unpack_received(received, read_at_most(&from, received, sizeof received), &kinship->kin) && whole;
    kinship->kin.added = (uint64_t)read_integer(&from, 0, INT64_MAX);
    kinship->has_alike = read_digest(&from, kinship->alike);
    kinship->has_body = read_digest(&from, kinship->body);
    kinship->has_written = read_digest(&from, kinship->written);
    return whole && !from.damaged;
}

bool
journal_kinship_get(struct journal *journal, int64_t message, struct journal_kinship *out, bool *found,
                    struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_KINSHIP_GET,
        "SELECT rest, message_id, names, received, added, alike, body, written FROM kinship WHERE message = ?1", err);

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, message);
    return sql_find(journal, statement, read_kinship, out, sizeof *out, found, "look up what tells a message", err);
}

bool
journal_foreign_save(struct journal *journal, int64_t message, const unsigned char *body, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_FOREIGN_SAVE,
                                          "INSERT OR REPLACE INTO foreign_body (message, body) VALUES (?1, ?2)", err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&to, message);
    bind_digest(&to, body);
    return sql_run(journal, statement, "note a message that has other bytes here", err);
}

struct body {
    bool known;
    unsigned char digest[DIGEST_SIZE];
};

static bool
read_body(sqlite3_stmt *statement, void *row)
{
    struct body *body = row;
    struct sql_reader from = {.statement = statement};

    body->known = read_digest(&from, body->digest);
    return !from.damaged;
}

bool
journal_foreign_get(struct journal *journal, int64_t message, unsigned char body[static DIGEST_SIZE], bool *found,
                    struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_FOREIGN_GET, "SELECT body FROM foreign_body WHERE message = ?1", err);
    struct body row = {0};

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, message);
    if (!sql_find(journal, statement, read_body, &row, sizeof row, found, "look up a message's other bytes", err))
        return false;
    *found = *found && row.known;
    memcpy(body, row.digest, DIGEST_SIZE);
    return true;
}
