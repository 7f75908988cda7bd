/* A device that runs fixed-point programs for a host, as the protocol of devices says. */
#include "crc.h"
#include "frames.h"
#include "platform.h"
#include "requests.h"

int main(int count, char **arguments) {
    crc_open();
    platform_open(count, arguments);
    for (;;) {
        Frame frame = frames_next();
        request_answer(&frame);
    }
}
