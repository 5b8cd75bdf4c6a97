/* Tells the thread sanitizer of locks that it can't see.
 *
 * Synchronization's Mutex takes and frees a lock that nobody else wants by an atomic step that is compiled into our own
 * code, where the sanitizer sees it. With contention that is done inside the library, which is not instrumented: whatever
 * the lock guards then looks like a race. Preloaded by `scripts/test --sanitize thread`, these functions stand before the
 * library's and report what they do.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

/* Absent in processes that are not under the sanitizer. */
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

#define SWIFT __attribute__((swiftcall))
#define CONTEXT __attribute__((swift_context))
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT void (*LockSlow)(uint32_t thread, CONTEXT void *handle);
typedef SWIFT void (*UnlockSlow)(CONTEXT void *handle);

static LockSlow library_lock_slow;
static UnlockSlow library_unlock_slow;

__attribute__((constructor)) static void find(void) {
    library_lock_slow = (LockSlow)dlsym(RTLD_NEXT, LOCK_SLOW);
    library_unlock_slow = (UnlockSlow)dlsym(RTLD_NEXT, UNLOCK_SLOW);
}

SWIFT void lock_slow(uint32_t thread, CONTEXT void *handle) __asm__(LOCK_SLOW);
SWIFT void unlock_slow(CONTEXT void *handle) __asm__(UNLOCK_SLOW);

SWIFT void lock_slow(uint32_t thread, CONTEXT void *handle) {
    if (!library_lock_slow) abort();
    library_lock_slow(thread, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT void unlock_slow(CONTEXT void *handle) {
    if (!library_unlock_slow) abort();
    if (__tsan_release) __tsan_release(handle);
    library_unlock_slow(handle);
}
