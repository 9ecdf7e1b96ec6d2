/* A verdict of deadlock is asked for again when another worker ended the task meanwhile.
 *
 * That takes an end between two looks of the host.  The linker puts the function below in front of
 * the team's (--wrap, CMakeLists.txt), so that the end comes exactly there. */
#include "support.h"

#if defined(ZYN_WRAPS_TEAM_STUCK)

bool __real_zyn__team_stuck(ZynRuntime *head);
bool __wrap_zyn__team_stuck(ZynRuntime *head);

static OutsideBox *box;      /* of the task that is to end; null: none is */
static ZynPromise *promise;  /* it */
static uint32_t ended_there; /* how often */

bool __wrap_zyn__team_stuck(ZynRuntime *head)
{
	if (!__real_zyn__team_stuck(head))
		return false;
	if (box == NULL || !atomic_load(&box->parked))
		return true;
	ended_there++;
	atomic_store(&box->ready, 1);
	zyn_waker_wake(box->waker); /* it ends on a worker, not here */
	AWAIT_THREAD(zyn_promise_status(promise) != ZYN_PENDING);
	AWAIT_THREAD(__real_zyn__team_stuck(head));
	box = NULL;
	return true; /* which was so before, and is so again */
}

static void test_an_end_on_another_worker_is_no_deadlock(void)
{
	for (int round = 0; round < 20; round++) {
		OutsideBox outside = {0};
		ZynOptions options = {.size = sizeof options, .workers = 2};
		ZynRuntime *rt = zyn_rt_new(&options);
		CHECK(rt != NULL);
		promise = outsider_new(rt, &outside);
		box = &outside;
		CHECK_EQ(zyn_rt_block_on(rt, promise, -1), ZYN_READY);
		CHECK_EQ(result_of(promise), 7);
		CHECK_EQ(ended_there, round + 1);
		zyn_promise_release(promise);
		AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
		zyn_rt_free(rt);
	}
}

int main(void)
{
	RUN(test_an_end_on_another_worker_is_no_deadlock);
	return 0;
}

#else

int main(void)
{
	printf("left out: the library is built as one, and nothing comes between its functions\n");
	return 0;
}

#endif
