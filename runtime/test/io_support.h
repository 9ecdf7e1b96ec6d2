/* What the tests of input and output share: scripts, host calls, faults, counting descriptors.
 *
 * A script is a machine whose body awaits leaves from top to bottom, as compiled code would; what
 * it holds lies in the frame, and is let go of when it ends, however that is.
 */
#ifndef ZYN_TEST_IO_SUPPORT_H
#define ZYN_TEST_IO_SUPPORT_H

#include "io.h"
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#define LIMIT_NS 60000000000 /* of a run that hangs */

/* --- constant texts --------------------------------------------------------------------------- */

#define TEXT(name, literal) \
	static struct { \
		_Atomic uint32_t refs; \
		uint32_t hash; \
		uint64_t length; \
		char bytes[sizeof literal]; \
	} name##_constant = {ZYN_IMMORTAL, 0, sizeof literal - 1, literal}; \
	static ZynString *const name = (ZynString *)(void *)&name##_constant

TEXT(localhost, "127.0.0.1");

/* --- scripts ---------------------------------------------------------------------------------- */

typedef struct Script Script;
typedef int64_t ScriptBody(Script *s, ZynContext *cx);

struct Script {
	uint32_t state;
	uint32_t line; /* where it goes on */
	ScriptBody *body;
	void *data;
	union {
		uint32_t state;
		char bytes[160];
		_Alignas(16) uint64_t align;
	} leaf;
	uint32_t ended; /* how the last leaf did: ZYN_STATE_* */
	uint32_t failures;
	char error[200]; /* of the last leaf that failed */
	ZynIo *io[4];
	ZynString *text;
	ZynDatagram datagram;
	int64_t number, i, total;
	int64_t result;
};

MACHINE(script, Script);

static inline void script_let_go(Script *s)
{
	for (int i = 0; i < 4; i++) {
		zyn_object_release(s->io[i]);
		s->io[i] = NULL;
	}
	zyn_string_release(s->text);
	zyn_string_release(s->datagram.text);
	zyn_string_release(s->datagram.host);
	s->text = NULL;
	s->datagram = (ZynDatagram){.port = 0};
}

static int64_t script_poll(void *sm, ZynContext *cx)
{
	Script *s = sm;
	if (zyn__state_ended(s->state))
		return zyn_repoll(sm, cx);
	s->state = 1;
	int64_t answer = s->body(s, cx);
	if (answer == 0)
		return 0;
	script_let_go(s);
	if (s->ended == ZYN_STATE_CANCELLED)
		return machine_cancelled(&s->state);
	ZYN_ASSERT(cx->error.tag == 0);
	return machine_return(&s->state, &s->result, s->total);
}

static void script_drop(void *sm)
{
	script_let_go(sm);
}

static inline ZynPromise *script_new(ZynRuntime *rt, ScriptBody *body, void *data)
{
	struct {
		ScriptBody *body;
		void *data;
	} args = {body, data};
	return zyn_call_async(rt, &script, &args, offsetof(Script, body), sizeof args);
}

static inline Script *script_of(ZynPromise *p)
{
	return p->state_machine;
}

/* Notes how a call or a leaf failed; the script goes on. */
static inline void script_failed(Script *s, ZynContext *cx)
{
	ZynError *error = zyn__error_take(cx);
	ZYN_ASSERT(error != NULL);
	CHECK(error->code == ZYN_ERROR_IO || error->code == ZYN_ERROR_OUT_OF_MEMORY ||
	      error->code == ZYN_ERROR_NULL_VALUE);
	snprintf(s->error, sizeof s->error, "%s", error->message);
	s->failures++;
	zyn_error_release(error);
}

/* After the poll that ended a leaf; false: the script was cancelled. */
static inline bool script_leaf_ended(Script *s, ZynContext *cx, void (*take)(void *, void *),
                                     void *out, ZynDropFn *drop)
{
	s->ended = s->leaf.state;
	if (s->ended == ZYN_STATE_RETURNED && take != NULL)
		take(&s->leaf, out);
	drop(&s->leaf);
	if (s->ended == ZYN_STATE_FAILED)
		script_failed(s, cx);
	return s->ended != ZYN_STATE_CANCELLED;
}

#define SCRIPT_BEGIN(s) \
	switch ((s)->line) { \
	case 0:

#define SCRIPT_END(s) \
	} \
	return 1

/* init(cx, leaf, ...) begins, name is the leaf, take its function or NULL. */
#define AWAIT_INIT(init, name, take, out, ...) \
	init(cx, &s->leaf, __VA_ARGS__); \
	s->line = __LINE__; \
	__attribute__((fallthrough)); \
	case __LINE__: \
		if (zyn_##name##_poll(&s->leaf, cx) == 0) \
			return 0; \
		if (!script_leaf_ended(s, cx, take, out, zyn_##name##_drop)) \
		return 1

#define AWAIT(name, out, ...) \
	AWAIT_INIT(zyn_##name##_init, name, zyn_##name##_take, out, __VA_ARGS__)

#define OK(s) ((s)->ended == ZYN_STATE_RETURNED)

static inline void let_text_go(Script *s)
{
	zyn_string_release(s->text);
	s->text = NULL;
}

static inline void let_io_go(Script *s, int i)
{
	zyn_object_release(s->io[i]);
	s->io[i] = NULL;
}

/* --- calls of a host -------------------------------------------------------------------------- */

static void listen_thunk(ZynContext *cx, const void *args, void *result)
{
	*(ZynIo **)result = zyn_tcp_listen(cx, localhost, *(const int64_t *)args, 0);
}

/* null when it failed, which only happens with faults */
static inline ZynIo *host_listen(ZynRuntime *rt)
{
	ZynIo *io = NULL;
	int64_t port = 0;
	zyn_call_direct(rt, listen_thunk, &port, &io, NULL);
	return io;
}

static void pipe_thunk(ZynContext *cx, const void *args, void *result)
{
	ZynIo **ends = result;
	(void)args;
	zyn_pipe_open(cx, &ends[0], &ends[1]);
}

static inline bool host_pipe(ZynRuntime *rt, ZynIo *ends[2])
{
	ends[0] = ends[1] = NULL;
	return zyn_call_direct(rt, pipe_thunk, NULL, ends, NULL) == ZYN_READY;
}

static void udp_thunk(ZynContext *cx, const void *args, void *result)
{
	(void)args;
	*(ZynIo **)result = zyn_udp_bind(cx, localhost, 0);
}

static inline ZynIo *host_udp(ZynRuntime *rt)
{
	ZynIo *io = NULL;
	zyn_call_direct(rt, udp_thunk, NULL, &io, NULL);
	return io;
}

static inline void run(ZynRuntime *rt, ZynPromise *p)
{
	CHECK_EQ(zyn_rt_block_on(rt, p, LIMIT_NS), ZYN_READY);
}

/* Runs one script to its end and gives its number. */
static inline int64_t run_script(ZynRuntime *rt, ScriptBody *body, void *data)
{
	ZynPromise *p = script_new(rt, body, data);
	run(rt, p);
	int64_t value = script_of(p)->total;
	zyn_promise_release(p);
	return value;
}

/* --- descriptors ------------------------------------------------------------------------------ */

static inline int open_descriptors(void)
{
	int count = 0;
	DIR *directory = opendir("/proc/self/fd");
	CHECK(directory != NULL);
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count;
}

static inline void io_runtime_end(ZynRuntime *rt)
{
	runtime_end(rt);
}

/* --- faults ----------------------------------------------------------------------------------- */

#define VARIANTS 6

static int64_t io_permits_left;

static bool io_permit(size_t bytes)
{
	(void)bytes;
	return io_permits_left-- > 0;
}

/* True when everything went as without faults.  With `rt` and scripts of its own; it must end and
 * leave nothing alive, whatever fails. */
typedef bool Scenario(ZynRuntime *rt);

static inline void scenario_once(Scenario *scenario, bool must_succeed)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	bool whole = scenario(rt);
	CHECK(whole || !must_succeed);
	zyn_rt_turn(rt);
	CHECK_EQ(zyn_rt_live_objects(rt), 0);
	zyn__faults_off();
	zyn__allocator.permit = NULL;
	CHECK(scenario(rt)); /* the runtime is as good as before */
	runtime_end(rt);
}

/* Fails the n-th system call in every way that it has, for each n that there is. */
static inline void each_call_fails(Scenario *scenario)
{
	int before = open_descriptors();
	uint64_t faults = 0;
	scenario_once(scenario, true);
	for (uint32_t variant = 0; variant < VARIANTS; variant++) {
		for (uint64_t nth = 0;; nth++) {
			CHECK(nth < 100000);
			ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
			zyn__faults_nth(nth, variant);
			scenario(rt);
			bool struck = zyn__faults_struck() != 0;
			bool beyond = zyn__faults_calls() <= nth;
			zyn__faults_off();
			zyn_rt_turn(rt);
			CHECK_EQ(zyn_rt_live_objects(rt), 0);
			CHECK(scenario(rt));
			runtime_end(rt);
			faults += struck;
			CHECK_EQ(open_descriptors(), before);
			if (beyond)
				break;
		}
	}
	CHECK(faults > 20);
}

/* Short transfers, EAGAIN and EINTR must not be noticed, whatever the seed. */
static inline void hidden_faults(Scenario *scenario, uint64_t seeds)
{
	int before = open_descriptors();
	uint64_t faults = 0;
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
		zyn__faults_seed(seed, 300, ZYN_FAULTS_HIDDEN);
		CHECK(scenario(rt));
		faults += zyn__faults_struck();
		zyn__faults_off();
		runtime_end(rt);
	}
	CHECK(faults > seeds);
	CHECK_EQ(open_descriptors(), before);
}

static inline void each_allocation_fails(Scenario *scenario)
{
	int before = open_descriptors();
	for (int64_t nth = 0;; nth++) {
		CHECK(nth < 10000);
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
		io_permits_left = nth;
		zyn__allocator.permit = io_permit;
		bool whole = scenario(rt);
		bool enough = io_permits_left >= 0;
		zyn__allocator.permit = NULL;
		CHECK(whole || !enough);
		zyn_rt_turn(rt);
		CHECK_EQ(zyn_rt_live_objects(rt), 0);
		CHECK(scenario(rt));
		runtime_end(rt);
		CHECK_EQ(open_descriptors(), before);
		if (enough)
			return;
	}
}

#endif
