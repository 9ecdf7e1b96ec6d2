/* The agent's dealings with the host: what it publishes, what it is asked, what it answers. */

#include <stdlib.h>
#include <string.h>

#include "agent_internal.h"

static uint8_t *copied(const void *bytes, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	if (copy && size)
		memcpy(copy, bytes, size);
	return copy;
}

void zyn__agent_put_datum(ZynBytes *out, const ZynDatum *datum)
{
	size_t begin = zyn__message_begin(out, ZYN_AGENT_PUBLISHED, 0);
	zyn__bytes_u32(out, datum->kind);
	zyn__bytes_u32(out, datum->key_size);
	zyn__bytes_put(out, datum->bytes, datum->key_size + datum->size);
	zyn__message_end(out, begin, ZYN_AGENT_STATUS_OK);
}

void zyn__agent_tell_all(ZynAgent *agent)
{
	pthread_mutex_lock(&agent->lock);
	for (ZynDatum *datum = agent->data; datum; datum = datum->next)
		zyn__agent_put_datum(&agent->out, datum);
	pthread_mutex_unlock(&agent->lock);
}

static bool same_key(const ZynDatum *datum, uint32_t kind, const char *key, uint64_t key_size)
{
	return datum->kind == kind && datum->key_size == key_size &&
	       memcmp(datum->bytes, key, key_size) == 0;
}

int32_t zyn_agent_publish(ZynAgent *agent, uint32_t kind, const char *key, uint64_t key_size,
                          const void *bytes, uint64_t size)
{
	if (key_size > UINT32_MAX || size > ZYN_AGENT_UNSENT_MAX / 2)
		return 0;
	ZynDatum *datum = malloc(sizeof(*datum) + key_size + size);
	uint8_t *payload = malloc(8 + key_size + size);
	if (!datum || !payload) {
		free(datum);
		free(payload);
		return 0;
	}
	*datum = (ZynDatum){.kind = kind, .key_size = (uint32_t)key_size, .size = size};
	memcpy(datum->bytes, key, key_size);
	if (size)
		memcpy(datum->bytes + key_size, bytes, size);
	memcpy(payload, datum->bytes, key_size + size);

	pthread_mutex_lock(&agent->lock);
	ZynDatum **link = &agent->data;
	while (*link && !same_key(*link, kind, key, key_size))
		link = &(*link)->next;
	ZynDatum *old = *link;
	datum->next = old ? old->next : NULL;
	*link = datum;
	pthread_mutex_unlock(&agent->lock);
	free(old);
	ZynNews news = {
		.kind = ZYN_AGENT_PUBLISHED, .a = kind, .b = (uint32_t)key_size, .bytes = payload};
	news.size = key_size + size;
	return zyn__agent_news(agent, news);
}

int32_t zyn_agent_tell(ZynAgent *agent, const void *bytes, uint64_t size)
{
	uint32_t generation = atomic_load(&agent->generation);
	if (generation == 0 || size > ZYN_AGENT_UNSENT_MAX / 2)
		return 0;
	uint8_t *payload = copied(bytes, size);
	if (!payload)
		return 0;
	ZynNews news = {
		.kind = ZYN_AGENT_TOLD, .generation = generation, .bytes = payload, .size = size};
	return zyn__agent_news(agent, news);
}

bool zyn__agent_host_request(ZynAgent *agent, uint32_t id, const uint8_t *bytes, size_t size)
{
	ZynHostRequest *request = malloc(sizeof(*request) + size);
	if (!request)
		return false;
	uint64_t generation = atomic_load(&agent->generation);
	*request = (ZynHostRequest){.id = generation << 32 | id, .size = size};
	if (size)
		memcpy(request->bytes, bytes, size);
	pthread_mutex_lock(&agent->lock);
	bool taken = !agent->host_closed && agent->host_count < ZYN_AGENT_HOST_REQUESTS_MAX;
	if (taken) {
		if (agent->host_last)
			agent->host_last->next = request;
		else
			agent->host_first = request;
		agent->host_last = request;
		agent->host_count++;
		pthread_cond_signal(&agent->host_ready);
	}
	pthread_mutex_unlock(&agent->lock);
	if (!taken)
		free(request);
	return taken;
}

int64_t zyn_agent_next_request(ZynAgent *agent, uint64_t *id, void *buffer, uint64_t capacity)
{
	pthread_mutex_lock(&agent->lock);
	/* No limit: this thread exists to wait, and zyn_agent_close ends it. */
	while (!agent->host_first && !agent->host_closed)
		pthread_cond_wait(&agent->host_ready, &agent->lock);
	ZynHostRequest *request = agent->host_closed ? NULL : agent->host_first;
	int64_t size = request ? (int64_t)request->size : -1;
	bool taken = request && request->size <= capacity;
	if (taken) {
		agent->host_first = request->next;
		if (!agent->host_first)
			agent->host_last = NULL;
		agent->host_count--;
	}
	pthread_mutex_unlock(&agent->lock);
	if (taken) {
		*id = request->id;
		if (request->size)
			memcpy(buffer, request->bytes, request->size);
		free(request);
	}
	return size;
}

void zyn_agent_answer(ZynAgent *agent, uint64_t id, uint32_t status, const void *bytes,
                      uint64_t size)
{
	ZynNews news = {.kind = ZYN_AGENT_HOST, .a = (uint32_t)id, .b = status};
	news.generation = (uint32_t)(id >> 32);
	if (news.generation == 0 || news.generation != atomic_load(&agent->generation))
		return;
	if (size <= ZYN_AGENT_UNSENT_MAX / 2)
		news.bytes = copied(bytes, size);
	if (news.bytes)
		news.size = size;
	else
		news.b = ZYN_AGENT_STATUS_LIMIT;
	zyn__agent_news(agent, news);
}

void zyn_agent_close(ZynAgent *agent)
{
	pthread_mutex_lock(&agent->lock);
	agent->host_closed = true;
	pthread_cond_broadcast(&agent->host_ready);
	pthread_mutex_unlock(&agent->lock);
}

void zyn__agent_host_free(ZynAgent *agent)
{
	while (agent->data) {
		ZynDatum *next = agent->data->next;
		free(agent->data);
		agent->data = next;
	}
	while (agent->host_first) {
		ZynHostRequest *next = agent->host_first->next;
		free(agent->host_first);
		agent->host_first = next;
	}
	agent->host_last = NULL;
}
