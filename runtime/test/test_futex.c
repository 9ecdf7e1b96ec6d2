/* The parker's tests once more, on the portable way to sleep on a word: both files are compiled
 * again, under other names, with the table instead of the system call. */
#define ZYN_FUTEX_TABLE
#define zyn__futex_wait table_futex_wait
#define zyn__futex_wake table_futex_wake
#define zyn__futex_deadline table_futex_deadline
#define zyn__parker_init table_parker_init
#define zyn__parker_destroy table_parker_destroy
#define zyn__parker_park table_parker_park
#define zyn__parker_unpark table_parker_unpark

#include "futex.c"
#include "parker.c"
#include "test_parker.c"
