/* The table of system calls and the faults in it: by number, by seed, hidden ones and loud ones. */
#include "tcp_support.h"

static void test_the_nth_call_fails_once(void)
{
	int ends[2];
	zyn__faults_nth(1, 0);
	CHECK_EQ(zyn__system.pipe(ends), 0);
	zyn__system.close(ends[0]); /* this one is the second; it closes all the same */
	CHECK_EQ(fcntl(ends[0], F_GETFD), -1);
	zyn__system.close(ends[1]);
	CHECK_EQ(zyn__faults_calls(), 3);
	CHECK_EQ(zyn__faults_struck(), 1);
	zyn__faults_nth(0, 0);
	CHECK_EQ(zyn__system.pipe(ends), -1);
	CHECK_EQ(errno, EMFILE);
	zyn__faults_nth(0, 99); /* no such variant: nothing happens */
	CHECK_EQ(zyn__system.pipe(ends), 0);
	CHECK_EQ(zyn__faults_struck(), 0);
	zyn__faults_off();
	CHECK(zyn__system.pipe == zyn__system_real.pipe);
	zyn__system.close(ends[0]);
	zyn__system.close(ends[1]);
}

static void test_a_short_transfer(void)
{
	int ends[2];
	char bytes[16];
	CHECK_EQ(zyn__system.pipe(ends), 0);
	zyn__faults_nth(0, 99);
	CHECK_EQ(zyn__system.write(ends[1], "12345678", 8), 4);
	zyn__faults_nth(0, 99);
	CHECK_EQ(zyn__system.read(ends[0], bytes, 2), 1);
	CHECK_EQ(zyn__system.read(ends[0], bytes, 16), 3);
	zyn__faults_nth(0, 99);
	CHECK_EQ(zyn__system.write(ends[1], "1", 1), 1); /* a byte cannot be cut */
	zyn__faults_off();
	zyn__system.close(ends[0]);
	zyn__system.close(ends[1]);
}

/* Which of the first 1,000 calls fail, as one number. */
static uint64_t pattern(uint64_t seed, uint32_t kinds)
{
	uint64_t hash = 0, before = 0;
	int ends[2];
	CHECK_EQ(zyn__system_real.pipe(ends), 0);
	zyn__faults_seed(seed, 200, kinds);
	for (int i = 0; i < 1000; i++) {
		char bytes[4];
		ssize_t done = i % 2 ? zyn__system.read(ends[0], bytes, 4)
		                     : zyn__system.write(ends[1], "abcd", 4);
		uint64_t struck = zyn__faults_struck();
		hash = hash * 31 + (struck - before) * 7 + (uint64_t)(done < 0 ? errno : done);
		before = struck;
	}
	zyn__faults_off();
	CHECK(before > 100);
	CHECK(before < 300);
	close(ends[0]);
	close(ends[1]);
	return hash;
}

static void test_a_seed_decides(void)
{
	for (uint64_t seed = 0; seed < 50; seed++) {
		uint64_t first = pattern(seed, ZYN_FAULTS_HIDDEN);
		CHECK(first == pattern(seed, ZYN_FAULTS_HIDDEN));
		CHECK(first != pattern(seed + 1, ZYN_FAULTS_HIDDEN));
	}
}

/* Anything may fail at any time, and again: everything ends, and nothing is left. */
static void test_a_noisy_system(void)
{
	int before = open_descriptors(), succeeded = 0;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
		zyn__faults_seed(seed, 60, ZYN_FAULTS_HIDDEN | ZYN_FAULT_ERROR);
		succeeded += echo_scenario(rt);
		zyn__faults_off();
		zyn_rt_turn(rt);
		CHECK_EQ(zyn_rt_live_objects(rt), 0);
		CHECK(echo_scenario(rt));
		runtime_end(rt);
		CHECK_EQ(open_descriptors(), before);
	}
	CHECK(succeeded > 0);
	CHECK(succeeded < 300);
}

static void test_words_of_errors(void)
{
	char words[128];
	CHECK(strcmp(zyn__errno_text(ECONNREFUSED, words, sizeof words), "Connection refused") ==
	      0);
	CHECK(strstr(zyn__errno_text(99999, words, sizeof words), "99999") != NULL);
}

int main(void)
{
	RUN(test_the_nth_call_fails_once);
	RUN(test_a_short_transfer);
	RUN(test_a_seed_decides);
	RUN(test_a_noisy_system);
	RUN(test_words_of_errors);
	return 0;
}
