/* Ctrl-C for a host that cannot hear it while compiled code runs.
 *
 * The handler of an interpreter only leaves a note for the interpreter's loop, which reads it
 * between two of its own instructions, and there are none while a program loops in machine code.
 * So a handler of ours goes in front of the host's: it interrupts what the thread that asked for
 * this runs, and then calls the host's, which leaves its note as ever.
 *
 * Rule 1.  ours goes in front of one handler, the first that it met, and again when the host has
 *          put that one back.  Whoever puts another in front of ours is left alone: it calls
 *          ours, or the host would not hear either.  A default or ignored signal stays so.
 * Rule 2.  what is running belongs to the one thread that listens, and the handler looks at it on
 *          that thread only.  The kernel gives a signal of the process to its main thread, unless
 *          that blocks it, and then it does not want to hear.
 * Rule 3.  a signal between the host's last look and the run that follows has not been answered
 *          by its loop perhaps: it ends the run.
 */
#include "internal.h"

#include <errno.h>
#include <signal.h>

/* Runs inside one another, of any runtimes; of more, the innermost are not interrupted. */
#define DEPTH_MAX 32u

static _Thread_local bool listens __attribute__((tls_model("initial-exec")));
static ZynRuntime *_Atomic running[DEPTH_MAX];
static _Atomic uint32_t depth;
static _Atomic uint64_t signals;
static uint64_t signals_seen; /* at the last look */
static bool looked;           /* no run has followed it */
static struct sigaction host; /* Rule 1.  Set once, before our handler can be called. */
static bool has_host;

static void on_sigint(int number, siginfo_t *info, void *context)
{
	int saved = errno;
	atomic_fetch_add(&signals, 1);
	for (uint32_t i = 0; listens && i < zyn__get(&depth) && i < DEPTH_MAX; i++)
		zyn_rt_interrupt(zyn__get(&running[i]));
	errno = saved;
	if ((host.sa_flags & SA_SIGINFO) != 0)
		host.sa_sigaction(number, info, context);
	else
		host.sa_handler(number);
}

static bool is_same(const struct sigaction *a, const struct sigaction *b)
{
	if ((a->sa_flags & SA_SIGINFO) != (b->sa_flags & SA_SIGINFO))
		return false;
	return (a->sa_flags & SA_SIGINFO) != 0 ? a->sa_sigaction == b->sa_sigaction
	                                       : a->sa_handler == b->sa_handler;
}

/* Rule 1. */
static void go_in_front_of(const struct sigaction *now)
{
	bool plain = (now->sa_flags & SA_SIGINFO) == 0;
	if (plain && (now->sa_handler == SIG_DFL || now->sa_handler == SIG_IGN))
		return;
	if (!plain && now->sa_sigaction == on_sigint)
		return;
	if (has_host && !is_same(now, &host))
		return;
	if (!has_host)
		host = *now;
	has_host = true;
	struct sigaction ours = *now;
	ours.sa_flags |= SA_SIGINFO;
	ours.sa_sigaction = on_sigint;
	sigaction(SIGINT, &ours, NULL);
}

uint64_t zyn_sigint_look(void)
{
	struct sigaction now;
	listens = true;
	if (sigaction(SIGINT, NULL, &now) == 0)
		go_in_front_of(&now);
	signals_seen = atomic_load(&signals);
	looked = true;
	return signals_seen;
}

void zyn__sigint_begin(ZynRuntime *rt)
{
	if (!listens)
		return;
	uint32_t here = zyn__get(&depth);
	if (here < DEPTH_MAX)
		zyn__set(&running[here], rt->head);
	atomic_signal_fence(memory_order_seq_cst);
	zyn__set(&depth, here + 1);
	atomic_signal_fence(memory_order_seq_cst);
	if (looked && atomic_load(&signals) != signals_seen)
		zyn_rt_interrupt(rt->head); /* Rule 3. */
	looked = false;
}

void zyn__sigint_end(void)
{
	uint32_t here = zyn__get(&depth);
	if (!listens || here == 0) /* it began to listen inside this run */
		return;
	zyn__set(&depth, here - 1);
	atomic_signal_fence(memory_order_seq_cst);
}
