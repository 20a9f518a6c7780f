/*
 * kinds - the ways to choose there are, a file each (see text.h)
 *
 * From this list come the names in enum text_choice, the declarations and the
 * table: entry(TEXT_name, text_kind)
 */
#ifndef UPCASE_TEXT_KINDS_H
#define UPCASE_TEXT_KINDS_H

#define TEXT_KINDS(entry)                                                     \
	entry(TEXT_ALL, text_all)		/* nothing is left out */     \
		entry(TEXT_LINES, text_lines)	/* lines, by their prefix */  \
		entry(TEXT_READS, text_reads)	/* the second line of four */ \
		entry(TEXT_FIELDS, text_fields) /* fields of each record */   \
		entry(TEXT_CHARACTERS, text_characters) /* ... characters */

#endif
