/* Reading and writing memory at addresses that may be anything.
 *
 * The system does the copying and says where it could not, page by page, so that a wild address
 * costs an answer and not the process.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE_BYTES 4096u

typedef ssize_t PieceFn(char *address, char *buffer, size_t bytes);

#if defined(__linux__)
/* Where process_vm_readv is forbidden (some containers), the same through a file. */
static ssize_t through_file(char *address, char *buffer, size_t bytes, bool writing)
{
	int fd = open("/proc/self/mem", (writing ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		return -1;
	off_t offset = (off_t)(uintptr_t)address;
	ssize_t done = writing ? pwrite(fd, buffer, bytes, offset)
	                       : pread(fd, buffer, bytes, offset);
	close(fd);
	return done;
}

static ssize_t piece_read(char *address, char *buffer, size_t bytes)
{
	struct iovec local = {buffer, bytes}, remote = {address, bytes};
	ssize_t done = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
	if (done < 0 && (errno == EPERM || errno == ENOSYS))
		done = through_file(address, buffer, bytes, false);
	return done;
}

static ssize_t piece_write(char *address, char *buffer, size_t bytes)
{
	struct iovec local = {buffer, bytes}, remote = {address, bytes};
	ssize_t done = process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
	if (done < 0 && (errno == EPERM || errno == ENOSYS))
		done = through_file(address, buffer, bytes, true);
	return done;
}
#else
#include <string.h>

/* mincore fails for an address that is not mapped.  It does not know about protection. */
static bool mapped(char *address)
{
	char residency[1];
	char *page = (char *)((uintptr_t)address & ~(uintptr_t)(PAGE_BYTES - 1));
	return mincore(page, 1, (void *)residency) == 0;
}

static ssize_t piece_read(char *address, char *buffer, size_t bytes)
{
	if (!mapped(address))
		return -1;
	memcpy(buffer, address, bytes);
	return (ssize_t)bytes;
}

static ssize_t piece_write(char *address, char *buffer, size_t bytes)
{
	if (!mapped(address))
		return -1;
	memcpy(address, buffer, bytes);
	return (ssize_t)bytes;
}
#endif

static uint64_t pieces(PieceFn *piece, char *address, char *buffer, uint64_t size)
{
	uint64_t done = 0;
	while (done < size) { /* one page at a time, so that the last good byte is found */
		uintptr_t at = (uintptr_t)address + done;
		if (at < (uintptr_t)address)
			break; /* round the end of the address space */
		uint64_t bytes = PAGE_BYTES - at % PAGE_BYTES;
		if (bytes > size - done)
			bytes = size - done;
		ssize_t got = piece((char *)at, buffer + done, (size_t)bytes);
		if (got <= 0)
			break;
		done += (uint64_t)got;
	}
	return done;
}

uint64_t zyn_dbg_read(const void *address, void *out, uint64_t size)
{
	return pieces(piece_read, (char *)(uintptr_t)address, out, size);
}

uint64_t zyn_dbg_write(void *address, const void *bytes, uint64_t size)
{
	return pieces(piece_write, address, (char *)(uintptr_t)bytes, size);
}
