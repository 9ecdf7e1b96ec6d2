/* Cold paths of compiled code, kept here so that every function holds one call instead of their
 * text.
 *
 * zyn_enter    a prologue tests stack and attention inline and comes here when either wants
 * something zyn_failed   how a poll ends that has done its clean-up and has an error to report
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

int64_t zyn_failed(void *sm, ZynContext *cx)
{
	const ZynError *error = (const ZynError *)(uintptr_t)cx->error.payload;
	*(uint32_t *)sm = error->code == ZYN_ERROR_CANCELLED ? ZYN_STATE_CANCELLED
	                                                     : ZYN_STATE_FAILED;
	return ZYN_POLL_LOOK;
}
