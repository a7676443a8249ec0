/* See alerts.h. */
#include "store/imap/alerts.h"

#include "store/base/error.h"

bool
alerts_has(struct text said)
{
    static const char *const codes[] = {"[ALERT]", "[WEBALERT ", "[WEBALERT]"};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        size_t len = strlen(codes[i]);
        if (said.len >= len && text_is_nocase((struct text){said.at, len}, codes[i]))
            return true;
    }
    return false;
}

static bool
is_known(const struct buffer *alerts, const char *line)
{
    size_t len = strlen(line);

    for (const char *at = alerts->len > 0 ? alerts->at : ""; *at != '\0';) {
        size_t known = strcspn(at, "\n");
        if (known == len && memcmp(at, line, len) == 0)
            return true;
        at += known;
        at += *at == '\n';
    }
    return false;
}

void
alerts_note(struct buffer *alerts, struct text said)
{
    char line[512];

    if (alerts == NULL || !alerts_has(said))
        return;
    error_escape(line, sizeof line, said);
    if (is_known(alerts, line) || !buffer_addf(alerts, "%s\n", line))
        return; /* without memory for it there are other worries */
}
