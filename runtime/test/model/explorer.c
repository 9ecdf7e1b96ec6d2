/* Choices, threads and schedules; memory.c has the values.
 *
 * Rule 1.  an execution is the list of its choices.  The next one has the same list up to the
 *          last choice that has an option left, which is taken there; so the scenario must do
 *          nothing that depends on anything else.
 * Rule 2.  threads are coroutines; exactly one runs, and it runs until it comes to a step,
 *          blocks or ends.
 * Rule 3.  option 0 is what a plain machine would do: go on with the thread that runs, read the
 *          newest.  So the first execution is sequential, and violations come out as short as
 *          they can.
 * Rule 4.  switching away from a thread that could go on costs one of `preemptions`; switching
 *          when it blocks, yields or ends costs nothing.
 * Rule 5.  a thread that yielded goes on when another has written; when all that are left have
 *          yielded, all go on, but not for ever.
 */
#include "engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define STACK_BYTES (128 * 1024)
/* rounds in which threads do nothing but yield */
#define IDLE_ROUNDS_MAX 8
/* returns of a sleep and failures of a weak compare-and-swap for no reason, in one execution */
#define SPURIOUS_MAX 1

enum ThreadState { UNUSED, READY, YIELDED, ASLEEP, ENDED };

typedef struct Thread {
	enum ThreadState state;
	ucontext_t context;
	const void *word; /* asleep on it */
	bool limited;     /* asleep with a time limit: may also just go on */
	bool woken;
} Thread;

typedef struct Choice {
	uint32_t chosen;
	uint32_t options;
} Choice;

const char *explorer_object = "", *explorer_function = "";

static const ModelScenario *scenario;
static Thread threads[MODEL_THREADS_MAX];
static uint32_t thread_count;
static char stacks[MODEL_THREADS_MAX][STACK_BYTES] __attribute__((aligned(64)));
static uint32_t running; /* MODEL_THREADS_MAX: begin or end */
static ucontext_t home;
static jmp_buf violated;

static Choice choices[MODEL_CHOICES_MAX];
static uint32_t choice_count; /* of the list that is followed */
static uint32_t choice_next;
static uint32_t preemptions_max, preemptions;
static uint32_t steps, idle_rounds, spurious;
static uint32_t stale_max, stale;
static bool limits_pass;
static void (*switch_hook)(uint32_t thread);
static const void *private_objects[MODEL_PRIVATE_MAX];
static uint32_t private_count;

/* lines of a trace; what comes after them is only counted */
#define TRACE_LINES_MAX 300
static bool tracing;
static uint32_t traced;
static uint64_t executions_total;
static char message[400];

/* --- choices ---------------------------------------------------------------------------------- */

uint32_t explorer_choose(uint32_t options)
{
	if (options == 0)
		model_violation("the explorer is wrong: a choice without an option");
	if (options == 1 || running == MODEL_THREADS_MAX)
		return 0;
	if (choice_next < choice_count) {
		Choice *choice = &choices[choice_next++];
		if (choice->options != options) {
			fprintf(stderr, "%s does not do the same twice\n", scenario->name);
			exit(2);
		}
		return choice->chosen;
	}
	if (choice_count == MODEL_CHOICES_MAX)
		model_violation("more than %d choices", MODEL_CHOICES_MAX);
	choices[choice_count++] = (Choice){.chosen = 0, .options = options};
	choice_next = choice_count;
	return 0;
}

uint32_t model_choose(uint32_t options)
{
	return explorer_choose(options);
}

bool explorer_spurious_left(void)
{
	return spurious < SPURIOUS_MAX;
}

void explorer_spurious_spent(void)
{
	spurious++;
}

bool explorer_stale_left(void)
{
	return stale < stale_max;
}

void explorer_stale_spent(void)
{
	stale++;
}

/* Rule 1.  false: there is no other execution. */
static bool next_execution(void)
{
	while (choice_count > 0) {
		Choice *last = &choices[choice_count - 1];
		if (++last->chosen < last->options)
			return true;
		choice_count--;
	}
	return false;
}

/* --- trace and violations --------------------------------------------------------------------- */

bool explorer_tracing(void)
{
	return tracing;
}

void explorer_trace(const char *format, ...)
{
	if (++traced == TRACE_LINES_MAX)
		printf("    ...\n");
	if (traced >= TRACE_LINES_MAX && message[0] == 0)
		return;
	va_list arguments;
	va_start(arguments, format);
	printf("    %*s", (int)(running < MODEL_THREADS_MAX ? running * 4 : 0), "");
	if (running < MODEL_THREADS_MAX)
		printf("%u: ", running);
	vprintf(format, arguments);
	printf(running < MODEL_THREADS_MAX ? "  [%s]\n" : "\n", explorer_function);
	va_end(arguments);
}

void model_at(const char *object, const char *function)
{
	explorer_object = object;
	explorer_function = function;
}

void model_violation(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	if (tracing)
		explorer_trace("VIOLATION: %s", message);
	if (running < MODEL_THREADS_MAX)
		setcontext(&home); /* the coroutine is left where it is */
	longjmp(violated, 1);
}

/* --- schedule --------------------------------------------------------------------------------- */

uint32_t model_self(void)
{
	return running;
}

static void switch_to(uint32_t next)
{
	uint32_t previous = running;
	if (next == previous)
		return;
	running = next;
	swapcontext(&threads[previous].context, &threads[next].context);
	if (switch_hook != NULL)
		switch_hook(previous);
}

void model_on_switch(void (*hook)(uint32_t thread))
{
	switch_hook = hook;
}

static bool can_run(uint32_t thread)
{
	Thread *t = &threads[thread];
	return t->state == READY || (t->state == ASLEEP && (t->limited || t->woken));
}

/* Rule 5. */
static bool release_yielded(void)
{
	bool any = false;
	for (uint32_t i = 0; i < thread_count; i++)
		if (threads[i].state == YIELDED) {
			threads[i].state = READY;
			memory_catch_up(i);
			any = true;
		}
	if (any && ++idle_rounds > IDLE_ROUNDS_MAX)
		model_violation("livelock: the threads that are left only wait for each other");
	return any;
}

static void check_all_ended(void)
{
	char asleep[100] = "";
	for (uint32_t i = 0; i < thread_count; i++)
		if (threads[i].state != ENDED)
			snprintf(asleep + strlen(asleep), sizeof asleep - strlen(asleep), " %u", i);
	if (asleep[0] != 0)
		model_violation("deadlock: asleep for ever:%s", asleep);
}

/* Chooses who goes on; the running thread cannot. */
static void switch_away(void)
{
	uint32_t options[MODEL_THREADS_MAX];
	uint32_t count;
	do {
		count = 0;
		for (uint32_t i = 1; i <= thread_count; i++) {
			uint32_t thread = (running + i) % thread_count;
			if (can_run(thread))
				options[count++] = thread;
		}
	} while (count == 0 && release_yielded());
	if (count == 0) {
		check_all_ended();
		setcontext(&home);
	}
	switch_to(options[explorer_choose(count)]);
}

void model_private(const void *object)
{
	if (private_count == MODEL_PRIVATE_MAX)
		model_violation("more than %d private objects", MODEL_PRIVATE_MAX);
	private_objects[private_count++] = object;
}

static bool is_private(const void *object)
{
	for (uint32_t i = 0; i < private_count; i++)
		if (private_objects[i] == object)
			return true;
	return false;
}

void explorer_step(const void *about)
{
	if (running == MODEL_THREADS_MAX)
		return;
	if (++steps > MODEL_STEPS_MAX)
		model_violation("livelock: more than %d steps", MODEL_STEPS_MAX);
	if (preemptions >= preemptions_max || is_private(about))
		return;
	uint32_t options[MODEL_THREADS_MAX];
	uint32_t count = 0;
	options[count++] = running;
	for (uint32_t i = 1; i < thread_count; i++) {
		uint32_t thread = (running + i) % thread_count;
		if (can_run(thread))
			options[count++] = thread;
	}
	const char *object = explorer_object, *function = explorer_function;
	uint32_t choice = explorer_choose(count);
	if (choice != 0) {
		preemptions++;
		switch_to(options[choice]);
		model_at(object, function);
	}
}

void explorer_progress(void)
{
	idle_rounds = 0;
	for (uint32_t i = 0; i < thread_count; i++)
		if (threads[i].state == YIELDED && i != running) {
			threads[i].state = READY;
			memory_catch_up(i);
		}
}

void model_yield(void)
{
	if (running == MODEL_THREADS_MAX)
		model_violation("there is nobody to wait for");
	if (++steps > MODEL_STEPS_MAX)
		model_violation("livelock: more than %d steps", MODEL_STEPS_MAX);
	if (tracing)
		explorer_trace("yields");
	threads[running].state = YIELDED;
	switch_away();
}

bool model_sleep(_Atomic uint32_t *word, uint32_t expected, bool limited)
{
	explorer_step(word);
	if (running == MODEL_THREADS_MAX)
		model_violation("there is nobody who could wake");
	/* The kernel compares and goes to sleep in one step, and what it saw the thread has seen.
	 */
	if (memory_look((void *)word, sizeof *word) != expected)
		return true;
	if (explorer_spurious_left() && explorer_choose(2) == 1) {
		explorer_spurious_spent();
		return true;
	}
	Thread *self = &threads[running];
	self->state = ASLEEP;
	self->word = word;
	self->limited = limited && limits_pass;
	self->woken = false;
	if (tracing)
		explorer_trace(self->limited ? "sleeps, with a limit" : "sleeps");
	switch_away();
	self->state = READY;
	memory_look((void *)word, sizeof *word);
	if (tracing)
		explorer_trace(self->woken ? "wakes" : "its time has passed");
	return self->woken;
}

void model_barrier(void)
{
	explorer_step(NULL);
	memory_barrier();
	if (tracing)
		explorer_trace("a fence in every thread");
}

void model_limits_never_pass(void)
{
	limits_pass = false;
}

void model_wake(_Atomic uint32_t *word)
{
	explorer_step(word);
	uint32_t asleep[MODEL_THREADS_MAX];
	uint32_t count = 0;
	for (uint32_t i = 0; i < thread_count; i++)
		if (threads[i].state == ASLEEP && threads[i].word == word && !threads[i].woken)
			asleep[count++] = i;
	if (tracing)
		explorer_trace("wakes one of %u", count);
	if (count != 0)
		threads[asleep[explorer_choose(count)]].woken = true;
	explorer_progress();
}

/* --- executions ------------------------------------------------------------------------------- */

static void thread_main(uint32_t thread)
{
	if (switch_hook != NULL)
		switch_hook(thread);
	scenario->threads[thread]();
	threads[thread].state = ENDED;
	switch_away();
}

static void threads_make(void)
{
	for (uint32_t i = 0; i < thread_count; i++) {
		Thread *thread = &threads[i];
		thread->state = READY;
		memory_start(i);
		getcontext(&thread->context);
		thread->context.uc_stack.ss_sp = stacks[i];
		thread->context.uc_stack.ss_size = STACK_BYTES;
		thread->context.uc_link = NULL;
		makecontext(&thread->context, (void (*)(void))thread_main, 1, i);
	}
}

/* Runs the threads until the last has ended, or one has found a violation. */
static void threads_run(void)
{
	volatile bool started = false;
	getcontext(&home); /* where the last switch comes back to */
	if (started)
		return;
	started = true;
	running = 0; /* a choice belongs to a thread */
	uint32_t first = explorer_choose(thread_count);
	running = first;
	setcontext(&threads[first].context);
}

/* true: no violation. */
static bool execute(void)
{
	choice_next = 0;
	preemptions = 0;
	steps = 0;
	idle_rounds = 0;
	spurious = 0;
	stale = 0;
	private_count = 0;
	limits_pass = true;
	switch_hook = NULL;
	message[0] = 0;
	running = MODEL_THREADS_MAX;
	thread_count = 0;
	memory_begin();
	if (setjmp(violated) != 0)
		return false;
	scenario->begin();
	while (thread_count < MODEL_THREADS_MAX && scenario->threads[thread_count] != NULL)
		thread_count++;
	threads_make();
	threads_run();
	running = MODEL_THREADS_MAX;
	if (switch_hook != NULL)
		switch_hook(running);
	if (message[0] != 0)
		return false;
	memory_join(thread_count);
	if (scenario->end != NULL)
		scenario->end();
	return true;
}

/* true: no violation. */
static bool explore(uint32_t bound, bool quiet, bool trace_last)
{
	uint64_t executions = 0;
	uint32_t longest = 0;
	bool clean;
	choice_count = 0;
	preemptions_max = bound;
	int stale_own = scenario->stale + (int)bound - scenario->preemptions - 2;
	stale_max = scenario->stale == 0 ? UINT32_MAX : stale_own < 0 ? 0 : (uint32_t)stale_own;
	tracing = false;
	do {
		executions++;
		clean = execute();
		if (longest < steps)
			longest = steps;
	} while (clean && next_execution());
	executions_total += executions;
	printf("%-44s %9llu executions, %u preemptions, %u steps%s%s\n", scenario->name,
	       (unsigned long long)executions, bound, longest, clean ? "" : ": ", message);
	fflush(stdout);
	if ((!clean && !quiet) || trace_last) {
		tracing = true;
		traced = 0;
		execute();
		tracing = false;
	}
	return clean;
}

int model_main(int argc, char **argv, const ModelScenario *scenarios, size_t count)
{
	int bound = 2;
	bool expect_bug = false, trace_last = false;
	const char *only = NULL;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--preemptions") == 0 && i + 1 < argc)
			bound = atoi(argv[++i]);
		else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
			only = argv[++i];
		else if (strcmp(argv[i], "--expect-bug") == 0)
			expect_bug = true;
		else if (strcmp(argv[i], "--trace") == 0)
			trace_last = true;
		else {
			fprintf(stderr, "unknown option %s\n", argv[i]);
			return 2;
		}
	}
	size_t explored = 0, violations = 0;
	for (size_t i = 0; i < count; i++) {
		scenario = &scenarios[i];
		if (only != NULL && strcmp(only, scenario->name) != 0)
			continue;
		int own = bound + scenario->preemptions;
		explored++;
		violations += !explore(own < 0 ? 0 : (uint32_t)own, expect_bug, trace_last);
	}
	if (explored == 0) {
		fprintf(stderr, "no such scenario\n");
		return 2;
	}
	if (explored > 1)
		printf("%llu executions in all\n", (unsigned long long)executions_total);
	if (!expect_bug)
		return violations == 0 ? 0 : 1;
	if (violations != 0)
		return 0;
	fprintf(stderr, "the planted bug was not found\n");
	return 1;
}
