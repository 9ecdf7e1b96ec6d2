/* The debugger's hooks: not connected yet; every function says "no". */
#include "internal.h"

void zyn__debug_task_changed(ZynTask *task) { (void)task; }
void zyn__debug_task_freed(ZynTask *task) { (void)task; }
void zyn__debug_poll_ended(ZynTask *task) { (void)task; }
void zyn__debug_stop_here(ZynContext *cx, uint32_t reason, ZynSite site) { (void)cx, (void)reason, (void)site; }
void zyn__debug_failure(ZynContext *cx, ZynSite site) { (void)cx, (void)site; }
bool zyn__debug_wants_stop(ZynTask *task) { (void)task; return false; }
void zyn__debug_call_begin(ZynRuntime *rt, ZynContext *cx) { (void)rt, (void)cx; }
void zyn__debug_call_end(ZynRuntime *rt, ZynContext *cx, ZynError *e) { (void)rt, (void)cx, (void)e; }
void zyn__debug_deadlock(ZynRuntime *rt) { (void)rt; }
void zyn__debug_detach(ZynRuntime *rt) { (void)rt; }
void zyn__debug_pool_join(ZynRuntime *rt) { (void)rt; }
void zyn__probes_free(ZynRuntime *rt) { (void)rt; }
void zyn__shadow_frame_freed(ZynRuntime *rt, void *sm, uint32_t size) { (void)rt, (void)sm, (void)size; }
void zyn__shadows_free(ZynRuntime *rt) { (void)rt; }
void zyn_probe_enter(ZynContext *cx, ZynActivation *a) { a->caller = cx->task ? cx->task->activation : NULL; if (cx->task) cx->task->activation = a; }
void zyn_probe_leave(ZynContext *cx, ZynActivation *a) { if (cx->task) cx->task->activation = a->caller; }
int32_t zyn_probe(ZynContext *cx, ZynActivation *a, uint32_t probe) { (void)cx; a->probe = probe; return 0; }
void *zyn_shadow(ZynContext *cx, void *sm, uint32_t t, uint32_t n) { (void)cx, (void)sm, (void)t, (void)n; return NULL; }
void zyn_dbg_attach(ZynRuntime *rt, const ZynDebugEvents *events) { (void)rt, (void)events; }
uint64_t zyn_dbg_tasks(ZynRuntime *rt, uint64_t after, ZynTaskInfo *out, uint64_t max) { (void)rt, (void)after, (void)out, (void)max; return 0; }
int32_t zyn_dbg_task(ZynRuntime *rt, uint64_t id, ZynTaskInfo *out) { (void)rt, (void)id, (void)out; return 0; }
void zyn_dbg_probes(ZynRuntime *rt, uint32_t t, _Atomic uint8_t *f, uint32_t n) { (void)rt, (void)t, (void)f, (void)n; }
int32_t zyn_dbg_break(ZynRuntime *rt, uint32_t t, uint32_t p, int32_t on) { (void)rt, (void)t, (void)p, (void)on; return 0; }
int32_t zyn_dbg_resume(ZynRuntime *rt, uint64_t t, uint32_t m) { (void)rt, (void)t, (void)m; return 0; }
int32_t zyn_dbg_pause(ZynRuntime *rt, uint64_t t) { (void)rt, (void)t; return 0; }
void zyn_dbg_gate(ZynRuntime *rt, int32_t c) { (void)rt, (void)c; }
void zyn_dbg_stop_all(ZynRuntime *rt, int32_t on) { (void)rt, (void)on; }
int32_t zyn_dbg_hold(ZynRuntime *rt, uint64_t t, int32_t on) { (void)rt, (void)t, (void)on; return 0; }
int32_t zyn_dbg_wake(ZynRuntime *rt, uint64_t t) { (void)rt, (void)t; return 0; }
int32_t zyn_dbg_cancel(ZynRuntime *rt, uint64_t t) { (void)rt, (void)t; return 0; }
void zyn_dbg_filters(ZynRuntime *rt, uint32_t bits) { (void)rt, (void)bits; }
uint64_t zyn_dbg_read(const void *a, void *o, uint64_t n) { (void)a, (void)o, (void)n; return 0; }
uint64_t zyn_dbg_write(void *a, const void *b, uint64_t n) { (void)a, (void)b, (void)n; return 0; }
void *zyn_dbg_shadow(ZynRuntime *rt, void *sm, uint32_t *t, uint32_t *n) { (void)rt, (void)sm, (void)t, (void)n; return NULL; }
