/* A message goes into a command. */
#ifndef SYNC_IMPORT_HAND_H
#define SYNC_IMPORT_HAND_H

#include "sync/import/private.h"

struct arrival;

/** A message was spooled: run the command, commit what came of it. false: the run is to end */
bool hand_over(struct import *import, struct arrival *arrival);

#endif
