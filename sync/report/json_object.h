/*
 * JSON lines: one object a line, its fields as contrib/golub.schema.json says. Strings of strangers that are not UTF-8
 * have each wrong byte written as \xNN, so that every line is JSON for everybody. Without memory a line lacks a field, or is not written.
 */
#ifndef SYNC_REPORT_JSON_OBJECT_H
#define SYNC_REPORT_JSON_OBJECT_H

#include <jansson.h>

#include "sync/report/private.h"

/** @return the caller's; NULL: no memory */
json_t *json_make_string(const char *text);
/** Nothing where the text is NULL or empty. */
void json_put_string(json_t *object, const char *key, const char *text);
void json_put_number(json_t *object, const char *key, uint64_t number);
void json_put_bool(json_t *object, const char *key, bool value);
/** What an error is made of, beside where. */
void json_put_error(json_t *object, const struct error *err);
/** Nothing where nothing is known. @param seen  when; 0: now */
void json_put_quota(json_t *object, const struct quota *quota, int64_t seen);
/** The object of an event. @param account, mailbox  NULL: it has none. @return NULL: no memory, which json_end_event takes */
json_t *json_begin_event(const char *event, const char *account, const char *mailbox);
/** Write its line and free it. Whole lines only: a reader never sees half of one. @param now  it is waited for */
void json_end_event(struct report *report, json_t *object, bool now);
/** Its line alone, as it goes out: what a terminal may not see is escaped. */
void json_write_line(FILE *to, const char *line, size_t len);

#endif
