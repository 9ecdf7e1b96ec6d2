/* What the files of the embedded runtime share.  Nothing here or there may call a function outside
 * this folder: the library must link where there is nothing else. */
#ifndef ZYN_EMBEDDED_INTERNAL_H
#define ZYN_EMBEDDED_INTERNAL_H

#include "atomics.h"
#include "zynrt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits set.  Without the builtin, which is a library call on machines that cannot count. */
static inline uint32_t zyn__embedded_count(uint32_t mask)
{
	mask -= mask >> 1 & 0x55555555u;
	mask = (mask & 0x33333333u) + (mask >> 2 & 0x33333333u);
	return ((mask + (mask >> 4)) & 0x0F0F0F0Fu) * 0x01010101u >> 24;
}

#endif
