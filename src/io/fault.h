/*
 * fault - what went wrong, in words, on its way to whoever prints it
 *
 * Functions return 0 or a negative errno. Where the errno alone does not tell
 * the user what happened, they fill a fault as well. The name of the file is
 * not part of it: the caller knows that.
 */
#ifndef UPCASE_IO_FAULT_H
#define UPCASE_IO_FAULT_H

struct fault {
	char text[256]; /* one line without an end, "" when there is nothing to
			   say; cut when longer */
};

/* Sets the text as printf does. f may be NULL. */
void fault_set(struct fault *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Sets the text to that of the errno err (positive or negative). Any thread. */
void fault_set_errno(struct fault *f, int err);

/* The same for a part of another text. Returns why->text. */
const char *fault_reason(struct fault *why, int err);

#endif
