/*
 * refusal - an input that is packed and cannot be decoded here, and what to do
 *
 * What it is for: who gives us what we do not unpack gets the command that does
 * it, to be copied and pasted.
 */
#ifndef UPCASE_IO_REFUSAL_H
#define UPCASE_IO_REFUSAL_H

#include "codec/format.h"
#include "io/fault.h"

/* The longest name that stands in the command. In place of a longer one, of one
 * that begins like an option, and of one with anything but printable ASCII, a
 * quote included, the word FILE stands there. */
#define REFUSAL_NAME_MOST 80

/* Tells that a file is of this format, and what decodes it. name is NULL for
 * standard input. */
void refusal_tell(
	struct fault *fault, const struct format *format, const char *name);

#endif
