import Foundation

/// One request by the real curl.
final class Curl {
    private let command: Command
    private let folder: String

    /// - Parameters:
    ///   - arguments: curl's own arguments, before the URL.
    ///   - seconds: curl's limit for the whole request.
    init(_ url: String, _ arguments: [String] = [], seconds: Int = Int(Patience.seconds)) throws {
        folder = try Files.makeTemporaryFolder()
        let always = [
            "-q", "-sSk", "-m", "\(seconds)", "-D", "\(folder)/head", "-o", "\(folder)/body", "-w",
            "%{http_code} %{num_connects} %{size_download}", "-H", "Expect:",
        ]
        // Over TLS curl would select HTTP/2 by itself. The tests choose the version.
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

/// curl's report of a request.
struct CurlResponse: CustomStringConvertible {
    /// curl's exit status: 0 for a complete response of any status; -1 if curl had to be killed.
    let exitStatus: Int32
    /// 0 without a response.
    let status: Int
    /// All response heads, including interim ones, as received.
    let head: String
    let body: Data
    /// The number of received content bytes, including dropped ones.
    let size: Int
    let errors: String

    var text: String { String(decoding: body, as: UTF8.self) }
    var isOK: Bool { exitStatus == 0 && status == 200 }

    /// The value of a field of the last response; nil if there is none.
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
