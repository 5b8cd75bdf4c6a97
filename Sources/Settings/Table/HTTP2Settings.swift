internal import Connections
internal import HTTP2

/// Limits of a client's HTTP/2 connection.
enum HTTP2Settings: SettingSection {
    static func title(for program: Settings.Program) -> String { "HTTP/2 of clients" }

    private static let many = 1_000_000

    static let rows = all.only(.balancer).reaching(.cluster).live

    private static let all: [Setting] = [
        .count("http2-streams", \.downstream.http2.streams, 1...10_000, "Open streams of a connection"),
        .bytes(
            "http2-stream-window", \.downstream.http2.streamWindow, (64 << 10)...(16 << 20),
            "Content of a stream that no worker received yet"),
        .bytes(
            "http2-connection-window", \.downstream.http2.connectionWindow, (64 << 10)...(64 << 20),
            "The same content of all streams of a connection together"),
        .bytes(
            "http2-header-list", \.downstream.http2.headerList, (16 << 10)...(4 << 20),
            "A decompressed head. A larger one ends the connection"),
        .count(
            "http2-continuations", \.downstream.http2.continuations, 0...1000, "CONTINUATION frames of a head"),
        .count(
            "http2-idle-frames", \.downstream.http2.idleFrames, 10...many,
            "Frames in 10 s without content, such as PING"),
        .count(
            "http2-settings-frames", \.downstream.http2.settingsFrames, 1...many, "SETTINGS frames in 10 s"),
        .count("http2-resets", \.downstream.http2.resets, 1...many, "Reset streams in 10 s"),
    ]
}
