package import ArgumentParser

/// The bounds of what strangers send, as options of both executables: clients' requests at the balancer, the application's
/// responses at a worker.
package struct MessageOptions: ParsableArguments {
    @Option(help: .bytes("Largest head, 1KiB to 32KiB (default: 16KiB)."))
    var maxHead: String?

    @Option(help: .number("Most fields of a head or a trailer section, 1 to 112 (default: 100)."))
    var maxFields: String?

    @Option(help: .bytes("Largest trailer section, 16 bytes to 8KiB (default: 8KiB)."))
    var maxTrailers: String?

    @Option(help: .bytes("Longest line before a chunk, 16 bytes to 8KiB (default: 256)."))
    var maxChunkLine: String?

    @Option(help: .bytes("Most bytes of chunk extensions in one body, 16 bytes to 1MiB (default: 16KiB)."))
    var maxChunkExtensions: String?

    package init() {}

    /// What was given, by name.
    package var given: [String: String] {
        let all = [
            "max-head": maxHead, "max-fields": maxFields, "max-trailers": maxTrailers, "max-chunk-line": maxChunkLine,
            "max-chunk-extensions": maxChunkExtensions,
        ]
        return all.compactMapValues { $0 }
    }
}
