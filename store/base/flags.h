/*
 * Flags that both sides can show, as bits. The sixth is the keyword $Forwarded, Maildir's P; every other keyword is text
 * (see keywords below). \Recent is nobody's to sync and has no bit.
 */
#ifndef STORE_BASE_FLAGS_H
#define STORE_BASE_FLAGS_H

#include "store/base/text.h"

enum flag {
    FLAG_SEEN = 1,      /* \Seen      S */
    FLAG_ANSWERED = 2,  /* \Answered  R */
    FLAG_FLAGGED = 4,   /* \Flagged   F */
    FLAG_DELETED = 8,   /* \Deleted   T */
    FLAG_DRAFT = 16,    /* \Draft     D */
    FLAG_FORWARDED = 32 /* $Forwarded P */
};
#define FLAG_ALL 63u

/* What is known of the flags of one message: r is the server, l the Maildir. sync/rules/merge.h is all arithmetic on them. */
struct flag_sides {
    unsigned rbase, lbase; /* as each side showed them when both last agreed */
    unsigned rseen, lseen; /* as each side showed them when last looked at, or before it lost the message */
};

/** "\Seen" ... "$Forwarded", in any case, to its bit; 0 for everything else. */
unsigned flag_from_imap(struct text atom);
/** The IMAP name of one bit. */
const char *flag_to_imap(unsigned bit);
/** Maildir's letter to its bit; 0 for a letter that is none of the six. */
unsigned flag_from_letter(char letter);
/** The letters of the bits, sorted, NUL-terminated. */
void flags_to_letters(unsigned flags, char letters[static 7]);

/*
 * Keywords are kept as one string: atoms in the server's spelling, each once (compared without case), sorted without
 * case, one blank between them; "" for none. $Forwarded is never in it.
 */
#define KEYWORDS_MAX 4000 /* bytes of one message's keywords; what a server holds beyond is left alone and said */
/** Add one keyword in its place. @return false: no room left; unchanged */
MUST_CHECK bool keywords_add(char keywords[static KEYWORDS_MAX + 1], struct text keyword);
/** Without this one, in whatever case it stands there. */
void keywords_take(char keywords[static KEYWORDS_MAX + 1], struct text keyword);
/** Is this one of them, in any case? */
bool keywords_have(const char *keywords, struct text keyword);
#define KEYWORD_MAX 250 /* bytes of one that is sent */
/** May it be sent as a keyword: an atom (RFC 9051 section 9, ATOM-CHAR) that is not too long? */
bool keyword_is_legal(struct text keyword);

#endif
