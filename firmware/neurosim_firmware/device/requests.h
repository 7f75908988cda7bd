/* What the host can ask of the device. */
#ifndef REQUESTS_H
#define REQUESTS_H

#include "frames.h"

void request_answer(const Frame *frame);

#endif
