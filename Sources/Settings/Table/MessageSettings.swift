internal import HTTP

/// Limits of messages: of clients' requests at the balancer, of the application's responses at a worker.
enum MessageSettings: SettingSection {
    static func title(for program: Settings.Program) -> String {
        switch program {
        case .balancer: "Requests of clients"
        case .worker: "Responses of the application"
        }
    }

    static let rows = all.reaching(.cluster).live

    private static let all: [Setting] = [
        .bytes("max-head", \.messages.head, (1 << 10)...(32 << 10), "The largest head"),
        .count("max-fields", \.messages.fields, 1...112, "Fields of a head, and of a trailer section"),
        .bytes(
            "max-request-line", \.messages.requestLine, 64...(8 << 10), "The longest request line"
        ).only(.balancer),
        .bytes("max-trailers", \.messages.trailer, 16...(8 << 10), "The largest trailer section"),
        .bytes("max-chunk-line", \.messages.chunkLine, 16...(8 << 10), "The longest line before a chunk"),
        .bytes(
            "max-chunk-extensions", \.messages.chunkExtensions, 16...(1 << 20),
            "The chunk extensions of one message together"),
    ]
}
