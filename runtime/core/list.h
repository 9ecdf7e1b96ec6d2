/* An intrusive, circular, doubly linked list.
 *
 * Intrusive, so that putting a task into a queue or a timer into a wheel allocates nothing and
 * cannot fail, and taking it out of the middle costs four stores.  A link that is in no list
 * points at itself; a link whose memory is all zero was never initialised and counts as being in
 * no list, because frames start as zeroes.
 */
#ifndef ZYN_LIST_H
#define ZYN_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ZynList {
	struct ZynList *next;
	struct ZynList *prev;
} ZynList;

/* The structure of `type` whose `field` is the link at `pointer`. */
#define ZYN_CONTAINER(pointer, type, field) ((type *)((char *)(pointer) - offsetof(type, field)))

static inline void zyn__list_init(ZynList *list)
{
	list->next = list;
	list->prev = list;
}

static inline bool zyn__list_empty(const ZynList *list)
{
	return list->next == list;
}

static inline bool zyn__list_linked(const ZynList *link)
{
	return link->next != NULL && link->next != link;
}

static inline void zyn__list_push_back(ZynList *list, ZynList *link)
{
	link->next = list;
	link->prev = list->prev;
	list->prev->next = link;
	list->prev = link;
}

static inline void zyn__list_remove(ZynList *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	zyn__list_init(link);
}

static inline ZynList *zyn__list_pop_front(ZynList *list)
{
	if (zyn__list_empty(list))
		return NULL;
	ZynList *link = list->next;
	zyn__list_remove(link);
	return link;
}

/* Moves everything in `source` behind what is in `target`, in order; `source` is empty
 * afterwards. */
static inline void zyn__list_splice_back(ZynList *target, ZynList *source)
{
	if (zyn__list_empty(source))
		return;
	source->next->prev = target->prev;
	target->prev->next = source->next;
	source->prev->next = target;
	target->prev = source->prev;
	zyn__list_init(source);
}

#endif
