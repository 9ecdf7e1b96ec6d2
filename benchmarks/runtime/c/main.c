/* The workloads of the suite as C futures on libzynrt: `futures WORKLOAD WORKERS SAMPLES` prints
 * nanoseconds for each operation, or bytes for each task, once for each sample.
 */
#include "bench.h"

#include <math.h>
#include <unistd.h>

static const Workload *workload_named(const char *name)
{
	const Workload *const tables[] = {
		tasks_workloads, sync_workloads,   wake_workloads,     cancel_workloads,
		trees_workloads, matmul_workloads, embedded_workloads, echo_workloads,
	};
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		for (const Workload *w = tables[i]; w->name != NULL; w++) {
			if (strcmp(w->name, name) == 0)
				return w;
		}
	}
	return NULL;
}

int main(int count, char **arguments)
{
	if (count != 4) {
		fprintf(stderr, "futures WORKLOAD WORKERS SAMPLES\n");
		return 1;
	}
	const Workload *workload = workload_named(arguments[1]);
	ZynOptions options = {.size = sizeof options, .workers = (uint32_t)atoi(arguments[2])};
	if (workload == NULL) {
		fprintf(stderr, "no C program for it\n");
		return 2;
	}
	for (int i = 0; i < atoi(arguments[3]); i++) {
		ZynRuntime *rt = zyn_rt_new(&options);
		MUST(rt != NULL);
		double value = workload->run(rt, options.workers);
		if (!isnan(value))
			printf("%f\n", value);
		fflush(stdout);
		if (strncmp(workload->name, "mem_", 4) == 0)
			_exit(0); /* a million tasks: tearing them down is not what is measured */
		zyn_rt_free(rt);
	}
	return 0;
}
