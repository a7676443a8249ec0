/*
 * `golub restore --altered`: the server's version of a message whose file was changed under its name. The file goes to the quarantine, and its row
 * becomes what it would be if it had never been here, so that the message is fetched. No other message goes up, comes down, moves or is removed in
 * such a run. What is seen of both sides is written down as in any run, files of one name are told apart, and what a power cut damaged goes to the
 * quarantine: the next sync goes on from there.
 *
 *     observe ‖ C{intent, index of the quarantine, the row is altered} ‖ file to the quarantine ‖ C{row without file; intent gone} ‖ DOWNLOAD
 *
 * Where a run is cut off behind the removal the intent says that nobody but golub removed the file: the next sync fetches the message.
 */
#ifndef SYNC_APPLY_ALTERED_H
#define SYNC_APPLY_ALTERED_H

#include "sync/run/run.h"

/** The rows of the files that options->altered names, before anything is connected to. @return false: ERROR_CONFIG, one is no message's */
MUST_CHECK bool altered_find(struct run *run);
/** Both sides were observed: the files that are altered, and that the server has, go. The others are said. */
MUST_CHECK bool altered_take(struct run *run);
/** Everything else on the agenda is the next sync's. */
void altered_keep_only(const struct run *run, struct agenda *agenda);
/** Did they all come? Those that did not are said. */
MUST_CHECK bool altered_say(struct run *run);
/** NULL-safe. */
void altered_free(struct altering *altering);

#endif
