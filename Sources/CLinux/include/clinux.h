/* Linux interfaces that Swift's Glibc module does not export: epoll, accept4, descriptor passing, pidfds. */
#ifndef UNDERSTUDY_CLINUX_H
#define UNDERSTUDY_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/types.h>

/* No _GNU_SOURCE here: it changes system types, and Swift would see two definitions of them. */

/* accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC; the peer's address goes to `address` (sockaddr_storage). */
int clinux_accept(int listener, void *address, unsigned int *address_length);

/* sendmsg(2) with SCM_RIGHTS: sends `data` and duplicates of `count` (<= 16) descriptors in one message. Returns the bytes sent or -1. */
ssize_t clinux_send_descriptors(int socket, const void *data, size_t length, const int *descriptors, int count);

/* recvmsg(2) with MSG_CMSG_CLOEXEC: stores at most `capacity` (<= 16) descriptors, their number in `count`.
   Descriptors beyond the capacity are closed. Returns the bytes received, 0 at the end of the stream, or -1. */
ssize_t clinux_receive_descriptors(int socket, void *data, size_t length, int *descriptors, int capacity, int *count);

/* SO_PEERCRED of a unix socket. Returns 0 or -1. */
int clinux_peer_credentials(int socket, pid_t *pid, uid_t *uid);

/* pidfd_open(2) and pidfd_send_signal(2), which Debian 12's libc exports only under names that Swift does not see. */
int clinux_pidfd_open(pid_t pid);
int clinux_pidfd_send_signal(int pidfd, int signal);

/* pthread_setname_np(3) for the calling thread; at most 15 bytes. */
void clinux_set_thread_name(const char *name);

/* Blocks the given signals in the calling thread and in its later threads. Returns a non-blocking signalfd(2) for them, or -1. */
int clinux_signal_descriptor(const int *signals, int count);

/* Returns the next signal of the descriptor, or 0 if there is none. */
int clinux_next_signal(int descriptor);

/* posix_spawn(3) of `path` in a session of its own, with no signal blocked and SIGPIPE at its default. In the child, descriptor 3 is
   `channel`, standard input is /dev/null, and standard output and error are `log`. Every other
   descriptor must be close-on-exec. Returns 0 or an errno. */
int clinux_spawn(const char *path, char *const arguments[], int channel, int log, pid_t *child);

/* Does the same for `/bin/sh -c command` with the environment `environment`. Its standard output and error are `output`, and it
   gets no other descriptor. */
int clinux_spawn_shell(const char *command, char *const environment[], int output, pid_t *child);

/* O_PATH of open(2). */
extern const int clinux_open_path;

/* Delays the effect of a fatal signal (SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT) until the long at `pending` is 0, for at most
   100 ms. Another thread sets it to 0. A signal that already has a handler keeps it. */
void clinux_flush_on_crash(const void *pending);

#endif
