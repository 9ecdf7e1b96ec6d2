/* What compiled code does on entry when the stack is low or attention is not zero.
 *
 * Both tests are inline and share one cold path, which is this function: a prologue has one call to it and no
 * other cost in code.
 */
#include "zynrt.h"

int32_t zyn_enter(ZynContext *cx, void *sm, ZynSite site)
{
	if ((uintptr_t)__builtin_frame_address(0) < cx->stack_limit) {
		zyn_fail_stack(cx, site);
		return 1;
	}
	return zyn_attend(cx, sm, site);
}
