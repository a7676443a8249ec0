/* See offlineimap.h. As folder/LocalStatus.py, LocalStatusSQLite.py, Maildir.py and Base.py of OfflineIMAP write. */
#include "store/foreign/offlineimap.h"

#include <openssl/evp.h>
#include <sqlite3.h>

#include "store/base/flags.h"

#define VERSION 2 /* of both formats; version 1 has fewer columns */

static bool
take_row(struct foreign_state *state, int64_t uid, struct text flags, struct error *err)
{
    struct foreign_row row = {0};

    if (uid < 1 || uid > UINT32_MAX)
        return foreign_refuse(err, "it has a row for %lld, which is no UID", (long long)uid);
    row.far = row.near = (uint32_t)uid;
    for (size_t i = 0; i < flags.len; i++)
        row.flags |= flag_from_letter(flags.at[i]); /* others are keywords, which no row of golub's has a base of */
    return foreign_state_add(state, &row, err);
}

/* ---- text ---- */

static const char magic[] = "OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT ";

/* @return false: none is left, or it has no end */
static bool
take_line(struct text *from, struct text *line)
{
    const char *end = from->len != 0 ? memchr(from->at, '\n', from->len) : NULL;

    if (end == NULL)
        return false;
    *line = (struct text){from->at, (size_t)(end - from->at)};
    from->at += line->len + 1;
    from->len -= line->len + 1;
    return true;
}

/* UID:FLAGS in version 1, UID|FLAGS|MTIME|LABELS in version 2. */
static bool
read_line(struct text line, uint64_t version, struct foreign_state *state, struct error *err)
{
    const char separator = version == 1 ? ':' : '|';
    const char *end = line.len != 0 ? memchr(line.at, separator, line.len) : NULL, *flags_end;
    struct text flags;
    uint64_t uid;

    if (end == NULL || !text_number((struct text){line.at, (size_t)(end - line.at)}, UINT32_MAX, &uid))
        return foreign_refuse(err, "a line of it is no row");
    flags = (struct text){end + 1, line.len - (size_t)(end + 1 - line.at)};
    flags_end = flags.len != 0 ? memchr(flags.at, separator, flags.len) : NULL;
    if ((version == 1) != (flags_end == NULL))
        return foreign_refuse(err, "a line of it is no row");
    if (flags_end != NULL)
        flags.len = (size_t)(flags_end - flags.at);
    return take_row(state, (int64_t)uid, flags, err);
}

static bool
read_text(struct text bytes, struct foreign_state *state, struct error *err)
{
    struct text line;
    uint64_t version;

    bytes.at += sizeof magic - 1;
    bytes.len -= sizeof magic - 1;
    if (!take_line(&bytes, &line))
        return foreign_refuse(err, "it is cut short");
    if (!text_number(line, UINT32_MAX, &version) || version < 1 || version > VERSION)
        return foreign_refuse(err, "a later version wrote it");
    while (take_line(&bytes, &line)) {
        if (!read_line(line, version, state, err))
            return false;
    }
    return bytes.len == 0 || foreign_refuse(err, "it is cut short");
}

/* ---- SQLite: a copy in memory is opened, so that nothing is ever written or locked beside the file ---- */

static bool
refuse_database(sqlite3 *db, struct error *err)
{
    return foreign_refuse(err, "it is no whole database of OfflineIMAP's: %s",
                          db != NULL ? sqlite3_errmsg(db) : "out of memory");
}

static bool
open_copy(struct text bytes, sqlite3 **db, struct error *err)
{
    unsigned char *copy;

    *db = NULL;
    if (sqlite3_open_v2(":memory:", db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        return refuse_database(*db, err);
    copy = sqlite3_malloc64(bytes.len);
    if (copy == NULL)
        return refuse_database(NULL, err);
    memcpy(copy, bytes.at, bytes.len);
    /* It frees the copy, also where it fails. */
    if (sqlite3_deserialize(*db, "main", copy, (sqlite3_int64)bytes.len, (sqlite3_int64)bytes.len,
                            SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY) != SQLITE_OK ||
        sqlite3_exec(*db, "PRAGMA trusted_schema = OFF", NULL, NULL, NULL) != SQLITE_OK)
        return refuse_database(*db, err);
    return true;
}

/* One value of one row as text. @return false: there is none */
static bool
query_text(sqlite3 *db, const char *sql, char *to, size_t size)
{
    sqlite3_stmt *statement = NULL;
    bool ok = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW;
    const char *value = ok ? (const char *)sqlite3_column_text(statement, 0) : NULL;

    ok = value != NULL && text_copy(text_of(value), to, size);
    (void)sqlite3_finalize(statement); /* what failed was seen */
    return ok;
}

static bool
read_rows(sqlite3 *db, struct foreign_state *state, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    int step = sqlite3_prepare_v2(db, "SELECT id, flags FROM status", -1, &statement, NULL);
    bool ok = step == SQLITE_OK;

    while (ok && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *flags = (const char *)sqlite3_column_text(statement, 1);

        ok = take_row(state, sqlite3_column_int64(statement, 0), text_of(flags), err);
    }
    if (ok && step != SQLITE_DONE)
        ok = refuse_database(db, err);
    else if (!ok && step != SQLITE_ROW)
        (void)refuse_database(db, err);
    (void)sqlite3_finalize(statement); /* likewise */
    return ok;
}

static bool
read_database(struct text bytes, struct foreign_state *state, struct error *err)
{
    char value[64];
    uint64_t version;
    sqlite3 *db;
    bool ok = open_copy(bytes, &db, err);

    if (ok && (!query_text(db, "PRAGMA quick_check(1)", value, sizeof value) || strcmp(value, "ok") != 0))
        ok = foreign_refuse(err, "the database is damaged, or cut short");
    if (ok && (!query_text(db, "SELECT value FROM metadata WHERE key = 'db_version'", value, sizeof value) ||
               !text_number(text_of(value), UINT32_MAX, &version)))
        ok = foreign_refuse(err, "it is no database of OfflineIMAP's");
    if (ok && (version < 1 || version > VERSION))
        ok = foreign_refuse(err, "a later version wrote it");
    ok = ok && read_rows(db, state, err);
    (void)sqlite3_close(db);
    return ok;
}

bool
offlineimap_read_state(struct text bytes, struct foreign_state *state, struct error *err)
{
    static const char database[] = "SQLite format 3";
    struct foreign_state read = {0};
    bool ok;

    if (bytes.len >= sizeof database && memcmp(bytes.at, database, sizeof database) == 0)
        ok = read_database(bytes, &read, err);
    else if (bytes.len >= sizeof magic - 1 && memcmp(bytes.at, magic, sizeof magic - 1) == 0)
        ok = read_text(bytes, &read, err);
    else
        ok = foreign_refuse(err, bytes.len == 0 ? "it is empty" : "it is no status file of OfflineIMAP's");
    ok = ok && foreign_state_finish(&read, err);
    if (ok)
        *state = read;
    else
        foreign_state_free(&read);
    return ok;
}

/* ---- names ---- */

bool
offlineimap_read_validity(struct text bytes, uint32_t *validity, struct error *err)
{
    uint64_t number;

    while (bytes.len != 0 && (bytes.at[bytes.len - 1] == '\n' || bytes.at[bytes.len - 1] == ' '))
        bytes.len--;
    if (!text_number(bytes, UINT32_MAX, &number) || number == 0)
        return foreign_refuse(err, "the UIDVALIDITY that it keeps is no number");
    *validity = (uint32_t)number;
    return true;
}

bool
offlineimap_box(const char *name, char separator, char *box, size_t size)
{
    size_t length;

    if (!text_copy(text_of(name), box, size))
        return false;
    length = strlen(box);
    for (size_t i = 0; i < length; i++) {
        if (box[i] == '/' || (separator != 0 && box[i] == separator))
            box[i] = '.';
    }
    return strcmp(box, ".") != 0 || text_copy(TEXT("dot"), box, size);
}

bool
offlineimap_digest(const char *folder, char digest[static OFFLINEIMAP_DIGEST + 1])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    if (EVP_Digest(folder, strlen(folder), bytes, &length, EVP_md5(), NULL) != 1 || length != OFFLINEIMAP_DIGEST / 2)
        return false;
    text_hex(bytes, length, digest);
    return true;
}

bool
offlineimap_parse_name(const char *base, const char *digest, uint32_t *uid)
{
    const char *at = strstr(base, ",FMD5="), *number = strstr(base, ",U=");
    uint64_t found;

    *uid = 0;
    if (at == NULL)
        return false;
    if (number == NULL || strncmp(at + sizeof ",FMD5=" - 1, digest, OFFLINEIMAP_DIGEST) != 0)
        return true;
    number += sizeof ",U=" - 1;
    if (text_number((struct text){number, strspn(number, "0123456789")}, UINT32_MAX, &found))
        *uid = (uint32_t)found;
    return true;
}
