private import Glibc
internal import Sockets

/// Checks which users can change the file at a path. Other users of the host could put their own certificate or key there.
///
/// It looks at every component: the directories from the root on, symbolic links, what is behind the links, and the file.
/// - What every user of the host can change is refused. A directory with the sticky bit passes, if the next component
///   belongs to this user or to root.
/// - What one other user or a group can change causes a warning. It is usual where a container's users are mapped to
///   those of the host, and where another user installs the certificates.
///
/// OpenSSL opens the files by their paths, so a walk by descriptors would prove no more than this one.
struct PathTrust {
    /// A component that others can change.
    struct Fault: Equatable {
        let path: String
        /// A sentence about the component.
        let reason: String
        /// The remedy.
        let cure: String
        let isRefused: Bool

        var text: String { "\(path) \(reason): \(cure)" }
    }

    /// The facts about one component.
    struct Entry: Equatable {
        enum Kind: Equatable {
            case directory
            case link(to: String)
            case file
        }

        var kind: Kind
        var owner: UInt32
        /// The group that owns the component.
        var group: UInt32 = 0
        /// The permission bits, with the sticky bit.
        var mode: UInt32

        var isSticky: Bool { kind == .directory && mode & 0o1000 != 0 }
    }

    /// The user of this process.
    let user: UInt32
    /// Looks up a path without following a link; nil if that fails.
    let look: (String) -> Entry?

    /// Looks at the files of this host.
    static var here: PathTrust { PathTrust(user: geteuid(), look: entry) }

    /// The worst fault of a path: one that is refused, or else the first one. Nil for a path that only this user and root
    /// can change. A component that can't be looked at ends the walk: opening the file then says why.
    ///
    /// - Parameter path: absolute, or below the current directory.
    func fault(of path: String) -> Fault? {
        guard var rest = PathComponents.reversedFromRoot(to: path) else { return nil }
        var (current, place) = ("", look("/"))
        var doubt = place.flatMap { judge($0, at: "/", in: nil) }
        var links = 0
        while doubt?.isRefused != true, let name = rest.popLast() {
            if name == ".." {
                // No component of `current` is a link, so its parent is the text before its last component.
                current = String(current[..<(current.lastIndex(of: "/") ?? current.startIndex)])
                place = look(current.isEmpty ? "/" : current)
                continue
            }
            let next = "\(current)/\(name)"
            guard let entry = look(next) else { break }
            if let fault = judge(entry, at: next, in: place), fault.isRefused || doubt == nil { doubt = fault }
            switch entry.kind {
            case .directory: (current, place) = (next, entry)
            case .file: return doubt
            case .link(let target):
                links += 1
                guard links <= PathComponents.maximumLinks else { return doubt }
                rest += PathComponents.reversed(of: target)
                if target.hasPrefix("/") { (current, place) = ("", look("/")) }
            }
        }
        return doubt
    }

    /// - Parameter place: the directory of the component; nil for the root.
    private func judge(_ entry: Entry, at path: String, in place: Entry?) -> Fault? {
        let isOurs = entry.owner == 0 || entry.owner == user
        if !isOurs, let place, place.mode & 0o002 != 0 {
            return Fault(
                path: path, reason: "belongs to user \(entry.owner), in a directory where every user can create files",
                cure: "move the certificates to a directory that only this user and root can change", isRefused: true)
        }
        // The mode of a link means nothing.
        let mode = if case .link = entry.kind { UInt32(0) } else { entry.mode }
        if mode & 0o002 != 0, !entry.isSticky {
            return Fault(
                path: path, reason: "can be changed by every user of this host", cure: "run 'chmod o-w \(path)'",
                isRefused: true)
        }
        if !isOurs {
            return Fault(
                path: path, reason: "belongs to user \(entry.owner), who can exchange certificates and keys",
                cure: "give it to root or to the user of this process, unless that user is trusted", isRefused: false)
        }
        if mode & 0o020 != 0, !entry.isSticky {
            return Fault(
                path: path, reason: "can be changed by group \(entry.group), which can exchange certificates and keys",
                cure: "run 'chmod g-w \(path)', unless all its members are trusted", isRefused: false)
        }
        return nil
    }

    private static func entry(_ path: String) -> Entry? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        let kind: Entry.Kind
        switch status.st_mode & S_IFMT {
        case S_IFDIR: kind = .directory
        case S_IFLNK:
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink(path, &buffer, buffer.count)
            guard count > 0, count < buffer.count else { return nil }
            kind = .link(to: String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self))
        default: kind = .file
        }
        return Entry(kind: kind, owner: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o7777)
    }
}
