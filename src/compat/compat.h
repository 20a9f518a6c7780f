/*
 * compat - functions that a C library may lack, under their usual names
 *
 * config.h ends with this header, so they are called as if they were there;
 * what each does stands in the manual page of that name. Where configure found
 * one, it is not declared here and its file not compiled. What comes with types
 * of its own has a header of its own (compat/getopt.h).
 *
 * What differs from the real ones: pipe2 gives its descriptors their flags by
 * further calls. In between a thread that forks and executes another program
 * would hand them on; here none does.
 */
#ifndef UPCASE_COMPAT_COMPAT_H
#define UPCASE_COMPAT_COMPAT_H

/* A build for tests, which is to ask headers for nothing but POSIX. */
#if defined FALLBACKS && !defined UPCASE_EXTENSIONS
#undef _ALL_SOURCE
#undef _DARWIN_C_SOURCE
#undef _GNU_SOURCE
#undef _NETBSD_SOURCE
#undef _OPENBSD_SOURCE
#undef __EXTENSIONS__
#undef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif

#include <stddef.h>

#ifndef HAVE_ASPRINTF
int asprintf(char **text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
#endif

#ifndef HAVE_MEMMEM
void *memmem(const void *in, size_t len, const void *wanted, size_t n);
#endif

#if !HAVE_DECL_MEMRCHR
void *memrchr(const void *s, int c, size_t n);
#endif

/* Of the flags it knows O_CLOEXEC and O_NONBLOCK. */
#ifndef HAVE_PIPE2
int pipe2(int fd[2], int flags);
#endif

#endif
