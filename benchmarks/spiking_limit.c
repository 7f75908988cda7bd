/* Cells that excite and inhibit one another through currents: the synapses of those that fired are pushed to their
   targets. Spikes are those of `hand_written/spiking_numpy.py`, bit for bit, for nothing is added up in another order. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const int64_t *starts;
    const int32_t *post;
    const double *weights;
} Rows;

typedef struct {
    double decay, decay_exc, decay_inh, gain_exc, gain_inh, rest, theta, refractory;
} Cell;

static void push(Rows rows, const int32_t *fired, int64_t count, double *restrict into)
{
    for (int64_t k = 0; k < count; k++)
        for (int64_t s = rows.starts[fired[k]]; s < rows.starts[fired[k] + 1]; s++) into[rows.post[s]] += rows.weights[s];
}

/* Number of spikes; their cells, step by step, go to `spikes`, and where each step's begin to `starts`. */
int64_t run(int cells, int steps, Cell c, Rows exc, Rows inh, const double *restrict current, int32_t *spikes,
            int64_t *starts)
{
    double *memory = calloc(6 * (size_t)cells, sizeof(double));
    double *restrict v = memory, *restrict g = v + cells, *restrict h = g + cells, *restrict wait = h + cells;
    double *restrict from_exc = wait + cells, *restrict from_inh = from_exc + cells;
    int64_t total = 0, last = 0;
    for (int step = 0; step < steps; step++) {
        memset(from_exc, 0, 2 * (size_t)cells * sizeof(double));
        push(exc, spikes + last, total - last, from_exc);
        push(inh, spikes + last, total - last, from_inh);
        starts[step] = last = total;
        for (int j = 0; j < cells; j++) {
            g[j] += from_exc[j];
            h[j] += from_inh[j];
            double x = c.decay * v[j] + c.gain_exc * g[j] + c.gain_inh * h[j] + c.rest * current[j];
            v[j] = wait[j] > 0 ? 0 : x;
            wait[j] = wait[j] > 1 ? wait[j] - 1 : 0;
            g[j] *= c.decay_exc;
            h[j] *= c.decay_inh;
        }
        for (int j = 0; j < cells; j++) {
            spikes[total] = j;
            total += v[j] > c.theta;
        }
        for (int64_t k = last; k < total; k++) {
            v[spikes[k]] = 0;
            wait[spikes[k]] = c.refractory;
        }
    }
    starts[steps] = total;
    free(memory);
    return total;
}
