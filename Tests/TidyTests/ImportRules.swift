/// The allowed imports of each module. Modules import downwards only.
enum ImportRules {
    /// A module that is not listed here is an error.
    static let allowed: [String: Set<String>] = [
        "Cluster": [],
        "HTTP": [],
        "HTTP2": ["HTTP", "CNGHTTP2"],
        "Multiplexing": ["HTTP"],
        "YAML": ["CYAML"],
        "Sockets": ["CLinux", "Glibc", "Synchronization"],
        "TLSServer": ["Sockets", "COpenSSL", "Glibc"],
        "Connections": ["HTTP", "HTTP2", "Multiplexing", "Sockets", "Glibc", "Synchronization"],
        "Balancing": ["Cluster", "HTTP", "Sockets", "Connections", "Synchronization"],
        "Settings": [
            "Balancing", "Cluster", "HTTP", "HTTP2", "Sockets", "Storage", "Connections", "Telemetry", "YAML", "Glibc",
            "ArgumentParser",
        ],
        "Telemetry": ["Cluster", "HTTP", "Sockets", "Connections", "Glibc", "Synchronization", "Logging"],
        "Storage": ["Cluster", "Sockets", "Telemetry", "Glibc", "Synchronization"],
        "Handover": ["Cluster", "Sockets", "Storage", "Telemetry", "Glibc", "Logging"],
        "Proxy": [
            "Balancing", "Cluster", "HTTP", "HTTP2", "Sockets", "Connections", "Telemetry", "Synchronization",
        ],
        "Tasks": ["HTTP", "Sockets", "Connections", "Glibc", "Synchronization"],
        "ControlPlane": [
            "Balancing", "Cluster", "Handover", "HTTP", "HTTP2", "Settings", "Sockets", "Storage", "Telemetry",
            "TLSServer",
            "Connections", "Glibc", "Synchronization", "Logging",
        ],
        "Nodes": [
            "Balancing", "Cluster", "Handover", "HTTP", "HTTP2", "Settings", "Sockets", "Storage", "Telemetry", "Tasks",
            "Connections", "Proxy", "ControlPlane", "Glibc", "Synchronization", "Logging",
        ],
        "Balancer": [
            "Balancing", "Cluster", "Connections", "Handover", "HTTP", "Settings", "Sockets", "Storage", "Telemetry",
            "ControlPlane", "Nodes", "Glibc", "Synchronization", "ArgumentParser", "Logging",
        ],
        "Worker": [
            "Cluster", "Settings", "Sockets", "Storage", "Telemetry", "ControlPlane", "Nodes", "Glibc",
            "Synchronization", "ArgumentParser", "Logging",
        ],
    ]

    /// Additional imports of single files.
    static let exceptions = ["Sources/Storage/JSON.swift": ["FoundationEssentials"]]

    /// Every module that a Swift file imports.
    static func imports(in text: String) -> [String] {
        let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "var", "let", "actor"]
        var found: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            // One line may hold several statements. Attributes and access levels precede the keyword.
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

    /// The forbidden imports of a file under `Sources`.
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
