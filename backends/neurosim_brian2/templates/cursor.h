#pragma once
#include "objects.h"
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <csignal>
#include <sys/prctl.h>
#endif

namespace cursor {

const size_t BLOCK = 1 << 16;  // bytes of a file that are in memory at once, about

struct Control { int64_t done, broken, trials, learn, operations, goes_on, ends, batch, more[]; };

// The process that started this one and waits for it, if it has said so.
inline pid_t parent() {
    static const char* said = std::getenv("NEUROSIM_PARENT");
    return said ? std::atol(said) : getppid();
}

// Nobody would read what comes out.
inline void end_if_orphaned() { if (getppid() != parent()) std::_Exit(4); }

// The system ends this process together with the thread that started it, which waits for it. It may have died already.
inline void end_with_parent() {
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    end_if_orphaned();
}

// Where the system does not do it.
inline void look_at_parent() {
#ifndef __linux__
    end_if_orphaned();
#endif
}

// A file in the folder of results as memory; what is written there is seen by the process that started this one.
template <class T> T* mapped(const char* name) {
    const std::string path = brian::results_dir + name;
    const int file = open(path.c_str(), O_RDWR);
    struct stat status;
    if (file < 0 || fstat(file, &status)) { std::cerr << "cannot open " << path << std::endl; std::exit(3); }
    void* memory = status.st_size ? mmap(0, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : nullptr;
    if (memory == MAP_FAILED) { std::cerr << "cannot map " << path << std::endl; std::exit(3); }
    close(file);
    return static_cast<T*>(memory);
}

// A file in the folder of results, which is read in parts.
class File {
    const std::string path;
    const int file;

    [[noreturn]] void fail() const { std::cerr << "cannot read " << path << std::endl; std::exit(3); }

public:
    explicit File(const char* name) : path(brian::results_dir + name), file(open(path.c_str(), O_RDONLY)) {
        if (file < 0) fail();
    }

    // The bytes from a place on: as many as fit, or as there are, but not none.
    int64_t read(void* into, int64_t room, int64_t at) const {
        int64_t done = 0;
        for (ssize_t got = 1; got > 0 && done < room; done += got) {
            got = pread(file, static_cast<char*>(into) + done, room - done, at + done);
            if (got < 0) fail();
        }
        if (room && !done) fail();
        return done;
    }
};

// Numbers of a file, a block of them in memory.
template <class T> class Numbers {
    const File file;
    const std::unique_ptr<T[]> block;
    int64_t first = 0, held = 0;

public:
    explicit Numbers(const char* name) : file(name), block(new T[BLOCK/sizeof(T)]) {}

    T operator[](int64_t k) {
        if (k < first || k >= first + held) {
            held = file.read(block.get(), BLOCK, k*sizeof(T))/sizeof(T);
            first = k;
        }
        return block[k - first];
    }
};

// Rows of numbers in a file, some of them in memory: doubles, floats, or bytes behind the double that each stands for.
class Rows {
    const File file;
    const int64_t width, size;
    std::vector<double> table;
    std::vector<char> block;
    int64_t first = 0, held = 0;

public:
    Rows(const char* name, int64_t width, int64_t size)
        : file(name), width(width), size(size), table(size == 1 ? 256 : 0),
          block(std::max<int64_t>(1, (int64_t)BLOCK/(width*size))*width*size) {
        file.read(table.data(), table.size()*sizeof(double), 0);
    }

    void copy(int64_t row, double* into) {
        const int64_t each = width*size;
        if (row < first || row >= first + held) {
            held = file.read(block.data(), block.size(), table.size()*sizeof(double) + row*each)/each;
            first = row;
        }
        const char* from = block.data() + (row - first)*each;
        if (size == sizeof(double)) std::memcpy(into, from, each);
        else if (size == sizeof(float)) std::copy_n(reinterpret_cast<const float*>(from), width, into);
        else for (int64_t i = 0; i < width; i++) into[i] = table[static_cast<unsigned char>(from[i])];
    }
};

// A file in the folder of results as an array, and an array as a file.
template <class T> void read(const char* name, std::vector<T>& into) {
    const std::string path = brian::results_dir + name;
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) { std::cerr << "cannot open " << path << std::endl; std::exit(3); }
    into.resize(file.tellg()/sizeof(T));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(into.data()), into.size()*sizeof(T));
}
template <class T> void write(const char* name, const std::vector<T>& values) {
    const std::string path = brian::results_dir + name;
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(values.data()), values.size()*sizeof(T));
    file.close();
    if (!file) { std::cerr << "cannot write " << path << std::endl; std::exit(3); }
}

// The trials before which arrays are written anew; none where there is no file.
class Rewrites {
    std::vector<int64_t> trials;
    size_t next = 0;

public:
    explicit Rewrites(const char* name) {
        if (!access((brian::results_dir + name).c_str(), F_OK)) read(name, trials);
    }
    bool due(int64_t trial) { return next < trials.size() && trials[next] == trial && ++next; }
};

// The values of an array, one after the other, in a file; it stays as it is where there is none.
class Rewritten {
    const std::string name;
    std::unique_ptr<File> file;
    int64_t at = 0;

public:
    explicit Rewritten(const char* name) : name(name) {
        if (!access((brian::results_dir + name).c_str(), F_OK)) file.reset(new File(name));
    }
    void next(std::vector<double>& array) {
        if (!file) return;
        const int64_t size = array.size()*sizeof(double);
        if (file->read(array.data(), size, at) < size) { std::cerr << name << " is too short" << std::endl; std::exit(3); }
        at += size;
    }
};

// The largest absolute value of each number of an array, of those moments at which it was looked at.
class Largest {
    const char* const name;
    std::vector<double> values;

public:
    explicit Largest(const char* name) : name(name) {}
    void see(const std::vector<double>& array) {
        values.resize(array.size());
        for (size_t k = 0; k < array.size(); k++) values[k] = std::max(values[k], std::abs(array[k]));
    }
    void leave() const { if (!values.empty()) write(name, values); }
};

// What a group put out in its last steps, the newest first: place (d - 1)*size + i is neuron i, d steps before.
struct PastSpikes {
    int64_t steps, size;
    std::vector<int64_t> fired, newer;
    void restart() { fired.clear(); }
    void go_on(const char* name) { read(name, fired); }
    void leave(const char* name) const { write(name, fired); }
    void push(const int32_t* spikes, int count) {
        newer.assign(spikes, spikes + count);
        for (const int64_t place : fired) {
            if (place + size >= steps*size) break;
            newer.push_back(place + size);
        }
        fired.swap(newer);
    }
};
struct PastValues {
    int64_t steps, size, newest = 0;
    std::vector<double> rows = std::vector<double>(2*steps*size, 0.0);  // twice: all lie behind the newest
    const double* values() const { return &rows[newest*size]; }
    void restart() { std::fill(rows.begin(), rows.end(), 0.0); }
    void restart(const double* output) {
        for (int64_t d = 0; d < 2*steps; d++) std::copy_n(output, size, &rows[d*size]);
    }
    void go_on(const char* name) {
        std::vector<double> given;
        read(name, given);
        newest = 0;
        std::copy(given.begin(), given.end(), rows.begin());
        std::copy(given.begin(), given.end(), rows.begin() + given.size());
    }
    void leave(const char* name) const { write(name, std::vector<double>(values(), values() + steps*size)); }
    void push(const double* output) {
        newest = (newest + steps - 1) % steps;
        std::copy_n(output, size, &rows[newest*size]);
        std::copy_n(output, size, &rows[(newest + steps)*size]);
    }
};
template <int group> PastSpikes& spikes_before() { static PastSpikes past; return past; }

// Effective synaptic operations at synapses with delays.
static int64_t late_operations = 0;

// What arrives at each synapse with a delay.
inline void arrive(const PastValues& past, const std::vector<int32_t>& near, const std::vector<int32_t>& delay,
                   std::vector<double>& arrived) {
    const double* values = past.values();
    for (size_t k = 0; k < near.size(); k++) {
        arrived[k] = values[(delay[k] - 1)*past.size + near[k]];
        late_operations += arrived[k] != 0;
    }
}

// What synapses add to the weights that they share, which then is nothing again.
inline void add_up(std::vector<double>& terms, const std::vector<int32_t>& share, double* sums, int64_t size) {
    std::fill_n(sums, size, 0.0);
    for (size_t k = 0; k < share.size(); k++) sums[share[k]] += terms[k];
    std::fill(terms.begin(), terms.end(), 0.0);
}

// The weight of each synapse, of those that they share.
inline void spread(const double* weights, const std::vector<int32_t>& share, std::vector<double>& of_synapses) {
    for (size_t k = 0; k < share.size(); k++) of_synapses[k] = weights[share[k]];
}

// A factor of what is added up over the trials of a batch: a row for each trial that has ended.
struct TrialRows {
    const int64_t size;
    std::vector<double> values;
    int64_t count = 0;
    TrialRows(int64_t size, int64_t batch) : size(size), values(size*batch) {}
    const double* row(int64_t trial) const { return &values[trial*size]; }
    void keep(const double* factor) { std::copy_n(factor, size, &values[count++*size]); }
    bool finite() const {
        double nothing = 0;
        for (int64_t k = 0; k < count*size; k++) nothing += values[k] - values[k];
        return nothing == 0;
    }
};

inline void add_rows(const TrialRows& factor, double* sums) {
    for (int64_t trial = 0; trial < factor.count; trial++)
        for (int64_t i = 0; i < factor.size; i++) sums[i] += factor.row(trial)[i];
}

// Sums of pre*post over the trials for all pairs, four trials at a time; without those in which pre is zero, where that
// hides nothing.
inline void add_products(const TrialRows& pre, const TrialRows& post, std::vector<double>& sums) {
    const bool finite = post.finite();
    std::vector<int64_t> loud(pre.count);
    for (int64_t i = 0; i < pre.size; i++) {
        double* row = &sums[i*post.size];
        int64_t many = 0, k = 0;
        for (int64_t trial = 0; trial < pre.count; trial++) {
            loud[many] = trial;
            many += !finite || pre.row(trial)[i] != 0;
        }
        for (; k + 4 <= many; k += 4) {
            const double a = pre.row(loud[k])[i], b = pre.row(loud[k + 1])[i];
            const double c = pre.row(loud[k + 2])[i], d = pre.row(loud[k + 3])[i];
            const double *e = post.row(loud[k]), *f = post.row(loud[k + 1]);
            const double *g = post.row(loud[k + 2]), *h = post.row(loud[k + 3]);
            #pragma omp simd
            for (int64_t j = 0; j < post.size; j++) row[j] += (a*e[j] + b*f[j]) + (c*g[j] + d*h[j]);
        }
        for (; k < many; k++) {
            const double a = pre.row(loud[k])[i];
            const double* e = post.row(loud[k]);
            #pragma omp simd
            for (int64_t j = 0; j < post.size; j++) row[j] += a*e[j];
        }
    }
}

// The same for synapses with these ends.
inline void add_products(const TrialRows& pre, const TrialRows& post, const std::vector<int32_t>& from,
                         const std::vector<int32_t>& to, std::vector<double>& sums) {
    for (int64_t trial = 0; trial < pre.count; trial++)
        for (size_t k = 0; k < sums.size(); k++) sums[k] += pre.row(trial)[from[k]]*post.row(trial)[to[k]];
}

// What a probe records, as a file; a block of it in memory.
class Recording {
    const int file;
    const std::unique_ptr<char[]> block;
    std::vector<double> some;
    size_t held = 0;

    static void check(bool good) {
        if (!good) { std::cerr << "what is recorded cannot be written" << std::endl; std::exit(3); }
    }

    void append(const char* from, size_t size) {
        for (ssize_t done; size; from += done, size -= done) {
            done = ::write(file, from, size);
            check(done > 0);
        }
    }

    void empty() {
        append(block.get(), held);
        held = 0;
    }

public:
    explicit Recording(const char* name)
        : file(open((brian::results_dir + name).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666)), block(new char[BLOCK]) {
        check(file >= 0);
    }
    ~Recording() {
        empty();
        check(!close(file));
    }

    template <class T> void write(const T* values, size_t count) {
        const size_t size = count*sizeof(T);
        const char* from = reinterpret_cast<const char*>(values);
        if (held + size > BLOCK) empty();
        if (size > BLOCK) return append(from, size);
        std::memcpy(&block[held], from, size);
        held += size;
    }
    void write(const double* values, const std::vector<int32_t>& chosen) {
        some.clear();
        for (const int32_t k : chosen) some.push_back(values[k]);
        write(some.data(), some.size());
    }
};

inline std::vector<bool> among(const std::vector<int32_t>& chosen, int size) {
    std::vector<bool> selected(size);
    for (const int32_t k : chosen) selected[k] = true;
    return selected;
}

inline void record_spikes(Recording& counts, Recording& units, const int32_t* spikes, int32_t count) {
    counts.write(&count, 1);
    units.write(spikes, count);
}

inline void record_spikes(Recording& counts, Recording& units, const int32_t* spikes, int32_t count,
                          const std::vector<bool>& selected) {
    int32_t some = 0;
    for (int k = 0; k < count; k++) if (selected[spikes[k]]) { units.write(&spikes[k], 1); some++; }
    counts.write(&some, 1);
}

// What need not be written when the run is over, as Brian2 does with every array.
template <class T> void forget(std::vector<T>& array) { std::vector<T>().swap(array); }

// Ends the process unless the next arguments name the program that this binary is, and takes them away.
inline void only_as(const char* program, std::vector<std::string>& arguments) {
    if (arguments.size() < 2 || arguments[0] != "PROGRAM" || arguments[1] != program) std::_Exit(ANOTHER_PROGRAM);
    arguments.erase(arguments.begin(), arguments.begin() + 2);
}

}
