/*
 * One message that was moved to one place here and to another on the server. Nothing tells which one is meant, and a move that is undone is
 * worse than a message too many: it is sent up from the one place and fetched from the other, and stands in both. That is said, so that
 * nobody wonders where the second one comes from.
 */
#include "sync/agenda/wanted.h"

struct two_places {
    uint64_t found;
    const char *from, *here, *there; /* names of the mailboxes of the first one */
};

static const char *
name_of(const struct run *run, const struct agenda *agenda, int64_t id)
{
    for (size_t i = 0; i < agenda->count; i++) {
        if (agenda->todos[i].id == id)
            return run->mailboxes[agenda->todos[i].mailbox].row.name;
    }
    return "";
}

void
agenda_say_two_places(struct run *run, const struct agenda *agenda)
{
    struct two_places two = {0};
    char text[3 * LIMIT_MAILBOX_NAME + 200];

    for (size_t i = 0; i < agenda->count; i++) {
        const struct todo *todo = &agenda->todos[i];

        if (todo->dropped || todo->moved_here == 0 || todo->moved_there == 0 || two.found++ != 0)
            continue;
        two.from = run->mailboxes[todo->mailbox].row.name;
        two.here = name_of(run, agenda, todo->moved_here);
        two.there = name_of(run, agenda, todo->moved_there);
    }
    if (two.found == 0)
        return;
    (void)text_print(text, sizeof text,
                     "%llu message%s moved to one place here and to another on the server (%s, %s): %s in both now",
                     (unsigned long long)two.found, two.found == 1 ? " was" : "s were", two.here, two.there,
                     two.found == 1 ? "it is" : "each is");
    report_mailbox(run->report, run->account->name, two.from, "two-places", text);
}
