/* Sleeping on a word until another thread changes it.
 *
 * On Linux this is the system call.  Elsewhere it is a table of mutexes and condition variables,
 * found by the address of the word (futex.c); the explorer has a third one.
 */
#ifndef ZYN_FUTEX_H
#define ZYN_FUTEX_H

#include "atomics.h"

#include <stdbool.h>
#include <stdint.h>

/* ZYN_FUTEX_TABLE: the table also where there is a system call, so that it can be tested. */
#if defined(__linux__) && !defined(ZYN_FUTEX_TABLE)
#define ZYN_FUTEX_IN_HANDLERS 1 /* a signal handler may wake */
#else
#define ZYN_FUTEX_IN_HANDLERS 0
#endif

/* Sleeps while `*word` is `expected`, until a wake on the same word or `deadline_ns`
 * (CLOCK_MONOTONIC; UINT64_MAX: none).  May return for no reason, so the caller looks again and
 * keeps the deadline.  false: the deadline has passed. */
bool zyn__futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns);
/* Wakes one thread that sleeps on `word`.  The word may be gone already: then nothing happens. */
void zyn__futex_wake(_Atomic uint32_t *word);
/* CLOCK_MONOTONIC `timeout_ns` from now; UINT64_MAX when that is for ever (negative, or too far).
 */
uint64_t zyn__futex_deadline(int64_t timeout_ns);

#endif
