/* Frames: what the host asks, and what it is answered. */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdint.h>

typedef struct {
    uint8_t type;
    uint32_t sequence, length;
    const uint32_t *payload;
    int is_sound; /* whether the payload is as it was sent */
} Frame;

Frame frames_next(void);     /* waits for it */
uint32_t *frames_answer(void); /* where the payload of an answer is written */
void frames_send(uint8_t type, uint32_t sequence, uint32_t length);
uint32_t frames_dropped(void);

#endif
