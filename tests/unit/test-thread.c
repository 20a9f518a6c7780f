/*
 * Tests of starting threads: the stack is ours, whatever the limit for that of
 * the main thread, and what cannot be is told.
 *
 * pthread_create goes through the test.
 */
#include "config.h"

#include "io/thread.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int refusal;	  /* what pthread_create returns, if not 0 */
static size_t stack_size; /* what it was asked for */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *), void *argument);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *), void *argument)
{
	stack_size = 0;
	if (attributes)
		(void)pthread_attr_getstacksize(attributes, &stack_size);
	return refusal ? refusal
		       : __real_pthread_create(
				 thread, attributes, run, argument);
}

static void *give_back(void *argument)
{
	return argument;
}

static void a_thread_runs_with_its_argument(void **state)
{
	pthread_t thread;
	void *result = NULL;
	int here;

	(void)state;
	refusal = 0;
	assert_int_equal(thread_start(&thread, give_back, &here), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, &here);
}

static void its_stack_has_a_size_of_its_own(void **state)
{
	pthread_t thread;

	(void)state;
	refusal = 0;
	assert_int_equal(thread_start(&thread, give_back, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(stack_size, 256 * 1024);
}

static void a_thread_that_cannot_be_is_an_error(void **state)
{
	pthread_t thread;

	(void)state;
	refusal = EAGAIN;
	assert_int_equal(thread_start(&thread, give_back, NULL), -EAGAIN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_runs_with_its_argument),
		cmocka_unit_test(its_stack_has_a_size_of_its_own),
		cmocka_unit_test(a_thread_that_cannot_be_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
