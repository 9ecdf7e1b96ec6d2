/* Addresses of sockets: numbers and texts. */
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define PORT_MAX 65535

bool zyn__address_parse(ZynAddress *out, const char *host, int64_t port)
{
	memset(out, 0, sizeof *out);
	if (port < 0 || port > PORT_MAX)
		return false;
	if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons((uint16_t)port);
		return true;
	}
	if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons((uint16_t)port);
		return true;
	}
	return false;
}

bool zyn__address_copy(ZynAddress *out, const struct sockaddr *name, int64_t port)
{
	memset(out, 0, sizeof *out);
	if (port < 0 || port > PORT_MAX)
		return false;
	if (name->sa_family == AF_INET) {
		memcpy(&out->v4, name, sizeof out->v4);
		out->v4.sin_port = htons((uint16_t)port);
		return true;
	}
	if (name->sa_family == AF_INET6) {
		memcpy(&out->v6, name, sizeof out->v6);
		out->v6.sin6_port = htons((uint16_t)port);
		return true;
	}
	return false;
}

socklen_t zyn__address_bytes(const ZynAddress *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

void zyn__address_host(const ZynAddress *address, char out[ZYN_ADDRESS_TEXT_BYTES])
{
	out[0] = 0;
	if (address->any.sa_family == AF_INET)
		inet_ntop(AF_INET, &address->v4.sin_addr, out, ZYN_ADDRESS_TEXT_BYTES);
	else if (address->any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &address->v6.sin6_addr, out, ZYN_ADDRESS_TEXT_BYTES);
}

int64_t zyn__address_port(const ZynAddress *address)
{
	if (address->any.sa_family == AF_INET)
		return ntohs(address->v4.sin_port);
	return address->any.sa_family == AF_INET6 ? ntohs(address->v6.sin6_port) : 0;
}

void zyn__address_text(const ZynAddress *address, char out[ZYN_ADDRESS_TEXT_BYTES])
{
	char host[ZYN_ADDRESS_TEXT_BYTES];
	zyn__address_host(address, host);
	out[0] = 0;
	int port = (int)zyn__address_port(address);
	if (address->any.sa_family == AF_INET)
		snprintf(out, ZYN_ADDRESS_TEXT_BYTES, "%.46s:%d", host, port);
	else if (address->any.sa_family == AF_INET6)
		snprintf(out, ZYN_ADDRESS_TEXT_BYTES, "[%.46s]:%d", host, port);
}
