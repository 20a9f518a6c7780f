/*
 * all - the way to choose that leaves nothing out (see text.h)
 */
#ifndef UPCASE_TEXT_ALL_H
#define UPCASE_TEXT_ALL_H

#include "text/text.h"

extern const struct text_kind text_all;

#endif
