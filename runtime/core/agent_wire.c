#include "agent_wire.h"

#include <stdlib.h>
#include <string.h>

#include "agent_protocol.h"

void zyn__bytes_free(ZynBytes *bytes)
{
	free(bytes->data);
	*bytes = (ZynBytes){0};
}

uint8_t *zyn__bytes_grow(ZynBytes *bytes, size_t size)
{
	if (bytes->failed)
		return NULL;
	if (bytes->capacity - bytes->size < size) {
		size_t capacity = bytes->capacity ? bytes->capacity : 256;
		while (capacity - bytes->size < size) {
			if (capacity > SIZE_MAX / 2) {
				bytes->failed = true;
				return NULL;
			}
			capacity *= 2;
		}
		uint8_t *data = realloc(bytes->data, capacity);
		if (!data) {
			bytes->failed = true;
			return NULL;
		}
		bytes->data = data;
		bytes->capacity = capacity;
	}
	uint8_t *place = bytes->data + bytes->size;
	bytes->size += size;
	return place;
}

void zyn__bytes_put(ZynBytes *bytes, const void *data, size_t size)
{
	if (size == 0)
		return;
	uint8_t *place = zyn__bytes_grow(bytes, size);
	if (place)
		memcpy(place, data, size);
}

static void put_number(uint8_t *place, uint64_t value, int size)
{
	for (int i = 0; i < size; i++)
		place[i] = (uint8_t)(value >> (8 * i));
}

static void number(ZynBytes *bytes, uint64_t value, int size)
{
	uint8_t *place = zyn__bytes_grow(bytes, (size_t)size);
	if (place)
		put_number(place, value, size);
}

void zyn__bytes_u16(ZynBytes *bytes, uint16_t value)
{
	number(bytes, value, 2);
}

void zyn__bytes_u32(ZynBytes *bytes, uint32_t value)
{
	number(bytes, value, 4);
}

void zyn__bytes_u64(ZynBytes *bytes, uint64_t value)
{
	number(bytes, value, 8);
}

void zyn__bytes_patch_u32(ZynBytes *bytes, size_t at, uint32_t value)
{
	if (!bytes->failed)
		put_number(bytes->data + at, value, 4);
}

void zyn__bytes_drop_front(ZynBytes *bytes, size_t size)
{
	if (size == 0)
		return;
	memmove(bytes->data, bytes->data + size, bytes->size - size);
	bytes->size -= size;
}

size_t zyn__message_begin(ZynBytes *bytes, uint32_t kind, uint32_t id)
{
	size_t begin = bytes->size;
	zyn__bytes_u32(bytes, 0);
	zyn__bytes_u16(bytes, (uint16_t)kind);
	zyn__bytes_u16(bytes, 0);
	zyn__bytes_u32(bytes, id);
	return begin;
}

void zyn__message_end(ZynBytes *bytes, size_t begin, uint32_t status)
{
	if (bytes->failed)
		return;
	put_number(bytes->data + begin, bytes->size - begin - ZYN_AGENT_HEADER_SIZE, 4);
	put_number(bytes->data + begin + 6, status, 2);
}

static uint64_t read_number(ZynReader *reader, int size)
{
	if (zyn__read_left(reader) < (size_t)size) {
		reader->failed = true;
		reader->at = reader->end;
		return 0;
	}
	uint64_t value = 0;
	for (int i = 0; i < size; i++)
		value |= (uint64_t)reader->at[i] << (8 * i);
	reader->at += size;
	return value;
}

uint16_t zyn__read_u16(ZynReader *reader)
{
	return (uint16_t)read_number(reader, 2);
}

uint32_t zyn__read_u32(ZynReader *reader)
{
	return (uint32_t)read_number(reader, 4);
}

uint64_t zyn__read_u64(ZynReader *reader)
{
	return read_number(reader, 8);
}

size_t zyn__read_left(const ZynReader *reader)
{
	return (size_t)(reader->end - reader->at);
}
