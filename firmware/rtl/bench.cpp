// Runs the layer cycle by cycle. Standard input, all in words of 32 bits: keep_u, keep_v, theta, shift; the weights; the
// biases; the number of trials and of steps in each; then for each step the number of events and their sources. Standard
// output: a word of spikes for each step, and at the end the cycles that the layer was busy, lower and upper word.
#include <cstdint>
#include <cstdio>

#include "Vlayer.h"
#include "verilated.h"

namespace {

Vlayer *layer;
uint64_t cycles;

int32_t next() {
    int32_t word = 0;
    if (std::fread(&word, sizeof word, 1, stdin) != 1) word = 0;
    return word;
}

void put(uint32_t word) {
    std::fwrite(&word, sizeof word, 1, stdout);
}

void tick() {
    layer->clock = 1;
    layer->eval();
    layer->clock = 0;
    layer->eval();
}

void wait() {
    for (; layer->busy; cycles++) tick();
}

void write(CData &enable, int count) {
    enable = 1;
    for (int i = 0; i < count; i++) {
        layer->address = i;
        layer->value = next();
        tick();
    }
    enable = 0;
}

void pulse(CData &signal) {
    signal = 1;
    tick();
    signal = 0;
}

void step() {
    for (int32_t events = next(); events > 0; events--) {
        layer->source = next();
        pulse(layer->event_valid);
        wait();
    }
    pulse(layer->go);
    wait();
    put(layer->spikes);
}

}  // namespace

int main() {
    layer = new Vlayer;
    layer->eval();  // the first edge is seen only after a level
    layer->keep_u = next();
    layer->keep_v = next();
    layer->theta = next();
    layer->shift = next();
    write(layer->write_weight, SOURCES * NEURONS);
    write(layer->write_bias, NEURONS);
    const int32_t trials = next(), steps = next();
    for (int32_t trial = 0; trial < trials; trial++) {
        pulse(layer->reset);
        for (int32_t k = 0; k < steps; k++) step();
    }
    put(static_cast<uint32_t>(cycles));
    put(static_cast<uint32_t>(cycles >> 32));
    delete layer;
}
