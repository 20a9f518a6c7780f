/*
 * kinds - the ways to choose there are, a file each (see text.h)
 */
#ifndef UPCASE_TEXT_KINDS_H
#define UPCASE_TEXT_KINDS_H

#include "text/text.h"

extern const struct text_kind text_all; /* all.c: nothing is left out */

#endif
