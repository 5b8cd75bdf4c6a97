import Foundation

/// The files of this repository that people write.
enum Repository {
    /// Folders with files from tools or other projects.
    private static let foreignFolders: Set<String> = [
        ".git", ".swiftpm", ".venv", "__pycache__", "generated", "Vectors",
    ]

    /// Derived from the path of this source file.
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Paths of all files, relative to the root, in order.
    static let files: [String] = {
        var found: [String] = []
        guard let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: [.isRegularFileKey])
        else {
            return []
        }
        for case let url as URL in walk {
            let name = url.lastPathComponent
            if foreignFolders.contains(name) || name.hasPrefix(".build") || name.hasPrefix(".demo") {
                walk.skipDescendants()
            } else if (try? url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true {
                found.append(String(url.path.dropFirst(root.path.count + 1)))
            }
        }
        return found.sorted()
    }()

    static func files(in folder: String = "", endingWith suffix: String = "") -> [String] {
        files.filter { $0.hasPrefix(folder) && $0.hasSuffix(suffix) }
    }

    /// A file's text; empty if it is not UTF-8.
    static func text(of path: String) -> String {
        (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    static func isExecutable(_ path: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: root.appending(path: path).path)
    }
}
