/*
 * Preloaded into the processes of a cluster, it makes the disk hang: every sync waits while the test holds an exclusive
 * flock(2) lock on the file that SLOW_DISK names. The process writes its number to SLOW_DISK.waiting before it waits.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

static void wait_for_disk(void) {
    const char *path = getenv("SLOW_DISK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    if (flock(file, LOCK_SH | LOCK_NB) != 0) {
        char text[4096];
        snprintf(text, sizeof text, "%s.waiting", path);
        int note = open(text, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (note >= 0) {
            dprintf(note, "%d\n", (int)getpid());
            close(note);
        }
        while (flock(file, LOCK_SH) != 0 && errno == EINTR) {}
    }
    close(file);
}

int fsync(int descriptor) {
    wait_for_disk();
    return (int)syscall(SYS_fsync, descriptor);
}

int fdatasync(int descriptor) {
    wait_for_disk();
    return (int)syscall(SYS_fdatasync, descriptor);
}
