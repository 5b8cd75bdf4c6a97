import Foundation

/// Where other projects' case tables lie: `UNDERSTUDY_VECTORS`, else `../shared/vectors` beside the package. They
/// aren't part of the project; tests that read them are skipped when they are absent.
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

    /// The files of a folder with an extension, by name; nothing when there is no such folder.
    static func files(_ folder: String, _ type: String) -> [Sample] {
        guard let path else { return [] }
        let base = URL(fileURLWithPath: path).appendingPathComponent(folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: base.path)) ?? []
        return names.filter { $0.hasSuffix(type) }.sorted().compactMap { name in
            (try? Data(contentsOf: base.appendingPathComponent(name))).map { Sample(name, bytes: Array($0)) }
        }
    }
}
