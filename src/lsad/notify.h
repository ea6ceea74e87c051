/*
 * notify.h - systemd's three environment variables, spoken without its
 * library: what it is told, how often it wants to hear, what it passed.
 * Without systemd nothing happens. Before the first thread is made, but for notify.
 */
#ifndef OPENLSA_LSAD_NOTIFY_H
#define OPENLSA_LSAD_NOTIFY_H

#include <stdint.h>

void notify(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Half of WATCHDOG_USEC, in ms; 0: nobody watches. */
uint32_t notify_watchdog_ms(void);
/* The listening socket of lsad.socket, or -1. */
int notify_socket_passed(void);

#endif
