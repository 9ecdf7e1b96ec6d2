/* core/parker.c under every schedule: no wake is lost, and what was written before an unpark is
 * seen after the park.  That a worker which goes to sleep while work arrives is woken is in
 * model_team.c. */
#include "explorer.h"

#include "atomics.h"
#include "parker.h"

static ZynParker parker;
static int data;
static _Atomic int posts;

static void begin(void)
{
	zyn__parker_init(&parker);
	atomic_init(&posts, 0);
	data = 0;
}

static void end(void)
{
	zyn__parker_destroy(&parker);
}

static void hand_over(void)
{
	MODEL_WRITE(&data, 1);
	zyn__parker_unpark(&parker);
}
static void receive(void)
{
	MODEL_CHECK(zyn__parker_park(&parker, -1));
	MODEL_CHECK(MODEL_READ(&data) == 1);
}
static void receive_in_time(void)
{
	if (zyn__parker_park(&parker, 1))
		MODEL_CHECK(MODEL_READ(&data) == 1);
}
/* a token that came too late for the first is there for the second */
static void receive_late(void)
{
	if (!zyn__parker_park(&parker, 1))
		MODEL_CHECK(zyn__parker_park(&parker, -1));
	MODEL_CHECK(MODEL_READ(&data) == 1);
}

static void post(void)
{
	ZA_ADD(&posts, 1, relaxed);
	zyn__parker_unpark(&parker);
}
static void receive_two_posts(void)
{
	while (ZA_LOAD(&posts, relaxed) < 2)
		MODEL_CHECK(zyn__parker_park(&parker, -1));
}

int main(int argc, char **argv)
{
	static const ModelScenario scenarios[] = {
		{"unpark hands over", begin, {receive, hand_over}, end, 1, 0},
		{"park with a limit", begin, {receive_in_time, hand_over}, end, 1, 0},
		{"a token that comes late", begin, {receive_late, hand_over}, end, 1, 0},
		{"two unparkers, one sleeper", begin, {receive_two_posts, post, post}, end, 0, 0},
	};
	return model_main(argc, argv, scenarios, sizeof scenarios / sizeof scenarios[0]);
}
