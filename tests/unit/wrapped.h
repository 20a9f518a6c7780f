/*
 * wrapped - the names under which calls go through a test
 *
 * The linker's --wrap=open turns each call of open into one of __wrap_open.
 * But glibc has another open for offsets of 64 bits where a long has 32, and
 * the compiler is told to call that one by its name; Makefile.am wraps both.
 */
#ifndef TESTS_WRAPPED_H
#define TESTS_WRAPPED_H

#include <limits.h>

#if defined(__GLIBC__) && LONG_MAX <= 0x7FFFFFFF
#define __real_open	__real_open64
#define __wrap_open	__wrap_open64
#define __wrap___open_2 __wrap___open64_2
#define __real_pwritev2 __real_pwritev64v2
#define __wrap_pwritev2 __wrap_pwritev64v2
#endif

#endif
