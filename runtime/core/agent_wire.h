/* Little-endian bytes, written and read with the checks in one place. */
#ifndef ZYN_AGENT_WIRE_H
#define ZYN_AGENT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing block.  After memory ran out once, `failed` stays true and writing does nothing. */
typedef struct ZynBytes {
	uint8_t *data;
	size_t size;
	size_t capacity;
	bool failed;
} ZynBytes;

void zyn__bytes_free(ZynBytes *bytes);
/* Room for `size` more, or null. */
uint8_t *zyn__bytes_grow(ZynBytes *bytes, size_t size);
void zyn__bytes_put(ZynBytes *bytes, const void *data, size_t size);
void zyn__bytes_u16(ZynBytes *bytes, uint16_t value);
void zyn__bytes_u32(ZynBytes *bytes, uint32_t value);
void zyn__bytes_u64(ZynBytes *bytes, uint64_t value);
void zyn__bytes_patch_u32(ZynBytes *bytes, size_t at, uint32_t value);
void zyn__bytes_drop_front(ZynBytes *bytes, size_t size);

/* A message starts here; gives the place that zyn__message_end needs. */
size_t zyn__message_begin(ZynBytes *bytes, uint32_t kind, uint32_t id);
void zyn__message_end(ZynBytes *bytes, size_t begin, uint32_t status);

/* Reading past the end gives zeros and sets `failed`. */
typedef struct ZynReader {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
} ZynReader;

uint16_t zyn__read_u16(ZynReader *reader);
uint32_t zyn__read_u32(ZynReader *reader);
uint64_t zyn__read_u64(ZynReader *reader);
size_t zyn__read_left(const ZynReader *reader);

#endif
