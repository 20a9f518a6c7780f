/*
 * cpu - whether the processor, and the system, let us use some instructions
 *
 * The C library has found that out by the time the program is loaded; where it
 * tells (glibc since about 2.34), it is asked. Compilers'
 * __builtin_cpu_supports finds it out again before main: it executes CPUID a
 * dozen times, each of which is a trap in a virtual machine, together 90 us of
 * a start-up that takes 1000.
 */
#ifndef UPCASE_CPU_H
#define UPCASE_CPU_H

#ifdef HAVE_SYS_PLATFORM_X86_H
#include <sys/platform/x86.h>
#endif

#ifdef CPU_FEATURE_ACTIVE

#include <stdbool.h>

/* What CPU_FEATURE_ACTIVE does, without its shift into the sign bit. */
static inline bool cpu_is_active(unsigned index)
{
	const struct cpuid_feature *leaf =
		__x86_get_cpuid_feature_leaf(index / 128);

	return leaf->active_array[index % 128 / 32] >> (index % 32) & 1;
}

#define CPU_HAS(in_library, in_compiler) cpu_is_active(x86_cpu_##in_library)

#else

#define CPU_HAS(in_library, in_compiler) \
	(__builtin_cpu_supports(in_compiler) != 0)

#endif

#endif
