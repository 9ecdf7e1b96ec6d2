/* The profile: counts and parked time are exact, on one worker and on several. */
#include "support.h"

#define STACKS 32
#define MS 1000000ll

static ZynProfileStack stacks[STACKS];

static uint64_t read_stacks(ZynRuntime *rt)
{
	uint64_t count = zyn_dbg_profile_read(rt, stacks, STACKS);
	CHECK(count <= STACKS);
	return count;
}

/* The only stack with this innermost frame. */
static ZynProfileStack *stack_at(ZynRuntime *rt, uint32_t side_table, uint32_t state)
{
	ZynProfileStack *found = NULL;
	uint64_t count = read_stacks(rt);
	for (uint64_t i = 1; i < count; i++) {
		CHECK(stacks[i].outer < i);
		if (stacks[i].side_table == side_table && stacks[i].state == state) {
			CHECK(found == NULL);
			found = &stacks[i];
		}
	}
	CHECK(found != NULL);
	return found;
}

/* A ticker that goes by another side table. */
static ZynDescriptor other(uint32_t side_table)
{
	ZynDescriptor made = ticker;
	made.side_table = side_table;
	return made;
}

static ZynPromise *plain_of(ZynRuntime *rt, const ZynDescriptor *descriptor, int64_t count,
                            int64_t ms)
{
	ZynEntry entry;
	zyn__enter(&entry, rt);
	Ticker *t = zyn__task_machine(zyn__frame_make(rt, descriptor));
	zyn__leave(&entry);
	t->count = count;
	t->ms = ms;
	return zyn__task_promise(zyn__task_of_machine(t));
}

static void end(ZynRuntime *rt, ZynPromise *p)
{
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	zyn_promise_release(p);
}

static void polls_and_parked_time_of_a_task(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	CHECK(zyn_dbg_profile(rt, 1, NULL, 0));
	end(rt, ticker_new(rt, 3, 10));
	CHECK_EQ(stack_at(rt, 1, ZYN_STATE_START)->polls, 1);
	CHECK_EQ(stack_at(rt, 1, ZYN_STATE_START)->parked_ns, 0);
	CHECK_EQ(stack_at(rt, 1, 1)->polls, 3);
	CHECK_EQ(stack_at(rt, 1, 1)->parked_ns, 30 * MS);
	CHECK_EQ(stack_at(rt, 1, 1)->outer, 0);
	CHECK_EQ(stacks[0].frames, 1); /* made by the host */
	CHECK(stacks[0].bytes >= sizeof(Ticker));
	runtime_end(rt);
}

static void a_promise_polled_in_place_lies_on_who_awaits_it(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynDescriptor inner = other(7);
	CHECK(zyn_dbg_profile(rt, 1, NULL, 0));
	ZynPromise *child = plain_of(rt, &inner, 2, 5);
	end(rt, waiter_new(rt, WAIT_AWAIT, 0, 1, &child));
	CHECK_EQ(stack_at(rt, 1, ZYN_STATE_START)->polls, 1);
	CHECK_EQ(stack_at(rt, 1, 1)->polls, 2);
	CHECK_EQ(stack_at(rt, 1, 1)->parked_ns, 10 * MS);
	ZynProfileStack *first = stack_at(rt, 7, ZYN_STATE_START);
	CHECK_EQ(first->polls, 1);
	CHECK_EQ(stacks[first->outer].state, ZYN_STATE_START);
	ZynProfileStack *resumed = stack_at(rt, 7, 1);
	CHECK_EQ(resumed->polls, 2);
	CHECK_EQ(resumed->parked_ns, 10 * MS);
	CHECK_EQ(stacks[resumed->outer].side_table, 1);
	CHECK_EQ(stacks[resumed->outer].state, 1);
	runtime_end(rt);
}

static void a_spawned_task_lies_on_who_spawned_it(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynDescriptor inner = other(7);
	CHECK(zyn_dbg_profile(rt, 1, NULL, 0));
	ZynPromise *children[2] = {plain_of(rt, &inner, 1, 5), plain_of(rt, &inner, 1, 6)};
	end(rt, waiter_new(rt, WAIT_JOIN, 0, 2, children));
	CHECK_EQ(stack_at(rt, 1, 1)->parked_ns, 6 * MS);
	CHECK_EQ(stack_at(rt, 1, ZYN_STATE_START)->blocks, 1); /* the group */
	ZynProfileStack *child = stack_at(rt, 7, 1);
	CHECK_EQ(child->polls, 2);
	CHECK_EQ(child->parked_ns, 11 * MS);
	CHECK_EQ(stacks[stacks[child->outer].outer].side_table, 0);
	CHECK_EQ(stacks[child->outer].side_table, 1);
	runtime_end(rt);
}

static void frames_inside_a_frame_are_found_by_their_states(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	/* As if the leaf, whose first word is its state, were a frame of function 9. */
	ZynProfileFrame frame = {
		.side_table = 1, .state = 1, .inner = 9, .offset = offsetof(Ticker, leaf)};
	CHECK(zyn_dbg_profile(rt, 1, &frame, 1));
	end(rt, ticker_new(rt, 2, 4));
	ZynProfileStack *inside = stack_at(rt, 9, 1);
	CHECK_EQ(inside->polls, 2);
	CHECK_EQ(inside->parked_ns, 8 * MS);
	CHECK_EQ(stacks[inside->outer].polls, 2);
	CHECK_EQ(stacks[inside->outer].poll_ns, 0); /* the time belongs to the innermost */
	runtime_end(rt);
}

static void off_forgets_and_on_begins_anew(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = ticker_new(rt, 2, 10);
	CHECK_EQ(zyn_dbg_profile_read(rt, stacks, STACKS), 0);
	CHECK(zyn_dbg_profile(rt, 1, NULL, 0));
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
	CHECK(zyn_dbg_profile(rt, 1, NULL, 0));
	end(rt, p);
	CHECK_EQ(stack_at(rt, 1, 1)->polls, 2);
	CHECK_EQ(stack_at(rt, 1, 1)->parked_ns, 10 * MS); /* the first wait began before */
	CHECK(zyn_dbg_profile(rt, 0, NULL, 0));
	CHECK_EQ(zyn_dbg_profile_read(rt, stacks, STACKS), 0);
	runtime_end(rt);
}

static int64_t permits;

static bool permit(size_t bytes)
{
	(void)bytes;
	return permits-- != 0;
}

/* Whatever fails, the program does not, and no poll is lost: it is counted further out. */
static void memory_runs_out(void)
{
	bool began = false;
	for (int64_t n = 0; n < 64; n++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynDescriptor inner = other(7);
		ZynPromise *child = plain_of(rt, &inner, 2, 5);
		ZynPromise *p = waiter_new(rt, WAIT_AWAIT, 0, 1, &child);
		permits = n;
		zyn__allocator.permit = permit;
		began = zyn_dbg_profile(rt, 1, NULL, 0);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		zyn__allocator.permit = NULL;
		uint64_t polls = 0;
		uint64_t count = read_stacks(rt);
		for (uint64_t i = 0; i < count; i++)
			polls += stacks[i].polls;
		CHECK_EQ(polls, began ? 6 : 0);
		zyn_promise_release(p);
		runtime_end(rt);
	}
	CHECK(began);
}

#define MANY 1000

/* Every worker writes its own sums, and a reader stops them all for a moment. */
static void several_workers(void)
{
	static ZynPromise *promises[MANY];
	ZynOptions options = {.size = sizeof options, .workers = 2};
	ZynRuntime *rt = zyn_rt_new(&options);
	CHECK(rt != NULL);
	CHECK(zyn_dbg_profile(rt, 1, NULL, 0));
	for (int i = 0; i < MANY; i++) {
		promises[i] = ticker_new(rt, 2, 1 + i % 2);
		zyn_promise_spawn(rt, promises[i]);
		if (i % 50 == 0)
			read_stacks(rt);
	}
	for (int i = 0; i < MANY; i++)
		end(rt, promises[i]);
	CHECK_EQ(stack_at(rt, 1, ZYN_STATE_START)->polls, MANY);
	CHECK_EQ(stack_at(rt, 1, 1)->polls, 2 * MANY);
	CHECK_EQ(stacks[0].frames, MANY);
	ZynPromise *last = ticker_new(rt, 20, 1);
	zyn_promise_spawn(rt, last);
	for (int i = 0; i < 10; i++)
		CHECK(zyn_dbg_profile(rt, i % 2, NULL, 0)); /* also in the middle of polls */
	end(rt, last);
	AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
	zyn_rt_free(rt);
}

int main(void)
{
	RUN(polls_and_parked_time_of_a_task);
	RUN(a_promise_polled_in_place_lies_on_who_awaits_it);
	RUN(a_spawned_task_lies_on_who_spawned_it);
	RUN(frames_inside_a_frame_are_found_by_their_states);
	RUN(off_forgets_and_on_begins_anew);
	RUN(memory_runs_out);
	RUN(several_workers);
	return 0;
}
