import Foundation

/// The directory of test cases from other projects: `UNDERSTUDY_VECTORS`, or `../shared/vectors` beside the package.
///
/// The cases are not part of this project. Without the cases, their tests are skipped.
enum VectorFolder {
    static let path: String? = {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let path =
            ProcessInfo.processInfo.environment["UNDERSTUDY_VECTORS"]
            ?? package.deletingLastPathComponent().appendingPathComponent("shared/vectors").path
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    static let isAbsentReason = "no case tables: set UNDERSTUDY_VECTORS to their folder"

    /// The files in a directory with this extension, sorted by name; empty if the directory does not exist.
    static func files(_ folder: String, _ type: String) -> [Sample] {
        guard let path else { return [] }
        let base = URL(fileURLWithPath: path).appendingPathComponent(folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: base.path)) ?? []
        return names.filter { $0.hasSuffix(type) }.sorted().compactMap { name in
            (try? Data(contentsOf: base.appendingPathComponent(name))).map { Sample(name, bytes: Array($0)) }
        }
    }
}
