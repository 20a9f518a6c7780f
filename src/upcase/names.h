/*
 * names - what files of the engine have in common, for the linker
 *
 * Whoever links the engine to a program of his own has one list of names for
 * both. So what one file of it has of another begins with upcase_ there, as all
 * else does. The headers that declare these also hide them: a shared library
 * that the engine becomes a part of does not show them, and nothing is called
 * or found through a table of places (as -fPIC would have it otherwise).
 *
 * Nothing here is missed: tests/tree/library.sh looks at what is in the
 * library.
 */
#ifndef UPCASE_NAMES_H
#define UPCASE_NAMES_H

#define greek_flush   upcase_greek_flush
#define greek_resume  upcase_greek_resume
#define greek_run     upcase_greek_run
#define greek_suspend upcase_greek_suspend

#define growth_begin	 upcase_growth_begin
#define growth_note	 upcase_growth_note
#define growth_note_text upcase_growth_note_text
#define growth_of_line	 upcase_growth_of_line

#define lithuanian_run upcase_lithuanian_run

#define map_ascii	   upcase_map_ascii
#define map_char	   upcase_map_char
#define map_full	   upcase_map_full
#define map_full_armenian  upcase_map_full_armenian
#define map_full_turkish   upcase_map_full_turkish
#define map_simple	   upcase_map_simple
#define map_simple_turkish upcase_map_simple_turkish

#define portable_run upcase_portable_run

#define tables_fact_lead       upcase_tables_fact_lead
#define tables_fact_node       upcase_tables_fact_node
#define tables_fact_row	       upcase_tables_fact_row
#define tables_first	       upcase_tables_first
#define tables_first_high      upcase_tables_first_high
#define tables_first_low       upcase_tables_first_low
#define tables_full_row	       upcase_tables_full_row
#define tables_full_two	       upcase_tables_full_two
#define tables_full_vector     upcase_tables_full_vector
#define tables_lead	       upcase_tables_lead
#define tables_map_lead	       upcase_tables_map_lead
#define tables_map_node	       upcase_tables_map_node
#define tables_places	       upcase_tables_places
#define tables_plain_three     upcase_tables_plain_three
#define tables_second	       upcase_tables_second
#define tables_simple_row      upcase_tables_simple_row
#define tables_simple_two      upcase_tables_simple_two
#define tables_simple_vector   upcase_tables_simple_vector
#define tables_step	       upcase_tables_step
#define tables_string	       upcase_tables_string
#define tables_unicode_version upcase_tables_unicode_version
#define tables_vector	       upcase_tables_vector

#define variant_best upcase_variant_best

#endif
