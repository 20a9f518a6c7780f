/*
 * numbers - bytes that vectors are compared with, in every place of a vector
 *
 * Part of kernel.h that the files including it need before: `vec` is theirs.
 */
#ifndef UPCASE_NUMBERS_H
#define UPCASE_NUMBERS_H

/* Made once for a run. */
struct numbers {
	vec small_a, letters, case_bit; /* 'a', 26, 0x20 */
	vec i;
	vec c0, c2, e0, ed, f0, f4, f5; /* lead bytes */
	vec x80, x90, xa0, xb0;		/* other bytes */
	vec x70, x0f;
	vec shrinks, special; /* marks */
};

#endif
