/* The words for what verify finds, in JSON and for people. */
#include "sync/report/private.h"

const char *report_class_word(enum report_class class)
{
    static const char *const words[REPORT_CLASSES] = {
        [CLASS_MISSING_HERE] = "missing-here",
        [CLASS_MISSING_THERE] = "missing-there",
        [CLASS_EXTRA_HERE] = "extra-here",
        [CLASS_EXTRA_THERE] = "extra-there",
        [CLASS_FLAGS] = "flags",
        [CLASS_KEYWORDS] = "keywords",
        [CLASS_SIZE] = "size",
        [CLASS_DATE] = "date",
        [CLASS_ALTERED] = "altered",
        [CLASS_DAMAGED] = "damaged",
        [CLASS_DAMAGED_THERE] = "damaged-there",
        [CLASS_QUARANTINE_DAMAGED] = "quarantine-damaged",
        [CLASS_BUSY] = "busy",
        [CLASS_WAITING] = "waiting",
        [CLASS_FOREIGN] = "foreign",
        [CLASS_REWRITTEN] = "rewritten",
    };

    return words[class];
}
