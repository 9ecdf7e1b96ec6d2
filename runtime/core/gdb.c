/* The interface by which a native debugger learns of code that was compiled at run time.
 *
 * gdb and lldb put a breakpoint into __jit_debug_register_code and read the list that
 * __jit_debug_descriptor heads; each entry is an object file in memory.  The names, the layout
 * and the version number are theirs: "JIT Compilation Interface" in the manual of gdb.
 *
 * Code is never unloaded, so entries are only added.  The list may be read at any moment, by a
 * debugger that stops the process: an entry is complete before it is linked.
 */
#include "zynrt.h"

#include <pthread.h>
#include <stdlib.h>

#define REGISTER 1u

typedef struct Entry {
	struct Entry *next;
	struct Entry *previous;
	const void *object;
	uint64_t size;
} Entry;

typedef struct Descriptor {
	uint32_t version;
	uint32_t action;
	Entry *relevant;
	Entry *first;
} Descriptor;

ZYN_API extern Descriptor __jit_debug_descriptor;
ZYN_API void __jit_debug_register_code(void);

Descriptor __jit_debug_descriptor = {.version = 1};

__attribute__((noinline)) void __jit_debug_register_code(void)
{
	__asm__ volatile("" ::: "memory"); /* or calls of it would be left out */
}

int32_t zyn_gdb_register(const void *object, uint64_t size)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	Entry *entry = calloc(1, sizeof *entry);
	if (entry == NULL)
		return 0;
	entry->object = object;
	entry->size = size;
	pthread_mutex_lock(&lock);
	entry->next = __jit_debug_descriptor.first;
	if (entry->next != NULL)
		entry->next->previous = entry;
	__jit_debug_descriptor.first = entry;
	__jit_debug_descriptor.relevant = entry;
	__jit_debug_descriptor.action = REGISTER;
	__jit_debug_register_code();
	pthread_mutex_unlock(&lock);
	return 1;
}
