package import Cluster

/// One process's view of a state directory.
package struct SimulatedStore: FenceStore {
    let directory: SimulatedStateDirectory
    let process: Int

    package init(_ directory: SimulatedStateDirectory, process: Int) {
        self.directory = directory
        self.process = process
    }

    package var boot: String { directory.boot }

    package mutating func tryLock() -> LockAttempt {
        if let holder = directory.holder, holder != process { return .held("process \(holder)") }
        directory.holder = process
        return .taken
    }

    package mutating func unlock() {
        if directory.holder == process { directory.holder = nil }
    }

    package mutating func lockStanding() -> FenceStanding {
        directory.holder == process ? .held : .lost("the lock is not this process's")
    }

    package mutating func read(_ file: FenceFile) throws(FenceStoreFailure) -> [UInt8]? {
        directory.content(of: file)
    }

    package mutating func replace(_ file: FenceFile, with bytes: [UInt8]) throws(FenceStoreFailure) {
        try directory.replace(file, with: bytes)
    }

    package mutating func overwrite(
        _ file: FenceFile, with bytes: [UInt8], at offset: Int
    ) throws(FenceStoreFailure) {
        try directory.overwrite(file, with: bytes, at: offset)
    }

    package mutating func sync(_ file: FenceFile) throws(FenceStoreFailure) {
        try directory.sync(file)
    }
}
