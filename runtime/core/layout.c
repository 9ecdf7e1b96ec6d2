/* Every size and offset of zynrt.def, held against what this compiler made of the structures. */
#include "channel.h"
#include "children.h"
#include "combine.h"
#include "follow.h"
#include "permits.h"
#include "signals.h"
#include "io.h"

#define ZYN_STRUCT(name, size) static_assert(sizeof(name) == (size), #name " has another size");
#define ZYN_FIELD(struct_name, field, offset) \
	static_assert(offsetof(struct_name, field) == (offset), #struct_name "." #field " moved");
#include "zynrt.def"

/* The frames of the leaf futures, by the names of the table. */
typedef ZynDelay leaf_delay;
typedef uint32_t leaf_yield_now;
typedef uint32_t leaf_pending;
typedef ZynAwait leaf_await_promise;
typedef ZynGroupLeaf leaf_join;
typedef ZynGroupLeaf leaf_race;
typedef ZynGroupLeaf leaf_all_settled;
typedef ZynForeign leaf_foreign;
typedef ZynSendLeaf leaf_channel_send;
typedef ZynRecvLeaf leaf_channel_recv;
typedef ZynRecvForLeaf leaf_channel_recv_for;
typedef ZynRecvLeaf leaf_oneshot_recv;
typedef ZynPermitsLeaf leaf_mutex_lock;
typedef ZynPermitsLeaf leaf_rwlock_read;
typedef ZynPermitsLeaf leaf_rwlock_write;
typedef ZynPermitsLeaf leaf_semaphore_acquire;
typedef ZynTimeoutLeaf leaf_timeout;
typedef ZynSelectLeaf leaf_select;
typedef ZynReadyLeaf leaf_ready;
typedef ZynMapLeaf leaf_map;
typedef ZynMapLeaf leaf_and_then;
typedef ZynJoinNextLeaf leaf_join_next;
typedef ZynJoinNextLeaf leaf_join_next_promise;
typedef ZynJoinNextLeaf leaf_futures_next;
typedef ZynNurseryJoinLeaf leaf_nursery_join;
typedef ZynSignalLeaf leaf_notify_wait;
typedef ZynSignalLeaf leaf_barrier_wait;
typedef ZynSignalLeaf leaf_once_begin;
typedef ZynFollowLeaf leaf_watch_changed;
typedef ZynFollowLeaf leaf_broadcast_recv;
typedef ZynIoLeaf leaf_io_read;
typedef ZynIoLeaf leaf_io_write;
typedef ZynIoLeaf leaf_io_ready;
typedef ZynIoLeaf leaf_tcp_accept;
typedef ZynConnect leaf_tcp_connect;
typedef ZynUdpLeaf leaf_udp_send;
typedef ZynUdpLeaf leaf_udp_recv;
typedef ZynIoLeaf leaf_process_wait;
typedef ZynFileLeaf leaf_file_open;
typedef ZynFileLeaf leaf_file_read;
typedef ZynFileLeaf leaf_file_write;
typedef ZynFileLeaf leaf_file_sync;
typedef ZynJobLeaf leaf_blocking;
typedef ZynTimeoutLeaf leaf_within;

#define ZYN_LEAF(name, size, align, wait_kind) \
	static_assert(sizeof(leaf_##name) == (size), "the frame of " #name " has another size"); \
	static_assert(_Alignof(leaf_##name) == (align), \
	              "the frame of " #name " has another alignment");
#include "zynrt.def"

/* Compiled code relies on these without a row of their own. */
static_assert(offsetof(ZynString, bytes) == 16, "the text follows the head of a string");
static_assert(offsetof(ZynError, message) == 24, "the text follows the head of an error");
static_assert(sizeof(void *) == 8, "a waker word is a pointer");
static_assert(ZYN_STATE_START == 0, "a zeroed frame has not started");
