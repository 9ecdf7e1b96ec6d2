/* What the agent's files share.
 *
 * Two kinds of threads: the agent's own, which alone touches the socket, the `in` and `out` blocks
 * and calls the zyn_dbg_* functions; and all others, which only put things into the queues below.
 *
 * Rule 4.  The lock is never held across a call into the runtime, because the runtime calls in
 *          with locks of its own.
 * Rule 5.  Whatever happens first is told first: stops, changes, metadata, answers and words of
 *          the host leave through one queue.
 * Rule 6.  A stop is never dropped; a change of a task may be, and MANY_CHANGED says so.
 */
#ifndef ZYN_AGENT_INTERNAL_H
#define ZYN_AGENT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "agent_protocol.h"
#include "agent_wire.h"
#include "zyn_agent.h"

/* Changes told one by one within one tick.  A busy program makes millions; nobody reads them. */
#define ZYN_AGENT_CHANGES_MAX 64
#define ZYN_AGENT_CALLS_MAX 1024 /* the same, with those that are not told at all */
#define ZYN_AGENT_TICK_MS 100
#define ZYN_AGENT_FLUSH_MS 2000
#define ZYN_AGENT_HOST_REQUESTS_MAX 1024u

/* One thing to tell.  `bytes` is owned and holds the rest of the payload. */
typedef struct ZynNews {
	uint32_t kind;
	uint32_t a;
	uint32_t b;
	uint32_t generation; /* of the connection it is for; 0: any */
	uint64_t task;
	uint8_t *bytes;
	size_t size;
} ZynNews;

typedef struct ZynNewsList {
	ZynNews *items;
	size_t count;
	size_t capacity;
} ZynNewsList;

typedef struct ZynDatum {
	struct ZynDatum *next;
	uint32_t kind;
	uint32_t key_size;
	size_t size;
	uint8_t bytes[]; /* key, then content */
} ZynDatum;

typedef struct ZynHostRequest {
	struct ZynHostRequest *next;
	uint64_t id; /* generation in the high half, message id in the low */
	size_t size;
	uint8_t bytes[];
} ZynHostRequest;

typedef struct ZynArmed {
	uint32_t side_table;
	uint32_t probe;
} ZynArmed;

struct ZynAgent {
	ZynRuntime *rt;
	pthread_t thread;
	uint32_t flags;
	char *token;
	size_t token_size;

	/* The agent's thread only. */
	int fd;        /* the debugger, or -1 */
	int listen_fd; /* or -1 */
	bool trusted;  /* said HELLO */
	bool told_all; /* metadata is pushed from now on */
	bool leaving;  /* close once `out` is sent */
	ZynBytes in;
	ZynBytes out;
	ZynArmed *armed; /* breakpoints to take out when the debugger goes */
	size_t armed_count;
	size_t armed_capacity;
	ZynTaskInfo *infos; /* room for a page of tasks */

	/* Any thread. */
	int wake_read;
	int wake_write;
	atomic_bool wake_sent;
	atomic_int changes_left;
	atomic_int calls_left;
	atomic_bool changes_lost;
	atomic_uint generation; /* of the connection; 0: nobody */
	atomic_bool stopping;
	atomic_bool news_lost; /* memory was out: the debugger must ask anew */

	pthread_mutex_t lock; /* guards the rest */
	pthread_cond_t host_ready;
	ZynNewsList news;
	ZynDatum *data;
	ZynHostRequest *host_first;
	ZynHostRequest *host_last;
	uint32_t host_count;
	bool host_closed;
	uint32_t generation_last;
};

/* agent.c */
void zyn__agent_wake(ZynAgent *agent);
/* Takes ownership of `bytes`, which may be null. */
bool zyn__agent_news(ZynAgent *agent, ZynNews news);

/* agent_requests.c: one whole message from the debugger.  False: the connection must be closed. */
bool zyn__agent_serve(ZynAgent *agent, uint32_t kind, uint32_t id, ZynReader payload);
void zyn__agent_put_task(ZynBytes *out, const ZynTaskInfo *info);
void zyn__agent_put_name(ZynBytes *out, const char *name);
void zyn__agent_put_chain(ZynBytes *out, const ZynActivation *newest);

/* agent_tasks.c: requests about many tasks, each gives its status */
uint32_t zyn__agent_page(ZynAgent *agent, ZynReader *in, ZynBytes *out);
uint32_t zyn__agent_groups(ZynAgent *agent, ZynReader *in, ZynBytes *out);
uint32_t zyn__agent_metrics(ZynAgent *agent, ZynReader *in, ZynBytes *out);
uint32_t zyn__agent_waits(ZynAgent *agent, ZynReader *in, ZynBytes *out);

/* agent_host.c */
bool zyn__agent_host_request(ZynAgent *agent, uint32_t id, const uint8_t *bytes, size_t size);
void zyn__agent_tell_all(ZynAgent *agent);
void zyn__agent_put_datum(ZynBytes *out, const ZynDatum *datum);
void zyn__agent_host_free(ZynAgent *agent);

#endif
