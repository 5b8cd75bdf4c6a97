import Foundation

/// One request by the real curl.
final class Curl {
    private let command: Command
    private let folder: String

    /// - Parameters:
    ///   - arguments: curl's own, before the URL.
    ///   - seconds: curl's limit for the whole.
    init(_ url: String, _ arguments: [String] = [], seconds: Int = Int(Patience.seconds)) throws {
        folder = try Files.makeTemporaryFolder()
        let always = [
            "-q", "-sSk", "-m", "\(seconds)", "-D", "\(folder)/head", "-o", "\(folder)/body", "-w",
            "%{http_code} %{num_connects} %{size_download}", "-H", "Expect:",
        ]
        // Over TLS curl would speak HTTP/2 by itself; the tests say where they want it.
        let version = arguments.contains { $0.hasPrefix("--http") } ? [] : ["--http1.1"]
        command = try Command("curl", always + version + arguments + [url])
    }

    deinit { Files.remove(folder) }

    var isRunning: Bool { command.isRunning }

    /// Waits for the end.
    func finish() -> CurlResponse {
        let result = command.finish(seconds: 3 * Patience.seconds)
        let numbers = result.text.split(separator: " ").compactMap { Int($0) }
        return CurlResponse(
            exitStatus: result.status ?? -1, status: numbers.first ?? 0, head: Files.text("\(folder)/head"),
            body: Files.bytes("\(folder)/body"), size: numbers.last ?? 0, errors: result.errors)
    }
}

/// What curl had to say about a request.
struct CurlResponse: CustomStringConvertible {
    /// curl's exit status: 0 when there was a whole response, of whatever status; -1 when it had to be killed.
    let exitStatus: Int32
    /// 0 when no response came.
    let status: Int
    /// All response heads, interim ones included, as received.
    let head: String
    let body: Data
    /// Bytes of content received, also when they were not kept.
    let size: Int
    let errors: String

    var text: String { String(decoding: body, as: UTF8.self) }
    var isOK: Bool { exitStatus == 0 && status == 200 }

    /// The value of a field of the last response, nil when there is none.
    func field(_ name: String) -> String? {
        for line in head.split(separator: "\r\n").reversed() {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name.lowercased() else {
                continue
            }
            return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        return nil
    }

    var description: String { "curl \(exitStatus), status \(status), \(errors)\(text.prefix(400))" }
}
