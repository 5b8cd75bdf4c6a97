#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { DESCRIPTORS_MAX = 16 };

int clinux_accept(int listener, void *address, unsigned int *address_length) {
    socklen_t length = address_length ? *address_length : 0;
    int accepted = accept4(listener, address, address ? &length : NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (address_length) *address_length = length;
    return accepted;
}

ssize_t clinux_send_descriptors(int socket, const void *data, size_t length, const int *descriptors, int count) {
    union {
        char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS_MAX)];
        struct cmsghdr align;
    } control;
    struct iovec vector = {.iov_base = (void *)data, .iov_len = length};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (count < 0 || count > DESCRIPTORS_MAX) {
        errno = EINVAL;
        return -1;
    }
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * (size_t)count);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t clinux_receive_descriptors(int socket, void *data, size_t length, int *descriptors, int capacity, int *count) {
    union {
        char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS_MAX)];
        struct cmsghdr align;
    } control;
    struct iovec vector = {.iov_base = data, .iov_len = length};
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    *count = 0;
    ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (received < 0) return received;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t held = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < held; index++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + index * sizeof(int), sizeof descriptor);
            if (*count < capacity) {
                descriptors[(*count)++] = descriptor;
            } else {
                close(descriptor);
            }
        }
    }
    return received;
}

int clinux_peer_credentials(int socket, pid_t *pid, uid_t *uid) {
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
    *pid = credentials.pid;
    *uid = credentials.uid;
    return 0;
}

int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int clinux_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

void clinux_set_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }

int clinux_signal_descriptor(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int index = 0; index < count; index++) sigaddset(&set, signals[index]);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int clinux_next_signal(int descriptor) {
    struct signalfd_siginfo info;
    return read(descriptor, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

/* Sets the attributes that both kinds of children share. On success the caller destroys both objects. */
static int begin_spawn(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes) {
    sigset_t none, defaults;
    int code = posix_spawn_file_actions_init(actions);
    if (code != 0) return code;
    code = posix_spawnattr_init(attributes);
    if (code != 0) {
        posix_spawn_file_actions_destroy(actions);
        return code;
    }
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &defaults);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    code = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (code != 0) {
        posix_spawnattr_destroy(attributes);
        posix_spawn_file_actions_destroy(actions);
    }
    return code;
}

int clinux_spawn(const char *path, char *const arguments[], int channel, int log, pid_t *child) {
    extern char **environ;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int code = begin_spawn(&actions, &attributes);
    if (code != 0) return code;
    code = posix_spawn_file_actions_adddup2(&actions, log, 1);
    if (code == 0) code = posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (code == 0) code = posix_spawn_file_actions_adddup2(&actions, channel, 3);
    if (code == 0) code = posix_spawn_file_actions_addclosefrom_np(&actions, 4);
    if (code == 0) code = posix_spawn(child, path, &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

int clinux_spawn_shell(const char *command, char *const environment[], int output, pid_t *child) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char *const arguments[] = {"sh", "-c", (char *)command, NULL};
    int code = begin_spawn(&actions, &attributes);
    if (code != 0) return code;
    code = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (code == 0) code = posix_spawn_file_actions_adddup2(&actions, 1, 2);
    /* Closes descriptors that this process inherited: the command must not receive them. */
    if (code == 0) code = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    if (code == 0) code = posix_spawn(child, "/bin/sh", &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

const int clinux_open_path = O_PATH;

static const long *crash_pending;

/* Calls async-signal-safe functions only (signal-safety(7)). */
static void wait_before_crash(int signal) {
    const struct timespec millisecond = {.tv_nsec = 1000000};
    for (int waited = 0; waited < 100 && __atomic_load_n(crash_pending, __ATOMIC_ACQUIRE) > 0; waited++)
        nanosleep(&millisecond, NULL);
    /* SA_RESETHAND has restored the default action, which takes effect when this function returns. */
    raise(signal);
}

void clinux_flush_on_crash(const void *pending) {
    const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};
    crash_pending = pending;
    for (size_t index = 0; index < sizeof signals / sizeof signals[0]; index++) {
        struct sigaction present, action = {.sa_handler = wait_before_crash, .sa_flags = SA_RESETHAND};
        sigemptyset(&action.sa_mask);
        if (sigaction(signals[index], NULL, &present) != 0 || present.sa_handler != SIG_DFL) continue;
        sigaction(signals[index], &action, NULL);
    }
}
