import Cluster

/// One file as the kernel shows it, and what of it is sure to be on the disk.
struct SimulatedFile {
    /// A content that a process has written and nobody has synced. Contents of one inode are written back in any
    /// mixture; a new inode (a rename) is there whole or not at all.
    private struct Version {
        let content: [UInt8]?
        let inode: Int
    }

    /// What is read as long as the host runs.
    private(set) var seen: [UInt8]?
    /// Oldest first; the first is what is durable, the last is what is seen.
    private var versions: [Version]

    init() {
        versions = [Version(content: nil, inode: 0)]
    }

    /// A new content under the old name, not yet sure to last.
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

    /// Flips a bit of what is seen and of what is durable.
    mutating func damage(using random: inout SeededGenerator) {
        guard var content = seen, !content.isEmpty else { return }
        content[Int(random.below(UInt32(content.count)))] ^= 1 << UInt8(random.below(7))
        seen = content
        versions = [Version(content: content, inode: 0)]
    }

    /// The host stops: of what was not synced anything can be left, and one sector can be half of each of two contents.
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
