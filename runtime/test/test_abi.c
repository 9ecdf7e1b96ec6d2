/* The binary interface against its record, include/zynrt.abi.
 *
 *     test_abi            fails when a recorded line changed or went, or when a new one is not
 * recorded test_abi --write    records the new lines; refuses when a recorded one changed or went
 *
 * A line is a size, an offset, a number or a function.  Appending is allowed, altering is not:
 * objects in somebody's cache were compiled against what is recorded.
 */
#include "support.h"

#include <ctype.h>

#define LINES_MAX 1000
#define LINE_BYTES 160

typedef struct Lines {
	char text[LINES_MAX][LINE_BYTES];
	int count;
} Lines;

static Lines now, recorded;

static char *line_new(Lines *lines)
{
	CHECK(lines->count < LINES_MAX);
	return lines->text[lines->count++];
}

#define LINE(...) snprintf(line_new(&now), LINE_BYTES, __VA_ARGS__)
#define SIZE(type) LINE("struct %s %zu", #type, sizeof(type))
#define FIELD(type, field) LINE("field %s.%s %zu", #type, #field, offsetof(type, field))

static void dump_tables(void)
{
#define ZYN_TASK_STATE(name, value, text) LINE("task_state %s %u %s", #name, (unsigned)value, text);
#define ZYN_ERROR_CODE(name, value, text) LINE("error_code %s %u %s", #name, (unsigned)value, text);
#define ZYN_STATUS(name, value, text) LINE("status %s %u %s", #name, (unsigned)value, text);
#define ZYN_TYPE_KIND(name, value, size) \
	LINE("type_kind %s %u %u", #name, (unsigned)value, (unsigned)size);
#define ZYN_ATTENTION(name, value) LINE("attention %s %u", #name, (unsigned)value);
#define ZYN_FRAME_STATE(name, value) LINE("frame_state %s %u", #name, (unsigned)value);
#define ZYN_LEAF(name, size, align, wait) \
	LINE("leaf %s %u %u %s", #name, (unsigned)size, (unsigned)align, wait);
#define ZYN_STRUCT(name, size) SIZE(name);
#define ZYN_FIELD(struct_name, field, offset) FIELD(struct_name, field);
#define ZYN_STEP(name, value, text) LINE("step %s %u %s", #name, (unsigned)value, text);
#define ZYN_STOP_REASON(name, value, text) \
	LINE("stop_reason %s %u %s", #name, (unsigned)value, text);
#define ZYN_OUTCOME(name, value, text) LINE("outcome %s %u %s", #name, (unsigned)value, text);
#define ZYN_OBJECT(name, value, text) LINE("object %s %u %s", #name, (unsigned)value, text);
#define ZYN_WAKE(name, value, text) LINE("wake %s %u %s", #name, (unsigned)value, text);
#include "zynrt.def"
}

/* Structures that cross the boundary without a row in zynrt.def. */
static void dump_host_structs(void)
{
	SIZE(ZynDyn);
	SIZE(ZynWaker);
	SIZE(ZynError);
	FIELD(ZynError, message);
	/* ZynOptions, which says its own size, may grow. */
	FIELD(ZynOptions, workers);
	FIELD(ZynOptions, clock);
	FIELD(ZynOptions, flags);
	FIELD(ZynOptions, seed);
	FIELD(ZynOptions, stack_bytes);
	FIELD(ZynOptions, memory_max);
	FIELD(ZynOptions, fuel);
	SIZE(ZynProfileFrame);
	FIELD(ZynProfileFrame, inner);
	SIZE(ZynProfileStack);
	FIELD(ZynProfileStack, bytes);
	FIELD(ZynProfileStack, outer);
	FIELD(ZynProfileStack, state);
	SIZE(ZynPollRecord);
	FIELD(ZynPollRecord, begin_ns);
	FIELD(ZynPollRecord, length_ns);
	FIELD(ZynPollRecord, side_table);
	FIELD(ZynPollRecord, state_before);
	FIELD(ZynPollRecord, state_after);
	FIELD(ZynPollRecord, wake);
	FIELD(ZynPollRecord, woken_ns);
	FIELD(ZynPollRecord, waker);
	SIZE(ZynTaskInfo);
	FIELD(ZynTaskInfo, parent);
	FIELD(ZynTaskInfo, spawn_site);
	FIELD(ZynTaskInfo, state_machine);
	FIELD(ZynTaskInfo, descriptor);
	FIELD(ZynTaskInfo, activation);
	FIELD(ZynTaskInfo, error);
	FIELD(ZynTaskInfo, polls);
	FIELD(ZynTaskInfo, wakes);
	FIELD(ZynTaskInfo, parked_since_ns);
	FIELD(ZynTaskInfo, waker);
	FIELD(ZynTaskInfo, stop_site);
	FIELD(ZynTaskInfo, state);
	FIELD(ZynTaskInfo, stop);
	FIELD(ZynTaskInfo, held);
	FIELD(ZynTaskInfo, cancelling);
	SIZE(ZynDebugEvents);
	FIELD(ZynDebugEvents, stopped);
	FIELD(ZynDebugEvents, task_changed);
	FIELD(ZynDebugEvents, deadlock);
	SIZE(ZynWaitInfo);
	FIELD(ZynWaitInfo, deadline_ns);
	FIELD(ZynWaitInfo, closed);
	SIZE(ZynPoll);
	SIZE(ZynEmbeddedScheduler);
	SIZE(ZynEmbeddedTask);
	SIZE(ZynEmbeddedFuture);
	SIZE(ZynUnified);
	SIZE(ZynUnifiedTask);
	SIZE(ZynUnifiedJoinSet);
	SIZE(ZynDatagram);
	FIELD(ZynDatagram, length);
	SIZE(ZynIoInfo);
	FIELD(ZynIoInfo, text);
}

static FILE *open_beside(const char *name, const char *mode)
{
	char path[1024];
	const char *slash = strrchr(__FILE__, '/');
	int length = slash != NULL ? (int)(slash - __FILE__) : 1;
	snprintf(path, sizeof path, "%.*s/../include/%s", length, slash != NULL ? __FILE__ : ".",
	         name);
	return fopen(path, mode);
}

/* Every function that a header exports: the name in front of the first bracket. */
static void dump_functions(const char *name)
{
	char text[512];
	FILE *header = open_beside(name, "r");
	CHECK(header != NULL);
	while (fgets(text, sizeof text, header) != NULL) {
		char *bracket = strchr(text, '(');
		if (strncmp(text, "ZYN_API ", 8) != 0 || bracket == NULL)
			continue;
		char *begin = bracket;
		while (begin > text && (isalnum((unsigned char)begin[-1]) || begin[-1] == '_'))
			begin--;
		LINE("function %.*s", (int)(bracket - begin), begin);
	}
	fclose(header);
}

static void read_record(void)
{
	FILE *file = open_beside("zynrt.abi", "r");
	if (file == NULL)
		return;
	char text[LINE_BYTES];
	while (fgets(text, sizeof text, file) != NULL) {
		text[strcspn(text, "\n")] = 0;
		strcpy(line_new(&recorded), text);
	}
	fclose(file);
}

/* How many lines of `lines` are not in `others`; says which. */
static int missing(const Lines *lines, const Lines *others, const char *complaint)
{
	int count = 0;
	for (int i = 0; i < lines->count; i++) {
		bool found = false;
		for (int k = 0; k < others->count && !found; k++)
			found = strcmp(lines->text[i], others->text[k]) == 0;
		if (found)
			continue;
		fprintf(stderr, "%s: %s\n", complaint, lines->text[i]);
		count++;
	}
	return count;
}

static int write_record(void)
{
	FILE *file = open_beside("zynrt.abi", "w");
	CHECK(file != NULL);
	for (int i = 0; i < now.count; i++)
		fprintf(file, "%s\n", now.text[i]);
	return fclose(file);
}

int main(int argc, char **argv)
{
	dump_tables();
	dump_host_structs();
	dump_functions("zynrt.h");
	dump_functions("zyn_sync.h");
	dump_functions("zyn_call.h");
	dump_functions("zyn_embedded.h");
	dump_functions("zyn_io.h");
	read_record();
	CHECK(now.count > 100);
	if (missing(&recorded, &now, "recorded, but not so any more") != 0)
		return 1;
	if (argc > 1 && strcmp(argv[1], "--write") == 0)
		return write_record();
	if (missing(&now, &recorded, "new, not recorded; run test_abi --write") != 0)
		return 1;
	printf("ok %d lines\n", now.count);
	return 0;
}
