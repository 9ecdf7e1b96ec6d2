/* An explorer of everything that a few threads can do to shared memory.
 *
 * A scenario is a set-up, two or three thread functions and a last look.  The explorer runs it
 * again and again, depth first through all choices: which thread goes on before each operation on
 * an atomic object (with at most `preemptions` switches away from a thread that could have gone on,
 * after Musuvathi and Qadeer, "Iterative Context Bounding", PLDI 2007), which store each load
 * reads, whether a weak compare-and-swap fails for no reason, whom a wake wakes.  It stops at the
 * first violation: a check that does not hold, a data race on plain memory, use of freed memory, a
 * deadlock, a livelock.  Then it says what each thread did.
 *
 * Memory model (memory.c): per-location modification order, and views per thread, per release fence
 * and per message, in the style of Kang et al., "A Promising Semantics for Relaxed-Memory
 * Concurrency", POPL 2017, without the promises.  So a relaxed load may read an old store, and
 * only acquire, release and seq_cst, as operations or fences, forbid it.  Not modelled: a load that
 * reads a store which comes later (load buffering), and stores that go between two older ones of
 * the same location (the modification order is the order of execution).  A proof is therefore a
 * proof up to these two, and up to the bounds.
 */
#ifndef ZYN_MODEL_EXPLORER_H
#define ZYN_MODEL_EXPLORER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_THREADS_MAX 4

typedef struct ModelScenario {
	const char *name;
	void (*begin)(void); /* alone, before the threads */
	void (*threads[MODEL_THREADS_MAX])(void);
	void (*end)(void); /* alone, after the threads; may be null */
	/* added to the bound of the run, for small (positive) and large (negative) scenarios */
	int preemptions;
	/* loads that may read an old store, in one execution at a bound of 2; with each preemption
	 * more it is one more; 0: no limit */
	int stale;
} ModelScenario;

/* Explores them all and prints how many executions each took; the exit code of the program.
 *
 *   --preemptions N   the bound; 2
 *   --expect-bug      succeed if at least one scenario has a violation, for planted bugs
 *   --only NAME       one scenario
 *   --trace           print the last execution of each, with or without a violation */
int model_main(int argc, char **argv, const ModelScenario *scenarios, size_t count);

/* --- for scenarios ---------------------------------------------------------------------------- */

#define MODEL_CHECK(condition) \
	((condition) ? (void)0 : model_violation("%s does not hold", #condition))
void model_violation(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* A choice of the scenario's own: 0 .. options - 1. */
uint32_t model_choose(uint32_t options);
/* An atomic object that only one thread uses: nobody is let in before its operations. */
void model_private(const void *object);
/* The running thread; MODEL_THREADS_MAX in begin and end. */
uint32_t model_self(void);
/* The thread spins: nothing happens until another thread writes, and then it reads the newest. */
void model_yield(void);

/* Plain memory that threads share: a race is a violation. */
#define MODEL_READ(object) (model_at(#object, __func__), model_plain_read(object), *(object))
#define MODEL_WRITE(object, value) \
	(model_at(#object, __func__), model_plain_write(object), *(object) = (value))
void model_plain_read(const void *object);
void model_plain_write(const void *object);

/* Memory that is empty again at the start of each execution; filled with garbage. */
void *model_get(size_t bytes);
void model_put(void *memory);

/* Sleeping on a word, as futex.h: a time limit may pass at any time. */
bool model_sleep(_Atomic uint32_t *word, uint32_t expected, bool limited);
void model_wake(_Atomic uint32_t *word);
/* Every thread passes a seq_cst fence where it is, as by membarrier(2). */
void model_barrier(void);
/* In begin: called whenever another thread goes on, for what the C library keeps per thread. */
void model_on_switch(void (*hook)(uint32_t thread));
/* In begin: limits of time never pass in this scenario, because nothing may rely on them. */
void model_limits_never_pass(void);

/* --- for the shim ----------------------------------------------------------------------------- */

enum ModelRmw { MODEL_EXCHANGE, MODEL_ADD, MODEL_SUB, MODEL_OR, MODEL_AND, MODEL_XOR };

/* names what the next operation works on, for the trace */
void model_at(const char *object, const char *function);
void model_init(void *object, size_t size, uint64_t value);
uint64_t model_load(void *object, size_t size, int order);
void model_store(void *object, size_t size, uint64_t value, int order);
uint64_t model_rmw(enum ModelRmw kind, void *object, size_t size, uint64_t operand, int order);
bool model_cas(bool weak, void *object, size_t size, uint64_t *expected, uint64_t desired,
               int order, int failure_order);
void model_fence(int order);

#endif
