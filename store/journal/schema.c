/*
 * The journal's tables. A released step is never edited: a change is a new step behind it; JOURNAL_SCHEMA counts them.
 *
 * In messages, 0 and "" of the struct are NULL here, so that UNIQUE leaves them alone. `dirty` is what
 * journal_message_is_clean denies; its partial indexes are what makes planning cost as much as there is to do.
 */
#include "store/journal/schema.h"

#include <assert.h>

const char *const schema_steps[JOURNAL_SCHEMA] = {
    "CREATE TABLE meta (k TEXT PRIMARY KEY NOT NULL, v TEXT NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE mailbox ("
    " id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE,"
    " wire TEXT,"
    " folder TEXT NOT NULL UNIQUE,"
    " separator INTEGER NOT NULL CHECK (separator BETWEEN 0 AND 255),"
    " attributes INTEGER NOT NULL,"
    " state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),"
    " uidvalidity INTEGER NOT NULL CHECK (uidvalidity BETWEEN 0 AND 4294967295),"
    " uidnext INTEGER NOT NULL CHECK (uidnext BETWEEN 0 AND 4294967295),"
    " messages INTEGER NOT NULL CHECK (messages BETWEEN 0 AND 4294967295),"
    " modseq INTEGER NOT NULL CHECK (modseq >= 0),"
    " permanent INTEGER NOT NULL,"
    " stamp TEXT NOT NULL"
    ") STRICT;"

    /* AUTOINCREMENT: an id is never given twice, so a stale one finds nothing rather than another message. */
    "CREATE TABLE message ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " mailbox INTEGER NOT NULL REFERENCES mailbox (id),"
    " uid INTEGER CHECK (uid BETWEEN 1 AND 4294967295),"
    " base TEXT CHECK (base <> ''),"
    " info TEXT NOT NULL,"
    " size INTEGER NOT NULL CHECK (size >= 0),"
    " date INTEGER NOT NULL,"
    " wire BLOB CHECK (length(wire) = 32),"
    " header BLOB CHECK (length(header) = 32),"
    " rbase INTEGER NOT NULL,"
    " lbase INTEGER NOT NULL,"
    " rseen INTEGER NOT NULL,"
    " lseen INTEGER NOT NULL,"
    " facts INTEGER NOT NULL,"
    " twin INTEGER,"
    " keywords TEXT NOT NULL,"
    " dirty INTEGER NOT NULL CHECK (dirty IN (0, 1)),"
    " CHECK (uid IS NULL OR base IS NULL OR wire IS NOT NULL)" /* what is paired has passed through our hands */
    ") STRICT;"
    "CREATE UNIQUE INDEX message_uid ON message (mailbox, uid);"
    "CREATE UNIQUE INDEX message_base ON message (mailbox, base) WHERE base IS NOT NULL;"
    "CREATE INDEX message_wire ON message (wire) WHERE wire IS NOT NULL;"
    "CREATE INDEX message_dirty ON message (mailbox, uid) WHERE dirty = 1;"
    "CREATE INDEX message_dirty_size ON message (size) WHERE dirty = 1;"
    "CREATE INDEX message_twin ON message (twin) WHERE twin IS NOT NULL;"

    "CREATE TABLE op ("
    " id INTEGER PRIMARY KEY,"
    " kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 5),"
    " mailbox INTEGER NOT NULL,"
    " message INTEGER NOT NULL,"
    " target INTEGER NOT NULL,"
    " uidvalidity INTEGER NOT NULL CHECK (uidvalidity BETWEEN 0 AND 4294967295),"
    " uidnext INTEGER NOT NULL CHECK (uidnext BETWEEN 0 AND 4294967295),"
    " canonical BLOB NOT NULL CHECK (length(canonical) = 32),"
    " size INTEGER NOT NULL CHECK (size >= 0),"
    " date INTEGER NOT NULL,"
    " attempt INTEGER NOT NULL,"
    " since INTEGER NOT NULL,"
    " name TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX op_message ON op (message);"
    "CREATE INDEX op_target ON op (target);"

    "CREATE TABLE pending ("
    " mailbox INTEGER NOT NULL,"
    " message INTEGER NOT NULL,"
    " kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 8),"
    " detail TEXT NOT NULL,"
    " why TEXT NOT NULL,"
    " since INTEGER NOT NULL,"
    " hold TEXT NOT NULL,"
    " PRIMARY KEY (mailbox, message)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX pending_message ON pending (message) WHERE message <> 0;"
    /* A message that is moved takes its pending row along. */
    "CREATE TRIGGER message_moved AFTER UPDATE OF mailbox ON message WHEN old.mailbox <> new.mailbox"
    " BEGIN UPDATE pending SET mailbox = new.mailbox WHERE message = new.id; END;"

    "CREATE TABLE quarantine ("
    " name TEXT PRIMARY KEY NOT NULL,"
    " mailbox TEXT NOT NULL,"
    " base TEXT NOT NULL,"
    " info TEXT NOT NULL,"
    " uid INTEGER NOT NULL CHECK (uid BETWEEN 0 AND 4294967295),"
    " why TEXT NOT NULL,"
    " since INTEGER NOT NULL,"
    " size INTEGER NOT NULL CHECK (size >= 0)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX quarantine_since ON quarantine (since);",

    /* Messages of a POP maildrop. AUTOINCREMENT as above: an id on a list in memory must not become another message. */
    "CREATE TABLE pop ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " uidl TEXT NOT NULL CHECK (uidl <> ''),"
    " state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),"
    " size INTEGER NOT NULL CHECK (size >= 0),"
    " header BLOB CHECK (length(header) = 32),"
    " base TEXT NOT NULL,"
    " since INTEGER NOT NULL,"
    " keep INTEGER NOT NULL CHECK (keep >= -1),"
    " hold TEXT NOT NULL,"
    " why TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX pop_uidl ON pop (uidl);"          /* a listing is merged with it in one pass */
    "CREATE INDEX pop_state ON pop (state, since);" /* what is due costs as much as is due */
    "CREATE INDEX pop_hold ON pop (id) WHERE hold <> '';",

    /* What is kept for some days ages by time that counts, not by the clock. */
    "ALTER TABLE quarantine ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;"
    "UPDATE quarantine SET counted = since;"
    "DROP INDEX quarantine_since;"
    "CREATE INDEX quarantine_counted ON quarantine (counted);"

    /* Which lists a held message was shown in (kind: 1 removals, 2 additions). `message` is a row of message, or of pop in a POP account's. */
    "CREATE TABLE held ("
    " message INTEGER NOT NULL,"
    " list TEXT NOT NULL CHECK (list <> ''),"
    " kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 2),"
    " reason TEXT NOT NULL,"
    " since INTEGER NOT NULL,"
    " PRIMARY KEY (message, list)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO held SELECT message, hold, 1, 'guard', since FROM pending WHERE kind = 2 AND hold <> '' AND message "
    "<> 0;"
    "INSERT INTO held SELECT id, hold, 1, 'keep', since FROM pop WHERE hold <> '';"
    /* What is over is on no list. */
    "CREATE TRIGGER pending_over AFTER DELETE ON pending BEGIN DELETE FROM held WHERE message = old.message; END;"
    "CREATE TRIGGER pending_other AFTER UPDATE OF detail ON pending WHEN old.detail <> new.detail"
    " BEGIN DELETE FROM held WHERE message = old.message; END;"
    "CREATE TRIGGER pop_over AFTER DELETE ON pop BEGIN DELETE FROM held WHERE message = old.id; END;"
    "CREATE TRIGGER pop_released AFTER UPDATE OF hold ON pop WHEN old.hold <> '' AND new.hold = ''"
    " BEGIN DELETE FROM held WHERE message = old.id; END;"

    /* How a server spelled names was not written down: one name that is not ASCII, and all are UTF-8. */
    "ALTER TABLE mailbox ADD COLUMN utf8 INTEGER NOT NULL DEFAULT 0;"
    "UPDATE mailbox SET utf8 = 1 WHERE EXISTS (SELECT 1 FROM mailbox WHERE wire GLOB '*[^ -~]*');"
    "ALTER TABLE mailbox ADD COLUMN view INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE mailbox ADD COLUMN short_count INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE mailbox ADD COLUMN short_share INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE mailbox ADD COLUMN short_bytes INTEGER NOT NULL DEFAULT 0;"

    /* What a mailbox remembers while it could not be seen, or while messages are missing in it (sync/rows/missing.c). */
    "ALTER TABLE mailbox ADD COLUMN behind INTEGER NOT NULL DEFAULT 0 CHECK (behind >= 0);"
    "ALTER TABLE mailbox ADD COLUMN had INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE mailbox ADD COLUMN missing INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE mailbox ADD COLUMN missing_since INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE mailbox ADD COLUMN past INTEGER NOT NULL DEFAULT 0;"

    /* When a later run saw the intent whose own time can't be right (sync/apply/recover.c). */
    "ALTER TABLE op ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;"

    /* What tells whether a mailbox's folder is still the one that golub left. */
    "CREATE TABLE place ("
    " mailbox INTEGER PRIMARY KEY NOT NULL,"
    " born TEXT NOT NULL,"
    " changes INTEGER NOT NULL CHECK (changes BETWEEN 0 AND 2),"
    " cur_changed INTEGER NOT NULL,"
    " new_changed INTEGER NOT NULL,"
    " doubted INTEGER NOT NULL CHECK (doubted IN (0, 1))"
    ") STRICT;"
    "CREATE TRIGGER place_over AFTER DELETE ON mailbox BEGIN DELETE FROM place WHERE mailbox = old.id; END;"

    /* Files whose bytes may change in their place: what each was when they were last known. */
    "CREATE TABLE print ("
    " message INTEGER PRIMARY KEY NOT NULL,"
    " size INTEGER NOT NULL CHECK (size >= 0),"
    " seconds INTEGER NOT NULL,"
    " nanoseconds INTEGER NOT NULL,"
    " wire INTEGER NOT NULL CHECK (wire >= 0),"
    " since INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TRIGGER message_over AFTER DELETE ON message BEGIN DELETE FROM print WHERE message = old.id; END;"
    "CREATE INDEX message_draft ON message (mailbox) WHERE ((rseen | lseen) & 16) <> 0;"

    /* fsync = false: names that were given and not flushed, and in which boot. */
    "CREATE TABLE unflushed (message INTEGER PRIMARY KEY NOT NULL, boot TEXT NOT NULL,"
    " undeleted INTEGER NOT NULL DEFAULT 0 CHECK (undeleted IN (0, 1))) STRICT;"

    /* Which message is which, in more than a name; where its file is; folders whose names were compared with the rows. */
    "ALTER TABLE pop ADD COLUMN listed INTEGER NOT NULL DEFAULT 0 CHECK (listed >= 0);"
    "ALTER TABLE pop ADD COLUMN kin BLOB CHECK (length(kin) = 32);"
    "ALTER TABLE pop ADD COLUMN message_id BLOB CHECK (length(message_id) = 32);"
    "ALTER TABLE pop ADD COLUMN received BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE pop ADD COLUMN body BLOB CHECK (length(body) = 32);"
    "ALTER TABLE pop ADD COLUMN folder TEXT NOT NULL DEFAULT '?';"
    "ALTER TABLE pop ADD COLUMN absent INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE pop ADD COLUMN missed INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE pop ADD COLUMN word INTEGER NOT NULL DEFAULT -1 CHECK (word >= -1);"
    "ALTER TABLE pop ADD COLUMN facts INTEGER NOT NULL DEFAULT 0;"
    "DROP INDEX pop_uidl;"
    "CREATE INDEX pop_uidl ON pop (uidl, absent, listed, facts);" /* a listing is merged with it, and it alone is read for that */
    "DROP INDEX pop_state;"
    "CREATE INDEX pop_state ON pop (state, since) WHERE absent = 0;"
    "CREATE INDEX pop_base ON pop (base) WHERE base <> '';"
    "CREATE INDEX pop_absent ON pop (absent) WHERE absent <> 0;"
    "CREATE INDEX pop_absent_header ON pop (header) WHERE absent <> 0;"
    "CREATE INDEX pop_absent_kin ON pop (kin) WHERE absent <> 0;"
    "CREATE INDEX pop_absent_size ON pop (listed) WHERE absent <> 0;"
    "CREATE INDEX pop_word ON pop (id) WHERE word <> -1;"
    "CREATE INDEX pop_doubt ON pop (uidl) WHERE facts & 256 <> 0;"
    "CREATE INDEX pop_unflushed ON pop (id) WHERE facts & 2048 <> 0;"
    "CREATE INDEX pop_unread ON pop (id) WHERE header IS NULL AND kin IS NULL AND absent = 0;"
    /* A look at the files costs as much as lies in the folders that moved. */
    "CREATE INDEX pop_here ON pop (folder) WHERE missed = 0 AND base <> '' AND state IN (2, 4);"
    "INSERT OR IGNORE INTO meta SELECT 'met', '1' WHERE EXISTS (SELECT 1 FROM pop);"
    "CREATE TABLE pop_folder ("
    " name TEXT PRIMARY KEY NOT NULL,"
    " stamp TEXT NOT NULL,"
    " born INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;",

    /* Mailboxes whose listings and EXISTS do not agree (sync/observe/uneven.c). */
    "ALTER TABLE mailbox ADD COLUMN uneven INTEGER NOT NULL DEFAULT 0 CHECK (uneven BETWEEN 0 AND 3);"
    "ALTER TABLE mailbox ADD COLUMN excess INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE mailbox ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden BETWEEN 0 AND 4294967295);"
    "ALTER TABLE mailbox ADD COLUMN weighed INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE mailbox ADD COLUMN unjudged INTEGER NOT NULL DEFAULT 0 CHECK (unjudged BETWEEN 0 AND 4294967295);",

    /* When the server may be asked once more for what it refused. */
    "ALTER TABLE pending ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0 CHECK (not_before >= 0);",

    /* POP messages of which only a part came (sync/import/parts.c): asked for in each run, and there are hardly any. */
    "CREATE INDEX pop_parts ON pop (id) WHERE facts & 3 <> 0;",

    /* POP messages that a new one may be equal to: those of its size. */
    "CREATE INDEX pop_listed ON pop (listed) WHERE absent = 0 AND state IN (2, 4);",

    /* ... or fewer bytes than LIST says. */
    "DROP INDEX pop_parts; CREATE INDEX pop_parts ON pop (id) WHERE facts & 19 <> 0;",

    /* Messages that other programs or servers wrote lines into (sync/match/related.c). */
    "CREATE TABLE kinship ("
    " message INTEGER PRIMARY KEY NOT NULL,"
    " rest BLOB NOT NULL CHECK (length(rest) = 32),"
    " message_id BLOB CHECK (length(message_id) = 32),"
    " names INTEGER NOT NULL CHECK (names IN (0, 1)),"
    " received BLOB NOT NULL,"
    " added INTEGER NOT NULL CHECK (added >= 0),"
    " alike BLOB CHECK (length(alike) = 32),"
    " body BLOB CHECK (length(body) = 32)"
    ") STRICT;"
    "CREATE TRIGGER kinship_over AFTER DELETE ON message BEGIN DELETE FROM kinship WHERE message = old.id; END;"
    "CREATE TRIGGER kinship_settled AFTER UPDATE OF base ON message WHEN old.base IS NULL AND new.base IS NOT NULL"
    " BEGIN DELETE FROM kinship WHERE message = new.id; END;"
    "CREATE TABLE foreign_body (message INTEGER PRIMARY KEY NOT NULL, body BLOB CHECK (length(body) = 32)) STRICT;"
    "CREATE TRIGGER foreign_body_over AFTER DELETE ON message BEGIN DELETE FROM foreign_body WHERE message = old.id; "
    "END;",

    /* ... and those to which a server gave another Message-ID. */
    "ALTER TABLE kinship ADD COLUMN written BLOB CHECK (length(written) = 32)",

    /*
     * What `golub restore` needs of a file in the quarantine, and a short number to call it by, which never becomes another one's. NULL: put
     * there by a version that did not write it down.
     */
    "CREATE TABLE quarantined ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL UNIQUE,"
    " mailbox TEXT NOT NULL,"
    " base TEXT NOT NULL,"
    " info TEXT NOT NULL,"
    " uid INTEGER NOT NULL CHECK (uid BETWEEN 0 AND 4294967295),"
    " why TEXT NOT NULL,"
    " since INTEGER NOT NULL,"
    " counted INTEGER NOT NULL,"
    " size INTEGER NOT NULL CHECK (size >= 0),"
    " run INTEGER NOT NULL DEFAULT 0 CHECK (run >= 0),"
    " wire BLOB CHECK (length(wire) = 32),"
    " flags INTEGER,"
    " keywords TEXT NOT NULL DEFAULT '',"
    " date INTEGER,"
    " origin TEXT,"
    " put_back INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    "INSERT INTO quarantined (name, mailbox, base, info, uid, why, since, counted, size)"
    " SELECT name, mailbox, base, info, uid, why, since, counted, size FROM quarantine ORDER BY counted, name;"
    "DROP TABLE quarantine;"
    "ALTER TABLE quarantined RENAME TO quarantine;"
    "CREATE INDEX quarantine_counted ON quarantine (counted);"
    "CREATE INDEX quarantine_base ON quarantine (base);"
    "CREATE INDEX quarantine_origin ON quarantine (origin) WHERE origin IS NOT NULL;"
    /* What a held message is, for the person who is to judge it. */
    "CREATE TABLE shown ("
    " message INTEGER PRIMARY KEY NOT NULL,"
    " sender TEXT NOT NULL,"
    " date TEXT NOT NULL,"
    " subject TEXT NOT NULL"
    ") STRICT;"
    "CREATE TRIGGER held_over AFTER DELETE ON held BEGIN DELETE FROM shown WHERE message = old.message"
    " AND NOT EXISTS (SELECT 1 FROM held WHERE message = old.message); END;",

    /* The name of the file that was put back: what its name can't show comes back by it. */
    ("ALTER TABLE quarantine ADD COLUMN returned TEXT;"
     "CREATE INDEX quarantine_returned ON quarantine (returned) WHERE returned IS NOT NULL;"),

    /*
     * Which mailbox it is, whatever it is called; the folder that its name asks for where it stands elsewhere. Intents of a mailbox that is
     * renamed or deleted, here or there (6 to 9): a CHECK can't be changed, so the table is made anew.
     */
    "ALTER TABLE mailbox ADD COLUMN objectid TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE mailbox ADD COLUMN goal TEXT CHECK (goal <> '');"
    "CREATE TABLE intent ("
    " id INTEGER PRIMARY KEY,"
    " kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 9),"
    " mailbox INTEGER NOT NULL,"
    " message INTEGER NOT NULL,"
    " target INTEGER NOT NULL,"
    " uidvalidity INTEGER NOT NULL CHECK (uidvalidity BETWEEN 0 AND 4294967295),"
    " uidnext INTEGER NOT NULL CHECK (uidnext BETWEEN 0 AND 4294967295),"
    " canonical BLOB NOT NULL CHECK (length(canonical) = 32),"
    " size INTEGER NOT NULL CHECK (size >= 0),"
    " date INTEGER NOT NULL,"
    " attempt INTEGER NOT NULL,"
    " since INTEGER NOT NULL,"
    " name TEXT NOT NULL,"
    " seen INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    "INSERT INTO intent (id, kind, mailbox, message, target, uidvalidity, uidnext, canonical, size, date, attempt, "
    "since, name, seen)"
    " SELECT id, kind, mailbox, message, target, uidvalidity, uidnext, canonical, size, date, attempt, since, name, "
    "seen FROM op;"
    "DROP TABLE op;"
    "ALTER TABLE intent RENAME TO op;"
    "CREATE INDEX op_message ON op (message);"
    "CREATE INDEX op_target ON op (target);",

    /*
     * Keywords that are not the same on both sides, or were not when they last agreed. A file is named by its place and its bytes: its row may be
     * another one by the next run. Nothing comes in here from before: both sides then showed what the server showed.
     */
    "CREATE TABLE keyword ("
    " mailbox INTEGER NOT NULL,"
    " base TEXT NOT NULL CHECK (base <> ''),"
    " word TEXT NOT NULL COLLATE NOCASE CHECK (word <> ''),"
    " wire BLOB NOT NULL CHECK (length(wire) = 32),"
    " message INTEGER NOT NULL,"
    " newest INTEGER NOT NULL,"
    " rbase INTEGER NOT NULL CHECK (rbase IN (0, 1)),"
    " lbase INTEGER NOT NULL CHECK (lbase IN (0, 1)),"
    " lseen INTEGER NOT NULL CHECK (lseen IN (0, 1)),"
    " unshown INTEGER NOT NULL CHECK (unshown IN (0, 1)),"
    " unkept INTEGER NOT NULL CHECK (unkept IN (0, 1)),"
    " since INTEGER NOT NULL,"
    " not_before INTEGER NOT NULL CHECK (not_before >= 0),"
    " why TEXT NOT NULL,"
    " PRIMARY KEY (mailbox, base, word)"
    ") STRICT, WITHOUT ROWID;",

    /*
     * Keyword letters (letters.h). Nothing is due of what was here before, so that an upgrade renames nothing; from here on every change of a
     * message's keywords, on the server or by a word of the user, is noted by whoever writes it down.
     */
    "CREATE TABLE lettered ("
    " mailbox INTEGER PRIMARY KEY NOT NULL,"
    " used INTEGER NOT NULL CHECK (used IN (0, 1)),"
    " stripped INTEGER NOT NULL CHECK (stripped >= 0),"
    " letters TEXT NOT NULL"
    ") STRICT;"
    "CREATE TABLE letter ("
    " kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 4),"
    " mailbox INTEGER NOT NULL,"
    " message INTEGER NOT NULL,"
    " info TEXT NOT NULL DEFAULT '',"
    " PRIMARY KEY (kind, mailbox, message)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TRIGGER lettered_over AFTER DELETE ON mailbox BEGIN DELETE FROM lettered WHERE mailbox = old.id;"
    " DELETE FROM letter WHERE kind IN (1, 2, 3, 4) AND mailbox = old.id; END;"
    "CREATE TRIGGER letter_over AFTER DELETE ON message BEGIN DELETE FROM letter WHERE kind IN (1, 2, 3, 4)"
    " AND mailbox = old.mailbox AND message = old.id; END;"
    "CREATE TRIGGER letter_due AFTER UPDATE OF keywords ON message WHEN old.keywords <> new.keywords AND new.base IS "
    "NOT "
    "NULL"
    " BEGIN INSERT OR IGNORE INTO letter (kind, mailbox, message) VALUES (1, new.mailbox, new.id); END;"
    "CREATE TRIGGER letter_said AFTER INSERT ON keyword BEGIN INSERT OR IGNORE INTO letter (kind, mailbox, message)"
    " SELECT 1, mailbox, id FROM message WHERE mailbox = new.mailbox AND base = new.base; END;"
    "CREATE TRIGGER letter_changed AFTER UPDATE OF lseen ON keyword WHEN old.lseen <> new.lseen"
    " BEGIN INSERT OR IGNORE INTO letter (kind, mailbox, message)"
    " SELECT 1, mailbox, id FROM message WHERE mailbox = new.mailbox AND base = new.base; END;"
    "CREATE TRIGGER letter_ended AFTER DELETE ON keyword BEGIN INSERT OR IGNORE INTO letter (kind, mailbox, message)"
    " SELECT 1, mailbox, id FROM message WHERE mailbox = old.mailbox AND base = old.base; END;",

    /* `expunge` asks in each run for what carries \Deleted on both sides, and there is hardly any: its rows are clean. */
    "CREATE INDEX message_deleted ON message (mailbox) WHERE (rseen & lseen & 8) <> 0;",

    /* A folder that was renamed here: what its mailbox is to be called there. */
    "ALTER TABLE mailbox ADD COLUMN goal_there TEXT CHECK (goal_there <> '')",

    /* X-GM-MSGID of UIDs. Those from before are not known: there the bytes tell. */
    "CREATE TABLE gmail ("
    " mailbox INTEGER NOT NULL,"
    " uid INTEGER NOT NULL CHECK (uid BETWEEN 1 AND 4294967295),"
    " msgid INTEGER NOT NULL CHECK (msgid > 0),"
    " PRIMARY KEY (mailbox, uid)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX gmail_msgid ON gmail (msgid);"
    "CREATE TRIGGER gmail_mailbox AFTER DELETE ON mailbox BEGIN DELETE FROM gmail WHERE mailbox = old.id; END;",

    /* The mailbox that it was in, which may have another name by now. NULL: a version that wrote down its name alone, or it is known no more. */
    "ALTER TABLE quarantine ADD COLUMN mailbox_id INTEGER;"
    "CREATE INDEX quarantine_mailbox ON quarantine (mailbox_id) WHERE mailbox_id IS NOT NULL;"
    "CREATE TRIGGER quarantine_nowhere AFTER DELETE ON mailbox BEGIN"
    " UPDATE quarantine SET mailbox_id = NULL WHERE mailbox_id = old.id; END;",

    /* What comes down in the Trash may be a message whose file is in the quarantine (sync/apply/quarantined_bytes.h). */
    "CREATE INDEX quarantine_alike ON quarantine (size, date) WHERE why = 'deleted on the server' AND wire IS NOT "
    "NULL;",
};

bool
schema_version(struct journal *journal, int known, int *version, struct error *err)
{
    static const char what[] = "read the version";
    int64_t number, application, tables;

    if (!sql_query(journal, "PRAGMA user_version", &number, what, err) ||
        !sql_query(journal, "PRAGMA application_id", &application, what, err) ||
        !sql_query(journal, "SELECT count(*) FROM sqlite_schema", &tables, what, err))
        return false;
    if (number == 0 && application == 0 && tables == 0) {
        *version = 0;
        return true;
    }
    if (application != SCHEMA_APPLICATION || number <= 0) {
        error_set(err, ERROR_LOCAL, "open journal %s", journal->path);
        error_answer(err, TEXT("the database there is not golub's"));
        error_hint(err, "%s",
                   journal->reader ? "The next sync or import says what to do." : "Move the file away: " JOURNAL_ANEW);
        return false;
    }
    if (number > known) {
        error_set(err, ERROR_CONFIG, "open journal %s: a newer golub wrote it (version %lld, this one knows %d)",
                  journal->path, (long long)number, known);
        error_hint(err, journal->reader ? "Use the newer golub."
                                        : "Use the newer golub, or move the file away: " JOURNAL_ANEW);
        return false;
    }
    *version = (int)number;
    return true;
}

bool
schema_migrate(struct journal *journal, const char *const *steps, int from, int to, struct error *err)
{
    static const char what[] = "bring the tables up to date";
    char stamp[128];

    if (from == to)
        return true;
    text_print(stamp, sizeof stamp, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", SCHEMA_APPLICATION,
               to);
    if (!sql_exec(journal, "BEGIN IMMEDIATE", what, err))
        return false;
    for (int version = from; version < to; version++)
        if (!sql_exec(journal, steps[version], what, err))
            goto undo;
    if (sql_exec(journal, stamp, what, err))
        return true;
undo:
    if (!sqlite3_get_autocommit(journal->db))
        (void)sqlite3_exec(journal->db, "ROLLBACK", NULL, NULL, NULL); /* the error that counts is reported */
    return false;
}
