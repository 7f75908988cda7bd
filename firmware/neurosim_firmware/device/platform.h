/* What a board provides: one file with these functions. The processor is little-endian and its shifts to the right keep
 * the sign, as those of all compilers in use do. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdint.h>

enum { KIND_FIRMWARE = 2, KIND_EMULATED = 3, KIND_HARDWARE = 5 };

void platform_open(int count, char **arguments);
int platform_get(void); /* the next byte, or -1 after 100 ms of silence */
void platform_put(const uint8_t *bytes, uint32_t count);
uint64_t platform_ticks(void);
uint32_t platform_hz(void);
uint32_t platform_kind(void);
const char *platform_name(void);   /* each at most 32 bytes of UTF-8 */
const char *platform_serial(void); /* empty where there is none */

#endif
