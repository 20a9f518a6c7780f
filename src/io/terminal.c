#include "config.h"

#include "io/terminal.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

int terminal_init(struct terminal *t)
{
	int err = pthread_mutex_init(&t->lock, NULL);

	t->taken = t->closed = false;
	t->fd = -1;
	atomic_init(&t->news, 0);
	atomic_init(&t->wanted, false);
	return -err;
}

void terminal_release(struct terminal *t)
{
	(void)pthread_mutex_destroy(&t->lock);
}

int terminal_take(struct terminal *t, int fd)
{
	int err = 0;

	(void)pthread_mutex_lock(&t->lock);
	if (t->closed)
		err = -ECANCELED;
	else if (!t->taken && tcgetattr(fd, &t->was) < 0)
		err = -errno;
	if (!err) {
		t->taken = true;
		t->fd = fd;
	}
	(void)pthread_mutex_unlock(&t->lock);
	return err;
}

/* Even if this process went to the background between the question and this:
 * then it is not stopped for it. */
static void restore_locked(struct terminal *t)
{
	sigset_t mask, old;

	if (!t->taken)
		return;
	t->taken = false;
	if (!terminal_is_ours(t->fd))
		return;
	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGTTOU);
	(void)pthread_sigmask(SIG_BLOCK, &mask, &old);
	while (tcsetattr(t->fd, TCSANOW, &t->was) < 0 && errno == EINTR)
		;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void terminal_give_back(struct terminal *t)
{
	(void)pthread_mutex_lock(&t->lock);
	restore_locked(t);
	(void)pthread_mutex_unlock(&t->lock);
}

void terminal_close(struct terminal *t)
{
	(void)pthread_mutex_lock(&t->lock);
	restore_locked(t);
	t->closed = true;
	(void)pthread_mutex_unlock(&t->lock);
}

void terminal_tell(struct terminal *t, enum terminal_news news)
{
	(void)atomic_fetch_or(&t->news, (int)news);
}

int terminal_see(struct terminal *t)
{
	return atomic_exchange(&t->news, 0);
}

bool terminal_is_ours(int fd)
{
	pid_t owner = tcgetpgrp(fd);

	return owner < 0 || owner == getpgrp();
}

void terminal_want(struct terminal *t)
{
	atomic_store(&t->wanted, true);
}

bool terminal_is_wanted(struct terminal *t)
{
	return atomic_exchange(&t->wanted, false);
}
