package import ArgumentParser

/// The bounds of a client's connection that speaks HTTP/2, as options of the balancer.
package struct HTTP2Options: ParsableArguments {
    @Option(help: .number("Streams open at a time, 1 to 10000 (default: 128)."))
    var http2Streams: String?

    @Option(help: .bytes("Content of a stream that no worker has taken yet, 64KiB to 16MiB (default: 256KiB)."))
    var http2StreamWindow: String?

    @Option(help: .bytes("The same of all streams together, 64KiB to 64MiB (default: 1MiB)."))
    var http2ConnectionWindow: String?

    @Option(help: .bytes("A head once it is unfolded, 16KiB to 4MiB; beyond it the connection ends (default: 256KiB)."))
    var http2HeaderList: String?

    @Option(help: .number("CONTINUATION frames of a head, 0 to 1000 (default: 8)."))
    var http2Continuations: String?

    @Option(help: .number("Frames in 10 s that bring nothing, such as PING, 10 to 1000000 (default: 1000)."))
    var http2IdleFrames: String?

    @Option(help: .number("SETTINGS frames in 10 s, 1 to 1000000 (default: 100)."))
    var http2SettingsFrames: String?

    @Option(help: .number("Streams given up in 10 s, 1 to 1000000 (default: 256)."))
    var http2Resets: String?

    package init() {}

    /// What was given, by name.
    package var given: [String: String] {
        let all = [
            "http2-streams": http2Streams, "http2-stream-window": http2StreamWindow,
            "http2-connection-window": http2ConnectionWindow, "http2-header-list": http2HeaderList,
            "http2-continuations": http2Continuations, "http2-idle-frames": http2IdleFrames,
            "http2-settings-frames": http2SettingsFrames, "http2-resets": http2Resets,
        ]
        return all.compactMapValues { $0 }
    }
}
