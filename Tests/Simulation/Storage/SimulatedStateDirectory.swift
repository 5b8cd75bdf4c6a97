package import Cluster

/// The state directory of one simulated host: the lock, the files of the fence, and their faults.
package final class SimulatedStateDirectory {
    /// A fault in an operation of a process.
    package enum Fault {
        /// The process is killed during the operation.
        case kill
        /// The disk reports an error. The written bytes may or may not be on the disk.
        case error
    }

    /// The kernel's name for the present boot.
    package private(set) var boot = "boot-1"
    private var bootNumber = 1
    private var files: [FenceFile: SimulatedFile] = [.epoch: SimulatedFile(), .reservation: SimulatedFile()]
    /// The disk has no room for new bytes. Processes can overwrite existing bytes.
    package var isFull = false
    /// The next fault, and the number of operations before it.
    package var fault: (kind: Fault, after: Int)?
    /// The last fault was a kill, and `takeKill` has not returned it yet.
    package var wasKilled = false
    /// The process that holds the lock.
    package var holder: Int?
    var random: SeededGenerator

    package init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    /// A copy of the files on another disk.
    package func copy(seed: UInt64) -> SimulatedStateDirectory {
        let copy = SimulatedStateDirectory(seed: seed)
        copy.files = files
        copy.boot = boot
        copy.bootNumber = bootNumber
        return copy
    }

    /// Simulates a crash and restart of the host: all locks are free, and unsynced writes may be lost.
    package func crashHost() {
        bootNumber += 1
        boot = "boot-\(bootNumber)"
        holder = nil
        fault = nil
        for file in FenceFile.allCases { files[file]?.crash(using: &random) }
    }

    package func remove(_ file: FenceFile) { files[file]?.remove() }

    package func damage(_ file: FenceFile) { files[file]?.damage(using: &random) }

    /// Returns whether a process was killed during an operation since the last call.
    package func takeKill() -> Bool {
        defer { wasKilled = false }
        return wasKilled
    }

    // MARK: Operations of processes

    func content(of file: FenceFile) -> [UInt8]? { files[file]?.seen }

    func replace(_ file: FenceFile, with bytes: [UInt8]) throws(FenceStoreFailure) {
        if isFull { throw FenceStoreFailure("no space left on device") }
        if let fault = takeFault() {
            if chance(50) { files[file]?.rename(bytes) }
            throw failure(of: fault)
        }
        files[file]?.rename(bytes)
        files[file]?.sync()
    }

    func overwrite(_ file: FenceFile, with bytes: [UInt8], at offset: Int) throws(FenceStoreFailure) {
        if let fault = takeFault() {
            // A kill does not split a write of a few bytes. A failing disk may.
            let count = fault == .kill ? (chance(50) ? bytes.count : 0) : Int(random.below(UInt32(bytes.count)))
            if count > 0 { files[file]?.overwrite(bytes.prefix(count), at: offset) }
            throw failure(of: fault)
        }
        files[file]?.overwrite(bytes, at: offset)
    }

    func sync(_ file: FenceFile) throws(FenceStoreFailure) {
        if let fault = takeFault() {
            if chance(50) { files[file]?.sync() }
            throw failure(of: fault)
        }
        files[file]?.sync()
    }

    private func takeFault() -> Fault? {
        if wasKilled { return .kill }
        guard let (kind, after) = fault else { return nil }
        if after > 0 {
            fault = (kind, after - 1)
            return nil
        }
        fault = nil
        wasKilled = kind == .kill
        return kind
    }

    private func failure(of fault: Fault) -> FenceStoreFailure {
        FenceStoreFailure(fault == .kill ? "the process was killed" : "input/output error")
    }

    private func chance(_ percent: UInt32) -> Bool { random.below(100) < percent }
}
