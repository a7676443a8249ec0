/*
 * What the keyword letters of a folder's names mean, in a run: the folder's table as it was last read, and what the journal knows of it. A table that can't
 * be read says nothing in this run; what it was known to say is still good for what names showed before. Nor does one that the configuration does not want
 * (`keywords`): what comes meanwhile in a folder whose names showed keywords is noted, and believed once it does.
 */
#ifndef SYNC_ROWS_LETTERING_H
#define SYNC_ROWS_LETTERING_H

#include "store/journal/letters.h"
#include "sync/run/run.h"

/* First in what is noted of a name as LETTER_NEW: what is known of the file beside the letters that it showed. As in a name, 'c' or 'n': nothing */
enum letters_noted {
    LETTERS_SENT = 's', /* it was judged already, under whichever name */
    LETTERS_MOVED =
        'm', /* it came from another folder: what is not noted is believed only if a Dovecot serves this one */
    LETTERS_STOOD = 'l', /* it was in its folder when a line came, or that was met */
    LETTERS_HERE =
        'h', /* it was in its folder under its name: what is not noted was set there, and could not be read */
    LETTERS_LEFT =
        'x', /* what is noted meant something else when its folder was looked at before: nobody knows what it says */
    LETTERS_PAST =
        'p' /* it came with a Maildir that was put back: what it shows is believed only if it goes up as new mail */
};

struct lettering { /* of a mailbox, in a run */
    bool used;     /* names show keywords, and golub lets them */
    bool unread;   /* the folder's table can't be read, or is not to be: nothing is concluded from its letters */
    bool unwanted; /* it is not to be, by the configuration: what letters mean is not looked at either */
    bool is_met;   /* an earlier run has seen the folder */
    /* Letters, bits */
    unsigned changed; /* they mean another keyword than when this run began: what comes or goes of them says nothing */
    unsigned left;    /* they mean another one, or nothing, and what names show of that is still to be left as it is */
    unsigned met;     /* they mean something since this run looked, which they did not before */
    unsigned asked;   /* for them the table was read again in this look, since they have no line */
    bool puzzled;     /* names got some that have no line, perhaps not yet: the next run looks again */
    bool is_begun;    /* its first mail in this run was delivered */
    bool is_busy;     /* another program was writing it when golub wanted to: another run does */
    struct local_letters table; /* not read: as it was last known */
    struct letters before;      /* as the journal has it */
    struct letters
        lost; /* words of letters that have no line any more: whatever such a letter means next, names showed this one */
    struct journal_lettered row;
};

/**
 * What the letters of this folder mean, once in a run, and what follows from a table that is another one than the last time: inside a transaction.
 * @param again  look once more, since its names are about to be listed: lettering_settle comes behind that
 */
MUST_CHECK bool lettering_open(struct run *run, struct mailbox *mailbox, bool again);
/** Its names were listed, and what is missing there is known: what those show whose letters mean something else is nobody's change. Inside the same transaction. */
MUST_CHECK bool lettering_settle(struct run *run, struct mailbox *mailbox);
/** A file is missing there: lines that came since say nothing of its letters. Inside a transaction. */
MUST_CHECK bool lettering_missing(struct run *run, const struct mailbox *mailbox,
                                  const struct journal_message *message);
/** The table has no line for some of these letters (bits): is there one by now? Once in a look, inside a transaction. */
MUST_CHECK bool lettering_ask(struct run *run, struct mailbox *mailbox, unsigned letters);
/**
 * Letters (bits) of its name mean another keyword than they did when they came: who wrote them meant one or the other. They stay, and nothing of that goes
 * to the server; nor once its bytes are read, where that is still to be done. Inside a transaction.
 */
MUST_CHECK bool lettering_leave(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
                                unsigned letters);
/** Was a mail reader that cuts letters off seen there in the last days? */
bool lettering_is_stripped(const struct run *run, const struct lettering *letters);
/** Can its names show keywords, as far as is known before its table is read? */
bool lettering_may_be(const struct run *run, const struct mailbox *mailbox);
/** For each of these mailboxes of whose names the journal notes something (store/journal/letters.h). Outside of a transaction. */
MUST_CHECK bool lettering_each(struct run *run, bool (*one)(struct run *run, struct mailbox *mailbox));
/** Is the folder to be listed again by the next run, since letters came and their lines did not? */
bool lettering_is_puzzled(const struct mailbox *mailbox);
/** Do its names show keywords? Not before lettering_open. */
bool lettering_is_used(const struct mailbox *mailbox);
/** ... or did they, and the table can't be read now? */
bool lettering_is_known(const struct mailbox *mailbox);
/**
 * The table was read once more, by whoever gave it lines: what follows from others' lines that came or went since, and the journal knows it as it is now.
 * A line that it has not any more is kept aside. Inside a transaction.
 */
MUST_CHECK bool lettering_take(struct run *run, struct mailbox *mailbox);
/** What a letter means; where its line is missing, perhaps for a moment, what it meant. "": nothing that is known. */
const char *lettering_word(const struct lettering *letters, int letter);
/** Letters that had a line once and have none now, bits. */
unsigned lettering_lost(const struct lettering *letters);

#endif
