/* The memory model: what each load may read, and what reading it lets the thread see.
 *
 * Rule 1.  a location is the list of its stores in modification order; a store is numbered by
 *          its place.  New stores go to the end.
 * Rule 2.  a load reads any store that is not older than what the thread's view holds of that
 *          location, and moves the view there.
 * Rule 3.  a store carries a view: with release the thread's own, else that of its last release
 *          fence.  A read-modify-write reads the newest store and carries that one's view on.
 * Rule 4.  an acquire load adds the view of what it read to the thread's; a relaxed one keeps
 *          it for a later acquire fence.
 * Rule 5.  seq_cst operations keep one more view per location: a seq_cst load reads nothing
 *          older than the last seq_cst access of that location; a seq_cst fence exchanges views
 *          both ways.
 * Rule 6.  plain accesses must be ordered by what happened before (the steps in a view), which
 *          seq_cst alone does not give.
 * Rule 7.  a store becomes visible some day: a thread reads one and the same store that is not
 *          the newest only so many times in a row.
 */
#include "engine.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define STALE_MAX 3 /* rule 7 */

typedef struct Message {
	uint64_t value;
	View view;
} Message;

typedef struct Location {
	char *address;
	uint16_t size;
	bool freed;
	uint16_t count;                 /* stores */
	uint16_t messages[256];         /* by number */
	uint32_t init_actor, init_step; /* who initialised it, if somebody did while others ran */
} Location;

typedef struct Plain {
	const char *address;
	bool freed;
	uint32_t writer, written;     /* the last write: actor and step; 0: none */
	uint32_t reads[MODEL_ACTORS]; /* the last read of each */
} Plain;

typedef struct Block {
	char *start;
	size_t bytes;
	bool freed;
} Block;

static Actor actors[MODEL_ACTORS];
static uint16_t sequential[MODEL_LOCATIONS_MAX]; /* Rule 5. */
static Location locations[MODEL_LOCATIONS_MAX];
static uint32_t location_count;
static Message messages[MODEL_MESSAGES_MAX];
static uint32_t message_count;
static Plain plains[MODEL_PLAIN_MAX];
static uint32_t plain_count;
static _Alignas(64) char arena[MODEL_ARENA_BYTES];
static size_t arena_used;
static Block blocks[MODEL_BLOCKS_MAX];
static uint32_t block_count;

static void join_stores(uint16_t *into, const uint16_t *from)
{
	for (uint32_t i = 0; i < location_count; i++)
		if (into[i] < from[i])
			into[i] = from[i];
}

static void join(View *into, const View *from)
{
	join_stores(into->stores, from->stores);
	for (uint32_t i = 0; i < MODEL_ACTORS; i++)
		if (into->steps[i] < from->steps[i])
			into->steps[i] = from->steps[i];
}

static bool acquires(int order)
{
	return order == memory_order_acquire || order == memory_order_consume ||
	       order == memory_order_acq_rel || order == memory_order_seq_cst;
}

static bool releases(int order)
{
	return order == memory_order_release || order == memory_order_acq_rel ||
	       order == memory_order_seq_cst;
}

static const char *order_name(int order)
{
	static const char *const names[] = {"relaxed", "consume", "acquire",
	                                    "release", "acq_rel", "seq_cst"};
	return names[order];
}

/* --- executions ------------------------------------------------------------------------------- */

void memory_begin(void)
{
	memset(actors, 0, sizeof actors);
	memset(sequential, 0, sizeof sequential);
	memset(arena, 0x5A, arena_used);
	location_count = 0;
	message_count = 0;
	plain_count = 0;
	block_count = 0;
	arena_used = 0;
}

void memory_start(uint32_t thread)
{
	actors[thread].now = actors[MODEL_THREADS_MAX].now;
}

void memory_join(uint32_t threads)
{
	for (uint32_t i = 0; i < threads; i++)
		join(&actors[MODEL_THREADS_MAX].now, &actors[i].now);
	/* Alone now: the newest of everything. */
	for (uint32_t i = 0; i < location_count; i++)
		actors[MODEL_THREADS_MAX].now.stores[i] = locations[i].count - 1;
}

void memory_catch_up(uint32_t thread)
{
	Actor *actor = &actors[thread];
	for (uint32_t i = 0; i < location_count; i++)
		if ((actor->read[i / 64] >> (i % 64) & 1) != 0)
			actor->now.stores[i] = locations[i].count - 1;
	memset(actor->read, 0, sizeof actor->read);
}

/* --- blocks ----------------------------------------------------------------------------------- */

void *model_get(size_t bytes)
{
	size_t rounded = (bytes + 63) / 64 * 64;
	if (arena_used + rounded > sizeof arena || block_count == MODEL_BLOCKS_MAX)
		model_violation("the scenario needs more memory than the explorer has");
	char *start = arena + arena_used;
	arena_used += rounded;
	memset(start, 0x5A, bytes);
	blocks[block_count++] = (Block){.start = start, .bytes = rounded};
	return start;
}

void model_put(void *memory)
{
	explorer_step(memory);
	char *start = memory;
	for (uint32_t i = 0; i < block_count; i++) {
		Block *block = &blocks[i];
		if (block->start != start)
			continue;
		if (block->freed)
			model_violation("memory is freed twice");
		block->freed = true;
		for (uint32_t j = 0; j < location_count; j++)
			locations[j].freed |= locations[j].address >= start &&
			                      locations[j].address < start + block->bytes;
		for (uint32_t j = 0; j < plain_count; j++)
			plains[j].freed |= plains[j].address >= start &&
			                   plains[j].address < start + block->bytes;
		explorer_progress();
		return;
	}
	model_violation("what is freed was never given");
}

static bool address_freed(const char *address)
{
	for (uint32_t i = 0; i < block_count; i++)
		if (blocks[i].freed && address >= blocks[i].start &&
		    address < blocks[i].start + blocks[i].bytes)
			return true;
	return false;
}

/* --- locations -------------------------------------------------------------------------------- */

static uint64_t bytes_read(const void *address, size_t size)
{
	uint64_t value = 0;
	memcpy(&value, address, size); /* little endian, as all that we run on */
	return value;
}

static void bytes_write(void *address, size_t size, uint64_t value)
{
	memcpy(address, &value, size);
}

static uint64_t truncated(uint64_t value, size_t size)
{
	return size == 8 ? value : value & ((UINT64_C(1) << (8 * size)) - 1);
}

static Message *message_append(Location *location, uint64_t value)
{
	if (message_count == MODEL_MESSAGES_MAX ||
	    location->count == sizeof location->messages / sizeof location->messages[0])
		model_violation("the scenario stores more often than the explorer can hold");
	Message *message = &messages[message_count];
	message->value = value;
	location->messages[location->count++] = (uint16_t)message_count++;
	return message;
}

static Location *location_find(void *address, size_t size)
{
	for (uint32_t i = 0; i < location_count; i++)
		if (locations[i].address == (char *)address) {
			if (locations[i].size != size)
				model_violation("an object is accessed in two sizes");
			return &locations[i];
		}
	if (location_count == MODEL_LOCATIONS_MAX)
		model_violation("the scenario has more objects than the explorer can hold");
	Location *location = &locations[location_count];
	*location = (Location){
		.address = address, .size = (uint16_t)size, .freed = address_freed(address)};
	/* Every view holds 0 for it already: its first store. */
	location_count++;
	Message *message = message_append(location, bytes_read(address, size));
	memset(&message->view, 0, sizeof message->view);
	return location;
}

static uint32_t index_of(const Location *location)
{
	return (uint32_t)(location - locations);
}

static Message *newest(const Location *location)
{
	return &messages[location->messages[location->count - 1]];
}

/* The object of an operation, which counts as a step of `actor`. */
static Location *operate(Actor *actor, void *object, size_t size)
{
	uint32_t self = (uint32_t)(actor - actors);
	actor->now.steps[self]++;
	Location *location = location_find(object, size);
	if (location->freed)
		model_violation("%s is used after it was freed", explorer_object);
	if (location->init_step > actor->now.steps[location->init_actor])
		model_violation("%s is used by a thread that cannot know that it is initialised",
		                explorer_object);
	return location;
}

static Actor *self_actor(void)
{
	return &actors[model_self()];
}

static void see(Actor *actor, Location *location, uint32_t number, int order)
{
	uint32_t index = index_of(location);
	Message *message = &messages[location->messages[number]];
	bool again = number == actor->now.stores[index] && number + 1u < location->count;
	actor->stale[index] = again ? actor->stale[index] + 1 : 0;
	actor->now.stores[index] = (uint16_t)number;
	actor->read[index / 64] |= UINT64_C(1) << index % 64;
	join(acquires(order) ? &actor->now : &actor->acquired, &message->view);
	if (order == memory_order_seq_cst && sequential[index] < number)
		sequential[index] = (uint16_t)number;
}

/* Rule 3.  `before`: what a read-modify-write read, or null. */
static void put(Actor *actor, Location *location, uint64_t value, int order, const Message *before)
{
	uint32_t index = index_of(location);
	Message *message = message_append(location, truncated(value, location->size));
	uint16_t number = location->count - 1;
	actor->now.stores[index] = number;
	message->view = releases(order) ? actor->now : actor->released;
	message->view.stores[index] = number;
	if (before != NULL)
		join(&message->view, &before->view);
	if (order == memory_order_seq_cst)
		sequential[index] = number;
	bytes_write(location->address, location->size, message->value);
	explorer_progress();
}

static uint32_t oldest_readable(const Actor *actor, const Location *location, int order)
{
	uint32_t index = index_of(location);
	uint32_t oldest = actor->now.stores[index];
	if (order == memory_order_seq_cst && oldest < sequential[index])
		oldest = sequential[index];
	/* Rule 7. */
	if (oldest == actor->now.stores[index] && actor->stale[index] >= STALE_MAX &&
	    oldest + 1u < location->count)
		oldest++;
	return oldest;
}

/* --- operations ------------------------------------------------------------------------------- */

void model_init(void *object, size_t size, uint64_t value)
{
	Actor *actor = self_actor();
	Location *location = location_find(object, size);
	uint32_t self = (uint32_t)(actor - actors);
	actor->now.steps[self]++;
	put(actor, location, value, memory_order_relaxed, NULL);
	location->init_actor = self;
	location->init_step = actor->now.steps[self];
}

uint64_t model_load(void *object, size_t size, int order)
{
	explorer_step(object);
	Actor *actor = self_actor();
	Location *location = operate(actor, object, size);
	uint32_t oldest = oldest_readable(actor, location, order);
	uint32_t age = explorer_stale_left() ? explorer_choose(location->count - oldest) : 0;
	if (age != 0)
		explorer_stale_spent();
	uint32_t number = location->count - 1 - age;
	see(actor, location, number, order);
	uint64_t value = messages[location->messages[number]].value;
	if (explorer_tracing())
		explorer_trace("load %s (%s) gives %llx%s", explorer_object, order_name(order),
		               (unsigned long long)value, age != 0 ? ", an old value" : "");
	return value;
}

void model_store(void *object, size_t size, uint64_t value, int order)
{
	explorer_step(object);
	Actor *actor = self_actor();
	put(actor, operate(actor, object, size), value, order, NULL);
	if (explorer_tracing())
		explorer_trace("store %s (%s) = %llx", explorer_object, order_name(order),
		               (unsigned long long)value);
}

static uint64_t combined(enum ModelRmw kind, uint64_t value, uint64_t operand)
{
	switch (kind) {
	case MODEL_EXCHANGE:
		return operand;
	case MODEL_ADD:
		return value + operand;
	case MODEL_SUB:
		return value - operand;
	case MODEL_OR:
		return value | operand;
	case MODEL_AND:
		return value & operand;
	case MODEL_XOR:
		return value ^ operand;
	}
	model_violation("no such read-modify-write");
}

uint64_t model_rmw(enum ModelRmw kind, void *object, size_t size, uint64_t operand, int order)
{
	explorer_step(object);
	Actor *actor = self_actor();
	Location *location = operate(actor, object, size);
	Message *before = newest(location);
	uint64_t value = before->value;
	see(actor, location, location->count - 1u, order);
	put(actor, location, combined(kind, value, operand), order, before);
	if (explorer_tracing())
		explorer_trace("read-modify-write %s (%s): %llx -> %llx", explorer_object,
		               order_name(order), (unsigned long long)value,
		               (unsigned long long)newest(location)->value);
	return value;
}

bool model_cas(bool weak, void *object, size_t size, uint64_t *expected, uint64_t desired,
               int order, int failure_order)
{
	explorer_step(object);
	Actor *actor = self_actor();
	Location *location = operate(actor, object, size);
	uint32_t last = location->count - 1u;
	uint64_t wanted = truncated(*expected, size);
	bool may_succeed = newest(location)->value == wanted;
	/* Failing reads some store, which for a strong one holds another value. */
	uint32_t fail[64], fails = 0;
	uint32_t oldest = oldest_readable(actor, location, failure_order);
	bool for_no_reason = weak && explorer_spurious_left();
	if (!explorer_stale_left())
		oldest = last;
	for (uint32_t number = last + 1; number-- > oldest && fails < 64;)
		if (for_no_reason || messages[location->messages[number]].value != wanted)
			fail[fails++] = number;
	uint32_t choice = explorer_choose(fails + may_succeed);
	if (may_succeed && choice == 0) {
		Message *before = newest(location);
		see(actor, location, last, order);
		put(actor, location, desired, order, before);
		if (explorer_tracing())
			explorer_trace("compare-and-swap %s (%s): %llx -> %llx", explorer_object,
			               order_name(order), (unsigned long long)wanted,
			               (unsigned long long)desired);
		return true;
	}
	uint32_t number = fail[choice - may_succeed];
	if (number != last)
		explorer_stale_spent();
	see(actor, location, number, failure_order);
	*expected = messages[location->messages[number]].value;
	if (*expected == wanted)
		explorer_spurious_spent();
	if (explorer_tracing())
		explorer_trace("compare-and-swap %s fails: %llx, not %llx", explorer_object,
		               (unsigned long long)*expected, (unsigned long long)wanted);
	return false;
}

/* Rules 3, 4 and 5. */
static void fence(Actor *actor, int order)
{
	if (acquires(order))
		join(&actor->now, &actor->acquired);
	if (order == memory_order_seq_cst) {
		join_stores(actor->now.stores, sequential);
		join_stores(sequential, actor->now.stores);
	}
	if (releases(order))
		actor->released = actor->now;
}

void memory_barrier(void)
{
	for (uint32_t i = 0; i < MODEL_THREADS_MAX; i++)
		join_stores(sequential, actors[i].now.stores);
	for (uint32_t i = 0; i < MODEL_THREADS_MAX; i++)
		fence(&actors[i], memory_order_seq_cst);
}

void model_fence(int order)
{
	explorer_step(NULL);
	Actor *actor = self_actor();
	actor->now.steps[actor - actors]++;
	fence(actor, order);
	if (explorer_tracing())
		explorer_trace("fence (%s)", order_name(order));
}

uint64_t memory_look(void *object, size_t size)
{
	Actor *actor = self_actor();
	Location *location = operate(actor, object, size);
	see(actor, location, location->count - 1u, memory_order_relaxed);
	return newest(location)->value;
}

/* --- plain memory ----------------------------------------------------------------------------- */

static Plain *plain_find(const void *object)
{
	for (uint32_t i = 0; i < plain_count; i++)
		if (plains[i].address == (const char *)object) {
			if (plains[i].freed)
				model_violation("%s is used after it was freed", explorer_object);
			return &plains[i];
		}
	if (plain_count == MODEL_PLAIN_MAX)
		model_violation("the scenario has more plain objects than the explorer can hold");
	if (address_freed(object))
		model_violation("%s is used after it was freed", explorer_object);
	plains[plain_count] = (Plain){.address = object};
	return &plains[plain_count++];
}

void model_plain_read(const void *object)
{
	Actor *actor = self_actor();
	uint32_t self = (uint32_t)(actor - actors);
	Plain *plain = plain_find(object);
	if (plain->written > actor->now.steps[plain->writer])
		model_violation("%s is read while another thread may write it", explorer_object);
	plain->reads[self] = ++actor->now.steps[self];
	if (explorer_tracing())
		explorer_trace("read %s", explorer_object);
}

void model_plain_write(const void *object)
{
	Actor *actor = self_actor();
	uint32_t self = (uint32_t)(actor - actors);
	Plain *plain = plain_find(object);
	if (plain->written > actor->now.steps[plain->writer])
		model_violation("%s is written while another thread may write it", explorer_object);
	for (uint32_t i = 0; i < MODEL_ACTORS; i++)
		if (plain->reads[i] > actor->now.steps[i])
			model_violation("%s is written while another thread may read it",
			                explorer_object);
	plain->writer = self;
	plain->written = ++actor->now.steps[self];
	if (explorer_tracing())
		explorer_trace("write %s", explorer_object);
}
