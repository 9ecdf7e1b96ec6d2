/* What agent and debugger say to each other.
 *
 * Every message is a header of 12 bytes and a payload; all numbers are little-endian.
 *
 *     u32 size of the payload    u16 kind    u16 status    u32 id
 *
 * The debugger asks with an id other than 0; the answer has the same kind and id, and a status.
 * Events have id 0.  A test compares these numbers with those of zyn.debug.wire.
 *
 * Rule 1.  A payload that is too short, too long for its kind, or larger than MESSAGE_MAX closes
 *          the connection and nothing else: the program never notices.
 *
 * Rule 2.  A kind that the agent does not know is answered UNKNOWN; the connection goes on.
 *
 * Rule 3.  Nothing but HELLO is served before a good HELLO.
 */
#ifndef ZYN_AGENT_PROTOCOL_H
#define ZYN_AGENT_PROTOCOL_H

#define ZYN_AGENT_VERSION 1u
#define ZYN_AGENT_HEADER_SIZE 12u
#define ZYN_AGENT_MESSAGE_MAX (4u << 20)  /* of a message from the debugger */
#define ZYN_AGENT_READ_MAX (8u << 20)     /* bytes of memory in one answer */
#define ZYN_AGENT_TASKS_MAX 4096u         /* tasks in one answer */
#define ZYN_AGENT_CHAIN_MAX 256u          /* activations told with a stop */
#define ZYN_AGENT_FRAME_MAX 4096u         /* bytes of a frame told with its task */
#define ZYN_AGENT_UNSENT_MAX (256u << 20) /* a debugger that does not read is dropped */

#define ZYN_AGENT_KINDS(X) \
	X(HELLO, 1)      /* u32 version, token -> u32 version, u32 abi, u32 pid, u32 flags */ \
	X(TASKS, 2)      /* u64 after, u32 max -> u32 count, tasks */ \
	X(TASK, 3)       /* u64 task -> task */ \
	X(READ, 4)       /* (u64 address, u32 size).. -> (u32 done, bytes).. */ \
	X(WRITE, 5)      /* u64 address, bytes -> u64 done */ \
	X(SHADOW, 6)     /* u64 state machine -> u64 address, u32 side table, u32 size */ \
	X(BREAK, 7)      /* (u32 side table, u32 probe, u32 on).. -> u32 of them known */ \
	X(RESUME, 8)     /* u64 task or 0, u32 mode, u32 open the gate as well */ \
	X(PAUSE, 9)      /* u64 task */ \
	X(GATE, 10)      /* u32 closed */ \
	X(STOP_ALL, 11)  /* u32 on */ \
	X(HOLD, 12)      /* u64 task, u32 on */ \
	X(WAKE, 13)      /* u64 task */ \
	X(CANCEL, 14)    /* u64 task */ \
	X(FILTERS, 15)   /* u32 bits */ \
	X(METADATA, 16)  /* -> all of it as events, then this; later news as it is made */ \
	X(HOST, 17)      /* bytes for the host -> its bytes */ \
	X(STATE, 18)     /* -> u64 now ns, u64 live objects, u64 live bytes */ \
	X(DETACH, 19)    /* lets every task go; the debuggee goes on without a debugger */ \
	X(INTERRUPT, 20) /* asks the run to end */ \
	X(TRACE, 22)     /* u64 from, u32 max, u32 on -> u64 next, u32 count, poll records */ \
	X(CHAIN, 21)     /* u64 task -> task, u32 count, activations */ \
	X(WAIT, 23)    /* (u64 task, polls, address; u32 leaf).. -> (u32 known, a wait if so).. */ \
	X(PAGE, 24)    /* a query -> u64 matching, u32 count, (u32 children, task).. */ \
	X(METRICS, 26) /* -> u64 timers, u32 workers, six u64 for each (agent_tasks.c) */ \
	X(GROUPS, 25)  /* a map -> u32 count, groups */ \
	X(STOPPED, 100)   /* u64 task, u32 reason, u32 mid_poll, task, u32 count, activations */ \
	X(CHANGED, 101)   /* u64 task, u32 state, u32 known, task if known */ \
	X(DEADLOCK, 102)  /* u64 tasks */ \
	X(PUBLISHED, 103) /* u32 kind, u32 key size, key, bytes */ \
	X(TOLD, 104)      /* bytes of the host */ \
	X(MANY_CHANGED, 105) /* more tasks changed than were told one by one */

#define ZYN_AGENT_STATUSES(X) \
	X(OK, 0) \
	X(NOT_FOUND, 1) \
	X(REFUSED, 2) \
	X(UNKNOWN, 3) \
	X(BUSY, 4) \
	X(LIMIT, 5)

#define ZYN_AGENT_METADATA(X) \
	X(SIDE_TABLE, 1) \
	X(MODULE, 2) \
	X(SOURCE, 3) \
	X(PROGRAM, 4)

#define ZYN_AGENT_KIND(name, value) ZYN_AGENT_##name = value,
enum ZynAgentKind { ZYN_AGENT_KINDS(ZYN_AGENT_KIND) };
#undef ZYN_AGENT_KIND
#define ZYN_AGENT_STATUS(name, value) ZYN_AGENT_STATUS_##name = value,
enum ZynAgentStatus { ZYN_AGENT_STATUSES(ZYN_AGENT_STATUS) };
#undef ZYN_AGENT_STATUS
#define ZYN_AGENT_DATUM(name, value) ZYN_AGENT_METADATA_##name = value,
enum ZynAgentMetadata { ZYN_AGENT_METADATA(ZYN_AGENT_DATUM) };
#undef ZYN_AGENT_DATUM

/* A map, of what the debugger knows of the program: u32 count, (u32 side_table, named).. in order;
 * u32 count, (u32 side_table, state, kind, offset, inner, wanted).. in order; see debug_tasks.h.
 *
 * A query: u32 states, flags; u64 parent, id, start; u32 max, rank of each of the 8 states; u32
 * size and bytes of text and of place; u32 count and u64 ids that come first, in order; a map.
 *
 * A group: u32 side_table, state; u64 count, oldest_ns; u32 size and name of a function that is not
 * known; u32 count and u64 ids.
 *
 * A poll record: u64 task, begin_ns, length_ns; u32 side_table, state_before, state_after,
 * wake; u64 woken_ns, waker.
 *
 * A task: u64 id, parent, spawn_site, state_machine, descriptor, activation, polls, wakes,
 * parked_since_ns, waker, stop_site; u32 state, stop, held, cancelling, side_table, error_code,
 * error_line, error_side_table; then three times u32 size and bytes: the descriptor's name, the
 * error's message, the first FRAME_MAX bytes of the frame.
 *
 * A wait: u64 object, task, owner, fill, capacity, amount, ahead, deadline_ns, waiting,
 * waiting_senders; u32 kind, senders, receivers, closed; u32 size and bytes of ZynIoInfo.text,
 * which is empty where the leaf is none of input and output.
 *
 * An activation: u64 address, state_machine, shadow; u32 side_table, probe; u64 flags.  They come
 * newest first. */

#endif
