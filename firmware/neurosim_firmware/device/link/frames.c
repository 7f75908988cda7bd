#include "frames.h"

#include <string.h>

#include "crc.h"
#include "platform.h"
#include "sizes.h"

/* In words: 'N' 'S' type flags, sequence number, length, crc of the three. */
enum { TAG, SEQUENCE, LENGTH, CRC, HEADER_WORDS, HEADER_BYTES = 4 * HEADER_WORDS, CRC_BYTES = 4 };

static uint32_t header[HEADER_WORDS];
static uint32_t request[BUFFER / 4 + 1];              /* payload, crc */
static uint32_t answer[HEADER_WORDS + BUFFER / 4 + 1]; /* header, payload, crc */
static uint32_t dropped;

/* What was received of a header, less bytes at its front until a frame may begin there. */
static uint32_t resynchronised(uint32_t received) {
    uint8_t *bytes = (uint8_t *)header;
    while (received && !(bytes[0] == 'N' && (received == 1 || bytes[1] == 'S'))) {
        received--;
        for (uint32_t i = 0; i < received; i++) bytes[i] = bytes[i + 1];
    }
    return received;
}

static int header_is_sound(void) {
    return header[CRC] == crc32_of(header, 4 * CRC) && header[LENGTH] <= BUFFER;
}

static void receive_header(void) {
    uint8_t *bytes = (uint8_t *)header;
    uint32_t received = 0;
    while (received < HEADER_BYTES) {
        int byte = platform_get();
        if (byte < 0) {
            dropped += received > 0;
            received = 0;
            continue;
        }
        bytes[received++] = (uint8_t)byte;
        received = resynchronised(received);
        if (received == HEADER_BYTES && !header_is_sound()) {
            dropped++;
            bytes[0] = 0;
            received = resynchronised(received);
        }
    }
}

static int receive_payload(void) {
    uint8_t *bytes = (uint8_t *)request;
    for (uint32_t i = 0; i < header[LENGTH] + CRC_BYTES; i++) {
        int byte = platform_get();
        if (byte < 0) return 0;
        bytes[i] = (uint8_t)byte;
    }
    return 1;
}

static int payload_is_sound(void) {
    uint32_t crc;
    memcpy(&crc, (uint8_t *)request + header[LENGTH], CRC_BYTES);
    return crc == crc32_of(request, header[LENGTH]);
}

Frame frames_next(void) {
    Frame frame;
    for (receive_header(); !receive_payload(); receive_header()) dropped++;
    frame.type = (uint8_t)(header[TAG] >> 16);
    frame.sequence = header[SEQUENCE];
    frame.length = header[LENGTH];
    frame.payload = request;
    frame.is_sound = payload_is_sound();
    dropped += !frame.is_sound;
    return frame;
}

uint32_t *frames_answer(void) {
    return answer + HEADER_WORDS;
}

void frames_send(uint8_t type, uint32_t sequence, uint32_t length) {
    uint8_t *bytes = (uint8_t *)answer;
    uint32_t crc = crc32_of(frames_answer(), length);
    answer[TAG] = 'N' | 'S' << 8 | (uint32_t)type << 16;
    answer[SEQUENCE] = sequence;
    answer[LENGTH] = length;
    answer[CRC] = crc32_of(answer, 4 * CRC);
    memcpy(bytes + HEADER_BYTES + length, &crc, CRC_BYTES);
    platform_put(bytes, HEADER_BYTES + length + CRC_BYTES);
}

uint32_t frames_dropped(void) {
    return dropped;
}
