/*
 * replacing - what it costs at least to put new files in the place of old ones
 */
#ifndef UPCASE_BENCH_REPLACING_H
#define UPCASE_BENCH_REPLACING_H

#include <stdbool.h>

/* For each of the names, behind the last of which there is NULL: reads the
 * file, which is a small one, writes it to a new one beside it, and renames
 * that; before that, with `synced`, waits until it is on the disk. Nothing of
 * the old file is kept, and nothing else is looked at: this is the floor.
 * Returns 0; ends the program with a message when something fails. */
int replacing(char **names, bool synced);

#endif
