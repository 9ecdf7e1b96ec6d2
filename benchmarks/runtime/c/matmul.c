/* matmul: a product of matrices by quadrants, four tasks and then the other four.  Zyntax has no
 * row: its arrays are values, which tasks cannot share.
 */
#include "bench.h"

#define SIZE 256
#define BLOCK 16
#define PRODUCTS 4096 /* of blocks */

/* c += a * b, each a square of a matrix of SIZE columns */
typedef struct Squares {
	const double *a;
	const double *b;
	double *c;
	int64_t size;
} Squares;

typedef struct Matmul {
	uint32_t state;
	uint32_t phase;
	Squares squares;
	uint32_t next;
	ZynPromise *children[4];
	Await leaf;
	int64_t result;
} Matmul;

MACHINE(matmul, Matmul);

static void multiply(const Squares *s)
{
	for (int i = 0; i < BLOCK; i++) {
		for (int k = 0; k < BLOCK; k++) {
			double factor = s->a[i * SIZE + k];
			for (int j = 0; j < BLOCK; j++)
				s->c[i * SIZE + j] += factor * s->b[k * SIZE + j];
		}
	}
}

/* The tasks of a phase: for each quadrant of c the product of one of a and one of b. */
static void begin(Matmul *m, ZynContext *cx)
{
	int64_t half = m->squares.size / 2;
	int64_t inner = m->phase * half;
	for (int i = 0; i < 4; i++) {
		int64_t row = i / 2 * half, column = i % 2 * half;
		Matmul *child = frame(cx, &matmul);
		child->squares = (Squares){
			m->squares.a + row * SIZE + inner,
			m->squares.b + inner * SIZE + column,
			m->squares.c + row * SIZE + column,
			half,
		};
		m->children[i] = spawned(cx, child);
	}
	m->next = 0;
	zyn_await_promise_init(cx, &m->leaf, m->children[0]);
}

static int64_t matmul_poll(void *sm, ZynContext *cx)
{
	Matmul *m = sm;
	if (m->state == ZYN_STATE_START) {
		if (m->squares.size == BLOCK) {
			multiply(&m->squares);
			return returned(&m->state, &m->result, 1);
		}
		m->state = 1;
		begin(m, cx);
	}
	for (;;) {
		if (zyn_await_promise_poll(&m->leaf, cx) == 0)
			return 0;
		taken(&m->leaf, m->children[m->next]);
		if (++m->next < 4)
			zyn_await_promise_init(cx, &m->leaf, m->children[m->next]);
		else if (m->phase++ == 0)
			begin(m, cx);
		else
			return returned(&m->state, &m->result, 1);
	}
}

/* Nanoseconds for each product of blocks. */
static double matmul_squares(ZynRuntime *rt, uint32_t workers)
{
	static double a[SIZE * SIZE], b[SIZE * SIZE], c[SIZE * SIZE];
	(void)workers;
	for (int i = 0; i < SIZE * SIZE; i++) {
		a[i] = i % 7;
		b[i] = i % 5;
		c[i] = 0;
	}
	Squares all = {a, b, c, SIZE};
	ZynPromise *p = zyn_call_async(rt, &matmul, &all, offsetof(Matmul, squares), sizeof all);
	double ns = timed(rt, p, PRODUCTS), sum = 0;
	for (int k = 0; k < SIZE; k++)
		sum += a[SIZE + k] * b[k * SIZE + 2];
	MUST(c[SIZE + 2] == sum);
	return ns;
}

const Workload matmul_workloads[] = {{"matmul", matmul_squares}, {NULL, NULL}};
