import Cluster
import Sockets
import TestSupport
import Testing

@testable import Storage

/// The lock file behind the interface that every coordinator has.
@Suite struct HostCoordinatorTests {
    private let folder: TemporaryFolder
    private let directory: StateDirectory

    init() throws {
        folder = try TemporaryFolder()
        directory = try StateDirectory(path: folder.path)
    }

    /// Notes every answer.
    private final class Holder {
        let coordinator: HostCoordinator
        var answers: [CoordinatorAnswer] = []

        init(in directory: StateDirectory) {
            coordinator = HostCoordinator(store: LockFileStore(directory: directory))
            coordinator.onAnswer = { [unowned self] in answers.append($0) }
        }
    }

    @Test func `Only one holder has a grant, and each grant has a higher epoch`() {
        let first = Holder(in: directory)
        let second = Holder(in: directory)
        first.coordinator.acquire(after: .none)
        second.coordinator.acquire(after: .none)
        #expect(first.answers == [.granted(Epoch(1))])
        guard case .held = second.answers.last else {
            Issue.record("the second holder got \(second.answers)")
            return
        }
    }

    @Test func `A look at the lock finds it free only while it is there and nobody holds it`() throws {
        #expect(!LockFileStore.isFree(in: directory), "there is no lock")
        var holder: Holder? = Holder(in: directory)
        holder?.coordinator.acquire(after: .none)
        #expect(!LockFileStore.isFree(in: directory))
        holder = nil
        #expect(LockFileStore.isFree(in: directory))
        let next = Holder(in: directory)
        next.coordinator.acquire(after: .none)
        #expect(next.answers == [.granted(Epoch(2))], "the look has left nothing behind")
    }

    @Test func `A grant stands until its file is replaced`() throws {
        let holder = Holder(in: directory)
        holder.coordinator.acquire(after: .none)
        holder.coordinator.check()
        #expect(holder.answers.count == 1)
        try directory.files.replace(StateDirectory.Name.lock, with: Array("another\n".utf8), waiting: .withoutLoop)
        holder.coordinator.check()
        guard case .lost = holder.answers.last else {
            Issue.record("it answers \(holder.answers)")
            return
        }
    }

    @Test func `A released grant does not stand`() {
        let holder = Holder(in: directory)
        holder.coordinator.acquire(after: .none)
        holder.coordinator.release(expectsSuccessor: false)
        holder.coordinator.check()
        #expect(holder.answers.last == .lost("it was given back"))
    }
}
