import Cluster

/// One file: its visible content, and the contents that a crash of the host can leave.
struct SimulatedFile {
    /// A content that may be on the disk after a crash. A crash can mix contents of one inode. A new inode (a rename)
    /// is on the disk completely or not at all.
    private struct Version {
        let content: [UInt8]?
        let inode: Int
    }

    /// The content that processes read while the host runs.
    private(set) var seen: [UInt8]?
    /// The oldest version comes first and is durable. The last version is visible.
    private var versions: [Version]

    init() {
        versions = [Version(content: nil, inode: 0)]
    }

    /// Renames a new file over this one. The new content is durable only after `sync`.
    mutating func rename(_ content: [UInt8]) {
        seen = content
        versions.append(Version(content: content, inode: versions[versions.count - 1].inode + 1))
    }

    mutating func overwrite(_ bytes: some Sequence<UInt8>, at offset: Int) {
        var content = seen ?? []
        for (position, byte) in bytes.enumerated() {
            if offset + position < content.count {
                content[offset + position] = byte
            } else {
                content.append(byte)
            }
        }
        seen = content
        versions.append(Version(content: content, inode: versions[versions.count - 1].inode))
    }

    mutating func sync() {
        versions.removeFirst(versions.count - 1)
    }

    mutating func remove() {
        self = SimulatedFile()
    }

    /// Flips one bit of the visible content, and makes the result durable.
    mutating func damage(using random: inout SeededGenerator) {
        guard var content = seen, !content.isEmpty else { return }
        content[Int(random.below(UInt32(content.count)))] ^= 1 << UInt8(random.below(7))
        seen = content
        versions = [Version(content: content, inode: 0)]
    }

    /// Simulates a crash of the host. Any part of the unsynced writes can remain, and one sector can mix two contents.
    mutating func crash(using random: inout SeededGenerator) {
        let later = versions[Int(random.below(UInt32(versions.count)))]
        let ofSameInode = versions.filter { $0.inode == later.inode }
        let earlier = ofSameInode[Int(random.below(UInt32(ofSameInode.count)))]
        var content = later.content
        if var mixed = later.content, let other = earlier.content {
            let cut = min(Int(random.below(UInt32(mixed.count + 1))), other.count)
            mixed.replaceSubrange(cut..<min(other.count, mixed.count), with: other[cut..<min(other.count, mixed.count)])
            content = mixed
        }
        seen = content
        versions = [Version(content: content, inode: 0)]
    }
}
