private import Glibc

/// The rules of the kernel for a walk along a path (path_resolution(7)), for the checks that walk along one themselves.
package enum PathComponents {
    /// The kernel follows as many symbolic links.
    package static let maximumLinks = 40

    /// The components in reverse order, so that a walk takes the next one from the end. `..` stays: only the walk knows
    /// whether the component before it is a link.
    package static func reversed(of path: String) -> [String] {
        path.split(separator: "/").filter { $0 != "." }.map(String.init).reversed()
    }

    /// The components from the root on, in reverse order. A relative path begins at the current directory.
    ///
    /// - Returns: nil for a relative path if the current directory has no path, for example because it was removed.
    package static func reversedFromRoot(to path: String) -> [String]? {
        if path.hasPrefix("/") { return reversed(of: path) }
        guard let folder = getcwd(nil, 0) else { return nil }
        defer { free(folder) }
        return reversed(of: "\(String(cString: folder))/\(path)")
    }
}
