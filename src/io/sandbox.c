#include "config.h"

#include "io/sandbox.h"

#include <errno.h>

#ifdef HAVE_SANDBOX

#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The header may be older than the kernel: all that is said to it here is said
 * in numbers, from landlock(7). How many of the rights to files a version of
 * its interface knows: bits from 0 on. */
static const unsigned known_rights[] = {0, 13, 14, 15, 15, 16};

#define NEWEST (sizeof(known_rights) / sizeof(known_rights[0]) - 1)

/* From this version on it knows of sockets: bind and connect of TCP. */
#define VERSION_NET 4
#define NET_RIGHTS  3U

/* As struct landlock_ruleset_attr begins. */
struct rules {
	uint64_t files, net;
};

/* What cannot be asked for is 0. */
static size_t version(void)
{
	long v = syscall(SYS_landlock_create_ruleset, NULL, 0,
		LANDLOCK_CREATE_RULESET_VERSION);

	if (v < 0)
		return 0;
	return (size_t)v < NEWEST ? (size_t)v : NEWEST;
}

/* Rules that take away all rights and give none. Returns a descriptor, which is
 * closed on exec, or a negative errno. */
static int make_rules(void)
{
	size_t v = version();
	struct rules rules = {
		.files = (UINT64_C(1) << known_rights[v]) - 1,
		.net = v >= VERSION_NET ? NET_RIGHTS : 0,
	};
	size_t size = v >= VERSION_NET ? sizeof(rules) : sizeof(rules.files);
	long fd;

	if (v == 0)
		return -ENOSYS;
	fd = syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	return fd < 0 ? -errno : (int)fd;
}

static int enter(int rules)
{
	/* Without this only root may. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		return -errno;
	return 0;
}

static _Thread_local bool entered;

static int enter_first(struct sandbox *s)
{
	int rules = make_rules();
	int err = rules < 0 ? rules : enter(rules);

	if (err) {
		if (rules >= 0)
			(void)close(rules);
		return err;
	}
	entered = true;
	s->rules = rules;
	atomic_store(&s->closed, true);
	return 0;
}

void sandbox_enter(struct sandbox *s)
{
	if (!s || entered ||
		!atomic_load_explicit(&s->closed, memory_order_acquire))
		return;
	/* What the first thread could do this one can. */
	(void)enter(s->rules);
	entered = true;
}

void sandbox_release(struct sandbox *s)
{
	if (s->rules >= 0)
		(void)close(s->rules);
	s->rules = -1;
}

#else

static int enter_first(struct sandbox *s)
{
	(void)s;
	return -ENOSYS;
}

void sandbox_enter(struct sandbox *s)
{
	(void)s;
}

void sandbox_release(struct sandbox *s)
{
	(void)s;
}

#endif

int sandbox_close(struct sandbox *s)
{
	if (s->tried)
		return -EALREADY;
	s->tried = true;
	return enter_first(s);
}

bool sandbox_is_built(void)
{
#ifdef HAVE_SANDBOX
	return true;
#else
	return false;
#endif
}

void sandbox_init(struct sandbox *s)
{
	atomic_init(&s->closed, false);
	s->tried = false;
	s->rules = -1;
}
