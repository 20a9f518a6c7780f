/*
 * cpu - whether the processor, and the system, let us use some instructions
 *
 * The C library has found that out by the time the program is loaded; where it
 * tells (glibc 2.33 and later, found by configure), it is asked. Compilers'
 * __builtin_cpu_supports finds it out again before main: it executes CPUID a
 * dozen times, each of which is a trap in a virtual machine, together 90 us of a
 * start-up that takes 1000.
 */
#ifndef UPCASE_CPU_H
#define UPCASE_CPU_H

#ifdef HAVE_SYS_PLATFORM_X86_H
#include <sys/platform/x86.h>
#define CPU_HAS(in_library, in_compiler) CPU_FEATURE_ACTIVE(in_library)
#else
#define CPU_HAS(in_library, in_compiler) __builtin_cpu_supports(in_compiler)
#endif

#endif
