/* OfflineIMAP's status files, of both kinds and both versions, and names of its files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/base/flags.h"
#include "store/foreign/offlineimap.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define MAGIC "OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT "

static bool
reads(struct text bytes, struct foreign_state *state)
{
    struct error err = {0};
    bool ok = offlineimap_read_state(bytes, state, &err);

    assert_true(ok || err.answer[0] != '\0');
    return ok;
}

/* The bytes of a database that this SQL makes; freed with sqlite3_free. */
static struct text
database(const char *sql)
{
    sqlite3 *db;
    sqlite3_int64 size = 0;
    unsigned char *bytes;

    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    bytes = sqlite3_serialize(db, "main", &size, 0);
    assert_non_null(bytes);
    (void)sqlite3_close(db);
    return (struct text){(char *)bytes, (size_t)size};
}

#define TABLES                                                                                                         \
    "CREATE TABLE metadata (key VARCHAR(50) PRIMARY KEY, value VARCHAR(128));"                                         \
    "CREATE TABLE status (id INTEGER PRIMARY KEY, flags VARCHAR(50), mtime INTEGER, labels VARCHAR(256));"

static void
assert_two_rows(const struct foreign_state *read)
{
    assert_int_equal(read->count, 2);
    assert_int_equal(read->rows[0].far, 1);
    assert_int_equal(read->rows[0].near, 1);
    assert_int_equal(read->rows[0].flags, 0);
    assert_int_equal(read->rows[1].far, 7);
    assert_int_equal(read->rows[1].flags, FLAG_SEEN | FLAG_FLAGGED);
    assert_int_equal(read->rows[1].marks, 0);
    assert_int_equal(read->max_far, 7);
    assert_int_equal(read->max_pulled, 0);
}

static void
a_database_of_today_is_read(void **state)
{
    struct text bytes = database(TABLES "INSERT INTO metadata VALUES ('db_version', '2');"
                                        "INSERT INTO status VALUES (1, '', 0, ''), (7, 'FSab', 0, 'x')");
    struct foreign_state read = {0};

    (void)state;
    assert_true(reads(bytes, &read));
    assert_two_rows(&read);
    foreign_state_free(&read);
    sqlite3_free((void *)bytes.at);
}

static void
a_database_of_version_1_is_read(void **state)
{
    struct text bytes = database("CREATE TABLE metadata (key VARCHAR(50) PRIMARY KEY, value VARCHAR(128));"
                                 "CREATE TABLE status (id INTEGER PRIMARY KEY, flags VARCHAR(50));"
                                 "INSERT INTO metadata VALUES ('db_version', '1');"
                                 "INSERT INTO status VALUES (1, NULL), (7, 'FS')");
    struct foreign_state read = {0};

    (void)state;
    assert_true(reads(bytes, &read));
    assert_two_rows(&read);
    foreign_state_free(&read);
    sqlite3_free((void *)bytes.at);
}

static void
a_database_that_is_another_is_refused(void **state)
{
    static const char *const sql[] = {
        TABLES "INSERT INTO metadata VALUES ('db_version', '3'); INSERT INTO status VALUES (1, '', 0, '')",
        TABLES "INSERT INTO status VALUES (1, '', 0, '')",
        TABLES "INSERT INTO metadata VALUES ('db_version', '2'); INSERT INTO status VALUES (0, '', 0, '')",
        TABLES "INSERT INTO metadata VALUES ('db_version', '2'); INSERT INTO status VALUES (-1, '', 0, '')",
        TABLES "INSERT INTO metadata VALUES ('db_version', '2'); INSERT INTO status VALUES (4294967296, '', 0, '')",
        "CREATE TABLE metadata (key, value); INSERT INTO metadata VALUES ('db_version', '2')",
        "CREATE TABLE other (x)",
    };
    struct foreign_state read = {0};

    (void)state;
    for (size_t i = 0; i < LENGTH(sql); i++) {
        struct text bytes = database(sql[i]);

        assert_false(reads(bytes, &read));
        sqlite3_free((void *)bytes.at);
    }
}

static void
a_database_that_is_cut_is_refused(void **state)
{
    struct text bytes = database(TABLES "INSERT INTO metadata VALUES ('db_version', '2');"
                                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                                        "INSERT INTO status SELECT i, 'S', 0, '' FROM n");
    struct foreign_state read = {0};

    (void)state;
    for (size_t len = 0; len < bytes.len; len += len < 600 ? 1 : 509)
        assert_false(reads((struct text){bytes.at, len}, &read));
    assert_true(reads(bytes, &read));
    assert_int_equal(read.count, 500);
    foreign_state_free(&read);
    sqlite3_free((void *)bytes.at);
}

/* Rows that changed places on a page: SQLite reads all of them and says nothing, unless it is asked. */
static void
a_database_that_is_damaged_is_refused(void **state)
{
    struct text bytes = database(TABLES "INSERT INTO metadata VALUES ('db_version', '2');"
                                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
                                        "INSERT INTO status SELECT i, 'S', 0, '' FROM n");
    unsigned char *page = (unsigned char *)bytes.at + 4096;
    struct foreign_state read = {0};

    (void)state;
    while (page[0] != 0x0d || page[3] == 0) { /* a leaf of a table, with more than 255 rows */
        page += 4096;
        assert_true((const char *)page < bytes.at + bytes.len);
    }
    for (size_t i = 0; i < 2; i++) {
        const unsigned char kept = page[8 + i];

        page[8 + i] = page[10 + i];
        page[10 + i] = kept;
    }
    assert_false(reads(bytes, &read));
    sqlite3_free((void *)bytes.at);
}

static void
text_of_both_versions_is_read(void **state)
{
    struct foreign_state read = {0};

    (void)state;
    assert_true(reads(TEXT(MAGIC "1\n1:\n7:FS\n"), &read));
    assert_two_rows(&read);
    foreign_state_free(&read);
    assert_true(reads(TEXT(MAGIC "2\n1||0|\n7|FSx|1234|a, b\n"), &read));
    assert_two_rows(&read);
    foreign_state_free(&read);
    assert_true(reads(TEXT(MAGIC "2\n"), &read));
    assert_int_equal(read.count, 0);
    foreign_state_free(&read);
}

static void
text_that_is_another_is_refused(void **state)
{
    static const char *const bytes[] = {
        "",
        MAGIC,
        MAGIC "2",
        MAGIC "3\n1||0|\n",
        MAGIC "0\n",
        MAGIC "x\n",
        "1:S\n",
        MAGIC "1\n1:S",
        MAGIC "1\n1|S|0|\n",
        MAGIC "2\n1:S\n",
        MAGIC "2\n1||0|\n1||0|\n",
        MAGIC "2\nx||0|\n",
        MAGIC "2\n0||0|\n",
        MAGIC "2\n\n",
        MAGIC "2\n1|S\n",
    };
    struct foreign_state read = {0};

    (void)state;
    for (size_t i = 0; i < LENGTH(bytes); i++)
        assert_false(reads(text_of(bytes[i]), &read));
    assert_null(read.rows);
}

static void
a_name_counts_in_its_own_folder_alone(void **state)
{
    char inbox[OFFLINEIMAP_DIGEST + 1], other[OFFLINEIMAP_DIGEST + 1];
    static const char base[] = "1795802188_3.20726.vm,U=3,FMD5=7e33429f656f1e6e9d79b29c3f82c57e";
    uint32_t uid;

    (void)state;
    assert_true(offlineimap_digest("INBOX", inbox));
    assert_string_equal(inbox, "7e33429f656f1e6e9d79b29c3f82c57e");
    assert_true(offlineimap_digest("Work/2024", other));
    assert_string_equal(other, "2e2a929762e309f8dd6cbc2fad69a852");

    assert_true(offlineimap_parse_name(base, inbox, &uid));
    assert_int_equal(uid, 3);
    assert_true(offlineimap_parse_name(base, other, &uid));
    assert_int_equal(uid, 0);
    assert_false(offlineimap_parse_name("1795802188.M1P2.vm,U=3", inbox, &uid));
    assert_int_equal(uid, 0);
}

static void
a_box_has_dots_between_its_levels(void **state)
{
    char box[32];

    (void)state;
    assert_true(offlineimap_box("Work/2024", '/', box, sizeof box));
    assert_string_equal(box, "Work.2024");
    assert_true(offlineimap_box("a\\b/c", '\\', box, sizeof box));
    assert_string_equal(box, "a.b.c");
    assert_true(offlineimap_box("INBOX", 0, box, sizeof box));
    assert_string_equal(box, "INBOX");
    assert_true(offlineimap_box(".", 0, box, sizeof box));
    assert_string_equal(box, "dot");
    assert_false(offlineimap_box("a mailbox whose name is far too long for it", '/', box, sizeof box));
}

static void
a_validity_is_a_number(void **state)
{
    struct error err = {0};
    uint32_t validity = 0;

    (void)state;
    assert_true(offlineimap_read_validity(TEXT("1795802187\n"), &validity, &err));
    assert_int_equal(validity, 1795802187);
    assert_false(offlineimap_read_validity(TEXT("None\n"), &validity, &err));
    assert_false(offlineimap_read_validity(TEXT("0\n"), &validity, &err));
    assert_false(offlineimap_read_validity(TEXT(""), &validity, &err));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_database_of_today_is_read),
        cmocka_unit_test(a_database_of_version_1_is_read),
        cmocka_unit_test(a_database_that_is_another_is_refused),
        cmocka_unit_test(a_database_that_is_cut_is_refused),
        cmocka_unit_test(a_database_that_is_damaged_is_refused),
        cmocka_unit_test(text_of_both_versions_is_read),
        cmocka_unit_test(text_that_is_another_is_refused),
        cmocka_unit_test(a_name_counts_in_its_own_folder_alone),
        cmocka_unit_test(a_box_has_dots_between_its_levels),
        cmocka_unit_test(a_validity_is_a_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
