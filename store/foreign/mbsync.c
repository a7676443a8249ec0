/*
 * A state is a header, an empty line, and a row a pair:
 *
 *     FarUidValidity 1795802187           1.0: "1795802187:6 1795802184:0:6", and no empty line
 *     NearUidValidity 1795802184          before 1.4: Master and Slave
 *     MaxPulledUid 6
 *     MaxPushedUid 6
 *     MaxExpiredFarUid 2                  may lack
 *
 *     1 1
 *     2 2 FS                              the blank behind the UIDs stands in any case
 *     3 0 >~S
 */
#include "store/foreign/mbsync.h"

#include "store/base/flags.h"

static const char letters[] = "DFPRST"; /* flags of a row, in this order */

/* The next line, without its end. @return false: there is none; *whole: it has an end */
static bool
take_line(struct text *from, struct text *line, bool *whole)
{
    const char *end = memchr(from->at, '\n', from->len);

    *whole = end != NULL;
    *line = (struct text){from->at, end != NULL ? (size_t)(end - from->at) : from->len};
    if (from->len == 0)
        return false;
    from->at += line->len + *whole;
    from->len -= line->len + *whole;
    return true;
}

/* What stands before the separator, which is taken away with it. */
static struct text
take_token(struct text *line, char separator)
{
    const char *end = line->len != 0 ? memchr(line->at, separator, line->len) : NULL;
    const struct text token = {line->at, end != NULL ? (size_t)(end - line->at) : line->len};

    line->at += token.len + (end != NULL);
    line->len -= token.len + (end != NULL);
    return token;
}

static bool
take_uid(struct text token, uint32_t *uid)
{
    uint64_t number;

    if (!text_number(token, UINT32_MAX, &number))
        return false;
    *uid = (uint32_t)number;
    return true;
}

/* 1.0: "FARVALIDITY:MAXPULLED NEARVALIDITY:MAXEXPIRED:MAXPUSHED" */
static bool
read_old_header(struct text line, struct foreign_state *state, struct error *err)
{
    uint32_t ignored;
    const struct text far = take_token(&line, ':'), pulled = take_token(&line, ' '), near = take_token(&line, ':'),
                      expired = take_token(&line, ':');

    if (take_uid(far, &state->far_validity) && take_uid(pulled, &state->max_pulled) &&
        take_uid(near, &state->near_validity) && take_uid(expired, &state->max_expired_near) &&
        take_uid(line, &ignored))
        return true;
    return foreign_refuse(err, "its first line is no header");
}

static bool
read_header_line(struct text line, struct foreign_state *state, struct error *err)
{
    uint32_t ignored;
    const struct {
        const char *key;
        uint32_t *to;
    } keys[] = {
        {"FarUidValidity", &state->far_validity},
        {"MasterUidValidity", &state->far_validity},
        {"NearUidValidity", &state->near_validity},
        {"SlaveUidValidity", &state->near_validity},
        {"MaxPulledUid", &state->max_pulled},
        {"MaxPushedUid", &ignored},
        {"MaxExpiredFarUid", &state->max_expired},
        {"MaxExpiredMasterUid", &state->max_expired},
        {"MaxExpiredNearUid", &state->max_expired_near},
        {"MaxExpiredSlaveUid", &state->max_expired_near},
    };
    const struct text key = take_token(&line, ' ');

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (!text_is(key, keys[i].key))
            continue;
        return take_uid(line, keys[i].to) || foreign_refuse(err, "%s in it is no number", keys[i].key);
    }
    return foreign_refuse(err, "its header has a line that no version up to 1.5 writes");
}

/* @param number  of the line, counted on */
static bool
read_header(struct text *bytes, struct foreign_state *state, size_t *number, struct error *err)
{
    struct text line;
    bool whole;

    while (take_line(bytes, &line, &whole)) {
        ++*number;
        if (!whole)
            return foreign_refuse(err, "it is cut short in its header");
        if (line.len == 0 && *number > 1)
            return true;
        if (*number == 1 && line.len != 0 && line.at[0] >= '0' && line.at[0] <= '9')
            return read_old_header(line, state, err);
        if (!read_header_line(line, state, err))
            return false;
    }
    return foreign_refuse(err, "it is cut short in its header");
}

/* [<|>][^|~]FLAGS; 1.2 and older: X for ~ */
static bool
read_marks(struct text marks, struct foreign_row *row)
{
    const char *next = letters;
    size_t at = 0;

    if (at < marks.len && (marks.at[at] == '<' || marks.at[at] == '>'))
        row->marks |= marks.at[at++] == '<' ? FOREIGN_FAR_STANDS : FOREIGN_NEAR_STANDS;
    if (at < marks.len && (marks.at[at] == '^' || marks.at[at] == '~' || marks.at[at] == 'X'))
        row->marks |= marks.at[at++] == '^' ? FOREIGN_SKIPPED : FOREIGN_LET_GO;
    for (; at < marks.len; at++) {
        next = marks.at[at] != '\0' ? strchr(next, marks.at[at]) : NULL;
        if (next == NULL)
            return false;
        row->flags |= flag_from_letter(*next++);
    }
    return true;
}

/* 1.2 and older: -1 is the UID of a message that was skipped. */
static void
take_skipped(struct foreign_row *row)
{
    if (row->far != UINT32_MAX && row->near != UINT32_MAX)
        return;
    row->far = row->far == UINT32_MAX ? 0 : row->far;
    row->near = row->near == UINT32_MAX ? 0 : row->near;
    row->marks |= FOREIGN_SKIPPED;
}

static bool
read_rows(struct text bytes, struct foreign_state *state, size_t number, struct error *err)
{
    struct text line;
    bool whole;

    while (take_line(&bytes, &line, &whole)) {
        struct foreign_row row = {0};
        const struct text far = take_token(&line, ' '), near = take_token(&line, ' ');

        number++;
        if (!whole)
            return foreign_refuse(err, "it is cut short in line %zu", number);
        if (!take_uid(far, &row.far) || !take_uid(near, &row.near) || !read_marks(line, &row))
            return foreign_refuse(err, "line %zu of it is not what versions up to 1.5 write", number);
        take_skipped(&row);
        if (!foreign_state_add(state, &row, err))
            return false;
    }
    return true;
}

bool
mbsync_read_state(struct text bytes, struct foreign_state *state, struct error *err)
{
    struct foreign_state read = {0};
    size_t number = 0;
    bool ok = read_header(&bytes, &read, &number, err) && read_rows(bytes, &read, number, err) &&
              foreign_state_finish(&read, err);

    if (ok && (read.far_validity == 0 || read.near_validity == 0))
        ok = foreign_refuse(err, "it says no UIDVALIDITY");
    if (ok)
        *state = read;
    else
        foreign_state_free(&read);
    return ok;
}

bool
mbsync_read_validity(struct text bytes, uint32_t *validity, uint32_t *max, struct error *err)
{
    const struct text first = take_token(&bytes, '\n'), second = take_token(&bytes, '\n');
    uint32_t number, highest;

    if (!take_uid(first, &number) || !take_uid(second, &highest) || number == 0)
        return foreign_refuse(err, "its " MBSYNC_VALIDITY " is not two numbers");
    *validity = number;
    *max = highest;
    return true;
}

uint32_t
mbsync_uid_of_name(const char *base)
{
    const char *at = strstr(base, ",U=");
    uint32_t uid;

    if (at == NULL)
        return 0;
    at += sizeof ",U=" - 1;
    return take_uid((struct text){at, strspn(at, "0123456789")}, &uid) ? uid : 0;
}

bool
mbsync_names_box(const char *file, const char *box)
{
    const size_t length = strlen(file), wanted = strlen(box);

    if (wanted == 0 || wanted > length || (wanted < length && file[length - wanted - 1] == '!'))
        return false; /* the box of another level */
    for (size_t i = 0; i < wanted; i++) {
        if (file[length - wanted + i] != (box[i] == '/' ? '!' : box[i]))
            return false;
    }
    return true;
}
