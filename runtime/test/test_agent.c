/* The debug agent, spoken to over a real socket with bytes made by hand. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent_protocol.h"
#include "agent_wire.h"
#include "zyn_agent.h"

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

typedef struct Message {
	uint32_t kind, status, id;
	uint32_t size;
	uint8_t bytes[65536];
} Message;

static Message message;

static int dial(uint16_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

static void send_bytes(int fd, const void *bytes, size_t size)
{
	CHECK(send(fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size);
}

static void ask(int fd, uint32_t kind, uint32_t id, const void *payload, size_t size)
{
	ZynBytes bytes = {0};
	size_t begin = zyn__message_begin(&bytes, kind, id);
	zyn__bytes_put(&bytes, payload, size);
	zyn__message_end(&bytes, begin, 0);
	send_bytes(fd, bytes.data, bytes.size);
	zyn__bytes_free(&bytes);
}

/* False when the agent closed the connection. */
static bool receive_exactly(int fd, void *to, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = recv(fd, (char *)to + done, size - done, 0);
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

static bool next_message(int fd)
{
	uint8_t header[ZYN_AGENT_HEADER_SIZE];
	if (!receive_exactly(fd, header, sizeof(header)))
		return false;
	ZynReader reader = {header, header + sizeof(header), false};
	message.size = zyn__read_u32(&reader);
	message.kind = zyn__read_u16(&reader);
	message.status = zyn__read_u16(&reader);
	message.id = zyn__read_u32(&reader);
	CHECK(message.size <= sizeof(message.bytes));
	return receive_exactly(fd, message.bytes, message.size);
}

static ZynReader answer(int fd, uint32_t kind, uint32_t id)
{
	CHECK(next_message(fd));
	CHECK(message.kind == kind);
	CHECK(message.id == id);
	return (ZynReader){message.bytes, message.bytes + message.size, false};
}

static void say_hello(int fd, const char *token)
{
	ZynBytes bytes = {0};
	zyn__bytes_u32(&bytes, ZYN_AGENT_VERSION);
	zyn__bytes_put(&bytes, token, strlen(token));
	ask(fd, ZYN_AGENT_HELLO, 1, bytes.data, bytes.size);
	zyn__bytes_free(&bytes);
}

static int greeted(uint16_t port)
{
	int fd = dial(port);
	say_hello(fd, "sesame");
	ZynReader reader = answer(fd, ZYN_AGENT_HELLO, 1);
	CHECK(message.status == ZYN_AGENT_STATUS_OK);
	CHECK(zyn__read_u32(&reader) == ZYN_AGENT_VERSION);
	CHECK(zyn__read_u32(&reader) == ZYN_ABI_VERSION);
	return fd;
}

static void test_wrong_token_is_refused_and_closed(uint16_t port)
{
	int fd = dial(port);
	say_hello(fd, "sesam");
	answer(fd, ZYN_AGENT_HELLO, 1);
	CHECK(message.status == ZYN_AGENT_STATUS_REFUSED);
	CHECK(!next_message(fd));
	close(fd);
}

static void test_nothing_is_served_before_hello(uint16_t port)
{
	int fd = dial(port);
	ask(fd, ZYN_AGENT_STATE, 1, NULL, 0);
	CHECK(!next_message(fd));
	close(fd);
}

static void test_malformed_messages_close_and_the_next_debugger_is_served(uint16_t port)
{
	static const struct {
		const char *bytes;
		size_t size;
	} broken[] = {
		{"\xff\xff\xff\xff\x04\x00\x00\x00\x02\x00\x00\x00",
		 12}, /* larger than any message */
		{"\x02\x00\x00\x00\x03\x00\x00\x00\x02\x00\x00\x00!!",
		 14}, /* TASK with half a number */
		{"\x02\x00\x00\x00\x12\x00\x00\x00\x02\x00\x00\x00!!",
		 14}, /* STATE with a payload */
		{"\x05\x00\x00\x00\x07\x00\x00\x00\x02\x00\x00\x00!!!!!", 17}, /* BREAK cut short */
		{"\x05\x00\x00\x00\x17\x00\x00\x00\x02\x00\x00\x00!!!!!", 17}, /* WAIT cut short */
		{"\x05\x00\x00\x00\x18\x00\x00\x00\x02\x00\x00\x00!!!!!", 17}, /* PAGE cut short */
		{"\x04\x00\x00\x00\x19\x00\x00\x00\x02\x00\x00\x00\xff\xff\xff\xff",
		 16}, /* GROUPS with a map that does not come */
		{"\x00\x00\x00\x00\x12\x00\x00\x00\x00\x00\x00\x00", 12}, /* a request with id 0 */
	};
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		int fd = greeted(port);
		send_bytes(fd, broken[i].bytes, broken[i].size);
		CHECK(!next_message(fd));
		close(fd);
	}
	close(greeted(port));
}

static void test_garbage_never_hurts(uint16_t port)
{
	uint32_t seed = 1;
	for (int round = 0; round < 200; round++) {
		int fd = round % 2 ? greeted(port) : dial(port);
		uint8_t bytes[64];
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
		if (round % 4 < 2)
			memset(bytes + 1, 0, 3); /* a believable size */
		bytes[4] = bytes[4] % 26 == ZYN_AGENT_WRITE ? 0 : bytes[4] % 26;
		bytes[5] = 0;
		send_bytes(fd, bytes, sizeof(bytes));
		close(fd);
	}
	close(greeted(port));
}

static void test_unknown_kinds_are_answered(uint16_t port)
{
	int fd = greeted(port);
	ask(fd, 77, 5, "whatever", 8);
	answer(fd, 77, 5);
	CHECK(message.status == ZYN_AGENT_STATUS_UNKNOWN);
	ask(fd, ZYN_AGENT_STATE, 6, NULL, 0);
	answer(fd, ZYN_AGENT_STATE, 6);
	CHECK(message.size == 24);
	close(fd);
}

static void test_memory_is_read_and_written_without_a_fault(uint16_t port)
{
	static uint32_t cell = 41;
	int fd = greeted(port);
	ZynBytes bytes = {0};
	zyn__bytes_u64(&bytes, (uintptr_t)&cell);
	zyn__bytes_u32(&bytes, 4);
	zyn__bytes_u64(&bytes, 8); /* nothing lives there */
	zyn__bytes_u32(&bytes, 16);
	ask(fd, ZYN_AGENT_READ, 2, bytes.data, bytes.size);
	ZynReader reader = answer(fd, ZYN_AGENT_READ, 2);
	CHECK(zyn__read_u32(&reader) == 4);
	CHECK(zyn__read_u32(&reader) == 41);
	CHECK(zyn__read_u32(&reader) == 0);
	CHECK(zyn__read_left(&reader) == 0);

	bytes.size = 8;
	zyn__bytes_u32(&bytes, 42);
	ask(fd, ZYN_AGENT_WRITE, 3, bytes.data, bytes.size);
	reader = answer(fd, ZYN_AGENT_WRITE, 3);
	CHECK(zyn__read_u64(&reader) == 4);
	CHECK(cell == 42);
	zyn__bytes_free(&bytes);
	close(fd);
}

static void test_unknown_tasks_are_not_found(uint16_t port)
{
	static const uint32_t kinds[] = {ZYN_AGENT_TASK, ZYN_AGENT_CHAIN, ZYN_AGENT_PAUSE,
	                                 ZYN_AGENT_WAKE, ZYN_AGENT_CANCEL};
	int fd = greeted(port);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint64_t task = 999;
		ask(fd, kinds[i], 2, &task, 8);
		answer(fd, kinds[i], 2);
		CHECK(message.status == ZYN_AGENT_STATUS_NOT_FOUND);
	}
	close(fd);
}

static void test_metadata_is_replayed_to_whoever_comes(ZynAgent *agent, uint16_t port)
{
	CHECK(zyn_agent_publish(agent, ZYN_AGENT_METADATA_SOURCE, "a", 1, "old", 3));
	CHECK(zyn_agent_publish(agent, ZYN_AGENT_METADATA_SOURCE, "a", 1, "new", 3));
	for (int round = 0; round < 2; round++) {
		int fd = greeted(port);
		ask(fd, ZYN_AGENT_METADATA, 2, NULL, 0);
		ZynReader reader = answer(fd, ZYN_AGENT_PUBLISHED, 0);
		CHECK(zyn__read_u32(&reader) == ZYN_AGENT_METADATA_SOURCE);
		CHECK(zyn__read_u32(&reader) == 1);
		CHECK(memcmp(reader.at, "anew", 4) == 0);
		answer(fd, ZYN_AGENT_METADATA, 2);
		close(fd);
	}
}

static void *host(void *agent)
{
	char buffer[64];
	uint64_t id;
	for (;;) {
		int64_t size = zyn_agent_next_request(agent, &id, buffer, sizeof(buffer));
		if (size < 0)
			return NULL;
		zyn_agent_answer(agent, id, 0, buffer, (uint64_t)size);
	}
}

static void test_the_host_answers_what_it_is_asked(ZynAgent *agent, uint16_t port)
{
	int fd = greeted(port);
	ask(fd, ZYN_AGENT_HOST, 9, "compile it", 10);
	answer(fd, ZYN_AGENT_HOST, 9);
	CHECK(message.size == 10 && memcmp(message.bytes, "compile it", 10) == 0);
	CHECK(zyn_agent_tell(agent, "done", 4));
	answer(fd, ZYN_AGENT_TOLD, 0);
	CHECK(message.size == 4 && memcmp(message.bytes, "done", 4) == 0);
	CHECK(zyn_agent_connected(agent));
	close(fd);
}

int main(void)
{
	ZynOptions options = {.size = sizeof(options), .clock = ZYN_CLOCK_VIRTUAL};
	ZynRuntime *rt = zyn_rt_new(&options);
	CHECK(rt);
	uint16_t port = 0;
	ZynAgent *agent = zyn_agent_listen(rt, 0, "sesame", &port);
	CHECK(agent && port != 0);
	pthread_t thread;
	CHECK(pthread_create(&thread, NULL, host, agent) == 0);

	test_wrong_token_is_refused_and_closed(port);
	test_nothing_is_served_before_hello(port);
	test_malformed_messages_close_and_the_next_debugger_is_served(port);
	test_garbage_never_hurts(port);
	test_unknown_kinds_are_answered(port);
	test_memory_is_read_and_written_without_a_fault(port);
	test_unknown_tasks_are_not_found(port);
	test_metadata_is_replayed_to_whoever_comes(agent, port);
	test_the_host_answers_what_it_is_asked(agent, port);

	zyn_agent_close(agent);
	pthread_join(thread, NULL);
	zyn_agent_stop(agent);
	zyn_rt_free(rt);
	return 0;
}
