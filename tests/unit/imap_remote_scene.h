/* What the tests of store/imap on a script share. Included after cmocka.h. */
#ifndef TESTS_UNIT_IMAP_REMOTE_SCENE_H
#define TESTS_UNIT_IMAP_REMOTE_SCENE_H

#include "imap_script.h"

static inline bool
observe(struct script *script, const struct remote_select *mailboxes, size_t count)
{
    return script->remote.ops->observe(script->remote.self, mailboxes, count, &telling_observer, script, &script->err);
}

static inline bool
survey(struct script *script)
{
    return script->remote.ops->survey(script->remote.self, tell_listed, script, &script->err);
}

#define SELECTED(tag, exists, v, next)                                                                                 \
    "S:* " exists " EXISTS", "S:* OK [UIDVALIDITY " v "]", "S:* OK [UIDNEXT " next "]", "S:" tag " OK [READ-WRITE]"

#endif
