/*
 * progress - a pipeline's figures for the user, on standard error
 */
#ifndef UPCASE_CLI_PROGRESS_H
#define UPCASE_CLI_PROGRESS_H

#include "pipeline/stats.h"

/* One line: how far it is. */
void progress_tell(const struct pipeline_stats *s);

/* The table of --stats. */
void progress_stats_text(const struct pipeline_stats *s);

/* The same as one JSON object on one line; its keys are in the man page. */
void progress_stats_json(const struct pipeline_stats *s);

#endif
