/* Counts the flushes of every process that loads it, and makes each of them last longer.

   FLUSH_COUNT: a file whose first eight octets are the count, shared by all processes.
   FLUSH_DELAY_US: how much longer a flush takes, in microseconds. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static uint64_t *count;
static long delay;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FLUSH_COUNT"), *microseconds = getenv("FLUSH_DELAY_US");
    delay = microseconds ? atol(microseconds) : 0;
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *shared = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (shared != MAP_FAILED) count = shared;
}

static void flushed(void) {
    if (count) __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
    struct timespec wait = {delay / 1000000, delay % 1000000 * 1000};
    if (delay) nanosleep(&wait, NULL);
}

int fsync(int file) {
    static int (*real)(int);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "fsync");
    flushed();
    return real(file);
}

int fdatasync(int file) {
    static int (*real)(int);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    flushed();
    return real(file);
}
