package import Sockets

/// The takeovers of a state directory so far, in a file that each successor continues. So the count rises, although each
/// takeover starts a new process.
package struct TakeoverRecord: Codable, Equatable, Sendable {
    /// Takeovers by a standby, after the end of a balancer.
    package private(set) var standby: UInt64 = 0
    /// Takeovers by `balancer --replace`.
    package private(set) var replacement: UInt64 = 0
    /// The duration of the last takeover, from the order to the first accepted connection; nil before the first takeover.
    package private(set) var lastNanoseconds: UInt64?

    package init() {}

    package mutating func add(isReplacement: Bool, nanoseconds: UInt64) {
        if isReplacement { replacement &+= 1 } else { standby &+= 1 }
        lastNanoseconds = nanoseconds
    }

    /// The counts begin anew if the file is missing or damaged.
    package static func load(from directory: StateDirectory) -> TakeoverRecord {
        directory.files.read(StateDirectory.Name.takeovers).flatMap { JSON.decode(TakeoverRecord.self, from: $0) }
            ?? TakeoverRecord()
    }

    /// Without a sync: a power failure may cost the last count.
    package func save(in directory: StateDirectory) throws(SystemError) {
        try directory.files.overwrite(StateDirectory.Name.takeovers, with: JSON.encode(self))
    }
}
