/*
 * kinds - the ways to choose there are, a file each (see text.h)
 *
 * From this list come the names in enum text_choice, the declarations and the
 * table: entry(TEXT_name, text_kind)
 */
#ifndef UPCASE_TEXT_KINDS_H
#define UPCASE_TEXT_KINDS_H

#define TEXT_KINDS(entry) entry(TEXT_ALL, text_all) /* nothing is left out */

#endif
