/* Addresses of sockets: numbers and texts. */
#ifndef ZYN_ADDRESS_H
#define ZYN_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define ZYN_ADDRESS_TEXT_BYTES 64 /* "[" INET6_ADDRSTRLEN "]:65535" and the zero */

typedef union ZynAddress {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
} ZynAddress;

/* `host` is an IPv4 or IPv6 address in figures; false when it is not, or the port is none. */
bool zyn__address_parse(ZynAddress *out, const char *host, int64_t port);
bool zyn__address_copy(ZynAddress *out, const struct sockaddr *name, int64_t port);
socklen_t zyn__address_bytes(const ZynAddress *address);
/* The host alone, without brackets. */
void zyn__address_host(const ZynAddress *address, char out[ZYN_ADDRESS_TEXT_BYTES]);
int64_t zyn__address_port(const ZynAddress *address);
/* "127.0.0.1:80", "[::1]:80", or "" when there is none. */
void zyn__address_text(const ZynAddress *address, char out[ZYN_ADDRESS_TEXT_BYTES]);

#endif
