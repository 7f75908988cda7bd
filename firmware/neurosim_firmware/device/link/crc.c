#include "crc.h"

#include <string.h>

/* tables[k][b]: what byte b becomes with k zero bytes behind it, so that eight bytes are looked up at once */
static uint32_t tables[8][256];

void crc_open(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320u : 0);
        tables[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t byte = 0; byte < 256; byte++)
            tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 255];
}

static uint32_t four(uint32_t word, int behind) {
    return tables[behind + 3][word & 255] ^ tables[behind + 2][word >> 8 & 255] ^ tables[behind + 1][word >> 16 & 255] ^
           tables[behind][word >> 24];
}

uint32_t crc32_of(const void *bytes, uint32_t count) {
    const uint8_t *at = (const uint8_t *)bytes;
    uint32_t crc = 0xFFFFFFFFu;
    for (; count >= 8; count -= 8, at += 8) {
        uint32_t word[2];
        memcpy(word, at, 8);
        crc = four(crc ^ word[0], 4) ^ four(word[1], 0);
    }
    while (count--) crc = (crc >> 8) ^ tables[0][(crc ^ *at++) & 255];
    return ~crc;
}
