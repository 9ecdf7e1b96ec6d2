/* The debug agent: one thread inside the debuggee that serves one debugger over a socket.
 *
 * It never takes a lock of the host language, so it answers while the program runs, is stopped, or
 * spins.  Only what needs the compiler is forwarded: a thread of the host takes such requests with
 * zyn_agent_next_request and answers them whenever it is done.
 *
 * The messages are described in core/agent_protocol.h.  All functions may be called on any thread,
 * except that zyn_agent_stop must be the last call that gets this agent, and must come before
 * zyn_rt_free.
 */
#ifndef ZYN_AGENT_H
#define ZYN_AGENT_H

#include "zynrt.h"

typedef struct ZynAgent ZynAgent;

/* When the debugger goes away without saying so: LAUNCHED ends this process, else everything is let
 * go. */
#define ZYN_AGENT_LAUNCHED 1u

/* Serves the debugger at the other end of `fd`, a connected stream socket, which the agent then
 * owns; the two have already made sure of each other.  Null when there is no memory or no thread to
 * be had; `fd` is then still open. */
ZYN_API ZynAgent *zyn_agent_start(ZynRuntime *rt, int fd, uint32_t flags);

/* Waits on the loopback interface for debuggers, one at a time.  `port` 0 takes any; `*bound` gets
 * the one taken. A debugger must send the `token`; an empty one lets any process of this machine
 * in.  Null with errno set. */
ZYN_API ZynAgent *zyn_agent_listen(ZynRuntime *rt, uint16_t port, const char *token,
                                   uint16_t *bound);

/* Sends what is still to be sent, waits a bounded time for the debugger to read it, lets every task
 * go, ends the thread and frees the agent.  Threads in zyn_agent_next_request must have been woken
 * by zyn_agent_close before. */
ZYN_API void zyn_agent_stop(ZynAgent *agent);

/* From now on zyn_agent_next_request gives -1. */
ZYN_API void zyn_agent_close(ZynAgent *agent);

/* 1 while a debugger is connected. */
ZYN_API int32_t zyn_agent_connected(ZynAgent *agent);

/* Facts about the program, kept and told to every debugger that comes.  The same kind and key
 * replaces what was there.  0: no memory. */
ZYN_API int32_t zyn_agent_publish(ZynAgent *agent, uint32_t kind, const char *key,
                                  uint64_t key_size, const void *bytes, uint64_t size);

/* Something that happened in the host, told to the debugger of the moment and not kept.  0: nobody
 * is connected, or no memory. */
ZYN_API int32_t zyn_agent_tell(ZynAgent *agent, const void *bytes, uint64_t size);

/* Blocks until the debugger wants something of the host: copies the request and gives its size.
 * When that is more than `capacity` nothing is copied and the request stays first.  -1: closed. */
ZYN_API int64_t zyn_agent_next_request(ZynAgent *agent, uint64_t *id, void *buffer,
                                       uint64_t capacity);

/* The answer to the request `id`; `status` 0 is success.  Dropped when that debugger is gone. */
ZYN_API void zyn_agent_answer(ZynAgent *agent, uint64_t id, uint32_t status, const void *bytes,
                              uint64_t size);

#endif
