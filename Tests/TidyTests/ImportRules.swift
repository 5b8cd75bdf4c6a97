/// Which module may import which: the house's floors, downwards only.
enum ImportRules {
    /// A module that is not listed here is not allowed to exist.
    static let allowed: [String: Set<String>] = [
        "Cluster": [],
        "HTTP": [],
        "HTTP2": ["HTTP", "CNGHTTP2"],
        "Multiplexing": ["HTTP"],
        "Sockets": ["CLinux", "Glibc", "Synchronization"],
        "TLSServer": ["Sockets", "COpenSSL", "Glibc"],
        "Connections": ["HTTP", "HTTP2", "Multiplexing", "Sockets", "Glibc", "Synchronization"],
        "Proxy": ["Cluster", "HTTP", "HTTP2", "Sockets", "Connections", "Synchronization"],
        "Tasks": ["HTTP", "Sockets", "Connections", "Glibc", "Synchronization"],
        "ControlPlane": [
            "Cluster", "HTTP", "HTTP2", "Sockets", "TLSServer", "Connections", "Proxy", "Glibc", "Synchronization",
            "ArgumentParser", "Logging",
        ],
        "Balancer": [
            "Cluster", "HTTP", "HTTP2", "Sockets", "Connections", "Proxy", "ControlPlane", "Glibc", "Synchronization",
            "ArgumentParser", "Logging",
        ],
        "Worker": [
            "Cluster", "HTTP", "Sockets", "Connections", "Proxy", "Tasks", "ControlPlane", "Glibc", "Synchronization",
            "ArgumentParser", "Logging",
        ],
    ]

    /// What single files may import beside that.
    static let exceptions = ["Sources/ControlPlane/JSON.swift": ["FoundationEssentials"]]

    /// Every module that a Swift file imports.
    static func imports(in text: String) -> [String] {
        let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "var", "let", "actor"]
        var found: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            // One line may hold several statements, and attributes and access levels stand before the word.
            for statement in line.split(separator: ";") {
                let words = statement.split(whereSeparator: \.isWhitespace)
                guard let position = words.firstIndex(of: "import"),
                    words[..<position].allSatisfy({ $0.hasPrefix("@") || accessLevels.contains(String($0)) })
                else { continue }
                let named = words[(position + 1)...].first { !kinds.contains(String($0)) }
                if let named { found.append(String(named.prefix { $0 != "." })) }
            }
        }
        return found
    }

    private static let accessLevels: Set = ["public", "package", "internal", "fileprivate", "private"]

    /// What is wrong with the imports of a file under `Sources`.
    static func violations(in path: String, _ text: String) -> [String] {
        let parts = path.split(separator: "/")
        guard parts.count > 2, parts[0] == "Sources" else { return ["\(path): not in the folder of a module"] }
        guard let allowed = allowed[String(parts[1])] else {
            return ["\(path): the import rules know no module \(parts[1])"]
        }
        let extra = exceptions[path] ?? []
        return imports(in: text).filter { !allowed.contains($0) && !extra.contains($0) }
            .map { "\(path) imports \($0)" }
    }
}
