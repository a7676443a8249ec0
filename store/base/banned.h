/*
 * Forced into every file by the build: functions that have no place here.
 * The C headers come first, so that poisoning never breaks a declaration.
 */
#ifndef STORE_BASE_BANNED_H
#define STORE_BASE_BANNED_H
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok atoi atol atoll gmtime localtime mktemp
#endif
