/* Rows of messages, one at a time. Sets of them: message_ids.c. */
#include "store/journal/internal.h"

#include <assert.h>

#define COLUMNS "mailbox, uid, base, info, size, date, wire, header, rbase, lbase, rseen, lseen, facts, twin, keywords"
#define VALUES "?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16"

#define DIRTY 16 /* the column behind id and those */

#define WALK_CACHE_KIB "384"

static const char what_save[] = "save a message";

bool
journal_message_is_clean(const struct journal_message *message)
{
    if (message->base[0] == '\0' || message->flags.lseen != message->flags.lbase)
        return false;
    /* An alias has the UID of the row that it refers to, and what the server shows of it is told by that row. */
    if ((message->facts & FACT_ALIAS) != 0)
        return message->facts == FACT_ALIAS && message->refers_to != 0;
    return message->uid != 0 &&
           (message->facts & ~(unsigned)(FACT_BY_HEADER | FACT_FOREIGN | FACT_ITS_BYTES | FACT_FETCHED |
                                         FACT_SENT_AGAIN | FACT_TAKEN | FACT_VAGUE)) == 0 &&
           message->flags.rseen == message->flags.rbase;
}

static bool
read_message(sqlite3_stmt *statement, void *row)
{
    struct journal_message *message = row;
    struct sql_reader from = {.statement = statement};

    message->id = read_integer(&from, 1, INT64_MAX);
    message->mailbox = read_integer(&from, 1, INT64_MAX);
    message->uid = (uint32_t)read_integer(&from, 0, UINT32_MAX);
    read_string(&from, message->base, sizeof message->base);
    read_string(&from, message->info, sizeof message->info);
    message->size = (uint64_t)read_integer(&from, 0, INT64_MAX);
    message->date = read_integer(&from, INT64_MIN, INT64_MAX);
    message->has_wire = read_digest(&from, message->wire);
    message->has_header = read_digest(&from, message->header);
    message->flags.rbase = (unsigned)read_integer(&from, 0, UINT32_MAX);
    message->flags.lbase = (unsigned)read_integer(&from, 0, UINT32_MAX);
    message->flags.rseen = (unsigned)read_integer(&from, 0, UINT32_MAX);
    message->flags.lseen = (unsigned)read_integer(&from, 0, UINT32_MAX);
    message->facts = (unsigned)read_integer(&from, 0, UINT32_MAX);
    message->refers_to = read_integer(&from, 0, INT64_MAX);
    read_string(&from, message->keywords, sizeof message->keywords);
    return !from.damaged;
}

/* One row, with its `dirty`. */
static bool
find_message(struct journal *journal, sqlite3_stmt *statement, struct journal_message *out, bool *found,
             struct error *err)
{
    static const char what[] = "find a message";
    const enum sql_outcome outcome = sql_step(journal, statement, what, err);
    struct journal_message message = {0}; /* so that out stays as it is if the row is damaged */
    bool sound, dirty;

    *found = false;
    if (outcome != SQL_ROW)
        return outcome == SQL_DONE;
    sound = read_message(statement, &message);
    dirty = sqlite3_column_int(statement, DIRTY) != 0;
    sql_end(statement);
    if (!sound) {
        sql_damaged(journal, err, what);
        return false;
    }
    /* What other statements make dirty is clean by its columns, and the next save writes that. */
    recent_put(journal, &message, dirty == !journal_message_is_clean(&message));
    *out = message;
    *found = true;
    return true;
}

bool
journal_message_get(struct journal *journal, int64_t id, struct journal_message *out, bool *found, struct error *err)
{
    sqlite3_stmt *statement;
    bool is_as_saved;

    *found = recent_get(journal, id, out, &is_as_saved);
    if (*found)
        return true;
    statement = sql_prepare(journal, SQL_MESSAGE_GET, "SELECT id, " COLUMNS ", dirty FROM message WHERE id = ?1", err);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, id);
    return find_message(journal, statement, out, found, err);
}

bool
journal_message_by_uid(struct journal *journal, int64_t mailbox, uint32_t uid, struct journal_message *out, bool *found,
                       struct error *err)
{
    sqlite3_stmt *statement;
    struct sql_binder to;

    *found = uid != 0 && recent_find(journal, mailbox, uid, "", out);
    if (*found)
        return true;
    statement = sql_prepare(journal, SQL_MESSAGE_BY_UID,
                            "SELECT id, " COLUMNS ", dirty FROM message WHERE mailbox = ?1 AND uid = ?2", err);
    if (statement == NULL)
        return false;
    to = (struct sql_binder){.statement = statement};
    bind_integer(&to, mailbox);
    bind_integer(&to, uid);
    return find_message(journal, statement, out, found, err);
}

bool
journal_message_by_base(struct journal *journal, int64_t mailbox, const char *base, struct journal_message *out,
                        bool *found, struct error *err)
{
    sqlite3_stmt *statement;
    struct sql_binder to;

    *found = base[0] != '\0' && recent_find(journal, mailbox, 0, base, out);
    if (*found)
        return true;
    statement = sql_prepare(journal, SQL_MESSAGE_BY_BASE,
                            "SELECT id, " COLUMNS ", dirty FROM message WHERE mailbox = ?1 AND base = ?2", err);
    if (statement == NULL)
        return false;
    to = (struct sql_binder){.statement = statement};
    bind_integer(&to, mailbox);
    bind_string(&to, base);
    return find_message(journal, statement, out, found, err);
}

bool
journal_walk_begin(struct journal *journal, int64_t mailbox, struct error *err)
{
    assert(journal->walk == NULL);
    /* Each row comes once: what is kept of them serves nobody. */
    if (!sql_exec(journal, "PRAGMA main.cache_size = -" WALK_CACHE_KIB, "go through the messages of a mailbox", err))
        return false;
    journal->walk = sql_prepare(journal, SQL_MESSAGE_WALK,
                                "SELECT id, " COLUMNS " FROM message WHERE mailbox = ?1 ORDER BY uid", err);
    if (journal->walk == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = journal->walk}, mailbox);
    return true;
}

bool
journal_walk_next(struct journal *journal, struct journal_message *out, bool *found, struct error *err)
{
    static const char what[] = "go through the messages of a mailbox";
    enum sql_outcome outcome;

    *found = false;
    if (journal->walk == NULL) /* it came to its end */
        return true;
    outcome = sql_step(journal, journal->walk, what, err);
    if (outcome != SQL_ROW) {
        journal->walk = NULL;
        return outcome == SQL_DONE;
    }
    if (!read_message(journal->walk, out)) {
        sql_damaged(journal, err, what);
        return false;
    }
    *found = true;
    return true;
}

void
journal_walk_end(struct journal *journal)
{
    if (journal->walk != NULL)
        sql_end(journal->walk);
    journal->walk = NULL;
}

/* An id, UID or row referred to that is not known is NULL, as UNIQUE and the partial indexes expect. */
static void
bind_known(struct sql_binder *to, int64_t number)
{
    if (number == 0)
        bind_string(to, NULL);
    else
        bind_integer(to, number);
}

static void
bind_message(sqlite3_stmt *statement, const struct journal_message *message)
{
    struct sql_binder to = {.statement = statement};

    bind_known(&to, message->id);
    bind_integer(&to, message->mailbox);
    bind_known(&to, message->uid);
    bind_string(&to, message->base[0] != '\0' ? message->base : NULL);
    bind_string(&to, message->info);
    bind_integer(&to, (int64_t)message->size);
    bind_integer(&to, message->date);
    bind_digest(&to, message->has_wire ? message->wire : NULL);
    bind_digest(&to, message->has_header ? message->header : NULL);
    bind_integer(&to, message->flags.rbase);
    bind_integer(&to, message->flags.lbase);
    bind_integer(&to, message->flags.rseen);
    bind_integer(&to, message->flags.lseen);
    bind_integer(&to, message->facts);
    bind_known(&to, message->refers_to);
    bind_string(&to, message->keywords);
    bind_integer(&to, !journal_message_is_clean(message));
}

/*
 * An UPDATE pays for every index that holds a column it names, changed or not. So columns go by the indexes that hold them, and
 * each set of groups that a save changes has a statement of its own. Nearly all change flags and facts only.
 */
#define GROUPS 5
static const struct {
    const char *columns, *values;
} groups[GROUPS] = {
    {"mailbox, uid", "?2, ?3"},
    {"base", "?4"},
    {"size, wire", "?6, ?8"},
    {"twin", "?15"},
    {"info, date, header, rbase, lbase, rseen, lseen, facts, keywords, dirty",
     "?5, ?7, ?9, ?10, ?11, ?12, ?13, ?14, ?16, ?17"},
};
#define STATE (1u << (GROUPS - 1)) /* the last of them, which every save takes along: it has `dirty` */

static_assert(SQL_MESSAGE_UPDATE_LAST - SQL_MESSAGE_UPDATE == STATE - 1, "one for each set with the last group");

static bool
insert_message(struct journal *journal, struct journal_message *message, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_MESSAGE_INSERT, "INSERT INTO message (id, " COLUMNS ", dirty) VALUES (?1, " VALUES ", ?17)", err);

    if (statement == NULL)
        return false;
    bind_message(statement, message);
    if (!sql_run(journal, statement, what_save, err))
        return false;
    message->id = sqlite3_last_insert_rowid(journal->db);
    recent_put(journal, message, true);
    return true;
}

static bool
same_digest(bool has, const unsigned char *digest, bool other_has, const unsigned char *other)
{
    return has == other_has && (!has || memcmp(digest, other, DIGEST_SIZE) == 0);
}

/* @return a bit for each group that differs */
static unsigned
compare(const struct journal_message *a, const struct journal_message *b)
{
    const bool same[GROUPS] = {
        a->mailbox == b->mailbox && a->uid == b->uid,
        strcmp(a->base, b->base) == 0,
        a->size == b->size && same_digest(a->has_wire, a->wire, b->has_wire, b->wire),
        a->refers_to == b->refers_to,
        strcmp(a->info, b->info) == 0 && a->date == b->date &&
            same_digest(a->has_header, a->header, b->has_header, b->header) && a->flags.rbase == b->flags.rbase &&
            a->flags.lbase == b->flags.lbase && a->flags.rseen == b->flags.rseen && a->flags.lseen == b->flags.lseen &&
            a->facts == b->facts && strcmp(a->keywords, b->keywords) == 0,
    };
    unsigned changed = 0;

    for (unsigned i = 0; i < GROUPS; i++)
        changed |= same[i] ? 0 : 1u << i;
    return changed;
}

static sqlite3_stmt *
prepare_compare(struct journal *journal, struct error *err)
{
    char sql[512] = "";

    for (unsigned i = 0; journal->statements[SQL_MESSAGE_COMPARE] == NULL && i < GROUPS; i++)
        text_print(sql + strlen(sql), sizeof sql - strlen(sql), "%s(%s) IS (%s)", i == 0 ? "SELECT " : ", ",
                   groups[i].columns, groups[i].values);
    text_print(sql + strlen(sql), sizeof sql - strlen(sql), " FROM message WHERE id = ?1");
    return sql_prepare(journal, SQL_MESSAGE_COMPARE, sql, err);
}

static bool
compare_with_table(struct journal *journal, const struct journal_message *message, unsigned *changed, struct error *err)
{
    sqlite3_stmt *statement = prepare_compare(journal, err);
    enum sql_outcome outcome;

    if (statement == NULL)
        return false;
    bind_message(statement, message);
    outcome = sql_step(journal, statement, what_save, err);
    if (outcome == SQL_DONE)
        sql_no_row(journal, err, what_save);
    if (outcome != SQL_ROW)
        return false;
    *changed = 0;
    for (unsigned i = 0; i < GROUPS; i++)
        *changed |= sqlite3_column_int(statement, (int)i) != 0 ? 0 : 1u << i;
    sql_end(statement);
    return true;
}

/* @param changed  groups beside the last */
static sqlite3_stmt *
prepare_update(struct journal *journal, unsigned changed, struct error *err)
{
    const enum statement which = SQL_MESSAGE_UPDATE + (enum statement)changed;
    char columns[256] = "", values[128] = "", sql[512] = "";

    for (unsigned i = 0; journal->statements[which] == NULL && i < GROUPS; i++) {
        const char *comma = columns[0] != '\0' ? ", " : "";

        if (((changed | STATE) & 1u << i) == 0)
            continue;
        text_print(columns + strlen(columns), sizeof columns - strlen(columns), "%s%s", comma, groups[i].columns);
        text_print(values + strlen(values), sizeof values - strlen(values), "%s%s", comma, groups[i].values);
    }
    text_print(sql, sizeof sql, "UPDATE message SET (%s) = (%s) WHERE id = ?1", columns, values);
    return sql_prepare(journal, which, sql, err);
}

/* Saving what is there already changes no row, so a run without news writes nothing. */
static bool
update_message(struct journal *journal, const struct journal_message *message, struct error *err)
{
    struct journal_message known;
    bool is_as_saved = false;
    unsigned changed;

    if (recent_get(journal, message->id, &known, &is_as_saved) && is_as_saved)
        changed = compare(message, &known);
    else if (!compare_with_table(journal, message, &changed, err))
        return false;
    if (changed != 0) {
        sqlite3_stmt *statement = prepare_update(journal, changed & ~STATE, err);

        if (statement == NULL)
            return false;
        bind_message(statement, message);
        if (!sql_run(journal, statement, what_save, err))
            return false;
    }
    recent_put(journal, message, true);
    return true;
}

bool
journal_message_save(struct journal *journal, struct journal_message *message, struct error *err)
{
    assert(journal->in_transaction);
    if (!sql_fits(message->size, what_save, err))
        return false;
    return message->id == 0 ? insert_message(journal, message, err) : update_message(journal, message, err);
}

bool
journal_message_delete(struct journal *journal, int64_t id, struct error *err)
{
    static const char *const steps[] = {
        "DELETE FROM pending WHERE message = ?1 AND message <> 0",
        /* Of all intents those with no target are most: they are found by their message. */
        "DELETE FROM op WHERE (target = ?1 OR (message = ?1 AND +target = 0)) AND ?1 <> 0",
        /* A copy or move may still be under way for its target, whatever became of its source. */
        "UPDATE op SET message = 0 WHERE message = ?1 AND ?1 <> 0",
        "UPDATE message SET twin = NULL, dirty = 1 WHERE twin = ?1",
        "DELETE FROM message WHERE id = ?1",
    };

    assert(journal->in_transaction);
    recent_forget(journal, id);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        sqlite3_stmt *statement = sql_prepare(journal, SQL_MESSAGE_DELETE + (enum statement)i, steps[i], err);

        if (statement == NULL)
            return false;
        bind_integer(&(struct sql_binder){.statement = statement}, id);
        if (!sql_run(journal, statement, "delete a message", err))
            return false;
    }
    return true;
}
