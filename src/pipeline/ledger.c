#include "config.h"

#include "pipeline/ledger.h"

int ledger_init(struct ledger *l, const struct pipeline_events *events,
	struct control *control)
{
	*l = (struct ledger){.events = *events, .control = control};
	return -pthread_mutex_init(&l->lock, NULL);
}

void ledger_release(struct ledger *l)
{
	(void)pthread_mutex_destroy(&l->lock);
}

void ledger_fail(struct ledger *l, int err, const struct fault *fault)
{
	(void)pthread_mutex_lock(&l->lock);
	if (!l->error && !control_is_aborted(l->control)) {
		l->error = err;
		l->fault = *fault;
	}
	(void)pthread_mutex_unlock(&l->lock);
	control_abort(l->control);
}

int ledger_error(struct ledger *l, struct fault *fault)
{
	int err;

	(void)pthread_mutex_lock(&l->lock);
	err = l->error;
	*fault = l->fault;
	(void)pthread_mutex_unlock(&l->lock);
	return err;
}

void ledger_remark(struct ledger *l, const struct fault *remark)
{
	(void)pthread_mutex_lock(&l->lock);
	l->remark = *remark;
	(void)pthread_mutex_unlock(&l->lock);
}

struct fault ledger_get_remark(struct ledger *l)
{
	struct fault remark;

	(void)pthread_mutex_lock(&l->lock);
	remark = l->remark;
	(void)pthread_mutex_unlock(&l->lock);
	return remark;
}

static void tell(struct ledger *l, const char *name, uint64_t line,
	uint64_t column, const char *text)
{
	if (l->events.trouble)
		l->events.trouble(l->events.context, name, line, column, text);
}

void ledger_trouble(struct ledger *l, const char *name, uint64_t line,
	uint64_t column, const char *text)
{
	atomic_store(&l->input_trouble, true);
	tell(l, name, line, column, text);
}

void ledger_warn(struct ledger *l, const char *name, const char *text)
{
	tell(l, name, 0, 0, text);
}

void ledger_notice(struct ledger *l, const char *name, const char *text)
{
	if (l->events.notice)
		l->events.notice(l->events.context, name, text);
}

void ledger_note(struct ledger *l, const char *name, const char *text)
{
	if (l->events.note)
		l->events.note(l->events.context, name, text);
}
