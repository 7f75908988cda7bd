/* The device as a process: on its standard input and output, on a terminal (`PATH`), or on a port of this computer
 * (`--listen PORT`, 0 for any that is free), where it serves one connection after the other. It ends with its line. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "platform.h"

enum { SILENCE_MS = 100 };

static int in = STDIN_FILENO, out = STDOUT_FILENO, listening = -1;
static uint8_t arrived[1 << 16];
static ssize_t arrived_count, taken;

static void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static void open_terminal(const char *path) {
    struct termios settings;
    in = out = open(path, O_RDWR | O_NOCTTY);
    if (in < 0) fail(path);
    if (tcgetattr(in, &settings)) return;
    cfmakeraw(&settings);
    tcsetattr(in, TCSANOW, &settings);
}

static void connect_next(void) {
    int on = 1;
    in = out = accept(listening, 0, 0);
    if (in < 0) fail("accept");
    setsockopt(in, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static int is_port(const char *text) {
    size_t digits = strspn(text, "0123456789");
    return digits && digits < 6 && !text[digits] && atoi(text) < 65536;
}

static void open_port(const char *port) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int on = 1;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listening = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listening, (struct sockaddr *)&address, size) || listen(listening, 1)) fail(port);
    getsockname(listening, (struct sockaddr *)&address, &size);
    fprintf(stderr, "listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    connect_next();
}

void platform_open(int count, char **arguments) {
    signal(SIGPIPE, SIG_IGN);
    if (count == 3 && !strcmp(arguments[1], "--listen") && is_port(arguments[2]))
        open_port(arguments[2]);
    else if (count == 2 && arguments[1][0] != '-')
        open_terminal(arguments[1]);
    else if (count != 1) {
        fprintf(stderr, "usage: %s [PATH | --listen PORT]\n", arguments[0]);
        exit(2);
    }
}

/* The line is at its end: so is the device, unless somebody else can connect. */
static void end_line(void) {
    if (listening < 0) exit(0);
    close(in);
    arrived_count = taken = 0;
    connect_next();
}

int platform_get(void) {
    struct pollfd line = {in, POLLIN, 0};
    if (taken < arrived_count) return arrived[taken++];
    if (poll(&line, 1, SILENCE_MS) == 0) return -1;
    arrived_count = read(in, arrived, sizeof arrived);
    taken = 0;
    if (arrived_count > 0) return arrived[taken++];
    if (arrived_count == 0 || errno != EINTR) end_line();
    return -1;
}

void platform_put(const uint8_t *bytes, uint32_t count) {
    while (count) {
        ssize_t put = write(out, bytes, count);
        if (put < 0 && errno != EINTR) {
            end_line();
            return;
        }
        if (put > 0) bytes += put, count -= (uint32_t)put;
    }
}

uint64_t platform_ticks(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint32_t platform_hz(void) { return 1000000000u; }
uint32_t platform_kind(void) { return KIND_FIRMWARE; }
const char *platform_name(void) { return "neurosim firmware on a computer"; }
const char *platform_serial(void) { return ""; }
