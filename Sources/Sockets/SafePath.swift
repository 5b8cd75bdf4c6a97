private import CLinux
private import Glibc

/// Walks a path to a directory and rejects every component that another user can change.
///
/// Rules for every directory on the way, including the root and the directories behind symbolic links:
/// - It belongs to this user or to root.
/// - No other user can write to it, or it has the sticky bit, as `/tmp` does. There, only the owner of an entry can
///   rename or remove it.
/// - A symbolic link belongs to this user or to root. Its target follows the same rules.
///
/// The last component belongs to this user, and no other user can enter it. Each step starts from the descriptor of the
/// previous one. The walk opens exactly the object that it checked: no name between the two could change.
package enum SafePath {
    /// The reason why a directory is not safe: a sentence about a component, and its path.
    package struct Problem: Error, Equatable {
        package let path: String
        package let reason: String
        /// A shell command that makes the component safe; nil if another directory is needed.
        package let cure: String?
    }

    private struct Walk: ~Copyable {
        var directory: FileDescriptor
        /// The path of `directory`, for messages.
        var path: String
        /// The remaining components, the next one last.
        var rest: [String]
        var links = 0
    }

    /// Opens the directory. Creates missing components of the path with mode 0700.
    package static func open(_ path: String) throws(Problem) -> SafeDirectory {
        guard let rest = PathComponents.reversedFromRoot(to: path) else { throw problem(path, "can't be found") }
        var walk = Walk(directory: try openRoot(), path: "", rest: rest)
        try check(walk.directory.rawValue, "/")
        while let name = walk.rest.popLast() { try step(to: name, of: &walk) }
        let shown = walk.path.isEmpty ? "/" : walk.path
        try checkLast(walk.directory.rawValue, shown)
        // A descriptor from O_PATH can't be synced or listed.
        let opened = openat(walk.directory.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw problem(shown, "can't be opened") }
        return SafeDirectory(path: path, descriptor: FileDescriptor(owning: opened))
    }

    private static func step(to name: String, of walk: inout Walk) throws(Problem) {
        let path = "\(walk.path)/\(name)"
        let next = try openComponent(name, in: walk.directory.rawValue, path)
        var status = stat()
        guard fstat(next.rawValue, &status) == 0 else { throw problem(path, "can't be looked at") }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            try check(next.rawValue, path)
            walk.directory = next
            walk.path = path
        case S_IFLNK:
            guard isTrusted(status.st_uid) else {
                throw Problem(path: path, reason: "is a symbolic link of another user", cure: nil)
            }
            walk.links += 1
            guard walk.links <= PathComponents.maximumLinks else { throw problem(path, "can't be opened", code: ELOOP) }
            let target = try readLink(next.rawValue, path)
            walk.rest += PathComponents.reversed(of: target)
            if target.hasPrefix("/") {
                walk.directory = try openRoot()
                walk.path = ""
            }
        default: throw Problem(path: path, reason: "is no directory", cure: nil)
        }
    }

    /// Opens the component itself, also if it is a link.
    private static func openComponent(
        _ name: String, in directory: Int32, _ path: String
    ) throws(Problem) -> FileDescriptor {
        let flags = clinux_open_path | O_NOFOLLOW | O_CLOEXEC
        var number = openat(directory, name, flags)
        if number < 0 && errno == ENOENT {
            // Another process may create the directory first.
            guard mkdirat(directory, name, 0o700) == 0 || errno == EEXIST else { throw problem(path, "can't be made") }
            number = openat(directory, name, flags)
        }
        guard number >= 0 else { throw problem(path, "can't be opened") }
        return FileDescriptor(owning: number)
    }

    private static func check(_ directory: Int32, _ path: String) throws(Problem) {
        var status = stat()
        guard fstat(directory, &status) == 0 else { throw problem(path, "can't be looked at") }
        guard isTrusted(status.st_uid) else {
            throw Problem(
                path: path, reason: "belongs to another user, who can put something else in its place", cure: nil)
        }
        let isSticky = status.st_mode & S_ISVTX != 0
        guard status.st_mode & 0o022 == 0 || isSticky else {
            throw Problem(path: path, reason: "can be changed by other users", cure: "chmod go-w \(path)")
        }
    }

    private static func checkLast(_ directory: Int32, _ path: String) throws(Problem) {
        var status = stat()
        guard fstat(directory, &status) == 0 else { throw problem(path, "can't be looked at") }
        guard status.st_uid == geteuid() else {
            throw Problem(path: path, reason: "belongs to another user", cure: nil)
        }
        guard status.st_mode & 0o077 == 0 else {
            throw Problem(path: path, reason: "is open to others", cure: "chmod 700 \(path)")
        }
    }

    private static func isTrusted(_ user: uid_t) -> Bool { user == 0 || user == geteuid() }

    private static func openRoot() throws(Problem) -> FileDescriptor {
        let number = Glibc.open("/", clinux_open_path | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw problem("/", "can't be opened") }
        return FileDescriptor(owning: number)
    }

    private static func readLink(_ link: Int32, _ path: String) throws(Problem) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(link, "", &buffer, buffer.count)
        guard count > 0, count < buffer.count else { throw problem(path, "can't be read") }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func problem(_ path: String, _ what: String, code: Int32 = errno) -> Problem {
        Problem(path: path, reason: "\(what) (\(String(cString: strerror(code))))", cure: nil)
    }
}
