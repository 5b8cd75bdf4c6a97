package import Cluster

/// The coordinator of one host: flock(2) on a file in the state directory, and the last epoch beside it. It answers at once.
package final class HostCoordinator: Coordinator {
    package var onAnswer: (CoordinatorAnswer) -> Void = { _ in }
    private var fence: LockFileFence

    package init(store: LockFileStore) {
        fence = LockFileFence(store: store, seed: UInt64.random(in: 0...UInt64.max))
    }

    package func acquire(after: Epoch) {
        switch fence.acquire(after: after) {
        case .granted(let epoch): onAnswer(.granted(epoch))
        case .heldByOther(let holder): onAnswer(.held(by: holder))
        case .failed(let reason): onAnswer(.failed(reason))
        }
    }

    package func release(expectsSuccessor: Bool) {
        fence.release()
    }

    package func finish(then completion: @escaping () -> Void) { completion() }

    package func check() {
        if case .lost(let reason) = fence.standing() { onAnswer(.lost(reason)) }
    }
}
