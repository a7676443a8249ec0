/* Plans of the journal's statements; see sim_plans.h. */
#include "tests/sim/sim_plans.h"

#include <stdio.h>

#include "store/journal/internal.h"

#define STEPS_MAX 96

/* Walks through all messages that are meant: none is done for each message. */
static const struct {
    enum statement which;
    const char *why;
} walks[] = {
    {SQL_MESSAGE_NAMES_AS_THEY_LIE, "a folder that is most of the account is merged with its rows"},
    {SQL_POP_MISSED, "once an import, which reads the whole list of its server"},
    {SQL_POP_IDS_ALL, "status of an import"},
    {SQL_POP_COUNT_LISTED, "once an import"},
    {SQL_POP_COUNT_ALL, "once an import"},
    {SQL_POP_FORGET, "once an import"},
    {SQL_POP_CLAMP, "a clock that went back"},
    {SQL_LISTING_HAS_MOVED, "once a list that is in doubt"},
    {SQL_LISTING_ROWS, "a list of a server is merged with all rows"},
};

/* Indexes of sets that are hardly ever large. */
static const char *const few[] = {"message_dirty", "message_twin", "message_draft", "message_deleted",
                                  "pop_hold",      "pop_parts",    "pop_word",      "pop_doubt",
                                  "pop_absent",    "pop_unread",   "pop_unflushed", "sqlite_autoindex_mailbox"};

struct step {
    int id, parent;
    char words[160];
};

struct plan {
    const char *sql;
    struct step steps[STEPS_MAX];
    size_t count;
};

static void
explain(struct journal *journal, struct plan *plan)
{
    sqlite3_stmt *explained = NULL;
    struct buffer sql = buffer_new(65536);
    bool ok = buffer_addf(&sql, "EXPLAIN QUERY PLAN %s", plan->sql);

    plan->count = 0;
    ok = ok && sqlite3_prepare_v2(journal->db, sql.at, -1, &explained, NULL) == SQLITE_OK;
    while (ok && sqlite3_step(explained) == SQLITE_ROW) {
        struct step *step = &plan->steps[plan->count++];

        step->id = sqlite3_column_int(explained, 0);
        step->parent = sqlite3_column_int(explained, 1);
        (void)text_print(step->words, sizeof step->words, "%s", (const char *)sqlite3_column_text(explained, 3));
        ok = plan->count < STEPS_MAX;
    }
    (void)sqlite3_finalize(explained);
    buffer_free(&sql);
    if (ok)
        return;
    (void)fprintf(stderr, "sim_plans: %s: can't explain %s\n", sqlite3_errmsg(journal->db), plan->sql);
    abort();
}

static void
refuse(const struct plan *plan, const char *why)
{
    (void)fprintf(stderr, "sim_plans: %s: %s\n", why, plan->sql);
    for (size_t i = 0; i < plan->count; i++)
        (void)fprintf(stderr, "    %d under %d: %s\n", plan->steps[i].id, plan->steps[i].parent, plan->steps[i].words);
    abort();
}

/* Of a table, or of what was collected from one; a single row is neither. */
static bool
is_walk(const struct step *step)
{
    return strncmp(step->words, "SCAN ", 5) == 0 && strstr(step->words, "CONSTANT ROW") == NULL;
}

static bool
is_of_few(const struct step *step)
{
    for (size_t i = 0; i < sizeof few / sizeof *few; i++) {
        if (strstr(step->words, few[i]) != NULL)
            return true;
    }
    return false;
}

/* The tables that grow with the mail. What is called by one letter is one of them if it is read by their indexes. */
static bool
is_of_messages(const struct step *step)
{
    static const char *const of_messages[] = {"SCAN message",  "SCAN main.message", "SCAN pop",
                                              "SCAN main.pop", "INDEX message_",    "INDEX pop_"};

    if (strncmp(step->words, "SCAN pop_folder", 15) == 0)
        return false;
    for (size_t i = 0; i < sizeof of_messages / sizeof *of_messages; i++) {
        if (strstr(step->words, of_messages[i]) != NULL)
            return true;
    }
    return false;
}

/* Is it done again for each row of something? */
static bool
is_repeated(const struct plan *plan, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (plan->steps[i].parent == plan->steps[at].parent && is_walk(&plan->steps[i]))
            return true;
    }
    for (size_t i = at; i-- > 0;) {
        if (plan->steps[i].id == plan->steps[at].parent)
            return strncmp(plan->steps[i].words, "CORRELATED", 10) == 0 || is_repeated(plan, i);
    }
    return false;
}

static bool
is_meant(enum statement which)
{
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        if (walks[i].which == which)
            return true;
    }
    return false;
}

/* A list of a server gets its index where names are asked of it: with it all are explained as they run. */
static void
index_list(struct journal *journal)
{
    (void)sqlite3_exec(journal->db, "CREATE INDEX IF NOT EXISTS temp.listing_uidl ON listing (uidl)", NULL, NULL,
                       NULL); /* refused where there is none */
}

static void
look_at(struct journal *journal, enum statement which)
{
    struct plan plan = {.sql = sqlite3_sql(journal->statements[which])};

    explain(journal, &plan);
    for (size_t i = 0; i < plan.count; i++) {
        const struct step *step = &plan.steps[i];

        if (!is_walk(step))
            continue;
        if (is_repeated(&plan, i))
            refuse(&plan, "walks through a table for each row of another");
        if (is_of_messages(step) && !is_of_few(step) && !is_meant(which))
            refuse(&plan, "walks through all messages");
    }
}

void
sim_plans_look(struct journal *journal)
{
    static bool seen[SQL_STATEMENTS];
    bool indexed = false;

    for (size_t i = 0; i < SQL_STATEMENTS; i++) {
        if (seen[i] || journal->statements[i] == NULL)
            continue;
        if (!indexed)
            index_list(journal);
        indexed = seen[i] = true;
        look_at(journal, i);
    }
}
