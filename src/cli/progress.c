#include "config.h"

#include "cli/progress.h"

#include "cli/diag.h"
#include "io/clock.h"
#include "text/text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A name has so many bytes in JSON at most. */
#define SHARE_NAME_MOST 1024

static double seconds(int64_t ns)
{
	return (double)ns / (double)CLOCK_SECOND;
}

void progress_tell(const struct pipeline_stats *s)
{
	diag_error(NULL,
		"progress: %" PRIu64 " %s, %" PRIu64 " bytes read; %" PRIu64
		" %s, %" PRIu64 " bytes written; %.1f s",
		s->lines_in, s->lines_in == 1 ? "line" : "lines", s->bytes_in,
		s->lines_out, s->lines_out == 1 ? "line" : "lines",
		s->bytes_out, seconds(s->elapsed));
}

static int stage_text(
	char *out, size_t size, const char *name, const struct stage_stats *s)
{
	return snprintf(out, size, "%-12s %8u %10.3f %10.3f %10.3f %8zu\n",
		name, s->threads, seconds(s->busy), seconds(s->wait),
		seconds(s->blocked), s->peak);
}

void progress_stats_text(const struct pipeline_stats *s)
{
	char out[2048];
	size_t size = sizeof(out);
	int n = snprintf(out, size,
		"lines        %12" PRIu64 " in %12" PRIu64 " out\n"
		"bytes        %12" PRIu64 " in %12" PRIu64 " out\n"
		"gzip members %31" PRIu64 " out\n"
		"invalid      %12" PRIu64 " in\n"
		"seconds      %12.3f\n",
		s->lines_in, s->lines_out, s->bytes_in, s->bytes_out,
		s->members, s->invalid, seconds(s->elapsed));

	if (s->replaces)
		n += snprintf(out + n, size - (size_t)n,
			"files        %12" PRIu64 " done %" PRIu64
			" unchanged %" PRIu64 " refused\n",
			s->files_done, s->files_unchanged, s->files_refused);
	n += snprintf(out + n, size - (size_t)n,
		"stage         threads       busy       wait    blocked    "
		"queue\n");
	n += stage_text(out + n, size - (size_t)n, "reader", &s->reader);
	n += stage_text(
		out + n, size - (size_t)n, "transformer", &s->transformer);
	(void)stage_text(out + n, size - (size_t)n, "writer", &s->writer);
	diag_text(out);
}

static int stage_json(
	char *out, size_t size, const char *name, const struct stage_stats *s)
{
	return snprintf(out, size,
		"\"%s\":{\"threads\":%u,\"busy_seconds\":%.6f,"
		"\"wait_seconds\":%.6f,\"blocked_seconds\":%.6f,"
		"\"queue_peak\":%zu}",
		name, s->threads, seconds(s->busy), seconds(s->wait),
		seconds(s->blocked), s->peak);
}

/* A name as a string of JSON; what is not UTF-8 has no place in one. */
static int name_json(char *out, size_t size, const char *name)
{
	size_t first, n = 0;
	bool bytes = text_count_invalid((const unsigned char *)name,
			     strlen(name), &first) > 0;

	out[n++] = '"';
	for (const unsigned char *c = (const unsigned char *)name;
		*c && n + sizeof("\\u0000\"") < size; c++) {
		if (*c < ' ' || *c == '"' || *c == '\\' || *c == 0x7F)
			n += (size_t)snprintf(out + n, size - n, "\\u%04x", *c);
		else
			out[n++] = bytes && *c > 0x7F ? '?' : (char)*c;
	}
	out[n++] = '"';
	out[n] = '\0';
	return (int)n;
}

/* The last key of this is not the object's last. */
static int share_json(char *out, size_t size, const struct stats_share *s)
{
	int n = snprintf(out, size,
		"\"share\":%u,\"shares\":%u,\"inputs\":%zu,\"input\":",
		s->number, s->count, s->inputs);

	n += name_json(out + n, SHARE_NAME_MOST, s->input);
	return n + snprintf(out + n, size - (size_t)n,
			   ",\"range\":[%" PRIu64 ",%" PRIu64
			   "],\"input_size\":%" PRIu64 ",\"status\":%d,",
			   s->from, s->to, s->size, s->status);
}

void progress_stats_json(const struct pipeline_stats *s)
{
	char out[2048 + SHARE_NAME_MOST];
	size_t size = sizeof(out);
	int n = snprintf(out, size,
		"{\"lines_in\":%" PRIu64 ",\"bytes_in\":%" PRIu64
		",\"lines_out\":%" PRIu64 ",\"bytes_out\":%" PRIu64
		",\"members\":%" PRIu64 ",\"invalid\":%" PRIu64
		",\"seconds\":%.6f,",
		s->lines_in, s->bytes_in, s->lines_out, s->bytes_out,
		s->members, s->invalid, seconds(s->elapsed));

	if (s->replaces)
		n += snprintf(out + n, size - (size_t)n,
			"\"files\":{\"done\":%" PRIu64 ",\"unchanged\":%" PRIu64
			",\"refused\":%" PRIu64 "},",
			s->files_done, s->files_unchanged, s->files_refused);
	if (s->share.count > 0)
		n += share_json(out + n, size - (size_t)n, &s->share);
	n += snprintf(out + n, size - (size_t)n, "\"stages\":{");
	n += stage_json(out + n, size - (size_t)n, "reader", &s->reader);
	n += snprintf(out + n, size - (size_t)n, ",");
	n += stage_json(
		out + n, size - (size_t)n, "transformer", &s->transformer);
	n += snprintf(out + n, size - (size_t)n, ",");
	n += stage_json(out + n, size - (size_t)n, "writer", &s->writer);
	(void)snprintf(out + n, size - (size_t)n, "}}\n");
	diag_text(out);
}
