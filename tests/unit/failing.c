#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "failing.h"

#include "wrapped.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

char failing_log[1024];

static const char *failing_call;
static int failing_at, failing_errno, failing_more;
static const struct failing_attribute *attributes;
static int has_inherited;

void failing_reset(void)
{
	failing_log[0] = '\0';
	failing_call = NULL;
	attributes = NULL;
	has_inherited = 0;
}

void failing_set(const char *call, int at, int err, int more)
{
	failing_call = call;
	failing_at = at;
	failing_errno = err;
	failing_more = more;
}

void failing_attributes(const struct failing_attribute *all, int inherited)
{
	attributes = all;
	has_inherited = inherited;
}

static bool fails(const char *call)
{
	if (!failing_call || strcmp(call, failing_call) != 0)
		return false;
	if (failing_at > 1) {
		failing_at--;
		return false;
	}
	if (failing_more-- == 0)
		failing_call = NULL;
	errno = failing_errno;
	return true;
}

static void note(const char *call)
{
	size_t n = strlen(failing_log);

	(void)snprintf(failing_log + n, sizeof(failing_log) - n, "%s ", call);
}

/* ---- Calls that are made, unless they fail ---- */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, mode_t mode);

int __wrap_open(const char *path, int flags, mode_t mode)
{
	bool nameless = (flags & O_TMPFILE) == O_TMPFILE;

	if (fails("any open") || fails(nameless ? "open nameless" : "open"))
		return -1;
	return __real_open(path, flags, mode);
}

#define NOTED(call, parameters, arguments)      \
	int __real_##call parameters;           \
	int __wrap_##call parameters;           \
	int __wrap_##call parameters            \
	{                                       \
		note(#call);                    \
		if (fails(#call))               \
			return -1;              \
		return __real_##call arguments; \
	}

NOTED(link, (const char *from, const char *to), (from, to))
NOTED(linkat,
	(int from_fd, const char *from, int to_fd, const char *to, int flags),
	(from_fd, from, to_fd, to, flags))
NOTED(rename, (const char *from, const char *to), (from, to))
NOTED(fsync, (int fd), (fd))
NOTED(syncfs, (int fd), (fd))
NOTED(fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
NOTED(fchmod, (int fd, mode_t mode), (fd, mode))

/* ---- Attributes, which not all file systems have ---- */

ssize_t __wrap_listxattr(const char *path, char *names, size_t size);
ssize_t __wrap_getxattr(
	const char *path, const char *name, void *value, size_t size);
ssize_t __wrap_fgetxattr(int fd, const char *name, void *value, size_t size);
int __wrap_fsetxattr(
	int fd, const char *name, const void *value, size_t size, int flags);
int __wrap_fremovexattr(int fd, const char *name);

ssize_t __wrap_listxattr(const char *path, char *names, size_t size)
{
	size_t n = 0;

	(void)path;
	if (fails("listxattr"))
		return -1;
	for (const struct failing_attribute *a = attributes; a && a->name;
		a++) {
		size_t len = strlen(a->name) + 1;

		if (n + len > size) {
			errno = ERANGE;
			return -1;
		}
		memcpy(names + n, a->name, len);
		n += len;
	}
	return (ssize_t)n;
}

ssize_t __wrap_getxattr(
	const char *path, const char *name, void *value, size_t size)
{
	(void)path;
	if (fails("getxattr"))
		return -1;
	for (const struct failing_attribute *a = attributes; a && a->name;
		a++) {
		size_t len = strlen(a->value);

		if (strcmp(a->name, name) != 0)
			continue;
		if (len > size) {
			errno = ERANGE;
			return -1;
		}
		memcpy(value, a->value, len);
		return (ssize_t)len;
	}
	errno = ENODATA;
	return -1;
}

/* The new file's list. */
ssize_t __wrap_fgetxattr(int fd, const char *name, void *value, size_t size)
{
	(void)fd;
	(void)name;
	(void)value;
	(void)size;
	errno = ENODATA;
	return has_inherited ? 28 : -1;
}

int __wrap_fsetxattr(
	int fd, const char *name, const void *value, size_t size, int flags)
{
	char text[64];

	(void)fd;
	(void)flags;
	(void)snprintf(text, sizeof(text), "%s=%zu:%.*s", name, size,
		size < 8 ? (int)size : 8, (const char *)value);
	for (const struct failing_attribute *a = attributes; a && a->name; a++)
		if (strcmp(a->name, name) == 0 && a->unwritable) {
			errno = a->unwritable;
			return -1;
		}
	note(text);
	return 0;
}

int __wrap_fremovexattr(int fd, const char *name)
{
	(void)fd;
	(void)name;
	note("fremovexattr");
	return fails("fremovexattr") ? -1 : 0;
}
