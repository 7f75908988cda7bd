/* crc32 of zlib, gzip and Ethernet. */
#ifndef CRC_H
#define CRC_H

#include <stdint.h>

void crc_open(void); /* before anything else */
uint32_t crc32_of(const void *bytes, uint32_t count);

#endif
